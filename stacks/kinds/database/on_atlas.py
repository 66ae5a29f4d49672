"""What the databases on MongoDB Atlas have in common."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from components.backup import program
from components.database.series import IMAGES
from components.database.uri import SRV_PORTS
from stacks.judging import Finding, Note, rule
from stacks.kinds.database import DatabaseKind, Place
from stacks.kinds.runtime import RuntimeKind
from stacks.problems import Problem
from stacks.profiles import Defaults

if TYPE_CHECKING:
    from components.database.atlas import AtlasRoleArgs
    from rocketchat.releases import Release
    from rocketchat.sizing import Size
    from stacks.language import ChatSpec
    from stacks.spec import Parts

NEWEST_TOOLS = "8.0"
"""Series of MongoDB whose image has the tools for it; they read servers of older ones too."""
PROJECT, CLUSTER = "atlasProjectId", "atlasCluster"
LINK, SERVICE = "atlasPrivateLinkId", "atlasEndpointService"
"""Outputs of the stack that has the cluster, which the stacks beside it read."""


class OnAtlas(DatabaseKind):
    """Base of the databases on MongoDB Atlas."""

    credentials: ClassVar = {
        "mongodbatlas:publicKey": "MONGODB_ATLAS_PUBLIC_KEY",
        "mongodbatlas:privateKey": "MONGODB_ATLAS_PRIVATE_KEY",
    }

    dumps_in: ClassVar = frozenset({"cluster", "tasks"})

    if TYPE_CHECKING:

        @property
        def name(self) -> str:
            """Name of the chat's database."""

        @property
        def private_link(self) -> bool | None:
            """Whether the file asks for PrivateLink; None where it leaves that to the profile."""

    def images(self, parts: "Parts", release: "Release", size: "Size") -> Iterator[str]:
        """Those of the jobs where it is dumped."""
        if parts.dumped:
            yield IMAGES[NEWEST_TOOLS]
            yield program.IMAGE

    @classmethod
    def places(
        cls, stack: str, part: Mapping[str, Any], of: Callable[[str], Mapping[str, Any]]
    ) -> frozenset[Place]:
        """By the cluster (the stack that has made it, and project and name), and the database's name."""
        name = part.get("name", cls.model_fields["name"].default)
        if not isinstance(name, str):
            return frozenset()
        owner = stack
        if not cls.climbs:
            owner = part["stack"].rpartition("/")[2] if isinstance(part.get("stack"), str) else ""
            made = of(owner) if owner else {}
            # One that names a third is refused where it is deployed: it has no outputs of a cluster.
            part = part if {"project", "cluster"} <= set(part) or "stack" in made else made
        clusters: set[Place] = {(owner,)} if owner else set()
        if {"project", "cluster"} <= set(part):
            clusters.add((str(part["project"]), str(part["cluster"])))
        # MongoDB takes no two names that differ in their case only.
        return frozenset((*cluster, name.lower()) for cluster in clusters)

    @property
    def keeps_access_list(self) -> bool:
        """Whether the stack adds the chat's addresses to the access list."""
        return True

    def saving(self, parts: "Parts", outputs: Mapping[str, object]) -> str:
        """By a snapshot of the cluster."""
        where = f"--projectId {outputs.get(PROJECT, 'PROJECT')}"
        return f"atlas backups snapshots create {outputs.get(CLUSTER, 'CLUSTER')} {where} --desc before"

    def restoring(self, parts: "Parts", outputs: Mapping[str, object]) -> str:
        """Of the whole cluster, with all that is on it, where there are no dumps."""
        if parts.dumped and outputs.get("backupBucket"):
            return super().restoring(parts, outputs)
        cluster, project = outputs.get(CLUSTER, "CLUSTER"), outputs.get(PROJECT, "PROJECT")
        return (
            f"atlas backups restores start automated --clusterName {cluster} --projectId {project} "
            f"--targetClusterName {cluster} --targetProjectId {project} --snapshotId ID"
        )

    def place(self) -> dict[str, str]:
        """The database's name."""
        return {"name": self.name}

    def ways_out(
        self, parts: "Parts", defaults: Defaults, uri_ports: Sequence[int]
    ) -> Iterator[tuple[int, str]]:
        """Over the internet, unless a private endpoint stands in the network."""
        if not (self.private(defaults) and parts.runtime.private_link):
            for port in SRV_PORTS:
                yield port, "MongoDB Atlas"

    def roles(self, spec: "ChatSpec") -> "list[AtlasRoleArgs]":
        """Return the roles that the release needs."""
        return [
            {"role": role.role, "database": role.database} for role in spec.release.database_roles(self.name)
        ]


@rule("The database lets the chat in")
def _access(runtime: RuntimeKind, database: OnAtlas, defaults: Defaults) -> Iterator[Finding]:
    if database.private_link and not runtime.private_link:
        yield Problem(
            "rocketchat:database.privateLink",
            f"runtime {runtime.kind} has no network for a private endpoint",
            remedy="leave it out",
        )
    elif database.private(defaults) and runtime.private_link:
        yield Note("through PrivateLink")
    elif not database.keeps_access_list:
        yield Note("by entries of the access list that are there already")
    elif runtime.fixed_egress:
        yield Note("by the fixed addresses of the network")
    else:
        key, remedy = runtime.fixes_egress
        yield Problem(
            f"rocketchat:runtime.{key}",
            "connections leave from no fixed address, so the Atlas access list would have to let in the whole world",
            remedy=remedy,
        )
