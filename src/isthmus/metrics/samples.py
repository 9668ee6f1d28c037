"""How much drawn items are like real ones, by features of both: (n, d) and (m, d), of any extractor.

Features decide what counts as alike: those of a classifier trained on the user's own labels
(``AutoencoderClassifier(...).fit(X, y).transform``), an encoder's codes, or the items themselves.
"""

import functools
from typing import NamedTuple

import numpy as np
from scipy import linalg
from sklearn.neighbors import NearestNeighbors

from ..errors import InputError
from .inputs import Items, as_items, as_table, check_count

BLOCK = 1024  # rows of a kernel matrix that are there at once
_SAFE = 1e-6  # of a radius, squared, which rounding may take or add
_ROUNDING = 1e-13  # of two rows' squared sizes: what is left of the difference between these and twice their product


class Neighbourhoods(NamedTuple):
    """How drawn and real items lie among each other, by balls about every item that reach to its k-th neighbour of its own kind."""

    precision: float  # the share of drawn items within a real one's ball: how many look real
    recall: float  # the share of real items within a drawn one's ball: how many could have been drawn
    density: float  # in how many real balls a drawn item lies, over k: 1 on average for real items, and no outlier makes it large
    coverage: float  # the share of real balls with a drawn item in them: how many kinds are drawn


def frechet_distance(A: Items, B: Items) -> float:
    """Return the squared Fréchet distance of Gaussians fitted to two sets of features, ``A`` (n, d) and ``B`` (m, d).

    ``|mu1 - mu2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2))``; with roots from symmetric eigen-decompositions the last trace
    is the sum of the singular values of ``S1^(1/2) S2^(1/2)``. If either set is uint8, both count as v/255. Raises
    `InputError` for other numbers of features or less than 2 rows. D. C. Dowson and B. V. Landau, "The Fréchet
    Distance between Multivariate Normal Distributions" (1982).

    >>> frechet_distance([[-1.0], [1.0]], [[2.0], [4.0]])
    9.0
    """
    a, b = _features(A, B)
    (root_a, trace_a), (root_b, trace_b) = _covariance_root(a), _covariance_root(b)
    shift = np.sum((a.mean(axis=0) - b.mean(axis=0)) ** 2)
    return float(shift + max(0.0, trace_a + trace_b - 2 * linalg.svdvals(root_a @ root_b).sum()))


def _covariance_root(rows: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the symmetric root (d, d) of the covariance of ``rows`` (n, d), and the covariance's trace."""
    values, vectors = linalg.eigh(np.atleast_2d(np.cov(rows, rowvar=False)))
    values[values < len(values) * np.finfo(float).eps * values[-1]] = 0  # rounding, whose roots would not be small
    return (vectors * np.sqrt(values)) @ vectors.T, float(values.sum())


def kernel_distance(A: Items, B: Items) -> float:
    """Return the unbiased squared distance of two sets of features in the space of a cubic kernel, the maximum mean discrepancy.

    ``mean k(a, a') + mean k(b, b') - 2 mean k(a, b)`` over pairs of different rows, with ``k(a, b) = (a'b / d + 1)^3`` for d features. It
    is 0 on average for two samples of one distribution, of any size, and so may be negative. If either set is uint8, both count as
    v/255. Raises `InputError` for other numbers of features or less than 2 rows. M. Bińkowski, D. J. Sutherland, M. Arbel and A. Gretton,
    "Demystifying MMD GANs" (2018).

    >>> round(kernel_distance([[0.0], [0.0]], [[1.0], [1.0]]), 6)
    7.0
    """
    a, b = _features(A, B)
    within = sum((_kernel_sum(x, x) - np.sum((np.sum(x**2, axis=1) / x.shape[1] + 1) ** 3)) / (len(x) * (len(x) - 1)) for x in (a, b))
    return float(within - 2 * _kernel_sum(a, b) / (len(a) * len(b)))


def neighbourhoods(real: Items, drawn: Items, k: int = 5) -> Neighbourhoods:
    """Return precision, recall, density and coverage of drawn items, by their features and those of real ones.

    Arguments: ``real`` (n, d) and ``drawn`` (m, d), uint8 as v/255; ``k``, whose neighbour a ball reaches to. Raises `InputError` for
    other numbers of features, or less than k + 1 rows. T. Kynkäänniemi, T. Karras, S. Laine, J. Lehtinen and T. Aila, "Improved Precision
    and Recall Metric for Assessing Generative Models" (2019); M. F. Naeem, S. J. Oh, Y. Uh, Y. Choi and J. Yoo, "Reliable Fidelity and
    Diversity Metrics for Generative Models" (2020).

    >>> neighbourhoods([[0.0], [1.0], [9.0]], [[0.5], [0.7]], k=1)
    Neighbourhoods(precision=1.0, recall=0.0, density=2.0, coverage=0.6666666666666666)
    """
    a, b = _features(real, drawn)
    a, b = a - a.mean(axis=0), b - a.mean(axis=0)  # far from 0 the differences of squares would be all rounding
    check_count("k", k, min(len(a), len(b)) - 1, "for as many rows")
    radii = [_radii(x, k) for x in (a, b)]
    (inside, covered), (within, _) = _inside(a, radii[0], b), _inside(b, radii[1], a)
    return Neighbourhoods(float((inside > 0).mean()), float((within > 0).mean()), float(inside.mean() / k), float(covered.mean()))


def _radii(rows: np.ndarray, k: int) -> np.ndarray:
    """Return each row's distance to its k-th neighbour."""
    found, places = NearestNeighbors(n_neighbors=k + 1).fit(rows).kneighbors(rows)  # a row itself is its first
    radii: np.ndarray = found[:, -1].copy()
    sizes = np.sum(rows**2, axis=1)

    def rounded() -> np.ndarray:
        return np.flatnonzero(_ROUNDING * sizes > _SAFE * radii**2)

    doubtful = rounded()
    exact = (np.sum((rows[doubtful] - rows[place]) ** 2, axis=1) for place in places[doubtful].T)
    radii[doubtful] = np.sqrt(functools.reduce(np.maximum, exact))
    doubtful = rounded()
    doubtful = doubtful[radii[doubtful] > 0]  # others have k twins
    if len(doubtful):  # slower, by differences alone
        radii[doubtful] = NearestNeighbors(n_neighbors=k + 1, algorithm="kd_tree").fit(rows).kneighbors(rows[doubtful])[0][:, -1]
    return radii


def _inside(centres: np.ndarray, radii: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return in how many balls each row lies, and which balls have a row in them."""
    # What is the same is looked at once.
    balls, first, of, times = np.unique(centres, axis=0, return_index=True, return_inverse=True, return_counts=True)
    unlike, where = np.unique(rows, axis=0, return_inverse=True)
    found, covered, most = [], np.zeros(len(balls), bool), radii[first] ** 2 * (1 + 1e-9)
    for start in range(0, len(unlike), BLOCK):
        part = unlike[start : start + BLOCK]
        sizes = np.sum(part**2, axis=1)[:, None] + np.sum(balls**2, axis=1)
        squares = sizes - 2 * part @ balls.T
        near = np.abs(squares - most) <= _ROUNDING * sizes  # where rounding would decide: by differences themselves
        for row in np.flatnonzero(near.any(axis=1)):
            squares[row, near[row]] = np.sum((part[row] - balls[near[row]]) ** 2, axis=1)
        inside = squares <= most
        found.append(inside @ times)
        covered |= inside.any(axis=0)
    return np.concatenate(found)[where.ravel()], covered[of.ravel()]


def _kernel_sum(a: np.ndarray, b: np.ndarray) -> float:
    """Return the sum of the kernel over all pairs of rows."""
    blocks = (a[start : start + BLOCK] for start in range(0, len(a), BLOCK))
    return float(sum(np.sum((block @ b.T / a.shape[1] + 1) ** 3) for block in blocks))


def _features(A: Items, B: Items) -> tuple[np.ndarray, np.ndarray]:
    unit = max(as_items(A, "A")[1], as_items(B, "B")[1])
    a, b = as_table(A, "A") / unit, as_table(B, "B") / unit
    if a.shape[1] != b.shape[1] or min(len(a), len(b)) < 2:
        raise InputError(f"A and B must have the same features and at least 2 rows each. Got {a.shape} and {b.shape}")
    return a, b
