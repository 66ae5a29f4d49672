"""CloudWatch: logs, alarms, events."""

from clouds.ask import Ask
from clouds.aws import charges
from clouds.aws.calls import create, sent
from clouds.aws.common import BASE36
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
            "arn": "arn:aws:logs:{region}:{account}:log-group:{name}",
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
    refuses=Refuses(once=(one_name("log group", "ResourceAlreadyExistsException"),)),
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
            "arn": "arn:aws:logs:{region}:{account}:delivery:{id}",
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
            "arn": "arn:aws:logs:{region}:{account}:delivery-destination:{name}",
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
            "arn": "arn:aws:logs:{region}:{account}:delivery-source:{name}",
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


METRIC_ALARM = Resource(
    "aws:cloudwatch/metricAlarm:MetricAlarm",
    "alarm",
    answers=Answers(
        id="{name}",
        outputs={
            "arn": "arn:aws:cloudwatch:{region}:{account}:alarm:{name}",
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
    refuses=NOTHING_MORE,
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
    refuses=NOTHING_MORE,
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
