"""Swift programs that link Stripchart: what they do is what the recording says, whatever threads and tasks they do it in."""
import os
import pathlib
import re
import signal
import subprocess

import pytest

from kernel import MEBIBYTE, wait_until
from perfetto_engine import decode
from test_spans import calls, holds

CALLS = "select name, count(*) as calls, sum(dur < 0) as open from slice where category is null or category != 'stripchart' group by name"
CHILDREN = """
    select child.name as child, parent.name as parent, count(*) as calls from slice child join slice parent on child.parent_id = parent.id
    where child.category is null group by 1, 2
"""


@pytest.fixture(scope="session")
def swift(command_path):
    """`strip-swift-fixture SCENARIO [NUMBER…]`, built beside the command."""
    path = os.environ.get("STRIPCHART_SWIFT_FIXTURE", command_path.parent / "strip-swift-fixture")
    if not os.access(path, os.X_OK):
        pytest.fail(f"{path} is not there: run `make build`, or set STRIPCHART_SWIFT_FIXTURE")
    return path


def recorded(stripchart, *command, options=(), text=None):
    outcome = stripchart.run(*command, options=options)
    assert outcome.rc == 0, outcome.stderr
    if text is not None:
        assert outcome.text == text
    return outcome.recording


def counted(rows):
    return {row["name"]: (row["calls"], row["open"]) for row in rows}


def find(report, name):
    """The only span of this name."""
    found = [span for span in report["spans"] if span["name"] == name]
    assert len(found) == 1, [span["path"] for span in report["spans"]]
    return found[0]


# MARK: threads


@pytest.mark.parametrize("threads, spans", [(1, 1), (1, 10_000), (4, 5000)])
def test_every_span_is_there_once_and_nests(stripchart, engine, swift, threads, spans):
    recording = recorded(stripchart, swift, "threads", threads, spans)
    slices, children = engine.assert_clean(recording, CALLS, CHILDREN)
    total = threads * spans
    assert counted(slices) == {"outer": (total, 0), "inner": (total, 0)}
    assert children == [{"child": "inner", "parent": "outer", "calls": total}]
    decode(recording)


def test_errors_and_values_go_through(stripchart, engine, swift):
    recording = recorded(stripchart, swift, "throws", text="caught Refusal()\ncaught Refusal()\n42\n")
    assert counted(engine.assert_clean(recording, CALLS)) == {"refused": (1, 0), "refused later": (1, 0), "value": (1, 0)}


def test_a_span_has_what_its_block_used(stripchart, swift):
    report = stripchart.report(recorded(stripchart, swift, "grow", 64))
    grow, busy, still = (find(report, name) for name in ("grow", "busy", "still"))
    assert grow["rss_growth_bytes"] == pytest.approx(64 * MEBIBYTE, abs=MEBIBYTE)
    assert busy["cpu_seconds"] == pytest.approx(0.2, rel=0.05)
    assert still["cpu_seconds"] < 0.02 and abs(still["rss_growth_bytes"]) < MEBIBYTE
    assert all(span["exact_share"] == 1 for span in (grow, busy, still))


def test_a_span_knows_its_place_in_the_source(stripchart, swift):
    span = find(stripchart.report(recorded(stripchart, swift, "sync", 1)), "outer")
    assert span["file"].endswith("SyncScenarios.swift")
    line = pathlib.Path(__file__).parents[2].joinpath("Sources/SwiftFixture/SyncScenarios.swift").read_text().splitlines()[span["line"] - 1]
    assert 'span("outer")' in line


def test_names_without_bound_end_in_one_name_and_the_report_says_so(stripchart, engine, swift):
    recording = recorded(stripchart, swift, "names", 20_000)
    slices = counted(engine.assert_clean(recording, CALLS))
    assert sum(calls for calls, _ in slices.values()) == 20_000
    assert slices["(other names)"][0] == 20_000 - (len(slices) - 1)
    assert 16_000 < len(slices) <= 16_383
    assert "(other names)" in stripchart("report", recording).text


def test_curves_and_marks(stripchart, engine, swift):
    recording = recorded(stripchart, swift, "curves", 100)
    values, marks = engine.assert_clean(
        recording,
        "select t.name, count(*) as n, min(value) as least, max(value) as greatest from counter c join track t on c.track_id = t.id "
        "where t.name in ('queue', 'load 1') group by 1 order by 1",
        "select name from slice where category = 'mark'",
    )
    assert values == [
        {"name": "load 1", "n": 1, "least": 0.5, "greatest": 0.5},
        {"name": "queue", "n": 100, "least": 0, "greatest": 99},
    ]
    assert marks == [{"name": "half"}]


def test_a_span_with_the_name_of_a_curve_knows_its_place_all_the_same(stripchart, swift):
    span = find(stripchart.report(recorded(stripchart, swift, "curves", 1)), "queue")
    assert span["file"].endswith("SyncScenarios.swift")


# MARK: tasks


def test_spans_of_tasks_nest_in_their_task_whatever_thread_runs_it(stripchart, engine, swift):
    recording = recorded(stripchart, swift, "tasks", 200)
    slices, children, tracks = engine.assert_clean(
        recording, CALLS, CHILDREN, "select count(distinct track_id) as lanes from slice where name = 'request'"
    )
    assert counted(slices) == {"request": (200, 0), "parse": (400, 0), "fetch": (200, 0)}
    assert sorted((row["parent"], row["child"], row["calls"]) for row in children) == [
        ("request", "fetch", 200), ("request", "parse", 400),
    ]
    # A lane is used again by the next task.
    assert 1 < tracks[0]["lanes"] <= 200
    report = stripchart.report(recording)
    assert {tuple(span["path"]) for span in report["spans"]} == {("request",), ("request", "fetch"), ("request", "parse")}
    # Each of them slept for a millisecond.
    assert find(report, "fetch")["wall_seconds"]["p50"] >= 0.001


def test_a_span_that_goes_from_thread_to_thread_stays_one(stripchart, engine, swift):
    recording = recorded(stripchart, swift, "hop", 500)
    slices, children = engine.assert_clean(recording, CALLS, CHILDREN)
    assert counted(slices) == {"hopping": (4, 0), "turn": (2000, 0)}
    assert children == [{"child": "turn", "parent": "hopping", "calls": 2000}]


def test_more_tasks_at_once_than_there_are_lanes_are_all_counted(stripchart, engine, swift):
    recording = recorded(stripchart, swift, "together", 10_000)
    slices = counted(engine.assert_clean(recording, CALLS))
    span = find(stripchart.report(recording), "together")
    assert span["calls"] == 10_000 and span["folded"]["calls"] == 10_000 - slices["together"][0]
    assert 1000 < slices["together"][0] <= 2048


def test_the_block_runs_where_its_caller_runs(stripchart, swift):
    """It changes the actor's state and asserts the main actor."""
    recorded(stripchart, swift, "actor", text="2\n2\n")


# MARK: spans that end elsewhere


def test_spans_that_end_elsewhere_twice_or_never(stripchart, engine, swift):
    recording = recorded(stripchart, swift, "open")
    slices = counted(engine.assert_clean(recording, CALLS))
    assert slices == {"ended elsewhere": (1, 0), "overlapping": (2, 0), "ended twice": (1, 0), "never ended": (1, 1)}
    text = stripchart("report", recording).text
    assert "a span was ended twice" in text
    assert re.search(r"never ended +0 \+ 1 open", text)


# MARK: lines


def test_lines_of_several_threads_are_counted_to_the_last_hit(stripchart, engine, swift):
    recording = recorded(stripchart, swift, "lines", 3, 1000)
    engine.assert_clean(recording)
    functions = {function["function"]: function for function in stripchart.report(recording)["lines"]}
    assert functions.keys() == {"loop(_:)", "even()"}
    hits = {line["line"]: line["hits"] for line in functions["loop(_:)"]["lines"] if line.get("hits")}
    assert hits == {11: 3, 12: 3000, 13: 1500}
    assert {line["line"]: line["hits"] for line in functions["even()"]["lines"] if line.get("hits")} == {21: 1500}
    called = next(line for line in functions["loop(_:)"]["lines"] if line["line"] == 13)
    inside = next(line for line in functions["even()"]["lines"] if line["line"] == 21)
    assert called["total_seconds"] >= inside["total_seconds"]
    assert functions["loop(_:)"]["source"][13 - 10].strip() == "even()"


def test_lines_of_suspended_functions(stripchart, swift):
    functions = stripchart.report(recorded(stripchart, swift, "async-lines", 20))["lines"]
    lines = {line["line"]: line for line in functions[0]["lines"] if line.get("hits")}
    assert {number: line["hits"] for number, line in lines.items()} == {2: 4, 3: 80}
    assert lines[3]["total_seconds"] >= 80 * 0.002


@pytest.mark.parametrize("scenario, name", [("endless", b"turn"), ("endless-lines", b"endless()")])
def test_a_kill_leaves_everything(stripchart, engine, swift, scenario, name):
    recording = stripchart.new_recording()
    running = stripchart.start_run(swift, scenario, recording=recording, options=["--max-size", "8MB"])
    wait_until(lambda: holds(recording, name), "something is recorded")
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    engine.assert_clean(recording)
    report = stripchart.report(recording)
    if scenario == "endless":
        assert calls(report)["turn"] > 0
        assert find(report, "forever")["open"] == 1
    else:
        lines = {line["line"]: line for line in report["lines"][0]["lines"]}
        assert lines[3]["hits"] > 0


# MARK: processes


def test_a_forked_child_writes_for_itself(stripchart, engine, swift):
    recording = recorded(stripchart, swift, "fork")
    rows = engine.assert_clean(recording, """
        select slice.name, process.pid from slice join thread_track on slice.track_id = thread_track.id join thread using (utid)
        join process using (upid) where category is null order by ts
    """)
    by_process = {}
    for row in rows:
        by_process.setdefault(row["pid"], []).append(row["name"])
    assert sorted(by_process.values()) == [["around", "before", "parent", "after"], ["child", "after"]]


def test_an_executed_program_joins_by_itself(stripchart, engine, swift):
    recording = recorded(stripchart, "/bin/sh", "-c", f"{swift} sync 10; exec {swift} sync 20")
    assert counted(engine.assert_clean(recording, CALLS)) == {"outer": (30, 0), "inner": (30, 0)}


def test_without_a_recording_the_program_runs_just_the_same(swift, folder):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("STRIPCHART_")}
    for scenario in (["sync", "10"], ["tasks", "10"], ["open"], ["curves", "3"], ["lines", "2", "10"], ["fork"]):
        assert subprocess.run([swift, *scenario], env=environment, timeout=60).returncode == 0
    for path in (folder / "missing.pftrace", folder, "/dev/null", ""):
        outcome = subprocess.run([swift, "sync", "10"], env={**environment, "STRIPCHART_RECORDING": str(path)}, timeout=60)
        assert outcome.returncode == 0
    assert list(folder.iterdir()) == []


# MARK: programs that record themselves


def test_a_program_records_itself(stripchart, engine, swift, folder):
    recording = folder / "own.pftrace"
    outcome = subprocess.run([swift, "record", recording], capture_output=True, text=True, timeout=60)
    assert outcome.returncode == 0, outcome.stderr
    assert outcome.stdout == "this process is being recorded already\ntrue true false false\n"
    assert not recording.with_suffix(".pftrace.second").exists()
    assert counted(engine.assert_clean(recording, CALLS)) == {"step": (100, 0)}
    report = stripchart.report(recording)
    assert find(report, "step")["calls"] == 100
    assert report["processes"][0]["peak_rss_bytes"] > MEBIBYTE
    decode(recording)


def test_one_recording_after_another(stripchart, engine, swift, folder):
    outcome = subprocess.run([swift, "again", folder / "1.pftrace", folder / "2.pftrace"], timeout=60)
    assert outcome.returncode == 0
    for path, name in (("1.pftrace", "first"), ("2.pftrace", "second")):
        assert counted(engine.assert_clean(folder / path, CALLS)) == {name: (1000, 0), "both": (1000, 0)}
        # A place is told in each recording anew.
        assert find(stripchart.report(folder / path), "both")["file"].endswith("OwnScenarios.swift")


@pytest.mark.parametrize("path", ["missing/own.pftrace", ".", "/proc/own.pftrace"])
def test_a_recording_that_cannot_begin_is_a_typed_error_and_spans_go_on(swift, folder, path):
    outcome = subprocess.run([swift, "refused", path], capture_output=True, text=True, timeout=60)
    assert outcome.returncode == 0
    assert outcome.stdout.startswith("refused: ") and path in outcome.stdout


def test_a_file_that_exists_is_not_replaced(swift, folder):
    (folder / "precious.txt").write_text("mine")
    outcome = subprocess.run([swift, "refused", "precious.txt"], capture_output=True, text=True, timeout=60)
    assert "exists" in outcome.stdout and (folder / "precious.txt").read_text() == "mine"


def test_the_recording_may_end_while_other_threads_write(engine, swift, folder):
    outcome = subprocess.run([swift, "stop-in-the-middle", folder / "own"], timeout=120)
    assert outcome.returncode == 0
    for number in range(8):
        engine.assert_clean(folder / f"own.{number}")


def test_under_a_recorder_a_program_does_not_begin_its_own(stripchart, swift, folder):
    outcome = stripchart.run(swift, "record", "own.pftrace")
    assert outcome.rc == 1 and "recorded already" in outcome.text
    assert not (folder / "own.pftrace").exists()
