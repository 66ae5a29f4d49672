"""Kinds that no SDK describes: as far as our objects use them, in the words of `schema.py`.

Sources: the CRDs of Gateway API v1.4 (standard channel), of cert-manager v1.21, and DigitalOcean's
documentation of its routing agent.
"""

from typing import Any

_GATEWAY = "kubernetes:gateway.networking.k8s.io/v1:"
_CERTIFICATES = "kubernetes:cert-manager.io/v1:"
_DOKS = "kubernetes:networking.doks.digitalocean.com/v1alpha1:"

SPECS = {
    f"{_GATEWAY}Gateway": "GatewaySpec",
    f"{_GATEWAY}HTTPRoute": "HTTPRouteSpec",
    f"{_CERTIFICATES}ClusterIssuer": "IssuerSpec",
    f"{_CERTIFICATES}Certificate": "CertificateSpec",
    f"{_DOKS}Route": "RouteSpec",
}
"""Type to the object under its `spec`."""


def _object(required: str = "", **inputs: str) -> dict[str, Any]:
    return {"inputs": dict(sorted(inputs.items())), "required": sorted(required.split())}


OBJECTS: dict[str, dict[str, dict[str, Any]]] = {
    _GATEWAY: {
        "GatewaySpec": _object(
            "gatewayClassName listeners",
            gatewayClassName="s",
            listeners="[@Listener",
            infrastructure="@Infrastructure",
            addresses="*",
        ),
        "Infrastructure": _object(annotations="{s", labels="{s", parametersRef="*"),
        "Listener": _object(
            "name port protocol",
            name="s",
            port="i",
            protocol="s",
            hostname="s",
            allowedRoutes="@AllowedRoutes",
            tls="@ListenerTls",
        ),
        "AllowedRoutes": _object(namespaces="@RouteNamespaces", kinds="*"),
        "RouteNamespaces": {"inputs": {"from": "s", "selector": "*"}, "required": []},
        "ListenerTls": _object(mode="s", certificateRefs="[@Reference", options="{s"),
        "Reference": _object("name", group="s", kind="s", name="s", namespace="s", sectionName="s", port="i"),
        "HTTPRouteSpec": _object(parentRefs="[@Reference", hostnames="[s", rules="[@HttpRule"),
        "HttpRule": _object(
            name="s",
            matches="[@HttpMatch",
            filters="[@HttpFilter",
            backendRefs="[@Backend",
            timeouts="@Timeouts",
        ),
        "HttpMatch": _object(path="@PathMatch", headers="*", queryParams="*", method="s"),
        "PathMatch": _object(type="s", value="s"),
        "HttpFilter": _object("type", type="s", requestRedirect="@Redirect", requestHeaderModifier="*"),
        "Redirect": _object(scheme="s", hostname="s", path="*", port="i", statusCode="i"),
        "Backend": _object("name", group="s", kind="s", name="s", namespace="s", port="i", weight="i"),
        "Timeouts": _object(request="s", backendRequest="s"),
    },
    _CERTIFICATES: {
        "IssuerSpec": _object(acme="@Acme", ca="*", selfSigned="*", vault="*"),
        "Acme": _object(
            "privateKeySecretRef server",
            server="s",
            email="s",
            privateKeySecretRef="@SecretKey",
            solvers="[@Solver",
            profile="s",
        ),
        "SecretKey": _object("name", name="s", key="s"),
        "Solver": _object(http01="@Http01", dns01="*", selector="*"),
        "Http01": _object(gatewayHTTPRoute="@HttpRouteSolver", ingress="@IngressSolver"),
        "HttpRouteSolver": _object(parentRefs="[@Parent", labels="{s", podTemplate="*", serviceType="s"),
        "Parent": _object("name", group="s", kind="s", name="s", namespace="s", sectionName="s", port="i"),
        "IngressSolver": _object(ingressClassName="s", name="s", podTemplate="*", serviceType="s"),
        "CertificateSpec": _object(
            "issuerRef secretName",
            secretName="s",
            dnsNames="[s",
            commonName="s",
            duration="s",
            renewBefore="s",
            privateKey="@PrivateKey",
            issuerRef="@IssuerRef",
        ),
        "PrivateKey": _object(algorithm="s", size="i", rotationPolicy="s", encoding="s"),
        "IssuerRef": _object("name", group="s", kind="s", name="s"),
    },
    _DOKS: {
        "RouteSpec": _object(
            "destinations gateways", destinations="[s", gateways="[s", nodeSelector="*", metric="i"
        )
    },
}


def describe(token: str, objects: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of one of our custom kinds, and add the objects that it uses to `objects`."""
    group = token.rpartition(":")[0] + ":"
    objects.update(OBJECTS[group])
    return {
        "inputs": {
            "apiVersion": "s",
            "kind": "s",
            "metadata": "*",
            "spec": f"@{SPECS[token]}",
            "status": "*",
        },
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "outputs": ["apiVersion", "kind", "metadata", "spec", "status"],
    }
