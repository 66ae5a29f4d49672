"""An operation in a program of its own, which can be killed while the engine works for it.

`python -m proving.killable` reads what to do from its standard input.
"""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

import yaml

from automation.backend import Backend
from automation.errors import AutomationError, CancelledError, ProviderError
from automation.stack import ChatStack, open_stack
from rehearsal.faults import Faults
from stacks.project import COMMAND, PRODUCT

PATIENCE = 10.0
"""Seconds within which everything that worked for a killed program must be gone."""
POLL = 0.05


def operate(
    stack: ChatStack,
    program: Callable[[], None],
    kind: str,
    secrets: Mapping[str, str],
    faults: Faults,
) -> None:
    """Run `up` or `destroy` of a rehearsed stack in a program that dies when a call goes wrong.

    Raises CancelledError where it died, and ProviderError where it failed in another way.
    """
    backend = stack.backend
    told = {
        "path": str(Path(sys.modules[program.__module__].__file__ or "").parent),
        "program": [program.__module__, program.__qualname__],
        "kind": kind,
        "name": stack.name,
        "secrets": dict(secrets),
        "url": backend.url,
        "environment": dict(backend.environment),
        "work": str(backend.work),
        "home": str(backend.home),
    }
    with subprocess.Popen(
        [sys.executable, "-m", "proving.killable"],
        cwd=PRODUCT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        faults.kill = process.kill
        said, _ = process.communicate(json.dumps(told))
    if process.returncode == -signal.SIGKILL:
        until = time.monotonic() + PATIENCE
        while any(not lock.stale for lock in stack.locks()) and time.monotonic() < until:
            time.sleep(POLL)
        raise CancelledError(
            f"the program was killed, and its engine with it: {said.strip() or 'it said nothing'}",
            remedy=f"{COMMAND} recover {stack.name}",
        )
    if process.returncode != 0:
        raise ProviderError(said.strip())


def main() -> int:
    """Do what standard input says; return the exit status."""
    told = json.load(sys.stdin)
    sys.path.append(told["path"])
    module, name = told["program"]
    work = Path(told["work"])
    backend = Backend(
        url=told["url"],
        secrets_provider="passphrase",
        environment=told["environment"],
        inline=True,
        program=getattr(import_module(module), name),
        work=work,
        home=Path(told["home"]),
    )
    try:
        with open_stack(
            told["name"],
            values=_values(backend, told["name"]),
            secrets=told["secrets"],
            backend=backend,
            policies=False,
        ) as stack:
            if told["kind"] == "destroy":
                stack.destroy(confirm=stack.name, unprotect=True)
            else:
                stack.up(preview=False)
    except AutomationError as error:
        print(error)
        return 1
    return 0


def _values(backend: Backend, name: str) -> Mapping[str, object]:
    settings = yaml.safe_load(backend.settings(name).read_text(encoding="utf-8"))
    return {key: value for key, value in settings["config"].items() if not _is_secret(value)}


def _is_secret(value: object) -> bool:
    return isinstance(value, Mapping) and set(value) == {"secure"}


if __name__ == "__main__":
    sys.exit(main())
