"""Secrets in texts: in what forms they stand there, and texts without them."""

import base64
import bisect
import itertools
import json
import re
import string
import sys
import urllib.parse
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

SECRET_MARK: Final = "[secret]"  # noqa: S105 - what stands in a secret's place
SHORTEST: Final = 6
"""Secrets with fewer characters are neither looked for nor masked: they stand in every text."""
ORDINARY: Final = frozenset(
    {"administrator", "changeme", "mongodb", "password", "pulumi", "rocketchat", "rocket.chat", "secret"}
)
"""Words that stand in every message: to mask them would hide the message, and tell the secret all the same."""
_INSIDE: Final = 8
"""Characters from which on a part of a secret, such as the password in a URI, counts as secret by itself."""
_KEYS: Final = ("-----BEGIN ", "apiVersion:")
"""What stands in keys (PEM) and kubeconfigs, whose words are secret one by one; those of a host's script are not."""
_WORD: Final = re.compile(r"(?<![\w+/-])[A-Za-z0-9+/_-]{16,}={0,2}(?![\w+/=-])")
_NEW_LINE: Final = (
    r"(?:(?:\\*\r?\n|(?:\\+r)?\\+n|(?:%(?:25)*0[dD])?%(?:25)*0[aA]|(?:\\+x0[dD])?\\+x0[aA]|(?:\\+015)?\\+012"
    r"|(?:&#(?:0*13|[xX]0*[dD]);)?&#(?:0*10|[xX]0*[aA]);)[ \t>|]*)+"
)
"""A line's end inside a secret: as it is, escaped, and with what terminals and YAML put before the next line."""
_WRAP: Final = re.compile(r"(?:\r?\n|\\+(?:r\\+)?n)[ \t]*(?=[\w+/=-])")
"""Where base64 goes on in the next line, escaped or not: it is written in lines of 64 or 76 characters."""
_BASE64: Final = frozenset(string.ascii_letters + string.digits + "+/-_")
_FOLDED: Final = r"(?:\\+(?:\r?\n|n)[ \t]*)?"
"""Where YAML goes on in the next line: before a blank, and behind a character that it has escaped."""
_LETTERS: Final = {
    "\t": "t",
    "\b": "b",
    "\f": "f",
    "\v": "v",
    "\a": "a",
    "\0": "0",
    "\x85": "N",
    "\xa0": "_",
    "\u2028": "L",
    "\u2029": "P",
}
"""Characters that are escaped by a letter; the last four are YAML's."""
_PLAIN: Final = re.compile(r"[A-Za-z0-9_-]+")
"""What no notation escapes."""
_SAME: Final = 8
"""So many such parts of a secret are looked for before its pattern is: a document shares some of its words with every
text, and seldom eight."""
_HTML: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"}
_BY_ITSELF: Final = {
    " ": [r"\+", r"(?:\r?\n|\\+n)[ \t]*"],
    "$": [r"\$\$"],
    '"': ['""'],
    "'": ["''", r"'\\+''", "'\"'\"'"],
}
"""What stands for a character beside its escapes: in queries, in folded lines of YAML, in Compose's files, in CSV, in a
shell."""


def maskable(secret: str) -> bool:
    """Return whether a secret can be told from ordinary text, so that it is looked for and masked."""
    return len(secret) >= SHORTEST and secret.lower() not in ORDINARY


def stands_in(secret: str, text: str) -> bool:
    """Return whether a secret, or a part that tells it, stands in a text, in whatever form."""
    return any(
        all(part in text for part in same) and _pattern(form).search(text)
        for form, same in _forms(secret, apart=False)
    ) or any(form in _joined(text)[0] for form in _coded(secret, apart=False))


def mask(text: str, secrets: Iterable[str]) -> str:
    """Return the text with every secret in it masked, in whatever form it stands."""
    made: list[str] = []
    end = 0
    # Secrets may overlap, and one be a part of another: what several of them cover is masked as one.
    spans = {
        span
        for secret in set(secrets)
        for found in (
            *(
                _spans(_pattern(form), text)
                for form, same in _forms(secret, apart=True)
                if all(part in text for part in same)
            ),
            _coded_spans(secret, text),
        )
        for span in found
    }
    for start, stop in sorted(spans):
        if start >= end:
            made += [text[end:start], SECRET_MARK]
        end = max(end, stop)
    return "".join([*made, text[end:]])


def _spans(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    """Yield all matches, also those that overlap."""
    match = pattern.search(text)
    while match:
        yield match.span()
        match = pattern.search(text, match.start() + 1)


@lru_cache(maxsize=4096)
def _forms(secret: str, *, apart: bool) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return what tells a secret, each with parts of it that stand there however it is written.

    To look for these first takes a tenth of the time, and spares the pattern: few places hold any secret.

    With `apart`, each longer text of a JSON document counts too, as is right for a message; in a state some of them
    stand in clear on purpose, such as a user's name beside the password, and what is secret in a document is secret by
    itself there.
    """
    wholes = _wholes(secret, apart=apart)
    # Of a document with a key in it, the key is among the parts; its other words, such as a user's name, are none.
    keys = (one for one in wholes if any(mark in one for mark in _KEYS) and not _is_document(one))
    words = {word for one in keys for word in _WORD.findall(one) if _looks_random(word)}
    return tuple((one, _same(one)) for one in sorted(wholes | words))


@lru_cache(maxsize=4096)
def _pattern(form: str) -> re.Pattern[str]:
    """Return what finds a text as it is, or quoted any number of times, line by line.

    That is: in JSON, Go's JSON, YAML, HTML, URLs, as Python and Go print it. To compile it takes some milliseconds for
    each hundred characters.
    """
    return re.compile("".join(_written(form)))


def _same(text: str) -> tuple[str, ...]:
    """Return the longest parts of a text that are written the same everywhere, the longest first."""
    return tuple(sorted(set(_PLAIN.findall(text)), key=len, reverse=True)[:_SAME])


@lru_cache(maxsize=4096)
def _coded(secret: str, *, apart: bool) -> frozenset[str]:
    """Return a secret in base64, also inside of a longer text such as `user:password`."""
    return frozenset(form for one in _wholes(secret, apart=apart) for form in _base64(one))


def _wholes(secret: str, *, apart: bool) -> set[str]:
    return {secret, *_parts(secret, apart=apart)} if maskable(secret) else set()


@lru_cache(maxsize=8)
def _joined(text: str) -> tuple[str, Sequence[tuple[int, int]]]:
    """Return a text without the line ends in base64; and each place of it behind one, with where that stood before."""
    made: list[str] = []
    places = []
    end = length = 0
    for match in _WRAP.finditer(text):
        if text[match.start() - 1] not in _BASE64:
            continue
        made.append(text[end : match.start()])
        length += match.start() - end
        end = match.end()
        places.append((length, end))
    return "".join([*made, text[end:]]), places


def _coded_spans(secret: str, text: str) -> Iterator[tuple[int, int]]:
    """Yield where a secret stands in base64."""
    joined, places = _joined(text)

    def before(at: int) -> int:
        index = bisect.bisect_right(places, (at, sys.maxsize)) - 1
        return at if index < 0 else places[index][1] + at - places[index][0]

    for form in _coded(secret, apart=True):
        at = joined.find(form)
        while at >= 0:
            yield before(at), before(at + len(form) - 1) + 1
            at = joined.find(form, at + 1)


def _looks_random(word: str) -> bool:
    """Return whether a word of a key tells it by itself: a line of it, a token."""
    return sum(one.isdigit() for one in word) > 1 and any(one.isalpha() for one in word)


def _parts(secret: str, *, apart: bool) -> Iterator[str]:
    """Yield what is secret by itself inside a secret: the password of a URI, the longer texts of a JSON document."""
    match = re.fullmatch(r"[a-z][a-z0-9+.-]*://(?:[^:/?#]*:)?([^/?#]*)@.*", secret, re.DOTALL | re.IGNORECASE)
    if match:
        yield from (one for one in (match[1], urllib.parse.unquote(match[1])) if maskable(one))
    if _is_document(secret):
        try:
            document = json.loads(secret)
        except (ValueError, RecursionError):
            return
        told = (one for one in _texts(document) if len(one) >= 2 * _INSIDE and maskable(one))
        yield from (one for one in told if apart or any(mark in one for mark in _KEYS))


def _is_document(secret: str) -> bool:
    return secret.lstrip().startswith("{")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)


def _written(text: str) -> Iterator[str]:
    """Yield a pattern for each character of a text, in all the ways in which it may be written."""
    stripped = text.strip("\r\n")
    for one in re.findall(r"(?:\r?\n)+|[\s\S]", stripped):
        yield _NEW_LINE if "\n" in one else _character(one)


@lru_cache(maxsize=4096)
def _character(one: str) -> str:
    if _PLAIN.fullmatch(one):
        return one
    code = ord(one)
    units = one.encode("utf-16-be", errors="surrogatepass")
    unicode = "".join(rf"\\+u(?i:{units[at : at + 2].hex()})" for at in range(0, len(units), 2))
    percent = "".join(f"%(?:25)*(?i:{byte:02x})" for byte in one.encode(errors="surrogatepass"))
    data = one.encode(errors="surrogatepass")
    ways = [r"\\*" + re.escape(one), unicode, percent, rf"\\+U(?i:{code:08x})", rf"\\+u\{{0*(?i:{code:x})\}}"]
    ways += [rf"&#0*{code};", rf"&#[xX]0*(?i:{code:x});"]
    ways.append("".join(rf"\\+x(?i:{byte:02x})" for byte in data))
    ways.append("".join(rf"\\+{byte:03o}" for byte in data))
    if 127 < code < 256:
        ways.append(rf"\\+x(?i:{code:02x})")
    ways += _BY_ITSELF.get(one, [])
    if one in _HTML:
        ways.append(_HTML[one])
    letter = _LETTERS.get(one)
    if letter is not None:
        ways.append(rf"\\+{letter}")
    # YAML ends a line there, and puts blanks before the next one.
    after = r"(?:\r?\n|\\+n)?[ \t]*" if one in "\x85\u2028\u2029" else ""
    return f"{_FOLDED}(?:{'|'.join(ways)}){after}{_FOLDED}"


def _base64(text: str) -> Iterator[str]:
    """Yield a text in base64, by itself and in the middle of other bytes at each of the three offsets."""
    data = text.encode(errors="surrogatepass")
    yield base64.b64encode(data).decode()
    yield base64.urlsafe_b64encode(data).decode()
    for encode, before in itertools.product((base64.b64encode, base64.urlsafe_b64encode), range(3)):
        coded = encode(b"\0" * before + data).decode().rstrip("=")
        # The first characters also hold bits of what stands before, the last one may hold some of what follows.
        inside = coded[(0, 2, 3)[before] : -1]
        if len(inside) >= SHORTEST:
            yield inside
