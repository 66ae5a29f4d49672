"""The very commands of a user, in a checkout of their own: `pulumi stack init`, `preview`, `up`, `destroy`."""

import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import yaml

from automation.backend import Backend
from automation.engine import Engine
from automation.pulumi_cli import find_engine
from rehearsal.errors import RehearsalError
from rehearsal.referenced_stacks import put_other
from rehearsal.stack import RehearsedStack
from stacks.masking import mask
from stacks.project import COMMAND, ROOT

PROGRAM = ("Pulumi.yaml", "__main__.py", "clouds", "components", "policy", "rocketchat", "stacks")
"""What a deployment needs of the project; in a folder of one's own the packages are not there but installed."""
LOG = "events.json"


@dataclass(frozen=True)
class ByHand:
    """What the commands did."""

    commands: int
    seconds: float
    texts: Mapping[str, str] = field(repr=False)
    """What each command printed."""


def live(loaded: RehearsedStack, backend: Backend) -> ByHand:
    """Deploy a stack by the command line, with the policy pack, see that nothing is left to do, and destroy it.

    Raises RehearsalError with what the command printed that failed.
    """
    cli = find_engine()
    if cli is None:
        raise RehearsalError(f"there is no Pulumi CLI; `{COMMAND} engine` provides one")
    hand = _Hand(loaded, backend, Engine(cli, inline=False))
    began = time.monotonic()
    hand.run("stack", "init", loaded.name, "--secrets-provider", "passphrase")
    for key, secret in sorted(hand.secrets.items()):
        hand.run("config", "set", "--secret", key, given=secret)
    hand.run("preview", "--policy-pack", "policy")
    hand.run("up", "--yes", "--policy-pack", "policy", "--event-log", LOG)
    hand.run("preview", "--expect-no-changes")
    hand.run("stack", "output", "--json")
    hand.run("state", "unprotect", "--all", "--yes")
    hand.run("destroy", "--yes")
    return ByHand(hand.commands, time.monotonic() - began, hand.texts)


class _Hand:
    def __init__(self, loaded: RehearsedStack, backend: Backend, engine: Engine) -> None:
        self.name = loaded.name
        self.secrets = loaded.secrets
        self.commands = 0
        self.texts: dict[str, str] = {}
        self._engine = engine
        self._environment = engine.environment(
            backend.variables()
            | {"PULUMI_HOME": str(backend.home), "NO_COLOR": "true", "PULUMI_DEBUG_COMMANDS": "true"}
        )
        self._folder = backend.work / "checkout"
        self._copy(loaded)
        put_other(loaded.spec, backend.options(engine))

    def _copy(self, loaded: RehearsedStack) -> None:
        # With what is compiled, but not what is being written just now.
        unwanted = shutil.ignore_patterns("*.pyc.*")
        self._folder.mkdir()
        for name in PROGRAM:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, self._folder / name, ignore=unwanted)
            elif (ROOT / name).is_file():
                shutil.copy(ROOT / name, self._folder / name)
        # Where Pulumi.yaml says that Python and the packages are.
        (self._folder / ".venv").symlink_to(sys.prefix, target_is_directory=True)
        settings = yaml.safe_dump({"config": dict(loaded.values)}, sort_keys=False, allow_unicode=True)
        (self._folder / "stacks" / f"Pulumi.{self.name}.yaml").write_text(settings, encoding="utf-8")

    def run(self, *arguments: str, given: str = "") -> None:
        command = [*arguments, "--non-interactive"]
        if arguments[:2] != ("stack", "init"):
            command += ["--stack", self.name]
        ran = subprocess.run(  # noqa: S603
            [self._engine.command, *command],
            cwd=self._folder,
            env=self._environment,
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
        self.commands += 1
        title = f"pulumi {' '.join(arguments)}"
        self.texts[title] = ran.stdout + ran.stderr
        if ran.returncode != 0:
            last = mask(
                "\n".join((ran.stdout + ran.stderr).splitlines()[-15:]), frozenset(self.secrets.values())
            )
            raise RehearsalError(f"`{title} --stack {self.name}` ended with {ran.returncode}:\n{last}")
