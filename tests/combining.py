"""One valid way to write each kind of runtime, database, media and DNS, for tests that combine them."""

from collections.abc import Iterator
from itertools import combinations, product
from typing import Any, get_args

from planning import Values

from stacks.language import parse
from stacks.problems import InvalidStack, Problem
from stacks.secrets import SECRETS
from stacks.spec import Parts

SSH_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEfP1yBzTnY1K5C8kq0vQmR7mJ0yX3dW9uZ2aLbTnE4s ops@example.com"
ATLAS_ID = "5f0c1d2e3b4a59687f6e5d4c"

EXAMPLES: dict[str, dict[str, Values]] = {
    "runtime": {
        "fargate": {},
        "kubernetes": {
            "context": "example",
            "ingress": {
                "kind": "class",
                "name": "traefik",
                "issuer": "letsencrypt",
                "address": "203.0.113.8",
            },
            "egressAddresses": ["203.0.113.7"],
        },
        "doks": {"cluster": "k8s-example", "region": "sgp1"},
        "lightsail": {"sshKey": SSH_KEY},
        "droplet": {"sshKey": SSH_KEY, "region": "sgp1"},
    },
    "database": {
        "atlas": {"organization": ATLAS_ID, "cluster": "example"},
        "atlas-existing": {"project": ATLAS_ID, "cluster": "example", "name": "example_chat"},
        "uri": {"version": "8.0"},
        "in-cluster": {},
        "on-host": {},
    },
    "media": {
        "s3": {"bucket": "media.chat.example.com"},
        "spaces": {"bucket": "media-example", "region": "sgp1"},
        "gridfs": {},
        "host": {},
    },
    "dns": {
        "cloudflare": {"zone": "example.com"},
        "route53": {"zone": "example.com"},
    },
}
"""The keys that a kind cannot do without."""

PARTS = tuple(EXAMPLES)
NO_DNS = "none"

Choice = dict[str, str]


def kinds_of(part: str) -> tuple[str, ...]:
    """The kinds that the language of stack files has for a part, as its models say."""
    return tuple(kind for model in _models(Parts.model_fields[part].annotation) for kind in _kind(model))


def _models(annotation: Any) -> Iterator[Any]:
    if isinstance(annotation, type) and hasattr(annotation, "model_fields"):
        yield annotation
        return
    for inside in get_args(annotation):
        yield from _models(inside)


def _kind(model: Any) -> tuple[str, ...]:
    return get_args(model.model_fields["kind"].annotation)


def choices() -> list[Choice]:
    """Every combination, with the DNS left out as one more kind."""
    kinds = {part: kinds_of(part) for part in PARTS}
    kinds["dns"] = (*kinds["dns"], NO_DNS)
    return [dict(zip(PARTS, chosen, strict=True)) for chosen in product(*kinds.values())]


def sampled(wanted: list[Choice]) -> list[Choice]:
    """A few of `wanted` that together have every pair of kinds that all of them have. Always the same ones."""

    def pairs(choice: Choice) -> set[tuple[tuple[str, str], ...]]:
        return set(combinations(sorted(choice.items()), 2))

    left = set().union(*(pairs(choice) for choice in wanted))
    chosen = []
    while left:
        best = max(wanted, key=lambda choice: len(pairs(choice) & left))
        chosen.append(best)
        left -= pairs(best)
    return chosen


def values_for(choice: Choice, *, release: str = "8.9.0", **chat: Any) -> Values:
    """The plain values of a stack file of these kinds."""
    values: Values = {
        "aws:region": "ap-southeast-1",
        "rocketchat:chat": {
            "host": "chat.example.com",
            "release": release,
            "users": 20,
            "profile": "trial",
            **chat,
        },
    }
    for part, kind in choice.items():
        if kind != NO_DNS:
            values[f"rocketchat:{part}"] = {"kind": kind, **EXAMPLES[part][kind]}
    return values


def secure_for(values: Values) -> set[str]:
    """The secrets that these values ask for."""
    asked = {f"rocketchat:{name}" for name in SECRETS}
    return {problem.path for problem in refusals(values, set()) if problem.path in asked}


def refusals(values: Values, secure: set[str]) -> tuple[Problem, ...]:
    """All that is wrong with these values; nothing when they can be planned."""
    try:
        parse(values, secure, source="a combination")
    except InvalidStack as error:
        return error.problems
    return ()
