"""`rocketchat restore`: what it asks of a host, of ECS and of a cluster, and what it refuses."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from planning import values_of
from real_programs import Cloud, aws_tools

from automation import restore
from automation.errors import ConfigurationError, UsageError
from command import cli, running
from components.backup import program
from proving import recordings
from stacks import files
from stacks.language import parse
from stacks.project import PRODUCT

OUTPUTS = {
    "backupBucket": "dumps",
    "cluster": "chat-cluster",
    "backupTask": "chat-cluster-backups-backup",
    "restoreTask": "chat-cluster-backups-restore",
    "backupLogGroup": "backups-logs",
    "namespace": "rocketchat",
    "helmRelease": "chat",
    "backupJob": "mongodb-backup",
    "restoreJob": "mongodb-restore",
}


def of(stack: str, *, dumps: bool = True, outputs: dict[str, Any] = OUTPUTS, **given: Any) -> restore.Restore:
    values = values_of(stack)
    if dumps:
        values["rocketchat:backup"] = {"dumps": True}
    spec = parse(values, set(files.read(stack).secure), source="a test")
    asked = {"what": None, "when": restore.NEWEST, "even_if_smaller": False, **given}
    return restore.of_stack(spec, outputs, **asked)


def beside(do: str, stack: str, outputs: dict[str, Any] = OUTPUTS) -> restore.Restore:
    values = values_of(stack)
    if stack != "family-host":
        values["rocketchat:backup"] = {"dumps": True}
    spec = parse(values, set(files.read(stack).secure), source="a test")
    found = restore.drill_of(spec, outputs) if do == "drill" else restore.backup_of(spec, outputs)
    assert found is not None
    return found


def run(
    found: restore.Restore, folder: Path, stubs: dict[str, str], **more: str
) -> tuple[int, str, list[str]]:
    """Run it with stubs; return its status, what it told, and the calls of the stubs."""
    for name, body in stubs.items():
        (folder / name).write_text(f'#!/bin/bash\necho "{name} $*" >>"$LOG"\n{body}\n')
        (folder / name).chmod(0o755)
    log = folder / "log"
    done = subprocess.run(  # noqa: S603
        ["bash", str(found.script)],  # noqa: S607
        env={
            "PATH": f"{folder}:{os.environ['PATH']}",
            "LOG": str(log),
            "PAUSE": "0",
            **found.variables,
            **more,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr, log.read_text().splitlines()


ECS = """
case "$*" in
*list-services*) printf 'arn:aws:ecs:one\\tarn:aws:ecs:two\\n' ;;
*networkConfiguration*) echo '{"awsvpcConfiguration": {"subnets": ["subnet-1"]}}' ;;
*desiredCount*describe*|*describe-services*desiredCount*) echo 2 ;;
*run-task*) echo arn:aws:ecs:task; echo "$*" >>"$LOG.tasks" ;;
*describe-tasks*)
    if [[ -n ${AWAY:-} ]]; then echo 'An error occurred (ThrottlingException)' >&2; exit 254; fi
    if [[ $(wc -l <"$LOG.tasks") -le $FAIL ]]; then printf 'STOPPED\\t10\n'; else printf 'STOPPED\\t0\n'; fi ;;
*list-tasks*) echo "${RUNS:-}" ;;
*"wait services-stable"*) exit "${STUCK:-0}" ;;
esac
"""


@pytest.mark.recorded
@pytest.mark.parametrize(
    ("fail", "status", "jobs", "starts"), [(0, 0, 1, True), (1, 1, 2, True), (2, 1, 2, False)]
)
def test_on_ecs_the_chat_stops_and_starts_again_unless_its_data_is_between_two_states(
    tmp_path: Path, fail: int, status: int, jobs: int, *, starts: bool
) -> None:
    found = of("lovia-fargate", when="2026-01-31T18:05:00Z")
    ended, said, calls = run(found, tmp_path, {"aws": ECS}, FAIL=str(fail))
    assert ended == status, said
    if not status:
        shown = recordings.differs("restore lovia-fargate --at 2026-01-31T18:05:00Z", said)
        assert not shown, "run `make docs`"
    scaled = [call for call in calls if "update-service" in call]
    assert [call.split("--desired-count ")[1][0] for call in scaled] == [
        "0",
        "0",
        *(["2", "2"] if starts else []),
    ]
    started = [call for call in calls if "run-task" in call]
    assert len(started) == jobs
    assert calls.index(started[0]) > calls.index(scaled[1])
    asked = json.loads(started[0].split("--overrides ")[1].split(" --query")[0])
    [override] = asked["containerOverrides"]
    assert override["command"][2:] == ["chat-restore", "database", "2026-01-31T18:05:00Z"]
    assert override["command"][:2] == program.command()[1:3], "it runs another program"
    if jobs == 2:
        assert "--undo" in started[1]
        assert ("as it was before" in said) == starts


KUBECTL = """
case "$*" in
*"get deployments"*) printf 'chat-rocketchat=2\\nchat-ddp=1\\n' ;;
*"create job"*) echo "$MADE" ;;
*"scale deployment chat-ddp"*) exit "${STUCK:-0}" ;;
*"create --filename"*) cat >>"$LOG.jobs" ;;
*"get jobs"*) printf "${RUNS:-mongodb-backup-29\\n}" ;;
*"get job"*)
    if [[ -n ${AWAY:-} ]]; then echo 'the server is currently unable' >&2; exit 1; fi
    if [[ $(grep -c spec "$LOG.jobs") -le $FAIL ]]; then echo /1; else echo 1/; fi ;;
esac
"""


@pytest.mark.parametrize(("fail", "status", "starts"), [(0, 0, True), (1, 1, True), (2, 1, False)])
def test_in_a_cluster_a_job_is_made_of_the_one_for_drills(
    tmp_path: Path, fail: int, status: int, *, starts: bool
) -> None:
    found = of("lovia-doks", even_if_smaller=True)
    drill = {"containers": [{"command": ["python3", "-c", "x", "chat-restore-test"]}]}
    made = json.dumps({"spec": {"backoffLimit": 2, "template": {"spec": drill}}})
    ended, said, calls = run(found, tmp_path, {"kubectl": KUBECTL}, FAIL=str(fail), MADE=made)
    assert ended == status, said
    jobs = [json.loads(line) for line in (tmp_path / "log.jobs").read_text().splitlines()]
    [container] = jobs[0]["spec"]["template"]["spec"]["containers"]
    assert container["command"][3:] == ["chat-restore", "database", "newest", "--even-if-smaller"]
    assert jobs[0]["spec"]["backoffLimit"] == 0
    scaled = [call.split("scale deployment ")[1] for call in calls if "scale deployment" in call]
    back = ["chat-rocketchat --replicas 2", "chat-ddp --replicas 1"] if starts else []
    assert scaled == ["chat-rocketchat --replicas 0", "chat-ddp --replicas 0", *back]


MADE = json.dumps({"spec": {"template": {"spec": {"containers": [{"command": ["python3", "-c", "x"]}]}}}})
PLACES = [("lovia-fargate", {"aws": ECS}), ("lovia-doks", {"kubectl": KUBECTL})]
PLACE = pytest.mark.parametrize(("stack", "stubs"), PLACES, ids=["ECS", "a cluster"])


def is_start(call: str) -> bool:
    return re.search(r"--(desired-count|replicas) [1-9]", call) is not None


@PLACE
def test_while_nobody_knows_how_a_restore_ended_nothing_else_touches_the_data(
    stack: str, stubs: dict[str, str], tmp_path: Path
) -> None:
    ended, said, calls = run(of(stack), tmp_path, stubs, FAIL="0", MADE=MADE, AWAY="1", PATIENCE="3")
    assert ended == 1
    assert "nobody knows whether the job has ended, and the chat stays stopped" in said
    jobs = [call for call in calls if "run-task" in call or "create --filename" in call]
    assert len(jobs) == 1, "it is taken back while it may run"
    assert not any(map(is_start, calls))


@PLACE
def test_a_chat_stays_stopped_for_another_release_and_starts_again_where_that_failed(
    stack: str, stubs: dict[str, str], tmp_path: Path
) -> None:
    found = of(stack, leave_stopped=True)
    ended, said, calls = run(found, tmp_path, stubs, FAIL="0", MADE=MADE)
    assert ended == 0, said
    assert "stays stopped until a release is deployed" in said
    assert not any(map(is_start, calls)), "the newer server changes the data again"
    again = tmp_path / "again"
    again.mkdir()
    ended, said, calls = run(found, again, stubs, FAIL="1", MADE=MADE)
    assert ended == 1, said
    assert any(map(is_start, calls)), "the data is that of the newer server, which does not run"


@PLACE
@pytest.mark.parametrize(
    ("do", "job", "program"), [("backup", "backup", "chat-backup"), ("drill", "restore", "chat-restore-test")]
)
def test_a_backup_or_a_drill_is_made_by_the_job_that_is_scheduled_while_the_chat_runs(
    stack: str, stubs: dict[str, str], do: str, job: str, program: str, tmp_path: Path
) -> None:
    for fail, status in (("0", 0), ("1", 1)):
        folder = tmp_path / fail
        folder.mkdir()
        ended, said, calls = run(beside(do, stack), folder, stubs, FAIL=fail, MADE=MADE, RUNS="\n")
        assert ended == status, said
        [begun] = [call for call in calls if "run-task" in call or "create job" in call]
        own = f"backups-{job}" if "fargate" in stack else f"cronjob/mongodb-{job}"
        assert own in begun
        made = begun if "fargate" in stack else (folder / "log.jobs").read_text()
        assert f'"{program}"]' in made
        assert not [call for call in calls if re.search("--(desired-count|replicas)", call)], (
            "the chat was stopped"
        )


def test_a_stack_that_was_deployed_before_it_said_how_makes_no_backup_by_command() -> None:
    old = {key: value for key, value in OUTPUTS.items() if key not in ("backupTask", "backupJob")}
    values = values_of("lovia-fargate") | {"rocketchat:backup": {"dumps": True}}
    spec = parse(values, set(files.read("lovia-fargate").secure), source="a test")
    with pytest.raises(ConfigurationError, match="deploy it by this version first"):
        restore.backup_of(spec, old)
    with pytest.raises(ConfigurationError, match="nothing that makes backups of this stack is deployed"):
        restore.backup_of(spec, {})
    bare = parse(values_of("lovia-fargate"), set(files.read("lovia-fargate").secure), source="a test")
    with pytest.raises(ConfigurationError) as refused:
        restore.backup_of(bare, {})
    assert str(refused.value.remedy).startswith("atlas backups snapshots create")


@PLACE
def test_two_restores_do_not_run_at_once(stack: str, stubs: dict[str, str], tmp_path: Path) -> None:
    runs = "arn:aws:ecs:another" if "fargate" in stack else "mongodb-backup-1\\nrestore-178-9\\n"
    ended, said, calls = run(of(stack), tmp_path, stubs, FAIL="0", MADE=MADE, RUNS=runs)
    assert ended == 1
    assert (
        "the task arn:aws:ecs:another works" if "fargate" in stack else "the job restore-178-9 works"
    ) in said
    assert len(calls) == 1, "something was begun"


@PLACE
def test_a_chat_that_cannot_be_stopped_is_started_again_and_its_data_left_alone(
    stack: str, stubs: dict[str, str], tmp_path: Path
) -> None:
    ended, said, calls = run(of(stack), tmp_path, stubs, FAIL="0", MADE=MADE, STUCK="255")
    assert ended != 0
    assert not [call for call in calls if "run-task" in call or "create --filename" in call]
    assert any(map(is_start, calls)), said


def test_what_is_interrupted_while_it_stops_the_chat_starts_it_again(tmp_path: Path) -> None:
    found = of("lovia-fargate")
    # As the real one, it ends orderly when it is interrupted.
    waits = ECS.replace('exit "${STUCK:-0}"', "trap 'exit 130' INT; touch \"$LOG.stops\"; sleep 60 & wait")
    (tmp_path / "aws").write_text(f'#!/bin/bash\necho "aws $*" >>"$LOG"\n{waits}\n')
    (tmp_path / "aws").chmod(0o755)
    program = (
        "import json, pathlib, sys; from automation.restore import Restore; "
        "sys.exit(Restore(pathlib.Path(sys.argv[1]), json.loads(sys.argv[2])).run())"
    )
    variables = {**found.variables, "PATH": f"{tmp_path}:{os.environ['PATH']}", "LOG": str(tmp_path / "log")}
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", program, str(found.script), json.dumps(variables)],
        cwd=PRODUCT,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    end = time.monotonic() + 60
    while not (tmp_path / "log.stops").exists():
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "nothing was begun" in said
    calls = (tmp_path / "log").read_text().splitlines()
    assert any(map(is_start, calls)), said


def test_a_host_that_is_asked_by_somebody_else_meanwhile_does_what_was_asked_last(tmp_path: Path) -> None:
    found = of("family-host", dumps=False, outputs={"backupBucket": "dumps"})
    body = 'case "$*" in *put-object*) echo mine ;; *head-object*) echo "$NEWEST" ;; *) exit 1 ;; esac'
    ended, said, _ = run(found, tmp_path, {"aws": body}, NEWEST="theirs", PATIENCE="3")
    assert (ended, "somebody else asked" in said) == (1, True)
    ended, said, _ = run(found, tmp_path, {"aws": body}, NEWEST="mine", PATIENCE="3")
    assert (ended, "the host has not answered" in said) == (1, True)


@pytest.mark.parametrize(("state", "status"), [("done", 0), ("refused", 1)])
def test_a_host_is_asked_by_its_bucket_and_its_answer_is_told(
    tmp_path: Path, cloud: Cloud, state: str, status: int
) -> None:
    found = of("family-host", dumps=False, outputs={"backupBucket": cloud.bucket("dumps")})
    assert found.variables["WHAT"] == "all"
    before = b'{\n "request": "0",\n "state": "done",\n "said": "another"\n}'
    cloud.client("s3").put_object(Bucket="dumps", Key="restore/outcome", Body=before)
    # In the host's place: it answers when it is asked. The first look finds no answer, as with a lost connection.
    body = f"""
    if [[ $* == *outcome* && ! -e "$LOG.looked" ]]; then touch "$LOG.looked"; exit 1; fi
    said=$({aws_tools()}/aws "$@")
    ended=$?
    echo "$said"
    [[ $* != *"restore/outcome"* ]] || echo >>"$LOG.looks"
    if [[ $* == *put-object* ]]; then echo "$said" >"$LOG.id"; fi
    if [[ $(wc -l 2>/dev/null <"$LOG.looks") -ge 1 ]]; then
        printf '{{\\n "request": "%s",\\n "state": "{state}",\\n "said": "12 users"\\n}}' "$(cat "$LOG.id")" |
            {aws_tools()}/aws s3 cp - s3://dumps/restore/outcome >/dev/null
    fi
    exit $ended
    """
    ended, said, _ = run(found, tmp_path, {"aws": body}, **cloud.environment)
    assert ended == status, said
    assert "12 users" in said, "the answer to another request is taken for this one's"
    assert ("rocketchat up STACK" in said) == (state == "refused")
    asked = cloud.client("s3").get_object(Bucket="dumps", Key="restore/request")["Body"].read()
    assert asked.split() == [b"all", b"newest"]


@pytest.mark.parametrize(
    ("stack", "given", "said"),
    [
        ("lovia-fargate", {"outputs": {}}, "nothing that makes backups of this stack is deployed"),
        ("lovia-fargate", {"outputs": {}, "dumps": False}, "(?s)makes no backups of its own.*atlas backups"),
        ("local", {"outputs": {}, "dumps": False}, "(?s)makes no backups of its own.*mongorestore"),
        ("lovia-fargate", {"what": "uploads"}, "backs up no uploads"),
        ("lovia-fargate", {"what": "everything"}, "'everything' is unknown"),
        ("lovia-fargate", {"outputs": {"backupBucket": "dumps"}}, "no output cluster"),
    ],
)
def test_what_cannot_be_restored_is_refused(stack: str, given: dict[str, Any], said: str) -> None:
    with pytest.raises((ConfigurationError, UsageError), match=said):
        of(stack, **given)


def test_a_drill_is_refused_where_no_dump_is_made_and_where_more_is_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    stack = files.read("family-host")
    values = {**stack.values, "rocketchat:database": {"kind": "uri", "version": "8.0"}}
    spec = parse(values, {*stack.secure, "rocketchat:mongodbUri"}, source="a test")
    with pytest.raises(ConfigurationError, match="this stack makes none of its own"):
        restore.drill_of(spec, OUTPUTS)
    assert cli.main(["restore", "family-host", "--drill", "--what", "uploads"]) == 2
    assert "--drill tries the newest dump" in capsys.readouterr().err
    # Nothing of this stack is deployed.
    assert cli.main(["restore", "family-host", "--what", "everything", "--yes"]) == 2
    assert "it is one of " in capsys.readouterr().err


def test_a_backup_is_named_by_a_time_or_a_word() -> None:
    assert restore.when(None, None) == restore.when("newest", None) == "newest"
    assert restore.when(None, "2026-01-31T19:05:00+01:00") == "2026-01-31T18:05:00Z"
    assert restore.when(None, "2026-01-31 18:05") == "2026-01-31T18:05:00Z"
    for from_, at in (("newest", "2026-01-31"), ("oldest", None), (None, "yesterday")):
        with pytest.raises(UsageError):
            restore.when(from_, at)


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-02-30", ""])
def test_a_time_that_is_none_is_refused(at: str) -> None:
    with pytest.raises(UsageError, match="is no time"):
        restore.when(None, at)


def test_a_time_that_is_still_to_come_is_refused() -> None:
    with pytest.raises(UsageError, match="is still to come"):
        restore.when(None, "2199-01-01")


@PLACE
def test_the_script_that_is_shown_does_the_same_on_another_machine(
    stack: str, stubs: dict[str, str], tmp_path: Path
) -> None:
    found = of(stack)
    ended, said, calls = run(found, tmp_path, stubs, FAIL="0", MADE=MADE)
    assert ended == 0, said
    there = tmp_path / "there"
    there.mkdir()
    shown = there / "restore.sh"
    shown.write_text(found.text(), encoding="utf-8")
    bare = replace(found, script=shown, variables={})
    ended, said, others = run(bare, there, stubs, FAIL="0", MADE=MADE)
    assert ended == 0, said

    def alike(found: list[str]) -> list[str]:
        return [re.sub(r"restore-\d+-\d+", "restore-N", call) for call in found]

    assert alike(others) == alike(calls)


def test_a_restore_says_which_chat_it_would_replace_before_it_touches_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[str] = []

    @contextlib.contextmanager
    def opened(stack: str, *_: object) -> Iterator[Any]:
        values, secure = values_of(stack), set(files.read(stack).secure)
        outputs = {"backupBucket": "dumps"}
        yield SimpleNamespace(spec=parse(values, secure, source="a test"), outputs=lambda: outputs)

    def refused(text: str, **_: object) -> None:
        asked.append(text)
        raise typer.Abort

    monkeypatch.setattr(running, "opened", opened)
    monkeypatch.setattr(typer, "confirm", refused)
    monkeypatch.setattr(restore.Restore, "run", lambda *_, **__: pytest.fail("it was begun"))
    monkeypatch.setattr("shutil.which", lambda name: name)
    assert cli.main(["restore", "family-host"]) != 0
    assert files.read("family-host").values["rocketchat:chat"]["host"] in asked[0]
    assert "newer goes away" in asked[0]
    capsys.readouterr()
    assert cli.main(["restore", "family-host", "--json"]) == 2
    assert "--yes" in json.loads(capsys.readouterr().out)["remedy"]
    for ended, ok in ((0, True), (1, False)):
        monkeypatch.setattr(restore.Restore, "run", lambda *_, ended=ended, **__: ended)
        assert cli.main(["restore", "family-host", "--json", "--yes"]) == ended
        told = json.loads(capsys.readouterr().out)
        assert (told["ok"], told["what"], told["backup"]) == (ok, "all", "newest")
