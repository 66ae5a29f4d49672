"""The containers' security group: what they may connect to. The runtime adds what may come in."""

from collections.abc import Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.base import Component
from components.names import bounded
from rocketchat.services import NATS_PORT

WORLD = "0.0.0.0/0"
DESCRIPTION_LIMIT = 255
"""Characters of a rule's description (EC2 API, IpRange)."""

_ROLES = {443: "https", 465: "smtps", 587: "submission", 27015: "mongodb"}
"""Names of rules by their first port; others are called by their ports."""


class EgressArgs(TypedDict):
    """Ports on the internet that the containers may connect to, by TCP."""

    first_port: int
    """1 to 65535."""
    last_port: NotRequired[int]
    """The first port when left out."""
    reason: str
    """Who is reached there; the rule's description."""


def app_security_group(
    owner: Component,
    name: str,
    vpc_id: pulumi.Input[str],
    egress: Sequence[EgressArgs],
    *,
    peers: bool,
    what: str = "Containers of the chat",
) -> "tuple[aws.ec2.SecurityGroup, list[pulumi.Resource]]":
    """Make the group of `what` and its egress rules as children of `owner`; nothing may come in yet.

    Neither name resolution nor the clock nor the task's credentials need a rule: security groups do not filter
    the VPC's own resolver, the time service and the metadata endpoints (VPC user guide, "Control traffic using
    security groups"). Raises ValueError for ports that are none, or listed twice.
    """
    ways = [(int(way["first_port"]), int(way.get("last_port", way["first_port"])), way) for way in egress]
    for first, last, _ in ways:
        if not 1 <= first <= last <= 65535:
            raise ValueError(f"the network's egress {first} to {last}: ports go from 1 to 65535")
    firsts = [first for first, _, _ in ways]
    if len(set(firsts)) < len(firsts):
        raise ValueError("the network's egress has two rules that begin at one port")
    group = aws.ec2.SecurityGroup(
        f"{name}-app",
        description=what,
        vpc_id=vpc_id,
        opts=owner.child(),
    )
    rules: list[pulumi.Resource] = [
        aws.vpc.SecurityGroupEgressRule(
            f"{name}-app-{_ROLES.get(first, f'tcp-{first}')}",
            security_group_id=group.id,
            description=bounded(way["reason"], DESCRIPTION_LIMIT),
            ip_protocol="tcp",
            from_port=first,
            to_port=last,
            cidr_ipv4=WORLD,
            opts=owner.child(),
        )
        for first, last, way in ways
    ]
    if peers:
        rules.append(
            aws.vpc.SecurityGroupEgressRule(
                f"{name}-app-nats",
                security_group_id=group.id,
                description="NATS between the services of one deployment",
                ip_protocol="tcp",
                from_port=NATS_PORT,
                to_port=NATS_PORT,
                referenced_security_group_id=group.id,
                opts=owner.child(),
            )
        )
    return group, rules
