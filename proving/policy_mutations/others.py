"""Single resources of other companies, from `others.jsonl`: ordinary ones, and ones with one thing wrong.

Each line is a resource; one with a `rule` must be caught by that, one without by none that stops a deployment.
`secrets` are the properties that the program marks as such, as a plan says; without it nobody says, as in the engine.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from policy.model import Subject
from policy.rules import RULES
from proving.policy_mutations.change import BESIDE, Mutation, extended

_FILE: Final = Path(__file__).with_name("others.jsonl")
_STOPPING: Final = tuple(rule.id for rule in RULES if rule.level.blocks(production=True))


def others(stack: str, _: tuple[Subject, ...]) -> Iterator[Mutation]:
    """Give resources of programs that have no chat, each by itself."""
    if stack != BESIDE:
        return
    for line in _FILE.read_text("utf-8").splitlines():
        one = json.loads(line)
        rule = one.get("rule")
        (added,) = extended((), one["type"], **one["properties"])
        yield Mutation(
            "single resources of others",
            f"{one['type']}: {one['what']}",
            stack,
            (replace(added, secrets=frozenset(one["secrets"])) if "secrets" in one else added,),
            (rule,) if rule else _STOPPING,
            harmless=rule is None,
        )
