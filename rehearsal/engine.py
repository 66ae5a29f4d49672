"""The same program in the real Pulumi engine: deployed to the stand-in clouds, deployed again, destroyed.

Nothing leaves the machine: the stand-ins are the only providers, the state lies in a temporary folder below
the checkout, and the engine may download nothing.
"""

import contextlib
import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi

from rehearsal.cli import CHECKOUT, Cli, find_engine
from rehearsal.cloud import Kept, StandinCloud
from rehearsal.errors import RehearsalError
from rehearsal.inline import STOPPED, Guarded
from rehearsal.monitor import STACK_TYPE
from rehearsal.plan import PROJECT, SHORTEST_SECRET, Program
from rehearsal.server import debug_providers, serving
from rehearsal.standins.table import CREATED
from rehearsal.wire import SECRET_MARK

if TYPE_CHECKING:
    from pulumi import automation
    from pulumi.automation.events import EngineEvent

WORK = CHECKOUT / ".cache" / "rehearsal"
PASSPHRASE = "rehearsal"  # noqa: S105 - it protects stand-in values in a folder that is deleted
_NOT_CHANGES = frozenset({"same", "read", "refresh"})
_NO_ENGINE = "there is no Pulumi CLI; `make engine` provides one"


@dataclass(frozen=True)
class Progress:
    """One step of the engine, as it happens."""

    operation: str
    """`create`, `update`, `replace`, `delete`, `same` and the engine's other words."""
    type: str
    urn: str
    done: bool
    failed: bool = False


@dataclass(frozen=True)
class Update:
    """What one operation of the engine did."""

    kind: str
    """`preview`, `up`, `up again`, `destroy` or `refresh`."""
    changes: Mapping[str, int]
    """Number of resources by the engine's word for what happened to them."""
    steps: tuple[tuple[str, str], ...]
    """What was changed: operation and URN, in the order in which it was done."""
    outputs: Mapping[str, Any]
    """The stack's outputs; secret ones are `[secret]`."""
    seconds: float

    @property
    def changed(self) -> int:
        """Number of resources that did not stay as they were."""
        return sum(count for operation, count in self.changes.items() if operation not in _NOT_CHANGES)


@dataclass(frozen=True)
class Life:
    """A deployment from its first `up` to `destroy`."""

    version: str
    """The engine's."""
    up: Update
    again: Update
    destroy: Update
    resources: int
    """How many the stack had, the stack itself and its providers included."""
    unprotected: tuple[str, ...]
    """URNs of protected resources: they had to be released before `destroy`, as a person would have to."""
    kept: tuple[str, ...]
    """URNs of what `destroy` leaves in the clouds on purpose (`retain_on_delete`)."""
    state_leaks: tuple[str, ...]
    """Labels of secrets that stood in clear in the state; empty when all is well."""

    @property
    def seconds(self) -> float:
        """Time of the three operations together."""
        return self.up.seconds + self.again.seconds + self.destroy.seconds


Watch = Callable[[str, Progress], None]
"""Called with the operation's kind and each step."""


@dataclass
class Rehearsal:
    """One stack in an engine of its own, with clouds of its own. Made by `rehearsing`."""

    stack: "automation.Stack"
    cloud: StandinCloud
    cli: Cli
    secrets: Mapping[str, str] = field(repr=False)
    """Values of the secret configuration by a label."""
    backend: Path
    """The folder of the state's files."""
    program: Guarded
    watch: Watch | None = None

    def up(self, *, program: Program | None = None, kind: str = "up") -> Update:
        """Deploy; with `program`, that one from now on. `kind` is what `watch` and the result call it."""
        if program is not None:
            self.program = Guarded(program)
            self.stack.workspace.program = self.program
        return self._run(kind, self.stack.up)

    def preview(self) -> Update:
        """Say what `up` would change."""
        return self._run("preview", self.stack.preview)

    def refresh(self) -> Update:
        """Compare the state with the clouds."""
        return self._run("refresh", self.stack.refresh)

    def destroy(self) -> Update:
        """Delete all that the state knows. Protected resources must be released first."""
        return self._run("destroy", self.stack.destroy)

    def set_config(self, config: Mapping[str, str], secret_keys: Collection[str] = ()) -> None:
        """Set the stack's configuration, secret values encrypted."""
        from pulumi.automation import ConfigValue

        values = {key: ConfigValue(value, secret=key in secret_keys) for key, value in config.items()}
        if values:
            self.stack.set_all_config(values)

    def state(self) -> list[dict[str, Any]]:
        """Return the resources of the stack's state."""
        return list((self.stack.export_stack().deployment or {}).get("resources") or [])

    def unprotect(self) -> tuple[str, ...]:
        """Release every protected resource; return their URNs."""
        protected = tuple(sorted(str(one["urn"]) for one in self.state() if one.get("protect")))
        if protected:
            self.stack._run_pulumi_cmd_sync(["state", "unprotect", "--all", "--yes"])  # noqa: SLF001
        return protected

    def _run(self, kind: str, operation: Callable[..., Any]) -> Update:
        from pulumi.automation.errors import CommandError

        changes: Counter[str] = Counter()
        steps: list[tuple[str, str]] = []
        diagnostics: list[str] = []
        self.program.reset()

        def on_event(event: "EngineEvent") -> None:
            self._note(kind, event, changes, steps, diagnostics)

        started = time.monotonic()
        try:
            result = operation(on_event=on_event, color="never")
        except CommandError as error:
            raise self._clean(error, diagnostics) from None
        finally:
            self.program.close()
        seconds = time.monotonic() - started
        outputs = getattr(result, "outputs", None) or {}
        return Update(
            kind=kind,
            changes=dict(changes),
            steps=tuple(steps),
            outputs={
                key: SECRET_MARK if output.secret else output.value for key, output in sorted(outputs.items())
            },
            seconds=seconds,
        )

    def _note(
        self,
        kind: str,
        event: "EngineEvent",
        changes: Counter[str],
        steps: list[tuple[str, str]],
        diagnostics: list[str],
    ) -> None:
        if event.summary_event is not None:
            changes.update({str(op): count for op, count in event.summary_event.resource_changes.items()})
        if event.diagnostic_event is not None and event.diagnostic_event.severity == "error":
            diagnostics.append(event.diagnostic_event.message.strip())
        for step, done, failed in (
            (event.resource_pre_event, False, False),
            (event.res_outputs_event, True, False),
            (event.res_op_failed_event, True, True),
        ):
            if step is None:
                continue
            metadata = step.metadata
            operation = str(metadata.op.value)
            if done and operation not in _NOT_CHANGES:
                steps.append((operation, metadata.urn))
            if self.watch is not None:
                self.watch(kind, Progress(operation, metadata.type, metadata.urn, done, failed))

    def _clean(self, error: Exception, diagnostics: list[str]) -> Exception:
        if self.program.failures:
            first = self.program.failures[0]
            if hasattr(first, "problems"):
                return first
            prefix = (
                "" if isinstance(first, RehearsalError | pulumi.RunError) else f"{type(first).__name__}: "
            )
            return RehearsalError(self._masked(prefix + str(first)))
        told = [line for line in diagnostics if line and STOPPED not in line]
        return RehearsalError(self._masked("\n".join(dict.fromkeys(told)) or str(error)))

    def _masked(self, text: str) -> str:
        for value in self.secrets.values():
            if len(value) >= SHORTEST_SECRET:
                text = text.replace(value, SECRET_MARK)
        return text


@contextlib.contextmanager
def rehearsing(
    program: Program,
    *,
    stack: str,
    config: Mapping[str, str] | None = None,
    secret_keys: Collection[str] = (),
    project: str = PROJECT,
    watch: Watch | None = None,
    cli: Cli | None = None,
    others: Mapping[str, Mapping[str, Any]] | None = None,
) -> Iterator[Rehearsal]:
    """Open a stack in the real engine, in a new folder that is deleted afterwards.

    `others` are the stacks that this one refers to, and their outputs. Raises RehearsalError where there is no
    Pulumi CLI.
    """
    from pulumi import automation

    cli = cli or find_engine()
    if cli is None:
        raise RehearsalError(_NO_ENGINE)
    config = dict(config or {})
    WORK.mkdir(parents=True, exist_ok=True)
    cloud = StandinCloud()
    with tempfile.TemporaryDirectory(dir=WORK, prefix=f"{stack}-") as folder, serving(cloud) as port:
        root = Path(folder)
        environment = _environment(root, port)
        for name in ("home", "state", "work"):
            (root / name).mkdir()
        options = automation.LocalWorkspaceOptions(
            work_dir=str(root / "work"),
            env_vars=environment,
            pulumi_home=str(root / "home" / ".pulumi"),
            secrets_provider="passphrase",
            pulumi_command=_command(cli, root),
            project_settings=automation.ProjectSettings(
                name=project,
                runtime="python",
                backend=automation.ProjectBackend(url=(root / "state").as_uri()),
            ),
        )

        def opening(name: str) -> "automation.Stack":
            return automation.create_or_select_stack(
                stack_name=name, project_name=project, program=lambda: None, opts=options
            )

        for other, outputs in (others or {}).items():
            opening(other).import_stack(deployed(project, other, outputs))
        opened = opening(stack)
        secrets = {f"configuration {key}": config[key] for key in secret_keys if key in config}
        rehearsal = Rehearsal(opened, cloud, cli, secrets, root / "state", Guarded(program), watch)
        opened.workspace.program = rehearsal.program
        rehearsal.set_config(config, secret_keys)
        yield rehearsal


def deployed(project: str, stack: str, outputs: Mapping[str, Any]) -> "automation.Deployment":
    """The state of a stack with nothing but its outputs."""
    from pulumi import automation

    resource = {
        "urn": f"urn:pulumi:{stack}::{project}::{STACK_TYPE}::{project}-{stack}",
        "type": STACK_TYPE,
        "custom": False,
        "outputs": dict(outputs),
    }
    manifest = {"time": CREATED, "magic": "", "version": ""}
    return automation.Deployment(version=3, deployment={"manifest": manifest, "resources": [resource]})


def _command(cli: Cli, root: Path) -> "automation.PulumiCommand":
    """The Automation API wants a folder with `bin/pulumi`; it also puts that on the engine's PATH."""
    from pulumi import automation

    target = root / "cli" / "bin" / "pulumi"
    target.parent.mkdir(parents=True)
    target.symlink_to(cli.path)
    return automation.PulumiCommand(root=str(root / "cli"))


def _environment(root: Path, port: int) -> dict[str, str]:
    return {
        "HOME": str(root / "home"),
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PULUMI_DEBUG_PROVIDERS": debug_providers(port),
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }


def live(
    program: Program,
    *,
    stack: str,
    config: Mapping[str, str] | None = None,
    secret_keys: Collection[str] = (),
    project: str = PROJECT,
    watch: Watch | None = None,
    others: Mapping[str, Mapping[str, Any]] | None = None,
) -> Life:
    """Deploy, deploy again with nothing to change, and destroy. `others` is as `rehearsing` takes it.

    Raises RehearsalError when the second `up` changes anything, or when `destroy` leaves anything behind that
    is not kept on purpose.
    """
    with rehearsing(
        program,
        stack=stack,
        config=config,
        secret_keys=secret_keys,
        project=project,
        watch=watch,
        others=others,
    ) as stage:
        up = stage.up()
        again = stage.up(kind="up again")
        if again.changed:
            changed = ", ".join(f"{operation} {_name(urn)}" for operation, urn in again.steps)
            raise RehearsalError(f"a second deployment with nothing changed is not quiet: {changed}")
        state = stage.state()
        retained = {str(one["urn"]) for one in state if one.get("retainOnDelete")}
        leaks = _state_leaks(stage.backend, {**stage.secrets, **_generated(stage.cloud.things())})
        unprotected = stage.unprotect()
        destroy = stage.destroy()
        left = {thing.urn for thing in stage.cloud.things()}
        # The engine deletes nothing that goes down with something else.
        inside = {str(one["urn"]): str(one["deletedWith"]) for one in state if one.get("deletedWith")}
        left -= {urn for urn in left if urn in inside and inside[urn] not in left}
        lost = sorted(left - retained)
        if stage.state() or lost:
            what = ", ".join(_name(urn) for urn in lost) or "resources in the state"
            raise RehearsalError(f"destroy left something behind that nobody asked to keep: {what}")
        return Life(
            version=stage.cli.version,
            up=up,
            again=again,
            destroy=destroy,
            resources=len(state),
            unprotected=unprotected,
            kept=tuple(sorted(left)),
            state_leaks=leaks,
        )


def _name(urn: str) -> str:
    return urn.rpartition("::")[2]


def _generated(things: Collection[Kept]) -> dict[str, str]:
    return {
        f"{thing.name} {key}": value
        for thing in things
        for key in thing.secrets
        if key not in thing.inputs and isinstance(value := thing.outputs.get(key), str)
    }


def _state_leaks(folder: Path, secrets: Mapping[str, str]) -> tuple[str, ...]:
    """Labels of the secrets that stand in the backend's files, where all secrets should be ciphertext."""
    wanted = {
        label: {value.encode(), json.dumps(value)[1:-1].encode()}
        for label, value in secrets.items()
        if len(value) >= SHORTEST_SECRET
    }
    contents = [path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()]
    return tuple(
        sorted(
            label
            for label, forms in wanted.items()
            if any(form in content for form in forms for content in contents)
        )
    )
