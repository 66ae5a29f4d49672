"""ECS Fargate behind an application load balancer: network, certificate, balancer, containers and name."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pulumi

from components.backup.bucket import DumpBucket, DumpBucketArgs
from components.backup.fargate import FargateDumps, FargateDumpsArgs
from components.backup.program import IMAGE
from components.base import after
from components.database.private_link import PrivateLinkArgs
from components.database.series import IMAGES
from components.edge.address import PublicName, PublicNameArgs
from components.edge.balancer import LoadBalancer, LoadBalancerArgs, existing_balancer
from components.edge.certificate import Certificate
from components.names import metrics_namespace
from components.network.app_group import EgressArgs
from components.network.existing import ExistingNetwork
from components.network.vpc import Network
from components.operations.alarms import AlarmsArgs
from components.runtime.fargate import FargateRuntime
from components.runtime.fargate_args import FargateRuntimeArgs, FargateServiceArgs
from components.runtime.fargate_bot import FargateBot, FargateBotArgs
from components.values import BalancerPlace, DatabaseAccess, Endpoint, NetworkPlace
from rocketchat import environment as env
from rocketchat.services import MAIN, MICROSERVICE_COMMAND, NATS, SERVER_COMMAND, Service
from rocketchat.surroundings import AUTHORITIES
from stacks import bot
from stacks.egress import bots_ways_out, ways_out
from stacks.kinds.database.on_atlas import NEWEST_TOOLS
from stacks.kinds.runtime import Running
from stacks.kinds.runtime import fargate as kind
from stacks.processes import processes

if TYPE_CHECKING:
    from stacks.kinds.context import Context
    from stacks.kinds.database.own import OwnDatabase
    from stacks.kinds.kind import Variables


def _permissions_of_before(
    args: pulumi.ResourceTransformationArgs,
) -> pulumi.ResourceTransformationResult | None:
    """Take over what the containers may do with the bucket: it belonged to the bucket's component once."""
    if args.name != "chat-permissions":
        return None
    store = f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::rocketchat:index:MediaStore::media"
    before = pulumi.ResourceOptions(aliases=[pulumi.Alias(name="media-access", parent=store)])
    return pulumi.ResourceTransformationResult(args.props, pulumi.ResourceOptions.merge(args.opts, before))


_AS_BEFORE = pulumi.ResourceOptions(transformations=[_permissions_of_before])


class OnFargate:
    """The chat on ECS Fargate."""

    proxies = 1
    broker = NATS

    def __init__(self, runtime: kind.FargateRuntime, context: "Context") -> None:
        spec, secrets, zone = context.spec, context.secrets, context.zone
        if spec.region is None:
            raise ValueError("runtime fargate needs a region, which the rules of stack files ask for")
        self._runtime, self._context, self._spec = runtime, context, spec
        self._zone, self._opts, self._region = zone, context.opts, spec.region
        self._egress: list[EgressArgs] = [
            {"first_port": way.first, "last_port": way.last, "reason": way.reason}
            for way in ways_out(spec.parts, spec.defaults, secrets.database_ports, secrets.web_ports)
        ]
        self._peers = len(processes(runtime, spec.parts.chat, spec.release, spec.size)) > 1
        self._log_days = self._runtime.log_days or spec.defaults.log_days
        self._nat_gateways: Sequence[pulumi.Input[str]] = ()
        self._place = self._network()
        self.egress = self._place.egress
        self.private_link: PrivateLinkArgs | None = {
            "region": self._region,
            "vpc_id": self._place.vpc_id,
            "subnet_ids": self._place.task_subnet_ids,
            "app_security_group_id": self._place.app_security_group_id,
        }

    def own_database(self, part: "OwnDatabase") -> DatabaseAccess:
        """Fargate keeps nothing, so it holds no database."""
        raise ValueError("runtime fargate cannot hold the database")

    def run(self, services: Sequence[Service], variables: "Variables") -> Running:
        """Run the services behind the balancer, and lead the chat's name there."""
        spec, runtime, zone = self._spec, self._runtime, self._zone
        main = services[0]
        edge = spec.parts.edge
        regions = [*([self._region] if runtime.certified_by_aws else []), *edge.certificate_regions]
        certificate = (
            Certificate(
                "certificate",
                {"domain": spec.parts.chat.host, "regions": list(dict.fromkeys(regions)), "zone": zone},
                self._opts,
            )
            if regions and zone is not None
            else None
        )
        balancer = self._balancer(
            certificate, [service.port for service in services if service.routes and service.port]
        )
        args: FargateRuntimeArgs = {
            "region": self._region,
            "host": spec.parts.chat.host,
            "services": [self._service(service, variables) for service in services],
            "secrets": {name: secret.reveal() for name, secret in variables.secret.items()},
            "vpc_id": self._place.vpc_id,
            "subnet_ids": self._place.task_subnet_ids,
            "app_security_group_id": self._place.app_security_group_id,
            "assign_public_ip": self._place.assign_public_ip,
            "listener_arn": balancer.listener_arn,
            "balancer_security_group_id": balancer.security_group_id,
            "architecture": runtime.architecture,
            "spot": runtime.spot,
            "on_demand_base": spec.defaults.on_demand_base,
            "log_retention_days": self._log_days,
            "secret_recovery_days": spec.defaults.secret_recovery_days,
            "exec": runtime.exec,
        }
        if isinstance(runtime.balancer, kind.ExistingBalancer) and runtime.balancer.priority is not None:
            args["rule_priority"] = runtime.balancer.priority
        registry = spec.parts.images.credentials(self._context.secrets)
        if registry is not None:
            args["registry"] = registry
        if self._context.permissions is not None:
            args["permissions"] = self._context.permissions
        endpoint = edge.make(
            self._context, balancer.endpoint, certificate, log_days=self._log_days, waf=self._waf
        )
        if endpoint.header is not None:
            args["required_header"] = {"name": endpoint.header.name, "value": endpoint.header.value}
        chat = FargateRuntime("chat", args, pulumi.ResourceOptions.merge(self._opts, _AS_BEFORE))
        url = self._name(endpoint)
        runs = self._bot(chat, balancer, url)
        outputs: dict[str, pulumi.Input[object]] = {
            "logGroup": chat.log_group_name,
            "service": chat.service_names.apply(lambda names: names[main.name]),
            "cluster": chat.cluster_name,
            "address": endpoint.host,
        }
        if zone is None:
            record = {"name": spec.parts.chat.host, "type": "CNAME", "value": endpoint.host}
            outputs["dnsRecords"] = pulumi.Output.from_input([record])
        if runtime.exec:
            outputs["execCommand"] = chat.exec_command
        if runs is not None:
            outputs["botService"] = runs.service_name
        watched = self._watched(balancer, chat, services, certificate, runs)
        if spec.parts.dumped:
            watched |= self._dumps(chat, outputs)
        return Running(url=url, watched=watched, outputs=outputs)

    def _name(self, endpoint: Endpoint) -> pulumi.Output[str]:
        """Lead the chat's name to where it answers, and return its address; without a zone somebody else does."""
        spec, zone = self._spec, self._zone
        if zone is None:
            return pulumi.Output.from_input(spec.parts.runtime.root_url(spec.parts.chat.host))
        named: PublicNameArgs = {
            "host": spec.parts.chat.host,
            "zone": zone,
            "target": endpoint.host,
            "target_proxies": endpoint.trusted_proxies,
            "proxied": spec.parts.dns is not None and spec.parts.dns.proxied,
        }
        if endpoint.zone_id is not None:
            named["target_zone_id"] = endpoint.zone_id
        return PublicName("name", named, self._opts).url

    def _bot(
        self, chat: FargateRuntime, balancer: BalancerPlace, url: pulumi.Output[str]
    ) -> FargateBot | None:
        """Run the bot, which reaches the chat at its public address, as users do; None where the stack has none."""
        spec, place, runtime = self._spec, self._place, self._runtime
        wanted = bot.wanted(spec.parts, self._context.secrets, url, host=spec.parts.chat.host)
        if wanted is None:
            return None
        if wanted.uid is None:
            raise ValueError("the bot needs a user, which the rules of stack files ask for")
        args: FargateBotArgs = {
            "region": self._region,
            # A bot is started when the chat's own services run.
            "cluster_arn": after(chat.cluster_arn, [chat]),
            "cluster_name": chat.cluster_name,
            "log_group_name": chat.log_group_name,
            "log_group_arn": chat.log_group_arn,
            "vpc_id": place.vpc_id,
            "subnet_ids": place.task_subnet_ids,
            "assign_public_ip": place.assign_public_ip,
            "egress": [
                {"first_port": way.first, "last_port": way.last, "reason": way.reason}
                for way in bots_ways_out(spec.parts, spec.defaults)
            ],
            "image": wanted.image,
            "uid": wanted.uid,
            "environment": wanted.environment,
            "secrets": wanted.secrets,
            "architecture": wanted.architecture or runtime.architecture,
            "spot": runtime.spot and not spec.defaults.on_demand_base,
            "secret_recovery_days": spec.defaults.secret_recovery_days,
        }
        if chat.registry_secret is not None:
            args["registry_server"] = spec.parts.images.server
            args["registry_secret"] = chat.registry_secret
        if place.endpoints_security_group_id is not None:
            args["endpoints_security_group_id"] = place.endpoints_security_group_id
        if runtime.lets_bot_in(spec.parts):
            args["balancer_security_group_id"] = balancer.security_group_id
            if not runtime.is_internal:
                args["addresses"] = self._bots_addresses()
        return FargateBot("bot", args, self._opts)

    def _bots_addresses(self) -> list[pulumi.Input[str]]:
        """Return from where the bot comes to a public balancer; AWS refuses what `allowFrom` names already."""
        network = self._runtime.network
        if isinstance(network, kind.ExistingNetwork):
            named = self._runtime.sources
            return [str(one) for one in network.egress_addresses if f"{one}/32" not in named]
        return list(self._place.egress.addresses)

    def _dumps(self, chat: FargateRuntime, outputs: dict[str, pulumi.Input[object]]) -> AlarmsArgs:
        """Dump the database, and return what is to be watched of that."""
        spec, place, access = self._spec, self._place, self._context.database
        given, part, protect = self._context.secrets.values, spec.parts.backup, spec.defaults.protect
        if access.backup_uri is None:
            raise ValueError("this database has nobody who may only read it")
        namespace = metrics_namespace(spec.parts.chat.host)
        wanted: DumpBucketArgs = {
            "keep_days": part.keep_days,
            "metrics_namespace": namespace,
            "users": False,
            "protect": protect,
        }
        if part.bucket is not None:
            wanted["bucket_name"] = part.bucket
        if part.object_lock is not None:
            wanted["object_lock"] = {"days": part.object_lock.days, "mode": part.object_lock.mode}
        store = DumpBucket("dumps", wanted, self._opts)
        args: FargateDumpsArgs = {
            "region": self._region,
            "host": spec.parts.chat.host,
            "cluster_arn": chat.cluster_arn,
            "cluster_name": chat.cluster_name,
            "subnet_ids": place.task_subnet_ids,
            "security_group_id": place.app_security_group_id,
            "assign_public_ip": place.assign_public_ip,
            "image": spec.parts.images.place(IMAGES[NEWEST_TOOLS]),
            "job_image": spec.parts.images.place(IMAGE),
            "database": spec.parts.database.place()["name"],
            "backup_uri": access.backup_uri,
            "restore_uri": access.uri,
            "bucket": store.bucket,
            "bucket_arn": store.bucket_arn,
            "metrics_namespace": namespace,
            "hour": part.hour,
            "log_retention_days": self._log_days,
            "secret_recovery_days": spec.defaults.secret_recovery_days,
        }
        if chat.registry_secret is not None:
            args["registry_server"] = spec.parts.images.server
            args["registry_secret"] = chat.registry_secret
        if "healthcheckUrl" in given:
            args["healthcheck_url"] = given["healthcheckUrl"]
        if "backupWebhookUrl" in given:
            args["webhook_url"] = given["backupWebhookUrl"]
        dumps = FargateDumps("backups", args, self._opts)
        outputs |= {
            "backupBucket": store.bucket,
            "backupTask": dumps.backup_task,
            "restoreTask": dumps.restore_task,
            "backupLogGroup": dumps.log_group,
        }
        return {
            "emails": (),
            "dumps_namespace": namespace,
            "job_families": dumps.families,
            "dead_letters": dumps.dead_letters,
        }

    @property
    def _waf(self) -> bool:
        """Whether a firewall for web applications stands before the chat."""
        balancer = self._runtime.balancer
        wanted = balancer.waf if isinstance(balancer, kind.NewBalancer) else None
        return self._spec.defaults.waf if wanted is None else wanted

    def _network(self) -> NetworkPlace:
        network = self._runtime.network
        if isinstance(network, kind.ExistingNetwork):
            return ExistingNetwork(
                "network",
                {
                    "vpc_id": network.vpc,
                    "public_subnet_ids": network.public_subnets,
                    "task_subnet_ids": network.task_subnets,
                    "assign_public_ip": network.public_addresses,
                    "egress_addresses": network.egress_addresses,
                    "egress": self._egress,
                    "peers": self._peers,
                },
                self._opts,
            ).place
        made = Network(
            "network",
            {
                "cidr": network.cidr,
                "zone_count": len(network.zone_names) or network.zones,
                "nat": network.nat,
                "region": self._region,
                "zone_names": network.zone_names,
                "interface_endpoints": network.endpoints,
                "egress": self._egress,
                "peers": self._peers,
                "flow_log_retention_days": network.flow_log_days,
            },
            self._opts,
        )
        self._nat_gateways = made.nat_gateways
        return made.place

    def _balancer(self, certificate: Certificate | None, ports: Sequence[int]) -> BalancerPlace:
        wanted = self._runtime.balancer
        if isinstance(wanted, kind.ExistingBalancer):
            return existing_balancer(wanted.listener, self._place.vpc_id, self._context.invoke("aws"))
        arn = wanted.certificate or (None if certificate is None else certificate.arn_in(self._region))
        if arn is None:
            raise ValueError("a balancer of the stack's own needs a certificate")
        internal = wanted.scheme == "internal"
        args: LoadBalancerArgs = {
            "vpc_id": self._place.vpc_id,
            "subnet_ids": self._place.task_subnet_ids if internal else self._place.public_subnet_ids,
            "certificate_arn": arn,
            "internal": internal,
            "sources": self._sources(wanted),
            "app_security_group_id": self._place.app_security_group_id,
            "app_ports": sorted(set(ports)),
            "front": "cloudfront" if self._spec.parts.edge.is_cdn else "internet",
            "deletion_protection": self._spec.defaults.protect,
            "idle_timeout_seconds": wanted.idle_timeout,
            "log_retention_days": self._log_days,
            "waf": self._waf,
        }
        opts, dns = self._opts, self._spec.parts.dns
        proxy = None if dns is None else dns.known_as(self._context)
        if proxy is not None:
            args["client_authorities"] = proxy.authorities
            # The proxy shows its certificate before it is asked for, and until nobody asks any more.
            opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[proxy.shown]))
        return LoadBalancer("balancer", args, opts).place

    def _sources(self, balancer: kind.NewBalancer) -> Sequence[str]:
        """Return the networks that may connect; none where everybody may."""
        dns = self._spec.parts.dns
        return balancer.allow_from or (dns.proxy_networks if dns is not None and dns.proxied else ())

    def _service(self, service: Service, variables: "Variables") -> FargateServiceArgs:
        runtime, size = self._runtime, self._spec.size
        made: FargateServiceArgs = {
            "name": service.name,
            "image": self._spec.parts.images.place(f"{service.image}:{service.tag}"),
            "cpu": service.cpu_units,
            "memory": service.memory_mib,
            "uid": service.uid,
            "desired_count": service.replicas.least,
            "max_count": service.replicas.most,
            "stop_seconds": service.stop_seconds,
        }
        if service.is_main:
            made["cpu"] = runtime.cpu or size.cpu_units
            made["memory"] = runtime.memory or size.memory_mib
        if service.needs_database:
            own = variables if service.is_main else self._apart(service, variables)
            made["environment"] = dict(own.plain)
            made["secret_names"] = sorted(own.secret)
        if service.single:
            made["one_at_a_time"] = True
        if service.routes:
            made["port"] = service.port or 0
            made["health_path"] = (
                self._spec.release.probes.balancer if service.name == MAIN else service.liveness or "/"
            )
            patterns = [form for route in service.routes if route != "/" for form in (route, f"{route}/*")]
            if patterns:
                made["path_patterns"] = patterns
        elif service.port is not None:
            made["peer_port"] = service.port
            made["peer_alias"] = service.name
        if service.command is not None:
            made["command"] = service.command
        if service.needs_database and variables.files:
            made["files"] = variables.files
            made["command"] = SERVER_COMMAND if service.is_main else MICROSERVICE_COMMAND
        if not service.routes and service.liveness is not None:
            made["health_command"] = [
                "wget",
                "-q",
                "-O",
                "-",
                f"http://127.0.0.1:{service.health_port}{service.liveness}",
            ]
        if service.name == NATS:
            made["read_only_root"] = True
        return made

    def _apart(self, service: Service, variables: "Variables") -> "Variables":
        """The variables of a microservice: of the main server's, only how to reach the database and the others."""
        return env.microservice(
            variables.secret["MONGO_URL"],
            variables.plain["TRANSPORTER"],
            trusted_proxies=variables.plain["HTTP_FORWARDED_COUNT"] if service.routes else None,
            authorities=variables.plain.get(AUTHORITIES),
            metrics=self._spec.parts.monitoring.prometheus,
        )

    def _watched(
        self,
        balancer: BalancerPlace,
        chat: FargateRuntime,
        services: Sequence[Service],
        certificate: Certificate | None,
        runs: FargateBot | None,
    ) -> AlarmsArgs:
        made = certificate is not None and self._runtime.certified_by_aws
        return {
            "certificate_arns": {"balancer": certificate.arn_in(self._region)}
            if certificate and made
            else {},
            "emails": (),
            "balancer_arn_suffix": balancer.arn_suffix,
            "target_groups": {
                service.name: chat.target_group_arn_suffixes[service.name]
                for service in services
                if service.routes
            },
            "cluster_name": chat.cluster_name,
            "services": {
                **{service.name: chat.service_names[service.name] for service in services},
                **({} if runs is None else {"bot": runs.service_name}),
            },
            "container_insights": True,
            "nat_gateway_ids": self._nat_gateways,
        }
