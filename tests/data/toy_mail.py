"""A kind in one file, for the test that adds it to the registry: mail by a service that does not exist."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from components.mail.smtp import smtp
from stacks.fields import Sender
from stacks.judging import Finding, Note, rule
from stacks.kinds.mail import MailKind, sender_domain
from stacks.kinds.runtime import RuntimeKind
from stacks.parts import Chat
from stacks.problems import Problem
from stacks.questions import Ask
from stacks.secret_keys import SecretKey

if TYPE_CHECKING:
    from components.values import MailAccess
    from stacks.kinds.context import Context
    from stacks.language import ChatSpec


class ToyMail(MailKind):
    """Mail by Toy Post."""

    secrets: ClassVar = (SecretKey("toyToken", "Token of Toy Post.", required=True),)
    credentials: ClassVar = {"toypost:key": "TOYPOST_KEY"}
    asks: ClassVar = {"box": Ask("toypost.example, Boxes.", "main")}
    example: ClassVar = {"from": "chat@example.com"}
    said: ClassVar = {"SMTP_Pool": "box"}

    kind: Literal["toy"]
    box: str = Field(default="main", min_length=1)
    """Box that mail is put in."""
    sender: Sender = Field(alias="from")
    """The From address."""

    @property
    def domain(self) -> str:
        """That of the From address."""
        return sender_domain(self.sender)

    def smtp_port(self, runtime: RuntimeKind) -> int:
        """Toy Post has one port."""
        return 2626

    def errands(self, spec: "ChatSpec", outputs: Mapping[str, object]) -> Iterator[str]:
        """Boxes are opened by hand."""
        yield f"Open the box {self.box} at Toy Post"

    def make(self, context: "Context") -> "MailAccess":
        """Make nothing, and say so."""
        context.outputs["toyBox"] = self.box
        return smtp("smtp.toypost.example", 2626, self.domain, self.box, context.secrets.values["toyToken"])


@rule("Toy Post has room")
def _room(mail: ToyMail, chat: Chat) -> Iterator[Finding]:
    if chat.users > 100:
        yield Problem(
            "rocketchat:mail.kind", "Toy Post serves 100 users", remedy="take `mail: {kind: ses, …}`"
        )
    yield Note(mail.box)
