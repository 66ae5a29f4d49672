"""What a chat on a host is told: the arguments of `HostConfig`."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi

from components.media.bucket import ObjectLockArgs
from components.registry import RegistryArgs


class HostDatabaseArgs(TypedDict):
    """MongoDB on the host: a replica set of one, with its own users."""

    image: str
    """Official image with an exact tag, such as `mongo:8.0.15`."""
    name: str
    """Name of the chat's database."""
    roles: Sequence[Mapping[str, str]]
    """Roles of the chat's user, each with `role` and `db`."""
    root_password: pulumi.Input[str]
    """Password of the user `root`, who dumps and restores (secret); letters and digits. Set once, with new data."""
    password: pulumi.Input[str]
    """Password of the chat's user (secret); letters and digits. A changed one is set at the next deployment."""
    keyfile: pulumi.Input[str]
    """What members of the replica set know each other by (secret); 6 to 1024 letters and digits."""


class HostBackupArgs(TypedDict):
    """Nightly backups of what the host keeps, in a bucket of their own."""

    bucket_name: NotRequired[str]
    """Name of the bucket; made up when left out."""
    hour: int
    """Hour of day, UTC, 0 to 23."""
    keep_days: int
    """Days after which a backup is deleted that has eight newer ones at least."""
    object_lock: NotRequired[ObjectLockArgs]
    """How backups are held against being deleted; not when left out."""
    healthcheck_url: NotRequired[pulumi.Input[str]]
    """Dead man's switch: told of start, end and failure, at healthchecks.io for one (secret)."""
    webhook_url: NotRequired[pulumi.Input[str]]
    """Incoming webhook of a channel, which is told of each backup (secret)."""
    protect: NotRequired[bool]
    """Whether Pulumi refuses to delete the bucket. Default false."""
    retain: NotRequired[bool]
    """Whether the bucket stays when it leaves the stack. Default false."""
    force_destroy: NotRequired[bool]
    """Whether the bucket may be deleted with the backups in it. Default false."""


class HostBotArgs(TypedDict):
    """A chat bot in a container that keeps nothing."""

    image: str
    """Image with an exact tag."""
    uid: NotRequired[int]
    """Numeric user that it runs as; the image's own when left out."""
    environment: Mapping[str, pulumi.Input[str]]
    """Variables in clear; one that Pulumi holds secret fails the deployment."""
    secrets: Mapping[str, pulumi.Input[str]]
    """Variables of the bot that nobody else may read (secret)."""


class HostConfigArgs(TypedDict):
    """All that runs on a host, and where the host looks for it."""

    region: str
    """AWS region of the document, the secret and the backups."""
    host: str
    """Public name of the chat; the proxy gets its certificate."""
    email: str
    """Where the certificate authority writes to."""
    bucket: pulumi.Input[str]
    """Bucket that the host looks into (`HostAgent.bucket`)."""
    role_name: pulumi.Input[str]
    """The host's role (`HostAgent.role_name`)."""
    activation_id: pulumi.Input[str]
    """The host's enrolment (`HostAgent.activation_id`)."""
    host_created_at: pulumi.Input[str]
    """When the host was made: what the one before it said of this document says nothing of the new one."""
    memory_mib: int
    """Memory of the host in MiB; each container gets a part of it as its limit."""
    image: str
    """Image of the chat with its tag."""
    proxy_image: NotRequired[str]
    """Image of the proxy (Caddy) with its tag; the official one when left out."""
    registry: NotRequired[RegistryArgs]
    """Credentials for the images of that registry."""
    uid: int
    """User id that the image runs as."""
    stop_seconds: int
    """Seconds that a container gets to stop before it is killed."""
    health_path: str
    """Path on port 3000 that answers 200 while the process serves."""
    health_command: Sequence[str]
    """Asks for it inside the container, and ends with 0 when that is so; its program must be in the image."""
    environment: Mapping[str, pulumi.Input[str]]
    """Variables in clear; one that Pulumi holds secret fails the deployment."""
    secrets: Mapping[str, pulumi.Input[str]]
    """Variables that nobody else may read (secret)."""
    most_upload_bytes: NotRequired[int]
    """Bytes of the largest upload, for the proxy's limit; -1 is without limit. Default 104857600, the chat's own."""
    authorized_keys: NotRequired[Mapping[str, str]]
    """Public SSH keys by the user of the system who may log in with them; none when left out."""
    files: NotRequired[Mapping[str, str]]
    """Text of further files of the chat's container by their absolute paths, all in one folder, which holds nothing
    else. Nothing in them is secret."""
    uploads: NotRequired[bool]
    """Whether uploads are kept on the host. Default false."""
    database: NotRequired[HostDatabaseArgs]
    """MongoDB on the host; the chat has one elsewhere when left out."""
    backup: NotRequired[HostBackupArgs]
    """Backups of what the host keeps; only and always where it keeps something."""
    metrics_namespace: NotRequired[str]
    """Namespace of CloudWatch that the host alone reports to, every five minutes; it reports nothing when left out."""
    bot: NotRequired[HostBotArgs]
    """A chat bot beside the chat; none when left out."""
    ssh_from: NotRequired[Sequence[str]]
    """Networks that may reach port 22; none when left out."""
    only_http_challenge: NotRequired[bool]
    """Whether the certificate authority is answered on port 80 alone, because it does not reach 443. Default false."""
    secret_recovery_days: NotRequired[int]
    """Days in which a deleted secret can be restored: 0, or 7 to 30. Default 30."""
