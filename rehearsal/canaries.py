"""Values that stand in for a stack's secrets: right in form, unlike anything else, looked for everywhere afterwards."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any


def _hex(key: str) -> str:
    return hashlib.sha256(f"canary of {key}".encode()).hexdigest()[:40]


def _pem(label: str) -> Callable[[str], str]:
    return lambda key: f"-----BEGIN {label}-----\n{_hex(key)}\n-----END {label}-----\n"


def _mongodb(database: str) -> Callable[[str], str]:
    return lambda key: f"mongodb+srv://rehearsal:{_hex(key)}@cluster.example.net/{database}"


def _service_account(key: str) -> str:
    return json.dumps(
        {
            "type": "service_account",
            "project_id": "rehearsal",
            "private_key": _pem("PRIVATE KEY")(key),
            "client_email": "rehearsal@rehearsal.iam.gserviceaccount.com",
        }
    )


def _kubeconfig(key: str) -> str:
    named = {"name": "rehearsal"}
    return json.dumps(
        {
            "clusters": [{**named, "cluster": {"server": "https://cluster.example.net:6443"}}],
            "contexts": [{**named, "context": {"cluster": "rehearsal", "user": "rehearsal"}}],
            "current-context": "rehearsal",
            "users": [{**named, "user": {"token": _hex(key)}}],
        }
    )


def _address(key: str) -> str:
    return f"https://rehearsal.example.net/{_hex(key)}"


BOT_KEYS = "rocketchat:botKeys"


_FORMS: dict[str, Callable[[str], str]] = {
    "backupWebhookUrl": _address,
    "healthcheckUrl": _address,
    "apnCertificate": _pem("CERTIFICATE"),
    "apnKey": _pem("PRIVATE KEY"),
    "fcmServiceAccount": _service_account,
    "kubeconfig": _kubeconfig,
    "mongodbUri": _mongodb("rocketchat"),
    "samlPrivateKey": _pem("PRIVATE KEY"),
}
"""Secrets that must have a form; every other one is 40 hex digits, which is a well-formed Cloudflare token too."""


def values(keys: Iterable[str], plain: Mapping[str, Any] | None = None) -> dict[str, str]:
    """Return a value for each full key (`rocketchat:smtpPassword`), the same on every machine.

    `plain` are the plain values of the stack file, which say what some secrets must hold.
    """
    made = {key: _FORMS.get(key.partition(":")[2], _hex)(key) for key in keys}
    if BOT_KEYS in made:
        bot = (plain or {}).get("rocketchat:bot")
        names = (bot.get("keys") if isinstance(bot, Mapping) else None) or ()
        made[BOT_KEYS] = json.dumps({name: _hex(f"{BOT_KEYS} {name}") for name in names})
    return made
