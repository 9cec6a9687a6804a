"""`export --to csv`: the two logs of py-resource-monitor, its columns with their meanings, then ours."""
import os
import sys
import time

import pytest

from kernel import MEBIBYTE
from stripchart_command import root

RESOURCES = ("time,cpu_percent,cpu_percent_global,rss_mb,vms_mb,vms_global_mb,swap_used_mb,read_count,read_count_global,"
             "read_mb,read_mb_global,write_count,write_count_global,write_mb,write_mb_global")
EVENTS = "time,event,name,counter"


def column(rows, name):
    """The figures of a column; an empty cell is what the kernel did not offer."""
    return [float(row[name]) for row in rows if row[name] != ""]


def test_each_file_has_one_header_line_that_begins_with_the_known_columns(stripchart, small_recording, folder):
    stripchart.export_csv(small_recording)
    prefix = f"{small_recording.stem}-export"
    resources = (folder / f"{prefix}.resources.csv").read_text().splitlines()
    events = (folder / f"{prefix}.events.csv").read_text().splitlines()
    assert resources[0] == RESOURCES or resources[0].startswith(RESOURCES + ",")
    assert events[0] == EVENTS or events[0].startswith(EVENTS + ",")
    assert len({line.count(",") for line in resources}) == 1
    for line in resources[1:]:
        float(line.split(",")[0])


def test_time_is_the_monotonic_clock_and_only_grows(stripchart, program):
    before = time.clock_gettime(time.CLOCK_MONOTONIC)
    outcome = stripchart.run(*program("burn_cpu", 0.5))
    after = time.clock_gettime(time.CLOCK_MONOTONIC)
    times = column(stripchart.export_csv(outcome.recording)[0], "time")
    assert len(times) >= 10  # the default interval starts at 10 ms
    assert before <= times[0] and times[-1] <= after
    assert times == sorted(times) and len(set(times)) == len(times)


def test_cpu_percent_is_100_for_one_busy_thread(stripchart, program):
    outcome = stripchart.run(*program("burn_cpu", 1.0))
    rows, _ = stripchart.export_csv(outcome.recording)
    percent, times = [float(row["cpu_percent"] or 0) for row in rows], column(rows, "time")
    assert all(each >= 0 for each in percent)
    seconds = sum(share / 100 * (now - last) for share, now, last in zip(percent[1:], times[1:], times))
    own = outcome.json["user"] + outcome.json["system"]
    assert seconds == pytest.approx(own, rel=0.05, abs=0.05)
    # A tick that comes a little late or early must not show 200 %.
    assert 90 <= sorted(percent)[-max(1, len(percent) // 20)] <= 115


def test_the_machine_is_at_most_fully_busy(stripchart, program):
    rows, _ = stripchart.export_csv(stripchart.run(*program("burn_cpu", 0.5)).recording)
    assert all(0 <= each <= 100.5 for each in column(rows, "cpu_percent_global"))


def test_memory_columns_are_in_mebibytes(stripchart, program):
    outcome = stripchart.run(*program("hold_memory", 200, 100))
    rows, _ = stripchart.export_csv(outcome.recording)
    assert max(column(rows, "rss_mb")) <= outcome.json["hwm_bytes"] / MEBIBYTE * 1.01 + 1
    assert all(virtual >= resident for virtual, resident in zip(column(rows, "vms_mb"), column(rows, "rss_mb")))


def test_rss_is_what_the_program_holds(stripchart, program):


    outcome = stripchart.run(sys.executable, "-c", "import time; block = bytearray(b'x') * (100 << 20); time.sleep(0.3)")
    rows, _ = stripchart.export_csv(outcome.recording)
    assert 100 <= max(column(rows, "rss_mb")) <= 130
    assert max(column(rows, "vms_mb")) >= 100


def test_read_and_write_counts_are_totals_since_the_start(stripchart, program):
    outcome = stripchart.run(*program("count_calls", 20_000, 10_000))
    rows, _ = stripchart.export_csv(outcome.recording)
    reads, writes = column(rows, "read_count"), column(rows, "write_count")
    assert reads == sorted(reads) and writes == sorted(writes)
    found = root(stripchart.report(outcome.recording))
    assert (reads[-1], writes[-1]) == (found["read_calls"], found["write_calls"])


def test_written_mebibytes_are_those_that_went_to_storage(stripchart, program, storage):
    outcome = stripchart.run(*program("write_storage", storage / "file", 16, 100))
    rows, _ = stripchart.export_csv(outcome.recording)
    assert column(rows, "write_mb")[-1] == pytest.approx(outcome.json["write_bytes"] / MEBIBYTE, abs=0.01)
    whole_machine = column(rows, "write_mb_global")
    assert whole_machine == sorted(whole_machine), "totals of the machine only grow"


def test_a_run_without_spans_has_no_events(stripchart, small_recording):
    _, events = stripchart.export_csv(small_recording)
    assert events == []


def test_export_writes_nothing_to_the_terminal_but_may_say_where(stripchart, small_recording, folder):
    done = stripchart("export", small_recording, "--to", "csv", "-o", folder / "x")
    assert (done.rc, done.stdout) == (0, b"")
    assert {"x.events.csv", "x.resources.csv"} <= set(os.listdir(folder))


def test_an_unknown_format_is_a_usage_error(stripchart, small_recording):
    done = stripchart("export", small_recording, "--to", "punched-cards", "-o", "x")
    assert done.rc == 64
    assert "csv" in done.stderr, "the formats that exist are named"
