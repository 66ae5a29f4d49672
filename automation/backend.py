"""Where a stack's state is kept, and which clouds its operations reach."""

import contextlib
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pulumi.automation import LocalWorkspaceOptions, PulumiCommand

from rehearsal.cli import CHECKOUT
from rehearsal.cloud import StandinCloud
from rehearsal.plan import PROJECT
from rehearsal.server import debug_providers, serving
from stacks import deploy, files

PASSPHRASE = "rehearsal"  # noqa: S105 - it protects stand-in values only
WORK = CHECKOUT / ".cache" / "rehearsal"
"""Where rehearsals are while they last."""
KEPT = CHECKOUT / ".cache" / "rehearsal-kept"
"""Where the command line keeps rehearsals between two commands."""


@dataclass(frozen=True)
class Backend:
    """State and clouds. `Backend()` is the real thing, as the Pulumi CLI of this machine is set up."""

    url: str | None = None
    """Address of the state (`s3://…`, `file://…`, `https://api.pulumi.com`); what `pulumi login` chose when None."""
    secrets_provider: str | None = None
    """What encrypts the secrets of stacks that are made here (`passphrase`, `awskms://…`); Pulumi's own choice when
    None. A stack that is there keeps its own."""
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Further environment variables of the engine: credentials, PULUMI_CONFIG_PASSPHRASE."""
    inline: bool = False
    """Run the program in this process, instead of as a program of its own by the CLI's Python language host."""
    program: Callable[[], None] = deploy.run
    """The inline program."""
    work: Path = CHECKOUT
    """The project's folder."""
    home: Path | None = None
    """Pulumi's folder of plugins and credentials; `~/.pulumi` when None."""
    cloud: StandinCloud | None = field(default=None, repr=False)
    """The stand-in clouds of a rehearsal; None: real clouds."""

    @property
    def rehearsal(self) -> bool:
        """Whether no real cloud is reached."""
        return self.cloud is not None

    @property
    def folder(self) -> Path | None:
        """The folder of the state's files, where it is kept in files."""
        if not self.url or not self.url.startswith("file://"):
            return None
        return Path(self.url.removeprefix("file://").partition("?")[0])

    def settings(self, stack: str) -> Path:
        """Return the path of a stack's settings: its stack file, where the project is the checkout."""
        return (files.FOLDER if self.work == CHECKOUT else self.work) / f"Pulumi.{stack}.yaml"

    def options(self, engine: PulumiCommand) -> LocalWorkspaceOptions:
        """Return what the Automation API wants to know."""
        return LocalWorkspaceOptions(
            work_dir=str(self.work),
            env_vars=self.variables(),
            pulumi_home=None if self.home is None else str(self.home),
            secrets_provider=self.secrets_provider,
            pulumi_command=engine,
        )

    def variables(self) -> dict[str, str]:
        """Return the environment variables of the engine."""
        own = {"PULUMI_SKIP_UPDATE_CHECK": "true", **self.environment}
        if self.url is not None:
            own["PULUMI_BACKEND_URL"] = self.url
        return own


@contextlib.contextmanager
def rehearsal(
    folder: Path | None = None, *, program: Callable[[], None] = deploy.run, cloud: StandinCloud | None = None
) -> Iterator[Backend]:
    """Give a backend of stand-in clouds, whose state is in files.

    Without a folder all of it is gone at the end. With one, state and clouds are kept in it between two uses. With
    `cloud`, another backend's clouds are used: the same things under another state.
    """
    with contextlib.ExitStack() as stack:
        if folder is None:
            WORK.mkdir(parents=True, exist_ok=True)
            root = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=WORK, prefix="automation-")))
        else:
            root = folder
        for name in ("home", "state", "work"):
            (root / name).mkdir(parents=True, exist_ok=True)
        if cloud is None:
            kept = root / "cloud.json"
            cloud = StandinCloud()
            if kept.is_file():
                cloud.load(json.loads(kept.read_text(encoding="utf-8")))
            if folder is not None:
                stack.callback(_keep, cloud, kept)
        port = stack.enter_context(serving(cloud))
        project = root / "work" / "Pulumi.yaml"
        project.write_text(f"name: {PROJECT}\nruntime: python\n", encoding="utf-8")
        yield Backend(
            url=(root / "state").as_uri(),
            secrets_provider="passphrase",
            environment={
                "HOME": str(root / "home"),
                "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
                "PULUMI_DEBUG_PROVIDERS": debug_providers(port),
                "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            },
            inline=True,
            program=program,
            work=root / "work",
            home=root / "home" / ".pulumi",
            cloud=cloud,
        )


def _keep(cloud: StandinCloud, path: Path) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(cloud.dump()), encoding="utf-8")
    fresh.replace(path)
