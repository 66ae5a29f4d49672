"""What a cloud's own request models find wrong with a request.

The files `schema/requests.<service>.json` are written from the models in botocore (`python -m rehearsal schema`);
of a shape they keep its type, members, required members, lengths, ranges, patterns and choices.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from rehearsal.standins import schema

_SHOWN = 60
"""Characters of a wrong value that a message shows."""
_TYPES: Mapping[str, Any] = {
    "string": (str,),
    "character": (str,),
    "blob": (str, bytes),
    "timestamp": (str, int),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
}
_UNITS = {"string": "characters", "blob": "bytes", "list": "entries", "map": "entries"}
_JAVA_CLASSES = {
    r"\p{Z}": " \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000",
    r"\p{N}": r"\d",
    r"\p{Print}": r"[\x20-\x7e]",
    r"\p{ASCII}": r"\x00-\x7f",
}
_LETTERS_AND_MORE = re.compile(r"\[\\p\{L\}((?:[^\]\\]|\\.)*)\]")
_SURROGATES = r"\uD800\uDC00-\uDBFF\uDFFF"


def pattern(java: str) -> re.Pattern[str]:
    r"""Return a pattern of the models, which are written for Java, as Python has it.

    `[\p{L}…]` becomes "a letter, or one of …". Raises re.error for what Python cannot say.
    """
    text = java.replace(_SURROGATES, r"\U00010000-\U0010FFFF")
    text = _LETTERS_AND_MORE.sub(r"(?:[^\\W\\d_]|[\1])", text)
    for theirs, ours in _JAVA_CLASSES.items():
        text = text.replace(theirs, ours)
    flags = re.IGNORECASE if "(?i)" in text else 0
    return re.compile(text.replace("(?i)", ""), flags)


@cache
def _service(name: str) -> dict[str, Any]:
    path = schema.FOLDER / f"requests.{name}.json"
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


@cache
def _pattern(java: str) -> re.Pattern[str]:
    return pattern(java)


def _matches(java: str, value: str) -> bool:
    """Whether the whole value matches; a pattern with an anchor of its own says itself what it is about."""
    anchored = java.startswith("^") or java.endswith("$")
    found = _pattern(java).search(value) if anchored else _pattern(java).fullmatch(value)
    return found is not None


class Model:
    """A shape of a service: that of an operation's request, or of a value in it."""

    def __init__(self, service: str, name: str) -> None:
        self.service = service
        self.name = name
        self.shape: Mapping[str, Any] = _service(service)["shapes"][name]

    @property
    def type(self) -> str:
        """`structure`, `list`, `map`, `string` …"""
        return str(self.shape["type"])

    @property
    def members(self) -> Mapping[str, str]:
        """The names of the shapes of a structure's members."""
        members: Mapping[str, str] = self.shape.get("members", {})
        return members

    def inside(self, name: str = "") -> "Model":
        """Return the shape of a member, of a list's members, or of a map's values."""
        return Model(self.service, self.members[name] if self.type == "structure" else self.shape["member"])

    def refusals(self, value: Any, where: str = "") -> Iterator[str]:
        """Yield what is wrong with a value, in sentences; values of sensitive shapes are not quoted."""
        shape = self.shape
        if not isinstance(value, _TYPES[self.type]) or (isinstance(value, bool) != (self.type == "boolean")):
            yield f"{where} must be of type {self.type}, and is a {type(value).__name__}"
            return
        if self.type == "structure":
            for name in shape.get("required", ()):
                if name not in value:
                    yield f"{where}.{name} is required".removeprefix(".")
            for name, one in value.items():
                if name not in self.members:
                    yield f"{where} has no {name}{schema.nearest(name, self.members)}".strip()
                else:
                    yield from self.inside(name).refusals(one, f"{where}.{name}".removeprefix("."))
        elif self.type == "map":
            for key, one in value.items():
                yield from Model(self.service, shape["key"]).refusals(key, f"{where}, key {key}")
                yield from self.inside().refusals(one, f"{where}.{key}")
        elif self.type == "list":
            for at, one in enumerate(value):
                yield from self.inside().refusals(one, f"{where}[{at}]")
        yield from self._size(value, where)
        if isinstance(value, str):
            yield from self._text(value, where)

    def _size(self, value: Any, where: str) -> Iterator[str]:
        low, high = self.shape.get("min"), self.shape.get("max")
        if (low is None and high is None) or self.type in ("boolean", "structure"):
            return
        size = len(value) if isinstance(value, str | bytes | list | dict) else value
        if (low is None or size >= low) and (high is None or size <= high):
            return
        limits = [f"at least {low}"] if low is not None else []
        limits += [f"at most {high}"] if high is not None else []
        unit = _UNITS.get(self.type)
        is_ = f"has {size} {unit}" if unit else f"is {size}"
        yield f"{where} {is_}; allowed: {', '.join(limits)}"

    def _text(self, value: str, where: str) -> Iterator[str]:
        shown = "the value" if self.shape.get("sensitive") else repr(value[:_SHOWN])
        choices = self.shape.get("enum")
        if choices and value not in choices:
            yield f"{where}: {shown} is none of {', '.join(choices[:20])}{schema.nearest(value, choices)}"
        wanted = self.shape.get("pattern")
        if wanted and not _matches(wanted, value):
            yield f"{where}: {shown} does not match {wanted}"


@cache
def request(service: str, operation: str) -> Model:
    """Return the shape of an operation's request."""
    return Model(service, _service(service)["operations"][operation])
