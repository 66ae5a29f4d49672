"""Processes that work for a sweep, and end with it."""

import multiprocessing
import os
import threading


def end_with_parent() -> None:
    """Let this worker end when the process that started it is killed: it would wait for work forever."""
    parent = multiprocessing.parent_process()
    assert parent is not None  # noqa: S101 - a worker has one

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
