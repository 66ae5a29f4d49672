"""Names as long as DNS and Pulumi take them: what is made of them stays within what each cloud takes."""

from typing import Any

import pytest
from planning import planned, values_of

from components.names import LABEL_LIMIT
from rehearsal.plan import Plan
from stacks import files
from stacks.kinds.runtime.doks.place import origin_of
from stacks.language import parse
from stacks.problems import InvalidStack

STACK = "s" * 100
"""As long as Pulumi lets a stack's name be."""


def host(length: int, zone: str) -> str:
    """Return a name of this length in a zone, in labels as long as they may be."""
    name = zone
    while len(name) < length:
        name = f"{'h' * min(LABEL_LIMIT, length - len(name) - 1)}.{name}"
    return name


def with_host(stack: str, length: int, **media: Any) -> dict[str, Any]:
    values = values_of(stack)
    zone = values["rocketchat:dns"]["zone"]
    values["rocketchat:chat"]["host"] = host(length, zone)
    if media:
        values["rocketchat:media"]["cdn"]["host"] = f"{'m' * (64 - len(zone) - 1)}.{zone}"
    return values


def plan(values: dict[str, Any], stack: str) -> Plan:
    """The stand-in clouds refuse what is too long."""
    return planned(values, files.read(stack).secure, stack=STACK)


@pytest.mark.slow
@pytest.mark.parametrize("stack", ["family-host", "soluvas-lightsail"])
def test_a_host_can_have_the_longest_name_that_there_is(stack: str) -> None:
    made = plan(with_host(stack, 253), stack)
    namespaces = {
        alarm.inputs["namespace"]
        for alarm in made.of_type("aws:cloudwatch/metricAlarm:MetricAlarm")
        if str(alarm.inputs.get("namespace")).startswith("RocketChat/")
    }
    assert all(len(name) <= 255 for name in namespaces)


@pytest.mark.parametrize("stack", ["lovia-doks", "lovia-fargate-cdn"])
def test_a_chat_can_have_the_longest_name_that_certificates_take(stack: str) -> None:
    made = plan(with_host(stack, 64, cdn=True), stack)
    comments = [str(one.inputs["comment"]) for one in made.of_type("cloudflare:index/dnsRecord:DnsRecord")]
    assert any(comment.startswith("Proves to AWS that h") for comment in comments)


def test_the_name_for_the_cdn_beside_a_chat_with_a_long_label_is_one_that_dns_takes() -> None:
    assert origin_of("chat.example.com") == "origin-chat.example.com"
    one, other = origin_of(f"{'h' * 59}.t.co"), origin_of(f"{'h' * 58}i.t.co")
    assert one != other
    assert max(map(len, one.split("."))) <= LABEL_LIMIT


def test_a_name_that_a_shared_balancer_does_not_take_is_refused() -> None:
    values = with_host("lovia-fargate", 129)
    values["rocketchat:runtime"] |= {
        "network": {
            "kind": "existing",
            "vpc": "vpc-0123456789abcdef0",
            "taskSubnets": ["subnet-0123456789abcdef3"],
            "egressAddresses": ["203.0.113.7"],
        },
        "balancer": {
            "kind": "existing",
            "listener": "arn:aws:elasticloadbalancing:ap-southeast-1:123456789012:listener/app/a/0123/4567",
        },
    }
    with pytest.raises(InvalidStack, match=r"chat.host: the name has 129 characters.*at most 128"):
        parse(values, set(files.read("lovia-fargate").secure), source="a test")
