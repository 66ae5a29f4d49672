"""AWS's own models of requests: what they find, and that every resource type and input is under them."""

import json
from typing import Any

import pytest

import clouds
import components.base  # noqa: F401 - makes the SDKs import one file at a time
from clouds.ask import UNKNOWN, Ask, Cloud, Existing
from clouds.record import Refuses, Sent
from rehearsal import standins
from rehearsal.standins import models, requests, schema

SENT = {token: one.requests for token, one in clouds.types().items() if isinstance(one.requests, Sent)}
CLOUD = Cloud("ap-southeast-1", {"Project": "rocketchat"})
TASK = {"family": "chat", "containerDefinitions": "[]"}


def refusals(token: str, inputs: dict[str, Any], cloud: Cloud = CLOUD) -> list[str]:
    return requests.refusals(Ask(token, "thing", "urn", inputs, cloud))


def made(token: str, inputs: dict[str, Any]) -> list[requests.Request]:
    return list(requests.made(Ask(token, "thing", "urn", inputs, CLOUD), SENT[token]))


def test_every_aws_type_has_its_requests() -> None:
    assert set(SENT) == {token for token in clouds.types() if token.startswith("aws:")}


@pytest.mark.parametrize("token", sorted(SENT))
def test_what_the_table_names_are_inputs_of_the_type_and_members_of_the_request(token: str) -> None:
    shape = schema.resource(token)
    assert shape is not None
    for call in SENT[token].calls:
        for path in (*call.members, *SENT[token].local):
            assert path.partition(".")[0] in {*shape.inputs, "actions", "defaultActions"}, path
        model = models.request(*call.operation.split("."))
        for path in call.fixed:
            inside = model
            for step in path.split("."):
                inside = inside.inside(step)


@pytest.mark.parametrize(
    ("token", "inputs", "told"),
    [
        ("aws:ec2/eip:Eip", {"domain": "classic"}, "Domain: 'classic' is none of vpc, standard"),
        ("aws:ec2/vpcEndpoint:VpcEndpoint", {"vpcEndpointType": "gateway"}, "did you mean Gateway"),
        ("aws:lb/loadBalancer:LoadBalancer", {"name": "lb", "ipAddressType": "ipv6"}, "IpAddressType"),
        ("aws:acm/certificate:Certificate", {"domainName": "chat_1.example.com"}, "does not match"),
        ("aws:acm/certificate:Certificate", {"domainName": "a" * 254}, "has 254 characters; allowed: "),
        ("aws:iam/role:Role", {"name": "chat role", "assumeRolePolicy": "{}"}, "RoleName: 'chat role'"),
        ("aws:iam/role:Role", {"name": "a" * 65, "assumeRolePolicy": "{}"}, "65 characters; allowed"),
        ("aws:iam/user:User", {"name": "mail", "tags": {"a": "b" * 257}}, "257 characters"),
        ("aws:ecs/taskDefinition:TaskDefinition", {"containerDefinitions": "[]"}, "family is required"),
        ("aws:ecs/taskDefinition:TaskDefinition", {**TASK, "networkMode": "vpc"}, "networkMode: 'vpc'"),
        (
            "aws:ecs/taskDefinition:TaskDefinition",
            {**TASK, "containerDefinitions": json.dumps([{"imgae": "b"}])},
            "containerDefinitions[0] has no imgae (did you mean image?)",
        ),
        (
            "aws:ecs/taskDefinition:TaskDefinition",
            {**TASK, "containerDefinitions": json.dumps([{"stopTimeout": "a minute"}])},
            "containerDefinitions[0].stopTimeout must be of type integer",
        ),
        ("aws:sesv2/configurationSet:ConfigurationSet", {"deliveryOptions": {"tlsPolicy": "ALWAYS"}}, "TlsPolicy"),
        (
            "aws:lightsail/instancePublicPorts:InstancePublicPorts",
            {"instanceName": "host", "portInfos": [{"fromPort": 70000, "toPort": 443, "protocol": "tcp"}]},
            "portInfos[0].fromPort is 70000; allowed: at least -1, at most 65535",
        ),
        (
            "aws:lightsail/instance:Instance",
            {"name": "h", "addOn": {"type": "AutoSnapshot", "snapshotTime": "22h", "status": "Enabled"}},
            "snapshotTimeOfDay: '22h' does not match",
        ),
        ("aws:lb/targetGroup:TargetGroup", {"name": "t", "healthCheck": {"interval": 400}}, "is 400; allowed: at"),
        ("aws:kms/key:Key", {"rotationPeriodInDays": 30}, "RotationPeriodInDays is 30; allowed: at"),
        ("aws:secretsmanager/secretVersion:SecretVersion", {"secretId": "s", "secretString": "a" * 65537}, "65537"),
        ("aws:cloudwatch/logGroup:LogGroup", {"name": "chat?logs"}, "logGroupName: 'chat?logs' does not match"),
        ("aws:wafv2/webAcl:WebAcl", {"name": "chat", "scope": "GLOBAL"}, "Scope: 'GLOBAL' is none of"),
        (
            "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy",
            {"name": "h", "securityHeadersConfig": {"frameOptions": {"frameOption": "NONE", "override": True}}},
            "FrameOption: 'NONE' is none of DENY, SAMEORIGIN",
        ),
        ("aws:s3/bucketVersioning:BucketVersioning", {"versioningConfiguration": {"status": "Disabled"}}, "Status"),
        ("aws:route53/record:Record", {"zoneId": "Z1", "name": "a.example", "type": "ALIAS"}, "Type: 'ALIAS'"),
        ("aws:cloudwatch/metricAlarm:MetricAlarm", {"name": "a", "treatMissingData": "x" * 256}, "256 characters"),
    ],
)  # fmt: skip
def test_a_value_that_aws_refuses_is_told(token: str, inputs: dict[str, Any], told: str) -> None:
    found = refusals(token, inputs)
    assert any(told in one for one in found), found


DOCUMENTED = [
    ("aws:lb/loadBalancer:LoadBalancer", {"name": "lb", "idleTimeout": 4001}, "idleTimeout must be from 1 to 4000"),
    ("aws:lb/targetGroup:TargetGroup", {"name": "t", "stickiness": {"type": "cookie"}}, "stickiness.type must be"),
    ("aws:lb/targetGroup:TargetGroup", {"name": "t", "slowStart": 10}, "slowStart must be from 30 to 900, or 0"),
    ("aws:cloudwatch/logGroup:LogGroup", {"name": "g", "retentionInDays": 100}, "retentionInDays must be one of"),
    ("aws:secretsmanager/secret:Secret", {"name": "s", "recoveryWindowInDays": 3}, "must be from 7 to 30, or 0"),
    ("aws:ecs/taskDefinition:TaskDefinition", {**TASK, "cpu": "300"}, "cpu must be one of 256"),
    ("aws:ec2/flowLog:FlowLog", {"maxAggregationInterval": 300}, "must be one of 60, 600"),
    ("aws:ec2/route:Route", {"destinationCidrBlock": "10.0.0.1/8"}, "must be a network"),
    ("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", {"toPort": 65536}, "toPort must be from -1 to 65535"),
    ("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", {"description": "from the office's"}, "at most 255"),
    ("aws:ec2/securityGroup:SecurityGroup", {"description": "a" * 256}, "at most 255"),
    ("aws:s3/bucketPolicy:BucketPolicy", {"bucket": "b", "policy": "{"}, "policy must be JSON"),
    ("aws:sns/topic:Topic", {"displayName": "a" * 101}, "101 characters; at most 100"),
    ("aws:sns/topicSubscription:TopicSubscription", {"protocol": "mail"}, "protocol must be one of"),
    (
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        {"rules": [{"id": "a", "status": "Enabled"}, {"id": "b", "status": "Enabled", "expiration": {"days": 0}}]},
        "rules[1].expiration.days must be from 1",
    ),
    (
        "aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination",
        {"eventDestinationName": "a.b"},
        "letters, digits, hyphens and underscores",
    ),
    ("aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/16", "tags": {"Name": "a" * 257}}, "tags.Name has 257 characters"),
    ("aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/16", "tags": {"aws:x": "a"}}, "does not begin with aws:"),
]  # fmt: skip


@pytest.mark.parametrize(("token", "inputs", "told"), DOCUMENTED)
def test_a_value_that_aws_documents_and_its_models_leave_out_is_refused(
    token: str, inputs: dict[str, Any], told: str
) -> None:
    found = refusals(token, inputs)
    assert any(told in one for one in found), found


ORIGINS = [{"originId": "media", "domainName": "b.s3.amazonaws.com"}]
BEHAVIOR = {
    "targetOriginId": "media",
    "viewerProtocolPolicy": "redirect-to-https",
    "allowedMethods": ["GET", "HEAD"],
    "cachedMethods": ["GET", "HEAD"],
    "cachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
}
CDN = {
    "comment": "uploads",
    "enabled": True,
    "origins": ORIGINS,
    "defaultCacheBehavior": BEHAVIOR,
    "restrictions": {"geoRestriction": {"restrictionType": "none"}},
    "viewerCertificate": {"cloudfrontDefaultCertificate": True},
}
ALARM: dict[str, Any] = {
    "name": "a",
    "comparisonOperator": "GreaterThanThreshold",
    "evaluationPeriods": 3,
    "metricName": "CPUUtilization",
    "namespace": "AWS/ECS",
    "period": 60,
    "statistic": "Average",
    "threshold": 1,
}
QUERIES: list[dict[str, Any]] = [
    {"id": "sum", "expression": "bad / all", "returnData": True},
    *({"id": name, "metric": {"metricName": name, "period": 60, "stat": "Sum"}} for name in ("bad", "all")),
]
OF_QUERIES = {key: ALARM[key] for key in ("name", "comparisonOperator", "evaluationPeriods", "threshold")}
BOUNDS = {
    "serviceNamespace": "ecs",
    "scalableDimension": "ecs:service:DesiredCount",
    "resourceId": "service/c/s",
    "minCapacity": 1,
    "maxCapacity": 4,
}
SERVICE = {
    "name": "s",
    "taskDefinition": "t",
    "networkConfiguration": {"subnets": ["subnet-1"]},
    "capacityProviderStrategies": [{"capacityProvider": "FARGATE", "weight": 1}],
}
LOG = {"awslogs-group": "g", "awslogs-region": "eu-central-1", "awslogs-stream-prefix": "s"}


def container(**more: Any) -> dict[str, Any]:
    return {"name": "c", "image": "i:1", "logConfiguration": {"logDriver": "awslogs", "options": LOG}, **more}


def definition(*containers: dict[str, Any], **more: Any) -> dict[str, Any]:
    documents = json.dumps(containers or (container(),))
    role = "arn:aws:iam::123456789012:role/r"
    fargate = {"requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc", "executionRoleArn": role}
    return {**TASK, **fargate, "cpu": "1024", "memory": "2048", "containerDefinitions": documents, **more}


def logged(**options: str) -> dict[str, Any]:
    return definition(container(logConfiguration={"logDriver": "awslogs", "options": {**LOG, **options}}))


def connected(**service: Any) -> dict[str, Any]:
    return {
        **SERVICE,
        "serviceConnectConfiguration": {"enabled": True, "services": [{"portName": "nats", **service}]},
    }


_DISTRIBUTION = "aws:cloudfront/distribution:Distribution"
_METRIC = "aws:cloudwatch/metricAlarm:MetricAlarm"
_TASK = "aws:ecs/taskDefinition:TaskDefinition"
_ECS = "aws:ecs/service:Service"
_TARGET = "aws:appautoscaling/target:Target"
_LB = "aws:lb/targetGroup:TargetGroup"
GROUP = {"name": "t", "port": 80, "protocol": "HTTP", "vpcId": "vpc-1"}
_RULES = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
TOGETHER: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    # what is right, what of it is changed, what is told
    (_DISTRIBUTION, CDN, {"defaultCacheBehavior": {**BEHAVIOR, "targetOriginId": "app"}}, "defaultCacheBehavior.targetOriginId"),
    (_DISTRIBUTION, CDN, {"orderedCacheBehaviors": [{**BEHAVIOR, "pathPattern": "/x", "targetOriginId": "app"}]}, "orderedCacheBehaviors[0].targetOriginId"),
    (_DISTRIBUTION, CDN, {"origins": [*ORIGINS, *ORIGINS]}, "origins[*].originId"),
    (_DISTRIBUTION, CDN, {"aliases": ["cdn.example.com"]}, "aliases need a certificate"),
    (_DISTRIBUTION, CDN, {"defaultCacheBehavior": {**BEHAVIOR, "allowedMethods": ["GET", "POST"]}}, "allowedMethods"),
    (_DISTRIBUTION, CDN, {"defaultCacheBehavior": {**BEHAVIOR, "cachedMethods": ["GET", "HEAD", "OPTIONS"]}}, "cachedMethods"),
    (_DISTRIBUTION, CDN, {"defaultCacheBehavior": {**BEHAVIOR, "minTtl": 9, "defaultTtl": 3}}, "minTtl"),
    (_DISTRIBUTION, CDN, {"viewerCertificate": {"acmCertificateArn": "arn:aws:acm:eu-central-1:123456789012:certificate/x", "sslSupportMethod": "sni-only"}}, "us-east-1"),
    (_METRIC, ALARM, {"datapointsToAlarm": 4}, "datapointsToAlarm"),
    (_METRIC, ALARM, {"statistic": None}, "statistic"),
    (_METRIC, ALARM, {"extendedStatistic": "p95"}, "statistic"),
    (_METRIC, ALARM, {"threshold": None}, "threshold"),
    (_METRIC, ALARM, {"period": 3600, "evaluationPeriods": 169}, "more than a day"),
    (_METRIC, {**OF_QUERIES, "metricQueries": QUERIES}, {"metricQueries": [{**QUERIES[0], "expression": "bad / most"}, *QUERIES[1:]]}, "expression names an id"),
    (_METRIC, {**OF_QUERIES, "metricQueries": QUERIES}, {"metricQueries": QUERIES[1:]}, "returnData"),
    (_TARGET, BOUNDS, {"minCapacity": 5}, "minCapacity is larger"),
    (_TARGET, BOUNDS, {"resourceId": "c/s"}, "service/<cluster>/<service>"),
    (_TASK, definition(), {"memory": "9216"}, "no task of 1024"),
    (_TASK, definition(), {"networkMode": "bridge"}, "awsvpc"),
    (_TASK, definition(), {"executionRoleArn": None}, "executionRoleArn"),
    (_TASK, definition(), logged(**{"awslogs-stream": "x"}), "awslogs has no awslogs-stream"),
    (_TASK, definition(), logged(mode="lossy"), "mode"),
    (_TASK, definition(), logged(mode="blocking", **{"max-buffer-size": "25m"}), "max-buffer-size"),
    (_TASK, definition(), logged(**{"max-buffer-size": "25 MB"}), "max-buffer-size"),
    (_TASK, definition(), definition(container(logConfiguration={"logDriver": "json-file"})), "logDriver"),
    (_TASK, definition(), definition(container(logConfiguration={"logDriver": "awslogs", "options": {}})), "lacks awslogs-group"),
    (_TASK, definition(), definition(container(), container()), "containerDefinitions[*].name"),
    (_TASK, definition(), definition(container(dependsOn=[{"containerName": "d", "condition": "START"}])), "dependsOn"),
    (_TASK, definition(), definition(container(portMappings=[{"containerPort": 3000, "hostPort": 80}])), "hostPort"),
    (_TASK, definition(), definition(container(environment=[{"name": "A", "value": "1"}], secrets=[{"name": "A", "valueFrom": "arn"}])), "environment and secrets"),
    (_TASK, definition(), definition(container(stopTimeout=121)), "stopTimeout"),
    (_ECS, SERVICE, connected(portName="Nats Port"), "portName"),
    (_ECS, SERVICE, connected(discoveryName="nats.local"), "discoveryName"),
    (_ECS, SERVICE, connected(clientAlias=[{"port": 4222, "dnsName": "nats server"}]), "clientAlias.dnsName"),
    (_ECS, SERVICE, connected(clientAlias=[{"port": 1, "dnsName": "a"}, {"port": 2, "dnsName": "b"}]), "one clientAlias"),
    (_ECS, SERVICE, {"launchType": "FARGATE"}, "do not go together"),
    (_ECS, SERVICE, {"capacityProviderStrategies": [{"capacityProvider": "FARGATE", "weight": 0}]}, "weight"),
    (_ECS, SERVICE, {"networkConfiguration": None}, "subnets"),
    (_ECS, SERVICE, {"deploymentMinimumHealthyPercent": 101, "deploymentMaximumPercent": 100}, "deploymentMinimumHealthyPercent"),
    (_LB, GROUP, {"healthCheck": {"interval": 5, "timeout": 5}}, "healthCheck.timeout"),
    (_LB, GROUP, {"stickiness": {"type": "source_ip"}}, "stickiness.type"),
    ("aws:lb/listener:Listener", {"loadBalancerArn": "a", "port": 80, "protocol": "HTTP", "defaultActions": [{"type": "redirect", "redirect": {"statusCode": "HTTP_301"}}]}, {"protocol": "HTTPS"}, "certificateArn"),
    ("aws:lb/listener:Listener", {"loadBalancerArn": "a", "port": 80, "protocol": "HTTP", "defaultActions": [{"type": "redirect", "redirect": {"statusCode": "HTTP_301"}}]}, {"defaultActions": [{"type": "forward"}]}, "targetGroupArn"),
    (
        "aws:lb/listenerRule:ListenerRule",
        {"listenerArn": "l", "actions": [{"type": "forward", "targetGroupArn": "t"}], "conditions": [{"hostHeader": {"values": ["a.example"]}}]},
        {"conditions": [{"pathPattern": {"values": ["/1", "/2", "/3", "/4", "/5"]}}, {"hostHeader": {"values": ["a.example"]}}]},
        "6 values",
    ),
    ("aws:ec2/route:Route", {"routeTableId": "r", "destinationCidrBlock": "0.0.0.0/0", "gatewayId": "g"}, {"natGatewayId": "n"}, "exactly one of"),
    ("aws:ec2/vpcEndpoint:VpcEndpoint", {"vpcId": "v", "serviceName": "s", "routeTableIds": ["r"]}, {"subnetIds": ["s"]}, "type Gateway"),
    ("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", {"securityGroupId": "g", "cidrIpv4": "0.0.0.0/0", "ipProtocol": "tcp", "fromPort": 1, "toPort": 2}, {"fromPort": 3}, "fromPort is larger"),
    (_RULES, {"bucket": "b", "rules": [{"id": "a", "status": "Enabled", "expiration": {"days": 1}}]}, {"rules": [{"id": "a", "status": "Enabled"}]}, "does nothing"),
    (_RULES, {"bucket": "b", "rules": [{"id": "a", "status": "Enabled", "expiration": {"days": 1}}]}, {"rules": [{"id": "a", "status": "Enabled", "expiration": {"days": 1}}] * 2}, "rules[*].id"),
    ("aws:cloudwatch/dashboard:Dashboard", {"dashboardName": "d", "dashboardBody": '{"widgets": []}'}, {"dashboardBody": '{"widgets": [{"type": "metric", "properties": {"region": "eu-west-1"}}]}'}, "without metrics"),
    ("aws:route53/healthCheck:HealthCheck", {"type": "HTTPS", "fqdn": "chat.example.com", "resourcePath": "/api/info"}, {"fqdn": None}, "needs fqdn or ipAddress"),
    ("aws:route53/healthCheck:HealthCheck", {"type": "HTTPS", "fqdn": "chat.example.com", "resourcePath": "/api/info"}, {"type": "TCP"}, "no resourcePath"),
    ("aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration", {"bucket": "b", "rule": {"defaultRetention": {"mode": "GOVERNANCE", "days": 1}}}, {"rule": {"defaultRetention": {"mode": "GOVERNANCE", "days": 1, "years": 1}}}, "either days or years"),
    ("aws:sns/topicSubscription:TopicSubscription", {"topic": "t", "protocol": "email", "endpoint": "a@example.com"}, {"protocol": "https"}, "endpoint is none"),
    ("aws:cloudwatch/eventRule:EventRule", {"name": "r", "eventPattern": "{}"}, {"eventPattern": None}, "scheduleExpression"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("token", "right", "change", "told"), TOGETHER, ids=[f"{case[0]}: {case[3]}" for case in TOGETHER]
)
def test_what_does_not_go_together_is_refused_and_what_does_is_not(
    token: str, right: dict[str, Any], change: dict[str, Any], told: str
) -> None:
    assert refusals(token, right) == []
    found = refusals(token, {key: value for key, value in {**right, **change}.items() if value is not None})
    assert any(told in one for one in found), found


DEFINED = Existing(
    _TASK,
    "chat",
    definition(container(portMappings=[{"name": "http", "containerPort": 3000}])),
    {"arn": "t"},
    "ap-southeast-1",
)
ZONED = [
    Existing(
        "aws:ec2/subnet:Subnet", name, {"availabilityZone": f"ap-southeast-1{zone}"}, {}, "ap-southeast-1"
    )
    for name, zone in (("subnet-1", "a"), ("subnet-2", "b"), ("subnet-3", "b"), ("subnet-4", "z"))
]
BALANCED = {"targetGroupArn": "g", "containerName": "c", "containerPort": 3000}


@pytest.mark.parametrize(
    ("token", "inputs", "told"),
    [
        (_ECS, {"taskDefinition": "t", "loadBalancers": [BALANCED]}, ""),
        (_ECS, {"taskDefinition": "t", "loadBalancers": [{**BALANCED, "containerName": "d"}]}, "does not exist"),
        (_ECS, {"taskDefinition": "t", "loadBalancers": [{**BALANCED, "containerPort": 80}]}, "container port 80"),
        (_ECS, connected(portName="peers"), "portName peers"),
        ("aws:ec2/vpcEndpoint:VpcEndpoint", {"vpcEndpointType": "Interface", "subnetIds": ["subnet-1", "subnet-2"]}, ""),
        ("aws:ec2/vpcEndpoint:VpcEndpoint", {"vpcEndpointType": "Interface", "subnetIds": ["subnet-2", "subnet-3"]}, "DuplicateSubnetsInSameZone"),
        ("aws:ec2/vpcEndpoint:VpcEndpoint", {"vpcEndpointType": "Interface", "subnetIds": ["subnet-4"]}, "ap-southeast-1z"),
    ],
)  # fmt: skip
def test_a_name_that_another_resource_has_not_is_refused(
    token: str, inputs: dict[str, Any], told: str
) -> None:
    there = [DEFINED, *ZONED]
    ask = Ask(
        token,
        "thing",
        "urn",
        inputs,
        CLOUD,
        world=lambda begins: [one for one in there if one.type.startswith(begins)],
    )
    if not told:
        standins.lacking(ask)
        return
    with pytest.raises(standins.UnknownToCloudError, match=told):
        standins.lacking(ask)


def test_every_documented_limit_is_of_an_input_that_there_is() -> None:
    judged = 0
    for token in SENT:
        record, shape = clouds.find(token), schema.resource(token)
        assert record is not None
        assert shape is not None
        for path in record.refuses.values if isinstance(record.refuses, Refuses) else ():
            judged += 1
            assert path.partition(".")[0] in shape.inputs, f"{token}: {path}"
    assert judged > 50


def test_a_refused_value_fails_the_plan() -> None:
    token = "aws:ec2/eip:Eip"
    with pytest.raises(standins.UnknownToCloudError, match="AllocateAddress: Domain: 'classic'"):
        standins.checked(token, "address", "urn", {"domain": "classic"}, CLOUD)


def test_a_secret_value_is_never_quoted() -> None:
    key = "aws:lightsail/instance:Instance"
    found = refusals(
        "aws:secretsmanager/secretVersion:SecretVersion", {"secretId": "s", "secretString": "hidden" * 11000}
    )
    assert found
    assert "hidden" not in str(found)
    assert refusals(key, {"name": "h"})


def test_what_is_not_known_yet_is_judged_later() -> None:
    assert (
        refusals("aws:lb/targetGroup:TargetGroup", {"name": "t", "vpcId": UNKNOWN, "protocol": "SMTP"}) == []
    )


def test_an_input_that_goes_into_no_request_is_told() -> None:
    found = refusals("aws:lb/targetGroup:TargetGroup", {"name": "t", "connectionTermination": True})
    assert any("connectionTermination goes into no request" in one for one in found)
    nested = refusals(
        "aws:ecs/service:Service", {"name": "s", "networkConfiguration": {"subnets": [], "mtu": 9001}}
    )
    assert any("networkConfiguration.mtu goes into no request" in one for one in nested)


def test_tags_of_the_provider_are_part_of_the_request() -> None:
    [request] = made("aws:ec2/eip:Eip", {"tags": {"Name": "a"}})
    assert request.values["TagSpecifications"] == [
        {
            "ResourceType": "elastic-ip",
            "Tags": [{"Key": "Project", "Value": "rocketchat"}, {"Key": "Name", "Value": "a"}],
        }
    ]


def test_calls_beside_the_create_are_made_only_for_what_is_given() -> None:
    assert [one.operation for one in made("aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/16"})] == [
        "ec2.CreateVpc"
    ]
    both = made("aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": True})
    assert [one.operation for one in both] == ["ec2.CreateVpc", "ec2.ModifyVpcAttribute"]
    assert both[1].values["EnableDnsHostnames"] == {"Value": True}


def test_lists_of_cloudfront_are_counted() -> None:
    [request] = made("aws:cloudfront/distribution:Distribution", {"aliases": ["a.example", "b.example"]})
    config = request.values["DistributionConfigWithTags"]["DistributionConfig"]
    assert config["Aliases"] == {"Quantity": 2, "Items": ["a.example", "b.example"]}


@pytest.mark.parametrize(
    ("java", "text", "matches"),
    [
        (r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*", "Größe 7", True),
        (r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*", "a*", False),
        (r"\p{Print}+", "plain", True),
        (r"\p{Print}+", "a\n", False),
        (r"^(?![^:\\]*/action/|(?i).*<script>.*</script>.*)[^:\\]+$", "<SCRIPT></SCRIPT>", False),
    ],
)
def test_patterns_for_java_mean_the_same_here(java: str, text: str, matches: bool) -> None:
    assert (models.pattern(java).fullmatch(text) is not None) == matches
