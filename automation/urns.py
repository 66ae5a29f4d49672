"""Parts of a URN: `urn:pulumi:<stack>::<project>::<types of its parents>$<type>::<name>`."""


def name_of(urn: str) -> str:
    """Return the logical name of a resource."""
    return urn.rpartition("::")[2]


def type_of(urn: str) -> str:
    """Return the type of a resource; empty for what is no URN."""
    return urn.split("::")[2].rpartition("$")[2] if urn.count("::") >= 3 else ""
