"""The public name of a chat that stands on one host."""

from typing import TypedDict

import pulumi

from components.base import Component, now_or_before
from components.edge.dns import Record, record
from components.values import DnsZone


class HostNameArgs(TypedDict):
    host: str
    """Public name of the chat: `chat.lovia.life`."""
    zone: DnsZone
    """Zone in which the name is."""
    address: pulumi.Input[str]
    """IPv4 address of the host."""


class HostName(Component):
    """The DNS record that leads visitors to the host, and Let's Encrypt to its proxy.

    Produces: an A record.
    """

    url: pulumi.Output[str]
    """`https://` and the host, without a slash at the end."""

    def __init__(self, name: str, args: HostNameArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        host, zone = args["host"], args["zone"]["name"]
        if host != zone and not host.endswith(f".{zone}"):
            raise ValueError(f"the host {host} is not in the DNS zone {zone}")
        super().__init__("HostName", name, args, now_or_before(opts, "PublicName"))
        record(
            f"{name}-record",
            args["zone"],
            Record(
                type="A",
                host=host,
                value=args["address"],
                comment="Where the chat answers",
            ),
            # Of another type it is another record, and a name has no CNAME beside others.
            self.child(delete_before_replace=True),
        )
        self.url = pulumi.Output.from_input(f"https://{host}")
        self.register()
