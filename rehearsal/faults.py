"""Clouds that fail at a chosen call: refused, throttled, half done, left unanswered, or with the engine killed."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

import grpc  # type: ignore[import-untyped]

CHANGING = frozenset({"create", "update", "delete"})
"""The calls that change something; the others are `read` and `invoke`."""


class Fault(StrEnum):
    """What happens at the chosen call."""

    FAIL = "fail"
    """The cloud refuses; nothing was done."""
    THROTTLE = "throttle"
    """Too many requests, and the provider has given up its own retries; nothing was done."""
    UNDONE = "undone"
    """Nothing was done, and no answer came."""
    LOST = "lost"
    """It was done, and the answer never came."""
    HALF = "half"
    """It was made, but did not become ready in time; the provider says so, with its id. A deletion is as if undone."""
    KILL_BEFORE = "kill-before"
    """The engine was killed before anything was done."""
    KILL = "kill"
    """It was done, and the engine was killed before it heard of it."""
    DIE = "die"
    """It was done and answered, but the program that the engine works for was killed."""


UNANSWERED = frozenset({Fault.UNDONE, Fault.LOST})
KILLED = frozenset({Fault.KILL_BEFORE, Fault.KILL})
_DONE = frozenset({Fault.LOST, Fault.HALF, Fault.KILL, Fault.DIE})

_CODES = {
    Fault.FAIL: grpc.StatusCode.INVALID_ARGUMENT,
    Fault.THROTTLE: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Fault.KILL: grpc.StatusCode.UNAVAILABLE,
    Fault.KILL_BEFORE: grpc.StatusCode.UNAVAILABLE,
}
_SAID = {
    Fault.FAIL: "the cloud refuses this call",
    Fault.THROTTLE: "too many requests; slow down",
    Fault.UNDONE: "no answer within the time limit",
    Fault.LOST: "no answer within the time limit",
    Fault.HALF: "it exists, but did not become ready in time",
    Fault.KILL: "the engine is gone",
    Fault.KILL_BEFORE: "the engine is gone",
}


Call = tuple[str, str]
"""Operation and URN."""


@dataclass
class Faults:
    """Writes down the calls, and makes some of them go wrong."""

    fault: Fault
    width: int = 1
    """How many of the calls that count go wrong, from the first one on. What fails at once is under way at once: the
    engine begins nothing more once a step has failed."""
    spared: frozenset[Call] = frozenset()
    """Calls that do not count."""
    among: frozenset[Call] | None = None
    """The only calls that count; None for all."""
    kill: Callable[[], None] = lambda: None
    """How the engine, or the program, is killed."""
    quotes: bool = False
    """Whether the cloud's refusal quotes the request, secrets too, as some do."""
    calls: list[Call] = field(default_factory=list)
    """Every call that would change something."""
    struck: list[Call] = field(default_factory=list)
    """The calls that went wrong."""
    _killed: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def before(self, operation: str, urn: str) -> bool:
        """Count a call; return whether it goes wrong. Raises where nothing is to be done of it."""
        call = (operation, urn)
        with self._lock:
            if operation not in CHANGING:
                return False
            self.calls.append(call)
            counts = call not in self.spared and (self.among is None or call in self.among)
            if not counts or len(self.struck) >= self.width:
                return False
            self.struck.append(call)
        if self.fault is Fault.KILL_BEFORE:
            self._kill_once()
        if self.fault not in _DONE or (self.fault is Fault.HALF and operation == "delete"):
            raise FaultError(self.fault)
        return True

    def after(self) -> None:
        """Fail, though it was done."""
        if self.fault in {Fault.KILL, Fault.DIE}:
            self._kill_once()
        if self.fault is not Fault.DIE:
            raise FaultError(self.fault)

    def _kill_once(self) -> None:
        """Calls that were under way beside the first must not kill what is started afterwards."""
        with self._lock:
            first, self._killed = not self._killed, True
        if first:
            self.kill()


class FaultError(Exception):
    """The fault, on its way to the engine."""

    def __init__(self, fault: Fault, said: str = "") -> None:
        self.fault = fault
        self.code = _CODES.get(fault, grpc.StatusCode.UNKNOWN)
        super().__init__(said or _SAID[fault])
