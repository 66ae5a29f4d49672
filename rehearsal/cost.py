"""What a plan costs in a month, by its resources: a range, because use decides much of it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

import clouds
from automation.values import short_type
from clouds import costs
from clouds.costs import ASSUMPTIONS, Assumption, Bill, Charge, Price
from rehearsal import standins
from rehearsal.plan import Plan, PlannedResource
from stacks.project import COMMAND

USERS = "users"
_GLOBAL = "us-east-1"
"""Where AWS has what has no region."""


class NoSuchAssumption(ValueError):  # noqa: N818 - reads as what it is
    """A key that is none, or a value that is no number or range."""


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

    @property
    def total(self) -> Range:
        """US dollars a month of all that has a price."""
        return sum((item.usd for item in self.items), Range())

    @property
    def unpriced(self) -> list[str]:
        """What costs and has no price, in words."""
        return [said for item in self.items for said in item.unpriced]

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
        """In a line: `about 120 to 260 USD a month; 2 things have no price`."""
        low, high = round(self.total.low), round(self.total.high)
        about = f"about {low}" if low == high else f"about {low} to {high}"
        missing = len(self.unpriced)
        without = (
            f" and {missing} {'charge' if missing == 1 else 'charges'} without a price" if missing else ""
        )
        return f"{about} USD a month{without}"

    def to_json(self) -> dict[str, Any]:
        """Return the whole estimate for other programs."""
        return {
            "stack": self.stack,
            "currency": "USD",
            "per": "month",
            "total": self.total.to_json(),
            "complete": not self.unpriced,
            "unpriced": self.unpriced,
            "outside": list(self.outside),
            "components": {name: usd.to_json() for name, usd in self.components.items()},
            "assumptions": {
                key: {"low": one.low, "high": one.high, "unit": one.unit, "because": one.because}
                for key, one in self.assumed.items()
            },
            "resources": [item.to_json() for item in self.items],
        }


# ------------------------------------------------------------------------------------------------ what is assumed


def assumptions(given: Sequence[str], users: int) -> dict[str, Assumption]:
    """Return all assumptions, with those of `KEY=NUMBER` or `KEY=LOW-HIGH` in the place of ours.

    Raises NoSuchAssumption.
    """
    found = {USERS: Assumption(users, users, "users", "chat.users of the stack file"), **ASSUMPTIONS}
    for text in given:
        key, _, value = text.partition("=")
        if key not in found:
            raise NoSuchAssumption(f"{text}: there is no assumption {key!r}; there are {', '.join(found)}")
        numbers = re.fullmatch(r"(\d+(?:\.\d+)?)(?:-(\d+(?:\.\d+)?))?", value)
        low, high = (float(one or numbers[1]) for one in numbers.groups()) if numbers else (1.0, 0.0)
        if low > high:
            raise NoSuchAssumption(
                f"{text}: give a number, or the least and the most with a hyphen: {key}={found[key].low:g}-{found[key].high:g}"
            )
        found[key] = Assumption(low, high, found[key].unit, "given")
    return found


# ------------------------------------------------------------------------------------------------ what it costs


def estimate(plan: Plan, assumed: Mapping[str, Assumption], *, outside: Sequence[str] = ()) -> Estimate:
    """Price a plan's resources."""
    by_urn = {one.urn: one for one in plan.resources}
    asked: set[str] = set()

    def planned(token: str) -> Iterator[Mapping[str, Any]]:
        return (one.inputs for one in plan.of_type(token))

    def bill(resource: PlannedResource, *, is_high: bool) -> Bill:
        def number(key: str) -> float:
            asked.add(key)
            return assumed[key].high if is_high else assumed[key].low

        region = _region(resource, by_urn)
        return Bill(resource.name, resource.inputs, region, number, is_high, planned)

    def item(resource: PlannedResource) -> Item:
        told = (resource.name, resource.type, _component(resource, by_urn, plan))
        record = clouds.find(resource.type)
        if record is None:
            return Item(*told, unpriced=(f"{resource.name}: nothing is known of {resource.type}",))
        if not callable(record.costs):
            return Item(*told, because=record.costs.because)
        low, high = bill(resource, is_high=False), bill(resource, is_high=True)
        lines = tuple(
            _line(*pair, low.region) for pair in zip(record.costs(low), record.costs(high), strict=True)
        )
        missing = tuple(
            f"{resource.name} ({short_type(resource.type)}): {line.what} in {line.region}, {line.key}"
            for line in lines
            if line.price is None and line.amount.high
        )
        return Item(*told, lines=lines, because="" if lines else "free as it is set", unpriced=missing)

    items = [item(one) for one in plan.resources if one.custom and not standins.is_provider(one.type)]
    used = {key: one for key, one in assumed.items() if key in asked}
    return Estimate(plan.stack, items, used, outside)


def _line(low: Charge, high: Charge, own: str) -> Line:
    region = low.region or own
    # Where the most is of another kind, such as a larger tier, each end has the price of its own.
    least, most = costs.find(low.price, region), costs.find(high.price, region)
    amount = Range(low.amount, high.amount)
    if least is None or most is None:
        return Line(low.what, low.price if least is None else high.price, region, amount, None)
    price = Price(least.low, most.high, least.unit, min(least.on, most.on), most.source)
    key = low.price if low.price == high.price else f"{low.price} to {high.price}"
    return Line(low.what, key, region, amount, price)


def _region(resource: PlannedResource, by_urn: Mapping[str, PlannedResource]) -> str:
    own = resource.inputs.get("region")
    provider = by_urn.get(str(resource.options.get("provider", "")).rpartition("::")[0])
    return str(own or (provider.inputs.get("region") if provider is not None else None) or _GLOBAL)


def _component(resource: PlannedResource, by_urn: Mapping[str, PlannedResource], plan: Plan) -> str:
    """The outermost component of a resource."""
    found = resource
    while (parent := by_urn.get(found.parent)) is not None and parent is not plan.root:
        found = parent
    return found.name


# ------------------------------------------------------------------------------------------------ for people


def show(one: Estimate, to: Console, *, everything: bool) -> None:
    """Print a table by component, or by every charge, with what was assumed and what has no price."""
    to.print(f"[bold]{one.stack}[/]: {one.said}, without tax")
    table = Table(box=None, padding=(0, 2), pad_edge=False)
    table.add_column("component")
    if everything:
        table.add_column("resource")
        table.add_column("charge")
        table.add_column("a month", justify="right")
        table.add_column("each USD", justify="right")
    table.add_column("USD a month", justify="right")
    if everything:
        for item in sorted(one.items, key=lambda item: (item.component, item.name)):
            for line in item.lines:
                each = Range(line.price.low, line.price.high) if line.price else None
                usd = str(line.usd) if line.price else Text("no price", "yellow")
                table.add_row(item.component, item.name, line.what, str(line.amount), _exact(each), usd)
    else:
        for name, usd in one.components.items():
            table.add_row(name, str(usd))
    blanks = ("",) * 4 if everything else ()
    table.add_row(Text("total", "bold"), *blanks, Text(str(one.total), "bold"))
    to.print(table)
    for said in one.unpriced:
        to.print(Text(f"  no price: {said}", "yellow"))
    for said in one.outside:
        to.print(Text(f"  not in it: {said}"))
    if one.assumed:
        to.print(
            f"Assumed (change them by --assume KEY=NUMBER or KEY=LOW-HIGH; {COMMAND} cost {one.stack} --all)"
        )
        rows = Table.grid(padding=(0, 2))
        for key, assumption in one.assumed.items():
            numbers = f"{assumption.low:g}"
            numbers += "" if assumption.low == assumption.high else f" to {assumption.high:g}"
            rows.add_row(
                f"  {key}", numbers, assumption.unit, Text(assumption.because if everything else "", "dim")
            )
        to.print(rows)


def _exact(each: Range | None) -> str:
    if each is None:
        return ""
    return f"{each.low:g}" if each.low == each.high else f"{each.low:g} to {each.high:g}"


def compare(found: Sequence[Estimate], to: Console) -> None:
    """Print several stacks side by side, by component."""
    table = Table(box=None, padding=(0, 2), pad_edge=False)
    table.add_column("USD a month")
    for one in found:
        table.add_column(one.stack, justify="right")
    names = dict.fromkeys(name for one in found for name in one.components)
    for name in names:
        table.add_row(name, *(str(one.components[name]) if name in one.components else "-" for one in found))
    table.add_row(Text("total", "bold"), *(Text(str(one.total), "bold") for one in found))
    table.add_row("without a price", *(str(len(one.unpriced)) for one in found))
    to.print(table)
    for one in found:
        for said in [*one.unpriced, *(f"not in it: {what}" for what in one.outside)]:
            to.print(Text(f"  {one.stack}: {said}", "yellow"))
