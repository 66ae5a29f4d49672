"""Runs the checks within a limit."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpx

from automation.outcome import Outcome, State
from automation.verify import LIMIT_SECONDS
from automation.verify.checks import CHECKS, Check, Visit
from automation.verify.client import Chat, User
from automation.verify.expected import Expected
from automation.web import CALL_SECONDS, Failed, NotChecked

CHECK_SECONDS: Final = 30.0
"""For one check, however many calls it makes and however slowly they are answered."""
CLEAN_SECONDS: Final = 10.0
"""For tidying up, also after the limit."""


@dataclass(frozen=True)
class Report:
    """What came of all checks."""

    stack: str
    url: str
    outcomes: tuple[Outcome, ...]
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether nothing failed. What was not checked does not count."""
        return all(one.state != "failed" for one in self.outcomes)

    def to_json(self) -> dict[str, Any]:
        """Return it for other programs."""
        return {
            "stack": self.stack,
            "url": self.url,
            "ok": self.ok,
            "notChecked": sum(one.state == "not checked" for one in self.outcomes),
            "seconds": round(self.seconds, 1),
            "checks": [one.to_json() for one in self.outcomes],
        }


def verify(
    expected: Expected,
    user: User | None = None,
    *,
    limit: float = LIMIT_SECONDS,
    call_seconds: float = CALL_SECONDS,
    on_outcome: Callable[[Outcome], None] = lambda _: None,
) -> Report:
    """Check a chat from outside.

    Args:
        expected: what the chat should be.
        user: a test user; without one, what needs a user is left out.
        limit: seconds for the whole; tidying up may take 10 more.
        call_seconds: seconds for a call to connect, and without a byte.
        on_outcome: called with each outcome when it is known.
    """
    return asyncio.run(_verify(expected, user, limit, call_seconds, on_outcome))


async def _verify(
    expected: Expected,
    user: User | None,
    limit: float,
    call_seconds: float,
    on_outcome: Callable[[Outcome], None],
) -> Report:
    began = time.monotonic()
    outcomes: dict[str, Outcome] = {}
    async with Chat(expected.url, tls=httpx.create_ssl_context(), call_seconds=call_seconds) as chat:
        if user is not None:
            chat.hide(user.password)
            chat.hide(user.token)
        visit = Visit(expected, chat, user)
        try:
            for check in CHECKS:
                if not check.when(expected):
                    continue
                left = min(CHECK_SECONDS, began + limit - time.monotonic())
                seconds = CLEAN_SECONDS if check.cleans else left
                outcomes[check.name] = outcome = await _outcome(check, visit, outcomes, seconds)
                on_outcome(outcome)
        finally:
            # Somebody pressed Ctrl-C, or reads no more.
            for check in CHECKS:
                if check.cleans and check.name not in outcomes and outcomes.keys() >= set(check.needs):
                    await _outcome(check, visit, outcomes, CLEAN_SECONDS)
    return Report(expected.stack, expected.url, tuple(outcomes.values()), time.monotonic() - began)


async def _outcome(check: Check, visit: Visit, before: dict[str, Outcome], seconds: float) -> Outcome:
    def made(state: State, found: str, remedy: str = "") -> Outcome:
        return Outcome(check.name, check.title, state, found, remedy)

    why = _left_out(check, visit, before)
    if why is None and seconds <= 0:
        why = "the time is up"
    if why is not None:
        return made("not checked", why)
    try:
        async with asyncio.timeout(seconds):
            return made("ok", await check.run(visit))
    except NotChecked as error:
        return made("not checked", str(error))
    except Failed as error:
        return made("failed", error.found, error.remedy)
    except TimeoutError:
        return made(
            "failed",
            f"no end after {seconds:.0f} s",
            "answers come too slowly: look at the load of the chat and at the way to it",
        )


def _left_out(check: Check, visit: Visit, before: dict[str, Outcome]) -> str | None:
    """Return why a check has no sense; a check that was left out on purpose holds up none that needs it."""
    if visit.expected.unasked:
        return visit.expected.unasked
    if check.user and visit.user is None:
        return "no user was given (--user)"
    for name in check.needs:
        found = before[name]
        if found.state == "failed":
            return f"{found.title} failed"
        if found.state == "not checked" and name not in ONLY_TOLD:
            return f"{found.title} was not checked"
    return None


ONLY_TOLD: Final[Sequence[str]] = ("dns", "tls")
"""Checks that are left out where a chat has no name or no TLS; what needs them goes on."""
