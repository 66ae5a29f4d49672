"""Machines, functions, queues and pipelines of other programs: each sound, and each with one attribute that is not."""

import json
from collections.abc import Iterator
from typing import Any, Final

from policy.model import Subject
from policy.rows import aws
from proving.policy_mutations.change import DELETE, Changed, Mutation, from_sound

_BATCH: Final = {"image": "nginx:1.29.3", "privileged": False}
_SEALED: Final = {
    "EncryptionConfiguration": {"EnableAtRestEncryption": True, "EnableInTransitEncryption": True}
}
_LAKE: Final = {
    "encryptionAtRest": {"catalogEncryptionMode": "SSE-KMS"},
    "connectionPasswordEncryption": {"returnConnectionPasswordEncrypted": True},
}
_JOBS: Final = {
    "s3Encryption": {"s3EncryptionMode": "SSE-KMS"},
    "cloudwatchEncryption": {"cloudwatchEncryptionMode": "SSE-KMS"},
    "jobBookmarksEncryption": {"jobBookmarksEncryptionMode": "CSE-KMS"},
}
_BUILD: Final[dict[str, Any]] = {
    "artifacts": {"type": "S3", "encryptionDisabled": False},
    "logsConfig": {"cloudwatchLogs": {"status": "ENABLED"}, "s3Logs": {"encryptionDisabled": False}},
}
_RANGE: Final = [{"minRange": 22, "maxRange": 22}]
SOUND: Final[dict[str, dict[str, Any]]] = {
    aws("sagemaker", "NotebookInstance")[0]: {"directInternetAccess": "Disabled", "rootAccess": "Disabled"},
    aws("sagemaker", "Domain")[0]: {"appNetworkAccessType": "VpcOnly"},
    aws("emr", "BlockPublicAccessConfiguration")[0]: {
        "blockPublicSecurityGroupRules": True,
        "permittedPublicSecurityGroupRuleRanges": _RANGE,
    },
    aws("emr", "SecurityConfiguration")[0]: {"configuration": json.dumps(_SEALED)},
    aws("ebs", "SnapshotCopy")[0]: {"encrypted": True},
    aws("ec2", "AmiCopy")[0]: {"encrypted": True},
    aws("ec2transitgateway", "TransitGateway")[0]: {"autoAcceptSharedAttachments": "disable"},
    aws("ec2", "SerialConsoleAccess")[0]: {"enabled": False},
    aws("eks", "NodeGroup")[0]: {"remoteAccess": {"ec2SshKey": "ops", "sourceSecurityGroupIds": ["sg-1"]}},
    aws("batch", "JobDefinition")[0]: {"type": "container", "containerProperties": json.dumps(_BATCH)},
    aws("codebuild", "Project")[0]: _BUILD,
    aws("athena", "Workgroup")[0]: {
        "configuration": {"resultConfiguration": {"encryptionConfiguration": {"encryptionOption": "SSE_S3"}}}
    },
    aws("glue", "DataCatalogEncryptionSettings")[0]: {"dataCatalogEncryptionSettings": _LAKE},
    aws("glue", "SecurityConfiguration")[0]: {"encryptionConfiguration": _JOBS},
    aws("kinesis", "FirehoseDeliveryStream")[0]: {"serverSideEncryption": {"enabled": True}},
    aws("kinesis", "Stream")[0]: {"encryptionType": "KMS", "retentionPeriod": 48},
    aws("apigateway", "MethodSettings")[0]: {
        "settings": {"cachingEnabled": True, "cacheDataEncrypted": True, "loggingLevel": "ERROR"}
    },
    aws("workspaces", "Workspace")[0]: {
        "rootVolumeEncryptionEnabled": True,
        "userVolumeEncryptionEnabled": True,
    },
    aws("mwaa", "Environment")[0]: {"webserverAccessMode": "PRIVATE_ONLY"},
    aws("mq", "Broker")[0]: {
        "publiclyAccessible": False,
        "autoMinorVersionUpgrade": True,
        "logs": {"general": True},
    },
    aws("efs", "BackupPolicy")[0]: {"backupPolicy": {"status": "ENABLED"}},
    aws("fsx", "WindowsFileSystem")[0]: {"automaticBackupRetentionDays": 7, "skipFinalBackup": False},
    aws("datasync", "EfsLocation")[0]: {"inTransitEncryption": "TLS1_2"},
    aws("transfer", "Server")[0]: {
        "protocols": ["SFTP"],
        "securityPolicyName": "TransferSecurityPolicy-2024-01",
    },
    aws("sns", "TopicSubscription")[0]: {"protocol": "https", "endpoint": "https://alarm.example.org/"},
    aws("cloudwatch", "EventApiDestination")[0]: {"invocationEndpoint": "https://hook.example.org/"},
    aws("ram", "ResourceShare")[0]: {"name": "shared", "allowExternalPrincipals": False},
    aws("networkfirewall", "Firewall")[0]: {"deleteProtection": True},
    aws("backup", "Vault")[0]: {"forceDestroy": False},
    aws("sfn", "StateMachine")[0]: {"loggingConfiguration": {"level": "ERROR"}},
    aws("eks", "Cluster")[0]: {
        "enabledClusterLogTypes": ["api", "audit"],
        "vpcConfig": {"endpointPublicAccess": False},
    },
    aws("cognito", "UserPool")[0]: {"passwordPolicy": {"minimumLength": 14}},
}
_LOOSE: Final = (
    '{"EncryptionConfiguration": {"EnableAtRestEncryption": false, "EnableInTransitEncryption": false}}'
)
CHANGED: Final[tuple[Changed, ...]] = (
    *(
        (aws("sagemaker", "NotebookInstance")[0], "directInternetAccess", v, "switch-open")
        for v in ("Enabled", DELETE)
    ),
    *(
        (aws("sagemaker", "NotebookInstance")[0], "rootAccess", v, "switch-guard")
        for v in ("Enabled", DELETE)
    ),
    (aws("sagemaker", "Domain")[0], "appNetworkAccessType", "PublicInternetOnly", "switch-open"),
    (aws("emr", "BlockPublicAccessConfiguration")[0], "blockPublicSecurityGroupRules", False, "switch-open"),
    (
        aws("emr", "BlockPublicAccessConfiguration")[0],
        "permittedPublicSecurityGroupRuleRanges.0.maxRange",
        65535,
        "switch-open",
    ),
    (aws("emr", "SecurityConfiguration")[0], "configuration", _LOOSE, "kept-encrypted"),
    (aws("emr", "SecurityConfiguration")[0], "configuration", _LOOSE, "switch-tls"),
    *((aws("ebs", "SnapshotCopy")[0], "encrypted", v, "kept-encrypted") for v in (False, DELETE)),
    (aws("ec2", "AmiCopy")[0], "encrypted", False, "kept-encrypted"),
    (aws("ec2transitgateway", "TransitGateway")[0], "autoAcceptSharedAttachments", "enable", "switch-guard"),
    (aws("ec2", "SerialConsoleAccess")[0], "enabled", True, "switch-guard"),
    (aws("eks", "NodeGroup")[0], "remoteAccess.sourceSecurityGroupIds", DELETE, "switch-open"),
    (aws("batch", "JobDefinition")[0], "containerProperties.privileged", True, "switch-guard"),
    (aws("codebuild", "Project")[0], "artifacts.encryptionDisabled", True, "kept-encrypted"),
    (aws("codebuild", "Project")[0], "logsConfig.s3Logs.encryptionDisabled", True, "kept-encrypted"),
    (aws("codebuild", "Project")[0], "logsConfig.cloudwatchLogs.status", "DISABLED", "kept-logged"),
    (aws("codebuild", "Project")[0], "projectVisibility", "PUBLIC_READ", "switch-open"),
    (
        aws("athena", "Workgroup")[0],
        "configuration.resultConfiguration.encryptionConfiguration",
        DELETE,
        "kept-encrypted",
    ),
    *(
        (
            aws("glue", "DataCatalogEncryptionSettings")[0],
            f"dataCatalogEncryptionSettings.{path}",
            v,
            "kept-encrypted",
        )
        for path, v in (
            ("encryptionAtRest.catalogEncryptionMode", "DISABLED"),
            ("connectionPasswordEncryption.returnConnectionPasswordEncrypted", False),
        )
    ),
    (
        aws("glue", "SecurityConfiguration")[0],
        "encryptionConfiguration.s3Encryption.s3EncryptionMode",
        "DISABLED",
        "kept-encrypted",
    ),
    *(
        (aws("kinesis", "FirehoseDeliveryStream")[0], "serverSideEncryption", v, "kept-encrypted")
        for v in ({}, DELETE)
    ),
    (aws("kinesis", "Stream")[0], "encryptionType", "NONE", "sqs-encrypted"),
    (aws("apigateway", "MethodSettings")[0], "settings.cacheDataEncrypted", False, "kept-encrypted"),
    (aws("apigateway", "MethodSettings")[0], "settings.loggingLevel", "OFF", "kept-logged"),
    *(
        (aws("workspaces", "Workspace")[0], f"{v}VolumeEncryptionEnabled", False, "kept-encrypted")
        for v in ("root", "user")
    ),
    (aws("mwaa", "Environment")[0], "webserverAccessMode", "PUBLIC_ONLY", "switch-open"),
    (aws("mq", "Broker")[0], "publiclyAccessible", True, "db-private"),
    (aws("mq", "Broker")[0], "autoMinorVersionUpgrade", False, "kept-patched"),
    (aws("mq", "Broker")[0], "logs", DELETE, "kept-logged"),
    (aws("efs", "BackupPolicy")[0], "backupPolicy.status", "DISABLED", "kept-safe"),
    (aws("fsx", "WindowsFileSystem")[0], "automaticBackupRetentionDays", 0, "kept-safe"),
    (aws("datasync", "EfsLocation")[0], "inTransitEncryption", "NONE", "switch-tls"),
    (aws("transfer", "Server")[0], "protocols", ["FTP"], "db-tls"),
    (aws("transfer", "Server")[0], "securityPolicyName", "TransferSecurityPolicy-2018-11", "switch-tls"),
    (aws("sns", "TopicSubscription")[0], "protocol", "http", "switch-tls"),
    (
        aws("cloudwatch", "EventApiDestination")[0],
        "invocationEndpoint",
        "http://hook.example.org/",
        "switch-tls",
    ),
    (aws("ram", "ResourceShare")[0], "allowExternalPrincipals", True, "switch-guard"),
    (aws("networkfirewall", "Firewall")[0], "deleteProtection", False, "kept-safe"),
    (aws("backup", "Vault")[0], "forceDestroy", True, "kept-safe"),
    (aws("sfn", "StateMachine")[0], "loggingConfiguration.level", "OFF", "kept-logged"),
    (aws("eks", "Cluster")[0], "enabledClusterLogTypes", ["api"], "kept-logged"),
    (aws("cognito", "UserPool")[0], "passwordPolicy.minimumLength", 6, "switch-guard"),
)


def machines(stack: str, plain: tuple[Subject, ...]) -> Iterator[Mutation]:
    """Give machines and services that are open, in clear, or without their guards."""
    yield from from_sound("machines and services of other programs", stack, plain, SOUND, CHANGED)
