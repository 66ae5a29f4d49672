"""The engine's door: one gRPC server on a loopback port that is the provider of every package at once."""

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent import futures
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import grpc  # type: ignore[import-untyped]
from google.protobuf import empty_pb2, struct_pb2  # type: ignore[import-untyped]
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

import clouds
from clouds.ask import UNKNOWN, Ask, Cloud, Existing, tags_all
from rehearsal import standins
from rehearsal.cloud import Kept, StandinCloud
from rehearsal.errors import RehearsalError
from rehearsal.faults import Fault, FaultError
from rehearsal.standins.reach import unreachable
from rehearsal.wire import at_path, decode, encode

CLUSTER = "clusterIdentifier"
REACHED_BY = ("kubeconfig", "context", "cluster")
_AUTONAMED = re.compile(r"-[0-9a-f]{7}$")
_CONNECTIONS = 1024
"""Newest connections whose settings are kept; an engine has one for each provider, and says nothing when it goes."""
_WORKERS = 16
"""Calls answered at once; each takes about a millisecond."""


def debug_providers(port: int) -> str:
    """Return the value of PULUMI_DEBUG_PROVIDERS that sends the engine to this port for every package."""
    return ",".join(f"{package}:{port}" for package in clouds.PACKAGES)


@contextmanager
def serving(cloud: StandinCloud) -> Iterator[int]:
    """Serve the stand-ins on a free loopback port, which is yielded."""
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=_WORKERS),
        options=[("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)],
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Provider(cloud), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield port
    finally:
        server.stop(grace=None).wait()


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """Answers for all packages. What a provider instance is set to is remembered by its connection."""

    def __init__(self, cloud: StandinCloud) -> None:
        self._cloud = cloud
        self._set_to: dict[str, Cloud] = {}
        self._lock = threading.Lock()

    def Handshake(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        """Say what we understand: secrets, but neither resource references nor outputs."""
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    def Attach(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        """Take the engine's address, which we never call."""
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        """Give a version above that of every SDK: a refresh warns of older ones."""
        return plugin_pb2.PluginInfo(version="999.0.0")

    def CheckConfig(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        """Check a provider's own settings."""
        return _checked(
            request, lambda token, name, inputs: standins.checked(token, name, "", inputs, Cloud())
        )

    def DiffConfig(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        """Another cluster makes all objects anew; another region does so too, but by each resource's own `region`."""
        changed, before, news = _changed(request)
        replaces = [CLUSTER] if CLUSTER in changed and CLUSTER in before and CLUSTER in news else []
        if CLUSTER in changed or CLUSTER not in news:
            replaces += [key for key in REACHED_BY if news.get(key) is UNKNOWN]
        return _diff(changed, news, replaces=replaces)

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Remember region and default tags."""
        inputs, _ = decode(request.args)
        with self._lock:
            self._set_to.pop(context.peer(), None)
            self._set_to[context.peer()] = standins.cloud_of(inputs)
            while len(self._set_to) > _CONNECTIONS:
                del self._set_to[next(iter(self._set_to))]
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Check(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Check a resource's inputs, and name it where it has no name."""
        olds, _ = decode(request.olds)

        def check(token: str, name: str, inputs: Mapping[str, Any]) -> Ask:
            record = clouds.find(token)
            rule = record.answers.autoname if record is not None else None
            if rule is not None and rule.property not in inputs and rule.property in olds:
                inputs = {**inputs, rule.property: olds[rule.property]}
            generation = self._cloud.generation(request.urn)
            return standins.checked(token, name, request.urn, inputs, self._of(context), generation)

        return _checked(request, check)

    def Diff(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Say what changed, and whether that needs a new resource."""
        token, name = _of_urn(request.urn)
        changed, before, news = _changed(request)
        state, _ = decode(request.olds)
        if token.startswith("aws:") and "region" in changed and news.get("region") == state.get("region"):
            # Whoever made it left its region to the provider, which wrote it into the state.
            before, changed = (
                {**before, "region": news["region"]},
                [key for key in changed if key != "region"],
            )
        ignored = frozenset(request.ignoreChanges)
        # The engine has put the old values back, but for those that hang on what is to be replaced.
        changed = [key for key in changed if key not in ignored]
        replaces = [
            path
            for path in standins.replacing(token, before, news)
            if path.partition(".")[0] not in ignored and path not in ignored
        ]
        if not _asks_at_update(token):
            _stays(token, before, news, context)
        filled = standins.filled_in(token, state, news, ignored)
        changed += filled
        replaces += filled
        if standins.moved(token, state, news, self._of(context)):
            changed.append("region")
            replaces.append("region")
        if "tagsAll" in state and token.startswith("aws:"):
            ask = Ask(token, name, request.urn, news, self._of(context))
            if "tags" not in changed and "tagsAll" not in ignored and tags_all(ask) != state["tagsAll"]:
                changed.append("tagsAll")
                if standins.tagged_once(token):
                    replaces.append("tagsAll")
        first = bool(replaces) and same_name(token, before, news)
        return _diff(changed, news, replaces=replaces, delete_first=first)

    def Create(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Make a resource; in a preview, say what it would be as far as that is known."""
        token, name = _of_urn(request.urn)
        inputs, secrets = decode(request.properties)
        cloud, generation = self._of(context), self._cloud.generation(request.urn)
        with _told(context):
            ask = self._ask(token, name, request.urn, inputs, cloud, generation)
            if not request.preview:
                standins.lacking(ask)
            made = standins.make(ask, preview=request.preview)
        if not request.preview:
            with self._calling(context, "create", ask, made, secrets, request.properties) as thing:
                self._cloud.create(thing)
        return provider_pb2.CreateResponse(id=made.id, properties=_outputs(made, secrets))

    def Read(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Return what exists: what the state knows by its URN and id, anything else by what an import takes."""
        token, _ = _of_urn(request.urn)
        with self._answered(context, {}, frozenset()), self._cloud.calling("read", request.urn):
            self._reach(token, self._of(context))
            state, _ = decode(request.properties)
            found = self._cloud.read(request.urn, request.id, state.get("arn"))
            if found is None:
                found = self._cloud.find(token, request.id)
                # With properties it is in a state under that URN.
                if found is not None and request.properties.fields:
                    found = self._cloud.rename(found, request.urn)
            if found is not None:
                found = self._renewed(found)
        if found is None:
            return provider_pb2.ReadResponse(id="")
        return provider_pb2.ReadResponse(
            id=found.id,
            properties=encode(found.outputs, found.secrets),
            inputs=encode(found.inputs, found.secrets),
        )

    def Update(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Change a resource in its place."""
        token, name = _of_urn(request.urn)
        inputs, secrets = decode(request.news)
        kept = self._cloud.read(request.urn, request.id)
        generation = kept.generation if kept is not None else 0
        if kept is not None and _asks_at_update(token):
            _stays(token, kept.inputs, inputs, context)
        with _told(context):
            ask = self._ask(token, name, request.urn, inputs, self._of(context), generation)
            made = standins.make(ask, preview=request.preview, own_id=request.id)
        if not request.preview:
            with self._calling(context, "update", ask, made, secrets, request.news, before=kept) as thing:
                self._cloud.update(thing)
        return provider_pb2.UpdateResponse(properties=_outputs(made, secrets))

    def Delete(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Delete a resource."""
        token, _ = _of_urn(request.urn)
        with self._answered(context, {}, frozenset()), self._cloud.calling("delete", request.urn):
            state, _ = decode(request.properties)
            self._reach(token, self._of(context), self._cloud.read(request.urn, request.id, state.get("arn")))
            self._cloud.delete(request.urn, request.id, state.get("arn"))
        return empty_pb2.Empty()

    def Invoke(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Answer a data lookup."""
        args, _ = decode(request.args)
        with self._answered(context, {}, frozenset()), self._cloud.calling("invoke", request.tok):
            answer = standins.look_up(
                request.tok, args, self._of(context), self._existing, self._cloud.tokens
            )
            if request.tok in self._cloud.answers:
                answer |= self._cloud.answers[request.tok](answer)
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(encode(answer))
        return response

    def Cancel(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        """Nothing takes long enough to be cancelled."""
        return empty_pb2.Empty()

    @contextmanager
    def _calling(
        self,
        context: Any,
        operation: str,
        ask: Ask,
        made: standins.Made,
        secrets: frozenset[str],
        given: struct_pb2.Struct,
        before: Kept | None = None,
    ) -> Iterator[Kept]:
        """Stand around the call that makes or changes a thing, which is given as it will be."""
        kept = Kept(
            ask.urn,
            ask.token,
            ask.name,
            made.id,
            ask.inputs,
            made.outputs,
            made.secrets | secrets,
            ask.cloud,
            ask.generation,
        )
        there = (made.id, _outputs(made, secrets), given)
        with (
            self._answered(context, ask.inputs, secrets, there),
            self._cloud.calling(operation, ask.urn) as half,
        ):
            self._reach(ask.token, ask.cloud)
            if before is not None:
                standins.busy(ask.token, ask.name, before.outputs, ask.inputs)
            if half:
                _take_back(ask.token, ask.inputs, new=operation == "create")
            yield replace(kept, ready=not half)

    def _ask(
        self, token: str, name: str, urn: str, inputs: Mapping[str, Any], cloud: Cloud, generation: int
    ) -> Ask:
        return Ask(
            token, name, urn, inputs, cloud, generation, world=self._existing, tokens=self._cloud.tokens
        )

    def _renewed(self, found: Kept) -> Kept:
        ask = self._ask(found.type, found.name, found.urn, found.inputs, found.cloud, found.generation)
        outputs = standins.renewed(replace(ask, own_id=found.id), found.outputs)
        if outputs != found.outputs:
            found = replace(found, outputs=outputs)
            self._cloud.update(found)
        return found

    def _reach(self, token: str, cloud: Cloud, kept: Kept | None = None) -> None:
        """Raise RehearsalError for what is in a cluster or an account that the provider does not reach."""
        if token.startswith("aws:") and kept is not None and kept.cloud.account != cloud.account:
            raise RehearsalError(f"AccessDenied: this is of {kept.cloud.account}, and {cloud.account} asks")
        why = unreachable(cloud.kubeconfig, self._cloud.tokens) if token.startswith("kubernetes:") else None
        if why is not None:
            raise RehearsalError(why)

    def _existing(self, begins: str) -> list[Existing]:
        return [thing.existing for thing in self._cloud.things() if thing.type.startswith(begins)]

    def _of(self, context: Any) -> Cloud:
        return self._set_to.get(context.peer(), Cloud())

    @contextmanager
    def _answered(
        self,
        context: Any,
        inputs: Mapping[str, Any],
        secrets: frozenset[str],
        half: tuple[str, struct_pb2.Struct, struct_pb2.Struct] | None = None,
    ) -> Iterator[None]:
        """Tell the engine of what goes wrong; `half` is id, outputs and inputs of what is there all the same."""
        try:
            with _told(context):
                yield
        except FaultError as error:
            said = str(error)
            if error.fault is Fault.HALF and half is not None:
                context.set_trailing_metadata((("grpc-status-details-bin", _half_made(said, *half)),))
            elif self._cloud.faults is not None and self._cloud.faults.quotes:
                said += "".join(f"; {path} was {at_path(inputs, path)!r}" for path in sorted(secrets))
            context.abort(error.code, said)


@contextmanager
def _told(context: Any) -> Iterator[None]:
    try:
        yield
    except RehearsalError as error:
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))


def _half_made(reason: str, own_id: str, outputs: struct_pb2.Struct, inputs: struct_pb2.Struct) -> bytes:
    """Return what providers add to the failure of a resource that was made but is not ready."""
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=reason)
    detail = provider_pb2.ErrorResourceInitFailed(
        id=own_id, properties=outputs, reasons=[reason], inputs=inputs
    )
    status.details.add().Pack(detail)
    return bytes(status.SerializeToString())


def _take_back(token: str, inputs: Mapping[str, Any], *, new: bool) -> None:
    """Raise FaultError where what did not become ready is taken back: a new thing is then none, and no half one."""
    said = standins.taken_back(token, inputs, new=new)
    if said:
        raise FaultError(Fault.FAIL if new else Fault.HALF, said)


def _asks_at_update(token: str) -> bool:
    """Whether the provider compares nothing by itself, but has the API refuse: of a preview too, in a dry run."""
    return token.startswith("kubernetes:")


def _stays(token: str, before: Mapping[str, Any], after: Mapping[str, Any], context: Any) -> None:
    refused = standins.unchangeable(token, before, after)
    if refused:
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, "\n".join(refused))


def _of_urn(urn: str) -> tuple[str, str]:
    _, _, types, name = urn.split("::", 3)
    return types.rpartition("$")[2], name


def _checked(request: Any, check: Callable[[str, str, Mapping[str, Any]], Ask]) -> Any:
    token, name = _of_urn(request.urn)
    inputs, secrets = decode(request.news)
    try:
        ask = check(token, name, inputs)
    except RehearsalError as error:
        failures = [provider_pb2.CheckFailure(reason=line) for line in str(error).splitlines()]
        return provider_pb2.CheckResponse(inputs=request.news, failures=failures)
    return provider_pb2.CheckResponse(inputs=encode(ask.inputs, secrets))


def same_name(token: str, before: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
    """Whether the new one would have the old one's name, so that the old one has to go first."""
    if token.startswith("kubernetes:"):
        old, new = (inputs.get("metadata") for inputs in (before, news))
        if not isinstance(old, Mapping) or not isinstance(new, Mapping):
            return False
        return "name" in new and all(old.get(key) == new.get(key) for key in ("name", "namespace"))
    record = clouds.find(token)
    rule = record.answers.autoname if record is not None else None
    if rule is None:
        return False
    name = news.get(rule.property)
    return not _AUTONAMED.search(str(name)) and name == before.get(rule.property)


def _changed(request: Any) -> tuple[list[str], Mapping[str, Any], Mapping[str, Any]]:
    before, _ = decode(request.old_inputs if request.HasField("old_inputs") else request.olds)
    news, _ = decode(request.news)
    keys = before.keys() | news.keys()
    changed = sorted(key for key in keys if before.get(key) != news.get(key) or news.get(key) is UNKNOWN)
    return changed, before, news


def _diff(
    changed: list[str], news: Mapping[str, Any], *, replaces: list[str], delete_first: bool = False
) -> Any:
    kinds = provider_pb2.PropertyDiff
    detailed = {}
    for key in changed:
        kind = kinds.UPDATE if news.get(key) is not None else kinds.DELETE
        detailed[key] = provider_pb2.PropertyDiff(kind=kind, inputDiff=True)
    for path in replaces:
        detailed[path] = provider_pb2.PropertyDiff(kind=kinds.UPDATE_REPLACE, inputDiff=True)
    return provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE,
        replaces=replaces,
        diffs=changed,
        detailedDiff=detailed,
        hasDetailedDiff=True,
        deleteBeforeReplace=delete_first,
    )


def _outputs(made: standins.Made, secret_inputs: frozenset[str]) -> struct_pb2.Struct:
    return encode(made.outputs, made.secrets | secret_inputs)
