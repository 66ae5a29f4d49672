"""The rows of `docs/changes.md`: one table for each section of the stack file, below a heading of its name."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from rehearsal.cli import CHECKOUT

PAGE = CHECKOUT / "docs" / "changes.md"
BEGIN, END = "<!-- tables: begin -->", "<!-- tables: end -->"
COLUMNS = ("key", "on", "change", "does", "the chat", "data")
SECRETS = "secrets"
"""Heading of what stands in no section."""
_CELLS = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True)
class Row:
    """One line of a table."""

    key: str
    on: str
    change: str
    does: str
    chat: str
    data: str

    @property
    def identity(self) -> tuple[str, str, str]:
        """What tells it from other rows."""
        return self.key, self.on, self.change


def section(key: str) -> str:
    """Return the heading that a key stands below: `runtime(fargate)` for `runtime(fargate).network.kind`."""
    package, colon, _ = key.partition(":")
    if colon:
        return package
    head, dot, _ = key.partition(".")
    if dot or key in ("bot", "settings"):
        return head
    return SECRETS


def tables(rows: Iterable[Row]) -> str:
    """Return the rows as tables below headings."""
    parts = []
    for heading, inside in groupby(rows, key=lambda row: section(row.key)):
        lines = [f"### {heading}", "", f"| {' | '.join(COLUMNS)} |", f"|{'---|' * len(COLUMNS)}"]
        lines += [_line(row, heading) for row in inside]
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def read(page: Path = PAGE) -> list[Row]:
    """Return the rows that stand in the page."""
    inside = page.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    return list(_rows(inside.splitlines()))


def write(rows: Iterable[Row], page: Path = PAGE) -> None:
    """Put the rows into the page, in the place of those that are there."""
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    page.write_text(f"{before}{BEGIN}\n\n{tables(rows)}\n\n{END}{after}", encoding="utf-8")


def _line(row: Row, heading: str) -> str:
    cells = [f"`{row.key.removeprefix(f'{heading}.')}`", row.on, row.change, row.does]
    cells += [row.chat, row.data]
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _rows(lines: Iterable[str]) -> Iterator[Row]:
    heading = ""
    for line in lines:
        if line.startswith("### "):
            heading = line.removeprefix("### ")
        elif line.startswith("| `"):
            first, *others = (cell.strip().replace("\\|", "|") for cell in _CELLS.split(line)[1:-1])
            short = first.strip("`")
            bare = ":" in short or heading in (SECRETS, short)
            yield Row(short if bare else f"{heading}.{short}", *others)
