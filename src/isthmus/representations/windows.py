"""Long series as windows of one length, and back by overlap-add."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from ..checks import Whole, check_settings
from ..errors import InputError
from .channels import Channels, as_series

_LIMITS = {"length": Whole(1), "stride": Whole(1, optional=True)}


class Windows(TransformerMixin, BaseEstimator):
    r"""Series (t, d) as overlapping windows (n, length, d) of float32, each channel standardised, and back.

    Windows begin every ``stride`` steps, and a last one ends with the series, so that every step is in one. Back, a step is the mean of
    what the windows say of it, weighted by how far it lies from their ends: :math:`x_t = \sum_w a_{t-s_w} x^w_{t-s_w} / \sum_w a_{t-s_w}`
    with :math:`a_i = \min(i + 1, \text{length} - i)`. Missing steps are NaN and stay so.

    Parameters: ``length``, the steps of a window; ``stride``, from one's beginning to the next one's, half of the length for None, at
    most the length.

    Attributes learnt: ``channels_``, the fitted `Channels`, and ``n_features_in_`` (d).

    References:
        Signal Estimation from Modified Short-Time Fourier Transform (D. W. Griffin, J. S. Lim, 1984), for the weighted overlap-add

    >>> series = np.sin(np.arange(100.0))[:, None]
    >>> windows = Windows(length=16).fit(series)
    >>> X = windows.transform(series)
    >>> X.shape, bool(np.allclose(windows.inverse_transform(X, lengths=[100]), series, atol=1e-6))
    ((12, 16, 1), True)
    """

    def __init__(self, length: int = 64, stride: int | None = None) -> None:
        self.length = length
        self.stride = stride

    def fit(self, X: Any, y: Any = None) -> "Windows":
        """Learn mean and deviation of each channel from a series (t, d), or from a list of them.

        Raises:
            InputError: For a setting outside its limits, or series that are none, too short, or not of one number of channels.
        """
        check_settings(self, _LIMITS)
        if self.stride is not None and self.stride > self.length:
            raise InputError(f"Windows.stride must be at most the length, {self.length}, or steps are lost. Got {self.stride}.")
        self.channels_ = Channels().fit(as_series(X, least=self.length))
        self.n_features_in_ = self.channels_.n_features_in_
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return the windows of a series, or of all series of a list, one after the other."""
        check_is_fitted(self)
        parts = []
        for scaled in self.channels_.transform(as_series(X, self.n_features_in_, self.length)):
            views = np.lib.stride_tricks.sliding_window_view(scaled, self.length, axis=0)  # (t - length + 1, d, length)
            parts.append(views[self.starts(len(scaled))].swapaxes(1, 2))
        return np.ascontiguousarray(np.concatenate(parts))

    def inverse_transform(self, Z: Any, lengths: Sequence[int] | None = None) -> Any:
        """Return the series that windows (n, length, d) are of.

        Arguments:
            Z: Windows in the order of `transform`.
            lengths: The steps of each series: a list of arrays then comes back, or an array for one. None takes them for one series
                without a shortened last stride.
        """
        check_is_fitted(self)
        Z = np.asarray(Z)
        if Z.shape[1:] != (self.length, self.n_features_in_):
            raise InputError(f"windows must have the shape (n, {self.length}, {self.n_features_in_}). Got {Z.shape}.")
        series = self.channels_.inverse_transform(self.joined(Z, lengths))
        return series[0] if len(series) == 1 else series

    def joined(self, values: np.ndarray, lengths: Sequence[int] | None = None) -> list[np.ndarray]:
        """Return numbers of each window's steps, (n, length, ...), as numbers of each series' steps, in the same units."""
        lengths = [(len(values) - 1) * self._stride + self.length] if lengths is None else lengths
        if len(self.of(lengths)) != len(values):
            raise InputError(f"series of {', '.join(map(str, lengths))} steps have {len(self.of(lengths))} windows. Got {len(values)}.")
        weights = np.minimum(np.arange(self.length) + 1, self.length - np.arange(self.length)).astype(np.float64)
        found, begin = [], 0
        for length in lengths:
            starts = self.starts(length)
            own, begin = values[begin : begin + len(starts)], begin + len(starts)
            places = starts[:, None] + np.arange(self.length)  # (windows, length)
            total, weight = np.zeros((length, *values.shape[2:])), np.zeros((length, *values.shape[2:]))
            seen = ~np.isnan(own)
            shaped = weights.reshape(-1, *[1] * (values.ndim - 2))
            np.add.at(total, places, np.where(seen, own, 0.0) * shaped)
            np.add.at(weight, places, seen * shaped)
            found.append(np.where(weight > 0, total / np.where(weight > 0, weight, 1.0), np.nan))
        return found

    def starts(self, length: int) -> np.ndarray:
        """Return the steps at which the windows of a series of that length begin.

        >>> Windows(length=4, stride=3).starts(11).tolist()
        [0, 3, 6, 7]
        """
        return np.unique([*range(0, length - self.length + 1, self._stride), length - self.length])

    def of(self, lengths: Sequence[int]) -> np.ndarray:
        """Return the place of the series that each window is from, (n,)."""
        return np.repeat(np.arange(len(lengths)), [len(self.starts(length)) for length in lengths])

    def apart(self, count: int) -> list[int]:
        """Return the lengths of series that have one window each."""
        return [self.length] * count

    def config(self) -> dict[str, Any]:
        """Return what the channels are."""
        check_is_fitted(self)
        return self.channels_.config()

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the channels' arrays."""
        return self.channels_.arrays()

    def restore(self, config: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """Set the fitted state from what `config` and `arrays` gave."""
        self.channels_ = Channels()
        self.channels_.restore(config, arrays)
        self.n_features_in_ = self.channels_.n_features_in_

    @property
    def _stride(self) -> int:
        return max(1, self.length // 2) if self.stride is None else self.stride
