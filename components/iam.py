"""IAM documents: the only place where they are built. Actions are listed one by one, resources are named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi


@dataclass(frozen=True)
class Statement:
    """One statement of a policy. `resources` are ARNs; they may be outputs."""

    sid: str
    actions: Sequence[str]
    resources: Sequence[pulumi.Input[str]] = ()
    effect: str = "Allow"
    principals: Mapping[str, Sequence[pulumi.Input[str]]] | str | None = None
    """`{"Service": [...]}` and the like, or `*`; only in resource policies and trust policies."""
    conditions: Mapping[str, Mapping[str, pulumi.Input[Any]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.effect == "Allow":
            wild = [action for action in self.actions if "*" in action]
            if wild:
                raise ValueError(
                    f"statement {self.sid}: actions are listed one by one, not {', '.join(wild)}"
                )


def document(*statements: Statement) -> pulumi.Output[str]:
    """Return the JSON text of a policy document of version 2012-10-17."""
    return pulumi.Output.json_dumps(
        {"Version": "2012-10-17", "Statement": [_statement(statement) for statement in statements]}
    )


def trust(
    service: str,
    *,
    account_id: pulumi.Input[str] | None = None,
    source_arn: pulumi.Input[str] | None = None,
) -> pulumi.Output[str]:
    """Return a trust policy for one AWS service, bound to an account or a source against confused deputies."""
    conditions: dict[str, dict[str, pulumi.Input[Any]]] = {}
    if account_id is not None:
        conditions["StringEquals"] = {"aws:SourceAccount": account_id}
    if source_arn is not None:
        conditions["ArnLike"] = {"aws:SourceArn": source_arn}
    return document(
        Statement("Trust", ["sts:AssumeRole"], principals={"Service": [service]}, conditions=conditions)
    )


def _statement(statement: Statement) -> dict[str, Any]:
    made: dict[str, Any] = {"Sid": statement.sid, "Effect": statement.effect}
    if statement.principals is not None:
        made["Principal"] = (
            statement.principals
            if isinstance(statement.principals, str)
            else {kind: list(names) for kind, names in statement.principals.items()}
        )
    made["Action"] = list(statement.actions)
    if statement.resources:
        made["Resource"] = list(statement.resources)
    if statement.conditions:
        made["Condition"] = {operator: dict(keys) for operator, keys in statement.conditions.items()}
    return made
