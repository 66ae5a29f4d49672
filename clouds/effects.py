"""What a change of a resource means: to data, to users of the chat, and to what stands in the same place."""

from collections.abc import Collection

import clouds
from clouds.record import RUNS, Data, Felt, Replaced

_LABELS = frozenset({"tags", "tagsAll"})
"""What nobody notices a change of."""


def data_of(token: str) -> Data | None:
    """Return what is said of a type's data; None where it holds none."""
    record = clouds.find(token)
    return record.data if record is not None and isinstance(record.data, Data) else None


def holds_data(token: str, name: str, types: Collection[str]) -> bool:
    """Whether data are lost with a resource. `types` are those of everything in the stack."""
    data = data_of(token)
    if data is None:
        return False
    return data.around in types if data.around else not name.endswith(data.but_not)


def loss(token: str, name: str) -> str:
    """Return what is lost with something that holds data, as people are told of it."""
    data = data_of(token)
    if data is not None and data.lost:
        return data.lost
    return f"{name} goes, and with it {data.what if data is not None else 'its data'}"


def _replaced(token: str) -> Replaced | None:
    record = clouds.find(token)
    return record.replaced if record is not None and isinstance(record.replaced, Replaced) else None


def is_revision(token: str) -> bool:
    """Whether a thing is never changed, but made anew each time: its replacement is its update."""
    rule = _replaced(token)
    return rule is not None and rule.is_update


def place(token: str) -> frozenset[str]:
    """Return the properties that name the place of which there can be one; empty where there can be many."""
    rule = _replaced(token)
    return rule.one_at if rule is not None else frozenset()


def felt(token: str, name: str, operation: str, changed: Collection[str]) -> str:
    """Return what users notice of one resource's step: `update`, `replace`, `delete`, `create`."""
    record = clouds.find(token)
    rule = record.felt if record is not None else None
    if not isinstance(rule, Felt) or not name.endswith(rule.named) or name.endswith(rule.but_not):
        return RUNS
    if operation in ("replace", "delete"):
        return rule.deleted if operation == "delete" and rule.deleted else rule.gone
    if operation != "update" or set(changed) <= _LABELS or (rule.changed and not rule.changed & set(changed)):
        return RUNS
    return rule.updated
