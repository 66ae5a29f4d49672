"""What surrounds the server's process, as variables: further ones, a proxy, certificates, the heap."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Final

from rocketchat.variables import Environment, Secret, V

RESERVED: Final = frozenset(
    {
        "ADMIN_EMAIL",
        "ADMIN_EMAIL_VERIFIED",
        "ADMIN_NAME",
        "ADMIN_PASS",
        "ADMIN_USERNAME",
        "DEPLOY_METHOD",
        "DEPLOY_PLATFORM",
        "HTTP_FORWARDED_COUNT",
        "INITIAL_USER",
        "INSTANCE_IP",
        "MAIL_URL",
        "MONGO_OPLOG_URL",
        "MONGO_URL",
        "MS_METRICS",
        "MS_METRICS_PORT",
        "PATH",
        "PORT",
        "REG_TOKEN",
        "ROCKETCHAT_LICENSE",
        "ROOT_URL",
        "SETTINGS_BLOCKED",
        "SETTINGS_HIDDEN",
        "TRANSPORTER",
    }
)
"""Variables that the program, or the vendor's chart, sets itself."""
DIRECT: Final = (
    "localhost",
    "127.0.0.1",
    "::1",
    # Credentials of machines and of ECS tasks.
    "169.254.169.254",
    "169.254.170.2",
    # The clouds' own endpoints, and names inside networks and clusters.
    ".amazonaws.com",
    ".digitaloceanspaces.com",
    ".mongodb.net",
    ".internal",
    ".local",
    ".svc",
)
"""What is never reached through a proxy."""
AUTHORITIES: Final = "NODE_EXTRA_CA_CERTS"
NODE_OPTIONS: Final = "NODE_OPTIONS"
HEAP_SHARE: Final = 0.75
"""The rest is for buffers, code and the apps engine's own process."""


def plain(values: Mapping[str, str]) -> Environment[V | str]:
    """Return further variables."""
    return Environment(dict(values))


def secret(values: Mapping[str, Secret[V]]) -> Environment[V | str]:
    """Return further secret variables."""
    return Environment(secret=dict(values))


def proxy(url: str, direct: Sequence[str] = ()) -> Environment[V | str]:
    """Return the proxy that the server's own requests go through (`proxy-from-env`), and what does not."""
    return Environment(
        {"HTTP_PROXY": url, "HTTPS_PROXY": url, "NO_PROXY": ",".join(dict.fromkeys([*DIRECT, *direct]))}
    )


def authorities(pem: str, folder: str) -> Environment[V | str]:
    """Return what lets the server trust certificates of these authorities too, beside those that Node knows.

    Node reads the file once, as it starts (nodejs.org/api/cli.html, `NODE_EXTRA_CA_CERTS`). Its name changes with what
    is in it, so that another certificate starts the server anew.
    """
    path = f"{folder}/authorities-{hashlib.sha256(pem.encode()).hexdigest()[:12]}.pem"
    return Environment({AUTHORITIES: path}, files={path: pem})


def heap_of(memory: int) -> int:
    """Return the largest heap in MiB for a server with so much memory."""
    return int(memory * HEAP_SHARE)


def heap_named(node_options: str) -> int | None:
    """Return the largest heap in MiB that options of Node name, the last one; V8 takes `_` for `-`."""
    named = re.findall(r"--max[-_]old[-_]space[-_]size[= ](\d+)", node_options)
    return int(named[-1]) if named else None


def heap(mib: int) -> Environment[V | str]:
    """Return the largest heap of Node in MiB."""
    return Environment({NODE_OPTIONS: f"--max-old-space-size={mib}"})
