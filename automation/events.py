"""Progress as typed values, and the reading of the engine's own event stream."""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from automation.values import NOT_CHANGES, Finding, Step

if TYPE_CHECKING:
    from pulumi.automation.events import EngineEvent, StepEventMetadata

MANDATORY = "mandatory"
_OF_THE_CLI = re.compile(r"using pulumi-\S+ from \$PATH at ")
"""It warns of every plugin that it finds on PATH; for ours that is as it should be."""
_CREATING = frozenset({"create", "create-replacement"})


@dataclass(frozen=True)
class Started:
    """An operation begins."""

    stack: str
    kind: str


@dataclass(frozen=True)
class Moved:
    """One resource begins or ends a step."""

    stack: str
    kind: str
    state: Literal["running", "done", "failed"]
    step: Step


@dataclass(frozen=True)
class Found:
    """A policy found something."""

    stack: str
    kind: str
    finding: Finding


@dataclass(frozen=True)
class Said:
    """The engine, a provider or the program said something. Secrets are masked."""

    stack: str
    kind: str
    severity: str
    message: str
    urn: str


@dataclass(frozen=True)
class Ended:
    """An operation is over."""

    stack: str
    kind: str
    failed: bool
    seconds: float


Event = Started | Moved | Found | Said | Ended
OnEvent = Callable[[Event], None]


def ignore(_: Event) -> None:
    """Take events and do nothing."""


@dataclass
class Recorder:
    """Collects the events of one operation, and hands them on.

    What was said is held back until the end, because only then is it known what must be masked in it.
    """

    stack: str
    kind: str
    on_event: OnEvent
    recovering: str
    """The command that a person runs where it was interrupted."""
    changes: Counter[str] = field(default_factory=Counter)
    steps: list[Step] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    unknown: list[Finding] = field(default_factory=list)
    """What the pack could not judge: no findings."""
    said: list[Said] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    """URNs of the resources whose step failed."""
    unmade: list["StepEventMetadata"] = field(default_factory=list)
    """What was being made when the provider failed: by its message only can be told whether it answered at all."""
    creating: "dict[str, StepEventMetadata] | None" = None
    """Takes what is to be made, by URN, where that is asked for."""
    refused: Exception | None = None
    """What the receiver of the events raised; it gets no more of them."""
    _began: dict[tuple[str, str], float] = field(default_factory=dict)
    _over: set[tuple[str, str]] = field(default_factory=set)

    def __call__(self, event: "EngineEvent") -> None:
        """Take one event of the engine."""
        if event.summary_event is not None:
            self.changes.update({str(op): n for op, n in event.summary_event.resource_changes.items()})
        if event.diagnostic_event is not None and event.diagnostic_event.message.strip():
            told = event.diagnostic_event
            message = told.message.strip()
            if not told.ephemeral and told.severity != "debug" and not _OF_THE_CLI.match(message):
                self.said.append(Said(self.stack, self.kind, told.severity, message, told.urn or ""))
        if event.policy_event is not None:
            # Not when the API is imported: a folder may hide the program's modules, and is told so.
            from policy import NOT_KNOWN

            told_by = event.policy_event
            finding = Finding(
                policy=told_by.policy_name,
                pack=told_by.policy_pack_name,
                mandatory=told_by.enforcement_level == MANDATORY,
                message=_reason(told_by.message),
                urn=told_by.resource_urn or "",
            )
            to = self.unknown if finding.policy == NOT_KNOWN and not finding.mandatory else self.findings
            if finding not in to:
                to.append(finding)
                self.hand_on(Found(self.stack, self.kind, finding))
        if event.resource_pre_event is not None:
            step = event.resource_pre_event.metadata
            if self.creating is not None and str(step.op.value) == "create":
                self.creating.setdefault(step.urn, step)
            self._running(event.resource_pre_event.metadata)
        elif event.res_outputs_event is not None:
            self._ended(event.res_outputs_event.metadata, failed=False)
        elif event.res_op_failed_event is not None:
            failed_step = event.res_op_failed_event
            self._ended(failed_step.metadata, failed=True)
            if str(failed_step.metadata.op.value) in _CREATING:
                self.unmade.append(failed_step.metadata)

    def _running(self, metadata: "StepEventMetadata") -> None:
        key = (str(metadata.op.value), metadata.urn)
        self._began[key] = time.monotonic()
        self.hand_on(Moved(self.stack, self.kind, "running", _step(metadata, 0.0)))

    def _ended(self, metadata: "StepEventMetadata", *, failed: bool) -> None:
        key = (str(metadata.op.value), metadata.urn)
        began = self._began.pop(key, None)
        if key in self._over:
            # The engine tells the end of a component twice: when it is registered, and when its outputs are.
            return
        self._over.add(key)
        step = _step(metadata, 0.0 if began is None else time.monotonic() - began)
        if failed:
            self.failed.append(step.urn)
        elif step.operation == "same":
            # A refresh that runs the program first tells providers and the stack itself as updated, in nothing.
            self.steps = [one for one in self.steps if one.urn != step.urn or one.changed]
        elif step.operation not in NOT_CHANGES and not _by_default(step):
            self.steps.append(step)
        self.hand_on(Moved(self.stack, self.kind, "failed" if failed else "done", step))

    def mask(self, masked: Callable[[str], str]) -> None:
        """Mask what was said, and hand it on."""
        self.said = [replace(one, message=masked(one.message)) for one in self.said]
        for one in self.said:
            self.hand_on(one)

    def hand_on(self, event: Event) -> None:
        """Hand an event on. An update goes on, whatever its receiver raises."""
        if self.refused is None:
            try:
                self.on_event(event)
            except Exception as error:  # noqa: BLE001 - kept, and raised when the engine has stopped
                self.refused = error

    def of_severity(self, severity: str) -> list[Said]:
        """Return what was said with a severity, each once."""
        return list(dict.fromkeys(said for said in self.said if said.severity == severity))


def _step(metadata: "StepEventMetadata", seconds: float) -> Step:
    return Step(
        operation=str(metadata.op.value),
        urn=metadata.urn,
        type=metadata.type,
        changed=tuple(sorted(_paths(metadata))),
        seconds=seconds,
    )


def _by_default(step: Step) -> bool:
    """Return whether it is a provider that the engine made by itself, which it does not count as a change either."""
    return step.type.startswith("pulumi:providers:") and step.name.startswith("default")


def _paths(metadata: "StepEventMetadata") -> Iterable[str]:
    return metadata.detailed_diff or metadata.diffs or ()


def _reason(message: str) -> str:
    """Drop the policy's description, which the engine puts on a line before what was found."""
    return message.strip().rpartition("\n")[2].strip() or message.strip()
