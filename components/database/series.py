"""MongoDB that we run ourselves: its images, and the way of its data from one series to the next.

Data climbs one series at a time: a server opens the files of its own series and of the one before, and only once
`setFeatureCompatibilityVersion` was told of that one. A server that is too far ahead stops by itself (exit 62), and
none goes back. Source: www.mongodb.com/docs/manual/release-notes/8.0-upgrade-replica-set/ and those of the others.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from components.base import only_if
from components.runtime.host.bootstrap import SCRIPTS

IMAGES = {
    "5.0": "mongo:5.0.33",
    "6.0": "mongo:6.0.28",
    "7.0": "mongo:7.0.43",
    "8.0": "mongo:8.0.32",
    "8.2": "mongo:8.2.12",
}
"""The official image of each series (Docker Hub, `mongo`), pinned to a patch, oldest first: the steps of the climb.

Those of 5.0, 6.0 and 8.2 are the last ones that were made.
"""

FEATURE = """\
// Tells the data that the servers' own version is there to stay; without it the next version does not open it.
function climbed(admin) {
  const series = admin.runCommand({buildInfo: 1}).version.split(".").slice(0, 2).join(".");
  const parameter = admin.runCommand({getParameter: 1, featureCompatibilityVersion: 1});
  if (parameter.featureCompatibilityVersion.version === series) return;
  // Asked for from 7.0 on, unknown before.
  const confirm = parseInt(series, 10) >= 7 ? {confirm: true} : {};
  admin.runCommand({setFeatureCompatibilityVersion: series, ...confirm});
}
"""
"""A function for mongosh: sets the feature compatibility version to the server's own."""

FITS = (SCRIPTS / "mongodb-fits").read_text(encoding="utf-8")
"""Script that says whether a machine can run a series: AVX, and no Linux on which MongoDB crashes."""


_TAG = r":(\d+\.\d+)(?!\d)"
"""The series in an image's tag: `8.0.32-noble`, and `8.0-acme1` of somebody's own."""


class StepRefused(ValueError):  # noqa: N818 - reads as what it is
    """The deployed database cannot become the one that is wanted. The message says what to do first."""


def of_image(image: str) -> str:
    """Return the series of an image with an exact tag; raise ValueError for one that is not known here."""
    found = re.search(_TAG, image)
    if found is None or found[1] not in IMAGES:
        raise ValueError(f"{image!r} is no image of MongoDB {', '.join(IMAGES)} with an exact tag")
    return found[1]


def opens(series: str) -> tuple[str, ...]:
    """Return the series whose data a server of `series` opens, oldest first."""
    steps = list(IMAGES)
    at = steps.index(series)
    return tuple(steps[max(0, at - 1) : at + 1])


def check_step(deployed: str, wanted: str) -> None:
    """Raise StepRefused for a downgrade and for a skipped series; one that is not known here is let through."""
    steps = list(IMAGES)
    if deployed not in steps or wanted not in steps:
        return
    before, after = steps.index(deployed), steps.index(wanted)
    if after < before:
        raise StepRefused(
            f"MongoDB {deployed} is deployed, and {wanted} is wanted: its data does not go back. Set "
            f'`version: "{deployed}"` in rocketchat:database'
        )
    if after > before + 1:
        way = ", then ".join(f'`version: "{series}"`' for series in steps[before + 1 : after + 1])
        raise StepRefused(
            f"MongoDB {deployed} is deployed, and {wanted} is wanted: its data climbs one version at a time. Set in "
            f"rocketchat:database {way}, and deploy each to the end. Where the wanted release of Rocket.Chat does not "
            f'run on a step, deploy the last line of the major that runs now with `version: "{deployed}"` first'
        )


@dataclass(frozen=True)
class Deployed:
    """What the inputs of a resource in the state say of its database."""

    series: str | None = None
    members: int | None = None


def deployed(inputs: Mapping[str, Any]) -> Deployed:
    """Read the series, and the number of members where one is told, out of a resource's inputs in the state."""
    spec = inputs.get("spec")
    replicas = spec.get("replicas") if isinstance(spec, Mapping) else None
    for text in _texts(inputs):
        found = re.search(rf"\bmongo{_TAG}", text)
        if found is not None:
            return Deployed(found[1], None if replicas is None else int(replicas))
    atlas = inputs.get("mongoDbMajorVersion")
    return Deployed(atlas if isinstance(atlas, str) else None)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def held(name: str, series: str, members: int | None = None) -> pulumi.ResourceHookBinding:
    """Return a hook of the resource that carries the database: refuses to turn it into what cannot follow it."""

    def check(args: pulumi.ResourceHookArgs) -> None:
        before = deployed(args.old_inputs or {})
        if before.series is not None:
            check_step(before.series, series)
        if members is not None and before.members is not None and members < before.members:
            raise StepRefused(
                f"{before.members} members are deployed, and {members} is wanted: the set would lose its majority, and "
                f"with it the chat its database. Set `members: {before.members}` in rocketchat:database"
            )

    return only_if(f"{name}-step", check)
