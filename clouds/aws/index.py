"""What belongs to no service: regions, zones, who is calling."""

import re

from clouds.aws.common import ZONES, zones
from clouds.record import (
    Lookup,
)

_ZONE_IDS = {"ap-northeast-1": "124", "ca-central-1": "124", "us-west-1": "13"}
"""Numbers of the zones' ids, where they are not counted from one."""


def zone_ids(region: str) -> list[str]:
    """Ids of a region's availability zones, such as `apse1-az1` (AWS RAM guide, "Availability Zone IDs")."""
    ground, *where, number = region.split("-")
    short = "".join(re.sub(r"(south|north)?(east|west|central)?", r"\1 \2", part) for part in where)
    letters = "".join(word[0] for word in short.split())
    count = len(ZONES.get(region, "abc"))
    numbers = _ZONE_IDS.get(region, "123456"[:count])
    return [f"{ground}{letters}{number}-az{at}" for at in numbers]


GET_CALLER_IDENTITY = Lookup(
    "aws:index/getCallerIdentity:getCallerIdentity",
    outputs={
        "accountId": "{account}",
        "arn": "arn:{partition}:iam::{account}:user/rehearsal",
        "id": "{account}",
        "userId": "AIDAREHEARSALREHEARSA",
    },
)


GET_PARTITION = Lookup(
    "aws:index/getPartition:getPartition",
    outputs={
        "dnsSuffix": "amazonaws.com",
        "id": "{partition}",
        "partition": "{partition}",
        "reverseDnsPrefix": "com.amazonaws",
    },
)


GET_AVAILABILITY_ZONES = Lookup(
    "aws:index/getAvailabilityZones:getAvailabilityZones",
    outputs={
        "groupNames": lambda ask: [ask.region],
        "id": "{region}",
        "names": lambda ask: [zone for zone in zones(ask.region) if zone not in (ask["excludeNames"] or [])],
        "zoneIds": lambda ask: [
            zone_id
            for zone, zone_id in zip(zones(ask.region), zone_ids(ask.region), strict=True)
            if zone not in (ask["excludeNames"] or [])
        ],
    },
)
