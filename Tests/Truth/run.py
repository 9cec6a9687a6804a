"""The truth suite: every total of the report beside an independent witness.

STRIPCHART=path names the command under test. `run.py [--short] [--write FILE] [WORDS]`: WORDS, in any workload's name, choose."""
import argparse
import os
import pathlib
import subprocess
import sys

import table
from measure import Bench, NotRun
from workloads import WORKLOADS

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


def chosen(words, short):
    for each in WORKLOADS:
        if (each.short or not short) and (not words or any(word.lower() in each.name.lower() for word in words)):
            yield each


def measure(bench, workloads, tell=print):
    """(rows, workloads that this machine cannot run with the reason)."""
    measured, not_run = [], []
    for workload in workloads:
        try:
            rows = bench.measure(workload)
        except (NotRun, OSError, ValueError, subprocess.SubprocessError) as reason:
            not_run.append((workload.name, str(reason)))
            tell(f"{workload.name}: not run: {reason}")
            continue
        measured += rows
        off = [row for row in rows if row.verdict != "within reach"]
        tell(f"{workload.name}: {len(rows) - len(off)} of {len(rows)} within reach")
        for row in off:
            tell(f"  {row.verdict}: {row.figure}: {table.amount(row.figure, row.ours)}, "
                 f"{row.witness} says {table.range_of(row)}: {table.error(row)}")
    return measured, not_run


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*")
    parser.add_argument("--short", action="store_true", help="only the workloads that are part of make test")
    parser.add_argument("--write", type=pathlib.Path, help="write the table there")
    options = parser.parse_args()
    command = pathlib.Path(os.environ.get("STRIPCHART", REPOSITORY / ".build/release/stripchart"))
    if not os.access(command, os.X_OK):
        sys.exit(f"{command} is not there: run `make build`, or set STRIPCHART")
    bench = Bench(command)
    try:
        measured, not_run = measure(bench, chosen(options.words, options.short), lambda text: print(text, flush=True))
    finally:
        bench.remove()
    if options.write:
        version = subprocess.run([command, "--version"], capture_output=True, text=True).stdout.strip()
        options.write.write_text(table.document(measured, not_run, f"stripchart {version}"))
    wrong = [row for row in measured if row.verdict in ("WRONG", "missing")]
    print(f"{len(measured)} figures, {len(wrong)} wrong and not marked, {len(not_run)} workloads not run")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
