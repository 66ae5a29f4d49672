"""The plan as a value, its tree, golden plans, and the command line."""

import toy  # before the SDKs, which its component makes import one file at a time

# isort: split

import asyncio
import base64
import gc
import json
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from rich.console import Console

import rehearsal.__main__ as command
from automation import pulumi_cli
from command import cli as command_line
from command.shared import Status
from components.base import Component
from rehearsal import canaries, golden, show, summary
from rehearsal.backend import rehearsal_backend
from rehearsal.errors import RehearsalError
from rehearsal.plan import Plan, PlannedResource, Program, find_leaks, plan_program

KEYS = {
    *("type", "name", "urn", "parent", "custom", "id", "inputs", "outputs"),
    *("secretPaths", "propertyDependencies", "protect", "options"),
}


@pytest.fixture(scope="module")
def planned() -> Plan:
    return plan_program(toy.program, stack="toy", config=toy.CONFIG, secret_keys=toy.SECRET_KEYS)


def one(plan: Plan, name: str) -> PlannedResource:
    (found,) = [resource for resource in plan.resources if resource.name == name]
    return found


def fails(program: Program, match: str) -> None:
    with pytest.raises(RehearsalError, match=match):
        plan_program(program, stack="toy", config=toy.CONFIG, secret_keys=toy.SECRET_KEYS)


def test_the_json_of_a_plan_is_a_list_of_objects_with_just_the_agreed_keys(planned: Plan) -> None:
    listed = json.loads(planned.text())
    assert {frozenset(resource) for resource in listed} == {frozenset(KEYS)}
    assert {"pulumi:pulumi:Stack", "pulumi:providers:aws", "rocketchat:index:Toy"} <= {
        resource["type"] for resource in listed
    }
    assert [resource["urn"] for resource in listed] == sorted(resource["urn"] for resource in listed)


def test_urns_are_those_of_the_engine(planned: Plan) -> None:
    assert one(planned, "toy-vpc").urn == (
        "urn:pulumi:toy::rocketchat::rocketchat:index:Toy$aws:ec2/vpc:Vpc::toy-vpc"
    )
    assert one(planned, "toy").parent == planned.root.urn


def test_property_names_are_pulumis_own_and_options_are_there(planned: Plan) -> None:
    user = one(planned, "toy-user").to_json()
    assert user["inputs"]["authDatabaseName"] == "admin"
    assert user["protect"] is True
    assert user["options"]["retainOnDelete"] is True
    assert user["options"]["ignoreChanges"] == ["labels"]
    assert user["propertyDependencies"]["password"] == [one(planned, "toy-password").urn]
    assert one(planned, "toy-value").options["dependsOn"] == [one(planned, "toy-vpc").urn]
    assert one(planned, "toy-vpc").options["provider"] == one(planned, "aws").urn
    assert one(planned, "toy-vpc").protect is False


def test_a_providers_region_and_default_tags_reach_its_resources(planned: Plan) -> None:
    vpc = one(planned, "toy-vpc")
    assert vpc.outputs["tagsAll"] == {"Project": "toy", "Part": "net"}
    assert ":ap-southeast-1:" in vpc.outputs["arn"]
    assert planned.outputs["zones"][0] == "ap-southeast-1a"


def test_secret_values_are_masked_and_their_paths_told(planned: Plan) -> None:
    assert one(planned, "toy-password").secret_paths == ("outputs.bcryptHash", "outputs.result")
    assert one(planned, "toy-user").secret_paths == ("inputs.password", "outputs.password")
    assert one(planned, "toy-value").to_json()["inputs"]["secretString"] == "[secret]"
    assert planned.outputs["password"] == planned.outputs["token"] == "[secret]"
    password = one(planned, "toy-password").outputs["result"]
    assert len(password) == 24
    for shown in (planned.text(), repr(planned), str(planned.resources)):
        assert password not in shown
        assert toy.SECRET not in shown


def test_the_scan_finds_no_leak_where_there_is_none_and_knows_all_secrets(planned: Plan) -> None:
    assert set(planned.secrets) == {
        "configuration rocketchat:smtpPassword",
        "toy-password bcryptHash",
        "toy-password result",
    }
    assert find_leaks(planned) == []


@pytest.mark.parametrize("form", ["{}", "mongodb://u:{}@host", "{}=="])
def test_the_scan_finds_a_secret_in_an_input(form: str) -> None:
    def leak() -> None:
        token = pulumi.Config("rocketchat").require("smtpPassword")
        aws.ec2.Vpc("net", cidr_block="10.0.0.0/16", tags={"Token": form.format(token)})

    plan = plan_program(leak, stack="toy", config=toy.CONFIG, secret_keys=toy.SECRET_KEYS)
    assert find_leaks(plan) == [
        f"net (aws:ec2/vpc:Vpc) {part}: configuration rocketchat:smtpPassword"
        for part in ("inputs", "outputs")
    ]


def test_the_scan_finds_a_secret_in_base64_in_an_output_and_in_the_log() -> None:
    def leak() -> None:
        token = pulumi.Config("rocketchat").require("smtpPassword")
        pulumi.log.info(f"the token is {token}")
        pulumi.export("config", "Y2FuYXJ5LTNiMWYwYzZlN2ExMA==")

    plan = plan_program(leak, stack="toy", config=toy.CONFIG, secret_keys=toy.SECRET_KEYS)
    assert find_leaks(plan) == [
        "log info: configuration rocketchat:smtpPassword",
        "rocketchat-toy (pulumi:pulumi:Stack) outputs: configuration rocketchat:smtpPassword",
    ]


def test_a_failing_apply_is_not_swallowed() -> None:
    def program() -> None:
        vpc = aws.ec2.Vpc("net", cidr_block="10.0.0.0/16")
        vpc.id.apply(lambda _: 1 / 0)

    fails(program, "ZeroDivisionError: division by zero")


def test_all_resources_that_the_stand_ins_refuse_are_told_together() -> None:
    def program() -> None:
        aws.ec2.Vpc("one", cidr_block="10.0.0.0/99")
        pulumi.CustomResource("aws:ec2/vpcs:Vpcs", "two", {"a": 1})

    fails(program, r"(?s)one .*10\.0\.0\.0/99.*\ntwo: the stand-ins do not know the resource type")


def test_two_resources_of_one_name_are_refused_as_the_engine_would() -> None:
    def program() -> None:
        for _ in range(2):
            aws.ec2.Vpc("net", cidr_block="10.0.0.0/16")

    fails(program, "two resources of type aws:ec2/vpc:Vpc under one parent are called net")


def test_an_unknown_lookup_is_refused() -> None:
    fails(lambda: pulumi.export("x", aws.get_ip_ranges_output(services=["ec2"]).id), "do not know the lookup")


@pytest.mark.slow
def test_a_run_errors_message_passes_unchanged_and_a_secret_in_a_message_does_not() -> None:
    def stop() -> None:
        raise pulumi.RunError("rocketchat:chat.host is missing")

    def tell() -> None:
        encoded = base64.b64encode(toy.SECRET.encode()).decode()
        raise ValueError(f"bad token {toy.SECRET} or {encoded}")

    fails(stop, "^rocketchat:chat.host is missing$")
    fails(tell, r"^ValueError: bad token \[secret\] or \[secret\]$")


def test_an_error_that_lists_problems_passes_as_it_is() -> None:
    class BrokenError(Exception):
        problems = ("a", "b")

    def program() -> None:
        raise BrokenError

    with pytest.raises(BrokenError):
        plan_program(program, stack="toy")


def test_a_component_that_never_registers_its_outputs_is_known() -> None:
    class Careless(Component):
        """Forgets."""

        def __init__(self) -> None:
            super().__init__("Careless", "careless", {})

    def program() -> None:
        Careless()

    plan = plan_program(program, stack="toy")
    assert one(plan, "careless").registered_outputs is False
    assert plan.root.registered_outputs is True


def test_plans_leave_nothing_behind_in_the_process() -> None:
    before = pulumi.get_stack(), pulumi.runtime.settings.get_root_resource()
    plan_program(toy.program, stack="left", config=toy.CONFIG, secret_keys=toy.SECRET_KEYS)
    assert (pulumi.get_stack(), pulumi.runtime.settings.get_root_resource()) == before
    assert pulumi.Config("rocketchat").get("token") is None


def test_a_plan_can_be_made_while_a_loop_runs() -> None:
    async def inside() -> Plan:
        return plan_program(toy.program, stack="toy", config=toy.CONFIG, secret_keys=toy.SECRET_KEYS)

    assert len(asyncio.run(inside()).resources) == toy.COUNT


PLANS = 10


def growth(text: str) -> int:
    """Plan again and again, expecting this text; return how many objects are left behind."""

    def count() -> int:
        plan = plan_program(toy.program, stack="toy", config=toy.CONFIG, secret_keys=toy.SECRET_KEYS)
        assert plan.text() == text
        del plan
        gc.collect()
        return len(gc.get_objects())

    for _ in range(3):
        settled = count()
    for _ in range(PLANS):
        last = count()
    return last - settled


@pytest.mark.slow
def test_many_plans_in_one_process_are_equal_and_do_not_grow(planned: Plan) -> None:
    # In a process of its own: in this one, what other tests have started may still be at work.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
        assert alone.submit(growth, planned.text()).result() < PLANS, "objects of earlier plans are kept"


def test_the_garbage_collector_is_on_again_after_a_plan_that_failed() -> None:
    fails(lambda: [][1], "IndexError")
    assert gc.isenabled()


def shown(write: Callable[[Console], None], width: int = 200) -> str:
    to = Console(width=width, record=True, file=open("/dev/null", "w"), highlight=False)  # noqa: PTH123, SIM115
    try:
        write(to)
        return to.export_text()
    finally:
        to.file.close()


CHECKS = [
    show.Check("nothing open", ok=False, evidence="port 22"),
    show.Check("zones agree", ok=True, evidence="example.com"),
    show.Check("push works", ok=True, evidence="", warnings=["push waits for a registration " * 9]),
]


def test_everything_of_a_plan_is_every_resource_its_purpose_and_no_secret(planned: Plan) -> None:
    text = shown(lambda to: show.show_everything(planned, to, checks=CHECKS))
    assert "toy Toy · A network with a database user" in text
    assert "aws.ec2.Vpc vpc · private network" in text
    assert "aws.secretsmanager.Secret secret · for tests" in text
    assert "2 secrets (bcryptHash, result)" in text
    assert "protected · kept on destroy" in text
    assert "ok  zones agree  example.com" in text
    assert "port 22" not in text
    narrow = shown(lambda to: show.show_everything(planned, to, checks=CHECKS), show.WIDTH)
    assert max(map(len, narrow.splitlines())) <= show.WIDTH
    assert all(
        resource.name.removeprefix("toy-") in text
        for resource in planned.resources
        if resource != planned.root
    )
    assert not any(secret in text for secret in planned.secrets.values())


@pytest.mark.parametrize("width", [40, 100])
def test_the_first_screen_says_what_failed_and_what_to_know_before_anything_that_passed(
    planned: Plan, width: int
) -> None:
    rows = [("address", "https://chat.example.com"), ("public", "ports 80 and 443 of the balancer " * 3)]
    text = shown(lambda to: show.show_first("toy", rows, CHECKS, planned, to), width)
    assert " ".join(text.split()).startswith("toy not valid: 1 check failed, 1 warning address")
    assert text.index("nothing open: port 22") < text.index("Warnings")
    assert "zones agree" not in text
    assert max(map(len, text.splitlines())) <= width
    passed = shown(lambda to: show.show_first("toy", rows, CHECKS[1:2], planned, to), width)
    assert passed.startswith("toy  valid: 1 check passed\n")
    assert "Warnings" not in passed


@pytest.mark.parametrize("width", [40, 100])
def test_each_component_is_one_line(planned: Plan, width: int) -> None:
    text = shown(lambda to: show.show_components(planned, to), width)
    components = [one for one in planned.resources if not one.custom and one != planned.root]
    assert len(text.strip().splitlines()) == 1 + len(components)
    assert max(map(len, text.splitlines())) <= width


@pytest.mark.parametrize("width", [30, 100])
def test_a_command_stands_in_one_line_as_it_is_typed(width: int) -> None:
    command = "pulumi config set --secret rocketchat:registrationToken --stack " + "a-long-name" * 9
    steps = [f"Set the secret, of which the description is rather long:\n{command}", f"or give it: {command}"]
    text = shown(lambda to: show.show_next(steps, to), width)
    assert [line.strip() for line in text.splitlines()].count(command) == 1
    assert f"   2.  or give it: {command}" in text.splitlines()


OPEN: list[tuple[str, dict[str, Any], str]] = [
    (
        "cloudflare:index/dnsRecord:DnsRecord",
        {"name": "chat.example.com", "type": "CNAME", "proxied": True},
        "chat.example.com through Cloudflare's proxy of toy",
    ),
    (
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        {"cidrIpv4": "0.0.0.0/0", "fromPort": 443, "toPort": 443},
        "port 443 of toy",
    ),
    (
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        {"cidrIpv6": "::/0", "fromPort": 1, "toPort": 99},
        "port 1-99 of toy",
    ),
    (
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        {"cidrIpv4": "10.0.0.0/8", "fromPort": 443, "toPort": 443},
        "",
    ),
    (
        "aws:lightsail/instancePublicPorts:InstancePublicPorts",
        {
            "portInfos": [
                {"fromPort": 80, "toPort": 80, "cidrs": ["0.0.0.0/0"]},
                {"fromPort": 22, "toPort": 22},
            ]
        },
        "ports 80 and 22 of toy",
    ),
    (
        "digitalocean:index/firewall:Firewall",
        {
            "inboundRules": [
                {"portRange": "80", "sourceAddresses": ["::/0"]},
                {"portRange": "22", "sourceAddresses": ["192.0.2.0/24"]},
            ]
        },
        "port 80 of toy",
    ),
    (
        "kubernetes:core/v1:Service",
        {"spec": {"type": "LoadBalancer", "ports": [{"port": 80}]}},
        "port 80 of toy",
    ),
    ("kubernetes:core/v1:Service", {"spec": {"type": "ClusterIP", "ports": [{"port": 80}]}}, ""),
    (
        "kubernetes:gateway.networking.k8s.io/v1:Gateway",
        {"spec": {"listeners": [{"port": 80}, {"port": 443}]}},
        "ports 80 and 443 of toy",
    ),
    ("kubernetes:helm.sh/v3:Release", {"values": {"ingress": {"enabled": False}}}, ""),
    ("kubernetes:helm.sh/v3:Release", {"values": {"ingress": {"enabled": True}}}, "ports 80 and 443 of toy"),
    ("aws:cloudfront/distribution:Distribution", {"aliases": ["a.example"]}, "the CDN a.example of toy"),
]


@pytest.mark.parametrize(("kind", "inputs", "told"), OPEN)
def test_the_first_screen_says_what_the_whole_internet_reaches(
    planned: Plan, kind: str, inputs: dict[str, Any], told: str
) -> None:
    parent = next(one for one in planned.resources if one.type == "rocketchat:index:Toy")
    opened = replace(
        planned.resources[-1], type=kind, name="toy-x", urn="x", parent=parent.urn, inputs=inputs, custom=True
    )
    assert summary.public(replace(planned, resources=(planned.root, parent, opened))) == (
        [told] if told else []
    )


def test_a_golden_plan_equals_its_own_plan_and_tells_changes_by_property(
    planned: Plan, tmp_path: Path
) -> None:
    assert all(line.startswith("+ ") for line in golden.write(planned, tmp_path))
    assert golden.compare(planned, tmp_path) == []
    changed = plan_program(
        lambda: toy.program(3), stack="toy", config={**toy.CONFIG}, secret_keys=toy.SECRET_KEYS
    )
    assert golden.compare(changed, tmp_path) == [
        "+ toy-subnet-2 (aws:ec2/subnet:Subnet)",
        "~ toy (rocketchat:index:Toy): inputs.subnets: 2 -> 3",
    ]
    fewer = replace(planned, resources=tuple(r for r in planned.resources if r.name != "toy-value"))
    assert golden.compare(fewer, tmp_path) == ["- toy-value (aws:secretsmanager/secretVersion:SecretVersion)"]


def test_documents_in_strings_are_compared_by_their_parts() -> None:
    old, new = ({"t::n": {"inputs": {"policy": golden.Json({"a": [one]})}}} for one in (1, 2))
    assert golden.difference(old, new) == ["~ n (t): inputs.policy.a[0]: 1 -> 2"]


@pytest.mark.parametrize(
    "value",
    [
        '{"a": [1, "x"]}',
        "[]",
        "{not a document",
        "two\nlines\n",
        " trailing \n",
        "yes",
        "1",
        "!json",
        "é\u2028",
        "",
    ],
)
def test_every_value_comes_back_from_a_golden_plan(value: str, planned: Plan, tmp_path: Path) -> None:
    root = replace(planned.root, outputs={"value": value})
    made = replace(planned, resources=(root,))
    golden.write(made, tmp_path)
    assert golden.read(made.stack, tmp_path) == golden.described(made)
    assert golden.compare(replace(made, resources=(replace(root, outputs={"value": f"{value}?"}),)), tmp_path)


def test_canaries_are_well_formed_distinct_and_the_same_everywhere() -> None:
    keys = (
        "rocketchat:smtpPassword",
        "cloudflare:apiToken",
        "rocketchat:mongodbUri",
        "rocketchat:fcmServiceAccount",
    )
    values = canaries.values(keys)
    assert len(set(values.values())) == len(keys)
    assert len(values["cloudflare:apiToken"]) == 40
    assert values["rocketchat:mongodbUri"].startswith("mongodb+srv://")
    assert json.loads(values["rocketchat:fcmServiceAccount"])["type"] == "service_account"


def test_the_engine_command_says_what_it_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pulumi_cli, "find_engine", lambda: pulumi_cli.Cli(Path("/opt/pulumi"), "3.259.0"))
    assert command_line.main(["engine"]) == 0
    assert "3.259.0" in capsys.readouterr().out
    assert command_line.main(["engine", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"path": "/opt/pulumi", "version": "3.259.0"}


def test_the_engine_command_ends_with_3_where_no_way_works(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pulumi_cli, "find_engine", lambda: None)
    monkeypatch.setattr(pulumi_cli, "_install", lambda _say: False)
    monkeypatch.setattr("shutil.which", lambda _name: None)
    assert command_line.main(["engine"]) == Status.NO_ENGINE
    told = capsys.readouterr()
    assert "Go is not installed" in told.out
    assert "No Pulumi CLI can be had here" in told.err
    assert command_line.main(["engine", "--json"]) == Status.NO_ENGINE
    assert json.loads(capsys.readouterr().out)["error"] == "no-engine"


def test_a_wrong_command_ends_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["golden", "no-such-stack"]) == 1
    told = capsys.readouterr()
    assert "no-such-stack" in told.err
    assert "Traceback" not in told.err + told.out


@pytest.mark.parametrize("kept", [True, False])
def test_what_is_kept_may_be_killed_and_what_goes_need_not_write_each_step(
    kept: bool, tmp_path: Path
) -> None:
    with rehearsal_backend(tmp_path if kept else None) as backend:
        assert backend.environment["PULUMI_SKIP_CHECKPOINTS"] == ("false" if kept else "true")
    with rehearsal_backend(checkpoints=True) as backend:
        assert backend.environment["PULUMI_SKIP_CHECKPOINTS"] == "false"
