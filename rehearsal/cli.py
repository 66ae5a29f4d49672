"""Where the Pulumi CLI is, and how to get one below the checkout."""

import os
import re
import shutil
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
HOME = CHECKOUT / ".cache" / "engine"
"""Where a CLI of our own is put: `bin/pulumi`."""
MODULE = CHECKOUT / "tools" / "engine"
COMMAND = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
INSTALL_SECONDS = 60
"""How long the official installer may take; where it cannot be reached it says so much sooner."""
BUILD_SECONDS = 1800
"""How long the build may take: one to four minutes on two cores, more where they are shared."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Cli:
    """A Pulumi CLI that can be used."""

    path: Path
    version: str
    """Such as `3.259.0`."""


def find_engine() -> Cli | None:
    """Return the CLI on PATH, else the one of our own, else None."""
    on_path = shutil.which("pulumi")
    for path in (Path(on_path) if on_path else None, HOME / "bin" / "pulumi"):
        version = _version(path) if path is not None and path.is_file() else None
        if path is not None and version is not None:
            return Cli(path, version)
    return None


def _version(path: Path) -> str | None:
    try:
        told = subprocess.run(  # noqa: S603
            [path, "version"],
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.match(r"v?(\d+\.\d+\.\d+)", told.strip())
    # A CLI built without its version stamped prints nothing, and the Automation API refuses it.
    return found[1] if found else None


def provide_engine(say: Say) -> Cli | None:
    """Return a CLI: the one there is, else installed, else built from its pinned Go module; else None."""
    found = find_engine()
    if found is not None:
        say(f"Pulumi CLI {found.version} found: {found.path}")
        return found
    say("No Pulumi CLI on PATH. Trying the official installer ...")
    if not _install(say) and not _build(say):
        return None
    found = find_engine()
    if found is None:
        say("What was installed does not run.")
        return None
    say(f"Pulumi CLI {found.version} is ready: {found.path}")
    return found


def _install(say: Say) -> bool:
    """Run the official installer in a thread that is left alone when it takes too long."""
    from pulumi.automation import PulumiCommand

    outcome: list[str] = []

    def work() -> None:
        try:
            PulumiCommand.install(root=str(HOME))
        except Exception as error:  # noqa: BLE001 - whatever stops it, the next way is tried
            outcome.append(type(error).__name__)
        else:
            outcome.append("")

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(INSTALL_SECONDS)
    if outcome == [""]:
        return True
    say(f"The installer did not work ({outcome[0] if outcome else f'nothing after {INSTALL_SECONDS} s'}).")
    return False


def pinned_version() -> str:
    """Return the version of the CLI in tools/engine/go.mod."""
    text = (MODULE / "go.mod").read_text(encoding="utf-8")
    found = re.search(r"github\.com/pulumi/pulumi/pkg/v3 v(\d+\.\d+\.\d+)", text)
    if found is None:
        raise ValueError("tools/engine/go.mod does not require github.com/pulumi/pulumi/pkg/v3")
    return found[1]


def _build(say: Say) -> bool:
    go = shutil.which("go")
    if go is None:
        say("Go is not installed, so the CLI cannot be built from its module either.")
        return False
    version = pinned_version()
    say(f"Building Pulumi CLI {version} from its Go module (one to four minutes, once) ...")
    target = HOME / "bin" / "pulumi"
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        subprocess.run(  # noqa: S603
            [go, "build", "-ldflags", f"-s -w -X {VERSION_VARIABLE}=v{version}", "-o", target, COMMAND],
            cwd=MODULE,
            env={**os.environ, "GOFLAGS": "-mod=readonly"},
            capture_output=True,
            text=True,
            timeout=BUILD_SECONDS,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        last = (error.stderr or "").strip().splitlines()[-1:] or ["no message"]
        say(f"The build failed: {re.sub(r'https?://[^ ]+', '(its address)', last[0])}")
        return False
    except (OSError, subprocess.SubprocessError) as error:
        say(f"The build failed: {type(error).__name__}")
        return False
    return True
