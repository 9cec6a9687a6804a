"""Instrumentation without a change of code: what STRIPCHART_FUNCTIONS and STRIPCHART_LINES ask for.

`stripchart run --functions … --lines …` sets them, one pattern a line (`_patterns`), and has each Python process call
`start` before its program runs. A program that calls `stripchart.start()` itself may set them too.
"""
from __future__ import annotations

import os
import sys

from . import _native

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Callable, List, Optional, Tuple, Union

    Answer = Union[int, Tuple[int, str], Tuple[int, str, str]]
    MatchFunction = Callable[[CodeType, Optional[str]], Answer]

# This module runs unseen in a process of `stripchart run` (_unseen.py), and again where the program imports the package.
_watching: List[Tuple[MatchFunction, int]] = _native.shared.setdefault("watching", [])
_session: Optional[_Session] = None


def start(folder: str) -> None:
    """In a process of `stripchart run`: watches what the environment asks for. `folder` takes the answers."""
    from ._answers import Answers

    answers = Answers(folder)
    answers.found()
    if _session is None and _native.state() == 1:
        _begin(_Session(folder))


def recording_started() -> None:
    """In a process that started its own recording: the same; what matched nothing is noted when that ends."""
    if _session is None and (os.environ.get("STRIPCHART_FUNCTIONS") or os.environ.get("STRIPCHART_LINES")):
        _begin(_Session(None))


def recording_stops() -> None:
    """The last moment to note something in the process's own recording."""
    global _session
    if _session is not None and _session.folder is None:
        session, _session = _session, None
        session.end()


def watch(matcher: MatchFunction, answers: int) -> None:
    """Asks `matcher` about each code object too, also about those that ran already. `answers`: the bits it may give."""
    _watching.append((matcher, answers))
    _rewatch()


def unwatch(matcher: MatchFunction) -> None:
    for each in _watching:
        if each[0] == matcher:
            _watching.remove(each)
            _rewatch()
            return


def _rewatch() -> None:
    if not _watching:
        _native.unwatch()
        return
    everyone = tuple(matcher for matcher, _ in _watching)
    answers = 0
    for _, each in _watching:
        answers |= each

    def ask_all(code: CodeType, module: Optional[str]) -> Answer:
        decision, rest = 0, ()
        for each in everyone:
            answer = each(code, module)
            if isinstance(answer, tuple):
                answer, *rest = answer
            decision |= answer
        return (decision, *rest) if rest else decision

    _native.watch(everyone[0] if len(everyone) == 1 else ask_all, answers)


def _begin(session: _Session) -> None:
    global _session
    if session.is_idle:
        return
    _session = session
    watch(session.matcher, session.matcher.answers)
    # Registered first, so called after the program's own.
    _at_exit().register(session.end)


def _at_exit():
    """The module `atexit`, without importing it for the program. Its callbacks are the interpreter's (3.10)."""
    unseen = _native.shared.get("unseen")
    if unseen is None or "atexit" in sys.modules or sys.version_info < (3, 10):
        import atexit

        return atexit
    return unseen("atexit")


class _Session:
    def __init__(self, folder: Optional[str]) -> None:
        from ._answers import Answers
        from ._matcher import Matcher
        from ._patterns import split

        self.folder = folder
        self._answers = Answers(folder) if folder is not None else None
        self.matcher = Matcher(
            split(os.environ.get("STRIPCHART_FUNCTIONS")), split(os.environ.get("STRIPCHART_LINES")), self._answers
        )
        self._pid: Optional[int] = os.getpid()

    @property
    def is_idle(self) -> bool:
        return not self.matcher.asked

    def end(self) -> None:
        """Once. Says what the patterns that matched nothing may have meant. A forked child says nothing."""
        if self._pid != os.getpid():
            return
        self._pid = None
        try:
            self._say()
        except Exception:
            pass
        unwatch(self.matcher)

    def _say(self) -> None:
        held = _native.holds_hooks()
        for asked in self.matcher.unmatched:
            # Whoever took the interpreter's hook was told of the calls in our place: nobody knows.
            if not asked.bit & held:
                self.matcher.matched.add(asked.key)
                if self._answers is not None:
                    self._answers.matched(asked.key)
        unmatched = self.matcher.unmatched
        if not unmatched:
            return
        from ._near_misses import near_misses

        misses = near_misses(self.matcher)
        if self._answers is not None:
            self._answers.near(misses)
            return
        for asked in unmatched:
            near = [name for key, likeness, name in misses if key == asked.key and likeness != "uncalled"]
            uncalled = [name for key, likeness, name in misses if key == asked.key and likeness == "uncalled"]
            names = {"near": ", ".join(near), "uncalled": ", ".join(uncalled)}
            _native.note(
                "pattern", option=asked.option, pattern=asked.pattern.text, **{key: text for key, text in names.items() if text}
            )
