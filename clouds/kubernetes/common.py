"""What objects of Kubernetes share: `namespace/name`, made and not applied, and found by that name."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from clouds.ask import CREATED, UNKNOWN, Ask
from clouds.costs import Bill, Charge, Costs
from clouds.openings import Opens
from clouds.record import (
    NO_DATA,
    NO_MODELS,
    UNNOTICED,
    Answers,
    Compare,
    Data,
    Drawn,
    Felt,
    Named,
    Nothing,
    Refused,
    Refuses,
    Resource,
    Value,
    replaced_by,
)

_LABEL = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
IMPORT_ID = "[{metadata.namespace}/]{metadata.name}"
ON_NODES = Nothing("the nodes that it runs on are charged")
ALREADY_EXISTS = Refused()
"""The provider makes objects, it does not apply them (await.go, Creation): "already exists"."""


def _name(ask: Ask) -> str:
    """The given name, else the logical one and eight hex digits, as the provider makes it."""
    metadata = ask.inputs.get("metadata")
    own = metadata.get("name") if isinstance(metadata, dict) else None
    return str(own) if own not in (None, UNKNOWN) else f"{ask.name.lower()}-{ask.hex(8, 'name')}"


def _namespace(ask: Ask) -> str | None:
    metadata = ask.inputs.get("metadata")
    found = metadata.get("namespace") if isinstance(metadata, dict) else None
    return None if found in (None, UNKNOWN) else str(found)


def _id(ask: Ask) -> str:
    namespace = _namespace(ask)
    return _name(ask) if namespace is None else f"{namespace}/{_name(ask)}"


def _metadata(ask: Ask) -> dict[str, Any]:
    given_metadata = ask.inputs.get("metadata")
    return {
        **(given_metadata if isinstance(given_metadata, dict) else {}),
        "name": _name(ask),
        "creationTimestamp": CREATED,
        "generation": 1,
        "resourceVersion": "1",
        "uid": ask.uuid("object"),
    }


def _refuses(ask: Ask) -> list[str]:
    name = _name(ask)
    found = [] if _LABEL.fullmatch(name) else [f"metadata.name {name!r} is no name of a Kubernetes object"]
    secrets = ask.inputs.get("stringData")
    if isinstance(secrets, dict):
        found.extend(
            f"stringData.{key} is no key of a Secret"
            for key in secrets
            if not re.fullmatch(r"[-._a-zA-Z0-9]{1,253}", key)
        )
    return found


def kind_and_version(token: str) -> tuple[str, str]:
    """`kubernetes:apps/v1:StatefulSet` -> `StatefulSet`, `apps/v1`; those of `core` have a version only."""
    _, version, kind = token.split(":")
    return kind.removesuffix("Patch"), version.removeprefix("core/")


_GIB = {"Mi": 1 / 1024, "Gi": 1.0, "Ti": 1024.0}


def _is_managed(bill: Bill) -> bool:
    """Whether the plan makes the cluster; what one that is there already costs no plan tells."""
    return bill.has("digitalocean:index/kubernetesCluster:KubernetesCluster")


def balancer_costs(bill: Bill) -> Iterator[Charge]:
    """The load balancer that DigitalOcean makes for a gateway, or for a service of that type."""
    wanted = bill["kind"] != "Service" or (bill["spec"] or {}).get("type") == "LoadBalancer"
    if wanted and _is_managed(bill):
        yield Charge("load balancer", "digitalocean.balancer", 1)


def disk_costs(bill: Bill) -> Iterator[Charge]:
    """The volumes of a stateful set, one of each for a pod."""
    spec = bill["spec"] or {}
    asked = [
        str(one["spec"]["resources"]["requests"]["storage"]) for one in spec.get("volumeClaimTemplates") or ()
    ]
    size = sum(float(one[:-2]) * _GIB[one[-2:]] for one in asked)
    if size and _is_managed(bill):
        yield Charge("volumes", "digitalocean.volume-gb", size * float(spec.get("replicas") or 1))


def object_(
    token: str,
    purpose: str,
    *,
    lacks: Callable[[Ask], list[str]] | None = None,
    replaced: str = "",
    is_update: bool = False,
    absent: str = "",
    stays: Compare | None = None,
    data: Data | Nothing = NO_DATA,
    felt: Felt | Nothing = UNNOTICED,
    defaults: Mapping[str, Value] | None = None,
    costs: Costs | Nothing = ON_NODES,
    drawn: tuple[Drawn, ...] = (),
    opens: Opens | None = None,
    **outputs: Value,
) -> Resource:
    """The record of a kind of objects."""
    kind, version = kind_and_version(token)
    return Resource(
        token,
        purpose,
        answers=Answers(
            id=_id,
            outputs={"apiVersion": version, "kind": kind, "metadata": _metadata, **outputs},
            defaults=defaults or {},
            absent=frozenset(absent.split()),
        ),
        requests=NO_MODELS,
        refuses=Refuses(inputs=_refuses, lacks=lacks, stays=stays),
        again=ALREADY_EXISTS,
        replaced=replaced_by(f"metadata.name metadata.namespace {replaced}", is_update=is_update),
        import_id=IMPORT_ID,
        found=Named(),
        data=data,
        felt=felt,
        costs=costs,
        drawn=drawn,
        opens=opens,
    )
