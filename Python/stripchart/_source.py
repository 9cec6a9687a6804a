"""The source text of code objects whose lines are counted."""
from __future__ import annotations

import linecache
import os
from types import CodeType
from typing import List, Optional, Tuple

_told: List[Tuple[str, int, int]] = []  # file, first line, line after the last


def describe(code: CodeType) -> Tuple[str, int, int, Optional[str]]:
    """File, first line, number of lines, and the text of these lines: None when it was told already, with the function
    around this one, or when it is not known."""
    first, last = code.co_firstlineno, _last_line(code)
    file = code.co_filename
    text = None
    if not any(file == told and start <= first and last < end for told, start, end in _told):
        rows = linecache.getlines(file)[max(first - 1, 0) : last]
        text = "".join(rows) or None
        _told.append((file, first, last + 1))
    return _absolute(file), first, last - first + 1, text


def _last_line(code: CodeType) -> int:
    if hasattr(code, "co_lines"):  # 3.10
        last = max((line for _, _, line in code.co_lines() if line is not None), default=code.co_firstlineno)
    else:
        last = line = code.co_firstlineno
        for step in code.co_lnotab[1::2]:
            line += step - 256 if step > 127 else step
            last = max(last, line)
    inner = (constant for constant in code.co_consts if isinstance(constant, CodeType))
    return max([last, code.co_firstlineno, *map(_last_line, inner)])


def _absolute(file: str) -> str:
    return file if file.startswith("<") else os.path.abspath(file)
