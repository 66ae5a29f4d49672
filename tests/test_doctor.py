"""`rocketchat doctor`: against vendors on loopback that have room, refuse, or do not answer as they should."""

import asyncio
import json
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import botocore.loaders
import botocore.session
import pytest
from engine_marks import needs_engine
from planning import values_of
from sharing import shared
from vendor_server import ATLAS, ROUTE53, Said, Vendors, ec2, error, items, query, quota, used, zones

from automation.doctor import (
    amazon,
    atlas,
    cloudflare,
    command_line,
    digitalocean,
    here,
    images,
    needs,
    quotas,
    records,
    run,
)
from automation.doctor.amazon import Aws
from automation.doctor.credentials import NotDecryptedError, of_stack
from automation.doctor.needs import Made, Visit
from automation.outcome import Outcome
from automation.pulumi_cli import Cli, find_engine
from automation.state import State
from automation.web import NotChecked
from command import cli
from proving import recordings
from rehearsal import stack as planning
from rehearsal.plan import Plan
from stacks.files import path_of
from stacks.language import parse

SECRETS = {
    "AWS_ACCESS_KEY_ID": "AKIACANARY",
    "AWS_SECRET_ACCESS_KEY": "canaryaws",
    "MONGODB_ATLAS_PUBLIC_KEY": "public",
    "MONGODB_ATLAS_PRIVATE_KEY": "canaryatlas",
    "CLOUDFLARE_API_TOKEN": "canarycloudflare",
    "DIGITALOCEAN_TOKEN": "canarydigitalocean",
}


@cache
def plan(stack: str) -> Plan:
    found: Plan = shared(f"plan of {stack}", lambda: planning.plan(stack))
    return found


@cache
def planned(stack: str) -> tuple[planning.RehearsedStack, Sequence[Made]]:
    return planning.load(stack), needs.of_plan(plan(stack).resources)


def visit(stack: str) -> Visit:
    loaded, made = planned(stack)
    return Visit(
        loaded.name,
        loaded.spec,
        made,
        frozenset(),
        of_stack(loaded.name, loaded.spec.parts, frozenset(), path_of(loaded.name)),
        Aws(loaded.spec.region, loaded.spec.parts.aws) if loaded.spec.region else None,
    )


def found(one: Visit) -> dict[str, Outcome]:
    return {each.check: each for each in run.doctor(one).outcomes}


def states(answers: dict[str, Outcome]) -> dict[str, set[str]]:
    return {
        state: {name for name, one in answers.items() if one.state == state}
        for state in ("failed", "not known")
    }


@cache
def models() -> Any:
    """Read once: AWS's models take longer than all else."""
    return botocore.loaders.create_loader()


@pytest.fixture
def vendors(monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendors]:
    def session() -> Any:
        made = botocore.session.Session()
        made.register_component("data_loader", models())
        return made

    monkeypatch.setattr(botocore.session, "get_session", session)
    with Vendors() as server:
        for key, value in SECRETS.items():
            monkeypatch.setenv(key, value)
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        for module in (atlas, cloudflare, digitalocean):
            monkeypatch.setattr(module, "API", server.url)
        parts = images.parts
        monkeypatch.setattr(images, "parts", lambda image: (server.url, *parts(image)[1:]))
        monkeypatch.setattr(
            amazon, "PATIENCE", {"connect_timeout": 1, "read_timeout": 1, "retries": {"max_attempts": 1}}
        )
        yield server


@pytest.mark.parametrize("stack", ["lovia-fargate", "soluvas-lightsail", "family-host", "lovia-doks"])
def test_where_all_is_well_nothing_fails_and_nothing_is_changed(
    vendors: Vendors, stack: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(here, "engine", lambda _: "there")
    if getattr(planned(stack)[0].spec.parts.mail, "kind", "") == "ses-existing":
        vendors.answers["/v2/email/identities/lovia.life"] = Said({"VerifiedForSendingStatus": True})
    answers = found(visit(stack))
    assert states(answers) == {"failed": set(), "not known": set()}, answers
    changing = [one for one in vendors.asked if not one.startswith(("/", "Get", "Describe", "List"))]
    assert not changing
    assert vendors.methods <= {"GET", "HEAD", "POST"}


def test_what_is_needed_is_counted_in_the_plan(vendors: Vendors) -> None:
    answers = found(visit("services-fargate"))
    assert answers["vpcs"].found == "19 available, 1 needed"
    # Five services of which a roll-out runs two, and one that is never there twice.
    made = planned("services-fargate")[1]
    units = {
        one.name: float(one.inputs["cpu"]) / 1024 for one in made if one.type.endswith(":TaskDefinition")
    }
    assert quotas.vcpus("FARGATE")(made) == (
        2 * (units["chat-account"] + units["chat-authorization"] + units["chat-presence"])
        + 2 * (6 * units["chat-ddp-streamer"] + 3 * units["chat-rocketchat"])
        + units["chat-nats"]
    )
    assert answers["fargate"].found == "18 available, 27.25 needed (20 allowed, 2 in use)"
    assert "--quota-code L-3032A538 --desired-value N --region eu-central-1" in answers["fargate"].remedy


def test_spot_and_on_demand_are_two_quotas(vendors: Vendors) -> None:
    answers = found(visit("lovia-fargate"))
    assert answers["fargate"].found == "18 available, 2 needed"
    assert answers["fargate-spot"].found == "18 available, 2 needed"


def test_what_is_deployed_is_not_needed_again(vendors: Vendors) -> None:
    vendors.answers["DescribeVpcs"] = ec2("DescribeVpcs", items("vpcSet", *["<vpcId>v</vpcId>"] * 20))
    new, there = visit("lovia-fargate"), visit("lovia-fargate")
    there.deployed = there.planned
    assert found(new)["vpcs"].found == "0 available, 1 needed (20 allowed, 20 in use)"
    assert found(there)["vpcs"].found == "0 available, 0 needed"
    new.state_unknown = "nobody is logged in"
    answer = found(new)["vpcs"]
    assert (answer.state, answer.found) == (
        "not known",
        "0 available, 1 needed, or less where the stack is deployed already (nobody is logged in)",
    )


CASES: dict[str, tuple[str, dict[str, Said], str, str, str]] = {
    "too few addresses": (
        "lovia-fargate",
        {"GetServiceQuota": quota(1)},
        "addresses",
        "failed",
        "0 available, 1 needed (1 allowed, 1 in use)",
    ),
    "the default, where an account has no other": (
        "lovia-fargate",
        {"GetServiceQuota": error("NoSuchResourceException"), "GetAWSDefaultServiceQuota": quota(5)},
        "vpcs",
        "ok",
        "4 available, 1 needed",
    ),
    "a permission that lacks": (
        "lovia-fargate",
        {"GetServiceQuota": error("AccessDeniedException")},
        "nat",
        "not known",
        "1 needed; these credentials may not call service-quotas:GetServiceQuota",
    ),
    "credentials that are over": (
        "lovia-fargate",
        {
            "GetCallerIdentity": Said(
                "<ErrorResponse><Error><Code>ExpiredToken</Code></Error></ErrorResponse>", 403
            )
        },
        "aws",
        "failed",
        "AWS refuses the credentials (ExpiredToken)",
    ),
    "AWS that asks to slow down": (
        "lovia-fargate",
        {"GetServiceQuota": error("TooManyRequestsException", 429)},
        "vpcs",
        "not known",
        "1 needed; AWS asks to slow down (service-quotas:GetServiceQuota); try again",
    ),
    "a page in the place of AWS": (
        "lovia-fargate",
        {"GetCallerIdentity": Said("<html><p>Sign in<br></html>")},
        "aws",
        "not known",
        "something else than AWS answers sts:GetCallerIdentity: is there a proxy between?",
    ),
    "AWS that does not answer": (
        "lovia-fargate",
        {"/v2/email/account": Said(wait=1.5)},
        "ses",
        "not known",
        "sesv2:GetAccount: Read timeout on endpoint URL",
    ),
    "the sandbox of SES": (
        "lovia-fargate",
        {"/v2/email/account": Said({"ProductionAccessEnabled": False})},
        "ses",
        "failed",
        "SES is in its sandbox in ap-southeast-1",
    ),
    "mail that AWS stopped": (
        "lovia-fargate",
        {"/v2/email/account": Said({"ProductionAccessEnabled": True, "SendingEnabled": False})},
        "ses",
        "failed",
        "SES sends nothing in ap-southeast-1",
    ),
    "a domain that SES has already": (
        "lovia-fargate",
        {"/v2/email/identities/lovia.life": Said({"VerifiedForSendingStatus": True})},
        "ses-identity",
        "failed",
        "lovia.life is in SES in ap-southeast-1 already, and would be refused a second time",
    ),
    "a bucket that somebody has": (
        "lovia-fargate",
        {"/media-chat.lovia.life": Said(status=403)},
        "buckets",
        "failed",
        "the bucket media-chat.lovia.life is somebody else's, or closed to these credentials",
    ),
    "a bundle that Lightsail has given up": (
        "soluvas-lightsail",
        {"GetBundles": Said({"bundles": [{"bundleId": "medium_3_0", "isActive": False}]})},
        "lightsail",
        "failed",
        "ap-southeast-1 does not offer the bundle medium_3_0",
    ),
    "a zone that Lightsail lacks": (
        "soluvas-lightsail",
        {
            "GetRegions": Said(
                {"regions": [{"name": "ap-southeast-1", "availabilityZones": [{"zoneName": "b"}]}]}
            )
        },
        "lightsail",
        "failed",
        "Lightsail has no zone ap-southeast-1a; it has b",
    ),
    "five addresses of Lightsail": (
        "soluvas-lightsail",
        {"GetStaticIps": Said({"staticIps": [{"name": str(each)} for each in range(5)]})},
        "lightsail-addresses",
        "failed",
        "0 available, 1 needed (5 allowed, 5 in use)",
    ),
    "a machine that Atlas does not let in": (
        "lovia-fargate",
        {
            f"{ATLAS}/orgs/5f0c1d2e3b4a59687f6e5d4c": Said(
                {
                    "error": 403,
                    "errorCode": "IP_ADDRESS_NOT_ON_ACCESS_LIST",
                    "detail": "IP address 192.0.2.9 is not allowed to access this resource.",
                },
                403,
            )
        },
        "atlas",
        "failed",
        "Atlas refuses this machine: IP address 192.0.2.9 is not allowed to access this resource.",
    ),
    "a key that Atlas does not know": (
        "lovia-fargate",
        {f"{ATLAS}/orgs/5f0c1d2e3b4a59687f6e5d4c": Said({"error": 401, "detail": "no"}, 401)},
        "atlas",
        "failed",
        "Atlas refuses the key",
    ),
    "an organization without room": (
        "lovia-fargate",
        {f"{ATLAS}/orgs/5f0c1d2e3b4a59687f6e5d4c/groups": Said({"totalCount": 250})},
        "atlas",
        "failed",
        "0 available, 1 needed (250 allowed, 250 in use)",
    ),
    "a size that Atlas has not there": (
        "lovia-fargate",
        {f"{ATLAS}/groups/g1/clusters/provider/regions": Said({"results": []})},
        "atlas-tiers",
        "failed",
        "Atlas has no M20 in AP_SOUTHEAST_1 of AWS",
    ),
    "a cluster with another MongoDB": (
        "soluvas-lightsail",
        {
            f"{ATLAS}/groups/5f0c1d2e3b4a59687f6e5d4d/clusters/lovia-sg": Said(
                {"mongoDBVersion": "7.0.1", "stateName": "IDLE"}
            )
        },
        "atlas",
        "failed",
        "lovia-sg has MongoDB 7.0.1, and Rocket.Chat 8.9.0 runs on 8.0, 8.2",
    ),
    "a cluster that is paused": (
        "soluvas-lightsail",
        {
            f"{ATLAS}/groups/5f0c1d2e3b4a59687f6e5d4d/clusters/lovia-sg": Said(
                {"mongoDBVersion": "8.0.1", "stateName": "IDLE", "paused": True}
            )
        },
        "atlas",
        "failed",
        "lovia-sg is paused",
    ),
    "Atlas with HTML": (
        "soluvas-lightsail",
        {
            f"{ATLAS}/groups/5f0c1d2e3b4a59687f6e5d4d/clusters/lovia-sg": Said(
                "<h1>Maintenance</h1>", kind="text/html"
            )
        },
        "atlas",
        "not known",
        "with text/html instead of JSON: is it MongoDB Atlas that answers, or a proxy between?",
    ),
    "a token that Cloudflare refuses": (
        "lovia-fargate",
        {
            key: Said({"success": False, "errors": [{"code": 1000, "message": "Invalid API Token"}]}, 403)
            for key in ("/client/v4/user/tokens/verify", "/client/v4/zones")
        },
        "cloudflare",
        "failed",
        "Cloudflare refuses the token: Invalid API Token",
    ),
    "a token of an account": (
        "lovia-fargate",
        {
            "/client/v4/user/tokens/verify": Said(
                {"success": False, "errors": [{"message": "Invalid API Token"}]}, 401
            )
        },
        "cloudflare",
        "ok",
        "the token is an account's, and reads the zone",
    ),
    "a zone that the token does not see": (
        "lovia-fargate",
        {"/client/v4/zones": Said({"success": True, "result": []})},
        "cloudflare-zone",
        "failed",
        "the token sees no zone lovia.life",
    ),
    "a token that may only read": (
        "lovia-fargate",
        {
            "/client/v4/zones": Said(
                {
                    "success": True,
                    "result": [{"id": "z1", "name": "lovia.life", "permissions": ["#zone:read"]}],
                }
            )
        },
        "cloudflare-zone",
        "failed",
        "the token may not change records of lovia.life",
    ),
    "a zone that nobody delegates": (
        "lovia-fargate",
        {
            "/client/v4/zones": Said(
                {"success": True, "result": [{"id": "z1", "name": "lovia.life", "status": "pending"}]}
            )
        },
        "cloudflare-zone",
        "failed",
        "the zone lovia.life is pending",
    ),
    "a record that is there": (
        "lovia-fargate",
        {
            "/client/v4/zones/z1/dns_records": Said(
                {
                    "success": True,
                    "result": [
                        {"name": "chat.lovia.life", "type": "A", "content": "192.0.2.7"},
                        {"name": "_dmarc.lovia.life", "type": "TXT", "content": '"v=DMARC1; p=none"'},
                        {
                            "name": "bounce.lovia.life",
                            "type": "TXT",
                            "content": '"google-site-verification=x"',
                        },
                    ],
                }
            )
        },
        "records",
        "failed",
        '2 would be overwritten or refused: _dmarc.lovia.life (TXT "v=DMARC1; p=none"), chat.lovia.life (A 192.0.2.7)',
    ),
    "an account of DigitalOcean that is closed": (
        "family-host",
        {"/v2/account": Said({"account": {"status": "locked", "status_message": "unpaid"}})},
        "digitalocean",
        "failed",
        "the account is locked: unpaid",
    ),
    "a token that DigitalOcean refuses": (
        "family-host",
        {"/v2/account": Said({"id": "Unauthorized", "message": "Unable to authenticate you"}, 401)},
        "digitalocean",
        "failed",
        "DigitalOcean refuses the token: Unable to authenticate you",
    ),
    "DigitalOcean that asks to slow down": (
        "family-host",
        {"/v2/account": Said({"message": "API rate limit exceeded"}, 429, {"Retry-After": "3000"})},
        "digitalocean",
        "not known",
        "DigitalOcean: /v2/account: the server asks to slow down (429), for 3000 s more",
    ),
    "DigitalOcean that fails": (
        "family-host",
        {"/v2/sizes": Said({"message": "Server Error"}, 500)},
        "digitalocean-sizes",
        "not known",
        "DigitalOcean fails itself: /v2/sizes answers 500; try again",
    ),
    "an answer that is not as described": (
        "family-host",
        {"/v2/droplets": Said({"droplets": []})},
        "digitalocean-droplets",
        "not known",
        "1 needed; the answer is not as described (KeyError: 'meta')",
    ),
    "a size that is sold out": (
        "family-host",
        {"/v2/sizes": Said({"sizes": [{"slug": "s-4vcpu-8gb", "available": True, "regions": ["sgp1"]}]})},
        "digitalocean-sizes",
        "failed",
        "sgp1 has no s-2vcpu-4gb to give at present",
    ),
    "too many nodes": (
        "lovia-doks",
        {"/v2/droplets": Said({"meta": {"total": 22}})},
        "digitalocean-droplets",
        "failed",
        "3 available, 4 needed (25 allowed, 22 in use)",
    ),
    "a version that is no longer made": (
        "lovia-doks",
        {
            "/v2/kubernetes/options": Said(
                {"options": {"versions": [{"slug": "1.38.0-do.0"}], "regions": [{"slug": "sgp1"}]}}
            )
        },
        "digitalocean-kubernetes",
        "failed",
        "DigitalOcean makes no clusters of Kubernetes 1.36.3-do.1 any more",
    ),
    "a zone that another account has": (
        "services-fargate",
        {f"{ROUTE53}/hostedzonesbyname": zones("example.org")},
        "route53-zone",
        "failed",
        "Route 53 has no public zone example.com in this account",
    ),
    "two zones of one name": (
        "services-fargate",
        {f"{ROUTE53}/hostedzonesbyname": zones("example.com", "example.com")},
        "route53-zone",
        "failed",
        "2 zones are called example.com: Z1, Z2",
    ),
    "an image that is not there": (
        "lovia-fargate",
        {"/v2/rocketchat/rocket.chat/manifests/8.9.0": Said({"errors": [{"code": "MANIFEST_UNKNOWN"}]}, 404)},
        "images",
        "failed",
        "has no rocketchat/rocket.chat:8.9.0",
    ),
    "a registry that is away": (
        "lovia-fargate",
        {"/v2/rocketchat/rocket.chat/manifests/8.9.0": Said("<h1>away</h1>", 503)},
        "images",
        "not known",
        "answers 503 for rocketchat/rocket.chat:8.9.0",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_vendor_that_refuses_or_fails_is_told_of(
    vendors: Vendors, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack, answers, name, state, words = CASES[case]
    vendors.answers |= answers
    one = visit(stack)
    wanted = {name, "aws"} if one.aws is not None and name != "aws" else {name}
    asked = [each for each in run.questions(one) if each.name in wanted]
    monkeypatch.setattr(run, "questions", lambda _: asked)
    outcome = found(one)[name]
    assert (outcome.state, words in outcome.found) == (state, True), outcome
    assert bool(outcome.remedy) == (state == "failed")
    told = json.dumps(outcome.to_json())
    assert not [secret for secret in SECRETS.values() if secret in told and secret.startswith("canary")]


def test_a_zone_in_another_account_is_read_with_its_role(vendors: Vendors) -> None:
    role = {"arn": "arn:aws:iam::123456789012:role/dns", "externalId": "chat"}

    def told(**account: Any) -> Outcome:
        one = visit("services-fargate")
        values = values_of("services-fargate")
        values["rocketchat:dns"]["aws"] = {"assumeRole": role, **account}
        one.spec = parse(values, planned("services-fargate")[0].secret_keys, source="a test")
        [question] = [each for each in run.questions(one) if each.name == "route53-zone"]
        return asyncio.run(run._outcome(question, one, None))

    answer = told(allowedAccounts=["123456789012"])
    assert (answer.state, answer.found) == ("ok", "example.com is in the account 123456789012 (Z1)")
    assert vendors.asked == ["AssumeRole", "GetCallerIdentity", f"{ROUTE53}/hostedzonesbyname"]
    vendors.answers["GetCallerIdentity"] = query("GetCallerIdentity", "<Account>999999999999</Account>")
    assert told(allowedAccounts=["123456789012"]).state == "failed"
    vendors.answers["AssumeRole"] = Said(
        "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>", 403
    )
    answer = told()
    assert (answer.state, f"the role {role['arn']} is not taken on" in answer.found) == ("not known", True)


def test_without_any_credentials_what_is_needed_is_still_told(
    vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in SECRETS:
        monkeypatch.delenv(key)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")

    async def unknown(_: Visit) -> str:
        raise NotChecked("no DNS here")

    monkeypatch.setattr(records, "conflicts", unknown)
    answers = found(visit("lovia-fargate"))
    assert not states(answers)["failed"] - {"engine"}
    assert answers["aws"].found.startswith("no credentials of AWS are found")
    assert str(answers["vpcs"]) == "? VPCs: not known: 1 needed; see AWS"
    assert "CLOUDFLARE_API_TOKEN" in answers["cloudflare"].found


def test_records_at_digitalocean_are_read_with_their_whole_names(vendors: Vendors) -> None:
    told = [
        {"name": "@", "type": "A", "data": "192.0.2.7"},
        {"name": "chat", "type": "CNAME", "data": "x.example"},
    ]
    vendors.answers["/v2/domains/lovia.life/records"] = Said({"domain_records": told})
    read = asyncio.run(digitalocean.records(visit("family-host"), "lovia.life"))
    assert read == [("lovia.life", "A", "192.0.2.7"), ("chat.lovia.life", "CNAME", "x.example")]
    vendors.answers["/v2/domains/lovia.life/records"] = Said({"id": "not_found", "message": "none"}, 404)
    with pytest.raises(NotChecked, match=r"no domain lovia\.life"):
        asyncio.run(digitalocean.records(visit("family-host"), "lovia.life"))


def test_a_clock_that_is_wrong_is_told_by_the_servers_that_answer(vendors: Vendors) -> None:
    vendors.skew = 400
    answer = found(visit("lovia-fargate"))["clock"]
    assert answer.state == "failed"
    assert answer.found in {"this machine's clock is 400 s slow", "this machine's clock is 399 s slow"}


def test_credentials_of_another_account_than_the_stacks_are_refused(vendors: Vendors) -> None:
    one = visit("lovia-fargate")
    one.account = "456789012345"
    assert (
        found(one)["aws"].found
        == "the credentials are those of 123456789012, and the stack is in 456789012345"
    )


def test_secrets_and_releases_that_will_not_do_are_told_with_the_command(vendors: Vendors) -> None:
    one = visit("lovia-fargate")
    one.unset = frozenset({"rocketchat:oidcClientSecret"})
    one.spec = replace(
        one.spec, release=replace(one.spec.release, version="8.6.1", supported_until="2026-01")
    )
    assert "pulumi config set --secret rocketchat:oidcClientSecret" in found(one)["secrets"].remedy
    assert found(one)["release"].state == "failed"


CLIENT = "rocketchat:oidcClientSecret"
OTHERS = "error: could not decrypt configuration value: : cipher: message authentication failed"
NO_KEY = "error: passphrase must be set with PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE"
CANARY = "canary-3kXw81"


@pytest.mark.parametrize(
    ("script", "state", "said"),
    [
        (f"echo '{OTHERS}' >&2; exit 255", "failed", "cannot be decrypted with this stack's key"),
        (f"echo '{NO_KEY}' >&2; exit 255", "not known", "passphrase must be set"),
        ("echo", "failed", "the secret is empty"),
        ("echo '${CLIENT_SECRET}'", "failed", "placeholder, which nothing has filled in"),
        (f"echo {CANARY}", "ok", "all that the stack needs are set"),
        (None, "not known", "there is no Pulumi CLI"),
    ],
    ids=["another key's", "no passphrase", "empty", "not filled in", "set", "no CLI"],
)
def test_a_secret_that_is_there_but_cannot_be_used_is_not_told_as_set(
    script: str | None, state: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "Pulumi.lovia-fargate.yaml"
    file.write_bytes(before := path_of("lovia-fargate").read_bytes())
    fake = tmp_path / "pulumi"
    # Like the CLI it writes its new salt into the file that it is given.
    fake.write_text(
        f'#!/bin/sh\nwhile [ "$1" != --config-file ]; do shift; done; echo "encryptionsalt: x" >> "$2"\n{script}\n'
    )
    fake.chmod(0o755)
    monkeypatch.setattr(command_line, "find_engine", lambda: script and Cli(fake, "3.259.0"))
    one = visit("lovia-fargate")
    one.credentials = replace(one.credentials, secure=frozenset({CLIENT}), file=file)
    answer = asyncio.run(
        run._outcome(next(each for each in run.questions(one) if each.name == "secrets"), one, None)
    )
    assert (answer.state, said in answer.found) == (state, True), answer
    assert (f"pulumi config set --secret {CLIENT}" in answer.remedy) is (state == "failed")
    assert CANARY not in str(answer)
    assert file.read_bytes() == before


@needs_engine
def test_the_placeholder_of_a_committed_stack_file_is_told_and_the_file_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path}")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "right")
    cli_ = find_engine()
    assert cli_ is not None
    file = tmp_path / "Pulumi.lovia-fargate.yaml"
    file.write_bytes(before := path_of("lovia-fargate").read_bytes())
    project = tmp_path / "project"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("{name: rocketchat, runtime: yaml}\n")
    subprocess.run(  # noqa: S603
        [cli_.path, "stack", "init", "lovia-fargate"], cwd=project, check=True, capture_output=True
    )
    one = visit("lovia-fargate")
    own = replace(one.credentials, secure=frozenset({CLIENT}), file=file)
    with pytest.raises(NotDecryptedError):
        own.decrypted(CLIENT)
    assert file.read_bytes() == before
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE")
    with pytest.raises(NotChecked, match="passphrase") as told:
        own.decrypted(CLIENT)
    assert not isinstance(told.value, NotDecryptedError)


def test_of_a_state_secrets_and_what_is_being_deleted_do_not_count() -> None:
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "canary"}
    urn = "urn:pulumi:s::rocketchat::aws:ec2/vpc:Vpc::"
    state = State(
        3,
        {
            "resources": [
                {"urn": f"{urn}a", "type": "aws:ec2/vpc:Vpc", "custom": True, "inputs": {"one": secret}},
                {"urn": f"{urn}b", "type": "aws:ec2/vpc:Vpc", "custom": True, "delete": True},
                {"urn": f"{urn}c", "type": "rocketchat:x:Y", "custom": False},
            ]
        },
    )
    assert needs.of_state(state) == [Made("aws:ec2/vpc:Vpc", "a", {"one": None}, {})]


@pytest.mark.recorded
def test_the_command_prints_a_line_for_each_and_ends_by_what_was_found(
    vendors: Vendors, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(needs, "deployed", lambda _: None)
    planned = {name: plan(name) for name in ("family-host", "lovia-fargate")}
    monkeypatch.setattr(planning, "plan", lambda loaded: planned[loaded.name])
    vendors.answers["GetMetricStatistics"] = used(19)
    assert cli.main(["doctor", "family-host"]) == 0
    printed = capsys.readouterr().out
    assert not recordings.differs("doctor family-host", printed), "run `make docs`"
    lines = printed.splitlines()
    assert "✓ DigitalOcean droplets: 23 available, 1 needed" in lines
    assert cli.main(["doctor", "lovia-fargate", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert {one["check"] for one in told["checks"] if one["state"] == "failed"} == {"fargate", "fargate-spot"}
    assert told["ok"] is False
    assert cli.main(["doctor", "lovia-fargat"]) == 1
    assert "lovia-fargate" in capsys.readouterr().err
