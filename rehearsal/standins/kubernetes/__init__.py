"""Kubernetes: objects in a cluster, releases of Helm charts, and the custom kinds that we use."""

import re
from collections.abc import Mapping
from typing import Any

from rehearsal.standins.aws.network import public_address
from rehearsal.standins.kubernetes import custom
from rehearsal.standins.table import CREATED, Ask, Compare, Lookup, Standin, always, given, names
from rehearsal.wire import UNKNOWN

_LABEL = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


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


def _object(
    what: str,
    kind: str,
    version: str,
    *,
    replaces: str = "",
    absent: str = "",
    stays: Compare | None = None,
    **computed: Any,
) -> Standin:
    return Standin(
        what=what,
        id=_id,
        computed={
            "apiVersion": always(version),
            "kind": always(kind),
            "metadata": _metadata,
            **{key: value if callable(value) else always(value) for key, value in computed.items()},
        },
        absent=names(absent),
        replaces=names(f"metadata.name metadata.namespace {replaces}"),
        refuses=_refuses,
        stays=stays,
    )


def _service_status(ask: Ask) -> dict[str, Any]:
    if (ask["spec"] or {}).get("type") == "LoadBalancer":
        return {"loadBalancer": {"ingress": [{"ip": public_address(ask)}]}}
    return {"loadBalancer": {}}


def _set_status(ask: Ask) -> dict[str, Any]:
    count = (ask["spec"] or {}).get("replicas", 1)
    return {"replicas": count, "readyReplicas": count, "currentReplicas": count, "updatedReplicas": count}


def _release_name(ask: Ask) -> str:
    return str(ask["name"] or f"{ask.name}-{ask.hex(8, 'name')}")


def _release_status(ask: Ask) -> dict[str, Any]:
    return {
        "appVersion": "",
        "chart": ask["chart"],
        "name": _release_name(ask),
        "namespace": ask["namespace"],
        "revision": 1,
        "status": "deployed",
        "version": ask["version"],
    }


def _release_refusals(ask: Ask) -> list[str]:
    found = []
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,51}[a-z0-9])?", _release_name(ask)):
        found.append(f"name {_release_name(ask)!r} is no name of a Helm release")
    repository = (ask["repositoryOpts"] or {}).get("repo")
    if repository is not None and not str(repository).startswith(("https://", "oci://")):
        found.append(f"repositoryOpts.repo {repository!r} must begin with https:// or oci://")
    return found


def _release_busy(outputs: Mapping[str, Any]) -> list[str]:
    """A release whose upgrade was killed stays pending (helm, pkg/action/upgrade.go, errPending)."""
    status = (outputs.get("status") or {}).get("status")
    pending = str(status).startswith("pending-")
    return ["another operation (install/upgrade/rollback) is in progress"] if pending else []


def _gateway_status(ask: Ask) -> dict[str, Any]:
    return {
        "addresses": [{"type": "IPAddress", "value": public_address(ask)}],
        "conditions": [{"type": kind, "status": "True"} for kind in ("Accepted", "Programmed")],
    }


def _ready(_ask: Ask) -> dict[str, Any]:
    return {"conditions": [{"type": "Ready", "status": "True"}]}


_UNITS = {"": 1, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}


def _claim_stays(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Of the API server (kubernetes, pkg/apis/core/validation, ValidatePersistentVolumeClaimUpdate)."""
    old, new = _storage(before), _storage(after)
    if old is None or new is None or new >= old:
        return []
    return ["spec.resources.requests.storage: Forbidden: field can not be less than previous value"]


def _storage(inputs: Mapping[str, Any]) -> int | None:
    at: Any = inputs
    for key in ("spec", "resources", "requests", "storage"):
        at = at.get(key) if isinstance(at, Mapping) else None
    found = re.fullmatch(r"(\d+)([KMGT]i)?", str(at))
    return int(found[1]) * _UNITS[found[2] or ""] if found else None


TYPES: dict[str, Standin] = {
    "kubernetes:core/v1:Namespace": _object(
        "namespace", "Namespace", "v1", status=lambda _ask: {"phase": "Active"}
    ),
    "kubernetes:core/v1:Secret": _object(
        "secret values for pods",
        "Secret",
        "v1",
        replaces="data stringData type",
        type=given("type", "Opaque"),
        data=given("data", lambda _ask: {}),
    ),
    "kubernetes:core/v1:ConfigMap": _object("files for pods", "ConfigMap", "v1", replaces="data binaryData"),
    "kubernetes:core/v1:Service": _object(
        "name inside the cluster", "Service", "v1", replaces="spec.clusterIP", status=_service_status
    ),
    "kubernetes:networking.k8s.io/v1:NetworkPolicy": _object(
        "who may talk to whom", "NetworkPolicy", "networking.k8s.io/v1", absent="status"
    ),
    "kubernetes:policy/v1:PodDisruptionBudget": _object(
        "how many pods may be away", "PodDisruptionBudget", "policy/v1", status=lambda _ask: {}
    ),
    "kubernetes:apps/v1:StatefulSet": _object(
        "pods with disks of their own",
        "StatefulSet",
        "apps/v1",
        replaces="spec.podManagementPolicy spec.revisionHistoryLimit spec.selector spec.serviceName "
        "spec.volumeClaimTemplates",
        status=_set_status,
    ),
    "kubernetes:core/v1:PersistentVolumeClaimPatch": _object(
        "size of a disk",
        "PersistentVolumeClaim",
        "v1",
        replaces="spec.accessModes spec.selector spec.storageClassName spec.volumeName",
        stays=_claim_stays,
        status=lambda _ask: {"phase": "Bound"},
    ),
    "kubernetes:batch/v1:CronJob": _object(
        "work on a schedule", "CronJob", "batch/v1", status=lambda _ask: {}
    ),
    "kubernetes:helm.sh/v3:Release": Standin(
        what="release of a Helm chart",
        id=lambda ask: f"{ask['namespace']}/{_release_name(ask)}",
        computed={
            "name": _release_name,
            "manifest": always({}),
            "resourceNames": always({}),
            "status": _release_status,
            "timeout": given("timeout", 300),
        },
        replaces=names("name namespace"),
        refuses=_release_refusals,
        busy=_release_busy,
    ),
    **{
        token: _object(
            what,
            token.rpartition(":")[2],
            token.split(":")[1],
            status=status,
        )
        for token, what, status in (
            ("kubernetes:gateway.networking.k8s.io/v1:Gateway", "balancer of the cluster", _gateway_status),
            ("kubernetes:gateway.networking.k8s.io/v1:HTTPRoute", "route to the chat", lambda _ask: {}),
            ("kubernetes:cert-manager.io/v1:ClusterIssuer", "who gives certificates", _ready),
            ("kubernetes:cert-manager.io/v1:Certificate", "certificate", _ready),
            (
                "kubernetes:networking.doks.digitalocean.com/v1alpha1:Route",
                "route of the nodes",
                lambda _ask: {},
            ),
        )
    },
}

LOOKUPS: dict[str, Lookup] = {}

CUSTOM = frozenset(custom.SPECS)
"""Types whose schema is written by hand."""
