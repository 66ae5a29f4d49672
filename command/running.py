"""Commands that look at the running chat, and set it up."""

import contextlib
import json
import os
import re
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from automation.verify import LIMIT_SECONDS
from command.shared import (
    Administrator,
    AdministratorName,
    Json,
    Rehearse,
    Stack,
    Status,
    Yes,
    asking,
    confirm,
    opened,
    refuse,
    say,
    telling,
)
from stacks.project import COMMAND

if TYPE_CHECKING:
    from automation.restore import Restore
    from automation.stack import ChatStack
    from automation.verify.client import User
    from automation.verify.expected import Expected


Show = Annotated[
    bool,
    typer.Option(
        "--show", help="Print the script that would do it, with all that it needs to know, and do nothing."
    ),
]

app = typer.Typer()
settings_app = typer.Typer(no_args_is_help=True, help="Compare and set the running chat's settings.")
app.add_typer(settings_app, name="settings")
admin_app = typer.Typer(no_args_is_help=True, help="Let an administrator in again.")
app.add_typer(admin_app, name="admin")


@app.command()
def status(
    stack: Stack, user: AdministratorName = None, rehearse: Rehearse = False, as_json: Json = False
) -> None:
    """Show what runs: release, support, instances, licence, database.

    An administrator (`--user`) is told more. Exit status 1 where the chat does not answer.
    """
    from automation.administration.status import status as ask

    with telling(as_json):
        given = None if user is None else _test_user(user, as_json=as_json)
        with opened(stack, rehearse, 0, as_json) as one:
            expected = _expected(one)
        found = ask(expected, given)
        say(found.to_json(), "\n".join(found.lines()), as_json=as_json)
        if found.running is None and not expected.unasked:
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
    rehearse: Rehearse = False,
    as_json: Json = False,
) -> None:
    """Check a deployed chat from outside.

    DNS, TLS, headers, health, release, WebSocket; with a test user also login, a message, an upload, mail and push.
    What it makes in the chat it removes.
    """
    from automation.verify.run import verify as run

    with telling(as_json):
        given = None if user is None else _test_user(user, as_json=as_json)
        with opened(stack, rehearse, 0, as_json) as one:
            expected = _expected(one)
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


@settings_app.command("diff")
def settings_diff(
    stack: Stack,
    user: Administrator,
    everything: Annotated[
        bool, typer.Option("--all", "-a", help="Show what the stack does not say and somebody changed, too.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show settings of the chat that differ from the stack.

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
    """Set what `settings diff` shows, without a restart.

    What the product's API may not set is told, with the reason.
    """
    from automation.administration import settings as product

    with administering(stack, user, as_json) as (url, given, one):
        if not yes:
            confirm(f"Set the settings of {one.spec.parts.chat.host} to what the stack has?", as_json=as_json)
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
    retire_login: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Turn off a way to log in that the stack file has no more, such as Keycloak. May be repeated.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Set up in the chat what no variable can.

    Pictures, permissions and second factor of roles, the bot's account, the first administrator by single sign-on, an
    incoming webhook for notices.

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
        done = steps(
            url,
            given,
            one.spec,
            bot_password=password,
            notices=notices,
            retired=retire_login or (),
            on_step=tell,
        )
        address = next((step.secret for step in done if step.secret is not None), None)
        if (
            address is not None
            and reads(one.spec.parts, WEBHOOK_KEY.partition(":")[2])
            and one.secret(WEBHOOK_KEY) != address
        ):
            one.set_secrets({WEBHOOK_KEY: address})
            typer.echo(f"{WEBHOOK_KEY} is set in the stack; `{COMMAND} up {one.name}` hands it on.", err=True)
        if any(step.name == "bot" and step.changed for step in done):
            restart = one.spec.parts.runtime.restart_bot(one.spec.region, one.outputs())
            typer.echo(f"To restart a bot that gave up before: {restart}", err=True)
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
            "--name",
            metavar="NAME",
            help="Login name of who is locked out; the stack's administrator by default.",
        ),
    ] = None,
    rehearse: Rehearse = False,
    as_json: Json = False,
) -> None:
    """Reset an administrator's password or second factor.

    With another administrator (`--user`) it sets a new password, from ROCKETCHAT_NEW_PASSWORD or asked for, and takes
    the second factor away. Without one it changes nothing, and shows the ways in that this stack has.
    """
    from automation.administration import locked_out
    from automation.values import shown

    if user is None:
        with telling(as_json), opened(stack, rehearse, 0, as_json) as one:
            ways = list(locked_out.ways(one.spec, one.name, one.backend, shown(_deployed(one))))
            lines = [f"{number}. {way}" for number, way in enumerate(ways, 1)]
            say({"stack": one.name, "ways": ways}, "\n".join(lines), as_json=as_json)
        return
    if rehearse:
        with telling(as_json):
            refuse(
                "no chat runs in a rehearsal, so nobody can be let in",
                "leave --user out: it shows the ways in",
            )
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


def _deployed(one: "ChatStack") -> dict[str, Any]:
    """Return the stack's outputs. Raises ConfigurationError for one that has none."""
    from automation.errors import not_deployed

    outputs = one.outputs()
    if not outputs:
        raise not_deployed(one.name, one.backend.command("up", one.name))
    return outputs


def _expected(one: "ChatStack") -> "Expected":
    """Return what a deployed stack promises."""
    from automation.verify.expected import of_stack

    return of_stack(one.name, one.spec, _deployed(one), rehearsal=one.backend.rehearsal)


@contextlib.contextmanager
def administering(stack: str, user: str, as_json: bool) -> "Iterator[tuple[str, User, ChatStack]]":
    """Open a deployed stack for its administrator; give its address, who that is, and the stack."""
    from automation.errors import AutomationError
    from automation.web import Failed, NotChecked

    with telling(as_json):
        given = _test_user(user, as_json=as_json)
        with opened(stack, False, 0, as_json) as one:
            url = _expected(one).url
            try:
                yield url, given, one
            except Failed as error:
                raise AutomationError(error.found, remedy=error.remedy) from None
            except NotChecked as error:
                raise AutomationError(str(error), remedy="give an administrator of the chat") from None


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
    of_another_chat: Annotated[
        bool,
        typer.Option("--of-another-chat", help="Also where the backup says that it is of another chat."),
    ] = False,
    leave_stopped: Annotated[
        bool,
        typer.Option(
            "--leave-stopped", help="Do not start the chat: another release is deployed on these data."
        ),
    ] = False,
    drill: Annotated[
        bool,
        typer.Option(
            "--drill",
            help="Bring nothing back: load the newest dump beside the data, compare it, throw it away. The chat runs.",
        ),
    ] = False,
    show: Show = False,
    rehearse: Rehearse = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Bring back a backup.

    The chat stops meanwhile; what is there now is backed up before, and comes back by `--from before-restore`. Needs
    `aws`, or `kubectl` for a cluster, with credentials of your own. If anything fails, the data is as it was before.
    """
    from automation import restore as restoring

    with telling(as_json):
        when = restoring.when(from_, at)
        restoring.known(what)
        if drill and (from_ or at or what or even_if_smaller or of_another_chat or leave_stopped):
            refuse("--drill tries the newest dump, and brings nothing back", "leave the other options out")
        with opened(stack, rehearse, 0, as_json) as one:
            spec, host = one.spec, one.spec.parts.chat.host
            outputs = _deployed(one)
            found = (
                restoring.drill_of(spec, outputs)
                if drill
                else restoring.of_stack(
                    spec,
                    outputs,
                    what=what,
                    when=when,
                    even_if_smaller=even_if_smaller,
                    of_another_chat=of_another_chat,
                    leave_stopped=leave_stopped,
                )
            )
        what_ = found.variables["WHAT"]
        restored = _carried_out(
            found,
            show=show,
            question=""
            if drill
            else f"Replace {what_} of {host} by the backup `{when}`? What is newer goes away.",
            sure=yes,
            rehearsed="the newest dump would be tried"
            if drill
            else f"{what_} of {host} would be replaced by `{when}`",
            told={"host": host, "what": what_, "backup": when},
            rehearse=rehearse,
            as_json=as_json,
        )
        if not restored:
            raise typer.Exit(Status.FAILED)


@app.command()
def backup(stack: Stack, show: Show = False, rehearse: Rehearse = False, as_json: Json = False) -> None:
    """Make a backup now.

    By the job that makes one each night, of all that the stack backs up itself; the chat runs meanwhile. Needs
    `aws`, or `kubectl` for a cluster, with credentials of your own.
    """
    from automation import restore as restoring

    with telling(as_json):
        with opened(stack, rehearse, 0, as_json) as one:
            host = one.spec.parts.chat.host
            found = restoring.backup_of(one.spec, _deployed(one))
        made = _carried_out(
            found,
            show=show,
            rehearsed=f"a backup of {host} would be made",
            told={"host": host},
            rehearse=rehearse,
            as_json=as_json,
        )
        if not made:
            raise typer.Exit(Status.FAILED)


def _carried_out(
    found: "Restore",
    *,
    show: bool,
    rehearsed: str,
    told: dict[str, Any],
    rehearse: bool,
    as_json: bool,
    question: str = "",
    sure: bool = False,
) -> bool:
    """Run a script, after the question; show it where only that is wanted. Return whether it did what it was to do."""
    if show:
        typer.echo(json.dumps({"script": found.text()}) if as_json else found.text(), nl=as_json)
        return True
    if rehearse:
        said = f"A rehearsal has no data: {rehearsed}. --show prints how"
        say({"ok": True, "rehearsed": True, **told}, said, as_json=as_json)
        return True
    if found.missing:
        refuse(
            f"{' and '.join(found.missing)} is not installed",
            "install it, or run elsewhere, by bash, what --show prints",
        )
    if question and not sure:
        confirm(question, as_json=as_json)
    done = found.run(aside=as_json) == 0
    if as_json:
        say({"ok": done, **told}, "", as_json=True)
    return done
