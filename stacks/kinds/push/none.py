"""No push."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from rocketchat import environment as env
from stacks.kinds.push import PushKind

if TYPE_CHECKING:
    from stacks.features import Made
    from stacks.kinds.kind import Variables


class NoPush(PushKind):
    """No push."""

    kind: Literal["none"] = "none"

    def environment(self, made: "Made") -> "Iterator[Variables]":
        """Switched off."""
        yield from super().environment(made)
        yield env.push_none()
