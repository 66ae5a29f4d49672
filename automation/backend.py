"""Where a stack's state is kept, and which clouds its operations reach."""

import secrets
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

from pulumi.automation import LocalWorkspaceOptions, PulumiCommand

from stacks.project import COMMAND, ROOT

if TYPE_CHECKING:
    from stacks.files import StackFile
    from stacks.language import ChatSpec


def deployment() -> None:
    """Deploy what the configuration of the stack says: the project's own program."""
    # Here, because the language of stack files takes longer to import than Pulumi.
    from stacks import deploy

    deploy.run()


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
    program: Callable[[], None] = deployment
    """The inline program."""
    work: Path = ROOT
    """The project's folder."""
    home: Path | None = None
    """Pulumi's folder of plugins and credentials; `~/.pulumi` when None."""
    rehearsal: ClassVar[bool] = False
    """Whether stand-in clouds answer, and no real one is reached."""

    @property
    def folder(self) -> Path | None:
        """The folder of the state's files, where it is kept in files."""
        if not self.url or not self.url.startswith("file://"):
            return None
        return Path(self.url.removeprefix("file://").partition("?")[0])

    def command(self, verb: str, stack: str) -> str:
        """Return a command on a stack of this backend, as a person types it."""
        return f"{COMMAND} {verb} {shlex.quote(stack)}" + (" --rehearse" if self.rehearsal else "")

    def settings(self, stack: str) -> Path:
        """Return the path of a stack's settings: its stack file, where the project is the checkout."""
        from stacks import files

        return (files.FOLDER if self.work == ROOT else self.work) / f"Pulumi.{stack}.yaml"

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

    def aside(self, folder: Path, project: str) -> Self:
        """Return a backend of the same clouds for a program that deploys nothing: its state is in an own folder."""
        (folder / "state").mkdir()
        (folder / "Pulumi.yaml").write_text(f"name: {project}\nruntime: python\n", encoding="utf-8")
        return replace(
            self,
            work=folder,
            url=(folder / "state").as_uri(),
            # A rehearsal's own is nobody's either, and quicker.
            secrets_provider=self.secrets_provider if self.rehearsal else "passphrase",
            environment={**self.environment, "PULUMI_CONFIG_PASSPHRASE": secrets.token_hex()},
        )

    def secrets_for(self, found: "StackFile") -> Mapping[str, str]:  # noqa: ARG002 - a rehearsal's says more
        """Return what is to be set for the secrets of a stack file: nothing, they are encrypted in it."""
        return {}

    def stood_in(self, secrets: Mapping[str, str]) -> frozenset[str]:  # noqa: ARG002
        """Return the full keys of those secrets that are none, and may stand in command lines: no one's."""
        return frozenset()

    def prepare(self, spec: "ChatSpec", engine: PulumiCommand) -> None:
        """Make what a stack needs to be there before it is deployed: nothing."""
