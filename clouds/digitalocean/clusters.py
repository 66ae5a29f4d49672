"""DigitalOcean: Kubernetes clusters."""

import json
import re
from collections.abc import Iterable, Mapping
from math import inf
from typing import Any

from clouds.ask import CREATED, Ask, Existing, names
from clouds.digitalocean import charges
from clouds.digitalocean.common import (
    given,
    one_named,
    overlaps,
)
from clouds.limits import between, cidr
from clouds.made_up import public_address
from clouds.record import (
    AWAY,
    CLUSTER,
    NO_MODELS,
    Answers,
    Autoname,
    Data,
    Drawn,
    Felt,
    Lookup,
    Refused,
    Refuses,
    Resource,
    Role,
    Scope,
    one_name,
    replaced_by,
)

DAYS = names("any monday tuesday wednesday thursday friday saturday sunday")


def _cluster(ask: Ask) -> list[str]:
    found = []
    policy, pool = ask["maintenancePolicy"], ask["nodePool"]
    if policy and policy.get("day") not in DAYS:
        found.append(f"maintenancePolicy.day {policy.get('day')!r} must be one of {', '.join(sorted(DAYS))}")
    if pool.get("autoScale") and not 1 <= (pool.get("minNodes") or 0) <= (pool.get("maxNodes") or 0):
        found.append("nodePool needs minNodes from 1 up to maxNodes when it scales by itself")
    return found


VERSIONS = ("1.37.0-do.0", "1.36.3-do.1", "1.36.2-do.0", "1.36.1-do.0", "1.35.4-do.1", "1.35.1-do.0")
"""What the stand-in offers, newest first, as the API lists them: three minor versions, numbers made up."""


def _lacking(ask: Ask) -> list[str]:
    """What "Create a New Kubernetes Cluster" answers with 422 (terraform-provider-digitalocean, issue 521)."""
    # Not before it is needed: components bring the SDK along.
    from components.runtime.doks_options import REGIONS, is_node_size, reserved

    found = [
        f"422 validation error: {key} {ask[key]} overlaps {other}, which is reserved"
        for key in _SUBNETS
        if ask[key] is not None
        for other in reserved(ask[key], str(ask["region"]))
    ]
    if ask["version"] not in VERSIONS:
        found.append(f"422 validation error: invalid version slug {ask['version']!r}")
    if ask["region"] not in REGIONS:
        found.append(f"422 validation error: invalid region {ask['region']!r}")
    size = (ask["nodePool"] or {}).get("size")
    if not is_node_size(str(size)):
        found.append(f"422 validation error: invalid node size {size!r}")
    return found


_SUBNETS = ("clusterSubnet", "serviceSubnet")


def _subnets_taken(one: Existing, others: Iterable[Existing]) -> list[str]:
    """Subnets of the account's clusters that a new one would share (docs.digitalocean.com, "VPC-native clusters")."""
    return [f"422 validation error: {said}" for said in overlaps(one, others, *_SUBNETS)]


def _offered(ask: Ask) -> list[str]:
    return [version for version in VERSIONS if version.startswith(str(ask["versionPrefix"] or ""))]


def _endpoint(ask: Ask) -> str:
    return f"https://{ask.uuid('cluster')}.k8s.ondigitalocean.com"


def _kubeconfigs(ask: Ask) -> list[dict[str, Any]]:
    """New ones for each lookup; the resource keeps its own until they are over (resource_kubernetes_cluster.go)."""
    for one in ask.world(ask.token) if ask.own_id else ():
        kept = one.outputs.get("kubeConfigs")
        # Of a state that was taken over, they are encrypted.
        if one.id == ask.own_id and isinstance(kept, list) and kept and not ask.tokens.over(kept[0]["token"]):
            return kept
    name = f"do-{ask['region'] or 'sgp1'}-{ask['name']}"
    host, token = _endpoint(ask), ask.tokens.issue(ask.hex(64, "token"))
    raw = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": host}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": f"{name}-admin"}}],
        "current-context": name,
        "users": [{"name": f"{name}-admin", "user": {"token": token.text}}],
    }
    return [
        {
            "clientCertificate": "",
            "clientKey": "",
            "clusterCaCertificate": "",
            "expiresAt": token.until,
            "host": host,
            "rawConfig": json.dumps(raw),
            "token": token.text,
        }
    ]


def _pool(ask: Ask) -> dict[str, Any]:
    pool = dict(ask["nodePool"])
    count = pool.get("nodeCount") or pool.get("minNodes") or 1
    return {
        **pool,
        "id": ask.uuid("pool"),
        "actualNodeCount": count,
        "nodes": [
            {
                "id": ask.uuid(f"node{at}"),
                "name": f"{pool['name']}-{ask.hex(5, f'node{at}')}",
                "status": "running",
                "dropletId": str(500_000_000 + ask.number(100_000_000, f"droplet{at}")),
                "createdAt": CREATED,
                "updatedAt": CREATED,
            }
            for at in range(count)
        ],
    }


def _lowered(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    return ["version"] if _parts(after) and _parts(after) < _parts(before) else []


def _parts(cluster: Mapping[str, Any]) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", str(cluster.get("version") or ""))]


def _step(outputs: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[str]:
    """DigitalOcean's API refuses it (openapi, `kubernetes_cluster_update` and `kubernetes_upgrade_cluster`, whose
    versions are those of `get-upgrades`: of this minor version and the next); the provider just asks for it.
    """
    found = []
    if outputs.get("ha") is True and inputs.get("ha") is False:
        found.append("422 the high availability of a cluster cannot be switched off again")
    before, after = (_parts(one)[:2] for one in (outputs, inputs))
    if inputs.get("version") != outputs.get("version") and after > [before[0], before[1] + 1]:
        found.append(f"422 validation error: invalid version slug {inputs['version']!r}")
    return found


def _known_cluster(ask: Ask) -> str:
    """The cluster of that name; one that was made elsewhere where this cloud has none."""
    made = ask.world("digitalocean:index/kubernetesCluster:KubernetesCluster")
    found = [one.id for one in made if one.inputs.get("name") == ask["name"]]
    return found[-1] if found else ask.uuid("cluster")


KUBERNETES_CLUSTER = Resource(
    "digitalocean:index/kubernetesCluster:KubernetesCluster",
    "Kubernetes cluster with its nodes",
    answers=Answers(
        id=lambda ask: ask.uuid("cluster"),
        outputs={
            "clusterUrn": lambda ask: f"do:kubernetes:{ask.uuid('cluster')}",
            "createdAt": CREATED,
            "endpoint": _endpoint,
            "ipv4Address": public_address,
            "kubeConfigs": _kubeconfigs,
            "nodePool": _pool,
            "status": "running",
            "updatedAt": CREATED,
        },
        defaults={
            "controlPlaneFirewall": {"allowedAddresses": [], "enabled": False},
        },
        autoname=Autoname(),
        renewed=names("kubeConfigs"),
    ),
    requests=NO_MODELS,
    refuses=Refuses(
        values={
            "clusterSubnet": cidr,
            "kubeconfigExpireSeconds": between(0, inf),
            "name": given,
            "nodePool.name": given,
            "nodePool.size": given,
            "region": given,
            "serviceSubnet": cidr,
            "version": given,
        },
        inputs=_cluster,
        lacks=_lacking,
        busy=_step,
        once=(one_name("cluster", "a cluster with this name already exists", Scope.ACCOUNT),),
        beside=_subnets_taken,
    ),
    again=Refused(),
    replaced=replaced_by(
        "clusterSubnet isolatedWorkers nodePool.gpuPartitionMode nodePool.size region serviceSubnet vpcUuid "
        "workerSubnetUuid",
        when=_lowered,
    ),
    import_id="{id}",
    found=one_named("getKubernetesCluster"),
    data=Data(
        "the database in the cluster, with the claims to its disks", around="kubernetes:apps/v1:StatefulSet"
    ),
    felt=Felt(gone=AWAY),
    costs=charges.cluster,
    drawn=(Drawn(Role.BORDER, CLUSTER, ("DigitalOcean {region}",)),),
)


GET_KUBERNETES_VERSIONS = Lookup(
    "digitalocean:index/getKubernetesVersions:getKubernetesVersions",
    outputs={
        "id": "versions",
        "latestVersion": lambda ask: next(iter(_offered(ask)), ""),
        "validVersions": _offered,
    },
)


GET_KUBERNETES_CLUSTER = Lookup(
    "digitalocean:index/getKubernetesCluster:getKubernetesCluster",
    outputs={
        "autoUpgrade": True,
        "clusterSubnet": "10.40.0.0/16",
        "controlPlaneFirewalls": [],
        "createdAt": CREATED,
        "endpoint": _endpoint,
        "ha": False,
        "id": _known_cluster,
        "ipv4Address": public_address,
        "isolatedWorkers": False,
        "kubeConfigs": _kubeconfigs,
        "maintenancePolicies": [],
        "nodePools": [],
        "region": "sgp1",
        "serviceSubnet": "10.41.0.0/19",
        "status": "running",
        "surgeUpgrade": True,
        "updatedAt": CREATED,
        "urn": lambda ask: f"do:kubernetes:{ask.uuid('cluster')}",
        "version": "1.36.1-do.0",
        "vpcUuid": lambda ask: ask.uuid("vpc"),
    },
    absent=names("workerSubnetUuid"),
)
