"""A database of the chat's own on an Atlas cluster that is there already."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import pulumi

from rocketchat import releases
from rocketchat.releases import Release
from stacks.fields import AtlasId, AtlasName, DatabaseName, Form, MongoVersion, Part
from stacks.judging import Finding, Note, rule
from stacks.kinds.database.atlas import AtlasDatabase
from stacks.kinds.database.on_atlas import CLUSTER, LINK, PROJECT, SERVICE, OnAtlas
from stacks.problems import Problem
from stacks.questions import Ask

if TYPE_CHECKING:
    from components.database.atlas import AtlasDatabaseArgs
    from components.database.private_link import PrivateLinkArgs
    from components.values import DatabaseAccess
    from stacks.kinds.context import Context
    from stacks.profiles import Defaults

_NAME = r"[A-Za-z0-9_.-]+"
AtlasUser = Annotated[str, Form(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,57}", "a user name, at most 58 characters")]
StackName = Annotated[
    str,
    Form(rf"({_NAME}/{_NAME}/)?{_NAME}", "a stack's name, or organization/project/stack"),
]


class AtlasEndpoint(Part):
    """The endpoint service that the project has in this region: outputs of the stack that made it."""

    id: AtlasId
    """Output `atlasPrivateLinkId`."""
    service: Annotated[
        str,
        Form(
            r"com\.amazonaws\.vpce\.[a-z0-9-]+\.vpce-svc-[0-9a-f]{8,17}",
            "an endpoint service, such as com.amazonaws.vpce.eu-central-1.vpce-svc-0123456789abcdef0",
        ),
    ]
    """Output `atlasEndpointService`."""


class ExistingAtlasDatabase(OnAtlas):
    """A database of the chat's own on an Atlas cluster that is there already.

    The cluster, its backups and its alerts stay those of the stack that made it; this one adds a user and a way
    in, and taking it down takes only these.
    """

    example: ClassVar = {"project": "5f0c1d2e3b4a59687f6e5d4c", "cluster": "example", "name": "example_chat"}
    asks: ClassVar = {
        "name": Ask(default="rocketchat"),
        "project": Ask("cloud.mongodb.com, Project Settings: 24 hexadecimal digits."),
        "cluster": AtlasDatabase.asks["cluster"],
    }

    paid_elsewhere: ClassVar = "the Atlas cluster, which is there already"
    kind: Literal["atlas-existing"]
    stack: StackName | None = None
    """The stack that made the cluster, such as `lovia-fargate` or `org/rocketchat/lovia-fargate`. Either this or
    `project` and `cluster`."""
    project: AtlasId | None = None
    """Id of the cluster's project."""
    cluster: AtlasName | None = None
    """Name of the cluster."""
    name: DatabaseName
    """Name of the chat's database; refused where another chat on the cluster has the same."""
    empty: bool = False
    """Whether this chat is the first in that database, so that its administrator is the one made here."""
    user: AtlasUser | None = None
    """Name of the chat's user, unique in the project; the stack's own name when left out."""
    version: MongoVersion | None = None
    """MongoDB version of the cluster, such as "8.0". It is looked up at every deployment, too."""
    access_list: bool = True
    """Add the chat's addresses to the project's access list. False where another stack that leaves through the
    same NAT has added them: an entry is there once, and goes with the stack that takes it out."""
    private_link: bool = False
    """Reach the cluster through AWS PrivateLink instead, by the endpoint service of `stack` or `endpoint`."""
    endpoint: AtlasEndpoint | None = None
    """The project's endpoint service; a new one is made when left out, of which a project has one in a region."""

    @property
    def begins_empty(self) -> bool:
        """As the file says."""
        return self.empty

    @property
    def keeps_access_list(self) -> bool:
        """As the file says."""
        return self.access_list

    def private(self, defaults: "Defaults") -> bool:
        """As the file says."""
        return self.private_link

    def place(self) -> dict[str, str]:
        """The cluster, too."""
        return {"name": self.name, "cluster": self.stack or f"{self.project}/{self.cluster}"}

    def make(self, context: "Context") -> "DatabaseAccess":
        """Make the chat's own user and way in; nothing else of the cluster is touched."""
        from components.database.atlas import USERNAME_LIMIT
        from components.database.atlas import AtlasDatabase as Database
        from components.names import bounded

        place = context.place
        owner = (
            None
            if self.stack is None
            else pulumi.StackReference("database-owner", stack_name=_full(self.stack))
        )
        args: AtlasDatabaseArgs = {
            "project_id": _wanted(owner, PROJECT) if owner is not None else self.project or "",
            "cluster_name": _wanted(owner, CLUSTER) if owner is not None else self.cluster or "",
            "database": self.name,
            "chat": context.spec.parts.chat.host,
            "roles": self.roles(context.spec),
            "username": self.user or bounded(pulumi.get_stack(), USERNAME_LIMIT),
            "access_comment": f"Rocket.Chat, stack {pulumi.get_stack()}",
            "mongodb_versions": list(context.spec.release.mongodb),
        }
        if self.private_link and place.private_link is not None:
            link: PrivateLinkArgs = {**place.private_link}
            if owner is not None:
                link["private_link_id"] = _wanted(owner, LINK)
                link["endpoint_service_name"] = _wanted(owner, SERVICE)
            elif self.endpoint is not None:
                link["private_link_id"] = self.endpoint.id
                link["endpoint_service_name"] = self.endpoint.service
            args["private_link"] = link
        elif self.access_list:
            args["addresses"] = list(place.egress.addresses)
        else:
            args["already_let_in"] = True
        if context.spec.parts.dumped:
            args["backup_user"] = True
        return Database("database", args, context.opts).access


def _full(stack: str) -> str:
    """Return `organization/project/stack` for a stack that may be named without the first two."""
    return stack if "/" in stack else f"{pulumi.get_organization()}/{pulumi.get_project()}/{stack}"


def _wanted(owner: pulumi.StackReference, output: str) -> pulumi.Output[str]:
    def check(value: str | None) -> str:
        if value is None:
            raise pulumi.RunError(
                f"the stack of `rocketchat:database.stack` has no output {output}; it must be deployed, have a "
                "database of kind atlas"
                + (", and reach it by PrivateLink" if output in (LINK, SERVICE) else "")
            )
        return value

    return owner.get_output(output).apply(check)


@rule("The cluster that is there is named, and stays as it is")
def _named(database: ExistingAtlasDatabase, region: str | None) -> Iterator[Finding]:
    place = "rocketchat:database"
    if database.endpoint is not None and region not in (
        None,
        there := database.endpoint.service.split(".")[3],
    ):
        yield Problem(
            "rocketchat:database.endpoint.service",
            f"the endpoint service is in {there}, and the stack in {region}",
            remedy=f"name that of the project in {region}, or leave `endpoint` out where it has none there",
        )
    if (database.stack is None) == (database.project is None and database.cluster is None):
        yield Problem(
            place,
            "give either `stack` (the one that made the cluster) or `project` and `cluster`, not both or none",
        )
    elif database.stack is None and (database.project is None or database.cluster is None):
        yield Problem(place, "the cluster is named by both `project` (its id) and `cluster` (its name)")
    if database.endpoint is not None and (database.stack is not None or not database.private_link):
        yield Problem(
            "rocketchat:database.endpoint",
            "this goes with `privateLink: true` and `project`; a stack tells its own",
            remedy="leave it out",
        )
    where = database.stack or f"{database.cluster} of project {database.project}"
    yield Note(f"that of {where}, which stays as it is; database {database.name} is this chat's alone")


@rule("The release runs on the MongoDB of the cluster that is there")
def _version(release: Release, database: ExistingAtlasDatabase) -> Iterator[Finding]:
    if database.version is None:
        yield Note(f"MongoDB {' or '.join(release.mongodb)}: the cluster is asked at deployment")
        return
    try:
        releases.check_mongodb(release, database.version)
    except ValueError as error:
        yield Problem("rocketchat:database.version", str(error), allowed=", ".join(release.mongodb))
        return
    yield Note(f"MongoDB {database.version}")
