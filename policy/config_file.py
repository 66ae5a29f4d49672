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
from stacks.project import ROOT

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
        f"{place}{key}: there is no such key; allowed: {', '.join(allowed)}"
        for key in given
        if key not in allowed
    ]


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
        wrong.append(f"{place}.rule: there is no rule {texts['rule']!r}")
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
    try:
        content = yaml.safe_load(text) or {}
    # A day that is none in the calendar is a ValueError.
    except (yaml.YAMLError, ValueError) as error:
        said = " ".join(str(error).split())
        raise ConfigError(f"{path}: not YAML: {said}") from None
    wrong: _Problems = []
    file = _mapping(content, "the file", wrong)
    _known(file, ("default", "stacks"), "", wrong)
    default = _part(file.get("default"), "default", wrong)
    stacks = _mapping(file.get("stacks"), "stacks", wrong)
    parts = {name: _part(part, f"stacks.{name}", wrong) for name, part in stacks.items()}
    environment = KEYS["environment"]
    told = {} if profile is None else {"environment": _value(profile, environment, "chat.profile", wrong)}
    if wrong:
        raise ConfigError("\n".join(f"{path}: {one}" for one in wrong))
    own = parts.get(stack, {})
    waivers = (*default["waivers"], *own.get("waivers", ()))
    return Config(**{**default, **told, **own, "waivers": waivers})
