"""DNS records, whoever serves the zone."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from policy import tokens as t
from policy.model import SECRET, UNKNOWN, Stack, Subject

RECORDS = (t.DNS_RECORD, t.ROUTE53_RECORD, t.DIGITALOCEAN_RECORD)
"""Those that a stack makes; what it asks somebody to make (`MANUAL_RECORD`) counts where records are looked for."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One DNS record."""

    subject: Subject
    kind: str
    """`CNAME`, `TXT` and so on."""
    host: str | None
    """The full name in lower case, without the dot at its end; None while unknown."""
    values: tuple[str, ...] | None
    """Targets and texts, without quotes, priority or the dot at the end; None while unknown."""
    field: str
    """The property that holds them."""

    @property
    def sources(self) -> set[str]:
        """URNs of what name and values were made from."""
        return {
            urn
            for key in ("name", "content", "data", "records", "aliases", "value")
            for urn in self.subject.dependencies.get(key, ())
        }


class Zone:
    """All records of a stack, by type and name."""

    def __init__(self, stack: Stack) -> None:
        self.entries = [_entry(subject) for subject in stack.of(*RECORDS, t.MANUAL_RECORD)]
        self.by_urn = {entry.subject.urn: entry for entry in self.entries}
        self.hosts = {entry.host for entry in self.entries if entry.host is not None}
        self.uncertain = any(entry.host is None for entry in self.entries)
        """Whether there are records of unknown name."""
        self.sources = {urn for entry in self.entries for urn in entry.sources}
        self._by_kind: dict[str, list[Entry]] = {}
        self._by_name: dict[tuple[str, str | None], list[Entry]] = {}
        for entry in self.entries:
            self._by_kind.setdefault(entry.kind, []).append(entry)
            self._by_name.setdefault((entry.kind, entry.host), []).append(entry)

    def of(self, kind: str) -> list[Entry]:
        """Return the records of a type."""
        return self._by_kind.get(kind, [])

    def named(self, kind: str, host: str) -> Iterator[Entry]:
        """Give the records of a type and full name, and those whose name is not known."""
        yield from self._by_name.get((kind, host.rstrip(".").lower()), ())
        yield from self._by_name.get((kind, None), ())


def zone(stack: Stack) -> Zone:
    """Return the records of a stack, read once."""
    found = stack.memo.get("zone")
    if not isinstance(found, Zone):
        found = Zone(stack)
        stack.memo["zone"] = found
    return found


def entry_of(stack: Stack, subject: Subject) -> Entry:
    """Return one record of the stack."""
    return zone(stack).by_urn[subject.urn]


def _entry(subject: Subject) -> Entry:
    # Not as the pack starts.
    from clouds.dns import form_of, host

    properties = subject.properties
    kind, name = properties.get("type"), properties.get("name")
    form = form_of(subject.type)
    # A name is whole with its zone.
    known = [name, properties.get(form.zone)] if form.relative else [name]
    field, given = _given(subject)
    return Entry(
        subject,
        kind if isinstance(kind, str) else "",
        host(subject.type, properties)
        if all(isinstance(one, str) and one != SECRET for one in known)
        else None,
        None if given is None else tuple(_bare(str(kind), item) for item in given),
        field,
    )


def _given(subject: Subject) -> tuple[str, list[str] | None]:
    if subject.type == t.ROUTE53_RECORD:
        aliases = subject.properties.get("aliases")
        if aliases is not None:
            names = (
                [item.get("name") if isinstance(item, dict) else item for item in aliases or ()]
                if (isinstance(aliases, list))
                else [UNKNOWN]
            )
            return "aliases", _texts(names)
        return "records", _texts(subject.properties.get("records"))
    if subject.type in {t.DIGITALOCEAN_RECORD, t.MANUAL_RECORD}:
        return "value", _texts([subject.properties.get("value")])
    content = subject.properties.get("content")
    data = subject.properties.get("data")
    if not content and data is not None:
        return "data", _texts(list(data.values()) if isinstance(data, dict) else data)
    return "content", _texts([content])


def _texts(values: Any) -> list[str] | None:
    if values is None:
        return []
    if not isinstance(values, list) or any(value is UNKNOWN or value == SECRET for value in values):
        return None
    return [str(value) for value in values if value is not None]


def _bare(kind: str, value: str) -> str:
    text = value.replace('"', "").strip()
    if kind == "MX" and text.split(" ")[0].isdigit():
        text = text.split(" ", 1)[-1]
    return text if kind in {"TXT", "CAA"} else text.rstrip(".").lower()
