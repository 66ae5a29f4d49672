"""A recording stand-in for the cloud, for tests of single components."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi.runtime import mocks, rpc

from components import sdk
from rehearsal.plan import InlineLoop

sdk.install()

ACCOUNT = "123456789012"
REGION = "ap-southeast-1"

Answer = Callable[[mocks.MockResourceArgs], Mapping[str, Any]]


@dataclass
class Made:
    """One resource that a program registered."""

    type: str
    name: str
    inputs: dict[str, Any]
    parent: str
    protect: bool
    retain_on_delete: bool
    ignore_changes: tuple[str, ...]
    depends_on: tuple[str, ...]

    def json(self, key: str) -> Any:
        """The JSON text under `key`, read."""
        return json.loads(self.inputs[key])


@dataclass
class Recording:
    """All that a program registered, its invokes, and the value that it returned."""

    made: list[Made] = field(default_factory=list)
    closed: set[str] = field(default_factory=set)
    """URNs of components whose `register_outputs` ran."""
    urns: dict[str, str] = field(default_factory=dict)
    invokes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    value: Any = None

    def all(self, type_: str) -> list[Made]:
        """Every resource whose type's last part is `type_`, such as `SecurityGroup`, by name."""
        found = [made for made in self.made if made.type.rpartition(":")[2] == type_]
        return sorted(found, key=lambda made: made.name)

    def one(self, type_: str, name: str | None = None) -> Made:
        """The only such resource, or the one of that name."""
        found = [made for made in self.all(type_) if name is None or made.name == name]
        assert len(found) == 1, f"{type_} {name or ''}: {[made.name for made in self.all(type_)]}"
        return found[0]


class _Cloud(mocks.Mocks):
    def __init__(
        self, recording: Recording, outputs: Mapping[str, Answer], lookups: Mapping[str, Any]
    ) -> None:
        self.recording = recording
        self.outputs = outputs
        self.lookups = lookups

    def call(self, args: mocks.MockCallArgs) -> Any:
        self.recording.invokes.append((args.token, args.args))
        answer = self.lookups[args.token]
        return answer(args.args) if callable(answer) else answer

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if not args.custom:
            return None, dict(args.inputs)
        kind = args.typ.rpartition(":")[2]
        service = args.typ.split(":")[1].split("/")[0]
        computed: dict[str, Any] = {
            "arn": f"arn:aws:{service}:{REGION}:{ACCOUNT}:{kind}/{args.name}",
            "name": f"{args.name}-0123abc",
        }
        computed.update(self.outputs.get(kind, lambda _: {})(args))  # type: ignore[no-untyped-call]
        return f"{args.name}-id", {**computed, **args.inputs}


class _Monitor(mocks.MockMonitor):
    def __init__(self, recording: Recording, cloud: _Cloud) -> None:
        super().__init__(cloud)
        self.recording = recording

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the monitor's own name
        response = super().RegisterResource(request)  # type: ignore[no-untyped-call]
        if request.type != "pulumi:pulumi:Stack":
            self.recording.urns[response.urn] = request.name
            self.recording.made.append(
                Made(
                    request.type,
                    request.name,
                    rpc.deserialize_properties(request.object),
                    request.parent,
                    request.protect,
                    request.retainOnDelete,
                    tuple(request.ignoreChanges),
                    tuple(request.dependencies),
                )
            )
        return response

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - the monitor's own name
        self.recording.closed.add(request.urn)
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call]


def record(
    program: Callable[[], Any],
    *,
    outputs: Mapping[str, Answer] | None = None,
    lookups: Mapping[str, Any] | None = None,
) -> Recording:
    """Run `program` against the stand-in, to its end; errors of it and of its callbacks are raised.

    `outputs` gives computed properties by the last part of a type, `lookups` answers by a function's token, or
    functions of its arguments that answer.
    Every resource must have a parent, and every component must close with `register_outputs`.
    """
    recording = Recording()
    cloud = _Cloud(recording, outputs or {}, lookups or {})

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def run() -> Any:
        def keep(value: Any) -> None:
            recording.value = value

        return pulumi.Output.from_input(program()).apply(keep)

    # Both calls make futures in the thread's current loop, which is none once any other test has run one; and the
    # mocks leave a loop open in each thread that they are called in.
    with asyncio.Runner(loop_factory=InlineLoop) as runner:
        asyncio.set_event_loop(runner.get_loop())
        mocks.set_mocks(cloud, preview=False, monitor=_Monitor(recording, cloud))
        run()
    for urn, name in recording.urns.items():
        component = "rocketchat:index:" in urn.split("::")[2].split("$")[-1]
        assert not component or urn in recording.closed, f"{name} does not register its outputs"
    for made in recording.made:
        top = made.type.startswith("rocketchat:index:")
        assert top or made.parent.split("::")[2].split("$")[-1].startswith("rocketchat:index:"), made.name
    return recording
