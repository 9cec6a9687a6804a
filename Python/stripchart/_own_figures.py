"""What the kernel says about this process, now. Each figure is read in the process itself."""
from __future__ import annotations

import os
import time
from typing import NamedTuple, Optional

_PAGE = os.sysconf("SC_PAGE_SIZE")


class OwnFigures(NamedTuple):
    """Absolute. None: the kernel does not tell it here. About 60 µs to read."""

    wall_ns: int
    """CLOCK_BOOTTIME, as in the recording."""
    cpu_seconds: float
    """All threads, user and system; no children."""
    rss: Optional[int]
    peak_rss: Optional[int]
    """VmHWM: since the program was executed."""
    read: Optional[int]
    written: Optional[int]
    """Storage bytes, /proc/self/io."""


def own_figures() -> OwnFigures:
    statm = _text("/proc/self/statm").split()
    io = _fields("/proc/self/io")
    peak = _fields("/proc/self/status").get("VmHWM")
    return OwnFigures(
        wall_ns=time.clock_gettime_ns(time.CLOCK_BOOTTIME),
        cpu_seconds=time.process_time(),
        rss=int(statm[1]) * _PAGE if len(statm) > 1 else None,
        peak_rss=int(peak.split()[0]) * 1024 if peak else None,
        read=int(io["read_bytes"]) if "read_bytes" in io else None,
        written=int(io["write_bytes"]) if "write_bytes" in io else None,
    )


def _fields(path: str) -> dict[str, str]:
    pairs = (line.partition(":") for line in _text(path).splitlines())
    return {name: value.strip() for name, _, value in pairs}


def _text(path: str) -> str:
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""
