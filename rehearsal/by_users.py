"""What stacks cost by the number of users, beside hosted chats, and from how many users on a stack is cheaper."""

import datetime as dt
import tomllib
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

from rehearsal import cost, stack
from rehearsal.cost import Estimate, Range
from rehearsal.stack import RehearsedStack
from stacks.problems import InvalidStack

_LIST: Final = Path(__file__).with_name("hosted_chats.toml")
USERS: Final = (5, 10, 25, 26, 50, 100, 200, 350, 499, 500, 1000, 2000, 5000)
"""Where stacks are planned: the steps of rocketchat/sizing.py, and between them."""


@dataclass(frozen=True)
class Hosted:
    """A chat that somebody else runs, by its list price."""

    name: str
    low: float
    """US dollars of a user and month, billed by the year."""
    high: float
    """The same, billed by the month."""
    on: dt.date
    source: str
    note: str = ""

    def month(self, users: int) -> Range:
        """US dollars a month for so many users."""
        return Range(self.low * users, self.high * users)


@cache
def hosted() -> tuple[Hosted, ...]:
    """Return the hosted chats of the list, in its order."""
    found = []
    for one in tomllib.loads(_LIST.read_text(encoding="utf-8"))["chat"]:
        usd = one.pop("usd")
        low, high = usd if isinstance(usd, list) else (usd, usd)
        found.append(Hosted(low=low, high=high, **one))
    return tuple(found)


@dataclass(frozen=True)
class Curve:
    """What one stack costs by the number of users."""

    stack: str
    points: Mapping[int, Estimate]
    ends: str = ""
    """Why there are no more points: what the stack file would have to say for more users."""
    _users: tuple[int, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_users", tuple(sorted(self.points)))

    @property
    def most(self) -> int:
        """The most users that were planned."""
        return self._users[-1]

    @property
    def complete(self) -> bool:
        """Whether all that costs has a price."""
        return not any(one.unpriced for one in self.points.values())

    def month(self, users: int) -> Range:
        """US dollars a month, between two plans in proportion; below the first one, as that."""
        if users <= self._users[0]:
            return self.points[self._users[0]].total
        if users >= self.most:
            return self.points[self.most].total
        at = bisect_right(self._users, users)
        fewer, more = self._users[at - 1], self._users[at]
        share = (users - fewer) / (more - fewer)
        below, above = self.points[fewer].total, self.points[more].total
        return Range(
            below.low + share * (above.low - below.low), below.high + share * (above.high - below.high)
        )

    def cheaper_from(self, chat: Hosted) -> tuple[int | None, int | None]:
        """Return from how many users on the stack may be cheaper, and from how many on it surely is; None for never.

        May: its least against the hosted chat's most. Surely: the other way round.
        """
        return (
            self._first(lambda users: self.month(users).low < chat.month(users).high),
            self._first(lambda users: self.month(users).high < chat.month(users).low),
        )

    def _first(self, holds: Callable[[int], bool]) -> int | None:
        return next((users for users in range(1, self.most + 1) if holds(users)), None)


def curve(
    loaded: RehearsedStack,
    *,
    most: int,
    assume: Sequence[str] = (),
    own: Sequence[str] = (),
    on_planned: Callable[[int], None] = lambda _: None,
) -> Curve:
    """Plan and price a stack for more and more users, until it would need something else, such as a licence.

    Raises Misgiven.
    """
    points: dict[int, Estimate] = {}
    for users in sorted({*(one for one in USERS if one <= most), loaded.spec.parts.chat.users}):
        try:
            sized = stack.otherwise(loaded, users=users)
        except InvalidStack as error:
            if points:
                return Curve(loaded.name, points, f"{users} users: {error.problems[0].message}")
            continue
        points[users] = cost.of_stack(sized, stack.plan(sized), assume=assume, own=own)
        on_planned(users)
    return Curve(loaded.name, points)


def to_json(curves: Sequence[Curve]) -> dict[str, Any]:
    """Return curves, list prices and break-even points for other programs."""
    return {
        "stacks": [
            {
                "stack": one.stack,
                "complete": one.complete,
                "ends": one.ends,
                "users": {str(users): each.total.to_json() for users, each in sorted(one.points.items())},
                "cheaperFrom": {
                    chat.name: dict(zip(("may", "surely"), one.cheaper_from(chat), strict=True))
                    for chat in hosted()
                },
            }
            for one in curves
        ],
        "hosted": [
            {"name": one.name, "usd": {"low": one.low, "high": one.high}, "on": one.on.isoformat()}
            | {"source": one.source, "note": one.note}
            for one in hosted()
        ],
    }
