"""What a resource type or lookup takes and gives: `schema/<package>.<module>.json`, read when asked for.

The files are written from the installed SDKs (`python -m rehearsal schema`). A kind is `s` string,
`i` integer, `n` number, `b` boolean, `*` anything, `[` list of, `{` map of, `@Name` an object.
"""

import difflib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from clouds.ask import UNKNOWN
from rehearsal.standins.sdk_names import file_stem

FOLDER = Path(__file__).parent / "schema"
_WORDS = {
    "s": "a string",
    "i": "a whole number",
    "n": "a number",
    "b": "a boolean",
    "[": "a list",
    "{": "a map",
}


@dataclass(frozen=True)
class Shape:
    """The properties of one resource type or lookup; `inputs` says the kind of each."""

    token: str
    inputs: Mapping[str, str]
    required: tuple[str, ...]
    outputs: tuple[str, ...]
    secret: frozenset[str]
    objects: Mapping[str, Any]


@cache
def resource(token: str) -> Shape | None:
    """Return the shape of a resource type, or None where no file has it."""
    return _shape(token, "types")


@cache
def lookup(token: str) -> Shape | None:
    """Return the shape of a data lookup, or None where no file has it."""
    return _shape(token, "functions")


def _shape(token: str, part: str) -> Shape | None:
    content = _content(file_stem(token))
    found = content.get(part, {}).get(token)
    if found is None:
        return None
    return Shape(
        token=token,
        inputs=found["inputs"],
        required=tuple(found.get("required", ())),
        outputs=tuple(found["outputs"]),
        secret=frozenset(found.get("secret", ())),
        objects=content["objects"],
    )


@cache
def _content(stem: str) -> dict[str, Any]:
    path = FOLDER / f"{stem}.json"
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return content


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ` (did you mean X?)` for the closest known name, or nothing where none is close."""
    known = list(known)
    folded = {key.lower(): key for key in known}
    found = difflib.get_close_matches(name.lower(), folded, n=1, cutoff=0.6)
    return f" (did you mean {folded[found[0]]}?)" if found else ""


def mistakes(shape: Shape, inputs: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with the inputs: unknown names, missing ones, wrong types; nested ones too."""
    found: list[str] = []
    _object(shape.inputs, shape.required, inputs, "", shape.objects, found)
    return found


def _object(
    kinds: Mapping[str, str],
    required: Iterable[str],
    values: Mapping[str, Any],
    path: str,
    objects: Mapping[str, Any],
    found: list[str],
) -> None:
    for key, value in values.items():
        kind = kinds.get(key)
        if kind is None:
            found.append(f"unknown property {path}{key}{nearest(key, kinds)}")
        elif value is not None:
            _value(kind, value, path + key, objects, found)
    found.extend(f"missing property {path}{key}" for key in required if values.get(key) is None)


def _value(kind: str, value: Any, path: str, objects: Mapping[str, Any], found: list[str]) -> None:
    if value is UNKNOWN:
        return
    match kind[0]:
        case "s":
            right = isinstance(value, str)
        case "i":
            right = isinstance(value, int) and not isinstance(value, bool)
        case "n":
            right = isinstance(value, int | float) and not isinstance(value, bool)
        case "b":
            right = isinstance(value, bool)
        case "[":
            right = isinstance(value, list)
            if right:
                for at, item in enumerate(value):
                    _value(kind[1:], item, f"{path}[{at}]", objects, found)
        case "{":
            right = isinstance(value, Mapping)
            if right:
                for key, item in value.items():
                    _value(kind[1:], item, f"{path}.{key}", objects, found)
        case "@":
            right = isinstance(value, Mapping)
            if right:
                described = objects[kind[1:]]
                _object(described["inputs"], described["required"], value, f"{path}.", objects, found)
        case _:
            right = True
    if not right:
        found.append(f"{path} must be {_WORDS.get(kind[0], 'an object')}, not {type(value).__name__}")
