"""CloudFront and certificates."""

from policy import tokens as t
from policy.access import SOURCES, allowing
from policy.model import UNKNOWN
from policy.rule import (
    Needs,
    Probe,
    View,
    absent,
    as_number,
    at_least,
    expecting,
    is_in,
    present,
    true,
    unset_or,
)
from policy.rules._make import ADVISORY, HIGH, LOW, MANDATORY, MEDIUM, Area
from policy.zone import zone

_rule = Area("cdn")

_DOCS = "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/"
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3"
"""Ids of AWS's managed policies, the same in every account (CloudFront guide, "Use managed policies")."""
METHODS = frozenset(("GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"))
HSTS_SECONDS = 15_552_000
"""Half a year, as `P:zone_hsts_enabled` asks."""
MODERN_TLS = ("TLSv1.2_2021", "TLSv1.2_2025", "TLSv1.3_2025")


def behaviours(p: View) -> list[View]:
    """Return all cache behaviours of a distribution."""
    return [p.at("defaultCacheBehavior"), *p.each("orderedCacheBehaviors")]


def is_media(origin: View) -> bool:
    """Tell whether an origin is a bucket."""
    name = str(origin.get("domainName"))
    return (
        present(origin.get("s3OriginConfig"))
        or present(origin.get("originAccessControlId"))
        or (".s3." in name or ".s3-" in name)
    )


def _https(p: Probe) -> None:
    for behaviour in behaviours(p):
        behaviour.expect(
            "viewerProtocolPolicy", is_in("redirect-to-https", "https-only"), "serves without TLS as well"
        )


def _tls(p: Probe) -> None:
    p.expect("viewerCertificate.acmCertificateArn", present, "no certificate of its own")
    p.expect("viewerCertificate.sslSupportMethod", is_in("sni-only"), "pays for an address instead of SNI")
    p.expect("viewerCertificate.minimumProtocolVersion", is_in(*MODERN_TLS), "takes TLS older than 1.2")


def _access(p: Probe) -> None:
    for origin in p.each("origins"):
        if origin.get("domainName") is UNKNOWN and not present(origin.get("customOriginConfig")):
            origin.expect("originAccessControlId", present, "the bucket must be public for this to work")
        elif is_media(origin):
            origin.expect("originAccessControlId", present, "the bucket must be public for this to work")
            origin.expect(
                "s3OriginConfig.originAccessIdentity", absent, "uses the old origin access identity"
            )


def _access_control(p: Probe) -> None:
    p.expect("signingBehavior", is_in("always"), "some requests to the bucket are not signed")
    p.expect("signingProtocol", is_in("sigv4"), "requests to the bucket are not signed")


def _origin_policy(p: Probe) -> None:
    for statement in allowing(p):
        if "cloudfront.amazonaws.com" in statement.principals and not statement.bound(SOURCES):
            statement.view.fail("every distribution of everybody may read the bucket", "Condition")


def _origin_part(p: Probe) -> None:
    for statement in allowing(p):
        if "cloudfront.amazonaws.com" in statement.principals and statement.does("s3:getobject"):
            for resource in statement.resources:
                if resource.partition("/")[2].startswith(("*", "?")) or "/" not in resource:
                    statement.view.fail("files of rooms too are given to whoever asks", "Resource")


def _origin_tls(p: Probe) -> None:
    for origin in p.each("origins"):
        if present(origin.get("customOriginConfig")):
            origin.expect(
                "customOriginConfig.originProtocolPolicy",
                is_in("https-only"),
                "speaks to its origin in clear",
            )
            origin.expect(
                "customOriginConfig.originSslProtocols",
                is_in(["TLSv1.2"]),
                "takes TLS older than 1.2 from its origin",
            )


def _logging(p: Probe) -> None:
    delivered = p.stack.referring(p.subject, t.LOG_DELIVERY_SOURCE, "resourceArn")
    if not delivered:
        p.expect("loggingConfig", present, "nobody can tell later who asked for what")


def _headers(p: Probe) -> None:
    for behaviour in behaviours(p):
        behaviour.expect("responseHeadersPolicyId", present, "answers carry no HSTS and no nosniff")


def _hsts(p: Probe) -> None:
    path = "securityHeadersConfig.strictTransportSecurity.accessControlMaxAgeSec"
    p.expect(path, at_least(HSTS_SECONDS), "browsers are not told to stay with TLS for half a year")
    p.expect("securityHeadersConfig.contentTypeOptions", present, "browsers may guess what a file is")


def _root_object(p: Probe) -> None:
    if all(is_media(origin) for origin in p.each("origins")):
        p.expect("defaultRootObject", present, "asking for / lists the bucket where it may")


def _app_not_cached(p: Probe) -> None:
    origins = list(p.each("origins"))
    if not origins or all(is_media(origin) for origin in origins):
        return
    media = {origin.get("originId") for origin in origins if is_media(origin)}
    for behaviour in behaviours(p):
        if behaviour.get("targetOriginId") in media:
            continue
        if present(behaviour.get("forwardedValues")):
            headers = behaviour.get("forwardedValues.headers")
            if headers != ["*"]:
                behaviour.fail("does not pass all headers on: logins end in 401", "forwardedValues.headers")
        else:
            behaviour.expect(
                "cachePolicyId", is_in(CACHING_DISABLED), "answers to one user may be kept for another"
            )
            behaviour.expect(
                "originRequestPolicyId", is_in(ALL_VIEWER), "does not pass all headers on: logins end in 401"
            )
        behaviour.expect(
            "allowedMethods", lambda methods: set(methods or ()) >= METHODS, "cannot be written to through it"
        )


def _aliases(p: Probe) -> None:
    known = zone(p.stack)
    if p.expect("aliases", present, "answers to the vendor's name only") and known.entries:
        for alias in p.each("aliases"):
            if str(alias.value).lower() in known.hosts:
                continue
            if known.uncertain:
                alias.unsure()
            else:
                alias.missing("no DNS record of the stack leads to this name")


def _cert_region(p: Probe) -> None:
    named = p.get("viewerCertificate.acmCertificateArn")
    if isinstance(named, str) and named.count(":") > 3 and named.split(":")[3] != "us-east-1":
        p.fail("CloudFront takes certificates of us-east-1 only", "viewerCertificate.acmCertificateArn")
    for certificate in p.stack.meant(p.subject, "viewerCertificate.acmCertificateArn", t.CERTIFICATE) or (
        p.stack.meant(p.subject, "viewerCertificate", t.CERTIFICATE)
    ):
        other = p.other(certificate)
        region = certificate.properties.get("region") or certificate.provider.get("region")
        if region is None or region is UNKNOWN:
            arn = certificate.outputs.get("arn")
            region = arn.split(":")[3] if isinstance(arn, str) and arn.count(":") > 3 else region
        if region is UNKNOWN or region is None:
            other.unsure("region")
        elif region != "us-east-1":
            other.fail("CloudFront takes certificates of us-east-1 only", "region")


def _validated(p: Probe) -> None:
    if present(p.get("privateKey")):
        return
    p.expect("validationMethod", is_in("DNS"), "needs somebody to click in a mail at each renewal")
    p.partners(t.CERTIFICATE_VALIDATION, "certificateArn", "nothing waits for its validation")


def _wildcard(p: Probe) -> None:
    p.expect("domainName", lambda name: "*" not in str(name), "serves more names than the chat's")
    for name in p.each("subjectAlternativeNames"):
        if "*" in str(name.value):
            name.fail("serves more names than the chat's")


def _validation_records(p: Probe) -> None:
    known = zone(p.stack)
    for certificate in p.stack.meant(p.subject, "certificateArn", t.CERTIFICATE):
        if certificate.urn in known.sources:
            continue
        asked = p.get("validationRecordFqdns")
        names = asked if isinstance(asked, list) else [asked]
        if known.hosts.intersection(str(name).rstrip(".").lower() for name in names):
            continue
        if known.uncertain or UNKNOWN in names:
            p.unsure("validationRecordFqdns")
        else:
            p.missing("no DNS record of the stack proves the domain", "validationRecordFqdns")


def _min_ttl(p: Probe) -> None:
    for behaviour in behaviours(p):
        behaviour.expect(
            "minTtl", lambda seconds: as_number(seconds, 0) <= 0, "keeps what the origin says not to"
        )


DISTRIBUTIONS = (t.DISTRIBUTION,)
CDN_HTTPS_ONLY = _rule(
    "cdn-https-only",
    "CloudFront serves by TLS only",
    MANDATORY,
    HIGH,
    DISTRIBUTIONS,
    _https,
    maps="CloudFront.3, CKV_AWS_34",
    fix="Set viewer_protocol_policy to redirect-to-https.",
)
CDN_TLS_MIN = _rule(
    "cdn-tls-min",
    "CloudFront serves TLS 1.2 and newer, with its own certificate by SNI",
    MANDATORY,
    HIGH,
    DISTRIBUTIONS,
    _tls,
    maps="CloudFront.7, CloudFront.8, CloudFront.15, CKV_AWS_174, CKV2_AWS_42",
    fix="Set minimum_protocol_version to TLSv1.2_2021 or newer, sni-only, and an ACM certificate.",
)
CDN_OAC = _rule(
    "cdn-oac",
    "CloudFront reads buckets by origin access control",
    MANDATORY,
    HIGH,
    DISTRIBUTIONS,
    _access,
    maps="CloudFront.13, CKV2_AWS_46",
    fix="Add an OriginAccessControl and no origin access identity.",
)
CDN_OAC_SIGNS = _rule(
    "cdn-oac-signs",
    "All requests of CloudFront to a bucket are signed",
    MANDATORY,
    HIGH,
    (t.ORIGIN_ACCESS,),
    _access_control,
    maps="part of CloudFront.13, part of CKV2_AWS_46",
    fix="Set signing_behavior always and signing_protocol sigv4.",
)
CDN_OAC_BOUND = _rule(
    "cdn-oac-bound",
    "Only one's own distribution may read the bucket",
    MANDATORY,
    HIGH,
    (t.BUCKET_POLICY,),
    _origin_policy,
    maps="part of CloudFront.13",
    fix="Bind the statement to AWS:SourceArn of the distribution.",
)
CDN_ORIGIN_PART = _rule(
    "cdn-origin-part",
    "A CDN before the files of a chat reads the public ones only",
    MANDATORY,
    HIGH,
    (t.BUCKET_POLICY,),
    _origin_part,
    maps="practice least-privilege",
    fix="Allow it public/* of the bucket; the chat signs addresses of all other files.",
    link="https://docs.rocket.chat/docs/amazon-s3",
    product=True,
)
CDN_ORIGIN_TLS = _rule(
    "cdn-origin-tls",
    "CloudFront speaks TLS 1.2 to its origins",
    MANDATORY,
    HIGH,
    DISTRIBUTIONS,
    _origin_tls,
    maps="CloudFront.9, CloudFront.10, CKV2_AWS_72",
    fix="Set origin_protocol_policy https-only and TLSv1.2 alone.",
)
CDN_LOGGING = _rule(
    "cdn-logging",
    "CloudFront logs requests",
    ADVISORY,
    LOW,
    DISTRIBUTIONS,
    _logging,
    maps="CloudFront.5, part of CIS4.10, CKV_AWS_86",
    needs=Needs.STACK,
    fix="Add a log delivery (v2), which needs no access lists.",
)
CDN_HEADERS = _rule(
    "cdn-headers",
    "CloudFront's answers carry headers of security",
    ADVISORY,
    MEDIUM,
    DISTRIBUTIONS,
    _headers,
    maps="CKV2_AWS_32",
    fix="Add a response headers policy with HSTS and nosniff.",
    link=_DOCS + "adding-response-headers.html",
)
CDN_HSTS = _rule(
    "cdn-hsts",
    "Headers tell browsers to stay with TLS",
    MANDATORY,
    MEDIUM,
    (t.HEADERS_POLICY,),
    _hsts,
    maps="part of CKV_AWS_259",
    fix="Set strict_transport_security with a max age of half a year or more, and content_type_options.",
    link=_DOCS + "adding-response-headers.html",
)
CDN_WAF = _rule(
    "cdn-waf",
    "A web firewall stands before CloudFront",
    ADVISORY,
    LOW,
    DISTRIBUTIONS,
    expecting("webAclId", present, "no firewall stands before it"),
    maps="CloudFront.6, CKV_AWS_68",
    fix="Give web_acl_id; a CDN for files alone may go without.",
)
CDN_FAILOVER = _rule(
    "cdn-failover",
    "A second origin takes over",
    ADVISORY,
    LOW,
    DISTRIBUTIONS,
    expecting("originGroups", present, "no second origin takes over"),
    maps="CloudFront.4, CKV_AWS_310",
    fix="Add an origin group; a chat in one region has no second origin.",
    product=True,
)
CDN_GEO = _rule(
    "cdn-geo",
    "CloudFront serves named countries",
    ADVISORY,
    LOW,
    DISTRIBUTIONS,
    expecting(
        "restrictions.geoRestriction.restrictionType", is_in("whitelist", "blacklist"), "serves every country"
    ),
    maps="CKV_AWS_374",
    fix="List the countries of the users, where all of them are known.",
    link=_DOCS + "georestrictions.html",
    product=True,
)
CDN_ROOT_OBJECT = _rule(
    "cdn-root-object",
    "Asking for / does not list the bucket",
    ADVISORY,
    LOW,
    DISTRIBUTIONS,
    _root_object,
    maps="CloudFront.1, part of CKV_AWS_305",
    fix="Set default_root_object.",
)
CDN_APP_NO_CACHE = _rule(
    "cdn-app-no-cache",
    "CloudFront before the chat keeps nothing and passes all on",
    MANDATORY,
    HIGH,
    DISTRIBUTIONS,
    _app_not_cached,
    maps="original, RC",
    fix="Use the managed policies CachingDisabled and AllViewer, and all methods.",
    link=_DOCS + "using-managed-cache-policies.html",
    product=True,
)
CDN_MIN_TTL = _rule(
    "cdn-min-ttl",
    "CloudFront keeps nothing that the origin says not to keep",
    MANDATORY,
    MEDIUM,
    DISTRIBUTIONS,
    _min_ttl,
    maps="original",
    fix="Leave min_ttl at 0.",
    link=_DOCS + "Expiration.html",
    product=True,
)
CDN_HTTP2 = _rule(
    "cdn-http2",
    "CloudFront speaks HTTP/2",
    ADVISORY,
    LOW,
    DISTRIBUTIONS,
    expecting("httpVersion", unset_or("http2", "http2and3"), "clients are held to an old HTTP"),
    maps="practice http2",
    fix="Set http_version to http2 or http2and3.",
    link=_DOCS + "distribution-web-values-specify.html",
)
CDN_PRICE_CLASS = _rule(
    "cdn-price-class",
    "CloudFront serves from where it is cheap",
    ADVISORY,
    LOW,
    DISTRIBUTIONS,
    expecting(
        "priceClass", lambda kind: kind in {"PriceClass_100", "PriceClass_200"}, "uses the dearest places too"
    ),
    maps="Well-Architected COST07",
    fix="Set price_class to PriceClass_200 or PriceClass_100.",
    link=_DOCS + "PriceClass.html",
    product=True,
)
CDN_ALIAS_RESOLVES = _rule(
    "cdn-alias-resolves",
    "Every alias of CloudFront has a DNS record",
    MANDATORY,
    MEDIUM,
    DISTRIBUTIONS,
    _aliases,
    maps="original",
    needs=Needs.EARLIER,
    why="the records of a distribution are made after it",
    fix="Add a CNAME for each alias.",
    link=_DOCS + "CNAMEs.html",
    product=True,
)
CDN_ENABLED = _rule(
    "cdn-enabled",
    "A declared distribution serves",
    ADVISORY,
    LOW,
    DISTRIBUTIONS,
    expecting("enabled", true, "is declared and switched off"),
    maps="practice availability",
    fix="Set enabled, or take the distribution out.",
    link=_DOCS + "distribution-web-values-specify.html",
)
CDN_CERT_US_EAST_1 = _rule(
    "cdn-cert-us-east-1",
    "CloudFront's certificate is in us-east-1",
    MANDATORY,
    MEDIUM,
    DISTRIBUTIONS,
    _cert_region,
    maps="AWS docs CloudFront certificates",
    needs=Needs.EARLIER,
    fix="Make the certificate with region us-east-1.",
    link=_DOCS + "cnames-and-https-requirements.html",
)
ACM_DNS_VALIDATED = _rule(
    "acm-dns-validated",
    "Certificates renew themselves by DNS",
    MANDATORY,
    MEDIUM,
    (t.CERTIFICATE,),
    _validated,
    maps="part of ACM.1, part of AWSGuard acm-certificate-expiration",
    needs=Needs.EARLIER,
    why="the validation of a certificate is made after it",
    fix="Set validation_method DNS and add a CertificateValidation.",
    product=True,
)
ACM_VALIDATION_RECORDS = _rule(
    "acm-validation-records",
    "The records that prove a domain are in the stack",
    MANDATORY,
    MEDIUM,
    (t.CERTIFICATE_VALIDATION,),
    _validation_records,
    maps="part of ACM.1, original",
    needs=Needs.STACK,
    why="that a record proves a certificate is told by references, and those come at the end",
    fix="Make the certificate's validation records, not proxied.",
    product=True,
)
ACM_KEY = _rule(
    "acm-key",
    "Certificates have a strong key that CloudFront takes",
    MANDATORY,
    MEDIUM,
    (t.CERTIFICATE,),
    expecting(
        "keyAlgorithm",
        unset_or("RSA_2048", "EC_prime256v1", "EC_secp384r1"),
        "a key that is too weak, or too new",
    ),
    maps="ACM.2",
    fix="Use RSA_2048 or EC_prime256v1.",
)
ACM_TRANSPARENCY = _rule(
    "acm-transparency",
    "Certificates are logged in public",
    MANDATORY,
    LOW,
    (t.CERTIFICATE,),
    expecting(
        "options.certificateTransparencyLoggingPreference",
        unset_or("ENABLED"),
        "browsers do not trust what is not logged",
    ),
    maps="CKV_AWS_234",
    fix="Leave certificate_transparency_logging_preference on.",
    link="https://docs.aws.amazon.com/acm/latest/userguide/acm-concepts.html#concept-transparency",
)
ACM_NO_WILDCARD = _rule(
    "acm-no-wildcard",
    "Certificates name single hosts",
    ADVISORY,
    LOW,
    (t.CERTIFICATE,),
    _wildcard,
    maps="CKV2_AWS_71",
    fix="List the names.",
    link="https://docs.aws.amazon.com/acm/latest/userguide/acm-certificate-characteristics.html",
)
