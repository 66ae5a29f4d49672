"""Push by the vendor's gateway."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, ClassVar, Literal

from rocketchat import environment as env
from stacks.judging import Finding, Note, Warning_, rule
from stacks.kinds.push import TOKEN, PushKind
from stacks.project import COMMAND
from stacks.secret_keys import command

if TYPE_CHECKING:
    from stacks.features import Made
    from stacks.kinds.kind import Variables
    from stacks.language import ChatSpec


class GatewayPush(PushKind):
    """The vendor's push gateway, for the apps of the stores.

    It takes messages of registered workspaces only: the secret `registrationToken` registers this one at Rocket.Chat
    Cloud, or an administrator does it in the chat.
    """

    registers: ClassVar = True

    kind: Literal["gateway"]

    def environment(self, made: "Made") -> "Iterator[Variables]":
        """The gateway."""
        yield from super().environment(made)
        yield env.push_gateway()

    def first_day(self, spec: "ChatSpec", stack: str) -> Iterator[str]:
        """Without a token an administrator registers the workspace."""
        if TOKEN not in spec.secrets:
            yield (
                "Register the workspace, which push waits for: as administrator under Workspace, Subscription; or with "
                "a token of https://cloud.rocket.chat:\n"
                f"{command(f'rocketchat:{TOKEN}')} --stack {stack}\n{COMMAND} up {stack}"
            )


@rule("Phones are told of messages by the gateway")
def _registered(push: GatewayPush, secrets: AbstractSet[str]) -> Iterator[Finding]:
    if TOKEN in secrets:
        yield Note("through the vendor's gateway; the workspace is registered by its token")
    else:
        yield Warning_(
            "push waits until the workspace is registered, and messages to phones are lost before: "
            f"{command(f'rocketchat:{TOKEN}')} (a token of cloud.rocket.chat), or register it in the chat"
        )
