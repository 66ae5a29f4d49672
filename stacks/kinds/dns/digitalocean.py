"""A domain at DigitalOcean."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from stacks.fields import HostName
from stacks.judging import Finding, rule
from stacks.kinds.dns import DnsKind, TextThere
from stacks.kinds.edge import EdgeKind
from stacks.kinds.kind import chosen
from stacks.kinds.runtime import RuntimeKind
from stacks.kinds.runtime.digitalocean import TOKEN
from stacks.parts import Chat
from stacks.problems import Problem

if TYPE_CHECKING:
    import pulumi

    from stacks.kinds.context import Context
    from stacks.spec import Parts


class DigitalOceanDns(DnsKind):
    """A domain at DigitalOcean, which has no proxy and no DNSSEC."""

    credentials: ClassVar = TOKEN

    kind: Literal["digitalocean"]
    zone: HostName
    """Name of the domain, such as `lovia.life`, as `doctl compute domain list` shows it."""

    proxied: ClassVar[bool] = False
    zone_id: ClassVar[None] = None
    """A domain goes by its name; it is looked up, so that a missing one stops a deployment at its start."""

    def look_up(self, context: "Context") -> "pulumi.Input[str]":
        """Find the domain."""
        import pulumi_digitalocean as digitalocean

        return digitalocean.get_domain_output(name=self.zone, opts=context.invoke("digitalocean")).id

    def texts_at(self, context: "Context", host: str) -> Sequence[TextThere]:
        """As DigitalOcean lists them, which takes several of a name and keeps no comments."""
        from pulumi_digitalocean.get_records import get_records

        from components.edge.dns.digitalocean import relative

        wanted = {"name": relative(host, self.zone), "type": "TXT"}
        found = get_records(
            domain=self.zone,
            filters=[{"key": key, "values": [value]} for key, value in wanted.items()],
            opts=context.invoke("digitalocean"),
        )
        return [TextThere(one.value, None) for one in found.records]


@rule("DigitalOcean's DNS can lead to where the names are served")
def _top(
    dns: DigitalOceanDns, chat: Chat, runtime: RuntimeKind, edge: EdgeKind, readable: "Parts"
) -> Iterator[Finding]:
    # What AWS serves has a host name and no address: a CNAME, which stands alone (RFC 1034, 3.6.2).
    led = {
        f"rocketchat:{part}.{name.key}": name.host
        for part, one in chosen(readable)
        for name in one.names()
        if name.certificate
    }
    if runtime.led_by_name or edge.certificate_regions:
        led["rocketchat:chat.host"] = chat.host
    for path, host in led.items():
        if host == dns.zone:
            yield Problem(
                path,
                f"{host} is the top of the domain, which DigitalOcean leads to an address alone, and not to a service "
                "of AWS",
                remedy=f"take a name below it, such as chat.{host}",
            )
