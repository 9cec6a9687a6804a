"""Every number of the report against what the kernel told the program itself."""
import json
import os
import time

import pytest

import kernel
from kernel import MEBIBYTE
from stripchart_command import pids, process, root


def test_cpu_seconds_are_those_of_getrusage(stripchart, program):
    outcome = stripchart.run(*program("burn_cpu", 1.0))
    own = outcome.json
    found = root(stripchart.report(outcome.recording))
    assert found["cpu_seconds"] == pytest.approx(own["user"] + own["system"], rel=0.01, abs=0.01)
    assert found["user_seconds"] == pytest.approx(own["user"], rel=0.01, abs=0.02)
    assert found["system_seconds"] == pytest.approx(own["system"], rel=0.01, abs=0.02)


def test_total_cpu_of_a_single_process_is_its_own(stripchart, program):
    report = stripchart.report(stripchart.run(*program("burn_cpu", 0.3)).recording)
    assert report["total"]["cpu_seconds"] == pytest.approx(root(report)["cpu_seconds"], abs=0.001)


def test_wall_seconds_lie_between_the_cpu_time_and_the_callers_clock(stripchart, program):
    before = time.monotonic()
    outcome = stripchart.run(*program("burn_cpu", 0.5))
    outer = time.monotonic() - before
    wall = stripchart.report(outcome.recording)["program"]["wall_seconds"]
    assert outcome.json["user"] + outcome.json["system"] <= wall + 0.01
    assert wall <= outer


def test_peak_memory_is_the_high_water_mark_even_when_given_back(stripchart, program):
    outcome = stripchart.run(*program("hold_memory", 200, 200))
    peak = root(stripchart.report(outcome.recording))["peak_rss_bytes"]
    assert abs(peak - outcome.json["hwm_bytes"]) <= max(0.01 * outcome.json["hwm_bytes"], MEBIBYTE)


def test_peak_memory_between_two_ticks_is_not_lost(stripchart, program):
    outcome = stripchart.run(*program("hold_memory", 200, 0), options=["-i", "5s"])
    peak = root(stripchart.report(outcome.recording))["peak_rss_bytes"]
    assert abs(peak - outcome.json["maxrss_bytes"]) <= max(0.01 * outcome.json["maxrss_bytes"], MEBIBYTE)


def test_peak_memory_of_a_small_program_is_not_the_recorders(stripchart, program):
    # ru_maxrss survives exec, so it knows the process that called exec, too. VmHWM does not.
    outcome = stripchart.run(*program("hold_memory", 0, 300))
    peak = root(stripchart.report(outcome.recording))["peak_rss_bytes"]
    assert abs(peak - outcome.json["hwm_bytes"]) <= MEBIBYTE


def test_storage_bytes_are_exact(stripchart, program, storage):
    outcome = stripchart.run(*program("write_storage", storage / "file", 24))
    own = outcome.json
    found = root(stripchart.report(outcome.recording))
    assert own["write_bytes"] >= 24 * MEBIBYTE
    assert found["write_bytes"] == own["write_bytes"]
    assert found["read_bytes"] == own["read_bytes"]


@pytest.mark.parametrize("reads, writes", [(0, 0), (1000, 300), (50_000, 70_000)])
def test_read_and_write_calls_are_exact(stripchart, program, reads, writes):
    outcome = stripchart.run(*program("count_calls", reads, writes))
    own = outcome.json
    found = root(stripchart.report(outcome.recording))
    assert own["syscr"] >= reads and own["syscw"] >= writes
    # After what the program saw come the read that saw it and the write that said it.
    assert (found["read_calls"], found["write_calls"]) == (own["syscr"] + 1, own["syscw"] + 1)


def test_every_process_of_a_tree_is_listed_under_its_parent(stripchart, program):
    outcome = stripchart.run(*program("process_tree", 3))
    tree = [tuple(map(int, line.split())) for line in outcome.text.splitlines()]
    assert len(tree) == 1 + 3 + 9
    report = stripchart.report(outcome.recording)
    assert sorted(pids(report)) == sorted(pid for pid, _ in tree)
    (top, _), *below = tree
    assert root(report)["pid"] == top
    for pid, parent in below:
        assert process(report, pid)["parent_pid"] == parent


def test_a_process_begins_and_ends_within_the_run(stripchart, program):
    report = stripchart.report(stripchart.run(*program("process_tree", 2)).recording)
    wall = report["program"]["wall_seconds"]
    for each in report["processes"]:
        # Seconds since the start of the recording. The kernel's start time of a process has steps of 10 ms.
        assert -0.02 <= each["start_seconds"] <= each["end_seconds"] <= wall + 0.02, each


def test_io_of_waited_children_is_counted_once(stripchart, program, storage):
    # The kernel adds the io of a reaped child to that of its parent (/proc/PID/io).
    writers = [" ".join(program("write_storage", storage / f"file-{i}", 8, 300)) for i in (1, 2)]
    outcome = stripchart.run("sh", "-c", f"{writers[0]} & {writers[1]} & wait")
    own = [json.loads(line) for line in outcome.text.splitlines()]
    report = stripchart.report(outcome.recording)
    written = sum(each["write_bytes"] for each in own)
    assert written >= 16 * MEBIBYTE
    assert abs(report["total"]["write_bytes"] - written) <= MEBIBYTE
    for each in own:
        assert process(report, each["pid"])["write_bytes"] == each["write_bytes"]
    assert root(report)["write_bytes"] <= MEBIBYTE


def test_cpu_of_waited_children_is_counted_once(stripchart, program):
    burner = " ".join(program("burn_cpu", 0.4))
    outcome = stripchart.run(*program("rusage_of", "sh", "-c", f"{burner} >/dev/null & {burner} >/dev/null & wait"))
    report = stripchart.report(outcome.recording)
    assert report["total"]["cpu_seconds"] == pytest.approx(outcome.json["cpu_seconds"], rel=0.01, abs=0.02)
    assert root(report)["cpu_seconds"] < 0.4


def test_io_of_children_too_short_to_be_seen_is_in_the_total(stripchart, program, storage):
    writer = " ".join(program("write_storage", storage / "file", 1))
    outcome = stripchart.run("sh", "-c", f"for i in 1 2 3 4 5 6 7 8; do {writer}; done", options=["-i", "10s"])
    written = sum(json.loads(line)["write_bytes"] for line in outcome.text.splitlines())
    assert written >= 8 * MEBIBYTE
    assert abs(stripchart.report(outcome.recording)["total"]["write_bytes"] - written) <= MEBIBYTE


def test_the_machine_is_the_one_the_kernel_describes(stripchart, small_recording):
    # The names inside `machine` are not part of the contract; the figures are.
    machine = set(numbers(stripchart.report(small_recording)["machine"]))
    assert kernel.meminfo()["MemTotal"] in machine
    assert os.cpu_count() in machine


def test_busy_seconds_of_the_machine_are_those_of_proc_stat(stripchart, program):
    busy_before, before = kernel.machine_busy_seconds(), time.monotonic()
    outcome = stripchart.run(*program("burn_cpu", 1.0))
    busy, outer = kernel.machine_busy_seconds() - busy_before, time.monotonic() - before
    rows, _ = stripchart.export_csv(outcome.recording)
    times = [float(row["time"]) for row in rows]
    recorded = sum(
        float(row["cpu_percent_global"]) / 100 * os.cpu_count() * (now - last)
        for row, now, last in zip(rows[1:], times[1:], times)
        if row["cpu_percent_global"]
    )
    # What no row covers may have been wholly idle or wholly busy; ticks of 10 ms a CPU on both ends. The machine is read ten
    # times a second, so a share stands in the rows after the reading that it comes from.
    covered = sum(now - last for row, now, last in zip(rows[1:], times[1:], times) if row["cpu_percent_global"])
    outside = outer - covered + 0.1
    steps = 0.04 * os.cpu_count()
    assert busy - outside * os.cpu_count() - steps <= recorded <= busy + steps


def test_used_memory_of_the_machine_is_total_minus_available(stripchart, program):
    before = kernel.meminfo()
    outcome = stripchart.run(*program("hold_memory", 0, 300))
    after = kernel.meminfo()
    rows, _ = stripchart.export_csv(outcome.recording)
    used = [float(row["vms_global_mb"]) for row in rows if row["vms_global_mb"]]
    ends = [(each["MemTotal"] - each["MemAvailable"]) / MEBIBYTE for each in (before, after)]
    # Others allocate meanwhile, too: a range with room of 20 % of the memory, which still tells it from free or total.
    room = before["MemTotal"] / MEBIBYTE * 0.2
    assert used and min(ends) - room <= min(used) and max(used) <= max(ends) + room


def numbers(value):
    """Every number anywhere inside decoded JSON."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from numbers(each)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield value
