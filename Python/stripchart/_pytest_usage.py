"""What one test used."""
from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Dict, Optional

from ._own_figures import OwnFigures

EXACT = "exact"
SAMPLED = "sampled"


@dataclass
class TestUsage:
    """The call of one test, without its fixtures' setup and teardown. Bytes, seconds; None: the kernel does not tell."""

    __test__ = False  # the class is none of pytest's

    name: str
    begin_ns: int
    end_ns: int
    cpu_seconds: float
    growth: Optional[int]
    """RSS at the end minus RSS at the begin."""
    peak: Optional[int]
    peak_bound: Optional[int]
    """The kernel's high-water mark at the end: the peak inside the test is at most this."""
    peak_source: str
    """`exact`: the high-water mark rose inside the test, so it is the test's. `sampled`: it stood higher before; the
    peak is the greatest of the recording's samples and the readings at both ends."""
    read: Optional[int]
    written: Optional[int]

    @classmethod
    def between(cls, name: str, begin: OwnFigures, end: OwnFigures) -> TestUsage:
        def difference(before: Optional[int], after: Optional[int]) -> Optional[int]:
            return None if before is None or after is None else after - before

        rose = begin.peak_rss is not None and end.peak_rss is not None and end.peak_rss > begin.peak_rss
        ends = [each for each in (begin.rss, end.rss) if each is not None]
        return cls(
            name=name,
            begin_ns=begin.wall_ns,
            end_ns=end.wall_ns,
            cpu_seconds=end.cpu_seconds - begin.cpu_seconds,
            growth=difference(begin.rss, end.rss),
            peak=end.peak_rss if rose else max(ends, default=None),
            peak_bound=end.peak_rss,
            peak_source=EXACT if rose else SAMPLED,
            read=difference(begin.read, end.read),
            written=difference(begin.written, end.written),
        )

    @property
    def wall_seconds(self) -> float:
        return (self.end_ns - self.begin_ns) / 1e9

    @property
    def needs_samples(self) -> bool:
        return self.peak_source == SAMPLED

    def take_sampled_peak(self, peak: Optional[int]) -> None:
        if peak is not None and (self.peak is None or peak > self.peak):
            self.peak = peak

    def as_plain(self) -> Dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: Dict[str, Any]) -> TestUsage:
        return cls(**plain)
