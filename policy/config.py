"""What an operator may configure: the kind of environment, what is allowed, and waivers that end."""

import datetime as dt
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


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
