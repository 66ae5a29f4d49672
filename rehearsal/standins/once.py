"""What a cloud has only once, and what it does not give up while something else needs it.

A name that is taken, an address that serves another gateway, a firewall that a load balancer still has: the plan
shows none of these, the cloud refuses them in the middle of a deployment. The records say what, and with which error;
AWS's are of its API models (tests look for them there), but for EC2, whose are on the page "Error codes for the Amazon
EC2 API".
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import clouds
from clouds.ask import Existing
from clouds.record import Overwritten, Refuses, Scope
from clouds.template import fill


@dataclass(frozen=True)
class Claim:
    """One value that a thing holds; `key` is the same for whoever would hold it too."""

    key: tuple[object, ...]
    what: str
    error: str
    shared: bool = False
    """May be held by several that all share it: addresses of one name, but no alias beside them."""


def _refuses(kind: str) -> Refuses | None:
    record = clouds.find(kind)
    return record.refuses if record is not None and isinstance(record.refuses, Refuses) else None


def claims(one: Existing) -> Iterator[Claim]:
    """Give all that a thing holds alone."""
    record, refuses = clouds.find(one.type), _refuses(one.type)
    own = record.identity(one) if record is not None else one.id
    if own is not None:
        yield Claim((one.type, "itself", one.account, _region(one), own), one.id, "exists already")
    for once in refuses.once if refuses is not None else ():
        where = _within(once.scope, one)
        shared = once.shared is not None and once.shared(one)
        for value in once.values(one):
            key = (once.group or one.type, once.what, where, value)
            yield Claim(key, fill(once.what, one.__getitem__), once.error, shared)


def same(one: Existing, other: Existing) -> bool:
    """Whether the cloud takes two things of a type for the same one."""
    record = clouds.find(one.type)
    return record is not None and record.identity(one) == record.identity(other)


def overwrites(kind: str) -> bool:
    """Whether making one again overwrites what is there (a PUT) and is not refused."""
    record = clouds.find(kind)
    return record is not None and isinstance(record.again, Overwritten)


def import_id(one: Existing) -> str:
    """Return what an import of a thing takes."""
    record = clouds.find(one.type)
    return one.id if record is None else record.imported_by(one)


def _within(scope: Scope, one: Existing) -> tuple[str, ...]:
    if scope is Scope.WORLD:
        return ()
    return (one.account,) if scope is Scope.ACCOUNT else (one.account, _region(one))


def _region(one: Existing) -> str:
    return str(one.inputs.get("region") or one.region)


def users(kind: str) -> set[str]:
    """Return the types of which something may keep one of this type in its place."""
    refuses = _refuses(kind)
    if refuses is None:
        return set()
    return {use.type for use in refuses.used_by} | (refuses.held.types if refuses.held is not None else set())


def in_use(one: Existing, others: Iterable[Existing]) -> Iterator[tuple[Existing, str]]:
    """Give what keeps a thing from being deleted, with the cloud's error."""
    refuses, everything = _refuses(one.type), list(others)
    for use in refuses.used_by if refuses is not None else ():
        known = {one.inputs.get(use.by)} if use.by else {one.id, one.outputs.get("arn")} - {None}
        for other in everything:
            if other.type == use.type and known & set(_at(other.inputs, use.path.split("."))):
                yield other, use.error
    yield from _held(one, everything)


def moved(before: Existing, after: Existing, others: Iterable[Existing]) -> Iterator[tuple[Existing, str]]:
    """Give what keeps a thing from being taken to another place."""
    refuses = _refuses(before.type)
    held = refuses.held if refuses is not None else None
    if held is not None and before.inputs.get(held.place) != after.inputs.get(held.place):
        yield from _held(before, list(others))


def _held(one: Existing, others: Sequence[Existing]) -> Iterator[tuple[Existing, str]]:
    refuses = _refuses(one.type)
    held = refuses.held if refuses is not None else None
    if held is not None:
        yield from ((other, held.error) for other in held.by(one, others))


def _at(value: Any, path: list[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for one in value:
            yield from _at(one, path)
    elif not path:
        yield value
    elif isinstance(value, Mapping):
        yield from _at(value.get(path[0]), path[1:])


def beside(one: Existing, others: Iterable[Existing]) -> list[str]:
    """Return why a new thing does not go with others of its type."""
    refuses = _refuses(one.type)
    return refuses.beside(one, others) if refuses is not None and refuses.beside is not None else []
