"""`python -m policy [STACK ...]`: judge stacks from their stack files, a plan's file, or an exported state.

Exit status: 0 nothing stops a deployment, 1 something does, 2 it could not be judged.
"""

import argparse
import io
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from policy import adapters, report
from policy.config import CONFIG_FILE, Config, ConfigError, load
from policy.judge import Report, judge
from policy.model import Subject

CLEAN, REFUSED, NOT_JUDGED = 0, 1, 2


class NotJudged(Exception):  # noqa: N818 - what it says
    """Something cannot be judged; the text says what and what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal of another code page lacks some characters; it gets others for them.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    asked = _parser().parse_args(arguments)
    reports: list[Report] = []
    wrong: list[str] = []
    try:
        for stack, resources in _asked_for(asked):
            try:
                reports.append(judge(resources(), _config(stack, asked), stack=name_of(stack)))
            except NotJudged as error:
                wrong.append(str(error))
    except (NotJudged, ConfigError) as error:
        wrong.append(str(error))
    console = Console(width=None if sys.stdout.isatty() else 160)
    for each in reports:
        report.table(each, console, everything=asked.all)
    for line in wrong:
        print(line, file=sys.stderr)
    _write(asked, reports)
    if wrong:
        return NOT_JUDGED
    return CLEAN if all(each.clean for each in reports) else REFUSED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m policy", description="Judge stacks by the rules of docs/policies.md."
    )
    parser.add_argument(
        "stacks",
        nargs="*",
        metavar="STACK",
        help="stack files, by name in stacks/ or by path; none: all of stacks/",
    )
    parser.add_argument(
        "--plan", type=Path, metavar="FILE", help="judge a plan written by `make rehearse JSON=FILE`"
    )
    parser.add_argument("--state", type=Path, metavar="FILE", help="judge what `pulumi stack export` wrote")
    parser.add_argument(
        "--environment", choices=("production", "trial"), help="instead of what the configuration says"
    )
    parser.add_argument(
        "--config", type=Path, default=CONFIG_FILE, metavar="FILE", help="instead of policy/config.yaml"
    )
    parser.add_argument(
        "--all", action="store_true", help="show advisory findings and what is not known yet, too"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the findings there")
    parser.add_argument(
        "--sarif", type=Path, metavar="FILE", help="also write SARIF 2.1.0 there, for code scanning"
    )
    parser.add_argument("--junit", type=Path, metavar="FILE", help="also write JUnit there, for CI")
    return parser


def name_of(stack: str) -> str:
    """Return the name of a stack that is given by name or by the path of its file."""
    return Path(stack).name.removeprefix("Pulumi.").removesuffix(".yaml").removesuffix(".yml")


def judged(stack: str) -> Report:
    """Judge a stack file, by name or path, in its own profile. Raises NotJudged and ConfigError."""
    return judge(planned(stack), load(name_of(stack), profile=profile_of(stack)), stack=name_of(stack))


def _config(stack: str, asked: argparse.Namespace) -> Config:
    overrides = {"environment": asked.environment} if asked.environment else None
    return load(name_of(stack), asked.config, overrides, profile=profile_of(stack))


def profile_of(stack: str) -> str | None:
    """Return the profile that a stack file, by name or path, gives its chat; None where there is no such file."""
    from stacks import files
    from stacks.parts import Profile
    from stacks.problems import InvalidStack

    try:
        chat = files.read(stack).values.get("rocketchat:chat")
    except InvalidStack:
        return None
    told = chat.get("profile") if isinstance(chat, dict) else None
    return told if told in set(Profile) else None


def _asked_for(asked: argparse.Namespace) -> Iterator[tuple[str, Callable[[], list[Subject]]]]:
    """Give the stacks by name, each with what reads its resources."""
    if asked.plan is not None or asked.state is not None:
        path: Path = asked.plan or asked.state
        yield (
            (asked.stacks[0] if asked.stacks else path.stem),
            partial(_of_file, path, state=asked.plan is None),
        )
        return
    from stacks import files
    from stacks.problems import InvalidStack

    for stack in asked.stacks or files.names():
        try:
            found = files.find(stack)
        except InvalidStack as error:
            raise NotJudged(str(error)) from None
        yield str(found), partial(planned, str(found))


def _of_file(path: Path, *, state: bool) -> list[Subject]:
    content = _read(path)
    try:
        return adapters.from_state(content) if state else adapters.from_plan_json(content)
    except (KeyError, TypeError, AttributeError):
        what = "an exported state" if state else "a plan"
        raise NotJudged(f"{path} is not {what}") from None


def planned(name: str) -> list[Subject]:
    """Return what a stack file, by name or path, would make. Raises NotJudged where it cannot be planned."""
    from rehearsal.errors import RehearsalError
    from rehearsal.stack import plan
    from stacks.problems import InvalidStack

    try:
        return adapters.from_plan(plan(name).resources)
    except (InvalidStack, RehearsalError) as error:
        raise NotJudged(f"{name_of(name)} cannot be planned: {error}") from None


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise NotJudged(f"{path}: {error.strerror}") from None
    except ValueError:
        raise NotJudged(f"{path} is not JSON") from None


def _write(asked: argparse.Namespace, reports: Sequence[Report]) -> None:
    wanted: list[tuple[Path | None, str]] = [
        (asked.json, report.text(report.as_json(reports)) if asked.json else ""),
        (asked.sarif, report.text(report.as_sarif(reports)) if asked.sarif else ""),
        (asked.junit, report.as_junit(reports) if asked.junit else ""),
    ]
    for path, content in wanted:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
