"""A backend for `automation.open_stack` in which stand-in clouds answer."""

import contextlib
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from pulumi.automation import PulumiCommand

from automation.backend import Backend, deployment
from rehearsal import canaries
from rehearsal.cloud import StandinCloud
from rehearsal.referenced_stacks import put_other
from rehearsal.server import debug_providers, serving
from rehearsal.stack import checked
from rehearsal.vault import PROVIDER, vault
from stacks import PROJECT
from stacks.files import StackFile
from stacks.language import ChatSpec
from stacks.project import ROOT

PASSPHRASE = "rehearsal"  # noqa: S105 - it protects stand-in values only
WORK = ROOT / ".cache" / "rehearsal"
"""Where rehearsals are while they last."""
KEPT = ROOT / ".cache" / "rehearsal-kept"
"""Where the command line keeps rehearsals between two commands."""


@dataclass(frozen=True)
class RehearsalBackend(Backend):
    """State in files, and clouds of stand-ins. Made by `rehearsal_backend`."""

    cloud: StandinCloud = field(kw_only=True, repr=False)
    rehearsal: ClassVar[bool] = True

    def secrets_for(self, found: StackFile) -> Mapping[str, str]:
        """Return stand-ins for the secrets of a stack file, those that it lacks among them."""
        return canaries.values(found.secure | checked(found)[1], found.values)

    def stood_in(self, secrets: Mapping[str, str]) -> frozenset[str]:
        """Return the full keys of those secrets that are canaries."""
        return frozenset(key for key, value in secrets.items() if {key: value} == canaries.values([key]))

    def prepare(self, spec: ChatSpec, engine: PulumiCommand) -> None:
        """Make the stack that this one refers to."""
        put_other(spec, self.options(engine))


@contextlib.contextmanager
def rehearsal_backend(
    folder: Path | None = None,
    *,
    program: Callable[[], None] = deployment,
    cloud: StandinCloud | None = None,
    checkpoints: bool | None = None,
) -> Iterator[RehearsalBackend]:
    """Give a backend of stand-in clouds, whose state is in files.

    Without a folder all of it is gone at the end. With one, state and clouds are kept in it between two uses. With
    `cloud`, another backend's clouds are used: the same things under another state.

    With `checkpoints` the engine writes the state after each step, as it does in front of real clouds: for what is to
    outlive an engine that is killed. That costs up to two thirds of its time; by default it does so in a folder only.
    """
    if checkpoints is None:
        checkpoints = folder is not None
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
        reached = stack.enter_context(vault())
        project = root / "work" / "Pulumi.yaml"
        project.write_text(f"name: {PROJECT}\nruntime: python\n", encoding="utf-8")
        yield RehearsalBackend(
            url=(root / "state").as_uri(),
            secrets_provider=PROVIDER,
            environment={
                "HOME": str(root / "home"),
                # For stacks that are made with one by hand, or moved to one.
                "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
                **reached,
                "PULUMI_DEBUG_PROVIDERS": debug_providers(port),
                "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
                "PULUMI_SKIP_CHECKPOINTS": str(not checkpoints).lower(),
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
