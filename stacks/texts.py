"""Texts that would not reach the server as they are written.

A text goes through Pulumi (protobuf), JSON, YAML's readers in Go (Compose, Helm), Caddy's and the shell's files, and
is a variable of a process at the end. What one of them drops or changes is refused here, for every key alike:

- characters that YAML does not have (YAML 1.2.2, 5.1 "Character Set": controls, DEL, U+0080 to U+009F, surrogates,
  U+FFFE and U+FFFF), or takes for the end of a line (U+0085, U+2028, U+2029: YAML 1.1, which Helm reads) or for the
  mark of a file (U+FEFF); and the other code points that are no characters (Unicode, 23.7 "Noncharacters");
- line breaks, and blanks at the ends, in texts of one line: forms and lists of the product cut them off.
"""

import re
from collections.abc import Iterator
from typing import Any

from stacks.problems import Problem

_LOST = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufdd0-\ufdef\ufeff"
    + "".join(f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(17))
    + "]"
)
_MANY_LINES = re.compile(
    r"rocketchat:(?:appearance\.css|chat\.legal\.\w+|login(?:\[\d+\])?\.(?:certificate|ownCertificate)|"
    r"settings\..+)"
)
"""Keys whose text may have several lines, and blanks at its ends. PEM has them by its form, in each key."""
_PEM = "-----BEGIN "


def lost(text: str) -> str | None:
    """Return the first character that would not arrive; None where all do."""
    found = _LOST.search(text)
    return None if found is None else found[0]


def problems(path: str, value: Any) -> Iterator[Problem]:
    """Find the texts in a value, however deep, that would not arrive as they are; `path` is the value's own."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from problems(f"{path}.{key}", inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from problems(f"{path}[{index}]", inner)
    elif isinstance(value, str) and (found := _problem(path, value)) is not None:
        yield found


def _problem(path: str, text: str) -> Problem | None:
    broken = lost(text)
    if broken is not None:
        place = text.index(broken) + 1
        if broken in "\r\u2028\u2029\x85":
            what, remedy = "a line break that is lost or changed", "write another one, or a blank"
        else:
            what, remedy = "which is lost or changed", "take it out"
        return Problem(
            path, f"character {place} of the text is U+{ord(broken):04X}, {what} on its way", remedy=remedy
        )
    if _MANY_LINES.fullmatch(path) or text.lstrip().startswith(_PEM):
        return None
    if "\n" in text.rstrip():
        return Problem(path, "this text may have one line only", remedy="write it on one line")
    if text != text.strip():
        at = text[0] if text != text.lstrip() else text[-1]
        end = "begins" if text != text.lstrip() else "ends"
        return Problem(path, f"the text {end} with a blank (U+{ord(at):04X})", remedy="take the blank away")
    return None
