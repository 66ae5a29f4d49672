"""Commands that remedies, guides, outputs and pages name: each exists, with its options, in the program it is of."""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import typer
from botocore import xform_name
from engine_marks import needs_engine

from automation.pulumi_cli import find_engine
from command import cli
from stacks.project import PACKAGES, PRODUCT

END = r"[`'\"|;<>#\n]|\.(?:\s|$)|, or |\) "
OWN = r"\{COMMAND\} |(?<![\w./-])rocketchat "


def pages() -> Iterator[tuple[Path, str]]:
    for path in (*PRODUCT.glob("*.md"), *PRODUCT.glob("docs/**/*.md"), *PRODUCT.glob("examples/**/*.md")):
        # Lines that are wrapped in a block of code go on.
        yield path, path.read_text(encoding="utf-8").replace("\\\n", " ")


def texts() -> Iterator[tuple[Path, str]]:
    """What the program may say: its texts, with the names of what is filled in."""
    for package in PACKAGES:
        for path in sorted((PRODUCT / package).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            inside = {
                id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values
            }
            for node in ast.walk(tree):
                if isinstance(node, ast.JoinedStr):
                    yield (
                        path,
                        "".join(
                            str(part.value)
                            if isinstance(part, ast.Constant)
                            else f"{{{ast.unparse(part.value)}}}"
                            for part in node.values
                            if isinstance(part, ast.Constant | ast.FormattedValue)
                        ),
                    )
                elif (
                    isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside
                ):
                    yield path, node.value


@cache
def named(program: str) -> tuple[tuple[str, str], ...]:
    """Where the program is named, and what stands behind it."""
    found = {}
    for path, text in (*pages(), *texts()):
        for match in re.finditer(program, text):
            behind = re.split(END, text[match.end() :], maxsplit=1)[0].strip()
            # A regular expression that finds commands is none.
            if behind and "(?:" not in behind:
                found[behind] = str(path.relative_to(PRODUCT))
    return tuple((where, behind) for behind, where in sorted(found.items()))


def options(line: str) -> list[str]:
    return re.findall(r"(?<!\S)(--[a-z][a-z-]*)", line)


def commands(group: Any, before: str = "") -> Iterator[tuple[str, set[str]]]:
    """The commands with their options; those of a group by both words."""
    for name, command in leaves(group, before):
        yield name, {one for each in command.params for one in (*each.opts, *each.secondary_opts)}


def test_every_command_of_this_program_that_is_named_exists_with_its_options() -> None:
    known = dict(commands(typer.main.get_command(cli.app)))
    groups = {name.split()[0] for name in known if " " in name}
    seen = set()
    for where, line in named(OWN):
        words = re.split(r"[ ,:)]", line)
        name = " ".join(words[:2]) if words[0] in groups else words[0]
        if name in known:
            seen.add(name)
            unknown = set(options(line)) - known[name] - {"--help"}
            assert not unknown, f"{where}: rocketchat {line}"
        else:
            # Prose; options of the group; a placeholder.
            assert re.match(r"COMMAND|\{command\}|\{verb\}|…|-|[a-z]+ (?!\w*STACK)", line + " "), (
                f"{where}: rocketchat {line}"
            )
    assert {"recover", "new", "plan", "check", "up", "preview", "engine", "init"} <= seen


@needs_engine
def test_every_command_of_pulumi_that_is_named_exists_with_its_options(tmp_path: Path) -> None:
    engine = find_engine()
    assert engine is not None

    def run(*arguments: str) -> str:
        done = subprocess.run(  # noqa: S603
            [engine.path, *arguments], check=True, capture_output=True, timeout=60, text=True
        )
        return done.stdout

    run("gen-markdown", str(tmp_path))
    pages = {path.stem.replace("_", " "): path.read_text(encoding="utf-8") for path in tmp_path.glob("*.md")}
    groups = {name.rpartition(" ")[0] for name in pages}
    seen = set()
    for where, line in named(r"(?<![\w./-])pulumi "):
        words = re.findall(r"[a-z-]+|\S+", line)
        name = f"pulumi {words[0]}"
        if name not in pages:
            assert not options(line), f"{where}: pulumi {line}"
            continue
        if name in groups and len(words) > 1 and re.fullmatch("[a-z]+", words[1]):
            name = f"{name} {words[1]}"
        # Some that are seldom needed have no page.
        text = pages[name] if name in pages else run(*name.split()[1:], "--help")
        assert name in pages or not re.search(rf"Usage:\s+pulumi {words[0]} (\[|<)", text), (
            f"{where}: pulumi {line}"
        )
        assert set(options(line)) <= set(re.findall(r"--[a-z][a-z-]*", text)), f"{where}: pulumi {line}"
        seen.add(name)
    assert {"pulumi stack output", "pulumi config set", "pulumi state unprotect", "pulumi up"} <= seen


def test_every_command_of_aws_that_is_named_exists_with_its_options() -> None:
    session = botocore.session.get_session()
    services = set(session.get_available_services()) | {"s3api"}
    shared = {"--region", "--query", "--output", "--profile", "--no-cli-pager"}
    seen = 0
    for where, line in named(r"(?<![\w./-])aws (?=[a-z0-9-]+ [a-z0-9-]+)"):
        service, operation, *_ = line.split()
        if service not in services:
            continue
        if (service, operation) in {("sso", "login"), ("logs", "tail"), ("eks", "get-token")}:
            # The command line's own, as are those of s3.
            continue
        if service == "s3":
            assert operation in {"cp", "sync", "ls", "rm", "mv", "presign"}, f"{where}: aws {line}"
            seen += 1
            continue
        model = session.get_service_model("s3" if service == "s3api" else service)
        operations = {xform_name(name, "-"): name for name in model.operation_names}
        operations |= {xform_name(name, "-").replace("_", "-"): name for name in model.operation_names}
        assert operation in operations, f"{where}: aws {line}"
        shape = model.operation_model(operations[operation]).input_shape
        members = {f"--{xform_name(name, '-')}" for name in shape.members} if shape else set()
        unknown = {one for one in options(line) if one.replace("--no-", "--") not in members} - shared
        assert not unknown, f"{where}: aws {line}"
        seen += 1
    assert seen > 5


def test_every_command_on_a_deployment_can_be_rehearsed() -> None:
    asks_nobody = {"check", "cost", "images", "new", "plan", "rehearse", "report", "policy"}
    asks_vendors, asks_the_chat = {"doctor"}, {"configure", "settings apply", "settings diff"}
    without = {
        name
        for name, command in leaves(typer.main.get_command(cli.app))
        if any(one.metavar == "STACK" for one in command.params)
        and not any("--rehearse" in one.opts for one in command.params)
    }
    assert without <= asks_nobody | asks_vendors | asks_the_chat
    assert without >= asks_vendors | asks_the_chat


def leaves(group: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from leaves(command, f"{name} ")
        else:
            yield f"{before}{name}", command
