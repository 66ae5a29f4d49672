"""The chat's public name."""

from typing import NotRequired, TypedDict

import pulumi

from components.base import Component, now_or_before
from components.edge.dns import pointer
from components.values import DnsZone, Endpoint


class PublicNameArgs(TypedDict):
    host: str
    """Public name of the chat: `chat.lovia.life`."""
    zone: DnsZone
    """Zone in which the name is."""
    target: pulumi.Input[str]
    """Host name that the chat answers at: that of the load balancer or of the CDN."""
    target_zone_id: NotRequired[pulumi.Input[str]]
    """Route 53's hosted zone of the target itself, for targets of AWS: a zone at Route 53 then has an alias."""
    target_proxies: int
    """Trusted proxies from the target to the app."""
    proxied: NotRequired[bool]
    """Let the DNS service's own proxy stand before the target (Cloudflare's orange cloud); default no.

    It is one more trusted proxy, and its zone must encrypt to the origin in the mode Full (strict).
    """


class PublicName(Component):
    """The DNS record that leads visitors to the chat.

    Produces: a CNAME record (at the top of a zone Cloudflare answers with the target's addresses instead), or
    at Route 53 two alias records to targets of AWS.
    """

    url: pulumi.Output[str]
    """`https://` and the host, without a slash at the end."""

    def __init__(self, name: str, args: PublicNameArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        host, zone = args["host"], args["zone"]["name"]
        if host != zone and not host.endswith(f".{zone}"):
            raise ValueError(f"the host {host} is not in the DNS zone {zone}")
        super().__init__("PublicName", name, args, now_or_before(opts, "HostName"))
        self._proxied = bool(args.get("proxied", False))
        self._target_proxies = int(args["target_proxies"])
        self._host = host
        pointer(
            f"{name}-record",
            args["zone"],
            host=host,
            target=args["target"],
            target_zone_id=args.get("target_zone_id"),
            proxied=self._proxied,
            comment="Where the chat answers",
            # Of another type it is another record, and a name has no CNAME beside others.
            opts=self.child(delete_before_replace=True),
        )
        self.url = pulumi.Output.from_input(f"https://{host}")
        self.register()

    @property
    def endpoint(self) -> Endpoint:
        """The name itself, with the proxies that stand between it and the app."""
        return Endpoint(
            host=pulumi.Output.from_input(self._host),
            trusted_proxies=self._target_proxies + int(self._proxied),
        )
