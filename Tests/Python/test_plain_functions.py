"""Places where CPython or the standard library want a plain function: what is decorated there works as without us."""
from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

import stripchart

DECORATORS = {
    "profile": "stripchart.profile",
    "named": "stripchart.profile('a name')",
    "span": "stripchart.span('a name', number=1)",
    "lines": "stripchart.lines",
    "both": "lambda f: stripchart.profile(stripchart.lines(f))",
    "twice": "lambda f: stripchart.profile(stripchart.profile(f))",
}

# Each prints what it does. `D` decorates; without us it gives the function back.
PROGRAMS = {
    "init_subclass": """
        class Base:
            @D
            def __init_subclass__(cls, **keywords):
                super().__init_subclass__()
                print(cls.__name__, keywords)
        class Child(Base, flag=1): pass
        print(type(vars(Base)["__init_subclass__"]))
        Child.__init_subclass__(other=2)
    """,
    "class_getitem": """
        class Box:
            @D
            def __class_getitem__(cls, item): return cls.__name__, item
        print(Box[int], Box()[1] if hasattr(Box, "__getitem__") else None, type(vars(Box)["__class_getitem__"]))
    """,
    "new": """
        import copy, pickle
        class Point(tuple):
            @D
            def __new__(cls, x, y=2): return super().__new__(cls, (x, y))
            def __getnewargs__(self): return tuple(self)
        class Sub(Point): pass
        class Fixed(Point):
            @D
            def __new__(cls): return super().__new__(cls, 9)
        print(Point(1), Sub(3, 4), Fixed.__mro__[1].__new__(Fixed, 5), Point(1).__new__(Point, 7), type(vars(Point)["__new__"]))
        print(copy.copy(Point(1)), pickle.loads(pickle.dumps(Point(5, 6))))
    """,
    "set_name_and_descriptors": """
        class Field:
            @D
            def __set_name__(self, owner, name): self.name = name
            @D
            def __get__(self, instance, owner=None): return self if instance is None else instance.__dict__[self.name]
            @D
            def __set__(self, instance, value): instance.__dict__[self.name] = value
            @D
            def __delete__(self, instance): del instance.__dict__[self.name]
        class Owner:
            field = Field()
        owner = Owner()
        owner.field = 5
        print(owner.field, Owner.field.name)
        del owner.field
        print(vars(owner))
    """,
    "metaclass": """
        class Meta(type):
            @classmethod
            @D
            def __prepare__(mcs, name, bases, **keywords): return {"prepared": name}
            @D
            def __new__(mcs, name, bases, space, **keywords): return super().__new__(mcs, name, bases, space)
            @D
            def __init__(cls, name, bases, space, **keywords): super().__init__(name, bases, space)
            @D
            def __call__(cls, *arguments): return super().__call__(*arguments), "called"
            @D
            def __instancecheck__(cls, instance): return instance == 5
            @D
            def __subclasscheck__(cls, other): return other is int
            @D
            def mro(cls): return type.mro(cls)
        class Thing(metaclass=Meta, keyword=1): pass
        print(Thing()[1], isinstance(5, Thing), issubclass(int, Thing), issubclass(str, Thing), Thing.prepared)
        class Static(type):
            @staticmethod
            @D
            def __prepare__(name, bases): return {"static": 1}
        class Other(metaclass=Static): pass
        print(Other.static)
    """,
    "special_methods": """
        class Thing:
            @D
            def __init__(self): self.items = [1, 2]
            @D
            def __len__(self): return 2
            @D
            def __iter__(self): return iter(self.items)
            @D
            def __getattr__(self, name): return "no " + name
            @D
            def __eq__(self, other): return True
            @D
            def __hash__(self): return 3
            @D
            def __call__(self, *arguments): return arguments
            @D
            def __enter__(self): return 7
            @D
            def __exit__(self, *arguments): return True
            @D
            def __del__(self): print("gone")
            @D
            def __getitem__(self, key): return key
            @D
            def __add__(self, other): return "sum"
            @D
            def __format__(self, how): return "formatted" + how
            @D
            def __reduce__(self): return (int, ("5",))
            @D
            def __bool__(self): return False
            @D
            def __missing__(self, key): return key
            @D
            def __instancecheck__(self, other): return True
            @D
            def __dir__(self): return ["b", "a"]
            @D
            def __index__(self): return 1
        thing = Thing()
        import copy
        print(len(thing), list(thing), thing.other, thing == 1, {thing: 1}[thing], thing(1), thing[2:3], thing + 1, f"{thing:x}")
        print(copy.copy(thing), bool(thing), isinstance(1, thing), dir(thing), [5, 6][thing])
        with thing as entered: raise KeyError
        print(entered)
        del thing
    """,
    "super_and_class_cell": """
        class Base:
            @D
            def name(self): return __class__.__name__
        class Child(Base):
            @D
            def name(self): return super().name() + __class__.__name__
        print(Child().name())
    """,
    "dataclass": """
        import dataclasses, sys
        @dataclasses.dataclass
        class Item:
            name: str
            price: float = 1.5
            tags: list = dataclasses.field(default_factory=D(lambda: [1]))
            @D
            def __post_init__(self): self.total = self.price * 2
            @D
            def cost(self) -> float: return self.price
            @property
            @D
            def double(self): return 2 * self.price
        print(Item("a"), Item("a").cost(), Item("a").double, Item("b").total, dataclasses.fields(Item)[1].name, Item("a") == Item("a"))
        if sys.version_info >= (3, 10):
            @dataclasses.dataclass(slots=True, frozen=True)
            class Slotted:
                x: int
                @D
                def which(self): return __class__.__name__, self.x
                @D
                def __init_subclass__(cls): print("sub", cls.__name__)
            print(Slotted(3).which() if sys.version_info >= (3, 14) else Slotted(3).x)
            class Sub(Slotted): pass
    """,
    "enum": """
        import enum
        class Color(enum.Enum):
            @D
            def _generate_next_value_(name, start, count, last): return name.lower()
            RED = enum.auto()
            BLUE = enum.auto()
            @D
            def shout(self): return self.value.upper()
            @classmethod
            @D
            def _missing_(cls, value): return cls.RED
            @D
            def __str__(self): return "color " + self.value
        print(list(Color), Color.RED.shout(), Color("none"), str(Color.BLUE), Color.BLUE.value)
        class Planet(enum.Enum):
            EARTH = 1, 2
            @D
            def __new__(cls, mass, radius):
                member = object.__new__(cls)
                member._value_ = mass + radius
                return member
            @D
            def __init__(self, mass, radius): self.mass = mass
            @property
            @D
            def weight(self): return self.mass * 2
        print(Planet.EARTH.value, Planet.EARTH.weight, Planet(3))
        class Flag(enum.IntFlag):
            A = 1
            B = 2
            @D
            def both(self): return bool(self & Flag.A) and bool(self & Flag.B)
        print((Flag.A | Flag.B).both())
    """,
    "typing": """
        import typing, collections
        T = typing.TypeVar("T")
        class Stack(typing.Generic[T]):
            @D
            def push(self, item: T) -> "Stack[T]": return self
            @D
            def __init_subclass__(cls, **keywords):
                super().__init_subclass__(**keywords)
                print("subclass", cls.__name__)
        class Ints(Stack[int]): pass
        print(Stack[int]().push(1).__class__.__name__, sorted(typing.get_type_hints(Stack.push)))
        @typing.runtime_checkable
        class Sized(typing.Protocol):
            @D
            def size(self) -> int: ...
        class Has:
            @D
            def size(self) -> int: return 1
        print(isinstance(Has(), Sized), isinstance(5, Sized), issubclass(Has, Sized))
        class Pair(typing.NamedTuple):
            a: int
            b: int = 2
            @D
            def total(self): return self.a + self.b
            @classmethod
            @D
            def make(cls): return cls(5)
        print(Pair(1).total(), Pair.make())
        @typing.overload
        def f(x: int) -> int: ...
        @D
        def f(x): return x
        print(f(1), typing.get_type_hints(f), typing.no_type_check(f) is f)
    """,
    "functools": """
        import functools
        @functools.singledispatch
        @D
        def show(value): return "any"
        @show.register
        @D
        def _(value: int): return "int"
        @show.register(str)
        @D
        def _(value): return "str"
        print(show(1), show("a"), show(None), show.__name__)
        class Shows:
            @functools.singledispatchmethod
            @D
            def show(self, value): return "any"
            @show.register
            @D
            def _(self, value: int): return "int"
            @functools.singledispatchmethod
            @classmethod
            @D
            def make(cls, value): return cls.__name__, "any"
            @make.register
            @classmethod
            @D
            def _(cls, value: int): return cls.__name__, "int"
            @functools.cached_property
            @D
            def once(self): print("computed"); return 5
            @functools.lru_cache(maxsize=None)
            @D
            def cached(self, n): print("cached"); return n
            @D
            def two(self, a, b): return a, b
            one = functools.partialmethod(two, 1)
        shows = Shows()
        print(shows.show(1), shows.show("a"), Shows.make(1), Shows.make("a"), shows.once, shows.once, shows.cached(3), shows.cached(3), shows.one(2))
        @functools.total_ordering
        class Order:
            def __init__(self, n): self.n = n
            @D
            def __lt__(self, other): return self.n < other.n
            @D
            def __eq__(self, other): return self.n == other.n
        print(Order(1) < Order(2), Order(2) >= Order(1))
        @D
        def plain(a, b=2): return a + b
        @functools.wraps(plain)
        def wrapper(*arguments): return plain(*arguments)
        print(wrapper(1), wrapper.__name__, functools.partial(plain, 1)(5), functools.reduce(plain, [1, 2, 3]))
    """,
    "abc": """
        import abc
        class Base(abc.ABC):
            @abc.abstractmethod
            @D
            def one(self): ...
            @D
            @abc.abstractmethod
            def two(self): ...
            @property
            @abc.abstractmethod
            @D
            def three(self): ...
            @classmethod
            @D
            def __subclasshook__(cls, other): return True if other is int else NotImplemented
        print(sorted(Base.__abstractmethods__), issubclass(int, Base))
        class Child(Base):
            @D
            def one(self): return 1
            @D
            def two(self): return 2
            @property
            @D
            def three(self): return 3
        print(Child().one(), Child().two(), Child().three)
    """,
    "inspect": """
        import inspect, types, dis, io, pydoc
        class Thing:
            @D
            def method(self, a: int, *, b: str = "x") -> float:
                "Says."
                return 1.0
            @classmethod
            @D
            def make(cls): ...
            @staticmethod
            @D
            def static(): ...
        print(inspect.signature(Thing.method), inspect.signature(Thing().method), inspect.isfunction(Thing.method), inspect.ismethod(Thing().method))
        print(inspect.getdoc(Thing.method), inspect.getsource(Thing.method).count("return"), inspect.getfullargspec(Thing.method))
        print([each.kind for each in inspect.classify_class_attrs(Thing) if each.name in ("method", "make", "static")])
        print(isinstance(Thing.method, types.FunctionType), [name for name, _ in inspect.getmembers(Thing, inspect.isfunction)])
        print(inspect.ismethoddescriptor(Thing.method), inspect.isroutine(Thing.method), callable(Thing.method))
        print(inspect.getclosurevars(Thing.method).unbound, inspect.getmodule(Thing.method).__name__, inspect.getfile(Thing.method) == __file__)
        print(len(list(dis.get_instructions(Thing.method))) > 0, "Says." in pydoc.plain(pydoc.render_doc(Thing.method)))
    """,
    "copies": """
        import types
        @D
        def f(a, b=2):
            "Doc."
            return a + b + outside
        outside = 1
        def copied(f): return type(f)(f.__code__, dict(f.__globals__, outside=10), f.__name__, f.__defaults__, f.__closure__)
        print(copied(f)(1), types.FunctionType(f.__code__, f.__globals__, "n", (5,))(1))
        def g(a, b=3): return a * b
        f.__code__ = g.__code__
        f.__defaults__ = (4,)
        print(f(2), f.__kwdefaults__)
        f.__kwdefaults__ = None
        print(types.MethodType(f, 3)())
    """,
    "generators_and_coroutines": """
        import asyncio, contextlib, inspect, types
        @contextlib.contextmanager
        @D
        def managed(): yield 5
        @contextlib.asynccontextmanager
        @D
        async def managed_later(): yield 6
        @types.coroutine
        @D
        def old(): yield
        @D
        async def native(): return 7
        class Iterates:
            @D
            def __iter__(self): yield from (1, 2)
            @D
            async def __aiter__(self):
                yield 3
            @D
            def __await__(self):
                yield
                return 9
        async def main():
            async with managed_later() as later: pass
            await old()
            return later, await native(), [each async for each in Iterates()], await Iterates()
        with managed() as value: print(value)
        print(list(Iterates()), asyncio.run(main()))
        print(inspect.iscoroutinefunction(native), asyncio.iscoroutinefunction(native), inspect.isgeneratorfunction(Iterates.__iter__))
    """,
    "mock_and_unittest": """
        import unittest, unittest.mock
        @D
        def target(a, b=1): return a
        mocked = unittest.mock.create_autospec(target)
        mocked(1)
        try: mocked(1, 2, 3)
        except TypeError as error: print(error)
        class Case(unittest.TestCase):
            @D
            def setUp(self): self.value = 1
            @D
            def test_one(self): self.assertEqual(self.value, 1)
            @D
            @unittest.expectedFailure
            def test_two(self): self.fail()
        result = unittest.TestResult()
        unittest.defaultTestLoader.loadTestsFromTestCase(Case).run(result)
        print(result)
    """,
    "threads_and_hooks": """
        import atexit, sys, threading, weakref
        @D
        def called(*arguments): print("called", len(arguments))
        thread = threading.Thread(target=called, args=(1,))
        thread.start(); thread.join()
        atexit.register(called, 1, 2)
        class Thing:
            @D
            def method(self): return 5
        thing = Thing()
        weak = weakref.WeakMethod(thing.method)
        print(weak()(), weakref.ref(called)() is called)
        sys.unraisablehook = sys.excepthook = called
        before = __builtins__.__import__
        __builtins__.__import__ = D(lambda *a, **k: before(*a, **k))
        import colorsys
        __builtins__.__import__ = before
        @D
        def __getattr__(name): return "module " + name
        print(sys.modules["__main__"].whatever, sorted([3, 1], key=D(lambda each: each)))
    """,
}


def output(tmp_path, program, decorator, *before):
    (tmp_path / "program.py").write_text(f"import stripchart\nD = {decorator}\n" + textwrap.dedent(program))
    done = subprocess.run([*before, sys.executable, "-W", "error", "program.py"], cwd=tmp_path, capture_output=True, text=True,
                          timeout=120)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_wants_a_plain_function_takes_a_decorated_one(tmp_path, command, name):
    plain = output(tmp_path, PROGRAMS[name], "lambda f: f")
    assert plain[0] == 0, plain[2]
    for decorator in DECORATORS.values():
        assert output(tmp_path, PROGRAMS[name], decorator) == plain, decorator
        recorded = output(tmp_path, PROGRAMS[name], decorator, command, "run", "-q", "--force", "-o", "run.pftrace", "--")
        assert recorded == plain, decorator


def test_calls_by_the_interpreter_are_spans(python):
    recorded = python("""
        class Base:
            @stripchart.profile
            def __init_subclass__(cls): pass
            @stripchart.profile
            def __class_getitem__(cls, item): pass
            @stripchart.profile
            def __new__(cls): return super().__new__(cls)
        class Child(Base): pass
        Base[int]
        Child()
    """)
    assert recorded.names() == ["Base.__init_subclass__", "Base.__class_getitem__", "Base.__new__"]


def test_a_callable_keeps_its_own_set_name():
    class Descriptor:
        def __set_name__(self, owner, name):
            self.name = name

        def __call__(self):
            return self.name

    class Owner:
        attribute = stripchart.profile(Descriptor(), name="d")

    assert vars(Owner)["attribute"]() == "attribute"
