"""A host from its boot on: its own scripts are run against stand-ins that refuse what the real programs refuse."""

import fcntl
import hashlib
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.runtime.host import document
from components.runtime.host.bootstrap import SCRIPTS, Enrolment, cloud_config
from rocketchat import releases

DUMPED = "2026-11-29T12:00:00Z"
OLD, NEW, MONGO = "rocketchat/rocket.chat:8.8.0", "rocketchat/rocket.chat:8.9.0", "mongo:8.0.17"
CHAT = document.Chat(
    host="chat.example.com",
    email="admin@example.com",
    image=OLD,
    uid=65533,
    stop_seconds=60,
    health_path="/livez",
    health_command=("wget", "-q", "--spider", "http://127.0.0.1:3000/livez"),
    environment={"OVERWRITE_SETTING_Site_Name": "Rakete \U0001f680"},
    region="ap-southeast-1",
    database=document.Database(MONGO, "rocketchat", [{"role": "readWrite", "db": "rocketchat"}]),
    uploads=True,
)
SECRET_FILES = {
    "mongodb/chat": "canary-chat",
    "mongodb/keyfile": "canary-keyfile",
    "mongodb/root": "canary-root",
    "mongodb/tools.yaml": "uri: canary",
    "backup-webhook-url": "https://chat.example.com/hooks/canary-hook",
    "healthcheck-url": "https://hc.example.com/canary-switch",
}
BOTO3 = """
import io, json, os, pathlib
cloud = pathlib.Path(os.environ["CLOUD"])
class Client:
    def __init__(self, kind): self.kind = kind
    def get_object(self, Bucket, Key):
        if (Bucket, Key) != ("documents-0123abc", "host.json"): raise PermissionError("AccessDenied")
        return {"Body": io.BytesIO((cloud / "document").read_bytes())}
    def put_object(self, Bucket, Key, Body, ContentType):
        if (Bucket, Key) != ("documents-0123abc", "report.json"): raise PermissionError("AccessDenied")
        with (cloud / "reports").open("ab") as file: file.write(Body + b"\\n")
    def put_metric_data(self, Namespace, MetricData):
        if self.kind != "cloudwatch": raise AttributeError("put_metric_data")
        if Namespace != "RocketChat/chat.example.com": raise PermissionError("AccessDenied")
        told = {one["MetricName"]: one["Value"] for one in MetricData}
        with (cloud / "metrics").open("a") as file: file.write(json.dumps(told) + "\\n")
    def get_secret_value(self, SecretId, VersionId):
        return {"SecretString": (cloud / "secret").read_text()}
def client(kind, region_name):
    return Client(kind)
"""


def store(body: str) -> str:
    """Return a stand-in for the program of the bucket, which really tells CloudWatch."""
    return f'#!/bin/bash\n[[ $1 != measure ]] || exec python3 {SCRIPTS}/chat-store "$@"\n{body}\n'


SYSTEMCTL = """
for unit in "$@"; do
	case $unit in *.service | *.timer)
		[[ $unit == docker.service || -f $SYSTEMD/$unit ]] ||
			{ echo "Failed to enable unit: Unit file $unit does not exist." >&2; exit 1; } ;;
	esac
done
"""
CURL = """
case "$*" in
*--resolve*) grep -q '"rocketchat": "' "$DOCKER" || { echo "curl: (22) error: 502" >&2; exit 22; } ;;
*)
	while (($#)); do [[ $1 != --config ]] || config=$2; shift; done
	cat "$config" >>"$LOG.stdin"
	cat >/dev/null ;;
esac
"""
INSTALL = """
given=()
while (($#)); do case $1 in -o | -g) shift 2 ;; *) given+=("$1") && shift ;; esac; done
exec /usr/bin/install "${given[@]}"
"""


class Machine:
    """One host, with its cloud, in a folder."""

    def __init__(self, root: Path) -> None:
        self.root, self.cloud, self.bin = root, root / "cloud", root / "bin"
        self.chat, self.units = root / "srv/chat", root / "etc/systemd/system"
        for folder in (self.cloud, self.bin, root / "data", root / "etc/chat", root / "bucket", root / "run"):
            folder.mkdir(parents=True)
        (self.cloud / "boto3.py").write_text(BOTO3)
        settings = {"region": "ap-southeast-1", "bucket": "documents-0123abc", "key": "host.json"}
        (root / "etc/chat/host.json").write_text(json.dumps({**settings, "report": "report.json"}))
        self.docker(registry=[OLD, NEW, MONGO, document.PROXY_IMAGE], local=[], bad=[], running={})
        shutil.copy(Path(__file__).parent / "data/docker", self.bin / "docker")
        self.stub("systemctl", SYSTEMCTL)
        self.stub("curl", CURL)
        self.stub("install", INSTALL)
        self.stub("findmnt", "echo /dev/sda")
        self.stub("resize2fs", 'echo "The filesystem is already 2621440 blocks long.  Nothing to do!" >&2')
        for name in ("mountpoint", "ufw", "iptables"):
            self.stub(name, "")
        self.secret_files = dict(SECRET_FILES)
        (root / "meminfo").write_text("MemTotal: 4000 kB\nMemFree: 10 kB\nMemAvailable: 1000 kB\n")
        (root / "cpuinfo").write_text("flags\t\t: fpu sse4_2 avx\n")
        self.more: dict[str, str] = {}
        self.chosen = f"v1 {DUMPED} 1000"

    def stub(self, name: str, body: str) -> None:
        path = self.bin / name
        path.write_text(f'#!/bin/bash\necho "{name} $*" >>"$LOG"\n{body}\n')
        path.chmod(0o755)

    def docker(self, **changes: Any) -> dict[str, Any]:
        path = self.root / "docker.json"
        state: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        state |= changes
        path.write_text(json.dumps(state))
        return state

    def send_no_dumps(self, away: bool) -> None:
        """Let the bucket take dumps and send none, or as ever."""
        (self.root / "away").touch() if away else (self.root / "away").unlink()

    @property
    def running(self) -> dict[str, str]:
        return dict(self.docker()["running"])

    def deploy(self, chat: document.Chat = CHAT) -> str:
        """Put the document where the host finds it; return its digest."""
        readers = {name: os.geteuid() for name in self.secret_files}
        files = document.files(chat, "backups")
        # The bucket's own program needs a real cloud.
        files["/srv/chat/bin/chat-store"]["text"] = store(
            f'echo "store $*" >>{self.root}/log\n'
            f'[[ $1 != choose ]] || {{ echo "{self.chosen}" && exit; }}\n'
            '[[ $1 != put ]] || "${@:4}" >/dev/null\n'
            f"[[ $1 != get || ! -e {self.root}/away ]]"
        )
        files |= {path: {"mode": "0644", "text": text} for path, text in self.more.items()}
        content = json.dumps(
            {
                "compose": document.compose(chat),
                "files": files,
                "secret": {"id": "s", "version": "1", "files": readers},
            }
        )
        environments = {"rocketchat": {"MONGO_URL": "mongodb://u:canary-p$w@mongodb/d"}}
        (self.cloud / "secret").write_text(
            json.dumps({"environments": environments, "files": self.secret_files})
        )
        (self.cloud / "document").write_text(content)
        return hashlib.sha256(content.encode()).hexdigest()

    def run(self, script: Path, *given: str) -> "subprocess.CompletedProcess[str]":
        env = {
            "PATH": f"{self.bin}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "CHAT_ROOT": str(self.root),
            "CHAT": str(self.chat),
            "DATA": str(self.root / "data"),
            "SYSTEMD": str(self.units),
            "CLOUD": str(self.cloud),
            "PYTHONPATH": str(self.cloud),
            "DOCKER": str(self.root / "docker.json"),
            "LOG": str(self.root / "log"),
            "CPUINFO": str(self.root / "cpuinfo"),
            "MEMINFO": str(self.root / "meminfo"),
            "RUN": str(self.root / "run"),
        }
        return subprocess.run(  # noqa: S603 - our own scripts
            [str(script), *given], capture_output=True, text=True, check=False, timeout=120, env=env
        )

    def sync(self, *given: str) -> "subprocess.CompletedProcess[str]":
        return self.run(Path(sys.executable), str(SCRIPTS / "chat-sync"), *given)

    @property
    def log(self) -> list[str]:
        path = self.root / "log"
        return path.read_text().splitlines() if path.exists() else []

    @property
    def metrics(self) -> list[dict[str, float]]:
        path = self.cloud / "metrics"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    @property
    def reports(self) -> list[dict[str, Any]]:
        path = self.cloud / "reports"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def served(machine: Machine, chat: document.Chat = CHAT) -> str:
    digest = machine.deploy(chat)
    found = machine.sync()
    assert found.returncode == 0, found.stdout + found.stderr
    return digest


def test_a_host_that_serves_its_document_says_so_once(machine: Machine) -> None:
    digest = served(machine)
    assert machine.running == {"proxy": document.PROXY_IMAGE, "mongodb": MONGO, "rocketchat": OLD}
    assert [(said["document"], said["state"]) for said in machine.reports] == [
        (digest, "applying"),
        (digest, "serving"),
    ]
    assert machine.sync().returncode == 0
    assert len(machine.reports) == 2
    # An hour later it says it again: an old word says nothing of today.
    os.utime(machine.root / "etc/chat/reported", (0, 0))
    assert machine.sync().returncode == 0
    assert len(machine.reports) == 3


@pytest.mark.slow
def test_a_release_that_does_not_come_up_leaves_the_former_one_serving_and_says_why(machine: Machine) -> None:
    served(machine)
    machine.docker(bad=[NEW])
    digest = machine.deploy(replace(CHAT, image=NEW))
    assert machine.sync().returncode == 1
    assert machine.running["rocketchat"] == OLD
    last = machine.reports[-1]
    assert (last["document"], last["state"]) == (digest, "failed")
    assert "unhealthy" in last["reason"]
    assert "the last words of rocketchat" in last["reason"]
    # It is not tried again at every turn, which would stop the chat each time; but it is said again.
    before = len(machine.log)
    assert machine.sync().returncode == 1
    assert not [line for line in machine.log[before:] if " up " in line]
    assert machine.reports[-1]["state"] == "failed"
    machine.docker(bad=[])
    served(machine)
    assert machine.reports[-1]["state"] == "serving"


def written(machine: Machine) -> dict[Path, tuple[bytes, int]]:
    return {
        path: (path.read_bytes(), path.stat().st_mode)
        for folder in (machine.chat, machine.units)
        for path in folder.rglob("*")
        if path.is_file() and path.parent != machine.chat / "good"
    }


@pytest.mark.slow
@pytest.mark.parametrize("bad", ["image", "Caddyfile"])
def test_all_of_the_former_document_serves_again_with_its_containers(machine: Machine, bad: str) -> None:
    machine.more = {"/etc/systemd/system/chat-former.timer": "[Timer]\n"}
    served(machine)
    before = written(machine)
    machine.more = {"/etc/systemd/system/chat-newer.timer": "[Timer]\n"}
    machine.secret_files = {**SECRET_FILES, "mongodb/chat": "canary-newer", "more": "canary-more"}
    if bad == "image":
        machine.docker(bad=[NEW])
    else:
        machine.more["/srv/chat/proxy/Caddyfile"] = "this the proxy cannot read"
    machine.deploy(replace(CHAT, image=NEW, host="talk.example.com", backup_hour=3, most_upload_bytes=10**9))
    assert machine.sync().returncode == 1
    assert "serves again" in machine.reports[-1]["reason"]
    assert machine.running["rocketchat"] == OLD
    assert written(machine) == before
    # The database has the former password again, and the proxy its former configuration.
    since = [line for line in machine.log if "database.js" in line or "caddy reload" in line]
    assert "caddy reload" in since[-1]
    assert "database.js" in since[-2]


@pytest.mark.slow
def test_a_former_release_that_does_not_serve_either_is_told_and_both_are_tried_again(
    machine: Machine,
) -> None:
    served(machine)
    machine.docker(bad=[NEW, OLD])
    machine.deploy(replace(CHAT, image=NEW))
    assert machine.sync().returncode == 1
    assert "the former one neither" in machine.reports[-1]["reason"]
    machine.docker(bad=[])
    assert machine.sync().returncode == 0
    assert machine.running["rocketchat"] == NEW


def restores(machine: Machine) -> int:
    return len([line for line in machine.log if "store get" in line])


@pytest.mark.slow
def test_a_release_that_migrated_the_data_gives_them_back_and_the_former_one_serves(machine: Machine) -> None:
    machine.docker(knows={OLD: 300, NEW: 305})
    served(machine, WATCHED)
    machine.docker(bad=[NEW])
    digest = machine.deploy(replace(WATCHED, image=NEW))
    assert machine.sync().returncode == 1
    state = machine.docker()
    assert (state["running"]["rocketchat"], state["migrated"]) == (OLD, 300)
    last = machine.reports[-1]
    assert (last["document"], last["state"]) == (digest, "failed")
    assert f"is that of {DUMPED} again" in last["reason"]
    assert "serves again" in last["reason"]
    assert f"store choose backups/database.archive.gz {DUMPED} --even-if-smaller" in machine.log
    assert [line for line in machine.log if "store put before-restore/" in line], "nothing of later is kept"
    assert watched(machine)["WentBack"] == 1
    # It does not go to and fro.
    before = len(machine.log)
    assert machine.sync().returncode == 1
    assert not [line for line in machine.log[before:] if " up " in line or "store get" in line]
    machine.docker(bad=[])
    served(machine, replace(WATCHED, image=NEW, ssh_from=["203.0.113.0/24"]))
    assert machine.docker()["migrated"] == 305
    assert watched(machine)["WentBack"] == 0


@pytest.mark.slow
def test_data_that_were_not_migrated_stay_with_all_that_was_written(machine: Machine) -> None:
    machine.docker(knows={OLD: 300, NEW: 300})
    served(machine)
    machine.docker(bad=[NEW])
    machine.deploy(replace(CHAT, image=NEW))
    assert machine.sync().returncode == 1
    assert machine.running["rocketchat"] == OLD
    assert not restores(machine)


@pytest.mark.slow
def test_a_former_release_that_fails_on_its_own_data_too_is_tried_again_alone(machine: Machine) -> None:
    machine.docker(knows={OLD: 300, NEW: 305})
    served(machine)
    machine.docker(bad=[NEW, OLD])
    machine.deploy(replace(CHAT, image=NEW))
    for _ in range(2):
        assert machine.sync().returncode == 1
        assert "the former one neither" in machine.reports[-1]["reason"]
        assert machine.docker()["migrated"] == 300
        assert restores(machine) == 1, "the data go to and fro"
    machine.docker(bad=[NEW])
    assert machine.sync().returncode == 1
    assert machine.running["rocketchat"] == OLD
    assert "serves again" in machine.reports[-1]["reason"]


@pytest.mark.slow
def test_a_dump_that_cannot_be_brought_back_is_tried_again_and_no_dump_of_newer_data_takes_its_place(
    machine: Machine,
) -> None:
    machine.docker(knows={OLD: 300, NEW: 305})
    served(machine)
    machine.docker(bad=[NEW])
    machine.deploy(replace(CHAT, image=NEW))
    machine.send_no_dumps(True)
    assert machine.sync().returncode == 1
    assert f"the dump of {DUMPED} could not be brought back" in machine.reports[-1]["reason"]
    dumps = len([line for line in machine.log if "store put backups/" in line])
    machine.send_no_dumps(False)
    assert machine.sync().returncode == 1
    assert len([line for line in machine.log if "store put backups/" in line]) == dumps
    assert (machine.running["rocketchat"], machine.docker()["migrated"]) == (OLD, 300)


@pytest.mark.slow
def test_an_old_dump_is_not_brought_back_unasked(machine: Machine) -> None:
    machine.docker(knows={OLD: 300, NEW: 305})
    served(machine)
    machine.docker(bad=[NEW])
    machine.chosen = ""  # nothing to bring back at first
    machine.deploy(replace(CHAT, image=NEW))
    assert machine.sync().returncode == 1
    before = machine.chat / "good/before"
    os.utime(before, (time.time() - 5 * 3600,) * 2)
    assert machine.sync().returncode == 1
    assert "rocketchat rollback STACK" in machine.reports[-1]["reason"]
    assert not restores(machine)


def test_a_release_whose_image_has_no_wget_comes_up(machine: Machine) -> None:
    image = "rocketchat/rocket.chat:6.13.1"
    machine.docker(registry=[image, MONGO, document.PROXY_IMAGE])
    served(machine, replace(CHAT, image=image, health_command=releases.find("6.13.1").health_command))


@pytest.mark.slow
def test_the_first_release_that_does_not_come_up_is_tried_again_at_every_turn(machine: Machine) -> None:
    machine.docker(bad=[OLD])
    machine.deploy()
    assert machine.sync().returncode == 1
    assert machine.reports[-1]["state"] == "failed"
    machine.docker(bad=[])
    assert machine.sync().returncode == 0
    assert machine.reports[-1]["state"] == "serving"


@pytest.mark.slow
def test_a_registry_that_is_away_costs_nothing_where_the_images_are_there(machine: Machine) -> None:
    served(machine)
    machine.docker(registry=None)
    served(machine, replace(CHAT, ssh_from=["203.0.113.0/24"]))
    before = written(machine)
    machine.deploy(replace(CHAT, image=NEW, host="talk.example.com"))
    assert machine.sync().returncode == 1
    assert machine.running["rocketchat"] == OLD
    assert "i/o timeout" in machine.reports[-1]["reason"]
    # A host that starts anew now has the files that go with its containers.
    assert written(machine) == before
    machine.docker(registry=[NEW])
    assert machine.sync().returncode == 0
    assert machine.running["rocketchat"] == NEW


def test_the_host_is_brought_up_in_order(machine: Machine) -> None:
    served(machine)
    order = [
        next(at for at, line in enumerate(machine.log) if said in line)
        for said in ("pull", "--wait-timeout 180 mongodb", "database.js", "proxy rocketchat", "caddy reload")
    ]
    assert order == sorted(order)


def test_a_processor_without_avx_stops_before_the_database_starts(machine: Machine) -> None:
    (machine.root / "cpuinfo").write_text("flags\t\t: fpu sse4_2\n")
    machine.deploy()
    assert machine.sync().returncode == 1
    assert machine.running == {}
    assert "AVX" in machine.reports[-1]["reason"]


@pytest.mark.slow
def test_a_dump_comes_before_another_release_and_only_then(machine: Machine) -> None:
    served(machine)
    assert not [line for line in machine.log if "store put" in line]
    served(machine, replace(CHAT, ssh_from=["203.0.113.0/24"]))
    assert not [line for line in machine.log if "store put" in line]
    served(machine, replace(CHAT, image=NEW))
    dump = next(at for at, line in enumerate(machine.log) if "store put" in line)
    ups = [at for at, line in enumerate(machine.log) if " up " in line]
    assert max(at for at in ups if at < dump) < dump < max(ups)


def test_no_dump_no_other_release(machine: Machine) -> None:
    served(machine)
    before = written(machine)
    machine.more["/srv/chat/bin/chat-backup"] = "#!/bin/sh\nexit 1\n"
    machine.deploy(replace(CHAT, image=NEW))
    document_ = json.loads((machine.cloud / "document").read_text())
    document_["files"]["/srv/chat/bin/chat-backup"]["mode"] = "0755"
    (machine.cloud / "document").write_text(json.dumps(document_))
    assert machine.sync().returncode == 1
    assert machine.running["rocketchat"] == OLD
    assert written(machine) == before
    assert "nothing was changed" in machine.reports[-1]["reason"]


def test_a_dump_whose_time_the_store_does_not_tell_is_none(machine: Machine) -> None:
    machine.docker(knows={OLD: 300, NEW: 305})
    served(machine)
    machine.more["/srv/chat/bin/chat-store"] = store(
        '[[ $1 != put ]] || "${@:4}" >/dev/null; [[ $1 != choose ]]'
    )
    machine.deploy(replace(CHAT, image=NEW))
    document_ = json.loads((machine.cloud / "document").read_text())
    document_["files"]["/srv/chat/bin/chat-store"]["mode"] = "0755"
    (machine.cloud / "document").write_text(json.dumps(document_))
    assert machine.sync().returncode == 1
    assert (machine.running["rocketchat"], machine.docker()["migrated"]) == (OLD, 300)
    assert "nothing was changed" in machine.reports[-1]["reason"]
    assert not (machine.chat / "good/before").exists()


@pytest.mark.slow
def test_the_images_of_the_former_release_stay_and_older_ones_go(machine: Machine) -> None:
    served(machine)
    served(machine, replace(CHAT, image=NEW))
    assert {OLD, NEW} <= set(machine.docker()["local"])
    newest = "rocketchat/rocket.chat:8.9.1"
    machine.docker(registry=[newest])
    served(machine, replace(CHAT, image=newest))
    local = set(machine.docker()["local"])
    assert {NEW, newest, MONGO, document.PROXY_IMAGE} == local


@pytest.mark.slow
def test_what_the_document_does_not_name_any_more_is_gone(machine: Machine) -> None:
    machine.more = {
        "/etc/systemd/system/chat-extra.timer": "[Timer]\n",
        "/home/ubuntu/.ssh/authorized_keys": "ssh-ed25519 AAAA\n",
    }
    served(machine)
    named = [
        machine.chat / "secrets/backup-webhook-url",
        machine.units / "chat-extra.timer",
        machine.root / "home/ubuntu/.ssh/authorized_keys",
    ]
    assert all(path.exists() for path in named)
    bystander = machine.units / "somebody-elses.service"
    bystander.write_text("")
    machine.more = {}
    del machine.secret_files["backup-webhook-url"]
    served(machine)
    assert not [path for path in named if path.exists()]
    assert bystander.exists()
    assert "systemctl disable --now chat-extra.timer" in machine.log


def test_no_secret_is_in_a_report(machine: Machine) -> None:
    machine.more["/srv/chat/bin/chat-apply"] = ""
    machine.deploy()
    document_ = json.loads((machine.cloud / "document").read_text())
    document_["files"]["/srv/chat/bin/chat-apply"] = {
        "mode": "0755",
        "text": "#!/bin/sh\necho 'cannot reach mongodb://u:canary-p$w@mongodb/d as canary-root' >&2\nexit 1\n",
    }
    (machine.cloud / "document").write_text(json.dumps(document_))
    assert machine.sync().returncode == 1
    assert machine.reports[-1]["reason"] == "cannot reach *** as ***"


def test_a_document_that_cannot_be_read_is_reported(machine: Machine) -> None:
    (machine.cloud / "document").write_text("{")
    (machine.cloud / "secret").write_text("{}")
    assert machine.sync().returncode == 1
    assert machine.reports[-1]["state"] == "failed"
    assert "JSONDecodeError" in machine.reports[-1]["reason"]


def test_a_larger_volume_grows_its_file_system_at_the_next_turn(machine: Machine) -> None:
    served(machine)
    machine.stub("resize2fs", "echo grown")
    before = len(machine.log)
    assert machine.sync().returncode == 0
    assert [line for line in machine.log[before:] if line.startswith("resize2fs")] == ["resize2fs /dev/sda"]


def test_a_missing_certificate_is_told_with_what_to_look_at(machine: Machine) -> None:
    served(machine)
    machine.stub("curl", 'echo "curl: (35) TLS alert, internal error" >&2; exit 35')
    found = machine.run(machine.chat / "bin/chat-check", "0")
    assert found.returncode == 1
    assert "does the name lead to this host" in found.stderr
    assert "the last words of proxy" in found.stderr


def test_a_chat_that_stops_serving_is_reported_though_nothing_changed(machine: Machine) -> None:
    served(machine)
    machine.docker(running={})
    (machine.chat / "bin/chat-check").write_text("#!/bin/sh\necho gone >&2\nexit 1\n")
    assert machine.sync().returncode == 1
    assert (machine.reports[-1]["state"], machine.reports[-1]["reason"]) == ("failed", "gone")


@pytest.mark.parametrize(("uptime", "seconds"), [("42.5 80.1\n", "300"), ("86400.5 80.1\n", "30")])
def test_containers_that_start_after_a_boot_are_waited_for_before_it_is_called_a_failure(
    machine: Machine, uptime: str, seconds: str
) -> None:
    served(machine)
    (machine.root / "proc").mkdir()
    (machine.root / "proc/uptime").write_text(uptime)
    (machine.chat / "bin/chat-check").write_text(f'#!/bin/sh\necho "$1" >{machine.root}/given\n')
    assert machine.sync().returncode == 0
    assert (machine.root / "given").read_text().strip() == seconds


def test_a_data_volume_that_is_missing_after_a_boot_is_told(machine: Machine) -> None:
    served(machine)
    machine.stub("mountpoint", "exit 1")
    before = len(machine.log)
    assert machine.sync().returncode == 1
    assert "the data volume is not mounted" in machine.reports[-1]["reason"]
    assert not [line for line in machine.log[before:] if line.startswith(("docker", "resize2fs"))]


def test_the_failure_of_a_unit_is_told_in_the_channel_but_not_every_five_minutes(machine: Machine) -> None:
    served(machine)
    machine.stub("journalctl", "echo the registry is away")
    for _ in range(2):
        found = machine.run(machine.chat / "bin/chat-failed", "chat-sync.service")
        assert found.returncode == 0, found.stderr
    told = (machine.root / "log.stdin").read_text()
    assert told.count("canary-hook") == 1
    assert len([line for line in machine.log if line.startswith("curl") and "--data-binary" in line]) == 1


def test_a_volume_that_takes_no_files_any_more_keeps_no_failure_from_being_told(machine: Machine) -> None:
    served(machine)
    machine.stub("journalctl", "echo the file system is read-only")
    command = f"DATA=/proc {machine.chat}/bin/chat-failed chat-sync.service"
    found = machine.run(Path("/bin/bash"), "-c", command)
    assert (found.returncode, found.stderr) == (0, "")
    assert "canary-hook" in (machine.root / "log.stdin").read_text()


def test_an_address_cannot_add_options_to_curl(machine: Machine) -> None:
    machine.secret_files["healthcheck-url"] = 'https://hc.example.com/a\\b"\noutput = "/etc/passwd'
    served(machine)
    command = f". {machine.chat}/bin/chat-lib; ping_switch fail"
    assert machine.run(Path("/bin/bash"), "-c", command).returncode == 0
    told = (machine.root / "log.stdin").read_text().splitlines()
    assert told == ['url = "https://hc.example.com/a\\\\b\\"output = \\"/etc/passwd/fail"']


@pytest.mark.parametrize(
    ("address", "failed"),
    [
        ("https://hc-ping.com/0a1b", "https://hc-ping.com/0a1b/fail"),
        ("https://hc-ping.com/0a1b/", "https://hc-ping.com/0a1b/fail"),
        ("https://hc-ping.com/key/nightly?create=1", "https://hc-ping.com/key/nightly/fail?create=1"),
        ("https://hc.example.com/ping/0a1b/?a=/b?c", "https://hc.example.com/ping/0a1b/fail?a=/b?c"),
        ("https://hc.example.com/0a1b#nightly", "https://hc.example.com/0a1b/fail"),
    ],
)
def test_a_switch_is_told_by_its_path_whatever_its_address(
    machine: Machine, address: str, failed: str
) -> None:
    (machine.chat / "secrets").mkdir(parents=True)
    (machine.chat / "secrets/healthcheck-url").write_text(address)
    (machine.chat / "chat.env").touch()
    command = f". {SCRIPTS}/chat-lib; ping_switch start; ping_switch fail; ping_switch ''"
    found = machine.run(Path("/bin/bash"), "-c", command)
    assert (found.returncode, found.stderr) == (0, "")
    told = (machine.root / "log.stdin").read_text().splitlines()
    started = failed.replace("/fail", "/start")
    assert told == [f'url = "{text}"' for text in (started, failed, address.partition("#")[0])]


def test_what_is_to_be_told_needs_no_room_on_the_disk(machine: Machine) -> None:
    served(machine)
    before = sorted((machine.root / "data").rglob("*"))
    command = f". {machine.chat}/bin/chat-lib; DATA=/dev/full post 'the disk is full'"
    found = machine.run(Path("/bin/bash"), "-c", command)
    assert (found.returncode, found.stderr) == (0, "")
    assert "canary-hook" in (machine.root / "log.stdin").read_text()
    assert sorted((machine.root / "data").rglob("*")) == before


@pytest.mark.slow
def test_no_containers_change_while_a_restore_has_them(machine: Machine) -> None:
    served(machine)
    machine.deploy(replace(CHAT, image=NEW))
    with (machine.root / "data/restoring").open("w"):
        pass
    assert machine.sync().returncode != 0
    (machine.root / "data/restoring").unlink()
    # One that has begun to take its turn, and has not written anything yet.
    held = locked(machine.chat)
    found = machine.sync()
    os.close(held)
    assert found.returncode != 0
    assert "a restore is under way" in machine.reports[-1]["reason"]
    assert machine.running["rocketchat"] == OLD
    assert machine.sync().returncode == 0


def test_a_new_host_with_the_data_of_one_that_went_while_it_restored_takes_the_restore_back(
    machine: Machine,
) -> None:
    (machine.root / "data/restoring").touch()
    machine.deploy()
    assert machine.sync().returncode == 1
    assert "systemctl enable --now chat-restore.timer" in machine.log
    assert machine.running == {}
    (machine.root / "data/restoring").write_text("working\n")
    found = machine.run(machine.chat / "bin/chat-restore", "--asked")
    assert not (machine.root / "data/restoring").exists(), found.stderr
    assert machine.sync().returncode == 0
    assert machine.running["rocketchat"] == OLD


@pytest.mark.slow
def test_two_syncs_wait_for_each_other(machine: Machine) -> None:
    machine.deploy()
    held = locked(machine.root / "etc/chat/host.json")
    found = machine.run(Path("/usr/bin/timeout"), "2", sys.executable, str(SCRIPTS / "chat-sync"))
    os.close(held)
    assert found.returncode == 124
    assert machine.reports == []
    assert machine.sync().returncode == 0


def locked(path: Path) -> int:
    """Lock a file as another process does; the descriptor holds it until it is closed."""
    found = os.open(path, os.O_RDONLY)
    fcntl.flock(found, fcntl.LOCK_EX)
    return found


AWKWARD = [
    "\U0001f680",
    "a\x85b\x9fc",
    "￿\ufeff",
    "\u2028 \u2029",
    'a $1 "quoted" \\ back',
    "tab\tnew\nline",
    "true",
    "#no comment: {x}",
    "éü日本",
    "${w} $$ $w $",
    "",
    "0123",
    "null",
    " spaces around ",
    "a: b\n- c\n",
    "*.x{margin:0}\r\n",
]


def test_every_text_reaches_the_container_as_it_is(machine: Machine) -> None:
    wanted = {f"TEXT_{at}": text for at, text in enumerate(AWKWARD)}
    served(machine, replace(CHAT, environment=wanted))
    written = (machine.chat / "compose.json").read_text(encoding="utf-8")
    # Compose reads YAML, also where the file is called JSON; libyaml and go-yaml have one scanner.
    loaded = yaml.load(written, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
    given = loaded["services"]["rocketchat"]["environment"]
    assert {name: given[name].replace("$$", "$") for name in wanted} == wanted


@pytest.mark.slow
def test_compose_itself_reads_every_text_as_it_is(machine: Machine) -> None:
    compose = shutil.which("docker-compose")
    if compose is None:
        pytest.skip("docker-compose is not installed")
    wanted = {f"TEXT_{at}": text for at, text in enumerate(AWKWARD)}
    served(machine, replace(CHAT, environment=wanted))
    for name in ("compose.json", "secrets.json"):
        path = machine.chat / name
        # Compose 1, which Debian has, knows no `create_host_path`; it never makes a folder for this long form.
        text = path.read_text(encoding="utf-8")
        path.write_text(
            re.sub(r',\s*"bind":\s*{\s*"create_host_path": false\s*}', "", text), encoding="utf-8"
        )
    found = subprocess.run(  # noqa: S603
        [compose, "--file", "compose.json", "--file", "secrets.json", "config"],
        cwd=machine.chat,
        # What stands in the environment of the host must not be filled in.
        env={**os.environ, "LANG": "C.UTF-8", "w": "filled in"},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )
    assert found.returncode == 0, found.stderr
    assert "variable is not set" not in found.stderr
    given = yaml.safe_load(found.stdout)["services"]["rocketchat"]["environment"]
    # `config` doubles each `$` again.
    told = {name: str(given[name]).replace("$$", "$") for name in wanted}
    assert told == wanted
    assert given["MONGO_URL"].replace("$$", "$") == "mongodb://u:canary-p$w@mongodb/d"


# ------------------------------------------------------------------------------------------------------ boot

SETUP_CLI = """#!/bin/bash
# As AWS's own: the checksum is that of the file of this name in the program's own folder
# (agent/setupcli/setupcli.go, performOnpremSteps).
own=$(cd "$(dirname "$0")" && pwd)
[[ -f $own/ssm-setup-cli ]] || { echo "error computing installed executable checksum: no such file" >&2; exit 1; }
[[ $(sha256sum <"$own/ssm-setup-cli") == "$(sha256sum <"$LATEST")" ]] ||
	{ echo "checksum mismatch with latest ssm-setup-cli" >&2; exit 1; }
[[ "$*" == "-register -region ap-southeast-1 -activation-id an-id -activation-code a-code" ]] || exit 2
echo "enrolled" >>"$LOG"
mkdir -p "$CHAT_ROOT/root/.aws" && echo "[default]" >"$CHAT_ROOT/root/.aws/credentials"
"""


def booting(machine: Machine) -> Mapping[str, Any]:
    """Write the user data's files to the machine; return what cloud-init would then run."""
    enrolment = Enrolment(
        "ap-southeast-1", "documents-0123abc", "host.json", "report.json", "an-id", "a-code"
    )
    found: Mapping[str, Any] = yaml.safe_load(cloud_config(enrolment))
    for file in found["write_files"]:
        path = machine.root / file["path"].lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file["content"])
        path.chmod(int(file["permissions"], 8))
    latest = machine.root / "latest-ssm-setup-cli"
    latest.write_text(SETUP_CLI)
    (machine.root / "etc/fstab").write_text("")
    (machine.root / "swapfile").write_text("")
    for name in ("apt-get", "swapon", "mount", "udevadm"):
        machine.stub(name, "")
    machine.stub("blkid", "echo /dev/sda")
    machine.stub("dpkg", "echo amd64")
    url = (
        "https://amazon-ssm-ap-southeast-1.s3.ap-southeast-1.amazonaws.com/latest/debian_amd64/ssm-setup-cli"
    )
    machine.stub(
        "curl",
        f'[[ "${{@: -1}}" == {url} ]] || {{ echo "curl: (22) 404" >&2; exit 22; }}\n'
        f'while (($#)); do [[ $1 != -o ]] || cp {latest} "$2"; shift; done',
    )
    # /var/lib/chat itself is not ours to make.
    machine.stub("install", '[[ "${@: -1}" != /var/lib/chat ]] || exit 0\n' + INSTALL)
    return found


def boot(machine: Machine) -> "subprocess.CompletedProcess[str]":
    script = machine.root / "usr/local/sbin/chat-bootstrap"
    latest = machine.root / "latest-ssm-setup-cli"
    return machine.run(Path("/usr/bin/env"), f"LATEST={latest}", str(script))


def test_a_bare_host_enrols_with_the_tool_under_its_own_name_and_starts_to_sync(machine: Machine) -> None:
    booting(machine)
    machine.stub("sync", '[[ ! -e $CHAT_ROOT/etc/chat/ready ]] || echo "too late" >>"$LOG"')
    found = boot(machine)
    assert found.returncode == 0, found.stdout + found.stderr
    assert "enrolled" in machine.log
    # All is on the disk before it is said to be done.
    assert machine.log[-2:] == ["systemctl enable --now chat-sync.timer", "sync "]
    assert (machine.root / "etc/chat/ready").exists()
    assert not (machine.root / "etc/chat/activation").exists(), "a used activation is of no use to anybody"
    assert not (machine.root / "etc/chat/setup").exists()


def test_an_enrolment_that_fails_is_tried_again_in_a_fresh_folder(machine: Machine) -> None:
    booting(machine)
    (machine.root / "etc/chat/setup").mkdir()
    (machine.root / "etc/chat/setup/ssm-setup-cli").write_text("left by the try before")
    latest = machine.root / "latest-ssm-setup-cli"
    latest.write_text("#!/bin/sh\necho 'ActivationExpired' >&2\nexit 1\n")
    assert boot(machine).returncode != 0
    assert (machine.root / "etc/chat/activation").exists()
    assert not (machine.root / "etc/chat/ready").exists()
    latest.write_text(SETUP_CLI)
    assert boot(machine).returncode == 0


def test_swap_that_a_power_cut_left_half_made_is_made_anew(machine: Machine) -> None:
    booting(machine)
    swap = machine.root / "swapfile"
    swap.unlink()
    machine.stub("fallocate", 'touch "${@: -1}"')
    machine.stub("mkswap", "exit 1")
    assert boot(machine).returncode != 0
    machine.stub("mkswap", 'echo swap >"${@: -1}"')
    # As the real one: it refuses what is no swap.
    machine.stub("swapon", f'[[ -s {swap} ]] || {{ echo "swapon: read swap header failed" >&2; exit 255; }}')
    found = boot(machine)
    assert found.returncode == 0, found.stderr


def test_packages_of_which_a_power_cut_broke_off_the_installation_are_installed(machine: Machine) -> None:
    booting(machine)
    broken, lists = machine.root / "broken", machine.root / "var/lib/apt/lists"
    broken.touch()
    lists.mkdir(parents=True)
    (lists / "cut-off").touch()
    # As the real ones: apt refuses until dpkg has finished, and lists that cannot be read stay as they are.
    machine.stub("dpkg", f'[[ $* != "--configure -a" ]] || rm -f {broken}; echo amd64')
    machine.stub(
        "apt-get",
        f'[[ ! -e {broken} ]] || {{ echo "E: dpkg was interrupted" >&2; exit 100; }}\n'
        f'[[ $* != *install* || ! -e {lists}/cut-off ]] || {{ echo "E: no Package: header" >&2; exit 100; }}',
    )
    assert boot(machine).returncode != 0
    assert not (machine.root / "etc/chat/ready").exists()
    found = boot(machine)
    assert found.returncode == 0, found.stderr


def test_packages_are_waited_for_where_another_program_installs(machine: Machine) -> None:
    booting(machine)
    machine.stub("dpkg", '[[ $* != "--configure -a" ]] || exit 2; echo amd64')
    machine.stub("apt-get", "[[ $* == *Lock::Timeout=300* ]]")
    found = boot(machine)
    assert found.returncode == 0, found.stderr


@pytest.mark.parametrize(
    ("wipefs", "taken"), [("true", True), ("echo 'DEVICE OFFSET TYPE'", False), ("exit 1", False)]
)
def test_only_a_disk_that_was_read_and_is_blank_is_formatted(
    machine: Machine, wipefs: str, taken: bool
) -> None:
    disk = machine.root / "xvdf"
    disk.touch()
    machine.stub("wipefs", wipefs)
    script = (SCRIPTS / "chat-bootstrap").read_text()
    function = script[script.index("blank_disk()") : script.index("mount_data()")]
    # A test makes no block device.
    function = function.replace("/dev/xvdf", str(disk)).replace("-b $disk", f"$disk == {disk}")
    found = machine.run(Path("/bin/bash"), "-euo", "pipefail", "-c", f"{function}\nblank_disk")
    assert (found.returncode == 0, found.stdout.strip()) == (taken, str(disk) if taken else "")


def test_a_host_that_cannot_get_ready_says_where_it_failed_once_it_can_say_anything(machine: Machine) -> None:
    booting(machine)
    machine.stub("blkid", "exit 2")
    (machine.root / "usr/local/sbin/chat-sync").write_text(
        f'#!/bin/sh\nexec {sys.executable} {SCRIPTS / "chat-sync"} "$@"\n'
    )
    assert boot(machine).returncode != 0
    [said] = machine.reports
    assert (said["document"], said["state"]) == ("", "failed")
    assert "mounting the data volume" in said["reason"]


def test_the_written_files_are_for_nobody_else_to_read(machine: Machine) -> None:
    served(machine)
    override = json.loads((machine.chat / "secrets.json").read_text())
    # Compose would take `$w` for a variable.
    assert (
        override["services"]["rocketchat"]["environment"]["MONGO_URL"] == "mongodb://u:canary-p$$w@mongodb/d"
    )
    modes = {
        name: stat.S_IMODE((machine.chat / name).stat().st_mode)
        for name in ("secrets.json", "secrets/mongodb/root", "good/files.tar")
    }
    assert modes == {"secrets.json": 0o600, "secrets/mongodb/root": 0o400, "good/files.tar": 0o600}


WATCHED = replace(CHAT, metrics_namespace="RocketChat/chat.example.com")


def watched(machine: Machine) -> dict[str, float]:
    machine.stub("df", "printf 'Use%%\\n 42%%\\n'")
    found = machine.run(machine.chat / "bin/chat-watch")
    assert found.returncode == 0, found.stderr
    return machine.metrics[-1]


@pytest.mark.slow
def test_a_host_tells_every_five_minutes_how_it_is(machine: Machine) -> None:
    served(machine, WATCHED)
    assert "systemctl restart chat-watch.timer" in machine.log
    told = {
        "Serving": 1,
        "WentBack": 0,
        "DataDiskUsedPercent": 42,
        "MemoryUsedPercent": 75,
        "HoursSinceBackup": 0,
    }
    assert watched(machine) == told
    machine.stub("curl", 'echo "curl: (22) error: 502" >&2; exit 22')
    assert watched(machine) == {**told, "Serving": 0}


@pytest.mark.slow
def test_only_a_good_backup_makes_the_last_one_younger(machine: Machine) -> None:
    served(machine, WATCHED)
    assert watched(machine)["HoursSinceBackup"] == 0
    mark = machine.root / "data/backed-up"
    before = time.time() - 31.5 * 3600
    os.utime(mark, (before, before))
    (machine.chat / "bin/chat-store").write_text(store("exit 1"))
    assert machine.run(machine.chat / "bin/chat-backup").returncode != 0
    assert watched(machine)["HoursSinceBackup"] == 31
    (machine.chat / "bin/chat-store").write_text(store("exit 0"))
    found = machine.run(machine.chat / "bin/chat-backup")
    assert found.returncode == 0, found.stderr
    assert watched(machine)["HoursSinceBackup"] == 0


def test_a_clock_that_went_wrong_once_hides_no_missing_backup(machine: Machine) -> None:
    served(machine, WATCHED)
    mark = machine.root / "data/backed-up"
    mark.touch()
    ahead = time.time() + 365 * 24 * 3600
    os.utime(mark, (ahead, ahead))
    assert watched(machine)["HoursSinceBackup"] == 0
    assert mark.stat().st_mtime <= time.time()


def test_a_host_reports_to_its_own_namespace_only(machine: Machine) -> None:
    served(machine, replace(CHAT, metrics_namespace="RocketChat/other.example.com"))
    found = machine.run(machine.chat / "bin/chat-watch")
    assert found.returncode != 0
    assert "AccessDenied" in found.stderr


@pytest.mark.slow
def test_a_host_that_nobody_wants_to_hear_of_tells_nothing(machine: Machine) -> None:
    served(machine, WATCHED)
    assert (machine.units / "chat-watch.timer").exists()
    served(machine)
    assert not (machine.units / "chat-watch.timer").exists()
    assert "systemctl disable --now chat-watch.timer" in machine.log
