"""Load balancers, ECS, autoscaling, service discovery."""

from typing import Any

from rehearsal.standins.aws.common import BALANCER_ZONES, NETWORK_BALANCER_ZONES, zone_of
from rehearsal.standins.table import ACCOUNT, Ask, Autoname, Compute, Lookup, Standin, always, given, names


def _balancer_kind(ask: Ask) -> str:
    return "net" if ask["loadBalancerType"] == "network" else "app"


def _balancer_path(ask: Ask) -> str:
    return f"{_balancer_kind(ask)}/{ask['name']}/{ask.hex(16)}"


def _balancer_zone(ask: Ask) -> str:
    table = NETWORK_BALANCER_ZONES if _balancer_kind(ask) == "net" else BALANCER_ZONES
    return zone_of(table, ask.region)


def _balancer_dns(ask: Ask) -> str:
    inside = "internal-" if ask["internal"] else ""
    return f"{inside}{ask['name']}-{ask.number(10**10):010d}.{ask.region}.elb.amazonaws.com"


def _target_group(ask: Ask) -> str:
    return f"targetgroup/{ask['name']}/{ask.hex(16)}"


def _listener_arn(ask: Ask) -> str:
    balancer = str(ask["loadBalancerArn"])
    return f"{balancer.replace(':loadbalancer/', ':listener/')}/{ask.hex(16)}"


def _rule_arn(ask: Ask) -> str:
    return f"{str(ask['listenerArn']).replace(':listener/', ':listener-rule/')}/{ask.hex(16)}"


def _cluster_name(ask: Ask) -> str:
    return str(ask["cluster"] or "default").rpartition("/")[2]


def _service_arn(ask: Ask) -> str:
    return ask.arn("ecs", f"service/{_cluster_name(ask)}/{ask['name']}")


def _revision(ask: Ask) -> int:
    return ask.generation + 1


def _task_arn(ask: Ask) -> str:
    return ask.arn("ecs", f"task-definition/{ask['family']}")


def _short(prefix: str) -> Compute:
    return lambda ask: f"{prefix}-{ask.letters(16, 'abcdefghijklmnopqrstuvwxyz234567')}"


def _scaling_policy_arn(ask: Ask) -> str:
    resource = f"resource/{ask['serviceNamespace']}/{ask['resourceId']}"
    return ask.arn("autoscaling", f"scalingPolicy:{ask.uuid()}:{resource}:policyName/{ask['name']}")


def _container_documents(ask: Ask) -> list[str]:
    if "FARGATE" in (ask["requiresCompatibilities"] or []):
        return [
            f"{key} is required for FARGATE"
            for key in ("cpu", "memory")
            if not ask["cpu" if key == "cpu" else "memory"]
        ]
    return []


TYPES: dict[str, Standin] = {
    "aws:lb/loadBalancer:LoadBalancer": Standin(
        what="load balancer",
        id=lambda ask: ask.arn("elasticloadbalancing", f"loadbalancer/{_balancer_path(ask)}"),
        computed={
            "arn": lambda ask: ask.id,
            "arnSuffix": _balancer_path,
            "dnsName": _balancer_dns,
            "internal": given("internal", otherwise=False),
            "ipAddressType": given("ipAddressType", "ipv4"),
            "loadBalancerType": given("loadBalancerType", "application"),
            "vpcId": lambda ask: f"vpc-{ask.hex(17, 'vpc')}",
            "zoneId": _balancer_zone,
        },
        autoname=Autoname(limit=32),
        replaces=names("internal loadBalancerType name namePrefix region"),
    ),
    "aws:lb/targetGroup:TargetGroup": Standin(
        what="containers behind the load balancer, and their health",
        id=lambda ask: ask.arn("elasticloadbalancing", _target_group(ask)),
        computed={
            "arn": lambda ask: ask.id,
            "arnSuffix": _target_group,
            "loadBalancerArns": always([]),
            "protocolVersion": given("protocolVersion", "HTTP1"),
            "targetType": given("targetType", "instance"),
        },
        autoname=Autoname(limit=32),
        replaces=names("ipAddressType name namePrefix port protocol protocolVersion region targetType vpcId"),
    ),
    "aws:lb/listener:Listener": Standin(
        what="port of the load balancer",
        id=_listener_arn,
        computed={
            "arn": lambda ask: ask.id,
            "protocol": given("protocol", "HTTP"),
        },
        replaces=names("loadBalancerArn region"),
    ),
    "aws:lb/listenerRule:ListenerRule": Standin(
        what="which requests go where",
        id=_rule_arn,
        computed={
            "arn": lambda ask: ask.id,
            "priority": given("priority", lambda ask: 1 + ask.number(49_999)),
        },
        replaces=names("listenerArn region"),
    ),
    "aws:ecs/cluster:Cluster": Standin(
        what="ECS cluster",
        id=lambda ask: ask.arn("ecs", f"cluster/{ask['name']}"),
        computed={"arn": lambda ask: ask.id},
        autoname=Autoname(),
        replaces=names("name region"),
    ),
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": Standin(
        what="Fargate, on demand and Spot",
        id=lambda ask: str(ask["clusterName"]),
        replaces=names("clusterName region"),
    ),
    "aws:ecs/service:Service": Standin(
        what="keeps the containers running",
        id=_service_arn,
        computed={
            "arn": _service_arn,
            "availabilityZoneRebalancing": given("availabilityZoneRebalancing", "ENABLED"),
            "cluster": given("cluster", lambda ask: ask.arn("ecs", "cluster/default")),
            "platformVersion": given(
                "platformVersion", lambda ask: "LATEST" if ask["networkConfiguration"] else ""
            ),
        },
        autoname=Autoname(),
        replaces=names("cluster name region schedulingStrategy"),
    ),
    "aws:ecs/taskDefinition:TaskDefinition": Standin(
        what="what a container is: image, size, environment",
        id=lambda ask: str(ask["family"]),
        computed={
            "arn": lambda ask: f"{_task_arn(ask)}:{_revision(ask)}",
            "arnWithoutRevision": _task_arn,
            "networkMode": given("networkMode", "bridge"),
            "revision": _revision,
        },
        replaces=names(
            "containerDefinitions cpu enableFaultInjection ephemeralStorage executionRoleArn family ipcMode "
            "memory networkMode pidMode placementConstraints proxyConfiguration region "
            "requiresCompatibilities runtimePlatform taskRoleArn volumes"
        ),
        refuses=_container_documents,
    ),
    "aws:appautoscaling/target:Target": Standin(
        what="bounds of the number of containers",
        id=lambda ask: str(ask["resourceId"]),
        computed={
            "arn": lambda ask: ask.arn("application-autoscaling", f"scalable-target/{ask.hex(24)}"),
            "roleArn": given(
                "roleArn",
                lambda ask: ask.arn(
                    "iam",
                    "role/aws-service-role/ecs.application-autoscaling.amazonaws.com/"
                    "AWSServiceRoleForApplicationAutoScaling_ECSService",
                    region="",
                ),
            ),
        },
        replaces=names("region resourceId roleArn scalableDimension serviceNamespace"),
    ),
    "aws:appautoscaling/policy:Policy": Standin(
        what="when to start and stop containers",
        id=lambda ask: str(ask["name"]),
        computed={
            "alarmArns": always([]),
            "arn": _scaling_policy_arn,
            "policyType": given("policyType", "StepScaling"),
        },
        autoname=Autoname(),
        replaces=names("name region resourceId scalableDimension serviceNamespace"),
    ),
    "aws:servicediscovery/httpNamespace:HttpNamespace": Standin(
        what="names of services among themselves",
        id=_short("ns"),
        computed={
            "arn": lambda ask: ask.arn("servicediscovery", f"namespace/{ask.id}"),
            "httpName": lambda ask: ask["name"],
        },
        autoname=Autoname(limit=1024),
        replaces=names("description name region"),
    ),
    "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace": Standin(
        what="private DNS zone of the services",
        id=_short("ns"),
        computed={
            "arn": lambda ask: ask.arn("servicediscovery", f"namespace/{ask.id}"),
            "hostedZone": lambda ask: "Z" + ask.hex(20).upper(),
        },
        autoname=Autoname(limit=253),
        replaces=names("name region vpc"),
    ),
    "aws:servicediscovery/service:Service": Standin(
        what="private name of a service",
        id=_short("srv"),
        computed={
            "arn": lambda ask: ask.arn("servicediscovery", f"service/{ask.id}"),
            "type": given("type", lambda ask: "DNS_HTTP" if ask["dnsConfig"] else "HTTP"),
        },
        autoname=Autoname(limit=127),
        replaces=names("name namespaceId region type"),
    ),
}


def _given_balancer(ask: Ask) -> str:
    path = f"loadbalancer/app/{ask['name'] or 'shared'}/{ask.hex(16)}"
    return str(ask["arn"] or ask.arn("elasticloadbalancing", path))


def _given_listener(ask: Ask) -> str:
    path = f"listener/app/shared/{ask.hex(16)}/{ask.hex(16, 'listener')}"
    return str(ask["arn"] or ask.arn("elasticloadbalancing", path))


def _balancer_of_listener(ask: Ask) -> Any:
    if ask["loadBalancerArn"]:
        return ask["loadBalancerArn"]
    return _given_listener(ask).replace(":listener/", ":loadbalancer/").rpartition("/")[0]


LOOKUPS: dict[str, Lookup] = {
    "aws:lb/getListener:getListener": Lookup(
        {
            "arn": _given_listener,
            "certificateArn": lambda ask: ask.arn("acm", f"certificate/{ask.uuid()}"),
            "defaultActions": always([]),
            "id": _given_listener,
            "loadBalancerArn": _balancer_of_listener,
            "mutualAuthentications": always([]),
            "port": given("port", 443),
            "protocol": always("HTTPS"),
            "sslPolicy": always("ELBSecurityPolicy-TLS13-1-2-2021-06"),
            "tags": given("tags", lambda _ask: {}),
        },
        absent=names("alpnPolicy"),
    ),
    "aws:lb/getLoadBalancer:getLoadBalancer": Lookup(
        {
            "arn": _given_balancer,
            "arnSuffix": lambda ask: _given_balancer(ask).partition(":loadbalancer/")[2],
            "dnsName": lambda ask: (
                f"{_given_balancer(ask).split('/')[-2]}-{ask.number(10**10):010d}.{ask.region}.elb.amazonaws.com"
            ),
            "id": _given_balancer,
            "internal": always(False),
            "ipAddressType": always("ipv4"),
            "loadBalancerType": always("application"),
            "name": lambda ask: _given_balancer(ask).split("/")[-2],
            "securityGroups": lambda ask: [f"sg-{ask.hex(17, 'balancer')}"],
            "subnets": lambda ask: [f"subnet-{ask.hex(17, str(at))}" for at in range(2)],
            "tags": given("tags", lambda _ask: {}),
            "vpcId": lambda ask: f"vpc-{ask.hex(17, 'vpc')}",
            "zoneId": lambda ask: zone_of(BALANCER_ZONES, ask.region),
        },
        absent=names(
            "accessLogs clientKeepAlive connectionLogs customerOwnedIpv4Pool desyncMitigationMode "
            "dnsRecordClientRoutingPolicy dropInvalidHeaderFields enableCrossZoneLoadBalancing "
            "enableDeletionProtection enableHttp2 enablePrefixForIpv6SourceNat "
            "enableTlsVersionAndCipherSuiteHeaders enableWafFailOpen enableXffClientPort enableZonalShift "
            "enforceSecurityGroupInboundRulesOnPrivateLinkTraffic healthCheckLogs idleTimeout ipamPools "
            "preserveHostHeader secondaryIpsAutoAssignedPerSubnet subnetMappings xffHeaderProcessingMode"
        ),
    ),
    "aws:lb/getHostedZoneId:getHostedZoneId": Lookup({"id": _balancer_zone}),
    "aws:elb/getHostedZoneId:getHostedZoneId": Lookup(
        {"id": lambda ask: zone_of(BALANCER_ZONES, ask.region)}
    ),
    "aws:elb/getServiceAccount:getServiceAccount": Lookup(
        {
            "arn": lambda ask: ask.arn("iam", "root", region="", account=_log_account(ask)),
            "id": lambda ask: _log_account(ask),
        }
    ),
}

_LOG_ACCOUNTS = {
    "ap-northeast-1": "582318560864",
    "ap-south-1": "718504428378",
    "ap-southeast-1": "114774131450",
    "ap-southeast-2": "783225319266",
    "eu-central-1": "054676820928",
    "eu-west-1": "156460612806",
    "eu-west-2": "652711504416",
    "us-east-1": "127311923021",
    "us-east-2": "033677994240",
    "us-west-2": "797873946194",
}
"""AWS accounts that write the access logs of load balancers (Application Load Balancers guide)."""


def _log_account(ask: Ask) -> str:
    return _LOG_ACCOUNTS.get(ask.region, ACCOUNT)
