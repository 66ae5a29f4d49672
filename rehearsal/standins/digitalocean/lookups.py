"""What DigitalOcean lists or finds by name."""

from collections.abc import Mapping
from typing import Any

from rehearsal.standins.table import CREATED, Ask, Compute, Existing, Lookup, Standin, always

HOST = "digitalocean:index/"
_EMPTY: dict[str, Any] = {"description": "", "tags": []}
"""What the API gives of properties that were not set."""


def _filtered(kind: str, made: Mapping[str, Compute]) -> Compute:
    """Everything of a type that the filters let pass, with its name and these further properties."""

    def compute(ask: Ask) -> list[dict[str, Any]]:
        filters = {one["key"]: one["values"] for one in ask["filters"] or []}
        found = []
        for one in ask.world(HOST + kind):
            own = {**one.inputs, **one.outputs, "id": int(one.id) if one.id.isdigit() else one.id}
            if all(str(own.get(key)) in values for key, values in filters.items()):
                known = Ask(one.type, "", "", own, ask.cloud, own_id=one.id)
                found.append({"id": own["id"], "name": own["name"], **{k: f(known) for k, f in made.items()}})
        return found

    return compute


def _one(kind: str, key: str) -> Compute:
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
        return _EMPTY[key] if value is None else value

    return compute


def _of(kind: str, keys: str) -> dict[str, Compute]:
    return {key: _one(kind, key) for key in keys.split()}


TYPES: dict[str, Standin] = {}

LOOKUPS: dict[str, Lookup] = {
    "digitalocean:index/getDroplets:getDroplets": Lookup(
        {"droplets": _filtered("droplet:", {"region": lambda ask: ask["region"]}), "id": always("droplets")}
    ),
    "digitalocean:index/getProjects:getProjects": Lookup(
        {"id": always("projects"), "projects": _filtered("project:", {"createdAt": always(CREATED)})}
    ),
    "digitalocean:index/getSshKeys:getSshKeys": Lookup(
        {"id": always("keys"), "sshKeys": _filtered("sshKey:", {"publicKey": lambda ask: ask["publicKey"]})}
    ),
    "digitalocean:index/getVolume:getVolume": Lookup(
        {
            **_of("volume:", "dropletIds filesystemLabel filesystemType id size tags"),
            "urn": lambda ask: f"do:volume:{_one('volume:', 'id')(ask)}",
        }
    ),
    "digitalocean:index/getVpc:getVpc": Lookup(
        {
            **_of("vpc:", "createdAt default description id ipRange region"),
            "urn": lambda ask: f"do:vpc:{_one('vpc:', 'id')(ask)}",
        }
    ),
    "digitalocean:index/getVpcNatGateway:getVpcNatGateway": Lookup(
        {
            **_of(
                "vpcNatGateway:",
                "createdAt egresses icmpTimeoutSeconds id projectId region size state tcpTimeoutSeconds type "
                "udpTimeoutSeconds updatedAt vpcs",
            )
        }
    ),
}
