"""Values that stand in for a stack's secrets: right in form, unlike anything else, looked for everywhere afterwards."""

import base64
import hashlib
import json
import urllib.parse
from collections.abc import Callable, Iterable, Mapping
from typing import Any


def _hex(key: str) -> str:
    return hashlib.sha256(f"canary of {key}".encode()).hexdigest()[:40]


def _text(key: str) -> str:
    """Return a text with all that shells, Compose, Helm, Caddy, JSON, YAML, Go and addresses give a meaning of its own.

    What one of them changes does not arrive, and what one of them writes otherwise must be found in that form too.
    """
    random = _hex(key)
    awkward = """"q" 'a' \\n \\ `id` $HOME ${x} $$ %41 %s {{ x }} {$y} <b>&amp; # ü€🚀:"""
    return f"{random[:20]} {awkward} {random[20:]}"


def _pem(label: str) -> Callable[[str], str]:
    def made(key: str) -> str:
        # Of three lines, the last one short, as those of real keys are.
        data = base64.b64encode(hashlib.shake_256(_hex(key).encode()).digest(100)).decode()
        lines = [data[at : at + 64] for at in range(0, len(data), 64)]
        return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])

    return made


def _mongodb(database: str) -> Callable[[str], str]:
    return lambda key: (
        f"mongodb+srv://rehearsal:{urllib.parse.quote(_text(key), safe='')}@cluster.example.net/{database}"
        "?retryWrites=true&w=majority"
    )


def _service_account(key: str) -> str:
    return json.dumps(
        {
            "type": "service_account",
            "project_id": "rehearsal",
            "private_key": _pem("PRIVATE KEY")(key),
            "client_email": "rehearsal@rehearsal.iam.gserviceaccount.com",
        }
    )


def _kubeconfig(key: str, context: str = "rehearsal") -> str:
    named = {"name": "rehearsal"}
    return json.dumps(
        {
            "clusters": [{**named, "cluster": {"server": "https://cluster.example.net:6443"}}],
            "contexts": [{"name": context, "context": {"cluster": "rehearsal", "user": "rehearsal"}}],
            "current-context": context,
            "users": [{**named, "user": {"token": _text(key)}}],
        }
    )


def _address(key: str) -> str:
    return f"https://rehearsal.example.net/{_hex(key)}/%41?a=1&b=(x)!;c=~*+,@"


NAMED = {
    "rocketchat:botKeys": ("rocketchat:bot", "keys"),
    "rocketchat:containerVariables": ("rocketchat:container", "secretVariables"),
}
"""Secrets that are JSON objects, and where the file names their members."""


_FORMS: dict[str, Callable[[str], str]] = {
    "backupWebhookUrl": _address,
    "healthcheckUrl": _address,
    "apnCertificate": _pem("CERTIFICATE"),
    "apnKey": _pem("PRIVATE KEY"),
    "fcmServiceAccount": _service_account,
    "kubeconfig": _kubeconfig,
    "mongodbUri": _mongodb("rocketchat"),
    "originPullKey": _pem("PRIVATE KEY"),
    "samlPrivateKey": _pem("PRIVATE KEY"),
}
"""Secrets that must have a form. Every other one is an awkward text, and a provider's are 40 hex digits: a well-formed
token of Cloudflare."""


def _of(key: str, salt: str) -> str:
    namespace, _, name = key.partition(":")
    return _FORMS.get(name, _text if namespace == "rocketchat" else _hex)(f"{key}{salt}")


def values(keys: Iterable[str], plain: Mapping[str, Any] | None = None, *, salt: str = "") -> dict[str, str]:
    """Return a value for each full key (`rocketchat:smtpPassword`), the same on every machine.

    `plain` are the plain values of the stack file, which say what some secrets must hold; another `salt` makes other
    values of the same form.
    """
    made = {key: _of(key, salt) for key in keys}
    for key, (part, listed) in NAMED.items():
        if key in made:
            said = (plain or {}).get(part)
            names = (said.get(listed) if isinstance(said, Mapping) else None) or ("UNREAD",)
            made[key] = json.dumps({name: _text(f"{key}{salt} {name}") for name in names})
    runtime = (plain or {}).get("rocketchat:runtime")
    context = runtime.get("context") if isinstance(runtime, Mapping) else None
    if context and "rocketchat:kubeconfig" in made:
        made["rocketchat:kubeconfig"] = _kubeconfig(f"rocketchat:kubeconfig{salt}", str(context))
    return made
