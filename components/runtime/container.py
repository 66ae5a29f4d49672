"""The container definition of an ECS service, in AWS's own words (RegisterTaskDefinition)."""

import re
import shlex
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

import pulumi

from components.base import not_secret
from components.registry import split_tag
from components.runtime.fargate_args import FargateServiceArgs, stop_seconds

HTTP_PORT_NAME = "http"
PEER_PORT_NAME = "peers"


def log_options(log_group: pulumi.Input[str], region: str, prefix: str) -> dict[str, pulumi.Input[str]]:
    """Return the options of the `awslogs` driver.

    Non-blocking: a stalled CloudWatch must not stop the chat. 25 MiB is AWS's advice for that mode
    (aws.amazon.com/blogs/containers, "Preventing log loss with non-blocking mode").
    """
    return {
        "awslogs-group": log_group,
        "awslogs-region": region,
        "awslogs-stream-prefix": prefix,
        "mode": "non-blocking",
        "max-buffer-size": "25m",
    }


def definition(
    service: FargateServiceArgs,
    *,
    secrets: Mapping[str, pulumi.Input[str]],
    log_group: pulumi.Input[str],
    region: str,
    shells: bool,
    credentials: pulumi.Input[str] | None = None,
) -> dict[str, Any]:
    """Return the one container of `service`.

    `secrets` maps the variables that this service gets to references (never values). `credentials` is the ARN of the
    secret by which its image is pulled. `shells` is whether ECS
    Exec is on: its agent starts as root inside the container, so the capabilities are kept then.
    """
    linux: dict[str, Any] = {"initProcessEnabled": True}
    if not shells:
        linux["capabilities"] = {"drop": ["ALL"]}
    variables = {**service.get("environment", {}), **_texts(service)}
    carried = _carried(service, {**variables, **secrets})
    made: dict[str, Any] = {
        "name": service["name"],
        "image": image_of(service["image"]),
        "essential": True,
        "user": str(int(service["uid"])),
        "readonlyRootFilesystem": service.get("read_only_root", False),
        "linuxParameters": linux,
        "stopTimeout": stop_seconds(service),
        "portMappings": _ports(service),
        "environment": [
            {"name": carried.get(variable, variable), "value": _plain(service["name"], variable, value)}
            for variable, value in sorted(variables.items())
        ],
        "secrets": [
            {"name": carried.get(variable, variable), "valueFrom": reference}
            for variable, reference in sorted(secrets.items())
        ],
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": log_options(log_group, region, service["name"]),
        },
    }
    if credentials is not None:
        made["repositoryCredentials"] = {"credentialsParameter": credentials}
    if "command" in service:
        made["command"] = [*_writing(service, carried), *service["command"]]
    if "health_command" in service:
        made["healthCheck"] = {
            "command": ["CMD", *service["health_command"]],
            "interval": 30,
            "timeout": 5,
            "retries": 3,
            # The most that ECS allows: migrations come first.
            "startPeriod": 300,
        }
    return made


def _texts(service: FargateServiceArgs) -> dict[str, str]:
    """Return the service's files as variables: a task of Fargate gets no files any other way."""
    files = service.get("files", {})
    return {f"FILE_{number}": files[path] for number, path in enumerate(sorted(files), 1)}


def _carried(service: FargateServiceArgs, variables: Iterable[str]) -> dict[str, str]:
    """Return under which names a shell that writes files first gets variables that it would drop.

    dash and busybox hand on only those whose names are theirs, and settings of logins have hyphens
    (`OVERWRITE_SETTING_Accounts_OAuth_Custom-Name-secret`).
    """
    if not service.get("files"):
        return {}
    strange = sorted(name for name in variables if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name))
    return {name: f"CARRIED_{number}" for number, name in enumerate(strange, 1)}


def _writing(service: FargateServiceArgs, carried: Mapping[str, str]) -> list[str]:
    """Return the words before a command which write the service's files first."""
    paths = sorted(service.get("files", {}))
    if not paths:
        return []
    folders = sorted({str(PurePosixPath(path).parent) for path in paths})
    steps = [
        f"mkdir -p {shlex.join(folders)}",
        *(
            f'printf %s "$FILE_{number}" > {shlex.quote(path)} && unset FILE_{number}'
            for number, path in enumerate(paths, 1)
        ),
        " ".join(
            [
                "exec",
                *(["env"] if carried else []),
                *(f"-u {short}" for short in carried.values()),
                *(f'{shlex.quote(f"{name}=")}"${short}"' for name, short in carried.items()),
                '"$@"',
            ]
        ),
    ]
    return ["sh", "-c", " && ".join(steps), "sh"]


def image_of(image: str) -> str:
    """Return the image as ECS documents it: by its tag or by its digest (API, ContainerDefinition, `image`)."""
    name, _, digest = split_tag(image)
    return f"{name}@{digest}" if digest else image


def _ports(service: FargateServiceArgs) -> list[dict[str, Any]]:
    named = {HTTP_PORT_NAME: service.get("port"), PEER_PORT_NAME: service.get("peer_port")}
    return [
        {"name": name, "containerPort": int(port), "hostPort": int(port), "protocol": "tcp"}
        for name, port in named.items()
        if port is not None
    ]


def _plain(service: str, variable: str, value: pulumi.Input[str]) -> pulumi.Output[str]:
    """Return `value` for a task definition, which is readable."""
    return not_secret(
        value,
        f"service {service}: variable {variable} holds a secret; give it in the runtime's secrets and name it in "
        "secret_names",
    )
