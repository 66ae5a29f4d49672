"""MongoDB Atlas: who may connect, as whom, and what is kept when it goes wrong."""

import ipaddress

from policy import tokens as t
from policy.access import is_world
from policy.model import SECRET, UNKNOWN
from policy.rows import Row, asking, index, types_of
from policy.rule import (
    Needs,
    Probe,
    absent,
    as_number,
    at_least,
    expecting,
    is_in,
    not_true,
    present,
    true,
    unset_or,
)
from policy.rules._make import (
    ADVISORY,
    CRITICAL,
    HIGH,
    LOW,
    MANDATORY,
    MEDIUM,
    PRODUCTION,
    Area,
)

_rule = Area("atlas")
_OWNERS = {"ORG_OWNER", "GROUP_OWNER"}
ROWS = tuple(
    Row(index("mongodbatlas", *names), path, lambda role: role not in _OWNERS, "a key may do everything")
    for path, *names in (
        ("roleNames.*", "ApiKey"),
        ("projectAssignments.*.roleNames.*", "ProjectApiKey"),
        ("roles.*", "ServiceAccount", "ProjectServiceAccount"),
        ("roles.*", "ApiKeyProjectAssignment", "ServiceAccountProjectAssignment"),
    )
)

_DOCS = "https://www.mongodb.com/docs/atlas/"
GRANTED_TOO_MUCH = (
    "atlasAdmin",
    "readWriteAnyDatabase",
    "readAnyDatabase",
    "dbAdminAnyDatabase",
    "backup",
    "restore",
    "root",
    "userAdminAnyDatabase",
    "userAdmin",
    "clusterAdmin",
    "hostManager",
)
MAJOR_VERSIONS = ("5.0", "6.0", "7.0", "8.0")
"""What releases 6.4 to 9.0 run on; which of them a release takes is checked before the plan."""
SMALL_TIERS = ("M0", "M2", "M5", "FLEX")
PASSWORD_LENGTH = 24
OPLOG_HOURS = 24
RESTORE_DAYS = 2


def _world(p: Probe) -> None:
    for key in ("cidrBlock", "ipAddress"):
        p.expect(
            key, lambda value: not is_world(str(value)), "the whole internet may connect to the database"
        )


def _narrow(p: Probe) -> None:
    value = p.sure("cidrBlock")
    if value is not None:
        try:
            network = ipaddress.ip_network(str(value), strict=False)
        except ValueError:
            p.fail("this is not a range of addresses", "cidrBlock")
            return
        if not network.is_private and network.prefixlen < network.max_prefixlen:
            p.fail("a public range of more than one address may connect", "cidrBlock")
    p.expect("comment", present, "nobody will know who this is and why")


def _private_link(p: Probe) -> None:
    if p.stack.has(t.ATLAS_ENDPOINT):
        for endpoint in p.stack.of(t.ATLAS_ENDPOINT):
            if not p.stack.has(t.ATLAS_ENDPOINT_SERVICE):
                p.fail("the endpoint of Atlas is joined to none in the network", subject=endpoint)
        return
    entries = p.stack.referring(p.subject, t.ATLAS_ACCESS, "projectId") or list(p.stack.of(t.ATLAS_ACCESS))
    if not entries:
        p.fail("neither a private endpoint nor an access list lets the chat in, or keeps others out")


def _egress_agrees(p: Probe) -> None:
    addresses = [a for a in p.stack.of(t.EIP) if p.stack.referring(a, t.NAT_GATEWAY, "allocationId")]
    if not addresses or p.stack.has(t.ATLAS_ENDPOINT):
        return
    for address in addresses:
        known = address.outputs.get("publicIp") or address.properties.get("publicIp") or UNKNOWN
        linked = any(
            address.urn in [urn for urns in entry.dependencies.values() for urn in urns]
            or (
                isinstance(known, str)
                and known
                in (entry.properties.get("ipAddress"), str(entry.properties.get("cidrBlock")).split("/")[0])
            )
            for entry in p.stack.of(t.ATLAS_ACCESS)
        )
        if not linked and known is UNKNOWN:
            p.unsure(f"({address.name}).publicIp")
        elif not linked:
            p.fail(f"the chat goes out by {address.name}, which the access list does not let in")


def _privilege(p: Probe) -> None:
    for role in p.each("roles"):
        name = role.sure("roleName")
        if name in GRANTED_TOO_MUCH:
            role.fail("the role gives more than the chat needs", "roleName")
        elif name == "readWrite":
            role.expect(
                "databaseName",
                lambda database: present(database) and database not in {"admin", "local", "config"},
                "may write into a database of the server itself",
            )


def _scoped(p: Probe) -> None:
    scopes = p.get("scopes")
    if scopes is UNKNOWN:
        p.unsure("scopes")
        return
    if not any(scope.get("type") == "CLUSTER" and present(scope.get("name")) for scope in p.each("scopes")):
        p.fail("may log in to every cluster of the project", "scopes")


def _separate(p: Probe) -> None:
    names = {str(role.get("roleName")) for role in p.each("roles")}
    if {"readWrite", "backup"} <= names or (
        {"read", "readWrite"} <= names - {"clusterMonitor"}
        and any(
            role.get("roleName") == "read" and role.get("databaseName") not in {"local", "config"}
            for role in p.each("roles")
        )
    ):
        p.fail("one user for the chat and for backups", "roles")


def _password(p: Probe) -> None:
    keyless = (p.get("x509Type"), p.get("awsIamType"), p.get("oidcAuthType"), p.get("ldapAuthType"))
    if any(kind not in (None, "NONE") for kind in keyless):
        return
    password = p.get("password")
    if password is UNKNOWN or password == SECRET:
        p.unsure("password")
    elif not isinstance(password, str) or len(password) < PASSWORD_LENGTH:
        p.fail("the password is shorter than 24 characters", "password")
    elif not password.isascii() or any(not (c.isalnum() or c in "-._~") for c in password):
        p.fail("the password needs escaping in the connection URI; use letters, digits and -._~", "password")


def _schedule(p: Probe) -> None:
    for schedule in p.partners(
        t.ATLAS_SCHEDULE, "clusterName", "the backup schedule is whatever Atlas happens to choose"
    ):
        other = p.other(schedule)
        for key in ("policyItemDaily", "policyItemWeeklies", "policyItemMonthlies"):
            other.expect(key, present, "no snapshots of this kind are kept")
        other.expect(
            "restoreWindowDays", at_least(RESTORE_DAYS), "the window for restoring is under two days"
        )


def _compliance(p: Probe) -> None:
    if not p.stack.has(t.ATLAS_COMPLIANCE):
        p.fail("an administrator of the project may delete every backup")


def _mend_termination(properties: dict[str, object]) -> bool:
    if true(properties.get("terminationProtectionEnabled")):
        return False
    properties["terminationProtectionEnabled"] = True
    return True


def _tier(p: Probe) -> None:
    for spec in p.each("replicationSpecs"):
        nodes = 0.0
        for region in spec.each("regionConfigs"):
            region.expect(
                "electableSpecs.instanceSize",
                lambda size: present(size) and size not in SMALL_TIERS,
                "a shared tier: no point in time, no private endpoint, limits on connections",
            )
            region.expect(
                "providerName",
                lambda name: name not in {"TENANT", "FLEX"},
                "runs on hardware shared with others",
            )
            if region.get("electableSpecs.nodeCount") is UNKNOWN:
                region.unsure("electableSpecs.nodeCount")
                nodes = 3
            nodes += as_number(region.get("electableSpecs.nodeCount"), 0)
        if nodes < 3 or nodes % 2 == 0:
            spec.fail("the members that vote are fewer than three, or even in number", "regionConfigs")


def _flex(p: Probe) -> None:
    p.fail("a flex cluster has neither point in time nor private endpoints")


def _autoscale(p: Probe) -> None:
    for spec in p.each("replicationSpecs"):
        for region in spec.each("regionConfigs"):
            if true(region.get("autoScaling.computeEnabled")):
                region.expect("autoScaling.computeMaxInstanceSize", present, "may grow to any size")
            region.expect("autoScaling.diskGbEnabled", true, "stops writing when the disk is full")


def _audit(p: Probe) -> None:
    if not p.stack.has(t.ATLAS_AUDITING):
        p.fail("nobody can tell later who did what in the database")
    for audit in p.stack.of(t.ATLAS_AUDITING):
        p.other(audit).expect("enabled", true, "auditing is declared and off")


def _maintenance(p: Probe) -> None:
    if not p.stack.has(t.ATLAS_MAINTENANCE):
        p.fail("maintenance may come in the middle of the day")


def _alerts(p: Probe) -> None:
    if not p.stack.has(t.ATLAS_ALERT):
        p.fail("nobody hears of a full disk or a host that is down")
    for alert in p.stack.of(t.ATLAS_ALERT):
        p.other(alert).expect("notifications", present, "an alert that tells nobody")


def _version(p: Probe) -> None:
    if p.get("versionReleaseSystem") != "CONTINUOUS":
        p.expect(
            "mongoDbMajorVersion", is_in(*MAJOR_VERSIONS), "no version that the chat can run on is named"
        )
    p.expect(
        "versionReleaseSystem", unset_or("LTS"), "follows rapid releases, which the chat is not tested with"
    )


CLUSTERS = (t.ATLAS_CLUSTER,)
ATLAS_NO_WORLD_ACCESS = _rule(
    "atlas-no-world-access",
    "The database is not open to the world",
    MANDATORY,
    CRITICAL,
    (t.ATLAS_ACCESS, t.ATLAS_KEY_ACCESS),
    _world,
    maps="P:projects_network_access_list_exposed_to_internet, Atlas network access",
    fix="List the NAT gateways' addresses, or use a private endpoint.",
    link=_DOCS + "security/ip-access-list/",
)
ATLAS_ACCESS_NARROW = _rule(
    "atlas-access-narrow",
    "Each entry of the access list is one address, and says whose",
    ADVISORY,
    MEDIUM,
    (t.ATLAS_ACCESS,),
    _narrow,
    maps="Atlas network access",
    fix="List single public addresses with a comment.",
    link=_DOCS + "security/ip-access-list/",
)
ATLAS_USER_KEPT = _rule(
    "atlas-user-kept",
    "The database user does not run out",
    MANDATORY,
    MEDIUM,
    (t.ATLAS_USER,),
    expecting("deleteAfterDate", absent, "ends by itself one day, and the chat with it"),
    maps="Atlas database users",
    fix="Take delete_after_date away from the chat's user.",
    link=_DOCS + "security-add-mongodb-users/",
)
ATLAS_PRIVATE_LINK = _rule(
    "atlas-private-link",
    "The way to the database is private, or at least closed",
    PRODUCTION,
    MEDIUM,
    CLUSTERS,
    _private_link,
    maps="Atlas architecture centre",
    needs=Needs.STACK,
    why="endpoints and access lists are made after the cluster or beside it",
    fix="Make a PrivateLinkEndpoint with its service, or an access list of the NAT's addresses.",
    link=_DOCS + "security-private-endpoint/",
)
ATLAS_EGRESS_AGREES = _rule(
    "atlas-egress-agrees",
    "The access list lets in what the chat goes out by",
    MANDATORY,
    HIGH,
    CLUSTERS,
    _egress_agrees,
    maps="Atlas network access, original",
    needs=Needs.STACK,
    why="the addresses that go out are made beside the cluster",
    fix="Give each NAT gateway's address an entry.",
    link=_DOCS + "security/ip-access-list/",
)
ATLAS_USER_LEAST_PRIV = _rule(
    "atlas-user-least-priv",
    "Database users have no more than they need",
    MANDATORY,
    HIGH,
    (t.ATLAS_USER,),
    _privilege,
    maps="Atlas built-in roles, original",
    fix="Grant readWrite on the chat's own database.",
    link=_DOCS + "mongodb-users-roles-and-privileges/",
)
ATLAS_USER_SCOPED = _rule(
    "atlas-user-scoped",
    "Database users belong to one cluster",
    MANDATORY,
    MEDIUM,
    (t.ATLAS_USER,),
    _scoped,
    product=True,
    maps="Atlas database users",
    fix="Add a scope of type CLUSTER.",
    link=_DOCS + "security-add-mongodb-users/",
)
ATLAS_USER_SEPARATE = _rule(
    "atlas-user-separate",
    "Backups log in as somebody else than the chat",
    ADVISORY,
    LOW,
    (t.ATLAS_USER,),
    _separate,
    maps="practice least-privilege",
    fix="Make a second user with read only.",
    link=_DOCS + "security-add-mongodb-users/",
)
ATLAS_PASSWORD_SOURCE = _rule(
    "atlas-password-source",
    "Database passwords are long and need no escaping",
    MANDATORY,
    HIGH,
    (t.ATLAS_USER,),
    _password,
    maps="RC, practice passwords",
    fix="Generate 24 or more letters and digits, or use IAM or X.509.",
    link=_DOCS + "security-add-mongodb-users/",
)
ATLAS_USER_HOME = _rule(
    "atlas-user-home",
    "Database users are kept in admin",
    MANDATORY,
    LOW,
    (t.ATLAS_USER,),
    expecting("authDatabaseName", is_in("admin", "$external"), "Atlas keeps its users in admin"),
    maps="Atlas database users",
    fix="Set auth_database_name to admin.",
    link=_DOCS + "security-add-mongodb-users/",
)
ATLAS_TLS12 = _rule(
    "atlas-tls12",
    "The database speaks TLS 1.2 and newer only",
    MANDATORY,
    HIGH,
    CLUSTERS,
    expecting(
        "advancedConfiguration.minimumEnabledTlsProtocol",
        is_in("TLS1_2", "TLS1_3"),
        "takes TLS older than 1.2",
    ),
    maps="P:clusters_tls_enabled",
    fix="Set minimum_enabled_tls_protocol to TLS1_2.",
    link=_DOCS + "reference/faq/security/",
)
ATLAS_BACKUP = _rule(
    "atlas-backup",
    "The database is backed up",
    MANDATORY,
    CRITICAL,
    CLUSTERS,
    expecting("backupEnabled", true, "no backups"),
    maps="P:clusters_backup_enabled",
    fix="Set backup_enabled.",
    link=_DOCS + "backup/cloud-backup/overview/",
)
ATLAS_POINT_IN_TIME = _rule(
    "atlas-point-in-time",
    "The database can be restored to a point in time",
    PRODUCTION,
    HIGH,
    CLUSTERS,
    expecting("pitEnabled", true, "can be restored to the last snapshot only, not to a point in time"),
    maps="Atlas backup",
    fix="Set pit_enabled.",
    link=_DOCS + "recover-pit-continuous-cloud-backup/",
)
ATLAS_BACKUP_SCHEDULE = _rule(
    "atlas-backup-schedule",
    "Daily, weekly and monthly snapshots are kept",
    PRODUCTION,
    MEDIUM,
    CLUSTERS,
    _schedule,
    maps="Atlas disaster recovery",
    needs=Needs.EARLIER,
    sides=(t.ATLAS_SCHEDULE,),
    why="the schedule of a cluster is made after it",
    fix="Add a CloudBackupSchedule with all three.",
    link=_DOCS + "backup/cloud-backup/scheduling/",
)
ATLAS_BACKUP_COPY = _rule(
    "atlas-backup-copy",
    "Snapshots are copied to a second region",
    ADVISORY,
    LOW,
    (t.ATLAS_SCHEDULE,),
    expecting("copySettings", present, "no copy in a second region"),
    maps="Atlas disaster recovery",
    fix="Add copy_settings.",
    link=_DOCS + "backup/cloud-backup/snapshot-distribution/",
)
ATLAS_BACKUP_COMPLIANCE = _rule(
    "atlas-backup-compliance",
    "Backups cannot be deleted by an administrator",
    ADVISORY,
    LOW,
    CLUSTERS,
    _compliance,
    maps="Atlas backup compliance",
    needs=Needs.STACK,
    fix="Think well: a BackupCompliancePolicy can only be lifted by the vendor's support.",
    link=_DOCS + "backup/cloud-backup/backup-compliance-policy/",
)
ATLAS_TERMINATION_PROTECTION = _rule(
    "atlas-termination-protection",
    "The cluster cannot be deleted by mistake",
    PRODUCTION,
    HIGH,
    (t.ATLAS_CLUSTER, t.ATLAS_FLEX),
    expecting("terminationProtectionEnabled", true, "can be deleted by one wrong call"),
    maps="Atlas termination protection",
    fix="Set termination_protection_enabled.",
    link=_DOCS + "cluster-additional-settings/",
    remedy=_mend_termination,
)
ATLAS_RETAIN_BACKUPS = _rule(
    "atlas-retain-backups",
    "Backups outlive the cluster",
    PRODUCTION,
    MEDIUM,
    CLUSTERS,
    expecting("retainBackupsEnabled", true, "its backups die with it"),
    maps="Atlas backup",
    fix="Set retain_backups_enabled.",
    link=_DOCS + "backup/cloud-backup/overview/",
)
ATLAS_TIER = _rule(
    "atlas-tier",
    "Three members of a tier of their own",
    PRODUCTION,
    MEDIUM,
    CLUSTERS,
    _tier,
    maps="Atlas production notes, RC",
    fix="Use M10 or more with three electable nodes.",
    link=_DOCS + "manage-clusters/",
)
ATLAS_NOT_FLEX = _rule(
    "atlas-not-flex",
    "Production does not run on a flex cluster",
    PRODUCTION,
    MEDIUM,
    (t.ATLAS_FLEX,),
    _flex,
    maps="Atlas production notes",
    fix="Use an AdvancedCluster of M10 or more.",
    link=_DOCS + "reference/flex-limitations/",
)
ATLAS_JS_OFF = _rule(
    "atlas-js-off",
    "The database runs no JavaScript of its clients",
    ADVISORY,
    LOW,
    CLUSTERS,
    expecting(
        "advancedConfiguration.javascriptEnabled", lambda on: on is False, "runs JavaScript of its clients"
    ),
    maps="Atlas hardening",
    fix="Set javascript_enabled to false, after trying it.",
    link=_DOCS + "cluster-additional-settings/",
)
ATLAS_AUTOSCALE_BOUNDED = _rule(
    "atlas-autoscale-bounded",
    "The database grows by itself, up to a bound",
    ADVISORY,
    MEDIUM,
    CLUSTERS,
    _autoscale,
    maps="Atlas autoscaling",
    fix="Set compute_max_instance_size and disk_gb_enabled.",
    link=_DOCS + "cluster-autoscaling/",
)
ATLAS_AUDIT = _rule(
    "atlas-audit",
    "Logins to the database are audited",
    ADVISORY,
    LOW,
    CLUSTERS,
    _audit,
    maps="P:projects_auditing_enabled",
    needs=Needs.STACK,
    fix="Add Auditing (it costs 10 % more).",
    link=_DOCS + "database-auditing/",
)
ATLAS_OWN_KEY = _rule(
    "atlas-encryption-cmk",
    "The disk is encrypted with a key of one's own",
    ADVISORY,
    LOW,
    CLUSTERS,
    expecting(
        "encryptionAtRestProvider",
        lambda kind: kind in {"AWS", "AZURE", "GCP"},
        "encrypted with Atlas's own key only",
    ),
    maps="Atlas hardening",
    fix="Add EncryptionAtRest and name AWS as provider.",
    link=_DOCS + "security-aws-kms/",
)
ATLAS_MAINTENANCE = _rule(
    "atlas-maintenance",
    "Maintenance has its hour",
    ADVISORY,
    LOW,
    CLUSTERS,
    _maintenance,
    maps="Atlas maintenance window",
    needs=Needs.STACK,
    fix="Add a MaintenanceWindow.",
    link=_DOCS + "tutorial/cluster-maintenance-window/",
)
ATLAS_ALERTS = _rule(
    "atlas-alerts",
    "Somebody hears of trouble with the database",
    ADVISORY,
    MEDIUM,
    CLUSTERS,
    _alerts,
    maps="Atlas alerts",
    needs=Needs.STACK,
    fix="Add AlertConfigurations for disk, connections and a host that is down.",
    link=_DOCS + "configure-alerts/",
)
ATLAS_DEFAULT_ALERTS = _rule(
    "atlas-default-alerts",
    "A new project keeps the default alerts",
    ADVISORY,
    LOW,
    (t.ATLAS_PROJECT,),
    expecting("withDefaultAlertsSettings", lambda on: on is not False, "the default alerts of Atlas are off"),
    maps="Atlas alerts",
    fix="Leave with_default_alerts_settings on.",
    link=_DOCS + "reference/alert-conditions/",
)
ATLAS_VERSION_PINNED = _rule(
    "atlas-version-pinned",
    "The database's major version is named and is one that the chat runs on",
    MANDATORY,
    HIGH,
    CLUSTERS,
    _version,
    maps="RC",
    fix="Set mongo_db_major_version (8.0 for release 8.2 and later).",
    link="https://docs.rocket.chat/docs/version-durability",
)
ATLAS_OPLOG_WINDOW = _rule(
    "atlas-oplog-window",
    "A day of operations is kept",
    ADVISORY,
    LOW,
    CLUSTERS,
    expecting(
        "advancedConfiguration.oplogMinRetentionHours",
        at_least(OPLOG_HOURS),
        "keeps less than a day of operations",
    ),
    maps="RC",
    fix="Set oplog_min_retention_hours to 24 or more.",
    link=_DOCS + "cluster-additional-settings/",
)
ATLAS_NOT_PAUSED = _rule(
    "atlas-not-paused",
    "The cluster runs",
    MANDATORY,
    LOW,
    CLUSTERS,
    expecting("paused", not_true, "is paused: the chat would not start"),
    maps="practice availability",
    fix="Take paused away.",
    link=_DOCS + "pause-terminate-cluster/",
)
ATLAS_KEY_NO_OWNER = _rule(
    "atlas-key-no-owner",
    "Keys of programs own no organization and no project",
    MANDATORY,
    HIGH,
    types_of(ROWS),
    asking(ROWS),
    maps="Atlas roles",
    fix="Give the role that the program needs, such as GROUP_CLUSTER_MANAGER or GROUP_BACKUP_MANAGER.",
    link="https://www.mongodb.com/docs/atlas/reference/user-roles/",
)
