"""A stack file as the rehearsal runs it: the program, its configuration, and stand-ins for its secrets."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rehearsal import canaries
from rehearsal.plan import Plan, Program, plan_program


@dataclass(frozen=True)
class RehearsedStack:
    """All that `plan_program` and `engine.live` want of a stack."""

    name: str
    program: Program
    config: Mapping[str, str] = field(repr=False)
    secret_keys: frozenset[str]


def load(stack: str) -> RehearsedStack:
    """Read a stack file by name or path. Raises what `stacks.files.read` raises, which lists `problems`."""
    from components import sdk

    sdk.install()
    from stacks import deploy, files

    found = files.read(stack)
    config = found.config() | canaries.values(found.secure)
    return RehearsedStack(found.name, deploy.run, config, found.secure)


def plan(stack: str) -> Plan:
    """Plan a stack by its name or the path of its file."""
    loaded = load(stack)
    return plan_program(
        loaded.program, stack=loaded.name, config=loaded.config, secret_keys=loaded.secret_keys
    )
