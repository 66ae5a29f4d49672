"""What keeps Pulumi's SDK quick must not change what a program does."""

import asyncio
import contextlib
import gc
import inspect
import socket
import sys
import threading
import traceback
import types
import weakref
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]
import pulumi
import pulumi_random as random
import pytest
from google.protobuf import empty_pb2  # type: ignore[import-untyped]
from pulumi.runtime import resource, rpc
from pulumi.runtime._callbacks import _CallbackServicer
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto import engine_pb2, resource_pb2_grpc

from automation import inline
from automation.inline import Guarded
from automation.lean import SELDOM, QuietEngine, _Collector
from rehearsal.errors import RehearsalError
from rehearsal.plan import one_future_each, plan_program


class Heard:
    """Takes what would go to the engine."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def Log(self, request: engine_pb2.LogRequest) -> None:  # noqa: N802 - the service's own name
        self.messages.append(request.message)

    def RequirePulumiVersion(self, request: object) -> str:  # noqa: N802
        return "answered"


@pytest.fixture
def collector() -> Iterator[_Collector]:
    assert gc.isenabled()
    yield _Collector()
    gc.enable()
    gc.unfreeze()
    gc.freeze()


def test_only_debug_messages_are_kept_from_the_engine() -> None:
    heard = Heard()
    quiet = QuietEngine(heard)
    for severity in (engine_pb2.DEBUG, engine_pb2.INFO, engine_pb2.WARNING, engine_pb2.ERROR):
        quiet.Log(engine_pb2.LogRequest(severity=severity, message=engine_pb2.LogSeverity.Name(severity)))
    assert heard.messages == ["INFO", "WARNING", "ERROR"]
    assert quiet.RequirePulumiVersion(None) == "answered"


def test_the_collector_comes_back_when_the_last_of_several_threads_has_done(collector: _Collector) -> None:
    inside, leave = threading.Event(), threading.Event()

    def other() -> None:
        with collector.held_back():
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=other)
    with collector.held_back():
        thread.start()
        assert inside.wait(10)
    assert not gc.isenabled()
    leave.set()
    thread.join()
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off(collector: _Collector) -> None:
    gc.disable()
    with collector.held_back():
        pass
    assert not gc.isenabled()


@pytest.mark.slow
def test_what_was_frozen_without_being_a_class_is_freed_before_the_next_run(
    collector: _Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Thing:
        itself: "Thing"

    made = Thing()
    made.itself = made
    gone = weakref.ref(made)
    with collector.held_back():
        monkeypatch.setitem(sys.modules, "imported_meanwhile", types.ModuleType("imported_meanwhile"))
    del made
    gc.collect()
    assert gone() is not None
    with collector.held_back():
        assert gone() is None
        # Nothing is frozen anew as long as nothing is imported: what runs leave behind must not be kept for ever.
        before = gc.get_freeze_count()
        kept = [[] for _ in range(1000)]  # type: list[list[int]]
    assert gc.get_freeze_count() <= before
    assert len(kept) == 1000
    # A later run that imports something more leaves nothing behind either.
    with collector.held_back():
        made = Thing()
        made.itself = made
        gone = weakref.ref(made)
        del made
        monkeypatch.setitem(sys.modules, "imported_later", types.ModuleType("imported_later"))
    assert gone() is None


def test_a_collector_that_looks_seldom_looks_as_often_as_before_afterwards(collector: _Collector) -> None:
    before = gc.get_threshold()
    with collector.seldom():
        with collector.seldom():
            assert gc.isenabled()
        assert gc.get_threshold()[0] == SELDOM
    assert gc.get_threshold() == before


@pytest.mark.parametrize("planned", [False, True], ids=["by the SDK", "in a plan"])
def test_the_outputs_of_a_resource_are_resolved_in_a_plan_as_by_the_sdk(planned: bool) -> None:
    async def resolved() -> None:
        made: Any = object.__new__(pulumi.CustomResource)
        needed = object.__new__(pulumi.CustomResource)
        names = ("urn", "id", "size", "guess", "wrong")
        resolvers = rpc.transfer_properties(made, dict.fromkeys(names), True)
        assert set(resolvers) == {"size", "guess", "wrong"}
        resolvers["size"](5, True, True, {needed}, None)
        resolvers["guess"](None, False, False, None, None)
        resolvers["wrong"](None, True, False, set(), ValueError("not there"))
        size, guess = made.size, made.guess
        assert await size.future() == 5
        assert await size.resources() == {made, needed}
        assert (await size.is_known(), await size.is_secret()) == (True, True)
        assert await guess.resources() == {made}
        assert (await guess.is_known(), await guess.is_secret()) == (False, False)
        with pytest.raises(ValueError, match="not there"):
            await made.wrong.future()
        made.wrong._untrack()

    with one_future_each() if planned else contextlib.nullcontext():
        asyncio.run(resolved())


def test_a_deployment_has_the_outputs_of_the_sdk_also_after_a_plan() -> None:
    seen: list[str] = []

    def program() -> None:
        seen.append(rpc.transfer_properties.__module__)

    plan_program(program, stack="small")
    assert [*seen, rpc.transfer_properties.__module__] == ["rehearsal.plan", "pulumi.runtime.rpc"]


def test_a_plan_opens_no_port_for_the_hooks_of_its_resources() -> None:
    def program() -> None:
        held = pulumi.ResourceHook("held", lambda _: None)
        hooks = pulumi.ResourceHookBinding(before_update=[held])
        random.RandomPassword("password", length=20, opts=pulumi.ResourceOptions(hooks=hooks))

    before = list(_CallbackServicer._servicers)
    assert len(plan_program(program, stack="small").resources) == 2
    assert before == _CallbackServicer._servicers


def test_what_outputs_bring_up_while_they_are_waited_for_is_waited_for_too() -> None:
    seen: list[str] = []

    def program() -> None:
        async def later() -> str:
            await asyncio.sleep(0.01)
            return "first"

        def more(value: str) -> None:
            seen.append(value)
            pulumi.Output.from_input("second").apply(seen.append)

        promised: pulumi.Output[str] = pulumi.Output.from_input(later())
        promised.apply(more)

    plan_program(program, stack="small")
    assert seen == ["first", "second"]


def test_what_fails_in_an_output_that_nobody_awaits_is_raised() -> None:
    def program() -> None:
        def wrong(_: str) -> None:
            raise ValueError("wrong in the end")

        pulumi.Output.from_input("value").apply(wrong)

    with pytest.raises(RehearsalError, match="wrong in the end"):
        plan_program(program, stack="small")


def test_a_guarded_program_is_waited_for_in_the_engine_without_its_debug_messages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard = Heard()
    seen: list[str] = []
    thresholds: list[int] = []

    def program() -> None:
        pulumi.log.debug("quiet")
        pulumi.log.info("loud")

        async def later() -> str:
            await asyncio.sleep(0.01)
            thresholds.append(gc.get_threshold()[0])
            return "value"

        promised: pulumi.Output[str] = pulumi.Output.from_input(later())
        promised.apply(seen.append)

    async def engine() -> None:
        monkeypatch.setattr("pulumi.runtime.settings.SETTINGS.engine", heard)
        await Guarded(program)()

    asyncio.run(engine())
    assert seen == ["value"]
    assert heard.messages == ["loud"]
    assert thresholds == [SELDOM]


def test_a_program_that_outlives_its_engine_is_left_for_later_and_never_to_the_collector(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(inline, "PATIENCE", 0.1)
    guarded = Guarded(lambda: None)
    began, may_end = threading.Event(), threading.Event()
    ends: list[str] = []
    loop = asyncio.new_event_loop()

    async def never() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ends.append(threading.current_thread().name)

    async def program() -> None:
        left.append(asyncio.ensure_future(never()))
        drained = guarded()
        assert inspect.iscoroutine(drained)
        drained.close()
        began.set()
        await asyncio.to_thread(may_end.wait, 30)

    left: list[asyncio.Future[None]] = []
    thread = threading.Thread(target=loop.run_until_complete, args=(program(),))
    thread.start()
    assert began.wait(30)
    guarded.close()
    assert not loop.is_closed()
    may_end.set()
    thread.join(30)
    gc.collect()
    assert ends == []
    guarded.close()
    assert loop.is_closed()
    assert left[0].cancelled()
    assert ends == [threading.current_thread().name]


def test_an_engine_at_the_address_of_one_that_is_gone_is_reached_at_once() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"

    def status(channel: Any) -> Any:
        with pytest.raises(grpc.RpcError) as answered:
            resource_pb2_grpc.ResourceMonitorStub(channel).GetDeploymentInfo(empty_pb2.Empty())
        return answered.value.code()

    gone = grpc.insecure_channel(address, options=_GRPC_CHANNEL_OPTIONS)
    assert status(gone) is grpc.StatusCode.UNAVAILABLE
    engine = grpc.server(futures.ThreadPoolExecutor(1))
    assert engine.add_insecure_port(address)
    engine.start()
    try:
        assert (
            status(grpc.insecure_channel(address, options=_GRPC_CHANNEL_OPTIONS))
            is grpc.StatusCode.UNIMPLEMENTED
        )
    finally:
        engine.stop(None).wait()
        gone.close()


def test_the_engine_is_told_where_a_resource_is_made() -> None:
    class Made:
        def __init__(self) -> None:
            self.told = resource._get_stack_trace().frames

    class Custom(Made):
        def __init__(self) -> None:
            super().__init__()

    class Own(Custom):
        def __init__(self) -> None:
            super().__init__()

    made, here = Own(), traceback.extract_stack()
    assert [(one.pc.uri, one.pc.line) for one in made.told] == [
        (Path(one.filename).as_uri(), one.lineno) if Path(one.filename).is_absolute() else ("", 0)
        for one in reversed(here)
    ]
    assert made.told[0].pc.uri == Path(__file__).as_uri()
