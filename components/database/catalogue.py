"""What MongoDB Atlas offers on AWS: regions and tiers. Plain data, usable without Pulumi."""

import difflib
import re

REGIONS = frozenset(
    """
    af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2
    ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7
    ca-central-1 ca-west-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2
    eu-west-3 il-central-1 me-central-1 me-south-1 mx-central-1 sa-east-1 us-east-1 us-east-2 us-west-1
    us-west-2
    """.split()  # noqa: SIM905 - reads better than 34 quoted lines
)
"""AWS regions, in AWS's spelling, where Atlas runs dedicated clusters from M10 up.

Source: Atlas Administration API, "Return All Cloud Provider Regions", August 2026.
"""

TIERS = ("M10", "M20", "M30", "M40", "M50", "M60", "M80", "M140", "M200", "M300")
"""Dedicated tiers on AWS, smallest first.

M10 is the least, for trials too: M0 and Flex clusters have no point-in-time restore, no PrivateLink and no
compute autoscaling. Source: Atlas Administration API, "AWS Instance Sizes".
"""


def atlas_region(region: str) -> str:
    """Return Atlas's name of an AWS region: `ap-southeast-1` becomes `AP_SOUTHEAST_1`.

    Raises ValueError, with the nearest known region, where Atlas has no clusters.
    """
    if region not in REGIONS:
        near = difflib.get_close_matches(region, sorted(REGIONS), n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise ValueError(f"Atlas has no clusters in the AWS region {region!r}{hint}")
    return region.upper().replace("-", "_")


def check_tiers(tier: str, least: str | None, most: str | None) -> None:
    """Check a tier and, where it may change by itself, its bounds: `least <= tier <= most`.

    Raises ValueError that names the tier or the bound that is wrong.
    """
    for what, value in (("tier", tier), ("tier_min", least), ("tier_max", most)):
        if value is not None and value not in TIERS:
            small = " (M0 and Flex lack point-in-time restore and PrivateLink; M10 is the least)"
            raise ValueError(
                f"the Atlas {what} is {value!r}; it must be one of {', '.join(TIERS)}"
                f"{small if value in ('M0', 'M2', 'M5', 'FLEX') else ''}"
            )
    if least is not None and most is None:
        raise ValueError(
            "the Atlas tier_min is given without tier_max; give both, or neither for a fixed tier"
        )
    if least is not None and TIERS.index(tier) < TIERS.index(least):
        raise ValueError(f"the Atlas tier {tier} is below the least one, {least}")
    if most is not None and TIERS.index(tier) > TIERS.index(most):
        raise ValueError(f"the Atlas tier {tier} is above the largest one, {most}")


MOST_DISK_GB = {
    "M10": 128,
    "M20": 255,
    "M30": 512,
    "M40": 1024,
    **dict.fromkeys(("M50", "M60", "M80", "M140", "M200", "M300"), 4096),
}
"""The largest disk of each tier on AWS (www.mongodb.com/docs/atlas/reference/amazon-aws/, "Cluster Configuration")."""


def check_disk(tier: str, disk_gb: int) -> None:
    """Raise ValueError for a disk that the tier does not have."""
    if not 10 <= disk_gb <= MOST_DISK_GB[tier]:
        raise ValueError(f"Atlas gives tier {tier} a disk of 10 to {MOST_DISK_GB[tier]} GB, not {disk_gb}")


_CLUSTER_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}[A-Za-z0-9])?")
_IN_HOST_NAMES = 23
"""Characters of a cluster's name that go into its host names (Atlas, "Create a Cluster": Cluster Name)."""


def check_cluster_name(name: str) -> str:
    """Return the name of a cluster that Atlas takes, else raise ValueError."""
    if not _CLUSTER_NAME.fullmatch(name):
        raise ValueError(
            f"the Atlas cluster name {name!r} must be 1 to 64 letters, digits and hyphens, "
            "with a letter or digit at both ends"
        )
    if name[:_IN_HOST_NAMES].endswith("-"):
        raise ValueError(
            f"the Atlas cluster name {name!r} has a hyphen as its {_IN_HOST_NAMES}rd character, with which its host "
            "names would end"
        )
    return name


def changes_by_itself(tier: str, least: str | None, most: str | None) -> bool:
    """Whether the bounds leave Atlas any room to change the tier."""
    return (most is not None and most != tier) or (least is not None and least != tier)


NEW_CLUSTER_VERSIONS = ("7.0", "8.0")
"""MongoDB series that Atlas offers for new clusters, beside `latest release` which moves by itself.

Source: https://www.mongodb.com/docs/atlas/cluster-config/encryption/, "Select the MongoDB Version of the Cluster"
"""
