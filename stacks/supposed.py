"""What a part of a stack file would be if its mistakes were none.

Rules judge parts that are right by themselves. Where one is not, the others are judged with something that stands in
for what is wrong in it, in several ways. What is found in each of these ways depends on none of them, and is told
beside the mistakes themselves.
"""

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from typing import Any

from pydantic import BaseModel

from stacks.problems import Problem, leads_into

WAYS = 3
MOST = 40
"""Mistakes beyond which a file is judged no further: it is another kind of file, or written by a machine."""

_DOMAINS = ("example.com", "sample.net", "instance.org")
"""One in each way: what is found of a name that stands in is not found of another."""
_HIGH = 1_000_000
Steps = tuple[int | str, ...]


def at(value: Any, steps: Steps) -> Any:
    """Return what stands at a path; None where nothing does."""
    step: Any
    for step in steps:
        if (isinstance(value, dict) and step in value) or (
            isinstance(value, list) and isinstance(step, int) and step < len(value)
        ):
            value = value[step]
        else:
            return None
    return value


def resolve(node: Any, definitions: Mapping[str, Any], value: Any) -> Any:
    """Follow references in a JSON Schema, and unions by the `kind` that was written."""
    for _ in range(10):
        if "$ref" in node:
            node = definitions[node["$ref"].rpartition("/")[2]]
        elif "discriminator" in node:
            usual = node.get("default")
            tag = next(
                (one["kind"] for one in (value, usual) if isinstance(one, dict) and "kind" in one), None
            )
            reference = node["discriminator"]["mapping"].get(tag) if isinstance(tag, str) else None
            node = definitions[reference.rpartition("/")[2]] if reference else {}
        elif "anyOf" in node:
            listed = [branch for branch in node["anyOf"] if branch.get("type") == "array"]
            objects = [branch for branch in node["anyOf"] if branch.get("type") not in ("array", "null")]
            node = next(iter(listed if isinstance(value, list) else objects), {})
        else:
            return node
    return node


def renamed(example: Mapping[str, Any], way: int) -> dict[str, Any]:
    """Return an example whose names are others in each way."""
    return {
        key: value.replace(_DOMAINS[0], _DOMAINS[way]) if isinstance(value, str) else value
        for key, value in example.items()
    }


def part(
    key: str,
    value: Any,
    problems: Iterable[Problem],
    schema: Mapping[str, Any],
    example: Mapping[str, Any],
    way: int,
) -> tuple[Any, set[Steps]]:
    """Return the value of a part with something in the place of all that is wrong in it, and what was left out.

    `example` has values of keys, which stand in as they are needed, `way` is one of WAYS. It may still be wrong: where
    the part is so as a whole, nothing stands in for it.
    """
    found = deepcopy(value)
    left_out: set[Steps] = set()
    wrong = {_steps(found, one.path.removeprefix(key)): one for one in problems}
    # From the end, so that the places in a list stay what they are.
    for steps in sorted(wrong, key=lambda steps: tuple(map(str, steps)), reverse=True):
        _put_right(found, steps, wrong[steps].nearest, schema, example, way, left_out)
    return found, left_out


def forget(part: Any, left_out: Iterable[Steps]) -> None:
    """Take from a part what was left out of it: who wrote it wrongly has not gone without it.

    A rule that reads it then raises AttributeError, or KeyError where it goes over all keys.
    """
    for *outer, last in left_out:
        around = part
        for step in outer:
            if isinstance(around, BaseModel):
                around = vars(around).get(_field(around, step))
            elif isinstance(around, Sequence) and isinstance(step, int) and step < len(around):
                around = around[step]
            else:
                around = None
        if isinstance(around, BaseModel):
            vars(around).pop(_field(around, last), None)


def _field(model: BaseModel, key: int | str) -> str:
    fields = type(model).model_fields
    return next((name for name, one in fields.items() if key in (one.alias, name)), "")


def _steps(value: Any, path: str) -> Steps:
    """Return the steps of a written path. Keys may hold dots and brackets, those of `settings` and `tags`."""
    steps: list[int | str] = []
    while path:
        if isinstance(value, dict) and path[0] == ".":
            rest = path[1:]
            named = [one for one in value if isinstance(one, str) and leads_into(rest, one)]
            step: int | str = max(named, key=len, default=rest)
            path = rest[len(str(step)) :]
        elif isinstance(value, list) and path[0] == "[":
            inside, _, path = path[1:].partition("]")
            step = int(inside)
        else:
            return ()
        steps.append(step)
        value = at(value, (step,))
    return tuple(steps)


def _put_right(
    whole: Any,
    steps: Steps,
    near: str | None,
    schema: Mapping[str, Any],
    example: Mapping[str, Any],
    way: int,
    left_out: set[Steps],
) -> None:
    if not steps:
        return
    *outer, last = steps
    around = at(whole, tuple(outer))
    if isinstance(around, list):
        if isinstance(last, int) and last < len(around):
            del around[last]
            left_out.add(tuple(outer))
        return
    if not isinstance(around, dict):
        return
    model = _node(schema, whole, tuple(outer))
    if outer and not model and near is None:
        # Nobody knows the keys of an unknown kind.
        _put_right(whole, tuple(outer), None, schema, example, way, left_out)
        return
    properties = model.get("properties", {})
    if last not in properties and "properties" in model:
        given = around.pop(last, None)
        if way == 0 and near in properties and near not in around:
            around[near] = given
        return
    choices = _values(resolve(properties.get(last, {}), schema.get("$defs", {}), None))
    if near is not None and (way == 0 or not properties):
        choices = [near]
    if choices:
        around[last] = choices[way % len(choices)]
    elif not outer and isinstance(last, str) and last in example:
        around[last] = deepcopy(example[last])
    elif last not in model.get("required", ()):
        around.pop(last, None)
        left_out.add(steps)
    else:
        _put_right(whole, tuple(outer), None, schema, example, way, left_out)


def _node(schema: Mapping[str, Any], value: Any, steps: Steps) -> Mapping[str, Any]:
    """Return the schema of what stands at a path."""
    definitions = schema.get("$defs", {})
    node = resolve(schema, definitions, value)
    for depth, step in enumerate(steps):
        inner = node.get("items", {}) if isinstance(step, int) else node.get("properties", {}).get(step, {})
        node = resolve(inner, definitions, at(value, steps[: depth + 1]))
    found: Mapping[str, Any] = node
    return found


def _values(node: Mapping[str, Any]) -> Sequence[Any]:
    """Return what may stand in by the schema alone."""
    if "enum" in node:
        return [node["enum"][0], node["enum"][-1], node["enum"][len(node["enum"]) // 2]]
    if node.get("type") == "boolean":
        return [True, False, True]
    if node.get("type") == "integer":
        least = node.get("minimum", 1)
        return [least, min(node.get("maximum", _HIGH), 50 * (least + 1)), least + 1]
    return ()
