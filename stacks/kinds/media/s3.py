"""Uploads in a bucket of Amazon S3."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from stacks.fields import BucketName, Days, HostName, Part
from stacks.judging import Finding, rule
from stacks.kinds.kind import Named
from stacks.kinds.media import BucketKind
from stacks.parts import Chat
from stacks.problems import Problem
from stacks.questions import Ask, plain_host

if TYPE_CHECKING:
    from components.media.store import MediaStoreArgs
    from components.values import MediaAccess
    from stacks.kinds.context import Context


class CloudFrontMediaCdn(Part):
    """CloudFront before the bucket."""

    kind: Literal["cloudfront"]
    host: HostName
    """Public name of the distribution, such as `media-chat.lovia.life`."""


class ExternalMediaCdn(Part):
    """A CDN that the stack does not make, such as BunnyCDN."""

    kind: Literal["external"]
    host: HostName
    """Public name of the CDN, which somebody else has set up before the bucket."""


class S3Media(BucketKind):
    """Uploads in a private S3 bucket."""

    needs_region: ClassVar = True
    example: ClassVar = {"bucket": "media.chat.example.com"}
    asks: ClassVar = {
        "bucket": Ask(default=lambda answers: f"media-{plain_host(answers)}"[:63].strip("-")),
    }

    kind: Literal["s3"]
    bucket: BucketName
    """Name of the bucket, which no other bucket of S3 has."""
    cdn: Annotated[CloudFrontMediaCdn | ExternalMediaCdn, Field(discriminator="kind")] | None = None
    """A CDN before the bucket. Rocket.Chat itself never sends its users there; the plan says so."""
    old_version_days: Days = 90
    """How long deleted and overwritten files are kept."""

    def names(self) -> Sequence[Named]:
        """Its own CDN has a name."""
        if isinstance(self.cdn, CloudFrontMediaCdn):
            return (Named("cdn.host", self.cdn.host, certificate=True),)
        return ()

    def aws_services(self) -> Mapping[str, str]:
        """Its CDN's."""
        return {"cdn.kind": "cloudfront"} if isinstance(self.cdn, CloudFrontMediaCdn) else {}

    def make(self, context: "Context") -> "MediaAccess":
        """Make the bucket, and a CDN before it where the file has one."""
        from components.media.store import PUBLIC_PREFIX, MediaStore

        spec, zone = context.spec, context.zone
        args: MediaStoreArgs = {
            "bucket_name": self.bucket,
            "cors_origin": f"https://{spec.parts.chat.host}",
            "noncurrent_days": self.old_version_days,
            "user": not spec.parts.runtime.has_role,
            "force_destroy": not spec.defaults.protect,
            "protect": spec.defaults.protect,
            "retain": spec.defaults.protect,
        }
        note = "No CDN for media:"
        if isinstance(self.cdn, CloudFrontMediaCdn) and zone is not None:
            args["cdn"] = {"host": self.cdn.host, "zone": zone}
            note = f"The CDN {self.cdn.host} serves only what you put under {PUBLIC_PREFIX} in the bucket;"
        elif self.cdn is not None:
            note = f"The CDN {self.cdn.host} is not made here and the chat does not use it:"
        store = MediaStore("media", args, context.opts)
        # Rocket.Chat has not read its setting FileUpload_S3_CDN since 2017.
        context.outputs["mediaCdn"] = (
            f"{note} uploads and downloads of the chat go through the app and signed S3 links, never through a CDN."
        )
        if spec.parts.runtime.has_role:
            context.permissions = store.read_write_policy
        return store.access


@rule("The media CDN has a name of its own")
def _cdn(media: S3Media, chat: Chat) -> Iterator[Finding]:
    if media.cdn is not None and media.cdn.host == chat.host:
        yield Problem("rocketchat:media.cdn.host", "the media CDN and the chat cannot have the same name")
