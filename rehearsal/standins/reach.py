"""Whether the Kubernetes provider reaches its cluster (pulumi-kubernetes, provider.go, Configure)."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from clouds.ask import Tokens

_UNREACHABLE = "configured Kubernetes cluster is unreachable: "
NO_KUBECONFIG = f"{_UNREACHABLE}failed to parse kubeconfig data in `kubernetes:config:kubeconfig`"
NO_CREDENTIALS = (
    f"{_UNREACHABLE}unable to load schema information from the API server: the server has asked for the client to "
    "provide credentials"
)


def unreachable(kubeconfig: str, tokens: Tokens) -> str | None:
    """Return why not, or None. A kubeconfig is the path of one file or its content; empty, it is the machine's own."""
    if not kubeconfig:
        return None
    read = _read(_content(kubeconfig))
    if read is None:
        return NO_KUBECONFIG
    users = [one.get("user") or {} for one in read.get("users") or []]
    return NO_CREDENTIALS if any(tokens.over(str(user.get("token"))) for user in users) else None


def _content(kubeconfig: str) -> str:
    if "\n" in kubeconfig or kubeconfig.startswith("{"):
        return kubeconfig
    path = Path(kubeconfig)
    return path.read_text(encoding="utf-8") if path.is_file() else kubeconfig


@cache
def _read(content: str) -> Mapping[str, Any] | None:
    try:
        read = yaml.safe_load(content)
    except yaml.YAMLError:
        return None
    return read if isinstance(read, Mapping) and "clusters" in read else None
