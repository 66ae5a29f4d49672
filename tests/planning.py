"""Plans made of the values of a stack file that some test has changed."""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from copy import deepcopy
from typing import Any

import sharing
from sharing import shared

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
    """Check these values as a stack file's and plan them; `secure` are the full keys of the secrets.

    The same values are planned once in a run of the tests, and each gets a copy.
    """

    def plan() -> Plan:
        parse(values, set(secure), source="a test")
        config = {
            key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()
        }
        return plan_program(
            deploy.run,
            stack=stack,
            config=config | canaries.values(secure, values),
            secret_keys=set(secure),
            others=others,
        )

    if others is not rehearsed.exported:
        return plan()
    return shared_plan(plan, stack, values, sorted(secure))


def shared_plan(plan: Callable[[], Plan], *told: object) -> Plan:
    """Plan what is `told`, once in a run of the tests; anew where the running test replaces something."""
    if sharing.replaced:
        return plan()
    made: Plan = shared(f"plan {hashlib.sha256(repr(told).encode()).hexdigest()}", plan)
    return made


def planned_file(stack: str) -> Plan:
    """Plan a stack file of the project as it is, once in a run of the tests."""
    if sharing.replaced:
        return rehearsed.plan(stack)
    made: Plan = shared(f"plan of {stack}", lambda: rehearsed.plan(stack))
    return made


def one(plan: Plan, token: str, name: str | None = None) -> PlannedResource:
    """The only resource of a type, or the one of that name."""
    found = [resource for resource in plan.of_type(token) if name in (None, resource.name)]
    assert len(found) == 1, f"{token} {name or ''}: {[resource.name for resource in plan.of_type(token)]}"
    return found[0]


def kinds(plan: Plan) -> set[str]:
    """The types of all resources."""
    return {resource.type for resource in plan.resources}
