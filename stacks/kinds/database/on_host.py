"""MongoDB on the chat's own host."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

from stacks.fields import DatabaseName, MongoLine
from stacks.judging import Finding, rule
from stacks.kinds.database.own import OwnDatabase
from stacks.kinds.runtime import RuntimeKind
from stacks.parts import Profile
from stacks.problems import Problem

if TYPE_CHECKING:
    from stacks.spec import Parts


class OnHostDatabase(OwnDatabase):
    """MongoDB on the chat's own host: a replica set of one, dumped every night (`backup`)."""

    on_host: ClassVar = True
    dumps_in: ClassVar = frozenset({"host"})
    usual_media: ClassVar = "host"

    kind: Literal["on-host"]
    name: DatabaseName = "rocketchat"
    """Name of the chat's database."""
    version: MongoLine | None = None
    """MongoDB series, such as "8.0". The release's own recommendation when left out."""

    def shell(self, parts: "Parts", outputs: Mapping[str, object]) -> str:
        """In its container, on the host."""
        file = 'require("fs").readFileSync("/run/secrets/root", "utf8").trim()'
        return (
            f"{parts.runtime.enter(outputs)}\n"
            f"  sudo docker exec --interactive --tty chat-mongodb-1 mongosh --norc {self.name} --shell --eval "
            f'\'db.getSiblingDB("admin").auth("root", {file})\''
        )

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
