"""What several of AWS's services share."""

import json
from collections.abc import Callable

from clouds.ask import Ask
from clouds.record import Tagged

BASE36 = "abcdefghijklmnopqrstuvwxyz0123456789"


UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def zone_of(table: dict[str, str], region: str) -> str:
    """The region's entry, or a made-up zone where the table has none."""
    return table.get(region) or "Z" + region.replace("-", "").upper().ljust(13, "0")[:13]


def ec2_id(prefix: str) -> Callable[[Ask], str]:
    """An EC2 id: prefix, hyphen, seventeen hex digits."""
    return lambda ask: f"{prefix}-{ask.hex(17)}"


def policy_document(ask: Ask) -> list[str]:
    """What is no policy in JSON."""
    text = ask["policy"] or ask["assumeRolePolicy"]
    if not isinstance(text, str):
        return []
    try:
        json.loads(text)
    except ValueError as error:
        return [f"the policy is not JSON: {error}"]
    return []


ZONES = {
    "us-east-1": "abcdef",
    "us-west-2": "abcd",
    "ap-northeast-1": "acd",
    "ap-northeast-2": "abcd",
    "ca-central-1": "abd",
    "us-west-1": "ac",
}
"""Letters of the availability zones that a new account sees, where they are not a, b, c."""


def zones(region: str) -> list[str]:
    """Names of a region's availability zones."""
    return [region + letter for letter in ZONES.get(region, "abc")]


GLOBAL = "us-east-1"
"""Where AWS lists what has no region: CloudFront and what belongs to it."""


def tagged(service: str, resource: str) -> Tagged:
    """What AWS lists by its tags; a pattern of what its ARN says after the account."""
    return Tagged(rf"arn:[^:]+:{service}:[^:]*:\d*:{resource}")


def ec2_tagged(kind: str, prefix: str) -> Tagged:
    """A resource of EC2, whose ids have a prefix."""
    return tagged("ec2", f"{kind}/(?P<id>{prefix}-[0-9a-f]+)")
