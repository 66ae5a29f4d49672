"""Pulumi's property values on the wire, and as plain Python values.

Both doors of the stand-ins speak it: a `Struct` becomes a plain dict in which an unknown value is `UNKNOWN`,
and the paths of what was marked secret (`password`, `rules[0].value`) are kept beside it.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from google.protobuf import struct_pb2  # type: ignore[import-untyped]
from pulumi.runtime import rpc

from clouds.ask import UNKNOWN
from stacks.engine import UNKNOWNS
from stacks.masking import SECRET_MARK

_SIGNATURE: Final = rpc._special_sig_key  # noqa: SLF001 - the wire format's own constants have no public name
_SECRET: Final = rpc._special_secret_sig  # noqa: SLF001
_RESOURCE: Final = rpc._special_resource_sig  # noqa: SLF001
_OUTPUT: Final = rpc._special_output_value_sig  # noqa: SLF001


def decode(struct: struct_pb2.Struct) -> tuple[dict[str, Any], frozenset[str]]:
    """Return the plain properties, and the paths of those that are secret."""
    secrets: set[str] = set()
    return {key: _plain(value, key, secrets) for key, value in struct.fields.items()}, frozenset(secrets)


def _plain(value: struct_pb2.Value, path: str, secrets: set[str]) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        text = value.string_value
        return UNKNOWN if text in UNKNOWNS else text
    if kind == "bool_value":
        return value.bool_value
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "list_value":
        return [_plain(item, f"{path}[{at}]", secrets) for at, item in enumerate(value.list_value.values)]
    if kind == "struct_value":
        fields = value.struct_value.fields
        if _SIGNATURE not in fields:
            return {key: _plain(item, f"{path}.{key}", secrets) for key, item in fields.items()}
        return _special(fields, path, secrets)
    return None


def _special(fields: Mapping[str, struct_pb2.Value], path: str, secrets: set[str]) -> Any:
    signature = fields[_SIGNATURE].string_value
    if signature == _SECRET:
        secrets.add(path)
        return _plain(fields["value"], path, secrets)
    if signature == _OUTPUT:
        if "secret" in fields and fields["secret"].bool_value:
            secrets.add(path)
        return _plain(fields["value"], path, secrets) if "value" in fields else UNKNOWN
    if signature == _RESOURCE:
        return fields["id"].string_value if "id" in fields else fields["urn"].string_value
    return {key: _plain(item, path, secrets) for key, item in fields.items() if key != _SIGNATURE}


def encode(properties: Mapping[str, Any], secrets: Collection[str] = ()) -> struct_pb2.Struct:
    """The way back: `UNKNOWN` and secret paths become what the wire uses for them."""
    struct = struct_pb2.Struct()
    nested = any("." in path or "[" in path for path in secrets)
    for key, value in properties.items():
        _fill(struct.fields[key], value, key, secrets, nested=nested)
    return struct


def _fill(to: struct_pb2.Value, value: Any, path: str, secrets: Collection[str], *, nested: bool) -> None:
    if path in secrets:
        to.struct_value.fields[_SIGNATURE].string_value = _SECRET
        to = to.struct_value.fields["value"]
    if value is None:
        to.null_value = struct_pb2.NULL_VALUE
    elif value is UNKNOWN:
        to.string_value = rpc.UNKNOWN
    elif isinstance(value, bool):
        to.bool_value = value
    elif isinstance(value, int | float):
        to.number_value = value
    elif isinstance(value, str):
        to.string_value = value
    elif isinstance(value, Mapping):
        to.struct_value.SetInParent()
        for key, item in value.items():
            _fill(
                to.struct_value.fields[key], item, f"{path}.{key}" if nested else "", secrets, nested=nested
            )
    else:
        to.list_value.SetInParent()
        for at, item in enumerate(value):
            _fill(to.list_value.values.add(), item, f"{path}[{at}]" if nested else "", secrets, nested=nested)


def masked(properties: Mapping[str, Any], secrets: Collection[str]) -> dict[str, Any]:
    """Return the properties for people and other tools: whole secret values give way to `[secret]`."""
    if not secrets:
        return dict(properties)
    return {key: _masked(value, key, secrets) for key, value in properties.items()}


def _masked(value: Any, path: str, secrets: Collection[str]) -> Any:
    if path in secrets:
        return SECRET_MARK
    if isinstance(value, Mapping):
        return {key: _masked(item, f"{path}.{key}", secrets) for key, item in value.items()}
    if isinstance(value, list):
        return [_masked(item, f"{path}[{at}]", secrets) for at, item in enumerate(value)]
    return value


def at_path(properties: Mapping[str, Any], path: str) -> Any:
    """Return the value at a path that `decode` gave; None where nothing is there."""
    value: Any = properties
    for step in path.replace("[", ".[").split("."):
        if step.startswith("["):
            index = int(step[1:-1])
            value = value[index] if isinstance(value, list) and index < len(value) else None
        else:
            value = value.get(step) if isinstance(value, Mapping) else None
    return value


def strings(value: Any) -> Iterator[str]:
    """Yield every string in a plain value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield key
            yield from strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from strings(item)
