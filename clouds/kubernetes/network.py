"""Who may talk to whom, and what comes into the cluster: network policies, gateways, certificates, routes."""

from collections.abc import Iterator, Mapping
from typing import Any

from clouds.ask import Ask
from clouds.kubernetes.common import balancer_costs, object_
from clouds.made_up import public_address
from clouds.record import AWAY, CLUSTER, Drawn, Felt, Role

_READY = {"conditions": [{"type": "Ready", "status": "True"}]}


def _gateway_status(ask: Ask) -> dict[str, Any]:
    return {
        "addresses": [{"type": "IPAddress", "value": public_address(ask)}],
        "conditions": [{"type": kind, "status": "True"} for kind in ("Accepted", "Programmed")],
    }


NETWORK_POLICY = object_(
    "kubernetes:networking.k8s.io/v1:NetworkPolicy", "who may talk to whom", absent="status"
)


def _listeners(inputs: Mapping[str, Any]) -> Iterator[str]:
    for one in (inputs.get("spec") or {}).get("listeners") or ():
        yield str(one.get("port"))


GATEWAY = object_(
    "kubernetes:gateway.networking.k8s.io/v1:Gateway",
    "balancer of the cluster",
    status=_gateway_status,
    felt=Felt(gone=AWAY),
    costs=balancer_costs,
    drawn=(Drawn(Role.ENTRY, "Gateway", (CLUSTER,), "TLS ends here"),),
    opens=_listeners,
)


def _is_at_an_existing_gateway(route: Mapping[str, Any]) -> bool:
    """Whether a route is at a Gateway that is none of the stack: only then does it name a namespace."""
    return any("namespace" in parent for parent in route["spec"]["parentRefs"])


HTTP_ROUTE = object_(
    "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute",
    "route to the chat",
    status={},
    drawn=(
        Drawn(
            Role.ENTRY,
            "Gateway",
            (CLUSTER,),
            "there already, TLS ends there",
            when=lambda _, route: _is_at_an_existing_gateway(route),
        ),
    ),
    opens=lambda route: iter(("443",) if _is_at_an_existing_gateway(route) else ()),
)

CLUSTER_ISSUER = object_(
    "kubernetes:cert-manager.io/v1:ClusterIssuer", "who gives certificates", status=_READY
)

CERTIFICATE = object_("kubernetes:cert-manager.io/v1:Certificate", "certificate", status=_READY)

ROUTE = object_("kubernetes:networking.doks.digitalocean.com/v1alpha1:Route", "route of the nodes", status={})
