"""What the verbs that apply a run share: blocks in, blocks out; tables are gathered before they are written."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from ..files import Items, TableItems, read, write, write_columns
from ..run import Run
from .progress import Bar

_ROWS = 4096

Pairs = Iterator[tuple[Sequence[str], Any]]


def blocks(items: Items, function: Callable[[Any], Any], label: str) -> Pairs:
    """Yield ids and what ``function`` makes of each block, with a bar."""
    done = 0
    with Bar(label) as bar:
        for ids, block in items.blocks(_ROWS):
            yield ids, function(block)
            done += len(ids)
            bar.update(done / len(items), f"{done} of {len(items)}")


def save(run: Run, out: Path, pairs: Pairs, overwrite: bool) -> None:
    """Write raw items: the columns of a table, images as pictures, or an array."""
    if hasattr(run.representation, "plans_"):
        parts = [columns for _, columns in pairs]
        joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        if out.suffix.lower() == ".parquet":  # a file that keeps types
            joined = run.representation.typed(joined)
        return write_columns(out, joined, overwrite=overwrite)
    pictures = out.suffix.lower() in ("", ".zip") and run.estimator.input_dtype_ == "uint8"
    write(out, ((ids, _bytes(items) if pictures else items) for ids, items in pairs), overwrite=overwrite)
    return None


def codes(path: str) -> Items:
    """Return the codes of a file that `encode` wrote, with their ids."""
    items = read(path)
    return _CodeTable(items) if isinstance(items, TableItems) else items


class _CodeTable(Items):
    """Codes in the columns of a table, their ids in its column ``id``."""

    def __init__(self, table: TableItems) -> None:
        columns = table.load()
        self.source, self.labels = table.source, None
        ids = columns.pop("id", None)
        self.ids = table.ids if ids is None else [str(name) for name in ids]
        try:
            self._codes = np.column_stack([column.astype(np.float64) for column in columns.values()])
        except (ValueError, TypeError) as error:
            raise InputError(f"{table.source} is no table of codes: it needs numbers, and at most one column id") from error

    def load(self) -> np.ndarray:
        """Return the codes, shape (n, k)."""
        return self._codes

    def _blocks(self, rows: int) -> Iterator[np.ndarray]:
        for start in range(0, len(self._codes), rows):
            yield self._codes[start : start + rows]


def _bytes(items: np.ndarray) -> np.ndarray:
    return np.rint(items).clip(0, 255).astype(np.uint8)
