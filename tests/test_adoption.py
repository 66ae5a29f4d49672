"""What somebody else has put into a cloud is taken over, and nothing of it is replaced."""

import automation_world as world

# isort: split

import json
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_cloudflare as cloudflare
import pytest
from engine_marks import needs_engine
from typer.testing import CliRunner

from automation import ChatStack, adoption, open_stack
from command import cli, deployments, shared
from components.base import Component
from rehearsal.backend import RehearsalBackend, rehearsal_backend

NETWORK = "vpc-0123456789abcdef0"
UPLOADS, ROLE = "uploads-of-before.example.com", "chat-of-before"


def made(path: str, *, versions: bool, network: bool = True) -> None:
    """A network, a role, and a bucket inside a component; its settings where that is wanted."""
    options = pulumi.ResourceOptions(provider=aws.Provider("aws", region="eu-west-1"))
    store = Component("Store", "store", {}, options)
    bucket = aws.s3.Bucket(
        "uploads", bucket=UPLOADS, opts=pulumi.ResourceOptions.merge(options, store.child())
    )
    if versions:
        aws.s3.BucketVersioning(
            "versions",
            bucket=bucket.id,
            versioning_configuration={"status": "Enabled"},
            opts=pulumi.ResourceOptions.merge(options, store.child()),
        )
    aws.iam.Role(
        "role", name=ROLE, path=path, assume_role_policy=json.dumps({"Version": "2012-10-17"}), opts=options
    )
    if network:
        aws.ec2.Vpc("net", cidr_block="10.0.0.0/16", tags={"Name": "net"}, opts=options)


def theirs() -> None:
    """What somebody else has made."""
    made("/theirs/", versions=False)


def as_it_is() -> None:
    """What the stack asks for where its file says what is there, and all of it has a name."""
    made("/theirs/", versions=False, network=False)


def ours() -> None:
    """What the stack asks for."""
    made("/", versions=True)


def unnamed(ending: str = "") -> None:
    """Things whose names Pulumi makes up: AWS lists the first by its tags, and nothing lists the others."""
    tags = {
        "Project": "rocketchat",
        "Environment": "trial",
        "Owner": "chat.example.com",
        "ManagedBy": "pulumi",
    }
    provider = aws.Provider("aws", region="eu-west-1", default_tags={"tags": tags})
    options = pulumi.ResourceOptions(provider=provider)
    group, role = (f"group{ending}", f"role{ending}") if ending else (None, None)
    aws.lb.TargetGroup(
        "group", name=group, port=3000, protocol="HTTP", target_type="ip", vpc_id=NETWORK, opts=options
    )
    aws.iam.Role("role", name=role, assume_role_policy=json.dumps({"Version": "2012-10-17"}), opts=options)
    aws.cloudfront.OriginAccessControl(
        "control",
        name=f"control{ending}" if ending else None,
        origin_access_control_origin_type="s3",
        signing_behavior="always",
        signing_protocol="sigv4",
        opts=options,
    )
    aws.cloudfront.ResponseHeadersPolicy(
        "headers",
        name=f"headers{ending}" if ending else None,
        security_headers_config={"content_type_options": {"override": True}},
        opts=options,
    )
    aws.lightsail.KeyPair(
        "key", name=f"key{ending}" if ending else None, public_key="ssh-rsa AAAA", opts=options
    )


@needs_engine
def test_what_pulumi_named_is_found_by_its_tags_or_named_as_not_looked_for(tmp_path: Path) -> None:
    with rehearsal_backend(program=lambda: unnamed("-0a1b2c3")) as before:
        with opened("theirs", before) as stack:
            stack.up(preview=False)
        with rehearsal_backend(program=unnamed, cloud=before.cloud) as after, opened("ours", after) as stack:
            adopted = stack.adopt()
            assert names(adopted.taken) == ["group"]
            assert names(adopted.unsought) == ["control", "headers", "role"]
            [headers] = [urn for urn in adopted.unsought if urn.endswith("::headers")]
            assert adopted.plan is not None
            assert not adopted.plan.replaced
            assert names(step.urn for step in adopted.plan.steps if step.operation == "create") == [
                "control",
                "headers",
                "key",
                "role",
            ]
            # Its provider imports none, so nobody is asked for its id.
            assert "key" not in names(adopted.unsought)
            [there] = [one for one in before.cloud.things() if one.type.endswith(":ResponseHeadersPolicy")]
            adopted = stack.adopt(given={headers: there.id})
            assert names(adopted.taken) == ["headers"]


def opened(name: str, backend: RehearsalBackend) -> ChatStack:
    return open_stack(name, values=world.VALUES, secrets=world.SECRETS, backend=backend, policies=False)


def names(urns: Any) -> list[str]:
    return sorted(urn.rpartition("::")[2] for urn in urns)


@needs_engine
def test_what_others_have_made_is_taken_over_and_what_would_be_replaced_is_left(tmp_path: Path) -> None:
    with rehearsal_backend(program=theirs) as before:
        with opened("theirs", before) as stack:
            stack.up(preview=False)
        with rehearsal_backend(program=ours, cloud=before.cloud) as after, opened("ours", after) as stack:
            there = len(before.cloud.things())
            written = stack.adopt(agree=lambda _: False)
            assert written.taken == {}
            assert {one["name"]: one.get("id") for one in written.imports["resources"]} == {
                "rocketchat:index:Store store": None,
                "aws:s3/bucket:Bucket uploads": UPLOADS,
                "aws:iam/role:Role role": ROLE,
            }
            adopted = stack.adopt()
            assert names(adopted.taken) == ["uploads"]
            assert names(adopted.left) == ["role"]
            assert "differs in path," in next(iter(adopted.left.values()))
            assert adopted.plan is not None
            assert not adopted.plan.replaced
            made_now = names(step.urn for step in adopted.plan.steps if step.operation == "create")
            assert made_now == ["net", "role", "versions"]
            assert len(before.cloud.things()) == there
        with rehearsal_backend(program=as_it_is, cloud=before.cloud) as after, opened("all", after) as stack:
            adopted = stack.adopt()
            assert names(adopted.taken) == ["role", "uploads"]
            assert adopted.left == adopted.unsought == {}
            assert adopted.plan is not None
            # The program of this test has another provider than the stack's file.
            changes = [one for one in adopted.plan.steps if not one.type.startswith("pulumi:providers:")]
            assert changes == []
            assert adopted.plan.changes["same"] >= len(adopted.taken)
            assert len(before.cloud.things()) == there


ZONE = "0123456789abcdef0123456789abcdef"
TOKEN = "canary-token-of-the-zone".ljust(40, "0")


def domain(*, region: str | None, address: str, dmarc: str, spf: str, comment: str | None = None) -> None:
    """A domain at SES, and records: of the chat, and texts of one name for different things."""
    provider = aws.Provider("aws", region="eu-west-1")
    aws.sesv2.EmailIdentity(
        "mail", email_identity="example.com", region=region, opts=pulumi.ResourceOptions(provider=provider)
    )
    options = pulumi.ResourceOptions(provider=cloudflare.Provider("cloudflare", api_token=TOKEN))

    def at(name: str, host: str, kind: str, content: str) -> None:
        cloudflare.DnsRecord(
            name, zone_id=ZONE, name=host, type=kind, content=content, ttl=1, comment=comment, opts=options
        )

    at("chat", "chat.example.com", "A", address)
    at("dmarc", "_dmarc.example.com", "TXT", dmarc)
    at("spf", "example.com", "TXT", spf)


def domain_of_before() -> None:
    domain(region=None, address="192.0.2.1", dmarc="v=DMARC1; p=none", spf="site-verification=1")


def domain_now() -> None:
    domain(
        region="eu-west-1",
        address="203.0.113.8",
        dmarc="v=DMARC1; p=reject",
        spf="v=spf1 -all",
        comment="of the chat",
    )


@needs_engine
def test_records_and_a_domain_at_ses_are_taken_over_however_they_look(tmp_path: Path) -> None:
    with rehearsal_backend(program=domain_of_before) as before:
        with opened("theirs", before) as stack:
            stack.up(preview=False)
        there = {thing.id for thing in before.cloud.things()}
        with (
            rehearsal_backend(program=domain_now, cloud=before.cloud) as after,
            opened("ours", after) as stack,
        ):
            adopted = stack.adopt()
            # A text for something else stays: a name has one for each thing that texts are for.
            assert (names(adopted.taken), adopted.left) == (["chat", "dmarc", "mail"], {})
            done = stack.up(preview=False)
            assert names(step.urn for step in done.steps if step.operation == "create") == ["spf"]
            assert not done.replaced
            assert set(stack.up(preview=False).changes) == {"same"}
            assert len({thing.id for thing in before.cloud.things()} - there) == 1


def test_the_command_names_what_it_takes_and_asks_first(monkeypatch: pytest.MonkeyPatch) -> None:
    urn = "urn:pulumi:any::rocketchat::aws:s3/bucket:Bucket::uploads"

    def adopt(_: ChatStack, *, given: Any, skip: Any, agree: adoption.Agree) -> adoption.Adopted:
        taken = {urn: UPLOADS}
        return adoption.Adopted(taken if agree(taken) else {}, {}, {f"{urn}-2": "nothing lists it"})

    monkeypatch.setattr(ChatStack, "adopt", adopt)
    monkeypatch.setattr(deployments, "opened", lambda *_, **__: _Opened())
    run = CliRunner().invoke
    refused = run(cli.app, ["adopt", "any", "--json"])
    assert refused.exit_code == shared.Status.MISUSED
    assert "--yes" in refused.output
    assert run(cli.app, ["adopt", "any", "--id", "nothing"]).exit_code == shared.Status.MISUSED
    asked = run(cli.app, ["adopt", "any"], input="n\n")
    assert asked.exit_code == shared.Status.FAILED
    assert UPLOADS in asked.output
    told = run(cli.app, ["adopt", "any", "--yes"]).output
    assert f"Adopted uploads: {UPLOADS}" in told
    assert f"(nothing lists it):\n  {urn}-2" in told


class _Opened:
    """A stack that is there, of which only `adopt` is called."""

    def __enter__(self) -> ChatStack:
        stack: ChatStack = object.__new__(ChatStack)
        stack.name = "any"
        return stack

    def __exit__(self, *_: object) -> None:
        pass
