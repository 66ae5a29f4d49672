"""What programs make beside a chat: databases, caches, queues, file systems, functions, registries, clusters, apps."""

import re
from collections.abc import Iterator

from policy import tokens as t
from policy.access import SOURCES, allowing, is_world
from policy.model import UNKNOWN
from policy.rows import Row, asking, aws, left_on, off, on, types_of
from policy.rule import (
    ANY,
    Needs,
    Probe,
    View,
    absent,
    as_number,
    at_least,
    expecting,
    is_in,
    not_false,
    not_true,
    present,
    true,
    unset_or,
)
from policy.rules._make import ADVISORY, CRITICAL, HIGH, LOW, MANDATORY, MEDIUM, PRODUCTION, Area
from policy.rules.network import ADMIN_PORTS

_rule = Area("services")

_AWS = "https://docs.aws.amazon.com/"
_DO_DB = "https://docs.digitalocean.com/products/databases/"
ENCRYPTED = (t.RDS_INSTANCE, t.RDS_CLUSTER, t.DOCUMENT_CLUSTER)
GLOBAL = (t.GLOBAL_CLUSTER, *aws("docdb", "GlobalCluster"), *aws("neptune", "GlobalCluster"))
DATABASES = (*ENCRYPTED, t.RDS_CLUSTER_INSTANCE, t.LIGHTSAIL_DATABASE)
TLS_PARAMETERS = {
    "tls",
    "rds.force_ssl",
    "require_secure_transport",
    "require_ssl",
    "neptune_enforce_ssl",
}
WITHOUT_TLS = {
    "s3",
    "dynamodb",
    "kinesis",
    "kafka",
    "redis",
    "elasticsearch",
    "opensearch",
    "redshift",
    "neptune",
}
"""Kinds of endpoints of DMS without `ssl_mode`: they speak TLS always, or have settings of their own for it."""
NOBODY = re.compile(r"(^|\s)nopass(\s|$)")
"""In an access string of Redis: any password will do."""
KEPT_DAYS = 7
UNPRIVILEGED = 1024
"""From here to the last port answers come in, which a network list must let through (VPC user guide, "Ephemeral
ports")."""
OLD_RUNTIMES = re.compile(
    r"^(nodejs(\d|1[0-8])(\.\d+|\.x)?|python(2\.7|3\.[0-8])|java8|go1\.x|ruby2\.\d|ruby3\.2|dotnet(core.*|5\.0|6|7)|provided)$"
)
"""Runtimes of Lambda that AWS has ended by 2026 (Lambda guide, "Runtime deprecation policy")."""


_NOTHING = "nothing is left of it when it is deleted"
_SHORT = "its backups are kept for less than a week"
_LOST = "can be deleted by one wrong call"
_BACKUPS = (
    Row(
        (t.RDS_CLUSTER, t.DOCUMENT_CLUSTER, t.NEPTUNE_CLUSTER, *aws("docdb", "ElasticCluster")),
        "backupRetentionPeriod",
        at_least(KEPT_DAYS),
        _SHORT,
    ),
    Row((t.RDS_INSTANCE,), "backupRetentionPeriod", at_least(KEPT_DAYS), _SHORT, unless="replicateSourceDb"),
    Row((t.REDSHIFT_CLUSTER,), "automatedSnapshotRetentionPeriod", at_least(KEPT_DAYS), _SHORT),
    left_on((t.LIGHTSAIL_DATABASE,), "backupRetentionEnabled", "is not backed up"),
)
_KEPT = (
    on((t.RDS_CLUSTER, t.DOCUMENT_CLUSTER, t.NEPTUNE_CLUSTER), "deletionProtection", _LOST),
    on((t.RDS_INSTANCE,), "deletionProtection", _LOST, unless="replicateSourceDb"),
    left_on(GLOBAL, "deletionProtection", _LOST),
    # Of a replica AWS takes none (RDS API reference, DeleteDBInstance).
    off((t.RDS_INSTANCE,), "skipFinalSnapshot", _NOTHING, unless="replicateSourceDb"),
    off(
        (t.RDS_CLUSTER, t.DOCUMENT_CLUSTER, t.NEPTUNE_CLUSTER, t.REDSHIFT_CLUSTER, t.LIGHTSAIL_DATABASE),
        "skipFinalSnapshot",
        _NOTHING,
    ),
)
ROWS = (*_BACKUPS, *_KEPT)


def _encrypted(p: Probe) -> None:
    if not any(
        present(p.get(key))
        for key in (
            *("replicateSourceDb", "replicationSourceIdentifier", "snapshotIdentifier"),
            *("sourceDbClusterIdentifier", "globalClusterIdentifier"),
        )
    ):
        key = "encrypted" if p.subject.type == t.REDSHIFT_CLUSTER else "storageEncrypted"
        p.expect(key, true, "its storage is not encrypted")


def _parameters(p: Probe) -> None:
    for parameter in p.each("parameters"):
        name, value = parameter.sure("name"), str(parameter.get("value")).lower()
        if name in TLS_PARAMETERS and value in {
            "disabled",
            "0",
            "off",
            "false",
        }:
            parameter.fail("takes connections without TLS", "value")


def _spoken(p: Probe) -> None:
    kind = p.subject.type
    if kind == t.RDS_PROXY:
        p.expect("requireTls", true, "takes connections without TLS")
    elif kind == t.DAX:
        p.expect("clusterEndpointEncryptionType", is_in("TLS"), "takes connections without TLS")
    elif kind == t.FILE_SERVER:
        for protocol in p.each("protocols"):
            if protocol.value == "FTP":
                protocol.fail("takes files and passwords without TLS")
    elif kind == t.GLUE_CONNECTION:
        if present(p.get("connectionProperties.JDBC_CONNECTION_URL")):
            p.expect("connectionProperties.JDBC_ENFORCE_SSL", true, "connects without TLS")
    elif kind == t.MIGRATION_ENDPOINT:
        p.expect(
            "kafkaSettings.securityProtocol",
            unset_or("ssl-encryption", "ssl-authentication", "sasl-ssl"),
            _CLEAR,
        )
        p.expect("redisSettings.sslSecurityProtocol", unset_or("ssl-encryption"), _CLEAR)
        if p.need("engineName") not in WITHOUT_TLS:
            p.expect("sslMode", is_in("require", "verify-ca", "verify-full"), _CLEAR)
    else:
        _parameters(p)


_CLEAR = "data are copied without TLS"


def _cache(p: Probe) -> None:
    kind = p.subject.type
    if kind in {t.CACHE_USER, t.MEMORY_USER}:
        # ElastiCache wants a user `default` in each group; who is off logs in nowhere.
        if str(p.get("accessString") or "").split()[:1] == ["off"]:
            return
        p.expect("noPasswordRequired", not_true, "asks for no password")
        p.expect("authenticationMode.type", lambda how: how != "no-password-required", "asks for no password")
        p.expect("accessString", lambda text: not NOBODY.search(str(text or "")), "asks for no password")
        return
    if kind == t.MEMORY_CLUSTER:
        p.expect("tlsEnabled", not_false, "is spoken to without TLS")
        p.expect("aclName", lambda name: name != "open-access", "asks for no password")
        return
    if kind == t.CACHE_CLUSTER:
        if absent(p.get("replicationGroupId")):
            p.expect("transitEncryptionEnabled", true, "is spoken to without TLS")
        return
    p.expect("atRestEncryptionEnabled", true, "what it keeps is not encrypted")
    p.expect("transitEncryptionEnabled", true, "is spoken to without TLS")
    if absent(p.get("userGroupIds")):
        p.expect("authToken", present, "asks for no password")


def _repository(p: Probe) -> None:
    p.expect(
        "imageTagMutability",
        is_in("IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION"),
        "a tag may mean another image tomorrow",
    )
    p.expect("imageScanningConfiguration.scanOnPush", true, "nobody looks for known holes in its images")


def _permission(p: Probe) -> None:
    if p.subject.type == t.ENDPOINT_SERVICE:
        for named in p.each("allowedPrincipals"):
            if named.value == "*" and not true(p.get("acceptanceRequired")):
                named.fail("every account may connect, and nobody is asked")
        return
    if p.subject.type == t.ENDPOINT_PRINCIPAL:
        p.expect("principalArn", lambda who: who != "*", "every account may connect")
        return
    principal = str(p.need("principal"))
    if p.subject.type == t.EVENT_PERMISSION and principal == "*":
        p.expect("condition", present, "everybody may send events")
        return
    guards = ("sourceArn", "sourceAccount", "principalOrgId", "organizationId")
    if principal == "*" or principal.endswith(".amazonaws.com"):
        known = [p.get(key) for key in guards]
        if UNKNOWN not in known and not any(map(present, known)):
            p.fail("everybody, or a service for everybody, may use it", "principal")


def _file_policy(p: Probe) -> None:
    for statement in allowing(p):
        mounted = statement.asked("elasticfilesystem:accessedviamounttarget")
        if statement.anybody and not mounted and not statement.bound(SOURCES):
            statement.view.fail("everybody may use it", "Principal")


def _access_point(p: Probe) -> None:
    p.expect("rootDirectory.path", lambda path: present(path) and path != "/", "shows the whole file system")
    p.expect("posixUser.uid", present, "takes whatever user a client says it is")


def _image_shared(p: Probe) -> None:
    if p.subject.type == t.IMAGE_BLOCK:
        p.expect("state", lambda state: state != "unblocked", "images may be made everybody's")
        return
    p.expect("group", lambda group: group != "all", "everybody may start the image")


def _shared(p: Probe) -> None:
    if p.subject.type == t.SNAPSHOT_BLOCK:
        p.expect("state", lambda state: state != "unblocked", "snapshots may be made everybody's")
    elif p.subject.type == t.SYSTEMS_DOCUMENT:
        for key in ("account_ids", "accountIds"):
            p.expect(f"permissions.{key}", lambda who: str(who).lower() != "all", "everybody may read it")
    elif p.subject.type == t.SNAPSHOT_PERMISSION:
        for key in ("accountId", "group"):
            p.expect(key, lambda who: who != "all", "everybody may make a volume of the snapshot")
    for account in p.each("sharedAccounts"):
        if account.value == "all":
            account.fail("everybody may restore the snapshot")


def _api(p: Probe) -> None:
    """Judge who may call. Only the first route of a WebSocket can ask; a browser's preflight has no credentials."""
    if p.subject.type == t.IDENTITY_POOL:
        p.expect("allowUnauthenticatedIdentities", not_true, "everybody is given credentials of AWS")
        return
    route = p.subject.type == t.API_ROUTE
    key = "authorizationType" if route else "authorization"
    called = str(p.need("routeKey" if route else "httpMethod"))
    if called.partition(" ")[0] == "OPTIONS" or true(p.get("apiKeyRequired")):
        return
    if route and " " not in called and called != "$connect" and (called != "$default" or p.get(key) is None):
        return
    p.expect(key, lambda how: present(how) and how != "NONE", "everybody may call it")


def _audit(p: Probe) -> None:
    key = {t.TRAIL: "enableLogging", t.DETECTOR: "enable", t.RECORDER: "isEnabled"}[p.subject.type]
    p.expect(key, not_false, "is switched off: nobody will know what was done in the account")


def _kafka(p: Probe) -> None:
    if p.subject.type == t.CONNECTOR:
        transit = "kafkaClusterEncryptionInTransit.encryptionType"
        p.expect(transit, is_in("TLS"), "speaks to the cluster without TLS")
        asked = "kafkaClusterClientAuthentication.authenticationType"
        p.expect(asked, is_in("IAM"), "says nobody's name to the cluster")
        return
    transit = "encryptionInfo.encryptionInTransit"
    p.expect(f"{transit}.clientBroker", unset_or("TLS"), "clients may speak to it without TLS")
    p.expect(f"{transit}.inCluster", not_false, "its brokers speak to each other in clear")
    p.expect("clientAuthentication.unauthenticated", not_true, "asks nobody who they are")
    access = "brokerNodeGroupInfo.connectivityInfo.publicAccess.type"
    p.expect(access, unset_or("DISABLED"), "has addresses on the internet")


def _search_policy(p: Probe) -> None:
    """Judge who may use a search domain. In a network of one's own its security groups say who reaches it."""
    if p.subject.type == t.SEARCH:
        p.expect("advancedSecurityOptions.anonymousAuthEnabled", not_true, "asks nobody who they are")
    domains = [p.subject]
    if p.subject.type in {t.SEARCH_POLICY, t.ELASTICSEARCH_POLICY}:
        kind = t.SEARCH if p.subject.type == t.SEARCH_POLICY else t.ELASTICSEARCH
        domains = p.stack.meant(p.subject, "domainName", kind)
    if any(present(domain.properties.get("vpcOptions")) for domain in domains):
        return
    for statement in allowing(p):
        if statement.anybody and not statement.bound(SOURCES | {"aws:sourceip"}):
            statement.view.fail("everybody may read and change what it holds", "Principal")


def _queue(p: Probe) -> None:
    if p.subject.type == t.STREAM:
        p.expect("encryptionType", is_in("KMS"), "what is sent is stored unencrypted")
        return
    if absent(p.get("kmsMasterKeyId")):
        p.expect(
            "sqsManagedSseEnabled",
            lambda on: on is not False and on != "false",
            "messages are stored unencrypted",
        )


def _table(p: Probe) -> None:
    p.expect("pointInTimeRecovery.enabled", true, "cannot be brought back to a point in time")
    p.expect("deletionProtectionEnabled", true, _LOST)


def _search(p: Probe) -> None:
    for path in (
        "encryptAtRest.enabled",
        "nodeToNodeEncryption.enabled",
        "domainEndpointOptions.enforceHttps",
    ):
        p.expect(path, true, "what it keeps or says is not encrypted")


def _cluster_api(p: Probe) -> None:
    if p.get("vpcConfig.endpointPublicAccess") in {False, "false"}:
        return
    cidrs = [str(one.value) for one in p.each("vpcConfig.publicAccessCidrs")]
    unknown = p.get("vpcConfig.publicAccessCidrs") is UNKNOWN
    if not unknown and (not cidrs or any(map(is_world, cidrs))):
        p.fail("its API is open to the world", "vpcConfig.publicAccessCidrs")


def _entries(p: Probe) -> Iterator[View]:
    """Give the entries of a network list by which something comes in."""
    if p.subject.type != t.NETWORK_ACL_RULE:
        yield from p.each("ingress")
    elif p.need("egress") in {None, False}:
        yield p


def _ports(entry: View) -> tuple[float, float]:
    """Return the first and the last port of an entry that is about TCP and everybody; else none, as (0, -1)."""
    protocol = str(entry.get("protocol")).lower()
    world = any(is_world(str(entry.sure(key))) for key in ("cidrBlock", "ipv6CidrBlock"))
    if not world or protocol not in {"-1", "all", "6", "tcp"}:
        return 0, -1
    if protocol in {"-1", "all"}:
        return 0, 65535
    return as_number(entry.get("fromPort"), 0), as_number(entry.get("toPort"), 65535)


def _network_acl(p: Probe) -> None:
    entries = list(_entries(p))
    denied: list[tuple[float, float]] = []
    for entry in sorted(entries, key=lambda one: as_number(one.get("ruleNo"), 0)):
        first, last = _ports(entry)
        if str(entry.get("ruleAction") or entry.get("action")).lower() != "allow":
            denied.append((first, last))
        elif not (first >= UNPRIVILEGED and last == 65535) and any(
            first <= port <= last and not any(low <= port <= high for low, high in denied)
            for port in ADMIN_PORTS
        ):
            entry.fail("a port of administration or of a database is open to the world")


def _old_balancer(p: Probe) -> None:
    p.expect("securityPolicy", lambda policy: policy != "TLS_1_0", "speaks TLS 1.0")
    if p.subject.type == t.LIGHTSAIL_REDIRECTION:
        p.expect("enabled", true, "serves without TLS")
    for listener in p.each("listeners"):
        listener.expect(
            "lbProtocol", lambda kind: str(kind).lower() in {"https", "ssl"}, "is spoken to without TLS"
        )


def _do_firewall(p: Probe) -> None:
    if p.subject.type == t.DO_DATABASE:
        message = "takes connections from the whole internet: no list says who may connect"
        p.partners(t.DO_DATABASE_FIREWALL, "clusterId", message)
        return
    for rule in p.each("rules"):
        if rule.get("type") == "ip_addr" and is_world(str(rule.get("value"))):
            rule.fail("takes connections from the whole internet", "value")


def _do_balancer(p: Probe) -> None:
    clear = False
    for rule in p.each("forwardingRules"):
        entry = str(rule.sure("entryProtocol"))
        clear = clear or entry == "http"
        if entry in {"https", "http2", "http3"} and not true(rule.get("tlsPassthrough")):
            named = [rule.get(key) for key in ("certificateName", "certificateId")]
            if not any(present(one) for one in named):
                rule.fail("has no certificate", "certificateName")
    if clear:
        p.expect("redirectHttpToHttps", true, "serves without TLS")


def _do_app_database(p: Probe) -> None:
    for database in p.each("spec.databases"):
        database.expect("production", true, "a development database: no backups, no standby")


DB_ENCRYPTED = _rule(
    "db-encrypted",
    "A database's storage is encrypted",
    MANDATORY,
    HIGH,
    (*ENCRYPTED, t.NEPTUNE_CLUSTER, *GLOBAL, t.REDSHIFT_CLUSTER),
    _encrypted,
    maps="RDS.3, DocumentDB.1, CKV_AWS_16, CKV_AWS_96, CKV_AWS_74",
    fix="Set storage_encrypted.",
)
DB_PRIVATE = _rule(
    "db-private",
    "A database or a broker of messages has no address on the internet",
    MANDATORY,
    CRITICAL,
    (
        *(*DATABASES, t.REDSHIFT_CLUSTER, t.REDSHIFT_WORKGROUP),
        *(t.NEPTUNE_INSTANCE, t.REPLICATION_INSTANCE, t.BROKER, ANY),
    ),
    expecting("publiclyAccessible", not_true, "has an address on the internet"),
    maps="RDS.2, Redshift.1, DMS.1, CKV_AWS_17, CKV_AWS_69, CKV_AWS_89, CKV_AWS_102",
    fix="Leave publicly_accessible off.",
)
DB_BACKUPS = _rule(
    "db-backups",
    "A database's backups are kept for a week",
    PRODUCTION,
    HIGH,
    types_of(_BACKUPS),
    asking(_BACKUPS),
    maps="RDS.11, DocumentDB.2, Neptune.5, Redshift.3, CKV_AWS_133, CKV_AWS_360, CKV_AWS_361",
    fix="Set backup_retention_period to 7 or more.",
)
DB_KEPT = _rule(
    "db-kept",
    "A database cannot be deleted by mistake, and leaves a snapshot",
    PRODUCTION,
    HIGH,
    types_of(_KEPT),
    asking(_KEPT),
    maps="RDS.7, RDS.8, DocumentDB.5, Neptune.4, CKV_AWS_293, CKV_AWS_139",
    fix="Set deletion_protection, and leave skip_final_snapshot off.",
)
DB_TLS = _rule(
    "db-tls",
    "Databases, and what copies data or files, are spoken to by TLS only",
    MANDATORY,
    HIGH,
    (
        *(t.RDS_PARAMETERS, t.RDS_CLUSTER_PARAMETERS, t.DOCUMENT_PARAMETERS, t.NEPTUNE_PARAMETERS),
        *(t.REDSHIFT_PARAMETERS, t.RDS_PROXY, t.DAX, t.MIGRATION_ENDPOINT, t.GLUE_CONNECTION, t.FILE_SERVER),
    ),
    _spoken,
    maps="DocumentDB.6, CKV_AWS_90",
    fix="Leave the parameters for TLS on; set require_tls, ssl_mode or JDBC_ENFORCE_SSL.",
)
CACHE_GUARDED = _rule(
    "cache-guarded",
    "A cache is encrypted, spoken to by TLS, and asks for a password",
    MANDATORY,
    HIGH,
    (t.CACHE, t.CACHE_CLUSTER, t.CACHE_USER, t.MEMORY_CLUSTER, t.MEMORY_USER),
    _cache,
    maps="ElastiCache.4, ElastiCache.5, ElastiCache.6, CKV_AWS_29, CKV_AWS_30, CKV_AWS_31",
    fix="Set at_rest_encryption_enabled, transit_encryption_enabled, and auth_token or user_group_ids.",
)
ECR_GUARDED = _rule(
    "ecr-guarded",
    "Tags of a registry stay, and its images are looked through",
    MANDATORY,
    MEDIUM,
    (t.ECR_REPOSITORY,),
    _repository,
    maps="ECR.1, ECR.2, CKV_AWS_163, CKV_AWS_51",
    fix="Set image_tag_mutability IMMUTABLE and scan_on_push.",
)
LAMBDA_PERMISSION = _rule(
    "lambda-permission",
    "A function, a layer, a bus of events or an endpoint service is used by who is named",
    MANDATORY,
    HIGH,
    (t.LAMBDA_PERMISSION, t.LAYER_PERMISSION, t.EVENT_PERMISSION, t.ENDPOINT_SERVICE, t.ENDPOINT_PRINCIPAL),
    _permission,
    maps="Lambda.1, CKV_AWS_301, CKV_AWS_364",
    fix="Give source_arn or source_account; of a layer, the account or organization_id.",
)
LAMBDA_URL = _rule(
    "lambda-url",
    "A function's address asks who calls",
    MANDATORY,
    HIGH,
    (t.LAMBDA_URL,),
    expecting("authorizationType", is_in("AWS_IAM"), "everybody may call the function"),
    maps="CKV_AWS_258",
    fix="Set authorization_type AWS_IAM.",
    link=_AWS + "lambda/latest/dg/urls-auth.html",
)
LAMBDA_RUNTIME = _rule(
    "lambda-runtime",
    "A function's runtime gets security fixes",
    MANDATORY,
    MEDIUM,
    (t.LAMBDA,),
    expecting(
        "runtime", lambda name: not OLD_RUNTIMES.match(str(name or "")), "gets no security fixes any more"
    ),
    maps="Lambda.2, CKV_AWS_363",
    fix="Use a runtime that AWS supports.",
)
EFS_ENCRYPTED = _rule(
    "efs-encrypted",
    "A file system is encrypted",
    MANDATORY,
    HIGH,
    (t.FILE_SYSTEM,),
    expecting("encrypted", true, "its files are not encrypted"),
    maps="EFS.1, CKV_AWS_42",
    fix="Set encrypted.",
)
EFS_PRIVATE = _rule(
    "efs-private",
    "Not everybody may use a file system",
    MANDATORY,
    HIGH,
    (t.FILE_SYSTEM_POLICY,),
    _file_policy,
    maps="practice least-privilege",
    fix="Name the principals, or bind by elasticfilesystem:AccessedViaMountTarget.",
    link=_AWS + "efs/latest/ug/iam-access-control-nfs-efs.html",
)
EFS_ACCESS_POINT = _rule(
    "efs-access-point",
    "An access point shows one folder to one user",
    MANDATORY,
    MEDIUM,
    (t.FILE_ACCESS_POINT,),
    _access_point,
    maps="EFS.3, EFS.4, CKV_AWS_329, CKV_AWS_330",
    fix="Set root_directory and posix_user.",
)
EBS_ENCRYPTED = _rule(
    "ebs-encrypted",
    "Volumes are encrypted",
    MANDATORY,
    MEDIUM,
    (t.EBS_VOLUME,),
    expecting("encrypted", true, "the volume is not encrypted"),
    maps="CKV_AWS_3, part of Config encrypted-volumes",
    fix="Set encrypted.",
    link=_AWS + "ebs/latest/userguide/ebs-encryption.html",
)
EBS_DEFAULT = _rule(
    "ebs-encrypted-by-default",
    "New volumes are encrypted by themselves",
    MANDATORY,
    MEDIUM,
    (t.EBS_DEFAULT,),
    expecting("enabled", lambda on: on is not False, "new volumes are not encrypted"),
    maps="EC2.7, CKV_AWS_106",
    fix="Leave enabled on.",
)
AMI_PRIVATE = _rule(
    "ami-private",
    "An image of a host is not everybody's",
    MANDATORY,
    HIGH,
    (t.AMI_PERMISSION, t.IMAGE_BLOCK),
    _image_shared,
    maps="P:ec2_ami_public",
    fix="Name the accounts.",
    link=_AWS + "AWSEC2/latest/UserGuide/sharingamis-intro.html",
)
SHARED_WITH_ALL = _rule(
    "snapshot-private",
    "A snapshot or a document of the account is not everybody's",
    MANDATORY,
    CRITICAL,
    (
        t.SNAPSHOT_PERMISSION,
        t.SNAPSHOT_BLOCK,
        t.RDS_SNAPSHOT,
        t.RDS_SNAPSHOT_COPY,
        t.RDS_CLUSTER_SNAPSHOT,
        t.RDS_CLUSTER_SNAPSHOT_COPY,
        t.SYSTEMS_DOCUMENT,
    ),
    _shared,
    maps="EC2.1, RDS.1, SSM.4, P:ec2_ebs_public_snapshot, P:rds_snapshots_public_access",
    fix="Name the accounts.",
)
API_AUTHORIZED = _rule(
    "api-authorized",
    "An API, or what gives out credentials for one, asks who calls",
    MANDATORY,
    HIGH,
    (t.API_METHOD, t.API_ROUTE, t.IDENTITY_POOL),
    _api,
    maps="APIGateway.8, CKV_AWS_59, CKV_AWS_309",
    fix="Set authorization AWS_IAM, JWT or an authorizer of your own, or ask for an API key; give guests no identity.",
)
AUDIT_ON = _rule(
    "audit-on",
    "What is done in the account is recorded and watched",
    MANDATORY,
    HIGH,
    (t.TRAIL, t.DETECTOR, t.RECORDER),
    _audit,
    maps="GuardDuty.1, part of CloudTrail.1, part of Config.1, CKV_AWS_251",
    fix="Leave enable_logging, enable and is_enabled on.",
)
TRAIL_VALIDATED = _rule(
    "trail-validated",
    "A change of what a trail recorded is seen",
    MANDATORY,
    MEDIUM,
    (t.TRAIL,),
    expecting("enableLogFileValidation", true, "what it recorded can be changed unseen"),
    maps="CloudTrail.4, CKV_AWS_36",
    fix="Set enable_log_file_validation.",
)
TRAIL_EVERYWHERE = _rule(
    "trail-all-regions",
    "A trail records all regions",
    ADVISORY,
    MEDIUM,
    (t.TRAIL,),
    expecting("isMultiRegionTrail", true, "what is done in other regions is not recorded"),
    maps="part of CloudTrail.1, CKV_AWS_67",
    fix="Set is_multi_region_trail.",
)
KAFKA_GUARDED = _rule(
    "kafka-guarded",
    "A Kafka cluster is spoken to by TLS, by its connectors too, asks who does, and is not on the internet",
    MANDATORY,
    HIGH,
    (t.KAFKA, t.CONNECTOR),
    _kafka,
    maps="MSK.1, MSK.4, MSK.6, part of CKV_AWS_81",
    fix="Leave client_broker TLS, in_cluster on, unauthenticated off, and public_access DISABLED.",
)
SEARCH_POLICY = _rule(
    "opensearch-policy",
    "Not everybody may use a search domain",
    MANDATORY,
    CRITICAL,
    (t.SEARCH, t.SEARCH_POLICY, t.ELASTICSEARCH, t.ELASTICSEARCH_POLICY),
    _search_policy,
    maps="part of Opensearch.2, P:opensearch_service_domains_not_publicly_accessible",
    needs=Needs.EARLIER,
    fix="Name the principals, bind the statement to addresses, or put the domain into a network of your own.",
)
SQS_ENCRYPTED = _rule(
    "sqs-encrypted",
    "Messages of a queue or a stream are encrypted",
    MANDATORY,
    MEDIUM,
    (t.QUEUE, t.STREAM),
    _queue,
    maps="SQS.1, CKV_AWS_27",
    fix="Leave sqs_managed_sse_enabled on, or name a key; of a stream set encryption_type KMS.",
)
DYNAMODB_KEPT = _rule(
    "dynamodb-kept",
    "A table can be brought back, and not deleted by mistake",
    PRODUCTION,
    MEDIUM,
    (t.TABLE,),
    _table,
    maps="DynamoDB.2, DynamoDB.6, CKV_AWS_28",
    fix="Enable point_in_time_recovery and deletion_protection_enabled.",
)
SEARCH_ENCRYPTED = _rule(
    "opensearch-encrypted",
    "A search domain is encrypted, and spoken to by TLS",
    MANDATORY,
    HIGH,
    (t.SEARCH, t.ELASTICSEARCH),
    _search,
    maps="Opensearch.1, Opensearch.3, part of Opensearch.8, CKV_AWS_5, CKV_AWS_6, CKV_AWS_83",
    fix="Enable encrypt_at_rest, node_to_node_encryption and enforce_https.",
)
EKS_PRIVATE = _rule(
    "eks-api-private",
    "A cluster's API is not open to the world",
    MANDATORY,
    HIGH,
    (t.EKS_CLUSTER,),
    _cluster_api,
    maps="part of EKS.1, CKV_AWS_38, part of CKV_AWS_39",
    fix="Switch endpoint_public_access off, or list the operators' addresses.",
)
NETWORK_ACL_PORTS = _rule(
    "net-acl-no-admin-ports",
    "No network list opens ports of administration, or all of them, to the world",
    MANDATORY,
    HIGH,
    (t.NETWORK_ACL, t.DEFAULT_NETWORK_ACL, t.NETWORK_ACL_RULE),
    _network_acl,
    maps="EC2.21, CKV_AWS_229, CKV_AWS_230, CKV_AWS_231, CKV_AWS_232",
    fix="Name the addresses that may come in.",
)
IAM_PASSWORDS = _rule(
    "iam-password-length",
    "Passwords of the account are long",
    MANDATORY,
    MEDIUM,
    (t.PASSWORD_POLICY,),
    expecting("minimumPasswordLength", at_least(14), "passwords may be shorter than 14 characters"),
    maps="IAM.15, CKV_AWS_10",
    fix="Set minimum_password_length to 14.",
)
ELB_TLS = _rule(
    "elb-tls",
    "A balancer of the older kind, or of Lightsail, and the domain of an API are spoken to by TLS",
    MANDATORY,
    HIGH,
    (t.CLASSIC_BALANCER, t.LIGHTSAIL_REDIRECTION, t.API_DOMAIN),
    _old_balancer,
    maps="ELB.3, CKV_AWS_376",
    fix="Use HTTPS or SSL listeners; better, an Application Load Balancer.",
)
DO_DATABASE_NETWORK = _rule(
    "do-db-network",
    "A managed database has a network of its own",
    MANDATORY,
    MEDIUM,
    (t.DO_DATABASE,),
    expecting("privateNetworkUuid", present, "stands in the account's default network"),
    maps="DO VPC",
    fix="Give private_network_uuid.",
    link=_DO_DB + "mongodb/how-to/secure/",
)
DO_DATABASE_FIREWALL = _rule(
    "do-db-firewall",
    "A managed database takes connections from named sources",
    MANDATORY,
    CRITICAL,
    (t.DO_DATABASE, t.DO_DATABASE_FIREWALL),
    _do_firewall,
    maps="DO trusted sources",
    needs=Needs.EARLIER,
    why="the firewall of a database is made after it",
    fix="Add a DatabaseFirewall with the cluster, the droplets or the app that may connect.",
    link=_DO_DB + "mongodb/how-to/secure/",
)
DO_DATABASE_SIZE = _rule(
    "do-db-standby",
    "A managed database has a standby",
    ADVISORY,
    LOW,
    (t.DO_DATABASE,),
    expecting("nodeCount", at_least(2), "one node only: it is away while that is repaired"),
    maps="DO high availability",
    fix="Set node_count to 2 or more.",
    link=_DO_DB,
)
DO_BALANCER_TLS = _rule(
    "do-balancer-tls",
    "A DigitalOcean load balancer serves by TLS",
    MANDATORY,
    HIGH,
    (t.DO_BALANCER,),
    _do_balancer,
    maps="tfsec digitalocean-compute-enforce-https",
    fix="Add an HTTPS rule with a certificate, and redirect_http_to_https.",
    link="https://docs.digitalocean.com/products/networking/load-balancers/how-to/ssl-termination/",
)
DO_APP_DATABASE = _rule(
    "do-app-database",
    "An app's database is one for production",
    PRODUCTION,
    MEDIUM,
    (t.DO_APP,),
    _do_app_database,
    maps="DO app databases",
    fix="Set production, with a cluster of its own.",
    link="https://docs.digitalocean.com/products/app-platform/how-to/manage-databases/",
)
