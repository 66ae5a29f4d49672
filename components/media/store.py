"""The chat's uploads on S3."""

from typing import NotRequired, TypedDict
from urllib.parse import urlsplit

import pulumi
import pulumi_aws as aws

from components import iam
from components.media.access import UploadsBucket
from components.media.bucket import private_bucket
from components.media.cdn import MediaCdn, MediaCdnArgs
from components.names import check_bucket_name
from components.values import DnsZone

PUBLIC_PREFIX = "public/"
"""Objects below it may be fetched through the CDN without a login, unless another prefix is given."""
CORS_SECONDS = 3000

LOG_DAYS = 90


class StoreCdnArgs(TypedDict):
    """A public name for a part of the bucket."""

    host: str
    """Full name at which the CDN answers, such as `media-chat.lovia.life`."""
    zone: DnsZone
    """DNS zone of that name."""
    prefix: NotRequired[str]
    """Objects whose key begins so can be read by anybody through the CDN. Default `public/`, which holds none
    of the chat's uploads; empty opens the whole bucket to whoever knows a key."""
    price_class: NotRequired[str]
    """`PriceClass_100`, `PriceClass_200` or `PriceClass_All`; see `MediaCdnArgs`."""


class MediaStoreArgs(TypedDict):
    """A bucket for the chat's uploads."""

    bucket_name: str
    """Name of the bucket: 3 to 63 lower-case letters, digits, hyphens and dots, unique in all of AWS."""
    cors_origin: pulumi.Input[str]
    """Origin of the chat, such as `https://chat.lovia.life`: the only site that may read across origins."""
    kms_key_arn: NotRequired[pulumi.Input[str]]
    """ARN of a KMS key for the objects; S3's own keys when left out."""
    noncurrent_days: NotRequired[int]
    """Days that deleted or replaced objects can still be had back. Default 30."""
    access_logs: NotRequired[bool]
    """Whether every request is logged into a second bucket, for 90 days. Default false."""
    cdn: NotRequired[StoreCdnArgs]
    """CloudFront before a part of the bucket."""
    user: NotRequired[bool]
    """Whether an IAM user with an access key is made, for runtimes without an AWS role. Default false."""
    key_version: NotRequired[int]
    """Count it up to have a new access key made before the old one goes. Default 1."""
    force_destroy: NotRequired[bool]
    """Whether the bucket may be deleted with all that is in it; never in production. Default false."""
    protect: NotRequired[bool]
    """Whether Pulumi refuses to delete the bucket. Default false."""
    retain: NotRequired[bool]
    """Whether the bucket stays in AWS when it leaves the stack. Default false."""


class MediaStore(UploadsBucket):
    """A private, versioned, encrypted bucket for uploads, which only TLS reaches.

    Produces: the bucket with its public access block, ownership controls, encryption, versioning, lifecycle,
    CORS rule and policy; a log bucket, an IAM user with an access key, and a CDN when asked for.
    """

    bucket: pulumi.Output[str]
    """Name of the bucket."""
    bucket_arn: pulumi.Output[str]
    """ARN of the bucket."""
    region: pulumi.Output[str]
    """AWS region of the bucket."""
    read_write_policy: pulumi.Output[str]
    """IAM policy (JSON) for the role of a chat: it may read and write the objects, and nothing else."""
    access_key_id: pulumi.Output[str] | None
    """Id of the user's access key (secret); none unless `user` is true."""
    secret_access_key: pulumi.Output[str] | None
    """The access key itself (secret); none unless `user` is true."""

    def __init__(self, name: str, args: MediaStoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        _check(args)
        super().__init__("MediaStore", name, args, opts)
        kms_key_arn = args.get("kms_key_arn")
        force_destroy = args.get("force_destroy", False)
        made = private_bucket(
            f"{name}-bucket",
            physical_name=args["bucket_name"],
            kms_key_arn=kms_key_arn,
            noncurrent_days=args.get("noncurrent_days", 30),
            expire_days=None,
            force_destroy=force_destroy,
            bucket_opts=self.child(protect=args.get("protect"), retain_on_delete=args.get("retain")),
            child=self.child,
        )
        self.bucket = made.bucket.bucket
        self.bucket_arn = made.bucket.arn
        self.region = made.bucket.region
        aws.s3.BucketCorsConfiguration(
            f"{name}-bucket-cors",
            bucket=made.bucket.id,
            cors_rules=[
                # Uploads go through the app; browsers only follow its signed links.
                aws.s3.BucketCorsConfigurationCorsRuleArgs(
                    allowed_methods=["GET", "HEAD"],
                    allowed_origins=[args["cors_origin"]],
                    allowed_headers=["*"],
                    max_age_seconds=CORS_SECONDS,
                )
            ],
            opts=self.child(deleted_with=made.bucket),
        )
        cdn = [self._cdn(name, args["cdn"], args["cors_origin"], made.bucket)] if "cdn" in args else []
        made.set_policy(*cdn)
        if args.get("access_logs", False):
            self._log(name, made.bucket, force_destroy=force_destroy)
        self._let_in(
            name,
            self.bucket_arn,
            kms_key_arn,
            user=args.get("user", False),
            key_version=args.get("key_version", 1),
        )
        # The state needs no second copy of the key and the policy.
        self.register(but_not=("read_write_policy", "access_key_id", "secret_access_key"))

    def grant_read_write(
        self, name: str, role: pulumi.Input[str], opts: pulumi.ResourceOptions | None = None
    ) -> "aws.iam.RolePolicy":
        """Let a role, given by its name, read and write the objects of the bucket, and nothing else."""
        return aws.iam.RolePolicy(
            name, role=role, policy=self.read_write_policy, opts=self.child() if opts is None else opts
        )

    def _cdn(
        self, name: str, cdn: StoreCdnArgs, origin: pulumi.Input[str], bucket: "aws.s3.Bucket"
    ) -> iam.Statement:
        described: MediaCdnArgs = {
            "host": cdn["host"],
            "zone": cdn["zone"],
            "bucket_domain": bucket.bucket_regional_domain_name,
            "origin": origin,
        }
        if "price_class" in cdn:
            described["price_class"] = cdn["price_class"]
        made = MediaCdn(f"{name}-cdn", described, self.child())
        prefix = cdn.get("prefix", PUBLIC_PREFIX)
        return iam.Statement(
            "CdnReads",
            ["s3:GetObject"],
            [self.bucket_arn.apply(lambda arn: f"{arn}/{prefix}*")],
            principals={"Service": ["cloudfront.amazonaws.com"]},
            conditions={"StringEquals": {"AWS:SourceArn": made.distribution_arn}},
        )

    def _log(self, name: str, bucket: "aws.s3.Bucket", *, force_destroy: bool) -> None:
        logs = private_bucket(
            f"{name}-logs",
            physical_name=None,
            # S3 writes its access logs only into buckets with its own keys.
            kms_key_arn=None,
            noncurrent_days=1,
            expire_days=LOG_DAYS,
            force_destroy=force_destroy,
            bucket_opts=self.child(),
            child=self.child,
        )
        policy = logs.set_policy(
            iam.Statement(
                "AccessLogs",
                ["s3:PutObject"],
                [logs.bucket.arn.apply(lambda arn: f"{arn}/*")],
                principals={"Service": ["logging.s3.amazonaws.com"]},
                conditions={"ArnEquals": {"aws:SourceArn": bucket.arn}},
            )
        )
        aws.s3.BucketLogging(
            f"{name}-bucket-logging",
            bucket=bucket.id,
            target_bucket=logs.bucket.id,
            target_prefix="media/",
            opts=self.child(depends_on=[policy]),
        )


def _check(args: MediaStoreArgs) -> None:
    check_bucket_name(args["bucket_name"])
    origin = args["cors_origin"]
    if isinstance(origin, str) and not _is_origin(origin):
        raise ValueError(
            f"the CORS origin {origin!r} must be the chat's own https origin, such as https://chat.example.com"
        )
    if args.get("noncurrent_days", 1) < 1:
        raise ValueError(
            f"the bucket's noncurrent_days is {args.get('noncurrent_days')}; it must be at least 1"
        )
    if args.get("protect", False) and args.get("force_destroy", False):
        raise ValueError("the bucket is protected; force_destroy contradicts that")


def _is_origin(origin: str) -> bool:
    parts = urlsplit(origin)
    return parts.scheme == "https" and "*" not in origin and origin == f"https://{parts.netloc}" != "https://"
