"""The Pulumi CLI as the Automation API starts it, with a hand on its processes: they can be interrupted and killed.

They end with the program that started them, however that ends.
"""

import atexit
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

from pulumi.automation import CommandResult, PulumiCommand
from pulumi.automation.errors import create_command_error
from semver import VersionInfo

from automation import guard
from automation.pulumi_cli import Cli
from stacks.project import PRODUCT, ROOT

LANGUAGE_HOST = "pulumi-language-python"
SHIMS = ROOT / ".cache" / "automation" / "bin"
"""Where the host of Python programs is put that a CLI built from its Go module lacks."""
LAUNCHER = PRODUCT / "policy" / "launcher"
"""Starts policy packs for an engine that has no host of Python programs."""
_HOST = 'PYTHONPATH="{checkout}" exec "{python}" -m automation.host "$@"'
Say = Callable[[str], None]


class Engine(PulumiCommand):
    """Starts the CLI. One per opened stack, so that its processes are that stack's."""

    def __init__(self, cli: Cli, *, inline: bool) -> None:
        # Not PulumiCommand's own __init__: it would start the CLI once more, to ask for the version.
        self.command = str(cli.path)
        self.version = VersionInfo.parse(cli.version)
        self.interrupted = False
        """Whether the running operation was asked to stop."""
        self.killed = False
        """Whether the last process ended by a signal that it could not handle."""
        self.given = ""
        """What the next command is to read from its standard input."""
        self._running: list[subprocess.Popen[str]] = []
        self._lock = threading.Lock()
        own: list[str] = []
        if not has_language_host(cli):
            own = [str(LAUNCHER if inline else host())]
        self._path = os.pathsep.join([str(cli.path.parent), *own])

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: Say | None = None,
        on_error: Say | None = None,
    ) -> CommandResult:
        """Run a command of the CLI. Raises CommandError when it fails."""
        environment = self.environment({**additional_env, "PULUMI_AUTOMATION_API": "true"})
        cut = args.index("--") if "--" in args else len(args)
        if "--non-interactive" not in args[:cut]:
            args.insert(0, "--non-interactive")
        given, self.given = self.given, ""
        out: list[str] = []
        err: list[str] = []
        # A session of its own: Ctrl-C reaches it once, from us, and it can be killed with all its children.
        with subprocess.Popen(  # noqa: S603
            [self.command, *args],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env=environment,
            encoding="utf-8",
            start_new_session=True,
        ) as process:
            with self._lock:
                self._running.append(process)
            _GUARD.tell(f"+{process.pid}")
            assert process.stdin is not None  # noqa: S101 - PIPE was asked for
            with contextlib.suppress(BrokenPipeError), process.stdin:
                process.stdin.write(given)
            readers = [
                threading.Thread(target=_read, args=(process.stdout, out, on_output), daemon=True),
                threading.Thread(target=_read, args=(process.stderr, err, on_error), daemon=True),
            ]
            for reader in readers:
                reader.start()
            try:
                code = self._wait(process)
            except BaseException:
                self.kill()
                raise
            finally:
                with self._lock:
                    self._running.remove(process)
                _GUARD.tell(f"-{process.pid}")
            for reader in readers:
                reader.join()
        self.killed = code < 0
        result = CommandResult(stdout="\n".join(out), stderr="\n".join(err), code=code)
        if code != 0:
            raise create_command_error(result)
        return result

    def environment(self, additional: Mapping[str, str]) -> dict[str, str]:
        """Return the environment in which the CLI finds itself, its hosts and this Python."""
        path = os.pathsep.join([self._path, os.environ.get("PATH", os.defpath)])
        return {**os.environ, **additional, "PYTHON": sys.executable, "PATH": path}

    def _wait(self, process: "subprocess.Popen[str]") -> int:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                self.interrupt()

    def begin(self) -> None:
        """Begin an operation: nobody has asked it to stop yet."""
        self.interrupted = False
        self.killed = False

    @property
    def busy(self) -> bool:
        """Whether a process of it runs."""
        with self._lock:
            return bool(self._running)

    def interrupt(self) -> None:
        """Ask what runs to stop: it finishes the steps that it is at. Asked again, it stops at once."""
        self.interrupted = True
        self._signal(signal.SIGINT)

    def kill(self) -> None:
        """Kill what runs, with its children. What it was doing is then unknown: `recover` looks after it."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        with self._lock:
            for process in self._running:
                if number is signal.SIGKILL:
                    # Not the process group: the engine gives each plugin one of its own.
                    guard.end_session(process.pid)
                else:
                    with contextlib.suppress(ProcessLookupError):
                        process.send_signal(number)


class _Guard:
    """The program that ends this one's engines when this one is killed. Started with the first engine."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._owner = 0
        self._lock = threading.Lock()

    def tell(self, what: str) -> None:
        """Say that an engine begins or ends."""
        with self._lock:
            # A forked process has its own engines, and would keep the input of its parent's guard open.
            if self._process is None or self._owner != os.getpid() or self._process.poll() is not None:
                self._start()
            assert self._process is not None  # noqa: S101 - started above
            assert self._process.stdin is not None  # noqa: S101 - PIPE was asked for
            with contextlib.suppress(OSError):
                self._process.stdin.write(f"{what}\n")
                self._process.stdin.flush()

    def _start(self) -> None:
        self._owner = os.getpid()
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", "-S", guard.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        atexit.register(_let_go, self._process)


def _let_go(process: "subprocess.Popen[str]") -> None:
    with contextlib.suppress(OSError):
        process.communicate()


_GUARD = _Guard()


def _read(stream: IO[str], lines: list[str], say: Say | None) -> None:
    for line in stream:
        lines.append(line.rstrip())
        if say is not None:
            say(lines[-1])


def has_language_host(cli: Cli) -> bool:
    """Whether this CLI runs Python programs by itself; one that was built from its Go module does not."""
    beside = cli.path.resolve().parent / LANGUAGE_HOST
    found = shutil.which(LANGUAGE_HOST)
    return beside.is_file() or (found is not None and Path(found).parent != SHIMS)


def host() -> Path:
    """Return a folder with what such a CLI lacks, to be put on PATH."""
    content = f"#!/bin/sh\n{_HOST.format(python=sys.executable, checkout=PRODUCT)}\n"
    path = SHIMS / LANGUAGE_HOST
    if not path.is_file() or path.read_text(encoding="utf-8") != content:
        SHIMS.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}.{threading.get_ident()}")
        fresh.write_text(content, encoding="utf-8")
        fresh.chmod(0o755)
        fresh.replace(path)
    return SHIMS
