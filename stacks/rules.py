"""What the parts of a stack file must agree on, and what the release, the licence and the clouds allow.

A rule is a function whose parameters name what it reads: parts of the file, or the derived `release`, `size`,
`region`, `secrets` and `defaults`. It runs when all of them are right by themselves, and yields problems,
warnings, or a note that says what was found to be right. `parts` are all parts; `readable` are those that are
right by themselves, the others being None or their default. A parameter that is annotated with a class, or a
union of classes, makes the rule hold for values of these only: a rule of one runtime is annotated with its
model.
"""

import inspect
import ipaddress
import json
import re
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from types import UnionType
from typing import Any

from pydantic.alias_generators import to_camel

from components.database import backup as snapshots
from components.database import catalogue
from components.edge.certificate import LONGEST_NAME
from components.mail import regions, smtp
from components.network.subnets import plan_subnets
from components.regions import fargate_zones, zone_names
from components.runtime.fargate_args import DEFINITION_BYTES
from rocketchat import environment, releases, safety, services, sizing
from rocketchat import settings as product_settings
from rocketchat.environment import Environment, Secret
from rocketchat.releases import Release
from rocketchat.settings import ENVIRONMENT_PREFIX
from stacks import egress, features, profiles, said
from stacks.problems import Problem, nearest
from stacks.processes import processes
from stacks.profiles import Defaults
from stacks.secrets import asked, command, find, unread
from stacks.spec import (
    Accounts,
    Appearance,
    AtlasDatabase,
    Backup,
    Chat,
    ClassIngress,
    CloudflareDns,
    CloudFrontEdge,
    CloudFrontMediaCdn,
    Dns,
    Edge,
    ExistingAtlasDatabase,
    ExistingBalancer,
    ExistingNetwork,
    FargateRuntime,
    GatewayPush,
    GridFsMedia,
    HostMedia,
    LightsailRuntime,
    Login,
    Mail,
    Media,
    Monitoring,
    NewNetwork,
    OidcLogin,
    OwnPush,
    Part,
    Parts,
    Profile,
    Route53Dns,
    Runtime,
    S3Media,
    SamlLogin,
    SesMail,
    SesPart,
    Setting,
    SmtpMail,
    UriDatabase,
)


@dataclass(frozen=True)
class Warning_:  # noqa: N801 - `Warning` is a builtin
    """Something that works and that its owner should know."""

    text: str


@dataclass(frozen=True)
class Note:
    """What was found to be right."""

    text: str


@dataclass(frozen=True)
class Check:
    """The outcome of one rule for a valid stack: what was looked at, and what was seen."""

    title: str
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


class Unforeseen(Problem):
    """What a component refuses of a part. It is told where no rule says more exactly what is wrong with that part."""


Finding = Problem | Warning_ | Note
Rule = Callable[..., Iterator[Finding]]

_RULES: list[tuple[str, Rule]] = []

NEW_ACCOUNTS_VCPU = 6
"""Fargate's quota of new accounts (AWS General Reference, "Amazon ECS endpoints and quotas"), raised on request."""
REGIONS_ADDRESSES = 5
"""Elastic IP addresses of an account in a region (VPC guide, "Amazon VPC quotas"), raised on request."""
ZONES_NAT_GATEWAYS = 5
"""NAT gateways of an account in a zone (the same page)."""
MOST_OF_A_VARIABLE = 131_072
"""Bytes of name, value and what joins them: 32 pages (Linux, `MAX_ARG_STRLEN`)."""
_VARIABLE_BYTES, _REFERENCE_BYTES, _DEFINITION_BYTES = 80, 260, 2_000
"""About what a variable, the reference to a secret and the rest take in a task definition beside their values."""

DOCKER_NETWORK = "172.17.0.0/16"
"""Docker's default bridge, which containers on EC2 and build hosts use."""


def rule(title: str) -> Callable[[Rule], Rule]:
    """Add a rule to the table under a title that reads as a question answered."""

    def add(function: Rule) -> Rule:
        _RULES.append((title, function))
        return function

    return add


def judge(known: Mapping[str, Any]) -> tuple[list[Problem], list[Check]]:
    """Run every rule whose parameters are all in `known`; return the problems, and the checks that passed."""
    problems: list[Problem] = []
    checks: list[Check] = []
    unforeseen: list[Unforeseen] = []
    told: set[tuple[str, str]] = set()
    """Places and remedies: a mistake that several rules see is one mistake."""
    for title, function in _RULES:
        wanted = inspect.signature(function).parameters
        if not all(_given(known, parameter) for parameter in wanted.values()):
            continue
        found = list(function(**{name: known[name] for name in wanted}))
        wrong = [finding for finding in found if isinstance(finding, Problem)]
        for one in wrong:
            if isinstance(one, Unforeseen):
                unforeseen.append(one)
            elif one.remedy is None or (one.path, one.remedy) not in told:
                problems.append(one)
                told.add((one.path, one.remedy or ""))
        if found and not wrong:
            checks.append(
                Check(
                    title,
                    tuple(finding.text for finding in found if isinstance(finding, Note)),
                    tuple(finding.text for finding in found if isinstance(finding, Warning_)),
                )
            )
    parts = {_part_of(problem.path) for problem in problems}
    problems.extend(one for one in unforeseen if _part_of(one.path) not in parts)
    return problems, checks


def _part_of(path: str) -> str:
    """Return the part of the stack file that a path leads into, such as `rocketchat:login`."""
    return re.split(r"[.\[]", path, maxsplit=1)[0]


def _given(known: Mapping[str, Any], parameter: inspect.Parameter) -> bool:
    if parameter.name not in known:
        return False
    kind = parameter.annotation
    return not isinstance(kind, type | UnionType) or isinstance(known[parameter.name], kind)


def _within(host: str, zone: str) -> bool:
    return host == zone or host.endswith(f".{zone}")


# ----------------------------------------------------------------------------------------------- the release


@rule("The release is known and can be reached")
def _release(chat: Chat, release: Release) -> Iterator[Finding]:
    if chat.upgrade_from is not None:
        try:
            releases.check_upgrade(chat.upgrade_from, chat.release)
        except ValueError as error:
            yield Problem("rocketchat:chat.upgradeFrom", str(error))
            return
        yield Note(f"{chat.upgrade_from} may be upgraded to {chat.release}")
    newer = releases.newest_patch(release)
    if newer is not None:
        what = "closes holes that this one has" if newer.security else "is the newest of its line"
        yield Warning_(
            f"Rocket.Chat {newer.version} {what} (as of {releases.PATCHES_KNOWN_ON}): set chat.release to "
            f'"{release.line}" for the newest patch known here, or to {newer.version}'
        )
    if release.wizard_returns:
        yield Warning_(
            f"the first start of Rocket.Chat {release.version} shows administrators the setup wizard again, until the "
            "next start of the server or until the workspace is registered (secret registrationToken)"
        )
    yield Note(f"Rocket.Chat {chat.release}, line {release.line}")


@rule("Phones are told of messages")
def _push(push: GatewayPush | OwnPush, secrets: AbstractSet[str], release: Release) -> Iterator[Finding]:
    if isinstance(push, OwnPush):
        if "fcmServiceAccount" in secrets and not release.own_google_push:
            yield Problem(
                "rocketchat:push.kind",
                f"Rocket.Chat {release.version} cannot send to Google by a service account (FCM v1), and Google takes "
                "nothing else",
                remedy="deploy 6.8.0 or newer",
            )
        for name in _missing_of_apple(secrets):
            path = f"rocketchat:{name}"
            yield Problem(
                path,
                f"the secret is missing: push to Apple needs all of {', '.join(_APPLE)}",
                remedy=command(path),
                unset=True,
            )
        yield Warning_("own push works with a self-built app only; the stores' apps need the gateway")
        yield Note("by the own accounts at Google and Apple")
    elif "registrationToken" in secrets:
        yield Note("through the vendor's gateway; the workspace is registered by its token")
    else:
        yield Warning_(
            "push waits until the workspace is registered, and messages to phones are lost before: "
            f"{command('rocketchat:registrationToken')} (a token of cloud.rocket.chat), or register it in the chat"
        )


_APPLE = ("apnKey", "apnCertificate", "apnPassphrase")


def _missing_of_apple(secrets: AbstractSet[str]) -> list[str]:
    """Return which of Apple's secrets are missing beside those that are given."""
    missing = [name for name in _APPLE if name not in secrets]
    return missing if len(missing) < len(_APPLE) else []


@rule("The release runs on this MongoDB")
def _mongodb(
    release: Release, database: AtlasDatabase | ExistingAtlasDatabase | UriDatabase
) -> Iterator[Finding]:
    if isinstance(database, ExistingAtlasDatabase) and database.version is None:
        yield Note(f"MongoDB {' or '.join(release.mongodb)}: the cluster is asked at deployment")
        return
    version = database.version or release.recommended_mongodb
    try:
        releases.check_mongodb(release, version)
    except ValueError as error:
        yield Problem("rocketchat:database.version", str(error), allowed=", ".join(release.mongodb))
        return
    series = ".".join(version.split(".")[:2])
    if isinstance(database, AtlasDatabase) and series not in catalogue.NEW_CLUSTER_VERSIONS:
        yield Warning_(
            f"Atlas makes new clusters with MongoDB {' or '.join(catalogue.NEW_CLUSTER_VERSIONS)} only, and "
            f"Rocket.Chat {release.version} wants {' or '.join(release.mongodb)}: this works for a cluster that runs "
            f"{version} already; else use kind uri"
        )
    yield Note(f"MongoDB {version}")


@rule("The number of users can be served")
def _size(size: sizing.Size, chat: Chat) -> Iterator[Finding]:
    yield Note(f"{chat.users} users: {size.cpu_units / 1024:g} vCPU, {size.memory_mib} MiB")


@rule("What needs a licence has one")
def _licence(
    chat: Chat,
    release: Release,
    size: sizing.Size,
    runtime: Runtime,
    login: list[Login],
    secrets: AbstractSet[str],
) -> Iterator[Finding]:
    instances = runtime.instances or size.instances
    most = max(instances, runtime.max_instances or 1)
    oidc = [way for way in login if isinstance(way, OidcLogin)]
    instead = "do without"
    if (runtime.instances or 1) > 1:
        path = "rocketchat:runtime.instances"
    elif (runtime.max_instances or 1) > 1:
        path = "rocketchat:runtime.maxInstances"
    else:
        path = "rocketchat:chat.users"
        instead = "accept one server, which may be slow for so many users (`runtime: {instances: 1}`)"
    asked = {
        path: (services.licence_needs(release, services.MONOLITH, most), instead),
        "rocketchat:runtime.topology": (
            services.licence_needs(release, runtime.topology, 1),
            "set `topology: monolith`",
        ),
        "rocketchat:login": (
            services.licence_needs(
                release,
                services.MONOLITH,
                1,
                custom_oauth=bool(oidc),
                role_sync=any(way.merge_roles for way in oidc),
            ),
            "do without",
        ),
    }
    needs = [(place, need, other) for place, (found, other) in asked.items() for need in found]
    if "license" in secrets:
        yield Note("given" + "".join(f"; needed for {need}" for _, need, _ in needs))
        return
    for place, need, other in needs:
        yield Problem(
            place,
            f"Rocket.Chat {chat.release} needs a licence for {need}",
            remedy=f"{command('rocketchat:license')}; or {other}",
        )
    yield Note("nothing here needs one")


@rule("The vendor supports this topology here")
def _topology(runtime: FargateRuntime) -> Iterator[Finding]:
    if runtime.topology == services.MICROSERVICES:
        yield Warning_(
            "the vendor supports microservices on Kubernetes only (docs.rocket.chat, Microservices): on Fargate "
            "they are the same containers, but you are on your own"
        )


@rule("Every setting exists and can be set so")
def _settings(
    settings: Mapping[str, Setting], release: Release, secrets: AbstractSet[str]
) -> Iterator[Finding]:
    own = secrets & product_settings.own_secrets()
    given = {**features.listed(settings), **dict.fromkeys(own, product_settings.SECRET)}
    found = product_settings.check(given, release, licensed="license" in secrets)
    for problem in found:
        if problem.kind == "doubt":
            yield Warning_(f"settings.{problem.id}: {problem.message}")
            continue
        yield Problem(
            f"rocketchat:{problem.id}" if problem.id in own else f"rocketchat:settings.{problem.id}",
            problem.message,
            allowed=problem.allowed,
            nearest=problem.nearest,
            remedy=problem.remedy,
        )
    if settings and not found:
        yield Note(f"{len(settings)} settings of the catalogue's {len(product_settings.catalogue()):,}")


# ------------------------------------------------------------------------------------------ names and zones


@rule("Names lie in the zone")
def _zone(chat: Chat, dns: CloudflareDns | Route53Dns, media: Media, mail: Mail | None) -> Iterator[Finding]:
    wanted = {"rocketchat:chat.host": chat.host}
    if isinstance(media, S3Media) and isinstance(media.cdn, CloudFrontMediaCdn):
        wanted["rocketchat:media.cdn.host"] = media.cdn.host
    if isinstance(mail, SesMail):
        wanted["rocketchat:mail.domain"] = mail.domain
    for path, host in wanted.items():
        if not _within(host, dns.zone):
            yield Problem(
                path,
                f"{host} does not lie in the zone {dns.zone}, so no record can be made for it",
            )
    deeper = "." in chat.host.removesuffix(dns.zone).rstrip(".")
    if isinstance(dns, CloudflareDns) and dns.proxied and deeper:
        deep = f"Cloudflare's own certificate covers {dns.zone} and one level below it, and not {chat.host}"
        if dns.plan == "free":
            yield Problem(
                "rocketchat:chat.host",
                deep,
                remedy=f"take a name such as {chat.host.partition('.')[0]}.{dns.zone}, or set `dns.proxied: false`",
            )
        else:
            yield Warning_(f"{deep}: order one in Cloudflare's Advanced Certificate Manager")
    yield Note(f"{', '.join(dict.fromkeys(wanted.values()))} in {dns.zone}")
    if isinstance(media, S3Media) and media.cdn is not None and media.cdn.host == chat.host:
        yield Problem("rocketchat:media.cdn.host", "the media CDN and the chat cannot have the same name")


HOST_HEADER_LIMIT = 128
"""Characters of a host name in a rule (ELB user guide, "Host conditions")."""


@rule("Names fit into certificates")
def _certificates(chat: Chat, runtime: Runtime, edge: Edge, media: Media) -> Iterator[Finding]:
    by_acm = {}
    balanced = isinstance(runtime, FargateRuntime) and not isinstance(runtime.balancer, ExistingBalancer)
    if balanced or isinstance(edge, CloudFrontEdge):
        by_acm["rocketchat:chat.host"] = chat.host
    if isinstance(media, S3Media) and isinstance(media.cdn, CloudFrontMediaCdn):
        by_acm["rocketchat:media.cdn.host"] = media.cdn.host
    if isinstance(runtime, FargateRuntime) and len(chat.host) > HOST_HEADER_LIMIT:
        yield Problem(
            "rocketchat:chat.host",
            f"the name has {len(chat.host)} characters, and a rule of a balancer takes at most {HOST_HEADER_LIMIT}",
            remedy="take a shorter name",
        )
        return
    for path, host in by_acm.items():
        if len(host) > LONGEST_NAME:
            yield Problem(
                path,
                f"the name has {len(host)} characters, and ACM makes certificates for at most {LONGEST_NAME}",
                remedy="take a shorter name",
            )


@rule("What is at AWS has a region, and what needs records has a zone")
def _places(
    region: str | None, dns: CloudflareDns | Route53Dns | None, media: Media, mail: Mail | None
) -> Iterator[Finding]:
    at_aws = {
        "rocketchat:dns.kind": isinstance(dns, Route53Dns),
        "rocketchat:media.kind": isinstance(media, S3Media),
        "rocketchat:mail.kind": isinstance(mail, SesPart),
    }
    if region is None:
        for path in (path for path, there in at_aws.items() if there):
            yield Problem(
                "aws:region",
                f"{path} is a service of AWS, whose provider needs a region",
                remedy="add `aws:region: ap-southeast-1` or another",
            )
    cdn = isinstance(media, S3Media) and isinstance(media.cdn, CloudFrontMediaCdn)
    needs_zone = {"rocketchat:mail.kind": isinstance(mail, SesMail), "rocketchat:media.cdn.kind": cdn}
    if dns is None:
        for path in (path for path, there in needs_zone.items() if there):
            yield Problem(
                "rocketchat:dns",
                f"{path} needs records in a DNS zone",
                remedy="add `rocketchat:dns: {kind: cloudflare, zone: example.com}`, or kind route53",
            )


@rule("Mail is sent from a domain that the mail service may use")
def _mail(mail: Mail | None) -> Iterator[Finding]:
    if mail is None:
        yield Warning_("no mail: no password resets, no invitations, no notices by mail")
        return
    domain, sender = mail.domain, features.sender_domain(mail.sender)
    if domain is not None and sender != domain:
        yield Problem(
            "rocketchat:mail.from",
            f"the From address is in {sender}, outside the mail domain {domain}; such mail is refused, or is spam",
            remedy=f"send from an address in {domain}",
        )
    if mail.sender != environment.bare_address(mail.sender):
        yield Warning_(
            "the name in mail.from is left out: the server puts that of the workspace (chat.siteName) or of the sender "
            "before the address"
        )
    if isinstance(mail, SmtpMail):
        usual = smtp.ENCRYPTIONS.get(mail.port, mail.encryption)
        if usual != mail.encryption:
            yield Problem(
                "rocketchat:mail.encryption",
                f"at port {mail.port} mail servers speak `{usual}`, and with `{mail.encryption}` no mail would leave",
                remedy=f"set `encryption: {usual}`, or another `port`",
            )
    yield Note(f"From {environment.bare_address(mail.sender)}")


@rule("The runtime has what it needs")
def _runtime_needs(runtime: Runtime, region: str | None, dns: Dns | None, edge: Edge) -> Iterator[Finding]:
    kind, traits = runtime.kind, runtime.traits
    if traits.needs_region and region is None:
        yield Problem(
            "aws:region",
            f"runtime {kind} needs a region",
            remedy="add `aws:region: ap-southeast-1` or another",
        )
    if traits.needs_dns and dns is None:
        yield Problem(
            "rocketchat:dns",
            f"runtime {kind} needs a DNS zone, for the chat's name and its certificate",
            remedy="add `rocketchat:dns: {kind: cloudflare, zone: example.com}`",
        )
    if isinstance(edge, CloudFrontEdge):
        if not traits.app_cdn:
            yield Problem("rocketchat:edge.kind", f"CloudFront cannot stand before runtime {kind}")
        if dns is not None and dns.proxied:
            yield Problem(
                "rocketchat:dns.proxied",
                "CloudFront before the app (edge.kind) and Cloudflare's proxy contradict each other: one is enough",
                remedy="set `proxied: false`, or edge to `{kind: direct}`",
            )
    if dns is not None and dns.proxied:
        yield Warning_("Cloudflare's SSL mode must be Full (strict)")


# ---------------------------------------------------------------------------------------------- the network


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


@rule("The account's quotas are known")
def _quotas(runtime: FargateRuntime, chat: Chat, release: Release, size: sizing.Size) -> Iterator[Finding]:
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
    need = units / 1024
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


_ROOM = {"droplet": 50 - 8, "fargate": 60 - 2}
"""Ranges of ports for which a firewall has room beside its own rules: a firewall of DigitalOcean takes 50 rules of both
ways (Cloud Firewalls, "Limits"), a security group 60 each way (VPC user guide, "Amazon VPC quotas")."""


@rule("Only what is used leaves the network")
def _ways_out(parts: Parts, defaults: Defaults, runtime: Runtime) -> Iterator[Finding]:
    if isinstance(runtime, LightsailRuntime):
        # Its firewall holds back only what comes in (Lightsail guide, "Control instance traffic with firewalls").
        yield Note("the firewall of a Lightsail host lets everything out")
        return
    ways = egress.ways_out(parts, defaults)
    told = (f"{way.first}" if way.first == way.last else f"{way.first} to {way.last}" for way in ways)
    uri = ", and the ports of mongodbUri" if isinstance(parts.database, UriDatabase) else ""
    host = "; and what the host itself needs: names, packages, the time" if runtime.traits.one_host else ""
    yield Note(f"ports {', '.join(told)}{uri}{host}")
    room = _ROOM.get(runtime.kind)
    if room is not None and len(ways) > room:
        yield Problem(
            "rocketchat:runtime.egressPorts",
            f"the chat goes out by {len(ways)} ranges of ports; the firewall of a {runtime.kind} has room for {room}",
            remedy="leave some of them out, or give neighbours (8080 to 8090 are one range)",
        )
    if isinstance(runtime, FargateRuntime) and any(25 in way.ports for way in ways):
        yield Warning_(
            "AWS blocks port 25 out of its networks until it lifts that on request; take 587 or 465"
        )


@rule("The Atlas cluster is named")
def _atlas_cluster(database: AtlasDatabase | ExistingAtlasDatabase) -> Iterator[Finding]:
    if isinstance(database, ExistingAtlasDatabase):
        place = "rocketchat:database"
        if (database.stack is None) == (database.project is None and database.cluster is None):
            yield Problem(
                place,
                "give either `stack` (the one that made the cluster) or `project` and `cluster`, not both or none",
            )
        elif database.stack is None and (database.project is None or database.cluster is None):
            yield Problem(place, "the cluster is named by both `project` (its id) and `cluster` (its name)")
        if database.endpoint is not None and (database.stack is not None or not database.private_link):
            yield Problem(
                "rocketchat:database.endpoint",
                "this goes with `privateLink: true` and `project`; a stack tells its own",
                remedy="leave it out",
            )
        where = database.stack or f"{database.cluster} of project {database.project}"
        yield Note(f"that of {where}, which stays as it is; database {database.name} is this chat's alone")
        return
    if (database.organization is None) == (database.project is None):
        yield Problem(
            "rocketchat:database",
            "give either `organization` (a project is made in it) or `project` (it is there already), not both or none",
        )
    for index, address in enumerate(database.allow):
        if address in database.allow[:index]:
            yield Problem(f"rocketchat:database.allow[{index}]", f"{address} is listed twice")
    yield Note(database.cluster)


@rule("The database lets the chat in")
def _database_access(
    runtime: Runtime, database: AtlasDatabase | ExistingAtlasDatabase, defaults: Defaults
) -> Iterator[Finding]:
    if database.private_link and not runtime.traits.private_link:
        yield Problem(
            "rocketchat:database.privateLink",
            f"runtime {runtime.kind} has no network for a private endpoint",
            remedy="leave it out",
        )
    elif egress.private_database(runtime, database, defaults):
        yield Note("through PrivateLink")
    elif isinstance(database, ExistingAtlasDatabase) and not database.access_list:
        yield Note("by entries of the access list that are there already")
    elif runtime.fixed_egress:
        yield Note("by the fixed addresses of the network")
    else:
        yield Problem(
            "rocketchat:runtime.network",
            "connections leave from no fixed address, so the Atlas access list would have to let in the whole world",
            remedy=(
                "set `database.privateLink: true`, or give the network a NAT (existing network: its egressAddresses)"
                if runtime.traits.private_link
                else "name the addresses (egressAddresses)"
            ),
        )


@rule("An existing MongoDB lets the chat in")
def _existing_database(database: UriDatabase) -> Iterator[Finding]:
    yield Warning_(
        f"whoever runs this MongoDB {database.version} must let the chat's addresses in (output `egressAddresses`)"
    )


@rule("Who is administrator is known")
def _administrator(database: UriDatabase | ExistingAtlasDatabase, chat: Chat) -> Iterator[Finding]:
    if database.empty:
        yield Note("the one made here: the database begins empty")
    elif chat.upgrade_from is not None:
        yield Note(f"those of the chat that runs already, at {chat.upgrade_from}")
    else:
        yield Warning_(
            "the password of an administrator made here counts in a database without users only, so there is no output "
            "of it: say `database.empty: true`, or of which release the data is (`chat.upgradeFrom`)"
        )


@rule("The region is known to Atlas")
def _atlas_region(database: AtlasDatabase, region: str | None) -> Iterator[Finding]:
    wanted = database.region or region
    path = "rocketchat:database.region" if database.region else "aws:region"
    if wanted is None:
        yield Problem(
            "rocketchat:database.region", "the cluster needs a region", remedy="add `region: ap-southeast-1`"
        )
    elif wanted not in catalogue.REGIONS:
        yield Problem(
            path,
            f"MongoDB Atlas has no region {wanted}",
            nearest=nearest(wanted, catalogue.REGIONS),
            allowed=", ".join(sorted(catalogue.REGIONS)),
        )
    else:
        if region is not None and wanted != region:
            yield Warning_(f"the database is in {wanted}, the chat in {region}: every query crosses regions")
            if database.private_link is not False:
                yield Problem(
                    "rocketchat:database.privateLink",
                    "PrivateLink works within one region only",
                    remedy="set `privateLink: false`, or use one region",
                )
        yield Note(wanted)


@rule("What is to be watched can be watched")
def _monitoring(monitoring: Monitoring, region: str | None, parts: Parts) -> Iterator[Finding]:
    if monitoring.monthly_budget_usd is not None and region is None:
        yield Problem(
            "rocketchat:monitoring.monthlyBudgetUsd",
            "the budget is one of AWS, and this stack has no region of AWS",
            remedy="leave it out, or add `aws:region`",
        )
    senders = features.alarm_senders(parts)
    if not monitoring.alarm_emails:
        yield Warning_("nobody is told when something fails (monitoring.alarmEmails is empty)")
    elif not senders:
        yield Warning_(
            "nobody is told when something fails: nothing in this stack writes to monitoring.alarmEmails; watch the "
            "chat's address from outside"
        )
    else:
        told = ", ".join(f"{sender} tells of {what}" for sender, what in senders.items())
        yield Note(f"{', '.join(monitoring.alarm_emails)}: {told}")


@rule("Rarer backups are kept longer")
def _backup(backup: Backup, database: AtlasDatabase, defaults: Defaults) -> Iterator[Finding]:
    try:
        kept = snapshots.complete(profiles.snapshots(backup, defaults))
    except ValueError as error:
        yield Problem("rocketchat:backup", str(error))
    else:
        yield Note(
            f"{database.cluster}: any second of {kept['restore_window_days']} days; "
            f"the oldest snapshot is kept {kept['monthly_days']} days"
        )


@rule("Mail's region has an SMTP endpoint")
def _ses_region(mail: SesPart, region: str | None) -> Iterator[Finding]:
    wanted = mail.region or region
    path = "rocketchat:mail.region" if mail.region else "aws:region"
    if wanted is None:
        return  # the missing `aws:region` is told already
    if wanted not in regions.SMTP_REGIONS:
        yield Problem(
            path,
            f"SES has no SMTP endpoint in {wanted}",
            nearest=nearest(wanted, regions.SMTP_REGIONS),
            remedy="name another region in `mail.region`",
        )
    else:
        yield Note(f"{wanted}; a new AWS account's SES is in the sandbox there until AWS lifts it on request")


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


def _twice(runtime: FargateRuntime) -> Iterator[Finding]:
    for name, values in runtime.network:
        for index, value in enumerate(values if isinstance(values, list) else ()):
            if value in values[:index]:
                yield Problem(
                    f"rocketchat:runtime.network.{to_camel(name)}[{index}]",
                    f"{value} is listed twice",
                    remedy="leave one of them out",
                )


@rule("The mail domain's DMARC record is the stack's own, or left alone")
def _dmarc(mail: SesMail, chat: Chat) -> Iterator[Finding]:
    policy = features.dmarc_policy(mail, chat.host)
    if policy != "leave":
        yield Note(
            f"_dmarc.{mail.domain} says p={policy} to all who receive mail in this name, whoever sent it"
        )
    elif mail.dmarc_reports is not None:
        yield Problem(
            "rocketchat:mail.dmarcReports",
            f"reports are asked for in the DMARC record, and that of {mail.domain} is left alone",
            remedy="add `dmarcPolicy: quarantine`, or name the address in the record that is there",
        )
    else:
        yield Note(
            f"_dmarc.{mail.domain} is left alone; `mail.dmarcPolicy: quarantine` makes it where the domain has none"
        )


@rule("The parts of the runtime fit together")
def _fargate(runtime: FargateRuntime, size: sizing.Size, edge: Edge, region: str | None) -> Iterator[Finding]:
    cpu, memory = runtime.cpu or size.cpu_units, runtime.memory or size.memory_mib
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
    yield from _twice(runtime)
    if isinstance(runtime.network, ExistingNetwork):
        if not isinstance(runtime.balancer, ExistingBalancer) and len(runtime.network.public_subnets) < 2:
            yield Problem(
                "rocketchat:runtime.network.publicSubnets",
                "a balancer of the stack's own needs at least two public subnets, in different zones",
            )
    elif isinstance(runtime.balancer, ExistingBalancer):
        yield Problem(
            "rocketchat:runtime.balancer",
            "an existing balancer lives in an existing network, and this stack makes a new one",
            remedy="set `network: {kind: existing, …}` to the balancer's VPC",
        )
    if isinstance(runtime.balancer, ExistingBalancer):
        place = runtime.balancer.listener.split(":")[3]
        if region is not None and place != region:
            yield Problem(
                "rocketchat:runtime.balancer.listener",
                f"the listener is in {place}, and the chat's containers in {region}",
                remedy=f"name one in {region}, or set `aws:region: {place}`",
            )
    if isinstance(runtime.balancer, ExistingBalancer) and isinstance(edge, CloudFrontEdge):
        yield Warning_("the existing balancer stays open to the world beside CloudFront")
    if runtime.spot:
        yield Warning_("spot capacity may be taken away with two minutes' notice; users then reconnect")
    yield Note(f"{cpu / 1024:g} vCPU and {memory} MiB on {runtime.architecture}")


# ------------------------------------------------------------------------------------ login, media, secrets


@rule("Somebody can log in")
def _login(
    accounts: Accounts, login: list[Login], chat: Chat, mail: Mail | None, settings: Mapping[str, Setting]
) -> Iterator[Finding]:
    if accounts.login_form is False and not login:
        yield Problem(
            "rocketchat:accounts.loginForm",
            "without the login form and without `rocketchat:login` nobody could log in",
            remedy="set `loginForm: true`, or add a login",
        )
    if accounts.registration == "public":
        yield Warning_("anybody on the internet can make an account (accounts.registration is public)")
    hidden = features.form_hidden(accounts, chat, login)
    if hidden:
        yield Warning_(
            "if single sign-on fails, nobody gets in: deploy with `loginForm: true` to use the administrator's password"
        )
    elif accounts.login_form is False and login:
        yield Warning_(
            "the login form stays on, because nobody is administrator by single sign-on: name one's address in "
            "`chat.administrator.email`, or the release that runs already in `chat.upgradeFrom`"
        )
    if chat.administrator is not None and chat.administrator.username.lower() in environment.BLOCKED_NAMES:
        yield Problem(
            "rocketchat:chat.administrator.username",
            f"the server refuses the user name {chat.administrator.username}, and takes `admin` without a word",
            remedy=f"take another one than {', '.join(sorted(environment.BLOCKED_NAMES))}",
        )
    if login and chat.administrator is not None:
        yield Warning_(
            f"whoever signs in with the address {chat.administrator.email} is the administrator: the login's provider "
            "must not let anybody else have it"
        )
    if (login or features.signs_on(settings)) and mail is None:
        yield Warning_(
            "single sign-on without mail: nobody gets a new password or a code by mail; who comes by single sign-on is "
            "asked for none"
        )
    if accounts.two_factor is not False and any(way.kind == "saml" for way in login):
        yield Warning_(
            "a user of SAML who turns on two-factor authentication cannot sign in any more (#41394): leave that to the "
            "provider, or set `accounts.twoFactor: false`, which holds for passwords too"
        )
    yield from _names_of_logins(login)
    for index, way in enumerate(login):
        path = _path_of_login(login, index)
        if isinstance(way, OidcLogin) and way.merge_users and way.key_field == "username":
            yield Warning_(
                f"login {way.name or way.preset}: whoever takes an account's name at the provider gets that account "
                "(keyField: username)"
            )
        if isinstance(way, OidcLogin):
            yield from _realm(way, path)
        paths = (way.token_path, way.identity_path, way.authorize_path) if isinstance(way, OidcLogin) else ()
        if isinstance(way, OidcLogin) and way.preset == "generic" and None in paths:
            yield Problem(
                path,
                "a provider without a preset needs tokenPath, identityPath and authorizePath",
                allowed="preset: fusionauth, keycloak; or the three paths",
            )
    yield Note(", ".join(way.kind for way in login) or "by user name and password")


def _path_of_login(login: list[Login], index: int) -> str:
    """Return the path of one login; a single one stands by itself."""
    return "rocketchat:login" if len(login) == 1 else f"rocketchat:login[{index}]"


def _names_of_logins(login: list[Login]) -> Iterator[Finding]:
    """Find logins that the server would take for one."""
    names: list[str] = []
    for index, way in enumerate(login):
        path = _path_of_login(login, index)
        if isinstance(way, OidcLogin):
            name = way.service
            if name.lower() in names:
                yield Problem(
                    f"{path}.name",
                    f"two logins have the name {name}; the server does not look at capitals",
                    remedy="give each a `name` of its own",
                )
            names.append(name.lower())
        elif any(isinstance(earlier, SamlLogin) for earlier in login[:index]):
            yield Problem(path, "Rocket.Chat knows one provider of SAML only", remedy="leave this one out")


def _realm(way: OidcLogin, path: str) -> Iterator[Finding]:
    """Find a realm that is missing, is said twice, or has no meaning."""
    told = re.search(r"/realms/[^/]+(/protocol)?$", way.url) is not None
    if way.preset != "keycloak":
        if way.realm is not None:
            yield Problem(
                f"{path}.realm",
                "only Keycloak has realms",
                remedy="leave it out, or set `preset: keycloak`",
            )
    elif way.realm is not None and told:
        yield Problem(f"{path}.realm", "`url` names a realm already", remedy="leave it out in one of the two")
    elif not way.realm and not told:
        yield Problem(f"{path}.realm", "preset keycloak needs the realm", remedy="add `realm: <name>`")


@rule("The largest upload passes every proxy")
def _largest_upload(media: Media, dns: Dns | None, runtime: Runtime) -> Iterator[Finding]:
    largest, most = features.max_file_mb(media, dns), features.proxy_file_mb(dns)
    if isinstance(dns, CloudflareDns) and most is not None and most <= largest:
        if largest > most:
            yield Problem(
                "rocketchat:media.maxFileMb",
                f"Cloudflare's proxy refuses uploads of {largest} MB on the plan {dns.plan}",
                allowed=f"1 to {most}",
                remedy=f"write at most {most}, name a larger plan (`dns.plan`), or set `dns.proxied: false`",
            )
        else:
            yield Warning_(f"Cloudflare's proxy limits uploads to {most} MB (`dns.plan: {dns.plan}`)")
    ingress = getattr(runtime, "ingress", None)
    if isinstance(ingress, ClassIngress) and not ingress.limit_is_known:
        yield Warning_(
            f"the ingress controller {ingress.name} must let requests of {largest + largest // 10} MB pass; how it is "
            "told is not known here"
        )
    yield Note(f"{largest} MB")


@rule("Uploads are kept in the right place")
def _media(media: Media, chat: Chat) -> Iterator[Finding]:
    if isinstance(media, GridFsMedia):
        if chat.profile is Profile.PRODUCTION:
            yield Warning_(
                "uploads go into the database (gridfs); the vendor advises against it in production"
            )
        else:
            yield Note("in the database")
    elif isinstance(media, HostMedia):
        yield Note("on the data disk of the host")
    else:
        yield Note(f"in the private bucket {media.bucket}")


@rule("Fonts and style sheet pass the content security policy")
def _appearance(appearance: Appearance) -> Iterator[Finding]:
    try:
        css, fonts = features.style(appearance)
        if css or fonts:
            environment.style_sheet(css, fonts)
            yield Note(f"{len(css)} characters of style sheet, {len(fonts)} fonts")
    except ValueError as error:
        yield Problem("rocketchat:appearance", str(error))


@rule("The parts of the stack give one environment")
def _environment(parts: Parts, release: Release, secrets: AbstractSet[str]) -> Iterator[Finding]:
    if not asked(parts).keys() <= secrets:
        return
    if isinstance(parts.push, OwnPush) and _missing_of_apple(secrets):
        return
    shown = Secret("a value")
    made = features.Made(
        database_uri=shown,
        admin_password=shown,
        file_token=shown,
        registration_secret=shown if parts.accounts.registration == "secret-url" else None,
        bucket=None if isinstance(parts.media, GridFsMedia) else ("bucket", "region"),
        bucket_endpoint=None,
        bucket_keys=None,
        smtp=None if parts.mail is None else ("host", 587, shown, shown),
        secrets=dict.fromkeys(filter(find, secrets), shown),
    )
    wrong = {
        found.id
        for found in product_settings.check(features.listed(parts.settings), release, licensed=True)
        if found.kind != "doubt"
    }
    right = {key: value for key, value in parts.settings.items() if key not in wrong}
    parts = parts.model_copy(update={"settings": right})
    made_of: dict[str, Environment[str]] = {}
    try:
        made_of = features.environments(parts, release, made, proxies=1, broker=None)
    except features.PartRefused as error:
        yield Unforeseen(f"rocketchat:{error.part}", str(error))
    chosen = made_of.pop("settings", Environment())
    for part, variables in made_of.items():
        for name in sorted(variables.names & chosen.names):
            setting_id = name.removeprefix(ENVIRONMENT_PREFIX)
            key = said.key_of(setting_id)
            yield Problem(
                f"rocketchat:settings.{setting_id}",
                f"the part `{part}` sets this already, so the two could contradict each other",
                remedy="leave it out of `settings`"
                + ("; no key changes it" if key is None else f", and say it in `rocketchat:{key}`"),
            )
    plain = {
        name.removeprefix(ENVIRONMENT_PREFIX): value
        for variables in (*made_of.values(), chosen)
        for name, value in variables.plain.items()
    }
    twice = {
        name.removeprefix(ENVIRONMENT_PREFIX)
        for variables in made_of.values()
        for name in variables.names & chosen.names
    }
    for setting_id, danger, in_trial in safety.unsafe(
        plain, production=parts.chat.profile is Profile.PRODUCTION
    ):
        if setting_id in twice:
            continue
        own = setting_id in parts.settings
        yield Problem(
            f"rocketchat:settings.{setting_id}" if own else f"rocketchat:{_KEYS_OF_SETTINGS[setting_id]}",
            f"{danger}; the policy pack refuses it",
            remedy="leave it out, or set `profile: trial`" if in_trial else "leave it out",
        )
    yield from _booleans(parts, made_of)
    made_of["settings"] = chosen
    yield from _too_long(parts, made_of)
    if len(made_of) > 1:
        yield Note(f"{sum(len(variables.names) for variables in made_of.values())} variables")


def _booleans(parts: Parts, made_of: Mapping[str, Environment[str]]) -> Iterator[Finding]:
    """Find texts that the server would store as a boolean; those of `settings` the catalogue finds."""
    for variables in made_of.values():
        for name, value in variables.plain.items():
            setting = product_settings.find(name.removeprefix(ENVIRONMENT_PREFIX))
            if (
                setting is not None
                and name.startswith(ENVIRONMENT_PREFIX)
                and setting.type != "boolean"
                and value.lower() in ("true", "false")
            ):
                yield Problem(
                    f"rocketchat:{said.place(parts, setting.id, value)}",
                    f'the server would take the text "{value}" for a boolean, and the setting {setting.id} is text',
                    remedy="write another text",
                )


def _too_long(parts: Parts, made_of: Mapping[str, Environment[str]]) -> Iterator[Finding]:
    """Find variables that no process can be started with, or that Fargate has no room for."""
    sizes: dict[str, int] = {}
    names = 0
    for part, variables in made_of.items():
        rendered = variables.render()
        names += len(rendered.secret)
        for name, value in rendered.plain.items():
            place = part if part != "settings" else f"settings.{name.removeprefix(ENVIRONMENT_PREFIX)}"
            size = len(f"{name}={value}".encode()) + 1
            sizes[place] = (
                sizes.get(place, 0) + len(json.dumps(value, ensure_ascii=False).encode()) + _VARIABLE_BYTES
            )
            if size > MOST_OF_A_VARIABLE:
                yield Problem(
                    f"rocketchat:{place}",
                    f"the variable {name} would have {size:,} bytes; Linux starts no process with one of more than "
                    f"{MOST_OF_A_VARIABLE:,}",
                )
    total = sum(sizes.values()) + names * _REFERENCE_BYTES + _DEFINITION_BYTES
    if isinstance(parts.runtime, FargateRuntime) and total > DEFINITION_BYTES:
        largest = max(sizes, key=lambda place: sizes[place])
        yield Problem(
            f"rocketchat:{largest}",
            f"all variables of the server together need about {total:,} bytes of a task definition, which may have "
            f"{DEFINITION_BYTES:,}; the largest part is this one with {sizes[largest]:,}",
            remedy="shorten it",
        )


_KEYS_OF_SETTINGS = {
    "Accounts_RegistrationForm": "accounts.registration",
    "Accounts_TwoFactorAuthentication_Enabled": "accounts.twoFactor",
}
"""Keys of parts that set what may be unsafe."""


@dataclass(frozen=True)
class Wanted:
    """A key that production may not have at one value, because the policy pack refuses what comes of it."""

    path: str
    value: object
    danger: str
    instead: str = "leave it out"


IN_PRODUCTION = (
    Wanted(
        "runtime.balancer.waf",
        False,
        "the balancer would face the internet without a firewall for web applications",
    ),
    Wanted("runtime.network.nat", "none", "the containers would have public addresses"),
    Wanted("runtime.network.publicAddresses", True, "the containers would have public addresses"),
    Wanted(
        "runtime.highAvailability",
        False,
        "the cluster's control plane would have one member, which cannot be changed later",
    ),
    Wanted("runtime.minNodes", 1, "the cluster could shrink to one node"),
    Wanted("runtime.snapshots", False, "nobody would have a copy of the host"),
    Wanted(
        "runtime.ingress.kind",
        "none",
        "nobody could reach the chat, and it would not know its public address",
        "give `ingress: {kind: class, name: traefik, issuer: letsencrypt}`, or kind gateway",
    ),
)
"""What a trial may do without. Tests hold it against the policy pack, key by key."""


@rule("Production has what protects it")
def _production(chat: Chat, runtime: Runtime) -> Iterator[Finding]:
    if chat.profile is not Profile.PRODUCTION:
        return
    for wanted in IN_PRODUCTION:
        if _standing(runtime, wanted.path.split(".")[1:]) == wanted.value:
            yield Problem(
                f"rocketchat:{wanted.path}",
                f"{wanted.danger}; the policy pack refuses it in production",
                remedy=f"{wanted.instead}; or set `profile: trial`",
            )
    yield Note("nothing of it is switched off")


def _standing(part: Any, path: list[str]) -> Any:
    """Return the value at a path of keys; None where there is none."""
    for step in path:
        fields = type(part).model_fields if isinstance(part, Part) else {}
        name = next((name for name, field in fields.items() if (field.alias or name) == step), None)
        part = None if name is None else getattr(part, name)
    return part


@rule("Every secret is there")
def _secrets(readable: Parts, secrets: AbstractSet[str]) -> Iterator[Finding]:
    for name in unread(secrets, readable):
        yield Warning_(f"nothing in this stack reads the secret {name}")
    for name, description in asked(readable).items():
        if name not in secrets:
            path = f"rocketchat:{name}"
            yield Problem(path, f"the secret is missing. {description}", remedy=command(path), unset=True)
    for index, way in enumerate(readable.login):
        if isinstance(way, SamlLogin) and way.own_certificate is None and "samlPrivateKey" in secrets:
            yield Problem(
                f"{_path_of_login(readable.login, index)}.ownCertificate",
                "with the secret samlPrivateKey the server needs the certificate that goes with it, and shows the "
                "provider no metadata without",
                remedy="add `ownCertificate`, or run: pulumi config rm rocketchat:samlPrivateKey",
            )
    yield Note(", ".join(sorted(filter(find, secrets))) or "none is needed")
