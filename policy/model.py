"""What is judged: resources as plain values, joined to one another, whoever they come from."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final


class _Unknown:
    """The value of a property that only the cloud can tell."""

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __deepcopy__(self, memo: object) -> "_Unknown":
        return self


UNKNOWN: Final = _Unknown()
SECRET: Final = "[secret]"  # noqa: S105 - what stands in its place
"""What a plan, or an exported state that cannot be decrypted, shows in place of a secret."""

_RENAMED: Final = re.compile(r"^(aws:s3/\w+?)(?:V2):(\w+?)V2$")
_OLD: Final = {"aws:s3/bucketObject:BucketObject": "aws:s3/bucketObjectv2:BucketObjectv2"}
_MODULES: Final = {"aws:alb/": "aws:lb/", "aws:elasticloadbalancingv2/": "aws:lb/"}


@lru_cache(maxsize=4096)
def canonical(token: str) -> str:
    """Return the token that the rules are written against: without `V2` in S3, `lb` for its two old names."""
    for old, new in _MODULES.items():
        if token.startswith(old):
            return new + token.removeprefix(old)
    return _OLD.get(token) or _RENAMED.sub(r"\1:\2", token)


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """One resource. Property names are Pulumi's own camelCase ones; values are plain, or UNKNOWN."""

    type: str
    name: str
    urn: str
    properties: Mapping[str, Any] = field(repr=False)
    outputs: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """What the provider computed, for telling which resource another one means."""
    id: Any = None
    parent: str | None = None
    protect: bool = False
    dependencies: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Property to the URNs that its value was made from."""
    secrets: frozenset[str] | None = None
    """What is secret, by its path (`origins[0].customHeaders[0].value`), most often whole properties; None where nobody
    says (the engine unwraps them for policies)."""
    declared: frozenset[str] | None = None
    """Properties that the program sets; None where nobody says. The cloud fills in others by itself."""
    provider: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Inputs of the provider that makes it, where they are known (default tags, region)."""
    source: str = ""
    """Where the program makes it, as the engine says: `project:///file#line,column`."""
    is_component: bool = False
    """Whether it stands for others that it is made of, as far as that is said."""

    def sets(self, prop: str) -> bool:
        """Tell whether the program itself gives a property."""
        return prop in (self.properties if self.declared is None else self.declared)

    def identities(self) -> Iterator[str]:
        """Give the values by which other resources can mean this one."""
        if isinstance(self.id, str):
            yield self.id
        for source in (self.outputs, self.properties):
            for key in _IDENTITIES:
                value = source.get(key)
                if isinstance(value, str) and value and value != SECRET:
                    yield value


_IDENTITIES: Final = (
    "arn",
    "id",
    "name",
    "bucket",
    "domain",
    "dnsName",
    "domainName",
    "bucketRegionalDomainName",
    "keyId",
    "configurationSetName",
    "emailIdentity",
    "clusterId",
    "endpointServiceName",
    "publicIp",
    "ipAddress",
)


class Stack:
    """All resources of one deployment, found by type or by what they refer to. Every index is built once."""

    def __init__(self, subjects: Iterable[Subject], name: str = "", *, complete: bool = True) -> None:
        self.name = name
        self.complete = complete
        """Whether no further resources can come, so that what is not there is missing."""
        self.subjects = tuple(subjects)
        self.by_urn = {subject.urn: subject for subject in self.subjects}
        self._by_type: dict[str, list[Subject]] = {}
        for subject in self.subjects:
            self._by_type.setdefault(canonical(subject.type), []).append(subject)
        self._references: dict[tuple[str, str], _References] = {}
        self._identities: dict[str, dict[str, list[Subject]]] = {}
        self.memo: dict[Any, Any] = {}
        """What was found out of all these resources together."""
        self.documents: dict[str, Any] = {}
        """Documents that were parsed already, by their text: the same whoever looks."""
        self._alone: dict[str, Stack] = {}

    def alone(self, subject: Subject) -> "Stack":
        """Return one of the resources as if there were no others."""
        made = self._alone.get(subject.urn)
        if made is None:
            made = self._alone[subject.urn] = Stack([subject], self.name)
            made.documents = self.documents
        return made

    def of(self, *types: str) -> Iterator[Subject]:
        """Give the resources of these types."""
        if "*" in types:
            yield from self.subjects
            return
        for token in types:
            yield from self._by_type.get(token, ())

    def has(self, *types: str) -> bool:
        """Tell whether there is any resource of these types."""
        return any(token in self._by_type for token in types)

    def referring(self, to: Subject, peer: str, prop: str) -> list[Subject]:
        """Return the resources of type `peer` whose property means `to`, by dependency or by value."""
        index = self._index(peer, prop)
        found = {subject.urn: subject for subject in index.by_dependency.get(to.urn, ())}
        for identity in to.identities():
            for subject in index.by_value.get(identity, ()):
                found[subject.urn] = subject
        return list(found.values())

    def loose(self, peer: str, prop: str) -> list[Subject]:
        """Return the resources of type `peer` of which nobody can say yet what the property means."""
        return self._index(peer, prop).loose

    def meant(self, subject: Subject, prop: str, target: str) -> list[Subject]:
        """Return the resources of type `target` that this property means: by dependency, else by value."""
        found = [
            self.by_urn[urn]
            for urn in subject.dependencies.get(prop.split(".")[0], ())
            if urn in self.by_urn and canonical(self.by_urn[urn].type) == target
        ]
        values = set(_texts(_dig(subject.properties, prop)))
        if found:
            exact = [peer for peer in found if values.intersection(peer.identities())]
            return exact or found
        table = self._identity_table(target)
        merged: dict[str, Subject] = {}
        for value in values:
            for peer in table.get(value, ()):
                merged[peer.urn] = peer
        return list(merged.values())

    def _identity_table(self, target: str) -> dict[str, list[Subject]]:
        table = self._identities.get(target)
        if table is None:
            table = {}
            for peer in self._by_type.get(target, ()):
                for identity in set(peer.identities()):
                    table.setdefault(identity, []).append(peer)
            self._identities[target] = table
        return table

    def _index(self, peer: str, prop: str) -> "_References":
        index = self._references.get((peer, prop))
        if index is None:
            index = _References(self._by_type.get(peer, ()), prop)
            self._references[peer, prop] = index
        return index


class _References:
    """What one property of all resources of a type refers to."""

    def __init__(self, peers: Iterable[Subject], prop: str) -> None:
        self.by_dependency: dict[str, list[Subject]] = {}
        self.by_value: dict[str, list[Subject]] = {}
        self.loose: list[Subject] = []
        for peer in peers:
            urns = peer.dependencies.get(prop.split(".")[0], ())
            for urn in urns:
                self.by_dependency.setdefault(urn, []).append(peer)
            value = _dig(peer.properties, prop)
            if value is UNKNOWN and not urns:
                self.loose.append(peer)
            for text in _texts(value):
                self.by_value.setdefault(text, []).append(peer)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Sequence):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)


@lru_cache(maxsize=4096)
def steps(path: str) -> tuple[str | int, ...]:
    """Split `a.0.b` into its steps; digits are positions in a list."""
    return tuple(int(part) if part.isdigit() else part for part in path.split("."))


def _dig(value: Any, path: str | tuple[str | int, ...]) -> Any:
    """Return what stands at a path: None where nothing does, UNKNOWN where the way to it is unknown."""
    for step in steps(path) if isinstance(path, str) else path:
        if value is UNKNOWN:
            return UNKNOWN
        if isinstance(step, int):
            if not isinstance(value, Sequence) or isinstance(value, str) or step >= len(value):
                return None
            value = value[step]
        elif isinstance(value, Mapping):
            value = value.get(step)
        else:
            return None
    return value


dig = _dig
