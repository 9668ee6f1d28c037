"""Tables: named columns, streamed row block by row block, whatever file they come from."""

from collections.abc import Callable, Iterator

import numpy as np

from .items import Columns, Items, RowIds, distinct

_ROWS = 65536  # rows at a time while a whole table is loaded


class TableItems(Items):
    """The rows of a table; ``stream(rows)`` opens it anew and yields its `Columns` block by block.

    >>> table = TableItems("ages", 3, lambda rows: iter([{"age": np.array([31.0, np.nan, 57.0])}]))
    >>> table.load()["age"].tolist(), list(table.ids)
    ([31.0, nan, 57.0], ['0', '1', '2'])
    """

    def __init__(self, source: str, length: int, stream: Callable[[int], Iterator[Columns]]) -> None:
        self.source = source
        self.ids = RowIds(range(length))
        self.labels = None
        self._stream = stream

    def load(self) -> Columns:
        """Return all columns by name, each ``(n,)``."""
        parts = [block for _, block in self.blocks(_ROWS)]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def _blocks(self, rows: int) -> Iterator[Columns]:
        yield from self._stream(rows)


def column_names(header: list[str]) -> list[str]:
    """Return the names of columns from a header: none is empty, none is there twice.

    >>> column_names(["x", "", "x"])
    ['x', 'column 1', 'x (2)']
    """
    taken: set[str] = set()
    return [distinct(name.strip() or f"column {place}", taken) for place, name in enumerate(header)]
