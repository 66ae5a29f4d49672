"""On which nodes of a cluster pods run."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypedDict

NODE: Final = "kubernetes.io/hostname"
ZONE: Final = "topology.kubernetes.io/zone"
"""Labels of nodes that Kubernetes itself sets ("Well-Known Labels, Annotations and Taints")."""


class NodesArgs(TypedDict):
    """On which nodes pods run."""

    selector: Mapping[str, str]
    """Labels that a node must have."""
    tolerations: Sequence[Mapping[str, str]]
    """Taints that do not keep the pods away, in Kubernetes's own words: `key`, `operator`, `value`, `effect`."""
    apart: str
    """Label of nodes by which pods of a kind stand apart, `NODE` or `ZONE`, where there is room."""


ANY_NODE: Final[NodesArgs] = {"selector": {}, "tolerations": [], "apart": NODE}


def on_nodes(nodes: NodesArgs) -> dict[str, Any]:
    """Return what a pod's spec says of them; nothing where any node will do."""
    made: dict[str, Any] = {}
    if nodes["selector"]:
        made["node_selector"] = dict(nodes["selector"])
    if nodes["tolerations"]:
        made["tolerations"] = [dict(one) for one in nodes["tolerations"]]
    return made
