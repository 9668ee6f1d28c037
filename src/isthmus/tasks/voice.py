"""Voices: what one has said, said by another; learnt from recordings of each, of whatever was said."""

import copy
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.metrics import pairwise_distances_argmin
from sklearn.utils.validation import check_is_fitted

from .. import storage
from ..checks import Limit, Real, Whole, check_settings
from ..errors import InputError
from ..estimators import VariationalAutoencoder
from ..estimators.trained import versions
from ..networks import Dense
from ..parts import KL, Gaussian
from ..representations import Frames, Vocoder
from ..representations.waves import levelled, loudness, read_waves
from ..training import Training
from ..training.batches import spread_rows
from .speakers import Speaker, described, fitted

_LIMITS: dict[str, Limit] = {"rounds": Whole(1), "liveliness": Real(0, 1), "rate": Whole(8000)}
_CONTEXT, _SPACING = 4, 2  # frames of a window: 40 ms on each side
_EVERY = 2  # frame is learnt from
_LEVEL = 0.3  # what the level weighs beside the shape of the envelope,
_VOICING = 1.0  # and whether there is a voice
_FAR = 4.0  # deviations: a pause, of which nothing was learnt, is no further from the mean
_OVERLAP = 0.1  # seconds of a long recording's pieces
_SOONER = 0.4  # of its passes are enough to seek partners by
_SOUGHT = 16_000  # windows of a voice, evenly taken, of which pairs are made: what that costs grows with their square
_UNKNOWN = "the recording"


class Voices(BaseEstimator):
    r"""Turns recordings of one voice into another's, by a code of what is said and a decoder that is told who says it.

    Windows of mel-cepstra, standardised for each voice, are the rows of an autoencoder that is told the voice. Nothing need be said
    by two: each window's partner is the window of another voice that is nearest to what the autoencoder makes of it in that voice; the
    encoder then sees the partner where the decoder must give the window, and partners are sought anew. Pitch is mapped by mean and
    variance of its logarithm; the ranges of pitch and level are found for each voice. Since what is predicted varies less than what is
    spoken, each coefficient's variance over the recordings learnt from is restored.

    Arguments:
        estimator: An unfitted autoencoder that takes a condition; None is a `VariationalAutoencoder` with a code of 32.
        rounds: How often partners are sought.
        liveliness: How much of the lost variance is restored, from 0 to 1.
        rate: Samples a second of all waves.

    Attributes:
        speakers_: What is known of each voice, by name.
        estimator_: The fitted autoencoder.
        spreads_: Mean and deviation (2, order + 1) of what it says in each voice, by name.

    References:
        Voice Conversion from Non-parallel Corpora Using Variational Auto-encoder (C.-C. Hsu, H.-T. Hwang, Y.-C. Wu, Y. Tsao, H.-M. Wang,
        2016); INCA Algorithm for Training Voice Conversion Systems From Nonparallel Corpora (D. Erro, A. Moreno, A. Bonafonte, 2010), for
        the partners; Voice Conversion Based on Maximum-Likelihood Estimation of Spectral Parameter Trajectory (T. Toda, A. W. Black,
        K. Tokuda, 2007), for the variance

    Example:
        >>> t = np.arange(17600) / 16000
        >>> overtones = np.arange(1, 20)[:, None]
        >>> colours = (1 + np.sin(3 * t + overtones)) / overtones / 9
        >>> low, high = ((np.sin(2 * np.pi * pitch * overtones * t) * colours).sum(0) for pitch in (110, 220))
        >>> model = VariationalAutoencoder(2, training=Training(epochs=1), random_state=0)
        >>> voices = Voices(model, rounds=1).fit([low, high], ["low", "high"])
        >>> [wave.shape for wave in voices.convert([low], to="high", of="low")]
        [(17600,)]
    """

    def __init__(self, estimator: Any = None, rounds: int = 4, liveliness: float = 0.88, rate: int = 16000) -> None:
        self.estimator = estimator
        self.rounds = rounds
        self.liveliness = liveliness
        self.rate = rate

    def fit(self, X: Any, y: Any) -> "Voices":
        """Learn from recordings.

        Arguments:
            X: Waves, a list of (t_i,).
            y: Who speaks in each, (n,) texts; two voices or more.

        Raises:
            InputError: For less than two voices, or one without a pitch or with less than a second of speech.
        """
        check_settings(self, _LIMITS)
        waves, names = read_waves(X, "Voices"), np.asarray(y, dtype=str)
        if names.shape != (len(waves),) or len(set(names.tolist())) < 2:
            raise InputError(f"Voices needs the name of a voice for each of the {len(waves)} recordings, and two voices or more. Got "
                             f"{', '.join(sorted(set(names.ravel().tolist())))}.")  # fmt: skip
        known = {str(name): self._described([wave for wave, own in zip(waves, names, strict=True) if own == name], str(name))
                 for name in np.unique(names)}  # fmt: skip
        return self.learn({name: speaker for name, (speaker, _) in known.items()}, {name: frames for name, (_, frames) in known.items()})

    def learn(self, speakers: dict[str, Speaker], frames: dict[str, list[np.ndarray]]) -> "Voices":
        """Learn from recordings that are frames already, as each speaker's vocoder gives them: all of `fit` but the analysis."""
        self.speakers_ = speakers
        deviations = np.stack([speaker.deviation for speaker in speakers.values()])
        self.weights_ = np.sqrt(np.square(deviations).mean(axis=0))
        self.weights_ /= np.sqrt(np.square(self.weights_[1:]).mean())
        self.weights_[0] = _LEVEL
        windows = {name: spread_rows(np.concatenate(list(self._learnt(speakers[name], own))), _SOUGHT) for name, own in frames.items()}
        self.estimator_: Any = None
        for number in range(self.rounds):
            rows, seen, told = self._paired(windows, number)
            model = copy.copy(default() if self.estimator is None else self.estimator)  # a clone would copy callbacks, too
            if number < self.rounds - 1 and model.training is not None and model.training.epochs is not None:
                model.training = copy.copy(model.training).set_params(epochs=max(1, round(_SOONER * model.training.epochs)))
            self.estimator_ = fitted(model, rows, condition=told, seen=seen)
        self.spreads_ = {name: self._spread(name, frames) for name in speakers}
        return self

    def convert(self, X: Any, to: str, of: str | None = None) -> list[np.ndarray]:
        """Return recordings of one voice in another, float32 waves as long and as loud.

        Arguments:
            X: Waves, a list of (t_i,).
            to: The name of a voice.
            of: The name of the voice that speaks in them; None is one that is not known, whose pitch and spectra are then learnt from them:
                some seconds suffice.

        Raises:
            InputError: For a name that is not known.
        """
        waves = read_waves(X, "Voices")
        if of is not None:
            return self._converted(waves, to, self.speaker(of))
        return self._converted(waves, to, *self._described(waves, _UNKNOWN))

    def convert_stream(self, blocks: Iterable[np.ndarray], to: str, of: str | None = None) -> Iterator[np.ndarray]:
        """Yield one long recording in another voice, piece by piece, as its pieces (t,) of some seconds each arrive; see `convert`.

        Pieces overlap and are faded into each other. A voice that is not known is learnt from the first pieces in which it is heard.
        """
        overlap = round(_OVERLAP * self.rate)
        rising = np.linspace(0, 1, overlap, dtype=np.float32)
        before: list[np.ndarray] = []  # the end of what came in, and of what goes out
        for block, source, frames in self._heard(blocks, of):
            piece = np.concatenate([*before[:1], block])
            (made,) = self._converted([piece], to, source, frames)
            if before:
                made[:overlap] = made[:overlap] * rising + before[1] * (1 - rising)
            if len(piece) < 2 * overlap:  # the last one
                before = []
                yield made
                continue
            before = [piece[-overlap:], made[-overlap:]]
            yield made[:-overlap]
        if before:
            yield before[1]

    def listen(self, X: Any) -> Speaker:
        """Return what is known of a voice from recordings of it."""
        return self._described(read_waves(X, "Voices"), _UNKNOWN)[0]

    def _heard(self, blocks: Iterable[np.ndarray],
               of: str | None) -> Iterator[tuple[np.ndarray, Speaker, list[np.ndarray] | None]]:  # fmt: skip
        """Yield the pieces of a recording, what is known of its voice, and their frames where these were needed to tell it.

        Pieces wait until the voice can be told from them.
        """
        waiting, why = list[np.ndarray](), InputError("a recording needs samples. Got none.")
        source = None if of is None else self.speaker(of)
        for block in blocks:
            if source is not None:
                yield block, source, None
                continue
            waiting.append(block)
            try:
                source, frames = self._described(waiting, _UNKNOWN)
            except InputError as error:
                why = error
                continue
            yield waiting[0], source, frames[:1]
            yield from ((one, source, None) for one in waiting[1:])
        if source is None:
            raise why

    def speaker(self, name: str) -> Speaker:
        """Return what is known of a voice by its name; `InputError` names those that there are."""
        check_is_fitted(self)
        if name not in self.speakers_:
            raise InputError(f"a voice must be one of {', '.join(self.speakers_)}. Got {name!r}.")
        return self.speakers_[name]

    def _converted(self, waves: list[np.ndarray], to: str, source: Speaker, frames: list[np.ndarray] | None = None) -> list[np.ndarray]:
        target = self.speaker(to)
        spoken = self.convert_frames(source.vocoder.transform(waves) if frames is None else frames, to, source)
        made = target.vocoder.inverse_transform(spoken, [len(wave) for wave in waves])
        return [levelled(new, self.rate, loudness(old, self.rate)) for new, old in zip(made, waves, strict=True)]

    def convert_frames(self, frames: Sequence[np.ndarray], to: str, source: Speaker) -> list[np.ndarray]:
        """Return a source's frames as the target's: `convert` without analysis and synthesis."""
        check_is_fitted(self)
        target, (mean, deviation) = self.speaker(to), self.spreads_[to]
        said = self._said(frames, to, source)
        found = []
        for own, new in zip(frames, said, strict=True):
            made = np.array(own, dtype=np.float64)
            pitch, cepstra, _ = target.vocoder.parts(made)
            voiced = pitch > 0
            pitch[voiced] = np.exp((np.log(pitch[voiced]) - source.pitch[0]) / source.pitch[1] * target.pitch[1] + target.pitch[0])
            gain = self.weights_ / deviation
            lively = (new - mean) * gain**self.liveliness
            cepstra[:, 1:] = (lively / self.weights_ * target.deviation + target.mean)[:, 1:]
            found.append(made)
        return found

    def save(self, folder: str | Path) -> Path:
        """Write everything into ``folder``; `isthmus.load` reads it back."""
        return storage.save(folder, self, versions())

    def config(self) -> dict[str, Any]:
        """Return what was learnt, but for the arrays."""
        check_is_fitted(self)
        voices = {name: {"vocoder": speaker.vocoder, "vocoder_state": speaker.vocoder.config(), "pitch": list(speaker.pitch),
                         "quiet": speaker.quiet} for name, speaker in self.speakers_.items()}  # fmt: skip
        return {"speakers": voices, "model": self.estimator_, "estimator": self.estimator_.config()}

    def arrays(self) -> dict[str, np.ndarray]:
        """Return what was learnt, as arrays by name."""
        own = {f"voice/{name}": np.stack([speaker.mean, speaker.deviation, *self.spreads_[name]])
               for name, speaker in self.speakers_.items()}  # fmt: skip
        return {f"estimator/{name}": array for name, array in self.estimator_.arrays().items()} | own | {"weights": self.weights_}

    def restore(self, config: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """Take on what `config` and `arrays` of fitted voices returned."""
        self.speakers_, self.spreads_, self.weights_ = {}, {}, arrays["weights"]
        for name, voice in config["speakers"].items():
            mean, deviation, *spread = arrays[f"voice/{name}"]
            voice["vocoder"].restore(voice["vocoder_state"], {})
            self.speakers_[name] = Speaker(voice["vocoder"], tuple(voice["pitch"]), mean, deviation, voice["quiet"])
            self.spreads_[name] = np.stack(spread)
        self.estimator_ = config["model"]
        self.estimator_.restore(config["estimator"], storage.below("estimator/", arrays))

    def _described(self, waves: list[np.ndarray], name: str) -> tuple[Speaker, list[np.ndarray]]:
        """Return what is known of a voice from its recordings, and their frames."""
        vocoder = Vocoder(rate=self.rate)
        try:
            frames = vocoder.fit_transform(waves)
            return described(vocoder, frames), frames
        except InputError as error:
            raise InputError(f"{name}: {error}") from error

    def _standardised(self, speaker: Speaker, frames: np.ndarray) -> np.ndarray:
        """Return cepstra and voicing of frames, (t, order + 2)."""
        pitch, cepstra, _ = speaker.vocoder.parts(frames)
        apart = ((cepstra - speaker.mean) / speaker.deviation).clip(-_FAR, _FAR)
        return np.column_stack([apart * self.weights_, _VOICING * (pitch > 0)]).astype(np.float32)

    def _learnt(self, speaker: Speaker, frames: Sequence[np.ndarray]) -> Iterator[np.ndarray]:
        """Yield the windows of each recording that are learnt from: those about loud frames."""
        cut = Frames(_CONTEXT, _SPACING)
        for own in frames:
            rows = cut.fit_transform(self._standardised(speaker, own))
            yield rows[speaker.loud(own)][::_EVERY]

    def _paired(self, windows: dict[str, np.ndarray], number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return windows to be decoded, what the encoder sees in their place, and whose they are."""
        rows, seen, told = [], [], []
        names = list(windows)
        for place, name in enumerate(names):
            own = windows[name]
            other = windows[names[(place + 1 + number % (len(names) - 1)) % len(names)]]
            voiced = other if self.estimator_ is None else self.estimator_.given(name).reconstruct(other)
            partners, followers = pairwise_distances_argmin(own, voiced), pairwise_distances_argmin(voiced, own)
            rows += [own, own, own[followers]]
            seen += [own, other[partners], other]
            told += [name] * (2 * len(own) + len(other))
        return np.concatenate(rows), np.concatenate(seen), np.array(told)

    def _said(self, frames: Sequence[np.ndarray], to: str, source: Speaker) -> list[np.ndarray]:
        """Return what the autoencoder makes of a source's frames in a voice, standardised cepstra (t, order + 1)."""
        standard = [self._standardised(source, own) for own in frames]
        cut = Frames(_CONTEXT, _SPACING).fit(standard)
        rows = self.estimator_.given(to).reconstruct(cut.transform(standard))
        found = cut.inverse_transform(rows, [len(own) for own in standard])
        return [one[:, :-1] for one in (found if isinstance(found, list) else [found])]

    def _spread(self, name: str, frames: dict[str, list[np.ndarray]]) -> np.ndarray:
        """Return mean and deviation of what others' recordings become in a voice, over their loud frames."""
        made = []
        for other, speaker in self.speakers_.items():
            if other != name:
                said = self._said(frames[other], name, speaker)
                loud = (speaker.loud(own) for own in frames[other])
                made += [one[places] for one, places in zip(said, loud, strict=True)]
        every = np.concatenate(made).astype(np.float64)
        return np.stack([every.mean(axis=0), every.std(axis=0)])


def default() -> VariationalAutoencoder:
    """Return the autoencoder that is taken where none is given."""
    training = Training(10, batch_size=128, learning_rate=1e-3, validation=0)
    return VariationalAutoencoder(32, KL(1e-3), network=Dense((256, 256)), likelihood=Gaussian(), training=training, random_state=0)
