"""Secrets in texts: in what forms they stand there, and texts without them."""

import base64
import json
import urllib.parse
from collections.abc import Iterable
from typing import Final

SECRET_MARK: Final = "[secret]"  # noqa: S105 - what stands in a secret's place
SHORTEST: Final = 6
"""Secrets with fewer characters are neither looked for nor masked: they stand in every text."""
LINE: Final = 16
"""Characters from which on a line of a secret counts as secret by itself."""


def forms(secret: str) -> frozenset[str]:
    """Return the ways in which a secret may stand in a text: as it is, line by line, in JSON, in a URL, in base64."""
    if len(secret) < SHORTEST:
        return frozenset()
    quoted = json.dumps(secret)[1:-1]
    lines = {line for line in secret.splitlines() if len(line) >= LINE and not line.startswith("-----")}
    return frozenset(
        {
            secret,
            quoted,
            json.dumps(quoted)[1:-1],
            urllib.parse.quote(secret, safe=""),
            urllib.parse.quote_plus(secret),
            base64.b64encode(secret.encode()).decode(),
            *lines,
        }
    )


def mask(text: str, secrets: Iterable[str]) -> str:
    """Return the text with every secret in it masked, in whatever form it stands."""
    for form in sorted((form for secret in secrets for form in forms(secret)), key=len, reverse=True):
        text = text.replace(form, SECRET_MARK)
    return text
