"""One stack of the engine, through Pulumi's Automation API on a local workspace: what it does, and its state."""

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import yaml
from pulumi.automation import (
    ConfigValue,
    Deployment,
    Stack,
)
from pulumi.automation.errors import CommandError, ConcurrentUpdateError

from automation import error_mapping, journal, locks
from automation.backend import Backend
from automation.engine import Engine
from automation.errors import AutomationError, ConfigurationError, ConflictError
from automation.events import Ended, OnEvent, Recorder, Started
from automation.inline import Guarded
from automation.locks import Waiting
from automation.rotation import GENERATED
from automation.state import Pending, State, in_clear, leaves, pendings, record_of, secrets_in
from automation.values import Resource, Result, SecretValue
from stacks import PROJECT
from stacks.engine import NOT_KNOWN, name_of
from stacks.masking import mask
from stacks.project import PRODUCT, ROOT

# Imported where they are wanted: the language of stack files takes longer than Pulumi.
if TYPE_CHECKING:
    from pulumi.automation.events import StepEventMetadata

    from stacks.language import ChatSpec

PACK = next(
    folder for folder in (ROOT / "policy", PRODUCT / "policy") if (folder / "PulumiPolicy.yaml").is_file()
)
"""The project's own door to the policy pack, which has its configuration; else the program's."""


class EngineStack:
    """What the engine can do with a stack, whoever else is at it and whatever was begun before.

    `ChatStack` adds what changes clouds, which is refused where it would do harm.
    """

    def __init__(
        self,
        name: str,
        spec: "ChatSpec",
        workspace: Stack,
        engine: Engine,
        backend: Backend,
        program: Guarded | None,
        *,
        policies: bool,
        on_event: OnEvent,
        waiting: Callable[[], Waiting],
        closing: contextlib.ExitStack,
        file: str = "",
    ) -> None:
        self.name = name
        self.recovering = backend.command("recover", file or name)
        """The command that a person runs after a deployment that was interrupted."""
        self.spec = spec
        """What the stack file says, checked."""
        self.backend = backend
        self.on_event = on_event
        self.engine = engine
        self._stack = workspace
        self._program = program
        self._policies = policies
        self._waiting = waiting
        self._closing = closing
        self._known: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of what was opened."""
        self._closing.close()

    # ----------------------------------------------------------------------------------------- operations

    def preview(
        self, *, policies: bool | None = None, refresh: bool = False, anew: Sequence[str] = ()
    ) -> Result:
        """Say what `up` would do. Raises PolicyError, ConfigurationError, ProviderError."""
        return self._operate(
            "preview",
            self._stack.preview,
            refresh=refresh or None,
            replace=list(anew) or None,
            **self._packs(policies),
        )

    def make_providers(self) -> None:
        """Take the stack's providers into the state, by which its clouds can be asked. Nothing is deployed."""
        from stacks import deploy

        made = [
            one.urn
            for one in self.would_make()
            if one.type.startswith("pulumi:providers:")
            # The engine's own, and those of what is not there yet.
            and not name_of(one.urn).startswith("default")
            and NOT_KNOWN not in json.dumps(one.new.inputs if one.new else {}, default=str)
        ]
        if made:
            # By a program of its own: the stack's reads what would not be made. Nothing else is a target.
            reach = Guarded(deploy.reach)
            try:
                self._operate("up", self._stack.up, target=made, program=reach)
            finally:
                reach.close()

    def would_make(self) -> tuple["StepEventMetadata", ...]:
        """Return what `up` would make, as the engine tells it: components too, each before what stands in it."""
        made: dict[str, StepEventMetadata] = {}
        self._operate("preview", self._stack.preview, creating=made)
        return tuple(made.values())

    def refresh(self, *, targets: Sequence[str] = (), run_program: bool = True) -> Result:
        """Take over into the state what the clouds have; only of these URNs, where some are given.

        The program is run for it: credentials in the state may be over (a DOKS cluster's are after seven days). One
        whose resources are not all in the state yet cannot be run.
        """
        return self._operate(
            "refresh", self._stack.refresh, target=list(targets) or None, run_program=run_program
        )

    def drift(self) -> Result:
        """Compare the clouds with the state, and change neither; `steps` is what was changed behind our back."""
        return self._operate("drift", self._stack.preview_refresh, run_program=True)

    def cancel(self) -> None:
        """Stop what this object does at the moment, from another thread: steps that are begun are finished.

        Where nothing runs here, a backend that keeps books of updates (Pulumi Cloud) is told to stop the one that runs.
        Raises ConflictError for a backend of files, which can tell nobody.
        """
        if self.engine.busy:
            self.engine.interrupt()
            return
        if self.backend.folder is not None:
            raise ConflictError(
                f"no operation of {self.name} runs here",
                remedy=f"stop it where it runs; if its engine is gone: {self.recovering}",
            )
        self._quietly(self._stack.cancel)

    def kill(self) -> None:
        """Kill the engine in the middle of what it does. For rehearsals of what happens then."""
        self.engine.kill()

    # -------------------------------------------------------------------------------------- what there is

    def outputs(self) -> dict[str, Any]:
        """Return the stack's outputs; secret ones are `SecretValue`."""
        return wrapped(self._quietly(self._stack.outputs))

    def export_state(self) -> State:
        """Return the state. Its secrets are encrypted."""
        # Not the Automation API's own export: it asks for the secrets in clear.
        return State.from_json(self.run(["stack", "export"]))

    def generated(self) -> tuple[Resource, ...]:
        """Return what makes secrets of its own: passwords and access keys. `rotation.kind_of` says what can be done."""
        found = [one for one in self.export_state().resources if one.type in GENERATED]
        return tuple(sorted(found, key=lambda one: one.name))

    def pending(self) -> tuple[Pending, ...]:
        """Return the steps that were begun and whose end nobody has seen."""
        return pendings(journal.begun(self.export_state()))

    def clear_state(self) -> State:
        """Return the state with its secrets in clear. Neither log nor keep it."""
        told = State.from_json(self.run(["stack", "export", "--show-secrets"]))
        return State(told.version, in_clear(told.deployment)[0])

    def other_states(self) -> Iterator[State]:
        """Give the states of the other stacks that are kept in the same place, as far as they may be read."""
        workspace = self._stack.workspace
        for one in self._quietly(workspace.list_stacks):
            if one.name.rpartition("/")[2] != self.name:
                with contextlib.suppress(CommandError):
                    told = workspace._run_pulumi_cmd_sync(["stack", "export", "--stack", one.name])  # type: ignore[attr-defined]  # noqa: SLF001
                    yield State.from_json(told.stdout)

    def import_state(self, state: State) -> None:
        """Put a state in the place of the stack's own."""
        made = Deployment(version=state.version, deployment=dict(state.deployment))
        self._quietly(lambda: self._stack.import_stack(made))

    def unprotect(self) -> tuple[str, ...]:
        """Release everything that is protected, until the next `up`; return the URNs."""
        urns = tuple(sorted(one.urn for one in self.export_state().resources if one.protected))
        if urns:
            self.run(["state", "unprotect", "--all", "--yes"])
        return urns

    def set_secrets(self, secrets: Mapping[str, str]) -> None:
        """Set secret configuration, by full key (`rocketchat:smtpPassword`)."""
        self._known.update(secrets.values())
        stood_in = self.backend.stood_in(secrets)
        if stood_in:
            values = {key: ConfigValue(secrets[key], secret=True) for key in stood_in}
            self._quietly(lambda: self._stack.set_all_config(values))
        for key in sorted(secrets.keys() - stood_in):
            # Not with the others: every user of the machine can read command lines.
            self.engine.given = secrets[key]
            self.run(["config", "set", "--secret", "--raw", key])

    def secret(self, key: str) -> str | None:
        """Return a secret of the configuration in clear, by full key; None where it is not set."""
        found = self._quietly(self._stack.get_all_config).get(key)
        if found is None:
            return None
        self._known.add(found.value)
        return str(found.value)

    def change_secrets_provider(self, provider: str, environment: Mapping[str, str]) -> None:
        """Encrypt the secrets of configuration and state by another provider, from now on.

        Args:
            provider: `passphrase`, or the address of a key (`awskms://alias/chat`, `hashivault://chat`).
            environment: what the new provider needs (PULUMI_CONFIG_PASSPHRASE, VAULT_ADDR, …), for this object's later
                operations too. Other programs that use the stack must be given it by whoever runs them.

        Raises ConfigurationError where one of the two providers does not answer; the stack is then as it was.
        """
        workspace = self._stack.workspace
        if provider == "passphrase" and "encryptionsalt" in settings_in(self.backend.settings(self.name)):
            # Between two passphrases the engine reads the old one from the environment, and asks twice for the new one.
            self.engine.given = 2 * f"{environment['PULUMI_CONFIG_PASSPHRASE']}\n"
            self.run(["stack", "change-secrets-provider", provider])
            workspace.env_vars = {**workspace.env_vars, **environment}
            return
        before = dict(workspace.env_vars)
        workspace.env_vars = {**before, **environment}
        try:
            self.run(["stack", "change-secrets-provider", provider])
        except AutomationError:
            workspace.env_vars = before
            raise

    def locks(self) -> tuple[locks.BackendLock, ...]:
        """Return who holds the stack, in a backend of files."""
        return locks.of_backend(self.backend.folder, PROJECT, self.name)

    def run(self, arguments: Sequence[str]) -> str:
        """Run another command of the Pulumi CLI on this stack; return what it printed."""
        return str(self._quietly(lambda: self._stack._run_pulumi_cmd_sync(list(arguments))).stdout)  # noqa: SLF001

    def secrets(self) -> frozenset[str]:
        """Return every secret value of configuration and state, for masking.

        What the configuration says in clear is none, though it stands beside secrets in the state: a user's name.
        """
        found, clear = set(self._known), set[str]()
        with contextlib.suppress(CommandError):
            for value in self._stack.get_all_config().values():
                (found if value.secret else clear).update(leaves(value.value))
        with contextlib.suppress(CommandError, ValueError):
            told = self._stack._run_pulumi_cmd_sync(["stack", "export", "--show-secrets"])  # noqa: SLF001
            found.update(set(secrets_in(json.loads(told.stdout))) - clear)
        return frozenset(found)

    # --------------------------------------------------------------------------------------------- inside

    def _packs(self, policies: bool | None) -> dict[str, Any]:
        wanted = self._policies if policies is None else policies
        if not wanted:
            return {"policy_packs": None}
        from policy.config_file import ConfigError, config_file, load

        # The engine would say no more than that the pack did not start.
        try:
            load(self.name, config_file())
        except ConfigError as error:
            raise ConfigurationError(str(error), remedy="correct the configuration of the policies") from None
        return {"policy_packs": [str(PACK)]}

    def _quietly(self, call: Callable[[], Any]) -> Any:
        """Run a command that is no update; its failure is told like one."""
        try:
            return call()
        except CommandError as error:
            raise error_mapping.of_command(
                error, self.name, self.secrets(), self.recovering, interrupted=self.engine.interrupted
            ) from None

    def _operate(
        self,
        kind: str,
        call: Callable[..., Any],
        *,
        creating: "dict[str, StepEventMetadata] | None" = None,
        **options: Any,
    ) -> Result:
        waiting = self._waiting()
        self.on_event(Started(self.name, kind))
        began = time.monotonic()
        failed = True
        try:
            while True:
                recorder = Recorder(self.name, kind, self.on_event, self.recovering, creating=creating)
                try:
                    done = self._once(call, recorder, options)
                    break
                except ConcurrentUpdateError:
                    if waiting.over:
                        who = "; ".join(str(lock) for lock in self.locks()) or "somebody else"
                        # Who holds a lock in a bucket or at Pulumi Cloud cannot be told to be gone.
                        clear = "" if self.backend.folder is not None else " --force-unlock"
                        raise locks.conflict(self.name, who, self.recovering + clear) from None
                    waiting.pause()
            failed = False
            if recorder.refused is not None:
                raise recorder.refused
        finally:
            seconds = time.monotonic() - began
            self.on_event(Ended(self.name, kind, failed, seconds))
        return Result(
            stack=self.name,
            kind=kind,
            changes=dict(sorted(recorder.changes.items())),
            steps=tuple(recorder.steps),
            outputs=wrapped(getattr(done, "outputs", None) or {}),
            findings=tuple(recorder.findings),
            unknown=tuple(recorder.unknown),
            warnings=tuple(said.message for said in recorder.of_severity("warning")),
            seconds=seconds,
        )

    def _once(self, call: Callable[..., Any], recorder: Recorder, options: Mapping[str, Any]) -> Any:
        self.engine.begin()
        if self._program is not None:
            self._program.reset()
        secrets: frozenset[str] = frozenset()

        try:
            return call(
                on_event=recorder,
                color="never",
                **{key: one for key, one in options.items() if one is not None},
            )
        except ConcurrentUpdateError:
            raise
        except CommandError as error:
            interrupted, killed = self.engine.interrupted, self.engine.killed
            secrets = self.secrets()
            left = () if killed else self._remember_lost(recorder)
            raise error_mapping.of_operation(
                error,
                recorder,
                self._program.failures if self._program is not None else [],
                secrets,
                interrupted=interrupted,
                killed=killed,
                lost=bool(left),
            ) from None
        finally:
            if self._program is not None:
                self._program.close()
            if recorder.said:
                secrets = secrets or self.secrets()
                recorder.mask(lambda text: mask(text, secrets))

    def _remember_lost(self, recorder: Recorder) -> tuple[str, ...]:
        """Write down what may have been made though no answer came: the engine forgets it, and would make it again."""
        found = [
            one
            for one in recorder.unmade
            if one.new is not None and error_mapping.unanswered(recorder, one.urn)
        ]
        if found:
            state = self.export_state()
            # The provider said of these that they are there, and late.
            half = {one["urn"] for one in state.deployment.get("resources") or () if one.get("initErrors")}
            found = [one for one in found if one.urn not in half]
        if found:
            lost = (journal.lost(record_of(one)) for one in found)
            self.import_state(journal.written(state, [*journal.begun(state), *lost]))
        return tuple(one.urn for one in found)


def wrapped(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the engine's outputs with the secret ones in a `SecretValue`."""
    return {key: SecretValue(one.value) if one.secret else one.value for key, one in sorted(outputs.items())}


def settings_in(path: Path) -> dict[str, Any]:
    """Return what Pulumi keeps of a stack in its file; nothing where there is none."""
    return (yaml.safe_load(path.read_text(encoding="utf-8")) or {}) if path.is_file() else {}
