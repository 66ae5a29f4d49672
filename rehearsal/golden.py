"""Golden plans: what every stack would make, kept as files, so that a review sees what a change does to it.

A file has one entry per resource, by the last part of its URN: its parent, its inputs, its options and what of it is
secret. What a cloud answers is left out. A JSON document in a string is written as what it says, marked `!json`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from rehearsal.plan import Plan
from stacks.engine import STACK_TYPE, name_of
from stacks.project import PRODUCT

FOLDER = PRODUCT / "tests" / "golden"
_ABSENT = object()
_LONGEST = 70
"""Characters of a value that a difference shows."""
_WIDTH = 120
_JSON = "!json"

Resources = Mapping[str, Mapping[str, Any]]
"""Resources by the last part of their URNs: types and name."""


@dataclass(frozen=True)
class Json:
    """A string that is a JSON document."""

    value: Any


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - a reader should not have to look elsewhere
        return True


class _Loader(yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader):  # type: ignore[misc]
    pass


def _as_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


def _as_document(dumper: yaml.SafeDumper, document: Json) -> yaml.Node:
    node = dumper.represent_data(document.value)
    node.tag = _JSON
    return node


def _document(loader: Any, node: yaml.Node) -> Json:
    if isinstance(node, yaml.SequenceNode):
        return Json(loader.construct_sequence(node, deep=True))
    return Json(loader.construct_mapping(node, deep=True))


_Dumper.add_representer(str, _as_text)
_Dumper.add_representer(Json, _as_document)
_Loader.add_constructor(_JSON, _document)


def path_of(stack: str, folder: Path = FOLDER) -> Path:
    """Return the file of a stack's golden plan."""
    return folder / f"{stack}.yaml"


def read(stack: str, folder: Path = FOLDER) -> Resources:
    """Return a golden plan; nothing where there is none."""
    path = path_of(stack, folder)
    if not path.exists():
        return {}
    # The loader is a safe one, and makes nothing but `Json` beside.
    found: Resources = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506
    return found


def type_of(tail: str) -> str:
    """Return the type of a resource of which this is the last part of the URN."""
    return tail.rpartition("::")[0].rpartition("$")[2]


def write(plan: Plan, folder: Path = FOLDER) -> list[str]:
    """Store the plan as the golden one; return how it differs from the one before, all of it if there was none."""
    folder.mkdir(parents=True, exist_ok=True)
    changes = compare(plan, folder)
    path_of(plan.stack, folder).write_text(text(plan), encoding="utf-8")
    return changes


def text(plan: Plan) -> str:
    """Return the plan as it is stored."""
    return yaml.dump(
        described(plan), Dumper=_Dumper, width=_WIDTH, allow_unicode=True, default_flow_style=None
    )


def described(plan: Plan) -> Resources:
    """Return of every resource of a plan what is stored."""
    return of_json([one.to_json() for one in plan.resources])


def of_json(resources: Sequence[Mapping[str, Any]]) -> Resources:
    """Return of every resource what is stored, of a plan as JSON."""
    return {_tail(one["urn"]): _described(one) for one in sorted(resources, key=lambda one: str(one["urn"]))}


def compare(plan: Plan, folder: Path = FOLDER) -> list[str]:
    """Return how the plan differs from the golden one, one line for each resource or property; [] when equal."""
    return difference(read(plan.stack, folder), described(plan))


def difference(old: Resources, new: Resources) -> list[str]:
    """Return lines `+ added`, `- removed` and `~ changed: property: old -> new`, sorted by URN."""
    lines: list[str] = []
    for tail in sorted(old.keys() | new.keys()):
        if tail not in old:
            lines.append(f"+ {title(tail)}")
        elif tail not in new:
            lines.append(f"- {title(tail)}")
        else:
            lines.extend(f"~ {title(tail)}: {change}" for change in _changes("", old[tail], new[tail]))
    return lines


def _described(told: Mapping[str, Any]) -> dict[str, Any]:
    # A stack has no inputs: what it gives back is what the program says.
    part = "outputs" if told["type"] == STACK_TYPE else "inputs"
    members = {
        "parent": _named(told["parent"]),
        part: _plain(told[part]),
        "options": _named(told["options"]),
        "protect": told["protect"],
        "secret": [path.partition(".")[2] for path in told["secretPaths"] if path.startswith(f"{part}.")],
    }
    return {key: value for key, value in members.items() if value}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, str) and value[:1] in {"{", "["}:
        try:
            return Json(json.loads(value))
        except ValueError:
            return value
    return value


def _named(value: Any) -> Any:
    """Return options with the names of resources in place of their URNs."""
    if isinstance(value, Mapping):
        return {str(key): _named(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_named(one) for one in value]
    return name_of(value) if isinstance(value, str) and value.startswith("urn:pulumi:") else value


def _tail(urn: str) -> str:
    """Return the types and the name of a URN: the stack and the project are the same for all."""
    return urn.partition("::")[2].partition("::")[2]


def title(tail: str) -> str:
    """Return the name and the type of a resource of which this is the last part of the URN."""
    return f"{name_of(tail)} ({type_of(tail)})"


def _changes(path: str, old: Any, new: Any) -> list[str]:
    if old == new:
        return []
    if isinstance(old, Json) and isinstance(new, Json):
        old, new = old.value, new.value
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return [
            change
            for key in sorted(old.keys() | new.keys())
            for change in _changes(
                f"{path}.{key}" if path else str(key), old.get(key, _ABSENT), new.get(key, _ABSENT)
            )
        ]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [
            change
            for at, pair in enumerate(zip(old, new, strict=True))
            for change in _changes(f"{path}[{at}]", *pair)
        ]
    return [f"{path}: {_shown(old)} -> {_shown(new)}"]


def _shown(value: Any) -> str:
    if value is _ABSENT:
        return "(absent)"
    told = json.dumps(value, ensure_ascii=False, default=lambda document: document.value)
    return told if len(told) <= _LONGEST else told[: _LONGEST - 1] + "…"
