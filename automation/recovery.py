"""After a deployment that was interrupted: whose lock it is, what was begun, what was left behind, and what to do.

A provider's answer can be lost after the thing was made: the engine was killed, or the connection broke. The engine
then knows at most that it had begun, and would make the thing again. Here it is looked for, and adopted into the state
when it is found beyond doubt; else it stays listed as pending, and `up` refuses to run, so that nothing is doubled in
silence.
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from automation import journal
from automation.errors import ConflictError
from automation.state import Pending, State
from automation.values import SECRET
from rehearsal.cloud import StandinCloud

if TYPE_CHECKING:
    from automation.stack import ChatStack

IDENTIFIED = {
    "aws:cloudwatch/eventRule:EventRule": "name",
    "aws:cloudwatch/logGroup:LogGroup": "name",
    "aws:cloudwatch/metricAlarm:MetricAlarm": "name",
    "aws:iam/role:Role": "name",
    "aws:iam/user:User": "name",
    "aws:s3/bucket:Bucket": "bucket",
    "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration": "bucket",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": "bucket",
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": "bucket",
    "aws:s3/bucketPolicy:BucketPolicy": "bucket",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": "bucket",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": "bucket",
    "aws:s3/bucketVersioning:BucketVersioning": "bucket",
    "aws:sesv2/configurationSet:ConfigurationSet": "configurationSetName",
    "aws:sesv2/emailIdentity:EmailIdentity": "emailIdentity",
}
"""Types whose id is one of their inputs, which the engine has written down before the call. The provider's page of each
type says so under "Import" (registry.terraform.io/providers/hashicorp/aws)."""
NOWHERE = ("random:", "pulumi:")
"""Packages whose things exist in the state only: nothing can have been left behind."""

Finder = Callable[[Pending], Sequence[str]]
"""Gives the ids of things in the cloud that may be what was begun."""


@dataclass(frozen=True)
class Recovered:
    """What `recover` did, and what is left for a person."""

    unlocked: tuple[str, ...]
    """Locks of engines that are gone."""
    adopted: tuple[tuple[str, str], ...]
    """URN and id of what was found and is in the state now."""
    cleared: tuple[str, ...]
    """URNs of steps that need nothing more: nothing was left behind, or the state knows the thing already."""
    undecided: tuple[tuple[str, tuple[str, ...]], ...]
    """URNs of steps that a person must decide on, with the ids that they may be."""

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
            "cleared": list(self.cleared),
            "undecided": [{"urn": urn, "candidates": list(ids)} for urn, ids in self.undecided],
        }


def recover(
    stack: "ChatStack", *, adopt: Mapping[str, str], discard: Sequence[str], force_unlock: bool
) -> Recovered:
    """Bring an interrupted stack into order again.

    `adopt` says for a URN which id it has in the cloud, `discard` names URNs of which nothing was left behind (or was
    deleted by hand). Raises ConflictError where an engine may still be at work, and for URNs that are not pending.
    """
    unlocked = _unlock(stack, force=force_unlock)
    state = stack.export_state()
    pending = stack.pending()
    unknown = sorted((set(adopt) | set(discard)) - {one.urn for one in pending})
    if unknown:
        raise ConflictError(
            f"nothing is pending of {', '.join(unknown)}",
            resource=unknown[0],
            remedy=f"python -m automation recover {stack.name} shows what is",
        )
    adopted: list[tuple[str, str]] = []
    cleared: list[str] = []
    undecided: list[tuple[str, tuple[str, ...]]] = []
    known = {(one.urn, one.id) for one in state.resources}
    for one in pending:
        there = any(urn == one.urn for urn, _ in known)
        if one.urn in discard or one.type.startswith(NOWHERE) or (one.operation != "creating" and there):
            cleared.append(one.urn)
            continue
        ids = [adopt[one.urn]] if one.urn in adopt else list(_finder(stack)(one))
        ids = [own_id for own_id in ids if (one.urn, own_id) not in known]
        sure = one.urn in adopt or one.type in IDENTIFIED or stack.backend.rehearsal
        if len(ids) == 1 and sure:
            adopted.append((one.urn, ids[0]))
        elif not ids and stack.backend.rehearsal:
            cleared.append(one.urn)
        else:
            undecided.append((one.urn, tuple(ids)))
    if adopted or cleared:
        found = {one.urn: one for one in pending}
        stack.import_state(_settled(state, [(found[urn].record, own_id) for urn, own_id in adopted]))
        targets = sorted({urn for urn, _ in adopted} | {urn for urn in cleared if _in(state, urn)})
        if targets:
            # What the provider does not find under its id leaves the state again.
            stack.refresh(targets=targets)
    left = [
        {"resource": dict(one.record), "type": one.operation} for one in pending if one.urn in dict(undecided)
    ]
    journal.write(stack.backend.url or "", stack.name, left)
    return Recovered(unlocked, tuple(adopted), tuple(cleared), tuple(undecided))


def _in(state: State, urn: str) -> bool:
    return any(one.urn == urn and one.custom for one in state.resources)


def _unlock(stack: "ChatStack", *, force: bool) -> tuple[str, ...]:
    done = []
    for lock in stack.locks():
        if lock.stale is not True and not force:
            where = "still runs" if lock.stale is False else "ran on another machine"
            raise ConflictError(
                f"the stack {stack.name} is locked by {lock}, which {where}",
                remedy="wait for it; if you know that it is gone: --force-unlock",
            )
        lock.path.unlink(missing_ok=True)
        done.append(str(lock))
    return tuple(done)


def _settled(state: State, adopted: Sequence[tuple[Mapping[str, Any], str]]) -> State:
    """Return the state with the adopted things, and no pending operation: an import takes none."""
    deployment = copy.deepcopy(dict(state.deployment))
    deployment["pending_operations"] = []
    deployment.setdefault("resources", []).extend(
        {**record, "id": own_id, "outputs": {"id": own_id, **(record.get("inputs") or {})}}
        for record, own_id in adopted
    )
    return State(state.version, deployment)


def _finder(stack: "ChatStack") -> Finder:
    if stack.backend.cloud is not None:
        return _in_standins(stack.backend.cloud)
    return _by_name


def _by_name(pending: Pending) -> Sequence[str]:
    key = IDENTIFIED.get(pending.type)
    own_id = pending.inputs.get(key) if key is not None else None
    return [own_id] if isinstance(own_id, str) and own_id != SECRET else []


def _in_standins(cloud: StandinCloud) -> Finder:
    """Look at everything of the type that was made of the same inputs, as one would by name and tags."""

    def find(pending: Pending) -> Sequence[str]:
        plain = {key: value for key, value in pending.inputs.items() if isinstance(value, str)}
        return [
            thing.id
            for thing in cloud.things()
            if thing.type == pending.type
            and thing.name == pending.name
            and all(thing.inputs.get(key) == value for key, value in plain.items() if SECRET not in value)
        ]

    return find


def lost(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a pending operation for a step that failed without an answer, as the engine writes one down."""
    return {"resource": dict(record), "type": "creating"}
