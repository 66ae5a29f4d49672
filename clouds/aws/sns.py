"""SNS."""

from clouds.ask import ACCOUNT, Ask, names
from clouds.aws import charges
from clouds.aws.calls import create, sent
from clouds.record import (
    NO_DATA,
    NOTHING_MORE,
    UNNOTICED,
    Answers,
    Autoname,
    Gone,
    Named,
    Nothing,
    Overwritten,
    Refused,
    Refuses,
    Resource,
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
        id="arn:aws:sns:{region}:{account}:{name}",
        outputs={
            "arn": "{id}",
            "owner": ACCOUNT,
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
        # CreateTopic gives back the topic that has the name.
        once=(one_name("topic", "given back by CreateTopic as it is"),)
    ),
    again=Refused(),
    replaced=replaced_by("fifoTopic name namePrefix region"),
    import_id="arn:aws:sns:{region}:{account}:{name}",
    found=Named(),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=charges.ALARMS_ARE_FEW,
)


TOPIC_POLICY = Resource(
    "aws:sns/topicPolicy:TopicPolicy",
    "who may publish",
    answers=Answers(
        id="{arn}",
        outputs={
            "owner": ACCOUNT,
        },
    ),
    requests=sent(
        create(
            "sns.SetTopicAttributes",
            {"arn": "TopicArn", "policy": "AttributeValue"},
            {"AttributeName": "Policy"},
        )
    ),
    refuses=NOTHING_MORE,
    again=Overwritten(),
    replaced=replaced_by("arn region"),
    import_id="{arn}",
    found=Named(),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: the topic is charged"),
)


TOPIC_SUBSCRIPTION = Resource(
    "aws:sns/topicSubscription:TopicSubscription",
    "who gets the messages",
    answers=Answers(
        id=lambda ask: f"{ask['topic']}:{ask.uuid()}",
        outputs={
            "arn": "{id}",
            "confirmationWasAuthenticated": lambda ask: not _needs_confirmation(ask),
            "ownerId": ACCOUNT,
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
    refuses=NOTHING_MORE,
    again=Overwritten(("topic", "protocol", "endpoint")),
    replaced=replaced_by("endpoint protocol region topic"),
    import_id="{arn}",
    found=Gone("who subscribes again gets the subscription that is there"),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=charges.ALARMS_ARE_FEW,
)
