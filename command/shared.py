"""What the commands have in common: options, how a result or a mistake is told, how a stack is opened."""

import contextlib
import errno
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NoReturn

import typer

from automation.writing import write
from stacks.engine import name_of
from stacks.project import COMMAND, HERE, ROOT, another, settings, stack_files

if TYPE_CHECKING:
    from rich.console import Console

    from automation.events import OnEvent
    from automation.stack import ChatStack
    from automation.values import Result
    from rehearsal.report import Rehearsed

NAME = "rocketchat"


class Status(IntEnum):
    """Exit statuses."""

    SUCCESS = 0
    FAILED = 1
    """Something failed, or something was found: mistakes, findings, drift."""
    MISUSED = 2
    NO_ENGINE = 3


def one_of(choices: type[StrEnum]) -> str:
    """Return how a choice is shown in help: `production|trial`."""
    return "|".join(choices)


class Environment(StrEnum):
    """What a stack is judged as."""

    production = "production"
    trial = "trial"


MOST_USERS: Final = 500
"""Users up to which stacks are priced beside hosted chats, where nothing else is asked for."""


def stacks_of_project(incomplete: str) -> list[str]:
    """Return the names of the project's stacks, for completion."""
    names = (path.name[len("Pulumi.") : -len(".yaml")] for path in stack_files(ROOT).glob("Pulumi.*.yaml"))
    return sorted(name for name in names if name.startswith(incomplete))


Stack = Annotated[
    str,
    typer.Argument(
        metavar="STACK", help="Name of a stack file, or its path.", autocompletion=stacks_of_project
    ),
]


Stacks = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="STACK",
        help="Names of stack files, or their paths; all of the project when left out.",
        autocompletion=stacks_of_project,
    ),
]


Json = Annotated[bool, typer.Option("--json", help="Print JSON for other programs; errors, too.")]


Answers = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="KEY=VALUE",
        help="Answers by their keys in a stack file, such as chat.host=chat.example.com runtime.kind=doks. "
        "Any key of the language may be given; the kind `none` leaves dns or mail out.",
    ),
]


PlanFile = Annotated[
    Path | None,
    typer.Option("--file", metavar="FILE", help="Also write the plan there, as JSON for other programs."),
]


All = Annotated[bool, typer.Option("--all", "-a", help="Show every resource, check and output.")]


Rehearse = Annotated[
    bool,
    typer.Option(
        "--rehearse", help="Use stand-in clouds, which are kept between commands; no account is needed."
    ),
]


Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


Defaults = Annotated[
    bool, typer.Option("--yes", "-y", help="Do not ask: what is not given gets its default.")
]


Administrator = Annotated[
    str,
    typer.Option(
        "--user",
        metavar="USER",
        help="An administrator of the chat: its name with its password in ROCKETCHAT_PASSWORD (else it is asked for); "
        "or its id, with a personal access token of it in ROCKETCHAT_TOKEN.",
    ),
]


AdministratorName = Annotated[
    str | None,
    typer.Option("--user", metavar="USER", help="Another administrator of the chat, as for `settings`."),
]


Wait = Annotated[
    float,
    typer.Option(
        "--wait",
        min=0,
        metavar="SECONDS",
        help="How long to wait where somebody else updates the stack; 0 fails at once.",
    ),
]


NoPolicies = Annotated[bool, typer.Option("--no-policies", help="Do not run the policy pack.")]


def console(*, error: bool = False) -> "Console":
    """Return a console; 100 columns wide where there is no terminal."""
    from rich.console import Console

    made = Console(highlight=False, stderr=error)
    return made if made.is_terminal else Console(highlight=False, stderr=error, width=100)


def say(value: Mapping[str, Any], text: str, *, as_json: bool) -> None:
    """Print a result."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False) if as_json else text)


def failed(value: Mapping[str, Any], text: str, *, as_json: bool) -> None:
    """Print an error: JSON where other programs look for the result, text where people look for errors."""
    try:
        typer.echo(json.dumps(value, indent=2, ensure_ascii=False) if as_json else text, err=not as_json)
    except OSError:
        # Where the result cannot be written, on a full disk, its error cannot either.
        typer.echo(text, err=True)


def refuse(message: str, remedy: str = "") -> NoReturn:
    """End for wrong use; what is being `telling` says why."""
    from automation.errors import UsageError

    raise UsageError(message, remedy=remedy)


def need_project() -> None:
    """Refuse to work outside of a project."""
    if (name := another(HERE)) is not None:
        refuse(
            f"{HERE} is in the project {name}, which is none of {NAME}: make one by `{COMMAND} init DIR`, or go to "
            "its folder"
        )
    if not settings(ROOT):
        refuse(f"{ROOT} is in no project of {NAME}: make one by `{COMMAND} init DIR`, or go to its folder")


@contextlib.contextmanager
def asking(answer: str, *, as_json: bool) -> Iterator[None]:
    """Let a question be asked, or name the option that answers it where nobody can be asked."""
    if as_json:
        refuse("with --json nothing is asked, and nothing was changed", f"give {answer}")
    try:
        yield
    except typer.Abort:
        refuse("\nnobody answered, so it was not done", f"give {answer}")


def confirm(question: str, *, as_json: bool) -> None:
    """Ask; a no ends the command."""
    with asking("--yes", as_json=as_json):
        if not typer.confirm(question, err=True):
            raise typer.Exit(Status.FAILED)


def by_urn(option: str, given: Sequence[str] | None) -> dict[str, str]:
    """Return the ids that an option names, by URN."""
    pairs = [pair.partition("=") for pair in given or ()]
    if any(not urn or not own_id for urn, _, own_id in pairs):
        refuse(f"{option} takes URN=ID")
    return {urn: own_id for urn, _, own_id in pairs}


def planned(stack: str, file: Path | None) -> "Rehearsed":
    """Plan a stack; write the plan to a file where one is given."""
    from automation import decryption
    from rehearsal import report
    from stacks import files

    rehearsed = report.plan(stack)
    decryption.check(files.read(stack), rehearsed.loaded.spec)
    if file is not None:
        write(file, rehearsed.plan.text())
    return rehearsed


@contextlib.contextmanager
def telling(as_json: bool) -> Iterator[None]:
    """Turn what goes wrong into a message and an exit status."""
    from automation.error_mapping import of_file
    from automation.errors import AutomationError, NoEngineError, UsageError
    from rehearsal.errors import RehearsalError
    from stacks.problems import InvalidStack

    statuses = {NoEngineError: Status.NO_ENGINE, UsageError: Status.MISUSED}
    try:
        yield
    except AutomationError as error:
        failed(error.to_json(), str(error), as_json=as_json)
        raise typer.Exit(statuses.get(type(error), Status.FAILED)) from None
    except InvalidStack as error:
        failed(of_file(error).to_json(), str(error), as_json=as_json)
        raise typer.Exit(Status.FAILED) from None
    except (RehearsalError, OSError) as error:
        cause = str(error)
        if isinstance(error, OSError) and (error.filename or error.errno == errno.ENOSPC):
            cause = f"{error.filename or 'the output'}: {error.strerror}"
        failed({"error": "other", "cause": cause}, cause, as_json=as_json)
        raise typer.Exit(Status.FAILED) from None


@contextlib.contextmanager
def opened(
    stack: str, rehearse: bool, wait: float, as_json: bool, *, policies: bool = True, create: bool = False
) -> "Iterator[ChatStack]":
    """Open a deployed stack, or with `create` one that will be, with progress on standard error."""
    from automation.backend import Backend
    from automation.stack import TIMEOUT, open_stack

    with contextlib.ExitStack() as closing:
        backend: Backend = Backend()
        if rehearse:
            name = Path(stack).name.removeprefix("Pulumi.").removesuffix(".yaml")
            from rehearsal.backend import KEPT, rehearsal_backend

            backend = closing.enter_context(rehearsal_backend(KEPT / re.sub(r"[^A-Za-z0-9._-]", "_", name)))
        on_event = closing.enter_context(progress(as_json))
        yield closing.enter_context(
            open_stack(
                stack,
                backend=backend,
                policies=policies,
                on_event=on_event,
                on_conflict="wait" if wait else "fail",
                timeout=wait or TIMEOUT,
                create=create,
            )
        )


@contextlib.contextmanager
def progress(as_json: bool) -> "Iterator[OnEvent]":
    """Show what is being done, where there is somebody to look at it."""
    from rich.markup import escape
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from automation.events import Event, Moved, Said, Started
    from policy.product import COMPONENT

    to = console(error=True)
    if as_json:
        yield lambda _: None
        return
    heard: set[str] = set()

    def listen(event: Event) -> None:
        # What a component says is for who waits: the DNS record without which a certificate is never valid.
        if not isinstance(event, Said) or event.severity != "info" or event.message in heard:
            return
        if COMPONENT in event.urn.rpartition("$")[2]:
            heard.add(event.message)
            to.print(event.message, markup=False, highlight=False, soft_wrap=True)

    if not to.is_terminal:
        yield listen
        return
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.completed:.0f} done"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[now]}"),
        console=to,
        transient=True,
    ) as bar:
        task = bar.add_task("opening", total=None, now="")

        def on_event(event: Event) -> None:
            listen(event)
            if isinstance(event, Started):
                bar.reset(task, description=event.kind, total=None, now="")
            elif isinstance(event, Moved) and event.state == "running":
                bar.update(task, now=escape(f"{event.step.operation} {event.step.name}"))
            elif isinstance(event, Moved):
                bar.advance(task)

        yield on_event


def told(result: "Result", *, as_json: bool) -> None:
    """Print what an operation did."""
    from rich.markup import escape
    from rich.table import Table
    from rich.text import Text

    from automation.values import NOT_CHANGES, short_type, shown
    from policy.product import COMPONENT
    from stacks.engine import STACK_TYPE

    if as_json:
        say(result.to_json(), "", as_json=True)
        return
    to = console()
    table = Table.grid(padding=(0, 2))
    # In one order, whatever the engine did first: two runs can be laid side by side.
    for step in sorted(result.steps, key=lambda one: (one.name, one.type)):
        if step.operation not in NOT_CHANGES:
            changed = Text(", ".join(step.changed[:6]), "dim")
            table.add_row(f"  {step.operation}", Text(step.name), Text(short_type(step.type), "dim"), changed)
    if result.steps:
        to.print(table)
    changes = ", ".join(f"{count} {word}" for word, count in result.changes.items()) or "nothing"
    # The engine counts these as resources; `plan` and `policy` do not.
    changed_parts = {
        step.urn
        for step in result.steps
        if step.operation not in NOT_CHANGES and step.type.startswith((COMPONENT, STACK_TYPE))
    }
    parts = len(changed_parts)
    among = f" ({parts} of them components and the stack itself)" if parts else ""
    to.print(
        f"{result.kind} of {escape(result.stack)}: {changes}{among}; {result.seconds:.1f} s", soft_wrap=True
    )
    mandatory = [finding for finding in result.findings if finding.mandatory]
    if result.findings or result.unknown:
        from policy.report import counted

        advisory = len(result.findings) - len(mandatory)
        to.print(f"Policies: {counted(len(mandatory), advisory, len(result.unknown))}", soft_wrap=True)
    if result.unknown and result.kind == "preview":
        to.print(
            "  The engine judges these when their values are known. `plan` stands in for the clouds, knows them all, "
            "and so may find more.",
            style="dim",
            soft_wrap=True,
        )
    for warning in result.warnings:
        to.print(Text(f"warning: {warning}", "yellow"), soft_wrap=True)
    for sentence in result.lost:
        to.print(Text(f"DATA: {sentence}", "bold red"), soft_wrap=True)
    for urn in result.kept:
        to.print(Text(f"kept on purpose: {name_of(urn)}"), soft_wrap=True)
    # Some are commands, to be copied whole.
    for key, value in shown(result.outputs).items():
        to.print(Text(f"  {key}  {value if isinstance(value, str) else json.dumps(value)}"), soft_wrap=True)
