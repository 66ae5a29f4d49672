"""What is known of the clouds: one record for each resource type, and one for each data lookup.

A module holds the records of a service (`aws:ec2/vpc:Vpc` is in `clouds/aws/ec2.py`) or of a whole provider, as its
constants. It is read when something of it is asked for.
"""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import ModuleType
from typing import TypeVar

from clouds.record import Lookup, Resource

PACKAGES = ("aws", "cloudflare", "digitalocean", "kubernetes", "mongodbatlas", "random")
"""The providers that have records."""
_BY_SERVICE = frozenset({"aws"})
"""Providers of which a service is read by itself."""

_Record = TypeVar("_Record", Resource, Lookup)
_Records = tuple[Mapping[str, Resource], Mapping[str, Lookup]]


@cache
def _services(package: str) -> tuple[str, ...]:
    """The names of a provider's modules; empty for one that has a single module."""
    module = importlib.import_module(f"clouds.{package}")
    return tuple(one.name for one in pkgutil.iter_modules(getattr(module, "__path__", ())))


@cache
def _records(package: str, service: str = "") -> _Records:
    if package not in PACKAGES:
        return {}, {}
    services = _services(package)
    if services and not service:
        parts = [_records(package, one) for one in services]
        return (
            {token: one for records, _ in parts for token, one in records.items()},
            {token: one for _, lookups in parts for token, one in lookups.items()},
        )
    if services and service not in services:
        return {}, {}
    module = importlib.import_module(".".join(filter(None, ("clouds", package, service))))
    return _of(module, Resource), _of(module, Lookup)


def _of(module: ModuleType, kind: type[_Record]) -> dict[str, _Record]:
    return {one.token: one for one in vars(module).values() if isinstance(one, kind)}


def _where(token: str) -> _Records:
    package, _, rest = token.partition(":")
    return _records(package, rest.partition("/")[0] if package in _BY_SERVICE else "")


def find(token: str) -> Resource | None:
    """Return the record of a resource type, or None."""
    return _where(token)[0].get(token)


def find_lookup(token: str) -> Lookup | None:
    """Return the record of a data lookup, or None."""
    return _where(token)[1].get(token)


def types() -> dict[str, Resource]:
    """Return the records of all resource types."""
    return {token: one for name in PACKAGES for token, one in _records(name)[0].items()}


def lookups() -> dict[str, Lookup]:
    """Return the records of all data lookups."""
    return {token: one for name in PACKAGES for token, one in _records(name)[1].items()}
