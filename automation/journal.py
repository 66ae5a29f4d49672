"""Steps whose outcome nobody knows, written down on this machine.

The engine forgets a step whose provider gave no answer, and `pulumi stack import` drops all pending operations. So what
is not decided yet is kept here, per state and stack. Secret inputs are masked or encrypted in it.
"""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rehearsal.cli import CHECKOUT

FOLDER = CHECKOUT / ".cache" / "automation" / "undecided"


def read(backend: str, stack: str) -> list[dict[str, Any]]:
    """Return the pending operations that were written down."""
    path = _path(backend, stack)
    if not path.is_file():
        return []
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return found


def write(backend: str, stack: str, pending: Sequence[Mapping[str, Any]]) -> None:
    """Write these down instead of what was there; with none, nothing is kept."""
    path = _path(backend, stack)
    if not pending:
        path.unlink(missing_ok=True)
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.write_text(json.dumps([dict(one) for one in pending]), encoding="utf-8")
    fresh.replace(path)


def _path(backend: str, stack: str) -> Path:
    key = hashlib.sha256(f"{backend}\n{stack}".encode()).hexdigest()
    return FOLDER / f"{key[:24]}.json"
