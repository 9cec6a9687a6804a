"""What sampling the call stacks of a native program costs it and the recorder, beside perf, in turn.

The program is this project's own command, reading a large recording: optimised Swift, a second of CPU time.
"""

import json
import resource
import shutil
import statistics

from harness import OUT, ROUNDS, STRIP_BENCH, STRIPCHART, Row, Unavailable, in_turn, output, recorded, recording, require, seconds

EVENTS, SAMPLES = 5_000_000, 500_000


def measure():
    require(STRIP_BENCH, STRIPCHART)
    subject = OUT / "recordings" / f"subject-{EVENTS}.pftrace"
    if not subject.exists():
        output([STRIP_BENCH, "generate", recording("subject-partial"), EVENTS, SAMPLES])
        (OUT / "recordings/subject-partial.pftrace").rename(subject)
    command = [STRIPCHART, "report", subject, "--json"]
    runs = in_turn(
        {
            "none": lambda: cpu_of(lambda: seconds(command)),
            "stacks": lambda: figures(command, "--stacks"),
            "run": lambda: figures(command),
            "perf": lambda: perf(command),
        },
        rounds=max(ROUNDS, 5),
    )
    alone = [run["program"] for run in runs["run"]]
    sampled = [run["program"] for run in runs["stacks"]]
    yield ratio("CPU time of a native program, its stacks sampled 997 times a second, against `run` without", "≤ 1.06", sampled, alone)
    kept = statistics.median(run["samples"] / run["program"] for run in runs["stacks"])
    yield Row("samples to each of its CPU-seconds; lost", "997", f"{kept:.0f}; {sum(run['lost'] for run in runs['stacks'])}")
    more = [sampled["recorder"] - plain["recorder"] for sampled, plain in zip(runs["stacks"], runs["run"])]
    share = statistics.median(extra / run["program"] for extra, run in zip(more, runs["stacks"]))
    yield Row("CPU time of the recorder for it, without naming", "", f"{100 * share:.2f} % of one CPU")
    everything = [run["all"] for run in runs["stacks"]]
    yield ratio("program and recorder under `run --stacks`, naming included, CPU time against the program alone", "", everything, runs["none"])
    peers = [run for run in runs["perf"] if run is not None]
    if not peers:
        yield Row("the same under perf record -F 997 --call-graph fp", "", "not measured: no perf here, or it may not")
        return
    yield ratio("program and recorder under perf record -F 997 --call-graph fp, CPU time against the program alone", "", peers, runs["none"])


def ratio(what, reach, measured, plain):
    """Of each round on its own: neighbours in time share the machine's mood."""
    value = statistics.median(one / other for one, other in zip(measured, plain))
    return Row(what, reach, f"{value:.3f}", value <= float(reach[2:]) if reach else None)


def figures(command, *options):
    path = recording("stacks")
    cpu = cpu_of(lambda: seconds(recorded(command, path, *options)))
    report = json.loads(output([STRIPCHART, "report", path, "--json"]))
    stacks = report["stacks"]
    if options and stacks is None:
        raise Unavailable("no call stacks may be sampled here: stripchart doctor")
    return {
        "all": cpu,
        "program": report["total"]["cpu_seconds"],
        "recorder": report["recorder"]["cpu_seconds"],
        "samples": stacks["samples"] if stacks else 0,
        "lost": stacks["lost_samples"] if stacks else 0,
    }


def cpu_of(run):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def perf(command):
    if shutil.which("perf") is None:
        return None
    try:
        return cpu_of(lambda: seconds(
            ["perf", "record", "-q", "-e", "cpu-clock", "-F", "997", "--call-graph", "fp", "-o", OUT / "perf.data", "--", *command]))
    except Unavailable:
        return None
