"""How far sounds are from each other: cepstra after time warping, pitch, spectra, brightness and attack.

Cepstra are (t, order + 1), their first column the level, which counts nowhere; pitches are in hertz, (t,), 0 where there is none.
"""

from typing import NamedTuple

import numpy as np
import scipy.signal
from numpy.typing import ArrayLike

from ..errors import InputError

_DECIBELS = 10 / np.log(10) * np.sqrt(2)
_FRAME, _QUIET = 0.02, 1e-10


class PitchError(NamedTuple):
    """How far one melody is from another; NaN where no frame is voiced in both."""

    cents: float
    """Root mean square over the frames that are voiced in both, in hundredths of a semitone."""
    correlation: float
    """Of the logarithms of pitch, over the same frames."""
    voicing: float
    """The share of frames that are voiced in one only."""


def warping(A: ArrayLike, B: ArrayLike) -> np.ndarray:
    """Return the path that aligns frames (t, d) with frames (u, d): pairs of places (p, 2), from both beginnings to both ends.

    Each step goes on in one or in both by one frame; the sum of the Euclidean distances on the way is the least there is. Where a step in
    both is as good as one in one, it is taken.

    Source: Dynamic programming algorithm optimization for spoken word recognition (H. Sakoe, S. Chiba, 1978), without slope weights.

    >>> warping([[0.0], [1.0], [2.0]], [[0.0], [0.0], [1.0], [2.0]]).tolist()
    [[0, 0], [0, 1], [1, 2], [2, 3]]
    """
    a, b = _frames(A, "A"), _frames(B, "B")
    if a.shape[1] != b.shape[1]:
        raise InputError(f"A and B must have the same number of columns. Got {a.shape[1]} and {b.shape[1]}.")
    apart = np.sqrt(np.maximum(np.square(a).sum(1)[:, None] + np.square(b).sum(1) - 2 * a @ b.T, 0))
    n, m = apart.shape
    least = np.full((n + 1) * (m + 1), np.inf)
    least[0] = 0
    for sum_ in range(n + m - 1):  # places of one sum do not depend on one another
        rows = np.arange(max(0, sum_ - m + 1), min(n, sum_ + 1))
        here = (rows + 1) * (m + 1) + sum_ - rows + 1
        least[here] = apart[rows, sum_ - rows] + np.minimum(np.minimum(least[here - m - 2], least[here - m - 1]), least[here - 1])
    place, path = n * (m + 1) + m, []
    while place:
        path.append(divmod(place - m - 2, m + 1))
        place = min(place - m - 2, place - m - 1, place - 1, key=lambda before: least[before] if before >= 0 else np.inf)
    return np.array(path[::-1])


def mel_cepstral_distortion(A: ArrayLike, B: ArrayLike, path: np.ndarray | None = None) -> float:
    r"""Return :math:`\frac{10}{\ln 10} \sqrt{2 \sum_{m \ge 1} (a_m - b_m)^2}` in decibels, the mean over the pairs of frames of a path.

    Arguments:
        A: Cepstra (t, order + 1); leave silent frames out before, since they are easy.
        B: Cepstra (u, order + 1), the target.
        path: Pairs of frames (p, 2); None is `warping` of the same columns.

    Source: Mel-cepstral distance measure for objective speech quality assessment (R. F. Kubichek, 1993).

    >>> round(mel_cepstral_distortion([[7.0, 0.0]], [[3.0, 1.0]]), 4)
    6.1419
    """
    a, b = _frames(A, "A")[:, 1:], _frames(B, "B")[:, 1:]
    if a.shape[1] != b.shape[1]:
        raise InputError(f"A and B must have the same number of columns. Got {a.shape[1] + 1} and {b.shape[1] + 1}.")
    pairs = warping(a, b) if path is None else np.asarray(path)
    if pairs.ndim != 2 or pairs.shape[1] != 2 or not len(pairs) or (pairs < 0).any() or (pairs >= (len(a), len(b))).any():
        raise InputError(f"path must be pairs (p, 2) of places among {len(a)} frames and {len(b)}. Got shape {pairs.shape}.")
    return float(_DECIBELS * np.sqrt(np.square(a[pairs[:, 0]] - b[pairs[:, 1]]).sum(1)).mean())


def pitch_error(F: ArrayLike, G: ArrayLike) -> PitchError:
    """Return how far a melody F (t,) is from a melody G (t,), frame by frame, 0 where there is no pitch.

    >>> pitch_error([220.0, 220.0, 0.0, 0.0], [220.0, 440.0, 110.0, 0.0])[0::2]
    (848.5281374238571, 0.25)
    """
    f, g = np.asarray(F, np.float64), np.asarray(G, np.float64)
    if f.shape != g.shape or f.ndim != 1 or not len(f):
        raise InputError(f"F and G must be melodies (t,) of one length. Got {f.shape} and {g.shape}.")
    if not (np.isfinite(f).all() and np.isfinite(g).all() and (f >= 0).all() and (g >= 0).all()):
        raise InputError("F and G must be pitches in hertz, and 0 where there is none. Got numbers below 0, or none.")
    both = (f > 0) & (g > 0)
    voicing = float(((f > 0) != (g > 0)).mean())
    if not both.any():
        return PitchError(np.nan, np.nan, voicing)
    own, other = np.log2(f[both]), np.log2(g[both])
    spread = own.std() * other.std()
    correlation = float(((own - own.mean()) * (other - other.mean())).mean() / spread) if spread > 0 else np.nan
    return PitchError(float(1200 * np.sqrt(np.square(own - other).mean())), correlation, voicing)


def spectral_error(S: ArrayLike, T: ArrayLike) -> float:
    """Return the root mean square difference of spectra (frames, bins) in decibels: over the bins of a frame, then the mean over frames.

    >>> spectral_error([[0.0, -6.0], [-20.0, -20.0]], [[0.0, 0.0], [-20.0, -20.0]])
    2.1213203435596424
    """
    s, t = _frames(S, "S"), _frames(T, "T")
    if s.shape != t.shape:
        raise InputError(f"S and T must be of one shape. Got {s.shape} and {t.shape}.")
    return float(np.sqrt(np.square(s - t).mean(axis=1)).mean())


def spectral_centroid(wave: ArrayLike, rate: float) -> float:
    r"""Return the brightness of a wave (t,) in hertz, :math:`\sum_k f_k |X_k| / \sum_k |X_k|` of its mean spectrum; 0 for silence.

    Source: A large set of audio features for sound description (G. Peeters, 2004).

    >>> round(spectral_centroid(np.sin(np.arange(16000) * 2 * np.pi * 1000 / 16000), 16000), -1)
    1000.0
    """
    x = _wave(wave)
    size = min(1024, len(x))
    hertz, _, spectra = scipy.signal.stft(x, rate, "blackman", size, noverlap=size * 3 // 4, boundary=None, padded=False)
    mean = np.abs(spectra).mean(axis=1)
    return float(hertz @ mean / mean.sum()) if mean.sum() > _QUIET else 0.0


def log_attack_time(wave: ArrayLike, rate: float) -> float:
    r"""Return how slowly a wave (t,) begins, :math:`\log_{10}(t_{90} - t_{20})` in seconds, of its root mean square over 20 ms.

    The times are those at which that first reaches 90 and, last before it, 20 percent of its peak; at least a millisecond apart.

    Source: A large set of audio features for sound description (G. Peeters, 2004).

    >>> rng, rate = np.random.default_rng(0), 16000
    >>> ramp = np.minimum(np.arange(rate) / (0.5 * rate), 1) * np.sin(np.arange(rate))
    >>> round(10 ** log_attack_time(ramp, rate), 2)
    0.35
    """
    x = _wave(wave)
    size = max(1, round(_FRAME * rate))
    sums = np.cumsum(np.concatenate([np.zeros(size), np.square(x)]))
    level = np.sqrt(np.maximum(sums[size:] - sums[:-size], 0))
    high = int(np.argmax(level >= 0.9 * level.max()))
    low = int(np.flatnonzero(np.concatenate([[0.0], level[: high + 1]]) <= 0.2 * level.max())[-1])
    return float(np.log10(max((high - low) / rate, 1e-3)))


def _frames(values: ArrayLike, name: str) -> np.ndarray:
    found = np.asarray(values, np.float64)
    if found.ndim != 2 or not found.size or not np.isfinite(found).all():
        raise InputError(f"{name} must be frames (t, d) of finite numbers. Got shape {found.shape}.")
    return found


def _wave(values: ArrayLike) -> np.ndarray:
    found = np.asarray(values, np.float64)
    if found.ndim != 1 or not len(found) or not np.isfinite(found).all():
        raise InputError(f"a wave must be (t,) of finite numbers. Got shape {found.shape}.")
    return found
