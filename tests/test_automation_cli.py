"""The command line: what it prints, its exit status, and that bad input never ends in a traceback."""

import automation_world  # noqa: F401 - before the SDKs

# isort: split

import contextlib
import errno
import io
import json
import os
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from engine_marks import needs_engine

from automation import new, project
from automation.backend import Backend
from automation.errors import ConflictError, NoEngineError, UsageError
from automation.events import Said
from automation.stack import stack_file_path
from automation.values import Result
from automation.writing import write
from command import cli, deployments, shared
from proving import recordings
from stacks import files
from stacks.project import COMMAND

FLAGS = ["chat.host=chat.example.com", "chat.users=40"]
ORGANIZATION = "5f0c1d2e3b4a59687f6e5d4c"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPKsZsFQHhNZ8g1ekq2lG3mZ8b0aV3bL6c0R5m0xq3dT ops"


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stack files, drafts and rehearsals of these tests go to a folder of their own."""
    for path in files.FOLDER.glob("Pulumi.*.yaml"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(files, "FOLDER", tmp_path)
    monkeypatch.setattr(new, "DRAFTS", tmp_path / "drafts")
    monkeypatch.setattr("rehearsal.backend.KEPT", tmp_path / "kept")
    return tmp_path


NEEDED = {
    "fargate": [f"database.organization={ORGANIZATION}"],
    "kubernetes": ["runtime.context=kind-chat"],
    "doks": [f"database.organization={ORGANIZATION}"],
    "lightsail": [f"runtime.sshKey={KEY}"],
    "droplet": [f"runtime.sshKey={KEY}"],
}


@pytest.mark.slow
@pytest.mark.parametrize("runtime", NEEDED)
@pytest.mark.parametrize("profile", ["trial", "production"])
def test_new_writes_a_file_that_passes_check(
    runtime: str, profile: str, folders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = [f"runtime.kind={runtime}", f"chat.profile={profile}", *NEEDED[runtime]]
    arguments = ["new", "mine", *FLAGS, *chosen, "--yes"]
    if (runtime, profile) == ("kubernetes", "production"):
        arguments.append("database.kind=in-cluster")
    assert cli.main(arguments) == 0
    text = (folders / "Pulumi.mine.yaml").read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=")
    assert cli.main(["check", "mine"]) == 0
    assert "is valid" in capsys.readouterr().out
    assert cli.main(arguments) == 2


def test_new_goes_on_where_it_was_interrupted(folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["new", "mine", *FLAGS, "runtime.kind=fargate", "--yes"]) == 2
    assert "give database.organization=" in capsys.readouterr().err
    assert not (folders / "Pulumi.mine.yaml").exists()
    assert cli.main(["new", "mine", f"database.organization={ORGANIZATION}", "--yes"]) == 0
    assert "Continuing with" in capsys.readouterr().err
    assert "users: 40" in (folders / "Pulumi.mine.yaml").read_text(encoding="utf-8")
    assert not list((folders / "drafts").glob("*"))


def test_new_forgets_the_answer_that_was_wrong_and_keeps_the_others(
    folders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = ["new", "mine", *FLAGS, "runtime.kind=fargate", "database.organization=xyz", "--yes"]
    assert cli.main(wrong) == 1
    assert "organization" in capsys.readouterr().err
    assert cli.main(["new", "mine", f"database.organization={ORGANIZATION}", "--yes"]) == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["check", "nope"], 1),
        (["check", "/"], 1),
        (["plan", "nope"], 1),
        (["preview", "nope", "--rehearse"], 1),
        (["policy", "nope"], 1),
        (["new", "../evil", "--yes"], 2),
        (["new", "mine", "runtime.kind=mainframe", "chat.host=a.b", "--yes"], 2),
        (["new", "mine", "--runtime", "fargate"], 2),
        (["new", "mine", "fargate"], 2),
        (
            [
                "new",
                "mine",
                *FLAGS,
                *NEEDED["kubernetes"],
                "runtime.kind=kubernetes",
                "chat.color=red",
                "--yes",
            ],
            2,
        ),
        (
            [
                "new",
                "mine",
                "chat.host=https://chat",
                "runtime.kind=kubernetes",
                "runtime.context=x",
                "--yes",
            ],
            1,
        ),
        (["up"], 2),
        (["frobnicate"], 2),
        (["up", "lovia-fargate", "--wait", "soon"], 2),
    ],
)
def test_bad_input_is_told_without_a_traceback(
    arguments: list[str], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(arguments) == status
    printed = capsys.readouterr()
    assert printed.err
    assert "Traceback" not in printed.err + printed.out


@pytest.mark.slow
def test_a_plan_that_cannot_be_written_says_where(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "none").touch()
    file = tmp_path / "none" / "plan.json"
    assert cli.main(["plan", "local", "--file", str(file)]) == 1
    assert f"{tmp_path / 'none'}: File exists" in capsys.readouterr().err.replace("\n", "")


def test_an_error_is_json_where_json_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", "nope", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["error"] == "configuration"
    assert told["problems"][0]["message"]


def test_without_an_engine_the_status_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("automation.stack.find_engine", lambda: None)
    assert cli.main(["preview", "lovia-fargate", "--rehearse"]) == 3
    assert (int(shared.Status.NO_ENGINE), NoEngineError.kind) == (3, "no-engine")


@pytest.mark.slow
def test_policy_plan_and_schema_need_no_engine(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["policy", "lovia-fargate", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["clean"]
    assert cli.main(["plan", "lovia-fargate", "--json"]) == 0
    planned = capsys.readouterr().out
    assert json.loads(planned)["resources"]
    assert cli.main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out)["$schema"]


@pytest.mark.slow
def test_a_rehearsal_without_an_engine_shows_and_writes_the_plan(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rehearsal.report.find_engine", lambda: None)
    file = tmp_path / "plan.json"
    assert cli.main(["rehearse", "lovia-fargate", "--file", str(file)]) == 0
    assert json.loads(file.read_text(encoding="utf-8"))[0]["urn"]
    shown = capsys.readouterr().out
    assert "Planned only, without the Pulumi engine" in shown
    assert "policies   0 mandatory and" in shown
    # By its path, where it is not on the PATH.
    assert "rocketchat up lovia-fargate\n" in shown
    # Ten lines first; nothing of another cloud than the stack's.
    assert shown.splitlines().index("Warnings") <= 11
    assert "digitalocean" not in shown.lower()


GENERATION = ("kind: droplet,", "kind: droplet, generation: 2,")
LIFE: list[tuple[str, int, tuple[str, str] | None]] = [
    ("up family-host", 0, None),
    ("rotate family-host", 0, None),
    ("admin reset family-host", 0, None),
    ("preview family-host", 0, GENERATION),
    ("destroy family-host", 1, None),
    ("destroy family-host --unprotect", 0, None),
]
"""What is typed in a stack's life, its exit status, and what is written into the stack file before."""


@pytest.mark.recorded
@needs_engine
def test_a_rehearsed_stack_lives_from_command_to_command_as_the_pages_show_it(
    folders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(typed: str, *more: str) -> tuple[int, str]:
        status = cli.main([*typed.split(), *more])
        told = capsys.readouterr()
        return status, told.out + told.err

    status, printed = run("preview family-host", "--rehearse", "--no-policies", "--json")
    told = json.loads(printed)
    # Components too, once each.
    assert len(told["steps"]) == sum(told["changes"].values()) > 3
    path = folders / "Pulumi.family-host.yaml"
    before, stale = path.read_text(encoding="utf-8"), []
    for typed, wanted, change in LIFE:
        if change is not None:
            assert change[0] in before
            path.write_text(before.replace(*change), encoding="utf-8")
        sure = ["--yes"] if typed.startswith("destroy") else []
        status, printed = run(typed, *sure, "--rehearse")
        assert status == wanted, printed
        stale += recordings.differs(typed, printed, {str(folders): "stacks", " --rehearse": ""})
        path.write_text(before, encoding="utf-8")
        if typed == "up family-host":
            status, printed = run("outputs family-host", "--rehearse", "--json")
            assert (status, json.loads(printed)["adminPassword"]) == (0, "[secret]")
            assert run("recover family-host", "--rehearse") == (0, "Nothing was interrupted.\n")
            assert run("drift family-host", "--rehearse")[0] == 0
            for typed_, said in REHEARSED.items():
                status, printed = run(typed_, "--rehearse")
                assert (status, said in printed) == (0, True), printed
    assert run("destroy family-host", "--rehearse", "--confirm", "family")[0] == 1
    # What it kept is in the way, and is told by its name, though the mail's user is called like a part of it.
    status, printed = run("up family-host", "--rehearse", "--no-policies")
    assert (status, "backups-chat-family-example: exists already" in printed) == (1, True), printed
    assert "shows what is there and takes it over" in printed
    assert not stale, "run `make docs`"


REHEARSED = {
    "status family-host": "no chat runs in a rehearsal",
    "verify family-host": "TLS: not checked, because no chat runs in a rehearsal",
    "backup family-host": "a backup of chat.family.example would be made",
    "restore family-host": "all of chat.family.example would be replaced by `newest`",
    "upgrade family-host --to 9.0.0": "upgrade family-host --to 9.0.0 --apply --rehearse",
}
"""What commands say that ask a chat, or its data, where there is none."""


def a_copy(folder: Path, change: Callable[[str], str]) -> str:
    path = folder / "elsewhere" / "Pulumi.local.yaml"
    path.parent.mkdir()
    path.write_text(change(files.find("local").read_text(encoding="utf-8")), encoding="utf-8")
    return str(path)


OPEN = {
    "as it is": (lambda text: text, 0),
    "with a mistake": (lambda text: text.replace("kind: gridfs", "kind: gridsf"), 1),
    "in production": (lambda text: text.replace("profile: trial", "profile: production"), 1),
}


@pytest.mark.parametrize("name", OPEN)
def test_the_policy_pack_judges_the_file_that_is_named(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change, status = OPEN[name]
    path = a_copy(tmp_path, change)
    assert cli.main(["policy", path]) == status
    told = capsys.readouterr()
    assert ("passes" in told.out) is (status == 0)
    assert "Traceback" not in told.out + told.err
    if status:
        assert "line" in told.err
    assert cli.main(["policy", path, "--json"]) == status
    assert json.loads(capsys.readouterr().out)["clean"] is (status == 0)


def test_a_file_without_its_secrets_is_planned_and_says_what_is_to_be_set(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = a_copy(
        tmp_path,
        lambda text: text.replace("rocketchat:media:", "rocketchat:push: {kind: own}\n  rocketchat:media:"),
    )
    assert cli.main(["check", path]) == 1
    assert "pulumi config set --secret rocketchat:fcmServiceAccount" in capsys.readouterr().err
    assert cli.main(["plan", path]) == 0
    assert "to be set: rocketchat:fcmServiceAccount" in " ".join(capsys.readouterr().out.split())
    assert cli.main(["plan", path, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["unset"] == ["rocketchat:fcmServiceAccount"]
    # What is stood in for is no mistake, whatever else is one.
    wrong = Path(path)
    wrong.write_text(wrong.read_text(encoding="utf-8").replace("{kind: own}", "{kind: own, key: 1}"))
    for command, told in (("check", True), ("plan", False)):
        assert cli.main([command, path]) == 1
        said = capsys.readouterr().err
        assert "rocketchat:push.key" in said
        assert ("rocketchat:fcmServiceAccount" in said) == told


def test_the_commands_that_are_shown_find_a_file_that_is_elsewhere(
    folders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = folders / "a folder"
    elsewhere.mkdir()
    (folders / "Pulumi.local.yaml").rename(elsewhere / "Pulumi.mine.yaml")
    assert cli.main(["plan", str(elsewhere / "Pulumi.mine.yaml")]) == 0
    told = capsys.readouterr().out
    [line] = [one for one in told.splitlines() if "plan" in one and one.endswith("--all")]
    assert cli.main(["check", shlex.split(line)[-2]]) == 0
    # What comes next names the stack, after the file has been put where it is found.
    [copy] = [one for one in told.splitlines() if one.strip().startswith("cp ")]
    assert not (folders / "Pulumi.mine.yaml").exists()
    shutil.copy(*shlex.split(copy)[1:])
    assert cli.main(["check", "mine"]) == 0
    capsys.readouterr()
    assert cli.main(["plan", "mine"]) == 0
    told = capsys.readouterr().out
    assert "plan mine --all" in told
    assert "cp " not in told


QUESTIONS = [
    (["up", "local"], "--yes"),
    (["refresh", "local"], "--yes"),
    (["rotate", "local", "credentials-file-token"], "--yes"),
    (["destroy", "local"], "--confirm local"),
]


class _Opened:
    name = "local"

    def preview(self) -> Any:
        return Result("local", "preview", {"create": 1}, ())

    def rotated(self, name: str) -> str:
        if name != "credentials-file-token":
            raise ConflictError(f"local generates no secret {name!r}")
        return "urn"

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} was called, and nobody had said yes")


@pytest.mark.parametrize(("arguments", "option"), QUESTIONS)
@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_where_nobody_can_be_asked_the_option_that_answers_is_named_and_nothing_is_changed(
    arguments: list[str],
    option: str,
    flags: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(deployments, "opened", lambda *_, **__: contextlib.nullcontext(_Opened()))
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert cli.main([*arguments, *flags]) == 2
    told = capsys.readouterr()
    if flags:
        assert option in json.loads(told.out)["remedy"]
    else:
        assert f"give {option}" in told.err


def test_a_secret_that_there_is_not_is_refused_before_anything_is_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(deployments, "opened", lambda *_, **__: contextlib.nullcontext(_Opened()))
    assert cli.main(["rotate", "local", "nothing"]) == 1
    assert "generates no secret 'nothing'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["new", "mine", "--json"],
        ["new", "Bad Name", "--json"],
        ["new", "mine", "fargate", "--json"],
        ["new", "mine", "runtime.kind=mainframe", "chat.host=a.b", "--json"],
        ["policy", "--plan", "a", "--state", "b", "--json"],
        ["check", "nope", "--json"],
    ],
)
def test_errors_of_usage_are_json_too_where_it_is_asked_for(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(arguments) in (1, 2)
    assert json.loads(capsys.readouterr().out)["cause"]


def test_new_tells_every_answer_that_is_missing_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["new", "mine", *FLAGS, "runtime.kind=fargate", "mail.kind=smtp", "--yes"]) == 2
    told = capsys.readouterr().err
    assert "give mail.host=" in told
    assert "give database.organization=" in told


class FullDisk(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize(
    "arguments", [["check", "local"], ["check", "local", "--json"], ["check", "none", "--json"]]
)
def test_a_full_disk_is_told_where_something_can_still_be_written(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", FullDisk())
    assert cli.main(arguments) == 1
    told = capsys.readouterr().err
    assert told
    assert "Traceback" not in told


@contextlib.contextmanager
def room(size: int) -> Iterator[None]:
    """Let no file become larger than this many bytes, as on a disk that is nearly full."""
    resource = pytest.importorskip("resource", reason="this system has no limits of a process")
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)


def test_a_file_that_has_no_room_is_named_and_the_earlier_one_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "plans" / "local.json"
    path.parent.mkdir()
    path.write_text("the earlier plan", encoding="utf-8")
    with room(4096):
        assert cli.main(["plan", "local", "--file", str(path)]) == 1
    assert str(path) in capsys.readouterr().err
    assert path.read_text(encoding="utf-8") == "the earlier plan"
    assert list(path.parent.iterdir()) == [path]


def test_a_file_is_replaced_where_a_link_leads_with_its_permissions(tmp_path: Path) -> None:
    path, link = tmp_path / "plan.json", tmp_path / "newest.json"
    path.write_text("the earlier plan", encoding="utf-8")
    path.chmod(0o600)
    link.symlink_to(path)
    write(link, "the plan")
    assert link.is_symlink()
    assert path.read_text(encoding="utf-8") == "the plan"
    assert path.stat().st_mode & 0o777 == 0o600
    write(Path(os.devnull), "the plan")
    assert not Path(os.devnull).is_file()


def test_who_does_not_answer_is_told_what_to_give_and_nothing_of_what_was_done_before() -> None:
    # `init` has written the project when it asks for its first stack.
    with pytest.raises(UsageError) as caught, shared.asking("--yes", as_json=False):
        raise typer.Abort
    assert "give --yes" in str(caught.value.remedy)
    assert "nothing was changed" not in str(caught.value)


def test_a_project_that_has_no_room_can_be_made_where_there_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chat = ["chat.host=chat.example.com", "runtime.kind=kubernetes", "runtime.context=kind-chat"]
    answers = ["init", str(tmp_path / "chat"), *chat, "--yes"]
    with room(400):
        assert cli.main(answers) == 1
    assert not [path for path in (tmp_path / "chat").rglob("*") if path.is_file()]
    assert str(tmp_path / "chat") in capsys.readouterr().err
    assert project.write(tmp_path / "chat")


def test_a_stack_file_that_has_no_room_is_not_left_behind_empty(folders: Path) -> None:
    with room(16), pytest.raises(OSError, match="large"):
        new.write(
            "mine",
            new.fill(
                dict(one.split("=") for one in [*FLAGS, "runtime.kind=kubernetes", *NEEDED["kubernetes"]])
            ).answers,
        )
    assert not files.path_of("mine").exists()


def test_a_stack_is_deployed_from_the_file_that_pulumi_reads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = a_copy(tmp_path, lambda text: text)
    assert cli.main(["up", path, "--yes"]) == 1
    told = capsys.readouterr().err
    assert f"move it to {files.path_of('local')}, and name the stack: local" in told


def test_what_is_to_be_run_after_an_interruption_names_the_file_and_the_clouds(tmp_path: Path) -> None:
    class StandIns(Backend):
        rehearsal = True

    path = a_copy(tmp_path, lambda text: text)
    assert stack_file_path(files.read(path), StandIns()) == path
    assert stack_file_path(files.read("local"), StandIns()) == ""
    assert StandIns().command("recover", path) == f"{COMMAND} recover {path} --rehearse"
    assert StandIns().command("recover", "local") == f"{COMMAND} recover local --rehearse"
    assert Backend().command("recover", "a b") == f"{COMMAND} recover 'a b'"


def test_new_tells_all_that_is_wrong_with_the_answers_at_once(
    folders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = ["chatt.users=5", "settings.Log_Levl=1", "rocket-chat:push.kind=none", "chat.users.most=7"]
    assert cli.main(["new", "mine", *FLAGS, "runtime.kind=fargate", *wrong, "--yes"]) == 2
    told = capsys.readouterr().err
    for expected in (
        "chatt.users: there is no such key",
        "chat.users.most: there is no such key",
        "settings.Log_Levl:",
        "rocket-chat:push.kind:",
        "give database.organization=",
    ):
        assert expected in told
    assert not (folders / "Pulumi.mine.yaml").exists()


def test_new_writes_settings_by_their_types_and_names_the_secrets_that_go_with_them(
    folders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {"Accounts_OAuth_Github": "true", "Accounts_OAuth_Github_id": "5", "Log_Level": "1"}
    answers = [f"settings.{name}={value}" for name, value in {**given, "API_User_Limit": "50"}.items()]
    arguments = [*FLAGS, "runtime.kind=fargate", *NEEDED["fargate"], *answers]
    assert cli.main(["new", "mine", *arguments, "--yes"]) == 0
    assert "rocketchat:Accounts_OAuth_Github_secret --stack mine" in capsys.readouterr().out
    assert files.read("mine").values["rocketchat:settings"] == {
        "Accounts_OAuth_Github": True,
        "Accounts_OAuth_Github_id": "5",
        "Log_Level": "1",
        "API_User_Limit": 50,
    }


def test_what_a_component_says_is_told_at_once_and_what_providers_say_is_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    record = "urn:pulumi:s::rocketchat::rocketchat:index:Certificate$rocketchat:index:ManualRecord::proof"
    made = "urn:pulumi:s::rocketchat::rocketchat:index:Certificate$aws:acm/certificate:Certificate::one"
    for as_json, told in ((False, ["DNS record [a]"]), (True, [])):
        with shared.progress(as_json) as on_event:
            for urn, text in (
                (record, "DNS record [a]"),
                (record, "DNS record [a]"),
                (made, "waiting"),
                ("", "x"),
            ):
                on_event(Said("s", "up", "info", text, urn))
        assert capsys.readouterr().err.splitlines() == told
