"""The pytest plugin, in runs of pytest of their own."""
from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys

import pytest

from stripchart import _command, _quantities
from stripchart._pytest_limits import Limits
from stripchart._pytest_table import table
from stripchart._pytest_usage import TestUsage

MIB = 1 << 20

class Run:
    def __init__(self, done):
        self.rc = done.returncode
        self.text = done.stdout + done.stderr

    def __contains__(self, word):
        return word in self.text


@pytest.fixture
def tests(tmp_path, monkeypatch):
    """tests("source of a test file", "--option"…) runs pytest on it, as a process of its own."""
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "STRIPCHART_RECORDING"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p no:cacheprovider --strict-markers\n")

    def run(source, *options, before=()):
        (tmp_path / "test_it.py").write_text("import pytest, time, os\n" + source)
        return Run(subprocess.run(
            [*map(str, before), sys.executable, "-m", "pytest", *plugin_options(), *options],
            cwd=tmp_path, capture_output=True, text=True, timeout=120))

    run.folder = tmp_path
    return run


def plugin_options():
    """Nothing where the package is installed; a package on the path has no entry point."""
    from importlib.metadata import distribution

    try:
        found = any(each.group == "pytest11" for each in distribution("stripchart").entry_points)
    except Exception:
        found = False
    return [] if found else ["-p", "stripchart.pytest_plugin"]


def report(recording):
    done = _command.run(["report", str(recording), "--json"], capture_output=True)
    return json.loads(done.stdout)


def names_of_spans(recording):
    return {each["name"] for each in report(recording)["spans"]}


# The table

THREE = """
def test_quick(): pass
def test_slow():
    time.sleep(0.05)
def test_large():
    keep = bytearray(64 << 20)
"""


def test_the_table_shows_each_test_slowest_first(tests):
    run = tests(THREE, "--stripchart")
    assert run.rc == 0, run.text
    shown = re.findall(r"^ *[\d.]+ .*test_it.py::(\w+)$", run.text, re.M)
    assert set(shown) == {"test_quick", "test_slow", "test_large"} and shown[-1] == "test_quick"
    assert re.search(r"wall +CPU +peak RSS +growth +read +written +test", run.text)


def test_top_shortens_the_table(tests):
    run = tests(THREE, "--stripchart", "--stripchart-top=1")
    assert "and 2 more (--stripchart-top=0 shows all)" in run
    assert "test_it.py::test_quick" not in run


def test_the_recording_is_kept_with_a_span_a_test(tests):
    run = tests(THREE, "--stripchart")
    (recording,) = (tests.folder / ".stripchart").glob("pytest-*.pftrace")
    assert f"recorded to .stripchart/{recording.name}" in run
    assert {"test_it.py::test_slow", "setup", "call", "teardown"} <= names_of_spans(recording)
    assert (tests.folder / ".stripchart/.gitignore").read_text() == "*\n"


def test_the_recording_goes_where_the_option_says(tests):
    run = tests(THREE, "--stripchart", "--stripchart-output=here.pftrace")
    assert "recorded to here.pftrace" in run
    assert "test_it.py::test_slow" in names_of_spans(tests.folder / "here.pftrace")


def test_a_recording_that_cannot_be_written_does_not_fail_the_tests(tests):
    run = tests(THREE, "--stripchart", "--stripchart-output=/proc/none/x.pftrace")
    assert run.rc == 0, run.text
    assert "not recorded" in run and "test_it.py::test_slow" in run


def test_without_the_option_nothing_is_shown_or_written(tests):
    run = tests(THREE)
    assert run.rc == 0 and "what each test used" not in run and "recorded to" not in run
    assert not (tests.folder / ".stripchart").exists()


def test_without_the_option_the_plugin_imports_nothing_more(tests):
    run = tests("import sys\ndef test_imports():\n    assert 'stripchart._pytest_session' not in sys.modules\n")
    assert run.rc == 0, run.text


def test_failing_and_skipped_tests_are_in_the_table_as_far_as_they_ran(tests):
    run = tests("def test_bad(): assert 0\n@pytest.mark.skip\ndef test_skipped(): pass\n", "--stripchart")
    assert run.rc == 1
    assert re.search(r"[0-9.]+ \S+ .*test_it.py::test_bad$", run.text, re.M)


def test_a_run_under_stripchart_run_goes_into_its_recording(tests):
    recording = tests.folder / "whole.pftrace"
    run = tests(THREE, "--stripchart", before=[_command.path(), "run", "-q", "-o", recording, "--"])
    assert run.rc == 0, run.text
    assert f"recorded to {recording}, with the rest of the run" in run
    assert "test_it.py::test_slow" in names_of_spans(recording)
    assert not (tests.folder / ".stripchart").exists()


@pytest.mark.skipif(importlib.util.find_spec("xdist") is None, reason="pytest-xdist is not installed")
def test_workers_of_xdist_are_all_in_one_table(tests):
    run = tests(THREE, "--stripchart", "-n", "2", "--stripchart-output=x.pftrace")
    assert run.rc == 0, run.text
    for name in ("test_quick", "test_slow", "test_large"):
        assert f"test_it.py::{name}" in run
    assert "recorded to x-gw0.pftrace" in run and "recorded to x-gw1.pftrace" in run
    assert (tests.folder / "x-gw0.pftrace").exists()


# Limits

def test_a_limit_that_is_kept_changes_nothing(tests):
    run = tests("@pytest.mark.stripchart(max_memory='8 GiB', max_cpu='60s', max_wall=60, max_growth='8GiB', max_write='8GiB')\n"
                "def test_small():\n    return None\n", "-W", "error")
    assert run.rc == 0 and "1 passed" in run, run.text
    assert not (tests.folder / ".stripchart").exists()


def test_memory_beyond_the_limit_names_the_line(tests):
    run = tests("""
def grow(keep):
    small = bytearray(1 << 20)
    keep.append(bytearray(300 << 20))   # the one
    return small

@pytest.mark.stripchart(max_memory="200 MiB")
def test_large():
    keep = []
    grow(keep)
""")
    assert run.rc == 1
    assert re.search(r"peak RSS 3\d\d MiB \(exact: the kernel's mark\), allowed: max_memory=200 MiB", run.text), run.text
    assert re.search(r"most by test_it.py:\d+ in test_it.grow: 300 MiB, 1 hit\n.*keep.append\(bytearray", run.text), run.text


def test_memory_below_the_mark_of_an_earlier_test_is_sampled(tests):
    run = tests("""
def test_first():
    keep = bytearray(600 << 20)

@pytest.mark.stripchart(max_memory="200 MiB")
def test_second():
    keep = bytearray(300 << 20)
    time.sleep(0.2)
    del keep

@pytest.mark.stripchart(max_memory="200 MiB")
def test_third():
    pass
""")
    assert "peak RSS 3" in run and "(sampled each 10 ms)" in run, run.text
    assert "1 failed, 2 passed" in run


def test_growth_beyond_the_limit_names_the_line(tests):
    run = tests("""
keep = []
@pytest.mark.stripchart(max_growth="20 MiB")
def test_leak():
    keep.append(bytearray(64 << 20))
""")
    assert re.search(r"growth of RSS 6\d\.\d MiB, allowed: max_growth=20.0 MiB", run.text), run.text
    assert "test_it.py:6 in test_it.test_leak" in run


def test_cpu_and_wall_time_beyond_the_limit_name_the_line(tests):
    run = tests("""
def spin():
    end = time.process_time() + 0.15
    while time.process_time() < end:
        sum(range(20000))

@pytest.mark.stripchart(max_cpu="50ms")
def test_cpu():
    spin()

@pytest.mark.stripchart(max_wall="50ms")
def test_wall():
    a = 1
    time.sleep(0.1)
""")
    assert re.search(r"CPU time 1\d\d ms, allowed: max_cpu=50.0 ms\n.*most by test_it.py:[56] in test_it.spin: ", run.text), run.text
    assert re.search(r"wall time 1\d\d ms, allowed: max_wall=50.0 ms\n.*most by test_it.py:15 in test_it.test_wall: 1\d\d ms, 1 hit",
                     run.text), run.text


def test_the_line_is_that_of_this_test_and_not_of_those_before(tests):
    run = tests("""
def work(seconds):
    time.sleep(seconds); a = 1
    b = 2
    time.sleep(0.06)

@pytest.mark.stripchart(max_wall="10s")
def test_before():
    work(0.3)

@pytest.mark.stripchart(max_wall="20ms")
def test_after():
    work(0)
""")
    assert "test_it.py:6 in test_it.work" in run, run.text


def test_a_test_that_fails_by_itself_keeps_its_own_failure(tests):
    run = tests("@pytest.mark.stripchart(max_wall='1ms')\ndef test_bad():\n    time.sleep(0.01)\n    assert 'own' == 'failure'\n")
    assert "own" in run and "allowed" not in run


@pytest.mark.parametrize("arguments, words", [
    ("max_memory='much'", "max_memory: 'much' is no size"), ("max_cpu='2 GiB'", "max_cpu: '2 GiB' is no time"),
    ("memory=1", "there is no limit 'memory'"), ("'200 MiB'", "name the limit: max_memory='200 MiB'"),
    ("max_wall=-1", "max_wall: -1 is no time"),
])
def test_a_wrong_limit_fails_the_test_and_says_why(tests, arguments, words):
    run = tests(f"@pytest.mark.stripchart({arguments})\ndef test_it(): pass\n")
    assert run.rc == 1 and f"@pytest.mark.stripchart: {words}" in run, run.text


def test_generators_classes_fixtures_and_parameters_work_as_ever(tests):
    run = tests("""
@pytest.fixture
def thing():
    yield 3

class TestClass:
    @pytest.mark.parametrize("n", [1, 2])
    @pytest.mark.stripchart(max_wall="60s")
    def test_method(self, thing, n):
        assert list(x for x in range(thing))[n] == n

import unittest
class Old(unittest.TestCase):
    @pytest.mark.stripchart(max_wall="60s")
    def test_old(self):
        self.assertEqual(1, 1)
""", "--stripchart")
    assert run.rc == 0 and "3 passed" in run, run.text


# The parts

@pytest.mark.parametrize("text, count", [
    ("200 MiB", 200 * MIB), ("200MB", 200 * MIB), ("1.5k", 1536), ("7", 7), (7, 7), ("2 GiB", 2048 * MIB), ("12 B", 12),
])
def test_sizes_are_understood(text, count):
    assert _quantities.size(text) == count


@pytest.mark.parametrize("text, value", [("2s", 2), ("150ms", 0.15), (2, 2), (0.5, 0.5), ("1.5 min", 90), ("10us", 1e-5)])
def test_times_are_understood(text, value):
    assert _quantities.seconds(text) == pytest.approx(value)


@pytest.mark.parametrize("wrong", ["", "x", "-1", "1 parsec", "1 kb kb", None, True, [], float("nan"), float("inf"), "1e5 s", "5 bb"])
def test_what_is_no_amount_is_refused(wrong):
    with pytest.raises(ValueError):
        _quantities.size(wrong)
    with pytest.raises(ValueError):
        _quantities.seconds(wrong)


def usage(name="test", wall=0.25, peak=300 * MIB, source="exact", growth=2 * MIB):
    return TestUsage(name=name, begin_ns=0, end_ns=int(wall * 1e9), cpu_seconds=wall / 2, growth=growth, peak=peak,
                     peak_bound=peak, peak_source=source, read=0, written=None)


def test_the_table_is_as_it_always_was():
    assert table([usage("a", 0.0005, 50 * MIB, "sampled", -3 * MIB), usage("b")], 20) == [
        "  wall     CPU   peak RSS     growth  read  written  test",
        "250 ms  125 ms    300 MiB  +2.00 MiB   0 B        –  b",
        "500 µs  250 µs  ~50.0 MiB  -3.00 MiB   0 B        –  a",
        "~ sampled: the process had been larger before, so the kernel's mark says nothing about this test",
    ]
    assert table([], 5) == ["no test ran"]


def test_usages_survive_the_way_to_xdists_controller():
    assert TestUsage.from_plain(json.loads(json.dumps(usage().as_plain()))) == usage()


def test_samples_are_asked_for_only_where_they_can_decide():
    class Marker:
        args = ()
        kwargs = {"max_memory": "200 MiB"}

    asked = []
    limits = Limits.of(Marker)
    limits.exceeded(usage(peak=100 * MIB, source="sampled"), lambda each: asked.append(each))
    assert not asked
    limits.exceeded(usage(peak=300 * MIB, source="sampled"), lambda each: asked.append(each))
    assert len(asked) == 1
