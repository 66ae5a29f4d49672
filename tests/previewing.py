"""Plans as the engine knows them at a first preview: without what the clouds will answer."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from policy.model import UNKNOWN, Subject


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
