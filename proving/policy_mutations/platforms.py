"""DigitalOcean, Cloudflare, Atlas and audits of other programs: each sound, and each with one attribute that is not."""

from collections.abc import Iterator
from typing import Any, Final

from policy.model import Subject
from policy.rows import aws, index
from proving.policy_mutations.change import DELETE, Changed, Mutation, from_sound


def atlas(name: str) -> str:
    return index("mongodbatlas", name)[0]


def ocean(name: str) -> str:
    return index("digitalocean", name)[0]


def flare(name: str) -> str:
    return index("cloudflare", name)[0]


_ROUTE: Final = {"hostname": "a.example.org", "service": "https://a", "originRequest": {"noTlsVerify": False}}
SOUND: Final[dict[str, dict[str, Any]]] = {
    atlas("ApiKey"): {"description": "backups", "roleNames": ["ORG_READ_ONLY"], "orgId": "o"},
    atlas("ProjectApiKey"): {
        "description": "backups",
        "projectAssignments": [{"projectId": "p", "roleNames": ["GROUP_READ_ONLY"]}],
    },
    atlas("ServiceAccount"): {"roles": ["ORG_READ_ONLY"], "orgId": "o"},
    atlas("ProjectServiceAccount"): {"roles": ["GROUP_READ_ONLY"], "projectId": "p"},
    atlas("Organization"): {"apiAccessListRequired": True, "multiFactorAuthRequired": True},
    atlas("ServerlessInstance"): {"terminationProtectionEnabled": True, "continuousBackupEnabled": True},
    ocean("DatabaseRedisConfig"): {"clusterId": "c", "ssl": True},
    ocean("DatabaseValkeyConfig"): {"clusterId": "c", "ssl": True},
    ocean("DatabaseOnlineMigration"): {"clusterId": "c", "disableSsl": False},
    ocean("DatabaseLogsinkRsyslog"): {"clusterId": "c", "tls": True},
    ocean("SpacesKey"): {"grants": [{"bucket": "media", "permission": "readwrite"}]},
    ocean("Cdn"): {
        "origin": "media.sgp1.digitaloceanspaces.com",
        "customDomain": "a",
        "certificateName": "a",
    },
    ocean("KubernetesCluster"): {
        "version": "1.33.1-do.0",
        "autoUpgrade": True,
        "surgeUpgrade": True,
        "vpcUuid": "v",
        "ha": True,
        "maintenancePolicy": {"day": "sunday", "startTime": "18:00"},
        "nodePool": {"nodeCount": 3},
    },
    flare("R2CustomDomain"): {"minTls": "1.2"},
    flare("SpectrumApplication"): {"protocol": "tcp/5432", "tls": "strict"},
    flare("CustomHostname"): {"ssl": {"settings": {"minTlsVersion": "1.2"}}},
    flare("LoadBalancerMonitor"): {"type": "https", "allowInsecure": False},
    flare("ZeroTrustTunnelCloudflaredConfig"): {"config": {"ingresses": [_ROUTE]}},
    flare("Account"): {"settings": {"enforceTwofactor": True}},
    flare("AuthenticatedOriginPullsSettings"): {"enabled": True},
    aws("cloudtrail", "Trail")[0]: {
        "enableLogFileValidation": True,
        "isMultiRegionTrail": True,
        "includeGlobalServiceEvents": True,
        "kmsKeyId": "k",
        "cloudWatchLogsGroupArn": "g",
        "eventSelectors": [{"readWriteType": "All", "includeManagementEvents": True}],
    },
    aws("cloudtrail", "EventDataStore")[0]: {"terminationProtectionEnabled": True},
    aws("guardduty", "Detector")[0]: {"enable": True},
    aws("guardduty", "DetectorFeature")[0]: {"name": "S3_DATA_EVENTS", "status": "ENABLED"},
    aws("cfg", "Recorder")[0]: {"recordingGroup": {"allSupported": True}},
    aws("cfg", "RecorderStatus")[0]: {"isEnabled": True},
    aws("macie2", "Account")[0]: {"status": "ENABLED"},
}
_TRAIL: Final = aws("cloudtrail", "Trail")[0]
CHANGED: Final[tuple[Changed, ...]] = (
    (atlas("ApiKey"), "roleNames", ["ORG_OWNER"], "atlas-key-no-owner"),
    (atlas("ApiKey"), "roleNames.+", "ORG_OWNER", "atlas-key-no-owner"),
    (atlas("ProjectApiKey"), "projectAssignments.0.roleNames", ["GROUP_OWNER"], "atlas-key-no-owner"),
    (atlas("ServiceAccount"), "roles", ["ORG_OWNER"], "atlas-key-no-owner"),
    (atlas("ProjectServiceAccount"), "roles", ["GROUP_OWNER"], "atlas-key-no-owner"),
    (atlas("Organization"), "apiAccessListRequired", False, "switch-guard"),
    (atlas("Organization"), "multiFactorAuthRequired", False, "switch-guard"),
    (atlas("ServerlessInstance"), "terminationProtectionEnabled", False, "kept-safe"),
    (ocean("DatabaseRedisConfig"), "ssl", False, "switch-tls"),
    (ocean("DatabaseValkeyConfig"), "ssl", False, "switch-tls"),
    (ocean("DatabaseOnlineMigration"), "disableSsl", True, "switch-tls"),
    *((ocean("DatabaseLogsinkRsyslog"), "tls", value, "switch-tls") for value in (False, DELETE)),
    (ocean("SpacesKey"), "grants.0.permission", "fullaccess", "switch-guard"),
    *((flare("R2CustomDomain"), "minTls", value, "switch-tls") for value in ("1.0", "1.1", DELETE)),
    *((flare("SpectrumApplication"), "tls", value, "switch-tls") for value in ("off", "flexible")),
    (flare("CustomHostname"), "ssl.settings.minTlsVersion", "1.0", "switch-tls"),
    (flare("LoadBalancerMonitor"), "allowInsecure", True, "switch-tls"),
    (
        flare("ZeroTrustTunnelCloudflaredConfig"),
        "config.ingresses.0.originRequest.noTlsVerify",
        True,
        "switch-tls",
    ),
    (flare("ZeroTrustTunnelCloudflaredConfig"), "config.originRequest", {"noTlsVerify": True}, "switch-tls"),
    (flare("Account"), "settings.enforceTwofactor", False, "switch-guard"),
    (flare("AuthenticatedOriginPullsSettings"), "enabled", False, "switch-guard"),
    (_TRAIL, "enableLogFileValidation", False, "trail-validated"),
    (_TRAIL, "enableLogging", False, "audit-on"),
    (_TRAIL, "isMultiRegionTrail", False, "trail-all-regions"),
    (_TRAIL, "includeGlobalServiceEvents", False, "switch-guard"),
    (_TRAIL, "eventSelectors.0.includeManagementEvents", False, "switch-guard"),
    (_TRAIL, "eventSelectors.0.readWriteType", "WriteOnly", "switch-guard"),
    (_TRAIL, "kmsKeyId", DELETE, "kept-logged"),
    (_TRAIL, "cloudWatchLogsGroupArn", DELETE, "kept-logged"),
    (aws("cloudtrail", "EventDataStore")[0], "terminationProtectionEnabled", False, "kept-safe"),
    (aws("guardduty", "Detector")[0], "enable", False, "audit-on"),
    (aws("guardduty", "DetectorFeature")[0], "status", "DISABLED", "kept-logged"),
    (aws("cfg", "Recorder")[0], "recordingGroup.allSupported", False, "switch-guard"),
    (aws("cfg", "RecorderStatus")[0], "isEnabled", False, "audit-on"),
    (aws("macie2", "Account")[0], "status", "PAUSED", "switch-guard"),
)


def platforms(stack: str, plain: tuple[Subject, ...]) -> Iterator[Mutation]:
    """Give settings of platforms and of audits that are off, in clear, or too wide."""
    yield from from_sound("platforms and audits of other programs", stack, plain, SOUND, CHANGED)
