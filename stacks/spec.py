"""The language of stack files: one model per part, every field described.

Only what a single part can say of itself is checked here; what several parts must agree on is in rules.py.
Field names are snake_case here and camelCase in the file.
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from components.database.catalogue import check_cluster_name
from components.database.uri import check_database_name
from components.names import check_bucket_name
from rocketchat import bot, releases

_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_IN_ADDRESS = r"[A-Za-z0-9._~!$&'()*+,;=:@%/-]"
"""What the path of an address may have (RFC 3986, 3.3)."""
_NAME = r"[A-Za-z0-9_.-]+"
_PACKAGE = r"^(@[a-z0-9~-][a-z0-9._~-]*/)?[a-z0-9~-][a-z0-9._~-]*(@[A-Za-z0-9._+~^-]+)?$"
"""A package of npm by its name, with or without a version (docs.npmjs.com, "package.json": name)."""
_MAILBOX = r"[A-Za-z0-9!#$%&'*+/=?^_~-]+"
"""RFC 5322's `dot-atom` in ASCII, which is all that SNS takes, without `{`, `|`, `}` and the backquote: these mean
something else in the files of a host."""


class Part(BaseModel):
    """Base of all parts: immutable, camelCase in the file, unknown keys refused."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True
    )


def _host(text: str) -> str:
    if "://" in text:
        bare = text.partition("://")[2].rstrip("/")
        raise ValueError(f"give the bare host name, without scheme or slash: {bare}")
    if "/" in text:
        raise ValueError(f"a host name has no slash; give {text.partition('/')[0]}")
    if text != text.lower():
        raise ValueError(f"write host names in lower case: {text.lower()}")
    if len(text) > 253 or not re.fullmatch(rf"{_LABEL}(\.{_LABEL})+", text):
        raise ValueError("this is not a host name; one looks like chat.example.com")
    if re.fullmatch("[0-9]+", text.rpartition(".")[2]):
        # What ends in a number is an address (url.spec.whatwg.org, "ends in a number checker").
        raise ValueError(
            "this is an address and no name, so no certificate fits it; give a name that leads there"
        )
    return text


def _quoted(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    raise ValueError(f'put a version in quotes, because YAML reads it as a number: "{value}"')


def _cidr(text: str) -> str:
    try:
        return str(ipaddress.IPv4Network(text))
    except ValueError as error:
        raise ValueError(f"this is not an IPv4 network: {error}") from error


def _address(text: str) -> str:
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError as error:
        raise ValueError("this is not an IPv4 address; one looks like 203.0.113.7") from error


def _url(text: str) -> str:
    if not re.fullmatch(rf"https://{_LABEL}(\.{_LABEL})*(:[0-9]+)?(/{_IN_ADDRESS}*)?", text):
        raise ValueError("this is not an https address; one looks like https://login.example.com")
    if text.endswith("/"):
        raise ValueError(f"leave out the slash at the end: {text.rstrip('/')}")
    return text


def _email(text: str) -> str:
    if not re.fullmatch(rf"{_MAILBOX}(\.{_MAILBOX})*@{_LABEL}(\.{_LABEL})+", text):
        raise ValueError("this is not an e-mail address (in ASCII); one looks like chat@example.com")
    return text


def _sender(text: str) -> str:
    match = re.fullmatch(r"(?:[^<>\r\n]* )?<([^<>]+)>", text)
    _email(match.group(1) if match else text)
    return text


def _certificate(text: str) -> str:
    label = re.search(r"-----BEGIN ([A-Z0-9 ]+)-----", text)
    if label is not None and label[1] != "CERTIFICATE":
        leaked = "; replace it, because it stood here in clear" if "PRIVATE" in label[1] else ""
        raise ValueError(f"this is a {label[1].lower()}, and the certificate is wanted{leaked}")
    body = re.sub(r"-----(BEGIN|END) CERTIFICATE-----", "", text)
    if re.fullmatch(r"[A-Za-z0-9+/\s]+={0,2}\s*", body) is None:
        raise ValueError("this is not a certificate: PEM, or its base64 without the BEGIN and END lines")
    return text


def _setting(given: Any) -> Any:
    """Say in one sentence what is wrong with the form of a setting, instead of one for each form that there is."""
    value = given
    if isinstance(given, dict):
        if "value" not in given or not given.keys() <= {"value", "lock"}:
            raise ValueError("a setting is a value, or a value with its lock: {value: …, lock: true}")
        if not isinstance(given.get("lock", False), bool):
            raise ValueError("lock must be true or false")  # noqa: TRY004 - what pydantic reports
        value = given["value"]
    if isinstance(value, list) and not all(isinstance(one, str) for one in value):
        raise ValueError("a list holds texts only; put each in quotes")
    if not isinstance(value, bool | int | float | str | list):
        raise ValueError("a setting is a text, a number, true or false, or a list of texts")  # noqa: TRY004
    return given


def _bucket(text: str) -> str:
    check_bucket_name(text)
    return text


def _of_kind(kind: str) -> BeforeValidator:
    """Let a mapping without `kind` mean the usual one."""
    return BeforeValidator(
        lambda given: {"kind": kind, **given} if isinstance(given, dict) and "kind" not in given else given
    )


def _matching(pattern: str, what: str) -> AfterValidator:
    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"this is not {what}")
        return text

    return AfterValidator(check)


HostName = Annotated[str, AfterValidator(_host)]
Version = Annotated[str, BeforeValidator(_quoted)]
Release = Annotated[str, BeforeValidator(_quoted), AfterValidator(releases.resolve)]
Cidr = Annotated[str, AfterValidator(_cidr)]
Address = Annotated[str, AfterValidator(_address)]
Url = Annotated[str, AfterValidator(_url)]
Email = Annotated[str, AfterValidator(_email)]
Sender = Annotated[str, AfterValidator(_sender)]
Certificate = Annotated[str, AfterValidator(_certificate)]
BucketName = Annotated[str, AfterValidator(_bucket)]
AtlasId = Annotated[str, _matching(r"[0-9a-f]{24}", "an Atlas id, which has 24 hexadecimal digits")]
AtlasName = Annotated[str, AfterValidator(check_cluster_name)]
AtlasUser = Annotated[
    str, _matching(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,57}", "a user name, at most 58 characters")
]
StackName = Annotated[
    str,
    _matching(rf"({_NAME}/{_NAME}/)?{_NAME}", "a stack's name, or organization/project/stack"),
]
DatabaseName = Annotated[
    str,
    _matching(r"[A-Za-z].*", "a database name, which begins with a letter"),
    AfterValidator(check_database_name),
]
ClusterName = Annotated[
    str,
    _matching(
        rf"(?=.{{1,253}}\Z){_LABEL}(\.{_LABEL})*",
        "the name of something in a cluster: lower-case letters, digits, hyphens and dots",
    ),
]
AddressPath = Annotated[
    str,
    _matching(
        rf"/{_IN_ADDRESS}*(\?({_IN_ADDRESS}|\?)*)?", "the path of an address; one looks like /oauth2/token"
    ),
]
VpcId = Annotated[str, _matching(r"vpc-[0-9a-f]{8,17}", "a VPC's id, such as vpc-0123456789abcdef0")]
SubnetId = Annotated[
    str, _matching(r"subnet-[0-9a-f]{8,17}", "a subnet's id, such as subnet-0123456789abcdef0")
]
ZoneName = Annotated[
    str, _matching(r"[a-z]{2}(-[a-z]+)+-[0-9][a-z]", "an availability zone's name, such as eu-central-1a")
]
ListenerArn = Annotated[
    str,
    _matching(
        r"arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:[0-9]{12}:listener/app/[A-Za-z0-9/-]+",
        "a listener's ARN",
    ),
]
EgressPorts = list[Annotated[int, Field(ge=1, le=65535)]]
Days = Annotated[int, Field(ge=1, le=3650)]
LogDays = Literal[30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]
"""What CloudWatch Logs offers (API reference, PutRetentionPolicy) from a month on."""


class Profile(StrEnum):
    """What the defaults are for: `trial` is cheap and easily removed, `production` is protected."""

    TRIAL = "trial"
    PRODUCTION = "production"


# ---------------------------------------------------------------------------------------------------- chat


class Administrator(Part):
    """The first administrator, made while nobody has the role. The password is generated and is an output."""

    email: Email
    """Address of who is administrator. Whoever comes by single sign-on with it gets this account."""
    username: str = Field(default="rocket.admin", min_length=3, max_length=40, pattern=r"^[0-9a-zA-Z._-]+$")
    """Login name. `admin` and the like are guessed by everyone."""
    name: str = Field(default="Administrator", min_length=1, max_length=80)
    """Name shown in the chat."""


class Chat(Part):
    """What chat is wanted."""

    host: HostName
    """Public name, without scheme or slash, such as `chat.lovia.life`."""
    release: Release = releases.DEFAULT_RELEASE
    """Exact release of Rocket.Chat, such as `8.9.0`; or a line, such as `"8.5"`, whose newest patch that this program
    knows is meant."""
    upgrade_from: Version | None = None
    """The release that runs now; the step to `release` is then checked."""
    users: int = Field(default=25, ge=1)
    """Users at the same time. Sizes the containers and the database."""
    profile: Profile = Field(default=Profile.PRODUCTION, strict=False)
    """`trial` or `production`: what the defaults of all other parts are."""
    site_name: str | None = Field(default=None, min_length=1, max_length=100)
    """Name of the workspace; the host when left out."""
    language: str | None = Field(default=None, pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")
    """Language of the workspace, such as `en` or `de`."""
    administrator: Administrator | None = None
    """The first administrator; `rocket.admin`, without an address, when left out."""


# ------------------------------------------------------------------------------------------------- runtime


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

    kind: Literal["existing"]
    vpc: VpcId
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
    waf: bool | None = None
    """Web application firewall before the balancer. On in production."""
    idle_timeout: int = Field(default=3600, ge=60, le=4000)
    """Seconds without traffic before a connection is cut; slow uploads and WebSockets want it long."""


class ExistingBalancer(Part):
    """A balancer that is there already; only a host rule and a target group are added to it."""

    kind: Literal["existing"]
    listener: ListenerArn
    """ARN of its HTTPS listener, which must hold a certificate for the host."""
    priority: int | None = Field(default=None, ge=1, le=50000)
    """Priority of the rule; AWS takes the next free one when left out."""


@dataclass(frozen=True)
class RuntimeTraits:
    """What a kind of runtime is able to do; rules and deploy.py ask for these, never for the kind."""

    role: bool
    """Containers have a role of AWS, so that no access key is needed for the bucket."""
    needs_region: bool
    """It runs in a region of AWS (`aws:region`)."""
    needs_dns: bool
    """It makes records in the DNS zone, for the chat's name and its certificate."""
    app_cdn: bool
    """CloudFront can stand before it."""
    private_link: bool
    """Its network can hold a private endpoint of an Atlas cluster."""
    one_host: bool = False
    """It is one host, which can hold the database, the uploads and a bot too, and ends TLS by itself."""
    digitalocean: bool = False
    """It is made at DigitalOcean."""
    cluster: bool = False
    """It is a Kubernetes cluster, which can hold the database too."""


class FargateRuntime(Part):
    """Containers on AWS ECS Fargate behind an application load balancer."""

    traits: ClassVar[RuntimeTraits] = RuntimeTraits(
        role=True, needs_region=True, needs_dns=True, app_cdn=True, private_link=True
    )

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
    network: Annotated[NewNetwork | ExistingNetwork, Field(discriminator="kind"), _of_kind("new")] = (
        NewNetwork()
    )
    """Where the containers stand."""
    balancer: Annotated[NewBalancer | ExistingBalancer, Field(discriminator="kind"), _of_kind("new")] = (
        NewBalancer()
    )
    """What users connect to."""

    @property
    def fixed_egress(self) -> bool:
        """Whether connections leave from addresses that are known and stay."""
        if isinstance(self.network, ExistingNetwork):
            return bool(self.network.egress_addresses)
        return self.network.nat != "none"


class ServiceReplicas(Part):
    """How many of each microservice run."""

    account: int | None = Field(default=None, ge=1, le=20)
    """One when left out; two in production, because the chart takes one away while a new one starts."""
    authorization: int | None = Field(default=None, ge=1, le=20)
    """As `account`."""
    presence: int | None = Field(default=None, ge=1, le=20)
    """As `account`."""
    ddp_streamer: int | None = Field(default=None, ge=1, le=40)
    """One for each 500 users when left out."""


class GatewayIngress(Part):
    """A Gateway of the cluster's own controller, with routes that the stack writes."""

    kind: Literal["gateway"]
    gateway_class: ClusterName = "cilium"
    """GatewayClass of the controller; DigitalOcean's managed one is `cilium`."""
    issuer: ClusterName = "letsencrypt"
    """ClusterIssuer of cert-manager, which the cluster has."""


class ClassIngress(Part):
    """An Ingress for a controller that the cluster has."""

    kind: Literal["class"]
    name: ClusterName
    """Class of the controller, such as `traefik`. `nginx` (ingress-nginx) is retired and gets no fixes."""
    issuer: ClusterName | None = None
    """ClusterIssuer of cert-manager, which the cluster has. Either this or `tlsSecret`."""
    tls_secret: ClusterName | None = None
    """Secret with the certificate, which is in the namespace already."""
    address: Address | None = None
    """Public address of the controller, for the DNS record; none is made when left out."""

    @property
    def limit_is_known(self) -> bool:
        """Whether it is known how the controller is told of the largest request."""
        return self.name in ("nginx", "traefik")


class NoIngress(Part):
    """No way in but `kubectl port-forward`. For trying out."""

    kind: Literal["none"] = "none"
    port: int = Field(default=3000, ge=1024, le=65535)
    """Port of this machine at which the chat is reached."""


class ClusterChat(Part):
    """What every Kubernetes runtime says of the chat in its cluster."""

    namespace: str = Field(default="rocketchat", pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")
    """Namespace, for the chat alone."""
    name: str = Field(default="chat", pattern=r"^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$")
    """Name of the Helm release; the chat's service is then `<name>-rocketchat`."""
    topology: Literal["monolith", "microservices"] = "monolith"
    """One server, or the server with its microservices, which need a licence."""
    instances: int | None = Field(default=None, ge=1, le=20)
    """Servers of the chat. More than one needs a licence. From the number of users when left out."""
    max_instances: ClassVar[None] = None
    services: ServiceReplicas = ServiceReplicas()
    """How many of each microservice run."""
    cpu: int | None = Field(default=None, ge=512, le=16384)
    """CPU units of one server, 1024 being one vCPU. From the number of users when left out."""
    memory: int | None = Field(default=None, ge=1536, le=122880)
    """Memory of one server in MiB. From the number of users when left out."""
    egress_ports: EgressPorts = []
    """Further TCP ports on the internet that the chat may reach, such as those of webhooks. What the parts name
    (mail, login, the database, settings) is open without it, and 443 always."""


class KubernetesRuntime(ClusterChat):
    """The official chart on any cluster that is there already."""

    traits: ClassVar[RuntimeTraits] = RuntimeTraits(
        role=False, needs_region=False, needs_dns=False, app_cdn=False, private_link=False, cluster=True
    )

    kind: Literal["kubernetes"]
    context: str | None = Field(default=None, min_length=1)
    """Context of the kubeconfig: that of the secret `kubeconfig`, else of this machine's own."""
    ingress: Annotated[
        GatewayIngress | ClassIngress | NoIngress, Field(discriminator="kind"), _of_kind("none")
    ] = NoIngress()
    """How users get in."""
    egress_addresses: list[Address] = []
    """Public addresses that connections leave the cluster from, which the database lets in."""

    @property
    def fixed_egress(self) -> bool:
        """Whether connections leave from addresses that are known and stay."""
        return bool(self.egress_addresses)


class DoksRuntime(ClusterChat):
    """A cluster of DigitalOcean Kubernetes of the stack's own, with the official chart on it."""

    traits: ClassVar[RuntimeTraits] = RuntimeTraits(
        role=False,
        needs_region=False,
        needs_dns=True,
        app_cdn=True,
        private_link=False,
        digitalocean=True,
        cluster=True,
    )

    kind: Literal["doks"]
    cluster: str = Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,60}[a-z0-9])?$")
    """Name of the cluster, such as `k8s-lovia-sg`."""
    region: Literal["ams3", "atl1", "blr1", "fra1", "lon1", "nyc1", "nyc3", "sfo3", "sgp1", "syd1", "tor1"]
    """DigitalOcean's region."""
    version: str = Field(default="1.36", pattern=r"^[0-9]+\.[0-9]+(\.[0-9]+-do\.[0-9]+)?$")
    """Minor version to begin with, whose newest patch is taken, or an exact one (`doctl kubernetes options versions`);
    from 1.33 the gateway is managed."""
    node_size: str = Field(default="s-4vcpu-8gb", pattern=r"^[a-z0-9-]+-[0-9]+vcpu-[0-9]+gb(-[a-z]+)?$")
    """Droplet size of a node."""
    min_nodes: int = Field(default=2, ge=1, le=50)
    max_nodes: int = Field(default=4, ge=1, le=100)
    """The autoscaler goes up to this many."""
    nat: bool = True
    """Leave through one NAT gateway with one fixed address. Without it every node leaves with its own, which
    changes at each upgrade."""
    high_availability: bool | None = None
    """Several control planes, about 40 USD a month; cannot be taken back. On in production."""
    auto_upgrade: bool = True
    """Take patch releases in the maintenance window."""
    maintenance_day: Literal["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"] = (
        "sunday"
    )
    maintenance_time: str = Field(default="18:00", pattern=r"^([01][0-9]|2[0-3]):00$")
    """Begin of the window of four hours, UTC."""
    network: Cidr = "10.30.0.0/20"
    """Addresses of the nodes."""
    pod_network: Cidr = "10.40.0.0/16"
    """Addresses of the pods."""
    service_network: Cidr = "10.41.0.0/19"
    """Addresses of the services."""

    @property
    def fixed_egress(self) -> bool:
        """Whether connections leave from addresses that are known and stay."""
        return self.nat


class HostRuntime(Part):
    """What both kinds of host have in common."""

    instances: ClassVar[int] = 1
    max_instances: ClassVar[None] = None
    topology: ClassVar[str] = "monolith"

    ssh_key: str = Field(
        pattern=r"^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp[0-9]+) [A-Za-z0-9+/]{60,}={0,2}( [A-Za-z0-9_.@-]+)?$"
    )
    """Public key of who may log in (`ssh-ed25519 AAAA…`)."""
    ssh_from: list[Cidr] = []
    """Networks that may reach port 22, such as an office's. Closed to everybody when left out."""
    disk_gb: int | None = Field(default=None, ge=8, le=16384)
    """Data disk in GB, which survives the host. From the number of users when left out."""
    snapshots: bool | None = None
    """Copies of the host by its provider, every day or week. On in production."""
    generation: int = Field(default=1, ge=1)
    """Count it up to have the host made anew; data disk and address stay."""

    @property
    def fixed_egress(self) -> bool:
        """A host has one address."""
        return True


class LightsailRuntime(HostRuntime):
    """One Amazon Lightsail instance."""

    traits: ClassVar[RuntimeTraits] = RuntimeTraits(
        role=False, needs_region=True, needs_dns=True, app_cdn=False, private_link=False, one_host=True
    )

    kind: Literal["lightsail"]
    size: (
        Literal[
            "small_3_0",
            "medium_3_0",
            "large_3_0",
            "xlarge_3_0",
            "2xlarge_3_0",
            "small_3_1",
            "medium_3_1",
            "large_3_1",
            "xlarge_3_1",
            "2xlarge_3_1",
            "small_3_2",
            "medium_3_2",
            "large_3_2",
            "xlarge_3_2",
            "2xlarge_3_2",
        ]
        | None
    ) = None
    """Bundle; it ends in `_1` in Mumbai, in `_2` in Sydney. The cheapest with enough memory when left out."""
    zone: Literal["a", "b", "c", "d", "e", "f"] = "a"
    """Letter of the availability zone."""


class DropletRuntime(HostRuntime):
    """One DigitalOcean droplet. What it fetches, and its backups, are on AWS."""

    traits: ClassVar[RuntimeTraits] = RuntimeTraits(
        role=False,
        needs_region=True,
        needs_dns=True,
        app_cdn=False,
        private_link=False,
        one_host=True,
        digitalocean=True,
    )

    kind: Literal["droplet"]
    region: Literal["ams3", "atl1", "blr1", "fra1", "lon1", "nyc1", "nyc3", "sfo3", "sgp1", "syd1", "tor1"]
    """DigitalOcean's region."""
    size: Literal["s-1vcpu-2gb", "s-2vcpu-2gb", "s-2vcpu-4gb", "s-4vcpu-8gb", "s-8vcpu-16gb"] | None = None
    """Size. The cheapest with enough memory for the number of users when left out."""
    egress_ports: EgressPorts = []
    """Further TCP ports on the internet that the containers may reach, such as those of webhooks. What the parts name
    (mail, login, the database, settings) is open without it, and what the host itself needs."""


# ------------------------------------------------------------------------------------------------ database


class AtlasDatabase(Part):
    """MongoDB Atlas: a cluster, and the chat's database and user on it."""

    kind: Literal["atlas"]
    organization: AtlasId | None = None
    """Id of the Atlas organization in which a project is made. Either this or `project`."""
    project: AtlasId | None = None
    """Id of a project that is there already."""
    cluster: AtlasName
    """Name of the cluster, and of the project where one is made."""
    name: DatabaseName = "rocketchat"
    """Name of the chat's database."""
    version: Version | None = None
    """MongoDB version, such as "8.0". The release's own recommendation when left out."""
    tier: Literal["M10", "M20", "M30", "M40", "M50", "M60", "M80"] | None = None
    """Size of the cluster. From the number of users when left out."""
    max_tier: Literal["M10", "M20", "M30", "M40", "M50", "M60", "M80"] | None = None
    """Compute autoscaling goes up to this tier. From the number of users when left out."""
    disk_gb: int | None = Field(default=None, ge=10, le=4096)
    """Disk in GB, grown by Atlas when it fills. From the number of users when left out."""
    region: str | None = None
    """Region of AWS for the cluster; the stack's own when left out."""
    private_link: bool | None = None
    """Reach the cluster through AWS PrivateLink instead of the internet. On in production."""
    allow: list[Address] = []
    """Further single addresses that may reach the cluster, such as an office's."""
    maintenance_day: Literal["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"] = (
        "sunday"
    )
    maintenance_hour: int = Field(default=18, ge=0, le=23)
    """Hour of day, UTC, at which Atlas may do its maintenance."""


class AtlasEndpoint(Part):
    """The endpoint service that the project has in this region: outputs of the stack that made it."""

    id: AtlasId
    """Output `atlasPrivateLinkId`."""
    service: str = Field(pattern=r"^com\.amazonaws\.vpce\.[a-z0-9-]+\.vpce-svc-[0-9a-f]{8,17}$")
    """Output `atlasEndpointService`."""


class ExistingAtlasDatabase(Part):
    """A database of the chat's own on an Atlas cluster that is there already.

    The cluster, its backups and its alerts stay those of the stack that made it; this one adds a user and a way
    in, and taking it down takes only these.
    """

    kind: Literal["atlas-existing"]
    stack: StackName | None = None
    """The stack that made the cluster, such as `lovia-fargate` or `org/rocketchat/lovia-fargate`. Either this or
    `project` and `cluster`."""
    project: AtlasId | None = None
    """Id of the cluster's project."""
    cluster: AtlasName | None = None
    """Name of the cluster."""
    name: DatabaseName
    """Name of the chat's database; no other chat on the cluster may have the same."""
    empty: bool = False
    """Whether this chat is the first in that database, so that its administrator is the one made here."""
    user: AtlasUser | None = None
    """Name of the chat's user, unique in the project; the stack's own name when left out."""
    version: Version | None = None
    """MongoDB version of the cluster, such as "8.0". It is looked up at every deployment, too."""
    access_list: bool = True
    """Add the chat's addresses to the project's access list. False where another stack that leaves through the
    same NAT has added them: an entry is there once, and goes with the stack that takes it out."""
    private_link: bool = False
    """Reach the cluster through AWS PrivateLink instead, by the endpoint service of `stack` or `endpoint`."""
    endpoint: AtlasEndpoint | None = None
    """The project's endpoint service; a new one is made when left out, of which a project has one in a region."""


class InClusterDatabase(Part):
    """MongoDB in the chat's own Kubernetes cluster, dumped to S3 every night (`backup`) in production."""

    kind: Literal["in-cluster"]
    name: DatabaseName = "rocketchat"
    """Name of the chat's database."""
    version: Version | None = None
    """MongoDB series, such as "8.0". The release's own recommendation when left out."""
    members: Literal[1, 3] = 1
    """One, or three, which outlive a node."""
    disk_gb: int = Field(default=10, ge=1, le=16384)
    """Disk of each member in GB."""
    memory: int = Field(default=1024, ge=512, le=131072)
    """Memory of each member in MiB."""
    storage_class: ClusterName | None = None
    """Class of the disks; the cluster's default when left out."""


class OnHostDatabase(Part):
    """MongoDB on the chat's own host: a replica set of one, dumped every night (`backup`)."""

    kind: Literal["on-host"]
    name: DatabaseName = "rocketchat"
    """Name of the chat's database."""
    version: Version | None = None
    """MongoDB series, such as "8.0". The release's own recommendation when left out."""


class UriDatabase(Part):
    """A MongoDB replica set that is there already, by its URI (the secret `mongodbUri`)."""

    kind: Literal["uri"]
    empty: bool = False
    """Whether this chat is the first in that database, so that its administrator is the one made here."""
    version: Version
    """MongoDB version that it runs, such as "8.0"; checked against the release."""


# --------------------------------------------------------------------------------------------------- media


class CloudFrontMediaCdn(Part):
    """CloudFront before the bucket."""

    kind: Literal["cloudfront"]
    host: HostName
    """Public name of the distribution, such as `media-chat.lovia.life`."""


class ExternalMediaCdn(Part):
    """A CDN that the stack does not make, such as BunnyCDN."""

    kind: Literal["external"]
    host: HostName


class UploadLimit(Part):
    """What every place for uploads has in common."""

    max_file_mb: int | None = Field(default=None, ge=1, le=10240)
    """Largest upload in MB (of 1024 times 1024 bytes, as the product counts). 100 when left out, or what Cloudflare's
    proxy lets through, if that stands before the chat and is less. The proxies before the chat follow."""


class S3Media(UploadLimit):
    """Uploads in a private S3 bucket."""

    kind: Literal["s3"]
    bucket: BucketName
    """Name of the bucket, which no other bucket of S3 has."""
    cdn: Annotated[CloudFrontMediaCdn | ExternalMediaCdn, Field(discriminator="kind")] | None = None
    """A CDN before the bucket. Rocket.Chat itself never sends its users there; the plan says so."""
    old_version_days: Days = 90
    """How long deleted and overwritten files are kept."""


class SpacesMedia(UploadLimit):
    """Uploads in a private bucket of DigitalOcean Spaces."""

    kind: Literal["spaces"]
    bucket: Annotated[
        str,
        _matching(
            r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",
            "a bucket name of Spaces: 3 to 63 lower-case letters, digits and hyphens, no dots",
        ),
    ]
    """Name of the bucket, which no other bucket of Spaces in the region has."""
    region: Literal["ams3", "atl1", "blr1", "fra1", "lon1", "nyc3", "sfo2", "sfo3", "sgp1", "syd1", "tor1"]
    """DigitalOcean's region, the nearest to the chat."""
    old_version_days: Days = 90
    """How long deleted and overwritten files are kept."""


class HostMedia(UploadLimit):
    """Uploads on the data disk of the chat's own host, packed every night (`backup`)."""

    kind: Literal["host"]


class GridFsMedia(UploadLimit):
    """Uploads in MongoDB. For trials; the vendor advises against it in production."""

    kind: Literal["gridfs"] = "gridfs"


# --------------------------------------------------------------------------------------- dns, edge and mail


class CloudflareDns(Part):
    """A zone at Cloudflare."""

    kind: Literal["cloudflare"]
    zone: HostName
    """Name of the zone, such as `lovia.life`."""
    zone_id: str | None = Field(default=None, pattern=r"^[0-9a-f]{32}$")
    """Cloudflare's id of the zone; looked up by name when left out."""
    proxied: bool = False
    """Send the chat's traffic through Cloudflare: one more trusted proxy, and uploads are limited by `plan`."""
    plan: Literal["free", "pro", "business", "enterprise"] = "free"
    """Cloudflare's plan of the zone, which limits uploads where `proxied` is true."""


class Route53Dns(Part):
    """A public zone at Amazon Route 53."""

    proxied: ClassVar[bool] = False
    """Route 53 has no proxy."""

    kind: Literal["route53"]
    zone: HostName
    """Name of the zone, such as `lovia.life`."""
    zone_id: str | None = Field(default=None, pattern=r"^Z[0-9A-Z]{1,31}$")
    """Route 53's id of the zone, which ends the search by name; needed where two zones have the same name."""


class DirectEdge(Part):
    """Users reach the balancer itself."""

    kind: Literal["direct"] = "direct"


class CloudFrontEdge(Part):
    """CloudFront before the app: nothing cached, all headers and methods passed."""

    kind: Literal["cloudfront"]
    price_class: Literal["PriceClass_100", "PriceClass_200", "PriceClass_All"] = "PriceClass_200"
    """Which of CloudFront's locations serve the chat."""


class SesPart(Part):
    """What is told of a domain that sends by Amazon SES, whoever set it up."""

    domain: HostName
    """Domain that mail is sent from."""
    sender: Sender = Field(alias="from")
    """The From address: `chat@lovia.life`. A name before it, as in `Lovia <chat@lovia.life>`, is left out: the server
    puts that of the workspace (`chat.siteName`) or of the sender there."""
    region: str | None = None
    """SES's region; the stack's own when left out."""


class SesMail(SesPart):
    """Amazon SES, set up whole: identity, DKIM, MAIL FROM, and an SMTP user. One stack of an account does it."""

    kind: Literal["ses"]
    dmarc_policy: Literal["leave", "none", "quarantine", "reject"] | None = None
    """What the domain's DMARC record says; `leave` makes none. When left out: `quarantine` where the mail domain is
    the chat's host or below it, else `leave`, as the record speaks for everybody who sends in the domain's name."""
    dmarc_reports: Email | None = None
    """Where other providers send their DMARC reports."""


class ExistingSesMail(SesPart):
    """A domain that another stack, or somebody by hand, has set up in Amazon SES: only an SMTP user is made."""

    kind: Literal["ses-existing"]


class SmtpMail(Part):
    """Any SMTP server. The password is the secret `smtpPassword`."""

    kind: Literal["smtp"]
    host: HostName
    """Name of the server."""
    port: int = Field(default=587, ge=1, le=65535)
    """Port of the server."""
    encryption: Literal["starttls", "tls"] = "starttls"
    """`starttls` (usually port 587) or `tls` from the first byte (usually port 465)."""
    username: str | None = Field(default=None, min_length=1)
    """User at the server; none when left out."""
    sender: Sender = Field(alias="from")
    """The From address, with or without a name."""
    domain: HostName | None = None
    """The domain that From must be in; that of `from` when left out."""


# ------------------------------------------------------------------------------------------ login and push


class OidcLogin(Part):
    """Single sign-on by OpenID Connect. The client's secret is `oidcClientSecret`; that of a second login has the name
    of the setting, such as `Accounts_OAuth_Custom-Keycloak-secret`."""

    kind: Literal["oidc"]
    preset: Literal["fusionauth", "keycloak", "generic"] = "generic"
    """Fills in the paths of a known provider."""
    name: str | None = Field(default=None, pattern=r"^[A-Za-z][A-Za-z0-9]{0,30}$")
    """Name of the login service inside Rocket.Chat; part of the callback address. The preset's when left out."""
    url: Url
    """Address of the provider, without a slash at the end."""
    client_id: str = Field(min_length=1)
    realm: Annotated[str, _matching(r"[A-Za-z0-9._~%-]+", "a realm as it stands in addresses")] | None = None
    """Keycloak's realm."""
    token_path: AddressPath | None = None
    identity_path: AddressPath | None = None
    authorize_path: AddressPath | None = None
    scope: str | None = None
    button_text: str = "Sign In"
    username_field: str | None = None
    key_field: Literal["email", "username"] = "email"
    """By what `mergeUsers` finds the account. By `username`, whoever chooses a name at the provider gets the account
    of that name."""
    merge_users: bool = True
    """Let a user in whose name at the provider is no longer that of the account with the same `keyField`. Without it
    such a user is locked out. Accounts with the same e-mail address are joined in any case, so the provider must verify
    addresses."""
    merge_roles: bool = False
    """Take the user's roles from the provider. Needs a licence."""
    roles_field: str = "roles"

    @property
    def service(self) -> str:
        """The login service's name inside Rocket.Chat."""
        return self.name or ("Sso" if self.preset == "generic" else self.preset.capitalize())


class SamlLogin(Part):
    """Single sign-on by SAML. An own signing key is the secret `samlPrivateKey`."""

    kind: Literal["saml"]
    preset: Literal["google", "generic"] = "generic"
    name: str = Field(default="saml", pattern=r"^[a-z][a-z0-9-]{0,30}$")
    """Name of the provider inside Rocket.Chat; part of the addresses to register."""
    entry_point: Annotated[
        str,
        _matching(
            rf"https://{_LABEL}(\.{_LABEL})*(:[0-9]+)?([/?]({_IN_ADDRESS}|[?#])*)?",
            "an https address; one looks like https://login.example.com/saml",
        ),
    ]
    """The identity provider's sign-on address."""
    logout: Url | None = None
    """The identity provider's sign-out address."""
    certificate: Certificate = Field(min_length=1)
    """The identity provider's public certificate (PEM, or its base64 without the BEGIN and END lines)."""
    own_certificate: Certificate | None = None
    """The chat's own public certificate (PEM), which goes with the secret `samlPrivateKey`: neither does without the
    other."""
    signed: Literal["either", "response", "assertion", "all"] = "either"
    """What the provider must have signed of its answer: the whole `response`, the `assertion` in it, `either` or
    `all`."""
    button_text: str = "Sign In"


class Accounts(Part):
    """What users may do with their own accounts. A key that is left out keeps the product's default."""

    login_form: bool | None = None
    """Show the form for user name and password. False hides it once somebody can be administrator without it: when
    `chat.administrator` names the address of somebody who comes by single sign-on, or the chat runs already
    (`chat.upgradeFrom`)."""
    registration: Literal["disabled", "public", "secret-url"] = "disabled"
    """Who may make an account by the form."""
    profile_change: bool | None = None
    username_change: bool | None = None
    name_change: bool | None = None
    email_change: bool | None = None
    password_change: bool | None = None
    avatar_change: bool | None = None
    status_change: bool | None = None
    delete_own: bool | None = None
    two_factor: bool | None = None
    """Two-factor authentication is possible."""
    lock: bool = False
    """Lock all of these against change in the administration pages."""


class GatewayPush(Part):
    """The vendor's push gateway, for the apps of the stores.

    It takes messages of registered workspaces only: the secret `registrationToken` registers this one at Rocket.Chat
    Cloud, or an administrator does it in the chat.
    """

    kind: Literal["gateway"]


class OwnPush(Part):
    """Push of a self-built app, by the secrets `fcmServiceAccount` and `apnKey`, `apnCertificate`, `apnPassphrase`."""

    kind: Literal["own"]


class NoPush(Part):
    """No push."""

    kind: Literal["none"] = "none"


# --------------------------------------------------------------------------------------------- operations


class Backup(Part):
    """How long the database's backups are kept. A key that is left out comes from the profile."""

    restore_window_days: int | None = Field(default=None, ge=1, le=7)
    """Point-in-time restore goes back so many days."""
    bucket: BucketName | None = None
    """Bucket at AWS for what is kept on a host or in a cluster; its name is made up when left out."""
    keep_days: Days = 35
    """How long nightly backups of a host or a cluster are kept there. The newest eight stay in any case."""
    hour: int = Field(default=18, ge=0, le=23)
    """Hour of day, UTC, of the nightly dump of a host or a cluster."""
    daily_days: Days | None = None
    weekly_weeks: int | None = Field(default=None, ge=1, le=52)
    monthly_months: int | None = Field(default=None, ge=1, le=36)


class Bot(Part):
    """A chat bot in a container of the host (Hubot, which nobody maintains any more).

    Its account must be made in the chat, with the role `bot`; its password is the secret `botPassword`.
    """

    image: str = Field(default=bot.DEFAULT_IMAGE, pattern=r"^[A-Za-z0-9_./-]+:[A-Za-z0-9_.-]+$")
    """Image with an exact tag."""
    username: str = Field(default="bot", min_length=1, max_length=40, pattern=r"^[0-9a-zA-Z._-]+$")
    name: str | None = Field(default=None, max_length=40, pattern=r"^[^\s*?\[\\-][^\s*?\[\\]*$")
    """What it listens to; its user name when left out. One word: the image's start command splits it at blanks."""
    rooms: list[Annotated[str, Field(pattern=r"^[^\s,]+$")]] = []
    """Rooms that it joins."""
    all_public: bool = False
    """Listen in every public room."""
    scripts: list[Annotated[str, Field(pattern=_PACKAGE)]] = []
    """npm packages with its scripts."""
    keys: list[Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]] = []
    """Names of the scripts' own variables; the values are in the secret `botKeys`, a JSON object."""


class Monitoring(Part):
    """Who is told when something fails, and what is measured."""

    alarm_emails: list[Email] = []
    """Alarms of AWS, of Atlas and of a host go to these addresses."""
    prometheus: bool = False
    """Serve metrics on port 9458 inside the network."""
    monthly_budget_usd: int | None = Field(default=None, ge=1)
    """A budget of AWS that warns at 80 and 100 percent."""


class Font(Part):
    """A brand font, delivered inside the style sheet because the default CSP allows no other place."""

    family: str = Field(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9 _-]+$")
    file: str = Field(pattern=r"\.woff2$")
    """A WOFF2 file, relative to the stack file's folder. Keep it small: a subset of the letters that are used."""
    weight: int = Field(default=400, ge=100, le=900)
    used_for: Literal["headings", "text"] = "text"


class Appearance(Part):
    """How the workspace looks."""

    css: str | None = None
    """Style sheet that is added to the product's own."""
    fonts: list[Font] = []
    home_title: str | None = None


class Locked(Part):
    """A setting with its lock."""

    value: bool | int | float | str | list[str]
    lock: bool = False
    """Make the setting read-only in the administration pages."""


Runtime = Annotated[
    FargateRuntime | KubernetesRuntime | DoksRuntime | LightsailRuntime | DropletRuntime,
    Field(discriminator="kind"),
]
Database = Annotated[
    AtlasDatabase | ExistingAtlasDatabase | UriDatabase | InClusterDatabase | OnHostDatabase,
    Field(discriminator="kind"),
]
Media = Annotated[S3Media | SpacesMedia | GridFsMedia | HostMedia, Field(discriminator="kind")]
Dns = Annotated[CloudflareDns | Route53Dns, Field(discriminator="kind")]
Edge = Annotated[DirectEdge | CloudFrontEdge, Field(discriminator="kind")]
Mail = Annotated[SesMail | ExistingSesMail | SmtpMail, Field(discriminator="kind")]
Login = Annotated[OidcLogin | SamlLogin, Field(discriminator="kind")]
Push = Annotated[GatewayPush | OwnPush | NoPush, Field(discriminator="kind")]
Setting = Annotated[bool | int | float | str | list[str] | Locked, BeforeValidator(_setting)]


class Parts(Part):
    """All parts of a stack file: the keys of the namespace `rocketchat:` that are not secret."""

    chat: Chat
    """What chat is wanted."""
    runtime: Runtime
    """Where the containers run."""
    database: Database
    """Where the data is."""
    media: Media = GridFsMedia()
    """Where uploads go."""
    dns: Dns | None = None
    """Who serves the DNS zone."""
    edge: Edge = DirectEdge()
    """What stands before the app."""
    mail: Mail | None = None
    """How mail is sent; none when left out."""
    login: Annotated[
        list[Login],
        BeforeValidator(
            lambda given: [given] if isinstance(given, dict) else given,
            json_schema_input_type=Login | list[Login],
        ),
    ] = []
    """Single sign-on: one way, or a list of them."""
    accounts: Accounts = Accounts()
    """What users may do with their own accounts."""
    push: Push = NoPush()
    """How phones are told of messages."""
    backup: Backup = Backup()
    """How long the database's backups are kept."""
    bot: Bot | None = None
    """A chat bot beside the chat; none when left out."""
    monitoring: Monitoring = Monitoring()
    """Who is told when something fails, and what is measured."""
    appearance: Appearance = Appearance()
    """How the workspace looks."""
    settings: Mapping[str, Setting] = {}
    """Any of the product's settings, by id; `{value: …, lock: true}` makes one read-only in the chat itself."""
