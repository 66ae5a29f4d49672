"""The command line, `rocketchat COMMAND STACK`. Thin: everything it does is a call of the Python API.

What a command needs is imported when it runs: help, the version and completion have to be quick.
"""

import contextlib
import io
import sys
from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any

import typer
import typer.core

from command import costs, deployments, files, plans, releases, running
from command.shared import NAME, Status, refuse, telling
from rocketchat import __version__
from stacks.project import HERE, ROOT, hiding, unusable

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


def _metavar_alone(self: typer.core.TyperArgument, ctx: Any) -> str | None:
    return None if self.metavar is not None else self.display_type(ctx)


# Typer shows an argument's type of Python behind its metavar, which it does not do for an option.
typer.core.TyperArgument.display_type_rich = _metavar_alone  # type: ignore[method-assign, assignment]
MISUSED: type[Any] = typer.BadParameter.__mro__[1]
"""What is raised for an option or argument that is wrong; typer has no public name for it."""
for commands in (files, plans, costs, deployments, releases, running):
    app.add_typer(commands.app)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit status."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal of another code page lacks some characters; it gets others for them.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    given = sys.argv[1:] if arguments is None else list(arguments)
    as_json = "--json" in given
    try:
        # By its name, however it was started: completion is registered for that.
        ended = _commands()(args=given, prog_name=NAME, standalone_mode=not as_json)
    except SystemExit as end:
        return int(end.code or 0)
    except MISUSED as error:
        with contextlib.suppress(typer.Exit), telling(as_json):
            refuse(error.format_message())
        return Status.MISUSED
    except typer.Abort:
        typer.echo("Aborted!", err=True)
        return Status.FAILED
    return ended if isinstance(ended, int) else Status.SUCCESS


@cache
def _commands() -> Any:
    """Return all commands, which Typer would make anew for each one that is run."""
    return typer.main.get_command(app)


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
    if wrong := unusable(HERE):
        with telling(as_json=False):
            refuse(f"nobody can tell which project this is. {wrong}")
    if found := hiding(ROOT):
        with telling(as_json=False):
            names = ", ".join(found)
            refuse(
                f"{names} in {ROOT} would be imported in the place of a package of {NAME}: give it another name"
            )
