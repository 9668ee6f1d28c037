"""Images (or items of any shape) as flat rows of floats, and back to their shape and units."""

import math
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from ..errors import InputError


class Pixels(TransformerMixin, BaseEstimator):
    """Items ``(n, ...)`` as float32 rows ``(n, d)``: ``row = item.ravel() / unit``, unit 255 for uint8 and 1 otherwise.

    With it a method for plain tables, such as PCA, stands in for an autoencoder on images. Where `fit` saw uint8, the
    units of X are 0 to 255 from then on: floats in those units (what `inverse_transform` gives) are read as well. NaN
    stays NaN (a missing pixel).

    Attributes learnt: ``item_shape_`` (shape of one item), ``unit_`` (255.0 or 1.0), ``n_features_in_`` (values in one
    item).

    >>> from sklearn.datasets import load_digits
    >>> from sklearn.decomposition import PCA
    >>> from sklearn.pipeline import make_pipeline
    >>> images = (load_digits().images * 15).astype(np.uint8)
    >>> model = make_pipeline(Pixels(), PCA(8)).fit(images)
    >>> model.transform(images).shape, model.inverse_transform(model.transform(images)).shape
    ((1797, 8), (1797, 8, 8))
    """

    def fit(self, X: Any, y: Any = None) -> "Pixels":
        """Learn the shape and the unit of the items ``X (n, ...)``; raises `InputError` if they are no numbers."""
        X = _items(X)
        self.item_shape_ = X.shape[1:]
        self.unit_ = 255.0 if X.dtype == np.uint8 else 1.0
        self.n_features_in_ = math.prod(self.item_shape_)
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return float32 rows ``(n, d)``; raises `InputError` for another item shape, other units or infinity."""
        check_is_fitted(self)
        X = _items(X)
        if X.shape[1:] != self.item_shape_:
            raise InputError(f"items must have the shape {self.item_shape_} that fit saw. Got {X.shape[1:]}; "
                             "resize them or fit again")
        if X.dtype == np.uint8 and self.unit_ == 1:
            raise InputError("fit saw numbers that are no bytes, so the unit of uint8 is unknown; give the same kind, "
                             "for instance X / 255.0")
        with np.errstate(over="ignore"):
            rows = X.reshape(len(X), self.n_features_in_).astype(np.float32)  # (n, d), always a copy
        if X.dtype.kind == "f" and np.isinf(rows).any():
            raise InputError(f"item {np.isinf(rows).any(axis=1).argmax()} holds an infinite number (or one beyond "
                             "float32); mend or remove it")
        rows /= np.float32(self.unit_)
        return rows

    def inverse_transform(self, Z: Any) -> np.ndarray:
        """Return items ``(n, *item_shape_)`` as floats in the units of `fit`'s X from rows ``Z (n, d)``."""
        check_is_fitted(self)
        Z = _items(Z)
        if Z.shape[1:] != (self.n_features_in_,):
            raise InputError(f"rows must have the shape (n, {self.n_features_in_}). Got {Z.shape}")
        items = Z.reshape(len(Z), *self.item_shape_)  # (n, ...)
        return items.astype(items.dtype if items.dtype.kind == "f" else np.float32) * items.dtype.type(self.unit_)

    def config(self) -> dict[str, Any]:
        """Return what was learnt, as plain values."""
        check_is_fitted(self)
        return {"item_shape": list(self.item_shape_), "unit": self.unit_}

    def arrays(self) -> dict[str, np.ndarray]:
        """Return no arrays: nothing of the kind is learnt."""
        return {}

    def restore(self, config: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """Set the fitted state from what `config` and `arrays` gave."""
        self.item_shape_, self.unit_ = tuple(config["item_shape"]), config["unit"]
        self.n_features_in_ = math.prod(self.item_shape_)


def _items(X: Any) -> np.ndarray:
    """Return ``X`` as an array of items with at least one axis each, of booleans, integers or floats."""
    try:
        array = np.asarray(X)
    except ValueError as error:
        raise InputError("items must all have one shape; resize them first") from error
    if array.ndim < 2 or array.dtype.kind not in "biuf":
        raise InputError(f"items must be an array (n, ...) of numbers. Got {array.ndim} axes of {array.dtype}")
    return array
