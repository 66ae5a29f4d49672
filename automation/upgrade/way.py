"""The steps from one release to another, and what each writes into the stack file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from automation.upgrade.edit import Value, edited
from rocketchat import releases, services
from stacks.language import ChatSpec
from stacks.processes import processes


@dataclass(frozen=True)
class Step:
    """One step, to its end."""

    title: str
    """`MongoDB 7.0`, `Rocket.Chat 8.9.0`, `Scale out again`."""
    changes: Mapping[str, Value]
    """What differs from the stack file as it was in the beginning."""
    notes: tuple[str, ...] = ()
    by_hand: str = ""
    """What a person does, where the stack does not own what is upgraded."""

    def to_json(self) -> dict[str, Any]:
        """Return it for other programs."""
        more = {"byHand": self.by_hand} if self.by_hand else {}
        return {"title": self.title, "changes": dict(self.changes), "notes": list(self.notes)} | more


def target_of(spec: ChatSpec, deployed: str, wanted: str | None) -> str:
    """Return the release to go to: the one that is wanted, else that of the stack file, else the recommended one.

    Raises UnknownRelease.
    """
    if wanted is not None:
        wanted = releases.resolve(wanted)
        releases.find(wanted)
        return wanted
    for one in (spec.release.version, releases.resolve(spec.release.line), releases.DEFAULT_RELEASE):
        if releases.parse(one) > releases.parse(deployed):
            return one
    return deployed


def way(spec: ChatSpec, deployed: str, target: str, through: Sequence[str] = ()) -> list[Step]:
    """Return the steps; none where there is nothing to climb.

    Args:
        spec: the stack as it is deployed.
        deployed: the release that runs.
        target: the release that is wanted.
        through: exact releases for lines on the way, in place of the newest patch that is known here.

    Raises UpgradeRefused for a way back, UnknownRelease for a release that is not known.
    """
    if releases.parse(target) < releases.parse(deployed):
        raise releases.UpgradeRefused(
            f"{target} is older than {deployed}, which runs; `rollback` tells the way back"
        )
    named = {".".join(one.split(".")[:2]): one for one in through}
    database, climbs = spec.parts.database, spec.parts.database.climbs
    series = database.version or (releases.find(deployed).recommended_mongodb if _known(deployed) else None)
    at, steps = deployed, []
    alone = alone_of(spec)
    for title in releases.upgrade_path(deployed, target):
        what, _, version = title.partition(" ")
        if what == "MongoDB":
            if series is not None and _number(version) <= _number(series):
                continue
            series = version
            steps.append(
                Step(
                    title,
                    {**alone, "chat.release": at, "database.version": version},
                    (f"its feature compatibility version is set to {version} once it runs",)
                    if climbs
                    else (),
                    ""
                    if climbs
                    else f"upgrade the MongoDB that is not the stack's own to {version}, and set its "
                    "featureCompatibilityVersion",
                )
            )
            continue
        exact = named.get(version) or (releases.resolve(version) if version.count(".") == 1 else version)
        exact = exact if exact.count(".") == 2 else f"{exact}.0"
        pinned: dict[str, Value] = {} if series is None or not climbs else {"database.version": series}
        steps.append(
            Step(f"Rocket.Chat {exact}", {**alone, "chat.release": exact, **pinned}, _notes(at, exact))
        )
        at = exact
    if steps:
        last: dict[str, Value] = {"chat.release": at, "chat.upgradeFrom": None}
        if (
            climbs
            and series is not None
            and (database.version or series != releases.find(at).recommended_mongodb)
        ):
            last["database.version"] = series
        if last != steps[-1].changes:
            steps.append(Step("Scale out again" if alone else "Finish", last))
    return steps


def texts(before: str, steps: Sequence[Step]) -> list[str]:
    """Return the stack file as each step writes it. Raises NotEdited."""
    return [edited(before, step.changes) for step in steps]


def _known(version: str) -> bool:
    try:
        releases.find(version)
    except releases.UnknownRelease:
        return False
    return True


def _number(series: str) -> tuple[int, ...]:
    return tuple(int(one) for one in series.split(".")[:2])


def alone_of(spec: ChatSpec) -> dict[str, Value]:
    """Return what makes one server of several: servers that start while another migrates keep old settings (#43580)."""
    parts = spec.parts
    main = next(
        one
        for one in processes(parts.runtime, parts.chat, spec.release, spec.size)
        if one.name == services.MAIN
    )
    return {"runtime.instances": 1, "runtime.maxInstances": None} if main.replicas.most > 1 else {}


def _notes(old: str, new: str) -> tuple[str, ...]:
    """Return what to know of a step, from what differs between the two releases."""
    wanted = releases.find(new)
    found = list(releases.breaks(old, new))
    if _known(old):
        before = releases.find(old)
        licensed = sorted(wanted.licensed_features - before.licensed_features)
        found += [f"from here on {one} needs a licence" for one in licensed]
        if before.needs_stream_hub and not wanted.needs_stream_hub:
            found.append("the service stream-hub goes")
        if before.probes != wanted.probes:
            found.append(f"health is asked at {wanted.probes.readiness} from here on")
    if wanted.wizard_returns:
        found.append("administrators see the setup wizard again, until the next start")
    if wanted.supported_until:
        found.append(f"supported until {wanted.supported_until}")
    return tuple(found)
