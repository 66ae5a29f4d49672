"""The form of the table: one `Standin` for each resource type, one `Lookup` for each data lookup."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from rehearsal.wire import UNKNOWN, has_unknown

ACCOUNT = "123456789012"
"""The AWS account that the stand-in cloud is; AWS's own in its documentation."""
CREATED = "2026-01-01T00:00:00Z"
"""When everything in the stand-in cloud was made: plans must not depend on the day."""


class NotKnownYetError(Exception):
    """A computed output rests on an input that is known only after the deployment."""


@dataclass(frozen=True)
class Cloud:
    """What a provider instance is set to: its region and the tags it puts on everything."""

    region: str = "us-east-1"
    default_tags: Mapping[str, str] = field(default_factory=dict)
    kubeconfig: str = field(default="", repr=False)
    """How the provider reaches its cluster."""


@dataclass(frozen=True)
class Existing:
    """One thing that exists in a cloud, as a lookup can see it."""

    type: str
    id: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    region: str
    """Of its provider; some resources have their own as an input."""


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

    def arn(self, service: str, resource: str, *, region: str | None = None, account: str = ACCOUNT) -> str:
        """An ARN in this account; `region=""` for global services."""
        return f"arn:aws:{service}:{self.region if region is None else region}:{account}:{resource}"


Compute = Callable[[Ask], Any]
Compare = Callable[[Mapping[str, Any], Mapping[str, Any]], list[str]]
"""Looks at the inputs before and after a change, of which none is unknown."""


@dataclass(frozen=True)
class Autoname:
    """How the provider names what has no name: logical name, hyphen, seven hex digits."""

    property: str = "name"
    limit: int = 255
    lower: bool = False
    suffix: str = ""
    prefix: str = ""


@dataclass(frozen=True)
class Standin:
    """What the real provider does for one resource type, as far as a rehearsal can see it."""

    what: str
    """What it is for, in a few words; shown in the tree."""
    id: Compute
    computed: Mapping[str, Compute] = field(default_factory=dict)
    """Outputs that the provider makes. They win over an input of the same name."""
    absent: frozenset[str] = frozenset()
    """Outputs that are neither inputs nor ever set in our use."""
    autoname: Autoname | None = None
    replaces: frozenset[str] = frozenset()
    """Paths of inputs (`spec.serviceName`; lists are passed through) whose change makes a new resource."""
    replaces_when: Compare | None = None
    """Further such paths, where it depends on both values: a version that is lowered."""
    filled: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Sets of objects to those of their members that the cloud fills in where they are left out. The provider compares
    sets as a whole: left out again, such a member makes a new resource, unless the program ignores the set."""
    renewed: frozenset[str] = frozenset()
    """Computed outputs that a read makes anew: credentials that are over."""
    stays: Compare | None = None
    """What the real provider refuses to change: sentences."""
    refuses: Callable[[Ask], list[str]] | None = None
    """What the real provider refuses before any call of an API."""
    busy: Callable[[Mapping[str, Any]], list[str]] | None = None
    """Why the cloud takes no change of what has these outputs now."""
    lacks: Callable[[Ask], list[str]] | None = None
    """What the cloud has not, and refuses when it is to be made: versions, sizes, regions."""


@dataclass(frozen=True)
class Lookup:
    """What the real provider answers to one data lookup; what is not computed echoes the arguments."""

    computed: Mapping[str, Compute]
    absent: frozenset[str] = frozenset()


def names(text: str) -> frozenset[str]:
    """Return the words of a string as a set."""
    return frozenset(text.split())


def given(key: str, otherwise: Compute | str | float | bool | None) -> Compute:
    """The input where it is given, else what the provider would fill in."""

    def compute(ask: Ask) -> Any:
        value = ask[key]
        if value is not None:
            return value
        return otherwise(ask) if callable(otherwise) else otherwise

    return compute


def always(value: Any) -> Compute:
    """The same value for every resource."""
    return lambda _ask: value


def tags_all(ask: Ask) -> dict[str, str]:
    """The provider's default tags and the resource's own, which win."""
    return {**ask.cloud.default_tags, **(ask["tags"] or {})}
