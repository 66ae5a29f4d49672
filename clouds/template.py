"""Texts with fields, so that what a record says is data: `arn:aws:sns:{region}:{account}:{name}`.

A field is a path of an input, or several of which the first that is said counts: `{cidrBlock|ipAddress}`.
`{cluster:last}` is what stands after its last slash. In an id, `[{namespace}/]{name}` leaves out what is in brackets
where a field in them is not said.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

_FIELD = re.compile(r"\{([A-Za-z][\w.|]*)(:last)?\}")
_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")


class UnsaidError(LookupError):
    """A field that is not said: it is secret, not known yet, or left out."""


def fields(template: str) -> frozenset[str]:
    """Return the paths that a template names."""
    return frozenset(path for found in _FIELD.finditer(template) for path in found[1].split("|"))


@cache
def _whole(template: str) -> re.Match[str] | None:
    return _FIELD.fullmatch(template)


def fill(template: str, said: Callable[[str], Any], quote: Callable[[str], str] = str) -> Any:
    """Return the text with its fields filled in. A text that is one field is that field's value as it is."""
    whole = _whole(template)
    if whole:
        return _value(whole, said)
    return _FIELD.sub(lambda found: quote(plain(_value(found, said))), template)


def filled(value: Any, said: Callable[[str], Any]) -> Any:
    """Return a value in which every text is filled in, also inside of lists and maps."""
    if isinstance(value, Mapping):
        return {key: filled(one, said) for key, one in value.items()}
    if isinstance(value, list):
        return [filled(one, said) for one in value]
    return fill(value, said) if isinstance(value, str) else value


def identifier(template: str, said: Callable[[str], Any]) -> str:
    """Return an id: a template with optional parts. Raises UnsaidError where another field is not said."""

    made = []
    for at, part in enumerate(_OPTIONAL.split(template)):
        try:
            made.append(plain(fill(part, said)))
        except UnsaidError:
            if at % 2 == 0:
                raise
    return "".join(made)


def plain(value: Any) -> str:
    """Return a value as text, as ids have it: a whole number has no decimal point."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _value(found: re.Match[str], said: Callable[[str], Any]) -> Any:
    paths = found[1].split("|")
    for path in paths:
        try:
            value = said(path)
        except UnsaidError:
            continue
        if value is not None or len(paths) == 1:
            return str(value).rpartition("/")[2] if found[2] else value
    raise UnsaidError(paths[0])
