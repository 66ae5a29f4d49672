"""What a DNS zone takes once, whoever serves it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from clouds.ask import Existing
from clouds.record import Once, Scope

RELATIVE_TOP: Final = "@"
"""How names that are relative to a zone say the zone itself."""


@dataclass(frozen=True)
class Form:
    """Where a resource of a provider says what a record is."""

    zone: str
    """Input with the zone."""
    contents: tuple[str, ...]
    """Inputs with what the record holds."""
    relative: bool = False
    """Whether the zone is a name, and the record's name relative to it."""


FORMS: Final[Mapping[str, Form]] = {
    "aws:route53/record:Record": Form("zoneId", ("records", "aliases")),
    "cloudflare:index/dnsRecord:DnsRecord": Form("zoneId", ("content", "data")),
    "digitalocean:index/dnsRecord:DnsRecord": Form("domain", ("value",), relative=True),
}
"""The types of DNS records, whoever serves the zone."""
_WHOLE: Final = Form("", ("value",))
"""A record that is made by hand has its whole name."""


def form_of(token: str) -> Form:
    """Return where a record of this type says what it is."""
    return FORMS.get(token, _WHOLE)


def full_name(name: str, zone: str) -> str:
    """Return the whole name of a record whose name is relative to its zone, unless it ends with a dot."""
    if name == RELATIVE_TOP:
        return zone
    return name if name.endswith(".") else f"{name}.{zone}"


def host(token: str, inputs: Mapping[str, Any]) -> str:
    """Return the whole name of a record in lower case, without the dot at its end."""
    form, name = form_of(token), str(inputs.get("name"))
    full = full_name(name, str(inputs.get(form.zone))) if form.relative else name
    return full.rstrip(".").lower()


def _name(one: Existing) -> str:
    return host(one.type, one.inputs)


def _is_alias(one: Existing) -> bool:
    return one.inputs.get("type") == "CNAME"


def alias(error: str, beside: frozenset[str] = frozenset()) -> Once:
    """A CNAME stands alone: without records of these types, or without any other where none are named."""

    def values(one: Existing) -> Iterable[object]:
        counts = _is_alias(one) or not beside or one.inputs.get("type") in beside
        return [(one.inputs.get(FORMS[one.type].zone), _name(one))] if counts else ()

    return Once(
        "a record of {name} beside a CNAME",
        error,
        values,
        Scope.WORLD,
        shared=lambda one: not _is_alias(one),
    )


def same_purpose(kind: str, content: str, other: str) -> bool:
    """Return whether a record stands for what another of its name and type stands for.

    Of texts the first word says what they are for (`v=spf1`, `v=DMARC1`); of others a name has one, or all of them.
    """
    return kind != "TXT" or _first_word(content) == _first_word(other)


def _first_word(text: str) -> str:
    return text.strip('"').split(" ")[0].rstrip(";")


def _begins(text: str) -> Callable[[Existing], Iterable[object]]:
    def values(one: Existing) -> Iterable[object]:
        if one.inputs.get("type") != "TXT":
            return ()
        given = next((one.inputs[key] for key in FORMS[one.type].contents if one.inputs.get(key)), None)
        texts = given if isinstance(given, list) else [given]
        return [_name(one)] if any(str(found).strip('"').startswith(text) for found in texts) else ()

    return values


TEXTS = tuple(
    Once(f"a text of {{name}} that begins with {begins}", why, _begins(begins), Scope.WORLD, group=begins)
    for begins, why in (
        ("v=DMARC1", "RFC 7489, 6.6.3: two are none"),
        ("v=spf1", "RFC 7208, 4.5: two are an error"),
    )
)
"""Texts of which a name has one, though a zone takes more: the cloud says nothing, and mail suffers."""
