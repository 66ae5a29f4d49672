"""What the project costs in time and memory, in tables as docs/performance.md has them.

- `plan`: planning each stack, against a bare program that only imports what the stack uses. Every figure is of a whole
  process, started anew, and in processor seconds; floor and plan take turns, so that both see the same machine.
- `policies`: judging by all policies, in process.
- `engine`: each stack in the real engine, against a program that makes nothing.
- `fleets`: twenty and two hundred stacks through `automation`.

On two idle cores all of it takes about 25 minutes; `engine` and `fleets` need a Pulumi CLI (`make engine`).
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from automation.pulumi_cli import find_engine
from proving.benchmarks import policies
from proving.pages import titled
from rehearsal.stack import plan
from stacks import files

ROOT = Path(__file__).parent.parent.parent

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
    """Median and least processor seconds, and the most memory, of several runs of one program."""

    seconds: float
    least: float
    megabytes: float


def run(code: str, arguments: Sequence[str] = (), given: str = "") -> tuple[float, float, str]:
    """Run a program in a process of its own; return its processor seconds, MB, and what it printed."""
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
    if process.returncode != 0:
        raise SystemExit(f"the measured program failed with status {process.returncode}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, printed


def measured(samples: Sequence[tuple[float, float, str]]) -> Measured:
    """Sum up several runs."""
    seconds = [sample[0] for sample in samples]
    return Measured(statistics.median(seconds), min(seconds), max(sample[1] for sample in samples))


def planning(stacks: Sequence[str], runs: int) -> str:
    """Measure planning; return a table."""
    rows = []
    for stack in stacks:
        facts = json.loads(run(PLAN, [stack, "report"])[2])
        modules = json.dumps(facts["modules"])
        pairs = [(run(FLOOR, given=modules), run(PLAN, [stack])) for _ in range(runs)]
        whole = measured([run(WHOLE, given=modules) for _ in range(3)])
        floor = measured([pair[0] for pair in pairs])
        whole_plan = measured([pair[1] for pair in pairs])
        ratio = statistics.median(pair[1][0] / pair[0][0] for pair in pairs)
        rows.append(
            [
                f"`{stack}`",
                facts["resources"],
                f"{floor.seconds:.2f} ({floor.least:.2f})",
                f"{whole_plan.seconds:.2f} ({whole_plan.least:.2f})",
                f"{ratio:.2f}",
                f"{whole.seconds:.2f}",
                f"{floor.megabytes:.0f}",
                f"{whole_plan.megabytes:.0f}",
            ]
        )
    return titled(
        f"Planning in process, processor seconds, medians of {runs} runs (least in brackets)",
        ["stack", "resources", "floor s", "plan s", "plan / floor", "whole SDKs s", "floor MB", "plan MB"],
        rows,
    )


def main() -> None:
    """Measure, and print the tables as they are done."""
    parser = argparse.ArgumentParser(
        prog="python -m proving.benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("stacks", nargs="*", help="stacks to measure; all of them when left out")
    parser.add_argument("--only", help="comma-separated: plan, policies, engine, fleets")
    parser.add_argument(
        "--runs", type=int, default=7, help="runs of each plan and preview; lives take a third"
    )
    parser.add_argument("--fleets", default="20,200", help="numbers of stacks in a fleet")
    options = parser.parse_args()
    stacks = options.stacks or files.names()
    parts = options.only.split(",") if options.only else ["plan", "policies", "engine", "fleets"]
    wrong = set(parts) - {"plan", "policies", "engine", "fleets"}
    if wrong:
        parser.error(f"there is no {', '.join(sorted(wrong))}")
    if find_engine() is None and {"engine", "fleets"} & set(parts):
        print("No Pulumi CLI (make engine): nothing is measured in the engine.", file=sys.stderr)
        parts = [part for part in parts if part not in {"engine", "fleets"}]
    runs: int = options.runs
    if "plan" in parts:
        print(planning(stacks, runs), flush=True)
    if "policies" in parts:
        print(policies.report([plan(stack) for stack in stacks], runs), flush=True)
    if "engine" in parts:
        # They import the SDKs, which nothing above may have in memory.
        from proving.benchmarks import engine

        print(engine.preview_table(stacks, runs), flush=True)
        print(engine.life_table(stacks, max(1, runs // 3)), flush=True)
    if "fleets" in parts:
        from proving.benchmarks import fleets

        print(fleets.report([int(size) for size in options.fleets.split(",")]), flush=True)


if __name__ == "__main__":
    main()
