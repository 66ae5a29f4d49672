"""Whether the chat answers from outside, where there is no AWS to ask."""

from collections.abc import Sequence
from typing import TypedDict

import pulumi
import pulumi_digitalocean as digitalocean

from components.base import Component

REGIONS = ("eu_west", "se_asia", "us_east", "us_west")
"""All from which DigitalOcean asks."""

CERTIFICATE_DAYS = 14
"""Certificates of Let's Encrypt are renewed a month before their end."""


class OutsideCheckArgs(TypedDict):
    host: str
    """Public name of the chat, which is asked for by HTTPS."""
    emails: Sequence[str]
    """Addresses that are told; DigitalOcean takes those that it has verified of the account's members only. At least
    one."""


class OutsideCheck(Component):
    """DigitalOcean asks for the chat's address every minute from four parts of the world.

    Produces: the check, and two alerts: the chat answers nowhere, and its certificate is not renewed.
    """

    check_id: pulumi.Output[str]
    """Id of the check."""

    def __init__(self, name: str, args: OutsideCheckArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        if not args["emails"]:
            raise ValueError("the emails of a check from outside are none: nobody would be told")
        super().__init__("OutsideCheck", name, args, opts)
        check = digitalocean.UptimeCheck(
            f"{name}-check",
            name=args["host"],
            type="https",
            # Answered by every release, without a login.
            target=f"https://{args['host']}/api/info",
            regions=list(REGIONS),
            enabled=True,
            opts=self.child(),
        )
        for role, kind, below in (
            ("down", "down_global", 1),
            ("certificate", "ssl_expiry", CERTIFICATE_DAYS),
        ):
            digitalocean.UptimeAlert(
                f"{name}-{role}",
                name=f"{args['host']}: {role}",
                check_id=check.id,
                type=kind,
                threshold=below,
                comparison="less_than",
                period="2m",
                notifications=[digitalocean.UptimeAlertNotificationArgs(emails=list(args["emails"]))],
                # They go with their check.
                opts=self.child(deleted_with=check),
            )
        self.check_id = check.id
        self.register()
