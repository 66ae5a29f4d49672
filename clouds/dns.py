"""What a DNS zone takes once, whoever serves it."""

from collections.abc import Callable, Iterable

from clouds.ask import Existing
from clouds.record import Once, Scope


def _name(one: Existing) -> str:
    return str(one.inputs.get("name")).rstrip(".").lower()


def _is_alias(one: Existing) -> bool:
    return one.inputs.get("type") == "CNAME"


def alias(error: str, beside: frozenset[str] = frozenset()) -> Once:
    """A CNAME stands alone: without records of these types, or without any other where none are named."""

    def values(one: Existing) -> Iterable[object]:
        counts = _is_alias(one) or not beside or one.inputs.get("type") in beside
        return [(one.inputs.get("zoneId"), _name(one))] if counts else ()

    return Once(
        "a record of {name} beside a CNAME",
        error,
        values,
        Scope.WORLD,
        shared=lambda one: not _is_alias(one),
    )


def _begins(text: str) -> Callable[[Existing], Iterable[object]]:
    def values(one: Existing) -> Iterable[object]:
        if one.inputs.get("type") != "TXT":
            return ()
        texts = one.inputs.get("records") or [one.inputs.get("content")]
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
