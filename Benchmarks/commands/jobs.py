"""The programs that are recorded; each runs the same with and without a recorder.

    jobs.py cpu             a fixed amount of computing, about two seconds
    jobs.py io              a fixed amount of writing, syncing and reading, one to two seconds
    jobs.py spin SECONDS [CHILDREN]   computes that long, beside so many sleeping children
    jobs.py busy SECONDS    computes a third of the time, changes its memory, writes now and then
    jobs.py idle SECONDS    sleeps
"""

import os
import subprocess
import sys
import tempfile
import time

MEBIBYTE = 1 << 20


def cpu():
    total = 0
    for start in range(1, 180_000):
        n = start
        while n != 1:
            n = 3 * n + 1 if n & 1 else n >> 1
            total += 1
    return total


def io():
    block = os.urandom(MEBIBYTE)
    with tempfile.TemporaryDirectory(dir=".") as folder:
        for number in range(160):
            path = os.path.join(folder, str(number % 4))
            with open(path, "wb", buffering=0) as file:
                for _ in range(4):
                    file.write(block)
                os.fsync(file.fileno())
            with open(path, "rb", buffering=0) as file:
                while file.read(4096):
                    pass


def spin(duration, children=0):
    sleepers = [subprocess.Popen(["sleep", str(duration + 60)]) for _ in range(int(children))]
    end = time.monotonic() + duration
    while time.monotonic() < end:
        sum(range(1000))
    for sleeper in sleepers:
        sleeper.kill()
        sleeper.wait()


def busy(duration):
    end = time.monotonic() + duration
    held = []
    with tempfile.TemporaryFile(dir=".") as file:
        while time.monotonic() < end:
            pause = time.monotonic() + 0.010
            while time.monotonic() < pause:
                sum(range(1000))
            held.append(bytes(64 * 1024))
            if len(held) == 64:
                held.clear()
                file.seek(0)
                file.write(bytes(256 * 1024))
                os.fsync(file.fileno())
            time.sleep(0.020)


if __name__ == "__main__":
    jobs = {"cpu": cpu, "io": io, "spin": spin, "busy": busy, "idle": time.sleep}
    jobs[sys.argv[1]](*map(float, sys.argv[2:]))
