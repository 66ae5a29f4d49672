"""The document of a host: its containers and all files that may change while the host stays.

Shape, as `scripts/chat-sync` reads it: `host` (which host it is for, so that another one's is another document),
`compose` (a Compose file), `files` (path to mode and text), `secret`
(id and version of the secret, and for each of its files the user id that may read it).
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import PurePosixPath
from typing import Any, Final

from components.database import series
from components.runtime.host.bootstrap import SCRIPTS
from rocketchat import bot
from rocketchat.services import HTTP_PORT, STARTS_SECONDS

PROXY_IMAGE: Final = "caddy:2.11.7-alpine"
DATA: Final = "/var/lib/chat"
HOME: Final = "/srv/chat"
DATABASE_UID: Final = 999
"""User `mongodb` of the official image."""
DATABASE_USER: Final = "rocketchat"
REPLICA_SET: Final = "rs0"
MOST_UPLOAD: Final = 104857600
"""Bytes of the largest upload that Rocket.Chat takes by itself (FileUpload_MaxFileSize, 100 MiB)."""
UNQUOTABLE: Final = frozenset('"`\\{}')
"""What a quoted word of a Caddyfile cannot hold as it is: `{$HOME}` would be filled in."""
QUIET_HOUR: Final = 18
"""Hour of day, UTC, in which the host may start anew after fixes (02:00 in Singapore)."""
CACHE_GB: Final = 0.25
"""WiredTiger's least cache; the chat lives beside it. MongoDB's own default is half the memory."""
SYSTEM_MIB: Final = 384
"""Memory that the system, Docker and the agent of Systems Manager need."""
PROXY_MIB: Final = 128
DATABASE_MIB: Final = 1024
"""Limit of MongoDB with the least cache, its connections and the sorts of a backup; with the chat's 2 GiB, the
system and the proxy it fits into a host of 4 GiB."""
BOT_MIB: Final = bot.MEMORY_MIB

_BACKUP_TIMER = """\
[Unit]
Description=Back up the chat every night

[Timer]
OnCalendar=*-*-* {hour:02}:00:00 UTC
RandomizedDelaySec=15min
Persistent=true

[Install]
WantedBy=timers.target
"""
_RESTORE_TEST_TIMER = """\
[Unit]
Description=Test every month that the newest dump can be restored

[Timer]
OnCalendar=*-*-02 {hour:02}:00:00 UTC
RandomizedDelaySec=15min
Persistent=true

[Install]
WantedBy=timers.target
"""
_RESTORE_TIMER = """\
[Unit]
Description=Look whether a restore is asked for

[Timer]
OnActiveSec=1min
# Not from the last run on, which there is none of where the data volume is missing.
OnCalendar=*:03/5

[Install]
WantedBy=timers.target
"""
_WATCH_TIMER = """\
[Unit]
Description=Tell CloudWatch every five minutes how the host is

[Timer]
# Once in each period of the alarms.
OnCalendar=*:02/5
AccuracySec=1s

[Install]
WantedBy=timers.target
"""
_JOB_SERVICE = """\
[Unit]
Description={what}
Wants=network-online.target
After=network-online.target docker.service
RequiresMountsFor=/var/lib/chat

[Service]
Type=oneshot
ExecStart=/srv/chat/bin/{command}
TimeoutStartSec=4h
Nice=10
IOSchedulingClass=idle
"""
_FIREWALL_SERVICE = """\
[Unit]
Description=Firewall of the chat's host
After=docker.service
PartOf=docker.service
OnFailure=chat-failed@%n.service

[Service]
Type=oneshot
RemainAfterExit=true
ExecStart=/srv/chat/bin/chat-firewall

[Install]
WantedBy=docker.service
"""
_FAILED_SERVICE = """\
[Unit]
Description=Tell that %i failed

[Service]
Type=oneshot
ExecStart=/srv/chat/bin/chat-failed %i
"""
_UPGRADES = """\
APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";
Unattended-Upgrade::Remove-Unused-Dependencies "true";
Unattended-Upgrade::Automatic-Reboot "true";
Unattended-Upgrade::Automatic-Reboot-Time "{hour:02}:30";
"""
_JOURNAL = "[Journal]\nSystemMaxUse=500M\nMaxRetentionSec=90day\n"
_PROXY = """\
{{
	email "{email}"
	servers {{
		protocols h1 h2
	}}
}}

{host} {{
{tls}{body}	header Strict-Transport-Security max-age=31536000
	reverse_proxy rocketchat:3000 {{
		# The container is made anew at every release: wait for it instead of failing.
		lb_try_duration 30s
		lb_try_interval 1s
		stream_close_delay 5m
	}}
}}
"""
_SCRIPTS = (
    "chat-apply",
    "chat-backup",
    "chat-check",
    "chat-database",
    "chat-failed",
    "chat-firewall",
    "chat-lib",
    "chat-restore",
    "chat-restore-test",
    "chat-store",
    "chat-watch",
    "mongodb-fits",
)


@dataclass(frozen=True)
class Database:
    """MongoDB on the host."""

    image: str
    name: str
    roles: Sequence[Mapping[str, str]]
    """Of the chat's user: `role` and `db`."""


@dataclass(frozen=True)
class Bot:
    """A chat bot, which keeps nothing."""

    image: str
    environment: Mapping[str, Any]
    uid: int | None = None
    """The user that it runs as; the image's own when None."""


@dataclass(frozen=True)
class Chat:
    """What runs on a host. Values of `environment` may be promises of a value; they are passed on unseen."""

    host: str
    """Public name."""
    email: str
    """Where the certificate authority writes to."""
    image: str
    uid: int
    stop_seconds: int
    health_path: str
    health_command: Sequence[str]
    environment: Mapping[str, Any] = field(repr=False)
    region: str
    """AWS region of the backups."""
    database: Database | None = None
    uploads: bool = False
    """Uploads are kept on the host."""
    backup_hour: int = QUIET_HOUR
    """Hour of day, UTC."""
    ssh_from: Sequence[str] = ()
    only_http_challenge: bool = False
    """The certificate authority does not reach port 443."""
    bot: Bot | None = None
    proxy_image: str = PROXY_IMAGE
    metrics_namespace: str | None = None
    """Of CloudWatch; the host tells nothing of itself without it."""
    memory_mib: int = 4096
    """Of the host."""
    most_upload_bytes: int = MOST_UPLOAD
    """-1 is without limit."""
    authorized_keys: Mapping[str, str] = field(default_factory=dict)
    """Public SSH keys by the user of the system who may log in with them."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Text of further files of the chat's container by their paths there, all in one folder."""

    def __post_init__(self) -> None:
        odd = sorted(set(self.email) & UNQUOTABLE)
        if odd:
            raise ValueError(f"the proxy cannot read {' '.join(odd)} in the address {self.email}")

    @property
    def chat_mib(self) -> int:
        """Memory that is left to the chat itself."""
        others = PROXY_MIB + (DATABASE_MIB if self.database else 0) + (BOT_MIB if self.bot else 0)
        return self.memory_mib - SYSTEM_MIB - others

    @property
    def most_body(self) -> int:
        """Bytes of a request: the largest upload, and a tenth for what is around it. 0 is without limit."""
        largest = self.most_upload_bytes
        return 0 if largest < 0 else largest + largest // 10

    @property
    def database_secrets(self) -> dict[str, int]:
        """Names of the secret's files that MongoDB reads, and its user id."""
        if self.database is None:
            return {}
        return {f"mongodb/{name}": DATABASE_UID for name in ("chat", "keyfile", "root", "tools.yaml")}


@cache
def _script(name: str) -> str:
    return (SCRIPTS / name).read_text(encoding="utf-8")


def _bind(source: str, target: str, *, read_only: bool = False) -> dict[str, Any]:
    """A folder of the host; one that is missing is an error, and not made empty."""
    return {
        "type": "bind",
        "source": source,
        "target": target,
        "read_only": read_only,
        "bind": {"create_host_path": False},
    }


def _service(image: str, memory_mib: int, **more: Any) -> dict[str, Any]:
    return {
        "image": image,
        "mem_limit": f"{memory_mib}m",
        "restart": "unless-stopped",
        "init": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "logging": {"driver": "json-file", "options": {"max-size": "10m", "max-file": "5"}},
        **more,
    }


def compose(chat: Chat) -> dict[str, Any]:
    """Return the Compose file, without the variables that are secret."""
    services = {
        "proxy": _service(
            chat.proxy_image,
            PROXY_MIB,
            ports=["80:80", "443:443"],
            cap_add=["NET_BIND_SERVICE"],
            read_only=True,
            volumes=[
                _bind(f"{HOME}/proxy", "/etc/caddy", read_only=True),
                _bind(f"{DATA}/caddy", "/data"),
                {"type": "tmpfs", "target": "/config"},
            ],
        ),
        "rocketchat": _service(
            chat.image,
            chat.chat_mib,
            user=str(chat.uid),
            environment=dict(chat.environment),
            stop_grace_period=f"{chat.stop_seconds}s",
            healthcheck={
                "test": ["CMD", *chat.health_command],
                "interval": "30s",
                "timeout": "5s",
                "retries": 3,
                # Migrations come first, and Compose waits no longer for what is unhealthy.
                "start_period": f"{STARTS_SECONDS}s",
            },
        ),
    }
    volumes = [_bind(f"{DATA}/uploads", "/app/uploads")] if chat.uploads else []
    folders = sorted({str(PurePosixPath(path).parent) for path in chat.files})
    volumes += [_bind(f"{HOME}/files", folder, read_only=True) for folder in folders]
    if volumes:
        services["rocketchat"]["volumes"] = volumes
    if chat.database is not None:
        services["mongodb"] = _mongodb(chat.database)
        services["rocketchat"]["depends_on"] = {"mongodb": {"condition": "service_healthy"}}
    if chat.bot is not None:
        services["bot"] = _service(
            chat.bot.image,
            BOT_MIB,
            **({} if chat.bot.uid is None else {"user": str(chat.bot.uid)}),
            environment=dict(chat.bot.environment),
            healthcheck={
                "test": ["CMD", "sh", "-c", bot.ends_when_lost((HTTP_PORT,))],
                "interval": "30s",
                "timeout": "5s",
            },
            depends_on={"rocketchat": {"condition": "service_healthy"}},
        )
    return {"services": services}


def _mongodb(database: Database) -> dict[str, Any]:
    return _service(
        database.image,
        DATABASE_MIB,
        user=f"{DATABASE_UID}:{DATABASE_UID}",
        command=[
            "mongod",
            "--replSet",
            REPLICA_SET,
            "--keyFile",
            "/run/secrets/keyfile",
            "--bind_ip_all",
            "--wiredTigerCacheSizeGB",
            str(CACHE_GB),
        ],
        environment={
            "MONGO_INITDB_ROOT_USERNAME": "root",
            "MONGO_INITDB_ROOT_PASSWORD_FILE": "/run/secrets/root",
        },
        stop_grace_period="60s",
        volumes=[
            _bind(f"{DATA}/mongodb", "/data/db"),
            _bind(f"{HOME}/secrets/mongodb", "/run/secrets", read_only=True),
            _bind(f"{HOME}/mongodb", "/srv/scripts", read_only=True),
            {"type": "tmpfs", "target": "/data/configdb"},
        ],
        healthcheck={
            # Not while the image still sets itself up, with a server that has no replica set.
            # By the container's own address: while the image sets itself up, its server listens on localhost
            # only. A mongosh every 30 s would cost 126 MiB and seconds of a small host's processor.
            "test": ["CMD", "bash", "-c", "exec 3<>/dev/tcp/$HOSTNAME/27017"],
            "interval": "30s",
            "timeout": "5s",
            "retries": 5,
            "start_period": "60s",
        },
    )


# Without it, half of the challenges fail first, and Let's Encrypt takes five failures an hour.
_ONLY_HTTP = "\ttls {\n\t\tissuer acme {\n\t\t\tdisable_tlsalpn_challenge\n\t\t}\n\t}\n"


def _body(most: int) -> str:
    return f"\trequest_body {{\n\t\tmax_size {most}B\n\t}}\n" if most else ""


def _variables(chat: Chat) -> dict[str, str]:
    """What the scripts read; nothing in it needs quoting."""
    return {
        "CHAT_HOST": chat.host,
        "RELEASE": _release(chat.image),
        "HEALTH_PATH": chat.health_path,
        "CHAT_UID": str(chat.uid),
        "REGION": chat.region,
        "DATABASE": "" if chat.database is None else chat.database.name,
        **_series(chat.database),
        "UPLOADS": "yes" if chat.uploads else "",
        "SSH_FROM": f'"{" ".join(chat.ssh_from)}"',
        "METRICS_NAMESPACE": chat.metrics_namespace or "",
    }


def _release(image: str) -> str:
    """The release in an image's tag; nothing where the tag of somebody's own does not tell."""
    found = re.search(r":(\d+\.\d+\.\d+)(?!.*[/:])", image)
    return found[1] if found else ""


def _series(database: Database | None) -> dict[str, str]:
    if database is None:
        return {}
    wanted = series.of_image(database.image)
    return {"MONGODB": wanted, "MONGODB_OPENS": f'"{" ".join(series.opens(wanted))}"'}


def files(chat: Chat, bucket: str | None) -> dict[str, dict[str, str]]:
    """Return the files by path; `bucket` takes the backups, None where nothing is kept on the host."""
    units = "/etc/systemd/system"
    variables = {**_variables(chat), "BACKUP_BUCKET": bucket or ""}
    texts = {
        f"{HOME}/chat.env": "".join(f"{name}={value}\n" for name, value in variables.items()),
        f"{HOME}/proxy/Caddyfile": _PROXY.format(
            email=chat.email,
            host=chat.host,
            tls=_ONLY_HTTP if chat.only_http_challenge else "",
            body=_body(chat.most_body),
        ),
        f"{units}/chat-firewall.service": _FIREWALL_SERVICE,
        f"{units}/chat-failed@.service": _FAILED_SERVICE,
        "/etc/apt/apt.conf.d/52chat": _UPGRADES.format(hour=(chat.backup_hour + 2) % 24),
        "/etc/systemd/journald.conf.d/chat.conf": _JOURNAL,
    }
    jobs = {
        "chat-backup": ("Back up the chat", "chat-backup", _BACKUP_TIMER),
        "chat-restore": ("Restore what is asked for", "chat-restore --asked", _RESTORE_TIMER),
        "chat-restore-test": ("Test the newest dump", "chat-restore-test", _RESTORE_TEST_TIMER),
    }
    hours = {"chat-backup": chat.backup_hour, "chat-restore-test": (chat.backup_hour + 6) % 24}
    if bucket is None:
        jobs = {}
    elif chat.database is None:
        del jobs["chat-restore-test"]
    if chat.metrics_namespace is not None:
        jobs["chat-watch"] = ("Tell CloudWatch how the host is", "chat-watch", _WATCH_TIMER)
    for unit, (what, command, timer) in jobs.items():
        texts[f"{units}/{unit}.service"] = _JOB_SERVICE.format(what=what, command=command)
        texts[f"{units}/{unit}.timer"] = timer.format(hour=hours.get(unit))
    if chat.database is not None:
        texts[f"{HOME}/mongodb/database.js"] = series.FEATURE + _script("database.js")
        texts[f"{HOME}/mongodb/backups.js"] = _script("backups.js")
        texts[f"{HOME}/mongodb/database.json"] = json.dumps(
            {"name": chat.database.name, "user": DATABASE_USER, "roles": chat.database.roles}
        )
    texts |= {f"{HOME}/files/{PurePosixPath(path).name}": text for path, text in chat.files.items()}
    # Root's, but the server of SSH reads it as the user.
    texts |= {
        f"/home/{user}/.ssh/authorized_keys": f"{key}\n" for user, key in sorted(chat.authorized_keys.items())
    }
    made = {path: {"mode": "0644", "text": text} for path, text in texts.items()}
    return made | {f"{HOME}/bin/{name}": {"mode": "0755", "text": _script(name)} for name in _SCRIPTS}
