"""How good a search is: whether what it finds first is what was meant, by labels that it never saw."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InputError
from .inputs import check_range

LEVELS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""The recalls at which precision is told."""
_DEPTHS = (1, 5, 10, 50, 100, 500, 1000)


class Rankings:
    r"""Figures of rankings that come query by query, means over the queries that have a relevant item.

    With the items in the order of their distances, equals in random order, and :math:`r_i` 1 where item i is relevant: the precision
    at k, :math:`P_k = \frac{1}{k} \sum_{i \le k} r_i`; the average precision, :math:`\sum_k r_k P_k / \sum_k r_k`; and the precision where
    the recall :math:`\sum_{i \le k} r_i / \sum_i r_i` reaches each of `LEVELS`.

    References:
        Introduction to Information Retrieval (C. D. Manning, P. Raghavan, H. Schütze, 2008), chapter 8

    Example:
        >>> found = Rankings()
        >>> found.add([[0.1, 0.2, 0.3, 0.4]], [[True, False, True, False]])
        >>> round(found.row()["mean_average_precision"], 3), found.row()["precision_at_1"]  # (1 + 2 / 3) / 2
        (0.833, 1.0)
    """

    def __init__(self) -> None:
        self._n = 0
        self._average = 0.0
        self._precisions = dict.fromkeys(_DEPTHS, 0.0)
        self._curve = np.zeros(len(LEVELS))
        self._depth = 0
        self._random = np.random.default_rng(0)

    def add(self, distances: ArrayLike, relevant: ArrayLike) -> None:
        """Take in the distances (m, n) of m queries to n items, and which items are relevant to which, (m, n) booleans."""
        apart, meant = np.asarray(distances), np.asarray(relevant, dtype=bool)
        if apart.ndim != 2 or apart.shape != meant.shape or 0 in apart.shape:
            raise InputError(f"distances and relevant must both be (m, n). Got {apart.shape} and {meant.shape}")
        some = meant.any(axis=1)
        shuffled = self._random.permutation(apart.shape[1])
        apart, meant = apart[some][:, shuffled], meant[some][:, shuffled]
        hits = np.take_along_axis(meant, np.argsort(apart, axis=1, kind="stable"), axis=1)
        count = np.cumsum(hits, axis=1)
        precision = count / np.arange(1, hits.shape[1] + 1)
        total = count[:, -1]
        self._n, self._depth = self._n + len(hits), hits.shape[1]
        self._average += float((precision.sum(axis=1, where=hits) / total).sum())
        for depth in self._precisions:
            self._precisions[depth] += float(precision[:, min(depth, self._depth) - 1].sum())
        for place, level in enumerate(LEVELS):
            wanted = np.maximum(1, np.ceil(level * total - 1e-9)).astype(np.int64)
            rank = (count >= wanted[:, None]).argmax(axis=1)
            self._curve[place] += (wanted / (rank + 1)).sum()

    def row(self) -> dict[str, Any]:
        """Return the figures; ``precision_at_recall`` is by level."""
        check_range("the number of queries with a relevant item", self._n, 1, None)
        row: dict[str, Any] = {"queries": self._n, "mean_average_precision": self._average / self._n}
        row |= {f"precision_at_{depth}": value / self._n for depth, value in self._precisions.items() if depth <= self._depth}
        return row | {"precision_at_recall": dict(zip(map(str, LEVELS), (self._curve / self._n).tolist(), strict=True))}


def neighbour_recall(found: ArrayLike, true: ArrayLike) -> float:
    """Return the share of the true nearest items (m, k), by their places, that are among those found (m, j).

    >>> neighbour_recall([[3, 1, 7]], [[1, 2]])
    0.5
    """
    have, wanted = np.asarray(found), np.asarray(true)
    if have.ndim != 2 or wanted.ndim != 2 or len(have) != len(wanted) or not wanted.size:
        raise InputError(f"found and true must be places (m, j) and (m, k). Got {have.shape} and {wanted.shape}")
    return float(np.mean([np.isin(row, own).mean() for own, row in zip(have, wanted, strict=True)]))
