"""Uploads in a bucket of DigitalOcean Spaces."""

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from stacks.fields import Days, Form
from stacks.kinds.media import BucketKind
from stacks.questions import Ask, plain_host

if TYPE_CHECKING:
    from components.values import MediaAccess
    from stacks.kinds.context import Context


class SpacesMedia(BucketKind):
    """Uploads in a private bucket of DigitalOcean Spaces."""

    example: ClassVar = {"bucket": "media-example", "region": "sgp1"}
    asks: ClassVar = {
        "bucket": Ask(default=lambda answers: f"media-{plain_host(answers)}"[:63].strip("-")),
        "region": Ask(default=lambda answers: answers.get("runtime.region", "fra1")),
    }
    credentials: ClassVar = {
        "digitalocean:token": "DIGITALOCEAN_TOKEN",
        "digitalocean:spacesAccessId": "SPACES_ACCESS_KEY_ID",
        "digitalocean:spacesSecretKey": "SPACES_SECRET_ACCESS_KEY",
    }

    kind: Literal["spaces"]
    bucket: Annotated[
        str,
        Form(
            r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",
            "a bucket name of Spaces: 3 to 63 lower-case letters, digits and hyphens, no dots",
        ),
    ]
    """Name of the bucket, which no other bucket of Spaces in the region has."""
    region: Literal["ams3", "atl1", "blr1", "fra1", "lon1", "nyc3", "sfo2", "sfo3", "sgp1", "syd1", "tor1"]
    """DigitalOcean's region, the nearest to the chat."""
    old_version_days: Days = 90
    """How long deleted and overwritten files are kept."""

    def make(self, context: "Context") -> "MediaAccess":
        """Make the bucket and a key for it."""
        from components.media.spaces import SpacesStore

        protect = context.spec.defaults.protect
        return SpacesStore(
            "media",
            {
                "bucket_name": self.bucket,
                "region": self.region,
                "cors_origin": f"https://{context.spec.parts.chat.host}",
                "noncurrent_days": self.old_version_days,
                "force_destroy": not protect,
                "protect": protect,
                "retain": protect,
            },
            context.opts,
        ).access
