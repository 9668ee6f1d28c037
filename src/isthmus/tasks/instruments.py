"""Instruments: notes between notes, whose timbre moves through the code of an autoencoder while their pitch is kept or glides."""

import copy
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import root_scalar
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from .. import storage
from ..checks import Whole, check, check_settings
from ..errors import DiagnosticWarning, InputError
from ..estimators import VariationalAutoencoder
from ..estimators.trained import versions
from ..metrics import spectral_centroid
from ..networks import Dense
from ..parts import KL, Gaussian
from ..representations import Frames, Vocoder
from ..representations.waves import levelled, loudness, read_waves, sounding
from ..training import Training
from .speakers import fitted

_LIMITS = {"rate": Whole(8000)}
_SPAN = 1.3  # of a note's pitch: a little more than a vibrato's
_CONTEXT = 2  # frames of a window, on each side
_HALF = np.log(2) / 2  # of a power, in the logarithm of an amplitude
_NAMED = 12  # notes in a warning
_FADE = 0.005  # seconds at both ends, so that nothing clicks
_SLOPE, _STEEPEST = 0.05, 1.0  # of a spectrum, as what is added to c1: the first that is tried, and 8.7 dB at either end
_FINE, _TRIES = 1e-4, 8  # of that slope: how exactly it is found, and in how many tries at most


class Note(NamedTuple):
    """A note as its code over time, and what is kept beside it."""

    codes: np.ndarray  # (t, k)
    pitch: np.ndarray  # (t,), the logarithm, without gaps
    level: np.ndarray  # (t,), c0
    aperiodicity: np.ndarray  # (t, bands)
    loudness: float  # LUFS
    middle: float  # of the pitch
    brightness: float  # of its plain reconstruction, the logarithm of its spectral centroid

    @property
    def attack(self) -> int:
        """The first frame with half of the loudest one's power: a note that is held is loudest somewhere, by chance."""
        return int((self.level > self.level.max() - _HALF).argmax())


class Instruments(BaseEstimator):
    """Finds notes between notes.

    Each note is taken apart by a vocoder. Windows of its mel-cepstra are the rows of an autoencoder that is told the pitch, so that the
    code holds the timbre. Between notes, codes are mixed frame by frame, attacks upon attacks; the logarithms of pitch and the levels, too.
    A mixture of two spectra can be duller than both, so that its slope is set to where brightness moves as evenly as pitch and loudness do.

    Arguments:
        estimator: An unfitted autoencoder that takes a condition; None is a `VariationalAutoencoder` with a code of 16.
        rate: Samples a second of all waves.

    Attributes:
        estimator_: The fitted autoencoder.
        mean_: Of the mel-cepstra learnt from, (order + 1,).
        range_: The least and the greatest pitch learnt from, logarithms of hertz; other notes are told to have the nearest of these.

    References:
        Neural Audio Synthesis of Musical Notes with WaveNet Autoencoders (J. Engel et al., 2017), for codes over time; Autoencoders for
        Music Sound Modeling (F. Roche, T. Hueber, S. Limier, L. Girin, 2018); Musical Instrument Sound Morphing Guided by Perceptually
        Motivated Features (M. Caetano, X. Rodet, 2013), for brightness that moves evenly

    Example:
        >>> t = np.arange(4000) / 16000
        >>> notes = [sum(np.sin(2 * np.pi * 220 * k * t) / k**slope for k in range(1, 9)) / 8 for slope in (0.5, 1.0, 2.0, 3.0)]
        >>> model = VariationalAutoencoder(2, training=Training(epochs=2), random_state=0)
        >>> instruments = Instruments(model).fit(notes)
        >>> [wave.shape for wave in instruments.morph(notes[0], notes[3], steps=3)]
        [(4000,), (4000,), (4000,)]
    """

    def __init__(self, estimator: Any = None, rate: int = 16000) -> None:
        self.estimator = estimator
        self.rate = rate

    def fit(self, X: Any, y: Any = None) -> "Instruments":
        """Learn from notes.

        Arguments:
            X: Waves, a list of (t_i,), each one note.
            y: The names of the notes, for messages; None numbers them. Notes without a pitch are left out, with a warning that names them.

        Raises:
            InputError: For less than two notes that have a pitch.
        """
        check_settings(self, _LIMITS)
        waves = read_waves(X, "Instruments")
        names = [f"note {place}" for place in range(len(waves))] if y is None else list(map(str, y))
        taken, silent, why = [], list[str](), InputError("Instruments needs two notes or more. Got 1.")
        for wave, name in zip(waves, names, strict=True):
            try:
                taken.append(self._taken(wave, name))
            except InputError as error:
                silent.append(name)
                why = error
        if len(taken) < 2:
            raise why
        if silent:
            listed = ", ".join(silent[:_NAMED]) + (", ..." if len(silent) > _NAMED else "")
            warnings.warn(f"{len(silent)} of {len(waves)} notes have no pitch and are left out: {listed}", DiagnosticWarning, stacklevel=2)
        cepstra = [vocoder.parts(frames).cepstra for vocoder, frames in taken]
        self.mean_ = np.concatenate(cepstra).mean(axis=0)
        rows = Frames(_CONTEXT).fit_transform([one - self.mean_ for one in cepstra])
        middles = [_middle(vocoder, frames) for vocoder, frames in taken]
        self.range_ = (min(middles), max(middles))
        told = np.repeat(middles, [len(one) for one in cepstra])
        model = default() if self.estimator is None else copy.copy(self.estimator)  # a clone would copy callbacks, too
        self.estimator_ = fitted(model, rows, condition=told)
        return self

    def note(self, wave: np.ndarray, name: str = "the note") -> Note:
        """Return a note's code over time; `InputError`, with the name, where it has no pitch."""
        check_is_fitted(self)
        vocoder, frames = self._taken(read_waves([wave], "Instruments")[0], name)
        pitch, cepstra, aperiodicity = vocoder.parts(frames.astype(np.float64))
        middle = _middle(vocoder, frames)
        rows = Frames(_CONTEXT).fit_transform([cepstra - self.mean_])
        places = np.arange(len(pitch))
        voiced = pitch > 0
        logs = np.interp(places, places[voiced], np.log(pitch[voiced])) if voiced.any() else np.full(len(pitch), middle)
        codes = self._told(middle).transform(rows)
        return self._rebuilt(Note(codes, logs, cepstra[:, 0], aperiodicity, loudness(wave, self.rate), middle, 0.0))

    def blend(self, notes: Sequence[Note], weights: Sequence[float]) -> np.ndarray:
        """Return the wave of a note that is so much of each: weights, one for each note, sum to 1."""
        share = np.asarray(weights, np.float64)
        if share.shape != (len(notes),) or not np.isclose(share.sum(), 1):
            raise InputError(f"weights must be one for each of the {len(notes)} notes and sum to 1. Got {list(weights)}.")
        note = _mixed(notes, share)
        frames = self._decoded(note)
        if share.max() == 1:  # a plain reconstruction
            return self._spoken(note, frames)
        with warnings.catch_warnings(action="ignore"):  # of a secant that is level: what is not reached in a few tries stays as near
            found = root_scalar(lambda slope: self._brightness(self._spoken(note, frames, slope)) - note.brightness,
                                method="secant", x0=0.0, x1=_SLOPE, xtol=_FINE, maxiter=_TRIES)  # fmt: skip
        return self._spoken(note, frames, float(np.clip(found.root, -_STEEPEST, _STEEPEST)))

    def morph(self, a: Any, b: Any, steps: int = 9, keep_pitch: bool = False) -> list[np.ndarray]:
        """Return the notes on the way from one to another, float32 waves, both ends among them: they are plain reconstructions.

        Arguments:
            a: A wave (t,), or what `note` made of it.
            b: The other one.
            steps: How many, from end to end.
            keep_pitch: Whether all have the pitch of ``a``; else it glides.

        Raises:
            InputError: For less than two steps, or a note without a pitch.
        """
        check("steps", steps, Whole(2), ", for the two ends")
        notes = self._notes((a, b), keep_pitch)
        return [self.blend(notes, (1 - share, share)) for share in np.linspace(0, 1, steps)]

    def square(self, corners: Sequence[Any], steps: int = 5, keep_pitch: bool = False) -> list[list[np.ndarray]]:
        """Return rows of notes between four: from the first to the second in the first row, from the third to the fourth in the last.

        Arguments and errors are as of `morph`; a pitch that is kept is that of the first.
        """
        if len(corners) != 4 or not Whole(2).allows(steps):
            raise InputError(f"a square has 4 corners and 2 steps or more. Got {len(corners)} corners and {steps} steps.")
        notes = self._notes(corners, keep_pitch)
        shares = np.linspace(0, 1, steps)
        return [[self.blend(notes, ((1 - down) * (1 - right), (1 - down) * right, down * (1 - right), down * right)) for right in shares]
                for down in shares]  # fmt: skip

    def save(self, folder: str | Path) -> Path:
        """Write everything into ``folder``; `isthmus.load` reads it back."""
        return storage.save(folder, self, versions())

    def config(self) -> dict[str, Any]:
        """Return what was learnt, but for the arrays."""
        check_is_fitted(self)
        return {"model": self.estimator_, "estimator": self.estimator_.config(), "range": list(self.range_)}

    def arrays(self) -> dict[str, np.ndarray]:
        """Return what was learnt, as arrays by name."""
        return {f"estimator/{name}": array for name, array in self.estimator_.arrays().items()} | {"mean": self.mean_}

    def restore(self, config: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """Take on what `config` and `arrays` of fitted instruments returned."""
        self.mean_, self.estimator_, self.range_ = arrays["mean"], config["model"], tuple(config["range"])
        self.estimator_.restore(config["estimator"], storage.below("estimator/", arrays))

    def _taken(self, wave: np.ndarray, name: str) -> tuple[Vocoder, np.ndarray]:
        """Return what takes a note apart, and its frames: those in which it sounds."""
        try:
            vocoder = Vocoder(span=_SPAN, rate=self.rate).fit([wave])
        except InputError as error:
            raise InputError(f"{name}: {error}") from error
        return vocoder, vocoder.transform([wave[sounding(wave, self.rate)]])[0]

    def _notes(self, given: Sequence[Any], keep_pitch: bool) -> list[Note]:
        """Return waves as notes, and notes as they are but for the pitch that is kept."""
        notes = [one if isinstance(one, Note) else self.note(one, name) for one, name in zip(given, "ABCD", strict=False)]
        if not keep_pitch:
            return notes
        middle = notes[0].middle
        return [self._rebuilt(note._replace(pitch=note.pitch - note.middle + middle, middle=middle)) for note in notes]

    def _rebuilt(self, note: Note) -> Note:
        """Return a note that knows how bright it is when it is rebuilt."""
        return note._replace(brightness=self._brightness(self._spoken(note, self._decoded(note))))

    def _decoded(self, note: Note) -> np.ndarray:
        """Return a note's cepstra (t, order + 1), those that its code has under its pitch."""
        cut = Frames(_CONTEXT)
        cut.n_features_in_ = len(self.mean_)
        told = self._told(note.middle)
        return cut.inverse_transform(told.inverse_transform(note.codes.astype(np.float32))) + self.mean_

    def _spoken(self, note: Note, cepstra: np.ndarray, slope: float = 0.0) -> np.ndarray:
        """Return the wave of a note with these cepstra, steeper towards low frequencies by a slope, the level aside."""
        frames = np.column_stack([np.exp(note.pitch), note.level, cepstra[:, 1] + slope, cepstra[:, 2:], note.aperiodicity])
        vocoder = Vocoder(span=_SPAN, rate=self.rate).about(np.exp(note.middle))
        samples = round((len(frames) - 1) * vocoder.period * self.rate / 1000)
        (wave,) = vocoder.inverse_transform([frames], [samples])
        return _faded(levelled(wave, self.rate, note.loudness), round(_FADE * self.rate))

    def _brightness(self, wave: np.ndarray) -> float:
        return float(np.log(max(spectral_centroid(wave, self.rate), 1.0)))

    def _told(self, middle: float) -> Any:
        """Return the autoencoder under a pitch, or under the nearest one that was learnt from: of others it knows nothing."""
        return self.estimator_.given(float(np.clip(middle, *self.range_)))


def _middle(vocoder: Vocoder, frames: np.ndarray) -> float:
    """Return the logarithm of a note's pitch: the median of its frames or, where none is voiced, what its range was found from."""
    pitch = vocoder.parts(frames).pitch
    voiced = pitch[pitch > 0]
    return float(np.log(np.median(voiced) if len(voiced) else np.sqrt(np.prod(vocoder.range_))))


def _mixed(notes: Sequence[Note], share: np.ndarray) -> Note:
    """Return what notes are together, attacks upon attacks, with so much of each."""
    attack = round(float(share @ [note.attack for note in notes]))
    rest = max(1, round(float(share @ [len(note.level) - 1 - note.attack for note in notes])))
    aligned = zip(*(_at(note, attack, rest) for note in notes), strict=True)
    tracks = [np.einsum("n,n...->...", share, np.stack(parts)) for parts in aligned]
    return Note(*tracks, *(float(share @ parts) for parts in zip(*(note[len(tracks) :] for note in notes), strict=True)))


def _at(note: Note, attack: int, rest: int) -> Iterator[np.ndarray]:
    """Yield a note's code, pitch, level and aperiodicity with so many frames of attack, and so many behind it."""
    places = np.interp(np.arange(attack + rest + 1), [0, attack, attack + rest], [0, note.attack, len(note.level) - 1])
    low = np.floor(places).astype(int)
    high, part = np.minimum(low + 1, len(note.level) - 1), places - low
    for track in (note.codes, note.pitch, note.level, note.aperiodicity):
        share = part.reshape(-1, *[1] * (track.ndim - 1))
        yield (1 - share) * track[low] + share * track[high]


def _faded(wave: np.ndarray, samples: int) -> np.ndarray:
    """Return a wave that begins and ends in silence."""
    ramp = np.minimum(np.arange(len(wave)) / samples, 1).astype(wave.dtype)
    return wave * ramp * ramp[::-1]


def default() -> VariationalAutoencoder:
    """Return the autoencoder that is taken where none is given."""
    training = Training(10, batch_size=256, learning_rate=1e-3)
    return VariationalAutoencoder(16, KL(1e-3), network=Dense((128, 128)), likelihood=Gaussian(), training=training, random_state=0)
