"""What services keep: whether it is encrypted, can be brought back, gets its fixes, and who used it is known."""

from policy.rows import Row, asking, aws, index, left_on, off, on, types_of
from policy.rule import ANY, at_least, is_in, present, unset_or
from policy.rules._make import ADVISORY, LOW, MANDATORY, MEDIUM, PRODUCTION, Area

_rule = Area("keeping")

_AWS = "https://docs.aws.amazon.com/"
_CLEAR = "what it keeps is not encrypted"
_GONE = "can be deleted by one wrong call"
_UNSEEN = "nobody can tell later what was done"


def _sealed(mode: object) -> bool:
    return mode is not None and mode != "DISABLED"


_ENCRYPTED = (
    on(aws("appsync", "ApiCache"), "atRestEncryptionEnabled", _CLEAR),
    left_on(("kubernetes:storage.k8s.io/v1:StorageClass",), "parameters.encrypted", _CLEAR),
    *(
        left_on(index("mongodbatlas", "EncryptionAtRest"), f"{cloud}.enabled", _CLEAR)
        for cloud in ("awsKmsConfig", "azureKeyVaultConfig", "googleCloudKmsConfig")
    ),
    on(aws("dax", "Cluster"), "serverSideEncryption.enabled", _CLEAR),
    on((*aws("ebs", "SnapshotCopy", "SnapshotImport"), *aws("ec2", "AmiCopy")), "encrypted", _CLEAR),
    on(aws("workspaces", "Workspace"), "rootVolumeEncryptionEnabled", _CLEAR),
    on(aws("workspaces", "Workspace"), "userVolumeEncryptionEnabled", _CLEAR),
    off(aws("codebuild", "Project"), "artifacts.encryptionDisabled", _CLEAR),
    off(aws("codebuild", "Project"), "secondaryArtifacts.*.encryptionDisabled", _CLEAR),
    off(aws("codebuild", "Project"), "logsConfig.s3Logs.encryptionDisabled", _CLEAR),
    Row(
        aws("athena", "Workgroup"),
        "configuration.resultConfiguration.encryptionConfiguration.encryptionOption",
        present,
        _CLEAR,
    ),
    Row(aws("athena", "Database"), "encryptionConfiguration.encryptionOption", present, _CLEAR),
    *(
        Row(aws("glue", "SecurityConfiguration"), f"encryptionConfiguration.{path}", _sealed, _CLEAR)
        for path in (
            "s3Encryption.s3EncryptionMode",
            "cloudwatchEncryption.cloudwatchEncryptionMode",
            "jobBookmarksEncryption.jobBookmarksEncryptionMode",
        )
    ),
    Row(
        aws("glue", "DataCatalogEncryptionSettings"),
        "dataCatalogEncryptionSettings.encryptionAtRest.catalogEncryptionMode",
        _sealed,
        _CLEAR,
    ),
    on(
        aws("glue", "DataCatalogEncryptionSettings"),
        "dataCatalogEncryptionSettings.connectionPasswordEncryption.returnConnectionPasswordEncrypted",
        "it gives out passwords in clear",
    ),
    on(
        aws("kinesis", "FirehoseDeliveryStream"),
        "serverSideEncryption.enabled",
        _CLEAR,
        unless="kinesisSourceConfiguration mskSourceConfiguration",
    ),
    on(
        aws("emr", "SecurityConfiguration"),
        "configuration>EncryptionConfiguration.EnableAtRestEncryption",
        _CLEAR,
    ),
    on(
        aws("apigateway", "MethodSettings"),
        "settings.cacheDataEncrypted",
        _CLEAR,
        when="settings.cachingEnabled",
    ),
)
_KEPT = (
    Row(aws("keyspaces", "Table"), "pointInTimeRecovery.status", is_in("ENABLED"), "is not backed up"),
    left_on(aws("neptunegraph", "Graph"), "deletionProtection", _GONE),
    left_on(aws("qldb", "Ledger"), "deletionProtection", _GONE),
    left_on(aws("cloudtrail", "EventDataStore"), "terminationProtectionEnabled", _GONE),
    left_on(index("mongodbatlas", "ServerlessInstance"), "terminationProtectionEnabled", _GONE),
    on(aws("dsql", "Cluster"), "deletionProtectionEnabled", _GONE),
    on(aws("networkfirewall", "Firewall"), "deleteProtection", _GONE),
    off(
        (*aws("backup", "Vault"), *aws("athena", "Database"), *aws("s3", "DirectoryBucket")),
        "forceDestroy",
        "goes with all that it keeps",
    ),
    Row(aws("efs", "BackupPolicy"), "backupPolicy.status", is_in("ENABLED"), "is not backed up"),
    Row(
        aws("fsx", "WindowsFileSystem", "OntapFileSystem", "OpenZfsFileSystem"),
        "automaticBackupRetentionDays",
        lambda days: days is None or at_least(1)(days),
        "is not backed up",
    ),
    off(aws("fsx", "WindowsFileSystem", "OntapVolume"), "skipFinalBackup", "nothing is left of it"),
    Row(
        aws("kinesis", "Stream"), "retentionPeriod", lambda h: h is None or at_least(24)(h), "kept for hours"
    ),
    off(
        (*aws("ecr", "Repository"), *aws("lightsail", "Bucket")), "forceDelete", "goes with all that it keeps"
    ),
)
_CACHES = (
    Row(
        (*aws("elasticache", "ReplicationGroup"), *aws("memorydb", "Cluster")),
        "snapshotRetentionLimit",
        at_least(1),
        "is not backed up",
    ),
)
_PATCHED = (left_on((ANY,), "autoMinorVersionUpgrade", "gets no security fixes by itself"),)
_LOGGED = (
    Row(aws("docdb", "Cluster"), "enabledCloudwatchLogsExports", present, _UNSEEN),
    Row(aws("neptune", "Cluster"), "enableCloudwatchLogsExports", present, _UNSEEN),
    Row(
        (*aws("opensearch", "Domain"), *aws("elasticsearch", "Domain")),
        "logPublishingOptions",
        present,
        _UNSEEN,
    ),
    Row((*aws("apigateway", "Stage"), *aws("apigatewayv2", "Stage")), "accessLogSettings", present, _UNSEEN),
    Row(aws("apigateway", "MethodSettings"), "settings.loggingLevel", is_in("INFO", "ERROR"), _UNSEEN),
    Row(aws("elb", "LoadBalancer"), "accessLogs.bucket", present, _UNSEEN),
    Row(aws("msk", "Cluster"), "loggingInfo.brokerLogs", present, _UNSEEN),
    on(aws("mq", "Broker"), "logs.general", _UNSEEN),
    Row(
        aws("eks", "Cluster"),
        "enabledClusterLogTypes",
        lambda kinds: isinstance(kinds, list) and {"api", "audit"} <= set(map(str, kinds)),
        _UNSEEN,
    ),
    Row(aws("sfn", "StateMachine"), "loggingConfiguration.level", is_in("ALL", "ERROR", "FATAL"), _UNSEEN),
    Row(aws("codebuild", "Project"), "logsConfig.cloudwatchLogs.status", unset_or("ENABLED"), _UNSEEN),
    on(aws("globalaccelerator", "Accelerator"), "attributes.flowLogsEnabled", _UNSEEN),
    Row(aws("appsync", "GraphQLApi"), "logConfig.fieldLogLevel", is_in("ALL", "ERROR"), _UNSEEN),
    on(aws("ec2clientvpn", "Endpoint"), "connectionLogOptions.enabled", _UNSEEN),
    Row(aws("cloudtrail", "Trail"), "cloudWatchLogsGroupArn", present, "nobody is told of what it records"),
    Row(aws("cloudtrail", "Trail"), "kmsKeyId", present, "is encrypted with no key of one's own"),
    left_on(
        aws("wafv2", "WebAcl"), "visibilityConfig.cloudwatchMetricsEnabled", "nobody counts what it stops"
    ),
    Row(aws("emr", "Cluster"), "logUri", present, _UNSEEN),
    Row(aws("guardduty", "DetectorFeature"), "status", is_in("ENABLED"), "a part is not watched"),
    Row(index("mongodbatlas", "Auditing"), "enabled", lambda on: on is not False, _UNSEEN),
)
ROWS = (*_ENCRYPTED, *_KEPT, *_CACHES, *_PATCHED, *_LOGGED)

KEPT_ENCRYPTED = _rule(
    "kept-encrypted",
    "What a service keeps or copies is encrypted",
    MANDATORY,
    MEDIUM,
    types_of(_ENCRYPTED),
    asking(_ENCRYPTED),
    maps="DynamoDB.3, EMR.3, CodeBuild.3, APIGateway.5, CKV_AWS_155, CKV_AWS_156, CKV_AWS_240, CKV_AWS_77",
    fix="Switch encryption on, or name a key.",
)
KEPT_SAFE = _rule(
    "kept-safe",
    "What a service keeps is not lost by one wrong call",
    PRODUCTION,
    MEDIUM,
    types_of(_KEPT),
    asking(_KEPT),
    maps="NetworkFirewall.9, practice recovery",
    fix="Leave deletion protection and backups on.",
)
CACHE_BACKUPS = _rule(
    "cache-backups",
    "What stands in a cache is backed up",
    ADVISORY,
    LOW,
    types_of(_CACHES),
    asking(_CACHES),
    maps="ElastiCache.1, CKV_AWS_134",
    fix="Set snapshot_retention_limit.",
)
KEPT_PATCHED = _rule(
    "kept-patched",
    "Services take small updates by themselves",
    MANDATORY,
    MEDIUM,
    (ANY,),
    asking(_PATCHED),
    maps="RDS.13, DMS.6, ElastiCache.2",
    fix="Leave auto_minor_version_upgrade on.",
)
KEPT_LOGGED = _rule(
    "kept-logged",
    "Services write down who used them",
    ADVISORY,
    LOW,
    types_of(_LOGGED),
    asking(_LOGGED),
    maps="DocumentDB.4, Neptune.2, APIGateway.1, APIGateway.9, EKS.8, CKV_AWS_48, CloudTrail.2, CloudTrail.5",
    fix="Name a log group or a bucket for its logs.",
    link=_AWS
    + "wellarchitected/latest/security-pillar/sec_detect_investigate_events_app_service_logging.html",
)
