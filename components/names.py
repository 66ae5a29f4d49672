"""Physical names, where a service forbids Pulumi's autonaming or limits the length. Pure functions."""

import hashlib
import re

AUTONAME_SUFFIX = 8
"""Characters that Pulumi's autonaming adds to a logical name: a hyphen and seven hex digits."""

LABEL_LIMIT = 63
"""Characters of a label of a host name (RFC 1035, 2.3.4)."""


def bounded(name: str, limit: int) -> str:
    """Return `name` if it has at most `limit` characters; else cut it and end it with a hash of the whole.

    Two long names that differ stay different. Raises ValueError when `limit` leaves no room for the hash.
    """
    if len(name) <= limit:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:6]
    keep = limit - len(digest) - 1
    if keep < 1:
        raise ValueError(f"a limit of {limit} characters leaves no room for a name and its hash")
    return f"{name[:keep].rstrip('-')}-{digest}"


def slug(text: str) -> str:
    """Lower-case letters, digits and single hyphens only: `chat.lovia.life` becomes `chat-lovia-life`."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
