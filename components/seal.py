"""A guard of the data: against another place for it, in silence, and against a release that cannot read it."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi
import pulumi_random as random

from components.base import Component


class SealArgs(TypedDict):
    places: Mapping[str, pulumi.Input[str]]
    """What says where the data is, such as the name of the database."""
    release: NotRequired[str]
    """Release of the product that the data is used by. Kept in the state, where a hook finds the former one."""
    protect: NotRequired[bool]
    """Whether a change of any of them is refused until the seal is broken (`pulumi state unprotect`). Default
    false."""


class Seal(Component):
    """Says where the data is, and makes the engine refuse another place.

    A chat that is given another database comes up empty, although nothing was deleted. No provider sees that, so
    that nothing else would stop it.

    Produces: a random id that is made anew when a place changes, and that is protected.
    """

    offered = False

    def __init__(self, name: str, args: SealArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("Seal", name, args, opts)
        random.RandomId(
            f"{name}-seal",
            byte_length=4,
            keepers=dict(args["places"]),
            opts=self.child(protect=args.get("protect")),
        )
        self.register()
