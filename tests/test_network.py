"""The network: addresses, routes, doors in and out."""

import json
import re
from collections.abc import Sequence
from ipaddress import IPv4Network
from itertools import combinations
from pathlib import Path
from typing import Any

import botocore
import botocore.session
import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning import planned, values_of
from recording import ACCOUNT, REGION, Recording, record

from clouds.aws.common import zones
from clouds.aws.index import zone_ids
from components.network.existing import ExistingNetwork, ExistingNetworkArgs
from components.network.subnets import MAX_ZONES, plan_subnets
from components.network.vpc import ENDPOINTS, OWN_BUCKET_ACTIONS, Network, NetworkArgs
from components.regions import LACKING, REGIONS, fargate_zones, has_fargate, partition, zone_names
from stacks import files
from stacks.judging import Check
from stacks.language import parse

ZONES = ["ap-southeast-1c", "ap-southeast-1a", "ap-southeast-1b"]

EGRESS = [
    {"first_port": 443, "reason": "HTTPS"},
    {"first_port": 8443, "last_port": 8443, "reason": "Login"},
    {"first_port": 27015, "last_port": 27017, "reason": "MongoDB Atlas"},
]

OUTPUTS = {
    "Vpc": lambda args: {"ownerId": ACCOUNT, "arn": f"arn:aws:ec2:{REGION}:{ACCOUNT}:vpc/vpc-1"},
    "Eip": lambda args: {
        "publicIp": "198.51.100." + args.name[-1],
        "allocationId": f"{args.name}-allocation",
    },
}


def network_args(**changes: Any) -> NetworkArgs:
    args: dict[str, Any] = {
        "cidr": "10.20.0.0/16",
        "zone_count": 2,
        "nat": "one",
        "region": REGION,
        "egress": EGRESS,
        "flow_log_retention_days": 90,
        **changes,
    }
    return NetworkArgs(**args)  # type: ignore[typeddict-item, no-any-return]


def network(
    zones: Sequence[str] = ZONES, *, zone_ids: Sequence[str] | None = None, **changes: Any
) -> Recording:
    def program() -> Any:
        made = Network("net", network_args(**changes))
        place = made.place
        return {
            "public": place.public_subnet_ids,
            "tasks": place.task_subnet_ids,
            "vpc": place.vpc_id,
            "app": place.app_security_group_id,
            "public_address": place.assign_public_ip,
            "egress": list(place.egress.addresses),
            "addresses": made.egress_addresses,
            "nats": list(made.nat_gateways),
            "nat_ids": made.nat_gateway_ids,
        }

    ids = [f"apse1-az{'abc'.find(zone[-1]) + 1}" for zone in zones] if zone_ids is None else list(zone_ids)
    lookup = {"names": list(zones), "zoneIds": ids, "id": REGION, "groupNames": [], "region": REGION}
    return record(
        program,
        outputs=OUTPUTS,
        lookups={"aws:index/getAvailabilityZones:getAvailabilityZones": lookup},
    )


cidrs = st.builds(
    lambda base, prefix: str(IPv4Network((base, prefix), strict=False)),
    st.one_of(
        st.integers(0x0A000000, 0x0AFFFFFF),
        st.integers(0xAC100000, 0xAC1FFFFF),
        st.integers(0xC0A80000, 0xC0A8FFFF),
        st.integers(0x64400000, 0x647FFFFF),
    ),
    st.integers(16, 23),
)


@given(cidr=cidrs, zones=st.integers(2, MAX_ZONES))
def test_subnets_lie_inside_the_vpc_and_never_overlap(cidr: str, zones: int) -> None:
    plan = plan_subnets(cidr, zones)
    blocks = [IPv4Network(block) for block in (*plan.public, *plan.private)]
    assert len(plan.public) == len(plan.private) == zones
    assert all(block.subnet_of(IPv4Network(cidr)) for block in blocks)
    assert not any(one.overlaps(other) for one, other in combinations(blocks, 2))
    assert all(block.prefixlen <= 27 for block in blocks)


@given(cidr=cidrs, zones=st.integers(2, MAX_ZONES - 1))
def test_a_further_zone_moves_no_subnet(cidr: str, zones: int) -> None:
    before, after = plan_subnets(cidr, zones), plan_subnets(cidr, zones + 1)
    assert after.public[:zones] == before.public
    assert after.private[:zones] == before.private


@pytest.mark.parametrize(
    ("cidr", "zones", "says"),
    [
        ("10.0.0.0/99", 2, "no IPv4 block"),
        ("10.0.0.1/16", 2, "host bits"),
        ("10.0.0.0/8", 2, "from /16 to /23"),
        ("10.0.0.0/24", 2, "from /16 to /23"),
        ("8.8.0.0/16", 2, "not within a private range"),
        ("172.32.0.0/16", 2, "not within a private range"),
        ("10.0.0.0/16", 1, "zone_count is 1"),
        ("10.0.0.0/16", 9, "zone_count is 9"),
    ],
)
def test_an_impossible_block_or_number_of_zones_is_refused_by_name(cidr: str, zones: int, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        plan_subnets(cidr, zones)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"nat": "two"}, "the network's nat is 'two'; it must be one of one, per-zone, none"),
        ({"interface_endpoints": ["logs", "s4"]}, "an interface endpoint of the network is 's4'"),
        ({"cidr": "10.0.0.0/30"}, "the network's cidr"),
    ],
)
def test_a_wrong_choice_is_refused_before_anything_is_made(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Network("net", network_args(**change))


def test_a_region_with_too_few_zones_is_refused() -> None:
    with pytest.raises(
        pulumi.RunError, match=r"has 2 availability zones .* fewer than the network's zone_count of 3"
    ):
        network(ZONES[:2], zone_count=3)


def test_only_zones_that_need_no_opting_in_are_asked_for() -> None:
    ((_, asked),) = network().invokes
    assert asked["state"] == "available"
    assert asked["filters"] == [{"name": "opt-in-status", "values": ["opt-in-not-required"]}]


def test_subnets_are_in_the_first_zones_and_give_no_public_address_by_themselves() -> None:
    made = network(zone_count=3)
    for kind in ("public", "private"):
        subnets = [subnet for subnet in made.all("Subnet") if kind in subnet.name]
        assert [subnet.inputs["availabilityZone"] for subnet in subnets] == sorted(ZONES)
    assert all(subnet.inputs["mapPublicIpOnLaunch"] is False for subnet in made.all("Subnet"))
    assert all(subnet.ignore_changes == ("availabilityZone",) for subnet in made.all("Subnet"))


def test_one_nat_serves_all_private_subnets_and_its_address_is_the_egress() -> None:
    made = network(nat="one")
    assert [nat.name for nat in made.all("NatGateway")] == ["net-nat-1"]
    routes = [route for route in made.all("Route") if "private" in route.name]
    assert [route.inputs["natGatewayId"] for route in routes] == ["net-nat-1-id", "net-nat-1-id"]
    assert made.value["egress"] == made.value["addresses"] == ["198.51.100.1"]
    assert made.value["nats"] == made.value["nat_ids"] == ["net-nat-1-id"]
    assert made.value["public_address"] is False
    assert made.value["tasks"] == ["net-private-1-id", "net-private-2-id"]
    assert made.value["public"] == ["net-public-1-id", "net-public-2-id"]


def test_a_nat_per_zone_stands_in_its_zones_public_subnet() -> None:
    made = network(nat="per-zone", zone_count=3)
    for number in (1, 2, 3):
        nat = made.one("NatGateway", f"net-nat-{number}")
        assert nat.inputs["subnetId"] == f"net-public-{number}-id"
        assert nat.inputs["allocationId"] == f"net-nat-{number}-allocation"
        assert made.one("Route", f"net-private-{number}-nat").inputs["natGatewayId"] == f"net-nat-{number}-id"
        association = made.one("RouteTableAssociation", f"net-private-{number}").inputs
        assert association == {
            "subnetId": f"net-private-{number}-id",
            "routeTableId": f"net-private-{number}-id",
        }
    assert made.value["egress"] == ["198.51.100.1", "198.51.100.2", "198.51.100.3"]


def test_without_nat_containers_stand_in_the_public_subnets_and_have_no_fixed_egress() -> None:
    made = network(nat="none")
    assert not made.all("NatGateway")
    assert not made.all("Eip")
    assert not [subnet for subnet in made.all("Subnet") if "private" in subnet.name]
    assert made.value["public_address"] is True
    assert made.value["tasks"] == made.value["public"]
    assert made.value["egress"] == []


def test_only_public_subnets_have_a_route_from_the_internet_gateway() -> None:
    made = network()
    through = [route for route in made.all("Route") if "gatewayId" in route.inputs]
    assert [route.inputs["routeTableId"] for route in through] == ["net-public-id"]


def test_the_default_security_group_is_closed() -> None:
    group = network().one("DefaultSecurityGroup").inputs
    assert group == {"vpcId": "net-vpc-id", "ingress": [], "egress": []}


def test_flow_logs_hold_all_traffic_and_their_role_can_only_write_there() -> None:
    made = network(flow_log_retention_days=365)
    log = made.one("FlowLog").inputs
    assert log["trafficType"] == "ALL"
    assert log["vpcId"] == "net-vpc-id"
    assert made.one("LogGroup").inputs["retentionInDays"] == 365
    (trust,) = made.one("Role").json("assumeRolePolicy")["Statement"]
    assert trust["Principal"] == {"Service": ["vpc-flow-logs.amazonaws.com"]}
    assert trust["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
        "ArnLike": {"aws:SourceArn": f"arn:aws:ec2:{REGION}:{ACCOUNT}:vpc-flow-log/*"},
    }
    write, find = made.one("RolePolicy").json("policy")["Statement"]
    assert write["Resource"] == [f"{log['logDestination']}:*"]
    assert find["Resource"] == [f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:*"]


def test_the_s3_endpoint_is_free_on_every_route_table_and_lets_nothing_be_written_elsewhere() -> None:
    made = network(zone_count=3)
    endpoint = made.one("VpcEndpoint")
    assert endpoint.inputs["vpcEndpointType"] == "Gateway"
    assert endpoint.inputs["serviceName"] == f"com.amazonaws.{REGION}.s3"
    assert sorted(endpoint.inputs["routeTableIds"]) == [
        f"{table.name}-id" for table in made.all("RouteTable")
    ]
    assert len(endpoint.inputs["routeTableIds"]) == 4
    own, read = endpoint.json("policy")["Statement"]
    assert own["Action"] == list(OWN_BUCKET_ACTIONS)
    assert own["Condition"] == {"StringEquals": {"aws:ResourceAccount": ACCOUNT}}
    assert read["Action"] == ["s3:GetObject"]


def test_interface_endpoints_are_made_only_when_asked_for() -> None:
    assert len(network().all("VpcEndpoint")) == 1
    made = network(interface_endpoints=list(ENDPOINTS))
    interfaces = [e for e in made.all("VpcEndpoint") if e.inputs["vpcEndpointType"] == "Interface"]
    assert {e.inputs["serviceName"] for e in interfaces} == {
        f"com.amazonaws.{REGION}.{name}" for name in ENDPOINTS
    }
    for endpoint in interfaces:
        assert endpoint.inputs["privateDnsEnabled"] is True
        assert endpoint.inputs["securityGroupIds"] == ["net-endpoints-id"]
        assert endpoint.inputs["subnetIds"] == made.value["tasks"]
        for statement in endpoint.json("policy")["Statement"]:
            assert statement["Condition"] == {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}
            whole = statement["Sid"] == "Login" or ".ssmmessages" in endpoint.inputs["serviceName"]
            assert whole or statement["Resource"] != ["*"]
    door = made.one("SecurityGroupIngressRule").inputs
    assert (door["fromPort"], door["toPort"]) == (443, 443)
    assert door["referencedSecurityGroupId"] == made.value["app"]


def check_app_group(made: Recording, *, peers: bool = False) -> None:
    assert not made.all("SecurityGroupIngressRule")
    group = made.one("SecurityGroup", "net-app").inputs
    assert group["description"]
    assert "ingress" not in group
    assert "egress" not in group
    rules = [rule.inputs for rule in made.all("SecurityGroupEgressRule")]
    assert all(rule["description"] and rule["ipProtocol"] == "tcp" for rule in rules)
    assert all(rule["securityGroupId"] == "net-app-id" for rule in rules)
    world = sorted(
        (rule["fromPort"], rule["toPort"]) for rule in rules if rule.get("cidrIpv4") == "0.0.0.0/0"
    )
    assert world == [(443, 443), (8443, 8443), (27015, 27017)]
    inside = [rule for rule in rules if "cidrIpv4" not in rule]
    assert [(rule["fromPort"], rule["referencedSecurityGroupId"]) for rule in inside] == (
        [(4222, "net-app-id")] if peers else []
    )


def test_containers_may_connect_only_to_what_they_are_said_to_and_nothing_comes_in() -> None:
    check_app_group(network())
    check_app_group(network(peers=True), peers=True)


@pytest.mark.parametrize(
    ("egress", "says"),
    [
        ([{"first_port": 0, "reason": "x"}], "0 to 0"),
        ([{"first_port": 9, "last_port": 8, "reason": "x"}], "9 to 8"),
        ([{"first_port": 443, "reason": "x"}] * 2, "begin at one port"),
    ],
)
def test_ports_that_are_none_are_refused(egress: list[dict[str, Any]], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        network(egress=egress)


def test_zones_are_those_that_are_named() -> None:
    made = network(zone_names=["ap-southeast-1c", "ap-southeast-1b"])
    zones = {subnet.name: subnet.inputs["availabilityZone"] for subnet in made.all("Subnet")}
    assert zones["net-public-1"] == zones["net-private-1"] == "ap-southeast-1c"
    assert zones["net-public-2"] == zones["net-private-2"] == "ap-southeast-1b"


@pytest.mark.parametrize("names", [["ap-southeast-1a"], ["ap-southeast-1a"] * 2])
def test_named_zones_are_as_many_as_are_asked_for(names: list[str]) -> None:
    with pytest.raises(ValueError, match="zone_count of 2"):
        network(zone_names=names)


def test_zones_without_fargate_are_passed_over_and_refused_by_name() -> None:
    names, ids = ["us-east-1a", "us-east-1b", "us-east-1c"], ["use1-az3", "use1-az1", "use1-az2"]
    made = network(names, zone_ids=ids)
    assert {subnet.inputs["availabilityZone"] for subnet in made.all("Subnet")} == {
        "us-east-1b",
        "us-east-1c",
    }
    with pytest.raises(pulumi.RunError, match="no availability zone us-east-1a with Fargate"):
        network(names, zone_ids=ids, zone_names=["us-east-1a", "us-east-1b"])
    with pytest.raises(pulumi.RunError, match="2 availability zones with Fargate"):
        network(names, zone_ids=ids, zone_count=3)


def test_the_list_of_regions_is_that_of_the_sdk() -> None:
    path = Path(botocore.__file__).parent / "data" / "partitions.json"
    known = json.loads(path.read_text(encoding="utf-8"))["partitions"]
    offered = {"aws", "aws-cn", "aws-us-gov"}
    found = {region for one in known if one["id"] in offered for region in one["regions"]}
    assert set(REGIONS) == {region for region in found if not region.endswith("-global")}


def test_a_partition_lacks_what_the_sdk_has_no_endpoint_for() -> None:
    session = botocore.session.get_session()
    for region in REGIONS:
        assert session.get_partition_for_region(region) == partition(region)
    for where, lacking in LACKING.items():
        for service in ("budgets", "cloudfront", "route53", "sesv2", "wafv2"):
            there = session.get_available_regions(service, where) or session.get_available_regions(
                service, where, allow_non_regional=True
            )
            assert (service in lacking) == (not there)


def test_arns_in_govcloud_are_of_its_partition() -> None:
    plan = planned(
        {
            "aws:region": "us-gov-west-1",
            "rocketchat:chat": {"host": "chat.example.com", "users": 50},
            "rocketchat:runtime": {"kind": "fargate"},
            "rocketchat:database": {"kind": "uri", "version": "8.0", "empty": True},
            "rocketchat:media": {"kind": "s3", "bucket": "media-chat-example"},
            "rocketchat:dns": {"kind": "route53", "zone": "example.com"},
            "rocketchat:monitoring": {"alarmEmails": ["ops@example.com"]},
        },
        {"rocketchat:mongodbUri"},
    )
    said = json.dumps([resource.inputs for resource in plan.resources], default=str)
    assert "arn:aws-us-gov:" in said
    assert "arn:aws:" not in said


@pytest.mark.parametrize("region", REGIONS)
def test_a_region_has_the_zones_that_its_cloud_offers(region: str) -> None:
    offered = dict(zip(zones(region), zone_ids(region), strict=True))
    assert set(offered) <= set(zone_names(region))
    assert fargate_zones(region) == sum(has_fargate(zone_id) for zone_id in offered.values())


def test_a_named_zone_that_the_account_has_not_is_refused_with_those_it_has() -> None:
    with pytest.raises(
        pulumi.RunError, match="no availability zone ap-southeast-1d with Fargate; it has ap-southeast-1a"
    ):
        network(zone_names=["ap-southeast-1a", "ap-southeast-1d"])


def existing(**changes: Any) -> Recording:
    args: dict[str, Any] = {
        "vpc_id": "vpc-9",
        "public_subnet_ids": ["subnet-1", "subnet-2"],
        "task_subnet_ids": ["subnet-3"],
        "egress": EGRESS,
        **changes,
    }

    def program() -> Any:
        place = ExistingNetwork("net", ExistingNetworkArgs(**args)).place  # type: ignore[typeddict-item]
        return {
            "vpc": place.vpc_id,
            "public": place.public_subnet_ids,
            "tasks": place.task_subnet_ids,
            "app": place.app_security_group_id,
            "public_address": place.assign_public_ip,
            "egress": list(place.egress.addresses),
        }

    subnets = {"subnet-1": "vpc-9", "subnet-2": "vpc-9", "subnet-3": "vpc-9", "subnet-4": "vpc-8"}
    return record(
        program, lookups={"aws:ec2/getSubnet:getSubnet": lambda asked: {"vpcId": subnets[asked["id"]]}}
    )


@pytest.mark.parametrize("key", ["public_subnet_ids", "task_subnet_ids"])
def test_a_subnet_of_another_vpc_is_told_before_anything_is_made(key: str) -> None:
    with pytest.raises(pulumi.RunError, match="the subnet subnet-4 is in vpc-8, and the network is vpc-9"):
        existing(**{key: ["subnet-1", "subnet-4"]})


def test_in_an_existing_vpc_only_the_security_group_is_made() -> None:
    made = existing(egress_addresses=["203.0.113.7"])
    assert {one.type for one in made.made} == {
        "rocketchat:index:ExistingNetwork",
        "aws:ec2/securityGroup:SecurityGroup",
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    }
    check_app_group(made)
    assert made.one("SecurityGroup").inputs["vpcId"] == "vpc-9"
    assert made.value == {
        "vpc": "vpc-9",
        "public": ["subnet-1", "subnet-2"],
        "tasks": ["subnet-3"],
        "app": "net-app-id",
        "public_address": False,
        "egress": ["203.0.113.7"],
    }


@pytest.mark.parametrize(
    ("given_", "expected"),
    [({}, False), ({"assign_public_ip": False}, False), ({"assign_public_ip": True}, True)],
)
def test_public_addresses_in_an_existing_vpc_are_off_unless_asked_for(
    given_: dict[str, bool], expected: bool
) -> None:
    assert existing(**given_).value["public_address"] is expected


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"public_subnet_ids": ["subnet-1"]}, "two different public_subnet_ids"),
        ({"public_subnet_ids": ["subnet-1", "subnet-2", "subnet-1"]}, "public_subnet_ids has subnet-1 twice"),
        ({"task_subnet_ids": ["subnet-3", "subnet-3"]}, "task_subnet_ids has subnet-3 twice"),
        ({"task_subnet_ids": []}, "task_subnet_ids is empty"),
    ],
)
def test_too_few_subnets_of_an_existing_vpc_are_refused(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        existing(**change)


def quotas(**runtime: Any) -> Check:
    """What a stack is told of the account's quotas."""
    values, secure = values_of("services-fargate"), files.read("services-fargate").secure
    values["rocketchat:runtime"] = {**values["rocketchat:runtime"], **runtime}
    [check] = [one for one in parse(values, secure, source="a test").checks if "quotas" in one.title]
    return check


def test_more_vcpus_than_a_new_account_has_are_told_with_the_quota_to_raise() -> None:
    [warning] = quotas(cpu=4096, memory=8192).warnings
    [needed] = re.findall(r"up to ([\d.]+) vCPU of Fargate On-Demand", warning)
    assert float(needed) > 6
    assert "`Fargate On-Demand vCPU resource count`" in warning


def test_a_chat_within_the_quota_of_a_new_account_is_not_warned_of_it() -> None:
    check = quotas(topology="monolith", instances=1, maxInstances=1, cpu=2048)
    assert check.warnings == ()
    assert any("vCPU of Fargate" in note for note in check.notes)


@pytest.mark.parametrize(("network", "addresses"), [({}, "1"), ({"nat": "per-zone", "zones": 3}, "3")])
def test_elastic_addresses_are_told_with_the_quota_of_a_region(
    network: dict[str, Any], addresses: str
) -> None:
    told = [note for note in quotas(network=network).notes if "Elastic IP" in note]
    assert [note.split()[0] for note in told] == [addresses]
    assert all("of the 5 Elastic IP addresses" in note for note in told)
