"""Odd items: those that a model of most items finds unlikely, and which of their numbers make them so."""

import warnings
from typing import Any, Self

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator, OutlierMixin, clone
from sklearn.metrics import roc_curve
from sklearn.utils import Tags, _safe_indexing, check_array, get_tags
from sklearn.utils.validation import _num_samples, check_is_fitted

from ..checks import Real, check_settings
from ..errors import InputError
from ..estimators import DenoisingAutoencoder
from ..estimators.base import BaseAutoencoder
from .reduction import reconstruct

_LEAST = 1e-9  # of a number's variance, for what is as good as rebuilt exactly
_ROUNDS = 2  # of fitting anew to those items that were found likely
_LIMITS = {"contamination": Real(0, 0.5, above=True), "trim": Real(0, 0.5)}


class AnomalyDetector(OutlierMixin, BaseEstimator):
    r"""A threshold on how likely a model finds items, :math:`s(x) < \theta`, in scikit-learn's outlier interface.

    :math:`s(x)` is the model's ``score_samples`` or, where it has none, :math:`-\frac{1}{2}\lVert x - r \rVert^2` of its reconstruction r.

    Arguments:
        estimator: Anything with ``score_samples``, or with ``transform`` and ``inverse_transform``: an autoencoder, PCA, a pipeline that
            ends in one. A copy is fitted; ``FrozenEstimator(fitted)`` is taken as it is. None is a `DenoisingAutoencoder`.
        contamination: The share of the items in `fit` that are taken to be odd, in (0, 0.5]: it sets the threshold.
        trim: The share of the items in `fit` from which the model does not learn: it is fitted to all, then twice more without those it
            found least likely, so that odd items among them do not teach it. 0 where all are normal.

    Attributes:
        estimator_: The fitted model.
        offset_: The threshold θ: ``decision_function`` is ``score_samples`` less it, and `predict` is -1 where that is below 0, else 1.
        usual_: The mean squared error of each number in `fit`, in the shape of an item; None where the model has no way back.

    References:
        Outlier Detection Using Replicator Neural Networks (S. Hawkins, H. He, G. Williams, R. Baxter, 2002); Maximum Trimmed Likelihood
        Estimators (A. S. Hadi, A. Luceño, 1997)

    Example:
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.decomposition import PCA
        >>> X, y = load_iris(return_X_y=True)
        >>> found = AnomalyDetector(PCA(2), contamination=0.1).fit(X[y == 0]).predict(X)
        >>> int((found[y > 0] == -1).sum()), int((found[y == 0] == -1).sum())
        (100, 5)
    """

    def __init__(self, estimator: Any = None, contamination: float = 0.05, trim: float = 0.0) -> None:
        self.estimator = estimator
        self.contamination = contamination
        self.trim = trim

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit the model to items (n, ...), and set the threshold by the contamination.

        Arguments:
            X: Items as the model takes them.
            y: Ignored; `settle` takes labels.

        Raises:
            InputError: For a setting outside its limits, or a model that gives neither scores nor items back.
        """
        check_settings(self, _LIMITS)
        model = DenoisingAutoencoder(random_state=0) if self.estimator is None else self.estimator
        if not hasattr(model, "score_samples") and not hasattr(model, "inverse_transform"):
            raise InputError(f"AnomalyDetector needs a model with score_samples or inverse_transform. Got {type(model).__name__}.")
        if sp.issparse(X) and not self.__sklearn_tags__().input_tags.sparse:
            check_array(X)  # which says that sparse input is not supported
        if (count := _num_samples(X)) < 2:
            raise InputError(f"AnomalyDetector needs 2 items or more to set a threshold. Got n_samples={count}.")
        fitted = clone(model).fit(X, None)  # FrozenEstimator wants to be told that there are no labels
        scores = _scores(fitted, X)
        for _ in range(_ROUNDS if self.trim > 0 else 0):
            likely = np.sort(np.argsort(scores, kind="stable")[round(self.trim * len(scores)) :])
            fitted = clone(model).fit(_safe_indexing(X, likely), None)
            scores = _scores(fitted, X)
        self.estimator_ = fitted
        self.offset_ = float(np.quantile(scores, self.contamination))
        self.usual_ = _usual(fitted, X) if hasattr(fitted, "inverse_transform") else None
        for name in ("n_features_in_", "feature_names_in_"):
            self.__dict__.pop(name, None)
            if hasattr(fitted, name):
                setattr(self, name, getattr(fitted, name))
        return self

    def settle(self, X: Any, odd: Any) -> Self:
        """Set the threshold where it separates items whose kind is known best: where sensitivity plus specificity is greatest.

        Arguments:
            X: Items, of which the model need not have learnt.
            odd: Which of them are odd, (n,) booleans.

        Raises:
            InputError: Where all are odd, or none, or there is not one answer an item.
        """
        scores, known = self.score_samples(X), np.asarray(odd, dtype=bool)
        if known.shape != scores.shape:
            raise InputError(f"odd must hold a yes or no for each of the {len(scores)} items. Got shape {known.shape}.")
        if known.all() or not known.any():
            raise InputError(f"a threshold needs odd items and others. Got {known.sum()} odd ones of {len(known)}.")
        false, true, limits = roc_curve(known, -scores)
        best = int(np.argmax(true - false))
        above = scores[scores > -limits[best]]  # halfway to the next item, which is not odd
        self.offset_ = float((above.min() - limits[best]) / 2) if len(above) else float(-limits[best])
        return self

    def score_samples(self, X: Any) -> np.ndarray:
        """Return how likely each item is, shape (n,): the greater, the more usual."""
        check_is_fitted(self)
        return _scores(self.estimator_, X)

    def decision_function(self, X: Any) -> np.ndarray:
        """Return ``score_samples(X) - offset_``: below 0 for odd items."""
        return self.score_samples(X) - self.offset_

    def predict(self, X: Any) -> np.ndarray:
        """Return -1 for odd items and 1 for others, shape (n,)."""
        return np.where(self.decision_function(X) < 0, -1, 1)

    def attribution(self, X: Any) -> np.ndarray:
        """Return how odd each number of each item is: its squared error over that number's usual one. Which column, when.

        Arguments:
            X: Items (n, ...).

        Returns:
            Ratios in the shape of ``X``: 1 is usual; 0 for missing numbers.

        Raises:
            InputError: Where the model has no way back.
        """
        check_is_fitted(self)
        if self.usual_ is None:
            raise InputError(f"{type(self.estimator_).__name__} does not give items back, so there is no error of single numbers.")
        return np.nan_to_num(_squares(self.estimator_, X)) / self.usual_

    def __sklearn_tags__(self) -> Tags:
        """Return what scikit-learn may know: what the model takes, and no labels."""
        tags = super().__sklearn_tags__()
        model = DenoisingAutoencoder() if self.estimator is None else self.estimator
        tags.input_tags.sparse = isinstance(model, BaseAutoencoder)  # others may learn from sparse rows and not score them
        tags.input_tags.allow_nan = get_tags(model).input_tags.allow_nan
        return tags


def _scores(model: Any, X: Any) -> np.ndarray:
    """Return a score of each item."""
    if hasattr(model, "score_samples"):
        return np.asarray(model.score_samples(X), dtype=np.float64)
    errors = np.nan_to_num(_squares(model, X))
    return -0.5 * errors.reshape(len(errors), -1).sum(axis=1)


def _usual(model: Any, X: Any) -> np.ndarray:
    """Return the mean squared error of each number, with a floor: numbers that are rebuilt exactly, or never vary, may be off a little."""
    with np.errstate(invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of numbers that are missing everywhere
        usual, varies = np.nanmean(_squares(model, X), axis=0), np.nanvar(_dense(X), axis=0)
    floor = _LEAST * np.where(varies > 0, varies, 1.0)
    return np.fmax(usual, floor)


def _squares(model: Any, X: Any) -> np.ndarray:
    """Return the squared errors of reconstruction, float64 (n, ...)."""
    items = _dense(X)
    return np.square(items - np.asarray(reconstruct(model, X), dtype=np.float64).reshape(items.shape))


def _dense(X: Any) -> np.ndarray:
    return np.asarray(X.toarray() if sp.issparse(X) else X, dtype=np.float64)
