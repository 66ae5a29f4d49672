"""The pictures of the stacks in docs/, made from their plans. Run as a program, it draws anew those that are stale."""

from pathlib import Path

from proving import pages
from rehearsal import stack
from rehearsal.plan import Plan
from reports import diagram
from stacks import files
from stacks.language import ChatSpec
from stacks.project import PRODUCT

PAGE = PRODUCT / "docs" / "pictures.md"
FOLDER = PRODUCT / "docs" / "pictures"


def path_of(name: str) -> Path:
    """Return the file of a stack's picture."""
    return FOLDER / f"{name}.svg"


def stale(name: str, spec: ChatSpec, plan: Plan) -> bool:
    """Whether a stack's picture is of another plan, or there is none."""
    path = path_of(name)
    return not path.exists() or diagram.drawn_from(path.read_text(encoding="utf-8")) != diagram.digest(
        diagram.d2(diagram.picture(spec, plan))
    )


def section(made: diagram.Picture) -> str:
    """Return what the page says of a stack: its picture, in words, and as Mermaid."""
    return "\n".join(
        [
            f"## {made.stack}",
            "",
            f"![The stack {made.stack}](pictures/{made.stack}.svg)",
            "",
            made.said,
            "",
            "<details><summary>As Mermaid</summary>",
            "",
            "```mermaid",
            diagram.mermaid(made),
            "```",
            "",
            "</details>",
        ]
    )


def main() -> None:
    """Draw what is stale, and write the page."""
    FOLDER.mkdir(exist_ok=True)
    sections = []
    for name in files.names():
        loaded = stack.load(name)
        plan = stack.plan(loaded)
        made = diagram.picture(loaded.spec, plan)
        sections.append(section(made))
        if stale(name, loaded.spec, plan):
            path_of(name).write_text(diagram.svg(made), encoding="utf-8")
    for path in FOLDER.glob("*.svg"):
        if path.stem not in files.names():
            path.unlink()
    pages.write(PAGE, "\n\n".join(sections))


if __name__ == "__main__":
    main()
