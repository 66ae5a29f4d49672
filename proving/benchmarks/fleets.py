"""Many stacks through `automation.fleet`: the growth of time and memory with their number.

Each figure is of a process of its own. Memory is what the calling process has resident after a garbage collection;
the peak is that of all engines that run at once.
"""

import argparse
import contextlib
import gc
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import components  # noqa: F401 - before the SDKs, which it makes import one file at a time

# isort: split

from automation import ChatStack, Result
from automation.fleet import Member, fleet
from proving.benchmarks import small
from proving.pages import titled
from rehearsal import canaries
from rehearsal.backend import rehearsal_backend
from stacks import deploy, files

WARM = 6
"""Stacks that a process goes through before its memory is looked at: imports and pools are there then."""
PARALLEL = 4
KINDS = ("small", "services-helm")
_SAMPLED = 0.1
"""Seconds between two looks at the engines' memory."""


def lived(stack: ChatStack) -> Result:
    """Deploy a stack and destroy it."""
    stack.up(preview=False)
    return stack.destroy(confirm=stack.name)


def members(kind: str, count: int) -> tuple[list[Member], Callable[[], None], Callable[[ChatStack], Result]]:
    """Return the stacks of a fleet, their program, and what is done with each."""
    values: dict[str, Any]
    if kind == "small":
        values = {"values": small.VALUES}
        return [Member(f"small-{number}", values) for number in range(count)], small.program, lived
    found = files.read(kind)
    values = {"values": found.values, "secrets": canaries.values(found.secure)}
    return [Member(f"{kind}-{number}", values) for number in range(count)], deploy.run, ChatStack.preview


def resident(pid: int | str = "self") -> float:
    """Return the resident memory of a process in MB; 0 where it is gone."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def below(pid: int) -> Iterator[int]:
    """Give the processes that a process has started, and those that they have."""
    children: list[str] = []
    with contextlib.suppress(OSError):  # it may be gone meanwhile
        for task in Path(f"/proc/{pid}/task").iterdir():
            children += (task / "children").read_text(encoding="ascii").split()
    for child in children:
        yield int(child)
        yield from below(int(child))


class Watch:
    """Looks at the engines' memory while they run."""

    def __init__(self) -> None:
        self.peak = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(_SAMPLED):
            self.peak = max(self.peak, sum(resident(pid) for pid in set(below(os.getpid()))))


def counted() -> dict[str, float]:
    """Return what a process may leak."""
    gc.collect()
    return {
        "megabytes": resident(),
        "threads": threading.active_count(),
        "files": len(list(Path("/proc/self/fd").iterdir())),
        "folders": len(list(Path(tempfile.gettempdir()).iterdir())),
    }


def one(kind: str, count: int) -> dict[str, Any]:
    """Run a fleet in this process; return its figures."""
    everything, program, operation = members(kind, WARM + count)
    with rehearsal_backend(program=program, checkpoints=True) as backend:

        def run(some: list[Member]) -> float:
            told = fleet(some, operation, parallel=PARALLEL, backend=backend, policies=False)
            if not told.ok:
                raise SystemExit(f"{kind}: {next(iter(told.errors.values()))}")
            return told.seconds

        run(everything[:WARM])
        before = counted()
        with Watch() as watch:
            seconds = run(everything[WARM:])
        after = counted()
    return {"seconds": seconds, "peak": watch.peak, "before": before, "after": after}


def measured(kind: str, count: int) -> dict[str, Any]:
    """Run a fleet in a process of its own; return its figures."""
    # A folder for what is temporary that nobody else writes in.
    with tempfile.TemporaryDirectory() as folder:
        told = subprocess.run(  # noqa: S603 - our own code
            [sys.executable, "-m", "proving.benchmarks.fleets", kind, str(count)],
            env={**os.environ, "TMPDIR": folder},
            capture_output=True,
            text=True,
            check=False,
        )
    if told.returncode:
        raise SystemExit(f"the fleet of {count} failed: {told.stderr.strip()[-400:]}")
    found: dict[str, Any] = json.loads(told.stdout)
    return found


def report(sizes: Sequence[int]) -> str:
    """Measure; return a table."""
    rows = []
    for kind in KINDS:
        for count in sizes:
            found = measured(kind, count)
            before, after = found["before"], found["after"]
            grown = after["megabytes"] - before["megabytes"]
            rows.append(
                [
                    "small program, up and destroy" if kind == "small" else f"`{kind}`, preview",
                    count,
                    f"{found['seconds']:.0f}",
                    f"{found['seconds'] / count:.2f}",
                    f"{before['megabytes']:.0f}",
                    f"{after['megabytes']:.0f}",
                    f"{1024 * grown / count:.0f}",
                    f"{found['peak']:.0f}",
                    *(f"{before[key]:.0f}, {after[key]:.0f}" for key in ("threads", "files", "folders")),
                ]
            )
    columns = ["what", "stacks", "s", "s per stack", "MB before", "MB after", "KB per stack"]
    return titled(
        f"Fleets, {PARALLEL} stacks at a time (threads, files, folders: before, after)",
        [*columns, "engines' peak MB", "threads", "files", "folders"],
        rows,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("count", type=int)
    asked = parser.parse_args()
    print(json.dumps(one(asked.kind, asked.count)))
