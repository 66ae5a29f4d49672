"""The in-process door: answers the SDK in the engine's place, and writes down what was asked."""

import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from google.protobuf import empty_pb2, struct_pb2  # type: ignore[import-untyped]
from pulumi.runtime.mocks import MockMonitor, MockResourceArgs, Mocks
from pulumi.runtime.proto import alias_pb2, engine_pb2, resource_pb2

from clouds.ask import Cloud, Existing
from rehearsal import standins
from rehearsal.errors import RehearsalError
from rehearsal.standins import once
from rehearsal.wire import at_path, decode, encode
from stacks.engine import STACK_TYPE

REFERENCE_TYPE = "pulumi:pulumi:StackReference"
ORGANIZATION = "organization"
"""The one organization that backends without accounts have."""
Others = Callable[[str], tuple[Mapping[str, Any], Collection[str]]]
"""The outputs of another stack of the project by its name, and the names of those that are secret."""
_SEVERITIES = {engine_pb2.DEBUG: "debug", engine_pb2.INFO: "info", engine_pb2.WARNING: "warning"}


@dataclass
class Record:
    """One registration, as it came."""

    type: str
    name: str
    urn: str
    parent: str
    custom: bool
    id: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    secret_inputs: frozenset[str] = frozenset()
    secret_outputs: frozenset[str] = frozenset()
    property_dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    protect: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    registered_outputs: bool = False
    generated: tuple[str, ...] = ()
    """Output properties in which the cloud made up a secret value."""


@dataclass(frozen=True)
class Message:
    """What the program, or an SDK, logged."""

    severity: str
    text: str
    urn: str


class _NoMocks(Mocks):
    """`MockMonitor` wants some; ours answers by itself."""

    def call(self, args: Any) -> Any:
        raise NotImplementedError(args)

    def new_resource(self, args: MockResourceArgs) -> Any:
        raise NotImplementedError(args)


class Engine:
    """Takes the program's log messages."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def Log(self, request: engine_pb2.LogRequest) -> empty_pb2.Empty:  # noqa: N802 - the service's own name
        severity = _SEVERITIES.get(request.severity, "error")
        if severity != "debug":
            self.messages.append(Message(severity, request.message, request.urn))
        return empty_pb2.Empty()


class Monitor(MockMonitor):
    """Registers resources with the stand-ins. One for each plan."""

    def __init__(
        self,
        project: str,
        stack: str,
        region: str | None,
        default_tags: Mapping[str, str],
        others: Others | None = None,
    ) -> None:
        super().__init__(_NoMocks())
        self._others = others
        self.project = project
        self.stack = stack
        self.records: dict[str, Record] = {}
        self.problems: list[str] = []
        self._default = Cloud(region=region, default_tags=default_tags) if region else Cloud()
        self._region = region
        self._clouds: dict[str, Cloud] = {}
        self._held: dict[tuple[object, ...], tuple[str, bool]] = {}
        self._lock = threading.Lock()

    def features(self) -> set[int]:
        """What the SDK may ask of us."""
        answer = self.GetDeploymentInfo(empty_pb2.Empty())  # type: ignore[no-untyped-call]
        return set(answer.supportedFeatures)

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """The engine's own way: the types of all ancestors but the stack's."""
        if parent:
            ancestors = parent.split("::")[2]
            if ancestors != STACK_TYPE:
                type_ = f"{ancestors}${type_}"
        return f"urn:pulumi:{self.stack}::{self.project}::{type_}::{name}"

    def RegisterResource(  # noqa: N802
        self, request: resource_pb2.RegisterResourceRequest
    ) -> resource_pb2.RegisterResourceResponse:
        """Answer one registration."""
        with self._lock:
            try:
                return self._register(request)
            except RehearsalError as error:
                self.problems.append(str(error))
                raise

    def _register(
        self, request: resource_pb2.RegisterResourceRequest
    ) -> resource_pb2.RegisterResourceResponse:
        inputs, secret = decode(request.object)
        record = Record(
            type=request.type,
            name=request.name,
            urn=self.make_urn(request.parent, request.type, request.name),
            parent=request.parent,
            custom=request.custom,
            inputs=inputs,
            secret_inputs=secret,
            property_dependencies={
                key: tuple(sorted(set(needs.urns)))
                for key, needs in sorted(request.propertyDependencies.items())
                if needs.urns
            },
            protect=request.protect,
            options=_options(request),
        )
        if record.urn in self.records:
            raise RehearsalError(
                f"two resources of type {request.type} under one parent are called {request.name}"
            )
        self.records[record.urn] = record
        if not request.custom:
            return resource_pb2.RegisterResourceResponse(urn=record.urn)
        answer = self._make(record, request.provider, request.importId, set(request.additionalSecretOutputs))
        return resource_pb2.RegisterResourceResponse(urn=record.urn, id=record.id, object=answer)

    def _make(self, record: Record, provider: str, own_id: str, extra_secrets: set[str]) -> struct_pb2.Struct:
        cloud = self._clouds.get(provider, self._default)
        ask = standins.checked(record.type, record.name, record.urn, record.inputs, cloud)
        if not own_id:
            standins.lacking(replace(ask, world=self._existing))
        made = standins.make(ask, own_id=own_id)
        record.id, record.outputs = made.id, made.outputs
        self._refuse_what_is_taken(record, ask.inputs, cloud)
        secrets = made.secrets | (extra_secrets & made.outputs.keys())
        record.generated = tuple(key for key in sorted(secrets) if record.inputs.get(key) is None)
        echoed = {path for path in record.secret_inputs if at_path(made.outputs, path) is not None}
        record.secret_outputs = frozenset(
            path for path in secrets | echoed if at_path(made.outputs, path) is not None
        )
        if standins.is_provider(record.type):
            self._clouds[f"{record.urn}::{record.id}"] = standins.cloud_of(record.inputs, self._region)
        answer = encode(made.outputs, record.secret_outputs)
        # The SDK is told of what is absent, so that nothing stays open; for readers of the plan it is just absent.
        record.outputs = {key: value for key, value in made.outputs.items() if value is not None}
        return answer

    def _refuse_what_is_taken(self, record: Record, inputs: Mapping[str, Any], cloud: Cloud) -> None:
        """Raise RehearsalError where two resources of the plan would be one thing, or need one for each alone."""
        made = Existing(record.type, record.id, inputs, record.outputs, cloud.region, cloud.account)
        for claim in () if standins.is_provider(record.type) else once.claims(made):
            other, shared = self._held.setdefault(claim.key, (record.urn, claim.shared))
            if other != record.urn and not (shared and claim.shared):
                raise RehearsalError(
                    f"{record.name}: {claim.what}: {claim.error}; {self.records[other].name} has it"
                )

    def _existing(self, begins: str) -> list[Existing]:
        return [
            Existing(record.type, record.id, record.inputs, record.outputs, self._default.region)
            for record in self.records.values()
            if record.type.startswith(begins)
        ]

    def RegisterResourceOutputs(  # noqa: N802
        self, request: resource_pb2.RegisterResourceOutputsRequest
    ) -> empty_pb2.Empty:
        """Take the outputs of a component, or of the stack."""
        with self._lock:
            record = self.records[request.urn]
            record.outputs, record.secret_outputs = decode(request.outputs)
            record.registered_outputs = True
        return empty_pb2.Empty()

    def ReadResource(  # noqa: N802
        self, request: resource_pb2.ReadResourceRequest
    ) -> resource_pb2.ReadResourceResponse:
        """Answer `Resource.get`: the stand-in cloud has everything that is asked for by its id."""
        with self._lock:
            try:
                state, secret = decode(request.properties)
                record = Record(
                    type=request.type,
                    name=request.name,
                    urn=self.make_urn(request.parent, request.type, request.name),
                    parent=request.parent,
                    custom=True,
                    inputs=state,
                    secret_inputs=secret,
                    options={"readId": request.id},
                )
                if request.type == REFERENCE_TYPE:
                    self._refer(record, request.id)
                else:
                    answer = standins.existing(
                        request.type, request.name, record.urn, request.id, state, self._default
                    )
                    record.id, record.outputs = answer.id, answer.outputs
                    record.secret_outputs = answer.secrets
                self.records[record.urn] = record
            except RehearsalError as error:
                self.problems.append(str(error))
                raise
        return resource_pb2.ReadResourceResponse(
            urn=record.urn, properties=encode(record.outputs, record.secret_outputs)
        )

    def _refer(self, record: Record, stack: str) -> None:
        """Answer a StackReference, with the outputs of the other stack as `others` knows them."""
        organization, _, rest = stack.partition("/")
        project, _, name = rest.partition("/")
        if self._others is None or (organization, project) != (ORGANIZATION, self.project):
            raise RehearsalError(f"{record.name}: the rehearsal knows no stack {stack}")
        outputs, secret = self._others(name)
        record.id = stack
        record.outputs = {"name": stack, "outputs": outputs, "secretOutputNames": sorted(secret)}
        record.secret_outputs = frozenset(f"outputs.{key}" for key in secret)

    def Invoke(self, request: resource_pb2.ResourceInvokeRequest) -> resource_pb2.ResourceInvokeResponse:  # noqa: N802
        """Answer one data lookup."""
        with self._lock:
            try:
                args, _ = decode(request.args)
                cloud = self._clouds.get(request.provider, self._default)
                answer = standins.look_up(request.tok, args, cloud, self._existing)
            except RehearsalError as error:
                self.problems.append(str(error))
                raise
        response = resource_pb2.ResourceInvokeResponse()
        getattr(response, "return").CopyFrom(encode(answer))
        return response


def _options(request: resource_pb2.RegisterResourceRequest) -> dict[str, Any]:
    """The options that were set, under Pulumi's camelCase names; those that were not are left out."""
    by_property = {urn for needs in request.propertyDependencies.values() for urn in needs.urns}
    timeouts = {
        key: getattr(request.customTimeouts, key)
        for key in ("create", "update", "delete")
        if getattr(request.customTimeouts, key)
    }
    options: dict[str, Any] = {
        "additionalSecretOutputs": sorted(request.additionalSecretOutputs),
        "aliases": [_alias(alias) for alias in request.aliases] or sorted(request.aliasURNs),
        "customTimeouts": timeouts,
        "deleteBeforeReplace": request.deleteBeforeReplace or None,
        "deletedWith": request.deletedWith,
        "dependsOn": sorted(set(request.dependencies) - by_property),
        "ignoreChanges": sorted(request.ignoreChanges),
        "importId": request.importId,
        "provider": request.provider.rpartition("::")[0],
        "replaceOnChanges": sorted(request.replaceOnChanges),
        "replaceWith": sorted(request.replace_with),
        "retainOnDelete": request.retainOnDelete or None,
    }
    return {key: value for key, value in options.items() if value}


def _alias(alias: alias_pb2.Alias) -> Any:
    if alias.urn:
        return alias.urn
    spec = alias.spec
    parts = {
        "name": spec.name,
        "type": spec.type,
        "parentUrn": spec.parentUrn,
        "project": spec.project,
        "stack": spec.stack,
    }
    return {key: value for key, value in parts.items() if value} | (
        {"noParent": True} if spec.noParent else {}
    )
