"""Commands that take a stack from one release of Rocket.Chat to another, and back."""

import contextlib
from typing import TYPE_CHECKING, Annotated

import typer

from command.shared import (
    Json,
    Rehearse,
    Stack,
    Wait,
    opened,
    refuse,
    say,
    telling,
)
from stacks.project import COMMAND

if TYPE_CHECKING:
    from pathlib import Path

    from automation.stack import ChatStack


app = typer.Typer()


@app.command()
def upgrade(
    stack: Stack,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="RELEASE",
            help="Release to go to; by default the stack file's, else the recommended one.",
        ),
    ] = None,
    through: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RELEASE", help="Exact release for a line on the way, such as 7.13.4. Repeatable."
        ),
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Take the steps; by default they are only shown.")
    ] = False,
    backup: Annotated[
        str | None,
        typer.Option(
            metavar="WHAT",
            help="What holds the data of before, such as the id of a snapshot. Where the stack makes dumps, one "
            "is made when this is left out.",
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
    from automation.restore import now
    from automation.upgrade import run as climbing

    with telling(as_json):

        def opening() -> "contextlib.AbstractContextManager[ChatStack]":
            return opened(stack, rehearse, wait, as_json)

        folder = _folder(rehearse)
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
                    f"Then: {COMMAND} upgrade {stack} --to {found.record.new} --apply"
                    + (" --backup WHAT" if found.dump is None and not found.record.backup else "")
                    + (" --rehearse" if rehearse else ""),
                ]
                if found.steps
                else ["Nothing to do."]
            )
            say(found.to_json(), "\n".join(lines), as_json=as_json)
            return
        if backup is None and found.dump is not None and not rehearse:
            typer.echo("First a backup, which may take a while", err=True)
            backup = climbing.saved(found)
            typer.echo(f"The data of before are in {backup}", err=True)
        if backup is None and not found.record.backup and not rehearse:
            refuse(
                "an upgrade changes the data for good, and nothing is said to hold them as they are",
                f"make a backup ({found.saving}), and name it: --backup WHAT",
            )
        before = found.record.before
        with climbing.put_back(found.file, before, folder) if rehearse else contextlib.nullcontext():
            climbing.go(
                found,
                opening,
                backup=backup or (f"the dump until {now()}" if found.dump is not None else "a rehearsal"),
                check=climbing.well,
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
    apply: Annotated[
        bool, typer.Option("--apply", help="Go back; by default the way is only shown.")
    ] = False,
    restored: Annotated[
        bool, typer.Option("--restored", help="The data of before the upgrade are back in the database.")
    ] = False,
    rehearse: Rehearse = False,
    wait: Wait = 0,
    as_json: Json = False,
) -> None:
    """Go back from the last upgrade: release and data together.

    Says why where there is no way back. Exit status 1 then.
    """
    from automation.upgrade import back
    from automation.upgrade import run as climbing
    from stacks import files

    with telling(as_json):

        def opening() -> "contextlib.AbstractContextManager[ChatStack]":
            return opened(stack, rehearse, wait, as_json)

        folder = _folder(rehearse)
        found = back.plan(stack, opening, folder=folder)
        if not apply:
            lines = [
                f"{found.stack}: {found.new} back to {found.old}, with the data of {found.backup}",
                *(f"{number}. {step}" for number, step in enumerate(found.steps, 1)),
            ]
            say(found.to_json(), "\n".join(lines), as_json=as_json)
            return
        file = files.read(stack)
        before = file.path.read_text(encoding="utf-8")
        with climbing.put_back(file, before, folder) if rehearse else contextlib.nullcontext():
            back.go(found, opening, restored=restored, check=climbing.well, folder=folder)
        wrote = "" if rehearse else ". chat.upgradeFrom says whose data it has: it may be taken out now"
        say(
            {"stack": found.stack, "release": found.old},
            f"{found.stack} runs {found.old} again{wrote}",
            as_json=as_json,
        )


def _folder(rehearse: bool) -> "Path":
    """Return where upgrades that were begun are kept: those of rehearsals apart."""
    from automation.upgrade import record

    return record.FOLDER / "rehearsed" if rehearse else record.FOLDER
