"""The chat and its database in a namespace of a cluster, whoever made the cluster."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

import pulumi

from components.backup.bucket import DumpBucket, DumpBucketArgs
from components.backup.cluster import (
    BACKUP_JOB,
    RESTORE_JOB,
    ClusterBackupArgs,
    ClusterDumps,
    ClusterDumpsArgs,
)
from components.backup.program import IMAGE
from components.base import Component, only_if
from components.database.in_cluster import ClusterMongodb, ClusterMongodbArgs
from components.database.private_link import PrivateLinkArgs
from components.database.series import IMAGES
from components.database.uri import SRV_PORTS
from components.edge.cluster_gateway import ChatRoutes, ChatRoutesArgs, ClusterGateway, tls_secret
from components.names import metrics_namespace
from components.operations.alarms import AlarmsArgs
from components.runtime.chart import BROKER_IMAGES, ChartServiceArgs
from components.runtime.cluster_bot import ClusterBot, ClusterBotArgs
from components.runtime.kubernetes import (
    ChartIngressArgs,
    ChatNamespace,
    ChatNamespaceArgs,
    ChatRelease,
    ChatReleaseArgs,
)
from components.values import DatabaseAccess, Egress
from rocketchat.services import MAIN, NATS, Service
from stacks import bot
from stacks.egress import bots_ways_out, ways_out
from stacks.kinds.database.on_atlas import NEWEST_TOOLS
from stacks.kinds.database.own import OwnDatabase
from stacks.kinds.runtime.cluster import ClusterChat

if TYPE_CHECKING:
    from stacks.kinds.context import Context
    from stacks.kinds.kind import Variables


def with_provider(opts: pulumi.ResourceOptions, provider: pulumi.ProviderResource) -> pulumi.ResourceOptions:
    providers = opts.providers if isinstance(opts.providers, list) else []
    return pulumi.ResourceOptions(providers=[*providers, provider])


class InCluster:
    """What both have in common: the chat and its database in a namespace of a cluster."""

    private_link: PrivateLinkArgs | None = None
    egress: Egress
    proxies: int
    _inside: pulumi.ResourceOptions
    """Options of what is in the cluster."""
    _namespace: ChatNamespace
    _outlives: bool
    """Whether the cluster is still there when the stack is destroyed."""
    _backed_up: Mapping[str, pulumi.Input[object]] = MappingProxyType({})
    """Outputs of the database's dumps, where there are any."""
    _watched: AlarmsArgs | None = None
    """What CloudWatch hears of: the dumps."""

    def __init__(self, runtime: ClusterChat, context: "Context") -> None:
        self._runtime, self._context = runtime, context
        self._spec, self._zone, self._opts = context.spec, context.zone, context.opts

    @property
    def broker(self) -> str:
        """NATS, as the chart names its service."""
        return f"{self._runtime.name}-{NATS}"

    @property
    def _holds_data(self) -> bool:
        """Whether the cluster holds a database that is protected."""
        database = self._spec.parts.database
        return self._spec.defaults.protect and isinstance(database, OwnDatabase)

    def _chat_namespace(self) -> ChatNamespace:
        # With the namespace everything in it would go, claims to disks too.
        args: ChatNamespaceArgs = {"namespace": self._runtime.namespace, "protect": self._holds_data}
        if self._runtime.leaves_namespace:
            args = {"namespace": self._runtime.namespace, "existing": self._runtime.name}
        dns = self._runtime.names_from
        if dns is not None:
            args |= {"dns_namespace": dns.namespace, "dns_port": dns.port}
        registry = self._spec.parts.images.credentials(self._context.secrets)
        if registry is not None:
            args["registry"] = registry
        hooks = self._handing_over() if self._runtime.leaves_namespace else None
        opts = pulumi.ResourceOptions.merge(self._inside, pulumi.ResourceOptions(hooks=hooks))
        return ChatNamespace("namespace", args, opts)

    def _handing_over(self) -> pulumi.ResourceHookBinding:
        """Return a hook that refuses to let go of a namespace of the stack's own."""
        name = self._runtime.namespace

        def check(args: pulumi.ResourceHookArgs) -> None:
            before = args.old_inputs or {}
            if before.get("namespace") == name and "existing" not in before:
                raise ValueError(
                    f"this stack has made the namespace {name}: with `runtime.existingNamespace` it would be deleted, "
                    "and the chat in it. Leave that key out, or name another namespace"
                )

        return only_if("namespace-stays", check)

    def own_database(self, part: OwnDatabase) -> DatabaseAccess:
        """Make MongoDB beside the chat."""
        share = part.share(self._spec.parts, self._spec.size)
        if share is None:
            raise ValueError("this database takes no share of a cluster")
        protect = self._spec.defaults.protect
        args: ClusterMongodbArgs = {
            "namespace": self._namespace.name,
            "namespace_name": self._runtime.namespace,
            "client": self._runtime.name,
            "version": part.series(self._spec.release),
            "image": self._spec.parts.images.place(part.image(self._spec.release)),
            "members": share.members,
            "disk_gb": share.disk_gb,
            "memory": share.memory,
            "database": part.name,
            "roles": [
                {"role": role.role, "database": role.database}
                for role in self._spec.release.database_roles(part.name)
            ],
            "keep_disks": protect,
            "protect": protect,
        }
        if self._namespace.pull_secret is not None:
            args["pull_secret"] = self._namespace.pull_secret
        if self._runtime.on_nodes is not None:
            args["nodes"] = self._runtime.on_nodes.args
        if share.storage_class is not None:
            args["storage_class"] = share.storage_class
        if self._spec.parts.dumped:
            args["backup"] = self._dumps()
        return ClusterMongodb("database", args, self._inside).access

    def _dumps(self) -> ClusterBackupArgs:
        """Make the bucket, which outlives the cluster, and say what the jobs need of it."""
        spec, given = self._spec, self._context.secrets.values
        part, protect, region = spec.parts.backup, spec.defaults.protect, spec.region
        if region is None:
            raise ValueError("dumps need a region of AWS, which the rules of stack files ask for")
        args: DumpBucketArgs = {
            "keep_days": part.keep_days,
            "protect": protect,
            "writer_stays": protect and self._outlives,
        }
        if part.bucket is not None:
            args["bucket_name"] = part.bucket
        if part.object_lock is not None:
            args["object_lock"] = {"days": part.object_lock.days, "mode": part.object_lock.mode}
        namespace = metrics_namespace(spec.parts.chat.host) if spec.parts.monitoring.alarm_emails else None
        if namespace is not None:
            args["metrics_namespace"] = namespace
            self._watched = {"emails": (), "dumps_namespace": namespace}
        store = DumpBucket("dumps", args, self._opts)
        made: ClusterBackupArgs = {
            "host": spec.parts.chat.host,
            "region": region,
            "bucket": store.bucket,
            "access_key_id": store.access_key_id,
            "secret_access_key": store.secret_access_key,
            "reader_access_key_id": store.reader_access_key_id,
            "reader_secret_access_key": store.reader_secret_access_key,
            "hour": part.hour,
            "image": spec.parts.images.place(IMAGE),
        }
        if namespace is not None:
            made["metrics_namespace"] = namespace
        if "healthcheckUrl" in given:
            made["healthcheck_url"] = given["healthcheckUrl"]
        if "backupWebhookUrl" in given:
            made["webhook_url"] = given["backupWebhookUrl"]
        self._backed_up = {
            "backupBucket": store.bucket,
            "backupJob": BACKUP_JOB,
            "restoreJob": RESTORE_JOB,
        }
        return made

    def _dump_outside(self) -> None:
        """Dump a database that is outside the cluster."""
        access, database = self._context.database, self._spec.parts.database
        if access.backup_uri is None or not self._spec.parts.dumped:
            return
        args: ClusterDumpsArgs = {
            "namespace": self._namespace.name,
            "image": self._spec.parts.images.place(IMAGES[NEWEST_TOOLS]),
            "database": database.place()["name"],
            "backup_uri": access.backup_uri,
            "restore_uri": access.uri,
            "ports": list(SRV_PORTS),
            "backup": self._dumps(),
        }
        if self._namespace.pull_secret is not None:
            args["pull_secret"] = self._namespace.pull_secret
        if self._runtime.on_nodes is not None:
            args["nodes"] = self._runtime.on_nodes.args
        ClusterDumps("backups", args, self._inside)

    def _chat(
        self,
        services: Sequence[Service],
        variables: "Variables",
        *,
        ingress: ChartIngressArgs | None = None,
        annotations: dict[str, str] | None = None,
        local: bool = False,
    ) -> ChatRelease:
        spec, runtime, secrets = self._spec, self._runtime, self._context.secrets
        args: ChatReleaseArgs = {
            "namespace": self._namespace.name,
            "release_name": runtime.name,
            "topology": runtime.topology,
            "services": [self._service(service) for service in services],
            "uid": spec.release.uid,
            "liveness_path": spec.release.probes.liveness,
            "readiness_path": spec.release.probes.readiness,
            "broker_images": {key: spec.parts.images.place(image) for key, image in BROKER_IMAGES.items()},
            "environment": dict(variables.plain),
            "secrets": {name: secret.reveal() for name, secret in variables.secret.items()},
            "egress_ports": [
                port
                for way in ways_out(spec.parts, spec.defaults, secrets.database_ports, secrets.web_ports)
                for port in way.ports
            ],
        }
        if self._namespace.pull_secret is not None:
            args["pull_secret"] = self._namespace.pull_secret
        if self._runtime.on_nodes is not None:
            args["nodes"] = self._runtime.on_nodes.args
        if spec.parts.charts is not None:
            args["chart_version"] = spec.parts.charts.chat_version
            args["chart_source"] = spec.parts.charts.args(secrets)
        if variables.files:
            args["files"] = variables.files
        if runtime.max_instances is not None and runtime.max_instances > services[0].replicas.least:
            args["max_replicas"] = runtime.max_instances
        if not local:
            args["host"] = spec.parts.chat.host
        if ingress is not None:
            args["ingress"] = ingress
        if runtime.pod_annotations:
            args["pod_annotations"] = runtime.pod_annotations
        if annotations is not None:
            args["service_annotations"] = annotations
        self._dump_outside()
        chat = ChatRelease("chat", args, self._inside)
        self._bot(chat)
        return chat

    def _bot(self, chat: ChatRelease) -> None:
        """Run the bot, which reaches the chat inside the cluster, whichever way users get in."""
        spec, name = self._spec, f"{self._runtime.name}-{MAIN}"
        url = pulumi.Output.concat("http://", chat.service_name)
        wanted = bot.wanted(spec.parts, self._context.secrets, url, host=name)
        if wanted is None:
            return
        if wanted.uid is None:
            raise ValueError("the bot needs a user, which the rules of stack files ask for")
        args: ClusterBotArgs = {
            "namespace": self._namespace.name,
            "release_name": self._runtime.name,
            "image": wanted.image,
            "uid": wanted.uid,
            "environment": wanted.environment,
            "secrets": wanted.secrets,
            "egress_ports": [port for way in bots_ways_out(spec.parts, spec.defaults) for port in way.ports],
        }
        if wanted.architecture is not None:
            args["architecture"] = wanted.architecture
        if self._namespace.pull_secret is not None:
            args["pull_secret"] = self._namespace.pull_secret
        if self._runtime.on_nodes is not None:
            args["nodes"] = self._runtime.on_nodes.args
        ClusterBot("bot", args, self._inside)

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
            "image": self._spec.parts.images.place(f"{service.image}:{service.tag}"),
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
        args = self._route(chat, gateway.name)
        args["tls_secret"] = tls_secret(gateway_name)
        args["certificate_host"] = certificate_host
        args["issuer"] = issuer
        ChatRoutes(
            "routes",
            args,
            pulumi.ResourceOptions.merge(self._inside, pulumi.ResourceOptions(depends_on=after)),
        )

    def _route(self, chat: ChatRelease, gateway_name: pulumi.Input[str]) -> ChatRoutesArgs:
        """Return what leads from a Gateway to the chat."""
        args: ChatRoutesArgs = {
            "namespace": self._namespace.name,
            "gateway_name": gateway_name,
            "host": self._spec.parts.chat.host,
            "service_name": chat.service_name,
        }
        if self._runtime.topology == "microservices":
            args["streamer_name"] = chat.streamer_name.apply(lambda name: name or "")
        return args
