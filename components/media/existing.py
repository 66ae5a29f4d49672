"""The chat's uploads in a bucket of S3 that is there already."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.base import Component
from components.media.store import access_key, read_write_policy
from components.names import check_bucket_name
from components.values import MediaAccess


class ExistingMediaStoreArgs(TypedDict):
    """A bucket that somebody else has made and keeps."""

    bucket_name: str
    """Name of the bucket."""
    region: NotRequired[str]
    """AWS region of the bucket; the provider's own when left out."""
    kms_key_arn: NotRequired[pulumi.Input[str]]
    """ARN of the KMS key that its objects are encrypted with; none where they have S3's own keys."""
    user: NotRequired[bool]
    """Whether an IAM user with an access key is made, for runtimes without an AWS role. Default false."""
    key_version: NotRequired[int]
    """Count it up to have a new access key made before the old one goes. Default 1."""


class ExistingMediaStore(Component):
    """Access to a bucket that is there already. The bucket and its settings are left alone, at destroy too.

    Produces: an IAM user with an access key, where one is asked for.
    """

    bucket: pulumi.Output[str]
    """Name of the bucket."""
    region: pulumi.Output[str]
    """AWS region of the bucket."""
    read_write_policy: pulumi.Output[str]
    """IAM policy (JSON) for the role of a chat: it may read and write the objects, and nothing else."""
    access_key_id: pulumi.Output[str] | None
    """Id of the user's access key (secret); none unless `user` is true."""
    secret_access_key: pulumi.Output[str] | None
    """The access key itself (secret); none unless `user` is true."""

    def __init__(
        self, name: str, args: ExistingMediaStoreArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        check_bucket_name(args["bucket_name"])
        super().__init__("ExistingMediaStore", name, args, opts)
        found = aws.s3.get_bucket_output(
            bucket=args["bucket_name"],
            region=args.get("region"),
            opts=pulumi.InvokeOutputOptions(parent=self),
        )
        self.bucket = found.bucket
        self.region = found.bucket_region
        self.read_write_policy = read_write_policy(found.arn, args.get("kms_key_arn"))
        self.access_key_id = self.secret_access_key = None
        if args.get("user", False):
            key = access_key(name, self.read_write_policy, args.get("key_version", 1), self.child)
            self.access_key_id = pulumi.Output.secret(key.id)
            self.secret_access_key = pulumi.Output.secret(key.secret)
        self.register_outputs({"bucket": self.bucket})

    @property
    def access(self) -> MediaAccess:
        """How the chat reaches the bucket; with keys (secret) where a user was asked for."""
        return MediaAccess(
            bucket=self.bucket,
            region=self.region,
            access_key_id=self.access_key_id,
            secret_access_key=self.secret_access_key,
        )
