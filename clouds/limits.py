"""What a value must be that a cloud documents and the models of its requests leave out: the words of the records.

EC2, S3, ECS, SNS and load balancers have hardly any limits in their models.
"""

import ipaddress
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

Limit = Callable[[Any], str | None]
"""Says what a value must be; None where it is."""


def between(low: float, high: float, *others: float) -> Limit:
    """A number from `low` to `high`, or one of the others."""
    also = "".join(f", or {one:g}" for one in others)
    text = f"must be from {low:g} to {high:g}{also}"
    return lambda value: None if low <= float(value) <= high or float(value) in others else text


def among(*values: object) -> Limit:
    """One of these values."""
    return lambda value: None if value in values else f"must be one of {', '.join(map(str, values))}"


def formed(pattern: str, what: str) -> Limit:
    """A text of that form."""
    return lambda value: None if re.fullmatch(pattern, str(value), re.ASCII) else f"must be {what}"


def shorter(most: int) -> Limit:
    """A text of at most so many characters."""
    return lambda value: (
        None if len(value) <= most else f"has {len(value)} characters; at most {most} are allowed"
    )


def cidr(value: Any) -> str | None:
    """A network in CIDR form, without bits of a host."""
    try:
        ipaddress.ip_network(value)
    except ValueError:
        return "must be a network in CIDR form"
    return None


def ipv4(value: Any) -> str | None:
    """An IPv4 address."""
    try:
        ipaddress.IPv4Address(value)
    except ValueError:
        return "must be an IPv4 address"
    return None


def document(value: Any) -> str | None:
    """A document in JSON."""
    try:
        json.loads(value)
    except ValueError:
        return "must be JSON"
    return None


MAX_INTEGER = 2_147_483_647


def one_of(inputs: Mapping[str, Any], *keys: str) -> Iterator[str]:
    """Yield what is wrong where not exactly one of these inputs is given."""
    given = [key for key in keys if inputs.get(key) not in (None, "", [])]
    if len(given) != 1:
        yield f"exactly one of {', '.join(keys)} must be given, not {' and '.join(given) or 'none'}"


def twice(path: str, found: Iterable[Any]) -> Iterator[str]:
    """Yield what is wrong where something stands twice in a list of what is there once."""
    kept = [one for one in found if one is not None]
    if len(kept) != len(set(map(str, kept))):
        yield f"{path} must be different from one another"


def all_of(value: Any) -> list[Any]:
    """Return a list of inputs; the SDK takes one alone too."""
    return [] if value is None else value if isinstance(value, list) else [value]


def wrong(inputs: Mapping[str, Any], limits: Mapping[str, Limit]) -> Iterator[str]:
    """Yield what is wrong with inputs that are all known; values are not quoted, as they may be secret."""
    for steps, limit in limits.items():
        for path, value in values(inputs, steps.split(".")):
            if (said := limit(value)) is not None:
                yield f"{path} {said}"


def values(value: Any, steps: Sequence[str], path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield what stands at a path of inputs (`rules.*.id`), each with its own path; nothing where it is not given."""
    if value is None:
        return
    if not steps:
        yield path, value
    elif steps[0] == "*":
        for index, one in enumerate(value if isinstance(value, list) else [value]):
            yield from values(one, steps[1:], f"{path}[{index}]")
    elif isinstance(value, Mapping):
        yield from values(value.get(steps[0]), steps[1:], f"{path}.{steps[0]}".removeprefix("."))
