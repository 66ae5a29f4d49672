"""MongoDB connection URIs: building and checking. Pure functions."""

import re
from urllib.parse import parse_qsl, quote, urlsplit

SCHEMES = ("mongodb", "mongodb+srv")

_DATABASE = re.compile(r"[A-Za-z0-9_-]{1,38}")
_OWN_DATABASES = ("admin", "config", "local")


def check_database_name(name: str) -> str:
    """Return `name` if it can be a chat's database on Atlas (38 characters), else raise ValueError."""
    if not _DATABASE.fullmatch(name):
        raise ValueError(
            f"the database name {name!r} must be 1 to 38 letters, digits, hyphens or underscores"
        )
    if name in _OWN_DATABASES:
        raise ValueError(f"the database name {name!r} is MongoDB's own; choose another")
    return name


def srv_uri(address: str, *, username: str, password: str, database: str, app_name: str) -> str:
    """Return the URI of a database behind `address` (`mongodb+srv://host`, or the host alone).

    User, password and application name are percent-encoded. Users are those of the database `admin`.
    Raises ValueError when the address names no host.
    """
    host = urlsplit(address if "://" in address else f"//{address}").hostname
    if not host:
        raise ValueError(f"the cluster's address {address!r} names no host")
    options = f"retryWrites=true&w=majority&authSource=admin&appName={quote(app_name, safe='')}"
    credentials = f"{quote(username, safe='')}:{quote(password, safe='')}"
    return f"mongodb+srv://{credentials}@{host}/{quote(database, safe='')}?{options}"


def uri_problem(uri: str) -> str | None:
    """Return what is wrong with a given MongoDB URI, or None. The answer never holds any part of the URI."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return "the MongoDB URI cannot be read; percent-encode special characters in user and password"
    if parts.scheme not in SCHEMES:
        return f"the MongoDB URI must begin with {' or '.join(f'{scheme}://' for scheme in SCHEMES)}"
    if not parts.netloc.rpartition("@")[2] or "@" in parts.netloc.rpartition("@")[0]:
        return "the MongoDB URI names no host, or has an @ in the password that must be written %40"
    if not parts.path.strip("/"):
        return "the MongoDB URI names no database; put its name after the host: mongodb://host/database"
    options = {key.lower(): value for key, value in parse_qsl(parts.query)}
    if parts.scheme == "mongodb" and not {"replicaset", "directconnection"} & options.keys():
        return "the MongoDB URI names no replica set; add replicaSet=<name> (Rocket.Chat needs one)"
    return None
