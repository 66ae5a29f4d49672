"""What every Kubernetes runtime says of the chat in its cluster, and the rules for it. `place.py` makes it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from components.nodes import NODE, ZONE, NodesArgs
from components.runtime import chart
from rocketchat import services
from rocketchat.releases import Release
from rocketchat.sizing import Size
from stacks.fields import ClusterName, EgressPorts, Form, Part
from stacks.judging import Finding, Note, Warning_, rule
from stacks.kinds.dns import DnsKind
from stacks.kinds.runtime import Published, RuntimeKind, tight
from stacks.parts import Chat
from stacks.problems import Problem
from stacks.profiles import Defaults

if TYPE_CHECKING:
    from stacks.language import ChatSpec
    from stacks.spec import Parts


_OPENSHIFT = "openshift-dns"


class ServiceReplicas(Part):
    """How many of each microservice run."""

    account: int | None = Field(default=None, ge=1, le=20)
    """One when left out; two in production, because the chart takes one away while a new one starts."""
    authorization: int | None = Field(default=None, ge=1, le=20)
    """As `account`."""
    presence: int | None = Field(default=None, ge=1, le=20)
    """As `account`."""
    ddp_streamer: int | None = Field(default=None, ge=1, le=40)
    """One for each 500 users when left out."""


class ClusterDns(Part):
    """Where the cluster's name service is."""

    namespace: ClusterName = "kube-system"
    """Its namespace: `openshift-dns` in OpenShift."""
    port: int = Field(default=53, ge=1, le=65535)
    """Port of its pods: 5353 in OpenShift."""

    @model_validator(mode="after")
    def _of_openshift(self) -> Self:
        if self.namespace == _OPENSHIFT and self.port == 53:
            raise ValueError("OpenShift's pods listen on another port than 53: add `port: 5353`")
        return self


_PREFIX_LABEL = "[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
LabelName = Annotated[
    str,
    Form(
        rf"(?:(?=[^/]{{1,253}}/){_PREFIX_LABEL}(?:\.{_PREFIX_LABEL})*/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]{{0,61}}[A-Za-z0-9])?",
        "a name of Kubernetes; ones look like disktype and example.com/pool",
    ),
]
MOST_ANNOTATIONS = 256 * 1024
"""Bytes of all names and values of an object (kubernetes/apimachinery, `TotalAnnotationSizeLimitB`)."""
CHARTS_OWN = 1024
"""What is left of these for the program's own, and those of the chart and of the cluster's controllers."""


def _annotations(given: Mapping[str, str]) -> Mapping[str, str]:
    size = sum(len(text.encode()) for one in given.items() for text in one)
    if size > MOST_ANNOTATIONS - CHARTS_OWN:
        raise ValueError(
            f"these are {size} bytes; an object of Kubernetes takes {MOST_ANNOTATIONS}, of which some are the chart's"
        )
    return given


Annotations = Annotated[Mapping[LabelName, str], AfterValidator(_annotations)]
LabelValue = Annotated[
    str, Form(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?", "the value of a label of Kubernetes")
]


class Toleration(Part):
    """A taint of nodes that does not keep the pods away."""

    key: LabelName
    """Its key."""
    value: LabelValue | None = None
    """Its value; any when left out."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    """Its effect; any when left out."""


class Nodes(Part):
    """On which nodes all pods run: the chat's, its database's and those of its jobs."""

    selector: Mapping[LabelName, LabelValue] = {}
    """Labels that a node must have, such as `{example.com/pool: chat}`."""
    tolerations: list[Toleration] = []
    """Taints that do not keep the pods away."""
    apart: Literal["nodes", "zones"] = "nodes"
    """Pods of a kind stand on several nodes, or in several zones, where there is room."""

    @property
    def args(self) -> NodesArgs:
        """What the components take."""
        return {
            "selector": dict(self.selector),
            "tolerations": [
                {
                    "key": one.key,
                    "operator": "Exists" if one.value is None else "Equal",
                    **({} if one.value is None else {"value": one.value}),
                    **({} if one.effect is None else {"effect": one.effect}),
                }
                for one in self.tolerations
            ],
            "apart": ZONE if self.apart == "zones" else NODE,
        }


class ClusterChat(RuntimeKind):
    """What every Kubernetes runtime says of the chat in its cluster."""

    is_cluster: ClassVar = True
    # The chart mounts files into their pods, and has no key for their variables (templates/microservices-*.yaml).
    microservices_trust: ClassVar = False
    charts: ClassVar[Mapping[str, Published]] = {chart.CHART: Published(chart.VERSION, chart.REPOSITORY)}
    dumps_in: ClassVar = "cluster"

    namespace: Annotated[
        str,
        Form(
            r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?",
            "the name of a namespace: lower-case letters, digits and inner hyphens, at most 63",
        ),
    ] = "rocketchat"
    """Namespace, for the chat alone."""
    name: Annotated[
        str,
        Form(
            r"[a-z]([a-z0-9-]{0,30}[a-z0-9])?",
            "the name of a release: a lower-case letter first, then such letters, digits and inner hyphens, at most 32",
        ),
    ] = "chat"
    """Name of the Helm release; the chat's service is then `<name>-rocketchat`."""
    topology: Literal["monolith", "microservices"] = "monolith"
    """One server, or the server with its microservices, which need a licence."""
    instances: int | None = Field(default=None, ge=1, le=20)
    """Servers of the chat. More than one needs a licence. From the number of users when left out."""
    max_instances: int | None = Field(default=None, ge=1, le=50)
    """Autoscaling by processor goes up to this many servers, by the cluster's metrics server; needs a licence when
    above one."""
    services: ServiceReplicas = ServiceReplicas()
    """How many of each microservice run."""
    cpu: int | None = Field(default=None, ge=512, le=16384)
    """CPU units of one server, 1024 being one vCPU. From the number of users when left out."""
    memory: int | None = Field(default=None, ge=1536, le=122880)
    """Memory of one server in MiB. From the number of users when left out."""
    pod_annotations: Annotations = {}
    """Further annotations of the chat's pods, which service meshes and agents read, such as
    `{sidecar.istio.io/inject: "false"}`."""
    egress_ports: EgressPorts = []
    """Further TCP ports on the internet that the chat may reach, such as those of webhooks. What the parts name
    (mail, login, the database, settings) is open without it, and 443 always."""

    def server_memory(self, parts: "Parts") -> int | None:
        """As the file says."""
        return self.memory

    @property
    def on_nodes(self) -> Nodes | None:
        """On which nodes pods run; on any when None."""
        return None

    @property
    def names_from(self) -> ClusterDns | None:
        """Where the cluster's name service is; in kube-system at port 53 when None."""
        return None

    @property
    def leaves_namespace(self) -> bool:
        """Whether the namespace is there already, and stays as it is."""
        return False

    def stop(self, region: str | None, outputs: Mapping[str, object]) -> str:
        """All its pods."""
        return f"kubectl --namespace {self.namespace} scale deployment {self.name}-rocketchat --replicas 0"

    def restart(self, region: str | None, outputs: Mapping[str, object]) -> str:
        """Its pods, one after another."""
        return f"kubectl --namespace {self.namespace} rollout restart deployment {self.name}-rocketchat"

    def restart_bot(self, region: str | None, outputs: Mapping[str, object]) -> str:
        """Its pod."""
        return f"kubectl --namespace {self.namespace} rollout restart deployment {self.name}-bot"

    def images(self, parts: "Parts", release: Release, size: Size) -> Iterator[str]:
        """Those of the chat's processes, and what the chart runs beside the broker."""
        found = list(super().images(parts, release, size))
        yield from found
        if any(image.startswith(f"{services.NATS}:") for image in found):
            yield chart.BROKER_IMAGES["reloader"]
            if parts.monitoring.prometheus:
                yield chart.BROKER_IMAGES["exporter"]

    def errands(self, spec: "ChatSpec", outputs: Mapping[str, object]) -> Iterator[str]:
        """Log in where the charts are, if they are in a registry; let OpenShift run the pods."""
        if self.names_from is not None and self.names_from.namespace == _OPENSHIFT:
            yield (
                "Let the pods run as the users of their images, which OpenShift's own ranges do not hold:\n"
                f"oc adm policy add-scc-to-group nonroot-v2 system:serviceaccounts:{self.namespace}"
            )
        charts = spec.parts.charts
        if charts is not None and charts.source.startswith("oci://"):
            server = charts.source.removeprefix("oci://").partition("/")[0]
            yield (
                "Log in where the charts are, if it asks for that, on each machine that deploys:\n"
                f"helm registry login {server}"
            )

    def alarm_senders(self, parts: "Parts") -> Mapping[str, str]:
        """CloudWatch hears of the dumps."""
        return {"CloudWatch": "the dumps"} if parts.dumped else {}

    def ways_out(
        self, parts: "Parts", defaults: Defaults, uri_ports: Sequence[int]
    ) -> Iterator[tuple[int, str]]:
        """As the file says."""
        for port in self.egress_ports:
            yield port, "Listed in egressPorts"


@rule("The namespace is for the chat")
def _namespace(runtime: ClusterChat) -> Iterator[Finding]:
    # Every cluster begins with these (kubernetes.io, "Namespaces"): `kube-` is the prefix of its own.
    if runtime.namespace.startswith("kube-"):
        yield Problem(
            "rocketchat:runtime.namespace",
            f"{runtime.namespace} is one of the cluster's own namespaces",
            remedy="choose another name, or leave it out",
        )
    elif runtime.namespace == "default" and not runtime.leaves_namespace:
        yield Problem(
            "rocketchat:runtime.namespace",
            "every cluster has the namespace default already",
            remedy="choose another name, or leave it out",
        )


@rule("The chat is reached under its name and certificate")
def _named(runtime: ClusterChat, dns: DnsKind | None) -> Iterator[Finding]:
    if dns is not None and dns.proxied:
        yield Problem(
            "rocketchat:dns.proxied",
            "the record leads to the cluster's own address, which no proxy stands before",
            remedy="set `proxied: false`; `edge: {kind: cloudfront}` is the CDN that runtime doks knows",
        )


@rule("The services of the topology are counted")
def _counts(runtime: ClusterChat, chat: Chat, size: Size, defaults: Defaults) -> Iterator[Finding]:
    yield from tight(runtime.cpu, runtime.memory, size, chat.users)
    if runtime.max_instances is not None and runtime.max_instances < (runtime.instances or 1):
        yield Problem(
            "rocketchat:runtime.maxInstances",
            f"at most {runtime.max_instances} servers contradicts instances: {runtime.instances}",
        )
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
