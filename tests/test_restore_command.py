"""`rocketchat restore`: what it asks of a host, of ECS and of a cluster, and what it refuses."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from planning import values_of
from real_programs import Cloud, aws_tools

from automation import restore
from automation.errors import ConfigurationError
from components.backup import program
from stacks import files
from stacks.language import parse

OUTPUTS = {
    "backupBucket": "dumps",
    "cluster": "chat-cluster",
    "restoreTask": "chat-cluster-backups-restore",
    "backupLogGroup": "backups-logs",
    "namespace": "rocketchat",
    "helmRelease": "chat",
    "restoreJob": "mongodb-restore",
}


def of(stack: str, *, dumps: bool = True, outputs: dict[str, Any] = OUTPUTS, **given: Any) -> restore.Restore:
    values = values_of(stack)
    if dumps:
        values["rocketchat:backup"] = {"dumps": True}
    spec = parse(values, set(files.read(stack).secure), source="a test")
    asked = {"what": None, "when": restore.NEWEST, "even_if_smaller": False, **given}
    return restore.of_stack(spec, outputs, **asked)


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
*describe-tasks*) if [[ $(wc -l <"$LOG.tasks") -le $FAIL ]]; then echo 1; else echo 0; fi ;;
esac
"""


@pytest.mark.parametrize(
    ("fail", "status", "jobs", "starts"), [(0, 0, 1, True), (1, 1, 2, True), (2, 1, 2, False)]
)
def test_on_ecs_the_chat_stops_and_starts_again_unless_its_data_is_between_two_states(
    tmp_path: Path, fail: int, status: int, jobs: int, *, starts: bool
) -> None:
    found = of("lovia-fargate", when="2026-01-31T18:05:00Z")
    ended, said, calls = run(found, tmp_path, {"aws": ECS}, FAIL=str(fail))
    assert ended == status, said
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
*"create --filename"*) cat >>"$LOG.jobs" ;;
*"get job"*) if [[ $(grep -c spec "$LOG.jobs") -le $FAIL ]]; then echo /1; else echo 1/; fi ;;
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


@pytest.mark.parametrize(("state", "status"), [("done", 0), ("refused", 1)])
def test_a_host_is_asked_by_its_bucket_and_its_answer_is_told(
    tmp_path: Path, cloud: Cloud, state: str, status: int
) -> None:
    found = of("family-host", dumps=False, outputs={"backupBucket": cloud.bucket("dumps")})
    assert found.variables["WHAT"] == "all"
    # In the host's place: it answers when it is asked.
    answer = f'{{"request": "1", "state": "{state}", "said": "12 users"}}'
    body = f"""
    {aws_tools()}/aws "$@"
    ended=$?
    [[ $* != *request* ]] || {aws_tools()}/aws s3 cp - s3://dumps/restore/outcome <<<'{answer}'
    exit $ended
    """
    ended, said, _ = run(found, tmp_path, {"aws": body}, **cloud.environment)
    assert ended == status, said
    assert "12 users" in said
    asked = cloud.client("s3").get_object(Bucket="dumps", Key="restore/request")["Body"].read()
    assert asked.split() == [b"all", b"newest"]


@pytest.mark.parametrize(
    ("stack", "given", "said"),
    [
        ("lovia-fargate", {"outputs": {}}, "makes no backups of its own"),
        ("lovia-fargate", {"what": "uploads"}, "backs up no uploads"),
        ("lovia-fargate", {"what": "everything"}, "'everything' is unknown"),
        ("lovia-fargate", {"outputs": {"backupBucket": "dumps"}}, "no output cluster"),
    ],
)
def test_what_cannot_be_restored_is_refused(stack: str, given: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        of(stack, **given)


def test_a_backup_is_named_by_a_time_or_a_word() -> None:
    assert restore.when(None, None) == restore.when("newest", None) == "newest"
    assert restore.when(None, "2026-01-31T19:05:00+01:00") == "2026-01-31T18:05:00Z"
    assert restore.when(None, "2026-01-31 18:05") == "2026-01-31T18:05:00Z"
    for from_, at in (("newest", "2026-01-31"), ("oldest", None), (None, "yesterday")):
        with pytest.raises(ConfigurationError):
            restore.when(from_, at)


def test_the_command_that_is_shown_does_the_same() -> None:
    found = of("lovia-doks")
    shown = found.command()
    assert shown.endswith(f"bash {found.script}")
    assert all(f"{name}=" in shown for name in found.variables)
