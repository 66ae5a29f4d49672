"""One host with everything in containers: its document, and the chat's name."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import pulumi

from components.database.on_host import OnHostDatabase
from components.database.private_link import PrivateLinkArgs
from components.edge.host_name import HostName
from components.names import metrics_namespace
from components.operations.alarms import AlarmsArgs
from components.runtime.host.args import HostBackupArgs, HostConfigArgs
from components.runtime.host.config import HostConfig
from components.runtime.host.document import PROXY_IMAGE
from components.values import DatabaseAccess, Egress
from rocketchat.services import HTTP_PORT, MAIN, NATS, Service
from stacks import bot, features
from stacks.kinds.database.own import OwnDatabase
from stacks.kinds.runtime import Running
from stacks.kinds.runtime.host import HostRuntime, sizes

if TYPE_CHECKING:
    from stacks.kinds.context import Context
    from stacks.kinds.kind import Variables

UPLOAD_LIMIT = "OVERWRITE_SETTING_FileUpload_MaxFileSize"


class OnHost:
    """The chat on one host: the host comes first, and what it runs follows it."""

    proxies = 1
    broker = NATS
    private_link: PrivateLinkArgs | None = None

    def __init__(self, runtime: HostRuntime, context: "Context") -> None:
        spec = context.spec
        if context.zone is None or spec.region is None:
            raise ValueError("a host needs a zone and a region, which the rules of stack files ask for")
        self._spec, self._secrets, self._zone, self._opts = spec, context.secrets, context.zone, context.opts
        self._region = spec.region
        self._runtime = runtime
        self._database: OnHostDatabase | None = None
        self._database_part: OwnDatabase | None = None
        self._host = runtime.host(context)
        self.egress = Egress((self._host.egress_address,))

    def own_database(self, part: OwnDatabase) -> DatabaseAccess:
        """Give the database on the host its users; the host makes it when it finds its document."""
        self._database_part = part
        self._database = OnHostDatabase(
            "database",
            {"database": part.name, "protect": self._spec.defaults.protect},
            self._opts,
        )
        return self._database.access

    def run(self, services: Sequence[Service], variables: "Variables") -> Running:
        """Write the host's document, and lead the chat's name to it."""
        spec, [main] = self._spec, services
        images = spec.parts.images
        args: HostConfigArgs = {
            "region": self._region,
            "host": spec.parts.chat.host,
            "email": features.contact(spec.parts),
            "bucket": self._host.bucket,
            "role_name": self._host.role_name,
            "activation_id": self._host.activation_id,
            "memory_mib": sizes.host_size(self._runtime, spec.parts, self._region).memory_mib,
            "image": images.place(f"{main.image}:{main.tag}"),
            "proxy_image": images.place(PROXY_IMAGE),
            "uid": main.uid,
            "stop_seconds": main.stop_seconds,
            "health_path": spec.release.probes.liveness,
            "health_command": spec.release.health_command,
            "host_created_at": self._host.created_at,
            "environment": dict(variables.plain),
            "secrets": {name: secret.reveal() for name, secret in variables.secret.items()},
            "uploads": spec.parts.media.on_host,
            "ssh_from": self._runtime.ssh_from,
            "secret_recovery_days": spec.defaults.secret_recovery_days,
        }
        if self._runtime.allow_from:
            args["only_http_challenge"] = True
        registry = images.credentials(self._secrets)
        if registry is not None:
            args["registry"] = registry
        watched: AlarmsArgs | None = None
        if spec.parts.monitoring.alarm_emails:
            args["metrics_namespace"] = namespace = metrics_namespace(spec.parts.chat.host)
            backups = sizes.keeps_data(spec.parts)
            watched = {"emails": (), "host_namespace": namespace, "host_backups": backups}
        if variables.files:
            args["files"] = variables.files
        if self._runtime.authorized_keys():
            args["authorized_keys"] = dict(self._runtime.authorized_keys())
        largest = variables.plain.get(UPLOAD_LIMIT)
        if isinstance(largest, str):
            args["most_upload_bytes"] = int(largest)
        part = self._database_part
        if self._database is not None and part is not None:
            args["database"] = {
                "image": images.place(part.image(spec.release)),
                "name": part.name,
                "roles": [
                    {"role": role.role, "db": role.database}
                    for role in spec.release.database_roles(part.name)
                ],
                "root_password": self._database.root_password,
                "password": self._database.password,
                "keyfile": self._database.keyfile,
            }
        if sizes.keeps_data(spec.parts):
            args["backup"] = self._backup()
        # Inside the host, by the name of the server's container.
        wanted = bot.wanted(spec.parts, self._secrets, f"http://{MAIN}:{HTTP_PORT}", host=MAIN)
        if wanted is not None:
            args["bot"] = {
                "image": wanted.image,
                "environment": wanted.environment,
                "secrets": wanted.secrets,
            }
            if spec.parts.bot is not None and spec.parts.bot.uid is not None:
                args["bot"]["uid"] = spec.parts.bot.uid
        config = HostConfig("chat", args, self._opts)
        name = HostName(
            "name",
            {"host": spec.parts.chat.host, "zone": self._zone, "address": self._host.address},
            self._opts,
        )
        outputs: dict[str, pulumi.Input[object]] = {
            "address": self._host.address,
            "changes": "The host fetches every five minutes what a deployment changed.",
            "afterDestroy": self._host.activation_id.apply(_forget_nodes(self._region)),
        }
        if "backup" in args:
            outputs["backupBucket"] = config.backup_bucket
            # Nobody can log in to the host: it looks into the bucket for what is asked.
            object_ = config.backup_bucket.apply(lambda bucket: f"s3://{bucket}/restore/")
            region = f" --region {self._region}"
            outputs["restoreCommand"] = pulumi.Output.concat(
                "printf 'all newest' | aws s3 cp - ", object_, "request", region
            )
            outputs["restoreOutcome"] = pulumi.Output.concat("aws s3 cp ", object_, "outcome -", region)
        return Running(url=name.url, watched=watched, outputs=outputs)

    def _backup(self) -> HostBackupArgs:
        part, given, protect = self._spec.parts.backup, self._secrets.values, self._spec.defaults.protect
        made: HostBackupArgs = {
            "hour": part.hour,
            "keep_days": part.keep_days,
            "protect": protect,
            "retain": protect,
            "force_destroy": not protect,
        }
        if part.bucket is not None:
            made["bucket_name"] = part.bucket
        if part.object_lock is not None:
            made["object_lock"] = {"days": part.object_lock.days, "mode": part.object_lock.mode}
        if "healthcheckUrl" in given:
            made["healthcheck_url"] = given["healthcheckUrl"]
        if "backupWebhookUrl" in given:
            made["webhook_url"] = given["backupWebhookUrl"]
        return made


def _forget_nodes(region: str) -> Callable[[str], str]:
    """A host stays in Systems Manager's list of managed nodes when it goes; this takes it out."""
    return lambda activation: (
        f"aws ssm describe-instance-information --region {region} "
        f"--filters Key=ActivationIds,Values={activation} --query 'InstanceInformationList[].InstanceId' "
        f"--output text | xargs -rn1 aws ssm deregister-managed-instance --region {region} --instance-id"
    )
