"""Uploads on the chat's own host."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal

from rocketchat import environment as env
from stacks.judging import Finding, Note, rule
from stacks.kinds.media import MediaKind
from stacks.kinds.runtime import RuntimeKind
from stacks.problems import Problem

if TYPE_CHECKING:
    from stacks.features import Made
    from stacks.kinds.kind import Variables


class HostMedia(MediaKind):
    """Uploads on the data disk of the chat's own host, packed every night (`backup`)."""

    on_host: ClassVar = True

    kind: Literal["host"]

    @classmethod
    def goes_with(cls, runtime: type[RuntimeKind]) -> bool:
        """It needs a host's disk."""
        return runtime.has_disk

    def environment(self, made: "Made") -> "Iterator[Variables]":
        """The folder."""
        yield env.media_filesystem()


@rule("Uploads have a disk that stays")
def _kept(runtime: RuntimeKind, media: HostMedia) -> Iterator[Finding]:
    if runtime.has_disk:
        yield Note("on the data disk of the host")
    else:
        yield Problem(
            "rocketchat:media.kind",
            f"the disks of runtime {runtime.kind} go with its containers, and uploads on them would be lost",
            remedy="set `media: {kind: s3, bucket: …}`",
        )
