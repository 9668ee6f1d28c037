"""Batches: rows in memory by slices of a permutation, larger ones by buffers; densified and turned into tensors only here."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import scipy.sparse as sp
import torch
from torch import Tensor

from .. import ranks
from ..files.rows import RowStream, ahead, block_rows, take
from . import buffers
from .devices import on
from .sequences import Sequences, alike

Rows: TypeAlias = Any  # an array, a memory map, a sparse matrix (scipy's have no types), `Sequences` or a `RowStream`


@dataclass(frozen=True)
class Batch:
    """Rows (batch, *item) in the data's units, and what is known of each beside it: a label, a condition."""

    x: Tensor
    condition: Tensor | None = None
    lengths: Tensor | None = None  # of sequences, (batch,), which are padded with NaN
    seen: Tensor | None = None  # what the encoder sees in place of x

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.x)

    def own(self, device: torch.device) -> "Batch":
        """Return the part on which this process works, on ``device``."""
        part = ranks.part(len(self))
        known = (None if more is None else on(device, more[part]) for more in (self.condition, self.lengths, self.seen))
        return Batch(on(device, self.x[part]), *known)


class Batches:
    """Rows in batches of nearly equal size: a last batch of one row would weigh as much as a full one in its update.

    Arguments:
        data: Rows of shape (n, *item), of any numeric dtype, which is kept: an array, a sparse matrix or a `RowStream`,
            which is shuffled by buffers (see `buffers`).
        rows: Which rows, as indices; None takes all. Those of a stream must ascend.
        size: The greatest number of rows of a batch.
        condition: What is known of each row of ``data``, shape (n, ...), or None.
        seen: What the encoder sees in place of each row, of the same shape, in memory; None is the row.

    Example:
        >>> [len(batch) for batch in Batches(np.zeros((10, 2)), None, 4).in_order()]
        [4, 3, 3]
    """

    def __init__(self, data: Rows, rows: np.ndarray | buffers.Others | None, size: int,
                 condition: np.ndarray | None = None, seen: np.ndarray | None = None) -> None:  # fmt: skip
        self.data = data
        self.seen = None if seen is None else torch.from_numpy(seen)
        self.condition = None if condition is None else torch.from_numpy(condition)
        self.rows = buffers.Others(data.shape[0], np.arange(0)) if rows is None else rows
        self.size = size
        self._tensor = _shared(data)

    def __len__(self) -> int:
        """Return the number of batches."""
        return -(-len(self.rows) // self.size)

    def shuffled(self, seed: int, start: int = 0) -> Iterator[Batch]:
        """Yield the batches of one epoch from number ``start`` on; the order depends on ``seed`` alone."""
        if isinstance(self.data, RowStream):
            sizes = (self._end(number + 1) - self._end(number) for number in range(start, len(self)))
            parts = buffers.cut(ahead(buffers.shuffled(self.data, self.rows, seed, self._end(start))), sizes)
            return (self._batch(x, places) for x, places in parts)
        rng = np.random.default_rng(seed)
        order = rng.permutation(self.rows[:])
        if isinstance(self.data, Sequences):
            order = alike(order, self.data.lengths, [self._end(number + 1) for number in range(len(self))], rng)
        return self._slices(order, start)

    def in_order(self) -> Iterator[Batch]:
        """Yield the batches in the rows' own order."""
        return self._slices(self.rows, 0)

    def first(self, count: int) -> "Batches":
        """Return the rows of the first batch, at most ``count``, in their own order."""
        few = copy.copy(self)
        few.rows = self.rows[: min(self.size, count)]
        return few

    def _end(self, number: int) -> int:
        """Return how many rows the first batches have, so many of them; those of one row more go first."""
        least, more = divmod(len(self.rows), len(self))
        return number * least + min(number, more)

    def _slices(self, order: Any, start: int) -> Iterator[Batch]:
        for number in range(start, len(self)):
            part = order[self._end(number) : self._end(number + 1)]
            places = torch.from_numpy(part)
            if self._tensor is not None:
                yield self._batch(self._tensor.index_select(0, places), places)
            else:
                yield self._batch(tensor_of(take(self.data, part) if isinstance(self.data, RowStream) else self.data[part]), places)

    def _batch(self, x: Tensor, places: Tensor) -> Batch:
        lengths = torch.from_numpy(self.data.lengths).index_select(0, places) if isinstance(self.data, Sequences) else None
        condition, seen = (None if more is None else more.index_select(0, places) for more in (self.condition, self.seen))
        return Batch(x, condition, lengths, seen)


def spread(n: int, count: int) -> np.ndarray:
    """Return the places of at most ``count`` of ``n`` rows, evenly, so that sorted data keep all their kinds.

    >>> spread(10, 4).tolist(), spread(2, 4).tolist()
    ([0, 2, 5, 7], [0, 1])
    """
    return np.arange(n) if n <= count else np.arange(count) * n // count


def spread_rows(data: Rows, count: int) -> Rows:
    """Return at most ``count`` rows of ``data`` in memory, by `spread`, of a stream as many as fill a buffer; all without a copy."""
    n = data.shape[0]
    if isinstance(data, RowStream):
        return take(data, spread(n, min(count, buffers.buffer_rows(data))))
    return data if n <= count else data[spread(n, count)]


def dense(rows: Any) -> Any:
    """Return sparse rows as an array, others as they are."""
    return rows.toarray() if sp.issparse(rows) else rows


def tensor_of(rows: Rows) -> Tensor:
    """Return rows as a dense tensor of their own dtype."""
    array = rows.padded() if isinstance(rows, Sequences) else np.asarray(dense(rows))
    array = np.ascontiguousarray(array)  # torch knows no negative strides, which flipped images have
    return torch.from_numpy(array if array.flags.writeable else array.copy())


def blocks(data: Rows, item: tuple[int, ...] | None = None) -> Iterator[Rows]:
    """Yield contiguous blocks of rows, each of which takes up an ``item`` (None: what it is) in memory."""
    n, size = data.shape[0], block_rows(data.shape[1:] if item is None else item)
    ranges = [(start, min(start + size, n)) for start in range(0, n, size)]
    if isinstance(data, RowStream):
        return ahead(data.read(*ends) for ends in ranges)
    return (data[slice(*ends)] for ends in ranges)


def _shared(data: Rows) -> Tensor | None:
    """Return an array as a tensor of the same memory, from which torch gathers rows faster; None where it cannot be one."""
    known = isinstance(data, np.ndarray) and data.flags.writeable and min(data.strides) >= 0
    return torch.from_numpy(data) if known and data.dtype.isnative else None
