"""Login by the services that Rocket.Chat has built in: Google, GitHub, GitLab and Apple.

The secrets are those of the product's own settings, under their ids.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from rocketchat.variables import flag, overwrite
from stacks.egress import web_port
from stacks.fields import Form, Url
from stacks.judging import Finding
from stacks.kinds.login import ClientId, LoginKind, only_one
from stacks.parts import Accounts
from stacks.secret_keys import SecretKey, pem

if TYPE_CHECKING:
    import pulumi

    from stacks.features import Made
    from stacks.kinds.kind import Variables
    from stacks.language import ChatSpec
    from stacks.profiles import Defaults
    from stacks.spec import Parts


class BuiltInLogin(LoginKind):
    """Base of the services that the product has built in. Each is there once."""

    setting: ClassVar[str]
    """How the ids of its settings begin."""
    secret: ClassVar[SecretKey]
    """The secret of the client; a setting of the product, which is given by its own id."""
    registered_at: ClassVar[str]
    """Where the client is registered."""
    client_id: ClientId
    """Id of the client that was registered there."""

    def reads(self, parts: "Parts") -> tuple[SecretKey, ...]:
        """The client's secret."""
        return (self.secret,)

    def _redirect(self, root: str) -> str:
        return f"{root}/_oauth/{self.kind}"

    def outputs(self, root: str, ways: Sequence[LoginKind]) -> "Mapping[str, pulumi.Input[object]]":
        """The redirect address."""
        return {f"{self.kind}RedirectUri": self._redirect(root)}

    def errands(self, spec: "ChatSpec", outputs: Mapping[str, object]) -> Iterator[str]:
        """The provider redirects to known addresses only."""
        root = spec.parts.runtime.root_url(spec.parts.chat.host)
        yield f"Register this redirect address at {self.registered_at}: {self._redirect(root)}"

    def more(self) -> Mapping[str, str | None]:
        """Return its further settings by their ids."""
        return {}

    def environment(self, made: "Made") -> "Iterator[Variables]":
        """The service; its secret is set with those of the other settings."""
        yield overwrite(
            {
                self.setting: "true",
                f"{self.setting}_id": self.client_id,
                **self.more(),
            }
        )

    def judge(
        self, path: str, ways: Sequence[LoginKind], accounts: Accounts, secrets: AbstractSet[str]
    ) -> Iterator[Finding]:
        """There is one of it."""
        yield from only_one(path, self, ways)


class GoogleLogin(BuiltInLogin):
    """Login by accounts of Google, whoever has one: `accounts.allowedDomains` names the domains that get in.

    The client's secret is `Accounts_OAuth_Google_secret`.
    """

    example: ClassVar = {"clientId": "1234.apps.googleusercontent.com"}
    said: ClassVar = {"Accounts_OAuth_Google": "kind", "Accounts_OAuth_Google_id": "clientId"}
    setting: ClassVar = "Accounts_OAuth_Google"
    secret: ClassVar = SecretKey(
        "Accounts_OAuth_Google_secret", "Secret of the client at Google.", required=True
    )
    registered_at: ClassVar = "console.cloud.google.com, APIs & Services, Credentials"

    kind: Literal["google"]


class GitHubLogin(BuiltInLogin):
    """Login by accounts of GitHub, whoever has one. The client's secret is `Accounts_OAuth_Github_secret`."""

    example: ClassVar = {"clientId": "Iv1.0123456789abcdef"}
    said: ClassVar = {"Accounts_OAuth_Github": "kind", "Accounts_OAuth_Github_id": "clientId"}
    setting: ClassVar = "Accounts_OAuth_Github"
    secret: ClassVar = SecretKey(
        "Accounts_OAuth_Github_secret", "Secret of the OAuth App at GitHub.", required=True
    )
    registered_at: ClassVar = "github.com, Settings, Developer settings, OAuth Apps"

    kind: Literal["github"]


class GitLabLogin(BuiltInLogin):
    """Login by accounts of gitlab.com, or of a GitLab of your own. The client's secret is
    `Accounts_OAuth_Gitlab_secret`."""

    example: ClassVar = {"clientId": "0123456789abcdef"}
    said: ClassVar = {
        "Accounts_OAuth_Gitlab": "kind",
        "Accounts_OAuth_Gitlab_id": "clientId",
        "Accounts_OAuth_Gitlab_identity_path": "identityPath",
        "Accounts_OAuth_Gitlab_merge_users": "mergeUsers",
        "API_Gitlab_URL": "url",
    }
    setting: ClassVar = "Accounts_OAuth_Gitlab"
    secret: ClassVar = SecretKey(
        "Accounts_OAuth_Gitlab_secret", "Secret of the application at GitLab.", required=True
    )
    registered_at: ClassVar = "GitLab, Admin or User settings, Applications (scope read_user)"

    kind: Literal["gitlab"]
    url: Url = "https://gitlab.com"
    """Address of the GitLab, without a slash at the end."""
    identity_path: Annotated[str, Form(r"/[A-Za-z0-9/_.-]+", "a path, such as /api/v4/user")] | None = None
    """Where the server asks who it is; `/api/v4/user` when left out."""
    merge_users: bool = False
    """Let a user in whose user name at GitLab is that of an account. Whoever may choose names there may take any."""

    def addresses(self) -> Mapping[str, str | None]:
        """The GitLab."""
        return {"url": self.url}

    def ways_out(
        self, parts: "Parts", defaults: "Defaults", uri_ports: Sequence[int]
    ) -> Iterator[tuple[int, str]]:
        """A GitLab of one's own may have another port."""
        port = web_port(self.url)
        if port is not None:
            yield port, "Login"

    def more(self) -> Mapping[str, str | None]:
        """The address, and what is taken over."""
        return {
            "API_Gitlab_URL": self.url,
            "Accounts_OAuth_Gitlab_identity_path": self.identity_path,
            "Accounts_OAuth_Gitlab_merge_users": flag(self.merge_users),
        }


class AppleLogin(BuiltInLogin):
    """Login by Apple accounts. The private key (PEM) is the secret `Accounts_OAuth_Apple_secretKey`."""

    example: ClassVar = {"clientId": "com.example.chat", "teamId": "ABCDE12345", "keyId": "FGHIJ67890"}
    said: ClassVar = {
        "Accounts_OAuth_Apple": "kind",
        "Accounts_OAuth_Apple_id": "clientId",
        "Accounts_OAuth_Apple_iss": "teamId",
        "Accounts_OAuth_Apple_kid": "keyId",
    }
    setting: ClassVar = "Accounts_OAuth_Apple"
    secret: ClassVar = SecretKey(
        "Accounts_OAuth_Apple_secretKey",
        "Private key (PEM) of Sign in with Apple.",
        required=True,
        problem=pem("PRIVATE KEY"),
    )
    registered_at: ClassVar = "developer.apple.com, Identifiers, Services IDs"

    kind: Literal["apple"]
    team_id: Annotated[
        str, Form(r"[A-Z0-9]{10}", "one of Apple's ids, which has 10 capital letters and digits")
    ]
    """Id of the team at Apple."""
    key_id: Annotated[
        str, Form(r"[A-Z0-9]{10}", "one of Apple's ids, which has 10 capital letters and digits")
    ]
    """Id of the private key."""

    def more(self) -> Mapping[str, str | None]:
        """Team and key."""
        return {"Accounts_OAuth_Apple_iss": self.team_id, "Accounts_OAuth_Apple_kid": self.key_id}
