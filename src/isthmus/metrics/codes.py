"""How sparse codes are and how many of their units are used."""

import math

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InputError
from .inputs import as_table, check_range


def active_units(means: ArrayLike, threshold: float = 0.01) -> int:
    """Return how many units a variational code uses: those with ``Var_x(E[h_j | x]) > threshold``.

    ``means`` (n, k) are the posterior means of n items. Raises `InputError` where they are not finite. Y. Burda,
    R. Grosse and R. Salakhutdinov, "Importance Weighted Autoencoders" (2015).

    >>> active_units([[-1.0, 0.01], [1.0, -0.01]])
    1
    """
    check_range("threshold", threshold, 0, None)
    return int(np.sum(np.var(as_table(means, "means"), axis=0) > threshold))


def dead_units(H: ArrayLike) -> int:
    """Return how many units are 0 in all codes ``H`` (n, k); the more codes, the fewer live units are counted as dead.

    Raises `InputError` for codes that are not finite. L. Gao et al., "Scaling and evaluating sparse autoencoders" (2024).

    >>> dead_units([[1.0, 0.0, 0.0], [0.0, 0.0, -2.0]])
    1
    """
    return int(np.sum(~as_table(H, "H").any(axis=0)))


def hoyer(H: ArrayLike) -> float:
    """Return the mean sparseness ``(sqrt(k) - |h|_1 / |h|_2) / (sqrt(k) - 1)`` of the codes ``H`` (n, k), in [0, 1].

    0 is a row of equal sizes, 1 a row with one unit; a row of zeros counts as 1, and k = 1 gives 0. Raises
    `InputError` for codes that are not finite. P. O. Hoyer, "Non-negative Matrix Factorization with Sparseness
    Constraints" (2004).

    >>> hoyer([[3.0, 0.0, 0.0, 0.0], [1.0, -1.0, 1.0, 1.0]])
    0.5
    """
    h = np.abs(as_table(H, "H"))
    root, alive = math.sqrt(h.shape[1]), h[h.any(axis=1)]
    if root == 1:
        return 0.0
    alive /= alive.max(axis=1, keepdims=True)
    ratios = alive.sum(axis=1) / np.sqrt(np.sum(alive**2, axis=1))  # |h|_1 / |h|_2
    return float((len(h) - len(alive) + np.clip((root - ratios) / (root - 1), 0, 1).sum()) / len(h))


def sparsity_l0(H: ArrayLike, threshold: float = 1e-3) -> float:
    """Return the mean number of active units of the codes ``H`` (n, k): those with ``|h_ij| > threshold * rms_j``.

    ``rms_j`` is the unit's own root mean square over the rows, so that rescaling a unit changes nothing; a unit that is
    always 0 is never active. Raises `InputError` for codes that are not finite or a negative threshold.

    >>> sparsity_l0([[1.0, 0.0, 0.0], [0.0, 100.0, 0.0], [2.0, 100.0, 0.0]])
    1.3333333333333333
    """
    check_range("threshold", threshold, 0, None)
    h = np.abs(as_table(H, "H"))
    h /= np.where(h.any(axis=0), h.max(axis=0), 1)  # peaks of 1: squares neither overflow nor vanish
    return float(np.mean(np.sum(h > threshold * np.sqrt(np.mean(h**2, axis=0)), axis=1)))


def prior_divergence(H: ArrayLike) -> float:
    """Return how far codes ``H`` (n, k), drawn from the posteriors of data, are from the prior N(0, I), in nats.

    ``KL(N(m, S) || N(0, I)) = (tr S + m'm - k - log det S) / 2`` with the codes' mean m and covariance S: what of the mismatch between
    the aggregate posterior and the prior shows in two moments; 0 where draws from the prior are like codes. Raises `InputError` for codes
    that are not finite, or not more than k. An autoencoder's ``draw_codes`` draws them; posterior means, as ``transform`` gives them, lack
    the posteriors' own spread and look farther off than they are. M. D. Hoffman and M. J. Johnson, "ELBO surgery" (2016),
    for the aggregate posterior.

    >>> round(prior_divergence([[-2.0], [0.0], [2.0]]), 4)  # a variance of 4 and a mean of 0
    0.8069
    """
    h = as_table(H, "H")
    if len(h) <= h.shape[1]:
        raise InputError(f"H must hold more codes than units, for a covariance. Got {h.shape}")
    mean, covariance = h.mean(axis=0), np.atleast_2d(np.cov(h, rowvar=False))
    sign, log_determinant = np.linalg.slogdet(covariance)
    if sign <= 0:
        return math.inf
    return float((np.trace(covariance) + mean @ mean - h.shape[1] - log_determinant) / 2)
