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

_GENERAL = (
    "2vcpu-8gb 4vcpu-16gb 8vcpu-32gb 16vcpu-64gb 32vcpu-128gb 40vcpu-160gb 2vcpu-8gb-intel 4vcpu-16gb-intel "
    "8vcpu-32gb-intel 16vcpu-64gb-intel 32vcpu-128gb-intel 48vcpu-192gb-intel 60vcpu-240gb-intel"
)
_MEMORY = "2vcpu-16gb 4vcpu-32gb 8vcpu-64gb 16vcpu-128gb 24vcpu-192gb 32vcpu-256gb"
_MEMORY_INTEL = f"{_MEMORY} {' '.join(f'{shape}-intel' for shape in _MEMORY.split())}"
_SHAPES = {
    "s": (
        "1vcpu-2gb 2vcpu-2gb 2vcpu-4gb 4vcpu-8gb 8vcpu-16gb 1vcpu-2gb-amd 2vcpu-2gb-amd 2vcpu-4gb-amd 2vcpu-8gb-amd "
        "4vcpu-8gb-amd 4vcpu-16gb-amd 8vcpu-16gb-amd 8vcpu-32gb-amd 1vcpu-2gb-intel 2vcpu-2gb-intel 2vcpu-4gb-intel "
        "4vcpu-8gb-intel 8vcpu-16gb-intel 1vcpu-2gb-70gb-intel 2vcpu-2gb-90gb-intel 2vcpu-4gb-120gb-intel "
        "2vcpu-8gb-160gb-intel 4vcpu-8gb-240gb-intel 4vcpu-16gb-320gb-intel 8vcpu-16gb-480gb-intel "
        "8vcpu-32gb-640gb-intel"
    ),
    "c": "2 4 8 16 32 48 4-intel 8-intel 16-intel 32-intel 48-intel 60-intel",
    "c2": (
        "2vcpu-4gb 4vcpu-8gb 8vcpu-16gb 16vcpu-32gb 32vcpu-64gb 48vcpu-96gb 4vcpu-8gb-intel 8vcpu-16gb-intel "
        "16vcpu-32gb-intel 32vcpu-64gb-intel 48vcpu-96gb-intel 60vcpu-120gb-intel"
    ),
    **dict.fromkeys(("g", "gd"), _GENERAL),
    **dict.fromkeys(("m", "m3", "so"), f"{_MEMORY_INTEL} 48vcpu-384gb-intel"),
    "m6": _MEMORY,
    "so1_5": _MEMORY_INTEL,
}
"""Family of a size to its sizes, but those of less than 2 GB or with GPUs (API, `GET /v2/sizes`)."""
_SIZE = re.compile(r"c-(?P<cpu_optimized>\d+)|[a-z0-9_]+-(?P<vcpus>\d+)vcpu-(?P<memory>\d+)gb")


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
    """Return the sizes of a family (`s`, `g`, `m`); none for a family that there is not."""
    return [f"{family}-{shape}" for shape in _SHAPES.get(family, "").split()]


def family(size: str) -> str:
    """Return the family of a size: `s` of `s-2vcpu-4gb-amd`."""
    return size.partition("-")[0]


def is_node_size(size: str) -> bool:
    """Whether nodes of this size can be had."""
    return size in node_sizes(family(size))


def shape(size: str) -> tuple[int, int]:
    """Return the vCPUs and the GB of memory of a size; raise ValueError for another form."""
    found = _SIZE.match(size)
    if found is None:
        raise ValueError(f"{size} does not say what it has")
    if found["cpu_optimized"]:
        vcpus = int(found["cpu_optimized"])
        return vcpus, 2 * vcpus
    return int(found["vcpus"]), int(found["memory"])
