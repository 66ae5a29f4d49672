"""DNS records, whoever serves the zone."""

import pulumi
import pulumi_cloudflare as cloudflare

from components.values import DnsZone

AUTOMATIC_TTL = 1
"""Cloudflare's own word for "automatic"; the only time-to-live that a proxied record takes."""


def record(
    name: str,
    zone: DnsZone,
    *,
    type: str,  # noqa: A002 - the field's own word
    host: pulumi.Input[str],
    value: pulumi.Input[str],
    comment: str,
    opts: pulumi.ResourceOptions,
    ttl: int = 300,
    priority: int | None = None,
    proxied: bool = False,
) -> pulumi.Resource:
    """Make one DNS record.

    `host` is the full name (`chat.lovia.life`), `value` the target or the bare text of a TXT record, `ttl`
    seconds (60 to 86400), `priority` that of an MX record, `proxied` Cloudflare's orange cloud. Raises
    ValueError for a zone of unknown kind.
    """
    if zone["kind"] != "cloudflare":
        raise ValueError(
            f"the DNS zone {zone['name']} is of unknown kind {zone['kind']!r}; known: cloudflare"
        )
    return cloudflare.DnsRecord(
        name,
        zone_id=zone["id"],
        type=type,
        name=host,
        content=pulumi.Output.concat('"', value, '"') if type == "TXT" else value,
        ttl=AUTOMATIC_TTL if proxied else ttl,
        priority=priority,
        proxied=proxied,
        comment=comment,
        opts=opts,
    )
