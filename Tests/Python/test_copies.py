"""Functions that are copied by their code into other processes, as cloudpickle does for joblib, dask, ray and Spark."""
from __future__ import annotations

import pickle

import pytest

import stripchart

from test_lines import hits

PROGRAM = """
    import asyncio, subprocess, sys
    import {pickler} as pickler
    @stripchart.profile
    def plain(n): return helper(n) + (plain(n - 1) if n else 0)
    @stripchart.span("helping", why="asked")
    def helper(n): return n
    @stripchart.profile
    def generator(n):
        for i in range(n):
            yield i
    @stripchart.lines
    def counted(n):
        total = 0
        for i in range(n):
            total += i
        return total
    class Shape:
        @stripchart.profile
        def area(self): return 4
        @stripchart.profile
        @classmethod
        def unit(cls): return cls()
        @stripchart.lines
        def perimeter(self):
            return 16
    @stripchart.profile
    async def work(): return 5
    block = stripchart.span("a block", number=1)
    def everything():
        async def main(): return await work()
        with block: pass
        return plain(3), list(generator(3)), counted(4), Shape().area(), Shape.unit().perimeter(), asyncio.run(main())
    if __name__ == "__main__":
        with open("data.pickle", "wb") as file: file.write(pickler.dumps(everything))
        read = "import {pickler} as pickler; print(pickler.load(open('data.pickle', 'rb'))())"
        done = subprocess.run([sys.executable, "-c", read], capture_output=True, text=True)
        assert done.stdout == "(6, [0, 1, 2], 6, 4, 16, 5)\\n", done.stderr
"""


@pytest.mark.parametrize("pickler", ["cloudpickle", "dill"])
def test_copies_are_recorded_as_the_originals_are(python, pickler):
    pytest.importorskip(pickler)
    program = PROGRAM.format(pickler=pickler)
    if pickler == "dill":  # which otherwise takes all globals of the program along
        program = program.replace("dumps(everything)", "dumps(everything, recurse=True)")
    recorded = python(program)
    on_threads = [each for each in recorded.spans() if not (each.track or "").startswith("task")]
    counts = {name: sum(each.name == name and each.category != "resumed" for each in on_threads)
              for name in ("plain", "helping", "generator", "Shape.area", "Shape.unit", "work", "a block")}
    assert counts == {"plain": 4, "helping": 4, "generator": 1, "Shape.area": 1, "Shape.unit": 1, "work": 1, "a block": 1}
    assert all(each.arguments == {"why": "asked"} for each in recorded.spans("helping"))
    assert recorded.span("a block").arguments == {"number": 1}
    assert hits(recorded) == {"counted": {15: 1, 16: 5, 17: 4, 18: 1}, "Shape.perimeter": {27: 1}}
    assert {each["file"].rpartition("/")[2] for each in recorded.notes("code")} == {"program.py"}


def test_patterns_match_copies(python):
    pytest.importorskip("cloudpickle")
    recorded = python("""
        import cloudpickle, subprocess, sys
        def work(n):
            return n
        with open("data.pickle", "wb") as file: file.write(cloudpickle.dumps(work))
        read = "import pickle; [pickle.load(open('data.pickle', 'rb'))(n) for n in range(3)]"
        assert subprocess.run([sys.executable, "-c", read]).returncode == 0
    """, options=["--functions", "program:work", "--lines", "program.py"])
    assert len(recorded.spans("work")) == 3
    assert hits(recorded)["work"][5] == 3


def test_many_copies_are_one_function_in_the_recording(python):
    pytest.importorskip("cloudpickle")
    recorded = python("""
        import cloudpickle
        @stripchart.lines
        def work(n):
            return n
        data = cloudpickle.dumps(work)
        for n in range(50): cloudpickle.loads(data)(n)
    """)
    assert hits(recorded) == {"work": {6: 50}} and len(recorded.notes("code")) == 1


def test_joblib_workers_are_recorded(python):
    pytest.importorskip("joblib")
    recorded = python("""
        import joblib
        @stripchart.profile
        def square(n): return n * n
        if __name__ == "__main__":
            assert joblib.Parallel(2, backend="loky")(joblib.delayed(square)(n) for n in range(6)) == [0, 1, 4, 9, 16, 25]
    """)
    assert len(recorded.spans("square")) == 6


def test_what_carries_the_attributes_of_an_instrumented_function_is_pickled_as_before():
    @stripchart.lines
    def counted(): ...

    assert pickle.loads(pickle.dumps(vars(counted))).keys() == vars(counted).keys()


def test_blocks_are_pickled_with_their_arguments():
    block = pickle.loads(pickle.dumps(stripchart.span("name", number=1, text="t", real=0.5, flag=True)))
    assert block.name == "name" and block.__reduce__()[1][1] == {"number": 1, "text": "t", "real": 0.5, "flag": True}
