"""Regions of AWS, and the availability zones that lack something. Data, with its day."""

import re

SEEN = "2026-11-28"
"""The day of the data below."""

REGIONS = (
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "me-west-1",
    "mx-central-1",
    "sa-east-1",
    "sa-west-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-west-1",
    "us-west-2",
)
"""Of the partitions aws, aws-cn and aws-us-gov (botocore's `partitions.json`, against which a test holds it)."""

PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
"""Beginning of a region's name to its partition; all others are in `aws`. Accounts, buckets' names and ARNs are of one
partition, and no credential is good in two ("AWS partitions", AWS whitepaper)."""
LACKING = {"aws-us-gov": {"budgets": "AWS Budgets", "cloudfront": "CloudFront"}}
"""Services that a partition has not, by their names in botocore, whose list of endpoints a test holds this against."""

_ZONES = {
    "ap-northeast-1": "abcd",
    "ap-northeast-2": "abcd",
    "ca-central-1": "abd",
    "us-east-1": "abcdef",
    "us-west-1": "abc",
    "us-west-2": "abcd",
}
"""Letters of a region's availability zones where they are not a, b and c ("AWS Availability Zones", a guide to AWS's
regions). An older account may see fewer of them."""

FARGATE_ZONES = {
    "apne1": ("apne1-az1", "apne1-az2", "apne1-az4"),
    "cac1": ("cac1-az1", "cac1-az2"),
    "cnn1": ("cnn1-az1", "cnn1-az2"),
    "use1": ("use1-az1", "use1-az2", "use1-az4", "use1-az5", "use1-az6"),
    "usw1": ("usw1-az1", "usw1-az3"),
}
"""Ids of the zones that have Fargate, where not all of a region's have it (ECS developer guide, "AWS Fargate Regions";
use1-az3 has none for arm64). By id, because an account's names of zones are its own."""


UPTIME_REGION = "us-east-1"
"""Route 53 tells its metrics there, and nowhere else (Route 53 developer guide, "Monitoring health checks by using
CloudWatch")."""


def partition(region: str) -> str:
    """Return the partition of AWS that a region is in."""
    return next((name for begin, name in PARTITIONS.items() if region.startswith(begin)), "aws")


def has_fargate(zone_id: str) -> bool:
    """Return whether Fargate runs containers in the zone of this id, such as `use1-az1`."""
    return zone_id in FARGATE_ZONES.get(zone_id.partition("-")[0], (zone_id,))


def zone_names(region: str) -> list[str]:
    """Return the names of all availability zones of a region; an account may see fewer, and not each has Fargate."""
    return [region + letter for letter in _ZONES.get(region, "abc")]


def fargate_zones(region: str) -> int:
    """Return how many availability zones of a region have Fargate."""
    ground, *where, number = region.split("-")
    initials = (word[0] for word in re.findall("gov|north|south|east|west|central", "".join(where)))
    return len(FARGATE_ZONES.get(f"{ground}{''.join(initials)}{number}", zone_names(region)))
