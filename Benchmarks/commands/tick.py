"""The tick loop at 100 Hz: the recorder's CPU time while one process computes, and what each further process adds."""

import json

from harness import STRIPCHART, Row, Spread, in_turn, job, output, recorded, recording, require, watch

SECONDS, TICK_SECONDS, CHILDREN = 6, 0.010, 50
WARM_UP_SECONDS = 1  # start-up, and the first look at each process, are no part of a tick


def measure():
    require(STRIPCHART)
    runs = in_turn({"one": lambda: run(0), "many": lambda: run(CHILDREN)}, rounds=3)
    one = Spread.of([100 * share for share, _ in runs["one"]])
    stated = Spread.of([100 * stated for _, stated in runs["one"]])
    yield Row(
        "recorder at 100 Hz, one process",
        "≤ 1 % of a core",
        f"{one.show(' %')} by its CPU clock; its report says {stated.median:.2f} % with start and end",
        one.median <= 1,
        one.figures(),
    )
    added = Spread.of([many[0] - one[0] for many, one in zip(runs["many"], runs["one"])])
    each = Spread(*(1e6 * share * TICK_SECONDS / CHILDREN for share in (added.minimum, added.median)))
    yield Row("each further process, asleep", "≤ 3 µs a tick", each.show(" µs"), each.median <= 3, each.figures())


def run(children):
    """The recorder's share of a CPU: by the kernel, in the steady state; and by its own report, over the whole run."""
    path = recording("tick")
    [recorder] = watch(recorded(job("spin", SECONDS, children), path, "-i", f"{1000 * TICK_SECONDS:.0f}ms"))
    report = json.loads(output([STRIPCHART, "report", path, "--json"]))
    stated = report["recorder"]["cpu_seconds"] / report["program"]["wall_seconds"]
    return recorder.cpu_share(after=WARM_UP_SECONDS), stated
