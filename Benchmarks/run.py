"""Measures Stripchart against C, psutil and other recorders: one table on stdout, everything in .build-bench/results.json.

    run.py [SECTION ...]        the sections are listed below; all of them without an argument, in about ten minutes

BENCH_ROUNDS (default 7) sets how often each comparison is repeated. Competitors run in turn, never one after the other in
blocks. A part that is not built is named in its row, and the rest goes on.
"""

import json
import os
import platform
import sys
import time

import harness
from commands import size, stacks, startup, tick, wall
from python import python
from reading import reading, report
from sample import sample
from span import span, swift
from swift import bridges

SECTIONS = {
    "sample": sample.measure,
    "span": span.measure,
    "swift": swift.measure,
    "bridges": bridges.measure,
    "python": python.measure,
    "startup": startup.measure,
    "tick": tick.measure,
    "size": size.measure,  # recorder memory too: both need long runs, so they share them
    "reading": reading.measure,
    "report": report.measure,
    "wall": wall.measure,
    "stacks": stacks.measure,
}


def main():
    chosen = sys.argv[1:] or list(SECTIONS)
    unknown = [name for name in chosen if name not in SECTIONS]
    if unknown:
        sys.exit(f"run.py: no section {unknown[0]!r}; there are {', '.join(SECTIONS)}")
    harness.OUT.mkdir(exist_ok=True)

    rows = []
    for name in chosen:
        started = time.monotonic()
        rows += measured(name)
        print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr)
    print_table(rows)
    results = {"machine": machine(), "rounds": harness.ROUNDS, "rows": [vars(row) for row in rows]}
    (harness.OUT / "results.json").write_text(json.dumps(results, indent=2) + "\n")


def measured(name):
    """The rows of a section; where it stops short, those up to there and one that says why."""
    rows = []
    try:
        for row in SECTIONS[name]():
            rows.append(row)
    except harness.Unavailable as reason:
        rows.append(harness.Row(name, "", f"not measured: {reason}"))
    return rows


def print_table(rows):
    print(f"{machine()['cpu']}, {machine()['cpus']} CPUs, Linux {machine()['kernel']}\n")
    print("| what | reach | measured | |\n|---|---|---|---|")
    for row in rows:
        print(f"| {row.what} | {row.reach} | {row.measured} | {'' if row.met is None else 'yes' if row.met else 'NO'} |")


def machine():
    with open("/proc/cpuinfo") as file:
        models = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return {"cpu": (models or [platform.machine()])[0], "cpus": os.cpu_count(), "kernel": platform.release()}


if __name__ == "__main__":
    main()
