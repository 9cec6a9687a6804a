"""`stripchart system`: what the machine did, and which of all processes used it, against the kernel's own accounting."""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import pytest

from kernel import MEBIBYTE, wait_until
from stripchart_command import process

TICK = 1 / os.sysconf("SC_CLK_TCK")
CPU_FIELDS = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"]


def machine_counters():
    """/proc/stat, /proc/net/dev and /proc/diskstats: seconds, counts and bytes by name."""
    lines = {line.split()[0]: line.split()[1:] for line in open("/proc/stat")}
    counters = {f"cpu {name}": int(value) * TICK for name, value in zip(CPU_FIELDS, lines["cpu"])}
    counters["forks"] = int(lines["processes"][0])
    counters["context_switches"] = int(lines["ctxt"][0])
    for line in open("/proc/net/dev").readlines()[2:]:
        name, rest = line.split(":")
        counters[f"received {name.strip()}"] = int(rest.split()[0])
    for line in open("/proc/diskstats"):
        fields = line.split()
        counters[f"written {fields[2]}"] = int(fields[9]) * 512
    return counters


def system(stripchart, *options, **popen):
    recording = stripchart.new_recording()
    outcome = stripchart("system", *options, "-o", recording, **popen)
    assert outcome.rc == 0, outcome.stderr
    outcome.recording = recording
    return outcome


def during(stripchart, *work, seconds="2s", options=()):
    """Records the machine while the programs of `work` run. Their figures, if any, are on their standard output."""
    recording = stripchart.new_recording()
    recorder = stripchart.start("system", "-d", seconds, "-o", recording, *options)
    wait_until(lambda: recording.exists() and recording.stat().st_size > 0, "the recording")
    wait_until(lambda: stripchart("report", recording, "--json").rc == 0, "the first readings")
    started = [subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for words in work]
    texts = [each.communicate(timeout=60) for each in started]
    assert all(each.returncode == 0 for each in started), texts
    outcome = stripchart.finish(recorder, recording=recording)
    assert outcome.rc == 0, outcome.stderr
    return outcome, [(each.pid, text[0]) for each, text in zip(started, texts)]


def test_the_machines_counters_are_those_of_the_kernel(stripchart):
    before = machine_counters()
    outcome = system(stripchart, "-d", "1500ms")
    after = machine_counters()
    machine = stripchart.report(outcome.recording)["machine"]
    grown = {name: after[name] - before[name] for name in before if name in after}
    # The outer window holds the recorder's own start and end as well.
    for name in CPU_FIELDS:
        assert -0.02 <= grown[f"cpu {name}"] - machine["cpu_seconds"][name] <= 1.5, name
    # The guest's share aside, each CPU is in one of the states at any time.
    assert sum(machine["cpu_seconds"].values()) == pytest.approx(1.5 * os.cpu_count(), rel=0.1)
    for name in ("forks", "context_switches"):
        assert 0 <= machine[name] <= grown[name]
    for network in machine["networks"]:
        assert 0 <= network["received_bytes"] <= grown[f"received {network['name']}"]
    for disk in machine["disks"]:
        assert 0 <= disk["write_bytes"] <= grown[f"written {disk['name']}"]


def test_a_process_that_was_there_has_the_cpu_time_of_its_own_account(stripchart, program):
    # It starts before the recording, and what it used before that does not count.
    worker = subprocess.Popen([sys.executable, "-c", "while True: sum(range(1000))"])
    try:
        def used():
            fields = pathlib.Path(f"/proc/{worker.pid}/schedstat").read_text().split()
            return int(fields[0]) / 1e9

        wait_until(lambda: used() > 0.2, "work")
        before = used()
        outcome = system(stripchart, "-d", "1500ms")
        after = used()
    finally:
        worker.kill()
        worker.wait()
    report = stripchart.report(outcome.recording)
    row = process(report, worker.pid)
    outer = after - before
    assert outer - 0.5 <= row["cpu_seconds"] <= outer + 0.01
    assert row["end_seconds"] is None
    # Lines are wrapped, and on a busy machine somebody else may have used more.
    assert "used most CPU time" in " ".join(outcome.stderr.split())
    assert max(report["processes"], key=lambda each: each["cpu_seconds"] or 0)["cpu_seconds"] >= row["cpu_seconds"]


def test_who_holds_most_memory_is_named(stripchart):
    holder = "import time; held = bytearray(b'x') * (400 << 20); print('ready', flush=True); time.sleep(60)"
    held = stripchart.start_program([sys.executable, "-c", holder])
    outcome = system(stripchart, "-d", "300ms")
    row = process(stripchart.report(outcome.recording), held.pid)
    status = pathlib.Path(f"/proc/{held.pid}/status").read_text()
    resident = int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024
    assert row["peak_rss_bytes"] == pytest.approx(resident, abs=MEBIBYTE)
    assert "held most memory" in " ".join(outcome.stderr.split())


def test_what_a_waited_for_child_wrote_counts_once(stripchart, storage):
    # Some of it is written before a reading and some after the last one; who waited lives until the recording's end.
    write = ("import os, time\nfile = os.open('%s/file', os.O_CREAT | os.O_WRONLY)\n"
             "for _ in range(2): os.write(file, bytes(20 << 20)); os.fsync(file); time.sleep(1.3)\n" % storage)
    script = f'"{sys.executable}" -c "$0"; echo ready; read line; exit 0'
    recording = stripchart.new_recording()
    recorder = stripchart.start("system", "-o", recording)
    wait_until(lambda: recording.exists() and stripchart("report", recording, "--json").rc == 0, "the first readings")
    shell = stripchart.start_program(["sh", "-c", f"sh -c '{script}' \"$0\"; exit 0", write])
    recorder.send_signal(signal.SIGINT)
    assert stripchart.finish(recorder).rc == 0
    report = stripchart.report(recording)
    family = {shell.pid}
    for _ in range(4):
        family |= {each["pid"] for each in report["processes"] if each["parent_pid"] in family}
    written = [each["write_bytes"] or 0 for each in report["processes"] if each["pid"] in family]
    assert sum(written) == pytest.approx(40 * MEBIBYTE, rel=0.05)


def test_children_that_came_and_went_between_readings_are_a_lower_bound_and_said_to_be(stripchart):
    work = ("import os, resource, subprocess, sys, time\n"
            "for _ in range(12):\n"
            "    subprocess.run([sys.executable, '-c', 'import time\\nwhile time.process_time() < 0.05: pass'])\n"
            "time.sleep(1.5)\n"
            "usage = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
            "print(usage.ru_utime + usage.ru_stime)\n")
    outcome, [(parent, text)] = during(stripchart, [sys.executable, "-c", work], seconds="6s")
    report = stripchart.report(outcome.recording)
    row = process(report, parent)
    seen = sum(each["cpu_seconds"] for each in report["processes"] if each["parent_pid"] == parent)
    truth = float(text)
    assert row["unseen_children_cpu_seconds"] > 0
    assert seen + row["unseen_children_cpu_seconds"] == pytest.approx(truth, abs=0.15)
    assert report["survey"]["not_seen_cpu_seconds"] > 0
    assert report["survey"]["tasks_without_row_at_most"] >= 6
    assert "came and went unseen" in " ".join(outcome.stderr.split())


def test_the_rows_and_what_has_none_add_up_to_the_machine(stripchart):
    outcome, _ = during(stripchart, [sys.executable, "-c", "import time\nwhile time.process_time() < 0.5: pass"])
    report = stripchart.report(outcome.recording)
    survey, seconds = report["survey"], report["machine"]["cpu_seconds"]
    tasks = seconds["user"] + seconds["nice"] + seconds["system"]
    assert sum(each["cpu_seconds"] or 0 for each in report["processes"]) == pytest.approx(survey["cpu_seconds"])
    parts = survey["cpu_seconds"] + survey["other_cpu_seconds"] + survey["not_seen_cpu_seconds"]
    assert parts >= tasks - 1e-6
    assert parts == pytest.approx(tasks, abs=0.1)


@pytest.mark.root
def test_what_another_user_hides_is_missing_and_not_zero(stripchart, unprivileged):
    worker = subprocess.Popen([sys.executable, "-c", "while True: sum(range(1000))"])
    try:
        done = unprivileged.run("system", "-d", "500ms", "-o", "own.pftrace")
        assert done.returncode == 0 if hasattr(done, "returncode") else done.rc == 0
    finally:
        worker.kill()
        worker.wait()
    report = stripchart.report(unprivileged.folder / "own.pftrace")
    row = process(report, worker.pid)
    assert row["cpu_seconds"] > 0, "its CPU time is no secret"
    assert row["read_bytes"] is None and row["write_bytes"] is None
    assert any(fact["pid"] == worker.pid and fact["probe"] == "io" for fact in report["missing"])
    assert report["survey"]["processes_hiding_io"] > 0


def test_a_killed_recorder_leaves_what_it_had_read(stripchart, engine):
    recording = stripchart.new_recording()
    worker = stripchart.start_program([sys.executable, "-c", "print('ready', flush=True)\nwhile True: sum(range(1000))"])
    recorder = stripchart.start("system", "-o", recording)

    def has_row():
        done = stripchart("report", recording, "--json")
        return done.rc == 0 and any(
            each["pid"] == worker.pid and (each["cpu_seconds"] or 0) > 0.1 for each in done.json["processes"])

    wait_until(has_row, "the worker's row")
    recorder.send_signal(signal.SIGKILL)
    recorder.wait()
    report = stripchart.report(recording)
    assert not report["program"]["complete"]
    assert process(report, worker.pid)["cpu_seconds"] > 0.1


def test_the_file_is_a_trace_and_every_page_says_the_same(stripchart, engine, program):
    outcome, [(worker, _)] = during(stripchart, program("burn_cpu", 0.4), seconds="2500ms")
    engine.assert_clean(outcome.recording)
    answer = stripchart.report(outcome.recording)["survey"]["answer"]
    markdown = " ".join(stripchart("report", outcome.recording, "--markdown").text.split())
    for sentence in answer:
        assert sentence in " ".join(outcome.stderr.split())
    assert str(worker) in markdown or "python" in markdown
    assert stripchart("report", outcome.recording, "--html", "-o", "page.html").rc == 0
    part = stripchart("report", outcome.recording, "--from", "500ms", "--to", "2s", "--json")
    assert part.rc == 0, part.stderr
