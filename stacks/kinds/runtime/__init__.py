"""What every runtime is asked, and what it gives the rest of a deployment."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Protocol

from components.backup.program import ARCHIVE, BACKUPS
from components.network.subnets import is_private
from stacks.judging import Finding, Note, Warning_, rule
from stacks.kinds.dns import ADD, DnsKind
from stacks.kinds.kind import Kind
from stacks.problems import Problem

if TYPE_CHECKING:
    import pulumi

    from components.database.private_link import PrivateLinkArgs
    from components.operations.alarms import AlarmsArgs
    from components.values import DatabaseAccess, Egress
    from rocketchat.releases import Release
    from rocketchat.services import Service
    from rocketchat.sizing import Size
    from stacks.kinds.context import Context
    from stacks.kinds.database.own import OwnDatabase
    from stacks.kinds.kind import Variables
    from stacks.profiles import Defaults
    from stacks.spec import Parts


@dataclass(frozen=True)
class Running:
    """A runtime with the chat in it."""

    url: "pulumi.Output[str]"
    watched: "AlarmsArgs | None" = None
    """What of it CloudWatch can watch; deploy.py adds who is told."""
    outputs: "Mapping[str, pulumi.Input[object]]" = field(default_factory=dict)
    """What operators want to know of it."""


@dataclass(frozen=True)
class Published:
    """A Helm chart as its makers publish it."""

    version: str
    repository: str


class Place(Protocol):
    """A place for the containers. Making it makes the network; `run` puts the chat in."""

    egress: "Egress"
    """Where connections to the database come from."""
    private_link: "PrivateLinkArgs | None"
    """Where a private endpoint of the database can stand; None where there is no such place."""
    proxies: int
    """Trusted proxies of the runtime's own before the app."""

    @property
    def broker(self) -> str:
        """Host name of NATS among the services."""
        ...

    def own_database(self, part: "OwnDatabase") -> "DatabaseAccess":
        """Make the database that stands in the runtime itself.

        Raises ValueError in a runtime that cannot hold one, which the rules of stack files refuse before.
        """
        ...

    def run(self, services: "Sequence[Service]", variables: "Variables") -> Running:
        """Run the services, with the edge before them, and lead the chat's name there.

        `variables` are the main server's.
        """
        ...


class RuntimeKind(Kind):
    """Base of all runtimes. What they are able to do is a class attribute of each: rules ask for it."""

    has_role: ClassVar[bool] = False
    """Containers have a role of AWS, so that no access key is needed for the bucket."""
    fixes_egress: ClassVar[tuple[str, str]] = ("", "")
    """The key that `fixed_egress` depends on, and what to do with it."""
    most_tags: ClassVar[int] = 50
    """Tags that whatever it makes takes ("Tag naming limits and requirements" in AWS's tagging guide)."""
    needs_dns: ClassVar[bool] = False
    """It makes records in the DNS zone, for the chat's name and its certificate."""
    led_by_name: ClassVar[bool] = False
    """The chat's name leads to a host name, and not to an address."""
    takes_cdn: ClassVar[bool] = False
    """A CDN of `edge` can stand before it."""
    private_link: ClassVar[bool] = False
    """Its network can hold a private endpoint of an Atlas cluster."""
    has_disk: ClassVar[bool] = False
    """It has a disk of its own, which can hold the database and the uploads."""
    is_cluster: ClassVar[bool] = False
    """It is a Kubernetes cluster, which can hold the database too."""
    dumps_in: ClassVar[str] = ""
    """What runs the dumps of a database: `host`, `cluster`, `tasks` (of ECS)."""
    filters_egress: ClassVar[bool] = True
    """A firewall lets out only what the parts of the stack name."""
    egress_room: ClassVar[int | None] = None
    """Ranges of ports for which that firewall has room beside its own rules; None without limit."""
    blocked_ports: ClassVar[frozenset[int]] = frozenset()
    """SMTP ports that nothing in it can reach."""
    usual_database: ClassVar[Mapping[str, str]] = {"trial": "atlas", "production": "atlas"}
    """Where the messages usually are, by profile."""
    watches_bot: ClassVar[bool] = False
    """Who watches its containers is told of a bot that does not run."""
    names_users: ClassVar[bool] = True
    """Each container is told as which user it runs, so that none is root."""
    variables_bytes: ClassVar[int | None] = None
    """Bytes that all variables together may have where it runs containers by one document; None without limit."""
    secrets_bytes: ClassVar[int | None] = None
    """Bytes that all secrets together may have; None without limit."""
    files_in: ClassVar[str] = "/etc/rocketchat"
    """Folder of the server's container for the files that its variables name."""
    microservices_trust: ClassVar[bool] = True
    """Whether microservices get `container.certificates` as the server does."""
    sources_key: ClassVar[str] = ""
    """The key that says which networks may connect."""
    charts: ClassVar[Mapping[str, Published]] = {}
    """Helm charts that it installs, by name."""

    if TYPE_CHECKING:

        @property
        def instances(self) -> int | None:
            """Servers; from the number of users when None."""

        @property
        def max_instances(self) -> int | None:
            """Servers that autoscaling goes up to; None without autoscaling."""

        @property
        def topology(self) -> str:
            """`monolith` or `microservices`."""

    @property
    def shares_name(self) -> bool:
        """Whether what the chat's name leads to is somebody else's, and may serve others at further ports."""
        return False

    @property
    def named_by_others(self) -> bool:
        """Whether it can do without a DNS zone: somebody else leads the chat's name there, and has the certificate."""
        return not self.needs_dns

    @property
    def sources(self) -> Sequence[str]:
        """Networks that alone may connect by what it makes; none where everybody may."""
        return ()

    @property
    def is_internal(self) -> bool:
        """Whether the way in that it makes has private addresses only."""
        return False

    @property
    def is_closed(self) -> bool:
        """Whether it keeps out who comes from anywhere on the internet."""
        return self.is_internal or bool(self.sources)

    def server_memory(self, parts: "Parts") -> int | None:
        """Memory of one server in MiB, where the file says it."""
        return None

    @property
    @abstractmethod
    def fixed_egress(self) -> bool:
        """Whether connections leave from addresses that are known and stay."""

    @property
    def headers(self) -> Sequence[str]:
        """Names of the response headers that it adds to what the chat answers."""
        return ()

    def images(self, parts: "Parts", release: "Release", size: "Size") -> Iterator[str]:
        """Those of the chat's processes, and the bot's."""
        from stacks.processes import processes

        for service in processes(self, parts.chat, release, size):
            yield f"{service.image}:{service.tag}"
        if parts.bot is not None:
            yield parts.bot.image

    def backups(self, parts: "Parts") -> Sequence[str]:
        """Return the keys of its newest backups in the bucket that the output `backupBucket` names."""
        return (BACKUPS + ARCHIVE,) if parts.dumped else ()

    def enter(self, outputs: Mapping[str, object]) -> str:
        """Return how a person gets to where the containers run; empty where nobody has to."""
        return ""

    @abstractmethod
    def stop(self, region: str | None, outputs: Mapping[str, object]) -> str:
        """Return the command that stops the chat until the next deployment of another release."""

    @abstractmethod
    def restart(self, region: str | None, outputs: Mapping[str, object]) -> str:
        """Return the command that restarts the chat."""

    @abstractmethod
    def restart_bot(self, region: str | None, outputs: Mapping[str, object]) -> str:
        """Return the command that restarts the bot."""

    @property
    def certified_by_aws(self) -> bool:
        """Whether AWS makes the certificate for the chat's name."""
        return False

    def root_url(self, host: str) -> str:
        """Return the chat's address for its users, without a slash at the end."""
        return f"https://{host}"

    def provider(self, secrets: "Mapping[str, pulumi.Input[str]]") -> "pulumi.ProviderResource | None":
        """Return the provider of what it stands in, where that is there already; `secrets` are values by name."""
        return None

    @abstractmethod
    def make(self, context: "Context") -> Place:
        """Make the network, and return the place for the containers."""


def tight(cpu: int | None, memory: int | None, size: "Size", users: int) -> Iterator[Warning_]:
    """Warn of a server for which the file names less than is advised."""
    for given, advised, what in ((cpu, size.cpu_units, "CPU units"), (memory, size.memory_mib, "MiB")):
        if given is not None and given < advised:
            yield Warning_(f"a server has {given} {what}; {advised} are advised for {users} users")


@rule("The runtime has what it needs")
def _needs(runtime: RuntimeKind, region: str | None, dns: DnsKind | None) -> Iterator[Finding]:
    if runtime.needs_region and region is None:
        yield Problem(
            "aws:region",
            f"runtime {runtime.kind} needs a region",
            remedy="add `aws:region: ap-southeast-1` or another",
        )
    if dns is None and not runtime.named_by_others:
        yield Problem(
            "rocketchat:dns",
            f"runtime {runtime.kind} needs a DNS zone, for the chat's name and its certificate",
            remedy=ADD,
        )


@rule("The provider lets out what is named")
def _let_out(runtime: RuntimeKind, parts: "Parts", defaults: "Defaults") -> Iterator[Finding]:
    blocked = [port for port, _ in runtime.ways_out(parts, defaults, ()) if port in runtime.blocked_ports]
    if blocked:
        listed = ", ".join(map(str, blocked))
        yield Warning_(
            f"runtime.egressPorts: the provider lets nothing out by {listed}, ports of mail servers"
        )


@rule("Who may connect can")
def _sources(runtime: RuntimeKind) -> Iterator[Finding]:
    if not runtime.sources:
        return
    yield Note(f"from {', '.join(runtime.sources)}, and from nowhere else")
    # What comes by the internet has a public address.
    if not runtime.is_internal and all(map(is_private, runtime.sources)):
        yield Warning_(
            f"runtime.{runtime.sources_key} names private networks only, and the chat has a public address, to which "
            "nobody comes from these: name the public addresses that offices and VPNs leave from"
        )
