"""A project's stacks at a commit and as they are now, as the commands of each version tell of them."""

import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from automation.errors import AutomationError, UsageError
from stacks.project import COMMAND, ROOT

OnDone = Callable[[str], None]


@dataclass(frozen=True)
class Version:
    """What is told of each stack. One that this version lacks or cannot plan is in none of the maps."""

    plans: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What `plan --json` tells, by stack."""
    costs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What `cost --json` tells."""
    findings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What `policy --json` tells."""
    wrong: Mapping[str, str] = field(default_factory=dict)
    """Why a stack cannot be planned."""


def both(
    base: str,
    look: Callable[[Path], Version],
) -> tuple[Version, Version]:
    """Return what there is at a commit of git, and what there is now. Raises UsageError and AutomationError."""
    with checked_out(base) as folder, ThreadPoolExecutor(2) as pool:
        before, now = pool.map(look, (folder, ROOT))
    return before, now


@contextmanager
def checked_out(base: str) -> Iterator[Path]:
    """Give a folder with the project as it was at a commit, without a trace in the repository. Raises UsageError."""
    if _git("rev-parse", "--is-inside-work-tree") is None:
        raise UsageError(f"{ROOT} is in no repository of git", remedy="commit the project's stack files")
    if base.startswith("-") or _git("rev-parse", "--verify", "--quiet", f"{base}^{{commit}}") is None:
        raise UsageError(
            f"{base} is no commit, branch or tag here",
            remedy="git fetch origin, or give another one, such as HEAD~1",
        )
    with tempfile.TemporaryDirectory(prefix="rocketchat-base-") as made:
        archive = Path(made, "base.tar")
        if _git("archive", "--format=tar", f"--output={archive}", base) is None:
            raise UsageError(f"git cannot give the project as it was at {base}", remedy=f"git archive {base}")
        folder = Path(made, "project")
        with tarfile.open(archive) as opened:
            opened.extractall(folder, filter="data")
        yield folder


def _git(*arguments: str) -> str | None:
    try:
        ran = subprocess.run(  # noqa: S603 - no shell, and nothing of it is an option
            ["git", *arguments],  # noqa: S607
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        raise UsageError("there is no git here", remedy="install git") from None
    return ran.stdout if ran.returncode == 0 else None


def of_all(folder: Path, *, on_done: OnDone = lambda _: None) -> Version:
    """Return plan, cost and findings of every stack of a project."""
    plans: dict[str, Mapping[str, Any]] = {}
    wrong: dict[str, str] = {}
    for name in names(folder):
        told = _told(folder, "plan", name)
        if "resources" in told:
            plans[name] = told
        else:
            wrong[name] = str(told.get("cause") or told.get("error"))
        on_done(name)
    # A version that does not tell cost and findings with its plans is taken to know nothing of them.
    found = {
        key: {name: told[key] for name, told in plans.items() if key in told} for key in ("cost", "policies")
    }
    return Version(plans, found["cost"], found["policies"], wrong)


def of_costs(folder: Path, stacks: Sequence[str], *more: str) -> Version:
    """Return what stacks cost, of those that are there. `more` are options of `cost`."""
    there = [name for name in stacks if name in names(folder) or Path(name).suffix]
    told = _told(folder, "cost", *there, *more) if there else {}
    return Version(costs={str(one["stack"]): one for one in told.get("stacks", ())})


def names(folder: Path) -> list[str]:
    """Return the names of a project's stack files."""
    found = (path.name for path in (folder / "stacks").glob("Pulumi.*.yaml"))
    return sorted(name.removeprefix("Pulumi.").removesuffix(".yaml") for name in found)


def _told(folder: Path, command: str, *arguments: str) -> Mapping[str, Any]:
    """Run a command of the program in that folder, or of the installed one where the folder has none."""
    ran = subprocess.run(  # noqa: S603 - this Python, and our own module
        [sys.executable, "-m", "command", command, *arguments, "--json"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        told = json.loads(ran.stdout)
    except ValueError:
        last = (ran.stderr.strip() or "nothing").splitlines()[-1]
        if ran.returncode == 2:
            return {}
        raise AutomationError(f"`{COMMAND} {command} --json` in {folder} told: {last}", remedy="") from None
    return told if isinstance(told, dict) else {}
