"""Stacks that stand in one account: none makes what another has, and what is there already is left alone."""

import automation_world  # noqa: F401 - before the SDKs

# isort: split

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from itertools import combinations
from typing import Any, cast

import pytest
from engine_marks import needs_engine
from planning import Values, planned, planned_file, values_of

from automation import ConfigurationError, open_stack
from clouds import cloudflare
from clouds.ask import Cloud
from clouds.digitalocean import dns as digitalocean
from rehearsal import canaries
from rehearsal.backend import rehearsal_backend
from rehearsal.cloud import Kept, StandinCloud
from rehearsal.errors import RehearsalError
from rehearsal.plan import Plan, PlannedResource
from stacks import files

INSTEAD = "lovia-fargate-cdn"
"""Stands in the place of lovia-fargate, and not beside it (README)."""
BESIDE = [name for name in files.names() if name != INSTEAD]
CLOUDS = ("aws:", "cloudflare:", "digitalocean:", "mongodbatlas:")
NAMESPACE, NAMESPACES = "rocketchat", "kubernetes:core/v1:Namespace"
RECORD = "cloudflare:index/dnsRecord:DnsRecord"
RECORDS = "cloudflare:index/getDnsRecords:getDnsRecords"
README: Values = {
    "aws:region": "ap-southeast-1",
    "rocketchat:chat": {"host": "chat.example.com", "users": 100},
    "rocketchat:runtime": {"kind": "fargate"},
    "rocketchat:database": {"kind": "atlas", "organization": "5f0c1d2e3b4a59687f6e5d4c", "cluster": "chat"},
    "rocketchat:media": {"kind": "s3", "bucket": "media-chat.example.com"},
    "rocketchat:dns": {"kind": "cloudflare", "zone": "example.com"},
    "rocketchat:mail": {"kind": "ses", "domain": "example.com", "from": "Chat <chat@example.com>"},
}


@cache
def plan_of(stack: str) -> Plan:
    return planned_file(stack)


def things(plan: Plan) -> Iterator[PlannedResource]:
    for resource in plan.resources:
        if resource.custom and resource.type.startswith(CLOUDS):
            yield resource


def put(cloud: StandinCloud, plan: Plan) -> None:
    for one in things(plan):
        inputs = {**one.outputs, **one.inputs}
        where = Cloud(one.outputs.get("region") or "us-east-1")
        cloud.create(Kept(one.urn, one.type, one.name, one.id, inputs, one.outputs, frozenset(), where, 0))


@pytest.mark.slow
@pytest.mark.parametrize(("one", "other"), list(combinations(BESIDE, 2)))
def test_two_stacks_that_may_stand_together_make_nothing_twice(one: str, other: str) -> None:
    cloud = StandinCloud()
    put(cloud, plan_of(one))
    put(cloud, plan_of(other))


@pytest.mark.slow
def test_a_stack_that_stands_in_the_place_of_another_is_refused_beside_it() -> None:
    cloud = StandinCloud()
    put(cloud, plan_of("lovia-fargate"))
    with pytest.raises(RehearsalError, match="of the stack lovia-fargate has it"):
        put(cloud, plan_of(INSTEAD))


def changed(stack: str, **parts: Any) -> Plan:
    values = values_of(stack)
    for part, value in parts.items():
        values[f"rocketchat:{part}"] |= value
    return planned(values, set(files.read(stack).secure))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"mail": {"kind": "ses"}}, "mail"),
        ({"chat": {"host": "chat.lovia.life"}}, "chat.lovia.life"),
        ({"media": {"bucket": "media-chat.lovia.life"}}, "media-chat.lovia.life: exists already"),
        ({"media": {"cdn": {"kind": "cloudfront", "host": "media-chat.lovia.life"}}}, "media"),
    ],
)
def test_what_the_other_stack_has_is_refused(parts: dict[str, Any], told: str) -> None:
    cloud = StandinCloud()
    put(cloud, plan_of("lovia-fargate"))
    with pytest.raises(RehearsalError, match=told):
        put(cloud, changed("lovia-doks", **parts))


def test_two_droplets_are_opened_by_one_key_only_where_the_second_names_it_by_its_fingerprint() -> None:
    cloud = StandinCloud()
    first = plan_of("family-host")
    put(cloud, first)
    values = {
        "aws:region": "eu-central-1",
        "rocketchat:chat": {"host": "talk.example.org", "users": 5, "profile": "trial"},
        "rocketchat:database": {"kind": "on-host"},
        "rocketchat:dns": {"kind": "route53", "zone": "example.org"},
    }
    droplet = {"kind": "droplet", "region": "ams3"}
    key = values_of("family-host")["rocketchat:runtime"]["sshKey"]
    with pytest.raises(RehearsalError, match="SSH Key is already in use on your account"):
        put(cloud, planned({**values, "rocketchat:runtime": {**droplet, "sshKey": key}}))
    (made,) = first.of_type("digitalocean:index/sshKey:SshKey")
    cloud = StandinCloud()
    put(cloud, first)
    put(cloud, planned({**values, "rocketchat:runtime": {**droplet, "sshKey": made.outputs["fingerprint"]}}))


@needs_engine
def test_the_engine_deploys_two_stacks_of_one_domain_into_one_cloud() -> None:
    cloud = StandinCloud()
    with rehearsal_backend(cloud=cloud) as backend:
        for name in ("lovia-fargate", "lovia-doks"):
            with open_stack(name, backend=backend, policies=False) as stack:
                stack.up(preview=False)
    identities = [one for one in cloud.things() if one.type == "aws:sesv2/emailIdentity:EmailIdentity"]
    assert len(identities) == 1
    senders = [one for one in cloud.things() if one.name == "mail-smtp"]
    assert len(senders) == 2


@needs_engine
def test_a_namespace_that_a_stack_has_made_is_not_let_go_of() -> None:
    values = values_of("services-helm")
    secrets = canaries.values(files.read("services-helm").secure)
    runtime = values["rocketchat:runtime"]
    with rehearsal_backend() as backend:
        with open_stack("held", values=values, secrets=secrets, backend=backend, policies=False) as stack:
            stack.up(preview=False)
        values["rocketchat:runtime"] = {**runtime, "existingNamespace": True}
        with open_stack("held", values=values, secrets=secrets, backend=backend, policies=False) as stack:
            with pytest.raises(ConfigurationError, match=f"has made the namespace {NAMESPACE}"):
                stack.preview()
            with pytest.raises(ConfigurationError, match="Leave that key out"):
                stack.up(preview=False)
        names = [one.inputs["metadata"]["name"] for one in backend.cloud.things() if one.type == NAMESPACES]
        assert names == [NAMESPACE]


# What is in the zone already


def dmarc(plan: Plan) -> list[str]:
    return [
        one.inputs["content"]
        for one in plan.of_type(RECORD)
        if one.inputs["type"] == "TXT" and one.inputs["name"].startswith("_dmarc.")
    ]


def with_mail(**mail: Any) -> Plan:
    return planned({**README, "rocketchat:mail": {**README["rocketchat:mail"], **mail}})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mail", "said"),
    [
        ({}, []),
        ({"dmarcPolicy": "leave"}, []),
        ({"dmarcPolicy": "quarantine"}, ['"v=DMARC1; p=quarantine"']),
        ({"dmarcPolicy": "reject"}, ['"v=DMARC1; p=reject"']),
        ({"domain": "chat.example.com", "from": "a@chat.example.com"}, ['"v=DMARC1; p=quarantine"']),
        ({"domain": "m.chat.example.com", "from": "a@m.chat.example.com"}, ['"v=DMARC1; p=quarantine"']),
        ({"domain": "chat.example.com", "from": "a@chat.example.com", "dmarcPolicy": "leave"}, []),
        ({"domain": "xchat.example.com", "from": "a@xchat.example.com"}, []),
    ],
)
def test_the_dmarc_record_of_a_domain_that_is_not_the_stacks_own_is_made_when_it_is_asked_for(
    mail: dict[str, Any], said: list[str]
) -> None:
    assert dmarc(with_mail(**mail)) == said


def test_nothing_speaks_for_who_may_send_from_the_domain_itself() -> None:
    texts = {
        one.inputs["name"] for one in with_mail().of_type(RECORD) if "spf1" in str(one.inputs.get("content"))
    }
    assert texts == {"bounce.example.com"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("comment", "content", "made"),
    [
        ("somebody's", '"v=DMARC1; p=none"', 0),
        (None, "v=DMARC1; p=none; rua=mailto:a@example.com", 0),
        ("What to do with forged mail", '"v=DMARC1; p=quarantine"', 1),
        (None, '"some other text"', 1),
    ],
)
def test_a_dmarc_record_that_somebody_else_made_is_left_alone(
    comment: str | None, content: str, made: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = [{"name": "_dmarc.example.com", "type": "TXT", "comment": comment, "content": content}]
    monkeypatch.setitem(cast("dict[str, object]", cloudflare.GET_DNS_RECORDS.outputs), "results", there)
    assert len(dmarc(with_mail(dmarcPolicy="quarantine"))) == made


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("v=DMARC1; p=none", 1),
        # Its own, or as good.
        ("v=DMARC1; p=quarantine", 0),
        ("some other text", 0),
    ],
)
def test_at_digitalocean_a_dmarc_record_that_may_be_somebodys_is_told_of(
    value: str, told: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = "domain flags name port priority tag ttl type weight"
    there = [{"id": 1, **dict.fromkeys(keys.split(), None), "type": "TXT", "value": value}]
    monkeypatch.setitem(cast("dict[str, object]", digitalocean.GET_RECORDS.outputs), "records", there)
    plan = planned(
        {
            **README,
            "rocketchat:dns": {"kind": "digitalocean", "zone": "example.com"},
            "rocketchat:mail": {**README["rocketchat:mail"], "dmarcPolicy": "quarantine"},
        }
    )
    assert len([one for one in plan.messages if "receivers find two" in one.text]) == told


def test_a_zone_that_cannot_be_read_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def forbidden(**asked_for: Any) -> Any:
        asked.append(asked_for["zone_id"])
        raise Exception("invoke of getDnsRecords failed: 403 Forbidden")  # noqa: TRY002 - as the SDK raises it

    module = import_module("pulumi_cloudflare.get_dns_records")
    monkeypatch.setattr(module, "get_dns_records", forbidden)
    assert len(dmarc(with_mail(dmarcPolicy="quarantine"))) == 1
    assert len(asked) == 1
