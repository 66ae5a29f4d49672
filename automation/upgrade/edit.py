"""Changes of single keys of a stack file. Everything else stays as it was written."""

import json
import re
from collections.abc import Mapping

import yaml

from stacks.language import NAMESPACE

Value = str | int | None
"""What a key is to be; None takes it out."""
_PLAIN = re.compile(r"\d+\.\d+\.\d+")
"""Texts that need no quotes: YAML takes them for no number."""


class NotEdited(ValueError):  # noqa: N818 - reads as what it is
    """The file has the part in a form in which no single key can be changed."""


def edited(text: str, changes: Mapping[str, Value]) -> str:
    """Return a stack file with keys such as `chat.release` changed, added or taken out. Raises NotEdited."""
    for path, value in changes.items():
        part, _, key = path.partition(".")
        text = _edited(text, part, key, value)
    return text


def _child(node: yaml.MappingNode, key: str) -> tuple[yaml.Node, yaml.Node] | None:
    return next(((name, value) for name, value in node.value if name.value == key), None)


def _edited(text: str, part: str, key: str, value: Value) -> str:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    config = _child(root, "config") if isinstance(root, yaml.MappingNode) else None
    found = (
        _child(config[1], f"{NAMESPACE}:{part}")
        if config and isinstance(config[1], yaml.MappingNode)
        else None
    )
    if found is None or not isinstance(found[1], yaml.MappingNode):
        raise NotEdited(f"{NAMESPACE}:{part} is not written as keys of its own")
    mapping = found[1]
    pair = _child(mapping, key)
    if pair is None:
        return text if value is None else _added(text, mapping, f"{key}: {_written(value)}")
    name, old = pair
    between = text[name.end_mark.index : old.start_mark.index]
    if (
        not isinstance(old, yaml.ScalarNode)
        or old.style in {"|", ">"}
        or re.fullmatch(r"\s*:\s*", between) is None
        or text[old.start_mark.index] in "&*!"
    ):
        raise NotEdited(f"{NAMESPACE}:{part}.{key} is not a plain value")
    if value is not None:
        return text[: old.start_mark.index] + _written(value) + text[old.end_mark.index :]
    start, end = name.start_mark.index, old.end_mark.index
    if mapping.flow_style:
        after = re.compile(r"\s*,\s*").match(text, end)
        if after is not None:
            return text[:start] + text[after.end() :]
        before = re.search(r",\s*$", text[:start])
        return (text[: before.start()] if before else text[:start]) + text[end:]
    line_end = text.find("\n", end)
    return text[: text.rfind("\n", 0, start) + 1] + ("" if line_end < 0 else text[line_end + 1 :])


def _added(text: str, mapping: yaml.MappingNode, line: str) -> str:
    start = mapping.start_mark.index
    if mapping.flow_style:
        return f"{text[: start + 1]}{line}{', ' if mapping.value else ''}{text[start + 1 :]}"
    # A block begins at its first key.
    return f"{text[:start]}{line}\n{' ' * mapping.start_mark.column}{text[start:]}"


def _written(value: str | int) -> str:
    return (
        value if isinstance(value, str) and _PLAIN.fullmatch(value) else json.dumps(value, ensure_ascii=False)
    )
