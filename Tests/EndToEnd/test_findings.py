"""The report's answers about programs that behave in a known way: what was wrong, in which span, at which line."""
import os
import pathlib
import re

import pytest

from conftest import PROGRAMS, REPOSITORY

MEBIBYTE = 1 << 20
SOURCE = (PROGRAMS / "findings.py").read_text().splitlines()


def line_of(marker):
    return next(number for number, line in enumerate(SOURCE, 1) if line.endswith(f"# {marker}"))


@pytest.fixture
def recorded(stripchart, program, package):
    """recorded("case") runs that case under the recorder; the recording is the outcome's."""
    def run(case, *arguments):
        environment = {**os.environ, "PYTHONPATH": str(package), "COLUMNS": "100"}
        return stripchart.run(*program("findings", case, *arguments), env=environment)

    return run


def found(report, kind):
    return next((each for each in report["findings"] if each["kind"] == kind), None)


def words(text):
    return re.sub(r"\s+", " ", text)


def test_a_leak_names_the_span_and_the_line(stripchart, recorded):
    outcome = recorded("leak")
    assert outcome.rc == 0, outcome.stderr
    report = stripchart.report(outcome.recording)
    finding = found(report, "memory_growth")
    assert finding is not None, report["findings"]
    assert finding["path"] == ["train", "step"]
    assert pathlib.Path(finding["file"]).name == "findings.py"
    assert finding["line"] == line_of("LEAK")
    assert finding["function"] == "remember"
    figures = finding["figures"]
    assert 2.5 * MEBIBYTE < figures["growth_per_call_bytes"] < 3.5 * MEBIBYTE
    assert figures["growth_per_call_low_bytes"] <= figures["growth_per_call_bytes"] <= figures["growth_per_call_high_bytes"]
    # The report that `run` prints opens with it.
    first = words(outcome.stderr.split("\n", 1)[1])
    assert first.startswith("Memory grew by"), outcome.stderr
    assert "train > step" in first and f"findings.py:{line_of('LEAK')}" in first


def test_one_busy_thread_is_told_where_other_cpus_idle(stripchart, recorded):
    outcome = recorded("busy")
    report = stripchart.report(outcome.recording)
    idle = (1 - report["machine"]["busy_share"]) * report["machine"]["logical_cpus"]
    used = report["total"]["cpu_seconds"] / report["program"]["wall_seconds"]
    finding = found(report, "cpu_one_thread")
    if idle < 0.75 or used < 0.85:
        assert finding is None, "the machine had no idle CPU, so one thread held nothing back"
        pytest.skip(f"the machine is busy: {idle:.2f} CPUs idle, {used:.2f} used")
    assert finding["path"] == ["solve"]
    assert finding["function"] == "spin"


def test_a_program_that_sleeps_waits_and_says_where(stripchart, recorded):
    outcome = recorded("sleep")
    report = stripchart.report(outcome.recording)
    finding = found(report, "waiting")
    assert finding is not None, report["findings"]
    assert finding["path"] == ["fetch"]
    assert finding["line"] == line_of("WAIT")
    assert finding["figures"]["waited_seconds"] >= 1.4


def test_writes_of_one_span_are_put_down_to_it(stripchart, recorded, storage):
    outcome = recorded("write", storage)
    assert outcome.rc == 0, outcome.stderr
    finding = found(stripchart.report(outcome.recording), "storage_writes")
    assert finding is not None
    assert finding["path"] == ["save", "shard"]
    assert finding["figures"]["span_write_bytes"] >= 32 * MEBIBYTE
    assert finding["figures"]["share"] > 0.9


def test_a_killed_program_tells_what_was_open_and_its_memory(stripchart, recorded):
    outcome = recorded("killed")
    assert outcome.rc == 137
    report = stripchart.report(outcome.recording)
    finding = report["findings"][0]
    assert finding["kind"] == "killed"
    assert finding["path"] == ["train", "collate"]
    assert finding["figures"]["signal"] == 9
    assert finding["figures"]["last_rss_bytes"] >= 40 * MEBIBYTE
    assert "was killed by SIGKILL" in outcome.stderr


def test_an_innocent_program_has_no_findings(stripchart, recorded):
    outcome = recorded("innocent")
    assert outcome.rc == 0, outcome.stderr
    report = stripchart.report(outcome.recording)
    # A machine so busy that ticks are missed, or that the program waits for a CPU for long, is no fault of the program's.
    others = {"recorder_trouble"} | ({"waiting"} if report["program"]["wall_seconds"] > 0.8 else set())
    assert [each for each in report["findings"] if each["kind"] not in others] == []


# What `report` shows of a recording


def test_one_span_alone(stripchart, recorded):
    recording = recorded("leak").recording
    shown = stripchart("report", recording, "--span", "step")
    assert shown.rc == 0, shown.stderr
    assert "train > step" in shown.text and "p95" in shown.text
    spans = stripchart("report", recording, "--span", "train/step", "--json").json["spans"]
    assert [each["path"] for each in spans] == [["train", "step"]]


def test_an_unknown_span_names_near_ones(stripchart, recorded):
    outcome = stripchart("report", recorded("leak").recording, "--span", "stpe")
    assert outcome.rc == 64
    assert "'step'" in outcome.stderr
    assert outcome.stdout == b""


def test_parts_of_a_recording_add_up(stripchart, recorded):
    recording = recorded("leak").recording
    whole = stripchart.report(recording)
    middle = whole["program"]["wall_seconds"] / 2
    parts = [stripchart("report", recording, "--json", *edge).json for edge in (["--to", f"{middle}s"], ["--from", f"{middle}s"])]
    walls = [each["program"]["wall_seconds"] for each in parts]
    assert sum(walls) == pytest.approx(whole["program"]["wall_seconds"], abs=1e-3)
    for key, tolerance in (("cpu_seconds", 0.1), ("minor_faults", 500)):
        assert sum(each["total"][key] for each in parts) == pytest.approx(whole["total"][key], abs=tolerance)

    def seconds(report, name):
        return sum(each["wall_seconds"]["total"] for each in report["spans"] if each["name"] == name)

    for name in ("train", "step"):
        assert sum(seconds(each, name) for each in parts) == pytest.approx(seconds(whole, name), abs=1e-3)


@pytest.mark.parametrize("arguments", [
    ["--from", "1h"], ["--from", "2s", "--to", "1s"], ["--from", "soon"], ["--top", "0"], ["--sort", "beauty"],
    ["--json", "--markdown"],
], ids=" ".join)
def test_what_cannot_be_shown_is_refused(stripchart, small_recording, arguments):
    outcome = stripchart("report", small_recording, *arguments)
    assert outcome.rc == 64, outcome.stderr
    assert outcome.stdout == b""


@pytest.mark.parametrize("order", ["total", "self", "cpu", "rss", "io", "calls", "max"])
def test_each_order_is_taken(stripchart, small_recording, order):
    assert stripchart("report", small_recording, "--sort", order, "--top", "3").rc == 0


def test_markdown_is_for_a_pull_request(stripchart, recorded):
    outcome = stripchart("report", recorded("leak").recording, "--markdown")
    assert outcome.rc == 0, outcome.stderr
    assert outcome.text.startswith("### `")
    assert "**Memory grew by" in outcome.text
    assert "| `train` > `step` | 30 |" in outcome.text
    assert len(outcome.stdout) < 65_536  # GitHub's limit of a comment
