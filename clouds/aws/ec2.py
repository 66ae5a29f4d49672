"""VPC and what stands in it."""

import hashlib
import ipaddress
from collections.abc import Iterable, Iterator, Sequence

from clouds.ask import Ask, Existing, names
from clouds.aws import charges
from clouds.aws.calls import create, ec2_tags, listed, sent
from clouds.aws.common import GROUP_TEXT, ec2_id, ec2_tagged, vpc_of, zones
from clouds.limits import all_of, among, cidr, document, one_of, twice
from clouds.made_up import public_address
from clouds.record import (
    AWAY,
    NO_DATA,
    NOTHING_MORE,
    UNNOTICED,
    Answers,
    Autoname,
    Call,
    Drawn,
    Felt,
    Gone,
    Held,
    Lookup,
    Named,
    Nothing,
    Once,
    Overwritten,
    Refused,
    Refuses,
    Resource,
    Role,
    Use,
    by,
    replaced_by,
)

PREFIX_LISTS = {
    "com.amazonaws.global.cloudfront.origin-facing": "pl-31a34658",
    "com.amazonaws.s3": "pl-6fa54006",
}
"""Ids of managed prefix lists, made up but for their form."""


def _private_address(ask: Ask) -> str:
    return f"10.0.{ask.number(255, 'third')}.{4 + ask.number(250, 'fourth')}"


def _dns_of(address: str, region: str) -> str:
    domain = "compute-1" if region == "us-east-1" else f"{region}.compute"
    return f"ec2-{address.replace('.', '-')}.{domain}.amazonaws.com"


def _bad_cidr(ask: Ask) -> list[str]:
    text = ask["cidrBlock"]
    try:
        ipaddress.ip_network(text or "10.0.0.0/16")
    except ValueError as error:
        return [f"cidrBlock {text!r} is not a network: {error}"]
    return []


def _endpoint_dns(ask: Ask) -> list[dict[str, str]]:
    if (ask["vpcEndpointType"] or "Gateway") == "Gateway":
        return []
    service = str(ask["serviceName"] or "").rpartition(".")[2]
    return [
        {
            "dnsName": f"{ask.id}-{ask.hex(8)}.{service}.{ask.region}.vpce.amazonaws.com",
            "hostedZoneId": "Z18LLCSTV4NVNL",
        }
    ]


def _prefix_list(ask: Ask) -> str:
    name = str(ask["name"] or "").replace(f".{ask.region}.", ".")
    return str(ask["id"] or ask["prefixListId"] or PREFIX_LISTS.get(name) or f"pl-{ask.hex(8)}")


def _public_address(one: Existing) -> Iterable[object]:
    found = [one.inputs.get("allocationId"), *(one.inputs.get("secondaryAllocationIds") or ())]
    return [value for value in found if value is not None]


def _private_name(one: Existing) -> Iterable[object]:
    return by("vpcId", "serviceName")(one) if one.inputs.get("privateDnsEnabled") else ()


def _endpoint_routes(one: Existing) -> Iterable[object]:
    return [(one.inputs["serviceName"], table) for table in one.inputs.get("routeTableIds") or ()]


def _overlaps(one: Existing, others: Iterable[Existing]) -> list[str]:
    """Subnets of the same network whose addresses a new one would share."""
    if not isinstance(one.inputs.get("cidrBlock"), str):
        return []
    block = ipaddress.IPv4Network(one.inputs["cidrBlock"])
    return [
        f"{there} is a subnet already (InvalidSubnet.Conflict)"
        for other in others
        if other.inputs.get("vpcId") == one.inputs.get("vpcId")
        and isinstance(there := other.inputs.get("cidrBlock"), str)
        and block.overlaps(ipaddress.IPv4Network(there))
    ]


def _through(gateway: Existing, others: Sequence[Existing]) -> Iterator[Existing]:
    """What has public addresses in the gateway's network: NAT gateways and public balancers."""
    subnets = {
        other.id
        for other in others
        if other.type == _SUBNET and other.inputs.get("vpcId") == gateway.inputs.get("vpcId")
    }
    for other in others:
        if other.type == _NAT_GATEWAY:
            within = {other.inputs.get("subnetId")}
        elif other.type == _BALANCER and not other.inputs.get("internal"):
            within = set(other.inputs.get("subnets") or ())
        else:
            continue
        if subnets & within:
            yield other


_SUBNET, _NAT_GATEWAY = "aws:ec2/subnet:Subnet", "aws:ec2/natGateway:NatGateway"
_BALANCER = "aws:lb/loadBalancer:LoadBalancer"
_THROUGH = Held(frozenset({_SUBNET, _NAT_GATEWAY, _BALANCER}), _through, "DependencyViolation", place="vpcId")
"""DetachInternetGateway: not while something in the network has a public address."""


_TARGETS = (
    *(
        "carrierGatewayId",
        "coreNetworkArn",
        "egressOnlyGatewayId",
        "gatewayId",
        "localGatewayId",
        "natGatewayId",
    ),
    *("networkInterfaceId", "odbNetworkArn", "transitGatewayId", "vpcEndpointId", "vpcPeeringConnectionId"),
)


def _route(ask: Ask) -> Iterator[str]:
    """EC2 API, CreateRoute."""
    yield from one_of(
        ask.inputs, "destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId"
    )
    yield from one_of(ask.inputs, *_TARGETS)


def _endpoint(ask: Ask) -> Iterator[str]:
    """EC2 API, CreateVpcEndpoint."""
    gateway = ask["vpcEndpointType"] in (None, "Gateway")
    others = ("subnetIds", "securityGroupIds", "privateDnsEnabled") if gateway else ("routeTableIds",)
    kind = "Gateway" if gateway else ask["vpcEndpointType"]
    yield from (f"{key} does not go with an endpoint of type {kind}" for key in others if ask[key])
    service = str(ask["serviceName"] or "").split(".")
    if service[:3] == ["com", "amazonaws", "vpce"] and service[3] != ask.region and not ask["serviceRegion"]:
        yield f"InvalidServiceName: the endpoint service {ask['serviceName']} is not in {ask.region}"
    yield from twice("subnetIds", all_of(ask["subnetIds"]))


def _zone_of(ask: Ask, subnet: str) -> str:
    """Of a subnet that was made here what it was made with; of another one any of the region's."""
    for one in ask.world("aws:ec2/subnet:Subnet"):
        if one.id == subnet:
            return str(one.outputs.get("availabilityZone") or one.inputs.get("availabilityZone"))
    offered = zones(ask.region)
    return offered[int(hashlib.sha256(subnet.encode()).hexdigest(), 16) % len(offered)]


def _without_service(ask: Ask) -> list[str]:
    """What CreateVpcEndpoint answers for subnets (EC2 API, "Error codes"; VPC guide, "Availability Zones")."""
    if ask["vpcEndpointType"] != "Interface":
        return []
    found = [_zone_of(ask, subnet) for subnet in all_of(ask["subnetIds"])]
    told = [
        f"InvalidParameter: the VPC endpoint service does not support the availability zone of the subnet: {zone}"
        for zone in sorted({*found} - {*zones(ask.region)})
    ]
    if len(found) != len(set(found)):
        told.append("DuplicateSubnetsInSameZone: found multiple subnets in the same availability zone")
    return told


def _nat(ask: Ask) -> Iterator[str]:
    """EC2 API, CreateNatGateway."""
    public = ask["connectivityType"] in (None, "public")
    if ask["availabilityMode"] != "regional" and public != bool(ask["allocationId"]):
        yield "allocationId goes with the connectivityType public"


def _flow(ask: Ask) -> Iterator[str]:
    """EC2 API, CreateFlowLogs."""
    yield from one_of(
        ask.inputs,
        "eniId",
        "regionalNatGatewayId",
        "subnetId",
        "transitGatewayAttachmentId",
        "transitGatewayId",
        "vpcId",
    )
    to_logs = ask["logDestinationType"] in (None, "cloud-watch-logs")
    if to_logs != bool(ask["iamRoleArn"]) and ask["logDestinationType"] != "kinesis-data-firehose":
        yield "iamRoleArn goes with the destination cloud-watch-logs"
    if not ask["logDestination"]:
        yield "logDestination is required"


VPC = Resource(
    "aws:ec2/vpc:Vpc",
    "private network",
    answers=Answers(
        id=ec2_id("vpc"),
        outputs={
            "arn": "arn:{partition}:ec2:{region}:{account}:vpc/{id}",
            "defaultNetworkAclId": lambda ask: f"acl-{ask.hex(17, 'acl')}",
            "defaultRouteTableId": lambda ask: f"rtb-{ask.hex(17, 'rtb')}",
            "defaultSecurityGroupId": lambda ask: f"sg-{ask.hex(17, 'sg')}",
            "dhcpOptionsId": lambda ask: f"dopt-{ask.hex(17, 'dopt')}",
            "mainRouteTableId": lambda ask: f"rtb-{ask.hex(17, 'rtb')}",
            "ownerId": "{account}",
        },
        defaults={
            "cidrBlock": "10.0.0.0/16",
            "enableDnsHostnames": False,
            "enableDnsSupport": True,
            "instanceTenancy": "default",
        },
        absent=names("ipv6AssociationId"),
    ),
    requests=sent(
        create("ec2.CreateVpc", ec2_tags("vpc")),
        Call(
            "ec2.ModifyVpcAttribute",
            {"enableDnsHostnames": "EnableDnsHostnames.Value"},
            {"VpcId": "{id}"},
        ),
        Call("ec2.ModifyVpcAttribute", {"enableDnsSupport": "EnableDnsSupport.Value"}, {"VpcId": "{id}"}),
    ),
    refuses=Refuses(
        inputs=_bad_cidr,
        used_by=(
            Use("aws:ec2/internetGateway:InternetGateway", "vpcId", "DependencyViolation"),
            Use("aws:ec2/routeTable:RouteTable", "vpcId", "DependencyViolation"),
            Use("aws:ec2/securityGroup:SecurityGroup", "vpcId", "DependencyViolation"),
            Use("aws:ec2/subnet:Subnet", "vpcId", "DependencyViolation"),
            Use("aws:ec2/vpcEndpoint:VpcEndpoint", "vpcId", "DependencyViolation"),
        ),
    ),
    again=Refused(),
    replaced=replaced_by("cidrBlock ipv4IpamPoolId region"),
    import_id="{id}",
    found=ec2_tagged("vpc", "vpc"),
    data=NO_DATA,
    felt=Felt(gone=AWAY),
    costs=charges.FREE_NETWORK,
)


SUBNET = Resource(
    "aws:ec2/subnet:Subnet",
    "part of the network in one zone",
    answers=Answers(
        id=ec2_id("subnet"),
        outputs={
            "arn": "arn:{partition}:ec2:{region}:{account}:subnet/{id}",
            "ownerId": "{account}",
        },
        defaults={
            "availabilityZone": lambda ask: zones(ask.region)[0],
        },
        absent=names("ipv6CidrBlockAssociationId"),
    ),
    requests=sent(
        create("ec2.CreateSubnet", ec2_tags("subnet")),
        Call(
            "ec2.ModifySubnetAttribute",
            {
                "mapPublicIpOnLaunch": "MapPublicIpOnLaunch.Value",
                "assignIpv6AddressOnCreation": "AssignIpv6AddressOnCreation.Value",
                "enableDns64": "EnableDns64.Value",
            },
            {"SubnetId": "{id}"},
        ),
    ),
    refuses=Refuses(
        beside=_overlaps,
        inputs=_bad_cidr,
        used_by=(
            Use("aws:ec2/natGateway:NatGateway", "subnetId", "DependencyViolation"),
            Use("aws:ec2/vpcEndpoint:VpcEndpoint", "subnetIds", "DependencyViolation"),
            Use("aws:ecs/service:Service", "networkConfiguration.subnets", "DependencyViolation"),
            Use("aws:lb/loadBalancer:LoadBalancer", "subnets", "DependencyViolation"),
        ),
    ),
    again=Refused(),
    replaced=replaced_by("availabilityZone availabilityZoneId cidrBlock region vpcId"),
    import_id="{id}",
    found=ec2_tagged("subnet", "subnet"),
    data=NO_DATA,
    felt=Felt(gone=AWAY),
    costs=charges.FREE_NETWORK,
)


INTERNET_GATEWAY = Resource(
    "aws:ec2/internetGateway:InternetGateway",
    "way to the internet",
    answers=Answers(
        id=ec2_id("igw"),
        outputs={
            "arn": "arn:{partition}:ec2:{region}:{account}:internet-gateway/{id}",
            "ownerId": "{account}",
        },
    ),
    requests=sent(
        create("ec2.CreateInternetGateway", ec2_tags("internet-gateway")),
        Call("ec2.AttachInternetGateway", fixed={"InternetGatewayId": "{id}"}),
    ),
    refuses=Refuses(
        # A VPC has one internet gateway (AttachInternetGateway).
        once=(Once("an internet gateway of that network", "Resource.AlreadyAssociated", by("vpcId")),),
        held=_THROUGH,
    ),
    again=Refused(),
    replaced=replaced_by("region"),
    import_id="{id}",
    found=ec2_tagged("internet-gateway", "igw"),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=charges.FREE_NETWORK,
)


EIP = Resource(
    "aws:ec2/eip:Eip",
    "fixed public address",
    answers=Answers(
        id=ec2_id("eipalloc"),
        outputs={
            "allocationId": "{id}",
            "arn": "arn:{partition}:ec2:{region}:{account}:elastic-ip/{id}",
            "publicDns": lambda ask: _dns_of(public_address(ask), ask.region),
            "publicIp": public_address,
        },
        defaults={
            "domain": "vpc",
            "networkBorderGroup": "{region}",
            "publicIpv4Pool": "amazon",
        },
        absent=names("associationId carrierIp customerOwnedIp privateDns privateIp ptrRecord"),
    ),
    requests=sent(create("ec2.AllocateAddress", ec2_tags("elastic-ip"))),
    refuses=Refuses(
        used_by=(Use("aws:ec2/natGateway:NatGateway", "allocationId", "InvalidIPAddress.InUse"),)
    ),
    again=Refused(),
    replaced=replaced_by("domain region"),
    import_id="{id}",
    found=ec2_tagged("elastic-ip", "eipalloc"),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=charges.ADDRESS,
)


NAT_GATEWAY = Resource(
    "aws:ec2/natGateway:NatGateway",
    "outgoing connections of private subnets",
    answers=Answers(
        id=ec2_id("nat"),
        outputs={
            "associationId": lambda ask: f"eipassoc-{ask.hex(17, 'assoc')}",
            "networkInterfaceId": lambda ask: f"eni-{ask.hex(17, 'eni')}",
            "publicIp": public_address,
        },
        defaults={
            "connectivityType": "public",
            "privateIp": _private_address,
        },
        absent=names(
            "autoProvisionZones autoScalingIps regionalNatGatewayAddresses regionalNatGatewayAutoMode "
            "routeTableId"
        ),
    ),
    requests=sent(create("ec2.CreateNatGateway", ec2_tags("natgateway"))),
    refuses=Refuses(
        # One address serves one gateway (CreateNatGateway, AllocationId).
        once=(
            Once(
                "a gateway with that address", "Resource.AlreadyAssociated", _public_address, group="address"
            ),
        ),
        together=_nat,
    ),
    again=Refused(),
    replaced=replaced_by("allocationId connectivityType privateIp region subnetId"),
    import_id="{id}",
    found=ec2_tagged("natgateway", "nat"),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=charges.nat,
    drawn=(Drawn(Role.OUT, "NAT gateway", ("AWS {region}",), "one fixed address"),),
)


ROUTE_TABLE = Resource(
    "aws:ec2/routeTable:RouteTable",
    "routes of subnets",
    answers=Answers(
        id=ec2_id("rtb"),
        outputs={
            "arn": "arn:{partition}:ec2:{region}:{account}:route-table/{id}",
            "ownerId": "{account}",
        },
    ),
    requests=sent(create("ec2.CreateRouteTable", ec2_tags("route-table"))),
    refuses=Refuses(
        used_by=(
            Use("aws:ec2/routeTableAssociation:RouteTableAssociation", "routeTableId", "DependencyViolation"),
        )
    ),
    again=Refused(),
    replaced=replaced_by("region vpcId"),
    import_id="{id}",
    found=ec2_tagged("route-table", "rtb"),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=charges.FREE_NETWORK,
)


ROUTE = Resource(
    "aws:ec2/route:Route",
    "one route",
    answers=Answers(
        id=lambda ask: f"r-{ask['routeTableId']}{ask.number(10**10)}",
        outputs={
            "origin": "CreateRoute",
            "state": "active",
        },
        absent=names("instanceId instanceOwnerId"),
    ),
    requests=sent(create("ec2.CreateRoute")),
    refuses=Refuses(
        # EC2 API, CreateRoute.
        values={"destinationCidrBlock": cidr, "destinationIpv6CidrBlock": cidr},
        together=_route,
    ),
    again=Refused(),
    replaced=replaced_by(
        "destinationCidrBlock destinationIpv6CidrBlock destinationPrefixListId region routeTableId"
    ),
    import_id="{routeTableId}_{destinationCidrBlock|destinationIpv6CidrBlock|destinationPrefixListId}",
    found=Named(),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=charges.FREE_NETWORK,
)


ROUTE_TABLE_ASSOCIATION = Resource(
    "aws:ec2/routeTableAssociation:RouteTableAssociation",
    "which routes a subnet has",
    answers=Answers(id=ec2_id("rtbassoc")),
    requests=sent(create("ec2.AssociateRouteTable")),
    refuses=Refuses(
        once=(Once("a route table of that subnet", "Resource.AlreadyAssociated", by("subnetId")),)
    ),
    again=Refused(),
    replaced=replaced_by("gatewayId region subnetId"),
    import_id="{subnetId|gatewayId}/{routeTableId}",
    found=Named(),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=charges.FREE_NETWORK,
)


VPC_ENDPOINT = Resource(
    "aws:ec2/vpcEndpoint:VpcEndpoint",
    "private way to an AWS service",
    answers=Answers(
        id=ec2_id("vpce"),
        outputs={
            "arn": "arn:{partition}:ec2:{region}:{account}:vpc-endpoint/{id}",
            "cidrBlocks": [],
            "dnsEntries": _endpoint_dns,
            "networkInterfaceIds": lambda ask: [
                f"eni-{ask.hex(17, subnet)}" for subnet in ask["subnetIds"] or []
            ],
            "ownerId": "{account}",
            "prefixListId": lambda ask: (
                "pl-" + ask.hex(8) if (ask["vpcEndpointType"] or "Gateway") == "Gateway" else ""
            ),
            "requesterManaged": False,
            "state": "available",
        },
        defaults={
            "vpcEndpointType": "Gateway",
        },
    ),
    requests=sent(
        create("ec2.CreateVpcEndpoint", {"policy": "PolicyDocument", **ec2_tags("vpc-endpoint")}),
        local="autoAccept",
    ),
    refuses=Refuses(
        # EC2 API, CreateVpcEndpoint.
        values={"policy": document},
        once=(
            Once("an endpoint with that service's private name", "InvalidParameter", _private_name),
            Once("an endpoint of that service in the route table", "RouteAlreadyExists", _endpoint_routes),
        ),
        together=_endpoint,
        lacks=_without_service,
    ),
    again=Refused(),
    replaced=replaced_by("region serviceName vpcEndpointType vpcId"),
    import_id="{id}",
    found=ec2_tagged("vpc-endpoint", "vpce"),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=charges.endpoint,
)


SECURITY_GROUP = Resource(
    "aws:ec2/securityGroup:SecurityGroup",
    "firewall",
    answers=Answers(
        id=ec2_id("sg"),
        outputs={
            "arn": "arn:{partition}:ec2:{region}:{account}:security-group/{id}",
            "ownerId": "{account}",
        },
        defaults={
            "description": "Managed by Pulumi",
            "egress": [],
            "ingress": [],
            "vpcId": lambda ask: f"vpc-{ask.hex(17, 'default')}",
        },
        autoname=Autoname(),
    ),
    requests=sent(
        create("ec2.CreateSecurityGroup", {"name": "GroupName", **ec2_tags("security-group")}),
        local="revokeRulesOnDelete",
    ),
    refuses=Refuses(
        values={"description": GROUP_TEXT},
        once=(
            Once(
                "a security group of that name in the network", "InvalidGroup.Duplicate", by("vpcId", "name")
            ),
        ),
        used_by=(
            Use("aws:ec2/vpcEndpoint:VpcEndpoint", "securityGroupIds", "DependencyViolation"),
            Use("aws:ecs/service:Service", "networkConfiguration.securityGroups", "DependencyViolation"),
            Use("aws:lb/loadBalancer:LoadBalancer", "securityGroups", "DependencyViolation"),
            Use(
                "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
                "referencedSecurityGroupId",
                "DependencyViolation",
            ),
            Use(
                "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
                "referencedSecurityGroupId",
                "DependencyViolation",
            ),
        ),
    ),
    again=Refused(),
    replaced=replaced_by("description name namePrefix region vpcId"),
    import_id="{id}",
    found=ec2_tagged("security-group", "sg"),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=charges.FREE_NETWORK,
)


DEFAULT_SECURITY_GROUP = Resource(
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    "the network's own firewall, closed",
    answers=Answers(
        id=ec2_id("sg"),
        outputs={
            "arn": "arn:{partition}:ec2:{region}:{account}:security-group/{id}",
            "description": "default VPC security group",
            "name": "default",
            "ownerId": "{account}",
        },
        absent=names("namePrefix"),
    ),
    requests=sent(
        create(
            "ec2.DescribeSecurityGroups",
            {"vpcId": ("Filters", lambda vpc: [{"Name": "vpc-id", "Values": [vpc]}])},
        ),
        Call("ec2.CreateTags", {"tags": "Tags"}, {"Resources": ["{id}"]}),
        # Rules that are there are taken away; ours has none.
        local="egress ingress revokeRulesOnDelete",
    ),
    refuses=NOTHING_MORE,
    again=Overwritten(("vpcId",)),
    replaced=replaced_by("region vpcId"),
    import_id="{id}",
    found=Gone("AWS made it with the network"),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=charges.FREE_NETWORK,
)


FLOW_LOG = Resource(
    "aws:ec2/flowLog:FlowLog",
    "log of the network's connections",
    answers=Answers(
        id=ec2_id("fl"),
        outputs={
            "arn": "arn:{partition}:ec2:{region}:{account}:vpc-flow-log/{id}",
        },
        defaults={
            "logDestinationType": "cloud-watch-logs",
        },
    ),
    requests=sent(
        create(
            "ec2.CreateFlowLogs",
            {
                "vpcId": ("ResourceIds", listed),
                "iamRoleArn": "DeliverLogsPermissionArn",
                **ec2_tags("vpc-flow-log"),
            },
            {"ResourceType": "VPC"},
        )
    ),
    refuses=Refuses(
        # EC2 API, CreateFlowLogs.
        values={"maxAggregationInterval": among(60, 600)},
        once=(
            Once(
                "a flow log of that network to that place",
                "FlowLogAlreadyExists",
                by("vpcId", "logDestination"),
            ),
        ),
        together=_flow,
    ),
    again=Refused(),
    replaced=replaced_by(
        "destinationOptions eniId iamRoleArn logDestination logDestinationType logFormat "
        "maxAggregationInterval region subnetId trafficType vpcId"
    ),
    import_id="{id}",
    found=ec2_tagged("vpc-flow-log", "fl"),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("the log group that it fills is charged"),
)


GET_MANAGED_PREFIX_LIST = Lookup(
    "aws:ec2/getManagedPrefixList:getManagedPrefixList",
    outputs={
        "addressFamily": "IPv4",
        "arn": lambda ask: ask.arn("ec2", f"prefix-list/{_prefix_list(ask)}", account="aws"),
        "entries": [],
        "id": _prefix_list,
        "maxEntries": 60,
        "ownerId": "AWS",
        "version": 1,
    },
    defaults={
        "name": "com.amazonaws.{region}.s3",
        "tags": {},
    },
)


GET_SUBNET = Lookup(
    "aws:ec2/getSubnet:getSubnet",
    outputs={
        "arn": lambda ask: ask.arn("ec2", f"subnet/{ask['id']}"),
        "availabilityZone": lambda ask: _zone_of(ask, str(ask["id"])),
        "ownerId": "{account}",
        "state": "available",
        "vpcId": lambda ask: vpc_of(ask, ask["id"]),
    },
    absent=names(
        "assignIpv6AddressOnCreation availabilityZoneId availableIpAddressCount cidrBlock customerOwnedIpv4Pool "
        "defaultForAz enableDns64 enableLniAtDeviceIndex enableResourceNameDnsARecordOnLaunch "
        "enableResourceNameDnsAaaaRecordOnLaunch ipv6CidrBlock ipv6CidrBlockAssociationId ipv6Native "
        "mapCustomerOwnedIpOnLaunch mapPublicIpOnLaunch outpostArn privateDnsHostnameTypeOnLaunch tags"
    ),
)


GET_VPC_ENDPOINT_SERVICE = Lookup(
    "aws:ec2/getVpcEndpointService:getVpcEndpointService",
    outputs={
        "id": lambda ask: str(ask.number(10**9)),
        "acceptanceRequired": True,
        "availabilityZones": lambda ask: zones(ask.region),
        "owner": "amazon",
        "serviceId": lambda ask: str(ask["serviceName"]).rpartition(".")[2],
        "serviceRegion": "{region}",
        "vpcEndpointPolicySupported": False,
    },
    defaults={"serviceType": "Interface", "serviceName": "{service}"},
    absent=names(
        "arn baseEndpointDnsNames managesVpcEndpoints privateDnsName privateDnsNames supportedIpAddressTypes tags"
    ),
)
