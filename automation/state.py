"""A stack's state as a value: what is in it, what was interrupted, and which secrets it holds."""

import contextlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from automation.values import Resource
from stacks.engine import SECRET_SIGNATURE, SIGNATURE, STACK_TYPE, name_of
from stacks.masking import SECRET_MARK

UNDECIDED = "rocketchat:recovery:Undecided"
"""What the state has in place of a step whose outcome nobody knows; see `automation.journal`."""
_ACCOUNT = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:(\d{12}):")


@dataclass(frozen=True)
class Pending:
    """A step that was begun and whose end nobody has seen."""

    operation: str
    """`creating`, `updating`, `deleting`, `reading`, `importing`."""
    urn: str
    type: str
    inputs: Mapping[str, Any] = field(repr=False)
    record: Mapping[str, Any] = field(repr=False)
    """The resource as the state has it."""

    @property
    def name(self) -> str:
        """The resource's name in the program."""
        return name_of(self.urn)


@dataclass(frozen=True)
class State:
    """What `export_state` gives and `import_state` takes. Secrets in it are encrypted by the stack's own provider."""

    version: int
    deployment: Mapping[str, Any] = field(repr=False)

    @classmethod
    def from_json(cls, text: str) -> "State":
        """Read what `to_json` wrote, or `pulumi stack export`. Raises ValueError for anything else."""
        read = json.loads(text)
        if not isinstance(read, dict) or not isinstance(read.get("deployment"), dict):
            raise ValueError("this is not an exported state")  # noqa: TRY004 - a mistake of content
        return cls(int(read.get("version") or 3), read["deployment"])

    def to_json(self) -> str:
        """Return the state as `pulumi stack export` writes it."""
        return json.dumps({"version": self.version, "deployment": self.deployment}, indent=2) + "\n"

    @property
    def records(self) -> Sequence[Mapping[str, Any]]:
        """The resources as the engine keeps them."""
        return self.deployment.get("resources") or []

    @property
    def resources(self) -> tuple[Resource, ...]:
        """The resources, without their properties."""
        return tuple(
            Resource(
                urn=str(one["urn"]),
                type=str(one["type"]),
                name=name_of(str(one["urn"])),
                id=str(one.get("id", "")),
                parent=str(one.get("parent", "")),
                custom=bool(one.get("custom")),
                protected=bool(one.get("protect")),
                retained=bool(one.get("retainOnDelete")),
            )
            for one in self.records
            if not one.get("delete") and one["type"] != UNDECIDED
        )

    @property
    def kept(self) -> tuple[str, ...]:
        """URNs of what stays in the clouds when it leaves the stack: what is retained, and what only goes with it."""
        anchors = {str(one["urn"]): str(one["deletedWith"]) for one in self.records if one.get("deletedWith")}
        known = {one.urn: one for one in self.resources}

        def stays(urn: str) -> bool:
            if urn in anchors:
                return stays(anchors[urn])
            # A component is nothing that could be deleted.
            return urn in known and (known[urn].retained or not known[urn].custom)

        return tuple(sorted(urn for urn, one in known.items() if one.custom and stays(urn)))

    @property
    def pending(self) -> tuple[Pending, ...]:
        """What was interrupted."""
        return pendings(self.deployment.get("pending_operations") or [])

    @property
    def outputs(self) -> Mapping[str, Any]:
        """The stack's outputs; secret ones are encrypted."""
        return next((one.get("outputs") or {} for one in self.records if one["type"] == STACK_TYPE), {})

    @property
    def account(self) -> str | None:
        """The AWS account that most of the resources are in, from their ARNs; None where there is no AWS."""
        found: Counter[str] = Counter()
        for one in self.records:
            arn = (one.get("outputs") or {}).get("arn")
            if str(one["type"]).startswith("aws:") and isinstance(arn, str):
                found.update(_ACCOUNT.findall(arn))
        return found.most_common(1)[0][0] if found else None


def pendings(operations: Sequence[Mapping[str, Any]]) -> tuple[Pending, ...]:
    """Return pending operations as the engine keeps them as values."""
    return tuple(
        Pending(
            operation=str(one.get("type", "")),
            urn=str(one["resource"]["urn"]),
            type=str(one["resource"]["type"]),
            inputs=one["resource"].get("inputs") or {},
            record=one["resource"],
        )
        for one in operations
    )


def plain(value: Any) -> Any:
    """Return a value of a state without what is secret in it: None stands there."""
    if isinstance(value, Mapping):
        if value.get(SIGNATURE) == SECRET_SIGNATURE:
            return None
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    return None if value == SECRET_MARK else value


def in_clear(value: Any) -> tuple[Any, bool]:
    """Return a value of an export that was made with its secrets in clear, and whether anything in it is secret.

    Do not log it.
    """
    if isinstance(value, Mapping):
        if value.get(SIGNATURE) == SECRET_SIGNATURE:
            return in_clear(json.loads(value["plaintext"]))[0], True
        parts = {key: in_clear(one) for key, one in value.items()}
        return {key: one for key, (one, _) in parts.items()}, any(secret for _, secret in parts.values())
    if isinstance(value, list):
        items = [in_clear(one) for one in value]
        return [one for one, _ in items], any(secret for _, secret in items)
    return value, False


def secrets_in(value: Any) -> Iterator[str]:
    """Give every secret string in an export that was made with its secrets in clear."""
    if isinstance(value, Mapping):
        if value.get(SIGNATURE) == SECRET_SIGNATURE:
            plain = value.get("plaintext")
            if isinstance(plain, str):
                with contextlib.suppress(ValueError):
                    yield from leaves(json.loads(plain))
            return
        for one in value.values():
            yield from secrets_in(one)
    elif isinstance(value, list):
        for one in value:
            yield from secrets_in(one)


def leaves(value: Any) -> Iterator[str]:
    """Give every string in a plain value, also of one that is itself JSON."""
    if isinstance(value, str):
        yield value
        if value[:1] in "{[":
            with contextlib.suppress(ValueError):
                yield from leaves(json.loads(value))
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from leaves(one)
    elif isinstance(value, list):
        for one in value:
            yield from leaves(one)


def record_of(step: Any) -> dict[str, Any]:
    """Return the record of what a step of the engine's events makes, without its secrets."""
    new = step.new
    return {
        "urn": step.urn,
        "custom": True,
        "type": step.type,
        # Events have secrets blinded, in a form that no import takes; without them, the next `up` sets them again.
        "inputs": {key: value for key, value in plain(new.inputs or {}).items() if value is not None},
        "parent": new.parent,
        "provider": new.provider,
        **({"protect": True} if new.protect else {}),
        **({"retainOnDelete": True} if new.retain_on_delete else {}),
    }
