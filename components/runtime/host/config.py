"""What a host runs, put where the host finds it."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from components import iam
from components.base import Component, not_secret
from components.database.series import held, of_image
from components.media.bucket import KEEP_NEWEST, private_bucket
from components.registry import docker_config, hidden
from components.runtime.host import document
from components.runtime.host.agent import DOCUMENT_KEY, REPORT_KEY, managed_nodes
from components.runtime.host.args import HostBackupArgs, HostConfigArgs, HostDatabaseArgs
from components.runtime.host.serving import served

LONGEST_SECRET = 65536
"""Bytes that a secret of Secrets Manager takes (its quotas)."""
DOCKER_CONFIG = "docker/config.json"
BACKUP_FILES = {"healthcheck_url": "healthcheck-url", "webhook_url": "backup-webhook-url"}


_ADDRESS = re.compile(r"https?://[\x21\x23-\x5b\x5d-\x7e]+")
"""Printable ASCII without spaces, quotes and backslashes (RFC 3986)."""


class HostConfig(Component):
    """The document of a host, its secret, and the bucket of its backups.

    The host applies a change within five minutes. It is waited for: a deployment fails with the host's own reason
    when it does not serve what it was told, or with what is known of it when it says nothing for half an hour.

    Produces: the object with the document, a secret with its version, a policy of the host's role; a private
    bucket for backups with all its side resources where something is backed up.
    """

    backup_bucket: pulumi.Output[str | None]
    """Name of the bucket of backups; None where there is none."""
    serves: pulumi.Output[bool]
    """True, once the host has said that it serves this."""

    def __init__(self, name: str, args: HostConfigArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        if (args.get("database") is not None or args.get("uploads", False)) != ("backup" in args):
            raise ValueError(
                "a host that keeps data needs `backup`, and one that keeps none has nothing to back up"
            )
        hidden = _hidden(args)
        # A secret given in clear must not reach the state as an input of the component.
        super().__init__("HostConfig", name, hidden, opts)
        chat = _chat(args)
        backups = self._backups(name, args["backup"]) if "backup" in args else None
        secret = aws.secretsmanager.Secret(
            f"{name}-secrets",
            description=f"What the host of {args['host']} must know and nobody else",
            recovery_window_in_days=int(args.get("secret_recovery_days", 30)),
            opts=self.child(),
        )
        version = aws.secretsmanager.SecretVersion(
            f"{name}-secrets",
            secret_id=secret.id,
            secret_string=pulumi.Output.json_dumps(_secret(hidden), sort_keys=True).apply(_fits),
            opts=self.child(),
        )
        statements = [iam.Statement("ReadSecret", ("secretsmanager:GetSecretValue",), (secret.arn,))]
        if backups is not None:
            statements += [
                # Not to delete: who takes over the host must not reach the backups' older versions.
                iam.Statement(
                    "WriteAndReadBackups",
                    ("s3:PutObject", "s3:GetObject", "s3:GetObjectVersion", "s3:AbortMultipartUpload"),
                    (pulumi.Output.concat(backups.arn, "/*"),),
                ),
                iam.Statement("ListBackups", ("s3:ListBucket", "s3:ListBucketVersions"), (backups.arn,)),
            ]
        if "metrics_namespace" in args:
            statements.append(
                # The action knows no resource; the condition is what bounds it.
                iam.Statement(
                    "SayHowTheHostIs",
                    ("cloudwatch:PutMetricData",),
                    ("*",),
                    conditions={"StringEquals": {"cloudwatch:namespace": args["metrics_namespace"]}},
                )
            )
        policy = aws.iam.RolePolicy(
            f"{name}-access", role=args["role_name"], policy=iam.document(*statements), opts=self.child()
        )
        bucket: pulumi.Output[str | None] = (
            pulumi.Output.from_input(None) if backups is None else backups.bucket.apply(lambda found: found)
        )
        readers = {
            **chat.database_secrets,
            **{BACKUP_FILES[key]: 0 for key in BACKUP_FILES if key in args.get("backup", {})},
            **({DOCKER_CONFIG: 0} if "registry" in args else {}),
        }
        written = aws.s3.BucketObjectv2(
            f"{name}-document",
            bucket=args["bucket"],
            key=DOCUMENT_KEY,
            content_type="application/json",
            content=pulumi.Output.json_dumps(
                {
                    # A new host has to say that it serves; and the one before it is gone when this is written.
                    "host": args["host_created_at"],
                    "compose": document.compose(chat),
                    "files": bucket.apply(lambda found: document.files(chat, found)),
                    # The version, so that a changed secret is a changed document.
                    "secret": {"id": secret.arn, "version": version.version_id, "files": readers},
                }
            ),
            # The host looks for it all the time; what it names must be there.
            opts=self.child(
                depends_on=[policy, version],
                hooks=None if chat.database is None else held(name, of_image(chat.database.image)),
            ),
        )
        self.backup_bucket = bucket
        self.serves = self._serves(args, written)
        self.register()

    def _serves(self, args: HostConfigArgs, written: "aws.s3.BucketObjectv2") -> pulumi.Output[bool]:
        opts = pulumi.InvokeOptions(parent=self)

        async def wait(content: str, bucket: str, activation: str) -> bool:
            digest = hashlib.sha256(content.encode()).hexdigest()
            return await served(
                digest, bucket, REPORT_KEY, lambda: managed_nodes(activation, opts).future(), opts
            )

        # The id is known when the object is written.
        return pulumi.Output.all(written.content, written.bucket, args["activation_id"], written.id).apply(
            lambda known: wait(*known[:3])
        )

    def _backups(self, name: str, backup: HostBackupArgs) -> "aws.s3.Bucket":
        made = private_bucket(
            f"{name}-backups",
            physical_name=backup.get("bucket_name"),
            kms_key_arn=None,
            noncurrent_days=int(backup["keep_days"]),
            # Age alone would empty the bucket of a host that makes no more backups.
            expire_days=None,
            keep_newest={
                "backups/": KEEP_NEWEST,
                "before-restore/": KEEP_NEWEST,
                "files/": 0,
                "restore/": 0,
            },
            object_lock=backup.get("object_lock"),
            force_destroy=backup.get("force_destroy", False),
            bucket_opts=self.child(protect=backup.get("protect"), retain_on_delete=backup.get("retain")),
            child=self.child,
        )
        made.set_policy()
        return made.bucket


def _hidden(args: HostConfigArgs) -> HostConfigArgs:
    made = args.copy()
    made["secrets"] = _secrets(args["secrets"])
    if "database" in args:
        made["database"] = {
            **args["database"],
            "root_password": pulumi.Output.secret(args["database"]["root_password"]),
            "password": pulumi.Output.secret(args["database"]["password"]),
            "keyfile": pulumi.Output.secret(args["database"]["keyfile"]),
        }
    if "backup" in args:
        backup = args["backup"].copy()
        if "healthcheck_url" in backup:
            backup["healthcheck_url"] = _address("healthcheck_url", backup["healthcheck_url"])
        if "webhook_url" in backup:
            backup["webhook_url"] = _address("webhook_url", backup["webhook_url"])
        made["backup"] = backup
    if "registry" in args:
        made["registry"] = hidden(args["registry"])
    if "bot" in args:
        made["bot"] = {**args["bot"], "secrets": _secrets(args["bot"]["secrets"])}
    return made


def _address(key: str, given: pulumi.Input[str]) -> pulumi.Output[str]:
    """Return the secret address; fail for what would be more than an address on the host, without showing it."""

    def checked(url: str) -> str:
        if not _ADDRESS.fullmatch(url):
            raise pulumi.RunError(f"the secret {key} is not an address such as https://example.com/x")
        return url

    return pulumi.Output.secret(given).apply(checked)


def _secrets(given: Mapping[str, pulumi.Input[str]]) -> dict[str, pulumi.Input[str]]:
    return {key: pulumi.Output.secret(value) for key, value in given.items()}


def _chat(args: HostConfigArgs) -> document.Chat:
    database, bot = args.get("database"), args.get("bot")
    return document.Chat(
        host=args["host"],
        email=args["email"],
        image=args["image"],
        proxy_image=str(args.get("proxy_image", document.PROXY_IMAGE)),
        uid=int(args["uid"]),
        stop_seconds=int(args["stop_seconds"]),
        health_path=args["health_path"],
        health_command=tuple(args["health_command"]),
        environment={name: _plain(name, value) for name, value in args["environment"].items()},
        region=args["region"],
        files=dict(args.get("files", {})),
        database=None
        if database is None
        else document.Database(
            database["image"], database["name"], [dict(role) for role in database["roles"]]
        ),
        uploads=bool(args.get("uploads", False)),
        backup_hour=int(args["backup"]["hour"]) if "backup" in args else document.QUIET_HOUR,
        ssh_from=list(args.get("ssh_from", ())),
        only_http_challenge=args.get("only_http_challenge", False),
        memory_mib=int(args["memory_mib"]),
        most_upload_bytes=int(args.get("most_upload_bytes", document.MOST_UPLOAD)),
        authorized_keys=dict(args.get("authorized_keys", {})),
        metrics_namespace=args.get("metrics_namespace"),
        bot=None
        if bot is None
        else document.Bot(
            bot["image"],
            {name: _plain(name, value) for name, value in bot["environment"].items()},
            int(bot["uid"]) if "uid" in bot else None,
        ),
    )


def _secret(args: HostConfigArgs) -> dict[str, Any]:
    environments: dict[str, Any] = {"rocketchat": args["secrets"]}
    if "bot" in args:
        environments["bot"] = args["bot"]["secrets"]
    files: dict[str, pulumi.Input[str]] = {}
    if "database" in args:
        files = _database_files(args["database"])
    backup: Mapping[str, Any] = args.get("backup", {})
    files |= {BACKUP_FILES[key]: backup[key] for key in BACKUP_FILES if key in backup}
    if "registry" in args:
        files[DOCKER_CONFIG] = docker_config(args["registry"])
    return {"environments": environments, "files": files}


def _database_files(database: HostDatabaseArgs) -> dict[str, pulumi.Input[str]]:
    root = pulumi.Output.concat(
        "uri: mongodb://root:",
        database["root_password"],
        "@localhost:27017/?authSource=admin&directConnection=true\n",
    )
    return {
        "mongodb/chat": database["password"],
        "mongodb/keyfile": database["keyfile"],
        "mongodb/root": database["root_password"],
        "mongodb/tools.yaml": root,
    }


def _fits(text: str) -> str:
    if len(text.encode()) > LONGEST_SECRET:
        raise ValueError(f"the host's secrets have {len(text.encode())} bytes; {LONGEST_SECRET} are allowed")
    return text


def _plain(variable: str, value: pulumi.Input[str]) -> pulumi.Output[str]:
    """Return `value` for the host's document, which is not secret."""
    return not_secret(value, f"variable {variable} of the host holds a secret; give it in `secrets`")
