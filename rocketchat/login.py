"""Single sign-on: OpenID Connect as a custom OAuth service, and SAML.

Source: RocketChat/Rocket.Chat `initCustomOAuthServices.ts`, `addOAuthService.ts` and
`saml/lib/settings.ts`; #25157 and #30013 for the two forms of a custom OAuth service's variables, of which
the first only creates it and the second also changes it later.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any, Final

from rocketchat.oidc_presets import GENERIC, KEYCLOAK, OIDC_PRESETS
from rocketchat.releases import Release
from rocketchat.variables import Environment, Secret, V, flag, overwrite, require_secret

SAML_SIGNED: Final = ("either", "response", "assertion", "all")
"""What of a provider's answer must be signed. Providers sign one of both unless told otherwise."""


@dataclass(frozen=True)
class OidcOptions:
    """What can be told of a login service. None leaves the preset's value, and where it has none, the
    product's."""

    token_path: str | None = None
    identity_path: str | None = None
    authorize_path: str | None = None
    scope: str | None = None
    access_token_param: str | None = None
    token_sent_via: str | None = None
    """`header` or `payload`."""
    identity_token_sent_via: str | None = None
    """`default` (as `token_sent_via`), `header` or `payload`."""
    login_style: str | None = None
    """`redirect` or `popup`."""
    button_label_text: str | None = None
    button_label_color: str | None = None
    button_color: str | None = None
    show_button: bool | None = None
    key_field: str | None = None
    """By what `merge_users` finds the account: `username` or `email`."""
    username_field: str | None = None
    name_field: str | None = None
    email_field: str | None = None
    avatar_field: str | None = None
    merge_users: bool | None = None
    """Let somebody in whose name at the provider is no longer that of the account with the same `key_field`.
    Accounts are joined by e-mail address whatever this says (`accounts_meld.js`)."""
    merge_users_distinct_services: bool | None = None
    """Ask for the same login service as well before that."""
    groups_channel_map: str | None = None
    channels_admin: str | None = None
    merge_roles: bool | None = None
    """Take the roles over. This one and all below need a licence."""
    roles_claim: str | None = None
    roles_to_sync: str | None = None
    groups_claim: str | None = None
    map_channels: bool | None = None


LICENSED_OPTIONS: Final = (
    "merge_roles",
    "roles_claim",
    "roles_to_sync",
    "groups_claim",
    "map_channels",
)
"""Options that need a licence in every release."""


def service_name(name: str) -> str:
    """Return a login service's name as the server writes it in ids: lower case, then a capital.

    Raises ValueError for a name with anything but letters and digits: the server cuts at the first
    underscore.
    """
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9]*", name, re.ASCII) is None:
        raise ValueError(
            f"the login service's name {name!r} must be letters and digits, beginning with a letter"
        )
    return name.lower().capitalize()


def oidc_callback(root: str, name: str) -> str:
    """Return the address to register at the provider as the allowed redirect; `root` is the chat's own address."""
    return f"{root}/_oauth/{service_name(name).lower()}"


def single_sign_on(release: Release) -> Environment[str]:
    """Return what every login service needs: no code by mail.

    New users are opted in to it, users of single sign-on too, and nobody gets in while the mail does not come. A login
    by SAML cannot even be finished with a code (#41394).
    """
    if release.has_sso_code_switch:
        return overwrite({"Accounts_twoFactorAuthentication_email_available_for_OAuth_users": "false"})
    return without_mail()


def without_mail() -> Environment[str]:
    """Return what a server needs that sends no mail: new users are not opted in to codes by mail.

    The server opts each new user in (`Accounts_TwoFactorAuthentication_By_Email_Auto_Opt_In`), and asks whoever has a
    verified address: users of LDAP, and those that an administrator made so. Without mail they would never get in.
    """
    return overwrite({"Accounts_TwoFactorAuthentication_By_Email_Auto_Opt_In": "false"})


def _provider_url(url: str, preset: str, realm: str | None) -> str:
    if not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", url) or url.endswith("/"):
        raise ValueError(
            "the provider's address must be like https://login.example.com, without a slash at the end"
        )
    if preset != KEYCLOAK:
        if realm is not None:
            raise ValueError("only the preset keycloak has a realm")
        return url
    if realm is not None:
        url = f"{url}/realms/{realm}"
    if re.search(r"/realms/[^/]+(/protocol)?$", url) is None:
        raise ValueError("Keycloak needs its realm: name it, or end the address in /realms/<realm>")
    return url if url.endswith("/protocol") else f"{url}/protocol"


def oidc(
    release: Release,
    name: str,
    url: str,
    client_id: V,
    client_secret: Secret[V],
    *,
    preset: str = GENERIC,
    realm: str | None = None,
    options: OidcOptions | None = None,
    licensed: bool = False,
) -> Environment[V | str]:
    """Return the variables of a login service by OpenID Connect.

    `url` is the provider's address without a slash at the end; Keycloak's takes its `realm` too. Raises
    ValueError for a wrong name, address or preset, and when something needs a licence and there is none.
    """
    require_secret("client_secret", client_secret)
    if preset not in OIDC_PRESETS:
        raise ValueError(f"there is no preset {preset!r}; allowed: {', '.join(OIDC_PRESETS)}")
    if not licensed and "custom-oauth" in release.licensed_features:
        raise ValueError(
            f"login by custom OAuth needs a licence in Rocket.Chat {release.version}; "
            "stay on the 8.9 line, sign in by SAML, or give a licence"
        )
    given = {key: value for key, value in asdict(options or OidcOptions()).items() if value is not None}
    unlicensed = [] if licensed else [key for key in LICENSED_OPTIONS if given.get(key)]
    if unlicensed:
        raise ValueError(f"these options of the login need a licence: {', '.join(unlicensed)}")
    title = service_name(name)
    fields: dict[str, str] = {
        "url": _provider_url(url, preset, realm),
        **OIDC_PRESETS[preset],
        "show_button": "true",
    }
    for key, value in given.items():
        fields[key] = flag(value) if isinstance(value, bool) else value
    setting, creation = f"Accounts_OAuth_Custom-{title}", f"Accounts_OAuth_Custom_{name}"
    values: dict[str, V | str | Secret[V]] = {"id": client_id, "secret": client_secret, **fields}
    ids: dict[str, V | str | Secret[V]] = {f"{setting}-{key}": value for key, value in values.items()}
    kept: Environment[V | str] = overwrite({setting: "true", **ids})
    plain: dict[str, V | str] = {creation: "true"}
    # The creating form cannot say no: any text switches `map_channels` on, and nothing hides the button. What is left
    # out is off there, and the other form says so.
    unsaid = {"show_button", *(key for key, value in fields.items() if value == "false")}
    for key, value in values.items():
        if not isinstance(value, Secret) and key not in unsaid:
            plain[f"{creation}_{key}"] = value
    created: Environment[V | str] = Environment(plain, {f"{creation}_secret": client_secret})
    return created | kept


_ENTRA = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"
SAML_PRESETS: Final[Mapping[str, Mapping[str, Any] | None]] = MappingProxyType(
    {
        GENERIC: None,
        # Google Cloud Identity and Google Workspace, where these three attributes are mapped by hand.
        "google": {
            "email": "email",
            "name": {"fieldNames": ["firstName", "lastName"], "template": "__firstName__ __lastName__"},
            "username": {"fieldName": "email", "regex": "(.*)@.+$"},
        },
        # The claims that an enterprise application has unless it is told others (learn.microsoft.com, "Customize SAML
        # token claims"); `name` is the user principal name.
        "entra-id": {
            "email": f"{_ENTRA}/emailaddress",
            "name": "http://schemas.microsoft.com/identity/claims/displayname",
            "username": {"fieldName": f"{_ENTRA}/name", "regex": "(.*)@.+$"},
        },
    }
)
"""Which attributes of an answer are what of a user (`SAML_Custom_Default_user_data_fieldmap`), by provider; None leaves
the product's own."""
SAML_IMMUTABLE: Final[Mapping[str, str]] = MappingProxyType({"email": "EMail", "username": "Username"})
"""Values of the setting by which a user is found again, by what a stack file says."""


@dataclass(frozen=True)
class SamlOptions:
    """What can be told of a login by SAML. None leaves this program's value, and where it has none, the product's."""

    immutable_property: str = "email"
    """By what a user is found again: `email` or `username`."""
    generate_username: bool = False
    username_normalize: bool = True
    name_overwrite: bool = True
    mail_overwrite: bool | None = None
    default_user_role: str | None = None
    signature_algorithm: str | None = None
    """`SHA1`, `SHA256`, `SHA384` or `SHA512`, from release 8.3."""
    allowed_clock_drift: int | None = None
    """Milliseconds."""
    channels_update: bool | None = None
    field_map: Mapping[str, Any] | None = None
    """In place of the preset's."""
    role_attribute: str | None = None
    """Take roles from this attribute. This one and all below need a licence."""
    identifier_format: str | None = None


def saml_consumer(root: str, provider: str) -> str:
    """Return the address (ACS) that the identity provider sends its answer to."""
    return f"{root}/_saml/validate/{provider}"


def saml_metadata(root: str, provider: str) -> str:
    """Return the address of the metadata, which is also the entity id."""
    return f"{root}/_saml/metadata/{provider}"


def saml(
    root: str,
    provider: str,
    entry_point: V,
    certificate: V,
    *,
    preset: str = GENERIC,
    logout: V | None = None,
    private_key: Secret[V] | None = None,
    public_certificate: V | None = None,
    signed: str = "either",
    button_text: str = "Sign In",
    options: SamlOptions | None = None,
) -> Environment[V | str]:
    """Return the variables of a login by SAML, which needs no licence.

    `root` is the chat's own address without a slash at the end, `entry_point` and `logout` are the identity provider's,
    `certificate` its public one; `private_key` and `public_certificate` sign what the chat asks. `signed` is what the
    provider must have signed: its `response`, the `assertion` in it, `either` or `all`.
    Raises ValueError for a provider name that cannot stand in an address, and for an unknown preset or signature.
    """
    if re.fullmatch(r"[A-Za-z0-9-]+", provider, re.ASCII) is None:
        raise ValueError(f"the provider's name {provider!r} must be letters, digits and hyphens")
    if preset not in SAML_PRESETS:
        raise ValueError(f"there is no preset {preset!r}; allowed: {', '.join(SAML_PRESETS)}")
    if signed not in SAML_SIGNED:
        raise ValueError(f"there is no signature {signed!r}; allowed: {', '.join(SAML_SIGNED)}")
    if private_key is not None:
        require_secret("private_key", private_key)
    given = options or SamlOptions()
    fields = SAML_PRESETS[preset] if given.field_map is None else given.field_map
    values: dict[str, V | str | Secret[V] | None] = {
        "": "true",
        "_provider": provider,
        "_entry_point": entry_point,
        "_idp_slo_redirect_url": entry_point if logout is None else logout,
        "_issuer": saml_metadata(root, provider),
        "_cert": certificate,
        "_public_cert": public_certificate,
        "_private_key": private_key,
        "_signature_validation_type": signed.capitalize(),
        "_button_label_text": button_text,
        "_immutable_property": SAML_IMMUTABLE[given.immutable_property],
        "_generate_username": flag(given.generate_username),
        "_username_normalize": "Lowercase" if given.username_normalize else "None",
        "_name_overwrite": flag(given.name_overwrite),
        "_logout_behaviour": "Local" if logout is None else "SAML",
        "_user_data_fieldmap": None if fields is None else json.dumps(dict(fields)),
        "_mail_overwrite": None if given.mail_overwrite is None else flag(given.mail_overwrite),
        "_default_user_role": given.default_user_role,
        "_signature_algorithm": given.signature_algorithm,
        "_allowed_clock_drift": None if given.allowed_clock_drift is None else str(given.allowed_clock_drift),
        "_channels_update": None if given.channels_update is None else flag(given.channels_update),
        "_role_attribute_name": given.role_attribute,
        # The server has what it was once given: left out, it would go on to take roles over.
        "_role_attribute_sync": flag(given.role_attribute is not None),
        "_identifier_format": given.identifier_format,
    }
    return overwrite({f"SAML_Custom_Default{key}": value for key, value in values.items()})
