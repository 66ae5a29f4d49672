"""What every key of a stack file does when it is changed: seen in the real engine, written to `docs/changes.md`.

`python -m proving.key_changes` tries every key on stand-in clouds and writes the table anew, which takes minutes.
"""

import re
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any, Literal

from rich.console import Console
from rich.progress import Progress

from automation.backend import Backend
from automation.errors import AutomationError, ConfigurationError, ConflictError, ProviderError
from automation.stack import open_stack
from automation.values import REPLACING, Result, Step
from clouds.effects import data_of, felt, holds_data, is_revision, place
from clouds.record import AWAY, RUNS, WORST
from proving.key_changes_page import Row, read, write
from proving.key_trials import SCENES, Trial, fonts, scene_secrets, scene_values, trials
from proving.workers import end_with_parent
from rehearsal import canaries
from rehearsal.backend import rehearsal_backend
from stacks.deploy import SEAL
from stacks.parts import Profile

AT_ONCE = 12
"""Trials for which a scene is deployed once: a deployment takes as long as three previews."""
PARALLEL = 2
"""Engines at a time: the program runs in their process, and takes a whole processor."""
OWN = "rocketchat:index:"
KEPT = "kept"
LOST, LEFT = "lost", "left behind"
FAILS = "fails:"
"""How a text begins that belongs into no page: a trial that could not be tried."""
ASKED, UNASKED = "the file says trial", "UNASKED"
_LISTED = 6
"""Kinds of resources that are named; the others are counted."""
Kind = Literal["nothing", "update", "replace", "refused", "fails"]


@dataclass(frozen=True)
class Outcome:
    """What one change does."""

    kind: Kind
    text: str
    chat: str = RUNS
    data: str = KEPT
    """`kept`, or by whose word what holds data is replaced or deleted."""


def row(trial: Trial, outcome: Outcome) -> Row:
    """Return the line of a trial."""
    chat = "" if outcome.kind == "refused" else outcome.chat
    return Row(trial.key.name, trial.scene, trial.from_to, outcome.text, chat, outcome.data)


# ------------------------------------------------------------------------------------------- in the engine


class Stage:
    """A scene that is deployed to stand-in clouds, on which changes are previewed."""

    def __init__(self, scene: str, backend: Backend) -> None:
        self.scene = scene
        self._backend = backend
        self._types: frozenset[str] = frozenset()

    def deploy(self, values: Mapping[str, Any], secrets: Iterable[str]) -> None:
        """Make it as these values say."""
        with open_stack(
            self._stack,
            values=values,
            secrets=_secrets(secrets, values),
            backend=self._backend,
            policies=False,
        ) as stack:
            stack.up(preview=False)
            self._types = frozenset(one.type for one in stack.export_state().resources)

    def preview(self, values: Mapping[str, Any], secrets: Iterable[str], anew: str = "") -> Outcome:
        """Say what would become of it; `anew` is the full key of a secret that has another value."""
        given = _secrets(secrets, values, anew)
        try:
            with open_stack(
                self._stack, values=values, secrets=given, backend=self._backend, policies=False
            ) as stack:
                return self._judge(stack.preview())
        except AutomationError as error:
            return _refusal(error)

    @property
    def _stack(self) -> str:
        return SCENES[self.scene].stack

    def _judge(self, result: Result) -> Outcome:
        found: dict[str, tuple[str, str, str, set[str]]] = {}
        for step in result.steps:
            operation = "replace" if step.operation in REPLACING else step.operation
            if step.type.startswith(OWN) or step.type == "pulumi:pulumi:Stack" or operation == "discard":
                continue
            kind, name, before, changed = found.get(step.urn, (step.type, step.name, operation, set()))
            found[step.urn] = (
                kind,
                name,
                "replace" if "replace" in (before, operation) else operation,
                changed,
            )
            changed.update(re.split(r"[.\[]", path)[0] for path in step.changed)
        undone = [one.name for one in result.steps if undoes(one, result.steps)]
        if undone:
            return Outcome("fails", f"{FAILS} its successor goes with the old {', '.join(undone)}")
        chat = _felt(found.values())
        lost = sorted(
            name
            for kind, name, operation, _ in found.values()
            if operation in ("replace", "delete") and holds_data(kind, name, self._types)
        )
        return Outcome(
            _kind(found.values()),
            _told(found.values()),
            next(one for one in WORST if one in chat or one == RUNS),
            self._fate(lost) if lost else KEPT,
        )

    def _fate(self, lost: Sequence[str]) -> str:
        asked = scene_values(self.scene)["rocketchat:chat"].get("profile") == Profile.TRIAL
        things = [name for name in lost if name != f"{SEAL}-seal"]
        word = f"{LOST} ({', '.join(things)})" if things else LEFT
        return f"{word}: {ASKED if asked else UNASKED}"


def undoes(step: Step, steps: Sequence[Step]) -> bool:
    """Whether something is replaced so that deleting the old one, at the end, takes the new one away."""
    where = place(step.type)
    if step.operation != "create-replacement" or not where or where & set(step.changed):
        return False
    first = next(one for one in steps if one.urn == step.urn and one.operation in REPLACING)
    return first is step


def _refusal(error: AutomationError) -> Outcome:
    if isinstance(error, ConfigurationError) and error.problems:
        told = error.problems[0]
        where = told.path.removeprefix("rocketchat:")
        return Outcome("refused", f"refused: `{where}`: {told.message}")
    if isinstance(error, ConflictError):
        names = sorted(error.cause.partition(":")[0].split(", "))  # the engine comes to them in any order
        return Outcome("refused", f"refused by the engine: {', '.join(names)} protected")
    if isinstance(error, ConfigurationError) and error.resource:
        sentence = re.split(r"[:;.] |$", " ".join(error.cause.split()), maxsplit=1)[0]
        return Outcome("refused", f"refused by the engine: {sentence}")
    if isinstance(error, ProviderError):
        return Outcome("refused", f"refused by the provider: {error.cause}")
    return _failure(error)


def _failure(error: AutomationError) -> Outcome:
    return Outcome("fails", f"{FAILS} {' '.join(error.cause.split())}")


def _secrets(keys: Iterable[str], values: Mapping[str, Any], anew: str = "") -> dict[str, str]:
    given = canaries.values(keys, values)
    return given | (canaries.values([anew], values, salt=" anew") if anew else {})


def _felt(found: Collection[tuple[str, str, str, set[str]]]) -> set[str]:
    going_on = {kind for kind, _, operation, _ in found if operation == "update"}
    return {
        told
        for kind, name, operation, changed in found
        # One of several services, or listeners, that goes takes nothing along.
        if (told := felt(kind, name, operation, changed)) != AWAY
        or operation != "delete"
        or kind not in going_on
    }


def _kind(found: Iterable[tuple[str, str, str, set[str]]]) -> Kind:
    done = {(operation, is_revision(kind)) for kind, _, operation, _ in found}
    if ("replace", False) in done or ("delete", False) in done:
        return "replace"
    return "update" if done else "nothing"


def _told(found: Iterable[tuple[str, str, str, set[str]]]) -> str:
    groups: dict[str, Counter[str]] = {}
    providers = []
    # One that is replaced under another component has two URNs, and is one.
    for kind, _, operation in dict.fromkeys(one[:3] for one in found):
        if kind.startswith("pulumi:providers:"):
            providers.append(kind.rpartition(":")[2])
            continue
        title = _REVISED if operation == "replace" and is_revision(kind) else _WORDS[operation]
        groups.setdefault(title, Counter())[kind] += 1
    if not groups:
        return f"updates the provider {', '.join(sorted(providers))}" if providers else "nothing"
    return "; ".join(
        f"{title} {_listed(groups[title])}" for title in (*_WORDS.values(), _REVISED) if title in groups
    )


def _holds(kind: str) -> bool:
    """Whether a type holds data by itself."""
    data = data_of(kind)
    return data is not None and not data.around


def _listed(counted: Mapping[str, int]) -> str:
    first = sorted(
        counted, key=lambda kind: (WORST.index(felt(kind, "", "delete", ())), not _holds(kind), kind)
    )
    if len(first) > _LISTED + 1:
        first, left = first[:_LISTED], sum(counted[kind] for kind in first[_LISTED:])
        return f"{_counted(counted, first)} and {left} more"
    return _counted(counted, first)


def _counted(counted: Mapping[str, int], kinds: Iterable[str]) -> str:
    return ", ".join(
        kind.rpartition(":")[2] if counted[kind] == 1 else f"{counted[kind]} {kind.rpartition(':')[2]}"
        for kind in kinds
    )


_WORDS = {"update": "updates", "replace": "replaces", "create": "makes", "delete": "deletes"}
_REVISED = "new version of"


def try_scene(scene: str, wanted: Sequence[int]) -> dict[int, Row]:
    """Deploy a scene, and try trials of these numbers on it."""
    every = trials()
    with fonts(), rehearsal_backend() as backend:
        stage = Stage(scene, backend)
        try:
            stage.deploy(scene_values(scene), scene_secrets(scene))
        except AutomationError as error:
            return {at: row(every[at], _failure(error)) for at in wanted}
        return {at: row(every[at], try_one(stage, every[at])) for at in wanted}


def try_one(stage: Stage, trial: Trial) -> Outcome:
    """Preview one change."""
    return stage.preview(trial.values(), trial.secrets(), trial.renewed)


# --------------------------------------------------------------------------------------------- all of them


def run(wanted: Iterable[int], parallel: int = PARALLEL) -> Iterator[dict[int, Row]]:
    """Try the trials of these numbers, in processes of their own, with progress; give the rows of scene by scene."""
    every = trials()
    by_scene: dict[str, list[int]] = {}
    for at in sorted(wanted):
        by_scene.setdefault(every[at].scene, []).append(at)
    with (
        Progress(console=Console(stderr=True)) as progress,
        ProcessPoolExecutor(parallel, mp_context=get_context("spawn"), initializer=end_with_parent) as pool,
    ):
        bar = progress.add_task("changes", total=sum(map(len, by_scene.values())))
        jobs = [
            (scene, there[first : first + AT_ONCE])
            for scene, there in by_scene.items()
            for first in range(0, len(there), AT_ONCE)
        ]
        for done in as_completed([pool.submit(try_scene, *job) for job in jobs]):
            rows = done.result()
            yield rows
            progress.advance(bar, len(rows))


def main(names: Sequence[str]) -> int:
    """Write the tables anew; with names of keys or scenes only their rows. Rows without a trial go."""
    every = trials()
    chosen = [
        at for at, trial in enumerate(every) if not names or trial.scene in names or trial.key.name in names
    ]
    if not chosen:
        Console(stderr=True).print("there is no such key, and no such stack")
        return 2
    numbers = {trial.identity: at for at, trial in enumerate(every)}
    rows = {numbers[one.identity]: one for one in read() if one.identity in numbers}
    for done in run(chosen):
        rows |= done
        write(rows[at] for at in sorted(rows))
    wrong = [one for one in rows.values() if UNASKED in one.data or one.does.startswith(FAILS)]
    for one in wrong:
        Console(stderr=True).print(f"{one.key} on {one.on}: {one.does}; {one.data}", highlight=False)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
