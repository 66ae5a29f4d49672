"""The values of Rocket.Chat's official Helm chart.

Source: RocketChat/helm-charts, chart `rocketchat` 7.0.2, `values.yaml` and templates; what each trap is stands
beside the value that avoids it. Keys under `nats` are also those of the chart's dependency, nats 0.15.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import pulumi

from components.base import one_of
from components.nodes import ANY_NODE, NODE, NodesArgs
from components.registry import split_tag
from rocketchat.services import MAIN, NATS, STARTS_SECONDS
from rocketchat.services import METRICS_PORT as MICROSERVICE_METRICS_PORT

CHART = "rocketchat"
REPOSITORY = "https://rocketchat.github.io/helm-charts"
VERSION = "7.0.2"
METRICS = "OVERWRITE_SETTING_Prometheus_Enabled"
"""A variable of the server that has metrics."""

_HANGS_SECONDS = 360
"""A server that has answered no check for so long is started anew: a busy one, or one without its database, is not."""

TOPOLOGIES = ("monolith", "microservices")

BROKER_IMAGES: Mapping[str, str] = {
    "reloader": "natsio/nats-server-config-reloader:0.21.1",
    "exporter": "natsio/prometheus-nats-exporter:0.18.0",
}
"""What runs beside NATS in its pods, as the chart has it; the exporter with metrics only."""

METRICS_PORT = 9100
"""The main server's metrics. Not its own default 9458: in microservices that is Moleculer's."""

SERVICES = {
    "account": "account",
    "authorization": "authorization",
    "ddp-streamer": "ddpStreamer",
    "presence": "presence",
    "stream-hub": "streamHub",
}
"""Name of a microservice to the chart's key."""

WRITTEN_BY_CHART = frozenset(
    {
        "DEPLOY_PLATFORM",
        "INSTANCE_IP",
        "MONGO_URL",
        "TRANSPORTER",
        "OVERWRITE_SETTING_Prometheus_Enabled",
        "OVERWRITE_SETTING_Prometheus_Port",
        "MS_METRICS",
        "MS_METRICS_PORT",
        "DB_WATCHERS",
        "MOLECULER_LOG_LEVEL",
        "HEARTBEAT_INTERVAL",
        "HEARTBEAT_TIMEOUT",
        "RETRY_ENABLED",
    }
)
"""Variables that the templates write themselves. A name that stands twice in a container's list breaks later
upgrades, because Kubernetes merges that list by name."""

RESTRICTED: Mapping[str, Any] = {
    "runAsNonRoot": True,
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
"""What Kubernetes's Pod Security Standard `restricted` asks of a container."""


class ChartServiceArgs(TypedDict):
    """One process of the chat."""

    name: str
    """`rocketchat` (the main server), `nats`, or a microservice: account, authorization, ddp-streamer,
    presence, stream-hub."""
    image: str
    """Repository and tag, or tag and digest. The chart gives the microservices the tag of the main server."""
    replicas: int
    """How many run."""
    cpu: int
    """The most CPU that one takes; 1024 is one vCPU. Half of it is reserved."""
    memory: int
    """Memory of one in MiB, all of it reserved."""


def escaped(value: str) -> str:
    """Return `value` so that it comes out of Helm and Kubernetes as it was.

    The chart sends `extraEnv` through Helm's templates, where `{{` begins an action; Kubernetes then expands
    `$(NAME)` in a container's variables and takes `$$` for `$`. Backquotes hold in every way that YAML quotes.
    """
    return value.replace("$", "$$").replace("{{", "{{`{{`}}")


def check(topology: str, services: Sequence[ChartServiceArgs]) -> None:
    """Raise ValueError for a topology or a set of services that the chart cannot run."""
    one_of("topology", topology, TOPOLOGIES)
    names = [service["name"] for service in services]
    for name in names:
        one_of("a service's name", name, (MAIN, NATS, *SERVICES))
        if names.count(name) > 1:
            raise ValueError(f"two services have the name {name}")
    if MAIN not in names:
        raise ValueError(f"the main server, {MAIN}, is not among the services")
    apart = [name for name in names if name in SERVICES]
    if (topology == "microservices") != bool(apart):
        raise ValueError(
            f"topology {topology} contradicts the services {', '.join(names)}"
            + ("; it needs the microservices" if not apart else "; they need topology microservices")
        )
    several = next(service["replicas"] for service in services if service["name"] == MAIN) > 1
    if (several or apart) and NATS not in names:
        raise ValueError(f"several processes meet at a broker: the service {NATS} is missing")


def values(
    *,
    host: str | None,
    topology: str,
    services: Sequence[ChartServiceArgs],
    uid: int,
    liveness_path: str,
    readiness_path: str,
    environment: Mapping[str, pulumi.Input[str]],
    mongodb_secret: pulumi.Input[str],
    environment_secret: pulumi.Input[str],
    ingress: Mapping[str, Any] | None = None,
    pod_annotations: Mapping[str, str] | None = None,
    service_annotations: Mapping[str, str] | None = None,
    broker_images: Mapping[str, str] = BROKER_IMAGES,
    pull_secret: pulumi.Input[str] | None = None,
    files: tuple[str, pulumi.Input[str]] | None = None,
    nodes: NodesArgs = ANY_NODE,
) -> dict[str, Any]:
    """Return the chart's values.

    `host` is the public name (the chart makes `ROOT_URL` of it; None leaves that to `environment`),
    `environment` the main server's plain variables, `mongodb_secret` and `environment_secret` the names of
    Secrets: the first holds `mongo-uri`, the second one key for each secret variable. `ingress` is the chart's
    own part of that name; None renders no Ingress. `broker_images` are what runs beside NATS, `pull_secret` the name
    of the Secret by which images are pulled. `files` are a folder of the pods, and the name of
    the ConfigMap whose files are in it, `nodes` where all pods run.
    """
    check(topology, services)
    by_name = {service["name"]: service for service in services}
    main = by_name[MAIN]
    microservices = topology == "microservices"
    prometheus = METRICS in environment
    written = WRITTEN_BY_CHART if host is None else WRITTEN_BY_CHART | {"ROOT_URL"}
    user = {"runAsUser": uid, "runAsGroup": uid}
    repository, tag, digest = split_tag(main["image"])
    made: dict[str, Any] = {
        # Semver, and newer than the chart's appVersion; microservices take it too.
        "image": {"repository": repository, "tag": f"{tag}@{digest}" if digest else tag},
        "replicaCount": main["replicas"],
        "minAvailable": 1,
        # Rendered for several replicas only; for one it would block every drain of a node.
        "podDisruptionBudget": {"enabled": True},
        "podAntiAffinity": "soft" if main["replicas"] > 1 else "",
        # Left out, the chart starts a MongoDB of its own beside this one, too old for today's releases.
        # Its monitor looks at `metrics` alone, and would watch a database that is not there.
        "mongodb": {"enabled": False, "metrics": {"enabled": False}},
        "existingMongodbSecret": mongodb_secret,
        "extraSecret": environment_secret,
        "extraEnv": [
            {"name": name, "value": pulumi.Output.from_input(value).apply(escaped)}
            for name, value in sorted(environment.items())
            if name not in written
        ],
        # It builds an address without quoting the password, and the server ignores it: mail is set by settings.
        "smtp": {"enabled": False},
        # The chart's checksum covers its own Secret only. These names change whenever a value does.
        "podAnnotations": {
            **(pod_annotations or {}),
            "rocketchat/secrets": pulumi.Output.format("{0},{1}", mongodb_secret, environment_secret),
        },
        # Uploads are in a bucket or in MongoDB.
        "persistence": {"enabled": False},
        "resources": _resources(main),
        "securityContext": {
            **user,
            "fsGroup": uid,
            "runAsNonRoot": True,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containerSecurityContext": {**user, **RESTRICTED},
        "serviceAccount": {"create": True},
        "service": {"type": "ClusterIP", "port": 80, "annotations": dict(service_annotations or {})},
        "ingress": {"enabled": False} if ingress is None else {"enabled": True, **ingress},
        "prometheusScraping": {
            "enabled": prometheus,
            "port": METRICS_PORT,
            "msPort": MICROSERVICE_METRICS_PORT,
        },
        "podMonitor": {"enabled": prometheus},
        # The chart has no startup probe, and migrations run before the server listens.
        "livenessProbe": {
            "enabled": True,
            "path": liveness_path,
            "initialDelaySeconds": STARTS_SECONDS - _HANGS_SECONDS,
            "periodSeconds": 15,
            "timeoutSeconds": 5,
            "failureThreshold": _HANGS_SECONDS // 15,
            "successThreshold": 1,
        },
        "readinessProbe": {
            "enabled": True,
            "path": readiness_path,
            "initialDelaySeconds": 10,
            "periodSeconds": 10,
            "timeoutSeconds": 5,
            "failureThreshold": 3,
            "successThreshold": 1,
        },
        # True by default, and without a licence the services then shut down.
        "microservices": _microservices(by_name, user) if microservices else {"enabled": False},
        "nats": _nats(
            by_name.get(NATS), user, broker_images, microservices=microservices, prometheus=prometheus
        ),
    }
    if pull_secret is not None:
        made["imagePullSecrets"] = [{"name": pull_secret}]
        made["nats"]["imagePullSecrets"] = [{"name": pull_secret}]
    if files is not None:
        folder, config_map = files
        # All pods get them, those of the microservices too.
        made["extraVolumes"] = [{"name": "files", "configMap": {"name": config_map}}]
        made["extraVolumeMounts"] = [{"name": "files", "mountPath": folder, "readOnly": True}]
    placed: dict[str, Any] = {}
    if nodes["selector"]:
        placed["nodeSelector"] = dict(nodes["selector"])
    if nodes["tolerations"]:
        placed["tolerations"] = [dict(one) for one in nodes["tolerations"]]
    # The server and the microservices read these where they have none of their own; NATS's chart does not.
    everywhere = placed | (
        {"annotations": dict(pod_annotations)} if pod_annotations and microservices else {}
    )
    if everywhere:
        made["global"] = everywhere
    if by_name.get(NATS) is not None:
        made["nats"] |= placed | ({"podAnnotations": dict(pod_annotations)} if pod_annotations else {})
    if nodes["apart"] != NODE:
        made["podAntiAffinityTopologyKey"] = nodes["apart"]
        if by_name.get(NATS) is not None:
            made["nats"]["topologySpreadConstraints"] = [
                {"maxSkew": 1, "topologyKey": nodes["apart"], "whenUnsatisfiable": "ScheduleAnyway"}
            ]
    if host is not None:
        made["host"] = host
    return made


def _resources(service: ChartServiceArgs) -> dict[str, Any]:
    millicores = service["cpu"] * 1000 // 1024
    memory = f"{service['memory']}Mi"
    return {
        "requests": {"cpu": f"{millicores // 2}m", "memory": memory},
        "limits": {"cpu": f"{millicores}m", "memory": memory},
    }


def _microservices(by_name: Mapping[str, ChartServiceArgs], user: Mapping[str, int]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "enabled": True,
        # Always said: a missing key counts as true, and true fails for releases from 8.0.
        "streamHub": {"enabled": False},
    }
    for name, key in SERVICES.items():
        service = by_name.get(name)
        if service is None:
            continue
        part: dict[str, Any] = {
            "resources": _resources(service),
            "image": {"repository": split_tag(service["image"])[0]},
            "securityContext": {**user, **RESTRICTED},
        }
        # There may be only one stream-hub, and the chart does not ask for a number.
        made[key] = (
            {**part, "enabled": True} if name == "stream-hub" else {**part, "replicas": service["replicas"]}
        )
    return made


def _nats(
    service: ChartServiceArgs | None,
    user: Mapping[str, int],
    images: Mapping[str, str],
    *,
    microservices: bool,
    prometheus: bool,
) -> dict[str, Any]:
    if service is None:
        return {"enabled": False}
    restricted = {**user, **RESTRICTED}
    made: dict[str, Any] = {
        "nats": {"image": service["image"], "resources": _resources(service), "securityContext": restricted},
        "securityContext": {**user, "fsGroup": user["runAsUser"]},
        "cluster": {"enabled": service["replicas"] > 1, "replicas": service["replicas"]},
        "reloader": {"image": images["reloader"], "securityContext": restricted},
        "exporter": {"enabled": prometheus, "image": images["exporter"], "securityContext": restricted},
        "podMonitor": {"enabled": prometheus},
        # A shell with tools, running as root beside the chat.
        "natsbox": {"enabled": False},
    }
    if not microservices:
        # With microservices it must stay unsaid: they bring it along.
        made["enabled"] = True
    return made
