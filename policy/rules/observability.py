"""Logs, alarms, and who hears of them."""

from policy import tokens as t
from policy.access import SOURCES, allowing
from policy.model import SECRET, UNKNOWN
from policy.rule import Needs, Probe, as_number, at_least, expecting, present
from policy.rules._make import ADVISORY, HIGH, LOW, MANDATORY, MEDIUM, PRODUCTION, REMEDIATE, Area

_rule = Area("observability")

_LOGS = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/"
_CLOUDWATCH = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/"
_SNS = "https://docs.aws.amazon.com/sns/latest/dg/"
RETENTIONS = (
    1,
    3,
    5,
    7,
    14,
    30,
    60,
    90,
    120,
    150,
    180,
    365,
    400,
    545,
    731,
    1096,
    1827,
    2192,
    2557,
    2922,
    3288,
    3653,
)
"""Days that CloudWatch Logs takes."""
LOG_DAYS = 30
AUDIT_DAYS = 365
FIVE_HUNDREDS = ("HTTPCode_ELB_5XX_Count", "HTTPCode_Target_5XX_Count")


def _keeps_by_itself(p: Probe) -> bool:
    """Tell whether CloudWatch settles how long a group is kept: one that only hands on keeps a log for two days."""
    return str(p.need("logGroupClass")) == "DELIVERY"


def _retention(p: Probe) -> None:
    if _keeps_by_itself(p):
        return
    p.expect(
        "retentionInDays",
        lambda days: as_number(days, 0) in RETENTIONS and as_number(days, 0) >= LOG_DAYS,
        "logs are kept for ever, or for less than a month",
    )


def _mend_retention(properties: dict[str, object]) -> bool:
    if properties.get("logGroupClass") == "DELIVERY":
        return False
    days = properties.get("retentionInDays")
    if as_number(days, 0) in RETENTIONS and as_number(days, 0) >= LOG_DAYS:
        return False
    properties["retentionInDays"] = LOG_DAYS
    return True


def _retention_year(p: Probe) -> None:
    if _keeps_by_itself(p):
        return
    p.expect("retentionInDays", at_least(AUDIT_DAYS), "what happened is forgotten within a year")


def metrics(p: Probe) -> set[str] | None:
    """Return the metrics that the stack's alarms watch; None where one of them is unknown."""
    found: set[str] = set()
    for alarm in p.stack.of(t.ALARM):
        name = alarm.properties.get("metricName")
        if name is UNKNOWN:
            return None
        if name is not None:
            found.add(str(name))
        queries = alarm.properties.get("metricQueries")
        for query in queries if isinstance(queries, list) else ():
            metric = query.get("metric") if isinstance(query, dict) else None
            if isinstance(metric, dict):
                found.add(str(metric.get("metricName")))
    return found


def _watch_balancer(p: Probe) -> None:
    _watch(p, FIVE_HUNDREDS)


def _watch_targets(p: Probe) -> None:
    _watch(p, ("UnHealthyHostCount", "HealthyHostCount"))


def _watch_service(p: Probe) -> None:
    _watch(p, ("CPUUtilization",))
    _watch(p, ("MemoryUtilization",))


def _watch_tasks(p: Probe) -> None:
    _watch(p, ("RunningTaskCount", "HealthyHostCount", "DesiredTaskCount"))


def _watch_mail(p: Probe) -> None:
    _watch(p, ("Reputation.BounceRate", "Bounce"))
    _watch(p, ("Reputation.ComplaintRate", "Complaint"))


def _watch(p: Probe, wanted: tuple[str, ...]) -> None:
    found = metrics(p)
    if found is None:
        p.unsure("(alarms).metricName")
    elif not found.intersection(wanted):
        p.fail(f"no alarm watches {' or '.join(wanted)}")


def _alarm_heard(p: Probe) -> None:
    if p.get("alarmActions") is UNKNOWN:
        p.unsure("alarmActions")
    elif not present(p.get("alarmActions")) and not _feeds_another(p):
        p.fail("an alarm that nobody hears", "alarmActions")


def _feeds_another(p: Probe) -> bool:
    """Tell whether a composite alarm looks at this one."""
    named = {text for text in (p.subject.name, p.get("name"), p.subject.outputs.get("arn")) if text}
    return any(
        p.subject.urn in other.dependencies.get("alarmRule", ())
        or any(str(text) in str(other.properties.get("alarmRule")) for text in named)
        for other in p.stack.of(t.COMPOSITE_ALARM)
    )


def _alarm_on(p: Probe) -> None:
    if p.get("actionsEnabled") is UNKNOWN:
        p.unsure("actionsEnabled")
    elif p.get("actionsEnabled") in {False, "false"} and not _feeds_another(p):
        p.fail("its actions are switched off", "actionsEnabled")


def _topic_key(p: Probe) -> None:
    p.expect("kmsMasterKeyId", present, "messages are stored unencrypted")
    publishers = p.stack.has(t.ALARM) or p.stack.has(t.EVENT_RULE)
    if publishers and p.get("kmsMasterKeyId") == "alias/aws/sns":
        p.fail(
            "CloudWatch and EventBridge cannot publish with this key; make one of your own", "kmsMasterKeyId"
        )


def _topic_policy(p: Probe) -> None:
    for statement in allowing(p):
        if statement.anybody and not statement.bound(SOURCES):
            statement.view.fail("everybody may publish or subscribe", "Principal")


def _topic_heard(p: Probe) -> None:
    p.partners(t.SUBSCRIPTION, "topic", "nobody listens to it")


def _subscription(p: Probe) -> None:
    protocol = p.need("protocol")
    if protocol == "http":
        p.fail("messages travel in clear", "protocol")
    elif protocol == "https" and p.get("endpoint") not in {None, SECRET} and p.get("endpoint") is not UNKNOWN:
        p.expect("endpoint", lambda address: str(address).startswith("https://"), "messages travel in clear")
    elif protocol == "https":
        p.expect("endpoint", present, "messages go nowhere")


HOOK_PATH = "/hooks/"


def _hook_secret(p: Probe) -> None:
    key = "endpoint" if p.subject.type == t.SUBSCRIPTION else "invocationEndpoint"
    value = p.get(key)
    if value is UNKNOWN or (isinstance(value, str) and HOOK_PATH in value and p.subject.secrets is None):
        p.unsure(key)
    elif isinstance(value, str) and HOOK_PATH in value and key not in (p.subject.secrets or ()):
        p.fail("the address of a Rocket.Chat hook holds its token, and stands here in clear", key)


LOG_RETENTION = _rule(
    "log-retention",
    "Logs are kept for a month or more, not for ever",
    REMEDIATE,
    LOW,
    (t.LOG_GROUP,),
    _retention,
    maps="CKV_AWS_66, part of CloudWatch.16",
    fix="Set retention_in_days to 30 or more.",
    link=_LOGS + "Working-with-log-groups-and-streams.html",
    remedy=_mend_retention,
)
LOG_RETENTION_YEAR = _rule(
    "log-retention-year",
    "Logs of production are kept for a year",
    ADVISORY,
    LOW,
    (t.LOG_GROUP,),
    _retention_year,
    maps="CKV_AWS_338, CloudWatch.16",
    fix="Set retention_in_days to 365.",
    link=_LOGS + "Working-with-log-groups-and-streams.html",
)
LOG_OWN_KEY = _rule(
    "log-own-key",
    "Logs are encrypted with a key of one's own",
    ADVISORY,
    LOW,
    (t.LOG_GROUP,),
    expecting("kmsKeyId", present, "encrypted with the service's own key"),
    maps="CKV_AWS_158",
    fix="Set kms_key_id.",
    link=_LOGS + "encrypt-log-data-kms.html",
)
ALARM_BALANCER = _rule(
    "alarm-balancer",
    "Somebody hears of errors of the balancer",
    PRODUCTION,
    MEDIUM,
    (t.LOAD_BALANCER,),
    _watch_balancer,
    maps="Well-Architected OPS08",
    needs=Needs.STACK,
    why="alarms are made after what they watch",
    fix="Add an alarm on HTTPCode_ELB_5XX_Count.",
    link="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html",
    product=True,
)
ALARM_TARGETS = _rule(
    "alarm-targets",
    "Somebody hears when no task is healthy",
    PRODUCTION,
    HIGH,
    (t.TARGET_GROUP,),
    _watch_targets,
    maps="Well-Architected OPS08",
    needs=Needs.STACK,
    why="alarms are made after what they watch",
    fix="Add an alarm on UnHealthyHostCount or HealthyHostCount.",
    link="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html",
    product=True,
)
ALARM_SERVICE = _rule(
    "alarm-service",
    "Somebody hears when CPU or memory runs out",
    PRODUCTION,
    MEDIUM,
    (t.SERVICE,),
    _watch_service,
    maps="Well-Architected OPS08",
    needs=Needs.STACK,
    why="alarms are made after what they watch",
    fix="Add alarms on CPUUtilization and MemoryUtilization.",
    link="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cloudwatch-metrics.html",
    product=True,
)
ALARM_TASKS = _rule(
    "alarm-tasks",
    "Somebody hears when no task runs",
    ADVISORY,
    MEDIUM,
    (t.SERVICE,),
    _watch_tasks,
    maps="Well-Architected OPS08",
    needs=Needs.STACK,
    fix="Add an alarm on RunningTaskCount or HealthyHostCount.",
    link=_CLOUDWATCH + "Container-Insights-metrics-ECS.html",
    product=True,
)
ALARM_MAIL = _rule(
    "alarm-mail",
    "Somebody hears before SES stops the mail",
    PRODUCTION,
    MEDIUM,
    (t.CONFIGURATION_SET,),
    _watch_mail,
    maps="AWS docs reputation, Well-Architected OPS08",
    needs=Needs.STACK,
    why="alarms are made after what they watch",
    fix="Add alarms on Reputation.BounceRate (5 %) and Reputation.ComplaintRate (0.1 %).",
    link="https://docs.aws.amazon.com/ses/latest/dg/reputationdashboard-cloudwatch-alarm.html",
    product=True,
)
ALARM_HEARD = _rule(
    "alarm-heard",
    "Alarms are heard",
    PRODUCTION,
    MEDIUM,
    (t.ALARM, t.COMPOSITE_ALARM),
    _alarm_heard,
    maps="CloudWatch.15",
    needs=Needs.STACK,
    why="an alarm may speak through another one, which is made after it",
    fix="Set alarm_actions.",
)
ALARM_MISSING_DATA = _rule(
    "alarm-missing-data",
    "Alarms know what silence means",
    ADVISORY,
    LOW,
    (t.ALARM,),
    expecting("treatMissingData", present, "nobody has decided what silence means"),
    maps="Well-Architected OPS08",
    fix="Set treat_missing_data.",
    link=_CLOUDWATCH + "alarms-and-missing-data.html",
)
ALARM_ENABLED = _rule(
    "alarm-enabled",
    "Alarms act",
    MANDATORY,
    LOW,
    (t.ALARM, t.COMPOSITE_ALARM),
    _alarm_on,
    maps="CloudWatch.17, part of CKV_AWS_319",
    needs=Needs.STACK,
    why="an alarm may speak through another one, which is made after it",
    fix="Leave actions_enabled on.",
)
SNS_ENCRYPTED = _rule(
    "sns-encrypted",
    "Messages are encrypted, with a key that publishers may use",
    MANDATORY,
    MEDIUM,
    (t.TOPIC,),
    _topic_key,
    maps="SNS.1, CKV_AWS_26",
    needs=Needs.EARLIER,
    sides=(t.ALARM, t.EVENT_RULE),
    why="who publishes to a topic is made after it",
    fix="Make a key whose policy lets CloudWatch and EventBridge use it.",
)
SNS_PRIVATE = _rule(
    "sns-private",
    "Not everybody may publish or subscribe",
    MANDATORY,
    HIGH,
    (t.TOPIC, t.TOPIC_POLICY),
    _topic_policy,
    maps="SNS.4, CKV_AWS_169",
    fix="Name the services, bound to the account.",
)
SNS_HEARD = _rule(
    "sns-heard",
    "Somebody listens to each topic",
    ADVISORY,
    LOW,
    (t.TOPIC,),
    _topic_heard,
    maps="Well-Architected OPS08",
    needs=Needs.STACK,
    fix="Add a TopicSubscription.",
    link=_SNS + "sns-create-subscribe-endpoint-to-topic.html",
)
WEBHOOK_HTTPS = _rule(
    "webhook-https",
    "Messages leave by TLS",
    MANDATORY,
    MEDIUM,
    (t.SUBSCRIPTION,),
    _subscription,
    maps="RC, practice tls",
    fix="Use protocol https.",
    link=_SNS + "sns-http-https-endpoint-as-subscriber.html",
)
EVENTS_HTTPS = _rule(
    "events-https",
    "Events leave by TLS",
    MANDATORY,
    MEDIUM,
    (t.API_DESTINATION,),
    expecting(
        "invocationEndpoint", lambda address: str(address).startswith("https://"), "messages travel in clear"
    ),
    maps="RC, practice tls",
    fix="Use an address that begins with https.",
    link="https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html",
)
WEBHOOK_SECRET = _rule(
    "webhook-secret",
    "A hook's token is a secret",
    MANDATORY,
    HIGH,
    (t.SUBSCRIPTION, t.API_DESTINATION),
    _hook_secret,
    maps="RC",
    fix="Mark the address as a secret.",
    link="https://docs.rocket.chat/docs/integrations",
)
