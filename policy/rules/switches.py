"""Switches of single services by which something is open, spoken to in clear, or without its guard."""

from policy.rows import asking, aws, left_on, off, types_of
from policy.rule import ANY, Probe, View, true
from policy.rules._make import CRITICAL, HIGH, MANDATORY, Area

_rule = Area("switches")

_AWS = "https://docs.aws.amazon.com/"
_BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
CORS = (
    ("cors", "allowOrigins", "allowCredentials"),
    ("corsConfiguration", "allowOrigins", "allowCredentials"),
    ("corsConfig.accessControlAllowOrigins", "items", "accessControlAllowCredentials"),
    ("corsHeaders", "allowedOrigins", "allowCredentials"),
)
"""Property, its list of origins, and its switch that lets a browser send cookies."""

_OPEN = (
    *(
        left_on(kinds, f"{path}.{block}", "this way to make the files public is open")
        for kinds, path in (
            (aws("s3", "AccessPoint"), "publicAccessBlockConfiguration"),
            (aws("s3control", "MultiRegionAccessPoint"), "details.publicAccessBlock"),
        )
        for block in _BLOCKS
    ),
    off(
        aws("opensearch", "ServerlessSecurityPolicy"),
        "policy>*.AllowFromPublic",
        "its collections take requests from the internet",
    ),
)
_GUARDS = (
    off((ANY,), "bypassPolicyLockoutSafetyCheck", "the guard against locking oneself out is off"),
    off((ANY,), "bypassPolicyLockoutCheck", "the guard against locking oneself out is off"),
    off(aws("ram", "ResourceShare"), "allowExternalPrincipals", "accounts of others may be given a share"),
)
ROWS = (*_OPEN, *_GUARDS)


def _cors(p: Probe) -> None:
    for held, origins, credentials in CORS:
        if p.get(held.partition(".")[0]) is None:
            continue
        whole = View(p.run, p.get(held.partition(".")[0]), held.partition(".")[0])
        listed = p.at(f"{held}.{origins}")
        if any(one.value == "*" for one in listed.each()) and true(whole.sure(credentials)):
            listed.fail("pages of everybody may act with the visitor's cookies")


OPENED = _rule(
    "switch-open",
    "Nothing is put onto the internet by a switch of its own",
    MANDATORY,
    CRITICAL,
    types_of(_OPEN),
    asking(_OPEN),
    maps="part of S3.19, CKV_AWS_392, practice least-privilege",
    fix="Leave the switch as the service sets it.",
    link=_AWS + "AmazonS3/latest/userguide/access-control-block-public-access.html",
)
GUARDED = _rule(
    "switch-guard",
    "Guards that a service brings stay on",
    MANDATORY,
    HIGH,
    types_of(_GUARDS),
    asking(_GUARDS),
    maps="practice least-privilege",
    fix="Leave the switch as the service sets it.",
    link=_AWS + "kms/latest/developerguide/key-policy-default.html",
)
CORS_CLOSED = _rule(
    "cors-with-credentials",
    "No page of everybody acts with a visitor's cookies",
    MANDATORY,
    HIGH,
    (ANY,),
    _cors,
    maps="practice least-privilege",
    fix="Name the origins, or take allow_credentials out.",
    link="https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS#credentialed_requests_and_wildcards",
)
