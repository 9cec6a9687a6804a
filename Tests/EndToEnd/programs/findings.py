"""findings.py CASE [FOLDER]: behaves in one known way, in spans and with lines that say where."""
import os
import signal
import sys
import time

import stripchart

MEBIBYTE = 1 << 20


@stripchart.lines
def remember(kept):
    kept.append(bytearray(3 * MEBIBYTE))  # LEAK
    return len(kept)


def leak():
    kept = []
    with stripchart.span("train"):
        for _ in range(30):
            with stripchart.span("step"):
                remember(kept)
                spin(0.005)


@stripchart.lines
def spin(seconds):
    end = time.process_time() + seconds
    total = 0
    while time.process_time() < end:
        for number in range(2000):
            total += number  # HOT
    return total


def busy():
    with stripchart.span("solve"):
        spin(2)


@stripchart.lines
def fetch():
    time.sleep(1.5)  # WAIT
    return True


def sleep():
    with stripchart.span("fetch"):
        fetch()


def write(folder):
    with stripchart.span("save"):
        for shard in range(4):
            with stripchart.span("shard"):
                with open(os.path.join(folder, f"shard-{shard}"), "wb") as file:
                    file.write(os.urandom(8 * MEBIBYTE))
                    file.flush()
                    os.fsync(file.fileno())
    with stripchart.span("log"):
        with open(os.path.join(folder, "log"), "wb") as file:
            file.write(b"done")


def killed():
    kept = []
    with stripchart.span("train"):
        with stripchart.span("collate"):
            kept.append(bytearray(40 * MEBIBYTE))
            time.sleep(0.2)
            os.kill(os.getpid(), signal.SIGKILL)


def innocent():
    with stripchart.span("work"):
        for _ in range(20):
            with stripchart.span("step"):
                sum(bytearray(MEBIBYTE))


{"leak": leak, "busy": busy, "sleep": sleep, "killed": killed, "innocent": innocent}.get(
    sys.argv[1], lambda: write(sys.argv[2]))()
