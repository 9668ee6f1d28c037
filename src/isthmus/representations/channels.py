"""Series with each channel on the same scale, and back."""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from ..errors import InputError


class Channels(TransformerMixin, BaseEstimator):
    r"""Series (t_i, d) with each channel standardised, :math:`(x - \mu) / \sigma` over all steps of all series, as float32, and back.

    Missing steps are NaN and stay so. A channel that never changes becomes 0.

    Attributes learnt: ``mean_``, ``scale_`` (of each channel, (d,)), ``n_features_in_`` (d).

    >>> series = [np.array([[1.0, 500], [3, 700]]), np.array([[2.0, 600]])]
    >>> channels = Channels().fit(series)
    >>> Z = channels.transform(series)
    >>> Z[0].astype(float).round(2).tolist(), channels.inverse_transform(Z)[1].tolist()
    ([[-1.22, -1.22], [1.22, 1.22]], [[2.0, 600.0]])
    """

    def fit(self, X: Any, y: Any = None) -> "Channels":
        """Learn mean and deviation of each channel from a series (t, d), or from a list of them.

        Raises:
            InputError: For no series, or series that are empty, infinite, or not of one number of channels.
        """
        steps = np.concatenate(as_series(X))
        known = np.isfinite(steps).any(axis=0)
        if not known.all():
            raise InputError(f"channel {int((~known).argmax())} holds no number at all; leave it out.")
        self.mean_ = np.asarray(np.nanmean(steps, axis=0, dtype=np.float64))
        deviation = np.nanstd(steps, axis=0, dtype=np.float64)
        self.scale_ = np.where(deviation > 0, deviation, 1.0)
        self.n_features_in_ = len(self.mean_)
        return self

    def transform(self, X: Any) -> list[np.ndarray]:
        """Return the series, each (t_i, d) of float32."""
        check_is_fitted(self)
        return [((series - self.mean_) / self.scale_).astype(np.float32) for series in as_series(X, self.n_features_in_)]

    def inverse_transform(self, Z: Any) -> list[np.ndarray]:
        """Return series in their own units."""
        check_is_fitted(self)
        return [series * self.scale_ + self.mean_ for series in as_series(Z, self.n_features_in_)]

    def config(self) -> dict[str, Any]:
        """Return nothing: what is learnt is arrays."""
        check_is_fitted(self)
        return {}

    def arrays(self) -> dict[str, np.ndarray]:
        """Return mean and scale."""
        return {"mean": self.mean_, "scale": self.scale_}

    def restore(self, config: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """Set the fitted state from what `config` and `arrays` gave."""
        self.mean_, self.scale_ = arrays["mean"], arrays["scale"]
        self.n_features_in_ = len(self.mean_)


def as_series(X: Any, channels: int | None = None, least: int = 1) -> list[np.ndarray]:
    """Return one series (t, d), or a list of them, as a list of floats, checked: of so many channels, and of so many steps at least."""
    given = [np.asarray(series) for series in (X if isinstance(X, list | tuple) else [X])]
    found = [series if series.dtype == np.float32 else series.astype(np.float64, copy=False) for series in given]
    if not found:
        raise InputError("a series (t, d), or a list of them, is needed. Got an empty list.")
    channels = found[0].shape[-1] if channels is None and found[0].ndim == 2 else channels
    for place, series in enumerate(found):
        if series.ndim != 2 or series.shape[1] != channels or not channels:
            wanted = f"(t, {channels or 'd'})"
            raise InputError(f"series must have the shape {wanted}, of a channel or more. Got shape {series.shape} for series {place}.")
        if len(series) < least:
            raise InputError(f"series {place} has {len(series)} steps, fewer than a window of {least}; take a smaller length, or leave it "
                             "out.")  # fmt: skip
        if np.isinf(series).any():
            raise InputError(f"series {place} holds an infinite number in step {int(np.isinf(series).any(axis=1).argmax())}; mend it.")
    return found
