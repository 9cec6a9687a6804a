"""Programs in which several threads or tasks have spans at the same time, and one of them keeps memory or uses the CPU.

The first argument says which. What is true of each is printed as JSON: the span that keeps memory and how many bytes, CPU seconds,
the process's memory at the beginning and the end.
"""
import asyncio
import json
import mmap
import os
import sys
import threading
import time

import stripchart

CALLS = int(os.environ.get("SHARING_CALLS", "80"))
KEPT = 512 * 1024
kept = []


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * mmap.PAGESIZE


def keep():
    """So many bytes that nothing gives back, each page touched."""
    block = mmap.mmap(-1, KEPT)
    for place in range(0, KEPT, mmap.PAGESIZE):
        block[place] = 1
    kept.append(block)


def churn():
    """Takes as much four times, and gives it back."""
    block = mmap.mmap(-1, 4 * KEPT)
    for place in range(0, 4 * KEPT, mmap.PAGESIZE):
        block[place] = 1
    block.close()


def threads(*bodies):
    all_of_them = [threading.Thread(target=body) for body in bodies]
    for thread in all_of_them:
        thread.start()
    for thread in all_of_them:
        thread.join()


def innocent(number):
    def body():
        for _ in range(CALLS):
            with stripchart.span(f"innocent {number}"):
                time.sleep(0.002)
    return body


def leaky():
    for _ in range(CALLS):
        with stripchart.span("leaky"):
            time.sleep(0.002)
            keep()


def case_threads():
    threads(*(innocent(number) for number in range(3)), leaky)


def case_churn():
    def churner(number):
        def body():
            for _ in range(CALLS):
                with stripchart.span(f"innocent {number}"):
                    churn()
                    time.sleep(0.001 * (1 + number))
        return body

    threads(churner(0), churner(1), leaky)


def case_without_spans():
    """Who keeps memory has no spans."""
    def body():
        for _ in range(CALLS):
            time.sleep(0.002)
            keep()

    threads(innocent(0), innocent(1), body)


def case_one_thread_beside():
    """One thread has spans, another, without any, keeps memory."""
    def body():
        for _ in range(CALLS):
            time.sleep(0.002)
            keep()

    other = threading.Thread(target=body)
    other.start()
    innocent(0)()
    other.join()


async def innocent_task(number):
    for _ in range(CALLS):
        async with stripchart.span(f"innocent {number}"):
            await asyncio.sleep(0.002)


async def leaky_task():
    for _ in range(CALLS):
        async with stripchart.span("leaky"):
            await asyncio.sleep(0.002)
            keep()
            await asyncio.sleep(0.001)


async def tasks(*bodies):
    await asyncio.gather(*bodies)


def case_tasks():
    asyncio.run(tasks(*(innocent_task(number) for number in range(3)), leaky_task()))


def case_tasks_in_a_span():
    with stripchart.span("serve"):
        asyncio.run(tasks(*(innocent_task(number) for number in range(3)), leaky_task()))


def case_busy_tasks():
    """Many spans are open at once in one thread, which one of them keeps busy."""
    async def waiting(number):
        with stripchart.span("waiting"):
            await asyncio.sleep(0.5)

    async def busy():
        for _ in range(50):
            with stripchart.span("busy"):
                end = time.thread_time() + 0.004
                while time.thread_time() < end:
                    pass
                await asyncio.sleep(0.001)

    asyncio.run(tasks(*(waiting(number) for number in range(30)), busy()))


def main():
    before = resident()
    globals()[f"case_{sys.argv[1]}"]()
    facts = {"kept": len(kept) * KEPT, "grown": resident() - before, "cpu": time.process_time()}
    print(json.dumps(facts), flush=True)


main()
