"""What is known of identity providers that speak OpenID Connect.

The addresses are those of the providers' discovery documents, which `tests/data/oidc_discovery.yaml` holds; a test
joins the two. Only the identity address may be absolute in every release: 9.0 puts the provider's address before the
other two whatever they are (RocketChat/Rocket.Chat `customOAuth.ts`).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

EMAIL: Final = "email"
GENERIC: Final = "generic"
KEYCLOAK: Final = "keycloak"
ENTRA: Final = "entra-id"

_COMMON = {
    "scope": "openid profile email",
    "access_token_param": "access_token",
    "token_sent_via": "header",
    "identity_token_sent_via": "default",
    "login_style": "redirect",
    "button_label_text": "Sign In",
    "username_field": "preferred_username",
    "name_field": "name",
    "email_field": "email",
    "avatar_field": "picture",
    "key_field": EMAIL,
    "merge_users": "true",
    "merge_users_distinct_services": "false",
}
_SECRET_IN_BODY = {"token_sent_via": "payload", "identity_token_sent_via": "header"}
"""For providers whose clients are registered with `client_secret_post`; the identity is asked for with a header."""


def _before_at(claim: str) -> str:
    """Return the field that takes what stands before the `@` of a claim: user names have none (`fromTemplate`)."""
    return f"{{{{/^([^@]+)/::{claim}}}}}"


def _preset(token: str, identity: str, authorize: str, **more: str) -> Mapping[str, str]:
    paths = {"token_path": token, "identity_path": identity, "authorize_path": authorize}
    return MappingProxyType({**_COMMON, **paths, **more})


OIDC_PRESETS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        GENERIC: MappingProxyType(_COMMON),
        "fusionauth": _preset("/oauth2/token", "/oauth2/userinfo", "/oauth2/authorize"),
        KEYCLOAK: _preset("/openid-connect/token", "/openid-connect/userinfo", "/openid-connect/auth"),
        ENTRA: _preset(
            "/oauth2/v2.0/token",
            "https://graph.microsoft.com/oidc/userinfo",
            "/oauth2/v2.0/authorize",
            **_SECRET_IN_BODY,
            # Its user information has no preferred_username, and its picture needs a token to be fetched.
            username_field=_before_at("email"),
            avatar_field="",
        ),
        "google": _preset(
            "https://oauth2.googleapis.com/token",
            "https://openidconnect.googleapis.com/v1/userinfo",
            "/o/oauth2/v2/auth",
            **_SECRET_IN_BODY,
            username_field=_before_at("email"),
        ),
        # The organization's own authorization server. A custom one has its id between: /oauth2/default/v1/token.
        "okta": _preset(
            "/oauth2/v1/token",
            "/oauth2/v1/userinfo",
            "/oauth2/v1/authorize",
            username_field=_before_at("preferred_username"),
        ),
        "auth0": _preset(
            "/oauth/token", "/userinfo", "/authorize", **_SECRET_IN_BODY, username_field="nickname"
        ),
        "authentik": _preset(
            "/application/o/token/", "/application/o/userinfo/", "/application/o/authorize/"
        ),
    }
)
"""The settings of a login service by provider, by what stands behind its name in their ids."""

NAMED: Final = tuple(name for name in OIDC_PRESETS if name != GENERIC)
"""Presets of providers."""
TITLES: Final[Mapping[str, str]] = MappingProxyType({GENERIC: "Sso", ENTRA: "Entra", "google": "Googlesso"})
"""Names of login services that are not their preset's own, in letters."""
TAKEN: Final = frozenset(
    {
        *(
            "apple",
            "dolphin",
            "drupal",
            "facebook",
            "github",
            "gitlab",
            "google",
            "linkedin",
            "meteor",
            "nextcloud",
        ),
        *("tokenpass", "twitter", "wordpress"),
        *("cas", "cloud", "crowd", "email", "iframe", "ldap", "password", "resume", "saml", "totp"),
    }
)
"""Names that no custom service may have. Those of the first two lines are the product's own logins: Meteor throws
`Duplicate service` where a second one is registered (meteor/meteor `oauth_common.js`), and all logins after it are
missing. The others are fields beside them in `services` of each user."""
ADDRESSES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "google": (r"https://accounts\.google\.com", "https://accounts.google.com"),
        # Its administrators' pages have a name of their own, behind which no user is let in.
        "okta": (
            r"https://(?![a-z0-9-]+-admin\.okta[a-z-]*\.com).+",
            "https://<organization>.okta.com",
        ),
        ENTRA: (
            r"https://login\.(microsoftonline\.(com|us)|partner\.microsoftonline\.cn)/[A-Za-z0-9.-]+",
            "https://login.microsoftonline.com/<tenant id>",
        ),
    }
)
"""What the provider's address is where it is the same for everybody: its form, and how it is told."""
OF_ANY_TENANT: Final = ("common", "organizations", "consumers")
"""Ends of Entra ID's address behind which the users of every tenant are."""
