"""Route 53 beside Cloudflare: the same records, in each one's own form."""

from typing import Any

import pulumi
import pytest
from planning import Values, kinds, one, planned, values_of
from recording import record

from clouds.ask import Cloud
from components.edge import dns
from components.values import DnsZone
from rehearsal import standins
from rehearsal.plan import Plan
from stacks.language import parse
from stacks.problems import InvalidStack

RECORD = "aws:route53/record:Record"
SECURE = {"rocketchat:oidcClientSecret"}
ROUTE53: DnsZone = {"kind": "route53", "name": "lovia.life", "id": "Z0123456789ABC"}
CLOUDFLARE: DnsZone = {"kind": "cloudflare", "name": "lovia.life", "id": "f" * 32}


def at_route53(**changed: Any) -> Values:
    values = values_of("lovia-fargate")
    values["rocketchat:dns"] = {"kind": "route53", "zone": "lovia.life", **changed}
    return values


@pytest.fixture(scope="module")
def plan() -> Plan:
    return planned(at_route53(), SECURE)


@pytest.mark.slow
def test_no_record_is_left_at_cloudflare(plan: Plan) -> None:
    assert not any("cloudflare" in kind for kind in kinds(plan))


def test_the_chats_name_is_an_alias_of_the_balancer_for_both_versions_of_ip(plan: Plan) -> None:
    balancer = one(plan, "aws:lb/loadBalancer:LoadBalancer")
    for type_, name in (("A", "name-record"), ("AAAA", "name-record-ipv6")):
        record = one(plan, RECORD, name)
        assert record.inputs["type"] == type_
        [alias] = record.inputs["aliases"]
        assert alias["name"] == balancer.outputs["dnsName"]
        assert alias["zoneId"] == balancer.outputs["zoneId"]
        assert "records" not in record.inputs


def test_the_media_cdn_is_an_alias_of_its_distribution(plan: Plan) -> None:
    [alias] = one(plan, RECORD, "media-cdn-cname").inputs["aliases"]
    assert alias["zoneId"] == "Z2FDTNDATAQYW2"


def test_certificates_are_proved_by_records_of_the_zone(plan: Plan) -> None:
    proof = one(plan, RECORD, "certificate-proof-1")
    assert proof.inputs["type"] == "CNAME"
    assert proof.inputs["name"].endswith(".chat.lovia.life")
    validation = one(
        plan, "aws:acm/certificateValidation:CertificateValidation", "certificate-ap-southeast-1"
    )
    assert proof.urn in validation.options["dependsOn"]


def test_mail_records_have_the_form_that_the_provider_wants(plan: Plan) -> None:
    assert one(plan, RECORD, "mail-mail-from-mx").inputs["records"] == [
        "10 feedback-smtp.ap-southeast-1.amazonses.com"
    ]
    # The provider itself puts a text into quotes.
    assert one(plan, RECORD, "mail-mail-from-spf").inputs["records"] == ["v=spf1 include:amazonses.com ~all"]


@pytest.mark.slow
def test_the_chat_can_stand_at_the_top_of_its_zone() -> None:
    values = at_route53(zone="chat.lovia.life")
    del values["rocketchat:mail"], values["rocketchat:media"]
    record = one(planned(values, SECURE), RECORD, "name-record")
    assert record.inputs["name"] == "chat.lovia.life"
    assert record.inputs["aliases"]


@pytest.mark.slow
def test_a_zone_is_looked_up_by_name_unless_its_id_is_given() -> None:
    record = one(planned(at_route53(zoneId="Z0123456789ABC"), SECURE), RECORD, "name-record")
    assert record.inputs["zoneId"] == "Z0123456789ABC"


@pytest.mark.slow
def test_cloudfront_before_the_app_is_an_alias_too() -> None:
    values = at_route53()
    values["rocketchat:edge"] = {"kind": "cloudfront"}
    [alias] = one(planned(values, SECURE), RECORD, "name-record").inputs["aliases"]
    assert alias["zoneId"] == "Z2FDTNDATAQYW2"


ELSEWHERE = {"profile": "network", "assumeRole": {"arn": "arn:aws:iam::456789012345:role/dns"}}


def test_all_records_of_a_zone_in_another_account_are_made_there() -> None:
    plan = planned(at_route53(aws=ELSEWHERE), SECURE)
    own, of_zone = plan.of_type("pulumi:providers:aws")
    assert (own.inputs.get("profile"), of_zone.inputs["profile"]) == (None, "network")
    assert {one.options["provider"] for one in plan.of_type(RECORD)} == {of_zone.urn}
    others = {
        one.options.get("provider")
        for one in plan.resources
        if one.type.startswith("aws:") and one.type != RECORD
    }
    assert others == {own.urn}


def test_the_profile_of_the_stack_holds_for_its_zone_too() -> None:
    values = {
        **at_route53(aws={"assumeRole": ELSEWHERE["assumeRole"]}),
        "rocketchat:aws": {"profile": "corp"},
    }
    spec = parse(values, SECURE, source="a test")
    assert spec.parts.dns is not None
    account = spec.parts.dns.account(spec.parts.aws)
    assert account is not None
    assert account.profile == "corp"


def test_a_zone_takes_no_records_from_another_account() -> None:
    zone, name = "aws:route53/getZone:getZone", {"name": "lovia.life"}
    accounts = Cloud(), Cloud(account="456789012345")
    ids = [standins.look_up(zone, name, account)["zoneId"] for account in accounts]
    for at, own in enumerate(accounts):
        record = {
            "zoneId": ids[at],
            "name": "a.lovia.life",
            "type": "A",
            "records": ["203.0.113.7"],
            "ttl": 60,
        }
        standins.checked(RECORD, "r", "urn", record, own)
        with pytest.raises(standins.UnknownToCloudError, match="AccessDenied"):
            standins.checked(RECORD, "r", "urn", {**record, "zoneId": ids[1 - at]}, own)


@pytest.mark.parametrize(
    ("changed", "path", "message"),
    [
        (
            {"aws": {**ELSEWHERE, "allowedAccounts": ["123456789012"]}},
            "rocketchat:dns.aws.assumeRole.arn",
            "dns.aws.allowedAccounts",
        ),
        ({"aws": {"profile": "network"}}, "rocketchat:dns.aws.allowedAccounts", "get-caller-identity"),
        ({"aws": {"role": "dns"}}, "rocketchat:dns.aws.role", "assumeRole"),
        ({"proxied": True}, "rocketchat:dns.proxied", "a key of kind cloudflare"),
        ({"zoneId": "f" * 32}, "rocketchat:dns.zoneId", "which begins with Z"),
        ({"zone": "lovia.com"}, "rocketchat:chat.host", "does not lie in the zone"),
    ],
)
def test_what_route53_cannot_do_is_refused(changed: dict[str, Any], path: str, message: str) -> None:
    with pytest.raises(InvalidStack) as caught:
        parse(at_route53(**changed), SECURE, source="a test")
    assert any(problem.path == path and message in str(problem) for problem in caught.value.problems)


def content(zone: DnsZone, **given: Any) -> Any:
    """The value of one record as its provider gets it."""

    class Holder(pulumi.ComponentResource):
        def __init__(self) -> None:
            super().__init__("rocketchat:index:Holder", "holder")
            opts = pulumi.ResourceOptions(parent=self)
            dns.record("r", zone, dns.Record(comment="x", **{"host": "a.lovia.life", **given}), opts)
            self.register_outputs({})

    recorded = record(Holder)
    if zone["kind"] == "cloudflare":
        return recorded.one("DnsRecord").inputs["content"]
    return recorded.one("Record").inputs["records"]


LONG = "v=DKIM1; p=" + "A" * 400


def test_a_long_text_is_cut_into_strings_of_255_bytes() -> None:
    assert content(ROUTE53, type="TXT", value=LONG) == [f'{LONG[:255]}""{LONG[255:]}']
    assert content(CLOUDFLARE, type="TXT", value=LONG) == f'"{LONG[:255]}" "{LONG[255:]}"'


def test_quotes_and_backslashes_in_a_text_are_escaped() -> None:
    assert dns.strings('a"b\\c') == ['a\\"b\\\\c']
    with pytest.raises(ValueError, match="printable ASCII"):
        dns.strings("straße")


@pytest.mark.parametrize("zone", [ROUTE53, CLOUDFLARE])
def test_an_address_is_written_as_it_is(zone: DnsZone) -> None:
    assert content(zone, type="A", value="203.0.113.7") in ("203.0.113.7", ["203.0.113.7"])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"type": "CNAME", "value": "x.example.com", "host": "lovia.life"}, "top of its zone"),
        ({"type": "A", "value": "203.0.113.7", "proxied": True}, "no proxy"),
    ],
)
def test_route53_refuses_a_cname_at_the_top_and_a_proxy(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        content(ROUTE53, **given)


def test_a_zone_of_another_kind_names_those_there_are() -> None:
    with pytest.raises(ValueError, match="cloudflare, digitalocean, manual, route53"):
        content({"kind": "bind", "name": "lovia.life"}, type="A", value="203.0.113.7")
