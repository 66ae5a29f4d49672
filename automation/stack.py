"""One stack of a chat: opened, deployed, rotated, adopted, recovered and destroyed."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import yaml
from pulumi.automation.errors import CommandError

from automation import error_mapping, journal, locks
from automation.backend import Backend
from automation.engine import Engine
from automation.engine_stack import EngineStack, settings_in
from automation.errors import ConfigurationError, ConflictError, NoEngineError, not_deployed
from automation.events import OnEvent, ignore
from automation.inline import Guarded
from automation.locks import OnConflict, Waiting
from automation.pulumi_cli import find_engine
from automation.rotation import kind_of
from automation.state import State, pendings
from automation.values import Result
from automation.workspace import NoStackError, create_or_select_stack
from automation.writing import write
from stacks import PROJECT
from stacks.problems import InvalidStack
from stacks.project import COMMAND, ROOT
from stacks.words import count

# Imported where they are wanted: the language of stack files takes longer than Pulumi.
if TYPE_CHECKING:
    from automation.adoption import Adopted, Agree
    from automation.recovery import Recovered
    from stacks.files import StackFile
    from stacks.language import ChatSpec

TIMEOUT = 600.0
"""Seconds that an operation waits for another one to end, where it is asked to wait."""


class ChatStack(EngineStack):
    """A stack that can be previewed, deployed, compared with its clouds, and destroyed.

    Made by `open_stack`. Close it, or use it in a `with`: a rehearsal's clouds are gone then.
    """

    def up(
        self,
        *,
        preview: bool = True,
        policies: bool | None = None,
        refresh: bool = False,
        anew: Sequence[str] = (),
    ) -> Result:
        """Deploy. A preview that fails stops it before anything is done; `anew` are URNs to make anew.

        Raises ConflictError where an earlier deployment was interrupted: `recover` comes first, because the engine
        would make again what it does not know of. Raises ConfigurationError where the release that is deployed cannot
        become the one that is wanted.
        """
        with self._held():
            state = self.export_state()
            self._refuse_pending(state)
            self._refuse_release(state)
            if not self.backend.rehearsal:  # stand-in clouds have one account
                self._refuse_other_account(state)
            if preview:
                self.preview(policies=policies, refresh=refresh, anew=anew)
            return self._operate(
                "up",
                self._stack.up,
                refresh=refresh or None,
                replace=list(anew) or None,
                **self._packs(policies),
            )

    def rotate(self, name: str, *, policies: bool | None = None) -> Result:
        """Generate a secret anew and deploy it to what uses it; `name` is that of one of `generated()`.

        Raises ConflictError as `rotated` does.
        """
        return self.up(policies=policies, anew=[self.rotated(name)])

    def rotated(self, name: str) -> str:
        """Return the URN of a secret that can be generated anew.

        Raises ConflictError where there is no such secret, and for one that the running system would not take over.
        """
        from stacks.secret_keys import command
        from stacks.secrets import find as secret_named
        from stacks.secrets import unread

        found = {one.name: one.urn for one in self.generated()}
        offered = [one for one in sorted(found) if kind_of(one).offered]
        if name not in found:
            if secret_named(name) is not None and not any(unread({name}, self.spec.parts)):
                raise ConflictError(
                    f"{name} is given and not generated",
                    remedy=f"{command(f'{PROJECT}:{name}')} --stack {self.name}; then `up`",
                )
            raise ConflictError(
                f"{self.name} generates no secret {name!r}",
                remedy=f"one of: {', '.join(offered) or 'none, it is not deployed'}",
            )
        kind = kind_of(name)
        if not kind.offered:
            raise ConflictError(
                f"{name} cannot be rotated: {kind.effect}", resource=found[name], remedy=kind.instead
            )
        return found[name]

    def destroy(self, *, confirm: str, unprotect: bool = False) -> Result:
        """Delete all that the stack has made, but what is kept on purpose (`kept` of the result).

        `confirm` is the stack's name, once more. Raises ConflictError, before anything is done, where it is another
        one, where something is protected (and `unprotect` is not given), or where the credentials are those of
        another AWS account than the stack was made in.
        """
        if confirm != self.name:
            raise ConflictError(
                f"the name given, {confirm!r}, is not the stack's: {self.name}",
                remedy="give the name of the stack that is to go",
            )
        with self._held():
            state = self.export_state()
            # What an undecided step left behind would be forgotten with the state.
            self._refuse_pending(state)
            self._refuse_protected(state, unprotect=unprotect)
            self._refuse_other_account(state)
            if unprotect:
                self.unprotect()
            kept = sorted(state.kept)
            result = self._operate("destroy", self._stack.destroy)
        gone = {step.urn for step in result.steps}
        return replace(result, kept=tuple(urn for urn in kept if urn in gone))

    def adopt(
        self,
        *,
        given: Mapping[str, str] | None = None,
        skip: Sequence[str] = (),
        agree: "Agree" = lambda _: True,
    ) -> "Adopted":
        """Take over what the clouds have of what the stack would make; see `automation.adoption`."""
        from automation.adoption import adopt

        with self._held():
            self._refuse_pending(self.export_state())
            return adopt(self, given=given or {}, skip=skip, agree=agree)

    def recover(
        self,
        *,
        adopt: Mapping[str, str] | None = None,
        discard: Sequence[str] = (),
        force_unlock: bool = False,
    ) -> "Recovered":
        """Bring a stack whose deployment was interrupted into order again; see `automation.recovery`."""
        from automation.recovery import recover

        with self._held():
            return recover(self, adopt=adopt or {}, discard=discard, force_unlock=force_unlock)

    # --------------------------------------------------------------------------------------------- inside

    @contextlib.contextmanager
    def _held(self) -> Iterator[None]:
        with locks.held(self.name, self.backend.url or "", self._waiting(), self.recovering):
            yield

    def _refuse_pending(self, state: State) -> None:
        """Raise ConflictError where an earlier deployment was interrupted."""
        pending = pendings(journal.begun(state))
        if pending:
            listed = ", ".join(f"{one.operation} {one.name}" for one in pending)
            raise ConflictError(
                f"an earlier deployment of {self.name} was interrupted, and nobody knows how this ended: {listed}",
                resource=pending[0].urn if len(pending) == 1 else "",
                remedy=self.recovering,
            )

    def _refuse_release(self, state: State) -> None:
        """Raise ConfigurationError for a step that Rocket.Chat cannot take; the file's own word on its data counts."""
        from rocketchat import releases

        deployed, chat = state.outputs.get("release"), self.spec.parts.chat
        if not isinstance(deployed, str) or chat.upgrade_from is not None:
            return
        try:
            releases.check_upgrade(deployed, chat.release)
        except ValueError as error:
            raise ConfigurationError(
                f"{self.name} runs another release: {error}",
                remedy="if its data are those of another release (of a backup), say so in chat.upgradeFrom",
            ) from None

    def _refuse_protected(self, state: State, *, unprotect: bool) -> None:
        protected = [one for one in state.resources if one.protected]
        if protected and not unprotect:
            listed = ", ".join(sorted(one.name for one in protected))
            raise ConflictError(
                f"{self.name} is protected; {count(len(protected), 'resource')} with data: {listed}",
                resource=protected[0].urn if len(protected) == 1 else "",
                remedy="if they may go: `destroy(unprotect=True)`, --unprotect on the command line, or "
                f"pulumi state unprotect --all --stack {self.name}",
            )

    def _refuse_other_account(self, state: State) -> None:
        from automation.account import account_now

        made_in = state.account
        if made_in is None or self.spec.region is None:
            return
        now = account_now(self.backend, self.engine, self.spec)
        if now != made_in:
            raise ConflictError(
                f"{self.name} was made in the AWS account {made_in}; the credentials are those of {now}",
                remedy=f"give the credentials of {made_in} (AWS_PROFILE, or `rocketchat:aws`)",
            )


def open_stack(
    name: str,
    *,
    values: "Mapping[str, Any] | ChatSpec | None" = None,
    secrets: Mapping[str, str] | None = None,
    backend: Backend | None = None,
    rehearse: bool = False,
    policies: bool = True,
    on_event: OnEvent = ignore,
    on_conflict: OnConflict = "fail",
    timeout: float = TIMEOUT,
    create: bool = True,
) -> ChatStack:
    """Open a stack: that of a stack file, or one made from `values`.

    Args:
        name: the stack's name; with a stack file, `stacks/Pulumi.<name>.yaml` or the path of one.
        values: what would stand below `config:` in a stack file, instead of one (`rocketchat:chat`, `aws:region`);
            or what `stacks.language.parse` made of it. It is checked against the secrets that are given here.
        secrets: secret values by full key (`rocketchat:smtpPassword`). In a rehearsal the secrets of a stack file are
            stood in for by canaries.
        backend: where the state is and which clouds are meant; real, by default.
        rehearse: use stand-in clouds that are gone when the stack is closed.
        policies: run the policy pack in `preview` and `up`.
        on_event: called with each `Event`, in the thread that reads the engine's events.
        on_conflict: whether an operation waits (up to `timeout` seconds) or fails where another one runs.
        create: whether a stack that the backend has not is created: for a first deployment, and its preview.

    Raises ConfigurationError with all that is wrong in the file or the values, and without `create` where the stack is
    not deployed; NoEngineError without a Pulumi CLI.
    """
    from stacks.language import ChatSpec

    closing = contextlib.ExitStack()
    try:
        if backend is None and rehearse:
            from rehearsal.backend import rehearsal_backend

            backend = closing.enter_context(rehearsal_backend())
        return _open(
            name,
            values.values if isinstance(values, ChatSpec) else values,
            dict(secrets or {}),
            backend or Backend(),
            policies=policies,
            on_event=on_event,
            waiting=lambda: Waiting.at_most(on_conflict, timeout),
            closing=closing,
            create=create,
        )
    except BaseException:
        closing.close()
        raise


def _open(
    name: str,
    values: Mapping[str, Any] | None,
    secrets: dict[str, str],
    backend: Backend,
    *,
    policies: bool,
    on_event: OnEvent,
    waiting: Callable[[], Waiting],
    closing: contextlib.ExitStack,
    create: bool,
) -> ChatStack:
    from stacks import files
    from stacks.language import checked_file, parse
    from stacks.secrets import problems

    file = ""
    try:
        if values is None:
            found = files.read(name)
            file = stack_file_path(found, backend)
            name, values = found.name, found.values
            secrets = {**backend.secrets_for(found), **secrets}
            spec, _ = checked_file(found, set(secrets))
        else:
            spec = parse(values, set(secrets), source=f"the stack {name}")
    except InvalidStack as error:
        raise error_mapping.of_file(error) from None
    wrong = problems(secrets, spec.parts)
    if wrong:
        raise error_mapping.of_file(InvalidStack(f"the stack {name}", wrong))
    cli = find_engine()
    if cli is None:
        raise NoEngineError("there is no Pulumi CLI", remedy=f"{COMMAND} engine")
    engine = Engine(cli, inline=backend.inline)
    program = Guarded(backend.program) if backend.inline else None
    _settle(name, values, backend)
    try:
        opened = create_or_select_stack(
            stack_name=name,
            opts=backend.options(engine),
            create=create,
            **(
                {"work_dir": str(backend.work)}
                if program is None
                else {"project_name": PROJECT, "program": program}
            ),
        )
        backend.prepare(spec, engine)
    except NoStackError:
        raise not_deployed(name, backend.command("up", file or name)) from None
    except InvalidStack as error:
        raise error_mapping.of_file(error) from None
    except CommandError as error:
        raise error_mapping.of_command(
            error,
            name,
            frozenset(secrets.values()),
            backend.command("recover", file or name),
            interrupted=engine.interrupted,
        ) from None
    made = ChatStack(
        name,
        spec,
        opened,
        engine,
        backend,
        program,
        policies=policies,
        on_event=on_event,
        waiting=waiting,
        closing=closing,
        file=file,
    )
    made.set_secrets(secrets)
    return made


def stack_file_path(found: "StackFile", backend: Backend) -> str:
    """Return the path of a stack file that is not found by its stack's name; empty for those of the project.

    Raises ConfigurationError where Pulumi, which reads those of the project only, would not see it.
    """
    from stacks import files

    usual = files.path_of(found.name) if backend.rehearsal else backend.settings(found.name)
    if found.path.resolve() == usual.resolve():
        return ""
    if not backend.rehearsal and backend.work == ROOT:
        raise ConfigurationError(
            f"{found.shown} is not where Pulumi looks for the file of the stack {found.name}",
            remedy=f"move it to {backend.settings(found.name)}, and name the stack: {found.name}",
        )
    return str(found.path)


def _settle(name: str, values: Mapping[str, Any], backend: Backend) -> None:
    """Write the stack's settings where there is no stack file; a rehearsal has its own, without the file's secrets."""
    path = backend.settings(name)
    if backend.work == ROOT and path.is_file():
        return
    settings = {**settings_in(path), "config": dict(values)}
    write(path, yaml.safe_dump(settings, sort_keys=False, allow_unicode=True))
