"""One valid way to write each kind of runtime, database, media and DNS, for tests that combine them."""

from copy import deepcopy
from functools import cache
from itertools import combinations, product
from typing import Any

from planning import Values
from sharing import shared

from stacks.kinds import registry
from stacks.language import parse
from stacks.problems import InvalidStack, Problem

PARTS = ("runtime", "database", "media", "dns")
EXAMPLES: dict[str, dict[str, Values]] = {
    part: {kind: deepcopy(dict(model.example)) for kind, model in registry.models(part).items()}
    for part in PARTS
}
"""The keys that a kind cannot do without."""

NO_DNS = "none"

Choice = dict[str, str]


def kinds_of(part: str) -> tuple[str, ...]:
    """The kinds that the language of stack files has for a part."""
    return tuple(registry.models(part))


def choices() -> list[Choice]:
    """Every combination, with the DNS left out as one more kind."""
    kinds = {part: kinds_of(part) for part in PARTS}
    kinds["dns"] = (*kinds["dns"], NO_DNS)
    return [dict(zip(PARTS, chosen, strict=True)) for chosen in product(*kinds.values())]


@cache
def possible() -> tuple[Choice, ...]:
    """Every combination that the language lets through. To find them is half of the time of collecting the tests."""
    return tuple(shared("possible combinations", _possible))


def _possible() -> list[Choice]:
    found = []
    for choice in choices():
        values = values_for(choice)
        problems = refusals(values, set())
        secure = {problem.path for problem in problems}
        if all(problem.unset for problem in problems) and not refusals(values, secure):
            found.append(choice)
    return found


def sampled(wanted: list[Choice]) -> list[Choice]:
    """A few of `wanted` that together have every pair of kinds that all of them have. Always the same ones."""

    def pairs(choice: Choice) -> set[tuple[tuple[str, str], ...]]:
        return set(combinations(sorted(choice.items()), 2))

    left = set().union(*(pairs(choice) for choice in wanted))
    chosen = []
    while left:
        best = max(wanted, key=lambda choice: len(pairs(choice) & left))
        chosen.append(best)
        left -= pairs(best)
    return chosen


def values_for(choice: Choice, *, release: str = "8.9.0", **chat: Any) -> Values:
    """The plain values of a stack file of these kinds."""
    values: Values = {
        "aws:region": "ap-southeast-1",
        "rocketchat:chat": {
            "host": "chat.example.com",
            "release": release,
            "users": 20,
            "profile": "trial",
            **chat,
        },
    }
    for part, kind in choice.items():
        if kind != NO_DNS:
            values[f"rocketchat:{part}"] = {"kind": kind, **deepcopy(EXAMPLES[part][kind])}
    return values


def secure_for(values: Values) -> set[str]:
    """The secrets that these values ask for."""
    return {problem.path for problem in refusals(values, set()) if problem.unset}


def refusals(values: Values, secure: set[str]) -> tuple[Problem, ...]:
    """All that is wrong with these values; nothing when they can be planned."""
    try:
        parse(values, secure, source="a combination")
    except InvalidStack as error:
        return error.problems
    return ()
