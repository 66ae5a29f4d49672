"""Uploads in a bucket of any service with S3's protocol."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import pulumi

from stacks.egress import web_port
from stacks.fields import LABEL, BucketName, Form
from stacks.judging import Finding, rule
from stacks.kinds.media import BucketKind
from stacks.problems import Problem
from stacks.questions import Ask
from stacks.secret_keys import PORT, SecretKey

if TYPE_CHECKING:
    from components.values import MediaAccess
    from stacks.kinds.context import Context
    from stacks.profiles import Defaults
    from stacks.spec import Parts

_IN_ADDRESS = tuple(
    re.compile(one)
    for one in (
        r"s3\.(?P<region>[a-z]{2}-[a-z]{3})\.scw\.cloud",
        r"s3\.(?P<region>[a-z]{2}-[a-z]+-[0-9]+)\.(backblazeb2|wasabisys|amazonaws)\.com",
    )
)
"""Services whose addresses name the region, which refuse requests signed for another (kopia/kopia 168; Backblaze,
"Introduction to the S3-Compatible API"; Wasabi, "Service URLs")."""
_R2 = ".r2.cloudflarestorage.com"
_OF_R2 = ("auto", "us-east-1", "wnam", "enam", "weur", "eeur", "apac", "oc")
"""Regions that R2 takes (Cloudflare, "S3 API compatibility", "Bucket region")."""
KEY_ID, KEY = "mediaAccessKeyId", "mediaSecretAccessKey"
Endpoint = Annotated[
    str,
    Form(
        rf"https?://{LABEL}(\.{LABEL})*{PORT}?",
        "the address of a service, without a path; one looks like https://s3.fr-par.scw.cloud",
    ),
]


class S3CompatibleMedia(BucketKind):
    """Uploads in a private bucket of a service with S3's protocol, which is there already.

    Its key is two secrets, `mediaAccessKeyId` and `mediaSecretAccessKey`.
    """

    secrets: ClassVar = (
        SecretKey(KEY_ID, "Id of the access key of the bucket's service.", required=True),
        SecretKey(KEY, "The secret access key that goes with it.", required=True),
    )
    paid_elsewhere: ClassVar = "the bucket with the uploads, which is there already"
    example: ClassVar = {"endpoint": "https://minio.example.com", "bucket": "media-example"}
    asks: ClassVar = {
        "endpoint": Ask("The service's documentation names it."),
        "region": Ask(
            "`auto` at Cloudflare R2, `us-east-1` at MinIO unless it was told another.", "us-east-1"
        ),
    }

    kind: Literal["s3-compatible"]
    endpoint: Endpoint
    """Address of the service, without the bucket: `https://<account>.r2.cloudflarestorage.com` (Cloudflare R2),
    `https://s3.fr-par.scw.cloud` (Scaleway), `https://s3.eu-central-003.backblazeb2.com` (Backblaze), or that of your
    MinIO. Users' browsers fetch files there, unless `throughServer` is true."""
    bucket: BucketName
    """Name of the bucket."""
    region: Annotated[
        str, Form(r"[a-z0-9-]{2,40}", "a region: lower-case letters, digits and hyphens, 2 to 40")
    ] = "us-east-1"
    """Region that requests are signed for: `auto` at Cloudflare R2, `us-east-1` at MinIO unless it was told another."""
    path_style: bool = True
    """Write the bucket behind the address (`https://service/bucket`), which all of these services take. False writes
    it before (`https://bucket.service`)."""

    @property
    def behind_address(self) -> bool:
        """As the file says."""
        return self.path_style

    def addresses(self) -> Mapping[str, str | None]:
        """The service."""
        return {"endpoint": self.endpoint}

    def ways_out(
        self, parts: "Parts", defaults: "Defaults", uri_ports: Sequence[int]
    ) -> Iterator[tuple[int, str]]:
        """The service's port."""
        port = web_port(self.endpoint)
        if port is not None:
            yield port, "Uploads"

    def make(self, context: "Context") -> "MediaAccess":
        """Make nothing: the bucket is there."""
        from components.values import MediaAccess

        return MediaAccess(
            bucket=pulumi.Output.from_input(self.bucket),
            region=pulumi.Output.from_input(self.region),
            endpoint=pulumi.Output.from_input(self.endpoint),
            access_key_id=context.secrets.values[KEY_ID],
            secret_access_key=context.secrets.values[KEY],
        )


@rule("Browsers can fetch uploads where they are")
def _fetched(media: S3CompatibleMedia) -> Iterator[Finding]:
    scheme, _, server = media.endpoint.partition("://")
    service = server.removeprefix(f"{media.bucket}.")
    if "." in service and service != server:
        yield Problem(
            "rocketchat:media.endpoint",
            "the bucket stands in the service's address, too",
            remedy=f"write {scheme}://{service}",
        )
    if media.endpoint.startswith("http:") and not media.through_server:
        yield Problem(
            "rocketchat:media.endpoint",
            "downloads are links to this address, and browsers load nothing in clear into a page that came by https",
            remedy="give its https address, or set `throughServer: true`",
        )
    if not media.path_style and media.endpoint.startswith("https:") and "." in media.bucket:
        yield Problem(
            "rocketchat:media.pathStyle",
            f"no certificate for all buckets of {server} fits {media.bucket}.{server}: one stands for no dot",
            remedy="leave it out, where the service takes the bucket behind its address",
        )


@rule("Requests are signed for the service's region")
def _signed(media: S3CompatibleMedia) -> Iterator[Finding]:
    host = media.endpoint.partition("://")[2].partition(":")[0]
    named = next((found["region"] for one in _IN_ADDRESS if (found := one.fullmatch(host))), media.region)
    if host.endswith(_R2) and media.region not in _OF_R2:
        named = _OF_R2[0]
    if named != media.region:
        yield Problem(
            "rocketchat:media.region",
            f"requests are signed for {media.region}, and {host} takes those for {named}",
            remedy=f"write `region: {named}`",
        )
    if host.endswith(".r2.dev"):
        yield Problem(
            "rocketchat:media.endpoint",
            "this is a bucket's public address, which shows files to everybody and takes none",
            remedy=f"write https://<account>{_R2}",
        )
