"""The file of a configuration: which one holds, and what it says of a stack.

Read without Pydantic: to import that is a third of what the pack adds to the start of its process.
"""

import contextlib
import datetime as dt
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Final

import yaml

from policy.config import Config, Waiver
from policy.rules import BY_ID
from stacks.problems import nearest
from stacks.project import ROOT, stack_files

CONFIG_FILE = ROOT / "policy" / "config.yaml"
"""The project's configuration of the pack; without such a file each key has its default."""


VARIABLE = "ROCKETCHAT_POLICY_CONFIG"
"""Variable that names a configuration of one's own."""


def config_file(given: Path | None = None) -> Path:
    """Return the configuration that holds: the one that the variable names, else the given one, else the project's."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else given or CONFIG_FILE


class ConfigError(Exception):
    """The configuration cannot be used; the text says where and why."""


def _list(of: str, description: str) -> dict[str, Any]:
    return {"type": "array", "items": {"type": of}, "description": description}


KEYS: Final[dict[str, dict[str, Any]]] = {
    "environment": {
        "type": "string",
        "enum": ["production", "trial"],
        "description": "A trial is spared the rules that are mandatory in production only.",
    },
    "regions": _list(
        "string", "AWS regions that may be used, by Atlas too, besides us-east-1 for CloudFront. None: any."
    ),
    "accounts": _list("string", "AWS accounts that documents may let in, besides the stack's own."),
    "registries": _list(
        "string",
        "Beginnings of image names that may be run. A bare name such as `mongo` is in "
        "`docker.io/library/`; the account's own ECR is always allowed.",
    ),
    "worldPorts": _list("integer", "Ports that may be open to the whole internet, on a balancer or proxy."),
    "appPort": {
        "type": "integer",
        "description": "Port of the chat itself; only the balancer may reach it.",
    },
    "requiredTags": _list("string", "Tags of every AWS resource."),
    "maxNatGateways": {
        "type": "integer",
        "minimum": 0,
        "description": "NAT gateways that the budget bears.",
    },
}
"""What the keys take, as JSON schema, for the engine too. Without defaults: the engine would fill them in, and they
would come before what the stack has of its own."""
_SENTENCE: Final = 20
"""Characters that a reason has at least."""

_Problems = list[str]
_READ: Final[Mapping[str, Callable[[Any], Any]]] = {
    "string": lambda value: value if isinstance(value, str) else None,
    # The engine has one kind of number.
    "integer": lambda value: (
        int(value)
        if isinstance(value, int | float) and not isinstance(value, bool) and float(value).is_integer()
        else None
    ),
}
_KIND: Final = {"string": "a text", "integer": "a whole number"}


def _value(given: Any, schema: Mapping[str, Any], place: str, wrong: _Problems) -> Any:
    """Return a value as a schema wants it; None and a problem where it is not so."""
    kind = schema["type"]
    if kind == "array":
        if not isinstance(given, list | tuple):
            wrong.append(f"{place}: must be a list")
            return None
        return tuple(
            _value(one, schema["items"], f"{place}.{index}", wrong) for index, one in enumerate(given)
        )
    read = _READ[kind](given)
    if read is None:
        wrong.append(f"{place}: must be {_KIND[kind]}")
    elif read not in schema.get("enum", [read]):
        wrong.append(f"{place}: must be {' or '.join(schema['enum'])}")
    elif kind == "integer" and read < schema.get("minimum", read):
        wrong.append(f"{place}: must not be below {schema['minimum']}")
    return read


def _mapping(given: Any, place: str, wrong: _Problems) -> Mapping[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        wrong.append(f"{place}: must be a mapping of keys and values")
        return {}
    return {str(key): value for key, value in given.items()}


def _known(given: Mapping[str, Any], keys: Iterable[str], place: str, wrong: _Problems) -> None:
    allowed = list(keys)
    wrong += [
        f"{place}{key}: there is no such key; {_meant(key, allowed)}allowed: {', '.join(allowed)}"
        for key in given
        if key not in allowed
    ]


def _meant(word: str, words: Iterable[str]) -> str:
    near = nearest(word, words)
    return "" if near is None else f"did you mean {near}? "


def _waiver(given: Any, place: str, wrong: _Problems) -> Waiver | None:
    before = len(wrong)
    keys = [one.name for one in fields(Waiver)]
    one = _mapping(given, place, wrong)
    _known(one, keys, f"{place}.", wrong)
    wrong += [f"{place}.{key}: is missing" for key in keys if key not in one]
    texts = {
        key: _value(one[key], {"type": "string"}, f"{place}.{key}", wrong) for key in keys[:3] if key in one
    }
    if texts.get("rule") is not None and texts["rule"] not in BY_ID:
        said = f"{place}.rule: there is no rule {texts['rule']!r}; {_meant(texts['rule'], BY_ID)}"
        wrong.append(f"{said}docs/policies.md lists them")
    if texts.get("reason") is not None and len(texts["reason"]) < _SENTENCE:
        wrong.append(f"{place}.reason: must have at least {_SENTENCE} characters: why is this right here?")
    expires = _day(one.get("expires"))
    if "expires" in one and expires is None:
        wrong.append(f"{place}.expires: must be a day such as 2027-06-30")
    return None if expires is None or len(wrong) > before else Waiver(**texts, expires=expires)


def _day(given: Any) -> dt.date | None:
    if isinstance(given, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", given, re.ASCII):
        with contextlib.suppress(ValueError):
            return dt.date.fromisoformat(given)
    return given if type(given) is dt.date else None


def _part(given: Any, place: str, wrong: _Problems) -> dict[str, Any]:
    """Return what one part of the file says, read."""
    part = _mapping(given, place, wrong)
    _known(part, (*KEYS, "waivers"), f"{place}.", wrong)
    read = {key: _value(part[key], KEYS[key], f"{place}.{key}", wrong) for key in part if key in KEYS}
    waivers = part.get("waivers") or ()
    if not isinstance(waivers, list | tuple):
        wrong.append(f"{place}.waivers: must be a list")
        waivers = ()
    read["waivers"] = tuple(
        _waiver(one, f"{place}.waivers.{index}", wrong) for index, one in enumerate(waivers)
    )
    return read


def overridden(config: Config, own: Mapping[str, Any]) -> Config:
    """Return a configuration with keys that the engine gives, which has asked `KEYS` whether they are right."""
    return replace(config, **{key: _value(own[key], KEYS[key], key, []) for key in own if key in KEYS})


def _read(text: str, wrong: _Problems) -> tuple[Any, dict[str, int]]:
    """Return what a text says, and the line of each place in it; a key that stands twice is a problem."""
    loader = yaml.SafeLoader(text)
    node = loader.get_single_node()
    if node is None:
        return {}, {}
    lines: dict[str, int] = {}
    _mark(node, "", lines, wrong, ())
    return loader.construct_document(node) or {}, lines


def _mark(
    node: yaml.Node, place: str, lines: dict[str, int], wrong: _Problems, around: tuple[int, ...]
) -> None:
    if id(node) in around:
        return  # an alias of what it stands in
    around = (*around, id(node))
    pairs: Iterable[tuple[str, yaml.Node, yaml.Node]] = ()
    if isinstance(node, yaml.MappingNode):
        pairs = ((str(key.value), key, value) for key, value in node.value)
    elif isinstance(node, yaml.SequenceNode):
        pairs = ((str(index), item, item) for index, item in enumerate(node.value))
    for name, start, value in pairs:
        inner = f"{place}.{name}" if place else name
        line = start.start_mark.line + 1
        if inner in lines:
            wrong.append(f"{inner}: stands in line {lines[inner]}, too; keep one of the two")
        lines[inner] = line
        _mark(value, inner, lines, wrong, around)


def _line(problem: str, lines: Mapping[str, int]) -> int:
    """Return the line of a problem: of its place, or of what that would stand in."""
    place = problem.partition(": ")[0]
    while place and place not in lines:
        place = place.rpartition(".")[0]
    return lines.get(place, 1)


def _named(stacks: Iterable[str], wrong: _Problems) -> None:
    """Note names that no stack file of the project has."""
    files = stack_files(ROOT).glob("Pulumi.*.yaml")
    names = [one.name.removeprefix("Pulumi.").removesuffix(".yaml") for one in files]
    wrong += [
        f"stacks.{name}: there is no stack file Pulumi.{name}.yaml; {_meant(name, names)}"
        "correct the name, or take the entry out"
        for name in stacks
        if name not in names
    ]


def load(
    stack: str,
    path: Path = CONFIG_FILE,
    *,
    profile: str | None = None,
) -> Config:
    """Return the configuration of a stack. Raises ConfigError with all mistakes, each with its place.

    `profile` is what the stack file says of itself; the file's own word on the stack comes before it.
    """
    try:
        text = "" if path == CONFIG_FILE and not path.exists() else path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not UTF-8") from None
    wrong: _Problems = []
    try:
        content, lines = _read(text, wrong)
    # A day that is none in the calendar is a ValueError.
    except (yaml.YAMLError, ValueError) as error:
        said = " ".join(str(error).split())
        raise ConfigError(f"{path}: not YAML: {said}") from None
    except RecursionError:
        raise ConfigError(f"{path}: lists and mappings stand in each other too deep") from None
    file = _mapping(content, "the file", wrong)
    _known(file, ("default", "stacks"), "", wrong)
    default = _part(file.get("default"), "default", wrong)
    stacks = _mapping(file.get("stacks"), "stacks", wrong)
    parts = {name: _part(part, f"stacks.{name}", wrong) for name, part in stacks.items()}
    if path == CONFIG_FILE:
        _named(stacks, wrong)
    environment = KEYS["environment"]
    if wrong:
        raise ConfigError("\n".join(f"{path}:{_line(one, lines)}: {one}" for one in wrong))
    told = {} if profile is None else {"environment": _value(profile, environment, "chat.profile", wrong)}
    if wrong:
        raise ConfigError("\n".join(wrong))
    own = parts.get(stack, {})
    waivers = (*default["waivers"], *own.get("waivers", ()))
    return Config(**{**default, **told, **own, "waivers": waivers})
