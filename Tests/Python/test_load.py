"""`stripchart.load`: the tables of a recording, against a program of known behaviour and the Perfetto engine."""
from __future__ import annotations

import json
import math
import os
import subprocess
import sys

import pytest

import stripchart
from stripchart import _load

MEBIBYTE = 1 << 20

PROGRAM = """
import os, sys, time
import stripchart

@stripchart.profile
def burn(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass

@stripchart.lines
def counted():
    total = 0
    for each in range(1000):
        total += each
    return total

with stripchart.span("outer", step=3, name="it's"):
    burn(0.05)
    burn(0.05)
    with stripchart.span("grow"):
        block = bytearray(b"x") * (40 << 20)
    with stripchart.span("write"):
        with open(sys.argv[1], "wb") as file:
            file.write(os.urandom(4 << 20))
            os.fsync(file.fileno())
try:
    with stripchart.span("fails"):
        raise ValueError
except ValueError:
    pass
for step in range(5):
    stripchart.counter("loss", 1 / (step + 1))
    stripchart.counter("rate", -0.25)
stripchart.mark("epoch 1", step=1)
stripchart.mark("end")
counted()
still = stripchart.span("still open")
still.__enter__()
time.sleep(0.1)
print(os.getpid(), flush=True)
os._exit(0)
"""


@pytest.fixture(scope="session")
def recorded(command, tmp_path_factory):
    """(path of the recording, PID of the program)"""
    folder = tmp_path_factory.mktemp("load")
    script, path = folder / "program.py", folder / "program.pftrace"
    script.write_text(PROGRAM)
    words = [command, "run", "-q", "-o", path, "--", sys.executable, script, folder / "data"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return path, int(done.stdout)


@pytest.fixture
def recording(recorded):
    return _load.load(recorded[0])


@pytest.fixture(params=["numpy", "no numpy"])
def either(request, monkeypatch):
    """With numpy, and as if it were not installed."""
    if request.param == "numpy":
        pytest.importorskip("numpy")
    else:
        monkeypatch.setitem(sys.modules, "numpy", None)
    return request.param


def rows(table, **wanted):
    """The rows, as dictionaries, in which all of these columns have these values."""
    columns = {name: list(table[name]) for name in table.columns}
    all_rows = [{name: values[row] for name, values in columns.items()} for row in range(len(table))]
    return [row for row in all_rows if all(row[name] == value for name, value in wanted.items())]


def changes(values):
    """Without repeated values."""
    return [value for number, value in enumerate(values) if number == 0 or value != values[number - 1]]


# Spans


def test_spans_are_those_of_the_engine(recorded, recording, engine, either):
    path, _ = recorded
    theirs = engine(path, """
        select name, ts, dur, depth from slice where category is null or category not in ('stripchart', 'mark')
        order by ts, depth
    """)
    ours = recording.spans
    (start,) = engine(path, "select ts from slice where name = 'recording' and category = 'stripchart'")
    assert list(ours["name"]) == [row["name"] for row in theirs]
    assert list(ours["depth"]) == [row["depth"] for row in theirs]
    for row, begin, end, duration in zip(theirs, ours["start_s"], ours["end_s"], ours["duration_s"]):
        assert begin == pytest.approx((row["ts"] - start["ts"]) / 1e9, abs=1e-12)
        if row["dur"] < 0:
            assert row["name"] == "still open" and math.isnan(end) and math.isnan(duration)
        else:
            assert duration == row["dur"] / 1e9
            assert end == pytest.approx(begin + duration, abs=1e-12)


def test_a_span_knows_what_is_around_it(recording, either):
    names, parents, paths = recording.spans["name"], recording.spans["parent"], recording.spans["path"]
    around = [None if parents[row] < 0 else names[parents[row]] for row in range(len(names))]
    assert list(zip(names, around, paths)) == [
        ("outer", None, "outer"), ("burn", "outer", "outer;burn"), ("burn", "outer", "outer;burn"),
        ("grow", "outer", "outer;grow"), ("write", "outer", "outer;write"), ("fails", None, "fails"),
        ("still open", None, "still open"),
    ]


def test_of_is_beginnings_and_ends(recording):
    numpy = pytest.importorskip("numpy")
    pairs = recording.spans.of("burn")
    assert pairs.dtype == numpy.float64 and pairs.shape == (2, 2)
    assert (pairs[:, 1] - pairs[:, 0] >= 0.05).all() and pairs[0, 1] <= pairs[1, 0]
    assert numpy.isnan(recording.spans.of("still open")[0, 1])


def test_of_without_numpy_is_a_list_of_pairs(recording, monkeypatch):
    monkeypatch.setitem(sys.modules, "numpy", None)
    pairs = recording.spans.of("burn")
    assert isinstance(pairs, list) and len(pairs) == 2 and all(0.05 <= end - begin < 30 for begin, end in pairs)


def test_a_name_that_was_not_recorded_is_a_key_error_that_names_some(recording, either):
    with pytest.raises(KeyError, match="'bur'.*'burn'"):
        recording.spans.of("bur")


def test_long_spans_have_exact_figures(recording, recorded, either):
    for burn in rows(recording.spans, name="burn"):
        assert burn["exact"] == 1
        assert 0.05 <= burn["cpu_s"] < 0.06 and burn["cpu_s"] <= burn["process_cpu_s"] + 1e-3
    (grow,) = rows(recording.spans, name="grow")
    assert grow["rss_growth"] == pytest.approx(40 * MEBIBYTE, abs=MEBIBYTE)
    assert grow["peak_rss"] >= 40 * MEBIBYTE and grow["minor_faults"] > 0
    (write,) = rows(recording.spans, name="write")
    assert write["write_bytes"] in (0, pytest.approx(4 * MEBIBYTE, abs=MEBIBYTE)), "a tmpfs writes nothing to storage"
    (outer,) = rows(recording.spans, name="outer")
    assert outer["cpu_s"] >= 0.1 and outer["rss_growth"] == pytest.approx(40 * MEBIBYTE, abs=8 * MEBIBYTE)
    assert outer["pid"] == recorded[1]
    (still,) = rows(recording.spans, name="still open")
    assert math.isnan(still["cpu_s"])


def test_arguments_are_json_and_exceptions_are_named(recording, either):
    (outer,) = rows(recording.spans, name="outer")
    assert json.loads(outer["arguments"]) == {"step": 3, "name": "it's"} and outer["exception"] is None
    (fails,) = rows(recording.spans, name="fails")
    assert fails["exception"] == "ValueError" and fails["arguments"] is None


def test_sums_over_a_path_are_those_of_the_report(recording):
    numpy = pytest.importorskip("numpy")
    spans = recording.spans
    assert len(recording.summary["spans"]) == 6
    for path in recording.summary["spans"]:
        of_path = spans["path"] == ";".join(path["path"])
        total = numpy.nansum(spans["duration_s"][of_path])
        assert total == pytest.approx(path["wall_seconds"]["total"], abs=1e-9)
        for ours, theirs in (("cpu_s", "cpu_seconds"), ("process_cpu_s", "process_cpu_seconds"),
                             ("rss_growth", "rss_growth_bytes"), ("write_bytes", "write_bytes"),
                             ("minor_faults", "minor_faults")):
            if path[theirs] is not None:
                assert numpy.nansum(spans[ours][of_path]) == pytest.approx(path[theirs], abs=1e-9), (path["path"], ours)
        exact = spans["duration_s"][of_path & (spans["exact"] == 1)].sum()
        if path["exact_share"] is not None:
            assert exact == pytest.approx(path["exact_share"] * total, abs=1e-9)


def test_calls_that_were_folded_are_in_their_own_table(command, tmp_path, either):
    script, path = tmp_path / "folding.py", tmp_path / "folding.pftrace"
    script.write_text("""
import stripchart
span = stripchart.span("often")
for _ in range(1_000_000):
    with span:
        pass
""")
    words = [command, "run", "-q", "--max-size", "4MiB", "-o", path, "--", sys.executable, script]
    assert subprocess.run(words, timeout=120).returncode == 0
    recording = _load.load(path)
    (folded,) = rows(recording.folded)
    assert folded["name"] == "often" and folded["parent"] is None
    assert folded["count"] + len(recording.spans) == 1_000_000
    assert 0 < folded["min_s"] <= folded["p50_s"] <= folded["p95_s"] <= folded["p99_s"] * 1.01
    assert folded["max_s"] <= folded["total_s"]
    assert any("'often'" in finding["text"] for finding in recording.findings)


# Curves, marks, lines


def test_curves_are_those_of_the_program_and_of_the_engine(recorded, recording, engine, either):
    theirs = engine(recorded[0], """
        select track.name, value from counter join track on counter.track_id = track.id
        where track.name in ('loss', 'rate') order by ts
    """)
    assert recording.counters.names == ["loss", "rate"]
    assert [value for _, value in recording.counters.of("loss")] == [1 / (step + 1) for step in range(5)]
    assert [value for _, value in recording.counters.of("rate")] == [-0.25] * 5
    ours = list(zip(recording.counters["name"], recording.counters["value"]))
    assert [(row["name"], row["value"]) for row in theirs] == ours
    times = list(recording.counters["time_s"])
    assert times == sorted(times)


def test_marks_have_their_arguments(recording, recorded, either):
    first, last = rows(recording.marks)
    assert (first["name"], json.loads(first["arguments"])) == ("epoch 1", {"step": 1})
    assert (last["name"], last["arguments"]) == ("end", None)
    assert 0 < first["time_s"] <= last["time_s"] and first["pid"] == recorded[1]


def test_lines_have_their_hits_and_their_text(recording, either):
    texts = {row["source"].strip(): row for row in rows(recording.lines)}
    assert texts["total += each"]["hits"] == 1000
    assert texts["return total"]["hits"] == 1
    assert texts["total += each"]["function"] == "counted" and texts["total += each"]["file"].endswith("program.py")
    assert 0 < texts["total += each"]["self_s"] < 1


# Samples, processes, machine


def test_samples_end_with_the_sums_of_the_report(recorded, recording, either):
    total = recording.summary["total"]
    for column in ("read_calls", "write_bytes", "minor_faults"):
        assert recording.samples[column][-1] == total[column]
    assert max(recording.samples["rss"]) <= total["peak_rss_bytes"]
    assert max(recording.samples["rss"]) >= 40 * MEBIBYTE
    assert recording.samples["cpu_s"][-1] == pytest.approx(total["cpu_seconds"], abs=0.02)
    times = list(recording.samples["time_s"])
    assert times == sorted(set(times)) and len(times) == len(recording.samples)


def test_the_names_of_the_predecessor_are_columns_too(recording, either):
    samples = recording.samples
    assert samples["rss_mb"][-1] == samples["rss"][-1] / MEBIBYTE
    assert list(samples["time"]) == list(samples["time_s"])
    for name in ("cpu_percent", "cpu_percent_global", "rss_mb", "vms_mb", "vms_global_mb", "swap_used_mb", "read_count",
                 "read_count_global", "read_mb", "read_mb_global", "write_count", "write_count_global", "write_mb",
                 "write_mb_global"):
        assert name in samples and len(samples[name]) == len(samples)
    assert "rss_mb" not in samples.columns


def test_counters_of_a_process_are_those_of_the_engine(recorded, recording, engine, either):
    path, pid = recorded
    theirs = engine(path, f"""
        select c.ts, c.value from counter c join process_counter_track t on c.track_id = t.id join process using (upid)
        where pid = {pid} and t.name = 'rss' order by ts
    """)
    (process,) = [each for each in recording.processes if each.pid == pid]
    seen = [value for value in process.samples["rss"] if not math.isnan(value)]
    assert changes(seen) == changes([row["value"] for row in theirs])


def test_processes_are_those_of_the_report(recorded, recording):
    (process,) = [each for each in recording.processes if each.pid == recorded[1]]
    assert process.exit_code == 0 and process.signal is None
    assert "program.py" in process.command and process.cpu_seconds >= 0.1 and process.peak_rss >= 40 * MEBIBYTE
    assert len(recording.processes) == len(recording.summary["processes"])


def test_the_machine_has_tables_of_its_devices(recording, either):
    machine = recording.machine
    assert len(machine.cpus) == recording.summary["machine"]["logical_cpus"]
    assert all(len(each) == len(machine) for each in (*machine.cpus.values(), *machine.disks.values()))
    assert max(machine["memory_available"]) <= recording.summary["machine"]["memory_bytes"]
    busy = sum(each["busy_s"][-1] for each in machine.cpus.values())
    assert busy >= 0


# Tables


def test_numbers_are_views_that_cannot_be_written(recording):
    numpy = pytest.importorskip("numpy")
    for table in (recording.samples, recording.spans, recording.machine):
        for name in table.columns:
            values = table.codes(name) if is_text(table, name) else table[name]
            assert isinstance(values, numpy.ndarray) and values.shape == (len(table),) and not values.flags.writeable
    assert not recording.spans["start_s"].flags.owndata
    with pytest.raises(ValueError):
        recording.spans["start_s"][0] = 1


def test_numbers_without_numpy_are_memoryviews_that_cannot_be_written(recording, monkeypatch):
    monkeypatch.setitem(sys.modules, "numpy", None)
    values = recording.samples["rss"]
    assert isinstance(values, memoryview) and values.readonly and values.format == "d"
    assert len(values) == len(recording.samples)
    assert isinstance(recording.spans["name"], list)


def test_arrays_outlive_the_recording(recorded):
    pytest.importorskip("numpy")
    values = _load.load(recorded[0]).samples["rss"]
    assert values.max() > 40 * MEBIBYTE


def test_a_column_that_is_not_there_is_a_key_error_that_names_those_that_are(recording, either):
    with pytest.raises(KeyError, match="no column 'rsss'.*rss"):
        recording.samples["rsss"]
    with pytest.raises(TypeError, match="numbers"):
        recording.samples.categories("rss")


def test_frames_have_the_columns_with_texts_as_categories(recording):
    pandas = pytest.importorskip("pandas")
    frame = recording.spans.to_pandas()
    assert tuple(frame.columns) == recording.spans.columns and len(frame) == len(recording.spans)
    assert isinstance(frame["name"].dtype, pandas.CategoricalDtype)
    assert list(frame["exception"].dropna()) == ["ValueError"]
    assert frame.groupby("path", observed=True).duration_s.count()["outer;burn"] == 2
    assert recording.samples.to_pandas()["rss"].max() == max(recording.samples["rss"])


def test_frames_without_pandas_are_an_import_error_that_says_what_to_install(recording, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="pip install pandas"):
        recording.samples.to_pandas()


def test_what_is_shown_is_one_short_line(recording):
    for each in (recording, recording.samples, recording.spans, recording.machine, recording.processes[0]):
        assert len(repr(each)) < 400 and "\n" not in repr(each)
    assert "samples" in repr(recording) and "7 spans" in repr(recording)


def test_loading_imports_neither_numpy_nor_pandas(recorded):
    check = "import sys, stripchart; stripchart.load(sys.argv[1]).spans; print({'numpy', 'pandas'} & {*sys.modules})"
    assert subprocess.run([sys.executable, "-c", check, recorded[0]], stdout=subprocess.PIPE).stdout == b"set()\n"


# What is no whole recording


def test_a_path_that_is_not_there_is_a_file_not_found_error(command, tmp_path):
    with pytest.raises(FileNotFoundError):
        _load.load(tmp_path / "nothing.pftrace")


FOREIGN = {
    "empty": b"", "a letter": b"dear all,\n" * 100, "zeros": bytes(100_000), "endless": b"\x0a" + b"\xff" * 9 + b"\x01",
}


@pytest.mark.parametrize("content", FOREIGN.values(), ids=FOREIGN)
def test_what_is_no_recording_is_an_error_that_says_so(command, tmp_path, content):
    path = tmp_path / "foreign"
    path.write_bytes(content)
    with pytest.raises(stripchart.RecordingError, match="foreign.*recording"):
        _load.load(path)
    assert issubclass(stripchart.RecordingError, ValueError)


def test_a_folder_is_no_recording(command, tmp_path):
    with pytest.raises(stripchart.RecordingError):
        _load.load(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_recording_of_somebody_else_is_a_permission_error(command, tmp_path):
    path = tmp_path / "secret"
    path.write_bytes(b"")
    path.chmod(0)
    with pytest.raises(PermissionError):
        _load.load(path)


def test_a_name_that_looks_like_an_option_is_a_file(recorded, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "--to").write_bytes(recorded[0].read_bytes())
    assert len(_load.load("--to").spans) == 7


def test_every_truncation_is_a_shorter_recording_or_an_error(recorded, tmp_path):
    whole = recorded[0].read_bytes()
    path, counts = tmp_path / "cut.pftrace", []
    for part in range(1, 20):
        path.write_bytes(whole[: len(whole) * part // 20 + part])
        try:
            cut = _load.load(path)
        except stripchart.RecordingError:
            assert counts == [], "less could be read"
            continue
        counts.append(len(cut.samples))
        if cut.summary["file"]["ending"] != "whole" or not cut.summary["program"]["complete"]:
            assert any(finding["kind"] == "recorder" for finding in cut.findings)
    assert counts == sorted(counts) and counts[-1] > 0


def test_damage_is_read_up_to_it_and_found(recorded, tmp_path):
    damaged = bytearray(recorded[0].read_bytes())
    damaged[len(damaged) // 2 : len(damaged) // 2 + 64] = b"\xff" * 64
    path = tmp_path / "damaged.pftrace"
    path.write_bytes(bytes(damaged))
    loaded = _load.load(path)
    assert any("damaged" in finding["text"] for finding in loaded.findings if finding["kind"] == "recorder")


def test_a_whole_recording_has_no_finding_about_the_recorder(recording):
    assert [finding for finding in recording.findings if finding["kind"] == "recorder"] == []


def test_nothing_is_left_behind(recorded, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    loaded = _load.load(recorded[0])
    assert list(tmp_path.iterdir()) == [] and len(loaded.samples) > 0


def is_text(table, name):
    try:
        table.categories(name)
    except TypeError:
        return False
    return True
