"""Backup and restore on a host, by its own scripts with the real tools, a real server and a real S3 API."""

import contextlib
import fcntl
import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.database import Database
from real_programs import Cloud, RealHost, Server
from test_host_files import CHAT

from components.runtime.host import document

KEPT = replace(
    CHAT,
    database=document.Database("mongo:8.0.16", "rocketchat", [{"role": "readWrite", "db": "rocketchat"}]),
    uploads=True,
)
WEBHOOK = "https://chat.example.com/hooks/canary-hook"
SWITCH = "https://hc.example.com/canary-switch"
NIGHTS = 2


@contextlib.contextmanager
def chat(server: Server) -> "Iterator[Database[dict[str, Any]]]":
    client: MongoClient[dict[str, Any]] = MongoClient(server.uri)
    try:
        yield client["rocketchat"]
    finally:
        client.close()


def fill(server: Server, *, users: int = 12, messages: int = 300) -> None:
    with chat(server) as db:
        db["users"].insert_many([{"_id": f"u{n}", "username": f"user{n}"} for n in range(users)])
        db["users"].create_index("username", unique=True)
        if messages:
            db["rocketchat_message"].insert_many(
                [{"_id": f"m{n}", "msg": f"message {n}"} for n in range(messages)]
            )
        db["rocketchat_uploads.chunks"].insert_one({"_id": "c1", "data": "x"})


def write_later(server: Server) -> None:
    with chat(server) as db:
        db["users"].delete_one({"_id": "u1"})
        db["rocketchat_message"].insert_one({"_id": "later"})
        db["made_later"].insert_one({"_id": "later"})


def state(server: Server) -> dict[str, Any]:
    """All collections of the chat: how many documents, and which indexes."""
    with chat(server) as db:
        return {
            name: (db[name].count_documents({}), sorted(db[name].index_information()))
            for name in db.list_collection_names()
        }


def files(host: RealHost) -> dict[str, bytes]:
    root = host.data / "uploads"
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def host(tmp_path: Path, mongodb: Server, cloud: Cloud) -> Iterator[RealHost]:
    made = RealHost(tmp_path / "host", replace(KEPT, uid=os.getuid()), mongodb, cloud)
    made.secret("healthcheck-url", SWITCH)
    made.secret("backup-webhook-url", WEBHOOK)
    (made.data / "uploads/avatars").mkdir()
    (made.data / "uploads/one").write_bytes(os.urandom(300_000))
    (made.data / "uploads/avatars/two").write_bytes(b"avatar")
    made.stub("curl", CURL)
    yield made
    assert list((made.root / "tmp").iterdir()) == [], "a temporary file stayed"


CURL = """
while (($#)); do case $1 in --config) config=$2 ;; @-) cat >>"$LOG.posts" ;; esac; shift; done
cat "$config" >>"$LOG.stdin"
"""


def posts(host: RealHost) -> list[str]:
    path = host.root / "log.posts"
    return [json.loads(line)["text"] for line in path.read_text().splitlines()] if path.exists() else []


def succeeds(host: RealHost, script: str, *given: str, **more: str) -> str:
    found = host.run(script, *given, **more)
    assert found.returncode == 0, found.stderr
    return found.stdout


def outcome(host: RealHost) -> dict[str, str]:
    told: dict[str, str] = json.loads(read(host, "restore/outcome"))
    return told


def versions(host: RealHost, prefix: str) -> list[dict[str, Any]]:
    found = host.cloud.client("s3").list_object_versions(Bucket=host.bucket, Prefix=prefix)
    return list(found.get("Versions", ()))


def read(host: RealHost, key: str) -> bytes:
    body: bytes = host.cloud.client("s3").get_object(Bucket=host.bucket, Key=key)["Body"].read()
    return body


def write(host: RealHost, key: str, body: bytes, **told: str) -> None:
    host.cloud.client("s3").put_object(Bucket=host.bucket, Key=key, Body=body, Metadata=told)


def only_uploads_take_room(host: RealHost) -> None:
    """Beside the uploads, the data volume holds at most the empty file whose age is that of the last good backup."""
    there = {path.name: path for path in host.data.iterdir()}
    assert "uploads" in there
    assert there.keys() <= {"uploads", "backed-up"}
    assert "backed-up" not in there or there["backed-up"].stat().st_size == 0


def test_a_restore_brings_back_the_state_of_the_backup_and_nothing_later(host: RealHost) -> None:
    fill(host.mongodb)
    before, files_before = state(host.mongodb), files(host)
    succeeds(host, "chat-backup")
    write_later(host.mongodb)
    (host.data / "uploads/one").unlink()
    (host.data / "uploads/later").write_bytes(b"later")
    later, files_later = state(host.mongodb), files(host)
    said = succeeds(host, "chat-restore", "all", "newest")
    assert "12 users, 300 messages" in said
    assert state(host.mongodb) == before
    assert files(host) == files_before
    assert host.service("rocketchat") == "start"
    assert any("Restore of chat.example.com: " in text for text in posts(host))
    # And what was there before the restore was kept.
    assert len(versions(host, "before-restore/")) == 2
    kept = "before-restore/uploads.json.gz"
    assert host.cloud.keys(host.bucket).count(kept) == 1
    assert (later, files_later) != (before, files_before)
    only_uploads_take_room(host)


def test_a_backup_puts_nothing_on_the_data_volume_and_sends_each_file_once(host: RealHost) -> None:
    fill(host.mongodb)
    told = [succeeds(host, "chat-backup") for _ in range(2)]
    assert "300006 bytes new" in told[0]
    assert "2 files, 0 bytes new" in told[1]
    only_uploads_take_room(host)
    assert len(versions(host, "files/")) == 2
    assert len(versions(host, "backups/database.archive.gz")) == 2
    assert host.told.index("canary-switch/start") < host.told.rindex('canary-switch"')
    assert "/fail" not in host.told
    assert "canary" not in host.log, "a secret address stood on a command line"


def test_nights_without_the_store_pile_up_nothing_and_are_told_of(host: RealHost) -> None:
    fill(host.mongodb, messages=50)
    away = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"}
    for _ in range(NIGHTS):
        assert host.run("chat-backup", **away).returncode != 0
    only_uploads_take_room(host)
    assert host.told.count("canary-switch/fail") == NIGHTS
    assert [text for text in posts(host) if "failed" in text and "Could not connect" in text]
    succeeds(host, "chat-backup")


def test_a_dump_that_breaks_off_is_not_kept_and_the_uploads_are(host: RealHost) -> None:
    fill(host.mongodb)
    (host.root / "programs/mongodump").unlink()
    host.write("programs/mongodump", "#!/bin/sh\nhead -c 500 /dev/urandom\nexit 1\n", 0o755)
    found = host.run("chat-backup")
    assert found.returncode != 0
    assert "status 1: it is not kept" in found.stderr
    assert len(versions(host, "backups/database")) == 0
    assert len(versions(host, "backups/uploads")) == 1
    assert "Uploads" not in host.cloud.client("s3").list_multipart_uploads(Bucket=host.bucket)
    assert "canary-switch/fail" in host.told
    assert "not backed up: database" in posts(host)[-1]


def test_uploads_are_kept_where_the_database_does_not_answer(host: RealHost) -> None:
    (host.root / "programs/mongosh").unlink()
    host.write("programs/mongosh", "#!/bin/sh\necho 'connect ECONNREFUSED' >&2\nexit 1\n", 0o755)
    assert host.run("chat-backup").returncode != 0
    (kept,) = versions(host, "backups/uploads")
    told = host.cloud.client("s3").head_object(Bucket=host.bucket, Key=kept["Key"])["Metadata"]
    assert told["chat"] == CHAT.host
    assert "workspace" not in told
    assert "not backed up: database" in posts(host)[-1]


def test_a_database_without_users_is_no_backup(host: RealHost) -> None:
    found = host.run("chat-backup")
    assert found.returncode != 0
    assert "has no users" in found.stderr
    assert len(versions(host, "backups/database")) == 0


def test_newest_is_refused_where_the_chat_began_anew_and_another_time_is_named(host: RealHost) -> None:
    fill(host.mongodb)
    succeeds(host, "chat-backup")
    before = state(host.mongodb)
    time.sleep(1.1)
    with chat(host.mongodb) as db:
        db.client.drop_database("rocketchat")
    fill(host.mongodb, users=2, messages=0)
    for _ in range(2):  # also where the one before it is as small
        succeeds(host, "chat-backup")
    assert "has 2 users, 0 messages; that of" in posts(host)[-2]
    new = state(host.mongodb)
    found = host.run("chat-restore", "database", "newest")
    assert found.returncode != 0
    [moment] = re.findall(r"Ask for (\S+),", found.stderr)[:1]
    assert state(host.mongodb) == new
    succeeds(host, "chat-restore", "database", moment)
    assert state(host.mongodb) == before
    succeeds(host, "chat-restore", "database", "newest", "--even-if-smaller")
    assert state(host.mongodb) == new


def test_a_backup_says_whose_it_is_and_that_of_another_chat_is_refused_unless_told(host: RealHost) -> None:
    fill(host.mongodb)
    with chat(host.mongodb) as db:
        db["rocketchat_settings"].insert_one({"_id": "uniqueID", "value": "w1"})
        db["rocketchat_statistics"].insert_one({"_id": "s", "version": "8.9.0", "createdAt": 1})
    succeeds(host, "chat-backup")
    [dump] = versions(host, "backups/database.archive.gz")
    summary = json.loads(read(host, f"summaries/database.archive.gz/{dump['VersionId']}.json"))
    told = host.cloud.client("s3").head_object(Bucket=host.bucket, Key="backups/database.archive.gz")
    wanted = {"chat": CHAT.host, "workspace": "w1", "release": "8.9.0"}
    assert wanted.items() <= told["Metadata"].items()
    assert wanted.items() <= summary.items()
    assert summary["mongodb"]
    env = (host.chat / "chat.env").read_text()
    (host.chat / "chat.env").write_text(env.replace(CHAT.host, "talk.example.com"))
    with chat(host.mongodb) as db:
        db["rocketchat_settings"].update_one({"_id": "uniqueID"}, {"$set": {"value": "w2"}})
    for kind in ("database", "uploads"):
        found = host.run("chat-restore", kind, "newest")
        assert found.returncode == 1
        assert f"is of another chat: {CHAT.host}" in found.stderr
    # By another name it is the same chat, and by the same name one that was begun anew.
    renamed = {"BACKUP_BUCKET": host.bucket, "REGION": CHAT.region, "CHAT_HOST": "talk.example.com"}
    key = "backups/database.archive.gz"
    succeeds(host, "chat-store", "choose", key, "newest", **renamed, WORKSPACE="w1")
    succeeds(host, "chat-store", "choose", key, "newest", **{**renamed, "CHAT_HOST": CHAT.host}, WORKSPACE="")
    succeeds(host, "chat-store", "choose", key, "newest", "--of-another-chat", **renamed, WORKSPACE="w2")


def test_a_backup_of_a_newer_release_than_runs_is_refused_unless_another_is_deployed_on_it(
    host: RealHost,
) -> None:
    fill(host.mongodb)
    running = (host.chat / "chat.env").read_text()
    [release] = re.findall(r"^RELEASE=(\d+\.\d+)\.\d+$", running, flags=re.MULTILINE)
    major, minor = map(int, release.split("."))
    with chat(host.mongodb) as db:
        newer = {"_id": "s", "version": f"{major}.{minor + 1}.0", "createdAt": 1}
        db["rocketchat_statistics"].insert_one(newer)
    succeeds(host, "chat-backup")
    before = state(host.mongodb)
    found = host.run("chat-restore", "all", "newest")
    assert found.returncode == 1
    assert f"is of Rocket.Chat {major}.{minor + 1}.0, and {release}" in found.stderr
    assert state(host.mongodb) == before
    # The dump itself is good.
    succeeds(host, "chat-restore-test")
    succeeds(host, "chat-restore", "all", "newest", "--leave-stopped")
    assert host.service("rocketchat") == "stop"
    (host.chat / "chat.env").write_text(running.replace(f"={release}.", f"={major}.{minor + 1}."))
    succeeds(host, "chat-restore", "all", "newest")


def test_a_chat_that_is_to_stay_stopped_does_so_also_where_the_restore_was_cut_off(host: RealHost) -> None:
    fill(host.mongodb)
    succeeds(host, "chat-backup")
    before = state(host.mongodb)
    write_later(host.mongodb)
    write(host, "restore/request", b"database newest --even-if-smaller --leave-stopped")
    succeeds(host, "chat-restore", "--asked")
    assert state(host.mongodb) == before
    assert host.service("rocketchat") == "stop"
    assert "stays stopped until a release is deployed" in outcome(host)["said"]
    # The power went between the last rename and the cleaning up.
    (host.data / "restoring").write_text("stopped\n")
    succeeds(host, "chat-restore", "--asked")
    assert host.service("rocketchat") == "stop"
    assert not (host.data / "restoring").exists()
    write(host, "restore/request", b"database newest --leave-started")
    assert host.run("chat-restore", "--asked").returncode == 2
    assert outcome(host)["state"] == "refused"


def test_a_restore_is_asked_for_in_the_bucket_once_and_answered_there(host: RealHost) -> None:
    fill(host.mongodb)
    before = state(host.mongodb)
    succeeds(host, "chat-backup")
    succeeds(host, "chat-restore", "--asked")
    write_later(host.mongodb)
    write(host, "restore/request", b"database newest\n")
    succeeds(host, "chat-restore", "--asked")
    assert outcome(host)["state"] == "done"
    assert "12 users, 300 messages" in outcome(host)["said"]
    assert state(host.mongodb) == before
    write_later(host.mongodb)
    succeeds(host, "chat-restore", "--asked")
    assert "made_later" in state(host.mongodb), "one request was done twice"
    # The data of now are asked for, and may be had again.
    later = state(host.mongodb)
    for word, said in (("backup", "database: "), ("drill", ": 11 users, 301 messages")):
        write(host, "restore/request", word.encode())
        succeeds(host, "chat-restore", "--asked")
        assert outcome(host)["state"] == "done"
        assert said in outcome(host)["said"]
        assert state(host.mongodb) == later
    with chat(host.mongodb) as db:
        db["made_later"].drop()
    succeeds(host, "chat-restore", "database", "newest")
    assert state(host.mongodb) == later
    write(host, "restore/request", b"everything; rm -rf /")
    assert host.run("chat-restore", "--asked").returncode == 2
    assert outcome(host)["state"] == "refused"
    assert "database|uploads|all" in outcome(host)["said"]


def stop_in_the_swap(host: RealHost, flag: Path) -> tuple[Path, str]:
    """Let the swap stand still for a while when half is done; return its script and what was in it."""
    script = host.chat / "mongodb/backups.js"
    whole = script.read_text()
    last = "  for (const found of coming) move(NEW + found, found);"
    assert whole.count(last) == 1
    half = f"  move(NEW + coming[0], coming[0]); fs.writeFileSync({str(flag)!r}, ''); sleep(60000); "
    half += "for (const found of coming.slice(1)) move(NEW + found, found);"
    script.write_text(whole.replace(last, half))
    return script, whole


def wait_for(flag: Path, process: "subprocess.Popen[Any]") -> None:
    end = time.monotonic() + 200
    while not flag.exists():
        assert process.poll() is None, "it ended before"
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.parametrize("at", ["loading", "swapping"])
def test_a_server_killed_in_the_middle_leaves_the_old_data_and_the_chat_comes_up_again(
    host: RealHost, at: str
) -> None:
    fill(host.mongodb, messages=3000)
    succeeds(host, "chat-backup")
    write_later(host.mongodb)
    before, files_before = state(host.mongodb), files(host)
    flag = host.root / "reached"
    if at == "loading":
        restore = host.root / "programs/mongorestore"
        real = restore.readlink()
        restore.unlink()
        slow = f"(head -c 40000; touch {flag}; sleep 3; cat)"
        host.write("programs/mongorestore", f'#!/bin/bash\n{slow} | {real} "$@"\n', 0o755)
    else:
        stop_in_the_swap(host, flag)
    process = host.start("chat-restore", "all", "newest")
    wait_for(flag, process)
    time.sleep(0.3)
    host.kill_mongodb()
    time.sleep(1)
    host.mongodb.start()
    _, said = process.communicate(timeout=250)
    assert process.returncode != 0
    assert "The data is as it was before, and the chat runs." in said
    assert state(host.mongodb) == before
    assert files(host) == files_before
    assert host.service("rocketchat") == "start"
    assert "The data is as it was before" in posts(host)[-1]
    only_uploads_take_room(host)


def test_a_host_that_lost_its_power_while_it_restored_takes_it_back(host: RealHost) -> None:
    fill(host.mongodb)
    succeeds(host, "chat-backup")
    write_later(host.mongodb)
    before, files_before = state(host.mongodb), files(host)
    flag = host.root / "reached"
    script, whole = stop_in_the_swap(host, flag)
    write(host, "restore/request", b"all newest")
    process = subprocess.Popen(  # noqa: S603
        [str(host.chat / "bin/chat-restore"), "--asked"],
        env=host.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    wait_for(flag, process)
    os.killpg(process.pid, 9)
    process.wait()
    script.write_text(whole)
    assert outcome(host)["state"] == "running"
    assert state(host.mongodb) != before
    for left in (host.root / "tmp").iterdir():
        left.unlink()  # a start of the system empties it
    succeeds(host, "chat-restore", "--asked")
    assert state(host.mongodb) == before
    assert files(host) == files_before
    assert host.service("rocketchat") == "start"
    assert outcome(host)["state"] == "failed"
    succeeds(host, "chat-restore", "--asked")
    assert outcome(host)["state"] == "failed", "it was tried again by itself"


def test_an_archive_that_is_not_whole_changes_nothing(host: RealHost) -> None:
    fill(host.mongodb)
    succeeds(host, "chat-backup")
    before = state(host.mongodb)
    key = "backups/database.archive.gz"
    write(host, key, read(host, key)[:-2000], users="12", messages="300", bytes="1")
    found = host.run("chat-restore", "database", "newest")
    assert found.returncode != 0
    assert state(host.mongodb) == before
    assert host.service("rocketchat") == "start"


def test_what_was_brought_back_is_on_the_disk_before_the_old_is_given_up(host: RealHost) -> None:
    fill(host.mongodb)
    succeeds(host, "chat-backup")
    (host.data / "uploads/one").unlink()
    host.stub("sync", '[[ $1 != --file-system ]] || echo "$(cat "$2/restoring"; ls "$2")" >>"$LOG.synced"')
    succeeds(host, "chat-restore", "uploads", "newest")
    assert "working" in (host.root / "log.synced").read_text()
    assert "uploads.old" in (host.root / "log.synced").read_text().split("working")[-1]
    assert (host.data / "uploads/one").exists()
    assert not (host.data / "uploads.old").exists()


def test_a_file_that_is_not_what_was_kept_changes_nothing(host: RealHost) -> None:
    fill(host.mongodb)
    succeeds(host, "chat-backup")
    files_before = files(host)
    (host.data / "uploads/one").write_bytes(b"other")
    for key in host.cloud.keys(host.bucket, "files/"):
        write(host, key, b"x")
    found = host.run("chat-restore", "uploads", "newest")
    assert found.returncode != 0
    assert "is not what was kept" in found.stderr
    assert files(host) == {**files_before, "one": b"other"}


def test_a_file_that_no_backup_names_any_more_is_emptied_and_can_come_again(host: RealHost) -> None:
    fill(host.mongodb)
    gone = host.data / "uploads/avatars/two"
    succeeds(host, "chat-backup")
    gone.unlink()
    succeeds(host, "chat-backup")
    assert len(versions(host, "files/")) == 2, "an older backup still names it"
    key = "backups/uploads.json.gz"
    [old] = [item["VersionId"] for item in versions(host, key) if not item["IsLatest"]]
    host.cloud.client("s3").delete_object(Bucket=host.bucket, Key=key, VersionId=old)
    succeeds(host, "chat-backup")
    assert len(versions(host, "files/")) == 3
    gone.write_bytes(b"avatar")
    succeeds(host, "chat-backup")
    gone.unlink()
    succeeds(host, "chat-restore", "uploads", "newest")
    assert gone.read_bytes() == b"avatar"


def test_two_at_once_wait_for_each_other(host: RealHost) -> None:
    fill(host.mongodb)
    first, second = host.start("chat-backup"), host.start("chat-backup")
    for process in (first, second):
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
    assert len(versions(host, "backups/database.archive.gz")) == 2
    held = subprocess.Popen(["flock", str(host.data), "sleep", "30"])  # noqa: S603, S607
    time.sleep(0.5)
    found = host.run("chat-backup", LOCK_SECONDS="1")
    held.kill()
    held.wait()
    assert found.returncode != 0
    assert "another backup or restore" in found.stderr


@pytest.mark.parametrize("place", ["data", "chat"])
def test_a_restore_that_waits_in_vain_leaves_the_one_that_runs_alone(host: RealHost, place: str) -> None:
    (host.data / "restoring").write_text("working\n")
    half = host.data / "uploads.new"
    half.mkdir()
    held = os.open(getattr(host, place), os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    found = host.run("chat-restore", "all", "newest", LOCK_SECONDS="1")
    os.close(held)
    assert found.returncode != 0
    assert "Nothing was begun" in found.stderr
    assert half.exists()
    assert (host.data / "restoring").exists()


def test_the_test_restore_compares_and_leaves_nothing(host: RealHost) -> None:
    fill(host.mongodb)
    before = state(host.mongodb)
    succeeds(host, "chat-backup")
    assert "12 users, 300 messages" in succeeds(host, "chat-restore-test")
    assert state(host.mongodb) == before
    assert "is good" in posts(host)[-1]
    # A dump that lacks what was there when it was made.
    [key] = host.cloud.keys(host.bucket, "summaries/")
    summary = json.loads(read(host, key))
    summary["collections"]["rocketchat_message"]["count"] = 5000
    summary["collections"]["users"]["indexes"].append("missing_1")
    write(host, key, json.dumps(summary).encode())
    found = host.run("chat-restore-test")
    assert found.returncode != 0
    for words in ("rocketchat_message has 300 documents of 5000", "users lacks the indexes missing_1"):
        assert words in found.stderr
    assert state(host.mongodb) == before


def test_a_full_small_volume_is_not_touched_by_a_backup_and_a_restore_asks_for_room(
    tmp_path: Path, mongodb: Server, cloud: Cloud
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small volume")
    small = tmp_path / "host/data"
    small.mkdir(parents=True)
    mounted = subprocess.run(  # noqa: S603
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(small)],  # noqa: S607
        capture_output=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip("no small volume can be mounted here")
    try:
        host = RealHost(tmp_path / "host", KEPT, mongodb, cloud)
        fill(mongodb, messages=3000)
        (host.data / "uploads/large").write_bytes(os.urandom(3_800_000))
        succeeds(host, "chat-backup")
        before = state(mongodb)
        found = host.run("chat-restore", "database", "newest")
        assert found.returncode != 0
        assert "free: make it larger (runtime.diskGb)" in found.stderr
        assert state(mongodb) == before
    finally:
        subprocess.run(["umount", str(small)], check=True)  # noqa: S603, S607


@pytest.mark.parametrize(
    "given", [(), ("database",), ("everything", "newest"), ("database", "newest", "--yes")]
)
def test_a_restore_that_is_not_asked_for_clearly_does_nothing(host: RealHost, given: tuple[str, ...]) -> None:
    found = host.run("chat-restore", *given)
    assert found.returncode == 2
    assert "docker" not in host.log


PAGE = Path(__file__).parent.parent / "docs/restore.md"


def test_the_commands_of_the_page_ask_for_a_restore_show_what_came_of_it_and_take_it_back(
    host: RealHost,
) -> None:
    listed, asked, answered, back = re.findall(r"```sh\n(.*?)\n```", PAGE.read_text(), re.DOTALL)
    fill(host.mongodb)
    succeeds(host, "chat-backup")
    before = state(host.mongodb)
    write_later(host.mongodb)
    later = state(host.mongodb)

    def typed(command: str) -> str:
        done = subprocess.run(  # noqa: S603
            ["bash", "-euc", command],  # noqa: S607
            env=host.environment(BUCKET=host.bucket),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "backups/database.archive.gz" in typed(listed)
    typed(asked)
    succeeds(host, "chat-restore", "--asked")
    assert '"state": "done"' in typed(answered)
    assert state(host.mongodb) == before
    typed(back)
    succeeds(host, "chat-restore", "--asked")
    assert state(host.mongodb) == later
