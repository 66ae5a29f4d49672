"""Each stack in the real engine, against a program that makes nothing on the same engine: paired, in one run.

A preview is held against the empty preview and the plan in process together. That is done twice: in processes that are
started anew (cold: both the plan and the engine's program import the SDKs, in a process that has read the stack file),
and in one process that has done it before (warm).
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack

import components  # noqa: F401 - before the SDKs, which it makes import one file at a time

# isort: split

from automation import ChatStack, open_stack
from proving.benchmarks import small
from proving.pages import titled
from rehearsal.backend import rehearsal_backend
from rehearsal.stack import load, plan
from stacks import deploy

AIM = 1.25
"""A preview may cost so many times the empty preview and the plan together."""
OPERATIONS = ("up", "up again", "refresh", "destroy")
Seconds = dict[str, float]


def timed(call: Callable[[], object]) -> float:
    """Return the seconds that a call takes."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def opened(stack: str, closing: ExitStack, *, empty: bool) -> ChatStack:
    """Open a rehearsed stack, with its own program or one that makes nothing; its configuration is the same."""
    program = small.empty if empty else deploy.run
    backend = closing.enter_context(rehearsal_backend(program=program, checkpoints=True))
    return closing.enter_context(open_stack(stack, backend=backend, policies=False))


def cold(stack: str, what: str) -> float:
    """Return the seconds of the first plan or preview of this process."""
    if what == "plan":
        loaded = load(stack)
        return timed(lambda: plan(loaded))
    with ExitStack() as closing:
        return timed(opened(stack, closing, empty=what == "empty").preview)


def anew(stack: str, what: str) -> float:
    """As `cold`, in a process of its own."""
    told = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-m", "proving.benchmarks.engine", stack, what],
        capture_output=True,
        text=True,
        check=False,
    )
    if told.returncode:
        raise SystemExit(f"{what} of {stack} failed: {told.stderr.strip()[-400:]}")
    return float(json.loads(told.stdout))


def previews(stack: str, runs: int) -> list[Seconds]:
    """Time warm previews, with and without policies, and what they are held against."""
    with ExitStack() as closing:
        empty, real = (opened(stack, closing, empty=one) for one in (True, False))
        loaded = load(stack)
        steps: dict[str, Callable[[], object]] = {
            "empty": empty.preview,
            "plan": lambda: plan(loaded),
            "preview": real.preview,
            "policies": lambda: real.preview(policies=True),
        }
        for step in [*steps.values(), real.preview, real.preview]:
            step()
        return [{what: timed(step) for what, step in steps.items()} for _ in range(runs)]


def lives(stack: str, runs: int) -> list[dict[str, tuple[float, float]]]:
    """Time what changes a stack: seconds of the empty program's and of its own."""
    found = []
    for _ in range(runs):
        # Clouds of its own for each life: what is kept on purpose would be in the way of the next one.
        with ExitStack() as closing:
            empty, real = (opened(stack, closing, empty=one) for one in (True, False))
            real.preview()
            found.append({what: (done(empty, what), done(real, what)) for what in OPERATIONS})
    return found


def done(stack: ChatStack, what: str) -> float:
    """Do an operation; return its seconds, without what is asked before it."""
    if what == "refresh":
        return stack.refresh().seconds
    if what == "destroy":
        return stack.destroy(confirm=stack.name, unprotect=True).seconds
    return stack.up(preview=False).seconds


def middle(samples: Sequence[float]) -> float:
    """Return the median."""
    return statistics.median(samples)


def preview_table(stacks: Sequence[str], runs: int) -> str:
    """Measure previews; return a table."""
    rows: list[list[object]] = []
    for stack in stacks:
        for state, samples in (
            (
                "cold",
                [
                    {what: anew(stack, what) for what in ("empty", "plan", "preview")}
                    for _ in range(max(1, runs // 2))
                ],
            ),
            ("warm", previews(stack, runs)),
        ):
            ratio = middle([one["preview"] / (one["empty"] + one["plan"]) for one in samples])
            cells = [f"{middle([one[what] for one in samples]):.2f}" for what in ("empty", "plan", "preview")]
            over = [one["policies"] - one["preview"] for one in samples if "policies" in one]
            times = [one["policies"] / one["preview"] for one in samples if "policies" in one]
            pack = f"{middle(over):.2f} s, {middle(times):.2f} times" if over else ""
            rows.append([f"`{stack}`", state, *cells, f"{ratio:.2f}", pack])
    return titled(
        f"Preview in the engine against an empty preview and the plan in process (aim: {AIM} times)",
        [
            "stack",
            "process",
            "empty s",
            "plan s",
            "preview s",
            "preview / (empty + plan)",
            "the policy pack adds",
        ],
        rows,
    )


def life_table(stacks: Sequence[str], runs: int) -> str:
    """Measure lives; return a table of ratios to the empty program."""
    rows: list[list[object]] = []
    for stack in stacks:
        found = lives(stack, runs)
        row: list[object] = [f"`{stack}`"]
        for what in OPERATIONS:
            own = middle([life[what][1] for life in found])
            ratio = middle([life[what][1] / life[what][0] for life in found])
            row.append(f"{own:.2f} s, {ratio:.1f} times")
        rows.append(row)
    return titled(
        "Operations in the engine, and how many times the empty program's", ["stack", *OPERATIONS], rows
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("stack")
    parser.add_argument("what", choices=("empty", "plan", "preview"))
    asked = parser.parse_args()
    print(json.dumps(cold(asked.stack, asked.what)))
