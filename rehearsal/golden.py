"""Golden plans: what every stack would make, kept as files, so that a review sees what a change does to it."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rehearsal.cli import CHECKOUT
from rehearsal.plan import Plan

FOLDER = CHECKOUT / "tests" / "golden"
_ABSENT = object()
_LONGEST = 70
"""Characters of a value that a difference shows."""

Resources = Sequence[Mapping[str, Any]]


def path_of(stack: str, folder: Path = FOLDER) -> Path:
    """Return the file of a stack's golden plan."""
    return folder / f"{stack}.json"


def write(plan: Plan, folder: Path = FOLDER) -> list[str]:
    """Store the plan as the golden one; return how it differs from the one before, all of it if there was none."""
    folder.mkdir(parents=True, exist_ok=True)
    changes = compare(plan, folder)
    path_of(plan.stack, folder).write_text(plan.text(), encoding="utf-8")
    return changes


def compare(plan: Plan, folder: Path = FOLDER) -> list[str]:
    """Return how the plan differs from the golden one, one line for each resource or property; [] when equal."""
    path = path_of(plan.stack, folder)
    golden: Resources = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    return difference(golden, json.loads(plan.text()))


def difference(old: Resources, new: Resources) -> list[str]:
    """Return lines `+ added`, `- removed` and `~ changed: property: old -> new`, sorted by URN."""
    before = {str(resource["urn"]): resource for resource in old}
    after = {str(resource["urn"]): resource for resource in new}
    lines: list[str] = []
    for urn in sorted(before.keys() | after.keys()):
        if urn not in before:
            lines.append(f"+ {_title(after[urn])}")
        elif urn not in after:
            lines.append(f"- {_title(before[urn])}")
        else:
            changes = _changes("", before[urn], after[urn])
            lines.extend(f"~ {_title(after[urn])}: {change}" for change in changes)
    return lines


def _title(resource: Mapping[str, Any]) -> str:
    return f"{resource['name']} ({resource['type']})"


def _changes(path: str, old: Any, new: Any) -> list[str]:
    if old == new:
        return []
    if isinstance(old, str) and isinstance(new, str):
        documents = _document(old), _document(new)
        if None not in documents:
            old, new = documents
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


def _document(text: str) -> Any:
    """JSON objects and lists in strings (policies, container definitions) are compared by their parts."""
    if text[:1] not in {"{", "["}:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None


def _shown(value: Any) -> str:
    if value is _ABSENT:
        return "(absent)"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
