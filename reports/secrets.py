"""Where a stack's secrets are, and who can read them there. Names only: no value leaves this module."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

from automation.values import short_type
from rehearsal.plan import Plan, PlannedResource
from rehearsal.stack import RehearsedStack
from rehearsal.wire import strings
from stacks import secrets as known
from stacks.masking import stands_in

_POLICIES: Final = frozenset(
    {"aws:iam/rolePolicy:RolePolicy", "aws:iam/userPolicy:UserPolicy", "aws:iam/policy:Policy"}
)
_VERSION: Final = "aws:secretsmanager/secretVersion:SecretVersion"
_KUBERNETES: Final = "kubernetes:core/v1:Secret"
_STATE: Final = "the state, encrypted: who has the stack's passphrase or key"


@dataclass(frozen=True)
class Secret:
    """One secret by its name."""

    name: str
    purpose: str
    unset: bool
    places: tuple[str, ...]
    """Resources that it is given to, by name and type."""
    readers: tuple[str, ...]


def of_stack(loaded: RehearsedStack, plan: Plan) -> list[Secret]:
    """Return the secrets of a stack: those of its file, and those that are made."""
    found: dict[str, Secret] = {}
    texts = {one.urn: list(strings(one.inputs)) for one in plan.resources if one.custom}
    for label, value in plan.secrets.items():
        name, purpose = _named(label)
        holders = [
            one for one in plan.resources if any(stands_in(value, text) for text in texts.get(one.urn, ()))
        ]
        if not holders and not label.startswith("configuration "):
            continue
        readers = dict.fromkeys(one for holder in holders for one in _readers(holder, plan))
        before = found.get(name)
        found[name] = Secret(
            name,
            purpose,
            label.removeprefix("configuration ") in loaded.unset,
            tuple(
                dict.fromkeys(
                    [
                        *(before.places if before else ()),
                        *(f"{one.name} ({short_type(one.type)})" for one in holders),
                    ]
                )
            ),
            tuple(dict.fromkeys([*(before.readers if before else (_STATE,)), *readers])),
        )
    return sorted(found.values(), key=lambda one: one.name)


def _named(label: str) -> tuple[str, str]:
    if not label.startswith("configuration "):
        return label.rpartition(" ")[0], "generated"
    key = label.removeprefix("configuration ")
    secret = known.find(key.partition(":")[2])
    return key, secret.description if secret is not None else "credential of a provider"


def _readers(holder: PlannedResource, plan: Plan) -> Iterator[str]:
    if holder.type == _VERSION:
        arn = str(holder.inputs.get("secretId"))
        for policy in plan.resources:
            if policy.type in _POLICIES and _allows(policy.inputs, arn):
                who = policy.inputs.get("role") or policy.inputs.get("user") or policy.name
                kind = "user" if policy.inputs.get("user") else "role"
                yield f"IAM {kind} {who}, by {policy.name}"
        yield "administrators of the AWS account"
    elif holder.type == _KUBERNETES:
        where = (holder.inputs.get("metadata") or {}).get("namespace", "default")
        yield f"pods of the namespace {where} that name it, and who may read its Secrets"
    else:
        yield f"{short_type(holder.type).partition('.')[0]}, which it is sent to"


def _allows(inputs: Mapping[str, Any], arn: str) -> bool:
    try:
        document = json.loads(inputs.get("policy") or "{}")
    except (TypeError, ValueError):
        return False
    return any(
        one.get("Effect") == "Allow"
        and any(fnmatchcase("secretsmanager:GetSecretValue", each) for each in _listed(one.get("Action")))
        and any(fnmatchcase(arn, each) for each in _listed(one.get("Resource")))
        for one in _listed(document.get("Statement"))
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
