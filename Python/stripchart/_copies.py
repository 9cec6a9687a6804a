"""Functions that a pickler copies by their code, to run in another process: cloudpickle and what is made of it (joblib, dask, ray,
Spark), dill. What was asked for a function goes with the copy.

A profiled function goes as itself, with the function in it. A function that is instrumented by its code object, and so is no
object of ours (lines; generators and coroutines from 3.12 on), has an `Instrumented` in its `__dict__`, which goes with that.
"""
from __future__ import annotations

import sys
from types import CodeType

from . import _native

SPANS, LINES = 1, 2
ATTRIBUTE = "__stripchart__"


def remember(function, name, what, span=None):
    """Notes what was asked for a function by its code object."""
    known = function.__dict__.get(ATTRIBUTE)
    if isinstance(known, Instrumented) and known.code is function.__code__:
        what |= known.what
        span = span or known.span
        if known.what & SPANS:
            name = known.name
    code = function.__code__
    function.__dict__[ATTRIBUTE] = Instrumented(code, name, what, span, code.co_filename)


class Instrumented:
    __slots__ = ("code", "name", "what", "span", "file")

    def __init__(self, code, name, what, span, file):
        self.code, self.name, self.what, self.span = code, name, what, span
        self.file = file
        """Where the function stands: a pickler may leave that out of the copy's code."""

    def __reduce_ex__(self, protocol):
        # The function that holds this was pickled before it, so its copy has the copy of the code object that is pickled here.
        if _saves_code(_pickler(sys._getframe(1))):
            return restore, (self.code, self.name, self.what, self.span, self.file)
        return type(None), ()

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self


def restore(code, name, what, span, file):
    from . import _profile

    if what & LINES:
        _profile.count_lines(code, name, file)
    if what & SPANS:
        _native.profile_code(code, name, span, file)
    return Instrumented(code, name, what, span, file)


def make_span(name, arguments):
    return _native.span(name, **arguments)


def is_copied(function):
    """Asked for a profiled function, from C, while a pickler decides about it: will it take the function by value?"""
    pickler = _pickler(sys._getframe(1))
    if not _saves_code(pickler):
        return False
    for kind in type(pickler).__mro__:
        by_reference = getattr(sys.modules.get(kind.__module__), "_should_pickle_by_reference", None)  # cloudpickle's rule
        if by_reference is not None:
            return not by_reference(function)
    return function.__module__ == "__main__" or _found(function.__module__, function.__qualname__) is not function


def _found(module, path):
    found = sys.modules.get(module)
    for name in path.split("."):
        found = getattr(found, name, None)
    return found


def _pickler(frame):
    """Whose method runs in a frame: in that of `dump`, from which the pickler in C is called, `save` or `reducer_override`."""
    pickle = sys.modules.get("pickle")
    if pickle is None or not frame.f_code.co_argcount:
        return None
    first = frame.f_locals.get(frame.f_code.co_varnames[0])
    return first if isinstance(first, (pickle.Pickler, pickle._Pickler)) else None


def _saves_code(pickler):
    return any(CodeType in getattr(pickler, name, ()) for name in ("dispatch_table", "dispatch"))
