"""For pytest: the mark of tests that need the engine, and what each group of tests cost.

`tests/conftest.py` switches it on with `pytest_plugins = ["engine_marks"]`.
"""

import os
from collections import Counter, defaultdict
from collections.abc import Generator
from typing import Final

import pytest

from automation.pulumi_cli import find_engine

WITHOUT_ENGINE: Final = "no Pulumi CLI (make engine)"
GROUPS: Final = {
    "engine": "runs the real Pulumi engine",
    "programs": "runs real servers and tools, from package registries",
    "slow": "takes more than a second or two",
}
"""Marks that cost time; a test is counted under the first that it has."""
needs_engine = pytest.mark.engine
"""Mark for tests that run the real engine."""

_skipped: list[str] = []
_seconds: dict[str, float] = defaultdict(float)
_counts: Counter[str] = Counter()
_before = 0.0


def _processor() -> float:
    """Seconds of a processor that this process took, and those that it started and saw end."""
    return sum(os.times()[:4])


def pytest_collection_finish() -> None:
    """Begin to count."""
    global _before
    _before = _processor()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Give each report what was spent since the one before it; by the clock a busy machine is as slow as a bad test."""
    global _before
    report = yield
    now = _processor()
    vars(report)["spent"] = now - _before
    _before = now
    return report


def pytest_configure(config: pytest.Config) -> None:
    """Make the marks known."""
    for name, what in GROUPS.items():
        config.addinivalue_line("markers", f"{name}: {what}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs an engine where there is none."""
    if find_engine() is None:
        for item in items:
            if item.get_closest_marker("engine"):
                item.add_marker(pytest.mark.skip(reason=WITHOUT_ENGINE))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count the tests that had no engine, and what each group cost."""
    if report.skipped and isinstance(report.longrepr, tuple) and WITHOUT_ENGINE in report.longrepr[2]:
        _skipped.append(report.nodeid)
    group = next((name for name in GROUPS if name in report.keywords), "other")
    _seconds[group] += getattr(report, "spent", 0.0)  # a process that died reports for itself no more
    _counts[group] += report.when == "call"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what each group cost, over all processes."""
    if len(_seconds) > 1:
        told = (f"{name} {_counts[name]} in {_seconds[name]:.0f} s" for name in (*GROUPS, "other"))
        terminalreporter.write_line(f"tests by what they need, and seconds of a processor: {', '.join(told)}")
    _seconds.clear()
    _counts.clear()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Say how many, after pytest's own last line."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if _skipped and reporter is not None:
        reporter.write_line(f"{len(_skipped)} tests of the real engine skipped: {WITHOUT_ENGINE}")
    _skipped.clear()
