"""What DigitalOcean has for Kubernetes clusters.

Of "List Available Regions, Node Sizes, and Versions of Kubernetes" (API, `GET /v2/kubernetes/options`) and the page
"Droplet Features", as of November 2026. Which patches of a version there are changes every few weeks: those are looked
up.
"""

import ipaddress
import re
from collections.abc import Iterator

REGIONS = (
    "ams3",
    "atl1",
    "blr1",
    "fra1",
    "lon1",
    "nyc1",
    "nyc2",
    "nyc3",
    "sfo2",
    "sfo3",
    "sgp1",
    "syd1",
    "tor1",
)

MINORS = ((1, 35), (1, 36), (1, 37))
"""Minor versions of which new clusters are made, oldest first: the three that Kubernetes mends."""
SEEN = "2026-11-28"
"""The day of these."""

_RESERVED = ("10.229.0.0/16", "10.244.0.0/16", "10.245.0.0/16", "10.246.0.0/24")
_RESERVED_IN = {"nyc1": ("10.10.0.0/16",)}
"""Addresses that DigitalOcean has for itself, everywhere and in a region (docs.digitalocean.com, "VPC Limits")."""
VPC_PREFIXES = (16, 28)
"""The largest network of an account and the smallest (API, `POST /v2/vpcs`)."""
SERVICES_PREFIX = 26
"""Prefix of the smallest network of services: about thirty are the cluster's own, cert-manager's and the chat's."""
PODS_OF_A_NODE = 25
"""Prefix of what a node takes of the addresses of pods (docs.digitalocean.com, "VPC-native clusters")."""

_BASIC = frozenset({(1, 2), (2, 2), (2, 4), (4, 8), (8, 16)})
_PREMIUM = _BASIC | {(2, 8), (4, 16), (8, 32)}
_GENERAL = frozenset({(2, 8), (4, 16), (8, 32), (16, 64), (32, 128), (40, 160), (48, 192), (60, 240)})
_MEMORY = frozenset({(2, 16), (4, 32), (8, 64), (16, 128), (24, 192), (32, 256)})
_SHAPES = {
    "s": _BASIC,
    "s-amd": _PREMIUM,
    "s-intel": _PREMIUM,
    **dict.fromkeys(("g", "gd", "g-intel", "gd-intel"), _GENERAL),
    **dict.fromkeys(("m", "m3", "m6", "m-intel", "m3-intel", "so", "so1_5"), _MEMORY),
}
"""Family of a size to what it has of vCPUs and GB."""
_SIZE = re.compile(r"([a-z0-9_]+)-(\d+)vcpu-(\d+)gb(-[a-z]+)?")


def reserved(network: str, region: str) -> Iterator[str]:
    """Yield DigitalOcean's own networks that this one overlaps in a region."""
    own = ipaddress.IPv4Network(network)
    for other in (*_RESERVED, *_RESERVED_IN.get(region, ())):
        if own.overlaps(ipaddress.IPv4Network(other)):
            yield other


def most_nodes(pods: str) -> int:
    """Return for how many nodes a network of pods has addresses."""
    room: int = PODS_OF_A_NODE - ipaddress.IPv4Network(pods).prefixlen
    return 1 << room if room >= 0 else 0


def node_sizes(family: str) -> list[str]:
    """Return the sizes of a family (`s`, `g`, `m`), smallest first; none for a family that there is not."""
    begin, _, end = family.partition("-")
    return [
        f"{begin}-{vcpus}vcpu-{memory}gb{'-' * bool(end)}{end}"
        for vcpus, memory in sorted(_SHAPES.get(family, ()))
    ]


def family(size: str) -> str:
    """Return the family of a size: `s` of `s-2vcpu-4gb`, `s-amd` of `s-2vcpu-4gb-amd`; empty for another form."""
    found = _SIZE.fullmatch(size)
    return f"{found[1]}{found[4] or ''}" if found else ""


def is_node_size(size: str) -> bool:
    """Whether nodes of this size can be had."""
    return size in node_sizes(family(size))
