"""What a kind is made in: the stack that is wanted, and what was made of it before."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi

from components.credentials import Credentials
from components.values import DatabaseAccess, DnsZone, MailAccess, MediaAccess
from stacks.kinds.runtime import Place
from stacks.language import ChatSpec
from stacks.load import Secrets


@dataclass
class Context:
    """A deployment under way. Parts are made in the order of `deploy.ORDER`; each sees what was made before it."""

    spec: ChatSpec
    secrets: Secrets
    providers: Mapping[str, pulumi.ProviderResource]
    """The stack's providers by package."""
    zone_provider: pulumi.ProviderResource | None = None
    """The one of the account that the DNS zone is in, where that is not the stack's."""
    outputs: dict[str, pulumi.Input[object]] = field(default_factory=dict)
    """The stack's outputs so far."""
    permissions: pulumi.Output[str] | None = None
    """IAM policy document of what the containers may do, where the runtime gives them a role."""
    credentials: Credentials | None = None
    """What was generated for the chat, once the parts are made."""
    made: dict[str, Any] = field(default_factory=dict)
    """What the kinds returned, by part."""

    @property
    def opts(self) -> pulumi.ResourceOptions:
        """Options of every component: the stack's providers."""
        opts = pulumi.ResourceOptions(providers=list(self.providers.values()))
        if self.zone_provider is not None:
            from components.edge.dns import route53

            opts.transformations = [route53.made_by(self.zone_provider)]
        return opts

    def invoke(self, package: str) -> pulumi.InvokeOptions:
        """Options of a lookup by one of the stack's providers."""
        return pulumi.InvokeOptions(provider=self.providers[package])

    def generated(self, name: str) -> pulumi.Output[str]:
        """Return a secret of `deploy._generated` (secret)."""
        if self.credentials is None:
            raise ValueError(f"{name} is not generated yet")
        return self.credentials.value(name)

    @property
    def zone(self) -> DnsZone | None:
        """The DNS zone; None where the stack has none."""
        return self.made.get("dns")

    @property
    def place(self) -> Place:
        """Where the containers will run."""
        place: Place = self.made["runtime"]
        return place

    @property
    def database(self) -> DatabaseAccess:
        """How the chat reaches its database."""
        access: DatabaseAccess = self.made["database"]
        return access

    @property
    def media(self) -> MediaAccess | None:
        """How the chat reaches its bucket; None where uploads go elsewhere."""
        return self.made.get("media")

    @property
    def mail(self) -> MailAccess | None:
        """How the chat sends mail; None where it sends none."""
        return self.made.get("mail")
