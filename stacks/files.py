"""Reading of `Pulumi.<stack>.yaml` without the engine: values, which keys are secret, and where each key stands."""

import json
import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from stacks import scalars, syntax
from stacks.problems import InvalidStack, Problem, leads_into, nearest
from stacks.project import COMMAND, ROOT, stack_files
from stacks.secret_keys import command
from stacks.syntax import WHOLE

FOLDER = stack_files(ROOT)
"""The folder of the project's stack files."""
NO_STACKS = f"This project has no stacks yet. Make one: {COMMAND} new NAME"
TOP_LEVEL = ("config", "environment", "secretsprovider", "encryptionsalt", "encryptedkey")
OF_SECRETS = TOP_LEVEL[2:]
"""Keys that Pulumi writes, to encrypt the secrets and to read them again."""
AS_IT_WAS = "bring back the line as it was (git log -p); without it nobody can read the secrets of this file"
MAX_BYTES = 1_000_000
MAX_VALUES = 50_000
"""More values than this are no stack file but aliases that multiply."""


@dataclass(frozen=True)
class StackFile:
    """A stack file as written: nothing in it is checked against the language of stack files yet."""

    name: str
    path: Path
    values: Mapping[str, Any]
    """Plain values by key (`rocketchat:chat`), as YAML gives them."""
    secure: frozenset[str]
    """Keys whose value is `{secure: …}`; the value itself is never read."""
    lines: Mapping[str, int] = field(repr=False)
    """Line of each key by its path, counted from 1."""
    problems: tuple[Problem, ...] = ()
    """What the engine would read otherwise, or refuse; `language.parse_file` tells it with all that is wrong."""
    lost: frozenset[str] = frozenset()
    """Paths of what is no YAML, and was left out: nobody knows what stands there."""
    environments: tuple[str, ...] = ()
    """Pulumi ESC environments (`environment:`), whose values the engine adds; what is in them is not known here."""

    @property
    def shown(self) -> str:
        """The file's path as people write it."""
        return shown(self.path)

    def line(self, path: str) -> int | None:
        """Return the line of `path`, or that of the nearest part of it that is in the file."""
        while path not in self.lines:
            cut = max(path.rfind("."), path.rfind("["))
            if cut < 0:
                return None
            path = path[:cut]
        return self.lines[path]


def _are_environments(given: Any) -> bool:
    """Return whether Pulumi takes this: a list of names, or an environment that is written out."""
    return (
        given is None
        or isinstance(given, list)
        or (isinstance(given, dict) and isinstance(given.get("imports", []), list))
    )


def _environments(given: Any) -> tuple[str, ...]:
    """Return the environments that a file imports, by name (Pulumi documentation, "Stack settings file reference")."""
    if given is None:
        return ()
    listed = given.get("imports", []) if isinstance(given, dict) else given
    names = [listed] if isinstance(listed, str) else listed if isinstance(listed, list) else []
    found = tuple(str(next(iter(one), "")) if isinstance(one, dict) else str(one) for one in names)
    return found or ("defined in the file",)


def as_config(values: Mapping[str, Any]) -> dict[str, str]:
    """Return plain values as Pulumi hands them to a program: text, or JSON for anything else."""
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}


def names() -> list[str]:
    """Return the names of the stacks in this folder."""
    found = (path for path in FOLDER.glob("Pulumi.*.yaml") if path.is_file())
    return sorted(path.name[len("Pulumi.") : -len(".yaml")] for path in found)


def path_of(name: str) -> Path:
    """Return where the file of a stack of this project stands, whether there is one or not."""
    return FOLDER / f"Pulumi.{name}.yaml"


def find(stack: str) -> Path:
    """Return the path of a stack's file; `stack` is a stack's name or the path of a file.

    Raises InvalidStack that names the stacks there are.
    """
    path = path_of(stack)
    if path.is_file():
        return path
    given = Path(stack)
    if given.suffix in (".yaml", ".yml") and given.is_file():
        return given
    named = re.fullmatch(r"[A-Za-z0-9][\w.-]*", stack) is not None and given.suffix not in (".yaml", ".yml")
    raise InvalidStack(
        stack,
        [
            Problem(
                path=shown(path) if named else stack or "STACK",
                message="there is no such stack file"
                if named
                else "this is neither the name of a stack nor the path of a stack file (Pulumi.<name>.yaml)",
                nearest=nearest(given.name.removeprefix("Pulumi.").removesuffix(given.suffix), names()),
                allowed=", ".join(names()) or None,
                remedy=None if names() else NO_STACKS,
            )
        ],
    )


def read(stack: str) -> StackFile:
    """Read the file of a stack, given by name or path.

    Raises InvalidStack where there are no values to read: the file is missing, is not YAML, or has no `config:`.
    """
    path = find(stack)
    name = path.name.removeprefix("Pulumi.").rsplit(".", 1)[0]
    reader = _Reader(shown(path))
    try:
        if path.stat().st_size > MAX_BYTES:
            raise reader.refusal(f"the file is larger than {MAX_BYTES:,} bytes")
        content = path.read_bytes()
    except OSError as error:
        raise reader.refusal(f"the file cannot be read: {error.strerror}") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise reader.refusal("the file is not UTF-8 text", line, "save it as UTF-8") from error
    found = _found(reader.source, name, path, text)
    return replace(found, values=deepcopy(found.values))


@lru_cache(maxsize=64)
def _found(source: str, name: str, path: Path, text: str) -> StackFile:
    """Return what a text says, which is read once: each check of a stack looks into the files of all others, too."""
    return _Reader(source).stack_file(name, path, text)


def of_text(file: StackFile, text: str) -> StackFile:
    """Return what a stack's file would be with another text. Raises InvalidStack as `read` does."""
    return _Reader(file.shown).stack_file(file.name, file.path, text)


def shown(path: Path) -> str:
    """Return a path as people write it: from the project's folder, where it is in that."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


class _Composer(yaml.SafeLoader):
    """Makes nodes of a text, and notes what the engine's parser does not know or reads otherwise."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        known = self.ESCAPE_REPLACEMENTS
        vars(self)["ESCAPE_REPLACEMENTS"] = {key: known[key] for key in known if key != "/"}
        self.tagged: set[yaml.Node] = set()

    def compose_document(self) -> yaml.Node | None:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if event.version is not None or event.tags is not None:
            raise yaml.composer.ComposerError(None, None, "a directive (%) cannot be used", event.start_mark)
        return super().compose_document()

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        node = super().compose_node(parent, index)
        if node is not None and getattr(event, "tag", None) is not None:
            self.tagged.add(node)
        return node


def _no_character(line: int) -> yaml.MarkedYAMLError:
    """Return the error of an escape such as `\\U00110000`, which PyYAML raises as another one."""
    mark = yaml.Mark("", 0, line, 0, None, 0)
    return yaml.MarkedYAMLError(problem="an escape sequence stands for no character", problem_mark=mark)


class _Reader:
    def __init__(self, source: str) -> None:
        self.source = source
        self.lines: dict[str, int] = {}
        self.problems: list[Problem] = []
        self.lost: list[str] = []
        self.tagged: set[yaml.Node] = set()
        self.count = 0
        self.text = ""

    def refusal(self, message: str, line: int | None = None, remedy: str | None = None) -> InvalidStack:
        return InvalidStack(self.source, [Problem(path=WHOLE, message=message, line=line, remedy=remedy)])

    def nodes(self, text: str) -> yaml.Node | None:
        """Return the nodes of what can be read, and note what cannot."""
        readable = syntax.marks(text)
        self.problems.extend(readable.problems)
        while True:
            composer = _Composer(readable.text)
            try:
                root: yaml.Node | None = composer.get_single_node()
            except yaml.MarkedYAMLError as error:
                blank = syntax.blanks(readable.text, error)
                if blank is not None:
                    self.problems += blank.problems
                    readable = blank
                    continue
                found = syntax.without(readable.text, error)
            except (ValueError, OverflowError):
                found = syntax.without(readable.text, _no_character(composer.line))
            else:
                self.tagged, self.text = composer.tagged, readable.text
                return root
            # What was left out leaves what is around it open.
            self.problems += [
                one for one in found.problems if not any(leads_into(path, one.path) for path in self.lost)
            ]
            self.lost += [one.path for one in found.problems]
            last = found.text == readable.text or len(self.lost) >= syntax.MOST
            if last or len(found.text) > syntax.LONGEST:
                raise InvalidStack(self.source, self.problems)
            readable = found

    def stack_file(self, name: str, path: Path, text: str) -> StackFile:
        try:
            root = self.nodes(text)
            document = self.value(root, "") if root is not None else {}
        except RecursionError as error:
            raise self.refusal("the file is nested too deeply or refers to itself") from error
        if not isinstance(document, dict):
            raise self.refusal("the file must be a mapping with the key `config`", 1)
        for key in document:
            if key not in TOP_LEVEL:
                hint = "put it below `config:`" if ":" in key else None
                self.problem(key, "unknown top-level key", self.lines[key], hint, nearest(key, TOP_LEVEL))
            elif key == "environment" and not _are_environments(document[key]):
                self.problem(key, "this must be a list of names of environments", self.lines[key])
            elif key in OF_SECRETS and not isinstance(document[key], str | None):
                self.problem(key, "this must be text, as Pulumi wrote it", self.lines[key], AS_IT_WAS)
        config = document.get("config")
        if config is None and self.lost:
            raise InvalidStack(self.source, self.problems)
        if not isinstance(config, dict):
            message = "the file has no `config:`" if config is None else "`config:` must be a mapping of keys"
            remedy = "put below it keys such as `rocketchat:chat: {host: chat.example.com, users: 100}`"
            self.problem("config", message, self.lines.get("config"), remedy)
            raise InvalidStack(self.source, self.problems)
        self.lines = {key.removeprefix("config."): line for key, line in self.lines.items()}
        values: dict[str, Any] = {}
        secure = set()
        for key, value in config.items():
            if not isinstance(value, dict) or set(value) != {"secure"}:
                # For a key without a value the engine hands over an empty text.
                values[key] = "" if value is None else value
            elif isinstance(value["secure"], str):
                secure.add(key)
            else:
                self.problem(key, "what follows `secure:` must be text", self.lines[key], command(key))
        return StackFile(
            name,
            path,
            values,
            frozenset(secure),
            self.lines,
            tuple(self.problems),
            frozenset(self.lost),
            _environments(document.get("environment")),
        )

    def problem(
        self, path: str, message: str, line: int | None, remedy: str | None = None, near: str | None = None
    ) -> None:
        self.problems.append(Problem(path=path, message=message, nearest=near, remedy=remedy, line=line))

    def value(self, node: yaml.Node, path: str) -> Any:
        self.count += 1
        if self.count > MAX_VALUES:
            raise self.refusal(f"the file has more than {MAX_VALUES:,} values")
        self.untagged(node, path.removeprefix("config."))
        if isinstance(node, yaml.MappingNode):
            found: dict[str, Any] = {}
            for key_node, value_node in node.value:
                line = key_node.start_mark.line + 1
                key = self.key(key_node, path)
                if key is None:
                    continue
                inner = f"{path}.{key}" if path else key
                if node.flow_style and key_node.style is None and self.closed(value_node):
                    self.problem(
                        inner.removeprefix("config."),
                        "no space follows the colon",
                        line,
                        "write `key: value`",
                    )
                if key in found:
                    message = f"duplicate key; it stands in line {self.lines[inner]}, too"
                    self.problem(inner.removeprefix("config."), message, line, "keep one of the two")
                self.lines[inner] = line
                value = self.value(value_node, inner)
                if not path and isinstance(value, dict) and isinstance(found.get(key), dict):
                    # What stands in one of the two is not missing.
                    value = {**found[key], **value}
                found[key] = value
            return found
        if isinstance(node, yaml.SequenceNode):
            made = []
            for index, item in enumerate(node.value):
                self.lines[f"{path}[{index}]"] = item.start_mark.line + 1
                made.append(self.value(item, f"{path}[{index}]"))
            return made
        return self.scalar(node, path.removeprefix("config."))

    def untagged(self, node: yaml.Node, path: str) -> None:
        if node in self.tagged:
            remedy = "leave it out; quotes make text of anything"
            self.problem(path or WHOLE, "a tag (!) cannot be used here", node.start_mark.line + 1, remedy)

    def closed(self, node: yaml.Node) -> bool:
        """Whether a value begins right at the colon: behind a plain key the engine then reads on."""
        at = node.start_mark.index
        return self.text[at - 1] == ":" and not self.text[at].isspace()

    def key(self, node: yaml.Node, path: str) -> str | None:
        line = node.start_mark.line + 1
        inside = path.removeprefix("config.") or WHOLE
        if node.value == "<<":
            self.problem(inside, "a merge key (<<) cannot be used here", line, "write the keys out")
            self.lost.append(inside)
            return None
        if not isinstance(node, yaml.ScalarNode):
            self.problem(inside, "a key must be plain text", line)
            return None
        self.untagged(node, inside)
        found = self.scalar(node, inside)
        if not isinstance(found, str):
            self.problem(inside, "a key must be text", line, "put it in quotes")
            return None
        unseen = syntax.unseen(path.removeprefix("config").removeprefix("."), found, line)
        if unseen is None:
            return found
        self.problems.append(unseen)
        self.lost.append(unseen.path)
        return None

    def scalar(self, node: yaml.Node, path: str) -> Any:
        """Return what a scalar means, where it means the same to the engine."""
        line = node.start_mark.line + 1
        if _HALF.search(node.value):
            remedy = "write the character itself instead of its two halves"
            self.problem(path or WHOLE, "half a character (\\ud800 to \\udfff) stands here", line, remedy)
        if _CHANGED.match(node.value):
            remedy = "begin the text with its first character that is seen"
            self.problem(
                path or WHOLE, "the engine loses a line break or tab before several lines", line, remedy
            )
        if getattr(node, "style", None) is not None:
            return node.value
        found = scalars.read(node.value)
        if isinstance(found, scalars.Unusable):
            self.problem(path or WHOLE, _UNUSABLE[found], line, _INSTEAD)
            return node.value
        return found


_HALF = re.compile("[\ud800-\udfff]")
_CHANGED = re.compile("[\t\u2028\u2029].*\n|\n", re.DOTALL)
"""The engine writes the text of a file anew before it uses it, and yaml.v3 writes these wrongly."""
_INSTEAD = "put it in quotes if it is text; write switches as true or false, and numbers in decimal digits"
_UNUSABLE = {
    scalars.Unusable.TIMESTAMP: "YAML reads this as a point of time, and the engine changes it",
    scalars.Unusable.NUMBER: "the engine would hand this number over as another one",
    scalars.Unusable.BROKEN: "the engine reads this otherwise than YAML 1.1 does",
}
