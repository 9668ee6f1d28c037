"""What is known of a voice, and how models of cepstra are fitted."""

import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from sklearn.cluster import KMeans

from ..errors import DiagnosticWarning, InputError
from ..representations import Vocoder

_HEADROOM = 15.0  # decibels of what is loud above what is quiet
_LEAST = 0.5  # seconds of loud frames that tell of a voice


class Speaker(NamedTuple):
    """What is known of a voice: its analysis, pitch (mean and deviation of the logarithm) and cepstra, and what is too quiet for it."""

    vocoder: Vocoder
    pitch: tuple[float, float]
    mean: np.ndarray  # (order + 1,)
    deviation: np.ndarray  # (order + 1,)
    quiet: float  # decibels

    def loud(self, frames: np.ndarray) -> np.ndarray:
        """Return which frames of the voice are no pauses, (t,)."""
        return self.vocoder.levels(frames) > self.quiet


def described(vocoder: Vocoder, frames: Sequence[np.ndarray]) -> Speaker:
    """Return what is known of a voice from its frames.

    What is quiet is told from what is loud halfway between two means of the level, at least 15 dB below the higher: without a pause between
    words nothing is quiet.
    """
    every = np.concatenate(list(frames)).astype(np.float64)
    pitch, cepstra, _ = vocoder.parts(every)
    levels = vocoder.levels(every)
    centres = KMeans(2, n_init=1, random_state=0).fit(levels[:, None]).cluster_centers_
    quiet = float(min(centres.mean(), centres.max() - _HEADROOM))
    loud = levels > quiet
    seconds = loud.sum() * vocoder.period / 1000
    if seconds < _LEAST:
        raise InputError(f"a voice needs {_LEAST:g} s of speech or more. Got {seconds:.2f} s; give more of it.")
    logs = np.log(pitch[pitch > 0])
    if len(logs) < 2:
        raise InputError("no pitch is found in any frame; give recordings of a voice.")
    deviation = np.maximum(cepstra[loud].std(axis=0), 1e-3)
    return Speaker(vocoder, (float(logs.mean()), max(float(logs.std()), 1e-3)), cepstra[loud].mean(axis=0), deviation, quiet)


def fitted(model: Any, rows: np.ndarray, **known: Any) -> Any:
    """Return a model fitted to cepstra, whose columns vary as much as they can be heard to: it is not to warn of that."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "the columns' standard deviations", DiagnosticWarning)
        return model.fit(rows, **known)
