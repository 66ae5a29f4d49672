"""The plan of a deployment as a value: the program runs in this process against the stand-ins."""

import asyncio
import contextlib
import json
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import pulumi
from pulumi.output import _OutputData  # what an output holds; the SDK makes four futures and a task for each
from pulumi.runtime import rpc, set_all_config
from pulumi.runtime.settings import SETTINGS, Settings, configure
from pulumi.runtime.stack import Stack

from automation.lean import collector, drain
from rehearsal.errors import RehearsalError
from rehearsal.monitor import ORGANIZATION, Engine, Message, Monitor, Others, Record
from rehearsal.wire import at_path, masked, strings
from stacks import PROJECT
from stacks.engine import STACK_TYPE
from stacks.masking import mask, stands_in

Program = Callable[[], None]


@dataclass(frozen=True)
class PlannedResource:
    """One resource as it would be made. `inputs` and `outputs` hold secrets: show them by `to_json` only."""

    type: str
    name: str
    urn: str
    parent: str
    """The parent's URN; empty for the stack itself."""
    custom: bool
    """False for components and the stack."""
    id: str
    inputs: Mapping[str, Any] = field(repr=False)
    outputs: Mapping[str, Any] = field(repr=False)
    secret_paths: tuple[str, ...]
    """`inputs.secretString`, `outputs.password`: where the secret values are."""
    property_dependencies: Mapping[str, tuple[str, ...]]
    """For each input the URNs of the resources that it was made from."""
    protect: bool
    options: Mapping[str, Any]
    """The resource options that were set, under Pulumi's camelCase names."""
    registered_outputs: bool = True
    """False for a component that never called `register_outputs`."""

    def to_json(self) -> dict[str, Any]:
        """Return the resource for other tools; whole secret values give way to `[secret]`."""
        secret = {part: [] for part in ("inputs", "outputs")}  # type: dict[str, list[str]]
        for path in self.secret_paths:
            part, _, rest = path.partition(".")
            secret[part].append(rest)
        return {
            "type": self.type,
            "name": self.name,
            "urn": self.urn,
            "parent": self.parent,
            "custom": self.custom,
            "id": self.id,
            "inputs": masked(self.inputs, secret["inputs"]),
            "outputs": masked(self.outputs, secret["outputs"]),
            "secretPaths": list(self.secret_paths),
            "propertyDependencies": {key: list(urns) for key, urns in self.property_dependencies.items()},
            "protect": self.protect,
            "options": dict(self.options),
        }


@dataclass(frozen=True)
class Plan:
    """All that a deployment would make, sorted by URN."""

    project: str
    stack: str
    resources: tuple[PlannedResource, ...]
    messages: tuple[Message, ...] = ()
    """What the program logged: information, warnings, errors."""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The values of secret configuration and of generated secrets, by where they come from."""

    def to_json(self) -> list[dict[str, Any]]:
        """Return the resources for other tools, secrets masked."""
        return [resource.to_json() for resource in self.resources]

    def text(self) -> str:
        """Return `to_json` as it is written to a file."""
        return json.dumps(self.to_json(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"

    @property
    def root(self) -> PlannedResource:
        """The stack itself."""
        return next(resource for resource in self.resources if resource.type == STACK_TYPE)

    def exported(self) -> tuple[dict[str, Any], frozenset[str]]:
        """Return the stack's outputs as they are, and the names of those that are secret."""
        secret = {
            path.removeprefix("outputs.").partition(".")[0]
            for path in self.root.secret_paths
            if path.startswith("outputs.")
        }
        return dict(self.root.outputs), frozenset(secret)

    @property
    def outputs(self) -> dict[str, Any]:
        """The stack's outputs, secret ones as `[secret]`."""
        outputs: dict[str, Any] = self.root.to_json()["outputs"]
        return outputs

    def of_type(self, token: str) -> tuple[PlannedResource, ...]:
        """Return the resources of one type."""
        return tuple(resource for resource in self.resources if resource.type == token)

    def children(self, urn: str) -> tuple[PlannedResource, ...]:
        """Return the resources whose parent this is."""
        return tuple(resource for resource in self.resources if resource.parent == urn)


class InlineLoop(asyncio.SelectorEventLoop):
    """Runs at once what the SDK would give to a thread: the answers are made in this process anyway."""

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> "asyncio.Future[Any]":  # type: ignore[override]  # noqa: ARG002
        """Return what is done already. An executor's answer would wake the loop by a socket, twice per resource."""
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - it is raised again where the future is awaited
            future.set_exception(error)
        return future


_THE_SDKS: Final = rpc.transfer_properties


@contextlib.contextmanager
def one_future_each() -> Iterator[None]:
    """Give resources outputs of one future each, meanwhile. A plan only: a deployment waits for its clouds.

    A plan in another thread that ends first takes that back for all: what is slower then is as right.
    """
    rpc.transfer_properties = _transfer_properties
    try:
        yield
    finally:
        rpc.transfer_properties = _THE_SDKS


def _transfer_properties(res: pulumi.Resource, props: pulumi.Inputs, custom: bool) -> dict[str, rpc.Resolver]:
    """Give a resource its outputs; return what resolves each."""
    resolvers: dict[str, rpc.Resolver] = {}
    for name in props:
        if name != "urn" and not (name == "id" and custom):
            whole: asyncio.Future[_OutputData[Any]] = asyncio.Future()
            res.__dict__[name] = pulumi.Output._from_data(whole)  # noqa: SLF001
            resolvers[name] = partial(_resolve, res, whole)
    return resolvers


def _resolve(
    res: pulumi.Resource,
    whole: "asyncio.Future[_OutputData[Any]]",
    value: Any,
    is_known: bool,
    is_secret: bool,
    needs: Collection[pulumi.Resource] | None,
    failed: Exception | None,
) -> None:
    if failed is not None:
        whole.set_exception(failed)
    else:
        whole.set_result(_OutputData({*(needs or ()), res}, value, is_known, is_secret))


class _NoCallbacks:
    """Takes hooks, which no plan runs. The SDK's own would serve them on a port of each plan, and leave it open."""

    def register_resource_hook(self, hook: pulumi.ResourceHook) -> None:
        pass


def plan_program(
    program: Program,
    *,
    stack: str,
    config: Mapping[str, str] | None = None,
    secret_keys: Collection[str] = (),
    others: Others | None = None,
) -> Plan:
    """Run the program against the stand-ins, in a thread of its own, and return what it would make.

    `config` has full keys (`aws:region`, `rocketchat:chat`) and strings (JSON for objects); `secret_keys` are
    those of them that are secret. Raises RehearsalError for what the program or its resources have wrong; an
    exception that lists `problems` of a stack file is passed on as it is. `others` tells the outputs of stacks
    that the program refers to.
    """
    config = dict(config or {})
    monitor = Monitor(PROJECT, stack, config.get("aws:region"), _default_tags(config), others)
    engine = Engine()
    failures: list[BaseException] = []

    def work() -> None:
        try:
            _run(program, monitor, engine, config, secret_keys)
        except BaseException as error:  # noqa: BLE001 - it is judged in the thread that asked
            failures.append(error)

    worker = threading.Thread(target=work, name=f"plan {stack}")
    with collector.held_back():
        worker.start()
        worker.join()
    secrets = {f"configuration {key}": config[key] for key in secret_keys if key in config}
    secrets |= _generated(monitor.records)
    if monitor.problems:
        raise RehearsalError(mask("\n".join(dict.fromkeys(monitor.problems)), secrets.values())) from None
    if failures:
        raise _clean(failures[0], secrets)
    return Plan(
        project=PROJECT,
        stack=stack,
        resources=tuple(_planned(record) for _, record in sorted(monitor.records.items())),
        messages=tuple(engine.messages),
        secrets=secrets,
    )


def _default_tags(config: Mapping[str, str]) -> Mapping[str, str]:
    tags = json.loads(config.get("aws:defaultTags") or "{}").get("tags") or {}
    return {str(key): str(value) for key, value in tags.items()}


def _run(
    program: Program,
    monitor: Monitor,
    engine: Engine,
    config: Mapping[str, str],
    secret_keys: Collection[str],
) -> None:
    """Run in a new thread, whose context is empty: Pulumi keeps all its settings in context variables."""
    set_all_config(dict(config), list(secret_keys))
    configure(
        Settings(
            project=monitor.project,
            stack=monitor.stack,
            monitor=monitor,
            engine=engine,
            dry_run=False,
            organization=ORGANIZATION,
            root_directory=".",
        )
    )
    SETTINGS.monitor_features = monitor.features()
    SETTINGS.callbacks = _NoCallbacks()
    loop = InlineLoop()
    asyncio.set_event_loop(loop)
    # What nobody awaits is raised by _drain; asyncio would print it once more on stderr.
    loop.set_exception_handler(lambda _loop, _context: None)
    try:
        with one_future_each():
            loop.run_until_complete(_in_stack(program))
    finally:
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        asyncio.set_event_loop(None)
        loop.close()


async def _in_stack(program: Program) -> None:
    """As the SDK's `run_in_stack`, whose waiting grows with the square of the number of outputs."""
    stack = Stack()
    try:
        program()
    except BaseException:
        stack._finish()  # noqa: SLF001
        with contextlib.suppress(Exception):
            await drain()
        raise
    stack._finish()  # noqa: SLF001
    await drain()


def _clean(error: BaseException, secrets: Mapping[str, str]) -> BaseException:
    if not isinstance(error, Exception) or hasattr(error, "problems"):
        return error
    text = str(error)
    if not isinstance(error, RehearsalError | pulumi.RunError):
        text = f"{type(error).__name__}: {text}"
    clean = RehearsalError(mask(text, secrets.values()))
    clean.__cause__ = error
    return clean


def _generated(records: Mapping[str, Record]) -> dict[str, str]:
    return {
        f"{record.name} {key}": value
        for record in records.values()
        for key in record.generated
        if isinstance(value := at_path(record.outputs, key), str)
    }


def _planned(record: Record) -> PlannedResource:
    secret = [f"inputs.{path}" for path in record.secret_inputs]
    secret += [f"outputs.{path}" for path in record.secret_outputs]
    return PlannedResource(
        type=record.type,
        name=record.name,
        urn=record.urn,
        parent=record.parent,
        custom=record.custom,
        id=record.id,
        inputs=record.inputs,
        outputs=record.outputs,
        secret_paths=tuple(sorted(secret)),
        property_dependencies=record.property_dependencies,
        protect=record.protect,
        options=record.options,
        registered_outputs=record.custom or record.registered_outputs,
    )


def find_leaks(plan: Plan, secrets: Mapping[str, str] | None = None) -> list[str]:
    """Return where a secret value stands in clear, in the plan's JSON or in what the program logged.

    `secrets` are values by a label; by default the plan's own (secret configuration, generated secrets). They
    are looked for in all forms. Findings name labels, never values.
    """
    texts = list(_texts(plan))
    # In all texts at once a secret is looked for in a hundredth of the time; seldom one is there.
    everything = _APART.join(text for _, text in texts)
    wanted = {
        label: secret
        for label, secret in (plan.secrets if secrets is None else secrets).items()
        if stands_in(secret, everything)
    }
    return sorted(
        {
            f"{where}: {label}"
            for where, text in texts
            for label, secret in wanted.items()
            if stands_in(secret, text)
        }
    )


_APART = " \0 "
"""Between two texts: no notation writes a secret across it."""


def _texts(plan: Plan) -> Iterator[tuple[str, str]]:
    for resource in plan.resources:
        for key, part in resource.to_json().items():
            for text in strings(part):
                yield f"{resource.name} ({resource.type}) {key}", text
    for message in plan.messages:
        yield f"log {message.severity}", message.text
