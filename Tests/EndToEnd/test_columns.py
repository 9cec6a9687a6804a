"""`export --to columns`: a stream that numpy maps, against the report, the CSV files and the Perfetto engine."""
import json
import math
import os
import struct

import pytest

from kernel import MEBIBYTE
from stripchart_command import assert_one_line_error
from terminal import Terminal

# Ours, that of the CSV file, what its unit is of ours, what its last digit is worth.
CSV_COLUMNS = [
    ("cpu_s", "cpu_seconds", 1, 1e-9), ("rss", "rss_mb", MEBIBYTE, 1), ("read_calls", "read_count", 1, 0),
    ("write_bytes", "write_mb", MEBIBYTE, 1), ("threads", "threads", 1, 0), ("processes", "processes", 1, 0),
    ("cpu_percent", "cpu_percent", 1, 1e-3), ("machine_cpu_percent", "cpu_percent_global", 1, 1e-3),
    ("machine_memory_used", "vms_global_mb", MEBIBYTE, 1), ("machine_writes", "write_count_global", 1, 0),
]
TYPES = {"f64": "d", "i64": "q", "i32": "i", "u8": "B"}
ALIGNMENT = 64


class Columns:
    """A stream, held against its own rules while it is decoded."""

    def __init__(self, stream):
        assert stream[:8] == b"STRIPCOL"
        (length,) = struct.unpack_from("<Q", stream, 8)
        header = json.loads(stream[16:16 + length])
        assert header["version"] == 1
        data = 16 + length + -(16 + length) % ALIGNMENT
        assert not any(stream[16 + length:data])
        self.summary, self.tables, end = header["summary"], {}, 0
        for table in header["tables"]:
            columns = {}
            for column in table["columns"]:
                assert column["offset"] == end, f"{table['name']}.{column['name']} does not follow the column before"
                assert column["count"] in (1, table["rows"]) or table["rows"] == 0 == column["count"]
                values = list(struct.unpack_from(f"<{column['count']}{TYPES[column['type']]}", stream, data + end))
                end += struct.calcsize(f"<{column['count']}{TYPES[column['type']]}")
                end += -end % ALIGNMENT
                values = values * table["rows"] if column["count"] != table["rows"] else values
                if "categories" in column:
                    assert len(set(column["categories"])) == len(column["categories"])
                    values = [column["categories"][value] if value >= 0 else None for value in values]
                assert column["name"] not in columns
                columns[column["name"]] = values
            assert table["name"] not in self.tables
            self.tables[table["name"]] = columns
        assert len(stream) == data + end

    def __getitem__(self, table):
        return self.tables[table]


@pytest.fixture
def columns(stripchart):
    def exported(recording):
        done = stripchart("export", recording, "--to", "columns")
        assert (done.rc, done.stderr) == (0, "")
        return Columns(done.stdout)

    return exported


def test_the_stream_has_the_report_and_every_table(stripchart, columns, small_recording):
    found = columns(small_recording)
    assert found.summary == stripchart.report(small_recording)
    # One that no reading met has no samples.
    processes = [f"samples/{each['pid']}" for each in found.summary["processes"] if each["threads_max"] is not None]
    cpus = [f"machine/cpu {cpu}" for cpu in range(found.summary["machine"]["logical_cpus"])]
    others = ["samples", "machine", "spans", "names", "lines", "folded", "counters", "marks"]
    assert {*others, *processes, *cpus} <= set(found.tables)


def test_a_file_has_the_same_bytes_as_standard_output(stripchart, small_recording, folder):
    assert stripchart("export", small_recording, "--to", "columns", "-o", folder / "x.columns").rc == 0
    assert (folder / "x.columns").read_bytes() == stripchart("export", small_recording, "--to", "columns").stdout


def test_samples_are_the_rows_of_the_csv(stripchart, columns, program):
    recording = stripchart.run(*program("process_tree", 3)).recording
    resources, _ = stripchart.export_csv(recording)
    samples = columns(recording)["samples"]
    assert len(samples["time_s"]) == len(resources)
    for name, csv, scale, digits in CSV_COLUMNS:
        for ours, row in zip(samples[name], resources):
            cell = row[csv]
            assert math.isnan(ours) if cell == "" else ours == pytest.approx(float(cell) * scale, abs=digits), name
    times = [float(row["time"]) for row in resources]
    for ours, theirs in zip(samples["time_s"], times):
        assert ours - samples["time_s"][0] == pytest.approx(theirs - times[0], abs=2e-6)


def test_samples_of_a_process_end_with_what_the_report_says_of_it(stripchart, columns, program):
    found = columns(stripchart.run(*program("count_calls", 5000, 3000)).recording)
    for process in found.summary["processes"]:
        samples = found[f"samples/{process['pid']}"]
        for name in ("read_calls", "write_calls", "minor_faults", "write_bytes"):
            assert samples[name][-1] == process[name]


def test_spans_are_those_of_the_engine(stripchart, columns, engine, span_fixture):
    recording = stripchart.run(span_fixture, 3, 2000, 2).recording
    theirs = engine(recording, """
        select slice.name, dur, tid, ts from slice join thread_track on slice.track_id = thread_track.id
          join thread using (utid) where slice.category is null or slice.category != 'stripchart'
    """)
    spans = columns(recording)["spans"]
    assert len(spans["name"]) == 3 * 2000 * 2 * (1 + 2)
    ours = sorted(zip(spans["tid"], [round(each * 1e9) for each in spans["duration_s"]], spans["name"]))
    assert ours == sorted((row["tid"], row["dur"], row["name"]) for row in theirs)
    first = min(row["ts"] for row in theirs)
    starts = sorted((row["ts"] - first) for row in theirs)
    assert [round((each - spans["start_s"][0]) * 1e9) for each in spans["start_s"]] == starts


def test_parents_stand_before_their_spans_and_hold_them(stripchart, columns, span_fixture):
    spans = columns(stripchart.run(span_fixture, 2, 500, 1).recording)["spans"]
    for row, parent in enumerate(spans["parent"]):
        if spans["name"][row] == "outer":
            assert (parent, spans["depth"][row], spans["path"][row]) == (-1, 0, "outer")
            continue
        assert (spans["depth"][row], spans["path"][row]) == (1, "outer;inner")
        assert 0 <= parent < row and spans["name"][parent] == "outer" and spans["tid"][parent] == spans["tid"][row]
        assert spans["start_s"][parent] <= spans["start_s"][row] and spans["end_s"][row] <= spans["end_s"][parent]


def test_a_recording_without_spans_has_an_empty_table(columns, small_recording):
    assert all(values == [] for values in columns(small_recording)["spans"].values())


def test_a_killed_recorder_leaves_columns_up_to_its_end(stripchart, columns, program):
    recording = stripchart.run(*program("burn_cpu", 0.3)).recording
    whole = columns(recording)
    recording.write_bytes(recording.read_bytes()[: recording.stat().st_size * 2 // 3])
    done = stripchart("export", recording, "--to", "columns")
    assert done.rc == 0
    cut = Columns(done.stdout)
    count = len(cut["samples"]["time_s"])
    assert 0 < count <= len(whole["samples"]["time_s"])
    assert cut["samples"]["time_s"] == whole["samples"]["time_s"][:count]


def test_every_truncation_is_a_stream_or_the_error_of_the_report(stripchart, small_recording, folder):
    whole, cut = small_recording.read_bytes(), folder / "cut.pftrace"
    for length in [*range(0, 200, 40), *range(200, len(whole), max(1, len(whole) // 60)), len(whole)]:
        cut.write_bytes(whole[:length])
        done = stripchart("export", cut, "--to", "columns")
        assert done.rc == stripchart("report", cut, "--json").rc, f"{length} bytes: {done.stderr}"
        if done.rc == 0:
            Columns(done.stdout)
        else:
            assert_one_line_error(done)
            assert done.stdout == b""


def test_what_is_no_recording_is_refused_and_leaves_no_file(stripchart, folder):
    (folder / "letter").write_bytes(b"a letter\n" * 100)
    for options in ([], ["-o", folder / "x"]):
        done = stripchart("export", folder / "letter", "--to", "columns", *options)
        assert (done.rc, done.stdout) == (65, b"")
        assert_one_line_error(done)
    assert os.listdir(folder) == ["letter"]


def test_a_file_that_exists_is_replaced_by_force_only(stripchart, small_recording, folder):
    (folder / "x").write_text("precious")
    done = stripchart("export", small_recording, "--to", "columns", "-o", folder / "x")
    assert done.rc == 73 and (folder / "x").read_text() == "precious"
    assert_one_line_error(done)
    assert stripchart("export", small_recording, "--to", "columns", "-o", folder / "x", "--force").rc == 0
    Columns((folder / "x").read_bytes())


def test_a_full_disk_is_an_error(stripchart, small_recording):
    with open("/dev/full", "wb") as full:
        done = stripchart("export", small_recording, "--to", "columns", stdout=full)
    assert done.rc == 74
    assert_one_line_error(done)


def test_columns_are_not_written_to_a_terminal(command_path, small_recording):
    terminal = Terminal([command_path, "export", small_recording, "--to", "columns"], small_recording.parent)
    try:
        assert terminal.read_to_end() == 64
    finally:
        terminal.close()
    assert b"-o" in terminal.shown and b"STRIPCOL" not in terminal.shown
