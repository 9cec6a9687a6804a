"""Writes a known number of spans and is killed inside of one more:   killed_spans.py COUNT"""
import os
import signal
import sys

import stripchart

for number in range(int(sys.argv[1])):
    with stripchart.span("step"):
        pass
    stripchart.counter("progress", number)
stripchart.mark("all steps done")
with stripchart.span("last words"):
    if "wait" in sys.argv:
        print("ready", flush=True)
        signal.pause()
    os.kill(os.getpid(), signal.SIGKILL)
