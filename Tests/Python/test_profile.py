"""`stripchart.profile`: what it decorates works as before, and is recorded."""
from __future__ import annotations

import abc
import asyncio
import copy
import functools
import gc
import inspect
import pickle
import sys
import traceback
import types
import weakref

import pytest

import stripchart


@stripchart.profile
def add(first: int, second: int = 2, *, third: int = 3) -> int:
    """Adds."""
    return first + second + third


class Shape:
    def __init__(self, side):
        self.side = side

    @stripchart.profile
    def area(self):
        return self.side**2

    @stripchart.profile
    @classmethod
    def unit(cls):
        return cls(1)

    @classmethod
    @stripchart.profile
    def double(cls):
        return cls(2)

    @stripchart.profile
    @staticmethod
    def corners():
        return 4

    @stripchart.profile
    @property
    def perimeter(self):
        """All sides."""
        return 4 * self.side

    @perimeter.setter
    def perimeter(self, value):
        self.side = value / 4

    @stripchart.profile
    @functools.cached_property
    def diagonal(self):
        return self.side * 2**0.5


def test_a_profiled_function_looks_like_the_function():
    plain = add.__wrapped__
    assert type(plain) is types.FunctionType and plain is not add
    for name in ("__name__", "__qualname__", "__doc__", "__module__", "__annotations__", "__defaults__", "__kwdefaults__", "__code__",
                 "__globals__", "__dict__"):
        assert getattr(add, name) is getattr(plain, name), name
    assert repr(add) == repr(plain)
    assert inspect.signature(add) == inspect.signature(plain)
    assert inspect.isfunction(add) and inspect.isroutine(add) and isinstance(add, types.FunctionType)
    assert inspect.getsource(add) == inspect.getsource(plain) and inspect.getdoc(add) == "Adds."
    assert inspect.unwrap(add) is plain


def test_attributes_are_set_on_the_function():
    def function():
        function.calls = getattr(function, "calls", 0) + 1

    profiled = stripchart.profile(function)
    profiled()
    profiled.calls += 1
    profiled.__doc__ = "new"
    assert (function.calls, function.__doc__) == (2, "new")
    del profiled.calls
    assert not hasattr(function, "calls")
    with pytest.raises(AttributeError):
        profiled.missing


def test_arguments_and_results_pass_unchanged():
    marker = object()
    assert add(1) == 6 and add(1, 1, third=1) == 3 and add(first=1, second=2) == 6 and add(*[1], **{"third": 0}) == 3

    @stripchart.profile
    def everything(*arguments, **keywords):
        return arguments, keywords, marker

    assert everything(1, 2, a=3) == ((1, 2), {"a": 3}, marker)
    with pytest.raises(TypeError, match=r"add\(\) missing 1 required positional argument"):
        add()


def test_methods_bind():
    shape = Shape(3)
    assert shape.area() == Shape.area(shape) == 9
    bound = shape.area
    assert bound() == 9 and bound.__self__ is shape and bound.__func__ is Shape.__dict__["area"]
    assert Shape.unit().side == shape.unit().side == 1 and Shape.double().side == 2
    assert Shape.corners() == shape.corners() == 4
    assert shape.perimeter == 12 and Shape.perimeter.__doc__ == "All sides."
    shape.perimeter = 4
    assert shape.side == 1 and shape.diagonal == shape.diagonal

    class Square(Shape):
        def area(self):
            return super().area() + 1

    assert Square(2).area() == 5


def test_a_class_has_all_functions_of_its_body_profiled():
    @stripchart.profile
    class Counter:
        start = 5
        elsewhere = len

        def __init__(self):
            self.count = self.start

        def __len__(self):
            return self.count

        @staticmethod
        def static():
            return "s"

        @classmethod
        def make(cls):
            return cls()

        @property
        def twice(self):
            return 2 * self.count

        class Inner:
            def inner(self):
                return "i"

    counter = Counter.make()
    assert (len(counter), counter.twice, Counter.static(), Counter.Inner().inner()) == (5, 10, "s", "i")
    assert hasattr(Counter.__dict__["__init__"], "__wrapped__") and Counter.elsewhere is len
    assert not hasattr(Counter.Inner.inner, "__wrapped__")


def test_other_callables_are_profiled():
    class Callable:
        def __call__(self, value):
            return value + 1

    assert stripchart.profile(Callable())(1) == 2
    assert stripchart.profile(functools.partial(pow, 2))(3) == 8
    cached = stripchart.profile(functools.lru_cache(lambda value: value))
    assert cached(1) == cached(1) == 1 and cached.cache_info().hits == 1

    class Holder:
        length = stripchart.profile(len)  # a builtin function does not bind
        upper = stripchart.profile(str.upper)  # this one binds by its own rules

        @stripchart.profile
        @functools.lru_cache(maxsize=None)
        def cached(self):
            return 7

    assert Holder().length([1]) == 1 and Holder.upper("a") == "A" and Holder().cached() == 7


@pytest.mark.parametrize("target", [5, None, "", [], object()])
def test_what_is_not_callable_is_a_type_error(target):
    with pytest.raises(TypeError):
        stripchart.profile("name")(target)
    with pytest.raises(TypeError):
        stripchart.span("name")(target)
    with pytest.raises(TypeError):
        stripchart.lines(target)
    with pytest.raises(TypeError):
        stripchart.profile(add, name=5)


def test_pickling_copying_and_weak_references():
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(add, protocol)) is add
    assert pickle.loads(pickle.dumps(Shape.area)) is Shape.area
    shape = pickle.loads(pickle.dumps(Shape(3).area)).__self__
    assert shape.side == 3
    assert copy.copy(add) is add and copy.deepcopy(add) is add
    reference = weakref.ref(add)
    assert reference() is add and {add: 1}[add] == 1


def test_cycles_through_a_profiled_function_are_collected():
    class Marker:
        pass

    def make():
        marker = Marker()

        @stripchart.profile
        def function():
            return function, marker

        return weakref.ref(marker)

    reference = make()
    gc.collect()
    assert reference() is None


def test_tracebacks_have_no_extra_frame():
    @stripchart.profile
    def fails():
        raise ValueError("no")

    def plain():
        fails()

    with pytest.raises(ValueError) as raised:
        plain()
    names = [frame.name for frame in traceback.extract_tb(raised.tb)]
    assert names[-2:] == ["plain", "fails"]


def test_abstract_methods_stay_abstract():
    class Base(abc.ABC):
        @stripchart.profile
        @abc.abstractmethod
        def method(self): ...

    with pytest.raises(TypeError):
        Base()


def test_kinds_of_functions_stay_what_they_are():
    @stripchart.profile
    def generator():
        yield 1

    @stripchart.profile
    async def coroutine():
        return 1

    @stripchart.profile
    async def async_generator():
        yield 1

    assert inspect.isgeneratorfunction(generator) and inspect.iscoroutinefunction(coroutine)
    assert inspect.isasyncgenfunction(async_generator)
    assert generator.__name__ == "generator" and coroutine.__qualname__.endswith("<locals>.coroutine")


def test_generators_behave_as_before():
    closed = []

    @stripchart.profile
    def echo():
        received = None
        try:
            while True:
                try:
                    received = yield received
                except KeyError as error:
                    received = f"caught {error}"
                if received == "end":
                    return "result"
        finally:
            closed.append(True)

    running = echo()
    assert next(running) is None and running.send(5) == 5 and running.throw(KeyError("k")) == "caught 'k'"
    with pytest.raises(StopIteration) as stopped:
        running.send("end")
    assert stopped.value.value == "result" and closed == [True]

    running = echo()
    next(running)
    running.close()
    assert closed == [True, True]
    with pytest.raises(ZeroDivisionError):
        running = echo()
        next(running)
        running.throw(ZeroDivisionError())

    @stripchart.profile
    def outer():
        return (yield from echo())

    running = outer()
    next(running)
    with pytest.raises(StopIteration) as stopped:
        running.send("end")
    assert stopped.value.value == "result"


def test_coroutines_and_async_generators_behave_as_before():
    log = []

    @stripchart.profile
    async def numbers():
        try:
            for number in range(3):
                got = yield number
                if got is not None:
                    log.append(got)
        finally:
            await asyncio.sleep(0)
            log.append("closed")

    @stripchart.profile
    async def total():
        return sum([number async for number in numbers()])

    async def main():
        assert await total() == 3
        running = numbers()
        assert await running.__anext__() == 0 and await running.asend("hello") == 1
        await running.aclose()
        running = numbers()
        await running.__anext__()
        with pytest.raises(LookupError):
            await running.athrow(LookupError("in"))
        async for _ in numbers():
            break
        task = asyncio.ensure_future(forever())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    @stripchart.profile
    async def forever():
        await asyncio.sleep(1000)

    asyncio.run(main())
    assert log.count("closed") >= 3 and "hello" in log


def test_calls_are_spans_with_the_qualified_name(python):
    recorded = python("""
        import json
        json.dumps = stripchart.profile(json.dumps)
        class Shape:
            @stripchart.profile
            def area(self): return inner(1)
        @stripchart.profile("special")
        def inner(x): return json.dumps(x)
        @stripchart.profile(name="keyword")
        def other(): pass
        Shape().area(); other()
    """)
    assert [each.path for each in recorded.spans()] == [
        "Shape.area", "Shape.area/special", "Shape.area/special/json.dumps", "keyword",
    ]


def test_recursion_is_exact(python):
    recorded = python("""
        @stripchart.profile
        def fibonacci(n): return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)
        assert fibonacci(10) == 55
    """)
    spans = recorded.spans("fibonacci")
    assert len(spans) == 177 and max(each.depth for each in spans) == 9


def test_an_exception_marks_the_calls_that_it_leaves(python):
    recorded = python("""
        class Oops(Exception): pass
        @stripchart.profile
        def inner(): raise Oops
        @stripchart.profile
        def outer():
            try: inner()
            except Oops: return 1
        assert outer() == 1
    """)
    assert recorded.span("inner").arguments == {"exception": "Oops"}
    assert recorded.span("outer").arguments == {}


def test_a_generator_counts_only_while_it_runs(python):
    recorded = python("""
        import time
        @stripchart.profile
        def steps():
            for _ in range(3):
                yield
        for _ in steps():
            with stripchart.span("outside"):
                time.sleep(0.003)
        def fails():
            yield 1
            raise KeyError
        try: list(stripchart.profile(fails)())
        except KeyError: pass
        for _ in steps(): break
    """)
    stretches = recorded.spans("steps")
    # A generator that is closed may run once more, which 3.13 saves when there is nothing to clean up.
    assert [each.category for each in stretches][:5] == ["", "resumed", "resumed", "resumed", ""]
    assert all(0 <= each.nanoseconds < 3_000_000 for each in stretches)
    assert [each.depth for each in recorded.spans("outside")] == [0, 0, 0]
    assert [each.arguments for each in recorded.spans("fails")] == [{}, {"exception": "KeyError"}]


def test_a_coroutine_counts_while_it_runs_and_its_task_shows_its_life(python):
    recorded = python("""
        import asyncio
        @stripchart.profile
        async def work(): await asyncio.sleep(0.005)
        @stripchart.profile
        async def outer(): await work()
        async def main(): await asyncio.gather(*(asyncio.create_task(outer(), name=f"t{n}") for n in range(3)))
        asyncio.run(main())
    """)
    lives = [each for each in recorded.spans("work") if (each.track or "").startswith("task")]
    stretches = [each for each in recorded.spans("work") if each not in lives]
    assert sorted(each.track for each in lives) == ["task t0", "task t1", "task t2"]
    assert all(each.path == "outer/work" and each.nanoseconds >= 5_000_000 for each in lives)
    assert len(stretches) == 6 and sum(each.category == "resumed" for each in stretches) == 3
    assert all(0 <= each.nanoseconds < 5_000_000 for each in stretches)


def test_a_coroutine_that_fails_marks_its_life(python):
    recorded = python("""
        import asyncio
        @stripchart.profile
        async def fails():
            await asyncio.sleep(0)
            raise LookupError
        async def main():
            try: await fails()
            except LookupError: pass
            async with stripchart.span("after"): pass
        asyncio.run(main())
    """)
    life = next(each for each in recorded.spans("fails") if (each.track or "").startswith("task"))
    assert life.arguments == {"exception": "LookupError"} and life.nanoseconds >= 0
    assert recorded.span("after").depth == 0


def test_deep_recursion_is_as_deep_as_before():
    def depth_reached(function):
        try:
            return function(1)
        except RecursionError:
            return sys.getrecursionlimit()

    @stripchart.profile
    def down(n):
        return n if n == sys.getrecursionlimit() // 3 else down(n + 1)

    assert depth_reached(down) == sys.getrecursionlimit() // 3


def test_sibling_processes_find_profiled_functions_by_name(python):
    recorded = python("""
        from concurrent.futures import ProcessPoolExecutor
        import multiprocessing
        @stripchart.profile
        def square(n): return n * n
        if __name__ == "__main__":
            with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
                assert list(pool.map(square, range(4))) == [0, 1, 4, 9]
    """)
    assert len(recorded.spans("square")) == 4
