"""Plans made of the values of a stack file that some test has changed."""

import json
from collections.abc import Callable, Collection, Mapping
from copy import deepcopy
from typing import Any

from rehearsal import canaries
from rehearsal import stack as rehearsed
from rehearsal.monitor import Others
from rehearsal.plan import Plan, PlannedResource, plan_program
from stacks import deploy, files
from stacks.language import parse

Values = dict[str, Any]
Change = Callable[[Values], object]


def values_of(stack: str) -> Values:
    """The plain values of a stack file, free to be changed."""
    return deepcopy(dict(files.read(stack).values))


def planned(
    values: Mapping[str, Any],
    secure: Collection[str] = (),
    *,
    stack: str = "changed",
    others: Others = rehearsed.exported,
) -> Plan:
    """Check these values as a stack file's and plan them; `secure` are the full keys of the secrets."""
    parse(values, set(secure), source="a test")
    config = {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}
    return plan_program(
        deploy.run,
        stack=stack,
        config=config | canaries.values(secure, values),
        secret_keys=set(secure),
        others=others,
    )


def one(plan: Plan, token: str, name: str | None = None) -> PlannedResource:
    """The only resource of a type, or the one of that name."""
    found = [resource for resource in plan.of_type(token) if name in (None, resource.name)]
    assert len(found) == 1, f"{token} {name or ''}: {[resource.name for resource in plan.of_type(token)]}"
    return found[0]


def kinds(plan: Plan) -> set[str]:
    """The types of all resources."""
    return {resource.type for resource in plan.resources}
