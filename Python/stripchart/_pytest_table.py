"""The table that `pytest --stripchart` prints."""
from __future__ import annotations

from typing import List, Optional, Sequence

from ._pytest_usage import SAMPLED, TestUsage
from ._quantities import seconds_text, size_text

_HEAD = ("wall", "CPU", "peak RSS", "growth", "read", "written", "test")


def table(usages: Sequence[TestUsage], top: int) -> List[str]:
    """The `top` tests that took longest (0: all), one a line, under a head."""
    if not usages:
        return ["no test ran"]
    ordered = sorted(usages, key=lambda each: -each.wall_seconds)
    shown = ordered[:top] if top > 0 else ordered
    rows = [_HEAD, *(_row(each) for each in shown)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD) - 1)]
    lines = ["  ".join([*(row[at].rjust(width) for at, width in enumerate(widths)), row[-1]]) for row in rows]
    if len(shown) < len(ordered):
        lines.append(f"and {len(ordered) - len(shown)} more (--stripchart-top=0 shows all)")
    if any(each.peak_source == SAMPLED for each in shown):
        lines.append("~ sampled: the process had been larger before, so the kernel's mark says nothing about this test")
    return lines


def _row(usage: TestUsage) -> Sequence[str]:
    mark = "~" if usage.peak_source == SAMPLED else ""
    growth = _size(usage.growth)
    return (
        seconds_text(usage.wall_seconds),
        seconds_text(usage.cpu_seconds),
        mark + _size(usage.peak),
        "+" + growth if usage.growth and usage.growth > 0 else growth,
        _size(usage.read),
        _size(usage.written),
        usage.name,
    )


def _size(count: Optional[int]) -> str:
    return "–" if count is None else size_text(count)
