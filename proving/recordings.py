"""What the command shows, beside what is typed: pictures of a terminal, and blocks of the pages.

Run as a program, it takes the pictures anew. A block of a page begins with a command:

    ```console
    $ rocketchat status family-host
    ```

and goes on with its output. The test that runs this command hands it to `differs`, so that no block is of another run;
where `ROCKETCHAT_RECORD` is set it is written instead. A block that begins or ends with `…` stays as long as it is.
"""

import io
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from automation.writing import write
from stacks.project import COMMAND, PRODUCT

FOLDER: Final = PRODUCT / "docs" / "pictures"
RECORDED: Final[Mapping[str, str]] = MappingProxyType({"terminal-plan": "plan family-host"})
"""What is typed for each picture, after the program's name."""
_COLUMNS = 92
PAGES: Final = PRODUCT / "docs"
BLOCK: Final = re.compile(
    r"^(?P<indent> *)```console\n *\$ rocketchat (?P<typed>.+)\n(?P<shown>(?:.*\n)*?) *```$", re.MULTILINE
)
CUT: Final = "…"
ALIKE: Final[Mapping[str, str]] = MappingProxyType(
    {
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)": "2026-01-31T18:05:00Z",
        r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}": "6f1c2a9e-3d5b-4c7a-8e10-2b4d6f8a0c1e",
        r"\b(203\.0\.113|198\.51\.100)\.\d+": "203.0.113.7",
        r"\b\d+\.\d s$": "41.3 s",
        r"\b20\d\d-\d\d-\d\d\b": "2026-01-31",
        r"\bverify-[0-9a-f]{12}\b": "verify-64a02f209dba",
        r"\bright to \d s$": "right to 0 s",
        r"\s+$": "",
    }
)
"""What differs from run to run, and what stands for it."""
# Pictures ask no other server for fonts.
_FORMAT = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)


def path_of(name: str) -> Path:
    """Return the file of a recording."""
    return FOLDER / f"{name}.svg"


def output(typed: str) -> str:
    """Run the command as at a terminal, and return what it prints, with its colours.

    Raises CalledProcessError where it fails.
    """
    here = str(Path(sys.executable).parent)
    terminal = {
        "PATH": os.pathsep.join([here, os.environ.get("PATH", "")]),
        "FORCE_COLOR": "1",
        "COLUMNS": str(_COLUMNS),
        "TERM": "xterm-256color",
        "PYTHONUTF8": "1",
    }
    ran = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "command", *typed.split()],
        env=terminal,
        cwd=PRODUCT,
        check=True,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    return ran.stdout


def svg(typed: str) -> str:
    """Return the picture of what the command prints."""
    console = Console(
        record=True, width=_COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    console.print(Text.assemble(("$ ", "bold green"), (f"rocketchat {typed}", "bold")))
    console.print(Text.from_ansi(output(typed)))
    return console.export_svg(title="rocketchat", theme=MONOKAI, code_format=_FORMAT, unique_id="terminal")


def stale(name: str) -> bool:
    """Whether the command prints something else than its picture shows."""
    path = path_of(name)
    return not path.exists() or path.read_text(encoding="utf-8") != svg(RECORDED[name])


def blocks(page: Path) -> Iterator[re.Match[str]]:
    """Yield the blocks of a page."""
    yield from BLOCK.finditer(page.read_text(encoding="utf-8"))


def differs(typed: str, printed: str, replaced: Mapping[str, str] = MappingProxyType({})) -> list[str]:
    """Return the pages whose block of a command does not show what a run of it printed.

    Args:
        typed: what was typed after the program's name, as the pages have it.
        printed: what it printed.
        replaced: what is of this run alone, such as an address on loopback, and what stands for it.

    Raises ValueError where no page shows the command, and where a secret was printed.
    """
    for own, general in {COMMAND: "rocketchat", **replaced}.items():
        printed = printed.replace(own, general)
    lines = printed.rstrip().splitlines()
    for pattern, alike in ALIKE.items():
        lines = [re.sub(pattern, alike, line) for line in lines]
    if "canary" in printed:
        raise ValueError(f"{typed} prints a secret")
    found, stale = False, []
    for page in sorted(PAGES.rglob("*.md")):
        text = fresh = page.read_text(encoding="utf-8")
        for block in blocks(page):
            if block["typed"] == typed:
                found = True
                kept = textwrap.dedent(block["shown"]).rstrip("\n").split("\n")
                shown = textwrap.indent("\n".join(_cut(lines, kept)), block["indent"])
                fresh = fresh.replace(
                    block[0], block[0].replace(f"{typed}\n{block['shown']}", f"{typed}\n{shown}\n")
                )
        if fresh != text and os.environ.get("ROCKETCHAT_RECORD"):
            write(page, fresh)
        elif fresh != text:
            stale.append(page.relative_to(PRODUCT).as_posix())
    if not found:
        raise ValueError(f"no page shows {typed!r}")
    return stale


def _cut(lines: list[str], shown: list[str]) -> list[str]:
    """Return as many lines as are shown, where the block is cut at its begin or end."""
    many = len(shown) - 1
    if CUT not in (shown[0], shown[-1]) or many >= len(lines):
        return lines
    return [CUT, *lines[-many:]] if shown[0] == CUT else [*lines[:many], CUT]


def main() -> None:
    """Record every command."""
    for name, typed in RECORDED.items():
        path_of(name).write_text(svg(typed), encoding="utf-8")


if __name__ == "__main__":
    main()
