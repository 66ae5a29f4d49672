"""Stack files that the language lets through, one key changed at a time: planned, and judged by the policy pack."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from combining import refusals
from planning import Values, planned
from previewing import previewed

from policy import adapters
from policy.config import Config
from policy.config_file import load
from policy.judge import judge
from proving.key_trials import ABSENT, Trial, dotted, fonts, put, scene_values, trials
from rehearsal.plan import find_leaks
from stacks.keys import Key, bounds, choices
from stacks.parts import Profile

PROFILES = tuple(profile.value for profile in Profile)


@dataclass(frozen=True)
class Change:
    """One key of a scene's file at another value, in one profile."""

    trial: Trial
    value: Any
    profile: str

    @property
    def name(self) -> str:
        """What it is called in the list of tests."""
        return f"{self.trial.key.name}={self.value}@{self.trial.scene}:{self.profile}"

    @property
    def values(self) -> Values:
        """The stack file's plain values."""
        values = scene_values(self.trial.scene)
        put(values, dotted("chat.profile"), self.profile)
        if not self.trial.key.secret:
            put(values, self.trial.key.path, self.value)
        for path, value in self.trial.also.items():
            put(values, dotted(path), value)
        return values

    @property
    def secrets(self) -> set[str]:
        """The full keys of its secrets."""
        return set(self.trial.secrets())


def values_of(key: Key) -> list[Any]:
    """Return values at which a key may do something else: all choices, or the limits of a number."""
    found = [one for one in choices(key) if one is not None]
    limits = bounds(key)
    if limits is not None and not found:
        found = [int(limit) for limit in limits if abs(limit) != float("inf")]
    return found


def changes() -> Iterator[Change]:
    """Give all changes of single keys, in both profiles."""
    seen: set[str] = set()
    for trial in trials():
        for value in (trial.to, *values_of(trial.key)):
            if trial.key.name == "chat.profile" and value is not ABSENT:
                change = Change(trial, value, str(value))
                if change.name not in seen:
                    seen.add(change.name)
                    yield change
                continue
            for profile in PROFILES:
                change = Change(trial, value, profile)
                if change.name not in seen:
                    seen.add(change.name)
                    yield change


def wrong(values: Values, secure: set[str]) -> list[str] | None:
    """Plan and judge a stack file in its own profile: return what is wrong; None where the language refuses it.

    The pack judges it under a name that its configuration does not know, so that no waiver covers it.
    """
    if refusals(values, secure):
        return None
    profile = values["rocketchat:chat"].get("profile", Profile.PRODUCTION.value)
    config = replace(load("any", profile=profile), registries=registries(values))
    plan = planned(values, secure)
    subjects = adapters.from_plan(plan.resources)
    known, previewing = (
        judge(judged, config, stack="any").blocking
        for judged in (subjects, list(previewed(subjects, whole=False)))
    )
    return [
        *(f"{one.rule.id}: {one.subject.name} {one.path}: {one.message}" for one in known),
        *(f"in a preview {one.rule.id}: {one.subject.name} {one.path}" for one in previewing),
        *(f"in clear: {leak}" for leak in find_leaks(plan)),
    ]


def registries(values: Values) -> tuple[str, ...]:
    """Return the usual registries and those that the file names, which docs/mirror.md has users allow."""
    images = values.get("rocketchat:images") or {}
    own = (images.get("registry"), *(image.partition("/")[0] for image in images.get("pinned") or ()))
    return (*Config().registries, *(f"{one}/" for one in own if one))


def sweep(part: int, of: int) -> Iterator[tuple[str, list[str] | None]]:
    """Judge every `of`-th change; give its name with what is wrong, None where it is refused."""
    with fonts():
        for number, change in enumerate(changes()):
            if number % of == part:
                try:
                    yield change.name, wrong(change.values, change.secrets)
                except Exception as error:  # noqa: BLE001 - is the finding
                    yield change.name, [f"{type(error).__name__}: {error}"]
