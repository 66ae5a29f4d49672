"""DNS records, whoever serves the zone."""

import pulumi
import pulumi_aws as aws
import pulumi_cloudflare as cloudflare

from components.base import one_of
from components.names import bounded
from components.values import DnsZone

KINDS = ("cloudflare", "route53")

AUTOMATIC_TTL = 1
"""Cloudflare's own word for "automatic"; the only time-to-live that a proxied record takes."""

COMMENT_LIMIT = 100
"""Characters of a comment that Cloudflare takes on its free plan (DNS guide, "Record attributes")."""

TXT_BYTES = 255
"""The longest string of a TXT record; longer texts are several strings (RFC 1035, 3.3)."""


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
    seconds (60 to 86400), `priority` that of an MX record, `proxied` Cloudflare's orange cloud. Route 53 keeps
    no `comment`. Raises ValueError for a zone of unknown kind, and for what its kind cannot do.
    """
    if one_of(f"the kind of the DNS zone {zone['name']}", zone["kind"], KINDS) == "cloudflare":
        if type == "TXT":
            value = pulumi.Output.from_input(value).apply(
                lambda text: " ".join(f'"{s}"' for s in strings(text))
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
    if proxied:
        raise ValueError(f"the DNS zone {zone['name']} is at Route 53, which has no proxy")
    if type == "CNAME" and host == zone["name"]:
        raise ValueError(f"{host} is the top of its zone, where Route 53 takes no CNAME; use a name below it")
    if type == "TXT":
        # The provider adds the outer quotes.
        value = pulumi.Output.from_input(value).apply(lambda text: '""'.join(strings(text)))
    elif type == "MX":
        value = pulumi.Output.concat(str(priority or 0), " ", value)
    return aws.route53.Record(
        name, zone_id=zone["id"], type=type, name=host, records=[value], ttl=ttl, opts=opts
    )


def pointer(
    name: str,
    zone: DnsZone,
    *,
    host: str,
    target: pulumi.Input[str],
    target_zone_id: pulumi.Input[str] | None,
    comment: str,
    opts: pulumi.ResourceOptions,
    proxied: bool = False,
) -> None:
    """Lead `host` to the host name `target`.

    By a CNAME, or, where `target_zone_id` (the hosted zone of the target itself) is given and the zone is at
    Route 53, by alias records for IPv4 and IPv6: these cost nothing and can stand at the top of the zone. A
    target without IPv6 just gives no answer for it.
    """
    if zone["kind"] != "route53" or target_zone_id is None:
        record(name, zone, type="CNAME", host=host, value=target, comment=comment, opts=opts, proxied=proxied)
        return
    if proxied:
        raise ValueError(f"the DNS zone {zone['name']} is at Route 53, which has no proxy")
    for type_, logical in (("A", name), ("AAAA", f"{name}-ipv6")):
        aws.route53.Record(
            logical,
            zone_id=zone["id"],
            type=type_,
            name=host,
            aliases=[
                # Health of a target is the balancer's own business; there is no second target to go to.
                aws.route53.RecordAliasArgs(name=target, zone_id=target_zone_id, evaluate_target_health=False)
            ],
            opts=opts,
        )


def strings(text: str) -> list[str]:
    """Return the strings of a TXT record, each of at most 255 bytes, with quotes and backslashes escaped.

    Raises ValueError for anything but printable ASCII, which zones write differently.
    """
    if not (text.isascii() and text.isprintable() and text):
        raise ValueError(f"the text of a TXT record must be printable ASCII: {text[:40]!r}")
    parts = [text[start : start + TXT_BYTES] for start in range(0, len(text), TXT_BYTES)]
    return [part.replace("\\", "\\\\").replace('"', '\\"') for part in parts]
