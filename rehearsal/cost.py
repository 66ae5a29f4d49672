"""What a plan costs in a month, by its resources: a range, because use decides much of it."""

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import BaseModel

import clouds
from automation.values import short_type
from clouds import costs
from clouds.costs import Bill, Charge, Price
from clouds.record import Nothing
from rehearsal import standins
from rehearsal.plan import Plan, PlannedResource
from rehearsal.stack import RehearsedStack
from rocketchat import usage
from rocketchat.usage import ASSUMPTIONS, Assumption
from stacks.language import ChatSpec
from stacks.words import count

USERS = "users"
BACKUPS = "backups"
_GLOBAL = "us-east-1"
"""Where AWS has what has no region."""


class Misgiven(ValueError):  # noqa: N818 - reads as what it is
    """An assumption or a price that was given and cannot be."""


@dataclass(frozen=True)
class Range:
    """US dollars or an amount, from the least to the most that is assumed."""

    low: float = 0
    high: float = 0

    def __add__(self, other: "Range") -> "Range":
        return Range(self.low + other.low, self.high + other.high)

    def __str__(self) -> str:
        low, high = (f"{value:,.2f}" if value < 100 else f"{value:,.0f}" for value in (self.low, self.high))
        return low if low == high else f"{low} to {high}"

    def until(self, later: "Range") -> str:
        """Return by how much another one is more, such as `+7 to +13`, with cents below 10 dollars."""
        least, most = sorted((later.low - self.low, later.high - self.high))
        texts = [f"{one:+,.0f}" if abs(one) >= 10 else f"{one:+,.2f}" for one in (least, most)]
        return texts[0] if texts[0] == texts[1] else " to ".join(texts)

    @property
    def whole(self) -> str:
        """As text without cents, such as `120` or a range of two."""
        low, high = f"{self.low:,.0f}", f"{self.high:,.0f}"
        return low if low == high else f"{low}–{high}"  # noqa: RUF001

    def to_json(self) -> dict[str, float]:
        """Return both ends, rounded where floating point has no meaning."""
        return {"low": round(self.low, 6), "high": round(self.high, 6)}


@dataclass(frozen=True)
class Line:
    """One charge of a resource."""

    what: str
    key: str
    region: str
    amount: Range
    price: Price | None
    """None where the list has none for the region."""
    keys: tuple[str, ...] = ()
    """Those of its prices: another one for the most, where that is of another kind, such as a larger tier."""
    lacking: tuple[str, ...] = ()
    """Those of them that have no price."""

    @property
    def elsewhere(self) -> Range | None:
        """US dollars a month at the prices of other regions, where this one has none; None where no region has any."""
        ends = [
            [one for key in self.keys[at:][:1] for one in costs.elsewhere(key).values()] for at in (0, -1)
        ]
        if not self.lacking or not all(ends):
            return None
        least, most = min(one.low for one in ends[0]), max(one.high for one in ends[1])
        return Range(self.amount.low * least, self.amount.high * most)

    @property
    def usd(self) -> Range:
        """US dollars a month; nothing where there is no price."""
        if self.price is None:
            return Range()
        return Range(self.amount.low * self.price.low, self.amount.high * self.price.high)

    def to_json(self) -> dict[str, Any]:
        """Return the charge with its price and where that is from."""
        told: dict[str, Any] = {"what": self.what, "price": self.key, "region": self.region}
        told["amount"] = self.amount.to_json()
        if self.price is None:
            return {**told, "usd": None}
        each = {"low": self.price.low, "high": self.price.high, "unit": self.price.unit}
        source = {"on": self.price.on.isoformat(), "source": self.price.source}
        return {**told, "each": {**each, **source}, "usd": self.usd.to_json()}


@dataclass(frozen=True)
class Item:
    """One resource with what is charged for it."""

    name: str
    type: str
    component: str
    lines: tuple[Line, ...] = ()
    because: str = ""
    """Why nothing is charged."""
    unpriced: tuple[str, ...] = ()
    """What has no price, in words."""

    @property
    def usd(self) -> Range:
        """US dollars a month of what has a price."""
        return sum((line.usd for line in self.lines), Range())

    def to_json(self) -> dict[str, Any]:
        """Return the resource for other programs."""
        told: dict[str, Any] = {"name": self.name, "type": self.type, "component": self.component}
        if self.because:
            return {**told, "nothing": self.because}
        return {**told, "usd": self.usd.to_json(), "charges": [line.to_json() for line in self.lines]}


@dataclass(frozen=True)
class Estimate:
    """What a plan costs in a month."""

    stack: str
    items: Sequence[Item]
    assumed: Mapping[str, Assumption]
    """The assumptions that were asked for."""
    outside: Sequence[str] = field(default=())
    """What the plan uses and does not make, whose cost is not in it."""
    unused: Sequence[str] = field(default=())
    """Keys of prices that were given and that nothing in the plan has."""
    unasked: Sequence[str] = field(default=())
    """Assumptions that were given and that nothing in the plan rests on."""
    budget: float | None = None
    """US dollars a month that the stack file allows."""

    @property
    def total(self) -> Range:
        """US dollars a month of all that has a price."""
        return sum((item.usd for item in self.items), Range())

    @property
    def unpriced(self) -> list[str]:
        """What costs and has no price, in words."""
        return [said for item in self.items for said in item.unpriced]

    @property
    def elsewhere(self) -> Range:
        """US dollars a month of what has no price here, at prices of other regions; not in the total."""
        lines = (line for item in self.items for line in item.lines)
        return sum((one for line in lines if (one := line.elsewhere) is not None), Range())

    @property
    def lacking(self) -> list[str]:
        """The keys of the prices that the list lacks for a region, each once."""
        lines = (line for item in self.items for line in item.lines)
        return list(dict.fromkeys(key for line in lines for key in line.lacking))

    @property
    def components(self) -> dict[str, Range]:
        """US dollars a month of each component that costs anything, the dearest first."""
        found: dict[str, Range] = {}
        for item in self.items:
            if item.lines:
                found[item.component] = found.get(item.component, Range()) + item.usd
        return dict(sorted(found.items(), key=lambda one: (-one[1].high, one[0])))

    @property
    def said(self) -> str:
        """In a line: `about 120 to 260 USD a month, and 2 charges without a price`."""
        low, high = round(self.total.low), round(self.total.high)
        about = f"about {low}" if low == high else f"about {low} to {high}"
        missing = len(self.unpriced)
        without = [f"{count(missing, 'charge')} without a price"] if missing else []
        without += ["what is paid elsewhere"] if self.outside else []
        more = f", and {' and '.join(without)}" if without else ""
        return f"{about} USD a month{more}{self._of_budget()}"

    def _of_budget(self) -> str:
        if self.budget is None:
            return ""
        if self.total.low > self.budget:
            return f"; over its budget of {self.budget:g}"
        return f"; may exceed its budget of {self.budget:g}" if self.total.high > self.budget else ""

    def to_json(self) -> dict[str, Any]:
        """Return the whole estimate for other programs."""
        return {
            "stack": self.stack,
            "currency": "USD",
            "per": "month",
            "total": self.total.to_json(),
            "complete": not self.unpriced,
            "unpriced": self.unpriced,
            "elsewhere": self.elsewhere.to_json(),
            "lacking": self.lacking,
            "outside": list(self.outside),
            "budget": self.budget,
            "components": {name: usd.to_json() for name, usd in self.components.items()},
            "assumptions": {
                key: {"low": one.low, "high": one.high, "unit": one.unit, "because": one.because}
                for key, one in self.assumed.items()
            },
            "resources": [item.to_json() for item in self.items],
        }


# ------------------------------------------------------------------------------------------------ what is assumed


def assumptions(
    given: Sequence[str],
    users: int,
    of_file: Mapping[str, tuple[float, float]] | None = None,
    kept_backups: int | None = None,
) -> dict[str, Assumption]:
    """Return all assumptions: `KEY=NUMBER` or `KEY=LOW-HIGH` comes before the stack file's, and that before ours.

    Raises Misgiven.
    """
    found = {USERS: Assumption(users, users, "users", "chat.users of the stack file"), **ASSUMPTIONS}
    if kept_backups is not None:
        found[BACKUPS] = replace(found[BACKUPS], low=kept_backups, high=kept_backups)
    for key, (low, high) in (of_file or {}).items():
        found[key] = Assumption(low, high, found[key].unit, "cost.assume of the stack file")
    for text in _once(given):
        key, _, value = text.partition("=")
        if key not in found:
            raise Misgiven(f"{text}: there is no assumption {key!r}; there are {', '.join(found)}")
        try:
            low, high = usage.ranged(key, value)
        except ValueError as error:
            usual = f"{key}={found[key].low:g}-{found[key].high:g}"
            raise Misgiven(f"{text}: {error}, such as {usual}") from None
        found[key] = Assumption(low, high, found[key].unit, "given")
    return found


def prices(given: Sequence[str]) -> dict[str, float]:
    """Return own prices of `KEY=USD`; raises Misgiven."""
    found = {}
    for text in _once(given):
        key, _, value = text.partition("=")
        if not key or not re.fullmatch(r"\d+(\.\d+)?", value):
            raise Misgiven(f"{text}: give a price as KEY=USD, such as mongodbatlas.M20=0.20")
        found[key] = float(value)
    return found


def _once(given: Sequence[str]) -> Sequence[str]:
    keys = [text.partition("=")[0] for text in given]
    if twice := [key for key in dict.fromkeys(keys) if keys.count(key) > 1]:
        raise Misgiven(f"{', '.join(twice)}: given more than once; give each once")
    return given


def paid_elsewhere(spec: ChatSpec) -> list[str]:
    """Return what a stack uses and does not make, whose cost is in no plan of it."""
    licence = ["the licence of Rocket.Chat"] if "license" in spec.secrets else []
    return [said for one in _within(spec.parts) if (said := getattr(one, "paid_elsewhere", ""))] + licence


def _within(value: object) -> Iterator[object]:
    """Every part of a stack file, and the parts in it."""
    if isinstance(value, list):
        yield from (one for each in value for one in _within(each))
    elif isinstance(value, BaseModel):
        yield value
        yield from (one for name in type(value).model_fields for one in _within(getattr(value, name)))


# ------------------------------------------------------------------------------------------------ what it costs


def of_stack(
    loaded: RehearsedStack, plan: Plan, *, assume: Sequence[str] = (), own: Sequence[str] = ()
) -> Estimate:
    """Price the plan of a stack. Raises Misgiven."""
    parts = loaded.spec.parts
    assumed = assumptions(assume, parts.chat.users, parts.cost.ranges, parts.backup.keep_days)
    found = estimate(
        plan, assumed, own={**parts.cost.prices, **prices(own)}, outside=paid_elsewhere(loaded.spec)
    )
    wanted = dict.fromkeys((*parts.cost.assume, *(text.partition("=")[0] for text in assume)))
    unasked = [key for key in wanted if key not in found.assumed]
    return replace(found, budget=parts.monitoring.monthly_budget_usd, unasked=unasked)


def estimate(
    plan: Plan,
    assumed: Mapping[str, Assumption],
    *,
    own: Mapping[str, float] | None = None,
    outside: Sequence[str] = (),
) -> Estimate:
    """Price a plan's resources, by the list and by prices of one's own, which win."""
    by_urn = {one.urn: one for one in plan.resources}
    asked: set[str] = set()
    own = own or {}

    def planned(token: str) -> Iterator[Mapping[str, Any]]:
        return (one.inputs for one in plan.of_type(token))

    def bill(resource: PlannedResource, *, is_high: bool) -> Bill:
        def number(key: str) -> float:
            asked.add(key)
            return assumed[key].high if is_high else assumed[key].low

        region = _region(resource, by_urn)
        within = by_urn.get(resource.parent)
        component = within.type.rpartition(":")[2] if within is not None and not within.custom else ""
        return Bill(
            resource.name, resource.inputs, resource.outputs, region, number, is_high, planned, component
        )

    def item(resource: PlannedResource) -> Item:
        told = (resource.name, resource.type, _component(resource, by_urn, plan))
        record = clouds.find(resource.type)
        if record is None:
            return Item(*told, unpriced=(f"{resource.name}: nothing is known of {resource.type}",))
        if isinstance(record.costs, Nothing):
            return Item(*told, because=record.costs.because)
        low, high = bill(resource, is_high=False), bill(resource, is_high=True)
        charges = zip(record.costs(low), record.costs(high), strict=True)
        lines = tuple(_line(*pair, low.region, own) for pair in charges if pair[1].amount)
        missing = tuple(
            f"{resource.name} ({short_type(resource.type)}): {line.what} in {line.region}: {line.key}"
            for line in lines
            if line.price is None
        )
        return Item(*told, lines=lines, because="" if lines else "free as it is set", unpriced=missing)

    items = [item(one) for one in plan.resources if one.custom and not standins.is_provider(one.type)]
    used = {key: one for key, one in assumed.items() if key in asked}
    charged = {key for one in items for line in one.lines for key in line.keys}
    return Estimate(plan.stack, items, used, outside, sorted(own.keys() - charged))


def _line(low: Charge, high: Charge, region: str, own: Mapping[str, float]) -> Line:
    region = low.region or region
    # The most may be of another kind, such as a larger tier: each end has the price of its own.
    keys = dict.fromkeys((low.price, high.price))
    found = {key: _own(key, own) or costs.find(key, region) for key in keys}
    amount = Range(low.amount, high.amount)
    known = [one for one in found.values() if one is not None]
    lacking = tuple(key for key, one in found.items() if one is None)
    if lacking:
        return Line(low.what, " and ".join(lacking), region, amount, None, tuple(keys), lacking)
    least, most = known[0], known[-1]
    price = Price(least.low, most.high, least.unit, min(least.on, most.on), most.source)
    return Line(low.what, " to ".join(found), region, amount, price, tuple(keys))


def _own(key: str, own: Mapping[str, float]) -> Price | None:
    if key not in own:
        return None
    return Price(own[key], own[key], "as given", dt.datetime.now(tz=dt.UTC).date(), "--price")


def _region(resource: PlannedResource, by_urn: Mapping[str, PlannedResource]) -> str:
    own = resource.inputs.get("region")
    provider = by_urn.get(str(resource.options.get("provider", "")))
    return str(own or (provider.inputs.get("region") if provider is not None else None) or _GLOBAL)


def _component(resource: PlannedResource, by_urn: Mapping[str, PlannedResource], plan: Plan) -> str:
    """The outermost component of a resource."""
    found = resource
    while (parent := by_urn.get(found.parent)) is not None and parent is not plan.root:
        found = parent
    return found.name
