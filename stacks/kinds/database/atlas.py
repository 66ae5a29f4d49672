"""MongoDB Atlas: a cluster of the stack's own."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from components.database import backup as snapshots
from components.database import catalogue
from rocketchat import releases, sizing
from rocketchat.releases import Release
from stacks import profiles
from stacks.fields import Address, AtlasId, AtlasName, DatabaseName, MongoLine
from stacks.judging import Finding, Note, Warning_, rule
from stacks.kinds.database.on_atlas import CLUSTER, LINK, PROJECT, SERVICE, OnAtlas
from stacks.parts import Backup
from stacks.problems import Problem, nearest
from stacks.profiles import Defaults
from stacks.questions import Answers, Ask, plain_host

if TYPE_CHECKING:
    from components.database.atlas import AtlasClusterArgs, AtlasDatabaseArgs
    from components.values import DatabaseAccess
    from stacks.kinds.context import Context
    from stacks.language import ChatSpec
    from stacks.spec import Parts


def _cluster_name(answers: Answers) -> str:
    # Atlas tells clusters of a project apart by their first 23 characters.
    return plain_host(answers)[:23].strip("-")


class AtlasDatabase(OnAtlas):
    """MongoDB Atlas: a cluster, and the chat's database and user on it."""

    example: ClassVar = {"organization": "5f0c1d2e3b4a59687f6e5d4c", "cluster": "example"}
    asks: ClassVar = {
        "cluster": Ask(default=_cluster_name),
        "organization": Ask("cloud.mongodb.com, Organization Settings: 24 hexadecimal digits."),
    }

    takes_tags: ClassVar = True
    climbs: ClassVar = True
    takes_snapshots: ClassVar = True

    kind: Literal["atlas"]
    organization: AtlasId | None = None
    """Id of the Atlas organization in which a project is made. Either this or `project`."""
    project: AtlasId | None = None
    """Id of a project that is there already."""
    cluster: AtlasName
    """Name of the cluster, and of the project where one is made."""
    name: DatabaseName = "rocketchat"
    """Name of the chat's database."""
    version: MongoLine | None = None
    """MongoDB version, such as "8.0". The release's own recommendation when left out."""
    tier: Literal["M10", "M20", "M30", "M40", "M50", "M60", "M80"] | None = None
    """Size of the cluster. From the number of users when left out."""
    max_tier: Literal["M10", "M20", "M30", "M40", "M50", "M60", "M80"] | None = None
    """Compute autoscaling goes up to this tier. From the number of users when left out."""
    disk_gb: int | None = Field(default=None, ge=10, le=4096)
    """Disk in GB, grown by Atlas when it fills. From the number of users when left out."""
    region: str | None = None
    """Region of AWS for the cluster; the stack's own when left out."""
    private_link: bool | None = None
    """Reach the cluster through AWS PrivateLink instead of the internet. On in production."""
    allow: list[Address] = []
    """Further single addresses that may reach the cluster, such as an office's."""
    maintenance_day: Literal["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"] = (
        "sunday"
    )
    """Day on which Atlas may do its maintenance."""
    maintenance_hour: int = Field(default=18, ge=0, le=23)
    """Hour of day, UTC, at which Atlas may do its maintenance."""

    def private(self, defaults: Defaults) -> bool:
        """As the file says, else the profile."""
        return defaults.private_link if self.private_link is None else self.private_link

    def alarm_senders(self, parts: "Parts") -> Mapping[str, str]:
        """Atlas tells of its own alerts."""
        return {"Atlas": "the database"}

    def make(self, context: "Context") -> "DatabaseAccess":
        """Make a cluster, and the chat's database on it; the outputs say what other stacks need to share it."""
        from components.database import atlas

        spec, place = context.spec, context.place
        cluster = atlas.AtlasCluster("cluster", self._cluster(spec), context.opts)
        args: AtlasDatabaseArgs = {
            "project_id": cluster.project_id,
            "cluster_name": cluster.cluster_name,
            "srv_address": cluster.srv_address,
            "database": self.name,
            "chat": spec.parts.chat.host,
            "roles": self.roles(spec),
            "addresses": list(self.allow),
        }
        if self.private(spec.defaults) and place.private_link is not None:
            args["private_link"] = place.private_link
            del args["srv_address"]
        else:
            args["addresses"] = [*place.egress.addresses, *self.allow]
        if spec.parts.dumped:
            args["backup_user"] = True
        made = atlas.AtlasDatabase("database", args, context.opts)
        context.outputs |= {PROJECT: cluster.project_id, CLUSTER: cluster.cluster_name}
        if made.link is not None:
            context.outputs[LINK] = made.link.private_link_id
            context.outputs[SERVICE] = made.link.endpoint_service_name
        return made.access

    def _cluster(self, spec: "ChatSpec") -> "AtlasClusterArgs":
        defaults = spec.defaults
        args: AtlasClusterArgs = {
            "cluster_name": self.cluster,
            "region": self.region or spec.region or "",
            "tier": self.tier or spec.size.atlas_tier,
            "tier_max": self.max_tier or self.tier or spec.size.atlas_max_tier,
            "disk_gb": self.disk_gb or spec.size.disk_gb,
            "mongodb_version": self.version or spec.release.recommended_mongodb,
            "schedule": profiles.snapshots(spec.parts.backup, defaults),
            "maintenance": {"day": self.maintenance_day, "hour": self.maintenance_hour},
            "alert_emails": list(spec.parts.monitoring.alarm_emails),
            "termination_protection": defaults.protect,
            "retain_backups": defaults.protect,
            "protect": defaults.protect,
            "retain": defaults.protect,
            "tags": spec.tags,
        }
        if self.project is not None:
            args["project_id"] = self.project
        elif self.organization is not None:
            args["organization_id"] = self.organization
            args["project_name"] = self.cluster
        return args


@rule("The Atlas cluster is named")
def _named(database: AtlasDatabase) -> Iterator[Finding]:
    if (database.organization is None) == (database.project is None):
        yield Problem(
            "rocketchat:database",
            "give either `organization` (a project is made in it) or `project` (it is there already), not both or none",
        )
    yield Note(database.cluster)


@rule("The release runs on the cluster's MongoDB")
def _version(release: Release, database: AtlasDatabase) -> Iterator[Finding]:
    version = database.version or release.recommended_mongodb
    try:
        releases.check_mongodb(release, version)
    except ValueError as error:
        yield Problem("rocketchat:database.version", str(error), allowed=", ".join(release.mongodb))
        return
    series = ".".join(version.split(".")[:2])
    if series not in catalogue.NEW_CLUSTER_VERSIONS:
        yield Warning_(
            f"Atlas makes new clusters with MongoDB {' or '.join(catalogue.NEW_CLUSTER_VERSIONS)} only, and "
            f"Rocket.Chat {release.version} wants {' or '.join(release.mongodb)}: this works for a cluster that runs "
            f"{version} already; else use kind uri"
        )
    yield Note(f"MongoDB {version}")


@rule("Atlas has such a cluster")
def _tier(database: AtlasDatabase, size: sizing.Size) -> Iterator[Finding]:
    tier, disk_gb = database.tier or size.atlas_tier, database.disk_gb or size.disk_gb
    most = database.max_tier or database.tier or size.atlas_max_tier
    try:
        catalogue.check_tiers(tier, None, most)
    except ValueError as error:
        yield Problem(
            f"rocketchat:database.{'maxTier' if database.max_tier else 'tier'}",
            str(error),
            remedy="give `tier` and `maxTier` in this order, or leave both out",
        )
        return
    try:
        catalogue.check_disk(tier, disk_gb)
    except ValueError as error:
        yield Problem(
            f"rocketchat:database.{'diskGb' if database.disk_gb else 'tier'}",
            f"{error}"
            + ("" if database.disk_gb else f" (the disk of {size.disk_gb} GB is for the number of users)"),
            remedy="take a larger `tier`, or another `diskGb`",
        )
        return
    yield Note(f"{tier}, up to {most}, {disk_gb} GB")


@rule("The region is known to Atlas")
def _atlas_region(database: AtlasDatabase, region: str | None) -> Iterator[Finding]:
    wanted = database.region or region
    path = "rocketchat:database.region" if database.region else "aws:region"
    if wanted is None:
        yield Problem(
            "rocketchat:database.region", "the cluster needs a region", remedy="add `region: ap-southeast-1`"
        )
    elif wanted not in catalogue.REGIONS:
        yield Problem(
            path,
            f"MongoDB Atlas has no region {wanted}",
            nearest=nearest(wanted, catalogue.REGIONS),
            allowed=", ".join(sorted(catalogue.REGIONS)),
        )
    else:
        if region is not None and wanted != region:
            yield Warning_(f"the database is in {wanted}, the chat in {region}: every query crosses regions")
            if database.private_link is not False:
                yield Problem(
                    "rocketchat:database.privateLink",
                    "PrivateLink works within one region only",
                    remedy="set `privateLink: false`, or use one region",
                )
        yield Note(wanted)


@rule("Rarer backups are kept longer")
def _backup(backup: Backup, database: AtlasDatabase, defaults: Defaults) -> Iterator[Finding]:
    try:
        kept = snapshots.complete(profiles.snapshots(backup, defaults))
    except ValueError as error:
        yield Problem("rocketchat:backup", str(error))
    else:
        yield Note(
            f"{database.cluster}: any second of {kept['restore_window_days']} days; "
            f"the oldest snapshot is kept {kept['monthly_days']} days"
        )
