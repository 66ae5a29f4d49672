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
    disk_gb: int
    """Disk that comes with it, beside the data disk."""
    usd: int
    """US dollars a month."""


def _table(*sizes: HostSize) -> Mapping[str, HostSize]:
    return MappingProxyType({size.name: size for size in sizes})


LIGHTSAIL_ZONES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ap-east-1": "abc",
        "ap-northeast-1": "acd",
        "ap-northeast-2": "ac",
        "ap-south-1": "ab",
        "ap-southeast-1": "abc",
        "ap-southeast-2": "abc",
        "ap-southeast-3": "abc",
        "ap-southeast-5": "abc",
        "ca-central-1": "ab",
        "eu-central-1": "abc",
        "eu-north-1": "abc",
        "eu-south-2": "abc",
        "eu-west-1": "abc",
        "eu-west-2": "abc",
        "eu-west-3": "abc",
        "sa-east-1": "abc",
        "us-east-1": "abcdef",
        "us-east-2": "abc",
        "us-west-2": "abc",
    }
)
"""Regions that have Lightsail, with the letters of their zones, as of November 2026. Regions: the endpoints of the
service in botocore 1.44. Zones: the provider's page of `aws.lightsail.Instance` (5.x); for regions that are newer than
it, the three that each region of AWS has at least. `aws lightsail get-regions --include-availability-zones` tells."""
_BUNDLE_ENDS: Final = {"ap-south-1": "1", "ap-southeast-2": "2"}
"""Bundles of Mumbai and Sydney, with less transfer in them, have ids of their own (same page); elsewhere it is 0."""
LIGHTSAIL: Final = _table(
    *(
        HostSize(f"{name}_3_{end}", vcpus, memory_mib, disk_gb, usd)
        for end in ("0", *_BUNDLE_ENDS.values())
        for name, vcpus, memory_mib, disk_gb, usd in (
            ("small", 2, 2048, 60, 12),
            ("medium", 2, 4096, 80, 24),
            ("large", 2, 8192, 160, 44),
            ("xlarge", 4, 16384, 320, 84),
            ("2xlarge", 8, 32768, 640, 164),
        )
    )
)
DROPLET: Final = _table(
    HostSize("s-1vcpu-2gb", 1, 2048, 50, 12),
    HostSize("s-2vcpu-2gb", 2, 2048, 60, 18),
    HostSize("s-2vcpu-4gb", 2, 4096, 80, 24),
    HostSize("s-4vcpu-8gb", 4, 8192, 160, 48),
    HostSize("s-8vcpu-16gb", 8, 16384, 320, 96),
)


def lightsail(region: str) -> Mapping[str, HostSize]:
    """Return the bundles of a region."""
    end = f"_{_BUNDLE_ENDS.get(region, '0')}"
    return {name: size for name, size in LIGHTSAIL.items() if name.endswith(end)}


def smallest(table: Mapping[str, HostSize], memory_mib: int) -> HostSize:
    """Return the cheapest size with so much memory; raise ValueError where there is none."""
    found = [size for size in table.values() if size.memory_mib >= max(memory_mib, LEAST_MEMORY_MIB)]
    if not found:
        raise ValueError(f"no host has {memory_mib} MiB of memory; the largest is {list(table)[-1]}")
    return min(found, key=lambda size: size.usd)
