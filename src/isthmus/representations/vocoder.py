"""Voices as what a vocoder speaks from: pitch, spectral envelope and aperiodicity, frame by frame; and back."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ..checks import Limit, Real, Whole, check_settings
from ..errors import InputError, MissingExtraError
from .pitch import pitch_of, pitches
from .spectrogram import hertz, mels
from .waves import read_frames, read_waves
from .width import KnowsWidth

_LIMITS: dict[str, Limit] = {"order": Whole(1), "period": Real(1, 50), "span": Real(1.01, 8), "rate": Whole(8000)}
_POINTS = 256  # of the mel axis on which an envelope becomes a cepstrum
_THINNED = 8  # bins, of which one is enough to know the power
_LEAST, _BELOW = 1e-16, 1e-7  # of an envelope's power, and of its peak's: a band that a recording lacks is no deep valley
_MOST = 30.0  # of an envelope's logarithm, 130 dB: what is decoded of no voice is no infinite one
_SUNG = 800.0  # hertz, above which WORLD's own search, made for voices, misses pitches,
_TOLD, _LOVE = 7900.0, 0.85  # and its test for a voice, on hertz up to these and with this share, voices


class Spoken(NamedTuple):
    """What frames hold: pitch in hertz (t,), 0 where there is no voice; mel-cepstra (t, order + 1); aperiodicity in decibels (t, bands)."""

    pitch: np.ndarray
    cepstra: np.ndarray
    aperiodicity: np.ndarray


class Vocoder(KnowsWidth):
    r"""Waves (t_i,) of a voice as frames (frames_i, d) float32: pitch, mel-cepstrum, aperiodicity; and back, by WORLD.

    The cepstrum c of a spectral envelope H describes its logarithm on the mel scale, :math:`\ln |H(\omega)| \approx \sum_{m=0}^{M} c_m
    \cos(m \tilde\omega)`, so that the root mean square of two envelopes' difference in decibels is their mel-cepstral distortion.

    Parameters: ``order`` M of the cepstrum; ``period`` from frame to frame, in milliseconds; ``span``, how many times its median above and
    below it a voice's pitch goes, at most; ``rate``, samples a second.

    Attributes learnt: ``range_``, the least and the greatest pitch in hertz that are looked for: ``span`` about the voice's own median, so
    that no one need know them; ``n_features_in_``, d = 1 + (M + 1) + the bands of aperiodicity.

    References:
        WORLD: A Vocoder-Based High-Quality Speech Synthesis System (M. Morise, F. Yokomori, K. Ozawa, 2016); Harvest: A High-Performance
        Fundamental Frequency Estimator (M. Morise, 2017)

    >>> t = np.arange(8000) / 16000
    >>> voice = sum(np.sin(2 * np.pi * 150 * k * t) / k for k in range(1, 20)) / 5
    >>> vocoder = Vocoder(order=24).fit([voice])
    >>> frames = vocoder.transform([voice])
    >>> frames[0].shape, float(np.round(np.median(vocoder.parts(frames[0]).pitch)))
    ((101, 27), 150.0)
    >>> [wave.shape for wave in vocoder.inverse_transform(frames, lengths=[8000])]
    [(8000,)]
    """

    def __init__(self, order: int = 40, period: float = 5.0, span: float = 2.1, rate: int = 16000) -> None:
        self.order = order
        self.period = period
        self.span = span
        self.rate = rate

    def fit(self, X: Any, y: Any = None) -> "Vocoder":
        """Find the range of pitch in the waves of one voice.

        Raises:
            InputError: For a setting outside its limits, what are no waves, or waves without a voice.
            MissingExtraError: Without the extra `audio`.
        """
        check_settings(self, _LIMITS)
        return self.about(pitch_of(read_waves(X, "Vocoder"), self.rate))

    def about(self, middle: float) -> "Vocoder":
        """Be fitted to a voice whose median pitch in hertz is known."""
        check_settings(self, _LIMITS)
        self.range_ = (middle / self.span, middle * self.span)
        self.n_features_in_ = self.order + 2 + max(1, self._bands())
        return self

    def transform(self, X: Any) -> list[np.ndarray]:
        """Return the frames of each wave, (frames_i, d)."""
        check_is_fitted(self)
        return [self._frames(wave) for wave in self._read(X)]

    def inverse_transform(self, Z: Sequence[np.ndarray], lengths: Sequence[int] | None = None) -> list[np.ndarray]:
        """Return the waves that frames speak, float32, each of so many samples or as long as its frames."""
        check_is_fitted(self)
        Z = read_frames(Z, self.n_features_in_)
        sizes = [round((len(frames) - 1) * self.period * self.rate / 1000) for frames in Z] if lengths is None else lengths
        if len(sizes) != len(Z):
            raise InputError(f"lengths must be one for each of the {len(Z)} items. Got {len(sizes)}.")
        return [self._wave(frames, size) for frames, size in zip(Z, sizes, strict=True)]

    def parts(self, frames: np.ndarray) -> Spoken:
        """Return pitch, cepstra and aperiodicity of frames (t, d); each is a view."""
        return Spoken(frames[:, 0], frames[:, 1 : self.order + 2], frames[:, self.order + 2 :])

    def levels(self, frames: np.ndarray) -> np.ndarray:
        """Return the power of frames in decibels over that of some constant, (t,): it tells what is loud from a pause."""
        logs = self.parts(frames).cepstra.astype(np.float64) @ self._from_cepstrum()[:, ::_THINNED]
        return 10 * np.log10(np.exp(2 * logs).mean(axis=1))

    def config(self) -> dict[str, Any]:
        """Return the range of pitch and the number of features."""
        return {**super().config(), "range": list(self.range_)}

    def restore(self, config: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """Set the fitted state from what `config` and `arrays` gave."""
        super().restore(config, arrays)
        self.range_ = tuple(config["range"])

    def _read(self, X: Any) -> list[np.ndarray]:
        """Return waves as WORLD takes them, none shorter than its longest window."""
        return [np.pad(wave.astype(np.float64), (0, max(0, self.rate // 10 - len(wave)))) for wave in read_waves(X, "Vocoder")]

    def _frames(self, wave: np.ndarray) -> np.ndarray:
        world = _world()
        pitch, times = self._pitch(wave)
        size = self._transform_size()
        envelope = world.cheaptrick(wave, pitch, times, self.rate, f0_floor=self._floor(), fft_size=size)
        # Whether a frame has a voice at all is told from what lies below 4 kHz and below 7.9. At rates without the latter WORLD divides
        # by memory that nothing was written to, so that no limit but this one takes every quotient for a voice.
        told = _LOVE if self.rate > 2 * _TOLD and not self._is_sung() else -np.inf
        rough = world.d4c(wave, pitch, times, self.rate, fft_size=size, threshold=told)
        least = np.maximum(_BELOW * envelope.max(axis=1, keepdims=True), _LEAST)
        cepstra = 0.5 * np.log(np.maximum(envelope, least)) @ self._to_cepstrum()
        # Below 12 kHz WORLD has no band of its own, and a slope to the highest frequency in its place, whose mean tells all.
        bands = world.code_aperiodicity(rough, self.rate) if self._bands() else 20 * np.log10(rough).mean(axis=1)
        return np.column_stack([pitch, cepstra, bands]).astype(np.float32)

    def _pitch(self, wave: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the pitch of each frame, 0 where there is no voice, and where frames lie in seconds."""
        low, high = self.range_
        if not self._is_sung():
            pitch, times = _world().harvest(wave, self.rate, low, high, frame_period=self.period)
            return pitch, times
        times = np.arange(int(1000 * len(wave) / self.rate / self.period) + 1) * self.period / 1000  # where WORLD has its frames
        found, places = pitches(wave, self.rate)
        nearest = np.searchsorted((places[1:] + places[:-1]) / 2, times)
        return np.where((found > low) & (found < high), found, 0.0)[nearest], times

    def _is_sung(self) -> bool:
        return float(np.prod(self.range_)) > _SUNG**2

    def _bands(self) -> int:
        return int(_world().get_num_aperiodicities(self.rate))

    def _wave(self, frames: np.ndarray, samples: int) -> np.ndarray:
        world = _world()
        pitch, cepstra, rough = (np.ascontiguousarray(part, np.float64) for part in self.parts(frames))
        size = self._transform_size()
        envelope = np.exp(np.minimum(2 * (cepstra @ self._from_cepstrum()), _MOST))
        rough = np.minimum(rough, 0)
        if self._bands():
            aperiodicity = world.decode_aperiodicity(rough, self.rate, size)
        else:
            aperiodicity = 10 ** (rough * np.linspace(2, 0, size // 2 + 1) / 20)
        wave = world.synthesize(pitch, np.maximum(envelope, _LEAST), aperiodicity, self.rate, self.period)
        return np.pad(wave, (0, max(0, samples - len(wave))))[:samples].astype(np.float32)

    def _floor(self) -> float:
        return min(71.0, self.range_[0])  # below WORLD's own default only where the voice is

    def _transform_size(self) -> int:
        return int(_world().get_cheaptrick_fft_size(self.rate, self._floor()))

    def _to_cepstrum(self) -> np.ndarray:
        """Return what turns a logarithm at the transform's bins into a cepstrum, (bins, order + 1)."""
        bins = np.linspace(0, self.rate / 2, self._transform_size() // 2 + 1)
        points = hertz((np.arange(_POINTS) + 0.5) / _POINTS * mels(self.rate / 2))
        at = np.stack([np.interp(points, bins, one) for one in np.eye(len(bins))])  # (bins, points)
        cosines = np.cos(np.outer((np.arange(_POINTS) + 0.5) * np.pi / _POINTS, np.arange(self.order + 1)))
        return at @ cosines * np.where(np.arange(self.order + 1) == 0, 1, 2) / _POINTS

    def _from_cepstrum(self) -> np.ndarray:
        """Return what turns a cepstrum into a logarithm at the transform's bins, (order + 1, bins)."""
        bins = np.linspace(0, self.rate / 2, self._transform_size() // 2 + 1)
        return np.cos(np.outer(np.arange(self.order + 1), np.pi * mels(bins) / mels(self.rate / 2)))


def _world() -> Any:
    try:
        import pyworld
    except ImportError as error:
        raise MissingExtraError.of("audio", "Vocoder") from error
    return pyworld
