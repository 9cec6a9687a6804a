"""page NAME: 1 s of spans, lines, a curve and marks; one span, mark and curve each are named NAME."""
import sys
import time

import stripchart


@stripchart.lines
def burn(seconds):
    end = time.perf_counter() + seconds
    total = 0
    while time.perf_counter() < end:
        total += sum(range(100))
    return total


name = sys.argv[1]
with stripchart.span("load"):
    time.sleep(0.25)
stripchart.mark(name)
kept = []
with stripchart.span("train"):
    for step in range(10):
        with stripchart.span("step"):
            kept.append(bytearray(2 << 20))
            burn(0.05)
        stripchart.counter("loss", 1 / (step + 1))
        stripchart.counter(name, step)
with stripchart.span(name):
    time.sleep(0.1)
