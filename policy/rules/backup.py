"""Backups: made by themselves, heard of when they fail, and out of reach of who deletes the rest."""

import re

from policy import tokens as t
from policy.chats import COMPOSED, compose_files, files, user_data
from policy.documents import containers, pod_containers
from policy.model import SECRET, UNKNOWN
from policy.rule import Needs, Probe, absent, as_number, at_least, expecting, is_in, present, true
from policy.rules._make import ADVISORY, HIGH, LOW, MANDATORY, MEDIUM, PRODUCTION, Area
from policy.rules.storage import is_backup_bucket

_rule = Area("backup")

_SCHEDULER = "https://docs.aws.amazon.com/scheduler/latest/UserGuide/"
_CRON = "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/"
DUMPS = ("mongodump", "dump", "backup")


def _dumps(p: Probe) -> bool:
    """Tell whether anything in the stack makes dumps on a schedule."""
    for schedule in p.stack.of(t.SCHEDULE, t.EVENT_RULE, t.CRON_JOB):
        text = f"{schedule.name} {schedule.properties.get('description')} {schedule.properties.get('spec')}".lower()
        if any(word in text for word in DUMPS):
            return True
    return p.stack.has(t.ATLAS_EXPORT)


def _scheduled(p: Probe) -> None:
    if p.get("backupEnabled") is UNKNOWN:
        p.unsure("backupEnabled")
    elif not true(p.get("backupEnabled")) and not _dumps(p):
        p.fail("neither snapshots nor dumps are made on a schedule")


def _cluster_scheduled(p: Probe) -> None:
    for container in pod_containers(p, init=False):
        image = container.need("image")
        if isinstance(image, str) and re.search(r"(^|/)mongo(db)?[^/]*$", image) and not _dumps(p):
            container.fail("a database in the cluster and no job that dumps it", "image")


def _host_scheduled(p: Probe) -> None:
    key, text = user_data(p.subject)
    if text is UNKNOWN or text == SECRET:
        p.unsure(key)
        return
    if not text:
        return
    bodies = " ".join([str(text), *files(str(text)).values()])
    own = any(
        "mongo" in str(service.get("image")) and "rocket" not in str(service.get("image"))
        for _, compose, _ in compose_files(str(text))
        for service in compose["services"].values()
        if isinstance(service, dict)
    )
    if own and not (
        "mongodump" in bodies and any(word in bodies for word in ("OnCalendar", "cron", "@daily"))
    ):
        p.fail("a database on the host and no nightly dump of it", key)


def _second_place(p: Probe) -> None:
    if not _dumps(p):
        p.fail("backups are with the vendor of the database only: one account lost loses both")


def _schedule_retries(p: Probe) -> None:
    p.expect(
        "target.retryPolicy.maximumRetryAttempts",
        lambda number: number is None or as_number(number, 0) >= 1,
        "a start that fails once is not tried again",
    )
    p.expect("state", lambda state: state in (None, "ENABLED"), "is switched off")


def _job_alerts(p: Probe) -> None:
    heard = False
    for rule in p.stack.of(t.EVENT_RULE):
        if rule.properties.get("state") == "DISABLED" or rule.properties.get("isEnabled") is False:
            continue
        pattern = rule.properties.get("eventPattern")
        if pattern is UNKNOWN:
            p.unsure(f"({rule.name}).eventPattern")
            heard = True
        heard = heard or ("ECS Task State Change" in str(pattern) or "exitCode" in str(pattern))
    pinged = any(
        "PING" in str(variable.get("name")).upper() or "HEALTHCHECK" in str(variable.get("name")).upper()
        for task in p.stack.of(t.TASK_DEFINITION)
        for container in containers(p.other(task))
        for kind in ("environment", "secrets")
        for variable in container.each(kind)
    )
    if not heard and not pinged:
        p.fail("a job that runs and fails is heard of by nobody")


def _cron(p: Probe) -> None:
    p.expect("spec.concurrencyPolicy", is_in("Forbid", "Replace"), "may start while it still runs")
    p.expect("spec.jobTemplate.spec.activeDeadlineSeconds", at_least(60), "may hang for ever")
    p.expect(
        "spec.jobTemplate.spec.backoffLimit",
        lambda n: n is not None and as_number(n, 9) <= 6,
        "tries again and again",
    )
    p.expect("spec.suspend", absent_or_false, "is switched off")


def absent_or_false(value: object) -> bool:
    """Tell whether a switch is off or not there."""
    return absent(value) or value is False


def _out_of_reach(p: Probe) -> None:
    if not is_backup_bucket(p.subject):
        return
    locked = true(p.need("objectLockEnabled"))
    if locked or p.stack.referring(p.subject, t.BUCKET_REPLICATION, "bucket"):
        return
    for lock in p.stack.referring(p.subject, t.BUCKET_LOCK, "bucket"):
        # Around governance an administrator comes.
        mode = p.other(lock).get("rule.defaultRetention.mode")
        if mode is UNKNOWN:
            p.unsure(f"({lock.name}).rule.defaultRetention.mode")
        if mode in (UNKNOWN, "COMPLIANCE"):
            return
    p.fail("whoever takes over the account deletes the backups too")


def _kept(p: Probe) -> None:
    for kind in ("policyItemWeeklies", "policyItemMonthlies"):
        for item in p.each(kind):
            item.expect("retentionValue", at_least(1), "is deleted at once")
    p.expect(
        "policyItemDaily.retentionValue",
        lambda n: n is None or as_number(n, 0) >= 2,
        "daily snapshots are kept for a day",
    )


def _expires(p: Probe) -> None:
    buckets = p.stack.meant(p.subject, "bucket", t.BUCKET)
    if not any(is_backup_bucket(bucket) for bucket in buckets):
        return
    for rule in p.each("rules"):
        if present(rule.get("expiration.days")):
            rule.expect("expiration.days", at_least(7), "backups are gone within a week")


ATLAS = (t.ATLAS_CLUSTER,)
BAK_SCHEDULED = _rule(
    "bak-scheduled",
    "The database is backed up on a schedule",
    MANDATORY,
    HIGH,
    ATLAS,
    _scheduled,
    maps="original, Well-Architected REL09",
    needs=Needs.STACK,
    why="schedules and jobs are made after the cluster",
    fix="Enable backups of the cluster, or schedule a dump.",
    link="https://www.mongodb.com/docs/atlas/backup-restore-cluster/",
)
BAK_HOST_SCHEDULED = _rule(
    "bak-host-scheduled",
    "A database on a host is dumped every night",
    MANDATORY,
    HIGH,
    COMPOSED,
    _host_scheduled,
    maps="original, Well-Architected REL09",
    fix="Add a timer that runs mongodump and copies the dump off the host.",
    link="https://www.mongodb.com/docs/database-tools/mongodump/",
    product=True,
)
BAK_CLUSTER_SCHEDULED = _rule(
    "bak-cluster-scheduled",
    "A database in the cluster is dumped every night",
    PRODUCTION,
    HIGH,
    (t.STATEFUL_SET,),
    _cluster_scheduled,
    maps="original, Well-Architected REL09",
    needs=Needs.STACK,
    why="the jobs are made after the database",
    fix="Add a CronJob that runs mongodump and copies the dump to a bucket.",
    link=_CRON,
    product=True,
)
BAK_SECOND_PLACE = _rule(
    "bak-second-place",
    "Backups are in a second place",
    ADVISORY,
    MEDIUM,
    ATLAS,
    _second_place,
    maps="original, Well-Architected REL09",
    needs=Needs.STACK,
    fix="Schedule a dump into a bucket of one's own, or export snapshots.",
    link="https://www.mongodb.com/docs/atlas/backup/cloud-backup/export/",
)
BAK_DEAD_LETTERS = _rule(
    "bak-dead-letters",
    "A scheduled start that fails is heard of",
    MANDATORY,
    MEDIUM,
    (t.SCHEDULE,),
    expecting("target.deadLetterConfig.arn", present, "a start that fails is heard of by nobody"),
    maps="original, Well-Architected OPS08",
    fix="Give the target a deadLetterConfig.",
    link=_SCHEDULER + "configuring-schedule-dlq.html",
    product=True,
)
BAK_RETRIES = _rule(
    "bak-retries",
    "A scheduled start is tried again, and is on",
    MANDATORY,
    LOW,
    (t.SCHEDULE,),
    _schedule_retries,
    maps="Well-Architected REL05",
    fix="Leave the retries alone, and the state enabled.",
    link=_SCHEDULER + "managing-schedule.html",
    product=True,
)
BAK_TIME_ZONE = _rule(
    "bak-time-zone",
    "A schedule says whose hour it means",
    ADVISORY,
    LOW,
    (t.SCHEDULE,),
    expecting("scheduleExpressionTimezone", present, "runs at an hour that nobody chose"),
    maps="practice correctness",
    fix="Set schedule_expression_timezone.",
    link=_SCHEDULER + "schedule-types.html",
    product=True,
)
BAK_JOB_ALERTS = _rule(
    "bak-job-alerts",
    "A job that fails is heard of",
    MANDATORY,
    MEDIUM,
    (t.SCHEDULE,),
    _job_alerts,
    maps="original, Well-Architected OPS08",
    needs=Needs.STACK,
    why="what hears of failures is made beside the schedule",
    fix="Add an EventRule for tasks that stop with an exit code, or a dead-man's ping.",
    link="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html",
    product=True,
)
BAK_NO_OVERLAP = _rule(
    "bak-no-overlap",
    "Jobs do not pile up",
    MANDATORY,
    MEDIUM,
    (t.CRON_JOB,),
    _cron,
    maps="Well-Architected REL05",
    fix="Set concurrencyPolicy Forbid, activeDeadlineSeconds and backoffLimit.",
    link=_CRON,
    product=True,
)
BAK_CRON_ZONE = _rule(
    "bak-cron-time-zone",
    "A CronJob says whose hour it means",
    ADVISORY,
    LOW,
    (t.CRON_JOB,),
    expecting("spec.timeZone", present, "runs at an hour that nobody chose"),
    maps="practice correctness",
    fix="Set timeZone.",
    link=_CRON + "#time-zones",
    product=True,
)
BAK_OUT_OF_REACH = _rule(
    "bak-cross-account-or-lock",
    "Who takes over the account cannot delete the backups",
    ADVISORY,
    MEDIUM,
    (t.BUCKET,),
    _out_of_reach,
    maps="part of S3.15, practice ransomware",
    needs=Needs.STACK,
    fix="Lock the backup bucket's objects, or replicate it to another account.",
)
BAK_KEPT = _rule(
    "bak-kept",
    "Snapshots are kept",
    MANDATORY,
    MEDIUM,
    (t.ATLAS_SCHEDULE,),
    _kept,
    maps="Atlas disaster recovery",
    fix="Keep daily snapshots for a week, weekly for a month, monthly for a year.",
    link="https://www.mongodb.com/docs/atlas/backup/cloud-backup/scheduling/",
)
BAK_EXPIRY = _rule(
    "bak-expiry",
    "Backups are not gone within a week",
    MANDATORY,
    MEDIUM,
    (t.BUCKET_LIFECYCLE,),
    _expires,
    maps="original, Well-Architected REL09",
    needs=Needs.EARLIER,
    fix="Expire dumps after 30 days or more.",
    link="https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lifecycle-mgmt.html",
)
