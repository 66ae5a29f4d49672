"""Commands that write and check stack files."""

import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from command.shared import (
    Answers,
    Defaults,
    Json,
    Stacks,
    Status,
    asking,
    failed,
    need_project,
    refuse,
    say,
    telling,
)
from stacks.project import COMMAND
from stacks.words import count

if TYPE_CHECKING:
    from automation import new as making
    from policy.judge import Report
    from stacks.files import StackFile
    from stacks.language import ChatSpec
    from stacks.problems import Problem


app = typer.Typer()


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the project; made if needed.")],
    answers: Answers = None,
    stack: Annotated[
        str | None,
        typer.Option(
            "--stack", "-s", metavar="NAME", help="Name of its first stack; the folder's name by default."
        ),
    ] = None,
    yes: Defaults = False,
    as_json: Json = False,
) -> None:
    """Make a project in a folder of your own.

    It has a first stack file, and this program as its dependency.
    """
    from automation import new as making
    from automation import project
    from stacks.problems import InvalidStack

    with telling(as_json):
        # Another name in each folder: stacks of one name would share the state where the backend is one.
        own = folder.resolve().name
        stack = stack or (own if making.NAME.fullmatch(own) else "chat")
        # Before anything is written: a folder with a project in it is refused the next time.
        _check_name(stack)
        silent = yes or as_json
        given, misnamed = _pairs(answers, silent=silent)
        if silent:
            filled = making.fill(given)
            if wrong := [*misnamed, *_wrong(filled, given)]:
                refuse("\n".join(wrong))
            if mistakes := making.problems(filled.answers):
                raise InvalidStack("the answers", mistakes)
        try:
            written = project.write(folder)
        except FileExistsError as error:
            refuse(
                f"{error.filename} exists already: choose another folder, or make stacks there by `{COMMAND} new`"
            )
        warnings = (
            [f"{folder / 'requirements.txt'} {project.LOCAL}"] if project.local(project.requirement()) else []
        )
        set_up = project.set_up(folder)
        if not as_json:
            lines = [f"Written: {path}" for path in written]
            lines += [f"warning: {warning}" for warning in warnings]
            typer.echo("\n".join([*lines, "Set it up:", *set_up]), err=True)
        arguments = [stack, *(answers or ()), *(["--yes"] if yes else [])]
        status, printed = project.new(folder, arguments, as_json=as_json)
        failing = status != Status.SUCCESS
        if as_json:
            made = {
                "files": [str(path) for path in written],
                "warnings": warnings,
                "setUp": [line.strip() for line in set_up],
            }
            say({**json.loads(printed or "{}"), "project": {"folder": str(folder), **made}}, "", as_json=True)
        elif failing:
            typer.echo(
                f"The project is there, without a stack. Make one in it: {COMMAND} new {stack}", err=True
            )
        if failing:
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
    from stacks import files, project
    from stacks.problems import InvalidStack
    from stacks.secret_keys import command

    with telling(as_json):
        need_project()
        _check_name(name)
        path = files.path_of(name)
        if path.exists():
            refuse(f"{files.shown(path)} exists already")
        silent = yes or as_json
        given, misnamed = _pairs(answers, silent=silent)
        draft = making.Draft(name)
        if draft.resumed and not as_json:
            typer.echo(
                f"Continuing with the answers given before: {', '.join(draft.answers)}\n"
                f"  `{COMMAND} new {name} KEY=VALUE` changes one; without {files.shown(draft.path)} it starts over",
                err=True,
            )
        draft.give(given)
        try:
            if silent:
                _fill(draft, misnamed)
            else:
                again = f"them by `{COMMAND} new {name}`, which goes on here"
                with asking(f"{again}; or every answer as KEY=VALUE, and --yes", as_json=False):
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
        if written.secrets:
            steps.append(f"  {project.making(name)}   # before it is deployed, and then:")
        steps += [f"  {command(f'rocketchat:{one}')} --stack {name}" for one in written.secrets]
        say(
            {"stack": name, "file": str(written.path), "secrets": list(written.secrets)},
            "\n".join(steps),
            as_json=as_json,
        )


def _check_name(name: str) -> None:
    """Refuse what no stack may be called."""
    from automation import new as making

    if not making.NAME.fullmatch(name):
        elsewhere = (
            f"; `{COMMAND} init {shlex.quote(name)}` makes a project in a folder" if "/" in name else ""
        )
        refuse(f"a stack's name has letters, digits, dots, hyphens and underscores{elsewhere}")


def _pairs(answers: Sequence[str] | None, *, silent: bool) -> tuple["making.Answers", list[str]]:
    """Read the answers that are given as arguments; return those, and what is wrong with keys that are none.

    Where somebody is asked for the rest, that is told before.
    """
    from automation import new as making

    try:
        given = making.pairs(answers or ())
    except ValueError as error:
        refuse(str(error))
    misnamed = making.misnamed(given)
    told = [f"{name}: {mistake}" for name, mistake in misnamed.items()]
    if told and not silent:
        refuse("\n".join(told))
    return {name: answer for name, answer in given.items() if name not in misnamed}, told


def _wrong(filled: "making.Filled", given: "making.Answers") -> list[str]:
    """Return what is missing or wrong where nobody is asked, a line for each."""
    from automation import new as making

    wrong: list[str] = []
    for question, mistake in filled.mistakes:
        answer = given.get(question.key)
        where = f". {question.where}" if question.where else ""
        wrong.append(
            f"give {question.key}=…: {question.text}{where}"
            if answer is None
            else f"{question.key}={answer}: {mistake}"
        )
    told = dict.fromkeys(one for _, one in filled.others)
    return [*wrong, *(f"{making.key_of(one.path)}: {str(one).removeprefix(f'{one.path}: ')}" for one in told)]


def _fill(draft: "making.Draft", misnamed: Sequence[str]) -> None:
    """Answer what was not given by its default; refuse what is wrong, and the keys that are none with it."""
    from automation import new as making

    filled = making.fill(draft.answers)
    wrong = [*misnamed, *_wrong(filled, draft.answers)]
    draft.drop(question.key for question, _ in filled.mistakes)
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
        mistake = None if answer is None else making.wrong(question, answer, draft.answers)
        if answer is None or mistake is not None:
            said = None if mistake is None else f"{question.key}={answer}: {mistake}"
            draft.take(question.key, _prompt(question, draft, said))


def _prompt(question: "making.Question", draft: "making.Draft", said: str | None = None) -> str:
    """Ask until the answer is possible by itself; `said` is what is wrong with the one that is there."""
    from automation import new as making

    typer.echo(f"\n{question.text}", err=True)
    if question.where:
        typer.echo(f"  {question.where}", err=True)
    wide = max((len(choice) for choice in question.choices or ()), default=0)
    for choice, meaning in (question.choices or {}).items():
        typer.echo(f"  {choice:<{wide}}  {meaning}".rstrip(), err=True)
    if said is not None:
        typer.echo(f"  {said}", err=True)
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
        inside = [one for one in draft.answers if one.startswith(f"{key}.")]
        if inside:
            # The part as a whole is wrong: its kind is asked for again, and what that kind needs.
            typer.echo(f"\nLeft out: {', '.join(inside)}", err=True)
            draft.drop(inside)
            _ask(draft)
            continue
        # An answer that was just given may be the default of the next one.
        known = {question.key: question for question in making.questions(draft.answers)}
        question = known.get(key) or making.another(key, draft.answers)
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
def check(stacks: Stacks = None, as_json: Json = False) -> None:
    """Check stack files.

    Exit status 1 where one is not valid.
    """
    with telling(as_json):
        from automation.error_mapping import of_file
        from stacks import files
        from stacks.problems import InvalidStack

        if not stacks:
            need_project()
        names = stacks or files.names()
        told: list[dict[str, Any]] = []
        lines: list[str] = []
        wrong: list[InvalidStack] = []
        for name in names:
            try:
                value, text = _checked(name)
            except InvalidStack as error:
                wrong.append(error)
                told.append({"stack": name, "ok": False, **of_file(error).to_json()})
            else:
                told.append(value)
                lines += text
        if lines and not (as_json and wrong):
            say({"stacks": told}, "\n".join(lines), as_json=as_json)
        if not names:
            say({"stacks": []}, files.NO_STACKS, as_json=as_json)
        if wrong:
            mistakes = [problem for one in wrong for problem in one.problems]
            together = of_file(InvalidStack(wrong[0].source, mistakes)).to_json()
            cause = "\n".join(map(str, wrong))
            failed({**together, "cause": cause, "stacks": told}, cause, as_json=as_json)
            raise typer.Exit(Status.FAILED)


def _image_warnings(found: "StackFile", spec: "ChatSpec") -> tuple[str, ...]:
    from policy import images
    from policy.config_file import ConfigError, config_file, load

    try:
        config = load(found.name, config_file(), profile=spec.parts.chat.profile.value)
    except ConfigError as error:
        return (str(error),)

    def judged() -> "Report":
        from rehearsal import judging

        return judging.judged(str(found.path), config)

    return tuple(images.refused(spec, config, judged))


def _checked(stack: str) -> tuple[dict[str, Any], list[str]]:
    """Check a stack file; return what there is to say, for programs and for people. Raises InvalidStack."""
    from automation import decryption
    from policy import clear
    from stacks import files
    from stacks.judging import Check
    from stacks.language import checked_file
    from stacks.problems import InvalidStack

    found = files.read(stack)
    in_clear = list(clear.problems(found))
    try:
        spec, unset = checked_file(found)
    except InvalidStack as error:
        told = {problem.path for problem in error.problems}
        further = [problem for problem in in_clear if problem.path not in told]
        raise InvalidStack(found.shown, [*error.problems, *further]) from None
    if in_clear:
        raise InvalidStack(found.shown, in_clear)
    lines = [f"{found.shown} is valid: {count(len(spec.checks), 'check')} passed"]
    checks = [
        *spec.checks,
        Check("The policy pack allows the registries", (), _image_warnings(found, spec)),
        Check("Secrets have the form that they need", (), decryption.check(found, spec)),
    ]
    lines += [f"  warning: {warning}" for one in checks for warning in one.warnings]
    named = ", ".join(found.environments)
    lines += [f"  from the environment {named}, or to be set: {key}" for key in sorted(unset)]
    shown = [{"title": one.title, "notes": list(one.notes), "warnings": list(one.warnings)} for one in checks]
    return {"stack": found.name, "ok": True, "unset": sorted(unset), "checks": shown}, lines


@app.command()
def schema() -> None:
    """Print the JSON Schema of stack files."""
    from stacks.schema import text

    typer.echo(text(), nl=False)
