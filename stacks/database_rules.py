"""What the stack's own MongoDB must agree on, and what is known to be bad; in the form of `stacks.rules`."""

from collections.abc import Iterator

from components.database import catalogue
from components.database.series import IMAGES
from rocketchat import known_bad, releases, sizing
from rocketchat.releases import Release
from stacks.problems import Problem
from stacks.rules import Finding, Note, Warning_, rule
from stacks.spec import AtlasDatabase, Bot, Database, DoksRuntime, InClusterDatabase, OnHostDatabase, Runtime


def own_version(database: InClusterDatabase | OnHostDatabase, release: Release) -> str:
    """Return the series of a database that the stack runs itself."""
    return database.version or release.recommended_mongodb


@rule("The release runs on the stack's own MongoDB")
def _series(release: Release, database: InClusterDatabase | OnHostDatabase) -> Iterator[Finding]:
    version = own_version(database, release)
    try:
        releases.check_mongodb(release, version)
    except ValueError as error:
        yield Problem("rocketchat:database.version", str(error), allowed=", ".join(release.mongodb))
        return
    if version not in IMAGES:
        yield Problem(
            "rocketchat:database.version",
            f"no image of MongoDB {version} is known here",
            allowed=", ".join(series for series in release.mongodb if series in IMAGES),
        )
        return
    yield Note(
        f"{IMAGES[version]}; a deployed one is brought there one version at a time, and no version back"
    )
    yield Warning_(
        f"MongoDB {version} needs a processor with AVX"
        + (", and no Linux from 6.19 to 7.0.13" if version >= "8.0" else "")
        + "; this is looked at before it starts, and said"
    )


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


@rule("Nothing that the stack chooses is known to be bad")
def _known_bad(release: Release, runtime: Runtime, database: Database, bot: Bot | None) -> Iterator[Finding]:
    chosen: list[tuple[str, Iterator[known_bad.Bad]]] = []
    if isinstance(database, InClusterDatabase | OnHostDatabase):
        version = own_version(database, release)
        if version in IMAGES:
            chosen.append((f"database.version {version}", known_bad.find_image(IMAGES[version])))
    elif database.version is not None:
        found = known_bad.find("mongo", database.version)
        if database.version.count(".") < 2:
            # A series: its patch is somebody else's business.
            found = (bad for bad in found if bad.ended)
        chosen.append((f"database.version {database.version}", found))
    if isinstance(runtime, DoksRuntime):
        chosen.append((f"runtime.version {runtime.version}", known_bad.find("doks", runtime.version)))
    if bot is not None:
        chosen.append((f"bot.image {bot.image}", known_bad.find_image(bot.image)))
    for what, known in chosen:
        for bad in known:
            yield Warning_(f"{what}: {bad}")
    yield Note(f"by the list of {max(bad.since for bad in known_bad.listed())}")
