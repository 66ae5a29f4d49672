"""Autoscaling."""

import re
from collections.abc import Iterator

from clouds.ask import Ask
from clouds.aws.calls import create, sent
from clouds.limits import MAX_INTEGER, between, one_of
from clouds.record import (
    NO_DATA,
    UNNOTICED,
    Answers,
    Autoname,
    Named,
    Nothing,
    Overwritten,
    Refuses,
    Resource,
    replaced_by,
)


def _scaling_policy_arn(ask: Ask) -> str:
    resource = f"resource/{ask['serviceNamespace']}/{ask['resourceId']}"
    return ask.arn("autoscaling", f"scalingPolicy:{ask.uuid()}:{resource}:policyName/{ask['name']}")


def _bounds(ask: Ask) -> Iterator[str]:
    """Application Auto Scaling API, RegisterScalableTarget and ScalingPolicy."""
    least, most = ask["minCapacity"], ask["maxCapacity"]
    if int(least) > int(most):
        yield "minCapacity is larger than maxCapacity"
    yield from _dimension(ask)


def _dimension(ask: Ask) -> Iterator[str]:
    namespace, dimension = str(ask["serviceNamespace"]), str(ask["scalableDimension"])
    if dimension.partition(":")[0] != namespace:
        yield "scalableDimension is of another service than serviceNamespace"
    if namespace == "ecs" and not re.fullmatch(r"service/[^/]+/[^/]+", str(ask["resourceId"])):
        yield "resourceId of a service of ECS is service/<cluster>/<service>"


def _policy(ask: Ask) -> Iterator[str]:
    """The same API, PutScalingPolicy, TargetTrackingScalingPolicyConfiguration and PredefinedMetricSpecification."""
    yield from _dimension(ask)
    target, steps = ask["targetTrackingScalingPolicyConfiguration"], ask["stepScalingPolicyConfiguration"]
    wanted = ask["policyType"] or "StepScaling"
    if (wanted == "TargetTrackingScaling") != bool(target) or (wanted == "StepScaling") != bool(steps):
        yield f"policyType {wanted} goes with the configuration of that name, and with no other"
    if target:
        yield from one_of(target, "predefinedMetricSpecification", "customizedMetricSpecification")
        metric = target.get("predefinedMetricSpecification") or {}
        by_requests = metric.get("predefinedMetricType") == "ALBRequestCountPerTarget"
        if by_requests != bool(metric.get("resourceLabel")):
            yield "resourceLabel goes with the metric ALBRequestCountPerTarget, and with no other"


TARGET = Resource(
    "aws:appautoscaling/target:Target",
    "bounds of the number of containers",
    answers=Answers(
        id="{resourceId}",
        outputs={
            "arn": lambda ask: ask.arn("application-autoscaling", f"scalable-target/{ask.hex(24)}"),
        },
        defaults={
            "roleArn": "arn:{partition}:iam::{account}:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/"
            "AWSServiceRoleForApplicationAutoScaling_ECSService",
        },
    ),
    requests=sent(create("application-autoscaling.RegisterScalableTarget")),
    refuses=Refuses(
        # Application Auto Scaling API, RegisterScalableTarget.
        values={
            "minCapacity": between(0, MAX_INTEGER),
            "maxCapacity": between(0, MAX_INTEGER),
        },
        together=_bounds,
    ),
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
    refuses=Refuses(
        # Application Auto Scaling API, TargetTrackingScalingPolicyConfiguration.
        values={
            "targetTrackingScalingPolicyConfiguration.scaleInCooldown": between(0, MAX_INTEGER),
            "targetTrackingScalingPolicyConfiguration.scaleOutCooldown": between(0, MAX_INTEGER),
            # A percentage, for the metrics of ECS that are predefined.
            "targetTrackingScalingPolicyConfiguration.targetValue": between(0.1, 100),
        },
        together=_policy,
    ),
    again=Overwritten(),
    replaced=replaced_by("name region resourceId scalableDimension serviceNamespace"),
    import_id="{serviceNamespace}/{resourceId}/{scalableDimension}/{name}",
    found=Named(),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: the containers and the alarms are charged"),
)
