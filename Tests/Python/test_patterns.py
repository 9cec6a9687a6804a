"""Which code a pattern means."""
from __future__ import annotations

import sys
import types

import pytest

from stripchart._matcher import Matcher
from stripchart._near_misses import near_misses
from stripchart._patterns import FUNCTIONS, LINES, QualifiedNames, functions_of, split

SOURCE = '''
class Price:
    currency = "EUR"
    def __init__(self, value):
        self.value = value
    @classmethod
    def of(cls, value):
        return cls(value)
    class Inner:
        def deep(self):
            pass

def total(prices):
    def inner(price):
        return price.value
    return sum(inner(each) for each in prices) + sum([inner(each) for each in prices])

def lonely():
    return lambda: 1
'''


def codes_of(path="/home/ann/shop/prices.py", source=SOURCE):
    """qualified name → code, of a module that has not been imported."""
    found = {}

    def visit(code, name):
        found[name] = code
        prefix = "" if name == "<module>" else name + (".<locals>." if code.co_flags & 1 else ".")
        for inner in code.co_consts:
            if isinstance(inner, types.CodeType):
                visit(inner, prefix + inner.co_name)

    visit(compile(source, path, "exec"), "<module>")
    return found


def decisions(pattern, module="shop.prices", path="/home/ann/shop/prices.py", option="functions"):
    """The qualified names that a pattern takes."""
    matcher = Matcher([pattern], []) if option == "functions" else Matcher([], [pattern])
    return {name for name, code in codes_of(path).items() if matcher(code, module)}


def bits(answer):
    return answer[0] if isinstance(answer, tuple) else answer


METHODS = {"Price.__init__", "Price.of", "Price.Inner.deep"}
FUNCTIONS_THERE = METHODS | {"total", "total.<locals>.inner", "lonely"}


@pytest.mark.parametrize("pattern, expected", [
    ("shop.*", FUNCTIONS_THERE),
    ("shop.prices.*", FUNCTIONS_THERE),
    ("shop", FUNCTIONS_THERE),
    ("shop.prices", FUNCTIONS_THERE),
    ("*", FUNCTIONS_THERE),
    ("shop.prices:*", FUNCTIONS_THERE),
    ("sh?p.pri[a-d]es:*", FUNCTIONS_THERE),
    ("shop.prices.total", {"total", "total.<locals>.inner"}),
    ("shop.prices:total", {"total", "total.<locals>.inner"}),
    ("shop.prices:Price", METHODS),
    ("shop.prices:Price.of", {"Price.of"}),
    ("*:Price.*", METHODS),
    (":lonely", {"lonely"}),
    ("shop.prices:<lambda>", set()),
    ("*<lambda>", {"lonely.<locals>.<lambda>"}),
    ("shop.prices:*<genexpr>", {"total.<locals>.<genexpr>"}),
    ("prices.py", FUNCTIONS_THERE),
    ("./prices.py", FUNCTIONS_THERE),
    ("shop/prices.py", FUNCTIONS_THERE),
    ("shop/*.py", FUNCTIONS_THERE),
    ("ann/**/prices.py", FUNCTIONS_THERE),
    ("/home/ann/**/*.py", FUNCTIONS_THERE),
    ("/home/ann/shop/prices.py", FUNCTIONS_THERE),
    ("op/prices.py", set()),
    ("ices.py", set()),
    ("/shop/prices.py", set()),
    ("shop.price", set()),
    ("shopping.*", set()),
    ("total", set()),
    ("shop.prices:tot", set()),
    ("Shop.*", set()),
    ("shop.prices:Pri", set()),
    ("[z-a].*", set()),
    ("[", set()),
    ("(shop", set()),
])
def test_a_pattern_takes_these_functions(pattern, expected):
    assert decisions(pattern) == expected


def test_lines_of_a_module_include_its_own_and_those_of_class_bodies():
    taken = decisions("shop.prices", option="lines")
    assert {"<module>", "Price", "Price.of", "lonely.<locals>.<lambda>", "total.<locals>.<genexpr>"} <= taken


def test_lines_of_a_function_include_its_inner_code_only():
    taken = decisions("shop.prices:total", option="lines")
    assert {"total", "total.<locals>.inner", "total.<locals>.<genexpr>"} <= taken
    assert all(name.startswith("total") for name in taken)


@pytest.mark.parametrize("path", [
    types.__file__, "/usr/lib/python3/dist-packages/shop/prices.py", "/venv/lib/python3.12/site-packages/shop/prices.py",
    "<frozen shop>", "<string>", "<attrs generated init shop>",
])
@pytest.mark.parametrize("pattern, is_taken", [("*", False), ("shop.*", True), ("prices.py", False), ("types.py", False)])
def test_code_that_is_not_the_users_is_taken_only_by_a_pattern_that_spells_out_its_package(path, pattern, is_taken):
    assert bool(decisions(pattern, path=path)) is is_taken


def test_code_on_the_command_line_is_the_users():
    assert decisions("*", module="__main__", path="<string>") == FUNCTIONS_THERE


@pytest.mark.parametrize("pattern", ["train", "train.*", "train:total", "__main__", "__main__:total", "total", "train.py"])
def test_a_script_goes_by_its_file_name_and_by_main(pattern):
    assert "total" in decisions(pattern, module="__main__", path="/home/ann/train.py")


def test_a_module_that_runs_as_main_goes_by_its_own_name(monkeypatch):
    main = types.ModuleType("__main__")
    main.__spec__ = types.SimpleNamespace(name="shop.prices")
    monkeypatch.setitem(sys.modules, "__main__", main)
    assert "total" in decisions("shop.prices:total", module="__main__")


def test_both_options_may_take_the_same_function():
    matcher = Matcher(["shop.*"], ["shop.prices:total"])
    codes = codes_of()
    assert bits(matcher(codes["total"], "shop.prices")) == FUNCTIONS | LINES
    assert bits(matcher(codes["lonely"], "shop.prices")) == FUNCTIONS
    assert matcher(codes["<module>"], "shop.prices") == 0


def test_nothing_that_a_matcher_is_given_makes_it_raise():
    matcher = Matcher(["*"], ["x.py"])
    assert matcher(None, None) == 0
    assert matcher(compile("1", "", "exec"), None) == 0


def test_qualified_names_are_known_without_co_qualname():
    class Bare:
        """A code object as CPython 3.9 has it."""

    names = QualifiedNames()
    codes = codes_of()
    module = types.ModuleType("shop.prices")
    exec(codes["<module>"], module.__dict__)
    names._learn(codes["<module>"], "<module>")
    assert {name for _, name in names._known.values()} == set(codes)


def test_functions_of_a_module_are_found_with_their_methods_and_behind_decorators():
    module = types.ModuleType("shop.prices")
    exec(compile(SOURCE, "prices.py", "exec"), module.__dict__)
    module.borrowed = pytest.fixture
    assert {name for name, _ in functions_of(module)} == METHODS | {"total", "lonely"}


def test_patterns_of_the_environment_are_one_a_line():
    assert split("a.*\n\n b.py \n") == ["a.*", "b.py"]
    assert split(None) == []


@pytest.fixture
def shop(monkeypatch, tmp_path):
    """An imported module, of which only `total` has run."""
    file = tmp_path / "prices.py"
    file.write_text(SOURCE)
    module = types.ModuleType("shop.prices")
    module.__file__ = str(file)
    exec(compile(SOURCE, str(file), "exec"), module.__dict__)
    monkeypatch.setitem(sys.modules, "shop.prices", module)
    return module


@pytest.mark.parametrize("pattern, name", [
    ("shop.prices:totl", "shop.prices:total"), ("shop.price.total", "shop.prices.total"),
    ("shop.prices:Price.fo", "shop.prices:Price.of"), ("shop.prizes", "shop.prices"), ("price.py", "prices.py"),
])
def test_what_resembles_a_pattern_that_matched_nothing_is_found(shop, pattern, name):
    misses = near_misses(Matcher([], [pattern]))
    assert ("l0", name) == (misses[0][0], misses[0][2])
    assert 0.6 <= misses[0][1] <= 1


def test_a_function_that_was_never_called_is_said_to_be_uncalled(shop):
    assert near_misses(Matcher(["shop.prices:lonely"], [])) == [("f0", "uncalled", "shop.prices:lonely")]


def test_a_pattern_that_matched_has_no_near_misses(shop):
    matcher = Matcher(["shop.*"], [])
    matcher(shop.total.__code__, "shop.prices")
    assert near_misses(matcher) == []
