"""CloudFront."""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from clouds.ask import CREATED, Ask, Existing, names, too_long
from clouds.aws import charges
from clouds.aws.calls import create, sent
from clouds.aws.common import DOMAIN, GLOBAL, UPPER
from clouds.limits import MAX_INTEGER, all_of, between, formed, shorter, twice
from clouds.record import (
    IN_PLACE,
    NO_DATA,
    NOTHING_MORE,
    UNNOTICED,
    Answers,
    Autoname,
    Drawn,
    Listed,
    Lookup,
    Nothing,
    Once,
    Person,
    Refused,
    Refuses,
    Resource,
    Role,
    Scope,
    Tagged,
    Use,
    one_name,
    replaced_by,
)

CLOUDFRONT_ZONE = "Z2FDTNDATAQYW2"
"""CloudFront's hosted-zone id for alias records, the same everywhere (Route 53 API, AliasTarget)."""


RESPONSE_HEADERS_POLICIES = {
    "Managed-CORS-With-Preflight": "5cc3b908-e619-4b99-88e5-2cf7f45965bd",
    "Managed-CORS-and-SecurityHeadersPolicy": "e61eb60c-9c35-4d20-a928-2b84e02af89c",
    "Managed-CORS-with-preflight-and-SecurityHeadersPolicy": "eaab4381-ed33-4a86-88ca-d9558dc6cd63",
    "Managed-SecurityHeadersPolicy": "67f7725c-6f97-4210-82d7-5512b31e9d03",
    "Managed-SimpleCORS": "60669652-455b-4ae9-85a4-c4c02393f86c",
}
"""CloudFront's managed policies and their ids, the same in every account (CloudFront guide)."""


COMMENT = shorter(128)
"""CloudFront API, ResponseHeadersPolicyConfig and DistributionConfig, `Comment`."""


def _etag(ask: Ask) -> str:
    return "E" + ask.letters(13, UPPER, "etag")


_HEADERS_POLICY = "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy"


def _policy_id(ask: Ask) -> str:
    """The id of AWS's own policy of that name, or of one that was made here."""
    name = ask["name"]
    own = [one.id for one in ask.world(_HEADERS_POLICY) if name and one.inputs.get("name") == name]
    if own:
        return own[-1]
    if name is not None and name not in RESPONSE_HEADERS_POLICIES:
        known = ", ".join(RESPONSE_HEADERS_POLICIES)
        raise LookupError(f"no managed policy is called {name!r}; known: {known}")
    return str(ask["id"] or RESPONSE_HEADERS_POLICIES.get(name or "", ask.uuid()))


def _policy_name(ask: Ask) -> str:
    by_id = {number: name for name, number in RESPONSE_HEADERS_POLICIES.items()}
    return by_id.get(ask["id"], "made elsewhere")


_DISTRIBUTION = "DistributionConfigWithTags.DistributionConfig"


def _aliases(one: Existing) -> Iterable[object]:
    aliases: Iterable[object] = one.inputs.get("aliases") or ()
    return aliases


def _behaviors(ask: Ask) -> list[tuple[str, Mapping[str, Any]]]:
    ordered = all_of(ask["orderedCacheBehaviors"])
    paths = [f"orderedCacheBehaviors[{index}]" for index in range(len(ordered))]
    return list(zip(["defaultCacheBehavior", *paths], [ask["defaultCacheBehavior"], *ordered], strict=True))


_METHODS = (
    {"GET", "HEAD"},
    {"GET", "HEAD", "OPTIONS"},
    {"GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"},
)


def _parts(ask: Ask) -> Iterator[str]:
    """CloudFront API, DistributionConfig and what it holds."""
    yield from twice("aliases", all_of(ask["aliases"]))
    ids = {one.get("originId") for one in (*all_of(ask["origins"]), *all_of(ask["originGroups"]))}
    yield from _origins(ask, ids)
    for path, one in _behaviors(ask):
        if one.get("targetOriginId") not in ids:
            yield f"{path}.targetOriginId is no originId of origins or originGroups"
        yield from _behavior(path, one)
    viewer = ask["viewerCertificate"] or {}
    if all_of(ask["aliases"]) and not (viewer.get("acmCertificateArn") or viewer.get("iamCertificateId")):
        yield "aliases need a certificate in viewerCertificate"
    arn = str(viewer.get("acmCertificateArn") or "")
    if arn and arn.split(":")[3:4] != [GLOBAL]:
        yield f"viewerCertificate.acmCertificateArn must be of {GLOBAL}"
    if str(ask["defaultRootObject"] or "").startswith("/"):
        yield "defaultRootObject begins without a slash"
    for index, one in enumerate(all_of(ask["customErrorResponses"])):
        if bool(one.get("responsePagePath")) != bool(one.get("responseCode")):
            yield f"customErrorResponses[{index}]: responsePagePath and responseCode go together"


def _origins(ask: Ask, ids: AbstractSet[Any]) -> Iterator[str]:
    origins = all_of(ask["origins"])
    yield from twice("origins[*].originId", (one.get("originId") for one in origins))
    for index, group in enumerate(all_of(ask["originGroups"])):
        if not {one.get("originId") for one in all_of(group.get("members"))} <= ids:
            yield f"originGroups[{index}].members name an origin that there is not"
    for index, origin in enumerate(origins):
        if origin.get("s3OriginConfig") and origin.get("customOriginConfig"):
            yield f"origins[{index}]: at most one of s3OriginConfig and customOriginConfig may be given"


def _behavior(path: str, one: Mapping[str, Any]) -> Iterator[str]:
    # With a policy of its own a behavior takes no times and no forwarded values.
    if bool(one.get("cachePolicyId")) == bool(one.get("forwardedValues")):
        yield f"{path}: exactly one of cachePolicyId and forwardedValues must be given"
    allowed = set(all_of(one.get("allowedMethods")))
    if allowed not in _METHODS:
        yield f"{path}.allowedMethods must be GET and HEAD, these with OPTIONS, or all seven"
    if not set(all_of(one.get("cachedMethods"))) <= allowed:
        yield f"{path}.cachedMethods has a method that is not allowed"
    times = [one.get(key) for key in ("minTtl", "defaultTtl", "maxTtl")]
    given = [float(time) for time in times if time is not None]
    if given != sorted(given):
        yield f"{path}: minTtl, defaultTtl and maxTtl must not become smaller"


DISTRIBUTION = Resource(
    "aws:cloudfront/distribution:Distribution",
    "CDN",
    answers=Answers(
        id=lambda ask: "E" + ask.letters(13, UPPER),
        outputs={
            "arn": "arn:{partition}:cloudfront::{account}:distribution/{id}",
            "callerReference": lambda ask: f"terraform-{ask.number(10**18):018d}",
            "domainName": lambda ask: (
                f"d{ask.letters(13, 'abcdefghijklmnopqrstuvwxyz0123456789')}.cloudfront.net"
            ),
            "etag": _etag,
            "hostedZoneId": CLOUDFRONT_ZONE,
            "inProgressValidationBatches": 0,
            "lastModifiedTime": CREATED,
            "loggingV1Enabled": False,
            "status": "Deployed",
            "trustedKeyGroups": [],
            "trustedSigners": [],
        },
    ),
    requests=sent(
        create(
            "cloudfront.CreateDistributionWithTags",
            {
                "tags": "DistributionConfigWithTags.Tags.Items",
                "origins.originId": "Id",
                "origins.customHeaders.name": "HeaderName",
                "origins.customHeaders.value": "HeaderValue",
                "defaultCacheBehavior.cachedMethods": "AllowedMethods.CachedMethods",
                "orderedCacheBehaviors": f"{_DISTRIBUTION}.CacheBehaviors",
                "orderedCacheBehaviors.cachedMethods": "AllowedMethods.CachedMethods",
                "loggingConfig": f"{_DISTRIBUTION}.Logging",
                "restrictions.geoRestriction.locations": "Items",
            },
            {
                f"{_DISTRIBUTION}.CallerReference": "terraform-1",
                "DistributionConfigWithTags.Tags.Items": [],
            },
            at=_DISTRIBUTION,
        ),
        local="retainOnDelete waitForDeployment",
    ),
    refuses=Refuses(
        # CloudFront API, Aliases.
        values={
            "aliases.*": formed(rf"(\*\.)?{DOMAIN}", "a domain name"),
        },
        # API reference, `DistributionConfig`: the request's model does not say it.
        inputs=lambda ask: too_long(ask, comment=128),
        once=(Once("a distribution with that alias", "CNAMEAlreadyExists", _aliases, Scope.WORLD),),
        together=_parts,
    ),
    again=Refused(),
    replaced=replaced_by("staging"),
    import_id="{id}",
    found=Tagged(r"arn:[^:]+:cloudfront::\d*:distribution/(?P<id>[A-Z0-9]+)", region=GLOBAL),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=charges.distribution,
    drawn=(
        Drawn(
            Role.CDN,
            "CloudFront",
            ("AWS, worldwide",),
            "before the chat",
            when=lambda name, _: "media" not in name,
        ),
        Drawn(
            Role.FILES,
            "CloudFront",
            ("AWS, worldwide",),
            "public files only",
            when=lambda name, _: "media" in name,
        ),
    ),
    opens=lambda inputs: iter((f"the CDN {', '.join(inputs.get('aliases') or ())}".rstrip(),)),
)


ORIGIN_ACCESS_CONTROL = Resource(
    "aws:cloudfront/originAccessControl:OriginAccessControl",
    "lets only the CDN read the bucket",
    answers=Answers(
        id=lambda ask: "E" + ask.letters(13, UPPER),
        outputs={
            "arn": "arn:{partition}:cloudfront::{account}:origin-access-control/{id}",
            "etag": _etag,
        },
        autoname=Autoname(limit=64),
    ),
    requests=sent(create("cloudfront.CreateOriginAccessControl", at="OriginAccessControlConfig")),
    refuses=Refuses(
        # CloudFront API, OriginAccessControlConfig.
        values={"description": shorter(256)},
        once=(one_name("origin access control", "OriginAccessControlAlreadyExists", Scope.ACCOUNT),),
        used_by=(
            Use(
                "aws:cloudfront/distribution:Distribution",
                "origins.originAccessControlId",
                "OriginAccessControlInUse",
            ),
        ),
    ),
    again=Refused(),
    replaced=replaced_by("name"),
    import_id="{id}",
    found=Person("its lookup wants its id: see `aws cloudfront list-origin-access-controls`"),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: the distribution is charged"),
)


RESPONSE_HEADERS_POLICY = Resource(
    "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy",
    "headers that the CDN adds",
    answers=Answers(
        id=lambda ask: ask.uuid(),
        outputs={
            "arn": "arn:{partition}:cloudfront::{account}:response-headers-policy/{id}",
            "etag": _etag,
        },
        autoname=Autoname(limit=128),
    ),
    requests=sent(create("cloudfront.CreateResponseHeadersPolicy", at="ResponseHeadersPolicyConfig")),
    refuses=Refuses(
        # CloudFront API, ResponseHeadersPolicyStrictTransportSecurity.
        values={
            "comment": COMMENT,
            "securityHeadersConfig.strictTransportSecurity.accessControlMaxAgeSec": between(0, MAX_INTEGER),
        },
        once=(one_name("response headers policy", "ResponseHeadersPolicyAlreadyExists", Scope.ACCOUNT),),
        used_by=(
            Use(
                "aws:cloudfront/distribution:Distribution",
                "defaultCacheBehavior.responseHeadersPolicyId",
                "ResponseHeadersPolicyInUse",
            ),
            Use(
                "aws:cloudfront/distribution:Distribution",
                "orderedCacheBehaviors.responseHeadersPolicyId",
                "ResponseHeadersPolicyInUse",
            ),
        ),
    ),
    again=Refused(),
    replaced=IN_PLACE,
    import_id="{id}",
    found=Listed("aws:cloudfront/getResponseHeadersPolicy:getResponseHeadersPolicy", {"name": "{name}"}),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: the distribution is charged"),
)


VPC_ORIGIN = Resource(
    "aws:cloudfront/vpcOrigin:VpcOrigin",
    "private way from the CDN to the load balancer",
    answers=Answers(
        id=lambda ask: "vo_" + ask.letters(22, UPPER),
        outputs={
            "arn": "arn:{partition}:cloudfront::{account}:vpcorigin/{id}",
            "etag": _etag,
        },
    ),
    requests=sent(create("cloudfront.CreateVpcOrigin", {"tags": "Tags.Items"})),
    refuses=NOTHING_MORE,
    again=Refused(),
    replaced=replaced_by("vpcOriginEndpointConfig"),
    import_id="{id}",
    found=Person("no lookup lists it: see `aws cloudfront list-vpc-origins`"),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: the distribution is charged"),
)


GET_RESPONSE_HEADERS_POLICY = Lookup(
    "aws:cloudfront/getResponseHeadersPolicy:getResponseHeadersPolicy",
    outputs={
        "arn": lambda ask: f"arn:{ask.partition}:cloudfront:::response-headers-policy/{_policy_id(ask)}",
        "comment": "Managed by AWS",
        "etag": _etag,
        "id": _policy_id,
    },
    defaults={"name": _policy_name},
    absent=names(
        "corsConfigs customHeadersConfigs removeHeadersConfigs securityHeadersConfigs "
        "serverTimingHeadersConfigs"
    ),
)
