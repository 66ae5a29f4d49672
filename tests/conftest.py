"""Tests touch no account and no network, and say at the end what could not run for want of an engine."""

import asyncio
import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import sharing

import components  # noqa: F401 - makes the SDKs import one file at a time, before any test imports one

pytest_plugins = ["engine_marks", "real_programs"]

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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
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
