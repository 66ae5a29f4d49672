"""Mistakes in a stack file, told so that they can be mended. All of a file's mistakes are shown together."""

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from stacks.project import before_secrets
from stacks.words import count

_OF_A_STACK = re.compile(r"pulumi config (?:set --secret|rm) [\w:<>-]++(?! --stack)")
_SETS = re.compile(r"pulumi config set --secret \S+ --stack ([\w.-]*\w)")

_SHORTENED = 3
"""From so many letters on, the beginning of a word is taken for the word."""
_SAME = {"amd64": "x86_64", "x64": "x86_64", "x86": "x86_64", "aarch64": "arm64"}
"""What others call a value, where another one looks more like it."""


@dataclass(frozen=True)
class Problem:
    """One mistake: where it is, what is wrong, what is allowed, and the command or line that mends it."""

    path: str
    """Key in the file, such as `rocketchat:runtime.network.cidr`."""
    message: str
    allowed: str | None = None
    nearest: str | None = None
    """The right name or value that is most like what was written."""
    remedy: str | None = None
    line: int | None = None
    """Line in the stack file, counted from 1, where it is known."""
    unset: bool = False
    """All that is wrong is that this secret is not set."""
    ended: bool = False
    """All that is wrong is that this secret was good once: what is deployed with it runs, and can be changed."""

    def __str__(self) -> str:
        place = self.path if self.line is None else f"{self.path} (line {self.line})"
        lines = [f"{place}: {self.message}"]
        if self.nearest is not None:
            lines.append(f"    did you mean: {self.nearest}")
        if self.allowed is not None:
            lines.append(f"    allowed: {self.allowed}")
        if self.remedy is not None:
            lines.append(f"    fix: {self.remedy}")
        return "\n".join(lines)

    def at(self, line: int | None) -> "Problem":
        """Return the same problem with its line."""
        return replace(self, line=line)

    def of(self, stack: str) -> "Problem":
        """Return the same problem, whose remedy names the stack: another one may be selected."""
        return self if self.remedy is None else replace(self, remedy=for_stack(self.remedy, stack))


def stack_of(source: str) -> str | None:
    """Return the stack whose file a path leads to; None where it is no stack file's."""
    found = re.search(r"(?:^|[/\\])Pulumi\.([\w.-]+)\.ya?ml$", source)
    return None if found is None else found[1]


def for_stack(text: str, stack: str) -> str:
    """Return a text whose commands name the stack: another one may be selected."""
    return _OF_A_STACK.sub(rf"\g<0> --stack {stack}", text).replace(" STACK", f" {stack}")


def leads_into(path: str, place: str) -> bool:
    """Return whether a path is that of a place, or of something in it."""
    return path.startswith(place) and path[len(place) : len(place) + 1] in ("", ".", "[")


class InvalidStack(ValueError):  # noqa: N818 - reads as what it is: an invalid stack
    """A stack file that cannot be deployed. `problems` holds every mistake that was found."""

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        self.source = source
        if stack := stack_of(source):
            problems = [problem.of(stack) for problem in problems]
        self.problems = tuple(sorted(problems, key=lambda problem: (problem.line or 0, problem.path)))
        super().__init__(source, self.problems)

    def __str__(self) -> str:
        listed = "\n".join(f"  {str(problem).replace(chr(10), chr(10) + '  ')}" for problem in self.problems)
        told = f"{self.source} has {count(len(self.problems), 'mistake')}:\n{listed}"
        stack = next((found[1] for one in self.problems if (found := _SETS.search(one.remedy or ""))), None)
        if stack is not None:
            told += f"\n  {before_secrets(stack)}"
        return told


def nearest(word: str, words: Iterable[str]) -> str | None:
    """Return the one of `words` that is most like `word` or alone begins so, or None when none is like it.

    Among words that differ in their numbers alone it is the one whose numbers are nearest.
    """
    by_lower = {candidate.lower(): candidate for candidate in words}
    low = word.lower()
    if (same := _SAME.get(low)) in by_lower:
        return by_lower[str(same)]
    alike = [one for one in by_lower if _NUMBER.sub("0", one) == _NUMBER.sub("0", low)]
    if alike and _NUMBER.search(low):
        return by_lower[
            min(
                alike, key=lambda one: [abs(a - b) for a, b in zip(_numbers(low), _numbers(one), strict=True)]
            )
        ]
    found = difflib.get_close_matches(low, by_lower, n=3, cutoff=0.6)
    # Of those that are as near, the first of a row, such as eu-central-1 for eu-central.
    found = sorted(found, key=lambda one: (-difflib.SequenceMatcher(None, one, low).ratio(), one))
    if not found and len(low) >= _SHORTENED:
        begun = [one for one in by_lower if one.startswith(low)]
        found = begun if len(begun) == 1 else []
    return by_lower[found[0]] if found else None


_NUMBER = re.compile("[0-9]{1,15}")


def _numbers(word: str) -> list[int]:
    return [int(one) for one in _NUMBER.findall(word)]
