"""The pack around the rules: where resources come from, waivers, reports, the command line, the engine's side."""

import datetime as dt
import functools
import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from engine_marks import needs_engine
from planning import planned_file
from policy_cases import CASES
from policy_world import CONFIG, DELETE, UNKNOWN, changed, put, urn, w, world
from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyCustomTimeouts,
    PolicyResource,
    PolicyResourceOptions,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.policy import _PolicyAnalyzerServicer
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, unknown_checking_proxy
from test_policy_rules import seen

from command import cli
from policy import NOT_KNOWN, adapters, docs, pack, report
from policy import tokens as t
from policy.asking import Asked
from policy.config import Config, Waiver
from policy.config_file import CONFIG_FILE, KEYS, ConfigError, load, overridden
from policy.judge import Report, judge, look
from policy.model import SECRET, Stack, Subject
from policy.pack import WAIVERS, policies
from policy.rule import Level, Needs
from policy.rules import BY_ID, RULES
from policy.sources import profile_of
from rehearsal.plan import Plan
from stacks import engine

TODAY = dt.date(2026, 11, 21)
ROOT = Path(__file__).parent.parent
STACKS = sorted(path.name.split(".")[1] for path in (ROOT / "stacks").glob("Pulumi.*.yaml"))


def waiver(rule: str, resource: str, expires: str = "2027-01-01") -> Waiver:
    return Waiver(
        rule=rule,
        resource=resource,
        reason="Only tried out here, for a week.",
        expires=dt.date.fromisoformat(expires),
    )


def judged(patch: Mapping[str, Any], *waivers: Waiver) -> Report:
    return judge(changed(patch), replace(CONFIG, waivers=waivers), stack="world", today=TODAY)


BAD = {"http defaultActions.0.type": "forward", "alb idleTimeout": 60, "https sslPolicy": UNKNOWN}


# What is judged


@functools.cache
def planned(stack: str) -> Plan:
    return planned_file(stack)


@pytest.mark.slow
@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_of_this_project_passes_with_nothing_mandatory(stack: str) -> None:
    configuration = load(stack, profile=profile_of(stack))
    found = judge(adapters.from_plan(planned(stack).resources), configuration, stack=stack)
    assert [(f.rule.id, f.subject.name, f.path) for f in found.blocking] == []
    assert found.expired == ()
    assert found.unused == ()
    assert found.resources == sum(one.custom for one in planned(stack).resources)


@pytest.mark.slow
@pytest.mark.parametrize("stack", STACKS)
def test_a_plan_from_a_file_is_judged_like_the_plan_itself(stack: str) -> None:
    config = load(stack)
    value = judge(adapters.from_plan(planned(stack).resources), config, stack=stack)
    file = judge(adapters.from_plan_json(json.loads(planned(stack).text())), config, stack=stack)
    assert file.resources == value.resources
    hidden = {(f.rule.id, f.subject.urn) for f in file.unknown}
    assert {(f.rule.id, f.subject.urn) for f in value.findings} - hidden <= {
        (f.rule.id, f.subject.urn) for f in file.findings
    }


def of_the_components() -> Iterator[tuple[str, str, list[str], Any]]:
    """Give the cases that change one property, for each resource that the reference stack makes of that type."""
    kinds = {subject.name: subject.type for subject in world().values()}
    made = {resource.type for resource in planned("lovia-fargate-cdn").resources}
    for rule, case in CASES.items():
        place = next(iter(case.patch), "")
        name, _, path = place.partition(" ")
        if len(case.patch) == 1 and path and kinds[name] in made and case.names == {name}:
            yield rule, kinds[name], path.split("|") if "|" in path else path.split("."), case.patch[place]


def test_a_safe_default_of_a_component_that_is_switched_off_is_seen() -> None:
    subjects = adapters.from_plan(planned("lovia-fargate-cdn").resources)
    fired, tried = set(), set()
    for rule, kind, path, value in of_the_components():
        if path[0] == "@":
            continue
        tried.add(rule)
        for position, subject in enumerate(subjects):
            if subject.type != kind:
                continue
            properties = json.loads(json.dumps(dict(subject.properties)))
            try:
                put(properties, path, value)
            except (KeyError, IndexError, TypeError, ValueError):
                continue
            mended = [*subjects[:position], with_properties(subject, properties), *subjects[position + 1 :]]
            if subject.name in seen(BY_ID[rule], Stack(mended), CONFIG)[0]:
                fired.add(rule)
                break
    assert len(tried) >= 100
    assert len(fired) >= 0.8 * len(tried), sorted(tried - fired)


def with_properties(subject: Subject, properties: dict[str, Any]) -> Subject:
    return Subject(**{**{key: getattr(subject, key) for key in Subject.__slots__}, "properties": properties})


def test_side_resources_are_joined_by_dependency_before_value() -> None:
    bucket = w("b", t.BUCKET, {"bucket": UNKNOWN})
    mine = w("mine", t.BUCKET_VERSIONING, {"bucket": UNKNOWN}, deps={"bucket": ["b"]})
    stack = Stack([bucket, mine, w("other", t.BUCKET_VERSIONING, {"bucket": "else"})])
    assert stack.referring(bucket, t.BUCKET_VERSIONING, "bucket") == [mine]
    assert stack.meant(mine, "bucket", t.BUCKET) == [bucket]


def test_side_resources_are_joined_by_value_where_no_dependency_is_known() -> None:
    bucket = w("b", t.BUCKET, {"bucket": "name"})
    mine = w("mine", "aws:s3/bucketVersioningV2:BucketVersioningV2", {"bucket": "name"})
    assert Stack([bucket, mine]).referring(bucket, t.BUCKET_VERSIONING, "bucket") == [mine]


def test_a_bucket_whose_side_resource_cannot_be_told_is_unknown() -> None:
    stack = Stack([w("b", t.BUCKET, {"bucket": "name"}), w("s", t.BUCKET_VERSIONING, {"bucket": UNKNOWN})])
    assert seen(BY_ID["s3-versioning"], stack) == (set(), {"b"})


def test_an_exported_state_is_judged_by_what_the_cloud_answered() -> None:
    provider = "urn:pulumi:s::p::pulumi:providers:aws::main"
    state = {
        "deployment": {
            "resources": [
                {"urn": provider, "type": "pulumi:providers:aws", "inputs": {"region": "eu-west-1"}},
                {
                    "urn": "urn:pulumi:s::p::aws:lb/loadBalancer:LoadBalancer::alb",
                    "type": t.LOAD_BALANCER,
                    "provider": f"{provider}::0a1b",
                    "inputs": {
                        "dropInvalidHeaderFields": True,
                        "name": {engine.SIGNATURE: engine.SECRET_SIGNATURE, "ciphertext": "x"},
                    },
                    "outputs": {"dropInvalidHeaderFields": False},
                    "protect": True,
                },
            ]
        }
    }
    subject = adapters.from_state(state)[1]
    assert subject.name == "alb"
    assert subject.properties["name"] == SECRET
    assert subject.secrets == frozenset({"name"})
    assert subject.provider == {"region": "eu-west-1"}
    assert seen(BY_ID["alb-drop-invalid-headers"], Stack([subject]))[0] == {"alb"}


def test_computed_properties_do_not_count_as_the_programs_own() -> None:
    group = w("g", t.SECURITY_GROUP, {"description": "x", "ingress": [{"protocol": "tcp"}]})
    rule = w("r", t.INGRESS_RULE, {"securityGroupId": "g-id"})
    assert seen(BY_ID["net-sg-single-style"], Stack([group, rule]))[0] == {"g"}
    computed = Subject(
        **{**{key: getattr(group, key) for key in Subject.__slots__}, "declared": frozenset({"description"})}
    )
    assert seen(BY_ID["net-sg-single-style"], Stack([computed, rule])) == (set(), set())


# Waivers and levels


def test_a_waiver_covers_its_finding_and_is_listed() -> None:
    found = judged(BAD, waiver("alb-http-redirect", "http"))
    assert "alb-http-redirect" not in {f.rule.id for f in found.findings}
    assert [(f.rule.id, f.waiver and f.waiver.reason) for f in found.waived] == [
        ("alb-http-redirect", "Only tried out here, for a week.")
    ]
    assert found.clean


def test_a_waiver_may_name_the_urn() -> None:
    assert judged(BAD, waiver("alb-http-redirect", urn("http"))).waived


def test_a_waiver_of_another_resource_covers_nothing_and_is_reported() -> None:
    found = judged(BAD, waiver("alb-http-redirect", "https"))
    assert not found.clean
    assert [one.resource for one in found.unused] == ["https"]


def test_a_waiver_past_its_day_is_an_error() -> None:
    found = judged({}, waiver("alb-http-redirect", "http", "2026-11-20"))
    assert not found.clean
    assert [one.rule for one in found.expired] == ["alb-http-redirect"]
    assert judged(BAD, waiver("alb-http-redirect", "http", "2026-11-21")).clean


def test_a_trial_is_spared_what_is_mandatory_in_production_only() -> None:
    subjects = changed({"vpc-flow": DELETE})
    assert [f.rule.id for f in judge(subjects, CONFIG).blocking] == ["net-flow-logs"]
    trial = judge(subjects, replace(CONFIG, environment="trial"))
    assert [f.rule.id for f in trial.advisory] == ["net-flow-logs"]
    assert trial.clean


def test_the_configuration_of_a_stack_adds_to_the_default(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    one = "{rule: net-flow-logs, resource: b, reason: long enough to be a reason, expires: 2027-01-01}"
    file.write_text(
        f"default: {{environment: trial, waivers: [{one}]}}\nstacks: {{x: {{maxNatGateways: 1, waivers: [{one}]}}}}\n"
    )
    found = load("x", file)
    assert (found.environment, found.maxNatGateways, len(found.waivers)) == ("trial", 1, 2)
    assert load("y", file).maxNatGateways == 3
    assert load("y", file, profile="production").production
    assert load("x", file).gives("registries") is False


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("default: [", "not YAML"),
        ("default: {waivers: [{expires: 2027-02-30}]}", "not YAML: day is out of range"),
        ("defaults: {}", "defaults"),
        ("default: {environment: staging}", "environment"),
        ("stacks: {x: {zzz: 1}}", r"stacks\.x\.zzz: there is no such key; allowed: environment, "),
        (
            "stacks: {other: {worldPorts: [80, https]}}",
            r"stacks\.other\.worldPorts\.1: must be a whole number",
        ),
        ("default: {maxNatGateways: -1}", r"default\.maxNatGateways: must not be below 0"),
        ("default: {requiredTags: Owner}", r"default\.requiredTags: must be a list"),
        ("default: {appPort: true}", r"default\.appPort: must be a whole number"),
        ("stacks: {x: {waivers: [{rule: a}]}}", r"waivers\.0\.reason: is missing"),
        ("default: {waivers: [{rule: no-such-rule}]}", "there is no rule 'no-such-rule'"),
        ("default: {waivers: [{reason: because}]}", r"reason: must have at least 20"),
        ("default: {waivers: [{expires: soon}]}", r"expires: must be a day"),
        ("default: {waivers: [{expires: '20270630'}]}", r"expires: must be a day"),
        ("default: {appPort: .inf}", r"default\.appPort: must be a whole number"),
        ("default: {appPort: .nan}", r"default\.appPort: must be a whole number"),
        ("default: {owner: \udcff}", "not UTF-8"),
        ("default: {waivers: [net-flow-logs]}", r"waivers\.0: must be a mapping"),
        ("default: {waivers: all}", r"default\.waivers: must be a list"),
        ("stacks: []", "stacks: must be a mapping"),
        ("just text", r"config\.yaml:1: the file: must be a mapping"),
        (
            "default:\n  appPort: 1\n  appPort: 2",
            r"yaml:3: default\.appPort: stands in line 2, too; keep one",
        ),
        ('{"default": {},\n "default": {}}', r"yaml:2: default: stands in line 1, too"),
        ("stacks:\n  x: {}\n  y: {}\n  x: {}", r"yaml:4: stacks\.x: stands in line 2, too"),
        ("\ndefault:\n  waivers:\n  - rule: a", r"yaml:4: default\.waivers\.0\.reason: is missing"),
        ("default:\n  enviroment: trial", r"yaml:2: .*did you mean environment\? allowed"),
        (
            "default: {waivers: [{rule: net-flow-log}]}",
            r"did you mean net-flow-logs\? docs/policies\.md lists",
        ),
        (f"default: {'[' * 2000}{']' * 2000}", "too deep"),
        ("&a {default: *a}", "must be|no such key"),
    ],
)
def test_a_configuration_that_cannot_be_used_says_where(tmp_path: Path, content: str, told: str) -> None:
    file = tmp_path / "config.yaml"
    file.write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(ConfigError, match=told):
        load("x", file)


def test_a_stack_that_is_misspelt_in_the_projects_configuration_is_told_with_the_nearest_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("stacks:\n  lovia-fargate: {}\n  lovia-fargte: {}\n")
    assert load("lovia-fargate", file).production  # of another project, whose stacks nobody knows here
    monkeypatch.setattr("policy.config_file.CONFIG_FILE", file)
    with pytest.raises(ConfigError, match=r"yaml:3: stacks\.lovia-fargte: .*did you mean lovia-fargate\?"):
        load("lovia-fargate", file)


def test_a_mapping_that_is_merged_in_the_configuration_is_no_key_twice(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("default: &usual\n  appPort: 1\nstacks:\n  x:\n    <<: *usual\n    appPort: 2\n")
    assert load("x", file).appPort == 2


def test_each_key_of_the_configuration_is_described_and_read() -> None:
    assert {*KEYS, "waivers"} == {one.name for one in fields(Config)}
    jsonschema.Draft202012Validator.check_schema({"properties": KEYS})
    usual = {key: json.loads(json.dumps(getattr(Config, key))) for key in KEYS}
    jsonschema.validate(usual, {"properties": KEYS, "additionalProperties": False})
    again = overridden(Config(), {**usual, "appPort": 3000.0})
    assert again == Config()
    assert again.gives("requiredTags")
    assert not Config().gives("requiredTags")


def test_a_configuration_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.yaml"):
        load("x", tmp_path / "nowhere.yaml")


# Reports


def reports() -> list[Report]:
    return [
        judged(BAD, waiver("alb-websocket-idle", "alb"), waiver("alb-waf", "alb", "2020-01-01")),
        judged({}),
    ]


def test_sarif_is_valid_against_its_schema_and_holds_every_finding() -> None:
    schema = json.loads((ROOT / "tests" / "data" / "sarif-2.1.0.schema.json").read_text("utf-8"))
    made = report.as_sarif(reports())
    jsonschema.validate(made, schema)
    results = made["runs"][0]["results"]
    assert {(one["ruleId"], one["kind"], one["level"]) for one in results} == {
        ("alb-http-redirect", "fail", "error"),
        ("alb-websocket-idle", "fail", "note"),
        ("alb-tls-policy", "open", "none"),
    }
    assert len(made["runs"][0]["tool"]["driver"]["rules"]) == len(RULES)
    assert all(
        made["runs"][0]["tool"]["driver"]["rules"][one["ruleIndex"]]["id"] == one["ruleId"] for one in results
    )
    assert [one["ruleId"] for one in results if "suppressions" in one] == ["alb-websocket-idle"]


def test_a_report_of_stacks_that_were_not_judged_is_none_of_a_clean_one() -> None:
    schema = json.loads((ROOT / "tests" / "data" / "sarif-2.1.0.schema.json").read_text("utf-8"))
    for reasons in ((), ("mine: chat.host is missing\nfix it",)):
        sarif = report.as_sarif([], reasons)
        jsonschema.validate(sarif, schema)
        assert sarif["runs"][0]["invocations"][0]["executionSuccessful"] is not bool(reasons)
        suites = ET.fromstring(report.as_junit([], reasons))  # noqa: S314 - our own text
        assert [one.text for one in suites.iter("error")] == list(reasons)
        assert ("### ❌ Not judged" in report.as_markdown([], reasons)) is bool(reasons)


def test_junit_has_a_case_for_each_rule_and_a_failure_for_each_that_blocks() -> None:
    suites = ET.fromstring(report.as_junit(reports()))  # noqa: S314 - our own text
    first, second = suites.findall("testsuite")
    assert {case.get("name") for case in first.iter("testcase") if case.find("failure") is not None} == {
        "alb-http-redirect",
        "alb-waf alb",
    }
    assert first.get("failures") == "2"
    assert {case.get("name") for case in first.iter("testcase") if case.find("skipped") is not None} == {
        "alb-tls-policy"
    }
    assert first.get("skipped") == "1"
    assert len(first.findall("testcase")) == int(str(first.get("tests")))
    assert second.get("failures") == "0"


def test_json_says_what_is_wrong_and_what_to_do() -> None:
    made = report.as_json(reports())
    assert not made["clean"]
    first = made["stacks"][0]["findings"][0]
    assert first["rule"] == "alb-http-redirect"
    assert first["path"] == "defaultActions[0].type"
    assert first["blocking"]
    assert first["fix"]
    assert made["stacks"][1]["clean"]
    assert json.loads(report.text(made)) == made


CANARY = "c4n4ry-s3cr3t-v4lu3"


@pytest.mark.parametrize("rule", CASES)
def test_no_value_is_ever_shown(rule: str) -> None:
    """Every text of every resource becomes a canary: whatever the rule then says, the canary is not in it."""

    def poisoned(value: Any) -> Any:
        if isinstance(value, str):
            return f"{CANARY}{value}"
        if isinstance(value, dict):
            return {key: poisoned(item) for key, item in value.items()}
        return [poisoned(item) for item in value] if isinstance(value, list) else value

    subjects = [
        with_properties(subject, poisoned(dict(subject.properties)))
        if subject.type in BY_ID[rule].types
        else subject
        for subject in changed(CASES[rule].patch)
    ]
    found = judge(subjects, CONFIG, stack="s", rules=[BY_ID[rule]])
    assert CANARY not in report.text(report.as_json([found]))


# The command line


@pytest.fixture
def plan_file(tmp_path: Path) -> Path:
    return written(tmp_path, changed({}))


def written(folder: Path, subjects: list[Subject]) -> Path:
    file = folder / "plan.json"
    file.write_text(
        json.dumps(
            [
                {
                    "type": one.type,
                    "name": one.name,
                    "urn": one.urn,
                    "id": one.id,
                    "inputs": one.properties,
                    "outputs": one.outputs,
                    "protect": one.protect,
                    "secretPaths": [f"outputs.{key}" for key in one.secrets or ()],
                    "propertyDependencies": one.dependencies,
                    "options": {},
                }
                for one in subjects
            ]
        )
    )
    return file


def test_a_clean_plan_ends_with_status_0_and_one_that_is_refused_with_1(tmp_path: Path) -> None:
    assert cli.main(["policy", "--plan", str(written(tmp_path, changed({})))]) == 0
    assert (
        cli.main(
            ["policy", "--plan", str(written(tmp_path, changed({"http defaultActions.0.type": "forward"})))]
        )
        == 1
    )


def test_the_files_asked_for_are_written(
    tmp_path: Path, plan_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = [tmp_path / "out" / name for name in ("a.json", "a.sarif", "a.xml")]
    wanted = ["--file", str(places[0]), "--sarif", str(places[1]), "--junit", str(places[2])]
    assert cli.main(["policy", "--plan", str(plan_file), *wanted, "world", "--all"]) == 0
    assert all(place.stat().st_size for place in places)
    assert "world (production) passes: 0 mandatory" in capsys.readouterr().out


def test_an_exported_state_is_judged_from_the_command_line(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    resource = {"urn": "urn:pulumi:s::p::aws:iam/userLoginProfile:UserLoginProfile::x", "type": t.IAM_LOGIN}
    file.write_text(json.dumps({"version": 3, "deployment": {"resources": [resource]}}))
    assert cli.main(["policy", "--state", str(file)]) == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["no-such-stack"], "stacks/Pulumi.no-such-stack.yaml: there is no such stack file"),
        (["--plan", "nowhere.json"], "nowhere.json"),
        (["--plan", __file__], "not JSON"),
        (["--config", "nowhere.yaml", "lovia-fargate"], "nowhere.yaml"),
    ],
)
def test_what_cannot_be_judged_is_a_failure_and_says_why(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["policy", *arguments]) == 1
    assert told in capsys.readouterr().err


def test_a_mistake_of_the_configuration_is_told_once_and_before_anything_is_planned(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from rehearsal import judging

    planned: list[str] = []

    def of_stack(stack: str) -> list[Subject]:
        planned.append(stack)
        return []

    monkeypatch.setattr(judging, "of_stack", of_stack)
    assert cli.main(["policy", "lovia-fargate", "family-host", "--config", "nowhere.yaml"]) == 1
    assert capsys.readouterr().err.splitlines() == ["nowhere.yaml: No such file or directory"]
    assert not planned


@pytest.mark.parametrize(
    ("option", "content", "told"),
    [
        ("--plan", [{"a": 1}], "is not a plan"),
        ("--plan", [], "is not a plan"),
        ("--plan", {}, "is not a plan"),
        ("--state", {}, "is not an exported state"),
        ("--state", [], "is not an exported state"),
        ("--state", {"resources": []}, "is not an exported state"),
        ("--state", {"version": 3, "deployment": {"manifest": {}}}, ""),
        ("--preview", {}, "is not a preview"),
        ("--preview", {"steps": [], "diagnostics": [{"severity": "info#err", "message": "a warning\n"}]}, ""),
        # Both as the engine 3.259.0 writes them, with exit status 1: an exception in Python, a mistake in YAML.
        (
            "--preview",
            {"steps": [], "diagnostics": [{"severity": "error", "message": "error: it broke\nTraceback"}]},
            "is of a preview that failed, and lacks what came after: it broke\n",
        ),
        (
            "--preview",
            {
                "steps": [],
                "diagnostics": [{"severity": "info#err", "message": "\x1b[31mError\x1b[0m: no type x\n\n"}],
            },
            "that failed, and lacks what came after: no type x\n",
        ),
    ],
)
def test_a_file_that_is_something_else_or_not_whole_does_not_pass(
    option: str, content: object, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file.json"
    file.write_text(json.dumps(content))
    assert cli.main(["policy", option, str(file)]) == bool(told)
    assert told in capsys.readouterr().err


# In the engine


def options(*, protect: bool = False) -> PolicyResourceOptions:
    return PolicyResourceOptions(protect, [], None, [], PolicyCustomTimeouts(0, 0, 0), [])


def as_engine(value: Any) -> Any:
    if value is UNKNOWN:
        return UNKNOWN_STRING_VALUE
    if isinstance(value, Mapping):
        return {key: as_engine(item) for key, item in value.items()}
    return [as_engine(item) for item in value] if isinstance(value, list) else value


def arguments_of(subject: Subject) -> ResourceValidationArgs:
    props = unknown_checking_proxy(as_engine(subject.properties))
    return ResourceValidationArgs(
        subject.type, props, subject.urn, subject.name, options(protect=subject.protect), None
    )


def in_engine(subjects: list[Subject], config: Config = CONFIG) -> dict[str, set[str]]:
    """Run the whole pack as the engine does: each resource, then the stack. Policy to the URNs that it names."""
    pack = policies(config)
    found: dict[str, set[str]] = {}

    def asking(policy: Policy) -> Any:
        return lambda message, about=None: found.setdefault(policy.name, set()).add(about or message)

    for subject in subjects:
        for policy in pack:
            if isinstance(policy, ResourceValidationPolicy):
                policy.validate(arguments_of(subject), asking(policy))
    resources = [
        PolicyResource(
            one.type,
            unknown_checking_proxy(as_engine({**one.properties, **one.outputs, "id": one.id})),
            one.urn,
            one.name,
            options(protect=one.protect),
            None,
            None,
            [],
            {},
        )
        for one in subjects
    ]
    for policy in pack:
        if isinstance(policy, StackValidationPolicy):
            policy.validate(StackValidationArgs(resources), asking(policy))
    return found


def test_the_engine_finds_what_the_rehearsal_finds() -> None:
    subjects = changed({**BAD, "media-versions": DELETE, "deny": DELETE})
    expected: dict[str, set[str]] = {}
    for finding in judge(subjects, CONFIG).findings:
        expected.setdefault(finding.rule.id, set()).add(finding.subject.urn)
    found = in_engine(subjects)
    unknown = found.pop(NOT_KNOWN)
    assert found == expected
    assert urn("https") in unknown


def test_a_waiver_holds_in_the_engine_and_one_past_its_day_is_an_error() -> None:
    config = replace(
        CONFIG, waivers=(waiver("alb-http-redirect", "http"), waiver("alb-waf", "x", "2020-01-01"))
    )
    found = in_engine(changed({"http defaultActions.0.type": "forward"}), config)
    assert "alb-http-redirect" not in found
    assert WAIVERS in found


def test_the_pack_gives_every_rule_its_level() -> None:
    for environment, level in (
        ("production", EnforcementLevel.MANDATORY),
        ("trial", EnforcementLevel.ADVISORY),
    ):
        config = Config(environment=environment)
        made = {policy.name: policy for policy in policies(config)}
        assert set(made) == {*BY_ID, NOT_KNOWN, WAIVERS}
        for rule in RULES:
            wanted = {
                Level.MANDATORY: EnforcementLevel.MANDATORY,
                Level.ADVISORY: EnforcementLevel.ADVISORY,
                Level.REMEDIATE: EnforcementLevel.REMEDIATE,
                Level.PRODUCTION: EnforcementLevel.REMEDIATE if rule.remedy and config.production else level,
            }[rule.level]
            assert made[rule.id].enforcement_level is wanted


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.remedy], ids=lambda rule: rule.id)
def test_a_remediation_mends_what_the_rule_found(rule: Any) -> None:
    (name,) = CASES[rule.id].names
    subject = Stack(changed(CASES[rule.id].patch)).by_urn[urn(name)]
    policy = next(one for one in policies(CONFIG) if one.name == rule.id)
    assert isinstance(policy, ResourceValidationPolicy)
    mended: Any = policy.remediate(arguments_of(subject))
    assert mended
    failed = seen(rule, Stack([with_properties(subject, dict(mended))]))
    assert failed == (set(), set())
    again = with_properties(subject, dict(mended))
    assert not policy.remediate(arguments_of(again))
    unknown = with_properties(subject, {**subject.properties, "tags": UNKNOWN})
    assert not policy.remediate(arguments_of(unknown))


def test_the_packs_configuration_reaches_the_rules() -> None:
    policy = next(
        one
        for one in policies(CONFIG)
        if one.name == "ecs-image-registry" and isinstance(one, ResourceValidationPolicy)
    )
    task = arguments_of(world()["task"])
    narrow = ResourceValidationArgs(
        task.resource_type,
        task.props,
        task.urn,
        task.name,
        task.opts,
        None,
        {"registries": ["only.example/"]},
    )
    assert messages(policy, task) == []
    assert messages(policy, narrow)


def messages(policy: ResourceValidationPolicy, asked: ResourceValidationArgs) -> list[str]:
    found: list[str] = []

    def note(message: str, _: str | None = None) -> None:
        found.append(message)

    policy.validate(asked, note)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["policy", "examples/policy-pack"])
def test_the_pack_starts_from_its_own_folder_as_the_engine_starts_it(folder: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", "."],
        cwd=ROOT / folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": "" if folder == "policy" else str(ROOT)},
    ) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        process.terminate()
    assert port.isdigit()


def asked_of_engine(program: str) -> Any:
    """Return what one of the programs beside this file prints."""
    launcher = ROOT / "policy" / "launcher"
    answer = subprocess.run(  # noqa: S603
        [sys.executable, str(ROOT / "tests" / program)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        env={
            **os.environ,
            "PATH": f"{launcher}:{os.environ['PATH']}",
            "PYTHON": sys.executable,
            "PYTHONPATH": str(ROOT),
        },
    )
    return json.loads(answer.stdout.splitlines()[-1])


ASKED_LATER = {
    "webhook-secret": "the engine tells no policy what is secret",
    "region-allowed": "no region is forbidden where none is configured",
}
"""Rules that the engine cannot be shown to ask before something is made, and why."""


@needs_engine
def test_what_one_resource_tells_is_refused_before_it_is_made() -> None:
    told = asked_of_engine("policy_before_made.py")
    before = {rule for rule, name in told["before"] if rule == name}
    mended = {rule.id for rule in RULES if rule.level is Level.REMEDIATE}
    blocking = {
        rule.id
        for rule in RULES
        if rule.level.blocks(production=True) and rule.needs is not Needs.STACK and not rule.remedy
    }
    assert set(told["tried"]) >= blocking | mended
    assert blocking - ASKED_LATER.keys() <= before
    assert not mended & before, "they are mended instead"
    assert told["made"] == ["vpc"]
    assert told["refused"] == [["rc-registration-closed", "task"]]
    assert "rc-registration-closed" in told["output"]


def test_a_blocking_rule_that_waits_for_the_whole_stack_says_why() -> None:
    blocking = [rule for rule in RULES if rule.level.blocks(production=True)]
    late = [rule for rule in blocking if rule.needs is Needs.STACK]
    assert [rule.id for rule in late if not rule.why] == []
    assert len(late) <= 28
    assert [rule.id for rule in RULES if rule.why and rule.needs is Needs.ONE] == []
    assert [rule.id for rule in RULES if rule.sides and rule.needs is not Needs.EARLIER] == []


def test_what_is_not_there_yet_is_missing_at_the_end_only() -> None:
    """No rule that is asked early says of the sound deployment, seen one resource after another, that it is wrong."""
    sound = list(world().values())
    for number, subject in enumerate(sound):
        so_far = Stack(sound[: number + 1], complete=False)
        for rule in RULES:
            if rule.needs is Needs.STACK or not {subject.type} & {*rule.types, *rule.sides}:
                continue
            for one in so_far.of(*rule.types):
                wrong = [path for unknown, path, *_ in look(rule, one, so_far, CONFIG) if not unknown]
                assert wrong == [], (rule.id, one.name)


# Speed, and the generated page


def many(count: int) -> list[Subject]:
    """The world several times over, each copy with names of its own."""
    made: list[Subject] = []
    number = 0
    while len(made) < count:
        number += 1
        text = json.dumps(
            [
                {
                    key: getattr(one, key)
                    for key in ("type", "name", "urn", "properties", "outputs", "id", "protect", "provider")
                }
                for one in world().values()
            ]
        )
        for name in ("media.example.org", "logs.example.org", "backup.example.org"):
            text = text.replace(name, f"{number}{name}")
        for name in ("-id", "-arn", "app/alb/"):
            text = text.replace(name, f"-{number}{name}")
        made += [Subject(**{**one, "urn": f"{one['urn']}-{number}"}) for one in json.loads(text)]
    return made[:count]


def seconds(count: int, times: int = 3) -> float:
    subjects = many(count)
    gc.collect()
    return min(timed(subjects) for _ in range(times))


def timed(subjects: list[Subject]) -> float:
    start = time.thread_time()
    judge(subjects, CONFIG)
    return time.thread_time() - start


def test_judging_150_resources_takes_less_than_150_milliseconds() -> None:
    assert seconds(150) < 0.150


def test_the_time_grows_with_the_number_of_resources_and_no_faster() -> None:
    assert seconds(5000, times=1) / seconds(500) < 20


def test_the_page_of_the_rules_is_fresh() -> None:
    assert docs.PAGE.read_text("utf-8") == docs.page(), "run `make docs`"


def test_the_page_names_every_rule_and_every_control() -> None:
    page = docs.page()
    for rule in RULES:
        assert f"[{rule.id}]({rule.link})" in page
        assert all(control in page for control in rule.maps)


def test_the_pack_in_the_engine_judges_a_stack_by_its_own_profile_and_waivers() -> None:
    config = {"rocketchat:chat": json.dumps({"profile": "trial"})}
    assert pack._profile(config) == "trial"
    assert pack._profile({"rocketchat:chat": "["}) is None
    made = policies(CONFIG)
    servicer: Any = _PolicyAnalyzerServicer
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(servicer, "ConfigureStack", lambda *_: "kept")
        pack._judging_each_stack_its_own_way(made, Asked(), CONFIG_FILE)
        configure = servicer.ConfigureStack
        levels = {}
        for profile in ("trial", "production"):
            told = SimpleNamespace(stack="any", config={"rocketchat:chat": json.dumps({"profile": profile})})
            assert configure(None, told, None) == "kept"
            levels[profile] = {one.name: one.enforcement_level for one in made}
    assert levels["trial"] != levels["production"]
    assert levels["trial"]["alb-waf"] is EnforcementLevel.ADVISORY
    assert levels["production"]["alb-waf"] is EnforcementLevel.MANDATORY


def test_the_engine_has_no_default_that_would_come_before_a_stacks_own_configuration() -> None:
    for policy in policies(CONFIG):
        schema = policy.config_schema
        assert schema is None or not any("default" in one for one in schema.properties.values())


START = """
import sys
import policy.pack
print(sorted({name.partition(".")[0] for name in sys.modules} & {"clouds", "pydantic", "rehearsal", "components"}))
"""


def test_the_pack_starts_without_the_records_of_clouds_and_without_the_stack_language() -> None:
    """Pydantic took a fifth of what a preview pays for the pack's start, and the records another."""
    told = subprocess.run(  # noqa: S603
        [sys.executable, "-c", START], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert told.stdout == "[]\n", told.stderr
