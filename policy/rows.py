"""Rules as tables: an attribute, the types that have it, and what it must be."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from policy.model import UNKNOWN, canonical
from policy.rule import ANY, Probe, Test, View, not_false, not_true, present, true

EACH: Final = "*"
"""In a path: every item of a list. `>` is before what stands inside of a JSON document."""


def _is_on(value: object) -> bool:
    return present(value) and not_false(value)


@dataclass(frozen=True, slots=True)
class Row:
    """What an attribute of some types must be; ANY is every type that has it."""

    kinds: tuple[str, ...]
    path: str
    good: Test
    message: str
    when: str | None = None
    """Path of a switch: only where it is on, or what it is for is there, the row is asked. Empty: the resource."""
    being: Test = _is_on
    """What stands at `when` for the row to be asked; what is not known may be that."""
    unless: str = ""
    """Paths, with blanks between, of what makes the row mean nothing where it is there: beside the path's last step."""

    def judge(self, p: Probe) -> None:
        """Note a violation where the attribute is not as it must be."""
        held = UNKNOWN if self.when is None else p.get(self.when or ())
        if held is not UNKNOWN and not self.being(held):
            return
        for view, path in _ends(p, self.path):
            if not any(present(view.get(one)) for one in self.unless.split()):
                view.expect(path, self.good, self.message)


def aws(module: str, *names: str) -> tuple[str, ...]:
    """Return the tokens of types of AWS."""
    return tuple(f"aws:{module}/{name[0].lower()}{name[1:]}:{name}" for name in names)


def index(package: str, *names: str) -> tuple[str, ...]:
    """Return the tokens of types of a package that has one module."""
    return tuple(f"{package}:index/{name[0].lower()}{name[1:]}:{name}" for name in names)


def on(kinds: tuple[str, ...], path: str, message: str, **more: Any) -> Row:
    """Return a row: the switch must be set."""
    return Row(kinds, path, true, message, **more)


def off(kinds: tuple[str, ...], path: str, message: str, **more: Any) -> Row:
    """Return a row: the switch must not be set."""
    return Row(kinds, path, not_true, message, **more)


def left_on(kinds: tuple[str, ...], path: str, message: str, **more: Any) -> Row:
    """Return a row: the switch, which the service sets by itself, must not be taken away."""
    return Row(kinds, path, not_false, message, **more)


def types_of(rows: Iterable[Row]) -> tuple[str, ...]:
    """Return the types that a table is about."""
    return tuple(dict.fromkeys(kind for row in rows for kind in row.kinds))


def asking(rows: Iterable[Row]) -> Callable[[Probe], None]:
    """Return what judges a resource by a table."""
    by_type: dict[str, list[Row]] = {}
    by_key: dict[str, list[Row]] = {}
    for row in rows:
        for kind in row.kinds:
            if kind == ANY:
                by_key.setdefault(row.path.split(".")[0], []).append(row)
            else:
                by_type.setdefault(kind, []).append(row)

    def judge(p: Probe) -> None:
        for row in by_type.get(canonical(p.subject.type), ()):
            row.judge(p)
        for key in by_key.keys() & p.subject.properties.keys():
            for row in by_key[key]:
                row.judge(p)

    return judge


def _ends(view: View, path: str) -> Iterator[tuple[View, str | tuple[()]]]:
    """Give each part that the last step of a path is asked of, and that step."""
    if ">" in path:
        held, _, inner = path.partition(">")
        document = view.document(held)
        if document is not None:
            yield from _ends(document, inner)
    elif EACH in path:
        held, _, inner = path.partition(EACH)
        for item in view.each(held.removesuffix(".")):
            yield from _ends(item, inner.removeprefix("."))
    else:
        yield view, path or ()
