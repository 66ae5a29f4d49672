"""Route 53."""

from rehearsal.standins.table import Ask, Lookup, Standin, always, given, names

RECORD_TYPES = names("A AAAA CAA CNAME DS HTTPS MX NAPTR NS PTR SOA SPF SRV SSHFP SVCB TLSA TXT")
"""What the provider's own validation lets pass (its documentation of `aws_route53_record.type`)."""
NAME_SERVERS = ["ns-1.awsdns-00.com", "ns-2.awsdns-00.net", "ns-3.awsdns-00.org", "ns-4.awsdns-00.co.uk"]


def _record_refusals(ask: Ask) -> list[str]:
    found = []
    if ask["type"] is not None and ask["type"] not in RECORD_TYPES:
        found.append(f"type {ask['type']!r} must be one of {', '.join(sorted(RECORD_TYPES))}")
    # What is not known yet still counts as set.
    records, aliases, ttl = (ask.inputs.get(key) is not None for key in ("records", "aliases", "ttl"))
    if records == aliases:
        found.append("exactly one of records and aliases must be set")
    if aliases and ttl:
        found.append("ttl cannot be set with aliases")
    if records and not ttl:
        found.append("records need a ttl")
    return found


def _zone_id(ask: Ask) -> str:
    return str(ask["zoneId"] or "Z" + ask.hex(20).upper())


TYPES: dict[str, Standin] = {
    "aws:route53/record:Record": Standin(
        what="DNS record",
        id=lambda ask: f"{ask['zoneId']}_{ask['name']}_{ask['type']}",
        computed={"fqdn": lambda ask: ask["name"]},
        replaces=names("name setIdentifier type zoneId"),
        refuses=_record_refusals,
    ),
}

LOOKUPS: dict[str, Lookup] = {
    "aws:route53/getZone:getZone": Lookup(
        {
            "arn": lambda ask: f"arn:aws:route53:::hostedzone/{_zone_id(ask)}",
            "callerReference": always("rehearsal"),
            "comment": always(""),
            "id": _zone_id,
            "name": given("name", "made-elsewhere.example"),
            "nameServers": always(NAME_SERVERS),
            "primaryNameServer": always(NAME_SERVERS[0]),
            "privateZone": given("privateZone", False),
            "resourceRecordSetCount": always(2),
            "tags": always({}),
            "zoneId": _zone_id,
        },
        absent=names("linkedServiceDescription linkedServicePrincipal vpcId"),
    ),
}
