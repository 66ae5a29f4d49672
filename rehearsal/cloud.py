"""What exists in the stand-in clouds while the real engine deploys to them."""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rehearsal.standins.table import Cloud


@dataclass(frozen=True)
class Kept:
    """One thing that a cloud has."""

    urn: str
    type: str
    name: str
    id: str
    inputs: Mapping[str, Any] = field(repr=False)
    outputs: Mapping[str, Any] = field(repr=False)
    secrets: frozenset[str]
    cloud: Cloud
    """Where it was made; its deletion needs no more than its id."""
    generation: int
    """How many of this URN were made before it."""


class StandinCloud:
    """Creates, reads, updates and deletes; safe to use from several threads."""

    def __init__(self) -> None:
        self._things: dict[tuple[str, str], list[Kept]] = {}
        self._made: Counter[str] = Counter()
        self._lock = threading.Lock()

    def generation(self, urn: str) -> int:
        """Return how many of this URN were made so far."""
        with self._lock:
            return self._made[urn]

    def create(self, thing: Kept) -> None:
        """Take a new thing."""
        with self._lock:
            self._made[thing.urn] += 1
            self._things.setdefault((thing.urn, thing.id), []).append(thing)

    def read(self, urn: str, own_id: str) -> Kept | None:
        """Return the newest thing of that URN and id, or None."""
        with self._lock:
            things = self._things.get((urn, own_id))
            return things[-1] if things else None

    def update(self, thing: Kept) -> None:
        """Put the thing in the place of what it was."""
        with self._lock:
            things = self._things.setdefault((thing.urn, thing.id), [])
            things[-1:] = [thing]

    def delete(self, urn: str, own_id: str) -> None:
        """Forget the oldest thing of that URN and id; what is not there needs no deletion."""
        with self._lock:
            things = self._things.get((urn, own_id), [])
            if things:
                things.pop(0)

    def things(self) -> tuple[Kept, ...]:
        """Return all that exists, sorted by URN."""
        with self._lock:
            every = [thing for things in self._things.values() for thing in things]
        return tuple(sorted(every, key=lambda thing: (thing.urn, thing.generation)))
