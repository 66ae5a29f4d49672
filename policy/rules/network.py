"""Networks: what may come in, what may go out, and where the containers stand."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from policy import tokens as t
from policy.access import is_world
from policy.model import SECRET, UNKNOWN, Subject
from policy.product import owns
from policy.rule import Needs, Probe, Stop, View, absent, as_number, expecting, not_true, present
from policy.rules._make import ADVISORY, CRITICAL, HIGH, LOW, MANDATORY, MEDIUM, PRODUCTION, Area

_rule = Area("network")

ADMIN_PORTS = (
    20,
    21,
    22,
    23,
    25,
    135,
    445,
    1433,
    1434,
    3306,
    3389,
    5432,
    5500,
    5601,
    6379,
    9200,
    9300,
    27017,
)
"""Ports of EC2.13, EC2.14 and EC2.19 that matter here, and the database's."""
GROUPS = (t.SECURITY_GROUP, t.SECURITY_GROUP_RULE, t.INGRESS_RULE)
_SG_DOCS = "https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html"


@dataclass(frozen=True, slots=True)
class Opening:
    """One thing that a security group lets through."""

    view: View
    first: float
    last: float
    cidrs: tuple[str, ...]
    groups: bool
    """Whether it names other security groups."""
    protocol: str

    @property
    def world(self) -> bool:
        """Whether it is open to the whole internet, or to more than a hundredth of it."""
        return any(is_world(cidr) for cidr in self.cidrs)

    def holds(self, port: int) -> bool:
        """Tell whether it lets a port through."""
        return self.first <= port <= self.last


def openings(p: Probe, direction: str = "ingress") -> Iterator[Opening]:
    """Give what a security group or a rule of one lets in (or out); unknown parts are noted."""
    kind = p.subject.type
    if kind in {t.SECURITY_GROUP, t.DEFAULT_SECURITY_GROUP}:
        for view in p.each(direction):
            yield from _opening(view, "cidrBlocks", "ipv6CidrBlocks", "protocol", ("securityGroups", "self"))
    elif kind == t.SECURITY_GROUP_RULE:
        if p.need("type") == direction:
            yield from _opening(
                p, "cidrBlocks", "ipv6CidrBlocks", "protocol", ("sourceSecurityGroupId", "self")
            )
    elif kind == (t.INGRESS_RULE if direction == "ingress" else t.EGRESS_RULE):
        yield from _opening(p, "cidrIpv4", "cidrIpv6", "ipProtocol", ("referencedSecurityGroupId",))


def _opening(view: View, ipv4: str, ipv6: str, protocol: str, groups: tuple[str, ...]) -> Iterator[Opening]:
    cidrs: list[str] = []
    for key in (ipv4, ipv6):
        cidrs += [str(item.value) for item in view.each(key)]
    try:
        spoken = str(view.need(protocol)).lower()
        everything = spoken in {"-1", "all"}
        first = 0.0 if everything else as_number(view.need("fromPort"), 0)
        last = 65535.0 if everything else as_number(view.need("toPort"), 65535)
    except Stop:
        return
    named = any(present(view.get(key)) and view.get(key) is not False for key in groups)
    yield Opening(view, first, last, tuple(cidrs), named, spoken)


def group_of(p: Probe) -> list[Subject]:
    """Return the security group that is judged, or the one that the judged rule belongs to."""
    if p.subject.type == t.SECURITY_GROUP:
        return [p.subject]
    return p.stack.meant(p.subject, "securityGroupId", t.SECURITY_GROUP)


def _on_balancer(p: Probe, group: Subject) -> bool:
    return bool(p.stack.referring(group, t.LOAD_BALANCER, "securityGroups"))


def _no_admin_ports(p: Probe) -> None:
    for opening in openings(p):
        if opening.world and any(opening.holds(port) for port in ADMIN_PORTS):
            opening.view.fail("a port of administration or of a database is open to the world")


_TOO_BIG: Final = frozenset({("icmp", 3), ("1", 3), ("icmpv6", 2), ("58", 2)})
"""Protocol and type by which a router says that a packet is too big for it (EC2 user guide, "Path MTU Discovery")."""


def _world_only_web(p: Probe) -> None:
    for opening in openings(p):
        if not opening.world or (opening.protocol, opening.first) in _TOO_BIG:
            continue
        if p.subject.type == t.DEFAULT_SECURITY_GROUP:
            opening.view.fail("the group of everything that names none is open to the world")
        elif opening.first != opening.last or opening.first not in p.config.worldPorts:
            opening.view.fail("open to the world on other ports than the web's")
        elif owns(p.subject, p.stack) and not all(_on_balancer(p, group) for group in group_of(p)):
            opening.view.missing("open to the world on a group that is not the load balancer's")


def _app_port(p: Probe) -> None:
    if any(p.stack.referring(group, t.VPC_ENDPOINT, "securityGroupIds") for group in group_of(p)):
        return
    for opening in openings(p):
        if not opening.holds(p.config.appPort):
            continue
        if opening.world:
            opening.view.fail("the chat's port is open to the world, past the load balancer and its TLS")
            continue
        if opening.cidrs or not opening.groups:
            opening.view.missing("the chat's port is open to addresses instead of the load balancer's group")
            continue
        prop = {
            t.SECURITY_GROUP_RULE: "sourceSecurityGroupId",
            t.INGRESS_RULE: "referencedSecurityGroupId",
        }.get(p.subject.type)
        sources = p.stack.meant(p.subject, prop, t.SECURITY_GROUP) if prop else []
        if any(not _on_balancer(p, source) and source not in group_of(p) for source in sources):
            opening.view.missing("the chat's port is open to a group that is not the load balancer's")


def _described(p: Probe) -> None:
    p.expect("description", lambda text: present(text) and text != "Managed by Pulumi", "no description")
    if p.subject.type == t.SECURITY_GROUP:
        for direction in ("ingress", "egress"):
            for view in p.each(direction):
                view.expect("description", present, "a rule without description")


def _single_style(p: Probe) -> None:
    if any(p.subject.sets(key) and present(p.get(key)) for key in ("ingress", "egress")):
        for peer in (t.SECURITY_GROUP_RULE, t.INGRESS_RULE, t.EGRESS_RULE):
            for other in p.stack.referring(p.subject, peer, "securityGroupId"):
                p.fail(
                    f"has rules of its own, and {other.name} adds another one: each update undoes the other"
                )


def _vpc_default_group(p: Probe) -> None:
    if p.subject.type == t.VPC:
        message = "its default security group is left open: everything in it may talk to everything"
        p.partners(t.DEFAULT_SECURITY_GROUP, "vpcId", message)
        return
    for direction in ("ingress", "egress"):
        p.expect(direction, absent, "the default security group lets something through")
    for peer in (t.SECURITY_GROUP_RULE, t.INGRESS_RULE, t.EGRESS_RULE):
        for rule in p.stack.referring(p.subject, peer, "securityGroupId"):
            p.other(rule).fail("lets something through the default security group", "securityGroupId")


def _flow_logs(p: Probe) -> None:
    if p.subject.type == t.FLOW_LOG:
        p.expect("trafficType", lambda kind: kind in {"ALL", "REJECT"}, "records accepted traffic only")
    else:
        p.partners(t.FLOW_LOG, "vpcId", "no flow log records its traffic")


def _endpoints(p: Probe) -> None:
    endpoints = p.stack.referring(p.subject, t.VPC_ENDPOINT, "vpcId")
    names = [endpoint.properties.get("serviceName") for endpoint in endpoints]
    if any(name is UNKNOWN for name in names):
        p.unsure("(endpoints).serviceName")
    elif not any(str(name).endswith(".s3") for name in names):
        p.fail("no gateway endpoint for S3, which costs nothing: media go through the NAT gateway")


def _endpoint_policy(p: Probe) -> None:
    if p.expect("policy", present, "no policy: the endpoint serves anybody's resources"):
        document = p.document("policy")
        if document is not None:
            for statement in document.each("Statement"):
                if statement.get("Effect") == "Allow" and all(
                    _star(statement.get(key)) for key in ("Principal", "Action", "Resource")
                ):
                    statement.fail("lets everybody do everything")
    if p.get("vpcEndpointType") == "Interface":
        p.expect("securityGroupIds", present, "no security group of its own")


def _star(value: object) -> bool:
    return value in ("*", ["*"], {"AWS": "*"}, {"AWS": ["*"]})


def _two_zones(p: Probe) -> None:
    for key in ("subnets", "subnetMappings"):
        value = p.get(key)
        if value is UNKNOWN or value == SECRET:
            p.unsure(key)
            return
        if isinstance(value, list) and (len(value) >= 2):
            if key == "subnets" and UNKNOWN not in value and len(set(value)) < 2:
                continue
            return
    p.fail("stands in fewer than two zones", "subnets")


_ALL_PORTS = ("1-65535", "0", "all")
"""How DigitalOcean's API writes all ports."""


def _egress(p: Probe) -> None:
    if p.subject.type == t.DO_FIREWALL:
        for view in p.each("outboundRules"):
            everybody = any(is_world(str(item.value)) for item in view.each("destinationAddresses"))
            if everybody and view.get("protocol") != "icmp" and view.get("portRange") in _ALL_PORTS:
                view.fail("may reach every port of the whole internet")
        return
    for opening in openings(p, "egress"):
        if opening.world and opening.first == 0 and opening.last >= 65535:
            opening.view.fail("may reach every port of the whole internet")


def _lightsail_ports(p: Probe) -> None:
    if p.subject.type == t.LIGHTSAIL_INSTANCE:
        p.partners(
            t.LIGHTSAIL_PORTS, "instanceName", "its firewall is the default one: 22 and 80 open to the world"
        )
        return
    for view in p.each("portInfos"):
        cidrs = [str(item.value) for key in ("cidrs", "ipv6Cidrs") for item in view.each(key)]
        unknown = any(view.get(key) is UNKNOWN for key in ("cidrs", "ipv6Cidrs"))
        world = any(is_world(cidr) for cidr in cidrs) or not (cidrs or unknown or view.get("cidrListAliases"))
        if not world:
            continue
        first, last = as_number(view.need("fromPort"), 0), as_number(view.need("toPort"), 65535)
        web = first == last and first in p.config.worldPorts
        if not web:
            view.fail("open to the world on other ports than the web's")


def _do_firewall(p: Probe) -> None:
    for view in p.each("inboundRules"):
        if not any(is_world(str(item.value)) for item in view.each("sourceAddresses")):
            continue
        if str(view.need("portRange")) not in {str(port) for port in p.config.worldPorts}:
            view.fail("open to the world on other ports than the web's")


def _nat_count(p: Probe) -> None:
    if len(list(p.stack.of(t.NAT_GATEWAY))) > p.config.maxNatGateways:
        p.fail("more NAT gateways than the configuration allows")


def _nat_per_zone(p: Probe) -> None:
    zones = [s.properties.get("availabilityZone") for s in p.stack.of(t.SUBNET)]
    if UNKNOWN in zones:
        p.unsure("(subnets).availabilityZone")
        return
    gateways = list(p.stack.of(t.NAT_GATEWAY))
    if gateways and len(gateways) < len({zone for zone in zones if zone}):
        p.fail("fewer NAT gateways than zones: a zone that falls takes the others' way out with it")


def _load_balancer_group(p: Probe) -> None:
    if p.get("loadBalancerType") in {None, "application"}:
        p.expect("securityGroups", present, "no security group of its own: the open default group applies")


NET_SG_NO_ADMIN_PORTS = _rule(
    "net-sg-no-admin-ports",
    "No port of administration or of a database is open to the world",
    MANDATORY,
    CRITICAL,
    (*GROUPS, t.DEFAULT_SECURITY_GROUP),
    _no_admin_ports,
    maps="EC2.13, EC2.14, EC2.19, CIS6.3, CIS6.4, CKV_AWS_24, CKV_AWS_25, CKV_AWS_277",
    fix="Let administration in by Session Manager or from named addresses; never from 0.0.0.0/0 or ::/0.",
)
NET_SG_WORLD_ONLY_WEB = _rule(
    "net-sg-world-only-80-443",
    "Only the web's ports are open to the world, and of the product only on the load balancer",
    MANDATORY,
    HIGH,
    (*GROUPS, t.DEFAULT_SECURITY_GROUP),
    _world_only_web,
    maps="EC2.18, part of CKV_AWS_260",
    needs=Needs.EARLIER,
    why="whose group it is says the balancer, which is made after it",
    fix="Keep 0.0.0.0/0 and ::/0 for the balancer's ports 80 and 443; name groups or addresses elsewhere.",
)
NET_APP_PORT_FROM_ALB_ONLY = _rule(
    "net-app-port-from-alb-only",
    "The chat's port is reached from the load balancer's group only",
    MANDATORY,
    HIGH,
    GROUPS,
    _app_port,
    maps="part of EC2.18, RC",
    needs=Needs.EARLIER,
    why="balancers and endpoints, which say whose group it is, are made after it",
    fix="Refer to the balancer's security group in the rule that opens port 3000, not to addresses.",
    product=True,
)
NET_SG_DESCRIBED = _rule(
    "net-sg-described",
    "Security groups and their rules say what they are for",
    ADVISORY,
    LOW,
    (*GROUPS, t.EGRESS_RULE),
    _described,
    maps="CKV_AWS_23, compliance-policies aws-ec2-securitygroup-missing-description",
    fix="Give each group and each rule a description.",
    link=_SG_DOCS,
)
NET_SG_SINGLE_STYLE = _rule(
    "net-sg-single-style",
    "A security group has inline rules or rule resources, not both",
    MANDATORY,
    MEDIUM,
    (t.SECURITY_GROUP,),
    _single_style,
    maps="AWSGuard security-group-no-rule-management-conflicts",
    needs=Needs.STACK,
    why="a rule names its group by an id, and whose id it is is known at the end",
    fix="Use SecurityGroupIngressRule and SecurityGroupEgressRule only.",
    link=_SG_DOCS,
)
NET_DEFAULT_SG_CLOSED = _rule(
    "net-default-sg-closed",
    "The default security group lets nothing through",
    ADVISORY,
    HIGH,
    (t.VPC, t.DEFAULT_SECURITY_GROUP),
    _vpc_default_group,
    maps="EC2.2, CIS6.5, CKV2_AWS_12",
    needs=Needs.STACK,
    fix="Adopt it with DefaultSecurityGroup without ingress and egress.",
)
NET_FLOW_LOGS = _rule(
    "net-flow-logs",
    "Every VPC records its traffic",
    PRODUCTION,
    MEDIUM,
    (t.VPC, t.FLOW_LOG),
    _flow_logs,
    maps="EC2.6, CIS4.7, CKV2_AWS_11",
    needs=Needs.EARLIER,
    why="the log of a network is made after it",
    fix="Add a FlowLog with traffic type ALL or REJECT.",
)
NET_SUBNET_NO_AUTO_PUBLIC_IP = _rule(
    "net-subnet-no-auto-public-ip",
    "Subnets give no public addresses by themselves",
    MANDATORY,
    MEDIUM,
    (t.SUBNET,),
    expecting("mapPublicIpOnLaunch", not_true, "everything launched in it gets a public address"),
    maps="EC2.15, CKV_AWS_130",
    fix="Leave map_public_ip_on_launch off.",
)
NET_ECS_NO_PUBLIC_IP = _rule(
    "net-ecs-no-public-ip",
    "Containers have no public address",
    PRODUCTION,
    HIGH,
    (t.SERVICE,),
    expecting("networkConfiguration.assignPublicIp", not_true, "the containers have public addresses"),
    maps="ECS.2, CKV_AWS_333",
    fix="Put the service into private subnets behind NAT. A trial may trade this for the cost of NAT.",
)
NET_VPC_ENDPOINTS = _rule(
    "net-vpc-endpoints",
    "Traffic to S3 stays inside the network",
    ADVISORY,
    LOW,
    (t.VPC,),
    _endpoints,
    maps="part of CIS6.8",
    needs=Needs.STACK,
    fix="Add the S3 gateway endpoint; add interface endpoints where their price pays.",
    link="https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-s3.html",
)
NET_VPC_ENDPOINT_POLICY = _rule(
    "net-vpc-endpoint-policy",
    "VPC endpoints serve this deployment only",
    ADVISORY,
    MEDIUM,
    (t.VPC_ENDPOINT,),
    _endpoint_policy,
    maps="Well-Architected SEC05",
    fix="Give the endpoint a policy that names principals or resources, and interface endpoints a group.",
    link="https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html",
)
NET_ALB_TWO_ZONES = _rule(
    "net-alb-two-azs",
    "The load balancer stands in two zones or more",
    MANDATORY,
    MEDIUM,
    (t.LOAD_BALANCER,),
    _two_zones,
    maps="ELB.13, P:elbv2_is_in_multiple_az",
    fix="Give it subnets of at least two zones.",
)
NET_EGRESS_SCOPED = _rule(
    "net-egress-scoped",
    "Nothing may reach every port of the internet",
    ADVISORY,
    LOW,
    (t.SECURITY_GROUP, t.SECURITY_GROUP_RULE, t.EGRESS_RULE, t.DO_FIREWALL),
    _egress,
    maps="CKV_AWS_382",
    fix="List 443, 587 or 465, and 27015 to 27017 for Atlas.",
    link=_SG_DOCS,
)
NET_LIGHTSAIL_PORTS = _rule(
    "net-lightsail-ports",
    "A Lightsail host opens the web to the world and nothing else",
    MANDATORY,
    HIGH,
    (t.LIGHTSAIL_INSTANCE, t.LIGHTSAIL_PORTS),
    _lightsail_ports,
    maps="part of P:lightsail_instance_public",
    needs=Needs.EARLIER,
    why="the firewall of a host is made after it",
    fix="Declare InstancePublicPorts: 80 and 443 for all, 22 from named addresses or not at all.",
    link="https://docs.aws.amazon.com/lightsail/latest/userguide/"
    "understanding-firewall-and-port-mappings-in-amazon-lightsail.html",
)
NET_DO_FIREWALL_SCOPED = _rule(
    "net-do-firewall-scoped",
    "A DigitalOcean firewall opens the web to the world and nothing else",
    MANDATORY,
    HIGH,
    (t.DO_FIREWALL,),
    _do_firewall,
    maps="part of CKV_DIO_4, part of tfsec digitalocean-compute-no-public-ingress",
    fix="Name the addresses that may come in on other ports than 80 and 443.",
    link="https://docs.digitalocean.com/products/networking/firewalls/",
)
NET_DO_VPC = _rule(
    "net-do-vpc",
    "A DigitalOcean cluster has a network of its own",
    ADVISORY,
    LOW,
    (t.DO_CLUSTER,),
    expecting("vpcUuid", present, "stands in the account's default network"),
    maps="DO VPC",
    fix="Make a Vpc and give its id as vpc_uuid.",
    link="https://docs.digitalocean.com/products/networking/vpc/",
)
NET_NAT_COUNT = _rule(
    "net-nat-count",
    "There are no more NAT gateways than the budget bears",
    ADVISORY,
    LOW,
    (t.VPC,),
    _nat_count,
    maps="Well-Architected COST05",
    needs=Needs.STACK,
    fix="Use one gateway, or raise maxNatGateways.",
    link="https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-pricing.html",
)
NET_NAT_PER_ZONE = _rule(
    "net-nat-per-zone",
    "Each zone has its own way out",
    ADVISORY,
    LOW,
    (t.VPC,),
    _nat_per_zone,
    maps="Well-Architected REL10",
    needs=Needs.STACK,
    fix="Make a NAT gateway in each zone where downtime costs more than the gateway.",
    link="https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-basics.html",
)
NET_ALB_OWN_GROUP = _rule(
    "net-alb-own-group",
    "The load balancer has a security group of its own",
    MANDATORY,
    MEDIUM,
    (t.LOAD_BALANCER,),
    _load_balancer_group,
    maps="practice balancer-security-group",
    fix="Make a group for it and open 80 and 443 there.",
    link="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-update-security-groups.html",
)
