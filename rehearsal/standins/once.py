"""What a cloud has only once, and what it does not give up while something else needs it.

A name that is taken, an address that serves another gateway, a firewall that a load balancer still has: the plan
shows none of these, the cloud refuses them in the middle of a deployment. Each row has the error that the cloud
answers with; AWS's are of its API models (tests look for them there), but for EC2, whose are on the page "Error
codes for the Amazon EC2 API".
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Network
from typing import Any

from rehearsal.standins import again
from rehearsal.standins.table import Existing

Values = Callable[[Existing], Iterable[object]]


class Scope(Enum):
    """Within what there can be only one."""

    REGION = "region"
    ACCOUNT = "account"
    WORLD = "world"


@dataclass(frozen=True)
class Once:
    """Something that one thing of a cloud has and no second one may have."""

    what: str
    error: str
    values: Values
    scope: Scope = Scope.REGION
    group: str = ""
    """Types of one group share what they may have; the type itself where it is empty."""


@dataclass(frozen=True)
class Claim:
    """One value that a thing holds; `key` is the same for whoever would hold it too."""

    key: tuple[object, ...]
    what: str
    error: str
    shared: bool = False
    """May be held by several that all share it: addresses of one name, but no alias beside them."""


def _of(*keys: str) -> Values:
    def values(one: Existing) -> Iterable[object]:
        found = tuple(one.inputs.get(key) for key in keys)
        return () if any(value is None for value in found) else (tuple(str(value) for value in found),)

    return values


def _name(what: str, error: str, scope: Scope = Scope.REGION, key: str = "name") -> Once:
    return Once(f"a {what} of that name", error, _of(key), scope)


def _aliases(one: Existing) -> Iterable[object]:
    aliases: Iterable[object] = one.inputs.get("aliases") or ()
    return aliases


def _public_address(one: Existing) -> Iterable[object]:
    found = [one.inputs.get("allocationId"), *(one.inputs.get("secondaryAllocationIds") or ())]
    return [value for value in found if value is not None]


def _private_name(one: Existing) -> Iterable[object]:
    return _of("vpcId", "serviceName")(one) if one.inputs.get("privateDnsEnabled") else ()


def _endpoint_routes(one: Existing) -> Iterable[object]:
    return [(one.inputs["serviceName"], table) for table in one.inputs.get("routeTableIds") or ()]


ONCE: Mapping[str, tuple[Once, ...]] = {
    "aws:budgets/budget:Budget": (_name("budget", "DuplicateRecordException", Scope.ACCOUNT),),
    "aws:cloudfront/cachePolicy:CachePolicy": (
        _name("cache policy", "CachePolicyAlreadyExists", Scope.ACCOUNT),
    ),
    "aws:cloudfront/distribution:Distribution": (
        Once("a distribution with that alias", "CNAMEAlreadyExists", _aliases, Scope.WORLD),
    ),
    "aws:cloudfront/originAccessControl:OriginAccessControl": (
        _name("origin access control", "OriginAccessControlAlreadyExists", Scope.ACCOUNT),
    ),
    "aws:cloudfront/originRequestPolicy:OriginRequestPolicy": (
        _name("origin request policy", "OriginRequestPolicyAlreadyExists", Scope.ACCOUNT),
    ),
    "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy": (
        _name("response headers policy", "ResponseHeadersPolicyAlreadyExists", Scope.ACCOUNT),
    ),
    "aws:cloudwatch/logGroup:LogGroup": (_name("log group", "ResourceAlreadyExistsException"),),
    "aws:cloudwatch/logDeliverySource:LogDeliverySource": (
        Once("a log of that kind of that resource", "ConflictException", _of("resourceArn", "logType")),
    ),
    "aws:ec2/flowLog:FlowLog": (
        Once(
            "a flow log of that network to that place", "FlowLogAlreadyExists", _of("vpcId", "logDestination")
        ),
    ),
    # A VPC has one internet gateway (AttachInternetGateway).
    "aws:ec2/internetGateway:InternetGateway": (
        Once("an internet gateway of that network", "Resource.AlreadyAssociated", _of("vpcId")),
    ),
    # One address serves one gateway (CreateNatGateway, AllocationId).
    "aws:ec2/natGateway:NatGateway": (
        Once("a gateway with that address", "Resource.AlreadyAssociated", _public_address, group="address"),
    ),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": (
        Once("a route table of that subnet", "Resource.AlreadyAssociated", _of("subnetId")),
    ),
    "aws:ec2/securityGroup:SecurityGroup": (
        Once("a security group of that name in the network", "InvalidGroup.Duplicate", _of("vpcId", "name")),
    ),
    "aws:ec2/vpcEndpoint:VpcEndpoint": (
        Once("an endpoint with that service's private name", "InvalidParameter", _private_name),
        Once("an endpoint of that service in the route table", "RouteAlreadyExists", _endpoint_routes),
    ),
    # CreateCluster gives back the cluster that has the name: two stacks would have one.
    "aws:ecs/cluster:Cluster": (_name("cluster", "given back by CreateCluster as it is"),),
    # "Creation of service was not idempotent."
    "aws:ecs/service:Service": (
        Once("a service of that name in the cluster", "InvalidParameterException", _of("cluster", "name")),
    ),
    "aws:iam/role:Role": (_name("role", "EntityAlreadyExistsException", Scope.ACCOUNT),),
    "aws:iam/user:User": (_name("user", "EntityAlreadyExistsException", Scope.ACCOUNT),),
    "aws:kms/alias:Alias": (_name("key's alias", "AlreadyExistsException"),),
    "aws:lb/listener:Listener": (
        Once("a listener on that port", "DuplicateListenerException", _of("loadBalancerArn", "port")),
    ),
    "aws:lb/listenerRule:ListenerRule": (
        Once("a rule of that priority", "PriorityInUseException", _of("listenerArn", "priority")),
    ),
    "aws:lb/loadBalancer:LoadBalancer": (_name("load balancer", "DuplicateLoadBalancerNameException"),),
    "aws:lb/targetGroup:TargetGroup": (_name("target group", "DuplicateTargetGroupNameException"),),
    # A host has one fixed address, a disk one host, each by its name ("Some names are already in use").
    "aws:lightsail/disk:Disk": (_name("disk", "InvalidInputException"),),
    "aws:lightsail/disk_attachment:Disk_attachment": (
        Once("a host that has the disk", "OperationFailureException", _of("diskName")),
    ),
    "aws:lightsail/instance:Instance": (_name("instance", "InvalidInputException"),),
    "aws:lightsail/keyPair:KeyPair": (_name("key pair", "InvalidInputException"),),
    "aws:lightsail/staticIp:StaticIp": (_name("static address", "InvalidInputException"),),
    "aws:lightsail/staticIpAttachment:StaticIpAttachment": (
        Once("a host that has the address", "OperationFailureException", _of("staticIpName")),
    ),
    # Names of buckets are one space for all accounts of a partition.
    "aws:s3/bucket:Bucket": (_name("bucket", "BucketAlreadyExists", Scope.WORLD, "bucket"),),
    "aws:secretsmanager/secret:Secret": (_name("secret", "ResourceExistsException"),),
    "aws:servicediscovery/httpNamespace:HttpNamespace": (_name("namespace", "NamespaceAlreadyExists"),),
    "aws:sesv2/configurationSet:ConfigurationSet": (
        _name("configuration set", "AlreadyExistsException", key="configurationSetName"),
    ),
    "aws:sesv2/emailIdentity:EmailIdentity": (
        _name("mail identity", "AlreadyExistsException", key="emailIdentity"),
    ),
    # CreateTopic gives back the topic that has the name.
    "aws:sns/topic:Topic": (_name("topic", "given back by CreateTopic as it is"),),
    "aws:wafv2/webAcl:WebAcl": (
        Once("a web ACL of that name", "WAFDuplicateItemException", _of("scope", "name")),
    ),
    "aws:wafv2/webAclAssociation:WebAclAssociation": (
        Once(
            "a web ACL before the resource",
            "AssociateWebACL puts it in the other's place",
            _of("resourceArn"),
        ),
    ),
    # DigitalOcean's API description: names that it calls unique, and what answers 409 or 422.
    "digitalocean:index/firewall:Firewall": (_name("firewall", "duplicate name", Scope.ACCOUNT),),
    "digitalocean:index/kubernetesCluster:KubernetesCluster": (
        _name("cluster", "a cluster with this name already exists", Scope.ACCOUNT),
    ),
    "digitalocean:index/sshKey:SshKey": (
        Once("that key", "SSH Key is already in use on your account", _of("publicKey"), Scope.ACCOUNT),
    ),
    "digitalocean:index/spacesBucket:SpacesBucket": (_name("bucket", "BucketAlreadyExists", Scope.WORLD),),
    "digitalocean:index/volume:Volume": (
        Once("a volume of that name in the region", "409", _of("region", "name"), Scope.ACCOUNT),
    ),
    "digitalocean:index/vpc:Vpc": (
        _name("network", "name already in use", Scope.ACCOUNT),
        Once(
            "a network with that range",
            "range overlaps another of the account",
            _of("ipRange"),
            Scope.ACCOUNT,
        ),
    ),
    # Atlas's administration API, error codes.
    "mongodbatlas:index/advancedCluster:AdvancedCluster": (
        Once("a cluster of that name", "DUPLICATE_CLUSTER_NAME", _of("projectId", "name"), Scope.WORLD),
    ),
    "mongodbatlas:index/databaseUser:DatabaseUser": (
        Once(
            "a user of that name",
            "USER_ALREADY_EXISTS",
            _of("projectId", "authDatabaseName", "username"),
            Scope.WORLD,
        ),
    ),
    "mongodbatlas:index/privateLinkEndpoint:PrivateLinkEndpoint": (
        Once(
            "an endpoint service of that region",
            "PRIVATE_ENDPOINT_SERVICE_ALREADY_EXISTS_FOR_REGION",
            _of("projectId", "providerName", "region"),
            Scope.WORLD,
        ),
    ),
    "mongodbatlas:index/project:Project": (
        Once("a project of that name", "GROUP_ALREADY_EXISTS", _of("orgId", "name"), Scope.WORLD),
    ),
}
"""By type, beside what makes two of it the same one (`again.identity`)."""

_DNS = frozenset({"cloudflare:index/dnsRecord:DnsRecord", "aws:route53/record:Record"})
_ADDRESSES = frozenset({"A", "AAAA"})


def claims(one: Existing) -> Iterator[Claim]:
    """Give all that a thing holds alone."""
    own = again.identity(one)
    if own is not None:
        yield Claim((one.type, "itself", _region(one), own), one.id, "exists already")
    for once in ONCE.get(one.type, ()):
        where = _region(one) if once.scope is Scope.REGION else once.scope.value
        for value in once.values(one):
            yield Claim((once.group or one.type, once.what, where, value), once.what, once.error)
    yield from _dns(one)
    yield from _texts(one)


def _dns(one: Existing) -> Iterator[Claim]:
    """A CNAME stands alone: at Cloudflare without addresses, at Route 53 without any other record."""
    if one.type not in _DNS:
        return
    kind, cloudflare = one.inputs.get("type"), one.type.startswith("cloudflare:")
    if kind != "CNAME" and cloudflare and kind not in _ADDRESSES:
        return
    name = str(one.inputs.get("name")).rstrip(".").lower()
    error = "81053, 81054" if cloudflare else "InvalidChangeBatch"
    key = (one.type, "alias", one.inputs.get("zoneId"), name)
    yield Claim(key, f"a record of {name} beside a CNAME", error, shared=kind != "CNAME")


_ALONE = {"v=DMARC1": "RFC 7489, 6.6.3: two are none", "v=spf1": "RFC 7208, 4.5: two are an error"}


def _texts(one: Existing) -> Iterator[Claim]:
    """Texts of which a name has one, though a zone takes more: the cloud says nothing, and mail suffers."""
    if one.type not in _DNS or one.inputs.get("type") != "TXT":
        return
    name = str(one.inputs.get("name")).rstrip(".").lower()
    texts = one.inputs.get("records") or [one.inputs.get("content")]
    for begins, why in _ALONE.items():
        if any(str(text).strip('"').startswith(begins) for text in texts):
            yield Claim((begins, name), f"a text of {name} that begins with {begins}", why)


def _region(one: Existing) -> str:
    return str(one.inputs.get("region") or one.region)


@dataclass(frozen=True)
class Use:
    """How things of one type keep others from being deleted."""

    type: str
    path: str
    """Where the user's inputs name what they use; lists are passed through."""
    error: str


_NETWORK = "DependencyViolation"
_GATEWAY = "aws:ec2/internetGateway:InternetGateway"
_OF_NETWORK = {
    "aws:ec2/natGateway:NatGateway",
    "aws:ec2/subnet:Subnet",
    "aws:lb/loadBalancer:LoadBalancer",
}

USES: Mapping[str, tuple[Use, ...]] = {
    "aws:acm/certificate:Certificate": (
        Use("aws:lb/listener:Listener", "certificateArn", "ResourceInUseException"),
        Use(
            "aws:cloudfront/distribution:Distribution",
            "viewerCertificate.acmCertificateArn",
            "ResourceInUseException",
        ),
    ),
    "aws:cloudfront/originAccessControl:OriginAccessControl": (
        Use(
            "aws:cloudfront/distribution:Distribution",
            "origins.originAccessControlId",
            "OriginAccessControlInUse",
        ),
    ),
    "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy": (
        Use(
            "aws:cloudfront/distribution:Distribution",
            "defaultCacheBehavior.responseHeadersPolicyId",
            "ResponseHeadersPolicyInUse",
        ),
        Use(
            "aws:cloudfront/distribution:Distribution",
            "orderedCacheBehaviors.responseHeadersPolicyId",
            "ResponseHeadersPolicyInUse",
        ),
    ),
    "aws:ec2/eip:Eip": (Use("aws:ec2/natGateway:NatGateway", "allocationId", "InvalidIPAddress.InUse"),),
    "aws:ec2/routeTable:RouteTable": (
        Use("aws:ec2/routeTableAssociation:RouteTableAssociation", "routeTableId", _NETWORK),
    ),
    "aws:ec2/securityGroup:SecurityGroup": (
        Use("aws:ec2/vpcEndpoint:VpcEndpoint", "securityGroupIds", _NETWORK),
        Use("aws:ecs/service:Service", "networkConfiguration.securityGroups", _NETWORK),
        Use("aws:lb/loadBalancer:LoadBalancer", "securityGroups", _NETWORK),
        Use("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", "referencedSecurityGroupId", _NETWORK),
        Use(
            "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "referencedSecurityGroupId", _NETWORK
        ),
    ),
    "aws:ec2/subnet:Subnet": (
        Use("aws:ec2/natGateway:NatGateway", "subnetId", _NETWORK),
        Use("aws:ec2/vpcEndpoint:VpcEndpoint", "subnetIds", _NETWORK),
        Use("aws:ecs/service:Service", "networkConfiguration.subnets", _NETWORK),
        Use("aws:lb/loadBalancer:LoadBalancer", "subnets", _NETWORK),
    ),
    "aws:ec2/vpc:Vpc": (
        Use("aws:ec2/internetGateway:InternetGateway", "vpcId", _NETWORK),
        Use("aws:ec2/routeTable:RouteTable", "vpcId", _NETWORK),
        Use("aws:ec2/securityGroup:SecurityGroup", "vpcId", _NETWORK),
        Use("aws:ec2/subnet:Subnet", "vpcId", _NETWORK),
        Use("aws:ec2/vpcEndpoint:VpcEndpoint", "vpcId", _NETWORK),
    ),
    "aws:ecs/cluster:Cluster": (
        Use("aws:ecs/service:Service", "cluster", "ClusterContainsServicesException"),
    ),
    "aws:iam/role:Role": (
        Use("aws:iam/rolePolicy:RolePolicy", "role", "DeleteConflictException"),
        Use("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "role", "DeleteConflictException"),
    ),
    "aws:iam/user:User": (
        Use("aws:iam/accessKey:AccessKey", "user", "DeleteConflictException"),
        Use("aws:iam/userPolicy:UserPolicy", "user", "DeleteConflictException"),
    ),
    "aws:lb/targetGroup:TargetGroup": (
        Use("aws:lb/listener:Listener", "defaultActions.targetGroupArn", "ResourceInUseException"),
        Use("aws:lb/listenerRule:ListenerRule", "actions.targetGroupArn", "ResourceInUseException"),
    ),
    "aws:servicediscovery/httpNamespace:HttpNamespace": (
        Use("aws:ecs/service:Service", "serviceConnectConfiguration.namespace", "ResourceInUse"),
    ),
    "aws:wafv2/webAcl:WebAcl": (
        Use("aws:cloudfront/distribution:Distribution", "webAclId", "WAFAssociatedItemException"),
        Use("aws:wafv2/webAclAssociation:WebAclAssociation", "webAclArn", "WAFAssociatedItemException"),
    ),
    # "Can not delete VPC with members" (DigitalOcean's API, 403).
    "digitalocean:index/vpc:Vpc": (
        Use("digitalocean:index/droplet:Droplet", "vpcUuid", "VPC with members"),
        Use("digitalocean:index/kubernetesCluster:KubernetesCluster", "vpcUuid", "VPC with members"),
        Use("digitalocean:index/vpcNatGateway:VpcNatGateway", "vpcs.vpcUuid", "VPC with members"),
    ),
    "digitalocean:index/volume:Volume": (
        Use("digitalocean:index/volumeAttachment:VolumeAttachment", "volumeId", "409"),
    ),
    "mongodbatlas:index/project:Project": (
        Use(
            "mongodbatlas:index/advancedCluster:AdvancedCluster",
            "projectId",
            "CANNOT_CLOSE_GROUP_ACTIVE_ATLAS_CLUSTERS",
        ),
    ),
}
"""By the type that is used."""


def users(kind: str) -> set[str]:
    """Return the types of which something may keep one of this type in its place."""
    return {use.type for use in USES.get(kind, ())} | (_OF_NETWORK if kind == _GATEWAY else set())


def in_use(one: Existing, others: Iterable[Existing]) -> Iterator[tuple[Existing, str]]:
    """Give what keeps a thing from being deleted, with the cloud's error."""
    uses = USES.get(one.type, ())
    known = {one.id, one.outputs.get("arn")} - {None}
    if one.type.startswith("aws:iam/") or one.type.startswith("aws:ecs/cluster:"):
        known.add(one.inputs.get("name"))
    for other in others:
        for use in uses:
            if other.type == use.type and known & set(_at(other.inputs, use.path.split("."))):
                yield other, use.error
    if one.type == _GATEWAY:
        for other in _through(one, others):
            yield other, _NETWORK


def moved(before: Existing, after: Existing, others: Iterable[Existing]) -> Iterator[tuple[Existing, str]]:
    """Give what keeps an internet gateway from being taken off its network (DetachInternetGateway)."""
    if before.type == _GATEWAY and before.inputs.get("vpcId") != after.inputs.get("vpcId"):
        for other in _through(before, others):
            yield other, _NETWORK


def _through(gateway: Existing, others: Iterable[Existing]) -> Iterator[Existing]:
    """Give what has public addresses in the gateway's network: NAT gateways and public balancers."""
    everything = list(others)
    subnets = {
        other.id
        for other in everything
        if other.type == "aws:ec2/subnet:Subnet" and other.inputs.get("vpcId") == gateway.inputs.get("vpcId")
    }
    for other in everything:
        if other.type == "aws:ec2/natGateway:NatGateway":
            within = {other.inputs.get("subnetId")}
        elif other.type == "aws:lb/loadBalancer:LoadBalancer" and not other.inputs.get("internal"):
            within = set(other.inputs.get("subnets") or ())
        else:
            continue
        if subnets & within:
            yield other


def _at(value: Any, path: list[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for one in value:
            yield from _at(one, path)
    elif not path:
        yield value
    elif isinstance(value, Mapping):
        yield from _at(value.get(path[0]), path[1:])


def overlap(one: Existing, others: Iterable[Existing]) -> Existing | None:
    """Return the subnet of the same network whose addresses a new one would share (InvalidSubnet.Conflict)."""
    if one.type != "aws:ec2/subnet:Subnet" or not isinstance(one.inputs.get("cidrBlock"), str):
        return None
    block = IPv4Network(one.inputs["cidrBlock"])
    for other in others:
        if (
            other.type == one.type
            and other.inputs.get("vpcId") == one.inputs.get("vpcId")
            and isinstance(other.inputs.get("cidrBlock"), str)
            and block.overlaps(IPv4Network(other.inputs["cidrBlock"]))
        ):
            return other
    return None
