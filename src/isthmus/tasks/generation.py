"""New items from any transformer that has a way back: by a density on its codes."""

from typing import Any

import numpy as np
import sklearn  # its parts are loaded when they are first used
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ..checks import Whole, check
from ..errors import InputError
from ..estimators.fitting import seed_of

_FITTED_ON = 20_000  # rows at most; a mixture of ten Gaussians needs no more


class Density(BaseEstimator):
    r"""A Gaussian mixture on codes, :math:`p(h) = \sum_c \pi_c N(h; \mu_c, L_c L_c^\top)`, to draw from.

    Arguments:
        components: How many Gaussians, at most; fewer where there are too few codes to fit them.
        random_state: A seed.

    References:
        From Variational to Deterministic Autoencoders (P. Ghosh, M. S. M. Sajjadi, A. Vergari, M. Black, B. Schölkopf,
        2019), for drawing from an autoencoder's codes after training, https://arxiv.org/abs/1903.12436

    Example:
        >>> codes = np.random.default_rng(0).normal(size=(200, 2))
        >>> Density(components=2).fit(codes).sample(3).shape
        (3, 2)
    """

    def __init__(self, components: int = 10, random_state: int = 0) -> None:
        self.components = components
        self.random_state = random_state

    def fit(self, codes: np.ndarray, y: None = None) -> "Density":
        """Fit the mixture to codes of shape (n, k).

        Raises:
            InputError: For a number of components that is no whole one from 1, or what are not two codes or more, of finite numbers.
        """
        check("Density.components", self.components, Whole(1))
        try:
            codes = np.asarray(codes, np.float64)
        except (TypeError, ValueError) as error:
            raise InputError(f"a density needs codes (n, k), of finite numbers. Got a {type(codes).__name__} of something else.") from error
        if codes.ndim != 2 or len(codes) < 2 or not np.isfinite(codes).all():
            raise InputError(f"a density needs at least 2 codes (n, k), of finite numbers. Got shape {codes.shape}.")
        seed = seed_of(self.random_state)
        rng = np.random.default_rng(seed)
        if len(codes) > _FITTED_ON:
            codes = codes[np.sort(rng.permutation(len(codes))[:_FITTED_ON])]
        # A full covariance of k units wants some multiple of k codes for each Gaussian, and each a code of its own: bits may be few.
        count = int(np.clip(len(codes) // (5 * (codes.shape[1] + 1)), 1, min(self.components, len(np.unique(codes, axis=0)))))
        centre, scale = codes.mean(axis=0), codes.std(axis=0)  # one scale for all would blur the narrow units
        mixture = sklearn.mixture.GaussianMixture(count, random_state=seed, reg_covar=1e-5)
        mixture.fit((codes - centre) / np.where(scale, scale, 1.0))
        self.weights_, self.means_ = mixture.weights_, centre + scale * mixture.means_
        self.factors_ = scale[:, None] * np.linalg.cholesky(mixture.covariances_)
        return self

    def sample(self, n: int, random_state: int | None = None) -> np.ndarray:
        """Return ``n`` codes, shape (n, k)."""
        check_is_fitted(self, "weights_")
        check("n", n, Whole(1))
        rng = np.random.default_rng(seed_of(self.random_state if random_state is None else random_state))
        which = rng.choice(len(self.weights_), n, p=self.weights_ / self.weights_.sum())
        noise = rng.normal(size=(n, self.means_.shape[1]))
        for component in np.unique(which):  # one after the other, since a matrix for every code would take up much memory
            own = which == component
            noise[own] = self.means_[component] + noise[own] @ self.factors_[component].T
        return noise

    def config(self) -> dict[str, Any]:
        """Return nothing: all that was learnt is arrays."""
        return {}

    def arrays(self) -> dict[str, np.ndarray]:
        """Return weights, means and Cholesky factors."""
        return {"weights": self.weights_, "means": self.means_, "factors": self.factors_}

    def restore(self, config: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """Take on what `arrays` returned."""
        self.weights_, self.means_, self.factors_ = (arrays[name] for name in ("weights", "means", "factors"))


class Sampler:
    """A fitted transformer and a density on its codes: what `fit_density` returns."""

    def __init__(self, estimator: Any, density: Density) -> None:
        self.estimator = estimator
        self.density = density

    def sample(self, n: int = 1, random_state: int | None = None) -> np.ndarray:
        """Return ``n`` new items in the estimator's own shape and units, of categories drawn ones."""
        codes = self.density.sample(n, random_state)
        if hasattr(self.estimator, "realise"):
            return self.estimator.realise(codes, random_state=random_state)
        return self.estimator.inverse_transform(codes)


def fit_density(estimator: Any, X: Any, components: int = 10, random_state: int = 0) -> Sampler:
    """Return an object with ``sample(n)`` for any fitted transformer with ``inverse_transform``, PCA too.

    Arguments:
        estimator: Anything fitted that has ``transform`` and ``inverse_transform``.
        X: Items whose codes the mixture is fitted to.
        components: How many Gaussians, at most.
        random_state: A seed.

    Example:
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.decomposition import PCA
        >>> X = load_iris().data
        >>> fit_density(PCA(2).fit(X), X).sample(5).shape
        (5, 4)
    """
    return Sampler(estimator, Density(components, random_state).fit(np.asarray(estimator.transform(X))))


def draw(estimator: Any, X: Any, n: int, told: Any = None) -> np.ndarray:
    """Return ``n`` new items: from the estimator's own prior, or from a density on the codes of ``X`` where it has none.

    ``told`` is a view of the estimator under the conditions of the new items, where it takes any.
    """
    source = estimator if told is None else told
    try:
        return source.sample(n)
    except (AttributeError, InputError):
        return Sampler(source, fit_density(estimator, X).density).sample(n)
