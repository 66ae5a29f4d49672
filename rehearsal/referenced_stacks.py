"""A stack that a rehearsed one refers to: in the same backend it has the outputs that it would have."""

from collections.abc import Mapping
from typing import Any

from pulumi.automation import Deployment, LocalWorkspaceOptions, create_or_select_stack

from clouds.ask import CREATED
from rehearsal.stack import exported
from stacks import PROJECT
from stacks.engine import STACK_TYPE
from stacks.language import ChatSpec


def put_other(spec: ChatSpec, options: LocalWorkspaceOptions) -> None:
    """Make the stack that a stack refers to, with nothing but its outputs, where it is not there yet."""
    reference = getattr(spec.parts.database, "stack", None)
    if reference is None:
        return
    other = reference.rpartition("/")[2]
    outputs, secret = exported(other)
    opened = create_or_select_stack(
        stack_name=other, project_name=PROJECT, program=lambda: None, opts=options
    )
    if not (opened.export_stack().deployment or {}).get("resources"):
        opened.import_stack(
            _deployed(other, {key: value for key, value in outputs.items() if key not in secret})
        )


def _deployed(stack: str, outputs: Mapping[str, Any]) -> Deployment:
    resource = {
        "urn": f"urn:pulumi:{stack}::{PROJECT}::{STACK_TYPE}::{PROJECT}-{stack}",
        "type": STACK_TYPE,
        "custom": False,
        "outputs": dict(outputs),
    }
    manifest = {"time": CREATED, "magic": "", "version": ""}
    return Deployment(version=3, deployment={"manifest": manifest, "resources": [resource]})
