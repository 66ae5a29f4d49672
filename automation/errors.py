"""The few ways in which an operation can fail. Messages are for people: no traceback, no secret."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from automation.values import Finding
from stacks.engine import name_of
from stacks.problems import Problem
from stacks.project import COMMAND
from stacks.words import count


class AutomationError(Exception):
    """An operation failed. `resource` is a URN or empty, `cause` says what is wrong, `remedy` what to do."""

    kind = "error"

    def __init__(self, cause: str, *, resource: str = "", remedy: str = "") -> None:
        self.cause = cause
        self.resource = resource
        self.remedy = remedy
        super().__init__(cause, resource, remedy)

    def __reduce__(self) -> tuple[Any, ...]:
        # What is given by keyword is lost in Exception's own way, and then the error on its way to another process.
        return _again, (type(self), self.args, self.__dict__)

    def __str__(self) -> str:
        where = name_of(self.resource)
        lines = [f"{where}: {self.cause}" if where and where not in self.cause else self.cause]
        if self.remedy:
            lines.append(f"    fix: {self.remedy}")
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """Return the error for other tools."""
        return {
            "error": self.kind,
            "cause": self.cause,
            "resource": self.resource,
            "remedy": self.remedy,
        }


def _again(kind: type[AutomationError], args: tuple[Any, ...], given: dict[str, Any]) -> AutomationError:
    made = kind.__new__(kind, *args)
    made.__dict__.update(given)
    return made


class UsageError(AutomationError):
    """A command was given what it cannot take, or lacks an answer. Nothing was changed."""

    kind = "usage"


class ConfigurationError(AutomationError):
    """The stack file, the secrets, the backend or the machine is not as it must be. Nothing was changed."""

    kind = "configuration"
    problems: Sequence[Problem] = ()
    """Every mistake of a stack file, where it is one that is wrong."""

    def to_json(self) -> dict[str, Any]:
        """Return the error with the mistakes of the stack file."""
        return {**super().to_json(), "problems": [dataclasses.asdict(problem) for problem in self.problems]}


def not_deployed(stack: str, up: str = "") -> ConfigurationError:
    """Return the error of a stack that nobody has deployed; `up` is the command that does."""
    return ConfigurationError(f"{stack} is not deployed", remedy=up or f"{COMMAND} up {stack}")


class NoEngineError(ConfigurationError):
    """There is no Pulumi CLI that can do this."""

    kind = "no-engine"


class PolicyError(AutomationError):
    """The policy pack stopped the operation. `findings` holds every mandatory one."""

    kind = "policy"

    def __init__(self, findings: Sequence[Finding], *, remedy: str = "") -> None:
        self.findings = tuple(findings)
        number = len(self.findings)
        listed = "\n".join(f"  {finding}" for finding in self.findings)
        stop = "stops" if number == 1 else "stop"
        super().__init__(
            f"{count(number, 'mandatory policy finding')} {stop} the deployment:\n{listed}",
            resource=self.findings[0].urn if number == 1 else "",
            remedy=remedy,
        )

    def to_json(self) -> dict[str, Any]:
        """Return the error with its findings."""
        return {**super().to_json(), "findings": [finding.to_json() for finding in self.findings]}


class ProviderError(AutomationError):
    """A cloud refused or failed. What was done before is in the state; the next `up` goes on from there."""

    kind = "provider"


class ConflictError(AutomationError):
    """Somebody else changes the stack, or it is in a state that this operation must not touch."""

    kind = "conflict"


class CancelledError(AutomationError):
    """The operation was stopped before its end."""

    kind = "cancelled"
