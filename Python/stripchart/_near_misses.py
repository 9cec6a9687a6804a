"""What a pattern that matched nothing may have meant. Imported only when there is one, at the program's end."""
from __future__ import annotations

import difflib
import sys

from ._patterns import functions_of, place_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterator, List, Tuple

    from ._answers import Likeness
    from ._matcher import Asked, Matcher
    from ._patterns import Pattern, Place

_MOST_NAMES = 20_000
_LEAST_LIKENESS = 0.6


def near_misses(matcher: Matcher) -> List[Tuple[str, Likeness, str]]:
    """(key, likeness, name): for each unmatched pattern at most three functions that it does match but that nobody
    called (likeness `uncalled`), or at most three names that resemble it."""
    unmatched = matcher.unmatched
    if not unmatched:
        return []
    functions = list(_functions(matcher))
    found: List[Tuple[str, Likeness, str]] = []
    for asked in unmatched:
        uncalled = _uncalled(asked, functions)
        if uncalled:
            found += [(asked.key, "uncalled", name) for name in uncalled]
        else:
            found += [(asked.key, round(likeness, 3), name) for likeness, name in _alike(asked.pattern, functions)]
    return found


def _functions(matcher: Matcher) -> Iterator[Tuple[Place, str]]:
    """Functions of the user's modules that were imported, and of the packages that a pattern spells out."""
    spelled = {each.pattern.text.partition(".")[0].partition(":")[0] for each in matcher.asked}
    for module_name, module in list(sys.modules.items()):
        # At the end of the program a script's module has no `__file__` any more.
        path = getattr(module, "__file__", "" if module_name == "__main__" else None)
        if not isinstance(path, str) or module_name == "__mp_main__":
            continue
        if path in matcher.foreign and module_name.partition(".")[0] not in spelled:
            continue
        for name, function in functions_of(module):
            yield place_of(function.__code__.co_filename, module_name, matcher.foreign), name


def _uncalled(asked: Asked, functions: List[Tuple[Place, str]]) -> List[str]:
    names: List[str] = []
    for place, name in functions:
        test = asked.pattern.of_place(place)
        if test is not None and test(name):
            names.append(place.modules[-1] + ":" + name)
            if len(names) == 3:
                break
    return names


def _alike(pattern: Pattern, functions: List[Tuple[Place, str]]) -> List[Tuple[float, str]]:
    wanted = pattern.text.lower()
    candidates = dict.fromkeys(name for place, function in functions for name in _names(pattern, place, function))
    matcher = difflib.SequenceMatcher()
    matcher.set_seq2(wanted)
    scored: List[Tuple[float, str]] = []
    for candidate in list(candidates)[:_MOST_NAMES]:
        matcher.set_seq1(candidate.lower())
        if matcher.real_quick_ratio() < _LEAST_LIKENESS or matcher.quick_ratio() < _LEAST_LIKENESS:
            continue
        likeness = matcher.ratio()
        if likeness >= _LEAST_LIKENESS:
            scored.append((likeness, candidate))
    scored.sort(key=lambda each: -each[0])
    # A long common prefix makes all functions of a module alike: only the likest are worth a word.
    return [each for each in scored[:3] if each[0] >= scored[0][0] - 0.1]


def _names(pattern: Pattern, place: Place, function: str) -> Iterator[str]:
    """The names of a function in the form in which the pattern is written."""
    module = place.modules[-1]
    if pattern.is_file:
        yield "/".join(place.path.split("/")[-1 - pattern.text.lstrip("./").count("/") :])
    elif ":" in pattern.text:
        yield module + ":" + function
    elif pattern.is_bare:
        yield module
        if "__main__" in place.modules:
            yield function
    else:
        yield module
        yield module + "." + function
