"""`stripchart.span`, `counter` and `mark`."""
from __future__ import annotations

import sys

import pytest

import stripchart


def test_a_block_is_a_span_of_the_thread_that_ran_it(python):
    recorded = python("""
        import time
        with stripchart.span("outer"):
            with stripchart.span("inner"):
                time.sleep(0.002)
    """)
    outer, inner = recorded.spans()
    assert (outer.name, inner.path) == ("outer", "outer/inner")
    assert outer.nanoseconds >= inner.nanoseconds >= 2_000_000
    assert outer.thread == "MainThread"


def test_one_block_can_be_entered_again_and_in_itself(python):
    recorded = python("""
        block = stripchart.span("block")
        for _ in range(2):
            with block:
                with block:
                    with block:
                        pass
        assert block.name == "block"
    """)
    assert [each.depth for each in recorded.spans("block")] == [0, 1, 2] * 2
    assert all(each.nanoseconds >= 0 for each in recorded.spans())


def test_arguments_are_kept_by_kind(python):
    recorded = python("""
        class Odd:
            def __repr__(self): raise ValueError("no")
        with stripchart.span("kinds", i=-3, big=1 << 70, f=2.5, yes=True, text="täxt", none=None, items=[1, "a"], odd=Odd()):
            pass
    """)
    assert recorded.span("kinds").arguments == {
        "i": -3, "big": str(1 << 70), "f": 2.5, "yes": True, "text": "täxt", "none": "None", "items": "[1, 'a']", "odd": "<Odd>",
    }


def test_a_long_repr_is_cut_at_200_characters(python):
    recorded = python("""
        with stripchart.span("long", items=list(range(1000))):
            pass
    """)
    assert recorded.span("long").arguments["items"] == repr(list(range(1000)))[:200]


def test_an_exception_is_kept_with_the_span_and_goes_on(python):
    recorded = python("""
        try:
            with stripchart.span("fails", step=1):
                raise LookupError("gone")
        except LookupError as error:
            print(error)
        with stripchart.span("after"):
            pass
    """)
    assert recorded.stdout == "gone\n"
    assert recorded.span("fails").arguments == {"step": 1, "exception": "LookupError"}
    assert recorded.span("after").depth == 0


def test_an_early_return_ends_the_span(python):
    recorded = python("""
        def early():
            for _ in range(3):
                with stripchart.span("early"):
                    return 7
        assert early() == 7
        with stripchart.span("after"):
            pass
    """)
    assert recorded.span("early").nanoseconds >= 0
    assert recorded.span("after").depth == 0


def test_a_span_decorates_with_its_arguments(python):
    recorded = python("""
        @stripchart.span("work", size=5)
        def work(): return 3
        assert work() + work() == 6 and work.__name__ == "work"
    """)
    assert [each.arguments for each in recorded.spans("work")] == [{"size": 5}] * 2


def test_blocks_of_interleaved_tasks_keep_to_their_own_tracks(python):
    recorded = python("""
        import asyncio
        async def work(number):
            async with stripchart.span("outer", number=number):
                await asyncio.sleep(0.002 * (3 - number))
                with stripchart.span("inner"):
                    await asyncio.sleep(0.002)
        async def main():
            asyncio.current_task().set_name("main")
            await asyncio.gather(*(asyncio.create_task(work(n), name=f"work {n}") for n in range(3)))
        asyncio.run(main())
    """)
    assert {(each.track, each.path) for each in recorded.spans()} == {
        (f"task work {n}", path) for n in range(3) for path in ("outer", "outer/inner")
    }
    assert {(each.track, each.arguments["number"]) for each in recorded.spans("outer")} == {(f"task work {n}", n) for n in range(3)}
    assert all(each.nanoseconds >= 2_000_000 for each in recorded.spans())


def test_a_function_that_cannot_be_suspended_stays_on_its_thread(python):
    recorded = python("""
        import asyncio
        def plain():
            with stripchart.span("plain"):
                pass
        async def main():
            plain()
        asyncio.run(main())
    """)
    assert recorded.span("plain").thread == "MainThread"


def test_exit_stacks_take_spans(python):
    recorded = python("""
        import asyncio, contextlib
        with contextlib.ExitStack() as stack:
            assert stack.enter_context(stripchart.span("first")).name == "first"
            stack.enter_context(stripchart.span("second"))
        async def main():
            async with contextlib.AsyncExitStack() as stack:
                await stack.enter_async_context(stripchart.span("third"))
        asyncio.run(main())
    """)
    assert sorted(each.path for each in recorded.spans()) == ["first", "first/second", "third"]
    assert all(each.nanoseconds >= 0 for each in recorded.spans())


def test_misuse_is_noted_and_never_raised(python):
    recorded = python("""
        import threading
        twice = stripchart.span("twice")
        with twice: pass
        twice.__exit__(None, None, None)
        a, b = stripchart.span("a"), stripchart.span("b")
        a.__enter__(); b.__enter__()
        a.__exit__(None, None, None); b.__exit__(None, None, None)
        elsewhere = stripchart.span("elsewhere")
        elsewhere.__enter__()
        thread = threading.Thread(target=elsewhere.__exit__, args=(None, None, None))
        thread.start(); thread.join()
        with stripchart.span("after"): pass
    """)
    assert {each["kind"] for each in recorded.notes("misuse")} == {
        "ended twice", "ended out of order", "ended on another thread",
    }
    assert recorded.span("after").nanoseconds >= 0


def test_threads_have_their_own_tracks_with_their_names(python):
    recorded = python("""
        import threading
        def work():
            with stripchart.span("work"): pass
        threads = [threading.Thread(target=work, name=f"worker {n}") for n in range(3)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        with stripchart.span("main"): pass
    """)
    assert sorted(each.thread for each in recorded.spans("work")) == ["worker 0", "worker 1", "worker 2"]
    assert recorded.span("main").thread == "MainThread"


def test_a_block_that_threads_share_is_told_apart(python):
    recorded = python("""
        import threading
        block, ready = stripchart.span("shared"), threading.Barrier(2)
        def work():
            for _ in range(20):
                ready.wait()
                with block:
                    ready.wait()
        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
    """)
    assert len(recorded.spans("shared")) == 40
    assert all(each.depth == 0 and each.nanoseconds >= 0 for each in recorded.spans())
    assert recorded.notes("misuse") == []


def test_curves_and_marks(python):
    recorded = python("""
        for value in (1, 0.5, True, -2):
            stripchart.counter("loss", value)
        stripchart.counter("loss", float("nan"))
        stripchart.counter("loss", "no number")
        stripchart.counter("loss", None)
        stripchart.mark("epoch 3", rate=0.1)
    """)
    assert recorded.curve("loss") == [1, 0.5, 1, -2]
    (mark,) = recorded.marks()
    assert (mark.name, mark.arguments, mark.thread) == ("epoch 3", {"rate": 0.1}, "MainThread")
    assert recorded.stderr.count("RuntimeWarning") == 1


def test_the_place_of_a_span_is_noted_once(python):
    recorded = python("""
        for _ in range(3):
            with stripchart.span("here"): pass
        @stripchart.profile
        def there(): pass
        there()
    """)
    places = {each["name"]: (each["file"].rsplit("/", 1)[-1], each["line"]) for each in recorded.notes("span")}
    assert places == {"here": ("program.py", 4), "there": ("program.py", 5)}
    assert len(recorded.notes("span")) == 2


@pytest.mark.parametrize("call", [
    lambda: stripchart.span(5), lambda: stripchart.span(None), lambda: stripchart.span(), lambda: stripchart.span("a", "b"),
    lambda: stripchart.counter(1, 2), lambda: stripchart.counter("a"), lambda: stripchart.mark(b"x"),
    lambda: stripchart.Span(), lambda: stripchart.span("a")(1, 2),
])  # fmt: skip
def test_wrong_names_are_type_errors(call):
    with pytest.raises(TypeError):
        call()


def test_outside_a_recording_nothing_happens():
    before = sys.getrefcount(None)
    for _ in range(1000):
        with stripchart.span("nothing", value=object()) as block:
            stripchart.counter("nothing", object())
            stripchart.mark("nothing", x=1)
    assert repr(block) == "stripchart.span('nothing')"
    assert stripchart._native.state() == 0 and stripchart._native.path() is None
    assert abs(sys.getrefcount(None) - before) < 100


def test_names_that_are_no_utf8_and_many_names_are_taken(python):
    recorded = python(r"""
        with stripchart.span("lone \ud800 surrogate"): pass
        for number in range(20000):
            with stripchart.span(f"name {number}"): pass
    """)
    names = recorded.names()
    assert names[0] == "lone ? surrogate"
    assert len(names) == 20001 and len(set(names)) > 16000


def test_handlers_of_signals_that_raise_leave_no_span_open(python):
    recorded = python("""
        import asyncio, signal
        class Tick(BaseException): pass
        def handler(*rest): raise Tick
        signal.signal(signal.SIGALRM, handler)
        @stripchart.profile
        def leaf(n):
            for _ in range(n): pass
        @stripchart.profile
        def generator():
            for _ in range(3): yield
        def rounds():
            while True:
                with stripchart.span("outer"):
                    with stripchart.span("inner", number=1): leaf(20)
                    for _ in generator(): pass
        ticks = 0
        while ticks < 300:
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.0001 + (ticks % 37) * 1e-5)
                rounds()
            except Tick: ticks += 1
        signal.setitimer(signal.ITIMER_REAL, 0)
        with stripchart.span("at the end"): leaf(1)
    """)
    assert recorded.span("at the end").depth == 0
    assert all(each.nanoseconds >= 0 for each in recorded.spans())
    assert {each.depth for each in recorded.spans("outer")} == {0} and {each.depth for each in recorded.spans("inner")} == {1}


def test_a_descriptor_of_the_programs_is_not_taken_for_ours(python):
    recorded = python("""
        import os
        with stripchart.span("before"): x = bytearray(b"x") * (5 << 20)
        os.closerange(3, 20000)
        with open("digits.txt", "w") as file: file.write("999999 777777 55555 1 0 4444 0\\n")
        kept = [os.open("digits.txt", os.O_RDONLY) for _ in range(900)]
        for i in range(5):
            with stripchart.span("after"):
                y = bytearray(b"x") * (3 << 20)
                del y
        if os.fork() == 0:
            with stripchart.span("child"): pass
            os._exit(0 if all(os.fstat(each) for each in kept) else 1)
        assert os.wait()[1] == 0
        print(sum(os.lseek(each, 0, os.SEEK_CUR) for each in kept))
    """)
    assert recorded.stdout == "0\n"
    (readings,) = recorded.engine(recorded.path, RESIDENT)
    assert 0 < readings["greatest"] < 1 << 30


RESIDENT = """
    select max(value) as greatest from counter join track on counter.track_id = track.id where track.name like '%rss%' or track.name like '%resident%'
"""


def test_tasks_leave_nothing_behind(python):
    """The kernel's count of the process's own memory; a name that was kept of each task would be 4 MB."""
    recorded = python("""
        import asyncio
        def own():
            with open("/proc/self/status") as status:
                return next(int(row.split()[1]) * 1024 for row in status if row.startswith("RssAnon"))
        async def work():
            async with stripchart.span("work"): pass
        async def main():
            sizes = []
            for round in range(3):
                for _ in range(100):
                    await asyncio.gather(*(asyncio.create_task(work(), name="n" * 190 + str(round)) for _ in range(100)))
                sizes.append(own())
            print(sizes[-1] - sizes[0])
        asyncio.run(main())
    """, options=["--max-size", "64MiB"])
    assert int(recorded.stdout) < 2_000_000
