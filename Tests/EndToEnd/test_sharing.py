"""Threads and tasks that are in spans at the same time: what one of them used is put down to it, or to nobody, and all of them
together never used more than the process. The programs say themselves what is true (programs/sharing.py)."""
import json
import os
import sys

import pytest

MEBIBYTE = 1 << 20


@pytest.fixture
def recorded(stripchart, program, package):
    """recorded("case") runs that case: the outcome, its report, and what is true."""
    def run(case):
        environment = {**os.environ, "PYTHONPATH": str(package), "COLUMNS": "100"}
        outcome = stripchart.run(*program("sharing", case), env=environment)
        assert outcome.rc == 0, outcome.stderr
        return outcome, stripchart.report(outcome.recording), json.loads(outcome.stdout)

    return run


def growth(report):
    return next((each for each in report["findings"] if each["kind"] == "memory_growth"), None)


def peak(report):
    return next((each for each in report["findings"] if each["kind"] == "memory_peak"), None)


def named(report, name):
    return next(span for span in report["spans"] if span["name"] == name)


def assert_sums(report, truth):
    """No row, and no sum of what spans are themselves, exceeds what the process had. A process also touches pages that it gives
    back, and its end is after its own last look."""
    spans = report["spans"]
    cpu = report["total"]["cpu_seconds"]
    memory = report["total"]["peak_rss_bytes"]
    for span in spans:
        assert (span["cpu_seconds"] or 0) <= cpu * 1.01 + 0.01, span["path"]
        assert (span["process_cpu_seconds"] or 0) <= cpu * 1.01 + 0.01, span["path"]
        assert (span["rss_growth_bytes"] or 0) <= memory, span["path"]
    assert sum(span["self_cpu_seconds"] or 0 for span in spans) <= cpu * 1.01 + 0.01
    grown = sum(max(span["self_rss_growth_bytes"] or 0, 0) for span in spans)
    assert grown <= max(truth["grown"], 0) * 1.05 + 4 * MEBIBYTE
    for kind in "read_bytes", "write_bytes":
        assert sum(span[kind] or 0 for span in spans if len(span["path"]) == 1) <= (report["total"][kind] or 0) + MEBIBYTE


@pytest.mark.parametrize("case", ["threads", "tasks", "tasks_in_a_span"])
def test_who_keeps_memory_is_named_and_nobody_else(recorded, case):
    outcome, report, truth = recorded(case)
    assert_sums(report, truth)
    finding = growth(report)
    if case == "tasks_in_a_span" and sys.version_info < (3, 12) and finding is None:
        # Before 3.12 tasks do not say when they are suspended: what they keep stands at the span around them, which is called once.
        assert named(report, "serve")["rss_growth_bytes"] >= 0.8 * truth["kept"]
        return
    assert finding is not None, report["findings"]
    assert finding["path"][-1:] in (["leaky"], []), finding
    if case == "threads":
        assert finding["path"] == ["leaky"], finding
        assert 0.8 * truth["kept"] <= named(report, "leaky")["rss_growth_bytes"] <= 1.2 * truth["kept"]
    for number in range(3):
        assert (named(report, f"innocent {number}")["rss_growth_bytes"] or 0) <= 0.1 * truth["kept"]
    assert peak(report) is None or "innocent" not in " ".join(peak(report)["path"])


def test_who_takes_and_gives_back_is_not_taken_for_who_keeps(recorded):
    outcome, report, truth = recorded("churn")
    assert_sums(report, truth)
    # On a busy machine the threads may end one long after the other: then memory does not grow any more at the end.
    finding = growth(report)
    assert finding is None or finding["path"] in (["leaky"], []), finding


@pytest.mark.parametrize("case", ["without_spans", "one_thread_beside"])
def test_memory_of_threads_without_spans_is_put_down_to_no_span(recorded, case):
    outcome, report, truth = recorded(case)
    finding = growth(report)
    assert finding is None or finding["path"] == [], finding


def test_one_busy_task_has_the_cpu_time_of_its_thread(recorded):
    outcome, report, truth = recorded("busy_tasks")
    assert_sums(report, truth)
    busy = named(report, "busy")
    assert busy["cpu_seconds"] >= 0.15
    assert (named(report, "waiting")["cpu_seconds"] or 0) <= truth["cpu"] - 0.15


def test_no_export_shows_more_than_the_process_had(stripchart, recorded):
    outcome, report, truth = recorded("threads")
    lines = stripchart("export", "--to", "json", outcome.recording).stdout.decode().splitlines()
    spans = [line for line in map(json.loads, lines) if "rss_growth" in line and "duration_s" in line]
    assert len(spans) >= 4 * 80 * 0.9
    assert sum(max(span["rss_growth"], 0) for span in spans) <= max(truth["grown"], 0) * 1.1 + 4 * MEBIBYTE
    assert sum(span["rss_growth"] for span in spans if span["name"] == "leaky") >= 0.5 * truth["kept"]
    stacks = stripchart("export", "--to", "collapsed", "--weight", "growth", outcome.recording).stdout.decode()
    weights = [int(line.rsplit(" ", 1)[1]) for line in stacks.splitlines()]
    assert sum(weights) <= max(truth["grown"], 0) * 1.1 + 4 * MEBIBYTE
