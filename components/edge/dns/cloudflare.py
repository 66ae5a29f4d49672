"""Records at Cloudflare."""

import pulumi
import pulumi_cloudflare as cloudflare

from components.edge.dns import strings
from components.names import bounded
from components.values import DnsZone

AUTOMATIC_TTL = 1
"""Cloudflare's own word for "automatic"; the only time-to-live that a proxied record takes."""

COMMENT_LIMIT = 100
"""Characters of a comment that Cloudflare takes on its free plan (DNS guide, "Record attributes")."""


def record(
    name: str,
    zone: DnsZone,
    *,
    type: str,  # noqa: A002 - the field's own word
    host: pulumi.Input[str],
    value: pulumi.Input[str],
    comment: str,
    opts: pulumi.ResourceOptions,
    ttl: int,
    priority: int | None,
    proxied: bool,
) -> pulumi.Resource:
    """Make one record."""
    if type == "TXT":
        value = pulumi.Output.from_input(value).apply(
            lambda text: " ".join(f'"{one}"' for one in strings(text))
        )
    return cloudflare.DnsRecord(
        name,
        zone_id=zone["id"],
        type=type,
        name=host,
        content=value,
        ttl=AUTOMATIC_TTL if proxied else ttl,
        priority=priority,
        proxied=proxied,
        comment=bounded(comment, COMMENT_LIMIT),
        opts=opts,
    )
