"""Where a chat's connections go: the ports that any firewall around it must leave open, and no others."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from stacks.parts import Locked, Setting
from stacks.profiles import Defaults

if TYPE_CHECKING:
    from stacks.spec import Parts

HTTPS = 443
LDAP_PORT = 389
"""The product's own default of `LDAP_Port`."""

_HOSTS = {"Direct_Reply": 993, "IRC": 6667, "LDAP": LDAP_PORT, "SMTP": 587}
"""Settings `<name>_Host` with a port of their own in `<name>_Port`, and the product's default of it."""


@dataclass(frozen=True)
class WayOut:
    """TCP ports on the internet, and who is reached there."""

    first: int
    last: int
    reason: str

    @property
    def ports(self) -> range:
        """Every port of it."""
        return range(self.first, self.last + 1)


def ways_out(
    parts: "Parts", defaults: Defaults, uri_ports: Sequence[int] = (), web_ports: Iterable[int] = ()
) -> tuple[WayOut, ...]:
    """Return what the parts of a stack connect to by TCP, sorted; neighbouring ports of one reason are one way.

    `uri_ports` are those in the secret `mongodbUri`, `web_ports` those of other secret addresses; the parts themselves
    do not show them.
    """
    return _together(_ways(parts, defaults, uri_ports, web_ports))


def bots_ways_out(parts: "Parts", defaults: Defaults) -> tuple[WayOut, ...]:
    """Return what the bot of a stack connects to on the internet, likewise."""
    web = [(HTTPS, "HTTPS: the chat, packages of npm, what its scripts ask"), *_proxy(parts)]
    return _together([*web, *parts.runtime.ways_out(parts, defaults, ())])


def _together(ways: Iterable[tuple[int, str]]) -> tuple[WayOut, ...]:
    reasons: dict[int, list[str]] = {}
    for port, reason in ways:
        told = reasons.setdefault(port, [])
        if reason not in told:
            told.append(reason)
    found = []
    numbered = [(port, "; ".join(reasons[port])) for port in sorted(reasons)]
    for _, run in groupby(enumerate(numbered), lambda one: (one[1][0] - one[0], one[1][1])):
        together = [way for _, way in run]
        found.append(WayOut(together[0][0], together[-1][0], together[0][1]))
    return tuple(found)


def _ways(
    parts: "Parts", defaults: Defaults, uri_ports: Sequence[int], web_ports: Iterable[int]
) -> Iterator[tuple[int, str]]:
    yield HTTPS, "HTTPS: registries, clouds, the vendor, push, webhooks, link previews"
    for part in (*([] if parts.mail is None else [parts.mail]), *parts.login, parts.database, parts.media):
        yield from part.ways_out(parts, defaults, uri_ports)
    yield from _proxy(parts)
    for port in web_ports:
        yield port, "Addresses among the secrets"
    yield from _of_settings(parts.settings)
    yield from parts.runtime.ways_out(parts, defaults, uri_ports)


def _proxy(parts: "Parts") -> Iterator[tuple[int, str]]:
    if parts.container.proxy is not None and (port := web_port(parts.container.proxy.url)) is not None:
        yield port, "Proxy"


def _of_settings(settings: Mapping[str, Setting]) -> Iterator[tuple[int, str]]:
    values = {key: one.value if isinstance(one, Locked) else one for key, one in settings.items()}
    for name, usual in _HOSTS.items():
        if values.get(f"{name}_Host"):
            given = str(values.get(f"{name}_Port") or usual)
            if given.isdecimal() and 1 <= int(given) <= 65535:
                yield int(given), name
    for setting_id, value in values.items():
        if isinstance(value, str) and (port := web_port(value)) is not None:
            yield port, setting_id


def web_port(text: str) -> int | None:
    """Return the port of a web address; None for anything else."""
    if re.search(r"[\s,]", text):
        return None  # prose, or a list of what browsers may do
    try:
        address = urlsplit(text)
        port = address.port
    except ValueError:  # a port that is none
        return None
    usual = {"https": HTTPS, "http": 80}.get(address.scheme)
    return (port or usual) if usual and address.hostname else None
