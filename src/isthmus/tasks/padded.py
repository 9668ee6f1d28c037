"""Models of sequences of any length, for those who hold items in one array."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..training.sequences import Sequences, parted


class Padded:
    """A fitted model of sequences (t_i, d) that takes and gives them as arrays (n, steps, d), NaN behind the end of each.

    All else is the model's own. Sequences that are given back for codes have the lengths that the model predicts, at most ``steps``.

    >>> from isthmus import Autoencoder, Recurrent, Training
    >>> X = [np.sin(np.arange(t) / 3.0)[:, None] for t in range(5, 15)]
    >>> model = Autoencoder(2, network=Recurrent(8), training=Training(epochs=2), random_state=0).fit(X)
    >>> view, items = Padded(model, 14), padded(X)
    >>> view.transform(items).shape, view.reconstruct(items).shape, bool((np.isnan(view.reconstruct(items)) == np.isnan(items)).all())
    ((10, 2), (10, 14, 1), True)
    """

    def __init__(self, model: Any, steps: int) -> None:
        self._model, self._steps = model, steps

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def given(self, condition: Any) -> "Padded":
        """Return the view of the model under a condition."""
        return Padded(self._model.given(condition), self._steps)

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return the codes (n, n_components)."""
        return self._model.transform(_sequences(X))

    def draw_codes(self, X: np.ndarray, random_state: Any = None) -> np.ndarray:
        """Return codes drawn from the items' posteriors, (n, n_components)."""
        return self._model.draw_codes(_sequences(X), random_state=random_state)

    def reconstruct(self, X: np.ndarray) -> np.ndarray:
        """Return items through the code and back, as long as they are."""
        return self._filled(self._model.reconstruct(_sequences(X)))

    def inverse_transform(self, H: Any) -> np.ndarray:
        """Return what codes stand for."""
        return self._filled(self._model.inverse_transform(H))

    def realise(self, H: Any, random_state: Any = None) -> np.ndarray:
        """Return new items of codes."""
        return self._filled(self._model.realise(H, random_state=random_state))

    def score_samples(self, X: np.ndarray) -> np.ndarray:
        """Return the score of each item, (n,)."""
        return self._model.score_samples(_sequences(X))

    def sample(self, n: int = 1, random_state: Any = None) -> np.ndarray:
        """Return new items."""
        return self._filled(self._model.sample(n, random_state=random_state))

    def _filled(self, items: Sequence[np.ndarray]) -> np.ndarray:
        return padded([item[: self._steps] for item in items], self._steps)


def padded(items: Sequence[np.ndarray], steps: int | None = None) -> np.ndarray:
    """Return sequences (t_i, d) as one array (n, steps, d), NaN behind the end of each; None is as many steps as the longest has."""
    found = Sequences.of(items).padded()
    behind = 0 if steps is None else steps - found.shape[1]
    return np.pad(found, ((0, 0), (0, behind), (0, 0)), constant_values=np.nan) if behind else found


def _sequences(X: np.ndarray) -> list[np.ndarray]:
    """Return the items without what is behind their ends."""
    known = ~np.isnan(X).all(axis=2)
    ends = X.shape[1] - known[:, ::-1].argmax(axis=1)
    return parted(X, np.where(known.any(axis=1), ends, 1))
