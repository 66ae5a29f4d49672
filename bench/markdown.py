"""Tables as docs/performance.md has them."""

from collections.abc import Sequence


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a table; what begins with a digit stands to the right."""
    lines = [f"**{title}**", "", f"| {' | '.join(columns)} |"]
    right = [all(str(row[number])[:1].isdigit() for row in rows) for number in range(len(columns))]
    lines.append("|" + "|".join("--:" if one else "---" for one in right) + "|")
    lines += [f"| {' | '.join(str(cell) for cell in row)} |" for row in rows]
    return "\n".join(lines) + "\n"
