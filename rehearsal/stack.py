"""A stack file as the rehearsal runs it: the program, its configuration, and stand-ins for its secrets."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rehearsal import canaries
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


def plan(stack: str) -> Plan:
    """Plan a stack by its name or the path of its file."""
    loaded = load(stack)
    return plan_program(
        loaded.program, stack=loaded.name, config=loaded.config, secret_keys=loaded.secret_keys
    )
