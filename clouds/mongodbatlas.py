"""MongoDB Atlas."""

import base64
import hashlib
import ipaddress
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from math import inf
from typing import Any

from clouds.ask import CREATED, Ask, names, too_long
from clouds.costs import Bill, Charge
from clouds.limits import among, between
from clouds.record import (
    AWAY,
    DATABASE,
    IN_PLACE,
    NO_DATA,
    NO_MODELS,
    NOTHING_KNOWN,
    UNLISTED,
    UNNOTICED,
    Answers,
    Compare,
    Data,
    Drawn,
    Felt,
    Listed,
    Lookup,
    Named,
    Nothing,
    Once,
    Overwritten,
    Refused,
    Refuses,
    Resource,
    Role,
    Scope,
    Use,
    by,
    replaced_by,
)

DURATION = re.compile(r"(\d+(\.\d+)?(ns|us|ms|s|m|h))+")
"""Go's durations, the only form of time-outs that the provider takes."""


PROVIDERS = ("AWS", "AZURE", "GCP")
"""Clouds to which Atlas has private endpoints, as the provider takes them."""
SIZES = ("BITS", "BYTES", *(f"{much}{of}" for much in ("KILO", "MEGA", "GIGA") for of in ("BITS", "BYTES")))
UNITS = ("RAW", *SIZES, "TERABYTES", "PETABYTES", "MILLISECONDS", "SECONDS", "MINUTES", "HOURS", "DAYS")
"""Of a threshold that is no metric's (alertconfiguration/resource.go)."""
TOLD_BY = (
    *("DATADOG", "EMAIL", "GROUP", "MICROSOFT_TEAMS", "OPS_GENIE", "ORG", "PAGER_DUTY", "SLACK", "SMS"),
    *("TEAM", "USER", "VICTOR_OPS", "WEBHOOK"),
)
"""Ways of an alert to people (the same file)."""
REMINDED_ELSEWHERE = ("OPS_GENIE", "PAGER_DUTY", "VICTOR_OPS")
"""Those that repeat an alert by themselves (validator_interval_min.go)."""


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
    # Of the API's description (`NetworkPermissionEntry`).
    found = [*_bad_timeouts(ask), *too_long(ask, comment=80)]
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


def _user(ask: Ask) -> list[str]:
    """Of the provider's schema (resource_database_user.go): who logs in otherwise has no password."""
    others = [key for key in ("awsIamType", "ldapAuthType", "x509Type") if ask[key] is not None]
    return [f"password conflicts with {key}" for key in others if ask["password"] is not None]


def _reminded(ask: Ask) -> Iterator[str]:
    for at, one in enumerate(ask["notifications"] or ()):
        if one.get("typeName") in REMINDED_ELSEWHERE and one.get("intervalMin"):
            yield f"notifications[{at}].intervalMin must not be set for {one['typeName']}"


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


def _users(ask: Ask) -> list[dict[str, Any]]:
    return [
        {key: one.inputs.get(key) or [] for key in ("labels", "roles", "scopes")}
        | {
            key: one.inputs.get(key) or ""
            for key in ("authDatabaseName", "description", "projectId", "username")
        }
        | {key: one.outputs.get(key) for key in ("awsIamType", "ldapAuthType", "oidcAuthType", "x509Type")}
        for one in ask.world("mongodbatlas:index/databaseUser:DatabaseUser")
        if one.inputs.get("projectId") == ask["projectId"]
    ]


def _projects(ask: Ask) -> list[dict[str, Any]]:
    return [
        {"id": one.id, "projectId": one.id, "name": one.inputs["name"], "orgId": one.inputs["orgId"]}
        for one in ask.world("mongodbatlas:index/project:Project")
    ]


def _same_region(inputs: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """Atlas writes `EU_WEST_1` and `eu-west-1`."""
    asked, there = (str(one).lower().replace("_", "-") for one in (inputs["region"], found.get("regionName")))
    return asked == there


_INCLUDED_GB = {"M10": 10, "M20": 20, "M30": 40, "M40": 80, "M50": 160}
"""Disk that is in a tier's price on AWS (mongodb.com/pricing); whoever wants more pays for all of it."""
_BACKUP_TIERS_GB = (5, 100, 250, 500, inf)
"""Where a GB of continuous backups costs less (docs, "Cluster Configuration Costs"); the first 5 cost nothing."""
_AUDITING = 0.1
"""What auditing adds to the price of each cluster of its project (docs, "Additional Services")."""


def _tier_hours(bill: Bill, inputs: Mapping[str, Any], share: float = 1) -> Iterator[Charge]:
    """The hours of a cluster's tier; at most of the one that autoscaling may go up to."""
    for one in _regions(inputs):
        electable = one.get("electableSpecs") or {}
        scaling = one.get("autoScaling") or {}
        tier = electable.get("instanceSize")
        if bill.is_high and scaling.get("computeEnabled"):
            tier = scaling.get("computeMaxInstanceSize") or tier
        nodes = float(electable.get("nodeCount") or 3) / 3
        yield Charge("cluster", f"mongodbatlas.{tier}", bill.hours * nodes * share, _place(one))


def _regions(inputs: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for specs in inputs.get("replicationSpecs") or ():
        yield from specs.get("regionConfigs") or ()


def _place(config: Mapping[str, Any]) -> str:
    return f"{config.get('providerName')}/{config.get('regionName') or config.get('region')}"


def _cluster_costs(bill: Bill) -> Iterator[Charge]:
    """A tier by the hour with its disk, a larger disk, backups, and what leaves Atlas without a private endpoint."""
    yield from _tier_hours(bill, bill.inputs)
    for one in _regions(bill.inputs):
        electable, place = one.get("electableSpecs") or {}, _place(one)
        disk = float(electable.get("diskSizeGb") or 0)
        if disk > _INCLUDED_GB.get(str(electable.get("instanceSize")), disk):
            yield Charge("larger disk", "mongodbatlas.disk-gb", disk, place)
        copied = bill.database_gb * bill.assumed("copies")
        if bill["pitEnabled"]:
            for begin, end in pairwise(_BACKUP_TIERS_GB):
                within = max(0.0, min(copied, end) - begin)
                yield Charge("backups", f"mongodbatlas.continuous-backup-gb.{begin}", within, place)
        elif bill["backupEnabled"]:
            yield Charge("backups", "mongodbatlas.backup-gb", copied, place)
        if not bill.has("mongodbatlas:index/privateLinkEndpoint:PrivateLinkEndpoint"):
            yield Charge("traffic", "mongodbatlas.out-gb", bill.database_traffic_gb, place)


def _link_costs(bill: Bill) -> Iterator[Charge]:
    """Atlas's side of a private connection; AWS charges for the other one."""
    yield Charge("endpoint", "mongodbatlas.endpoint-hour", bill.hours, _place(bill.inputs))
    yield Charge("traffic", "mongodbatlas.endpoint-gb", bill.database_traffic_gb, _place(bill.inputs))


def _auditing_costs(bill: Bill) -> Iterator[Charge]:
    """A share of the price of each cluster."""
    if bill["enabled"] is not False:
        for inputs in bill.planned("mongodbatlas:index/advancedCluster:AdvancedCluster"):
            yield from _tier_hours(bill, inputs, _AUDITING)


def _version_step(outputs: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[str]:
    """One major version up at a time, and none down (www.mongodb.com/docs/atlas/tutorial/major-version-change/)."""
    before, after = (_major(one.get("mongoDbMajorVersion")) for one in (outputs, inputs))
    if before is None or after is None or after in (before, before + 1):
        return []
    old, new = outputs["mongoDbMajorVersion"], inputs["mongoDbMajorVersion"]
    return [f"400 INVALID_ATTRIBUTE mongoDBMajorVersion: {new} does not follow {old}"]


def _major(version: object) -> int | None:
    return int(version.partition(".")[0]) if isinstance(version, str) and version else None


def _left_behind(key: str) -> Compare:
    """The provider sends every update to what its id names, though the input names another: nothing is set there."""

    def compare(outputs: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[str]:
        old, new = outputs.get(key), inputs.get(key)
        return [] if old == new else [f"{key}: the provider goes on with {old}, and sets nothing of {new}"]

    return compare


def _made_with(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Of the provider, in its plan (customplanmodifier, CreateOnly)."""
    keys = ("projectOwnerId", "withDefaultAlertsSettings")
    return [
        f"{key} cannot be updated"
        for key in keys
        if None not in (before.get(key), after.get(key)) and before[key] != after[key]
    ]


PROJECT = Resource(
    "mongodbatlas:index/project:Project",
    "project in Atlas",
    answers=Answers(
        id=lambda ask: ask.hex(24),
        outputs={
            "clusterCount": 0,
            "created": CREATED,
            "ipAddresses": {"services": {"clusters": []}},
        },
    ),
    requests=NO_MODELS,
    refuses=Refuses(
        stays=_made_with,
        once=(Once("a project of that name", "GROUP_ALREADY_EXISTS", by("orgId", "name"), Scope.WORLD),),
        used_by=(
            Use(
                "mongodbatlas:index/advancedCluster:AdvancedCluster",
                "projectId",
                "CANNOT_CLOSE_GROUP_ACTIVE_ATLAS_CLUSTERS",
            ),
        ),
    ),
    again=Refused(),
    replaced=replaced_by("orgId"),
    import_id="{id}",
    found=Listed("mongodbatlas:index/getProjects:getProjects", {}, "results", ("name", "orgId")),
    data=Data("the cluster and its backups"),
    felt=UNNOTICED,
    costs=Nothing("free: the cluster is charged"),
)


ADVANCED_CLUSTER = Resource(
    "mongodbatlas:index/advancedCluster:AdvancedCluster",
    "database cluster",
    answers=Answers(
        id=lambda ask: _state_id(
            cluster_id=ask.hex(24, "cluster"), cluster_name=str(ask["name"]), project_id=str(ask["projectId"])
        ),
        outputs={
            "clusterId": lambda ask: ask.hex(24, "cluster"),
            "configServerType": "DEDICATED",
            "connectionStrings": _connection_strings,
            "createDate": CREATED,
            "effectiveDatabaseEdition": lambda ask: ask["databaseEdition"] or "ENTERPRISE",
            "mongoDbVersion": _version,
            "replicationSpecs": _replication_specs,
            "stateName": "IDLE",
        },
        defaults={
            "encryptionAtRestProvider": "NONE",
            "mongoDbMajorVersion": "8.0",
            "rootCertType": "ISRGROOTX1",
            "versionReleaseSystem": "LTS",
        },
    ),
    requests=NO_MODELS,
    refuses=Refuses(
        inputs=_bad_timeouts,
        busy=_version_step,
        # Atlas's administration API, error codes.
        once=(
            Once("a cluster of that name", "DUPLICATE_CLUSTER_NAME", by("projectId", "name"), Scope.WORLD),
        ),
    ),
    again=Refused(),
    replaced=replaced_by("name projectId"),
    import_id="{projectId}-{name}",
    found=Named(),
    data=Data("the database, with its backups"),
    felt=Felt(gone=AWAY, updated=DATABASE),
    costs=_cluster_costs,
    drawn=(Drawn(Role.DATABASE, "MongoDB", ("MongoDB Atlas {region}",), "three nodes, backups"),),
)


DATABASE_USER = Resource(
    "mongodbatlas:index/databaseUser:DatabaseUser",
    "user of the database",
    answers=Answers(
        id=lambda ask: _state_id(
            auth_database_name=str(ask["authDatabaseName"]),
            project_id=str(ask["projectId"]),
            username=str(ask["username"]),
        ),
        defaults={
            "awsIamType": "NONE",
            "ldapAuthType": "NONE",
            "oidcAuthType": "NONE",
            "x509Type": "NONE",
        },
    ),
    requests=NO_MODELS,
    refuses=Refuses(
        values={
            "awsIamType": among("NONE", "ROLE", "USER"),
            "ldapAuthType": among("GROUP", "NONE", "USER"),
            "x509Type": among("CUSTOMER", "MANAGED", "NONE"),
        },
        together=_user,
        once=(
            Once(
                "a user of that name",
                "USER_ALREADY_EXISTS",
                by("projectId", "authDatabaseName", "username"),
                Scope.WORLD,
            ),
        ),
    ),
    again=Refused(),
    replaced=replaced_by("projectId username"),
    import_id="{projectId}/{username}/{authDatabaseName}",
    found=Named(),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: the cluster is charged"),
)


PROJECT_IP_ACCESS_LIST = Resource(
    "mongodbatlas:index/projectIpAccessList:ProjectIpAccessList",
    "address that may reach the database",
    answers=Answers(
        id=lambda ask: _state_id(
            entry=str(ask["cidrBlock"] or ask["ipAddress"] or ask["awsSecurityGroup"]),
            project_id=str(ask["projectId"]),
        ),
        outputs={
            "cidrBlock": lambda ask: (
                ask["cidrBlock"] or (f"{ask['ipAddress']}/32" if ask["ipAddress"] else None)
            ),
        },
    ),
    requests=NO_MODELS,
    refuses=Refuses(inputs=_access_list_refusals),
    again=Overwritten(),
    replaced=replaced_by(
        "awsSecurityGroup cidrBlock comment ipAddress projectId",
        one_at=names("cidrBlock ipAddress projectId"),
    ),
    import_id="{projectId}-{ipAddress|cidrBlock|awsSecurityGroup}",
    found=Named(),
    data=NO_DATA,
    felt=Felt(deleted=UNLISTED),
    costs=Nothing("free: the cluster is charged"),
)


PRIVATE_LINK_ENDPOINT = Resource(
    "mongodbatlas:index/privateLinkEndpoint:PrivateLinkEndpoint",
    "Atlas's side of the private connection",
    answers=Answers(
        id=lambda ask: _state_id(
            private_link_id=ask.hex(24),
            project_id=str(ask["projectId"]),
            provider_name=str(ask["providerName"]),
            region=str(ask["region"]),
        ),
        outputs={
            "endpointGroupNames": [],
            "endpointServiceName": lambda ask: (
                f"com.amazonaws.vpce.{str(ask['region']).lower().replace('_', '-')}.vpce-svc-{ask.hex(17)}"
            ),
            "errorMessage": "",
            "interfaceEndpoints": [],
            "privateEndpoints": [],
            "privateLinkId": lambda ask: ask.hex(24),
            "privateLinkServiceName": "",
            "privateLinkServiceResourceId": "",
            "regionName": lambda ask: str(ask["region"]).upper().replace("-", "_"),
            "serviceAttachmentNames": [],
            "status": "AVAILABLE",
        },
    ),
    requests=NO_MODELS,
    refuses=Refuses(
        once=(
            Once(
                "an endpoint service of that region",
                "PRIVATE_ENDPOINT_SERVICE_ALREADY_EXISTS_FOR_REGION",
                by("projectId", "providerName", "region"),
                Scope.WORLD,
            ),
        ),
        values={"providerName": among(*PROVIDERS)},
    ),
    again=Refused(),
    replaced=replaced_by("deleteOnCreateTimeout projectId providerName region"),
    import_id="{projectId}-{privateLinkId}-{providerName}-{region}",
    found=Listed(
        "mongodbatlas:index/getPrivatelinkEndpoints:getPrivatelinkEndpoints",
        {"projectId": "{projectId}", "providerName": "{providerName}"},
        "results",
        _same_region,
    ),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=_link_costs,
)


PRIVATE_LINK_ENDPOINT_SERVICE = Resource(
    "mongodbatlas:index/privateLinkEndpointService:PrivateLinkEndpointService",
    "joins the private connection's two sides",
    answers=Answers(
        id=lambda ask: _state_id(
            endpoint_service_id=str(ask["endpointServiceId"]),
            private_link_id=str(ask["privateLinkId"]),
            project_id=str(ask["projectId"]),
            provider_name=str(ask["providerName"]),
        ),
        outputs={
            "awsConnectionStatus": "AVAILABLE",
            "azureStatus": "",
            "deleteRequested": False,
            "endpointGroupName": "",
            "errorMessage": "",
            "gcpEndpointStatus": "",
            "gcpStatus": "",
            "interfaceEndpointId": "{endpointServiceId}",
            "portMappingEnabled": False,
            "privateEndpointConnectionName": "",
            "privateEndpointResourceId": "",
        },
    ),
    requests=NO_MODELS,
    refuses=Refuses(values={"providerName": among(*PROVIDERS)}),
    again=Refused(),
    replaced=replaced_by(
        "deleteOnCreateTimeout endpointServiceId gcpProjectId privateLinkId projectId providerName"
    ),
    import_id="{projectId}--{privateLinkId}--{endpointServiceId}--{providerName}",
    found=Named(),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("the endpoint is charged"),
)


CLOUD_BACKUP_SCHEDULE = Resource(
    "mongodbatlas:index/cloudBackupSchedule:CloudBackupSchedule",
    "when backups are made, and how long they are kept",
    answers=Answers(
        id=lambda ask: _state_id(cluster_name=str(ask["clusterName"]), project_id=str(ask["projectId"])),
        outputs={
            "clusterId": lambda ask: ask.hex(24, "cluster"),
            "idPolicy": lambda ask: ask.hex(24, "policy"),
            "nextSnapshot": "2026-01-02T00:00:00Z",
        },
    ),
    requests=NO_MODELS,
    refuses=Refuses(
        # Of the provider, before any call (resource_cloud_backup_schedule.go).
        values={
            "referenceHourOfDay": between(0, 23),
            "referenceMinuteOfHour": between(0, 59),
            "restoreWindowDays": between(1, inf),
        },
        busy=_left_behind("clusterName"),
    ),
    again=Overwritten(),
    replaced=replaced_by("projectId"),
    import_id="{projectId}-{clusterName}",
    found=Named(),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("the cluster's backups are charged with it"),
)


MAINTENANCE_WINDOW = Resource(
    "mongodbatlas:index/maintenanceWindow:MaintenanceWindow",
    "when Atlas may do maintenance",
    answers=Answers(
        id="{projectId}",
        outputs={
            "numberOfDeferrals": 0,
            "startAsap": False,
            "timeZoneId": "Etc/UTC",
        },
        defaults={
            "hourOfDay": 0,
        },
    ),
    requests=NO_MODELS,
    refuses=Refuses(
        # Of the provider, before any call (resource_maintenance_window.go).
        values={"dayOfWeek": between(1, 7), "hourOfDay": between(0, 23)},
        busy=_left_behind("projectId"),
    ),
    again=Overwritten(),
    replaced=IN_PLACE,
    import_id="{projectId}",
    found=Named(),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: the cluster is charged"),
)


ALERT_CONFIGURATION = Resource(
    "mongodbatlas:index/alertConfiguration:AlertConfiguration",
    "alert of the database",
    answers=Answers(
        id=lambda ask: _state_id(id=ask.hex(24), project_id=str(ask["projectId"])),
        outputs={
            "alertConfigurationId": lambda ask: ask.hex(24),
            "created": CREATED,
            "updated": CREATED,
        },
    ),
    requests=NO_MODELS,
    refuses=Refuses(
        values={
            "metricThresholdConfig.operator": among("GREATER_THAN", "LESS_THAN"),
            "notifications.*.opsGenieRegion": among("EU", "US"),
            "notifications.*.typeName": among(*TOLD_BY),
            "thresholdConfig.units": among(*UNITS),
        },
        together=_reminded,
    ),
    again=Refused(),
    replaced=replaced_by("projectId severityOverride"),
    import_id="{projectId}-{alertConfigurationId}",
    found=Listed(
        "mongodbatlas:index/getAlertConfigurations:getAlertConfigurations",
        {"projectId": "{projectId}"},
        "results",
        ("eventType",),
    ),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=Nothing("free: the cluster is charged"),
)


AUDITING = Resource(
    "mongodbatlas:index/auditing:Auditing",
    "log of who did what in the database",
    answers=Answers(
        id="{projectId}",
        outputs={
            "configurationType": "FILTER_JSON",
        },
    ),
    requests=NO_MODELS,
    refuses=NOTHING_KNOWN,
    again=Refused(),
    replaced=replaced_by("projectId"),
    import_id="{projectId}",
    found=Named(),
    data=NO_DATA,
    felt=UNNOTICED,
    costs=_auditing_costs,
)


GET_ALERT_CONFIGURATIONS = Lookup(
    "mongodbatlas:index/getAlertConfigurations:getAlertConfigurations",
    outputs={
        "id": "alerts",
        "results": _alerts,
        "totalCount": lambda ask: len(_alerts(ask)),
    },
)


GET_PRIVATELINK_ENDPOINTS = Lookup(
    "mongodbatlas:index/getPrivatelinkEndpoints:getPrivatelinkEndpoints",
    outputs={
        "results": _links,
    },
)


GET_DATABASE_USERS = Lookup(
    "mongodbatlas:index/getDatabaseUsers:getDatabaseUsers",
    outputs={
        "id": "users",
        "results": _users,
    },
)


GET_PROJECTS = Lookup(
    "mongodbatlas:index/getProjects:getProjects",
    outputs={
        "id": "projects",
        "results": _projects,
        "totalCount": lambda ask: len(_projects(ask)),
    },
)


GET_PROJECT = Lookup(
    "mongodbatlas:index/getProject:getProject",
    outputs={
        "clusterCount": 1,
        "created": CREATED,
        "id": _found_id,
        "ipAddresses": {"services": {"clusters": []}},
        "limits": [],
        "orgId": lambda ask: ask.hex(24, "organization"),
        "projectId": _found_id,
        "tags": {},
        "teams": [],
        "users": [],
    },
    defaults={
        "name": "made-elsewhere",
    },
    absent=names(
        "isClusterAiAssistantEnabled isCollectDatabaseSpecificsStatisticsEnabled isDataExplorerEnabled "
        "isDataExplorerGenAiFeaturesEnabled isDataExplorerGenAiSampleDocumentPassingEnabled "
        "isExtendedStorageSizesEnabled isNativeRerankingEnabled isPerformanceAdvisorEnabled "
        "isRealtimePerformancePanelEnabled isSchemaAdvisorEnabled isSlowOperationThresholdingEnabled "
        "regionUsageRestrictions"
    ),
)


GET_ADVANCED_CLUSTER = Lookup(
    "mongodbatlas:index/getAdvancedCluster:getAdvancedCluster",
    outputs={
        "backupEnabled": True,
        "clusterId": lambda ask: ask.hex(24, "cluster"),
        "clusterType": "REPLICASET",
        "connectionStrings": _connection_strings,
        "createDate": CREATED,
        "labels": {},
        "mongoDbMajorVersion": "8.0",
        "mongoDbVersion": PATCH_RELEASES["8.0"],
        "paused": False,
        "pitEnabled": True,
        "replicationSpecs": [],
        "stateName": "IDLE",
        "tags": {},
    },
    absent=names(
        "adaptiveCapacity advancedConfiguration biConnectorConfig configServerManagementMode "
        "configServerType databaseEdition effectiveDatabaseEdition encryptionAtRestProvider "
        "globalClusterSelfManagedSharding pinnedFcv redactClientLogData replicaSetScalingStrategy "
        "rootCertType terminationProtectionEnabled "
        "useAwsTimeBasedSnapshotCopyForFastInitialSync versionReleaseSystem"
    ),
)
