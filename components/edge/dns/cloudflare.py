"""Records at Cloudflare."""

import pulumi
import pulumi_cloudflare as cloudflare

from components.edge.dns import Record, strings
from components.names import bounded
from components.values import DnsZone

AUTOMATIC_TTL = 1
"""Cloudflare's own word for "automatic"; the only time-to-live that a proxied record takes."""

COMMENT_LIMIT = 100
"""Characters of a comment that Cloudflare takes on its free plan (DNS guide, "Record attributes")."""


def make(name: str, zone: DnsZone, said: Record, opts: pulumi.ResourceOptions) -> cloudflare.DnsRecord:
    """Make one record."""
    value = said.value
    if said.type == "TXT":
        value = pulumi.Output.from_input(value).apply(
            lambda text: " ".join(f'"{one}"' for one in strings(text))
        )
    return cloudflare.DnsRecord(
        name,
        zone_id=zone["id"],
        type=said.type,
        name=said.host,
        content=value,
        ttl=AUTOMATIC_TTL if said.proxied else said.ttl,
        priority=said.priority,
        proxied=said.proxied,
        comment=bounded(said.comment, COMMENT_LIMIT),
        opts=opts,
    )
