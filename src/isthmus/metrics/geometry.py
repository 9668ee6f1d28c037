"""Spaces and slopes: principal angles, the size of a Jacobian."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import linalg

from ..errors import InputError
from .inputs import Items, as_items, as_table, check_rows

COORDINATES, DIRECTIONS = 256, 64  # up to so many coordinates one by one, above it so many random directions


def principal_angles(A: ArrayLike, B: ArrayLike) -> np.ndarray:
    """Return the principal angles of the column spaces of ``A`` (d, p) and ``B`` (d, q) in degrees, largest first.

    ``cos(angle_i) = sigma_i(Qa' Qb)`` with orthonormal bases Qa and Qb; there are as many as the smaller rank. For
    PCA pass ``components_.T``. Raises `InputError` for other numbers of rows or a matrix of zeros. Å. Björck and G.
    H. Golub, "Numerical Methods for Computing Angles Between Linear Subspaces" (1973).

    >>> principal_angles([[1], [0]], [[1], [1]]).round(6)
    array([45.])
    """
    a, b = as_table(A, "A"), as_table(B, "B")
    check_rows(a, b, "A and B")
    if not (a.any() and b.any()):
        raise InputError(f"A and B must each span something. Got only zeros in {'B' if a.any() else 'A'}")
    return np.degrees(linalg.subspace_angles(a, b))


def jacobian_norm(
    transform: Callable[[np.ndarray], Any], X: Items, epsilon: float = 1e-3, max_items: int = 50
) -> float:
    """Return the mean over items of the Frobenius norm of the Jacobian of ``transform``, ``|df/dx|_F``.

    ``transform`` takes float64 (m, ...) in the units of ``X`` (n, ...) and returns (m, k). Central differences in
    float64 step by ``epsilon`` times a feature's standard deviation, for at most ``max_items`` rows (fixed seed).
    Above 256 features d the squared norm is estimated, unbiased, as ``mean |J v|^2`` over 64 random directions v of
    -1 and 1, with one step for all features. uint8 counts as v/255, so that the norm is per unit of [0, 1]. Raises
    `InputError` where ``X`` or the codes are not finite. M. F. Hutchinson, "A Stochastic Estimator of the Trace of
    the Influence Matrix" (1990).

    >>> round(jacobian_norm(lambda X: X @ [[3.0], [4.0]], [[1.0, 2.0], [5.0, 7.0]]), 6)
    5.0
    """
    if not 0 < epsilon < math.inf:
        raise InputError(f"epsilon must be a positive number. Got {epsilon}")
    items, unit = as_items(X, "X")
    rows = as_table(X, "X", max_items)  # (n, d)
    size = np.sqrt(np.mean(rows**2)) or 1.0  # the scale of a constant feature
    steps = epsilon * np.where(np.ptp(rows, axis=0) > 0, np.std(rows, axis=0), size)  # (d,)
    if len(steps) <= COORDINATES:
        moves, weight = np.diag(steps), 1.0
    else:
        moves = np.median(steps) * np.random.default_rng(0).choice([-1.0, 1.0], (DIRECTIONS, len(steps)))
        steps, weight = np.full(DIRECTIONS, np.median(steps)), 1 / DIRECTIONS
    norms = []
    for row in rows:
        moved = np.concatenate([row + moves, row - moves]).reshape(-1, *items.shape[1:])  # (2 moves, ...)
        codes = as_table(transform(moved), "what transform returned")
        if len(codes) != len(moved):
            raise InputError(f"transform must return a code for each item. Got {codes.shape} for {moved.shape}")
        slopes = (codes[: len(moves)] - codes[len(moves) :]) / (2 * steps[:, None])  # (moves, k)
        norms.append(math.sqrt(weight * np.sum(slopes**2)))
    return float(unit * np.mean(norms))
