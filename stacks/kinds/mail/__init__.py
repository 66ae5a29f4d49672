"""What every way to send mail is asked."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from rocketchat import environment as env
from rocketchat.environment import Secret
from stacks.judging import Finding, Note, Warning_, rule
from stacks.kinds.kind import Kind
from stacks.problems import Problem
from stacks.questions import Ask, zone

if TYPE_CHECKING:
    from components.values import MailAccess
    from stacks.features import Made
    from stacks.kinds.context import Context
    from stacks.kinds.kind import Variables
    from stacks.kinds.runtime import RuntimeKind
    from stacks.profiles import Defaults
    from stacks.spec import Parts


class MailKind(Kind):
    """Base of all ways to send mail."""

    asks: ClassVar[Mapping[str, Ask]] = {
        "from": Ask("People see it as the sender of notifications.", lambda answers: f"chat@{zone(answers)}")
    }
    said: ClassVar = {
        "SMTP_Protocol": "encryption",
        "SMTP_Host": "host",
        "SMTP_Port": "port",
        "SMTP_Username": "username",
        "From_Email": "from",
    }

    if TYPE_CHECKING:

        @property
        def sender(self) -> str:
            """The From address."""

        @property
        def domain(self) -> str | None:
            """The domain that From must be in; None where it is not said."""

    @property
    def protocol(self) -> str:
        """`smtp`, which turns to TLS after the greeting, or `smtps`, which is TLS from the first byte."""
        return "smtp"

    @abstractmethod
    def smtp_port(self, runtime: "RuntimeKind") -> int:
        """Return the port at which the chat delivers its mail."""

    def metrics_region(self, region: str | None) -> str | None:
        """Return the region whose CloudWatch sees how mail fares, given the stack's; None where none does."""
        return None

    @abstractmethod
    def make(self, context: "Context") -> "MailAccess":
        """Make what it takes, and return how the chat reaches it."""

    def ways_out(
        self, parts: "Parts", defaults: "Defaults", uri_ports: Sequence[int]
    ) -> Iterator[tuple[int, str]]:
        """Mail leaves by one port."""
        yield self.smtp_port(parts.runtime), "Mail"

    def environment(self, made: "Made") -> "Iterator[Variables]":
        """The server, its user and the From address."""
        access = made.mail
        if access is not None:
            yield env.mail(
                access.host,
                access.port,
                self.sender,
                username=None if access.username is None else Secret(access.username),
                password=None if access.password is None else Secret(access.password),
                protocol=self.protocol,
                domain=self.domain,
            )


def submission_port(runtime: "RuntimeKind | type[RuntimeKind]", further: int) -> int:
    """Return the usual port for submission, or the `further` one of the mail's provider where that is blocked."""
    return further if 587 in runtime.blocked_ports else 587


def sender_domain(sender: str) -> str:
    """Return the domain of a From address, which may carry a name."""
    return env.bare_address(sender).partition("@")[2].lower()


@rule("Mail is sent from a domain that the mail service may use")
def _sender(mail: MailKind | None) -> Iterator[Finding]:
    if mail is None:
        yield Warning_("no mail: no password resets, no invitations, no notices by mail")
        return
    domain, sender = mail.domain, sender_domain(mail.sender)
    if domain is not None and sender != domain:
        yield Problem(
            "rocketchat:mail.from",
            f"the From address is in {sender}, outside the mail domain {domain}; such mail is refused, or is spam",
            remedy=f"send from an address in {domain}",
        )
    if mail.sender != env.bare_address(mail.sender):
        yield Warning_(
            "the name in mail.from is left out: the server puts that of the workspace (chat.siteName) or of the sender "
            "before the address"
        )
    yield Note(f"From {env.bare_address(mail.sender)}")
