"""The secrets that a deployment generates: what it means to generate each anew, and which must stay as they are."""

import re
from dataclasses import dataclass

GENERATED = frozenset(
    {
        "random:index/randomPassword:RandomPassword",
        "aws:iam/accessKey:AccessKey",
        "digitalocean:index/spacesKey:SpacesKey",
    }
)
"""Types whose secret is made by making them."""


@dataclass(frozen=True)
class Kind:
    """Generated secrets of one kind, told by their names."""

    names: str
    """Pattern of the resources' names."""
    effect: str
    """What a rotation does; or, where it is not offered, why not."""
    instead: str = ""
    """What to do instead, where it is not offered."""

    @property
    def offered(self) -> bool:
        """Whether the running system takes a new one over."""
        return not self.instead


KINDS = (
    Kind(
        r"credentials-administrator",
        "the chat reads it at its first start only, and keeps what an administrator has set since",
        "change it in the chat: as that administrator under Account, Profile; or Administration, Users",
    ),
    Kind(
        r"database-(credentials-)?root",
        "MongoDB reads it at its first start only: with another one nobody could administer the database",
        "dump the database, deploy another one (`database.name`), and restore the dump there",
    ),
    Kind(
        r"database-(credentials-)?keyfile",
        "the members of the replica set know one another by it: with two of them, no majority would be left",
        "dump the database, deploy another one (`database.name`), and restore the dump there",
    ),
    Kind(
        r"database-(credentials-)?chat|database-user-password",
        "MongoDB is told of the new password, and the chat restarts with it",
    ),
    Kind(
        r"database-backup(-user-password)?",
        "MongoDB is told of the new password, and the jobs that dump the database get it",
    ),
    Kind(r"credentials-file-token", "the chat restarts; links to files that were handed out stop working"),
    Kind(r"credentials-registration", "the chat restarts; the old address for registering stops working"),
    Kind(
        r"credentials-origin",
        "visitors get errors for the minutes from when CloudFront sends the new one until the balancer asks for it",
    ),
    Kind(r"media-(user-)?key-\d+", "a new key to the bucket is made, the chat restarts, the old key goes"),
    Kind(r"dumps-(user|reader)-key-\d+", "a new key to the bucket of dumps is made, and the old one goes"),
    Kind(r"mail-smtp-key-\d+", "a new key to SES is made, the chat restarts, the old key goes"),
)


def kind_of(name: str) -> Kind:
    """Return the kind of a generated secret. Raises KeyError for one that nobody has thought about."""
    for kind in KINDS:
        if re.fullmatch(kind.names, name):
            return kind
    raise KeyError(name)
