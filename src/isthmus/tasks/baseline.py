"""PCA for any items, the row that every autoencoder has to beat."""

from typing import Any

import numpy as np
import scipy.sparse as sp
import sklearn  # its parts are loaded when they are first used
from sklearn.base import BaseEstimator, TransformerMixin

from ..representations import Pixels
from ..training.batches import dense, spread_rows

_FITTED_ON = 100_000  # rows at most,
_NUMBERS = 2**26  # and numbers of those that are sparse


class Principal(TransformerMixin, BaseEstimator):
    """scikit-learn's PCA on items of any shape, bytes as v/255, missing numbers replaced by their means.

    Arguments:
        n_components: The code's size; no more than the data's rank are kept.
        random_state: A seed, for data too large for an exact decomposition.

    References:
        On Lines and Planes of Closest Fit to Systems of Points in Space (K. Pearson, 1901)

    Example:
        >>> images = np.random.default_rng(0).integers(0, 256, (50, 8, 8), dtype=np.uint8)
        >>> Principal(3).fit(images).transform(images).shape
        (50, 3)
    """

    def __init__(self, n_components: int = 2, random_state: int = 0) -> None:
        self.n_components = n_components
        self.random_state = random_state

    def fit(self, X: np.ndarray, y: None = None) -> "Principal":
        """Fit to items of shape (n, ...)."""
        X = dense(spread_rows(X, min(_FITTED_ON, _NUMBERS // X.shape[1]) if sp.issparse(X) else _FITTED_ON))
        self.pixels_ = Pixels().fit(X)
        rows = self.pixels_.transform(X)
        seen = ~np.isnan(rows)
        self.mean_ = np.where(seen, rows, 0.0).sum(axis=0, dtype=np.float64) / np.maximum(seen.sum(axis=0), 1)
        count = min(self.n_components, *rows.shape)
        pca = sklearn.decomposition.PCA(count, random_state=self.random_state).fit(np.where(seen, rows, self.mean_))
        self.components_ = pca.components_
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return the codes, shape (n, n_components)."""
        rows = self.pixels_.transform(dense(X)) - self.mean_
        return np.where(np.isnan(rows), 0.0, rows) @ self.components_.T

    def inverse_transform(self, H: np.ndarray) -> np.ndarray:
        """Return items in the shape and units of the training items."""
        return self.pixels_.inverse_transform(H @ self.components_ + self.mean_)

    def config(self) -> dict[str, Any]:
        """Return what the items look like."""
        return {"pixels": self.pixels_.config()}

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the mean and the components."""
        return {"mean": self.mean_, "components": self.components_}

    def restore(self, config: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """Take on what `config` and `arrays` returned."""
        self.pixels_ = Pixels()
        self.pixels_.restore(config["pixels"], {})
        self.mean_, self.components_ = arrays["mean"], arrays["components"]
