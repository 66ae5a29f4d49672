"""Where a finding comes from in people's own files: the program's line, or the key of a stack file."""

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from policy.model import Subject
from policy.product import COMPONENT

if TYPE_CHECKING:
    from stacks.files import StackFile

PROGRAM: Final = "Pulumi.yaml"
"""The file of a finding in a program that says of no resource where it is made."""
_POSITION: Final = re.compile(r"^project:///?(?P<path>[^#]+)#(?P<line>\d+)")
"""How the engine says where a program makes a resource (`sourcePosition` of states and previews)."""
_KEYS: Final = {
    "Atlas": "database",
    "OnHostDatabase": "database",
    "ClusterMongodb": "database",
    "Media": "media",
    "Ses": "mail",
    "Mail": "mail",
    "Alarms": "monitoring",
    "OutsideCheck": "monitoring",
    "AppCdn": "edge",
    "Firewall": "edge",
    "PublicName": "dns",
    "HostName": "dns",
    "Certificate": "dns",
}
"""Beginnings of the components' names to the key of a stack file that asks for them; others run the chat."""
_SETTING: Final = re.compile(r"(?:OVERWRITE_SETTING_)?(\w+)(?:\.value)?\"?\]?$")


def place(stack: str, subject: Subject, path: str) -> tuple[str, int]:
    """Return file and line of a finding, from the folder of the program."""
    made = _POSITION.match(subject.source)
    if made is not None:
        return made["path"], int(made["line"])
    file = _file(stack)
    if file is None:
        return PROGRAM, 1
    setting = _SETTING.search(path)
    keys = [f"rocketchat:settings.{setting[1]}"] if setting else []
    keys += [key for key in (_key(subject),) if key]
    line = next((file.lines[key] for key in keys if key in file.lines), None)
    return file.shown, line or file.line("rocketchat:chat") or 1


@cache
def _file(stack: str) -> "StackFile | None":
    from stacks import files
    from stacks.problems import InvalidStack

    try:
        return files.read(stack)
    except InvalidStack:
        return None


def _key(subject: Subject) -> str:
    """Return the key that asks for the outermost component that a resource is made by."""
    parts = subject.urn.split("::")
    kinds = parts[2].split("$") if len(parts) > 2 else []
    for kind in kinds:
        name = kind.removeprefix(COMPONENT)
        if name != kind:
            found = next((key for start, key in _KEYS.items() if name.startswith(start)), "runtime")
            return f"rocketchat:{found}"
    return ""
