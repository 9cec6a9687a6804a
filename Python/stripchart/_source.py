"""The source text of code objects whose lines are counted, and the statements in it."""
from __future__ import annotations

import os
import sys

from ._statements import statements, steps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Dict, List, Optional, Tuple

    from ._statements import Statement

_told: Dict[str, List[Tuple[int, int]]] = {}  # file → (first line, line after the last) of texts
_statements: Dict[str, Tuple[List[str], Dict[int, Statement]]] = {}  # file → its lines when it was looked at, what was found


def describe(code: CodeType, file: Optional[str]) -> Tuple[str, int, int, bytes]:
    """File (`file`, or what the code says), first line, number of lines, and the lines that one statement may come to twice (`_statements.steps`)."""
    file = file or code.co_filename
    first, last = code.co_firstlineno, _last_line(code)
    return _absolute(file), first, last - first + 1, steps(code, _statements_of(file))


def text(code: CodeType, file: Optional[str]) -> Optional[str]:
    """The text of these lines: None when it was told already, with the function around this one, or is not known."""
    first, last = code.co_firstlineno, _last_line(code)
    file = file or code.co_filename
    told = _told.setdefault(file, [])
    if any(start <= first and last < end for start, end in told):
        return None
    told.append((first, last + 1))
    return "".join(_rows(file)[max(first - 1, 0) : last]) or None


def _statements_of(file: str) -> Dict[int, Statement]:
    rows = _rows(file)
    known = _statements.get(file)
    if known is None or known[0] is not rows:
        known = _statements[file] = rows, statements(rows) if rows else {}
    return known[1]


def _rows(file: str) -> List[str]:
    """The lines of a file, as linecache has them where the program uses it: it knows of notebooks' cells."""
    known = sys.modules.get("linecache")
    if known is not None:
        return known.getlines(file)
    rows = _read.get(file)
    if rows is None:
        rows = _read[file] = _decoded(file)
    return rows


_read: Dict[str, List[str]] = {}


def _decoded(file: str) -> List[str]:
    try:
        with open(file, "rb") as opened:
            content = opened.read()
    except OSError:
        return []
    encoding = "utf-8"
    content = content[3:] if content.startswith(b"\xef\xbb\xbf") else content
    for row in content.split(b"\n", 2)[:2]:  # PEP 263
        _, found, rest = row.decode("utf-8", "replace").partition("coding")
        if row.lstrip().startswith(b"#") and found and rest[:1] in (":", "="):
            encoding = rest[1:].split()[0].rstrip("-*") if rest[1:].split() else encoding
            break
    try:
        return content.decode(encoding, "replace").replace("\r\n", "\n").splitlines(keepends=True)
    except LookupError:
        return []


def _last_line(code: CodeType) -> int:
    if hasattr(code, "co_lines"):  # 3.10
        last = max((line for _, _, line in code.co_lines() if line is not None), default=code.co_firstlineno)
    else:
        last = line = code.co_firstlineno
        for step in code.co_lnotab[1::2]:
            line += step - 256 if step > 127 else step
            last = max(last, line)
    inner = (constant for constant in code.co_consts if isinstance(constant, type(code)))
    return max([last, code.co_firstlineno, *map(_last_line, inner)])


def _absolute(file: str) -> str:
    return file if file.startswith("<") else os.path.abspath(file)
