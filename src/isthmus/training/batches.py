"""Batches: slices of a permutation of the rows, densified and turned into tensors only here."""

import math
from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
import scipy.sparse as sp
import torch
from torch import Tensor

Rows: TypeAlias = Any  # an array, a memory map or a sparse matrix; scipy's have no types

_PREDICT_ROWS = 4096  # rows that are read or predicted at once: enough for the processor,
_PREDICT_NUMBERS = 2**22  # and few enough for the memory where rows are large


class Batches:
    """The rows of an array, a memory map or a sparse matrix, in batches of nearly equal size.

    Arguments:
        data: Rows of shape (n, *item), of any numeric dtype, which is kept until a batch is made.
        rows: Which rows, as indices; None takes all.
        size: The greatest number of rows of a batch.

    Example:
        >>> [len(batch) for batch in Batches(np.zeros((10, 2)), None, 4).in_order()]
        [4, 3, 3]
    """

    def __init__(self, data: Rows, rows: np.ndarray | None, size: int) -> None:
        self.data = data
        self.rows = np.arange(data.shape[0]) if rows is None else rows
        self.size = size

    def __len__(self) -> int:
        """Return the number of batches."""
        return -(-len(self.rows) // self.size)

    def shuffled(self, seed: int, start: int = 0) -> Iterator[Tensor]:
        """Yield the batches of one epoch from number ``start`` on; the order depends on ``seed`` alone."""
        order = np.random.default_rng(seed).permutation(self.rows)
        return self._slices(order, start)

    def in_order(self) -> Iterator[Tensor]:
        """Yield the batches in the rows' own order."""
        return self._slices(self.rows, 0)

    def _slices(self, order: np.ndarray, start: int) -> Iterator[Tensor]:
        # Nearly equal parts: a last batch of one row would weigh as much as a full one in its update.
        for part in np.array_split(order, len(self))[start:]:
            yield tensor_of(self.data[part])


def spread(n: int, count: int) -> np.ndarray:
    """Return the places of at most ``count`` of ``n`` rows, evenly, so that sorted data keep all their kinds.

    >>> spread(10, 4).tolist(), spread(2, 4).tolist()
    ([0, 2, 5, 7], [0, 1])
    """
    return np.arange(n) if n <= count else np.arange(count) * n // count


def spread_rows(data: Rows, count: int) -> Rows:
    """Return at most ``count`` rows of ``data``, by `spread`; all of them without a copy."""
    n = data.shape[0]
    return data if n <= count else data[spread(n, count)]


def tensor_of(rows: Rows) -> Tensor:
    """Return rows as a dense tensor of their own dtype."""
    dense = np.asarray(rows.toarray() if sp.issparse(rows) else rows)
    dense = np.ascontiguousarray(dense)  # torch knows no negative strides, which flipped images have
    return torch.from_numpy(dense if dense.flags.writeable else dense.copy())


def block_rows(item: tuple[int, ...]) -> int:
    """Return how many items of that shape are read or predicted at once.

    >>> block_rows((64,)), block_rows((256, 256, 3))
    (4096, 21)
    """
    return min(_PREDICT_ROWS, max(1, _PREDICT_NUMBERS // max(math.prod(item), 1)))


def blocks(data: Rows, item: tuple[int, ...] | None = None) -> Iterator[Rows]:
    """Yield contiguous blocks of rows, each of which takes up an ``item`` (None: what it is) in memory."""
    size = block_rows(data.shape[1:] if item is None else item)
    for start in range(0, data.shape[0], size):
        yield data[start : start + size]
