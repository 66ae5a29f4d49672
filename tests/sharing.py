"""What one process of a test run finds out for all of them."""

import fcntl
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

folder: Path | None = None
"""A folder of the run that its processes have in common; None where there is one process. Set by `conftest.py`."""
replaced = False
"""Whether the running test may replace something of the program (`monkeypatch`). Set by `conftest.py`."""
_kept: dict[str, bytes] = {}


def shared(name: str, find: Callable[[], Any]) -> Any:
    """Return what `find` returned to the first test that asked; each gets a copy of its own.

    The others of the same moment wait for it. What `find` raises is not kept.
    """
    if folder is None:
        if name not in _kept:
            _kept[name] = pickle.dumps(find())
        return pickle.loads(_kept[name])  # noqa: S301 - of this run
    with (folder / f"{name}.pickle").open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        content = file.read()
        if not content:
            content = pickle.dumps(find())
            file.write(content)
    return pickle.loads(content)  # noqa: S301 - of this run
