"""What is known of a voice."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from sklearn.cluster import KMeans

from ..errors import InputError
from ..representations import Vocoder

_HEADROOM = 15 / 20 * np.log(10)  # of what is loud above what is quiet, 15 dB
_LEAST = 200  # loud frames that tell of a voice, a second


class Speaker(NamedTuple):
    """What is known of a voice: its analysis, pitch (mean and deviation of the logarithm) and cepstra, and what is too quiet for it."""

    vocoder: Vocoder
    pitch: tuple[float, float]
    mean: np.ndarray  # (order + 1,)
    deviation: np.ndarray  # (order + 1,)
    quiet: float  # of c0

    def loud(self, frames: np.ndarray) -> np.ndarray:
        """Return which frames of the voice are no pauses, (t,)."""
        return self.vocoder.parts(frames).cepstra[:, 0] > self.quiet


def described(vocoder: Vocoder, frames: Sequence[np.ndarray]) -> Speaker:
    """Return what is known of a voice from its frames.

    What is quiet is told from what is loud halfway between two means of the level, at least 15 dB below the higher: without a pause between
    words nothing is quiet.
    """
    pitch, cepstra, _ = vocoder.parts(np.concatenate(list(frames)).astype(np.float64))
    centres = KMeans(2, n_init=1, random_state=0).fit(cepstra[:, :1]).cluster_centers_
    quiet = float(min(centres.mean(), centres.max() - _HEADROOM))
    loud = cepstra[:, 0] > quiet
    if loud.sum() < _LEAST:
        seconds = loud.sum() * vocoder.period / 1000
        raise InputError(f"a voice needs a second of speech or more. Got {seconds:.2f} s; add recordings.")
    logs = np.log(pitch[pitch > 0])
    if len(logs) < 2:
        raise InputError("no pitch is found in any frame; give recordings of a voice.")
    deviation = np.maximum(cepstra[loud].std(axis=0), 1e-3)
    return Speaker(vocoder, (float(logs.mean()), max(float(logs.std()), 1e-3)), cepstra[loud].mean(axis=0), deviation, quiet)
