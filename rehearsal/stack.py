"""A stack file as the rehearsal runs it: the program, its configuration, and stand-ins for its secrets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from rehearsal import canaries
from rehearsal.monitor import REFERENCE_TYPE
from rehearsal.plan import Plan, Program, plan_program
from stacks import deploy, files
from stacks.language import ChatSpec, parse


@dataclass(frozen=True)
class RehearsedStack:
    """All that `plan_program` and `engine.live` want of a stack."""

    name: str
    program: Program
    config: Mapping[str, str] = field(repr=False)
    secret_keys: frozenset[str]
    spec: ChatSpec


def load(stack: str) -> RehearsedStack:
    """Read and check a stack file, by name or path. Raises InvalidStack, which lists all `problems`."""
    found = files.read(stack)
    spec = parse(found.values, found.secure, source=found.shown, line=found.line)
    config = found.config() | canaries.values(found.secure)
    return RehearsedStack(found.name, deploy.run, config, found.secure, spec)


def plan(stack: str | RehearsedStack) -> Plan:
    """Plan a stack by its name or the path of its file, or as it was loaded."""
    loaded = load(stack) if isinstance(stack, str) else stack
    return plan_program(
        loaded.program,
        stack=loaded.name,
        config=loaded.config,
        secret_keys=loaded.secret_keys,
        others=exported,
    )


def referred(planned: Plan) -> dict[str, dict[str, Any]]:
    """Return the stacks that a plan refers to, with their outputs but the secret ones."""
    found = {}
    for reference in planned.of_type(REFERENCE_TYPE):
        name = reference.id.rpartition("/")[2]
        outputs, secret = exported(name)
        found[name] = {key: value for key, value in outputs.items() if key not in secret}
    return found


@cache
def exported(stack: str) -> tuple[dict[str, Any], frozenset[str]]:
    """Return what a stack that another one refers to would export: it is planned, too."""
    return plan(stack).exported()
