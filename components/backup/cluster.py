"""The jobs of a backup in Kubernetes: a dump every night, and a drill that restores the newest one beside the data."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

from components.backup import program
from components.base import Component
from components.database.uri import without_database
from components.nodes import ANY_NODE, NodesArgs, on_nodes

BACKUP_JOB: Final = "mongodb-backup"
RESTORE_JOB: Final = "mongodb-restore"
"""Tries backups on its days; a restore is a job made from it."""
LABELS: Final = {"app.kubernetes.io/name": BACKUP_JOB, "app.kubernetes.io/part-of": "rocketchat"}
DRILL_DAYS: Final = "0,3"
"""Sunday and Wednesday: an alarm of CloudWatch looks back seven days at most, and one drill may be missed."""
DRILL_HOURS: Final = 6
"""After the dump, which may take four hours."""
SECRETS: Final = {"healthcheck_url": "HEALTHCHECK_URL", "webhook_url": "BACKUP_WEBHOOK_URL"}


class ClusterBackupArgs(TypedDict):
    """Dumps of the database to a bucket of S3, and drills with them."""

    host: str
    """Public name of the chat, by which messages tell of it."""
    region: str
    """AWS region of the bucket, and of the metrics."""
    bucket: pulumi.Input[str]
    """Name of the bucket (`DumpBucket.bucket`)."""
    access_key_id: pulumi.Input[str]
    """Access key of a user who may add to the bucket (secret), such as `DumpBucket.access_key_id`."""
    secret_access_key: pulumi.Input[str]
    """Its secret (secret)."""
    reader_access_key_id: pulumi.Input[str]
    """Access key of a user who may read it (secret), such as `DumpBucket.reader_access_key_id`."""
    reader_secret_access_key: pulumi.Input[str]
    """Its secret (secret)."""
    metrics_namespace: NotRequired[str]
    """Namespace of CloudWatch in which the jobs tell what they did; none when left out."""
    hour: int
    """Hour of day, UTC, 0 to 23, of the dump."""
    image: NotRequired[str]
    """Image with Python, boto3, Bash and curl, with an exact tag; one of AWS when left out."""
    healthcheck_url: NotRequired[pulumi.Input[str]]
    """Dead man's switch (secret)."""
    webhook_url: NotRequired[pulumi.Input[str]]
    """Incoming webhook of a channel (secret)."""


@dataclass(frozen=True)
class Dumped:
    """What is dumped, and by which way."""

    namespace: pulumi.Input[str]
    image: str
    """Of MongoDB, which has the tools."""
    pull_secrets: Sequence[Mapping[str, pulumi.Input[str]]]
    """Secrets by which images are pulled, by `name`."""
    nodes: NodesArgs
    """On which nodes the jobs run."""
    database: str
    backup_uri: pulumi.Input[str]
    """Of a user who may read it (secret)."""
    restore_uri: pulumi.Input[str]
    """Of a user who may write it (secret)."""
    egress: Sequence[Mapping[str, Any]]
    """Rules of the way to MongoDB."""


class ClusterDumpsArgs(TypedDict):
    """Dumps of a database outside the cluster."""

    namespace: pulumi.Input[str]
    """Namespace of the chat."""
    image: str
    """MongoDB's image, of the series of the server or newer."""
    database: str
    """Name of the chat's database."""
    backup_uri: pulumi.Input[str]
    """URI of a user who may read it (secret)."""
    restore_uri: pulumi.Input[str]
    """URI of a user who may write it, such as the chat (secret)."""
    ports: Sequence[int]
    """TCP ports of the database."""
    pull_secret: NotRequired[pulumi.Input[str]]
    """Name of the Secret by which images are pulled, such as `ChatNamespace.pull_secret`."""
    nodes: NotRequired[NodesArgs]
    """On which nodes the jobs run; on any when left out."""
    backup: ClusterBackupArgs
    """Where the dumps go."""


class ClusterDumps(Component):
    """Dumps of a database outside the cluster, by jobs in it.

    Produces: two CronJobs with a Secret each, and their way out.
    """

    def __init__(self, name: str, args: ClusterDumpsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        secret = {key: pulumi.Output.secret(args[key]) for key in ("backup_uri", "restore_uri")}
        super().__init__("ClusterDumps", name, {**args, **secret}, opts)
        ports = [{"port": int(port), "protocol": "TCP"} for port in args["ports"]]
        dumped = Dumped(
            namespace=args["namespace"],
            image=args["image"],
            pull_secrets=[{"name": args["pull_secret"]}] if "pull_secret" in args else [],
            nodes=args.get("nodes", ANY_NODE),
            database=args["database"],
            backup_uri=secret["backup_uri"],
            restore_uri=secret["restore_uri"],
            egress=[{"ports": ports}],
        )
        jobs(name, args["backup"], dumped, self.child)
        self.register()


def jobs(
    name: str, args: ClusterBackupArgs, dumped: Dumped, child: Callable[..., pulumi.ResourceOptions]
) -> None:
    """Make the jobs, and their way to MongoDB and S3.

    A job that fails is tried twice more, and is kept to be looked at (`kubectl get jobs`).
    """
    way = kubernetes.networking.v1.NetworkPolicy(
        f"{name}-backup-way",
        metadata={"name": "mongodb-backup", "namespace": dumped.namespace},
        spec={
            "pod_selector": {"match_labels": LABELS},
            "policy_types": ["Egress"],
            # S3, CloudWatch and the channel have no fixed addresses.
            "egress": [*dumped.egress, {"ports": [{"port": 443, "protocol": "TCP"}]}],
        },
        opts=child(),
    )
    hour = int(args["hour"])
    wanted = (
        ("backup", BACKUP_JOB, f"0 {hour} * * *", program.BACKUP, dumped.backup_uri, ""),
        (
            "restore",
            RESTORE_JOB,
            f"0 {(hour + DRILL_HOURS) % 24} * * {DRILL_DAYS}",
            program.DRILL,
            dumped.restore_uri,
            "reader_",
        ),
    )
    given: Mapping[str, Any] = args
    for role, job, schedule, words, uri, user in wanted:
        metadata = {"namespace": dumped.namespace, "labels": LABELS}
        secrets = {
            "MONGODB_URI": pulumi.Output.secret(uri).apply(without_database),
            "AWS_ACCESS_KEY_ID": pulumi.Output.secret(given[f"{user}access_key_id"]),
            "AWS_SECRET_ACCESS_KEY": pulumi.Output.secret(given[f"{user}secret_access_key"]),
            **{name: pulumi.Output.secret(given[key]) for key, name in SECRETS.items() if key in given},
        }
        secret = kubernetes.core.v1.Secret(
            f"{name}-{role}-secret", metadata=metadata, immutable=True, string_data=secrets, opts=child()
        )
        secret_name = secret.metadata.apply(lambda found: str(found.name))
        kubernetes.batch.v1.CronJob(
            f"{name}-{role}",
            metadata={"name": job, **metadata},
            spec={
                "schedule": schedule,
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
                            "spec": _pod(args, dumped, words, secret_name, list(secrets)),
                        },
                    }
                },
            },
            # Made within its hour, it starts at once.
            opts=child(depends_on=[way]),
        )


def _pod(
    args: ClusterBackupArgs,
    dumped: Dumped,
    words: Sequence[str],
    secret: pulumi.Output[str],
    secrets: Sequence[str],
) -> "kubernetes.core.v1.PodSpecArgsDict":
    def secret_variable(name: str) -> dict[str, Any]:
        return {"name": name, "value_from": {"secret_key_ref": {"name": secret, "key": name}}}

    plain = program.environment(
        host=args["host"],
        database=dumped.database,
        region=args["region"],
        metrics_namespace=args.get("metrics_namespace"),
    )
    variables: list[dict[str, Any]] = [{"name": name, "value": value} for name, value in plain.items()]
    variables.append({"name": "BACKUP_BUCKET", "value": args["bucket"]})
    tools = _container("tools", dumped.image, program.tools_command())
    # It ends with the job's own container.
    tools["restart_policy"] = "Always"
    tools["env"] = [
        {"name": "TOOLS_PORT", "value": plain["TOOLS_PORT"]},
        {"name": "HOME", "value": plain["HOME"]},
        secret_variable("MONGODB_URI"),
    ]
    job = _container("job", args.get("image", program.IMAGE), program.command(*words))
    job["env"] = [*variables, *(secret_variable(name) for name in secrets if name != "MONGODB_URI")]
    return {
        "restart_policy": "Never",
        **({"image_pull_secrets": dumped.pull_secrets} if dumped.pull_secrets else {}),
        **on_nodes(dumped.nodes),
        "automount_service_account_token": False,
        "security_context": {
            "run_as_non_root": True,
            "run_as_user": program.UID,
            "run_as_group": program.UID,
            "fs_group": program.UID,
            "seccomp_profile": {"type": "RuntimeDefault"},
        },
        "init_containers": [tools],
        "containers": [job],
        "volumes": [{"name": f"{name}-tmp", "empty_dir": {}} for name in ("tools", "job")],
    }


def _container(name: str, image: str, command: Sequence[str]) -> dict[str, Any]:
    return {
        "name": name,
        "image": image,
        "command": list(command),
        "security_context": {
            "run_as_non_root": True,
            "run_as_user": program.UID,
            "allow_privilege_escalation": False,
            "capabilities": {"drop": ["ALL"]},
            "seccomp_profile": {"type": "RuntimeDefault"},
            "read_only_root_filesystem": True,
        },
        "resources": {
            "requests": {"cpu": "50m", "memory": "256Mi"},
            "limits": {"cpu": "1000m", "memory": "512Mi"},
        },
        "volume_mounts": [{"name": f"{name}-tmp", "mount_path": "/tmp"}],  # noqa: S108 - inside the container
    }
