"""What things cost: the charges of a resource, what they are reckoned with, and the list of prices.

A record says which charges its type has and how much of each; `prices.toml` says what one of each costs where.
"""

import datetime as dt
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

_LIST = Path(__file__).with_name("prices.toml")
EVERYWHERE: Final = "everywhere"
"""Stands for every region where a provider has one price."""


# ------------------------------------------------------------------------------------------------ assumptions


@dataclass(frozen=True)
class Assumption:
    """A number that no plan tells, from the least to the most that is likely."""

    low: float
    high: float
    unit: str
    because: str


ASSUMPTIONS: Final[Mapping[str, Assumption]] = MappingProxyType(
    {
        "hours": Assumption(
            730, 730, "hours a month", "8760 hours of a year by 12, as AWS's calculator has it"
        ),
        "days": Assumption(22, 30, "days a month on which people write", "working days, or all of them"),
        "messages": Assumption(
            12,
            70,
            "messages of a user and day",
            "light and heavy users of Slack: productinterview.com, estimate of June 2026, which fits "
            "Slack's 1.5 billion messages of 47 million users",
        ),
        "message-kb": Assumption(1, 3, "KB of a message, as it is sent and as it is stored", "our own guess"),
        "readers": Assumption(5, 20, "clients that get a message at once", "our own guess: rooms of a team"),
        "pages-mb": Assumption(
            1, 5, "MB of a user and day for the app itself", "our own guess: most is cached"
        ),
        "requests": Assumption(100, 500, "HTTP requests of a user and day", "our own guess"),
        "uploads-mb": Assumption(
            5, 20, "MB that a user uploads in a month", "5 is the rule of rocketchat/sizing.py"
        ),
        "downloads": Assumption(2, 10, "times that an upload is fetched", "our own guess"),
        "kept-months": Assumption(12, 12, "months of messages and uploads that are there", "one year of use"),
        "emails": Assumption(2, 20, "e-mails to a user in a month", "our own guess"),
        "dns-queries": Assumption(5, 50, "DNS queries of a user and day", "our own guess"),
        "log-mb": Assumption(10, 100, "MB of log of a container and day", "our own guess, at log level 1"),
        "flow-mb": Assumption(2, 20, "MB of flow log for each GB moved", "our own guess"),
        "out-gb": Assumption(
            5, 50, "GB a month through NAT beside the logs", "our own guess: images, push messages, licence"
        ),
        "database-traffic": Assumption(
            1, 5, "GB between servers and database for each GB that users move", "our own guess"
        ),
        "public-gb": Assumption(0, 10, "GB a month of public files by a CDN of their own", "our own guess"),
        "host-gb": Assumption(5, 20, "GB in use on a host's own disk", "our own guess: system and images"),
        "copies": Assumption(
            1.2, 3, "size of all snapshots, in sizes of what is copied", "they are incremental"
        ),
        "backups": Assumption(
            7, 60, "whole backups of a host's database that are kept", "its bucket's rules"
        ),
        "metrics": Assumption(
            30,
            60,
            "metrics of Container Insights for each ECS service",
            "our own count of its documented ones",
        ),
    }
)
"""What is assumed where nothing else is said. `users` comes on top: the stack's own number."""


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


def find(key: str, region: str) -> Price | None:
    """Return the price of a region, or None."""
    regions = listed().get(key, {})
    return regions.get(region) or regions.get(EVERYWHERE)
