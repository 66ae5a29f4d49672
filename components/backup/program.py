"""The program of a backup as a job of two containers, for whatever runs containers.

Hosts, tasks of ECS and pods of Kubernetes run the same scripts (`runtime/host/scripts`). A host has MongoDB's programs
in its database's container. A job has them in a container beside its own, of MongoDB's official image; the scripts run
in an image of AWS that has Python, boto3, Bash and curl. Containers of one task or pod share 127.0.0.1, by which a dump
goes from one to the other, and on to S3: nothing of it is ever on a disk.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from components.runtime.host.bootstrap import SCRIPTS

IMAGE: Final = "public.ecr.aws/lambda/python:3.13.2026.06.05.14"
"""AWS's base image of Lambda functions: public, small, and with AWS's own boto3 in it."""
UID: Final = 999
"""User `mongodb` of MongoDB's image; the other image has no user of its own."""
HOME: Final = "/tmp/chat"  # noqa: S108 - inside the container
TOOLS_PORT: Final = 7717
"""TCP port on 127.0.0.1; any that neither image listens on."""

ARCHIVE: Final = "database.archive.gz"
BACKUPS, BEFORE_RESTORE, SUMMARIES = "backups/", "before-restore/", "summaries/"
"""Where dumps, those made before a restore, and what was in them are in the bucket (`scripts/chat-store`)."""

BACKUP: Final = ("chat-backup",)
DRILL: Final = ("chat-restore-test",)
RESTORE: Final = "chat-restore"
UNDO: Final = (RESTORE, "--undo")

_OWN = Path(__file__).parent / "scripts"
_SHARED = ("chat-backup", "chat-lib", "chat-restore", "chat-restore-test", "chat-store")
_UNPACK = """
import json, os, sys
home = os.environ["CHAT"]
for name, text in json.loads(os.environ.pop("PROGRAM")).items():
    path = os.path.join(home, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, 0o755)
os.makedirs(os.environ["DATA"], exist_ok=True)
os.execvp("bash", ["bash", os.path.join(home, "bin", sys.argv[1]), *sys.argv[2:]])
""".strip()


@cache
def files() -> dict[str, str]:
    """Return the texts of the program's files, by their paths below `HOME`."""
    shared = {f"bin/{name}": (SCRIPTS / name).read_text(encoding="utf-8") for name in _SHARED}
    own = {f"bin/{name}": (_OWN / name).read_text(encoding="utf-8") for name in ("beside", "job")}
    scripts = (SCRIPTS / "backups.js").read_text(encoding="utf-8")
    return {**shared, **own, "mongodb/backups.js": scripts, "chat.env": ""}


def command(*words: str) -> list[str]:
    """Return the command of the job's own container: `BACKUP`, `DRILL`, or `RESTORE` with what is asked for.

    The words stand alone behind the first three, so that another job is the same with others.
    """
    return ["python3", "-c", "import os; exec(os.environ['UNPACK'])", *words]


def tools_command() -> list[str]:
    """Return the command of the container beside it."""
    return ["bash", "-c", (_OWN / "tools").read_text(encoding="utf-8")]


def environment(
    *, host: str, database: str, region: str, metrics_namespace: str | None, home: str = HOME
) -> Mapping[str, str]:
    """Return the variables of the job's own container, without `BACKUP_BUCKET` and what is secret.

    Secret are `HEALTHCHECK_URL` and `BACKUP_WEBHOOK_URL`, both of which may be left out, and outside AWS the keys of a
    user. The container beside it gets `TOOLS_PORT`, and the secret `MONGODB_URI` without a database's name.
    """
    return {
        "UNPACK": _UNPACK,
        "PROGRAM": json.dumps(files(), separators=(",", ":")),
        "CHAT": home,
        "DATA": f"{home}/data",
        "HOME": "/tmp",  # noqa: S108 - inside the container
        "CHAT_HOST": host,
        "DATABASE": database,
        "UPLOADS": "",
        "REGION": region,
        "METRICS_NAMESPACE": metrics_namespace or "",
        "TOOLS_PORT": str(TOOLS_PORT),
    }
