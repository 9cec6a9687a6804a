"""pytest: `--stripchart` and `@pytest.mark.stripchart(max_memory="200 MiB", max_cpu="2s")`.

This module is loaded in each run of pytest, so it does nothing but look whether it is wanted; `_pytest_session` does
the rest.
"""
from __future__ import annotations

from typing import Any

_SESSION = "stripchart-session"


def pytest_addoption(parser: Any) -> None:
    group = parser.getgroup("stripchart", "what tests use (stripchart)")
    group.addoption(
        "--stripchart",
        action="store_true",
        help="record a span a test, and show at the end what each test used",
    )
    group.addoption(
        "--stripchart-top",
        metavar="N",
        type=int,
        default=20,
        help="show the N tests that took longest, 0: all (default: 20)",
    )
    group.addoption(
        "--stripchart-output",
        metavar="FILE",
        help="where to keep the recording (default: .stripchart/pytest-PID.pftrace)",
    )


def pytest_configure(config: Any) -> None:
    config.addinivalue_line(
        "markers",
        "stripchart(max_memory=None, max_cpu=None, max_wall=None, max_growth=None, max_write=None): "
        "the test fails when it uses more, such as max_memory='200 MiB', max_cpu='2s'",
    )
    if config.getoption("stripchart"):
        _begin(config)


def pytest_collection_finish(session: Any) -> None:
    if not session.config.pluginmanager.has_plugin(_SESSION):
        if any(item.get_closest_marker("stripchart") for item in session.items):
            _begin(session.config)


def _begin(config: Any) -> None:
    from ._pytest_session import Checker, Session

    session = Session(config)
    config.pluginmanager.register(session, _SESSION)
    config.pluginmanager.register(Checker(session), _SESSION + "-checker")
