"""A program inside the Automation API: what it raises is kept, and what the API leaves open is closed."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pulumi
from pulumi.runtime.settings import SETTINGS

from rehearsal.lean import QuietEngine, collector, drain

_PATIENCE = 40
"""Times 0.05 s that a loop is given to end by itself."""
STOPPED = "the program stopped"
"""What the engine is told when the program raised something; the thing itself is in `Guarded.failures`."""


class Guarded:
    """A program that the engine can run without ever printing a traceback of it."""

    def __init__(self, program: Callable[[], None]) -> None:
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
        """Close the loops that the Automation API leaves open, tasks in them, when the engine stops on an error."""
        for loop in self._loops:
            for _ in range(_PATIENCE):
                if not loop.is_running():
                    break
                time.sleep(0.05)
            if loop.is_closed() or loop.is_running():
                continue
            loop.set_exception_handler(lambda _loop, _context: None)
            left = asyncio.all_tasks(loop)
            for task in left:
                task.cancel()
            if left:
                loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
            loop.close()
        self._loops.clear()


async def _drained() -> None:
    with collector.seldom():
        await drain()
    # The SDK registers the stack's outputs next, in a task, and waits for it only where something else is waited for.
    SETTINGS.outputs.add(asyncio.ensure_future(asyncio.sleep(0)))
