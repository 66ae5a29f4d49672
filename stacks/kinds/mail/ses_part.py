"""What is told of a domain that sends by Amazon SES, whoever set it up."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from components.mail import regions
from components.mail.smtp import FURTHER_SES
from components.regions import partition
from stacks.fields import HostName, Sender
from stacks.judging import Finding, Note, rule
from stacks.kinds.mail import MailKind, submission_port
from stacks.problems import Problem, nearest
from stacks.questions import Ask, zone

if TYPE_CHECKING:
    from stacks.kinds.runtime import RuntimeKind
    from stacks.spec import Parts


class SesPart(MailKind):
    """What is told of a domain that sends by Amazon SES, whoever set it up."""

    needs_region: ClassVar = True
    example: ClassVar = {"domain": "example.com", "from": "chat@example.com"}
    asks: ClassVar = {"domain": Ask(default=zone), **MailKind.asks}

    domain: HostName
    """Domain that mail is sent from."""
    sender: Sender = Field(alias="from")
    """The From address: `chat@lovia.life`. A name before it, as in `Lovia <chat@lovia.life>`, is left out: the server
    puts that of the workspace (`chat.siteName`) or of the sender there."""
    region: str | None = None
    """SES's region; the stack's own when left out."""

    def smtp_port(self, runtime: "RuntimeKind") -> int:
        """SES has a second port for networks that block the usual one."""
        return submission_port(runtime, FURTHER_SES[0])

    def metrics_region(self, region: str | None) -> str | None:
        """SES tells CloudWatch of the sender's good name in its own region."""
        return self.region or region

    def alarm_senders(self, parts: "Parts") -> Mapping[str, str]:
        """CloudWatch watches the good name of the domain, on which delivery depends."""
        return {"CloudWatch": "the mail domain's good name"}


@rule("Mail's region has an SMTP endpoint")
def _region(mail: SesPart, region: str | None) -> Iterator[Finding]:
    wanted = mail.region or region
    path = "rocketchat:mail.region" if mail.region else "aws:region"
    if wanted is None:
        return  # the missing `aws:region` is told already
    if partition(wanted) != "aws" or partition(region or wanted) != "aws":
        there = region or wanted
        yield Problem(
            "rocketchat:mail.region" if mail.region else "rocketchat:mail.kind",
            f"SES is set up in the partition aws alone, in which an account of {there} is nobody"
            if mail.region and partition(mail.region) == "aws"
            else f"SES is not set up in {wanted}: names of its DKIM records are not known here",
            remedy="set the domain up in SES by hand, and use it by "
            f"`mail: {{kind: smtp, host: email-smtp.{there}.amazonaws.com, username: …, from: …}}`",
        )
    elif wanted not in regions.SMTP_REGIONS:
        yield Problem(
            path,
            f"SES has no SMTP endpoint in {wanted}",
            nearest=nearest(wanted, regions.SMTP_REGIONS),
            remedy="name another region in `mail.region`",
        )
    else:
        yield Note(f"{wanted}; a new AWS account's SES is in the sandbox there until AWS lifts it on request")
