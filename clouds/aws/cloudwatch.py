"""CloudWatch: logs, alarms, events."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from clouds.ask import Ask
from clouds.aws import charges
from clouds.aws.calls import create, sent
from clouds.aws.common import BASE36
from clouds.limits import all_of, among, document, formed, one_of, twice
from clouds.record import (
    NO_DATA,
    NOTHING_MORE,
    UNNOTICED,
    Answers,
    Autoname,
    Call,
    Named,
    Nothing,
    Once,
    Overwritten,
    Person,
    Refused,
    Refuses,
    Resource,
    by,
    one_name,
    replaced_by,
)


def _bus(ask: Ask) -> str:
    bus = ask["eventBusName"]
    return f"{bus}/" if bus and bus != "default" else ""


def _service_of(arn: str | None) -> str:
    """`s3` of `arn:aws:s3:::bucket`; nothing where there is no ARN."""
    parts = (arn or "").split(":", 3)
    return parts[2] if len(parts) == 4 else ""


def _destination_type(ask: Ask) -> str:
    """S3, CloudWatch Logs or Firehose, by the service in the destination's ARN."""
    wanted = ask["deliveryDestinationConfiguration"] or {}
    kinds = {"s3": "S3", "logs": "CWL", "firehose": "FH"}
    return kinds.get(_service_of(wanted.get("destinationResourceArn")), "XRAY")


LOG_GROUP = Resource(
    "aws:cloudwatch/logGroup:LogGroup",
    "log",
    answers=Answers(
        id="{name}",
        outputs={
            "arn": "arn:{partition}:logs:{region}:{account}:log-group:{name}",
        },
        defaults={
            "logGroupClass": "STANDARD",
            "retentionInDays": 0,
        },
        autoname=Autoname(limit=512),
    ),
    requests=sent(
        create("logs.CreateLogGroup", {"name": "logGroupName"}),
        Call("logs.PutRetentionPolicy", fixed={"logGroupName": "{name}"}),
        local="skipDestroy",
    ),
    refuses=Refuses(
        # CloudWatch Logs API, PutRetentionPolicy.
        values={
            "retentionInDays": among(
                *(0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
                *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
            ),
        },
        once=(one_name("log group", "ResourceAlreadyExistsException"),),
    ),
    again=Refused(),
    replaced=replaced_by("logGroupClass name namePrefix region"),
    import_id="{name}",
    found=Named(),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=charges.log,
)


LOG_DELIVERY = Resource(
    "aws:cloudwatch/logDelivery:LogDelivery",
    "joins a service's log to its place",
    answers=Answers(
        id=lambda ask: ask.letters(16, BASE36),
        outputs={
            "arn": "arn:{partition}:logs:{region}:{account}:delivery:{id}",
        },
        defaults={
            "fieldDelimiter": "",
            "recordFields": [],
        },
    ),
    requests=sent(create("logs.CreateDelivery")),
    refuses=NOTHING_MORE,
    again=Refused(("deliverySourceName", "deliveryDestinationArn")),
    replaced=replaced_by("deliveryDestinationArn deliverySourceName region"),
    import_id="{id}",
    found=Person("no lookup lists it, and AWS refuses a second one: see `aws logs describe-deliveries`"),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("the log group that it fills is charged"),
)


LOG_DELIVERY_DESTINATION = Resource(
    "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination",
    "where a service's log goes",
    answers=Answers(
        id="{name}",
        outputs={
            "arn": "arn:{partition}:logs:{region}:{account}:delivery-destination:{name}",
        },
        defaults={
            "deliveryDestinationType": _destination_type,
        },
        autoname=Autoname(limit=60),
    ),
    requests=sent(create("logs.PutDeliveryDestination")),
    refuses=NOTHING_MORE,
    again=Overwritten(),
    replaced=replaced_by("deliveryDestinationType name outputFormat region"),
    import_id="{name}",
    found=Named(),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("the log group that it fills is charged"),
)


LOG_DELIVERY_SOURCE = Resource(
    "aws:cloudwatch/logDeliverySource:LogDeliverySource",
    "log that a service writes",
    answers=Answers(
        id="{name}",
        outputs={
            "arn": "arn:{partition}:logs:{region}:{account}:delivery-source:{name}",
            "service": lambda ask: _service_of(ask["resourceArn"]),
        },
        autoname=Autoname(limit=60),
    ),
    requests=sent(create("logs.PutDeliverySource")),
    refuses=Refuses(
        once=(Once("a log of that kind of that resource", "ConflictException", by("resourceArn", "logType")),)
    ),
    again=Overwritten(),
    replaced=replaced_by("logType name region resourceArn"),
    import_id="{name}",
    found=Named(),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("the log group that it fills is charged"),
)


def _alarm(ask: Ask) -> Iterator[str]:
    """CloudWatch API, PutMetricAlarm and MetricDataQuery."""
    periods, queries = int(ask["evaluationPeriods"] or 1), all_of(ask["metricQueries"])
    if int(ask["datapointsToAlarm"] or 1) > periods:
        yield "datapointsToAlarm is larger than evaluationPeriods"
    yield from one_of(ask.inputs, "metricName", "metricQueries")
    banded = "Threshold" not in str(ask["comparisonOperator"]) or ask["thresholdMetricId"] is not None
    if banded == (ask["threshold"] is not None):
        yield "exactly one of threshold and thresholdMetricId must be given"
    if queries:
        yield from _queries(ask, queries)
    else:
        if ask["namespace"] is None:
            yield "namespace goes with metricName"
        yield from one_of(ask.inputs, "statistic", "extendedStatistic")
    length = int(
        ask["period"]
        or max(
            (int((one.get("metric") or {}).get("period") or one.get("period") or 0) for one in queries),
            default=0,
        )
    )
    # Seven days, where a period has an hour or more.
    if length * periods > (7 if length >= 3600 else 1) * 86_400:
        yield "evaluationPeriods times period is more than a day, or seven days with periods of an hour and more"


def _queries(ask: Ask, queries: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    ids = {one.get("id") for one in queries}
    yield from twice("metricQueries[*].id", (one.get("id") for one in queries))
    if sum(bool(one.get("returnData")) for one in queries) != 1:
        yield "exactly one of metricQueries has returnData"
    if ask["thresholdMetricId"] not in (None, *ids):
        yield "thresholdMetricId is no id of metricQueries"
    for index, one in enumerate(queries):
        yield from (f"metricQueries[{index}]: {said}" for said in one_of(one, "expression", "metric"))
        # Names of functions are in capitals, ids begin with a small letter; what stands in quotes is neither.
        bare = re.sub(r"'[^']*'|\"[^\"]*\"", "", str(one.get("expression") or ""))
        if not set(re.findall(r"\b[a-z]\w*", bare)) <= ids:
            yield f"metricQueries[{index}].expression names an id that there is not"


def _scheduled(ask: Ask) -> Iterator[str]:
    """EventBridge API, PutRule."""
    if not (ask["eventPattern"] or ask["scheduleExpression"]):
        yield "one of eventPattern and scheduleExpression must be given"
    if ask["scheduleExpression"] and ask["eventBusName"] not in (None, "default"):
        yield "a schedule is of the default event bus only"


METRIC_ALARM = Resource(
    "aws:cloudwatch/metricAlarm:MetricAlarm",
    "alarm",
    answers=Answers(
        id="{name}",
        outputs={
            "arn": "arn:{partition}:cloudwatch:{region}:{account}:alarm:{name}",
        },
        autoname=Autoname(limit=255),
    ),
    requests=sent(
        create(
            "cloudwatch.PutMetricAlarm",
            {
                "name": "AlarmName",
                "metricQueries": "Metrics",
                "metricQueries.metric": "MetricStat",
                "metricQueries.metric.metricName": "Metric.MetricName",
                "metricQueries.metric.namespace": "Metric.Namespace",
                "metricQueries.metric.dimensions": "Metric.Dimensions",
                "evaluateLowSampleCountPercentiles": "EvaluateLowSampleCountPercentile",
            },
        )
    ),
    refuses=Refuses(
        # CloudWatch API, PutMetricAlarm and MetricDataQuery.
        values={
            "extendedStatistic": formed(
                r"(p|tm|tc|ts|wm)(\d{1,2}(\.\d{1,10})?|100)|IQM|(PR|TM|TC|TS|WM)\(.+\)", "such as p95"
            ),
            "metricQueries.*.id": formed(
                r"[a-z][A-Za-z0-9_]{0,254}", "letters, digits and underscores, a small letter first"
            ),
            "period": lambda value: (
                None if value in {10, 20, 30} or value % 60 == 0 else "must be 10, 20, 30 or whole minutes"
            ),
            "treatMissingData": among("breaching", "notBreaching", "ignore", "missing"),
        },
        together=_alarm,
    ),
    again=Overwritten(),
    replaced=replaced_by("name region"),
    import_id="{name}",
    found=Named(),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=charges.alarm,
)


EVENT_RULE = Resource(
    "aws:cloudwatch/eventRule:EventRule",
    "reacts to an event or a time",
    answers=Answers(
        id=lambda ask: f"{_bus(ask)}{ask['name']}",
        outputs={
            "arn": lambda ask: ask.arn("events", f"rule/{_bus(ask)}{ask['name']}"),
        },
        defaults={
            "eventBusName": "default",
            "state": "ENABLED",
        },
        autoname=Autoname(limit=64),
    ),
    requests=sent(create("events.PutRule"), local="forceDestroy"),
    refuses=Refuses(
        # EventBridge guide, event patterns.
        values={"eventPattern": document},
        together=_scheduled,
    ),
    again=Overwritten(),
    replaced=replaced_by("eventBusName name namePrefix region"),
    import_id="[{eventBusName}/]{name}",
    found=Named(),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: so are events of AWS's own services"),
)


def _target_id(ask: Ask) -> str:
    return str(ask["targetId"] or ask.hex(26))


EVENT_TARGET = Resource(
    "aws:cloudwatch/eventTarget:EventTarget",
    "what an event starts",
    answers=Answers(
        id=lambda ask: f"{ask['rule']}-{_target_id(ask)}",
        defaults={
            "eventBusName": "default",
            "targetId": _target_id,
        },
    ),
    requests=sent(
        create(
            "events.PutTargets",
            {"rule": "Rule", "eventBusName": "EventBusName", "targetId": "Targets.0.Id"},
            {"Targets.0.Id": _target_id},
            at="Targets.0",
        )
    ),
    refuses=NOTHING_MORE,
    again=Overwritten(),
    replaced=replaced_by("eventBusName region rule targetId"),
    import_id="[{eventBusName}/]{rule}/{targetId}",
    found=Person(
        "it has no name of its own: see `aws events list-targets-by-rule`; a second one only doubles a message"
    ),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: so are events of AWS's own services"),
)


def _widgets(value: Any) -> str | None:
    """CloudWatch API, PutDashboard: "The maximum number of widgets is 500"; each shows metrics or an alarm."""
    try:
        widgets = json.loads(str(value))["widgets"]
    except (ValueError, KeyError, TypeError):
        return "must be JSON with widgets"
    if len(widgets) > 500:
        return "has more than 500 widgets"
    for one in widgets:
        shown = one.get("properties") or {}
        if one.get("type") == "metric" and not (
            shown.get("metrics") or (shown.get("annotations") or {}).get("alarms")
        ):
            return "has a metric widget without metrics and without an alarm"
        if one.get("type") == "metric" and not shown.get("region"):
            return "has a metric widget without a region"
    return None


DASHBOARD = Resource(
    "aws:cloudwatch/dashboard:Dashboard",
    "graphs of what is watched",
    answers=Answers(
        id="{dashboardName}",
        outputs={"dashboardArn": "arn:{partition}:cloudwatch::{account}:dashboard/{dashboardName}"},
    ),
    requests=sent(create("cloudwatch.PutDashboard")),
    refuses=Refuses(
        values={
            "dashboardName": formed(r"[A-Za-z0-9_-]{1,255}", "letters, digits, - and _"),
            "dashboardBody": _widgets,
        }
    ),
    again=Overwritten(),
    replaced=replaced_by("dashboardName region"),
    import_id="{dashboardName}",
    found=Named(),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=charges.dashboard,
)
