"""Sounds as log-magnitude spectra, and back by kept or found phases."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import scipy.fft
from sklearn.utils.validation import check_is_fitted

from ..checks import Limit, Real, Whole, check_settings
from ..errors import InputError
from .waves import read_frames, read_waves
from .width import KnowsWidth

_LIMITS: dict[str, Limit] = {"window": Whole(4), "hop": Whole(1, optional=True), "mel": Whole(2, optional=True), "floor": Real(-200, -10),
           "rate": Whole(1), "iterations": Whole(0)}  # fmt: skip
_BLOCK = 4096  # spectra that are made at once
_LOUDEST = 400.0  # decibels, far above any: what is no spectrum is no infinite sound
_MOMENTUM = 0.99  # of fast Griffin-Lim


class Spectrogram(KnowsWidth):
    r"""Waves (t_i,) as spectra (frames_i, bins) in decibels, float32, and back.

    :math:`S_{kf} = 20 \log_{10} \max(|X_{kf}|, \epsilon)` of the short-time Fourier transform with Hann's window, scaled so that a sine at
    full scale is 0 dB. The first frame is centred on the first sample. With ``mel`` bands, :math:`|X|` is first averaged by triangles
    evenly spaced on the mel scale. Back, the phases are those given, or are found by fast Griffin-Lim; then overlap-add, which with kept
    phases gives the wave itself.

    Parameters: ``window``, samples of a frame; ``hop``, from one to the next, a quarter of it for None, and at most half of it; ``mel``,
    how many bands, None for the transform's own bins; ``floor``, the least level in decibels; ``rate``, samples a second, which mel bands
    need; ``iterations`` of Griffin-Lim.

    Attributes learnt: none but ``n_features_in_``, the number of bins.

    References:
        Signal Estimation from Modified Short-Time Fourier Transform (D. W. Griffin, J. S. Lim, 1984); A Fast Griffin-Lim Algorithm
        (N. Perraudin, P. Balazs, P. L. Søndergaard, 2013)

    >>> wave = np.sin(np.arange(4000) / 5)
    >>> spectrogram = Spectrogram(window=256, floor=-140).fit([wave])
    >>> (spectra,) = spectrogram.transform([wave])
    >>> spectra.shape, float(np.round(abs(spectra.max())))
    ((64, 129), 0.0)
    >>> (again,) = spectrogram.inverse_transform([spectra], phases=spectrogram.phases([wave]), lengths=[4000])
    >>> bool(np.allclose(again, wave, atol=1e-4))
    True
    """

    def __init__(self, window: int = 1024, hop: int | None = None, mel: int | None = None, floor: float = -80.0, rate: int = 16000,
                 iterations: int = 60) -> None:  # fmt: skip
        self.window = window
        self.hop = hop
        self.mel = mel
        self.floor = floor
        self.rate = rate
        self.iterations = iterations

    def fit(self, X: Any, y: Any = None) -> "Spectrogram":
        """Check the settings, and that ``X`` are waves: a list of (t_i,), or an array (n, t).

        Raises:
            InputError: For a setting outside its limits, or what are no waves.
        """
        check_settings(self, _LIMITS)
        if self._hop > self.window // 2:
            raise InputError(f"Spectrogram.hop must be at most half of the window, {self.window // 2}, or sound is lost. Got {self.hop}.")
        if self.mel is not None and self.mel > self.window // 4:
            raise InputError(f"Spectrogram.mel must be at most a quarter of the window, {self.window // 4}. Got {self.mel}.")
        read_waves(X, "Spectrogram")
        self.n_features_in_ = self.window // 2 + 1 if self.mel is None else self.mel
        return self

    def transform(self, X: Any) -> list[np.ndarray]:
        """Return the spectra of each wave, (frames_i, bins) in decibels."""
        check_is_fitted(self)
        waves = read_waves(X, "Spectrogram")
        rows = np.concatenate([self._level(np.abs(block)) for block in self._spectra(waves)])
        return self._parted(rows, [self.frames(len(wave)) for wave in waves])

    def phases(self, X: Any) -> list[np.ndarray]:
        """Return what `transform` leaves out: the phase of each bin as a complex number of size 1, (frames_i, window // 2 + 1)."""
        waves = read_waves(X, "Spectrogram")
        rows = np.concatenate([np.exp(1j * np.angle(block)) for block in self._spectra(waves)])
        return self._parted(rows, [self.frames(len(wave)) for wave in waves])

    def inverse_transform(self, Z: Sequence[np.ndarray], phases: Sequence[np.ndarray] | None = None,
                          lengths: Sequence[int] | None = None) -> list[np.ndarray]:  # fmt: skip
        """Return the waves that spectra are of, float32.

        Arguments:
            Z: Spectra (frames_i, bins) in decibels.
            phases: As `phases` gives them; None finds such as suit the spectra, the same ones every time.
            lengths: The samples of each wave; None gives as many as frames are hops.
        """
        check_is_fitted(self)
        Z = read_frames(Z, self.n_features_in_)
        sizes = [len(spectra) for spectra in Z]
        wanted = [(size - 1) * self._hop for size in sizes] if lengths is None else list(lengths)
        if [self.frames(length) for length in wanted] != sizes:
            raise InputError(f"waves of {', '.join(map(str, wanted))} samples have not {', '.join(map(str, sizes))} spectra each.")
        magnitudes = self._magnitudes(np.concatenate(Z))
        if phases is not None and [np.shape(one) for one in phases] != [(size, self.window // 2 + 1) for size in sizes]:
            raise InputError(f"phases must be as `phases` gives them, (frames, {self.window // 2 + 1}) for each item.")
        if phases is None:
            spectrum = self._griffin_lim(magnitudes, wanted)
        else:
            spectrum = magnitudes * np.concatenate(phases).astype(np.complex64)
        return self._waves(spectrum, wanted)

    def frames(self, length: int) -> int:
        """Return how many frames a wave of so many samples has.

        >>> Spectrogram(window=1024).frames(16000)
        64
        """
        return 1 + -(-length // self._hop)

    @property
    def _hop(self) -> int:
        return max(1, self.window // 4) if self.hop is None else self.hop

    def _hann(self) -> np.ndarray:
        return np.hanning(self.window + 1)[:-1].astype(np.float32)

    def _starts(self, lengths: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        """Return where each wave begins in a buffer that has room for half a window before it and behind it, and where its frames do."""
        spans = [(self.frames(length) - 1) * self._hop + self.window for length in lengths]
        begins = np.concatenate([[0], np.cumsum(spans)])
        frames = [begin + self._hop * np.arange(self.frames(length)) for begin, length in zip(begins, lengths, strict=False)]
        return begins, np.concatenate(frames)

    def _spectra(self, waves: list[np.ndarray]) -> Iterator[np.ndarray]:
        """Yield blocks of the frames' spectra (frames, bins), complex, of one wave after the other."""
        begins, starts = self._starts([len(wave) for wave in waves])
        buffer = np.zeros(begins[-1], np.float32)
        for begin, wave in zip(begins, waves, strict=False):
            buffer[begin + self.window // 2 :][: len(wave)] = wave
        views = np.lib.stride_tricks.sliding_window_view(buffer, self.window)
        hann = self._hann() * np.float32(2 / self._hann().sum())
        for start in range(0, len(starts), _BLOCK):
            yield scipy.fft.rfft(views[starts[start : start + _BLOCK]] * hann, axis=1)

    def _waves(self, spectrum: np.ndarray, lengths: Sequence[int]) -> list[np.ndarray]:
        """Return the waves whose spectra are nearest to those given (frames, bins): windowed frames added up over the windows' power."""
        begins, starts = self._starts(lengths)
        hann = self._hann()
        total, weight = np.zeros(begins[-1], np.float32), np.zeros(begins[-1], np.float32)
        pieces = -(-self.window // self._hop)  # so that what is added at once does not overlap
        for first in range(pieces):
            own = starts[first::pieces]
            frames = scipy.fft.irfft(spectrum[first::pieces], self.window, axis=1) * (hann * (hann.sum() / 2))
            places = own[:, None] + np.arange(self.window)
            np.add.at(total, places, frames)
            np.add.at(weight, places, np.broadcast_to(hann**2, places.shape))
        total /= np.maximum(weight, 1e-8)
        half = self.window // 2
        return [total[begin + half :][:length] for begin, length in zip(begins, lengths, strict=False)]

    def _griffin_lim(self, magnitudes: np.ndarray, lengths: Sequence[int]) -> np.ndarray:
        """Return spectra of those magnitudes and of phases that suit them."""
        spectrum = magnitudes * np.exp(2j * np.pi * np.random.default_rng(0).random(magnitudes.shape)).astype(np.complex64)
        before: Any = 0
        for _ in range(self.iterations):
            consistent = np.concatenate(list(self._spectra(self._waves(spectrum, lengths))))
            ahead = consistent + _MOMENTUM * (consistent - before)
            before = consistent
            spectrum = magnitudes * (ahead / np.maximum(np.abs(ahead), 1e-12))
        return spectrum

    def _level(self, magnitudes: np.ndarray) -> np.ndarray:
        if self.mel is not None:
            magnitudes = magnitudes @ self._bands().T
        return (20 * np.log10(np.maximum(magnitudes, np.float32(10 ** (self.floor / 20))))).astype(np.float32)

    def _magnitudes(self, levels: np.ndarray) -> np.ndarray:
        found = 10 ** (np.minimum(np.asarray(levels, np.float32), _LOUDEST) / 20)
        return found if self.mel is None else np.maximum(found @ np.linalg.pinv(self._bands()).T, 0)

    def _bands(self) -> np.ndarray:
        """Return the weights of the bins in each mel band, (mel, bins), which sum to 1."""
        edges = hertz(np.linspace(0, mels(self.rate / 2), int(self.mel or 0) + 2))
        bins = np.linspace(0, self.rate / 2, self.window // 2 + 1)
        rising = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
        falling = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
        weights = np.maximum(np.minimum(rising, falling), 0)
        empty = weights.sum(axis=1) == 0  # bands narrower than a bin take the nearest one
        weights[empty, np.abs(bins - edges[1:-1, None]).argmin(axis=1)[empty]] = 1
        return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)

    @staticmethod
    def _parted(rows: np.ndarray, sizes: Sequence[int]) -> list[np.ndarray]:
        return np.split(rows, np.cumsum(sizes)[:-1])


def mels(hz: Any) -> Any:
    """Return frequencies on the mel scale, :math:`1127 \\ln(1 + f / 700)` (S. S. Stevens, J. Volkmann, E. B. Newman, 1937).

    >>> round(float(mels(1000)))
    1000
    """
    return 1127 * np.log1p(np.asarray(hz) / 700)


def hertz(mel: Any) -> Any:
    """Return frequencies from the mel scale."""
    return 700 * np.expm1(np.asarray(mel) / 1127)
