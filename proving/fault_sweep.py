"""`python -m proving.fault_sweep`: disturb stacks call by call in the engine, and print a table of what came of it.

The first stack goes wrong at every call, whatever is under way at once together; of it and of all others, a seeded
sample of calls goes wrong alone.
"""

import argparse
import json
import logging
import multiprocessing
import queue
import random
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from dataclasses import asdict, dataclass
from multiprocessing.managers import SyncManager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from automation.errors import AutomationError
from automation.pulumi_cli import find_engine
from proving import pages
from proving.faults import Phase, Subject, Sweep, Undisturbed, disturb, undisturbed
from proving.workers import end_with_parent
from rehearsal import stack as rehearsed
from rehearsal.faults import Call, Fault
from stacks import files
from stacks.problems import InvalidStack
from stacks.project import PRODUCT
from stacks.words import count

REFERENCE = "lovia-fargate"
PAGE = PRODUCT / "docs" / "faults.md"
SAMPLE = 4
"""Calls of the first stack that go wrong alone, for each phase and kind of fault; of the others, a quarter of it."""
TOGETHER = (Fault.FAIL, Fault.UNDONE, Fault.LOST, Fault.HALF)
"""THROTTLE is FAIL with another status; a kill ends with the first call, so that there is no together."""
JOBS = 2
OnDone = Callable[[list[Sweep], int], None]
SECONDS = {True: 8.0, False: 2.5}
"""About how long one call takes on two cores, alone and together; for the order of the work only."""


@dataclass(frozen=True)
class Job:
    """One sweep that is to be run."""

    stack: str
    phase: Phase
    fault: Fault
    alone: frozenset[Call] | None
    calls: int

    @property
    def weight(self) -> float:
        """About how many seconds it takes."""
        return self.calls * SECONDS[self.alone is not None]


def jobs(stack: str, well: Undisturbed, *, together: bool, every: bool, sample: int, seed: int) -> list[Job]:
    """Return the sweeps of a stack; the same for the same seed."""
    made = []
    for phase, calls in well.calls.items():
        if together:
            made += [Job(stack, phase, fault, None, len(calls)) for fault in TOGETHER if calls]
        for fault in Fault:
            chance = random.Random(f"{seed} {stack} {phase} {fault}")  # noqa: S311 - no secret
            alone = sorted(calls) if every else chance.sample(sorted(calls), min(sample, len(calls)))
            if alone:
                made.append(Job(stack, phase, fault, frozenset(alone), len(alone)))
    return made


def _begin() -> None:
    """Begin a worker, quietly: what the SDK says when its engine is gone is what is asked for here."""
    end_with_parent()
    logging.disable()
    warnings.simplefilter("ignore")


def _prepare(stack: str) -> Undisturbed:
    return undisturbed(Subject.of(rehearsed.load(stack)))


def _run(job: Job, well: Undisturbed, told: "queue.Queue[int]") -> Sweep:
    subject = Subject.of(rehearsed.load(job.stack))
    return disturb(subject, well, job.phase, job.fault, alone=job.alone, on_struck=told.put)


def sweep(
    stacks: Sequence[str],
    *,
    every: bool,
    sample: int,
    seed: int,
    processes: int,
    minutes: float,
    to: Console,
    on_done: OnDone,
) -> list[Sweep]:
    """Run the sweeps, with progress; `on_done` is told all that came of them, and how many calls are still left out."""
    context = multiprocessing.get_context("spawn")
    manager = SyncManager(ctx=context)
    manager.start(end_with_parent)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    until = time.monotonic() + 60 * minutes
    done: list[Sweep] = []
    with (
        manager,
        ProcessPoolExecutor(processes, mp_context=context, initializer=_begin) as pool,
        Progress(*columns, console=to, speed_estimate_period=600) as progress,
    ):
        told = manager.Queue()
        preparing = progress.add_task("undisturbed", total=len(stacks))
        wells: dict[str, Undisturbed] = {}
        for name, well in zip(stacks, pool.map(_prepare, stacks), strict=True):
            wells[name] = well
            progress.advance(preparing)
        work: list[Job] = []
        for name in stacks:
            first = name == stacks[0]
            calls = sample if first else -(-sample // 4)
            work += jobs(name, wells[name], together=first, every=every and first, sample=calls, seed=seed)
        # What covers most comes first, so that what is left out for want of time is the sample.
        work.sort(key=lambda job: (job.alone is not None, -job.weight))
        bar = progress.add_task("calls", total=sum(job.calls for job in work))
        running: dict[Future[Sweep], Job] = {}
        while running or (work and time.monotonic() < until):
            while work and len(running) < processes and time.monotonic() < until:
                job = work.pop(0)
                running[pool.submit(_run, job, wells[job.stack], told)] = job
            finished, _ = wait(running, timeout=0.5, return_when="FIRST_COMPLETED")
            while not told.empty():
                progress.advance(bar, told.get())
            for future in finished:
                del running[future]
                one = future.result()
                done.append(one)
                done.sort(key=lambda one: (stacks.index(one.stack), list(Phase).index(one.phase), one.alone))
                on_done(done, sum(job.calls for job in (*work, *running.values())))
                how = "alone" if one.alone else "together"
                to.print(
                    f"{one.stack}, {one.phase.value}, {one.fault.value}, {how}: {one.struck} calls, "
                    f"{one.seconds:.0f} s, {'well' if one.well else '[bold red]not well[/]'}"
                )
                for problem in (*one.problems, *one.leaks):
                    to.print(f"    {problem}", markup=False)
    return done


HEAD = (
    "stack", "disturbed", "fault", "calls", "went wrong", "pending", "adopted", "doomed", "cleared", "by a person",
    "doubled", "data replaced", "secrets found", "other", "seconds",
)  # fmt: skip


def rows(done: Iterable[Sweep]) -> list[list[str]]:
    """Return the table's rows: one for each stack, phase and kind of fault."""
    return [
        [
            one.stack,
            one.phase.value,
            one.fault.value + (", alone" if one.alone else ""),
            str(one.calls),
            str(one.struck),
            *(str(count) for count in (one.pending, one.adopted, one.doomed, one.cleared, one.by_person)),
            str(one.doubled),
            str(one.replaced),
            str(len(one.leaks)),
            str(len(one.problems)),
            f"{one.seconds:.0f}",
        ]
        for one in done
    ]


def markdown(done: Sequence[Sweep], *, command: str, left_out: int) -> str:
    """Return the page's part that is made by running."""
    lines = [
        f"Made by `{command}`.",
        "",
        pages.table(HEAD, rows(done)),
        "",
        f"{sum(one.faults for one in done)} calls went wrong in {sum(one.deployments for one in done)} deployments"
        + (f"; {left_out} calls of the plan were left out for want of time." if left_out else "."),
    ]
    reasons = Counter(line for one in done for line in one.decided)
    if reasons:
        lines += ["", "What a person had to decide:", ""]
        lines += [f"- {reason} ({count(number, 'time')})" for reason, number in sorted(reasons.items())]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m proving.fault_sweep", description=__doc__)
    parser.add_argument(
        "stacks",
        nargs="*",
        default=[],
        metavar="STACK",
        help="the first one goes wrong at every call (default: all)",
    )
    parser.add_argument("--seed", type=int, default=5, help="which calls are in the samples")
    parser.add_argument(
        "--sample", type=int, default=SAMPLE, help="calls that go wrong alone, per phase and fault"
    )
    parser.add_argument(
        "--every", action="store_true", help="every call of the first stack goes wrong alone, too"
    )
    parser.add_argument("--minutes", type=float, default=20.0, help="begin nothing more after that time")
    parser.add_argument("--processes", type=int, default=JOBS, help="how many sweeps run at once")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures for other programs")
    parser.add_argument("--write", action="store_true", help="write the table to docs/faults.md")
    given = parser.parse_args(arguments)
    to = Console()
    if find_engine() is None:
        to.print("There is no Pulumi CLI: make engine", style="red")
        return 3
    others = [name for name in files.names() if name != REFERENCE]
    stacks = given.stacks or [REFERENCE, *others]
    words = [*given.stacks, f"--seed {given.seed} --sample {given.sample} --minutes {given.minutes:g}"]
    command = " ".join(["python -m proving.fault_sweep", *words, *(["--every"] if given.every else [])])

    table = ""

    def on_done(done: list[Sweep], left_out: int) -> None:
        # After each sweep: one that is interrupted leaves what it has.
        nonlocal table
        table = markdown(done, command=command, left_out=left_out)
        if given.write:
            pages.write(PAGE, table)
        if given.json is not None:
            figures: list[Mapping[str, Any]] = [asdict(one) for one in done]
            given.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")

    try:
        done = sweep(
            stacks,
            every=given.every,
            sample=given.sample,
            seed=given.seed,
            processes=given.processes,
            minutes=given.minutes,
            to=to,
            on_done=on_done,
        )
    except (InvalidStack, AutomationError) as error:
        to.print(str(error), style="red", markup=False)
        return 1
    # As it stands in the page: a terminal is too narrow for a drawn one.
    to.print(table, markup=False, highlight=False, soft_wrap=True)
    return 0 if all(one.well for one in done) else 1


if __name__ == "__main__":
    sys.exit(main())
