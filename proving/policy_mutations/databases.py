"""Databases, caches and searches of other programs: each sound, and each with one attribute that is not."""

from collections.abc import Iterator
from typing import Any, Final

from policy.model import Subject
from policy.rows import aws
from proving.policy_mutations.change import DELETE, Changed, Mutation, from_sound

_CLUSTER: Final[dict[str, Any]] = {
    "storageEncrypted": True,
    "backupRetentionPeriod": 14,
    "deletionProtection": True,
    "skipFinalSnapshot": False,
}
_LOGS: Final = {"enabledCloudwatchLogsExports": ["audit"]}
SOUND: Final[dict[str, dict[str, Any]]] = {
    aws("docdb", "Cluster")[0]: {**_CLUSTER, **_LOGS},
    aws("docdb", "GlobalCluster")[0]: {"storageEncrypted": True, "deletionProtection": True},
    aws("docdb", "ElasticCluster")[0]: {"backupRetentionPeriod": 7, "authType": "SECRET_ARN"},
    aws("neptune", "Cluster")[0]: {
        **_CLUSTER,
        "enableCloudwatchLogsExports": ["audit"],
        "iamDatabaseAuthenticationEnabled": True,
    },
    aws("neptune", "GlobalCluster")[0]: {"storageEncrypted": True, "deletionProtection": True},
    aws("neptunegraph", "Graph")[0]: {"publicConnectivity": False, "deletionProtection": True},
    aws("rds", "Instance")[0]: {**_CLUSTER, "publiclyAccessible": False},
    aws("rds", "Cluster")[0]: {**_CLUSTER},
    aws("rds", "GlobalCluster")[0]: {"storageEncrypted": True, "deletionProtection": True},
    aws("rds", "ShardGroup")[0]: {"publiclyAccessible": False},
    aws("redshift", "Cluster")[0]: {
        "encrypted": "true",
        "publiclyAccessible": False,
        "skipFinalSnapshot": False,
        "automatedSnapshotRetentionPeriod": 7,
        "enhancedVpcRouting": True,
    },
    aws("redshiftserverless", "Workgroup")[0]: {"publiclyAccessible": False, "enhancedVpcRouting": True},
    aws("elasticache", "ReplicationGroup")[0]: {
        "atRestEncryptionEnabled": True,
        "transitEncryptionEnabled": True,
        "userGroupIds": ["chat"],
        "snapshotRetentionLimit": 7,
    },
    aws("memorydb", "Cluster")[0]: {"aclName": "chat", "snapshotRetentionLimit": 7, "tlsEnabled": True},
    aws("memorydb", "MultiRegionCluster")[0]: {"tlsEnabled": True},
    aws("opensearch", "Domain")[0]: {
        "encryptAtRest": {"enabled": True},
        "nodeToNodeEncryption": {"enabled": True},
        "domainEndpointOptions": {
            "enforceHttps": True,
            "tlsSecurityPolicy": "Policy-Min-TLS-1-2-PFS-2023-10",
        },
        "logPublishingOptions": [{"logType": "AUDIT_LOGS", "cloudwatchLogGroupArn": "a"}],
    },
    aws("dynamodb", "Table")[0]: {
        "pointInTimeRecovery": {"enabled": True},
        "deletionProtectionEnabled": True,
    },
    aws("dax", "Cluster")[0]: {
        "serverSideEncryption": {"enabled": True},
        "clusterEndpointEncryptionType": "TLS",
    },
    aws("timestreaminfluxdb", "DbInstance")[0]: {"publiclyAccessible": False},
    aws("timestreaminfluxdb", "DbCluster")[0]: {"publiclyAccessible": False},
    aws("dsql", "Cluster")[0]: {"deletionProtectionEnabled": True},
    aws("qldb", "Ledger")[0]: {"deletionProtection": True},
    aws("dms", "ReplicationInstance")[0]: {"publiclyAccessible": False, "autoMinorVersionUpgrade": True},
    aws("appsync", "ApiCache")[0]: {"atRestEncryptionEnabled": True, "transitEncryptionEnabled": True},
    aws("lightsail", "Database")[0]: {
        "publiclyAccessible": False,
        "backupRetentionEnabled": True,
        "skipFinalSnapshot": False,
    },
}
_KEPT: Final = (
    ("deletionProtection", False),
    ("deletionProtection", DELETE),
    ("skipFinalSnapshot", True),
    ("backupRetentionPeriod", 1),
    ("backupRetentionPeriod", DELETE),
)
CHANGED: Final[tuple[Changed, ...]] = (
    *(
        (kind, "storageEncrypted", value, "db-encrypted")
        for kind in (
            *aws("docdb", "Cluster", "GlobalCluster"),
            *aws("neptune", "Cluster", "GlobalCluster"),
            *aws("rds", "Instance", "Cluster", "GlobalCluster"),
        )
        for value in (False, DELETE)
    ),
    *(
        (kind, "publiclyAccessible", True, "db-private")
        for kind in SOUND
        if "publiclyAccessible" in SOUND[kind]
    ),
    *(
        (kind, path, value, "db-backups" if path.startswith("backup") else "db-kept")
        for kind in (*aws("docdb", "Cluster"), *aws("neptune", "Cluster"), *aws("rds", "Instance", "Cluster"))
        for path, value in _KEPT
    ),
    *(
        (kind, "deletionProtection", False, "db-kept")
        for kind in (
            *aws("docdb", "GlobalCluster"),
            *aws("neptune", "GlobalCluster"),
            *aws("rds", "GlobalCluster"),
        )
    ),
    *(
        (kind, "deletionProtection", False, "kept-safe")
        for kind in (*aws("neptunegraph", "Graph"), *aws("qldb", "Ledger"))
    ),
    *((kind, "deletionProtectionEnabled", False, "kept-safe") for kind in aws("dsql", "Cluster")),
    *((kind, "publicConnectivity", True, "switch-open") for kind in aws("neptunegraph", "Graph")),
    *(
        (kind, "encrypted", value, "db-encrypted")
        for kind in aws("redshift", "Cluster")
        for value in ("false", DELETE)
    ),
    *(
        (kind, "skipFinalSnapshot", True, "db-kept")
        for kind in (*aws("redshift", "Cluster"), *aws("lightsail", "Database"))
    ),
    *((kind, "automatedSnapshotRetentionPeriod", 0, "db-backups") for kind in aws("redshift", "Cluster")),
    *((kind, "backupRetentionPeriod", 0, "db-backups") for kind in aws("docdb", "ElasticCluster")),
    *((kind, "backupRetentionEnabled", False, "db-backups") for kind in aws("lightsail", "Database")),
    *(
        (kind, "snapshotRetentionLimit", value, "cache-backups")
        for kind in (*aws("elasticache", "ReplicationGroup"), *aws("memorydb", "Cluster"))
        for value in (0, DELETE)
    ),
    *((kind, "tlsEnabled", False, "cache-guarded") for kind in aws("memorydb", "Cluster")),
    *((kind, "tlsEnabled", False, "switch-tls") for kind in aws("memorydb", "MultiRegionCluster")),
    *((kind, "transitEncryptionEnabled", False, "switch-tls") for kind in aws("appsync", "ApiCache")),
    *((kind, "atRestEncryptionEnabled", False, "kept-encrypted") for kind in aws("appsync", "ApiCache")),
    *((kind, "serverSideEncryption", DELETE, "kept-encrypted") for kind in aws("dax", "Cluster")),
    *(
        (kind, "domainEndpointOptions.tlsSecurityPolicy", value, "switch-tls")
        for kind in aws("opensearch", "Domain")
        for value in ("Policy-Min-TLS-1-0-2019-07", DELETE)
    ),
    *((kind, "autoMinorVersionUpgrade", False, "kept-patched") for kind in aws("dms", "ReplicationInstance")),
    *((kind, "autoMinorVersionUpgrade", False, "kept-patched") for kind in aws("rds", "Instance")),
    *((kind, "enabledCloudwatchLogsExports", DELETE, "kept-logged") for kind in aws("docdb", "Cluster")),
    *((kind, "enableCloudwatchLogsExports", DELETE, "kept-logged") for kind in aws("neptune", "Cluster")),
    *((kind, "logPublishingOptions", DELETE, "kept-logged") for kind in aws("opensearch", "Domain")),
)


def databases(stack: str, plain: tuple[Subject, ...]) -> Iterator[Mutation]:
    """Give databases that are open, in clear, unencrypted or soon gone."""
    yield from from_sound("databases of other programs", stack, plain, SOUND, CHANGED)
