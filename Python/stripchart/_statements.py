"""Which lines of a source belong to one statement, as far as counting lines needs it.

The interpreter tells of lines and not of statements. In a call over several lines it comes back to the first one for the
call itself, and at the end of a `with` block to the line of the `with`: neither is a further hit.
"""
from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Dict, Iterable, List, Optional, Set, Tuple

_MASK_BITS = 64
_IS_WHOLE = 1 << 31
_LEAVES_WITH = sys.version_info >= (3, 10)  # before, leaving a `with` block is not told as its line


class Statement:
    """A logical line of the source: a simple statement, or the head of a compound one. Decorators belong to what they
    decorate."""

    __slots__ = ("first", "last", "indent", "block_end")

    def __init__(self, first: int, last: int, indent: int) -> None:
        self.first, self.last, self.indent = first, last, indent
        self.block_end = 0
        """Of a `with`: the last line of its block."""


def statements(rows: List[str]) -> Dict[int, Statement]:
    """line → its statement, for statements of several lines and for those with a block that comes back to them."""
    found: Dict[int, Statement] = {}
    withs: List[Statement] = []
    decorated: Optional[Statement] = None
    for first, last in _logical_lines(rows):
        text = rows[first - 1].expandtabs(8)
        bare = text.lstrip()
        statement = Statement(first, last, len(text) - len(bare))
        while withs and statement.indent <= withs[-1].indent:
            withs.pop()
        for each in withs if _LEAVES_WITH else ():
            each.block_end = last
        if decorated is not None:
            statement.first, decorated = decorated.first, None
        if bare.startswith("@"):
            decorated = statement
            continue
        words = bare.replace("(", " ").split(None, 2)
        is_with = words[:1] == ["with"] or words[:2] == ["async", "with"]
        if is_with:
            withs.append(statement)
        # Before 3.10 an exception that leaves a `with` block is told as the line of the block's last statement once more.
        if is_with or statement.last > statement.first or (withs and not _LEAVES_WITH):
            for line in range(statement.first, statement.last + 1):
                found[line] = statement
    return found


def _logical_lines(rows: List[str]) -> Iterable[Tuple[int, int]]:
    """(first, last) of each. What no Python could read gives something, and ends."""
    first, depth, quote = 0, 0, ""
    for number, row in enumerate(rows, 1):
        at, end = 0, len(row)
        if first == 0:
            bare = row.strip()
            if not bare or bare.startswith("#"):
                continue
            first = number
        is_continued = False
        while at < end:
            each = row[at]
            if quote:
                if each == "\\":
                    at += 1
                elif row.startswith(quote, at):
                    at += len(quote) - 1
                    quote = ""
            elif each in "\"'":
                quote = each * 3 if row.startswith(each * 3, at) else each
                at += len(quote) - 1
            elif each == "#":
                break
            elif each in "([{":
                depth += 1
            elif each in ")]}":
                depth = max(0, depth - 1)
            elif each == "\\" and row[at + 1 :].strip() == "":
                is_continued = True
            at += 1
        if len(quote) == 1:
            if row.rstrip("\r\n").endswith("\\"):
                is_continued = True  # the string goes on
            else:
                quote = ""
        if not quote and depth == 0 and not is_continued:
            yield first, number
            first = 0
    if first:
        yield first, len(rows)


def line_starts(code: CodeType) -> List[Tuple[int, int]]:
    """(offset, line) of where the code comes to another line."""
    starts: List[Tuple[int, int]] = []
    before: Optional[int] = None
    if hasattr(code, "co_lines"):  # 3.10
        for offset, _, line in code.co_lines():
            if line is not None and line != before:
                starts.append((offset, line))
            before = line
        return starts
    offset, line = 0, code.co_firstlineno
    table = code.co_lnotab
    for index in range(0, len(table), 2):
        if table[index]:
            starts.append((offset, line))
        offset += table[index]
        step = table[index + 1]
        line += step - 256 if step > 127 else step
    return [*starts, (offset, line)]


def _wholes(code: CodeType) -> Set[int]:
    """The offsets of instructions that are those of an expression of several lines as a whole: the call after its
    arguments; in 3.12 the loop of a comprehension."""
    if not hasattr(code, "co_positions"):  # 3.11
        return set()
    positions = enumerate(code.co_positions())
    return {2 * index for index, (line, end, _, _) in positions if line is not None and end is not None and end > line}


def steps(code: CodeType, known: Dict[int, Statement]) -> bytes:
    """What `stripchart_code_new` wants (stripchart.h): the lines of the code to which one execution of a statement may
    come more than once."""
    offsets: Dict[int, List[int]] = {}
    for offset, line in line_starts(code):
        if line in known:
            offsets.setdefault(line, []).append(offset)
    wholes = _wholes(code) if offsets else set()
    bits: Dict[int, int] = {}
    words: List[int] = []
    for line in sorted(offsets):
        statement = known[line]
        # A line that the code comes to at one place only is no matter, unless the place is in a loop inside the statement.
        if len(offsets[line]) < 2 and statement.last == statement.first and _LEAVES_WITH:
            continue
        bit = bits[statement.first] = bits.get(statement.first, -1) + 1
        words += [line, statement.first, statement.last, statement.block_end, min(bit, _MASK_BITS), len(offsets[line])]
        words += (offset | _IS_WHOLE if offset in wholes else offset for offset in sorted(offsets[line]))
    return b"".join(word.to_bytes(4, sys.byteorder) for word in words)
