"""At a first preview nobody knows what the clouds will answer: nothing may be refused for that."""

from dataclasses import replace
from typing import Any

import pytest
from previewing import previewed

from policy import tokens as t
from policy.config_file import load
from policy.judge import Report, judge
from policy.model import UNKNOWN
from policy.sources import profile_of
from proving.policy_mutations.change import planned
from stacks import files


@pytest.mark.slow
@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("stack", files.names())
def test_nothing_is_refused_because_it_is_not_known_yet(stack: str, whole: bool) -> None:
    subjects = list(previewed(planned(stack), whole=whole))
    report = judge(subjects, load(stack, profile=profile_of(stack)), stack=stack)
    assert [(one.rule.id, one.subject.name, one.path) for one in report.blocking] == []
    assert report.unknown


def test_records_that_a_preview_does_not_name_yet_are_not_missing() -> None:
    rule, key = "acm-validation-records", "validationRecordFqdns"

    def found(names: list[Any]) -> Report:
        subjects = [
            replace(one, properties={**one.properties, key: names}) if key in one.properties else one
            for one in planned("lovia-fargate-cdn")
            if one.type != t.DNS_RECORD
        ]
        return judge(subjects, load("lovia-fargate-cdn", profile="production"), stack="lovia-fargate-cdn")

    assert rule in {one.rule.id for one in found([UNKNOWN]).unknown}
    assert rule not in {one.rule.id for one in found([UNKNOWN]).blocking}
    assert rule in {one.rule.id for one in found(["_of-nobody.example.com"]).blocking}
