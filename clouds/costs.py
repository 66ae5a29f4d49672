"""What things cost: the charges of a resource, what they are reckoned with, and the list of prices.

A record says which charges its type has and how much of each; `prices.toml` says what one of each costs where.
"""

import datetime as dt
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

_LIST = Path(__file__).with_name("prices.toml")
EVERYWHERE: Final = "everywhere"
"""Stands for every region where a provider has one price."""


# ------------------------------------------------------------------------------------------------ charges


@dataclass(frozen=True)
class Charge:
    """So much in a month of what has a price."""

    what: str
    price: str
    """Its key in `prices.toml`, such as `aws.nat-hour`."""
    amount: float
    region: str = ""
    """Where the price holds; empty for the resource's own region."""


@dataclass(frozen=True)
class Bill:
    """One resource whose charges are asked for, once with the least and once with the most that is assumed."""

    name: str
    """Its logical name."""
    inputs: Mapping[str, Any] = field(repr=False)
    outputs: Mapping[str, Any] = field(repr=False)
    region: str
    assumed: Callable[[str], float]
    """An assumption by its key, or `users`."""
    is_high: bool
    planned: Callable[[str], Iterable[Mapping[str, Any]]]
    """The inputs of everything of a type in the plan."""
    component: str = ""
    """The component that it is a part of, such as `DumpBucket`: what it is for."""

    def __getitem__(self, key: str) -> Any:
        """Return an input; where it is not given, what its cloud makes of it, such as a name."""
        given = self.inputs.get(key)
        return self.outputs.get(key) if given is None else given

    def between(self, low: float, high: float) -> float:
        """Return how many there are where that depends."""
        return high if self.is_high else low

    def has(self, token: str) -> bool:
        """Whether the plan has anything of a type."""
        return any(True for _ in self.planned(token))

    @property
    def hours(self) -> float:
        """Hours of a month."""
        return self.assumed("hours")

    @property
    def messages(self) -> float:
        """Messages of a month."""
        return self.assumed("users") * self.assumed("messages") * self.assumed("days")

    @property
    def requests(self) -> float:
        """HTTP requests of a month."""
        return self.assumed("users") * self.assumed("requests") * self.assumed("days")

    @property
    def uploads_gb(self) -> float:
        """GB that are uploaded in a month."""
        return self.assumed("users") * self.assumed("uploads-mb") / 1000

    @property
    def kept_uploads_gb(self) -> float:
        """GB of uploads that are there."""
        return self.uploads_gb * self.assumed("kept-months")

    @property
    def downloads_gb(self) -> float:
        """GB of uploads that are fetched in a month."""
        return self.uploads_gb * self.assumed("downloads")

    @property
    def chat_gb(self) -> float:
        """GB that the chat sends to its users in a month: messages to each reader, and the app itself."""
        sent = self.messages * self.assumed("readers") * self.assumed("message-kb") / 1e6
        return sent + self.assumed("users") * self.assumed("days") * self.assumed("pages-mb") / 1000

    @property
    def database_gb(self) -> float:
        """GB of messages in the database."""
        return self.messages * self.assumed("kept-months") * self.assumed("message-kb") / 1e6

    @property
    def database_traffic_gb(self) -> float:
        """GB that servers and database exchange in a month."""
        return self.chat_gb * self.assumed("database-traffic")

    @property
    def logs_gb(self) -> float:
        """GB of log that the plan's containers write in a month."""
        services = [one.get("desiredCount") or 1 for one in self.planned("aws:ecs/service:Service")]
        return max(1, sum(services)) * self.assumed("log-mb") * self.assumed("days") / 1000


Costs = Callable[[Bill], Iterable[Charge]]


def a_month(what: str, price: str) -> Costs:
    """What costs the same in each month."""
    return lambda _bill: (Charge(what, price, 1),)


def each_hour(what: str, price: str) -> Costs:
    """What costs by the hour, used or not."""
    return lambda bill: (Charge(what, price, bill.hours),)


# ------------------------------------------------------------------------------------------------ prices


@dataclass(frozen=True)
class Price:
    """What one of something costs in a region."""

    low: float
    high: float
    """Another one than `low` where the provider tells a range only."""
    unit: str
    on: dt.date
    """When the source had it."""
    source: str

    @property
    def each(self) -> str:
        """The price as text, `0.02` or `0.14 to 0.19`."""
        return f"{self.low:g}" if self.low == self.high else f"{self.low:g} to {self.high:g}"


@cache
def listed() -> Mapping[str, Mapping[str, Price]]:
    """Return the whole list, by key and region."""
    found: dict[str, dict[str, Price]] = {}
    for one in tomllib.loads(_LIST.read_text(encoding="utf-8"))["price"]:
        regions = found.setdefault(one["key"], {})
        for region, usd in one["usd"].items():
            if region in regions:
                raise ValueError(f"prices.toml: {one['key']} has two prices for {region}")
            low, high = usd if isinstance(usd, list) else (usd, usd)
            source = one["source"].replace("{region}", region)
            regions[region] = Price(low, high, one["unit"], one["on"], source)
    return found


def elsewhere(key: str) -> Mapping[str, Price]:
    """Return the price in each region of the list, the first that was entered first."""
    return listed().get(key, {})


def find(key: str, region: str) -> Price | None:
    """Return the price of a region, or None."""
    regions = listed().get(key, {})
    return regions.get(region) or regions.get(EVERYWHERE)
