"""`%load_ext stripchart`: `%%stripchart` over a cell and `%stripchart` before an expression.

A cell under `%%stripchart` runs exactly as it would without that line: its output, its errors, its `await`, its history.
The line is taken out before IPython sees the cell, and the recording runs from IPython's event before the cell to the one
after it.
"""
from __future__ import annotations

import html
import os
import re
import shlex
import tempfile
from typing import Any, Dict, List, Optional, Set, Tuple

import stripchart

from . import _command

_MAGIC = "%%stripchart"
_WIDTH = 110

_USAGE = """\
%%stripchart [options]            the cell below it
%stripchart [options] EXPRESSION  one expression, whose value is the result

  -l, --lines FUNCTION   the lines of a function too: a name, module.name, or a pattern (repeatable)
  -i, --interval TIME    how often to read: auto, 5ms, 1s
  -o, --output FILE      keep the recording (an existing file is replaced)"""


class OptionError(ValueError):
    pass


class Options:
    """What stands beside the magic. Errors: OptionError."""

    def __init__(self, line: str) -> None:
        self.lines: List[str] = []
        self.interval: Optional[str] = None
        self.output: Optional[str] = None
        self.help = False
        self.rest = line.strip()
        while self.rest.startswith("-"):
            word = self._take()
            name, has_value, value = word.partition("=")
            if name in ("-h", "--help"):
                self.help = True
                continue
            if name not in ("-l", "--lines", "-i", "--interval", "-o", "--output"):
                raise OptionError(f"unknown option {word!r}")
            if not has_value:
                value = self._take()
            if not value:
                raise OptionError(f"{name} needs a value")
            if name in ("-l", "--lines"):
                self.lines.append(value)
            elif name in ("-i", "--interval"):
                self.interval = value
            else:
                self.output = os.path.expanduser(value)

    def _take(self) -> str:
        """The next word, with a shell's quotes; the rest stays as it is, because it may be Python."""
        at, quote = 0, ""
        while at < len(self.rest) and (quote or not self.rest[at].isspace()):
            each = self.rest[at]
            if quote:
                quote = "" if each == quote else quote
            elif each in "'\"":
                quote = each
            at += 1
        word, self.rest = self.rest[:at], self.rest[at:].lstrip()
        try:
            return "".join(shlex.split(word))
        except ValueError as error:
            raise OptionError(f"{word}: {error}") from None


class CellRecording:
    """One cell, or one expression, in a recording of its own; or in that which runs already."""

    def __init__(self, options: Options, namespace: Dict[str, Any], cell: Optional[str] = None) -> None:
        self._options = options
        self._span: Any = None
        self._folder: Optional[tempfile.TemporaryDirectory[str]] = None
        self._path: Optional[str] = None
        self._joined = False
        self._watching: Optional[_LinesOfCell] = None
        self._problem: Optional[str] = None
        if stripchart._native.state() != 0:
            self._joined = True
        else:
            self._start()
        if not self._problem and (options.lines or cell is not None):
            self._watching = _LinesOfCell(options.lines, namespace, cell)
        if not self._problem and cell is not None:
            self._span = stripchart.span(cell)
            self._span.__enter__()

    def _start(self) -> None:
        if self._options.output:
            self._path = os.path.abspath(self._options.output)
        else:
            self._folder = tempfile.TemporaryDirectory(prefix="stripchart-")
            self._path = os.path.join(self._folder.name, "cell.pftrace")
        try:
            stripchart.start(self._path, interval=self._options.interval or "auto", force=True)
        except ValueError as error:
            self._problem = f"interval: {error}"
            return
        if stripchart._native.state() != 2:
            self._problem = f"{self._path} cannot be recorded to"

    def end(self) -> str:
        """The report, or why there is none."""
        if self._span is not None:
            self._span.__exit__(None, None, None)
        if self._watching is not None:
            self._watching.end()
        if self._problem:
            self._remove()
            return f"stripchart: {self._problem}"
        if self._joined:
            path = stripchart._native.path() or os.environ.get("STRIPCHART_RECORDING")
            return f"stripchart: a recording is running already, and the cell is in it: {path}"
        stripchart.stop()
        try:
            return self._report()
        finally:
            self._remove()

    def _report(self) -> str:
        environment = dict(os.environ, COLUMNS=str(_WIDTH), NO_COLOR="1")
        environment.pop("CLICOLOR_FORCE", None)
        assert self._path is not None
        try:
            done = _command.run(["report", self._path], capture_output=True, env=environment, timeout=120)
        except (_command.CommandNotFound, OSError) as error:
            return f"stripchart: {error}"
        text: str = (done.stdout + done.stderr).decode("utf-8", "replace").rstrip("\n")
        if self._watching is not None:
            text += "".join("\n" + each for each in self._watching.complaints)
        if self._options.output:
            text += f"\nrecorded to {self._path}"
        else:
            # The line that names the file, which is about to go, and what of it did not fit that line.
            text = re.sub(r"\nfile  +.*(?:\n {10}.*)*", "", text)
        return text

    def _remove(self) -> None:
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


class _LinesOfCell:
    """Counts the lines of the cell itself, and of the functions that are named: objects of the notebook, or what a pattern
    matches."""

    def __init__(self, names: List[str], namespace: Dict[str, Any], cell: Optional[str] = None) -> None:
        from . import _hooks
        from ._matcher import Matcher
        from ._patterns import LINES

        self._hooks = _hooks
        self._bit = LINES
        self._codes: Set[int] = set()
        self._cell = cell
        patterns: List[str] = []
        for name in names:
            codes = list(_codes_of(name, namespace))
            if codes:
                self._codes.update(map(id, codes))
            else:
                patterns.append(name)
        self._matcher = Matcher([], patterns)
        _hooks.watch(self, LINES)

    def __call__(self, code: Any, module: Optional[str]) -> Any:
        if self._cell is not None and _is_of_cell(code):
            return self._bit, self._cell
        return self._bit if id(code) in self._codes else self._matcher(code, module)

    def end(self) -> None:
        self._hooks.unwatch(self)

    @property
    def complaints(self) -> List[str]:
        if not self._matcher.unmatched:
            return []
        from ._near_misses import near_misses

        misses = near_misses(self._matcher)
        lines = []
        for asked in self._matcher.unmatched:
            of_it = [each for each in misses if each[0] == asked.key]
            names = ", ".join(name for _, _, name in of_it)
            why = "was not called" if of_it and of_it[0][1] == "uncalled" else "matched nothing"
            hint = f" (did you mean {names}?)" if names and why == "matched nothing" else ""
            lines.append(f"--lines {asked.pattern.text!r} {why}{hint}")
        return lines


def _is_of_cell(code: Any) -> bool:
    """What stands in a cell outside of functions: IPython compiles each statement by itself."""
    if code.co_name != "<module>" and not code.co_name.startswith("<cell line"):
        return False
    return code.co_filename.startswith("<ipython-input-") or "ipykernel_" in code.co_filename


def _codes_of(name: str, namespace: Dict[str, Any]) -> Any:
    """The code of the object that a dotted name means in the notebook, with the code inside it; of a class: of its
    methods."""
    first, *others = name.split(".")
    if first not in namespace:
        return
    value = namespace[first]
    for each in others:
        value = value.__dict__.get(each) if isinstance(value, type) else getattr(value, each, None)
    waiting = list(value.__dict__.values()) if isinstance(value, type) else [value]
    while waiting:
        value = waiting.pop()
        value = getattr(value, "__func__", value)
        wrapped = getattr(value, "__wrapped__", None)
        if wrapped is not None:
            waiting.append(wrapped)
        code = getattr(value, "__code__", None)
        inner = [code] if code is not None else []
        while inner:
            code = inner.pop()
            yield code
            inner += [each for each in code.co_consts if type(each) is type(code)]


def split_cell(cell: str) -> Optional[Tuple[str, str]]:
    """(what stands beside the magic, the cell without it), or None: it does not begin with the magic."""
    stripped = cell.lstrip()
    if not stripped.startswith(_MAGIC):
        return None
    line, _, body = stripped[len(_MAGIC) :].partition("\n")
    if line and not line[0].isspace():
        return None
    return line, body


class Magics:
    """The two magics of one IPython shell."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._running: List[Tuple[str, CellRecording]] = []

    # The cell

    def take_out_line(self, lines: List[str]) -> List[str]:
        """An input transformer: the cell without the magic, at the same line numbers."""
        found = split_cell("".join(lines))
        if found is None:
            return lines
        try:
            options = Options(found[0])
        except OptionError:
            return []  # `before_cell` says so, and nothing runs
        if options.help or options.rest:
            return []
        body = found[1].splitlines(keepends=True)
        # Another cell magic must stand in the first line. Elsewhere a comment keeps the line numbers.
        return body if found[1].lstrip().startswith("%%") else ["# stripchart\n", *body]

    def before_cell(self, info: Any) -> None:
        found = split_cell(info.raw_cell or "")
        if found is None:
            return
        options = self._options(found[0])
        if options is None:
            return
        if options.rest:
            self._show(f"stripchart: {options.rest!r} is no option\n{_USAGE}")
            return
        cell = f"In [{self._shell.execution_count}]"
        self._running.append((info.raw_cell, CellRecording(options, self._shell.user_ns, cell)))

    def after_cell(self, result: Any) -> None:
        if self._running and self._running[-1][0] == result.info.raw_cell:
            self._show(self._running.pop()[1].end())

    def cell(self, line: str, body: str) -> None:
        """For those who call the magic by hand; IPython itself never comes here."""
        self._shell.run_cell(f"{_MAGIC} {line}\n{body}")

    # The line

    def line(self, line: str, body: Optional[str] = None) -> Any:
        if body is not None:
            return self.cell(line, body)
        options = self._options(line)
        if options is None:
            return None
        if not options.rest:
            self._show(_USAGE)
            return None
        source = self._shell.transform_cell(options.rest)
        try:
            code, is_expression = compile(source.strip(), "<%stripchart>", "eval"), True
        except SyntaxError:
            code, is_expression = compile(source, "<%stripchart>", "exec"), False
        recording = CellRecording(options, self._shell.user_ns)
        try:
            if is_expression:
                return eval(code, self._shell.user_global_ns, self._shell.user_ns)
            exec(code, self._shell.user_global_ns, self._shell.user_ns)
            return None
        finally:
            self._show(recording.end())

    def _options(self, line: str) -> Optional[Options]:
        try:
            options = Options(line)
        except OptionError as error:
            self._show(f"stripchart: {error}\n{_USAGE}")
            return None
        if options.help:
            self._show(_USAGE)
            return None
        return options

    def _show(self, text: str) -> None:
        from IPython.display import display

        display({  # type: ignore[no-untyped-call]
            "text/plain": text, "text/html": f"<pre>{html.escape(text)}</pre>",
        }, raw=True)  # fmt: skip


def load_ipython_extension(shell: Any) -> None:
    """`%load_ext stripchart`. Doing it again changes nothing."""
    if getattr(shell, "_stripchart_magics", None) is not None:
        return
    magics = shell._stripchart_magics = Magics(shell)
    magics.line.__func__.__doc__ = _USAGE  # type: ignore[attr-defined]
    shell.register_magic_function(magics.line, magic_kind="line_cell", magic_name="stripchart")
    # First of all transformers, so that the rest of the cell is treated as a cell.
    shell.input_transformers_cleanup.insert(0, magics.take_out_line)
    shell.events.register("pre_run_cell", magics.before_cell)
    shell.events.register("post_run_cell", magics.after_cell)


def unload_ipython_extension(shell: Any) -> None:
    """`%unload_ext stripchart`."""
    magics = getattr(shell, "_stripchart_magics", None)
    if magics is None:
        return
    shell._stripchart_magics = None
    shell.input_transformers_cleanup.remove(magics.take_out_line)
    shell.events.unregister("pre_run_cell", magics.before_cell)
    shell.events.unregister("post_run_cell", magics.after_cell)
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop("stripchart", None)
