"""Many stacks at once, a few at a time, with one summary."""

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

from automation.errors import AutomationError
from automation.stack import ChatStack, open_stack
from automation.values import Result

PARALLEL = 4
"""Stacks at a time: each has an engine of about 150 MB, and waits for the clouds most of the time."""


@dataclass(frozen=True)
class Member:
    """One stack of a fleet: the arguments of `open_stack`."""

    name: str
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Summary:
    """What came of every stack."""

    results: Mapping[str, Result]
    errors: Mapping[str, AutomationError]
    skipped: tuple[str, ...]
    """Stacks that were not begun any more, because another one failed and `keep_going` was not asked for."""
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether every stack went well."""
        return not self.errors and not self.skipped

    @property
    def changed(self) -> int:
        """Number of resources that did not stay as they were, in all stacks."""
        return sum(result.changed for result in self.results.values())

    def to_json(self) -> dict[str, Any]:
        """Return the summary for other tools."""
        return {
            "ok": self.ok,
            "changed": self.changed,
            "results": {name: result.to_json() for name, result in self.results.items()},
            "errors": {name: error.to_json() for name, error in self.errors.items()},
            "skipped": list(self.skipped),
            "seconds": round(self.seconds, 2),
        }


Operation = Callable[[ChatStack], Result]


def fleet(
    members: Iterable[Member | str],
    operation: Operation,
    *,
    parallel: int = PARALLEL,
    keep_going: bool = True,
    **options: Any,
) -> Summary:
    """Do the same with many stacks, at most `parallel` at a time.

    `operation` takes an open stack (`ChatStack.preview`, `lambda stack: stack.up()`); `options` are those of
    `open_stack` for all of them. Stacks are opened when it is their turn, and closed after it, so that the memory
    needed does not grow with their number. An `AutomationError` of one stack stops no other, unless `keep_going`
    is False: then none is begun any more.
    """
    if parallel < 1:
        raise ValueError(f"parallel is {parallel}; at least one stack must run at a time")
    began = time.monotonic()
    waiting = [Member(one) if isinstance(one, str) else one for one in members]
    order = [one.name for one in waiting]
    twice = sorted({name for name in order if order.count(name) > 1})
    if twice:
        raise ValueError(f"twice in one fleet: {', '.join(twice)}")
    waiting.reverse()
    results: dict[str, Result] = {}
    errors: dict[str, AutomationError] = {}
    running: dict[Future[Result], str] = {}

    def one_of(member: Member) -> Result:
        with open_stack(member.name, **{**options, **member.options}) as stack:
            return operation(stack)

    with ThreadPoolExecutor(max_workers=parallel, thread_name_prefix="stack") as pool:
        while running or (waiting and (keep_going or not errors)):
            while waiting and len(running) < parallel and (keep_going or not errors):
                member = waiting.pop()
                running[pool.submit(one_of, member)] = member.name
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                name = running.pop(future)
                try:
                    results[name] = future.result()
                except AutomationError as error:
                    errors[name] = error
    return Summary(
        results={name: results[name] for name in order if name in results},
        errors={name: errors[name] for name in order if name in errors},
        skipped=tuple(member.name for member in reversed(waiting)),
        seconds=time.monotonic() - began,
    )
