"""The predecessor's 15-column sample, hot: psutil as it used it, C on the same files, ours on the same and on cheaper ones."""

import contextlib
import subprocess
import sys

from harness import ROOT, STRIP_BENCH, Row, compiled, in_turn, json_lines, spread_of

PSUTIL_PEER = ROOT / "Benchmarks/sample/psutil_peer.py"


def measure():
    reference = compiled("sample/reference.c")
    for target in ("own PID", "other PID"):
        with arguments_for(target) as arguments:
            programs = {"psutil": [sys.executable, PSUTIL_PEER, *arguments], "C": [reference, *arguments]}
            if STRIP_BENCH.exists():
                programs["Swift"] = [STRIP_BENCH, "sample", *arguments]
                programs["Swift, cheaper"] = [STRIP_BENCH, "sample", "--cheap", *arguments]
            results = in_turn({name: lambda command=command: json_lines(command) for name, command in programs.items()})
        yield from rows(target, {name: spread_of(lines) for name, lines in results.items()})


@contextlib.contextmanager
def arguments_for(target):
    if target == "own PID":
        yield []
        return
    other = subprocess.Popen(["sleep", "600"])
    try:
        yield ["--pid", str(other.pid)]
    finally:
        other.kill()
        other.wait()


def rows(target, cost):
    figures = {f"{name} ns": spread.figures() for name, spread in cost.items()}
    what = f"15-column sample, {target}"

    def cheaper(name):
        return cost["psutil"] / cost[name]

    def microseconds(name):
        return f"{cost[name].minimum / 1000:.1f} µs"

    yield Row(
        f"{what}: C cheaper than psutil",
        "",
        f"{cheaper('C').show('×', 1)} ({microseconds('C')} against {microseconds('psutil')})",
        figures=figures,
    )
    if "Swift" not in cost:
        yield Row(f"{what}: ours", "≥ 28× cheaper than psutil, ≤ 1.15× C", "not measured: strip-bench is not built")
        return
    yield Row(
        f"{what}: ours cheaper than psutil",
        "≥ 28×",
        f"{cheaper('Swift').show('×', 1)} ({microseconds('Swift')})",
        cheaper("Swift").minimum >= 28,
    )
    against_c = cost["Swift"] / cost["C"]
    yield Row(f"{what}: ours against C", "≤ 1.15×", against_c.show("×"), against_c.minimum <= 1.15)
    yield Row(
        f"{what}: ours from cheaper sources, cheaper than psutil",
        "≥ 60×",
        f"{cheaper('Swift, cheaper').show('×', 1)} ({microseconds('Swift, cheaper')})",
        cheaper("Swift, cheaper").minimum >= 60,
    )
