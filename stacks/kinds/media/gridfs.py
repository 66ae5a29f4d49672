"""Uploads in MongoDB."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal

from rocketchat import environment as env
from stacks.judging import Finding, Note, Warning_, rule
from stacks.kinds.media import MediaKind
from stacks.parts import Chat, Profile

if TYPE_CHECKING:
    from stacks.features import Made
    from stacks.kinds.kind import Variables


class GridFsMedia(MediaKind):
    """Uploads in MongoDB. For trials; the vendor advises against it in production."""

    in_database: ClassVar = True

    kind: Literal["gridfs"] = "gridfs"

    def environment(self, made: "Made") -> "Iterator[Variables]":
        """The database."""
        yield env.media_gridfs()


@rule("The database is the right place for uploads")
def _in_database(media: GridFsMedia, chat: Chat) -> Iterator[Finding]:
    if chat.profile is Profile.PRODUCTION:
        yield Warning_("uploads go into the database (gridfs); the vendor advises against it in production")
    else:
        yield Note("in the database")
