"""What the parts of a stack file must agree on, and what the release, the licence and the clouds allow.

Rules of one kind stand beside its model (`kinds/`). Those here concern parts of every kind, and ask the kinds.
"""

import json
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pydantic.alias_generators import to_camel

from components import regions
from components.edge.certificate import LONGEST_NAME
from components.media.bucket import KEEP_NEWEST
from components.regions import UPTIME_REGION
from rocketchat import bot as robot
from rocketchat import environment, known_bad, releases, safety, services, sizing, workspace
from rocketchat import settings as product_settings
from rocketchat.environment import Environment
from rocketchat.releases import Release
from rocketchat.settings import ENVIRONMENT_PREFIX
from stacks import egress, features, said
from stacks.container import Container
from stacks.fields import Part, of_the_container
from stacks.judging import Finding, Note, Unforeseen, Warning_, rule
from stacks.kinds.database import DatabaseKind
from stacks.kinds.dns import ADD, DnsKind
from stacks.kinds.edge import EdgeKind
from stacks.kinds.kind import Kind, Named, chosen
from stacks.kinds.login import LoginKind, by_button
from stacks.kinds.mail import MailKind
from stacks.kinds.media import MediaKind
from stacks.kinds.push import TOKEN, PushKind
from stacks.kinds.runtime import RuntimeKind
from stacks.parts import (
    EVERYBODY,
    POWERS,
    Accounts,
    Appearance,
    Backup,
    Bot,
    Chat,
    Locked,
    Monitoring,
    Profile,
    Setting,
)
from stacks.problems import Problem, leads_into
from stacks.profiles import Defaults
from stacks.project import COMMAND
from stacks.secret_keys import command
from stacks.secrets import asked, find, reads, unread
from stacks.spec import Parts
from stacks.words import count

MOST_OF_A_VARIABLE = 131_072
"""Bytes of name, value and what joins them: 32 pages (Linux, `MAX_ARG_STRLEN`)."""
OF_SNAPSHOTS = ("restore_window_days", "daily_days", "weekly_weeks", "monthly_months")
"""Keys of `backup` that only Atlas's snapshots have."""
OF_NOBODY = frozenset({"corp", "home", "internal", "invalid", "lan", "local", "localhost", "onion", "test"})
"""Ends of names that are in no zone of the internet (RFC 6761, 6762 and 7686; ICANN's resolutions of 2018-02-04 and
2024-07-29), for which authorities must not make certificates (CA/Browser Forum, Baseline Requirements 7.1.4.2)."""
OWN_TAGS = ("Project", "Environment", "Owner", "ManagedBy", "Name")
"""Tags that the stack has by itself (`ChatSpec.tags`), and the name of what has one. Names of IAM's tags do not differ
by capitals (IAM user guide, "Tags for AWS Identity and Access Management resources")."""
_VARIABLE_BYTES, _REFERENCE_BYTES, _DEFINITION_BYTES = 80, 260, 2_000
"""About what a variable, the reference to a secret and the rest take in a task definition beside their values."""

_STATISTICS = "Statistics_reporting"


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
    if releases.is_unheard_of(release):
        yield Warning_(
            f"Rocket.Chat {chat.release} was not out on {releases.PATCHES_KNOWN_ON}, as far as is known here: see "
            "that it is now (github.com/RocketChat/Rocket.Chat/releases), because one that is not has no image"
        )
    newer = releases.newest_patch(release)
    if newer is not None:
        what = "closes holes that this one has" if newer.security else "is the newest of its line"
        yield Warning_(
            f"Rocket.Chat {newer.version} {what} (as of {releases.PATCHES_KNOWN_ON}): set chat.release to "
            f'"{release.line}" for the newest patch known here, or to {newer.version}'
        )
    others = releases.behind(release)
    if others is not None:
        yield Warning_(
            f"Rocket.Chat {release.version} is from before the fixes for safety in {others}, such as of Node's Brotli "
            f"decoder (CVE-2026-111497), and no newer patch of {release.line} is known here (as of "
            f"{releases.PATCHES_KNOWN_ON}): look for one (github.com/RocketChat/Rocket.Chat/releases), and name it in "
            "chat.release"
        )
    if release.wizard_returns:
        yield Warning_(
            f"the first start of Rocket.Chat {release.version} shows administrators the setup wizard again, until the "
            "next start of the server or until the workspace is registered (secret registrationToken)"
        )
    yield Note(f"Rocket.Chat {chat.release}, line {release.line}")


@rule("The number of users can be served")
def _size(size: sizing.Size, chat: Chat) -> Iterator[Finding]:
    yield Note(f"{chat.users} users: {size.cpu_units / 1024:g} vCPU, {size.memory_mib} MiB")


@rule("What needs a licence has one")
def _licence(
    chat: Chat,
    release: Release,
    size: sizing.Size,
    runtime: RuntimeKind,
    login: list[LoginKind],
    secrets: AbstractSet[str],
) -> Iterator[Finding]:
    instances = runtime.instances or size.instances
    most = max(instances, runtime.max_instances or 1)
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
        "rocketchat:chat.federation": (
            ("federation (Matrix)",) if chat.federation is not None else (),
            "leave it out",
        ),
        "rocketchat:chat.conferences": (
            ("where video conferences may begin, and ringing",)
            if chat.conferences is not None and chat.conferences.licensed
            else (),
            "name the `provider` alone",
        ),
        "rocketchat:chat.offline": (
            workspace.offline_needs(release) if chat.offline else (),
            "let it report its statistics",
        ),
        "rocketchat:login": (
            services.licence_needs(
                release,
                services.MONOLITH,
                1,
                custom_oauth=any(way.custom_oauth for way in login),
                role_sync=any(way.syncs_roles for way in login),
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


@rule("The workspace is known to its vendor, or can do without")
def _registration(
    chat: Chat,
    release: Release,
    push: PushKind,
    settings: Mapping[str, Setting],
    secrets: AbstractSet[str],
) -> Iterator[Finding]:
    said = settings.get(_STATISTICS)
    silent = (said.value if isinstance(said, Locked) else said) is False
    if silent and "license" not in secrets:
        for need in workspace.offline_needs(release):
            yield Warning_(
                f"without statistics (settings.{_STATISTICS}) Rocket.Chat {chat.release} needs a licence for {need}: "
                f"{command('rocketchat:license')}"
            )
    if not chat.offline:
        yield Note("by its token" if TOKEN in secrets else "by an administrator, or not at all")
        return
    if TOKEN in secrets:
        yield Problem(
            f"rocketchat:{TOKEN}",
            "the token would be sent to the vendor at each start, and chat.offline is true",
            remedy=f"pulumi config rm rocketchat:{TOKEN}; what is offline is registered by hand, in the chat",
        )
    if push.registers:
        yield Problem(
            "rocketchat:push.kind",
            f"push by {push.kind} goes through the vendor, and chat.offline is true",
            remedy="set `push: {kind: none}`, or `own` with an app of your own",
        )
    yield Note("offline")


@rule("Every setting exists and can be set so")
def _settings(
    settings: Mapping[str, Setting], release: Release, secrets: AbstractSet[str]
) -> Iterator[Finding]:
    own = secrets & product_settings.own_secrets()
    for setting_id in sorted(own & settings.keys()):
        yield Problem(
            f"rocketchat:settings.{setting_id}",
            "the secret of this name sets it already, and here it stands in clear",
            remedy="leave it out here; if it was ever deployed or committed so, have another one made",
        )
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
        yield Note(
            f"{count(len(settings), 'setting')} of the catalogue's {len(product_settings.catalogue()):,}"
        )


# ------------------------------------------------------------------------------------------ names and zones


def _names(readable: Parts) -> Iterator[tuple[str, str, Named]]:
    """Yield the names that the parts make records for: part, full path of the key, and the name."""
    for part, one in chosen(readable):
        for name in one.names():
            yield part, f"rocketchat:{part}.{name.key}", name


@rule("Names lie in the zone")
def _zone(chat: Chat, dns: DnsKind, readable: Parts) -> Iterator[Finding]:
    wanted = {"rocketchat:chat.host": chat.host}
    wanted |= {path: name.host for _, path, name in _names(readable)}
    for path, host in wanted.items():
        if not _within(host, dns.zone):
            yield Problem(
                path,
                f"{host} does not lie in the zone {dns.zone}, so no record can be made for it",
            )
    yield Note(f"{', '.join(dict.fromkeys(wanted.values()))} in {dns.zone}")


@rule("Names fit into certificates")
def _certificates(chat: Chat, runtime: RuntimeKind, edge: EdgeKind, readable: Parts) -> Iterator[Finding]:
    by_acm = {path: name.host for _, path, name in _names(readable) if name.certificate}
    if runtime.certified_by_aws or edge.certificate_regions:
        by_acm["rocketchat:chat.host"] = chat.host
    public = {**by_acm, **({"rocketchat:chat.host": chat.host} if runtime.has_disk else {})}
    for path, host in public.items():
        last = host.rpartition(".")[2]
        if last in OF_NOBODY:
            yield Problem(
                path,
                f"no public authority makes certificates for names that end in .{last}",
                remedy="take a name in a zone of the internet",
            )
    for path, host in by_acm.items():
        if len(host) > LONGEST_NAME:
            yield Problem(
                path,
                f"the name has {len(host)} characters, and ACM makes certificates for at most {LONGEST_NAME}",
                remedy="take a shorter name",
            )


@rule("What is at AWS has a region, and what needs records has a zone")
def _places(region: str | None, dns: DnsKind | None, readable: Parts) -> Iterator[Finding]:
    if region is None:
        for part, one in chosen(readable):
            # The runtime says by itself what it needs.
            if one.needs_region and part != "runtime":
                yield Problem(
                    "aws:region",
                    f"rocketchat:{part}.kind is a service of AWS, whose provider needs a region",
                    remedy="add `aws:region: ap-southeast-1` or another",
                )
    if dns is None:
        for _, path, _ in _names(readable):
            yield Problem(
                "rocketchat:dns",
                f"{path} needs records in a DNS zone",
                remedy=ADD,
            )


# ---------------------------------------------------------------------------------------------- the network


@rule("The partition of AWS has what the stack needs")
def _partition(region: str | None, readable: Parts) -> Iterator[Finding]:
    if region is None:
        return
    where = regions.partition(region)
    if where == "aws-cn":
        yield Problem(
            "aws:region",
            "no stack can be made at AWS in China: its services have names of their own there, and images of Docker "
            "Hub are not reached",
            remedy="take another region",
        )
        return
    wanted = {
        f"rocketchat:{part}.{key}": service
        for part, kind in chosen(readable)
        for key, service in kind.aws_services().items()
    }
    if readable.monitoring.monthly_budget_usd is not None:
        wanted["rocketchat:monitoring.monthlyBudgetUsd"] = "budgets"
    for path, service in wanted.items():
        named = regions.LACKING.get(where, {}).get(service)
        if named is not None:
            yield Problem(path, f"there is no {named} in {region}", remedy="leave it out")


@rule("Everything takes the stack's tags")
def _tags(chat: Chat, runtime: RuntimeKind, region: str | None, readable: Parts) -> Iterator[Finding]:
    if chat.tags and region is None and not any(kind.takes_tags for _, kind in chosen(readable)):
        yield Problem(
            "rocketchat:chat.tags", "nothing that this stack makes takes tags", remedy="leave them out"
        )
    first = {name.lower(): name for name in (*reversed([*chat.tags]), *OWN_TAGS)}
    for name in chat.tags:
        other = first[name.lower()]
        if other in OWN_TAGS or other != name:
            whose = "one that the stack has by itself" if other in OWN_TAGS else "another one here"
            yield Problem(
                f"rocketchat:chat.tags.{name}",
                f"this is the tag {other}, {whose}: names of tags do not differ by capitals at IAM",
                remedy="leave it out, or call it otherwise",
            )
    most = runtime.most_tags - len(OWN_TAGS)
    if region is not None and len(chat.tags) > most:
        yield Problem(
            "rocketchat:chat.tags",
            f"these are {count(len(chat.tags), 'tag')}; AWS takes {runtime.most_tags} of what {runtime.kind} makes, "
            f"and the stack has {len(OWN_TAGS)} of its own",
            remedy=f"leave all but {most} out",
        )


@rule("Only what is used leaves the network")
def _ways_out(parts: Parts, runtime: RuntimeKind, defaults: Defaults) -> Iterator[Finding]:
    if not runtime.filters_egress:
        yield Note(f"the firewall of runtime {runtime.kind} lets everything out")
        return
    ways = egress.ways_out(parts, defaults)
    told = (f"{way.first}" if way.first == way.last else f"{way.first} to {way.last}" for way in ways)
    uri = ", and the ports of mongodbUri" if reads(parts, "mongodbUri") else ""
    host = "; and what the host itself needs: names, packages, the time" if runtime.has_disk else ""
    yield Note(f"ports {', '.join(told)}{uri}{host}")
    if runtime.egress_room is not None and len(ways) > runtime.egress_room:
        yield Problem(
            "rocketchat:runtime.egressPorts",
            f"the chat goes out by {len(ways)} ranges of ports; the firewall of runtime {runtime.kind} has room for "
            f"{runtime.egress_room}",
            remedy="leave some of them out, or give neighbours (8080 to 8090 are one range)",
        )


@rule("Who is administrator is known")
def _administrator(database: DatabaseKind, chat: Chat) -> Iterator[Finding]:
    if database.begins_empty:
        yield Note("the one made here: the database begins empty")
    elif chat.upgrade_from is not None:
        yield Note(f"those of the chat that runs already, at {chat.upgrade_from}")
    else:
        yield Warning_(
            "the password of an administrator made here counts in a database without users only, so there is no output "
            "of it: say `database.empty: true`, or of which release the data is (`chat.upgradeFrom`)"
        )


@rule("What is to be watched can be watched")
def _monitoring(monitoring: Monitoring, region: str | None, parts: Parts) -> Iterator[Finding]:
    if monitoring.monthly_budget_usd is not None and region is None:
        yield Problem(
            "rocketchat:monitoring.monthlyBudgetUsd",
            "the budget is one of AWS, and this stack has no region of AWS",
            remedy="leave it out, or add `aws:region`",
        )
    if monitoring.uptime and not features.asks_from_outside(parts, region):
        yield Problem(
            "rocketchat:monitoring.uptime",
            "Route 53 of AWS asks for the chat, or DigitalOcean, and this stack has neither a region of AWS nor "
            "anything at DigitalOcean"
            if region is None
            else f"Route 53 tells how a chat fares in {UPTIME_REGION}, where nothing of {region} may be told",
            remedy="leave it out" + ("" if region else ", or add `aws:region`"),
        )
    elif monitoring.uptime and parts.runtime.is_closed and not (parts.dns is not None and parts.dns.proxied):
        yield Problem(
            "rocketchat:monitoring.uptime",
            f"{features.asks_from_outside(parts, region)} asks from the internet, and the chat lets in only some "
            "addresses",
            remedy="leave it out, and watch from inside: `rocketchat verify STACK --json`",
        )
    elif monitoring.uptime and not monitoring.alarm_emails:
        yield Problem(
            "rocketchat:monitoring.uptime",
            "nobody would be told when the chat does not answer",
            remedy="add `alarmEmails`",
        )
    senders = features.alarm_senders(parts, region)
    if monitoring.dashboard and not (
        region is not None and monitoring.alarm_emails and parts.runtime.alarm_senders(parts)
    ):
        yield Problem(
            "rocketchat:monitoring.dashboard",
            "it shows what alarms of AWS watch of the runtime, and this stack has none",
            remedy="leave it out"
            + (", or add `alarmEmails`" if region and parts.runtime.alarm_senders(parts) else ""),
        )
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
    yield Note(f"not watched: {'; '.join(features.unwatched(parts, region))}")


@rule("What the stack keeps itself is backed up")
def _backup(
    parts: Parts, backup: Backup, media: MediaKind, region: str | None, defaults: Defaults
) -> Iterator[Finding]:
    own = [name for name in ("bucket", "keep_days", "hour", "object_lock") if name in backup.model_fields_set]
    runtime, database = parts.runtime, parts.database
    place = "rocketchat:backup.dumps"
    if backup.dumps is False and database.on_host:
        yield Problem(
            place, "a database on a host is dumped in any case: there is no other copy", remedy="leave it out"
        )
    if backup.dumps is False and "cluster" in database.dumps_in and database.dumped(parts.chat.profile):
        yield Problem(
            place,
            "nobody would have a copy of the database; the policy pack refuses it in production",
            remedy="leave it out, or set `chat.profile: trial`",
        )
        return
    if parts.dumped and runtime.dumps_in not in database.dumps_in:
        if backup.dumps:  # else the database is in the wrong place, which its own rule tells
            yield Problem(
                place,
                f"runtime {runtime.kind} cannot dump a database of kind {database.kind}",
                remedy="leave it out: who runs the database backs it up",
            )
        return
    if not parts.dumped and not media.on_host:
        if own:
            yield Problem(
                "rocketchat:backup",
                "bucket, keepDays, objectLock and hour are of dumps and of what is kept on a host, and nothing is here",
                remedy="leave them out"
                + (
                    ", or add `dumps: true` (a cluster's database is dumped by itself in production)"
                    if runtime.dumps_in in database.dumps_in
                    else ""
                ),
            )
        return
    if region is None:
        if database.on_host or media.on_host:
            instead = ""
        elif database.dumped(parts.chat.profile):
            instead = "; or set `chat.profile: trial`"
        else:
            instead = "; or leave `backup.dumps` out"
        yield Problem(
            "aws:region",
            "the database is dumped to a bucket of S3 every night, which needs a region of AWS",
            remedy=f"add `aws:region: ap-southeast-1` or another{instead}",
        )
    if backup.bucket is not None and backup.bucket == media.bucket_name:
        yield Problem(
            "rocketchat:backup.bucket",
            "the backups and the uploads cannot share a bucket",
            remedy="name another",
        )
    lock = backup.object_lock
    if lock is not None and lock.days > backup.keep_days:
        yield Problem(
            "rocketchat:backup.objectLock.days",
            f"backups are kept for {backup.keep_days} days, and could not be deleted for {lock.days}",
            remedy=f"say `keepDays: {lock.days}` too, or fewer days here",
        )
    if lock is not None and lock.mode == "compliance" and not defaults.protect:
        yield Problem(
            "rocketchat:backup.objectLock.mode",
            "a trial is destroyed with its backups, which nobody may do here for so long",
            remedy="leave `mode` out: governance lets the one who destroys the stack do so",
        )
    yield Note(
        f"every night at {backup.hour:02}:00 UTC, kept for {backup.keep_days} days on S3; the newest "
        f"{KEEP_NEWEST + 1} stay longer"
    )


@rule("Snapshots are said where the stack has them taken")
def _snapshots(chat: Chat, database: DatabaseKind, backup: Backup, readable: Parts) -> Iterator[Finding]:
    if database.takes_snapshots:
        if chat.profile is Profile.PRODUCTION and backup.restore_window_days == 1:
            yield Problem(
                "rocketchat:backup.restoreWindowDays",
                "what is noticed after a day could no longer be brought back; the policy pack refuses it in production",
                remedy="give 2 or more; or set `chat.profile: trial`",
            )
        return
    for name in OF_SNAPSHOTS:
        if getattr(backup, name) is not None:
            yield Problem(
                f"rocketchat:backup.{to_camel(name)}",
                f"this is of the snapshots of a cluster made at Atlas, and the database is {database.kind}",
                remedy="leave it out"
                + ("; `keepDays` says how long dumps are kept" if readable.dumped else ""),
            )


@rule("The bot can be run, and is wanted")
def _bot(bot: Bot, runtime: RuntimeKind, chat: Chat) -> Iterator[Finding]:
    taken = {*robot.NO_BOTS, features.administrator_username(chat).lower()}
    if bot.username.lower() in taken:
        yield Problem(
            "rocketchat:bot.username",
            f"{bot.username} is an administrator's account or the product's own, and would get the bot's password",
            remedy="leave it out, or choose another name",
        )
    if bot.user is None and runtime.names_users:
        yield Problem(
            "rocketchat:bot.uid",
            f"runtime {runtime.kind} runs no container as root, and does not know as whom {bot.image} runs",
            remedy=f"add the number that `docker run --rm --entrypoint id {bot.image} -u` prints, where it is not 0",
        )
    yield Warning_(
        f"the bot cannot log in before its account {bot.username} is there: `{COMMAND} configure STACK --user "
        "NAME` makes it"
    )


@rule("Nothing that the stack chooses is known to be bad")
def _known_bad(release: Release, readable: Parts, bot: Bot | None) -> Iterator[Finding]:
    found = [
        (f"{part}.{what}", bad) for part, one in chosen(readable) for what, bad in one.known_bad(release)
    ]
    if bot is not None:
        found += [(f"bot.image {bot.image}", bad) for bad in known_bad.find_image(bot.image)]
    for what, bad in found:
        yield Warning_(f"{what}: {bad}")
    yield Note(f"by the list of {max(bad.since for bad in known_bad.listed())}")


# ------------------------------------------------------------------------------------ login, media, secrets


@rule("Somebody can log in")
def _login(
    accounts: Accounts,
    login: list[LoginKind],
    chat: Chat,
    mail: MailKind | None,
    settings: Mapping[str, Setting],
) -> Iterator[Finding]:
    if accounts.login_form is False and not by_button(login):
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
    elif accounts.login_form is False and by_button(login):
        yield Warning_(
            "the login form stays on, because nobody is administrator by single sign-on: name one's address in "
            "`chat.administrator.email`, or the release that runs already in `chat.upgradeFrom`"
        )
    if chat.administrator is not None and chat.administrator.username.lower() in safety.BLOCKED_NAMES:
        yield Problem(
            "rocketchat:chat.administrator.username",
            f"the server refuses the user name {chat.administrator.username}, and takes `admin` without a word",
            remedy=f"take another one than {', '.join(sorted(safety.BLOCKED_NAMES))}",
        )
    if by_button(login) and chat.administrator is not None:
        yield Warning_(
            f"whoever signs in with the address {chat.administrator.email} is the administrator: the login's provider "
            "must not let anybody else have it"
        )
    if (by_button(login) or features.signs_on(settings)) and mail is None:
        yield Warning_(
            "single sign-on without mail: nobody gets a new password or a code by mail; who comes by single sign-on is "
            "asked for none"
        )
    yield Note(", ".join(way.kind for way in login) or "by user name and password")


@rule("Each way of single sign-on goes with the others")
def _logins(login: list[LoginKind], accounts: Accounts, secrets: AbstractSet[str]) -> Iterator[Finding]:
    for index, way in enumerate(login):
        yield from way.judge(f"rocketchat:login[{index}]", login, accounts, secrets)


@rule("Servers of others are elsewhere than the chat")
def _elsewhere(chat: Chat, runtime: RuntimeKind, container: Container, readable: Parts) -> Iterator[Finding]:
    proxy = "" if container.proxy is None else container.proxy.url
    for path, address in [*_addresses(readable), ("rocketchat:container.proxy.url", proxy)]:
        found = urlsplit(address if "//" in address else f"//{address}")
        if of_the_container(found.hostname or ""):
            yield Problem(
                path,
                "this leads to the server's own container, where nothing else answers",
                remedy="give a name that the chat reaches over a network",
            )
        elif found.hostname == chat.host and (found.port in {None, 443} or not runtime.shares_name):
            yield Problem(
                path,
                "this is the chat's own name, which leads to the chat alone",
                remedy="give the name of the other server",
            )


def _addresses(readable: Parts) -> Iterator[tuple[str, str]]:
    """Yield the servers of others that the file names, each with its path."""
    for part, value in readable:
        listed = isinstance(value, list)
        for index, one in enumerate(value if listed else [value]):
            if isinstance(one, Kind):
                around = f"rocketchat:{part}[{index}]" if listed else f"rocketchat:{part}"
                yield from ((f"{around}.{key}", address or "") for key, address in one.addresses().items())


@rule("The largest upload passes every proxy")
def _largest_upload(media: MediaKind, dns: DnsKind | None) -> Iterator[Finding]:
    yield Note(f"{media.largest_file_mb(dns)} MB")


@rule("Fonts and style sheet pass the content security policy")
def _appearance(appearance: Appearance) -> Iterator[Finding]:
    unread = False
    for index, font in enumerate(appearance.fonts):
        try:
            features.font_of(font)
        except ValueError as error:
            unread = True
            yield Problem(f"rocketchat:appearance.fonts[{index}].file", str(error))
    if unread:
        return
    try:
        css, fonts = features.style(appearance)
        if css or fonts:
            environment.style_sheet(css, fonts)
            yield Note(f"{count(len(css), 'character')} of style sheet, {count(len(fonts), 'font')}")
    except ValueError as error:
        yield Problem("rocketchat:appearance", str(error))


@rule("Domains of accounts are allowed or blocked")
def _domains(accounts: Accounts) -> Iterator[Finding]:
    for index, domain in enumerate(accounts.blocked_domains):
        if domain in accounts.allowed_domains:
            yield Problem(
                f"rocketchat:accounts.blockedDomains[{index}]",
                "this domain stands among `allowedDomains`, too",
                remedy="leave it out in one of the two",
            )


@rule("Pictures are what the product takes")
def _pictures(appearance: Appearance) -> Iterator[Finding]:
    for asset in appearance.assets:
        try:
            features.picture(appearance, asset)
        except ValueError as error:
            yield Problem(f"rocketchat:appearance.assets.{asset}", str(error))
    if appearance.assets:
        yield Note(f"{len(appearance.assets)}, for `{COMMAND} configure` to upload")


@rule("Roles are told once, and can do what they must")
def _roles(accounts: Accounts, secrets: AbstractSet[str]) -> Iterator[Finding]:
    roles = accounts.roles
    names = [one.name for one in roles]
    if "license" not in secrets and any(one.second_factor is not None for one in roles):
        yield Warning_(
            "accounts.roles: the product describes a role's mandatory second factor as premium; without the secret "
            f"`license` the chat may refuse it, and `{COMMAND} configure` says so"
        )
    for index, one in enumerate(roles):
        path = f"rocketchat:accounts.roles[{index}]"
        if one.name in names[:index]:
            yield Problem(f"{path}.name", f"{one.name} stands here twice", remedy="put both into one")
        if one.second_factor and accounts.two_factor is False:
            yield Problem(
                f"{path}.secondFactor",
                "nobody can set up a second factor, because accounts.twoFactor is false",
                remedy="leave one of them out",
            )
        powers = sorted({*one.grant} & POWERS) if one.name in {*EVERYBODY, *accounts.default_roles} else []
        if powers:
            yield Warning_(
                f"accounts.roles[{index}].grant: by {', '.join(powers)}, whoever has the role {one.name} can become "
                "administrator"
            )
    if roles:
        yield Note(f"{', '.join(names)}, for `{COMMAND} configure` to set")


@rule("The parts of the stack give one environment")
def _environment(parts: Parts, release: Release, secrets: AbstractSet[str]) -> Iterator[Finding]:
    # Those that are missing are told by another rule, and hide nothing here.
    given = {*filter(find, secrets), *asked(parts)}
    given |= {name for _, one in chosen(parts) for name in one.lacks(given)}
    wrong = {
        found.id
        for found in product_settings.check(features.listed(parts.settings), release, licensed=True)
        if found.kind != "doubt"
    }
    right = {key: value for key, value in parts.settings.items() if key not in wrong}
    parts = parts.model_copy(update={"settings": right})
    made_of: dict[str, Environment[str]] = {}
    try:
        made_of = features.imagined(parts, release, given)
    except features.PartRefused as error:
        yield Unforeseen(f"rocketchat:{error.part}", str(error))
    written = made_of.pop("settings", Environment())
    for part, variables in made_of.items():
        for name in sorted(variables.names & written.names):
            setting_id = name.removeprefix(ENVIRONMENT_PREFIX)
            key = said.key_of(setting_id)
            yield Problem(
                f"rocketchat:settings.{setting_id}",
                f"the part `{part}` sets this already, so the two could contradict each other",
                remedy="leave it out of `settings`"
                + ("; no key changes it" if key is None else f", and say it in `rocketchat:{key}`"),
            )
    further = made_of.get("container", Environment()).names
    for part, variables in made_of.items():
        for name in sorted(variables.names & further) if part != "container" else ():
            yield Problem(
                f"rocketchat:container.variables.{name}",
                f"the part `{part}` sets this variable already, so the two could contradict each other",
                remedy="leave it out",
            )
    plain = {
        name.removeprefix(ENVIRONMENT_PREFIX): value
        for variables in (*made_of.values(), written)
        for name, value in variables.plain.items()
    }
    twice = {
        name.removeprefix(ENVIRONMENT_PREFIX)
        for variables in made_of.values()
        for name in variables.names & written.names
    }
    for setting_id, danger, in_trial in safety.unsafe(
        plain, production=parts.chat.profile is Profile.PRODUCTION
    ):
        if setting_id in twice:
            continue
        own = setting_id in parts.settings
        where = f"settings.{setting_id}" if own else said.place(parts, setting_id, plain[setting_id])
        yield Problem(
            f"rocketchat:{where}",
            f"{danger}; the policy pack refuses it",
            remedy="leave it out, or set `chat.profile: trial`" if in_trial else "leave it out",
        )
    yield from _booleans(parts, made_of)
    yield from _absent(parts, release, made_of)
    made_of["settings"] = written
    yield from _too_long(parts, made_of)
    if len(made_of) > 1:
        yield Note(count(sum(len(variables.names) for variables in made_of.values()), "variable"))


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


def _absent(parts: Parts, release: Release, made_of: Mapping[str, Environment[str]]) -> Iterator[Finding]:
    """Find keys whose settings the release does not have; those of `settings` the catalogue finds."""
    by_place: dict[str, list[product_settings.Setting]] = {}
    for variables in made_of.values():
        for name, value in variables.plain.items():
            setting = product_settings.find(name.removeprefix(ENVIRONMENT_PREFIX))
            # What is switched off does as well where it is not there.
            if setting is not None and name.startswith(ENVIRONMENT_PREFIX) and value.lower() != "false":
                by_place.setdefault(said.place(parts, setting.id, value), []).append(setting)
    told: list[str] = []
    for place in sorted(by_place):
        found = [product_settings.absence(setting, release) for setting in by_place[place]]
        absent = [one for one in found if one is not None]
        # A key may be written for older and for newer releases, each of which reads its own.
        if len(absent) < len(found) or any(leads_into(place, other) for other in told):
            continue
        told.append(place)
        message = absent[0].message.replace("this setting", f"the setting {absent[0].id}")
        if absent[0].kind == "doubt":
            yield Warning_(f"{place}: {message}")
        else:
            yield Problem(f"rocketchat:{place}", message, remedy=absent[0].remedy)


def _too_long(parts: Parts, made_of: Mapping[str, Environment[str]]) -> Iterator[Finding]:
    """Find variables that no process can be started with, or that the runtime has no room for."""
    sizes: dict[str, int] = {}
    names, longest = 0, False
    for part, variables in made_of.items():
        rendered = variables.render()
        names += len(rendered.secret)
        for text in rendered.files.values():
            sizes[part] = sizes.get(part, 0) + len(json.dumps(text, ensure_ascii=False).encode())
        for name, value in rendered.plain.items():
            place = part if part != "settings" else f"settings.{name.removeprefix(ENVIRONMENT_PREFIX)}"
            size = len(f"{name}={value}".encode()) + 1
            sizes[place] = (
                sizes.get(place, 0) + len(json.dumps(value, ensure_ascii=False).encode()) + _VARIABLE_BYTES
            )
            if size > MOST_OF_A_VARIABLE:
                longest = True
                yield Problem(
                    f"rocketchat:{place}",
                    f"the variable {name} would have {size:,} bytes; Linux starts no process with one of more than "
                    f"{MOST_OF_A_VARIABLE:,}",
                )
    if longest:
        return
    total = sum(sizes.values()) + names * _REFERENCE_BYTES + _DEFINITION_BYTES
    most = parts.runtime.variables_bytes
    if most is not None and total > most:
        largest = max(sizes, key=lambda place: sizes[place])
        yield Problem(
            f"rocketchat:{largest}",
            f"all variables of the server together need about {total:,} bytes of a task definition, which may have "
            f"{most:,}; the largest part is this one with {sizes[largest]:,}",
            remedy="shorten it",
        )


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
        "give `runtime.ingress: {kind: class, name: traefik, issuer: letsencrypt}`, or kind gateway",
    ),
)
"""What a trial may do without. Tests hold it against the policy pack, key by key."""


@rule("Production has what protects it")
def _production(chat: Chat, runtime: RuntimeKind) -> Iterator[Finding]:
    if chat.profile is not Profile.PRODUCTION:
        return
    for wanted in IN_PRODUCTION:
        if _standing(runtime, wanted.path.split(".")[1:]) == wanted.value:
            yield Problem(
                f"rocketchat:{wanted.path}",
                f"{wanted.danger}; the policy pack refuses it in production",
                remedy=f"{wanted.instead}; or set `chat.profile: trial`",
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
    yield Note(", ".join(sorted(filter(find, secrets))) or "none is needed")
