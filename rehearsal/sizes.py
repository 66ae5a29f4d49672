"""How many users need how much: containers, hosts and database by the number of users, and what those cost alone."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from clouds import costs
from components.runtime.host import sizes as hosts
from rocketchat import sizing
from rocketchat.sizing import Size
from rocketchat.usage import ASSUMPTIONS

REGION: Final = "us-east-1"
"""Where the prices are of: the one region in which all of them are listed."""
USERS: Final = (5, 25, 50, 100, 250, 499, 500, 1000, 2000, 3000, 5000)


@dataclass(frozen=True)
class Row:
    """What so many users at the same time need, each way of running the chat by itself. US dollars a month."""

    users: int
    size: Size
    fargate_usd: float
    """The containers on demand."""
    lightsail: str
    lightsail_usd: int | None
    """None where no host is large enough, or one server is too few."""
    droplet: str
    droplet_usd: int | None
    atlas_usd: float | None
    """The tier to begin with; None where its price is not listed."""

    @property
    def servers(self) -> str:
        """Number and size of the servers, such as two of 2 vCPU and 4 GB."""
        return (
            f"{self.size.instances} × {self.size.cpu_units / 1024:g} vCPU, {self.size.memory_mib / 1024:g} GB"  # noqa: RUF001
        )

    def to_json(self) -> dict[str, Any]:
        """Return the row for other programs."""
        return {
            "users": self.users,
            "servers": {
                "count": self.size.instances,
                "cpuUnits": self.size.cpu_units,
                "memoryMib": self.size.memory_mib,
            },
            "fargate": {"usd": round(self.fargate_usd, 2)},
            "lightsail": {"bundle": self.lightsail, "usd": self.lightsail_usd},
            "droplet": {"size": self.droplet, "usd": self.droplet_usd},
            "atlas": {
                "tier": self.size.atlas_tier,
                "maxTier": self.size.atlas_max_tier,
                "diskGb": self.size.disk_gb,
                "usd": None if self.atlas_usd is None else round(self.atlas_usd, 2),
            },
            "uploadsGbPerYear": self.size.media_gb,
        }


def rows(users: Iterable[int] = USERS, profile: str = sizing.PRODUCTION) -> Iterator[Row]:
    """Yield what each number of users needs. Raises ValueError for a number that no size is for."""
    hours = ASSUMPTIONS["hours"].high
    for count in users:
        size = sizing.size(count, profile)
        vcpu, gb = (_price(f"aws.fargate-{what}-hour") or 0 for what in ("vcpu", "gb"))
        each = vcpu * size.cpu_units / 1024 + gb * size.memory_mib / 1024
        tier = _price(f"mongodbatlas.{size.atlas_tier}", "AWS/US_EAST_1")
        one = size.instances == 1
        mib = sizing.one_server_mib(count, profile)
        bundle = hosts.smallest(hosts.lightsail(REGION), mib) if one else None
        droplet = hosts.smallest(hosts.DROPLET, mib) if one else None
        yield Row(
            count,
            size,
            size.instances * hours * each,
            bundle.name if bundle else "",
            bundle.usd if bundle else None,
            droplet.name if droplet else "",
            droplet.usd if droplet else None,
            None if tier is None else tier * hours,
        )


def _price(key: str, region: str = REGION) -> float | None:
    found = costs.find(key, region)
    return None if found is None else found.low
