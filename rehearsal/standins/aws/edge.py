"""CloudFront, certificates, WAF."""

from typing import Any

from rehearsal.standins.aws.common import CLOUDFRONT_ZONE, UPPER
from rehearsal.standins.table import CREATED, Ask, Autoname, Lookup, Standin, always, given, names

CACHE_POLICIES = {
    "Managed-Amplify": "2e54312d-136d-493c-8eb9-b001f22f67d2",
    "Managed-CachingDisabled": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
    "Managed-CachingOptimized": "658327ea-f89d-4fab-a63d-7e88639e58f6",
    "Managed-CachingOptimizedForUncompressedObjects": "b2884449-e4de-46a7-ac36-70bc7f1ddd6d",
    "Managed-Elemental-MediaPackage": "08627262-05a9-4f76-9ded-b50ca2e3a84f",
    "UseOriginCacheControlHeaders": "83da9c7e-98b4-4e11-a168-04f0df8e2c65",
    "UseOriginCacheControlHeaders-QueryStrings": "4cc15a8a-d715-48a4-82b8-cc0b614638fe",
}
ORIGIN_REQUEST_POLICIES = {
    "Managed-AllViewer": "216adef6-5c7f-47e4-b989-5492eafa07d3",
    "Managed-AllViewerAndCloudFrontHeaders-2022-06": "33f36d7e-f396-46d9-90e0-52428a34d9dc",
    "Managed-AllViewerExceptHostHeader": "b689b0a8-53d0-40ab-baf2-68738e2966ac",
    "Managed-CORS-CustomOrigin": "59781a5b-3903-41f3-afcb-af62929ccde1",
    "Managed-CORS-S3Origin": "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf",
    "Managed-HostHeaderOnly": "bf0718e1-ba1e-49d1-88b1-f726733018ae",
    "Managed-UserAgentRefererHeaders": "acba4595-bd28-49b8-b9fe-13317c0390fa",
}
RESPONSE_HEADERS_POLICIES = {
    "Managed-CORS-With-Preflight": "5cc3b908-e619-4b99-88e5-2cf7f45965bd",
    "Managed-CORS-and-SecurityHeadersPolicy": "e61eb60c-9c35-4d20-a928-2b84e02af89c",
    "Managed-CORS-with-preflight-and-SecurityHeadersPolicy": "eaab4381-ed33-4a86-88ca-d9558dc6cd63",
    "Managed-SecurityHeadersPolicy": "67f7725c-6f97-4210-82d7-5512b31e9d03",
    "Managed-SimpleCORS": "60669652-455b-4ae9-85a4-c4c02393f86c",
}
"""CloudFront's managed policies and their ids, the same in every account (CloudFront guide)."""


def _policy(what: str, path: str) -> Standin:
    return Standin(
        what=what,
        id=lambda ask: ask.uuid(),
        computed={
            "arn": lambda ask: ask.arn("cloudfront", f"{path}/{ask.id}", region=""),
            "etag": _etag,
        },
        autoname=Autoname(limit=128),
    )


def _etag(ask: Ask) -> str:
    return "E" + ask.letters(13, UPPER, "etag")


def _managed(known: dict[str, str], path: str, made: str = "aws:cloudfront/none") -> dict[str, Any]:
    """What a lookup of policies gives: AWS's own, and those of the type `made`."""
    by_id = {number: name for name, number in known.items()}

    def number(ask: Ask) -> str:
        name = ask["name"]
        own = [one.id for one in ask.world(made) if name is not None and one.inputs.get("name") == name]
        if own:
            return own[-1]
        if name is not None and name not in known:
            raise LookupError(f"no managed policy is called {name!r}; known: {', '.join(known)}")
        return str(ask["id"] or known.get(name or "", ask.uuid()))

    return {
        "arn": lambda ask: ask.arn("cloudfront", f"{path}/{number(ask)}", region="", account=""),
        "comment": always("Managed by AWS"),
        "etag": _etag,
        "id": number,
        "name": given("name", lambda ask: by_id.get(ask["id"], "made elsewhere")),
    }


def _domains(ask: Ask) -> list[str]:
    """An imported certificate names none."""
    wanted = [ask["domainName"], *(ask["subjectAlternativeNames"] or [])]
    return list(dict.fromkeys(domain for domain in wanted if domain))


def _validation_options(ask: Ask) -> list[dict[str, str]]:
    seen = []
    for domain in _domains(ask):
        bare = domain.removeprefix("*.")
        seen.append(
            {
                "domainName": domain,
                "resourceRecordName": f"_{ask.hex(32, bare)}.{bare}.",
                "resourceRecordType": "CNAME",
                "resourceRecordValue": f"_{ask.hex(32, bare + '/value')}.{ask.letters(10, UPPER).lower()}"
                ".acm-validations.aws.",
            }
        )
    return seen


def _acl_arn(ask: Ask) -> str:
    scope = "global" if ask["scope"] == "CLOUDFRONT" else "regional"
    return ask.arn("wafv2", f"{scope}/webacl/{ask['name']}/{ask.id}")


def _acl_refusals(ask: Ask) -> list[str]:
    scope = ask["scope"]
    if scope not in {None, "CLOUDFRONT", "REGIONAL"}:
        return [f"scope {scope!r} must be CLOUDFRONT or REGIONAL"]
    if scope == "CLOUDFRONT" and ask.region != "us-east-1":
        return [f"a web ACL of scope CLOUDFRONT must be in us-east-1, not {ask.region}"]
    return []


def _capacity(ask: Ask) -> int:
    return sum(
        700 if "managedRuleGroupStatement" in (rule.get("statement") or {}) else 2
        for rule in ask["rules"] or []
    )


TYPES: dict[str, Standin] = {
    "aws:cloudfront/distribution:Distribution": Standin(
        what="CDN",
        id=lambda ask: "E" + ask.letters(13, UPPER),
        computed={
            "arn": lambda ask: ask.arn("cloudfront", f"distribution/{ask.id}", region=""),
            "callerReference": lambda ask: f"terraform-{ask.number(10**18):018d}",
            "domainName": lambda ask: (
                f"d{ask.letters(13, 'abcdefghijklmnopqrstuvwxyz0123456789')}.cloudfront.net"
            ),
            "etag": _etag,
            "hostedZoneId": always(CLOUDFRONT_ZONE),
            "inProgressValidationBatches": always(0),
            "lastModifiedTime": always(CREATED),
            "loggingV1Enabled": always(False),
            "status": always("Deployed"),
            "trustedKeyGroups": always([]),
            "trustedSigners": always([]),
        },
        replaces=names("staging"),
    ),
    "aws:cloudfront/originAccessControl:OriginAccessControl": Standin(
        what="lets only the CDN read the bucket",
        id=lambda ask: "E" + ask.letters(13, UPPER),
        computed={
            "arn": lambda ask: ask.arn("cloudfront", f"origin-access-control/{ask.id}", region=""),
            "etag": _etag,
        },
        autoname=Autoname(limit=64),
        replaces=names("name"),
    ),
    "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy": _policy(
        "headers that the CDN adds", "response-headers-policy"
    ),
    "aws:cloudfront/cachePolicy:CachePolicy": _policy("what the CDN keeps, and how long", "cache-policy"),
    "aws:cloudfront/originRequestPolicy:OriginRequestPolicy": _policy(
        "what the CDN passes on", "origin-request-policy"
    ),
    "aws:cloudfront/vpcOrigin:VpcOrigin": Standin(
        what="private way from the CDN to the load balancer",
        id=lambda ask: "vo_" + ask.letters(22, UPPER),
        computed={
            "arn": lambda ask: ask.arn("cloudfront", f"vpcorigin/{ask.id}", region=""),
            "etag": _etag,
        },
        replaces=names("vpcOriginEndpointConfig"),
    ),
    "aws:acm/certificate:Certificate": Standin(
        what="TLS certificate",
        id=lambda ask: ask.arn("acm", f"certificate/{ask.uuid()}"),
        computed={
            "arn": lambda ask: ask.id,
            "domainValidationOptions": _validation_options,
            "keyAlgorithm": given("keyAlgorithm", "RSA_2048"),
            "pendingRenewal": always(False),
            "renewalEligibility": always("INELIGIBLE"),
            "renewalSummaries": always([]),
            "status": always("PENDING_VALIDATION"),
            "subjectAlternativeNames": lambda ask: sorted(_domains(ask)),
            "type": always("AMAZON_ISSUED"),
            "validationEmails": always([]),
        },
        absent=names("notAfter notBefore"),
        replaces=names("domainName keyAlgorithm region subjectAlternativeNames validationMethod"),
    ),
    "aws:acm/certificateValidation:CertificateValidation": Standin(
        what="waits until the certificate is issued",
        id=always("2026-01-01 00:00:00 +0000 UTC"),
        replaces=names("certificateArn region validationRecordFqdns"),
    ),
    "aws:wafv2/webAcl:WebAcl": Standin(
        what="web application firewall",
        id=lambda ask: ask.uuid(),
        computed={
            "applicationIntegrationUrl": always(""),
            "arn": _acl_arn,
            "capacity": _capacity,
            "lockToken": lambda ask: ask.uuid("lock"),
        },
        autoname=Autoname(limit=128),
        replaces=names("name namePrefix region scope"),
        refuses=_acl_refusals,
    ),
    "aws:wafv2/webAclAssociation:WebAclAssociation": Standin(
        what="puts the firewall before the load balancer",
        id=lambda ask: f"{ask['webAclArn']},{ask['resourceArn']}",
        replaces=names("region resourceArn webAclArn"),
    ),
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": Standin(
        what="log of the firewall",
        id=lambda ask: str(ask["resourceArn"]),
        replaces=names("region resourceArn"),
    ),
}

LOOKUPS: dict[str, Lookup] = {
    "aws:cloudfront/getCachePolicy:getCachePolicy": Lookup(
        _managed(CACHE_POLICIES, "cache-policy"),
        absent=names("defaultTtl maxTtl minTtl parametersInCacheKeyAndForwardedToOrigins"),
    ),
    "aws:cloudfront/getOriginRequestPolicy:getOriginRequestPolicy": Lookup(
        _managed(ORIGIN_REQUEST_POLICIES, "origin-request-policy"),
        absent=names("cookiesConfigs headersConfigs queryStringsConfigs"),
    ),
    "aws:cloudfront/getResponseHeadersPolicy:getResponseHeadersPolicy": Lookup(
        _managed(
            RESPONSE_HEADERS_POLICIES,
            "response-headers-policy",
            "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy",
        ),
        absent=names(
            "corsConfigs customHeadersConfigs removeHeadersConfigs securityHeadersConfigs "
            "serverTimingHeadersConfigs"
        ),
    ),
}
