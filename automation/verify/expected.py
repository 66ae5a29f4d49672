"""What a stack's file and outputs say that the chat is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from automation.errors import not_deployed
from rocketchat import releases
from rocketchat.environment import REGISTRATION

if TYPE_CHECKING:
    from stacks.language import ChatSpec

NO_CHAT: Final = "no chat runs in a rehearsal"


@dataclass(frozen=True)
class Expected:
    """A chat as it should be."""

    stack: str
    url: str
    """Without a slash at the end."""
    release: str
    probes: tuple[str, ...] = ()
    """Paths that answer 200 while the release is well."""
    headers: tuple[str, ...] = ()
    """Response headers that what stands before the chat adds."""
    address: str | None = None
    """Address or host name that the chat's name must lead to; None where the outputs do not tell."""
    no_address: str = "the stack's outputs name no address"
    """Why `address` is None."""
    mail: bool = False
    """Whether mail is set up."""
    push: bool = False
    """Whether phones are told of messages."""
    registered: bool = False
    """Whether the workspace must be registered at the vendor."""
    accounts: str | None = None
    """Value of the setting `Accounts_RegistrationForm`; None where it is not known."""
    bot: str | None = None
    """User name of the bot; None where the stack has none."""
    backup_bucket: str | None = None
    """Bucket of S3 with the stack's own backups; None where it makes none."""
    backups: tuple[str, ...] = ()
    """Keys in the bucket of what is written anew each night."""
    unasked: str = ""
    """Why nothing is asked of it."""

    @property
    def host(self) -> str:
        """Host name of the chat."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """Port of the chat."""
        parts = urlsplit(self.url)
        return parts.port or (443 if parts.scheme == "https" else 80)

    @property
    def encrypted(self) -> bool:
        """Whether it is reached by TLS."""
        return urlsplit(self.url).scheme == "https"


def of_stack(name: str, spec: "ChatSpec", outputs: Mapping[str, Any], *, rehearsal: bool = False) -> Expected:
    """Return what the stack promises; raise ConfigurationError for one without outputs.

    Of a `rehearsal` nothing is asked: stand-in clouds start no chat.
    """
    url, release = outputs.get("url"), outputs.get("release")
    if not isinstance(url, str) or not isinstance(release, str):
        raise not_deployed(name)
    parts = spec.parts
    address, no_address = outputs.get("address"), Expected.no_address
    if parts.dns is not None and parts.dns.proxied:
        address, no_address = None, f"the name leads to the proxy of {parts.dns.kind}"
    elif parts.edge.is_cdn and parts.runtime.is_cluster:
        # Its address is the origin's.
        address, no_address = None, "the name leads to the CDN, whose address is no output"
    bucket = outputs.get("backupBucket")
    return Expected(
        stack=name,
        url=url.rstrip("/"),
        release=release,
        probes=_probes(release),
        headers=(*parts.runtime.headers, *parts.edge.headers),
        address=address if isinstance(address, str) else None,
        no_address=no_address,
        mail=parts.mail is not None,
        push=parts.push.kind != "none",
        registered=parts.push.registers or "registrationToken" in spec.secrets,
        accounts=REGISTRATION[parts.accounts.registration],
        bot=None if parts.bot is None else parts.bot.username,
        backup_bucket=bucket if isinstance(bucket, str) else None,
        backups=tuple(parts.runtime.backups(parts)),
        unasked=NO_CHAT if rehearsal else "",
    )


def _probes(release: str) -> tuple[str, ...]:
    probes = releases.find(release).probes
    return tuple(dict.fromkeys((probes.balancer, probes.liveness, probes.readiness)))
