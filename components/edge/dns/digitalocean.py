"""Records at DigitalOcean, which keeps no comments."""

import pulumi
import pulumi_digitalocean as digitalocean

from components.edge.dns import no_alias_at_top, no_proxy, strings
from components.values import DnsZone

SERVICE = "DigitalOcean"

POINTERS = frozenset({"CNAME", "MX", "NS"})
"""Types whose values are host names, which end with a dot here (API, "Create a New Domain Record")."""


def record(
    name: str,
    zone: DnsZone,
    *,
    type: str,  # noqa: A002 - the field's own word
    host: pulumi.Input[str],
    value: pulumi.Input[str],
    comment: str,  # noqa: ARG001 - asked of every service
    opts: pulumi.ResourceOptions,
    ttl: int,
    priority: int | None,
    proxied: bool,
) -> pulumi.Resource:
    """Make one record."""
    no_proxy(zone, SERVICE, proxied=proxied)
    no_alias_at_top(zone, SERVICE, type, host)
    if type in POINTERS:
        value = pulumi.Output.from_input(value).apply(lambda text: f"{text.rstrip('.')}.")
    elif type == "TXT":
        value = pulumi.Output.from_input(value).apply(_text)
    return digitalocean.DnsRecord(
        name,
        domain=zone["id"],
        type=type,
        name=pulumi.Output.from_input(host).apply(lambda full: relative(full, zone["name"])),
        value=value,
        ttl=ttl,
        priority=(priority or 0) if type == "MX" else None,
        opts=opts,
    )


def relative(host: str, zone: str) -> str:
    """Return a name as DigitalOcean wants it: without the domain, and `@` for the domain itself."""
    full = host.rstrip(".")
    return "@" if full == zone else full.removesuffix(f".{zone}")


def _text(text: str) -> str:
    """DigitalOcean makes the strings of a text by itself. Raises ValueError for what zones write differently."""
    strings(text)
    return text
