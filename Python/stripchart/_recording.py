"""What `stripchart.load` gives: a recording as tables and the report's document."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Optional, Tuple, Type, TypeVar

from . import _quantities
from ._table import Column, Counters, Machine, Spans, Table

_MAGIC = b"STRIPCOL"
_ALIGNMENT = 64
_VERSION = 1
# The types of the stream: the code of `struct` and of memoryview, and the bytes of a value.
_CODES = {"f64": ("d", 8), "i64": ("q", 8), "i32": ("i", 4), "u8": ("B", 1)}
_MEBIBYTE = 1 << 20
_AnyTable = TypeVar("_AnyTable", bound=Table)
_Aliases = Mapping[str, Tuple[str, int]]

# The columns of py-resource-monitor's log.
_PREDECESSOR: _Aliases = {
    "time": ("time_s", 1),
    "cpu_percent_global": ("machine_cpu_percent", 1),
    "rss_mb": ("rss", _MEBIBYTE),
    "vms_mb": ("vms", _MEBIBYTE),
    "vms_global_mb": ("machine_memory_used", _MEBIBYTE),
    "swap_used_mb": ("machine_swap_used", _MEBIBYTE),
    "read_count": ("read_calls", 1),
    "read_count_global": ("machine_reads", 1),
    "read_mb": ("read_bytes", _MEBIBYTE),
    "read_mb_global": ("machine_read_bytes", _MEBIBYTE),
    "write_count": ("write_calls", 1),
    "write_count_global": ("machine_writes", 1),
    "write_mb": ("write_bytes", _MEBIBYTE),
    "write_mb_global": ("machine_write_bytes", _MEBIBYTE),
}


@dataclass(frozen=True)
class Process:
    """One recorded process. None is what was not recorded. Seconds count from the recording's beginning."""

    pid: Optional[int]
    """None: it wrote spans in another PID namespace than the recorder's, and could not be recognized there."""
    parent_pid: int
    name: str
    command: Optional[str] = field(repr=False)
    """The command line, as a shell would take it."""
    samples: Table = field(repr=False)
    """Its readings, one row for each tick at which something changed."""
    cpu_seconds: Optional[float]
    """CPU time that it used itself while it was recorded."""
    peak_rss: Optional[int]
    """Greatest resident memory, bytes."""
    start_seconds: Optional[float]
    end_seconds: Optional[float]
    exit_code: Optional[int]
    signal: Optional[int]
    """The signal that ended it."""
    facts: Dict[str, Any] = field(repr=False)
    """All that the report says of it: one of `processes` in the report's document."""


class Recording:
    """A recording as tables; made by `stripchart.load`.

    Times are seconds since the recording's beginning, sizes bytes; `table.units` says which is which.
    """

    def __init__(self, path: str, stream: Any) -> None:
        self.path = path
        """The file that was loaded."""
        header, data = _split(memoryview(stream))
        self.summary: Dict[str, Any] = header["summary"]
        """The document of `stripchart report --json`."""
        self._stored: Dict[str, Mapping[str, Any]] = {}
        self._of_processes: Dict[int, Mapping[str, Any]] = {}
        for table in header["tables"]:
            if table.get("process") is None:
                self._stored[table["name"]] = table
            else:
                self._of_processes[table["process"]] = table
        self._data = data
        self.samples = self._table(Table, "samples", _PREDECESSOR)
        """Sums of all recorded processes, one row a tick, and the machine's figures beside them."""
        self.processes: List[Process] = [self._process(*each) for each in enumerate(self.summary["processes"])]
        """One for each recorded process, in the order in which they were met."""
        self.spans = self._table(Spans, "spans")
        """One row for each span: `spans.of("name")` has its beginnings and ends."""
        self.names = self._table(Table, "names")
        """One row for each name: a function that calls itself, or that several others call, is one row, its recursion counted once."""
        self.lines = self._table(Table, "lines")
        """One row for each line whose hits were counted, with the text of the line."""
        self.folded = self._table(Table, "folded")
        """Sums of those calls that were too many to be recorded one by one."""
        self.counters = self._table(Counters, "counters")
        """The program's own curves: `counters.of("loss")` has times and values."""
        self.marks = self._table(Table, "marks")
        """The moments that the program marked."""
        self.machine = self._machine()
        """The machine's readings; `machine.cpus`, `machine.disks`, `machine.networks` have each device's."""

    @property
    def findings(self) -> List[Dict[str, Any]]:
        """What the report found: dictionaries with `kind` and `text` at least.

        Those of kind `recorder` say what is missing in the recording, or was done to it: damage, lost events, folded
        calls, spans that were ended twice, patterns that matched nothing.
        """
        return [*self.summary.get("findings", []), *_of_the_recorder(self.summary)]

    def __repr__(self) -> str:
        program = self.summary["program"]
        command = " ".join((program["command"] or program["mode"]).split())
        command = command if len(command) <= 60 else command[:59] + "…"
        return (
            f"<Recording {self.path!r}: {command}, {_quantities.seconds_text(program['wall_seconds'])},"
            f" {len(self.processes)} processes, {len(self.samples)} samples, {len(self.spans)} spans>"
        )

    def _process(self, index: int, facts: Dict[str, Any]) -> Process:
        exit = facts["exit"] or {}
        stored = self._of_processes.get(index, {"name": f"samples/{facts['pid']}", "rows": 0, "columns": []})
        return Process(
            pid=facts["pid"], parent_pid=facts["parent_pid"], name=facts["name"], command=facts["command"],
            samples=self._made(Table, stored), cpu_seconds=facts["cpu_seconds"], peak_rss=facts["peak_rss_bytes"],
            start_seconds=facts["start_seconds"], end_seconds=facts["end_seconds"], exit_code=exit.get("code"),
            signal=exit.get("signal"), facts=facts,
        )

    def _machine(self) -> Machine:
        machine = self._table(Machine, "machine")
        for kind in ("cpu", "disk", "network", "gpu"):
            prefix = f"machine/{kind} "
            names = [name for name in self._stored if name.startswith(prefix)]
            setattr(machine, kind + "s", {name[len(prefix):]: self._table(Table, name) for name in names})
        return machine

    def _table(self, kind: Type[_AnyTable], name: str, aliases: Optional[_Aliases] = None) -> _AnyTable:
        return self._made(kind, self._stored[name], aliases)

    def _made(
        self, kind: Type[_AnyTable], stored: Mapping[str, Any], aliases: Optional[_Aliases] = None
    ) -> _AnyTable:
        columns = {each["name"]: self._column(each, stored["rows"]) for each in stored["columns"]}
        return kind(stored["name"], stored["rows"], columns, aliases)

    def _column(self, stored: Mapping[str, Any], rows: int) -> Column:
        code, width = _CODES[stored["type"]]
        values = self._data[stored["offset"] : stored["offset"] + stored["count"] * width]
        return Column(stored["unit"], code, rows, values, stored.get("categories"))


def _split(stream: memoryview) -> Tuple[Dict[str, Any], memoryview]:
    """The header and the columns of a stream. Errors: RuntimeError for one of another version."""
    if stream[: len(_MAGIC)] != _MAGIC:
        raise RuntimeError("the stripchart command gave no columns: it is older than this package")
    (length,) = struct.unpack_from("<Q", stream, len(_MAGIC))
    begin = len(_MAGIC) + 8
    header = json.loads(bytes(stream[begin : begin + length]))
    if header["version"] != _VERSION:
        found = header["version"]
        raise RuntimeError(f"the stripchart command gave columns of version {found}, this package reads {_VERSION}")
    end = begin + length
    return header, stream[end + -end % _ALIGNMENT :]


def _of_the_recorder(summary: Mapping[str, Any]) -> List[Dict[str, Any]]:
    """What is missing in a recording, as findings; the report has them in several places."""
    texts = []
    file, recorder = summary["file"], summary["recorder"]
    if file["ending"] == "truncated":
        texts.append(f"the last packet, at byte {file['ending_offset']}, is cut off")
    if file["ending"] == "damaged":
        texts.append(f"what follows byte {file['ending_offset']} is damaged and is not in these tables")
    if not summary["program"]["complete"]:
        texts.append("the recording has no closing mark: its recorder was killed, or is still at work")
    if recorder["refused_chunks"]:
        texts.append(f"there was no room for events {recorder['refused_chunks']} times: those events are lost")
    if recorder["unmatched_span_ends"]:
        texts.append(f"{recorder['unmatched_span_ends']} spans have no beginning: it lies in a part that is missing")
    for span in summary["spans"]:
        if span.get("folded"):
            since = span["folded"]["since_seconds"]
            texts.append(f"calls of {span['name']!r} have sums in `folded` from {_quantities.seconds_text(since)} on, no rows in `spans`")
    for misuse in summary.get("misuses", []):
        texts.append(f"a span was {misuse['kind']}: {misuse['name']!r}, {misuse['count']} times")
    for missed in summary.get("unmatched_patterns", []):
        texts.append(f"--{missed['option']} {missed['pattern']!r} matched nothing")
    return [{"kind": "recorder", "text": text} for text in texts]
