"""Records where a program's time, memory and storage go: functions, blocks, lines, curves, in one Perfetto trace.

    import stripchart

    @stripchart.profile
    def load(path): ...

    with stripchart.span("collate", step=3):
        ...

    with stripchart.record("train.pftrace"):    # or run the program under `stripchart run -- python train.py`
        ...

Outside a recording every call is a near no-op. No call raises into the program once it runs: what cannot be recorded is
left out, and where that matters a RuntimeWarning says so once.
"""
from __future__ import annotations

import sys

if "t" in getattr(sys, "abiflags", ""):
    raise ImportError("stripchart does not run on a free-threaded build of Python; use the ordinary one")

from . import _native
from ._native import counter, mark, span
from ._profile import lines, profile

__all__ = [
    "Recorder", "Recording", "RecordingError", "Span",
    "counter", "lines", "load", "mark", "profile", "record", "span", "start", "stop",
]  # fmt: skip
__version__ = _native.library_version

Span = _native.Span

_LATER = {
    "Recorder": "_record", "record": "_record", "start": "_record", "stop": "_record", "load": "_load", "RecordingError": "_load",
    "Recording": "_recording", "_hooks": "_hooks",
    "load_ipython_extension": "jupyter", "unload_ipython_extension": "jupyter",
}  # fmt: skip


def __getattr__(name: str) -> object:
    """What an import of the package alone does not need is imported when it is first asked for (PEP 562)."""
    if name not in _LATER:
        raise AttributeError(f"module 'stripchart' has no attribute {name!r}")
    import importlib

    module = importlib.import_module(f"stripchart.{_LATER[name]}")
    if name == _LATER[name]:
        return module
    value = globals()[name] = getattr(module, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})


_native.attach()
