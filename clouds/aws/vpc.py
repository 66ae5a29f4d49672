"""Rules of security groups."""

from collections.abc import Iterator, Mapping
from typing import Any

from clouds.ask import Ask, names
from clouds.aws.calls import create, ec2_tags
from clouds.aws.common import GROUP_TEXT, ec2_id, ec2_tagged
from clouds.limits import between, cidr, formed
from clouds.openings import Opens, ports, world
from clouds.record import (
    NO_DATA,
    UNNOTICED,
    Answers,
    Nothing,
    Refused,
    Refuses,
    Resource,
    Sent,
    replaced_by,
)

SOURCES = ("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId")


def _rule_refusals(ask: Ask) -> list[str]:
    sources = [key for key in SOURCES if key in ask.inputs]
    if len(sources) != 1:
        return [f"exactly one of {', '.join(SOURCES)} must be set, not {' and '.join(sources) or 'none'}"]
    return []


def _ports_refusals(ask: Ask) -> Iterator[str]:
    """EC2 API, IpPermission."""
    first, last, protocol = ask["fromPort"], ask["toPort"], str(ask["ipProtocol"])
    if (first is None) != (last is None):
        yield "fromPort and toPort go together"
    elif protocol in ("tcp", "udp", "6", "17") and first is None:
        yield f"protocol {protocol} needs fromPort and toPort"
    elif protocol in ("tcp", "udp", "6", "17") and int(first) > int(last):
        yield "fromPort is larger than toPort"


def _opened(operation: str) -> Sent:
    """A rule of a security group: the description stands with the source that the rule is for."""
    sources: tuple[tuple[str, str, str], ...] = (
        ("cidrIpv4", "IpRanges", "CidrIp"),
        ("cidrIpv6", "Ipv6Ranges", "CidrIpv6"),
        ("prefixListId", "PrefixListIds", "PrefixListId"),
        ("referencedSecurityGroupId", "UserIdGroupPairs", "GroupId"),
    )

    def permission(ask: Ask) -> list[dict[str, Any]]:
        described = {"Description": ask["description"]} if ask["description"] else {}
        permitted = {"IpProtocol": ask["ipProtocol"], "FromPort": ask["fromPort"], "ToPort": ask["toPort"]}
        places = {
            member: [{inner: ask[key], **described}] for key, member, inner in sources if ask[key] is not None
        }
        return [{key: value for key, value in permitted.items() if value is not None} | places]

    return Sent(
        (
            create(
                operation,
                {"securityGroupId": "GroupId", **ec2_tags("security-group-rule")},
                {"IpPermissions": permission},
            ),
        ),
        frozenset(key for key, _, _ in sources) | names("description fromPort ipProtocol toPort"),
    )


def _open_to_world(inputs: Mapping[str, Any]) -> Iterator[str]:
    if world(inputs.get("cidrIpv4")) or world(inputs.get("cidrIpv6")):
        yield ports(inputs.get("fromPort"), inputs.get("toPort"))


def _rule(token: str, purpose: str, operation: str, opens: Opens | None = None) -> Resource:
    """The record of a rule of a security group: both directions are alike."""
    return Resource(
        token,
        purpose,
        answers=Answers(
            id=ec2_id("sgr"),
            outputs={
                "arn": "arn:{partition}:ec2:{region}:{account}:security-group-rule/{id}",
                "securityGroupRuleId": "{id}",
            },
        ),
        requests=_opened(operation),
        refuses=Refuses(
            inputs=_rule_refusals,
            # EC2 API, IpPermission.
            values={
                "cidrIpv4": cidr,
                "cidrIpv6": cidr,
                "description": GROUP_TEXT,
                "fromPort": between(-1, 65535),
                "toPort": between(-1, 65535),
                "ipProtocol": formed(
                    r"tcp|udp|icmp|icmpv6|-1|\d{1,3}", "tcp, udp, icmp, icmpv6, -1 or a number"
                ),
            },
            together=_ports_refusals,
        ),
        again=Refused(
            (
                "securityGroupId",
                "ipProtocol",
                "fromPort",
                "toPort",
                "cidrIpv4",
                "cidrIpv6",
                "prefixListId",
                "referencedSecurityGroupId",
            )
        ),
        replaced=replaced_by("region securityGroupId"),
        import_id="{id}",
        found=ec2_tagged("security-group-rule", "sgr"),
        data=NO_DATA,
        felt=UNNOTICED,
        costs=Nothing("free: firewalls of a network cost nothing"),
        opens=opens,
    )


SECURITY_GROUP_INGRESS_RULE = _rule(
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "what may come in",
    "ec2.AuthorizeSecurityGroupIngress",
    _open_to_world,
)
SECURITY_GROUP_EGRESS_RULE = _rule(
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    "what may go out",
    "ec2.AuthorizeSecurityGroupEgress",
)
