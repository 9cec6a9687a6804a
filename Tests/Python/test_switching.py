"""Stacks of calls that a thread switches between: greenlets, and the tasks of every event loop. Spans of each keep to its own track."""
from __future__ import annotations

import sys

import pytest

BUSY = """
        import time
        def busy(seconds):
            end = time.thread_time() + seconds
            while time.thread_time() < end: pass
"""


def rows(recorded):
    """The report's rows by path."""
    return {tuple(each["path"]): each for each in recorded.report()["spans"]}


def assert_whole(recorded, expected):
    """Each span stands in the one that it was opened in, was left once, and nobody is blamed."""
    assert recorded.notes("misuse") == []
    assert {each.path for each in recorded.spans() if each.name != "greenlet"} == set(expected)
    assert all(each.nanoseconds >= 0 for each in recorded.spans())
    found = rows(recorded)
    assert {"/".join(path) for path in found} == set(expected)
    for path, calls in expected.items():
        assert found[tuple(path.split("/"))]["calls"] == calls, path
    return found


def test_greenlets_that_interleave(python):
    pytest.importorskip("greenlet")
    recorded = python(BUSY + """
        import greenlet
        @stripchart.profile
        def request(n):
            with stripchart.span("parse", n=n):
                busy(0.01 * (n + 1))
                main.switch()
                busy(0.01)
            helper()
        @stripchart.profile
        def helper(): main.switch()
        main = greenlet.getcurrent()
        with stripchart.span("all"):
            all = [greenlet.greenlet(request) for n in range(3)]
            for n, each in enumerate(all): each.switch(n)
            while any(all):
                for each in all:
                    if each: each.switch()
    """)
    found = assert_whole(recorded, {"all": 1, "request": 3, "request/parse": 3, "request/helper": 3})
    assert {each.track for each in recorded.spans("parse")} == {"task greenlet"}
    assert recorded.span("all").thread == "MainThread"
    # What the greenlets used is theirs: 20, 30 and 40 ms of CPU time.
    assert 0.085 <= found["request", "parse"]["cpu_seconds"] <= 0.2
    assert found["all",]["self_cpu_seconds"] <= found["all",]["cpu_seconds"] - 0.085


def test_gevent(python):
    pytest.importorskip("gevent")
    recorded = python(BUSY + """
        import gevent
        @stripchart.profile
        def request(n):
            with stripchart.span("parse", n=n):
                busy(0.005)
                gevent.sleep(0.01 * (4 - n))
            with stripchart.span("render"): gevent.sleep(0.005)
        gevent.joinall([gevent.spawn(request, n) for n in range(3)])
    """)
    assert_whole(recorded, {"request": 3, "request/parse": 3, "request/render": 3})


def test_greenlets_in_generators_and_lines(python):
    pytest.importorskip("greenlet")
    recorded = python(BUSY + """
        import greenlet
        @stripchart.profile
        def steps():
            for n in range(2):
                main.switch()
                yield n
        @stripchart.lines
        def work():
            for n in steps():
                busy(0.01)
                main.switch()
        main = greenlet.getcurrent()
        all = [greenlet.greenlet(work) for _ in range(2)]
        while any(not each.dead for each in all):
            for each in all:
                if not each.dead: each.switch()
    """)
    assert recorded.notes("misuse") == []
    report = recorded.report()
    (work,) = report["lines"]
    lines = {work["source"][each["line"] - work["first_line"]].strip(): each for each in work["lines"]}
    assert lines["busy(0.01)"]["hits"] == 4 and lines["main.switch()"]["hits"] == 4
    assert 0.035 <= lines["busy(0.01)"]["cpu_seconds"] <= 0.2
    assert rows(recorded)["steps",]["calls"] == 2


LOOPS = {
    "trio": """
        import trio as library
        async def gather(function, count):
            async with library.open_nursery() as nursery:
                for n in range(count): nursery.start_soon(function, n)
        sleep, run = library.sleep, library.run
    """,
    "curio": """
        import curio as library
        async def gather(function, count):
            async with library.TaskGroup() as group:
                for n in range(count): await group.spawn(function, n)
        sleep, run = library.sleep, library.run
    """,
    "asyncio": """
        import asyncio
        async def gather(function, count): await asyncio.gather(*(function(n) for n in range(count)))
        sleep = asyncio.sleep
        def run(main): asyncio.run(main())
    """,
    "eager": """
        import asyncio
        async def gather(function, count):
            asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
            await asyncio.gather(*(asyncio.create_task(function(n)) for n in range(count)))
        sleep = asyncio.sleep
        def run(main): asyncio.run(main())
    """,
    "by hand": """
        import types
        @types.coroutine
        def sleep(seconds): yield seconds
        async def gather(function, count):
            waiting = [function(n) for n in range(count)]
            while waiting:
                for each in list(waiting):
                    try: each.send(None)
                    except StopIteration: waiting.remove(each)
        def run(main):
            try:
                main().send(None)
            except StopIteration: pass
    """,
}  # fmt: skip


@pytest.fixture(params=LOOPS)
def loop(request):
    if request.param in ("trio", "curio"):
        try:
            __import__(request.param)
        except (ImportError, AttributeError) as error:  # curio does not know every CPython
            pytest.skip(f"{request.param} is not here: {error}")
    if request.param == "eager" and sys.version_info < (3, 12):
        pytest.skip("eager tasks came with 3.12")
    return request.param


def test_blocks_of_tasks(python, loop):
    if loop == "by hand":
        pytest.skip("a coroutine that another one steps is taken for a part of it")
    recorded = python(BUSY + LOOPS[loop] + """
        async def fetch(n):
            async with stripchart.span("fetch", n=n):
                with stripchart.span("prep"): busy(0.002)
                await sleep(0.01 * (4 - n))
                with stripchart.span("post"): await sleep(0.01)
        async def main():
            await gather(fetch, 3)
        run(main)
    """)
    assert_whole(recorded, {"fetch": 3, "fetch/prep": 3, "fetch/post": 3})
    assert {each.arguments["n"] for each in recorded.spans("fetch")} == {0, 1, 2}


def test_a_profiled_handler_is_one_row(python, loop):
    if loop == "by hand":
        pytest.skip("a coroutine that another one steps is taken for a part of it")
    recorded = python(BUSY + LOOPS[loop] + """
        @stripchart.profile
        def render(): busy(0.01)
        @stripchart.profile
        async def query(n): await sleep(0.01 * (4 - n))
        @stripchart.profile
        async def handler(n):
            await query(n)
            with stripchart.span("write"):
                busy(0.01)
                await sleep(0.01)
            render()
        async def main():
            await gather(handler, 3)
        run(main)
    """)
    assert recorded.notes("misuse") == []
    found = rows(recorded)
    assert {path: each["calls"] for path, each in found.items()} == {
        ("handler",): 3, ("handler", "query"): 3, ("handler", "write"): 3, ("handler", "render"): 3,
    }  # fmt: skip
    row = found["handler",]
    # 20, 30, 40 ms of sleep, 10 more and 20 ms of work each: all its wall time, and the CPU time of it alone.
    assert row["wall_seconds"]["total"] >= 0.17
    assert 0.055 <= row["cpu_seconds"] <= 0.2
    assert 0.028 <= found["handler", "write"]["cpu_seconds"] <= 0.1
    assert 0.028 <= found["handler", "render"]["cpu_seconds"] <= 0.1
    assert row["self_cpu_seconds"] <= 0.02


def test_a_coroutine_that_its_own_loop_drives(python):
    recorded = python(BUSY + LOOPS["by hand"] + """
        async def fetch(n):
            async with stripchart.span("fetch", n=n):
                await sleep(1)
                with stripchart.span("post"): await sleep(1)
        waiting = [fetch(n) for n in range(3)]
        while waiting:
            for each in list(waiting):
                try: each.send(None)
                except StopIteration: waiting.remove(each)
    """)
    assert_whole(recorded, {"fetch": 3, "fetch/post": 3})


def test_a_program_without_such_libraries_has_its_spans_on_its_thread(python):
    recorded = python("""
        def items():
            with stripchart.span("item"): yield 1
        with stripchart.span("outer"):
            for each in items():
                with stripchart.span("inner"): pass
    """)
    assert {each.thread for each in recorded.spans()} == {"MainThread"}
    assert recorded.notes("misuse") == []
