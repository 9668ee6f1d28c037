"""What every metric takes, checked: items as an array that can be sliced, or as a finite float64 table."""

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from scipy import sparse

from ..checks import Whole, check
from ..errors import InputError

Items: TypeAlias = Any  # an array-like (n, ...), a sparse table, or a list of (t_i, d) arrays
LARGEST = 1e150  # above it, squares overflow


def as_items(X: Items, name: str) -> tuple[Any, float]:
    """Return ``X`` as an array (n, ...) or a sparse table, not copied, and its unit: 255 for uint8, otherwise 1.

    A list of (t_i, d) sequences of different lengths is padded with NaN.

    >>> as_items([np.ones((2, 1), np.uint8), np.ones((1, 1), np.uint8)], "X")[0].tolist()
    [[[1.0], [1.0]], [[1.0], [nan]]]
    """
    try:
        items = sparse.csr_array(X) if sparse.issparse(X) else _padded(X) if ragged(X) else np.asarray(X)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} must be an array of numbers (n, ...) or a list of (t, d) arrays: {error}") from error
    if items.dtype.kind not in "buif" or items.ndim < 2 or 0 in items.shape:
        raise InputError(f"{name} must hold numbers, (n, ...), at least one. Got {items.dtype} of shape {items.shape}")
    dtype = np.asarray(X[0]).dtype if ragged(X) else items.dtype
    return items, 255.0 if dtype == np.uint8 else 1.0


def as_table(X: Items, name: str, max_items: int | None = None) -> np.ndarray:
    """Return ``X`` as a finite float64 table (n, d), of at most ``max_items`` rows, drawn with a fixed seed.

    >>> as_table(np.zeros((3, 2, 2), np.uint8), "X", max_items=2).shape
    (2, 4)
    """
    items, _ = as_items(X, name)
    if max_items is not None:
        check_count("max_items", max_items, None)
        if max_items < items.shape[0]:
            items = items[np.sort(np.random.default_rng(0).choice(items.shape[0], max_items, replace=False))]
    table = dense(items)
    if not (np.abs(table) < LARGEST).all():
        remedy = "cut sequences to one length first" if ragged(X) else "fill or drop such rows, or scale them"
        raise InputError(f"{name} must be finite and below {LARGEST:g}. Got NaN, infinity or larger; {remedy}")
    return table


def dense(items: Any) -> np.ndarray:
    """Return an array (n, ...) or a sparse table as a new float64 table (n, d)."""
    rows = items.toarray() if sparse.issparse(items) else items
    return rows.reshape(rows.shape[0], -1).astype(np.float64)


def ragged(X: Items) -> bool:
    """Tell whether ``X`` is a list of (t_i, d) sequences of different lengths."""
    sequences = isinstance(X, list | tuple) and all(getattr(item, "ndim", 0) == 2 for item in X)
    return sequences and len({item.shape[0] for item in X}) > 1


def _padded(X: Sequence[np.ndarray]) -> np.ndarray:
    widths = {item.shape[1] for item in X}
    if len(widths) > 1:
        raise ValueError(f"sequences of {sorted(widths)} features")
    padded = np.full((len(X), max(len(item) for item in X), *widths), np.nan)
    for row, item in zip(padded, X, strict=True):
        row[: len(item)] = item
    return padded


def check_rows(a: Any, b: Any, names: str) -> None:
    """Raise where ``a`` and ``b`` do not have the same number of rows."""
    if a.shape[0] != b.shape[0]:
        raise InputError(f"{names} must have the same number of rows. Got {a.shape} and {b.shape}")


def check_count(name: str, value: int, high: int | None, why: str = "") -> None:
    """Raise where ``value`` is no whole number in ``1..high``; ``why`` says where the limit comes from."""
    check(name, value, Whole(1))
    check_range(name, value, 1, high, why)


def check_range(name: str, value: float, low: float, high: float | None, why: str = "") -> None:
    """Raise where ``value`` is not in ``low..high``; ``why`` says where the limit comes from."""
    if not low <= value <= (math.inf if high is None else high):
        allowed = f"at least {low}" if high is None else f"in {low}..{high}"
        raise InputError(f"{name} must be {allowed} {why}".rstrip() + f". Got {value}")
