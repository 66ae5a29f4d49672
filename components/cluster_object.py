"""Objects in a cluster whose kinds the Kubernetes SDK does not know."""

from collections.abc import Mapping
from typing import Any

import pulumi


class ClusterObject(pulumi.CustomResource):
    """An object of a custom resource definition.

    The SDK's own class for this gives no `status`, which is where a controller tells what it made.
    """

    metadata: pulumi.Output[Mapping[str, Any]]
    status: pulumi.Output[Mapping[str, Any]]

    def __init__(
        self,
        name: str,
        *,
        api_version: str,
        kind: str,
        metadata: Mapping[str, Any],
        spec: Mapping[str, Any],
        opts: pulumi.ResourceOptions,
    ) -> None:
        props = {
            "apiVersion": api_version,
            "kind": kind,
            "metadata": dict(metadata),
            "spec": dict(spec),
            "status": None,
        }
        super().__init__(f"kubernetes:{api_version}:{kind}", name, props, opts)
