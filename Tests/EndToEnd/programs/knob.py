"""knob.py [KNOB=NUMBER…]: two steps of work in spans, and a knob for what the second one, `collate`, uses.

memory: MiB that it keeps; rise: MiB that it takes and gives back; cpu: seconds; bytes: MiB that it writes to the folder `into`.
"""
import os
import sys
import time

import stripchart

MEBIBYTE = 1 << 20
KNOBS = dict(argument.split("=", 1) for argument in sys.argv[1:])
KEPT = []


def knob(name, default=0.0):
    return float(KNOBS.get(name, default))


@stripchart.lines
def burn(seconds):
    end = time.thread_time() + seconds
    total = 0
    while time.thread_time() < end:
        total += sum(range(2000))  # CPU
    return total


@stripchart.lines
def collate(number):
    KEPT.append(bytearray(int(knob("memory") * MEBIBYTE / 4)))  # MEMORY
    taken = bytearray(int(knob("rise") * MEBIBYTE))  # RISE
    burn(knob("cpu") / 4)
    if knob("bytes"):
        with open(os.path.join(KNOBS["into"], f"part-{number}"), "wb") as file:
            file.write(os.urandom(int(knob("bytes") * MEBIBYTE / 4)))  # BYTES
            file.flush()
            os.fsync(file.fileno())
    return len(taken)


with stripchart.span("train"):
    for number in range(4):
        with stripchart.span("load"):
            burn(0.05)
        with stripchart.span("collate"):
            collate(number)
