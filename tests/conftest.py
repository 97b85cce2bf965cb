"""What every room's tests share: the folder of real input, and the rule that CI skips nothing."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def project() -> Path:
    """The root of the checkout."""
    return PROJECT


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real input that is never committed; a stranger's clone has none beside it."""
    folder = PROJECT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("real input: there is no folder ../shared beside this checkout")
    return folder


@pytest.fixture
def no_files_left(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Called, it lets this process open no socket any more, as where all files are in use."""

    def none_left(*_: object, **__: object) -> socket.socket:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    return lambda: monkeypatch.setattr("downwind.observe.dialer.socket.socket", none_left)


def _nothing_may_be_skipped() -> bool:
    return os.environ.get("DOWNWIND_NO_SKIP", "") not in ("", "0")


def _fail_where_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    expected_failure = hasattr(report, "wasxfail")
    if not report.skipped or expected_failure or not _nothing_may_be_skipped():
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    report.outcome = "failed"
    report.longrepr = f"{reason}\nDOWNWIND_NO_SKIP is set: where CI runs, nothing may be skipped."


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _fail_where_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _fail_where_skipped(report)
    return report
