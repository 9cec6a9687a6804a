"""What libraries do with swift-distributed-tracing and swift-metrics, as the real engine reads it in the recording."""
import os
import pathlib

import pytest

USE = pathlib.Path(os.environ.get(
    "STRIPCHART_BRIDGES_USE", pathlib.Path(__file__).resolve().parents[2] / ".build-examples/BridgesUse/debug/bridges-use"))

SLICES = """
    select s.id, s.name, s.ts, s.dur, s.track_id, p.name as parent, s.arg_set_id, s.category
    from slice s left join slice p on s.parent_id = p.id where s.category is null or s.category != 'stripchart'
"""
ARGUMENTS = "select arg_set_id, key, int_value, string_value, real_value, display_value from args where key like 'debug.%'"
CURVES = "select t.name, c.value from counter c join counter_track t on c.track_id = t.id order by c.ts"
NOTES = "select a.display_value as kind, count(*) as times from slice s join args a using (arg_set_id) where s.name = 'misuse' group by 1"


class Recorded:
    def __init__(self, outcome, report, rows, arguments, curves, notes):
        assert outcome.rc == 0, outcome.stderr
        self.outcome, self.report, self.rows, self.notes = outcome, report, rows, {row["kind"]: row["times"] for row in notes}
        of, self.curves = {}, {}
        for row in arguments:
            of.setdefault(row["arg_set_id"], {})[row["key"].removeprefix("debug.")] = row["display_value"]
        for row in rows:
            row["arguments"] = of.get(row["arg_set_id"], {})
        for row in curves:
            self.curves.setdefault(row["name"], []).append(row["value"])

    def __call__(self, name):
        return [row for row in self.rows if row["name"] == name]


@pytest.fixture
def use(stripchart, engine):
    if not os.access(USE, os.X_OK):
        pytest.skip("not built: make examples")

    def use(*ways):
        outcome = stripchart.run(USE, *ways)
        rows = engine.assert_clean(outcome.recording, SLICES, ARGUMENTS, CURVES, NOTES)
        return Recorded(outcome, stripchart.report(outcome.recording), *rows)

    return use


def test_spans_of_a_task_nest_with_the_programs_own(use):
    recorded = use("nested")
    parents = {row["name"]: row["parent"] for row in recorded.rows}
    assert parents == {"n root": None, "n own": "n root", "n child": "n own", "n leaf": "n child"}
    assert len({row["track_id"] for row in recorded.rows}) == 1
    assert all(row["dur"] >= 0 and not row["arguments"] for row in recorded.rows)


def test_children_in_other_tasks_stand_apart_and_name_their_parent(use):
    recorded = use("concurrent")
    (parent,) = recorded("c parent")
    children, grandchildren = recorded("c child"), recorded("c grandchild")
    assert len(children) == len(grandchildren) == 50
    for child in children:
        assert child["parent"] is None and child["arguments"]["parent"] == "c parent"
        assert child["arguments"]["parent_id"] == parent["arguments"]["span_id"]
        assert child["arguments"]["trace_id"] == parent["arguments"]["trace_id"]
    assert len({child["arguments"]["span_id"] for child in children}) == 50
    assert {row["parent"] for row in grandchildren} == {"c child"}


def test_a_span_that_is_ended_in_another_task_ends(use):
    recorded = use("elsewhere")
    assert [row["name"] for row in recorded.rows if row["dur"] < 0] == []
    assert {row["name"]: row["parent"] for row in recorded.rows} == {
        "e outer": None, "e handed over": "e outer", "e next": "e outer", "e own": None, "e handed out of a span": "e own",
        "e root handed over": None}
    assert recorded.notes == {}


def test_misuse_is_told(use):
    recorded = use("misuse")
    assert recorded.notes == {"ended twice": 1}
    assert {row["name"]: row["arguments"].get("left") for row in recorded.rows} == {
        "m twice": None, "m around": None, "m never": "never ended", "m ends first": None, "m ends last": "with an outer span",
        "m ended inside a span": None, "m own": None}
    assert [row["name"] for row in recorded.rows if row["dur"] < 0] == []


def test_errors_are_how_a_span_was_left(use):
    recorded = use("errors")
    assert [row["arguments"]["exception"] for row in recorded("f throws")] == ["Refused"] * 3
    (status,) = recorded("f status")
    assert status["arguments"] == {"exception": "no answer", "status": "error", "status_message": "no answer"}
    spans = {span["name"]: span["exceptions"] for span in recorded.report["spans"]}
    assert spans == {"f throws": [{"type": "Refused", "count": 3}], "f status": [{"type": "no answer", "count": 1}]}


def test_attributes_and_events_are_there_as_they_were_given(use):
    recorded = use("details")
    (span,) = recorded("d all")
    arguments = span["arguments"]
    long = arguments.pop("long")
    assert set(long) == {"x"} and len(long) >= 1000
    text = arguments.pop("text")
    assert text.startswith("ä")
    assert arguments == {
        "kind": "client", "whole": str(-(2**63)), "real": "0.5", "flag": "true", "many": "one, two"}
    (event,) = recorded("d event")
    assert event["track_id"] == span["track_id"] and event["arguments"] == {"step": "3"}
    assert recorded("d by a first name") == [] and len(recorded("d by its true name")) == 1
    assert recorded("d by an only name")[0]["arguments"] == {"operation_name": "d another"}


def test_a_trace_goes_on_in_another_service(use):
    recorded = use("propagated")
    (caller,), (called,), (wrong,) = recorded("p caller"), recorded("p called"), recorded("p wrong header")
    assert called["arguments"]["trace_id"] == caller["arguments"]["trace_id"]
    assert called["arguments"]["parent_id"] == caller["arguments"]["span_id"]
    assert wrong["arguments"] == {}


def test_metrics_are_curves_that_end_at_the_true_value(use):
    recorded = use("metrics")
    last = {name: values[-1] for name, values in recorded.curves.items()}
    assert last['requests{code="200", route="/a"}'] == 400_000
    assert (last["paid"], last["level"], last["open"]) == (2.5, 7, 2)
    assert (last["sizes count"], last["sizes max"]) == (1000, 1000)
    assert (last["took, ms count"], last["took, ms max"]) == (2, 4)
    counts = recorded.curves['requests{code="200", route="/a"}']
    assert counts == sorted(counts)
    (sizes,) = [row for row in recorded("sizes") if row["category"] == "mark"]
    assert sizes["arguments"]["count"] == "1000" and sizes["arguments"]["min"] == "1.0"
    assert float(sizes["arguments"]["p50"]) == pytest.approx(500, rel=0.07)


def test_the_service_records_from_the_first_service_to_the_last(stripchart, engine, folder):
    if not os.access(USE, os.X_OK):
        pytest.skip("not built: make examples")
    import subprocess

    done = subprocess.run([USE, "service", folder / "own.pftrace"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    rows, curves = engine.assert_clean(folder / "own.pftrace", SLICES, CURVES)
    assert [row["name"] for row in rows if row["name"] == "s work" and row["dur"] >= 0] == ["s work"]
    assert [row["value"] for row in curves if row["name"] == "s done"] == [9]
    assert stripchart.report(folder / "own.pftrace")["spans"][0]["name"] == "s work"
