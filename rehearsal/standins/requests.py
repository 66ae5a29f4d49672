"""The form of a type's requests: what a provider sends for a resource, as far as a rehearsal can see it.

The record of a resource type says (`Sent`) which operations its provider calls and where each input goes. What is not
named goes to the member of the same name in the first operation that has one: `securityGroups` to
`SecurityGroups`, `ttl` to `TTL`, `aliases` to `Aliases`, in nested objects too.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import clouds
from clouds import limits
from clouds.ask import Ask, has_unknown, tags_all
from clouds.aws.common import wrong_tags
from clouds.record import Call, Refuses, Sent, Target, Turn, answer
from rehearsal.standins import models, schema

_EVERYWHERE_LOCAL = frozenset({"region", "namePrefix", "bucketPrefix", "timeouts"})
"""What only the provider reads, of any type."""
_QUANTITY = {"Quantity", "Items"}
"""CloudFront's lists."""


@dataclass(frozen=True)
class Request:
    """One request with its values, as the API names them."""

    operation: str
    values: Mapping[str, Any]
    lost: tuple[str, ...] = ()
    """Paths of inputs that go nowhere."""


def of(token: str) -> Sent | None:
    """Return what is sent for a resource type; None where its cloud's models judge nothing."""
    record = clouds.find(token)
    return record.requests if record is not None and isinstance(record.requests, Sent) else None


def refusals(ask: Ask) -> list[str]:
    """Return what the cloud's models and its record find wrong with a resource; nothing while an input is not known."""
    if has_unknown(ask.inputs):
        return []
    found = []
    sent = of(ask.token)
    for request in made(ask, sent) if sent is not None else ():
        found += [
            f"{path} goes into no request: add it to the record of {ask.token}" for path in request.lost
        ]
        service, _, operation = request.operation.partition(".")
        found += [
            f"{operation}: {refusal}"
            for refusal in models.request(service, operation).refusals(request.values)
        ]
    found += _documented(ask)
    # What goes with what is asked of inputs that are right by themselves.
    return found or _together(ask)


def _documented(ask: Ask) -> list[str]:
    """Return what the cloud documents and refuses, of inputs that are all known."""
    record, tags = clouds.find(ask.token), ask.inputs.get("tags")
    refuses = None if record is None else record.refuses
    found = list(wrong_tags(tags)) if ask.token.startswith("aws:") and isinstance(tags, Mapping) else []
    if isinstance(refuses, Refuses):
        found += limits.wrong(ask.inputs, refuses.values)
    return found


def _together(ask: Ask) -> list[str]:
    record = clouds.find(ask.token)
    refuses = None if record is None else record.refuses
    if not isinstance(refuses, Refuses) or refuses.together is None:
        return []
    return list(refuses.together(ask))


def made(ask: Ask, sent: Sent) -> Iterator[Request]:
    """Yield the requests for a resource."""
    record = clouds.find(ask.token)
    made = ask if record is None else replace(ask, own_id=record.answers.own_id(ask))
    wanted: dict[int, dict[str, Any]] = {}
    lost: list[str] = []
    inputs = dict(ask.inputs)
    shape = schema.resource(ask.token)
    if shape is not None and "tags" in shape.inputs:
        inputs["tags"] = tags_all(ask) or None
    for key, value in inputs.items():
        if value is None or key in _EVERYWHERE_LOCAL or key in sent.local:
            continue
        takers = [call for call in sent.calls if key in call.members]
        takers = takers or [call for call in sent.calls if _holds(call, key)][:1]
        if not takers:
            lost.append(key)
        for call in takers:
            values = wanted.setdefault(sent.calls.index(call), {})
            _Filling(call, sent.local, lost).put(values, key, value)
    for index, call in enumerate(sent.calls):
        if index not in wanted and call.beside:
            continue
        values = wanted.get(index, {})
        for path, value in call.fixed.items():
            _set(values, _steps(path), answer(value, made))
        yield Request(call.operation, values, tuple(lost))
        lost = []


def _model(call: Call) -> models.Model:
    return models.request(*call.operation.split(".", 1))


def _steps(path: str) -> list[str]:
    return path.split(".") if path else []


def _down(model: models.Model, steps: list[str]) -> models.Model:
    for step in steps:
        model = model.inside(step)
    return model


def _holds(call: Call, key: str) -> bool:
    return _member(_down(_model(call), _steps(call.at)), key) is not None


def _plain(name: str) -> str:
    """Return a name as the clouds' and the providers' spellings agree on it: no case, no plural."""
    text = "".join(letter for letter in name.lower() if letter.isalnum())
    return text[:-3] + "y" if text.endswith("ies") else text.removesuffix("s")


@cache
def _names(service: str, shape: str) -> Mapping[str, str]:
    members = models.Model(service, shape).members
    return {_plain(name): name for name in reversed(list(members))} | {name: name for name in members}


def _member(model: models.Model, key: str) -> str | None:
    if model.type != "structure":
        return None
    names = _names(model.service, model.name)
    return names.get(key) or names.get(_plain(key))


def _set(values: Any, steps: list[str], value: Any) -> None:
    """Put a value at a path; an object or list that is there already gets more."""
    for step, following in zip(steps, [*steps[1:], ""], strict=True):
        at: Any = int(step) if isinstance(values, list) else step
        if isinstance(values, list) and at == len(values):
            values.append(None)
        there = values[at] if isinstance(values, list) else values.get(at)
        if not following:
            if isinstance(there, dict) and isinstance(value, dict):
                there.update(value)
            elif isinstance(there, list) and isinstance(value, list):
                there.extend(value)
            else:
                values[at] = value
            return
        if there is None:
            there = values[at] = [] if following.isdigit() else {}
        values = there


@dataclass(frozen=True)
class _Filling:
    """Puts inputs into one request; notes the paths of those that fit nowhere."""

    call: Call
    local: frozenset[str]
    lost: list[str]

    def put(self, values: dict[str, Any], key: str, value: Any) -> None:
        top = _model(self.call)
        target = self.call.members.get(key)
        if target is None:
            below = _steps(self.call.at)
            steps = [*below, _member(_down(top, below), key) or key]
            turn = None
        else:
            steps, turn = _target(target)
        self._fill(values, top, steps, key, turn(value) if turn else value)

    def _fill(self, values: Any, model: models.Model, steps: list[str], path: str, value: Any) -> None:
        if value is None:
            return
        made = self._converted(value, _down(model, steps), path)
        if steps:
            _set(values, steps, made)
        elif isinstance(made, dict):
            for name, one in made.items():
                _set(values, [name], one)

    def _converted(self, value: Any, model: models.Model, path: str) -> Any:
        if isinstance(value, str) and model.type in ("structure", "list") and value[:1] in ("{", "["):
            # A document is the API's own form already.
            return json.loads(value)
        if model.type == "structure":
            return self._structure(value, model, path)
        if model.type == "list":
            if isinstance(value, Mapping) and self._pairs(value, model.inside(), path):
                name, second = list(model.inside().members)
                return [{name: key, second: one} for key, one in value.items()]
            listed = value if isinstance(value, list) else [value]
            return [self._converted(one, model.inside(), path) for one in listed if one is not None]
        if model.type == "map":
            if not isinstance(value, Mapping):
                return value
            return {
                key: self._converted(one, model.inside(), path)
                for key, one in value.items()
                if one is not None
            }
        return _scalar(value, model.type)

    def _pairs(self, value: Mapping[str, Any], model: models.Model, path: str) -> bool:
        """Whether a map is sent as a list of names and values, and is not one object of that list."""
        known = [key for key in value if _member(model, key) or f"{path}.{key}" in self.call.members]
        return len(model.members) == len(("name", "value")) and len(known) < len(value)

    def _structure(self, value: Any, model: models.Model, path: str) -> Any:
        counted = model.members.keys() >= _QUANTITY
        if isinstance(value, list) and counted:
            return {"Quantity": len(value), "Items": self._converted(value, model.inside("Items"), path)}
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if not isinstance(value, Mapping):
            return value
        result: dict[str, Any] = {}
        for key, one in value.items():
            inner = f"{path}.{key}"
            target = self.call.members.get(inner)
            if one is None or inner in self.local:
                continue
            if target is not None:
                steps, turn = _target(target)
                self._fill(result, model, steps, inner, turn(one) if turn else one)
                continue
            member = _member(model, key)
            if member is None:
                self.lost.append(inner)
                continue
            self._fill(result, model, [member], inner, one)
        if counted:
            result["Quantity"] = len(result.get("Items", ()))
        return result


def _target(target: Target) -> tuple[list[str], Turn | None]:
    path, turn = (target, None) if isinstance(target, str) else target
    return _steps(path), turn


def _scalar(value: Any, kind: str) -> Any:
    """Return a value in the API's type, as providers turn it: a port may be a text, a count a number."""
    if kind in ("integer", "long") and not isinstance(value, bool):
        if isinstance(value, str) and value.lstrip("-").isdigit():
            return int(value)
        return int(value) if isinstance(value, float) and value.is_integer() else value
    if kind in ("float", "double") and isinstance(value, str):
        return float(value) if value.replace(".", "", 1).lstrip("-").isdigit() else value
    if kind == "string" and isinstance(value, bool):
        return str(value).lower()
    if kind == "string" and isinstance(value, int | float):
        return str(int(value)) if float(value).is_integer() else str(value)
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    return value
