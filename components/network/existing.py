"""A VPC that exists already."""

from collections.abc import Sequence
from typing import Literal, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.base import Component, after
from components.network.app_group import EgressArgs, app_security_group
from components.values import Egress, NetworkPlace


class ExistingNetworkArgs(TypedDict):
    vpc_id: pulumi.Input[str]
    """Id of the VPC, `vpc-…`."""
    public_subnet_ids: Sequence[str]
    """Subnets with a route to an internet gateway, for the balancer: two or more, in different
    zones. Empty where the balancer is there already."""
    task_subnet_ids: Sequence[str]
    """Subnets of the containers: private ones with a way out, or public ones with `assign_public_ip`."""
    assign_public_ip: NotRequired[bool]
    """Whether containers need a public address of their own to reach the internet; default no."""
    egress_addresses: NotRequired[Sequence[pulumi.Input[str]]]
    """Fixed public IPv4 addresses of the VPC's NAT gateways, which the database is to let in."""
    egress: Sequence[EgressArgs]
    """What the containers connect to on the internet; nothing else is open."""
    peers: NotRequired[bool]
    """Whether the services of the chat connect to one another by NATS; default no."""


class ExistingNetwork(Component):
    """A place for the chat in a VPC that somebody else looks after; nothing in it is changed.

    Produces: the security group of the containers with its egress rules.
    """

    vpc_id: pulumi.Output[str]
    """Id of the VPC."""
    app_security_group_id: pulumi.Output[str]
    """Security group of the containers."""

    def __init__(
        self, name: str, args: ExistingNetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        if len(args["public_subnet_ids"]) == 1:
            raise ValueError("the existing network needs two different public_subnet_ids or more, or none")
        if not args["task_subnet_ids"]:
            raise ValueError("the existing network's task_subnet_ids is empty")
        for key in ("public_subnet_ids", "task_subnet_ids"):
            twice = {one for one in args[key] if list(args[key]).count(one) > 1}
            if twice:
                raise ValueError(f"the existing network's {key} has {', '.join(sorted(twice))} twice")
        super().__init__("ExistingNetwork", name, args, opts)
        self._args = args
        self._subnets = {
            subnet: self._in_network(subnet)
            for subnet in dict.fromkeys([*args["public_subnet_ids"], *args["task_subnet_ids"]])
        }
        self.vpc_id = pulumi.Output.from_input(args["vpc_id"])
        group, rules = app_security_group(
            self, name, args["vpc_id"], args["egress"], peers=args.get("peers", False)
        )
        self.app_security_group_id = after(group.id, rules)
        self.register()

    @property
    def place(self) -> NetworkPlace:
        """What a runtime needs to know of the network."""
        return NetworkPlace(
            vpc_id=self.vpc_id,
            public_subnet_ids=self._all("public_subnet_ids"),
            task_subnet_ids=self._all("task_subnet_ids"),
            app_security_group_id=self.app_security_group_id,
            assign_public_ip=bool(self._args.get("assign_public_ip", False)),
            egress=Egress(
                tuple(pulumi.Output.from_input(address) for address in self._args.get("egress_addresses", ()))
            ),
        )

    def _all(self, key: Literal["public_subnet_ids", "task_subnet_ids"]) -> pulumi.Output[list[str]]:
        return pulumi.Output.all(*(self._subnets[one] for one in self._args[key])).apply(list)

    def _in_network(self, subnet: str) -> pulumi.Output[str]:
        """Return the subnet's id; it fails where that is in another VPC, before a deployment does so half-way."""
        found = aws.ec2.get_subnet_output(id=subnet, opts=pulumi.InvokeOutputOptions(parent=self))

        def checked(known: Sequence[str]) -> str:
            where, vpc = known
            if where and where != vpc:
                raise pulumi.RunError(f"the subnet {subnet} is in {where}, and the network is {vpc}")
            return subnet

        return pulumi.Output.all(found.vpc_id, self._args["vpc_id"]).apply(checked)
