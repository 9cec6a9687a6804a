"""Runs programs under test and asks the Perfetto engine what they recorded."""
from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import textwrap
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional

DEADLINE_SECONDS = 120  # a hang, not a slow machine

SLICES = """
    select slice.id, slice.parent_id, slice.ts, slice.dur, slice.depth, slice.name, slice.category, slice.arg_set_id, track.name as track,
           thread.name as thread, thread.tid, process.pid
    from slice join track on slice.track_id = track.id
      left join thread_track on thread_track.id = track.id left join thread using (utid) left join process using (upid)
    order by slice.ts, slice.id
"""
ARGUMENTS = "select arg_set_id, key, value_type, int_value, string_value, real_value from args"
CURVES = "select track.name, counter.ts, counter.value from counter join track on counter.track_id = track.id order by counter.ts"


@dataclass
class Span:
    name: str
    start: int
    nanoseconds: int  # -1: it has no end
    depth: int
    category: str
    thread: Optional[str]
    tid: Optional[int]
    pid: Optional[int]
    track: Optional[str]  # "task NAME" of a task's spans
    arguments: Dict[str, Any]
    parent: Optional[Span] = field(default=None, repr=False)

    @property
    def path(self):
        return f"{self.parent.path}/{self.name}" if self.parent else self.name


def value(row):
    kind = row["value_type"]
    if kind == "bool":
        return bool(row["int_value"])
    return row["string_value"] if kind == "string" else row["real_value"] if kind == "real" else row["int_value"]


@dataclass
class Recorded:
    rc: int
    stdout: str
    stderr: str
    path: pathlib.Path
    engine: Any
    command: pathlib.Path
    _slices: Optional[list] = None

    def all_slices(self):
        if self._slices is None:
            rows, argument_rows = self.engine.assert_clean(self.path, SLICES, ARGUMENTS)
            arguments: Dict[int, Dict[str, Any]] = {}
            for row in argument_rows:
                arguments.setdefault(row["arg_set_id"], {})[row["key"].replace("debug.", "", 1)] = value(row)
            spans = {}
            for row in rows:
                spans[row["id"]] = Span(
                    row["name"], row["ts"], row["dur"], row["depth"], row["category"] or "", row["thread"], row["tid"], row["pid"],
                    row["track"], arguments.get(row["arg_set_id"], {}), spans.get(row["parent_id"]),
                )
            self._slices = list(spans.values())
        return self._slices

    def spans(self, name=None):
        """The program's own spans, in the order in which they begin."""
        return [
            each for each in self.all_slices()
            if each.category not in ("stripchart", "mark") and (name is None or each.name == name)
        ]

    def span(self, name):
        found = self.spans(name)
        assert len(found) == 1, f"{len(found)} spans {name!r} among {self.names()}"
        return found[0]

    def names(self):
        return [each.name for each in self.spans()]

    def marks(self):
        return [each for each in self.all_slices() if each.category == "mark"]

    def notes(self, name):
        return [each.arguments for each in self.all_slices() if each.category == "stripchart" and each.name == name]

    def curve(self, name):
        return [row["value"] for row in self.engine(self.path, CURVES) if row["name"] == name]

    def report(self):
        done = subprocess.run([self.command, "report", self.path, "--json"], capture_output=True, text=True, timeout=DEADLINE_SECONDS)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


class Programs:
    def __init__(self, folder, engine, command):
        self.folder, self.engine, self.command = folder, engine, command

    def __call__(self, source, *arguments, options=(), rc=0) -> Recorded:
        """The program under `stripchart run`; it must end with `rc`."""
        path = self.folder / "run.pftrace"
        before = [self.command, "run", "-q", "--force", "-o", path, *options, "--"]
        return self._ended(before, source, arguments, path, rc)

    def alone(self, source, *arguments, rc=0) -> Recorded:
        """The program by itself; what it records is to go to "own.pftrace"."""
        return self._ended([], source, arguments, self.folder / "own.pftrace", rc)

    def _ended(self, before, source, arguments, path, rc) -> Recorded:
        script = self.folder / "program.py"
        script.write_text("import stripchart\n" + textwrap.dedent(source))
        words: List[Any] = [*before, sys.executable, "-W", "always", script, *arguments]
        done = subprocess.run(
            [str(word) for word in words], cwd=self.folder, capture_output=True, text=True, timeout=DEADLINE_SECONDS,
            env={**os.environ, "PYTHONFAULTHANDLER": "1"},
        )
        assert done.returncode == rc, f"ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        return Recorded(done.returncode, done.stdout, done.stderr, path, self.engine, self.command)
