"""What all kinds of host have in common: the model and its rules. `place.py` makes it, `sizes.py` reckons."""

import ipaddress
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, Protocol

from pydantic import AfterValidator, Field

from components.runtime.host.document import PROXY_IMAGE
from components.runtime.host.sizes import LEAST_MEMORY_MIB, HostSize
from components.runtime.ssh_keys import check_public_key
from rocketchat import sizing
from stacks.container import too_large
from stacks.fields import Cidr
from stacks.judging import Finding, Note, Warning_, rule
from stacks.kinds.dns import DnsKind
from stacks.kinds.runtime import Place, RuntimeKind
from stacks.kinds.runtime.host import sizes
from stacks.problems import Problem
from stacks.profiles import Defaults
from stacks.questions import Ask

if TYPE_CHECKING:
    import pulumi

    from rocketchat.releases import Release
    from stacks.kinds.context import Context
    from stacks.spec import Parts

WIDEST_SSH = 8
"""Prefix of the widest network that may reach port 22."""
LEAST_CHAT_MIB = 1024
"""Limit of the chat's container below which it would be killed again and again."""
LARGEST_HOST_USERS = 500
"""From here on the vendor's table wants several servers."""
SSH_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEfP1yBzTnY1K5C8kq0vQmR7mJ0yX3dW9uZ2aLbTnE4s ops@example.com"
"""An example of a key; nobody has its other half."""


class Host(Protocol):
    """What is asked of the component of a host."""

    address: "pulumi.Output[str]"
    egress_address: "pulumi.Output[str]"
    bucket: "pulumi.Output[str]"
    role_name: "pulumi.Output[str]"
    activation_id: "pulumi.Output[str]"
    created_at: "pulumi.Output[str]"


class HostRuntime(RuntimeKind):
    """What all kinds of host have in common."""

    needs_region: ClassVar = True
    needs_dns: ClassVar = True
    has_disk: ClassVar = True
    dumps_in: ClassVar = "host"
    names_users: ClassVar = False
    # What the host fetches is an object of S3 (S3 guide, "Categorizing your objects using tags").
    most_tags: ClassVar = 10
    usual_database: ClassVar = {"trial": "on-host", "production": "on-host"}
    asks: ClassVar = {
        "sshKey": Ask("The line of ~/.ssh/id_ed25519.pub; `ssh-keygen -t ed25519` makes one."),
    }
    all_sizes: ClassVar[Mapping[str, HostSize]]
    """All sizes by name."""
    sources_key: ClassVar = "allowFrom"
    copies_share: ClassVar[float] = 0
    """What the provider's copies of the host cost, as a share of its price."""

    ssh_key: Annotated[str, AfterValidator(check_public_key)]
    """Public key of who may log in (`ssh-ed25519 AAAA…`)."""
    allow_from: list[Cidr] = []
    """Networks that may connect, such as those of offices and VPNs, by their public addresses; the provider's firewall
    keeps all others from port 443, by IPv6 too. Everybody when left out. Port 80 stays open for the certificate
    authority, and serves no chat. Incoming webhooks and `rocketchat verify` come from these networks, too."""
    ssh_from: list[Cidr] = []
    """Networks that may reach port 22, such as an office's. Closed to everybody when left out."""
    disk_gb: int | None = Field(default=None, ge=8, le=16384)
    """Data disk in GB, which survives the host. From the number of users when left out."""
    snapshots: bool | None = None
    """Copies of the host by its provider, every day or week. On in production."""
    generation: int = Field(default=1, ge=1)
    """Count it up to replace the host; data disk and address stay."""

    if TYPE_CHECKING:

        @property
        def size(self) -> str | None:
            """Name of its size; the cheapest with enough memory when None."""

    @property
    def sources(self) -> Sequence[str]:
        """As the file says."""
        return self.allow_from

    def server_memory(self, parts: "Parts") -> int | None:
        """What is left of the named size beside all else on the host."""
        return None if self.size is None else self.all_sizes[self.size].memory_mib - sizes.beside_mib(parts)

    @property
    def headers(self) -> Sequence[str]:
        """Its proxy adds it."""
        return ("Strict-Transport-Security",)

    def enter(self, outputs: Mapping[str, object]) -> str:
        """By SSH, where the stack file opens it."""
        way = f"ssh {next(iter(self.authorized_keys()), 'root')}@{outputs.get('address')}"
        if self.ssh_from:
            return way
        return f"{way}   # after `runtime.sshFrom: [YOUR.ADDRESS/32]` and an `up`; or the console of the provider"

    def stop(self, region: str | None, outputs: Mapping[str, object]) -> str:
        """Its container, on the host."""
        return "sudo docker stop chat-rocketchat-1"

    def restart(self, region: str | None, outputs: Mapping[str, object]) -> str:
        """Its container, on the host."""
        return "sudo docker restart chat-rocketchat-1"

    def restart_bot(self, region: str | None, outputs: Mapping[str, object]) -> str:
        """Its container, on the host."""
        return "sudo docker restart chat-bot-1"

    def images(self, parts: "Parts", release: "Release", size: sizing.Size) -> Iterator[str]:
        """The chat's, the bot's and its proxy's."""
        yield from super().images(parts, release, size)
        yield PROXY_IMAGE

    def backups(self, parts: "Parts") -> Sequence[str]:
        """What is kept on its disk."""
        kept = {"database.archive.gz": parts.database.on_host, "uploads.json.gz": parts.media.on_host}
        return [f"backups/{name}" for name, wanted in kept.items() if wanted]

    @property
    def instances(self) -> int:
        """One host, one server."""
        return 1

    @property
    def max_instances(self) -> None:
        """A host does not scale."""

    @property
    def topology(self) -> str:
        """One server, without microservices."""
        return "monolith"

    @property
    def fixed_egress(self) -> bool:
        """A host has one address."""
        return True

    def offered(self, region: str | None) -> Mapping[str, HostSize]:
        """Return the sizes that can be had, given the region of AWS. Raises ValueError where there are none."""
        return self.all_sizes

    def authorized_keys(self) -> Mapping[str, str]:
        """Return the public keys that the host itself must be told, by user."""
        return {}

    def alarm_senders(self, parts: "Parts") -> Mapping[str, str]:
        """The host tells CloudWatch how it is."""
        of_backups = " and backups" if sizes.keeps_data(parts) else ""
        return {"CloudWatch": f"the chat, and the host's disk, memory{of_backups}"}

    @abstractmethod
    def host(self, context: "Context") -> "Host":
        """Make the host itself."""

    def make(self, context: "Context") -> Place:
        """Make the host, which runs what its document will say."""
        from stacks.kinds.runtime.host.place import OnHost

        return OnHost(self, context)


@rule("The host is large enough")
def _size(
    runtime: HostRuntime, parts: "Parts", size: sizing.Size, defaults: Defaults, region: str | None
) -> Iterator[Finding]:
    try:
        host = sizes.host_size(runtime, parts, region)
    except ValueError as error:
        yield Problem("rocketchat:runtime.size", str(error))
        return
    needed, left = sizes.advised_mib(parts), host.memory_mib - sizes.beside_mib(parts)
    if host.memory_mib < LEAST_MEMORY_MIB:
        yield Problem("rocketchat:runtime.size", "Rocket.Chat crashes with less than 2 GB of memory")
    elif left < LEAST_CHAT_MIB:
        yield Problem(
            "rocketchat:runtime.size",
            f"{host.name} has {host.memory_mib} MiB; beside system, proxy and what else runs on it the chat would have "
            f"{left} MiB, and needs {LEAST_CHAT_MIB} at least",
            remedy=f"leave `size` out, or take one with {needed} MiB, as advised for {parts.chat.users} users",
        )
    elif host.memory_mib < needed:
        yield Warning_(
            f"{host.name} has {host.memory_mib} MiB; {needed} MiB are advised for {parts.chat.users} users. The chat "
            f"has {left} MiB of it, beside system, proxy and what else runs on the host"
        )
    yield from too_large(parts.container, left)
    if parts.chat.users >= LARGEST_HOST_USERS:
        yield Warning_(f"one host serves {parts.chat.users} users slowly, and stops when it stops")
    price = sizes.monthly_usd(runtime, parts, size, defaults, region)
    yield Note(
        f"{host.name}: {host.vcpus} vCPU, {host.memory_mib} MiB, {sizes.disk_gb(runtime, parts, size)} GB of data; "
        f"{price:g} USD a month for the host alone"
    )


@rule("The data disk of the host is large enough")
def _disk(runtime: HostRuntime, parts: "Parts", size: sizing.Size) -> Iterator[Finding]:
    least, disk = sizes.least_disk_gb(parts, size), sizes.disk_gb(runtime, parts, size)
    if disk < least:
        yield Problem(
            "rocketchat:runtime.diskGb",
            f"{disk} GB are too few: uploads of one year for {parts.chat.users} users, the database and a restored "
            f"copy of it need {least} GB",
            remedy=f"set `diskGb: {least}` or more, or leave it out",
        )
    yield Note(f"{disk} GB, of which {least} GB are needed in the first year")


@rule("Nobody but the named networks can log in to the host")
def _ssh(runtime: HostRuntime) -> Iterator[Finding]:
    for index, cidr in enumerate(runtime.ssh_from):
        if ipaddress.IPv4Network(cidr).prefixlen < WIDEST_SSH:
            yield Problem(
                f"rocketchat:runtime.sshFrom[{index}]",
                f"{cidr} opens the host's port 22 to half the world",
                allowed=f"networks from /{WIDEST_SSH} to /32",
            )
    yield Note(f"port 22 from {', '.join(runtime.ssh_from)}" if runtime.ssh_from else "port 22 is closed")


@rule("Certificates reach the host")
def _certificates(runtime: HostRuntime, dns: DnsKind | None) -> Iterator[Finding]:
    if dns is not None and dns.proxied:
        yield Problem(
            "rocketchat:dns.proxied",
            f"on runtime {runtime.kind} the host ends TLS itself, and would take Cloudflare's proxy for every user",
            remedy="set `proxied: false`",
        )
    yield Note("from Let's Encrypt, by the proxy on the host")
