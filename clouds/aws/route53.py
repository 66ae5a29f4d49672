"""Route 53."""

import re

from clouds.ask import ACCOUNT, Ask, names, no_host_name
from clouds.aws import charges
from clouds.aws.calls import create, each, sent
from clouds.aws.common import tagged
from clouds.dns import TEXTS, alias
from clouds.limits import among, between, shorter
from clouds.record import (
    NO_DATA,
    UNFOUND,
    UNNOTICED,
    Another,
    Answers,
    Call,
    Drawn,
    Felt,
    Lookup,
    Named,
    Refused,
    Refuses,
    Resource,
    Role,
    replaced_by,
)

RECORD_TYPES = names("A AAAA CAA CNAME DS HTTPS MX NAPTR NS PTR SOA SPF SRV SSHFP SVCB TLSA TXT")
"""What the provider's own validation lets pass (its documentation of `aws_route53_record.type`)."""


NAME_SERVERS = ["ns-1.awsdns-00.com", "ns-2.awsdns-00.net", "ns-3.awsdns-00.org", "ns-4.awsdns-00.co.uk"]


def _record_refusals(ask: Ask) -> list[str]:
    found = [*no_host_name(str(ask["name"])), *_of_others(ask)]
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
    """Return an id that tells the account to `_of_others`."""
    digits = ask.hex(20).upper()
    own = digits if ask.cloud.account == ACCOUNT else f"{ask.cloud.account}X{digits[:7]}"
    return str(ask["zoneId"] or f"Z{own}")


_LOOKED_UP = re.compile(r"Z(?:[0-9A-F]{20}|(?P<account>[0-9]{12})X[0-9A-F]{7})")


def _of_others(ask: Ask) -> list[str]:
    """Route 53 developer guide, "Identity and access management": a zone is its account's alone."""
    found = _LOOKED_UP.fullmatch(str(ask["zoneId"]))
    if found is None or (found["account"] or ACCOUNT) == ask.cloud.account:
        return []
    may = "is not authorized to perform: route53:ChangeResourceRecordSets on"
    return [f"AccessDenied: the account {ask.cloud.account} {may} the zone {ask['zoneId']}"]


_RECORD = "ChangeBatch.Changes.0.ResourceRecordSet"


RECORD = Resource(
    "aws:route53/record:Record",
    "DNS record",
    answers=Answers(
        id="{zoneId}_{name}_{type}",
        outputs={
            "fqdn": "{name}",
        },
    ),
    requests=sent(
        create(
            "route53.ChangeResourceRecordSets",
            {
                "zoneId": "HostedZoneId",
                "records": (f"{_RECORD}.ResourceRecords", each("Value")),
                "aliases": f"{_RECORD}.AliasTarget",
                "aliases.name": "DNSName",
                "aliases.zoneId": "HostedZoneId",
            },
            {"ChangeBatch.Changes.0.Action": "CREATE"},
            at=_RECORD,
        ),
        local="allowOverwrite",
    ),
    refuses=Refuses(inputs=_record_refusals, once=(alias("InvalidChangeBatch"), *TEXTS)),
    again=Refused(),
    replaced=replaced_by("name setIdentifier type zoneId"),
    import_id="{zoneId}_{name}_{type}[_{setIdentifier}]",
    found=Named(),
    data=NO_DATA,
    felt=Felt(gone=UNFOUND, named="name-record"),
    costs=charges.queries,
    drawn=(Drawn(Role.NAMES, "DNS", ("AWS, worldwide",), "Route 53"),),
)


GET_ZONE = Lookup(
    "aws:route53/getZone:getZone",
    outputs={
        "arn": lambda ask: f"arn:{ask.partition}:route53:::hostedzone/{_zone_id(ask)}",
        "callerReference": "rehearsal",
        "comment": "",
        "id": _zone_id,
        "nameServers": NAME_SERVERS,
        "primaryNameServer": NAME_SERVERS[0],
        "resourceRecordSetCount": 2,
        "tags": {},
        "zoneId": _zone_id,
    },
    defaults={
        "name": "made-elsewhere.example",
        "privateZone": False,
    },
    absent=names("linkedServiceDescription linkedServicePrincipal vpcId"),
)


def _endpoint(ask: Ask) -> list[str]:
    """Route 53 API, HealthCheckConfig: what an HTTP check needs, and what it cannot have."""
    kind = str(ask["type"])
    found = []
    if kind.startswith("HTTP") and ask["fqdn"] is None and ask["ipAddress"] is None:
        found.append(f"InvalidInput: a check of type {kind} needs fqdn or ipAddress")
    if not kind.startswith("HTTP") and ask["resourcePath"] is not None:
        found.append(f"InvalidInput: a check of type {kind} has no resourcePath")
    return found


HEALTH_CHECK = Resource(
    "aws:route53/healthCheck:HealthCheck",
    "asks for an address from outside",
    answers=Answers(
        id=lambda ask: ask.uuid(),
        outputs={"arn": "arn:{partition}:route53:::healthcheck/{id}"},
        defaults={"disabled": False, "enableSni": True},
    ),
    requests=sent(
        create(
            "route53.CreateHealthCheck",
            {"fqdn": "HealthCheckConfig.FullyQualifiedDomainName"},
            {"CallerReference": "{id}"},
            at="HealthCheckConfig",
        ),
        Call(
            "route53.ChangeTagsForResource",
            {"tags": "AddTags"},
            {"ResourceType": "healthcheck", "ResourceId": "{id}"},
        ),
        local="referenceName triggers",
    ),
    refuses=Refuses(
        # Route 53 API, HealthCheckConfig.
        values={
            "requestInterval": among(10, 30),
            "failureThreshold": between(1, 10),
            "port": between(1, 65535),
            "resourcePath": shorter(255),
        },
        together=_endpoint,
    ),
    again=Another(),
    replaced=replaced_by("measureLatency referenceName requestInterval routingControlArn type"),
    import_id="{id}",
    found=tagged("route53", r"healthcheck/(?P<id>.+)"),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=charges.health_check,
)
