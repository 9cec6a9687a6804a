"""Limits that really hold: control groups made by the test, whose own files say what happened."""
import os
import pathlib
import re
import subprocess

import pytest

from conftest import PROGRAMS
from control_groups import pressure_group
from kernel import wait_until

MEBIBYTE = 1 << 20
SOURCE = (PROGRAMS / "limits.py").read_text().splitlines()


def line_of(marker):
    return next(number for number, line in enumerate(SOURCE, 1) if line.endswith(f"# {marker}"))


@pytest.fixture
def environment(package):
    return {**os.environ, "PYTHONPATH": str(package), "COLUMNS": "100"}


def found(report, kind):
    return next((each for each in report["findings"] if each["kind"] == kind), None)


def limit(report, kind, source="cgroup"):
    return next((each for each in report["limits"] if each["kind"] == kind and each["source"] == source), None)


def words(text):
    return re.sub(r"\s+", " ", text)


@pytest.mark.root
def test_a_program_that_grows_until_it_is_killed_names_limit_process_span_and_line(stripchart, program, environment, group):
    outer = group("memory")
    outer.limit_memory(160 * MEBIBYTE)
    inner = outer.inner("job")
    pressure = pressure_group()
    command = inner.enter(*program("limits", "grow"))
    if pressure and inner.version == 1:
        command = pressure.enter(*command)
    try:
        outcome = stripchart.run(*command, env=environment)
        report = stripchart.report(outcome.recording)
        stalled = re.search(r"some .*total=(\d+)", pressure.read("memory.pressure")) if pressure else None
    finally:
        if pressure:
            pressure.remove()
    # The recorder stood outside of the limit: it saw the end and wrote it down.
    assert outcome.rc == 137, outcome.stderr
    assert report["program"]["complete"] and report["program"]["exit"]["signal"] == 9
    assert inner.out_of_memory_kills == 1

    memory = limit(report, "memory")
    assert memory["limit"] == outer.number(outer.memory_limit_file) == 160 * MEBIBYTE
    assert memory["group"] == outer.name and memory["file"] == outer.memory_limit_file
    assert 0.9 < memory["share"] <= 1
    assert report["cgroup"]["oom_kills"] == 1
    assert report["cgroup"]["memory_limit_events"] > 0

    killed = found(report, "killed")
    assert killed is not None and killed["severity"] == "problem" and killed["confidence"] == "high"
    assert killed["path"] == ["train", "step", "collate"]
    assert pathlib.Path(killed["file"]).name == "limits.py" and killed["line"] == line_of("GROW")
    assert killed["figures"]["limit_bytes"] == 160 * MEBIBYTE
    assert outer.name in killed["text"]
    process = next(each for each in report["processes"] if each["exit"]["signal"] == 9)
    assert f"(PID {process['pid']})" in killed["text"]
    assert killed["figures"]["last_rss_bytes"] > 120 * MEBIBYTE
    # Where the kernel's log may be read it names the same process.
    for kill in report["out_of_memory_kills"]:
        assert kill["pid"] == process["pid"] and kill["anonymous_bytes"] > 100 * MEBIBYTE
    growth = found(report, "memory_growth")
    assert growth is not None and growth["line"] == line_of("GROW")
    # The report that `run` prints opens with it.
    assert words(outcome.stderr.split("\n", 1)[1]).startswith("It was killed by SIGKILL: out of memory in control group"), outcome.stderr
    if stalled and inner.version == 1:
        assert report["cgroup"]["version"] == "v1 and v2"
        assert report["cgroup"]["memory_pressure_seconds"] <= int(stalled[1]) / 1e6 + 0.001


@pytest.mark.root
def test_the_limit_is_drawn_beside_the_curve(stripchart, program, environment, group):
    memory = group("memory")
    memory.limit_memory(128 * MEBIBYTE)
    outcome = stripchart.run(*memory.enter(*program("limits", "grow")), env=environment)
    assert stripchart("report", outcome.recording, "--svg", "-o", "strip.svg").rc == 0
    assert "limit 128 MiB" in (stripchart.folder / "strip.svg").read_text()
    assert stripchart("report", outcome.recording, "--html", "-o", "page.html").rc == 0
    page = (stripchart.folder / "page.html").read_text()
    assert f'"limit":{128 * MEBIBYTE}' in page.replace(" ", "").replace(".0,", ",")
    assert "limit 128 MiB" in stripchart("report", outcome.recording, "--markdown").text
    resources, _ = stripchart.export_csv(outcome.recording)
    limits = {row["cgroup_memory_limit_mb"] for row in resources} - {""}
    assert limits == {"128.000000"}
    used = [float(row["cgroup_memory_mb"]) for row in resources if row["cgroup_memory_mb"]]
    assert 115 < max(used) <= 128


@pytest.mark.root
def test_a_recorder_inside_the_same_limit_leaves_a_recording_to_the_last_moment(stripchart, program, environment, group):
    memory = group("memory")
    memory.limit_memory(192 * MEBIBYTE)
    recording = stripchart.new_recording()

    def enter():
        memory.write("cgroup.procs", os.getpid())

    started = stripchart.start_run(*program("limits", "grow"), recording=recording, env=environment, preexec_fn=enter)
    own = pathlib.Path("/proc/self/oom_score_adj").read_text()
    # Nobody was put before or behind others when the kernel chooses.
    assert pathlib.Path(f"/proc/{started.pid}/oom_score_adj").read_text() == own
    stripchart.finish(started)
    assert memory.out_of_memory_kills >= 1
    report = stripchart.report(recording)  # whoever was killed: it opens
    killed = [each for each in report["processes"] if (each["exit"] or {}).get("signal") == 9]
    assert limit(report, "memory")["limit"] == 192 * MEBIBYTE
    assert limit(report, "memory")["share"] > 0.85
    assert report["total"]["peak_rss_bytes"] > 120 * MEBIBYTE
    if report["program"]["complete"]:
        assert found(report, "killed")["path"] == ["train", "step", "collate"]
        assert killed
    else:
        assert found(report, "recorder_trouble") is not None


@pytest.mark.root
def test_a_worker_that_is_killed_is_told_with_its_own_span(stripchart, program, environment, group):
    memory = group("memory")
    memory.limit_memory(160 * MEBIBYTE)
    outcome = stripchart.run(*memory.enter(*program("limits", "worker")), env=environment)
    assert outcome.rc == 0, outcome.stderr
    child, signal = map(int, outcome.stdout.split())
    assert signal == 9 and memory.out_of_memory_kills == 1
    killed = found(stripchart.report(outcome.recording), "killed")
    assert killed["path"] == ["decode"]
    assert f"(PID {child})" in killed["text"] and "out of memory" in killed["text"]


@pytest.mark.root
def test_a_cpu_quota_that_stops_the_program_is_told_as_the_kernel_counts_it(stripchart, program, environment, group):
    cpu = group("cpu")
    cpu.limit_cpu(30_000)
    outcome = stripchart.run(*cpu.enter(*program("limits", "burn", 2)), env=environment)
    report = stripchart.report(outcome.recording)
    assert limit(report, "cpu")["limit"] == pytest.approx(0.3)
    finding = found(report, "throttled")
    assert finding is not None, report["findings"]
    assert finding["path"] == ["work", "solve"]
    kernel = cpu.table("cpu.stat")
    assert 0 < report["cgroup"]["throttled_periods"] <= kernel["nr_throttled"]
    assert report["cgroup"]["throttled_periods"] >= 0.8 * kernel["nr_throttled"]
    assert report["cgroup"]["throttled_seconds"] == pytest.approx(cpu.throttled_seconds, rel=0.15)


@pytest.mark.root
def test_processes_that_could_not_be_made_are_told_with_the_limit(stripchart, program, environment, group):
    tasks = group("pids")
    tasks.write("pids.max", 12)
    outcome = stripchart.run(*tasks.enter(*program("limits", "fork")), env=environment)
    assert outcome.rc == 0, outcome.stderr
    report = stripchart.report(outcome.recording)
    assert limit(report, "tasks")["limit"] == 12
    assert limit(report, "tasks")["peak"] <= 12
    finding = found(report, "task_limit")
    assert finding is not None, report["findings"]
    assert finding["figures"]["refused_tasks"] <= tasks.table("pids.events")["max"]


@pytest.mark.root
def test_a_limit_that_is_raised_meanwhile_is_followed(stripchart, program, environment, group):
    memory = group("memory")
    memory.limit_memory(256 * MEBIBYTE)
    recording = stripchart.new_recording()
    started = stripchart.start_run(*memory.enter(*program("limits", "hold")), recording=recording, env=environment)
    assert started.stdout.readline() == b"ready\n"

    def limit_now(expected):
        return lambda: (limit(stripchart.report(recording), "memory") or {}).get("limit") == expected

    wait_until(limit_now(256 * MEBIBYTE), "the first limit is recorded")
    memory.limit_memory(512 * MEBIBYTE)
    wait_until(limit_now(512 * MEBIBYTE), "the second limit is recorded")
    stripchart.finish(started, b"\n", recording)
    resources, _ = stripchart.export_csv(recording)
    assert {row["cgroup_memory_limit_mb"] for row in resources} - {""} == {"256.000000", "512.000000"}
    assert 64 <= max(float(row["cgroup_memory_mb"] or 0) for row in resources) < 200


def test_with_nothing_limited_nothing_of_groups_is_read(stripchart, program):
    outcome = stripchart.run(*program("burn_cpu", 0.3))
    report = stripchart.report(outcome.recording)
    if any(each["source"] == "cgroup" for each in report["limits"]):
        pytest.skip("a control group limits the tests themselves")
    assert report["cgroup"] is None
    assert not any(each["name"].startswith("cgroup") for each in report["recorder"]["tiers"])
    machine = limit(report, "memory", "machine")
    assert machine["limit"] == report["machine"]["memory_bytes"]


def test_limits_of_the_process_are_told(stripchart, program):
    outcome = stripchart.run(*program("burn_cpu", 0.3), preexec_fn=lower_address_space)
    assert outcome.rc == 0, outcome.stderr
    report = stripchart.report(outcome.recording)
    space = limit(report, "address_space", "rlimit")
    assert space["limit"] == 8 << 30 and space["file"] == "RLIMIT_AS"
    assert 0 < space["peak"] < space["limit"]


def lower_address_space():
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (8 << 30, resource.RLIM_INFINITY))


def test_doctor_tells_of_control_groups(stripchart):
    text = stripchart("doctor").text
    assert re.search(r"(yes|no )  limits of control groups", text), text
    assert re.search(r"(yes|no )  the kernel's log", text), text
