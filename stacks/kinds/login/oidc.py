"""Single sign-on by OpenID Connect."""

import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from rocketchat import environment as env
from rocketchat import settings
from rocketchat.environment import Secret
from stacks.egress import web_port
from stacks.fields import IN_ADDRESS, Url, matching
from stacks.judging import Finding, Warning_
from stacks.kinds.login import LoginKind
from stacks.parts import Accounts
from stacks.problems import Problem
from stacks.secret_keys import SecretKey

if TYPE_CHECKING:
    import pulumi

    from stacks.features import Made
    from stacks.kinds.kind import Variables
    from stacks.language import ChatSpec
    from stacks.profiles import Defaults
    from stacks.spec import Parts

AddressPath = Annotated[
    str,
    matching(
        rf"/{IN_ADDRESS}*(\?({IN_ADDRESS}|\?)*)?", "the path of an address; one looks like /oauth2/token"
    ),
]


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
        }.items()
    }

    kind: Literal["oidc"]
    preset: Literal["fusionauth", "keycloak", "generic"] = "generic"
    """Fills in the paths of a known provider."""
    name: str | None = Field(default=None, pattern=r"^[A-Za-z][A-Za-z0-9]{0,30}$")
    """Name of the login service inside Rocket.Chat; part of the callback address. The preset's when left out."""
    url: Url
    """Address of the provider, without a slash at the end."""
    client_id: str = Field(min_length=1)
    realm: Annotated[str, matching(r"[A-Za-z0-9._~%-]+", "a realm as it stands in addresses")] | None = None
    """Keycloak's realm."""
    token_path: AddressPath | None = None
    identity_path: AddressPath | None = None
    authorize_path: AddressPath | None = None
    scope: str | None = None
    button_text: str = "Sign In"
    username_field: str | None = None
    key_field: Literal["email", "username"] = "email"
    """By what `mergeUsers` finds the account. By `username`, whoever chooses a name at the provider gets the account
    of that name."""
    merge_users: bool = True
    """Let a user in whose name at the provider is no longer that of the account with the same `keyField`. Without it
    such a user is locked out. Accounts with the same e-mail address are joined in any case, so the provider must verify
    addresses."""
    merge_roles: bool = False
    """Take the user's roles from the provider. Needs a licence."""
    roles_field: str = "roles"

    @property
    def service(self) -> str:
        """The login service's name inside Rocket.Chat."""
        return self.name or ("Sso" if self.preset == "generic" else self.preset.capitalize())

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
        return self.merge_roles

    def ways_out(
        self, parts: "Parts", defaults: "Defaults", uri_ports: Sequence[int]
    ) -> Iterator[tuple[int, str]]:
        """The server fetches tokens from the provider."""
        port = web_port(self.url)
        if port is not None:
            yield port, "Login"

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
                merge_roles=self.merge_roles or None,
                roles_claim=self.roles_field if self.merge_roles else None,
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
        yield from self._realm(path)
        if self.preset == "generic" and None in (self.token_path, self.identity_path, self.authorize_path):
            yield Problem(
                path,
                "a provider without a preset needs tokenPath, identityPath and authorizePath",
                allowed="preset: fusionauth, keycloak; or the three paths",
            )

    def _realm(self, path: str) -> Iterator[Finding]:
        """Find a realm that is missing, is said twice, or has no meaning."""
        told = re.search(r"/realms/[^/]+(/protocol)?$", self.url) is not None
        if self.preset != "keycloak":
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
