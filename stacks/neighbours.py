"""What a stack file must not have in common with the others of its folder."""

from collections.abc import Iterator, Mapping
from typing import Any

from stacks import PROJECT, files
from stacks.files import StackFile
from stacks.kinds import registry
from stacks.kinds.database import DatabaseKind, Place
from stacks.problems import InvalidStack, Problem

_DATABASE, _CHAT = f"{PROJECT}:database", f"{PROJECT}:chat"


def problems(found: StackFile) -> Iterator[Problem]:
    """Yield what another stack has too; nothing is looked for where the file itself cannot be read so far."""
    own = _places(found.name, _part(found.values, _DATABASE))
    if not own:
        return
    for stack in files.names():
        other = _read(stack) if stack != found.name else {}
        if own.isdisjoint(_places(stack, _part(other, _DATABASE))):
            continue
        host, here = (_part(one, _CHAT).get("host") for one in (other, found.values))
        # One chat in two files moves from one runtime to another. What cannot be read may be the same chat's.
        if isinstance(host, str) and isinstance(here, str) and host != here:
            yield Problem(
                f"{_DATABASE}.name",
                f"the stack {stack} has that database of the cluster, for the chat {host}; two chats in one database "
                "spoil each other",
                remedy="take another name",
            ).at(found.line(f"{_DATABASE}.name"))


def _read(stack: str) -> Mapping[str, Any]:
    try:
        return files.read(stack).values
    except InvalidStack:
        return {}


def _part(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    part = values.get(key)
    return part if isinstance(part, Mapping) else {}


def _places(stack: str, part: Mapping[str, Any]) -> frozenset[Place]:
    kind = part.get("kind")
    model = registry.models("database").get(kind) if isinstance(kind, str) else None
    if model is None or not issubclass(model, DatabaseKind):
        return frozenset()
    return model.places(stack, part, lambda other: _part(_read(other), _DATABASE))
