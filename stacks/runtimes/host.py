"""One host with everything in containers: Lightsail and DigitalOcean's droplets."""

import json
from collections.abc import Callable, Mapping, Sequence

import pulumi

from components.database.on_host import OnHostDatabase
from components.database.private_link import PrivateLinkArgs
from components.database.series import IMAGES
from components.edge.host_name import HostName
from components.names import bounded
from components.operations.alarms import AlarmsArgs
from components.runtime.droplet import DropletHost, DropletHostArgs
from components.runtime.host.args import HostBackupArgs, HostBotArgs, HostConfigArgs
from components.runtime.host.config import HostConfig
from components.runtime.host.document import QUIET_HOUR
from components.runtime.lightsail import LightsailHost, LightsailHostArgs
from components.values import DatabaseAccess, DnsZone, Egress
from rocketchat import bot as hubot
from rocketchat.environment import Secret
from rocketchat.services import NATS, Service
from stacks import features, hosts, providers
from stacks.egress import ways_out
from stacks.language import ChatSpec
from stacks.load import Secrets
from stacks.runtimes import Running, Variables
from stacks.spec import DropletRuntime, HostMedia, HostRuntime, LightsailRuntime
from stacks.spec import OnHostDatabase as OnHostDatabasePart

LIGHTSAIL_USER = "ubuntu"
NAMESPACE_LIMIT = 255
"""Characters of a namespace of CloudWatch's metrics (API reference, PutMetricData)."""
UPLOAD_LIMIT = "OVERWRITE_SETTING_FileUpload_MaxFileSize"


class _OnHost:
    """What both kinds of host have in common: the host comes first, and what it runs follows it."""

    proxies = 1
    broker = NATS
    private_link: PrivateLinkArgs | None = None

    def __init__(
        self, spec: ChatSpec, secrets: Secrets, zone: DnsZone | None, opts: pulumi.ResourceOptions
    ) -> None:
        if zone is None or spec.region is None:
            raise ValueError("a host needs a zone and a region, which the rules of stack files ask for")
        self._spec, self._secrets, self._zone, self._opts = spec, secrets, zone, opts
        self._region = spec.region
        runtime = spec.parts.runtime
        assert isinstance(runtime, LightsailRuntime | DropletRuntime)  # noqa: S101 - chosen by kind
        self._runtime: HostRuntime = runtime
        self._database: OnHostDatabase | None = None
        self._host = self._make(self._runtime)
        self.egress = Egress((self._host.egress_address,))

    def _make(self, runtime: HostRuntime) -> LightsailHost | DropletHost:
        raise NotImplementedError

    def own_database(self) -> DatabaseAccess:
        """Give the database on the host its users; the host makes it when it finds its document."""
        part = self._spec.parts.database
        assert isinstance(part, OnHostDatabasePart)  # noqa: S101 - deploy.py asks for no other
        self._database = OnHostDatabase(
            "database",
            {"database": part.name, "protect": self._spec.defaults.protect},
            self._opts,
        )
        return self._database.access

    def run(
        self, services: Sequence[Service], variables: Variables, _permissions: pulumi.Output[str] | None
    ) -> Running:
        """Write the host's document, and lead the chat's name to it."""
        spec, [main] = self._spec, services
        args: HostConfigArgs = {
            "region": self._region,
            "host": spec.parts.chat.host,
            "email": features.contact(spec.parts),
            "bucket": self._host.bucket,
            "role_name": self._host.role_name,
            "activation_id": self._host.activation_id,
            "memory_mib": hosts.host_size(self._runtime, spec.parts, self._region).memory_mib,
            "image": f"{main.image}:{main.tag}",
            "uid": main.uid,
            "stop_seconds": main.stop_seconds,
            "health_path": spec.release.probes.liveness,
            "health_command": spec.release.health_command,
            "host_created_at": self._host.created_at,
            "environment": dict(variables.plain),
            "secrets": {name: secret.reveal() for name, secret in variables.secret.items()},
            "uploads": isinstance(spec.parts.media, HostMedia),
            "ssh_from": self._runtime.ssh_from,
            "secret_recovery_days": spec.defaults.secret_recovery_days,
        }
        watched: AlarmsArgs | None = None
        if spec.parts.monitoring.alarm_emails:
            # One for each chat, so that no host can report as another.
            args["metrics_namespace"] = namespace = bounded(
                f"RocketChat/{spec.parts.chat.host}", NAMESPACE_LIMIT
            )
            backups = hosts.keeps_data(spec.parts)
            watched = {"emails": (), "host_namespace": namespace, "host_backups": backups}
        if isinstance(self._runtime, LightsailRuntime):
            args["authorized_keys"] = {LIGHTSAIL_USER: self._runtime.ssh_key}
        largest = variables.plain.get(UPLOAD_LIMIT)
        if isinstance(largest, str):
            args["most_upload_bytes"] = int(largest)
        part = spec.parts.database
        if self._database is not None and isinstance(part, OnHostDatabasePart):
            args["database"] = {
                "image": IMAGES[part.version or spec.release.recommended_mongodb],
                "name": part.name,
                "roles": [
                    {"role": role.role, "db": role.database}
                    for role in spec.release.database_roles(part.name)
                ],
                "root_password": self._database.root_password,
                "password": self._database.password,
                "keyfile": self._database.keyfile,
            }
        if hosts.keeps_data(spec.parts):
            args["backup"] = self._backup()
        if spec.parts.bot is not None:
            args["bot"] = self._bot()
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
            "monthlyUsd": hosts.monthly_usd(spec.parts, spec.size, spec.defaults, self._region),
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
        if "healthcheckUrl" in given:
            made["healthcheck_url"] = given["healthcheckUrl"]
        if "backupWebhookUrl" in given:
            made["webhook_url"] = given["backupWebhookUrl"]
        return made

    def _bot(self) -> HostBotArgs:
        part, given = self._spec.parts.bot, self._secrets.values
        assert part is not None  # noqa: S101 - run() asks only then
        variables = hubot.bot(
            part.username,
            Secret[pulumi.Input[str]](given["botPassword"]),
            name=part.name,
            rooms=part.rooms,
            all_public=part.all_public,
            scripts=part.scripts,
        )
        keys = {name: given["botKeys"].apply(_picked(name)) for name in part.keys}
        return {
            "image": part.image,
            "environment": dict(variables.plain),
            "secrets": {name: secret.reveal() for name, secret in variables.secret.items()} | keys,
        }


class OnLightsail(_OnHost):
    """The chat on one Lightsail instance."""

    def _make(self, runtime: HostRuntime) -> LightsailHost:
        assert isinstance(runtime, LightsailRuntime)  # noqa: S101 - chosen by kind
        spec = self._spec
        args: LightsailHostArgs = {
            "host": spec.parts.chat.host,
            "region": self._region,
            "zone": runtime.zone,
            "size": hosts.host_size(runtime, spec.parts, self._region).name,
            "disk_gb": hosts.disk_gb(runtime, spec.parts, spec.size),
            "ssh_from": runtime.ssh_from,
            "generation": runtime.generation,
            "protect": spec.defaults.protect,
            "retain": spec.defaults.protect,
            # A disk cannot grow: more users alone must not ask for another one.
            "keep_disk": runtime.disk_gb is None,
        }
        if hosts.snapshots(runtime, spec.defaults):
            # Another hour than the dump's, and the restart's after fixes.
            args["snapshot_hour"] = (QUIET_HOUR + 4) % 24
        return LightsailHost("host", args, self._opts)


class OnDroplet(_OnHost):
    """The chat on one droplet."""

    def _make(self, runtime: HostRuntime) -> DropletHost:
        assert isinstance(runtime, DropletRuntime)  # noqa: S101 - chosen by kind
        spec = self._spec
        args: DropletHostArgs = {
            "host": spec.parts.chat.host,
            "aws_region": self._region,
            "region": runtime.region,
            "size": hosts.host_size(runtime, spec.parts, self._region).name,
            "disk_gb": hosts.disk_gb(runtime, spec.parts, spec.size),
            "public_key": runtime.ssh_key,
            "egress": [
                {"first_port": way.first, "last_port": way.last, "reason": way.reason}
                for way in ways_out(
                    spec.parts, spec.defaults, self._secrets.database_ports, self._secrets.web_ports
                )
            ],
            "ssh_from": runtime.ssh_from,
            "backups": hosts.snapshots(runtime, spec.defaults),
            "environment": spec.defaults.environment,
            "generation": runtime.generation,
            "tags": [f"{key}:{value.replace('.', '-')}" for key, value in providers.tags(spec).items()],
            "protect": spec.defaults.protect,
            "retain": spec.defaults.protect,
        }
        return DropletHost("host", args, self._opts)


def _forget_nodes(region: str) -> Callable[[str], str]:
    """A host stays in Systems Manager's list of managed nodes when it goes; this takes it out."""
    return lambda activation: (
        f"aws ssm describe-instance-information --region {region} "
        f"--filters Key=ActivationIds,Values={activation} --query 'InstanceInformationList[].InstanceId' "
        f"--output text | xargs -rn1 aws ssm deregister-managed-instance --region {region} --instance-id"
    )


def _picked(name: str) -> Callable[[str], str]:
    def pick(text: str) -> str:
        try:
            values: Mapping[str, str] = json.loads(text)
            return str(values[name])
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f"the secret rocketchat:botKeys must be a JSON object with the key {name}"
            ) from error

    return pick
