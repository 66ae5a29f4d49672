"""After a deployment that was interrupted: whose lock it is, what was begun, what was left behind, and what to do.

A provider's answer can be lost after the thing was made: the engine was killed, or the connection broke. The engine
then knows at most that it had begun, and would make the thing again. Here it is looked for, and adopted into the state
when it is found beyond doubt; else it stays written down in the state, and `up` refuses to run, so that nothing is
doubled in silence.
"""

import copy
import datetime as dt
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from automation import journal
from automation.cloud_search import Found, Given, search
from automation.engine_stack import EngineStack
from automation.errors import ConflictError
from automation.state import Pending, State, pendings
from clouds.record import Gone, Listed, Person, Tagged

SETTLING = 300.0
"""Seconds after which a list of a cloud is taken as complete: AWS's lists by tag lag behind what is made.

In a rehearsal they do not."""


@dataclass(frozen=True)
class Recovered:
    """What `recover` did, and what is left for a person."""

    unlocked: tuple[str, ...]
    """Locks of engines that are gone."""
    adopted: tuple[tuple[str, str], ...]
    """URN and id of what was found and is in the state now."""
    doomed: tuple[tuple[str, str], ...]
    """URN and id of what was found and cannot be used: it is in the state to be deleted by the next `up`."""
    cleared: tuple[str, ...]
    """URNs of steps that need nothing more: nothing was left behind, or the state knows the thing already."""
    undecided: tuple[tuple[str, tuple[str, ...]], ...]
    """URNs of steps that a person must decide on, with the ids that they may be."""
    because: Mapping[str, str] = field(default_factory=dict)
    """Why not more was done, by URN of what is undecided."""

    @property
    def done(self) -> bool:
        """Whether the next `up` may run."""
        return not self.undecided

    def to_json(self) -> dict[str, Any]:
        """Return it for other tools."""
        return {
            "done": self.done,
            "unlocked": list(self.unlocked),
            "adopted": [{"urn": urn, "id": own_id} for urn, own_id in self.adopted],
            "doomed": [{"urn": urn, "id": own_id} for urn, own_id in self.doomed],
            "cleared": list(self.cleared),
            "undecided": [
                {"urn": urn, "candidates": list(ids), "because": self.because.get(urn, "")}
                for urn, ids in self.undecided
            ],
        }


@dataclass
class _Decided:
    adopted: dict[str, str] = field(default_factory=dict)
    doomed: dict[str, str] = field(default_factory=dict)
    cleared: list[str] = field(default_factory=list)
    undecided: dict[str, tuple[str, ...]] = field(default_factory=dict)
    because: dict[str, str] = field(default_factory=dict)

    def leave(self, urn: str, because: str, candidates: Sequence[str] = ()) -> None:
        """Leave a step to a person."""
        self.undecided[urn] = tuple(candidates)
        self.because[urn] = because


def recover(
    stack: EngineStack, *, adopt: Mapping[str, str], discard: Sequence[str], force_unlock: bool
) -> Recovered:
    """Bring an interrupted stack into order again.

    `adopt` says for a URN which id it has in the cloud, as `pulumi import` takes it; `discard` names URNs of which
    nothing was left behind (or was deleted by hand). Raises ConflictError where an engine may still be at work, for
    URNs that are not pending and for ids that do not exist or that another stack has; ProviderError where a cloud does
    not answer. Nothing is changed then, but that stale locks are gone.
    """
    unlocked = clear_locks(stack, force=force_unlock)
    _drop_torn_notes(stack.backend.folder, stack.name)
    state = stack.export_state()
    pending = pendings(journal.begun(state))
    unknown = sorted((set(adopt) | set(discard)) - {one.urn for one in pending})
    if unknown:
        raise ConflictError(
            f"nothing is pending of {', '.join(unknown)}",
            resource=unknown[0],
            remedy=f"{stack.recovering} shows what is",
        )
    decided = _decide(stack, state, pending, adopt, frozenset(discard))
    if not pending:
        return Recovered(unlocked, (), (), (), ())
    records = {one.urn: one.record for one in pending}
    left = [
        {"resource": dict(one.record), "type": one.operation}
        for one in pending
        if one.urn in decided.undecided
    ]
    settled = _settled(
        state,
        adopted=[(records[urn], own_id) for urn, own_id in decided.adopted.items()],
        doomed=[(records[urn], own_id) for urn, own_id in decided.doomed.items()],
    )
    stack.import_state(journal.written(settled, left))
    targets = sorted({*decided.adopted, *(urn for urn in decided.cleared if _in(state, urn))})
    if targets:
        # Takes over what the provider gives besides the id; what is not there leaves the state again. Where something
        # waits for its deletion the engine would write a target twice if the program ran (pulumi 3.259).
        waits = any(record.get("delete") for record in settled.records)
        stack.refresh(targets=targets, run_program=not waits)
    return Recovered(
        unlocked,
        tuple(decided.adopted.items()),
        tuple(decided.doomed.items()),
        tuple(decided.cleared),
        tuple(decided.undecided.items()),
        decided.because,
    )


def _decide(
    stack: EngineStack,
    state: State,
    pending: Sequence[Pending],
    adopt: Mapping[str, str],
    discard: frozenset[str],
) -> _Decided:
    """Say for each step what becomes of it."""
    decided = _Decided()
    sought = []
    for one in pending:
        if one.urn in discard or one.operation != "creating" or not one.record.get("custom"):
            # An update or a deletion is done again by the next `up`, whatever became of it; components are in no cloud.
            decided.cleared.append(one.urn)
        else:
            sought.append(one)
    found = search(stack, state, sought, given=adopt)
    # A bucket and all that is set on it have one id.
    by_type: dict[str, Counter[str]] = {one.type: Counter() for one in sought}
    for one in sought:
        by_type[one.type].update(found[one.urn].mine)
    for one in sought:
        there, claims = found[one.urn], by_type[one.type]
        if one.urn in adopt:
            _take_given(decided, one, there)
        elif isinstance(there.way, Gone):
            decided.cleared.append(one.urn)
        elif isinstance(there.way, Person):
            decided.leave(one.urn, there.way.because)
        else:
            others = [(own_id, why) for own_id, why in there.others if own_id not in claims]
            _take(decided, one, there, others, claims, complete=_complete(stack, state, there))
    return decided


def _take_given(decided: _Decided, one: Pending, there: Found) -> None:
    """Take the id that a person gave, if it exists and is nobody else's; how it looks is the person's business."""
    foreign = [why for _, why in there.others if why == Found.FOREIGN]
    ids = [*there.mine, *(own_id for own_id, why in there.others if why != Found.FOREIGN)]
    if foreign or not ids:
        raise ConflictError(
            "another stack has what is to be adopted" if foreign else "what is to be adopted does not exist",
            resource=one.urn,
            remedy="look again; give the id as `pulumi import` takes it (the type's own page, under Import)",
        )
    decided.adopted[one.urn] = ids[0]


def _take(
    decided: _Decided,
    one: Pending,
    there: Found,
    others: Sequence[tuple[str, str]],
    claims: Mapping[str, int],
    *,
    complete: bool,
) -> None:
    ids = there.mine
    if len(ids) == 1 and claims[ids[0]] == 1:
        doomed = "" if isinstance(there.way, Gone | Given | Person) else there.way.unusable
        (decided.doomed if doomed else decided.adopted)[one.urn] = ids[0]
    elif ids:
        decided.leave(one.urn, "several things may be it", ids)
    elif others:
        why = "; ".join(f"{own_id}: {why}" for own_id, why in others)
        decided.leave(
            one.urn, f"what is there does not look like it ({why})", [own_id for own_id, _ in others]
        )
    elif not complete:
        decided.leave(
            one.urn,
            "nothing is listed, but it was begun so lately that the list may lag behind: "
            f"run `recover` again {SETTLING / 60:.0f} minutes after the interruption",
        )
    else:
        decided.cleared.append(one.urn)


def _complete(stack: EngineStack, state: State, there: Found) -> bool:
    """Whether a list in which nothing was found can be relied upon."""
    if not isinstance(there.way, Tagged | Listed) or stack.backend.rehearsal:
        return True
    try:
        written = dt.datetime.fromisoformat(str((state.deployment.get("manifest") or {}).get("time")))
    except ValueError:
        return False
    return (dt.datetime.now(dt.UTC) - written.astimezone(dt.UTC)).total_seconds() >= SETTLING


def _in(state: State, urn: str) -> bool:
    return any(one.urn == urn and one.custom for one in state.resources)


def clear_locks(stack: EngineStack, *, force: bool) -> tuple[str, ...]:
    """Clear the locks of engines that are gone, with `force` all; return whose they were. Raises ConflictError."""
    if stack.backend.folder is None and force:
        # Locks in a bucket are files that only the CLI can take away; Pulumi Cloud ends the update that it has.
        stack.run(["cancel", "--yes"])
        return (f"whoever held {stack.name} where its state is kept",)
    done = []
    for lock in stack.locks():
        if lock.stale is not True and not force:
            where = "still runs" if lock.stale is False else "ran on another machine"
            raise ConflictError(
                f"the stack {stack.name} is locked by {lock}, which {where}",
                remedy=f"wait for it; if you know that it is gone: {stack.recovering} --force-unlock",
            )
        lock.path.unlink(missing_ok=True)
        done.append(str(lock))
    return tuple(done)


def _drop_torn_notes(folder: Path | None, stack: str) -> None:
    """Remove what makes a state unreadable when the engine was killed at the wrong moment.

    A backend of files writes the state itself in one piece, but not the note with its media type beside it
    (`.attrs`, `setAttrs` in gocloud.dev's fileblob); a torn one reads as "failed to load checkpoint: EOF", and none at
    all is as good.
    """
    if folder is None:
        return
    for pattern in (f"stacks/*/{stack}.json*.attrs", f"history/*/{stack}/*.attrs"):
        for path in (folder / ".pulumi").glob(pattern):
            try:
                json.loads(path.read_text(encoding="utf-8"))
            except ValueError:
                path.unlink(missing_ok=True)


def _settled(
    state: State,
    *,
    adopted: Sequence[tuple[Mapping[str, Any], str]],
    doomed: Sequence[tuple[Mapping[str, Any], str]],
) -> State:
    """Return the state with the adopted things, and with those that are to be deleted.

    What an adopted thing was to replace becomes one that is to be deleted, as the engine would have made it.
    """
    deployment = copy.deepcopy(dict(state.deployment))
    resources: list[dict[str, Any]] = list(deployment.get("resources") or [])
    for record, own_id in adopted:
        made = {**record, "id": own_id, "outputs": {**(record.get("inputs") or {}), "id": own_id}}
        at = next(
            (at for at, one in enumerate(resources) if one["urn"] == record["urn"] and not one.get("delete")),
            None,
        )
        if at is None:
            resources.append(made)
            continue
        old = resources[at]
        resources[at] = made
        if not old.get("pendingReplacement"):
            resources.append({**old, "delete": True})
    for record, own_id in doomed:
        resources.append({**record, "id": own_id, "outputs": {"id": own_id}, "delete": True})
    deployment["resources"] = resources
    return State(state.version, deployment)
