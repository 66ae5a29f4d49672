"""What the databases that the stack runs itself have in common."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from components.database.series import IMAGES
from rocketchat import known_bad, releases
from rocketchat.releases import Release
from stacks.judging import Finding, Note, Warning_, rule
from stacks.kinds.database import DatabaseKind
from stacks.problems import Problem

if TYPE_CHECKING:
    from components.values import DatabaseAccess
    from rocketchat.sizing import Size
    from stacks.kinds.context import Context
    from stacks.spec import Parts


@dataclass(frozen=True)
class Share:
    """What a database takes of a cluster."""

    members: int
    disk_gb: int
    """Of each member."""
    memory: int
    """MiB of each member."""
    storage_class: str | None
    """The cluster's default when None."""


class OwnDatabase(DatabaseKind):
    """Base of the databases that stand in the runtime itself."""

    climbs: ClassVar = True

    if TYPE_CHECKING:

        @property
        def name(self) -> str:
            """Name of the chat's database."""

    def share(self, parts: "Parts", size: "Size") -> Share | None:
        """Return what it takes of the cluster that it stands in; None where it stands in none."""
        return None

    def series(self, release: Release) -> str:
        """Return the series of MongoDB that runs."""
        return self.version or release.recommended_mongodb

    def image(self, release: Release) -> str:
        """Return MongoDB's image. Raises ValueError where none of its series is known."""
        version = self.series(release)
        if version not in IMAGES:
            raise ValueError(f"no image of MongoDB {version} is known here")
        return IMAGES[version]

    def place(self) -> dict[str, str]:
        """The database's name."""
        return {"name": self.name}

    def known_bad(self, release: Release) -> Iterator[tuple[str, known_bad.Bad]]:
        """Of the image that runs."""
        version = self.series(release)
        for bad in known_bad.find_image(IMAGES[version]) if version in IMAGES else ():
            yield f"version {version}", bad

    def images(self, parts: "Parts", release: Release, size: "Size") -> Iterator[str]:
        """Of the series that runs. Raises ValueError where no image of it is known."""
        yield self.image(release)

    def make(self, context: "Context") -> "DatabaseAccess":
        """The runtime makes it."""
        return context.place.own_database(self)


@rule("The release runs on the stack's own MongoDB")
def _series(release: Release, database: OwnDatabase) -> Iterator[Finding]:
    version = database.series(release)
    try:
        releases.check_mongodb(release, version)
        image = database.image(release)
    except ValueError as error:
        yield Problem(
            "rocketchat:database.version",
            str(error),
            allowed=", ".join(series for series in release.mongodb if series in IMAGES),
        )
        return
    yield Note(f"{image}; a deployed one is brought there one version at a time, and no version back")
    yield Warning_(
        f"MongoDB {version} needs a processor with AVX"
        + (", and no Linux from 6.19 to 7.0.13" if version >= "8.0" else "")
        + "; this is looked at before it starts, and said"
    )
