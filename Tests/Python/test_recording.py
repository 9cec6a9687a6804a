"""`record`, `start` and `stop`: recordings that a program makes of itself."""
from __future__ import annotations

import os
import subprocess
import sys

import pytest

import stripchart


def test_a_program_records_itself_and_its_children(python):
    recorded = python.alone("""
        import os, subprocess, sys
        with stripchart.span("before"): pass
        with stripchart.record("own.pftrace", interval="5ms") as recording:
            assert stripchart._native.state() == 2 and recording.is_running
            assert os.environ["STRIPCHART_RECORDING"] == recording.path == os.path.abspath("own.pftrace")
            with stripchart.span("parent"):
                subprocess.run([sys.executable, "-c", "import stripchart\\nwith stripchart.span('child'): pass"], check=True)
        assert "STRIPCHART_RECORDING" not in os.environ and stripchart._native.state() == 0 and not recording.is_running
        with stripchart.span("after"): pass
    """)
    assert sorted(recorded.names()) == ["child", "parent"]
    assert len({each.pid for each in recorded.spans()}) == 2
    assert len(recorded.report()["processes"]) == 2


def test_the_program_is_sampled(python):
    recorded = python.alone("""
        import time
        with stripchart.record("own.pftrace", interval=0.002):
            block = bytearray(50 << 20)
            end = time.monotonic() + 0.2
            while time.monotonic() < end: pass
    """)
    (process,) = recorded.report()["processes"]
    assert process["peak_rss_bytes"] > 50 << 20 and process["cpu_seconds"] > 0.1


def test_a_recording_that_nobody_stops_ends_with_the_program(python):
    recorded = python.alone("""
        recording = stripchart.start("own.pftrace")
        with stripchart.span("work"): pass
    """)
    assert recorded.names() == ["work"]


def test_stop_gives_the_recording_back_and_another_can_follow(python):
    recorded = python.alone("""
        assert stripchart.stop() is None
        first = stripchart.start("own.pftrace")
        with stripchart.span("first"): pass
        assert stripchart.stop() is first and stripchart.stop() is None
        with stripchart.record("second.pftrace"):
            with stripchart.span("second"): pass
    """)
    assert recorded.names() == ["first"]
    recorded._slices, recorded.path = None, recorded.path.with_name("second.pftrace")
    assert recorded.names() == ["second"]


def test_a_second_start_warns_and_gives_the_running_one(python):
    recorded = python.alone("""
        first = stripchart.start("own.pftrace")
        for _ in range(3):
            assert stripchart.start("other.pftrace") is first
        with stripchart.record("third.pftrace") as third:
            assert not third.is_running
            with stripchart.span("inside"): pass
        with stripchart.span("outside"): pass
    """)
    assert recorded.names() == ["inside", "outside"]
    assert recorded.stderr.count("RuntimeWarning") == 1, recorded.stderr
    assert not recorded.path.with_name("other.pftrace").exists()


@pytest.mark.parametrize("path", ["/nowhere/own.pftrace", "/proc/own.pftrace", "."])
def test_a_path_that_cannot_be_written_warns_once_and_the_program_goes_on(python, path):
    recorded = python.alone(f"""
        for _ in range(2):
            with stripchart.record({path!r}) as recording:
                with stripchart.span("work"): print("works", recording.is_running)
    """)
    assert recorded.stdout == "works False\n" * 2
    assert recorded.stderr.count("RuntimeWarning") == 1 and "records nothing" in recorded.stderr


def test_an_existing_file_is_replaced_only_by_force(python):
    recorded = python.alone("""
        open("own.pftrace", "w").write("precious")
        with stripchart.record("own.pftrace"): pass
        assert open("own.pftrace").read() == "precious"
        with stripchart.record("own.pftrace", force=True):
            with stripchart.span("work"): pass
    """)
    assert "force=True" in recorded.stderr and recorded.names() == ["work"]


def test_warnings_that_are_errors_do_not_stop_the_program(python):
    python.alone("""
        import warnings
        warnings.simplefilter("error")
        with stripchart.record("/nowhere/x.pftrace"): pass
        with stripchart.record("own.pftrace"):
            stripchart.counter("x", "no number")
    """)


def test_the_default_name_is_the_script_and_its_pid(python):
    recorded = python.alone("""
        import os, glob
        with stripchart.record() as recording: pass
        assert glob.glob("*.pftrace") == [f"program-{os.getpid()}.pftrace"] and os.fspath(recording) == recording.path
        os.rename(recording, "own.pftrace")
    """)
    assert recorded.names() == []


@pytest.mark.parametrize("options", [
    {"interval": "soon"}, {"interval": -1}, {"max_size": "big"}, {"max_size": "-5MiB"}, {"interval": True},
])  # fmt: skip
def test_amounts_that_are_none_are_value_errors(options):
    with pytest.raises(ValueError):
        stripchart.record("x.pftrace", **options)


def test_under_stripchart_run_the_recording_of_the_run_is_used(python):
    recorded = python("""
        with stripchart.record("own.pftrace") as recording:
            assert recording.path.endswith("run.pftrace") and not recording.is_running
            with stripchart.span("work"): pass
        with stripchart.span("after"): pass
    """)
    assert recorded.names() == ["work", "after"] and recorded.stderr == ""
    assert not recorded.path.with_name("own.pftrace").exists()


def test_a_recording_can_be_reported(python):
    recorded = python.alone("""
        with stripchart.record("own.pftrace") as recording:
            with stripchart.span("my work"): pass
        print(recording.report())
    """)
    assert "my work" in recorded.stdout


def test_the_size_is_never_exceeded(python):
    recorded = python.alone("""
        with stripchart.record("own.pftrace", max_size="4MiB"):
            for number in range(400_000):
                with stripchart.span("often"): pass
    """)
    assert recorded.path.stat().st_size <= 4 << 20


@pytest.mark.parametrize("content", ["", "no recording", "\0" * 100000], ids=["empty", "text", "zeros"])
def test_a_damaged_recording_in_the_environment_is_none(tmp_path, content):
    (tmp_path / "x").write_text(content)
    for path in (tmp_path / "x", tmp_path, "/nowhere/x", ""):
        text = "import stripchart\nwith stripchart.span('x'): print(stripchart._native.state())"
        environment = {**os.environ, "STRIPCHART_RECORDING": str(path)}
        done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, env=environment)
        assert (done.returncode, done.stdout, done.stderr) == (0, "0\n", "")


def test_lines_and_generators_that_run_when_a_recording_begins_and_ends(python):
    recorded = python.alone("""
        @stripchart.lines
        def work():
            with stripchart.record("own.pftrace"):
                value = 1
                for number in steps():
                    value += number
            return value
        @stripchart.profile
        def steps():
            yield 1
            yield 2
        assert work() == 4
        assert work() == 4  # the file exists
    """)
    assert [each.category for each in recorded.spans("steps")] == ["", "resumed", "resumed"]
