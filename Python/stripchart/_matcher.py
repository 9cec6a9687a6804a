"""Decides about each code object, once: a span a call, its lines counted, both, or nothing."""
from __future__ import annotations

import sys

from ._patterns import DYNAMIC, FUNCTIONS, LINES, ForeignFiles, QualifiedNames, compiled, place_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Callable, Dict, List, Optional, Sequence, Set, Tuple, Union

    from ._answers import Answers
    from ._patterns import Pattern, Place

    Test = Callable[[str], bool]

    Answer = Union[int, Tuple[int, str, str]]
    """What is wanted of a code object; with its qualified name, which code objects did not know before 3.11, and its file,
    which they do not know when cloudpickle made them."""


class Asked:
    """A pattern, and what is asked for where it matches."""

    __slots__ = ("key", "option", "bit", "pattern")

    def __init__(self, key: str, option: str, bit: int, pattern: Pattern) -> None:
        self.key, self.option, self.bit, self.pattern = key, option, bit, pattern
        """The key: `f` or `l`, and the pattern's place among those of its option."""

_MOST_PLACES = 10_000  # a program may make up file names without end


def _file_of(code: CodeType) -> Optional[str]:
    """Of the function that begins to run: cloudpickle leaves it out of the code, but not out of the globals."""
    frame = sys._getframe(1)
    while frame is not None and frame.f_code is not code:
        frame = frame.f_back  # type: ignore[assignment]
    file = frame.f_globals.get("__file__") if frame is not None else None
    return file if isinstance(file, str) else None


class Matcher:
    """`matcher(code, module_name)` is what `_native.watch` wants. It never raises.

    Cost: two dictionary look-ups for code of a file where nothing can match; a regular expression a pattern elsewhere.
    """

    def __init__(self, functions: Sequence[str], lines: Sequence[str], answers: Optional[Answers] = None) -> None:
        self.asked: List[Asked] = [
            Asked(letter + str(index), option, bit, compiled(text))
            for letter, option, bit, texts in (("f", "functions", FUNCTIONS, functions), ("l", "lines", LINES, lines))
            for index, text in enumerate(texts)
        ]
        self.matched: Set[str] = set()
        self.foreign = ForeignFiles()
        self._answers = answers
        self._names = QualifiedNames()
        self._places: Dict[Tuple[str, str], List[Tuple[Asked, Test]]] = {}

    def __call__(self, code: CodeType, module: Optional[str]) -> Answer:
        try:
            return self._decide(code, module or "")
        except Exception:
            return 0

    def _decide(self, code: CodeType, module: str) -> Answer:
        path = code.co_filename
        if path == DYNAMIC:
            path = _file_of(code) or path
        possible = self._places.get((module, path))
        if possible is None:
            if len(self._places) > _MOST_PLACES:
                self._places.clear()
            possible = self._places[module, path] = self._possible(place_of(path, module, self.foreign))
        if not possible:
            return 0
        name = self._names.of(code, module)
        decision = 0
        for asked, test in possible:
            if test(name) and (asked.bit == LINES or asked.pattern.takes_span(code, name)):
                decision |= asked.bit
                if asked.key not in self.matched:
                    self.matched.add(asked.key)
                    if self._answers is not None:
                        self._answers.matched(asked.key)
        if decision == 0 or (sys.version_info >= (3, 11) and path == code.co_filename):
            return decision
        return decision, name, path

    def _possible(self, place: Place) -> List[Tuple[Asked, Test]]:
        pairs = ((asked, asked.pattern.of_place(place)) for asked in self.asked)
        return [(asked, test) for asked, test in pairs if test is not None]

    @property
    def answers(self) -> int:
        """The bits that a decision may have."""
        bits = 0
        for each in self.asked:
            bits |= each.bit
        return bits

    @property
    def unmatched(self) -> List[Asked]:
        """Patterns that matched no code which ran, in this process or (under `stripchart run`) in any."""
        return [
            each
            for each in self.asked
            if each.key not in self.matched and not (self._answers and self._answers.has_matched(each.key))
        ]
