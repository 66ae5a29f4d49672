"""Forms in which hosts are told who may log in."""

import base64
import binascii
import re
from collections.abc import Iterator

TYPES = ("ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521")
"""Of keys that both providers' hosts take."""
FINGERPRINT = r"([0-9a-f]{2}:){15}[0-9a-f]{2}"
"""MD5 fingerprint, by which DigitalOcean knows the keys of an account (API reference, SSH Keys)."""
LEAST_RSA_BITS = 2048
"""Shorter RSA keys are refused by today's clients and servers (OpenSSH, `RequiredRSASize`, with a margin)."""


def check_public_key(text: str) -> str:
    """Return a line of OpenSSH's `authorized_keys` without options; raise ValueError that says what is wrong with it.

    What is no public key is not repeated: it may be a private one.
    """
    if "PRIVATE KEY" in text:
        raise ValueError(
            "this is the private half of a key, which nobody else must know: give the line of the .pub file beside it, "
            "and make another key, as this one stood in a file"
        )
    kind, _, rest = text.partition(" ")
    if kind not in TYPES:
        raise ValueError(
            f"this is no public key of a type that hosts take here: {', '.join(TYPES)}; give the line of a .pub file, "
            "such as ~/.ssh/id_ed25519.pub"
        )
    body, _, comment = rest.partition(" ")
    try:
        fields = list(_fields(base64.b64decode(body, validate=True)))
    except (binascii.Error, ValueError):
        fields = []
    if len(fields) < (3 if kind != "ssh-ed25519" else 2) or fields[0] != kind.encode():
        raise ValueError(f"this {kind} key is not whole: give the line of the .pub file as it is")
    if kind == "ssh-ed25519" and len(fields[1]) != 32:
        raise ValueError("this ssh-ed25519 key is not whole: give the line of the .pub file as it is")
    if kind == "ssh-rsa" and int.from_bytes(fields[2], "big").bit_length() < LEAST_RSA_BITS:
        raise ValueError(
            f"RSA keys have {LEAST_RSA_BITS} bits at least; `ssh-keygen -t ed25519` makes a better key"
        )
    if not re.fullmatch(r"[A-Za-z0-9_.@-]*", comment):
        raise ValueError(
            "the comment at the end of a key has letters, digits and `_.@-` only here; leave the rest out"
        )
    return text


def _fields(data: bytes) -> Iterator[bytes]:
    """Yield the fields of a key's body, each after its length in four bytes (RFC 4253, 6.6)."""
    while data:
        length = int.from_bytes(data[:4], "big")
        if len(data) < 4 + length:
            raise ValueError("a field is cut off")
        yield data[4 : 4 + length]
        data = data[4 + length :]
