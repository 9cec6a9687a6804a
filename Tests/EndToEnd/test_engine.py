"""The recording is a Perfetto trace: the real engine understands every packet of it, and finds what was recorded."""
import sys

import pytest

from perfetto_engine import decode
from stripchart_command import pids, process, root

# Counter tracks of processes by pid; the names of counters are ours to choose, so by the word in them.
COUNTERS = """
    select process.pid, lower(track.name) as name, count(*) as samples, min(value) as lowest, max(value) as highest
    from counter join process_counter_track track on counter.track_id = track.id join process using (upid)
    group by process.pid, track.name
"""


@pytest.fixture
def tree(stripchart, program):
    outcome = stripchart.run(*program("process_tree", 2))
    return outcome.recording, [int(line.split()[0]) for line in outcome.text.splitlines()]


def test_every_packet_is_understood(engine, tree):
    recording, _ = tree
    engine.assert_clean(recording)


def test_an_independent_decoder_reads_the_file_strictly(tree):
    recording, tree_pids = tree
    packets = decode(recording).packet
    named = {packet.track_descriptor.process.pid for packet in packets if packet.track_descriptor.HasField("process")}
    assert set(tree_pids) <= named
    assert any(packet.HasField("clock_snapshot") for packet in packets)


def test_every_process_is_in_the_process_table_under_its_parent(engine, stripchart, tree):
    recording, tree_pids = tree
    rows = engine(recording, "select p.pid, parent.pid as parent from process p left join process parent on p.parent_upid = parent.upid")
    parents = {row["pid"]: row["parent"] for row in rows}
    assert set(tree_pids) <= set(parents)
    report = stripchart.report(recording)
    for pid in tree_pids[1:]:
        assert parents[pid] == process(report, pid)["parent_pid"]


def test_each_process_has_counters_of_cpu_and_memory(engine, tree):
    recording, tree_pids = tree
    rows = engine(recording, COUNTERS)
    for pid in tree_pids:
        names = [row["name"] for row in rows if row["pid"] == pid]
        assert any("cpu" in name for name in names), f"{pid}: {names}"
        assert any("rss" in name or "resident" in name for name in names), f"{pid}: {names}"


def test_no_counter_is_negative(engine, tree):
    recording, _ = tree
    rows = engine(recording, "select track.name, min(value) as lowest from counter join track on track.id = track_id group by 1")
    assert rows
    assert [row for row in rows if row["lowest"] < 0] == []


def test_counters_that_only_grow_never_shrink(engine, tree):
    recording, _ = tree
    # Unsure of the names: whatever counts CPU time as a total.
    shrinks = """
        select name, ts, value, before from (
          select track.name as name, track_id, ts, value, lag(value) over (partition by track_id order by ts, counter.id) as before
          from counter join process_counter_track track on track.id = track_id where lower(track.name) like '%cpu%time%')
        where value < before
    """
    assert engine(recording, shrinks) == []


def test_the_memory_counter_reaches_the_peak_of_the_report(engine, stripchart):
    holder = "import time; block = bytearray(100 << 20); time.sleep(0.3)"
    outcome = stripchart.run(sys.executable, "-c", holder)
    peak = root(stripchart.report(outcome.recording))["peak_rss_bytes"]
    highest = max(row["highest"] for row in engine(outcome.recording, COUNTERS) if "rss" in row["name"] or "resident" in row["name"])
    assert highest == pytest.approx(peak, rel=0.02)


def test_all_samples_lie_within_the_run(engine, stripchart, tree):
    recording, _ = tree
    span = engine(recording, "select min(ts) as first, max(ts) as last, (max(ts) - min(ts)) / 1e9 as seconds from counter")[0]
    wall = stripchart.report(recording)["program"]["wall_seconds"]
    assert span["first"] > 0
    assert span["seconds"] <= wall + 0.05
    assert span["seconds"] >= wall / 2, "the samples cover the run"


def test_a_recording_is_a_whole_trace_while_it_is_written(engine, stripchart, program, folder):
    recording = stripchart.new_recording()
    running = stripchart.start_run(*program("hold"), recording=recording)
    pid = int(running.stdout.readline().split()[1])
    stripchart.wait_until_recorded(recording, pid)
    snapshot = folder / "snapshot.pftrace"
    snapshot.write_bytes(recording.read_bytes())  # copied while the writer goes on
    engine.assert_clean(snapshot)
    assert pid in pids(stripchart.report(snapshot))
    assert stripchart.finish(running).rc == 5


def test_two_recordings_one_after_the_other_are_one_trace(engine, stripchart, folder):
    # As Perfetto itself does: `cat` joins traces. Track and sequence ids must not collide.
    first, second = (stripchart.run("sleep", "0.1").recording for _ in range(2))
    joined = folder / "joined.pftrace"
    joined.write_bytes(first.read_bytes() + second.read_bytes())
    rows = engine.assert_clean(joined, COUNTERS)
    roots = {root(stripchart.report(recording))["pid"] for recording in (first, second)}
    assert roots <= {row["pid"] for row in rows}
