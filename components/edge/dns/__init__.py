"""DNS records, whoever serves the zone. A service is one module beside this one, which is called like its kind."""

import importlib
import pkgutil
from dataclasses import dataclass
from typing import Protocol, cast

import pulumi

from components.base import one_of
from components.values import DnsZone

KINDS = tuple(sorted(one.name for one in pkgutil.iter_modules(__path__)))

TXT_BYTES = 255
"""The longest string of a TXT record; longer texts are several strings (RFC 1035, 3.3)."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """What a record says."""

    type: str
    """Such as `CNAME`."""
    host: pulumi.Input[str]
    """The full name: `chat.lovia.life`."""
    value: pulumi.Input[str]
    """The target, or the bare text of a TXT record."""
    comment: str
    """What it is for; only Cloudflare keeps it."""
    ttl: int = 300
    """Seconds, 60 to 86400."""
    priority: int | None = None
    """Of an MX record."""
    proxied: bool = False
    """Cloudflare's orange cloud."""


class Service(Protocol):
    """What a module of a service has. It raises ValueError for what its service cannot do."""

    def make(self, name: str, zone: DnsZone, said: Record, opts: pulumi.ResourceOptions) -> pulumi.Resource:
        """Make one record."""

    def alias(
        self,
        name: str,
        zone: DnsZone,
        said: Record,
        target_zone_id: pulumi.Input[str],
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Lead a name to a service of AWS in another way than by the CNAME that is said. A module may leave it out."""


def _service(zone: DnsZone) -> Service:
    kind = one_of(f"the kind of the DNS zone {zone['name']}", zone["kind"], KINDS)
    # Its SDK is loaded for the stacks alone that have a zone there.
    return cast("Service", importlib.import_module(f"{__name__}.{kind}"))


def record(name: str, zone: DnsZone, said: Record, opts: pulumi.ResourceOptions) -> pulumi.Resource:
    """Make one DNS record. Raises ValueError for a zone of unknown kind, and for what its kind cannot do."""
    return _service(zone).make(name, zone, said, opts)


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
    service = _service(zone)
    said = Record(type="CNAME", host=host, value=target, comment=comment, proxied=proxied)
    if target_zone_id is not None and hasattr(service, "alias"):
        service.alias(name, zone, said, target_zone_id, opts)
    else:
        service.make(name, zone, said, opts)


def no_proxy(zone: DnsZone, service: str, said: Record) -> None:
    """Raise ValueError where a record is to be proxied by a service without a proxy."""
    if said.proxied:
        raise ValueError(f"the DNS zone {zone['name']} is at {service}, which has no proxy")


def no_alias_at_top(zone: DnsZone, service: str, said: Record) -> None:
    """Raise ValueError for a CNAME at the top of a zone, where nothing may stand beside it (RFC 1034, 3.6.2)."""
    if said.type == "CNAME" and said.host == zone["name"]:
        raise ValueError(
            f"{said.host} is the top of its zone, where {service} takes no CNAME; use a name below it"
        )


def strings(text: str) -> list[str]:
    """Return the strings of a TXT record, each of at most 255 bytes, with quotes and backslashes escaped.

    Raises ValueError for anything but printable ASCII, which zones write differently.
    """
    if not (text.isascii() and text.isprintable() and text):
        raise ValueError(f"the text of a TXT record must be printable ASCII: {text[:40]!r}")
    parts = [text[start : start + TXT_BYTES] for start in range(0, len(text), TXT_BYTES)]
    return [part.replace("\\", "\\\\").replace('"', '\\"') for part in parts]
