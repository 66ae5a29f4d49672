"""MongoDB Atlas."""

import base64
import hashlib
import ipaddress
import re
from typing import Any

from rehearsal.standins.aws.network import public_address
from rehearsal.standins.table import CREATED, Ask, Lookup, Standin, always, given, names

DURATION = re.compile(r"(\d+(\.\d+)?(ns|us|ms|s|m|h))+")
"""Go's durations, the only form of time-outs that the provider takes."""
X509_TYPES = ("CUSTOMER", "MANAGED", "NONE")
PATCH_RELEASES = {"7.0": "7.0.28", "8.0": "8.0.16", "8.2": "8.2.2"}
"""A full version for each series, made up but for its form."""


def _state_id(**parts: str) -> str:
    """The provider's composite ids: base64 of each part, as `key:value-key:value`."""

    def coded(text: str) -> str:
        return base64.b64encode(text.encode()).decode()

    return "-".join(f"{coded(key)}:{coded(value)}" for key, value in sorted(parts.items()))


def _cluster_host(ask: Ask) -> str:
    """The same for the resource and for its lookup: it depends on project and name only."""
    seed = f"{ask['projectId']}/{ask['name']}".encode()
    return f"{str(ask['name']).lower()}.{hashlib.sha256(seed).hexdigest()[:5]}.mongodb.net"


def _connection_strings(ask: Ask) -> dict[str, Any]:
    host = _cluster_host(ask)
    name, _, domain = host.partition(".")
    members = ",".join(f"{name}-shard-00-0{at}.{domain}:27017" for at in range(3))
    return {
        "private": "",
        "privateEndpoints": _private_endpoints(ask, name, domain),
        "privateSrv": "",
        "standard": f"mongodb://{members}/?ssl=true&authSource=admin&replicaSet=atlas-{name}-shard-0",
        "standardSrv": f"mongodb+srv://{host}",
    }


def _private_endpoints(ask: Ask, name: str, domain: str) -> list[dict[str, Any]]:
    """One for each private endpoint that the project has accepted."""
    accepted = [
        one.inputs
        for one in ask.world("mongodbatlas:index/privateLinkEndpointService:PrivateLinkEndpointService")
        if one.inputs.get("projectId") == ask["projectId"]
    ]
    return [
        {
            "connectionString": f"mongodb://pl-{at}-{domain}:1024/?ssl=true&authSource=admin",
            "endpoints": [
                {"endpointId": one["endpointServiceId"], "providerName": one["providerName"], "region": ""}
            ],
            "srvConnectionString": f"mongodb+srv://{name}-pl-{at}.{domain}",
            "srvShardOptimizedConnectionString": "",
            "type": "MONGOD",
        }
        for at, one in enumerate(accepted)
    ]


def _version(ask: Ask) -> str:
    major = str(ask["mongoDbMajorVersion"] or "8.0")
    return PATCH_RELEASES.get(major, f"{major}.0")


def _replication_specs(ask: Ask) -> list[dict[str, Any]]:
    return [
        {
            "zoneName": "ZoneName managed by Terraform",
            **spec,
            "containerId": {
                f"{region.get('providerName')}:{region.get('regionName')}": ask.hex(24, f"container{at}")
                for region in spec.get("regionConfigs") or []
            },
            "externalId": ask.hex(24, f"spec{at}"),
            "zoneId": ask.hex(24, f"zone{at}"),
        }
        for at, spec in enumerate(ask["replicationSpecs"] or [])
    ]


def _bad_timeouts(ask: Ask) -> list[str]:
    return [
        f"timeouts.{key} {value!r} is no duration such as 30m or 1h30m"
        for key, value in (ask["timeouts"] or {}).items()
        if value is not None and not DURATION.fullmatch(str(value))
    ]


def _access_list_refusals(ask: Ask) -> list[str]:
    found = _bad_timeouts(ask)
    # What is not known yet still counts as set: the real provider looks at the plan's configuration.
    ways = [key for key in ("awsSecurityGroup", "cidrBlock", "ipAddress") if ask.inputs.get(key) is not None]
    if len(ways) != 1:
        found.append(
            "exactly one of awsSecurityGroup, cidrBlock, ipAddress must be set, "
            f"not {' and '.join(ways) or 'none'}"
        )
    for key in set(ways) & {"cidrBlock", "ipAddress"}:
        text = ask.inputs[key]
        try:
            if isinstance(text, str):
                (ipaddress.ip_network if key == "cidrBlock" else ipaddress.ip_address)(text)
        except ValueError as error:
            found.append(f"{key} {text!r} is not valid: {error}")
    return found


def _user_refusals(ask: Ask) -> list[str]:
    kind = ask["x509Type"]
    if kind is not None and kind not in X509_TYPES:
        return [f"x509Type {kind!r} must be one of {', '.join(X509_TYPES)}"]
    return []


def _schedule_refusals(ask: Ask) -> list[str]:
    found = []
    for key, top in (("referenceHourOfDay", 23), ("referenceMinuteOfHour", 59)):
        value = ask[key]
        if value is not None and not 0 <= value <= top:
            found.append(f"{key} {value} must be between 0 and {top}")
    return found


TYPES: dict[str, Standin] = {
    "mongodbatlas:index/project:Project": Standin(
        what="project in Atlas",
        id=lambda ask: ask.hex(24),
        computed={
            "clusterCount": always(0),
            "created": always(CREATED),
            "ipAddresses": always({"services": {"clusters": []}}),
        },
        replaces=names("orgId projectOwnerId withDefaultAlertsSettings"),
    ),
    "mongodbatlas:index/advancedCluster:AdvancedCluster": Standin(
        what="database cluster",
        id=lambda ask: _state_id(
            cluster_id=ask.hex(24, "cluster"), cluster_name=str(ask["name"]), project_id=str(ask["projectId"])
        ),
        computed={
            "clusterId": lambda ask: ask.hex(24, "cluster"),
            "configServerType": always("DEDICATED"),
            "connectionStrings": _connection_strings,
            "createDate": always(CREATED),
            "effectiveDatabaseEdition": given("databaseEdition", "ENTERPRISE"),
            "encryptionAtRestProvider": given("encryptionAtRestProvider", "NONE"),
            "mongoDbMajorVersion": given("mongoDbMajorVersion", "8.0"),
            "mongoDbVersion": _version,
            "replicationSpecs": _replication_specs,
            "rootCertType": given("rootCertType", "ISRGROOTX1"),
            "stateName": always("IDLE"),
            "versionReleaseSystem": given("versionReleaseSystem", "LTS"),
        },
        replaces=names("name projectId"),
        refuses=_bad_timeouts,
    ),
    "mongodbatlas:index/databaseUser:DatabaseUser": Standin(
        what="user of the database",
        id=lambda ask: _state_id(
            auth_database_name=str(ask["authDatabaseName"]),
            project_id=str(ask["projectId"]),
            username=str(ask["username"]),
        ),
        computed={
            "awsIamType": given("awsIamType", "NONE"),
            "ldapAuthType": given("ldapAuthType", "NONE"),
            "oidcAuthType": given("oidcAuthType", "NONE"),
            "x509Type": given("x509Type", "NONE"),
        },
        replaces=names("authDatabaseName awsIamType ldapAuthType oidcAuthType projectId username x509Type"),
        refuses=_user_refusals,
    ),
    "mongodbatlas:index/projectIpAccessList:ProjectIpAccessList": Standin(
        what="address that may reach the database",
        id=lambda ask: _state_id(
            entry=str(ask["cidrBlock"] or ask["ipAddress"] or ask["awsSecurityGroup"]),
            project_id=str(ask["projectId"]),
        ),
        computed={
            "cidrBlock": lambda ask: (
                ask["cidrBlock"] or (f"{ask['ipAddress']}/32" if ask["ipAddress"] else None)
            )
        },
        replaces=names("awsSecurityGroup cidrBlock comment ipAddress projectId"),
        refuses=_access_list_refusals,
    ),
    "mongodbatlas:index/privateLinkEndpoint:PrivateLinkEndpoint": Standin(
        what="Atlas's side of the private connection",
        id=lambda ask: _state_id(
            private_link_id=ask.hex(24),
            project_id=str(ask["projectId"]),
            provider_name=str(ask["providerName"]),
            region=str(ask["region"]),
        ),
        computed={
            "endpointGroupNames": always([]),
            "endpointServiceName": lambda ask: (
                f"com.amazonaws.vpce.{str(ask['region']).lower().replace('_', '-')}.vpce-svc-{ask.hex(17)}"
            ),
            "errorMessage": always(""),
            "interfaceEndpoints": always([]),
            "privateEndpoints": always([]),
            "privateLinkId": lambda ask: ask.hex(24),
            "privateLinkServiceName": always(""),
            "privateLinkServiceResourceId": always(""),
            "regionName": lambda ask: str(ask["region"]).upper().replace("-", "_"),
            "serviceAttachmentNames": always([]),
            "status": always("AVAILABLE"),
        },
        replaces=names("projectId providerName region"),
    ),
    "mongodbatlas:index/privateLinkEndpointService:PrivateLinkEndpointService": Standin(
        what="joins the private connection's two sides",
        id=lambda ask: _state_id(
            endpoint_service_id=str(ask["endpointServiceId"]),
            private_link_id=str(ask["privateLinkId"]),
            project_id=str(ask["projectId"]),
            provider_name=str(ask["providerName"]),
        ),
        computed={
            "awsConnectionStatus": always("AVAILABLE"),
            "azureStatus": always(""),
            "deleteRequested": always(False),
            "endpointGroupName": always(""),
            "errorMessage": always(""),
            "gcpEndpointStatus": always(""),
            "gcpStatus": always(""),
            "interfaceEndpointId": lambda ask: ask["endpointServiceId"],
            "portMappingEnabled": always(False),
            "privateEndpointConnectionName": always(""),
            "privateEndpointResourceId": always(""),
        },
        replaces=names("endpointServiceId privateLinkId projectId providerName"),
    ),
    "mongodbatlas:index/cloudBackupSchedule:CloudBackupSchedule": Standin(
        what="when backups are made, and how long they are kept",
        id=lambda ask: _state_id(cluster_name=str(ask["clusterName"]), project_id=str(ask["projectId"])),
        computed={
            "clusterId": lambda ask: ask.hex(24, "cluster"),
            "idPolicy": lambda ask: ask.hex(24, "policy"),
            "nextSnapshot": always("2026-01-02T00:00:00Z"),
        },
        replaces=names("clusterName projectId"),
        refuses=_schedule_refusals,
    ),
    "mongodbatlas:index/maintenanceWindow:MaintenanceWindow": Standin(
        what="when Atlas may do maintenance",
        id=lambda ask: str(ask["projectId"]),
        computed={
            "hourOfDay": given("hourOfDay", 0),
            "numberOfDeferrals": always(0),
            "startAsap": always(False),
            "timeZoneId": always("Etc/UTC"),
        },
        replaces=names("projectId"),
    ),
    "mongodbatlas:index/alertConfiguration:AlertConfiguration": Standin(
        what="alert of the database",
        id=lambda ask: _state_id(id=ask.hex(24), project_id=str(ask["projectId"])),
        computed={
            "alertConfigurationId": lambda ask: ask.hex(24),
            "created": always(CREATED),
            "updated": always(CREATED),
        },
        replaces=names("projectId"),
    ),
    "mongodbatlas:index/auditing:Auditing": Standin(
        what="log of who did what in the database",
        id=lambda ask: str(ask["projectId"]),
        computed={"configurationType": always("FILTER_JSON")},
        replaces=names("projectId"),
    ),
}


def _found_id(ask: Ask) -> str:
    return str(ask["projectId"] or ask.hex(24))


def _alerts(ask: Ask) -> list[dict[str, Any]]:
    return [
        {
            "id": one.id,
            **{
                key: one.outputs.get(key)
                for key in ("alertConfigurationId", "created", "enabled", "eventType", "projectId", "updated")
            },
        }
        for one in ask.world("mongodbatlas:index/alertConfiguration:AlertConfiguration")
        if one.inputs["projectId"] == ask["projectId"]
    ]


def _links(ask: Ask) -> list[dict[str, Any]]:
    return [
        {
            key: one.outputs.get(key)
            for key in ("privateLinkId", "regionName", "endpointServiceName", "status")
        }
        for one in ask.world("mongodbatlas:index/privateLinkEndpoint:PrivateLinkEndpoint")
        if one.inputs["projectId"] == ask["projectId"] and one.inputs["providerName"] == ask["providerName"]
    ]


def _projects(ask: Ask) -> list[dict[str, Any]]:
    return [
        {"id": one.id, "projectId": one.id, "name": one.inputs["name"], "orgId": one.inputs["orgId"]}
        for one in ask.world("mongodbatlas:index/project:Project")
    ]


LOOKUPS: dict[str, Lookup] = {
    "mongodbatlas:index/getAlertConfigurations:getAlertConfigurations": Lookup(
        {"id": always("alerts"), "results": _alerts, "totalCount": lambda ask: len(_alerts(ask))}
    ),
    "mongodbatlas:index/getPrivatelinkEndpoints:getPrivatelinkEndpoints": Lookup({"results": _links}),
    "mongodbatlas:index/getProjects:getProjects": Lookup(
        {"id": always("projects"), "results": _projects, "totalCount": lambda ask: len(_projects(ask))}
    ),
    "mongodbatlas:index/getProject:getProject": Lookup(
        {
            "clusterCount": always(1),
            "created": always(CREATED),
            "id": _found_id,
            "ipAddresses": always({"services": {"clusters": []}}),
            "limits": always([]),
            "name": given("name", "made-elsewhere"),
            "orgId": lambda ask: ask.hex(24, "organization"),
            "projectId": _found_id,
            "tags": always({}),
            "teams": always([]),
            "users": always([]),
        },
        absent=names(
            "isClusterAiAssistantEnabled isCollectDatabaseSpecificsStatisticsEnabled isDataExplorerEnabled "
            "isDataExplorerGenAiFeaturesEnabled isDataExplorerGenAiSampleDocumentPassingEnabled "
            "isExtendedStorageSizesEnabled isNativeRerankingEnabled isPerformanceAdvisorEnabled "
            "isRealtimePerformancePanelEnabled isSchemaAdvisorEnabled isSlowOperationThresholdingEnabled "
            "regionUsageRestrictions"
        ),
    ),
    "mongodbatlas:index/getAdvancedCluster:getAdvancedCluster": Lookup(
        {
            "backupEnabled": always(True),
            "clusterId": lambda ask: ask.hex(24, "cluster"),
            "clusterType": always("REPLICASET"),
            "connectionStrings": _connection_strings,
            "createDate": always(CREATED),
            "labels": always({}),
            "mongoDbMajorVersion": always("8.0"),
            "mongoDbVersion": always(PATCH_RELEASES["8.0"]),
            "paused": always(False),
            "pitEnabled": always(True),
            "replicationSpecs": always([]),
            "stateName": always("IDLE"),
            "tags": always({}),
        },
        absent=names(
            "adaptiveCapacity advancedConfiguration biConnectorConfig configServerManagementMode "
            "configServerType databaseEdition effectiveDatabaseEdition encryptionAtRestProvider "
            "globalClusterSelfManagedSharding pinnedFcv redactClientLogData replicaSetScalingStrategy "
            "rootCertType terminationProtectionEnabled "
            "useAwsTimeBasedSnapshotCopyForFastInitialSync versionReleaseSystem"
        ),
    ),
    "mongodbatlas:index/getProjectIpAccessList:getProjectIpAccessList": Lookup(
        {
            "comment": always("made elsewhere"),
            "id": lambda ask: ask.hex(24),
            "ipAddress": given("ipAddress", public_address),
        }
    ),
}
