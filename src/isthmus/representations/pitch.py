"""The pitch of a note, or the middle of a voice's, when nothing is known of it."""

import numpy as np
import scipy.fft
from numpy.typing import ArrayLike

from ..errors import InputError

_LOWEST, _HIGHEST = 27.5, 3000.0  # hertz that are looked for: from the lowest key of a piano
_DIP, _NONE = 0.1, 0.25  # of the difference function: deep enough to be the first period, and too shallow for any
_QUIET = 0.03  # of the loudest frame's power, below which none is heard


def pitches(wave: ArrayLike, rate: int) -> np.ndarray:
    r"""Return the pitch of a wave's frames in hertz, (frames,), 0 where there is none: the first period at which it nearly repeats itself.

    A frame has a period :math:`\tau` where the mean-normalised difference :math:`d'(\tau) = \tau \sum_j (x_j - x_{j+\tau})^2 /
    \sum_{k \le \tau} \sum_j (x_j - x_{j+k})^2` dips below 0.1 for the first time or, where it never does, is least and below 0.25.

    Source: YIN, a fundamental frequency estimator for speech and music (A. de Cheveigné, H. Kawahara, 2002).

    >>> found = pitches(np.sin(np.arange(8000) * 2 * np.pi * 440 / 16000), 16000)
    >>> round(float(np.median(found)))
    440
    """
    x = np.asarray(wave, np.float64)
    longest = int(rate / _LOWEST)
    size, hop = 2 * longest, longest // 2
    x = np.pad(x, (0, max(0, size - len(x))))
    frames = np.lib.stride_tricks.sliding_window_view(x, size)[::hop]  # (frames, size)
    powers = np.square(frames).sum(axis=1)
    frames = frames[powers > max(_QUIET * powers.max(), 1e-12)]
    if not len(frames):
        return np.zeros(len(powers))
    short = scipy.fft.rfft(frames[:, :longest], 2 * size, axis=1)
    products = scipy.fft.irfft(short.conj() * scipy.fft.rfft(frames, 2 * size, axis=1), axis=1)[:, : longest + 1]
    sums = np.cumsum(np.pad(np.square(frames), ((0, 0), (1, 0))), axis=1)
    apart = sums[:, [longest]] + sums[:, longest : 2 * longest + 1] - sums[:, : longest + 1] - 2 * products  # d(τ), (frames, longest + 1)
    lags = np.arange(1, longest + 1)
    normal = np.ones_like(apart)
    normal[:, 1:] = np.maximum(apart[:, 1:], 0) * lags / np.maximum(np.cumsum(np.maximum(apart[:, 1:], 0), axis=1), 1e-12)
    normal[:, : max(2, int(rate / _HIGHEST))] = 1
    inner = normal[:, 1:-1]
    dips = (inner < _DIP) & (inner <= normal[:, :-2]) & (inner <= normal[:, 2:])
    first = np.where(dips.any(axis=1), dips.argmax(axis=1), inner.argmin(axis=1)) + 1
    rows = np.arange(len(frames))
    before, here, after = (normal[rows, first + step] for step in (-1, 0, 1))
    bend = before - 2 * here + after
    exact = first + np.where(bend > 0, 0.5 * (before - after) / np.where(bend > 0, bend, 1), 0.0)
    return np.where(here < _NONE, rate / exact, 0.0)


def pitch_of(waves: list[np.ndarray], rate: int) -> float:
    """Return the median pitch of some waves in hertz.

    Raises:
        InputError: Where no frame has one.
    """
    found = np.concatenate([pitches(wave, rate) for wave in waves])
    if not (found > 0).any():
        raise InputError(f"no pitch from {_LOWEST:g} to {_HIGHEST:.0f} Hz is found in any frame; give a voice or an instrument.")
    return float(np.median(found[found > 0]))
