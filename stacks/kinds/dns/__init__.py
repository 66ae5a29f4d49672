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


class TextThere(NamedTuple):
    """A TXT record that is in a zone."""

    text: str
    own: bool | None
    """Whether a stack of this program made it; None where the service keeps nothing to know it by."""


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

    def texts_at(self, context: "Context", host: str) -> "Sequence[TextThere]":
        """Return the TXT records of a name; none where the service refuses a second one, and need not be asked."""
        return ()

    def dmarc_of_others(self, context: "Context", domain: str, wanted: str) -> bool:
        """Whether the domain has a DMARC record that no stack of this program made; says so, and leaves it alone.

        Two records switch DMARC off (RFC 7489, 6.6.3). One that may be anybody's is told of where it does not say what
        is `wanted`. A zone that cannot be read is told of, and holds up nothing.
        """
        import pulumi

        host, leave = f"_dmarc.{domain}", "set mail.dmarcPolicy to leave"
        try:
            there = self.texts_at(context, host)
        except Exception as error:  # noqa: BLE001 - the engine has no narrower one for a lookup that was refused
            pulumi.log.warn(
                f"whether {host} has a record already cannot be seen, so it is made; if receivers then find two, "
                f"{leave} ({str(error).splitlines()[0] if str(error) else type(error).__name__})"
            )
            return False
        others = [one for one in there if not one.own and "v=DMARC1" in one.text.strip('"')]
        if any(one.own is False for one in others):
            pulumi.log.warn(
                f"{host} has a record already that this stack did not make; it is left alone ({leave}, or remove that "
                "record)"
            )
            return True
        if any(one.text.strip('"') != wanted for one in others):
            pulumi.log.warn(
                f"{host} has a record that says otherwise; if this stack did not make it, receivers find two and heed "
                f"none: {leave}, or remove that record"
            )
        return False
