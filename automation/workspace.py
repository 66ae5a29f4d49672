"""The Automation API's stack, without the commands that it runs after each operation for what is not read here.

Each start of the CLI takes 0.15 to 0.3 s. The API starts it three times more after an `up` (outputs masked, outputs in
clear, history), and once more after a `refresh` and a `destroy`.
"""

import datetime as dt
import json
from pathlib import Path
from typing import Any

from pulumi.automation import (
    LocalWorkspace,
    LocalWorkspaceOptions,
    OutputMap,
    OutputValue,
    ProjectSettings,
    PulumiFn,
    Stack,
    UpdateSummary,
)
from pulumi.automation._stack import StackInitMode  # which its own `create_or_select` gives to no subclass
from pulumi.runtime import rpc

from automation.state import STACK_TYPE

_SIGNATURE, _SECRET = rpc._special_sig_key, rpc._special_secret_sig  # noqa: SLF001 - they have no public name
_NOT_ASKED = UpdateSummary(
    kind="",
    start_time=dt.datetime.min.replace(tzinfo=dt.UTC),
    message="",
    environment={},
    config={},
    result="",
)


class LeanStack(Stack):
    """A stack whose outputs are read with one command, and whose history is not asked for."""

    def outputs(self) -> OutputMap:
        """Return the outputs. One with a secret anywhere in it is secret as a whole."""
        told = self._run_pulumi_cmd_sync(["stack", "export", "--show-secrets"])
        deployment = json.loads(told.stdout).get("deployment") or {}
        for one in deployment.get("resources") or []:
            if one["type"] == STACK_TYPE:
                return {
                    key: OutputValue(*in_clear(value)) for key, value in (one.get("outputs") or {}).items()
                }
        return {}

    def info(self, show_secrets: bool = True) -> UpdateSummary:  # noqa: ARG002 - the API's own
        """Return nothing of use: what was done is in the events."""
        return _NOT_ASKED


def create_or_select_stack(
    stack_name: str,
    opts: LocalWorkspaceOptions,
    *,
    work_dir: str | None = None,
    project_name: str | None = None,
    program: PulumiFn | None = None,
) -> LeanStack:
    """As the API's own: of the program in `work_dir`, or of an inline `program` of the project `project_name`."""
    opts.work_dir = work_dir or opts.work_dir
    opts.program = program
    workspace = LocalWorkspace(**opts.__dict__)
    if project_name is not None and not (Path(workspace.work_dir) / "Pulumi.yaml").is_file():
        workspace.save_project_settings(
            ProjectSettings(name=project_name, runtime="python", main=workspace.work_dir)
        )
    return LeanStack(stack_name, workspace, StackInitMode.CREATE_OR_SELECT)


def in_clear(value: Any) -> tuple[Any, bool]:
    """Return a value of an export with its secrets in clear, and whether anything in it is secret."""
    if isinstance(value, dict):
        if value.get(_SIGNATURE) == _SECRET:
            return in_clear(json.loads(value["plaintext"]))[0], True
        parts = {key: in_clear(one) for key, one in value.items()}
        return {key: one for key, (one, _) in parts.items()}, any(secret for _, secret in parts.values())
    if isinstance(value, list):
        items = [in_clear(one) for one in value]
        return [one for one, _ in items], any(secret for _, secret in items)
    return value, False
