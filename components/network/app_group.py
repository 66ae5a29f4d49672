"""The containers' security group: what they may connect to. The runtime adds what may come in."""

import pulumi
import pulumi_aws as aws

from components.base import Component

WORLD = "0.0.0.0/0"

EGRESS = (
    ("https", 443, 443, "HTTPS: AWS, the vendor's cloud, login providers, webhooks, link previews"),
    ("mongodb", 27015, 27017, "MongoDB: Atlas listens on 27015 to 27017"),
    ("smtps", 465, 465, "Mail submission with TLS"),
    ("submission", 587, 587, "Mail submission with STARTTLS"),
)
"""Rules to the world: role, first port, last port, reason.

Neither name resolution nor the clock nor the task's credentials need a rule: security groups do not filter
the VPC's own resolver, the time service and the metadata endpoints (VPC user guide, "Control traffic using
security groups").
"""

NATS_PORT = 4222


def app_security_group(owner: Component, name: str, vpc_id: pulumi.Input[str]) -> "aws.ec2.SecurityGroup":
    """Make the group and its egress rules as children of `owner`; nothing may come in yet."""
    group = aws.ec2.SecurityGroup(
        f"{name}-app",
        description="Containers of the chat",
        vpc_id=vpc_id,
        opts=owner.child(),
    )
    for role, first, last, reason in EGRESS:
        aws.vpc.SecurityGroupEgressRule(
            f"{name}-app-{role}",
            security_group_id=group.id,
            description=reason,
            ip_protocol="tcp",
            from_port=first,
            to_port=last,
            cidr_ipv4=WORLD,
            opts=owner.child(),
        )
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
    return group
