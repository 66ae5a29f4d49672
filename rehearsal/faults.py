"""Clouds that fail at a chosen call: refused, throttled, half done, left unanswered, or with the engine killed."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

import grpc  # type: ignore[import-untyped]

CHANGING = frozenset({"create", "update", "delete"})
"""The calls that change something; the others are `read` and `invoke`."""
STORM = 5
"""Calls in a row that are throttled in a storm: half of what the engine has under way at once."""


class Fault(StrEnum):
    """What happens at the chosen call."""

    FAIL = "fail"
    """The cloud refuses; nothing was done."""
    THROTTLE = "throttle"
    """Too many requests, and the provider has given up its own retries; nothing was done."""
    STORM = "storm"
    """The same for this call and those after it."""
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


REFUSED = frozenset({Fault.FAIL, Fault.THROTTLE, Fault.STORM})
"""Nothing was done, and everybody knows that."""
UNANSWERED = frozenset({Fault.UNDONE, Fault.LOST})
KILLED = frozenset({Fault.KILL_BEFORE, Fault.KILL})
_DONE = frozenset({Fault.LOST, Fault.HALF, Fault.KILL, Fault.DIE})

_CODES = {
    Fault.FAIL: grpc.StatusCode.INVALID_ARGUMENT,
    Fault.THROTTLE: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Fault.STORM: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Fault.KILL: grpc.StatusCode.UNAVAILABLE,
    Fault.KILL_BEFORE: grpc.StatusCode.UNAVAILABLE,
}
_SAID = {
    Fault.FAIL: "the cloud refuses this call",
    Fault.THROTTLE: "too many requests; slow down",
    Fault.STORM: "too many requests; slow down",
    Fault.UNDONE: "no answer within the time limit",
    Fault.LOST: "no answer within the time limit",
    Fault.HALF: "it exists, but did not become ready in time",
    Fault.KILL: "the engine is gone",
    Fault.KILL_BEFORE: "the engine is gone",
}


@dataclass
class Faults:
    """Writes down the calls, and makes one of them go wrong."""

    fault: Fault
    at: int = 1
    """Which of the calls that match, counted from 1."""
    operations: frozenset[str] = CHANGING
    urn: str = ""
    """Only calls for this resource count; empty for all."""
    spared: frozenset[str] = frozenset()
    """URNs of resources whose calls do not count."""
    width: int = 1
    """How many calls from there on go wrong."""
    kill: Callable[[], None] = lambda: None
    """How the engine, or the program, is killed."""
    quotes: bool = False
    """Whether the cloud's refusal quotes the request, secrets too, as some do."""
    calls: list[tuple[str, str]] = field(default_factory=list)
    """Operation and URN of every call that matched."""
    struck: list[str] = field(default_factory=list)
    """URNs of the resources whose calls went wrong."""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def before(self, operation: str, urn: str) -> bool:
        """Count a call; return whether it is the one. Raises where nothing is to be done of it."""
        with self._lock:
            if operation not in self.operations or self.urn not in {"", urn} or urn in self.spared:
                return False
            self.calls.append((operation, urn))
            at = len(self.calls)
            width = STORM if self.fault is Fault.STORM else self.width
            if not self.at <= at < self.at + width:
                return False
            self.struck.append(urn)
        if self.fault is Fault.KILL_BEFORE:
            self.kill()
        if self.fault not in _DONE or (self.fault is Fault.HALF and operation == "delete"):
            raise FaultError(self.fault)
        return True

    def after(self) -> None:
        """Fail, though it was done."""
        if self.fault in {Fault.KILL, Fault.DIE}:
            self.kill()
        if self.fault is not Fault.DIE:
            raise FaultError(self.fault)


class FaultError(Exception):
    """The fault, on its way to the engine."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.code = _CODES.get(fault, grpc.StatusCode.UNKNOWN)
        super().__init__(_SAID[fault])
