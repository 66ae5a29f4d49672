"""EventBridge Scheduler."""

from collections.abc import Iterable

from clouds.ask import Existing
from clouds.aws import charges
from clouds.aws.calls import create, either, sent
from clouds.record import (
    NO_DATA,
    UNNOTICED,
    Answers,
    Autoname,
    Named,
    Once,
    Refused,
    Refuses,
    Resource,
    replaced_by,
)

GROUP = "default"
"""The group of a schedule that names none (EventBridge Scheduler API, CreateSchedule)."""


def _place(one: Existing) -> Iterable[object]:
    name = one.inputs.get("name")
    return () if name is None else ((str(one.inputs.get("groupName") or GROUP), str(name)),)


SCHEDULE = Resource(
    "aws:scheduler/schedule:Schedule",
    "starts something at its hours",
    answers=Answers(
        id="{groupName}/{name}",
        outputs={
            "arn": "arn:{partition}:scheduler:{region}:{account}:schedule/{groupName}/{name}",
        },
        defaults={
            "actionAfterCompletion": "NONE",
            "groupName": GROUP,
            "scheduleExpressionTimezone": "UTC",
            "state": "ENABLED",
        },
        autoname=Autoname(limit=64),
    ),
    requests=sent(
        create(
            "scheduler.CreateSchedule",
            {
                "target.ecsParameters.networkConfiguration": "NetworkConfiguration.awsvpcConfiguration",
                "target.ecsParameters.networkConfiguration.assignPublicIp": (
                    "AssignPublicIp",
                    either("ENABLED", "DISABLED"),
                ),
                "target.ecsParameters.capacityProviderStrategies": "CapacityProviderStrategy",
                "target.ecsParameters.enableEcsManagedTags": "EnableECSManagedTags",
            },
        )
    ),
    refuses=Refuses(once=(Once("a schedule of that name in its group", "ConflictException", _place),)),
    again=Refused(),
    replaced=replaced_by("groupName name namePrefix region"),
    import_id="{groupName}/{name}",
    found=Named(),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=charges.runs,
)
