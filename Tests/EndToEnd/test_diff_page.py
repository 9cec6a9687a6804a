"""`diff --html` in a real browser: both strips on one axis, and the changes that the JSON has."""
import os

import pytest

from stripchart_command import assert_one_line_error
from test_diff import knob  # noqa: F401: a fixture
from test_html import ATTACK, CONTRAST, PAINTED, browser, rows  # noqa: F401


@pytest.fixture
def pair(knob):
    return knob(), knob(cpu=0.4, memory=48)


@pytest.fixture
def page(stripchart, pair, browser, folder):
    done = stripchart("diff", *pair, "--html", "-o", folder / "change.html")
    assert (done.rc, done.stdout) == (0, b""), done.stderr
    browser.complaints.clear()
    browser.open(folder / "change.html")
    yield browser
    assert browser.complaints == []


def test_the_page_says_what_the_comparison_says(page, stripchart, pair):
    comparison = stripchart("diff", *pair, "--json").json
    verdict = page.text("#verdict")
    assert "collate" in verdict and "Peak memory" in verdict and "CPU" in verdict
    totals = rows(page, "totals")
    assert [row[0].split(" ", 1)[1] for row in totals] == ["wall", "CPU", "peak memory", "storage"]
    assert totals[1][0].startswith("▲") and comparison["total"]["cpu_seconds"]["judgement"] == "more"
    changes = rows(page, "changes")
    assert [row[0] for row in changes if row[0]][0] == "collate in train"
    assert all(row[1] for row in changes), "every row names its figure"
    growth = next(row for row in changes if "growth" in row[1])
    assert growth[4].startswith("+48.") and growth[4].endswith("MiB")


def test_both_strips_stand_on_one_axis_from_their_own_beginnings(page, stripchart, pair):
    walls = [stripchart.report(each)["program"]["wall_seconds"] for each in pair]
    longest = page.run("JSON.parse(document.getElementById('data').textContent).wallSeconds")
    assert longest == pytest.approx(max(walls), abs=1e-6)
    lanes = page.run("[...document.querySelectorAll('.lane .name')].map(each => each.textContent)")
    assert lanes[:2] == ["Memory", "CPU"]
    series = page.run("[...document.querySelectorAll('.lane:nth-of-type(2) .series span, .lane .series span')].map(each => each.textContent)")
    assert {"A", "B"} == set(series)
    bands = page.run("[...document.querySelectorAll('.band .name')].map(each => each.textContent)")
    assert [each.split(" ")[0] for each in bands] == ["A", "B"]
    assert all(count > 100 for count in page.run(PAINTED)), "a canvas is empty"
    # Nothing is known of a side behind its end.
    known = page.run("""(() => { const data = JSON.parse(document.getElementById('data').textContent);
      const read = (text, Kind) => new Kind(Uint8Array.from(atob(text), each => each.charCodeAt(0)).buffer);
      return data.lanes[0].series.map(each => { const { means, ends } = each.levels.at(-1);
        const last = read(means, Float32Array).findLastIndex(value => !Number.isNaN(value));
        return read(ends, Uint16Array)[last] / each.buckets; }); })()""")
    assert known == [pytest.approx(each / max(walls), abs=0.05) for each in walls]


def test_the_filter_and_what_did_not_change(page):
    changed = len(rows(page, "changes"))
    page.click("#all")
    page.settle()
    everything = rows(page, "changes")
    assert len(everything) > changed and any(row[0].startswith("load") for row in everything)
    page.click("#filter")
    page.write("load")
    page.settle()
    assert {row[0] for row in rows(page, "changes") if row[0]} == {"load in train"}


def test_zoom_and_selection_work_as_on_the_report(page):
    page.click("#zoom-in")
    page.settle()
    assert "shown" in page.text("#shown")
    page.key("0")
    page.settle()
    assert "whole" in page.text("#shown")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_has_contrast_in_both_themes(page, dark):
    page.scheme(dark)
    page.settle()
    worst, where = page.run(CONTRAST)
    assert worst >= 4.5, where


def test_names_of_the_recording_run_nowhere(stripchart, program, package, browser, folder):
    environment = {**os.environ, "PYTHONPATH": str(package)}
    pair = [stripchart.run(*program("page", ATTACK), options=["-q", "-i", "10ms"], env=environment).recording for _ in range(2)]
    assert stripchart("diff", *pair, "--html", "-o", folder / "x.html").rc == 0
    browser.complaints.clear()
    browser.open(folder / "x.html")
    assert browser.complaints == []
    assert browser.run("document.querySelectorAll('img').length") == 0


def test_several_runs_a_side_have_intervals(stripchart, knob, browser, folder):
    old, new = [knob() for _ in range(3)], [knob(memory=48) for _ in range(3)]
    assert stripchart("diff", *old, "--against", *new, "--html", "-o", folder / "x.html").rc == 0
    browser.open(folder / "x.html")
    assert "3 runs" in browser.text("#facts")
    peak = next(row for row in rows(browser, "totals") if "peak memory" in row[0])
    assert " to " in peak[5]


def test_outputs_that_cannot_be_are_refused(stripchart, pair, folder):
    before, after = pair
    (folder / "there").write_text("precious")
    whole = [each.read_bytes() for each in pair]
    for options, code in [
        (["--html", "-o", folder / "there"], 73), (["--html", "-o", folder, "--force"], 73),
        (["--html", "-o", before, "--force"], 64), (["--html", "-o", after, "--force"], 64),
        (["--html", "--json"], 64), (["-o", folder / "x"], 64),
    ]:
        done = stripchart("diff", *pair, *options)
        assert done.rc == code, (options, done.stderr)
        assert_one_line_error(done)
    assert (folder / "there").read_text() == "precious" and [each.read_bytes() for each in pair] == whole
    assert stripchart("diff", *pair, "--html").rc == 0
    assert after.with_suffix(".diff.html").read_text().startswith("<!DOCTYPE html>")
