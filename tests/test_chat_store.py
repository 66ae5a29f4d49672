"""The store of backups on bad days: credentials that end, a transfer that is cut, a host that was off for weeks."""

import base64
import datetime as dt
import hashlib
import importlib.machinery
import importlib.util
import io
import json
import os
import subprocess
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from automation import restore
from components.runtime.host.bootstrap import SCRIPTS


@pytest.fixture(scope="module")
def script() -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("chat_store", str(SCRIPTS / "chat-store"))
    spec = importlib.util.spec_from_loader("chat_store", loader)
    assert spec is not None
    made = importlib.util.module_from_spec(spec)
    loader.exec_module(made)
    vars(made)["PART"] = 4
    return made


class Client:
    """A client of S3 that fails as it is told, and writes down what it was asked."""

    def __init__(self, *, expired: int = 0, body: bytes = b"", cut: int | None = None) -> None:
        self.expired, self.body, self.cut, self.asked = expired, body, cut, list[str]()
        self.modified = dt.datetime.now(dt.UTC)

    def __getattr__(self, name: str) -> Any:
        def call(**given: Any) -> Any:
            if name == "upload_part" and given["PartNumber"] == 2 and self.expired:
                self.expired -= 1
                raise ClientError({"Error": {"Code": "ExpiredToken"}}, name)
            self.asked.append(name)
            if name == "get_object":
                body = self.body[int(given["Range"][len("bytes=") : -1]) :]
                body, self.cut = body[: self.cut], None
                return {"Body": io.BytesIO(body)}
            length, modified = len(self.body), self.modified
            answer: dict[str, Any] = {"UploadId": "u", "ETag": "e", "VersionId": "v"}
            return answer | {"ContentLength": length, "LastModified": modified}

        return call


def store_of(script: ModuleType, client: Client) -> Any:
    made = script.Store.__new__(script.Store)
    made.bucket, made._client, made._connect = "backups", client, lambda: None
    return made


@pytest.fixture(autouse=True)
def host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_HOST", "chat.example.com")


@pytest.fixture
def summary(tmp_path: Path) -> str:
    path = tmp_path / "summary"
    path.write_text(json.dumps({"users": 1, "messages": 2, "bytes": 3}))
    return str(path)


def test_credentials_that_end_half_way_are_renewed(
    script: ModuleType, summary: str, capfd: pytest.CaptureFixture[str]
) -> None:
    client = Client(expired=1)
    script.put(store_of(script, client), "backups/x", summary, "printf", "%s", "0123456789")
    assert client.asked.count("upload_part") == 3
    assert "complete_multipart_upload" in client.asked
    assert "10 bytes" in capfd.readouterr().out


def test_credentials_that_are_over_for_good_leave_no_half_of_a_dump(script: ModuleType, summary: str) -> None:
    client = Client(expired=9)
    with pytest.raises(ClientError):
        script.put(store_of(script, client), "backups/x", summary, "printf", "%s", "0123456789")
    assert client.asked[-1] == "abort_multipart_upload"
    assert "complete_multipart_upload" not in client.asked


def test_a_transfer_that_is_cut_goes_on_where_it_was(script: ModuleType) -> None:
    client = Client(body=bytes(range(200)), cut=70)
    assert store_of(script, client).text("backups/x") == bytes(range(200))
    assert client.asked.count("get_object") == 2


def test_a_host_that_was_off_for_three_weeks_does_not_do_what_was_asked_then(
    script: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    client = Client(body=b"{}")
    client.modified -= dt.timedelta(days=21)
    client.body = json.dumps({"request": "before", "state": "done"}).encode()
    script.asked(store_of(script, client))
    assert capsys.readouterr().out == ""
    assert client.asked[-1] == "put_object", "nobody is told that it was refused"


def test_whatever_is_written_carries_its_sum_which_a_bucket_that_locks_objects_asks_for(
    script: ModuleType, summary: str, tmp_path: Path
) -> None:
    sent: dict[str, list[bytes]] = {}

    class Strict(Client):
        def __getattr__(self, name: str) -> Any:
            def call(**given: Any) -> Any:
                if name in ("put_object", "upload_part"):
                    body = given["Body"] if isinstance(given["Body"], bytes) else given["Body"].read()
                    asked = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
                    if given.get("ContentMD5") != asked:
                        raise ClientError({"Error": {"Code": "InvalidRequest"}}, name)
                    sent.setdefault(name, []).append(body)
                return super(Strict, self).__getattr__(name)(**given)

            return call

    store = store_of(script, Strict())
    script.put(store, "backups/x", summary, "printf", "%s", "0123456789")
    assert sent["upload_part"] == [b"0123", b"4567", b"89"]
    with (tmp_path / "upload").open("w+b") as file:
        file.write(b"an upload")
        file.seek(0)
        store.call("put_object", Key="files/x", Body=file)
    assert sent["put_object"][-1] == b"an upload"


# ------------------------------------------------------------------------------------------------- bad days


@pytest.mark.parametrize("status", [6, 22, 28], ids=["no such host", "an answer of 500", "a time-out"])
def test_a_channel_and_a_switch_that_are_away_stop_no_backup_and_their_addresses_are_not_shown(
    status: int, tmp_path: Path
) -> None:
    (tmp_path / "chat.env").write_text("CHAT_HOST=chat.example.com\n")
    (tmp_path / "secrets").mkdir()
    for name in ("backup-webhook-url", "healthcheck-url"):
        (tmp_path / "secrets" / name).write_text("https://hooks.example.com/canaryhook\n")
    curl = tmp_path / "curl"
    curl.write_text(f'#!/bin/bash\necho "$*" >>"{tmp_path}/calls"\ncat >/dev/null\nexit {status}\n')
    curl.chmod(0o755)
    told = 'ping_switch start; post "a backup"; ping_switch fail; echo goes on'
    words = f'set -euo pipefail; . "{SCRIPTS}/chat-lib"; {told}'
    done = subprocess.run(  # noqa: S603
        ["bash", "-c", words],  # noqa: S607
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "CHAT": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    calls = (tmp_path / "calls").read_text()
    assert (done.returncode, done.stdout) == (0, "goes on\n"), done.stderr
    assert calls.count("-m 10") == 3
    assert "the message into the channel failed" in done.stderr
    assert "canary" not in done.stderr + calls


@pytest.mark.parametrize("slow", [-50, 0, 50], ids=["fast", "right", "slow"])
def test_the_dump_of_before_an_upgrade_is_found_again_by_its_time_where_clocks_differ(
    script: ModuleType, slow: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    moment = dt.datetime(2026, 1, 31, 18, 5, tzinfo=dt.UTC)

    class Clock(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> "Clock":
            return cls.fromtimestamp((moment - dt.timedelta(seconds=slow)).timestamp(), tz)

    monkeypatch.setattr(restore, "datetime", Clock)
    day = dt.timedelta(days=1)
    there = [("next", moment + day / 24), ("before", moment - dt.timedelta(seconds=1)), ("old", moment - day)]
    facts = {"users": "1", "messages": "2"}
    store = SimpleNamespace(
        versions=lambda _: ((name, at, 1, facts) for name, at in there),
        exists=lambda _: None,
    )
    script.choose(store, "backups/database.archive.gz", restore.now())
    assert capsys.readouterr().out.startswith("before ")
