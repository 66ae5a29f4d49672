"""At a first preview nobody knows what the clouds will answer: nothing may be refused for that."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from policy import tokens as t
from policy.config import load
from policy.judge import Report, judge
from policy.model import UNKNOWN, Subject
from policy.sources import profile_of
from proving.policy_mutations.change import planned
from stacks import files


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (text for one in value.values() for text in _texts(one))
    elif isinstance(value, list):
        yield from (text for one in value for text in _texts(one))
    elif isinstance(value, str):
        yield value


def _answers(subject: Subject) -> set[str]:
    """What the cloud says of a resource, and its inputs do not; short texts stand elsewhere by chance."""
    said = {subject.id or "", *_texts(subject.outputs)} - set(_texts(subject.properties))
    return {text for text in said if len(text) > 7}


def _without(value: Any, answers: set[str]) -> Any:
    if isinstance(value, dict):
        return {key: _without(one, answers) for key, one in value.items()}
    if isinstance(value, list):
        return [_without(one, answers) for one in value]
    return UNKNOWN if isinstance(value, str) and any(one in value for one in answers) else value


def previewed(subjects: Sequence[Subject], *, whole: bool) -> Iterator[Subject]:
    """Give them as if no answer were there yet: properties are unknown that hold one, or only where they do."""
    answers = {one.urn: _answers(one) for one in subjects}
    for subject in subjects:
        properties = dict(subject.properties)
        for key, urns in subject.dependencies.items():
            if urns and key in properties:
                of = set[str]().union(*(answers.get(urn, set()) for urn in urns))
                properties[key] = UNKNOWN if whole else _without(properties[key], of)
                # Who is made from it does not know it either.
                answers[subject.urn] |= {*_texts(subject.properties[key])} - {*_texts(properties[key])}
        yield replace(subject, properties=properties, id="", outputs={})


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
