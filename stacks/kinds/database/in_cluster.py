"""MongoDB in the chat's own Kubernetes cluster."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from components.backup import program
from stacks.fields import ClusterName, DatabaseName, MongoLine
from stacks.judging import Finding, Note, Warning_, rule
from stacks.kinds.database.own import OwnDatabase, Share
from stacks.kinds.runtime import RuntimeKind
from stacks.kinds.runtime.host.sizes import DATABASE_GB, OPLOG_GB
from stacks.parts import Profile
from stacks.problems import Problem
from stacks.profiles import Defaults

if TYPE_CHECKING:
    from rocketchat.releases import Release
    from rocketchat.sizing import Size
    from stacks.spec import Parts


_USUAL_DISK_GB = 10


class InClusterDatabase(OwnDatabase):
    """MongoDB in the chat's own Kubernetes cluster, dumped to S3 every night (`backup`) in production."""

    usual_media: ClassVar = "gridfs"
    dumps_in: ClassVar = frozenset({"cluster"})

    kind: Literal["in-cluster"]
    name: DatabaseName = "rocketchat"
    """Name of the chat's database."""
    version: MongoLine | None = None
    """MongoDB series, such as "8.0". The release's own recommendation when left out."""
    members: Literal[1, 3] = 1
    """One, or three, which outlive a node."""
    disk_gb: int | None = Field(default=None, ge=1, le=16384)
    """Disk of each member in GB. When left out 10, or more where the uploads of a year are in the database."""
    memory: int = Field(default=1024, ge=512, le=131072)
    """Memory of each member in MiB."""
    storage_class: ClusterName | None = None
    """Class of the disks; the cluster's default when left out."""

    def share(self, parts: "Parts", size: "Size") -> Share:
        """As the file says."""
        disk = self.disk_gb or max(_USUAL_DISK_GB, self.least_disk_gb(parts, size))
        return Share(self.members, disk, self.memory, self.storage_class)

    def least_disk_gb(self, parts: "Parts", size: "Size") -> int:
        """Return the GB that the database, its oplog and, where they are in it, the uploads of one year need."""
        return DATABASE_GB + OPLOG_GB + (size.media_gb if parts.media.in_database else 0)

    def shell(self, parts: "Parts", outputs: Mapping[str, object]) -> str:
        """In its first member."""
        namespace = getattr(parts.runtime, "namespace", "")
        login = 'db.getSiblingDB("admin").auth("root", process.env.ROOT_PASSWORD)'
        return (
            f"kubectl --namespace {namespace} exec --stdin --tty mongodb-0 --container mongodb -- "
            f"mongosh --norc {self.name} --shell --eval '{login}'"
        )

    def images(self, parts: "Parts", release: "Release", size: "Size") -> Iterator[str]:
        """MongoDB's, and that of the jobs where it is dumped."""
        yield from super().images(parts, release, size)
        if parts.dumped:
            yield program.IMAGE

    @classmethod
    def goes_with(cls, runtime: type[RuntimeKind]) -> bool:
        """It needs a cluster."""
        return runtime.is_cluster

    def dumped(self, profile: Profile) -> bool:
        """Nobody wants backups of a trial's."""
        return profile is Profile.PRODUCTION


@rule("The disks of the database in the cluster are large enough")
def _disk(database: InClusterDatabase, parts: "Parts", size: "Size") -> Iterator[Finding]:
    least, share = database.least_disk_gb(parts, size), database.share(parts, size)
    if share.disk_gb < least:
        yield Problem(
            "rocketchat:database.diskGb",
            f"{share.disk_gb} GB are too few: uploads of one year for {parts.chat.users} users and the database need "
            f"{least} GB",
            remedy=f"set `diskGb: {least}` or more, or leave it out",
        )
    yield Note(f"{share.disk_gb} GB for each member, of which {least} GB are needed in the first year")


@rule("The database in the cluster has a cluster")
def _in_cluster(
    runtime: RuntimeKind, database: InClusterDatabase, defaults: Defaults, parts: "Parts", region: str | None
) -> Iterator[Finding]:
    if not runtime.is_cluster:
        yield Problem(
            "rocketchat:database.kind",
            f"runtime {runtime.kind} is no Kubernetes cluster that could hold the database",
            remedy="set `runtime: {kind: kubernetes}` or `{kind: doks}`, or another database",
        )
        return
    if not parts.dumped:
        yield Warning_(
            "nobody makes backups of "
            + ("the database in the cluster" if defaults.protect else "a trial's database in the cluster")
            + " (backup.dumps)"
        )
    if defaults.protect and database.members == 1:
        yield Warning_("one member: the chat stands still while its node is replaced (members: 3)")
    yield Note(f"replica set of {database.members}")
