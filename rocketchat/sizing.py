"""How many users need how much: containers, memory and database.

Source: docs.rocket.chat, "System requirements" (processor, memory, disk and Atlas tier by concurrent users)
and "Scaling Rocket.Chat"; Node.js uses one core for most of its work, so that more load means more
instances ("Running multiple instances"). Fargate's sizes: docs.aws.amazon.com/AmazonECS, "Task CPU and
memory".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from types import MappingProxyType
from typing import Final

TRIAL: Final = "trial"
PRODUCTION: Final = "production"
PROFILES: Final = (TRIAL, PRODUCTION)

MOST_USERS: Final = 5000
"""The vendor's table asks to be called beyond."""

FEW_USERS: Final = 25
"""The table's smallest row, which has no second server, goes so far."""

_GIB = 1024
_MEDIA_MB_PER_USER_AND_MONTH = 5

FARGATE_SIZES: Mapping[int, tuple[int, ...]] = MappingProxyType(
    {
        256: (512, _GIB, 2 * _GIB),
        512: tuple(_GIB * gib for gib in range(1, 5)),
        1024: tuple(_GIB * gib for gib in range(2, 9)),
        2048: tuple(_GIB * gib for gib in range(4, 17)),
        4096: tuple(_GIB * gib for gib in range(8, 31)),
        8192: tuple(_GIB * gib for gib in range(16, 61, 4)),
        16384: tuple(_GIB * gib for gib in range(32, 121, 8)),
    }
)
"""Memory in MiB that a task of so many CPU units (1024 = one vCPU) may have on Fargate with Linux."""


class TooManyUsers(ValueError):  # noqa: N818 - reads as what it is
    """More users than one deployment of this kind is made for."""


@dataclass(frozen=True)
class Size:
    """What a number of users needs."""

    instances: int
    """Servers that share the load. More than one needs a licence."""
    cpu_units: int
    """CPU of each server; 1024 is one vCPU."""
    memory_mib: int
    """Memory of each server in MiB. With `cpu_units` always a size that Fargate has."""
    atlas_tier: str
    """Tier of the Atlas cluster to begin with."""
    atlas_max_tier: str
    """Tier that autoscaling may go up to."""
    disk_gb: int
    """Disk of each database node in GB."""
    media_gb: int
    """Uploads of one year in GB: 5 MB for each user and month."""


def fits_fargate(cpu_units: int, memory_mib: int) -> bool:
    """Return whether Fargate has a task of this size."""
    return memory_mib in FARGATE_SIZES.get(cpu_units, ())


def task_size(cpu_units: int, memory_mib: int) -> tuple[int, int]:
    """Return the smallest Fargate size with at least this CPU (units) and memory (MiB).

    Raises ValueError when there is none.
    """
    for cpu, memories in FARGATE_SIZES.items():
        if cpu >= cpu_units:
            for memory in memories:
                if memory >= memory_mib:
                    return cpu, memory
    raise ValueError(f"Fargate has no task of {cpu_units} CPU units and {memory_mib} MiB")


def _database(users: int) -> tuple[str, str, int]:
    if users < 500:
        return "M20", "M30", 20
    tier, most = ("M20", "M40") if users < 1500 else ("M30", "M40") if users < 3000 else ("M40", "M50")
    return tier, most, 20 + ceil(60 * (users - 500) / (MOST_USERS - 500))


def one_server_mib(users: int, profile: str = PRODUCTION) -> int:
    """Return the memory in MiB of a machine that is the chat's only server, with the system on it.

    Without a second server the table's smallest row is enough for few users in production, too. Raises as `size`.
    """
    return size(users, TRIAL if users <= FEW_USERS else profile).memory_mib


def size(users: int, profile: str = PRODUCTION) -> Size:
    """Return what `users` at the same time need.

    A trial takes the table's smallest row whatever the number. Production takes the row for fewer than 500
    users at least (2 vCPU and 4 GiB); from 500 to 5000 the table's 4 to 16 vCPU are spread over servers of
    2 vCPU, and each has the least memory that Fargate gives for that. Raises ValueError for a wrong
    argument, TooManyUsers beyond 5000.
    """
    if profile not in PROFILES:
        raise ValueError(f"there is no profile {profile!r}; allowed: {', '.join(PROFILES)}")
    if users < 1:
        raise ValueError("a chat has one user at least")
    if users > MOST_USERS:
        raise TooManyUsers(
            f"{users} users at the same time are more than the vendor's table covers ({MOST_USERS}). "
            "Ask the vendor for a plan; the table's last row is 16 vCPU and 12 GiB of servers and three "
            "database nodes of 4 vCPU, 16 GiB and 80 GB, as microservices"
        )
    media_gb = ceil(users * _MEDIA_MB_PER_USER_AND_MONTH * 12 / 1024)
    if profile == TRIAL:
        return Size(1, 1024, 2 * _GIB, "M10", "M20", 10, media_gb)
    tier, most, disk = _database(users)
    instances = 1 if users < 500 else ceil((4 + 12 * (users - 500) / (MOST_USERS - 500)) / 2)
    return Size(instances, 2048, 4 * _GIB, tier, most, disk, media_gb)
