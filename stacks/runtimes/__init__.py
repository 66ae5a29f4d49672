"""What each kind of runtime needs around it. `deploy.py` chooses one by `runtime.kind` and imports only that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import pulumi

from components.database.private_link import PrivateLinkArgs
from components.operations.alarms import AlarmsArgs
from components.values import DatabaseAccess, DnsZone, Egress
from rocketchat.environment import Environment
from rocketchat.services import Service
from stacks.language import ChatSpec
from stacks.load import Secrets

Variables = Environment[pulumi.Input[str]]


@dataclass(frozen=True)
class Running:
    """A runtime with the chat in it."""

    url: pulumi.Output[str]
    watched: AlarmsArgs | None = None
    """What of it CloudWatch can watch; deploy.py adds who is told."""
    outputs: Mapping[str, pulumi.Input[object]] = field(default_factory=dict)
    """What operators want to know of it."""


class Runtime(Protocol):
    """A place for the containers. Making it makes the network; `run` puts the chat in."""

    egress: Egress
    """Where connections to the database come from."""
    private_link: PrivateLinkArgs | None
    """Where a private endpoint of the database can stand; None where there is no such place."""
    proxies: int
    """Trusted proxies of the runtime's own before the app."""
    broker: str
    """Host name of NATS among the services."""

    def __init__(
        self, spec: ChatSpec, secrets: Secrets, zone: DnsZone | None, opts: pulumi.ResourceOptions
    ) -> None: ...

    def own_database(self) -> DatabaseAccess:
        """Make the database that stands in the runtime itself, where `database.kind` asks for that.

        Raises ValueError in a runtime that cannot hold one, which the rules of stack files refuse before.
        """
        ...

    def run(
        self,
        services: Sequence[Service],
        variables: Variables,
        permissions: pulumi.Output[str] | None,
        /,
    ) -> Running:
        """Run the services; `variables` are the main server's.

        `permissions` is an IAM policy document of what the containers may do; None in a runtime whose containers have
        no role of AWS (`traits.role`).
        """
        ...
