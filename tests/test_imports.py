"""What an import brings along: the API no stand-ins, the product no proofs, and nothing that only POSIX has."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.user_commands import PROGRAM
from stacks.project import PACKAGES as PRODUCT

ROOT = Path(__file__).parent.parent
STAND_INS = (
    "clouds",
    "proving",
    "rehearsal.backend",
    "rehearsal.cloud",
    "rehearsal.server",
    "rehearsal.standins",
)
POSIX = ("fcntl", "grp", "pty", "pwd", "resource", "termios")
"""Modules that Python has on no Windows."""


def printed(code: str) -> list[str]:
    """Run a program in a process of its own; return the JSON that it prints."""
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    assert told.returncode == 0, told.stderr
    found: list[str] = json.loads(told.stdout)
    return found


def imported(*modules: str, statement: str = "") -> list[str]:
    """Return the modules that an import brings in which Pulumi has not."""
    statement = statement or f"import {', '.join(modules)}"
    return printed(
        f"import json, sys, pulumi; before = set(sys.modules); {statement}; "
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )


def of(packages: tuple[str, ...], modules: list[str]) -> list[str]:
    return [
        one for one in modules if any(one == package or one.startswith(f"{package}.") for package in packages)
    ]


@pytest.mark.slow
def test_the_api_brings_in_no_stand_in_and_nothing_that_costs_more_than_itself() -> None:
    assert of(PRODUCT, imported("automation")) == ["automation"]
    modules = imported(statement="from automation import *")
    assert "automation.stack" in modules
    assert not of(STAND_INS, modules)
    ours = of((*PRODUCT, "proving"), modules)
    foreign = [
        one for one in modules if one not in ours and one.partition(".")[0] not in sys.stdlib_module_names
    ]
    assert not foreign
    # 0.1 s beside the 0.3 s of Pulumi; the language of stack files alone is 0.5 s.
    assert len(ours) <= 25, ours


def modules_of(packages: tuple[str, ...]) -> list[str]:
    files = (path.relative_to(ROOT) for package in packages for path in (ROOT / package).rglob("*.py"))
    names = (".".join(file.with_suffix("").parts).removesuffix(".__init__") for file in files)
    return sorted(name for name in names if not name.endswith("__main__"))


@pytest.mark.slow
def test_a_deployment_needs_no_more_than_its_own_rooms() -> None:
    program = tuple(one for one in PROGRAM if (ROOT / one).is_dir())
    assert {"components", "policy", "stacks"} <= set(program)
    own = {one.partition(".")[0] for one in of((*PRODUCT, "proving"), imported(*modules_of(program)))}
    assert own <= set(program)


def test_the_names_of_the_api_are_listed_before_they_are_used() -> None:
    """As editors and `dir` at a prompt ask for them."""
    listed = printed("import automation, json; print(json.dumps(dir(automation)))")
    assert {"open_stack", "Backend", "ConflictError"} <= set(listed)


def test_the_command_line_brings_in_no_stand_in() -> None:
    assert not of(STAND_INS, imported("command.cli"))


def test_the_sdk_is_as_it_was_until_a_program_runs_in_this_process() -> None:
    lengths = printed(
        "import json; from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS as options;"
        "before = len(options); import automation; after = len(options);"
        "from automation.inline import Guarded; Guarded(print); Guarded(print);"
        "print(json.dumps([before, after, len(options)]))"
    )
    before, after, then = map(int, lengths)
    assert (after, then) == (before, before + 1)


def sources() -> Iterator[Path]:
    yield ROOT / "__main__.py"
    for package in PRODUCT:
        yield from (ROOT / package).rglob("*.py")


def names(source: str) -> Iterator[str]:
    """Give what a program imports, also in the middle of a function, and what its texts name like a module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and " " not in node.value:
            yield node.value


def test_nothing_of_the_product_uses_its_proofs() -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in sources()
        # To parse all of them takes seconds.
        if "proving" in (text := path.read_text(encoding="utf-8")) and of(("proving",), list(names(text)))
    ]
    assert not found


@pytest.mark.parametrize(
    "source",
    [
        "import proving",
        "def f():\n    from proving.faults import disturb",
        "run([sys.executable, '-m', 'proving.killable'])",
    ],
)
def test_a_use_of_proofs_is_seen(source: str) -> None:
    assert of(("proving",), list(names(source)))


@pytest.mark.slow
def test_every_module_of_the_product_can_be_imported_where_there_is_no_posix() -> None:
    failed = printed(
        f"""
import importlib, json, sys
for name in {POSIX}:
    sys.modules[name] = None
failed = []
for module in {modules_of(PRODUCT)}:
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as error:
        failed.append(f"{{module}}: {{error}}")
print(json.dumps(failed))
"""
    )
    assert not failed
