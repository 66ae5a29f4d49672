"""What a host must agree on with the other parts; in the form of `stacks.rules`."""

import ipaddress
from collections.abc import Iterator

from components.runtime.host.sizes import LEAST_MEMORY_MIB
from rocketchat import sizing
from stacks import hosts
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
    SesMail,
    SmtpMail,
)

WIDEST_SSH = 8
"""Prefix of the widest network that may reach port 22."""
BLOCKED_AT_DIGITALOCEAN = (25, 465, 587)
"""SMTP ports that droplets cannot reach (docs.digitalocean.com, "SMTP is blocked on Droplets")."""
SES_PORT = 587
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
def _size(runtime: HostRuntime, parts: Parts, size: sizing.Size, defaults: Defaults) -> Iterator[Finding]:
    try:
        host = hosts.host_size(runtime, parts, size)
    except ValueError as error:
        yield Problem("rocketchat:runtime.size", str(error))
        return
    needed = size.memory_mib + (hosts.DATABASE_MIB if isinstance(parts.database, OnHostDatabase) else 0)
    if host.memory_mib < LEAST_MEMORY_MIB:
        yield Problem("rocketchat:runtime.size", "Rocket.Chat crashes with less than 2 GB of memory")
    elif host.memory_mib < needed:
        yield Warning_(
            f"{host.name} has {host.memory_mib} MiB; {needed} MiB are advised for {parts.chat.users} users"
        )
    if parts.chat.users >= LARGEST_HOST_USERS:
        yield Warning_(f"one host serves {parts.chat.users} users slowly, and stops when it stops")
    price = hosts.monthly_usd(parts, size, defaults)
    yield Note(
        f"{host.name}: {host.vcpus} vCPU, {host.memory_mib} MiB, {hosts.disk_gb(runtime, parts, size)} GB of data; "
        f"{price:g} USD a month"
    )


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
def _mail(runtime: DropletRuntime, mail: SesMail | SmtpMail) -> Iterator[Finding]:
    port = mail.port if isinstance(mail, SmtpMail) else SES_PORT
    if port in BLOCKED_AT_DIGITALOCEAN:
        yield Warning_(
            f"DigitalOcean blocks port {port} out of droplets in {runtime.region} and elsewhere: "
            + (
                "take a provider's port 2525 or 2587"
                if isinstance(mail, SmtpMail)
                else "ask its support to open it, or send by another provider (mail.kind: smtp, port 2525)"
            )
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
    yield Note(f"every night at {backup.hour:02}:00 UTC, kept for {backup.keep_days} days on S3")


@rule("The bot is wanted")
def _bot(bot: Bot) -> Iterator[Finding]:
    yield Warning_(
        f"Hubot is abandoned (last change in 2020) and was reported broken with newer servers; "
        f"its account {bot.username} must be made in the chat first, with the role bot"
    )
