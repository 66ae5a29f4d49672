"""Mail, messages, logs, alarms, budgets."""

from typing import Any

from rehearsal.standins.aws.common import BASE36
from rehearsal.standins.table import ACCOUNT, Ask, Autoname, Lookup, Standin, always, given, names


def _dkim(ask: Ask) -> dict[str, Any]:
    asked = ask["dkimSigningAttributes"] or {}
    own_key = "domainSigningSelector" in asked
    return {
        **asked,
        "currentSigningKeyLength": asked.get("nextSigningKeyLength") or "RSA_1024_BIT",
        "nextSigningKeyLength": asked.get("nextSigningKeyLength") or "RSA_1024_BIT",
        "signingAttributesOrigin": "EXTERNAL" if own_key else "AWS_SES",
        "status": "PENDING",
        "tokens": [] if own_key else [ask.letters(32, BASE36, str(at)) for at in range(3)],
    }


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


def _needs_confirmation(ask: Ask) -> bool:
    return ask["protocol"] in {"email", "email-json"}


TYPES: dict[str, Standin] = {
    "aws:sesv2/emailIdentity:EmailIdentity": Standin(
        what="domain that mail is sent from, and its DKIM keys",
        id=lambda ask: str(ask["emailIdentity"]),
        computed={
            "arn": lambda ask: ask.arn("ses", f"identity/{ask['emailIdentity']}"),
            "dkimSigningAttributes": _dkim,
            "identityType": lambda ask: "EMAIL_ADDRESS" if "@" in ask["emailIdentity"] else "DOMAIN",
            "verificationStatus": always("PENDING"),
            "verifiedForSendingStatus": always(False),
        },
        replaces=names("emailIdentity region"),
    ),
    "aws:sesv2/emailIdentityMailFromAttributes:EmailIdentityMailFromAttributes": Standin(
        what="own domain of bounces",
        id=lambda ask: str(ask["emailIdentity"]),
        replaces=names("emailIdentity region"),
    ),
    "aws:sesv2/configurationSet:ConfigurationSet": Standin(
        what="rules of sending: TLS, reputation",
        id=lambda ask: str(ask["configurationSetName"]),
        computed={"arn": lambda ask: ask.arn("ses", f"configuration-set/{ask['configurationSetName']}")},
        replaces=names("configurationSetName region"),
    ),
    "aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination": Standin(
        what="where bounces and complaints are reported",
        id=lambda ask: f"{ask['configurationSetName']}|{ask['eventDestinationName']}",
        replaces=names("configurationSetName eventDestinationName region"),
    ),
    "aws:sns/topic:Topic": Standin(
        what="messages to whoever subscribes",
        id=lambda ask: ask.arn("sns", str(ask["name"])),
        computed={"arn": lambda ask: ask.id, "owner": always(ACCOUNT)},
        absent=names("beginningArchiveTime"),
        autoname=Autoname(limit=256),
        replaces=names("fifoTopic name namePrefix region"),
    ),
    "aws:sns/topicPolicy:TopicPolicy": Standin(
        what="who may publish",
        id=lambda ask: str(ask["arn"]),
        computed={"owner": always(ACCOUNT)},
        replaces=names("arn region"),
    ),
    "aws:sns/topicSubscription:TopicSubscription": Standin(
        what="who gets the messages",
        id=lambda ask: f"{ask['topic']}:{ask.uuid()}",
        computed={
            "arn": lambda ask: ask.id,
            "confirmationWasAuthenticated": lambda ask: not _needs_confirmation(ask),
            "ownerId": always(ACCOUNT),
            "pendingConfirmation": _needs_confirmation,
        },
        replaces=names("endpoint protocol region topic"),
    ),
    "aws:cloudwatch/logGroup:LogGroup": Standin(
        what="log",
        id=lambda ask: str(ask["name"]),
        computed={
            "arn": lambda ask: ask.arn("logs", f"log-group:{ask['name']}"),
            "logGroupClass": given("logGroupClass", "STANDARD"),
            "retentionInDays": given("retentionInDays", 0),
        },
        autoname=Autoname(limit=512),
        replaces=names("logGroupClass name namePrefix region"),
    ),
    "aws:cloudwatch/logDelivery:LogDelivery": Standin(
        what="joins a service's log to its place",
        id=lambda ask: ask.letters(16, BASE36),
        computed={
            "arn": lambda ask: ask.arn("logs", f"delivery:{ask.id}"),
            "fieldDelimiter": given("fieldDelimiter", ""),
            "recordFields": given("recordFields", lambda _ask: []),
        },
        replaces=names("deliveryDestinationArn deliverySourceName region"),
    ),
    "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination": Standin(
        what="where a service's log goes",
        id=lambda ask: str(ask["name"]),
        computed={
            "arn": lambda ask: ask.arn("logs", f"delivery-destination:{ask['name']}"),
            "deliveryDestinationType": given("deliveryDestinationType", _destination_type),
        },
        autoname=Autoname(limit=60),
        replaces=names("deliveryDestinationType name outputFormat region"),
    ),
    "aws:cloudwatch/logDeliverySource:LogDeliverySource": Standin(
        what="log that a service writes",
        id=lambda ask: str(ask["name"]),
        computed={
            "arn": lambda ask: ask.arn("logs", f"delivery-source:{ask['name']}"),
            "service": lambda ask: _service_of(ask["resourceArn"]),
        },
        autoname=Autoname(limit=60),
        replaces=names("logType name region resourceArn"),
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": Standin(
        what="alarm",
        id=lambda ask: str(ask["name"]),
        computed={"arn": lambda ask: ask.arn("cloudwatch", f"alarm:{ask['name']}")},
        autoname=Autoname(limit=255),
        replaces=names("name region"),
    ),
    "aws:cloudwatch/eventRule:EventRule": Standin(
        what="reacts to an event or a time",
        id=lambda ask: f"{_bus(ask)}{ask['name']}",
        computed={
            "arn": lambda ask: ask.arn("events", f"rule/{_bus(ask)}{ask['name']}"),
            "eventBusName": given("eventBusName", "default"),
            "state": given("state", "ENABLED"),
        },
        autoname=Autoname(limit=64),
        replaces=names("eventBusName name namePrefix region"),
    ),
    "aws:cloudwatch/eventTarget:EventTarget": Standin(
        what="what an event starts",
        id=lambda ask: f"{ask['rule']}-{ask['targetId'] or ask.hex(26)}",
        computed={
            "eventBusName": given("eventBusName", "default"),
            "targetId": given("targetId", lambda ask: ask.hex(26)),
        },
        replaces=names("eventBusName region rule targetId"),
    ),
    "aws:budgets/budget:Budget": Standin(
        what="warns of costs",
        id=lambda ask: f"{ask['accountId'] or ACCOUNT}:{ask['name']}",
        computed={
            "accountId": given("accountId", ACCOUNT),
            "arn": lambda ask: ask.arn("budgets", f"budget/{ask['name']}", region=""),
            "timePeriodEnd": given("timePeriodEnd", "2087-06-15_00:00"),
            "timePeriodStart": given("timePeriodStart", "2026-01-01_00:00"),
        },
        autoname=Autoname(limit=100),
        replaces=names("accountId name namePrefix"),
    ),
}


def _identity_arn(ask: Ask) -> str:
    return ask.arn("ses", f"identity/{ask['emailIdentity']}")


def _sent_by(ask: Ask) -> str:
    """The configuration set of an identity in this cloud; one made elsewhere is named after the domain."""
    for one in ask.world("aws:sesv2/emailIdentity:EmailIdentity"):
        if one.inputs["emailIdentity"] == ask["emailIdentity"]:
            return str(one.inputs.get("configurationSetName") or "")
    return str(ask["emailIdentity"]).replace(".", "-")


LOOKUPS: dict[str, Lookup] = {
    "aws:sesv2/getEmailIdentity:getEmailIdentity": Lookup(
        {
            "arn": _identity_arn,
            "configurationSetName": _sent_by,
            "dkimSigningAttributes": lambda ask: [_dkim(ask)],
            "id": lambda ask: ask["emailIdentity"],
            "identityType": always("DOMAIN"),
            "tags": given("tags", lambda _ask: {}),
            "verificationStatus": always("SUCCESS"),
            "verifiedForSendingStatus": always(True),
        }
    )
}
