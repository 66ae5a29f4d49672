"""What was begun: kept on this machine until the next upgrade, so that one that was interrupted goes on."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from automation.writing import write
from stacks.project import ROOT

FOLDER = ROOT / ".cache" / "upgrades"


@dataclass(frozen=True)
class Record:
    """One upgrade."""

    stack: str
    old: str
    """Release that ran before."""
    new: str
    through: tuple[str, ...]
    before: str = field(repr=False)
    """The stack file as it was."""
    backup: str
    """What was said, or found, to hold the data of before."""
    mongodb: tuple[str, ...] = ()
    """Series of MongoDB that it goes through."""
    done: bool = False

    def write(self, folder: Path = FOLDER) -> None:
        """Keep it, in the place of an earlier one."""
        write(folder / f"{self.stack}.json", json.dumps(dataclasses.asdict(self), indent=2))


def read(stack: str, folder: Path = FOLDER) -> Record | None:
    """Return what is kept; None where there is nothing, or nothing of this form."""
    try:
        found: Mapping[str, Any] = json.loads((folder / f"{stack}.json").read_text(encoding="utf-8"))
        return Record(**{**found, "through": tuple(found["through"]), "mongodb": tuple(found["mongodb"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None
