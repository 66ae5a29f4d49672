"""Values that the stand-in clouds make up."""

import re

from clouds.ask import Ask

KEY = re.compile(r"(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp\d+) [A-Za-z0-9+/]+={0,2}( .*)?\n?")


def bad_public_key(ask: Ask) -> list[str]:
    """What is no public key of SSH."""
    key = ask["publicKey"]
    return [] if key is None or KEY.fullmatch(key) else ["publicKey is no SSH public key"]


def public_address(ask: Ask) -> str:
    """An address of TEST-NET-3 (RFC 5737), so that a rehearsal never names anybody's host."""
    return f"203.0.113.{1 + ask.number(254, 'address')}"
