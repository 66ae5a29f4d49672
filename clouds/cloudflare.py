"""Cloudflare."""

from collections.abc import Iterator, Mapping
from typing import Any

from clouds.ask import CREATED, Ask, names, no_host_name, too_long
from clouds.dns import TEXTS, alias, same_purpose
from clouds.record import (
    NO_DATA,
    NO_MODELS,
    UNFOUND,
    UNNOTICED,
    Answers,
    Drawn,
    Felt,
    Gone,
    Listed,
    Lookup,
    Nothing,
    Overwritten,
    Refused,
    Refuses,
    Resource,
    Role,
    Use,
    replaced_by,
)

RECORD_TYPES = names(
    "A AAAA CNAME MX NS OPENPGPKEY PTR TXT CAA CERT DNSKEY DS HTTPS LOC NAPTR SMIMEA SRV SSHFP SVCB TLSA URI"
)
"""What the provider's own validation lets pass (its documentation of `cloudflare_dns_record.type`)."""


COMMENT = 100
"""Characters of a record's comment on the free plan (DNS guide, "Record attributes")."""


def _record_refusals(ask: Ask) -> list[str]:
    found = [*too_long(ask, comment=COMMENT), *no_host_name(str(ask["name"]))]
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


def _same_record(inputs: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """One name may have several records of a type: the content, or else the comment, tells them apart."""
    content = inputs.get("content")
    if content and str(content).strip('"') != str(found.get("content")).strip('"'):
        return False
    return inputs.get("comment") in {None, "", found.get("comment")}


def _proxied(inputs: Mapping[str, Any]) -> Iterator[str]:
    """What is closed to all but the proxy is open to whoever asks that."""
    if inputs.get("proxied") is True:
        yield f"{inputs['name']} through Cloudflare's proxy"


DNS_RECORD = Resource(
    "cloudflare:index/dnsRecord:DnsRecord",
    "DNS record",
    answers=Answers(
        id=lambda ask: ask.hex(32),
        outputs={
            "createdOn": CREATED,
            "meta": "{}",
            "modifiedOn": CREATED,
            "proxiable": lambda ask: ask["type"] in {"A", "AAAA", "CNAME"},
        },
        defaults={
            "proxied": False,
            "settings": {},
            "tags": [],
        },
        absent=names("commentModifiedOn tagsModifiedOn"),
    ),
    requests=NO_MODELS,
    refuses=Refuses(inputs=_record_refusals, once=(alias("81053, 81054", frozenset({"A", "AAAA"})), *TEXTS)),
    again=Refused(("zoneId", "name", "type", "content", "data", "priority")),
    replaced=replaced_by("type zoneId"),
    import_id="{zoneId}/{id}",
    found=Listed(
        "cloudflare:index/getDnsRecords:getDnsRecords",
        {"zoneId": "{zoneId}", "type": "{type}", "name": {"exact": "{name}"}},
        "results",
        _same_record,
        theirs=lambda inputs, found: same_purpose(
            inputs["type"], inputs.get("content", ""), found["content"]
        ),
    ),
    data=NO_DATA,
    felt=Felt(gone=UNFOUND, named="name-record"),
    costs=Nothing("free: DNS of all plans costs nothing"),
    drawn=(Drawn(Role.NAMES, "DNS", ("Cloudflare",)),),
    opens=_proxied,
)


def _leaf(ask: Ask) -> list[str]:
    """Per-hostname Authenticated Origin Pulls, "Upload custom certificate": an authority's is refused."""
    from cryptography import x509

    try:
        certificate = x509.load_pem_x509_certificate(str(ask["certificate"]).encode())
        authority = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except ValueError:
        return ["certificate is no certificate in PEM form"]
    except x509.ExtensionNotFound:
        return []
    return ["missing leaf certificate: certificate is that of an authority"] if authority else []


def _one_host(ask: Ask) -> list[str]:
    """The provider's own check (`authenticated_origin_pulls/resource.go`)."""
    configs = ask["configs"] or []
    if len(configs) != 1 or not configs[0].get("hostname"):
        return ["configs must have exactly one hostname association"]
    return []


ORIGIN_PULL_CERTIFICATE = Resource(
    "cloudflare:index/authenticatedOriginPullsHostnameCertificate:AuthenticatedOriginPullsHostnameCertificate",
    "certificate that the proxy shows",
    answers=Answers(
        id=lambda ask: ask.hex(32),
        outputs={
            "expiresOn": CREATED,
            "issuer": "",
            "serialNumber": lambda ask: ask.hex(16, "serial"),
            "signature": "ECDSAWithSHA256",
            "status": "active",
            "uploadedOn": CREATED,
        },
    ),
    requests=NO_MODELS,
    refuses=Refuses(
        together=_leaf,
        # Cloudflare API, "Delete Hostname Client Certificate".
        used_by=(
            Use(
                "cloudflare:index/authenticatedOriginPulls:AuthenticatedOriginPulls",
                "configs.certId",
                "in use",
            ),
        ),
    ),
    again=Refused(("zoneId", "certificate")),
    replaced=replaced_by("zoneId certificate privateKey"),
    import_id="{zoneId}/{id}",
    found=Gone("another one of the same is put there; what nothing shows ends by itself", remains=True),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: all plans have it"),
)


ORIGIN_PULL = Resource(
    "cloudflare:index/authenticatedOriginPulls:AuthenticatedOriginPulls",
    "which certificate the proxy shows for a name",
    answers=Answers(
        id=lambda ask: str((ask["configs"] or [{}])[0].get("hostname")),
        outputs={
            "certId": lambda ask: (ask["configs"] or [{}])[0].get("certId"),
            "certStatus": "active",
            "enabled": True,
            "hostname": "{id}",
            "status": "active",
        },
        absent=names(
            "certUpdatedAt certUploadedOn certificate createdAt expiresOn issuer privateKey serialNumber signature "
            "updatedAt"
        ),
    ),
    requests=NO_MODELS,
    refuses=Refuses(together=_one_host),
    again=Overwritten(),
    replaced=replaced_by("zoneId"),
    import_id="{zoneId}/{id}",
    found=Gone("to order it again changes nothing"),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: all plans have it"),
)


GET_DNS_RECORDS = Lookup(
    "cloudflare:index/getDnsRecords:getDnsRecords",
    outputs={
        "results": _records,
    },
    defaults={
        "direction": "asc",
        "includeShadowMetadata": False,
        "match": "all",
        "order": "type",
        "proxied": False,
        "tagMatch": "all",
    },
)


GET_ZONE = Lookup(
    "cloudflare:index/getZone:getZone",
    outputs={
        "account": lambda ask: {"id": ask.hex(32, "account"), "name": "rehearsal"},
        "activatedOn": CREATED,
        "createdOn": CREATED,
        "developmentMode": 0,
        "id": _zone_id,
        "modifiedOn": CREATED,
        "name": _zone_name,
        "nameServers": ["ada.ns.cloudflare.com", "bob.ns.cloudflare.com"],
        "originalNameServers": [],
        "paused": False,
        "permissions": [],
        "status": "active",
        "type": "full",
        "vanityNameServers": [],
        "zoneId": _zone_id,
    },
    absent=names(
        "cnameSuffix meta originalDnshost originalRegistrar owner plan tenant tenantUnit verificationKey"
    ),
)
