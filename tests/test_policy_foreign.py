"""The pack on programs that have nothing to do with Rocket.Chat."""

import json
from pathlib import Path

import pytest
from foreign_programs import PROGRAMS, arn, r, service
from policy_world import CONFIG, world

from policy import tokens as t
from policy.config import Config
from policy.judge import judge
from policy.rules import BY_ID, RULES

OTHERS = Path(__file__).parent.parent / "proving" / "policy_mutations" / "others.jsonl"


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_of_others_hears_what_is_right_and_nothing_about_a_chat(program: str) -> None:
    resources, right = PROGRAMS[program]
    found = judge(resources, Config(environment="production"))
    assert {one.rule.id for one in found.blocking} == right
    assert [one.rule.id for one in found.findings if one.rule.product or one.rule.area == "rocketchat"] == []


def test_tags_and_registries_are_asked_of_everything_once_they_are_configured() -> None:
    config = Config(requiredTags=("CostCentre",), registries=("quay.io/mine/",))
    found = {one.rule.id for one in judge(service("nginx:1.29.3"), config).findings}
    assert {"tag-required", "ecs-image-registry"} <= found


def test_a_chat_of_a_program_without_the_components_is_found_by_what_leads_to_it() -> None:
    others = service("nginx:1.29.3")
    ours = service("registry.rocket.chat/rocketchat/rocket.chat:8.9.0")
    told = [
        {one.subject.name for one in judge(resources, Config()).findings if one.rule.id == "tg-health"}
        for resources in (others, ours)
    ]
    assert told == [set(), {"tg"}]


def test_what_stands_beside_a_chat_of_the_components_hears_nothing_about_a_chat() -> None:
    beside = [
        r(one["type"], f"other-{number}", one["properties"])
        for number, one in enumerate(map(json.loads, OTHERS.read_text("utf-8").splitlines()))
        if "rule" not in one
    ]
    product = [rule for rule in RULES if rule.product]
    found = judge([*world().values(), *beside], CONFIG, rules=product)
    assert [
        (one.rule.id, one.subject.type) for one in found.findings if one.subject.name[:6] == "other-"
    ] == []


def test_an_alarm_is_heard_by_its_own_action_or_through_another_alarm() -> None:
    alone = [r(t.ALARM, "errors", {"metricName": "Errors"}), r(t.ALARM, "on", {"alarmActions": [arn("t")]})]
    found = judge(alone, Config(), rules=[BY_ID["alarm-heard"]]).blocking
    assert [one.subject.name for one in found] == ["errors"]
