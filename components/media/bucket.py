"""A private S3 bucket with all its side resources, for media and for the logs of its use."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components import iam
from components.names import check_bucket_name

KEEP_NEWEST = 7
"""Backups before the newest one that stay whatever their age."""
UPLOAD_DAYS = 7
"""Days after which the parts of an upload that was never finished are thrown away."""


LOCK_MODES = ("governance", "compliance")
"""S3 user guide, "Locking objects with Object Lock", retention modes."""


class ObjectLockArgs(TypedDict):
    """How S3 holds objects against being deleted."""

    days: int
    """Days from its writing on in which no version of an object may be deleted."""
    mode: str
    """`governance`, around which somebody with `s3:BypassGovernanceRetention` comes, or `compliance`."""


def check_lock(lock: ObjectLockArgs) -> None:
    """Raise ValueError for a lock that there is not."""
    if lock["mode"] not in LOCK_MODES:
        raise ValueError(f"the mode of an object lock is {' or '.join(LOCK_MODES)}, not {lock['mode']!r}")
    if lock["days"] < 1:
        raise ValueError(f"an object lock holds for one day at least, not {lock['days']:g}")


@dataclass(frozen=True)
class PrivateBucket:
    """A bucket, whose policy its maker sets once."""

    name: str
    bucket: "aws.s3.Bucket"
    closed: "aws.s3.BucketPublicAccessBlock"
    child: Callable[..., pulumi.ResourceOptions]

    def set_policy(self, *allowed: iam.Statement) -> "aws.s3.BucketPolicy":
        """Refuse every request without TLS 1.2 or newer, and allow the rest by these statements."""
        return aws.s3.BucketPolicy(
            f"{self.name}-policy",
            bucket=self.bucket.id,
            policy=iam.document(*_tls_only(self.bucket.arn), *allowed),
            # S3 refuses two changes of a bucket's access at the same moment.
            opts=self.child(deleted_with=self.bucket, depends_on=[self.closed]),
        )


def private_bucket(
    name: str,
    *,
    physical_name: str | None,
    kms_key_arn: pulumi.Input[str] | None,
    noncurrent_days: int,
    expire_days: int | None,
    keep_newest: Mapping[str, int] | None = None,
    object_lock: ObjectLockArgs | None = None,
    force_destroy: bool,
    bucket_opts: pulumi.ResourceOptions,
    child: Callable[..., pulumi.ResourceOptions],
) -> PrivateBucket:
    """Make a bucket that nobody can open by mistake: public access blocked, no ACLs, encrypted, versioned.

    Old versions go after `noncurrent_days`, objects after `expire_days` where given. Where `keep_newest` is given, old
    versions go below its prefixes only, but for so many of each object (0 to 100). Where the bucket is kept, so are its
    settings: they go with it.
    """
    if object_lock is not None:
        check_lock(object_lock)
    if physical_name is not None:
        check_bucket_name(physical_name)
    bucket = aws.s3.Bucket(
        name,
        bucket=physical_name,
        force_destroy=force_destroy,
        opts=bucket_opts,
    )
    closed = aws.s3.BucketPublicAccessBlock(
        f"{name}-closed",
        bucket=bucket.id,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=child(deleted_with=bucket),
    )
    aws.s3.BucketOwnershipControls(
        f"{name}-owner",
        bucket=bucket.id,
        rule=aws.s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
        opts=child(deleted_with=bucket),
    )
    aws.s3.BucketServerSideEncryptionConfiguration(
        f"{name}-encryption",
        bucket=bucket.id,
        rules=[
            aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
                apply_server_side_encryption_by_default=(
                    aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
                        sse_algorithm="AES256" if kms_key_arn is None else "aws:kms",
                        kms_master_key_id=kms_key_arn,
                    )
                ),
                bucket_key_enabled=kms_key_arn is not None,
            )
        ],
        opts=child(deleted_with=bucket),
    )
    versioning = aws.s3.BucketVersioning(
        f"{name}-versioning",
        bucket=bucket.id,
        versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
        opts=child(deleted_with=bucket),
    )
    aws.s3.BucketLifecycleConfiguration(
        f"{name}-lifecycle",
        bucket=bucket.id,
        rules=[
            aws.s3.BucketLifecycleConfigurationRuleArgs(
                id="tidy",
                status="Enabled",
                filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
                abort_incomplete_multipart_upload=(
                    aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
                        days_after_initiation=UPLOAD_DAYS
                    )
                ),
                noncurrent_version_expiration=None if keep_newest else _old_versions(noncurrent_days),
                expiration=(
                    aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(expired_object_delete_marker=True)
                    if expire_days is None
                    else aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(days=expire_days)
                ),
            ),
            # No two of these may match one object: S3 would take the shorter one.
            *(
                aws.s3.BucketLifecycleConfigurationRuleArgs(
                    id=f"old-{prefix.strip('/')}",
                    status="Enabled",
                    filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=prefix),
                    noncurrent_version_expiration=_old_versions(noncurrent_days, newest),
                )
                for prefix, newest in (keep_newest or {}).items()
            ),
        ],
        # AWS counts old versions only once versioning is on.
        opts=child(deleted_with=bucket, depends_on=[versioning]),
    )
    if object_lock is not None:
        # Not `object_lock_enabled` of the bucket, which would replace one that is there already.
        aws.s3.BucketObjectLockConfiguration(
            f"{name}-lock",
            bucket=bucket.id,
            rule=aws.s3.BucketObjectLockConfigurationRuleArgs(
                default_retention=aws.s3.BucketObjectLockConfigurationRuleDefaultRetentionArgs(
                    mode=object_lock["mode"].upper(), days=int(object_lock["days"])
                )
            ),
            # S3 refuses it where versioning is not on.
            opts=child(deleted_with=bucket, depends_on=[versioning]),
        )
    return PrivateBucket(name, bucket, closed, child)


def _old_versions(
    days: int, newest: int = 0
) -> "aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs":
    return aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
        noncurrent_days=days, newer_noncurrent_versions=newest or None
    )


def _tls_only(bucket_arn: pulumi.Output[str]) -> Sequence[iam.Statement]:
    """The statements that refuse every request without TLS 1.2 or newer."""
    everything = [bucket_arn, bucket_arn.apply(lambda arn: f"{arn}/*")]
    return (
        iam.Statement(
            "TlsOnly",
            ["s3:*"],
            everything,
            effect="Deny",
            principals="*",
            conditions={"Bool": {"aws:SecureTransport": "false"}},
        ),
        iam.Statement(
            "Tls12OrNewer",
            ["s3:*"],
            everything,
            effect="Deny",
            principals="*",
            conditions={"NumericLessThan": {"s3:TlsVersion": "1.2"}},
        ),
    )
