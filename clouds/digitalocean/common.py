"""What DigitalOcean's records share."""

import ipaddress
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from clouds.ask import Ask, Existing
from clouds.limits import Limit, formed
from clouds.record import Listed, Value, answer

HOST = "digitalocean:index/"


# What the provider itself asks of values, before any call (validation.NoZeroValues, tag.ValidateTag).
def given(value: Any) -> str | None:
    """A text that is not empty, a number that is not zero."""
    return None if value else "must not be empty or zero"


TAG: Final[Limit] = formed(
    r"[a-zA-Z0-9_:-]{1,255}", "letters, digits, colons, hyphens and underscores, at most 255"
)


EMPTY: dict[str, Any] = {"description": "", "tags": []}
"""What the API gives of properties that were not set."""


def listed_by_filter(kind: str, made: Mapping[str, Value]) -> Callable[[Ask], list[dict[str, Any]]]:
    """Everything of a type that the filters let pass, with its name and these further properties."""

    def compute(ask: Ask) -> list[dict[str, Any]]:
        filters = {one["key"]: one["values"] for one in ask["filters"] or []}
        found = []
        for one in ask.world(HOST + kind):
            own = {**one.inputs, **one.outputs, "id": int(one.id) if one.id.isdigit() else one.id}
            if all(str(own.get(key)) in values for key, values in filters.items()):
                known = Ask(one.type, "", "", own, ask.cloud, own_id=one.id)
                found.append(
                    {"id": own["id"], "name": own["name"], **{k: answer(v, known) for k, v in made.items()}}
                )
        return found

    return compute


def property_of(kind: str, key: str) -> Callable[[Ask], Any]:
    """A property of the one thing of that name; LookupError where there is none."""

    def compute(ask: Ask) -> Any:
        found: list[Existing] = [
            one for one in ask.world(HOST + kind) if one.inputs.get("name") == ask["name"]
        ]
        if not found:
            raise LookupError(f"no {kind[:-1]} found with name {ask['name']}")
        if key == "id":
            return found[-1].id
        value = found[-1].outputs.get(key)
        return EMPTY[key] if value is None else value

    return compute


def properties_of(kind: str, keys: str) -> dict[str, Callable[[Ask], Any]]:
    """The properties of the one thing of that name."""
    return {key: property_of(kind, key) for key in keys.split()}


def filtered(lookup: str, results: str) -> Listed:
    """How a lookup that filters a list by name finds a thing."""
    arguments = {"filters": [{"key": "name", "values": ["{name}"]}]}
    return Listed(f"digitalocean:index/get{lookup}:get{lookup}", arguments, results, ("name",))


def one_named(lookup: str) -> Listed:
    """How a lookup by name finds a thing; it fails where there is none."""
    return Listed(f"digitalocean:index/{lookup}:{lookup}", {"name": "{name}"})


def overlaps(one: Existing, others: Iterable[Existing], *keys: str) -> list[str]:
    """Say which ranges of others of its type the ranges of a new thing share."""
    return [
        f"{own} overlaps {there}, which the account has already"
        for own in _ranges(one, keys)
        for other in others
        for there in _ranges(other, keys)
        if own.overlaps(there)
    ]


def _ranges(one: Existing, keys: Iterable[str]) -> Iterator[ipaddress.IPv4Network]:
    for key in keys:
        if isinstance(found := one.inputs.get(key), str):
            yield ipaddress.IPv4Network(found)
