"""DigitalOcean: networks, gateways, firewalls, fixed addresses."""

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from clouds.ask import CREATED, Ask, Existing, names
from clouds.digitalocean import charges
from clouds.digitalocean.common import (
    given,
    one_named,
    overlaps,
    properties_of,
    property_of,
)
from clouds.limits import ipv4, shorter
from clouds.made_up import public_address
from clouds.openings import world
from clouds.record import (
    AWAY,
    IN_PLACE,
    NO_DATA,
    NO_MODELS,
    NOTHING_KNOWN,
    PUT_AGAIN,
    UNNOTICED,
    Answers,
    Autoname,
    Drawn,
    Felt,
    Lookup,
    Nothing,
    Overwritten,
    Person,
    Refused,
    Refuses,
    Resource,
    Role,
    Scope,
    Use,
    one_name,
    replaced_by,
)


def _network_name(ask: Ask) -> list[str]:
    found = []
    # Not before it is needed: components bring the SDK along.
    from components.runtime.doks_options import VPC_PREFIXES, reserved

    network = ask["ipRange"]
    if network is not None:
        largest, smallest = VPC_PREFIXES
        try:
            if not largest <= ipaddress.IPv4Network(network).prefixlen <= smallest:
                found.append(f"ipRange {network!r} must be from /{largest} to /{smallest}")
            found += [
                f"ipRange {network} overlaps {other}, which is reserved"
                for other in reserved(network, ask["region"])
            ]
        except ValueError as error:
            found.append(f"ipRange {network!r} is not valid: {error}")
    return found


def _range_taken(one: Existing, others: Iterable[Existing]) -> list[str]:
    """Networks of the account whose addresses a new one would share, in the words of `POST /v2/vpcs`."""
    taken = overlaps(one, others, "ipRange")
    return ["422 This range/size overlaps with another VPC network in your account"] if taken else []


def _gateway_vpcs(ask: Ask) -> list[dict[str, Any]]:
    return [
        {
            "defaultGateway": False,
            **vpc,
            "subnetUuid": vpc.get("subnetUuid") or ask.uuid(f"subnet{at}"),
            "gatewayIp": vpc.get("gatewayIp") or f"10.30.{at}.5",
        }
        for at, vpc in enumerate(ask["vpcs"])
    ]


_ICMP = "icmp"


MOST_RULES = 50
"""Of a firewall, both ways together (Cloud Firewalls, "Limits")."""


def _firewall(ask: Ask) -> list[str]:
    rules = len(ask["inboundRules"] or []) + len(ask["outboundRules"] or [])
    found = [f"a firewall has at most {MOST_RULES} rules, not {rules}"] if rules > MOST_RULES else []
    for direction in ("inboundRules", "outboundRules"):
        for at, rule in enumerate(ask[direction] or []):
            where, ports = f"{direction}[{at}]", rule.get("portRange")
            if rule["protocol"] not in {"tcp", "udp", _ICMP}:
                found.append(f"{where}.protocol {rule['protocol']!r} must be tcp, udp or icmp")
            if rule["protocol"] != _ICMP and not ports:
                found.append(f"{where}.portRange is needed for {rule['protocol']}")
            found.extend(
                f"{where}.portRange {ports} is no range of ports"
                for port in str(ports or "1").split("-")
                if port != "all" and not (port.isdecimal() and 1 <= int(port) <= 65535)
            )
    return found


def _gateway_stays(outputs: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[str]:
    """What the provider updates in its place, and `PUT /v2/vpc_nat_gateways/{id}` does not take."""
    return [
        f"{key} of a gateway cannot be changed" for key in ("region", "type") if outputs[key] != inputs[key]
    ]


VPC_NAT_GATEWAY = Resource(
    "digitalocean:index/vpcNatGateway:VpcNatGateway",
    "gateway with a fixed address for what leaves the network",
    answers=Answers(
        id=lambda ask: ask.uuid(),
        outputs={
            "createdAt": CREATED,
            "egresses": lambda ask: [{"publicGateways": [{"ipv4": public_address(ask)}]}],
            "state": "ACTIVE",
            "updatedAt": CREATED,
            "vpcs": _gateway_vpcs,
        },
        defaults={
            "icmpTimeoutSeconds": 30,
            "projectId": lambda ask: ask.uuid("project"),
            "tcpTimeoutSeconds": 300,
            "udpTimeoutSeconds": 30,
        },
        autoname=Autoname(),
    ),
    requests=NO_MODELS,
    refuses=Refuses(
        values={"icmpTimeoutSeconds": given, "tcpTimeoutSeconds": given, "udpTimeoutSeconds": given},
        busy=_gateway_stays,
    ),
    again=Refused(),
    # Of the set's members `subnetUuid` is filled in by the cloud (resource_vpc_nat_gateway.go).
    replaced=replaced_by("vpcs", filled={"vpcs": names("subnetUuid")}),
    import_id="{id}",
    found=one_named("getVpcNatGateway"),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=charges.nat,
    drawn=(Drawn(Role.OUT, "NAT gateway", ("DigitalOcean {region}",), "one fixed address"),),
)


def _open_to_world(inputs: Mapping[str, Any]) -> Iterator[str]:
    for one in inputs.get("inboundRules") or ():
        if world(one.get("sourceAddresses")):
            yield str(one.get("portRange"))


FIREWALL = Resource(
    "digitalocean:index/firewall:Firewall",
    "open ports of the host",
    answers=Answers(
        id=lambda ask: ask.uuid(),
        outputs={
            "createdAt": CREATED,
            "pendingChanges": [],
            "status": "succeeded",
        },
        autoname=Autoname(),
    ),
    requests=NO_MODELS,
    refuses=Refuses(
        inputs=_firewall,
        values={"inboundRules.*.sourceAddresses.*": given, "outboundRules.*.destinationAddresses.*": given},
        # DigitalOcean's API description: names that it calls unique, and what answers 409 or 422.
        once=(one_name("firewall", "duplicate name", Scope.ACCOUNT),),
    ),
    again=Refused(),
    replaced=IN_PLACE,
    import_id="{id}",
    found=Person("its lookup wants its id: see `doctl compute firewall list`"),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: DigitalOcean charges nothing for it"),
    opens=_open_to_world,
)


RESERVED_IP = Resource(
    "digitalocean:index/reservedIp:ReservedIp",
    "fixed public address",
    answers=Answers(
        id=public_address,
        outputs={
            "ipAddress": "{id}",
            "reservedIpUrn": "do:reservedip:{id}",
        },
    ),
    requests=NO_MODELS,
    refuses=NOTHING_KNOWN,
    again=Refused(),
    replaced=replaced_by("region"),
    import_id="{ipAddress}",
    found=Person("its lookup wants the address: see `doctl compute reserved-ip list`"),
    data=NO_DATA,
    felt=Felt(gone=AWAY),
    costs=Nothing("free: an address that is assigned costs nothing"),
)


RESERVED_IP_ASSIGNMENT = Resource(
    "digitalocean:index/reservedIpAssignment:ReservedIpAssignment",
    "address of the host",
    answers=Answers(id=lambda ask: f"{ask['dropletId']}-{ask['ipAddress']}-{ask.hex(8)}"),
    requests=NO_MODELS,
    refuses=Refuses(values={"dropletId": given, "ipAddress": ipv4}),
    again=Overwritten(("ipAddress",)),
    replaced=replaced_by("dropletId ipAddress", one_at=names("ipAddress")),
    import_id="{ipAddress},{dropletId}",
    found=PUT_AGAIN,
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: DigitalOcean charges nothing for it"),
)


VPC = Resource(
    "digitalocean:index/vpc:Vpc",
    "private network",
    answers=Answers(
        id=lambda ask: ask.uuid(),
        outputs={
            "createdAt": CREATED,
            "default": False,
            "vpcUrn": "do:vpc:{id}",
        },
        defaults={
            "ipRange": lambda ask: f"10.{104 + ask.number(20, 'range')}.0.0/20",
        },
        autoname=Autoname(),
    ),
    requests=NO_MODELS,
    refuses=Refuses(
        inputs=_network_name,
        values={"description": shorter(255), "name": given, "region": given},
        once=(one_name("network", "name already in use", Scope.ACCOUNT),),
        beside=_range_taken,
        # "Can not delete VPC with members" (DigitalOcean's API, 403).
        used_by=(
            Use("digitalocean:index/droplet:Droplet", "vpcUuid", "VPC with members"),
            Use("digitalocean:index/kubernetesCluster:KubernetesCluster", "vpcUuid", "VPC with members"),
            Use("digitalocean:index/vpcNatGateway:VpcNatGateway", "vpcs.vpcUuid", "VPC with members"),
        ),
    ),
    again=Refused(),
    replaced=replaced_by("ipRange region"),
    import_id="{id}",
    found=one_named("getVpc"),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: DigitalOcean charges nothing for it"),
)


GET_VPC = Lookup(
    "digitalocean:index/getVpc:getVpc",
    outputs={
        **properties_of("vpc:", "createdAt default description id ipRange region"),
        "urn": lambda ask: f"do:vpc:{property_of('vpc:', 'id')(ask)}",
    },
)


GET_VPC_NAT_GATEWAY = Lookup(
    "digitalocean:index/getVpcNatGateway:getVpcNatGateway",
    outputs={
        **properties_of(
            "vpcNatGateway:",
            "createdAt egresses icmpTimeoutSeconds id projectId region size state tcpTimeoutSeconds type "
            "udpTimeoutSeconds updatedAt vpcs",
        ),
    },
)
