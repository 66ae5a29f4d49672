"""What a plain (unquoted) YAML scalar means: to PyYAML, which reads YAML 1.1, and to the engine.

The engine reads stack files with gopkg.in/yaml.v3, which mixes YAML 1.1 and 1.2. Only what both read alike may stand
in a stack file. `tests/data/yaml_of_the_engine.json` holds what the engine itself says of many scalars.
"""

import re
from enum import Enum
from typing import Final

import yaml

LARGEST: Final = 2**53
"""Beyond it not every whole number is one of JSON's, by which the engine hands them over."""
Scalar = str | int | float | bool | None


class Unusable(Enum):
    """Readings that no stack file can use."""

    TIMESTAMP = "timestamp"
    NUMBER = "number"
    """Infinity, not a number, or a number that loses digits."""
    BROKEN = "broken"


_WORDS: Final[dict[str, Scalar]] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
}
_NO_NUMBER: Final = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_DATE: Final = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([Tt ].*)?")
_INTEGER: Final = re.compile(
    r"(?P<sign>[-+]?)(?:0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<binary>[01]+)|0[oO]?(?P<octal>[0-7]+)"
    r"|(?P<decimal>0|[1-9]\d*))"
)
_FLOAT: Final = re.compile(r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?")
_BASES: Final = {"hex": 16, "binary": 2, "octal": 8, "decimal": 10}


def of_engine(text: str) -> Scalar | Unusable:
    """Return what the engine makes of a plain scalar."""
    if text in _WORDS:
        return _WORDS[text]
    if _NO_NUMBER.fullmatch(text):
        return Unusable.NUMBER
    if text[0] not in "+-.0123456789":
        return text
    if _DATE.fullmatch(text):
        # It turns some of these into a text of its own, depending on month, day and zone.
        return Unusable.TIMESTAMP
    # Underscores count only before the first dot: with one in front it asks another reader of numbers.
    plain = text if text[0] == "." else text.replace("_", "")
    whole = _INTEGER.fullmatch(plain)
    if whole is not None and text[0] != ".":
        kind = next(name for name in _BASES if whole[name])
        value = int(whole["sign"] + whole[kind], _BASES[kind])
        return value if abs(value) <= LARGEST else Unusable.NUMBER
    if _FLOAT.fullmatch(plain):
        number = float(plain)
        return Unusable.NUMBER if number in (float("inf"), float("-inf")) else number
    return text


def of_pyyaml(text: str) -> Scalar | Unusable:
    """Return what PyYAML makes of a plain scalar."""
    loader = yaml.SafeLoader("")
    tag = loader.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    if tag == "tag:yaml.org,2002:timestamp":
        return Unusable.TIMESTAMP
    try:
        found: Scalar = loader.construct_object(yaml.ScalarNode(tag, text))
    except (yaml.YAMLError, ValueError):
        return Unusable.BROKEN
    return found


def read(text: str) -> Scalar | Unusable:
    """Return what both make of a plain scalar; what is not the same for both cannot be used."""
    one, other = of_pyyaml(text), of_engine(text)
    if isinstance(one, Unusable) or isinstance(other, Unusable):
        return one if isinstance(one, Unusable) else other
    if type(one) is not type(other) or one != other:
        return Unusable.BROKEN
    # The engine hands 1.0 to a program as 1.
    return Unusable.NUMBER if isinstance(one, float) and one.is_integer() else one
