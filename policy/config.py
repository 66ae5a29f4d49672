"""What an operator may configure: the kind of environment, what is allowed, and waivers that end."""

import datetime as dt
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Waiver:
    """A finding that the operator accepts, for a reason and until a day."""

    rule: str
    """Id of the rule, such as `net-flow-logs`."""
    resource: str
    """Name or URN of the resource. No patterns: each case is accepted by itself."""
    reason: str
    """Why this is right here; at least a sentence."""
    expires: dt.date
    """Last day on which it holds, as `2027-06-30`. After it, it is an error."""

    def shown(self) -> dict[str, str]:
        """Return it as the file has it."""
        return {**asdict(self), "expires": self.expires.isoformat()}


@dataclass(frozen=True)
class Config:
    """How a stack is judged. The names are the file's keys; `KEYS` in `policy/config_file.py` says what each takes."""

    environment: str = "production"
    regions: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    registries: tuple[str, ...] = (
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
    )
    worldPorts: tuple[int, ...] = (80, 443)  # noqa: N815 - the key as it is written
    appPort: int = 3000  # noqa: N815
    requiredTags: tuple[str, ...] = ("Project", "Environment", "Owner", "ManagedBy")  # noqa: N815
    maxNatGateways: int = 3  # noqa: N815
    waivers: tuple[Waiver, ...] = ()

    @property
    def production(self) -> bool:
        """Whether the rules that are mandatory in production are mandatory here."""
        return self.environment == "production"

    def gives(self, key: str) -> bool:
        """Tell whether the operator gives a key that is a list, be it with the very items that it has by itself."""
        return getattr(self, key) is not getattr(Config, key)
