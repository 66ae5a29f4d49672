"""Objects of the core group."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from clouds.ask import Ask, at_path
from clouds.kubernetes.common import balancer_costs, object_
from clouds.made_up import public_address
from clouds.record import AWAY, Data, Felt

_UNITS = {"": 1, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}


def _service_status(ask: Ask) -> dict[str, Any]:
    if (ask["spec"] or {}).get("type") == "LoadBalancer":
        return {"loadBalancer": {"ingress": [{"ip": public_address(ask)}]}}
    return {"loadBalancer": {}}


def _claim_stays(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Of the API server (kubernetes, pkg/apis/core/validation, ValidatePersistentVolumeClaimUpdate)."""
    old, new = _storage(before), _storage(after)
    if old is None or new is None or new >= old:
        return []
    return ["spec.resources.requests.storage: Forbidden: field can not be less than previous value"]


def _storage(inputs: Mapping[str, Any]) -> int | None:
    found = re.fullmatch(r"(\d+)([KMGT]i)?", str(at_path(inputs, "spec.resources.requests.storage")))
    return int(found[1]) * _UNITS[found[2] or ""] if found else None


_FIRST_NAMESPACES = frozenset({"default", "kube-node-lease", "kube-public", "kube-system"})
"""What every cluster begins with (kubernetes.io, "Namespaces", "Initial namespaces")."""


def _namespace_is_there(ask: Ask) -> list[str]:
    name = at_path(ask.inputs, "metadata.name")
    return [f'namespaces "{name}" already exists'] if name in _FIRST_NAMESPACES else []


NAMESPACE = object_(
    "kubernetes:core/v1:Namespace",
    "namespace",
    lacks=_namespace_is_there,
    status={"phase": "Active"},
    data=Data(
        "the database in the cluster, with the claims to its disks", around="kubernetes:apps/v1:StatefulSet"
    ),
    felt=Felt(gone=AWAY),
)

SECRET = object_(
    "kubernetes:core/v1:Secret",
    "secret values for pods",
    replaced="data stringData type",
    is_update=True,
    defaults={"data": {}, "type": "Opaque"},
)

CONFIG_MAP = object_(
    "kubernetes:core/v1:ConfigMap", "files for pods", replaced="data binaryData", is_update=True
)


def _balancer_ports(inputs: Mapping[str, Any]) -> Iterator[str]:
    spec = inputs.get("spec") or {}
    if spec.get("type") == "LoadBalancer":
        for one in spec.get("ports") or ():
            yield str(one.get("port"))


SERVICE = object_(
    "kubernetes:core/v1:Service",
    "name inside the cluster",
    replaced="spec.clusterIP",
    status=_service_status,
    costs=balancer_costs,
    opens=_balancer_ports,
)

PERSISTENT_VOLUME_CLAIM_PATCH = object_(
    "kubernetes:core/v1:PersistentVolumeClaimPatch",
    "size of a disk",
    replaced="spec.accessModes spec.selector spec.storageClassName spec.volumeName",
    stays=_claim_stays,
    status={"phase": "Bound"},
)
