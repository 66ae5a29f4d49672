"""A cluster of DigitalOcean Kubernetes, with a network of its own and fixed addresses for what leaves it."""

import datetime as dt
import re
from collections.abc import Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_digitalocean as digitalocean
import pulumi_kubernetes as kubernetes

from components.base import DAYS, Component, one_of, only_if
from components.cluster_object import ClusterObject
from components.runtime.doks_options import REGIONS, is_node_size
from components.sdk import own_settings
from components.values import Egress

KUBECONFIG_SECONDS = 7 * 24 * 3600
RENEWED_SECONDS = 3600
"""Credentials that end so soon are not used: a deployment must not outlive them."""

NAT_TIMEOUT_SECONDS = 3600
"""Idle connections to the database outlive DigitalOcean's own five minutes."""

_VERSION = re.compile(r"\d+\.\d+(\.\d+-do\.\d+)?")


class DoksClusterArgs(TypedDict):
    """A cluster for the chat."""

    cluster_name: str
    """Name of the cluster, and the beginning of its network's and gateway's names."""
    region: str
    """DigitalOcean's region, such as `sgp1`."""
    version: str
    """Minor version, such as `1.36`: its newest patch is looked up, and counts when the cluster is made. Or an exact
    one (`1.36.1-do.0`, of `doctl kubernetes options versions`), which DigitalOcean withdraws after some months.

    An exact one is taken later too where `auto_upgrade` is off; a lower one than runs is refused, because no cluster
    goes back. For the next minor version switch `auto_upgrade` off, give it exactly, deploy, and go back.
    """
    node_size: str
    """Droplet size of a node, such as `s-2vcpu-4gb`."""
    min_nodes: int
    """Nodes that always run."""
    max_nodes: int
    """Nodes that the autoscaler may go up to."""
    vpc_cidr: str
    """Addresses of the nodes' network, such as `10.30.0.0/20`."""
    pod_cidr: str
    """Addresses of the pods; they must not overlap any other network of the account."""
    service_cidr: str
    """Addresses of the services, likewise."""
    nat: bool
    """Let everything that leaves the cluster go through one NAT gateway with one fixed address. Without it
    each node leaves with its own, which changes at every upgrade and every scaling."""
    high_availability: NotRequired[bool]
    """Several control planes, about 40 USD a month; cannot be taken back. Default false."""
    auto_upgrade: NotRequired[bool]
    """Take patch releases in the maintenance window. Default true."""
    maintenance_day: NotRequired[str]
    """Day of the week; default sunday."""
    maintenance_time: NotRequired[str]
    """Begin of the window of four hours, UTC; default 18:00."""
    tags: NotRequired[Sequence[str]]
    """Tags of the cluster and its nodes: letters, digits, colons, hyphens and underscores, 255 at most."""
    keep_volumes: NotRequired[bool]
    """Keep volumes and load balancers that the cluster made when it goes. Default false: what is left over
    costs, and keeps the network from being deleted."""
    protect: NotRequired[bool]
    """Whether Pulumi refuses to delete the cluster. Default false."""


class DoksCluster(Component):
    """DigitalOcean Kubernetes in a network of its own.

    VPC-native, so that the managed Gateway API (class `cilium`) is there. Upgrades surge: a new node comes
    before an old one goes.

    Produces: a VPC, the cluster with one pool of nodes that scales by itself; with `nat` a NAT gateway and the
    cluster's default route through it; and the provider of objects inside the cluster.
    """

    cluster_id: pulumi.Output[str]
    """Id of the cluster."""
    cluster_name: pulumi.Output[str]
    """Name of the cluster, for `doctl kubernetes cluster kubeconfig save`."""
    endpoint: pulumi.Output[str]
    """Address of the control plane."""
    running_version: pulumi.Output[str]
    """Version that the cluster had at the last deployment or refresh."""
    kubeconfig: pulumi.Output[str]
    """Credentials for objects in the cluster, good for seven days (secret). Those of the state as long as they hold,
    then new ones at each deployment, until a refresh takes new ones over into the state."""

    def __init__(self, name: str, args: DoksClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        _check(args)
        # The component's hook, because the provider would replace the cluster, and no hook is asked before that.
        kept = pulumi.ResourceOptions(hooks=only_if(f"{name}-kubernetes-stays", _check_not_lower))
        super().__init__("DoksCluster", name, args, pulumi.ResourceOptions.merge(opts, kept))
        region = args["region"]
        vpc = digitalocean.Vpc(
            f"{name}-vpc",
            name=f"{args['cluster_name']}-{region}",
            region=region,
            ip_range=args["vpc_cidr"],
            description="The chat's cluster",
            opts=self.child(),
        )
        auto_upgrade = args.get("auto_upgrade", True)
        cluster = digitalocean.KubernetesCluster(
            f"{name}-cluster",
            name=args["cluster_name"],
            region=region,
            version=self._patch(args["version"]),
            vpc_uuid=vpc.id,
            cluster_subnet=args["pod_cidr"],
            service_subnet=args["service_cidr"],
            ha=args.get("high_availability", False),
            auto_upgrade=auto_upgrade,
            surge_upgrade=True,
            maintenance_policy=digitalocean.KubernetesClusterMaintenancePolicyArgs(
                day=args.get("maintenance_day", "sunday"), start_time=args.get("maintenance_time", "18:00")
            ),
            node_pool=digitalocean.KubernetesClusterNodePoolArgs(
                name="chat",
                size=args["node_size"],
                auto_scale=True,
                min_nodes=args["min_nodes"],
                max_nodes=args["max_nodes"],
                labels={"pool": "chat"},
            ),
            # Its nodes get them too; said of the pool as well, the provider would see a change at each deployment.
            tags=args.get("tags"),
            routing_agent=digitalocean.KubernetesClusterRoutingAgentArgs(enabled=args["nat"]),
            destroy_all_associated_resources=not args.get("keep_volumes", False),
            kubeconfig_expire_seconds=KUBECONFIG_SECONDS,
            opts=self.child(
                protect=args.get("protect", False),
                ignore_changes=["version"] if auto_upgrade or _is_minor(args["version"]) else None,
                # A cluster of Atlas may have the same name, and a hook of its own.
                hooks=only_if(f"{name}-kubernetes-step", _check_step),
            ),
        )
        self._cluster = cluster
        self.cluster_id = cluster.id
        self.cluster_name = cluster.name
        self.endpoint = cluster.endpoint
        self.running_version = cluster.version
        raw: pulumi.Output[str] = cluster.kube_configs.apply(self._credentials)
        self.kubeconfig = pulumi.Output.secret(raw)
        with own_settings("pulumi_kubernetes"):
            self._provider = kubernetes.Provider(
                f"{name}-objects",
                kubeconfig=self.kubeconfig,
                cluster_identifier=cluster.id,
                opts=self.child(),
            )
        self._addresses: tuple[pulumi.Output[str], ...] = ()
        self._routes: list[pulumi.Resource] = []
        if args["nat"]:
            self._addresses = (self._nat(name, args, vpc),)
        # The credentials are no matter of the state.
        self.register(but_not=("kubeconfig",))

    @property
    def provider(self) -> "kubernetes.Provider":
        """The provider of objects inside the cluster."""
        return self._provider

    @property
    def inside(self) -> pulumi.Resource:
        """What objects inside go down with (`deleted_with`)."""
        return self._cluster

    @property
    def routes(self) -> list[pulumi.Resource]:
        """What leads connections out of the cluster; whoever makes some waits for it."""
        return list(self._routes)

    @property
    def egress(self) -> Egress:
        """The NAT gateway's address; none without it."""
        return Egress(self._addresses)

    def _patch(self, wanted: str) -> pulumi.Input[str]:
        if not _is_minor(wanted):
            return wanted
        offered = digitalocean.get_kubernetes_versions_output(
            version_prefix=f"{wanted}.", opts=pulumi.InvokeOptions(parent=self)
        )

        def newest(found: "digitalocean.GetKubernetesVersionsResult") -> str:
            if found.latest_version:
                return str(found.latest_version)
            # A cluster that is there stays as it is, so this is no error.
            pulumi.log.warn(
                f"DigitalOcean makes no new clusters of Kubernetes {wanted} any more; for one, give another version "
                "(doctl kubernetes options versions)",
                self,
            )
            return wanted

        return offered.apply(newest)

    def _credentials(
        self, kept: "Sequence[digitalocean.outputs.KubernetesClusterKubeConfig] | None"
    ) -> pulumi.Output[str]:
        """Return the state's own kubeconfig, or a new one where that is about to end."""
        if kept and _holds(kept[0].expires_at):
            return pulumi.Output.from_input(str(kept[0].raw_config))
        found = digitalocean.get_kubernetes_cluster_output(
            name=self._cluster.name, opts=pulumi.InvokeOptions(parent=self)
        )
        made: pulumi.Output[str] = found.kube_configs.apply(lambda configs: str(configs[0].raw_config))
        return made

    def _nat(self, name: str, args: DoksClusterArgs, vpc: "digitalocean.Vpc") -> pulumi.Output[str]:
        gateway = digitalocean.VpcNatGateway(
            f"{name}-nat",
            name=f"{args['cluster_name']}-nat",
            type="PUBLIC",
            region=args["region"],
            size=1,
            vpcs=[digitalocean.VpcNatGatewayVpcArgs(vpc_uuid=vpc.id)],
            tcp_timeout_seconds=NAT_TIMEOUT_SECONDS,
            # The provider fills in `subnetUuid` inside this set, compares the whole set, and would make another
            # gateway at each deployment (terraform-provider-digitalocean, issue 1597). Another network still does.
            opts=self.child(ignore_changes=["vpcs"], replace_with=[vpc]),
        )
        route = ClusterObject(
            f"{name}-route",
            api_version="networking.doks.digitalocean.com/v1alpha1",
            kind="Route",
            metadata={"name": "through-nat"},
            spec={
                "destinations": ["0.0.0.0/0"],
                "gateways": [gateway.vpcs.apply(lambda vpcs: str(vpcs[0].gateway_ip))],
            },
            opts=pulumi.ResourceOptions.merge(
                self.child(deleted_with=self._cluster), pulumi.ResourceOptions(provider=self._provider)
            ),
        )
        self._routes.append(route)
        return gateway.egresses.apply(
            lambda egresses: str((egresses[0].public_gateways or [])[0].ipv4) if egresses else ""
        )


def _is_minor(version: str) -> bool:
    return version.count(".") == 1


def _holds(until: str | None) -> bool:
    try:
        left = dt.datetime.fromisoformat(until or "") - dt.datetime.now(dt.UTC)
    except (TypeError, ValueError):
        return False
    return left.total_seconds() > RENEWED_SECONDS


def _check_step(args: pulumi.ResourceHookArgs) -> None:
    """Raise ValueError for what DigitalOcean refuses, and the provider just asks for.

    Source: docs.digitalocean.com/products/kubernetes/how-to/upgrade-cluster/ (one minor version at a time) and
    /how-to/enable-high-availability/ (not disabled again).
    """
    before, wanted = {**(args.old_inputs or {}), **(args.old_outputs or {})}, args.new_inputs or {}
    deployed, version = _numbers(before.get("version")), _numbers(wanted.get("version"))
    if deployed and version and (version[0] != deployed[0] or version[1] > deployed[1] + 1):
        raise ValueError(
            f"the cluster runs Kubernetes {before['version']}, and {wanted['version']} is wanted: DigitalOcean goes up "
            f"one minor version at a time. Give an exact version of {deployed[0]}.{deployed[1] + 1} first "
            "(`version` in rocketchat:runtime; doctl kubernetes cluster get-upgrades "
            f"{before.get('name')}), deploy, and go on from there"
        )
    if before.get("ha") is True and wanted.get("ha") is False:
        raise ValueError(
            "the cluster's control plane is highly available, which DigitalOcean does not take back. Set "
            "`highAvailability: true` in rocketchat:runtime"
        )


def _check_not_lower(args: pulumi.ResourceHookArgs) -> None:
    """Raise ValueError for a version below the cluster's: the provider would make another cluster, without the data."""
    wanted = args.new_inputs or {}
    version, deployed = str(wanted.get("version")), (args.old_outputs or {}).get("running_version")
    if _is_minor(version) or wanted.get("auto_upgrade", True) or not isinstance(deployed, str):
        return  # left as it is; or not known, which what was wanted before does not tell: that may have failed
    if _parts(version) < _parts(deployed):
        raise ValueError(
            f"the cluster runs Kubernetes {deployed}, and {version} is wanted: no cluster goes back to a lower "
            f'version. Set `version: "{deployed}"` in rocketchat:runtime, or a higher one'
        )


def _numbers(version: object) -> tuple[int, ...]:
    return _parts(version)[:2] if isinstance(version, str) and not _is_minor(version) else ()


def _parts(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)))


def _check(args: DoksClusterArgs) -> None:
    if not _VERSION.fullmatch(args["version"]):
        raise ValueError(
            f"the cluster's version {args['version']!r} is neither a minor one such as 1.36 nor an exact one such as "
            "1.36.1-do.0 (doctl kubernetes options versions)"
        )
    one_of("the cluster's region", args["region"], REGIONS)
    if not is_node_size(args["node_size"]):
        raise ValueError(f"DigitalOcean has no nodes of size {args['node_size']!r}")
    if not 1 <= args["min_nodes"] <= args["max_nodes"]:
        raise ValueError(
            f"from min_nodes {args['min_nodes']} to max_nodes {args['max_nodes']} is no range of nodes"
        )
    one_of("maintenance_day", args.get("maintenance_day", "sunday"), DAYS)
    if not re.fullmatch(r"([01]\d|2[0-3]):00", args.get("maintenance_time", "18:00")):
        raise ValueError(
            f"maintenance_time {args.get('maintenance_time')!r} must be a full hour such as 18:00"
        )
