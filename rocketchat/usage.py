"""What users of a chat do: the numbers that costs rest on, and that no plan tells."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


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
            35,
            35,
            "whole nightly backups of the database that are kept",
            "backup.keepDays of the stack file, which is 35 where it is left out",
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


MOST: Final[Mapping[str, float]] = MappingProxyType({"hours": 744, "days": 31})
"""What a month has at most."""


def ranged(key: str, value: str | float) -> tuple[float, float]:
    """Return the least and the most of an assumption. Raises ValueError, also for more than a month has."""
    low, high = parsed(value)
    if high > MOST.get(key, high):
        raise ValueError(f"a month has {MOST[key]:g} {key} at most: give a number, or the least and the most")
    return low, high


def parsed(value: str | float) -> tuple[float, float]:
    """Return the least and the most of a number, or of a text such as `20-40`. Raises ValueError."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(?:-(\d+(?:\.\d+)?))?", str(value))
    low, high = (float(one or found[1]) for one in found.groups()) if found else (1.0, 0.0)
    if low > high:
        raise ValueError("give a number, or the least and the most with a hyphen")
    return low, high
