"""What one process of a test run finds out for all of them."""

import fcntl
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

folder: Path | None = None
"""A folder of the run that its processes have in common; None where there is one process. Set by `conftest.py`."""


def shared(name: str, find: Callable[[], Any]) -> Any:
    """Return what `find` returns, a value of JSON: the first process that asks calls it, and the others wait for it."""
    if folder is None:
        return find()
    with (folder / f"{name}.json").open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        text = file.read()
        if not text:
            text = json.dumps(find())
            file.write(text)
    return json.loads(text)
