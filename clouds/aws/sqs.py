"""SQS."""

from clouds.aws.calls import create, sent
from clouds.record import (
    NO_DATA,
    UNNOTICED,
    Answers,
    Autoname,
    Nothing,
    Overwritten,
    Person,
    Refuses,
    Resource,
    Turn,
    one_name,
    replaced_by,
)

_TEXT: Turn = lambda value: str(value).lower()  # noqa: E731 - attributes are texts

QUEUE = Resource(
    "aws:sqs/queue:Queue",
    "keeps messages until somebody fetches them",
    answers=Answers(
        id="https://sqs.{region}.amazonaws.com/{account}/{name}",
        outputs={
            "arn": "arn:{partition}:sqs:{region}:{account}:{name}",
            "url": "{id}",
        },
        defaults={
            "delaySeconds": 0,
            "maxMessageSize": 262144,
            "messageRetentionSeconds": 345600,
            "receiveWaitTimeSeconds": 0,
            "sqsManagedSseEnabled": True,
            "visibilityTimeoutSeconds": 30,
        },
        autoname=Autoname(limit=80),
    ),
    requests=sent(
        create(
            "sqs.CreateQueue",
            {
                "name": "QueueName",
                "messageRetentionSeconds": ("Attributes.MessageRetentionPeriod", _TEXT),
                "sqsManagedSseEnabled": ("Attributes.SqsManagedSseEnabled", _TEXT),
            },
        )
    ),
    refuses=Refuses(
        # CreateQueue gives back the queue that has the name, where nothing is different.
        once=(one_name("queue", "given back by CreateQueue as it is"),)
    ),
    again=Overwritten(),
    replaced=replaced_by("fifoQueue name namePrefix region"),
    import_id="{id}",
    found=Person("it is known by its URL: see `aws sqs get-queue-url`"),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: the first million requests of a month are (aws.amazon.com/sqs/pricing)"),
)
