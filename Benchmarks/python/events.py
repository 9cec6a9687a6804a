"""What one span, one call or one line costs in Python; prints JSON lines as Benchmarks/README.md says.

    events.py stripchart      ours, in whichever state the process is: recorded or not
    events.py predecessor     the predecessor's event pair: a block as a class that writes f-strings to a text file
    events.py viztracer       a call under viztracer
    events.py line_profiler   a line under line_profiler

Of each, the loop without it is measured in turn with the loop that has it, and taken off.
"""

import json
import os
import statistics
import sys
import tempfile
import time
import types

COUNT = 2_000  # in one batch: short enough that some batches meet a quiet core
BATCHES = 600
LINES = 6  # of `body`, in one turn of its loop


def body(count):
    value = 0
    while count:
        count -= 1
        value += 1
        value -= 1
        value += 2
        value -= 2
    return value


def another_body():
    """The same function with a code object of its own, so that one can be instrumented and the other not."""
    return types.FunctionType(body.__code__.replace(co_name="another_body"), globals())


def plain():
    pass


def empty_loop(count):
    for _ in range(count):
        pass


def calls(function):
    def loop(count):
        for _ in range(count):
            function()

    return loop


def timed(loop):
    start = time.perf_counter_ns()
    loop(COUNT)
    return (time.perf_counter_ns() - start) / COUNT


def measure(name, loop, without, share=1, start=None, stop=None):
    """Prints what `loop` takes beyond `without`, of one in `share` parts of a turn; `start` and `stop` go around `loop`."""
    costs, bases = [], []
    for _ in range(BATCHES):
        bases.append(timed(without))
        if start:
            start()
        costs.append(timed(loop))
        if stop:
            stop()
    least, usual = min(costs) - min(bases), statistics.median(costs) - statistics.median(bases)
    print(json.dumps({"name": name, "min_ns": least / share, "median_ns": usual / share}))


def stripchart():
    import stripchart

    span = stripchart.span

    def blocks(count):
        for _ in range(count):
            with span("block"):
                pass

    made = span("block")

    def entries(count):
        for _ in range(count):
            with made:
                pass

    def blocks_with_an_argument(count):
        for step in range(count):
            with span("block", step=step):
                pass

    measure("entry and exit", entries, empty_loop)
    measure("with", blocks, empty_loop)
    measure("with argument", blocks_with_an_argument, empty_loop)
    measure("decorator", calls(stripchart.profile(lambda: None)), calls(plain))
    measure("line", stripchart.lines(another_body()), body, share=LINES)


def predecessor():
    with tempfile.NamedTemporaryFile("w", dir=".") as log:

        class Region:
            counter = 0

            def __init__(self, name):
                self.name = name

            def __enter__(self):
                self.number = Region.counter
                Region.counter += 1
                log.write(f"{time.time()},start,{self.name},{self.number}\n")

            def __exit__(self, *error):
                log.write(f"{time.time()},end,{self.name},{self.number}\n")

        def blocks(count):
            for _ in range(count):
                with Region("block"):
                    pass

        measure("with", blocks, empty_loop)


def viztracer():
    from viztracer import VizTracer

    tracer = VizTracer(verbose=0, tracer_entries=10 * COUNT)

    def stop():
        tracer.stop()
        tracer.clear()

    measure("decorator", calls(plain), calls(plain), start=tracer.start, stop=stop)


def line_profiler():
    from line_profiler import LineProfiler

    profiler = LineProfiler()
    measure("line", profiler(another_body()), body, share=LINES)


if __name__ == "__main__":
    os.environ.pop("PYTHONDEVMODE", None)
    {each.__name__: each for each in (stripchart, predecessor, viztracer, line_profiler)}[sys.argv[1]]()
