"""SNS."""

import re
from collections.abc import Iterator

from clouds.ask import Ask, names
from clouds.aws import charges
from clouds.aws.calls import create, sent
from clouds.limits import among, document, shorter
from clouds.record import (
    NO_DATA,
    UNNOTICED,
    Answers,
    Autoname,
    Drawn,
    Gone,
    Named,
    Nothing,
    Overwritten,
    Refused,
    Refuses,
    Resource,
    Role,
    Target,
    one_name,
    replaced_by,
)


def _needs_confirmation(ask: Ask) -> bool:
    return ask["protocol"] in {"email", "email-json"}


def _topic_attributes(*keys: str) -> dict[str, Target]:
    return {key: f"Attributes.{key[0].upper()}{key[1:]}" for key in keys}


TOPIC = Resource(
    "aws:sns/topic:Topic",
    "messages to whoever subscribes",
    answers=Answers(
        id="arn:{partition}:sns:{region}:{account}:{name}",
        outputs={
            "arn": "{id}",
            "owner": "{account}",
        },
        absent=names("beginningArchiveTime"),
        autoname=Autoname(limit=256),
    ),
    requests=sent(
        create(
            "sns.CreateTopic",
            _topic_attributes(
                "contentBasedDeduplication",
                "deliveryPolicy",
                "displayName",
                "fifoTopic",
                "kmsMasterKeyId",
                "policy",
                "signatureVersion",
                "tracingConfig",
            ),
        )
    ),
    refuses=Refuses(
        # SNS API, SetTopicAttributes.
        values={"displayName": shorter(100)},
        # CreateTopic gives back the topic that has the name.
        once=(one_name("topic", "given back by CreateTopic as it is"),),
    ),
    again=Refused(),
    replaced=replaced_by("fifoTopic name namePrefix region"),
    import_id="arn:{partition}:sns:{region}:{account}:{name}",
    found=Named(),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=charges.ALARMS_ARE_FEW,
    drawn=(
        Drawn(Role.WATCH, "Alarms", ("AWS {region}",), "by e-mail", when=lambda name, _: "alarms" in name),
    ),
)


TOPIC_POLICY = Resource(
    "aws:sns/topicPolicy:TopicPolicy",
    "who may publish",
    answers=Answers(
        id="{arn}",
        outputs={
            "owner": "{account}",
        },
    ),
    requests=sent(
        create(
            "sns.SetTopicAttributes",
            {"arn": "TopicArn", "policy": "AttributeValue"},
            {"AttributeName": "Policy"},
        )
    ),
    refuses=Refuses(
        # SNS API, SetTopicAttributes.
        values={"policy": document},
    ),
    again=Overwritten(),
    replaced=replaced_by("arn region"),
    import_id="{arn}",
    found=Named(),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: the topic is charged"),
)


_ENDPOINTS = {
    "email": r"[^@\s]+@[^@\s]+",
    "email-json": r"[^@\s]+@[^@\s]+",
    "http": r"http://.+",
    "https": r"https://.+",
    "sqs": r"arn:[a-z-]+:sqs:.+",
    "lambda": r"arn:[a-z-]+:lambda:.+",
    "firehose": r"arn:[a-z-]+:firehose:.+",
    "sms": r"\+?[0-9 ()-]+",
}


def _endpoint(ask: Ask) -> Iterator[str]:
    """SNS API, Subscribe."""
    if not re.fullmatch(_ENDPOINTS.get(str(ask["protocol"]), ".*"), str(ask["endpoint"])):
        yield f"endpoint is none of the protocol {ask['protocol']}"
    if (ask["protocol"] == "firehose") != bool(ask["subscriptionRoleArn"]):
        yield "subscriptionRoleArn goes with the protocol firehose"


TOPIC_SUBSCRIPTION = Resource(
    "aws:sns/topicSubscription:TopicSubscription",
    "who gets the messages",
    answers=Answers(
        id=lambda ask: f"{ask['topic']}:{ask.uuid()}",
        outputs={
            "arn": "{id}",
            "confirmationWasAuthenticated": lambda ask: not _needs_confirmation(ask),
            "ownerId": "{account}",
            "pendingConfirmation": _needs_confirmation,
        },
    ),
    requests=sent(
        create(
            "sns.Subscribe",
            {
                "topic": "TopicArn",
                **_topic_attributes(
                    "deliveryPolicy",
                    "filterPolicy",
                    "filterPolicyScope",
                    "rawMessageDelivery",
                    "redrivePolicy",
                ),
            },
        ),
        local="confirmationTimeoutInMinutes endpointAutoConfirms",
    ),
    refuses=Refuses(
        # SNS API, Subscribe.
        values={
            "protocol": among(
                *("http", "https", "email", "email-json", "sms", "sqs", "application", "lambda", "firehose")
            ),
        },
        together=_endpoint,
    ),
    again=Overwritten(("topic", "protocol", "endpoint")),
    replaced=replaced_by("endpoint protocol region topic"),
    import_id="{arn}",
    found=Gone("who subscribes again gets the subscription that is there"),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=charges.ALARMS_ARE_FEW,
)
