"""What both runtimes at DigitalOcean have in common."""

import re
from collections.abc import Mapping

from components.names import bounded
from stacks.questions import Ask

TOKEN = {"digitalocean:token": "DIGITALOCEAN_TOKEN"}
BLOCKED_PORTS = frozenset({25, 465, 587})
"""SMTP ports that droplets cannot reach (docs.digitalocean.com, "SMTP is blocked on Droplets")."""
REGION = Ask("`doctl compute region list` lists them.", "fra1")

_TAG_LIMIT = 255


def tags(given: Mapping[str, str]) -> list[str]:
    """Return tags of DigitalOcean, which are words, for names with values (API reference, "Tags")."""
    return [bounded(f"{_word(name)}:{_word(value)}", _TAG_LIMIT) for name, value in given.items()]


def _word(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "-", text)
