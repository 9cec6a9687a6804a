"""Wrappers of generators and coroutines, where sys.monitoring cannot tell when they run: before 3.12.

Each stretch in which one runs is entered and left; the first is a call, the others go on with it. The whole life of a
coroutine is a span on its task's track besides.
"""
from __future__ import annotations

import functools
import types
from typing import Any, Callable, Generator, Optional

from . import _native

_COROUTINE, _ITERABLE_COROUTINE, _ASYNC_GENERATOR = 0x80, 0x100, 0x200


def wrap(function: Callable[..., Any], name: str, span: Optional[_native.Span]) -> Callable[..., Any]:
    """A function of the same kind that does the same and is recorded."""
    flags = function.__code__.co_flags
    if flags & _COROUTINE:

        async def wrapper(*arguments: Any, **keywords: Any) -> Any:
            return await _life(function(*arguments, **keywords), name, span)

    elif flags & _ASYNC_GENERATOR:

        async def wrapper(*arguments: Any, **keywords: Any) -> Any:
            generator, again = function(*arguments, **keywords), False
            step = generator.__anext__()
            while True:
                try:
                    item = await _stretches(step, name, span, again)
                except StopAsyncIteration:
                    return
                again = True
                try:
                    step = generator.asend((yield item))
                except GeneratorExit:
                    await _stretches(generator.aclose(), name, span, again)
                    raise
                except BaseException as error:
                    step = generator.athrow(error)

    else:

        def wrapper(*arguments: Any, **keywords: Any) -> Any:
            return (yield from _stretches(function(*arguments, **keywords), name, span, False))

        if flags & _ITERABLE_COROUTINE:
            wrapper = types.coroutine(wrapper)
    _native.place(name, function.__code__.co_filename, function.__code__.co_firstlineno)
    return functools.wraps(function)(wrapper)


@types.coroutine
def _stretches(
    running: Any, name: str, span: Optional[_native.Span], again: bool, life: Any = None
) -> Generator[Any, Any, Any]:
    """Passes everything on to and from `running`: a generator, a coroutine, or a step of an async generator."""
    step: Callable[[Any], Any] = running.send
    given: Any = None
    while True:
        try:
            item = _native.run_stretch(name, again, span, step, given, life)
        except StopIteration as stop:
            return stop.value
        again = True
        try:
            given = yield item
            step = running.send
        except GeneratorExit:
            running.close()
            raise
        except BaseException as error:
            given, step = error, running.throw


async def _life(coroutine: Any, name: str, span: Optional[_native.Span]) -> Any:
    handle = _native.enter_task(name, span)
    if handle is None:
        return await _stretches(coroutine, name, span, False)
    try:
        result = await _stretches(coroutine, name, span, False, handle)
    except BaseException as error:
        _native.leave_task(handle, None if isinstance(error, GeneratorExit) else type(error))
        raise
    _native.leave_task(handle, None)
    return result
