"""`python -m rehearsal plan STACK [--json FILE] [--engine auto|never] | golden [STACK ...] | engine | schema`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

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
        prog="python -m rehearsal", description="Rehearse a stack without a cloud."
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    plan = commands.add_parser(
        "plan", help="plan a stack, and deploy it to stand-in clouds where there is an engine"
    )
    plan.add_argument("stack", help="name of a stack file in stacks/, or its path")
    plan.add_argument("--json", type=Path, metavar="FILE", help="also write the plan there")
    plan.add_argument(
        "--engine", choices=("auto", "never"), default="auto", help="whether to use a Pulumi CLI"
    )
    plan.set_defaults(run=_plan)
    golden = commands.add_parser("golden", help="write the golden plans anew")
    golden.add_argument("stacks", nargs="*", help="names of stacks; all of them when none is given")
    golden.set_defaults(run=_golden)
    engine = commands.add_parser("engine", help="find the Pulumi CLI, or provide one below this folder")
    engine.set_defaults(run=_engine)
    schema = commands.add_parser("schema", help="write the stand-ins' schema anew from the installed SDKs")
    schema.set_defaults(run=_schema)
    return parser


def _plan(asked: argparse.Namespace) -> int:
    from policy import config as policy_config
    from policy.adapters import from_plan
    from policy.judge import judge
    from rehearsal import show, stack
    from rehearsal.cli import find_engine
    from rehearsal.engine import live
    from rehearsal.plan import find_leaks
    from stacks.guide import next_steps

    to = show.console()
    loaded = stack.load(asked.stack)
    plan = stack.plan(loaded)
    if asked.json is not None:
        asked.json.write_text(plan.text(), encoding="utf-8")
    leaks = find_leaks(plan)
    checks = [
        *(
            show.Check(check.title, True, "; ".join(check.notes), check.warnings)
            for check in loaded.spec.checks
        ),
        show.Check(
            "No secret stands in clear",
            not leaks,
            "; ".join(leaks)
            or f"{len(plan.secrets)} secret values looked for in {len(plan.resources)} resources",
        ),
    ]
    report = judge(
        from_plan(plan.resources),
        policy_config.load(loaded.name, profile=loaded.spec.parts.chat.profile.value),
        stack=loaded.name,
    )
    checks.append(
        show.Check(
            "The policy pack is content",
            report.clean,
            "; ".join(f"{one.rule.id}: {one.subject.name}" for one in report.blocking)
            or f"{len(report.advisory)} advisory findings, {len(report.waived)} waived; `make policy` shows them",
        )
    )
    refused = bool(leaks) or not report.clean
    steps = next_steps(loaded.spec, loaded.name, plan.outputs)
    show.show_plan(plan, to, checks=checks)
    cli = find_engine() if asked.engine == "auto" else None
    if cli is None:
        to.print(
            "\nPlanned only, without the Pulumi engine."
            + (" `make engine` provides one." if asked.engine == "auto" else "")
        )
        show.show_next(steps, to)
        return 1 if refused else 0
    with show.watching(to, len(plan.resources)) as watch:
        life = live(
            loaded.program,
            stack=loaded.name,
            config=loaded.config,
            secret_keys=loaded.secret_keys,
            watch=watch,
            others=stack.referred(plan),
        )
    show.show_life(life, to)
    found = "; ".join(life.state_leaks)
    check = show.Check(
        "The state holds no secret in clear", not found, found or "every file of the backend was searched"
    )
    show.show_checks([check], to)
    show.show_next(steps, to)
    return 1 if refused or life.state_leaks else 0


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
