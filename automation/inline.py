"""A program inside the Automation API: what it raises is kept, and what the API leaves open is closed."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pulumi
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS  # its list is what every channel is made with
from pulumi.runtime.settings import SETTINGS

from automation.lean import QuietEngine, collector, drain

OWN_CHANNELS = ("grpc.use_local_subchannel_pool", 1)
"""Channels of one process share what they know of an address: an engine that gets the port of one that was killed would
be taken for dead, as long as anything holds a channel to that."""
PATIENCE = 30.0
"""Seconds that a program is given to end by itself once its engine has: what it is at may take a while."""
POLL = 0.05
STOPPED = "the program stopped"
"""What the engine is told when the program raised something; the thing itself is in `Guarded.failures`."""


class Guarded:
    """A program that the engine can run without ever printing a traceback of it."""

    def __init__(self, program: Callable[[], None]) -> None:
        if OWN_CHANNELS not in _GRPC_CHANNEL_OPTIONS:
            _GRPC_CHANNEL_OPTIONS.append(OWN_CHANNELS)
        self._program = program
        self._loops: list[asyncio.AbstractEventLoop] = []
        self.failures: list[Exception] = []
        """What the program raised since `reset`."""

    def __call__(self) -> Awaitable[None]:
        """Run the program in the engine's loop; return what is still to be waited for."""
        self._loops.append(asyncio.get_running_loop())
        SETTINGS.engine = QuietEngine(SETTINGS.engine)
        try:
            with collector.held_back():
                self._program()
        except Exception as error:  # noqa: BLE001 - it is judged once the engine has stopped
            self.failures.append(error)
            raise pulumi.RunError(STOPPED) from None
        return _drained()

    def reset(self) -> None:
        """Forget earlier failures."""
        self.failures.clear()

    def close(self) -> None:
        """Close the loops that the Automation API leaves open, tasks in them, when the engine stops on an error.

        A program that does not end is left for the next time: its tasks must not be finished by the collector, in the
        middle of another program and as a part of that.
        """
        self._loops = [loop for loop in self._loops if not _closed(loop)]


def _closed(loop: asyncio.AbstractEventLoop) -> bool:
    until = time.monotonic() + PATIENCE
    while loop.is_running():
        if time.monotonic() > until:
            return False
        time.sleep(POLL)
    if not loop.is_closed():
        loop.set_exception_handler(lambda _loop, _context: None)
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        loop.close()
    return True


async def _drained() -> None:
    with collector.seldom():
        await drain()
    # The SDK registers the stack's outputs next, in a task, and waits for it only where something else is waited for.
    SETTINGS.outputs.add(asyncio.ensure_future(asyncio.sleep(0)))
