"""What a host must agree on with the other parts; in the form of `stacks.rules`."""

import ipaddress
from collections.abc import Iterator

from components.media.bucket import KEEP_NEWEST
from components.runtime.host.sizes import LEAST_MEMORY_MIB, LIGHTSAIL_ZONES, lightsail
from rocketchat import sizing
from stacks import features, hosts
from stacks.problems import Problem
from stacks.profiles import Defaults
from stacks.rules import Finding, Note, Warning_, rule
from stacks.spec import (
    Backup,
    Bot,
    Database,
    Dns,
    DropletRuntime,
    HostMedia,
    HostRuntime,
    InClusterDatabase,
    LightsailRuntime,
    Media,
    OnHostDatabase,
    Parts,
    Profile,
    Runtime,
    SesPart,
    SmtpMail,
)

WIDEST_SSH = 8
"""Prefix of the widest network that may reach port 22."""
BLOCKED_AT_DIGITALOCEAN = (25, 465, 587)
"""SMTP ports that droplets cannot reach (docs.digitalocean.com, "SMTP is blocked on Droplets")."""
LEAST_CHAT_MIB = 1024
"""Limit of the chat's container below which it would be killed again and again."""
LARGEST_HOST_USERS = 500
"""From here on the vendor's table wants several servers."""


@rule("What is kept on the host has a host")
def _kept(runtime: Runtime, database: Database, media: Media, bot: Bot | None) -> Iterator[Finding]:
    if runtime.traits.one_host:
        return
    if isinstance(database, OnHostDatabase):
        yield Problem(
            "rocketchat:database.kind",
            f"runtime {runtime.kind} has no host of its own that could hold the database",
            remedy="set `runtime: {kind: lightsail}` or `{kind: droplet}`, or another database",
        )
    if isinstance(media, HostMedia):
        yield Problem(
            "rocketchat:media.kind",
            f"the disks of runtime {runtime.kind} go with its containers, and uploads on them would be lost",
            remedy="set `media: {kind: s3, bucket: …}`",
        )
    if bot is not None:
        yield Problem(
            "rocketchat:bot",
            f"runtime {runtime.kind} runs no bot beside the chat; a host does",
            remedy="leave it out, and use an App or a webhook of the chat",
        )


@rule("The host is large enough")
def _size(
    runtime: HostRuntime, parts: Parts, size: sizing.Size, defaults: Defaults, region: str | None
) -> Iterator[Finding]:
    try:
        host = hosts.host_size(runtime, parts, region)
    except ValueError as error:
        yield Problem("rocketchat:runtime.size", str(error))
        return
    needed, left = hosts.advised_mib(parts), host.memory_mib - hosts.beside_mib(parts)
    if host.memory_mib < LEAST_MEMORY_MIB:
        yield Problem("rocketchat:runtime.size", "Rocket.Chat crashes with less than 2 GB of memory")
    elif left < LEAST_CHAT_MIB:
        yield Problem(
            "rocketchat:runtime.size",
            f"{host.name} has {host.memory_mib} MiB; beside system, proxy and what else runs on it the chat would have "
            f"{left} MiB, and needs {LEAST_CHAT_MIB} at least",
            remedy=f"leave `size` out, or take one with {needed} MiB, as advised for {parts.chat.users} users",
        )
    elif host.memory_mib < needed:
        yield Warning_(
            f"{host.name} has {host.memory_mib} MiB; {needed} MiB are advised for {parts.chat.users} users. The chat "
            f"has {left} MiB of it, beside system, proxy and what else runs on the host"
        )
    if parts.chat.users >= LARGEST_HOST_USERS:
        yield Warning_(f"one host serves {parts.chat.users} users slowly, and stops when it stops")
    price = hosts.monthly_usd(parts, size, defaults, region)
    yield Note(
        f"{host.name}: {host.vcpus} vCPU, {host.memory_mib} MiB, {hosts.disk_gb(runtime, parts, size)} GB of data; "
        f"{price:g} USD a month"
    )


@rule("The region has what the Lightsail host needs")
def _lightsail(runtime: LightsailRuntime, region: str | None) -> Iterator[Finding]:
    if region is None:
        return
    if region not in LIGHTSAIL_ZONES:
        yield Problem("aws:region", f"{region} has no Lightsail", allowed=", ".join(LIGHTSAIL_ZONES))
        return
    bundles = lightsail(region)
    if runtime.size is not None and runtime.size not in bundles:
        yield Problem(
            "rocketchat:runtime.size",
            f"Lightsail has no bundle {runtime.size} in {region}",
            allowed=", ".join(bundles),
        )
    zones = LIGHTSAIL_ZONES[region]
    if runtime.zone not in zones:
        yield Problem(
            "rocketchat:runtime.zone",
            f"Lightsail has no zone {region}{runtime.zone}",
            allowed=", ".join(zones),
        )


@rule("The data disk of the host is large enough")
def _disk(runtime: HostRuntime, parts: Parts, size: sizing.Size) -> Iterator[Finding]:
    least, disk = hosts.least_disk_gb(parts, size), hosts.disk_gb(runtime, parts, size)
    if disk < least:
        yield Problem(
            "rocketchat:runtime.diskGb",
            f"{disk} GB are too few: uploads of one year for {parts.chat.users} users, the database and a restored "
            f"copy of it need {least} GB",
            remedy=f"set `diskGb: {least}` or more, or leave it out",
        )
    yield Note(f"{disk} GB, of which {least} GB are needed in the first year")


@rule("Nobody but the named networks can log in to the host")
def _ssh(runtime: HostRuntime) -> Iterator[Finding]:
    for index, cidr in enumerate(runtime.ssh_from):
        if ipaddress.IPv4Network(cidr).prefixlen < WIDEST_SSH:
            yield Problem(
                f"rocketchat:runtime.sshFrom[{index}]",
                f"{cidr} opens the host's port 22 to half the world",
                allowed=f"networks from /{WIDEST_SSH} to /32",
            )
    yield Note(f"port 22 from {', '.join(runtime.ssh_from)}" if runtime.ssh_from else "port 22 is closed")


@rule("Certificates reach the host")
def _certificates(runtime: LightsailRuntime | DropletRuntime, dns: Dns | None) -> Iterator[Finding]:
    if dns is not None and dns.proxied:
        yield Problem(
            "rocketchat:dns.proxied",
            f"on runtime {runtime.kind} the host ends TLS itself, and would take Cloudflare's proxy for every user",
            remedy="set `proxied: false`",
        )
    yield Note("from Let's Encrypt, by the proxy on the host")


@rule("Mail leaves the droplet")
def _mail(runtime: DropletRuntime, mail: SesPart | SmtpMail, parts: Parts) -> Iterator[Finding]:
    port = mail.port if isinstance(mail, SmtpMail) else features.ses_port(parts)
    if port in BLOCKED_AT_DIGITALOCEAN:
        yield Warning_(
            f"DigitalOcean blocks port {port} out of droplets in {runtime.region} and elsewhere: "
            "take a provider's port 2525 or 2587"
        )
    else:
        yield Note(f"by port {port}")


@rule("What is kept on the host or in the cluster is backed up")
def _backup(parts: Parts, backup: Backup, media: Media) -> Iterator[Finding]:
    own = [name for name in ("bucket", "keep_days", "hour") if name in backup.model_fields_set]
    in_cluster = isinstance(parts.database, InClusterDatabase) and parts.chat.profile is Profile.PRODUCTION
    if not hosts.keeps_data(parts) and not in_cluster:
        if own:
            yield Problem(
                "rocketchat:backup",
                "bucket, keepDays and hour are of what is kept on a host, or in a cluster in production, and nothing "
                "is here",
                remedy="leave them out",
            )
        return
    clash = backup.bucket is not None and backup.bucket == getattr(media, "bucket", None)
    if clash:
        yield Problem(
            "rocketchat:backup.bucket",
            "the backups and the uploads cannot share a bucket",
            remedy="name another",
        )
    yield Note(
        f"every night at {backup.hour:02}:00 UTC, kept for {backup.keep_days} days on S3; the newest "
        f"{KEEP_NEWEST + 1} stay longer"
    )


@rule("The bot is wanted")
def _bot(bot: Bot) -> Iterator[Finding]:
    yield Warning_(
        f"Hubot is abandoned (last change in 2020) and was reported broken with newer servers; "
        f"its account {bot.username} must be made in the chat first, with the role bot"
    )
