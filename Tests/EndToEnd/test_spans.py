"""Spans of a program that joins the recording: none is lost, none is torn, whoever writes and whoever dies."""
import os
import signal
import subprocess

import pytest

from kernel import MEBIBYTE, wait_until
from perfetto_engine import decode
from stripchart_command import pids

SLICES = "select name, count(*) as calls, sum(dur < 0) as open from slice where category is null or category != 'stripchart' group by name"
NESTING = """
    select count(*) as pairs from slice inner_slice join slice outer_slice on inner_slice.parent_id = outer_slice.id
    where inner_slice.name = 'inner' and outer_slice.name = 'outer' and inner_slice.track_id = outer_slice.track_id
      and inner_slice.ts >= outer_slice.ts and inner_slice.ts + inner_slice.dur <= outer_slice.ts + outer_slice.dur
"""


@pytest.mark.parametrize("threads, spans, forks", [(1, 1, 0), (1, 1000, 0), (4, 5000, 0), (1, 1000, 3), (3, 2000, 4)])
def test_every_span_is_in_the_recording_once(stripchart, engine, span_fixture, threads, spans, forks):
    outcome = stripchart.run(span_fixture, threads, spans, forks)
    assert outcome.rc == 0, outcome.stderr
    expected = threads * spans * (1 + forks)
    slices, nesting = engine.assert_clean(outcome.recording, SLICES, NESTING)
    counted = {row["name"]: (row["calls"], row["open"]) for row in slices}
    assert counted == {"outer": (expected, 0), "inner": (expected, 0)}
    assert nesting == [{"pairs": expected}]
    assert calls(stripchart.report(outcome.recording)) == {"outer": expected, "inner": expected}
    decode(outcome.recording)


def test_spans_of_forked_processes_are_theirs(stripchart, engine, span_fixture):
    outcome = stripchart.run(span_fixture, 2, 100, 3)
    rows = engine(outcome.recording, """
        select process.pid, thread.tid, count(*) as calls from slice join thread_track on slice.track_id = thread_track.id
        join thread using (utid) join process using (upid) where slice.name = 'outer' group by 1, 2
    """)
    assert len({row["pid"] for row in rows}) == 4
    assert len(rows) == 2 * 4 and {row["calls"] for row in rows} == {100}
    assert {row["pid"] for row in rows} <= set(pids(stripchart.report(outcome.recording)))


def test_the_figures_of_a_span_are_in_order(stripchart, span_fixture):
    report = stripchart.report(stripchart.run(span_fixture, 1, 2000, 0).recording)
    outer, inner = ([span for span in report["spans"] if span["name"] == name] for name in ("outer", "inner"))
    assert len(outer) == len(inner) == 1
    for span in outer + inner:
        wall = span["wall_seconds"]
        assert 0 <= wall["p50"] <= wall["p95"] <= wall["p99"] <= wall["max"] <= wall["total"]
        assert wall["mean"] == pytest.approx(wall["total"] / span["calls"])
    assert inner[0]["wall_seconds"]["total"] <= outer[0]["wall_seconds"]["total"]
    assert "outer" in str(inner[0]["path"]) and "inner" in str(inner[0]["path"])


def test_the_durations_of_the_report_are_those_of_the_engine(stripchart, engine, span_fixture):
    recording = stripchart.run(span_fixture, 2, 1000, 0).recording
    durations = {row["name"]: row for row in engine(recording, "select name, sum(dur) as total, max(dur) as longest from slice group by 1")}
    for span in stripchart.report(recording)["spans"]:
        engines = durations[span["name"]]
        assert span["wall_seconds"]["total"] == pytest.approx(engines["total"] / 1e9, rel=1e-6, abs=1e-9)
        assert span["wall_seconds"]["max"] == pytest.approx(engines["longest"] / 1e9, rel=1e-6, abs=2e-9)


def test_events_are_exported_in_pairs_with_a_counter_of_their_own(stripchart, span_fixture):
    _, events = stripchart.export_csv(stripchart.run(span_fixture, 2, 200, 0).recording)
    open_calls, times = {}, [float(row["time"]) for row in events]
    for row in events:
        key = (row["name"], row["counter"])
        if row["event"] == "start":
            assert key not in open_calls, f"{key} starts twice"
            open_calls[key] = float(row["time"])
        else:
            assert row["event"] == "end"
            assert open_calls.pop(key) <= float(row["time"])
    assert open_calls == {}
    assert times == sorted(times)
    assert len(events) == 2 * 2 * 2 * 200


def test_without_a_recording_the_program_runs_just_the_same(stripchart, span_fixture):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("STRIPCHART_")}
    assert subprocess.run([span_fixture, "2", "100", "1"], env=environment, timeout=60).returncode == 0


def test_a_recording_that_is_not_there_does_not_stop_the_program(span_fixture, folder):
    for path in (folder / "missing.pftrace", folder, "/dev/null", ""):
        environment = {**os.environ, "STRIPCHART_RECORDING": str(path)}
        assert subprocess.run([span_fixture, "1", "100", "0"], env=environment, timeout=60).returncode == 0


@pytest.mark.parametrize("mebibytes", [0, 2, 8])
def test_a_kill_while_spans_are_written_leaves_whole_events(stripchart, engine, span_fixture, folder, mebibytes):
    """The moment of the kill is told by the size of the file, so each case meets the writer somewhere else."""
    recording = stripchart.new_recording()
    running = stripchart.start_run(span_fixture, "forever", recording=recording)
    wait_until(lambda: holds(recording, b"inner") and recording.stat().st_size >= mebibytes * MEBIBYTE, "spans are written", pause=0)
    os.killpg(running.pid, signal.SIGKILL)  # the program and the recorder at once
    running.wait()
    slices = engine.assert_clean(recording, SLICES)
    names = {row["name"] for row in slices}
    assert names <= {"outer", "inner"} and sum(row["calls"] for row in slices) > 0
    recovered = folder / "recovered.pftrace"
    assert stripchart("recover", recording, "-o", recovered).rc == 0
    decode(recovered)
    assert engine.assert_clean(recovered, SLICES) == slices
    # Ended and open spans alike; at most the last of each thread is open.
    assert calls(stripchart.report(recording)).keys() == names


def holds(recording, name):
    """Whether the name is in the file's bytes: names are written once, before the first event that has them."""
    if not recording.exists():
        return False
    with open(recording, "rb") as file:
        return name in file.read(8 * MEBIBYTE)


def calls(report):
    """Calls by span name, over all paths."""
    counted = {}
    for span in report["spans"]:
        counted[span["name"]] = counted.get(span["name"], 0) + span["calls"]
    return counted
