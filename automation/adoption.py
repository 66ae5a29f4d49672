"""Takes over what is in the clouds already and what a stack file asks for, instead of making it a second time.

The plan says what would be made; the lookups of a recovery say which of it is there; it is put into the state, and read
by its provider. What was not known before (the subnets of a network that is found) is looked for in the next round.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pulumi.automation.events import StepEventMetadata

from automation.account import account_now
from automation.cloud_search import Found, Given, Unsaid, placed, search
from automation.engine_stack import EngineStack
from automation.errors import ConflictError
from automation.state import Pending, State, record_of
from automation.values import REPLACING, Result
from clouds.record import Gone, Person, Tagged
from stacks.engine import NOT_KNOWN, STACK_TYPE, name_of, type_of
from stacks.project import COMMAND

Agree = Callable[[Mapping[str, str]], bool]
"""Asked once before anything is taken over, with the ids by URN."""


@dataclass(frozen=True)
class Adopted:
    """What `adopt` took over, and what `up` would still do."""

    taken: Mapping[str, str]
    """Ids by URN. They are the stack's own now, and go when it is destroyed, unless they are retained."""
    left: Mapping[str, str]
    """Why something that may be there was not taken over, by URN."""
    unsought: Mapping[str, str] = field(default_factory=dict)
    """What could not be looked for, by URN, and why: it is made, unless its id is given."""
    plan: Result | None = None
    """What `up` would do now; None where nobody agreed."""
    imports: Mapping[str, Any] = field(default_factory=dict)
    """Pulumi's import file of what was found in the first round, where nobody agreed."""

    def to_json(self) -> dict[str, Any]:
        """Return it for other tools."""
        return {
            "taken": [{"urn": urn, "id": own_id} for urn, own_id in self.taken.items()],
            "left": [{"urn": urn, "because": why} for urn, why in self.left.items()],
            "unsought": [{"urn": urn, "because": why} for urn, why in self.unsought.items()],
            "plan": None if self.plan is None else self.plan.to_json(),
            **({"imports": dict(self.imports)} if self.imports else {}),
        }


@dataclass
class _Work:
    stack: EngineStack
    account: str
    given: Mapping[str, str]
    skip: set[str]
    taken: dict[str, str] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)
    unsought: dict[str, str] = field(default_factory=dict)
    looked: dict[str, str] = field(default_factory=dict)
    """What was known of each thing when it was looked for last."""


def adopt(
    stack: EngineStack, *, given: Mapping[str, str], skip: Sequence[str] = (), agree: Agree = lambda _: True
) -> Adopted:
    """Take over what the clouds have of what the stack would make.

    `given` says for a URN which id it has, as `pulumi import` takes it; those in `skip` are made anew. What another
    stack of the same state has is left to it, and so is what would have to be replaced to be as the file says: it is
    named, and nothing of it changes. Raises ConflictError for URNs that the stack would not make, ProviderError where
    a cloud does not answer.
    """
    account = "" if stack.spec.region is None else account_now(stack.backend, stack.engine, stack.spec)
    work = _Work(stack, account, given, set(skip))
    stack.make_providers()
    agreed = False
    while True:
        planned = stack.would_make()
        unknown = sorted((set(given) | set(skip)) - {one.urn for one in planned} - work.taken.keys())
        if unknown:
            raise ConflictError(
                f"the stack would not make {', '.join(unknown)}",
                resource=unknown[0],
                remedy=f"{COMMAND} preview {stack.name} --json names what it would make",
            )
        found = _look(work, planned)
        if not found:
            break
        if not agreed and not agree(found):
            return Adopted({}, work.left, work.unsought, imports=import_file(found, planned))
        agreed = True
        stack.import_state(_with(stack.export_state(), found, planned))
        # Takes over what the provider gives besides the id.
        stack.refresh(targets=sorted(found), run_program=False)
        work.taken |= found
        _let_go(work)
    return Adopted(work.taken, work.left, work.unsought, stack.preview(policies=False))


def _around(ids: Mapping[str, str], planned: Sequence[StepEventMetadata]) -> list[StepEventMetadata]:
    """Return the steps of these URNs, and of the components that they stand in, each before what stands in it."""
    by_urn = {one.urn: one for one in planned}
    wanted: set[str] = set()
    for urn in ids:
        while urn in by_urn and urn not in wanted:
            wanted.add(urn)
            new = by_urn[urn].new
            urn = new.parent if new is not None else ""
    return [one for one in planned if one.urn in wanted]


def _with(state: State, ids: Mapping[str, str], planned: Sequence[StepEventMetadata]) -> State:
    """Return the state with things of these ids, as the plan would make them, and the components around them."""
    records = []
    for one in _around(ids, planned):
        made = record_of(one)
        inputs = _known(made["inputs"])
        if one.urn in ids:
            own_id = ids[one.urn]
            records.append({**made, "inputs": inputs, "id": own_id, "outputs": {**inputs, "id": own_id}})
        else:
            records.append({"urn": one.urn, "custom": False, "type": one.type, "parent": made["parent"]})
    resources = [*state.records, *records]
    return State(state.version, {**state.deployment, "resources": resources})


def import_file(ids: Mapping[str, str], planned: Sequence[StepEventMetadata]) -> dict[str, Any]:
    """Return Pulumi's import file for these ids by URN: the things, and the components that they stand in."""
    around = _around(ids, planned)
    own = {one.urn for one in around}
    table: dict[str, str] = {}

    def referred(key: str, urn: str) -> dict[str, str]:
        if not urn or type_of(urn) == STACK_TYPE:
            return {}
        if urn not in own:
            table[_label(urn)] = urn
        return {key: _label(urn)}

    resources = []
    for one in around:
        record = record_of(one)
        made: dict[str, Any] = {
            "type": one.type,
            "name": _label(one.urn),
            "logicalName": name_of(one.urn),
        }
        made |= referred("parent", record["parent"])
        if one.urn in ids:
            provider = referred("provider", str(record["provider"]).rpartition("::")[0])
            resources.append({**made, "id": ids[one.urn], **provider})
        else:
            resources.append({**made, "component": True})
    return {"nameTable": table, "resources": resources}


def _label(urn: str) -> str:
    """Two things of different types may have one name, and the file needs another for each."""
    return f"{type_of(urn)} {name_of(urn)}"


def _look(work: _Work, planned: Sequence[StepEventMetadata]) -> dict[str, str]:
    """Return the ids of what is there, by URN."""
    sought = []
    for one in planned:
        if one.new is None or one.type.startswith("pulumi:") or ":" not in one.new.provider:
            continue
        if one.urn in work.skip or one.urn in work.left or one.urn in work.taken:
            continue
        pending = Pending("importing", one.urn, one.type, _known(one.new.inputs or {}), record_of(one))
        said = json.dumps(pending.inputs, sort_keys=True, default=str)
        if work.looked.get(one.urn) != said:
            work.looked[one.urn] = said
            sought.append(pending)
    state = work.stack.export_state()
    found = search(work.stack, state, sought, given=work.given, account=work.account, made_by_others=True)
    claims = Counter((step.type, own_id) for step in sought for own_id in found[step.urn].mine)
    ids: dict[str, str] = {}
    for step in sought:
        there = found[step.urn]
        work.unsought.pop(step.urn, None)
        if isinstance(there.way, Person) and not isinstance(there.way, Unsaid):
            work.unsought[step.urn] = there.way.because
        why = _why_not(step, there, claims)
        if why:
            work.left[step.urn] = why
        elif there.mine:
            ids[step.urn] = placed(step, state, there.mine[0])
    return ids


def _why_not(one: Pending, there: Found, claims: Mapping[tuple[str, str], int]) -> str:
    if isinstance(there.way, Gone | Person):
        return ""  # what has no name that is known before is made
    foreign = [own_id for own_id, why in there.others if why == Found.FOREIGN]
    if len(there.mine) > 1 or (there.mine and claims[one.type, there.mine[0]] > 1):
        return f"several things may be it: {', '.join(there.mine)}; name one by --id 'URN=ID'"
    if not there.mine and isinstance(there.way, Given) and not foreign:
        return f"there is nothing of the id {there.way.id}"
    if not there.mine and foreign:
        return f"another stack has it: {', '.join(foreign)}"
    if not there.mine and there.others and isinstance(there.way, Tagged):
        return "; ".join(f"{own_id}: {why}" for own_id, why in there.others)
    return ""


def _known(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs of which all is known."""
    return {key: value for key, value in inputs.items() if NOT_KNOWN not in json.dumps(value, default=str)}


def _let_go(work: _Work) -> None:
    """Take out of the state again what the next `up` would replace."""
    plan = work.stack.preview(policies=False)
    lost: dict[str, set[str]] = {}
    for step in plan.steps:
        # One replacement is several steps, of which not all say what it is for.
        if step.operation in REPLACING and step.urn in work.taken:
            lost.setdefault(step.urn, set()).update(step.changed)
    if not lost:
        return
    for urn, paths in lost.items():
        told = ", ".join(sorted({path.partition("[")[0] for path in paths})) or "something"
        work.left[urn] = (
            f"{work.taken.pop(urn)} differs in {told}, which cannot be changed: say in the stack file what it has, "
            "or give the new one another name"
        )
    state = work.stack.export_state()
    gone = _with_children(state, set(lost))
    for urn in gone - lost.keys():
        work.taken.pop(urn, None)
    kept = [one for one in state.records if one["urn"] not in gone]
    work.stack.import_state(State(state.version, {**state.deployment, "resources": kept}))


def _with_children(state: State, urns: set[str]) -> set[str]:
    """Return these URNs, and those of all that stands in them or goes with them."""
    gone = set(urns)
    for one in state.records:  # what is referred to comes first
        if {one.get("parent"), one.get("deletedWith"), *(one.get("dependencies") or ())} & gone:
            gone.add(str(one["urn"]))
    return gone
