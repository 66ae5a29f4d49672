"""DigitalOcean: DNS."""

from collections.abc import Mapping
from typing import Any

from clouds.ask import Ask, names, no_host_name
from clouds.dns import RELATIVE_TOP, TEXTS, alias, full_name, same_purpose
from clouds.record import (
    NO_DATA,
    NO_MODELS,
    UNFOUND,
    Answers,
    Drawn,
    Felt,
    Listed,
    Lookup,
    Nothing,
    Refused,
    Refuses,
    Resource,
    Role,
    replaced_by,
)

RECORD_TYPES = names("A AAAA CAA CNAME MX NS TXT SRV SOA")
"""What the provider's own validation lets pass (terraform-provider-digitalocean, resource_record.go)."""

POINTERS = names("CNAME MX NS SRV")
"""Types whose value is a host name, which must end with a dot: the API answers 422 "Data needs to end with a dot (.)"
(kubernetes-sigs/external-dns 624, digitalocean/openapi 884, digitalocean/api-v2 130)."""

SHORTEST_TTL = 30
"""Seconds (go-acme/lego, providers/dns/digitalocean: its smallest time to live)."""

NEEDED = {"MX": names("priority"), "SRV": names("priority weight port"), "CAA": names("flags tag")}
"""What a record of a type cannot do without (resource_record.go)."""


def _record_refusals(ask: Ask) -> list[str]:
    kind, name, value = ask["type"], str(ask["name"]), ask["value"]
    domain = ask["domain"]
    found = no_host_name(full_name(name, str(domain)))
    if kind is not None and kind not in RECORD_TYPES:
        found.append(f"type {kind!r} must be one of {', '.join(sorted(RECORD_TYPES))}")
    if kind in POINTERS and isinstance(value, str) and not value.endswith(".") and value != RELATIVE_TOP:
        found.append(f"422 Data needs to end with a dot (.): {value}")
    if kind == "CNAME" and name == RELATIVE_TOP:
        # The records of the domain's name servers are there (kubernetes-sigs/external-dns 4802).
        found.append("422 CNAME records cannot share a name with other records: @")
    ttl = ask["ttl"]
    if isinstance(ttl, int) and ttl < SHORTEST_TTL:
        found.append(f"ttl {ttl} must be at least {SHORTEST_TTL} seconds")
    found += [
        f"`{key}` is required for when type is `{kind}`"
        for key in sorted(NEEDED.get(kind, ()))
        if ask.inputs.get(key) is None
    ]
    return found


def _same_record(inputs: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """One name may have several records of a type; the list gives names of hosts without the dot."""
    return str(inputs.get("value")).rstrip(".") == str(found.get("value")).rstrip(".")


DNS_RECORD = Resource(
    "digitalocean:index/dnsRecord:DnsRecord",
    "DNS record",
    answers=Answers(
        id=lambda ask: str(ask.number(10**9)),
        outputs={"fqdn": lambda ask: full_name(str(ask["name"]), str(ask["domain"]))},
        defaults={"flags": 0, "port": 0, "priority": 0, "tag": "", "ttl": 1800, "weight": 0},
    ),
    requests=NO_MODELS,
    refuses=Refuses(
        inputs=_record_refusals,
        # kubernetes-sigs/external-dns 4802.
        once=(alias("422 CNAME records cannot share a name with other records"), *TEXTS),
    ),
    again=Refused(("domain", "name", "type", "value", "priority")),
    replaced=replaced_by("domain type"),
    import_id="{domain},{id}",
    found=Listed(
        "digitalocean:index/getRecords:getRecords",
        {
            "domain": "{domain}",
            "filters": [{"key": "name", "values": ["{name}"]}, {"key": "type", "values": ["{type}"]}],
        },
        "records",
        _same_record,
        theirs=lambda inputs, found: same_purpose(inputs["type"], inputs.get("value", ""), found["value"]),
    ),
    data=NO_DATA,
    felt=Felt(gone=UNFOUND, named="name-record"),
    costs=Nothing("free: DigitalOcean charges nothing for DNS"),
    drawn=(Drawn(Role.NAMES, "DNS", ("DigitalOcean, worldwide",)),),
)


def _records(ask: Ask) -> list[dict[str, Any]]:
    """The domain's records that the filters let pass."""
    filters = {one["key"]: one["values"] for one in ask["filters"] or ()}
    found = []
    for one in ask.world(DNS_RECORD.token):
        own = {**one.inputs, **one.outputs}
        if own["domain"] == ask["domain"] and all(str(own.get(key)) in filters[key] for key in filters):
            keys = "domain flags name port priority tag ttl type value weight"
            found.append({"id": int(one.id), **{key: own.get(key) for key in keys.split()}})
    return found


GET_RECORDS = Lookup(
    "digitalocean:index/getRecords:getRecords", outputs={"id": "records", "records": _records}
)


GET_DOMAIN = Lookup(
    "digitalocean:index/getDomain:getDomain",
    outputs={
        "domainUrn": "do:domain:{name}",
        "id": "{name}",
        "ttl": 1800,
        "zoneFile": "$ORIGIN {name}.",
    },
)
