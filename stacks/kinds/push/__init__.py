"""What every way of push is asked."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from rocketchat import environment as env
from rocketchat.environment import Secret
from stacks.kinds.kind import Kind

if TYPE_CHECKING:
    from stacks.features import Made
    from stacks.kinds.kind import Variables

TOKEN = "registrationToken"  # noqa: S105 - its key


class PushKind(Kind):
    """Base of all ways of push."""

    said: ClassVar = {"Push_enable": "kind", "Push_enable_gateway": "kind", "Register_Server": "kind"}
    registers: ClassVar[bool] = False
    """It works for registered workspaces only."""

    def environment(self, made: "Made") -> "Iterator[Variables]":
        """Registration, where push or a token asks for it."""
        token = made.secrets.get(TOKEN)
        if self.registers or token is not None:
            yield env.setup_wizard(None if token is None else Secret(token))
