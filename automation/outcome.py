"""What came of one check, as it is shown: a line with a mark."""

from dataclasses import dataclass
from typing import Final, Literal

State = Literal["ok", "failed", "not checked", "not known"]
MARKS: Final[dict[State, str]] = {"ok": "✓", "failed": "✗", "not checked": "–", "not known": "?"}  # noqa: RUF001 - the dash is meant
_LEFT_OUT: Final[dict[State, str]] = {"not checked": "not checked, because ", "not known": "not known: "}


@dataclass(frozen=True)
class Outcome:
    """What came of one check."""

    check: str
    title: str
    state: State
    found: str
    """What was found, or why it was not checked or is not known."""
    remedy: str = ""

    def to_json(self) -> dict[str, str]:
        """Return it for other programs."""
        more = {"remedy": self.remedy} if self.remedy else {}
        return {"check": self.check, "title": self.title, "state": self.state, "found": self.found} | more

    def __str__(self) -> str:
        """One line."""
        said = _LEFT_OUT.get(self.state, "") + self.found
        return f"{MARKS[self.state]} {self.title}: {said}" + (f"; {self.remedy}" if self.remedy else "")
