"""Objects in a cluster: those of kinds that the Kubernetes SDK does not know, and the Secret for pulling images."""

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from components.registry import RegistryArgs, docker_config


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


def pull_secret(
    name: str, registry: RegistryArgs, metadata: Mapping[str, Any], opts: pulumi.ResourceOptions
) -> pulumi.Output[str]:
    """Make the Secret by which pods pull images, and return its name, which is another one for another password."""
    made = kubernetes.core.v1.Secret(
        name,
        metadata=dict(metadata),
        immutable=True,
        type="kubernetes.io/dockerconfigjson",
        string_data={".dockerconfigjson": docker_config(registry)},
        opts=opts,
    )
    found: pulumi.Output[str] = made.metadata.apply(lambda of: str(of.name))
    return found
