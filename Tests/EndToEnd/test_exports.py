"""`export --to speedscope, collapsed, chrome, json`: against the Perfetto engine, the report, the columns and the formats' rules."""
import json
import os
import re
from collections import Counter, defaultdict

import pytest

from conftest import PROGRAMS
from speedscope_reader import Speedscope
from stripchart_command import assert_one_line_error, root
from test_columns import Columns

AWKWARD = 'parse; "x" 12\n\x1b[31m\\'
FORMATS = ["speedscope", "collapsed", "chrome", "json"]
LINE = re.compile(r"(?P<frames>[^\s;][^;]*(?:;[^;]+)*) (?P<weight>[0-9]+)")
SLICES = """
    select s.name, dur, ts, t.tid, s.depth from slice s left join thread_track tt on s.track_id = tt.id left join thread t using (utid)
    where s.category is null or s.category not in ('stripchart', 'mark')
"""


@pytest.fixture
def recorded(stripchart, program, package):
    def run(*arguments, name="export_spans", options=("-i", "5ms")):
        environment = {**os.environ, "PYTHONPATH": str(package)}
        return stripchart.run(*program(name, *arguments), options=options, env=environment).recording

    return run


@pytest.fixture
def export(stripchart):
    def exported(recording, to, *options):
        done = stripchart("export", recording, "--to", to, *options)
        assert done.rc == 0, done.stderr
        return done.stdout

    return exported


def stacks(text):
    """The lines of collapsed stacks: tuple of frames to weight."""
    found = {}
    for line in text.decode().splitlines():
        match = LINE.fullmatch(line)
        assert match and line.isprintable(), line
        frames = tuple(match["frames"].split(";"))
        assert len(frames) >= 3 and frames not in found, "process, thread and at least one span"
        found[frames] = int(match["weight"])
    return found


def by_name(rows):
    found = defaultdict(list)
    for row in rows:
        found[row["name"]].append(row["dur"])
    return {name: sorted(each) for name, each in found.items()}


# chrome


@pytest.mark.parametrize("arguments", [[], ["kill"]], ids=["ended", "killed"])
def test_chrome_has_the_slices_of_the_recording_in_the_engine(recorded, export, engine, folder, arguments):
    recording = recorded(*arguments)
    (folder / "x.json").write_bytes(export(recording, "chrome"))
    ours = engine.assert_clean(folder / "x.json", SLICES)
    theirs = engine(recording, SLICES)
    of_threads = lambda rows: sorted((row["tid"], row["name"], row["dur"], row["depth"]) for row in rows if row["name"] not in ("request", "reply"))
    # A mark is an instant on its thread and no span.
    ours = [row for row in ours if row["name"] != "done; work"]
    assert of_threads(ours) == of_threads(theirs)
    tasks = ("request", "reply")
    assert by_name(row for row in ours if row["name"] in tasks) == by_name(row for row in theirs if row["name"] in tasks)
    first = [min(row["ts"] for row in rows) for rows in (ours, theirs)]
    assert sorted(row["ts"] - first[0] for row in ours) == sorted(row["ts"] - first[1] for row in theirs)


def test_chrome_has_marks_curves_and_what_the_sampler_read(recorded, export, engine, folder):
    recording = recorded()
    (folder / "x.json").write_bytes(export(recording, "chrome"))
    marks = "select count(*) as n, min(dur) as dur from slice where name = 'done; work'"
    assert engine(folder / "x.json", marks) == engine(recording, marks) == [{"n": 4, "dur": 0}]
    curve = "select value from counter c join counter_track t on c.track_id = t.id where t.name = '{}' order by value"
    ours, theirs = engine(folder / "x.json", curve.format("loss value")), engine(recording, curve.format("loss"))
    # The engine reads a decimal number in a way of its own.
    assert [row["value"] for row in ours] == pytest.approx([row["value"] for row in theirs], rel=1e-12) and len(ours) == 80
    resident = """
        select distinct value from counter c join {} t on c.track_id = t.id join process p using (upid)
        where t.name = '{}' and pid = {} order by value
    """
    pid = json.loads(export(recording, "json").splitlines()[0])["summary"]["processes"][0]["pid"]
    shown = engine(folder / "x.json", resident.format("process_counter_track", "rss bytes", pid))
    sampled = engine(recording, resident.format("process_counter_track", "rss", pid))
    assert len(shown) > 3 and {row["value"] for row in shown} == {row["value"] for row in sampled}
    # Of all ticks together: one reading may come late, where the recorder was off its CPU, and its tick then holds more than its time.
    cpu = engine(folder / "x.json", "select avg(value) as mean from counter c join counter_track t on c.track_id = t.id where t.name = 'cpu percent'")
    assert 0 < cpu[0]["mean"] <= 100 * os.cpu_count() * 1.2
    names = engine(folder / "x.json", "select name from thread where tid != 0")
    assert {"worker; 0", "worker; 1", "worker; 2", "MainThread"} <= {row["name"] for row in names}


# speedscope


@pytest.mark.parametrize("arguments", [[], ["kill"]], ids=["ended", "killed"])
def test_speedscope_has_every_span_in_order(recorded, export, engine, stripchart, arguments):
    recording = recorded(*arguments)
    found = Speedscope(export(recording, "speedscope"))
    assert found.kinds == {"evented"}
    calls, totals = Counter(), Counter()
    for profile in found.profiles:
        assert profile.unit == "nanoseconds" and profile.start == 0
        calls.update(profile.calls)
        totals.update(profile.total)
    theirs = by_name(engine(recording, SLICES))
    assert calls == {name: len(each) for name, each in theirs.items()}
    ended = {name: sum(each) for name, each in theirs.items() if -1 not in each}
    assert {name: totals[name] for name in ended} == ended
    report = stripchart.report(recording)
    wall = report["program"]["wall_seconds"] * 1e9
    assert [profile.end for profile in found.profiles] == [pytest.approx(wall, abs=1)] * len(found.profiles)
    if arguments:
        # What was open is closed when the process had ended.
        main = found.profile(f"MainThread {root(report)['pid']}")
        assert 0.05e9 <= main.total["last"] <= main.total["open"] <= wall
        assert main.total["open"] == pytest.approx(root(report)["end_seconds"] * 1e9 - begin_of(engine, recording, "open", report), abs=2)
    source = PROGRAMS / "export_spans.py"
    line = next(number for number, line in enumerate(source.read_text().splitlines(), 1) if 'span("step"' in line)
    assert (found.frame("step")["file"], found.frame("step")["line"]) == (str(source), line)
    assert found.frame(AWKWARD)


def begin_of(engine, recording, name, report):
    """Nanoseconds from the beginning of the recording."""
    rows = engine(recording, f"select (select ts from slice where name = '{name}') - (select ts from slice where name = 'recording') as since")
    return rows[0]["since"]


def test_a_thread_has_a_profile_and_a_task_too(recorded, export):
    names = [profile.name for profile in Speedscope(export(recorded(), "speedscope")).profiles]
    assert len([name for name in names if "worker; " in name]) == 3
    assert len([name for name in names if ": task " in name or ": Task" in name]) == 4
    assert len([name for name in names if "MainThread" in name]) == 2, "of the parent and of its child"


def test_too_many_events_are_merged_into_stacks_and_that_is_said(stripchart, span_fixture):
    recording = stripchart.run(span_fixture, 2, 260_000, 0, options=["-q"]).recording
    done = stripchart("export", recording, "--to", "speedscope")
    assert done.rc == 0 and "2 million" in done.stderr
    found = Speedscope(done.stdout)
    assert found.kinds == {"sampled"} and len(found.profiles) == 2
    assert sum(profile.total["outer"] for profile in found.profiles) == total_of(stripchart.report(recording), "outer")
    assert {stack for profile in found.profiles for stack in profile.own} == {("outer",), ("outer", "inner")}


def total_of(report, name):
    return round(sum(each["wall_seconds"]["total"] for each in report["spans"] if each["name"] == name) * 1e9)


def test_folded_calls_are_in_the_stacks(stripchart, span_fixture, export):
    recording = stripchart.run(span_fixture, 2, 300_000, 0, options=["-q", "--max-size", "8MiB"]).recording
    report = stripchart.report(recording)
    assert sum(each["folded"]["calls"] for each in report["spans"] if each["folded"]) > 1000
    done = stripchart("export", recording, "--to", "speedscope")
    assert "in sums" in done.stderr
    profiles = Speedscope(done.stdout).profiles
    own = round(sum(each["wall_seconds"]["self"] for each in report["spans"]) * 1e9)
    assert sum(sum(profile.own.values()) for profile in profiles) == pytest.approx(own, rel=0.01)
    lines = stacks(export(recording, "collapsed"))
    assert sum(lines.values()) * 1000 == pytest.approx(own, rel=0.01)
    assert "no times" in stripchart("export", recording, "--to", "chrome", stdout=open(os.devnull, "wb")).stderr
    sums = [json.loads(line) for line in export(recording, "json").splitlines() if b'"folded"' in line[:24]]
    assert sum(each["count"] for each in sums) == sum(each["folded"]["calls"] for each in report["spans"] if each["folded"])


# collapsed


def test_collapsed_stacks_weigh_the_time_of_their_own(recorded, export, stripchart, engine):
    recording = recorded()
    found = stacks(export(recording, "collapsed"))
    report = stripchart.report(recording)
    own = {tuple(each["path"]): each["wall_seconds"]["self"] * 1e6 for each in report["spans"]}
    awkward = "parse: \"x\" 12\\n\\x1b[31m\\"
    merged = Counter()
    for frames, weight in found.items():
        merged[tuple(AWKWARD if each == awkward else each for each in frames[2:])] += weight
    lines = Counter(frames[2:] for frames in found)
    for path, microseconds in own.items():
        assert merged[path] == pytest.approx(microseconds, abs=6), path
    assert lines[("step", "load", awkward)] == 4, "of three threads, and of the child"
    processes = {frames[0] for frames in found}
    assert processes == {f"{each['name']} {each['pid']}" for each in report["processes"]}
    threads = {frames[1].rsplit(" ", 1)[0] for frames in found}
    assert {"worker: 0", "worker: 1", "worker: 2", "MainThread"} <= threads


@pytest.mark.parametrize("weight, figure, scale", [("cpu", "self_cpu_seconds", 1e6), ("growth", "self_rss_growth_bytes", 1)])
def test_stacks_can_weigh_other_figures_too(recorded, stripchart, weight, figure, scale):
    recording = recorded()
    done = stripchart("export", recording, "--to", "collapsed", "--weight", weight)
    assert done.rc == 0 and "% of the time" in done.stderr
    found = Counter()
    for frames, value in stacks(done.stdout).items():
        found[frames[2:]] += value
    [hold] = [each for each in stripchart.report(recording)["spans"] if each["name"] == "hold"]
    assert found[("hold",)] == pytest.approx(hold[figure] * scale, abs=1)
    assert found[("hold",)] >= {"cpu": 50_000, "growth": 23 << 20}[weight]


def test_a_weight_needs_stacks_and_a_figure(recorded, stripchart):
    done = stripchart("export", recorded(), "--to", "chrome", "--weight", "cpu")
    assert done.rc == 64 and "--to collapsed" in done.stderr
    done = stripchart("export", "x", "--to", "collapsed", "--weight", "feathers")
    assert done.rc == 64 and "growth" in done.stderr


def test_what_was_open_when_the_program_was_killed_has_its_time(recorded, export):
    found = stacks(export(recorded("kill"), "collapsed"))
    [last] = [weight for frames, weight in found.items() if frames[2:] == ("open", "last")]
    assert 50_000 <= last < 5_000_000


# json


@pytest.mark.parametrize("arguments", [[], ["kill"]], ids=["ended", "killed"])
def test_json_has_what_the_columns_have(recorded, export, stripchart, arguments):
    recording = recorded(*arguments)
    records = defaultdict(list)
    for line in export(recording, "json").splitlines():
        record = json.loads(line)
        records[record.pop("record")].append(record)
    columns = Columns(export(recording, "columns"))
    [summary] = records["summary"]
    assert summary == {"schema": 1, "summary": stripchart.report(recording)}
    spans = sorted(records["span"], key=lambda each: each["id"])
    assert [each["id"] for each in spans] == list(range(len(spans)))
    for each in spans:
        if "parent" in each:
            assert each["path"] == [*spans[each["parent"]]["path"], each["name"]]
        else:
            assert each["path"] == [each["name"]]
    for each in spans:
        each["path"] = ";".join(each["path"])  # as the columns say it
    same(spans, columns["spans"], ["start_s", "tid", "path"],
         ["name", "path", "pid", "tid", "track", "start_s", "end_s", "duration_s", "cpu_s", "process_cpu_s", "rss_growth", "peak_rss",
          "read_bytes", "write_bytes", "minor_faults", "major_faults", "voluntary_switches", "exception"])
    same(records["sample"], columns["samples"], ["time_s"], list(columns["samples"]))
    same(records["counter"], columns["counters"], ["time_s", "value"], ["name", "time_s", "value", "pid"])
    same(records["mark"], columns["marks"], ["time_s"], ["name", "time_s", "pid", "tid", "track"])
    same(records["machine_sample"], columns["machine"], ["time_s"], list(columns["machine"]))
    for index, process in enumerate(summary["summary"]["processes"]):
        samples = [each for each in records["process_sample"] if each["process"] == index]
        if not samples:  # it came and went between two ticks, and so has no table
            assert f"samples/{process['pid']}" not in columns.tables
            continue
        same(samples, columns[f"samples/{process['pid']}"], ["time_s"], list(columns[f"samples/{process['pid']}"]))
    arguments_of = [each["arguments"] for each in spans if "arguments" in each]
    assert sorted(map(json.dumps, arguments_of)) == sorted(json.dumps(json.loads(each)) for each in columns["spans"]["arguments"] if each)
    assert {"recording", "machine", "process", "library"} <= {each["name"] for each in records["note"]}
    assert any(each["name"] == AWKWARD for each in spans)


def same(records, table, order, names):
    """Every record is a row and every row a record: numbers to the last digit but one, missing members as NaN or no text."""
    key = lambda row: tuple(str(row.get(name)) if isinstance(row.get(name), str) else round(row.get(name) or 0, 9) for name in order)
    rows = [dict(zip(table, values)) for values in zip(*table.values())]
    assert len(records) == len(rows)
    for record, row in zip(sorted(records, key=key), sorted(rows, key=key)):
        for name in names:
            value = None if row[name] is None or row[name] != row[name] else row[name]
            ours = record.get(name)
            assert ours == value if value is None or isinstance(value, str) else ours == pytest.approx(value, rel=1e-12, abs=1e-9), (name, record)


# any of them


@pytest.mark.parametrize("format", FORMATS)
def test_a_file_has_the_same_bytes_as_standard_output(stripchart, recorded, export, folder, format):
    recording = recorded()
    done = stripchart("export", recording, "--to", format, "-o", folder / "x")
    assert done.rc == 0 and done.stdout == b"" and str(folder / "x") in done.stderr
    assert (folder / "x").read_bytes() == export(recording, format)


@pytest.mark.parametrize("format", FORMATS)
def test_a_recording_without_spans_is_an_empty_document(export, small_recording, engine, folder, format):
    text = export(small_recording, format)
    if format == "speedscope":
        assert Speedscope(text).profiles == []
    elif format == "collapsed":
        assert text == b""
    elif format == "chrome":
        (folder / "x.json").write_bytes(text)
        assert engine.assert_clean(folder / "x.json", "select count(*) as n from slice") == [{"n": 0}]
    else:
        assert all("record" in json.loads(line) for line in text.splitlines())


@pytest.mark.parametrize("format", FORMATS)
def test_outputs_that_cannot_be_are_refused(stripchart, small_recording, folder, format):
    whole = small_recording.read_bytes()
    (folder / "there").write_text("precious")
    (folder / "kept").mkdir()
    os.link(small_recording, folder / "link")
    for output, options, code in [
        (folder / "there", [], 73), (folder / "kept", ["--force"], 73), (folder / "no/folder/x", [], 73),
        (small_recording, ["--force"], 64), (folder / "link", ["--force"], 64),
    ]:
        done = stripchart("export", small_recording, "--to", format, "-o", output, *options)
        assert done.rc == code, (output, done.stderr)
        assert_one_line_error(done)
    assert (folder / "there").read_text() == "precious" and small_recording.read_bytes() == whole
    with open("/dev/full", "wb") as full:
        done = stripchart("export", small_recording, "--to", "json", stdout=full)
    assert done.rc == 74
    assert_one_line_error(done)


@pytest.mark.parametrize("format", FORMATS)
def test_what_is_no_recording_is_refused_and_leaves_no_file(stripchart, folder, format):
    (folder / "letter").write_bytes(b"a letter\n" * 100)
    done = stripchart("export", folder / "letter", "--to", format, "-o", folder / "x")
    assert done.rc == 65
    assert_one_line_error(done)
    assert os.listdir(folder) == ["letter"]


@pytest.mark.parametrize("format", FORMATS)
def test_every_truncation_gives_a_whole_document(stripchart, recorded, folder, engine, format):
    whole, cut = recorded().read_bytes(), folder / "cut.pftrace"
    for length in range(len(whole) // 8, len(whole), len(whole) // 8):
        cut.write_bytes(whole[:length])
        done = stripchart("export", cut, "--to", format)
        assert done.rc == 0, done.stderr
        if format == "speedscope":
            Speedscope(done.stdout)
        elif format == "collapsed":
            stacks(done.stdout)
        elif format == "chrome":
            json.loads(done.stdout)
        else:
            assert all(json.loads(line) for line in done.stdout.splitlines())
