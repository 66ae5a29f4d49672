"""Any runtime with any database, media and DNS: it plans, or it is refused with the reason."""

from functools import cache

import pytest
from combining import (
    EXAMPLES,
    NO_DNS,
    PARTS,
    Choice,
    choices,
    kinds_of,
    refusals,
    sampled,
    secure_for,
    values_for,
)
from planning import kinds, planned, values_of

from rehearsal.plan import Plan, find_leaks
from stacks import files
from stacks.deploy import RUNTIMES


def name_of(choice: Choice) -> str:
    return "-".join(choice.values())


@cache
def possible() -> tuple[Choice, ...]:
    return tuple(
        choice for choice in choices() if not refusals(values_for(choice), secure_for(values_for(choice)))
    )


SAMPLE = sampled(list(possible()))


@cache
def plan_of(name: str) -> Plan:
    choice = next(choice for choice in choices() if name_of(choice) == name)
    values = values_for(choice)
    return planned(values, secure_for(values))


@pytest.mark.parametrize("part", PARTS)
def test_every_kind_of_the_language_is_combined(part: str) -> None:
    assert set(EXAMPLES[part]) == set(kinds_of(part))


def test_every_runtime_of_the_language_can_be_deployed() -> None:
    assert set(RUNTIMES) == set(kinds_of("runtime"))


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


@pytest.mark.parametrize("choice", SAMPLE, ids=name_of)
def test_a_combination_that_is_not_refused_plans(choice: Choice) -> None:
    plan = plan_of(name_of(choice))
    assert plan.outputs["url"]
    assert plan.outputs["mongodbUri"] == "[secret]"
    assert not find_leaks(plan)


@pytest.mark.parametrize("choice", SAMPLE, ids=name_of)
def test_a_plan_holds_only_what_its_kinds_ask_for(choice: Choice) -> None:
    made = kinds(plan_of(name_of(choice)))
    for part, kind, token in (
        ("database", "atlas", "mongodbatlas:index/advancedCluster:AdvancedCluster"),
        ("media", "spaces", "digitalocean:index/spacesBucket:SpacesBucket"),
        ("media", "s3", "rocketchat:index:MediaStore"),
        ("runtime", "fargate", "aws:ecs/service:Service"),
        ("dns", "cloudflare", "pulumi:providers:cloudflare"),
    ):
        assert (token in made) == (choice[part] == kind), f"{token} in {choice}"


@pytest.mark.parametrize("kind", kinds_of("runtime"))
def test_another_runtime_in_a_copy_of_a_stack_file_plans(kind: str) -> None:
    values = values_of("lovia-fargate")
    values["rocketchat:runtime"] = {"kind": kind, **EXAMPLES["runtime"][kind]}
    secure = set(files.read("lovia-fargate").secure)
    assert not refusals(values, secure)
    plan = planned(values, secure)
    assert plan.outputs["url"] == planned(values_of("lovia-fargate"), secure).outputs["url"]
    assert not find_leaks(plan)
