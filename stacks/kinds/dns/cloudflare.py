"""A zone at Cloudflare."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import pulumi

from stacks import authorities
from stacks.authorities import ClientChain
from stacks.fields import Form, HostName
from stacks.judging import Finding, Warning_, rule
from stacks.kinds.dns import DnsKind, KnownProxy, TextThere
from stacks.kinds.media import MediaKind
from stacks.parts import Chat
from stacks.problems import Problem
from stacks.secret_keys import SecretKey, pem

if TYPE_CHECKING:
    from stacks.kinds.context import Context
    from stacks.language import ChatSpec
    from stacks.spec import Parts

BODY_MB = {"free": 100, "pro": 100, "business": 200, "enterprise": 500}
"""Largest request of 10^6 bytes that Cloudflare's proxy takes, by plan (developers.cloudflare.com, "Workers: request
limits" and "Error 413")."""

NETWORKS = (
    "103.21.244.0/22",
    "103.22.200.0/22",
    "103.31.4.0/22",
    "104.16.0.0/13",
    "104.24.0.0/14",
    "108.162.192.0/18",
    "131.0.72.0/22",
    "141.101.64.0/18",
    "162.158.0.0/15",
    "172.64.0.0/13",
    "173.245.48.0/20",
    "188.114.96.0/20",
    "190.93.240.0/20",
    "197.234.240.0/22",
    "198.41.128.0/17",
)
"""IPv4 networks of Cloudflare's proxy (cloudflare.com/ips-v4; last changed 2023-09-28)."""


_KEY = "originPullKey"


class CloudflareDns(DnsKind):
    """A zone at Cloudflare."""

    credentials: ClassVar = {"cloudflare:apiToken": "CLOUDFLARE_API_TOKEN"}
    secrets: ClassVar = (
        SecretKey(
            _KEY,
            "Private key (PEM) of `dns.originPullCertificate`, by which Cloudflare's proxy is known.",
            problem=pem("PRIVATE KEY"),
        ),
    )

    kind: Literal["cloudflare"]
    zone: HostName
    """Name of the zone, such as `lovia.life`."""
    zone_id: (
        Annotated[str, Form(r"[0-9a-f]{32}", "Cloudflare's id of a zone, which has 32 hexadecimal digits")]
        | None
    ) = None
    """Cloudflare's id of the zone; looked up by name when left out."""
    proxied: bool = False
    """Send the chat's traffic through Cloudflare: one more trusted proxy, and uploads are limited by `plan`."""
    plan: Literal["free", "pro", "business", "enterprise"] = "free"
    """Cloudflare's plan of the zone, which limits uploads where `proxied` is true."""
    origin_pull_certificate: ClientChain | None = None
    """What the proxy shows the balancer of runtime fargate (Authenticated Origin Pulls), which then lets in nobody
    else: a client's certificate (PEM), and behind it that of the authority which signed it, or a file of both in the
    folder of the stack files. Its key is the secret `originPullKey`. How both are made:
    docs/operations/certificate.md."""

    @property
    def proxy_networks(self) -> Sequence[str]:
        """As Cloudflare publishes them."""
        return NETWORKS

    @property
    def largest_file_mb(self) -> int | None:
        """A twentieth is left for MB that are MiB, and for the form around the file."""
        return BODY_MB[self.plan] * 19 // 20 if self.proxied else None

    def reads(self, parts: "Parts") -> tuple[SecretKey, ...]:
        """A certificate needs its key."""
        return tuple(replace(key, required=True) for key in self.secrets if self.origin_pull_certificate)

    def disagrees(self, name: str, value: str) -> str | None:
        """The key and the certificate are a pair."""
        if name != _KEY or self.origin_pull_certificate is None:
            return None
        pair = authorities.is_pair(value, authorities.client(self.origin_pull_certificate).pem)
        return (
            None
            if pair
            else "the key does not belong to the first certificate of `dns.originPullCertificate`"
        )

    @property
    def shows_certificate(self) -> bool:
        """As the file says."""
        return self.origin_pull_certificate is not None

    def known_as(self, context: "Context") -> KnownProxy | None:
        """By the certificate of the file."""
        if self.origin_pull_certificate is None:
            return None
        from components.edge.origin_pull import OriginPull

        zone = context.zone
        if zone is None:
            raise ValueError("the proxy stands in a zone")
        known = authorities.client(self.origin_pull_certificate)
        shown = OriginPull(
            "origin-pull",
            {
                "host": context.spec.parts.chat.host,
                "zone": zone,
                "certificate": known.pem,
                "private_key": context.secrets.values[_KEY],
            },
            context.opts,
        )
        return KnownProxy(known.authorities, shown)

    def errands(self, spec: "ChatSpec", outputs: Mapping[str, object]) -> Iterator[str]:
        """The zone allows it as a whole."""
        if self.origin_pull_certificate is not None:
            yield f"Switch Authenticated Origin Pulls on for {self.zone} at Cloudflare (SSL/TLS, Origin Server)"

    def look_up(self, context: "Context") -> "pulumi.Input[str]":
        """Find the zone by its name."""
        import pulumi_cloudflare as cloudflare

        found = cloudflare.get_zone_output(
            filter=cloudflare.GetZoneFilterArgs(name=self.zone, match="all"),
            opts=context.invoke("cloudflare"),
        )
        return found.zone_id

    def texts_at(self, context: "Context", host: str) -> Sequence[TextThere]:
        """As Cloudflare lists them, which takes several of a name and keeps comments."""
        # From their own modules: the package's attributes of these names are the modules, where it loads file by file.
        from pulumi_cloudflare import GetDnsRecordsNameArgs, GetZoneFilterArgs
        from pulumi_cloudflare.get_dns_records import get_dns_records
        from pulumi_cloudflare.get_zone import get_zone

        from components.mail.ses import DMARC_COMMENT

        options = context.invoke("cloudflare")
        zone, name = GetZoneFilterArgs(name=self.zone, match="all"), GetDnsRecordsNameArgs(exact=host)
        zone_id = self.zone_id or get_zone(filter=zone, opts=options).zone_id
        found = get_dns_records(zone_id=zone_id, name=name, type="TXT", opts=options).results
        return [TextThere(one.content or "", one.comment == DMARC_COMMENT) for one in found or ()]


@rule("Cloudflare's proxy can serve the chat")
def _proxy(dns: CloudflareDns, chat: Chat) -> Iterator[Finding]:
    path = "rocketchat:dns.originPullCertificate"
    if dns.origin_pull_certificate is not None:
        if not dns.proxied:
            yield Problem(path, "no proxy is there to show it", remedy="set `proxied: true`, or leave it out")
        known = authorities.client(dns.origin_pull_certificate)
        if known.ends < datetime.now(UTC) + authorities.SOON:
            yield Warning_(f"dns.originPullCertificate ends on {known.day}, and nobody gets in from then on")
    if not dns.proxied:
        return
    yield Warning_("Cloudflare's SSL mode must be Full (strict)")
    if "." in chat.host.removesuffix(dns.zone).rstrip("."):
        deep = f"Cloudflare's own certificate covers {dns.zone} and one level below it, and not {chat.host}"
        if dns.plan == "free":
            yield Problem(
                "rocketchat:chat.host",
                deep,
                remedy=f"take a name such as {chat.host.partition('.')[0]}.{dns.zone}, or set `dns.proxied: false`",
            )
        else:
            yield Warning_(f"{deep}: order one in Cloudflare's Advanced Certificate Manager")


@rule("Cloudflare's proxy lets uploads through")
def _uploads(dns: CloudflareDns, media: MediaKind) -> Iterator[Finding]:
    largest, most = media.largest_file_mb(dns), dns.largest_file_mb
    if most is not None and largest > most:
        yield Problem(
            "rocketchat:media.maxFileMb",
            f"Cloudflare's proxy refuses uploads of {largest} MB on the plan {dns.plan}",
            allowed=f"1 to {most}",
            remedy=f"write at most {most}, name a larger plan (`dns.plan`), or set `dns.proxied: false`",
        )
    elif most == largest:
        yield Warning_(f"Cloudflare's proxy limits uploads to {most} MB (`dns.plan: {dns.plan}`)")
