"""Every key that a stack file may have, found by walking the models of its language."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from stacks.fields import descriptions
from stacks.language import NAMESPACE
from stacks.secrets import PROVIDER_KEYS, SECRETS
from stacks.spec import Parts


@dataclass(frozen=True)
class Place:
    """One step on the way to a key: a field, and the kind of model that must stand in it."""

    name: str
    """The field's name in Python."""
    alias: str
    """Its name in the file."""
    model: type[BaseModel]
    listed: bool = False
    """The field holds a list of such models; the first one is meant."""


@dataclass(frozen=True)
class Key:
    """One key of a stack file."""

    name: str
    """How it is called in tables: `runtime(fargate).network(new).cidr`; a choice of models ends in `.kind`."""
    places: tuple[Place, ...]
    """The models that it stands in, from the outside."""
    attribute: str
    """Its field; empty for what has no model: secrets and keys of providers."""
    alias: str
    """Its last name in the file; a full key (`rocketchat:license`) where it has no model."""
    info: FieldInfo | None = field(default=None, compare=False, repr=False)
    models: tuple[type[BaseModel], ...] = ()
    """What may stand here, where the key is a whole part."""
    listed: bool = False
    """The key is a list of these."""
    secret: bool = False

    @property
    def path(self) -> tuple[str | int, ...]:
        """Where it stands below `config:`."""
        if not self.attribute:
            return (self.alias,)
        steps: list[str | int] = []
        for place in self.places:
            steps += [place.alias, 0] if place.listed else [place.alias]
        steps += [self.alias, 0] if self.listed and self.models else [self.alias]
        return (f"{NAMESPACE}:{steps[0]}", *steps[1:])

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds among which the key chooses; none where it is no choice."""
        return tuple(kind for model in self.models if (kind := kind_of(model)))


@cache
def keys() -> tuple[Key, ...]:
    """Return all keys, in the order of the models; those without a model come last."""
    plain = [Key(name, (), "", name) for name, secret in PROVIDER_KEYS.items() if not secret]
    secret = [Key(name, (), "", name, secret=True) for name, hidden in PROVIDER_KEYS.items() if hidden]
    own = [Key(name, (), "", f"{NAMESPACE}:{name}", secret=True) for name in SECRETS]
    return (*plain, *_walk(Parts, "", ()), *own, *secret)


def kind_of(model: type[BaseModel]) -> str:
    """Return the kind that a model is chosen by; empty where there is nothing to choose."""
    given = model.model_fields.get("kind")
    return str(get_args(given.annotation)[0]) if given is not None else ""


def standing(parts: Parts, key: Key) -> tuple[bool, Any]:
    """Return whether a key can stand in these parts, and the value that it has, be it given or the default."""
    inside: Any = parts
    for place in key.places:
        inside = getattr(inside, place.name)
        if place.listed:
            inside = inside[0] if inside else None
        if type(inside) is not place.model:
            return False, None
    value = getattr(inside, key.attribute) if key.attribute else None
    return True, value[0] if key.listed and key.models and value else value


def choices(key: Key) -> tuple[Any, ...]:
    """Return the values among which a key chooses; none where it may be anything of its type."""
    return () if key.info is None or key.models else choices_of(key.info)


def choices_of(info: FieldInfo) -> tuple[Any, ...]:
    """Return the values among which a field of a model chooses; none where it may be anything of its type."""
    for kind in _members(info.annotation):
        if kind is bool:
            return (False, True)
        if get_origin(kind) is Literal:
            return get_args(kind)
        if isinstance(kind, type) and issubclass(kind, Enum):
            return tuple(one.value for one in kind)
    return ()


def models_of(info: FieldInfo) -> tuple[type[BaseModel], ...]:
    """Return the models of which one, or a list of them, stands in a field."""
    return _models(info)[0]


def plain_types(info: FieldInfo) -> tuple[Any, ...]:
    """Return the types that a field takes, such as `str` or `list[str]`."""
    return tuple(_members(info.annotation))


def field_at(path: str, values: Mapping[str, str]) -> FieldInfo | None:
    """Return the field at a path such as `runtime.network.cidr`; None where the language has none there.

    `values` say which kinds were chosen on the way, at `runtime.kind` and `runtime.network.kind`.
    """
    place = _place_at(path, values)
    return None if place is None else place[0].model_fields[place[1]]


def described(path: str, values: Mapping[str, str]) -> str:
    """Return what the language says of a field, which is found as `field_at` finds it; empty where it says nothing."""
    place = _place_at(path, values)
    return "" if place is None else descriptions(place[0]).get(place[1], "")


def _place_at(path: str, values: Mapping[str, str]) -> tuple[type[BaseModel], str] | None:
    model: type[BaseModel] = Parts
    way = path.split(".")
    for depth, alias in enumerate(way):
        name = next((name for name, one in model.model_fields.items() if one.alias == alias), None)
        if name is None or depth == len(way) - 1:
            return None if name is None else (model, name)
        inner = models_of(model.model_fields[name])
        kind = values.get(".".join([*way[: depth + 1], "kind"]))
        chosen = [one for one in inner if len(inner) == 1 or kind_of(one) == kind]
        if not chosen:
            return None
        model = chosen[0]
    return None


def bounds(key: Key) -> tuple[float, float] | None:
    """Return the least and the greatest value of a key that is a whole number."""
    if key.info is None:
        return None
    found: list[Any] = list(key.info.metadata)
    whole = False
    for kind in _members(key.info.annotation):
        whole = whole or kind is int
    for inner in _annotations(key.info.annotation):
        found += inner
    if not whole:
        return None
    least, greatest = float("-inf"), float("inf")
    for one in found:
        for limit in (one, *getattr(one, "metadata", ())):
            least = max(least, getattr(limit, "ge", least))
            greatest = min(greatest, getattr(limit, "le", greatest))
    return least, greatest


def _walk(model: type[BaseModel], prefix: str, places: tuple[Place, ...]) -> Iterator[Key]:
    for name, info in model.model_fields.items():
        if name == "kind":
            continue
        alias = info.alias or name
        models, listed = _models(info)
        if not models:
            yield Key(f"{prefix}{alias}", places, name, alias, info)
            continue
        several = len(models) > 1
        kinds = [kind_of(one) for one in models]
        if several or NoneType in get_args(info.annotation) or listed:
            ending = ".kind" if all(kinds) else ""
            yield Key(f"{prefix}{alias}{ending}", places, name, alias, info, models, listed)
        for one, kind in zip(models, kinds, strict=True):
            inner = f"{prefix}{alias}({kind})." if kind else f"{prefix}{alias}."
            yield from _walk(one, inner, (*places, Place(name, alias, one, listed)))


def _models(info: FieldInfo) -> tuple[tuple[type[BaseModel], ...], bool]:
    listed = False
    found: list[type[BaseModel]] = []
    for kind in _members(info.annotation):
        inside = [kind]
        if get_origin(kind) is list:
            inside, listed = list(_members(get_args(kind)[0])), True
        found += [one for one in inside if isinstance(one, type) and issubclass(one, BaseModel)]
    return tuple(found), listed and bool(found)


def _members(annotation: Any) -> Sequence[Any]:
    """Return what a union is made of, without annotations."""
    if get_origin(annotation) is Annotated:
        return _members(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [inner for one in get_args(annotation) for inner in _members(one)]
    return [annotation]


def _annotations(annotation: Any) -> Iterator[Sequence[Any]]:
    if get_origin(annotation) is Annotated:
        yield get_args(annotation)[1:]
    for one in get_args(annotation):
        yield from _annotations(one)
