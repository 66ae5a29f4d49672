"""Autoscaling."""

from clouds.ask import Ask
from clouds.aws.calls import create, sent
from clouds.record import (
    NO_DATA,
    NOTHING_MORE,
    UNNOTICED,
    Answers,
    Autoname,
    Named,
    Nothing,
    Overwritten,
    Resource,
    replaced_by,
)


def _scaling_policy_arn(ask: Ask) -> str:
    resource = f"resource/{ask['serviceNamespace']}/{ask['resourceId']}"
    return ask.arn("autoscaling", f"scalingPolicy:{ask.uuid()}:{resource}:policyName/{ask['name']}")


TARGET = Resource(
    "aws:appautoscaling/target:Target",
    "bounds of the number of containers",
    answers=Answers(
        id="{resourceId}",
        outputs={
            "arn": lambda ask: ask.arn("application-autoscaling", f"scalable-target/{ask.hex(24)}"),
        },
        defaults={
            "roleArn": "arn:aws:iam::{account}:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/"
            "AWSServiceRoleForApplicationAutoScaling_ECSService",
        },
    ),
    requests=sent(create("application-autoscaling.RegisterScalableTarget")),
    refuses=NOTHING_MORE,
    again=Overwritten(),
    replaced=replaced_by("region resourceId roleArn scalableDimension serviceNamespace"),
    import_id="{serviceNamespace}/{resourceId}/{scalableDimension}",
    found=Named(),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: the containers and the alarms are charged"),
)


POLICY = Resource(
    "aws:appautoscaling/policy:Policy",
    "when to start and stop containers",
    answers=Answers(
        id="{name}",
        outputs={
            "alarmArns": [],
            "arn": _scaling_policy_arn,
        },
        defaults={
            "policyType": "StepScaling",
        },
        autoname=Autoname(),
    ),
    requests=sent(create("application-autoscaling.PutScalingPolicy", {"name": "PolicyName"})),
    refuses=NOTHING_MORE,
    again=Overwritten(),
    replaced=replaced_by("name region resourceId scalableDimension serviceNamespace"),
    import_id="{serviceNamespace}/{resourceId}/{scalableDimension}/{name}",
    found=Named(),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: the containers and the alarms are charged"),
)
