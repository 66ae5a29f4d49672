"""`python -m rehearsal golden [STACK ...] | engine | schema`."""

import argparse
import sys
from collections.abc import Sequence

from rehearsal.errors import RehearsalError

NO_ENGINE = 3
"""Exit status of `engine` where no Pulumi CLI can be had."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status: 0 well, 1 wrong, 3 no engine."""
    asked = _parser().parse_args(arguments)
    try:
        status: int = asked.run(asked)
    except RehearsalError as error:
        print(error, file=sys.stderr)
        return 1
    except Exception as error:
        if not hasattr(error, "problems"):
            raise
        print(error, file=sys.stderr)
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m rehearsal", description="Look after the rehearsal itself."
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    golden = commands.add_parser("golden", help="write the golden plans anew")
    golden.add_argument("stacks", nargs="*", help="names of stacks; all of them when none is given")
    golden.set_defaults(run=_golden)
    engine = commands.add_parser("engine", help="find the Pulumi CLI, or provide one below this folder")
    engine.set_defaults(run=_engine)
    schema = commands.add_parser("schema", help="write the stand-ins' schema anew from the installed SDKs")
    schema.set_defaults(run=_schema)
    return parser


def _golden(asked: argparse.Namespace) -> int:
    from rehearsal import golden, stack
    from stacks import files

    for name in asked.stacks or files.names():
        changes = golden.write(stack.plan(name))
        print(f"{name}: {len(changes)} changes" if changes else f"{name}: unchanged")
        for change in changes:
            print(f"  {change}")
    return 0


def _engine(asked: argparse.Namespace) -> int:  # noqa: ARG001 - every command takes what was asked
    from rehearsal.cli import provide_engine

    if provide_engine(print) is not None:
        return 0
    print(
        "No Pulumi CLI can be had here. Plans work without one; to deploy, install it: https://www.pulumi.com/docs/install",
        file=sys.stderr,
    )
    return NO_ENGINE


def _schema(asked: argparse.Namespace) -> int:  # noqa: ARG001
    from rehearsal.standins.write_schema import write

    changed = write()
    print("\n".join(changed) or "unchanged")
    return 0


if __name__ == "__main__":
    sys.exit(main())
