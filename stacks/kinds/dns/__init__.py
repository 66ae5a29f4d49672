"""What every DNS service is asked."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from stacks.kinds.kind import Kind
from stacks.questions import Ask, zone

if TYPE_CHECKING:
    import pulumi

    from components.base import Component
    from components.values import DnsZone
    from stacks.aws_account import AwsAccount
    from stacks.kinds.context import Context


ADD = (
    "add `rocketchat:dns: {kind: cloudflare, zone: example.com}` or another service's; "
    "`{kind: manual, zone: example.com}` where somebody else makes the records"
)
"""What to do where a zone is missing."""


class KnownProxy(NamedTuple):
    """A proxy that shows a certificate of its own to what it stands before."""

    authorities: str
    """Certificates (PEM) of the authorities that its own is of."""
    shown: "Component"
    """What makes it show that."""


class DnsKind(Kind):
    """Base of all DNS services."""

    example: ClassVar = {"zone": "example.com"}
    asks: ClassVar = {"zone": Ask("The domain as it is listed in the account of the DNS provider.", zone)}

    if TYPE_CHECKING:

        @property
        def zone(self) -> str:
            """Name of the zone."""

        @property
        def proxied(self) -> bool:
            """Whether the chat's traffic goes through the service."""

        @property
        def zone_id(self) -> str | None:
            """The service's id of the zone; looked up when None."""

    @property
    def proxy_networks(self) -> Sequence[str]:
        """Networks that the service's proxy connects from; empty where it has none."""
        return ()

    @property
    def shows_certificate(self) -> bool:
        """Whether the service's proxy shows a certificate of the stack's own."""
        return False

    def known_as(self, context: "Context") -> "KnownProxy | None":
        """Have the service's proxy show a certificate to the balancer; None where it shows none."""
        return None

    @property
    def largest_file_mb(self) -> int | None:
        """Largest upload in MiB that the service's proxy lets through; None where no proxy stands before the chat."""
        return None

    def account(self, own: "AwsAccount") -> "AwsAccount | None":
        """Return the account of AWS that the zone is in; None where it is in the stack's (`own`), or not at AWS."""
        return None

    def make(self, context: "Context") -> "DnsZone":
        """Find the zone."""
        return {
            "kind": self.kind,
            "name": self.zone,
            "id": self.look_up(context) if self.zone_id is None else self.zone_id,
        }

    @abstractmethod
    def look_up(self, context: "Context") -> "pulumi.Input[str]":
        """Return the service's id of the zone."""

    def dmarc_of_others(self, context: "Context", domain: str) -> bool:
        """Whether the domain has a DMARC record that no stack of this program made; says so, and leaves it alone.

        Where the service refuses a second record at the name, there is no need to look.
        """
        return False
