"""MongoDB on the chat's own host."""

from collections.abc import Iterator
from typing import ClassVar, Literal

from stacks.fields import DatabaseName, Version
from stacks.judging import Finding, rule
from stacks.kinds.database.own import OwnDatabase
from stacks.kinds.runtime import RuntimeKind
from stacks.parts import Profile
from stacks.problems import Problem
from stacks.secret_keys import BACKUP_NEWS


class OnHostDatabase(OwnDatabase):
    """MongoDB on the chat's own host: a replica set of one, dumped every night (`backup`)."""

    secrets: ClassVar = BACKUP_NEWS
    on_host: ClassVar = True
    usual_media: ClassVar = "host"

    kind: Literal["on-host"]
    name: DatabaseName = "rocketchat"
    """Name of the chat's database."""
    version: Version | None = None
    """MongoDB series, such as "8.0". The release's own recommendation when left out."""

    @classmethod
    def goes_with(cls, runtime: type[RuntimeKind]) -> bool:
        """It needs a host's disk."""
        return runtime.has_disk

    def dumped(self, profile: Profile) -> bool:
        """Always: there is no other copy."""
        return True


@rule("The database on the host has a host")
def _on_host(runtime: RuntimeKind, database: OnHostDatabase) -> Iterator[Finding]:
    if not runtime.has_disk:
        yield Problem(
            "rocketchat:database.kind",
            f"runtime {runtime.kind} has no host of its own that could hold the database",
            remedy="set `runtime: {kind: lightsail}` or `{kind: droplet}`, or another database",
        )
