"""What a record is asked with: one resource or lookup, and the cloud that it is made in."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from clouds.template import UnsaidError

ACCOUNT = "123456789012"
"""The AWS account that the stand-in cloud is; AWS's own in its documentation."""
CREATED = "2026-01-01T00:00:00Z"
"""When everything in the stand-in cloud was made: plans must not depend on the day."""


def partition_of(region: str) -> str:
    """Return the partition of AWS that a region is in."""
    # Not before it is needed: components bring the SDK along.
    from components.regions import partition

    return partition(region)


class Unknown:
    """A value that is known only after the deployment. There is one: `UNKNOWN`."""

    def __repr__(self) -> str:
        return "[unknown]"


UNKNOWN: Final = Unknown()


def has_unknown(value: Any) -> bool:
    """Whether any part of the value is not known yet."""
    if isinstance(value, Mapping):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)
    return value is UNKNOWN


class NotKnownYetError(Exception):
    """A computed output rests on an input that is known only after the deployment."""


@dataclass(frozen=True)
class Cloud:
    """What a provider instance is set to: its region and account, and the tags it puts on everything."""

    region: str = "us-east-1"
    default_tags: Mapping[str, str] = field(default_factory=dict)
    kubeconfig: str = field(default="", repr=False)
    """How the provider reaches its cluster."""
    account: str = ACCOUNT
    """The AWS account whose credentials it has."""


def at_path(values: Any, path: str) -> Any:
    """Return what is at a path of keys (`metadata.name`); None where nothing is."""
    for key in path.split("."):
        values = values.get(key) if isinstance(values, Mapping) else None
    return values


@dataclass(frozen=True)
class Existing:
    """One thing that exists in a cloud, as a lookup can see it."""

    type: str
    id: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    region: str
    """Of its provider; some resources have their own as an input."""
    account: str = ACCOUNT
    """Of its provider, where it is AWS's."""

    def __getitem__(self, path: str) -> Any:
        """Return an input or output by its path, for a template. Raises UnsaidError where there is none."""
        if path == "id":
            return self.id
        if path == "account":
            return self.account
        if path == "partition":
            return partition_of(self.region)
        found = at_path(self.inputs, path)
        if found is None:
            found = at_path(self.outputs, path)
        if found is None and path == "region":
            found = self.region
        if found is None:
            raise UnsaidError(path)
        return found


World = Callable[[str], Iterable[Existing]]
"""Gives everything in the cloud whose type begins so."""


def empty_world(_token: str) -> Iterable[Existing]:
    """A cloud in which nothing was made yet."""
    return ()


@dataclass(frozen=True)
class Token:
    """Credentials that hold for some time."""

    text: str = field(repr=False)
    until: str
    """When they end, as RFC 3339 has it."""


class Tokens:
    """The tokens of a plan: always the same ones, long over by the clock, and never refused."""

    def issue(self, seed: str) -> Token:
        """Give out the token of a seed of hex digits."""
        return Token(f"dop_v1_{seed}", CREATED)

    def over(self, text: str) -> bool:  # noqa: ARG002 - those of a cloud that lives differ
        """Whether nobody takes it any more."""
        return False


OF_A_PLAN = Tokens()


@dataclass(frozen=True)
class Ask:
    """One resource or lookup for which a stand-in makes values. `ask["key"]` is an input, or None."""

    token: str
    name: str
    urn: str
    inputs: Mapping[str, Any]
    cloud: Cloud
    generation: int = 0
    """How many of this URN the cloud holds already; a replacement gets other ids than what it replaces."""
    own_id: str = ""
    world: World = empty_world
    """What exists already."""
    tokens: Tokens = OF_A_PLAN

    def __getitem__(self, key: str) -> Any:
        value = self.inputs.get(key)
        if value is UNKNOWN or (isinstance(value, list | dict) and has_unknown(value)):
            raise NotKnownYetError(key)
        return value

    @property
    def id(self) -> str:
        """The resource's id; raises NotKnownYetError in a preview of its making."""
        if not self.own_id:
            raise NotKnownYetError("id")
        return self.own_id

    @property
    def region(self) -> str:
        """The AWS region: the resource's own, else its provider's."""
        return str(self["region"] or self.cloud.region)

    @property
    def partition(self) -> str:
        """The partition of AWS that the provider's region is in."""
        return partition_of(self.cloud.region)

    def said(self, field: str) -> Any:
        """Return what stands for a field of a template: `id`, `account`, `partition`, `region`, or an input."""
        if field == "id":
            return self.id
        if field == "account":
            return self.cloud.account
        if field == "partition":
            return self.partition
        return self.region if field == "region" else self[field]

    @cached_property
    def _seed(self) -> str:
        return f"{self.urn}#{self.generation}" if self.urn else f"{self.token}{sorted(self.inputs.items())!r}"

    def hex(self, digits: int, salt: str = "") -> str:
        """Hex digits that depend on the resource only."""
        return hashlib.shake_128(f"{self._seed}/{salt}".encode()).hexdigest((digits + 1) // 2)[:digits]

    def letters(self, count: int, alphabet: str, salt: str = "") -> str:
        """Characters out of `alphabet` that depend on the resource only."""
        raw = hashlib.shake_256(f"{self._seed}/{salt}".encode()).digest(count * 2)
        return "".join(
            alphabet[int.from_bytes(raw[at * 2 : at * 2 + 2], "big") % len(alphabet)] for at in range(count)
        )

    def uuid(self, salt: str = "") -> str:
        """A UUID that depends on the resource only."""
        digits = self.hex(32, salt or "uuid")
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def number(self, below: int, salt: str = "") -> int:
        """A number from 0 to `below` - 1 that depends on the resource only."""
        return int(self.hex(12, salt or "number"), 16) % below

    def arn(
        self, service: str, resource: str, *, region: str | None = None, account: str | None = None
    ) -> str:
        """An ARN in this account; `region=""` for global services."""
        where = f"{self.region if region is None else region}:{self.cloud.account if account is None else account}"
        return f"arn:{self.partition}:{service}:{where}:{resource}"


Compare = Callable[[Mapping[str, Any], Mapping[str, Any]], list[str]]
"""Looks at the inputs before and after a change, of which none is unknown."""


def names(text: str) -> frozenset[str]:
    """Return the words of a string as a set."""
    return frozenset(text.split())


def too_long(ask: Ask, **limits: int) -> list[str]:
    """Say which inputs have more characters than a cloud takes."""
    return [
        f"{key} has {len(ask[key])} characters; at most {most} are allowed"
        for key, most in limits.items()
        if isinstance(ask[key], str) and len(ask[key]) > most
    ]


def no_host_name(text: str) -> list[str]:
    """Say what makes a name one that DNS cannot hold (RFC 1035, 2.3.4)."""
    found = [] if len(text) <= 253 else [f"the name {text} has {len(text)} characters; DNS takes 253"]
    labels = [label for label in text.split(".") if len(label) > 63]
    return [*found, *(f"the label {label} has {len(label)} characters; DNS takes 63" for label in labels)]


def tags_all(ask: Ask) -> dict[str, str]:
    """The provider's default tags and the resource's own, which win."""
    return {**ask.cloud.default_tags, **(ask["tags"] or {})}
