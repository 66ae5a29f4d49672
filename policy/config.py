"""What an operator may configure: the kind of environment, what is allowed, and waivers that end."""

import datetime as dt
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

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


class Waiver(BaseModel):
    """A finding that the operator accepts, for a reason and until a day."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rule: str = Field(description="Id of the rule, such as `net-flow-logs`.")
    resource: str = Field(
        description="Name or URN of the resource. No patterns: each case is accepted by itself."
    )
    reason: str = Field(min_length=20, description="Why this is right here; at least a sentence.")
    expires: dt.date = Field(
        description="Last day on which it holds, as `2027-06-30`. After it, it is an error."
    )

    @field_validator("rule")
    @classmethod
    def _exists(cls, rule: str) -> str:
        # The rules are judged by a configuration, so they import this module.
        from policy.rules import BY_ID

        if rule not in BY_ID:
            raise ValueError(f"there is no rule {rule!r}")
        return rule


class Config(BaseModel):
    """How a stack is judged."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    environment: Literal["production", "trial"] = Field(
        default="production", description="A trial is spared the rules that are mandatory in production only."
    )
    regions: tuple[str, ...] = Field(
        default=(),
        description="AWS regions that may be used, by Atlas too, besides us-east-1 for CloudFront. None: any.",
    )
    accounts: tuple[str, ...] = Field(
        default=(), description="AWS accounts that documents may let in, besides the stack's own."
    )
    registries: tuple[str, ...] = Field(
        default=(
            "registry.rocket.chat/",
            "docker.io/rocketchat/",
            "rocketchat/",
            "docker.io/natsio/",
            "natsio/",
            "public.ecr.aws/",
            "docker.io/library/",
            "registry.k8s.io/",
            "quay.io/jetstack/",
            "ghcr.io/",
            "natsio/",
        ),
        description="Beginnings of image names that may be run. A bare name such as `mongo` is in "
        "`docker.io/library/`; the account's own ECR is always allowed.",
    )
    worldPorts: tuple[int, ...] = Field(  # noqa: N815 - the key as it is written
        default=(80, 443), description="Ports that may be open to the whole internet, on a balancer or proxy."
    )
    appPort: int = Field(default=3000, description="Port of the chat itself; only the balancer may reach it.")  # noqa: N815
    requiredTags: tuple[str, ...] = Field(  # noqa: N815
        default=("Project", "Environment", "Owner", "ManagedBy"), description="Tags of every AWS resource."
    )
    maxNatGateways: int = Field(default=3, ge=0, description="NAT gateways that the budget bears.")  # noqa: N815
    waivers: tuple[Waiver, ...] = Field(default=(), description="Findings that are accepted.")

    @property
    def production(self) -> bool:
        """Whether the rules that are mandatory in production are mandatory here."""
        return self.environment == "production"


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
        return Config.model_validate(merged)
    except ValidationError as error:
        lines = [
            f"{path}: {'.'.join(map(str, one['loc'])) or 'the file'}: {one['msg'].removeprefix('Value error, ')}"
            for one in error.errors(include_url=False, include_input=False)
        ]
        raise ConfigError("\n".join(lines)) from None
