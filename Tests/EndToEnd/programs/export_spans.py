"""Spans of threads, tasks, a forked child, with marks, a curve and names that formats trip over:   export_spans.py [kill]"""
import asyncio
import os
import signal
import sys
import threading
import time

import stripchart

AWKWARD = 'parse; "x" 12\n\x1b[31m\\'


@stripchart.profile
def load(number):
    with stripchart.span(AWKWARD, rows=number):
        return sum(range(5000))


def work():
    for number in range(20):
        with stripchart.span("step", number=number):
            load(number)
            stripchart.counter("loss", 1 / (number + 1))
    stripchart.mark("done; work", count=20)


async def task(number):
    with stripchart.span("request", number=number):
        await asyncio.sleep(0.01)
        with stripchart.span("reply"):
            await asyncio.sleep(0.005)


async def tasks():
    await asyncio.gather(*[task(number) for number in range(4)])


threads = [threading.Thread(target=work, name=f"worker; {number}") for number in range(3)]
for each in threads:
    each.start()
for each in threads:
    each.join()
asyncio.run(tasks())
child = os.fork()
if child == 0:
    work()
    os._exit(0)
os.waitpid(child, 0)
with stripchart.span("hold"):
    kept = bytearray(24 << 20)
    kept[::4096] = bytes(len(kept[::4096]))
    spin = time.thread_time() + 0.05
    while time.thread_time() < spin:
        pass
try:
    with stripchart.span("fails"):
        raise ValueError
except ValueError:
    pass
with stripchart.span("open"):
    with stripchart.span("last"):
        time.sleep(0.05)
        if "kill" in sys.argv:
            os.kill(os.getpid(), signal.SIGKILL)
