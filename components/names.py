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


METRICS_NAMESPACE_LIMIT = 255
"""Characters of a namespace of CloudWatch's metrics (API reference, PutMetricData)."""


def metrics_namespace(host: str) -> str:
    """Return the namespace of a chat's own metrics: one for each chat, so that none can report as another."""
    return bounded(f"RocketChat/{host}", METRICS_NAMESPACE_LIMIT)


def slug(text: str) -> str:
    """Lower-case letters, digits and single hyphens only: `chat.lovia.life` becomes `chat-lovia-life`."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


_BUCKET_NAME = re.compile(r"(?=.{3,63}\Z)(?!.*(\.-|-\.))[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)*(?<=[a-z0-9])")
_BUCKET_BEGINNINGS = ("xn--", "sthree-", "amzn-s3-demo-")
_BUCKET_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


def check_bucket_name(name: str) -> None:
    """Raise ValueError for what S3 takes for no bucket's name (user guide, "General purpose bucket naming rules")."""
    if not _BUCKET_NAME.fullmatch(name) or re.fullmatch(r"\d+(\.\d+){3}", name):
        raise ValueError(
            f"the bucket name {name!r} must be 3 to 63 lower-case letters, digits, hyphens and dots, begin "
            "and end with a letter or digit, and not be an IP address"
        )
    if name.startswith(_BUCKET_BEGINNINGS) or name.endswith(_BUCKET_ENDS):
        raise ValueError(
            f"the bucket name {name!r} is of those that S3 keeps for itself: they begin with "
            f"{', '.join(_BUCKET_BEGINNINGS)} or end with {', '.join(_BUCKET_ENDS)}"
        )
