"""Any runtime with any database, media and DNS, and any change of one key: it plans and passes the policy pack, or it
is refused with the reason.

By default a sample that has every pair of kinds is planned, in both profiles, and some changes of keys; all of them
with ROCKETCHAT_SWEEP=all (`make sweep`): 2,300 plans of half a second each, on all processors.
"""

import json
import os
import random
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import pytest
from combining import (
    EXAMPLES,
    NO_DNS,
    PARTS,
    Choice,
    choices,
    kinds_of,
    possible,
    refusals,
    sampled,
    secure_for,
    values_for,
)
from engine_marks import needs_engine
from planning import kinds, planned, values_of
from sweeping import PROFILES, Change, changes, wrong

from automation.stack import open_stack
from policy.adapters import from_plan
from policy.config import Config
from policy.judge import judge
from policy.model import Stack, Subject
from policy.rules import RULES
from proving.key_trials import fonts
from rehearsal import canaries
from rehearsal.backend import rehearsal_backend
from rehearsal.plan import Plan, find_leaks
from rocketchat import releases, safety
from rocketchat import settings as catalogue
from stacks import files
from stacks.kinds import registry
from stacks.language import alone


def name_of(choice: Choice) -> str:
    return "-".join(choice.values())


SAMPLE = sampled(list(possible()))
ALL = os.environ.get("ROCKETCHAT_SWEEP") == "all"
COMBINATIONS = [(choice, profile) for choice in (possible() if ALL else SAMPLE) for profile in PROFILES]
with fonts():
    CHANGES = list(changes())
if not ALL:
    CHANGES = random.Random(11).sample(CHANGES, 24)  # noqa: S311 - which are tried


def plan_of(choice: Choice) -> Plan:
    values = values_for(choice)
    return planned(values, secure_for(values))


@pytest.mark.parametrize("part", registry.KINDS)
def test_the_example_of_every_kind_is_right_by_itself(part: str) -> None:
    for kind, model in registry.models(part).items():
        assert alone(f"rocketchat:{part}", {"kind": kind, **model.example}) == []


@pytest.mark.slow
def test_a_combination_that_is_refused_says_why_and_where() -> None:
    for choice in choices():
        values = values_for(choice)
        for problem in refusals(values, secure_for(values)):
            assert problem.path.startswith(("rocketchat:", "aws:")), f"{choice}: {problem}"
            assert len(problem.message.split()) > 3, f"{choice}: {problem}"


@pytest.mark.parametrize("part", PARTS)
def test_no_kind_is_refused_with_everything(part: str) -> None:
    assert {choice[part] for choice in possible()} - {NO_DNS} == set(kinds_of(part))


def test_what_stands_anywhere_goes_with_every_runtime() -> None:
    anywhere = {"database": ("atlas", "atlas-existing", "uri"), "media": ("s3", "spaces", "gridfs")}
    for choice in choices():
        if all(choice[part] in wanted for part, wanted in anywhere.items()) and choice["dns"] != NO_DNS:
            assert choice in possible(), refusals(values_for(choice), secure_for(values_for(choice)))


@pytest.mark.slow
@pytest.mark.parametrize("choice", SAMPLE, ids=name_of)
def test_a_combination_that_is_not_refused_plans(choice: Choice) -> None:
    plan = plan_of(choice)
    assert plan.outputs["url"]
    assert plan.outputs["mongodbUri"] == "[secret]"
    assert not find_leaks(plan)


@pytest.mark.slow
@pytest.mark.parametrize("choice", SAMPLE, ids=name_of)
def test_a_plan_holds_only_what_its_kinds_ask_for(choice: Choice) -> None:
    made = kinds(plan_of(choice))
    for part, kind, token in (
        ("database", "atlas", "mongodbatlas:index/advancedCluster:AdvancedCluster"),
        ("media", "spaces", "digitalocean:index/spacesBucket:SpacesBucket"),
        ("media", "s3", "rocketchat:index:MediaStore"),
        ("runtime", "fargate", "aws:ecs/service:Service"),
        ("dns", "cloudflare", "pulumi:providers:cloudflare"),
    ):
        assert (token in made) == (choice[part] == kind), f"{token} in {choice}"


@pytest.mark.slow
@pytest.mark.parametrize("kind", kinds_of("runtime"))
def test_another_runtime_in_a_copy_of_a_stack_file_plans(kind: str) -> None:
    values = values_of("lovia-fargate")
    values["rocketchat:runtime"] = {"kind": kind, **EXAMPLES["runtime"][kind]}
    secure = set(files.read("lovia-fargate").secure)
    assert not refusals(values, secure)
    plan = planned(values, secure)
    assert plan.outputs["url"] == planned(values_of("lovia-fargate"), secure).outputs["url"]
    assert not find_leaks(plan)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("choice", "profile"),
    COMBINATIONS,
    ids=[f"{name_of(choice)}:{profile}" for choice, profile in COMBINATIONS],
)
def test_a_combination_passes_the_policy_pack_in_its_own_profile(choice: Choice, profile: str) -> None:
    values = values_for(choice, profile=profile)
    assert wrong(values, secure_for(values)) in ([], None)


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_a_change_of_one_key_passes_the_policy_pack_or_is_refused(change: Change) -> None:
    with fonts():
        assert wrong(change.values, change.secrets) in ([], None)


REFUSED_IN_PRODUCTION: list[tuple[str, str, Any]] = [
    # a stack whose runtime has the key, the key, and its value
    ("lovia-fargate", "rocketchat:runtime.balancer.waf", False),
    ("lovia-fargate", "rocketchat:runtime.network.nat", "none"),
    ("lovia-doks", "rocketchat:runtime.highAvailability", False),
    ("lovia-doks", "rocketchat:runtime.minNodes", 1),
    ("soluvas-lightsail", "rocketchat:runtime.snapshots", False),
    ("family-host", "rocketchat:runtime.snapshots", False),
    ("local", "rocketchat:runtime.ingress.kind", "none"),
    ("local", "rocketchat:backup.dumps", False),
    ("lovia-fargate", "rocketchat:backup.restoreWindowDays", 1),
    ("lovia-fargate", "rocketchat:accounts.registration", "public"),
    ("lovia-fargate", "rocketchat:accounts.twoFactor", False),
    ("lovia-fargate", "rocketchat:settings.Accounts_TwoFactorAuthentication_Enabled", False),
]


@pytest.mark.parametrize(("stack", "path", "value"), REFUSED_IN_PRODUCTION)
def test_what_the_pack_refuses_in_production_is_refused_by_its_key_and_may_be_tried(
    stack: str, path: str, value: Any
) -> None:
    values = values_of(stack)
    key, *steps = path.split(".")
    inside = values.setdefault(key, {})
    for step in steps[:-1]:
        inside = inside.setdefault(step, {})
    inside[steps[-1]] = value
    for profile, told in (("production", True), ("trial", False)):
        values["rocketchat:chat"]["profile"] = profile
        found = {problem.path for problem in refusals(values, set(files.read(stack).secure))}
        assert (path in found) is told, found


@pytest.mark.slow
def test_an_unsafe_setting_is_one_for_the_pack_and_for_the_language() -> None:
    rules = [rule for rule in RULES if rule.area == "rocketchat" and TASK in rule.types]
    needed = {*safety.SAFE, *GIVEN, "FileUpload_json_web_token_secret_for_files"}
    [task] = [one for one in from_plan(plan_of_committed().resources) if one.type == TASK]
    task = with_variables(task, lambda name: not name.startswith("OVERWRITE_") or name[18:] in needed)
    release = releases.find("8.9.0")
    tried = 0
    for setting_id, setting in catalogue.catalogue().items():
        for value in {"boolean": (True, False), "select": setting.choices}.get(setting.type, ("*",)):
            if "<" in setting_id or catalogue.check({setting_id: value}, release, licensed=True):
                continue
            text = str(value).lower() if isinstance(value, bool) else str(value)
            report = judge(
                Stack([with_setting(task, setting_id, text)]), Config(environment="production"), rules=rules
            )
            told = {name for name, _, _ in safety.unsafe({**GIVEN, setting_id: text}, production=True)}
            assert bool(report.blocking) == bool(told), f"{setting_id}: {value}"
            tried += 1
    assert tried > 1000


TASK = "aws:ecs/taskDefinition:TaskDefinition"
GIVEN = {"SMTP_Host": "smtp.example.com", "SMTP_IgnoreTLS": "false"}
"""What the committed stack sets by its part `mail`."""


@cache
def plan_of_committed() -> Plan:
    return planned(values_of("lovia-fargate"), set(files.read("lovia-fargate").secure))


def with_setting(task: Subject, setting_id: str, value: str) -> Subject:
    name = f"OVERWRITE_SETTING_{setting_id}"
    return with_variables(task, lambda other: other != name, {"name": name, "value": value})


def with_variables(task: Subject, kept: Callable[[str], bool], *more: Mapping[str, str]) -> Subject:
    [container, *others] = json.loads(task.properties["containerDefinitions"])
    container["environment"] = [*(one for one in container["environment"] if kept(one["name"])), *more]
    properties: Mapping[str, Any] = {
        **task.properties,
        "containerDefinitions": json.dumps([container, *others]),
    }
    return Subject(**{**{key: getattr(task, key) for key in Subject.__slots__}, "properties": properties})


LIVED = [
    (
        {"runtime": "fargate", "database": "atlas", "media": "spaces", "dns": "cloudflare"},
        "trial",
    ),
    *random.Random(7).sample(  # noqa: S311 - which are tried
        [(choice, profile) for choice in possible() for profile in PROFILES], 40 if ALL else 1
    ),
]


@needs_engine
@pytest.mark.parametrize(
    ("choice", "profile"), LIVED, ids=[f"{name_of(one)}:{profile}" for one, profile in LIVED]
)
def test_a_combination_is_deployed_with_the_pack_and_a_second_time_changes_nothing(
    choice: Choice, profile: str
) -> None:
    values = values_for(choice, profile=profile)
    secrets = canaries.values(secure_for(values), values)
    with (
        rehearsal_backend() as backend,
        open_stack("any", values=values, secrets=secrets, backend=backend, policies=True) as stack,
    ):
        first = stack.up()
        assert [one for one in first.findings if one.mandatory] == []
        assert not stack.up(preview=False).changed
