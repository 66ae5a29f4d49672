"""The tables in docs/stack-files.md, made from the schema of stack files. Run as a program, it writes them anew."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from proving import key_changes_page, pages
from stacks import schema
from stacks.kinds.registry import KINDS, models
from stacks.language import NAMESPACE
from stacks.project import PRODUCT
from stacks.secrets import SECRETS

PAGE = PRODUCT / "docs" / "stack-files.md"
FEW = 8
"""Of more values than these the first two and the last are told; the schema has them all."""
COLUMNS = ("key", "value", "default", "what it is")

Schema = Mapping[str, Any]


def reference() -> str:
    """Return a section for each part: for each of its kinds, or for the part itself, a table of the keys."""
    whole = schema.schema()
    named = {key: one for key, one in whole["properties"]["config"]["properties"].items() if ":" in key}
    parts = {key.partition(":")[2]: one for key, one in named.items() if key.startswith(f"{NAMESPACE}:")}
    sections = [
        section
        for name, one in parts.items()
        if name not in SECRETS
        for section in _part(name, one, whole["$defs"])
    ]
    return "\n".join([*sections, *_secrets()])


def _part(name: str, part: Schema, models_: Schema) -> Iterator[str]:
    yield f"## {name}\n"
    yield f"{_line(part['description'])}\n"
    default = part.get("default")
    if default:
        yield f"When left out: `{_short(default)}`.\n"
    if name in KINDS:
        for kind, model in models(name).items():
            yield f"### {name}: {kind}\n"
            yield f"{_line(model.__doc__ or '')}\n"
            yield f"{_example(name, kind, model.example)}\n"
            yield f"{_keys(models_[model.__name__], models_)}\n"
            yield from _changes(f"{name}({kind})")
    elif "$ref" in (one := part.get("anyOf", [part])[0]):
        yield f"{_keys(models_[one['$ref'].rpartition('/')[2]], models_)}\n"
        yield from _changes(name)
    else:
        yield f"Its value: {_type(part, models_)}.\n"


def _changes(title: str) -> Iterator[str]:
    """Yield the place where it was tried what a change does, unless there is nothing to change."""
    if f"\n### {title}\n" in pages.read(key_changes_page.PAGE):
        anchor = title.replace("(", "").replace(")", "")
        yield f"What a change of them does: [{title}](changes.md#{anchor}).\n"


def _example(part: str, kind: str, example: Mapping[str, Any]) -> str:
    value: Any = {"kind": kind, **example}
    if part == "login":
        value = [value]
    text = yaml.safe_dump(
        {f"{NAMESPACE}:{part}": value}, sort_keys=False, default_flow_style=None, width=110
    ).strip()
    return f"```yaml\n{text}\n```"


def _keys(model: Schema, models_: Schema) -> str:
    return pages.table(COLUMNS, _rows(model, models_))


def _rows(model: Schema, models_: Schema, path: str = "") -> Iterator[tuple[str, str, str, str]]:
    """Yield a row for each key, and below it those of the objects that it takes."""
    for key, one in model["properties"].items():
        if key == "kind" and not path:
            continue
        place = f"{path}{key}"
        needed = key in model.get("required", ())
        default = "needed" if needed else _default(one)
        yield f"`{place}`", _type(one, models_), default, _line(one.get("description", ""))
        for ref in _refs(one):
            below = models_[ref]
            if "properties" in below:
                chosen = below["properties"].get("kind", {}).get("const")
                step = f"({chosen})" if chosen else "[]" if _is_list(one) else ""
                yield from _rows(below, models_, f"{place}{step}.")


def _default(one: Schema) -> str:
    default = one.get("default")
    return "" if default in (None, "", [], {}) or isinstance(default, dict) else f"`{_short(default)}`"


def _type(one: Schema, models_: Schema) -> str:
    """Return in words which values are taken."""
    if "const" in one:
        return f"`{_short(one['const'])}`"
    if "enum" in one:
        values = [f"`{_short(value)}`" for value in one["enum"]]
        return ", ".join(values if len(values) <= FEW else [*values[:2], "…", values[-1]])
    if "anyOf" in one or "oneOf" in one:
        ways = [_type(way, models_) for way in one.get("anyOf") or one["oneOf"] if way.get("type") != "null"]
        return " or ".join(dict.fromkeys(ways))
    if "$ref" in one:
        below = models_[one["$ref"].rpartition("/")[2]]
        return _type(below, models_) if "enum" in below else "object"
    if one.get("type") == "array":
        return f"list of {_type(one.get('items', {}), models_)}"
    bounds = {
        "minimum": "at least",
        "maximum": "at most",
        "minLength": "not shorter than",
        "maxLength": "not longer than",
    }
    told = [f"{word} {one[bound]}" for bound, word in bounds.items() if bound in one]
    return " ".join(part for part in (str(one.get("type", "any")), ", ".join(told)) if part)


def _is_list(one: Schema) -> bool:
    return one.get("type") == "array" or any(way.get("type") == "array" for way in one.get("anyOf", ()))


def _refs(one: Any) -> Iterator[str]:
    """Yield the models that a value may be, by their names."""
    if isinstance(one, Mapping):
        if "$ref" in one:
            yield one["$ref"].rpartition("/")[2]
        for key in ("anyOf", "oneOf", "items", "additionalProperties"):
            yield from _refs(one.get(key))
    elif isinstance(one, list):
        for way in one:
            yield from _refs(way)


def _secrets() -> Iterator[str]:
    yield "## Secrets\n"
    yield "Each is set by `pulumi config set --secret`; a plan says which ones the stack needs.\n"
    rows = [(f"`{NAMESPACE}:{key.name}`", _line(key.description)) for key in SECRETS.values()]
    yield f"{pages.table(('key', 'what it is'), rows)}\n"


def _line(text: str) -> str:
    return " ".join(text.split())


def _short(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


if __name__ == "__main__":
    pages.write(PAGE, reference())
