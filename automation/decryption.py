"""Values of a stack file's secrets, where its passphrase is known here, so that wrong ones are told before an `up`.

Pulumi's passphrase provider (pulumi/pulumi, sdk/go/common/resource/config/crypt.go): a key of 32 bytes by PBKDF2 with
SHA-256, and AES-GCM with a nonce of 12 bytes. Other providers keep their keys elsewhere; nothing is asked of them.
"""

import base64
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from stacks.files import StackFile
from stacks.language import ChatSpec
from stacks.problems import InvalidStack
from stacks.secrets import PROVIDER_KEYS, find, problems

ROUNDS: Final = 1_000_000
PASSPHRASE: Final = "PULUMI_CONFIG_PASSPHRASE"  # noqa: S105 - the variable's name


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


def _passphrase() -> str | None:
    """Return the passphrase that the environment gives, as Pulumi reads it."""
    told = os.environ.get(PASSPHRASE)
    file = os.environ.get(f"{PASSPHRASE}_FILE")
    if told is not None or not file:
        return told
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None


def check(found: StackFile, spec: ChatSpec) -> tuple[str, ...]:
    """Hold the values of the secrets against their forms, where they can be decrypted here.

    Return warnings. Raises InvalidStack, which shows no part of a value.
    """
    passphrase = _passphrase()
    if passphrase is None:
        return ()
    document = yaml.safe_load(found.path.read_text(encoding="utf-8-sig"))
    salt = document.get("encryptionsalt")
    if not isinstance(salt, str):
        return ()
    try:
        version, salted, proof = salt.split(":", 2)
        salted_with = base64.b64decode(salted)
    except ValueError:
        return ()
    key = _Key(hashlib.pbkdf2_hmac("sha256", passphrase.encode(), salted_with, ROUNDS))
    if version != "v1" or key.read(proof) != "pulumi":
        return (f"the secrets' values are not checked: {PASSPHRASE} is not the passphrase of this file",)
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
    return tuple(
        f"{name} was encrypted with another key than this file's, and stops a deployment: set it again"
        for name in foreign
    )
