"""Time and memory of planning each stack, against a bare program that only imports what the stack uses.

Every figure is of a whole process, started anew; floor and plan take turns, so that both see the same machine.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import policies
from rehearsal.stack import plan
from stacks import files

ROOT = Path(__file__).parent.parent

PLAN = """
import json, sys
from rehearsal.stack import plan as plan_of
plan = plan_of(sys.argv[1])
if len(sys.argv) > 2:
    used = sorted(name for name in sys.modules if name.startswith("pulumi_") and "." in name)
    print(json.dumps({"resources": len(plan.resources), "modules": used}))
"""

FLOOR = """
import importlib, json, sys
import pulumi
import components
for name in json.loads(sys.stdin.read()):
    importlib.import_module(name)
"""

WHOLE = """
import json, sys
import pulumi
packages = json.loads(sys.stdin.read())
for name in packages:
    package, _, rest = name.partition(".")
    module = __import__(package)
    part = getattr(module, rest.partition(".")[0], None)
    # The provider packages import their parts on first use.
    getattr(part, "__all__", None)
"""


@dataclass(frozen=True)
class Measured:
    """Median and least seconds, and the most memory, of several runs of one program."""

    seconds: float
    least: float
    megabytes: float


def run(code: str, arguments: Sequence[str] = (), given: str = "") -> tuple[float, float, str]:
    """Run a program in a process of its own; return seconds, MB, and what it printed."""
    started = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - our own code
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdin is not None  # noqa: S101 - PIPE was asked for
    assert process.stdout is not None  # noqa: S101 - PIPE was asked for
    process.stdin.write(given)
    process.stdin.close()
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    elapsed = time.perf_counter() - started
    if process.returncode != 0:
        raise SystemExit(f"the measured program failed with status {process.returncode}")
    return elapsed, usage.ru_maxrss / 1024, printed


def measured(samples: Sequence[tuple[float, float, str]]) -> Measured:
    """Sum up several runs."""
    seconds = [sample[0] for sample in samples]
    return Measured(statistics.median(seconds), min(seconds), max(sample[1] for sample in samples))


def main() -> None:
    """Measure, and print two tables."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("stacks", nargs="*", help="stacks to measure; all of them when left out")
    parser.add_argument("--runs", type=int, default=7, help="runs of each program")
    options = parser.parse_args()
    table = Table(title=f"Planning in process, medians of {options.runs} runs (least in brackets)")
    for column in (
        "stack",
        "resources",
        "floor s",
        "plan s",
        "plan / floor",
        "whole SDKs s",
        "floor MB",
        "plan MB",
    ):
        table.add_column(column, justify="left" if column == "stack" else "right")
    for stack in options.stacks or files.names():
        facts = json.loads(run(PLAN, [stack, "report"])[2])
        modules = json.dumps(facts["modules"])
        pairs = [(run(FLOOR, given=modules), run(PLAN, [stack])) for _ in range(options.runs)]
        whole = measured([run(WHOLE, given=modules) for _ in range(3)])
        floor = measured([pair[0] for pair in pairs])
        whole_plan = measured([pair[1] for pair in pairs])
        ratio = statistics.median(pair[1][0] / pair[0][0] for pair in pairs)
        table.add_row(
            stack,
            str(facts["resources"]),
            f"{floor.seconds:.2f} ({floor.least:.2f})",
            f"{whole_plan.seconds:.2f} ({whole_plan.least:.2f})",
            f"{ratio:.2f}",
            f"{whole.seconds:.2f}",
            f"{floor.megabytes:.0f}",
            f"{whole_plan.megabytes:.0f}",
        )
    Console().print(table)
    Console().print(policies.table([plan(stack) for stack in options.stacks or files.names()], options.runs))


if __name__ == "__main__":
    main()
