"""Odd items: those that a model of most items finds unlikely, and which of their numbers make them so."""

import math
from typing import Any, Self

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator, OutlierMixin, clone
from sklearn.metrics import roc_curve
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import Tags, _safe_indexing, check_array, get_tags
from sklearn.utils.validation import _num_samples, check_is_fitted

from ..checks import Real, check_settings
from ..errors import InputError
from ..estimators import DenoisingAutoencoder, VariationalAutoencoder
from ..estimators.base import BaseAutoencoder
from ..parts import KL, Gaussian, GaussianNoise
from ..training.batches import dense
from .parzen import Parzen, take_names
from .reduction import reconstruct

_CODE = (2, 32)  # units of the default's code
_LEAST = 0.01  # of a number's variance: what is rebuilt better than that is not odd by being off a little
_ROUNDS = 2  # of fitting anew to those items that were found likely
_LIMITS = {"contamination": Real(0, 0.5, above=True), "trim": Real(0, 0.5)}


class AnomalyDetector(OutlierMixin, BaseEstimator):
    r"""A threshold on how likely a model finds items, :math:`s(x) < \theta`, in scikit-learn's outlier interface.

    :math:`s(x)` is the model's ``score_samples`` or, where it has none, :math:`-\frac{1}{2}\lVert x - r \rVert^2` of its reconstruction r;
    of sequences of any length it is divided by their steps.

    Arguments:
        estimator: Anything with ``score_samples``, or with ``transform`` and ``inverse_transform``: an autoencoder, PCA, a pipeline that
            ends in one. A copy is fitted; ``FrozenEstimator(fitted)`` is taken as it is. None is `Parzen` windows about what a
            `DenoisingAutoencoder` makes of the items, with a code of half as many units as there are numbers (2 to 32); for tables that
            are not in [0, 1] behind a `StandardScaler`; for sequences of any length a `VariationalAutoencoder`.
        contamination: The share of the items in `fit` that are taken to be odd, in (0, 0.5]: it sets the threshold.
        trim: The share of the items in `fit` from which the model does not learn: it is fitted to all, then twice more without those it
            found least likely, so that odd items among them do not teach it. 0 where all are normal.

    Attributes:
        estimator_: The fitted model.
        offset_: The threshold θ: ``decision_function`` is ``score_samples`` less it, and `predict` is -1 where that is below 0, else 1.
        usual_: The mean squared error of each number in `fit`, or a hundredth of its variance where that is more, in the shape of an item;
            None where the model has no way back.

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
        model = _default(X) if self.estimator is None else self.estimator
        if not hasattr(model, "score_samples") and not hasattr(model, "inverse_transform"):
            raise InputError(f"AnomalyDetector needs a model with score_samples or inverse_transform. Got {type(model).__name__}.")
        if sp.issparse(X) and not self.__sklearn_tags__().input_tags.sparse:
            check_array(X)  # which says that sparse input is not supported
        if (count := _num_samples(X)) < 2:
            raise InputError(f"AnomalyDetector needs 2 items or more to set a threshold. Got n_samples={count}.")
        fitted = clone(model).fit(X, None)  # FrozenEstimator wants to be told that there are no labels
        found = scores_of(fitted, X)
        for _ in range(_ROUNDS if self.trim > 0 else 0):
            likely = np.sort(np.argsort(found, kind="stable")[round(self.trim * len(found)) :])
            fitted = clone(model).fit(_safe_indexing(X, likely), None)
            found = scores_of(fitted, X)
        self.estimator_, self._of_sequences = fitted, _ragged(X)
        self.offset_ = float(np.quantile(found, self.contamination))
        self.usual_ = _usual(fitted, X) if hasattr(fitted, "inverse_transform") else None
        take_names(self, fitted)
        return self

    def settle(self, X: Any, odd: Any) -> Self:
        """Set the threshold where it separates items whose kind is known best: where sensitivity plus specificity is greatest.

        Arguments:
            X: Items, of which the model need not have learnt.
            odd: Which of them are odd, (n,) booleans.

        Raises:
            InputError: Where all are odd, or none, or there is not one answer an item.
        """
        self.offset_ = separating(self.score_samples(X), odd)
        return self

    def score_samples(self, X: Any) -> np.ndarray:
        """Return how likely each item is, shape (n,): the greater, the more usual."""
        check_is_fitted(self)
        return scores_of(self.estimator_, self._as_fitted(X))

    def decision_function(self, X: Any) -> np.ndarray:
        """Return ``score_samples(X) - offset_``: below 0 for odd items."""
        return self.score_samples(X) - self.offset_

    def predict(self, X: Any) -> np.ndarray:
        """Return -1 for odd items and 1 for others, shape (n,)."""
        return np.where(self.decision_function(X) < 0, -1, 1)

    def attribution(self, X: Any) -> Any:
        """Return how odd each number of each item is: its squared error over that number's usual one, ``usual_``. Which column, when.

        Arguments:
            X: Items (n, ...).

        Returns:
            Ratios in the shape of ``X``, a list for a list of sequences: 1 and less is usual; 0 for missing numbers.

        Raises:
            InputError: Where the model has no way back.
        """
        check_is_fitted(self)
        if self.usual_ is None:
            raise InputError(f"{type(self.estimator_).__name__} does not give items back, so there is no error of single numbers.")
        X = self._as_fitted(X)
        return ratios(X, reconstruct(self.estimator_, X), self.usual_)

    def _as_fitted(self, X: Any) -> Any:
        """Return an array (n, t, d) as a list of sequences where those of any length were learnt from: their scores are a step's."""
        return list(X) if self._of_sequences and getattr(X, "ndim", 0) == 3 else X

    def __sklearn_tags__(self) -> Tags:
        """Return what scikit-learn may know: what the model takes, and no labels."""
        tags = super().__sklearn_tags__()
        model = VariationalAutoencoder() if self.estimator is None else self.estimator
        tags.input_tags.sparse = isinstance(model, BaseAutoencoder)  # others may learn from sparse rows and not score them
        tags.input_tags.allow_nan = get_tags(model).input_tags.allow_nan
        return tags


def _default(X: Any) -> Any:
    """Return the model that is taken where none is given."""
    if _ragged(X):
        return VariationalAutoencoder(_CODE[0], KL(0.3), likelihood=Gaussian(None, shared=False), random_state=0)
    items = X if sp.issparse(X) else np.asarray(X)
    size = int(np.clip(math.prod(items.shape[1:]) // 2, *_CODE))
    model = Parzen(DenoisingAutoencoder(size, GaussianNoise(0.1), likelihood=Gaussian(), random_state=0))
    table = items.ndim == 2 and items.dtype.kind in "iuf" and not sp.issparse(X)
    return make_pipeline(StandardScaler(), model) if table and (items.min(initial=0) < 0 or items.max(initial=0) > 1) else model


def separating(scores: np.ndarray, odd: Any) -> float:
    """Return the threshold on scores (n,) below which odd items lie best: where sensitivity plus specificity is greatest.

    Raises:
        InputError: Where all are odd, or none, or there is not one answer an item, or odd items are not the less likely ones.

    >>> separating(np.array([-9.0, -5.0, -1.0, 0.0]), [True, True, False, False])
    -3.0
    """
    known = np.asarray(odd, dtype=bool)
    if known.shape != scores.shape:
        raise InputError(f"odd must hold a yes or no for each of the {len(scores)} items. Got shape {known.shape}.")
    if known.all() or not known.any():
        raise InputError(f"a threshold needs odd items and others. Got {known.sum()} odd ones of {len(known)}.")
    false, true, limits = roc_curve(known, -scores)
    best = int(np.argmax(true - false))
    if not best:
        raise InputError("no threshold separates odd items from others: the model finds them at least as likely. Learn from data without "
                         "odd ones, or for longer, or take another model.")  # fmt: skip
    last = -float(limits[best])  # the score of the last item that counts as odd
    above = scores[scores > last]
    return float((above.min() + last) / 2) if len(above) else float(np.nextafter(last, np.inf))


def scores_of(model: Any, X: Any) -> np.ndarray:
    """Return a score of each item, (n,), for sequences of any length a step's on average: long ones are not odd for being long."""
    if hasattr(model, "score_samples"):
        found = np.asarray(model.score_samples(X), dtype=np.float64)
        return found / [len(item) for item in X] if _ragged(X) else found
    errors = squares(model, X)  # of items that are no sequences: models of these have scores
    return -0.5 * errors.reshape(len(errors), -1).sum(axis=1)


def _usual(model: Any, X: Any) -> np.ndarray:
    """Return the mean squared error of each number."""
    errors = UsualErrors()
    errors.add(X, squares(model, X))
    return errors.means()


class UsualErrors:
    """The mean squared error of each number of items that come block by block."""

    def __init__(self) -> None:
        self._count: Any = 0
        self._errors: Any = 0.0
        self._sums: Any = 0.0
        self._squares: Any = 0.0

    def add(self, X: Any, errors: np.ndarray) -> None:
        """Take the next items and their squared errors."""
        items = _dense(X)
        seen = ~np.isnan(items)
        self._count = self._count + seen.sum(axis=0)
        self._errors = self._errors + errors.sum(axis=0)
        self._sums = self._sums + items.sum(axis=0, where=seen)
        self._squares = self._squares + np.square(items).sum(axis=0, where=seen)

    def means(self) -> np.ndarray:
        """Return the means, of a hundredth of the number's variance at least: numbers that are rebuilt exactly may be off a little."""
        count = np.maximum(self._count, 1)
        varies = self._squares / count - np.square(self._sums / count)
        return np.maximum(self._errors / count, _LEAST * np.where(varies > 0, varies, 1.0))


def squares(model: Any, X: Any) -> np.ndarray:
    """Return the squared errors of reconstruction, float64 (n, ...), 0 for missing numbers; of sequences those of all steps."""
    return squares_of(X, reconstruct(model, X))


def squares_of(X: Any, rebuilt: Any) -> np.ndarray:
    """Return the squared errors of items that were rebuilt already, as `squares` does."""
    items = _dense(X)
    return np.nan_to_num(np.square(items - _dense(rebuilt).reshape(items.shape)))


def ratios(X: Any, rebuilt: Any, usual: np.ndarray) -> Any:
    """Return the squared error of each number over its usual one, in the shape of the items, for sequences a list."""
    found = squares_of(X, rebuilt) / usual
    return np.split(found, np.cumsum([len(item) for item in X])[:-1]) if _ragged(X) else found


def _dense(X: Any) -> np.ndarray:
    """Return items as an array of doubles, the steps of sequences behind each other."""
    if _ragged(X):
        return np.concatenate([np.asarray(item, dtype=np.float64) for item in X])
    return np.asarray(dense(X), dtype=np.float64)


def _ragged(X: Any) -> bool:
    """Return whether items are a list of sequences (t_i, d)."""
    return isinstance(X, list | tuple) and all(getattr(item, "ndim", 0) == 2 for item in X)
