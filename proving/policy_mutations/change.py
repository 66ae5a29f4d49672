"""What a change of a planned stack is, whether the pack catches it, and ways to write changes down."""

import copy
import functools
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from policy import adapters
from policy.config import Config
from policy.config_file import load
from policy.judge import judge
from policy.model import Stack, Subject, canonical
from policy.rule import Level
from policy.rules import BY_ID
from policy.sources import profile_of
from rehearsal.stack import plan

OWN: Final = "123456789012"
OTHER: Final = "999999999999"
Document = dict[str, Any]
DELETE: Final = object()
"""In place of a value: what stands there is taken out."""


@dataclass(frozen=True)
class Mutation:
    """A change of one resource of a stack, or one more resource; `rules` must catch it, or none of them may."""

    group: str
    what: str
    stack: str
    subjects: tuple[Subject, ...]
    rules: tuple[str, ...]
    harmless: bool = False


@functools.cache
def planned(stack: str) -> tuple[Subject, ...]:
    """Return what a stack would make."""
    return tuple(adapters.from_plan(plan(stack).resources))


def caught(mutation: Mutation) -> bool:
    """Tell whether one of the rules stops the deployment for it, or advises where it never stops one."""
    rules = [BY_ID[rule] for rule in mutation.rules]
    before = planned(mutation.stack)
    subjects: Iterable[Subject] = mutation.subjects
    if not any(rule.joins for rule in rules):
        known = set(map(id, before))
        subjects = [one for one in subjects if id(one) not in known]
    return bool(
        _blocking(mutation.stack, subjects, mutation.rules) - _accepted(mutation.stack, mutation.rules)
    )


def _blocking(
    stack: str, subjects: Iterable[Subject], rules: tuple[str, ...]
) -> set[tuple[str, str, str, str]]:
    report = judge(Stack(subjects), _config(stack), rules=[BY_ID[rule] for rule in rules])
    told = [one for one in report.findings if one.blocking or one.rule.level is Level.ADVISORY]
    return {(one.rule.id, one.subject.urn, one.path, one.message) for one in told}


@functools.cache
def _accepted(stack: str, rules: tuple[str, ...]) -> set[tuple[str, str, str, str]]:
    return _blocking(stack, planned(stack), rules)


@functools.cache
def _config(stack: str) -> Config:
    return replace(load(stack, profile=profile_of(stack)), environment="production")


def documents_of(
    all_of: tuple[Subject, ...], kinds: Iterable[str], key: str
) -> Iterator[tuple[int, Document]]:
    for position, subject in enumerate(all_of):
        content = subject.properties.get(key)
        if canonical(subject.type) in kinds and isinstance(content, str) and content.startswith("{"):
            yield position, json.loads(content)


def altered(all_of: tuple[Subject, ...], position: int, **properties: Any) -> tuple[Subject, ...]:
    changed = replace(all_of[position], properties={**all_of[position].properties, **properties})
    return (*all_of[:position], changed, *all_of[position + 1 :])


def extended(all_of: tuple[Subject, ...], kind: str, /, **properties: Any) -> tuple[Subject, ...]:
    return (*all_of, Subject(kind, "added", f"urn:pulumi:s::p::{kind}::added", properties))


def policy_text(*statements: Document) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def appended(
    all_of: tuple[Subject, ...], kinds: Iterable[str], key: str, statement: Document
) -> Iterator[tuple[Subject, ...]]:
    for position, document in documents_of(all_of, kinds, key):
        document["Statement"].append(statement)
        yield altered(all_of, position, **{key: json.dumps(document)})
        break


@dataclass(frozen=True)
class Row:
    """A change of the first resource of a type (of those with a name, where one is given), and what must catch it."""

    what: str
    kind: str
    path: str
    value: Any
    rule: str
    name: str = ""
    harmless: bool = False
    where: str = ""
    """Path of what must be there already."""


@dataclass(frozen=True)
class More:
    """One more resource, and what must catch it."""

    what: str
    kind: str
    properties: Mapping[str, Any]
    rule: str
    harmless: bool = False


def rows(*given: tuple[Any, ...]) -> tuple[tuple[Any, ...], ...]:
    """Return rows whose cells are of all kinds."""
    return given


def from_table(
    group: str, stack: str, plain: tuple[Subject, ...], table: Iterable[Row | More]
) -> Iterator[Mutation]:
    """Give the changes of a table that a stack has a resource for."""
    for row in table:
        what = f"{row.kind.rpartition(':')[2]}: {row.what}"
        if isinstance(row, More):
            subjects = extended(plain, row.kind, **row.properties)
        else:
            position = next(
                (
                    n
                    for n, one in enumerate(plain)
                    if canonical(one.type) == row.kind and row.name in one.name
                ),
                None,
            )
            if position is None or (
                row.kind.startswith("pulumi:") and row.path in (plain[position].secrets or ())
            ):
                continue  # no such resource, or what is put there stays secret
            properties = copy.deepcopy(dict(plain[position].properties))
            if row.where and _at(properties, row.where.split(".")) is None:
                continue
            try:
                put(properties, row.path.split("|") if "|" in row.path else row.path.split("."), row.value)
            except (KeyError, IndexError, TypeError):
                continue  # this stack's resource has no such part
            subjects = altered(plain, position, **properties)
            if row.value is DELETE and "." not in row.path and "|" not in row.path:
                rest = {key: value for key, value in properties.items() if key != row.path}
                one = replace(plain[position], properties=rest)
                subjects = (*plain[:position], one, *plain[position + 1 :])
        yield Mutation(group, what, stack, subjects, (row.rule,), row.harmless)


def _at(holder: Any, steps: list[str]) -> Any:
    for step in steps:
        if isinstance(holder, str):
            holder = json.loads(holder)
        if isinstance(holder, list):
            holder = holder[int(step)] if int(step) < len(holder) else None
        else:
            holder = holder.get(step) if isinstance(holder, dict) else None
    return holder


def put(holder: Any, steps: list[str], value: Any) -> None:
    """Set a value at a path, through documents in JSON. `+` is the end of a list; a function changes what is there."""
    key: Any = steps[0]
    if isinstance(holder, list):
        key = len(holder) if key == "+" else int(key)
    if len(steps) > 1:
        inner = holder.setdefault(key, {}) if isinstance(holder, dict) else holder[key]
        if isinstance(inner, str):
            parsed = json.loads(inner)
            put(parsed, steps[1:], value)
            holder[key] = json.dumps(parsed)
        else:
            put(inner, steps[1:], value)
    elif value is DELETE:
        del holder[key]
    elif callable(value):
        holder[key] = value(holder[key])
    elif isinstance(holder, list) and key == len(holder):
        holder.append(value)
    else:
        holder[key] = value


Changed = tuple[str, str, Any, str]
"""A type, the path of an attribute, what is put there, and the rule that must catch it."""
BESIDE: Final = "lovia-fargate-cdn"
"""The stack beside which resources of other programs are put: they are judged the same in each."""


def from_sound(
    group: str,
    stack: str,
    plain: tuple[Subject, ...],
    sound: Mapping[str, Mapping[str, Any]],
    changed: Iterable[Changed],
) -> Iterator[Mutation]:
    """Give resources that are sound but for one attribute, and the sound ones, which the same rules let pass."""
    if stack != BESIDE:
        return
    asked: dict[str, set[str]] = {}
    for kind, path, value, rule in changed:
        asked.setdefault(kind, set()).add(rule)
        properties = copy.deepcopy(dict(sound[kind]))
        put(properties, path.split("."), value)
        shown = "none" if value is DELETE else value
        yield Mutation(group, f"{kind}: {path} {shown}", stack, extended(plain, kind, **properties), (rule,))
    for kind, rules in asked.items():
        subjects = extended(plain, kind, **sound[kind])
        yield Mutation(group, f"{kind}: sound", stack, subjects, tuple(sorted(rules)), harmless=True)
