"""Cloudflare."""

from typing import Any

from rehearsal.standins.table import CREATED, Ask, Lookup, Standin, always, given, names

RECORD_TYPES = names(
    "A AAAA CNAME MX NS OPENPGPKEY PTR TXT CAA CERT DNSKEY DS HTTPS LOC NAPTR SMIMEA SRV SSHFP SVCB TLSA URI"
)
"""What the provider's own validation lets pass (its documentation of `cloudflare_dns_record.type`)."""


def _record_refusals(ask: Ask) -> list[str]:
    found = []
    if ask["type"] is not None and ask["type"] not in RECORD_TYPES:
        found.append(f"type {ask['type']!r} must be one of {', '.join(sorted(RECORD_TYPES))}")
    priority = ask["priority"]
    if priority is not None and not 0 <= priority <= 65535:
        found.append(f"priority {priority} must be between 0 and 65535")
    return found


def _zone_name(ask: Ask) -> Any:
    wanted = ask["filter"] or {}
    return wanted.get("name") or "made-elsewhere.example"


def _zone_id(ask: Ask) -> str:
    return str(ask["zoneId"] or ask.hex(32))


TYPES: dict[str, Standin] = {
    "cloudflare:index/dnsRecord:DnsRecord": Standin(
        what="DNS record",
        id=lambda ask: ask.hex(32),
        computed={
            "createdOn": always(CREATED),
            "meta": always("{}"),
            "modifiedOn": always(CREATED),
            "proxiable": lambda ask: ask["type"] in {"A", "AAAA", "CNAME"},
            "proxied": given("proxied", otherwise=False),
            "settings": given("settings", lambda _ask: {}),
            "tags": given("tags", lambda _ask: []),
        },
        absent=names("commentModifiedOn tagsModifiedOn"),
        replaces=names("zoneId"),
        refuses=_record_refusals,
    ),
}


def _records(ask: Ask) -> list[dict[str, Any]]:
    """The zone's records of that name and type, as the API lists them."""
    name = (ask["name"] or {}).get("exact")
    keys = "comment content createdOn data meta modifiedOn name priority proxiable proxied settings tags ttl type"
    return [
        {"id": one.id, **{key: one.outputs.get(key) for key in keys.split()}}
        for one in ask.world("cloudflare:index/dnsRecord:DnsRecord")
        if one.inputs["zoneId"] == ask["zoneId"]
        and name in {None, one.inputs["name"]}
        and ask["type"] in {None, one.inputs["type"]}
    ]


LOOKUPS: dict[str, Lookup] = {
    "cloudflare:index/getDnsRecords:getDnsRecords": Lookup(
        {
            "direction": given("direction", "asc"),
            "includeShadowMetadata": given("includeShadowMetadata", otherwise=False),
            "match": given("match", "all"),
            "order": given("order", "type"),
            "proxied": given("proxied", otherwise=False),
            "results": _records,
            "tagMatch": given("tagMatch", "all"),
        }
    ),
    "cloudflare:index/getZone:getZone": Lookup(
        {
            "account": lambda ask: {"id": ask.hex(32, "account"), "name": "rehearsal"},
            "activatedOn": always(CREATED),
            "createdOn": always(CREATED),
            "developmentMode": always(0),
            "id": _zone_id,
            "modifiedOn": always(CREATED),
            "name": _zone_name,
            "nameServers": always(["ada.ns.cloudflare.com", "bob.ns.cloudflare.com"]),
            "originalNameServers": always([]),
            "paused": always(False),
            "permissions": always([]),
            "status": always("active"),
            "type": always("full"),
            "vanityNameServers": always([]),
            "zoneId": _zone_id,
        },
        absent=names(
            "cnameSuffix meta originalDnshost originalRegistrar owner plan tenant tenantUnit verificationKey"
        ),
    ),
}
