"""Pages below `docs/` of which a part is made by running something: what stands between two marks."""

from collections.abc import Iterable, Sequence
from pathlib import Path

BEGIN, END = "<!-- made by running: begin -->", "<!-- made by running: end -->"


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table; columns in which everything begins with a digit stand to the right."""
    texts = [[str(cell).replace("|", "\\|") for cell in row] for row in rows]
    right = [bool(texts) and all(row[at][:1].isdigit() for row in texts) for at in range(len(columns))]
    head = [f"| {' | '.join(columns)} |", f"|{'|'.join('--:' if one else '---' for one in right)}|"]
    return "\n".join([*head, *(f"| {' | '.join(row)} |" for row in texts)])


def titled(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table below its title, with an empty line after it."""
    return f"**{title}**\n\n{table(columns, rows)}\n"


def read(page: Path) -> str:
    """Return what stands between the marks. Raises ValueError for a page without them."""
    return _parts(page)[1]


def write(page: Path, made: str) -> None:
    """Put something between the marks. Raises ValueError for a page without them."""
    before, _, after = _parts(page)
    page.write_text(f"{before}{BEGIN}\n{made}\n{END}{after}", encoding="utf-8")


def _parts(page: Path) -> tuple[str, str, str]:
    before, begins, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    made, ends, after = rest.partition(END)
    if not begins or not ends:
        raise ValueError(f"{page.name} has no {BEGIN} followed by {END}")
    return before, made, after
