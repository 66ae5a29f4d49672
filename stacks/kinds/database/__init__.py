"""What every database is asked."""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from rocketchat import environment as env
from rocketchat import known_bad
from rocketchat.environment import Secret
from rocketchat.releases import Release
from stacks.kinds.kind import Kind
from stacks.project import COMMAND

if TYPE_CHECKING:
    from components.values import DatabaseAccess
    from stacks.features import Made
    from stacks.kinds.context import Context
    from stacks.kinds.kind import Variables
    from stacks.parts import Profile
    from stacks.profiles import Defaults
    from stacks.spec import Parts


Place = tuple[str, ...]
"""What a database is known by; which words, each kind says."""


class DatabaseKind(Kind):
    """Base of all databases."""

    climbs: ClassVar[bool] = False
    """The stack brings it from one series of MongoDB to the next; else somebody does by hand."""
    on_host: ClassVar[bool] = False
    """It stands on the runtime's own host."""
    dumps_in: ClassVar[frozenset[str]] = frozenset()
    """Where the stack can dump it: `host`, `cluster`, `tasks` (of ECS)."""
    takes_snapshots: ClassVar[bool] = False
    """The stack says when its snapshots are taken, and how long they are kept."""
    usual_media: ClassVar[str] = "s3"
    """Where uploads usually are beside it."""

    if TYPE_CHECKING:

        @property
        def version(self) -> str | None:
            """Version or series of MongoDB; None where the release's own recommendation is meant, or nobody knows."""

    @classmethod
    def places(
        cls, stack: str, part: Mapping[str, Any], of: Callable[[str], Mapping[str, Any]]
    ) -> frozenset[Place]:
        """Return what another stack file that means the same database has among its places too.

        `part` is as it was written, `of` gives that of another stack, empty where there is none.
        """
        return frozenset()

    @property
    def begins_empty(self) -> bool:
        """Whether it is certain that no chat was in it before this one."""
        return True

    def dumped(self, profile: "Profile") -> bool:
        """Return whether the stack dumps it to a bucket every night where the file does not say."""
        return False

    def private(self, defaults: "Defaults") -> bool:
        """Return whether it is to be reached by a private endpoint in the runtime's network."""
        return False

    def shell(self, parts: "Parts", outputs: Mapping[str, object]) -> str:
        """Return the command that opens a MongoDB shell in the chat's database, as who may write there."""
        return 'mongosh "<URI of the database>", as a user of your own, from an address that the database lets in'

    def saving(self, parts: "Parts", outputs: Mapping[str, object]) -> str:
        """Return how its data are saved before something is tried with them."""
        if parts.dumped and outputs.get("backupBucket"):
            return f"{COMMAND} backup STACK"
        return 'mongodump --uri "<URI of the database>" --gzip --archive=before.gz'

    def restoring(self, parts: "Parts", outputs: Mapping[str, object]) -> str:
        """Return how saved data come back, for another release than that which runs."""
        if parts.dumped and outputs.get("backupBucket"):
            return f"{COMMAND} restore STACK --what database --at TIME --leave-stopped"
        return 'mongorestore --uri "<URI of the database>" --drop --gzip --archive=before.gz'

    def place(self) -> Mapping[str, str]:
        """Return where the data is, as far as nothing that is protected says so by itself."""
        return {}

    def known_bad(self, release: Release) -> Iterator[tuple[str, known_bad.Bad]]:
        """Of the version that the file names."""
        if self.version is not None:
            for bad in known_bad.find("mongo", self.version):
                # Of a series, the patch is somebody else's business.
                if bad.ended or self.version.count(".") > 1:
                    yield f"version {self.version}", bad

    def environment(self, made: "Made") -> "Iterator[Variables]":
        """Its URI."""
        yield env.database(Secret(made.database.uri))

    @abstractmethod
    def make(self, context: "Context") -> "DatabaseAccess":
        """Make it, and return how the chat reaches it."""
