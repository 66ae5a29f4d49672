"""Which addresses a VPC's subnets get. A pure function, the same for every region."""

from dataclasses import dataclass
from ipaddress import IPv4Network

MAX_ZONES = 8
"""Zones that the layout has room for; the largest region has six."""

WIDEST_PREFIX = 16
"""AWS makes no VPC larger than a /16 (VPC user guide, "VPC CIDR blocks")."""

NARROWEST_PREFIX = 23
"""A balancer's subnet must be a /27 or larger (ELB user guide, "Application Load Balancers": subnets)."""

_BLOCK_BITS = 4

_PRIVATE_RANGES = tuple(
    IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
)


def is_private(cidr: str) -> bool:
    """Whether all addresses of an IPv4 network are private ones (RFC 1918), or of carriers (RFC 6598)."""
    return any(IPv4Network(cidr).subnet_of(private) for private in _PRIVATE_RANGES)


@dataclass(frozen=True)
class SubnetPlan:
    """CIDR blocks, one public and one private per zone, in the order of the zones."""

    public: tuple[str, ...]
    private: tuple[str, ...]


def plan_subnets(cidr: str, zones: int) -> SubnetPlan:
    """Divide a VPC's `cidr` into one public and one private subnet for each of `zones`.

    The VPC is always cut into sixteen equal blocks (a /16 into /20s): the first eight are private, the last
    eight public. So a zone that is added later moves no subnet that exists. Raises ValueError that says what
    is wrong with the block or the number.
    """
    try:
        network = IPv4Network(cidr)
    except ValueError as error:
        raise ValueError(f"the network's cidr {cidr!r} is no IPv4 block: {error}") from None
    if not WIDEST_PREFIX <= network.prefixlen <= NARROWEST_PREFIX:
        raise ValueError(
            f"the network's cidr {cidr} must have a prefix from /{WIDEST_PREFIX} to /{NARROWEST_PREFIX}"
        )
    if not is_private(cidr):
        ranges = ", ".join(str(private) for private in _PRIVATE_RANGES)
        raise ValueError(f"the network's cidr {cidr} is not within a private range ({ranges})")
    if not 2 <= zones <= MAX_ZONES:
        raise ValueError(f"the network's zone_count is {zones}; it must be from 2 to {MAX_ZONES}")
    blocks = [str(block) for block in network.subnets(prefixlen_diff=_BLOCK_BITS)]
    return SubnetPlan(public=tuple(blocks[MAX_ZONES:][:zones]), private=tuple(blocks[:zones]))
