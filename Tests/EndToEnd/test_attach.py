"""Recording programs that run already."""
import os
import re
import signal

import psutil
import pytest

from stripchart_command import pids, process


def test_attach_records_the_sum_and_each(stripchart, program, engine):
    held = [stripchart.start_program(program("hold")) for _ in range(3)]
    outcome = stripchart.attach(*[each.pid for each in held], options=["-d", "300ms"])
    assert outcome.rc == 0, outcome.stderr
    report = stripchart.report(outcome.recording)
    assert sorted(pids(report)) == sorted(each.pid for each in held)
    assert report["total"]["cpu_seconds"] == pytest.approx(sum(each["cpu_seconds"] for each in report["processes"]), abs=0.001)
    engine.assert_clean(outcome.recording)


def test_attach_counts_only_what_happens_meanwhile(stripchart, program):
    held = stripchart.start_program(program("hold", 0.5))
    outcome = stripchart.attach(held.pid, options=["-d", "200ms"])
    assert process(stripchart.report(outcome.recording), held.pid)["cpu_seconds"] < 0.2


def test_attach_ends_after_its_duration_and_leaves_the_program_alone(stripchart, program):
    held = stripchart.start_program(program("hold"))
    outcome = stripchart.attach(held.pid, options=["-d", "200ms"])
    assert outcome.rc == 0
    assert psutil.Process(held.pid).status() in (psutil.STATUS_SLEEPING, psutil.STATUS_RUNNING)
    assert 0.19 <= stripchart.report(outcome.recording)["program"]["wall_seconds"]
    assert held.communicate(b"")[0] == b"done\n" and held.returncode == 5


def test_attach_ends_when_all_have_ended(stripchart, program):
    first, second = (stripchart.start_program(program("hold")) for _ in range(2))
    recording = stripchart.new_recording()
    running = stripchart.start_attach(first.pid, second.pid, recording=recording)
    stripchart.wait_until_recorded(recording, first.pid, second.pid)
    first.communicate(b"")
    assert running.poll() is None, "one is still there"
    second.communicate(b"")
    outcome = stripchart.finish(running)
    assert outcome.rc == 0, outcome.stderr
    assert sorted(pids(stripchart.report(recording))) == sorted([first.pid, second.pid])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_signal_ends_attach_with_success_and_a_report(stripchart, program, number):
    held = stripchart.start_program(program("hold"))
    recording = stripchart.new_recording()
    running = stripchart.start_attach(held.pid, recording=recording)
    stripchart.wait_until_recorded(recording, held.pid)
    running.send_signal(number)
    outcome = stripchart.finish(running)
    assert outcome.rc == 0
    assert outcome.stderr.strip()
    assert held.poll() is None
    process(stripchart.report(recording), held.pid)


def test_children_are_recorded_on_request(stripchart, program):
    held = stripchart.start_program(["sh", "-c", '"$@"; exit 0', "sh", *program("hold")])
    child = psutil.Process(held.pid).children()[0].pid
    without = stripchart.attach(held.pid, options=["-d", "100ms"])
    assert pids(stripchart.report(without.recording)) == [held.pid]
    with_children = stripchart.attach(held.pid, options=["--children", "-d", "100ms"])
    report = stripchart.report(with_children.recording)
    assert sorted(pids(report)) == sorted([held.pid, child])
    assert process(report, child)["parent_pid"] == held.pid


def test_a_process_that_is_named_twice_is_recorded_once(stripchart, program):
    held = stripchart.start_program(program("hold"))
    outcome = stripchart.attach(held.pid, held.pid, options=["-d", "100ms"])
    assert outcome.rc == 0
    assert pids(stripchart.report(outcome.recording)) == [held.pid]


def test_attach_to_an_ended_but_unreaped_process_is_no_such_process(stripchart):
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    try:
        assert stripchart.attach(child).rc == 66  # a zombie has nothing left to record
    finally:
        os.waitpid(child, 0)


@pytest.mark.root
def test_what_another_users_process_hides_is_named_and_missing(stripchart, program, unprivileged):
    held = stripchart.start_program(program("hold"))
    recording = unprivileged.folder / "recording.pftrace"
    outcome = unprivileged.run("attach", str(held.pid), "-d", "200ms", "-o", recording)
    assert outcome.rc == 0, outcome.stderr
    assert re.search(r"permission|\bio\b", outcome.stderr, re.IGNORECASE), outcome.stderr
    found = process(stripchart.report(recording), held.pid)
    assert found["cpu_seconds"] is not None and found["peak_rss_bytes"] > 0
    assert found["read_calls"] is None and found["write_bytes"] is None, "missing is not zero"
