"""What a lost answer leaves behind, by resource type: how the thing is found again, or why it need not be.

The words that a provider takes for an import are those of each type's own page ("Import"); which lookups exist, those
of the SDKs in requirements.txt. Types that no stack file leads to are not in the table: a person decides on them.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

TAGGED_BY = "aws:resourcegroupstaggingapi/getResources:getResources"
GLOBAL = "us-east-1"
"""Where AWS lists what has no region: CloudFront and what belongs to it."""


class UnsaidError(LookupError):
    """An input that names the thing is secret, or was not known when it was begun."""


@dataclass(frozen=True)
class Begun:
    """A step that may have made something: what the engine knew before the call."""

    urn: str
    type: str
    inputs: Mapping[str, Any] = field(repr=False)
    """Without those that are secret."""
    provider: str
    """URN and id of its provider, as the state has them."""
    account: str
    """The AWS account; empty where there is none."""
    region: str
    """The resource's own AWS region, else its provider's."""
    home: str
    """The provider's AWS region."""
    tags: Mapping[str, str]
    """What the provider tags it with: the stack's tags, and its own."""

    def __getitem__(self, path: str) -> str:
        value: Any = self.inputs
        for key in path.split("."):
            value = value.get(key) if isinstance(value, Mapping) else None
        if isinstance(value, bool) or not isinstance(value, str | int | float) or value == "":
            raise UnsaidError(path)
        return str(value)

    def get(self, path: str) -> str:
        """Return an input, or nothing where it is not said."""
        try:
            return self[path]
        except UnsaidError:
            return ""

    def one_of(self, *paths: str) -> str:
        """Return the first of several inputs that is said."""
        for path in paths:
            if self.get(path):
                return self.get(path)
        raise UnsaidError(paths[0])


@dataclass(frozen=True)
class Named:
    """Its inputs name it: this is what an import of it takes."""

    id: Callable[[Begun], str]
    unusable: str = ""
    """Why it is deleted when it is found, instead of adopted."""


@dataclass(frozen=True)
class Tagged:
    """AWS gave it an id, and lists it by its tags."""

    arn: str
    """A pattern of its ARN."""
    id: str = r"\g<0>"
    """What an import takes, from that pattern's groups."""
    region: str = ""
    """Where it is listed; empty for its own region."""
    unusable: str = ""


@dataclass(frozen=True)
class Listed:
    """A lookup of its provider lists it, or finds it by name."""

    lookup: str
    arguments: Callable[[Begun], dict[str, Any]]
    results: str
    """Which of the answer's properties is the list; empty where the answer is the thing itself."""
    matches: Callable[[Begun, Mapping[str, Any]], bool]
    id: Callable[[Begun, Mapping[str, Any]], str]
    unusable: str = ""


@dataclass(frozen=True)
class Nothing:
    """Nothing is left behind that matters; the step is simply done again."""

    because: str
    remains: bool = False
    """Whether something useless stays in the cloud until it expires."""


@dataclass(frozen=True)
class Person:
    """It cannot be found from here."""

    because: str


Way = Named | Tagged | Listed | Nothing | Person
UNKNOWN = Person("this type is not in the table of automation/traces.py")
_PUT = "it sets what is already there: done again, it is the same"


def _all(_: Begun, __: Mapping[str, Any]) -> bool:
    return True


def _by_name(begun: Begun, found: Mapping[str, Any]) -> bool:
    return found.get("name") == begun["name"]


def _own_id(_: Begun, found: Mapping[str, Any]) -> str:
    return str(found["id"])


def _one_named(lookup: str) -> Listed:
    """A lookup by name, whose answer is the thing; it fails where there is none."""
    return Listed(lookup, lambda begun: {"name": begun["name"]}, "", _all, _own_id)


def _filtered(lookup: str, results: str) -> Listed:
    """A lookup of DigitalOcean's that filters a list by name."""
    return Listed(
        lookup,
        lambda begun: {"filters": [{"key": "name", "values": [begun["name"]]}]},
        results,
        _by_name,
        lambda _, found: str(int(found["id"])) if isinstance(found["id"], float) else str(found["id"]),
    )


def _named(*paths: str, by: str = "/") -> Named:
    return Named(lambda begun: by.join(begun[path] for path in paths))


def _ec2(kind: str, prefix: str) -> Tagged:
    return Tagged(rf"arn:[^:]+:ec2:[^:]*:\d*:{kind}/({prefix}-[0-9a-f]+)", r"\1")


def _balancing(kind: str) -> Tagged:
    return Tagged(rf"arn:[^:]+:elasticloadbalancing:[^:]*:\d*:{kind}/.+")


def _web_acl(begun: Begun) -> Tagged:
    """Its ARN, `…:regional/webacl/NAME/ID`, has another order than its import, `ID/NAME/SCOPE`."""
    scope = begun["scope"]
    where = "global" if scope == "CLOUDFRONT" else "regional"
    pattern = rf"arn:[^:]+:wafv2:[^:]*:\d*:{where}/webacl/([^/]+)/([^/]+)"
    return Tagged(pattern, rf"\2/\1/{scope}")


def _object(begun: Begun) -> str:
    """A Kubernetes object is `namespace/name`, or its name alone where its kind has no namespaces."""
    namespace = begun.get("metadata.namespace")
    return f"{namespace}/{begun['metadata.name']}" if namespace else begun["metadata.name"]


def _route(begun: Begun) -> str:
    to = begun.one_of("destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId")
    return f"{begun['routeTableId']}_{to}"


def _record(begun: Begun) -> str:
    set_id = begun.get("setIdentifier")
    return "_".join((begun["zoneId"], begun["name"], begun["type"], *((set_id,) if set_id else ())))


def _dns_record(begun: Begun, found: Mapping[str, Any]) -> bool:
    """One name may have several records of a type: the content, or else the comment, tells them apart."""
    content = begun.get("content")
    if content and content.strip('"') != str(found.get("content")).strip('"'):
        return False
    return begun.get("comment") in {"", found.get("comment")}


BUCKET = _named("bucket")
WAYS: Mapping[str, Way | Callable[[Begun], Way]] = {
    "aws:acm/certificate:Certificate": Tagged(r"arn:[^:]+:acm:[^:]*:\d*:certificate/.+"),
    "aws:acm/certificateValidation:CertificateValidation": Nothing("it only waits"),
    "aws:appautoscaling/policy:Policy": _named("serviceNamespace", "resourceId", "scalableDimension", "name"),
    "aws:appautoscaling/target:Target": _named("serviceNamespace", "resourceId", "scalableDimension"),
    "aws:budgets/budget:Budget": Named(
        lambda begun: f"{begun.get('accountId') or begun.account}:{begun['name']}"
    ),
    "aws:cloudfront/distribution:Distribution": Tagged(
        r"arn:[^:]+:cloudfront::\d*:distribution/([A-Z0-9]+)", r"\1", region=GLOBAL
    ),
    "aws:cloudfront/originAccessControl:OriginAccessControl": Person(
        "its lookup wants its id: see `aws cloudfront list-origin-access-controls`"
    ),
    "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy": _one_named(
        "aws:cloudfront/getResponseHeadersPolicy:getResponseHeadersPolicy"
    ),
    "aws:cloudwatch/eventRule:EventRule": Named(
        lambda begun: "/".join(filter(None, (begun.get("eventBusName"), begun["name"])))
    ),
    "aws:cloudwatch/eventTarget:EventTarget": Person(
        "it has no name of its own: see `aws events list-targets-by-rule`; a second one only doubles a message"
    ),
    "aws:cloudwatch/logDelivery:LogDelivery": Person(
        "no lookup lists it, and AWS refuses a second one: see `aws logs describe-deliveries`"
    ),
    "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination": _named("name"),
    "aws:cloudwatch/logDeliverySource:LogDeliverySource": _named("name"),
    "aws:cloudwatch/logGroup:LogGroup": _named("name"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": _named("name"),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": Nothing("AWS made it with the network"),
    "aws:ec2/eip:Eip": _ec2("elastic-ip", "eipalloc"),
    "aws:ec2/flowLog:FlowLog": _ec2("vpc-flow-log", "fl"),
    "aws:ec2/internetGateway:InternetGateway": _ec2("internet-gateway", "igw"),
    "aws:ec2/natGateway:NatGateway": _ec2("natgateway", "nat"),
    "aws:ec2/route:Route": Named(_route),
    "aws:ec2/routeTable:RouteTable": _ec2("route-table", "rtb"),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": Named(
        lambda begun: f"{begun.one_of('subnetId', 'gatewayId')}/{begun['routeTableId']}"
    ),
    "aws:ec2/securityGroup:SecurityGroup": _ec2("security-group", "sg"),
    "aws:ec2/subnet:Subnet": _ec2("subnet", "subnet"),
    "aws:ec2/vpc:Vpc": _ec2("vpc", "vpc"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": _ec2("vpc-endpoint", "vpce"),
    "aws:ecs/cluster:Cluster": _named("name"),
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": _named("clusterName"),
    "aws:ecs/service:Service": Named(lambda begun: f"{begun['cluster'].rpartition('/')[2]}/{begun['name']}"),
    "aws:ecs/taskDefinition:TaskDefinition": lambda begun: Tagged(
        rf"arn:[^:]+:ecs:[^:]*:\d*:task-definition/{re.escape(begun['family'])}:\d+"
    ),
    "aws:iam/accessKey:AccessKey": Listed(
        "aws:iam/getAccessKeys:getAccessKeys",
        lambda begun: {"user": begun["user"]},
        "accessKeys",
        _all,
        lambda _, found: str(found["accessKeyId"]),
        unusable="its secret was in the answer that was lost",
    ),
    "aws:iam/role:Role": _named("name"),
    "aws:iam/rolePolicy:RolePolicy": _named("role", "name", by=":"),
    "aws:iam/user:User": _named("name"),
    "aws:iam/userPolicy:UserPolicy": _named("user", "name", by=":"),
    "aws:kms/key:Key": Tagged(r"arn:[^:]+:kms:[^:]*:\d*:key/(.+)", r"\1"),
    "aws:lb/listener:Listener": _balancing("listener"),
    "aws:lb/listenerRule:ListenerRule": _balancing("listener-rule"),
    "aws:lb/loadBalancer:LoadBalancer": _balancing("loadbalancer"),
    "aws:lb/targetGroup:TargetGroup": _balancing("targetgroup"),
    "aws:lightsail/disk:Disk": _named("name"),
    "aws:lightsail/disk_attachment:Disk_attachment": _named("diskName", "instanceName", by=","),
    "aws:lightsail/instance:Instance": _named("name"),
    "aws:lightsail/instancePublicPorts:InstancePublicPorts": Nothing(_PUT),
    "aws:lightsail/keyPair:KeyPair": _named("name"),
    "aws:lightsail/staticIp:StaticIp": _named("name"),
    "aws:lightsail/staticIpAttachment:StaticIpAttachment": _named("staticIpName"),
    "aws:route53/record:Record": Named(_record),
    "aws:s3/bucket:Bucket": BUCKET,
    "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration": BUCKET,
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": BUCKET,
    "aws:s3/bucketObjectv2:BucketObjectv2": _named("bucket", "key"),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": BUCKET,
    "aws:s3/bucketPolicy:BucketPolicy": BUCKET,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": BUCKET,
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": BUCKET,
    "aws:s3/bucketVersioning:BucketVersioning": BUCKET,
    "aws:secretsmanager/secret:Secret": Tagged(r"arn:[^:]+:secretsmanager:[^:]*:\d*:secret:.+"),
    "aws:secretsmanager/secretVersion:SecretVersion": Nothing(
        "the next version takes its place, and AWS removes versions without a label"
    ),
    "aws:servicediscovery/httpNamespace:HttpNamespace": Tagged(
        r"arn:[^:]+:servicediscovery:[^:]*:\d*:namespace/(.+)", r"\1"
    ),
    "aws:sesv2/configurationSet:ConfigurationSet": _named("configurationSetName"),
    "aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination": _named(
        "configurationSetName", "eventDestinationName", by="|"
    ),
    "aws:sesv2/emailIdentity:EmailIdentity": _named("emailIdentity"),
    "aws:sesv2/emailIdentityMailFromAttributes:EmailIdentityMailFromAttributes": _named("emailIdentity"),
    "aws:sns/topic:Topic": Named(lambda begun: f"arn:aws:sns:{begun.region}:{begun.account}:{begun['name']}"),
    "aws:sns/topicPolicy:TopicPolicy": _named("arn"),
    "aws:sns/topicSubscription:TopicSubscription": Nothing(
        "who subscribes again gets the subscription that is there"
    ),
    "aws:ssm/activation:Activation": Nothing(
        "its code was in the answer that was lost: nobody can use it, and it expires", remains=True
    ),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _ec2("security-group-rule", "sgr"),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _ec2("security-group-rule", "sgr"),
    "aws:wafv2/webAcl:WebAcl": _web_acl,
    "aws:wafv2/webAclAssociation:WebAclAssociation": _named("webAclArn", "resourceArn", by=","),
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": _named("resourceArn"),
    "cloudflare:index/dnsRecord:DnsRecord": Listed(
        "cloudflare:index/getDnsRecords:getDnsRecords",
        lambda begun: {"zoneId": begun["zoneId"], "type": begun["type"], "name": {"exact": begun["name"]}},
        "results",
        _dns_record,
        lambda begun, found: f"{begun['zoneId']}/{found['id']}",
    ),
    "digitalocean:index/droplet:Droplet": _filtered("digitalocean:index/getDroplets:getDroplets", "droplets"),
    "digitalocean:index/firewall:Firewall": Person(
        "its lookup wants its id: see `doctl compute firewall list`"
    ),
    "digitalocean:index/kubernetesCluster:KubernetesCluster": _one_named(
        "digitalocean:index/getKubernetesCluster:getKubernetesCluster"
    ),
    "digitalocean:index/project:Project": _filtered("digitalocean:index/getProjects:getProjects", "projects"),
    "digitalocean:index/reservedIp:ReservedIp": Person(
        "its lookup wants the address: see `doctl compute reserved-ip list`"
    ),
    "digitalocean:index/reservedIpAssignment:ReservedIpAssignment": Nothing(_PUT),
    "digitalocean:index/sshKey:SshKey": _filtered("digitalocean:index/getSshKeys:getSshKeys", "sshKeys"),
    "digitalocean:index/volume:Volume": Listed(
        "digitalocean:index/getVolume:getVolume",
        lambda begun: {"name": begun["name"], "region": begun["region"]},
        "",
        _all,
        _own_id,
    ),
    "digitalocean:index/volumeAttachment:VolumeAttachment": Nothing(_PUT),
    "digitalocean:index/vpc:Vpc": _one_named("digitalocean:index/getVpc:getVpc"),
    "digitalocean:index/vpcNatGateway:VpcNatGateway": _one_named(
        "digitalocean:index/getVpcNatGateway:getVpcNatGateway"
    ),
    "kubernetes:helm.sh/v3:Release": Named(
        lambda begun: "/".join(filter(None, (begun.get("namespace"), begun["name"])))
    ),
    "mongodbatlas:index/advancedCluster:AdvancedCluster": _named("projectId", "name", by="-"),
    "mongodbatlas:index/alertConfiguration:AlertConfiguration": Listed(
        "mongodbatlas:index/getAlertConfigurations:getAlertConfigurations",
        lambda begun: {"projectId": begun["projectId"]},
        "results",
        lambda begun, found: found.get("eventType") == begun["eventType"],
        lambda begun, found: f"{begun['projectId']}-{found['alertConfigurationId']}",
    ),
    "mongodbatlas:index/cloudBackupSchedule:CloudBackupSchedule": _named("projectId", "clusterName", by="-"),
    "mongodbatlas:index/databaseUser:DatabaseUser": _named("projectId", "username", "authDatabaseName"),
    "mongodbatlas:index/maintenanceWindow:MaintenanceWindow": _named("projectId"),
    "mongodbatlas:index/privateLinkEndpoint:PrivateLinkEndpoint": Listed(
        "mongodbatlas:index/getPrivatelinkEndpoints:getPrivatelinkEndpoints",
        lambda begun: {"projectId": begun["projectId"], "providerName": begun["providerName"]},
        "results",
        lambda begun, found: _plain_region(found.get("regionName")) == _plain_region(begun["region"]),
        lambda begun, found: "-".join(
            (begun["projectId"], found["privateLinkId"], begun["providerName"], begun["region"])
        ),
    ),
    "mongodbatlas:index/privateLinkEndpointService:PrivateLinkEndpointService": _named(
        "projectId", "privateLinkId", "endpointServiceId", "providerName", by="--"
    ),
    "mongodbatlas:index/project:Project": Listed(
        "mongodbatlas:index/getProjects:getProjects",
        lambda _: {},
        "results",
        lambda begun, found: _by_name(begun, found) and found.get("orgId") == begun["orgId"],
        _own_id,
    ),
    "mongodbatlas:index/projectIpAccessList:ProjectIpAccessList": Named(
        lambda begun: f"{begun['projectId']}-{begun.one_of('cidrBlock', 'ipAddress', 'awsSecurityGroup')}"
    ),
}


def _plain_region(region: object) -> str:
    """Atlas writes `EU_WEST_1` and `eu-west-1`."""
    return str(region).lower().replace("_", "-")


def way(begun: Begun) -> Way:
    """Return how what was begun is found. A thing whose name is not said must be decided on by a person."""
    found = of_type(begun.type)
    try:
        if callable(found):
            found = found(begun)
        if isinstance(found, Named):
            found.id(begun)
        elif isinstance(found, Listed):
            found.arguments(begun)
    except UnsaidError as error:
        return Person(f"its {error} was not known yet, or is secret")
    return found


def of_type(kind: str) -> Way | Callable[[Begun], Way]:
    """Return the table's entry for a type. Kubernetes objects of every kind are named."""
    if kind.startswith(("random:", "pulumi:")):
        return Nothing("it exists in the state only")
    if kind.startswith("kubernetes:") and not kind.startswith("kubernetes:helm.sh/"):
        return Named(_object)
    return WAYS.get(kind, UNKNOWN)
