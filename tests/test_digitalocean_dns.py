"""DNS at DigitalOcean: the same records as elsewhere, in its own form, and what it cannot do."""

from typing import Any

import pulumi
import pytest
from planning import Values, one, planned, values_of
from recording import record

from clouds.dns import host
from components.edge import dns
from components.values import DnsZone
from rehearsal.plan import Plan
from stacks.language import parse
from stacks.problems import InvalidStack

RECORD = "digitalocean:index/dnsRecord:DnsRecord"
SECURE = {"rocketchat:oidcClientSecret"}
CERTIFICATE = "arn:aws:acm:ap-southeast-1:123456789012:certificate/01234567-0123-0123-0123-0123456789ab"
GIVEN = {"balancer": {"certificate": CERTIFICATE}}
ZONE: DnsZone = {"kind": "digitalocean", "name": "lovia.life", "id": "lovia.life"}


def at_digitalocean(zone: str = "lovia.life", stack: str = "lovia-fargate") -> Values:
    values = values_of(stack)
    values["rocketchat:dns"] = {"kind": "digitalocean", "zone": zone}
    return values


@pytest.fixture(scope="module")
def plan() -> Plan:
    return planned(at_digitalocean(), SECURE)


def hosts(plan: Plan, type_: str) -> dict[str, str]:
    """What the names of one type of records hold."""
    found = [record.inputs for record in plan.of_type(RECORD) if record.inputs["type"] == type_]
    return {host(RECORD, inputs): inputs["value"] for inputs in found}


def test_the_records_are_those_of_another_service_with_whole_names(plan: Plan) -> None:
    elsewhere = {
        (one.inputs["type"], one.inputs["name"].rstrip("."))
        for one in planned(values_of("lovia-fargate"), SECURE).of_type("cloudflare:index/dnsRecord:DnsRecord")
    }
    here = {(one.inputs["type"], host(RECORD, one.inputs)) for one in plan.of_type(RECORD)}
    # Keys of DKIM and proofs of certificates have names of their own in every plan.
    assert {(kind, name) for kind, name in here if not name.startswith("_") and "_domainkey" not in name} == {
        (kind, name) for kind, name in elsewhere if not name.startswith("_") and "_domainkey" not in name
    }
    assert len(here) == len(elsewhere)
    assert not any(one.inputs["name"].endswith("lovia.life") for one in plan.of_type(RECORD))


def test_names_of_hosts_end_with_a_dot_and_texts_are_bare(plan: Plan) -> None:
    aliases = hosts(plan, "CNAME")
    assert {"chat.lovia.life", "media-chat.lovia.life"} <= aliases.keys()
    assert all(value.endswith(".") and not value.endswith("..") for value in aliases.values())
    mail = one(plan, RECORD, "mail-mail-from-mx").inputs
    assert (mail["value"], mail["priority"]) == ("feedback-smtp.ap-southeast-1.amazonses.com.", 10)
    assert one(plan, RECORD, "mail-mail-from-spf").inputs["value"] == "v=spf1 include:amazonses.com ~all"


def test_the_chats_name_is_a_cname_of_the_balancer(plan: Plan) -> None:
    balancer = one(plan, "aws:lb/loadBalancer:LoadBalancer")
    assert one(plan, RECORD, "name-record").inputs["value"] == f"{balancer.outputs['dnsName']}."


def made(**given: Any) -> dict[str, Any]:
    """The inputs of one record."""

    class Holder(pulumi.ComponentResource):
        def __init__(self) -> None:
            super().__init__("rocketchat:index:Holder", "holder")
            opts = pulumi.ResourceOptions(parent=self)
            dns.record("r", ZONE, dns.Record(comment="x", **{"host": "a.b.lovia.life", **given}), opts)
            self.register_outputs({})

    return dict(record(Holder).one("DnsRecord").inputs)


def test_names_are_relative_to_the_domain() -> None:
    assert made(type="A", value="192.0.2.1")["name"] == "a.b"
    assert made(type="A", value="192.0.2.1", host="lovia.life")["name"] == "@"
    assert made(type="CNAME", value="x.example.com.", host="_p.lovia.life.")["name"] == "_p"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"type": "A", "value": "192.0.2.1", "proxied": True}, "has no proxy"),
        ({"type": "CNAME", "value": "x.example.com", "host": "lovia.life"}, "top of its zone"),
    ],
)
def test_what_it_cannot_do_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        made(**given)


@pytest.mark.parametrize(
    ("stack", "changed", "zone", "edge", "path"),
    [
        ("lovia-fargate", {}, "chat.lovia.life", "direct", "rocketchat:chat.host"),
        ("lovia-fargate", GIVEN, "chat.lovia.life", "direct", "rocketchat:chat.host"),
        ("lovia-fargate", {}, "chat.lovia.life", "cloudfront", "rocketchat:chat.host"),
        ("lovia-doks", {}, "chat-doks.lovia.life", "cloudfront", "rocketchat:chat.host"),
        ("lovia-fargate", {}, "media-chat.lovia.life", "direct", "rocketchat:media.cdn.host"),
    ],
)  # fmt: skip
def test_the_top_of_the_domain_leads_to_no_service_of_aws(
    stack: str, changed: dict[str, Any], zone: str, edge: str, path: str
) -> None:
    values = at_digitalocean(zone, stack)
    values["rocketchat:runtime"] |= changed
    values["rocketchat:edge"] = {"kind": edge}
    with pytest.raises(InvalidStack) as caught:
        parse(values, SECURE, source="a test")
    assert path in {problem.path for problem in caught.value.problems if "DigitalOcean" in problem.message}


def test_the_top_of_the_domain_leads_to_a_host() -> None:
    values = values_of("family-host")
    values["rocketchat:dns"] = {"kind": "digitalocean", "zone": values["rocketchat:chat"]["host"]}
    found = one(planned(values, {"rocketchat:smtpPassword"}), RECORD, "name-record").inputs
    assert (found["type"], found["name"]) == ("A", "@")
