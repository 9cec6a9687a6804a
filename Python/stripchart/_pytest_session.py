"""The part of the pytest plugin that measures. Imported only when `--stripchart` or a marked test asks for it."""
from __future__ import annotations

import bisect
import os
import tempfile
import time
from typing import Any, Iterator, List, Optional

import pytest

import stripchart

from ._own_figures import OwnFigures, own_figures
from ._pytest_limits import Limits, TestLines
from ._pytest_table import table
from ._pytest_usage import TestUsage

_ANCHOR = "pytest begins"


class Session:
    """One run of pytest, or one worker of pytest-xdist."""

    def __init__(self, config: Any) -> None:
        self._config = config
        self._wants_table = bool(config.getoption("stripchart"))
        self._is_worker = hasattr(config, "workerinput")
        self._is_controller = bool(getattr(config.option, "dist", "no") != "no") and not self._is_worker
        self._folder: Optional[tempfile.TemporaryDirectory[str]] = None
        self._path: Optional[str] = None
        self._started = False
        self._words: List[str] = []
        self._usages: List[TestUsage] = []
        self._recordings: List[str] = []
        self._measured: Optional[_Measured] = None
        self._anchor_ns = 0
        if not self._is_controller:
            self._record()
            self._anchor_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
            stripchart.mark(_ANCHOR)

    # The recording

    def _record(self) -> None:
        if stripchart._native.state() != 0:
            self._path = stripchart._native.path() or os.environ.get("STRIPCHART_RECORDING")
            self._words.append(f"recorded to {self._path}, with the rest of the run")
            return
        path = self._chosen_path()
        try:
            stripchart.start(path, interval="10ms", force=True)
        except Exception as error:
            self._words.append(f"not recorded: {error}")
            return
        if stripchart._native.state() != 2:
            self._words.append(f"not recorded: {path} cannot be written")
            return
        self._path, self._started = path, True
        if self._folder is None:
            self._recordings.append(os.path.relpath(path))

    def _chosen_path(self) -> str:
        if not self._wants_table:
            self._folder = tempfile.TemporaryDirectory(prefix="stripchart-")
            return os.path.join(self._folder.name, "tests.pftrace")
        named = self._config.getoption("stripchart_output")
        if named:
            stem, extension = os.path.splitext(os.path.abspath(named))
            # Each worker of pytest-xdist has a recording of its own.
            return f"{stem}-{self._config.workerinput['workerid']}{extension}" if self._is_worker else stem + extension
        folder = os.path.join(str(self._config.rootpath), ".stripchart")
        try:
            os.makedirs(folder, exist_ok=True)
            ignore = os.path.join(folder, ".gitignore")
            if not os.path.exists(ignore):
                with open(ignore, "w") as file:
                    file.write("*\n")
        except OSError:
            pass  # start() says that it cannot write there
        return os.path.join(folder, f"pytest-{os.getpid()}.pftrace")

    # One test

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: Any) -> Iterator[None]:
        if self._is_controller:
            yield
            return
        with stripchart.span(item.nodeid):
            yield

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: Any) -> Iterator[None]:
        with stripchart.span("setup"):
            yield

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: Any) -> Iterator[None]:
        with stripchart.span("teardown"):
            yield

    # Innermost: nothing of pytest or of other plugins is in the figures.
    @pytest.hookimpl(hookwrapper=True, trylast=True)
    def pytest_runtest_call(self, item: Any) -> Iterator[None]:
        marker = item.get_closest_marker("stripchart")
        problem: Optional[str] = None
        limits: Optional[Limits] = None
        if marker is not None:
            try:
                limits = Limits.of(marker)
            except ValueError as error:
                problem = f"@pytest.mark.stripchart: {error}"
        lines = TestLines(item, self._path) if limits is not None and self._path is not None else None
        measured = self._measured = _Measured(item, limits, lines, problem)
        with stripchart.span("call"):
            measured.begin()
            yield
            measured.end()
        self._measured = None
        self._usages.append(measured.usage)

    def check(self, item: Any) -> None:
        """After a test that passed so far. Raises pytest's failure."""
        measured = self._measured
        if measured is None or measured.item is not item:
            return
        if measured.problem is not None:
            pytest.fail(measured.problem, pytrace=False)
        if measured.limits is None:
            return
        measured.end()
        excesses = measured.limits.exceeded(measured.usage, self._peak_of_samples)
        if excesses:
            responsible = measured.lines.blame if measured.lines is not None else (lambda figure: None)
            pytest.fail("\n".join(each.text(responsible(each.figure)) for each in excesses), pytrace=False)

    def _peak_of_samples(self, usage: TestUsage) -> Optional[int]:
        if self._path is None:
            return None
        return SampledPeaks(self._path, self._anchor_ns).within(usage)

    # The end

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        if self._is_controller:
            return
        self._stop()
        if self._wants_table and self._path is not None and any(each.needs_samples for each in self._usages):
            peaks = SampledPeaks(self._path, self._anchor_ns)
            for each in self._usages:
                if each.needs_samples:
                    each.take_sampled_peak(peaks.within(each))
        if self._is_worker:
            self._config.workeroutput["stripchart"] = {
                "tests": [each.as_plain() for each in self._usages],
                "recordings": self._recordings,
                "words": self._words,
            }

    def _stop(self) -> None:
        if self._started:
            self._started = False
            stripchart.stop()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: Any) -> None:
        output = getattr(node, "workeroutput", {}).get("stripchart")
        if output is None:
            return
        self._usages += [TestUsage.from_plain(each) for each in output["tests"]]
        self._recordings += output["recordings"]
        self._words += output["words"]

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if not self._wants_table or self._is_worker:
            return
        terminalreporter.section("stripchart: what each test used")
        for line in table(self._usages, self._config.getoption("stripchart_top")):
            terminalreporter.write_line(line)
        for path in self._recordings:
            terminalreporter.write_line(f"recorded to {path}")
        for word in dict.fromkeys(self._words):
            terminalreporter.write_line(word)

    def pytest_unconfigure(self) -> None:
        self._stop()
        if self._folder is not None:
            self._folder.cleanup()


class _Measured:
    """The call of one test, while it runs."""

    def __init__(self, item: Any, limits: Optional[Limits], lines: Optional[TestLines], problem: Optional[str]) -> None:
        self.item = item
        self.limits = limits
        self.lines = lines
        self.problem = problem
        self._begin: Optional[OwnFigures] = None
        self._usage: Optional[TestUsage] = None

    def begin(self) -> None:
        if self.lines is not None:
            self.lines.begin()
        self._begin = own_figures()

    def end(self) -> None:
        """At the test's end; later calls change nothing."""
        if self._usage is not None or self._begin is None:
            return
        self._usage = TestUsage.between(self.item.nodeid, self._begin, own_figures())
        if self.lines is not None:
            self.lines.end()

    @property
    def usage(self) -> TestUsage:
        assert self._usage is not None
        return self._usage


class Checker:
    """A hook beside the session's: pytest runs it after the test's own code, inside the session's wrapper."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_call(self, item: Any) -> None:
        self._session.check(item)


class SampledPeaks:
    """The resident memory of this process as the recorder sampled it. Reading them starts the command: some 50 ms."""

    def __init__(self, path: str, anchor_ns: int) -> None:
        self._times: List[float] = []
        self._sizes: List[float] = []
        try:
            self._read(path, anchor_ns)
        except Exception:
            pass  # no command, no samples: the readings at both ends are what there is

    def _read(self, path: str, anchor_ns: int) -> None:
        recording = stripchart.load(path)
        marks = recording.marks
        own = [row for row in range(len(marks)) if marks["name"][row] == _ANCHOR and marks["pid"][row] == os.getpid()]
        # The recording counts seconds from its beginning; the mark says what that is on our clock.
        zero = anchor_ns - marks["time_s"][own[-1]] * 1e9
        (process,) = [each for each in recording.processes if each.pid == os.getpid()][-1:]
        for seconds, size in zip(process.samples["time_s"], process.samples["rss"]):
            if size == size:  # not NaN: recorded
                self._times.append(zero + seconds * 1e9)
                self._sizes.append(size)

    def within(self, usage: TestUsage) -> Optional[int]:
        """The greatest between the test's begin and end; None: there was no sample."""
        first = bisect.bisect_left(self._times, usage.begin_ns)
        last = bisect.bisect_right(self._times, usage.end_ns)
        return max((int(each) for each in self._sizes[first:last]), default=None)
