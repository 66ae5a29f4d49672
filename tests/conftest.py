"""Tests touch no account and no network, and say at the end what could not run for want of an engine."""

import asyncio
import gc
import os
import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import pytest
import sharing

import components  # noqa: F401 - makes the SDKs import one file at a time, before any test imports one

pytest_plugins = ["engine_marks", "real_programs"]

# As `make` does: where an image says that Python shall write nothing, each of many processes compiles all it imports.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

UNSET = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE")
SET = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    # The engine ends before its memory is worth collecting: a start of it takes a third less.
    "GOGC": "off",
    "GOMEMLIMIT": "512MiB",
}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Run half as many processes more than there are cores: a quarter of the time goes into waiting for servers."""
    cores = os.cpu_count() or 1
    return cores + cores // 2


def pytest_configure(config: pytest.Config) -> None:
    """Tell the processes of a run where they share what they find out."""
    if hasattr(config, "workerinput"):
        sharing.folder = Path(config.getoption("basetemp")).parent


def shares(items: Sequence[pytest.Item], processes: int) -> list[pytest.Item]:
    """Put into the share of each process first what starts programs, then the rest: no long test is begun last.

    The runner gives each process as many tests, in their order. Those of a module stay together, with what they share.
    """

    def long(item: pytest.Item) -> bool:
        return any(item.get_closest_marker(name) for name in ("engine", "programs"))

    first: list[list[pytest.Item]] = [[] for _ in range(processes)]
    for _, of_module in groupby(filter(long, items), key=lambda item: item.path):
        min(first, key=len).extend(of_module)
    rest = [item for item in items if not long(item)]
    ordered: list[pytest.Item] = []
    for number, own in enumerate(first, start=1):
        size = max(len(items) * number // processes - len(ordered) - len(own), 0)
        ordered += [*own, *(rest[:size] if number < processes else rest)]
        del rest[:size]
    return ordered


def pytest_collection_finish() -> None:
    """Keep the collector away from the tests themselves: a pass over half a million objects takes 0.3 s."""
    gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def _hermetic() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in UNSET:
            patch.delenv(name, raising=False)
        for name, value in SET.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="session")
def _loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture(autouse=True)
def _current_loop(_loop: asyncio.AbstractEventLoop) -> None:
    """Give each test a current loop, which `pulumi.Output` needs: `asyncio.run` in an earlier test leaves none."""
    asyncio.set_event_loop(_loop)


LEAVES_COROUTINES = {
    "test_automation",
    "test_automation_cli",
    "test_examples",
    "test_faults",
    "test_lifecycle",
}


@pytest.fixture(autouse=True)
def _collected(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let what a failed program leaves in Pulumi's SDK die with the test that made it fail on purpose."""
    yield
    if request.module.__name__ in LEAVES_COROUTINES:
        gc.collect()


@pytest.fixture(autouse=True)
def _replaced(request: pytest.FixtureRequest) -> None:
    """What is found out while a test replaces something of the program is for that test alone."""
    sharing.replaced = "monkeypatch" in request.fixturenames


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where programs fail on purpose, the SDK drops coroutines and loops; only there is that borne.

    A coroutine of an output may also be found later, when the collector happens to come by in another test: that test
    has nothing to do with it.
    """
    borne = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
    late = pytest.mark.filterwarnings(
        r"ignore:Exception ignored in. <coroutine object Output\.:pytest.PytestUnraisableExceptionWarning"
    )
    for item in items:
        item.add_marker(borne if item.path.stem in LEAVES_COROUTINES else late)
    if hasattr(config, "workerinput"):
        items[:] = shares(items, config.workerinput["workercount"])
