"""What all representations of sound take: waves, checked; and their levels, silences and loudness."""

from typing import Any

import numpy as np
import scipy.signal

from ..errors import InputError

# Gain in decibels, frequency in hertz, quality, and whether it is the shelf or the high pass.
_K_STAGES = ((3.99984385397, 1681.9744509555319, 0.7071752369554193, True), (0.0, 38.13547087613982, 0.5003270373253953, False))


def read_waves(X: Any, who: str) -> list[np.ndarray]:
    """Return waves, a list of (t_i,) or an array (n, t), as a list of float32, checked; integers as shares of their type's full scale.

    Raises:
        InputError: For what are no waves, or such as are empty or hold what is no number, by their place.
    """
    try:
        waves = [np.asarray(wave) for wave in X]
    except TypeError as error:
        raise InputError(f"{who} needs a list of waves (t,). Got {type(X).__name__}.") from error
    if not waves:
        raise InputError(f"{who} needs a wave (t,) or more. Got an empty list.")
    for place, wave in enumerate(waves):
        if wave.ndim != 1 or not len(wave) or wave.dtype.kind not in "biuf":
            raise InputError(f"{who} needs waves (t,) of a sample or more. Got {wave.dtype} {wave.shape} for item {place}.")
        if not np.isfinite(wave).all():
            raise InputError(f"{who}: wave {place} holds what is no number in sample {int(np.argmin(np.isfinite(wave)))}; mend it.")
    return [_scaled(wave) for wave in waves]


def read_frames(Z: Any, width: int) -> list[np.ndarray]:
    """Return what is to become waves, a list of frames (t_i, width), checked.

    Raises:
        InputError: For what are no such frames, by their place, or hold what is no number.
    """
    found = [np.asarray(frames) for frames in Z]
    if not found:
        raise InputError(f"a list of frames (t, {width}) is needed. Got an empty list.")
    for place, frames in enumerate(found):
        if frames.ndim != 2 or frames.shape[1] != width or not len(frames):
            raise InputError(f"frames must be (t, {width}), of one or more. Got shape {frames.shape} for item {place}.")
        if not np.isfinite(frames).all():
            raise InputError(f"item {place} holds what is no number in frame {int(np.isfinite(frames).all(axis=1).argmin())}; mend it.")
    return found


def _scaled(wave: np.ndarray) -> np.ndarray:
    """Return samples as float32, those of integers in [-1, 1]: as files of sounds hold them, those of 8 bits about 128."""
    if wave.dtype.kind not in "iu":
        return wave.astype(np.float32, copy=False)
    full = 2 ** (8 * wave.dtype.itemsize - 1)
    return ((wave.astype(np.float64) - (full if wave.dtype.kind == "u" else 0)) / full).astype(np.float32)


def loudness(wave: np.ndarray, rate: int) -> float:
    r"""Return a wave's integrated loudness in LUFS, -inf for silence: :math:`-0.691 + 10 \log_{10}` of the mean square behind the K filter.

    Blocks of 0.4 s every 0.1 s count where they are above -70 LUFS and above 10 LU below the mean of those that are.

    Source: Algorithms to measure audio programme loudness and true-peak audio level (ITU-R BS.1770-4, 2015).

    >>> round(loudness(np.sin(2 * np.pi * 997 * np.arange(48000) / 48000), 48000), 1)  # the recommendation's own test
    -3.0
    """
    filtered = scipy.signal.sosfilt(_k_filter(rate), np.asarray(wave, np.float64))
    size, step = round(0.4 * rate), round(0.1 * rate)
    squares = np.concatenate([[0.0], np.cumsum(filtered**2)])
    starts = np.arange(0, max(len(wave) - size, 0) + 1, step)
    ends = np.minimum(starts + size, len(wave))
    powers = (squares[ends] - squares[starts]) / (ends - starts)
    gate = 10 ** ((-70 + 0.691) / 10)
    for _ in range(2):
        powers = powers[powers > gate]
        if not len(powers):
            return -np.inf
        gate = powers.mean() / 10
    return float(-0.691 + 10 * np.log10(powers.mean()))


def levelled(wave: np.ndarray, rate: int, target: float = -23.0) -> np.ndarray:
    """Return a wave at a loudness in LUFS, or less where its peak would be above full scale; silence, or a wave for it, stays as it is."""
    found = loudness(wave, rate)
    if not np.isfinite(target - found):
        return wave
    gain = min(10 ** ((target - found) / 20), 1 / float(np.abs(wave).max()))
    return (wave * gain).astype(wave.dtype)


def sounding(wave: np.ndarray, rate: int, below: float = 40.0) -> slice:
    """Return where a wave sounds: from the first to the last 10 ms that are at most ``below`` dB under the loudest; all of silence.

    >>> sounding(np.concatenate([np.zeros(1000), np.ones(500), np.zeros(300)]), 1000)
    slice(1000, 1500, None)
    """
    size = max(1, rate // 100)
    padded = np.pad(np.asarray(wave, np.float64) ** 2, (0, -len(wave) % size)).reshape(-1, size).mean(axis=1)
    loud = np.flatnonzero(padded >= padded.max() * 10 ** (-below / 10))
    return slice(int(loud[0]) * size, min(int(loud[-1] + 1) * size, len(wave)))


def _k_filter(rate: int) -> np.ndarray:
    """Return the two stages of the K filter for any rate, from the analogue prototypes behind the recommendation's figures for 48 kHz."""
    stages = []
    for gain, centre, quality, shelf in _K_STAGES:
        k = np.tan(np.pi * min(centre, 0.49 * rate) / rate)
        high, middle = (10 ** (gain / 20), 10 ** (gain / 20 * 0.499666774155)) if shelf else (1.0, 0.0)
        low = 1.0 if shelf else 0.0
        scale = 1 + k / quality + k * k
        up = [high + middle * k / quality + low * k * k, 2 * (low * k * k - high), high - middle * k / quality + low * k * k]
        up = [value / scale for value in up] if shelf else [1.0, -2.0, 1.0]
        stages.append([*up, 1.0, 2 * (k * k - 1) / scale, (1 - k / quality + k * k) / scale])
    return np.array(stages)
