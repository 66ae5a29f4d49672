"""A deployment ends well only when the host has said that it serves what it was told."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import pulumi
import pulumi_aws as aws

POLL_SECONDS: Final = 10
WAIT_SECONDS: Final = 1800
"""A new host installs its packages, loads the images and migrates the database first; a dump comes before another
release."""
FRESH_SECONDS: Final = 2 * 3600
"""A host repeats its report every hour; an older one says nothing of today."""
CLOCKS_DIFFER_SECONDS: Final = 120
SILENCE: Final[dict[str, Any]] = {"document": "", "state": "none", "reason": "", "at": 0}
"""What stands in the place of a report before there is one."""
ANEW: Final = (
    "Set `generation` of the runtime one higher and deploy again: that makes a new enrolment and a new host"
)


@dataclass(frozen=True)
class Report:
    """What a host said last; `scripts/chat-sync` writes it."""

    document: str
    """SHA-256 of the document that it is about, in hex."""
    state: str
    """`applying`, `serving` or `failed`."""
    reason: str
    at: int
    """Unix time."""

    def __str__(self) -> str:
        when = datetime.fromtimestamp(self.at).astimezone().isoformat(timespec="minutes")
        return f"{self.state} ({when})" + (f": {self.reason}" if self.reason else "")


class Watch:
    """Judges one report after the other. `clock` gives Unix time."""

    def __init__(self, digest: str, clock: Callable[[], float] = time.time) -> None:
        self._digest, self._clock = digest, clock
        self._first: Report | None = None
        self._looked = False
        self.last: Report | None = None

    def serves(self, report: Report | None) -> bool:
        """Return whether the host serves the document; raise RunError where it said why it does not.

        A failure that was there at the first look may be mended by now; the host tries again within minutes.
        """
        first, self._looked = not self._looked, True
        self.last = report
        if first:
            self._first = report
        if report is None or report.document != self._digest:
            if (
                report is not None
                and not report.document
                and report.state == "failed"
                and report != self._first
            ):
                raise pulumi.RunError(f"the host says: {report}")
            return False
        if report.state == "serving":
            return self._clock() - report.at < FRESH_SECONDS
        if report.state == "failed" and report != self._first:
            raise pulumi.RunError(f"the host does not serve what it was told. It says: {report}")
        return False


async def served(
    digest: str, bucket: str, key: str, enrolled: Callable[[], Any], opts: pulumi.InvokeOptions
) -> bool:
    """Wait until the host serves the document of this digest. Raise RunError with the reason when it does not.

    `enrolled` gives the ids of the managed nodes that the host's enrolment made. A preview waits for nothing.
    """
    if pulumi.runtime.is_dry_run():
        return True
    watch, until = Watch(digest), time.monotonic() + WAIT_SECONDS
    pulumi.log.info("waiting until the host says that it serves this")
    while not watch.serves(await _read(bucket, key, opts)):
        if time.monotonic() >= until:
            raise pulumi.RunError(_silent(watch.last, digest, await enrolled()))
        await asyncio.sleep(POLL_SECONDS)
    return True


def _silent(last: Report | None, digest: str, nodes: list[str]) -> str:
    waited = f"the host did not say within {WAIT_SECONDS // 60} minutes that it serves this. "
    if last is not None and last.document == digest:
        return f"{waited}It said last: {last}"
    if last is not None:
        return (
            f"{waited}Its last word is of an older document, {last}. Is it switched off, or has it lost its "
            f"enrolment? {ANEW}"
        )
    if nodes:
        return (
            f"{waited}It is enrolled as {', '.join(nodes)}, and has never said anything. If it was made anew outside "
            f"of Pulumi, its enrolment is used up: it is good for one host. {ANEW}"
        )
    return (
        f"{waited}It never enrolled in Systems Manager. See `journalctl -u chat-bootstrap` in its provider's console. "
        f"An enrolment is good for 24 hours. {ANEW}"
    )


async def _read(bucket: str, key: str, opts: pulumi.InvokeOptions) -> Report | None:
    found = await aws.s3.get_object_output(bucket=bucket, key=key, opts=opts).future()
    if found is None:
        return None
    try:
        said = json.loads(found.body)
        if said == SILENCE:
            return None
        return Report(str(said["document"]), str(said["state"]), str(said["reason"]), int(said["at"]))
    except (ValueError, KeyError, TypeError):
        raise pulumi.RunError(f"the report of the host, {key} in {bucket}, is not readable") from None
