"""The pitch of a note, or the middle of a voice's, when nothing is known of it."""

import numpy as np
import scipy.fft
import scipy.signal
from numpy.typing import ArrayLike

from ..errors import InputError

_LOWEST, _HIGHEST = 27.5, 3000.0  # hertz that are looked for: from the lowest key of a piano
_DIP, _NONE = 0.1, 0.25  # of the difference function: deep enough to be the first period, and too shallow for any
_AT_ONCE = 256  # frames
_FINE = 44_100  # samples a second, with fewer of which a high pitch would lie between them
_QUIET = 0.03  # of the loudest frame's power, below which none is heard


def pitches(wave: ArrayLike, rate: int) -> tuple[np.ndarray, np.ndarray]:
    r"""Return the pitch of a wave's frames in hertz, 0 where there is none, and their middles in seconds, (frames,) each.

    A frame has a period :math:`\tau` where the mean-normalised difference :math:`d'(\tau) = \tau \sum_j (x_j - x_{j+\tau})^2 /
    \sum_{k \le \tau} \sum_j (x_j - x_{j+k})^2` dips below 0.1 for the first time or, where it never does, is least and below 0.25: the
    first after which the wave nearly repeats itself.

    Source: YIN, a fundamental frequency estimator for speech and music (A. de Cheveigné, H. Kawahara, 2002).

    >>> found, times = pitches(np.sin(np.arange(8000) * 2 * np.pi * 440 / 16000), 16000)
    >>> round(float(np.median(found))), times[:2].round(3).tolist()
    (440, [0.018, 0.036])
    """
    finer = -(-_FINE // rate)
    x = scipy.signal.resample_poly(np.asarray(wave, np.float64), finer, 1) if finer > 1 else np.asarray(wave, np.float64)
    rate *= finer
    longest = int(rate / _LOWEST)
    size, hop = 2 * longest, longest // 2
    x = np.pad(x, (0, max(0, size - len(x))))
    frames = np.lib.stride_tricks.sliding_window_view(x, size)[::hop]  # (frames, size)
    sums = np.cumsum(np.pad(np.square(x), (1, 0)))
    powers = sums[size::hop] - sums[:-size:hop]
    heard = np.flatnonzero(powers > max(_QUIET * powers.max(), 1e-12))
    found = np.zeros(len(powers))
    for start in range(0, len(heard), _AT_ONCE):
        some = heard[start : start + _AT_ONCE]
        found[some] = _repeated(frames[some], rate, longest)
    return found, (np.arange(len(powers)) * hop + longest / 2) / rate


def _repeated(frames: np.ndarray, rate: int, longest: int) -> np.ndarray:
    """Return the pitch of frames (n, 2 longest) in hertz, 0 where there is none."""
    size = frames.shape[1]
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
    """Return the median pitch of some waves in hertz, of their frames that have one.

    Raises:
        InputError: Where no frame has one.
    """
    found = np.concatenate([pitches(wave, rate)[0] for wave in waves])
    if not (found > 0).any():
        raise InputError(f"no pitch from {_LOWEST:g} to {_HIGHEST:.0f} Hz is found in any frame; give a voice or an instrument.")
    return float(np.median(found[found > 0]))
