"""What a secret of a stack is: its name, what it is for, and the forms that a value may have."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass


def one_line(value: str) -> str | None:
    """Return what is wrong with a text of one line."""
    if re.search(r"[\x00-\x1f\x7f]", value):
        return "the secret has a line break or another control character"
    return None


def unfilled(value: str) -> bool:
    """Return whether a value is what templates, shells and CI systems leave where nothing was filled in."""
    return re.fullmatch(r"\$\{\w+\}|\$\([^()]*\)|\$?\{\{[^{}]*\}\}|<[A-Za-z_ -]+>", value.strip()) is not None


def pem(label: str) -> Callable[[str], str | None]:
    """Return a check of a PEM text; its label may be told more exactly, such as `RSA PRIVATE KEY`."""
    form = rf"\s*-----BEGIN ([A-Z ]*{label})-----\s[A-Za-z0-9+/=:,\s-]+-----END \1-----\s*"

    def check(value: str) -> str | None:
        if "\\n" in value:
            return "the line breaks of the PEM text are written as \\n; give the file as it is"
        if re.fullmatch(form, value) is None:
            return f"this is not a {label.lower()} in PEM form (-----BEGIN … {label}-----)"
        return None

    return check


def json_object(value: str) -> dict[str, object] | None:
    """Return a JSON object; None where the text is none."""
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def json_texts(value: str) -> str | None:
    """Return what is wrong with a JSON object of text."""
    found = json_object(value)
    if found is None or not all(isinstance(one, str) for one in found.values()):
        return 'this is not a JSON object of text, such as {"WEATHER_KEY": "…"}'
    return None


def https(value: str) -> str | None:
    """Return what is wrong with an https address that curl reads from a file."""
    if re.fullmatch(r"https://[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._~!&()*+,;=:@%/?#-]*)?", value) is None:
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
