"""A chat bot in a Kubernetes cluster, beside the release of the chat."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

from components.base import Component
from components.nodes import ANY_NODE, NodesArgs, on_nodes
from components.runtime.kubernetes import METADATA, in_clear
from rocketchat.bot import LOST_MINUTES, MEMORY_MIB, connected
from rocketchat.services import HTTP_PORT

SERVICE_PORT: Final = 80
"""Of the chat's service, as the chart makes it."""
ARCHITECTURES: Final = {"x86_64": "amd64", "arm64": "arm64"}
"""Values of the nodes' label `kubernetes.io/arch`."""


class ClusterBotArgs(TypedDict):
    """A chat bot beside a release of the chat."""

    namespace: pulumi.Input[str]
    """Namespace of the release."""
    release_name: str
    """Name of the Helm release; the bot is then `<name>-bot`."""
    image: str
    """Image with an exact tag or a digest, with `sh` and `grep`."""
    uid: int
    """Numeric user that it runs as; never 0."""
    environment: Mapping[str, pulumi.Input[str]]
    """Variables in clear; one that Pulumi holds secret fails the deployment."""
    secrets: Mapping[str, pulumi.Input[str]]
    """Variables of the bot that nobody else may read (secret)."""
    architecture: NotRequired[str]
    """`arm64` or `x86_64`, where the image is made for that alone."""
    egress_ports: Sequence[int]
    """TCP ports on the internet that its scripts may reach."""
    nodes: NotRequired[NodesArgs]
    """On which nodes it runs; on any when left out."""
    pull_secret: NotRequired[pulumi.Input[str]]
    """Name of the Secret by which the image is pulled, such as `ChatNamespace.pull_secret`."""


class ClusterBot(Component):
    """A chat bot as one pod, which nothing connects to, and which reaches the chat inside the cluster.

    A deployment does not wait for it: before its account is made, which the running chat is needed for, no bot comes
    up. It is started anew when it has had no connection to the chat for ten minutes. A pod that is replaced stops
    before the next one starts, so that never two answer.

    Produces: an immutable Secret, whose name changes with its values; a Deployment, and its network policy.
    """

    deployment_name: pulumi.Output[str]
    """Name of its Deployment."""

    def __init__(self, name: str, args: ClusterBotArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        if args["uid"] < 1:
            raise ValueError(f"the bot's uid is {args['uid']}; containers do not run as root")
        secrets = {key: pulumi.Output.secret(value) for key, value in args["secrets"].items()}
        # A secret given in clear must not reach the state as an input of the component.
        super().__init__("ClusterBot", name, {**args, "secrets": secrets}, opts)
        labels = {
            "app.kubernetes.io/name": "bot",
            # Not the release's own: the chat's policies and services take pods by that.
            "app.kubernetes.io/instance": f"{args['release_name']}-bot",
            "app.kubernetes.io/part-of": "rocketchat",
        }
        metadata = {"namespace": args["namespace"], "labels": labels}
        secret = kubernetes.core.v1.Secret(
            f"{name}-secret", metadata=metadata, immutable=True, string_data=secrets, opts=self.child()
        )
        secret_name = secret.metadata.apply(lambda found: str(found.name))
        policy = kubernetes.networking.v1.NetworkPolicy(
            f"{name}-traffic",
            metadata={"name": f"{args['release_name']}-bot", "namespace": args["namespace"]},
            spec={
                "pod_selector": {"match_labels": labels},
                "policy_types": ["Ingress", "Egress"],
                "egress": [
                    {
                        "to": [
                            {
                                "pod_selector": {
                                    "match_labels": {"app.kubernetes.io/instance": args["release_name"]}
                                }
                            }
                        ],
                        "ports": [{"port": HTTP_PORT, "protocol": "TCP"}],
                    },
                    {
                        "to": [{"ip_block": {"cidr": "0.0.0.0/0", "except_": [METADATA]}}],
                        "ports": [
                            {"port": int(port), "protocol": "TCP"}
                            for port in sorted(set(args["egress_ports"]))
                        ],
                    },
                ],
            },
            opts=self.child(),
        )
        made = kubernetes.apps.v1.Deployment(
            f"{name}-deployment",
            metadata={
                **metadata,
                "name": f"{args['release_name']}-bot",
                "annotations": {"pulumi.com/skipAwait": "true"},
            },
            spec={
                "replicas": 1,
                "strategy": {"type": "Recreate"},
                "selector": {"match_labels": labels},
                "template": {
                    "metadata": {"labels": labels},
                    "spec": _pod(args, secret_name, sorted(secrets)),
                },
            },
            opts=self.child(depends_on=[policy]),
        )
        self.deployment_name = made.metadata.apply(lambda found: str(found.name))
        self.register()


def _pod(
    args: ClusterBotArgs, secret: pulumi.Output[str], secrets: Sequence[str]
) -> "kubernetes.core.v1.PodSpecArgsDict":
    plain = [
        {"name": name, "value": in_clear(name, value)} for name, value in sorted(args["environment"].items())
    ]
    hidden = [
        {"name": name, "value_from": {"secret_key_ref": {"name": secret, "key": name}}} for name in secrets
    ]
    # Where Cilium stands in for kube-proxy the socket itself leads to a pod, and has the pod's port (Cilium,
    # "Kubernetes Without kube-proxy": socket load balancing).
    stands = connected((SERVICE_PORT, HTTP_PORT), args["uid"])
    asked: dict[str, Any] = {"exec_": {"command": ["sh", "-c", stands]}, "timeout_seconds": 5}
    nodes = args.get("nodes", ANY_NODE)
    if "architecture" in args:
        made_for = {"kubernetes.io/arch": ARCHITECTURES[args["architecture"]]}
        nodes = {**nodes, "selector": {**made_for, **nodes["selector"]}}
    user = {"run_as_non_root": True, "run_as_user": args["uid"], "run_as_group": args["uid"]}
    return {
        **({"image_pull_secrets": [{"name": args["pull_secret"]}]} if "pull_secret" in args else {}),
        **on_nodes(nodes),
        "automount_service_account_token": False,
        "security_context": {**user, "fs_group": args["uid"], "seccomp_profile": {"type": "RuntimeDefault"}},
        "containers": [
            {
                "name": "bot",
                "image": args["image"],
                "env": [*plain, *hidden],
                "security_context": {
                    **user,
                    "allow_privilege_escalation": False,
                    "capabilities": {"drop": ["ALL"]},
                    "seccomp_profile": {"type": "RuntimeDefault"},
                },
                "resources": {
                    "requests": {"cpu": "50m", "memory": f"{MEMORY_MIB}Mi"},
                    "limits": {"cpu": "500m", "memory": f"{MEMORY_MIB}Mi"},
                },
                "readiness_probe": {**asked, "period_seconds": 30},
                # It fetches the packages of its scripts first.
                "liveness_probe": {
                    **asked,
                    "initial_delay_seconds": 300,
                    "period_seconds": 60,
                    "failure_threshold": LOST_MINUTES,
                },
            }
        ],
    }
