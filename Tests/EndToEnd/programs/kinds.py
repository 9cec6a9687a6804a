"""kinds.py CASE [ARGUMENT]: makes one kind of record from Python, a little of it, for Tests/Recordings."""
import asyncio
import os
import sys
import threading

import stripchart

# What formats, terminals and pages trip over.
ODD_TEXTS = [
    "</script><img src=x onerror=alert(1)>&amp;", "a;b 12", "\x1b[31mred\x07", "\u2028\u202e\u0000end", "=cmd|' /C'!A0", "", " ", "'\"`|\\\n\t",
    "\udcff\udc80", "\U0001f600" * 20, "x" * 3000,
]
ODD_NUMBERS = [
    float("nan"), float("inf"), float("-inf"), 1e308, -1e308, 5e-324, 0.0, -0.0, 2**63 - 1, -(2**63), 1e-5, 1e16,
]


@stripchart.lines
def count(turns):
    total = 0
    for number in range(turns):
        total += helped(number)
    return total


@stripchart.lines
def helped(number):
    return number * number


@stripchart.profile
def outer(number):
    with stripchart.span("inner", number=number, text="a text", share=0.25, done=True):
        return sum(range(1000))


@stripchart.profile
async def request(number):
    with stripchart.span("wait"):
        await asyncio.sleep(0.002)
    with stripchart.span("answer"):
        await asyncio.sleep(0.001)


async def requests():
    await asyncio.gather(*[request(number) for number in range(5)])


@stripchart.profile
def numbers():
    for number in range(4):
        yield number


def plain(number):
    return [helper(number) for number in range(number)]


def helper(number):
    return number + 1


def spans():
    for number in range(5):
        outer(number)
        stripchart.counter("loss", 1 / (number + 1))
    stripchart.mark("all five", count=5)
    threads = [threading.Thread(target=outer, args=(number,), name=f"worker {number}") for number in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    if os.fork() == 0:
        outer(9)
        os._exit(0)
    os.wait()
    try:
        with stripchart.span("fails"):
            raise ValueError("for the record")
    except ValueError:
        pass


def tasks():
    asyncio.run(requests())
    list(numbers())


def lines():
    for _ in range(3):
        count(20)


def functions():
    for _ in range(4):
        plain(3)


def odd():
    for text in ODD_TEXTS:
        with stripchart.span(text, **{"text": text, "number": 1}):
            pass
        stripchart.mark(text)
        stripchart.counter(text or "empty", 1)
    for place, number in enumerate(ODD_NUMBERS):
        stripchart.counter("odd", number)
        stripchart.counter(f"odd {place}", number)
        with stripchart.span("number", number=number):
            pass


def own(path):
    with stripchart.record(path, interval="10ms", force=True):
        with stripchart.span("inside"):
            outer(1)
            lines()
            tasks()


def open_spans():
    """Ends inside of spans."""
    with stripchart.span("around"):
        with stripchart.span("the last"):
            os._exit(7)


def fill():
    """More values, and spans of a new thread, than a file of 4 MiB takes."""
    for _ in range(600_000):
        stripchart.counter("the same", 1)
    each = threading.Thread(target=outer, args=(1,))
    each.start()
    each.join()
    stripchart.mark("too late")


case, *rest = sys.argv[1:]
{each.__name__: each for each in (spans, tasks, lines, functions, odd, own, open_spans, fill)}[case](*rest)
