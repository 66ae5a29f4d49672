"""The chat on a Kubernetes cluster: its namespace with what may come in and go out, and the official chart."""

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

from components.base import Component, after, not_secret
from components.cluster_object import pull_secret
from components.nodes import ANY_NODE, NodesArgs
from components.registry import ChartSourceArgs, RegistryArgs, hidden, hidden_source
from components.registry import chart as fetched
from components.runtime import chart
from components.runtime.chart import ChartServiceArgs
from rocketchat.services import HTTP_PORT, MAIN, NATS, NATS_PORT
from rocketchat.services import METRICS_PORT as MICROSERVICE_METRICS_PORT

NATS_CLUSTER_PORT = 6222
NATS_METRICS_PORT = 7777
SOLVER_PORT = 8089
"""Where cert-manager's HTTP-01 solvers listen."""
METADATA = "169.254.169.254/32"
"""Clouds tell a node's secrets there to whoever asks from it."""
LINK_LOCAL = "169.254.0.0/16"
"""Node-local DNS caches have addresses in here."""

BUSY_PERCENT = 140
"""Of what a server reserves, which is half of the most that it takes: at 70 percent of that another one starts."""
GRAFANA = Path(__file__).parent.parent / "operations" / "grafana.json"
"""A dashboard of what servers tell Prometheus (RocketChat, apps/meteor/app/metrics/server/lib/metrics.ts)."""
TIMEOUT_SECONDS = 1200
"""For the first start with its migrations, images included."""

_INSTANCE = "app.kubernetes.io/instance"
_NAME = "app.kubernetes.io/name"


class ChatNamespaceArgs(TypedDict):
    """A namespace for the chat alone."""

    namespace: str
    """Name of the namespace."""
    protect: NotRequired[bool]
    """Whether Pulumi refuses to delete the namespace, and keeps it when it leaves the stack. Default false."""
    dns_namespace: NotRequired[str]
    """Namespace of the cluster's name service. Default `kube-system`."""
    dns_port: NotRequired[int]
    """Port of the name service's pods. Default 53."""
    existing: NotRequired[str]
    """The namespace is there already and is left alone. This is then the name of the Helm release, whose pods and the
    database's are all that a policy is made for."""
    registry: NotRequired[RegistryArgs]
    """Credentials by which pods in it pull their images."""


class ChatNamespace(Component):
    """A namespace in which pods are restricted, and nothing may be reached unless a policy says so.

    Produces: the namespace with the labels of the Pod Security Standard `restricted`, a policy that denies all
    traffic, one that allows DNS, and one that lets certificate checks in. Of a namespace that is there already: two
    policies that allow DNS to the pods of the chat and of its database, and nothing else. With `registry` a Secret for
    pulling images in either case.
    """

    name: pulumi.Output[str]
    """Name of the namespace."""

    def __init__(
        self, name: str, args: ChatNamespaceArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("ChatNamespace", name, _hidden(args), opts)
        self._pull_secret: pulumi.Output[str] | None = None
        self._names = (args.get("dns_namespace", "kube-system"), int(args.get("dns_port", 53)))
        if "existing" in args:
            name_of = pulumi.Output.from_input(args["namespace"])
            made = [
                self._dns(f"{name}-dns-{role}", {"name": f"{args['existing']}-dns-{role}"}, name_of, labels)
                for role, labels in (
                    ("chat", {_INSTANCE: args["existing"]}),
                    ("database", {"app.kubernetes.io/part-of": "rocketchat"}),
                )
            ]
            self.name = after(name_of, made)
            self._pulls(name, args, name_of)
            self.register()
            return
        modes = ("enforce", "audit", "warn")
        self._namespace = kubernetes.core.v1.Namespace(
            f"{name}-namespace",
            metadata={
                "name": args["namespace"],
                "labels": {
                    "app.kubernetes.io/part-of": "rocketchat",
                    **{f"pod-security.kubernetes.io/{mode}": "restricted" for mode in modes},
                },
            },
            opts=self.child(protect=args.get("protect"), retain_on_delete=args.get("protect")),
        )
        namespace = self._namespace.metadata.apply(lambda found: str(found.name))
        deny = kubernetes.networking.v1.NetworkPolicy(
            f"{name}-deny",
            metadata={"name": "deny-all", "namespace": namespace},
            spec={"pod_selector": {}, "policy_types": ["Ingress", "Egress"]},
            opts=self.child(deleted_with=self._namespace),
        )
        dns = self._dns(f"{name}-dns", {"name": "allow-dns"}, namespace, None, self._namespace)
        checks = kubernetes.networking.v1.NetworkPolicy(
            f"{name}-certificates",
            metadata={"name": "allow-certificate-checks", "namespace": namespace},
            spec={
                "pod_selector": {"match_labels": {"acme.cert-manager.io/http01-solver": "true"}},
                "policy_types": ["Ingress"],
                "ingress": [{"ports": [{"port": SOLVER_PORT, "protocol": "TCP"}]}],
            },
            opts=self.child(deleted_with=self._namespace),
        )
        # What comes into it does so behind its policies.
        self.name = after(namespace, [deny, dns, checks])
        self._pulls(name, args, namespace, self._namespace)
        self.register()

    @property
    def pull_secret(self) -> pulumi.Output[str] | None:
        """Name of the Secret for pulling images; None without credentials."""
        return self._pull_secret

    def _pulls(
        self,
        name: str,
        args: ChatNamespaceArgs,
        namespace: pulumi.Output[str],
        anchor: pulumi.Resource | None = None,
    ) -> None:
        if "registry" in args:
            metadata = {"namespace": namespace, "labels": {"app.kubernetes.io/part-of": "rocketchat"}}
            opts = self.child(deleted_with=anchor)
            self._pull_secret = pull_secret(f"{name}-pull", args["registry"], metadata, opts)

    def _dns(
        self,
        name: str,
        metadata: Mapping[str, str],
        namespace: pulumi.Output[str],
        labels: Mapping[str, str] | None,
        anchor: pulumi.Resource | None = None,
    ) -> "kubernetes.networking.v1.NetworkPolicy":
        """Let pods of these labels ask for names, or all pods where there are none."""
        return kubernetes.networking.v1.NetworkPolicy(
            name,
            metadata={**metadata, "namespace": namespace},
            spec={
                "pod_selector": {} if labels is None else {"match_labels": dict(labels)},
                "policy_types": ["Egress"],
                "egress": [
                    {
                        "to": [
                            {
                                "namespace_selector": {
                                    "match_labels": {"kubernetes.io/metadata.name": self._names[0]}
                                }
                            },
                            {"ip_block": {"cidr": LINK_LOCAL, "except_": [METADATA]}},
                        ],
                        "ports": [
                            {"port": self._names[1], "protocol": protocol} for protocol in ("UDP", "TCP")
                        ],
                    }
                ],
            },
            opts=self.child(deleted_with=anchor),
        )


class ChartIngressArgs(TypedDict):
    """An Ingress that the chart renders, for a controller that the cluster has."""

    class_name: str
    """Class of the controller, such as `traefik`."""
    annotations: NotRequired[Mapping[str, str]]
    """For the controller: size of uploads, time-outs, stickiness."""
    tls_secret: NotRequired[str]
    """Name of the Secret with the certificate, which cert-manager makes or the operator has put there."""


class ChatReleaseArgs(TypedDict):
    """The chat by its official chart."""

    namespace: pulumi.Input[str]
    """Namespace that it goes into."""
    release_name: str
    """Name of the Helm release; the chat's service is then `<name>-rocketchat`, on port 80."""
    topology: str
    """`monolith` or `microservices`."""
    services: Sequence[ChartServiceArgs]
    """The processes to run."""
    uid: int
    """User id that the images run as."""
    liveness_path: str
    """HTTP path that answers 200 while the server runs."""
    readiness_path: str
    """HTTP path that answers 200 while the server can work."""
    environment: Mapping[str, pulumi.Input[str]]
    """The main server's plain variables. A value that Pulumi holds secret is refused: Helm keeps the values."""
    secrets: Mapping[str, pulumi.Input[str]]
    """The main server's variables that nobody else may read (secret), `MONGO_URL` among them."""
    files: NotRequired[Mapping[str, str]]
    """Text of further files by their absolute paths, all in one folder, which holds nothing else. Nothing in them is
    secret."""
    max_replicas: NotRequired[int]
    """Most servers that autoscaling by processor goes up to; no autoscaling when left out."""
    host: NotRequired[str]
    """Public name, of which the chart makes `ROOT_URL`; left out, `environment` holds that."""
    ingress: NotRequired[ChartIngressArgs]
    """An Ingress; none when left out."""
    pod_annotations: NotRequired[Mapping[str, str]]
    """Further annotations of the release's pods, which meshes and agents read."""
    service_annotations: NotRequired[Mapping[str, str]]
    """Annotations of the chat's service, which some controllers read."""
    egress_ports: Sequence[int]
    """TCP ports on the internet that the chat may reach: 443, those of mail and of the database."""
    chart_version: NotRequired[str]
    """Version of the chart; the one that this code was written for when left out."""
    chart_source: NotRequired[ChartSourceArgs]
    """Where the chart is fetched from; the vendor's repository when left out."""
    broker_images: NotRequired[Mapping[str, str]]
    """Images that run beside NATS, with their tags: `reloader` and `exporter`. The chart's own when left out."""
    nodes: NotRequired[NodesArgs]
    """On which nodes its pods run; on any when left out."""
    pull_secret: NotRequired[pulumi.Input[str]]
    """Name of the Secret by which the images are pulled, such as `ChatNamespace.pull_secret`."""


class ChatRelease(Component):
    """The chat as a release of the official Helm chart, with its secrets beside it.

    The Secrets are immutable and named by Pulumi: a value that changes makes a Secret of a new name, the name
    changes the pods' template, and so the pods start anew with it. A hash of the values in an annotation would
    do the same, and would let whoever reads pods try out weak passwords; these names tell nothing.

    A release that does not come up is rolled back by Helm, to the pods and secrets of before; a first one is taken
    away. Where the newer server has begun to migrate the database the older one does not start on it: restore the
    backup.

    Produces: two Secrets, a ConfigMap where there are files, the Helm release, where there are metrics a ConfigMap with
    a dashboard for Grafana, and network policies for the chat and, with a broker, for NATS.
    """

    service_name: pulumi.Output[str]
    """Service of the main server, port 80."""
    streamer_name: pulumi.Output[str | None]
    """Service of ddp-streamer, port 3000; None for a monolith."""

    def __init__(self, name: str, args: ChatReleaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        chart.check(args["topology"], args["services"])
        if "MONGO_URL" not in args["secrets"]:
            raise ValueError("the chat's secrets lack MONGO_URL")
        folder = _folder(args.get("files", {}))
        secrets = {key: pulumi.Output.secret(value) for key, value in args["secrets"].items()}
        # A secret given in clear must not reach the state as an input of the component.
        safe: ChatReleaseArgs = {**args, "secrets": secrets}
        if "chart_source" in args:
            safe["chart_source"] = hidden_source(args["chart_source"])
        super().__init__("ChatRelease", name, safe, opts)
        namespace, release = args["namespace"], args["release_name"]
        metadata = {
            "namespace": namespace,
            "labels": {"app.kubernetes.io/part-of": "rocketchat", _INSTANCE: release},
        }
        mongodb = kubernetes.core.v1.Secret(
            f"{name}-mongodb",
            metadata=metadata,
            immutable=True,
            string_data={"mongo-uri": secrets["MONGO_URL"]},
            opts=self.child(),
        )
        environment = kubernetes.core.v1.Secret(
            f"{name}-environment",
            metadata=metadata,
            immutable=True,
            string_data={key: value for key, value in secrets.items() if key != "MONGO_URL"},
            opts=self.child(),
        )
        files = None if folder is None else (folder, self._files(name, args["files"], metadata))
        policies = self._policies(name, args)
        if chart.METRICS in args["environment"]:
            # Where Grafana's chart looks for dashboards (grafana/helm-charts, `sidecar.dashboards.label`).
            kubernetes.core.v1.ConfigMap(
                f"{name}-grafana",
                metadata={"namespace": namespace, "labels": {"grafana_dashboard": "1"}},
                data={GRAFANA.name: GRAFANA.read_text(encoding="utf-8")},
                opts=self.child(),
            )
        helm = kubernetes.helm.v3.Release(
            f"{name}-release",
            name=release,
            namespace=namespace,
            **fetched(
                chart.CHART,
                args.get("chart_version", chart.VERSION),
                chart.REPOSITORY,
                args.get("chart_source"),
            ),
            values=chart.values(
                host=args.get("host"),
                topology=args["topology"],
                services=args["services"],
                uid=args["uid"],
                liveness_path=args["liveness_path"],
                readiness_path=args["readiness_path"],
                environment={key: in_clear(key, value) for key, value in args["environment"].items()},
                mongodb_secret=_name(mongodb),
                environment_secret=_name(environment),
                ingress=_ingress(args["ingress"], args.get("host")) if "ingress" in args else None,
                pod_annotations=args.get("pod_annotations"),
                service_annotations=args.get("service_annotations"),
                broker_images=args.get("broker_images", chart.BROKER_IMAGES),
                pull_secret=args.get("pull_secret"),
                files=files,
                nodes=args.get("nodes", ANY_NODE),
            ),
            # The chart takes one old pod away before a new one is ready (`maxUnavailable: 1`, which no value changes).
            atomic=True,
            cleanup_on_fail=True,
            max_history=5,
            timeout=TIMEOUT_SECONDS,
            # What cannot be reached cannot start.
            opts=self.child(depends_on=policies),
        )
        self.service_name = helm.name.apply(lambda made: f"{made}-{chart.CHART}")
        if "max_replicas" in args:
            self._scale(name, args)
        self.streamer_name = helm.name.apply(
            lambda made: f"{made}-ddp-streamer" if args["topology"] == "microservices" else None
        )
        self.register()

    def _files(
        self, name: str, files: Mapping[str, str], metadata: Mapping[str, object]
    ) -> pulumi.Output[str]:
        """Make the ConfigMap of the files; return its name, which changes with them."""
        made = kubernetes.core.v1.ConfigMap(
            f"{name}-files",
            metadata=metadata,
            immutable=True,
            data={PurePosixPath(path).name: text for path, text in sorted(files.items())},
            opts=self.child(),
        )
        return _name(made)

    def _scale(self, name: str, args: ChatReleaseArgs) -> None:
        """Let the number of servers follow their load. An upgrade of the release begins with its own number again."""
        least = next(one["replicas"] for one in args["services"] if one["name"] == MAIN)
        processor = {"name": "cpu", "target": {"type": "Utilization", "average_utilization": BUSY_PERCENT}}
        kubernetes.autoscaling.v2.HorizontalPodAutoscaler(
            f"{name}-scaling",
            metadata={"namespace": args["namespace"]},
            spec={
                "scale_target_ref": {
                    "api_version": "apps/v1",
                    "kind": "Deployment",
                    "name": self.service_name,
                },
                "min_replicas": least,
                "max_replicas": int(args["max_replicas"]),
                "metrics": [{"type": "Resource", "resource": processor}],
                # A server that goes takes its users' connections with it.
                "behavior": {"scale_down": {"stabilization_window_seconds": 1800}},
            },
            opts=self.child(),
        )

    def _policies(self, name: str, args: ChatReleaseArgs) -> list[pulumi.Resource]:
        release = args["release_name"]
        chat = {"match_labels": {_INSTANCE: release}}
        nats = {"match_labels": {_INSTANCE: release, _NAME: NATS}}
        broker = any(service["name"] == NATS for service in args["services"])
        prometheus = chart.METRICS in args["environment"]
        outside = {"ip_block": {"cidr": "0.0.0.0/0", "except_": [METADATA]}}
        incoming = [{"ports": [_tcp(HTTP_PORT)]}]
        if prometheus:
            incoming.append(
                {
                    "from_": [{"namespace_selector": {}}],
                    "ports": [
                        _tcp(port)
                        for port in (chart.METRICS_PORT, MICROSERVICE_METRICS_PORT, NATS_METRICS_PORT)
                    ],
                }
            )
        ports = sorted({int(port) for port in args["egress_ports"]})
        outgoing = [{"to": [outside], "ports": [_tcp(port) for port in ports]}]
        if broker:
            outgoing.append({"to": [{"pod_selector": nats}], "ports": [_tcp(NATS_PORT)]})
        made: list[pulumi.Resource] = [
            kubernetes.networking.v1.NetworkPolicy(
                f"{name}-traffic",
                metadata={"name": f"{release}-traffic", "namespace": args["namespace"]},
                spec={
                    "pod_selector": chat,
                    "policy_types": ["Ingress", "Egress"],
                    # From anywhere: a gateway built into the network (Cilium's) has no pods to select.
                    "ingress": incoming,
                    "egress": outgoing,
                },
                opts=self.child(),
            )
        ]
        if broker:
            made.append(
                kubernetes.networking.v1.NetworkPolicy(
                    f"{name}-broker",
                    metadata={"name": f"{release}-broker", "namespace": args["namespace"]},
                    spec={
                        "pod_selector": nats,
                        "policy_types": ["Ingress", "Egress"],
                        "ingress": [
                            {"from_": [{"pod_selector": chat}], "ports": [_tcp(NATS_PORT)]},
                            {"from_": [{"pod_selector": nats}], "ports": [_tcp(NATS_CLUSTER_PORT)]},
                        ],
                        "egress": [{"to": [{"pod_selector": nats}], "ports": [_tcp(NATS_CLUSTER_PORT)]}],
                    },
                    opts=self.child(),
                )
            )
        return made


def _hidden(args: ChatNamespaceArgs) -> ChatNamespaceArgs:
    """A password given in clear must not reach the state as an input of the component."""
    made = args.copy()
    if "registry" in args:
        made["registry"] = hidden(args["registry"])
    return made


def _tcp(port: int) -> dict[str, object]:
    return {"port": port, "protocol": "TCP"}


def _folder(files: Mapping[str, str]) -> str | None:
    """Return the folder of the files; None where there are none. Raises ValueError where they are in several."""
    folders = sorted({str(PurePosixPath(path).parent) for path in files})
    if len(folders) > 1:
        raise ValueError(f"files stand in one folder, and here in {', '.join(folders)}")
    return folders[0] if folders else None


def _name(made: "kubernetes.core.v1.Secret | kubernetes.core.v1.ConfigMap") -> pulumi.Output[str]:
    name: pulumi.Output[str] = made.metadata.apply(lambda found: str(found.name))
    return name


def _ingress(ingress: ChartIngressArgs, host: str | None) -> dict[str, object]:
    if host is None:
        raise ValueError("an Ingress needs the chat's host")
    made: dict[str, object] = {
        "ingressClassName": ingress["class_name"],
        "path": "/",
        "pathType": "Prefix",
        "annotations": dict(ingress.get("annotations", {})),
    }
    if "tls_secret" in ingress:
        made["tls"] = [{"secretName": ingress["tls_secret"], "hosts": [host]}]
    return made


def in_clear(variable: str, value: pulumi.Input[str]) -> pulumi.Output[str]:
    """Return `value` for Helm, which keeps values in clear."""
    return not_secret(
        value, f"variable {variable} holds a secret; give it among the secrets instead of the environment"
    )
