"""What the Pulumi CLI tells of a stack; the Automation API would make one that is not there."""

import subprocess

from automation.pulumi_cli import find_engine
from automation.web import NotChecked
from stacks.project import ROOT

SECONDS = 60


def ask(stack: str, *command: str) -> "subprocess.CompletedProcess[str]":
    """Return how a command of the CLI ended. Raises NotChecked where there is no CLI, or no answer in time."""
    cli = find_engine()
    if cli is None:
        raise NotChecked("there is no Pulumi CLI")
    try:
        return subprocess.run(  # noqa: S603
            [cli.path, *command, "--stack", stack, "--non-interactive"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NotChecked(f"`pulumi {' '.join(command)}` did not end in {SECONDS} seconds") from None
