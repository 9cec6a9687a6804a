"""limits.py CASE [ARGUMENT]: meets one limit in a known way, in spans and with lines that say where."""
import os
import sys
import time

import stripchart

MEBIBYTE = 1 << 20


@stripchart.lines
def collate(held):
    held.append(filled(2 * MEBIBYTE))  # GROW
    time.sleep(0.01)


def filled(size):
    block = bytearray(size)
    block[::4096] = b"x" * len(range(0, size, 4096))
    return block


def grow():
    """Until the kernel ends it."""
    held = []
    with stripchart.span("train"):
        while True:
            with stripchart.span("step"):
                with stripchart.span("collate"):
                    collate(held)


def worker():
    """The same in a child; ours sees how that ends and goes on."""
    child = os.fork()
    if child == 0:
        with stripchart.span("decode"):
            held = []
            while True:
                collate(held)
    with stripchart.span("wait"):
        _pid, status = os.waitpid(child, 0)
    print(child, os.WTERMSIG(status), flush=True)


def burn(seconds):
    with stripchart.span("idle"):
        time.sleep(0.3)
    with stripchart.span("work"):
        with stripchart.span("solve"):
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                pass


def fork():
    """Children until there may be no more."""
    children = []
    with stripchart.span("spawn"):
        try:
            for _ in range(1000):
                child = os.fork()
                if child == 0:
                    time.sleep(60)
                    os._exit(0)
                children.append(child)
        except BlockingIOError:
            print(len(children), flush=True)
        time.sleep(0.5)
    for child in children:
        os.kill(child, 15)
        os.waitpid(child, 0)


def hold():
    """Holds 64 MiB until it is told to end."""
    held = filled(64 * MEBIBYTE)
    print("ready", flush=True)
    sys.stdin.readline()
    return held


case, *rest = sys.argv[1:]
{"grow": grow, "worker": worker, "burn": burn, "fork": fork, "hold": hold}[case](*map(float, rest))
