"""What a host is given: user data, files and scripts, checked by the tools that will read them, and really run."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.runtime.host import bootstrap, document, sizes
from components.runtime.host.bootstrap import SCRIPTS, Enrolment
from rocketchat.services import STARTS_SECONDS

ENROLMENT = Enrolment(
    "ap-southeast-1",
    "documents-0123abc",
    "host.json",
    "report.json",
    "01234567-89ab-cdef-0123-456789abcdef",
    "a1b2c3d4e5f6g7h8i9j0",
)
CHAT = document.Chat(
    host="chat.example.com",
    email="admin@example.com",
    image="rocketchat/rocket.chat:8.9.0",
    uid=65533,
    stop_seconds=60,
    health_path="/livez",
    health_command=("wget", "-q", "--spider", "http://127.0.0.1:3000/livez"),
    environment={"ROOT_URL": "https://chat.example.com", "OVERWRITE_SETTING_theme-custom-css": "a $1 { }"},
    region="ap-southeast-1",
)
EVERYTHING = replace(
    CHAT,
    database=document.Database("mongo:8.0.32", "rocketchat", [{"role": "readWrite", "db": "rocketchat"}]),
    uploads=True,
    ssh_from=["203.0.113.0/24", "198.51.100.7/32"],
    only_http_challenge=True,
    metrics_namespace="RocketChat/chat.example.com",
    bot=document.Bot("rocketchat/hubot-rocketchat:v0.1.4", {"ROCKETCHAT_URL": "http://rocketchat:3000"}),
)
SHELL_SCRIPTS = [
    "chat-apply",
    "chat-backup",
    "chat-bootstrap",
    "chat-check",
    "chat-database",
    "chat-failed",
    "chat-firewall",
    "chat-lib",
    "chat-restore",
    "chat-restore-test",
    "chat-watch",
    "mongodb-fits",
]


def tool(name: str) -> str:
    """A tool of Debian, or of PyPI beside this Python."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def run(*command: object, **more: Any) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 - the programs are named here
        [str(part) for part in command], capture_output=True, text=True, check=False, timeout=120, **more
    )


def texts(chat: document.Chat = EVERYTHING, bucket: str | None = "backups") -> dict[str, str]:
    return {path: file["text"] for path, file in document.files(chat, bucket).items()}


# ------------------------------------------------------------------------------------------------ user data


def test_user_data_is_the_document_that_cloud_init_understands(tmp_path: Path) -> None:
    path = tmp_path / "user-data"
    path.write_text(bootstrap.cloud_config(ENROLMENT))
    found = run(tool("cloud-init"), "schema", "--config-file", path)
    assert found.returncode == 0, found.stdout + found.stderr


def test_user_data_is_tidy_yaml() -> None:
    rules = "{extends: default, rules: {line-length: disable, comments: disable, document-start: disable}}"
    found = run(tool("yamllint"), "-d", rules, "-", input=bootstrap.cloud_config(ENROLMENT))
    assert found.returncode == 0, found.stdout


def cloud_root(tmp_path: Path, text: str) -> str:
    """The commands of user data, on a root below the folder, with a systemctl that writes down what it is told."""
    root, stubs = tmp_path / "root", tmp_path / "bin"
    for folder in (stubs, root / "var/lib/cloud/instance/sem"):
        folder.mkdir(parents=True, exist_ok=True)
    for command in ("sync", "systemctl"):
        (stubs / command).write_text(
            f'#!/bin/sh\necho {command} "$@" >>{tmp_path}/started\n'
            f'[ "$1" != enable ] || {{ [ ! -e {tmp_path}/cut ] || {{ kill -9 $PPID; exit 9; }}\n'
            f"folder={root}/etc/systemd/system; mkdir -p $folder/multi-user.target.wants\n"
            "ln -sf ../$2 $folder/multi-user.target.wants/; }\n"
        )
        (stubs / command).chmod(0o755)
    paths = r"(/dev/null |^cat >|-e |-f |touch | (?=/var))(?=/(?:etc|usr|var))"
    return re.sub(paths, rf"\g<1>{root}", text, flags=re.MULTILINE)


def run_cloud(tmp_path: Path, text: str) -> "subprocess.CompletedProcess[str]":
    return run("sh", "-c", cloud_root(tmp_path, text), env={"PATH": f"{tmp_path}/bin:{os.environ['PATH']}"})


def test_both_forms_of_user_data_write_the_same_files(tmp_path: Path) -> None:
    cloud = yaml.safe_load(bootstrap.cloud_config(ENROLMENT))
    found = run_cloud(tmp_path, bootstrap.launch_script(ENROLMENT))
    assert found.returncode == 0, found.stderr
    for file in cloud["write_files"]:
        made = tmp_path / "root" / file["path"].lstrip("/")
        assert made.read_text().rstrip("\n") == file["content"].rstrip("\n"), file["path"]
        assert stat.S_IMODE(made.stat().st_mode) == int(file["permissions"], 8), file["path"]
    assert [line.strip() for line in (tmp_path / "started").read_text().splitlines()] == cloud["runcmd"]


def test_a_power_cut_while_the_files_are_written_lets_cloud_init_write_them_at_the_next_boot(
    tmp_path: Path,
) -> None:
    sem = tmp_path / "root/var/lib/cloud/instance/sem"
    modules = {f"config_{name}" for name in ("write_files", "runcmd", "scripts_user")}

    def left() -> set[str]:
        return {path.name for path in sem.iterdir()}

    # The script notes itself done when all is written and enabled, not before.
    cloud_root(tmp_path, "")
    (sem / "config_scripts_user").touch()
    (tmp_path / "cut").touch()
    assert run_cloud(tmp_path, bootstrap.launch_script(ENROLMENT)).returncode != 0
    assert left() == set()
    (tmp_path / "cut").unlink()
    assert run_cloud(tmp_path, bootstrap.launch_script(ENROLMENT)).returncode == 0
    assert left() == {"config_scripts_user"}
    # The document asks at each boot, before its modules.
    [asked] = yaml.safe_load(bootstrap.cloud_config(ENROLMENT))["bootcmd"]
    enabled = tmp_path / "root/etc/systemd/system/multi-user.target.wants/chat-bootstrap.service"
    for whole in (True, False):
        for name in modules:
            (sem / name).touch()
        if not whole:
            enabled.unlink()
        assert run_cloud(tmp_path, asked).returncode == 0
        assert left() == (modules if whole else set())


def test_user_data_fits_into_what_lightsail_takes() -> None:
    assert len(bootstrap.launch_script(ENROLMENT).encode()) <= bootstrap.MOST_BYTES
    with pytest.raises(ValueError, match="16384 are allowed"):
        bootstrap.launch_script(replace(ENROLMENT, bucket="b" * 16384))


def test_a_change_of_user_data_is_meant_because_every_host_is_made_anew_by_it() -> None:
    assert bootstrap.digest() == "d605f54332ac", "if the change is worth new hosts, write the new digest here"


def test_the_activation_is_not_shown_by_repr() -> None:
    assert ENROLMENT.activation_code not in repr(ENROLMENT)


# --------------------------------------------------------------------------------------- files and the tools


@pytest.mark.slow
@pytest.mark.parametrize("script", SHELL_SCRIPTS)
def test_shellcheck_finds_nothing_in_a_script(script: str) -> None:
    found = run(tool("shellcheck"), "--external-sources", "--source-path", SCRIPTS, SCRIPTS / script)
    assert found.returncode == 0, found.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    "script",
    [
        *(f"components/backup/scripts/{name}" for name in ("job", "tools")),
        *(f"automation/restore/{name}" for name in ("cluster", "common", "host", "tasks")),
    ],
)
def test_shellcheck_finds_nothing_in_the_scripts_of_jobs_and_restores(script: str) -> None:
    path = SCRIPTS.parents[3] / script
    found = run(tool("shellcheck"), "--external-sources", "--source-path", path.parent, path)
    assert found.returncode == 0, found.stdout


def test_the_scripts_that_are_checked_are_all_there_are() -> None:
    shell = {
        path.name
        for path in SCRIPTS.iterdir()
        if path.is_file() and ("shell" in path.read_text()[:30] or path.read_text().startswith("#!/bin/bash"))
    }
    assert shell == set(SHELL_SCRIPTS)


@pytest.mark.slow
@pytest.mark.parametrize("chat", [CHAT, EVERYTHING])
def test_compose_takes_the_file_and_its_secret_part(tmp_path: Path, chat: document.Chat) -> None:
    override = {"services": {"rocketchat": {"environment": {"MONGO_URL": "mongodb://u:p$$w@h/d"}}}}
    for name, content in (("compose.json", document.compose(chat)), ("secrets.json", override)):
        # Compose 1, which Debian has, knows no `create_host_path`; it never makes a folder for this long form.
        text = json.dumps(content).replace(', "bind": {"create_host_path": false}', "")
        (tmp_path / name).write_text(text.replace(" $1 ", " $$1 "))
    command = [
        tool("docker-compose"),
        "-f",
        tmp_path / "compose.json",
        "-f",
        tmp_path / "secrets.json",
        "config",
    ]
    found = run(*command, cwd=tmp_path)
    assert found.returncode == 0, found.stderr
    services = yaml.safe_load(found.stdout)["services"]
    assert set(services) == set(document.compose(chat)["services"])
    assert services["rocketchat"]["environment"]["ROOT_URL"] == "https://chat.example.com"


@pytest.mark.parametrize("chat", [CHAT, EVERYTHING])
def test_the_proxy_takes_its_configuration(tmp_path: Path, chat: document.Chat) -> None:
    path = tmp_path / "Caddyfile"
    path.write_text(texts(chat)["/srv/chat/proxy/Caddyfile"])
    env = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    found = run(tool("caddy"), "validate", "--adapter", "caddyfile", "--config", path, env=env)
    assert found.returncode == 0, found.stderr
    adapted = json.loads(
        run(tool("caddy"), "adapt", "--adapter", "caddyfile", "--config", path, env=env).stdout
    )
    told = json.dumps(adapted)
    assert '"max_size": 115343360' in told
    assert '"dial": "rocketchat:3000"' in told
    assert adapted["apps"]["http"]["servers"]["srv0"]["listen"] == [":443"]
    issuers = [
        issuer
        for policy in adapted["apps"]["tls"]["automation"]["policies"]
        for issuer in policy.get("issuers", ())
    ]
    assert {issuer["email"] for issuer in issuers} == {chat.email}
    off = [issuer.get("challenges", {}).get("tls-alpn", {}).get("disabled", False) for issuer in issuers]
    assert all(off) if chat.only_http_challenge else not any(off)


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    systemd = tool("systemd-analyze")
    units = {
        Path(path).name: text for path, text in texts().items() if path.startswith("/etc/systemd/system/")
    }
    cloud = yaml.safe_load(bootstrap.cloud_config(ENROLMENT))
    units |= {
        Path(file["path"]).name: file["content"]
        for file in cloud["write_files"]
        if file["path"].endswith((".service", ".timer"))
    }
    assert len(units) == 13
    for name, text in units.items():
        # The programs are on the host only.
        (tmp_path / name).write_text(
            re.sub(r"^ExecStart=.*$", "ExecStart=/bin/true", text, flags=re.MULTILINE)
        )
    (tmp_path / "docker.service").write_text("[Service]\nExecStart=/bin/true\n")
    found = run(
        systemd,
        "verify",
        *(tmp_path / name for name in units),
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
    )
    said = [line for line in found.stderr.splitlines() if str(tmp_path) in line or "chat-" in line]
    assert said == [], found.stderr
    for name, text in units.items():
        for calendar in re.findall(r"^OnCalendar=(.*)$", text, flags=re.MULTILINE):
            assert run(systemd, "calendar", calendar).returncode == 0, (name, calendar)


def test_every_container_is_pinned_bounded_and_without_rights_it_does_not_need() -> None:
    for name, service in document.compose(EVERYTHING)["services"].items():
        assert re.search(r":[\w.-]*\d+\.\d+[\w.-]*$", service["image"]), name
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["logging"]["options"]["max-size"]
        assert service["restart"] == "unless-stopped"
        assert ("ports" in service) == (name == "proxy"), f"{name} is open to the world"
        for volume in service.get("volumes", ()):
            assert volume["type"] == "tmpfs" or volume["bind"] == {"create_host_path": False}


def test_a_server_that_migrates_is_not_called_unhealthy_before_the_host_gives_up_on_it() -> None:
    check = document.compose(CHAT)["services"]["rocketchat"]["healthcheck"]
    assert check["start_period"] == f"{STARTS_SECONDS}s"
    waits = re.search(r"^COMES_UP_SECONDS=(\d+)$", (SCRIPTS / "chat-apply").read_text(), re.MULTILINE)
    assert waits is not None
    assert STARTS_SECONDS + check["retries"] * 30 < int(waits[1])


def test_a_host_that_keeps_nothing_has_no_backup_and_no_database() -> None:
    bare = texts(CHAT, None)
    assert not [path for path in bare if "timer" in path or "/mongodb/" in path]
    assert set(document.compose(CHAT)["services"]) == {"proxy", "rocketchat"}
    uploads = texts(replace(CHAT, uploads=True))
    assert "/etc/systemd/system/chat-backup.timer" in uploads
    assert "/etc/systemd/system/chat-restore-test.timer" not in uploads


@pytest.mark.parametrize("character", sorted(document.UNQUOTABLE))
def test_a_document_takes_no_address_that_the_proxy_cannot_read(character: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"the proxy cannot read {character} in the address")):
        replace(CHAT, email=f"a{character}b@family.example")


def test_security_fixes_are_installed_and_logs_are_bounded() -> None:
    assert 'Unattended-Upgrade "1"' in texts()["/etc/apt/apt.conf.d/52chat"]
    assert "SystemMaxUse=" in texts()["/etc/systemd/journald.conf.d/chat.conf"]
    assert "unattended-upgrades" in bootstrap.cloud_config(ENROLMENT)


def test_the_smallest_size_is_the_cheapest_with_enough_memory() -> None:
    assert sizes.smallest(sizes.LIGHTSAIL, 4096).name == "medium_3_0"
    assert sizes.smallest(sizes.DROPLET, 512).name == "s-1vcpu-2gb"
    with pytest.raises(ValueError, match="no host has"):
        sizes.smallest(sizes.DROPLET, 10**6)


# -------------------------------------------------------------------------------------- scripts, really run


class Host:
    """A folder that looks like a host to the scripts, with stubs that write down what they were told."""

    def __init__(self, root: Path, chat: document.Chat = EVERYTHING) -> None:
        self.root, self.chat, self.data = root, root / "srv/chat", root / "data"
        for path, text in texts(chat).items():
            if path.startswith("/srv/chat"):
                made = root / path.lstrip("/")
                made.parent.mkdir(parents=True, exist_ok=True)
                made.write_text(text)
                made.chmod(0o755 if "/bin/" in path else 0o644)
        for folder in ("uploads", "mongodb"):
            (self.data / folder).mkdir(parents=True)
        (self.chat / "secrets").mkdir()
        self.bin = root / "bin"
        self.bin.mkdir()
        self.stub(
            "docker",
            "",
        )
        for name in ("systemctl", "mountpoint", "ufw", "iptables"):
            self.stub(name, "")

    def stub(self, name: str, body: str) -> None:
        path = self.bin / name
        path.write_text(f'#!/bin/bash\necho "{name} $*" >>"$LOG"\n{body}\n')
        path.chmod(0o755)

    def run(self, script: str, *given: str, **more: str) -> "subprocess.CompletedProcess[str]":
        env = {
            "PATH": f"{self.bin}:{os.environ['PATH']}",
            "CHAT": str(self.chat),
            "DATA": str(self.data),
            "LOG": str(self.root / "log"),
            "SYSTEMD": str(self.root / "systemd"),
            **more,
        }
        return run(self.chat / "bin" / script, *given, env=env)

    @property
    def log(self) -> str:
        path = self.root / "log"
        return path.read_text() if path.exists() else ""


def test_mongodb_climbs_one_version_at_a_time_and_the_running_one_stays_where_it_cannot(
    tmp_path: Path,
) -> None:
    host = Host(tmp_path)
    (tmp_path / "cpuinfo").write_text("flags: avx\n")
    (host.data / "mongodb").mkdir(parents=True, exist_ok=True)
    mark = host.data / "mongodb/chat-version"

    def deploy(image: str) -> "subprocess.CompletedProcess[str]":
        (tmp_path / "log").write_text("")
        database = document.Database(image, "rocketchat", [])
        env = texts(replace(EVERYTHING, database=database))["/srv/chat/chat.env"]
        (host.chat / "chat.env").write_text(env)
        return host.run("chat-database", CPUINFO=str(tmp_path / "cpuinfo"), KERNEL="6.8.0")

    assert deploy("mongo:6.0.28").returncode == 0
    assert mark.read_text() == "6.0\n"
    skipped = deploy("mongo:8.0.32")
    assert skipped.returncode != 0
    assert "the data is of MongoDB 6.0" in skipped.stderr
    assert "docker" not in host.log
    for image, series in (("mongo:7.0.43", "7.0\n"), ("mongo:8.0.32", "8.0\n"), ("mongo:8.0.32", "8.0\n")):
        assert deploy(image).returncode == 0
        assert mark.read_text() == series
        assert "database.js" in host.log
    assert deploy("mongo:7.0.43").returncode != 0
    # The step counts when the data was told of it.
    host.stub("docker", 'case "$*" in *database.js*) exit 1;; esac')
    assert deploy("mongo:8.2.12").returncode != 0
    assert mark.read_text() == "8.0\n"


def test_a_volume_that_comes_late_stops_no_timer_and_is_told_of() -> None:
    """A job that ends for a dependency leaves its unit neither failed nor ever run: systemd tells nobody of it, and a
    timer that counts from the unit's last run never elapses again (systemd.timer, OnUnitInactiveSec)."""
    cloud = yaml.safe_load(bootstrap.cloud_config(ENROLMENT))
    units = {**texts(), **{file["path"]: file["content"] for file in cloud["write_files"]}}
    timers = {path: text for path, text in units.items() if path.endswith(".timer")}
    assert len(timers) >= 4
    for path, text in timers.items():
        assert "OnCalendar=" in text, path
        assert "OnUnit" not in text, path
    sync = units["/etc/systemd/system/chat-sync.service"]
    assert "var-lib-chat.mount" in sync
    assert "Requires" not in sync


def test_nothing_starts_without_the_data_volume(tmp_path: Path) -> None:
    host = Host(tmp_path)
    host.stub("mountpoint", "exit 1")
    found = host.run("chat-apply")
    assert found.returncode != 0
    assert "data volume" in found.stderr
    assert "docker" not in host.log


def test_the_firewall_opens_the_web_and_the_named_networks_and_closes_the_metadata_service(
    tmp_path: Path,
) -> None:
    host = Host(tmp_path)
    host.stub("iptables", "[[ $1 != --check ]]")
    found = host.run("chat-firewall")
    assert found.returncode == 0, found.stderr
    opened = [line for line in host.log.splitlines() if line.startswith("ufw allow")]
    assert opened == [
        "ufw allow 80/tcp",
        "ufw allow 443/tcp",
        "ufw allow from 203.0.113.0/24 to any port 22 proto tcp",
        "ufw allow from 198.51.100.7/32 to any port 22 proto tcp",
    ]
    assert "iptables --insert DOCKER-USER --destination 169.254.169.254 --jump DROP" in host.log
