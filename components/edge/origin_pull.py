"""The certificate by which Cloudflare's proxy is known to the balancer."""

from typing import TypedDict

import pulumi
import pulumi_cloudflare as cloudflare

from components.base import Component
from components.values import DnsZone


class OriginPullArgs(TypedDict):
    host: str
    """Public name of the chat, which the proxy stands before: `chat.lovia.life`."""
    zone: DnsZone
    """Cloudflare's zone in which the name is."""
    certificate: str
    """Certificate of the proxy as a client (PEM), which is no authority's."""
    private_key: pulumi.Input[str]
    """Its private key (PEM, secret)."""


class OriginPull(Component):
    """The certificate that Cloudflare's proxy shows where it fetches the chat (Authenticated Origin Pulls).

    It is the name's own, so other customers of the proxy, whose requests come from the same networks, do not have it. A
    balancer that knows its authority (`LoadBalancer.client_authorities`) lets nobody else in.

    Produces: the client certificate at Cloudflare, and the order to show it for the name.
    """

    def __init__(self, name: str, args: OriginPullArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        kind = args["zone"]["kind"]
        if kind != "cloudflare":
            raise ValueError(f"the DNS zone is at {kind}, and Authenticated Origin Pulls are Cloudflare's")
        super().__init__("OriginPull", name, args, opts)
        certificate = cloudflare.AuthenticatedOriginPullsHostnameCertificate(
            f"{name}-certificate",
            zone_id=args["zone"]["id"],
            # Without the line break at its end the provider sees another certificate at each deployment.
            certificate=f"{args['certificate'].strip()}\n",
            private_key=args["private_key"],
            opts=self.child(),
        )
        cloudflare.AuthenticatedOriginPulls(
            f"{name}-host",
            zone_id=args["zone"]["id"],
            configs=[
                cloudflare.AuthenticatedOriginPullsConfigArgs(
                    cert_id=certificate.id, enabled=True, hostname=args["host"]
                )
            ],
            # The provider would order it for another name and leave the old one as it is.
            opts=self.child(replace_on_changes=["configs[0].hostname"]),
        )
        self.register()
