"""The Automation API's stack, without the commands that it runs after each operation for what is not read here.

Each start of the CLI takes 0.15 to 0.3 s. The API starts it three times more after an `up` (outputs masked, outputs in
clear, history), and once more after a `refresh` and a `destroy`.
"""

import datetime as dt
import glob
from pathlib import Path

from pulumi.automation import (
    LocalWorkspace,
    LocalWorkspaceOptions,
    OutputMap,
    OutputValue,
    ProjectSettings,
    PulumiFn,
    Stack,
    StackNotFoundError,
    UpdateSummary,
)
from pulumi.automation._stack import StackInitMode  # which its own `create_or_select` gives to no subclass

from automation.state import State, in_clear

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
        found = State.from_json(told.stdout).outputs
        return {key: OutputValue(*in_clear(value)) for key, value in found.items()}

    def info(self, show_secrets: bool = True) -> UpdateSummary:  # noqa: ARG002 - the API's own
        """Return nothing of use: what was done is in the events."""
        return _NOT_ASKED


class NoStackError(Exception):
    """The backend has no stack of this name."""


def create_or_select_stack(
    stack_name: str,
    opts: LocalWorkspaceOptions,
    *,
    work_dir: str | None = None,
    project_name: str | None = None,
    program: PulumiFn | None = None,
    create: bool = True,
) -> LeanStack:
    """As the API's own: of the program in `work_dir`, or of an inline `program` of the project `project_name`.

    Raises NoStackError without `create`, where there is none: to create one writes into the stack file, too.
    """
    opts.work_dir = work_dir or opts.work_dir
    opts.program = program
    workspace = LocalWorkspace(**opts.__dict__)
    if project_name is not None and not (Path(workspace.work_dir) / "Pulumi.yaml").is_file():
        workspace.save_project_settings(
            ProjectSettings(name=project_name, runtime="python", main=workspace.work_dir)
        )
    absent = _absent(stack_name, (opts.env_vars or {}).get("PULUMI_BACKEND_URL", ""))
    if create:
        return LeanStack(
            stack_name, workspace, StackInitMode.CREATE if absent else StackInitMode.CREATE_OR_SELECT
        )
    if absent:
        raise NoStackError(stack_name)
    try:
        return LeanStack(stack_name, workspace, StackInitMode.SELECT)
    except StackNotFoundError:
        raise NoStackError(stack_name) from None


def _absent(stack: str, url: str) -> bool:
    """Whether a backend of files is seen to lack a stack, so that the CLI need not be asked."""
    folder = Path(url.removeprefix("file://").partition("?")[0])
    if not url.startswith("file://") or not folder.is_absolute() or not folder.is_dir():
        return False
    return not any((folder / ".pulumi" / "stacks").rglob(f"{glob.escape(stack)}.json*"))
