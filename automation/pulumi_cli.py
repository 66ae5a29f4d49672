"""Where the Pulumi CLI is, and how to get one below the project."""

import functools
import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from stacks.project import CHECKOUT, ROOT

HOME = (CHECKOUT or ROOT) / ".cache" / "engine"
"""Where a CLI of our own is put: `bin/pulumi`."""
TOOLS = Path(__file__).parent / "tools"
"""Go modules that pin what is built."""
MODULE = TOOLS / "engine"
COMMAND = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
YAML_HOST = "pulumi-language-yaml"
"""What runs programs in YAML. The official CLI brings it along."""
INSTALL_SECONDS = 60
"""How long the official installer may take; where it cannot be reached it says so much sooner."""
BUILD_MINUTES = "5 to 10 minutes on two cores"
"""How long a build takes where Go has built nothing yet: ten minutes of one core, measured in November 2026."""
BUILD_SECONDS = 3600
"""How long a build may take, on cores that are shared."""
PROGRESS_SECONDS = 20
"""After how long a build says how far it is, again and again."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Tool:
    """A command that is built from a Go module, pinned in a folder of `automation/tools/`."""

    binary: str
    folder: Path
    module: str
    command: str
    """The package to build."""
    variable: str
    """The package variable that takes the version."""


ENGINE = Tool(
    "pulumi",
    MODULE,
    "github.com/pulumi/pulumi/pkg/v3",
    COMMAND,
    "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version",
)
YAML = Tool(
    YAML_HOST,
    TOOLS / "yaml",
    "github.com/pulumi/pulumi-yaml",
    f"github.com/pulumi/pulumi-yaml/cmd/{YAML_HOST}",
    "github.com/pulumi/pulumi-yaml/pkg/version.Version",
)


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
        version = _version(path, path.stat().st_mtime_ns) if path is not None and path.is_file() else None
        if path is not None and version is not None:
            return Cli(path, version)
    return None


@functools.cache
def _version(path: Path, changed: int) -> str | None:  # noqa: ARG001 - the file's time, so that a new one is asked anew
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


def find_yaml_host(cli: Cli) -> Path | None:
    """Return what runs programs in YAML for this CLI: beside it, on PATH, or of our own; else None."""
    on_path = shutil.which(YAML_HOST)
    places = (cli.path.resolve().with_name(YAML_HOST), Path(on_path or ""), HOME / "bin" / YAML_HOST)
    return next((path for path in places if path.is_file()), None)


def provide_engine(say: Say) -> Cli | None:
    """Return a CLI: the one there is, else installed, else built from its pinned Go module; else None.

    With it comes what runs programs in YAML, where that can be had.
    """
    cli = _provide_engine(say)
    if cli is not None:
        _provide_yaml_host(cli, say)
    return cli


def _provide_yaml_host(cli: Cli, say: Say) -> None:
    # Another CLI is somebody else's business.
    if cli.path.parent == HOME / "bin" and find_yaml_host(cli) is None:
        say("It runs programs in YAML too." if _build(YAML, say) else "It cannot run programs in YAML.")


def _provide_engine(say: Say) -> Cli | None:
    found = find_engine()
    if found is not None:
        say(f"Pulumi CLI {found.version} found: {found.path}")
        return found
    say("No Pulumi CLI on PATH. Trying the official installer ...")
    if not _install(say) and not _build(ENGINE, say):
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


def pinned_version(tool: Tool = ENGINE) -> str:
    """Return the version of a tool in its go.mod."""
    text = (tool.folder / "go.mod").read_text(encoding="utf-8")
    found = re.search(rf"{re.escape(tool.module)} v(\d+\.\d+\.\d+)", text)
    if found is None:
        raise ValueError(f"automation/tools/{tool.folder.name}/go.mod does not require {tool.module}")
    return found[1]


def _build(tool: Tool, say: Say) -> bool:
    go = shutil.which("go")
    if go is None:
        say(f"Go is not installed, so {tool.binary} cannot be built from its module either.")
        return False
    version = pinned_version(tool)
    say(f"Building {tool.binary} {version} from its Go module ({BUILD_MINUTES}, once) ...")
    target = HOME / "bin" / tool.binary
    target.parent.mkdir(parents=True, exist_ok=True)
    flags = f"-s -w -X {tool.variable}=v{version}"
    try:
        wanted = _run_go([go, "list", "-deps", tool.command], tool, say)
        _run_go(
            [go, "build", "-v", "-ldflags", flags, "-o", str(target), tool.command], tool, say, len(wanted)
        )
    except subprocess.CalledProcessError as error:
        say(f"The build failed: {re.sub(r'https?://[^ ]+', '(its address)', error.output or 'no message')}")
        return False
    except (OSError, subprocess.SubprocessError) as error:
        say(f"The build failed: {type(error).__name__}")
        return False
    return True


def _run_go(arguments: list[str], tool: Tool, say: Say, wanted: int = 0) -> list[str]:
    """Run Go, say how far it is, and return the packages that it named; raise SubprocessError where it fails."""
    named: list[str] = []
    fetched: list[str] = []
    began = time.monotonic()
    with subprocess.Popen(  # noqa: S603
        arguments,
        cwd=tool.folder,
        env={**os.environ, "GOFLAGS": "-mod=readonly"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as running:

        def read() -> None:
            for line in running.stdout or ():
                (fetched if line.startswith("go: ") else named).append(line.strip())

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        try:
            while reader.is_alive():
                reader.join(PROGRESS_SECONDS)
                seconds = time.monotonic() - began
                if reader.is_alive() and seconds > BUILD_SECONDS:
                    raise subprocess.TimeoutExpired(arguments, BUILD_SECONDS)
                if reader.is_alive():
                    far = (
                        f"{len(named)} of at most {wanted} packages built"
                        if wanted
                        else f"modules read, {len(fetched)} fetched"
                    )
                    say(f"  {seconds / 60:.1f} min: {far}")
            running.wait()
        finally:
            running.kill()
    if running.returncode:
        raise subprocess.CalledProcessError(running.returncode, arguments, (named or fetched or [""])[-1])
    return named
