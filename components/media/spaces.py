"""The chat's uploads on DigitalOcean Spaces."""

import re
from typing import NotRequired, TypedDict

import pulumi
import pulumi_digitalocean as digitalocean

from components.base import Component, one_of
from components.media.bucket import UPLOAD_DAYS
from components.media.store import CORS_SECONDS
from components.values import MediaAccess

REGIONS = ("ams3", "atl1", "blr1", "fra1", "lon1", "nyc3", "sfo2", "sfo3", "sgp1", "syd1", "tor1")
"""Regions that have Spaces (docs.digitalocean.com, "Regional availability")."""

_BUCKET_NAME = re.compile(r"(?!-)[a-z0-9-]{3,63}(?<!-)")


class SpacesStoreArgs(TypedDict):
    """A bucket for the chat's uploads."""

    bucket_name: str
    """Name of the bucket: 3 to 63 lower-case letters, digits and hyphens, unique in its region."""
    region: str
    """DigitalOcean's region, such as `sgp1`."""
    cors_origin: pulumi.Input[str]
    """Origin of the chat, such as `https://chat.lovia.life`: the only site that may read across origins."""
    noncurrent_days: NotRequired[int]
    """Days that deleted or replaced objects can still be had back. Default 30."""
    key_version: NotRequired[int]
    """Count it up to have a new access key made before the old one goes. Default 1."""
    force_destroy: NotRequired[bool]
    """Whether the bucket may be deleted with all that is in it; never in production. Default false."""
    protect: NotRequired[bool]
    """Whether Pulumi refuses to delete the bucket. Default false."""
    retain: NotRequired[bool]
    """Whether the bucket stays when it leaves the stack. Default false."""


class SpacesStore(Component):
    """A private, versioned bucket for uploads, and a key that opens this bucket alone.

    It has no policy: a key that is limited to one bucket needs none, and whether Spaces judges a request by
    its TLS is not documented. The chat itself goes by https.

    Produces: the bucket with versioning and lifecycle, its CORS rule, and the access key.
    """

    bucket: pulumi.Output[str]
    """Name of the bucket."""
    region: pulumi.Output[str]
    """DigitalOcean's region, which requests are signed for."""
    endpoint: pulumi.Output[str]
    """Address of the S3 service: `https://<region>.digitaloceanspaces.com`, without the bucket's name."""
    access_key_id: pulumi.Output[str]
    """Id of the access key (secret)."""
    secret_access_key: pulumi.Output[str]
    """The access key itself (secret)."""

    def __init__(self, name: str, args: SpacesStoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        region = one_of("the Spaces region", args["region"], REGIONS)
        if not _BUCKET_NAME.fullmatch(args["bucket_name"]):
            raise ValueError(
                f"the bucket name {args['bucket_name']!r} must be 3 to 63 lower-case letters, digits and hyphens, "
                "with a letter or digit at both ends; Spaces takes no dots"
            )
        if args.get("protect", False) and args.get("force_destroy", False):
            raise ValueError("the bucket is protected; force_destroy contradicts that")
        super().__init__("SpacesStore", name, args, opts)
        bucket = digitalocean.SpacesBucket(
            f"{name}-bucket",
            name=args["bucket_name"],
            region=region,
            acl="private",
            force_destroy=args.get("force_destroy", False),
            versioning=digitalocean.SpacesBucketVersioningArgs(enabled=True),
            lifecycle_rules=[
                digitalocean.SpacesBucketLifecycleRuleArgs(
                    id="tidy",
                    enabled=True,
                    abort_incomplete_multipart_upload_days=UPLOAD_DAYS,
                    noncurrent_version_expiration=(
                        digitalocean.SpacesBucketLifecycleRuleNoncurrentVersionExpirationArgs(
                            days=args.get("noncurrent_days", 30)
                        )
                    ),
                )
            ],
            opts=self.child(
                protect=args.get("protect"),
                retain_on_delete=args.get("retain"),
                # To the provider a new name is no change: it would keep the old bucket, and the chat seek a new one.
                replace_on_changes=["name"],
            ),
        )
        digitalocean.SpacesBucketCorsConfiguration(
            f"{name}-bucket-cors",
            bucket=bucket.name,
            region=region,
            cors_rules=[
                # Uploads go through the app; browsers only follow its signed links.
                digitalocean.SpacesBucketCorsConfigurationCorsRuleArgs(
                    allowed_methods=["GET", "HEAD"],
                    allowed_origins=[args["cors_origin"]],
                    allowed_headers=["*"],
                    max_age_seconds=CORS_SECONDS,
                )
            ],
            opts=self.child(deleted_with=bucket),
        )
        # The version is in the name, so that the new key is there before the old one goes.
        key = digitalocean.SpacesKey(
            f"{name}-key-{args.get('key_version', 1)}",
            grants=[digitalocean.SpacesKeyGrantArgs(bucket=bucket.name, permission="readwrite")],
            opts=self.child(additional_secret_outputs=["secretKey"]),
        )
        self.access_key_id = pulumi.Output.secret(key.access_key)
        self.secret_access_key = pulumi.Output.secret(key.secret_key)
        self.bucket = bucket.name
        self.region = pulumi.Output.from_input(region)
        self.endpoint = pulumi.Output.from_input(f"https://{region}.digitaloceanspaces.com")
        # The state needs no second copy of the key.
        self.register(but_not=("access_key_id", "secret_access_key"))

    @property
    def access(self) -> MediaAccess:
        """How the chat reaches its bucket; both parts of the key are secret."""
        return MediaAccess(
            bucket=self.bucket,
            region=self.region,
            endpoint=self.endpoint,
            access_key_id=self.access_key_id,
            secret_access_key=self.secret_access_key,
        )
