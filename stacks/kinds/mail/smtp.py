"""Mail by any SMTP server."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from components.mail import smtp
from stacks.fields import HostName, Sender
from stacks.judging import Finding, Warning_, rule
from stacks.kinds import registry
from stacks.kinds.mail import MailKind, sender_domain, submission_port
from stacks.problems import Problem
from stacks.questions import Answers, Ask
from stacks.secret_keys import SecretKey

if TYPE_CHECKING:
    from components.values import MailAccess
    from stacks.kinds.context import Context
    from stacks.kinds.runtime import RuntimeKind
    from stacks.spec import Parts


def _usual_port(answers: Answers) -> str:
    further = smtp.FURTHER_SES[0] if smtp.is_ses(answers.get("mail.host", "")) else smtp.FURTHER
    return str(submission_port(registry.runtime(answers["runtime.kind"]), further))


def _usual_encryption(answers: Answers) -> str:
    port = answers.get("mail.port", "")
    return smtp.ENCRYPTIONS.get(int(port) if port.isdecimal() else 0, "starttls")


class SmtpMail(MailKind):
    """Any SMTP server. The password is the secret `smtpPassword`."""

    secrets: ClassVar = (SecretKey("smtpPassword", "Password of the SMTP user.", required=True),)
    example: ClassVar = {"host": "smtp.example.com", "from": "chat@example.com"}
    asks: ClassVar = {
        "host": Ask("Your mail provider's documentation names it."),
        **MailKind.asks,
        "port": Ask("Your mail provider's documentation names it, too.", _usual_port),
        "encryption": Ask(
            "Ports 587, 2525 and 2587 begin in clear and change to TLS (`starttls`), 465 begins with it (`tls`).",
            _usual_encryption,
        ),
        "username": Ask("Empty where the server asks for none.", ""),
    }

    paid_elsewhere: ClassVar = "the SMTP provider"
    kind: Literal["smtp"]
    host: HostName
    """Name of the server."""
    port: int = Field(default=587, ge=1, le=65535)
    """Port of the server."""
    encryption: Literal["starttls", "tls"] = "starttls"
    """`starttls` (usually port 587) or `tls` from the first byte (usually port 465)."""
    username: str | None = Field(default=None, min_length=1)
    """User at the server; none when left out."""
    sender: Sender = Field(alias="from")
    """The From address, with or without a name."""
    domain: HostName | None = None
    """The domain that From must be in; that of `from` when left out."""

    def reads(self, parts: "Parts") -> tuple[SecretKey, ...]:
        """A password goes with a user."""
        return () if self.username is None else self.secrets

    def addresses(self) -> Mapping[str, str | None]:
        """The server."""
        return {"host": f"//{self.host}:{self.port}"}

    @property
    def protocol(self) -> str:
        """As the file says."""
        return "smtps" if self.encryption == "tls" else "smtp"

    def smtp_port(self, runtime: "RuntimeKind") -> int:
        """The one of the file."""
        return self.port

    def make(self, context: "Context") -> "MailAccess":
        """Make nothing: the server is there."""
        domain = self.domain or sender_domain(self.sender)
        password = None if self.username is None else context.secrets.values["smtpPassword"]
        return smtp.smtp(self.host, self.port, domain, self.username, password)


@rule("The mail server is spoken to as it expects")
def _encryption(mail: SmtpMail) -> Iterator[Finding]:
    usual = smtp.ENCRYPTIONS.get(mail.port, mail.encryption)
    if usual != mail.encryption:
        yield Problem(
            "rocketchat:mail.encryption",
            f"at port {mail.port} mail servers speak `{usual}`, and with `{mail.encryption}` no mail would leave",
            remedy=f"set `encryption: {usual}`, or another `port`",
        )
    if mail.port in smtp.FURTHER_SES and not smtp.is_ses(mail.host):
        yield Warning_(
            f"port {mail.port} is one of Amazon SES: most other providers have 587, and {smtp.FURTHER} where that is "
            "blocked"
        )
