"""Tables of a recording: columns that are views of one mapped buffer, as numpy arrays where numpy can be imported."""

from __future__ import annotations

import importlib
from array import array
from dataclasses import dataclass
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple


def _numpy() -> Any:
    """The module, or None."""
    try:
        return importlib.import_module("numpy")
    except ImportError:
        return None


@dataclass(frozen=True)
class Column:
    """One column: `rows` values, of which one is stored where all are the same."""

    unit: str
    code: str
    rows: int
    stored: memoryview
    categories: Optional[List[str]]

    def values(self) -> Any:
        """Shape (rows,), read-only: a numpy array without numpy's copy of the data, or a memoryview."""
        numpy = _numpy()
        if numpy is None:
            return self._memoryview()
        stored = numpy.frombuffer(self.stored, dtype=self.code)
        return stored if len(stored) == self.rows else numpy.broadcast_to(stored, (self.rows,))

    def texts(self) -> Any:
        """Shape (rows,): the texts behind the values, None where there is none. An object array, or a list."""
        assert self.categories is not None
        # The code of what is missing is -1: the last of the list.
        texts: List[Optional[str]] = [*self.categories, None]
        numpy = _numpy()
        if numpy is None:
            return [texts[code] for code in self._memoryview()]
        lookup = numpy.empty(len(texts), dtype=object)
        lookup[:] = texts
        return lookup[self.values()]

    def _memoryview(self) -> memoryview:
        if len(self.stored) == 0:
            return memoryview(array(self.code)).toreadonly()
        stored: Any = self.stored
        values: memoryview = stored.cast(self.code)
        return values if len(values) == self.rows else memoryview(array(self.code, values) * self.rows).toreadonly()


class Table:
    """Rows under named columns, all in the memory of one mapped file.

    `table["rss"]` is a read-only numpy array of shape `(len(table),)` that copies nothing, or a memoryview where numpy
    cannot be imported. NaN is a value that was not recorded; it never stands for zero. A column of texts is made when
    it is asked for: an object array of str, or a list; None is missing. Iterating gives the names of the columns.
    """

    def __init__(
        self, name: str, rows: int, columns: Mapping[str, Column],
        aliases: Optional[Mapping[str, Tuple[str, int]]] = None,
    ) -> None:
        self.name = name
        self._rows = rows
        self._columns = dict(columns)
        # An alias is another name for a column, in another unit.
        self._aliases = dict(aliases or {})

    @property
    def columns(self) -> Tuple[str, ...]:
        """The names of the columns, without aliases."""
        return tuple(self._columns)

    @property
    def units(self) -> Dict[str, str]:
        """The unit of each column: `s`, `bytes`, `count`, `percent`, `row`; empty for what has none."""
        return {name: column.unit for name, column in self._columns.items()}

    def __len__(self) -> int:
        return self._rows

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __contains__(self, name: object) -> bool:
        return name in self._columns or name in self._aliases

    def __getitem__(self, name: str) -> Any:
        """The values of a column, shape `(len(table),)`. Errors: KeyError with the names that there are."""
        if name in self._aliases:
            source, divisor = self._aliases[name]
            values = self._column(source).values()
            if divisor == 1:
                return values
            if _numpy():
                return values / divisor
            return memoryview(array("d", (each / divisor for each in values))).toreadonly()
        column = self._column(name)
        return column.values() if column.categories is None else column.texts()

    def codes(self, name: str) -> Any:
        """The places of a text column's values in `categories(name)`, -1 where there is none; copies nothing."""
        self.categories(name)
        return self._column(name).values()

    def categories(self, name: str) -> List[str]:
        """The different texts of a text column. Errors: KeyError; TypeError for a column of numbers."""
        categories = self._column(name).categories
        if categories is None:
            raise TypeError(f"column {name!r} of {self.name!r} holds numbers, not texts")
        return categories

    def to_pandas(self) -> Any:
        """A pandas.DataFrame of the same columns; texts are pandas.Categorical. Errors: ImportError without pandas."""
        try:
            pandas = importlib.import_module("pandas")
        except ImportError as error:
            raise ImportError("Table.to_pandas() needs pandas, which is not installed: pip install pandas") from error

        def series(column: Column) -> Any:
            if column.categories is None:
                return column.values()
            return pandas.Categorical.from_codes(column.values(), categories=column.categories)

        return pandas.DataFrame({name: series(column) for name, column in self._columns.items()}, copy=False)

    def _column(self, name: str) -> Column:
        try:
            return self._columns[name]
        except KeyError:
            raise KeyError(f"{self.name!r} has no column {name!r}; it has {', '.join(self._columns)}") from None

    def __repr__(self) -> str:
        names = ", ".join(list(self._columns)[:6]) + (", …" if len(self._columns) > 6 else "")
        return f"<{type(self).__name__} {self.name!r}: {self._rows} rows of {len(self._columns)} columns ({names})>"


class NamedTable(Table):
    """A table whose rows have a name each, and of which two columns belong together: `pair`."""

    pair: Tuple[str, str] = ("time_s", "value")

    @property
    def names(self) -> List[str]:
        """The different names, in order of appearance."""
        return list(self.categories("name"))

    def of(self, name: str) -> Any:
        """The rows of one name: float64 of shape (N, 2), `pair` in its columns. Without numpy a list of N tuples.

        Errors: KeyError when nothing of that name was recorded.
        """
        names = self.categories("name")
        if name not in names:
            raise KeyError(f"nothing is named {name!r} in {self.name!r}; there is {_some(names)}")
        code = names.index(name)
        numpy = _numpy()
        left, right = (self[each] for each in self.pair)
        if numpy is None:
            return [(left[row], right[row]) for row, each in enumerate(self.codes("name")) if each == code]
        rows = numpy.flatnonzero(self.codes("name") == code)
        return numpy.column_stack((left[rows], right[rows]))


class Spans(NamedTable):
    """One row for each span, in the order of their beginnings."""

    pair = ("start_s", "end_s")


class Counters(NamedTable):
    """One row for each value of a curve of the program's own, in the order of time."""


class Machine(Table):
    """The machine's readings; of the same times `cpus["0"]`, `disks["sda"]`, `networks["eth0"]` for each device.

    GPUs are read at times of their own: `gpus["0"]`, and `gpus["0/4711"]` for a recorded process on one."""

    cpus: Dict[str, Table]
    disks: Dict[str, Table]
    networks: Dict[str, Table]
    gpus: Dict[str, Table]


def _some(names: List[str]) -> str:
    if not names:
        return "nothing"
    return ", ".join(map(repr, names[:8])) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
