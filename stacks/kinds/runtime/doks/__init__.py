"""A cluster of DigitalOcean Kubernetes: the model and its rules. `place.py` makes it."""

import ipaddress
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from components.edge import cert_manager
from components.runtime.doks_options import (
    MINORS,
    SEEN,
    SERVICES_PREFIX,
    VPC_PREFIXES,
    family,
    is_node_size,
    most_nodes,
    node_sizes,
    reserved,
    shape,
)
from rocketchat import known_bad, sizing
from rocketchat.bot import MEMORY_MIB
from rocketchat.releases import Release
from stacks.fields import Cidr, Form
from stacks.judging import Finding, Note, Warning_, rule
from stacks.kinds.database.own import OwnDatabase
from stacks.kinds.edge import EdgeKind
from stacks.kinds.mail import MailKind
from stacks.kinds.runtime import Place, Published
from stacks.kinds.runtime.cluster import ClusterChat
from stacks.kinds.runtime.digitalocean import BLOCKED_PORTS, REGION, TOKEN
from stacks.problems import Problem
from stacks.processes import processes
from stacks.questions import Ask, plain_host

if TYPE_CHECKING:
    from stacks.kinds.context import Context
    from stacks.spec import Parts

ALLOCATABLE_MIB: Mapping[int, int] = {2: 1024, 4: 2560, 8: 6144, 16: 13312, 32: 28672, 64: 59392}
"""Memory of a node in GB to what it leaves for pods (docs.digitalocean.com, "DOKS limits")."""
FIRST_WITH_GATEWAY = (1, 33)
"""The first version with the managed Gateway API (docs.digitalocean.com, "DOKS Gateway API")."""
SYSTEM_CPU_MILLI = 300
"""What the cluster's own pods reserve on a node."""


class DoksRuntime(ClusterChat):
    """A cluster of DigitalOcean Kubernetes of the stack's own, with the official chart on it."""

    example: ClassVar = {"cluster": "k8s-example", "region": "sgp1"}
    asks: ClassVar = {
        "cluster": Ask("A new cluster gets this name.", lambda answers: plain_host(answers)[:62].strip("-")),
        "region": REGION,
    }
    credentials: ClassVar = TOKEN
    takes_tags: ClassVar = True
    needs_dns: ClassVar = True
    takes_cdn: ClassVar = True
    blocked_ports: ClassVar = BLOCKED_PORTS
    instead: ClassVar = {
        "allowFrom": "leave it out: the balancer before the cluster's Gateway takes everybody, and routes of a Gateway "
        "know no addresses; the runtimes fargate, lightsail and droplet can keep others out"
    }

    kind: Literal["doks"]
    cluster: Annotated[
        str,
        Form(
            r"[a-z0-9]([a-z0-9-]{0,60}[a-z0-9])?",
            "the name of a cluster: lower-case letters, digits and inner hyphens, at most 62",
        ),
    ]
    """Name of the cluster, such as `k8s-lovia-sg`."""
    region: Literal["ams3", "atl1", "blr1", "fra1", "lon1", "nyc1", "nyc3", "sfo3", "sgp1", "syd1", "tor1"]
    """DigitalOcean's region."""
    version: Annotated[
        str,
        Form(r"[1-9]\.(0|[1-9][0-9]*)(\.[0-9]+-do\.[0-9]+)?", 'a version, such as "1.36" or "1.36.1-do.0"'),
    ] = "1.36"
    """Minor version to begin with, whose newest patch is taken, or an exact one (`doctl kubernetes options versions`);
    from 1.33 the gateway is managed."""
    node_size: Annotated[
        str,
        Form(
            r"[a-z][a-z0-9_]*(-[a-z0-9]+)+",
            "the slug of a size, such as s-4vcpu-8gb (doctl compute size list)",
        ),
    ] = "s-4vcpu-8gb"
    """Droplet size of a node."""
    min_nodes: int = Field(default=2, ge=1, le=50)
    """Nodes that there are at least."""
    max_nodes: int = Field(default=4, ge=1, le=100)
    """The autoscaler goes up to this many."""
    nat: bool = True
    """Leave through one NAT gateway with one fixed address. Without it every node leaves with its own, which
    changes at each upgrade."""
    high_availability: bool | None = None
    """Several control planes, about 40 USD a month; cannot be taken back. On in production."""
    auto_upgrade: bool = True
    """Take patch releases in the maintenance window."""
    maintenance_day: Literal["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"] = (
        "sunday"
    )
    """Day of the maintenance window."""
    maintenance_time: Annotated[str, Form(r"([01][0-9]|2[0-3]):00", 'a whole hour, such as "18:00"')] = (
        "18:00"
    )
    """Begin of the window of four hours, UTC."""
    network: Cidr = "10.30.0.0/20"
    """Addresses of the nodes."""
    pod_network: Cidr = "10.40.0.0/16"
    """Addresses of the pods."""
    service_network: Cidr = "10.41.0.0/19"
    """Addresses of the services."""

    charts: ClassVar = {
        **ClusterChat.charts,
        "cert-manager": Published(cert_manager.VERSION, cert_manager.REPOSITORY),
    }

    def images(self, parts: "Parts", release: Release, size: sizing.Size) -> Iterator[str]:
        """Those of cert-manager too."""
        yield from super().images(parts, release, size)
        for image in cert_manager.IMAGES.values():
            yield f"{image}:{cert_manager.VERSION}"

    fixes_egress: ClassVar = ("nat", "set `nat: true`, or leave it out")

    @property
    def fixed_egress(self) -> bool:
        """By the NAT gateway."""
        return self.nat

    @property
    def minor(self) -> tuple[int, int]:
        """The minor version as numbers."""
        one, two = self.version.split(".")[:2]
        return int(one), int(two)

    def known_bad(self, release: Release) -> Iterator[tuple[str, known_bad.Bad]]:
        """Of the cluster's version."""
        for bad in known_bad.find("doks", self.version):
            yield f"version {self.version}", bad

    def make(self, context: "Context") -> Place:
        """Make the cluster and the chat's namespace."""
        from stacks.kinds.runtime.doks.place import OnDoks

        return OnDoks(self, context)


@rule("Nobody gets around the CDN to the cluster")
def _around(runtime: DoksRuntime, edge: EdgeKind) -> Iterator[Finding]:
    if edge.is_cdn:
        yield Warning_(
            "the cluster's balancer stays open to the world beside CloudFront: who finds it can forge the address "
            "that the chat sees"
        )


def _allocatable_mib(node_size: str) -> int:
    """Return the MiB that a node leaves to pods; none for a size that there is not."""
    memory_gb = shape(node_size)[1] if is_node_size(node_size) else 0
    return max((left for have, left in ALLOCATABLE_MIB.items() if have <= memory_gb), default=0)


def _sizes(runtime: DoksRuntime, prefix: int) -> Iterator[Finding]:
    """Judge the sizes of the networks."""
    largest, smallest = VPC_PREFIXES
    if not largest <= prefix <= smallest:
        yield Problem(
            "rocketchat:runtime.network",
            f"DigitalOcean makes no network of /{prefix}",
            allowed=f"/{largest} to /{smallest}",
        )
    if ipaddress.IPv4Network(runtime.service_network).prefixlen > SERVICES_PREFIX:
        yield Problem(
            "rocketchat:runtime.serviceNetwork",
            f"{runtime.service_network} has too few addresses for the cluster's services",
            allowed=f"/{SERVICES_PREFIX} and larger",
        )
    if (most := most_nodes(runtime.pod_network)) < runtime.max_nodes:
        yield Problem(
            "rocketchat:runtime.podNetwork",
            f"{runtime.pod_network} has addresses for the pods of {most} nodes, and maxNodes is {runtime.max_nodes}",
            remedy="choose a larger network, or fewer nodes; it cannot be changed when the cluster is made",
        )


@rule("The cluster's networks and nodes fit")
def _doks(runtime: DoksRuntime, size: sizing.Size) -> Iterator[Finding]:
    networks = {
        "network": ipaddress.IPv4Network(runtime.network),
        "podNetwork": ipaddress.IPv4Network(runtime.pod_network),
        "serviceNetwork": ipaddress.IPv4Network(runtime.service_network),
    }
    for name, own in networks.items():
        path = f"rocketchat:runtime.{name}"
        if not own.is_private:
            yield Problem(
                path, f"{own} is not a private network", allowed="networks in 10/8, 172.16/12, 192.168/16"
            )
        for other, found in networks.items():
            if name < other and own.overlaps(found):
                yield Problem(path, f"{own} overlaps {found}, the {other}", remedy="choose another network")
        for there in reserved(str(own), runtime.region):
            yield Problem(
                path,
                f"{own} overlaps {there}, which DigitalOcean has for itself",
                remedy="choose another network",
            )
    yield from _sizes(runtime, networks["network"].prefixlen)
    if runtime.min_nodes > runtime.max_nodes:
        yield Problem(
            "rocketchat:runtime.maxNodes",
            f"at most {runtime.max_nodes} contradicts minNodes: {runtime.min_nodes}",
        )
    if not is_node_size(runtime.node_size):
        kind = family(runtime.node_size)
        yield Problem(
            "rocketchat:runtime.nodeSize",
            f"DigitalOcean has no nodes of size {runtime.node_size}",
            allowed=", ".join(node_sizes(kind) or node_sizes("s")),
            remedy="doctl kubernetes options sizes lists all",
        )
        return
    memory, cpu = runtime.memory or size.memory_mib, (runtime.cpu or size.cpu_units) * 500 // 1024
    room, left = _allocatable_mib(runtime.node_size), shape(runtime.node_size)[0] * 1000 - SYSTEM_CPU_MILLI
    if memory > room or cpu > left:
        yield Problem(
            "rocketchat:runtime.nodeSize",
            f"a node of {runtime.node_size} leaves {room} MiB and {left} millicores to pods; one server needs "
            f"{memory} MiB and {cpu}",
            remedy="take larger nodes, or give `memory` and `cpu`",
        )
    if not runtime.auto_upgrade:
        yield Warning_(
            "the cluster gets no security fixes by itself (runtime.autoUpgrade): raise `version` in time"
        )
    if not runtime.nat:
        yield Warning_(
            "without NAT connections leave with the nodes' own addresses, which change at every upgrade"
        )
    yield Note(f"{runtime.min_nodes} to {runtime.max_nodes} nodes of {runtime.node_size} in {runtime.region}")


@rule("The nodes hold all that runs")
def _room(runtime: DoksRuntime, parts: "Parts", release: Release, size: sizing.Size) -> Iterator[Finding]:
    room = _allocatable_mib(runtime.node_size)
    database = parts.database
    share = database.share(parts, size) if isinstance(database, OwnDatabase) else None
    try:
        running = processes(runtime, parts.chat, release, size)
    except ValueError:  # told by another rule
        return
    if not room:  # told by another rule
        return
    if share is not None and share.memory > room:
        yield Problem(
            "rocketchat:database.memory",
            f"a node of {runtime.node_size} leaves {room} MiB to pods; a member of the database wants {share.memory}",
            remedy="take larger nodes, or less memory",
        )
        return
    needed = sum(
        ((runtime.memory or size.memory_mib) if service.is_main else service.memory_mib)
        * service.replicas.least
        for service in running
    ) + (share.memory * share.members if share is not None else 0)
    needed += MEMORY_MIB if parts.bot is not None else 0
    if needed > room * runtime.max_nodes:
        yield Problem(
            "rocketchat:runtime.maxNodes",
            f"the chat with what belongs to it asks for {needed} MiB, and {runtime.max_nodes} nodes of "
            f"{runtime.node_size} leave {room * runtime.max_nodes} MiB to pods",
            remedy=f"set `maxNodes: {-(-needed // room)}` or more, or take larger nodes",
        )
    yield Note(f"{needed} of {room * runtime.max_nodes} MiB")


@rule("DigitalOcean makes clusters of this version")
def _offered(runtime: DoksRuntime) -> Iterator[Finding]:
    exact, minor = runtime.version.count(".") > 1, runtime.minor
    offered = ", ".join(f"{one}.{two}" for one, two in MINORS)
    newest, path = MINORS[-1], "rocketchat:runtime.version"
    if minor < FIRST_WITH_GATEWAY:  # told by another rule
        return
    if minor < MINORS[0] and not exact:
        yield Problem(
            path,
            f"DigitalOcean makes no clusters of Kubernetes {runtime.version} any more (as of {SEEN})",
            allowed=offered,
            remedy="take one of these; a cluster that is there stays as it is",
        )
    elif minor > (newest[0], newest[1] + 1):
        yield Problem(
            path, f"there is no Kubernetes {runtime.version} at DigitalOcean (as of {SEEN})", allowed=offered
        )
    elif minor > newest:
        yield Warning_(
            f"DigitalOcean had no Kubernetes {runtime.version} on {SEEN}, and rehearsals refuse it: see that it has it "
            "now (doctl kubernetes options versions)"
        )
    elif exact:
        series = ".".join(map(str, minor if minor >= MINORS[0] else newest))
        yield Warning_(
            f"version {runtime.version} can be had for some months only, then no cluster of it is made any more: "
            f'`version: "{series}"` takes the newest of its series'
        )
    else:
        yield Note(f"{runtime.version}, of {offered} (as of {SEEN})")


@rule("The cluster's gateway is there")
def _gateway(runtime: DoksRuntime) -> Iterator[Finding]:
    if runtime.minor < FIRST_WITH_GATEWAY:
        yield Problem(
            "rocketchat:runtime.version",
            f"Kubernetes {runtime.version} has no managed Gateway at DigitalOcean, by which users get in here",
            allowed=f"{'.'.join(map(str, FIRST_WITH_GATEWAY))} and newer",
        )


@rule("Mail leaves the cluster")
def _mail(runtime: DoksRuntime, mail: MailKind) -> Iterator[Finding]:
    port = mail.smtp_port(runtime)
    if port in runtime.blocked_ports:
        yield Problem(
            "rocketchat:mail.port",
            f"DigitalOcean blocks port {port} out of its nodes, {runtime.region} included",
            remedy="take the provider's port 2525, or 2587 at Amazon SES",
        )
