"""What of a stack file is no YAML: told in plain words, and left out, so that the rest can be judged.

What stands on the lines of a mistake, and indented below them, is blanked. Lines keep their numbers.
"""

import re
from dataclasses import dataclass, replace

import yaml

from stacks.problems import Problem

WHOLE = "file"
"""The path of a problem that no key is known for."""
MOST = 20
"""Mistakes beyond which a file is read no further."""
LONGEST = 100_000
"""Characters beyond which a file is read once only: reading takes a second for as many."""

_QUOTES = "put the text in quotes"
_PLAIN: tuple[tuple[str, str, str], ...] = (
    # What PyYAML says, what is wrong, and what to do.
    (r"'\\t'", "a tab stands where only blanks may", "write blanks in its place"),
    (
        "document start",
        "text stands behind the end of the file (a line of dots)",
        "take the line of dots out",
    ),
    (
        "mapping values are not allowed",
        "a second colon with a blank behind it, or a line that is indented more than the key before it",
        f"{_QUOTES}, or indent the line like its neighbours",
    ),
    (
        "could not find expected ':'",
        "no colon follows the key in line {line}",
        "write `key: value`",
    ),
    (
        r"expected ',' or '[\]}]'",
        "what is opened in line {line} is not closed, or a comma is missing",
        "close it with the bracket that fits, put commas between its entries, and text with `: ` or ` #` in quotes",
    ),
    ("while scanning a quoted|end of stream", "the quote of line {line} is not closed", "close it"),
    (
        "unknown escape",
        "a backslash in double quotes begins an escape, and this is none",
        "use single quotes, or write the backslash twice",
    ),
    ("stands for no character", "an escape (\\U) stands for no character", "write the character itself"),
    (
        "expected hexadecimal|escape sequence",
        "an escape in double quotes is not whole",
        "use single quotes, or write the backslash twice",
    ),
    (
        r"alias|anchor|expected alphabetic or numeric",
        "a text that begins with & or * refers to another one, and there is none",
        _QUOTES,
    ),
    (
        "character '[|>]' that cannot start",
        "a text of several lines (| or >) stands within brackets",
        "write the keys around it one below the other, without brackets",
    ),
    ("character .* that cannot start", "no text without quotes begins with {character}", _QUOTES),
    ("tag", "a text that begins with ! names a type, which cannot be used here", _QUOTES),
    (
        "found '<scalar>'",
        "a text goes on behind its closing quote",
        "put all of it in quotes; within single quotes, write a single quote twice",
    ),
    (
        r"but found '[}\]]'",
        "a bracket is closed that is not open",
        "take it out",
    ),
    (
        "but found '-'",
        "an entry of a list stands among keys",
        "indent it below its key",
    ),
    (
        "expected <block end>",
        "this line is indented otherwise than its neighbours",
        "indent it like them",
    ),
    (
        r"expected the node content, but found '(,|<stream end>|<block end>)'",
        "a value is missing before this",
        "write one, or take the comma out",
    ),
    ("expected the node content", "a mark of YAML (: or ?) stands where a value begins", _QUOTES),
    ("chomping or indentation", "text stands behind | or >", "begin it on the next line, indented"),
    ("another document", "a second document begins here", "take the line --- out, and keep one document"),
    ("directive", "a directive (%) cannot be used", "take the line out"),
)
_BLANKS = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
"""Blanks that are none to YAML: they come along from web pages and chats."""
_NOTHING = "\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff"
"""Characters that nobody sees."""
_UNSEEN = re.compile(f"[{_BLANKS}{_NOTHING}]")
_BEFORE_A_KEY = re.compile(rf"[ \t]*(?:- )?[{_BLANKS}{_NOTHING}][\s{_BLANKS}{_NOTHING}]*")
_TIGHT = re.compile(r"""\s*(?:- +)?((?:[\w.-]+:)?[\w.-]+):[{\["']""")
"""A key whose value begins right at the colon."""
_CONFLICT = re.compile(r"(<{7}|={7}|>{7}|\|{7})(?: .*)?$")
_KEY = re.compile(r"""\s*(?:- +)?(?:"([^"]*)"|'([^']*)'|([^\s#"'{\[][^#{\[]*?)):(?:\s|$)""")


@dataclass(frozen=True)
class Readable:
    """A text that is YAML, and what was taken out of another one to make it so."""

    text: str
    problems: tuple[Problem, ...]
    """Each with the path of what was taken out, such as `rocketchat:chat.users`."""


def marks(text: str) -> Readable:
    """Take out what no YAML holds at all: control characters, and the marks of a conflict between two branches."""
    found: list[Problem] = []
    conflicts: list[int] = []
    lines = text.split("\n")
    for index, line in enumerate(lines):
        if _CONFLICT.match(line.rstrip("\r")):
            conflicts.append(index + 1)
            lines[index] = ""
        elif (wrong := yaml.reader.Reader.NON_PRINTABLE.search(line)) and len(found) < MOST:
            what = f"the file is not YAML: it holds a control character (U+{ord(wrong[0]):04X})"
            found.append(Problem(WHOLE, what, remedy="take it out", line=index + 1))
    if conflicts:
        listed = ", ".join(map(str, conflicts[:MOST]))
        what = f"the file is not YAML: the marks of a merge conflict stand in the lines {listed}"
        remedy = "keep one side of each conflict, and take the marks out"
        found.append(Problem(WHOLE, what, remedy=remedy, line=conflicts[0]))
    return Readable(yaml.reader.Reader.NON_PRINTABLE.sub("", "\n".join(lines)), tuple(found))


def unseen(path: str, key: str, line: int) -> Problem | None:
    """Return the problem of a key of the mapping at `path` that holds a character which nobody sees, or None."""
    which = _UNSEEN.search(key)
    if which is None:
        return None
    begins = re.split(f"[{_BLANKS}]", re.sub(f"[{_NOTHING}]", "", key).strip(), maxsplit=1)[0].rstrip(": ")
    what = f"an unseen character (U+{ord(which[0]):04X}) stands here, which is no blank to YAML"
    remedy = "write a blank in its place, or take it out"
    return Problem(".".join(filter(None, (path, begins))) or WHOLE, what, remedy=remedy, line=line)


def blanks(text: str, error: yaml.MarkedYAMLError) -> Readable | None:
    """Put blanks in the place of what looks like them before keys, where that may have led to an error; else None."""
    mark = error.problem_mark or error.context_mark
    lines = text.split("\n")
    for index, line in enumerate(lines[: None if mark is None else mark.line + 1]):
        found = _BEFORE_A_KEY.match(line)
        problem = None if found is None else unseen("", line, index + 1)
        if found is not None and problem is not None:
            lines[index] = " " * len(found[0]) + line[found.end() :]
            return Readable("\n".join(lines), (replace(problem, path=_path(lines, index)),))
    return None


def without(text: str, error: yaml.MarkedYAMLError) -> Readable:
    """Take out where an error is. The text stays as it is where that cannot be told."""
    said = ", ".join(part for part in (error.context, error.problem) if part)
    begun = error.context_mark if re.search("flow|scalar|simple key", error.context or "") else None
    mark = begun or error.problem_mark or error.context_mark
    line = 0 if mark is None else mark.line
    at = next((one for one in _PLAIN if re.search(one[0], said)), None)
    character = re.search(r"character '(.+?)'", said)
    words = {"line": line + 1, "character": "this character" if character is None else character[1]}
    message = f"the file is not YAML: {said if at is None else at[1].format(**words)}"
    lines = text.split("\n")
    line = min(line, len(lines) - 1)
    tight = _TIGHT.match(lines[line]) if "mapping values" in said else None
    if tight is not None:
        message, at = "no space follows the colon", ("", "", "write `key: value`")
    problem = Problem(_path(lines, line), message, remedy=None if at is None else at[2], line=line + 1)
    # What stands on one line of its own has nothing to do with what is indented below.
    alone = "expected <block end>" in said and lines[line].rstrip().endswith(("}", "]"))
    return Readable("\n".join(_blanked(lines, line, alone=alone)), (problem,))


def _indent(line: str) -> int:
    wide = line.expandtabs()
    return len(wide) - len(wide.lstrip())


def _is_blank(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _blanked(lines: list[str], line: int, *, alone: bool) -> list[str]:
    """Return the lines without one of them and, unless it is alone, what is indented below it, but with `config:`."""
    if re.match("config:", lines[line]):
        return lines
    made = [*lines]
    # What is indented by tabs is left out at once.
    depth = _indent(lines[line]) - lines[line].startswith("\t")
    made[line] = ""
    for below in () if alone else range(line + 1, len(lines)):
        if not _is_blank(lines[below]):
            if _indent(lines[below]) <= depth:
                break
            made[below] = ""
    return made


def _path(lines: list[str], line: int) -> str:
    """Return the path of the key in a line, by the lines above that are indented less."""
    keys: list[str] = []
    depth = _indent(lines[line])
    bare = re.fullmatch(r"\s*([\w:.-]+)\s*", lines[line]) or _TIGHT.match(lines[line])
    if bare is not None and not bare[1].startswith("-"):
        keys.append(bare[1].removesuffix(":"))
    elif (named := _key(lines[line])) is not None:
        keys.append(named)
    for above in reversed(lines[:line]):
        if depth == 0 or (keys and ":" in keys[-1]):
            break
        named = None if _is_blank(above) or _indent(above) >= depth else _key(above)
        if named is not None:
            keys.append(named)
            depth = _indent(above)
    if keys and keys[-1] == "config":
        keys.pop()
    return ".".join(reversed(keys)) or WHOLE


def _key(line: str) -> str | None:
    """Return the key that a line begins with."""
    found = _KEY.match(line)
    return None if found is None else next(one for one in found.groups() if one is not None)
