"""Backup, drill and restore as a job of two containers: its own commands with the real tools, a real server and S3."""

import contextlib
import datetime as dt
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.database import Database
from real_programs import Cloud, RealHost, Server, aws_tools, mongo_tools, mongosh
from test_host_files import CHAT

from components.backup import program
from components.runtime.host import document
from stacks.project import PRODUCT

ARCHIVE = program.BACKUPS + program.ARCHIVE
CURL = """#!/bin/bash
while (($#)); do case $1 in --config) config=$2 ;; @-) cat >>"$LOG.posts" ;; esac; shift; done
cat "$config" >>"$LOG.told"
"""


class Job:
    """Both containers, as processes of this machine."""

    def __init__(self, root: Path, server: Server, cloud: Cloud) -> None:
        self.root, self.server, self.cloud, self.bucket = root, server, cloud, cloud.bucket("dumps")
        self.log = root / "log"
        self.client: MongoClient[dict[str, Any]] = MongoClient(server.uri)
        self.db: Database[dict[str, Any]] = self.client["rocketchat"]
        self.programs, self.bin = root / "programs", root / "bin"
        for folder in (self.programs, self.bin, root / "tmp"):
            folder.mkdir(parents=True)
        for name in (mongo_tools() / "mongodump", mongo_tools() / "mongorestore", mongosh()):
            (self.programs / name.name).symlink_to(name)
        self.write("bin/curl", CURL)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.tools: subprocess.Popen[bytes] | None = None

    def write(self, path: str, text: str) -> None:
        (self.root / path).write_text(text)
        (self.root / path).chmod(0o755)

    def start_tools(self) -> None:
        self.tools = subprocess.Popen(  # noqa: S603
            program.tools_command(),
            env={
                "PATH": f"{self.programs}:{os.environ['PATH']}",
                "TMPDIR": str(self.root / "tmp"),
                "HOME": str(self.root / "tmp"),
                "TOOLS_PORT": str(self.port),
                "MONGODB_URI": self.server.uri,
            },
            start_new_session=True,
        )

    def stop_tools(self) -> None:
        if self.tools is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.tools.pid, signal.SIGKILL)
            self.tools.wait()
            self.tools = None

    def start(
        self, *words: str, changed: tuple[str, str] | None = None, **more: str
    ) -> "subprocess.Popen[str]":
        """Start a job; `changed` is a text of its scripts, and another one in its place."""
        home = str(self.root / "chat")
        python = aws_tools()
        given = program.environment(
            host="chat.example.com",
            database="rocketchat",
            region="ap-southeast-1",
            metrics_namespace="RocketChat/chat.example.com",
            home=home,
        )
        scripts = given["PROGRAM"]
        if changed is not None:
            assert scripts.count(changed[0]) == 1
            scripts = scripts.replace(*changed)
        environment = {
            **given,
            "PROGRAM": scripts,
            "TOOLS_PORT": str(self.port),
            "PATH": f"{self.bin}:{python}:{os.environ['PATH']}",
            "TMPDIR": str(self.root / "tmp"),
            "LOG": str(self.log),
            "BACKUP_BUCKET": self.bucket,
            "HEALTHCHECK_URL": "https://hc.example.com/canary-switch",
            "BACKUP_WEBHOOK_URL": "https://chat.example.com/hooks/canary-hook",
            **self.cloud.environment,
            **more,
        }
        return subprocess.Popen(  # noqa: S603
            [str(python / "python"), *program.command(*words)[1:]],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )

    def run(
        self, *words: str, changed: tuple[str, str] | None = None, **more: str
    ) -> "subprocess.CompletedProcess[str]":
        process = self.start(*words, changed=changed, **more)
        out, error = process.communicate(timeout=200)
        return subprocess.CompletedProcess(words, process.returncode, out, error)

    def succeeds(self, *words: str) -> str:
        found = self.run(*words)
        assert found.returncode == 0, found.stderr
        return found.stdout

    def told(self, what: str) -> str:
        path = self.root / f"log.{what}"
        return path.read_text() if path.exists() else ""

    def versions(self, key: str) -> list[dict[str, Any]]:
        found = self.cloud.client("s3").list_object_versions(Bucket=self.bucket, Prefix=key)
        return list(found.get("Versions", ()))

    def fill(self) -> None:
        self.db["users"].insert_many([{"_id": f"u{n}", "username": f"user{n}"} for n in range(12)])
        self.db["users"].create_index("username", unique=True)
        self.db["rocketchat_message"].insert_many([{"_id": f"m{n}", "msg": "message"} for n in range(300)])
        self.db["rocketchat_uploads.chunks"].insert_one({"_id": "c1", "data": "x"})

    def state(self) -> dict[str, Any]:
        return {
            name: (self.db[name].count_documents({}), sorted(self.db[name].index_information()))
            for name in self.db.list_collection_names()
        }


@pytest.fixture
def job(tmp_path: Path, mongodb: Server, cloud: Cloud) -> Iterator[Job]:
    made = Job(tmp_path / "job", mongodb, cloud)
    made.start_tools()
    yield made
    made.stop_tools()
    made.client.close()


def test_a_job_backs_up_tries_the_backup_and_brings_it_back(job: Job) -> None:
    job.fill()
    before = job.state()
    job.succeeds(*program.BACKUP)
    assert job.told("told").index("canary-switch/start") < job.told("told").rindex('canary-switch"')
    assert len(job.versions(ARCHIVE)) == 1
    assert "12 users, 300 messages" in job.succeeds(*program.DRILL)
    assert job.state() == before
    job.db["users"].delete_one({"_id": "u1"})
    job.db["made_later"].insert_one({"_id": "later"})
    assert "12 users, 300 messages" in job.succeeds(program.RESTORE, "database", "newest")
    assert job.state() == before
    assert len(job.versions(program.BEFORE_RESTORE)) == 1, "what was there was not kept"
    assert not (job.root / "chat/data/restoring").exists()


def test_a_dump_that_is_not_whole_or_has_no_place_is_not_kept_and_told_of(job: Job) -> None:
    found = job.run(*program.BACKUP)
    assert "has no users" in found.stderr
    job.fill()
    found = job.run(*program.BACKUP, BACKUP_BUCKET="gone")
    assert found.returncode != 0
    assert "NoSuchBucket" in found.stderr
    (job.programs / "mongodump").unlink()
    job.write("programs/mongodump", "#!/bin/bash\nhead -c 500 /dev/urandom\nkill -9 $PPID\n")
    found = job.run(*program.BACKUP)
    assert found.returncode != 0
    assert "it is not kept" in found.stderr
    assert job.versions(ARCHIVE) == []
    assert job.told("told").count("canary-switch/fail") == 3
    assert job.told("posts").count("failed") == 3
    assert "canary" not in found.stderr


def test_a_channel_that_is_away_spoils_no_backup_and_a_much_smaller_one_is_told_of(job: Job) -> None:
    job.fill()
    job.db["rocketchat_message"].insert_many([{"text": os.urandom(4000)} for _ in range(20)])
    job.succeeds(*program.BACKUP)
    job.db["rocketchat_message"].delete_many({})
    job.succeeds(*program.BACKUP)
    assert "Look into the chat" in job.told("posts")
    job.write("bin/curl", "#!/bin/sh\nexit 22\n")
    found = job.run(*program.BACKUP)
    assert found.returncode == 0
    assert "the message into the channel failed" in found.stderr


def test_a_chat_that_still_runs_is_not_restored_under_its_feet(job: Job) -> None:
    job.fill()
    job.succeeds(*program.BACKUP)
    now = dt.datetime.now(dt.UTC)
    job.db["instances"].insert_one({"_id": "one", "_updatedAt": now + dt.timedelta(hours=1)})
    before = job.state()
    found = job.run(program.RESTORE, "database", "newest", changed=("most = 90", "most = 0"))
    assert found.returncode != 0
    assert "stop them first" in found.stderr
    assert job.state() == before


def test_a_job_killed_half_way_through_the_swap_is_taken_back(job: Job) -> None:
    job.fill()
    job.succeeds(*program.BACKUP)
    job.db["users"].delete_one({"_id": "u1"})
    before = job.state()
    flag = job.root / "reached"
    stand = f"move(NEW + coming[0], coming[0]); fs.writeFileSync('{flag}', ''); sleep(60000);"
    whole = "for (const found of coming) move(NEW + found, found);"
    process = job.start(program.RESTORE, "database", "newest", changed=(whole, stand))
    end = time.monotonic() + 200
    while not flag.exists():
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.05)
    process.kill()
    job.stop_tools()
    process.communicate()
    assert job.state() != before
    job.start_tools()
    found = job.run(*program.BACKUP)
    assert "a restore is under way, or broke off" in found.stderr, "a dump of half of the data was made"
    job.succeeds(*program.UNDO)
    assert job.state() == before


def test_the_data_of_a_host_move_to_another_runtime_as_the_page_says(job: Job, tmp_path: Path) -> None:
    old = Server(tmp_path / "old")
    old.start()
    try:
        kept = document.Database("mongo:8.0.16", "rocketchat", [])
        host = RealHost(tmp_path / "host", replace(CHAT, database=kept), old, job.cloud)
        with MongoClient[dict[str, Any]](old.uri) as client:
            client["rocketchat"]["users"].insert_many(
                [{"_id": f"u{n}", "name": f"user{n}"} for n in range(3)]
            )
            client["rocketchat"]["users"].create_index("name", unique=True)
            client["rocketchat"]["rocketchat_uploads.chunks"].insert_one({"_id": "c1", "data": "x"})
            client["rocketchat"]["rocketchat_message"].insert_one({"_id": "m1"})
        assert host.run("chat-backup").returncode == 0
    finally:
        old.kill()
    job.db["users"].insert_one({"_id": "first", "name": "rocket.admin"})
    [copy] = re.findall(
        r"```sh\n(.*?)\n *```", (PRODUCT / "docs/operations/moving.md").read_text(), re.DOTALL
    )
    environment = {**host.environment(), "OLD_BUCKET": host.bucket, "NEW_BUCKET": job.bucket}
    subprocess.run(["bash", "-euc", copy], env=environment, capture_output=True, check=True)  # noqa: S603, S607
    assert "3 users, 1 messages" in job.succeeds(program.RESTORE, "database", "newest")
    assert job.state() == {
        "users": (3, ["_id_", "name_1"]),
        "rocketchat_uploads.chunks": (1, ["_id_"]),
        "rocketchat_message": (1, ["_id_"]),
    }
    assert len(job.versions(program.BEFORE_RESTORE)) == 1
