"""Tables: named columns, streamed row block by row block, whatever file they come from."""

import functools
from collections.abc import Callable, Iterator

import numpy as np

from .items import Columns, Items, PlacedColumns, RowIds, count, distinct

MISSING = frozenset({"", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "null", "NULL", "<NA>", "NaT"})
"""What files and data frames write where nothing is known."""
DOUBTFUL = frozenset({"None", "-"})
"""What is missing among numbers and dates only: elsewhere it is a common level of a category."""

_CELL = 64  # bytes that a short text takes
_ROWS = 65536  # rows at a time while a whole table is loaded


class TableItems(Items):
    """The rows of a table; ``stream(rows)`` opens it anew and yields its `Columns` block by block.

    ``where(row)`` says where in its file a row stands, for messages; blocks know it as well.

    >>> table = TableItems("ages", 3, lambda rows: iter([{"age": np.array([31.0, np.nan, 57.0])}]))
    >>> table.load()["age"].tolist(), list(table.ids)
    ([31.0, nan, 57.0], ['0', '1', '2'])
    """

    def __init__(self, source: str, length: int, stream: Callable[[int], Iterator[Columns]],
                 where: Callable[[int], str] | None = None) -> None:  # fmt: skip
        self.source = source
        self.where = where or (lambda row: f"{source}, row {row}")
        self.ids = RowIds(range(length))
        self.labels = None
        self._stream = stream

    @property
    def nbytes(self) -> int:
        """About how many bytes the columns take, were all of their cells texts."""
        return len(self) * len(self.names) * _CELL

    @property
    def names(self) -> list[str]:
        """The columns' names."""
        return list(next(self._stream(1)))

    def column(self, name: str) -> np.ndarray:
        """Return one column ``(n,)``."""
        return self.columns([name])[0]

    def columns(self, names: list[str]) -> list[np.ndarray]:
        """Return some columns, each ``(n,)``, of one reading of the table."""
        parts = [[block[name] for name in names] for _, block in self.blocks(_ROWS)]
        return [np.concatenate(column) for column in zip(*parts, strict=True)]

    def without(self, name: str) -> "TableItems":
        """Return the table without one of its columns."""

        def stream(rows: int) -> Iterator[Columns]:
            return ({key: column for key, column in block.items() if key != name} for block in self._stream(rows))

        return TableItems(self.source, len(self), stream, self.where)

    def load(self) -> Columns:
        """Return all columns by name, each ``(n,)``."""
        parts = [block for _, block in self.blocks(_ROWS)]
        return PlacedColumns({name: np.concatenate([part[name] for part in parts]) for name in parts[0]}, self.where)

    def _blocks(self, rows: int) -> Iterator[Columns]:
        start = 0
        for block in self._stream(rows):
            yield PlacedColumns(block, functools.partial(self._where_in, start))
            start += count(block)

    def _where_in(self, start: int, row: int) -> str:
        return self.where(start + row)


def column_names(header: list[str]) -> list[str]:
    """Return the names of columns from a header: none is empty, none is there twice.

    >>> column_names(["x", "", "x"])
    ['x', 'column 1', 'x (2)']
    """
    taken: set[str] = set()
    return [distinct(name.strip() or f"column {place}", taken) for place, name in enumerate(header)]
