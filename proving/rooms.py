"""The picture of the rooms in docs/architecture.md, made from what they import. Run as a program, it draws it anew."""

import ast
from collections.abc import Iterator

from proving import pages
from stacks.project import PRODUCT

PAGE = PRODUCT / "docs" / "architecture.md"
ROOMS = (
    "rocketchat",
    "components",
    "clouds",
    "stacks",
    "policy",
    "automation",
    "rehearsal",
    "reports",
    "command",
    "proving",
)


def picture() -> str:
    """Return a Mermaid flow chart: an arrow for each room that another one imports, a dotted one where only late."""
    lines = ["```mermaid", "flowchart TD"]
    for room in ROOMS:
        at_once, late = _imports(room)
        lines += [f"  {room} --> {other}" for other in ROOMS if other in at_once]
        lines += [f"  {room} -.-> {other}" for other in ROOMS if other in late - at_once]
    return "\n".join([*lines, "```"])


def _imports(room: str) -> tuple[set[str], set[str]]:
    """Return the other rooms that a room imports when it is imported, and those that it imports in functions."""
    at_once, late = set[str](), set[str]()
    for path in sorted((PRODUCT / room).rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        inside = {
            found
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or _for_types(node)
            for found in ast.walk(node)
        }
        for node in ast.walk(tree):
            (late if node in inside else at_once).update(_rooms(node))
    return at_once - {room}, late - {room}


def _for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _rooms(node: ast.AST) -> Iterator[str]:
    names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        names = [node.module]
    yield from (first for name in names if (first := name.partition(".")[0]) in ROOMS)


if __name__ == "__main__":
    pages.write(PAGE, picture())
