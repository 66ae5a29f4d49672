"""What every place for uploads is asked."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from rocketchat import environment as env
from rocketchat.environment import Secret
from stacks.fields import Form
from stacks.judging import Finding, Note, rule
from stacks.kinds.kind import Kind
from stacks.problems import Problem

if TYPE_CHECKING:
    from components.values import MediaAccess
    from stacks.features import Made
    from stacks.kinds.context import Context
    from stacks.kinds.dns import DnsKind
    from stacks.kinds.kind import Variables

MediaType = Annotated[
    str, Form(r"[a-z]+/([a-z0-9][a-z0-9.+-]*|\*)", "a media type; one looks like image/png or image/*")
]
USUAL_FILE_MB = 100
"""The product's own limit of an upload."""


class MediaKind(Kind):
    """Base of all places for uploads."""

    said: ClassVar[Mapping[str, str]] = {
        "FileUpload_MaxFileSize": "maxFileMb",
        "FileUpload_Storage_Type": "kind",
        "FileUpload_S3_Bucket": "bucket",
        "FileUpload_S3_Region": "region",
        "FileUpload_S3_BucketURL": "endpoint",
        "FileUpload_S3_ForcePathStyle": "pathStyle",
        "FileUpload_S3_Proxy_.*": "throughServer",
        "FileUpload_MediaTypeWhiteList": "allowedTypes",
        "FileUpload_MediaTypeBlackList": "refusedTypes",
    }
    on_host: ClassVar[bool] = False
    """They lie on the runtime's own disk."""
    in_database: ClassVar[bool] = False
    """They lie in the database, which grows with them."""

    max_file_mb: int | None = Field(default=None, ge=1, le=10240)
    """Largest upload in MB (of 1024 times 1024 bytes, as the product counts). 100 when left out, or what Cloudflare's
    proxy lets through, if that stands before the chat and is less. The proxies before the chat follow."""

    allowed_types: list[MediaType] = []
    """Media types of the files that users may upload, such as `image/*`; all when left out, but `refusedTypes`."""
    refused_types: list[MediaType] = []
    """Media types that nobody may upload, beside SVG, which can hold scripts and is always refused."""

    @property
    def bucket_name(self) -> str | None:
        """Name of the bucket that holds them; None where none does."""
        return None

    def largest_file_mb(self, dns: "DnsKind | None") -> int:
        """Return the largest upload in MiB."""
        if self.max_file_mb is not None:
            return self.max_file_mb
        return min(USUAL_FILE_MB, (None if dns is None else dns.largest_file_mb) or USUAL_FILE_MB)

    def make(self, context: "Context") -> "MediaAccess | None":
        """Make the place, and return how the chat reaches it; None where it is no bucket."""
        return None


class BucketKind(MediaKind):
    """Base of all buckets with S3's protocol."""

    through_server: bool = False
    """Let the server pass files on, where users cannot reach the bucket: by itself it sends them there by links that
    are good for two minutes."""

    if TYPE_CHECKING:

        @property
        def bucket(self) -> str:
            """Name of the bucket."""

    @property
    def bucket_name(self) -> str | None:
        """Its name."""
        return self.bucket

    @property
    def behind_address(self) -> bool:
        """Whether the bucket's name stands behind the address of the service, not before it."""
        return False

    def environment(self, made: "Made") -> "Iterator[Variables]":
        """The bucket, and its key where the runtime has no role."""
        access = made.media
        if access is None:
            raise ValueError("a bucket comes with its access")
        key, secret = access.access_key_id, access.secret_access_key
        yield env.media_s3(
            made.release,
            access.bucket,
            access.region,
            endpoint=access.endpoint,
            path_style=self.behind_address,
            through_server=self.through_server,
            access_key_id=None if key is None else Secret(key),
            secret_access_key=None if secret is None else Secret(secret),
        )


@rule("What may be uploaded is not refused")
def _types(media: MediaKind) -> Iterator[Finding]:
    for index, one in enumerate(media.allowed_types):
        if one in {*media.refused_types, env.SCRIPTED_TYPE}:
            yield Problem(
                f"rocketchat:media.allowedTypes[{index}]",
                "this type is refused in any case: it can hold scripts"
                if one == env.SCRIPTED_TYPE
                else "this type stands among `refusedTypes`, too, and is refused",
                remedy="leave it out",
            )


@rule("Uploads are kept in the right place")
def _bucket(media: BucketKind) -> Iterator[Finding]:
    yield Note(f"in the private bucket {media.bucket}")
