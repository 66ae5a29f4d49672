"""MongoDB Atlas: a cluster, and one chat's database on a cluster."""

import json
import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from ipaddress import AddressValueError, IPv4Address
from typing import NotRequired, TypedDict

import pulumi
import pulumi_mongodbatlas as mongodbatlas
import pulumi_random as random

from components.base import DAYS, Component, after, one_of
from components.database import alerts, backup
from components.database.catalogue import (
    atlas_region,
    changes_by_itself,
    check_cluster_name,
    check_disk,
    check_tiers,
)
from components.database.private_link import AtlasPrivateLink, PrivateLinkArgs
from components.database.series import held
from components.database.uri import check_database_name, srv_uri
from components.names import bounded
from components.values import DatabaseAccess

ROLES = ("read", "readWrite", "dbAdmin", "clusterMonitor")
"""Built-in roles that a chat may have; those that reach into every database are not among them."""

HIGHEST_PRIORITY = 7

COMMENT_LIMIT = 80
"""Characters of the comment of an entry of the access list (Atlas Administration API, `NetworkPermissionEntry`)."""

PASSWORD_LENGTH = 40
"""Letters and digits: about 238 bits, and nothing that a URI must encode."""

USERNAME_LIMIT = 58
"""Characters of a user's name that leave room for the ending of the second user's."""

_CHAT = "rocketchat-host"
"""Label of a user with the public name of the chat that it is for."""
_USERNAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,57}")

AUDIT_FILTER = json.dumps(
    {
        "$or": [
            {"atype": "authenticate", "result": {"$ne": 0}},
            {
                "atype": {
                    "$in": [
                        "createUser",
                        "updateUser",
                        "dropUser",
                        "dropAllUsersFromDatabase",
                        "grantRolesToUser",
                        "revokeRolesFromUser",
                        "createRole",
                        "updateRole",
                        "dropRole",
                        "dropDatabase",
                        "dropCollection",
                    ]
                }
            },
        ]
    }
)
"""Failed logins, and changes of users and roles and drops of data; the chat's own traffic is left out."""


class AtlasMaintenanceArgs(TypedDict):
    """The weekly hour in which Atlas may restart nodes. A project has one only."""

    day: str
    """Day of the week in English, such as `sunday`."""
    hour: int
    """Hour of that day, 0 to 23, in the project's time zone (UTC unless changed in Atlas)."""
    defer: NotRequired[bool]
    """Whether each maintenance is put off by a week, so that it is announced first. Default true."""


class AtlasClusterArgs(TypedDict):
    """A cluster and the project that it stands in."""

    cluster_name: str
    """Name of the cluster: 1 to 64 letters, digits and hyphens. Cannot be changed later."""
    region: str
    """AWS region in AWS's spelling, such as `ap-southeast-1`."""
    tier: str
    """Size of each node, `M10` to `M300`; where it may change by itself, the size to begin with."""
    mongodb_version: str
    """Major version of MongoDB, such as `8.0`; Atlas adds the patches."""
    organization_id: NotRequired[pulumi.Input[str]]
    """Atlas's id of the organization in which a new project is made. Either this or `project_id`."""
    project_id: NotRequired[pulumi.Input[str]]
    """Atlas's id of an existing project. Either this or `organization_id`."""
    project_name: NotRequired[str]
    """Name of the new project; made up when left out."""
    tier_max: NotRequired[str]
    """Largest tier that Atlas may go up to by itself; fixed when left out or the same as the tier."""
    tier_min: NotRequired[str]
    """Smallest tier that Atlas may go down to by itself; it never goes down when left out."""
    disk_gb: NotRequired[int]
    """Gigabytes of disk of each node to begin with, at least 10; the tier's own default when left out."""
    disk_autoscaling: NotRequired[bool]
    """Whether Atlas enlarges a disk that fills up. Default true."""
    nodes: NotRequired[int]
    """Nodes that can be elected: 3, 5 or 7. Default 3."""
    oplog_hours: NotRequired[int]
    """Hours of changes that the oplog keeps at least; needs `disk_autoscaling`. Default 24."""
    javascript: NotRequired[bool]
    """Whether the server runs JavaScript (`$where`, map-reduce). Default false."""
    backup: NotRequired[bool]
    """Whether snapshots are taken. Default true."""
    point_in_time: NotRequired[bool]
    """Whether any second of the restore window can be restored; needs `backup`. Default as `backup`."""
    schedule: NotRequired[backup.AtlasBackupArgs]
    """When snapshots are taken and how long they are kept."""
    maintenance: NotRequired[AtlasMaintenanceArgs]
    """The weekly maintenance hour; Atlas chooses when left out. Only one stack of a project gives it."""
    alerts: NotRequired[bool]
    """Whether alerts are set up. Those about hosts hold for the whole project. Default true."""
    alert_emails: NotRequired[Sequence[pulumi.Input[str]]]
    """Addresses told of alerts, beside the project's owners."""
    auditing: NotRequired[bool]
    """Whether the project's audit log is on (costs extra). One stack of a project gives it. Default false."""
    termination_protection: NotRequired[bool]
    """Whether Atlas itself refuses to delete the cluster. Default true."""
    retain_backups: NotRequired[bool]
    """Whether snapshots outlive the cluster. Default true."""
    protect: NotRequired[bool]
    """Whether Pulumi refuses to delete the project and the cluster. Default false."""
    retain: NotRequired[bool]
    """Whether project and cluster stay in Atlas when they leave the stack, and with them the snapshot schedule, the
    maintenance hour, the alerts and auditing. Default false."""
    tags: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Tags of project and cluster."""


class AtlasCluster(Component):
    """A replica set of MongoDB Atlas on AWS, with backup, alerts and a maintenance hour.

    Produces: the project (unless one is given), the cluster, its snapshot schedule, the maintenance window,
    the alerts, and auditing when asked for.
    """

    project_id: pulumi.Output[str]
    """Atlas's id of the project."""
    cluster_name: pulumi.Output[str]
    """Name of the cluster."""
    srv_address: pulumi.Output[str]
    """`mongodb+srv://` address over the internet, without credentials."""

    def __init__(self, name: str, args: AtlasClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        region = atlas_region(args["region"])
        check_tiers(args["tier"], args.get("tier_min"), args.get("tier_max"))
        snapshots = args.get("backup", True)
        point_in_time = args.get("point_in_time", snapshots)
        schedule = backup.complete(args.get("schedule", {}))
        _check_cluster(args, snapshots=snapshots, point_in_time=point_in_time)
        super().__init__("AtlasCluster", name, args, opts)

        protect, retain = args.get("protect"), args.get("retain")
        alerting = args.get("alerts", True)
        if "project_id" in args:
            self.project_id = pulumi.Output.from_input(args["project_id"])
        else:
            project = mongodbatlas.Project(
                f"{name}-project",
                org_id=args["organization_id"],
                name=args.get("project_name"),
                # Our own alerts replace the default ones, or owners would be told of each thing twice.
                with_default_alerts_settings=not alerting,
                tags=args.get("tags"),
                opts=self.child(
                    protect=protect,
                    retain_on_delete=retain,
                    # Atlas reads it only when the project is made, and refuses a change.
                    ignore_changes=["withDefaultAlertsSettings"],
                ),
            )
            self.project_id = project.id
        cluster = self._cluster(name, args, region, snapshots=snapshots, point_in_time=point_in_time)
        self.cluster_name = cluster.name
        self.srv_address = cluster.connection_strings.apply(lambda strings: strings.standard_srv or "")

        def beside(*moved_by: str) -> pulumi.ResourceOptions:
            # A cluster that is kept goes on to be backed up, maintained and watched. Where these inputs change, the
            # provider would go on with the old one of what they name.
            return self.child(deleted_with=cluster if retain else None, replace_on_changes=moved_by or None)

        if snapshots:
            backup.schedule_snapshots(
                f"{name}-schedule",
                schedule,
                project_id=self.project_id,
                cluster_name=self.cluster_name,
                point_in_time=point_in_time,
                opts=beside("clusterName"),
            )
        if "maintenance" in args:
            window = args["maintenance"]
            mongodbatlas.MaintenanceWindow(
                f"{name}-maintenance",
                project_id=self.project_id,
                day_of_week=DAYS.index(window["day"]) + 1,
                hour_of_day=window["hour"],
                auto_defer_once_enabled=window.get("defer", True),
                opts=beside("projectId"),
            )
        if alerting:
            for alert in (*alerts.ALERTS, *(alerts.BACKUP_ALERTS if snapshots else ())):
                alerts.make(
                    name,
                    alert,
                    project_id=self.project_id,
                    cluster_name=self.cluster_name,
                    emails=args.get("alert_emails", ()),
                    child=beside,
                )
        if args.get("auditing", False):
            mongodbatlas.Auditing(
                f"{name}-auditing",
                project_id=self.project_id,
                enabled=True,
                audit_filter=AUDIT_FILTER,
                audit_authorization_success=False,
                opts=beside(),
            )
        self.register()

    def _cluster(
        self, name: str, args: AtlasClusterArgs, region: str, *, snapshots: bool, point_in_time: bool
    ) -> "mongodbatlas.AdvancedCluster":
        tier_max, tier_min = args.get("tier_max"), args.get("tier_min")
        scales = changes_by_itself(args["tier"], tier_min, tier_max)
        disk_autoscaling = args.get("disk_autoscaling", True)
        # What Atlas scales by itself is given here only to begin with: the next deployment must not take a
        # busy cluster back to the size it began with. So these paths, and no others, are left to Atlas.
        specs = "replicationSpecs[*].regionConfigs[*].electableSpecs"
        scaled = [f"{specs}.instanceSize"] if scales else []
        if disk_autoscaling:
            scaled.append(f"{specs}.diskSizeGb")
        return mongodbatlas.AdvancedCluster(
            f"{name}-cluster",
            project_id=self.project_id,
            name=args["cluster_name"],
            cluster_type="REPLICASET",
            mongo_db_major_version=args["mongodb_version"],
            version_release_system="LTS",
            replication_specs=[
                mongodbatlas.AdvancedClusterReplicationSpecArgs(
                    region_configs=[
                        mongodbatlas.AdvancedClusterReplicationSpecRegionConfigArgs(
                            provider_name="AWS",
                            region_name=region,
                            priority=HIGHEST_PRIORITY,
                            electable_specs=mongodbatlas.AdvancedClusterReplicationSpecRegionConfigElectableSpecsArgs(
                                instance_size=args["tier"],
                                node_count=args.get("nodes", 3),
                                disk_size_gb=args.get("disk_gb"),
                            ),
                            auto_scaling=mongodbatlas.AdvancedClusterReplicationSpecRegionConfigAutoScalingArgs(
                                disk_gb_enabled=disk_autoscaling,
                                compute_enabled=scales,
                                compute_max_instance_size=tier_max if scales else None,
                                compute_scale_down_enabled=scales and tier_min is not None,
                                compute_min_instance_size=tier_min if scales else None,
                            ),
                        )
                    ]
                )
            ],
            # An update of anything else sends these specifications too; with this, Atlas then keeps the size
            # that it has scaled to.
            use_effective_fields=bool(scaled),
            backup_enabled=snapshots,
            pit_enabled=point_in_time,
            retain_backups_enabled=args.get("retain_backups", True),
            termination_protection_enabled=args.get("termination_protection", True),
            advanced_configuration=mongodbatlas.AdvancedClusterAdvancedConfigurationArgs(
                minimum_enabled_tls_protocol="TLS1_2",
                javascript_enabled=args.get("javascript", False),
                oplog_min_retention_hours=args.get("oplog_hours", 24) if disk_autoscaling else None,
            ),
            tags=args.get("tags"),
            opts=self.child(
                protect=args.get("protect"),
                retain_on_delete=args.get("retain"),
                ignore_changes=scaled,
                # Making or resizing a cluster takes 10 to 40 minutes.
                custom_timeouts=pulumi.CustomTimeouts(create="60m", update="60m", delete="60m"),
                hooks=held(name, args["mongodb_version"]),
            ),
        )


def _check_cluster(args: AtlasClusterArgs, *, snapshots: bool, point_in_time: bool) -> None:
    check_cluster_name(args["cluster_name"])
    if ("organization_id" in args) == ("project_id" in args):
        raise ValueError("Atlas: give either organization_id (a new project) or project_id (an existing one)")
    if "project_name" in args and "project_id" in args:
        raise ValueError("Atlas: project_name names a new project; it cannot stand beside project_id")
    if not re.fullmatch(r"\d+\.\d+", args["mongodb_version"]):
        raise ValueError(
            f"the MongoDB version {args['mongodb_version']!r} must be a major version such as 8.0"
        )
    if args.get("nodes", 3) not in (3, 5, 7):
        raise ValueError(f"the Atlas cluster's nodes are {args.get('nodes')}; they must be 3, 5 or 7")
    if "disk_gb" in args:
        check_disk(args["tier"], int(args["disk_gb"]))
    if "oplog_hours" in args and not args.get("disk_autoscaling", True):
        raise ValueError("Atlas keeps oplog_hours only with disk_autoscaling; leave one of the two out")
    if point_in_time and not snapshots:
        raise ValueError("Atlas: point_in_time needs backup")
    if "maintenance" in args:
        one_of("the maintenance day", args["maintenance"]["day"], DAYS)
        if not 0 <= args["maintenance"]["hour"] <= 23:
            raise ValueError(f"the maintenance hour is {args['maintenance']['hour']}; it must be 0 to 23")


class AtlasRoleArgs(TypedDict):
    """One role of a database user."""

    role: str
    """`read`, `readWrite`, `dbAdmin` or `clusterMonitor`."""
    database: str
    """The database that it holds for; `admin` for `clusterMonitor`."""


class AtlasDatabaseArgs(TypedDict):
    """One chat's database: who may use it, and from where."""

    project_id: pulumi.Input[str]
    """Atlas's id of the project."""
    cluster_name: pulumi.Input[str]
    """Name of the cluster, made in this program or by another stack."""
    database: str
    """Name of the database: 1 to 38 letters, digits, hyphens and underscores."""
    roles: Sequence[AtlasRoleArgs]
    """The roles of the chat's user: exactly those that its release needs."""
    srv_address: NotRequired[pulumi.Input[str]]
    """`mongodb+srv://` address of a cluster made in this program; looked up when left out."""
    chat: NotRequired[str]
    """Public name of the chat. Its users are labelled with it, and a database on that cluster which users of another
    chat have is refused; nothing is asked when left out."""
    username: NotRequired[str]
    """Name of the user, unique in the project. Default: the database's name."""
    password_version: NotRequired[int]
    """Count it up to have new passwords made. Default 1."""
    addresses: NotRequired[Sequence[pulumi.Input[str]]]
    """Fixed public IPv4 addresses of the chat, without a prefix length."""
    already_let_in: NotRequired[bool]
    """Whether the access list has the chat's addresses already, so that none is added. Default false."""
    mongodb_versions: NotRequired[Sequence[str]]
    """Series of MongoDB that the chat runs on, such as `8.0`: a cluster of another one is refused."""
    access_comment: NotRequired[str]
    """Who these addresses belong to and why, for readers of the access list in Atlas."""
    backup_user: NotRequired[bool]
    """Whether a second user is made who may read only, for dumps. Default false."""
    private_link: NotRequired[PrivateLinkArgs]
    """A private endpoint in the chat's VPC; the URI then leads through it."""


class AtlasDatabase(Component):
    """One chat's database on an Atlas cluster; taking it down leaves the cluster and other chats alone.

    Produces: a generated password and a user scoped to the cluster, with `backup_user` two of each, and either entries
    of the project's access list, one per address, or a private endpoint.
    """

    username: pulumi.Output[str]
    """Name of the chat's user."""
    uri: pulumi.Output[str]
    """Connection URI of the chat (secret)."""
    backup_uri: pulumi.Output[str | None]
    """Connection URI of the user who may read only (secret); none without `backup_user`."""

    def __init__(
        self, name: str, args: AtlasDatabaseArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        _check_database(args)
        super().__init__("AtlasDatabase", name, args, opts)
        username = args.get("username", args["database"])
        let_in = [
            mongodbatlas.ProjectIpAccessList(
                f"{name}-access-{index}",
                project_id=args["project_id"],
                cidr_block=pulumi.Output.from_input(address).apply(single_address),
                comment=bounded(
                    args.get("access_comment", f"Rocket.Chat, database {args['database']}"), COMMENT_LIMIT
                ),
                # Another comment makes it anew, and taking out the old one would take out the new: it is the address.
                opts=self.child(ignore_changes=["comment"]),
            )
            for index, address in enumerate(args.get("addresses", ()), start=1)
        ]
        self._link: AtlasPrivateLink | None = None
        # Nobody gets the address before it lets in whoever knows it.
        address = after(self._address(name, args), let_in)
        reader = f"{username}-backup"
        alone = self._alone(args, {username, reader})
        user, self.uri = self._user(
            f"{name}-user", args, address, _then(username, alone), args["roles"], args["database"], name
        )
        self.username = user.username
        self._backup_uri: pulumi.Output[str] | None = None
        if args.get("backup_user", False):
            read: AtlasRoleArgs = {"role": "read", "database": args["database"]}
            _, self._backup_uri = self._user(
                f"{name}-backup-user",
                args,
                address,
                _then(reader, alone),
                [read],
                args["database"],
                f"{name}-backup",
            )
        self.backup_uri = pulumi.Output.from_input(self._backup_uri)
        self.register()

    @property
    def access(self) -> DatabaseAccess:
        """How the chat reaches its database."""
        return DatabaseAccess(uri=self.uri, backup_uri=self._backup_uri)

    @property
    def link(self) -> AtlasPrivateLink | None:
        """The private endpoint, where there is one; its ids let further stacks of the project use it."""
        return self._link

    def _address(self, name: str, args: AtlasDatabaseArgs) -> pulumi.Output[str]:
        if "private_link" in args:
            self._link = AtlasPrivateLink(
                f"{name}-link",
                {
                    "place": args["private_link"],
                    "project_id": args["project_id"],
                    "cluster_name": args["cluster_name"],
                },
                self.child(),
            )
            if "mongodb_versions" not in args:
                return self._link.srv_address
            checked = self._public_address(args)
            return pulumi.Output.all(self._link.srv_address, checked).apply(lambda addresses: addresses[0])
        if "srv_address" in args:
            return pulumi.Output.from_input(args["srv_address"])
        return self._public_address(args)

    def _public_address(self, args: AtlasDatabaseArgs) -> pulumi.Output[str]:
        """Look the cluster up; its address, once its MongoDB is known to be one that the chat runs on."""
        versions = tuple(args.get("mongodb_versions", ()))
        cluster = mongodbatlas.get_advanced_cluster_output(
            project_id=args["project_id"],
            name=args["cluster_name"],
            opts=pulumi.InvokeOutputOptions(parent=self),
        )
        return cluster.apply(lambda found: _checked_address(found, versions))

    def _alone(self, args: AtlasDatabaseArgs, own: AbstractSet[str]) -> pulumi.Input[None]:
        """Look up whose users the project has; fail where the database is another chat's."""
        if "chat" not in args:
            return None
        chat, database = args["chat"], args["database"]
        users = mongodbatlas.get_database_users_output(
            project_id=args["project_id"], opts=pulumi.InvokeOutputOptions(parent=self)
        )
        cluster = pulumi.Output.from_input(args["cluster_name"])
        # Not together: what `Output.all` gives of a result has no attributes any more.
        return users.apply(
            lambda found: cluster.apply(lambda name: _check_alone(found.results, name, database, chat, own))
        )

    def _user(
        self,
        name: str,
        args: AtlasDatabaseArgs,
        address: pulumi.Output[str],
        username: pulumi.Input[str],
        roles: Sequence[AtlasRoleArgs],
        database: str,
        app_name: str,
    ) -> "tuple[mongodbatlas.DatabaseUser, pulumi.Output[str]]":
        generated = random.RandomPassword(
            f"{name}-password",
            length=PASSWORD_LENGTH,
            special=False,
            keepers={"version": str(args.get("password_version", 1))},
            opts=self.child(),
        )
        password: pulumi.Output[str] = pulumi.Output.secret(generated.result)
        user = mongodbatlas.DatabaseUser(
            name,
            project_id=args["project_id"],
            username=username,
            password=password,
            auth_database_name="admin",
            roles=[
                mongodbatlas.DatabaseUserRoleArgs(role_name=role["role"], database_name=role["database"])
                for role in roles
            ],
            scopes=[mongodbatlas.DatabaseUserScopeArgs(name=args["cluster_name"], type="CLUSTER")],
            description=f"Rocket.Chat, database {args['database']}",
            labels=[mongodbatlas.DatabaseUserLabelArgs(key=_CHAT, value=args["chat"])]
            if "chat" in args
            else None,
            opts=self.child(),
        )
        # The user's own output, so that nobody gets the URI before the user exists.
        uri = pulumi.Output.all(address, user.username, password).apply(
            lambda known: srv_uri(
                known[0], username=known[1], password=known[2], database=database, app_name=app_name
            )
        )
        return user, uri


def _then(value: str, checked: pulumi.Input[None]) -> pulumi.Output[str]:
    """Return the value, once what was checked is right."""
    return pulumi.Output.all(value, checked).apply(lambda known: str(known[0]))


def _check_alone(
    users: "Sequence[mongodbatlas.outputs.GetDatabaseUsersResultResult]",
    cluster: str,
    database: str,
    chat: str,
    own: AbstractSet[str],
) -> None:
    for user in users:
        other = next((label.value for label in user.labels or () if label.key == _CHAT), chat)
        scopes = {scope.name for scope in user.scopes or ()}
        if (
            other != chat
            and user.username not in own
            and (not scopes or cluster in scopes)
            and any(role.database_name.lower() == database.lower() for role in user.roles)
        ):
            raise pulumi.RunError(
                f"the database {database} of the Atlas cluster {cluster} is that of the chat {other} (user "
                f"{user.username}), and two chats in one database spoil each other: name another one "
                f"(`database.name`); or delete that user, if the chat {other} is gone"
            )


def _checked_address(cluster: "mongodbatlas.GetAdvancedClusterResult", versions: Sequence[str]) -> str:
    """Return the cluster's address over the internet; ValueError where the chat does not run on its MongoDB."""
    if versions and cluster.mongo_db_major_version not in versions:
        raise ValueError(
            f"the Atlas cluster {cluster.name} runs MongoDB {cluster.mongo_db_major_version}; this release of "
            f"the chat needs {', '.join(versions)}"
        )
    return cluster.connection_strings.standard_srv


def single_address(address: str) -> str:
    """Return an access-list entry for one IPv4 address: `203.0.113.7` becomes `203.0.113.7/32`.

    Raises ValueError for anything else, a whole network or the whole world above all.
    """
    bare = address.removesuffix("/32")
    try:
        wide = IPv4Address(bare) == IPv4Address(0)
    except AddressValueError:
        wide = address in ("::/0", "::") or address.endswith("/0")
        if not wide:
            raise ValueError(
                f"the access-list address {address!r} is not a single IPv4 address such as 203.0.113.7"
            ) from None
    if wide:
        raise ValueError(
            f"the access-list address {address!r} would open the database to the whole world; "
            "give the chat's own fixed addresses, or use a private link"
        )
    return f"{bare}/32"


def _check_database(args: AtlasDatabaseArgs) -> None:
    check_database_name(args["database"])
    if not args["roles"]:
        raise ValueError("the database user needs at least one role")
    for role in args["roles"]:
        one_of(f"the role on database {role['database']}", role["role"], ROLES)
        if role["role"] in ("readWrite", "dbAdmin") and role["database"] in ("admin", "config", "local"):
            raise ValueError(
                f"the role {role['role']} on MongoDB's own database {role['database']} is refused"
            )
    if not _USERNAME.fullmatch(args.get("username", args["database"])):
        raise ValueError(
            f"the database user's name {args.get('username')!r} must be letters, digits, hyphens, dots and "
            "underscores"
        )
    if not (args.get("addresses") or args.get("already_let_in") or "private_link" in args):
        raise ValueError(
            "the database has no way in: give the chat's fixed addresses (through a NAT gateway, for "
            "instance), or a private link"
        )
    for address in args.get("addresses", ()):
        if isinstance(address, str):
            single_address(address)
