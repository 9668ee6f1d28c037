"""Sequences of unequal length as rows, and batches of those of like length."""

from collections.abc import Sequence
from typing import Any

import numpy as np

_POOL = 32  # batches whose sequences are sorted by length together


class Sequences:
    """Sequences (t_i, d) as rows: the steps of all behind each other, and how many each has.

    Arguments:
        steps: All steps, (sum of lengths, d).
        lengths: How many steps each sequence has, (n,), at least 1.

    >>> rows = Sequences.of([np.ones((2, 1)), np.zeros((3, 1))])
    >>> rows.shape, rows[1:].padded().tolist(), rows.padded()[0].ravel().tolist()
    ((2, 3, 1), [[[0.0], [0.0], [0.0]]], [1.0, 1.0, nan])
    """

    def __init__(self, steps: np.ndarray, lengths: np.ndarray) -> None:
        self.steps, self.lengths = steps, lengths
        self._starts = np.cumsum(lengths) - lengths
        self.shape = (len(lengths), int(lengths.max()), steps.shape[1])
        self.dtype = steps.dtype

    @classmethod
    def of(cls, items: Sequence[np.ndarray]) -> "Sequences":
        """Return arrays (t_i, d) as rows."""
        return cls(np.concatenate(items), np.array([len(item) for item in items]))

    def __getitem__(self, which: Any) -> "Sequences":
        """Return the sequences of a slice or at some places."""
        places = np.arange(self.shape[0])[which]
        lengths = self.lengths[places]
        shift = np.repeat(self._starts[places] - (np.cumsum(lengths) - lengths), lengths)
        return Sequences(self.steps[np.arange(lengths.sum()) + shift], lengths)

    def items(self) -> list[np.ndarray]:
        """Return the sequences as arrays (t_i, d) that share their memory."""
        return np.split(self.steps, self._starts[1:])

    def padded(self) -> np.ndarray:
        """Return them as one array (n, longest, d) of floats, NaN behind the end of each."""
        found = np.full(self.shape, np.nan, dtype=self.dtype if self.dtype.kind == "f" else np.float32)
        found[np.arange(self.shape[1]) < self.lengths[:, None]] = self.steps
        return found


def parted(padded: np.ndarray, lengths: np.ndarray) -> list[np.ndarray]:
    """Return the sequences (t_i, d) of an array (n, longest, d)."""
    return [item[:length].copy() for item, length in zip(padded, lengths.tolist(), strict=True)]


def alike(order: np.ndarray, lengths: np.ndarray, ends: Sequence[int], rng: np.random.Generator) -> np.ndarray:
    """Return a random order in which batches, up to these ``ends``, hold sequences of like length, so that little is padded.

    Sequences are sorted by length within pools of 32 batches only, and batches come in random order, so that what learns together stays a
    matter of chance.

    >>> order = alike(np.arange(6), np.array([5, 1, 4, 2, 9, 3]), [2, 4, 6], np.random.default_rng(0))
    >>> sorted(sorted(batch) for batch in order.reshape(3, 2).tolist())
    [[0, 4], [1, 3], [2, 5]]
    """
    batches: list[np.ndarray] = []
    begin = 0
    for first in range(0, len(ends), _POOL):
        own = np.array(ends[first : first + _POOL])
        pool = order[begin : own[-1]]
        batches += np.split(pool[np.argsort(lengths[pool], kind="stable")], own[:-1] - begin)
        begin = int(own[-1])
    sizes = np.array([len(batch) for batch in batches])
    found: list[np.ndarray] = []
    for size in sorted(set(sizes.tolist()), reverse=True):  # those of one row more go first
        found += [batches[place] for place in rng.permutation(np.flatnonzero(sizes == size))]
    return np.concatenate(found)
