"""The chart on a cluster that is there already."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pulumi

from components.edge.cluster_gateway import ChatRoutes, ClusterGateway
from components.edge.host_name import HostName
from components.runtime.kubernetes import ChartIngressArgs
from components.values import Egress
from rocketchat.services import Service
from stacks.kinds.runtime import Running
from stacks.kinds.runtime.cluster.place import InCluster, with_provider
from stacks.kinds.runtime.kubernetes import (
    ClassIngress,
    ExistingGateway,
    GatewayIngress,
    KubernetesRuntime,
    NoIngress,
)

if TYPE_CHECKING:
    from stacks.kinds.context import Context
    from stacks.kinds.kind import Variables

IDLE_SECONDS = "3600"

COOKIE = "rocketchat"

INGRESS_ANNOTATIONS = {
    "nginx": {
        "nginx.ingress.kubernetes.io/proxy-read-timeout": IDLE_SECONDS,
        "nginx.ingress.kubernetes.io/proxy-send-timeout": IDLE_SECONDS,
        "nginx.ingress.kubernetes.io/ssl-redirect": "true",
        "nginx.ingress.kubernetes.io/affinity": "cookie",
        "nginx.ingress.kubernetes.io/session-cookie-name": COOKIE,
    },
    "traefik": {
        "traefik.ingress.kubernetes.io/router.entrypoints": "websecure",
        "traefik.ingress.kubernetes.io/router.tls": "true",
    },
}
"""What the chat needs of a controller, by its class: time-outs, HTTPS, stickiness.

Traefik limits no bodies and passes WebSockets; what it needs is on the service.
"""

SERVICE_ANNOTATIONS = {
    "traefik": {
        "traefik.ingress.kubernetes.io/service.sticky.cookie": "true",
        "traefik.ingress.kubernetes.io/service.sticky.cookie.name": COOKIE,
        "traefik.ingress.kubernetes.io/service.sticky.cookie.secure": "true",
        "traefik.ingress.kubernetes.io/service.sticky.cookie.httponly": "true",
    }
}


def _chart_ingress(ingress: ClassIngress, name: str, largest_mib: int) -> ChartIngressArgs:
    annotations = dict(INGRESS_ANNOTATIONS.get(ingress.name, {}))
    if ingress.name == "nginx":
        # A tenth is for the form around the file.
        annotations["nginx.ingress.kubernetes.io/proxy-body-size"] = f"{largest_mib + largest_mib // 10}m"
    if ingress.issuer is not None:
        annotations["cert-manager.io/cluster-issuer"] = ingress.issuer
    annotations |= ingress.annotations
    return {
        "class_name": ingress.name,
        "annotations": annotations,
        "tls_secret": ingress.tls_secret or f"{name}-tls",
    }


class OnKubernetes(InCluster):
    """The chart on a cluster that is there already, reached by the stack's provider of that name."""

    _outlives = True

    def __init__(self, runtime: KubernetesRuntime, context: "Context") -> None:
        super().__init__(runtime, context)
        self._ingress = runtime.ingress
        self._inside = with_provider(self._opts, context.providers["kubernetes"])
        self.egress = Egress(tuple(pulumi.Output.from_input(found) for found in runtime.egress_addresses))
        self.proxies = 0 if isinstance(self._ingress, NoIngress) else 1
        self._namespace = self._chat_namespace()

    def run(self, services: Sequence[Service], variables: "Variables") -> Running:
        """Install the chart, and open the way in that was asked for."""
        name, ingress = self._runtime.name, self._ingress
        outputs: dict[str, pulumi.Input[object]] = {
            "namespace": self._namespace.name,
            "helmRelease": name,
        }
        url = pulumi.Output.from_input(self._runtime.root_url(self._spec.parts.chat.host))
        if isinstance(ingress, NoIngress):
            chat = self._chat(services, variables, local=True)
            outputs["portForward"] = pulumi.Output.format(
                "kubectl --namespace {0} port-forward service/{1} {2}:80",
                self._namespace.name,
                chat.service_name,
                ingress.port,
            )
        elif isinstance(ingress, GatewayIngress):
            gateway = ClusterGateway(
                "gateway",
                {
                    "namespace": self._namespace.name,
                    "gateway_name": name,
                    "gateway_class": ingress.gateway_class,
                },
                self._inside,
            )
            chat = self._chat(services, variables)
            named = self._named(gateway.address)
            self._routes(
                chat,
                gateway,
                name,
                certificate_host=self._spec.parts.chat.host,
                issuer=ingress.issuer,
                after=[named] if named is not None else [],
            )
            outputs["address"] = gateway.address
        elif isinstance(ingress, ExistingGateway):
            chat = self._chat(services, variables)
            args = self._route(chat, ingress.name)
            args["gateway_namespace"], args["listener"] = ingress.namespace, ingress.listener
            ChatRoutes("routes", args, self._inside)
            outputs |= self._led_to(ingress.address)
        else:
            self._chat(
                services,
                variables,
                ingress=_chart_ingress(
                    ingress, name, self._spec.parts.media.largest_file_mb(self._spec.parts.dns)
                ),
                annotations=SERVICE_ANNOTATIONS.get(ingress.name),
            )
            outputs |= self._led_to(ingress.address)
        return Running(url=url, watched=self._watched, outputs={**outputs, **self._backed_up})

    def _led_to(self, address: str | None) -> dict[str, pulumi.Input[object]]:
        """Lead the chat's name to what is there already, where its address is known; return outputs."""
        if address is None:
            return {}
        self._named(pulumi.Output.from_input(str(address)))
        return {"address": str(address)}

    def _named(self, address: pulumi.Output[str]) -> HostName | None:
        if self._zone is None:
            return None
        return HostName(
            "name",
            {"host": self._spec.parts.chat.host, "zone": self._zone, "address": address},
            self._opts,
        )
