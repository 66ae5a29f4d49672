"""A VPC for the chat."""

from collections.abc import Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.base import Component, after, one_of
from components.iam import Statement, document, trust
from components.network.app_group import WORLD, EgressArgs, app_security_group
from components.network.subnets import plan_subnets
from components.regions import has_fargate
from components.values import Egress, NetworkPlace

NAT_CHOICES = ("one", "per-zone", "none")

ENDPOINTS: dict[str, tuple[tuple[str, ...], str | None]] = {
    "secretsmanager": (("secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"), "secret:*"),
    "logs": (("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"), "log-group:*"),
    "ecr.api": (
        ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"),
        "repository/*",
    ),
    "ecr.dkr": (
        ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"),
        "repository/*",
    ),
    "ssmmessages": (
        (
            "ssmmessages:CreateControlChannel",
            "ssmmessages:CreateDataChannel",
            "ssmmessages:OpenControlChannel",
            "ssmmessages:OpenDataChannel",
        ),
        None,
    ),
}
"""Interface endpoints that can be asked for, and what the policy of each lets through, on which resources.

None where the service knows no resources (Service Authorization Reference)."""

_LOGIN = {"ecr.api": "ecr:GetAuthorizationToken"}
"""Actions of an endpoint that know no resource."""

OWN_BUCKET_ACTIONS = (
    "s3:AbortMultipartUpload",
    "s3:DeleteObject",
    "s3:GetBucketLocation",
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:ListBucket",
    "s3:ListBucketMultipartUploads",
    "s3:ListMultipartUploadParts",
    "s3:PutObject",
)
"""What may be done through the S3 endpoint to buckets of the VPC's own account."""


class NetworkArgs(TypedDict):
    cidr: str
    """IPv4 block of the VPC, private, from /16 to /23: `10.20.0.0/16`."""
    zone_count: int
    """Availability zones to spread over, 2 to 8."""
    nat: str
    """How containers reach the internet.

    `one`: private subnets and one NAT gateway; a failure of its zone cuts all zones off.
    `per-zone`: private subnets and a NAT gateway in each zone.
    `none`: no NAT; containers stand in the public subnets with public addresses that change with every task,
    so the database cannot list them. A NAT gateway costs 0.045 USD an hour and 0.045 USD per GB in us-east-1,
    more in other regions (https://aws.amazon.com/vpc/pricing/).
    """
    region: pulumi.Input[str]
    """Region of the VPC, such as `ap-southeast-1`; it is part of the names of the endpoint services."""
    interface_endpoints: NotRequired[Sequence[str]]
    """AWS services to reach by interface endpoints: `secretsmanager`, `logs`, `ecr.api`, `ecr.dkr`, `ssmmessages`.

    None by default. Each costs at least 0.01 USD an hour in each zone and 0.01 USD per GB
    (https://aws.amazon.com/privatelink/pricing/), which saves money only from some hundred GB a month on.
    So they are for those who want secrets and logs to stay off the internet path. The images come from Docker
    Hub or the vendor's registry, so the ECR ones are only for a registry of one's own.
    """
    zone_names: NotRequired[Sequence[str]]
    """Names of the availability zones, such as `ap-southeast-1a`, as many as `zone_count`; the first ones of
    the alphabet that have Fargate when left out. Read when a subnet is made, and not afterwards."""
    egress: Sequence[EgressArgs]
    """What the containers connect to on the internet; nothing else is open."""
    peers: NotRequired[bool]
    """Whether the services of the chat connect to one another by NATS; default no."""
    flow_log_retention_days: int
    """Days that flow logs are kept, one of the values that CloudWatch Logs takes: 30, 90, 365 and so on."""


class Network(Component):
    """A VPC over two or more zones, with what the chat's containers and balancer need.

    Produces: the VPC; its closed default security group; flow logs with their log group and role; an internet
    gateway; a public subnet per zone with one route table; unless `nat` is `none`, a private subnet and a
    route table per zone and the NAT gateways with their addresses; a gateway endpoint for S3 (free); the
    interface endpoints asked for, with their security group; the containers' security group and its egress.
    """

    vpc_id: pulumi.Output[str]
    """Id of the VPC."""
    public_subnet_ids: pulumi.Output[list[str]]
    """Ids of the public subnets, one per zone."""
    task_subnet_ids: pulumi.Output[list[str]]
    """Ids of the subnets of the containers: private ones, or the public ones without NAT."""
    app_security_group_id: pulumi.Output[str]
    """Security group of the containers."""
    egress_addresses: pulumi.Output[list[str]]
    """Public addresses of the NAT gateways; empty without NAT."""
    nat_gateway_ids: pulumi.Output[list[str]]
    """Ids of the NAT gateways; empty without NAT."""

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        nat = one_of("the network's nat", args["nat"], NAT_CHOICES)
        zone_count = int(args["zone_count"])
        subnets = plan_subnets(args["cidr"], zone_count)
        endpoints = [
            one_of("an interface endpoint of the network", endpoint, tuple(ENDPOINTS))
            for endpoint in args.get("interface_endpoints", ())
        ]
        wanted = list(args.get("zone_names", ()))
        if wanted and len(set(wanted)) != zone_count:
            raise ValueError(
                f"the network's zone_names are {', '.join(wanted)}; "
                f"its zone_count of {zone_count} needs as many different ones"
            )
        super().__init__("Network", name, args, opts)
        self._name = name
        self._region = args["region"]
        self._assign_public_ip = nat == "none"

        self._vpc = aws.ec2.Vpc(
            f"{name}-vpc",
            cidr_block=args["cidr"],
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags={"Name": name},
            opts=self.child(),
        )
        aws.ec2.DefaultSecurityGroup(
            f"{name}-default", vpc_id=self._vpc.id, ingress=[], egress=[], opts=self.child()
        )
        self._flow_logs(args["flow_log_retention_days"])
        # It cannot be taken off a network in which something has a public address: another network gets its own.
        gateway = aws.ec2.InternetGateway(
            f"{name}-internet", vpc_id=self._vpc.id, opts=self.child(replace_on_changes=["vpcId"])
        )

        zones = aws.get_availability_zones_output(
            state="available",
            # Leaves out local and wavelength zones, where neither balancers nor Fargate run.
            filters=[
                aws.GetAvailabilityZonesFilterArgs(name="opt-in-status", values=["opt-in-not-required"])
            ],
            opts=pulumi.InvokeOptions(parent=self),
        ).apply(lambda found: _zones(found.names, found.zone_ids, wanted, zone_count))

        public = self._subnets("public", subnets.public, zones)
        table = self._route_table("public")
        out = aws.ec2.Route(
            f"{name}-public-internet",
            route_table_id=table.id,
            destination_cidr_block=WORLD,
            gateway_id=gateway.id,
            opts=self.child(),
        )
        # Subnets are handed on only with their way out: a balancer is refused in one without
        # (InvalidSubnet), and a task that starts in one finds neither its image nor its secrets.
        public_ids = [
            after(subnet.id, [out, self._associate(f"public-{number}", subnet, table)])
            for number, subnet in enumerate(public, 1)
        ]
        tables = [table]

        nats: list[aws.ec2.NatGateway] = []
        addresses: list[pulumi.Output[str]] = []
        task_ids = public_ids
        if nat != "none":
            for number, subnet_id in enumerate(public_ids if nat == "per-zone" else public_ids[:1], 1):
                address = aws.ec2.Eip(
                    f"{name}-nat-{number}",
                    domain="vpc",
                    tags={"Name": f"{name}-nat-{number}"},
                    opts=self.child(depends_on=[gateway]),
                )
                addresses.append(address.public_ip)
                nats.append(
                    aws.ec2.NatGateway(
                        f"{name}-nat-{number}",
                        allocation_id=address.allocation_id,
                        subnet_id=subnet_id,
                        tags={"Name": f"{name}-{number}"},
                        # An address serves one gateway, and the database knows the address: the old one goes first.
                        opts=self.child(depends_on=[gateway], delete_before_replace=True),
                    )
                )
            task_ids = []
            for number, subnet in enumerate(self._subnets("private", subnets.private, zones), 1):
                private = self._route_table(f"private-{number}")
                out = aws.ec2.Route(
                    f"{name}-private-{number}-nat",
                    route_table_id=private.id,
                    destination_cidr_block=WORLD,
                    nat_gateway_id=nats[(number - 1) % len(nats)].id,
                    opts=self.child(),
                )
                task_ids.append(
                    after(subnet.id, [out, self._associate(f"private-{number}", subnet, private)])
                )
                tables.append(private)

        app, rules = app_security_group(
            self, name, self._vpc.id, args["egress"], peers=args.get("peers", False)
        )
        ways = [self._s3_endpoint(tables)]
        self._endpoints_group: pulumi.Output[str] | None = None
        if endpoints:
            ways += self._interface_endpoints(endpoints, task_ids, app.id)

        self.vpc_id = self._vpc.id
        self.public_subnet_ids = pulumi.Output.all(*public_ids)
        self.task_subnet_ids = pulumi.Output.all(*[after(subnet_id, ways) for subnet_id in task_ids])
        self.app_security_group_id = after(app.id, rules)
        self._addresses = tuple(addresses)
        self._nat_ids = tuple(gateway.id for gateway in nats)
        self.egress_addresses = pulumi.Output.all(*self._addresses)
        self.nat_gateway_ids = pulumi.Output.all(*self._nat_ids)
        self.register()

    @property
    def place(self) -> NetworkPlace:
        """What a runtime needs to know of the network."""
        return NetworkPlace(
            vpc_id=self.vpc_id,
            public_subnet_ids=self.public_subnet_ids,
            task_subnet_ids=self.task_subnet_ids,
            app_security_group_id=self.app_security_group_id,
            assign_public_ip=self._assign_public_ip,
            endpoints_security_group_id=self._endpoints_group,
            egress=Egress(self._addresses),
        )

    @property
    def nat_gateways(self) -> tuple[pulumi.Output[str], ...]:
        """Ids of the NAT gateways, one by one, for alarms."""
        return self._nat_ids

    def _arn(self, service: str, resource: str) -> pulumi.Output[str]:
        """ARN of something of the VPC's own partition, region and account."""
        return self._vpc.arn.apply(
            lambda arn: ":".join((*arn.split(":")[:2], service, *arn.split(":")[3:5], resource))
        )

    def _flow_logs(self, retention_days: int) -> None:
        group = aws.cloudwatch.LogGroup(
            f"{self._name}-flow-logs", retention_in_days=retention_days, opts=self.child()
        )
        role = aws.iam.Role(
            f"{self._name}-flow-logs",
            description="Writes the VPC's flow logs",
            assume_role_policy=trust(
                "vpc-flow-logs.amazonaws.com",
                account_id=self._vpc.owner_id,
                source_arn=self._arn("ec2", "vpc-flow-log/*"),
            ),
            opts=self.child(),
        )
        policy = aws.iam.RolePolicy(
            f"{self._name}-flow-logs",
            role=role.id,
            policy=document(
                Statement(
                    "Write",
                    ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                    [pulumi.Output.concat(group.arn, ":*")],
                ),
                Statement("Find", ["logs:DescribeLogGroups"], [self._arn("logs", "log-group:*")]),
            ),
            opts=self.child(),
        )
        aws.ec2.FlowLog(
            f"{self._name}-flow-log",
            vpc_id=self._vpc.id,
            traffic_type="ALL",
            log_destination_type="cloud-watch-logs",
            log_destination=group.arn,
            iam_role_arn=role.arn,
            max_aggregation_interval=600,
            tags={"Name": self._name},
            # A network has one flow log to a place (FlowLogAlreadyExists).
            opts=self.child(depends_on=[policy], delete_before_replace=True),
        )

    def _subnets(
        self, kind: str, blocks: Sequence[str], zones: pulumi.Output[list[str]]
    ) -> list["aws.ec2.Subnet"]:
        return [
            aws.ec2.Subnet(
                f"{self._name}-{kind}-{number}",
                vpc_id=self._vpc.id,
                cidr_block=block,
                availability_zone=zones[number - 1],
                map_public_ip_on_launch=False,
                tags={"Name": f"{self._name}-{kind}-{number}"},
                # A zone that AWS opens or closes later must not replace subnets that are in use.
                opts=self.child(ignore_changes=["availabilityZone"]),
            )
            for number, block in enumerate(blocks, 1)
        ]

    def _route_table(self, role: str) -> "aws.ec2.RouteTable":
        return aws.ec2.RouteTable(
            f"{self._name}-{role}",
            vpc_id=self._vpc.id,
            tags={"Name": f"{self._name}-{role}"},
            opts=self.child(),
        )

    def _associate(
        self, role: str, subnet: "aws.ec2.Subnet", table: "aws.ec2.RouteTable"
    ) -> "aws.ec2.RouteTableAssociation":
        return aws.ec2.RouteTableAssociation(
            f"{self._name}-{role}", subnet_id=subnet.id, route_table_id=table.id, opts=self.child()
        )

    def _s3_endpoint(self, tables: Sequence["aws.ec2.RouteTable"]) -> "aws.ec2.VpcEndpoint":
        anything = self._vpc.arn.apply(lambda arn: f"arn:{arn.split(':')[1]}:s3:::*")
        return aws.ec2.VpcEndpoint(
            f"{self._name}-s3",
            vpc_id=self._vpc.id,
            service_name=pulumi.Output.concat("com.amazonaws.", self._region, ".s3"),
            vpc_endpoint_type="Gateway",
            route_table_ids=[table.id for table in tables],
            # Nothing can be written to a bucket of another account. Reading stays open to all of S3, because
            # registries keep image layers there, and the network does not know the media bucket's name.
            policy=document(
                Statement(
                    "OwnBuckets",
                    OWN_BUCKET_ACTIONS,
                    [anything],
                    principals="*",
                    conditions={"StringEquals": {"aws:ResourceAccount": self._vpc.owner_id}},
                ),
                Statement("ReadObjects", ["s3:GetObject"], [anything], principals="*"),
            ),
            tags={"Name": f"{self._name}-s3"},
            opts=self.child(),
        )

    def _interface_endpoints(
        self, endpoints: Sequence[str], subnet_ids: Sequence[pulumi.Output[str]], app: pulumi.Output[str]
    ) -> "list[aws.ec2.VpcEndpoint]":
        group = aws.ec2.SecurityGroup(
            f"{self._name}-endpoints",
            description="Interface endpoints of AWS services",
            vpc_id=self._vpc.id,
            opts=self.child(),
        )
        let_in = aws.vpc.SecurityGroupIngressRule(
            f"{self._name}-endpoints-https",
            security_group_id=group.id,
            description="HTTPS from the containers of the chat",
            ip_protocol="tcp",
            from_port=443,
            to_port=443,
            referenced_security_group_id=app,
            opts=self.child(),
        )
        self._endpoints_group = group.id
        own = {"StringEquals": {"aws:PrincipalAccount": self._vpc.owner_id}}
        made = []
        for endpoint in endpoints:
            role = endpoint.replace(".", "-")
            actions, resource = ENDPOINTS[endpoint]
            statements = [
                Statement(
                    "OwnAccount",
                    actions,
                    ["*" if resource is None else self._arn(endpoint.partition(".")[0], resource)],
                    principals="*",
                    conditions=own,
                )
            ]
            if endpoint in _LOGIN:
                statements.append(
                    Statement("Login", [_LOGIN[endpoint]], ["*"], principals="*", conditions=own)
                )
            made.append(
                aws.ec2.VpcEndpoint(
                    f"{self._name}-{role}",
                    vpc_id=self._vpc.id,
                    service_name=pulumi.Output.concat("com.amazonaws.", self._region, ".", endpoint),
                    vpc_endpoint_type="Interface",
                    private_dns_enabled=True,
                    subnet_ids=list(subnet_ids),
                    security_group_ids=[group.id],
                    policy=document(*statements),
                    tags={"Name": f"{self._name}-{role}"},
                    # With it the service's name leads here, so it must let in whoever asks.
                    opts=self.child(depends_on=[let_in]),
                )
            )
        return made


def _zones(names: Sequence[str], ids: Sequence[str], wanted: Sequence[str], count: int) -> list[str]:
    usable = sorted(name for name, zone_id in zip(names, ids, strict=True) if has_fargate(zone_id))
    missing = [zone for zone in wanted if zone not in usable]
    if missing:
        raise pulumi.RunError(
            f"the account has no availability zone {', '.join(missing)} with Fargate; it has {', '.join(usable)}"
        )
    if len(usable) < count:
        raise pulumi.RunError(
            f"the region has {len(usable)} availability zones with Fargate ({', '.join(usable)}), "
            f"fewer than the network's zone_count of {count}"
        )
    return list(wanted) or usable[:count]
