"""Burns CPU time in a span on one CPU, and sleeps in another; what the kernel counted of both, as JSON. Arguments: seconds, CPU."""
import json
import os
import sys
import time

import stripchart


def run_delay():
    with open("/proc/thread-self/schedstat", "rb") as file:
        return int(file.read().split()[1]) / 1e9


def measured(name, work):
    before = run_delay()
    with stripchart.span(name):
        work()
    return run_delay() - before


def burn():
    end = time.monotonic() + float(sys.argv[1])
    while time.monotonic() < end:
        pass


os.sched_setaffinity(0, {int(sys.argv[2])})
delays = {"burn": measured("burn", burn), "sleep": measured("sleep", lambda: time.sleep(0.5))}
print(json.dumps(delays))
