"""What several of AWS's services share."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from clouds.ask import Ask
from clouds.limits import formed
from clouds.record import Tagged

BASE36 = "abcdefghijklmnopqrstuvwxyz0123456789"


UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


DOMAIN = r"([a-z0-9_]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?"
GROUP_TEXT = formed(
    r"[A-Za-z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}",
    "at most 255 of a-z, A-Z, 0-9, spaces and ._-:/()#,@[]+=&;{}!$*",
)
"""EC2 API, CreateSecurityGroup and IpRange, `Description`."""


def wrong_tags(tags: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with tags (AWS General Reference, "Tag naming limits and requirements")."""
    for key, value in tags.items():
        if not 0 < len(key) <= 128 or key.lower().startswith("aws:"):
            yield f"tags.{key[:40]}: a tag's key has 1 to 128 characters and does not begin with aws:"
        if len(str(value)) > 256:
            yield f"tags.{key[:40]} has {len(str(value))} characters; at most 256 are allowed"


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


def vpc_of(ask: Ask, subnet: object) -> str:
    """Return the VPC of a subnet; of one that was made elsewhere it is not known, and empty."""
    there = (one for one in ask.world("aws:ec2/subnet:Subnet") if one.id == subnet)
    return next((str(one.inputs["vpcId"]) for one in there), "")
