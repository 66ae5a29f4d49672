"""User data of a host: the same for every release, setting and secret of its chat.

A change of this text makes a new host (the data volume and the address stay), so it holds only what a bare
host needs to fetch the rest; a test keeps its digest.
"""

import hashlib
import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

SCRIPTS: Final = Path(__file__).parent / "scripts"
SYNC_MINUTES: Final = 5
MOST_BYTES: Final = 16384
"""Lightsail's limit, which is that of EC2; DigitalOcean takes 64 KiB."""

_BOOTSTRAP_SERVICE = """\
[Unit]
Description=Make this host ready for the chat
Wants=network-online.target
After=network-online.target
ConditionPathExists=!/etc/chat/ready
StartLimitIntervalSec=0

[Service]
Type=oneshot
ExecStart=/usr/local/sbin/chat-bootstrap
Restart=on-failure
RestartSec=20

[Install]
WantedBy=multi-user.target
"""
_SYNC_SERVICE = """\
[Unit]
Description=Bring the chat to what its document says
# Wanted, not required: a volume that is not there has to be told, and may come later.
Wants=network-online.target docker.service var-lib-chat.mount
After=network-online.target docker.service var-lib-chat.mount
OnFailure=chat-failed@%n.service

[Service]
Type=oneshot
# Credentials of the host's role, which the agent renews.
Environment=AWS_SHARED_CREDENTIALS_FILE=/root/.aws/credentials AWS_EC2_METADATA_DISABLED=true
ExecStart=/usr/local/sbin/chat-sync
# A dump before another release takes its time.
TimeoutStartSec=4h
"""
_SYNC_TIMER = f"""\
[Unit]
Description=Look for another document of the chat

[Timer]
OnActiveSec=5s
# Not from the last run on, which there is none of where what the service needs is missing.
OnCalendar=*:0/{SYNC_MINUTES}
RandomizedDelaySec=20s

[Install]
WantedBy=timers.target
"""
_DOCKER = """\
# Without the data volume, containers would start on empty folders of the system's disk.
[Unit]
RequiresMountsFor=/var/lib/chat
"""
_AGENT = {"Profile": {"ShareCreds": True, "KeyAutoRotateDays": 30}}


@dataclass(frozen=True)
class Enrolment:
    """What one host needs to know to fetch its document."""

    region: str
    bucket: str
    key: str
    report: str
    """Key of what the host says of itself, in the same bucket."""
    activation_id: str
    activation_code: str = field(repr=False)
    """Good for one registration within 24 hours."""


@cache
def _script(name: str) -> str:
    return (SCRIPTS / name).read_text(encoding="utf-8")


def _files(enrolment: Enrolment) -> dict[str, tuple[str, str]]:
    where = {
        "region": enrolment.region,
        "bucket": enrolment.bucket,
        "key": enrolment.key,
        "report": enrolment.report,
    }
    activation = f"{enrolment.region} {enrolment.activation_id} {enrolment.activation_code}\n"
    units = "/etc/systemd/system"
    return {
        "/etc/chat/host.json": ("0644", json.dumps(where) + "\n"),
        "/etc/chat/activation": ("0600", activation),
        "/etc/amazon/ssm/amazon-ssm-agent.json": ("0644", json.dumps(_AGENT) + "\n"),
        f"{units}/docker.service.d/chat.conf": ("0644", _DOCKER),
        f"{units}/chat-bootstrap.service": ("0644", _BOOTSTRAP_SERVICE),
        f"{units}/chat-sync.service": ("0644", _SYNC_SERVICE),
        f"{units}/chat-sync.timer": ("0644", _SYNC_TIMER),
        "/usr/local/sbin/chat-bootstrap": ("0755", _script("chat-bootstrap")),
        "/usr/local/sbin/chat-sync": ("0755", _script("chat-sync")),
    }


_WHOLE = (
    # Without it a power cut of the next half minute leaves empty files.
    "sync",
    "systemctl daemon-reload",
    "systemctl enable chat-bootstrap.service",
)
_START = (
    "sync",
    "systemctl start --no-block chat-bootstrap.service",
)
_SEMAPHORES = "/var/lib/cloud/instance/sem/config_"
"""cloud-init notes that a module has run before it runs (helpers.py, FileSemaphores), so one that a power cut broke off
is not run again."""
_AGAIN = (
    "[ -e /etc/systemd/system/multi-user.target.wants/chat-bootstrap.service ] || "
    f"rm -f {_SEMAPHORES}write_files {_SEMAPHORES}runcmd {_SEMAPHORES}scripts_user"
)
"""Run at each boot before the modules: until all is written, and on the disk, they run again."""


def cloud_config(enrolment: Enrolment) -> str:
    """Return the user data as cloud-init's own document, for providers that hand it on as it is."""
    lines = [
        "#cloud-config",
        "# Sets up a host that fetches everything else; see components/runtime/host.",
        "ssh_pwauth: false",
        "disable_root: false",
        "bootcmd:",
        f"  - '{_AGAIN}'",
        "write_files:",
    ]
    for path, (mode, text) in _files(enrolment).items():
        lines += [f"  - path: {path}", f'    permissions: "{mode}"', "    content: |"]
        lines += [f"      {line}".rstrip() for line in text.splitlines()]
    lines += ["runcmd:", *(f"  - {command}" for command in (*_WHOLE, *_START))]
    return _bounded("\n".join(lines) + "\n")


def launch_script(enrolment: Enrolment) -> str:
    """Return the user data as a shell script.

    Lightsail puts lines of its own, a shell script, before what it is given, so that cloud-init takes the whole
    for a script.
    """
    lines = [
        "#!/bin/sh",
        "# Sets up a host that fetches everything else; see components/runtime/host.",
        "set -eu",
        # Until all is written, and on the disk, a boot runs this again.
        f"rm -f {_SEMAPHORES}scripts_user",
    ]
    for path, (mode, text) in _files(enrolment).items():
        lines += [
            f"install -D -m {mode} /dev/null {path}",
            f"cat >{path} <<'END-OF-FILE'",
            text.rstrip("\n"),
            "END-OF-FILE",
        ]
    # Without a key pair, which would have to be RSA, Lightsail lets the account's default key in.
    own = "rm -f /home/ubuntu/.ssh/authorized_keys"
    once = f"touch {_SEMAPHORES}scripts_user"
    return _bounded("\n".join([*lines, own, *_WHOLE, once, *_START]) + "\n")


def _bounded(text: str) -> str:
    if len(text.encode()) > MOST_BYTES:
        raise ValueError(f"user data has {len(text.encode())} bytes; {MOST_BYTES} are allowed")
    return text


@cache
def digest() -> str:
    """Return what tells this user data from that of another version of this program, whatever the host."""
    return hashlib.sha256(launch_script(Enrolment("", "", "", "", "", "")).encode()).hexdigest()[:12]
