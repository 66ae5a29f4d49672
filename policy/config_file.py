"""The file with the configuration of the pack, read and checked."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

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


class _KnownRule(Waiver):
    @field_validator("rule")
    @classmethod
    def _exists(cls, rule: str) -> str:
        if rule not in BY_ID:
            raise ValueError(f"there is no rule {rule!r}")
        return rule


class _Checked(Config):
    waivers: tuple[_KnownRule, ...] = ()


class ConfigFile(BaseModel):
    """The file `policy/config.yaml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    default: dict[str, Any] = Field(default_factory=dict, description="What holds for every stack.")
    stacks: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="What one stack has of its own; waivers add to the default's."
    )


def load(
    stack: str,
    path: Path = CONFIG_FILE,
    overrides: Mapping[str, Any] | None = None,
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
    try:
        content = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        said = " ".join(str(error).split())
        raise ConfigError(f"{path}: not YAML: {said}") from None
    try:
        file = ConfigFile.model_validate(content)
        own = file.stacks.get(stack) or {}
        waivers = [*(file.default.get("waivers") or ()), *(own.get("waivers") or ())]
        told = {} if profile is None else {"environment": profile}
        merged = {**file.default, **told, **own, **(overrides or {})}
        if overrides is None or "waivers" not in overrides:
            merged["waivers"] = waivers
        return _Checked.model_validate(merged)
    except ValidationError as error:
        lines = [
            f"{path}: {'.'.join(map(str, one['loc'])) or 'the file'}: {one['msg'].removeprefix('Value error, ')}"
            for one in error.errors(include_url=False, include_input=False)
        ]
        raise ConfigError("\n".join(lines)) from None
