"""How far reconstructions are from their items: sums of squares, in blocks of rows so that memory stays small."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InputError
from .inputs import Items, as_items, dense, ragged

BLOCK = 2**20  # entries that are float64 at one time: 8 MB an array


class Errors:
    """Squared error and explained variance of reconstructions that come block by block, in constant memory.

    >>> errors = Errors()
    >>> errors.add([[0.0], [2.0]], [[0.5], [1.5]])
    >>> errors.add([[4.0]], [[4.0]])
    >>> errors.squared_error(), errors.explained_variance()
    (0.16666666666666666, 0.9375)
    """

    def __init__(self) -> None:
        self._rows, self._error, self._seen, self._spread = 0, 0.0, False, _Spread()

    def add(self, X: Items, R: Items) -> None:
        """Take items ``X`` (n, ...) and their reconstructions ``R``; NaN in ``X`` is left out of all sums.

        Raises `InputError` where shapes differ or an entry is not finite.
        """
        x, r, unit = _pair(X, R)
        errors, seen = _errors(x, r, None, unit)
        self._rows, self._error, self._seen = self._rows + len(errors), self._error + errors.sum(), self._seen or seen
        for (rows,) in _blocks(x):
            self._spread.add(rows / unit)

    def squared_error(self) -> float:
        """Return what `squared_error` is of all items; `InputError` where nothing was observed."""
        _require_seen(self._seen)
        return float(self._error / self._rows)

    def explained_variance(self) -> float:
        """Return what `explained_variance` is of all items; `InputError` where they do not differ."""
        _require_seen(self._seen)
        if not self.varies:
            raise InputError(f"explained variance needs items that differ. Got {self._rows}, constant in every feature")
        return float(1 - self._error / self._spread.squares())

    @property
    def varies(self) -> bool:
        """Whether any feature differs between items."""
        return self._spread.squares() > 0


def row_squared_errors(X: Items, R: Items, observed: ArrayLike | None = None) -> np.ndarray:
    """Return the squared error of each item, ``e_i = sum_j (x_ij - r_ij)^2`` over its features, float64 (n,).

    ``R`` has the shape and units of ``X``. Entries where ``observed`` (boolean, the shape of ``X``) is False or ``X``
    is NaN are left out; the rest is not scaled up for them, so an item with no entry has error 0. Raises `InputError`
    where shapes differ, nothing is observed, or an observed entry of ``X`` or ``R`` is not finite.

    >>> row_squared_errors([[0, 1], [2, np.nan]], [[0, 3], [1, 5]])
    array([4., 1.])
    """
    x, r, unit = _pair(X, R)
    seen = None if observed is None else np.asarray(observed)
    if seen is not None and (seen.shape != x.shape or seen.dtype != bool):
        raise InputError(f"observed must be boolean of X's shape {x.shape}. Got {seen.dtype} of shape {seen.shape}")
    errors, any_seen = _errors(x, r, seen, unit)
    _require_seen(any_seen)
    return errors


def squared_error(X: Items, R: Items, observed: ArrayLike | None = None) -> float:
    """Return the squared error ``1/n sum_i sum_j (x_ij - r_ij)^2``: summed over an item's features, mean over items.

    Arguments and errors are those of `row_squared_errors`: missing entries are left out and nothing is scaled up for
    them.

    >>> squared_error([[0.0, 1.0], [2.0, 2.0]], [[0.0, 3.0], [1.0, 2.0]])
    2.5
    >>> squared_error(np.full((1, 2, 2), 255, np.uint8), np.zeros((1, 2, 2)))
    4.0
    """
    return float(row_squared_errors(X, R, observed).mean())


def explained_variance(X: Items, R: Items) -> float:
    """Return the share of the variance that ``R`` explains, ``1 - sum (x_ij - r_ij)^2 / sum (x_ij - mean_j)^2``.

    The means are those of the columns of ``X`` itself (n, ...); NaN in ``X`` is left out of all sums. 1 is perfect, 0
    is what the means alone give, and worse is negative. Raises `InputError` like `row_squared_errors`, and for
    constant data.

    >>> explained_variance([[0.0], [2.0]], [[0.5], [1.5]])
    0.75
    """
    errors = Errors()
    errors.add(X, R)
    return errors.explained_variance()


def fraction_of_variance_unexplained(X: Items, R: Items) -> float:
    """Return ``sum (x_ij - r_ij)^2 / sum (x_ij - mean_j)^2``, centred: 1 minus the `explained_variance`.

    0 is perfect and 1 is what the columns' means alone give. Arguments and errors are those of `explained_variance`.

    >>> fraction_of_variance_unexplained([[0.0], [2.0]], [[0.5], [1.5]])
    0.25
    """
    return 1 - explained_variance(X, R)


def normalized_error(X: Items, R: Items) -> float:
    """Return the mean over items of ``|x_i - r_i|^2 / |x_i|^2``, not centred, as papers on sparse autoencoders report it.

    1 is what zeros give, whatever the mean of ``X`` (n, ...) is; NaN in ``X`` is left out of all sums. Raises `InputError` like
    `row_squared_errors`, and for an item of zeros. L. Gao et al., "Scaling and evaluating sparse autoencoders" (2024).

    >>> normalized_error([[0.0, 2.0], [1.0, 0.0]], [[0.0, 1.0], [1.0, 1.0]])
    0.625
    """
    errors, (x, unit) = row_squared_errors(X, R), as_items(X, "X")
    sizes, _ = _errors(x, np.broadcast_to(np.zeros(x.shape[1:]), x.shape), None, unit)
    if not sizes.all():
        raise InputError(f"the normalized error needs items that are not 0. Got zeros in row {int(np.argmin(sizes))}")
    return float(np.mean(errors / sizes))


def reconstruction_r2_scorer(estimator: Any, X: Items, y: Any = None) -> float:
    """Score a fitted transformer by the `explained_variance` of its reconstructions, in the units of its input.

    The estimator needs ``transform`` and ``inverse_transform``; ``X`` (n, ...) is what it transforms and ``y`` is
    ignored. Unlike ``score`` it compares across likelihoods, as in
    ``GridSearchCV(..., scoring=isthmus.metrics.reconstruction_r2_scorer)``. Raises `InputError` like
    `explained_variance`, and for an estimator without these methods.

    >>> from sklearn.decomposition import PCA
    >>> X = np.eye(3)
    >>> round(reconstruction_r2_scorer(PCA(2).fit(X), X), 6)
    1.0
    """
    if not (hasattr(estimator, "transform") and hasattr(estimator, "inverse_transform")):
        raise InputError(f"{type(estimator).__name__} lacks transform or inverse_transform; score one that has both")
    return explained_variance(X, estimator.inverse_transform(estimator.transform(X)))


def _pair(X: Items, R: Items) -> tuple[Any, Any, float]:
    """Return items and reconstructions, checked to be of one shape, and their unit."""
    (x, unit), (r, _) = as_items(X, "X"), as_items(R, "R")
    if x.shape != r.shape or (ragged(X) and ragged(R) and [len(item) for item in X] != [len(item) for item in R]):
        raise InputError(f"X and R must have the same shape, item by item. Got {x.shape} and {r.shape}")
    return x, r, unit


def _require_seen(seen: bool) -> None:
    if not seen:
        raise InputError("X holds no observed entry, so that there is no error to measure; check the mask and NaN in X")


def _blocks(*arrays: Any) -> Iterator[tuple[np.ndarray, ...]]:
    """Yield the same few rows of each array, dense, as (rows, d)."""
    rows = max(1, BLOCK // math.prod(arrays[0].shape[1:]))
    for start in range(0, arrays[0].shape[0], rows):
        yield tuple(dense(array[start : start + rows]) for array in arrays)


def _errors(x: Any, r: Any, seen: np.ndarray | None, unit: float) -> tuple[np.ndarray, bool]:
    """Return the sums of squares (n,) of what is seen and not NaN in ``x``, both divided by ``unit``, and whether anything is."""
    sums, any_seen = [], False
    for x_rows, r_rows, *masks in _blocks(x, r) if seen is None else _blocks(x, r, seen):
        keep = ~np.isnan(x_rows) & (masks[0] != 0 if masks else True)
        with np.errstate(over="ignore", invalid="ignore"):  # answered below, with the row
            gaps = np.where(keep, x_rows - r_rows, 0) / unit
            sums.append(np.einsum("ij,ij->i", gaps, gaps))
        any_seen = any_seen or bool(keep.any())
    errors = np.concatenate(sums)
    if not np.isfinite(errors).all():
        row = int(np.argmin(np.isfinite(errors)))
        raise InputError(f"row {row}: observed entries of X and R must be finite, their squares too; mend or mask them")
    return errors, any_seen


class _Spread:
    """The squares of what is not NaN about each column's mean, merged block by block without cancellation.

    T. F. Chan, G. H. Golub and R. J. LeVeque, "Algorithms for Computing the Sample Variance: Analysis and
    Recommendations" (1983).
    """

    def __init__(self) -> None:
        self._first: Any = np.nan  # each column's first entry, about which all is counted: constant columns give exactly 0
        self._mean: Any = 0.0
        self._squares: Any = 0.0
        self._count: Any = 0

    def add(self, rows: np.ndarray) -> None:
        """Take rows (n, d)."""
        seen = ~np.isnan(rows)
        self._first = np.where(np.isnan(self._first), rows[seen.argmax(axis=0), np.arange(rows.shape[1])], self._first)
        n = seen.sum(axis=0)
        with np.errstate(over="ignore", invalid="ignore"):  # answered in `squares`
            shifted = np.where(seen, rows - self._first, 0)
            mean = shifted.sum(axis=0) / np.maximum(n, 1)
            about, total = np.where(seen, shifted - mean, 0), np.maximum(self._count + n, 1)
            self._squares = self._squares + (about**2).sum(axis=0) + (mean - self._mean) ** 2 * self._count * n / total
            self._mean = self._mean + (mean - self._mean) * n / total
        self._count = self._count + n

    def squares(self) -> float:
        """Return the sum over all columns."""
        total = float(np.sum(self._squares))
        if not np.isfinite(total):
            raise InputError("the items differ so much that their squares are beyond double precision; scale them")
        return total
