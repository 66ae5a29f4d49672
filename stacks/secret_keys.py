"""What a secret of a stack is: its name, what it is for, and the forms that a value may have."""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from stacks import lifetimes, texts

PORT = r"(?::(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))"
"""The port of an address, from 1 to 65535, with its colon."""


def one_line(value: str) -> str | None:
    """Return what is wrong with a text of one line."""
    if re.search(r"[\x00-\x1f\x7f]", value):
        return "the secret has a line break or another control character"
    return None


def one_word(value: str) -> str | None:
    """Return what is wrong with a text without blanks."""
    if re.search(r"\s", value):
        return "the secret holds a blank or a line break, and this credential has none"
    return one_line(value)


def lacking(value: str, members: Iterable[str], where: str) -> str | None:
    """Return what is wrong with a JSON object that lacks some of these members, which a key names."""
    missing = sorted(set(members) - (json_object(value) or {}).keys())
    return f"the secret lacks {', '.join(missing)}, which `{where}` names" if missing else None


_UNFILLED = re.compile(
    # What templates, shells and CI systems leave; what hides a value, as Pulumi's `[secret]`; what says it is none.
    r"\$\{\w+\}|\$\([^()]*\)|\$?\{\{[^{}]*\}\}|<(?:[a-z_ -]+|[A-Z_ -]+)>"
    r"|\[secret\]|[*\u2022.#_-]+|(?i:(?:replace|change|fill)[-_ ]?me|undefined)"
    # Passwords of words begin so, too: only with the name of such a thing at the end.
    r"|(?i:your[-_ ](?:\w+[-_ ]){0,4}(?:password|secret|token|key|licen[cs]e|credentials?|here))"
)


def unfilled(value: str) -> bool:
    """Return whether a value stands where another one is to be filled in."""
    return _UNFILLED.fullmatch(value.strip()) is not None


def pem(label: str, *, passphrase: bool = False) -> Callable[[str], str | None]:
    """Return a check of a PEM text; its label may be told more exactly, such as `RSA PRIVATE KEY`.

    With `passphrase` a key may be encrypted.
    """
    form = rf"\s*-----BEGIN ([A-Z ]*{label})-----\s[A-Za-z0-9+/=:,\s-]+-----END \1-----\s*"

    def check(value: str) -> str | None:
        if "\\n" in value:
            return "the line breaks of the PEM text are written as \\n; give the file as it is"
        found = re.fullmatch(form, value)
        if found is None:
            return f"this is not a {label.lower()} in PEM form (-----BEGIN … {label}-----)"
        if found[1].startswith("OPENSSH"):
            return "this is a key of OpenSSH, which the server does not read; `openssl genpkey` makes one that it does"
        if "ENCRYPTED" in value and not passphrase:
            return "the key is encrypted, and nothing knows its passphrase; `openssl pkey -in FILE` prints it without"
        ended = lifetimes.certificate_over(value.encode())
        return None if ended is None else lifetimes.Ended(f"the certificate {ended}")

    return check


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key stands there twice")
    return dict(pairs)


def json_object(value: str) -> dict[str, object] | None:
    """Return a JSON object; None where the text is none, or has a key twice."""
    try:
        found = json.loads(value, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def json_texts(value: str) -> str | None:
    """Return what is wrong with a JSON object of text."""
    found = json_object(value)
    if found is None or not all(isinstance(one, str) for one in found.values()):
        return 'this is not a JSON object of text, such as {"WEATHER_KEY": "…"}, with each key once'
    if any(texts.lost(str(one)) for one in found.values()):
        return "a text in this JSON object holds a control character, or another one that is lost on its way"
    ends = ((key, lifetimes.short_lived(str(one))) for key, one in found.items())
    return next((f"{key}: {said}" for key, said in ends if said is not None), None)


def https(value: str) -> str | None:
    """Return what is wrong with an https address that curl reads from a file."""
    if re.fullmatch(rf"https://[A-Za-z0-9.-]+{PORT}?(/[A-Za-z0-9._~!&()*+,;=:@%/?#-]*)?", value) is None:
        return "this is not an https address without spaces, quotes and brackets, which curl reads otherwise"
    return None


@dataclass(frozen=True)
class SecretKey:
    """One key `rocketchat:<name>` that is always secret."""

    name: str
    description: str
    required: bool = False
    """Whether what reads it cannot be deployed without it."""
    problem: Callable[[str], str | None] = one_line
    """What is wrong with a value, told without any part of it; None where nothing is."""
    doubt: Callable[[str], str | None] = lambda _: None
    """What to know of a value that is taken, told without any part of it."""


BACKUP_NEWS = (
    SecretKey(
        "healthcheckUrl",
        "Address of a dead man's switch (healthchecks.io), which the nightly backup tells of itself.",
        problem=https,
    ),
    SecretKey(
        "backupWebhookUrl",
        "Incoming webhook of a channel, which is told of the backups.",
        problem=https,
    ),
)
"""Who is told of the stack's own backups."""


def command(key: str) -> str:
    """Return the command that sets a secret, given its full key."""
    return f"pulumi config set --secret {key}"
