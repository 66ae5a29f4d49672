"""A cluster at DigitalOcean with its managed gateway, certificates from Let's Encrypt, and the chart."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pulumi

from components.edge import cert_manager
from components.edge.address import PublicName, PublicNameArgs
from components.edge.certificate import Certificate
from components.edge.cluster_gateway import CertManager, CertManagerArgs, ClusterGateway
from components.edge.host_name import HostName
from components.names import LABEL_LIMIT, bounded
from components.runtime.doks import DoksCluster
from components.values import Endpoint
from rocketchat.services import Service
from stacks import features
from stacks.kinds.runtime import Running
from stacks.kinds.runtime.cluster.place import InCluster, with_provider
from stacks.kinds.runtime.digitalocean import tags
from stacks.kinds.runtime.doks import DoksRuntime

if TYPE_CHECKING:
    from stacks.kinds.context import Context
    from stacks.kinds.kind import Variables

GATEWAY_CLASS = "cilium"
"""DigitalOcean's managed GatewayClass."""


def origin_of(host: str) -> str:
    """Return the name by which CloudFront finds the cluster: beside the chat's own, whose first label may be long."""
    label, _, rest = host.partition(".")
    return f"{bounded(f'origin-{label}', LABEL_LIMIT)}.{rest}"


class OnDoks(InCluster):
    """A cluster at DigitalOcean with its managed gateway, certificates from Let's Encrypt, and the chart."""

    proxies = 1
    _outlives = False

    def __init__(self, runtime: DoksRuntime, context: "Context") -> None:
        super().__init__(runtime, context)
        spec = self._spec
        if context.zone is None:
            raise ValueError("runtime doks needs a zone, which the rules of stack files ask for")
        self._dns_zone = context.zone
        self._cluster_name = runtime.cluster
        self._cluster = DoksCluster(
            "cluster",
            {
                "cluster_name": runtime.cluster,
                "region": runtime.region,
                "version": runtime.version,
                "node_size": runtime.node_size,
                "min_nodes": runtime.min_nodes,
                "max_nodes": runtime.max_nodes,
                "vpc_cidr": runtime.network,
                "pod_cidr": runtime.pod_network,
                "service_cidr": runtime.service_network,
                "nat": runtime.nat,
                "high_availability": (
                    spec.defaults.protect if runtime.high_availability is None else runtime.high_availability
                ),
                "auto_upgrade": runtime.auto_upgrade,
                "maintenance_day": runtime.maintenance_day,
                "maintenance_time": runtime.maintenance_time,
                "tags": tags(spec.tags),
                "keep_volumes": self._holds_data,
                "protect": self._holds_data,
            },
            self._opts,
        )
        self.egress = self._cluster.egress
        self._inside = with_provider(self._opts, self._cluster.provider)
        self._inside.deleted_with = self._cluster.inside
        self._inside.depends_on = self._cluster.routes
        self._namespace = self._chat_namespace()

    def run(self, services: Sequence[Service], variables: "Variables") -> Running:
        """Open the gateway, install the chart behind it, and lead the chat's name there."""
        spec, name, zone, edge = self._spec, self._runtime.name, self._dns_zone, self._spec.parts.edge
        host = spec.parts.chat.host
        gateway = ClusterGateway(
            "gateway",
            {
                "namespace": self._namespace.name,
                "gateway_name": name,
                "gateway_class": GATEWAY_CLASS,
                "annotations": {
                    "service.beta.kubernetes.io/do-loadbalancer-name": f"{self._cluster_name}-chat"
                },
            },
            self._inside,
        )
        certificates: CertManagerArgs = {
            "email": features.contact(spec.parts),
            "directory": "production",
            "gateway": name,
            "namespace": self._namespace.name,
            "images": {
                key: spec.parts.images.place(f"{image}:{cert_manager.VERSION}")
                for key, image in cert_manager.IMAGES.items()
            },
        }
        registry = spec.parts.images.credentials(self._context.secrets)
        if registry is not None:
            certificates["registry"] = registry
        if spec.parts.charts is not None:
            certificates["chart_source"] = spec.parts.charts.args(self._context.secrets)
        issuer = CertManager("certificates", certificates, self._inside)
        chat = self._chat(services, variables)
        # CloudFront asks for the chat's name and is content with the origin's certificate; and only the origin's
        # name leads here, where Let's Encrypt looks.
        entry = origin_of(host) if edge.is_cdn else host
        named = HostName(
            "origin" if edge.is_cdn else "name",
            {"host": entry, "zone": zone, "address": gateway.address},
            self._opts,
        )
        self._routes(
            chat,
            gateway,
            name,
            certificate_host=entry,
            issuer=issuer.issuer,
            after=[named, issuer],
        )
        url = self._before(entry) if edge.is_cdn else named.url
        return Running(
            url=url,
            watched=self._watched,
            outputs={
                "cluster": self._cluster.cluster_name,
                "namespace": self._namespace.name,
                "helmRelease": name,
                "address": gateway.address,
                **self._backed_up,
                "kubeconfigCommand": pulumi.Output.format(
                    "doctl kubernetes cluster kubeconfig save {0}", self._cluster.cluster_name
                ),
            },
        )

    def _before(self, origin: str) -> pulumi.Output[str]:
        """Put the CDN before the cluster, and lead the chat's name there; return the chat's address."""
        spec, zone, host = self._spec, self._dns_zone, self._spec.parts.chat.host
        edge = spec.parts.edge
        certificate = Certificate(
            "certificate",
            {"domain": host, "regions": list(edge.certificate_regions), "zone": zone},
            self._opts,
        )
        endpoint = edge.make(
            self._context,
            Endpoint(host=pulumi.Output.from_input(origin), trusted_proxies=self.proxies),
            certificate,
            log_days=spec.defaults.log_days,
            waf=spec.defaults.waf,
        )
        args: PublicNameArgs = {
            "host": host,
            "zone": zone,
            "target": endpoint.host,
            "target_proxies": endpoint.trusted_proxies,
        }
        if endpoint.zone_id is not None:
            args["target_zone_id"] = endpoint.zone_id
        return PublicName("name", args, self._opts).url
