"""Who may use a bucket of uploads, and how the chat reaches it."""

import pulumi
import pulumi_aws as aws

from components import iam
from components.base import Component
from components.values import MediaAccess

OBJECT_ACTIONS = (
    "s3:GetObject",
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:AbortMultipartUpload",
    "s3:ListMultipartUploadParts",
)
"""What Rocket.Chat does with an object; it uploads in parts."""

BUCKET_ACTIONS = ("s3:ListBucket", "s3:GetBucketLocation")


class UploadsBucket(Component):
    """A bucket of S3 with the chat's uploads."""

    # The schema for other languages has the docstrings of a component's own class only, so each says what these are.
    bucket: pulumi.Output[str]
    region: pulumi.Output[str]
    read_write_policy: pulumi.Output[str]
    access_key_id: pulumi.Output[str] | None = None
    secret_access_key: pulumi.Output[str] | None = None

    def _let_in(
        self,
        name: str,
        arn: pulumi.Output[str],
        kms_key_arn: pulumi.Input[str] | None,
        *,
        user: bool,
        key_version: int,
    ) -> None:
        """Say what the chat may do with the bucket, and make a user with a key who may do it where one is wanted."""
        self.read_write_policy = _read_write_policy(arn, kms_key_arn)
        if not user:
            return
        made = aws.iam.User(f"{name}-user", opts=self.child())
        granted = aws.iam.UserPolicy(
            f"{name}-user-policy", user=made.name, policy=self.read_write_policy, opts=self.child()
        )
        key = aws.iam.AccessKey(
            # The version is in the name, so that the new key is there before the old one goes.
            f"{name}-user-key-{key_version}",
            user=made.name,
            # Who has the key uses it at once.
            opts=self.child(depends_on=[granted]),
        )
        self.access_key_id = pulumi.Output.secret(key.id)
        self.secret_access_key = pulumi.Output.secret(key.secret)

    @property
    def access(self) -> MediaAccess:
        """How the chat reaches its bucket; with keys (secret) where a user was asked for."""
        return MediaAccess(
            bucket=self.bucket,
            region=self.region,
            access_key_id=self.access_key_id,
            secret_access_key=self.secret_access_key,
        )


def _read_write_policy(
    bucket_arn: pulumi.Output[str], kms_key_arn: pulumi.Input[str] | None
) -> pulumi.Output[str]:
    """Return the IAM policy (JSON) of a chat: it may read and write the objects of a bucket, and nothing else."""
    statements = [
        iam.Statement("Objects", OBJECT_ACTIONS, [bucket_arn.apply(lambda arn: f"{arn}/*")]),
        iam.Statement("Bucket", BUCKET_ACTIONS, [bucket_arn]),
    ]
    if kms_key_arn is not None:
        statements.append(iam.Statement("Key", ["kms:Decrypt", "kms:GenerateDataKey"], [kms_key_arn]))
    return iam.document(*statements)
