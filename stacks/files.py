"""Reading of `Pulumi.<stack>.yaml` without the engine: values, which keys are secret, and where each key stands."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from stacks.problems import InvalidStack, Problem, nearest

FOLDER = Path(__file__).parent
TOP_LEVEL = ("config", "environment", "secretsprovider", "encryptionsalt", "encryptedkey")
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

    @property
    def shown(self) -> str:
        """The file's path as people write it."""
        return _shown(self.path)

    def line(self, path: str) -> int | None:
        """Return the line of `path`, or that of the nearest part of it that is in the file."""
        while path not in self.lines:
            cut = max(path.rfind("."), path.rfind("["))
            if cut < 0:
                return None
            path = path[:cut]
        return self.lines[path]


def as_config(values: Mapping[str, Any]) -> dict[str, str]:
    """Return plain values as Pulumi hands them to a program: text, or JSON for anything else."""
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}


def names() -> list[str]:
    """Return the names of the stacks in this folder."""
    return sorted(path.name[len("Pulumi.") : -len(".yaml")] for path in FOLDER.glob("Pulumi.*.yaml"))


def find(stack: str) -> Path:
    """Return the path of a stack's file; `stack` is a stack's name or the path of a file.

    Raises InvalidStack that names the stacks there are.
    """
    path = FOLDER / f"Pulumi.{stack}.yaml"
    if path.is_file():
        return path
    given = Path(stack)
    if given.suffix in (".yaml", ".yml") and given.is_file():
        return given
    raise InvalidStack(
        stack,
        [
            Problem(
                path=f"stacks/Pulumi.{stack}.yaml",
                message="there is no such stack file",
                nearest=nearest(stack, names()),
                allowed=", ".join(names()),
            )
        ],
    )


def read(stack: str) -> StackFile:
    """Read the file of a stack, given by name or path.

    Raises InvalidStack where the file is missing, is not YAML, or repeats a key.
    """
    path = find(stack)
    name = path.name.removeprefix("Pulumi.").rsplit(".", 1)[0]
    reader = _Reader(_shown(path))
    try:
        if path.stat().st_size > MAX_BYTES:
            raise reader.refusal("", f"the file is larger than {MAX_BYTES:,} bytes", None)
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except UnicodeDecodeError as error:
        raise reader.refusal("", "the file is not UTF-8 text", None) from error
    except OSError as error:
        raise reader.refusal("", f"the file cannot be read: {error.strerror}", None) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or "cannot be read"
        raise reader.refusal("", f"the file is not YAML: {what}", mark.line + 1 if mark else None) from error
    except RecursionError as error:
        raise reader.refusal("", "the file is nested too deeply", None) from error
    return reader.stack_file(name, path, root)


def _shown(path: Path) -> str:
    return str(path.relative_to(FOLDER.parent)) if path.is_relative_to(FOLDER) else str(path)


class _Reader:
    def __init__(self, source: str) -> None:
        self.source = source
        self.lines: dict[str, int] = {}
        self.problems: list[Problem] = []
        self.count = 0

    def refusal(self, path: str, message: str, line: int | None) -> InvalidStack:
        return InvalidStack(self.source, [Problem(path=path or "file", message=message, line=line)])

    def stack_file(self, name: str, path: Path, root: yaml.Node | None) -> StackFile:
        try:
            document = self.value(root, "") if root is not None else {}
        except RecursionError as error:
            raise self.refusal("", "the file is nested too deeply or refers to itself", None) from error
        if not isinstance(document, dict):
            raise self.refusal("", "the file must be a mapping with the key `config`", 1)
        for key in document:
            if key not in TOP_LEVEL:
                hint = "put it below `config:`" if ":" in str(key) else None
                self.problem(str(key), "unknown top-level key", nearest(str(key), TOP_LEVEL), hint)
        config = document.get("config")
        if config is None:
            self.problem("config", "the file has no `config:`", None, "see stacks/Pulumi.lovia-fargate.yaml")
        elif not isinstance(config, dict):
            self.problem(
                "config", "`config:` must be a mapping of keys such as `rocketchat:chat`", None, None
            )
        if self.problems:
            raise InvalidStack(self.source, self.problems)
        values = {}
        secure = set()
        for key, value in (config or {}).items():
            if isinstance(value, dict) and set(value) == {"secure"}:
                secure.add(str(key))
            else:
                values[str(key)] = value
        lines = {key.removeprefix("config."): line for key, line in self.lines.items()}
        return StackFile(name, path, values, frozenset(secure), lines)

    def problem(self, path: str, message: str, near: str | None, remedy: str | None) -> None:
        self.problems.append(
            Problem(path=path, message=message, nearest=near, remedy=remedy, line=self.lines.get(path))
        )

    def value(self, node: yaml.Node, path: str) -> Any:
        self.count += 1
        if self.count > MAX_VALUES:
            raise self.refusal("", f"the file has more than {MAX_VALUES:,} values", None)
        if isinstance(node, yaml.MappingNode):
            found: dict[Any, Any] = {}
            for key_node, value_node in node.value:
                key = self.scalar(key_node, path)
                inner = f"{path}.{key}" if path else str(key)
                if key in found:
                    self.lines[inner] = key_node.start_mark.line + 1
                    self.problem(inner, "the key stands twice", None, "keep one of the two")
                self.lines[inner] = key_node.start_mark.line + 1
                found[key] = self.value(value_node, inner)
            return found
        if isinstance(node, yaml.SequenceNode):
            made = []
            for index, item in enumerate(node.value):
                self.lines[f"{path}[{index}]"] = item.start_mark.line + 1
                made.append(self.value(item, f"{path}[{index}]"))
            return made
        return self.scalar(node, path)

    def scalar(self, node: yaml.Node, path: str) -> Any:
        if not isinstance(node, yaml.ScalarNode):
            place = f"{path or 'file'}, a key"
            self.lines[place] = node.start_mark.line + 1
            self.problem(place, "a key must be plain text", None, None)
            return f"line {node.start_mark.line + 1}"
        if node.tag == "tag:yaml.org,2002:timestamp":
            return node.value
        try:
            return yaml.SafeLoader("").construct_object(node)
        except (yaml.YAMLError, ValueError) as error:
            self.lines.setdefault(path, node.start_mark.line + 1)
            reason = getattr(error, "problem", None) or "cannot be read"
            self.problem(path or "file", f"the value cannot be read: {reason}", None, "put it in quotes")
            return node.value
