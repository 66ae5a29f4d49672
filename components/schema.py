"""The components' schema as it is kept in `schema.json`, and the table of docs/components.md.

`python -m components.schema` writes both anew.
"""

import json
import re
from pathlib import Path
from typing import Any

from components.provider import Provider

SCHEMA = Path(__file__).parent / "schema.json"
PAGE = Path(__file__).parent.parent / "docs" / "components.md"
BEGIN, END = "<!-- from the schema: make docs -->\n", "<!-- end -->\n"


def golden() -> str:
    """Return the schema: for reviews, and for whoever generates an SDK without starting the plugin."""
    return json.dumps(schema(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def schema() -> dict[str, Any]:
    """Return the schema as the plugin gives it."""
    made: dict[str, Any] = json.loads(Provider().schema or "{}")
    return made


def page(text: str) -> str:
    """Return the page with its table made anew. Raises ValueError for a page without the marks around it."""
    before, found, rest = text.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not found or not ended:
        raise ValueError(f"{PAGE.name} has no {BEGIN.strip()} followed by {END.strip()}")
    return before + BEGIN + _table() + END + after


def _table() -> str:
    rows = ["", "| component | what it is | required inputs | outputs |", "|---|---|---|---|"]
    for token, made in sorted(schema()["resources"].items()):
        outputs = [
            f"`{key}`{' (secret)' if one.get('secret') else ''}" for key, one in made["properties"].items()
        ]
        rows.append(
            f"| `{token.rpartition(':')[2]}` | {_first_sentence(made['description'])} | "
            f"{', '.join(f'`{key}`' for key in made['requiredInputs'])} | {', '.join(outputs) or 'none'} |"
        )
    return "\n".join([*rows, "", ""])


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=\.)\s", " ".join(text.split("\n\n")[0].split()))[0]


def main() -> None:
    """Write both files anew."""
    SCHEMA.write_text(golden(), encoding="utf-8")
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
