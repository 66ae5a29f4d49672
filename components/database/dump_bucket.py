"""A bucket for dumps of a database, and a user who may only add to it."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components import iam
from components.base import Component
from components.media.bucket import KEEP_NEWEST, private_bucket, tls_only


class DumpBucketArgs(TypedDict):
    bucket_name: NotRequired[str]
    """Name of the bucket; made up when left out."""
    keep_days: int
    """Days after which a dump is deleted that is not among the newest eight."""
    protect: NotRequired[bool]
    """Whether Pulumi refuses to delete the bucket, and keeps it when it leaves the stack. Default false."""
    writer_stays: NotRequired[bool]
    """Whether the user stays with a bucket that is kept, because what dumps stays too. Default false."""


class DumpBucket(Component):
    """Where dumps of a database go that is not in AWS. Each is a version of one object, so that the newest ones stay.

    Produces: a private bucket with all its side resources, and a user with an access key who may add dumps below
    `database/`, and neither read nor delete any.
    """

    bucket: pulumi.Output[str]
    """Name of the bucket."""
    access_key_id: pulumi.Output[str]
    """Id of the user's access key (secret)."""
    secret_access_key: pulumi.Output[str]
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
            keep_newest={"database/": KEEP_NEWEST},
            force_destroy=not protect,
            bucket_opts=self.child(protect=protect, retain_on_delete=protect),
            child=self.child,
        )
        aws.s3.BucketPolicy(
            f"{name}-bucket-policy",
            bucket=made.bucket.id,
            policy=iam.document(*tls_only(made.bucket.arn)),
            opts=self.child(deleted_with=made.bucket, depends_on=[made.closed]),
        )
        along = made.bucket if args.get("writer_stays") else None
        user = aws.iam.User(f"{name}-user", opts=self.child(deleted_with=along))
        policy = aws.iam.UserPolicy(
            f"{name}-user-policy",
            user=user.name,
            policy=iam.document(
                # Who takes over the database must not reach older dumps.
                iam.Statement(
                    "AddDumps",
                    ("s3:PutObject", "s3:AbortMultipartUpload"),
                    (pulumi.Output.concat(made.bucket.arn, "/database/*"),),
                )
            ),
            opts=self.child(deleted_with=along),
        )
        key = aws.iam.AccessKey(
            f"{name}-user-key-1",
            user=user.name,
            # Who has the key uses it at once.
            opts=self.child(depends_on=[policy], deleted_with=along),
        )
        self.bucket = made.bucket.bucket
        self.access_key_id = pulumi.Output.secret(key.id)
        self.secret_access_key = key.secret
        self.register_outputs(
            {
                "bucket": self.bucket,
                "access_key_id": self.access_key_id,
                "secret_access_key": pulumi.Output.secret(self.secret_access_key),
            }
        )
