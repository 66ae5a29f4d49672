"""A whole life of a stack in the real engine, against the stand-in clouds.

Deployed under the policy pack, deployed again, one setting changed, refreshed, moved to another backend and to another
secrets provider, and destroyed; then everything that was written meanwhile is searched for every secret.
"""

import contextlib
import json
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from automation.backend import Backend
from automation.events import Event, OnEvent, ignore
from automation.stack import ChatStack, open_stack
from automation.state import State
from automation.values import REPLACING, Result
from policy.product import COMPONENT
from rehearsal import user_commands
from rehearsal.backend import PASSPHRASE, rehearsal_backend
from rehearsal.cloud import Kept
from rehearsal.errors import RehearsalError
from rehearsal.plan import Plan
from rehearsal.stack import RehearsedStack
from rehearsal.stack import plan as plan_of
from stacks.engine import STACK_TYPE
from stacks.language import NAMESPACE
from stacks.masking import stands_in

SETTING = "Log_Level"
"""The setting that is changed: every release has it, and no stack file sets it for a reason."""
"""Components are updated with what is in them: the state has their arguments."""
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Stage:
    """One part of a life."""

    title: str
    said: str
    """What happened, for people."""
    seconds: float


@dataclass(frozen=True)
class Life:
    """A stack's life from its first `up` to `destroy`."""

    stack: str
    stages: tuple[Stage, ...]
    resources: int
    """How many the stack had, the stack itself and its providers included."""
    unprotected: tuple[str, ...]
    """URNs of protected resources: they had to be released before `destroy`, as a person would have to."""
    kept: tuple[str, ...]
    """URNs of what `destroy` leaves in the clouds on purpose."""
    searched: int
    """Number of files and texts in which secrets were looked for."""
    leaks: tuple[str, ...]
    """Where a secret stood in clear: the place and the secret's label. Empty when all is well."""

    @property
    def seconds(self) -> float:
        """Time of all stages together."""
        return sum(stage.seconds for stage in self.stages)

    def to_json(self) -> dict[str, Any]:
        """Return the life for other tools."""
        return {
            "stack": self.stack,
            "stages": [
                {"title": stage.title, "said": stage.said, "seconds": round(stage.seconds, 2)}
                for stage in self.stages
            ],
            "resources": self.resources,
            "unprotected": list(self.unprotected),
            "kept": list(self.kept),
            "searched": self.searched,
            "leaks": list(self.leaks),
        }


class DeviationError(RehearsalError):
    """A stage of a life did not end as it must."""


OnStage = Callable[[Stage], None]


def live(
    loaded: RehearsedStack,
    *,
    by_hand: bool,
    on_stage: OnStage = lambda _: None,
    on_event: OnEvent = ignore,
) -> Life:
    """Let a stack live; `by_hand` adds the very commands of a user, in a checkout of their own.

    Raises DeviationError where a stage does not end as it must, and the errors of `open_stack`.
    """
    living = _Living(loaded, on_stage, on_event)
    with contextlib.ExitStack() as open_until_searched:
        return living.live(open_until_searched, by_hand=by_hand)


class _Living:
    def __init__(self, loaded: RehearsedStack, on_stage: OnStage, on_event: OnEvent) -> None:
        self.loaded = loaded
        self.name = loaded.name
        self.changed = _with_another_setting(loaded)
        self.secrets = loaded.secrets
        self.stages: list[Stage] = []
        self.texts: dict[str, str] = {}
        self._on_stage = on_stage
        self._on_event = on_event

    def live(self, closing: contextlib.ExitStack, *, by_hand: bool) -> Life:
        backend = closing.enter_context(rehearsal_backend())
        with self.opened(backend, self.loaded) as stack:
            # With a preview, as people deploy: the policies judge what is not known yet, too.
            up = self.done("up", stack.up())
            _demand(up.changes.keys() == {"create"}, "the first deployment did more than to create", up)
            mandatory = [finding for finding in up.findings if finding.mandatory]
            _demand(not mandatory, f"the policy pack found: {mandatory}", up)
            self.quiet("up again", stack.up(preview=False, policies=False))
        with self.opened(backend, self.changed) as stack:
            self.changed_only_what_it_must(stack.up(preview=False, policies=False))
            self.quiet("refresh", stack.refresh())
            self.quiet("drift", stack.drift())
            state = stack.export_state()
            configured = {f"configuration {key}": value for key, value in self.secrets.items()}
            secrets = configured | backend.cloud.secrets()
        moved = closing.enter_context(rehearsal_backend(cloud=backend.cloud))
        with self.opened(moved, self.changed) as stack:
            stack.import_state(State.from_json(state.to_json()))
            self.quiet("moved to another backend", stack.preview(policies=False))
            stack.change_secrets_provider("passphrase", {"PULUMI_CONFIG_PASSPHRASE": PASSPHRASE})
            self.quiet("moved to another secrets provider", stack.preview(policies=False))
            unprotected = stack.unprotect()
            gone = self.done("destroy", stack.destroy(confirm=self.name))
            _demand(gone.changes.keys() == {"delete"}, "destroy did more than to delete", gone)
            _demand(not stack.export_state().resources, "destroy left resources in the state", gone)
        kept = _left(state, backend.cloud.things(), gone)
        roots = [backend.work.parent, moved.work.parent]
        if by_hand:
            own = closing.enter_context(rehearsal_backend(checkpoints=True))
            told = user_commands.live(self.loaded, own)
            self.texts |= told.texts
            self.add(Stage("by hand", f"{told.commands} commands of the Pulumi CLI", told.seconds))
            roots.append(own.work.parent)
        searched, leaks = search(roots, self.texts, secrets)
        return Life(self.name, tuple(self.stages), len(state.resources), unprotected, kept, searched, leaks)

    def opened(self, backend: Backend, as_said: RehearsedStack) -> ChatStack:
        return open_stack(
            self.name, values=as_said.values, secrets=self.secrets, backend=backend, on_event=self.heard
        )

    def heard(self, event: Event) -> None:
        key = f"events of {event.stack}, {event.kind}"
        self.texts[key] = self.texts.get(key, "") + repr(event) + "\n"
        self._on_event(event)

    def add(self, stage: Stage) -> None:
        self.stages.append(stage)
        self._on_stage(stage)

    def done(self, title: str, result: Result) -> Result:
        counted = ", ".join(f"{count} {word}" for word, count in result.changes.items() if word != "same")
        self.texts[f"result of {title}"] = repr(result) + json.dumps(result.to_json())
        self.add(Stage(title, counted or "nothing to change", result.seconds))
        return result

    def quiet(self, title: str, result: Result) -> None:
        self.done(title, result)
        _demand(result.changed == 0, f"{title}: something changed, though nothing was asked for", result)

    def changed_only_what_it_must(self, result: Result) -> None:
        self.done("one setting changed", result)
        before, after = plan_of(self.loaded), plan_of(self.changed)
        wanted = _differing(before, after)
        _demand(bool(wanted), f"{SETTING} reaches nothing", result)
        custom = {step.urn for step in result.steps if not step.type.startswith((COMPONENT, STACK_TYPE))}
        _demand(wanted <= custom, "what the setting changes was not changed", result)
        replaced = {step.urn for step in result.steps if step.operation in REPLACING}
        beyond = custom - wanted
        following = {one.urn for one in after.resources if _uses(one.property_dependencies, replaced)}
        _demand(
            beyond <= following, f"more than the setting was changed: {sorted(beyond - following)}", result
        )


def _with_another_setting(loaded: RehearsedStack) -> RehearsedStack:
    key = f"{NAMESPACE}:settings"
    settings = dict(loaded.values.get(key) or {})
    settings[SETTING] = "1" if settings.get(SETTING) != "1" else "0"
    return replace(loaded, values={**loaded.values, key: settings})


def _demand(well: bool, otherwise: str, result: Result) -> None:
    if not well:
        steps = ", ".join(f"{step.operation} {step.name}" for step in result.steps[:12])
        raise DeviationError(f"{result.stack}: {otherwise} ({steps or result.changes})")


def _differing(before: Plan, after: Plan) -> set[str]:
    inputs = {one.urn: one.inputs for one in before.resources if one.custom}
    return {one.urn for one in after.resources if one.custom and inputs.get(one.urn) != one.inputs}


def _uses(dependencies: Mapping[str, Collection[str]], urns: Collection[str]) -> bool:
    return any(urn in urns for found in dependencies.values() for urn in found)


def _left(state: State, things: Collection[Kept], gone: Result) -> tuple[str, ...]:
    left = {thing.urn for thing in things}
    # The engine deletes nothing that goes down with something else.
    kept = set(state.kept)
    left -= {str(one["urn"]) for one in state.records if one.get("deletedWith")} - kept
    _demand(left <= kept, f"destroy left what nobody asked to keep: {sorted(left - kept)}", gone)
    _demand(kept <= left, f"destroy deleted what was to be kept: {sorted(kept - left)}", gone)
    return tuple(sorted(left))


def search(
    roots: Collection[Path], texts: Mapping[str, str], secrets: Mapping[str, str]
) -> tuple[int, tuple[str, ...]]:
    """Look for secrets in all files below some folders and in texts.

    Returns how many places were searched, and where which secret stood in clear, by the labels of both.
    """
    places = list(texts.items())
    places += [(path.name, _read(path).decode(errors="replace")) for root in roots for path in _files(root)]
    leaks = {
        f"{place}: {label}"
        for place, content in places
        for label, secret in secrets.items()
        if stands_in(secret, content)
    }
    return len(places), tuple(sorted(leaks))


def _read(path: Path) -> bytes:
    """Return what is in a file. The engine compresses its logs, and a killed one does not end them."""
    content = path.read_bytes()
    unpacked = b""
    while content.startswith(_GZIP):
        reading = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        unpacked += reading.decompress(content)
        content = reading.unused_data
    return unpacked + content


def _files(root: Path) -> Iterator[Path]:
    return (path for path in sorted(root.rglob("*")) if path.is_file() and not path.is_symlink())
