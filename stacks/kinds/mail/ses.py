"""Mail by Amazon SES, set up whole by the stack."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from stacks.fields import Email
from stacks.judging import Finding, Note, rule
from stacks.kinds.kind import Named
from stacks.kinds.mail.ses_part import SesPart
from stacks.parts import Chat
from stacks.problems import Problem

if TYPE_CHECKING:
    from components.mail.ses import SesMailArgs
    from components.values import MailAccess
    from stacks.kinds.context import Context
    from stacks.language import ChatSpec
    from stacks.spec import Parts


class SesMail(SesPart):
    """Amazon SES, set up whole: identity, DKIM, MAIL FROM, and an SMTP user. One stack of an account does it."""

    comment: ClassVar = (
        "Amazon SES begins in a sandbox: ask AWS for production access before anybody else is written to."
    )

    kind: Literal["ses"]
    dmarc_policy: Literal["leave", "none", "quarantine", "reject"] | None = None
    """What the domain's DMARC record says; `leave` makes none. When left out: `quarantine` where the mail domain is
    the chat's host or below it, else `leave`, as the record speaks for everybody who sends in the domain's name."""
    dmarc_reports: Email | None = None
    """Where other providers send their DMARC reports."""

    def names(self) -> Sequence[Named]:
        """SES proves the domain by records."""
        return (Named("domain", self.domain),)

    def alarm_senders(self, parts: "Parts") -> Mapping[str, str]:
        """SES itself tells of what was refused."""
        return {"SES": "refused mail"}

    def errands(self, spec: "ChatSpec", outputs: Mapping[str, object]) -> Iterator[str]:
        """A new account sends to verified addresses only."""
        yield (
            f"Ask AWS for SES production access in {self.region or spec.region}, "
            "or mail reaches verified addresses only"
        )

    def policy(self, host: str) -> str:
        """Return what the DMARC record of the mail domain is to say; `leave` where it is not the stack's to make.

        The record speaks for everybody who sends in the domain's name. Only the chat's host and what is below it are
        the stack's own.
        """
        if self.dmarc_policy is not None:
            return self.dmarc_policy
        return "quarantine" if self.domain == host or self.domain.endswith(f".{host}") else "leave"

    def make(self, context: "Context") -> "MailAccess":
        """Set the domain up, with a DMARC record where it is the stack's to make and nobody else has."""
        from components.mail import ses

        spec, zone = context.spec, context.zone
        if zone is None:
            raise ValueError("SES needs a zone, which the rules of stack files ask for")
        args: SesMailArgs = {
            "domain": self.domain,
            "region": self.region or spec.region or "",
            "zone": zone,
            "event_emails": list(spec.parts.monitoring.alarm_emails),
            "port": self.smtp_port(spec.parts.runtime),
        }
        policy, dns = self.policy(spec.parts.chat.host), spec.parts.dns
        if policy != "leave":
            wanted: SesMailArgs = {**args, "dmarc_policy": policy}
            if self.dmarc_reports is not None:
                wanted["dmarc_reports"] = self.dmarc_reports
            if dns is None or not dns.dmarc_of_others(context, self.domain, ses.dmarc(wanted)):
                args = wanted
        return ses.SesMail("mail", args, context.opts).access


@rule("The mail domain's DMARC record is the stack's own, or left alone")
def _dmarc(mail: SesMail, chat: Chat) -> Iterator[Finding]:
    policy = mail.policy(chat.host)
    if policy == "none":
        yield Problem(
            "rocketchat:mail.dmarcPolicy",
            f"receivers would take what others send in the name of {mail.domain}; the policy pack refuses it",
            remedy="write quarantine or reject; or leave, and look after the record elsewhere",
        )
    elif policy != "leave":
        yield Note(
            f"_dmarc.{mail.domain} says p={policy} to all who receive mail in this name, whoever sent it"
        )
    elif mail.dmarc_reports is not None:
        yield Problem(
            "rocketchat:mail.dmarcReports",
            f"reports are asked for in the DMARC record, and that of {mail.domain} is left alone",
            remedy="add `dmarcPolicy: quarantine`, or name the address in the record that is there",
        )
    else:
        yield Note(
            f"_dmarc.{mail.domain} is left alone; `mail.dmarcPolicy: quarantine` makes it where the domain has none"
        )
