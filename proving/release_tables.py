"""The tables in docs/releases.md, made from what the program knows. Run as a program, it writes them anew."""

from proving import pages
from rocketchat import known_bad, releases
from rocketchat.releases import Release
from stacks.project import PRODUCT

PAGE = PRODUCT / "docs" / "releases.md"


def tables() -> str:
    """Return what each line of releases needs, newest first; and which versions are not to be run any more."""
    lines = [_of_line(line) for line in reversed(releases.lines())]
    needs = pages.table(
        ("line", "deployed", "MongoDB", "readiness", "a licence is needed for", "supported"), map(_row, lines)
    )
    bad = pages.table(
        ("what", "versions", "why", "since"),
        (
            (f"`{one.name}`", _range(one), f"{one.why} ([source]({one.source}))", one.since)
            for one in sorted(known_bad.listed(), key=lambda one: (one.name, one.begin or ""))
        ),
    )
    return f"## What each line needs\n\n{needs}\n\n## What must not be run\n\n{bad}\n"


def _of_line(line: str) -> Release:
    found = releases.resolve(line)
    return releases.find(f"{line}.0" if found == line else found)


def _row(release: Release) -> tuple[object, ...]:
    return (
        f"**{release.line}**" if release.version == releases.DEFAULT_RELEASE else release.line,
        release.version if release.line in releases.LINES_WITH_NEWEST_PATCH else f"{release.line}.*",
        ", ".join(release.mongodb),
        f"`{release.probes.readiness}`",
        ", ".join(sorted(release.licensed_features)),
        f"to {release.supported_until}" if release.supported_until else "",
    )


def _range(bad: known_bad.Bad) -> str:
    if bad.begin is None and bad.below is None:
        return "all"
    begin = f"from {bad.begin}" if bad.begin else ""
    return f"{begin} below {bad.below}".strip() if bad.below else begin


if __name__ == "__main__":
    pages.write(PAGE, tables())
