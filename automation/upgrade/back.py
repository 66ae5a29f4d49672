"""The way back: the release and the data of before together, or why there is none.

The chat stops, the data come back, and then the release: a newer server that starts in between would change the data
again.

The server's migrations change the data, and an older server does not start on them; MongoDB opens no data of a newer
series.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from automation.errors import ConflictError
from automation.upgrade import record
from automation.upgrade.edit import Value, edited
from automation.upgrade.run import Opening, spec_of
from automation.upgrade.way import alone_of
from automation.writing import write
from stacks import files
from stacks.project import COMMAND

if TYPE_CHECKING:
    from automation.stack import ChatStack


_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@dataclass(frozen=True)
class Back:
    """The way back."""

    stack: str
    file: Path
    old: str
    new: str
    backup: str
    steps: tuple[str, ...]
    """Commands, in their order."""

    def to_json(self) -> dict[str, Any]:
        """Return it for other programs."""
        return {
            "stack": self.stack,
            "from": self.new,
            "to": self.old,
            "backup": self.backup,
            "steps": list(self.steps),
        }


def plan(stack: str, opening: Opening, *, folder: Path = record.FOLDER) -> Back:
    """Return the way back from the last upgrade; change nothing. Raises ConflictError where there is none."""
    file = files.read(stack)
    name = file.name
    kept = record.read(name, folder)
    if kept is None:
        raise ConflictError(
            f"no upgrade of {name} was made from this machine, so nobody knows what to go back to",
            remedy="restore a backup of the release that is wanted, and say so: write chat.release, and "
            "chat.upgradeFrom with the same release",
        )
    with opening() as one:
        spec, outputs, rehearsal = one.spec, one.export_state().outputs, one.backend.rehearsal
    deployed = outputs.get("release")
    # One that did not come up is not said to be deployed, and has migrated the data perhaps.
    if deployed == kept.old and kept.done:
        raise ConflictError(f"{kept.old} is deployed: there is nothing to go back from")
    if kept.mongodb and spec.parts.database.climbs:
        raise ConflictError(
            f"MongoDB went up to {kept.mongodb[-1]} on the way, and one of before opens none of its data",
            remedy=f"deploy a second stack of {kept.old} with an empty database, and restore {kept.backup} there; or "
            "stay, and fix what is wrong",
        )
    restore = f"{spec.parts.database.restoring(spec.parts, outputs)}   # of {kept.backup}"
    moment = _MOMENT.search(kept.backup)
    if moment is not None:
        restore = restore.replace("TIME", moment[0])
    # A restore of the stack's own dumps stops the chat itself.
    dumps = spec.parts.dumped and outputs.get("backupBucket")
    stop = () if dumps else (spec.parts.runtime.stop(spec.region, outputs),)
    steps = (*stop, restore, f"{COMMAND} rollback STACK --apply --restored", f"{COMMAND} verify STACK")
    called = name + (" --rehearse" if rehearsal else "")
    return Back(
        name,
        file.path,
        kept.old,
        kept.new,
        kept.backup,
        tuple(step.replace("STACK", called) for step in steps),
    )


def go(
    back: Back,
    opening: Opening,
    *,
    restored: bool,
    check: Callable[["ChatStack"], None],
    folder: Path = record.FOLDER,
) -> None:
    """Deploy the release of before on the data of before.

    Raises ConflictError where nobody says that the data of before are back: the older server would not start on others.
    """
    if not restored:
        raise ConflictError(
            f"the database has the data of {back.new}, and {back.old} does not start on them",
            remedy=f"one after another: {'; '.join(back.steps)}",
        )
    kept = record.read(back.stack, folder)
    file = files.read(str(back.file))
    before = file.path.read_text(encoding="utf-8") if kept is None else kept.before
    last: dict[str, Value] = {"chat.release": back.old, "chat.upgradeFrom": back.old}
    text = edited(before, last)
    # The chat is stopped, and a number of servers that autoscaling sets would stay 0.
    alone = alone_of(spec_of(file, text))
    for wanted in (edited(before, {**alone, **last}), text) if alone else (text,):
        spec_of(file, wanted)
        write(file.path, wanted)
        with opening() as one:
            one.up(refresh=True)
            check(one)
    if kept is not None:
        replace(kept, done=True).write(folder)
