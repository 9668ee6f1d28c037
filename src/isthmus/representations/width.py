"""What a representation has to keep that learns no more than how many numbers a row has."""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted


class KnowsWidth(TransformerMixin, BaseEstimator):
    """A transformer whose fitted state is ``n_features_in_``."""

    def config(self) -> dict[str, Any]:
        """Return what was learnt, but for arrays."""
        check_is_fitted(self)
        return {"n_features_in": self.n_features_in_}

    def arrays(self) -> dict[str, np.ndarray]:
        """Return no arrays: nothing of the kind is learnt."""
        return {}

    def restore(self, config: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """Set the fitted state from what `config` and `arrays` gave."""
        self.n_features_in_ = config["n_features_in"]
