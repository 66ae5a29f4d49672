"""Load balancers."""

from collections.abc import Iterator, Mapping
from typing import Any

from clouds.ask import Ask, names
from clouds.aws import charges
from clouds.aws.calls import create, each, either, sent
from clouds.aws.common import tagged, vpc_of, zone_of
from clouds.limits import all_of, among, between, formed, one_of, twice
from clouds.record import (
    AWAY,
    NO_DATA,
    UNNOTICED,
    Answers,
    Autoname,
    Call,
    Drawn,
    Felt,
    Lookup,
    Nothing,
    Once,
    Refused,
    Refuses,
    Resource,
    Role,
    Target,
    Turn,
    Use,
    by,
    one_name,
    replaced_by,
)

BALANCER_ZONES = {
    "ap-northeast-1": "Z14GRHDCWA56QT",
    "ap-south-1": "ZP97RAFLXTNZK",
    "ap-southeast-1": "Z1LMS91P8CMLE5",
    "ap-southeast-2": "Z1GM3OXH4ZPM65",
    "ca-central-1": "ZQSVJUPU6J1EY",
    "eu-central-1": "Z215JYRZR1TBD5",
    "eu-north-1": "Z23TAZ6LKFMNIO",
    "eu-west-1": "Z32O12XQLNTSW2",
    "eu-west-2": "ZHURV8PSTC4K8",
    "eu-west-3": "Z3Q77PNBQS71R4",
    "sa-east-1": "Z2P70J7HTTTPLU",
    "us-east-1": "Z35SXDOTRQ7X7K",
    "us-east-2": "Z3AADJGX6KTTL2",
    "us-west-1": "Z368ELLRRE2KJ0",
    "us-west-2": "Z1H1FL5HABSF5",
}
"""Hosted zones of application load balancers (AWS General Reference, Elastic Load Balancing endpoints)."""


NETWORK_BALANCER_ZONES = {
    "ap-southeast-1": "ZKVM4W9LS7TM",
    "eu-central-1": "Z3F0SRJ5LGBH90",
    "eu-west-1": "Z2IFOLAFXWLO4F",
    "us-east-1": "Z26RNL4JYFTOTI",
    "us-east-2": "ZLMOA37VPKANP",
    "us-west-2": "Z18D5FSROUN65G",
}
"""Hosted zones of network load balancers (same page)."""


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


def _vpc_of(ask: Ask) -> Any:
    """Of a balancer that was made elsewhere it is not known."""
    there = (one for one in ask.world("aws:lb/loadBalancer:LoadBalancer") if one.id == ask["arn"])
    return next((one.outputs.get("vpcId") or "" for one in there), "")


def _attributes(**keys: str) -> dict[str, Target]:
    """Inputs that are sent as a list of attributes, whose values are texts."""

    def turn(key: str) -> Turn:
        return lambda value: [{"Key": key, "Value": value}]

    return {name: ("Attributes", turn(key)) for name, key in keys.items()}


def _attribute_group(**keys: str) -> Turn:
    return lambda value: [{"Key": keys[name], "Value": one} for name, one in value.items() if one is not None]


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


HOST_HEADER = 128
"""Characters of each host name of a rule (ELB user guide, "Host conditions")."""


def _host_headers(ask: Ask) -> list[str]:
    values = [
        value
        for one in ask["conditions"] or []
        for value in (one.get("hostHeader") or {}).get("values") or ()
    ]
    return [
        f"the host {value} has {len(value)} characters; at most {HOST_HEADER} are allowed"
        for value in values
        if isinstance(value, str) and len(value) > HOST_HEADER
    ]


def _checks(ask: Ask) -> Iterator[str]:
    """Elastic Load Balancing API, CreateTargetGroup."""
    check = ask["healthCheck"] or {}
    interval, timeout = check.get("interval") or 30, check.get("timeout") or 5
    if int(timeout) >= int(interval):
        yield "healthCheck.timeout must be shorter than healthCheck.interval"
    if ask["targetType"] != "lambda":
        yield from (f"{key} is required" for key in ("port", "protocol", "vpcId") if ask[key] is None)
    web = ask["protocol"] in ("HTTP", "HTTPS")
    if web and (ask["stickiness"] or {}).get("type") not in (None, "lb_cookie", "app_cookie"):
        yield "stickiness.type must be lb_cookie or app_cookie with HTTP"
    if not web and (check.get("matcher") and check.get("protocol") not in ("HTTP", "HTTPS")):
        yield "healthCheck.matcher goes with a check by HTTP"
    if (ask["stickiness"] or {}).get("type") == "app_cookie" and not ask["stickiness"].get("cookieName"):
        yield "stickiness.cookieName is required for app_cookie"


_ACTS = {
    "forward": ("targetGroupArn", "forward"),
    "redirect": ("redirect",),
    "fixed-response": ("fixedResponse",),
    "authenticate-oidc": ("authenticateOidc",),
    "authenticate-cognito": ("authenticateCognito",),
}
"""What an action has by its type (Elastic Load Balancing API, Action)."""


def _actions(path: str, actions: Any) -> Iterator[str]:
    for index, action in enumerate(all_of(actions)):
        wanted = _ACTS.get(action.get("type"), ())
        yield from (f"{path}[{index}]: {said}" for said in (one_of(action, *wanted) if wanted else ()))
    if all_of(actions) and all_of(actions)[-1].get("type") not in ("forward", "redirect", "fixed-response"):
        yield f"{path} must end in forward, redirect or fixed-response"


def _listener(ask: Ask) -> Iterator[str]:
    """Elastic Load Balancing API, CreateListener."""
    secure = ask["protocol"] in ("HTTPS", "TLS")
    if secure != bool(ask["certificateArn"]):
        yield "certificateArn goes with the protocols HTTPS and TLS, and with no other"
    if ask["sslPolicy"] and not secure:
        yield "sslPolicy goes with the protocols HTTPS and TLS"
    known = ask["mutualAuthentication"] or {}
    if known.get("mode") == "verify" and ask["protocol"] != "HTTPS":
        yield "mutualAuthentication.mode verify goes with the protocol HTTPS"
    if (known.get("mode") == "verify") != bool(known.get("trustStoreArn")):
        yield "mutualAuthentication.trustStoreArn goes with the mode verify, and with no other"
    yield from _actions("defaultActions", ask["defaultActions"])


def _rule(ask: Ask) -> Iterator[str]:
    """Elastic Load Balancing API, CreateRule; quotas, "Condition values per rule"."""
    yield from _actions("actions", ask["actions"])
    conditions = all_of(ask["conditions"])
    found = [[value for value in one.values() if value] for one in conditions]
    if not all(len(one) == 1 for one in found):
        yield "each of conditions must look at exactly one thing"
    things = [
        thing for one in found for value in one for thing in all_of(value) if isinstance(thing, Mapping)
    ]
    count = sum(len(all_of(thing.get("values"))) for thing in things)
    if count > 5:
        yield f"conditions have {count} values; at most 5 are allowed"


def _balancer(ask: Ask) -> Iterator[str]:
    """Elastic Load Balancing API, CreateLoadBalancer."""
    yield from one_of(ask.inputs, "subnets", "subnetMappings")
    yield from twice("subnets", all_of(ask["subnets"]))
    web = ask["loadBalancerType"] in (None, "application")
    if web and len(all_of(ask["subnets"]) or all_of(ask["subnetMappings"])) < 2:
        yield "an application load balancer needs subnets in two zones at least"


LOAD_BALANCER = Resource(
    "aws:lb/loadBalancer:LoadBalancer",
    "load balancer",
    answers=Answers(
        id=lambda ask: ask.arn("elasticloadbalancing", f"loadbalancer/{_balancer_path(ask)}"),
        outputs={
            "arn": "{id}",
            "arnSuffix": _balancer_path,
            "dnsName": _balancer_dns,
            "vpcId": lambda ask: (
                vpc_of(ask, next(iter(ask["subnets"] or ()), "")) or f"vpc-{ask.hex(17, 'vpc')}"
            ),
            "zoneId": _balancer_zone,
        },
        defaults={
            "internal": False,
            "ipAddressType": "ipv4",
            "loadBalancerType": "application",
        },
        autoname=Autoname(limit=32),
    ),
    requests=sent(
        create(
            "elbv2.CreateLoadBalancer",
            {"loadBalancerType": "Type", "internal": ("Scheme", either("internal", "internet-facing"))},
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
            {"LoadBalancerArn": "{id}"},
        ),
    ),
    refuses=Refuses(
        # Elastic Load Balancing API, LoadBalancerAttribute.
        values={
            "desyncMitigationMode": among("monitor", "defensive", "strictest"),
            "idleTimeout": between(1, 4000),
        },
        once=(one_name("load balancer", "DuplicateLoadBalancerNameException"),),
        together=_balancer,
    ),
    again=Refused(),
    replaced=replaced_by("internal loadBalancerType name namePrefix region"),
    import_id="{id}",
    found=tagged("elasticloadbalancing", r"loadbalancer/.+"),
    data=NO_DATA,
    felt=Felt(gone=AWAY),
    costs=charges.balancer,
    drawn=(Drawn(Role.ENTRY, "Load balancer", ("AWS {region}",), "TLS ends here"),),
)


TARGET_GROUP = Resource(
    "aws:lb/targetGroup:TargetGroup",
    "containers behind the load balancer, and their health",
    answers=Answers(
        id=lambda ask: ask.arn("elasticloadbalancing", _target_group(ask)),
        outputs={
            "arn": "{id}",
            "arnSuffix": _target_group,
            "loadBalancerArns": [],
        },
        defaults={
            "protocolVersion": "HTTP1",
            "targetType": "instance",
        },
        autoname=Autoname(limit=32),
    ),
    requests=sent(
        create(
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
            {"TargetGroupArn": "{id}"},
        ),
    ),
    refuses=Refuses(
        # Elastic Load Balancing API, TargetGroupAttribute and Matcher.
        values={
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
        once=(one_name("target group", "DuplicateTargetGroupNameException"),),
        used_by=(
            Use("aws:lb/listener:Listener", "defaultActions.targetGroupArn", "ResourceInUseException"),
            Use("aws:lb/listenerRule:ListenerRule", "actions.targetGroupArn", "ResourceInUseException"),
        ),
        together=_checks,
    ),
    again=Refused(),
    replaced=replaced_by(
        "ipAddressType name namePrefix port protocol protocolVersion region targetType vpcId"
    ),
    import_id="{id}",
    found=tagged("elasticloadbalancing", r"targetgroup/.+"),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: the load balancer is charged"),
)


LISTENER = Resource(
    "aws:lb/listener:Listener",
    "port of the load balancer",
    answers=Answers(
        id=_listener_arn,
        outputs={
            "arn": "{id}",
        },
        defaults={
            "protocol": "HTTP",
        },
    ),
    requests=sent(
        create(
            "elbv2.CreateListener",
            {
                **_BALANCER_ACTIONS,
                "certificateArn": ("Certificates", each("CertificateArn")),
                "mutualAuthentication.ignoreClientCertificateExpiry": (
                    "MutualAuthentication.IgnoreClientCertificateExpiry"
                ),
            },
        ),
        Call(
            "elbv2.ModifyListenerAttributes",
            _attributes(
                routingHttpResponseServerEnabled="routing.http.response.server.enabled",
                routingHttpResponseStrictTransportSecurityHeaderValue=(
                    "routing.http.response.strict_transport_security.header_value"
                ),
            ),
            {"ListenerArn": "{id}"},
        ),
    ),
    refuses=Refuses(
        # Elastic Load Balancing API, RedirectActionConfig.
        values={
            "defaultActions.*.redirect.port": formed(r"#\{port\}|[1-9]\d{0,4}", "a port, or #{port}"),
            "mutualAuthentication.mode": among("off", "passthrough", "verify"),
        },
        once=(Once("a listener on that port", "DuplicateListenerException", by("loadBalancerArn", "port")),),
        together=_listener,
    ),
    again=Refused(),
    replaced=replaced_by("loadBalancerArn region"),
    import_id="{id}",
    found=tagged("elasticloadbalancing", r"listener/.+"),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: the load balancer is charged"),
)


TRUST_STORE = Resource(
    "aws:lb/trustStore:TrustStore",
    "authorities of the clients that a port lets in",
    answers=Answers(
        id=lambda ask: ask.arn("elasticloadbalancing", f"truststore/{ask['name']}/{ask.hex(16)}"),
        outputs={
            "arn": "{id}",
            "arnSuffix": lambda ask: f"truststore/{ask['name']}/{ask.hex(16)}",
        },
        autoname=Autoname(limit=32),
    ),
    requests=sent(
        create(
            "elbv2.CreateTrustStore",
            {
                "caCertificatesBundleS3Bucket": "CaCertificatesBundleS3Bucket",
                "caCertificatesBundleS3Key": "CaCertificatesBundleS3Key",
                "caCertificatesBundleS3ObjectVersion": "CaCertificatesBundleS3ObjectVersion",
            },
        ),
    ),
    refuses=Refuses(
        once=(one_name("trust store", "DuplicateTrustStoreNameException"),),
        used_by=(
            Use("aws:lb/listener:Listener", "mutualAuthentication.trustStoreArn", "TrustStoreInUseException"),
        ),
    ),
    again=Refused(),
    # ModifyTrustStore takes another bundle.
    replaced=replaced_by("name namePrefix region"),
    import_id="{id}",
    found=tagged("elasticloadbalancing", r"truststore/.+"),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=charges.TRUST_STORE,
)


LISTENER_RULE = Resource(
    "aws:lb/listenerRule:ListenerRule",
    "which requests go where",
    answers=Answers(
        id=_rule_arn,
        outputs={
            "arn": "{id}",
        },
        defaults={
            "priority": lambda ask: 1 + ask.number(49_999),
        },
    ),
    requests=sent(
        create(
            "elbv2.CreateRule",
            {**_BALANCER_ACTIONS, "conditions": ("Conditions", _balancer_conditions)},
            # The provider looks for a free one where none is given.
            {"Priority": lambda ask: int(ask["priority"] or 1)},
        )
    ),
    refuses=Refuses(
        inputs=_host_headers,
        once=(Once("a rule of that priority", "PriorityInUseException", by("listenerArn", "priority")),),
        together=_rule,
    ),
    again=Refused(),
    replaced=replaced_by("listenerArn region"),
    import_id="{id}",
    found=tagged("elasticloadbalancing", r"listener-rule/.+"),
    data=NO_DATA,
    felt=Felt(gone=AWAY),
    costs=Nothing("free: the load balancer is charged"),
)


GET_LISTENER = Lookup(
    "aws:lb/getListener:getListener",
    outputs={
        "arn": _given_listener,
        "certificateArn": lambda ask: ask.arn("acm", f"certificate/{ask.uuid()}"),
        "defaultActions": [],
        "id": _given_listener,
        "loadBalancerArn": _balancer_of_listener,
        "mutualAuthentications": [],
        "protocol": "HTTPS",
        "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
    },
    defaults={
        "port": 443,
        "tags": {},
    },
    absent=names("alpnPolicy"),
)


GET_LOAD_BALANCER = Lookup(
    "aws:lb/getLoadBalancer:getLoadBalancer",
    outputs={
        "arn": _given_balancer,
        "arnSuffix": lambda ask: _given_balancer(ask).partition(":loadbalancer/")[2],
        "dnsName": lambda ask: (
            f"{_given_balancer(ask).split('/')[-2]}-{ask.number(10**10):010d}.{ask.region}.elb.amazonaws.com"
        ),
        "id": _given_balancer,
        "internal": False,
        "ipAddressType": "ipv4",
        "loadBalancerType": "application",
        "name": lambda ask: _given_balancer(ask).split("/")[-2],
        "securityGroups": lambda ask: [f"sg-{ask.hex(17, 'balancer')}"],
        "subnets": lambda ask: [f"subnet-{ask.hex(17, str(at))}" for at in range(2)],
        "vpcId": _vpc_of,
        "zoneId": lambda ask: zone_of(BALANCER_ZONES, ask.region),
    },
    defaults={
        "tags": {},
    },
    absent=names(
        "accessLogs clientKeepAlive connectionLogs customerOwnedIpv4Pool desyncMitigationMode "
        "dnsRecordClientRoutingPolicy dropInvalidHeaderFields enableCrossZoneLoadBalancing "
        "enableDeletionProtection enableHttp2 enablePrefixForIpv6SourceNat "
        "enableTlsVersionAndCipherSuiteHeaders enableWafFailOpen enableXffClientPort enableZonalShift "
        "enforceSecurityGroupInboundRulesOnPrivateLinkTraffic healthCheckLogs idleTimeout ipamPools "
        "preserveHostHeader secondaryIpsAutoAssignedPerSubnet subnetMappings xffHeaderProcessingMode"
    ),
)
