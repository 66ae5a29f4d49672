"""Ends the engines of a Python program that was killed, with all that they have started.

Runs as a program of its own, of nothing but Python's own modules, so that it costs next to nothing. It reads from its
standard input which engines begin (`+PID`) and end (`-PID`); the end of the input is the end of the program.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time

TRIES = 40
PAUSE = 0.05
"""Seconds between two looks at what is left; what is being started just then is seen the next time."""


def end_session(leader: int) -> None:
    """Kill a process that leads a session, and all that belong to it, whatever groups they made for themselves."""
    for _ in range(TRIES):
        found = members(leader)
        if not found:
            return
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(PAUSE)


def members(leader: int) -> list[int]:
    """Return the processes of a session that run, the leader first."""
    found = []
    for pid in _pids():
        with contextlib.suppress(OSError):
            if os.getsid(pid) == leader and not gone(pid):
                found.append(pid)
    return sorted(found, key=lambda pid: pid != leader)


def gone(pid: int) -> bool:
    """Whether a process has ended; one that nobody has waited for yet has."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - pathlib is slow to import
            return file.read().rpartition(")")[2].split()[0] in {"Z", "X"}
    except (OSError, IndexError):
        # No /proc: it is taken to run.
        return False


def _pids() -> list[int]:
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208
    except OSError:
        told = subprocess.run(["ps", "-A", "-o", "pid="], capture_output=True, text=True, check=False)  # noqa: S607
        return [int(pid) for pid in told.stdout.split()]


def main() -> None:
    """Wait for the program's end."""
    running: set[int] = set()
    for line in sys.stdin:
        (running.add if line[0] == "+" else running.discard)(int(line[1:]))
    for leader in running:
        end_session(leader)


if __name__ == "__main__":
    main()
