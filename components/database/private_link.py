"""A private way from a VPC to an Atlas cluster."""

from collections.abc import Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws
import pulumi_mongodbatlas as mongodbatlas

from components.base import Component
from components.database.catalogue import atlas_region

FIRST_PORT, LAST_PORT = 1024, 65535
"""Ports of a PrivateLink endpoint: Atlas gives each node one from this range, and changes it when nodes move.

Source: https://www.mongodb.com/docs/atlas/security-private-endpoint/
"""


class PrivateLinkArgs(TypedDict):
    """Where the private endpoint stands, and who may use it."""

    region: str
    """AWS region of the VPC and of the cluster, such as `ap-southeast-1`."""
    vpc_id: pulumi.Input[str]
    """Id of the VPC."""
    subnet_ids: pulumi.Input[list[str]]
    """Ids of subnets that may get an address of the endpoint: one in each availability zone does that Atlas offers it
    in."""
    app_security_group_id: pulumi.Input[str]
    """Security group of the chat's containers: the only one let in."""
    private_link_id: NotRequired[pulumi.Input[str]]
    """Atlas's id of an endpoint service that the project already has in this region."""
    endpoint_service_name: NotRequired[pulumi.Input[str]]
    """AWS's name of that endpoint service, `com.amazonaws.vpce.<region>.vpce-svc-…`."""


class AtlasPrivateLinkArgs(TypedDict):
    """The endpoint and the cluster that it leads to."""

    place: PrivateLinkArgs
    """Where the endpoint stands, and who may use it."""
    project_id: pulumi.Input[str]
    """Atlas's id of the project."""
    cluster_name: pulumi.Input[str]
    """Name of the cluster."""


class AtlasPrivateLink(Component):
    """A VPC endpoint to an Atlas project, open to one security group only.

    Produces: Atlas's endpoint service (unless one is given), a security group with its rule and the app
    group's rule towards it, the VPC endpoint, and its acceptance by Atlas.
    """

    offered = False

    srv_address: pulumi.Output[str]
    """`mongodb+srv://` address of the cluster through this endpoint, without credentials."""
    private_link_id: pulumi.Output[str]
    """Atlas's id of the endpoint service, for further stacks in the same project and region."""
    endpoint_service_name: pulumi.Output[str]
    """AWS's name of the endpoint service."""

    def __init__(
        self, name: str, args: AtlasPrivateLinkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        place = args["place"]
        region = atlas_region(place["region"])
        if ("private_link_id" in place) != ("endpoint_service_name" in place):
            raise ValueError(
                "PrivateLink: private_link_id and endpoint_service_name belong together; give both or neither"
            )
        super().__init__("AtlasPrivateLink", name, args, opts)
        if "private_link_id" in place:
            self.private_link_id = pulumi.Output.from_input(place["private_link_id"])
            self.endpoint_service_name = pulumi.Output.from_input(place["endpoint_service_name"])
        else:
            service = mongodbatlas.PrivateLinkEndpoint(
                f"{name}-service",
                project_id=args["project_id"],
                provider_name="AWS",
                region=region,
                opts=self.child(),
            )
            self.private_link_id = service.private_link_id
            self.endpoint_service_name = service.endpoint_service_name
        group = aws.ec2.SecurityGroup(
            f"{name}-sg",
            vpc_id=place["vpc_id"],
            description="Private endpoint of MongoDB Atlas",
            opts=self.child(),
        )
        from_app = aws.vpc.SecurityGroupIngressRule(
            f"{name}-from-app",
            security_group_id=group.id,
            referenced_security_group_id=place["app_security_group_id"],
            ip_protocol="tcp",
            from_port=FIRST_PORT,
            to_port=LAST_PORT,
            description="The chat to MongoDB Atlas",
            opts=self.child(),
        )
        app_out = aws.vpc.SecurityGroupEgressRule(
            f"{name}-app-out",
            security_group_id=place["app_security_group_id"],
            referenced_security_group_id=group.id,
            ip_protocol="tcp",
            from_port=FIRST_PORT,
            to_port=LAST_PORT,
            description="MongoDB Atlas through its private endpoint",
            opts=self.child(),
        )
        endpoint = aws.ec2.VpcEndpoint(
            f"{name}-endpoint",
            vpc_id=place["vpc_id"],
            service_name=self.endpoint_service_name,
            vpc_endpoint_type="Interface",
            subnet_ids=self._offered(place["subnet_ids"]),
            security_group_ids=[group.id],
            # When the database has an address, both groups must let through who connects to it.
            opts=self.child(depends_on=[from_app, app_out]),
        )
        accepted = mongodbatlas.PrivateLinkEndpointService(
            f"{name}-accepted",
            project_id=args["project_id"],
            private_link_id=self.private_link_id,
            endpoint_service_id=endpoint.id,
            provider_name="AWS",
            opts=self.child(),
        )
        # Atlas names the private address only after it has accepted the endpoint.
        cluster = mongodbatlas.get_advanced_cluster_output(
            project_id=args["project_id"],
            name=args["cluster_name"],
            opts=pulumi.InvokeOutputOptions(parent=self, depends_on=[accepted]),
        )
        self.srv_address = cluster.connection_strings.apply(
            lambda strings: endpoint.id.apply(lambda endpoint_id: _private_address(strings, endpoint_id))
        )
        self.register()

    def _offered(self, subnet_ids: pulumi.Input[list[str]]) -> pulumi.Output[list[str]]:
        """Return those of the subnets in which the endpoint can stand, by what AWS says of both."""
        opts = pulumi.InvokeOptions(parent=self)
        service = aws.ec2.get_vpc_endpoint_service_output(service_name=self.endpoint_service_name, opts=opts)
        ids = pulumi.Output.from_input(subnet_ids)

        def zones_of(known: list[str]) -> pulumi.Output[list[str]]:
            found = (aws.ec2.get_subnet_output(id=one, opts=opts).availability_zone for one in known)
            return pulumi.Output.all(*found)

        zones: pulumi.Output[list[str]] = ids.apply(zones_of)
        return pulumi.Output.all(ids, zones, service.availability_zones).apply(lambda known: _reached(*known))


def _reached(subnet_ids: Sequence[str], zones: Sequence[str], offered: Sequence[str]) -> list[str]:
    """Return the first subnet in each zone that has the service: AWS refuses other zones, and two subnets of one."""
    found = {
        zone: subnet
        for subnet, zone in zip(reversed(subnet_ids), reversed(zones), strict=True)
        if zone in offered
    }
    if not found:
        raise pulumi.RunError(
            f"Atlas offers its private endpoint in {', '.join(sorted(offered))}, and the network has subnets in "
            f"{', '.join(sorted(set(zones)))}: name one of Atlas's zones in `runtime.network.zoneNames`, or set "
            "`database.privateLink: false`"
        )
    missing = sorted(set(zones) - found.keys())
    if missing:
        pulumi.log.info(
            f"Atlas offers no private endpoint in {', '.join(missing)}: from there the database is reached through "
            "another zone"
        )
    return [subnet for subnet in subnet_ids if subnet in found.values()]


def _private_address(
    strings: "mongodbatlas.outputs.GetAdvancedClusterConnectionStringsResult", endpoint_id: str
) -> str:
    for private in strings.private_endpoints:
        if any(endpoint.endpoint_id == endpoint_id for endpoint in private.endpoints):
            return private.srv_connection_string
    raise ValueError(
        f"Atlas gives no private address for the VPC endpoint {endpoint_id} yet; "
        "wait until the cluster is idle and deploy again"
    )
