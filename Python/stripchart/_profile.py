"""`profile` and `lines`: what a decorator does depends on what it stands on."""
from __future__ import annotations

from types import CodeType, FunctionType

from . import _copies, _native

_GENERATOR, _COROUTINE, _ITERABLE_COROUTINE, _ASYNC_GENERATOR = 0x20, 0x80, 0x100, 0x200  # code.co_flags
_SUSPENDED = _GENERATOR | _COROUTINE | _ITERABLE_COROUTINE | _ASYNC_GENERATOR


def profile(function=None, /, *, name=None):
    """Makes a span of each call: `@profile`, `@profile("name")`, `profile(function, name="name")`.

    It takes functions, methods, classmethods, staticmethods, properties, generators, coroutines, async generators, any
    other callable, and classes: of these all functions that their body defines. The default name is the module and the
    qualified name, without `__main__`.

    Signature, attributes, pickling, return values and tracebacks stay as they are. A generator counts only while it runs.
    A coroutine does too, on its thread's track; in an asyncio task its whole life is a span on the task's track besides.
    From 3.12 on these are not wrapped; before that they are, and tracebacks show the wrapper's frame.

    Raises TypeError: what is decorated is not callable, or the name is not a str.
    Cost: about 70 ns a call, outside a recording 20.
    """
    if isinstance(function, str) and name is None:
        function, name = None, function
    if name is not None and not isinstance(name, str):
        raise TypeError(f"the name of a span must be a str, not {type(name).__name__}")
    if function is None:
        return lambda function: decorate(function, name)
    return decorate(function, name)


def decorate(function, name=None, span=None):
    """`function` with spans of this name, which carry the arguments of `span`."""
    if isinstance(function, (classmethod, staticmethod)):
        return type(function)(decorate(function.__func__, name, span))
    if isinstance(function, property):
        return _decorate_property(function, name, span)
    if isinstance(function, type):
        return _decorate_class(function, name, span)
    if type(function).__name__ in ("cached_property", "partialmethod") and callable(getattr(function, "func", None)):
        function.func = decorate(function.func, name, span)
        return function
    if not callable(function):
        raise TypeError(f"stripchart.profile decorates something callable, not {type(function).__name__}: {function!r:.80}")
    if name is None:
        name = name_of(function)
    if type(function) is FunctionType and function.__code__.co_flags & _SUSPENDED:
        if _native.profile_code(function.__code__, name, span):
            _copies.remember(function, name, _copies.SPANS, span)
            return function
        from ._generators import wrap

        return wrap(function, name, span)
    return _native.wrap(function, name, span)


def _decorate_property(target, name, span):
    parts = [part and decorate(part, name, span) for part in (target.fget, target.fset, target.fdel)]
    return type(target)(*parts, target.__doc__)


def _decorate_class(target, name, span):
    if name is not None:
        raise TypeError(f"a name for all functions of the class {target.__name__} would not tell them apart: leave it out")
    prefix = f"{target.__qualname__}."
    for key, value in list(vars(target).items()):
        if isinstance(value, property):
            functions = [value.fget, value.fset, value.fdel]
        else:
            functions = [getattr(value, "__func__", value)]
        if any(type(each) is FunctionType and each.__qualname__.startswith(prefix) for each in functions):
            setattr(target, key, decorate(value))
    return target


def name_of(function):
    """Module and qualified name, without `__main__`."""
    qualified = getattr(function, "__qualname__", None) or getattr(function, "__name__", None)
    if not isinstance(qualified, str):
        inner = getattr(function, "func", None)  # functools.partial
        return name_of(inner) if inner is not None else name_of(type(function))
    module = getattr(function, "__module__", None)
    return qualified if module in (None, "__main__", "__mp_main__", "builtins") else f"{module}.{qualified}"


def lines(target, /):
    """Counts each line of a function, and of the functions in it: `@lines`. Also of a class or a module: of all in it.

    Of a line are kept: hits, time with and without instrumented callees, the longest hit, CPU time, RSS growth, storage
    bytes. The source text is stored in the recording. The function itself is given back as it is.

    Raises TypeError: it has no Python code. Where another tool is in the way, a RuntimeWarning says so once.
    Cost: about 50 ns a line while there is a recording, nothing otherwise.
    """
    found = list(_functions_of(target))
    if not found and not isinstance(target, type(_native)):
        raise TypeError(f"stripchart.lines decorates something with Python code, not {type(target).__name__}: {target!r:.80}")
    for function in found:
        count_lines(function.__code__, name_of(function))
        _copies.remember(function, name_of(function), _copies.LINES)
    return target


def _functions_of(target):
    while not isinstance(target, (FunctionType, type)) and hasattr(target, "__wrapped__"):
        target = target.__wrapped__
    if isinstance(target, FunctionType):
        while hasattr(target, "__wrapped__"):
            target = target.__wrapped__
        if type(getattr(target, "__code__", None)) is CodeType:
            yield target
    elif isinstance(target, (classmethod, staticmethod)) or hasattr(target, "__func__"):
        yield from _functions_of(target.__func__)
    elif isinstance(target, property):
        for part in (target.fget, target.fset, target.fdel):
            if part is not None:
                yield from _functions_of(part)
    elif isinstance(target, type):
        for value in list(vars(target).values()):
            if isinstance(value, (FunctionType, classmethod, staticmethod, property)):
                yield from _functions_of(value)
    elif isinstance(target, type(_native)):
        for value in list(vars(target).values()):
            if isinstance(value, (FunctionType, type)) and getattr(value, "__module__", None) == target.__name__:
                yield from _functions_of(value)
    elif hasattr(target, "func"):  # functools.partial, cached_property
        yield from _functions_of(target.func)


def count_lines(code, name, file=None):
    _native.count_lines(code, name, file)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            count_lines(constant, f"{name}.<locals>.{constant.co_name}", file)
