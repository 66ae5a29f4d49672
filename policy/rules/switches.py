"""Switches of single services by which something is open, spoken to in clear, or without its guard."""

import re
from collections.abc import Mapping
from typing import Any, Final

from policy import tokens as t
from policy.access import is_world
from policy.model import UNKNOWN, dig
from policy.rows import Row, asking, aws, index, left_on, off, on, types_of
from policy.rule import (
    ANY,
    Probe,
    Test,
    View,
    absent,
    as_number,
    at_least,
    is_in,
    not_false,
    present,
    true,
    unset_or,
)
from policy.rules._make import ADVISORY, CRITICAL, HIGH, MANDATORY, MEDIUM, Area

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
_INSIDE = {22, 1433, 3306, 3389, 5432, 6379, 9200, 11211, 25060, 25061, 27017, 27018}
"""Ports by which hosts are administrated, or databases are spoken to."""
_BROAD = {
    "atlasAdmin",
    "root",
    "readWriteAnyDatabase",
    "dbAdminAnyDatabase",
    "userAdminAnyDatabase",
    "clusterAdmin",
}
"""Roles of MongoDB that are bound to no database."""
_DATA = {"FIND", "INSERT", "REMOVE", "UPDATE", "DROP_COLLECTION", "DROP_DATABASE"}
"""Actions of Atlas's roles by which data is read, written or deleted."""
_WORKLOADS = (t.DEPLOYMENT, t.STATEFUL_SET, t.DAEMON_SET, t.REPLICA_SET, t.JOB)
_ANYBODY = "takes anybody's certificate"
_POSE = "anybody may pose as Cloudflare"


def _whole(selector: Any) -> bool:
    """Whether a selector records reads and writes, where it records management; one of data may choose."""
    managing = not_false(dig(selector, "includeManagementEvents"))
    return not managing or dig(selector, "readWriteType") in (None, "All", UNKNOWN)


def _anywhere(resource: Any) -> bool:
    """Tell whether a resource of a role of MongoDB is all databases: an empty name is each."""
    return dig(resource, "databaseName") == "" and not dig(resource, "cluster")


def _takes_all(balancer: Any) -> bool:
    """Whether the internet reaches a balancer of DigitalOcean."""
    return dig(balancer, "network") != "INTERNAL" and absent(dig(balancer, "firewall"))


def _of_everybody(origins: Any) -> bool:
    """Tell whether App Platform lets pages of every origin in."""
    return any(
        str(dig(origins, how)) in {"*", ".*", "^.*$", "https://.*", "http"}
        for how in ("exact", "regex", "prefix")
    )


_OPEN = (
    Row(
        index("digitalocean", "KubernetesCluster"),
        "controlPlaneFirewall.allowedAddresses.*",
        lambda cidr: not is_world(str(cidr)),
        "everybody may try to use its API",
    ),
    Row(
        index("digitalocean", "LoadBalancer"),
        "forwardingRules.*.entryPort",
        lambda port: as_number(port) not in _INSIDE,
        "a database, or the way to administrate hosts, is open to the internet",
        when="",
        being=_takes_all,
    ),
    Row(
        index("cloudflare", "ZeroTrustAccessGroup"),
        "includes.*.everyone",
        lambda one: one is None,
        "lets everybody in who asks",
    ),
    Row(
        index("cloudflare", "ZeroTrustAccessApplication"),
        "policies.*",
        lambda policy: not _for_everybody(policy),
        "lets everybody in who asks",
    ),
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


_TOO_OLD = {
    "tls_version": re.compile(r"TLSv1(\.1)?(,|$)"),
    "ssl_min_protocol_version": re.compile(r"TLSv1(\.1)?$"),
    "rds.tls10": re.compile("enabled"),
    "rds.tls11": re.compile("enabled"),
    "rds.rc4": re.compile("enabled"),
    "rds.3des168": re.compile("enabled"),
    "password_encryption": re.compile("md5"),
    "require_ssl": re.compile("false"),
}
"""Parameters of databases, and values by which old TLS, none, or MD5 is taken (RDS user guide, "Using SSL with …")."""
_UNCHECKED = {
    "NODE_TLS_REJECT_UNAUTHORIZED": re.compile("0$"),
    "PYTHONHTTPSVERIFY": re.compile("0$"),
    "GIT_SSL_NO_VERIFY": re.compile("(1|true)$"),
    "POSTGRES_HOST_AUTH_METHOD": re.compile("trust$"),
    "MYSQL_ALLOW_EMPTY_PASSWORD": re.compile("."),
    "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD": re.compile("."),
    "ALLOW_EMPTY_PASSWORD": re.compile("(yes|true|1)$"),
}
"""Variables, and values by which a program believes every certificate, or a database asks for no password."""


def _unlike(bad: re.Pattern[str] | None) -> Test:
    """Make a test: a value is not such."""
    return lambda value: bad is None or value is None or bad.match(str(value)) is None


def _not_one_of(table: Mapping[str, re.Pattern[str]], name: str = "name", value: str = "value") -> Test:
    """Make a test of something with a name and a value: it is none of a table."""
    return lambda one: _unlike(table.get(str(dig(one, name))))(dig(one, value))


def _blocks(rule: Any) -> bool:
    """Whether a rule of Cloudflare's that counts requests, or runs managed rules, stops what it finds."""
    limits, manages = dig(rule, "ratelimit") is not None, dig(rule, "action") == "execute"
    asleep = dig(rule, "enabled") is False or dig(rule, "actionParameters.overrides.action") == "log"
    return not ((limits and dig(rule, "action") == "log") or (manages and asleep))


def _for_everybody(policy: Any) -> bool:
    lets_in = dig(policy, "decision") in {"allow", "bypass"}
    return lets_in and any(
        "everyone" in one for one in dig(policy, "includes") or () if isinstance(one, dict)
    )


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
    Row(
        (*aws("rds", "ParameterGroup"), *aws("rds", "ClusterParameterGroup")),
        "parameters.*",
        _not_one_of(_TOO_OLD),
        _UNSEALED,
    ),
    Row(
        aws("redshiftserverless", "Workgroup"),
        "configParameters.*",
        _not_one_of(_TOO_OLD, "parameterKey", "parameterValue"),
        _UNSEALED,
    ),
    Row(
        aws("rds", "Instance"),
        "caCertIdentifier",
        lambda ca: ca not in {"rds-ca-2015", "rds-ca-2019"},
        "its certificate has ended",
    ),
    Row(
        index("digitalocean", "App"),
        "spec.domainNames.*.minimumTlsVersion",
        unset_or("1.2", "1.3"),
        "takes TLS older than 1.2",
    ),
    Row(
        index("cloudflare", "HostnameTlsSetting"),
        "value",
        is_in("1.2", "1.3"),
        "takes TLS older than 1.2",
        when="settingId",
        being=is_in("min_tls_version"),
    ),
    Row(
        index("cloudflare", "ZoneSetting"),
        "value",
        lambda ciphers: not any("DES" in str(one) or "RC4" in str(one) for one in ciphers or ()),
        "takes ciphers that are broken",
        when="settingId",
        being=is_in("ciphers"),
    ),
    Row(
        index("cloudflare", "Ruleset"),
        "rules.*.actionParameters.fromValue.targetUrl.value",
        lambda to: not _clear_http(to),
        "sends visitors to where nothing is encrypted",
    ),
    Row(
        index("mongodbatlas", "StreamConnection"),
        "security.protocol",
        lambda how: "PLAINTEXT" not in str(how),
        _UNSEALED,
    ),
    *(
        Row(kinds, path, _not_one_of(_UNCHECKED), "believes every certificate, or asks for no password")
        for kinds, path in (
            (_WORKLOADS, "spec.template.spec.containers.*.env.*"),
            ((t.CRON_JOB,), "spec.jobTemplate.spec.template.spec.containers.*.env.*"),
            ((t.POD,), "spec.containers.*.env.*"),
            (aws("ecs", "TaskDefinition"), "containerDefinitions>*.environment.*"),
        )
    ),
    *(
        Row(
            aws("lambda", "Function"),
            f"environment.variables.{name}",
            _unlike(bad),
            "believes every certificate, or asks for no password",
        )
        for name, bad in _UNCHECKED.items()
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
        index("digitalocean", "DatabaseUser"),
        "mysqlAuthPlugin",
        unset_or("caching_sha2_password"),
        "its password is easily found from what is stored",
    ),
    Row(index("cloudflare", "Ruleset"), "rules.*", _blocks, "only tells of what it finds, or is off"),
    Row(
        aws("ecr", "Repository"),
        "imageTagMutabilityExclusionFilters.*.filter",
        lambda names: str(names).strip("*") != "",
        "every tag may be put onto another image",
    ),
    Row(
        aws("ecr", "RegistryScanningConfiguration"),
        "rules.*.scanFrequency",
        lambda how: how != "MANUAL",
        "nobody looks for known holes",
    ),
    Row(
        index("mongodbatlas", "CustomDbRole"),
        "inheritedRoles.*.roleName",
        lambda role: role not in _BROAD,
        "reaches every database",
    ),
    Row(
        index("digitalocean", "DatabaseMongodbConfig"),
        "defaultWriteConcern",
        lambda how: str(how) != "0",
        "says of writes that they are kept before they are",
    ),
    Row(
        index("digitalocean", "DatabaseUser"),
        "settings.*.opensearchAcls.*",
        lambda acl: (dig(acl, "permission"), dig(acl, "index")) != ("admin", "*"),
        "owns every index",
    ),
    Row(
        index("digitalocean", "DatabaseUser"),
        "settings.*.acls.*",
        lambda acl: (dig(acl, "permission"), dig(acl, "topic")) != ("admin", "*"),
        "owns every topic",
    ),
    *(
        Row(
            index("digitalocean", "App"),
            f"spec.{part}.*.cors",
            lambda cors: (
                not (true(dig(cors, "allowCredentials")) and _of_everybody(dig(cors, "allowOrigins")))
            ),
            "pages of everybody may act with the visitor's cookies",
        )
        for part in ("ingress.rules", "services", "functions", "staticSites")
    ),
    Row(
        index("mongodbatlas", "CustomDbRole"),
        "actions.*",
        lambda one: not (dig(one, "action") in _DATA and any(map(_anywhere, dig(one, "resources") or ()))),
        "reaches every database",
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
_ADVISED = (
    Row(
        aws("eks", "AccessPolicyAssociation"),
        "policyArn",
        lambda arn: not str(arn).endswith("/AmazonEKSClusterAdminPolicy"),
        "hands on all rights of the cluster",
    ),
    Row(
        ("kubernetes:core/v1:Secret",),
        "type",
        lambda kind: kind != "kubernetes.io/service-account-token",
        "keeps a key of the cluster that never ends",
    ),
)
ROWS = (*_OPEN, *_CLEAR, *_GUARDS, *_ADVISED)
_ALL_ORIGINS: Final = {"*", "https://*", "http://*"}
R2_CORS = index("cloudflare", "R2BucketCors")


def _cors(p: Probe) -> None:
    for held, origins, credentials in CORS:
        if p.get(held.partition(".")[0]) is None:
            continue
        whole = View(p.run, p.get(held.partition(".")[0]), held.partition(".")[0])
        listed = p.at(f"{held}.{origins}")
        if any(one.value in _ALL_ORIGINS for one in listed.each()) and true(whole.sure(credentials)):
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
WIDE = _rule(
    "switch-wide",
    "Rights are no wider, and keys last no longer, than what they are for",
    ADVISORY,
    MEDIUM,
    types_of(_ADVISED),
    asking(_ADVISED),
    maps="practice least-privilege",
    fix="Grant a policy of a namespace (AmazonEKSEditPolicy, accessScope namespace); take tokens of TokenRequest "
    "(`kubectl create token`, a projected volume), which end.",
    link="https://docs.aws.amazon.com/eks/latest/userguide/access-policies.html",
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
