"""Mail from a domain that somebody else has set up in Amazon SES."""

from typing import TYPE_CHECKING, ClassVar, Literal

import pulumi

from stacks.kinds.mail.ses_part import SesPart

if TYPE_CHECKING:
    from components.values import MailAccess
    from stacks.kinds.context import Context


class ExistingSesMail(SesPart):
    """A domain that another stack, or somebody by hand, has set up in Amazon SES: only an SMTP user is made."""

    paid_elsewhere: ClassVar = "e-mails by Amazon SES, whose domain is there already"
    kind: Literal["ses-existing"]

    def make(self, context: "Context") -> "MailAccess":
        """Make a user who may send from the domain; warn of a domain that is not verified yet."""
        import pulumi_aws as aws

        from components.mail.sender import SesSender

        region = self.region or context.spec.region or ""
        found = aws.sesv2.get_email_identity_output(
            email_identity=self.domain, region=region, opts=context.invoke("aws")
        )

        def warned(verified: bool | None) -> None:
            if not verified:
                pulumi.log.warn(
                    f"Amazon SES has not verified {self.domain} in {region} yet: it sends no mail"
                )

        def configuration_set(name: str | None, arn: str) -> str:
            return f"{arn.rpartition(':')[0]}:configuration-set/{name}" if name else arn

        found.verified_for_sending_status.apply(warned)
        return SesSender(
            "mail",
            {
                "domain": self.domain,
                "region": region,
                "identity_arn": found.arn,
                "configuration_set_arn": pulumi.Output.all(found.configuration_set_name, found.arn).apply(
                    lambda known: configuration_set(*known)
                ),
                "port": self.smtp_port(context.spec.parts.runtime),
            },
            context.opts,
        ).access
