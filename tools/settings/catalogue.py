"""Add what one release registers to the catalogue of settings (`rocketchat/data/settings.json`).

    python tools/settings/catalogue.py 9.1 settings.json [--lacks ee] [--partial]

The file is what a server of that release keeps of its settings, after its first start:

    mongoexport --uri "$MONGO_URL" --collection rocketchat_settings --jsonArray --out settings.json

or an object of facts by id (`type`, `choices`, `default`, `modules`, `hidden`, `readonly`), as somebody who read
the registering code by other means wrote it. `--lacks ee` says that licensed settings were not among what was read,
so that a missing one says nothing; `--partial` says so of all.

What no reading can tell is written by hand, and stays: `sensitive`, and `since` and `until` where the release notes
name the line in which a setting came or went. A new setting is sensitive when its type or its name says so; look
through the new ones.

In the catalogue, `readings` says of each line whether it was read whole or in part. Of a setting, `in` names the
readings that have it, `unsaid` the whole ones that cannot tell, `was` what was otherwise in one of them.
"""

import argparse
import json
import re
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[2] / "rocketchat" / "data" / "settings.json"
FAMILIES = (re.compile(r"(?<=^Accounts_OAuth_Custom-)[A-Za-z0-9]+"),)
"""Ids that exist once for each name that somebody gave."""
_FACTS = ("type", "choices", "default", "modules", "hidden", "readonly")
_DIFFERING = ("type", "choices", "modules")
"""Facts that a check needs as they are in the release at hand."""
_LONGEST_DEFAULT = 300
_NAMED_SECRET = re.compile(
    r"secret|password|passphrase|token|api_?key|private_?key|licen[cs]e$", re.IGNORECASE
)

Row = dict[str, Any]


def facts_of(document: Mapping[str, Any]) -> Row:
    """Return the facts of one document of `rocketchat_settings`, or of one entry that has them already."""
    row: Row = {"type": document["type"]}
    choices = document.get("choices") or [choice["key"] for choice in document.get("values") or []]
    if choices:
        row["choices"] = choices
    default = document.get("packageValue", document.get("default"))
    if default is not None and len(str(default)) <= _LONGEST_DEFAULT:
        row["default"] = default
    for name in ("modules", "hidden", "readonly"):
        if document.get(name):
            row[name] = document[name]
    return row


def reading(found: Any) -> dict[str, Row]:
    """Return facts by id, from an export or from an object by id; families under their `<name>`."""
    documents = {entry["_id"]: entry for entry in found} if isinstance(found, list) else found
    made = {}
    for key, document in documents.items():
        for family in FAMILIES:
            key = family.sub("<name>", key)
        made[key] = facts_of(document)
    return made


def add(rows: dict[str, Row], line: str, found: Mapping[str, Row], lacking: Collection[str] = ()) -> None:
    """Add a reading, newer than all others, to the rows in place. `lacking` are ids that it cannot tell of."""
    for key, facts in found.items():
        row = rows.setdefault(key, {})
        before = {name: row[name] for name in _DIFFERING if name in row}
        after = {name: facts[name] for name in _DIFFERING if name in facts}
        if row.get("in") and before != after:
            row.setdefault("was", {})
            for earlier in row["in"]:
                row["was"].setdefault(earlier, before)
        if not row and _sensitive(key, facts):
            row["sensitive"] = True
        for name in _FACTS:
            row.pop(name, None)
        row.update(facts)
        row["in"] = [*row.get("in", []), line]
    for key in rows.keys() & lacking - found.keys():
        rows[key]["unsaid"] = [*rows[key].get("unsaid", []), line]


def _sensitive(key: str, facts: Row) -> bool:
    return facts["type"] == "password" or (
        facts["type"] in ("string", "code") and _NAMED_SECRET.search(key) is not None
    )


def text_of(readings: Mapping[str, str], rows: Mapping[str, Row]) -> str:
    """Return the file's content: one setting a line."""
    order = (*_FACTS, "sensitive", "since", "until", "in", "unsaid", "was")
    said = [
        f"{json.dumps(key)}: {json.dumps({name: rows[key][name] for name in order if name in rows[key]})}"
        for key in sorted(rows)
    ]
    return "{\n" + f'"readings": {json.dumps(readings)},\n"settings": {{\n' + ",\n".join(said) + "\n}\n}\n"


def main(arguments: list[str]) -> int:
    """Add the named file's reading, and write the catalogue."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("line", help="the line that was read, such as 9.1")
    parser.add_argument("file", type=Path)
    parser.add_argument("--lacks", choices=["ee"], help="licensed settings were not read")
    parser.add_argument("--partial", action="store_true", help="more may be missing")
    given = parser.parse_args(arguments)
    data = json.loads(DATA.read_text(encoding="utf-8"))
    readings, rows = data["readings"], data["settings"]
    if given.line in readings:
        parser.error(f"{given.line} was read already")
    lacking = {key for key, row in rows.items() if given.lacks and row.get("modules")}
    add(rows, given.line, reading(json.loads(given.file.read_text(encoding="utf-8"))), lacking)
    readings[given.line] = "partial" if given.partial else "whole"
    DATA.write_text(text_of(readings, rows), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
