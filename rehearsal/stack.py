"""A stack file as the rehearsal runs it: the program, its configuration, and stand-ins for its secrets."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from rehearsal import canaries
from rehearsal.plan import Plan, plan_program
from stacks import deploy, files
from stacks.language import ChatSpec, checked_file, parse


@dataclass(frozen=True)
class RehearsedStack:
    """A stack file that was checked, with stand-ins for its secrets."""

    name: str
    values: Mapping[str, Any] = field(repr=False)
    """Plain values by full key, as the stack file has them."""
    secret_keys: frozenset[str]
    spec: ChatSpec
    unset: frozenset[str] = frozenset()
    """Those of the secrets that the file lacks, and must have before the stack is deployed."""
    elsewhere: Path | None = None
    """The file, where it is not among the project's stack files: then it is not found by the stack's name."""
    environments: tuple[str, ...] = ()
    """Pulumi ESC environments that the secrets may come from."""

    @property
    def secrets(self) -> dict[str, str]:
        """Stand-ins for the secrets, by full key."""
        return canaries.values(self.secret_keys, self.values)

    @property
    def config(self) -> dict[str, str]:
        """All configuration as Pulumi hands it to a program: text, or JSON for anything else."""
        return files.as_config(self.values) | self.secrets


def load(stack: str) -> RehearsedStack:
    """Read and check a stack file, by name or path. Raises InvalidStack, which lists all `problems`.

    Secrets that are missing are no mistake here: stand-ins are used for all of them.
    """
    found = files.read(stack)
    spec, unset = checked(found)
    elsewhere = None if found.path.resolve() == files.path_of(found.name).resolve() else found.path
    return RehearsedStack(
        found.name, found.values, found.secure | unset, spec, unset, elsewhere, found.environments
    )


def otherwise(loaded: RehearsedStack, name: str | None = None, /, **chat: Any) -> RehearsedStack:
    """Return a stack with other values of `chat`, under another name. Raises InvalidStack."""
    key = "rocketchat:chat"
    values = {**loaded.values, key: {**loaded.values[key], **chat}}
    spec = parse(values, loaded.secret_keys, source=loaded.name)
    return replace(loaded, name=name or loaded.name, values=values, spec=spec)


def checked(found: files.StackFile) -> tuple[ChatSpec, frozenset[str]]:
    """Check a stack file as if its missing secrets were set; return the full keys of these, too."""
    return checked_file(found, lenient=True)


def plan(stack: str | RehearsedStack) -> Plan:
    """Plan a stack by its name or the path of its file, or as it was loaded."""
    loaded = load(stack) if isinstance(stack, str) else stack
    return plan_program(
        deploy.run,
        stack=loaded.name,
        config=loaded.config,
        secret_keys=loaded.secret_keys,
        others=exported,
    )


@cache
def exported(stack: str) -> tuple[dict[str, Any], frozenset[str]]:
    """Return what a stack that another one refers to would export: it is planned, too."""
    return plan(stack).exported()
