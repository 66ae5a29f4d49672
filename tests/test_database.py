"""The database: the Atlas cluster, a chat's own database on it, and a MongoDB given by its URI."""

import json
import re
import warnings
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, quote, unquote, unquote_plus, urlsplit

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymongo.uri_parser import parse_uri
from recording import REGION, Answer, Made, Recording, record

from components.database.atlas import (
    ROLES,
    AtlasCluster,
    AtlasClusterArgs,
    AtlasDatabase,
    AtlasDatabaseArgs,
    single_address,
)
from components.database.backup import complete
from components.database.catalogue import REGIONS, TIERS, atlas_region, check_tiers
from components.database.existing import existing
from components.database.uri import check_database_name, srv_uri, uri_problem

SECRET_MARK = "1b47061264138c4ac30d75fd1eb44270"
PASSWORD = "canaryPassw0rd"
PUBLIC = "mongodb+srv://lovia-sg.abc12.mongodb.net"
PRIVATE = "mongodb+srv://lovia-sg-pl-0.abc12.mongodb.net"
LOOKUP = "mongodbatlas:index/getAdvancedCluster:getAdvancedCluster"
SPECS = "replicationSpecs[*].regionConfigs[*].electableSpecs"

OUTPUTS: dict[str, Answer] = {
    "AdvancedCluster": lambda args: {"connectionStrings": {"standardSrv": PUBLIC}},
    "RandomPassword": lambda args: {"result": PASSWORD},
    "PrivateLinkEndpoint": lambda args: {
        "privateLinkId": "pl-1",
        "endpointServiceName": "com.amazonaws.vpce.ap-southeast-1.vpce-svc-1",
    },
}


class Atlas:
    """Answers as Atlas does: a private address is there once the endpoint has been accepted."""

    def __init__(
        self, endpoint: str, offered: Sequence[str] = ("ap-southeast-1a", "ap-southeast-1b")
    ) -> None:
        self.private: list[dict[str, Any]] = []
        self.endpoint = endpoint
        strings = {"standardSrv": PUBLIC, "privateEndpoints": self.private}
        self.lookups = {
            LOOKUP: {"connectionStrings": strings},
            "aws:ec2/getVpcEndpointService:getVpcEndpointService": {"availabilityZones": list(offered)},
            "aws:ec2/getSubnet:getSubnet": lambda args: {
                "availabilityZone": f"ap-southeast-1{'abc'[int(args['id'].rpartition('-')[2]) - 1]}"
            },
        }

    def accept(self, _: Any) -> dict[str, Any]:
        self.private.append({"srvConnectionString": PRIVATE, "endpoints": [{"endpointId": self.endpoint}]})
        return {}


def cluster_args(**changes: Any) -> AtlasClusterArgs:
    args: dict[str, Any] = {
        "cluster_name": "lovia-sg",
        "region": REGION,
        "tier": "M10",
        "mongodb_version": "8.0",
        "organization_id": "5f0c5f0c5f0c5f0c5f0c5f0c",
        **changes,
    }
    return {key: value for key, value in args.items() if value is not None}  # type: ignore[return-value]


def cluster(**changes: Any) -> Recording:
    def program() -> Any:
        made = AtlasCluster("db", cluster_args(**changes))
        return {"project": made.project_id, "cluster": made.cluster_name, "srv": made.srv_address}

    return record(program, outputs=OUTPUTS)


def database_args(**changes: Any) -> AtlasDatabaseArgs:
    args: dict[str, Any] = {
        "project_id": "project-1",
        "cluster_name": "lovia-sg",
        "database": "lovia_chat_prd",
        "roles": [{"role": "readWrite", "database": "lovia_chat_prd"}],
        "srv_address": PUBLIC,
        "addresses": ["203.0.113.7"],
        **changes,
    }
    return {key: value for key, value in args.items() if value is not None}  # type: ignore[return-value]


def database(
    endpoint: str = "db-link-endpoint-id",
    offered: Sequence[str] = ("ap-southeast-1a", "ap-southeast-1b"),
    **changes: Any,
) -> Recording:
    def program() -> Any:
        made = AtlasDatabase("db", database_args(**changes))
        access = made.access
        secret: pulumi.Output[bool] = pulumi.Output.from_input(access.uri.is_secret())
        return {
            "uri": access.uri,
            "secret": secret,
            "shown": repr(access),
        }

    atlas = Atlas(endpoint, offered)
    return record(
        program,
        outputs={**OUTPUTS, "PrivateLinkEndpointService": atlas.accept},
        lookups=atlas.lookups,
    )


LINK: dict[str, Any] = {
    "region": REGION,
    "vpc_id": "vpc-1",
    "subnet_ids": ["subnet-1", "subnet-2"],
    "app_security_group_id": "sg-app",
}


def spec_of(made: Recording) -> dict[str, Any]:
    specs: list[dict[str, Any]] = made.one("AdvancedCluster").inputs["replicationSpecs"]
    (only,) = specs
    (config,) = only["regionConfigs"]
    assert isinstance(config, dict)
    return config


# The catalogue


def test_a_region_is_spelt_in_the_way_of_atlas() -> None:
    assert atlas_region("ap-southeast-1") == "AP_SOUTHEAST_1"
    assert all(atlas_region(region).replace("_", "-").lower() == region for region in REGIONS)


def test_a_region_that_atlas_does_not_know_is_refused_with_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"ap-southeast-11.*did you mean ap-southeast-1\?"):
        atlas_region("ap-southeast-11")
    with pytest.raises(ValueError, match="no clusters in the AWS region 'us-gov-west-1'"):
        atlas_region("us-gov-west-1")


@given(st.text())
def test_only_known_regions_pass(region: str) -> None:
    if region not in REGIONS:
        with pytest.raises(ValueError, match="Atlas has no clusters"):
            atlas_region(region)


@pytest.mark.parametrize(
    ("tier", "least", "most", "said"),
    [
        ("M0", None, None, "M10 is the least"),
        ("FLEX", None, None, "M10 is the least"),
        ("M15", None, None, "tier is 'M15'"),
        ("M10", "M15", "M30", "tier_min is 'M15'"),
        ("M10", None, "M25", "tier_max is 'M25'"),
        ("M10", "M20", "M30", "M10 is below the least one, M20"),
        ("M40", "M20", "M30", "M40 is above the largest one, M30"),
        ("M20", "M10", None, "tier_min is given without tier_max"),
    ],
)
def test_wrong_tiers_are_refused_by_name(tier: str, least: str | None, most: str | None, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        check_tiers(tier, least, most)


def test_tiers_stand_in_order_of_size() -> None:
    assert [int(tier[1:]) for tier in TIERS] == sorted(int(tier[1:]) for tier in TIERS)


# The cluster


def test_a_cluster_has_three_nodes_backup_to_the_second_tls_12_and_no_javascript() -> None:
    made = cluster()
    inputs = made.one("AdvancedCluster").inputs
    config = spec_of(made)
    assert inputs["clusterType"] == "REPLICASET"
    assert inputs["name"] == "lovia-sg"
    assert (inputs["mongoDbMajorVersion"], inputs["versionReleaseSystem"]) == ("8.0", "LTS")
    assert (config["providerName"], config["regionName"], config["priority"]) == ("AWS", "AP_SOUTHEAST_1", 7)
    assert config["electableSpecs"] == {"instanceSize": "M10", "nodeCount": 3}
    assert inputs["backupEnabled"] is inputs["pitEnabled"] is True
    assert inputs["retainBackupsEnabled"] is inputs["terminationProtectionEnabled"] is True
    assert inputs["advancedConfiguration"] == {
        "minimumEnabledTlsProtocol": "TLS1_2",
        "javascriptEnabled": False,
        "oplogMinRetentionHours": 24,
    }


def test_a_cluster_gives_its_project_its_name_and_its_address() -> None:
    value = cluster().value
    assert value == {"project": "db-project-id", "cluster": "lovia-sg", "srv": PUBLIC}


@pytest.mark.parametrize(
    ("changes", "ignored"),
    [
        ({}, {f"{SPECS}.diskSizeGb"}),
        ({"tier_max": "M30"}, {f"{SPECS}.instanceSize", f"{SPECS}.diskSizeGb"}),
        ({"tier_max": "M30", "disk_autoscaling": True}, {f"{SPECS}.instanceSize", f"{SPECS}.diskSizeGb"}),
        ({"tier_max": "M30", "disk_autoscaling": False}, {f"{SPECS}.instanceSize"}),
        ({"disk_autoscaling": False}, set()),
        ({"tier_max": "M10", "disk_autoscaling": False}, set()),
        (
            {"tier": "M20", "tier_min": "M10", "tier_max": "M20"},
            {f"{SPECS}.instanceSize", f"{SPECS}.diskSizeGb"},
        ),
    ],
)
def test_what_atlas_scales_by_itself_is_not_reverted_and_nothing_else_is_ignored(
    changes: dict[str, Any], ignored: set[str]
) -> None:
    made = cluster(disk_gb=40, **changes).one("AdvancedCluster")
    assert set(made.ignore_changes) == ignored
    assert made.inputs["useEffectiveFields"] is bool(ignored)
    for path in ignored:
        leaf = path.rpartition(".")[2]
        assert leaf in made.inputs["replicationSpecs"][0]["regionConfigs"][0]["electableSpecs"]


def test_autoscaling_is_bounded_and_goes_down_only_with_a_lower_bound() -> None:
    fixed = spec_of(cluster())["autoScaling"]
    assert fixed == {"diskGbEnabled": True, "computeEnabled": False, "computeScaleDownEnabled": False}
    assert spec_of(cluster(tier_max="M10"))["autoScaling"] == fixed
    assert spec_of(cluster(tier_min="M10", tier_max="M10"))["autoScaling"] == fixed
    up = spec_of(cluster(tier_max="M30"))["autoScaling"]
    assert (up["computeEnabled"], up["computeMaxInstanceSize"]) == (True, "M30")
    assert up["computeScaleDownEnabled"] is False
    both = spec_of(cluster(tier="M20", tier_min="M10", tier_max="M30"))["autoScaling"]
    assert (both["computeScaleDownEnabled"], both["computeMinInstanceSize"]) == (True, "M10")


def test_the_oplog_window_needs_a_disk_that_grows() -> None:
    fixed = cluster(disk_autoscaling=False).one("AdvancedCluster").inputs["advancedConfiguration"]
    assert "oplogMinRetentionHours" not in fixed
    grown = cluster(oplog_hours=48).one("AdvancedCluster").inputs["advancedConfiguration"]
    assert grown["oplogMinRetentionHours"] == 48
    with pytest.raises(ValueError, match="oplog_hours only with disk_autoscaling"):
        cluster(oplog_hours=48, disk_autoscaling=False)


@pytest.mark.parametrize(("given_", "expected"), [(None, False), (True, True), (False, False)])
def test_protection_follows_the_argument(given_: bool | None, expected: bool) -> None:
    made = cluster(protect=given_, retain=given_)
    for kind in ("AdvancedCluster", "Project"):
        assert made.one(kind).protect is expected
        assert made.one(kind).retain_on_delete is expected


@pytest.mark.parametrize(("given_", "expected"), [(None, True), (True, True), (False, False)])
@pytest.mark.parametrize(
    ("key", "property_"),
    [
        ("termination_protection", "terminationProtectionEnabled"),
        ("retain_backups", "retainBackupsEnabled"),
        ("backup", "backupEnabled"),
        ("point_in_time", "pitEnabled"),
    ],
)
def test_safety_is_on_unless_it_is_turned_off(
    key: str, property_: str, given_: bool | None, expected: bool
) -> None:
    assert cluster(**{key: given_}).one("AdvancedCluster").inputs[property_] is expected


@pytest.mark.parametrize(("given_", "expected"), [(None, False), (True, True), (False, False)])
def test_javascript_is_off_unless_asked_for(given_: bool | None, expected: bool) -> None:
    made = cluster(javascript=given_).one("AdvancedCluster")
    assert made.inputs["advancedConfiguration"]["javascriptEnabled"] is expected


@pytest.mark.parametrize(("given_", "expected"), [(None, 0), (True, 1), (False, 0)])
def test_auditing_is_made_only_when_asked_for(given_: bool | None, expected: int) -> None:
    found = cluster(auditing=given_).all("Auditing")
    assert len(found) == expected
    for auditing in found:
        assert auditing.inputs["enabled"] is True
        assert {"atype": "authenticate", "result": {"$ne": 0}} in auditing.json("auditFilter")["$or"]


def test_snapshots_are_hourly_daily_weekly_and_monthly() -> None:
    schedule = cluster().one("CloudBackupSchedule").inputs
    assert schedule["clusterName"] == "lovia-sg"
    assert schedule["restoreWindowDays"] == 7
    items = [
        schedule["policyItemHourly"],
        schedule["policyItemDaily"],
        *schedule["policyItemWeeklies"],
        *schedule["policyItemMonthlies"],
    ]
    kept = [item["retentionValue"] for item in items]
    assert all(item["retentionUnit"] == "days" for item in items)
    assert kept == sorted(kept)
    assert kept[2] >= 7
    assert kept[3] >= 31


def test_without_backup_there_is_no_schedule_and_no_alert_about_it() -> None:
    made = cluster(backup=False)
    assert made.one("AdvancedCluster").inputs["pitEnabled"] is False
    assert not made.all("CloudBackupSchedule")
    assert not [alert for alert in made.all("AlertConfiguration") if "backup" in alert.name]


def test_without_point_in_time_there_is_no_restore_window() -> None:
    assert "restoreWindowDays" not in cluster(point_in_time=False).one("CloudBackupSchedule").inputs


def test_a_longer_restore_window_keeps_the_frequent_snapshots_as_long() -> None:
    assert complete({"restore_window_days": 10})["hourly_days"] == 10
    assert complete({"restore_window_days": 2})["hourly_days"] == 7
    assert complete({"restore_window_days": 2, "daily_days": 5})["hourly_days"] == 5


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        ({"every_hours": 5}, "every_hours is 5"),
        ({"hourly_days": 30}, r"daily_days \(14\) is shorter than hourly_days \(30\)"),
        ({"weekly_days": 6, "daily_days": 5, "hourly_days": 5}, "weekly_days is 6; it must be at least 7"),
        ({"monthly_days": 30}, "monthly_days is 30; it must be at least 31"),
        (
            {"restore_window_days": 8, "hourly_days": 7},
            r"restore_window_days is 8; it must be 1 to hourly_days \(7\)",
        ),
        ({"restore_window_days": 0}, "restore_window_days is 0"),
        ({"reference_hour": 24}, "reference_hour is 24"),
    ],
)
def test_a_schedule_that_atlas_would_refuse_is_refused_before(schedule: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        complete(schedule)


def test_the_maintenance_hour_is_set_only_where_given_and_is_put_off_unless_told_not_to() -> None:
    assert not cluster().all("MaintenanceWindow")
    window = cluster(maintenance={"day": "sunday", "hour": 19}).one("MaintenanceWindow").inputs
    assert (window["dayOfWeek"], window["hourOfDay"], window["autoDeferOnceEnabled"]) == (1, 19, True)
    saturday = cluster(maintenance={"day": "saturday", "hour": 0, "defer": False})
    assert saturday.one("MaintenanceWindow").inputs["dayOfWeek"] == 7
    assert saturday.one("MaintenanceWindow").inputs["autoDeferOnceEnabled"] is False


def test_alerts_tell_the_owners_and_each_address_of_what_breaks_a_chat() -> None:
    made = cluster(alert_emails=["ops@lovia.life"])
    alerts = made.all("AlertConfiguration")
    events = {
        (alert.inputs["eventType"], alert.inputs.get("metricThresholdConfig", {}).get("metricName"))
        for alert in alerts
    }
    assert events == {
        ("OUTSIDE_METRIC_THRESHOLD", "CONNECTIONS_PERCENT"),
        ("OUTSIDE_METRIC_THRESHOLD", "DISK_PARTITION_SPACE_USED_DATA"),
        ("OUTSIDE_METRIC_THRESHOLD", "OPLOG_SLAVE_LAG_MASTER_TIME"),
        ("REPLICATION_OPLOG_WINDOW_RUNNING_OUT", None),
        ("HOST_DOWN", None),
        ("NO_PRIMARY", None),
        ("CPS_SNAPSHOT_FALLBACK_FAILED", None),
        ("CPS_SNAPSHOT_BEHIND", None),
    }
    for alert in alerts:
        assert alert.inputs["enabled"] is True
        kinds = [notification["typeName"] for notification in alert.inputs["notifications"]]
        assert kinds == ["GROUP", "EMAIL"]
        metric = "metricThresholdConfig" in alert.inputs
        assert metric is (alert.inputs["eventType"] == "OUTSIDE_METRIC_THRESHOLD")
        assert not (metric and "thresholdConfig" in alert.inputs)
    window = made.one("AlertConfiguration", "db-oplog-window").inputs
    assert window["matchers"] == [{"fieldName": "CLUSTER_NAME", "operator": "EQUALS", "value": "lovia-sg"}]
    assert window["thresholdConfig"] == {"operator": "LESS_THAN", "threshold": 6, "units": "HOURS"}


def test_a_new_project_has_either_our_alerts_or_those_of_atlas() -> None:
    assert cluster().one("Project").inputs["withDefaultAlertsSettings"] is False
    quiet = cluster(alerts=False)
    assert not quiet.all("AlertConfiguration")
    assert quiet.one("Project").inputs["withDefaultAlertsSettings"] is True
    assert quiet.one("Project").ignore_changes == ("withDefaultAlertsSettings",)


def test_an_existing_project_is_used_and_not_made() -> None:
    made = cluster(organization_id=None, project_id="project-1")
    assert not made.all("Project")
    assert made.one("AdvancedCluster").inputs["projectId"] == "project-1"


def test_tags_reach_project_and_cluster() -> None:
    made = cluster(tags={"Project": "rocketchat"})
    assert made.one("Project").inputs["tags"] == {"Project": "rocketchat"}
    assert made.one("AdvancedCluster").inputs["tags"] == {"Project": "rocketchat"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"region": "eu-east-9"}, "no clusters in the AWS region 'eu-east-9'"),
        ({"tier": "M0"}, "M10 is the least"),
        ({"cluster_name": "lovia sg"}, "cluster name 'lovia sg'"),
        ({"cluster_name": "-lovia"}, "cluster name '-lovia'"),
        ({"project_id": "p"}, "either organization_id"),
        ({"organization_id": None}, "either organization_id"),
        (
            {"organization_id": None, "project_id": "p", "project_name": "n"},
            "project_name names a new project",
        ),
        ({"mongodb_version": "8"}, "MongoDB version '8'"),
        ({"nodes": 4}, "nodes are 4"),
        ({"disk_gb": 5}, "10 to 128 GB, not 5"),
        ({"backup": False, "point_in_time": True}, "point_in_time needs backup"),
        ({"maintenance": {"day": "Sonntag", "hour": 1}}, "maintenance day is 'Sonntag'"),
        ({"maintenance": {"day": "sunday", "hour": 24}}, "maintenance hour is 24"),
    ],
)
def test_a_wrong_cluster_is_refused_by_name_before_anything_is_made(
    changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        AtlasCluster("db", cluster_args(**changes))


# One chat's database


def test_the_chats_user_has_exactly_the_given_roles_on_this_cluster_only() -> None:
    roles = [
        {"role": "readWrite", "database": "lovia_chat_prd"},
        {"role": "clusterMonitor", "database": "admin"},
    ]
    user = database(roles=roles).one("DatabaseUser").inputs
    assert user["username"] == "lovia_chat_prd"
    assert user["authDatabaseName"] == "admin"
    assert user["roles"] == [
        {"roleName": "readWrite", "databaseName": "lovia_chat_prd"},
        {"roleName": "clusterMonitor", "databaseName": "admin"},
    ]
    assert user["scopes"] == [{"name": "lovia-sg", "type": "CLUSTER"}]


def test_the_password_is_generated_long_and_a_secret() -> None:
    made = database()
    password = made.one("RandomPassword").inputs
    assert password["length"] >= 32
    assert password["special"] is False
    assert SECRET_MARK in made.one("DatabaseUser").inputs["password"].values()
    assert made.value["secret"] is True
    assert PASSWORD not in made.value["shown"]


def test_the_password_stands_in_clear_in_no_input_of_any_resource() -> None:
    made = database()
    for resource in made.made:
        for key, value in resource.inputs.items():
            hidden = isinstance(value, dict) and SECRET_MARK in value.values()
            assert hidden or PASSWORD not in json.dumps(value), f"{resource.name}.{key}"


def test_a_new_password_version_makes_a_new_password() -> None:
    first, second = (
        database(password_version=version).one("RandomPassword").inputs["keepers"] for version in (1, 2)
    )
    assert database().one("RandomPassword").inputs["keepers"] == first != second


def test_the_uri_leads_to_the_database_with_majority_writes() -> None:
    parts = urlsplit(database().value["uri"])
    assert parts.scheme == "mongodb+srv"
    assert parts.hostname == "lovia-sg.abc12.mongodb.net"
    assert (parts.username, parts.password) == ("lovia_chat_prd", PASSWORD)
    assert parts.path == "/lovia_chat_prd"
    assert parse_qs(parts.query) == {
        "retryWrites": ["true"],
        "w": ["majority"],
        "authSource": ["admin"],
        "appName": ["db"],
    }


@given(username=st.text(min_size=1), password=st.text(min_size=1), app=st.text(min_size=1))
def test_any_user_and_password_come_back_whole_from_the_uri(username: str, password: str, app: str) -> None:
    def encodable(text: str) -> bool:
        return not any("\ud800" <= letter <= "\udfff" for letter in text)

    if encodable(username + password + app):
        uri = srv_uri(PUBLIC, username=username, password=password, database="chat", app_name=app)
        parts = urlsplit(uri)
        assert (unquote(parts.username or ""), unquote(parts.password or "")) == (username, password)
        assert parts.hostname == "lovia-sg.abc12.mongodb.net"
        assert uri_problem(uri) is None


def test_an_address_without_a_host_is_refused() -> None:
    with pytest.raises(ValueError, match="names no host"):
        srv_uri("", username="u", password="p", database="chat", app_name="a")


def test_only_the_given_addresses_are_let_in_each_alone_and_explained() -> None:
    made = database(addresses=["203.0.113.7", pulumi.Output.from_input("203.0.113.8")])
    entries = [entry.inputs for entry in made.all("ProjectIpAccessList")]
    assert [entry["cidrBlock"] for entry in entries] == ["203.0.113.7/32", "203.0.113.8/32"]
    assert all("lovia_chat_prd" in entry["comment"] for entry in entries)
    assert not any("ipAddress" in entry for entry in entries)
    told = database(access_comment="NAT of lovia").one("ProjectIpAccessList").inputs
    assert told["comment"] == "NAT of lovia"


@pytest.mark.parametrize("address", ["0.0.0.0/0", "0.0.0.0/32", "::/0", "10.0.0.0/0"])
def test_the_whole_world_is_refused_by_name(address: str) -> None:
    with pytest.raises(ValueError, match=f"'{address}' would open the database to the whole world"):
        single_address(address)
    with pytest.raises(ValueError, match="whole world"):
        AtlasDatabase("db", database_args(addresses=[address]))


def test_the_whole_world_is_refused_even_when_it_is_known_late() -> None:
    with pytest.raises(Exception, match="whole world"):
        database(addresses=[pulumi.Output.from_input("0.0.0.0/0")])


@pytest.mark.parametrize(
    "address", ["203.0.113.0/24", "chat.lovia.life", "2001:db8::1", "", "203.0.113.7/31"]
)
def test_only_single_ipv4_addresses_are_let_in(address: str) -> None:
    with pytest.raises(ValueError, match="not a single IPv4 address"):
        single_address(address)


def test_a_cluster_of_another_stack_is_looked_up() -> None:
    made = database(srv_address=None)
    assert made.invokes == [(LOOKUP, {"name": "lovia-sg", "projectId": "project-1"})]
    assert urlsplit(made.value["uri"]).hostname == "lovia-sg.abc12.mongodb.net"
    assert not made.all("AdvancedCluster")
    assert not made.all("Project")


def test_nothing_is_looked_up_where_the_address_is_given() -> None:
    assert not database().invokes


def endpoint_group(made: Recording) -> Made:
    return made.one("SecurityGroup")


def test_a_private_endpoint_lets_in_the_app_group_and_nobody_else() -> None:
    made = database(addresses=None, private_link=LINK)
    group = endpoint_group(made).inputs
    assert "ingress" not in group
    assert "egress" not in group
    assert made.one("SecurityGroupIngressRule").inputs == {
        "securityGroupId": "db-link-sg-id",
        "referencedSecurityGroupId": "sg-app",
        "ipProtocol": "tcp",
        "fromPort": 1024,
        "toPort": 65535,
        "description": "The chat to MongoDB Atlas",
    }
    out = made.one("SecurityGroupEgressRule").inputs
    assert (out["securityGroupId"], out["referencedSecurityGroupId"]) == ("sg-app", "db-link-sg-id")
    assert (out["fromPort"], out["toPort"]) == (1024, 65535)
    endpoint = made.one("VpcEndpoint").inputs
    assert endpoint["vpcEndpointType"] == "Interface"
    assert endpoint["securityGroupIds"] == ["db-link-sg-id"]
    assert endpoint["subnetIds"] == ["subnet-1", "subnet-2"]
    assert endpoint["serviceName"] == "com.amazonaws.vpce.ap-southeast-1.vpce-svc-1"
    assert not made.all("ProjectIpAccessList")


def test_a_private_endpoint_stands_in_the_zones_that_have_its_service() -> None:
    place = {**LINK, "subnet_ids": ["subnet-1", "subnet-2", "subnet-3"]}
    made = database(offered=["ap-southeast-1c", "ap-southeast-1a"], addresses=None, private_link=place)
    assert made.one("VpcEndpoint").inputs["subnetIds"] == ["subnet-1", "subnet-3"]
    [asked] = [args for token, args in made.invokes if "EndpointService" in token]
    assert asked["serviceName"] == "com.amazonaws.vpce.ap-southeast-1.vpce-svc-1"


def test_of_two_subnets_in_one_zone_a_private_endpoint_takes_one() -> None:
    place = {**LINK, "subnet_ids": ["subnet-a-2", "subnet-b-2", "subnet-1"]}
    made = database(addresses=None, private_link=place)
    assert made.one("VpcEndpoint").inputs["subnetIds"] == ["subnet-a-2", "subnet-1"]


def test_a_network_in_no_zone_of_the_service_is_refused_with_those_that_have_it() -> None:
    with pytest.raises(
        Exception, match=r"in ap-southeast-1c, and .* in ap-southeast-1a, ap-southeast-1b: .*zoneNames"
    ):
        database(offered=["ap-southeast-1c"], addresses=None, private_link=LINK)


def test_with_a_private_endpoint_the_uri_leads_through_it_once_atlas_has_accepted_it() -> None:
    made = database(addresses=None, private_link=LINK)
    assert made.one("PrivateLinkEndpoint").inputs["region"] == "AP_SOUTHEAST_1"
    accepted = made.one("PrivateLinkEndpointService").inputs
    assert (accepted["privateLinkId"], accepted["endpointServiceId"]) == ("pl-1", "db-link-endpoint-id")
    assert urlsplit(made.value["uri"]).hostname == "lovia-sg-pl-0.abc12.mongodb.net"
    assert made.value["secret"] is True


def test_the_private_address_of_another_endpoint_is_never_taken() -> None:
    with pytest.raises(Exception, match="no private address for the VPC endpoint db-link-endpoint-id"):
        database(endpoint="vpce-of-another-stack", addresses=None, private_link=LINK)


def test_a_second_stack_joins_the_projects_endpoint_service() -> None:
    joined = {**LINK, "private_link_id": "pl-9", "endpoint_service_name": "com.amazonaws.vpce.x"}
    made = database(addresses=None, private_link=joined)
    assert not made.all("PrivateLinkEndpoint")
    assert made.one("PrivateLinkEndpointService").inputs["privateLinkId"] == "pl-9"
    assert made.one("VpcEndpoint").inputs["serviceName"] == "com.amazonaws.vpce.x"


def test_half_of_an_endpoint_service_is_refused() -> None:
    with pytest.raises(ValueError, match="belong together"):
        database(addresses=None, private_link={**LINK, "private_link_id": "pl-9"})


@pytest.mark.parametrize(
    "role", ["atlasAdmin", "readWriteAnyDatabase", "dbAdminAnyDatabase", "readAnyDatabase", "backup", "root"]
)
def test_roles_that_reach_into_every_database_are_refused(role: str) -> None:
    assert role not in ROLES
    with pytest.raises(ValueError, match=f"the role on database admin is '{role}'"):
        AtlasDatabase("db", database_args(roles=[{"role": role, "database": "admin"}]))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"roles": []}, "at least one role"),
        ({"roles": [{"role": "readWrite", "database": "admin"}]}, "own database admin is refused"),
        ({"database": "local"}, "MongoDB's own"),
        ({"database": "chat.prod"}, "database name 'chat.prod'"),
        ({"database": "x" * 39}, "database name"),
        ({"username": "two words"}, "user's name 'two words'"),
        ({"addresses": None}, "no way in"),
        ({"addresses": []}, "no way in"),
    ],
)
def test_a_wrong_database_is_refused_by_name_before_anything_is_made(
    changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        AtlasDatabase("db", database_args(**changes))


def test_the_databases_of_the_original_owners_are_good_names() -> None:
    assert check_database_name("lovia_chat_prd") == "lovia_chat_prd"
    assert check_database_name("soluvas_chat_prod") == "soluvas_chat_prod"


# A MongoDB given by its URI


WRONG_URIS = [
    ("mongodb://u:p@h/rc?replicaSet=r&foo=bar", "does not know"),
    ("mongodb://u:p@h/rc?replicaSet=r&keepAlive=true", "does not know"),
    ("mongodb+srv://u:a&b=c@h.mongodb.net/rc?b=c", "does not know"),
    ("mongodb://u:p@h/rc?replicaSet=r&tlsCAFile=/ca.pem", "container.certificates"),
    ("mongodb://u:p@h/rc?replicaSet=r&tlsCertificateKeyFile=client.pem", "names a file"),
    ("mongodb://h/rc?replicaSet=r&authMechanism=MONGODB-X509", "certificate"),
    ("mongodb://u:p@localhost/rc?replicaSet=r", "container itself"),
    ("mongodb://u:p@db,127.0.1.1:27018/rc?replicaSet=r", "container itself"),
    ("mongodb://u:p@[::1]/rc?replicaSet=r", "container itself"),
    ("mongodb+srv://u:p@cluster/rc", "full host name"),
    ("mongodb+srv://${USER}:p@h.mongodb.net/rc", "placeholder"),
    ("mongodb+srv://u:$(PASSWORD)@h.mongodb.net/rc", "placeholder"),
    ("mongodb+srv://u:{{password}}@h.mongodb.net/rc", "placeholder"),
    ("mongodb+srv://u:${{secrets.PASSWORD}}@h.mongodb.net/rc", "placeholder"),
    ("postgres://u:p@h/db", "must begin with"),
    ("u:p@h/db", "must begin with"),
    ("mongodb+srv://u:p@h.mongodb.net", "names no database"),
    ("mongodb+srv://u:p@h.mongodb.net/", "names no database"),
    ("mongodb+srv://u:p@h.mongodb.net/?w=majority", "names no database"),
    ("mongodb+srv:///db", "names no host"),
    ("mongodb+srv://u:p@ss@h/db", "%40"),
    ("mongodb://u:p/w@h:27017/rc?replicaSet=r", "%2F"),
    ("mongodb://u:p?w@h/rc?replicaSet=r", "%3F"),
    ("mongodb://u:p#w@h/rc?replicaSet=r", "%23"),
    ("mongodb://u:p:w@h/rc?replicaSet=r", "%3A"),
    ("mongodb://u:100%x@h/rc?replicaSet=r", "%25"),
    ("mongodb://u:p[w@h/rc?replicaSet=r", "%5B"),
    ("mongodb+srv://u:<db_password>@h.mongodb.net/rc", "placeholder"),
    ("mongodb+srv://<user>:p@h.mongodb.net/rc", "placeholder"),
    ("mongodb+srv://u:%3Cpassword%3E@h.mongodb.net/rc", "placeholder"),
    ("mongodb+srv://u:p w@h.mongodb.net/rc", "blank"),
    ("mongodb+srv://u:p@h.mongodb.net/rc\n", "line break"),
    ("mongodb+srv://u@h.mongodb.net/rc", "no password"),
    ("mongodb+srv://u:@h.mongodb.net/rc", "no password"),
    ("mongodb+srv://@h.mongodb.net/rc", "no user"),
    ("mongodb+srv://u:p@h.mongodb.net:27017/rc", "no port"),
    ("mongodb+srv://u:p@a.mongodb.net,b.mongodb.net/rc", "one host only"),
    ("mongodb+srv://u:p@[2001:db8::1]/rc", "not an address"),
    ("mongodb+srv://u:p@h.mongodb.net/rc?directConnection=true", "contradict"),
    ("mongodb://u:p@h:27017/db", "no replica set"),
    ("mongodb://u:p@a,b/db", "no replica set"),
    ("mongodb://u:p@h:27017/db?replicaSet=", "name=value"),
    ("mongodb://u:p@a,b/db?directConnection=true", "one host only"),
    ("mongodb://u:p@[h/db?replicaSet=r", "cannot be read"),
    ("mongodb://u:p@h:0/db?replicaSet=r", "cannot be read"),
    ("mongodb://u:p@h:65536/db?replicaSet=r", "cannot be read"),
    ("mongodb://u:p@h:x/db?replicaSet=r", "cannot be read"),
    ("mongodb://u:p@a,,b/db?replicaSet=r", "cannot be read"),
    ("mongodb://u:p@%2Ftmp%2Fmongodb-27017.sock/db?replicaSet=r", "socket"),
    ("mongodb://u:p@h/admin?replicaSet=r", "MongoDB's own"),
    ("mongodb://u:p@h/a.b?replicaSet=r", "does not take"),
    ("mongodb://u:p@h/a/b?replicaSet=r", "does not take"),
    (f"mongodb://u:p@h/{'d' * 64}?replicaSet=r", "does not take"),
    ("mongodb://u:p@h/rc?replicaSet=r&tls=true&ssl=false", "contradict"),
    ("mongodb://u:p@h/rc?replicaSet=r&appName", "name=value"),
    ("mongodb://u:p@h/rc?replicaSet=r&appName=100%", "%25"),
    ("mongodb://u:p@c.cluster-x.eu-west-1.docdb.amazonaws.com:27017/rc?replicaSet=rs0", "Amazon DocumentDB"),
    ("mongodb://u:p@a.mongo.cosmos.azure.com:10255/rc?replicaSet=globaldb&ssl=true", "Cosmos DB"),
    ("mongodb+srv://u:p@a.mongocluster.cosmos.azure.com/rc", "Cosmos DB"),
    ("mongodb://u:p@db.firestore.goog:443/rc?replicaSet=r", "Firestore"),
    ("mongodb://u:p@a.documents.azure.us:10255/rc?replicaSet=r", "Cosmos DB"),
    ("mongodb+srv://u:p@203.0.113.7/rc", "not an address"),
    ("mongodb://u:p@h/rc?replicaSet=r&replicaSet=s", "twice"),
    ("mongodb://u:p@h/rc?replicaSet=r&tls=maybe", "true or false"),
    ("mongodb://u:p@h/rc?replicaSet=r&retryWrites=yes", "must be true"),
    ("mongodb://u:p@h/rc?replicaSet=r&connectTimeoutMS=5s", "whole number"),
    ("mongodb://u:p@h/rc?replicaSet=r&readPreference=first", "must be primary"),
    ("mongodb://u:p@h/rc?replicaSet=r&authMechanism=SHA", "SCRAM-SHA-256"),
    ("mongodb://u:p@h/rc?replicaSet=r&loadBalanced=true", "replica set"),
    ("mongodb://u:p@h/rc?replicaSet=r&tlsInsecure=false&tlsAllowInvalidHostnames=false", "exclude"),
    *(
        (f"mongodb+srv://u:p@h.mongodb.net/rc?{option}", said)
        for option, said in {
            "w=0": "never learns",
            "w=-1": "at least 1",
            "w=Majority": "must be majority",
            "tlsInsecure=true": "pass for the database",
            "tlsAllowInvalidCertificates=true": "container.certificates",
            "tlsAllowInvalidHostnames=true": "leave it out",
            "readPreference=secondary": "must be primary",
            "readPreference=primaryPreferred": "transactions",
            "readPreferenceTags=dc:ny": "secondaries",
            "maxStalenessSeconds=120": "secondaries",
            "readConcernLevel=linearizable": "majority",
            "retryWrites=false": "must be true",
            "compressors=gzip": "zlib",
            "maxPoolSize=-1": "whole number",
            "zlibCompressionLevel=10": "-1 to 9",
        }.items()
    ),
    ("mongodb://u:p@h:27017/chat?directConnection=true", "no replica set"),
    ("mongodb+srv://u:p@h.mongodb.net/a%00b", "does not take"),
    ("mongodb+srv://u:p@h.mongodb.net/a%20b", "does not take"),
    ("mongodb+srv://u:p@h.mongodb.net/Config", "MongoDB's own"),
    ("mongodb://u:p@h/rc?replicaSet=r&srvServiceName=x", "mongodb+srv"),
]
RIGHT_URIS = [
    "mongodb+srv://u:p@cluster.mongodb.net/chat",
    "mongodb://u:p@a:27017,b:27017,c:27017/chat?replicaSet=rs0&tls=true",
    "mongodb://u:p@h:27017/chat?directConnection=true&replicaSet=rs0",
    "mongodb+srv://u:p@h.mongodb.net/rc?w=2&readPreference=primary&tlsInsecure=false&zlibCompressionLevel=-1",
    "mongodb+srv://u:p@h.mongodb.net/rc?w=both_sites",
    "mongodb://u:p%2Fw@h1,h2/rc?replicaSet=r&authSource=admin",
    "mongodb://u:p%25%3A%40@h/rc?replicaSet=r",
    "mongodb://h/rc?replicaSet=r",
    "mongodb://[2001:db8::1]:27017/rc?replicaSet=r",
    "mongodb+srv://a.mongodb.net/rc?authMechanism=MONGODB-AWS&authSource=%24external",
    "mongodb://u@h/rc?replicaSet=r&authMechanism=MONGODB-AWS",
    "mongodb://u:p@h/rc?replicaSet=r&tls=true&tlsCAFile=/etc/ssl/certs/ca-certificates.crt",
    "mongodb://u:$ecret@h/rc?replicaSet=r&appName=chat&compressors=zlib&w=majority",
    "mongodb://u:p@mongodb-0.mongodb.chat.svc:27017/rc?replicaSet=rs0&authSource=admin&w=majority",
    "mongodb://u:p@h/rc?replicaSet=r&readPreference=primary&maxPoolSize=50&retryWrites=true&tls=true",
    "mongodb://u:p@h/rc?replicaSet=r&authMechanism=SCRAM-SHA-1&readConcernLevel=majority&wTimeoutMS=5000",
    "mongodb+srv://u:p@h.mongodb.net/rc?srvMaxHosts=3&loadBalanced=false",
]


@pytest.mark.parametrize(("uri", "said"), WRONG_URIS)
def test_a_uri_that_cannot_work_is_refused_without_being_shown(uri: str, said: str) -> None:
    problem = uri_problem(uri)
    assert problem is not None
    assert said in problem
    assert uri not in problem


@pytest.mark.parametrize("uri", RIGHT_URIS)
def test_a_uri_that_works_is_taken(uri: str) -> None:
    assert uri_problem(uri) is None
    if not uri.startswith("mongodb+srv"):
        parse_uri(uri)


AWKWARD = st.text(alphabet="ab1:/?#[]@%25<>&=,. -_~$!'()*+;^é\"\\", max_size=8)


@pytest.mark.parametrize(
    "option",
    [
        "tls",
        "ssl",
        "retryWrites",
        "retryReads",
        "tlsInsecure",
        "connectTimeoutMS",
        "maxPoolSize",
        "serverSelectionTimeoutMS",
        "readPreference",
        "authMechanism",
        "loadBalanced",
    ],
)
@pytest.mark.parametrize(
    "value", ["true", "false", "True", "yes", "1", "1.5", "none", "primary", "SCRAM-SHA-1", "nearest"]
)
def test_an_option_that_is_taken_a_driver_takes_too(option: str, value: str) -> None:
    uri = f"mongodb://u:p@h/rc?replicaSet=r&{option}={value}"
    if uri_problem(uri) is None:
        parse_uri(uri)


@given(user=AWKWARD, password=AWKWARD, host=AWKWARD, database=AWKWARD, options=AWKWARD)
def test_what_is_taken_a_driver_takes_too(
    user: str, password: str, host: str, database: str, options: str
) -> None:
    uri = f"mongodb://{user}:{password}@{host}/{database}?replicaSet=r&appName={options}"
    problem = uri_problem(uri)
    if problem is None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parsed = parse_uri(uri)
        assert (parsed["username"], parsed["password"]) == (unquote_plus(user), unquote_plus(password))
        assert parsed["database"] == unquote(database)
        assert parsed["options"]["replicaSet"] == "r"
    else:
        for value in (user, password):
            assert len(value) < 6 or value not in problem


@given(
    user=st.text(min_size=1, max_size=9),
    password=st.text(min_size=1, max_size=9),
    hosts=st.lists(st.sampled_from(["a", "b.example.com:27018", "[2001:db8::1]:1", "10.0.0.1"]), min_size=1),
)
def test_any_user_and_password_are_taken_once_they_are_percent_encoded(
    user: str, password: str, hosts: list[str]
) -> None:
    if any("\ud800" <= letter <= "\udfff" for letter in user + password):
        return
    if re.search(r"<.*>|[{(].*[})]", f"{user}:{password}", re.DOTALL):
        return
    uri = f"mongodb://{quote(user, safe='')}:{quote(password, safe='')}@{','.join(hosts)}/rc?replicaSet=r"
    assert uri_problem(uri) is None
    parsed = parse_uri(uri)
    assert (parsed["username"], parsed["password"]) == (user, password)


def test_a_given_uri_becomes_secret_and_is_not_shown() -> None:
    uri = "mongodb+srv://u:canary@cluster.mongodb.net/chat"

    def program() -> Any:
        access = existing(uri)
        return {
            "uri": access.uri,
            "secret": pulumi.Output.from_input(access.uri.is_secret()),
            "shown": repr(access),
        }

    value = record(program).value
    assert value["uri"] == uri
    assert value["secret"] is True
    assert "canary" not in value["shown"]


def test_a_bad_given_uri_fails_the_deployment_without_its_value() -> None:
    with pytest.raises(Exception, match="names no database") as failed:
        record(lambda: existing("mongodb+srv://u:canary@h.mongodb.net").uri)
    assert "canary" not in str(failed.value)
