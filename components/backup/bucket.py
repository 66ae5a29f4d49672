"""A bucket for dumps of a database: who may add to it, and who may read it."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components import iam
from components.backup.program import BACKUPS, BEFORE_RESTORE, SUMMARIES
from components.base import Component
from components.media.bucket import KEEP_NEWEST, ObjectLockArgs, private_bucket


class DumpBucketArgs(TypedDict):
    bucket_name: NotRequired[str]
    """Name of the bucket; made up when left out."""
    keep_days: int
    """Days after which a dump is deleted that is not among the newest eight."""
    object_lock: NotRequired[ObjectLockArgs]
    """How dumps are held against being deleted; not when left out."""
    metrics_namespace: NotRequired[str]
    """Namespace of CloudWatch in which the users may tell what they did; none when left out."""
    users: NotRequired[bool]
    """Whether users are made, for what has no role of AWS. Default true."""
    protect: NotRequired[bool]
    """Whether Pulumi refuses to delete the bucket, and keeps it when it leaves the stack. Default false."""
    writer_stays: NotRequired[bool]
    """Whether the users stay with a bucket that is kept, because what dumps stays too. Default false."""


def _told(namespace: str | None) -> tuple[iam.Statement, ...]:
    if namespace is None:
        return ()
    # The action knows no resources (service authorization reference, Amazon CloudWatch).
    only = {"StringEquals": {"cloudwatch:namespace": namespace}}
    return (iam.Statement("TellMetrics", ("cloudwatch:PutMetricData",), ("*",), conditions=only),)


def adding(bucket_arn: pulumi.Output[str], namespace: str | None) -> pulumi.Output[str]:
    """Return what a job may do that dumps: add, and see how large the ones before are; neither read nor delete any."""
    return iam.document(
        iam.Statement(
            "AddDumps",
            ("s3:PutObject", "s3:AbortMultipartUpload"),
            # Who takes over the database must not reach older dumps.
            [pulumi.Output.concat(bucket_arn, f"/{prefix}*") for prefix in (BACKUPS, SUMMARIES)],
        ),
        iam.Statement("SeeSizes", ("s3:ListBucketVersions",), (bucket_arn,)),
        *_told(namespace),
    )


def reading(bucket_arn: pulumi.Output[str], namespace: str | None) -> pulumi.Output[str]:
    """Return what a job may do that tries a dump or brings it back, for which it makes another one before."""
    return iam.document(
        iam.Statement(
            "ReadDumps",
            ("s3:GetObject", "s3:GetObjectVersion"),
            [
                pulumi.Output.concat(bucket_arn, f"/{prefix}*")
                for prefix in (BACKUPS, BEFORE_RESTORE, SUMMARIES)
            ],
        ),
        iam.Statement(
            "AddBeforeRestore",
            ("s3:PutObject", "s3:AbortMultipartUpload"),
            [pulumi.Output.concat(bucket_arn, f"/{prefix}*") for prefix in (BEFORE_RESTORE, SUMMARIES)],
        ),
        # Without ListBucket an object that is not there looks like one that may not be read.
        iam.Statement("FindDumps", ("s3:ListBucket", "s3:ListBucketVersions"), (bucket_arn,)),
        *_told(namespace),
    )


class DumpBucket(Component):
    """Where dumps of a database go. Each is a version of one object, so that the newest ones stay whatever their age.

    Produces: a private bucket with all its side resources, and two users with access keys: one who may add dumps, and
    neither read nor delete any; and one who may read them for a restore, and delete none either.
    """

    bucket: pulumi.Output[str]
    """Name of the bucket."""
    bucket_arn: pulumi.Output[str]
    """ARN of the bucket."""
    access_key_id: pulumi.Output[str]
    """Id of the access key of the user who adds (secret); empty without `users`."""
    secret_access_key: pulumi.Output[str]
    """Its secret (secret)."""
    reader_access_key_id: pulumi.Output[str]
    """Id of the access key of the user who reads (secret); empty without `users`."""
    reader_secret_access_key: pulumi.Output[str]
    """Its secret (secret)."""

    def __init__(self, name: str, args: DumpBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("DumpBucket", name, args, opts)
        protect = args.get("protect", False)
        made = private_bucket(
            f"{name}-bucket",
            physical_name=args.get("bucket_name"),
            kms_key_arn=None,
            noncurrent_days=int(args["keep_days"]),
            # Age alone would empty the bucket of a database that nothing dumps any more.
            expire_days=None,
            # Below `database/` dumps lay before.
            keep_newest={BACKUPS: KEEP_NEWEST, BEFORE_RESTORE: KEEP_NEWEST, "database/": KEEP_NEWEST},
            object_lock=args.get("object_lock"),
            force_destroy=not protect,
            bucket_opts=self.child(protect=protect, retain_on_delete=protect),
            child=self.child,
        )
        made.set_policy()
        self.bucket = made.bucket.bucket
        self.bucket_arn = made.bucket.arn
        along = made.bucket if args.get("writer_stays") else None
        namespace = args.get("metrics_namespace")
        users = args.get("users", True)
        self.access_key_id, self.secret_access_key = self._user(
            f"{name}-user", adding(made.bucket.arn, namespace) if users else None, along
        )
        self.reader_access_key_id, self.reader_secret_access_key = self._user(
            f"{name}-reader", reading(made.bucket.arn, namespace) if users else None, along
        )
        self.register()

    def _user(
        self, name: str, allowed: pulumi.Output[str] | None, along: pulumi.Resource | None
    ) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
        if allowed is None:
            return pulumi.Output.from_input(""), pulumi.Output.from_input("")
        user = aws.iam.User(name, opts=self.child(deleted_with=along))
        policy = aws.iam.UserPolicy(
            f"{name}-policy", user=user.name, policy=allowed, opts=self.child(deleted_with=along)
        )
        key = aws.iam.AccessKey(
            f"{name}-key-1",
            user=user.name,
            # Who has the key uses it at once.
            opts=self.child(depends_on=[policy], deleted_with=along),
        )
        return pulumi.Output.secret(key.id), pulumi.Output.secret(key.secret)
