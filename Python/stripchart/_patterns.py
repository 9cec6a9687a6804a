"""Which code a pattern of `--functions` and `--lines` means.

=====================  ===========================================================================================
pattern                means
=====================  ===========================================================================================
``pkg.*``              everything in the package: a glob over ``module.qualified_name``
``pkg.mod``            the module, or the function ``mod`` of ``pkg``
``pkg.mod:Class.run``  globs over the module and, after the colon, the qualified name in it
``dir/*.py``           code of the files whose path ends so, in whole components (``**/``: any folders)
``name``               the module of that name, or the function of that name in the script that runs
=====================  ===========================================================================================

A name stands for what it names and for everything inside that: a package's modules, a class's methods, a function's
inner functions, lambdas and comprehensions. A pattern that begins with a wildcard, and a relative file pattern, mean
the user's own code only: not the standard library, not installed packages. A pattern that spells out the package
(``numpy.*``) means that package, wherever it is.
"""
from __future__ import annotations

import os
import sys
from _weakref import ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Callable, Dict, Iterable, List, Optional, Set, Tuple

FUNCTIONS = 1
"""The bit of a decision: a span a call."""
LINES = 2
"""The bit of a decision: its lines are counted."""

DYNAMIC = "<dynamic-code>"
"""The file that cloudpickle (3.1) gives to the code that it makes: copies of functions of the user's."""

_CO_OPTIMIZED = 1  # inspect.CO_OPTIMIZED: set for functions, not for modules and classes


class Place:
    """Where code stands, as far as it is the same for all code of one file run as one module."""

    __slots__ = ("modules", "path", "foreign")

    def __init__(self, modules: Tuple[str, ...], path: str, foreign: bool) -> None:
        self.modules = modules
        """All names the module goes by: a script is `__main__` and its file's name, ``-m`` gives the real one too."""
        self.path = path
        self.foreign = foreign
        """It belongs to the standard library, to an installed package, or to nobody (frozen, generated)."""


class Pattern:
    """One pattern, compiled once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.is_file = _is_file(text)
        self.is_bare = False
        self._names_synthetic = "<" in text
        self._file: Optional[Glob] = None
        self._dotted: Optional[Glob] = None
        self._module: Optional[Glob] = None
        self._inside: Optional[Glob] = None
        if self.is_file:
            self.is_explicit = text.startswith("/")
            components = text[2:] if text.startswith("./") else text
            self._file = Glob(components if self.is_explicit else "**/" + components, of_files=True)
        elif ":" in text:
            module, _, inside = text.partition(":")
            self.is_explicit = _is_literal_start(module)
            self._module = Glob(module or "*")
            self._inside = Glob(inside or "*")
        else:
            self.is_explicit = _is_literal_start(text)
            self.is_bare = text.isidentifier()
            self._inside = self._dotted = Glob(text)

    def of_place(self, place: Place) -> Optional[Callable[[str], bool]]:
        """What is left to ask about a qualified name, or None: nothing there matches."""
        if place.foreign and not self.is_explicit:
            return None
        if self._file is not None:
            return _always if self._file.matches(place.path) else None
        if self._module is not None:
            if not any(map(self._module.matches, place.modules)):
                return None
            inside = self._inside
            return inside.contains  # type: ignore[union-attr]
        dotted = self._dotted
        assert dotted is not None
        if any(map(dotted.contains, place.modules)):
            return _always
        if self.is_bare:
            return dotted.contains if "__main__" in place.modules else None
        prefixes = [module + "." for module in place.modules]
        return lambda name: any(dotted.contains(prefix + name) for prefix in prefixes)

    def takes_span(self, code: CodeType, name: str) -> bool:
        """`<module>`, `<lambda>`, `<listcomp>` and class bodies are spans only where the pattern says `<`."""
        last = name.rpartition(".")[2]
        return self._names_synthetic or (not last.startswith("<") and bool(code.co_flags & _CO_OPTIMIZED))


def _always(name: str) -> bool:
    return True


def _is_file(text: str) -> bool:
    return "/" in text or text.endswith(".py") or text.endswith(".pyw")


def _is_literal_start(text: str) -> bool:
    """Does the pattern spell out the top-level package?"""
    first = text.partition(".")[0]
    return bool(first) and not any(each in first for each in "*?[")


class Glob:
    """`*`, `?` and `[…]` as fnmatch has them; of files they stay in a component, and `**/` is any folders. Not by `re`: that
    would be imported before the program begins, where it can see it."""

    def __init__(self, text: str, of_files: bool = False) -> None:
        """Errors: ValueError, a range that ends before it begins."""
        self._steps: List[Tuple[str, Optional[_Set]]] = []
        self._stop = "/" if of_files else ""
        at = 0
        while at < len(text):
            each = text[at]
            at += 1
            if each == "*" and of_files and text.startswith("*/", at):
                self._steps.append(("**", None))
                at += 2
            elif each in "*?":
                self._steps.append((each, None))
            else:
                end = text.find("]", at + 2 if text[at : at + 1] == "!" else at + 1) if each == "[" else -1
                if end < 0:
                    self._steps.append((each, None) if each not in "*?[" else ("[", _Set(each)))
                else:
                    self._steps.append(("[", _Set(text[at:end])))
                    at = end + 1

    def matches(self, text: str) -> bool:
        return len(text) in self._ends(text)

    def contains(self, text: str) -> bool:
        """Is it what matches, or inside that: `pkg.mod` of `pkg`?"""
        return any(at == len(text) or text[at] == "." for at in self._ends(text))

    def _ends(self, text: str) -> Set[int]:
        """Where the whole pattern may have ended."""
        places = {0}
        for kind, characters in self._steps:
            if kind == "*":
                reached: Set[int] = set()
                for at in sorted(places):
                    while at not in reached:
                        reached.add(at)
                        if at == len(text) or text[at] == self._stop:
                            break
                        at += 1
                places = reached
            elif kind == "**":
                first = min(places)
                places |= {at + 1 for at in range(first, len(text)) if text[at] == "/"}
            else:
                places = {
                    at + 1
                    for at in places
                    if at < len(text)
                    and (
                        text[at] in characters
                        if characters is not None
                        else text[at] != self._stop if kind == "?" else text[at] == kind
                    )
                }
            if not places:
                break
        return places


class _Set:
    """What stands between `[` and `]`."""

    def __init__(self, text: str) -> None:
        self._is_other = len(text) > 1 and text[0] in "!"
        self._ranges: List[Tuple[str, str]] = []
        text = text[1:] if self._is_other else text
        at = 0
        while at < len(text):
            last = text[at + 2] if text[at + 1 : at + 2] == "-" and at + 2 < len(text) else text[at]
            if last < text[at]:
                raise ValueError(text)
            self._ranges.append((text[at], last))
            at += 3 if text[at + 1 : at + 2] == "-" and at + 2 < len(text) else 1

    def __contains__(self, each: str) -> bool:
        return any(first <= each <= last for first, last in self._ranges) != self._is_other


def compiled(text: str) -> Pattern:
    """A pattern that cannot be compiled (``[z-a]``) means itself, letter by letter."""
    try:
        return Pattern(text)
    except ValueError:
        return Pattern(text.replace("[", "[[]"))


def split(variable: Optional[str]) -> List[str]:
    """The patterns of an environment variable: one a line."""
    return [each.strip() for each in (variable or "").split("\n") if each.strip()]


_CodeType = type(_is_file.__code__)


class QualifiedNames:
    """`co_qualname`, also where code objects have none (before 3.11)."""

    def __init__(self) -> None:
        # By identity, because equal code may stand twice. No callback forgets what has gone: it would run in the program's
        # sight (a coverage tool's).
        self._known: Dict[int, Tuple[ref[CodeType], str]] = {}
        self._sweep_at = 1000

    def of(self, code: CodeType, module: str) -> str:
        name = getattr(code, "co_qualname", None)
        if isinstance(name, str):
            return name
        known = self._name(code)
        if known is None and code.co_name != "<module>":
            self._learn_from(sys.modules.get(module))
            known = self._name(code)
        if known is None:
            # A module tells the names of all that it holds. Other code that nobody told of has only its own name.
            self._learn(code, code.co_name)
            return code.co_name
        return known

    def _name(self, code: CodeType) -> Optional[str]:
        known = self._known.get(id(code))
        return known[1] if known is not None and known[0]() is code else None

    def _learn(self, code: CodeType, name: str) -> None:
        if len(self._known) > self._sweep_at:
            self._known = {identity: known for identity, known in self._known.items() if known[0]() is not None}
            self._sweep_at = 2 * len(self._known) + 1000
        self._known[id(code)] = (ref(code), name)
        if name == "<module>":
            prefix = ""
        elif code.co_flags & _CO_OPTIMIZED:
            prefix = name + ".<locals>."
        else:
            prefix = name + "."
        for inner in code.co_consts:
            if isinstance(inner, _CodeType):
                self._learn(inner, prefix + inner.co_name)

    def _learn_from(self, module: object) -> None:
        for name, function in functions_of(module):
            if self._name(function.__code__) is None:
                self._learn(function.__code__, name)


def functions_of(module: object) -> Iterable[Tuple[str, Callable[..., object]]]:
    """(qualified name, function) of what is defined in a module, also of methods; without calling anything of it."""
    space = getattr(module, "__dict__", None)
    own = getattr(module, "__name__", None)
    waiting = list(space.values()) if isinstance(space, dict) else []
    seen = set()
    while waiting:
        value = waiting.pop()
        if isinstance(value, (staticmethod, classmethod)):
            value = value.__func__
        elif isinstance(value, property):
            waiting += [each for each in (value.fget, value.fset, value.fdel) if each is not None]
            continue
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, type):
            if value.__dict__.get("__module__") == own:
                waiting += value.__dict__.values()
            continue
        if type(value).__name__ != "function":
            continue
        if value.__dict__.get("__wrapped__") is not None:
            waiting.append(value.__dict__["__wrapped__"])
        if value.__module__ == own:
            yield value.__qualname__, value


class ForeignFiles:
    """Whose code is it? The standard library and installed packages are not the user's."""

    def __init__(self) -> None:
        self._folders = (os.path.dirname(os.__file__) + "/", os.path.dirname(os.path.abspath(__file__)) + "/")
        self._known: Dict[str, bool] = {}

    def __contains__(self, path: str) -> bool:
        known = self._known.get(path)
        if known is None:
            known = path.startswith(self._folders) or "/site-packages/" in path or "/dist-packages/" in path
            self._known[path] = known
        return known


def place_of(path: str, module: str, foreign: ForeignFiles) -> Place:
    modules: Tuple[str, ...] = (module,)
    if module in ("__main__", "__mp_main__"):
        stem = path.rpartition("/")[2]
        stem = stem[:-3] if stem.endswith(".py") else ""
        spec = getattr(sys.modules.get(module), "__spec__", None)
        real = getattr(spec, "name", None)
        modules = tuple(dict.fromkeys(each for each in ("__main__", module, real, stem) if each))
    if path == DYNAMIC:
        is_foreign = False
    elif path.startswith("<") and not path.startswith("<ipython-input"):
        # Frozen modules, and what dataclasses and namedtuples generate. `-c` and standard input are the user's.
        is_foreign = path not in ("<string>", "<stdin>") or "__main__" not in modules
    else:
        is_foreign = path in foreign
    return Place(modules, path, is_foreign)
