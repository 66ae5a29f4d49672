"""What a stack file must not have in common with the others of its folder."""

from collections.abc import Iterator, Mapping
from typing import Any

from stacks import PROJECT, files
from stacks.files import StackFile
from stacks.kinds.database.atlas import AtlasDatabase
from stacks.problems import InvalidStack, Problem

_OWN, _BESIDE = "atlas", "atlas-existing"
_DATABASE, _CHAT = f"{PROJECT}:database", f"{PROJECT}:chat"


def problems(found: StackFile) -> Iterator[Problem]:
    """Yield what another stack has too; nothing is looked for where the file itself cannot be read so far."""
    name, own = _named(found.values), _clusters(found.name, found.values)
    if name is None or not own:
        return
    for stack in files.names():
        other = _read(stack) if stack != found.name else None
        if other is None or _named(other) != name or not own & _clusters(stack, other):
            continue
        host = _part(other, _CHAT).get("host")
        # One chat in two files moves from one runtime to another.
        if host != _part(found.values, _CHAT).get("host"):
            yield Problem(
                f"{_DATABASE}.name",
                f"the stack {stack} has that database of the cluster, for the chat {host}; two chats in one database "
                "spoil each other",
                remedy="take another name",
            ).at(found.line(f"{_DATABASE}.name"))


def _read(stack: str) -> Mapping[str, Any] | None:
    try:
        return files.read(stack).values
    except InvalidStack:
        return None


def _part(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    part = values.get(key)
    return part if isinstance(part, Mapping) else {}


def _named(values: Mapping[str, Any]) -> str | None:
    """Return the database's name on Atlas. MongoDB takes no two names that differ in their case only."""
    part = _part(values, _DATABASE)
    kind = part.get("kind")
    name = part.get("name", AtlasDatabase.model_fields["name"].default if kind == _OWN else None)
    return name.lower() if kind in (_OWN, _BESIDE) and isinstance(name, str) else None


def _clusters(stack: str, values: Mapping[str, Any]) -> set[tuple[str, ...]]:
    """Return what the cluster is known by: the stack that has made it, or project and name."""
    part = _part(values, _DATABASE)
    owner = part.get("stack") if part.get("kind") == _BESIDE else stack
    known: set[tuple[str, ...]] = set()
    if {"project", "cluster"} <= set(part):
        known.add(("named", str(part["project"]), str(part["cluster"])))
    if not isinstance(owner, str):
        return known
    owner = owner.rpartition("/")[2]
    known.add(("stack", owner))
    there = _read(owner) if owner != stack and owner in files.names() else None
    # One that names a third is refused where it is deployed: it has no outputs of a cluster.
    if there is not None and _part(there, _DATABASE).get("kind") == _OWN:
        known |= _clusters(owner, there)
    return known
