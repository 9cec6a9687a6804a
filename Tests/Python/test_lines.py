"""`stripchart.lines` and `_native.watch`: code objects that are instrumented."""
from __future__ import annotations

import sys

import pytest

from stripchart import _line_tables

from conftest import needs_monitoring


def hits(recorded):
    """{name of the function: {line: hits}}"""
    places = _line_tables.code_places(str(recorded.path))
    found = {}
    for (code, line), sums in _line_tables.line_sums(str(recorded.path)).items():
        found.setdefault(places[code][1], {})[line] = sums.hits
    return found


def test_each_line_is_counted_exactly(python):
    recorded = python("""
        @stripchart.lines
        def parse(rows):
            total = 0
            for row in rows:
                if row % 2:
                    total += row
                else:
                    total += 0
            return total
        assert parse(range(10)) == 25 and parse([]) == 0
    """)
    counted = hits(recorded)["parse"]
    assert {line: counted[line] for line in (5, 7, 8, 10, 11)} == {5: 2, 7: 10, 8: 5, 10: 5, 11: 2}
    assert counted[6] == 12


def test_recursion_and_callees_that_are_not_instrumented(python):
    recorded = python("""
        def callee():
            value = 1
            return value
        @stripchart.lines
        def depth(n):
            callee()
            if n:
                depth(n - 1)
            return n
        depth(9)
    """)
    assert hits(recorded) == {"depth": {8: 10, 9: 10, 10: 9, 11: 10}}


def test_functions_in_the_function_are_counted_too(python):
    recorded = python("""
        @stripchart.lines
        def outer():
            def inner(x):
                return x + 1
            return [inner(n) for n in range(3)]
        outer()
    """)
    counted = hits(recorded)
    assert counted["outer.<locals>.inner"] == {6: 3}
    assert counted["outer"][5] == 1


def test_an_exception_ends_the_line_and_passes(python):
    recorded = python("""
        @stripchart.lines
        def fails(n):
            if n == 0:
                raise ValueError
            fails(n - 1)
        try: fails(3)
        except ValueError as error:
            import traceback
            print(*(frame.lineno for frame in traceback.extract_tb(error.__traceback__)))
        @stripchart.lines
        def after():
            return 1
        after()
    """)
    assert recorded.stdout == "8 7 7 7 6\n"
    assert hits(recorded) == {"fails": {5: 4, 6: 1, 7: 3}, "after": {14: 1}}


def test_generators_and_coroutines_resume_in_their_line(python):
    recorded = python("""
        import asyncio
        @stripchart.lines
        def steps():
            for n in range(3):
                yield n
            value = 1
        assert list(steps()) == [0, 1, 2]
        @stripchart.lines
        async def wait():
            await asyncio.sleep(0)
            await asyncio.sleep(0.001)
        asyncio.run(wait())
    """)
    counted = hits(recorded)
    assert (counted["steps"][7], counted["steps"][8]) == (3, 1)
    assert (counted["wait"][12], counted["wait"][13]) == (1, 1)


def test_whatever_has_python_code_can_be_counted(python):
    recorded = python("""
        import functools
        @stripchart.lines
        class Shape:
            def __init__(self):
                self.side = 2
            @property
            def area(self):
                return self.side ** 2
            @staticmethod
            def corners():
                return 4
            @classmethod
            def make(cls):
                return cls()
        class Wrapped:
            @stripchart.lines
            @stripchart.profile
            @functools.lru_cache(maxsize=None)
            def cached(self):
                return 1
        shape = Shape.make()
        assert (shape.area, Shape.corners(), Wrapped().cached()) == (4, 4, 1)
    """)
    assert hits(recorded) == {
        "Shape.__init__": {7: 1}, "Shape.area": {10: 1}, "Shape.corners": {13: 1}, "Shape.make": {16: 1}, "Wrapped.cached": {22: 1},
    }


def test_threads_count_into_the_same_lines(python):
    recorded = python("""
        import threading
        @stripchart.lines
        def work():
            for _ in range(100):
                pass
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
    """)
    assert sum(hits(recorded)["work"].values()) >= 400


def test_lines_survive_a_kill(python):
    recorded = python("""
        import os
        @stripchart.lines
        def work():
            for _ in range(10):
                value = 1
            os.kill(os.getpid(), 9)
        work()
    """, rc=137)
    assert hits(recorded)["work"][7] == 10


def test_the_source_is_stored_once(python):
    recorded = python("""
        @stripchart.lines
        def outer():
            def inner():
                return 1  # täxt
            return inner()
        outer()
    """)
    (source,) = recorded.notes("source")
    assert source["text"].startswith("@stripchart.lines\ndef outer():\n") and "return 1  # täxt" in source["text"]
    assert {each["name"] for each in recorded.notes("code")} == {"outer", "outer.<locals>.inner"}


def test_code_without_source_is_counted(python):
    recorded = python("""
        space = {}
        exec("def made(n):\\n    n += 1\\n    return n\\n", space)
        assert stripchart.lines(space["made"])(1) == 2
    """)
    assert [each["text"] for each in recorded.notes("source")] == [] and list(hits(recorded)) == ["made"]


@needs_monitoring
def test_when_all_numbers_of_sys_monitoring_are_taken_the_program_goes_on(python):
    recorded = python("""
        import sys
        for number in range(6): sys.monitoring.use_tool_id(number, "other")
        @stripchart.lines
        def work(): return 1
        @stripchart.lines
        def more(): return 1
        @stripchart.profile
        def steps():
            yield 1
            yield 2
        assert work() + more() == 2 and list(steps()) == [1, 2]
    """)
    assert recorded.stderr.count("RuntimeWarning") == 1
    assert len(recorded.spans("steps")) == 3


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="lines need no trace function from 3.12 on")
def test_another_tools_trace_function_stays(python):
    recorded = python("""
        import sys
        seen = []
        def tracer(frame, event, argument):
            seen.append(event)
            return tracer
        sys.settrace(tracer)
        @stripchart.lines
        def work(): return 1
        work()
        assert sys.gettrace() is tracer and "line" in seen
        sys.settrace(None)
    """)
    assert recorded.stderr.count("RuntimeWarning") == 1


WATCHED = """
    import sys
    def matcher(code, module):
        asked.append((module, code.co_name))
        if code.co_name == "odd": raise ValueError
        return {"work": 1, "count": 2, "both": 3, "steps": 1}.get(code.co_name, 0)
    asked = []
    def work(n):
        return n and work(n - 1)
    def count():
        value = 1
        return value
    def both():
        return count()
    def steps():
        yield 1
        yield 2
    def odd(): return 1
    def other(): return odd()
    stripchart._native.watch(matcher)
"""


def test_what_a_matcher_wants_is_instrumented_from_the_first_call_on(python):
    recorded = python(WATCHED + """
    for _ in range(2):
        work(2); count(); both(); other(); list(steps())
    assert len(asked) == len(set(asked)) and ("__main__", "work") in asked
    stripchart._native.unwatch()
    work(2); both()
    print(sys.gettrace(), sys.getprofile())
    """)
    assert [each.path for each in recorded.spans("work")] == ["work", "work/work", "work/work/work"] * 2
    assert [each.category for each in recorded.spans("steps")] == ["", "resumed", "resumed"] * 2
    assert len(recorded.spans("both")) == 2 and set(recorded.names()) == {"work", "both", "steps"}
    counted = {name: list(lines.values()) for name, lines in hits(recorded).items()}
    assert counted == {"count": [4, 4], "both": [2]}
    assert recorded.stdout == "None None\n"


def test_a_matcher_is_asked_in_new_threads_too(python):
    recorded = python(WATCHED + """
    import threading
    thread = threading.Thread(target=work, args=(1,)); thread.start(); thread.join()
    """)
    assert len(recorded.spans("work")) == 2 and "MainThread" not in {each.thread for each in recorded.spans("work")}


def test_a_profiled_function_that_matches_is_one_span(python):
    recorded = python(WATCHED + """
    profiled = stripchart.profile(work)
    profiled(0)
    """)
    assert len(recorded.spans("work")) == 1


def test_watching_again_asks_again(python):
    recorded = python("""
        def work(): return 1
        stripchart._native.watch(lambda code, module: 0)
        work()
        stripchart._native.watch(lambda code, module: code.co_name == "work")
        work()
        stripchart._native.watch(lambda code, module: 0)
        work()
    """)
    assert recorded.names() == ["work"]


def test_exceptions_in_watched_functions(python):
    recorded = python(WATCHED + """
    def both():
        raise KeyError(1)
    for _ in range(2):
        try: both()
        except KeyError: pass
    work(0)
    """)
    assert [each.arguments.get("exception") for each in recorded.spans("both")] == ["KeyError"] * 2
    assert recorded.span("work").depth == 0


def test_a_line_that_gains_much_is_a_finding_where_there_are_no_spans(python):
    recorded = python("""
        def load():
            kept = []
            kept.append(bytearray(200 << 20))
            return kept
        kept = load()
    """, options=("--lines", "program.py"))
    text = (recorded.path.parent / "program.py").read_text().splitlines()
    (finding,) = [each for each in recorded.report()["findings"] if each["kind"] == "line_growth"]
    assert "200 << 20" in text[finding["line"] - 1] and finding["function"].endswith("load")
    assert 0.95 * (200 << 20) <= finding["figures"]["line_growth_bytes"] <= 1.1 * (200 << 20)


def test_lines_that_gain_little_are_no_finding(python):
    recorded = python("""
        first = bytearray(90 << 20)
        def load(): return [bytearray(20 << 20)]
        kept = load()
    """, options=("--lines", "program:load"))
    assert [each for each in recorded.report()["findings"] if each["kind"] == "line_growth"] == []


STATEMENTS = """
def f(*values): return values
class Context:
    def __enter__(self): return self
    def __exit__(self, *rest): return rest[0] is KeyError
@stripchart.lines
def main():
    for _ in range(10):
        f(                        # 10
            1,                    # 10
            2,                    # 10
        )
        f(f(                      # 10
            3),                   # 10
          f(                      # 10
            4))                   # 10
        x = {                     # 10
            "a": f(               # 10
                1),               # 10
            "b": 2,
        }
        with Context():           # 10
            f(1)                  # 10
        with Context() as a:      # 10
            raise KeyError        # 10
        with f(                   # 10
            Context(),            # 10
        )[0]:
            with Context():       # 10
                if _ % 2:         # 10
                    continue      # 5
        f(2)                      # 5
    y = 0                         # 1
    while y < 3:                  # 4
        y += f(                   # 3
            1,                    # 3
        )[0]
    while True:                   # ?
        with Context():           # 4
            y += 1                # 4
            if y > 6:             # 4
                break             # 1
    def again(n):                 # 1
        return n if n == 0 else again( # 6
            n - 1,                # 5
        )
    again(5)                      # 1
    try:                          # 1
        f(                        # 1
            1 / 0)                # 1
    except (ValueError,           # 1
            ZeroDivisionError):   # 1
        pass                      # 1
    @f.__call__.__class__.__call__ if 0 else ( # 1
        lambda each: each)        # ?
    def decorated(a=f(            # ?
            1)): ...              # ?
    total = sum(                  # ?
        f(                        # ?
            i)[0]                 # ?
        for i in range(3))        # ?
    return total                  # 1
main()
"""


def test_one_execution_of_a_statement_is_one_hit(python):
    recorded = python(STATEMENTS)
    found = {}
    for lines in hits(recorded).values():
        for line, count in lines.items():
            found[line] = found.get(line, 0) + count
    program = (recorded.path.parent / "program.py").read_text().splitlines()
    expected = {line: int(row.rpartition("#")[2]) for line, row in enumerate(program, 1) if row.rpartition("#")[2].strip().isdigit()}
    assert len(expected) > 30
    wrong = [(program[line - 1].strip(), found.get(line, 0), count) for line, count in expected.items() if found.get(line, 0) != count]
    assert wrong == []


def test_a_suspended_statement_goes_on_with_its_hits(python):
    recorded = python("""
        import asyncio
        def f(*values): return values
        @stripchart.lines
        async def main():
            for _ in range(5):
                f(
                    await asyncio.sleep(0, 1),
                    f(
                        await asyncio.sleep(0, 2),
                    ),
                )
        asyncio.run(main())
    """)
    counted = hits(recorded)["main"]
    assert [counted[line] for line in (8, 9, 10, 11)] == [5, 5, 5, 5]


def test_code_objects_live_no_longer_than_without_us(python):
    recorded = python("""
        import gc, weakref
        def make(i, file):
            space = {'__name__': '__main__'}
            exec(compile(f"def g(x):\\n    y = x + {i}\\n    return y\\n", file, "exec"), space)
            return space["g"]
        references = []
        for i in range(300):
            g = stripchart.lines(make(i, __file__)) if i % 3 == 1 else stripchart.profile(make(i, __file__)) if i % 3 else make(i, __file__)
            g(1)
            references.append(weakref.ref(g.__code__))
            del g
        gc.collect()
        print(sum(each() is not None for each in references))
    """, options=["--functions", "*", "--lines", "*"])
    assert recorded.stdout == "0\n"
    assert len(recorded.spans("g")) == 300
