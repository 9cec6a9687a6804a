"""What held a program back is named only by what was measured of it; compared with what the kernel counted."""
import json
import os
import subprocess
import sys

import pytest

BURN = "while True: pass"


@pytest.fixture
def busy_beside():
    """busy_beside(cpu) keeps that CPU busy with a process that is not recorded."""
    started = []

    def start(cpu):
        started.append(subprocess.Popen(
            [sys.executable, "-c", f"import os; os.sched_setaffinity(0, {{{cpu}}})\n{BURN}"], stdin=subprocess.DEVNULL))

    yield start
    for each in started:
        each.kill()
        each.wait()


def found(report, kind):
    return next((each for each in report["findings"] if each["kind"] == kind), None)


def of(report, pid):
    return next(each for each in report["processes"] if each["pid"] == pid)


def measured(report, key):
    value = report["total"][key]
    if value is None:
        pytest.skip(f"this recorder does not measure {key}")
    return value


def first_cpu():
    return min(os.sched_getaffinity(0))


# A CPU that others had


def test_a_program_that_shared_its_cpu_tells_how_long_it_wanted_one(stripchart, program, busy_beside):
    cpu = first_cpu()
    for _ in range(2):
        busy_beside(cpu)
    outcome = stripchart.run(*program("causes", "burn", 4, cpu))
    kernel = json.loads(outcome.stdout)
    report = stripchart.report(outcome.recording)
    delay = measured(report, "run_delay_seconds")
    assert kernel["run_delay"] > 0.7
    # Between the program's own look and its end it waits a little more, and the last reading is a little older.
    assert delay == pytest.approx(kernel["run_delay"], rel=0.15, abs=0.3)
    assert report["processes"][0]["run_delay_seconds"] == pytest.approx(delay, abs=0.2)
    finding = found(report, "cpu_contention")
    assert finding is not None, report["findings"]
    share = kernel["run_delay"] / (kernel["run_delay"] + kernel["cpu"])
    assert finding["figures"]["run_delay_share"] == pytest.approx(share, abs=0.1)


def test_a_span_tells_how_long_its_thread_wanted_a_cpu(stripchart, program, package, busy_beside):
    cpu = first_cpu()
    for _ in range(2):
        busy_beside(cpu)
    outcome = stripchart.run(*program("span_delays", 3, cpu), env={**os.environ, "PYTHONPATH": str(package)})
    assert outcome.rc == 0, outcome.stderr
    kernel = json.loads(outcome.stdout)
    report = stripchart.report(outcome.recording)
    spans = {each["name"]: each for each in report["spans"]}
    # It is read each millisecond at most, and the program looks a little before and after the span.
    assert spans["burn"]["run_delay_seconds"] == pytest.approx(kernel["burn"], rel=0.05, abs=0.05)
    assert spans["sleep"]["run_delay_seconds"] == pytest.approx(kernel["sleep"], abs=0.05)
    finding = found(report, "cpu_contention")
    assert finding is not None and finding["path"] == ["burn"], report["findings"]


def test_a_sleeper_beside_busy_processes_waited_for_no_cpu(stripchart, program, busy_beside):
    for cpu in os.sched_getaffinity(0):
        busy_beside(cpu)
    outcome = stripchart.run(*program("causes", "sleep", 3))
    kernel = json.loads(outcome.stdout)
    report = stripchart.report(outcome.recording)
    finding = found(report, "waiting")
    assert finding is not None, report["findings"]
    if kernel["run_delay"] < 0.2:
        assert found(report, "cpu_contention") is None
        assert "wanted a CPU" not in finding["text"]
    assert "was not recorded" in finding["text"]
    assert "likely" not in finding["text"] and "nobody" not in finding["text"] + finding["reason"]


def test_naps_on_a_full_machine_name_what_the_kernel_counted_and_no_more(stripchart, program, busy_beside):
    for cpu in os.sched_getaffinity(0):
        busy_beside(cpu)
    outcome = stripchart.run(*program("causes", "naps", 25))
    kernel = json.loads(outcome.stdout)
    report = stripchart.report(outcome.recording)
    finding = found(report, "waiting")
    assert finding is not None, report["findings"]
    if kernel["run_delay"] < 0.05 * finding["figures"]["waited_seconds"]:
        assert "wanted a CPU" not in finding["text"]
    if report["total"]["run_delay_seconds"] is None:
        assert "was not measured" in finding["reason"]
    else:
        assert finding["figures"]["run_delay_seconds"] == pytest.approx(kernel["run_delay"], rel=0.2, abs=0.3)


def test_a_process_that_was_stopped_is_told(stripchart, program):
    outcome = stripchart.run(*program("causes", "stop", 2))
    report = stripchart.report(outcome.recording)
    measured(report, "stopped_seconds")
    child = of(report, int(outcome.stdout))
    assert child["stopped_seconds"] == pytest.approx(2, abs=0.4)
    finding = found(report, "stopped")
    assert finding is not None, report["findings"]
    assert f"(PID {child['pid']})" in finding["text"]


def test_pages_that_come_from_the_disk_are_the_disks(stripchart, program, storage):
    outcome = stripchart.run(*program("causes", "pages", os.path.join(storage, "large"), 4))
    kernel = json.loads(outcome.stdout)
    report = stripchart.report(outcome.recording)
    if kernel["major_faults"] < 2000:
        pytest.skip(f"this disk keeps its pages in memory: {kernel['major_faults']} major faults")
    assert report["total"]["major_faults"] == pytest.approx(kernel["major_faults"], rel=0.1)
    faults = found(report, "page_faults")
    if kernel["major_faults"] / report["program"]["wall_seconds"] >= 100:
        assert faults is not None and "from the disk" in faults["text"]
    blocked = measured(report, "blocked_seconds")
    disk = found(report, "disk_wait")
    if blocked > 0.25 * report["program"]["wall_seconds"]:
        assert disk is not None and "major faults" in disk["text"]
    elif blocked < 0.15 * report["program"]["wall_seconds"]:
        assert disk is None


# Starting processes


def test_a_storm_of_short_programs_is_no_storm_of_page_faults(stripchart):
    script = "i=0; while [ $i -lt 1500 ]; do /bin/true; i=$((i+1)); done"
    outcome = stripchart.run("sh", "-c", script)
    assert outcome.rc == 0, outcome.stderr
    report = stripchart.report(outcome.recording)
    assert report["total"]["minor_faults"] > 60_000
    assert found(report, "page_faults") is None, report["findings"]


# Limits of a process


def test_a_limit_that_a_wrapper_sets_is_that_of_the_program(stripchart, program):
    command = program("causes", "space", 0.95)
    outcome = stripchart.run("sh", "-c", 'ulimit -v 4000000; "$@"; true', "sh", *command)
    kernel = json.loads(outcome.stdout)
    report = stripchart.report(outcome.recording)
    finding = found(report, "resource_limit")
    assert finding is not None, (report["findings"], report["limits"])
    assert "RLIMIT_AS" in finding["text"] and f"(PID {kernel['pid']})" in finding["text"]
    assert finding["figures"]["address_space_limit_bytes"] == kernel["limit"] == 4_000_000 * 1024
    assert finding["figures"]["address_space_peak_bytes"] == pytest.approx(kernel["size"], rel=0.02)


def test_a_limit_that_a_program_sets_itself_after_it_began_is_found(stripchart, program):
    outcome = stripchart.run(*program("causes", "late_space", 3 << 30, 0.93))
    kernel = json.loads(outcome.stdout)
    finding = found(stripchart.report(outcome.recording), "resource_limit")
    assert finding is not None
    assert finding["figures"]["address_space_limit_bytes"] == kernel["limit"] == 3 << 30


def test_files_up_to_the_limit_are_told(stripchart, program):
    outcome = stripchart.run("sh", "-c", 'ulimit -n 64; exec "$@"', "sh", *program("causes", "files"))
    kernel = json.loads(outcome.stdout)
    report = stripchart.report(outcome.recording)
    finding = found(report, "resource_limit")
    assert finding is not None, (report["findings"], report["limits"])
    assert finding["figures"]["descriptors_limit"] == 64
    assert finding["figures"]["descriptors_peak"] >= kernel["open"] - 1
    assert "RLIMIT_NOFILE" in finding["text"]


def test_a_program_far_from_its_limits_has_no_such_finding(stripchart, program):
    outcome = stripchart.run("sh", "-c", 'ulimit -v 64000000; ulimit -n 200; exec "$@"', "sh", *program("causes", "sleep", 1))
    report = stripchart.report(outcome.recording)
    assert found(report, "resource_limit") is None
    space = next(each for each in report["limits"] if each["kind"] == "address_space")
    assert space["limit"] == 64_000_000 * 1024


@pytest.mark.parametrize("option, signal", [("-S -t", 24), ("-t", 9)])
def test_cpu_time_that_is_used_up_is_named_as_what_ended_it(stripchart, program, option, signal):
    outcome = stripchart.run("sh", "-c", f'ulimit {option} 1; "$@"; true', "sh", *program("causes", "spend"))
    report = stripchart.report(outcome.recording)
    killed = found(report, "killed")
    assert killed is not None, report["findings"]
    assert killed["figures"]["signal"] == signal
    assert "RLIMIT_CPU" in killed["text"], killed
    assert killed["figures"]["cpu_limit_seconds"] == 1


def test_a_file_that_came_to_its_limit_is_named_as_what_ended_it(stripchart):
    # A shell that waits, so that the signal is the child's.
    script = "ulimit -f 64; sleep 0.3; (sleep 0.3; exec dd if=/dev/zero of=large bs=1024 count=1000); true"
    outcome = stripchart.run("bash", "-c", script)
    limit = 64 * 1024  # bash counts kibibytes
    assert (stripchart.folder / "large").stat().st_size == limit
    killed = found(stripchart.report(outcome.recording), "killed")
    assert killed is not None, outcome.stderr
    assert killed["figures"]["signal"] == 25
    assert "RLIMIT_FSIZE" in killed["text"]
    assert killed["figures"]["file_limit_bytes"] == limit


def test_a_file_that_came_to_its_limit_is_told_also_where_the_signal_is_ignored(stripchart):
    # Python ignores SIGXFSZ: write(2) fails with EFBIG.
    script = "open('large', 'wb', buffering=0).write(bytes(1 << 20)); open('large', 'ab', buffering=0).write(b'x')"
    outcome = stripchart.run("bash", "-c", f'ulimit -f 1024; {sys.executable} -c "{script}"; true')
    assert "File too large" in outcome.stderr
    finding = found(stripchart.report(outcome.recording), "resource_limit")
    assert finding is not None
    assert finding["figures"]["file_limit_bytes"] == 1 << 20 and finding["figures"]["write_characters_bytes"] >= 1 << 20
    assert "RLIMIT_FSIZE" in finding["text"] and finding["confidence"] == "medium"


@pytest.mark.root
def test_address_space_that_no_reading_met_is_known_from_the_exit_record(stripchart):
    script = "import mmap; mmap.mmap(-1, 3 << 30)"
    outcome = stripchart.run(sys.executable, "-S", "-c", script, options=["--interval", "10s"])
    [process] = stripchart.report(outcome.recording)["processes"]
    assert process["vms_max_bytes"] > 3 << 30


# Another control group


@pytest.mark.root
def test_a_child_that_moved_to_another_group_and_is_held_back_there_is_found(stripchart, program, group):
    cpu = group("cpu")
    cpu.limit_cpu(20_000)
    outcome = stripchart.run(*program("causes", "join", cpu.folder, 3))
    assert outcome.rc == 0, outcome.stderr
    report = stripchart.report(outcome.recording)
    other = next((each for each in report["other_cgroups"] if each["group"] == cpu.name), None)
    assert other is not None, report["other_cgroups"]
    assert other["quota_cpus"] == pytest.approx(0.2)
    assert other["pid"] == int(outcome.stdout)
    kernel = cpu.table("cpu.stat")
    assert 0 < other["throttled_periods"] <= kernel["nr_throttled"]
    assert other["throttled_seconds"] == pytest.approx(cpu.throttled_seconds, rel=0.35)
    finding = found(report, "throttled")
    assert finding is not None, report["findings"]
    assert cpu.name in finding["text"] and f"(PID {other['pid']})" in finding["text"]
