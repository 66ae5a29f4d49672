"""A MongoDB that somebody else runs."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from components.database.uri import unencrypted, uri_problem
from rocketchat import releases
from rocketchat.releases import Release
from stacks.fields import MongoVersion
from stacks.judging import Finding, Note, Warning_, rule
from stacks.kinds.database import DatabaseKind
from stacks.problems import Problem
from stacks.questions import Ask
from stacks.secret_keys import SecretKey

if TYPE_CHECKING:
    from components.values import DatabaseAccess
    from stacks.kinds.context import Context
    from stacks.profiles import Defaults
    from stacks.spec import Parts


class UriDatabase(DatabaseKind):
    """A MongoDB replica set that is there already, by its URI (the secret `mongodbUri`)."""

    paid_elsewhere: ClassVar = "the MongoDB, which is there already"
    secrets: ClassVar = (
        SecretKey(
            "mongodbUri",
            "URI of an existing MongoDB, with user, password and database name.",
            required=True,
            problem=uri_problem,
            doubt=unencrypted,
        ),
    )
    example: ClassVar = {"version": "8.0"}
    asks: ClassVar = {
        "version": Ask("`mongosh <uri> --eval 'db.version()'` prints it; give the first two numbers.", "8.0"),
    }

    kind: Literal["uri"]
    empty: bool = False
    """Whether this chat is the first in that database, so that its administrator is the one made here."""
    version: MongoVersion
    """MongoDB version that it runs, such as "8.0"; checked against the release."""

    @property
    def begins_empty(self) -> bool:
        """As the file says."""
        return self.empty

    def ways_out(
        self, parts: "Parts", defaults: "Defaults", uri_ports: Sequence[int]
    ) -> Iterator[tuple[int, str]]:
        """Its ports stand in the URI."""
        for port in uri_ports:
            yield port, "MongoDB"

    def make(self, context: "Context") -> "DatabaseAccess":
        """Make nothing: it is there."""
        from components.database.existing import existing

        return existing(context.secrets.values["mongodbUri"])


@rule("The release runs on the existing MongoDB, which lets the chat in")
def _existing(database: UriDatabase, release: Release) -> Iterator[Finding]:
    try:
        releases.check_mongodb(release, database.version)
    except ValueError as error:
        yield Problem("rocketchat:database.version", str(error), allowed=", ".join(release.mongodb))
        return
    yield Note(f"MongoDB {database.version}")
    yield Warning_(
        f"whoever runs this MongoDB {database.version} must let the chat's addresses in (output `egressAddresses`)"
    )
