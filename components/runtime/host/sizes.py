"""Sizes of hosts, with what they cost.

Source: aws.amazon.com/lightsail/pricing (Linux bundles with a public IPv4 address) and
digitalocean.com/pricing/droplets (Basic, regular processors), US dollars a month, without tax, disks and
backups.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

LEAST_MEMORY_MIB: Final = 2048
"""With 1 GB Rocket.Chat crashes (its operators' experience); the vendor's table begins at 2 GiB."""

VOLUME_USD_PER_GB: Final = 0.1
"""A GB of block storage for a month, at both providers."""


@dataclass(frozen=True)
class HostSize:
    """One size of host."""

    name: str
    """The provider's own word for it."""
    vcpus: int
    memory_mib: int
    usd: int
    """US dollars a month."""


def _table(*sizes: HostSize) -> Mapping[str, HostSize]:
    return MappingProxyType({size.name: size for size in sizes})


LIGHTSAIL: Final = _table(
    HostSize("small_3_0", 2, 2048, 12),
    HostSize("medium_3_0", 2, 4096, 24),
    HostSize("large_3_0", 2, 8192, 44),
    HostSize("xlarge_3_0", 4, 16384, 84),
    HostSize("2xlarge_3_0", 8, 32768, 164),
)
DROPLET: Final = _table(
    HostSize("s-1vcpu-2gb", 1, 2048, 12),
    HostSize("s-2vcpu-2gb", 2, 2048, 18),
    HostSize("s-2vcpu-4gb", 2, 4096, 24),
    HostSize("s-4vcpu-8gb", 4, 8192, 48),
    HostSize("s-8vcpu-16gb", 8, 16384, 96),
)


def smallest(table: Mapping[str, HostSize], memory_mib: int) -> HostSize:
    """Return the cheapest size with so much memory; raise ValueError where there is none."""
    found = [size for size in table.values() if size.memory_mib >= max(memory_mib, LEAST_MEMORY_MIB)]
    if not found:
        raise ValueError(f"no host has {memory_mib} MiB of memory; the largest is {list(table)[-1]}")
    return min(found, key=lambda size: size.usd)
