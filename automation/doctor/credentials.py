"""The user's own credentials of the vendors, from where a deployment finds them: the stack, or the environment."""

import os
import tempfile
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from automation.doctor.command_line import ask
from automation.web import NotChecked, in_one_line
from stacks.kinds.kind import chosen
from stacks.spec import Parts

_OTHERS_KEY: Final = "message authentication failed"
"""What Pulumi's CLI and its service say of a text that another key encrypted."""


class NotDecryptedError(NotChecked):
    """A secret of the stack file was encrypted with another key than the stack's."""


@dataclass(frozen=True)
class Credentials:
    """Where each credential is to be found."""

    stack: str
    variables: Mapping[str, str]
    """Variables of the environment, by the key of a stack file that is read before them."""
    secure: AbstractSet[str]
    """Full keys of the secrets of the stack file."""
    file: Path
    """The stack file."""

    def get(self, key: str) -> str:
        """Return a credential; raise NotChecked where there is none, or it cannot be read."""
        if key in self.secure:
            found = self.decrypted(key)
            if not found:
                raise NotChecked(f"{key} of the stack file is empty")
            return found
        variable = self.variables[key]
        found = os.environ.get(variable, "").strip()
        if not found:
            raise NotChecked(f"neither {key} is in the stack file nor {variable} in the environment")
        return found

    def decrypted(self, key: str) -> str:
        """Return a secret of the stack file.

        Raises:
            NotDecryptedError: It was encrypted with another key than the stack's.
            NotChecked: The stack's own key cannot be had here, so nobody knows.
        """
        try:
            with tempfile.TemporaryDirectory() as folder:
                # A copy: the CLI rewrites a file whose key it makes while it reads.
                copy = Path(folder, self.file.name)
                copy.write_bytes(self.file.read_bytes())
                told = ask(self.stack, "config", "get", key, "--config-file", str(copy))
        except OSError as error:
            raise NotChecked(f"{key} cannot be read: {error.strerror}") from None
        if told.returncode == 0:
            return told.stdout.strip()
        said = f"{key} cannot be decrypted: {in_one_line(told.stderr.removeprefix('error: '))}"
        if _OTHERS_KEY in said.lower():
            raise NotDecryptedError(said)
        raise NotChecked(said)


def of_stack(stack: str, parts: Parts, secure: AbstractSet[str], file: Path) -> Credentials:
    """Return where the credentials of a stack's kinds are."""
    variables: dict[str, str] = {}
    for _, kind in chosen(parts):
        variables.update(kind.credentials)
    return Credentials(stack, variables, secure, file)
