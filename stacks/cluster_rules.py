"""What a Kubernetes cluster must agree on with the other parts; in the form of `stacks.rules`."""

import ipaddress
import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet

from components.media.bucket import KEEP_NEWEST
from components.runtime.doks_options import family, is_node_size, node_sizes
from rocketchat import services, sizing
from stacks.problems import Problem
from stacks.profiles import Defaults
from stacks.rules import Finding, Note, Warning_, rule
from stacks.secrets import command
from stacks.spec import (
    Backup,
    ClassIngress,
    CloudFrontEdge,
    CloudFrontMediaCdn,
    ClusterChat,
    Dns,
    DoksRuntime,
    Edge,
    GatewayIngress,
    InClusterDatabase,
    KubernetesRuntime,
    Mail,
    Media,
    NoIngress,
    Runtime,
    S3Media,
    SesMail,
    SesPart,
    SmtpMail,
)

ALLOCATABLE_MIB: Mapping[int, int] = {2: 1024, 4: 2560, 8: 6144, 16: 13312, 32: 28672, 64: 59392}
"""Memory of a node in GB to what it leaves for pods (docs.digitalocean.com, "DOKS limits")."""
BLOCKED_PORTS = (25, 465, 587)
"""SMTP ports that droplets cannot reach (docs.digitalocean.com, "SMTP is blocked on Droplets")."""
SYSTEM_CPU_MILLI = 300
"""What the cluster's own pods reserve on a node."""


@rule("The database in the cluster has a cluster")
def _in_cluster(
    runtime: Runtime, database: InClusterDatabase, defaults: Defaults, backup: Backup, region: str | None
) -> Iterator[Finding]:
    if not runtime.traits.cluster:
        yield Problem(
            "rocketchat:database.kind",
            f"runtime {runtime.kind} is no Kubernetes cluster that could hold the database",
            remedy="set `runtime: {kind: kubernetes}` or `{kind: doks}`, or another database",
        )
        return
    if not defaults.protect:
        yield Warning_("nobody makes backups of a trial's database in the cluster")
    elif region is None:
        yield Problem(
            "aws:region",
            "the database in the cluster is dumped to a bucket of S3 every night, which needs a region of AWS",
            remedy="add `aws:region: ap-southeast-1` or another; or take `database: {kind: atlas, …}`",
        )
    else:
        yield Warning_(
            "the dumps are heard of by nobody, and never put back to try them: look at them "
            "(kubectl get jobs; output restoreCommand)"
        )
        yield Note(
            f"dumped every night at {backup.hour:02}:00 UTC, kept for {backup.keep_days} days on S3; "
            f"the newest {KEEP_NEWEST + 1} stay longer"
        )
    if defaults.protect and database.members == 1:
        yield Warning_("one member: the chat stands still while its node is replaced (members: 3)")
    yield Note(f"replica set of {database.members}")


@rule("The cluster is the one that is meant")
def _reached(runtime: KubernetesRuntime, secrets: AbstractSet[str]) -> Iterator[Finding]:
    if runtime.context is None and "kubeconfig" not in secrets:
        yield Problem(
            "rocketchat:runtime.context",
            "without it the chat goes to whatever cluster this machine's kubeconfig points to just now",
            remedy=f"add `context: <name>` (kubectl config get-contexts), or {command('rocketchat:kubeconfig')}",
        )
        return
    yield Note(
        f"{runtime.context or 'its current context'} of "
        + ("the secret `kubeconfig`" if "kubeconfig" in secrets else "this machine's kubeconfig")
    )


@rule("Users get into the cluster")
def _ingress(runtime: KubernetesRuntime, dns: Dns | None, size: sizing.Size) -> Iterator[Finding]:
    ingress = runtime.ingress
    several = (runtime.instances or size.instances) > 1
    if isinstance(ingress, NoIngress):
        if dns is not None:
            yield Problem(
                "rocketchat:dns",
                "nothing leads into the cluster (ingress.kind is none), so there is nothing to name",
                remedy="leave dns out, or give `ingress: {kind: gateway}` or `{kind: class, name: traefik}`",
            )
        yield Note(f"by port-forward, at http://localhost:{ingress.port}")
        return
    if isinstance(ingress, ClassIngress):
        if (ingress.issuer is None) == (ingress.tls_secret is None):
            yield Problem(
                "rocketchat:runtime.ingress",
                "the certificate comes either from `issuer` (a ClusterIssuer) or from `tlsSecret`, not both or none",
            )
        if ingress.name == "nginx":
            yield Warning_(
                "ingress-nginx (class nginx) was retired in March 2026 and gets no fixes: move to a Gateway or Traefik"
            )
        elif ingress.name != "traefik":
            yield Warning_(
                f"what class {ingress.name} needs for uploads of 100 MB, long connections and stickiness is not "
                "known here; set it at the controller"
            )
        if dns is not None and ingress.address is None:
            yield Warning_("no record is made: `ingress.address` does not say where the controller answers")
    elif several:
        yield Warning_(_NO_COOKIE)
    yield Note(f"by {'Gateway' if isinstance(ingress, GatewayIngress) else 'Ingress'}")


_NO_COOKIE = (
    "a Gateway keeps no visitor at one server: WebSockets do not mind, the fallback without them (SockJS) fails now "
    "and then"
)


@rule("The chat is reached under its name and certificate")
def _named(runtime: ClusterChat, dns: Dns | None, edge: Edge) -> Iterator[Finding]:
    if dns is not None and dns.proxied:
        yield Problem(
            "rocketchat:dns.proxied",
            "the record leads to the cluster's own address, which no proxy stands before",
            remedy="set `proxied: false`; `edge: {kind: cloudfront}` is the CDN that runtime doks knows",
        )
    if isinstance(edge, CloudFrontEdge) and isinstance(runtime, DoksRuntime):
        yield Warning_(
            "the cluster's balancer stays open to the world beside CloudFront: who finds it can forge the address "
            "that the chat sees"
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
            allowed=", ".join(node_sizes(kind) or node_sizes("s") + node_sizes("g") + node_sizes("m")),
            remedy="doctl kubernetes options sizes lists all",
        )
        return
    if runtime.version.count(".") > 1:
        yield Warning_(
            f"version {runtime.version} can be had for some months only, then no cluster of it is made any more: "
            f'`version: "{runtime.version.rpartition(".")[0].rpartition(".")[0]}"` takes the newest of its series'
        )
    memory, cpu = runtime.memory or size.memory_mib, (runtime.cpu or size.cpu_units) * 500 // 1024
    shape = re.search(r"(\d+)vcpu-(\d+)gb", runtime.node_size)
    if shape is not None:
        vcpus, gigabytes = int(shape[1]), int(shape[2])
        room = max((left for have, left in ALLOCATABLE_MIB.items() if have <= gigabytes), default=0)
        if memory > room or cpu > vcpus * 1000 - SYSTEM_CPU_MILLI:
            yield Problem(
                "rocketchat:runtime.nodeSize",
                f"a node of {runtime.node_size} leaves {room} MiB and {vcpus * 1000 - SYSTEM_CPU_MILLI} millicores to "
                f"pods; one server needs {memory} MiB and {cpu}",
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


@rule("The services of the topology are counted")
def _counts(runtime: ClusterChat, defaults: Defaults) -> Iterator[Finding]:
    if runtime.topology == services.MONOLITH and runtime.services.model_fields_set:
        yield Problem(
            "rocketchat:runtime.services",
            "these are numbers of microservices, and the topology is monolith",
            remedy="leave them out, or set `topology: microservices`",
        )
    if runtime.topology != services.MONOLITH:
        yield Warning_(
            "the chart gives ddp-streamer no number of proxies (HTTP_FORWARDED_COUNT), so sessions show the balancer's "
            "address, and asks account, authorization and presence for no health"
        )
        alone = [
            name
            for name in ("account", "authorization", "presence", "ddp_streamer")
            if (getattr(runtime.services, name) or defaults.replicas) == 1
        ]
        if alone:
            yield Note(f"one each of {', '.join(alone)}: users are kept out for seconds at each release")


@rule("Mail leaves the cluster")
def _mail(runtime: DoksRuntime, mail: SmtpMail) -> Iterator[Finding]:
    if mail.port in BLOCKED_PORTS:
        yield Problem(
            "rocketchat:mail.port",
            f"DigitalOcean blocks port {mail.port} out of its nodes, {runtime.region} included",
            remedy="take the provider's port 2525 or 2587",
        )


@rule("What AWS and the zone must do can be done")
def _elsewhere(
    runtime: ClusterChat, media: Media, mail: Mail | None, edge: Edge, region: str | None, dns: Dns | None
) -> Iterator[Finding]:
    wanted = {
        "media in S3": isinstance(media, S3Media),
        "mail by SES": isinstance(mail, SesPart),
        "CloudFront": isinstance(edge, CloudFrontEdge),
    }
    for what, asked in wanted.items():
        if asked and region is None:
            yield Problem(
                "aws:region",
                f"{what} needs a region of AWS, and a cluster brings none",
                remedy="add `aws:region: ap-southeast-1` or another",
            )
            return
    records = isinstance(mail, SesMail) or (
        isinstance(media, S3Media) and isinstance(media.cdn, CloudFrontMediaCdn)
    )
    if records and dns is None and not runtime.traits.needs_dns:  # type: ignore[attr-defined]
        yield Problem(
            "rocketchat:dns",
            "SES and the media CDN prove their names by records in a DNS zone, and none is given",
            remedy="add `rocketchat:dns: {kind: cloudflare, zone: example.com}`",
        )
