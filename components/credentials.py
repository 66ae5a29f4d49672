"""Passwords and tokens that nobody has to invent."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_random as random

from components.base import Component

LENGTH = 40
"""Letters and digits: 238 bits, and nothing that has to be quoted anywhere."""


class CredentialsArgs(TypedDict):
    names: Sequence[str]
    """What the values are for; each gets one of its own, which stays the same from deployment to deployment."""
    protect: NotRequired[Sequence[str]]
    """Those of them that Pulumi refuses to make anew: what uses them reads them once only."""


class Credentials(Component):
    """Random secrets.

    Produces: one random password of 40 letters and digits for each name.
    """

    offered = False

    values: pulumi.Output[Mapping[str, str]]
    """The values by name (secret)."""

    def __init__(self, name: str, args: CredentialsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("Credentials", name, args, opts)
        self._made = {
            wanted: random.RandomPassword(
                f"{name}-{wanted}",
                length=LENGTH,
                special=False,
                opts=self.child(protect=True if wanted in args.get("protect", ()) else None),
            )
            for wanted in args["names"]
        }
        self.values = pulumi.Output.secret(
            pulumi.Output.all(**{wanted: made.result for wanted, made in self._made.items()})
        )
        self.register()

    def value(self, wanted: str) -> pulumi.Output[str]:
        """Return the secret of one name."""
        return self._made[wanted].result
