"""What Pulumi's engine writes into states, requests and events (pulumi, sdk/go/common/resource).

A URN: `urn:pulumi:<stack>::<project>::<types of its parents>$<type>::<name>`.
"""

from typing import Final

STACK_TYPE: Final = "pulumi:pulumi:Stack"
SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SECRET_SIGNATURE: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a mark
NOT_KNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""In place of a value that is known only when it is deployed."""
UNKNOWNS: Final = frozenset(
    (
        NOT_KNOWN,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    )
)
"""The same by kind: any, bool, string, array, asset, archive, object."""


def name_of(urn: str) -> str:
    """Return the logical name of a resource."""
    return urn.rpartition("::")[2]


def type_of(urn: str) -> str:
    """Return the type of a resource; empty for what is no URN."""
    return urn.split("::")[2].rpartition("$")[2] if urn.count("::") >= 3 else ""
