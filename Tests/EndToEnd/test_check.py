"""`check` of real recordings: the exit code, and the span and the line that broke a budget."""
import xml.etree.ElementTree as ElementTree

import pytest

from stripchart_command import assert_one_line_error
from test_diff import knob, line_of  # noqa: F401

HELD, BROKEN, CANNOT_TELL, USAGE = 0, 2, 3, 64


@pytest.mark.parametrize("options, code", [
    (["--max-memory", "1GiB"], HELD), (["--max-memory", "1MiB"], BROKEN), (["--max-cpu", "1h", "--max-wall", "1h"], HELD),
    (["--max-cpu", "1ms"], BROKEN), (["--max-wall", "1ms"], BROKEN), (["--span", "load:calls=4"], HELD),
    (["--span", "load:calls=3"], BROKEN), (["--span", "train/load:p95=1h"], HELD), (["--span", "load:p95=1us"], BROKEN),
    (["--span", "lode:p95=1s"], CANNOT_TELL), (["--span", "lode:p95=1s", "--max-cpu", "1ms"], BROKEN),
    (["--max-memory", "1GiB", "--span", "lode:p95=1s"], CANNOT_TELL),
])
def test_the_exit_code_tells_what_became_of_the_budgets(stripchart, knob, options, code):  # noqa: F811
    outcome = stripchart("check", knob(), *options)
    assert outcome.rc == code, outcome.text + outcome.stderr
    if "lode:p95=1s" in options:
        assert "near to it: load" in outcome.text.replace("\n        ", " ")


def test_a_broken_budget_names_the_span_and_the_line(stripchart, knob, folder):  # noqa: F811
    recording = knob(memory=160)
    outcome = stripchart("check", recording, "--max-memory", "100MiB", "--junit", folder / "check.xml")
    text = " ".join(outcome.text.split())
    assert outcome.rc == BROKEN and "BROKEN memory is" in text
    assert "span train > collate (knob.py:" in text and f"line knob.py:{line_of('MEMORY')} in collate" in text
    suites = ElementTree.parse(folder / "check.xml").getroot()
    failure = suites.find("testsuite/testcase/failure")
    assert suites.get("failures") == "1" and "memory is" in failure.get("message") and "collate" in failure.text


def test_a_budget_of_a_span_names_the_line_that_used_it(stripchart, knob):  # noqa: F811
    report = stripchart("check", knob(memory=160), "--span", "collate:growth=50MiB", "--json").json
    budget = report["budgets"][0]
    assert budget["outcome"] == "broken" and budget["responsible"]["path"] == ["train", "collate"]
    assert budget["responsible"]["hottest"]["line"] == line_of("MEMORY")


def test_a_baseline_holds_what_is_stable(stripchart, knob):  # noqa: F811
    base = knob()
    more = knob(memory=120, cpu=0.6)
    assert stripchart("check", base, "--baseline", base).rc == HELD
    report = stripchart("check", more, "--baseline", base, "--json").json
    outcomes = {each["quantity"]: each["outcome"] for each in report["budgets"]}
    assert outcomes["memory"] == outcomes["cpu"] == "broken" and "wall" not in outcomes
    assert {each["quantity"]: each["responsible"] for each in report["budgets"]}["memory"]["path"] == ["train", "collate"]
    assert stripchart("check", more, "--baseline", base, "--tolerance", "memory=2000%").rc == HELD
    assert stripchart("check", more, "--baseline", base, "--tolerance", "collate:growth=10%").rc == BROKEN


def test_budgets_of_a_file(stripchart, knob, folder):  # noqa: F811
    recording = knob()
    budgets = folder / "budgets.toml"
    budgets.write_text('[budgets]\nmemory = "1GiB"\n[span.load]\ncalls = "4"\n[span."train/collate"]\np95 = "1h"\n')
    outcome = stripchart("check", recording, "--budgets", budgets)
    assert outcome.rc == HELD and "3 held" in outcome.text, outcome.stderr
    for text, place in [('[budgets]\nmemory = "lots"', "line 2, column 10"), ("[budgets]\nmemory = 5", "line 2, column 10"),
                        ('[budget]\nmemory = "1GiB"', "line 2, column 10"), ('[span.x]\np96 = "1s"', "line 2, column 7")]:
        budgets.write_text(text)
        outcome = stripchart("check", recording, "--budgets", budgets)
        assert outcome.rc == USAGE and place in outcome.stderr, outcome.stderr
        assert_one_line_error(outcome)


def test_of_a_damaged_file_nothing_is_held(stripchart, knob, folder):  # noqa: F811
    whole = knob().read_bytes()
    damaged = folder / "damaged.pftrace"
    damaged.write_bytes(whole[:len(whole) // 2] + b"\xff" * (len(whole) // 2))
    outcome = stripchart("check", damaged, "--max-memory", "1GiB")
    assert outcome.rc == CANNOT_TELL and "damaged at byte" in outcome.text, outcome.text + outcome.stderr
    assert stripchart("check", damaged, "--max-memory", "1MiB").rc == BROKEN
    nothing = folder / "nothing.pftrace"
    nothing.write_bytes(b"\x00" * 5000)
    outcome = stripchart("check", nothing, "--max-memory", "1GiB")
    assert outcome.rc == CANNOT_TELL
    assert_one_line_error(outcome)


@pytest.mark.parametrize("options", [
    [], ["--max-memory", "much"], ["--span", "load"], ["--span", "load:p96=1s"], ["--tolerance", "memory=5%"],
    ["--tolerance", "memory=5", "--baseline", "x"], ["--budgets", "none.toml"], ["--budgets", "."],
    ["--max-memory", "1GiB", "--junit", "."],
])
def test_what_is_not_understood_is_one_line(stripchart, small_recording, options):
    assert_one_line_error(stripchart("check", small_recording, *options))
