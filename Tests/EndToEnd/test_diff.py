"""`diff` of real recordings: what was turned up is found, with the span and the line that did it."""
import os

import pytest

from conftest import PROGRAMS
from stripchart_command import assert_one_line_error

MEBIBYTE = 1 << 20
SOURCE = (PROGRAMS / "knob.py").read_text().splitlines()


def line_of(marker):
    return next(number for number, line in enumerate(SOURCE, 1) if line.endswith(f"# {marker}"))


@pytest.fixture
def knob(stripchart, program, package):
    """knob(cpu=1) is the recording of the program with that knob."""
    environment = {**os.environ, "PYTHONPATH": str(package)}

    def run(**knobs):
        arguments = [f"{name}={value}" for name, value in knobs.items()]
        outcome = stripchart.run(*program("knob", *arguments), env=environment, options=["-q"])
        assert outcome.rc == 0, outcome.stderr
        return outcome.recording

    return run


def span(comparison, name):
    return next(each for each in comparison["spans"] if each["path"][-1] == name)


def blamed(comparison, figure):
    parts = comparison["responsible"][figure]
    return [each["path"][-1] for each in parts if each["kind"] == "span"], [each["line"] for each in parts if each["kind"] == "line"]


def test_memory_that_is_kept_is_charged_to_the_span_and_the_line(stripchart, knob):
    comparison = stripchart("diff", knob(), knob(memory=160), "--json").json
    peak = comparison["total"]["peak_rss_bytes"]
    assert peak["judgement"] == "more" and peak["difference"] == pytest.approx(160 * MEBIBYTE, rel=0.1)
    spans, lines = blamed(comparison, "peak_rss_bytes")
    assert spans[0] == "collate" and lines[0] == line_of("MEMORY")
    growth = span(comparison, "collate")["changes"]["rss_growth_bytes"]
    assert growth["difference"] == pytest.approx(160 * MEBIBYTE, rel=0.1)


def test_memory_that_is_given_back_is_charged_to_the_span_that_took_it(stripchart, knob):
    comparison = stripchart("diff", knob(), knob(rise=160), "--json").json
    assert comparison["total"]["peak_rss_bytes"]["judgement"] == "more"
    assert blamed(comparison, "peak_rss_bytes")[0] == ["collate"]


def test_cpu_time_is_charged_to_the_span_and_the_line(stripchart, knob):
    comparison = stripchart("diff", knob(), knob(cpu=1), "--json").json
    cpu = comparison["total"]["cpu_seconds"]
    assert cpu["judgement"] == "more" and cpu["difference"] == pytest.approx(1, rel=0.3)
    spans, lines = blamed(comparison, "cpu_seconds")
    assert spans[0] == "collate" and line_of("CPU") in lines
    assert span(comparison, "load")["changes"]["calls"]["judgement"] == "same"


def test_bytes_are_charged_to_the_span_and_the_line(stripchart, knob, storage):
    comparison = stripchart("diff", knob(), knob(bytes=24, into=storage), "--json").json
    assert comparison["total"]["storage_bytes"]["difference"] >= 23 * MEBIBYTE
    spans, _ = blamed(comparison, "storage_bytes")
    assert spans[0] == "collate"


def test_several_runs_a_side_have_an_interval_that_holds_the_truth(stripchart, knob):
    before, after = [knob() for _ in range(3)], [knob(memory=80) for _ in range(3)]
    comparison = stripchart("diff", *before, "--against", *after, "--json").json
    peak = comparison["total"]["peak_rss_bytes"]
    assert peak["interval"]["basis"] == "runs" and peak["judgement"] == "more"
    assert 0 < peak["interval"]["low"] <= peak["difference"] <= peak["interval"]["high"]
    assert comparison["total"]["wall_seconds"]["interval"] is not None


def test_the_terminal_and_the_pull_request_name_the_span_and_the_line(stripchart, knob):
    recordings = knob(), knob(memory=160)
    text = stripchart("diff", *recordings).text
    place = f"knob.py:{line_of('MEMORY')}"
    assert "collate" in text.split("\n\n")[1] and place in text
    assert all(len(line) <= 80 for line in text.splitlines())
    markdown = stripchart("diff", *recordings, "--markdown").text
    assert "`collate`" in markdown and f"`{place}`" in markdown and "| --: |" in markdown


def test_a_recording_compared_with_itself_has_not_changed(stripchart, knob):
    recording = knob()
    comparison = stripchart("diff", recording, recording, "--json").json
    changes = list(comparison["total"].values()) + [each for span in comparison["spans"] for each in span["changes"].values()]
    assert {each["judgement"] for each in changes} <= {"same", "missing"}
    assert not comparison["notes"]


def test_other_programs_are_compared_and_it_is_said(stripchart, knob, small_recording):
    outcome = stripchart("diff", small_recording, knob())
    assert outcome.rc == 0 and "different programs" in outcome.text.replace("\n  ", " ")


def test_what_cannot_be_compared_is_one_line(stripchart, small_recording, folder):
    for arguments in ([small_recording], [small_recording] * 3, [small_recording, folder / "none"], [small_recording, folder]):
        assert_one_line_error(stripchart("diff", *arguments))
    assert_one_line_error(stripchart("diff", small_recording, small_recording, "--json", "--markdown"))
