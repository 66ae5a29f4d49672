"""Sending mail from a domain that is in Amazon SES already."""

from typing import NotRequired, TypedDict

import pulumi

from components.base import Component
from components.mail.regions import smtp_host
from components.mail.user import smtp_user
from components.values import MailAccess


class SesSenderArgs(TypedDict):
    """The domain, and where it is."""

    domain: str
    """Domain of the From address, such as `lovia.life`."""
    region: str
    """AWS region that the domain's identity is in; it must have SES's SMTP."""
    identity_arn: pulumi.Input[str]
    """ARN of the domain's identity."""
    configuration_set_arn: NotRequired[pulumi.Input[str]]
    """ARN of the configuration set that the identity sends by; sending needs a grant for both."""
    from_address: NotRequired[str]
    """The only address that may stand in From; any address of the domain when left out."""
    port: NotRequired[int]
    """SMTP port. Default 587."""
    key_version: NotRequired[int]
    """Count it up to have a new SMTP password made before the old one goes. Default 1."""


class SesSender(Component):
    """A user who sends through Amazon SES from a domain that was set up elsewhere; its DNS records are left alone.

    Produces: an IAM user who may send from the domain and do nothing else.
    """

    username: pulumi.Output[str]
    """SMTP user (secret)."""
    password: pulumi.Output[str]
    """SMTP password (secret)."""

    def __init__(self, name: str, args: SesSenderArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        host = smtp_host(args["region"])
        super().__init__("SesSender", name, args, opts)
        arns = [args["identity_arn"]]
        if "configuration_set_arn" in args:
            arns.append(args["configuration_set_arn"])
        self.username, self.password = smtp_user(
            name,
            region=args["region"],
            sender=args.get("from_address", f"*@{args['domain']}"),
            arns=arns,
            version=args.get("key_version", 1),
            opts=self.child(),
        )
        self.access = MailAccess(
            host=host,
            port=args.get("port", 587),
            domain=args["domain"],
            username=self.username,
            password=self.password,
        )
        """How the chat sends mail; user and password are secret."""
        self.register()
