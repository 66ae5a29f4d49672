"""What a kubeconfig must have that is carried from machine to machine."""

import base64
from collections.abc import Iterator, Mapping
from typing import TypeGuard

import yaml

from stacks import lifetimes

PARTS = {"clusters": "cluster", "contexts": "context", "users": "user"}
_FILES = ("certificate-authority", "client-certificate", "client-key", "tokenFile")
"""Keys that name a file of the machine that the kubeconfig was made on."""

_CREDENTIALS = (
    ("token",),
    ("client-certificate-data", "client-key-data"),
    ("username", "password"),
    ("exec",),
    ("auth-provider",),
)
"""Keys of a user that together let it in (kubernetes, client-go, `clientcmd/api/v1`, AuthInfo)."""
_REMOVED = ("azure", "gcp")
"""Providers of credentials that client-go has not any more (kubernetes.io, release notes of 1.26)."""


def kubeconfig_problem(text: str) -> str | None:
    """Return what is wrong with the content of a kubeconfig, or None. The answer never holds any part of it."""
    wrong = _problem(text)
    return wrong and f"{wrong}; take what `kubectl config view --raw --flatten --minify` prints"


def _problem(text: str) -> str | None:
    try:
        read = yaml.safe_load(text)
    # A day that is none in the calendar is a ValueError.
    except (yaml.YAMLError, ValueError, RecursionError):
        return "the kubeconfig is not valid YAML"
    if isinstance(read, str):
        return "the kubeconfig must be given by its content, not by its path"
    if not isinstance(read, Mapping):
        return "the kubeconfig is no YAML object"
    lacking = [part for part, key in PARTS.items() if not _items(read.get(part), key)]
    if lacking:
        return f"the kubeconfig has no {', '.join(lacking)}"
    files = {
        name
        for part, key in PARTS.items()
        for item in _items(read[part], key)
        for name in _FILES
        if item.get(name)
    }
    if files:
        return (
            f"the kubeconfig refers to files of the machine that it was made on ({', '.join(sorted(files))})"
        )
    return None


def context_problem(text: str, context: str | None) -> str | None:
    """Return what is wrong with the context of a kubeconfig that is used: not there, leads nowhere, or over by now.

    The kubeconfig has no problem of its own.
    """
    read = yaml.safe_load(text)
    contexts = _named(read, "contexts")
    name = context or read.get("current-context")
    if not isinstance(name, str) or not name:
        return "the kubeconfig has no current-context, and `runtime.context` names none"
    if name not in contexts:
        whose = f"`runtime.context` ({context})" if context else "its own current-context"
        return f"the kubeconfig has no context of the name that is used, {whose}"
    user, cluster = (
        _named(read, part).get(str(contexts[name].get(key)), {})
        for part, key in (("users", "user"), ("clusters", "cluster"))
    )
    if not cluster.get("server"):
        return "the context that is used leads to no cluster of the kubeconfig with a `server`"
    if not any(all(user.get(key) for key in keys) for keys in _CREDENTIALS):
        return (
            "the context that is used leads to no user of the kubeconfig with credentials: a `token`, or "
            "`client-certificate-data` with `client-key-data`"
        )
    provider = user.get("auth-provider")
    if isinstance(provider, Mapping) and provider.get("name") in _REMOVED:
        return (
            "its `auth-provider` is one that Kubernetes took out in 1.26; give a token of a service account"
        )
    ended = next((found for item in (user, cluster) for found in _ended(item)), None)
    return None if ended is None else f"the kubeconfig's {ended[0]} {ended[1]}: make a new kubeconfig"


def _ended(item: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    said = {
        "token": lifetimes.over(str(item.get("token") or "")),
        "client-certificate-data": lifetimes.certificate_over(_bytes(item.get("client-certificate-data"))),
        "certificate-authority-data": lifetimes.certificate_over(
            _bytes(item.get("certificate-authority-data")), authorities=True
        ),
    }
    yield from ((key, ended) for key, ended in said.items() if ended is not None)


def _bytes(given: object) -> bytes:
    try:
        return base64.b64decode(str(given or ""))
    except ValueError:
        return b""


def _named(read: Mapping[str, object], part: str) -> dict[str, Mapping[str, object]]:
    given = read[part]
    items = given if isinstance(given, list) else []
    return {str(item.get("name")): item[PARTS[part]] for item in items if _has(item, PARTS[part])}


def _items(given: object, key: str) -> list[Mapping[str, object]]:
    named = given if isinstance(given, list) else []
    return [item[key] for item in named if _has(item, key)]


def _has(item: object, key: str) -> TypeGuard[Mapping[str, Mapping[str, object]]]:
    return isinstance(item, Mapping) and isinstance(item.get(key), Mapping)
