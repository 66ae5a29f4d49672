"""Clouds that fail at a chosen call: refused, throttled, done without an answer, or with the engine killed."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

import grpc  # type: ignore[import-untyped]


class Fault(StrEnum):
    """What happens at the chosen call."""

    FAIL = "fail"
    """The cloud refuses; nothing was done."""
    THROTTLE = "throttle"
    """Too many requests; nothing was done."""
    LOST = "lost"
    """It was done, and the answer never came."""
    KILL = "kill"
    """It was done, and the engine was killed before it heard of it."""


CODES = {
    Fault.FAIL: grpc.StatusCode.INVALID_ARGUMENT,
    Fault.THROTTLE: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Fault.LOST: grpc.StatusCode.UNKNOWN,
    Fault.KILL: grpc.StatusCode.UNAVAILABLE,
}
SAID = {
    Fault.FAIL: "the cloud refuses this call",
    Fault.THROTTLE: "too many requests; slow down",
    Fault.LOST: "no answer within the time limit",
    Fault.KILL: "the engine is gone",
}


@dataclass
class Faults:
    """Counts the calls that change something (create, update, delete), and makes one of them go wrong."""

    fault: Fault
    at: int
    """Which call, counted from 1."""
    kill: Callable[[], None] = lambda: None
    """How the engine is killed."""
    calls: int = 0
    struck: str = ""
    """URN of the resource whose call went wrong; empty until then."""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def before(self, urn: str) -> bool:
        """Count a call; return whether it is the one. Raises for those that are refused before anything is done."""
        with self._lock:
            self.calls += 1
            if self.calls != self.at:
                return False
            self.struck = urn
        if self.fault in {Fault.FAIL, Fault.THROTTLE}:
            raise FaultError(self.fault)
        return True

    def after(self) -> None:
        """Fail, though it was done."""
        if self.fault is Fault.KILL:
            self.kill()
        raise FaultError(self.fault)


class FaultError(Exception):
    """The fault, on its way to the engine."""

    def __init__(self, fault: Fault) -> None:
        self.code = CODES[fault]
        super().__init__(SAID[fault])
