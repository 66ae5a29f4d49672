"""Records that stand in the zone where the stack would make its own."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import dns.asyncresolver
import dns.exception
import dns.resolver

from automation.doctor import cloudflare, digitalocean
from automation.doctor.needs import Made, Visit
from automation.web import Failed, NotChecked, reason
from clouds.dns import FORMS, host, same_purpose
from stacks.project import COMMAND
from stacks.words import count

if TYPE_CHECKING:
    from automation.doctor.amazon import Aws
    from stacks.kinds.dns import DnsKind

ADDRESSES: Final = frozenset({"A", "AAAA", "CNAME"})

Record = tuple[str, str, str]
"""Name, type and content."""


async def conflicts(visit: Visit) -> str:
    """Say whether what the stack would make is there already, by somebody else."""
    new = [one for type_ in FORMS for one in visit.new(type_)]
    wanted = [(host(one.type, one.inputs), str(one.inputs["type"]), _content(one)) for one in new]
    if not wanted:
        return "all records are the stack's own already"
    there = await _there(visit, wanted)
    found = sorted({f"{name} ({kind} {content})" for name, kind, content in _taken(wanted, there)})
    if not found:
        return f"{count(len(wanted), 'name')} to make, none of which has a record"
    said = f"{len(found)} would be overwritten or refused: {', '.join(found[:5])}"
    if visit.state_unknown:
        raise NotChecked(f"{said}; they may be the stack's own ({visit.state_unknown})")
    raise Failed(
        said,
        f"`{COMMAND} adopt {visit.stack}` takes over those of the same type; or note and delete them in the "
        "zone before `up`. The old chat is not found from then on",
    )


def _content(one: Made) -> str:
    given = next((one.inputs[key] for key in FORMS[one.type].contents if one.inputs.get(key)), "")
    return str(given[0] if isinstance(given, list) else given)


def _taken(wanted: Sequence[Record], there: Sequence[Record]) -> Iterator[Record]:
    for name, kind, content in wanted:
        for other in there:
            if other[0].rstrip(".").lower() == name and _excludes(kind, content, other[1], other[2]):
                yield other


def _excludes(kind: str, content: str, other: str, others: str) -> bool:
    """Return whether two records of one name cannot both be: nothing stands beside a CNAME (RFC 1034, 3.6.2)."""
    if "CNAME" in (kind, other):
        return kind in ADDRESSES or other in ADDRESSES
    return kind == other and same_purpose(kind, content, others)


async def _there(visit: Visit, wanted: Sequence[Record]) -> list[Record]:
    """Return what is there: from the zone itself where the credentials let it be read, else from public DNS."""
    dns_part = visit.spec.parts.dns
    try:
        if dns_part is not None and dns_part.kind in READERS:
            return await READERS[dns_part.kind](visit, dns_part)
    except (Failed, NotChecked):
        pass
    names = sorted({name for name, _, _ in wanted})
    try:
        if dns_part is not None and not await _public(dns_part.zone, "SOA"):
            raise NotChecked(f"the zone cannot be read, and DNS does not know {dns_part.zone} from here")
        return [one for name in names for one in await _public(name)]
    except (dns.exception.DNSException, OSError) as error:
        raise NotChecked(f"neither the zone nor DNS is read: {reason(error)}") from None


async def _of_cloudflare(visit: Visit, _: "DnsKind") -> list[Record]:
    return await cloudflare.records(visit)


async def _of_digitalocean(visit: Visit, dns_part: "DnsKind") -> list[Record]:
    return await digitalocean.records(visit, dns_part.zone)


async def _of_route53(visit: Visit, _: "DnsKind") -> list[Record]:
    return await asyncio.to_thread(_in_route53, visit)


READERS: Final[Mapping[str, Callable[[Visit, "DnsKind"], Awaitable[list[Record]]]]] = {
    "cloudflare": _of_cloudflare,
    "digitalocean": _of_digitalocean,
    "route53": _of_route53,
}
"""What reads a zone itself, by the kind of the DNS service; of others public DNS is asked."""


def route53_zone(visit: Visit) -> str:
    """Say whether Route 53 has the zone, in the account that is meant."""
    aws, dns_part = _route53(visit)
    told = aws.identity()
    found = _zone_in_route53(aws, dns_part)
    return f"{dns_part.zone} is in the account {told['Account']} ({found})"


def _route53(visit: Visit) -> "tuple[Aws, DnsKind]":
    aws, dns_part = visit.aws, visit.spec.parts.dns
    if aws is None or dns_part is None:
        raise NotChecked("there are no credentials of AWS")
    return aws.of(dns_part.account(visit.spec.parts.aws)), dns_part


def _zone_in_route53(aws: "Aws", dns_part: "DnsKind") -> str:
    found = aws.call("route53", "ListHostedZonesByName", DNSName=dns_part.zone)["HostedZones"]
    ids = [
        str(one["Id"]).rpartition("/")[2]
        for one in found
        if one["Name"] == f"{dns_part.zone}." and not one.get("Config", {}).get("PrivateZone")
    ]
    if not ids:
        raise Failed(
            f"Route 53 has no public zone {dns_part.zone} in this account",
            "name the account that has it (`dns.aws`), or make the zone and let the registrar name its servers",
        )
    if dns_part.zone_id is None and len(ids) > 1:
        raise Failed(
            f"{len(ids)} zones are called {dns_part.zone}: {', '.join(ids)}", "name one in `dns.zoneId`"
        )
    if dns_part.zone_id not in (None, *ids):
        raise Failed(
            f"the id of {dns_part.zone} is {', '.join(ids)}", "correct `dns.zoneId`, or leave it out"
        )
    return dns_part.zone_id or ids[0]


def _in_route53(visit: Visit) -> list[Record]:
    aws, dns_part = _route53(visit)
    zone_id = _zone_in_route53(aws, dns_part)
    sets = aws.call("route53", "ListResourceRecordSets", HostedZoneId=zone_id)["ResourceRecordSets"]
    return [
        (one["Name"], one["Type"], (one.get("ResourceRecords") or [{"Value": "an alias"}])[0]["Value"])
        for one in sets
    ]


async def _public(name: str, *kinds: str) -> list[Record]:
    resolver = dns.asyncresolver.Resolver()
    resolver.lifetime = 5
    found: list[Record] = []
    for kind in kinds or ("CNAME", "A", "AAAA", "TXT", "MX"):
        try:
            found += [(name, kind, str(one)) for one in await resolver.resolve(name, kind)]
        except dns.resolver.NXDOMAIN:
            return []
        except dns.resolver.NoAnswer:
            continue
        if kind == "CNAME":
            break
    return found
