"""What exists in the stand-in clouds while the real engine deploys to them."""

import contextlib
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from rehearsal.errors import RehearsalError
from rehearsal.faults import Fault, Faults
from rehearsal.standins import again
from rehearsal.standins.table import Cloud, Existing


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
    ready: bool = True
    """False where it was begun and never became ready."""

    @property
    def existing(self) -> Existing:
        """What can be seen of it from outside, which its URN cannot."""
        return Existing(self.type, self.id, self.inputs, self.outputs, self.cloud.region)


class StandinCloud:
    """Creates, reads, updates and deletes; safe to use from several threads."""

    def __init__(self) -> None:
        self._things: dict[tuple[str, str], list[Kept]] = {}
        self._made: Counter[str] = Counter()
        self._lock = threading.Lock()
        self.faults: Faults | None = None
        """What goes wrong, in rehearsals of that."""

    @contextlib.contextmanager
    def calling(self, operation: str, urn: str) -> Iterator[bool]:
        """Stand around a call; raises FaultError where it is to go wrong. Gives whether it is to be half done."""
        faults = self.faults
        struck = faults is not None and faults.before(operation, urn)
        yield struck and faults is not None and faults.fault is Fault.HALF
        if struck and faults is not None:
            faults.after()

    def generation(self, urn: str) -> int:
        """Return how many of this URN were made so far."""
        with self._lock:
            return self._made[urn]

    def create(self, thing: Kept) -> None:
        """Take a new thing; the same once more is refused, or overwrites the first.

        Raises RehearsalError where it is refused. Only things of one URN meet: stacks that are rehearsed beside each
        other may use the same names.
        """
        with self._lock:
            self._made[thing.urn] += 1
            for things in self._things.values():
                met = [
                    one for one in things if one.urn == thing.urn and again.same(one.existing, thing.existing)
                ]
                if met and not again.overwrites(thing.type):
                    raise RehearsalError(f"{thing.name}: {thing.id} exists already")
                for one in met:
                    things.remove(one)
            self._things.setdefault((thing.urn, thing.id), []).append(thing)

    def take(self, thing: Kept) -> None:
        """Take what was there before."""
        with self._lock:
            self._made[thing.urn] += 1
            self._things.setdefault((thing.urn, thing.id), []).append(thing)

    def find(self, kind: str, own_id: str) -> Kept | None:
        """Return the newest thing of a type by its id, or by what its provider takes for an import; or None.

        `ID@REGION` is one of AWS in another region than its provider's.
        """
        names, _, region = own_id.partition("@") if kind.startswith("aws:") else (own_id, "", "")
        found = [
            thing
            for thing in self.things()
            if thing.type == kind
            and names in {thing.id, again.import_id(thing.existing)}
            and region in {"", thing.inputs.get("region")}
        ]
        return found[-1] if found else None

    def read(self, urn: str, own_id: str, arn: object = None) -> Kept | None:
        """Return the newest thing of that URN and id, or None. Revisions have one id; an ARN says which is meant."""
        with self._lock:
            things = _of_arn(self._things.get((urn, own_id), []), arn)
            return things[-1] if things else None

    def update(self, thing: Kept) -> None:
        """Put the thing in the place of what it was."""
        with self._lock:
            things = self._things.setdefault((thing.urn, thing.id), [])
            things[-1:] = [thing]

    def secrets(self) -> dict[str, str]:
        """Return the secret texts of all things, by a label.

        Ids cannot be hidden: an access key's is the user at the mail server, and opens nothing.
        """
        things = self.things()
        ids = {thing.id for thing in things}
        return {
            f"{thing.type} {thing.name} {key} {thing.generation}": value
            for thing in things
            for key in sorted(thing.secrets)
            if isinstance(value := thing.outputs.get(key), str) and value not in ids
        }

    def tamper(self, name: str, outputs: Mapping[str, Any]) -> None:
        """Change things of a name behind the engine's back. Raises LookupError where there is none."""
        found = [thing for thing in self.things() if thing.name == name]
        if not found:
            raise LookupError(name)
        for thing in found:
            self.update(
                replace(thing, inputs={**thing.inputs, **outputs}, outputs={**thing.outputs, **outputs})
            )

    def delete(self, urn: str, own_id: str, arn: object = None) -> None:
        """Forget the oldest thing of that URN and id, and of that ARN where one is given; it may be gone already."""
        with self._lock:
            found = _of_arn(self._things.get((urn, own_id), []), arn)
            if found:
                self._things[urn, own_id].remove(found[0])
                if not self._things[urn, own_id]:
                    del self._things[urn, own_id]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._things.clear()
            self._made.clear()

    def things(self) -> tuple[Kept, ...]:
        """Return all that exists, sorted by URN."""
        with self._lock:
            every = [thing for things in self._things.values() for thing in things]
        return tuple(sorted(every, key=lambda thing: (thing.urn, thing.generation)))

    def dump(self) -> list[dict[str, Any]]:
        """Return all that exists, as plain values. It holds the stand-ins' secrets in clear."""
        return [
            {
                **{key: getattr(thing, key) for key in ("urn", "type", "name", "id", "generation", "ready")},
                "inputs": dict(thing.inputs),
                "outputs": dict(thing.outputs),
                "secrets": sorted(thing.secrets),
                "region": thing.cloud.region,
                "tags": dict(thing.cloud.default_tags),
                "made": self._made[thing.urn],
            }
            for thing in self.things()
        ]

    def load(self, dumped: list[dict[str, Any]]) -> None:
        """Take back what `dump` gave."""
        for one in dumped:
            self.take(
                Kept(
                    **{key: one[key] for key in ("urn", "type", "name", "id", "generation")},
                    ready=one.get("ready", True),
                    inputs=one["inputs"],
                    outputs=one["outputs"],
                    secrets=frozenset(one["secrets"]),
                    cloud=Cloud(one["region"], one["tags"]),
                )
            )
            with self._lock:
                self._made[one["urn"]] = one["made"]


def _of_arn(things: list[Kept], arn: object) -> list[Kept]:
    return [thing for thing in things if arn is None or thing.outputs.get("arn") in {None, arn}]
