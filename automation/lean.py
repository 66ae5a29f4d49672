"""What keeps Pulumi's Python SDK quick in programs with many resources. Nothing of it changes what a program does."""

import asyncio
import contextlib
import gc
import sys
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any, Final

from google.protobuf import empty_pb2  # type: ignore[import-untyped]
from pulumi.runtime import resource
from pulumi.runtime.proto import engine_pb2, source_pb2
from pulumi.runtime.settings import SETTINGS


async def drain() -> None:
    """Wait for all registrations and outputs, also those that come up meanwhile; raise what fails.

    The SDK's own waiting looks at every open output again whenever one is done: for 157 resources that was more than
    half of its work. What has been waited for here it does not see any more.
    """
    rpcs = SETTINGS.rpc_manager
    while rpcs.rpcs or SETTINGS.outputs:
        while rpcs.rpcs:
            await rpcs.rpcs.pop()
        if rpcs.unhandled_exception is not None:
            raise rpcs.unhandled_exception
        tasks = list(SETTINGS.outputs)
        SETTINGS.outputs.clear()
        await asyncio.gather(*tasks)
    if rpcs.unhandled_exception is not None:
        raise rpcs.unhandled_exception


CONSTRUCTORS: Final = 3
"""Between a program's call and the SDK: those of its class, of custom or component resources, and of resources."""


def stack_trace() -> source_pb2.StackTrace:
    """Return what the SDK tells the engine of where a resource is made.

    The SDK's own asks the disk for the age of each file in the trace, once more per resource: a seventh of a plan.
    """
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001
    seen = 0
    while frame is not None and seen < CONSTRUCTORS:
        seen += frame.f_code.co_name == "__init__"
        frame = frame.f_back
    frames = []
    while frame is not None:
        uri = _uri(frame.f_code.co_filename)
        position = source_pb2.SourcePosition(uri=uri, line=frame.f_lineno) if uri else None
        frames.append(source_pb2.StackFrame(pc=position))
        frame = frame.f_back
    return source_pb2.StackTrace(frames=frames)


@cache
def _uri(file: str) -> str | None:
    try:
        return Path(file).as_uri()
    except ValueError:
        return None


resource._get_stack_trace = stack_trace  # noqa: SLF001


class QuietEngine:
    """The engine's address for the running program, without the four debug messages that the SDK sends per resource.

    Each is a call that the whole program waits for; the engine drops them, unless it was started with `--debug`.
    """

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    def Log(self, request: engine_pb2.LogRequest) -> Any:  # noqa: N802 - the service's own name
        """Pass on what is more than a debug message."""
        if request.severity == engine_pb2.DEBUG:
            return empty_pb2.Empty()
        return self._engine.Log(request)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


SELDOM = 100_000
"""Objects that programs may make before the collector looks at them, where it looks seldom: some 20 MB at most."""


LATER = 16
"""Runs that may import something more before all that is frozen is sorted out again."""


class _Collector:
    """The cyclic garbage collector, kept away from the SDKs' classes: a pass over them takes 0.3 s and frees nothing.

    They are frozen together with what the program that imported them holds just then; that is sorted out before the
    next one runs, so that a process of one run does not pay for it. Later runs import little more: what they leave
    behind is freed before that is frozen, by a pass over the new objects only, and all is sorted out now and then.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held = 0
        self._was_on = True
        self._seldom = 0
        self._was_at: tuple[int, int, int] = gc.get_threshold()
        self._modules = 0
        self._mixed = False
        """Whether all that a run left behind was frozen together with the classes that it had imported."""
        self._later = LATER
        """Runs that imported something since all was sorted out last."""

    @contextlib.contextmanager
    def held_back(self) -> Iterator[None]:
        """Collect nothing meanwhile, in any thread."""
        with self._lock:
            if self._held == 0:
                self._sort_out()
                self._was_on = gc.isenabled()
            self._held += 1
            gc.disable()
        try:
            yield
        finally:
            with self._lock:
                self._held -= 1
                if self._held == 0:
                    self._freeze()
                    if self._was_on:
                        gc.enable()

    @contextlib.contextmanager
    def seldom(self) -> Iterator[None]:
        """Collect seldom meanwhile: for what may last as long as a deployment."""
        with self._lock:
            if self._seldom == 0:
                self._was_at = gc.get_threshold()
            self._seldom += 1
            gc.set_threshold(SELDOM, *self._was_at[1:])
        try:
            yield
        finally:
            with self._lock:
                self._seldom -= 1
                if self._seldom == 0:
                    gc.set_threshold(*self._was_at)

    def _freeze(self) -> None:
        """Take what was imported out of the collector's sight."""
        if len(sys.modules) != self._modules:
            self._modules = len(sys.modules)
            self._later += 1
            if self._later > LATER:
                self._mixed = True
            else:
                gc.collect(0)
            gc.freeze()

    def _sort_out(self) -> None:
        """Free what was frozen without being a class."""
        if self._mixed:
            self._mixed = False
            self._later = 0
            gc.unfreeze()
            gc.collect()
            gc.freeze()


collector = _Collector()
