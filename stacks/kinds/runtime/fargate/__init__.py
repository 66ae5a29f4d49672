"""Containers on AWS ECS Fargate: the model and its rules. `place.py` makes it."""

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from components.edge.balancer import MOST_SOURCES
from components.network.subnets import plan_subnets
from components.regions import fargate_zones, zone_names
from components.runtime.fargate_args import DEFINITION_BYTES, SECRET_BYTES
from components.runtime.fargate_bot import CPU as BOT_CPU
from rocketchat import services, sizing
from rocketchat.bot import DEFAULT_IMAGE as HUBOT
from rocketchat.releases import Release
from stacks.egress import ways_out
from stacks.fields import Address, Arn, Cidr, EgressPorts, Form, LogDays, Part, of_kind
from stacks.judging import Finding, Note, Warning_, rule
from stacks.kinds.dns import ADD, DnsKind
from stacks.kinds.edge import EdgeKind
from stacks.kinds.runtime import Place, RuntimeKind, tight
from stacks.parts import Bot, Chat
from stacks.problems import Problem
from stacks.processes import processes
from stacks.profiles import Defaults
from stacks.words import count

if TYPE_CHECKING:
    from stacks.kinds.context import Context
    from stacks.spec import Parts

NEW_ACCOUNTS_VCPU = 6
"""Fargate's quota of new accounts (AWS General Reference, "Amazon ECS endpoints and quotas"), raised on request."""
REGIONS_ADDRESSES = 5
"""Elastic IP addresses of an account in a region (VPC guide, "Amazon VPC quotas"), raised on request."""
ZONES_NAT_GATEWAYS = 5
"""NAT gateways of an account in a zone (the same page)."""
SECURITY_GROUP_RULES = 60
"""Of a security group, each way (the same page)."""
HOST_HEADER_LIMIT = 128
"""Characters of a host name in a rule (ELB user guide, "Host conditions")."""
DOCKER_NETWORK = "172.17.0.0/16"
"""Docker's default bridge, which containers on EC2 and build hosts use."""

VpcId = Annotated[str, Form(r"vpc-[0-9a-f]{8,17}", "a VPC's id, such as vpc-0123456789abcdef0")]
SubnetId = Annotated[str, Form(r"subnet-[0-9a-f]{8,17}", "a subnet's id, such as subnet-0123456789abcdef0")]
ZoneName = Annotated[
    str, Form(r"[a-z]{2}(-[a-z]+)+-[0-9][a-z]", "an availability zone's name, such as eu-central-1a")
]
CertificateArn = Annotated[
    str,
    Form(
        r"arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/[0-9a-f-]{36}",
        "the ARN of a certificate of ACM",
    ),
    AfterValidator(Arn),
]
ListenerArn = Annotated[
    str,
    Form(
        r"arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:[0-9]{12}:listener/app/[A-Za-z0-9/-]+",
        "a listener's ARN",
    ),
    AfterValidator(Arn),
]


class NewNetwork(Part):
    """A VPC of the stack's own."""

    kind: Literal["new"] = "new"
    cidr: Cidr = "10.20.0.0/16"
    """Addresses of the VPC, from /16 to /23."""
    zones: int = Field(default=2, ge=2, le=4)
    """Availability zones to spread over."""
    zone_names: list[ZoneName] = Field(default=[], max_length=4)
    """Zones by name, where the first ones of the alphabet that have Fargate lack something else, such as
    PrivateLink; `zones` does not count then. Read when the network is made."""
    nat: Literal["one", "per-zone", "none"] = "one"
    """NAT gateways: one, one per zone, or none: containers then have public addresses, and no fixed one."""
    endpoints: list[Literal["secretsmanager", "logs", "ecr.api", "ecr.dkr", "ssmmessages"]] = []
    """Interface endpoints of AWS services, about 8 USD a month each and per zone. S3's endpoint is always there."""
    avoid: list[Cidr] = []
    """Networks that this one must not overlap: offices, VPNs, peered VPCs."""
    flow_log_days: LogDays = 90
    """How long flow logs are kept."""


class ExistingNetwork(Part):
    """A VPC that is there already."""

    paid_elsewhere: ClassVar = "the network with its NAT gateways, which is there already"

    kind: Literal["existing"]
    vpc: VpcId
    """Id of the VPC."""
    public_subnets: list[SubnetId] = Field(default=[], max_length=8)
    """At least two, in different zones; needed only for a balancer of the stack's own."""
    task_subnets: list[SubnetId] = Field(min_length=1, max_length=8)
    """Subnets of the containers."""
    public_addresses: bool = False
    """Whether containers get public addresses (subnets without NAT)."""
    egress_addresses: list[Address] = []
    """Public addresses of the VPC's NAT gateways, which the database lets in."""


class NewBalancer(Part):
    """An application load balancer of the stack's own."""

    kind: Literal["new"] = "new"
    certificate: CertificateArn | None = None
    """ARN of a certificate for the chat's name that is at AWS already, in the stack's region, and is left alone; one is
    made when left out."""
    scheme: Literal["internet-facing", "internal"] = "internet-facing"
    """`internal` gives it private addresses only: who uses the chat is in the VPC, or in a network that is joined to it
    by a VPN or by peering."""
    allow_from: list[Cidr] = Field(default=[], max_length=MOST_SOURCES)
    """Networks that may connect, such as those of offices and VPNs. Everybody when left out, or Cloudflare alone where
    its proxy stands before the chat (`dns.proxied`)."""
    waf: bool | None = None
    """Web application firewall before the balancer. On in production."""
    idle_timeout: int = Field(default=3600, ge=60, le=4000)
    """Seconds without traffic before a connection is cut; slow uploads and WebSockets want it long."""


class ExistingBalancer(Part):
    """A balancer that is there already; only a host rule and a target group are added to it."""

    paid_elsewhere: ClassVar = "the balancer with its traffic, which is there already"

    kind: Literal["existing"]
    listener: ListenerArn
    """ARN of its HTTPS listener, which must hold a certificate for the host."""
    priority: int | None = Field(default=None, ge=1, le=50000)
    """Priority of the rule; AWS takes the next free one when left out."""


class FargateRuntime(RuntimeKind):
    """Containers on AWS ECS Fargate behind an application load balancer."""

    needs_region: ClassVar = True
    has_role: ClassVar = True
    watches_bot: ClassVar = True
    sources_key: ClassVar = "balancer.allowFrom"
    instead: ClassVar = {
        "allowFrom": "write `balancer: {allowFrom: [203.0.113.0/24]}`, or have who runs the balancer that is there "
        "already keep others out"
    }
    needs_dns: ClassVar = True
    led_by_name: ClassVar = True
    takes_cdn: ClassVar = True
    private_link: ClassVar = True
    dumps_in: ClassVar = "tasks"
    egress_room: ClassVar = SECURITY_GROUP_RULES - 2
    variables_bytes: ClassVar = DEFINITION_BYTES
    secrets_bytes: ClassVar = SECRET_BYTES
    # The server writes them itself, and its user may write here.
    files_in: ClassVar = "/tmp/rocketchat"  # noqa: S108 - inside the container

    kind: Literal["fargate"]
    topology: Literal["monolith", "microservices"] = "monolith"
    """One server, or the server with its microservices, which need a licence. The vendor supports these on
    Kubernetes only."""
    spot: bool = False
    """Run on spare capacity, which is cheaper and may be taken away with two minutes' notice."""
    architecture: Literal["arm64", "x86_64"] = "arm64"
    """Processors: arm64 (Graviton) is cheaper."""
    cpu: Literal[1024, 2048, 4096, 8192, 16384] | None = None
    """CPU units of one container, 1024 being one vCPU. From the number of users when left out."""
    memory: int | None = Field(default=None, ge=2048, le=122880)
    """Memory of one container in MiB. From the number of users when left out."""
    instances: int | None = Field(default=None, ge=1, le=20)
    """Containers of the chat. More than one needs a licence. From the number of users when left out."""
    max_instances: int | None = Field(default=None, ge=1, le=50)
    """Autoscaling goes up to this many; needs a licence when above one."""
    egress_ports: EgressPorts = []
    """Further TCP ports on the internet that the chat may reach, such as those of webhooks. What the parts name
    (mail, login, the database, settings) is open without it, and 443 always."""
    exec: bool = False
    """Allow `aws ecs execute-command`; sessions are then encrypted and logged."""
    log_days: LogDays | None = None
    """How long the chat's logs are kept: 30 days, or 365 in production."""
    network: Annotated[NewNetwork | ExistingNetwork, Field(discriminator="kind"), of_kind("new")] = (
        NewNetwork()
    )
    """Where the containers stand."""
    balancer: Annotated[NewBalancer | ExistingBalancer, Field(discriminator="kind"), of_kind("new")] = (
        NewBalancer()
    )
    """What users connect to."""

    def stop(self, region: str | None, outputs: Mapping[str, object]) -> str:
        """All its tasks."""
        return f"aws ecs update-service --desired-count 0 {_service(outputs, 'service', region)}"

    def restart(self, region: str | None, outputs: Mapping[str, object]) -> str:
        """Its tasks, by a roll-out of the same."""
        return f"aws ecs update-service --force-new-deployment {_service(outputs, 'service', region)}"

    def restart_bot(self, region: str | None, outputs: Mapping[str, object]) -> str:
        """Its task, by a roll-out of the same."""
        return f"aws ecs update-service --force-new-deployment {_service(outputs, 'botService', region)}"

    @property
    def sources(self) -> Sequence[str]:
        """Those of a balancer of its own."""
        return self.balancer.allow_from if isinstance(self.balancer, NewBalancer) else ()

    @property
    def is_internal(self) -> bool:
        """Where its own balancer is."""
        return isinstance(self.balancer, NewBalancer) and self.balancer.scheme == "internal"

    @property
    def named_by_others(self) -> bool:
        """Where the balancer has a certificate that is there already."""
        return not self.certified_by_aws

    def server_memory(self, parts: "Parts") -> int | None:
        """As the file says."""
        return self.memory

    fixes_egress: ClassVar = (
        "network",
        "set `database.privateLink: true`, or give the network a NAT (existing network: its egressAddresses)",
    )

    @property
    def shares_name(self) -> bool:
        """A balancer that is there already has further listeners."""
        return isinstance(self.balancer, ExistingBalancer)

    @property
    def fixed_egress(self) -> bool:
        """By NAT gateways."""
        if isinstance(self.network, ExistingNetwork):
            return bool(self.network.egress_addresses)
        return self.network.nat != "none"

    @property
    def headers(self) -> Sequence[str]:
        """A balancer of the stack's own adds it; what others' balancers add is not known."""
        return ("Strict-Transport-Security",) if isinstance(self.balancer, NewBalancer) else ()

    @property
    def certified_by_aws(self) -> bool:
        """For a balancer of the stack's own, unless it is given a certificate."""
        return isinstance(self.balancer, NewBalancer) and self.balancer.certificate is None

    def lets_bot_in(self, parts: "Parts") -> bool:
        """Whether its balancer must be opened for the bot: it names who may connect, and no proxy stands between."""
        by_proxy = parts.dns is not None and parts.dns.proxied
        return bool(self.sources) and not by_proxy

    def ways_out(
        self, parts: "Parts", defaults: Defaults, uri_ports: Sequence[int]
    ) -> Iterator[tuple[int, str]]:
        """As the file says."""
        for port in self.egress_ports:
            yield port, "Listed in egressPorts"
        for port in parts.images.ports():
            yield port, "Images"

    def alarm_senders(self, parts: "Parts") -> Mapping[str, str]:
        """CloudWatch sees balancer and containers."""
        return {"CloudWatch": "the chat"}

    def make(self, context: "Context") -> Place:
        """Make the network."""
        from stacks.kinds.runtime.fargate.place import OnFargate

        return OnFargate(self, context)


def _service(outputs: Mapping[str, object], name: str, region: str | None) -> str:
    """Return the words by which AWS's command line knows one of the services."""
    return f"--cluster {outputs.get('cluster')} --service {outputs.get(name)} --region {region}"


@rule("The chat's name fits into the rules of a balancer")
def _host_header(runtime: FargateRuntime, chat: Chat) -> Iterator[Finding]:
    if len(chat.host) > HOST_HEADER_LIMIT:
        yield Problem(
            "rocketchat:chat.host",
            f"the name has {len(chat.host)} characters, and a rule of a balancer takes at most {HOST_HEADER_LIMIT}",
            remedy="take a shorter name",
        )


@rule("The vendor supports this topology here")
def _topology(runtime: FargateRuntime) -> Iterator[Finding]:
    if runtime.topology == services.MICROSERVICES:
        yield Warning_(
            "the vendor supports microservices on Kubernetes only (docs.rocket.chat, Microservices): on Fargate "
            "they are the same containers, but you are on your own"
        )


@rule("Networks do not overlap")
def _networks(runtime: FargateRuntime) -> Iterator[Finding]:
    network = runtime.network
    if isinstance(network, NewNetwork):
        own = ipaddress.IPv4Network(network.cidr)
        path = "rocketchat:runtime.network.cidr"
        zones = max(2, len(network.zone_names)) if network.zone_names else network.zones
        try:
            plan_subnets(network.cidr, zones)
        except ValueError as error:
            yield Problem(path, str(error))
        for other in (*network.avoid, DOCKER_NETWORK):
            if own.overlaps(ipaddress.IPv4Network(other)):
                what = "Docker's own network" if other == DOCKER_NETWORK else "a network of `avoid`"
                yield Problem(
                    path, f"{own} overlaps {other}, {what}", remedy="choose another private network"
                )
        yield Note(f"{own} over {zones} zones")


@rule("The bot gets to the chat")
def _bot(runtime: FargateRuntime, bot: Bot, dns: DnsKind | None, parts: "Parts") -> Iterator[Finding]:
    balancer, trusted = runtime.balancer, bool(parts.container.certificates)
    if runtime.lets_bot_in(parts) and not runtime.is_internal:
        if not runtime.fixed_egress:
            key, remedy = "nat", "set `network.nat: one`"
            if isinstance(runtime.network, ExistingNetwork):
                key, remedy = "egressAddresses", "name the addresses of its NAT in `network.egressAddresses`"
            yield Problem(
                f"rocketchat:runtime.network.{key}",
                "the bot comes to the chat from outside, and from no address that is known, so a balancer with "
                "`allowFrom` would keep it out",
                remedy=f"{remedy}; or leave `balancer.allowFrom` or the bot out",
            )
        addresses, taken = _most_addresses(runtime.network), 2 * len(runtime.sources)
        if taken + addresses > SECURITY_GROUP_RULES:
            yield Problem(
                "rocketchat:runtime.balancer.allowFrom",
                f"{len(runtime.sources)} networks take {taken} of the {SECURITY_GROUP_RULES} rules of a security "
                f"group, and the bot's way in needs {addresses}",
                remedy="join networks, or leave one out",
            )
        single = [one for one in runtime.sources if one.endswith("/32")]
        if single and isinstance(runtime.network, NewNetwork):
            yield Warning_(
                f"balancer.allowFrom: where one of {', '.join(single)} is an address of the stack's own NAT, leave it "
                "out: the bot's way in names it, and AWS takes no rule twice"
            )
        yield Note("the balancer lets in the addresses of the NAT, from which the bot comes")
    if isinstance(balancer, ExistingBalancer):
        yield Warning_(
            "the balancer that is there already must let in the bot, which comes to it from the containers' subnets"
        )
    if dns is None:
        yield Warning_("the bot finds the chat once the record of the output dnsRecords is made")
    elif dns.proxied:
        yield Warning_("the proxy's own checks of bots, where they are on, must let this one pass")
    proxied = dns is not None and dns.proxied
    if trusted and not runtime.certified_by_aws:
        yield Warning_(
            "the bot does not know the authorities of container.certificates: where the chat's own certificate is of "
            "one of them, take an image of the bot that trusts it"
        )
    elif bot.image == HUBOT and (proxied or not runtime.certified_by_aws):
        yield Warning_(
            "Hubot's image knows the authorities of 2015 and can be given no others: it connects to no chat whose "
            "certificate is of a newer one, such as Let's Encrypt. Take another `bot.image` then"
        )
    if parts.container.proxy is not None:
        yield Warning_("the bot reaches the chat's public address without container.proxy")
    yield Note(f"at {runtime.root_url(parts.chat.host)}")


def _most_addresses(network: NewNetwork | ExistingNetwork) -> int:
    if isinstance(network, ExistingNetwork):
        return len(network.egress_addresses)
    return (len(network.zone_names) or network.zones) if network.nat == "per-zone" else 1


@rule("The account's quotas are known")
def _quotas(
    runtime: FargateRuntime, parts: "Parts", chat: Chat, release: Release, size: sizing.Size
) -> Iterator[Finding]:
    try:
        running = processes(runtime, chat, release, size)
    except ValueError:
        return
    units = sum(
        ((runtime.cpu or size.cpu_units) if service.is_main else service.cpu_units)
        * service.replicas.most
        # A deployment starts new tasks beside the old ones.
        * (1 if service.single else 2)
        for service in running
    )
    need = (units + (BOT_CPU if parts.bot is not None else 0)) / 1024
    quota = "Spot" if runtime.spot else "On-Demand"
    if need > NEW_ACCOUNTS_VCPU:
        yield Warning_(
            f"up to {need:g} vCPU of Fargate {quota} at once, in deployments too: a new AWS account may have "
            f"{NEW_ACCOUNTS_VCPU}, and tasks beyond that do not start; see the quota `Fargate {quota} vCPU resource "
            "count` in Service Quotas, and ask for more there"
        )
    yield Note(f"up to {need:g} vCPU of Fargate {quota}, deployments included")
    network = runtime.network
    if isinstance(network, NewNetwork) and network.nat != "none":
        zones = len(network.zone_names) or network.zones
        # At most four zones: more than the quota is asked for only beside other stacks.
        yield Note(
            f"{zones if network.nat == 'per-zone' else 1} of the {REGIONS_ADDRESSES} Elastic IP addresses that a new "
            f"AWS account may have in a region, and in a zone one of its {ZONES_NAT_GATEWAYS} NAT gateways"
        )


@rule("Mail's port is open at AWS")
def _port_25(runtime: FargateRuntime, parts: "Parts", defaults: Defaults) -> Iterator[Finding]:
    if any(25 in way.ports for way in ways_out(parts, defaults)):
        yield Warning_(
            "AWS blocks port 25 out of its networks until it lifts that on request; take 587 or 465"
        )


@rule("The zones are of the region")
def _zone_names(runtime: FargateRuntime, region: str | None) -> Iterator[Finding]:
    network = runtime.network
    if not isinstance(network, NewNetwork):
        return
    names = network.zone_names
    path = "rocketchat:runtime.network.zoneNames"
    if region is not None:
        there = fargate_zones(region)
        if len(names or range(network.zones)) > there:
            yield Problem(
                path if names else "rocketchat:runtime.network.zones",
                f"{region} has {there} availability zones with Fargate, not {len(names) or network.zones}",
                remedy=f"leave out all but {there}" if names else f"ask for {there}, or use another region",
            )
    if len(names) == 1:
        yield Problem(path, "a load balancer needs two zones or more", remedy="name another, or leave it out")
    for index, name in enumerate(names):
        if region is not None and name[:-1] != region:
            yield Problem(f"{path}[{index}]", f"{name} is not in the region {region}")
        elif region is not None and name not in zone_names(region):
            yield Problem(
                f"{path}[{index}]", f"there is no zone {name}", allowed=", ".join(zone_names(region))
            )
    if names:
        yield Note(", ".join(names))


def _new_balancer(balancer: NewBalancer, edge: EdgeKind) -> Iterator[Finding]:
    path = "rocketchat:runtime.balancer"
    if edge.is_cdn and (balancer.scheme == "internal" or balancer.allow_from):
        yield Problem(
            f"{path}.{'scheme' if balancer.scheme == 'internal' else 'allowFrom'}",
            f"{edge.kind} before the app is open to the internet, and must reach the balancer",
            remedy="leave it out, or set edge to `{kind: direct}`",
        )
    if balancer.scheme == "internal":
        yield Note("the balancer has private addresses only")
        yield Warning_(
            "the chat is reached from inside the network only: phones outside need a VPN, and push, which is sent from "
            "inside, works as ever"
        )


@rule("Somebody leads the chat's name here")
def _named(runtime: FargateRuntime, edge: EdgeKind, dns: DnsKind | None) -> Iterator[Finding]:
    if dns is not None or not runtime.named_by_others:
        return
    if edge.certificate_regions:
        yield Problem(
            "rocketchat:dns",
            f"edge {edge.kind} has a certificate of its own, which is proved by records in a DNS zone",
            remedy=f"{ADD}; or set edge to `{{kind: direct}}`",
        )
    yield Note("by the record of the output dnsRecords, which is made by hand")


@rule("Cloudflare's proxy cannot be gone round")
def _gone_round(runtime: FargateRuntime, dns: DnsKind) -> Iterator[Finding]:
    if not dns.proxied:
        return
    balancer = runtime.balancer
    if isinstance(balancer, ExistingBalancer) and dns.shows_certificate:
        yield Problem(
            "rocketchat:dns.originPullCertificate",
            "the balancer is there already, and what it asks clients for is not this stack's",
            remedy="leave it out, and have who runs the balancer ask for a certificate; or set `balancer: {kind: new}`",
        )
    elif isinstance(balancer, ExistingBalancer):
        yield Warning_(
            "the existing balancer stays open beside the proxy: whoever reaches it can forge users' addresses"
        )
    elif balancer.scheme == "internal":
        yield Problem(
            "rocketchat:dns.proxied",
            "the proxy stands on the internet, and the balancer has private addresses only",
            remedy="set `proxied: false`",
        )
    elif not balancer.allow_from:
        yield Note(
            f"the balancer is reached from {count(len(dns.proxy_networks), 'network')} of the proxy only"
        )
        if dns.shows_certificate:
            yield Note("and by the certificate that it shows for this name alone")
        else:
            # Cloudflare's own certificate for Authenticated Origin Pulls is the same for all of its customers.
            yield Warning_(
                "other customers of the proxy share its networks, and reach the chat through it past your rules there; "
                "to keep these out, too, give it a certificate (`dns.originPullCertificate`); or set `dns.proxied: "
                "false` and `edge: {kind: cloudfront}`, which the balancer knows by a secret"
            )


def _ways_out_of_subnets(network: ExistingNetwork, *, internal: bool) -> Iterator[Finding]:
    """Containers without public addresses leave by a NAT gateway, and not from where a public balancer stands."""
    for index, subnet in enumerate(network.task_subnets):
        if subnet in network.public_subnets and not (network.public_addresses or internal):
            yield Problem(
                f"rocketchat:runtime.network.taskSubnets[{index}]",
                f"{subnet} is a public subnet: containers without public addresses have no way out of it",
                remedy="name a subnet that leads to a NAT gateway, or set `publicAddresses: true`",
            )


@rule("The parts of the runtime fit together")
def _fargate(runtime: FargateRuntime, chat: Chat, size: sizing.Size, edge: EdgeKind) -> Iterator[Finding]:
    cpu, memory = runtime.cpu or size.cpu_units, runtime.memory or size.memory_mib
    yield from tight(runtime.cpu, runtime.memory, size, chat.users)
    choices = sizing.FARGATE_SIZES[cpu]
    if memory not in choices:
        yield Problem(
            "rocketchat:runtime.memory",
            f"Fargate has no container of {cpu} CPU units with {memory} MiB",
            allowed=f"{choices[0]} to {choices[-1]} MiB in steps of {choices[1] - choices[0]}",
        )
    if runtime.max_instances is not None and runtime.max_instances < (runtime.instances or 1):
        yield Problem(
            "rocketchat:runtime.maxInstances",
            f"at most {runtime.max_instances} containers contradicts instances: {runtime.instances}",
        )
    if isinstance(runtime.network, ExistingNetwork):
        internal = isinstance(runtime.balancer, NewBalancer) and runtime.balancer.scheme == "internal"
        where = "task" if internal else "public"
        if not isinstance(runtime.balancer, ExistingBalancer) and (
            len(getattr(runtime.network, f"{where}_subnets")) < 2
        ):
            yield Problem(
                f"rocketchat:runtime.network.{where}Subnets",
                f"a balancer of the stack's own needs at least two {where} subnets, in different zones",
            )
        yield from _ways_out_of_subnets(runtime.network, internal=internal)
    elif isinstance(runtime.balancer, ExistingBalancer):
        yield Problem(
            "rocketchat:runtime.balancer",
            "an existing balancer lives in an existing network, and this stack makes a new one",
            remedy="set `network: {kind: existing, …}` to the balancer's VPC",
        )
    if isinstance(runtime.balancer, NewBalancer):
        yield from _new_balancer(runtime.balancer, edge)
    if isinstance(runtime.balancer, ExistingBalancer) and edge.is_cdn:
        yield Warning_("the existing balancer stays open to the world beside CloudFront")
    if runtime.spot:
        yield Warning_("spot capacity may be taken away with two minutes' notice; users then reconnect")
    yield Note(f"{cpu / 1024:g} vCPU and {memory} MiB on {runtime.architecture}")
