"""Rules: what the parts of a stack file must agree on, found by functions that say what they read.

A rule is a function whose parameters name what it reads: parts of the file, or the derived `release`, `size`,
`region`, `secrets` and `defaults`. It runs when all of them are right by themselves, and yields problems,
warnings, or a note that says what was found to be right. `parts` are all parts; `readable` are those that are
right by themselves, the others being None or their default. A parameter that is annotated with a class, or a
union of classes, makes the rule hold for values of these only: a rule of one kind stands beside its model and is
annotated with it. What the rule reads of other parts it asks of them (`runtime.fixed_egress`, `mail.smtp_port`).
"""

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import UnionType
from typing import Any

from stacks.problems import Problem, for_stack


@dataclass(frozen=True)
class Warning_:  # noqa: N801 - `Warning` is a builtin
    """Something that works and that its owner should know."""

    text: str


@dataclass(frozen=True)
class Note:
    """What was found to be right."""

    text: str


@dataclass(frozen=True)
class Check:
    """The outcome of one rule for a valid stack: what was looked at, and what was seen."""

    title: str
    notes: tuple[str, ...]
    warnings: tuple[str, ...]

    def of(self, stack: str | None) -> "Check":
        """Return the same check, whose commands name the stack."""
        if stack is None:
            return self
        warnings = tuple(for_stack(one, stack) for one in self.warnings)
        return replace(self, notes=tuple(for_stack(one, stack) for one in self.notes), warnings=warnings)


class Unforeseen(Problem):
    """What a component refuses of a part. It is told where no rule says more exactly what is wrong with that part."""


Finding = Problem | Warning_ | Note
Rule = Callable[..., Iterator[Finding]]

_RULES: list[tuple[str, Rule]] = []


def rule(title: str) -> Callable[[Rule], Rule]:
    """Add a rule to the table under a title that reads as a question answered."""

    def add(function: Rule) -> Rule:
        _RULES.append((title, function))
        return function

    return add


def judge(known: Mapping[str, Any], *, partly: bool = False) -> tuple[list[Problem], list[Check]]:
    """Run every rule whose parameters are all in `known`; return the problems, and the checks that passed.

    With `partly`, parts lack keys that are not known: a rule tells what it found until it read one.
    """
    problems: list[Problem] = []
    checks: list[Check] = []
    not_known = (AttributeError, KeyError) if partly else ()
    unforeseen: list[Unforeseen] = []
    told: set[tuple[str, str]] = set()
    """Places and remedies: a mistake that several rules see is one mistake."""
    for title, function in _RULES:
        wanted = _read_by(function)
        if not all(name in known and isinstance(known[name], kind) for name, kind in wanted.items()):
            continue
        found: list[Finding] = []
        try:
            # Not at once: what was found before would be lost.
            for one in function(**{name: known[name] for name in wanted}):
                found.append(one)  # noqa: PERF402
        except not_known:
            pass
        wrong = [finding for finding in found if isinstance(finding, Problem)]
        for one in wrong:
            if isinstance(one, Unforeseen):
                unforeseen.append(one)
            elif one.remedy is None or (one.path, one.remedy) not in told:
                problems.append(one)
                told.add((one.path, one.remedy or ""))
        if found and not wrong:
            checks.append(
                Check(
                    title,
                    tuple(finding.text for finding in found if isinstance(finding, Note)),
                    tuple(finding.text for finding in found if isinstance(finding, Warning_)),
                )
            )
    parts = {_part_of(problem.path) for problem in problems}
    problems.extend(one for one in unforeseen if _part_of(one.path) not in parts)
    return problems, checks


@cache
def _read_by(function: Rule) -> Mapping[str, type | UnionType]:
    """Return what a rule reads, with its types. To find them out each time was a quarter of the time of a judgement."""
    told = {name: one.annotation for name, one in inspect.signature(function).parameters.items()}
    return {name: kind if isinstance(kind, type | UnionType) else object for name, kind in told.items()}


def _part_of(path: str) -> str:
    """Return the part of the stack file that a path leads into, such as `rocketchat:login`."""
    return re.split(r"[.\[]", path, maxsplit=1)[0]
