"""S3."""

import hashlib
import json
import re
import time
from collections.abc import Iterator
from typing import Any

from clouds.ask import Ask, names, tags_all
from clouds.aws import charges
from clouds.aws.calls import create, sent
from clouds.aws.common import zone_of
from clouds.limits import MAX_INTEGER, all_of, among, between, document, shorter, twice
from clouds.record import (
    NO_DATA,
    NOTHING_MORE,
    RESTARTS,
    UNNOTICED,
    Answers,
    Autoname,
    Call,
    Data,
    Drawn,
    Felt,
    Lookup,
    Named,
    Nothing,
    Overwritten,
    Refused,
    Refuses,
    Resource,
    Role,
    Scope,
    one_name,
    replaced_by,
)

S3_ZONES = {
    "ap-southeast-1": "Z3O0J2DXBE1FTB",
    "eu-central-1": "Z21DNDUVLTQW6Q",
    "eu-west-1": "Z1BKCTXD74EZPE",
    "us-east-1": "Z3AQBSTGFYJSTF",
    "us-east-2": "Z2O1EMRO9K5GLX",
    "us-west-2": "Z3BJ6K6RIION7M",
}
"""Hosted zones of S3's website endpoints (AWS General Reference, S3 endpoints)."""


_DOCUMENT, _REPORT = "host.json", "report.json"


def report(content: str, state: str = "serving", reason: str = "") -> dict[str, Any]:
    """What a host says of its document."""
    digest = hashlib.sha256(content.encode()).hexdigest()
    return {"document": digest, "state": state, "reason": reason, "at": int(time.time())}


def _objects(ask: Ask) -> dict[str, str]:
    """What is in a bucket. A host that has its document there is taken to serve it at once, and to say so."""
    found = {
        str(thing.inputs.get("key")): str(thing.inputs.get("content"))
        for thing in ask.world("aws:s3/bucketObjectv2:")
        if thing.inputs.get("bucket") == ask["bucket"]
    }
    return found | ({_REPORT: json.dumps(report(found[_DOCUMENT]))} if _DOCUMENT in found else {})


def _body(ask: Ask) -> str:
    found = _objects(ask)
    if ask["key"] not in found:
        raise LookupError(f"NoSuchKey: {ask['key']} is not in {ask['bucket']}")
    return found[str(ask["key"])]


def _bad_bucket_name(ask: Ask) -> list[str]:
    name = ask["bucket"]
    if name is None:
        return []
    # S3 user guide, "General purpose bucket naming rules".
    if name.startswith(("xn--", "sthree-", "amzn-s3-demo-")) or name.endswith(
        ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
    ):
        return [f"{name!r} is a bucket name that S3 keeps for itself"]
    if ".." in name or not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", name):
        return [f"{name!r} is no bucket name: 3 to 63 lower-case letters, digits, dots and hyphens"]
    return []


GET_OBJECT = Lookup(
    "aws:s3/getObject:getObject",
    outputs={
        "id": "{bucket}/{key}",
        "body": _body,
        "contentType": "application/json",
    },
    absent=names(
        "arn bodyBase64 bucketKeyEnabled cacheControl checksumCrc32 checksumCrc32c checksumCrc64nvme "
        "checksumSha1 checksumSha256 contentDisposition contentEncoding contentLanguage contentLength "
        "etag expiration expires lastModified metadata objectLockLegalHoldStatus objectLockMode "
        "objectLockRetainUntilDate serverSideEncryption sseKmsKeyId storageClass websiteRedirectLocation "
    ),
)


_DOES = (
    "abortIncompleteMultipartUpload",
    "expiration",
    "noncurrentVersionExpiration",
    "noncurrentVersionTransitions",
    "transitions",
)


def _lifecycle(ask: Ask) -> Iterator[str]:
    """S3 API, LifecycleRule and LifecycleExpiration."""
    rules = all_of(ask["rules"])
    yield from twice("rules[*].id", (rule.get("id") for rule in rules))
    for index, rule in enumerate(rules):
        if not any(rule.get(key) for key in _DOES):
            yield f"rules[{index}] does nothing: at least one of {', '.join(_DOES)} must be given"
        ends = rule.get("expiration") or {}
        if sum(bool(ends.get(key)) for key in ("date", "days", "expiredObjectDeleteMarker")) > 1:
            yield f"rules[{index}].expiration: only one of date, days and expiredObjectDeleteMarker may be given"
        old = rule.get("noncurrentVersionExpiration") or {}
        if old and old.get("noncurrentDays") is None:
            yield f"rules[{index}].noncurrentVersionExpiration needs noncurrentDays"


def _setting(
    token: str,
    purpose: str,
    call: Call,
    *,
    local: str = "",
    refuses: Refuses | Nothing = NOTHING_MORE,
    costs: Nothing = charges.FREE_SETTING,
) -> Resource:
    """The record of a bucket's setting that has a resource of its own: a PUT at the bucket, which is its id."""
    return Resource(
        token,
        purpose,
        answers=Answers(id="{bucket}"),
        requests=sent(call, local=local),
        refuses=refuses,
        again=Overwritten(),
        replaced=replaced_by("bucket region"),
        import_id="{bucket}",
        found=Named(),
        data=NO_DATA,
        felt=UNNOTICED,
        costs=costs,
    )


BUCKET = Resource(
    "aws:s3/bucket:Bucket",
    "bucket",
    answers=Answers(
        id="{bucket}",
        outputs={
            "arn": "arn:{partition}:s3:::{bucket}",
            "bucketDomainName": "{bucket}.s3.amazonaws.com",
            "bucketRegion": "{region}",
            "bucketRegionalDomainName": "{bucket}.s3.{region}.amazonaws.com",
            "hostedZoneId": lambda ask: zone_of(S3_ZONES, ask.region),
        },
        absent=names("websiteDomain websiteEndpoint"),
        autoname=Autoname("bucket", limit=63, lower=True),
    ),
    requests=sent(
        create("s3.CreateBucket"),
        Call("s3.PutBucketTagging", {"tags": "Tagging.TagSet"}, {"Bucket": "{bucket}"}),
        local="forceDestroy",
    ),
    refuses=Refuses(
        inputs=_bad_bucket_name,
        # Names of buckets are one space for all accounts of a partition.
        once=(one_name("bucket", "BucketAlreadyExists", Scope.WORLD, "bucket"),),
    ),
    again=Refused(),
    replaced=replaced_by("bucket bucketNamespace bucketPrefix objectLockEnabled region"),
    import_id="{bucket}",
    found=Named(),
    data=Data("uploads or backups", but_not=("-documents", "-logs")),
    felt=UNNOTICED,
    costs=charges.bucket,
    drawn=(
        Drawn(
            Role.UPLOADS, "Uploads", ("AWS {region}",), "S3, private", when=lambda name, _: "media" in name
        ),
        Drawn(
            Role.BACKUPS, "Backups", ("AWS {region}",), "S3, private", when=lambda name, _: "backups" in name
        ),
    ),
)


BUCKET_VERSIONING = _setting(
    "aws:s3/bucketVersioning:BucketVersioning",
    "keeps older versions of objects",
    create("s3.PutBucketVersioning"),
)


BUCKET_PUBLIC_ACCESS_BLOCK = _setting(
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "keeps the bucket private",
    create(
        "s3.PutPublicAccessBlock",
        {"bucket": "Bucket"},
        {"PublicAccessBlockConfiguration": {}},
        at="PublicAccessBlockConfiguration",
    ),
    local="skipDestroy",
)


BUCKET_OWNERSHIP_CONTROLS = _setting(
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    "the bucket's owner owns every object",
    create("s3.PutBucketOwnershipControls", {"bucket": "Bucket", "rule": "OwnershipControls.Rules"}),
)


BUCKET_SERVER_SIDE_ENCRYPTION_CONFIGURATION = _setting(
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "encryption of the bucket",
    create(
        "s3.PutBucketEncryption",
        {"bucket": "Bucket", "rules": "ServerSideEncryptionConfiguration.Rules"},
    ),
)


BUCKET_LIFECYCLE_CONFIGURATION = _setting(
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "what is deleted when",
    create("s3.PutBucketLifecycleConfiguration", {"bucket": "Bucket"}, at="LifecycleConfiguration"),
    refuses=Refuses(
        # S3 API, LifecycleRule and LifecycleExpiration.
        values={
            "rules.*.abortIncompleteMultipartUpload.daysAfterInitiation": between(1, MAX_INTEGER),
            "rules.*.expiration.days": between(1, MAX_INTEGER),
            "rules.*.id": shorter(255),
            "rules.*.noncurrentVersionExpiration.newerNoncurrentVersions": between(1, 100),
            "rules.*.noncurrentVersionExpiration.noncurrentDays": between(1, MAX_INTEGER),
        },
        together=_lifecycle,
    ),
)


def _lock(ask: Ask) -> Iterator[str]:
    """S3 API, DefaultRetention: "You must specify either days or years", with a mode."""
    held = (ask["rule"] or {}).get("defaultRetention") or {}
    if held and (held.get("days") is None) == (held.get("years") is None):
        yield "rule.defaultRetention needs either days or years"


def _unversioned(ask: Ask) -> list[str]:
    """S3 API, PutObjectLockConfiguration: "You can enable Object Lock only for buckets with versioning enabled"."""
    on = any(
        thing.inputs.get("bucket") == ask["bucket"]
        and (thing.inputs.get("versioningConfiguration") or {}).get("status") == "Enabled"
        for thing in ask.world("aws:s3/bucketVersioning:")
    )
    return [] if on else ["InvalidBucketState: Versioning must be 'Enabled' on the bucket to apply a lock"]


BUCKET_OBJECT_LOCK_CONFIGURATION = _setting(
    "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration",
    "how long no version of an object may be deleted",
    create("s3.PutObjectLockConfiguration", {"bucket": "Bucket"}, at="ObjectLockConfiguration"),
    refuses=Refuses(
        values={
            "objectLockEnabled": among("Enabled"),
            "rule.defaultRetention.mode": among("GOVERNANCE", "COMPLIANCE"),
            "rule.defaultRetention.days": between(1, MAX_INTEGER),
            "rule.defaultRetention.years": between(1, MAX_INTEGER),
        },
        together=_lock,
        lacks=_unversioned,
    ),
)


BUCKET_CORS_CONFIGURATION = _setting(
    "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration",
    "which web pages may read the bucket",
    create("s3.PutBucketCors", {"bucket": "Bucket"}, at="CORSConfiguration"),
    refuses=Refuses(
        # S3 API, CORSRule.
        values={
            "corsRules.*.allowedMethods.*": among("GET", "PUT", "HEAD", "POST", "DELETE"),
            "corsRules.*.maxAgeSeconds": between(0, MAX_INTEGER),
        }
    ),
)


BUCKET_POLICY = _setting(
    "aws:s3/bucketPolicy:BucketPolicy",
    "who may use the bucket",
    create("s3.PutBucketPolicy"),
    # S3 API, PutBucketPolicy.
    refuses=Refuses(values={"policy": document}),
)


BUCKET_LOGGING = _setting(
    "aws:s3/bucketLogging:BucketLogging",
    "log of the bucket's requests",
    create("s3.PutBucketLogging", {"bucket": "Bucket"}, at="BucketLoggingStatus.LoggingEnabled"),
    costs=Nothing("the bucket that it fills is charged"),
)


OBJECT_TAGS = 10
"""Tags of an object (S3 guide, "Categorizing your objects using tags")."""


def _tags_of_object(ask: Ask) -> list[str]:
    count = len(tags_all(ask))
    return (
        [f"Object tags cannot be greater than {OBJECT_TAGS}: these are {count}"]
        if count > OBJECT_TAGS
        else []
    )


BUCKET_OBJECTV2 = Resource(
    "aws:s3/bucketObjectv2:BucketObjectv2",
    "one object",
    answers=Answers(
        id="{key}",
        outputs={
            "arn": "arn:{partition}:s3:::{bucket}/{key}",
        },
        absent=names("checksumCrc32 checksumCrc32c checksumCrc64nvme checksumSha1 checksumSha256 versionId"),
    ),
    requests=sent(
        create("s3.PutObject", {"content": "Body", "tags": ("Tagging", lambda tags: "&".join(tags))}),
        local="etag forceDestroy sourceHash",
    ),
    refuses=Refuses(
        # S3 guide, "Creating object key names".
        values={"key": shorter(1024)},
        together=_tags_of_object,
    ),
    again=Overwritten(),
    replaced=replaced_by("bucket key region"),
    import_id="{bucket}/{key}",
    found=Named(),
    data=NO_DATA,
    felt=Felt(updated=RESTARTS, named="-document"),
    costs=Nothing("its bucket is charged"),
)


GET_BUCKET = Lookup(
    "aws:s3/getBucket:getBucket",
    outputs={
        "arn": "arn:{partition}:s3:::{bucket}",
        "bucketDomainName": "{bucket}.s3.amazonaws.com",
        "bucketRegion": "{region}",
        "bucketRegionalDomainName": "{bucket}.s3.{region}.amazonaws.com",
        "hostedZoneId": lambda ask: zone_of(S3_ZONES, ask.region),
        "id": "{bucket}",
    },
    absent=names("websiteDomain websiteEndpoint"),
)
