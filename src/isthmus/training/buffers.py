"""Rows larger than the memory in random order: contiguous blocks in a random order, mixed a buffer at a time.

Memory holds the buffer that is trained on and the one that is read meanwhile, however many rows there are.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from ..files.rows import RowStream, row_bytes, take

_BLOCK = 2**17  # bytes that are read at once: enough for the disk,
_BUFFER = 2**26  # and few enough for a buffer to hold hundreds of blocks, so that it looks like the whole
_LEAST = 4  # rows of a block, which images are decoded in threads for

Chunk = tuple[Tensor, Tensor, Tensor]  # rows in memory, their places in the data, and the order in which they are taken


class Others:
    """The whole numbers below ``n`` but for a few, which ascend, as an array of which only slices are ever made.

    >>> others = Others(7, np.array([0, 3]))
    >>> len(others), others[:3], others[2:]
    (5, array([1, 2, 4]), array([4, 5, 6]))
    """

    def __init__(self, n: int, without: np.ndarray) -> None:
        self._shifts = without - np.arange(len(without))  # a number goes up by one for each that it passes
        self._range = range(n - len(without))

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._range)

    def __getitem__(self, some: slice) -> np.ndarray:
        """Return those of a slice."""
        within = self._range[some]
        places = np.arange(within.start, within.stop, within.step)
        return places + np.searchsorted(self._shifts, places, side="right")


def buffer_rows(rows: RowStream) -> int:
    """Return how many rows fill a buffer."""
    return max(_LEAST, _BUFFER // max(row_bytes(rows), 1))


def shuffled(rows: RowStream, places: np.ndarray | Others, seed: int, skip: int) -> Iterator[Chunk]:
    """Yield the rows at ``places``, which ascend, buffer by buffer, each with an order of its own.

    Arguments:
        rows: Where the rows are read from.
        places: Which rows.
        seed: It alone decides the order.
        skip: How many rows of the order to leave out; buffers that lie before them are not read.
    """
    block = max(_LEAST, _BLOCK // max(row_bytes(rows), 1))
    many = max(1, buffer_rows(rows) // block)
    starts = np.random.default_rng(seed).permutation(np.arange(0, len(places), block))
    for number in range(0, len(starts), many):
        group = [places[start : start + block] for start in np.sort(starts[number : number + many])]
        size = sum(map(len, group))
        if skip < size:
            order = np.random.default_rng((seed, number)).permutation(size)[skip:]
            yield _read(rows, group, size), torch.from_numpy(np.concatenate(group)), torch.from_numpy(order)
        skip = max(0, skip - size)


def cut(chunks: Iterator[Chunk], sizes: Iterator[int]) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield rows and their places in batches of the given sizes; what is left of one chunk begins the first of the next."""
    parts: list[tuple[Tensor, Tensor]] = []
    missing = next(sizes, 0)
    for chunk, places, order in chunks:
        while len(order):
            taken = order[:missing]
            parts.append((chunk.index_select(0, taken), places[taken]))
            missing, order = missing - len(taken), order[missing:]
            if not missing:
                rows, where = zip(*parts, strict=True)
                yield parts[0] if len(parts) == 1 else (torch.cat(rows), torch.cat(where))
                parts, missing = [], next(sizes, 0)


def _read(rows: RowStream, group: list[np.ndarray], size: int) -> Tensor:
    buffer = np.empty((size, *rows.shape[1:]), rows.dtype)
    start = 0
    for places in group:
        buffer[start : start + len(places)] = take(rows, places)
        start += len(places)
    return torch.from_numpy(buffer)
