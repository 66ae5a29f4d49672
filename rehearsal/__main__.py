"""`python -m rehearsal golden [STACK ...] | schema`: regenerates files of the checkout. `make` calls it."""

import argparse
import sys
from collections.abc import Sequence

from rehearsal.errors import RehearsalError
from stacks.words import count


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status: 0 success, 1 failed."""
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
    schema = commands.add_parser("schema", help="write the stand-ins' schema anew from the installed SDKs")
    schema.set_defaults(run=_schema)
    return parser


def _golden(asked: argparse.Namespace) -> int:
    from rehearsal import golden, stack
    from stacks import files

    for name in asked.stacks or files.names():
        changes = golden.write(stack.plan(name))
        print(f"{name}: {count(len(changes), 'change')}" if changes else f"{name}: unchanged")
        for change in changes:
            print(f"  {change}")
    return 0


def _schema(asked: argparse.Namespace) -> int:  # noqa: ARG001
    from rehearsal.standins.write_schema import write

    changed = write()
    print("\n".join(changed) or "unchanged")
    return 0


if __name__ == "__main__":
    sys.exit(main())
