"""Kubernetes: a cluster that is there already, or one of DigitalOcean's that the stack makes."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import pulumi
import pulumi_kubernetes as kubernetes

from components.base import Component
from components.database.cluster_backup import ClusterBackupArgs
from components.database.dump_bucket import DumpBucket, DumpBucketArgs
from components.database.in_cluster import ClusterMongodb, ClusterMongodbArgs
from components.database.private_link import PrivateLinkArgs
from components.edge.address import PublicName, PublicNameArgs
from components.edge.app_cdn import AppCdn
from components.edge.certificate import Certificate
from components.edge.cluster_gateway import (
    CertManager,
    ChatRoutes,
    ChatRoutesArgs,
    ClusterGateway,
    tls_secret,
)
from components.edge.host_name import HostName
from components.names import LABEL_LIMIT, bounded
from components.runtime.chart import ChartServiceArgs
from components.runtime.doks import DoksCluster
from components.runtime.kubernetes import (
    ChartIngressArgs,
    ChatNamespace,
    ChatNamespaceArgs,
    ChatRelease,
    ChatReleaseArgs,
)
from components.values import DatabaseAccess, DnsZone, Egress
from rocketchat.services import NATS, Service
from stacks import features
from stacks.egress import ways_out
from stacks.language import ChatSpec
from stacks.load import Secrets
from stacks.runtimes import Running, Variables
from stacks.spec import (
    ClassIngress,
    CloudFrontEdge,
    DoksRuntime,
    GatewayIngress,
    InClusterDatabase,
    KubernetesRuntime,
    NoIngress,
)

CLOUDFRONT_REGION = "us-east-1"
"""The only region whose certificates CloudFront takes."""
GATEWAY_CLASS = "cilium"
"""DigitalOcean's managed GatewayClass."""

IDLE_SECONDS = "3600"

COOKIE = "rocketchat"

_RESTORE = (
    'aws s3 cp "s3://{bucket}/database/archive.gz" - | '
    "kubectl --namespace {namespace} exec --stdin mongodb-0 --container mongodb -- bash -c "
    "'mongorestore --gzip --archive --drop "
    '--nsInclude="{database}.*" --config=<(printf "uri: mongodb://root:%s@localhost/?directConnection=true\\n" '
    '"$ROOT_PASSWORD")\''
)
"""Puts the newest dump back, with the chat scaled to nothing meanwhile; an older one is a version of the object."""


def origin_of(host: str) -> str:
    """Return the name by which CloudFront finds the cluster: beside the chat's own, whose first label may be long."""
    label, _, rest = host.partition(".")
    return f"{bounded(f'origin-{label}', LABEL_LIMIT)}.{rest}"


def _with(opts: pulumi.ResourceOptions, provider: pulumi.ProviderResource) -> pulumi.ResourceOptions:
    providers = opts.providers if isinstance(opts.providers, list) else []
    return pulumi.ResourceOptions(providers=[*providers, provider])


class _Cluster:
    """What both have in common: the chat and its database in a namespace of a cluster."""

    private_link: PrivateLinkArgs | None = None
    egress: Egress
    proxies: int
    _spec: ChatSpec
    _runtime: KubernetesRuntime | DoksRuntime
    _opts: pulumi.ResourceOptions
    _inside: pulumi.ResourceOptions
    """Options of what is in the cluster."""
    _namespace: ChatNamespace
    _database_ports: tuple[int, ...]
    _web_ports: tuple[int, ...]
    _outlives: bool
    """Whether the cluster is still there when the stack is destroyed."""
    _backed_up: Mapping[str, pulumi.Input[object]] = MappingProxyType({})
    """Outputs of the database's dumps, where there are any."""

    @property
    def broker(self) -> str:
        """NATS, as the chart names its service."""
        return f"{self._runtime.name}-{NATS}"

    @property
    def _holds_data(self) -> bool:
        """Whether the cluster holds a database that is protected."""
        return isinstance(self._spec.parts.database, InClusterDatabase) and self._spec.defaults.protect

    def _chat_namespace(self) -> ChatNamespace:
        # With the namespace everything in it would go, claims to disks too.
        args: ChatNamespaceArgs = {"namespace": self._runtime.namespace, "protect": self._holds_data}
        return ChatNamespace("namespace", args, self._inside)

    def own_database(self) -> DatabaseAccess:
        """Make MongoDB beside the chat."""
        part = self._spec.parts.database
        if not isinstance(part, InClusterDatabase):
            raise TypeError("this is for database in-cluster")
        protect = self._spec.defaults.protect
        args: ClusterMongodbArgs = {
            "namespace": self._namespace.name,
            "namespace_name": self._runtime.namespace,
            "client": self._runtime.name,
            "version": part.version or self._spec.release.recommended_mongodb,
            "members": part.members,
            "disk_gb": part.disk_gb,
            "memory": part.memory,
            "database": part.name,
            "roles": [
                {"role": role.role, "database": role.database}
                for role in self._spec.release.database_roles(part.name)
            ],
            "keep_disks": protect,
            "protect": protect,
        }
        if part.storage_class is not None:
            args["storage_class"] = part.storage_class
        if protect and self._spec.region is not None:
            args["backup"] = self._dumps(part.name, self._spec.region)
        return ClusterMongodb("database", args, self._inside).access

    def _dumps(self, database: str, region: str) -> ClusterBackupArgs:
        """Make the bucket, which outlives the cluster, and say how a dump is put back."""
        part, protect = self._spec.parts.backup, self._spec.defaults.protect
        args: DumpBucketArgs = {
            "keep_days": part.keep_days,
            "protect": protect,
            "writer_stays": protect and self._outlives,
        }
        if part.bucket is not None:
            args["bucket_name"] = part.bucket
        store = DumpBucket("dumps", args, self._opts)
        self._backed_up = {
            "backupBucket": store.bucket,
            "restoreCommand": pulumi.Output.format(
                _RESTORE, bucket=store.bucket, namespace=self._namespace.name, database=database
            ),
        }
        return {
            "region": region,
            "bucket": store.bucket,
            "access_key_id": store.access_key_id,
            "secret_access_key": store.secret_access_key,
            "hour": part.hour,
        }

    def _chat(
        self,
        services: Sequence[Service],
        variables: Variables,
        *,
        ingress: ChartIngressArgs | None = None,
        annotations: dict[str, str] | None = None,
        local: bool = False,
    ) -> ChatRelease:
        spec, runtime = self._spec, self._runtime
        args: ChatReleaseArgs = {
            "namespace": self._namespace.name,
            "release_name": runtime.name,
            "topology": runtime.topology,
            "services": [self._service(service) for service in services],
            "uid": spec.release.uid,
            "liveness_path": spec.release.probes.liveness,
            "readiness_path": spec.release.probes.readiness,
            "environment": dict(variables.plain),
            "secrets": {name: secret.reveal() for name, secret in variables.secret.items()},
            "egress_ports": [
                port
                for way in ways_out(spec.parts, spec.defaults, self._database_ports, self._web_ports)
                for port in way.ports
            ],
        }
        if not local:
            args["host"] = spec.parts.chat.host
        if ingress is not None:
            args["ingress"] = ingress
        if annotations is not None:
            args["service_annotations"] = annotations
        return ChatRelease("chat", args, self._inside)

    def _service(self, service: Service) -> ChartServiceArgs:
        runtime = self._runtime
        # One may be away: the chart has `maxUnavailable: 1`, and clusters the broker by itself.
        least = self._spec.defaults.replicas
        wanted = {
            "account": runtime.services.account or least,
            "authorization": runtime.services.authorization or least,
            "presence": runtime.services.presence or least,
            "ddp-streamer": runtime.services.ddp_streamer or max(least, service.replicas.least),
            NATS: least,
        }
        made: ChartServiceArgs = {
            "name": service.name,
            "image": f"{service.image}:{service.tag}",
            "replicas": wanted.get(service.name) or service.replicas.least,
            "cpu": service.cpu_units,
            "memory": service.memory_mib,
        }
        if service.is_main:
            made["cpu"] = runtime.cpu or service.cpu_units
            made["memory"] = runtime.memory or service.memory_mib
        return made

    def _routes(
        self,
        chat: ChatRelease,
        gateway: ClusterGateway,
        gateway_name: str,
        *,
        certificate_host: str,
        issuer: pulumi.Input[str],
        after: Sequence[Component],
    ) -> None:
        args: ChatRoutesArgs = {
            "namespace": self._namespace.name,
            "gateway_name": gateway.name,
            "tls_secret": tls_secret(gateway_name),
            "host": self._spec.parts.chat.host,
            "certificate_host": certificate_host,
            "issuer": issuer,
            "service_name": chat.service_name,
        }
        if self._runtime.topology == "microservices":
            args["streamer_name"] = chat.streamer_name.apply(lambda name: name or "")
        ChatRoutes(
            "routes",
            args,
            pulumi.ResourceOptions.merge(self._inside, pulumi.ResourceOptions(depends_on=after)),
        )


class OnKubernetes(_Cluster):
    """The chart on a cluster that is there already, reached by the stack's provider of that name."""

    _outlives = True

    def __init__(
        self, spec: ChatSpec, secrets: Secrets, zone: DnsZone | None, opts: pulumi.ResourceOptions
    ) -> None:
        self._database_ports = secrets.database_ports
        self._web_ports = secrets.web_ports
        runtime = spec.parts.runtime
        if not isinstance(runtime, KubernetesRuntime):
            raise TypeError("this is for runtime kubernetes")
        provider = kubernetes.Provider(
            "kubernetes",
            # Never left out: the SDK would write $KUBECONFIG into the state, which differs from machine to machine and
            # may be a list, that the provider takes for a path. When it is empty the provider looks there by itself.
            kubeconfig=secrets.values.get("kubeconfig", ""),
            context=runtime.context,
            # The provider cannot see which cluster this machine's own kubeconfig leads to: without this, another
            # context would leave everything where it is, and later changes would look for it in the other cluster.
            cluster_identifier=runtime.context,
        )
        self._spec, self._zone, self._opts, self._runtime = spec, zone, opts, runtime
        self._ingress = runtime.ingress
        self._inside = _with(opts, provider)
        self.egress = Egress(tuple(pulumi.Output.from_input(found) for found in runtime.egress_addresses))
        self.proxies = 0 if isinstance(self._ingress, NoIngress) else 1
        self._namespace = self._chat_namespace()

    def run(
        self, services: Sequence[Service], variables: Variables, _permissions: pulumi.Output[str] | None
    ) -> Running:
        """Install the chart, and open the way in that was asked for."""
        name, ingress = self._runtime.name, self._ingress
        outputs: dict[str, pulumi.Input[object]] = {
            "namespace": self._namespace.name,
            "helmRelease": name,
            **self._backed_up,
        }
        url = pulumi.Output.from_input(features.root_url(self._spec.parts))
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
        else:
            self._chat(
                services,
                variables,
                ingress=_chart_ingress(
                    ingress, name, features.max_file_mb(self._spec.parts.media, self._spec.parts.dns)
                ),
                annotations=SERVICE_ANNOTATIONS.get(ingress.name),
            )
            if ingress.address is not None:
                self._named(pulumi.Output.from_input(str(ingress.address)))
        return Running(url=url, outputs=outputs)

    def _named(self, address: pulumi.Output[str]) -> HostName | None:
        if self._zone is None:
            return None
        return HostName(
            "name",
            {"host": self._spec.parts.chat.host, "zone": self._zone, "address": address},
            self._opts,
        )


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
    return {
        "class_name": ingress.name,
        "annotations": annotations,
        "tls_secret": ingress.tls_secret or f"{name}-tls",
    }


class OnDoks(_Cluster):
    """A cluster at DigitalOcean with its managed gateway, certificates from Let's Encrypt, and the chart."""

    proxies = 1
    _outlives = False

    def __init__(
        self, spec: ChatSpec, secrets: Secrets, zone: DnsZone | None, opts: pulumi.ResourceOptions
    ) -> None:
        self._database_ports = secrets.database_ports
        self._web_ports = secrets.web_ports
        runtime = spec.parts.runtime
        if zone is None or not isinstance(runtime, DoksRuntime):
            raise ValueError("runtime doks needs a zone, which the rules of stack files ask for")
        self._spec, self._zone, self._opts, self._runtime = spec, zone, opts, runtime
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
                "keep_volumes": self._holds_data,
                "protect": self._holds_data,
            },
            opts,
        )
        self.egress = self._cluster.egress
        self._inside = _with(opts, self._cluster.provider)
        self._inside.deleted_with = self._cluster.inside
        self._inside.depends_on = self._cluster.routes
        self._namespace = self._chat_namespace()

    def run(
        self, services: Sequence[Service], variables: Variables, _permissions: pulumi.Output[str] | None
    ) -> Running:
        """Open the gateway, install the chart behind it, and lead the chat's name there."""
        spec, runtime, zone = self._spec, self._runtime, self._zone
        host = spec.parts.chat.host
        cdn = spec.parts.edge if isinstance(spec.parts.edge, CloudFrontEdge) else None
        gateway = ClusterGateway(
            "gateway",
            {
                "namespace": self._namespace.name,
                "gateway_name": runtime.name,
                "gateway_class": GATEWAY_CLASS,
                "annotations": {
                    "service.beta.kubernetes.io/do-loadbalancer-name": f"{self._cluster_name}-chat"
                },
            },
            self._inside,
        )
        issuer = CertManager(
            "certificates",
            {
                "email": features.contact(spec.parts),
                "directory": "production",
                "gateway": runtime.name,
                "namespace": self._namespace.name,
            },
            self._inside,
        )
        chat = self._chat(services, variables)
        # CloudFront asks for the chat's name and is content with the origin's certificate; and only the origin's
        # name leads here, where Let's Encrypt looks.
        entry = origin_of(host) if cdn is not None else host
        named = HostName(
            "origin" if cdn is not None else "name",
            {"host": entry, "zone": zone, "address": gateway.address},
            self._opts,
        )
        self._routes(
            chat,
            gateway,
            runtime.name,
            certificate_host=entry,
            issuer=issuer.issuer,
            after=[named, issuer],
        )
        url = named.url if cdn is None else self._cdn(cdn, entry)
        return Running(
            url=url,
            outputs={
                "cluster": self._cluster.cluster_name,
                "namespace": self._namespace.name,
                "helmRelease": runtime.name,
                "address": gateway.address,
                **self._backed_up,
                "kubeconfigCommand": pulumi.Output.format(
                    "doctl kubernetes cluster kubeconfig save {0}", self._cluster.cluster_name
                ),
            },
        )

    def _cdn(self, cdn: CloudFrontEdge, origin: str) -> pulumi.Output[str]:
        spec, zone, host = self._spec, self._zone, self._spec.parts.chat.host
        certificate = Certificate(
            "certificate", {"domain": host, "regions": [CLOUDFRONT_REGION], "zone": zone}, self._opts
        )
        endpoint = AppCdn(
            "cdn",
            {
                "host": host,
                "certificate_arn": certificate.arn_in(CLOUDFRONT_REGION),
                "origin_host": origin,
                "origin_proxies": self.proxies,
                "price_class": cdn.price_class,
                "log_retention_days": spec.defaults.log_days,
                "waf": spec.defaults.waf,
            },
            self._opts,
        ).endpoint
        args: PublicNameArgs = {
            "host": host,
            "zone": zone,
            "target": endpoint.host,
            "target_proxies": endpoint.trusted_proxies,
        }
        if endpoint.zone_id is not None:
            args["target_zone_id"] = endpoint.zone_id
        return PublicName("name", args, self._opts).url
