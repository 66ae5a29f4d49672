"""A zone at Amazon Route 53."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import pulumi

from stacks.aws_account import AwsAccount
from stacks.fields import Form, HostName
from stacks.judging import Finding, rule
from stacks.kinds.dns import DnsKind
from stacks.problems import Problem

if TYPE_CHECKING:
    from stacks.kinds.context import Context


class Route53Dns(DnsKind):
    """A public zone at Amazon Route 53."""

    needs_region: ClassVar = True
    paid_elsewhere: ClassVar = "the zone of Route 53, which is there already"

    kind: Literal["route53"]
    zone: HostName
    """Name of the zone, such as `lovia.life`."""
    zone_id: (
        Annotated[
            str,
            Form(
                r"Z[0-9A-Z]{1,31}",
                "Route 53's id of a zone, which begins with Z, such as Z0123456789ABCDEFGHIJ",
            ),
        ]
        | None
    ) = None
    """Route 53's id of the zone, which ends the search by name; needed where two zones have the same name."""

    aws: AwsAccount | None = None
    """The account that the zone is in, where it is another than the stack's: as in `aws`, whose `profile` also holds
    here unless this has its own. Its number is that of the role, or the one of `allowedAccounts`. Its principal needs
    ListHostedZones, GetHostedZone, ListTagsForResource, GetChange,
    ListResourceRecordSets and ChangeResourceRecordSets of `route53`."""

    proxied: ClassVar[bool] = False

    def account(self, own: AwsAccount) -> AwsAccount | None:
        """Its keys begin with the profile of the stack's account where they name none."""
        if self.aws is None:
            return None
        return self.aws.model_copy(update={"profile": self.aws.profile or own.profile})

    def look_up(self, context: "Context") -> "pulumi.Input[str]":
        """Find the public zone by its name."""
        import pulumi_aws as aws

        opts = pulumi.InvokeOptions(provider=context.zone_provider or context.providers["aws"])
        found = aws.route53.get_zone_output(name=self.zone, private_zone=False, opts=opts)
        return found.zone_id


@rule("The account of the zone is known")
def _account(dns: Route53Dns, aws: AwsAccount) -> Iterator[Finding]:
    if dns.aws is None:
        return
    number = dns.aws.number
    if number is None:
        yield Problem(
            "rocketchat:dns.aws.allowedAccounts",
            "which account the zone is in must be known: only its own credentials take the records out again when the "
            "zone moves to another one",
            remedy='give its number, `allowedAccounts: ["123456789012"]`; `aws sts get-caller-identity` shows it',
        )
    elif number == aws.number:
        yield Problem(
            "rocketchat:dns.aws",
            "this is the account that the stack is in",
            remedy="leave it out: the records are made with the stack's own credentials",
        )
