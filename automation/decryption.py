"""Values of a stack file's secrets, where its passphrase is known here, so that wrong ones are told before an `up`.

Pulumi's passphrase provider (pulumi/pulumi, sdk/go/common/resource/config/crypt.go): a key of 32 bytes by PBKDF2 with
SHA-256, and AES-GCM with a nonce of 12 bytes. Other providers keep their keys elsewhere; nothing is asked of them.
"""

import base64
import hashlib
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from stacks.files import AS_IT_WAS, StackFile
from stacks.language import ChatSpec
from stacks.problems import InvalidStack, Problem
from stacks.secrets import PROVIDER_KEYS, doubts, find, problems

ROUNDS: Final = 1_000_000
PASSPHRASE: Final = "PULUMI_CONFIG_PASSPHRASE"  # noqa: S105 - the variable's name
PASSPHRASE_FILE: Final = f"{PASSPHRASE}_FILE"
_SALT: Final = re.compile(r"v1:([A-Za-z0-9+/]{11}=):(v1:[^:]+:[^:]+)")
"""Eight bytes, and a known text that they encrypted."""


@dataclass(frozen=True)
class _Key:
    key: bytes

    def read(self, text: str) -> str | None:
        """Return what a ciphertext says; None where another key made it."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        try:
            _, nonce, sealed = text.split(":")
            return AESGCM(self.key).decrypt(base64.b64decode(nonce), base64.b64decode(sealed), None).decode()
        except (InvalidTag, ValueError):
            return None


class _Unreadable(Exception):  # noqa: N818 - reads as what it is
    """The file of the passphrase cannot be read."""


def _passphrase() -> tuple[str, bytes] | None:
    """Return what the environment gives as Pulumi reads it: where the passphrase is, and the passphrase.

    Raises _Unreadable.
    """
    told = os.environ.get(PASSPHRASE)
    if told is not None:
        return PASSPHRASE, os.fsencode(told)
    file = os.environ.get(PASSPHRASE_FILE)
    if not file:
        return None
    try:
        # A pipe is read once only: what is read here would lack in the engine.
        if not stat.S_ISREG(Path(file).stat().st_mode):
            raise _Unreadable("it is no file")
        return f"what {PASSPHRASE_FILE} names", Path(file).read_bytes().strip()
    except OSError as error:
        raise _Unreadable(error.strerror or "unknown") from None


def _salt(found: StackFile, document: Mapping[str, Any]) -> tuple[bytes, str] | None:
    """Return the salt of a file's secrets and what proves the passphrase; None where another provider encrypts them.

    Raises InvalidStack where it is none that Pulumi writes: it would refuse the whole file.
    """
    # Pulumi asks for the provider first, and leaves a salt beside another one alone.
    salt = document.get("encryptionsalt")
    if not salt or document.get("secretsprovider") not in (None, "", "default", "passphrase"):
        return None
    said = _SALT.fullmatch(salt.strip())
    if said is None:
        message = "this is no salt as Pulumi writes it (v1:…:v1:…:…)"
        problem = Problem("encryptionsalt", message, remedy=AS_IT_WAS, line=found.line("encryptionsalt"))
        raise InvalidStack(found.shown, [problem])
    return base64.b64decode(said[1]), said[2]


def check(found: StackFile, spec: ChatSpec) -> tuple[str, ...]:
    """Hold the values of the secrets against their forms, where they can be decrypted here.

    Return warnings. Raises InvalidStack, which shows no part of a value.
    """
    document = yaml.safe_load(found.path.read_text(encoding="utf-8-sig"))
    salt = _salt(found, document)
    if salt is None:
        return ()
    try:
        given = _passphrase()
    except _Unreadable as error:
        return (f"the secrets' values are not checked: what {PASSPHRASE_FILE} names cannot be read: {error}",)
    if given is None:
        return ()
    place, passphrase = given
    key = _Key(hashlib.pbkdf2_hmac("sha256", passphrase, salt[0], ROUNDS))
    if key.read(salt[1]) != "pulumi":
        return (f"the secrets' values are not checked: {place} is not the passphrase of this file",)
    values, foreign = {}, []
    for name in sorted(found.secure):
        if PROVIDER_KEYS.get(name) or find(name.removeprefix("rocketchat:")) is not None:
            value = key.read(document["config"][name]["secure"])
            if value is None:
                foreign.append(name)
            else:
                values[name] = value
    wrong = problems(values, spec.parts)
    if wrong:
        raise InvalidStack(found.shown, [one.at(found.line(one.path)) for one in wrong])
    return (
        *doubts(values),
        *(
            f"{name} was encrypted with another key than this file's, and stops a deployment: set it again"
            for name in foreign
        ),
    )
