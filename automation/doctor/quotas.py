"""What AWS limits in an account and a region, and how much of it a deployment takes.

The codes are those of Service Quotas (`aws service-quotas list-service-quotas --service-code vpc`).
"""

import datetime as dt
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from automation.doctor.amazon import Aws, code
from automation.doctor.needs import Made, Visit, number, room
from automation.web import NotChecked

GLOBAL: Final = "us-east-1"
"""Where Service Quotas keeps what counts for all regions (its user guide, "Viewing service quotas")."""


@dataclass(frozen=True)
class Quota:
    """A limit of AWS."""

    name: str
    title: str
    service: str
    code: str
    counted: Callable[[Sequence[Made]], float]
    """How much of it resources take."""
    used: Callable[[Aws, dict[str, Any]], float]
    """How much of it is in use, by AWS and the quota as Service Quotas describes it."""
    region: str | None = None
    limit: float | None = None
    """What AWS documents, where Service Quotas does not have it."""


def listed(
    service: str, operation: str, key: str, **parameters: Any
) -> Callable[[Aws, dict[str, Any]], float]:
    """Count what an operation lists."""
    return lambda aws, _: len(aws.call(service, operation, **parameters)[key])


def metered(aws: Aws, quota: dict[str, Any]) -> float:
    """Return what CloudWatch has counted in the last hour (Service Quotas user guide, "UsageMetric")."""
    metric = quota.get("UsageMetric") or {}
    if not metric.get("MetricName"):
        raise NotChecked("AWS does not tell how much is in use")
    now = dt.datetime.now(dt.UTC)
    found = aws.call(
        "cloudwatch",
        "GetMetricStatistics",
        Namespace=metric["MetricNamespace"],
        MetricName=metric["MetricName"],
        Dimensions=[{"Name": name, "Value": value} for name, value in metric["MetricDimensions"].items()],
        StartTime=now - dt.timedelta(hours=1),
        EndTime=now,
        Period=300,
        Statistics=["Maximum"],
    )
    return float(max((point["Maximum"] for point in found["Datapoints"]), default=0))


def _fullest_zone(aws: Aws, _: dict[str, Any]) -> float:
    gateways = aws.call(
        "ec2",
        "DescribeNatGateways",
        Filters=[{"Name": "state", "Values": ["pending", "available", "deleting"]}],
    )["NatGateways"]
    if not gateways:
        return 0
    subnets = aws.call("ec2", "DescribeSubnets", SubnetIds=sorted({one["SubnetId"] for one in gateways}))
    zones = {one["SubnetId"]: one["AvailabilityZone"] for one in subnets["Subnets"]}
    return max(Counter(zones.get(one["SubnetId"]) for one in gateways).values())


def _in_one_zone(made: Sequence[Made]) -> float:
    zones = {
        one.outputs.get("id"): one.inputs.get("availabilityZone")
        for one in made
        if one.type == "aws:ec2/subnet:Subnet"
    }
    found = Counter(
        zones.get(one.inputs.get("subnetId"), one.inputs.get("subnetId"))
        for one in made
        if one.type == "aws:ec2/natGateway:NatGateway"
    )
    return max(found.values(), default=0)


def vcpus(provider: str) -> Callable[[Sequence[Made]], float]:
    """Count the vCPUs of a capacity provider of Fargate at the most: scaled out, while a roll-out runs old and new."""

    def counted(made: Sequence[Made]) -> float:
        units = {
            str(one.outputs.get("arn")): float(one.inputs.get("cpu") or 0) / 1024
            for one in made
            if one.type == "aws:ecs/taskDefinition:TaskDefinition"
        }
        most = {
            str(one.inputs.get("resourceId")).rpartition("/")[2]: int(one.inputs.get("maxCapacity") or 0)
            for one in made
            if one.type == "aws:appautoscaling/target:Target"
        }
        return sum(
            units.get(str(one.inputs.get("taskDefinition")), 0) * _tasks(one, most, provider)
            for one in made
            if one.type == "aws:ecs/service:Service"
        )

    return counted


def _tasks(service: Made, most: dict[str, int], provider: str) -> int:
    inputs = service.inputs
    wanted = max(int(inputs.get("desiredCount") or 0), most.get(str(service.outputs.get("name")), 0))
    total = math.ceil(wanted * int(inputs.get("deploymentMaximumPercent") or 200) / 100)
    strategies = inputs.get("capacityProviderStrategies") or [{"capacityProvider": "FARGATE", "weight": 1}]
    base = {one["capacityProvider"]: int(one.get("base") or 0) for one in strategies}
    weight = {one["capacityProvider"]: int(one.get("weight") or 0) for one in strategies}
    if not weight.get(provider):
        return min(total, base.get(provider, 0))
    return total - sum(count for name, count in base.items() if name != provider)


def _balancers(aws: Aws, _: dict[str, Any]) -> float:
    found = aws.call("elbv2", "DescribeLoadBalancers")["LoadBalancers"]
    return sum(1 for one in found if one["Type"] == "application")


def _distributions(aws: Aws, _: dict[str, Any]) -> float:
    return len(aws.call("cloudfront", "ListDistributions").get("DistributionList", {}).get("Items", ()))


QUOTAS: Final = (
    Quota(
        "vpcs",
        "VPCs",
        "vpc",
        "L-F678F1CE",
        number("aws:ec2/vpc:Vpc"),
        listed("ec2", "DescribeVpcs", "Vpcs"),
    ),
    Quota(
        "internet-gateways",
        "Internet gateways",
        "vpc",
        "L-A4707A72",
        number("aws:ec2/internetGateway:InternetGateway"),
        listed("ec2", "DescribeInternetGateways", "InternetGateways"),
    ),
    Quota(
        "addresses",
        "Elastic IP addresses",
        "ec2",
        "L-0263D0A3",
        number("aws:ec2/eip:Eip"),
        listed("ec2", "DescribeAddresses", "Addresses"),
    ),
    Quota("nat", "NAT gateways in one zone", "vpc", "L-FE5A380F", _in_one_zone, _fullest_zone),
    Quota("fargate", "vCPUs of Fargate", "fargate", "L-3032A538", vcpus("FARGATE"), metered),
    Quota("fargate-spot", "vCPUs of Fargate Spot", "fargate", "L-36FBB829", vcpus("FARGATE_SPOT"), metered),
    Quota(
        "balancers",
        "Application Load Balancers",
        "elasticloadbalancing",
        "L-53DA6B97",
        number("aws:lb/loadBalancer:LoadBalancer"),
        _balancers,
    ),
    Quota(
        "distributions",
        "Distributions of CloudFront",
        "cloudfront",
        "L-24B04930",
        number("aws:cloudfront/distribution:Distribution"),
        _distributions,
        GLOBAL,
    ),
    # AWS General Reference, "Amazon Lightsail endpoints and quotas".
    Quota(
        "lightsail-instances",
        "Instances of Lightsail",
        "lightsail",
        "",
        number("aws:lightsail/instance:Instance"),
        listed("lightsail", "GetInstances", "instances"),
        limit=20,
    ),
    Quota(
        "lightsail-addresses",
        "Static addresses of Lightsail",
        "lightsail",
        "",
        number("aws:lightsail/staticIp:StaticIp"),
        listed("lightsail", "GetStaticIps", "staticIps"),
        limit=5,
    ),
)


def quota(visit: Visit, one: Quota) -> str:
    """Say whether there is room for the stack below a quota."""
    aws = visit.aws
    assert aws is not None  # noqa: S101 - the question is asked after that for the account
    told = {"Value": one.limit} if one.limit is not None else _told(aws, one)
    remedy = (
        f"`aws service-quotas request-service-quota-increase --service-code {one.service} --quota-code {one.code} "
        f"--desired-value N --region {one.region or aws.region}`"
        if one.code
        else "ask AWS's support for more"
    )
    used = one.used(aws, told)
    return room(
        visit, told["Value"], used, visit.more(one.counted), f"{remedy}; or give back what is not used"
    )


def _told(aws: Aws, one: Quota) -> dict[str, Any]:
    keys = {"ServiceCode": one.service, "QuotaCode": one.code}
    try:
        return dict(aws.call("service-quotas", "GetServiceQuota", region=one.region, **keys)["Quota"])
    except ClientError as error:
        if code(error) != "NoSuchResourceException":
            raise
    # An account that was never given another value may have only the default.
    return dict(aws.call("service-quotas", "GetAWSDefaultServiceQuota", region=one.region, **keys)["Quota"])
