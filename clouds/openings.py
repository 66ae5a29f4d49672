"""What of a resource the whole internet can reach: what `opens` of the records is made from."""

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Opens = Callable[[Mapping[str, Any]], Iterator[str]]
"""Yields a port, a range of ports, or words, by the inputs."""


def world(ranges: Any) -> bool:
    """Whether these ranges are the whole internet."""
    given = ranges if isinstance(ranges, list) else [ranges]
    return any(isinstance(one, str) and "/" in one and _prefix(one) == 0 for one in given)


def _prefix(text: str) -> int | None:
    try:
        return ipaddress.ip_network(text, strict=False).prefixlen
    except ValueError:
        return None


def ports(first: Any, last: Any) -> str:
    """Return a range of ports in words."""
    return str(first) if first == last else f"{first}-{last}"
