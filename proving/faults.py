"""A stack that is disturbed on purpose, call by call, in the real engine; and what must hold after each fault.

The faults of a sweep follow each other in one life of the stack: fault, `recover`, `up` again, which goes wrong at
another call, and so on until every call went wrong once. Then the stack is compared with one that nobody disturbed.
"""

import contextlib
import copy
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import clouds
from automation import journal
from automation.backend import Backend
from automation.errors import AutomationError
from automation.events import OnEvent, ignore
from automation.stack import ChatStack, open_stack
from automation.state import State
from clouds.effects import holds_data
from clouds.record import Gone
from proving import killable
from rehearsal import lifecycle
from rehearsal.backend import RehearsalBackend, rehearsal_backend
from rehearsal.cloud import Kept, StandinCloud
from rehearsal.faults import KILLED, UNANSWERED, Call, Fault, Faults
from rehearsal.stack import RehearsedStack
from rehearsal.standins import once
from stacks import deploy
from stacks.engine import name_of
from stacks.language import NAMESPACE

MOST = 1000
"""Deployments that one sweep may need; more means that it does not get on."""
OnStruck = Callable[[int], None]


class Phase(StrEnum):
    """What is disturbed."""

    UP = "first up"
    CHANGE = "changed settings"
    DESTROY = "destroy"


@dataclass(frozen=True)
class Subject:
    """A stack to be disturbed."""

    name: str
    values: Mapping[str, Any] = field(repr=False)
    changed: Mapping[str, Any] = field(repr=False)
    """The values after a change of settings."""
    secrets: Mapping[str, str] = field(repr=False)
    program: Callable[[], None] = deploy.run

    @classmethod
    def of(cls, loaded: RehearsedStack) -> "Subject":
        """Return a stack file's stack; the change is another log level and twice the users."""
        settings, chat = f"{NAMESPACE}:settings", f"{NAMESPACE}:chat"
        changed = copy.deepcopy(dict(loaded.values))
        before = str((changed.get(settings) or {}).get(lifecycle.SETTING))
        changed[settings] = {
            **(changed.get(settings) or {}),
            lifecycle.SETTING: "1" if before != "1" else "0",
        }
        changed[chat] = {**changed[chat], "users": 2 * loaded.spec.parts.chat.users}
        return cls(loaded.name, loaded.values, changed, loaded.secrets)


@dataclass(frozen=True)
class Snapshot:
    """A stack and its clouds at one moment."""

    state: str = field(repr=False)
    cloud: Sequence[Mapping[str, Any]] = field(repr=False)
    """In clear: of stand-ins only."""

    def restore(self, stack: ChatStack) -> None:
        """Put a stack that was never deployed where this one was."""
        _cloud(stack.backend).load([dict(one) for one in self.cloud])
        stack.import_state(State.from_json(self.state))

    @classmethod
    def of(cls, stack: ChatStack) -> "Snapshot":
        """Keep what there is now."""
        return cls(stack.export_state().to_json(), _cloud(stack.backend).dump())


@dataclass(frozen=True)
class Undisturbed:
    """How each phase goes when nothing goes wrong."""

    calls: Mapping[Phase, tuple[Call, ...]]
    after: Mapping[Phase, Snapshot]


@dataclass
class Sweep:
    """What came of disturbing one phase of one stack by one kind of fault."""

    stack: str
    phase: Phase
    fault: Fault
    alone: bool
    """Whether one call went wrong at a time, and not all that were under way."""
    calls: int
    """How many calls the phase has."""
    struck: int = 0
    """How many of them went wrong. A repair can make one needless: what is gone already is not deleted."""
    faults: int = 0
    """How many calls went wrong in all, those of the repairs too."""
    deployments: int = 0
    pending: int = 0
    adopted: int = 0
    doomed: int = 0
    cleared: int = 0
    by_person: int = 0
    doubled: int = 0
    """Things in the clouds that an undisturbed stack has not."""
    replaced: int = 0
    """Resources that hold data and are not what they were."""
    leaks: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """What else did not hold."""
    decided: list[str] = field(default_factory=list)
    """What a person had to decide, and why."""
    seconds: float = 0.0

    @property
    def well(self) -> bool:
        """Whether all that must hold did."""
        return not (self.doubled or self.replaced or self.leaks or self.problems)


def undisturbed(subject: Subject) -> Undisturbed:
    """Let a stack live without any fault."""
    calls: dict[Phase, tuple[Call, ...]] = {}
    after: dict[Phase, Snapshot] = {}
    for phase in (Phase.UP, Phase.CHANGE, Phase.DESTROY):
        with _opened(subject, phase) as stack:
            if phase is not Phase.UP:
                after[Phase.UP].restore(stack)
            noted = _cloud(stack.backend).faults = Faults(Fault.FAIL, width=0)
            _operate(stack, phase)
            calls[phase] = tuple(dict.fromkeys(noted.calls))
            after[phase] = Snapshot.of(stack)
    return Undisturbed(calls, after)


def disturb(
    subject: Subject,
    well: Undisturbed,
    phase: Phase,
    fault: Fault,
    *,
    alone: frozenset[Call] | None = None,
    on_struck: OnStruck = lambda _: None,
) -> Sweep:
    """Let every call of a phase go wrong once, all that are under way at once; or each of `alone` by itself."""
    sweep = Sweep(subject.name, phase, fault, alone is not None, len(well.calls[phase]))
    began = time.monotonic()
    left = frozenset(well.calls[phase]) if alone is None else alone
    while left:
        disturbing = _Disturbing(subject, well, sweep, left if alone is not None else None, on_struck)
        try:
            struck = disturbing.live()
        except AutomationError as error:
            sweep.problems.append(f"it does not get on: {error}")
            break
        sweep.struck += len(struck & left)
        # What was under way beside a call that went wrong was done; it goes wrong in another lifecycle.
        left = left - struck if alone is not None and struck & left else frozenset()
    sweep.seconds = time.monotonic() - began
    return sweep


class _Disturbing:
    """One life of a stack, in which calls go wrong one after another."""

    def __init__(
        self,
        subject: Subject,
        well: Undisturbed,
        sweep: Sweep,
        among: frozenset[Call] | None,
        on_struck: OnStruck,
    ) -> None:
        self.subject = subject
        self.well = well
        self.sweep = sweep
        self.phase = sweep.phase
        self._among = among
        self._on_struck = on_struck
        self._struck: set[Call] = set()
        self._texts: list[str] = []
        self._secrets = {f"configuration {key}": value for key, value in subject.secrets.items()}
        self._data: dict[str, str] = {}

    def live(self) -> frozenset[Call]:
        """Return the calls that went wrong. Raises AutomationError where the stack does not get on."""
        with _opened(
            self.subject, self.phase, on_event=lambda event: self._texts.append(repr(event))
        ) as stack:
            if self.phase is not Phase.UP:
                self.well.after[Phase.UP].restore(stack)
                self._same_data(stack.export_state())
            for _ in range(MOST):
                if not self._once(stack):
                    break
            else:
                self.sweep.problems.append(f"not done after {MOST} deployments")
            self._compare(stack)
            _, leaks = lifecycle.search(
                [stack.backend.work.parent], {"what was said": "\n".join(self._texts)}, self._secrets
            )
            self.sweep.leaks += leaks
        return frozenset(self._struck)

    def _once(self, stack: ChatStack) -> bool:
        """Deploy; return whether something went wrong as it was to, and was mended."""
        cloud = _cloud(stack.backend)
        faults = Faults(
            self.sweep.fault,
            width=1 if self._among is not None else len(self.well.calls[self.phase]),
            spared=frozenset(self._struck),
            among=self._among,
            kill=stack.kill,
            quotes=True,
        )
        self.sweep.deployments += 1
        cloud.faults = faults
        try:
            if self.sweep.fault is Fault.DIE:
                killable.operate(
                    stack, self.subject.program, _KINDS[self.phase], self.subject.secrets, faults
                )
            else:
                _operate(stack, self.phase)
        except AutomationError as error:
            cloud.faults = None
            if not faults.struck:
                raise
            self._texts += [str(error), repr(error), json.dumps(error.to_json())]
            self._failed(stack, faults, error)
        cloud.faults = None
        self.sweep.faults += len(faults.struck)
        self._on_struck(len(({*faults.struck} - self._struck) & {*self.well.calls[self.phase]}))
        self._struck |= set(faults.struck)
        return bool(faults.struck)

    def _failed(self, stack: ChatStack, faults: Faults, error: AutomationError) -> None:
        self._learn(stack)
        killed = self.sweep.fault in KILLED | {Fault.DIE}
        # Where the engine was killed, the state cannot always be read before `recover`.
        state = None if killed else stack.export_state()
        if state is None or journal.begun(state):
            if "recover" not in error.remedy:
                self.sweep.problems.append(f"nobody says that `recover` comes next: {error}")
            looked_after = self._recover(stack)
            state = stack.export_state()
            unseen = {urn for kind, urn in faults.struck if killed or kind == "create"} - looked_after
            if self.sweep.fault is Fault.DIE:
                # It was answered: the engine, which is killed a little later, may have written it down.
                unseen -= _written_down(unseen, state, _cloud(stack.backend).things())
            self.sweep.problems += [f"nobody looked after {urn}" for urn in unseen]
            if journal.begun(state):
                self.sweep.problems.append("something is pending after `recover`")
        elif self.sweep.fault in UNANSWERED and any(kind == "create" for kind, _ in faults.struck):
            self.sweep.problems.append(f"nothing is pending of {faults.struck}")
        self._same_data(state)

    def _recover(self, stack: ChatStack) -> set[str]:
        """Return the URNs of what was looked after."""
        recovered = stack.recover()
        self._texts.append(json.dumps(recovered.to_json()))
        sweep = self.sweep
        undecided = [urn for urn, _ in recovered.undecided]
        urns = [urn for urn, _ in (*recovered.adopted, *recovered.doomed)] + [*recovered.cleared, *undecided]
        sweep.pending += len(urns)
        sweep.adopted += len(recovered.adopted)
        sweep.doomed += len(recovered.doomed)
        sweep.cleared += len(recovered.cleared)
        sweep.by_person += len(undecided)
        sweep.decided += [f"{name_of(urn)}: {recovered.because[urn]}" for urn in undecided]
        if undecided:
            adopt, discard = _decided(undecided, stack)
            by_hand = stack.recover(adopt=adopt, discard=discard)
            if not by_hand.done:
                sweep.problems.append(f"a person cannot decide on {by_hand.undecided}")
        return set(urns)

    def _same_data(self, state: State) -> None:
        """See that what holds data is what it was, once it is there."""
        if self.phase is Phase.DESTROY:
            return
        types = {one.type for one in state.resources}
        now = {
            one.urn: one.id for one in state.resources if one.custom and holds_data(one.type, one.name, types)
        }
        changed = [urn for urn, own_id in self._data.items() if now.get(urn) != own_id]
        self.sweep.replaced += len(changed)
        self._data = now

    def _learn(self, stack: ChatStack) -> None:
        """Remember the secrets that were made meanwhile."""
        self._secrets |= _cloud(stack.backend).secrets()

    def _compare(self, stack: ChatStack) -> None:
        """Compare with the stack that nobody disturbed."""
        self._learn(stack)
        state, wanted = stack.export_state(), State.from_json(self.well.after[self.phase].state)
        self._same_data(state)
        problems = self.sweep.problems
        differing = Counter(_seen(one) for one in state.records)
        differing.subtract(_seen(one) for one in wanted.records)
        problems += [f"the state has {count:+d} {what}" for what, count in differing.items() if count]
        if self.phase is not Phase.DESTROY:
            changed = stack.preview(policies=False).changed
            if changed:
                problems.append(f"the next `up` would change {changed} resources")
        now = _lasting(_cloud(stack.backend).things())
        clouds = StandinCloud()
        clouds.load([dict(one) for one in self.well.after[self.phase].cloud])
        before = _lasting(clouds.things())
        counted = Counter(thing.urn for thing in now)
        counted.subtract(thing.urn for thing in before)
        self.sweep.doubled += sum(count for count in counted.values() if count > 0)
        problems += [f"the clouds have {count:+d} {urn}" for urn, count in counted.items() if count]
        if not any(counted.values()):
            problems += _differences(now, before)


_KINDS = {Phase.UP: "up", Phase.CHANGE: "up", Phase.DESTROY: "destroy"}


@contextlib.contextmanager
def _opened(subject: Subject, phase: Phase, on_event: OnEvent = ignore) -> Iterator[ChatStack]:
    with (
        rehearsal_backend(program=subject.program, checkpoints=True) as backend,
        open_stack(
            subject.name,
            values=subject.changed if phase is Phase.CHANGE else subject.values,
            secrets=subject.secrets,
            backend=backend,
            policies=False,
            on_event=on_event,
        ) as stack,
    ):
        yield stack


def _operate(stack: ChatStack, phase: Phase) -> None:
    if phase is Phase.DESTROY:
        stack.destroy(confirm=stack.name, unprotect=True)
    else:
        stack.up(preview=False)


def _cloud(backend: Backend) -> StandinCloud:
    assert isinstance(backend, RehearsalBackend)  # noqa: S101 - stand-ins are what is disturbed
    return backend.cloud


def _decided(urns: Sequence[str], stack: ChatStack) -> tuple[dict[str, str], list[str]]:
    """Decide as a person would who looks at the clouds: what is there and not in the state is it."""
    known = {one.get("id") for one in stack.export_state().records}
    adopt = {}
    for urn in urns:
        for thing in _cloud(stack.backend).things():
            if thing.urn == urn and thing.id not in known:
                adopt[urn] = once.import_id(thing.existing)
    return adopt, [urn for urn in urns if urn not in adopt]


def _written_down(urns: Iterable[str], state: State, things: Sequence[Kept]) -> set[str]:
    """Return those of which the state has what is the newest in the clouds, or both have nothing."""

    def told(own_id: object, outputs: Mapping[str, Any]) -> tuple[object, object]:
        # Revisions have one id.
        return own_id, outputs.get("arn")

    newest = {thing.urn: told(thing.id, thing.outputs) for thing in things}
    known: dict[str, list[tuple[object, object]]] = {}
    for one in state.records:
        known.setdefault(one["urn"], []).append(told(one.get("id"), one.get("outputs") or {}))
    return {urn for urn in urns if (newest[urn] in known.get(urn, []) if urn in newest else urn not in known)}


def _seen(record: Mapping[str, Any]) -> str:
    flags = [key for key in ("delete", "protect", "retainOnDelete", "pendingReplacement") if record.get(key)]
    return " ".join([str(record["urn"]), *flags])


def _lasting(things: Sequence[Kept]) -> list[Kept]:
    """Leave out what is in no cloud, or expires by itself."""
    left = []
    for thing in things:
        record = clouds.find(thing.type)
        expires = record is not None and isinstance(record.found, Gone) and record.found.remains
        if not expires and not thing.type.startswith("random:"):
            left.append(thing)
    return left


def _differences(now: Sequence[Kept], before: Sequence[Kept]) -> list[str]:
    """Return where two clouds differ, but for what was generated: ids, and the secrets of what was made again."""
    generated: dict[str, str] = {}
    for one, other in zip(now, before, strict=True):
        there = dict(_leaves(other.outputs))
        for path, value in _leaves(one.outputs):
            if isinstance(value, str) and path in there and there[path] != value:
                generated[value] = str(there[path])
    found = []
    for one, other in zip(now, before, strict=True):
        if not one.ready:
            found.append(f"{one.name} is not ready")
        here, there = dict(_leaves(one.inputs)), dict(_leaves(other.inputs))
        for path in sorted(here.keys() | there.keys()):
            value = here.get(path)
            if value != there.get(path) and generated.get(str(value)) != there.get(path):
                found.append(f"{one.name} differs in {path}")
    return found


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from _leaves(one, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list | tuple):
        for at, one in enumerate(value):
            yield from _leaves(one, f"{path}[{at}]")
    else:
        yield path, value
