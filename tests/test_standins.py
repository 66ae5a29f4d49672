"""The stand-ins: what they know, what they refuse, and what they give back."""

import importlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from pulumi import _types

import clouds
import components.base  # noqa: F401 - makes the SDKs import one file at a time
from clouds.ask import UNKNOWN, Cloud, Existing
from clouds.aws.iam import smtp_password
from clouds.record import Nothing
from rehearsal import standins
from rehearsal.standins import schema, write_schema

CLOUD = Cloud(region="ap-southeast-1", default_tags={"Project": "rocketchat"})
VPC = "aws:ec2/vpc:Vpc"
ACCESS = "mongodbatlas:index/projectIpAccessList:ProjectIpAccessList"
RULE = {"cidrIpv4": "10.0.0.0/8", "ipProtocol": "tcp", "fromPort": 443, "toPort": 443}
FORWARD = {"type": "forward", "targetGroupArn": "arn"}
BALANCER = {"subnets": ["subnet-a", "subnet-b"]}
TARGETS = {"port": 3000, "protocol": "HTTP", "vpcId": "vpc-0123456789abcdef0"}
ARN = "arn:aws:acm:ap-southeast-1:123456789012:certificate/15e2b1fa-fa72-4c9d-9b2e-0d7c5e1c2f3a"
ROLE = "arn:aws:iam::123456789012:role/chat"
ACL = "arn:aws:wafv2:ap-southeast-1:123456789012:regional/webacl/chat/15e2b1fa-fa72-4c9d-9b2e-0d7c5e1c2f3a"
SCALED = {
    "resourceId": "service/chat/chat",
    "scalableDimension": "ecs:service:DesiredCount",
    "serviceNamespace": "ecs",
}
PULLS = "cloudflare:index/authenticatedOriginPulls"
CLIENT = (Path(__file__).parent / "data" / "authorities" / "client.pem").read_text("ascii")
WANTED: dict[str, dict[str, Any]] = {
    "digitalocean:index/reservedIpAssignment:ReservedIpAssignment": {"ipAddress": "203.0.113.9"},
    "mongodbatlas:index/alertConfiguration:AlertConfiguration": {"notifications": [{"typeName": "GROUP"}]},
    "mongodbatlas:index/privateLinkEndpoint:PrivateLinkEndpoint": {"providerName": "AWS"},
    "mongodbatlas:index/privateLinkEndpointService:PrivateLinkEndpointService": {"providerName": "AWS"},
    f"{PULLS}:AuthenticatedOriginPulls": {"configs": [{"hostname": "chat.example.com"}]},
    f"{PULLS}HostnameCertificate:AuthenticatedOriginPullsHostnameCertificate": {"certificate": CLIENT},
    "aws:cloudwatch/dashboard:Dashboard": {"dashboardBody": '{"widgets": []}'},
    "aws:route53/healthCheck:HealthCheck": {"type": "HTTPS", "fqdn": "chat.example.com"},
    "aws:acm/certificate:Certificate": {"domainName": "chat.example.com"},
    "aws:acm/certificateValidation:CertificateValidation": {"certificateArn": ARN},
    "aws:appautoscaling/policy:Policy": {
        **SCALED,
        "policyType": "TargetTrackingScaling",
        "targetTrackingScalingPolicyConfiguration": {
            "targetValue": 60,
            "predefinedMetricSpecification": {"predefinedMetricType": "ECSServiceAverageCPUUtilization"},
        },
    },
    "aws:appautoscaling/target:Target": SCALED,
    "aws:budgets/budget:Budget": {"budgetType": "COST", "timeUnit": "MONTHLY"},
    "aws:cloudfront/distribution:Distribution": {
        "comment": "Media",
        "defaultCacheBehavior": {
            "allowedMethods": ["GET", "HEAD"],
            "cachedMethods": ["GET", "HEAD"],
            "cachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
            "targetOriginId": "value",
            "viewerProtocolPolicy": "redirect-to-https",
        },
        "restrictions": {"geoRestriction": {"restrictionType": "none"}},
    },
    "aws:cloudfront/originAccessControl:OriginAccessControl": {
        "originAccessControlOriginType": "s3",
        "signingBehavior": "always",
        "signingProtocol": "sigv4",
    },
    "aws:cloudfront/vpcOrigin:VpcOrigin": {
        "vpcOriginEndpointConfig": {
            "arn": "arn:aws:elasticloadbalancing:ap-southeast-1:123456789012:loadbalancer/app/chat/0123456789abcdef",
            "httpPort": 80,
            "httpsPort": 443,
            "name": "chat",
            "originProtocolPolicy": "https-only",
            "originSslProtocols": {"items": ["TLSv1.2"], "quantity": 1},
        }
    },
    "aws:cloudwatch/eventRule:EventRule": {"eventPattern": "{}"},
    "aws:cloudwatch/metricAlarm:MetricAlarm": {
        "comparisonOperator": "GreaterThanThreshold",
        "metricName": "CPUUtilization",
        "namespace": "AWS/ECS",
        "period": 60,
        "statistic": "Average",
        "threshold": 80,
    },
    "aws:ec2/flowLog:FlowLog": {"vpcId": "vpc-0123456789abcdef0", "iamRoleArn": ARN, "logDestination": ARN},
    "aws:ec2/natGateway:NatGateway": {"allocationId": "eipalloc-0123456789abcdef0"},
    "aws:ec2/route:Route": {"destinationCidrBlock": "0.0.0.0/0", "gatewayId": "igw-0123456789abcdef0"},
    "aws:ec2/securityGroup:SecurityGroup": {"description": "Containers of the chat"},
    "aws:ecs/taskDefinition:TaskDefinition": {"containerDefinitions": '[{"name": "chat"}]'},
    "aws:lb/listener:Listener": {"defaultActions": [FORWARD]},
    "aws:lb/listenerRule:ListenerRule": {
        "actions": [FORWARD],
        "conditions": [{"hostHeader": {"values": ["chat.example.com"]}}],
    },
    "aws:lb/loadBalancer:LoadBalancer": BALANCER,
    "aws:lb/targetGroup:TargetGroup": TARGETS,
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": {
        "rules": [{"id": "old", "status": "Enabled", "expiration": {"days": 30}}]
    },
    "aws:lightsail/keyPair:KeyPair": {"publicKey": "ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB"},
    "aws:s3/bucketObjectv2:BucketObjectv2": {"key": "host.json"},
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": {
        "rule": {"objectOwnership": "BucketOwnerEnforced"}
    },
    "aws:s3/bucketVersioning:BucketVersioning": {"versioningConfiguration": {"status": "Enabled"}},
    "aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination": {
        "eventDestination": {"matchingEventTypes": ["BOUNCE"], "snsDestination": {"topicArn": "arn"}}
    },
    "aws:wafv2/webAclAssociation:WebAclAssociation": {"resourceArn": ARN, "webAclArn": ACL},
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": {
        "resourceArn": ACL,
        "logDestinationConfigs": ["arn:aws:logs:ap-southeast-1:123456789012:log-group:aws-waf-logs-chat"],
    },
    "aws:lightsail/disk_attachment:Disk_attachment": {"diskPath": "/dev/xvdf"},
    "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration": {
        "corsRules": [{"allowedMethods": ["GET"], "allowedOrigins": ["https://chat.example.com"]}]
    },
    "aws:sesv2/emailIdentity:EmailIdentity": {"emailIdentity": "example.com"},
    "aws:sns/topicSubscription:TopicSubscription": {"protocol": "email", "endpoint": "ops@example.com"},
    "aws:lightsail/disk:Disk": {"sizeInGb": 8, "availabilityZone": "ap-southeast-1a"},
    "aws:lightsail/instance:Instance": {"availabilityZone": "ap-southeast-1a"},
    "aws:lightsail/instancePublicPorts:InstancePublicPorts": {
        "portInfos": [{"protocol": "tcp", "fromPort": 443, "toPort": 443}]
    },
    "aws:route53/record:Record": {"type": "A", "records": ["203.0.113.7"], "ttl": 300},
    "digitalocean:index/dnsRecord:DnsRecord": {"type": "A", "value": "203.0.113.7"},
    "digitalocean:index/project:Project": {"environment": "Development"},
    "digitalocean:index/uptimeAlert:UptimeAlert": {
        "checkId": "5a4981aa-9653-4bd1-bef5-d6bff52042e4",
        "type": "down_global",
        "notifications": [{"emails": ["ops@example.com"]}],
    },
    "digitalocean:index/uptimeCheck:UptimeCheck": {"target": "https://chat.example.com/api/info"},
    "digitalocean:index/sshKey:SshKey": {"publicKey": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA== someone"},
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": RULE,
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": RULE,
    "aws:ec2/subnet:Subnet": {"cidrBlock": "10.0.0.0/24"},
    "aws:iam/role:Role": {"assumeRolePolicy": "{}"},
    "aws:iam/rolePolicy:RolePolicy": {"policy": "{}"},
    "aws:iam/userPolicy:UserPolicy": {"policy": "{}"},
    "aws:s3/bucketPolicy:BucketPolicy": {"policy": "{}"},
    "aws:sns/topicPolicy:TopicPolicy": {"policy": "{}"},
    "aws:wafv2/webAcl:WebAcl": {"scope": "REGIONAL", "defaultAction": {"allow": {}}},
    ACCESS: {"ipAddress": "203.0.113.7"},
    "cloudflare:index/authenticatedOriginPulls:AuthenticatedOriginPulls": {
        "configs": [{"certId": "1", "enabled": True, "hostname": "chat.example.com"}]
    },
    "cloudflare:index/dnsRecord:DnsRecord": {"type": "A"},
    "aws:scheduler/schedule:Schedule": {
        "flexibleTimeWindow": {"mode": "OFF"},
        "scheduleExpression": "cron(0 2 * * ? *)",
        "target": {"arn": "arn:aws:ecs:ap-southeast-1:123456789012:cluster/chat", "roleArn": ROLE},
    },
}
"""Inputs that a type needs beyond its required ones, or with more than just the right kind."""


def make(token: str, inputs: Mapping[str, Any], name: str = "thing") -> standins.Made:
    urn = f"urn:pulumi:test::rocketchat::{token}::{name}"
    return standins.make(standins.checked(token, name, urn, inputs, CLOUD))


def example(kind: str, objects: Mapping[str, Any]) -> Any:
    """A value of the kind, with required properties only."""
    match kind[0]:
        case "s" | "*":
            return "value"
        case "i" | "n":
            return 7
        case "b":
            return True
        case "[":
            return [example(kind[1:], objects)]
        case "{":
            return {"key": example(kind[1:], objects)}
        case _:
            described = objects[kind[1:]]
            return {key: example(described["inputs"][key], objects) for key in described["required"]}


def minimal(token: str) -> dict[str, Any]:
    shape = schema.resource(token)
    assert shape is not None
    return {key: example(shape.inputs[key], shape.objects) for key in shape.required} | WANTED.get(token, {})


@pytest.mark.slow
def test_the_schema_files_are_what_the_installed_sdks_say() -> None:
    wanted = write_schema.fresh()
    stored = {path.name: path.read_text(encoding="utf-8") for path in schema.FOLDER.glob("*.json")}
    stale = sorted(name for name in wanted.keys() | stored.keys() if wanted.get(name) != stored.get(name))
    assert not stale, f"run `python -m rehearsal schema`: {stale}"


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("pulumi_random.random_password", "RandomPassword"),
        ("pulumi_cloudflare.dns_record", "DnsRecord"),
        ("pulumi_aws.kms.key", "Key"),
    ],
)
def test_the_schema_that_is_read_from_source_is_that_of_the_imported_class(module: str, name: str) -> None:
    kind = getattr(importlib.import_module(module), name)
    shape = schema.resource(kind.pulumi_type)
    assert shape is not None
    outputs = set(_types.resource_pulumi_to_py_names(kind)) - {"id", "urn"}
    assert set(shape.outputs) == outputs


@pytest.mark.parametrize("token", sorted(clouds.types()))
def test_every_output_is_an_input_or_computed_or_said_to_be_absent(token: str) -> None:
    record, shape = clouds.types()[token], schema.resource(token)
    assert shape is not None
    answers, everywhere = record.answers, {"region", "tagsAll"} if token.startswith("aws:") else set()
    told = set(shape.inputs) | answers.computed | answers.absent | everywhere
    assert set(shape.outputs) <= told
    assert answers.computed | answers.absent <= set(shape.outputs)
    assert isinstance(record.replaced, Nothing) or _first(record.replaced.by) <= set(shape.inputs)
    assert answers.autoname is None or answers.autoname.property in shape.inputs


def _first(paths: Iterable[str]) -> set[str]:
    return {path.partition(".")[0] for path in paths}


@pytest.mark.parametrize("token", sorted(clouds.types()))
def test_every_type_can_be_made_from_what_it_requires_and_leaves_nothing_unknown(token: str) -> None:
    made = make(token, minimal(token))
    assert made.id
    assert UNKNOWN not in made.outputs.values()
    empty = {key for key in clouds.types()[token].answers.computed if made.outputs[key] is None}
    assert empty <= set(schema.resource(token).inputs), "a computed output gave nothing"  # type: ignore[union-attr]


def one_of_each(begins: str) -> list[Existing]:
    """A cloud with one thing of each type, all of one name."""
    found = []
    for token in clouds.types():
        if token.startswith(begins):
            named = "name" in schema.resource(token).inputs  # type: ignore[union-attr]
            inputs = {**minimal(token), **({"name": "rocketchat"} if named else {})}
            made = make(token, inputs)
            found.append(Existing(token, made.id, inputs, made.outputs, CLOUD.region))
    return found


@pytest.mark.parametrize("token", sorted(clouds.lookups()))
def test_every_lookup_answers_all_that_it_declares(token: str) -> None:
    shape, lookup = schema.lookup(token), clouds.lookups()[token]
    assert shape is not None
    args = {
        "name": "rocketchat",
        "projectId": "5f0c1d2e3b4a59687f6e5d4c",
        "emailIdentity": "mail.example.com",
        "bucket": "rocketchat",
    }
    if "Policy:get" in token or token.endswith("getAdvancedCluster"):
        args = {key: args[key] for key in ("projectId", "name") if "atlas" in token}
    if token.startswith("aws:s3/getObject"):
        args = minimal("aws:s3/bucketObjectv2:BucketObjectv2")
    known = {key: args[key] for key in args if shape.inputs.get(key) == "s"}
    answer = standins.look_up(token, known, CLOUD, one_of_each)
    assert set(answer) == set(shape.outputs)
    absent = {key for key, value in answer.items() if value is None}
    assert absent <= lookup.absent | set(shape.inputs)


def test_an_unknown_type_is_refused_with_the_nearest_known_one() -> None:
    with pytest.raises(
        standins.UnknownToCloudError, match=r"aws:ec2/vpcs:Vpcs \(did you mean aws:ec2/vpc:Vpc"
    ):
        make("aws:ec2/vpcs:Vpcs", {})


def test_a_type_whose_inputs_are_not_generated_says_what_generates_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(schema, "resource", lambda _: None)
    with pytest.raises(standins.UnknownToCloudError, match="run python -m rehearsal schema"):
        standins.checked(VPC, "net", "", {}, CLOUD)


def test_an_unknown_input_is_refused_with_the_nearest_known_one() -> None:
    with pytest.raises(standins.UnknownToCloudError, match=r"cidrBlok \(did you mean cidrBlock\?\)"):
        make(VPC, {"cidrBlok": "10.0.0.0/16"})


def test_a_misspelt_nested_input_is_refused_with_its_path() -> None:
    inputs = {"bucket": "media", "corsRules": [{"allowedMethods": ["GET"], "allowedOrigin": ["*"]}]}
    with pytest.raises(standins.UnknownToCloudError) as refused:
        make("aws:s3/bucketCorsConfiguration:BucketCorsConfiguration", inputs)
    assert "corsRules[0].allowedOrigin (did you mean allowedOrigins?)" in str(refused.value)
    assert "missing property corsRules[0].allowedOrigins" in str(refused.value)


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        ({"cidrBlock": 10}, "cidrBlock must be a string, not int"),
        ({"enableDnsSupport": "true"}, "enableDnsSupport must be a boolean, not str"),
        ({"tags": ["a"]}, "tags must be a map, not list"),
        ({"ipv4NetmaskLength": 1.5}, "ipv4NetmaskLength must be a whole number, not float"),
        ({"ipv4NetmaskLength": True}, "ipv4NetmaskLength must be a whole number, not bool"),
        ({"tags": {"a": 1}}, "tags.a must be a string, not int"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(inputs: Mapping[str, Any], told: str) -> None:
    with pytest.raises(standins.UnknownToCloudError, match=told):
        make(VPC, inputs)


def test_a_missing_input_is_refused() -> None:
    with pytest.raises(standins.UnknownToCloudError, match="missing property vpcId"):
        make("aws:ec2/subnet:Subnet", {"cidrBlock": "10.0.0.0/24"})


def test_an_unknown_lookup_and_an_unknown_argument_are_refused() -> None:
    with pytest.raises(standins.UnknownToCloudError, match="did you mean cloudflare:index/getZone:getZone"):
        standins.look_up("cloudflare:index/getZones:getZones", {}, CLOUD)
    with pytest.raises(standins.UnknownToCloudError, match=r"zone \(did you mean"):
        standins.look_up("cloudflare:index/getZone:getZone", {"zone": "z"}, CLOUD)


@pytest.mark.parametrize(
    ("token", "inputs", "told"),
    [
        (ACCESS, {"projectId": "p", "cidrBlock": "10.0.0.0/99"}, "cidrBlock '10.0.0.0/99' is not valid"),
        (ACCESS, {"projectId": "p", "cidrBlock": "10.0.0.0/8", "ipAddress": "10.0.0.1"}, "exactly one of"),
        (ACCESS, {"projectId": "p"}, "exactly one of"),
        (
            "mongodbatlas:index/databaseUser:DatabaseUser",
            {"authDatabaseName": "admin", "projectId": "p", "roles": [], "username": "u", "x509Type": "OWN"},
            "x509Type must be one of CUSTOMER, MANAGED, NONE",
        ),
        (
            "mongodbatlas:index/cloudBackupSchedule:CloudBackupSchedule",
            {"clusterName": "c", "projectId": "p", "referenceHourOfDay": 30},
            "referenceHourOfDay must be from 0 to 23",
        ),
        (
            "mongodbatlas:index/advancedCluster:AdvancedCluster",
            {
                "clusterType": "REPLICASET",
                "projectId": "p",
                "replicationSpecs": [],
                "timeouts": {"create": "3 hours"},
            },
            "timeouts.create '3 hours' is no duration",
        ),
        (
            "cloudflare:index/dnsRecord:DnsRecord",
            {"zoneId": "z", "name": "n", "ttl": 1, "type": "ALIAS"},
            "type 'ALIAS' must be one of",
        ),
        (
            "cloudflare:index/dnsRecord:DnsRecord",
            {"zoneId": "z", "name": "n", "ttl": 1, "type": "MX", "priority": 70000},
            "priority 70000 must be between 0 and 65535",
        ),
        (
            "cloudflare:index/dnsRecord:DnsRecord",
            {"zoneId": "z", "name": "n", "ttl": 1, "type": "A", "comment": "c" * 101},
            "comment has 101 characters; at most 100",
        ),
        (
            "cloudflare:index/dnsRecord:DnsRecord",
            {"zoneId": "z", "name": f"{'n' * 64}.example.com", "ttl": 1, "type": "A"},
            "has 64 characters; DNS takes 63",
        ),
        *(
            (
                "digitalocean:index/dnsRecord:DnsRecord",
                {"domain": "example.com", "name": "n", "type": "CNAME", "value": "x.example.", **inputs},
                refusal,
            )
            for inputs, refusal in (
                ({"value": "x.example"}, "Data needs to end with a dot"),
                ({"type": "MX", "value": "x.example", "priority": 1}, "Data needs to end with a dot"),
                ({"type": "MX"}, "`priority` is required"),
                ({"type": "CAA", "tag": "issue"}, "`flags` is required"),
                ({"name": "@"}, "CNAME records cannot share a name with other records"),
                ({"ttl": 29}, "ttl 29 must be at least 30 seconds"),
                ({"type": "ALIAS"}, "type 'ALIAS' must be one of"),
                ({"name": "n" * 64}, "has 64 characters; DNS takes 63"),
            )
        ),
        (
            "aws:route53/record:Record",
            {"zoneId": "z", "name": "n." * 126 + "com", "ttl": 60, "type": "A", "records": ["203.0.113.1"]},
            "has 255 characters; DNS takes 253",
        ),
        (ACCESS, {"projectId": "p", "cidrBlock": "10.0.0.0/8", "comment": "c" * 81}, "at most 80"),
        ("digitalocean:index/project:Project", {"description": "d" * 256}, "at most 255"),
        *(
            (
                "digitalocean:index/uptimeCheck:UptimeCheck",
                {"target": "https://chat.example.com"} | inputs,
                refusal,
            )
            for inputs, refusal in (
                ({"target": "chat.example.com"}, "must begin with https://"),
                ({"regions": ["fra1"]}, "'fra1' must be one of eu_west"),
                ({"type": "tcp"}, "type 'tcp' must be one of"),
            )
        ),
        *(
            (
                "digitalocean:index/uptimeAlert:UptimeAlert",
                {"checkId": "c", "type": "down", "notifications": [{"emails": ["ops@example.com"]}]} | inputs,
                refusal,
            )
            for inputs, refusal in (
                ({"period": "7m"}, "period '7m' must be one of"),
                ({"comparison": "equals"}, "comparison 'equals' must be one of"),
                ({"type": "ssl_expiry"}, "a threshold is needed"),
                ({"notifications": [{}]}, "neither an address"),
            )
        ),
        (
            "digitalocean:index/firewall:Firewall",
            {
                "outboundRules": [
                    {"protocol": "tcp", "portRange": str(port), "destinationAddresses": ["0.0.0.0/0"]}
                    for port in range(1, 52)
                ]
            },
            "at most 50 rules, not 51",
        ),
        (
            "aws:lb/listenerRule:ListenerRule",
            {
                "listenerArn": "l",
                "actions": [{"type": "forward", "targetGroupArn": "t"}],
                "conditions": [{"hostHeader": {"values": ["h" * 129]}}],
            },
            "has 129 characters; at most 128",
        ),
        (
            "aws:ecs/taskDefinition:TaskDefinition",
            {"family": "chat", "containerDefinitions": "[]" + " " * 65_535},
            "at most 65536 are allowed",
        ),
        ("pulumi:providers:cloudflare", {"apiToken": "too short"}, "apiToken is malformed"),
        ("pulumi:providers:aws", {"regions": "eu-west-1"}, r"unknown property regions \(did you mean region"),
        ("pulumi:providers:gcp", {}, "do not know the provider gcp"),
    ],
)
def test_what_the_real_provider_refuses_before_any_call_is_refused(
    token: str, inputs: Mapping[str, Any], told: str
) -> None:
    with pytest.raises(standins.UnknownToCloudError, match=told):
        make(token, inputs)


def test_a_value_that_is_not_known_yet_is_not_refused() -> None:
    standins.checked(ACCESS, "a", "urn:a", {"projectId": "p", "ipAddress": UNKNOWN}, CLOUD)


def test_the_name_of_a_load_balancer_has_at_most_32_characters() -> None:
    fits = make("aws:lb/loadBalancer:LoadBalancer", BALANCER, name="x" * 24)
    assert len(fits.outputs["name"]) == 32
    with pytest.raises(standins.UnknownToCloudError, match="has 33 characters; 32 are allowed"):
        make("aws:lb/targetGroup:TargetGroup", {}, name="x" * 25)


def test_a_bucket_without_a_name_gets_one_in_lower_case() -> None:
    assert make("aws:s3/bucket:Bucket", {}, name="Media").outputs["bucket"].startswith("media-")
    with pytest.raises(standins.UnknownToCloudError, match="is no bucket name"):
        make("aws:s3/bucket:Bucket", {"bucket": "Media"})


def test_default_tags_are_in_tags_all_and_own_tags_win() -> None:
    made = make(VPC, {"tags": {"Project": "own", "Zone": "a"}})
    assert made.outputs["tagsAll"] == {"Project": "own", "Zone": "a"}
    assert make(VPC, {}).outputs["tagsAll"] == {"Project": "rocketchat"}
    assert make(VPC, {}).outputs["tags"] is None


def test_a_resource_has_its_own_region_or_its_providers() -> None:
    certificate = "aws:acm/certificate:Certificate"
    assert ":us-east-1:" in make(certificate, {"domainName": "a.example", "region": "us-east-1"}).id
    assert ":ap-southeast-1:" in make(certificate, {"domainName": "a.example"}).id


def test_values_depend_on_the_name_only_and_differ_between_names() -> None:
    assert make(VPC, {}) == make(VPC, {})
    assert make(VPC, {}, "one").id != make(VPC, {}, "two").id
    password = "random:index/randomPassword:RandomPassword"
    assert (
        make(password, {"length": 20}, "a").outputs["result"]
        != make(password, {"length": 20}, "b").outputs["result"]
    )


def test_a_generated_password_is_as_asked() -> None:
    inputs = {"length": 24, "special": False, "minUpper": 3}
    result = make("random:index/randomPassword:RandomPassword", inputs).outputs["result"]
    assert len(result) == 24
    assert result.isalnum()
    assert sum(character.isupper() for character in result) >= 3


def test_the_smtp_password_is_derived_as_aws_documents_it() -> None:
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    assert smtp_password(secret, "us-east-1") == "BLBM/9hSUELfq8Gw+rU1YcBjkOxGbhT2XG763xVLGWL9"
    assert smtp_password(secret, "ap-southeast-1") == "BPFxvU6FSotUttFTKPPijavrWlByiD8MvThjbo1MuvNt"
    made = make("aws:iam/accessKey:AccessKey", {"user": "mail"})
    assert made.outputs["sesSmtpPasswordV4"] == smtp_password(made.outputs["secret"], "ap-southeast-1")


@pytest.mark.parametrize(
    ("token", "secret"),
    [
        ("random:index/randomPassword:RandomPassword", {"result", "bcryptHash"}),
        ("aws:iam/accessKey:AccessKey", {"secret", "sesSmtpPasswordV4"}),
        ("mongodbatlas:index/databaseUser:DatabaseUser", {"password"}),
        ("aws:secretsmanager/secretVersion:SecretVersion", {"secretString", "secretBinary"}),
    ],
)
def test_what_the_provider_calls_secret_is_secret(token: str, secret: set[str]) -> None:
    assert secret <= make(token, minimal(token)).secrets


def test_an_identity_has_three_dkim_tokens_and_keeps_the_length_that_was_asked_for() -> None:
    inputs = {
        "emailIdentity": "lovia.life",
        "dkimSigningAttributes": {"nextSigningKeyLength": "RSA_2048_BIT"},
    }
    signing = make("aws:sesv2/emailIdentity:EmailIdentity", inputs).outputs["dkimSigningAttributes"]
    assert len(set(signing["tokens"])) == 3
    assert signing["currentSigningKeyLength"] == "RSA_2048_BIT"


def test_a_certificate_asks_for_one_proof_for_each_domain() -> None:
    inputs = {"domainName": "chat.lovia.life", "subjectAlternativeNames": ["chat.lovia.life", "*.lovia.life"]}
    proofs = make("aws:acm/certificate:Certificate", inputs).outputs["domainValidationOptions"]
    assert [proof["domainName"] for proof in proofs] == ["chat.lovia.life", "*.lovia.life"]
    assert all(proof["resourceRecordValue"].endswith(".acm-validations.aws.") for proof in proofs)


def test_a_managed_cloudfront_policy_has_its_real_id_and_an_unknown_one_is_refused() -> None:
    token = "aws:cloudfront/getResponseHeadersPolicy:getResponseHeadersPolicy"
    answer = standins.look_up(token, {"name": "Managed-SimpleCORS"}, CLOUD)
    assert answer["id"] == "60669652-455b-4ae9-85a4-c4c02393f86c"
    with pytest.raises(standins.UnknownToCloudError, match="no managed policy is called 'SimpleCORS'"):
        standins.look_up(token, {"name": "SimpleCORS"}, CLOUD)


def test_the_cluster_that_is_looked_up_is_the_one_that_was_made() -> None:
    token = "mongodbatlas:index/advancedCluster:AdvancedCluster"
    made = make(token, {"clusterType": "REPLICASET", "name": "c", "projectId": "p", "replicationSpecs": []})
    found = standins.look_up(
        "mongodbatlas:index/getAdvancedCluster:getAdvancedCluster", {"name": "c", "projectId": "p"}, CLOUD
    )
    assert found["connectionStrings"]["standardSrv"] == made.outputs["connectionStrings"]["standardSrv"]


def test_in_a_preview_what_the_cloud_makes_up_is_not_known_yet() -> None:
    ask = standins.checked(VPC, "thing", "urn", {"cidrBlock": "10.0.0.0/16"}, CLOUD)
    made = standins.make(ask, preview=True)
    assert made.id == ""
    assert made.outputs["arn"] is UNKNOWN
    assert made.outputs["cidrBlock"] == "10.0.0.0/16"


VOLUME = "digitalocean:index/volume:Volume"
DOKS = "digitalocean:index/kubernetesCluster:KubernetesCluster"
SET = "kubernetes:apps/v1:StatefulSet"
ECS = "aws:ecs/service:Service"
ON_DEMAND, SPOT = (
    {"capacityProviderStrategies": [{"capacityProvider": name, "weight": 1}]}
    for name in ("FARGATE", "FARGATE_SPOT")
)


@pytest.mark.parametrize(
    ("token", "before", "after", "paths"),
    [
        (VOLUME, {"description": "a", "size": 10}, {"description": "b", "size": 20}, ["description"]),
        (VOLUME, {"size": 10}, {"size": 20}, []),
        (DOKS, {"nodePool": {"size": "s"}}, {"nodePool": {"size": "l"}}, ["nodePool.size"]),
        (DOKS, {"nodePool": {"size": "s", "maxNodes": 3}}, {"nodePool": {"size": "s", "maxNodes": 5}}, []),
        (DOKS, {"name": "a", "version": "1.36.1-do.0"}, {"name": "b", "version": "1.36.2-do.0"}, []),
        (DOKS, {"version": "1.36.1-do.0"}, {"version": "1.9.10-do.0"}, ["version"]),
        (DOKS, {"vpcUuid": "a"}, {"vpcUuid": UNKNOWN}, ["vpcUuid"]),
        (SET, {"metadata": {"name": "a"}}, {"metadata": {"name": "a", "namespace": "n"}}, ["metadata.namespace"]),
        (SET, {"metadata": {"name": "a"}}, {"metadata": UNKNOWN}, ["metadata.name", "metadata.namespace"]),
        (SET, {"metadata": {"labels": {}}}, {"metadata": {"labels": {"a": "b"}}}, []),
        (SET, {"spec": {"serviceName": "a"}}, {"spec": {"serviceName": "b"}}, ["spec.serviceName"]),
        (SET, {"spec": {"replicas": 1}}, {"spec": {"replicas": 3}}, []),
        (ECS, ON_DEMAND, {**SPOT, "forceNewDeployment": True}, []),
        (ECS, ON_DEMAND, SPOT, ["capacityProviderStrategies"]),
        (ECS, {}, {**SPOT, "forceNewDeployment": True}, ["capacityProviderStrategies"]),
        ("no:such/type:Type", {"a": 1}, {"a": 2}, []),
    ],
)  # fmt: skip
def test_a_new_resource_is_made_where_the_real_provider_makes_one(
    token: str, before: Mapping[str, Any], after: Mapping[str, Any], paths: list[str]
) -> None:
    assert standins.replacing(token, before, after) == paths


def test_a_volume_does_not_shrink() -> None:
    assert standins.unchangeable(VOLUME, {"size": 20}, {"size": 10})
    assert standins.unchangeable(VOLUME, {"size": 10}, {"size": 20}) == []
    assert standins.unchangeable(VOLUME, {"size": 10}, {"size": UNKNOWN}) == []


def test_a_claim_does_not_shrink() -> None:
    def claim(storage: object) -> dict[str, Any]:
        return {"spec": {"resources": {"requests": {"storage": storage}}}}

    token = "kubernetes:core/v1:PersistentVolumeClaimPatch"
    assert standins.unchangeable(token, claim("1Ti"), claim("512Gi"))
    assert standins.unchangeable(token, claim("10Gi"), claim("20Gi")) == []
    assert standins.unchangeable(token, claim("10Gi"), claim(UNKNOWN)) == []


def test_a_regional_resource_of_aws_moves_with_its_provider_and_a_global_one_does_not() -> None:
    there = Cloud(region="eu-central-1")
    bucket, role = "aws:s3/bucket:Bucket", "aws:iam/role:Role"
    state = {"region": "ap-southeast-1"}
    assert standins.moved(bucket, state, {}, there)
    assert not standins.moved(bucket, state, {"region": "ap-southeast-1"}, there)
    assert not standins.moved(bucket, {"region": "eu-central-1"}, {}, there)
    assert not standins.moved(role, state, {}, there)
