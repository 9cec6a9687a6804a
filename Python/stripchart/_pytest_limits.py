"""`@pytest.mark.stripchart(max_memory="200 MiB", …)`: what a test may use, and which line used most."""
from __future__ import annotations

import linecache
import os
from types import CodeType
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Set, Tuple

from . import _hooks, _quantities
from ._line_tables import LineSums, code_places, line_sums
from ._patterns import LINES, ForeignFiles
from ._pytest_usage import EXACT, TestUsage

_CO_OPTIMIZED = 1


class Figure(NamedTuple):
    argument: str
    word: str
    parse: Callable[[Any], float]
    text: Callable[[float], str]
    of_line: Callable[[LineSums], int]
    """What a line contributes, in bytes or ns."""


FIGURES = (
    Figure("max_memory", "peak RSS", _quantities.size, _quantities.size_text, lambda line: line.rss_growth),
    Figure("max_cpu", "CPU time", _quantities.seconds, _quantities.seconds_text, lambda line: line.cpu_ns),
    Figure("max_wall", "wall time", _quantities.seconds, _quantities.seconds_text, lambda line: line.self_ns),
    Figure("max_growth", "growth of RSS", _quantities.size, _quantities.size_text, lambda line: line.rss_growth),
    Figure("max_write", "bytes written", _quantities.size, _quantities.size_text, lambda line: line.storage_bytes),
)


class Excess(NamedTuple):
    figure: Figure
    limit: float
    value: float
    how: str

    def text(self, line: Optional[str]) -> str:
        figure = self.figure
        said = f"{figure.word} {figure.text(self.value)}{self.how}, allowed: {figure.argument}={figure.text(self.limit)}"
        return said + (f"\n  most by {line}" if line else "")


class Limits:
    """The limits of one marked test. Errors of `of`: ValueError, in words for who wrote the marker."""

    def __init__(self, limits: Dict[str, float]) -> None:
        self._limits = limits

    @classmethod
    def of(cls, marker: Any) -> Limits:
        if marker.args:
            raise ValueError(f"name the limit: max_memory={marker.args[0]!r}")
        known = {each.argument: each for each in FIGURES}
        limits: Dict[str, float] = {}
        for name, amount in marker.kwargs.items():
            if name not in known:
                raise ValueError(f"there is no limit {name!r}: {', '.join(known)}")
            if amount is None:
                continue
            try:
                limits[name] = known[name].parse(amount)
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
        return cls(limits)

    def exceeded(self, usage: TestUsage, sampled_peak: Callable[[TestUsage], Optional[int]]) -> List[Excess]:
        excesses: List[Excess] = []
        for figure in FIGURES:
            limit = self._limits.get(figure.argument)
            if limit is None:
                continue
            how = ""
            if figure.argument == "max_memory":
                # Samples are asked for only where they can decide: below the high-water mark.
                if usage.needs_samples and usage.peak_bound is not None and usage.peak_bound > limit:
                    usage.take_sampled_peak(sampled_peak(usage))
                how = " (exact: the kernel's mark)" if usage.peak_source == EXACT else " (sampled each 10 ms)"
            value = self._value(figure.argument, usage)
            if value is not None and value > limit:
                excesses.append(Excess(figure, limit, value, how))
        return excesses

    @staticmethod
    def _value(argument: str, usage: TestUsage) -> Optional[float]:
        return {
            "max_memory": usage.peak,
            "max_cpu": usage.cpu_seconds,
            "max_wall": usage.wall_seconds,
            "max_growth": usage.growth,
            "max_write": usage.written,
        }[argument]


class TestLines:
    """Counts the lines of everything below pytest's root folder while one test runs."""

    __test__ = False

    _foreign = ForeignFiles()

    def __init__(self, item: Any, path: str) -> None:
        self._root = str(item.config.rootpath) + os.sep
        self._test_file = str(item.path) if hasattr(item, "path") else str(item.fspath)
        self._path = path
        self._before: Dict[Tuple[int, int], LineSums] = {}
        self._files: Set[str] = set()

    def begin(self) -> None:
        self._before = self._sums()
        _hooks.watch(self._match, LINES)

    def end(self) -> None:
        _hooks.unwatch(self._match)

    def _match(self, code: CodeType, module: Optional[str]) -> int:
        try:
            path = code.co_filename
            is_own = path.startswith(self._root) and path not in self._foreign
            return LINES if (is_own or path == self._test_file) and code.co_flags & _CO_OPTIMIZED else 0
        except Exception:
            return 0

    def _sums(self) -> Dict[Tuple[int, int], LineSums]:
        try:
            return line_sums(self._path)
        except (OSError, ValueError):
            return {}

    def blame(self, figure: Figure) -> Optional[str]:
        """The line that used most of it inside the test, or None."""
        none = LineSums()
        used = {key: sums.minus(self._before.get(key, none)) for key, sums in self._sums().items()}
        worst = max(used, key=lambda key: figure.of_line(used[key]), default=None)
        if worst is None or figure.of_line(used[worst]) <= 0:
            return None
        place = self._place(worst[0])
        if place is None:
            return None
        file, name = place
        sums = used[worst]
        amount = figure.of_line(sums)
        said = figure.text(amount / 1e9) if figure.parse is _quantities.seconds else figure.text(amount)
        text = linecache.getline(file, worst[1]).strip()
        shown = os.path.relpath(file) if file.startswith(self._root) else file
        hits = "1 hit" if sums.hits == 1 else f"{sums.hits} hits"
        return f"{shown}:{worst[1]} in {name}: {said}, {hits}" + (f"\n    {text}" if text else "")

    def _place(self, number: int) -> Optional[Tuple[str, str]]:
        """(file, qualified name) of a code number."""
        try:
            return code_places(self._path).get(number)
        except (OSError, ValueError):
            return None
