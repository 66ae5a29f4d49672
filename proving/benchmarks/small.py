"""A small program and values for it: what `automation` itself costs, and not the stack."""

import pulumi
import pulumi_random as random

VALUES = {
    "rocketchat:chat": {"host": "chat.example.com", "profile": "trial"},
    "rocketchat:runtime": {"kind": "kubernetes", "context": "bench"},
    "rocketchat:database": {"kind": "in-cluster"},
    "rocketchat:media": {"kind": "gridfs"},
}
"""A stack file's values; the small program reads none of them."""


def empty() -> None:
    """Make nothing."""


def program() -> None:
    """Make a password and a name."""
    password = random.RandomPassword("password", length=24)
    name = random.RandomId("name", byte_length=8)
    pulumi.export("password", password.result)
    pulumi.export("name", name.hex)
