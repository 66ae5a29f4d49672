"""What independent scanners read: a plan as Terraform's, its IAM documents, and its Kubernetes manifests."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from policy.model import Subject

_RENAMED: Final = {
    "aws:lb/loadBalancer:LoadBalancer": "aws_lb",
    "aws:s3/bucketObjectv2:BucketObjectv2": "aws_s3_object",
    "aws:servicediscovery/httpNamespace:HttpNamespace": "aws_service_discovery_http_namespace",
}
_SAME_NAME: Final = (
    "acm",
    "appautoscaling",
    "budgets",
    "cloudfront",
    "cloudwatch",
    "ecs",
    "iam",
    "kms",
    "lb",
)
_WITH_MODULE: Final = frozenset(
    (*_SAME_NAME, "lightsail", "route53", "s3", "secretsmanager", "sesv2", "sns", "ssm", "vpc", "wafv2")
)
"""Services whose name stands before Terraform's name of a type; those of EC2 have none."""
_FOREIGN: Final = ("aws", "cloudflare", "digitalocean", "mongodbatlas")
_MAPS: Final = frozenset(("tags", "tagsAll", "labels", "dimensions", "resourceTags", "parameters"))
"""Properties that are maps in Terraform too, and no blocks."""
_DOCUMENTS: Final = {
    "aws:iam/rolePolicy:RolePolicy": ("policy", "identity"),
    "aws:iam/userPolicy:UserPolicy": ("policy", "identity"),
    "aws:iam/groupPolicy:GroupPolicy": ("policy", "identity"),
    "aws:iam/policy:Policy": ("policy", "identity"),
    "aws:kms/key:Key": ("policy", "resource"),
    "aws:s3/bucketPolicy:BucketPolicy": ("policy", "resource"),
    "aws:sns/topicPolicy:TopicPolicy": ("policy", "resource"),
    "aws:sqs/queuePolicy:QueuePolicy": ("policy", "resource"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": ("policy", "resource"),
}


def terraform(subjects: Iterable[Subject]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return a plan as `terraform show -json` writes it, and the URN of each of its addresses.

    The references between resources are told too: scanners that look at several resources follow them.
    """
    kept = [one for one in subjects if one.type.partition(":")[0] in _FOREIGN]
    addresses = {one.urn: f"{terraform_type(one.type)}.r{number}" for number, one in enumerate(kept)}
    resources, configured = [], []
    for one in kept:
        kind, _, name = addresses[one.urn].partition(".")
        resource = {
            "address": addresses[one.urn],
            "mode": "managed",
            "type": kind,
            "name": name,
            "provider_name": f"registry.terraform.io/hashicorp/{kind.partition('_')[0]}",
        }
        resources.append({**resource, "values": _block(one.properties)})
        references = {
            _snake(key): {"references": [addresses[urn] for urn in urns if urn in addresses]}
            for key, urns in one.dependencies.items()
        }
        configured.append(
            {**resource, "expressions": {k: v for k, v in references.items() if v["references"]}}
        )
    changes = [
        {**one, "change": {"actions": ["create"], "before": None, "after": one["values"]}}
        for one in resources
    ]
    plan = {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "planned_values": {"root_module": {"resources": resources}},
        "resource_changes": changes,
        "configuration": {"root_module": {"resources": configured}},
    }
    return plan, {address: urn for urn, address in addresses.items()}


def terraform_type(token: str) -> str:
    """Return Terraform's name of a type: `aws_s3_bucket` of `aws:s3/bucket:Bucket`."""
    provider, module, _ = token.split(":")
    service, _, name = module.partition("/")
    stem = _snake(name)
    if token in _RENAMED:
        return _RENAMED[token]
    if service not in _WITH_MODULE:
        return f"{provider}_{stem}"
    return f"{provider}_{service}_{stem}"


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def _block(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return properties as Terraform has them: blocks are lists, and named in the singular."""
    block: dict[str, Any] = {}
    for key, value in properties.items():
        name = _snake(key)
        if isinstance(value, Mapping):
            block[name] = dict(value) if key in _MAPS else [_block(value)]
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            singular = name[:-3] + "y" if name.endswith("ies") else name.removesuffix("s")
            block[name if name in _PLURAL else singular] = [_block(item) for item in value]
        else:
            block[name] = value
    return block


_PLURAL: Final = frozenset(("ingress", "egress", "access_logs", "health_checks"))


def iam_documents(subjects: Iterable[Subject]) -> Iterator[dict[str, str]]:
    """Give the IAM documents of a plan: whose (its URN), whether what an identity may, and the text.

    Whom a role trusts is not among them: neither scanner reads documents without resources.
    """
    for one in subjects:
        key, kind = _DOCUMENTS.get(one.type, ("", ""))
        document = one.properties.get(key)
        if document:
            text = document if isinstance(document, str) else json.dumps(document)
            yield {"name": one.urn, "kind": kind, "text": text}


def manifests(subjects: Iterable[Subject]) -> dict[str, Mapping[str, Any]]:
    """Return the manifests of a plan by their URNs; charts are not among them.

    One that the provider would name has the resource's name.
    """
    return {
        one.urn: {**one.properties, "metadata": {"name": one.name, **one.properties["metadata"]}}
        for one in subjects
        if one.type.startswith("kubernetes:") and "kind" in one.properties and not one.type.endswith("Patch")
    }


def as_yaml(all_of: Iterable[Mapping[str, Any]]) -> str:
    """Return manifests as one file; JSON is YAML, but not where characters are escaped in pairs."""
    return "\n---\n".join(json.dumps(one, ensure_ascii=False) for one in all_of)


def checkov_name(manifest: Mapping[str, Any]) -> str:
    """Return what Checkov calls a manifest's resource."""
    about = manifest["metadata"]
    return f"{manifest['kind']}.{about.get('namespace', 'default')}.{about['name']}"


def kube_score_name(manifest: Mapping[str, Any]) -> str:
    """Return what kube-score calls a manifest's resource."""
    about = manifest["metadata"]
    return "/".join(
        part
        for part in (manifest["kind"], manifest["apiVersion"], about.get("namespace", ""), about["name"])
        if part
    )
