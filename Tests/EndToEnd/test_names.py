"""Functions by name, beside the tree: recursion once, all callers in one row; compared with what the program counted itself."""
import json
import os

import pytest


@pytest.fixture
def recorded(stripchart, program, package):
    environment = {**os.environ, "PYTHONPATH": str(package), "COLUMNS": "160"}
    outcome = stripchart.run(*program("names"), env=environment)
    assert outcome.rc == 0, outcome.stderr
    return outcome.recording, json.loads(outcome.stdout)


def test_a_recursive_function_is_one_row_and_counts_once(stripchart, recorded):
    recording, did = recorded
    names = {each["name"]: each for each in stripchart.report(recording)["names"]}
    fib = names["fib"]
    assert fib["calls"] == did["calls"]["fib"] and fib["paths"] == fib["depth"] == 12
    assert fib["self_seconds"] <= fib["total_seconds"] + 1e-9 and 0 < fib["total_seconds"] <= did["fib_seconds"]
    assert [each["name"] for each in fib["callers"]] == ["fib", None]


def test_a_function_that_two_call_has_both_as_callers(stripchart, recorded):
    recording, did = recorded
    load = next(each for each in stripchart.report(recording)["names"] if each["name"] == "load")
    assert load["calls"] == did["calls"]["load"] == 4 and load["total_seconds"] >= 4 * 0.002
    assert load["callers"] == [{"name": "train", "calls": 3}, {"name": "evaluate", "calls": 1}]


def rows(text, title):
    lines = text.splitlines()
    begin = next(place for place, line in enumerate(lines) if line.lstrip("| ").startswith(title))
    table = lines[begin:]
    return table[: table.index("") if "" in table else len(table)]


@pytest.mark.parametrize("options", [(), ("--markdown",)])
def test_the_table_by_name_follows_the_tree(stripchart, recorded, options):
    recording, _ = recorded
    table = rows(stripchart("report", recording, *options, env={**os.environ, "COLUMNS": "160"}).text, "by name")
    for name in ("fib", "load", "train", "evaluate"):
        assert sum(line.lstrip("| `").startswith(name) for line in table) == 1, table
    assert "train" in next(line for line in table if line.lstrip("| `").startswith("load"))


def test_the_order_holds_for_all_names_and_not_within_the_tree(stripchart, recorded):
    recording, _ = recorded
    table = rows(stripchart("report", recording, "--sort", "self", env={**os.environ, "COLUMNS": "160"}).text, "by name")
    known = {each["name"]: each["self_seconds"] for each in stripchart.report(recording)["names"]}
    shown = [line.split()[0] for line in table[1:] if line.split()[0] in known]
    assert shown == sorted(known, key=known.get, reverse=True)
