"""What the pack will say to credentials that stand in clear in a stack file, told with their keys before a plan."""

from collections.abc import Iterator
from typing import Any

from policy.credentials import holds_credential, leaves, looks_like_one
from stacks.files import StackFile
from stacks.problems import Problem

_VARIABLES = ("rocketchat:container", "variables")


def problems(file: StackFile) -> Iterator[Problem]:
    """Find texts that are credentials by their form, and variables of the server that are so by their name."""
    for path, value in leaves(dict(file.values)):
        if not isinstance(value, str):
            continue
        variable = path[:2] == _VARIABLES
        if looks_like_one(value) or (variable and holds_credential(str(path[-1]), value)):
            key = _joined(path)
            yield Problem(
                key,
                "a credential stands in clear; the policy pack refuses it",
                remedy=(
                    "list its name in `container.secretVariables`, and put the value into the secret "
                    "`containerVariables`"
                    if variable
                    else "take it out"
                )
                + "; and replace the leaked one, because it is in the history of the file",
                line=file.line(key),
            )


def _joined(path: tuple[Any, ...]) -> str:
    first, *rest = path
    return str(first) + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in rest)
