"""What is known to be bad, by the dated list in `known-bad.toml`: what has a hole, or is at its end."""

import datetime as dt
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_LIST = Path(__file__).with_name("known-bad.toml")


@dataclass(frozen=True)
class Bad:
    """A range of versions that must not be run."""

    name: str
    since: dt.date
    """When it became known."""
    why: str
    source: str
    begin: str | None = None
    """The first bad version; every older one too where it is None."""
    below: str | None = None
    """The first good version; there is none where it is None."""
    ended: bool = False
    """Nothing is mended in it any more. It may still be a step on the way to a newer one."""

    def __str__(self) -> str:
        return f"{self.why} ({self.source}, {self.since})"

    def covers(self, version: str) -> bool:
        """Whether a version is among them; one that is no number (`latest`) only where every version is."""
        if self.begin is None and self.below is None:
            return True
        found = _numbers(version)
        if not found:
            return False
        return (self.begin is None or found >= _numbers(self.begin)) and (
            self.below is None or found < _numbers(self.below)
        )


@cache
def listed() -> tuple[Bad, ...]:
    """Return the whole list."""
    found = tomllib.loads(_LIST.read_text(encoding="utf-8"))["bad"]
    return tuple(Bad(begin=one.pop("from", None), **one) for one in found)


def find(name: str, version: str) -> Iterator[Bad]:
    """Give what is known against a version; none where it is not on the list."""
    wanted = re.sub(r"^(docker\.io/)?(library/)?", "", name.lower())
    return (bad for bad in listed() if bad.name == wanted and bad.covers(version))


def find_image(image: str) -> Iterator[Bad]:
    """Give what is known against an image, such as `docker.io/library/mongo:8.0.16-noble`."""
    path, _, last = image.partition("@")[0].rpartition("/")
    name, _, tag = last.partition(":")
    return find(f"{path}/{name}" if path else name, tag)


def _numbers(version: str) -> tuple[int, ...]:
    found = re.match(r"v?(\d+(?:\.\d+)*)", version)
    return tuple(int(part) for part in found[1].split(".")) if found is not None else ()
