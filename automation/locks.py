"""Two updates of one stack at once: the second waits or fails, as asked."""

import contextlib
import hashlib
import json
import os
import random
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from automation import guard
from automation.errors import ConflictError
from stacks.project import ROOT

LOCKS = ROOT / ".cache" / "automation" / "locks"
OnConflict = Literal["wait", "fail"]
POLL = 0.25
"""Seconds between two tries, give or take a half: two that wait must not try at the same time for ever."""


@dataclass(frozen=True)
class Waiting:
    """What to do when somebody else updates the stack."""

    on_conflict: OnConflict
    until: float
    """`time.monotonic()` at which waiting ends."""

    @classmethod
    def at_most(cls, on_conflict: OnConflict, timeout: float) -> "Waiting":
        """Wait up to `timeout` seconds, or not at all."""
        return cls(on_conflict, time.monotonic() + timeout)

    @property
    def over(self) -> bool:
        """Whether there is nothing to wait for any more."""
        return self.on_conflict == "fail" or time.monotonic() >= self.until

    def pause(self) -> None:
        """Wait a little."""
        time.sleep(POLL * random.uniform(0.5, 1.5))  # noqa: S311 - no secret


@contextlib.contextmanager
def held(stack: str, backend: str, waiting: Waiting, recover: str) -> Iterator[None]:
    """Hold this machine's own lock of a stack; it goes with the process, however that ends.

    The backend has a lock too, which works between machines, but there two that begin together can both be refused.
    """
    LOCKS.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(f"{backend}\n{stack}".encode()).hexdigest()[:24]
    with (LOCKS / name).open("a+", encoding="utf-8") as file:
        while True:
            try:
                _lock(file)
            except BlockingIOError:
                if waiting.over:
                    file.seek(0)
                    who = f"process {file.read().strip() or '?'} of this machine"
                    raise conflict(stack, who, recover) from None
                waiting.pause()
            else:
                break
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        try:
            yield
        finally:
            # Closing it would not do: what another thread starts just now has the open file too, until it is a program.
            _unlock(file)


# Each system has a module of its own for locks, which the others lack.
if sys.platform == "win32":
    _BYTE = 1 << 30
    """What is locked: Windows lets nobody read it, so it lies behind all that is written."""

    def _lock(file: IO[str]) -> None:
        import msvcrt

        try:
            file.seek(_BYTE)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError(str(error)) from None
        finally:
            file.seek(0)

    def _unlock(file: IO[str]) -> None:
        import msvcrt

        file.seek(_BYTE)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:

    def _lock(file: IO[str]) -> None:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(file: IO[str]) -> None:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_UN)


def conflict(stack: str, who: str, recover: str) -> ConflictError:
    """Return the error for a stack that somebody else updates; `recover` is the command after its end."""
    return ConflictError(
        f"the stack {stack} is being updated by {who}",
        remedy="wait for it (on_conflict='wait', or --wait SECONDS on the command line); "
        f"where its engine was killed: {recover}",
    )


@dataclass(frozen=True)
class BackendLock:
    """A lock that a backend of files holds."""

    path: Path
    pid: int
    host: str
    user: str
    since: str

    @property
    def stale(self) -> bool | None:
        """Whether its engine is gone; None where it ran on another machine, which cannot be known."""
        return guard.gone(self.pid) if self.host == socket.gethostname() else None

    def __str__(self) -> str:
        return f"{self.user}@{self.host}, process {self.pid}, since {self.since}"


def of_backend(folder: Path | None, project: str, stack: str) -> tuple[BackendLock, ...]:
    """Return the locks on a stack in a backend of files; none for other backends."""
    if folder is None:
        return ()
    found = []
    for path in sorted((folder / ".pulumi" / "locks").glob(f"*/{project}/{stack}/*.json")):
        with contextlib.suppress(OSError, ValueError):
            told = json.loads(path.read_text(encoding="utf-8"))
            found.append(
                BackendLock(
                    path=path,
                    pid=int(told.get("pid") or 0),
                    host=str(told.get("hostname") or ""),
                    user=str(told.get("username") or ""),
                    since=str(told.get("timestamp") or ""),
                )
            )
    return tuple(found)
