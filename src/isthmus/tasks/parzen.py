"""How likely items are among those that a model learnt from, as that model has them."""

from typing import Any, Self

import numpy as np
import scipy.sparse as sp
from scipy.special import logsumexp
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils import Tags, get_tags
from sklearn.utils.validation import check_is_fitted

from ..training.batches import dense, spread
from .reduction import reconstruct

_KERNELS = 2000  # at most, from items spread over all
_LEAST = 0.1  # of the mean error of all numbers that one's variance is, at least: few rows tell a small error badly,
_LEAST_OWN = 1e-3  # and of its own variance
_AT_ONCE = 2**22  # distances


class Parzen(TransformerMixin, BaseEstimator):
    r"""Parzen windows about what a model makes of its training items, :math:`\log p(x) = \log \frac{1}{n} \sum_i N(x; g(f(x_i)), v)`.

    It is the model's own likelihood where the prior of its codes is the codes that it has met. An item that is rebuilt well, though unlike
    all that was learnt, is unlikely; and what is noise in the training items does not make kernels, as in neighbours of raw items it would.
    The variance v of a number is the model's mean squared error of it, or a tenth of the mean of all errors where that is more. Items that
    are equal to one in `fit` are judged by the others.

    Arguments:
        estimator: Anything with ``transform`` and ``inverse_transform``; a copy is fitted.

    Attributes:
        estimator_: The fitted model, whose ``transform`` and ``inverse_transform`` are the windows', too.
        centres_: The kernels' means, (kernels, numbers): at most 2,000, from items spread over all.
        variances_: Their variances, (numbers,).

    References:
        On Estimation of a Probability Density Function and Mode (E. Parzen, 1962); Manifold Parzen Windows (P. Vincent, Y. Bengio, 2002)

    Example:
        >>> from sklearn.decomposition import PCA
        >>> line = np.linspace(0, 1, 50)[:, None] * [1.0, 2.0] + 0.01 * np.random.default_rng(0).normal(size=(50, 2))
        >>> near, beyond, beside = Parzen(PCA(1)).fit(line).score_samples([[0.5, 1.0], [2.0, 4.0], [0.5, 1.2]])
        >>> bool(near > beside > beyond)
        True
    """

    def __init__(self, estimator: Any = None) -> None:
        self.estimator = estimator

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit the model to items (n, ...), and put the kernels where it has them."""
        self.estimator_ = clone(self.estimator).fit(X, None)
        items = _flat(X)
        rebuilt = _flat(reconstruct(self.estimator_, X))
        errors = np.nanmean(np.square(items - rebuilt), axis=0)
        own = np.maximum(errors, _LEAST_OWN * np.nanvar(items, axis=0))
        self.variances_ = np.maximum(own, _LEAST * own.mean() or 1.0)  # 1 where nothing varies
        kept = spread(len(items), _KERNELS)
        self.centres_ = rebuilt[kept]
        keys = _keys(items[kept])
        self._order = np.argsort(keys)
        self._keys = keys[self._order]
        take_names(self, self.estimator_)
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return the model's codes."""
        check_is_fitted(self)
        return self.estimator_.transform(X)

    def inverse_transform(self, H: Any) -> Any:
        """Return what codes stand for."""
        check_is_fitted(self)
        return self.estimator_.inverse_transform(H)

    def score_samples(self, X: Any) -> np.ndarray:
        """Return the logarithm of each item's density, (n,) float64, over the numbers that it has."""
        check_is_fitted(self)
        X = X.tocsr() if sp.issparse(X) else X
        self.estimator_.transform(X[:1])  # which says what is wrong with X
        items = _flat(X)
        size = max(1, _AT_ONCE // len(self.centres_))
        return np.concatenate([self._scores(items[start : start + size]) for start in range(0, len(items), size)])

    def _scores(self, items: np.ndarray) -> np.ndarray:
        seen = ~np.isnan(items)
        x, weights = np.where(seen, items, 0.0), 1 / self.variances_
        squares = (x**2 @ weights)[:, None] + (seen * weights) @ np.square(self.centres_).T
        distances = squares - 2 * (x * weights) @ self.centres_.T  # (n, kernels)
        places = np.minimum(np.searchsorted(self._keys, keys := _keys(items)), len(self._keys) - 1)
        same = np.flatnonzero(self._keys[places] == keys)
        count = np.full(len(items), len(self.centres_), dtype=np.float64)
        if len(self.centres_) > 1:
            distances[same, self._order[places[same]]] = np.inf
            count[same] -= 1
        constants = np.log(count) + 0.5 * seen @ np.log(2 * np.pi * self.variances_)
        return logsumexp(-0.5 * np.maximum(distances, 0.0), axis=1) - constants

    def __sklearn_tags__(self) -> Tags:
        """Return what scikit-learn may know: what the model takes."""
        tags = super().__sklearn_tags__()
        tags.input_tags = get_tags(self.estimator).input_tags
        return tags


def take_names(estimator: Any, fitted: Any) -> None:
    """Let an estimator around a fitted one know of its features what that does."""
    for name in ("n_features_in_", "feature_names_in_"):
        estimator.__dict__.pop(name, None)
        if hasattr(fitted, name):
            setattr(estimator, name, getattr(fitted, name))


def _flat(X: Any) -> np.ndarray:
    """Return items as rows of doubles."""
    items = np.asarray(dense(X), dtype=np.float64)
    return np.ascontiguousarray(items.reshape(len(items), -1))


def _keys(rows: np.ndarray) -> np.ndarray:
    """Return the bytes of each row as one value that can be sorted and compared."""
    return rows.view(np.dtype((np.void, rows.shape[1] * rows.itemsize))).ravel()
