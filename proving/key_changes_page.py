"""The rows of `docs/changes.md`: one table for each section of the stack file, below a heading of its name."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from proving import pages
from stacks.project import PRODUCT

PAGE = PRODUCT / "docs" / "changes.md"
COLUMNS = ("key", "on", "change", "does", "the chat", "data")
SECRETS = "secrets"
"""Heading of what stands in no section."""
_BETWEEN = re.compile(r"(?<!\\)\|")


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
        parts.append(f"### {heading}\n\n{pages.table(COLUMNS, [_cells(row, heading) for row in inside])}")
    return "\n\n".join(parts)


def read(page: Path = PAGE) -> list[Row]:
    """Return the rows that stand in the page."""
    return list(_rows(pages.read(page).splitlines()))


def write(rows: Iterable[Row], page: Path = PAGE) -> None:
    """Put the rows into the page, in the place of those that are there."""
    pages.write(page, f"\n{tables(rows)}\n")


def _cells(row: Row, heading: str) -> list[str]:
    short = row.key.removeprefix(f"{heading}.")
    return [f"`{short}`", row.on, row.change, row.does, row.chat, row.data]


def _rows(lines: Iterable[str]) -> Iterator[Row]:
    heading = ""
    for line in lines:
        if line.startswith("### "):
            heading = line.removeprefix("### ")
        elif line.startswith("| `"):
            first, *others = (cell.strip().replace("\\|", "|") for cell in _BETWEEN.split(line)[1:-1])
            short = first.strip("`")
            bare = ":" in short or heading in (SECRETS, short)
            yield Row(short if bare else f"{heading}.{short}", *others)
