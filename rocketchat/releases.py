"""What each release of Rocket.Chat from 6.4 to 9.0 needs, and the way from one release to another.

Sources. Releases, MongoDB versions and support: the release notes
(github.com/RocketChat/Rocket.Chat/releases), and the vendor's discussion 42302 for the LTS lines. In the
same repository: probes #36955 and #39070; change streams without `clusterMonitor` #27281; database watchers
off #35981; stream-hub removed #35964; custom OAuth licensed #42477. The notes of 8.0 and 8.1 name MongoDB
8.2; #38596 took that back, and their servers stop only below 7.0 (`serverRunning.ts`), so 8.0 is right and
8.2 runs. No release from 6.4 on needs `MONGO_OPLOG_URL`: `DatabaseWatcher.ts` of 6.6 reads change streams
first. The path through the latest release of each major: docs.rocket.chat, "Updating Rocket.Chat".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType

Version = tuple[int, int, int]

DEFAULT_RELEASE = "8.9.0"
"""The release that is deployed when none is named: the newest line with long-term support."""

_LINES_PER_MAJOR = {6: range(4, 14), 7: range(14), 8: range(10), 9: range(1)}
"""Minor versions of each major that are known here."""

_LAST_LINE_BEFORE = ("1.3", "2.4", "3.18", "4.8", "5.4")
"""Last lines of the majors before 6, for the way up from a very old server."""


class UnknownRelease(ValueError):  # noqa: N818 - reads as what it is
    """The release is not one that can be deployed. The message names those that can."""


class UpgradeRefused(ValueError):  # noqa: N818 - reads as what it is
    """The step from one release to another cannot be taken. `path` holds the steps that can."""

    def __init__(self, message: str, path: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.path = path


class MongodbRefused(ValueError):  # noqa: N818 - reads as what it is
    """The MongoDB version is not one that the release runs on."""


@dataclass(frozen=True)
class Role:
    """A MongoDB role and the database it holds for."""

    role: str
    database: str


@dataclass(frozen=True)
class Probes:
    """HTTP paths on port 3000 that tell the server's health."""

    liveness: str
    """200 while the process serves."""
    readiness: str
    """200 while the process can work, its database included."""
    balancer: str
    """For a load balancer's target group."""


@dataclass(frozen=True)
class Release:
    """One exact release and what it needs."""

    version: str
    """Exact tag of the images, such as `8.9.0`."""
    mongodb: tuple[str, ...]
    """MongoDB versions that it runs on, oldest first."""
    probes: Probes
    uid: int
    """User id that the image runs as."""
    needs_stream_hub: bool
    """Whether microservices need the stream-hub, of which there may be only one."""
    microservice_variables: Mapping[str, str]
    """Variables that the main server needs beside `TRANSPORTER` when its services run apart."""
    has_wget: bool
    """Whether its image has `wget`: before 7.0 it is Debian's slim one (`apps/meteor/.docker/Dockerfile`)."""
    has_sso_code_switch: bool
    """Whether it has a switch for the code by mail that it asks of users of single sign-on as well
    (`Accounts_twoFactorAuthentication_email_available_for_OAuth_users`)."""
    passes_user_data_on: bool
    """Whether it has a switch for passing exported user data on, as it has for other uploads
    (`FileUpload_S3_Proxy_UserDataFiles`)."""
    wizard_returns: bool
    """Whether the first start of each version shows the setup wizard again to administrators, until the next start
    (`ensureCloudWorkspaceRegistered`: #31163, mended by #41254)."""
    own_google_push: bool
    """Whether it sends to Google by FCM v1, the one way that Google still takes."""
    licensed_features: frozenset[str]
    """What needs a licence: `replicas`, `microservices`, `role-sync`, `custom-oauth`."""
    lts: bool = False
    """Whether the line has long-term support."""
    supported_until: str | None = None
    """Month (YYYY-MM) in which the vendor's support ends, where it is published."""

    @property
    def line(self) -> str:
        """Major and minor version, such as `8.9`."""
        return _line(parse(self.version))

    @property
    def has_readyz(self) -> bool:
        """Whether readiness is judged by the server itself (and so has thresholds to set)."""
        return self.probes.readiness == "/readyz"

    @property
    def recommended_mongodb(self) -> str:
        """The MongoDB version for a new deployment: the newest major one.

        Minor ones, such as 8.2, are supported for months, where major ones are for five years
        (www.mongodb.com/legal/support-policy/lifecycles).
        """
        return next(version for version in reversed(self.mongodb) if version.endswith(".0"))

    @property
    def health_command(self) -> tuple[str, ...]:
        """What tells inside its container, by its exit status, whether the server serves."""
        url = f"http://127.0.0.1:3000{self.probes.liveness}"
        return ("wget", "-q", "--spider", url) if self.has_wget else ("node", "-e", _ASK, url)

    def database_roles(self, database_name: str) -> tuple[Role, ...]:
        """Return the roles that the chat's database user needs, and no more.

        `readWrite` covers indexes and the change streams of its own database.
        """
        return (Role("readWrite", database_name),)


_ASK = """\
require("http").get(process.argv[1], { timeout: 4000 }, (answer) => process.exit(answer.statusCode === 200 ? 0 : 1))
.on("timeout", () => process.exit(1)).on("error", () => process.exit(1))
"""
"""For images that have nothing but the server's own Node.js; costs more memory than wget."""

_OLDEST = Release(
    version="6.4.0",
    mongodb=("4.4", "5.0", "6.0"),
    probes=Probes(liveness="/health", readiness="/health", balancer="/health"),
    uid=65533,
    needs_stream_hub=True,
    microservice_variables=MappingProxyType(  # the first was renamed into the second on the way (#32150)
        {
            "DISABLE_WATCH_DB": "true",
            "DISABLE_DB_WATCHERS": "true",
            "DISABLE_PRESENCE_MONITOR": "true",
            "INTERNAL_SERVICES_ONLY": "true",
        }
    ),
    has_wget=False,
    has_sso_code_switch=False,
    passes_user_data_on=False,
    wizard_returns=False,
    own_google_push=False,
    licensed_features=frozenset({"replicas", "microservices", "role-sync"}),
)

_CHANGES: tuple[tuple[Version, Mapping[str, object]], ...] = (
    ((6, 5, 0), {"wizard_returns": True}),
    ((6, 8, 0), {"own_google_push": True}),
    ((7, 0, 0), {"has_wget": True, "has_sso_code_switch": True, "passes_user_data_on": True}),
    ((8, 7, 0), {"wizard_returns": False}),
    ((7, 0, 0), {"mongodb": ("5.0", "6.0", "7.0")}),
    ((7, 7, 1), {"needs_stream_hub": False}),
    # Not /livez: it answers 503 like /readyz when MongoDB or the event loop is slow (#36955), and whoever asks it
    # would end the only server in a busy minute. /health is 200 while the process serves.
    ((7, 11, 0), {"probes": Probes(liveness="/health", readiness="/readyz", balancer="/health")}),
    ((7, 13, 0), {"mongodb": ("5.0", "6.0", "7.0", "8.0")}),
    ((8, 0, 0), {"mongodb": ("8.0", "8.2"), "microservice_variables": MappingProxyType({})}),
    ((9, 0, 0), {"licensed_features": _OLDEST.licensed_features | {"custom-oauth"}}),
)
"""From this version on, these facts hold. Everything not named stays as it was."""

_SUPPORT: Mapping[str, tuple[bool, str]] = {
    "7.10": (True, "2026-09"),
    "8.5": (True, "2027-06"),
    "8.9": (True, "2027-10"),
}
"""Lines with long-term support, and the month in which it ends (8.9: twelve months from October 2026)."""


PATCHES_KNOWN_ON = "2026-11-28"
"""The day on which the newest patches were looked up (github.com/RocketChat/Rocket.Chat/releases)."""

_NEWEST_PATCHES: Mapping[str, tuple[str, bool]] = {
    "7.10": ("7.10.14", True),  # #41241
    "7.11": ("7.11.5", True),  # #38790
    "7.12": ("7.12.5", True),  # #38789
    "7.13": ("7.13.9", True),  # #40898
    "8.0": ("8.0.8", True),  # #41240
    "8.1": ("8.1.7", True),  # #41239
    "8.2": ("8.2.7", True),  # #41238
    "8.3": ("8.3.7", True),  # #41237
    "8.4": ("8.4.5", True),  # #41236
    "8.5": ("8.5.5", True),  # #43443
    "8.6": ("8.6.4", True),  # #43442
    "8.8": ("8.8.2", True),  # #43440
    "8.9": ("8.9.0", False),
    "9.0": ("9.0.0", False),
}
"""The newest patch of a line as far as it is known, and whether it mends what is not safe in older ones."""

_BEHIND: Mapping[str, str] = {"8.9.0": "8.8.2, 8.6.4 and 8.5.5"}
"""Newest known patches from before fixes for safety, and what has those: Node 22.23.4 among them, for the hole in its
Brotli decoder (CVE-2026-111497, 21 October 2026). The release candidates of 8.9.0 are of the three weeks before."""

LINES_WITH_NEWEST_PATCH = tuple(_NEWEST_PATCHES)
"""The lines that `resolve` knows."""


@dataclass(frozen=True)
class Patch:
    """A newer release of the same line."""

    version: str
    security: bool
    """Whether it closes a hole that the older one has."""


def newest_patch(release: Release) -> Patch | None:
    """Return the newest patch of the release's line where that is newer; None where it is not, or not known."""
    version, security = _NEWEST_PATCHES.get(release.line, (release.version, False))
    return Patch(version, security) if parse(version) > parse(release.version) else None


def behind(release: Release) -> str | None:
    """Return the releases of other lines whose fixes for safety this one lacks, where no patch of its line is known
    that has them."""
    return _BEHIND.get(release.version)


def is_unheard_of(release: Release) -> bool:
    """Return whether the release is a newer patch than the newest one that is known of its line."""
    known, _ = _NEWEST_PATCHES.get(release.line, (release.version, False))
    return parse(release.version) > parse(known)


def resolve(text: str) -> str:
    """Return the newest known patch for a line such as `8.5`; any other text as it is, for `find` to judge."""
    return _NEWEST_PATCHES.get(text, (text, False))[0]


def parse(version: str) -> Version:
    """Return the numbers of an exact version such as `8.9.0`; raise UnknownRelease for anything else."""
    match = re.fullmatch(r"(0|[1-9]\d{0,3})\.(0|[1-9]\d{0,3})\.(0|[1-9]\d{0,3})", version, re.ASCII)
    if match is None:
        raise UnknownRelease(
            f"{version[:40]!r} is not an exact release; tags such as latest, develop or 8 move. "
            f"Name one from 6.4.0 to 9.0 with its patch version; recommended: {DEFAULT_RELEASE}"
        )
    major, minor, patch = match.groups()
    return int(major), int(minor), int(patch)


def _line(version: Version) -> str:
    return f"{version[0]}.{version[1]}"


def lines() -> tuple[str, ...]:
    """Return all lines that can be deployed, oldest first."""
    return tuple(f"{major}.{minor}" for major, minors in _LINES_PER_MAJOR.items() for minor in minors)


@cache
def find(version: str) -> Release:
    """Return the facts of an exact release such as `8.9.0`.

    Raises UnknownRelease for a moving tag and for a line that is not known here. Patch versions are not
    listed: any of a known line is taken.
    """
    wanted = parse(version)
    if wanted[1] not in _LINES_PER_MAJOR.get(wanted[0], range(0)):
        known = lines()
        raise UnknownRelease(
            f"release {version} is not known; the lines from {known[0]} to {known[-1]} are. "
            f"Recommended: {DEFAULT_RELEASE}"
        )
    facts: dict[str, object] = {}
    for since, change in _CHANGES:
        if wanted >= since:
            facts.update(change)
    lts, supported_until = _SUPPORT.get(_line(wanted), (False, None))
    return replace(_OLDEST, version=version, lts=lts, supported_until=supported_until, **facts)  # type: ignore[arg-type]


RECOMMENDED = find(DEFAULT_RELEASE)
"""The release behind DEFAULT_RELEASE."""


def check_mongodb(release: Release, mongodb_version: str) -> None:
    """Raise MongodbRefused when the release does not run on this MongoDB, given as `8.0` or `8.0.4`."""
    series = ".".join(mongodb_version.split(".")[:2])
    if series not in release.mongodb:
        raise MongodbRefused(f"Rocket.Chat {release.version} does not run on MongoDB {mongodb_version[:20]}")


def _stops(old: Version, new: Version) -> list[str]:
    """Return the lines at which an upgrade stops before its last step."""
    last = {int(line.split(".")[0]): line for line in (*_LAST_LINE_BEFORE, *lines())}
    stops = [last[major] for major in sorted(last) if old[0] <= major < new[0]]
    return stops[1:] if stops and stops[0] == _line(old) else stops


def _mongodb_steps(before: str, after: str) -> list[str]:
    """Return the MongoDB versions to go through while the line `before` runs, so that `after` can start."""
    if before not in lines() or before.split(".")[0] == after.split(".")[0]:
        return []
    old, new = find(f"{before}.0").mongodb, find(f"{after}.0").mongodb
    # The path stops at the last line of each major, and with those the next major has one in common.
    first = next(version for version in old if version in new)
    return [version for version in old[1:] if version <= first]


def upgrade_path(old: str, new: str) -> tuple[str, ...]:
    """Return the steps from one release to a newer one, in order: the last line of each major, and MongoDB
    on the way.

    Of each line, the newest patch is meant. MongoDB goes up one version at a time, with its feature
    compatibility version set after each; who runs a newer one already leaves these steps out. The MongoDB
    steps begin with 6.4. Empty when there is nothing to climb. Raises UnknownRelease.
    """
    before, target = parse(old), parse(new)
    find(new)
    if before >= target:
        return ()
    steps: list[str] = []
    at = _line(before)
    for stop in (*_stops(before, target), _line(target)):
        steps += [f"MongoDB {version}" for version in _mongodb_steps(at, stop)]
        steps.append(f"Rocket.Chat {new if stop == _line(target) else stop}")
        at = stop
    return tuple(steps)


_BREAKS: Mapping[Version, tuple[str, ...]] = {
    (8, 0, 0): ("MongoDB 8.0 is needed", "OTR, WebRTC and the first VoIP are gone (#37959, #37689)"),
    (8, 5, 0): ("the image runs as another user: 65533 (helm-charts 7.0.0)",),
    (9, 0, 0): (
        "login by Drupal, Facebook, GitHub Enterprise, LinkedIn, Meteor, Twitter, WordPress and Dolphin is gone",
        "addresses of files that begin with /ufs/ are gone (#41054)",
        "scripts of integrations are not translated by Babel any more (#40142)",
        "the parameters query and fields of the API are gone; what a user may not do is answered 403, not 401",
    ),
}
"""What stops working at a release, beside what `Release` says (release notes of each)."""


def breaks(old: str, new: str) -> tuple[str, ...]:
    """Return what stops working on the way from one release to another."""
    return tuple(one for since, told in _BREAKS.items() if parse(old) < since <= parse(new) for one in told)


def check_upgrade(old: str, new: str) -> None:
    """Raise UpgradeRefused for a downgrade, a skipped major, and a step that no one MongoDB version fits.

    `old` is the release that runs now, `new` the one that is wanted. Raises UnknownRelease when `new` is
    not known.
    """
    before, target = parse(old), parse(new)
    wanted = find(new)
    if target < before:
        raise UpgradeRefused(
            f"Rocket.Chat {old} cannot go back to {new}: its migrations have changed the data. "
            f"Restore a backup made under {new} instead"
        )
    path = upgrade_path(old, new)
    way = f"Take these steps, each to the end: {', then '.join(path)}"
    if target[0] - before[0] > 1:
        raise UpgradeRefused(f"Rocket.Chat {old} to {new} skips a major release. {way}", path)
    if target[0] > before[0] and _line(before) in lines():
        running = find(old)
        if not set(running.mongodb) & set(wanted.mongodb):
            raise UpgradeRefused(
                f"no MongoDB runs both Rocket.Chat {old} ({', '.join(running.mongodb)}) "
                f"and {new} ({', '.join(wanted.mongodb)}). {way}",
                path,
            )
