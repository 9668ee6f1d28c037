"""A fitted estimator under a condition, with the plain methods of one without."""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from ..errors import InputError


class Given(TransformerMixin, BaseEstimator):
    """What ``estimator.given(condition)`` returns: tasks and pipelines need not know of the condition.

    It is fitted, and is not to be fitted anew.

    Arguments:
        estimator: Fitted with a condition.
        condition: One for every row that the methods will meet, or one for all.
    """

    def __init__(self, estimator: Any, condition: Any) -> None:
        self.estimator = estimator
        self.condition = condition

    def fit(self, X: Any, y: Any = None) -> "Given":
        """Raise: what is fitted is the estimator.

        Raises:
            InputError: Always.
        """
        raise InputError(f"{type(self.estimator).__name__}.given(condition) is a view of a fitted estimator: fit that, with condition=.")

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def transform(self, X: Any) -> np.ndarray:
        """Return the codes of ``X``."""
        return self.estimator.transform(X, condition=self.condition)

    def draw_codes(self, X: Any, random_state: Any = None) -> np.ndarray:
        """Return codes of ``X`` drawn from their posteriors."""
        return self.estimator.draw_codes(X, self.condition, random_state)

    def inverse_transform(self, H: Any, **more: Any) -> Any:
        """Return the items that the codes ``H`` stand for."""
        return self.estimator.inverse_transform(H, condition=self.condition, **more)

    def realise(self, H: Any, random_state: Any = None) -> Any:
        """Return new items of the codes ``H``."""
        return self.estimator.realise(H, self.condition, random_state)

    def reconstruct(self, X: Any) -> np.ndarray:
        """Return the reconstructions of ``X``."""
        return self.estimator.reconstruct(X, condition=self.condition)

    def score_samples(self, X: Any, n_importance: int | None = None) -> np.ndarray:
        """Return a log-likelihood of every row."""
        return self.estimator.score_samples(X, n_importance, condition=self.condition)

    def score(self, X: Any, y: Any = None) -> float:
        """Return the mean of `score_samples`."""
        return self.estimator.score(X, condition=self.condition)

    def sample(self, n: int = 1, **more: Any) -> np.ndarray:
        """Return ``n`` new items."""
        return self.estimator.sample(n, condition=self.condition, **more)

    def __getattr__(self, name: str) -> Any:
        """Return what the estimator has and this view does not."""
        if name.startswith("__") or name == "estimator":  # which `copy` and `pickle` ask for before there is one
            raise AttributeError(name)
        return getattr(self.estimator, name)
