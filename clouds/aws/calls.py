"""How requests of AWS are made: the create call, those beside it, and how inputs become members."""

from collections.abc import Mapping
from typing import Any

from clouds.ask import names
from clouds.record import (
    Call,
    Sent,
    Target,
    Turn,
    Value,
)


def either(when_true: str, when_false: str) -> Turn:
    """Turn a boolean into one of two words."""
    return lambda value: {True: when_true, False: when_false}.get(value, value)


def listed(value: Any) -> list[Any]:
    """The value as a list."""
    return value if isinstance(value, list) else [value]


def each(member: str) -> Turn:
    """Each value as an object of one member."""
    return lambda value: [{member: one} for one in listed(value)]


def ec2_tags(kind: str) -> dict[str, Target]:
    return {
        "tags": (
            "TagSpecifications",
            lambda tags: [
                {"ResourceType": kind, "Tags": [{"Key": key, "Value": one} for key, one in tags.items()]}
            ],
        )
    }


def create(
    operation: str,
    members: Mapping[str, Target] | None = None,
    fixed: Mapping[str, Value] | None = None,
    at: str = "",
) -> Call:
    """The call that makes the thing."""
    return Call(operation, members or {}, fixed or {}, at, beside=False)


def sent(*calls: Call, local: str = "") -> Sent:
    """The calls for a type; `local` are the paths of inputs that only the provider reads."""
    return Sent(calls, names(local))
