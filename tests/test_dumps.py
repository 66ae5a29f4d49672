"""Dumps of databases by jobs, on ECS and in clusters: what is planned for them, and what is refused."""

import json
from typing import Any

import pytest
from planning import one, planned, values_of

from components.backup.cluster import ClusterDumps
from components.backup.fargate import FargateDumps
from rehearsal.plan import plan_program
from stacks import files
from stacks.language import parse
from stacks.problems import InvalidStack

SCHEDULE = "aws:scheduler/schedule:Schedule"
TASK = "aws:ecs/taskDefinition:TaskDefinition"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"


def on(stack: str, **backup: Any) -> Any:
    values = values_of(stack)
    values["rocketchat:backup"] = {"dumps": True, **backup}
    return planned(values, set(files.read(stack).secure))


@pytest.fixture(scope="module")
def fargate() -> Any:
    return on("lovia-fargate", hour=3, bucket="dumps-of-lovia")


def test_ecs_starts_a_dump_every_night_and_a_drill_twice_a_week(fargate: Any) -> None:
    nightly, drill = (one(fargate, SCHEDULE, f"backups-{kind}").inputs for kind in ("backup", "restore"))
    assert nightly["scheduleExpression"] == "cron(0 3 * * ? *)"
    assert drill["scheduleExpression"] == "cron(0 9 ? * SUN,WED *)"
    task = nightly["target"]["ecsParameters"]["taskDefinitionArn"]
    assert task.rpartition("/")[2].partition(":")[0] == one(fargate, TASK, "backups-backup").inputs["family"]
    assert nightly["target"]["deadLetterConfig"]["arn"]
    assert len(one(fargate, TASK, "backups-backup").inputs["containerDefinitions"].encode()) < 60_000


def test_who_dumps_adds_and_neither_reads_nor_deletes(fargate: Any) -> None:
    allowed = {
        kind: {action for said in document["Statement"] for action in said["Action"]}
        for kind in ("backup", "restore", "start")
        for document in [
            json.loads(one(fargate, "aws:iam/rolePolicy:RolePolicy", f"backups-{kind}").inputs["policy"])
        ]
    }
    added = {"s3:PutObject", "s3:AbortMultipartUpload", "s3:ListBucketVersions", "cloudwatch:PutMetricData"}
    assert allowed["backup"] == added
    assert {"s3:GetObject", "s3:GetObjectVersion"} <= allowed["restore"]
    assert not any("Delete" in action for actions in allowed.values() for action in actions)
    users = {
        user.inputs["username"]: user.inputs["roles"]
        for user in fargate.of_type("mongodbatlas:index/databaseUser:DatabaseUser")
    }
    assert [role["roleName"] for role in users["lovia_chat_prd-backup"]] == ["read"]


def test_each_task_gets_the_user_that_it_needs_by_reference_only(fargate: Any) -> None:
    referred = {}
    for kind in ("backup", "restore"):
        text = one(fargate, TASK, f"backups-{kind}").inputs["containerDefinitions"]
        assert "mongodb+srv" not in text
        job, tools = json.loads(text)
        assert {variable["name"] for variable in job["environment"]} >= {
            "PROGRAM",
            "BACKUP_BUCKET",
            "DATABASE",
        }
        referred[kind] = [secret["valueFrom"].split(":")[-3] for secret in tools["secrets"]]
    assert referred == {"backup": ["backup_uri"], "restore": ["restore_uri"]}


def test_a_dump_or_drill_that_fails_is_missing_small_or_not_started_is_told_of(fargate: Any) -> None:
    alarms = {alarm.name: alarm.inputs for alarm in fargate.of_type(ALARM)}
    wanted = {
        "dump-failed",
        "dump-missing",
        "dump-smaller",
        "drill-failed",
        "drill-missing",
        "jobs-unstarted",
    }
    assert {f"alarms-{name}" for name in wanted} <= alarms.keys()
    for name in ("dump-missing", "drill-missing"):
        alarm = alarms[f"alarms-{name}"]
        # Before the first one there is no data, and no change of state that would be told; later there is.
        assert alarm["treatMissingData"] == "missing"
        assert alarm["insufficientDataActions"] == alarm["alarmActions"]
        assert alarm["period"] * alarm["evaluationPeriods"] <= 7 * 86400, "CloudWatch looks back no further"
    told = [name for name, alarm in alarms.items() if alarm.get("insufficientDataActions")]
    assert sorted(told) == ["alarms-drill-missing", "alarms-dump-missing"]
    rule = one(fargate, "aws:cloudwatch/eventRule:EventRule", "alarms-jobs").inputs["eventPattern"]
    for kind in ("backup", "restore"):
        assert f"family:{one(fargate, TASK, f'backups-{kind}').inputs['family']}" in rule
    assert fargate.outputs["backupBucket"] == "dumps-of-lovia"


@pytest.mark.parametrize(
    ("stack", "backup", "said"),
    [
        (
            "soluvas-lightsail",
            {"dumps": True},
            "runtime lightsail cannot dump a database of kind atlas-existing",
        ),
        ("services-helm", {"dumps": True}, "runtime kubernetes cannot dump a database of kind uri"),
        ("family-host", {"dumps": False}, "there is no other copy"),
        ("lovia-fargate", {"hour": 3}, "add `dumps: true`"),
        ("soluvas-lightsail", {"hour": 3}, "nothing is here"),
    ],
)
def test_dumps_that_cannot_be_made_are_refused(stack: str, backup: dict[str, Any], said: str) -> None:
    values = values_of(stack)
    values["rocketchat:backup"] = backup
    with pytest.raises(InvalidStack, match=said):
        parse(values, set(files.read(stack).secure), source="a test")


def test_a_database_outside_a_cluster_is_dumped_by_jobs_in_it() -> None:
    plan = on("lovia-doks")
    way = one(plan, "kubernetes:networking.k8s.io/v1:NetworkPolicy", "backups-backup-way").inputs["spec"]
    assert [rule["ports"][0]["port"] for rule in way["egress"]] == [27015, 443]
    assert {alarm.name for alarm in plan.of_type(ALARM)} >= {"alarms-dump-missing", "alarms-drill-failed"}
    assert plan.outputs["restoreJob"] == "mongodb-restore"


READS = "mongodb://reader:r3ad@db.example.com:27018/chat"
WRITES = "mongodb://writer:wr1te@db.example.com:27018/chat"
"""Of a database that no stack file knows."""


def made(program: Any) -> Any:
    return plan_program(program, stack="own", config={"aws:region": "eu-central-1"}, secret_keys=())


def test_a_program_of_its_own_has_a_database_dumped_on_ecs() -> None:
    def program() -> None:
        FargateDumps(
            "nightly",
            {
                "backup_uri": READS,
                "restore_uri": WRITES,
                "region": "eu-central-1",
                "host": "chat.example.com",
                "cluster_arn": "arn:aws:ecs:eu-central-1:123456789012:cluster/others",
                "cluster_name": "others",
                "subnet_ids": ["subnet-0123456789abcdef0"],
                "security_group_id": "sg-0123456789abcdef0",
                "assign_public_ip": True,
                "image": "mongo:8.0.32",
                "database": "chat",
                "bucket": "dumps-of-others",
                "bucket_arn": "arn:aws:s3:::dumps-of-others",
                "metrics_namespace": "Others",
                "hour": 23,
                "log_retention_days": 30,
                "secret_recovery_days": 7,
                "webhook_url": "https://chat.example.com/hooks/x",
            },
        )

    plan = made(program)
    when = {made.name: made.inputs["scheduleExpression"] for made in plan.of_type(SCHEDULE)}
    assert when == {
        "nightly-backup": "cron(0 23 * * ? *)",
        "nightly-restore": "cron(0 5 ? * SUN,WED *)",
    }
    kept = one(plan, "aws:secretsmanager/secretVersion:SecretVersion", "nightly-secrets")
    assert "inputs.secretString" in kept.secret_paths
    assert json.loads(kept.inputs["secretString"]) == {
        "backup_uri": "mongodb://reader:r3ad@db.example.com:27018/?authSource=chat",
        "restore_uri": "mongodb://writer:wr1te@db.example.com:27018/?authSource=chat",
        "BACKUP_WEBHOOK_URL": "https://chat.example.com/hooks/x",
    }
    component = one(plan, "rocketchat:index:FargateDumps", "nightly")
    assert component.outputs["restore_task"] == "others-nightly-restore"
    assert "outputs.dead_letters" not in component.secret_paths


def test_a_program_of_its_own_has_a_database_dumped_in_its_cluster() -> None:
    def program() -> None:
        ClusterDumps(
            "nightly",
            {
                "backup_uri": READS,
                "restore_uri": WRITES,
                "namespace": "others",
                "image": "mongo:8.0.32",
                "database": "chat",
                "ports": [27018],
                "pull_secret": "registry",
                "backup": {
                    "host": "chat.example.com",
                    "region": "eu-central-1",
                    "bucket": "dumps-of-others",
                    "access_key_id": "AKIAWRITER",
                    "secret_access_key": "w",
                    "reader_access_key_id": "AKIAREADER",
                    "reader_secret_access_key": "r",
                    "hour": 20,
                },
            },
        )

    plan = made(program)
    jobs = {job.name: job.inputs["spec"] for job in plan.of_type("kubernetes:batch/v1:CronJob")}
    assert {name: spec["schedule"] for name, spec in jobs.items()} == {
        "nightly-backup": "0 20 * * *",
        "nightly-restore": "0 2 * * 0,3",
    }
    for name, user in (("nightly-backup", "AKIAWRITER"), ("nightly-restore", "AKIAREADER")):
        secret = one(plan, "kubernetes:core/v1:Secret", f"{name}-secret")
        assert secret.inputs["stringData"]["AWS_ACCESS_KEY_ID"] == user
        pod = jobs[name]["jobTemplate"]["spec"]["template"]["spec"]
        assert pod["imagePullSecrets"] == [{"name": "registry"}]
        assert not [word for word in ("wr1te", "r3ad") if word in json.dumps(pod)]
