"""Whether neighbours among the items are neighbours among their codes, and the other way round."""

import numpy as np
import sklearn  # its parts are loaded when they are first used
from numpy.typing import ArrayLike

from .inputs import Items, as_items, as_table, check_count, check_rows


def trustworthiness(X: Items, H: ArrayLike, n_neighbors: int = 5, max_items: int = 2000) -> float:
    """Return how far neighbours among the codes ``H`` (n, k) are neighbours among the items ``X`` (n, ...), in [0, 1].

    ``T = 1 - 2 / (n K (2n - 3K - 1)) sum_i sum_j max(0, r(i, j) - K)`` over the K nearest codes j of i, with r the
    rank of j by distance from i in ``X``. It is quadratic in n, so at most ``max_items`` rows, drawn with a fixed
    seed, take part. Raises `InputError` unless ``1 <= n_neighbors < n/2``. J. Venna and S. Kaski, "Neighborhood
    Preservation in Nonlinear Projection Methods: An Experimental Study" (2001).

    >>> trustworthiness([[0], [1], [4], [5]], [[0], [9], [5], [4]], n_neighbors=1)
    0.625
    """
    x, h = _sampled(X, H, n_neighbors, max_items)
    return float(sklearn.manifold.trustworthiness(x, h, n_neighbors=n_neighbors))


def continuity(X: Items, H: ArrayLike, n_neighbors: int = 5, max_items: int = 2000) -> float:
    """Return how far neighbours among the items ``X`` (n, ...) stay neighbours among the codes ``H`` (n, k), in [0, 1].

    It is `trustworthiness` with the roles of ``X`` and ``H`` exchanged: the sum runs over the K nearest items, and r
    is the rank among the codes. Arguments, subsample, errors and source are the same.

    >>> continuity([[0], [1], [4], [5]], [[0], [9], [5], [4]], n_neighbors=1)
    0.5
    """
    x, h = _sampled(X, H, n_neighbors, max_items)
    return float(sklearn.manifold.trustworthiness(h, x, n_neighbors=n_neighbors))


def _sampled(X: Items, H: ArrayLike, n_neighbors: int, max_items: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the same rows of items and codes as tables, checked."""
    check_rows(as_items(X, "X")[0], as_items(H, "H")[0], "X and H")
    x, h = as_table(X, "X", max_items), as_table(H, "H", max_items)
    check_count("n_neighbors", n_neighbors, (len(x) - 1) // 2, f"for {len(x)} items (less than half of them)")
    return x, h
