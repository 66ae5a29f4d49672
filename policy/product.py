"""Which resources are the product's: rules about Rocket.Chat say nothing of what stands beside it.

A resource is the product's when one of this project's components made it, which its URN tells before it is made; in a
program without the components, when it runs a chat or leads to one.
"""

from collections.abc import Iterator
from typing import Final

from policy import tokens as t
from policy.chats import CARRIERS, chats_of
from policy.model import Stack, Subject

COMPONENT: Final = "rocketchat:index:"
"""How the types of this project's components begin. The types of all parents stand in a URN."""
_LEADS_TO: Final = (
    (t.SERVICE, "taskDefinition", t.TASK_DEFINITION),
    (t.LISTENER_RULE, "actions", t.TARGET_GROUP),
    (t.LISTENER, "defaultActions", t.TARGET_GROUP),
    (t.DISTRIBUTION, "origins", t.LOAD_BALANCER),
    (t.BUCKET_CORS, "bucket", t.BUCKET),
    (t.SPACES_CORS, "bucket", t.SPACES_BUCKET),
    (t.DNS_RECORD, "content", t.LOAD_BALANCER),
    (t.ROUTE53_RECORD, "aliases", t.LOAD_BALANCER),
    (t.ROUTE53_RECORD, "records", t.LOAD_BALANCER),
    (t.DIGITALOCEAN_RECORD, "value", t.LOAD_BALANCER),
    (t.DNS_RECORD, "content", t.DISTRIBUTION),
    (t.ROUTE53_RECORD, "aliases", t.DISTRIBUTION),
    (t.ROUTE53_RECORD, "records", t.DISTRIBUTION),
    (t.DIGITALOCEAN_RECORD, "value", t.DISTRIBUTION),
)
"""Type, property, and what that leads to: the first is the product's where the second is."""
_IS_LED_TO: Final = (
    (t.SERVICE, "loadBalancers", t.TARGET_GROUP),
    (t.SERVICE, "networkConfiguration.securityGroups", t.SECURITY_GROUP),
    (t.LISTENER_RULE, "listenerArn", t.LISTENER),
    (t.LISTENER, "loadBalancerArn", t.LOAD_BALANCER),
    (t.LOAD_BALANCER, "securityGroups", t.SECURITY_GROUP),
)
"""Type, property, and what that leads to: the second is the product's where the first is."""


def owns(subject: Subject, stack: Stack) -> bool:
    """Tell whether a resource is the product's, as far as is known yet."""
    return is_of_component(subject) or subject.urn in _of_programs(stack)


def is_of_component(subject: Subject) -> bool:
    """Tell whether one of this project's components made a resource."""
    parts = subject.urn.split("::")
    return len(parts) > 2 and any(one.startswith(COMPONENT) for one in parts[2].split("$"))


def _of_programs(stack: Stack) -> set[str]:
    """Return the URNs of what runs a chat and of what leads to one, read once."""
    found = stack.memo.get("product")
    if not isinstance(found, set):
        found = stack.memo["product"] = set()
        in_manifests = False
        for subject in stack.of(*CARRIERS):
            for chat in chats_of(subject, stack):
                bucket = chat.setting("FileUpload_S3_Bucket")
                named = None if bucket is None else bucket.value
                found.add(subject.urn)
                in_manifests |= subject.type.startswith("kubernetes:") and not is_of_component(subject)
                found |= {b.urn for b in stack.of(t.BUCKET, t.SPACES_BUCKET) if named in set(b.identities())}
        while found:
            more = {urn for urn in _joined(stack, found) if urn not in found}
            if not more:
                break
            found |= more
        if in_manifests:
            # Which of several ways in leads to the chat the manifests of Kubernetes alone do not tell.
            found |= {subject.urn for subject in stack.of(t.INGRESS)}
            found |= {subject.urn for subject in stack.of(t.K8S_SERVICE)}
    return found


def _joined(stack: Stack, found: set[str]) -> Iterator[str]:
    for kind, prop, target in _LEADS_TO:
        for subject in stack.of(kind):
            if any(one.urn in found for one in stack.meant(subject, prop, target)):
                yield subject.urn
    for kind, prop, target in _IS_LED_TO:
        for subject in stack.of(kind):
            if subject.urn in found:
                yield from (one.urn for one in stack.meant(subject, prop, target))
