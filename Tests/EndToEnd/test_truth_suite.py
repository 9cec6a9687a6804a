"""The short workloads of Tests/Truth: each total beside an independent witness, or marked as a lower bound."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Truth"))

import table  # noqa: E402
from measure import Bench, NotRun  # noqa: E402
from workloads import WORKLOADS  # noqa: E402


@pytest.fixture(scope="module")
def bench(command_path):
    bench = Bench(command_path)
    yield bench
    bench.remove()


@pytest.mark.parametrize("workload", [pytest.param(each, id=each.name) for each in WORKLOADS if each.short])
def test_totals_are_those_of_the_witness_or_marked(bench, workload):
    try:
        rows = bench.measure(workload)
    except NotRun as reason:
        pytest.skip(str(reason))
    assert rows
    wrong = [table.line(table.cells(row)) for row in rows if row.verdict in ("WRONG", "missing")]
    assert not wrong, "\n".join(wrong)
