"""Switches of single services by which something is open, spoken to in clear, or without its guard."""

import re
from typing import Any

from policy.access import is_world
from policy.model import UNKNOWN, dig
from policy.rows import Row, asking, aws, index, left_on, off, on, types_of
from policy.rule import ANY, Probe, View, at_least, is_in, not_false, present, true, unset_or
from policy.rules._make import CRITICAL, HIGH, MANDATORY, Area

_rule = Area("switches")

_AWS = "https://docs.aws.amazon.com/"
_BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
CORS = (
    ("cors", "allowOrigins", "allowCredentials"),
    ("corsConfiguration", "allowOrigins", "allowCredentials"),
    ("corsConfig.accessControlAllowOrigins", "items", "accessControlAllowCredentials"),
    ("corsHeaders", "allowedOrigins", "allowCredentials"),
)
"""Property, its list of origins, and its switch that lets a browser send cookies."""

_INTERNET = "has an address on the internet"
_UNSEALED = "is spoken to, or speaks, without TLS"
_ANYBODY = "takes anybody's certificate"
_POSE = "anybody may pose as Cloudflare"


def _whole(selector: Any) -> bool:
    """Whether a selector records reads and writes, where it records management; one of data may choose."""
    managing = not_false(dig(selector, "includeManagementEvents"))
    return not managing or dig(selector, "readWriteType") in (None, "All", UNKNOWN)


def _of_everybody(origins: Any) -> bool:
    """Tell whether App Platform lets pages of every origin in."""
    return any(
        str(dig(origins, how)) in {"*", ".*", "^.*$", "https://.*", "http"}
        for how in ("exact", "regex", "prefix")
    )


_OPEN = (
    Row(
        aws("ec2", "ManagedPrefixList"),
        "entries.*.cidr",
        lambda cidr: not is_world(str(cidr)),
        "whoever names the list opens a port to the internet",
    ),
    *(
        left_on(kinds, f"{path}.{block}", "this way to make the files public is open")
        for kinds, path in (
            (aws("s3", "AccessPoint"), "publicAccessBlockConfiguration"),
            (aws("s3control", "MultiRegionAccessPoint"), "details.publicAccessBlock"),
        )
        for block in _BLOCKS
    ),
    off(
        aws("opensearch", "ServerlessSecurityPolicy"),
        "policy>*.AllowFromPublic",
        "its collections take requests from the internet",
    ),
    Row(
        aws("sagemaker", "NotebookInstance"),
        "directInternetAccess",
        is_in("Disabled"),
        "has a way to the internet beside its network",
    ),
    Row(aws("sagemaker", "Domain"), "appNetworkAccessType", is_in("VpcOnly"), "has a way beside its network"),
    left_on(
        aws("emr", "BlockPublicAccessConfiguration"),
        "blockPublicSecurityGroupRules",
        "clusters may stand open to the internet",
    ),
    *(
        Row(
            aws("emr", "BlockPublicAccessConfiguration"),
            f"permittedPublicSecurityGroupRuleRanges.*.{end}",
            is_in(22, "22"),
            "clusters may open ports to the internet",
        )
        for end in ("minRange", "maxRange")
    ),
    Row(
        aws("s3", "ObjectCopy"),
        "acl",
        lambda acl: not str(acl).startswith(("public", "authenticated")),
        "everybody may read it",
    ),
    off(aws("neptunegraph", "Graph"), "publicConnectivity", "has an address on the internet"),
    Row(aws("mwaa", "Environment"), "webserverAccessMode", unset_or("PRIVATE_ONLY"), _INTERNET),
    Row(
        aws("codebuild", "Project"), "projectVisibility", unset_or("PRIVATE"), "everybody may read its builds"
    ),
    off(aws("ecs", "TaskSet"), "networkConfiguration.assignPublicIp", _INTERNET),
    Row(
        aws("ec2", "VpcBlockPublicAccessOptions"), "internetGatewayBlockMode", lambda m: m != "off", _INTERNET
    ),
    Row(
        aws("eks", "NodeGroup"),
        "remoteAccess.sourceSecurityGroupIds",
        present,
        "everybody may try to log in to its nodes",
        when="remoteAccess.ec2SshKey",
    ),
)
_SEALED_ITSELF = {"ssh", "rdp", "minecraft"} | {
    f"tcp/{port}"
    for port in (22, 443, 465, 636, 853, 990, 993, 995, 3389, 5061, 5223, 5671, 8443, 8883, 25565)
}
"""Protocols to which Spectrum adds no TLS: they have their own, which is passed through, or are games (Spectrum's
"Settings by plan")."""


def _in_clear(protocol: object) -> bool:
    """Tell whether Spectrum has to add TLS, so that nobody reads along."""
    named = str(protocol).lower()
    return not named.startswith("udp/") and named not in _SEALED_ITSELF


def _clear_http(address: Any) -> bool:
    """Tell whether an address is asked in clear, from another machine."""
    return re.match(r"http://(?!localhost[:/]|127\.0\.0\.1[:/]|\[::1\])", str(address)) is not None


def _old_oracle(setting: Any) -> bool:
    """Whether an option of Oracle is none that lets TLS before 1.2 be spoken (RDS user guide, "Oracle SSL option")."""
    named = dig(setting, "name") == "SQLNET.SSL_VERSION"
    return not named or str(dig(setting, "value")) in {"1.2", "1.2 or 1.3", "1.3"}


_CLEAR = (
    *(
        row
        for tunnel in ("tunnel1", "tunnel2")
        for row in (
            Row(
                aws("ec2", "VpnConnection"),
                f"{tunnel}IkeVersions",
                lambda versions: "ikev1" not in (versions or ()),
                "speaks IKE of version 1",
            ),
            Row(
                aws("ec2", "VpnConnection"),
                f"{tunnel}Phase1DhGroupNumbers",
                lambda groups: 2 not in (groups or ()),
                "agrees upon keys of 1,024 bits",
            ),
        )
    ),
    Row(aws("rds", "OptionGroup"), "options.*.optionSettings.*", _old_oracle, "takes TLS older than 1.2"),
    Row(aws("elasticache", "ReplicationGroup"), "transitEncryptionMode", unset_or("required"), _UNSEALED),
    Row(
        aws("cognito", "UserPoolClient"),
        "callbackUrls.*",
        lambda to: not _clear_http(to),
        "sends its codes in clear",
    ),
    Row(index("cloudflare", "LogpushJob"), "destinationConf", lambda to: not _clear_http(to), _UNSEALED),
    left_on(index("cloudflare", "AuthenticatedOriginPulls"), "configs.*.enabled", _POSE),
    on(aws("appsync", "ApiCache"), "transitEncryptionEnabled", _UNSEALED),
    left_on(aws("memorydb", "MultiRegionCluster"), "tlsEnabled", _UNSEALED),
    Row(
        (*aws("opensearch", "Domain"), *aws("elasticsearch", "Domain")),
        "domainEndpointOptions.tlsSecurityPolicy",
        lambda policy: str(policy).startswith("Policy-Min-TLS-1-2"),
        "takes TLS older than 1.2",
    ),
    Row(aws("datasync", "EfsLocation"), "inTransitEncryption", is_in("TLS1_2"), _UNSEALED),
    Row(aws("ses", "ReceiptRule"), "tlsPolicy", is_in("Require"), "takes mail without TLS"),
    Row(
        aws("transfer", "Server"),
        "securityPolicyName",
        lambda policy: policy not in {"TransferSecurityPolicy-2018-11", "TransferSecurityPolicy-2020-06"},
        "takes weak ciphers",
    ),
    Row(aws("sns", "TopicSubscription"), "protocol", lambda how: how != "http", _UNSEALED),
    Row(aws("sns", "TopicSubscription"), "endpoint", lambda to: not str(to).startswith("http://"), _UNSEALED),
    Row(
        aws("cloudwatch", "EventApiDestination"),
        "invocationEndpoint",
        lambda to: not str(to).startswith("http://"),
        _UNSEALED,
    ),
    off(
        (*aws("apigateway", "Integration"), *aws("apigatewayv2", "Integration")),
        "tlsConfig.insecureSkipVerification",
        _ANYBODY,
    ),
    off(aws("quicksight", "DataSource"), "sslProperties.disableSsl", _UNSEALED),
    on(
        aws("emr", "SecurityConfiguration"),
        "configuration>EncryptionConfiguration.EnableInTransitEncryption",
        _UNSEALED,
    ),
    Row(
        aws("appsync", "DataSource"),
        "httpConfig.endpoint",
        lambda to: not str(to).startswith("http://"),
        _UNSEALED,
    ),
    left_on(index("digitalocean", "DatabaseRedisConfig", "DatabaseValkeyConfig"), "ssl", _UNSEALED),
    off(index("digitalocean", "DatabaseOnlineMigration"), "disableSsl", _UNSEALED),
    on(index("digitalocean", "DatabaseLogsinkRsyslog"), "tls", "logs are sent in clear"),
    Row(index("cloudflare", "R2CustomDomain"), "minTls", is_in("1.2", "1.3"), "takes TLS older than 1.2"),
    Row(index("cloudflare", "SpectrumApplication"), "tls", lambda how: how != "flexible", _UNSEALED),
    Row(
        index("cloudflare", "SpectrumApplication"),
        "tls",
        lambda how: how != "off",
        _UNSEALED,
        when="protocol",
        being=_in_clear,
    ),
    Row(
        index("cloudflare", "CustomHostname"),
        "ssl.settings.minTlsVersion",
        unset_or("1.2", "1.3"),
        "takes TLS older than 1.2",
    ),
    off(index("cloudflare", "LoadBalancerMonitor"), "allowInsecure", _ANYBODY),
    off(
        index("cloudflare", "ZeroTrustTunnelCloudflaredConfig"), "config.originRequest.noTlsVerify", _ANYBODY
    ),
    off(
        index("cloudflare", "ZeroTrustTunnelCloudflaredConfig"),
        "config.ingresses.*.originRequest.noTlsVerify",
        _ANYBODY,
    ),
)
_GUARDS = (
    off((ANY,), "bypassPolicyLockoutSafetyCheck", "the guard against locking oneself out is off"),
    off((ANY,), "bypassPolicyLockoutCheck", "the guard against locking oneself out is off"),
    off(aws("ram", "ResourceShare"), "allowExternalPrincipals", "accounts of others may be given a share"),
    off(
        aws("lb", "LoadBalancer"), "enableWafFailOpen", "lets all through where its firewall does not answer"
    ),
    Row(
        aws("lb", "LoadBalancer"),
        "xffHeaderProcessingMode",
        unset_or("append", "remove"),
        "clients say who they are",
    ),
    Row(aws("sagemaker", "NotebookInstance"), "rootAccess", is_in("Disabled"), "its users are root"),
    Row(
        aws("sagemaker", "NotebookInstance"),
        "instanceMetadataServiceConfiguration.minimumInstanceMetadataServiceVersion",
        unset_or("2", 2),
        "gives its role to whoever makes it ask",
    ),
    Row(
        aws("ec2transitgateway", "TransitGateway"),
        "autoAcceptSharedAttachments",
        unset_or("disable"),
        "takes every network that asks",
    ),
    Row(
        aws("ec2", "SerialConsoleAccess"),
        "enabled",
        lambda on: on is False,
        "hosts are reached past their network",
    ),
    off(
        aws("lakeformation", "DataLakeSettings"),
        "allowExternalDataFiltering",
        "engines of others filter by themselves",
    ),
    off(aws("batch", "JobDefinition"), "containerProperties>privileged", "is root on its host"),
    left_on(aws("cloudtrail", "Trail"), "includeGlobalServiceEvents", "IAM is not recorded"),
    left_on(
        aws("cloudtrail", "Trail"),
        "eventSelectors.*.includeManagementEvents",
        "what is changed is not recorded",
        unless="dataResources",
    ),
    Row(aws("cloudtrail", "Trail"), "eventSelectors.*", _whole, "a part is not recorded"),
    Row(aws("macie2", "Account"), "status", unset_or("ENABLED"), "is paused"),
    Row(
        aws("cfg", "Recorder"),
        "recordingGroup.allSupported",
        not_false,
        "types are left out",
        unless="recordingGroup.exclusionByResourceTypes",
    ),
    Row(
        aws("cognito", "UserPool"),
        "passwordPolicy.minimumLength",
        lambda n: n is None or at_least(8)(n),
        "passwords may be short",
    ),
    left_on(index("mongodbatlas", "Organization"), "apiAccessListRequired", "keys work from everywhere"),
    left_on(index("mongodbatlas", "Organization"), "multiFactorAuthRequired", "asks for a password only"),
    left_on(index("cloudflare", "AuthenticatedOriginPullsSettings"), "enabled", _POSE),
    Row(
        aws("lambda", "CodeSigningConfig"),
        "policies.untrustedArtifactOnDeployment",
        is_in("Enforce"),
        "runs code that nobody signed",
    ),
    Row(
        aws("cognito", "UserPoolClient"),
        "allowedOauthFlows",
        lambda flows: "implicit" not in (flows or ()),
        "hands out tokens in addresses",
    ),
    Row(
        aws("s3", "BucketOwnershipControls"),
        "rule.objectOwnership",
        lambda whose: whose != "ObjectWriter",
        "whoever writes an object says who may read it",
    ),
    Row(
        aws("eks", "AccessPolicyAssociation"),
        "policyArn",
        lambda arn: not str(arn).endswith("/AmazonEKSClusterAdminPolicy"),
        "hands on all rights of the cluster",
    ),
    Row(
        index("digitalocean", "DatabaseUser"),
        "mysqlAuthPlugin",
        unset_or("caching_sha2_password"),
        "its password is easily found from what is stored",
    ),
    Row(
        index("digitalocean", "DatabaseUser"),
        "settings.*.acls.*",
        lambda acl: (dig(acl, "permission"), dig(acl, "topic")) != ("admin", "*"),
        "owns every topic",
    ),
    Row(
        index("digitalocean", "App"),
        "spec.ingress.rules.*.cors",
        lambda cors: not (true(dig(cors, "allowCredentials")) and _of_everybody(dig(cors, "allowOrigins"))),
        "pages of everybody may act with the visitor's cookies",
    ),
    off(
        index("cloudflare", "ZeroTrustAccessApplication"),
        "corsHeaders.allowAllOrigins",
        "pages of everybody may act with the visitor's cookies",
        when="corsHeaders.allowCredentials",
    ),
    left_on(
        index("cloudflare", "ZeroTrustAccessApplication"),
        "httpOnlyCookieAttribute",
        "scripts of a page read who is signed in",
    ),
    Row(
        ("kubernetes:core/v1:Secret",),
        "type",
        lambda kind: kind != "kubernetes.io/service-account-token",
        "keeps a key of the cluster that never ends",
    ),
    Row(
        ("kubernetes:core/v1:PersistentVolume",),
        "spec.hostPath",
        lambda path: path is None,
        "is a folder of whichever host the pod is on",
    ),
    left_on(index("cloudflare", "Account"), "settings.enforceTwofactor", "asks for a password only"),
    Row(
        index("digitalocean", "SpacesKey"),
        "grants.*.permission",
        lambda what: what != "fullaccess",
        "opens every bucket",
    ),
)
ROWS = (*_OPEN, *_CLEAR, *_GUARDS)
R2_CORS = index("cloudflare", "R2BucketCors")


def _cors(p: Probe) -> None:
    for held, origins, credentials in CORS:
        if p.get(held.partition(".")[0]) is None:
            continue
        whole = View(p.run, p.get(held.partition(".")[0]), held.partition(".")[0])
        listed = p.at(f"{held}.{origins}")
        if any(one.value == "*" for one in listed.each()) and true(whole.sure(credentials)):
            listed.fail("pages of everybody may act with the visitor's cookies")
    for rule in p.each("rules") if p.subject.type in R2_CORS else ():
        writing = {str(one.value) for one in rule.each("allowed.methods")} - {"GET", "HEAD"}
        if writing and any(one.value == "*" for one in rule.each("allowed.origins")):
            rule.fail("pages of everybody may write", "allowed.origins")


OPENED = _rule(
    "switch-open",
    "Nothing is put onto the internet by a switch of its own",
    MANDATORY,
    CRITICAL,
    types_of(_OPEN),
    asking(_OPEN),
    maps="S3.19, SageMaker.1, EMR.2, CKV_AWS_392, CKV_AWS_122, CKV_AWS_390, CKV_AWS_100",
    fix="Leave the switch as the service sets it.",
    link=_AWS + "AmazonS3/latest/userguide/access-control-block-public-access.html",
)
SPOKEN_TO = _rule(
    "switch-tls",
    "Services are spoken to by TLS 1.2 or newer",
    MANDATORY,
    HIGH,
    types_of(_CLEAR),
    asking(_CLEAR),
    maps="EMR.4, ES.8, Opensearch.8, CKV_AWS_228",
    fix="Leave TLS and the checks of certificates on; set a policy of TLS 1.2.",
)
GUARDED = _rule(
    "switch-guard",
    "Guards that a service brings stay on",
    MANDATORY,
    HIGH,
    types_of(_GUARDS),
    asking(_GUARDS),
    maps="SageMaker.3, EC2.23, CKV_AWS_307, CKV_AWS_371, CKV_AWS_210",
    fix="Leave the switch as the service sets it.",
    link=_AWS + "kms/latest/developerguide/key-policy-default.html",
)
CORS_CLOSED = _rule(
    "cors-with-credentials",
    "No page of everybody writes, or acts with a visitor's cookies",
    MANDATORY,
    HIGH,
    (ANY,),
    _cors,
    maps="practice least-privilege",
    fix="Name the origins, or take allow_credentials out.",
    link="https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS#credentialed_requests_and_wildcards",
)
