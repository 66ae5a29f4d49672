"""Writes `schema/*.json` from the installed SDKs for everything in the table."""

import json
from typing import Any

from rehearsal import standins
from rehearsal.standins import schema, sdk


def fresh() -> dict[str, str]:
    """Return the text that each schema file should have, by file name."""
    tokens = [*standins.types(), *(f"pulumi:providers:{name}" for name in standins.PACKAGES)]
    described = sdk.describe(tokens, standins.lookups())
    return {f"{stem}.json": _text(content) for stem, content in described.items()}


def write() -> list[str]:
    """Write the files; return the names of those that changed."""
    schema.FOLDER.mkdir(exist_ok=True)
    wanted = fresh()
    changed = []
    for name, text in wanted.items():
        path = schema.FOLDER / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            changed.append(name)
    for path in schema.FOLDER.glob("*.json"):
        if path.name not in wanted:
            path.unlink()
            changed.append(path.name)
    return sorted(changed)


def _text(content: dict[str, Any]) -> str:
    """One line for each type and object, so that a provider's upgrade shows as a readable difference."""
    parts = []
    for part, entries in content.items():
        lines = ",\n".join(
            f"{json.dumps(key)}: {json.dumps(value)}" for key, value in sorted(entries.items())
        )
        parts.append(f"{json.dumps(part)}: {{\n{lines}\n}}" if lines else f"{json.dumps(part)}: {{}}")
    return "{\n" + ",\n".join(parts) + "\n}\n"
