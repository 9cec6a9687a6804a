"""What `stripchart run` adds to the shortest command there is."""

import shutil

from harness import ROUNDS, STRIPCHART, Row, Spread, in_turn, recorded, recording, require, seconds


def measure():
    require(STRIPCHART)
    true = shutil.which("true")
    times = in_turn(
        {"plain": lambda: seconds([true]), "run": lambda: seconds(recorded([true], recording("startup")))},
        rounds=10 * ROUNDS,
    )
    plain, run = Spread.of(times["plain"]), Spread.of(times["run"])
    added = Spread(1000 * (run.minimum - plain.minimum), 1000 * (run.median - plain.median))
    yield Row(
        "`stripchart run -- true` above `true`", "≤ 15 ms", added.show(" ms", 1), added.median <= 15, added.figures()
    )
