"""What AWS documents of its inputs and refuses, and its models of requests leave out.

Each entry names the page that says it. EC2, S3, ECS, SNS and load balancers have hardly any limits in their models.
"""

import ipaddress
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from clouds.ask import Ask

Limit = Callable[[Any], str | None]
"""Says what a value must be; None where it is."""


def between(low: float, high: float, *others: float) -> Limit:
    """A number from `low` to `high`, or one of the others."""
    also = "".join(f", or {one:g}" for one in others)
    text = f"must be from {low:g} to {high:g}{also}"
    return lambda value: None if low <= float(value) <= high or float(value) in others else text


def among(*values: object) -> Limit:
    """One of these values."""
    return lambda value: None if value in values else f"must be one of {', '.join(map(str, values))}"


def formed(pattern: str, what: str) -> Limit:
    """A text of that form."""
    return lambda value: None if re.fullmatch(pattern, str(value), re.ASCII) else f"must be {what}"


def shorter(most: int) -> Limit:
    """A text of at most so many characters."""
    return lambda value: (
        None if len(value) <= most else f"has {len(value)} characters; at most {most} are allowed"
    )


def cidr(value: Any) -> str | None:
    """A network in CIDR form, without bits of a host."""
    try:
        ipaddress.ip_network(value)
    except ValueError:
        return "must be a network in CIDR form"
    return None


def document(value: Any) -> str | None:
    """A document in JSON."""
    try:
        json.loads(value)
    except ValueError:
        return "must be JSON"
    return None


def _port(value: Any) -> str | None:
    return between(-1, 65535)(value)


GROUP_TEXT = formed(
    r"[A-Za-z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}",
    "at most 255 of a-z, A-Z, 0-9, spaces and ._-:/()#,@[]+=&;{}!$*",
)
"""EC2 API, CreateSecurityGroup and IpRange, `Description`."""
RULE: Mapping[str, Limit] = {
    "cidrIpv4": cidr,
    "cidrIpv6": cidr,
    "description": GROUP_TEXT,
    "fromPort": _port,
    "toPort": _port,
    "ipProtocol": formed(r"tcp|udp|icmp|icmpv6|-1|\d{1,3}", "tcp, udp, icmp, icmpv6, -1 or a number"),
}
"""EC2 API, IpPermission."""
SES_NAME = formed(r"[A-Za-z0-9_-]{1,64}", "at most 64 letters, digits, hyphens and underscores")
"""SES API v2, CreateConfigurationSet and CreateConfigurationSetEventDestination."""
DOMAIN = r"([a-z0-9_]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?"
COMMENT = shorter(128)
"""CloudFront API, ResponseHeadersPolicyConfig and DistributionConfig, `Comment`."""
MAX_INTEGER = 2_147_483_647

LIMITS: Mapping[str, Mapping[str, Limit]] = {
    # Application Auto Scaling API, RegisterScalableTarget and TargetTrackingScalingPolicyConfiguration.
    "aws:appautoscaling/policy:Policy": {
        "targetTrackingScalingPolicyConfiguration.scaleInCooldown": between(0, MAX_INTEGER),
        "targetTrackingScalingPolicyConfiguration.scaleOutCooldown": between(0, MAX_INTEGER),
        # A percentage, for the metrics of ECS that are predefined.
        "targetTrackingScalingPolicyConfiguration.targetValue": between(0.1, 100),
    },
    "aws:appautoscaling/target:Target": {
        "minCapacity": between(0, MAX_INTEGER),
        "maxCapacity": between(0, MAX_INTEGER),
    },
    # CloudFront API, ResponseHeadersPolicyStrictTransportSecurity, OriginAccessControlConfig, Aliases.
    "aws:cloudfront/distribution:Distribution": {
        "aliases.*": formed(rf"(\*\.)?{DOMAIN}", "a domain name"),
    },
    "aws:cloudfront/originAccessControl:OriginAccessControl": {"description": shorter(256)},
    "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy": {
        "comment": COMMENT,
        "securityHeadersConfig.strictTransportSecurity.accessControlMaxAgeSec": between(0, MAX_INTEGER),
    },
    # CloudWatch Logs API, PutRetentionPolicy.
    "aws:cloudwatch/logGroup:LogGroup": {
        "retentionInDays": among(
            *(0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
            *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
        ),
    },
    # EventBridge guide, event patterns.
    "aws:cloudwatch/eventRule:EventRule": {"eventPattern": document},
    # CloudWatch API, PutMetricAlarm and MetricDataQuery.
    "aws:cloudwatch/metricAlarm:MetricAlarm": {
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
    # EC2 API, CreateFlowLogs.
    "aws:ec2/flowLog:FlowLog": {"maxAggregationInterval": among(60, 600)},
    # EC2 API, CreateRoute.
    "aws:ec2/route:Route": {"destinationCidrBlock": cidr, "destinationIpv6CidrBlock": cidr},
    "aws:ec2/securityGroup:SecurityGroup": {"description": GROUP_TEXT},
    "aws:ec2/vpcEndpoint:VpcEndpoint": {"policy": document},
    # ECS API, ClusterSetting, PutClusterCapacityProviders, DeploymentConfiguration, LoadBalancer, CreateService.
    "aws:ecs/cluster:Cluster": {"settings.*.value": among("enabled", "disabled", "enhanced")},
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": {
        "capacityProviders.*": formed(
            r"FARGATE(_SPOT)?|(?!aws|ecs|fargate)[A-Za-z0-9_-]{1,255}", "a capacity provider"
        ),
    },
    "aws:ecs/service:Service": {
        "deploymentMaximumPercent": between(100, 200),
        "deploymentMinimumHealthyPercent": between(0, 100),
        "desiredCount": between(0, 5000),
        "healthCheckGracePeriodSeconds": between(0, MAX_INTEGER),
        "loadBalancers.*.containerPort": between(1, 65535),
    },
    # ECS API, RegisterTaskDefinition; which memory goes with which cpu says the guide, "Task CPU and memory".
    "aws:ecs/taskDefinition:TaskDefinition": {
        "cpu": among("256", "512", "1024", "2048", "4096", "8192", "16384"),
        "family": formed(r"[A-Za-z0-9_-]{1,255}", "at most 255 letters, digits, hyphens and underscores"),
        "memory": formed(r"[1-9]\d*", "a number of MiB"),
    },
    # Elastic Load Balancing API, RedirectActionConfig, LoadBalancerAttribute, TargetGroupAttribute and Matcher.
    "aws:lb/listener:Listener": {
        "defaultActions.*.redirect.port": formed(r"#\{port\}|[1-9]\d{0,4}", "a port, or #{port}"),
    },
    "aws:lb/loadBalancer:LoadBalancer": {
        "desyncMitigationMode": among("monitor", "defensive", "strictest"),
        "idleTimeout": between(1, 4000),
    },
    "aws:lb/targetGroup:TargetGroup": {
        "deregistrationDelay": between(0, 3600),
        "healthCheck.matcher": formed(
            r"\d+(-\d+)?(,\d+(-\d+)?)*", "statuses such as 200, 200,202 or 200-299"
        ),
        "healthCheck.port": formed(r"traffic-port|[1-9]\d{0,4}", "a port, or traffic-port"),
        "protocolVersion": among("GRPC", "HTTP1", "HTTP2"),
        "slowStart": between(30, 900, 0),
        "stickiness.cookieDuration": between(1, 604_800),
        "stickiness.type": among(
            "lb_cookie", "app_cookie", "source_ip", "source_ip_dest_ip", "source_ip_dest_ip_proto"
        ),
    },
    # Lightsail API, CreateDisk and AttachDisk; PortInfo.
    "aws:lightsail/disk:Disk": {"sizeInGb": between(8, 16_384)},
    "aws:lightsail/disk_attachment:Disk_attachment": {
        "diskPath": formed(r"/dev/(xvd[f-p]|sd[f-p])", "such as /dev/xvdf")
    },
    "aws:lightsail/instancePublicPorts:InstancePublicPorts": {
        "portInfos.*.cidrs.*": cidr,
        "portInfos.*.ipv6Cidrs.*": cidr,
    },
    # S3 API, CORSRule, LifecycleRule and LifecycleExpiration; guide, "Creating object key names".
    "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration": {
        "corsRules.*.allowedMethods.*": among("GET", "PUT", "HEAD", "POST", "DELETE"),
        "corsRules.*.maxAgeSeconds": between(0, MAX_INTEGER),
    },
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": {
        "rules.*.abortIncompleteMultipartUpload.daysAfterInitiation": between(1, MAX_INTEGER),
        "rules.*.expiration.days": between(1, MAX_INTEGER),
        "rules.*.id": shorter(255),
        "rules.*.noncurrentVersionExpiration.noncurrentDays": between(1, MAX_INTEGER),
    },
    "aws:s3/bucketObjectv2:BucketObjectv2": {"key": shorter(1024)},
    "aws:s3/bucketPolicy:BucketPolicy": {"policy": document},
    # Secrets Manager API, DeleteSecret.
    "aws:secretsmanager/secret:Secret": {"recoveryWindowInDays": between(7, 30, 0)},
    "aws:sesv2/configurationSet:ConfigurationSet": {"configurationSetName": SES_NAME},
    "aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination": {
        "eventDestinationName": SES_NAME
    },
    # SES API v2, CreateEmailIdentity and PutEmailIdentityMailFromAttributes.
    "aws:sesv2/emailIdentity:EmailIdentity": {
        "emailIdentity": formed(rf"([^@\s]{{1,64}}@)?{DOMAIN}", "a domain or an e-mail address"),
    },
    "aws:sesv2/emailIdentityMailFromAttributes:EmailIdentityMailFromAttributes": {
        "mailFromDomain": formed(DOMAIN, "a domain"),
    },
    # SNS API, SetTopicAttributes and Subscribe.
    "aws:sns/topic:Topic": {"displayName": shorter(100)},
    "aws:sns/topicPolicy:TopicPolicy": {"policy": document},
    "aws:sns/topicSubscription:TopicSubscription": {
        "protocol": among(
            *("http", "https", "email", "email-json", "sms", "sqs", "application", "lambda", "firehose")
        ),
    },
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": RULE,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": RULE,
    # WAF API, RateBasedStatement.
    "aws:wafv2/webAcl:WebAcl": {
        "rules.*.statement.rateBasedStatement.evaluationWindowSec": among(60, 120, 300, 600),
        "rules.*.statement.rateBasedStatement.limit": between(10, 2_000_000_000),
    },
}


def refusals(ask: Ask) -> list[str]:
    """Return what AWS refuses of inputs that are all known; values are not quoted, as they may be secret."""
    found = [
        f"{path} {wrong}"
        for steps, limit in LIMITS.get(ask.token, {}).items()
        for path, value in _values(ask.inputs, steps.split("."), "")
        if (wrong := limit(value)) is not None
    ]
    tags = ask.inputs.get("tags")
    return [*found, *_tags(tags if isinstance(tags, Mapping) else {})]


def _tags(tags: Mapping[str, Any]) -> Iterator[str]:
    # AWS General Reference, "Tag naming limits and requirements".
    for key, value in tags.items():
        if not 0 < len(key) <= 128 or key.lower().startswith("aws:"):
            yield f"tags.{key[:40]}: a tag's key has 1 to 128 characters and does not begin with aws:"
        if len(str(value)) > 256:
            yield f"tags.{key[:40]} has {len(str(value))} characters; at most 256 are allowed"


def _values(value: Any, steps: Sequence[str], path: str) -> Iterator[tuple[str, Any]]:
    if value is None:
        return
    if not steps:
        yield path, value
    elif steps[0] == "*":
        for index, one in enumerate(value if isinstance(value, list) else [value]):
            yield from _values(one, steps[1:], f"{path}[{index}]")
    elif isinstance(value, Mapping):
        yield from _values(value.get(steps[0]), steps[1:], f"{path}.{steps[0]}".removeprefix("."))
