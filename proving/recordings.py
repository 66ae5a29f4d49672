"""What the command shows at a terminal, as pictures of its real output. Run as a program, it records what is stale."""

import io
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from stacks.project import PRODUCT

FOLDER: Final = PRODUCT / "docs" / "pictures"
RECORDED: Final[Mapping[str, str]] = MappingProxyType({"terminal-plan": "plan family-host"})
"""What is typed for each picture, after the program's name."""
_COLUMNS = 92
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


def main() -> None:
    """Record every command."""
    for name, typed in RECORDED.items():
        path_of(name).write_text(svg(typed), encoding="utf-8")


if __name__ == "__main__":
    main()
