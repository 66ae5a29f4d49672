"""Single sign-on by OpenID Connect."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from rocketchat import environment as env
from rocketchat import oidc_presets as presets
from rocketchat import settings
from rocketchat.environment import Secret
from stacks.egress import web_port
from stacks.fields import IN_ADDRESS, LABEL, Form, Url
from stacks.judging import Finding, Warning_
from stacks.kinds.login import ClientId, Endpoint, LoginKind
from stacks.parts import Accounts
from stacks.problems import Problem
from stacks.secret_keys import PORT, SecretKey

if TYPE_CHECKING:
    import pulumi

    from stacks.features import Made
    from stacks.kinds.kind import Variables
    from stacks.language import ChatSpec
    from stacks.profiles import Defaults
    from stacks.spec import Parts

AddressPath = Annotated[
    str,
    Form(
        rf"(https://{LABEL}(\.{LABEL})+{PORT}?)?/{IN_ADDRESS}*(\?({IN_ADDRESS}|\?)*)?",
        "the path of an address, or an https address; one looks like /oauth2/token",
    ),
    Endpoint,
]
ClaimField = Annotated[str, Form(r"\S.{0,198}", "the name of a claim, or a template")]
Color = Annotated[str, Form(r"#([0-9A-Fa-f]{3,4}){1,2}", "a colour; one looks like #1d74f5")]
RoleName = Annotated[str, Form(r"[^\s,]+", "the name of a role, without spaces and commas")]


class OidcLogin(LoginKind):
    """Single sign-on by OpenID Connect. The client's secret is `oidcClientSecret`; that of a second login has the name
    of the setting, such as `Accounts_OAuth_Custom-Keycloak-secret`."""

    secrets: ClassVar = (
        SecretKey("oidcClientSecret", "Secret of the OpenID Connect client.", required=True),
    )
    example: ClassVar = {
        "preset": "fusionauth",
        "url": "https://login.example.com",
        "clientId": "rocketchat",
    }
    custom_oauth: ClassVar = True
    said: ClassVar = {
        rf"Accounts_OAuth_Custom-[^-]+-{setting}": key
        for setting, key in {
            "url": "url",
            "id": "clientId",
            "token_path": "tokenPath",
            "identity_path": "identityPath",
            "authorize_path": "authorizePath",
            "scope": "scope",
            "button_label_text": "buttonText",
            "username_field": "usernameField",
            "key_field": "keyField",
            "merge_users": "mergeUsers",
            "merge_roles": "mergeRoles",
            "roles_claim": "rolesField",
            "roles_to_sync": "rolesToSync",
            "token_sent_via": "tokenSentVia",
            "identity_token_sent_via": "identityTokenSentVia",
            "access_token_param": "accessTokenParam",
            "login_style": "loginStyle",
            "show_button": "showButton",
            "button_color": "buttonColor",
            "button_label_color": "buttonTextColor",
            "name_field": "nameField",
            "email_field": "emailField",
            "avatar_field": "avatarField",
            "merge_users_distinct_services": "mergeUsersDistinctServices",
            "groups_claim": "groupsField",
            "groups_channel_map": "groupsToChannels",
            "map_channels": "groupsToChannels",
            "channels_admin": "channelsAdmin",
        }.items()
    }

    kind: Literal["oidc"]
    preset: Literal[
        "fusionauth", "keycloak", "entra-id", "google", "okta", "auth0", "authentik", "generic"
    ] = "generic"
    """Fills in what is known of a provider; each key below says otherwise."""
    name: (
        Annotated[
            str,
            Form(
                r"[A-Za-z][A-Za-z0-9]{0,30}",
                "a name that begins with a letter and has letters and digits, at most 31",
            ),
        ]
        | None
    ) = None
    """Name of the login service inside Rocket.Chat; part of the callback address. The preset's when left out."""
    url: Url
    """Address of the provider, without a slash at the end: `https://login.microsoftonline.com/<tenant id>` (Entra ID),
    `https://accounts.google.com`, `https://<organization>.okta.com`, `https://<tenant>.eu.auth0.com`."""
    client_id: ClientId
    """Id of the client that was registered at the provider."""
    realm: Annotated[str, Form(r"[A-Za-z0-9._~%-]+", "a realm as it stands in addresses")] | None = None
    """Keycloak's realm."""
    token_path: AddressPath | None = None
    """Where the server gets tokens, below `url`; or a whole address, which releases from 9.0 take for a path."""
    identity_path: AddressPath | None = None
    """Where the server asks who it is, below `url`; or a whole address."""
    authorize_path: AddressPath | None = None
    """Where users are sent to sign in, below `url`; or a whole address, which releases from 9.0 take for a path."""
    scope: (
        Annotated[
            str,
            Form(
                r"[!#-+.-\[\]-~-]+( [!#-+.-\[\]-~-]+)*",
                "what a scope may be: words in ASCII with one blank between",
            ),
        ]
        | None
    ) = None
    """What is asked for, such as `openid profile email`."""
    token_sent_via: Literal["header", "payload"] | None = None
    """How the client's secret is sent for a token: `header` (`client_secret_basic`), or `payload`
    (`client_secret_post`)."""
    identity_token_sent_via: Literal["default", "header", "payload"] | None = None
    """How the token is sent where the server asks who it is; `default` is as `tokenSentVia`."""
    access_token_param: (
        Annotated[str, Form(r"[A-Za-z0-9_.-]+", "the name of a parameter, of letters, digits and _ . -")]
        | None
    ) = None
    """Name of the token in a payload; `access_token` when left out."""
    login_style: Literal["redirect", "popup"] | None = None
    """Where the provider's page opens; `redirect` when left out."""
    show_button: bool = True
    """Show its button at the login form."""
    button_color: Color | None = None
    """Colour of its button; the product's when left out."""
    button_text_color: Color | None = None
    """Colour of the text on its button; the product's when left out."""
    button_text: str = "Sign In"
    """Text on its button."""
    username_field: ClaimField | None = None
    """Claim with the user name, `preferred_username` unless the preset knows better. `{{/^([^@]+)/::email}}` takes what
    stands before the `@` of another."""
    name_field: ClaimField | None = None
    """Claim with the name, `name` when left out."""
    email_field: ClaimField | None = None
    """Claim with the address, `email` when left out."""
    avatar_field: ClaimField | None = None
    """Claim with the address of a picture, `picture` when left out."""
    key_field: Literal["email", "username"] = "email"
    """By what `mergeUsers` finds the account. By `username`, whoever chooses a name at the provider gets the account
    of that name."""
    merge_users: bool = True
    """Let a user in whose name at the provider is no longer that of the account with the same `keyField`. Without it
    such a user is locked out. Accounts with the same e-mail address are joined in any case, so the provider must verify
    addresses."""
    merge_users_distinct_services: bool = False
    """Let `mergeUsers` also find accounts that came by another login."""
    merge_roles: bool = False
    """Take the user's roles from the provider. Needs a licence."""
    roles_field: str = "roles"
    """Claim with the roles of `mergeRoles`."""
    roles_to_sync: list[RoleName] = []
    """Roles that `mergeRoles` takes away again, too, when the provider no longer names them; all when left out."""
    groups_field: ClaimField | None = None
    """Claim with the groups of `groupsToChannels`; `groups` when left out."""
    groups_to_channels: Mapping[str, str | list[str]] = {}
    """Channels that users of a group are put into, by the provider's name of the group. Needs a licence."""
    channels_admin: str = Field(default="rocket.cat", min_length=1)
    """User in whose name these channels are made."""

    @property
    def service(self) -> str:
        """The login service's name inside Rocket.Chat."""
        return self.name or presets.TITLES.get(self.preset) or self.preset.capitalize()

    def is_first(self, ways: Sequence[LoginKind]) -> bool:
        """Whether no other login of this kind comes before it; the server does not look at capitals."""
        first = next(way for way in ways if isinstance(way, OidcLogin))
        return first.service.lower() == self.service.lower()

    @classmethod
    def secret_named(cls, name: str) -> SecretKey | None:
        """The secret of a further login has the id of the setting that it becomes."""
        service = settings.service_of(name)
        if service is None:
            return None
        return SecretKey(name, f"Secret of the OpenID Connect client of the login {service}.", required=True)

    def _secret(self, ways: Sequence[LoginKind]) -> SecretKey:
        further = None if self.is_first(ways) else self.secret_named(settings.client_secret(self.service))
        return further or self.secrets[0]

    def reads(self, parts: "Parts") -> tuple[SecretKey, ...]:
        """Each login has a secret of its own."""
        return (self._secret(parts.login),)

    @property
    def syncs_roles(self) -> bool:
        """As the file says."""
        return self.merge_roles or bool(self.groups_to_channels)

    def ways_out(
        self, parts: "Parts", defaults: "Defaults", uri_ports: Sequence[int]
    ) -> Iterator[tuple[int, str]]:
        """The server fetches tokens from the provider."""
        for key, address in self.addresses().items():
            port = None if key == "authorizePath" else web_port(address or "")
            if port is not None:
                yield port, "Login"

    def addresses(self) -> Mapping[str, str | None]:
        """The provider, and what it may have elsewhere."""
        return {
            "url": self.url,
            "tokenPath": self.token_path,
            "identityPath": self.identity_path,
            "authorizePath": self.authorize_path,
        }

    def outputs(self, root: str, ways: Sequence[LoginKind]) -> "Mapping[str, pulumi.Input[object]]":
        """The redirect address."""
        name = "oidcRedirectUri" if self.is_first(ways) else f"oidcRedirectUri{self.service}"
        return {name: env.oidc_callback(root, self.service)}

    def errands(self, spec: "ChatSpec", outputs: Mapping[str, object]) -> Iterator[str]:
        """The provider redirects to known addresses only."""
        address = env.oidc_callback(spec.parts.runtime.root_url(spec.parts.chat.host), self.service)
        yield f"Register this redirect address at {self.url}: {address}"

    def environment(self, made: "Made") -> "Iterator[Variables]":
        """The login service."""
        yield env.oidc(
            made.release,
            self.service,
            self.url,
            self.client_id,
            Secret(made.secrets[self._secret(made.parts.login).name]),
            preset=self.preset,
            realm=self.realm,
            options=env.OidcOptions(
                token_path=self.token_path,
                identity_path=self.identity_path,
                authorize_path=self.authorize_path,
                scope=self.scope,
                button_label_text=self.button_text,
                username_field=self.username_field,
                key_field=self.key_field,
                merge_users=self.merge_users,
                # Said where they are off, too: the server has what it was once given.
                merge_roles=self.merge_roles,
                roles_claim=self.roles_field if self.merge_roles else None,
                roles_to_sync=",".join(self.roles_to_sync) or None,
                token_sent_via=self.token_sent_via,
                identity_token_sent_via=self.identity_token_sent_via,
                access_token_param=self.access_token_param,
                login_style=self.login_style,
                show_button=None if self.show_button else False,
                button_color=self.button_color,
                button_label_color=self.button_text_color,
                name_field=self.name_field,
                email_field=self.email_field,
                avatar_field=self.avatar_field,
                merge_users_distinct_services=self.merge_users_distinct_services,
                map_channels=bool(self.groups_to_channels),
                groups_claim=self.groups_field if self.groups_to_channels else None,
                groups_channel_map=json.dumps(dict(self.groups_to_channels))
                if self.groups_to_channels
                else None,
                channels_admin=self.channels_admin if self.groups_to_channels else None,
            ),
            licensed="license" in made.secrets,
        )

    def judge(
        self, path: str, ways: Sequence[LoginKind], accounts: Accounts, secrets: AbstractSet[str]
    ) -> Iterator[Finding]:
        """Names, realm and paths."""
        same = [way for way in ways if isinstance(way, OidcLogin)]
        earlier = same[: next(index for index, way in enumerate(same) if way is self)]
        if self.service.lower() in [way.service.lower() for way in earlier]:
            yield Problem(
                f"{path}.name",
                f"two logins have the name {self.service}; the server does not look at capitals",
                remedy="give each a `name` of its own",
            )
        if self.merge_users and self.key_field == "username":
            yield Warning_(
                f"login {self.name or self.preset}: whoever takes an account's name at the provider gets that account "
                "(keyField: username)"
            )
        if self.service.lower() in presets.TAKEN:
            yield Problem(
                f"{path}.name",
                f"the server has something called {self.service} itself, and refuses a login of this name",
                remedy=f"give it another, such as `name: {self.service}Sso`",
            )
        wrong = list(self._address(path))
        yield from wrong
        if not any(isinstance(one, Problem) for one in wrong):
            yield from self._realm(path)
        if self.preset == "generic" and None in (self.token_path, self.identity_path, self.authorize_path):
            yield Problem(
                path,
                "a provider without a preset needs tokenPath, identityPath and authorizePath",
                allowed=f"preset: {', '.join(presets.NAMED)}; or the three paths",
            )
        for key, given, needs in (
            ("rolesField", "roles_field" in self.model_fields_set, self.merge_roles),
            ("rolesToSync", self.roles_to_sync, self.merge_roles),
            ("groupsField", self.groups_field, self.groups_to_channels),
            ("channelsAdmin", "channels_admin" in self.model_fields_set, self.groups_to_channels),
        ):
            if given and not needs:
                other = "mergeRoles: true" if key.startswith("roles") else "groupsToChannels"
                yield Problem(
                    f"{path}.{key}",
                    f"this does nothing without `{other}`",
                    remedy=f"leave it out, or add `{other}`",
                )

    def _address(self, path: str) -> Iterator[Finding]:
        """Find an address that is not the one that all customers of the provider have."""
        form, told = presets.ADDRESSES.get(self.preset, (".*", ""))
        if re.fullmatch(form, self.url) is None:
            yield Problem(
                f"{path}.url", f"the address of {self.preset} is another one", remedy=f"write {told}"
            )
        elif (base := self._base()) != self.url:
            yield Problem(
                f"{path}.url",
                "the paths of the provider are put behind this address, and here it has one that goes on otherwise",
                remedy=f"write {base}; for another authorization server, with other paths, give tokenPath, "
                "identityPath and authorizePath",
            )
        elif self.preset == presets.ENTRA and self.url.rpartition("/")[2] in presets.OF_ANY_TENANT:
            yield Warning_(
                "users of every tenant of Entra ID get in, with whatever address their tenant gives them: name yours "
                f"in `login.url` ({told})"
            )

    def _base(self) -> str:
        """Return `url` without its discovery document, and without the beginning of a path that its preset has."""
        base = self.url.partition("/.well-known/")[0]
        for given, key in ((self.token_path, "token_path"), (self.authorize_path, "authorize_path")):
            first = presets.OIDC_PRESETS[self.preset].get(key, "").split("/")[1:2]
            if given is None and first and first[0]:
                base = re.sub(rf"(?<=[^/:])/{re.escape(first[0])}(/.*)?$", "", base)
        return base

    def _realm(self, path: str) -> Iterator[Finding]:
        """Find a realm that is missing, is said twice, or has no meaning."""
        told = re.search(r"/realms/[^/]+(/protocol)?$", self.url) is not None
        if self.preset != presets.KEYCLOAK:
            if self.realm is not None:
                yield Problem(
                    f"{path}.realm",
                    "only Keycloak has realms",
                    remedy="leave it out, or set `preset: keycloak`",
                )
        elif self.realm is not None and told:
            yield Problem(
                f"{path}.realm", "`url` names a realm already", remedy="leave it out in one of the two"
            )
        elif not self.realm and not told:
            yield Problem(f"{path}.realm", "preset keycloak needs the realm", remedy="add `realm: <name>`")
