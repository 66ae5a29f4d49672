"""The way into a cluster: certificates from Let's Encrypt, and a Gateway with the chat's routes."""

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

from components.base import Component, one_of
from components.cluster_object import ClusterObject, pull_secret
from components.edge import cert_manager
from components.registry import ChartSourceArgs, RegistryArgs, chart, hidden, hidden_source, split_tag

ISSUER = "letsencrypt"
WEBHOOK_PORT = 10250
"""Of cert-manager's webhook, which the chart puts there."""

LETS_ENCRYPT = {
    "production": "https://acme-v02.api.letsencrypt.org/directory",
    "staging": "https://acme-staging-v02.api.letsencrypt.org/directory",
}
"""Directories of Let's Encrypt. Staging's certificates are trusted by nobody, and its limits are wide."""

GATEWAY_API = "gateway.networking.k8s.io/v1"
REQUEST_TIMEOUT = "3600s"
"""For slow uploads. A WebSocket is over the limit of a request once it is upgraded."""

READY = {"pulumi.com/waitFor": "condition=Ready"}
"""The provider waits for no custom resource by itself, and cert-manager takes each, whatever becomes of it."""
ISSUED_WITHIN = pulumi.CustomTimeouts(create="20m", update="20m")
"""For the name to be known to the cluster's resolver, and the check of Let's Encrypt."""

_RESTRICTED_NAMESPACE = {
    f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")
}


class CertManagerArgs(TypedDict):
    """cert-manager and an issuer."""

    email: str
    """Let's Encrypt writes there when a certificate is about to end."""
    directory: str
    """`production` or `staging`."""
    gateway: NotRequired[str]
    """Name of the Gateway that answers the checks (HTTP-01); given with `namespace`."""
    namespace: NotRequired[pulumi.Input[str]]
    """Namespace of that Gateway."""
    ingress_class: NotRequired[str]
    """Class of the Ingress controller that answers the checks, where there is no Gateway."""
    images: NotRequired[Mapping[str, str]]
    """Where its images are pulled from, with their tags, by the keys of its chart: `image`, `webhook`, `cainjector`,
    `acmesolver`, `startupapicheck`. Its makers' when left out."""
    registry: NotRequired[RegistryArgs]
    """Credentials for these images."""
    chart_source: NotRequired[ChartSourceArgs]
    """Where its chart is fetched from; its makers' repository when left out."""


class CertManager(Component):
    """cert-manager by its official chart, with Let's Encrypt as issuer for the cluster.

    Checks are HTTP-01: they need no credentials of the DNS service in the cluster.

    Produces: a namespace with its network policies, the Helm release with its resource definitions, a
    ClusterIssuer.
    """

    issuer: pulumi.Output[str]
    """Name of the ClusterIssuer."""

    def __init__(self, name: str, args: CertManagerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        directory = LETS_ENCRYPT[one_of("the issuer's directory", args["directory"], tuple(LETS_ENCRYPT))]
        if ("gateway" in args) == ("ingress_class" in args):
            raise ValueError("the issuer needs either a gateway or an ingress_class to be checked through")
        safe = args.copy()
        if "registry" in args:
            safe["registry"] = hidden(args["registry"])
        if "chart_source" in args:
            safe["chart_source"] = hidden_source(args["chart_source"])
        super().__init__("CertManager", name, safe, opts)
        namespace = kubernetes.core.v1.Namespace(
            f"{name}-namespace",
            metadata={"name": "cert-manager", "labels": _RESTRICTED_NAMESPACE},
            opts=self.child(),
        )
        inside = namespace.metadata.apply(lambda found: str(found.name))
        policies = _policies(self, name, inside)
        values = _images(args.get("images", {}))
        if "registry" in args:
            secret = pull_secret(f"{name}-pull", args["registry"], {"namespace": inside}, self.child())
            values["global"] = {"imagePullSecrets": [{"name": secret}]}
        release = kubernetes.helm.v3.Release(
            f"{name}-release",
            name="cert-manager",
            namespace=inside,
            **chart("cert-manager", cert_manager.VERSION, cert_manager.REPOSITORY, args.get("chart_source")),
            values={
                **values,
                # Kept when the release goes: with them would go every certificate of the cluster.
                "crds": {"enabled": True, "keep": True},
                "config": {
                    "apiVersion": "controller.config.cert-manager.io/v1alpha1",
                    "kind": "ControllerConfiguration",
                    "enableGatewayAPI": "gateway" in args,
                },
            },
            cleanup_on_fail=True,
            timeout=600,
            opts=self.child(depends_on=policies),
        )
        solver: dict[str, Any] = (
            {
                "gatewayHTTPRoute": {
                    "parentRefs": [
                        {"kind": "Gateway", "name": args["gateway"], "namespace": args["namespace"]}
                    ]
                }
            }
            if "gateway" in args
            else {"ingress": {"ingressClassName": args["ingress_class"]}}
        )
        issuer = ClusterObject(
            f"{name}-issuer",
            api_version="cert-manager.io/v1",
            kind="ClusterIssuer",
            metadata={"name": ISSUER, "annotations": READY},
            spec={
                "acme": {
                    "server": directory,
                    "email": args["email"],
                    "privateKeySecretRef": {"name": f"{ISSUER}-account"},
                    "solvers": [{"http01": solver}],
                }
            },
            opts=self.child(depends_on=[release]),
        )
        self.issuer = issuer.metadata.apply(lambda found: str(found["name"]))
        self.register()


def _images(images: Mapping[str, str]) -> dict[str, Any]:
    """Return the chart's values for images that are pulled from elsewhere."""
    made: dict[str, Any] = {}
    for key, image in images.items():
        repository, tag, digest = split_tag(image)
        values = {"repository": repository, "tag": tag} | ({"digest": digest} if digest else {})
        made[one_of("a key of cert-manager's images", key, tuple(cert_manager.IMAGES))] = (
            values if key == "image" else {"image": values}
        )
    return made


def _policies(component: Component, name: str, namespace: pulumi.Output[str]) -> list[pulumi.Resource]:
    """Deny everything, but what cert-manager lives of: names, the cluster's API, Let's Encrypt, its own checks."""
    return [
        kubernetes.networking.v1.NetworkPolicy(
            f"{name}-deny",
            metadata={"name": "deny-all", "namespace": namespace},
            spec={"pod_selector": {}, "policy_types": ["Ingress", "Egress"]},
            opts=component.child(),
        ),
        kubernetes.networking.v1.NetworkPolicy(
            f"{name}-traffic",
            metadata={"name": "traffic", "namespace": namespace},
            spec={
                "pod_selector": {},
                "policy_types": ["Ingress", "Egress"],
                # The cluster's API calls the webhook, from addresses that no selector knows.
                "ingress": [{"ports": [{"port": WEBHOOK_PORT, "protocol": "TCP"}]}],
                "egress": [
                    {
                        "ports": [
                            {"port": 53, "protocol": "UDP"},
                            *({"port": port, "protocol": "TCP"} for port in (53, 80, 443, 6443)),
                        ]
                    }
                ],
            },
            opts=component.child(),
        ),
    ]


class ClusterGatewayArgs(TypedDict):
    """A Gateway before the chat."""

    namespace: pulumi.Input[str]
    """Namespace of the chat."""
    gateway_name: str
    """Name of the Gateway."""
    gateway_class: str
    """GatewayClass of the controller, such as `cilium`."""
    annotations: NotRequired[Mapping[str, str]]
    """For the load balancer that the controller makes."""


class ClusterGateway(Component):
    """A Gateway for HTTP and HTTPS.

    Bodies have no limit here: the chat's own (FileUpload_MaxFileSize) holds. HTTPS answers once the Secret with
    the certificate is there.

    Produces: the Gateway.
    """

    name: pulumi.Output[str]
    """Name of the Gateway."""
    address: pulumi.Output[str]
    """Public address of the load balancer before it."""

    def __init__(
        self, name: str, args: ClusterGatewayArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("ClusterGateway", name, args, opts)
        same = {"namespaces": {"from": "Same"}}
        spec: dict[str, Any] = {
            "gatewayClassName": args["gateway_class"],
            "listeners": [
                {"name": "http", "protocol": "HTTP", "port": 80, "allowedRoutes": same},
                {
                    "name": "https",
                    # Any name: behind a CDN the chat's is asked for, and the certificate is the origin's.
                    "protocol": "HTTPS",
                    "port": 443,
                    "allowedRoutes": same,
                    "tls": {
                        "mode": "Terminate",
                        "certificateRefs": [{"kind": "Secret", "name": tls_secret(args["gateway_name"])}],
                    },
                },
            ],
        }
        if "annotations" in args:
            spec["infrastructure"] = {"annotations": dict(args["annotations"])}
        made = ClusterObject(
            f"{name}-gateway",
            api_version=GATEWAY_API,
            kind="Gateway",
            metadata={
                "name": args["gateway_name"],
                "namespace": args["namespace"],
                # Without an address there is nothing that a name could point to.
                "annotations": {"pulumi.com/waitFor": "jsonpath={.status.addresses[0].value}"},
            },
            spec=spec,
            opts=self.child(),
        )
        self.name = made.metadata.apply(lambda found: str(found["name"]))
        self.address = made.status.apply(lambda found: str(found["addresses"][0]["value"]))
        self.register()


def tls_secret(gateway: str) -> str:
    """Return the name of the Secret with the certificate of a Gateway."""
    return f"{gateway}-tls"


class ChatRoutesArgs(TypedDict):
    """The way from a Gateway to the chat."""

    namespace: pulumi.Input[str]
    """Namespace of the chat."""
    gateway_name: pulumi.Input[str]
    """Name of the Gateway."""
    gateway_namespace: NotRequired[str]
    """Namespace of the Gateway; the chat's when left out."""
    listener: NotRequired[str]
    """Name of the Gateway's listener for HTTPS; `https` when left out."""
    host: str
    """Public name of the chat."""
    issuer: NotRequired[pulumi.Input[str]]
    """Name of the cert-manager ClusterIssuer of the certificate. Left out: the Gateway has a certificate already, and
    redirects HTTP by itself."""
    certificate_host: NotRequired[pulumi.Input[str]]
    """The name that the certificate is for: `host`, or the origin's where a CDN stands before. It must lead to
    the Gateway when the certificate is asked for. Given with `issuer`."""
    tls_secret: NotRequired[str]
    """Name of the Secret that the certificate goes into. Given with `issuer`."""
    service_name: pulumi.Input[str]
    """Service of the main server, on port 80."""
    streamer_name: NotRequired[pulumi.Input[str]]
    """Service of ddp-streamer, on port 3000, which takes `/websocket` and `/sockjs`."""


class ChatRoutes(Component):
    """The chat's certificate and routes at a Gateway: HTTP is redirected, WebSockets pass.

    A deployment ends well only when the certificate is issued: without it, nothing answers by HTTPS.

    Produces: an HTTPRoute for HTTPS; with `issuer` a Certificate, and an HTTPRoute for HTTP.
    """

    def __init__(self, name: str, args: ChatRoutesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        if len({"issuer", "certificate_host", "tls_secret"} & set(args)) not in (0, 3):
            raise ValueError("issuer, certificate_host and tls_secret are given together")
        super().__init__("ChatRoutes", name, args, opts)
        if "issuer" in args:
            self._certificate(name, args)
            to_https = {"type": "RequestRedirect", "requestRedirect": {"scheme": "https", "statusCode": 301}}
            self._route(f"{name}-redirect", args, "http", [{"filters": [to_https]}])
        rules = [_rule(["/"], args["service_name"], 80)]
        if "streamer_name" in args:
            rules.insert(0, _rule(["/websocket", "/sockjs"], args["streamer_name"], 3000))
        self._route(f"{name}-chat", args, args.get("listener", "https"), rules)
        self.register()

    def _certificate(self, name: str, args: ChatRoutesArgs) -> None:
        secret = args["tls_secret"]
        ClusterObject(
            f"{name}-certificate",
            api_version="cert-manager.io/v1",
            kind="Certificate",
            metadata={"name": secret, "namespace": args["namespace"], "annotations": READY},
            spec={
                "secretName": secret,
                "dnsNames": [args["certificate_host"]],
                "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
                "issuerRef": {"group": "cert-manager.io", "kind": "ClusterIssuer", "name": args["issuer"]},
            },
            opts=self.child(custom_timeouts=ISSUED_WITHIN),
        )

    def _route(self, name: str, args: ChatRoutesArgs, listener: str, rules: list[dict[str, Any]]) -> None:
        parent: dict[str, Any] = {"name": args["gateway_name"], "sectionName": listener}
        if "gateway_namespace" in args:
            parent["namespace"] = args["gateway_namespace"]
        ClusterObject(
            name,
            api_version=GATEWAY_API,
            kind="HTTPRoute",
            metadata={"name": name, "namespace": args["namespace"]},
            spec={
                "parentRefs": [parent],
                "hostnames": [args["host"]],
                "rules": rules,
            },
            opts=self.child(),
        )


def _rule(paths: list[str], service: pulumi.Input[str], port: int) -> dict[str, Any]:
    return {
        "matches": [{"path": {"type": "PathPrefix", "value": path}} for path in paths],
        "backendRefs": [{"name": service, "port": port}],
        "timeouts": {"request": REQUEST_TIMEOUT},
    }
