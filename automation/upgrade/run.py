"""Takes the steps of an upgrade. Each is deployed and looked at before the next; an interrupted one goes on."""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from automation.errors import AutomationError, ConfigurationError, ConflictError, not_deployed
from automation.restore import Restore, backup_of, now
from automation.upgrade import record
from automation.upgrade.edit import NotEdited
from automation.upgrade.record import Record
from automation.upgrade.way import Step, target_of, texts, way
from automation.verify.expected import of_stack
from automation.verify.run import verify
from automation.writing import write
from stacks import files
from stacks.files import StackFile
from stacks.language import NAMESPACE, checked_file
from stacks.project import COMMAND

if TYPE_CHECKING:
    from automation.stack import ChatStack
    from stacks.language import ChatSpec

Opening = Callable[[], "AbstractContextManager[ChatStack]"]
FOLDER: Final = record.FOLDER
WAIT_SECONDS: Final = 1800.0
"""For the chat to answer as the step's release: a host fetches what was deployed every five minutes, and migrations
run before the server listens."""
PAUSE_SECONDS: Final = 20.0


@dataclass(frozen=True)
class Upgrade:
    """What is to be done, and what of it is left."""

    file: StackFile
    deployed: str
    record: Record
    steps: tuple[Step, ...]
    texts: tuple[str, ...]
    next: int
    """Index of the step to take; an interrupted one is taken again."""
    resumed: bool
    saving: str
    """How a backup is made by hand."""
    dump: Restore | None = None
    """The backup that the stack makes itself, where it does."""

    def to_json(self) -> dict[str, Any]:
        """Return it for other programs."""
        return {
            "stack": self.file.name,
            "from": self.record.old,
            "to": self.record.new,
            "deployed": self.deployed,
            "steps": [step.to_json() for step in self.steps],
            "next": self.next,
            "resumed": self.resumed,
            "backup": self.record.backup or None,
            "makeABackup": self.saving,
        }


def plan(
    stack: str, opening: Opening, wanted: str | None, through: Sequence[str], *, folder: Path = record.FOLDER
) -> Upgrade:
    """Read what is deployed, and return the way; change nothing.

    Raises ConfigurationError for a stack that is not deployed and for a way that cannot be gone, InvalidStack for a
    stack file that one of the steps would make wrong, ConflictError where the file was changed since an upgrade was
    interrupted.
    """
    file = files.read(stack)
    text = file.path.read_text(encoding="utf-8")
    with opening() as one:
        running, outputs = one.spec, one.export_state().outputs
    spec = running
    deployed = outputs.get("release")
    if not isinstance(deployed, str):
        raise not_deployed(file.name)
    given = frozenset(f"{NAMESPACE}:{name}" for name in running.secrets)
    kept = record.read(file.name, folder)
    resumed = kept is not None and not kept.done and wanted in (None, kept.new)
    try:
        if kept is not None and resumed:
            spec, old, target, through = spec_of(file, kept.before, given), kept.old, kept.new, kept.through
        else:
            old, target = deployed, target_of(spec, deployed, wanted)
        steps = way(spec, old, target, through)
        before = kept.before if kept is not None and resumed else text
        wrote = texts(before, steps)
    except (NotEdited, ValueError) as error:
        raise ConfigurationError(str(error)) from None
    for step, each in zip(steps, wrote, strict=True):
        if not step.by_hand:
            spec_of(file, each, given)
    at = 0
    if resumed:
        if text not in (before, *wrote):
            raise ConflictError(
                f"{file.shown} was changed since the upgrade from {old} to {target} was interrupted",
                remedy=f"put it back, or finish by hand and delete {folder / f'{file.name}.json'}",
            )
        at = wrote.index(text) if text in wrote else 0
    climbed = tuple(step.title.partition(" ")[2] for step in steps if step.title.startswith("MongoDB"))
    made = (
        kept
        if kept is not None and resumed
        else Record(file.name, old, target, tuple(through), before, "", climbed)
    )
    dump = None
    if not made.backup and running.parts.dumped:
        # Where an older version deployed it, one is made by hand.
        with contextlib.suppress(ConfigurationError):
            dump = backup_of(running, outputs)
    saving = (
        "a dump is made, when the steps are taken"
        if dump is not None
        else spec.parts.database.saving(spec.parts, outputs)
    )
    return Upgrade(file, deployed, made, tuple(steps), tuple(wrote), at, resumed, saving, dump)


def saved(upgrade: Upgrade) -> str:
    """Make a backup, and return what it is, with a time that `restore --at` takes.

    Raises ConfigurationError where this machine lacks a program for that, and AutomationError where it fails.
    """
    if upgrade.dump is None:
        raise ValueError(f"{upgrade.file.name} makes no backups itself")
    if upgrade.dump.missing:
        raise ConfigurationError(
            f"{' and '.join(upgrade.dump.missing)} is not installed, which makes the backup of before",
            remedy="install it; or make one elsewhere, and name it: --backup WHAT",
        )
    if upgrade.dump.run(aside=True) != 0:
        name = upgrade.file.name
        # Where an older version deployed the host, it refuses the request.
        older = (
            f"where the host refused it, `{COMMAND} up {name}` first; else " if upgrade.dump.on_host else ""
        )
        raise AutomationError(
            "the backup of before failed, and nothing was changed",
            remedy=f"{older}fix what it says, and do the same again; `{COMMAND} verify {name}` tells the age of the "
            "newest backup",
        )
    return f"the dump until {now()}"


def spec_of(file: StackFile, text: str, given: AbstractSet[str] = frozenset()) -> "ChatSpec":
    """Check a text as the stack's file; `given` are keys of secrets that are set elsewhere. Raises InvalidStack."""
    return checked_file(files.of_text(file, text), given)[0]


def go(
    upgrade: Upgrade,
    opening: Opening,
    *,
    backup: str,
    check: Callable[["ChatStack"], None],
    on_step: Callable[[Step], None] = lambda _: None,
    folder: Path = record.FOLDER,
) -> None:
    """Take the steps that are left.

    Args:
        upgrade: what `plan` gave.
        opening: opens the stack, by its file as it is at that time.
        backup: what holds the data of before.
        check: raises where the chat is not well after a step.
        on_step: called before each step.
        folder: where the record is kept.
    """
    if not upgrade.steps:
        return
    kept = replace(upgrade.record, backup=upgrade.record.backup or backup)
    kept.write(folder)
    for step, text in list(zip(upgrade.steps, upgrade.texts, strict=True))[upgrade.next :]:
        on_step(step)
        if step.by_hand:
            raise ConflictError(
                f"{step.title}: {step.by_hand}",
                remedy=f'then write `version: "{step.changes["database.version"]}"` below rocketchat:database, and '
                f"{COMMAND} upgrade {kept.stack} --to {kept.new}",
            )
        write(upgrade.file.path, text)
        with opening() as one:
            one.up()
            check(one)
    replace(kept, done=True).write(folder)


@contextlib.contextmanager
def put_back(file: StackFile, before: str, folder: Path) -> Iterator[None]:
    """Leave the stack file as it was, and a record only of what was done to its end: for rehearsals."""
    try:
        yield
    finally:
        write(file.path, before)
        kept = record.read(file.name, folder)
        if kept is not None and not kept.done:
            (folder / f"{file.name}.json").unlink()


def well(one: "ChatStack", *, wait: float = WAIT_SECONDS) -> None:
    """Wait until the chat passes the checks that need no user; raise AutomationError with what fails."""
    end = time.monotonic() + wait
    expected = of_stack(one.name, one.spec, one.outputs(), rehearsal=one.backend.rehearsal)
    while True:
        report = verify(expected)
        if report.ok:
            return
        if time.monotonic() > end:
            failed = "; ".join(
                f"{each.title}: {each.found}" for each in report.outcomes if each.state == "failed"
            )
            raise AutomationError(
                f"{one.spec.release.version} is deployed, and the chat is not well after {wait:.0f} s: {failed}",
                remedy=f"look at its log; then go on: {COMMAND} upgrade {one.name} --apply, or back: "
                f"{COMMAND} rollback {one.name}",
            )
        time.sleep(PAUSE_SECONDS)
