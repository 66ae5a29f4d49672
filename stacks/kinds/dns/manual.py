"""A zone of somebody else, in which the records are made by hand."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

from stacks.fields import HostName
from stacks.judging import Finding, Note, rule
from stacks.kinds.dns import DnsKind
from stacks.questions import Ask, zone

if TYPE_CHECKING:
    from components.values import DnsZone
    from stacks.kinds.context import Context
    from stacks.language import ChatSpec


class ManualDns(DnsKind):
    """A zone that somebody else keeps: `up` tells each record to make, and all stand in the output `dnsRecords`.

    `up` waits for those that prove a certificate; where it has waited too long, another `up` goes on from there.
    """

    asks: ClassVar = {"zone": Ask("The domain in which somebody else makes the records.", zone)}

    kind: Literal["manual"]
    zone: HostName
    """Name of the zone, such as `lovia.life`."""

    proxied: ClassVar[bool] = False
    zone_id: ClassVar[None] = None

    def errands(self, spec: "ChatSpec", outputs: Mapping[str, object]) -> Iterator[str]:
        """Nobody else makes the records."""
        yield (
            f"While `up` runs, make the records in {self.zone} that it tells (and its output dnsRecords lists); it "
            "waits for those that prove a certificate"
        )

    def make(self, context: "Context") -> "DnsZone":
        """Gather the records into an output."""
        from components.edge.dns import manual

        context.outputs["dnsRecords"] = manual.collect()
        return {"kind": self.kind, "name": self.zone}

    def look_up(self, context: "Context") -> str:
        """Return the name: nobody else knows of the zone."""
        return self.zone


@rule("Somebody makes the DNS records")
def _told(dns: ManualDns) -> Iterator[Finding]:
    yield Note(f"by hand in {dns.zone}: each is told while `up` runs, and stands in the output dnsRecords")
