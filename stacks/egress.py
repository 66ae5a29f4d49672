"""Where a chat's connections go: the ports that any firewall around it must leave open, and no others."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import urlsplit

from components.database.uri import SRV_PORTS
from stacks import features
from stacks.profiles import Defaults
from stacks.spec import (
    AtlasDatabase,
    Database,
    ExistingAtlasDatabase,
    Locked,
    OidcLogin,
    Parts,
    Runtime,
    SesPart,
    Setting,
    SmtpMail,
    UriDatabase,
)

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
    parts: Parts, defaults: Defaults, uri_ports: Iterable[int] = (), web_ports: Iterable[int] = ()
) -> tuple[WayOut, ...]:
    """Return what the parts of a stack connect to by TCP, sorted; neighbouring ports of one reason are one way.

    `uri_ports` are those in the secret `mongodbUri`, `web_ports` those of other secret addresses; the parts themselves
    do not show them.
    """
    reasons: dict[int, list[str]] = {}
    for port, reason in _ways(parts, defaults, uri_ports, web_ports):
        told = reasons.setdefault(port, [])
        if reason not in told:
            told.append(reason)
    found = []
    numbered = [(port, "; ".join(reasons[port])) for port in sorted(reasons)]
    for _, run in groupby(enumerate(numbered), lambda one: (one[1][0] - one[0], one[1][1])):
        together = [way for _, way in run]
        found.append(WayOut(together[0][0], together[-1][0], together[0][1]))
    return tuple(found)


def private_database(runtime: Runtime, database: Database, defaults: Defaults) -> bool:
    """Return whether the database is reached by a private endpoint in the runtime's own network."""
    if isinstance(database, AtlasDatabase):
        wanted = defaults.private_link if database.private_link is None else database.private_link
    else:
        wanted = isinstance(database, ExistingAtlasDatabase) and database.private_link
    return wanted and runtime.traits.private_link


def _ways(
    parts: Parts, defaults: Defaults, uri_ports: Iterable[int], web_ports: Iterable[int]
) -> Iterator[tuple[int, str]]:
    yield HTTPS, "HTTPS: registries, clouds, the vendor, push, webhooks, link previews"
    if isinstance(parts.mail, SesPart):
        yield features.ses_port(parts), "Mail"
    elif isinstance(parts.mail, SmtpMail):
        yield parts.mail.port, "Mail"
    for login in parts.login:
        # SAML's provider is reached by the browser only.
        if isinstance(login, OidcLogin) and (port := web_port(login.url)) is not None:
            yield port, "Login"
    if isinstance(parts.database, UriDatabase):
        for port in uri_ports:
            yield port, "MongoDB"
    elif isinstance(parts.database, AtlasDatabase | ExistingAtlasDatabase) and not private_database(
        parts.runtime, parts.database, defaults
    ):
        for port in SRV_PORTS:
            yield port, "MongoDB Atlas"
    for port in web_ports:
        yield port, "Addresses among the secrets"
    yield from _of_settings(parts.settings)
    for port in getattr(parts.runtime, "egress_ports", ()):
        yield port, "Listed in egressPorts"


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
