"""What the operations of a stack give back: frozen values, in which no secret can be printed by mistake."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from stacks.engine import name_of
from stacks.masking import SECRET_MARK

NOT_CHANGES = frozenset({"same", "read", "refresh"})
"""The engine's words for a resource that stays as it is."""
REPLACING = frozenset({"replace", "create-replacement", "delete-replaced", "import-replacement"})


class SecretValue:
    """A secret output. It prints as `[secret]`, and neither JSON nor pickle take it; `reveal()` gives the value."""

    __slots__ = ("_value",)

    def __init__(self, value: object) -> None:
        self._value = value

    def reveal(self) -> Any:
        """Return the value in clear. Do not log it."""
        return self._value

    def __repr__(self) -> str:
        return SECRET_MARK

    def __format__(self, spec: str) -> str:
        return format(SECRET_MARK, spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SecretValue) and self._value == other._value

    def __hash__(self) -> int:
        return hash((SecretValue, str(self._value)))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written to files; reveal() gives its value")


@dataclass(frozen=True)
class Resource:
    """One resource of a stack's state, without its properties."""

    urn: str
    type: str
    name: str
    id: str
    """The provider's id; empty for components."""
    parent: str
    """URN of the component that it stands in; empty for the stack itself."""
    custom: bool
    """False for components and the stack."""
    protected: bool
    retained: bool
    """It stays in the cloud when it is destroyed."""


@dataclass(frozen=True)
class Step:
    """What the engine did to one resource, or would do."""

    operation: str
    """The engine's word: `create`, `update`, `replace`, `delete`, `same`, …"""
    urn: str
    type: str
    changed: tuple[str, ...] = ()
    """Paths of the properties that made it so. Never their values."""
    seconds: float = 0.0
    """From the step's start to its end; 0 in a preview."""

    @property
    def name(self) -> str:
        """The resource's name in the program."""
        return name_of(self.urn)

    def to_json(self) -> dict[str, Any]:
        """Return the step for other tools."""
        return {
            "operation": self.operation,
            "type": self.type,
            "name": self.name,
            "urn": self.urn,
            "changed": list(self.changed),
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True)
class Finding:
    """What a policy found."""

    policy: str
    pack: str
    mandatory: bool
    """Whether it stops a deployment."""
    message: str
    urn: str
    """The resource; empty where it is about the whole stack."""

    def to_json(self) -> dict[str, Any]:
        """Return the finding for other tools."""
        return {
            "policy": self.policy,
            "pack": self.pack,
            "mandatory": self.mandatory,
            "message": self.message,
            "urn": self.urn,
        }

    def __str__(self) -> str:
        where = name_of(self.urn)
        return f"{self.policy}{f' ({where})' if where else ''}: {self.message}"


@dataclass(frozen=True)
class Result:
    """What one operation did, or in a preview would do."""

    stack: str
    kind: str
    """`preview`, `up`, `refresh`, `drift`, `destroy`."""
    changes: Mapping[str, int]
    """Number of resources by the engine's word for what happened to them."""
    steps: tuple[Step, ...]
    """Everything that did not stay as it was, in the order in which it was done."""
    outputs: Mapping[str, Any] = field(default_factory=dict)
    """The stack's outputs after an `up` or `refresh`; secret ones are `SecretValue`."""
    findings: tuple[Finding, ...] = ()
    unknown: tuple[Finding, ...] = ()
    """What the policy pack could not judge, one for each place whose value is not known yet: no findings."""
    warnings: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    """URNs of what a `destroy` left in the clouds on purpose."""
    seconds: float = 0.0

    @property
    def changed(self) -> int:
        """Number of resources that did not stay as they were."""
        return sum(count for operation, count in self.changes.items() if operation not in NOT_CHANGES)

    @property
    def replaced(self) -> tuple[str, ...]:
        """URNs of the resources that were made anew."""
        return tuple(sorted({step.urn for step in self.steps if step.operation in REPLACING}))

    @property
    def lost(self) -> tuple[str, ...]:
        """What is lost with resources that hold data, each in a sentence. The engine lets go of a trial's alone.

        What a `destroy` keeps is not lost.
        """
        # The records of resource types, which the import of the API does without.
        from clouds import effects

        types = {step.type for step in self.steps}
        gone = (
            step
            for step in self.steps
            if step.operation in {"delete", *REPLACING}
            and step.urn not in self.kept
            and effects.holds_data(step.type, step.name, types)
        )
        return tuple(dict.fromkeys(effects.loss(step.type, step.name) for step in gone))

    def to_json(self) -> dict[str, Any]:
        """Return the result for other tools; secret outputs are `[secret]`."""
        return {
            "stack": self.stack,
            "kind": self.kind,
            "changed": self.changed,
            "changes": dict(self.changes),
            "steps": [step.to_json() for step in self.steps],
            "outputs": shown(self.outputs),
            "findings": [finding.to_json() for finding in self.findings],
            "unknown": [finding.to_json() for finding in self.unknown],
            "warnings": list(self.warnings),
            "lost": list(self.lost),
            "kept": list(self.kept),
            "seconds": round(self.seconds, 2),
        }


def shown(outputs: Mapping[str, Any], *, reveal: bool = False) -> dict[str, Any]:
    """Return outputs for people and JSON: secrets as `[secret]`, or in clear where that is asked for."""
    return {
        key: (value.reveal() if reveal else SECRET_MARK) if isinstance(value, SecretValue) else value
        for key, value in sorted(outputs.items())
    }


def short_type(token: str) -> str:
    """`aws:ec2/vpc:Vpc` -> `aws.ec2.Vpc`; `cloudflare:index/dnsRecord:DnsRecord` -> `cloudflare.DnsRecord`."""
    package, module, name = token.split(":")
    if (package, module) == ("pulumi", "providers"):
        return f"{name} provider"
    module = module.partition("/")[0]
    return f"{package}.{name}" if module in {"index", ""} else f"{package}.{module}.{name}"
