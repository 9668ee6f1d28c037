"""What every fitted autoencoder does with rows and with codes, under a condition where it was fitted with one."""

from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import torch
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from ..checks import Whole, check
from ..errors import InputError
from ..training.batches import Rows
from ..training.devices import device_of, seeded
from ..training.sequences import Sequences
from .data import read_rows
from .diagnostics import warn_of_other_units
from .fitting import seed_of
from .given import Given
from .prediction import bound, codes, decoded, drawn_codes, importance_weighted, realised, rebuilt
from .saving import Storable


class Applied(ClassNamePrefixFeaturesOutMixin, TransformerMixin, Storable):
    """An autoencoder from when it is fitted on: codes of rows, rows of codes, scores, and new rows."""

    random_state: Any

    def given(self, condition: Any) -> Given:
        """Return a view of the fitted estimator under a condition, one for each row that its methods will meet, or one for all.

        Example:
            >>> from sklearn.datasets import load_digits
            >>> from isthmus import Training, VariationalAutoencoder
            >>> X, y = load_digits(return_X_y=True)
            >>> model = VariationalAutoencoder(2, training=Training(epochs=3), random_state=0).fit(X / 16, condition=y)
            >>> model.given(7).sample(4).shape, model.given(y).transform(X / 16).shape
            ((4, 64), (1797, 2))
        """
        check_is_fitted(self)
        return Given(self, condition)

    def transform(self, X: Any, condition: Any = None) -> np.ndarray:
        """Return the codes of ``X``, shape (n, n_components): posterior means where codes are random."""
        rows = self._read(X)
        return self._predict(rows, codes, condition=self._told(condition, rows.shape[0]))

    def draw_codes(self, X: Any, condition: Any = None, random_state: Any = None) -> np.ndarray:
        """Return codes of ``X`` drawn from their posteriors, shape (n, n_components); codes that are not random are those of `transform`.

        Together they are draws from the aggregate posterior, which `metrics.prior_divergence` compares with the prior.

        Arguments:
            X: Rows as `fit` takes them.
            condition: As in `fit`, where that had one.
            random_state: A seed; None is the estimator's own, so that every call gives the same codes where that is a number.
        """
        rows = self._read(X)
        told = self._told(condition, rows.shape[0])
        with self._seeded(random_state):
            return self._predict(rows, drawn_codes, condition=told)

    def inverse_transform(self, H: Any, condition: Any = None, lengths: Any = None) -> Any:
        """Return what the codes ``H``, shape (n, n_components), stand for, in the shape and units of the training items.

        Arguments:
            H: Codes.
            condition: As in `fit`, where that had one.
            lengths: Of sequences, (n,), where `fit` was given a list of them: a list then comes back. None predicts them from the codes.
        """
        check_is_fitted(self)
        if lengths is not None and not self.of_sequences_:
            raise InputError(f"lengths are for sequences of any length, and this {type(self).__name__} was fitted to items of one shape.")
        return self._of_codes(H, decoded, condition, lengths)

    def realise(self, H: Any, condition: Any = None, random_state: Any = None) -> Any:
        """Return new items of the codes ``H``: what `inverse_transform` returns or, of categories and mixed tables, draws from p(x|h).

        Arguments:
            H: Codes (n, n_components).
            condition: As in `fit`, where that had one.
            random_state: As in `sample`.
        """
        check_is_fitted(self)
        if not self.likelihood_.realised:
            return self._of_codes(H, decoded, condition)
        with self._seeded(random_state):
            return self._of_codes(H, realised, condition)

    def reconstruct(self, X: Any, condition: Any = None) -> Any:
        """Return ``inverse_transform(transform(X))`` in one pass; missing numbers come back filled, and sequences keep their lengths."""
        rows = self._read(X)
        return self._predict(rows, rebuilt, condition=self._told(condition, rows.shape[0]))

    def score_samples(self, X: Any, n_importance: int | None = None, condition: Any = None) -> np.ndarray:
        r"""Return a log-likelihood of every row, shape (n,), float64.

        log p(x|h) at the row's code; for random codes the evidence lower bound :math:`E_q \log p(x|h) - KL(q \,\Vert\, p)`
        over the same draws for every row. It is in the data's units and not comparable across likelihoods.

        Arguments:
            X: Rows as `fit` takes them.
            n_importance: For random codes, how many importance-weighted draws estimate log p(x) itself, a little from below: 5,000 are
                usual. A row takes as long as so many reconstructions.
            condition: As in `fit`, where that had one: the likelihood is then that of the row under its condition.

        Raises:
            InputError: For rows that cannot be used, or draws of codes that are not random.
        """
        rows = self._read(X)
        told = self._told(condition, rows.shape[0])
        if n_importance is None:
            return self._predict(rows, bound, condition=told).astype(np.float64)
        check("n_importance", n_importance, Whole(1, optional=True))
        if not self.bottleneck_.random:
            raise InputError(f"n_importance draws random codes, and those of {type(self).__name__} with {type(self.bottleneck_).__name__} "
                             "are not: leave it out, or take VariationalAutoencoder.")  # fmt: skip
        return self._predict(rows, importance_weighted(n_importance), condition=told).astype(np.float64)

    def score(self, X: Any, y: Any = None, condition: Any = None) -> float:
        """Return the mean of `score_samples`; see `metrics.reconstruction_r2_scorer` to compare across likelihoods."""
        told = {} if condition is None else {"condition": condition}
        return float(self.score_samples(X, **told).mean())

    def sample(self, n: int = 1, *, condition: Any = None, random_state: Any = None) -> np.ndarray:
        """Return ``n`` new items, of codes drawn from the prior: decoded means or, of categories and mixed tables, draws.

        Arguments:
            n: How many.
            condition: As in `fit`, one for all or one for each.
            random_state: A seed; None is the estimator's own, so that every call gives the same items where that is a number.

        Raises:
            InputError: For a bottleneck without a prior.
        """
        check_is_fitted(self)
        check("n", n, Whole(1))
        prior = self.bottleneck_.prior(torch.zeros(int(n), self.n_components_))
        if prior is None:
            raise InputError(
                f"{type(self).__name__} with {type(self.bottleneck_).__name__} codes has no prior to draw from. "
                "VariationalAutoencoder has one; for any other use isthmus.tasks.generation.fit_density(estimator, X)."
            )
        seed = seed_of(self.random_state if random_state is None else random_state)
        with seeded(seed, device_of(self.training_.device)):
            H = prior.sample().numpy()
        return self.realise(H, condition, seed ^ 1)  # other numbers than those of the codes

    def _seeded(self, random_state: Any) -> AbstractContextManager[None]:
        """Return what lets draws be those of a seed, the estimator's own where it is None."""
        return seeded(seed_of(self.random_state if random_state is None else random_state), device_of(self.training_.device))

    @property
    def _n_features_out(self) -> int:
        return self.n_components_

    def _read(self, X: Any) -> Rows:
        check_is_fitted(self)
        rows = read_rows(self, X, reset=False, nan=self.likelihood_.missing == "mask", sequences=self.of_sequences_)
        warn_of_other_units(self, rows)
        return rows

    def _of_codes(self, H: Any, function: Any, condition: Any, lengths: Any = None) -> Any:
        """Return what a function of `prediction` makes of codes: items or, of sequences, a list of them, as long as given or predicted."""
        if np.ndim(H) != 2:
            raise InputError(f"H must have the shape (n, {self.n_components_}), a code a row. Got {np.shape(H)}.")
        try:
            H = check_array(H, dtype=[np.float64, np.float32], estimator=self, input_name="H")
        except ValueError as error:
            raise InputError(" ".join(str(error).split())) from error
        if H.shape[1] != self.n_components_:
            raise InputError(f"H must have {self.n_components_} columns, one a component. Got {H.shape[1]}.")
        own = self._lengths(H, lengths) if self.of_sequences_ else None
        item = self.item_shape_ if own is None else (int(own.max(initial=1)), self.n_features_in_)
        return self._predict(H, function, item, self._told(condition, len(H)), own)

    def _learn_lengths(self, X: Sequences, told: np.ndarray | None) -> None:
        """Fit the logarithm of a sequence's length to its code, by least squares."""
        H = np.column_stack([self._predict(X, codes, condition=told), np.ones(X.shape[0])])
        logs = np.log(X.lengths)
        small = 1e-3 * len(H) * np.diag([*H[:, :-1].var(axis=0), 0.0])
        weights = np.linalg.lstsq(H.T @ H + small, H.T @ logs, rcond=None)[0]
        self.module_.pace = torch.from_numpy(np.array([*weights, logs.min(), logs.max()])).float()

    def _lengths(self, H: np.ndarray, given: Any) -> np.ndarray:
        """Return the lengths of the sequences that codes stand for, as given or as predicted."""
        if given is None:
            *weights, constant, least, most = np.asarray(self.module_.pace, dtype=np.float64)
            return np.rint(np.exp(np.clip(H @ np.array(weights) + constant, least, most))).astype(np.int64)
        lengths = np.asarray(given)
        if lengths.shape != (len(H),) or lengths.dtype.kind not in "iu" or (lengths < 1).any():
            raise InputError(f"lengths must hold a whole number of at least 1 for each of the {len(H)} codes. Got {given!r}.")
        return lengths.astype(np.int64)

    def _told(self, condition: Any, rows: int) -> np.ndarray | None:
        """Return what the model is told of so many rows, (rows, known)."""
        name = type(self).__name__
        if self.condition_ is None:
            if condition is not None:
                raise InputError(f"this {name} was fitted without a condition: leave it out, or fit with one.")
            return None
        if condition is None:
            raise InputError(f"this {name} was fitted with a condition: give condition=, {self.condition_}.")
        return self.condition_.numbers(condition, rows)
