"""VPC and what stands in it."""

import ipaddress
import re
from typing import Any

from rehearsal.standins.aws.common import ec2_arn, ec2_id, owner
from rehearsal.standins.table import Ask, Autoname, Lookup, Standin, always, given, names

ZONES = {"us-east-1": "abcdef", "us-west-2": "abcd", "ap-northeast-1": "acd", "us-west-1": "ac"}
"""Letters of the availability zones, where they are not a, b, c."""
SOURCES = ("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId")
PREFIX_LISTS = {
    "com.amazonaws.global.cloudfront.origin-facing": "pl-31a34658",
    "com.amazonaws.s3": "pl-6fa54006",
}
"""Ids of managed prefix lists, made up but for their form."""


_ZONE_IDS = {"ap-northeast-1": "124", "us-west-1": "13"}
"""Numbers of the zones' ids, where they are not counted from one."""


def zone_ids(region: str) -> list[str]:
    """Ids of a region's availability zones, such as `apse1-az1` (AWS RAM guide, "Availability Zone IDs")."""
    ground, *where, number = region.split("-")
    short = "".join(re.sub(r"(south|north)?(east|west|central)?", r"\1 \2", part) for part in where)
    letters = "".join(word[0] for word in short.split())
    count = len(ZONES.get(region, "abc"))
    numbers = _ZONE_IDS.get(region, "123456"[:count])
    return [f"{ground}{letters}{number}-az{at}" for at in numbers]


def zones(region: str) -> list[str]:
    """Names of a region's availability zones."""
    return [region + letter for letter in ZONES.get(region, "abc")]


def public_address(ask: Ask) -> str:
    """An address of TEST-NET-3 (RFC 5737), so that a rehearsal never names anybody's host."""
    return f"203.0.113.{1 + ask.number(254, 'address')}"


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


def _rule(what: str) -> Standin:
    return Standin(
        what=what,
        id=ec2_id("sgr"),
        computed={"arn": ec2_arn("security-group-rule"), "securityGroupRuleId": lambda ask: ask.id},
        replaces=names("region securityGroupId"),
        refuses=_rule_refusals,
    )


def _rule_refusals(ask: Ask) -> list[str]:
    sources = [key for key in SOURCES if key in ask.inputs]
    if len(sources) != 1:
        return [f"exactly one of {', '.join(SOURCES)} must be set, not {' and '.join(sources) or 'none'}"]
    return []


TYPES: dict[str, Standin] = {
    "aws:ec2/vpc:Vpc": Standin(
        what="private network",
        id=ec2_id("vpc"),
        computed={
            "arn": ec2_arn("vpc"),
            "cidrBlock": given("cidrBlock", "10.0.0.0/16"),
            "defaultNetworkAclId": lambda ask: f"acl-{ask.hex(17, 'acl')}",
            "defaultRouteTableId": lambda ask: f"rtb-{ask.hex(17, 'rtb')}",
            "defaultSecurityGroupId": lambda ask: f"sg-{ask.hex(17, 'sg')}",
            "dhcpOptionsId": lambda ask: f"dopt-{ask.hex(17, 'dopt')}",
            "enableDnsHostnames": given("enableDnsHostnames", otherwise=False),
            "enableDnsSupport": given("enableDnsSupport", otherwise=True),
            "instanceTenancy": given("instanceTenancy", "default"),
            "mainRouteTableId": lambda ask: f"rtb-{ask.hex(17, 'rtb')}",
            "ownerId": owner,
        },
        absent=names("ipv6AssociationId"),
        replaces=names("cidrBlock ipv4IpamPoolId region"),
        refuses=_bad_cidr,
    ),
    "aws:ec2/subnet:Subnet": Standin(
        what="part of the network in one zone",
        id=ec2_id("subnet"),
        computed={
            "arn": ec2_arn("subnet"),
            "availabilityZone": given("availabilityZone", lambda ask: zones(ask.region)[0]),
            "ownerId": owner,
        },
        absent=names("ipv6CidrBlockAssociationId"),
        replaces=names("availabilityZone availabilityZoneId cidrBlock region vpcId"),
        refuses=_bad_cidr,
    ),
    "aws:ec2/internetGateway:InternetGateway": Standin(
        what="way to the internet",
        id=ec2_id("igw"),
        computed={"arn": ec2_arn("internet-gateway"), "ownerId": owner},
        replaces=names("region"),
    ),
    "aws:ec2/eip:Eip": Standin(
        what="fixed public address",
        id=ec2_id("eipalloc"),
        computed={
            "allocationId": lambda ask: ask.id,
            "arn": ec2_arn("elastic-ip"),
            "domain": given("domain", "vpc"),
            "networkBorderGroup": given("networkBorderGroup", lambda ask: ask.region),
            "publicDns": lambda ask: _dns_of(public_address(ask), ask.region),
            "publicIp": public_address,
            "publicIpv4Pool": given("publicIpv4Pool", "amazon"),
        },
        absent=names("associationId carrierIp customerOwnedIp privateDns privateIp ptrRecord"),
        replaces=names("domain region"),
    ),
    "aws:ec2/natGateway:NatGateway": Standin(
        what="outgoing connections of private subnets",
        id=ec2_id("nat"),
        computed={
            "associationId": lambda ask: f"eipassoc-{ask.hex(17, 'assoc')}",
            "connectivityType": given("connectivityType", "public"),
            "networkInterfaceId": lambda ask: f"eni-{ask.hex(17, 'eni')}",
            "privateIp": given("privateIp", _private_address),
            "publicIp": public_address,
        },
        absent=names(
            "autoProvisionZones autoScalingIps regionalNatGatewayAddresses regionalNatGatewayAutoMode "
            "routeTableId"
        ),
        replaces=names("allocationId connectivityType privateIp region subnetId"),
    ),
    "aws:ec2/routeTable:RouteTable": Standin(
        what="routes of subnets",
        id=ec2_id("rtb"),
        computed={"arn": ec2_arn("route-table"), "ownerId": owner},
        replaces=names("region vpcId"),
    ),
    "aws:ec2/route:Route": Standin(
        what="one route",
        id=lambda ask: f"r-{ask['routeTableId']}{ask.number(10**10)}",
        computed={"origin": always("CreateRoute"), "state": always("active")},
        absent=names("instanceId instanceOwnerId"),
        replaces=names(
            "destinationCidrBlock destinationIpv6CidrBlock destinationPrefixListId region routeTableId"
        ),
    ),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": Standin(
        what="which routes a subnet has",
        id=ec2_id("rtbassoc"),
        replaces=names("gatewayId region subnetId"),
    ),
    "aws:ec2/vpcEndpoint:VpcEndpoint": Standin(
        what="private way to an AWS service",
        id=ec2_id("vpce"),
        computed={
            "arn": ec2_arn("vpc-endpoint"),
            "cidrBlocks": always([]),
            "dnsEntries": _endpoint_dns,
            "networkInterfaceIds": lambda ask: [
                f"eni-{ask.hex(17, subnet)}" for subnet in ask["subnetIds"] or []
            ],
            "ownerId": owner,
            "prefixListId": lambda ask: (
                "pl-" + ask.hex(8) if (ask["vpcEndpointType"] or "Gateway") == "Gateway" else ""
            ),
            "requesterManaged": always(False),
            "state": always("available"),
            "vpcEndpointType": given("vpcEndpointType", "Gateway"),
        },
        replaces=names("region serviceName vpcEndpointType vpcId"),
    ),
    "aws:ec2/securityGroup:SecurityGroup": Standin(
        what="firewall",
        id=ec2_id("sg"),
        computed={
            "arn": ec2_arn("security-group"),
            "description": given("description", "Managed by Pulumi"),
            "egress": given("egress", lambda _ask: []),
            "ingress": given("ingress", lambda _ask: []),
            "ownerId": owner,
            "vpcId": given("vpcId", lambda ask: f"vpc-{ask.hex(17, 'default')}"),
        },
        autoname=Autoname(),
        replaces=names("description name namePrefix region vpcId"),
    ),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": Standin(
        what="the network's own firewall, closed",
        id=ec2_id("sg"),
        computed={
            "arn": ec2_arn("security-group"),
            "description": always("default VPC security group"),
            "name": always("default"),
            "ownerId": owner,
        },
        absent=names("namePrefix"),
        replaces=names("region vpcId"),
    ),
    "aws:ec2/flowLog:FlowLog": Standin(
        what="log of the network's connections",
        id=ec2_id("fl"),
        computed={
            "arn": ec2_arn("vpc-flow-log"),
            "logDestinationType": given("logDestinationType", "cloud-watch-logs"),
        },
        replaces=names(
            "destinationOptions eniId iamRoleArn logDestination logDestinationType logFormat "
            "maxAggregationInterval region subnetId trafficType vpcId"
        ),
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _rule("what may come in"),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _rule("what may go out"),
}


def _subnet_ids(ask: Ask) -> list[str]:
    return sorted(f"subnet-{ask.hex(17, str(at))}" for at in range(3))


def _vpc_id(ask: Ask) -> str:
    return str(ask["id"] or f"vpc-{ask.hex(17)}")


def _prefix_list(ask: Ask) -> str:
    name = str(ask["name"] or "").replace(f".{ask.region}.", ".")
    return str(ask["id"] or ask["prefixListId"] or PREFIX_LISTS.get(name) or f"pl-{ask.hex(8)}")


def _filtered(ask: Ask, name: str) -> Any:
    for one in ask["filters"] or []:
        if one.get("name") == name and one.get("values"):
            return one["values"][0]
    return None


LOOKUPS: dict[str, Lookup] = {
    "aws:index/getAvailabilityZones:getAvailabilityZones": Lookup(
        {
            "groupNames": lambda ask: [ask.region],
            "id": lambda ask: ask.region,
            "names": lambda ask: [
                zone for zone in zones(ask.region) if zone not in (ask["excludeNames"] or [])
            ],
            "zoneIds": lambda ask: [
                zone_id
                for zone, zone_id in zip(zones(ask.region), zone_ids(ask.region), strict=True)
                if zone not in (ask["excludeNames"] or [])
            ],
        }
    ),
    "aws:ec2/getVpc:getVpc": Lookup(
        {
            "arn": lambda ask: ask.arn("ec2", f"vpc/{_vpc_id(ask)}"),
            "cidrBlock": given("cidrBlock", "10.20.0.0/16"),
            "cidrBlockAssociations": always([]),
            "default": given("default", otherwise=False),
            "dhcpOptionsId": given("dhcpOptionsId", lambda ask: f"dopt-{ask.hex(17)}"),
            "enableDnsHostnames": always(True),
            "enableDnsSupport": always(True),
            "enableNetworkAddressUsageMetrics": always(False),
            "id": _vpc_id,
            "instanceTenancy": always("default"),
            "ipv6AssociationId": always(""),
            "ipv6CidrBlock": always(""),
            "ipv6CidrBlockAssociations": always([]),
            "mainRouteTableId": lambda ask: f"rtb-{ask.hex(17)}",
            "ownerId": owner,
            "state": given("state", "available"),
            "tags": given("tags", lambda _ask: {}),
        }
    ),
    "aws:ec2/getSubnets:getSubnets": Lookup(
        {
            "id": lambda ask: ask.region,
            "ids": _subnet_ids,
            "tags": given("tags", lambda _ask: {}),
        }
    ),
    "aws:ec2/getSubnet:getSubnet": Lookup(
        {
            "arn": lambda ask: ask.arn("ec2", f"subnet/{ask['id'] or 'subnet-' + ask.hex(17)}"),
            "assignIpv6AddressOnCreation": always(False),
            "availabilityZone": given("availabilityZone", lambda ask: zones(ask.region)[ask.number(2)]),
            "availabilityZoneId": given("availabilityZoneId", lambda ask: f"{ask.region}-az1"),
            "availableIpAddressCount": always(250),
            "cidrBlock": given("cidrBlock", lambda ask: f"10.20.{ask.number(255)}.0/24"),
            "defaultForAz": given("defaultForAz", otherwise=False),
            "id": given("id", lambda ask: f"subnet-{ask.hex(17)}"),
            "mapPublicIpOnLaunch": always(False),
            "ownerId": owner,
            "state": given("state", "available"),
            "tags": given("tags", lambda _ask: {}),
            "vpcId": given("vpcId", lambda ask: f"vpc-{ask.hex(17)}"),
        },
        absent=names(
            "customerOwnedIpv4Pool enableDns64 enableLniAtDeviceIndex enableResourceNameDnsARecordOnLaunch "
            "enableResourceNameDnsAaaaRecordOnLaunch ipv6CidrBlockAssociationId ipv6Native "
            "mapCustomerOwnedIpOnLaunch outpostArn privateDnsHostnameTypeOnLaunch"
        ),
    ),
    "aws:ec2/getNatGateways:getNatGateways": Lookup(
        {
            "id": lambda ask: ask.region,
            "ids": lambda ask: [f"nat-{ask.hex(17)}"],
            "tags": given("tags", lambda _ask: {}),
        }
    ),
    "aws:ec2/getNatGateway:getNatGateway": Lookup(
        {
            "allocationId": lambda ask: f"eipalloc-{ask.hex(17)}",
            "associationId": lambda ask: f"eipassoc-{ask.hex(17)}",
            "connectivityType": always("public"),
            "id": given("id", lambda ask: f"nat-{ask.hex(17)}"),
            "networkInterfaceId": lambda ask: f"eni-{ask.hex(17)}",
            "privateIp": _private_address,
            "publicIp": public_address,
            "state": given("state", "available"),
            "subnetId": given("subnetId", lambda ask: f"subnet-{ask.hex(17)}"),
            "tags": given("tags", lambda _ask: {}),
            "vpcId": given("vpcId", lambda ask: f"vpc-{ask.hex(17)}"),
            "secondaryAllocationIds": always([]),
            "secondaryPrivateIpAddresses": always([]),
            "secondaryPrivateIpAddressCount": always(0),
        },
        absent=names(
            "autoProvisionZones autoScalingIps availabilityMode availabilityZoneAddresses "
            "regionalNatGatewayAddresses routeTableId"
        ),
    ),
    "aws:ec2/getManagedPrefixList:getManagedPrefixList": Lookup(
        {
            "addressFamily": always("IPv4"),
            "arn": lambda ask: ask.arn("ec2", f"prefix-list/{_prefix_list(ask)}", account="aws"),
            "entries": always([]),
            "id": _prefix_list,
            "maxEntries": always(60),
            "name": given("name", lambda ask: f"com.amazonaws.{ask.region}.s3"),
            "ownerId": always("AWS"),
            "tags": given("tags", lambda _ask: {}),
            "version": always(1),
        }
    ),
    "aws:ec2/getPrefixList:getPrefixList": Lookup(
        {
            "cidrBlocks": always(["198.51.100.0/24"]),
            "id": _prefix_list,
            "name": given("name", lambda ask: f"com.amazonaws.{ask.region}.s3"),
        }
    ),
    "aws:ec2/getSecurityGroup:getSecurityGroup": Lookup(
        {
            "arn": lambda ask: ask.arn("ec2", f"security-group/{ask['id'] or 'sg-' + ask.hex(17)}"),
            "description": always("made elsewhere"),
            "id": given("id", lambda ask: f"sg-{ask.hex(17)}"),
            "name": given("name", lambda ask: _filtered(ask, "group-name") or f"group-{ask.hex(7)}"),
            "tags": given("tags", lambda _ask: {}),
            "vpcId": given("vpcId", lambda ask: f"vpc-{ask.hex(17)}"),
        }
    ),
}
