"""What AWS's stand-ins share."""

from collections.abc import Callable

from rehearsal.standins.table import ACCOUNT, Ask, Compute

BASE36 = "abcdefghijklmnopqrstuvwxyz0123456789"
UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
CLOUDFRONT_ZONE = "Z2FDTNDATAQYW2"
"""CloudFront's hosted-zone id for alias records, the same everywhere (Route 53 API, AliasTarget)."""

BALANCER_ZONES = {
    "ap-northeast-1": "Z14GRHDCWA56QT",
    "ap-south-1": "ZP97RAFLXTNZK",
    "ap-southeast-1": "Z1LMS91P8CMLE5",
    "ap-southeast-2": "Z1GM3OXH4ZPM65",
    "ca-central-1": "ZQSVJUPU6J1EY",
    "eu-central-1": "Z215JYRZR1TBD5",
    "eu-north-1": "Z23TAZ6LKFMNIO",
    "eu-west-1": "Z32O12XQLNTSW2",
    "eu-west-2": "ZHURV8PSTC4K8",
    "eu-west-3": "Z3Q77PNBQS71R4",
    "sa-east-1": "Z2P70J7HTTTPLU",
    "us-east-1": "Z35SXDOTRQ7X7K",
    "us-east-2": "Z3AADJGX6KTTL2",
    "us-west-1": "Z368ELLRRE2KJ0",
    "us-west-2": "Z1H1FL5HABSF5",
}
"""Hosted zones of application load balancers (AWS General Reference, Elastic Load Balancing endpoints)."""

NETWORK_BALANCER_ZONES = {
    "ap-southeast-1": "ZKVM4W9LS7TM",
    "eu-central-1": "Z3F0SRJ5LGBH90",
    "eu-west-1": "Z2IFOLAFXWLO4F",
    "us-east-1": "Z26RNL4JYFTOTI",
    "us-east-2": "ZLMOA37VPKANP",
    "us-west-2": "Z18D5FSROUN65G",
}
"""Hosted zones of network load balancers (same page)."""

S3_ZONES = {
    "ap-southeast-1": "Z3O0J2DXBE1FTB",
    "eu-central-1": "Z21DNDUVLTQW6Q",
    "eu-west-1": "Z1BKCTXD74EZPE",
    "us-east-1": "Z3AQBSTGFYJSTF",
    "us-east-2": "Z2O1EMRO9K5GLX",
    "us-west-2": "Z3BJ6K6RIION7M",
}
"""Hosted zones of S3's website endpoints (AWS General Reference, S3 endpoints)."""


def zone_of(table: dict[str, str], region: str) -> str:
    """The region's entry, or a made-up zone where the table has none."""
    return table.get(region) or "Z" + region.replace("-", "").upper().ljust(13, "0")[:13]


def ec2_id(prefix: str) -> Compute:
    """An EC2 id: prefix, hyphen, seventeen hex digits."""
    return lambda ask: f"{prefix}-{ask.hex(17)}"


def ec2_arn(kind: str) -> Compute:
    """The ARN of an EC2 resource by its id."""
    return lambda ask: ask.arn("ec2", f"{kind}/{ask.id}")


def the_arn(service: str, resource: Callable[[Ask], str], *, region: str | None = None) -> Compute:
    """An ARN made of the inputs."""
    return lambda ask: ask.arn(service, resource(ask), region=region)


def owner(_ask: Ask) -> str:
    """The account that owns the resource."""
    return ACCOUNT


def region(ask: Ask) -> str:
    """The region that the resource is in."""
    return ask.region
