"""Records at DigitalOcean, which keeps no comments."""

import pulumi
import pulumi_digitalocean as digitalocean

from components.edge.dns import Record, no_alias_at_top, no_proxy, strings
from components.values import DnsZone

SERVICE = "DigitalOcean"

POINTERS = frozenset({"CNAME", "MX", "NS"})
"""Types whose values are host names, which end with a dot here (API, "Create a New Domain Record")."""


def make(name: str, zone: DnsZone, said: Record, opts: pulumi.ResourceOptions) -> digitalocean.DnsRecord:
    """Make one record."""
    no_proxy(zone, SERVICE, said)
    no_alias_at_top(zone, SERVICE, said)
    value = said.value
    if said.type in POINTERS:
        value = pulumi.Output.from_input(value).apply(lambda text: f"{text.rstrip('.')}.")
    elif said.type == "TXT":
        value = pulumi.Output.from_input(value).apply(_text)
    return digitalocean.DnsRecord(
        name,
        domain=zone["id"],
        type=said.type,
        name=pulumi.Output.from_input(said.host).apply(lambda full: relative(full, zone["name"])),
        value=value,
        ttl=said.ttl,
        priority=(said.priority or 0) if said.type == "MX" else None,
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
