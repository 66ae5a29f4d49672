"""The user's own credentials of the vendors, from where a deployment finds them: the stack, or the environment."""

import os
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from automation.doctor.command_line import ask
from automation.web import NotChecked, in_one_line
from stacks.kinds.kind import chosen
from stacks.spec import Parts


@dataclass(frozen=True)
class Credentials:
    """Where each credential is to be found."""

    stack: str
    variables: Mapping[str, str]
    """Variables of the environment, by the key of a stack file that is read before them."""
    secure: AbstractSet[str]
    """Full keys of the secrets of the stack file."""

    def get(self, key: str) -> str:
        """Return a credential; raise NotChecked where there is none, or it cannot be read."""
        if key in self.secure:
            return self._decrypted(key)
        variable = self.variables[key]
        found = os.environ.get(variable, "").strip()
        if not found:
            raise NotChecked(f"neither {key} is in the stack file nor {variable} in the environment")
        return found

    def _decrypted(self, key: str) -> str:
        told = ask(self.stack, "config", "get", key)
        if told.returncode != 0 or not told.stdout.strip():
            raise NotChecked(f"{key} cannot be decrypted: {in_one_line(told.stderr.removeprefix('error: '))}")
        return told.stdout.strip()


def of_stack(stack: str, parts: Parts, secure: AbstractSet[str]) -> Credentials:
    """Return where the credentials of a stack's kinds are."""
    variables: dict[str, str] = {}
    for _, kind in chosen(parts):
        variables.update(kind.credentials)
    return Credentials(stack, variables, secure)
