"""The chat's uploads in a bucket of S3 that is there already."""

from collections.abc import Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.media.access import UploadsBucket
from components.names import check_bucket_name


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


def _of_its_region(found: Sequence[str]) -> str:
    """Return a bucket's key; raise RunError where it cannot be, as S3 takes those of the bucket's region alone."""
    arn, region = found
    if arn.split(":")[3] != region:
        raise pulumi.RunError(
            f"the bucket is in {region}, and the key {arn} in {arn.split(':')[3]}: name the key that encrypts it"
        )
    return arn


class ExistingMediaStore(UploadsBucket):
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
        key_arn: pulumi.Output[str] | None = None
        if "kms_key_arn" in args:
            key_arn = pulumi.Output.all(args["kms_key_arn"], self.region).apply(_of_its_region)
        self._let_in(
            name,
            found.arn,
            key_arn,
            user=args.get("user", False),
            key_version=args.get("key_version", 1),
        )
        self.register(but_not=("region", "read_write_policy", "access_key_id", "secret_access_key"))
