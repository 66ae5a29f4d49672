"""For pytest: tests that need the engine, and a last line that says how many were skipped for want of it.

`tests/conftest.py` switches it on with `pytest_plugins = ["engine_marks"]`.
"""

import pytest

from rehearsal.cli import find_engine

WITHOUT_ENGINE = "no Pulumi CLI (make engine)"
needs_engine = pytest.mark.skipif(find_engine() is None, reason=WITHOUT_ENGINE)
"""Mark for tests that run the real engine."""

_skipped: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count the tests that had no engine."""
    if report.skipped and isinstance(report.longrepr, tuple) and WITHOUT_ENGINE in report.longrepr[2]:
        _skipped.append(report.nodeid)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Say how many, after pytest's own last line."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if _skipped and reporter is not None:
        reporter.write_line(f"{len(_skipped)} tests of the real engine skipped: {WITHOUT_ENGINE}")
    _skipped.clear()
