"""Steps whose outcome nobody knows, written down in the state itself.

The engine forgets a step whose provider gave no answer, and `pulumi stack import` drops all pending operations. So what
is not decided yet becomes a resource of the state: it is there on every machine, its secrets are encrypted like all
others, and as it is protected, the preview of a plain `pulumi up` fails at it before anything is made a second time.
"""

import copy
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from automation.state import UNDECIDED, State
from stacks.engine import name_of


def begun(state: State) -> list[dict[str, Any]]:
    """Return a state's pending operations, one for each resource: the engine's own, and those written down here."""
    found = [
        *(dict(one) for one in state.deployment.get("pending_operations") or []),
        *(
            {"type": one["inputs"]["operation"], "resource": one["inputs"]["resource"]}
            for one in state.records
            if one["type"] == UNDECIDED
        ),
    ]
    return list({str(one["resource"]["urn"]): one for one in found}.values())


def written(state: State, pending: Sequence[Mapping[str, Any]]) -> State:
    """Return the state with these pending operations written down, instead of all that it had.

    Of several about one resource the last one counts.
    """
    deployment = copy.deepcopy(dict(state.deployment))
    kept = [one for one in deployment.get("resources") or [] if one["type"] != UNDECIDED]
    by_urn = {str(one["resource"]["urn"]): one for one in pending}
    deployment["resources"] = [*kept, *(_record(one) for one in by_urn.values())]
    deployment["pending_operations"] = []
    return State(state.version, deployment)


def lost(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a pending operation for a step that failed without an answer, as the engine writes one down."""
    return {"resource": dict(record), "type": "creating"}


def _record(pending: Mapping[str, Any]) -> dict[str, Any]:
    urn = str(pending["resource"]["urn"])
    place = "::".join(urn.split("::")[:2])
    return {
        # With the resource's name, because the plain CLI says no more than this.
        "urn": f"{place}::{UNDECIDED}::{name_of(urn)}-{hashlib.sha256(urn.encode()).hexdigest()[:8]}",
        "type": UNDECIDED,
        "custom": False,
        "protect": True,
        "inputs": {"operation": pending["type"], "resource": dict(pending["resource"])},
    }
