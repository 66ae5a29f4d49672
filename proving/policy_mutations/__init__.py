"""Small dangerous changes of planned stacks, each with the rule that must catch it, and harmless ones that none may.

`python -m proving.policy_mutations` writes down, for docs/policies.md, what the pack catches.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

from proving.policy_mutations import (
    beside,
    buckets,
    containers,
    databases,
    documents,
    edge,
    machines,
    others,
    platforms,
    secrets,
    strangers,
)
from proving.policy_mutations.change import Mutation, caught, planned
from stacks import files

SAMPLE: Final = ("lovia-fargate-cdn", "soluvas-lightsail", "family-host")
"""Stacks that together have every kind of resource that is changed here."""
GROUPS: Final = (
    documents.iam,
    documents.access,
    buckets.s3,
    secrets.credentials,
    containers.hosts,
    containers.kubernetes,
    edge.edge,
    beside.beside,
    beside.settings,
    strangers.strangers,
    databases.databases,
    machines.machines,
    platforms.platforms,
    others.others,
)


def mutations(stacks: Iterable[str] | None = None) -> Iterator[Mutation]:
    """Give all changes of all groups, of all stacks unless some are named."""
    for stack in files.names() if stacks is None else stacks:
        plain = planned(stack)
        for group in GROUPS:
            yield from group(stack, plain)


def outcome(all_of: Iterable[Mutation]) -> dict[str, dict[str, Any]]:
    """Return for each group how many changes were caught, which were missed, and which were refused wrongly."""
    counts: dict[str, Counter[str]] = {}
    missed: dict[str, set[str]] = {}
    wrong: dict[str, set[str]] = {}
    for one in all_of:
        found = caught(one)
        count = counts.setdefault(one.group, Counter())
        count["harmless" if one.harmless else "dangerous"] += 1
        if one.harmless and found:
            wrong.setdefault(one.group, set()).add(one.what)
        elif not one.harmless:
            count["caught"] += found
            if not found:
                missed.setdefault(one.group, set()).add(one.what)
    return {
        group: {**count, "missed": sorted(missed.get(group, ())), "wrong": sorted(wrong.get(group, ()))}
        for group, count in sorted(counts.items())
    }
