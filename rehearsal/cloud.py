"""What exists in the stand-in clouds while the real engine deploys to them."""

import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

from clouds.ask import Cloud, Existing
from rehearsal.errors import RehearsalError
from rehearsal.faults import Fault, Faults
from rehearsal.standins import once
from rehearsal.standins.tokens import LivingTokens
from stacks.engine import name_of

_Key = TypeVar("_Key")


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
        return Existing(self.type, self.id, self.inputs, self.outputs, self.cloud.region, self.cloud.account)

    @cached_property
    def claims(self) -> tuple[once.Claim, ...]:
        """What it has and nothing else may have."""
        return tuple(once.claims(self.existing))


class StandinCloud:
    """Creates, reads, updates and deletes; safe to use from several threads."""

    def __init__(self) -> None:
        self._things: dict[tuple[str, str], list[Kept]] = {}
        self._held: dict[tuple[object, ...], list[Kept]] = {}
        self._made: Counter[str] = Counter()
        self._lock = threading.Lock()
        self.tokens = LivingTokens()
        self.faults: Faults | None = None
        """What goes wrong, in rehearsals of that."""
        self.answers: dict[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]] = {}
        """What changes the answer to a lookup, by its token: a cloud in another state than a new one's."""

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
        """Take a new thing. The same once more overwrites the first, or is refused, as the cloud has it.

        Raises RehearsalError for what the cloud has already under that name, and for an address or the like that
        serves another thing. All stacks of one cloud are one account's: what one has, the other cannot make, even
        where the cloud would only overwrite it, as each would then undo what the other does.
        """
        with self._lock:
            self._made[thing.urn] += 1
            over = self._overwritten(thing)
            self._refuse_what_is_taken(thing, besides=over)
            for refused in once.beside(thing.existing, (one.existing for one in self._of_type(thing.type))):
                raise RehearsalError(f"{thing.name}: {refused}")
            for one in over:
                self._drop(one)
            self._put(thing)

    def _overwritten(self, thing: Kept) -> list[Kept]:
        if not once.overwrites(thing.type):
            return []
        met = {id(one): one for claim in thing.claims for one in self._held.get(claim.key, ())}
        return [one for one in met.values() if one.urn == thing.urn and _same(one, thing)]

    def _refuse_what_is_taken(self, thing: Kept, besides: Collection[Kept] = ()) -> None:
        spared = {id(one) for one in besides}
        for claim in thing.claims:
            for one in self._held.get(claim.key, ()):
                shared = claim.shared and all(other.shared for other in one.claims if other.key == claim.key)
                if id(one) not in spared and not shared:
                    raise RehearsalError(
                        f"{thing.name}: {claim.what}: {claim.error}; {one.name} of the stack {_stack(one.urn)} has it"
                    )

    def _put(self, thing: Kept) -> None:
        self._things.setdefault((thing.urn, thing.id), []).append(thing)
        for claim in thing.claims:
            self._held.setdefault(claim.key, []).append(thing)

    def _drop(self, thing: Kept) -> None:
        _forget(self._things, (thing.urn, thing.id), thing)
        for claim in thing.claims:
            _forget(self._held, claim.key, thing)

    def _of_type(self, *types: str) -> list[Kept]:
        return [one for things in self._things.values() for one in things if one.type in types]

    def take(self, thing: Kept) -> None:
        """Take what was there before."""
        with self._lock:
            self._made[thing.urn] += 1
            self._put(thing)

    def find(self, kind: str, own_id: str) -> Kept | None:
        """Return the newest thing of a type by its id, or by what its provider takes for an import; or None.

        `ID@REGION` is one of AWS in another region than its provider's.
        """
        names, _, region = own_id.partition("@") if kind.startswith("aws:") else (own_id, "", "")
        found = [
            thing
            for thing in self.things()
            if thing.type == kind
            and names in {thing.id, once.import_id(thing.existing)}
            and region in {"", thing.inputs.get("region")}
        ]
        return found[-1] if found else None

    def read(self, urn: str, own_id: str, arn: object = None) -> Kept | None:
        """Return the newest thing of that URN and id, or None. Revisions have one id; an ARN says which is meant."""
        with self._lock:
            things = _of_arn(self._things.get((urn, own_id), []), arn)
            return things[-1] if things else None

    def rename(self, thing: Kept, urn: str) -> Kept:
        """Take a thing for that of another URN: clouds know none, and another state may have taken it over."""
        with self._lock:
            self._drop(thing)
            renamed = replace(thing, urn=urn, name=name_of(urn))
            self._put(renamed)
            return renamed

    def update(self, thing: Kept) -> None:
        """Put the thing in the place of what it was. Raises RehearsalError where the cloud refuses it."""
        with self._lock:
            before = self._things.get((thing.urn, thing.id), [])[-1:]
            self._refuse_what_is_taken(thing, besides=before)
            for one in before:
                _refuse_use(one, once.moved(one.existing, thing.existing, self._others(one)))
                self._drop(one)
            self._put(thing)

    def _others(self, thing: Kept) -> list[Existing]:
        return [one.existing for one in self._of_type(*once.users(thing.type)) if one is not thing]

    def secrets(self) -> dict[str, str]:
        """Return the secret texts of all things, by a label.

        Ids cannot be hidden: an access key's is the user at the mail server, and opens nothing.
        """
        things = self.things()
        ids = {thing.id for thing in things}
        return self.tokens.texts() | {
            f"{thing.type} {thing.name} {key} {thing.generation}": value
            for thing in things
            for key in sorted(thing.secrets)
            if isinstance(value := thing.outputs.get(key), str) and value not in ids
        }

    def tamper(self, name: str, outputs: Mapping[str, Any]) -> None:
        """Change things of a name outside Pulumi. Raises LookupError where there is none."""
        found = [thing for thing in self.things() if thing.name == name]
        if not found:
            raise LookupError(name)
        for thing in found:
            self.update(
                replace(thing, inputs={**thing.inputs, **outputs}, outputs={**thing.outputs, **outputs})
            )

    def delete(self, urn: str, own_id: str, arn: object = None) -> None:
        """Forget the oldest thing of that URN and id, and of that ARN where one is given; it may be gone already.

        Raises RehearsalError where something else still needs it.
        """
        with self._lock:
            for one in _of_arn(self._things.get((urn, own_id), []), arn)[:1]:
                _refuse_use(one, once.in_use(one.existing, self._others(one)))
                self._drop(one)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._things.clear()
            self._held.clear()
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


def _forget(table: dict[_Key, list[Kept]], key: _Key, thing: Kept) -> None:
    left = [one for one in table.get(key, ()) if one is not thing]
    if left:
        table[key] = left
    else:
        table.pop(key, None)


def _same(one: Kept, other: Kept) -> bool:
    return once.same(one.existing, other.existing)


def _stack(urn: str) -> str:
    return urn.split("::")[0].rpartition(":")[2]


def _refuse_use(thing: Kept, found: Iterator[tuple[Existing, str]]) -> None:
    for user, error in found:
        raise RehearsalError(f"{thing.name}: {error}; {user.id} ({user.type}) still needs it")


def _of_arn(things: list[Kept], arn: object) -> list[Kept]:
    return [thing for thing in things if arn is None or thing.outputs.get("arn") in {None, arn}]
