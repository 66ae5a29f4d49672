"""Nightly dumps of the MongoDB in the cluster, copied to a bucket of S3."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

from components.database.series import STORE_IMAGE

LABELS: Final = {"app.kubernetes.io/name": "mongodb-backup", "app.kubernetes.io/part-of": "rocketchat"}
UID: Final = 999

_DUMP = """
set -euo pipefail
mongodump --quiet --config=/secret/tools.yaml --db="$DATABASE" --archive | gzip >/dump/archive.gz
gzip --test /dump/archive.gz
# 20 bytes are the frame around nothing.
[[ $(stat --format=%s /dump/archive.gz) -gt 20 ]] || { echo "the dump is empty" >&2; exit 1; }
""".strip()
_STORE = """
set -eu
key=database/archive.gz
aws s3 cp --only-show-errors /dump/archive.gz "s3://$BUCKET/$key"
echo "copied to $key"
""".strip()


class ClusterBackupArgs(TypedDict):
    """Nightly dumps of the database, to a bucket of S3."""

    region: str
    """AWS region of the bucket."""
    bucket: pulumi.Input[str]
    """Name of the bucket (`DumpBucket.bucket`)."""
    access_key_id: pulumi.Input[str]
    """Access key of a user who may add to the bucket (secret), such as `DumpBucket.access_key_id`."""
    secret_access_key: pulumi.Input[str]
    """Its secret (secret)."""
    hour: int
    """Hour of day, UTC, 0 to 23."""
    image: NotRequired[str]
    """Image of AWS's command line with an exact tag; AWS's own when left out."""


@dataclass(frozen=True)
class Dumped:
    """What is dumped, and by which way."""

    namespace: pulumi.Input[str]
    image: str
    """Of MongoDB, which has the tools."""
    pull_secrets: Sequence[Mapping[str, pulumi.Input[str]]]
    """Secrets by which images are pulled, by `name`."""
    database: str
    uri: pulumi.Output[str]
    """Of a user who may dump it (secret)."""
    disk_gb: int
    """Disk of the database, which no dump is larger than."""
    members: Mapping[str, str]
    """Labels of MongoDB's pods."""
    port: int


def nightly_dumps(
    name: str, args: ClusterBackupArgs, dumped: Dumped, child: Callable[..., pulumi.ResourceOptions]
) -> None:
    """Make the job, and its way to MongoDB and S3.

    A job that fails is tried twice more, and is kept to be looked at (`kubectl get jobs`); nobody is told of it.
    """
    metadata = {"namespace": dumped.namespace, "labels": LABELS}
    secret = kubernetes.core.v1.Secret(
        f"{name}-backup-secret",
        metadata=metadata,
        immutable=True,
        string_data={
            "tools.yaml": pulumi.Output.concat("uri: ", dumped.uri, "\n"),
            "id": args["access_key_id"],
            "key": pulumi.Output.secret(args["secret_access_key"]),
        },
        opts=child(),
    )
    way = kubernetes.networking.v1.NetworkPolicy(
        f"{name}-backup-way",
        metadata={"name": "mongodb-backup", "namespace": dumped.namespace},
        spec={
            "pod_selector": {"match_labels": LABELS},
            "policy_types": ["Egress"],
            "egress": [
                {
                    "to": [{"pod_selector": {"match_labels": dict(dumped.members)}}],
                    "ports": [{"port": dumped.port, "protocol": "TCP"}],
                },
                # S3 has no fixed addresses.
                {"ports": [{"port": 443, "protocol": "TCP"}]},
            ],
        },
        opts=child(),
    )
    secret_name = secret.metadata.apply(lambda found: str(found.name))
    kubernetes.batch.v1.CronJob(
        f"{name}-backup",
        metadata={"name": "mongodb-backup", **metadata},
        spec={
            "schedule": f"0 {int(args['hour'])} * * *",
            "time_zone": "Etc/UTC",
            "concurrency_policy": "Forbid",
            "starting_deadline_seconds": 3600,
            "successful_jobs_history_limit": 3,
            "failed_jobs_history_limit": 3,
            "job_template": {
                "spec": {
                    "backoff_limit": 2,
                    "active_deadline_seconds": 4 * 3600,
                    "template": {
                        "metadata": {"labels": LABELS},
                        "spec": _pod(args, dumped, secret_name),
                    },
                }
            },
        },
        # Made within its hour, it starts at once.
        opts=child(depends_on=[way]),
    )


def _pod(
    args: ClusterBackupArgs, dumped: Dumped, secret: pulumi.Output[str]
) -> "kubernetes.core.v1.PodSpecArgsDict":
    def variable(name: str, key: str) -> dict[str, Any]:
        return {"name": name, "value_from": {"secret_key_ref": {"name": secret, "key": key}}}

    tmp = {"name": "HOME", "value": "/tmp"}  # noqa: S108 - inside the container
    return {
        "restart_policy": "Never",
        **({"image_pull_secrets": dumped.pull_secrets} if dumped.pull_secrets else {}),
        "automount_service_account_token": False,
        "security_context": {
            "run_as_non_root": True,
            "run_as_user": UID,
            "run_as_group": UID,
            "fs_group": UID,
            "seccomp_profile": {"type": "RuntimeDefault"},
        },
        "init_containers": [
            _container(
                "dump",
                dumped.image,
                ["bash", "-c", _DUMP],
                [{"name": "DATABASE", "value": dumped.database}, tmp],
                [{"name": "secret", "mount_path": "/secret", "read_only": True}],
            )
        ],
        "containers": [
            _container(
                "store",
                args.get("image", STORE_IMAGE),
                ["sh", "-c", _STORE],
                [
                    {"name": "BUCKET", "value": args["bucket"]},
                    {"name": "AWS_DEFAULT_REGION", "value": args["region"]},
                    variable("AWS_ACCESS_KEY_ID", "id"),
                    variable("AWS_SECRET_ACCESS_KEY", "key"),
                    tmp,
                ],
                [],
            )
        ],
        "volumes": [
            {"name": "dump", "empty_dir": {"size_limit": f"{dumped.disk_gb}Gi"}},
            {"name": "tmp", "empty_dir": {}},
            {
                "name": "secret",
                "secret": {"secret_name": secret, "items": [{"key": "tools.yaml", "path": "tools.yaml"}]},
            },
        ],
    }


def _container(
    name: str, image: str, command: Sequence[str], env: Sequence[Any], mounts: Sequence[Any]
) -> Any:
    return {
        "name": name,
        "image": image,
        "command": list(command),
        "env": list(env),
        "security_context": {
            "run_as_non_root": True,
            "run_as_user": UID,
            "allow_privilege_escalation": False,
            "capabilities": {"drop": ["ALL"]},
            "seccomp_profile": {"type": "RuntimeDefault"},
            "read_only_root_filesystem": True,
        },
        "resources": {
            "requests": {"cpu": "50m", "memory": "256Mi"},
            "limits": {"cpu": "1000m", "memory": "512Mi"},
        },
        "volume_mounts": [
            *mounts,
            {"name": "dump", "mount_path": "/dump"},
            {"name": "tmp", "mount_path": "/tmp"},  # noqa: S108 - inside the container
        ],
    }
