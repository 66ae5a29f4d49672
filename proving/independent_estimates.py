"""What others reckon that resources cost, beside what this program does. Run as a program, it writes the page's table.

The page is docs/cost.md; numbers and their sources stand in `independent_estimates.toml`.
"""

import datetime as dt
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proving import pages
from rehearsal import cost
from rehearsal.plan import Plan, PlannedResource
from rocketchat.usage import ASSUMPTIONS, Assumption
from stacks.engine import STACK_TYPE
from stacks.project import PRODUCT

PAGE = PRODUCT / "docs" / "cost.md"
_DATA = Path(__file__).with_name("independent_estimates.toml")
_AWS = "urn:pulumi:toy::rocketchat::pulumi:providers:aws::aws"
_REGION = "us-east-1"
_USERS = "users"


def resource(token: str, inputs: Mapping[str, Any], name: str = "one") -> PlannedResource:
    """Return a resource of a plan, without all that is not asked for to price it."""
    return PlannedResource(
        type=token,
        name=name,
        urn=f"urn:pulumi:toy::rocketchat::{token}::{name}",
        parent="root",
        custom=token != STACK_TYPE,
        id="",
        inputs=inputs,
        outputs={},
        secret_paths=(),
        property_dependencies={},
        protect=False,
        options={"provider": _AWS},
    )


def estimate(
    resources: Sequence[PlannedResource], use: Mapping[str, float], region: str = _REGION
) -> cost.Estimate:
    """Price a few resources by themselves. What is assumed is the least of all; `use` gives other numbers."""
    root = PlannedResource(**{**vars(resource(STACK_TYPE, {})), "urn": "root", "parent": ""})
    provider = PlannedResource(**{**vars(resource("pulumi:providers:aws", {"region": region})), "urn": _AWS})
    assumed = {key: Assumption(one.low, one.low, one.unit, one.because) for key, one in ASSUMPTIONS.items()}
    assumed[_USERS] = Assumption(100, 100, "users", "")
    assumed |= {key: Assumption(value, value, "", "") for key, value in use.items()}
    return cost.estimate(Plan("rocketchat", "toy", (root, provider, *resources)), assumed)


@dataclass(frozen=True)
class Independent:
    """What someone else reckons that a resource costs, and what this program does."""

    provider: str
    what: str
    by: str
    on: dt.date
    source: str
    usd: float
    """US dollars a month; a whole number is one that the source rounds."""
    ours: float
    type: str

    @property
    def agrees(self) -> bool:
        """Whether both are the same, as exactly as the other one tells it."""
        return abs(self.usd - self.ours) <= (0.5 if isinstance(self.usd, int) else 0.01)


def all_of_them() -> list[Independent]:
    """Return every estimate of others with ours. Raises ValueError where ours is none."""
    return [_read(one) for one in tomllib.loads(_DATA.read_text(encoding="utf-8"))["estimate"]]


def _read(given: Mapping[str, Any]) -> Independent:
    beside = [
        resource(one["type"], one["inputs"], f"beside-{at}") for at, one in enumerate(given.get("beside", ()))
    ]
    unused = {_USERS: 0.0, "out-gb": 0.0, "log-mb": 0.0}
    found = estimate(
        [resource(given["type"], given.get("inputs", {})), *beside], unused | given.get("use", {})
    )
    item = found.items[0]
    if item.unpriced or item.usd.low != item.usd.high:
        raise ValueError(f"{given['what']}: there is no one price of it: {item.unpriced or item.usd}")
    told = {key: given[key] for key in ("provider", "what", "by", "on", "source", "usd", "type")}
    return Independent(**told, ours=item.usd.low)


def table() -> str:
    """Return the table of the page."""
    columns = ("provider", "what", "here", "elsewhere", "who reckons so, and when")
    rows = [
        (one.provider, one.what, f"{one.ours:.2f}", _told(one.usd), f"[{one.by}]({one.source}), {one.on}")
        for one in all_of_them()
    ]
    return pages.table(columns, rows)


def _told(usd: float) -> str:
    return str(usd) if isinstance(usd, int) else f"{usd:.2f}"


if __name__ == "__main__":
    pages.write(PAGE, table())
