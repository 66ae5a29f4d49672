"""The only reader of `pulumi.Config`: what the engine hands over, as a checked `ChatSpec` and its secret values."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi.runtime import config as runtime_config

from components.database.uri import ports
from stacks.egress import web_port
from stacks.language import NAMESPACE, ChatSpec, parse
from stacks.problems import InvalidStack, Problem
from stacks.secrets import PROVIDER_KEYS, doubts, find, problems, reads


@dataclass(frozen=True)
class Secrets:
    """The secret values of a stack, each an output that stays secret."""

    values: Mapping[str, pulumi.Output[str]] = field(repr=False)
    """By name (`smtpPassword`); only those that are set."""
    providers: Mapping[str, pulumi.Output[str]] = field(repr=False)
    """Credentials of providers by full key (`cloudflare:apiToken`); only those that are set."""
    database_ports: tuple[int, ...] = ()
    """Ports that `mongodbUri` leads to; they are not secret."""
    web_ports: tuple[int, ...] = ()
    """Ports that secrets lead to which are web addresses."""


def load() -> tuple[ChatSpec, Secrets]:
    """Read and check the configuration of the stack that runs.

    Raises pulumi.RunError, which the engine prints without a traceback, with every mistake there is.
    """
    given = _all_values()
    secure = {key for key in given if pulumi.runtime.is_config_secret(key)}
    plain = {key: _decoded(value) for key, value in given.items() if key not in secure}
    source = f"stacks/Pulumi.{pulumi.get_stack()}.yaml"
    try:
        spec = parse(plain, secure, source=source)
    except InvalidStack as error:
        raise pulumi.RunError(str(error)) from error
    config = pulumi.Config(NAMESPACE)
    read = {key for key in secure if key.startswith(f"{NAMESPACE}:") or PROVIDER_KEYS.get(key)}
    wrong = problems({key: given[key] for key in read}, spec.parts)
    own = {name: given[f"{NAMESPACE}:{name}"] for name in sorted(filter(find, spec.secrets))}
    ended = [str(one.of(pulumi.get_stack())) for one in wrong if one.ended]
    wrong = [one for one in wrong if not one.ended] + _too_long(spec, own)
    if wrong:
        raise pulumi.RunError(str(InvalidStack(source, wrong)))
    for warning in (*ended, *doubts({f"{NAMESPACE}:{name}": value for name, value in own.items()})):
        pulumi.log.warn(warning)
    return spec, Secrets(
        values={name: config.require_secret(name) for name in own},
        providers={
            key: pulumi.Config(key.partition(":")[0]).require_secret(key.partition(":")[2])
            for key, secret in PROVIDER_KEYS.items()
            if secret and key in secure
        },
        database_ports=(ports(config.require("mongodbUri")) if reads(spec.parts, "mongodbUri") else ()),
        web_ports=tuple(port for value in own.values() if (port := web_port(value)) is not None),
    )


def _too_long(spec: ChatSpec, given: Mapping[str, str]) -> list[Problem]:
    """Return what is wrong with secrets that do not fit into the one secret that the containers get."""
    sizes = {name: len(json.dumps(value)) for name, value in given.items()}
    most = spec.parts.runtime.secrets_bytes
    if most is None or sum(sizes.values()) <= most:
        return []
    largest = max(sizes, key=lambda name: sizes[name])
    return [
        Problem(
            f"{NAMESPACE}:{largest}",
            f"the secrets together have {sum(sizes.values()):,} bytes, this one alone {sizes[largest]:,}; "
            f"AWS keeps {most:,} for the containers",
            remedy="give a shorter value",
        )
    ]


def _all_values() -> dict[str, str]:
    """Return every configured value; `pulumi.Config` itself gives only keys that one already knows."""
    handed = {**runtime_config.get_config_env(), **runtime_config.CONFIG.get()}
    return {key: value for key, value in handed.items() if isinstance(value, str)}


def _decoded(value: str) -> Any:
    """Return an object for text that is JSON of an object or a list, which is how the engine hands them over."""
    if value[:1] in "{[":
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
