"""The command line, `rocketchat COMMAND STACK`. Thin: everything it does is a call of the Python API.

What a command needs is imported when it runs: help, the version and completion have to be quick.
"""

import contextlib
import errno
import io
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from automation.verify import LIMIT_SECONDS
from rocketchat import __version__
from stacks.project import COMMAND, ROOT, hiding, settings, stack_files

if TYPE_CHECKING:
    from rich.console import Console

    from automation import new as making
    from automation.events import OnEvent
    from automation.stack import ChatStack
    from automation.values import Result
    from automation.verify.client import User
    from rehearsal.report import Rehearsed
    from rehearsal.stack import RehearsedStack
    from stacks.problems import Problem

NAME = "rocketchat"
HELP = """Plan, rehearse, judge, deploy and look after Rocket.Chat on many clouds.

STACK is the name of a stack file of this project, or the path of one. `rocketchat COMMAND --help` says more.

Exit status: 0 success, 1 something failed or was found, 2 wrong usage, 3 no Pulumi CLI."""

app = typer.Typer(
    name=NAME,
    help=HELP,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

settings_app = typer.Typer(no_args_is_help=True, help="Compare and set the running chat's settings.")
app.add_typer(settings_app, name="settings")
admin_app = typer.Typer(no_args_is_help=True, help="Let an administrator in again.")
app.add_typer(admin_app, name="admin")


class Status(IntEnum):
    """Exit statuses."""

    SUCCESS = 0
    FAILED = 1
    """Something failed, or something was found: mistakes, findings, drift."""
    MISUSED = 2
    NO_ENGINE = 3


class Copier(StrEnum):
    """What copies images."""

    crane = "crane"
    skopeo = "skopeo"


class Environment(StrEnum):
    """What a stack is judged as."""

    production = "production"
    trial = "trial"


def _stacks(incomplete: str) -> list[str]:
    """Return the names of the project's stacks, for completion."""
    names = (path.name[len("Pulumi.") : -len(".yaml")] for path in stack_files(ROOT).glob("Pulumi.*.yaml"))
    return sorted(name for name in names if name.startswith(incomplete))


Stack = Annotated[
    str, typer.Argument(metavar="STACK", help="Name of a stack file, or its path.", autocompletion=_stacks)
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit status."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal of another code page lacks some characters; it gets others for them.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        # By its name, however it was started: completion is registered for that.
        app(args=None if arguments is None else list(arguments), prog_name=NAME, standalone_mode=True)
    except SystemExit as end:
        return int(end.code or 0)
    return Status.SUCCESS


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"{NAME} {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[  # noqa: ARG001 - its callback does all
        bool,
        typer.Option("--version", "-V", callback=_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    if found := hiding(ROOT):
        with telling(as_json=False):
            names = ", ".join(found)
            refuse(
                f"{names} in {ROOT} would be imported in the place of a package of {NAME}: give it another name"
            )


# ------------------------------------------------------------------------------------------------- commands


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the project; made if needed.")],
    answers: Answers = None,
    stack: Annotated[
        str | None,
        typer.Option(
            "--stack", "-s", metavar="NAME", help="Name of its first stack; the folder's name, else."
        ),
    ] = None,
    yes: Defaults = False,
) -> None:
    """Make a project in a folder of your own.

    It has a first stack file, and this program as its dependency.
    """
    from automation import project
    from automation.new import NAME as NAMED

    with telling(as_json=False):
        # Another name in each folder: stacks of one name would share the state where the backend is one.
        own = folder.resolve().name
        stack = stack or (own if NAMED.fullmatch(own) else "chat")
        try:
            written = project.write(folder)
        except FileExistsError as error:
            refuse(
                f"{error.filename} exists already: choose another folder, or make stacks there by `{COMMAND} new`"
            )
        lines = [f"Written: {path}" for path in written]
        if project.local(project.requirement()):
            lines.append(f"warning: {folder / 'requirements.txt'} {project.LOCAL}")
        lines += ["Set it up:", *project.set_up(folder)]
        typer.echo("\n".join(lines), err=True)
        status = project.new(folder, [stack, *(answers or ()), *(["--yes"] if yes else [])])
        if status != Status.SUCCESS:
            typer.echo(
                f"The project is there, without a stack. Make one in it: {COMMAND} new {stack}", err=True
            )
            raise typer.Exit(status)


@app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the new stack.")],
    answers: Answers = None,
    yes: Defaults = False,
    as_json: Json = False,
) -> None:
    """Write a stack file from a few answers.

    Asks at a terminal; one that was interrupted continues where it stopped.
    """
    from automation import new as making
    from stacks import files
    from stacks.problems import InvalidStack
    from stacks.secret_keys import command

    with telling(as_json):
        need_project()
        if not making.NAME.fullmatch(name):
            refuse("a stack's name has letters, digits, dots, hyphens and underscores")
        path = files.path_of(name)
        if path.exists():
            refuse(f"{files.shown(path)} exists already")
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
        try:
            if silent:
                _fill(draft)
            else:
                with asking("every answer as KEY=VALUE, and --yes", as_json=False):
                    _ask(draft)
                    while mistakes := making.problems(draft.answers):
                        _ask_again(draft, mistakes)
            written = making.write(name, draft.answers)
        except InvalidStack as error:
            draft.drop(problem.path for problem in error.problems)
            raise
        draft.done()
        steps = [f"Written: {files.shown(written.path)}", "Next:"]
        steps += [f"  {COMMAND} check {name}", f"  {COMMAND} plan {name}"]
        steps += [
            f"  {command(f'rocketchat:{one}')} --stack {name}   # before it is deployed"
            for one in written.secrets
        ]
        say(
            {"stack": name, "file": str(written.path), "secrets": list(written.secrets)},
            "\n".join(steps),
            as_json=as_json,
        )


def _fill(draft: "making.Draft") -> None:
    """Answer what was not given by its default."""
    from automation import new as making

    filled = making.fill(draft.answers)
    wrong: list[str] = []
    for question, mistake in filled.mistakes:
        answer = draft.answers.get(question.key)
        draft.drop([question.key])
        where = f" ({question.where})" if question.where else ""
        wrong.append(
            f"{question.text}{where}: give {question.key}=…"
            if answer is None
            else f"{question.key}={answer}: {mistake}"
        )
    told = dict.fromkeys(one for _, one in filled.others)
    wrong += [f"{making.key_of(one.path)}: {str(one).removeprefix(f'{one.path}: ')}" for one in told]
    draft.drop(key for key, _ in filled.others)
    if wrong:
        refuse("\n".join(wrong))
    for key, answer in filled.answers.items():
        draft.take(key, answer)


def _ask(draft: "making.Draft") -> None:
    """Take an answer to each question that has none yet."""
    from automation import new as making

    for question in making.questions(draft.answers):
        answer = draft.answers.get(question.key)
        if answer is None or making.wrong(question, answer, draft.answers) is not None:
            draft.take(question.key, _prompt(question, draft))


def _prompt(question: "making.Question", draft: "making.Draft") -> str:
    """Ask until the answer is possible by itself."""
    from automation import new as making

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


def _ask_again(draft: "making.Draft", mistakes: "Sequence[Problem]") -> None:
    """Show what is wrong with the answers as a whole, and take another answer to each."""
    from automation import new as making

    typer.echo("\nThese answers do not go together:", err=True)
    for problem in mistakes:
        typer.echo(f"  {problem}", err=True)
    for key in dict.fromkeys(making.key_of(problem.path) for problem in mistakes):
        # An answer that was just given may be the default of the next one.
        known = {question.key: question for question in making.questions(draft.answers)}
        question = known.get(key) or making.Question(key, "Another value", "Empty leaves the key out.", "")
        draft.take(key, _prompt(question, draft))


@app.command("list")
def list_(as_json: Json = False) -> None:
    """List the project's stacks."""
    from rehearsal.stack import checked
    from stacks import files
    from stacks.problems import InvalidStack

    with telling(as_json):
        need_project()
    found: list[dict[str, Any]] = []
    for name in files.names():
        try:
            spec, _ = checked(files.read(name))
        except InvalidStack as error:
            found.append({"stack": name, "ok": False, "problems": len(error.problems)})
            continue
        chat, runtime = spec.parts.chat, spec.parts.runtime
        found.append(
            {"stack": name, "ok": True, "host": chat.host, "runtime": runtime.kind, "users": chat.users}
            | {"profile": chat.profile.value, "release": spec.release.version}
        )
    lines = [
        (one["stack"], one["host"], one["runtime"], f"{one['users']} users", one["profile"], one["release"])
        if one["ok"]
        else (one["stack"], f"not valid: {COMMAND} check {one['stack']}")
        for one in found
    ]
    wide = [max(len(line[column]) for line in lines if len(line) > 2) for column in range(6)] if lines else []
    text = ["  ".join(f"{cell:<{wide[at]}}" for at, cell in enumerate(line)).rstrip() for line in lines]
    say({"stacks": found}, "\n".join(text) or files.NO_STACKS, as_json=as_json)


@app.command()
def check(stack: Stack, as_json: Json = False) -> None:
    """Check a stack file."""
    with telling(as_json):
        from policy import config as policy_config
        from policy import images as policy_images
        from stacks import files
        from stacks.language import checked_file

        found = files.read(stack)
        spec, unset = checked_file(found)
        lines = [f"{found.shown} is valid: {len(spec.checks)} checks passed"]
        try:
            judged_as = policy_config.load(
                found.name, policy_config.config_file(), profile=spec.parts.chat.profile.value
            )
            refused = tuple(policy_images.refused(spec, judged_as))
        except policy_config.ConfigError as error:
            refused = (str(error),)
        lines += [
            f"  warning: {warning}"
            for warning in (*(w for one in spec.checks for w in one.warnings), *refused)
        ]
        named = ", ".join(found.environments)
        lines += [f"  from the environment {named}, or to be set: {key}" for key in sorted(unset)]
        say(
            {
                "stack": found.name,
                "ok": True,
                "unset": sorted(unset),
                "checks": [
                    *(
                        {"title": one.title, "notes": list(one.notes), "warnings": list(one.warnings)}
                        for one in spec.checks
                    ),
                    {
                        "title": "The policy pack allows the registries",
                        "notes": [],
                        "warnings": list(refused),
                    },
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
    """Show what a stack would make, and what to know.

    Needs no account and no Pulumi CLI.
    """
    with telling(as_json):
        rehearsed = planned(stack, file)
        if as_json:
            say(rehearsed.to_json(), "", as_json=True)
        else:
            rehearsed.show(console(), everything=everything)
            rehearsed.show_next(console())
        if not rehearsed.ok:
            raise typer.Exit(Status.FAILED)


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
    """Plan a stack, and run its full lifecycle.

    In Pulumi's engine, against stand-in clouds; no account is needed.
    """
    from rich.console import Console

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
            raise typer.Exit(Status.FAILED)


@app.command()
def preview(
    stack: Stack,
    rehearse: Rehearse = False,
    no_policies: NoPolicies = False,
    wait: Wait = 0,
    as_json: Json = False,
) -> None:
    """Show what `up` would change."""
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
            with asking("--yes", as_json=as_json):
                wanted = one.preview()
                told(wanted, as_json=False)
                if not wanted.changed:
                    return
                confirm(f"Deploy {one.name}?")
            told(one.up(preview=False), as_json=False)
            return
        told(one.up(), as_json=as_json)


@app.command()
def upgrade(
    stack: Stack,
    to: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="RELEASE", help="Where to; the stack file's release, else the recommended one."
        ),
    ] = None,
    through: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RELEASE", help="Exact release for a line on the way, such as 7.13.4. Repeatable."
        ),
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Take the steps; without it they are shown.")
    ] = False,
    backup: Annotated[
        str | None,
        typer.Option(
            metavar="WHAT", help="What holds the data of before: the id of a snapshot, the name of a dump."
        ),
    ] = None,
    rehearse: Rehearse = False,
    wait: Wait = 0,
    as_json: Json = False,
) -> None:
    """Go to another release, a step at a time.

    Through the last release of each major and MongoDB's versions on the way, with one server, and a look at the chat
    after each step. The stack file is changed as it goes. An upgrade that was interrupted goes on where it stopped.
    """
    from automation.upgrade import run as climbing

    with telling(as_json):

        def opening() -> "contextlib.AbstractContextManager[ChatStack]":
            return opened(stack, rehearse, wait, as_json)

        folder = climbing.FOLDER / "rehearsed" if rehearse else climbing.FOLDER
        found = climbing.plan(stack, opening, to, through or (), folder=folder)
        if not apply or not found.steps:
            lines = [f"{found.file.name}: {found.record.old} to {found.record.new}"]
            for number, step in enumerate(found.steps, 1):
                lines.append(
                    f"{number}. {step.title}" + ("   <- goes on here" if number - 1 == found.next else "")
                )
                lines += [f"   {note}" for note in (*step.notes, *filter(None, [step.by_hand]))]
            lines += (
                [
                    f"Before: {found.saving}",
                    f"Then: {COMMAND} upgrade {stack} --to {found.record.new} --apply --backup WHAT",
                ]
                if found.steps
                else ["Nothing to do."]
            )
            say(found.to_json(), "\n".join(lines), as_json=as_json)
            return
        if backup is None and not found.record.backup and not rehearse:
            refuse(
                "an upgrade changes the data for good, and nothing is said to hold them as they are",
                f"make a backup ({found.saving}), and name it: --backup WHAT",
            )
        with climbing.put_back(found, folder) if rehearse else contextlib.nullcontext():
            climbing.go(
                found,
                opening,
                backup=backup or "a rehearsal's",
                check=(lambda _: None) if rehearse else climbing.well,
                on_step=lambda step: typer.echo(step.title, err=True),
                folder=folder,
            )
        say(
            {"stack": found.file.name, "release": found.record.new, "steps": len(found.steps)},
            f"{found.file.name} runs {found.record.new}",
            as_json=as_json,
        )


@app.command()
def rollback(
    stack: Stack,
    apply: Annotated[bool, typer.Option("--apply", help="Go back; without it the way is shown.")] = False,
    restored: Annotated[
        bool, typer.Option("--restored", help="The data of before the upgrade are back in the database.")
    ] = False,
    wait: Wait = 0,
    as_json: Json = False,
) -> None:
    """Go back from the last upgrade: release and data together.

    Says why where there is no way back. Exit status 1 then.
    """
    from automation.upgrade import back
    from automation.upgrade.run import well

    with telling(as_json):

        def opening() -> "contextlib.AbstractContextManager[ChatStack]":
            return opened(stack, False, wait, as_json)

        found = back.plan(stack, opening)
        if not apply:
            lines = [
                f"{found.stack}: {found.new} back to {found.old}, with the data of {found.backup}",
                *(f"{number}. {step}" for number, step in enumerate(found.steps, 1)),
            ]
            say(found.to_json(), "\n".join(lines), as_json=as_json)
            return
        back.go(found, opening, restored=restored, check=well)
        say(
            {"stack": found.stack, "release": found.old},
            f"{found.stack} runs {found.old} again. chat.upgradeFrom says whose data it has: it may be taken out now"
            if found.data_first
            else f"{found.old} is deployed, and starts when its data are back: {found.steps[1]}",
            as_json=as_json,
        )


@app.command()
def rotate(
    stack: Stack,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME", help="Name of a generated secret; they are listed when it is left out."
        ),
    ] = None,
    rehearse: Rehearse = False,
    yes: Yes = False,
    wait: Wait = 0,
    as_json: Json = False,
) -> None:
    """Replace a generated password or access key.

    The new one is deployed to what uses it. Without NAME it lists those there are.
    """
    from automation.rotation import kind_of

    with telling(as_json), opened(stack, rehearse, wait, as_json) as one:
        if name is None:
            kinds = {found.name: kind_of(found.name) for found in one.generated()}
            names = [name for name, kind in kinds.items() if kind.offered]
            kept = {name: kind.effect for name, kind in kinds.items() if not kind.offered}
            lines = [
                *(f"{name}: {kinds[name].effect}" for name in names),
                *(f"{name} cannot be rotated: {why}; {kinds[name].instead}" for name, why in kept.items()),
            ]
            say(
                {"stack": one.name, "generated": names, "kept": kept},
                "\n".join(lines) or "There are none: the stack is not deployed.",
                as_json=as_json,
            )
            return
        if not yes and not rehearse:
            with asking("--yes", as_json=as_json):
                confirm(f"Replace {name} of {one.name}?")
        told(one.rotate(name), as_json=as_json)


@app.command()
def refresh(
    stack: Stack, rehearse: Rehearse = False, yes: Yes = False, wait: Wait = 0, as_json: Json = False
) -> None:
    """Update the state from what the clouds have."""
    with telling(as_json), opened(stack, rehearse, wait, as_json) as one:
        if not yes and not rehearse:
            with asking("--yes", as_json=as_json):
                confirm(f"Change the state of {one.name} to what the clouds have?")
        told(one.refresh(), as_json=as_json)


@app.command()
def drift(stack: Stack, rehearse: Rehearse = False, wait: Wait = 0, as_json: Json = False) -> None:
    """Show what was changed in the clouds outside Pulumi.

    Exit status 1 where something was.
    """
    with telling(as_json), opened(stack, rehearse, wait, as_json) as one:
        result = one.drift()
        told(result, as_json=as_json)
        if result.changed:
            raise typer.Exit(Status.FAILED)


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
    """Recover a stack whose deployment was interrupted.

    Exit status 1 where something is left to decide.
    """
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
            raise typer.Exit(Status.FAILED)


@app.command()
def adopt(
    stack: Stack,
    given: Annotated[
        list[str] | None, typer.Option("--id", help="URN=ID: the thing has this id in the cloud.")
    ] = None,
    skip: Annotated[list[str] | None, typer.Option(help="URN: make this one anew.")] = None,
    import_file: Annotated[
        Path | None,
        typer.Option(help="Write what is found as Pulumi's import file, and take nothing over."),
    ] = None,
    rehearse: Rehearse = False,
    yes: Yes = False,
    wait: Wait = 0,
    as_json: Json = False,
) -> None:
    """Take over what is in the clouds already.

    Of what the stack would make. It is the stack's own from then on, and goes when the stack is destroyed. Exit status
    1 where something that may be there was left alone.
    """
    with telling(as_json), opened(stack, rehearse, wait, as_json) as one:
        pairs = [pair.partition("=") for pair in given or []]
        if any(not urn or not own_id for urn, _, own_id in pairs):
            refuse("--id takes URN=ID")

        def agree(found: Mapping[str, str]) -> bool:
            if import_file is not None:
                return False
            if not yes and not rehearse:
                with asking("--yes", as_json=as_json):
                    listed = [f"  {urn.rpartition('::')[2]}: {own_id}" for urn, own_id in found.items()]
                    typer.echo("\n".join(["Found:", *listed]), err=True)
                    confirm(f"Take these over into {one.name}, which then owns them?")
            return True

        result = one.adopt(given={urn: own_id for urn, _, own_id in pairs}, skip=skip or [], agree=agree)
        if import_file is not None:
            write(import_file, json.dumps(result.imports, indent=2) + "\n")
        lines = [f"Adopted {urn.rpartition('::')[2]}: {own_id}" for urn, own_id in result.taken.items()]
        for urn, why in result.left.items():
            lines += [f"Left alone: {urn}", f"  {why}"]
        say(
            result.to_json(),
            "\n".join(lines) or "Nothing that this stack would make is there.",
            as_json=as_json,
        )
        if result.plan is not None and not as_json:
            told(result.plan, as_json=False)
        if result.left:
            raise typer.Exit(Status.FAILED)


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
            with asking(f"--confirm {one.name}", as_json=as_json):
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
    from automation.values import shown

    with telling(as_json), opened(stack, rehearse, 0, as_json) as one:
        found = shown(one.outputs(), reveal=show_secrets)
        lines = [
            f"{key}  {value if isinstance(value, str) else json.dumps(value)}" for key, value in found.items()
        ]
        say(found, "\n".join(lines) or "There are none: the stack is not deployed.", as_json=as_json)


@app.command()
def doctor(stack: Stack, as_json: Json = False) -> None:
    """Ask what a deployment will need and may not get.

    Limits, sizes, names and credentials at the vendors, with your own credentials. Changes nothing; what cannot be
    asked is "not known". Exit status 1 where something stands in the way.
    """
    with telling(as_json):
        from automation.doctor import needs
        from automation.doctor.amazon import Aws
        from automation.doctor.credentials import of_stack
        from automation.doctor.run import doctor as run
        from automation.web import NotChecked
        from rehearsal import stack as planning

        loaded = planning.load(stack)
        spec, name = loaded.spec, loaded.name
        visit = needs.Visit(
            name,
            spec,
            needs.of_plan(planning.plan(loaded).resources),
            loaded.unset,
            of_stack(name, spec.parts, loaded.secret_keys),
            Aws(spec.region) if spec.region else None,
        )
        try:
            state = needs.deployed(name)
        except NotChecked as error:
            visit.state_unknown = str(error)
        else:
            if state is not None:
                visit.deployed, visit.account = needs.of_state(state), state.account
        report = run(visit, lambda outcome: None if as_json else typer.echo(str(outcome)))
        if as_json:
            say(report.to_json(), "", as_json=True)
        if not report.ok:
            raise typer.Exit(Status.FAILED)


@app.command()
def restore(
    stack: Stack,
    from_: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="BACKUP",
            help="`newest`, the default, or `before-restore`: what was there before the last one.",
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            "--at", metavar="TIME", help="The last backup at or before it, such as 2026-01-31T18:05:00Z."
        ),
    ] = None,
    what: Annotated[
        str | None,
        typer.Option(
            "--what",
            metavar="WHAT",
            help="`database`, `uploads` or `all`; what the stack backs up when left out.",
        ),
    ] = None,
    even_if_smaller: Annotated[
        bool, typer.Option("--even-if-smaller", help="Also where an older backup has far more in it.")
    ] = False,
    show: Annotated[
        bool, typer.Option("--show", help="Print the command that would do it, and do nothing.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Bring back a backup.

    The chat stops meanwhile; what is there now is backed up before, and comes back by `--from before-restore`. Needs
    `aws`, or `kubectl` for a cluster, with credentials of your own. If anything fails, the data is as it was before.
    """
    from automation import restore as restoring

    with telling(as_json=False):
        when = restoring.when(from_, at)
        with opened(stack, False, 0, False) as one:
            spec, host = one.spec, one.spec.parts.chat.host
            found = restoring.of_stack(
                spec, one.outputs(), what=what, when=when, even_if_smaller=even_if_smaller
            )
        if show:
            typer.echo(found.command())
            return
        if found.missing:
            refuse(
                f"{' and '.join(found.missing)} is not installed",
                "install it, or run elsewhere what --show prints",
            )
        if not yes:
            with asking("--yes", as_json=False):
                confirm(
                    f"Replace {found.variables['WHAT']} of {host} by the backup `{when}`? What is newer goes away."
                )
        if found.run() != 0:
            raise typer.Exit(Status.FAILED)


@app.command()
def verify(
    stack: Stack,
    user: Annotated[
        str | None,
        typer.Option(
            "--user",
            metavar="USER",
            help="A test user: its name or e-mail, with its password in ROCKETCHAT_PASSWORD (else it is asked for); "
            "or its id, with a personal access token of it in ROCKETCHAT_TOKEN.",
        ),
    ] = None,
    timeout: Annotated[
        float, typer.Option("--timeout", min=1, metavar="SECONDS", help="How long the whole may take.")
    ] = LIMIT_SECONDS,
    as_json: Json = False,
) -> None:
    """Check a deployed chat from outside.

    DNS, TLS, headers, health, release, WebSocket; with a test user also login, a message, an upload, mail and push.
    What it makes in the chat it removes.
    """
    from automation.verify.expected import of_stack
    from automation.verify.run import verify as run

    with telling(as_json):
        given = None if user is None else _test_user(user, as_json=as_json)
        with opened(stack, False, 0, as_json) as one:
            expected = of_stack(one.name, one.spec, one.outputs())
        report = run(
            expected,
            given,
            limit=timeout,
            on_outcome=lambda outcome: None if as_json else typer.echo(str(outcome)),
        )
        if as_json:
            say(report.to_json(), "", as_json=True)
        if not report.ok:
            raise typer.Exit(Status.FAILED)


def _test_user(name: str, *, as_json: bool) -> "User":
    """Return a user with the credential of the environment, or one that is asked for."""
    from automation.verify.client import User

    password, token = os.environ.get("ROCKETCHAT_PASSWORD"), os.environ.get("ROCKETCHAT_TOKEN")
    answer = "the credential in ROCKETCHAT_PASSWORD or ROCKETCHAT_TOKEN"
    if not name.strip():
        refuse("--user is empty", "give a user's name, or its id with ROCKETCHAT_TOKEN")
    if password and token:
        refuse("ROCKETCHAT_PASSWORD and ROCKETCHAT_TOKEN are both set", "unset one of them")
    if not password and not token:
        with asking(answer, as_json=as_json):
            if not sys.stdin.isatty():
                raise typer.Abort
            password = str(typer.prompt(f"Password of {name}", hide_input=True, err=True))
    return User(name, password=password or None, token=token or None)


@app.command()
def status(stack: Stack, user: AdministratorName = None, as_json: Json = False) -> None:
    """Show what runs: release, support, instances, licence, database.

    An administrator (`--user`) is told more. Exit status 1 where the chat does not answer.
    """
    from automation.administration.status import status as ask
    from automation.verify.expected import of_stack

    with telling(as_json):
        given = None if user is None else _test_user(user, as_json=as_json)
        with opened(stack, False, 0, as_json) as one:
            expected = of_stack(one.name, one.spec, one.outputs())
        found = ask(expected, given)
        say(found.to_json(), "\n".join(found.lines()), as_json=as_json)
        if found.running is None:
            raise typer.Exit(Status.FAILED)


@settings_app.command("diff")
def settings_diff(
    stack: Stack,
    user: Administrator,
    everything: Annotated[
        bool, typer.Option("--all", "-a", help="Show what the stack does not say and somebody changed, too.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show which settings of the running chat are not as the stack file has them.

    Exit status 1 where some are not.
    """
    from automation.administration import settings as product

    with administering(stack, user, as_json) as (url, given, one):
        found = product.compare(url, given, one.spec)
        lines = [str(each) for each in found.differences]
        lines.append(
            f"{len(found.differences)} differ, {found.same} are as the stack has them, "
            f"{len(found.not_compared)} are secret or made by clouds, and not compared"
        )
        told_of = [f"  {key}: {product.shown(key, value)}" for key, value in found.unmanaged.items()]
        if everything and told_of:
            lines += ["Changed in the chat, and not in the stack file:", *told_of]
        elif told_of:
            lines.append(f"{len(told_of)} more were changed in the chat alone: --all shows them")
        say({"stack": one.name} | found.to_json(), "\n".join(lines), as_json=as_json)
        if found.differences:
            raise typer.Exit(Status.FAILED)


@settings_app.command("apply")
def settings_apply(stack: Stack, user: Administrator, yes: Yes = False, as_json: Json = False) -> None:
    """Set what `settings diff` shows, as far as the product's API may, without a restart."""
    from automation.administration import settings as product

    with administering(stack, user, as_json) as (url, given, one):
        if not yes:
            with asking("--yes", as_json=as_json):
                confirm(f"Set the settings of {one.spec.parts.chat.host} to what the stack has?")
        done = product.apply(url, given, one.spec)
        lines = [f"{each.id}: {'set' if each.done else each.why}" for each in done]
        say(
            {"stack": one.name, "settings": [each.to_json() for each in done]},
            "\n".join(lines) or "All are as the stack has them.",
            as_json=as_json,
        )
        if not all(each.done for each in done):
            raise typer.Exit(Status.FAILED)


@app.command()
def configure(
    stack: Stack,
    user: Administrator,
    notices: Annotated[
        str | None,
        typer.Option(
            metavar="CHANNEL",
            help="Make an incoming webhook for notices, such as those of backups, into this channel (#operations).",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Set up in the chat what no variable can.

    The bot's account, the first administrator by single sign-on, an incoming webhook for notices.

    May be repeated: what is right is left alone.
    """
    from automation.administration.configure import WEBHOOK_KEY, Step
    from automation.administration.configure import configure as steps
    from stacks.secrets import reads

    with administering(stack, user, as_json) as (url, given, one):
        if notices is not None and not re.fullmatch(r"[#@][^\s#@]+", notices):
            refuse(f"--notices {notices} is no channel", "such as --notices '#operations'")

        def tell(step: Step) -> None:
            if not as_json:
                typer.echo(f"{'changed' if step.changed else 'as it was'}  {step.name}: {step.said}")

        password = one.secret("rocketchat:botPassword") if one.spec.parts.bot is not None else None
        done = steps(url, given, one.spec, bot_password=password, notices=notices, on_step=tell)
        address = next((step.secret for step in done if step.secret is not None), None)
        if (
            address is not None
            and reads(one.spec.parts, WEBHOOK_KEY.partition(":")[2])
            and one.secret(WEBHOOK_KEY) != address
        ):
            one.set_secrets({WEBHOOK_KEY: address})
            typer.echo(f"{WEBHOOK_KEY} is set in the stack; `{COMMAND} up {one.name}` hands it on.", err=True)
        if as_json:
            say({"stack": one.name, "steps": [step.to_json() for step in done]}, "", as_json=True)
        elif not done:
            typer.echo("Nothing in the stack file needs it.")


@admin_app.command("reset")
def admin_reset(
    stack: Stack,
    user: AdministratorName = None,
    name: Annotated[
        str | None,
        typer.Option(
            "--name", metavar="NAME", help="Login name of who is locked out; the stack's administrator."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Let an administrator in again who lost the password or the second factor.

    With another administrator (`--user`) it sets a new password, from ROCKETCHAT_NEW_PASSWORD or asked for, and takes
    the second factor away. Without one it changes nothing, and shows the ways in that this stack has.
    """
    from automation.administration import locked_out
    from automation.values import shown

    if user is None:
        with telling(as_json), opened(stack, False, 0, as_json) as one:
            ways = list(locked_out.ways(one.spec, one.name, shown(one.outputs())))
            lines = [f"{number}. {way}" for number, way in enumerate(ways, 1)]
            say({"stack": one.name, "ways": ways}, "\n".join(lines), as_json=as_json)
        return
    with administering(stack, user, as_json) as (url, given, one):
        whose = name or str(one.outputs().get("adminUsername") or "")
        if not whose:
            refuse("the stack's outputs name no administrator", "--name NAME")
        password = os.environ.get("ROCKETCHAT_NEW_PASSWORD")
        if not password:
            with asking("the new password in ROCKETCHAT_NEW_PASSWORD", as_json=as_json):
                if not sys.stdin.isatty():
                    raise typer.Abort
                password = str(
                    typer.prompt(
                        f"New password of {whose}", hide_input=True, confirmation_prompt=True, err=True
                    )
                )
        said = locked_out.reset(url, given, whose, password)
        say({"stack": one.name, "said": said}, said, as_json=as_json)


@contextlib.contextmanager
def administering(stack: str, user: str, as_json: bool) -> "Iterator[tuple[str, User, ChatStack]]":
    """Open a deployed stack for its administrator; give its address, who that is, and the stack."""
    from automation.errors import AutomationError
    from automation.verify.expected import of_stack
    from automation.web import Failed, NotChecked

    with telling(as_json):
        given = _test_user(user, as_json=as_json)
        with opened(stack, False, 0, as_json) as one:
            url = of_stack(one.name, one.spec, one.outputs()).url
            try:
                yield url, given, one
            except Failed as error:
                raise AutomationError(error.found, remedy=error.remedy) from None
            except NotChecked as error:
                raise AutomationError(str(error), remedy="give an administrator of the chat") from None


@app.command()
def cost(
    stacks: Annotated[
        list[str],
        typer.Argument(
            metavar="STACK...",
            help="Names of stack files, or their paths.",
            autocompletion=_stacks,
            show_default=False,
        ),
    ],
    everything: Annotated[
        bool, typer.Option("--all", "-a", help="Show every charge, and where assumptions come from.")
    ] = False,
    side_by_side: Annotated[
        bool, typer.Option("--compare", help="Show several stacks, or profiles of one, side by side.")
    ] = False,
    profile: Annotated[
        list[Environment] | None,
        typer.Option("--profile", help="Price them as if chat.profile were this. Repeatable."),
    ] = None,
    hosted: Annotated[
        bool,
        typer.Option("--hosted", help="By the number of users, beside list prices of hosted chats."),
    ] = False,
    plots: Annotated[
        Path | None,
        typer.Option(
            "--plots",
            metavar="DIR",
            help="Write the plots of --hosted there, as SVG: per month, and per user.",
        ),
    ] = None,
    most: Annotated[
        int, typer.Option("--most", metavar="USERS", min=1, help="The most users of --hosted and --plots.")
    ] = 500,
    base: Annotated[
        str | None,
        typer.Option("--diff", metavar="BASE", help="Show what has changed since a commit or branch of git."),
    ] = None,
    assume: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=NUMBER",
            help="Another assumption, or its least and most: messages=20-40. Repeatable.",
        ),
    ] = None,
    price: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=USD", help="A price of your own, such as mongodbatlas.M20=0.20. Repeatable."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show what stacks cost in a month, by list prices.

    Exit status 1 where something that costs has no price.
    """
    with telling(as_json):
        from rehearsal import cost as costs
        from rehearsal import cost_show, stack

        given = {"assume": assume or (), "own": price or ()}
        try:
            if base is not None:
                _cost_since(base, stacks, assume or (), price or (), as_json=as_json)
                return
            loaded = [stack.load(name) for name in stacks]
            if hosted or plots is not None:
                _cost_by_users(loaded, most, plots, given, as_json=as_json)
                return
            if profile:
                loaded = [
                    stack.otherwise(one, f"{one.name} {each.value}", profile=each.value)
                    for one in loaded
                    for each in profile
                ]
            found = [costs.of_stack(one, stack.plan(one), **given) for one in loaded]
        except costs.Misgiven as error:
            refuse(str(error))
        if as_json:
            say({"stacks": [one.to_json() for one in found]}, "", as_json=True)
        elif side_by_side:
            cost_show.compare(found, console())
        else:
            for one in found:
                cost_show.show(one, console(), everything=everything)
        if any(one.unpriced for one in found):
            raise typer.Exit(Status.FAILED)


def _cost_since(
    base: str, stacks: Sequence[str], assume: Sequence[str], price: Sequence[str], *, as_json: bool
) -> None:
    """Show what stacks cost at a commit and now."""
    from rehearsal import cost, cost_show
    from reports import versions

    cost.assumptions(assume, 1)
    options = [one for key in assume for one in ("--assume", key)]
    options += [one for key in cost.prices(price).items() for one in ("--price", f"{key[0]}={key[1]}")]
    with console(error=True).status(f"pricing {base} and what there is now"):
        before, now = versions.both(base, lambda folder: versions.of_costs(folder, stacks, *options))
    if as_json:
        say({"before": list(before.costs.values()), "now": list(now.costs.values())}, "", as_json=True)
    else:
        cost_show.since(base, stacks, before.costs, now.costs, console())


def _cost_by_users(
    loaded: "Sequence[RehearsedStack]",
    most: int,
    plots: Path | None,
    given: Mapping[str, Sequence[str]],
    *,
    as_json: bool,
) -> None:
    """Price stacks for more and more users; show them beside hosted chats, and draw the plots."""
    from rehearsal import by_users, cost_show

    def priced(one: "RehearsedStack") -> "by_users.Curve":
        with console(error=True).status(f"planning {one.name}") as shown:
            told = f"{one.name}: {{}} users"
            return by_users.curve(
                one, most=most, on_planned=lambda users: shown.update(told.format(users)), **given
            )

    curves = [priced(one) for one in loaded]
    if plots is not None:
        from reports import plots as drawing

        for name, text in drawing.both(curves).items():
            write(plots / f"{name}.svg", text)
    if as_json:
        say(by_users.to_json(curves), "", as_json=True)
    else:
        cost_show.by_users(curves, console())
    if not all(one.complete for one in curves):
        raise typer.Exit(Status.FAILED)


@app.command()
def images(
    stack: Stack,
    copy: Annotated[
        Copier | None,
        typer.Option(
            "--copy",
            help="Print the commands that copy them to the stack's own registry (`images`, `charts`), by this tool.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """List the container images and Helm charts that a stack pulls."""
    with telling(as_json):
        from rehearsal import stack as stacks
        from stacks import mirror

        spec = stacks.load(stack).spec
        pulled, charts = mirror.images(spec), mirror.charts(spec)
        commands = [] if copy is None else list(mirror.commands(spec, copy.value))
        value = {
            "images": [{"published": one.published, "pulled": one.pulled} for one in pulled],
            "charts": [vars(one) for one in charts],
            "commands": commands,
        }
        if copy is None:
            lines = [
                *(one.pulled for one in pulled),
                *(f"chart {one.name} {one.version} from {one.source}" for one in charts),
            ]
        else:
            lines = commands or [
                "# The stack pulls from the makers' registries: name yours in rocketchat:images and rocketchat:charts."
            ]
        say(value, "\n".join(lines), as_json=as_json)


@app.command()
def policy(
    stacks: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="STACK",
            help="Names of stack files, or their paths; all of the project when left out.",
            autocompletion=_stacks,
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", "-a", help="Show advisory findings and what is not known yet, too.")
    ] = False,
    plan: Annotated[
        Path | None, typer.Option("--plan", metavar="FILE", help="Judge a plan that `plan --file` wrote.")
    ] = None,
    state: Annotated[
        Path | None, typer.Option("--state", metavar="FILE", help="Judge what `pulumi stack export` wrote.")
    ] = None,
    preview: Annotated[
        Path | None,
        typer.Option("--preview", metavar="FILE", help="Judge what `pulumi preview --json` wrote."),
    ] = None,
    environment: Annotated[
        Environment | None, typer.Option("--environment", help="Instead of what the stack's profile says.")
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", metavar="FILE", help="Instead of the project's policy/config.yaml."),
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="Also write the findings there, as JSON.")
    ] = None,
    sarif: Annotated[
        Path | None,
        typer.Option("--sarif", metavar="FILE", help="Also write SARIF 2.1.0, for code scanning."),
    ] = None,
    junit: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Also write JUnit, for CI.")
    ] = None,
    markdown: Annotated[
        Path | None,
        typer.Option("--markdown", metavar="FILE", help="Also write Markdown, for a pull request."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Judge stacks, or other programs, by the policy pack.

    Exit status 1 where a mandatory rule is broken, or a stack cannot be judged.
    """
    from policy import report, sources
    from policy.config import ConfigError, config_file, load
    from policy.judge import judge
    from stacks import files

    with telling(as_json):
        if sum(one is not None for one in (plan, state, preview)) > 1:
            refuse("--plan, --state and --preview are several things to judge: give one of them")
        overrides = None if environment is None else {"environment": environment.value}
        given = plan or state or preview
        if not stacks and given is None:
            need_project()
        names = list(stacks or ()) or (files.names() if given is None else [given.stem])
        if given is not None and len(names) > 1:
            refuse("a file is judged as one stack: give one name")
        found, wrong = [], []
        for name in names:
            try:
                if plan is not None:
                    resources = sources.of_plan(plan)
                elif preview is not None:
                    resources = sources.of_preview(preview)
                else:
                    resources = sources.of_stack(name) if state is None else sources.of_state(state)
                judged_as = load(
                    sources.name_of(name),
                    config or config_file(),
                    overrides,
                    profile=sources.profile_of(name),
                )
                found.append(judge(resources, judged_as, stack=sources.name_of(name)))
            except (sources.NotJudged, ConfigError) as error:
                wrong.append(str(error))
        told = report.as_json(found)
        if wrong:
            told |= {"clean": False, "errors": wrong}
        if file is not None:
            write(file, report.text(told))
        if sarif is not None:
            write(sarif, report.text(report.as_sarif(found)))
        if junit is not None:
            write(junit, report.as_junit(found))
        if markdown is not None:
            write(markdown, report.as_markdown(found))
        if as_json:
            say(told, "", as_json=True)
        else:
            for each in found:
                report.table(each, console(), everything=everything)
            for line in wrong:
                typer.echo(line, err=True)
            if not names:
                typer.echo(files.NO_STACKS, err=True)
        if not told["clean"]:
            raise typer.Exit(Status.FAILED)


@app.command()
def diff(
    base: Annotated[
        str, typer.Argument(metavar="BASE", help="A commit, branch or tag of git, such as origin/main.")
    ],
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="Write the Markdown there instead.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show what has changed in every stack since BASE.

    Resources, cost and findings, as Markdown for a pull request. Exit status 1 where something is found now that stops
    a deployment, or a stack cannot be planned.
    """
    with telling(as_json):
        need_project()
        from reports import changes, versions

        to = console(error=True)
        with to.status(f"planning {base} and what there is now") as shown:
            sides = versions.both(
                base,
                lambda folder: versions.of_all(folder, on_done=lambda name: shown.update(f"planned {name}")),
            )
        found = changes.compare(*sides)
        text = changes.markdown(found, base)
        if file is not None:
            write(file, text)
        if as_json:
            say({"base": base, "stacks": [one.to_json() for one in found]}, "", as_json=True)
        elif file is None:
            typer.echo(text, nl=False)
        if any(one.blocking or one.state.startswith("cannot") for one in found):
            raise typer.Exit(Status.FAILED)


@app.command()
def sizes(
    users: Annotated[
        list[int] | None, typer.Argument(metavar="USERS", help="Numbers of users; usual ones when left out.")
    ] = None,
    profile: Annotated[
        Environment, typer.Option("--profile", help="What the chat is for: chat.profile of a stack file.")
    ] = Environment.production,
    as_json: Json = False,
) -> None:
    """Show what numbers of users need, and cost.

    Servers, memory and database, each alone. `chat.users` of a stack file gives these sizes by itself.
    """
    with telling(as_json):
        from rehearsal import cost_show
        from rehearsal import sizes as sizing

        try:
            found = list(sizing.rows(users or sizing.USERS, profile.value))
        except ValueError as error:
            refuse(str(error))
        if as_json:
            say({"profile": profile.value, "sizes": [one.to_json() for one in found]}, "", as_json=True)
        else:
            cost_show.sizes(found, console())


@app.command()
def report(
    stack: Stack,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="FILE", help="Where to write it; STACK.html when left out."),
    ] = None,
    most: Annotated[
        int, typer.Option("--most", metavar="USERS", min=1, help="The most users of the plots of cost.")
    ] = 500,
    as_json: Json = False,
) -> None:
    """Write a stack on one page, with its picture.

    Summary, cost, secrets, findings, resources and next steps, as one HTML file that fetches nothing, for people who
    run no commands. Needs the extra `report`, and no account.
    """
    with telling(as_json):
        from reports import page

        with console(error=True).status(f"planning {stack}") as shown:
            rehearsed = planned(stack, None)
            text = page.write(rehearsed, most=most, on_step=lambda step: shown.update(f"{stack}: {step}"))
        to = file or Path(f"{rehearsed.loaded.name}.html")
        write(to, text)
        say(
            {"stack": rehearsed.loaded.name, "file": str(to), "ok": rehearsed.ok},
            f"Written: {to}",
            as_json=as_json,
        )
        if not rehearsed.ok:
            raise typer.Exit(Status.FAILED)


@app.command()
def schema() -> None:
    """Print the JSON Schema of stack files."""
    from stacks.schema import text

    typer.echo(text(), nl=False)


@app.command()
def engine() -> None:
    """Find the Pulumi CLI, or provide one.

    By the official installer, else built from its Go module, below the project's folder. Exit status 3 where neither
    can be had.
    """
    from automation.pulumi_cli import provide_engine

    if provide_engine(typer.echo) is None:
        typer.echo(
            "No Pulumi CLI can be had here. Plans work without one; to deploy, install it: "
            "https://www.pulumi.com/docs/install",
            err=True,
        )
        raise typer.Exit(Status.NO_ENGINE)


# --------------------------------------------------------------------------------------------------- inside


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


def write(path: Path, text: str) -> None:
    """Write a file, and its folder where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def need_project() -> None:
    """Refuse to work outside of a project."""
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
        refuse("\nnobody answered, and nothing was changed", f"give {answer}")


def confirm(question: str) -> None:
    """Ask; a no ends the command."""
    if not typer.confirm(question, err=True):
        raise typer.Exit(Status.FAILED)


def planned(stack: str, file: Path | None) -> "Rehearsed":
    """Plan a stack; write the plan to a file where one is given."""
    from rehearsal import report

    rehearsed = report.plan(stack)
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
    stack: str, rehearse: bool, wait: float, as_json: bool, *, policies: bool = True
) -> "Iterator[ChatStack]":
    """Open a stack with progress on standard error."""
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
            )
        )


@contextlib.contextmanager
def progress(as_json: bool) -> "Iterator[OnEvent]":
    """Show what is being done, where there is somebody to look at it."""
    from rich.markup import escape
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from automation.events import Event, Moved, Started

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


def told(result: "Result", *, as_json: bool) -> None:
    """Print what an operation did."""
    from rich.markup import escape
    from rich.table import Table
    from rich.text import Text

    from automation.values import NOT_CHANGES, short_type, shown

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
