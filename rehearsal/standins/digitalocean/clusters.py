"""DigitalOcean: networks, NAT gateways and Kubernetes clusters."""

import ipaddress
import json
import re
from collections.abc import Mapping
from typing import Any

from components.runtime.doks_options import REGIONS, is_node_size
from rehearsal.standins.aws.network import public_address
from rehearsal.standins.table import CREATED, Ask, Autoname, Lookup, Standin, always, given, names

DAYS = names("any monday tuesday wednesday thursday friday saturday sunday")


def _network_name(ask: Ask) -> list[str]:
    found = []
    network = ask["ipRange"]
    if network is not None:
        try:
            if not 16 <= ipaddress.IPv4Network(network).prefixlen <= 28:
                found.append(f"ipRange {network!r} must be from /16 to /28")
        except ValueError as error:
            found.append(f"ipRange {network!r} is not valid: {error}")
    return found


def _cluster(ask: Ask) -> list[str]:
    found = []
    policy, pool = ask["maintenancePolicy"], ask["nodePool"]
    if policy and policy.get("day") not in DAYS:
        found.append(f"maintenancePolicy.day {policy.get('day')!r} must be one of {', '.join(sorted(DAYS))}")
    if not str(ask["version"] or ""):
        found.append("version must not be empty")
    if pool.get("autoScale") and not 1 <= (pool.get("minNodes") or 0) <= (pool.get("maxNodes") or 0):
        found.append("nodePool needs minNodes from 1 up to maxNodes when it scales by itself")
    return found


VERSIONS = ("1.37.0-do.0", "1.36.3-do.1", "1.36.2-do.0", "1.36.1-do.0", "1.35.4-do.1", "1.35.1-do.0")
"""What the stand-in offers, newest first, as the API lists them: three minor versions, numbers made up."""


def _lacking(ask: Ask) -> list[str]:
    """What "Create a New Kubernetes Cluster" answers with 422 (terraform-provider-digitalocean, issue 521)."""
    found = []
    if ask["version"] not in VERSIONS:
        found.append(f"422 validation error: invalid version slug {ask['version']!r}")
    if ask["region"] not in REGIONS:
        found.append(f"422 validation error: invalid region {ask['region']!r}")
    size = (ask["nodePool"] or {}).get("size")
    if not is_node_size(str(size)):
        found.append(f"422 validation error: invalid node size {size!r}")
    return found


def _offered(ask: Ask) -> list[str]:
    return [version for version in VERSIONS if version.startswith(str(ask["versionPrefix"] or ""))]


def _endpoint(ask: Ask) -> str:
    return f"https://{ask.uuid('cluster')}.k8s.ondigitalocean.com"


def _kubeconfigs(ask: Ask) -> list[dict[str, Any]]:
    """New ones for each lookup; the resource keeps its own until they are over (resource_kubernetes_cluster.go)."""
    for one in ask.world(ask.token) if ask.own_id else ():
        kept: list[dict[str, Any]] = one.outputs.get("kubeConfigs") or []
        if one.id == ask.own_id and kept and not ask.tokens.over(kept[0]["token"]):
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


def _gateway_vpcs(ask: Ask) -> list[dict[str, Any]]:
    return [
        {
            "defaultGateway": False,
            **vpc,
            "subnetUuid": vpc.get("subnetUuid") or ask.uuid(f"subnet{at}"),
            "gatewayIp": vpc.get("gatewayIp") or f"10.30.{at}.5",
        }
        for at, vpc in enumerate(ask["vpcs"])
    ]


def _lowered(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    def parts(inputs: Mapping[str, Any]) -> list[int]:
        return [int(part) for part in re.findall(r"\d+", str(inputs.get("version") or ""))]

    return ["version"] if parts(after) and parts(after) < parts(before) else []


def _cluster_stays(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """DigitalOcean's API refuses it (openapi, `kubernetes_cluster_update`); the provider just asks for it."""
    lost = before.get("ha") is True and after.get("ha") is False
    return ["the high availability of a cluster cannot be switched off again"] if lost else []


TYPES: dict[str, Standin] = {
    "digitalocean:index/vpc:Vpc": Standin(
        what="network",
        id=lambda ask: ask.uuid(),
        computed={
            "createdAt": always(CREATED),
            "default": always(False),
            "ipRange": given("ipRange", "10.10.0.0/20"),
            "vpcUrn": lambda ask: f"do:vpc:{ask.uuid()}",
        },
        autoname=Autoname(),
        replaces=names("ipRange region"),
        refuses=_network_name,
    ),
    "digitalocean:index/vpcNatGateway:VpcNatGateway": Standin(
        what="gateway with a fixed address for what leaves the network",
        id=lambda ask: ask.uuid(),
        computed={
            "createdAt": always(CREATED),
            "egresses": lambda ask: [{"publicGateways": [{"ipv4": public_address(ask)}]}],
            "icmpTimeoutSeconds": given("icmpTimeoutSeconds", 30),
            "projectId": given("projectId", lambda ask: ask.uuid("project")),
            "state": always("ACTIVE"),
            "tcpTimeoutSeconds": given("tcpTimeoutSeconds", 300),
            "udpTimeoutSeconds": given("udpTimeoutSeconds", 30),
            "updatedAt": always(CREATED),
            "vpcs": _gateway_vpcs,
        },
        autoname=Autoname(),
        # Of the set's members `subnetUuid` is filled in by the cloud (resource_vpc_nat_gateway.go).
        replaces=names("region type vpcs"),
        filled={"vpcs": names("subnetUuid")},
    ),
    "digitalocean:index/kubernetesCluster:KubernetesCluster": Standin(
        what="Kubernetes cluster with its nodes",
        id=lambda ask: ask.uuid("cluster"),
        computed={
            "clusterUrn": lambda ask: f"do:kubernetes:{ask.uuid('cluster')}",
            "controlPlaneFirewall": given(
                "controlPlaneFirewall", lambda _ask: {"allowedAddresses": [], "enabled": False}
            ),
            "createdAt": always(CREATED),
            "endpoint": _endpoint,
            "ipv4Address": public_address,
            "kubeConfigs": _kubeconfigs,
            "nodePool": _pool,
            "status": always("running"),
            "updatedAt": always(CREATED),
        },
        autoname=Autoname(),
        replaces=names(
            "clusterSubnet isolatedWorkers nodePool.gpuPartitionMode nodePool.size region serviceSubnet vpcUuid "
            "workerSubnetUuid"
        ),
        replaces_when=_lowered,
        renewed=names("kubeConfigs"),
        stays=_cluster_stays,
        refuses=_cluster,
        lacks=_lacking,
    ),
}


def _known_cluster(ask: Ask) -> str:
    """The cluster of that name; one that was made elsewhere where this cloud has none."""
    made = ask.world("digitalocean:index/kubernetesCluster:KubernetesCluster")
    found = [one.id for one in made if one.inputs.get("name") == ask["name"]]
    return found[-1] if found else ask.uuid("cluster")


LOOKUPS: dict[str, Lookup] = {
    "digitalocean:index/getKubernetesVersions:getKubernetesVersions": Lookup(
        {
            "id": always("versions"),
            "latestVersion": lambda ask: next(iter(_offered(ask)), ""),
            "validVersions": _offered,
        }
    ),
    "digitalocean:index/getKubernetesCluster:getKubernetesCluster": Lookup(
        {
            "autoUpgrade": always(True),
            "clusterSubnet": always("10.40.0.0/16"),
            "controlPlaneFirewalls": always([]),
            "createdAt": always(CREATED),
            "endpoint": _endpoint,
            "ha": always(False),
            "id": _known_cluster,
            "ipv4Address": public_address,
            "isolatedWorkers": always(False),
            "kubeConfigs": _kubeconfigs,
            "maintenancePolicies": always([]),
            "nodePools": always([]),
            "region": always("sgp1"),
            "serviceSubnet": always("10.41.0.0/19"),
            "status": always("running"),
            "surgeUpgrade": always(True),
            "updatedAt": always(CREATED),
            "urn": lambda ask: f"do:kubernetes:{ask.uuid('cluster')}",
            "version": always("1.36.1-do.0"),
            "vpcUuid": lambda ask: ask.uuid("vpc"),
        },
        absent=names("workerSubnetUuid"),
    ),
}
