"""The command line: `python -m automation COMMAND STACK`. Thin: everything it does is a call of the Python API."""

import contextlib
import io
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from automation import new as making
from automation.backend import Backend
from automation.error_mapping import of_file
from automation.errors import AutomationError, NoEngineError
from automation.events import Event, Moved, OnEvent, Started
from automation.rotation import kind_of
from automation.stack import TIMEOUT, ChatStack, open_stack
from automation.values import NOT_CHANGES, Result, short_type, shown
from rehearsal.errors import RehearsalError
from stacks import files
from stacks.language import parse
from stacks.problems import InvalidStack, Problem
from stacks.secret_keys import command

if TYPE_CHECKING:
    from rehearsal.report import Rehearsed

app = typer.Typer(
    name="automation",
    help="Deploy and look after stacks. Exit status: 0 well, 1 wrong or found something, 2 wrong use, 3 no engine.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


class Status(IntEnum):
    """Exit statuses."""

    WELL = 0
    WRONG = 1
    """Something failed, or something was found: mistakes, findings, drift."""
    MISUSED = 2
    NO_ENGINE = 3


Stack = Annotated[str, typer.Argument(help="Name of a stack file in stacks/, or its path.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")]
PlanFile = Annotated[
    Path | None, typer.Option("--file", help="Also write the plan there, as JSON for other programs.")
]
All = Annotated[bool, typer.Option("--all", "-a", help="Show every resource, check and output.")]
Rehearse = Annotated[
    bool,
    typer.Option(
        "--rehearse", help="Use stand-in clouds, which are kept between commands; no account is needed."
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Wait = Annotated[
    float,
    typer.Option(
        "--wait", min=0, help="Seconds to wait where somebody else updates the stack; 0 fails at once."
    ),
]
NoPolicies = Annotated[bool, typer.Option("--no-policies", help="Do not run the policy pack.")]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit status."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal of another code page lacks some characters; it gets others for them.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        app(args=None if arguments is None else list(arguments), standalone_mode=True)
    except SystemExit as end:
        return int(end.code or 0)
    return Status.WELL


# ------------------------------------------------------------------------------------------------- commands


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Name of the new stack.")],
    answers: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[KEY=VALUE]...",
            help="Answers by their keys in a stack file, such as chat.host=chat.example.com runtime.kind=doks. "
            "Any key of the language may be given; the kind `none` leaves dns or mail out.",
        ),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask: what is not given gets its default.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write a stack file from a few answers; an interrupted one continues where it stopped."""
    with telling(as_json):
        if not making.NAME.fullmatch(name):
            refuse("a stack's name has letters, digits, dots, hyphens and underscores")
        if (files.FOLDER / f"Pulumi.{name}.yaml").exists():
            refuse(f"stacks/Pulumi.{name}.yaml exists already")
        try:
            given = making.pairs(answers or ())
        except ValueError as error:
            refuse(str(error))
        draft = making.Draft(name)
        silent = yes or as_json
        if draft.resumed and not as_json:
            typer.echo(f"Continuing with the answers given before: {', '.join(draft.answers)}", err=True)
        for key, answer in given.items():
            draft.take(key, answer)
        _fill(draft) if silent else _ask(draft)
        try:
            while not silent and (mistakes := making.problems(draft.answers)):
                _ask_again(draft, mistakes)
            written = making.write(name, draft.answers)
        except InvalidStack as error:
            draft.drop(problem.path for problem in error.problems)
            raise
        draft.done()
        steps = [f"Written: stacks/{written.path.name}", "Next:"]
        steps += [f"  python -m automation check {name}", f"  python -m automation plan {name}"]
        steps += [
            f"  {command(f'rocketchat:{one}')} --stack {name}   # before it is deployed"
            for one in written.secrets
        ]
        say(
            {"stack": name, "file": str(written.path), "secrets": list(written.secrets)},
            "\n".join(steps),
            as_json=as_json,
        )


def _fill(draft: making.Draft) -> None:
    """Answer what was not given by its default."""
    filled = making.fill(draft.answers)
    for question, mistake in filled.mistakes:
        answer = draft.answers.get(question.key)
        draft.drop([question.key])
        if answer is not None:
            refuse(f"{question.key}={answer}: {mistake}")
        where = f" ({question.where})" if question.where else ""
        refuse(f"{question.text}{where}: give {question.key}=…")
    for key, answer in filled.answers.items():
        draft.take(key, answer)


def _ask(draft: making.Draft) -> None:
    """Take an answer to each question that has none yet."""
    for question in making.questions(draft.answers):
        answer = draft.answers.get(question.key)
        if answer is None or making.wrong(question, answer, draft.answers) is not None:
            draft.take(question.key, _prompt(question, draft))


def _prompt(question: making.Question, draft: making.Draft) -> str:
    """Ask until the answer is possible by itself."""
    typer.echo(f"\n{question.text}", err=True)
    if question.where:
        typer.echo(f"  {question.where}", err=True)
    wide = max((len(choice) for choice in question.choices or ()), default=0)
    for choice, meaning in (question.choices or {}).items():
        typer.echo(f"  {choice:<{wide}}  {meaning}".rstrip(), err=True)
    while True:
        # An empty default lets Enter leave the key out; None would make the prompt insist by itself, silently.
        answer = str(
            typer.prompt(
                question.key, default=question.default or "", show_default=bool(question.default), err=True
            )
        ).strip()
        mistake = making.wrong(question, answer, draft.answers)
        if mistake is None:
            return answer
        typer.echo(f"  {mistake}", err=True)


def _ask_again(draft: making.Draft, mistakes: Sequence[Problem]) -> None:
    """Show what is wrong with the answers as a whole, and take another answer to each."""
    typer.echo("\nThese answers do not go together:", err=True)
    for problem in mistakes:
        typer.echo(f"  {problem}", err=True)
    for key in dict.fromkeys(making.key_of(problem.path) for problem in mistakes):
        # An answer that was just given may be the default of the next one.
        known = {question.key: question for question in making.questions(draft.answers)}
        question = known.get(key) or making.Question(key, "Another value", "Empty leaves the key out.", "")
        draft.take(key, _prompt(question, draft))


@app.command()
def check(stack: Stack, as_json: Json = False) -> None:
    """Check a stack file, without engine or account."""
    with telling(as_json):
        found = files.read(stack)
        spec = parse(found.values, found.secure, source=found.shown, line=found.line)
        lines = [f"{found.shown} is right: {len(spec.checks)} checks"]
        lines += [f"  mind: {warning}" for one in spec.checks for warning in one.warnings]
        say(
            {
                "stack": found.name,
                "ok": True,
                "checks": [
                    {"title": one.title, "notes": list(one.notes), "warnings": list(one.warnings)}
                    for one in spec.checks
                ],
            },
            "\n".join(lines),
            as_json=as_json,
        )


@app.command()
def plan(
    stack: Stack,
    everything: All = False,
    as_json: Json = False,
    file: PlanFile = None,
) -> None:
    """Show what a stack would make, and what was checked, without engine or account."""
    with telling(as_json):
        rehearsed = planned(stack, file)
        if as_json:
            say(rehearsed.to_json(), "", as_json=True)
        else:
            rehearsed.show(console(), everything=everything)
            rehearsed.show_next(console())
        if not rehearsed.ok:
            raise typer.Exit(Status.WRONG)


@app.command()
def rehearse(
    stack: Stack,
    everything: All = False,
    as_json: Json = False,
    file: PlanFile = None,
    by_hand: Annotated[
        bool, typer.Option(help="Also run the commands of a user, in a checkout of their own.")
    ] = True,
) -> None:
    """Plan a stack, and let it live a whole life in the engine, against stand-in clouds."""
    with telling(as_json):
        rehearsed = planned(stack, file)
        to = Console(quiet=True) if as_json else console()
        from rehearsal.report import live

        rehearsed.show(to, everything=everything)
        life = live(rehearsed, to, by_hand=by_hand)
        rehearsed.show_next(to)
        if as_json:
            say({**rehearsed.to_json(), "life": None if life is None else life.to_json()}, "", as_json=True)
        if not rehearsed.ok or (life is not None and life.leaks):
            raise typer.Exit(Status.WRONG)


@app.command()
def preview(
    stack: Stack,
    rehearse: Rehearse = False,
    no_policies: NoPolicies = False,
    wait: Wait = 0,
    as_json: Json = False,
) -> None:
    """Say what `up` would change."""
    with telling(as_json), opened(stack, rehearse, wait, as_json, policies=not no_policies) as one:
        told(one.preview(), as_json=as_json)


@app.command()
def up(
    stack: Stack,
    rehearse: Rehearse = False,
    no_policies: NoPolicies = False,
    yes: Yes = False,
    wait: Wait = 0,
    as_json: Json = False,
) -> None:
    """Deploy, after a preview."""
    with telling(as_json), opened(stack, rehearse, wait, as_json, policies=not no_policies) as one:
        if not yes and not rehearse:
            wanted = one.preview()
            told(wanted, as_json=False)
            if not wanted.changed:
                return
            confirm(f"Deploy {one.name}?")
            told(one.up(preview=False), as_json=as_json)
            return
        told(one.up(), as_json=as_json)


@app.command()
def rotate(
    stack: Stack,
    name: Annotated[
        str | None, typer.Argument(help="Name of a generated secret; they are listed when it is left out.")
    ] = None,
    rehearse: Rehearse = False,
    yes: Yes = False,
    wait: Wait = 0,
    as_json: Json = False,
) -> None:
    """Generate a password or an access key anew, and deploy it to what uses it."""
    with telling(as_json), opened(stack, rehearse, wait, as_json) as one:
        if name is None:
            kinds = {found.name: kind_of(found.name) for found in one.generated()}
            names = [name for name, kind in kinds.items() if kind.offered]
            kept = {name: kind.effect for name, kind in kinds.items() if not kind.offered}
            lines = [
                *(f"{name}: {kinds[name].effect}" for name in names),
                *(f"{name} cannot be: {why}; {kinds[name].instead}" for name, why in kept.items()),
            ]
            say(
                {"stack": one.name, "generated": names, "kept": kept},
                "\n".join(lines) or "There are none: the stack is not deployed.",
                as_json=as_json,
            )
            return
        if not yes and not rehearse:
            confirm(f"Generate {name} of {one.name} anew?")
        told(one.rotate(name), as_json=as_json)


@app.command()
def refresh(
    stack: Stack, rehearse: Rehearse = False, yes: Yes = False, wait: Wait = 0, as_json: Json = False
) -> None:
    """Take over into the state what the clouds have."""
    with telling(as_json), opened(stack, rehearse, wait, as_json) as one:
        if not yes and not rehearse:
            confirm(f"Change the state of {one.name} to what the clouds have?")
        told(one.refresh(), as_json=as_json)


@app.command()
def drift(stack: Stack, rehearse: Rehearse = False, wait: Wait = 0, as_json: Json = False) -> None:
    """Say what was changed in the clouds behind the engine's back; status 1 where something was."""
    with telling(as_json), opened(stack, rehearse, wait, as_json) as one:
        result = one.drift()
        told(result, as_json=as_json)
        if result.changed:
            raise typer.Exit(Status.WRONG)


@app.command()
def recover(
    stack: Stack,
    adopt: Annotated[
        list[str] | None, typer.Option(help="URN=ID: the thing has this id in the cloud.")
    ] = None,
    discard: Annotated[list[str] | None, typer.Option(help="URN: nothing was left behind.")] = None,
    force_unlock: Annotated[bool, typer.Option(help="Clear a lock of another machine, too.")] = False,
    rehearse: Rehearse = False,
    as_json: Json = False,
) -> None:
    """Bring a stack whose deployment was interrupted into order; status 1 where something is left to decide."""
    with telling(as_json), opened(stack, rehearse, 0, as_json) as one:
        pairs = [pair.partition("=") for pair in adopt or []]
        if any(not urn or not own_id for urn, _, own_id in pairs):
            refuse("--adopt takes URN=ID")
        result = one.recover(
            adopt={urn: own_id for urn, _, own_id in pairs}, discard=discard or [], force_unlock=force_unlock
        )
        lines = [f"Cleared the lock of {lock}" for lock in result.unlocked]
        lines += [f"Adopted {urn.rpartition('::')[2]}: {own_id}" for urn, own_id in result.adopted]
        lines += [
            f"To be deleted by the next up, as it cannot be used: {urn.rpartition('::')[2]} {own_id}"
            for urn, own_id in result.doomed
        ]
        lines += [f"Nothing left behind of {urn.rpartition('::')[2]}" for urn in result.cleared]
        for urn, ids in result.undecided:
            lines.append(f"To decide: {urn}" + (f"; it may be {', '.join(ids)}" if ids else ""))
            lines.append(f"  {result.because[urn]}")
            lines.append(
                "  look for it in the cloud; then --adopt 'URN=ID', or, when it is not there, --discard 'URN'"
            )
        say(result.to_json(), "\n".join(lines) or "Nothing was interrupted.", as_json=as_json)
        if not result.done:
            raise typer.Exit(Status.WRONG)


@app.command()
def destroy(
    stack: Stack,
    confirm_name: Annotated[
        str | None, typer.Option("--confirm", help="The stack's name, once more.")
    ] = None,
    unprotect: Annotated[bool, typer.Option(help="Release what is protected first: data is lost.")] = False,
    rehearse: Rehearse = False,
    yes: Yes = False,
    wait: Wait = 0,
    as_json: Json = False,
) -> None:
    """Delete all that a stack has made."""
    with telling(as_json), opened(stack, rehearse, wait, as_json) as one:
        if confirm_name is None and not yes:
            confirm_name = str(typer.prompt(f"Type {one.name} to destroy it", err=True))
        told(
            one.destroy(confirm=one.name if confirm_name is None else confirm_name, unprotect=unprotect),
            as_json=as_json,
        )


@app.command()
def outputs(
    stack: Stack,
    show_secrets: Annotated[
        bool, typer.Option("--show-secrets", help="Print secret outputs in clear.")
    ] = False,
    rehearse: Rehearse = False,
    as_json: Json = False,
) -> None:
    """Print the stack's outputs."""
    with telling(as_json), opened(stack, rehearse, 0, as_json) as one:
        found = shown(one.outputs(), reveal=show_secrets)
        lines = [
            f"{key}  {value if isinstance(value, str) else json.dumps(value)}" for key, value in found.items()
        ]
        say(found, "\n".join(lines) or "There are none: the stack is not deployed.", as_json=as_json)


@app.command()
def policy(stack: Stack, as_json: Json = False) -> None:
    """Judge a stack's plan by the policy pack; status 1 where a mandatory rule is broken."""
    with telling(as_json):
        from policy import report as reports
        from policy.cli import NotJudged, judged
        from policy.config import ConfigError
        from rehearsal.stack import load

        load(stack)
        try:
            found = judged(stack)
        except (NotJudged, ConfigError) as error:
            failed({"error": "other", "cause": str(error)}, str(error), as_json=as_json)
            raise typer.Exit(Status.WRONG) from None
        if as_json:
            say(reports.as_json([found]), "", as_json=True)
        else:
            reports.table(found, console())
        if not found.clean:
            raise typer.Exit(Status.WRONG)


@app.command()
def schema() -> None:
    """Print the JSON Schema of stack files."""
    from stacks.schema import text

    typer.echo(text(), nl=False)


# --------------------------------------------------------------------------------------------------- inside


def console(*, error: bool = False) -> Console:
    """Return a console; 100 columns wide where there is no terminal."""
    made = Console(highlight=False, stderr=error)
    return made if made.is_terminal else Console(highlight=False, stderr=error, width=100)


def say(value: Mapping[str, Any], text: str, *, as_json: bool) -> None:
    """Print a result."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False) if as_json else text)


def failed(value: Mapping[str, Any], text: str, *, as_json: bool) -> None:
    """Print an error: JSON where other programs look for the result, text where people look for errors."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False) if as_json else text, err=not as_json)


def refuse(message: str) -> NoReturn:
    """End for wrong use."""
    typer.echo(message, err=True)
    raise typer.Exit(Status.MISUSED)


def confirm(question: str) -> None:
    """Ask; a no ends the command."""
    if not typer.confirm(question, err=True):
        raise typer.Exit(Status.WRONG)


def planned(stack: str, file: Path | None) -> "Rehearsed":
    """Plan a stack; write the plan to a file where one is given."""
    from rehearsal import report

    rehearsed = report.plan(stack)
    if file is not None:
        file.write_text(rehearsed.plan.text(), encoding="utf-8")
    return rehearsed


@contextlib.contextmanager
def telling(as_json: bool) -> Iterator[None]:
    """Turn what goes wrong into a message and an exit status."""
    try:
        yield
    except AutomationError as error:
        failed(error.to_json(), str(error), as_json=as_json)
        raise typer.Exit(Status.NO_ENGINE if isinstance(error, NoEngineError) else Status.WRONG) from None
    except InvalidStack as error:
        failed(of_file(error).to_json(), str(error), as_json=as_json)
        raise typer.Exit(Status.WRONG) from None
    except (RehearsalError, OSError) as error:
        cause = str(error)
        if isinstance(error, OSError) and error.filename:
            cause = f"{error.filename}: {error.strerror}"
        failed({"error": "other", "cause": cause}, cause, as_json=as_json)
        raise typer.Exit(Status.WRONG) from None


@contextlib.contextmanager
def opened(
    stack: str, rehearse: bool, wait: float, as_json: bool, *, policies: bool = True
) -> Iterator[ChatStack]:
    """Open a stack with progress on standard error."""
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
            )
        )


@contextlib.contextmanager
def progress(as_json: bool) -> Iterator[OnEvent]:
    """Show what is being done, where there is somebody to look at it."""
    to = console(error=True)
    if as_json or not to.is_terminal:
        yield lambda _: None
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
            if isinstance(event, Started):
                bar.reset(task, description=event.kind, total=None, now="")
            elif isinstance(event, Moved) and event.state == "running":
                bar.update(task, now=escape(f"{event.step.operation} {event.step.name}"))
            elif isinstance(event, Moved):
                bar.advance(task)

        yield on_event


def told(result: Result, *, as_json: bool) -> None:
    """Print what an operation did."""
    if as_json:
        say(result.to_json(), "", as_json=True)
        return
    to = console()
    table = Table.grid(padding=(0, 2))
    for step in result.steps:
        if step.operation not in NOT_CHANGES:
            changed = Text(", ".join(step.changed[:6]), "dim")
            table.add_row(f"  {step.operation}", Text(step.name), Text(short_type(step.type), "dim"), changed)
    if result.steps:
        to.print(table)
    changes = ", ".join(f"{count} {word}" for word, count in result.changes.items()) or "nothing"
    to.print(f"{result.kind} of {escape(result.stack)}: {changes}; {result.seconds:.1f} s")
    mandatory = [finding for finding in result.findings if finding.mandatory]
    if result.findings:
        to.print(
            f"Policies: {len(mandatory)} mandatory and {len(result.findings) - len(mandatory)} advisory findings"
        )
    for warning in result.warnings:
        to.print(Text(f"warning: {warning}", "yellow"))
    for sentence in result.lost:
        to.print(Text(f"DATA: {sentence}", "bold red"))
    for urn in result.kept:
        to.print(Text(f"kept on purpose: {urn.rpartition('::')[2]}"))
    for key, value in shown(result.outputs).items():
        to.print(Text(f"  {key}  {value if isinstance(value, str) else json.dumps(value)}"))
