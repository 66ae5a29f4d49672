"""S3."""

import re

from rehearsal.standins.aws.common import S3_ZONES, zone_of
from rehearsal.standins.table import Ask, Autoname, Compute, Lookup, Standin, names


def _bucket(ask: Ask) -> str:
    return str(ask["bucket"])


def _bad_bucket_name(ask: Ask) -> list[str]:
    name = ask["bucket"]
    if name is None or re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", name):
        return []
    return [f"{name!r} is no bucket name: 3 to 63 lower-case letters, digits, dots and hyphens"]


def _side(what: str, *, id_of: Compute = _bucket, replaces: str = "bucket region") -> Standin:
    return Standin(what=what, id=id_of, replaces=names(replaces))


TYPES: dict[str, Standin] = {
    "aws:s3/bucket:Bucket": Standin(
        what="bucket",
        id=_bucket,
        computed={
            "arn": lambda ask: f"arn:aws:s3:::{ask['bucket']}",
            "bucketDomainName": lambda ask: f"{ask['bucket']}.s3.amazonaws.com",
            "bucketRegion": lambda ask: ask.region,
            "bucketRegionalDomainName": lambda ask: f"{ask['bucket']}.s3.{ask.region}.amazonaws.com",
            "hostedZoneId": lambda ask: zone_of(S3_ZONES, ask.region),
        },
        absent=names("websiteDomain websiteEndpoint"),
        autoname=Autoname("bucket", limit=63, lower=True),
        replaces=names("bucket bucketNamespace bucketPrefix objectLockEnabled region"),
        refuses=_bad_bucket_name,
    ),
    "aws:s3/bucketVersioning:BucketVersioning": _side("keeps older versions of objects"),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _side("keeps the bucket private"),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": _side("the bucket's owner owns every object"),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _side(
        "encryption of the bucket"
    ),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _side("what is deleted when"),
    "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration": _side("which web pages may read the bucket"),
    "aws:s3/bucketPolicy:BucketPolicy": _side("who may use the bucket"),
    "aws:s3/bucketLogging:BucketLogging": _side("log of the bucket's requests"),
    "aws:s3/bucketAcl:BucketAcl": _side("the bucket's access list"),
    "aws:s3/bucketNotification:BucketNotification": _side("events of the bucket"),
    "aws:s3/bucketMetric:BucketMetric": Standin(
        what="figures of the bucket",
        id=lambda ask: f"{ask['bucket']}:{ask['name']}",
        autoname=Autoname(limit=64),
        replaces=names("bucket name region"),
    ),
    "aws:s3/bucketObjectv2:BucketObjectv2": Standin(
        what="one object",
        id=lambda ask: str(ask["key"]),
        computed={"arn": lambda ask: f"arn:aws:s3:::{ask['bucket']}/{ask['key']}"},
        absent=names("checksumCrc32 checksumCrc32c checksumCrc64nvme checksumSha1 checksumSha256 versionId"),
        replaces=names("bucket key region"),
    ),
}

LOOKUPS: dict[str, Lookup] = {}
