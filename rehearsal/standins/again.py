"""What a cloud does when a thing is made a second time, and by which words its provider imports one.

Only things with a name of their own can meet themselves again; everything else is simply made twice.
"""

from collections.abc import Callable

from rehearsal.standins.table import ACCOUNT, Existing

_BY = Callable[[Existing], object]


def _of(*keys: str) -> _BY:
    return lambda one: tuple(str(one.inputs.get(key)) for key in keys)


def _joined(separator: str, *keys: str) -> Callable[[Existing], str]:
    return lambda one: separator.join(str(one.inputs.get(key)) for key in keys)


def _decoded(one: Existing, key: str) -> str:
    """The Atlas provider packs several values into an id; the last computed output has the plain one."""
    return str(one.outputs.get(key) or one.inputs.get(key))


def _destination(one: Existing) -> str:
    keys = ("destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId")
    wanted = next(str(one.inputs[key]) for key in keys if one.inputs.get(key))
    return f"{one.inputs['routeTableId']}_{wanted}"


def _web_acl(one: Existing) -> str:
    return f"{one.id}/{one.inputs['name']}/{one.inputs['scope']}"


IMPORTS: dict[str, Callable[[Existing], str]] = {
    "aws:appautoscaling/policy:Policy": _joined(
        "/", "serviceNamespace", "resourceId", "scalableDimension", "name"
    ),
    "aws:appautoscaling/target:Target": _joined("/", "serviceNamespace", "resourceId", "scalableDimension"),
    "aws:budgets/budget:Budget": lambda one: f"{ACCOUNT}:{one.inputs['name']}",
    "aws:ec2/route:Route": _destination,
    "aws:ec2/routeTableAssociation:RouteTableAssociation": _joined("/", "subnetId", "routeTableId"),
    "aws:ecs/cluster:Cluster": _joined("", "name"),
    "aws:ecs/service:Service": lambda one: (
        f"{str(one.inputs['cluster']).rpartition('/')[2]}/{one.inputs['name']}"
    ),
    "aws:ecs/taskDefinition:TaskDefinition": lambda one: str(one.outputs["arn"]),
    "aws:s3/bucketObjectv2:BucketObjectv2": _joined("/", "bucket", "key"),
    "aws:wafv2/webAcl:WebAcl": _web_acl,
    "cloudflare:index/dnsRecord:DnsRecord": lambda one: f"{one.inputs['zoneId']}/{one.id}",
    "digitalocean:index/reservedIpAssignment:ReservedIpAssignment": _joined(",", "ipAddress", "dropletId"),
    "mongodbatlas:index/advancedCluster:AdvancedCluster": _joined("-", "projectId", "name"),
    "mongodbatlas:index/alertConfiguration:AlertConfiguration": lambda one: (
        f"{one.inputs['projectId']}-{_decoded(one, 'alertConfigurationId')}"
    ),
    "mongodbatlas:index/cloudBackupSchedule:CloudBackupSchedule": _joined("-", "projectId", "clusterName"),
    "mongodbatlas:index/databaseUser:DatabaseUser": _joined("/", "projectId", "username", "authDatabaseName"),
    "mongodbatlas:index/privateLinkEndpoint:PrivateLinkEndpoint": lambda one: "-".join(
        (
            str(one.inputs["projectId"]),
            _decoded(one, "privateLinkId"),
            str(one.inputs["providerName"]),
            str(one.inputs["region"]),
        )
    ),
    "mongodbatlas:index/privateLinkEndpointService:PrivateLinkEndpointService": _joined(
        "--", "projectId", "privateLinkId", "endpointServiceId", "providerName"
    ),
    "mongodbatlas:index/projectIpAccessList:ProjectIpAccessList": lambda one: (
        f"{one.inputs['projectId']}-{one.inputs.get('cidrBlock') or one.inputs.get('ipAddress')}"
    ),
}
"""What `pulumi import` takes for the types whose id it is not (each type's page, under "Import")."""

IDENTITY: dict[str, _BY] = {
    "aws:acm/certificateValidation:CertificateValidation": _of("certificateArn"),
    "aws:cloudwatch/logDelivery:LogDelivery": _of("deliverySourceName", "deliveryDestinationArn"),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": _of("vpcId"),
    "aws:secretsmanager/secretVersion:SecretVersion": _of("secretId"),
    "aws:sns/topicSubscription:TopicSubscription": _of("topic", "protocol", "endpoint"),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _of(
        "securityGroupId", "ipProtocol", "fromPort", "toPort", "cidrIpv4", "cidrIpv6", "prefixListId",
        "referencedSecurityGroupId",
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _of(
        "securityGroupId", "ipProtocol", "fromPort", "toPort", "cidrIpv4", "cidrIpv6", "prefixListId",
        "referencedSecurityGroupId",
    ),
    "cloudflare:index/dnsRecord:DnsRecord": _of("zoneId", "name", "type", "content", "data", "priority"),
    "digitalocean:index/reservedIpAssignment:ReservedIpAssignment": _of("ipAddress"),
    "digitalocean:index/volumeAttachment:VolumeAttachment": _of("volumeId"),
}  # fmt: skip
"""What makes two things the same one, where that is not their id."""

_PUT = frozenset(
    {
        "aws:acm/certificateValidation:CertificateValidation",
        "aws:appautoscaling/policy:Policy",
        "aws:appautoscaling/target:Target",
        "aws:cloudwatch/eventRule:EventRule",
        "aws:cloudwatch/eventTarget:EventTarget",
        "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination",
        "aws:cloudwatch/logDeliverySource:LogDeliverySource",
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
        "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders",
        "aws:iam/rolePolicy:RolePolicy",
        "aws:iam/userPolicy:UserPolicy",
        "aws:lightsail/instancePublicPorts:InstancePublicPorts",
        "aws:secretsmanager/secretVersion:SecretVersion",
        "aws:sesv2/emailIdentityMailFromAttributes:EmailIdentityMailFromAttributes",
        "aws:sns/topicPolicy:TopicPolicy",
        "aws:sns/topicSubscription:TopicSubscription",
        "aws:wafv2/webAclAssociation:WebAclAssociation",
        "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
        "digitalocean:index/reservedIpAssignment:ReservedIpAssignment",
        "digitalocean:index/volumeAttachment:VolumeAttachment",
        "mongodbatlas:index/cloudBackupSchedule:CloudBackupSchedule",
        "mongodbatlas:index/maintenanceWindow:MaintenanceWindow",
        "mongodbatlas:index/projectIpAccessList:ProjectIpAccessList",
    }
)
_ANOTHER = frozenset({"aws:ecs/taskDefinition:TaskDefinition"})
"""A second one is a new revision of the first."""


def import_id(one: Existing) -> str:
    """Return what `pulumi import` takes for a thing."""
    made = IMPORTS.get(one.type)
    return one.id if made is None else made(one)


def identity(one: Existing) -> object:
    """Return what makes a thing of a type and region the same as another; None for what is never the same.

    Those of `random` are in no cloud.
    """
    if one.type in _ANOTHER or one.type.startswith("random:"):
        return None
    return IDENTITY.get(one.type, import_id)(one)


def overwrites(kind: str) -> bool:
    """Whether making one again overwrites what is there (a PUT) and is not refused.

    Kubernetes's provider makes objects, it does not apply them (await.go, Creation): "already exists".
    """
    return kind in _PUT or (kind.startswith("aws:s3/") and kind != "aws:s3/bucket:Bucket")
