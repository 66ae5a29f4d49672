"""What `FargateRuntime` is told, and what it refuses to make."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NotRequired, TypedDict

import pulumi

from components.base import one_of
from components.registry import RegistryArgs
from rocketchat.services import STARTS_SECONDS


class FargateServiceArgs(TypedDict):
    """One process of the chat, run as one ECS service."""

    name: str
    """Name of the service and of its container, such as `rocketchat`: up to 40 lower-case letters, digits
    and hyphens."""
    image: str
    """Image with an exact tag or a digest; never `latest`, `develop` or a bare major version."""
    cpu: int
    """CPU units of one task; 1024 are one vCPU."""
    memory: int
    """Memory of one task in MiB; AWS allows certain amounts for each `cpu`."""
    uid: int
    """Numeric user that the process runs as; never 0."""
    desired_count: int
    """Tasks to run; the least number where the service scales by itself."""
    max_count: NotRequired[int]
    """Most tasks that autoscaling may run; above `desired_count` it turns autoscaling on."""
    port: NotRequired[int]
    """Port that serves HTTP behind the balancer; left out for a service that takes no requests from there."""
    health_path: NotRequired[str]
    """Path on `port` that answers 200 when the process is healthy, such as `/health`."""
    path_patterns: NotRequired[Sequence[str]]
    """Paths that go to this service, in the balancer's wildcards (`/websocket/*`). The one service that has
    `port` and no patterns takes every other path."""
    sticky: NotRequired[bool]
    """Keep a client on the same task by a cookie; by default where more than one task can run."""
    peer_port: NotRequired[int]
    """Port that the other services of this runtime connect to, such as 4222 of NATS."""
    peer_alias: NotRequired[str]
    """Host name under which the other services reach `peer_port`, such as `nats`."""
    command: NotRequired[Sequence[str]]
    """Replaces the image's command."""
    health_command: NotRequired[Sequence[str]]
    """Program and arguments run in the container; exit status 0 means healthy. For services that no
    balancer watches."""
    environment: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Plain variables. A value that Pulumi holds secret is refused here."""
    secret_names: NotRequired[Sequence[str]]
    """Which of the runtime's `secrets` this service gets, each as the variable of that name."""
    files: NotRequired[Mapping[str, str]]
    """Text of further files by their absolute paths, all in one folder that the container's user may make. The service
    writes them as it starts, and has a `command` then. Nothing in them is secret."""
    one_at_a_time: NotRequired[bool]
    """Stop the old task before a deployment starts the new one: two must never run together."""
    stop_seconds: NotRequired[int]
    """Seconds from SIGTERM to SIGKILL, 2 to 120; 60 by default."""
    read_only_root: NotRequired[bool]
    """Mount the image read-only. Not for Rocket.Chat itself, which writes beside its program."""


class RequiredHeaderArgs(TypedDict):
    """A header that only requests through one's own CDN have."""

    name: str
    """Its name, such as `X-Origin-Secret`."""
    value: pulumi.Input[str]
    """Its value (secret): letters and digits, at most 128."""


class FargateRuntimeArgs(TypedDict):
    """Arguments of `FargateRuntime`."""

    region: str
    """AWS region of the provider, such as `ap-southeast-1`; written into log options and ARNs."""
    host: str
    """Public name of the chat, such as `chat.lovia.life`; requests for other hosts are not answered."""
    services: Sequence[FargateServiceArgs]
    """The processes of the chat. Exactly one of them takes the paths that no other one takes."""
    secrets: Mapping[str, pulumi.Input[str]]
    """Variable name to value (secret). All are kept in one Secrets Manager secret, as one JSON object."""
    vpc_id: pulumi.Input[str]
    """The network of the subnets."""
    subnet_ids: pulumi.Input[Sequence[str]]
    """Subnets of the tasks, in two or more availability zones."""
    app_security_group_id: pulumi.Input[str]
    """Security group of the tasks; the runtime adds what may come in."""
    assign_public_ip: bool
    """Give each task a public address: only where the subnets have no NAT."""
    listener_arn: pulumi.Input[str]
    """HTTPS listener of an application load balancer; the runtime adds its rules."""
    balancer_security_group_id: pulumi.Input[str]
    """Security group of that balancer."""
    required_header: NotRequired[RequiredHeaderArgs]
    """What requests must have: the listener answers others as it answers other hosts."""
    rule_priority: NotRequired[int]
    """First priority (1 to 50000) of the rules on the listener, for listeners that others use too."""
    architecture: NotRequired[str]
    """`arm64` (the default, cheaper) or `x86_64`."""
    spot: NotRequired[bool]
    """Run on Fargate Spot: cheaper, stopped at two minutes' notice. Off by default."""
    on_demand_base: NotRequired[int]
    """With `spot`: tasks of each service that stay on demand, 1 by default; 0 puts all of them on Spot."""
    log_retention_days: NotRequired[int]
    """Days that logs are kept, one of CloudWatch's choices; 365 by default."""
    secret_recovery_days: NotRequired[int]
    """Days in which a deleted secret can be restored: 7 to 30 (the default), or 0 for at once."""
    health_grace_seconds: NotRequired[int]
    """Seconds after the start of a task in which failed checks do not stop it: 300 or more (600 by default),
    because the first boot and upgrades run migrations before the server listens."""
    cpu_target_percent: NotRequired[int]
    """Autoscaling's target, in percent of **one** vCPU (10 to 90, 60 by default): a Node process runs its
    event loop on one, however many the task has."""
    container_insights: NotRequired[str]
    """`enhanced` (the default), `enabled` or `disabled`; CloudWatch charges for the metrics."""
    permissions: NotRequired[pulumi.Input[str]]
    """What the containers may do in AWS: an IAM policy document of their role, given before the first task starts."""
    registry: NotRequired[RegistryArgs]
    """Credentials for the images of that registry. Private registries of ECR need none: the role that starts the
    containers may pull the images that they run."""
    exec: NotRequired[bool]
    """Allow shells in the tasks (ECS Exec), encrypted and logged. Off by default."""


MIN_GRACE_SECONDS = 300
"""Facts of the product: migrations run in the server before it listens."""
SERVICE_CONNECT_UID = 1337
"""User of Service Connect's proxy; its traffic, and that of any process with the same user, is not redirected
(docs.aws.amazon.com, "Amazon ECS Service Connect components")."""
LOG_RETENTION_DAYS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip
"""What CloudWatch Logs takes (docs.aws.amazon.com, PutRetentionPolicy)."""
MAX_PRIORITY = 50000
"""Of a rule on a listener (docs.aws.amazon.com, elasticloadbalancing CreateRule)."""

DEFINITION_BYTES = 65_536
"""Of a task definition (Amazon ECS service quotas, "Task definition size")."""
SECRET_BYTES = 65_536
"""Of a secret's value (AWS Secrets Manager quotas)."""

MEMORY_FOR_CPU: Mapping[int, Sequence[int]] = {
    256: (512, 1024, 2048),
    512: range(1024, 4096 + 1, 1024),
    1024: range(2048, 8192 + 1, 1024),
    2048: range(4096, 16384 + 1, 1024),
    4096: range(8192, 30720 + 1, 1024),
    8192: range(16384, 61440 + 1, 4096),
    16384: range(32768, 122880 + 1, 8192),
}
"""Fargate's pairs of CPU units and MiB (docs.aws.amazon.com, "Task size" of ECS task definitions)."""

_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_ALIAS = re.compile(r"[a-z][a-z0-9-]{0,62}")
_MOVING_TAG = re.compile(r"latest|develop|\d+")
_PATH = re.compile(r"/[\x21-\x7e]{0,127}")


@dataclass(frozen=True)
class Options:
    """The runtime's optional arguments, with their defaults."""

    architecture: str
    spot: bool
    on_demand_base: int
    log_retention_days: int
    secret_recovery_days: int
    health_grace_seconds: int
    cpu_target_percent: int
    container_insights: str
    shells: bool

    @staticmethod
    def of(args: FargateRuntimeArgs) -> "Options":
        """Read the options of `args`; raise ValueError, with the choices, for one that AWS would refuse."""
        options = Options(
            architecture=one_of("architecture", args.get("architecture", "arm64"), ("arm64", "x86_64")),
            spot=args.get("spot", False),
            on_demand_base=_in_range("on_demand_base", args.get("on_demand_base", 1), 0, 1000),
            log_retention_days=args.get("log_retention_days", 365),
            secret_recovery_days=args.get("secret_recovery_days", 30),
            health_grace_seconds=_in_range(
                "health_grace_seconds",
                args.get("health_grace_seconds", STARTS_SECONDS),
                MIN_GRACE_SECONDS,
                86400,
            ),
            cpu_target_percent=_in_range("cpu_target_percent", args.get("cpu_target_percent", 60), 10, 90),
            container_insights=one_of(
                "container_insights",
                args.get("container_insights", "enhanced"),
                ("enhanced", "enabled", "disabled"),
            ),
            shells=args.get("exec", False),
        )
        if options.log_retention_days not in LOG_RETENTION_DAYS:
            raise ValueError(
                f"log_retention_days is {options.log_retention_days}; "
                f"CloudWatch takes one of {_listed(LOG_RETENTION_DAYS)}"
            )
        if options.secret_recovery_days != 0:
            _in_range("secret_recovery_days (where not 0)", options.secret_recovery_days, 7, 30)
        return options


def fitting_secret(text: str) -> str:
    """Return a secret's value as it is, which AWS gets so; raise pulumi.RunError where it is too long."""
    _fits("all secrets of the chat together have", text, SECRET_BYTES)
    return text


def fitting_definition(service: str, text: str) -> str:
    """Return the containers of a task definition, of which AWS gets the content; raise pulumi.RunError likewise."""
    sent = json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))
    _fits(f"the task definition of {service} has", sent, DEFINITION_BYTES)
    return text


def _fits(what: str, sent: str, most: int) -> None:
    size = len(sent.encode())
    if size > most:
        raise pulumi.RunError(f"{what} {size:,} bytes; AWS takes {most:,}")


def max_count(service: FargateServiceArgs) -> int:
    """Return the most tasks of `service` that may run, outside deployments."""
    return int(service.get("max_count", service["desired_count"]))


def stop_seconds(service: FargateServiceArgs) -> int:
    """Return the seconds from SIGTERM to SIGKILL."""
    return int(service.get("stop_seconds", 60))


def main_service(services: Sequence[FargateServiceArgs]) -> str:
    """Return the one service that takes the paths which no other takes; ValueError without exactly one."""
    rest = [s["name"] for s in services if "port" in s and not s.get("path_patterns")]
    if len(rest) != 1:
        raise ValueError(
            "exactly one service with a port has no path_patterns and takes every other path; "
            + (f"here {', '.join(rest)} have none" if rest else "here there is no such service")
        )
    return rest[0]


def check_services(args: FargateRuntimeArgs) -> None:
    """Raise ValueError, naming the service and the choices, for what AWS would refuse or run wrongly."""
    if "rule_priority" in args:
        _in_range("rule_priority", args["rule_priority"], 1, MAX_PRIORITY)
    for variable in args["secrets"]:
        _check_variable("secrets", variable)
    for service in args["services"]:
        check_size(service["name"], service["cpu"], service["memory"])
        _check_service(service, args["secrets"])
    _check_together(args["services"])


def check_size(service: str, cpu: int, memory: int) -> None:
    """Raise ValueError, listing the choices, when Fargate has no task of `cpu` units and `memory` MiB."""
    if cpu not in MEMORY_FOR_CPU:
        raise ValueError(f"service {service}: cpu is {cpu}; Fargate takes one of {_listed(MEMORY_FOR_CPU)}")
    choices = MEMORY_FOR_CPU[cpu]
    if memory not in choices:
        raise ValueError(
            f"service {service}: memory is {memory} MiB; "
            f"with cpu {cpu} Fargate takes one of {_listed(choices)}"
        )


def _check_service(service: FargateServiceArgs, secrets: Mapping[str, object]) -> None:
    name = service["name"]
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"service {name!r}: a name is up to 40 lower-case letters, digits and hyphens, a letter first"
        )
    where = f"service {name}"
    _check_image(where, service["image"])
    _check_counts(where, service)
    if service["uid"] < 1:
        raise ValueError(f"{where}: uid is {service['uid']}; containers do not run as root")
    _in_range(f"{where}: stop_seconds", stop_seconds(service), 2, 120)
    _check_ports(where, service)
    plain = service.get("environment", {})
    for variable in plain:
        _check_variable(where, variable)
    if service.get("files") and "command" not in service:
        raise ValueError(f"{where}: a service that writes files first needs its command")
    for variable in service.get("secret_names", ()):
        if variable not in secrets:
            raise ValueError(f"{where}: secret {variable} is not among the runtime's secrets")
        if variable in plain:
            raise ValueError(f"{where}: {variable} is both a plain variable and a secret")


def _check_image(where: str, image: str) -> None:
    name, _, digest = image.partition("@")
    tag = name.rpartition("/")[2].partition(":")[2]
    if digest.startswith("sha256:"):
        return
    if not tag or _MOVING_TAG.fullmatch(tag):
        raise ValueError(f"{where}: image {image} needs an exact tag (such as :8.9.0) or a digest")


def _check_counts(where: str, service: FargateServiceArgs) -> None:
    desired = service["desired_count"]
    _in_range(f"{where}: desired_count", desired, 0, 5000)
    most = max_count(service)
    if most < desired:
        raise ValueError(f"{where}: max_count is {most}, below desired_count {desired}")
    if service.get("one_at_a_time", False) and most > 1:
        raise ValueError(f"{where}: one_at_a_time allows one task, but {most} could run")


def _check_ports(where: str, service: FargateServiceArgs) -> None:
    if "port" in service:
        _in_range(f"{where}: port", service["port"], 1, 65535)
    if "peer_port" in service:
        _in_range(f"{where}: peer_port", service["peer_port"], 1, 65535)
    if "port" in service and "health_path" not in service:
        raise ValueError(f"{where}: a service with a port needs health_path for the balancer's check")
    if "port" not in service:
        for key in ("health_path", "path_patterns", "sticky"):
            if key in service:
                raise ValueError(f"{where}: {key} needs a port")
    for path in chain(service.get("path_patterns", ()), [service.get("health_path", "/")]):
        if not _PATH.fullmatch(path):
            raise ValueError(
                f"{where}: path {path!r} must start with / and have at most 128 printable characters"
            )
    if "peer_alias" in service:
        if "peer_port" not in service:
            raise ValueError(f"{where}: peer_alias needs peer_port")
        if not _ALIAS.fullmatch(service["peer_alias"]):
            raise ValueError(f"{where}: peer_alias {service['peer_alias']!r} is not a host name of one label")
    if "port" in service and service["port"] == service.get("peer_port"):
        raise ValueError(f"{where}: port and peer_port are both {service['port']}")


def _check_together(services: Sequence[FargateServiceArgs]) -> None:
    _check_unique("services have the name", [service["name"] for service in services])
    _check_unique("services take the path", list(chain(*(s.get("path_patterns", ()) for s in services))))
    _check_unique("services have the peer alias", [s["peer_alias"] for s in services if "peer_alias" in s])
    main_service(services)
    if any("peer_alias" in service for service in services):
        for service in services:
            if service["uid"] == SERVICE_CONNECT_UID:
                raise ValueError(
                    f"service {service['name']}: uid {SERVICE_CONNECT_UID} is that of Service Connect's proxy"
                )


def _check_unique(what: str, values: Sequence[str]) -> None:
    twice = sorted({value for value in values if values.count(value) > 1})
    if twice:
        raise ValueError(f"two {what} {', '.join(twice)}")


def _check_variable(where: str, variable: str) -> None:
    if not _VARIABLE.fullmatch(variable):
        raise ValueError(f"{where}: {variable!r} is not the name of a variable")


def _in_range(what: str, value: int, low: int, high: int) -> int:
    if not low <= value <= high:
        raise ValueError(f"{what} is {value}; it must be from {low} to {high}")
    return int(value)


def _listed(values: Mapping[int, object] | Sequence[int]) -> str:
    return ", ".join(str(value) for value in values)
