"""Uploads in a bucket of Amazon S3 that is there already."""

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import AfterValidator

from stacks.fields import Arn, BucketName, Form
from stacks.kinds.media import BucketKind
from stacks.questions import Ask

if TYPE_CHECKING:
    from components.media.existing import ExistingMediaStoreArgs
    from components.values import MediaAccess
    from stacks.kinds.context import Context

KeyArn = Annotated[
    str,
    # Keys of several regions begin with `mrk-` (KMS developer guide, "Multi-Region keys").
    Form(
        r"arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/(mrk-[0-9a-f]{32}|[0-9a-f-]{36})",
        "the ARN of a KMS key",
    ),
    AfterValidator(Arn),
]


class ExistingS3Media(BucketKind):
    """Uploads in an S3 bucket that is there already: only the chat's access to it is made.

    The bucket, its settings and its files are left alone, at destroy too. Its CORS rule must let the chat's address
    read, or pages cannot load files by script.
    """

    needs_region: ClassVar = True
    paid_elsewhere: ClassVar = "the bucket with the uploads, which is there already"
    example: ClassVar = {"bucket": "media.chat.example.com"}
    asks: ClassVar = {"bucket": Ask("`aws s3 ls` lists them.")}

    kind: Literal["s3-existing"]
    bucket: BucketName
    """Name of the bucket."""
    kms_key: KeyArn | None = None
    """ARN of the KMS key that encrypts it, in the bucket's region, which is the stack's; none where it has S3's own
    keys."""

    def make(self, context: "Context") -> "MediaAccess":
        """Look the bucket up, and let the chat read and write its objects."""
        from components.media.existing import ExistingMediaStore

        has_role = context.spec.parts.runtime.has_role
        args: ExistingMediaStoreArgs = {"bucket_name": self.bucket, "user": not has_role}
        if self.kms_key is not None:
            args["kms_key_arn"] = self.kms_key
        store = ExistingMediaStore("media", args, context.opts)
        if has_role:
            context.permissions = store.read_write_policy
        return store.access
