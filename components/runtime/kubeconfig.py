"""What a kubeconfig must have that is carried from machine to machine."""

from collections.abc import Mapping

import yaml

PARTS = {"clusters": "cluster", "contexts": "context", "users": "user"}
_FILES = ("certificate-authority", "client-certificate", "client-key", "tokenFile")
"""Keys that name a file of the machine that the kubeconfig was made on."""


def kubeconfig_problem(text: str) -> str | None:
    """Return what is wrong with the content of a kubeconfig, or None. The answer never holds any part of it."""
    wrong = _problem(text)
    return wrong and f"{wrong}; take what `kubectl config view --raw --flatten --minify` prints"


def _problem(text: str) -> str | None:
    try:
        read = yaml.safe_load(text)
    except yaml.YAMLError:
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


def _items(given: object, key: str) -> list[Mapping[str, object]]:
    named = given if isinstance(given, list) else []
    return [item[key] for item in named if isinstance(item, Mapping) and isinstance(item.get(key), Mapping)]
