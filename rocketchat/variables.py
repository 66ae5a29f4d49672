"""A container's variables, plain and secret ones kept apart by type, and the files that they name.

Values are opaque: they may be promises of a value, so nothing here looks into one, compares it or writes it
anywhere.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Generic, NoReturn, TypeVar

from rocketchat.settings import ENVIRONMENT_PREFIX

V = TypeVar("V")
V_co = TypeVar("V_co", covariant=True)

BLOCKED = "SETTINGS_BLOCKED"
"""Variable with the ids of settings that the administration pages show but do not change."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*", re.ASCII)


class Secret(Generic[V_co]):
    """A value that must not be seen. It has no text, no equality and no copy, so that it cannot leak by
    accident."""

    __slots__ = ("__value",)

    def __init__(self, value: V_co) -> None:
        if isinstance(value, Secret):
            raise TypeError("this is a secret already")
        self.__value = value

    def reveal(self) -> V_co:
        """Return the value, for the one place that hands it to a store of secrets."""
        return self.__value

    def __repr__(self) -> str:
        return "Secret(…)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret cannot be copied or stored")


@dataclass(frozen=True, eq=False, repr=False)
class Environment(Generic[V_co]):
    """Variables of one container, and the settings that are locked in it.

    A Secret among the plain ones, or a bare value among the secret ones, raises TypeError; a name that no
    container takes, or that stands in both, raises ValueError. Booleans and numbers raise TypeError: a
    variable is text.
    """

    plain: Mapping[str, V_co] = field(default_factory=dict)
    secret: Mapping[str, Secret[V_co]] = field(default_factory=dict)
    locked: frozenset[str] = frozenset()
    """Ids of settings that the administration pages may not change."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Text of further files of the container, by their absolute paths; all are in one folder, and nothing in them is
    secret."""

    def __post_init__(self) -> None:
        for name in (*self.plain, *self.secret):
            if not isinstance(name, str) or _NAME.fullmatch(name) is None:
                raise ValueError(f"{name!r} is not the name of a variable")
        for name, value in self.plain.items():
            if isinstance(value, Secret):
                raise TypeError(f"{name} is a secret and was put among the plain variables")
            if value is None or isinstance(value, bool | int | float):
                raise TypeError(f"{name} must be text")
        for name, secret in self.secret.items():
            if not isinstance(secret, Secret):
                raise TypeError(f"{name} was put among the secrets without being one; wrap it in Secret")
        twice = sorted(self.plain.keys() & self.secret.keys())
        if twice:
            raise ValueError(f"set both in clear and as a secret: {', '.join(twice)}")
        for setting_id in self.locked:
            if _NAME.fullmatch(setting_id) is None:
                raise ValueError(f"{setting_id!r} is not the id of a setting")
        if self.locked and BLOCKED in self.plain:
            raise ValueError(f"{BLOCKED} is made from the locked settings; do not set it as well")
        object.__setattr__(self, "plain", MappingProxyType(dict(self.plain)))
        object.__setattr__(self, "secret", MappingProxyType(dict(self.secret)))
        object.__setattr__(self, "files", MappingProxyType(dict(self.files)))

    def __or__(self, other: "Environment[V]") -> "Environment[V_co | V]":
        """Return both together; raise ValueError, naming it, when both set the same variable."""
        twice = sorted(self.names & other.names)
        if twice:
            raise ValueError(f"two parts set the same variable: {', '.join(twice)}")
        plain: dict[str, V_co | V] = {**self.plain, **other.plain}
        secret: dict[str, Secret[V_co | V]] = {**self.secret, **other.secret}
        return Environment(plain, secret, self.locked | other.locked, {**self.files, **other.files})

    def __repr__(self) -> str:
        plain, secret = ", ".join(sorted(self.plain)), ", ".join(sorted(self.secret))
        return f"Environment(plain: {plain or 'none'}; secret: {secret or 'none'})"

    @property
    def names(self) -> frozenset[str]:
        """Names of all variables."""
        return frozenset(self.plain) | frozenset(self.secret)

    def render(self) -> "Environment[V_co | str]":
        """Return the variables as the container gets them, with the locks of all parts as
        `SETTINGS_BLOCKED`."""
        plain: dict[str, V_co | str] = dict(self.plain)
        if self.locked:
            plain[BLOCKED] = ",".join(sorted(self.locked))
        return Environment(plain, self.secret, files=self.files)


def merge(environments: Iterable[Environment[V]]) -> Environment[V]:
    """Return all together; raise ValueError, naming it, when two set the same variable."""
    together: Environment[V] = Environment()
    for environment in environments:
        together = together | environment
    return together


def flag(value: bool) -> str:
    """Return the text of a boolean."""
    return "true" if value else "false"


def overwrite(values: Mapping[str, V | Secret[V] | None], *, lock: bool = False) -> Environment[V]:
    """Return the variables that set these settings at every start; None leaves one out, a Secret goes to
    the secrets.

    With `lock`, the administration pages may not change them.
    """
    plain: dict[str, V] = {}
    secret: dict[str, Secret[V]] = {}
    for setting_id, value in values.items():
        if isinstance(value, Secret):
            secret[ENVIRONMENT_PREFIX + setting_id] = value
        elif value is not None:
            plain[ENVIRONMENT_PREFIX + setting_id] = value
    locked = (
        frozenset(key for key, value in values.items() if value is not None) if lock else frozenset[str]()
    )
    return Environment(plain, secret, locked)


def require_secret(name: str, value: Any) -> None:
    """Raise TypeError when `value` is not a Secret."""
    if not isinstance(value, Secret):
        raise TypeError(f"{name} must be a Secret")
