"""What AWS lists by tags: everything that it tags, in the region that is asked (Resource Groups Tagging API)."""

from typing import Any

from clouds.ask import Ask, Existing, partition_of
from clouds.aws.common import GLOBAL
from clouds.record import (
    Lookup,
)

_NO_REGION = frozenset({"cloudfront", "iam", "route53"})
"""Services without regions."""


def _arn(one: Existing) -> str:
    arn = one.outputs.get("arn") or one.id
    if one.type == "aws:ec2/natGateway:NatGateway":
        return f"arn:{partition_of(_region(one))}:ec2:{_region(one)}:{one.account}:natgateway/{one.id}"
    return str(arn)


def _region(one: Existing) -> str:
    return str(one.inputs.get("region") or one.region)


def _wanted(ask: Ask, one: Existing) -> bool:
    tags = one.outputs.get("tagsAll") or {}
    arn = _arn(one)
    if not arn.startswith("arn:"):
        return False
    where = GLOBAL if arn.split(":")[2] in _NO_REGION else _region(one)
    return where == ask.region and all(
        tags.get(wanted["key"]) is not None
        and (not wanted.get("values") or tags[wanted["key"]] in wanted["values"])
        for wanted in ask["tagFilters"] or []
    )


def _mappings(ask: Ask) -> list[dict[str, Any]]:
    return [
        {"complianceDetails": [], "resourceArn": _arn(one), "tags": dict(one.outputs.get("tagsAll") or {})}
        for one in ask.world("aws:")
        if _wanted(ask, one)
    ]


GET_RESOURCES = Lookup(
    "aws:resourcegroupstaggingapi/getResources:getResources",
    outputs={
        "id": "{region}",
        "resourceTagMappingLists": _mappings,
    },
)
