"""Sums over process trees: each use once, whoever reaps whom. CPU time against the programs' own clocks: each burns a known amount."""
import json
import os
import pathlib
import resource
import shutil
import tempfile

import pytest

from kernel import MEBIBYTE, state, wait_until
from stripchart_command import root

needs_exit_records = pytest.mark.skipif(os.geteuid() != 0, reason="the kernel's exit records need CAP_NET_ADMIN")


def total(stripchart, program, mode, options=(), preexec=None):
    outcome = stripchart.run(*program("trees", mode), options=list(options), preexec_fn=preexec)
    return outcome, stripchart.report(outcome.recording)


# What a program burns, and how many processes it is.
BURNT = {"ignored": (0.7, 13), "nocldwait": (0.7, 11), "mixed": (0.6, 21), "daemons": (0.5, 11), "zombies": (0.3, 7)}


@pytest.mark.parametrize("mode", BURNT)
def test_cpu_time_is_counted_once_whoever_reaps_whom(stripchart, program, mode):
    burnt, count = BURNT[mode]
    _, report = total(stripchart, program, mode)
    # Starting and ending processes costs something too, above all on a busy machine.
    assert burnt - 0.02 <= report["total"]["cpu_seconds"] <= burnt + 0.02 + 0.005 * count


@needs_exit_records
@pytest.mark.parametrize("mode", BURNT)
def test_every_process_is_counted_once(stripchart, program, mode):
    _, count = BURNT[mode]
    _, report = total(stripchart, program, mode)
    assert report["total"]["process_count"] == count
    assert not report["total"]["process_count_is_lower_bound"]
    assert len({(process["pid"], process["start_seconds"]) for process in report["processes"]}) == count


@needs_exit_records
def test_a_storm_of_short_lives_is_whole(stripchart):
    outcome = stripchart.run("sh", "-c", "for i in $(seq 500); do /bin/true; done; /bin/false; exit 3")
    report = stripchart.report(outcome.recording)
    true = [process for process in report["processes"] if process["name"] in ("true", "sh") and process["exit"]["code"] == 0]
    assert len(true) >= 500
    # A tick may meet one before it has executed its program; then it has the name of the shell.
    assert [process["name"] in ("false", "sh") for process in report["processes"] if process["exit"]["code"] == 1] == [True]
    assert all(process["end_seconds"] >= process["start_seconds"] for process in report["processes"])
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert report["total"]["cpu_seconds"] <= used.ru_utime + used.ru_stime
    assert "true × " in stripchart("report", outcome.recording).text


@pytest.fixture
def as_nobody():
    """Options of a command that runs as nobody, in a folder of its own."""
    if os.geteuid() != 0:
        pytest.skip("needs root to give rights up")
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        yield {"user": 65534, "group": 65534, "extra_groups": [], "recording": pathlib.Path(folder) / "run.pftrace"}


def for_nobody(arguments, as_nobody):
    """The same program where nobody may start it."""
    return [shutil.copy(arguments[0], as_nobody["recording"].parent), *arguments[1:]]


def test_without_rights_every_process_is_counted_or_the_count_is_a_lower_bound(stripchart, as_nobody):
    outcome = stripchart.run("sh", "-c", "for i in $(seq 300); do /bin/true; done", **as_nobody)
    report = stripchart.report(outcome.recording)
    total, source = report["total"], report["recorder"]["lives_source"]
    text = " ".join(stripchart("report", outcome.recording).text.split())
    if source is None:
        assert total["process_count_is_lower_bound"]
        assert f"at least {total['process_count']} processes" in text
    else:
        assert source == "perf"
        # The shell, seq and 300.
        assert total["process_count"] == 302 and not total["process_count_is_lower_bound"]


@pytest.mark.parametrize("has_rights", [pytest.param(True, marks=pytest.mark.root), False])
def test_a_program_executed_after_the_last_look_gives_its_name(stripchart, as_nobody, has_rights):
    run = stripchart.run if has_rights else lambda *words, **more: stripchart.run(*words, **more, **as_nobody)
    outcome = run("sh", "-c", "sleep .2; exec cat /dev/null", options=["--interval", "10s"])
    assert {each["name"] for each in stripchart.report(outcome.recording)["processes"]} == {"cat", "sleep"}


def test_a_serial_loop_never_uses_more_than_one_cpu_for_long(stripchart):
    outcome = stripchart.run("sh", "-c", "for i in $(seq 400); do /bin/true; done")
    lanes = stripchart("report", outcome.recording).text.splitlines()
    cpu = next(line for line in lanes if line.startswith("CPU "))
    assert float(cpu.split("peak")[1].split("%")[0]) <= 130


def test_a_process_lives_until_its_last_thread_ends(stripchart, program):
    outcome, report = total(stripchart, program, "leader")
    assert outcome.rc == 7
    found = root(report)
    assert found["exit"]["code"] == 7
    assert report["total"]["cpu_seconds"] == pytest.approx(0.3, abs=0.06)
    assert found["end_seconds"] >= 0.5
    assert found["anonymous_max_bytes"] >= 64 * MEBIBYTE


def test_attach_finds_a_process_whose_first_thread_has_ended(stripchart, program):
    running = stripchart.start_program(program("trees", "leader"))
    wait_until(lambda: state(running.pid) == "Z", "the end of the first thread")
    outcome = stripchart.attach(running.pid)
    assert outcome.rc == 0
    found = root(stripchart.report(outcome.recording))
    assert found["peak_rss_bytes"] >= 60 * MEBIBYTE
    assert found["descriptors_max"] >= 3


def test_memory_of_forked_readers_counts_once(stripchart, program):
    outcome, report = total(stripchart, program, "readers")
    own = outcome.json["maxrss_bytes"]
    peak = report["total"]["peak_memory_bytes"]
    assert own * 0.98 <= peak <= own * 1.1
    assert report["total"]["peak_rss_sum_bytes"] > 4 * own
    assert stripchart("check", outcome.recording, "--max-memory", f"{own * 12 // 10 >> 20}MiB").rc == 0


def test_context_switches_are_those_of_all_threads(stripchart, program):
    outcome, report = total(stripchart, program, "switches")
    told = json.loads(next(line for line in outcome.stderr.splitlines() if line.startswith('{"voluntary"')))
    found = report["total"]
    assert found["voluntary_switches"] + found["involuntary_switches"] >= 20_000
    # What the program saw, and what it did after that.
    assert 0 <= found["voluntary_switches"] - told["voluntary"] <= 5
    assert 0 <= found["involuntary_switches"] - told["involuntary"] <= 50


def test_switches_that_readings_alone_tell_of_are_a_lower_bound(stripchart, program, as_nobody):
    nobody = {key: value for key, value in as_nobody.items() if key != "recording"}
    running = stripchart.start_program(for_nobody(program("trees", "churn"), as_nobody), **nobody)
    outcome = stripchart.attach(running.pid, **as_nobody)
    running.wait()
    report = stripchart.report(outcome.recording)
    for found in root(report), report["total"]:
        # Forty rounds of eight threads that sleep twenty times.
        assert found["voluntary_switches"] is None or 0 < found["voluntary_switches"] < 7000
        assert found["switches_are_lower_bound"] and found["run_delay_is_lower_bound"]


def test_a_waited_for_process_of_many_threads_has_all_switches_in_its_row(stripchart, program):
    outcome, report = total(stripchart, program, "churn")
    told = json.loads(next(line for line in outcome.stderr.splitlines() if line.startswith('{"voluntary"')))
    for found in root(report), report["total"]:
        assert 0 <= found["voluntary_switches"] - told["voluntary"] <= 5
        assert not found["switches_are_lower_bound"]


def test_threads_that_are_blocked_count_whichever_they_are(stripchart, program):
    _, report = total(stripchart, program, "blocked")
    assert 4 <= root(report)["blocked_seconds"] <= 6.1


@pytest.mark.root
def test_huge_pages_are_memory(stripchart, program):
    path = "/proc/sys/vm/nr_hugepages"
    try:
        before = open(path).read().strip()
        with open(path, "w") as file:
            file.write(str(int(before) + 40))
    except OSError:
        pytest.skip("huge pages cannot be reserved here")
    try:
        outcome, report = total(stripchart, program, "huge")
    finally:
        with open(path, "w") as file:
            file.write(before)
    if outcome.rc == 77:
        pytest.skip("there are no huge pages")
    assert report["total"]["peak_memory_bytes"] >= 64 * MEBIBYTE


@pytest.mark.parametrize("limit", [1024, 200, 60, 20, 16])
def test_a_low_limit_of_open_files_hides_nobody(stripchart, program, limit):
    _, report = total(stripchart, program, "many", preexec=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit)))
    assert report["total"]["process_count"] == 121
    assert report["total"]["greatest_process_count"] >= 115
    told = [missing["probe"] for missing in report["missing"]]
    assert ("open files" in told) == (limit < 1024)


@pytest.mark.parametrize("limit", [60, 18])
def test_a_low_limit_of_open_files_needs_no_rights(stripchart, program, as_nobody, limit):
    outcome = stripchart.run(
        *for_nobody(program("trees", "many"), as_nobody),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit)), **as_nobody)
    report = stripchart.report(outcome.recording)
    assert report["total"]["greatest_process_count"] >= 115
    assert report["total"]["peak_rss_sum_bytes"] >= 115 * MEBIBYTE
    assert not [missing for missing in report["missing"] if missing["probe"] == "io"]
    assert report["total"]["write_calls"] is not None


def test_a_full_file_keeps_the_end(stripchart):
    outcome = stripchart.run(
        "sh", "-c", "ulimit -c 0; python3 -c 'pass' 2>/dev/null; i=0; while [ $i -lt 4000 ]; do /bin/true; i=$((i+1)); done; exit 5",
        options=["--max-size", "4MiB", "-i", "1ms"])
    assert outcome.rc == 5
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    report = stripchart.report(outcome.recording)
    assert report["program"]["exit"]["code"] == 5
    assert report["program"]["complete"]
    if report["recorder"]["file_full_since_seconds"] is not None:
        assert "the file was full from" in " ".join(stripchart("report", outcome.recording).text.split())
    assert report["total"]["cpu_seconds"] <= used.ru_utime + used.ru_stime
