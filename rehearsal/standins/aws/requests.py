"""What the AWS provider sends for each resource type: the create call, and those beside it.

Source: the provider's own resources (`internal/service/*` of terraform-provider-aws), one entry each.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from rehearsal.standins import find
from rehearsal.standins.requests import Call, Sent, Target, Turn
from rehearsal.standins.table import ACCOUNT, Ask, names


def _create(
    operation: str,
    members: Mapping[str, Target] | None = None,
    fixed: Mapping[str, Any] | None = None,
    at: str = "",
) -> Call:
    return Call(operation, members or {}, fixed or {}, at, beside=False)


def _own_id(ask: Ask) -> str:
    standin = find(ask.token)
    return "" if standin is None else standin.id(ask)


def _own(key: str) -> Callable[[Ask], Any]:
    """An output that the stand-in makes."""

    def compute(ask: Ask) -> Any:
        standin = find(ask.token)
        assert standin is not None, ask.token  # noqa: S101
        return standin.computed[key](replace(ask, own_id=_own_id(ask)))

    return compute


def _its(key: str) -> Callable[[Ask], Any]:
    return lambda ask: ask[key]


def _either(when_true: str, when_false: str) -> Turn:
    return lambda value: {True: when_true, False: when_false}.get(value, value)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _each(member: str) -> Turn:
    """Each value as an object of one member."""
    return lambda value: [{member: one} for one in _listed(value)]


def _only_when(wanted: Any, result: Any) -> Turn:
    return lambda value: result if value == wanted else None


def _attributes(**keys: str) -> dict[str, Target]:
    """Inputs that are sent as a list of attributes, whose values are texts."""

    def turn(key: str) -> Turn:
        return lambda value: [{"Key": key, "Value": value}]

    return {name: ("Attributes", turn(key)) for name, key in keys.items()}


def _attribute_group(**keys: str) -> Turn:
    return lambda value: [{"Key": keys[name], "Value": one} for name, one in value.items() if one is not None]


def _ec2_tags(kind: str) -> dict[str, Target]:
    return {
        "tags": (
            "TagSpecifications",
            lambda tags: [
                {"ResourceType": kind, "Tags": [{"Key": key, "Value": one} for key, one in tags.items()]}
            ],
        )
    }


_BALANCER_ACTIONS: dict[str, Target] = {
    f"{actions}.{name}": member
    for actions in ("defaultActions", "actions")
    for name, member in (
        ("authenticateCognito", "AuthenticateCognitoConfig"),
        ("authenticateOidc", "AuthenticateOidcConfig"),
        ("fixedResponse", "FixedResponseConfig"),
        ("forward", "ForwardConfig"),
        ("redirect", "RedirectConfig"),
    )
}
_CONDITIONS = {
    "hostHeader": "host-header",
    "httpHeader": "http-header",
    "httpRequestMethod": "http-request-method",
    "pathPattern": "path-pattern",
    "queryStrings": "query-string",
    "sourceIp": "source-ip",
}


def _balancer_conditions(conditions: Any) -> list[dict[str, Any]]:
    return [
        {"Field": _CONDITIONS.get(kind, kind), f"{kind.removesuffix('s')}Config": value}
        for condition in conditions
        for kind, value in condition.items()
        if value is not None
    ]


_BALANCING = {
    "aws:lb/loadBalancer:LoadBalancer": Sent(
        (
            _create(
                "elbv2.CreateLoadBalancer",
                {"loadBalancerType": "Type", "internal": ("Scheme", _either("internal", "internet-facing"))},
            ),
            Call(
                "elbv2.ModifyLoadBalancerAttributes",
                {
                    **_attributes(
                        clientKeepAlive="client_keep_alive.seconds",
                        desyncMitigationMode="routing.http.desync_mitigation_mode",
                        dropInvalidHeaderFields="routing.http.drop_invalid_header_fields.enabled",
                        enableCrossZoneLoadBalancing="load_balancing.cross_zone.enabled",
                        enableDeletionProtection="deletion_protection.enabled",
                        enableHttp2="routing.http2.enabled",
                        enableWafFailOpen="waf.fail_open.enabled",
                        enableXffClientPort="routing.http.xff_client_port.enabled",
                        idleTimeout="idle_timeout.timeout_seconds",
                        preserveHostHeader="routing.http.preserve_host_header.enabled",
                        xffHeaderProcessingMode="routing.http.xff_header_processing.mode",
                    ),
                    "accessLogs": (
                        "Attributes",
                        _attribute_group(
                            bucket="access_logs.s3.bucket",
                            enabled="access_logs.s3.enabled",
                            prefix="access_logs.s3.prefix",
                        ),
                    ),
                },
                {"LoadBalancerArn": _own_id},
            ),
        )
    ),
    "aws:lb/targetGroup:TargetGroup": Sent(
        (
            _create(
                "elbv2.CreateTargetGroup",
                {
                    "healthCheck": "",
                    "healthCheck.enabled": "HealthCheckEnabled",
                    "healthCheck.healthyThreshold": "HealthyThresholdCount",
                    "healthCheck.interval": "HealthCheckIntervalSeconds",
                    "healthCheck.matcher": "Matcher.HttpCode",
                    "healthCheck.path": "HealthCheckPath",
                    "healthCheck.port": "HealthCheckPort",
                    "healthCheck.protocol": "HealthCheckProtocol",
                    "healthCheck.timeout": "HealthCheckTimeoutSeconds",
                    "healthCheck.unhealthyThreshold": "UnhealthyThresholdCount",
                },
            ),
            Call(
                "elbv2.ModifyTargetGroupAttributes",
                {
                    **_attributes(
                        deregistrationDelay="deregistration_delay.timeout_seconds",
                        loadBalancingAlgorithmType="load_balancing.algorithm.type",
                        slowStart="slow_start.duration_seconds",
                    ),
                    "stickiness": (
                        "Attributes",
                        _attribute_group(
                            cookieDuration="stickiness.lb_cookie.duration_seconds",
                            cookieName="stickiness.app_cookie.cookie_name",
                            enabled="stickiness.enabled",
                            type="stickiness.type",
                        ),
                    ),
                },
                {"TargetGroupArn": _own_id},
            ),
        )
    ),
    "aws:lb/listener:Listener": Sent(
        (
            _create(
                "elbv2.CreateListener",
                {**_BALANCER_ACTIONS, "certificateArn": ("Certificates", _each("CertificateArn"))},
            ),
            Call(
                "elbv2.ModifyListenerAttributes",
                _attributes(
                    routingHttpResponseServerEnabled="routing.http.response.server.enabled",
                    routingHttpResponseStrictTransportSecurityHeaderValue=(
                        "routing.http.response.strict_transport_security.header_value"
                    ),
                ),
                {"ListenerArn": _own_id},
            ),
        )
    ),
    "aws:lb/listenerRule:ListenerRule": Sent(
        (
            _create(
                "elbv2.CreateRule",
                {**_BALANCER_ACTIONS, "conditions": ("Conditions", _balancer_conditions)},
                # The provider looks for a free one where none is given.
                {"Priority": lambda ask: int(ask["priority"] or 1)},
            ),
        )
    ),
}

_CONTAINERS = {
    "aws:ecs/cluster:Cluster": Sent((_create("ecs.CreateCluster", {"name": "clusterName"}),)),
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": Sent(
        (
            _create(
                "ecs.PutClusterCapacityProviders",
                {"clusterName": "cluster"},
                # Sent though they are empty.
                {"capacityProviders": [], "defaultCapacityProviderStrategy": []},
            ),
        )
    ),
    "aws:ecs/service:Service": Sent(
        (
            _create(
                "ecs.CreateService",
                {
                    "name": "serviceName",
                    "deploymentCircuitBreaker": "deploymentConfiguration.deploymentCircuitBreaker",
                    "deploymentMaximumPercent": "deploymentConfiguration.maximumPercent",
                    "deploymentMinimumHealthyPercent": "deploymentConfiguration.minimumHealthyPercent",
                    "networkConfiguration": "networkConfiguration.awsvpcConfiguration",
                    "networkConfiguration.assignPublicIp": ("assignPublicIp", _either("ENABLED", "DISABLED")),
                    "serviceConnectConfiguration.services.clientAlias": "clientAliases",
                },
            ),
        ),
        names("forceNewDeployment waitForSteadyState"),
    ),
    "aws:ecs/taskDefinition:TaskDefinition": Sent(
        (_create("ecs.RegisterTaskDefinition"),), names("skipDestroy trackLatest")
    ),
    "aws:appautoscaling/target:Target": Sent((_create("application-autoscaling.RegisterScalableTarget"),)),
    "aws:appautoscaling/policy:Policy": Sent(
        (_create("application-autoscaling.PutScalingPolicy", {"name": "PolicyName"}),)
    ),
    "aws:servicediscovery/httpNamespace:HttpNamespace": Sent(
        (_create("servicediscovery.CreateHttpNamespace", fixed={"CreatorRequestId": "terraform-1"}),)
    ),
    "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace": Sent(
        (_create("servicediscovery.CreatePrivateDnsNamespace"),)
    ),
    "aws:servicediscovery/service:Service": Sent(
        (_create("servicediscovery.CreateService"),), names("forceDestroy")
    ),
}

_RECORD = "ChangeBatch.Changes.0.ResourceRecordSet"
_DISTRIBUTION = "DistributionConfigWithTags.DistributionConfig"
_EDGE = {
    "aws:route53/record:Record": Sent(
        (
            _create(
                "route53.ChangeResourceRecordSets",
                {
                    "zoneId": "HostedZoneId",
                    "records": (f"{_RECORD}.ResourceRecords", _each("Value")),
                    "aliases": f"{_RECORD}.AliasTarget",
                    "aliases.name": "DNSName",
                    "aliases.zoneId": "HostedZoneId",
                },
                {"ChangeBatch.Changes.0.Action": "CREATE"},
                at=_RECORD,
            ),
        ),
        names("allowOverwrite"),
    ),
    "aws:cloudfront/distribution:Distribution": Sent(
        (
            _create(
                "cloudfront.CreateDistributionWithTags",
                {
                    "tags": "DistributionConfigWithTags.Tags.Items",
                    "origins.originId": "Id",
                    "defaultCacheBehavior.cachedMethods": "AllowedMethods.CachedMethods",
                    "orderedCacheBehaviors": f"{_DISTRIBUTION}.CacheBehaviors",
                    "orderedCacheBehaviors.cachedMethods": "AllowedMethods.CachedMethods",
                    "loggingConfig": f"{_DISTRIBUTION}.Logging",
                    "restrictions.geoRestriction.locations": "Items",
                },
                {
                    f"{_DISTRIBUTION}.CallerReference": "terraform-1",
                    "DistributionConfigWithTags.Tags.Items": [],
                },
                at=_DISTRIBUTION,
            ),
        ),
        names("retainOnDelete waitForDeployment"),
    ),
    "aws:cloudfront/originAccessControl:OriginAccessControl": Sent(
        (_create("cloudfront.CreateOriginAccessControl", at="OriginAccessControlConfig"),)
    ),
    "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy": Sent(
        (_create("cloudfront.CreateResponseHeadersPolicy", at="ResponseHeadersPolicyConfig"),)
    ),
    "aws:cloudfront/cachePolicy:CachePolicy": Sent(
        (_create("cloudfront.CreateCachePolicy", at="CachePolicyConfig"),)
    ),
    "aws:cloudfront/originRequestPolicy:OriginRequestPolicy": Sent(
        (_create("cloudfront.CreateOriginRequestPolicy", at="OriginRequestPolicyConfig"),)
    ),
    "aws:cloudfront/vpcOrigin:VpcOrigin": Sent(
        (_create("cloudfront.CreateVpcOrigin", {"tags": "Tags.Items"}),)
    ),
    "aws:acm/certificate:Certificate": Sent(
        (_create("acm.RequestCertificate", {"validationOptions": "DomainValidationOptions"}),),
        names("earlyRenewalDuration"),
    ),
    "aws:acm/certificateValidation:CertificateValidation": Sent(
        (_create("acm.DescribeCertificate"),), names("validationRecordFqdns")
    ),
    "aws:wafv2/webAcl:WebAcl": Sent((_create("wafv2.CreateWebACL"),)),
    "aws:wafv2/webAclAssociation:WebAclAssociation": Sent((_create("wafv2.AssociateWebACL"),)),
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": Sent(
        (_create("wafv2.PutLoggingConfiguration", at="LoggingConfiguration"),)
    ),
}

_HOSTS = {
    "aws:lightsail/instance:Instance": Sent(
        (
            _create(
                "lightsail.CreateInstances",
                {
                    "name": ("instanceNames", _listed),
                    "addOn": "addOns",
                    "addOn.type": "addOnType",
                    "addOn.snapshotTime": "autoSnapshotAddOnRequest.snapshotTimeOfDay",
                },
            ),
        ),
        names("addOn.status"),
    ),
    "aws:lightsail/instancePublicPorts:InstancePublicPorts": Sent(
        (_create("lightsail.PutInstancePublicPorts"),)
    ),
    "aws:lightsail/staticIp:StaticIp": Sent(
        (_create("lightsail.AllocateStaticIp", {"name": "staticIpName"}),)
    ),
    "aws:lightsail/staticIpAttachment:StaticIpAttachment": Sent((_create("lightsail.AttachStaticIp"),)),
    "aws:lightsail/disk:Disk": Sent((_create("lightsail.CreateDisk", {"name": "diskName"}),)),
    "aws:lightsail/disk_attachment:Disk_attachment": Sent((_create("lightsail.AttachDisk"),)),
    "aws:lightsail/keyPair:KeyPair": Sent(
        (
            _create("lightsail.ImportKeyPair", {"name": "keyPairName", "publicKey": "publicKeyBase64"}),
            Call("lightsail.TagResource", fixed={"resourceName": _its("name")}),
        ),
        names("pgpKey"),
    ),
    "aws:ssm/activation:Activation": Sent(
        (_create("ssm.CreateActivation", {"name": "DefaultInstanceName"}),)
    ),
}

_IDENTITY = {
    "aws:iam/role:Role": Sent(
        (
            _create("iam.CreateRole", {"name": "RoleName", "assumeRolePolicy": "AssumeRolePolicyDocument"}),
            Call(
                "iam.AttachRolePolicy",
                {"managedPolicyArns": ("PolicyArn", lambda arns: arns[0] if arns else None)},
                {"RoleName": _its("name")},
            ),
        ),
        names("forceDetachPolicies"),
    ),
    "aws:iam/rolePolicy:RolePolicy": Sent(
        (
            _create(
                "iam.PutRolePolicy", {"role": "RoleName", "name": "PolicyName", "policy": "PolicyDocument"}
            ),
        )
    ),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": Sent(
        (_create("iam.AttachRolePolicy", {"role": "RoleName"}),)
    ),
    "aws:iam/user:User": Sent((_create("iam.CreateUser", {"name": "UserName"}),), names("forceDestroy")),
    "aws:iam/userPolicy:UserPolicy": Sent(
        (
            _create(
                "iam.PutUserPolicy", {"user": "UserName", "name": "PolicyName", "policy": "PolicyDocument"}
            ),
        )
    ),
    "aws:iam/accessKey:AccessKey": Sent(
        (_create("iam.CreateAccessKey", {"user": "UserName"}),), names("pgpKey")
    ),
    "aws:kms/key:Key": Sent(
        (
            _create(
                "kms.CreateKey",
                {"customerMasterKeySpec": "KeySpec"},
            ),
            Call(
                "kms.EnableKeyRotation",
                {
                    "enableKeyRotation": ("KeyId", lambda _value: None),
                    "rotationPeriodInDays": "RotationPeriodInDays",
                },
                {"KeyId": _own_id},
            ),
            Call(
                "kms.ScheduleKeyDeletion", {"deletionWindowInDays": "PendingWindowInDays"}, {"KeyId": _own_id}
            ),
        ),
        names("isEnabled"),
    ),
    "aws:kms/alias:Alias": Sent((_create("kms.CreateAlias", {"name": "AliasName"}),)),
    "aws:secretsmanager/secret:Secret": Sent(
        (
            _create("secretsmanager.CreateSecret", {"replicas": "AddReplicaRegions"}),
            Call(
                "secretsmanager.DeleteSecret",
                # Zero days are another member of the request.
                {"recoveryWindowInDays": ("", lambda days: {"RecoveryWindowInDays": days} if days else {})},
                {"SecretId": _own_id},
            ),
            Call("secretsmanager.PutResourcePolicy", {"policy": "ResourcePolicy"}, {"SecretId": _own_id}),
        )
    ),
    "aws:secretsmanager/secretVersion:SecretVersion": Sent((_create("secretsmanager.PutSecretValue"),)),
}


def _opened(operation: str) -> Sent:
    """A rule of a security group: the description stands with the source that the rule is for."""
    sources: tuple[tuple[str, str, str], ...] = (
        ("cidrIpv4", "IpRanges", "CidrIp"),
        ("cidrIpv6", "Ipv6Ranges", "CidrIpv6"),
        ("prefixListId", "PrefixListIds", "PrefixListId"),
        ("referencedSecurityGroupId", "UserIdGroupPairs", "GroupId"),
    )

    def permission(ask: Ask) -> list[dict[str, Any]]:
        described = {"Description": ask["description"]} if ask["description"] else {}
        ports = {"IpProtocol": ask["ipProtocol"], "FromPort": ask["fromPort"], "ToPort": ask["toPort"]}
        places = {
            member: [{inner: ask[key], **described}] for key, member, inner in sources if ask[key] is not None
        }
        return [{key: value for key, value in ports.items() if value is not None} | places]

    return Sent(
        (
            _create(
                operation,
                {"securityGroupId": "GroupId", **_ec2_tags("security-group-rule")},
                {"IpPermissions": permission},
            ),
        ),
        frozenset(key for key, _, _ in sources) | names("description fromPort ipProtocol toPort"),
    )


_NETWORK = {
    "aws:ec2/vpc:Vpc": Sent(
        (
            _create("ec2.CreateVpc", _ec2_tags("vpc")),
            Call(
                "ec2.ModifyVpcAttribute",
                {"enableDnsHostnames": "EnableDnsHostnames.Value"},
                {"VpcId": _own_id},
            ),
            Call(
                "ec2.ModifyVpcAttribute", {"enableDnsSupport": "EnableDnsSupport.Value"}, {"VpcId": _own_id}
            ),
        )
    ),
    "aws:ec2/subnet:Subnet": Sent(
        (
            _create("ec2.CreateSubnet", _ec2_tags("subnet")),
            Call(
                "ec2.ModifySubnetAttribute",
                {
                    "mapPublicIpOnLaunch": "MapPublicIpOnLaunch.Value",
                    "assignIpv6AddressOnCreation": "AssignIpv6AddressOnCreation.Value",
                    "enableDns64": "EnableDns64.Value",
                },
                {"SubnetId": _own_id},
            ),
        )
    ),
    "aws:ec2/internetGateway:InternetGateway": Sent(
        (
            _create("ec2.CreateInternetGateway", _ec2_tags("internet-gateway")),
            Call("ec2.AttachInternetGateway", fixed={"InternetGatewayId": _own_id}),
        )
    ),
    "aws:ec2/eip:Eip": Sent((_create("ec2.AllocateAddress", _ec2_tags("elastic-ip")),)),
    "aws:ec2/natGateway:NatGateway": Sent((_create("ec2.CreateNatGateway", _ec2_tags("natgateway")),)),
    "aws:ec2/routeTable:RouteTable": Sent((_create("ec2.CreateRouteTable", _ec2_tags("route-table")),)),
    "aws:ec2/route:Route": Sent((_create("ec2.CreateRoute"),)),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": Sent((_create("ec2.AssociateRouteTable"),)),
    "aws:ec2/vpcEndpoint:VpcEndpoint": Sent(
        (_create("ec2.CreateVpcEndpoint", {"policy": "PolicyDocument", **_ec2_tags("vpc-endpoint")}),),
        names("autoAccept"),
    ),
    "aws:ec2/securityGroup:SecurityGroup": Sent(
        (_create("ec2.CreateSecurityGroup", {"name": "GroupName", **_ec2_tags("security-group")}),),
        names("revokeRulesOnDelete"),
    ),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": Sent(
        (
            _create(
                "ec2.DescribeSecurityGroups",
                {"vpcId": ("Filters", lambda vpc: [{"Name": "vpc-id", "Values": [vpc]}])},
            ),
            Call("ec2.CreateTags", {"tags": "Tags"}, {"Resources": lambda ask: [_own_id(ask)]}),
        ),
        # Rules that are there are taken away; ours has none.
        names("egress ingress revokeRulesOnDelete"),
    ),
    "aws:ec2/flowLog:FlowLog": Sent(
        (
            _create(
                "ec2.CreateFlowLogs",
                {
                    "vpcId": ("ResourceIds", _listed),
                    "iamRoleArn": "DeliverLogsPermissionArn",
                    **_ec2_tags("vpc-flow-log"),
                },
                {"ResourceType": "VPC"},
            ),
        )
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _opened("ec2.AuthorizeSecurityGroupIngress"),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _opened("ec2.AuthorizeSecurityGroupEgress"),
}


def _topic_attributes(*keys: str) -> dict[str, Target]:
    return {key: f"Attributes.{key[0].upper()}{key[1:]}" for key in keys}


def _subscribers(value: Mapping[str, Any]) -> list[dict[str, str]]:
    return [
        {"SubscriptionType": kind, "Address": address}
        for kind, key in (("SNS", "subscriberSnsTopicArns"), ("EMAIL", "subscriberEmailAddresses"))
        for address in value.get(key) or ()
    ]


def _notifications(value: Any) -> list[dict[str, Any]]:
    told = ("subscriberSnsTopicArns", "subscriberEmailAddresses")
    return [
        {
            "Notification": {key: part for key, part in one.items() if key not in told},
            "Subscribers": _subscribers(one),
        }
        for one in value
    ]


_OPERATIONS = {
    "aws:sesv2/emailIdentity:EmailIdentity": Sent((_create("sesv2.CreateEmailIdentity"),)),
    "aws:sesv2/emailIdentityMailFromAttributes:EmailIdentityMailFromAttributes": Sent(
        (_create("sesv2.PutEmailIdentityMailFromAttributes"),)
    ),
    "aws:sesv2/configurationSet:ConfigurationSet": Sent((_create("sesv2.CreateConfigurationSet"),)),
    "aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination": Sent(
        (_create("sesv2.CreateConfigurationSetEventDestination"),)
    ),
    "aws:sns/topic:Topic": Sent(
        (
            _create(
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
            ),
        )
    ),
    "aws:sns/topicPolicy:TopicPolicy": Sent(
        (
            _create(
                "sns.SetTopicAttributes",
                {"arn": "TopicArn", "policy": "AttributeValue"},
                {"AttributeName": "Policy"},
            ),
        )
    ),
    "aws:sns/topicSubscription:TopicSubscription": Sent(
        (
            _create(
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
        ),
        names("confirmationTimeoutInMinutes endpointAutoConfirms"),
    ),
    "aws:cloudwatch/logGroup:LogGroup": Sent(
        (
            _create("logs.CreateLogGroup", {"name": "logGroupName"}),
            Call("logs.PutRetentionPolicy", fixed={"logGroupName": _its("name")}),
        ),
        names("skipDestroy"),
    ),
    "aws:cloudwatch/logDelivery:LogDelivery": Sent((_create("logs.CreateDelivery"),)),
    "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination": Sent(
        (_create("logs.PutDeliveryDestination"),)
    ),
    "aws:cloudwatch/logDeliverySource:LogDeliverySource": Sent((_create("logs.PutDeliverySource"),)),
    "aws:cloudwatch/metricAlarm:MetricAlarm": Sent(
        (
            _create(
                "cloudwatch.PutMetricAlarm",
                {
                    "name": "AlarmName",
                    "metricQueries": "Metrics",
                    "metricQueries.metric": "MetricStat",
                    "metricQueries.metric.metricName": "Metric.MetricName",
                    "metricQueries.metric.namespace": "Metric.Namespace",
                    "metricQueries.metric.dimensions": "Metric.Dimensions",
                    "evaluateLowSampleCountPercentiles": "EvaluateLowSampleCountPercentile",
                },
            ),
        )
    ),
    "aws:cloudwatch/eventRule:EventRule": Sent((_create("events.PutRule"),), names("forceDestroy")),
    "aws:cloudwatch/eventTarget:EventTarget": Sent(
        (
            _create(
                "events.PutTargets",
                {"rule": "Rule", "eventBusName": "EventBusName", "targetId": "Targets.0.Id"},
                {"Targets.0.Id": _own("targetId")},
                at="Targets.0",
            ),
        )
    ),
    "aws:budgets/budget:Budget": Sent(
        (
            _create(
                "budgets.CreateBudget",
                {
                    "name": "Budget.BudgetName",
                    "limitAmount": "Budget.BudgetLimit.Amount",
                    "limitUnit": "Budget.BudgetLimit.Unit",
                    "notifications": ("NotificationsWithSubscribers", _notifications),
                    "tags": "ResourceTags",
                },
                {"AccountId": ACCOUNT},
                at="Budget",
            ),
        )
    ),
}

_STORAGE = {
    "aws:s3/bucket:Bucket": Sent(
        (
            _create("s3.CreateBucket"),
            Call("s3.PutBucketTagging", {"tags": "Tagging.TagSet"}, {"Bucket": _its("bucket")}),
        ),
        names("forceDestroy"),
    ),
    "aws:s3/bucketVersioning:BucketVersioning": Sent((_create("s3.PutBucketVersioning"),)),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": Sent(
        (
            _create(
                "s3.PutPublicAccessBlock",
                {"bucket": "Bucket"},
                {"PublicAccessBlockConfiguration": {}},
                at="PublicAccessBlockConfiguration",
            ),
        ),
        names("skipDestroy"),
    ),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": Sent(
        (_create("s3.PutBucketOwnershipControls", {"bucket": "Bucket", "rule": "OwnershipControls.Rules"}),)
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": Sent(
        (
            _create(
                "s3.PutBucketEncryption",
                {"bucket": "Bucket", "rules": "ServerSideEncryptionConfiguration.Rules"},
            ),
        )
    ),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": Sent(
        (_create("s3.PutBucketLifecycleConfiguration", {"bucket": "Bucket"}, at="LifecycleConfiguration"),)
    ),
    "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration": Sent(
        (_create("s3.PutBucketCors", {"bucket": "Bucket"}, at="CORSConfiguration"),)
    ),
    "aws:s3/bucketPolicy:BucketPolicy": Sent((_create("s3.PutBucketPolicy"),)),
    "aws:s3/bucketLogging:BucketLogging": Sent(
        (_create("s3.PutBucketLogging", {"bucket": "Bucket"}, at="BucketLoggingStatus.LoggingEnabled"),)
    ),
    "aws:s3/bucketAcl:BucketAcl": Sent((_create("s3.PutBucketAcl"),)),
    "aws:s3/bucketNotification:BucketNotification": Sent(
        (
            _create(
                "s3.PutBucketNotificationConfiguration",
                {
                    "bucket": "Bucket",
                    "eventbridge": (
                        "NotificationConfiguration.EventBridgeConfiguration",
                        _only_when(wanted=True, result={}),
                    ),
                    "lambdaFunctions": "NotificationConfiguration.LambdaFunctionConfigurations",
                    "queues": "NotificationConfiguration.QueueConfigurations",
                    "topics": "NotificationConfiguration.TopicConfigurations",
                },
                {"NotificationConfiguration": {}},
            ),
        )
    ),
    "aws:s3/bucketMetric:BucketMetric": Sent(
        (
            _create(
                "s3.PutBucketMetricsConfiguration",
                {"bucket": "Bucket", "name": "Id"},
                {"MetricsConfiguration.Id": _its("name")},
                at="MetricsConfiguration",
            ),
        )
    ),
    "aws:s3/bucketObjectv2:BucketObjectv2": Sent(
        (_create("s3.PutObject", {"content": "Body", "tags": ("Tagging", lambda tags: "&".join(tags))}),),
        names("etag forceDestroy sourceHash"),
    ),
}

SENT: dict[str, Sent] = {
    **_BALANCING,
    **_CONTAINERS,
    **_EDGE,
    **_HOSTS,
    **_IDENTITY,
    **_NETWORK,
    **_OPERATIONS,
    **_STORAGE,
}
