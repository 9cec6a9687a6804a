"""Fixtures of the Python package's tests: programs that record themselves, and what the Perfetto engine finds in that."""
from __future__ import annotations

import os
import pathlib
import shutil
import sys

import pytest

FOLDER = pathlib.Path(__file__).resolve().parent
REPOSITORY = FOLDER.parents[1]
sys.path.append(str(REPOSITORY / "Tests/EndToEnd"))

from perfetto_engine import PerfettoEngine  # noqa: E402
from recorded import Programs  # noqa: E402

from stripchart import _command  # noqa: E402


@pytest.fixture(scope="session")
def engine():
    if shutil.which("node") is None:
        pytest.skip("the Perfetto engine needs node")
    return PerfettoEngine(REPOSITORY / "Tests/Perfetto/engine.mjs")


@pytest.fixture(autouse=True)
def _outside_any_recording(monkeypatch):
    for name in ("STRIPCHART_RECORDING", "STRIPCHART_FUNCTIONS", "STRIPCHART_LINES", "PYTHONDONTWRITEBYTECODE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def python(tmp_path, engine):
    """python("source of a program") runs it under `stripchart run` and gives what was recorded."""
    return Programs(tmp_path, engine, pathlib.Path(_command.path()))


@pytest.fixture(scope="session")
def command():
    return _command.path()


needs_monitoring = pytest.mark.skipif(sys.version_info < (3, 12), reason="sys.monitoring came with 3.12")
