"""A woman's voice as a man's and back, learnt from sentences that only one of them says, beside a mixture that is given both.

    python -m reproductions.voice [--data FOLDER] [--seeds 1] [--out DIR]

SF1 says sentences 100001 to 100040, SM1 100041 to 100081: no sentence twice. Both say 200001 to 200054, which nothing learns from. Beside
it: no conversion; each voice's mean and variance for each coefficient; and a joint-density mixture of 32 normals with full covariance,
learnt from 100001 to 100040 of both, aligned by warping, once more after the first fit, its conditional mean taken.

All figures are means over the 54 sentences, both ways. Mel-cepstra have order 40 every 5 ms; distortion counts coefficients 1 to 24 of the
frames whose level is at most 35 dB under the 98th percentile of their recording's, along the warping of what is converted to the target.
The global variance ratio is the geometric mean over those coefficients of the variance over all frames, converted over real. A sentence
is kept where, of 54 target recordings, the nearest along the warping, every fourth frame, is the same one. The classifier is a logistic
regression on single frames of the training sentences, standardised; a recording belongs to the voice with the greater mean logit.
All figures are of the cepstra and pitches that are spoken, as for what stands beside ours; distortion_of_waves is measured anew from waves,
synthesised and written in 16 bits, of every sixth sentence. Pitch is compared along the same warping. What is analysed is kept in DIR.

References:
    The Voice Conversion Challenge 2016 (T. Toda et al., 2016), for the recordings; Spectral Voice Conversion for Text-to-Speech Synthesis
    (A. Kain, M. W. Macon, 1998), for the mixture
"""

import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.mixture import GaussianMixture
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from isthmus.files import read_sound, write_sound
from isthmus.metrics import mel_cepstral_distortion, pitch_error, warping
from isthmus.representations import Vocoder
from isthmus.tasks.speakers import Speaker, described
from isthmus.tasks.voice import Voices, default

from .runner import Line, Measures, Setting, reproduce

RATE, ORDER, COUNTED, DEPTH = 16000, 40, 25, 35.0
WAYS = (("SF1", "SM1"), ("SM1", "SF1"))
LEARNT = {"SF1": range(100001, 100041), "SM1": range(100041, 100082)}
PARALLEL, ASKED = range(100001, 100041), range(200001, 200055)
Cepstra = list[np.ndarray]
Conversion = Callable[[np.ndarray], np.ndarray]


@lru_cache(None)
def analysed(to: Setting, name: str, numbers: range) -> tuple[Speaker, list[np.ndarray]]:
    """Return what is known of a voice from some sentences, and their frames."""
    waves = recordings(to.data, name, numbers)
    vocoder = Vocoder(ORDER, rate=RATE).fit(waves)
    kept = to.out / f"{name}_{numbers[0]}_{numbers[-1]}.npz"
    if not kept.exists():
        np.savez(kept, *vocoder.transform(waves))
    with np.load(kept, allow_pickle=False) as found:
        frames = [found[key] for key in found.files]
    return described(vocoder, frames), frames


def recordings(folder: Path, name: str, numbers: Sequence[int]) -> list[np.ndarray]:
    """Return the waves of some sentences."""
    return [read_sound(folder / "speech" / name / f"{number}.flac", RATE) for number in numbers]


def loud(frames: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return the frames that count."""
    levels = [20 / np.log(10) * one[:, 1] for one in frames]
    return [one[level > np.percentile(level, 98) - DEPTH] for one, level in zip(frames, levels, strict=True)]


def cepstra(frames: Sequence[np.ndarray]) -> Cepstra:
    """Return the coefficients that count, behind the level."""
    return [one[:, 1 : 1 + COUNTED] for one in frames]


def beside(made: Cepstra, real: Cepstra) -> Measures:
    """Return distortion and the ratio of global variances."""
    distortion = np.mean([mel_cepstral_distortion(one, other) for one, other in zip(made, real, strict=True)])
    ratio = np.concatenate(made)[:, 1:].var(0) / np.concatenate(real)[:, 1:].var(0)
    return {"distortion": float(distortion), "variance": float(np.exp(np.log(ratio).mean()))}


def both_ways(to: Setting, converter: Callable[[str, str], Callable[[Cepstra], Cepstra]]) -> Measures:
    """Return what a conversion of cepstra reaches, the mean of both ways, and the distortion of each."""
    found = []
    for source, target in WAYS:
        frames, real = (loud(analysed(to, name, ASKED)[1]) for name in (source, target))
        found.append(beside(converter(source, target)(cepstra(frames)), cepstra(real)))
    return {**_means(found), **{f"distortion_to_{way[1]}": one["distortion"] for way, one in zip(WAYS, found, strict=True)}}


def unconverted(to: Setting) -> Measures:
    """The source itself."""
    return both_ways(to, lambda source, target: lambda spoken: spoken)


def mean_variance(to: Setting) -> Measures:
    """Each coefficient's mean and variance."""

    def fitted(source: str, target: str) -> Callable[[Cepstra], Cepstra]:
        own, other = (np.concatenate(cepstra(loud(analysed(to, name, LEARNT[name])[1]))) for name in (source, target))
        return lambda spoken: [(one - own.mean(0)) / own.std(0) * other.std(0) + other.mean(0) for one in spoken]

    return both_ways(to, fitted)


def mixture(to: Setting) -> Measures:
    """The mixture that is given parallel sentences."""

    def fitted(source: str, target: str) -> Callable[[Cepstra], Cepstra]:
        own, other = (cepstra(loud(analysed(to, name, PARALLEL)[1])) for name in (source, target))
        every, all_ = np.concatenate(own), np.concatenate(other)
        near = [(one - every.mean(0)) / every.std(0) * all_.std(0) + all_.mean(0) for one in own]
        for _ in range(2):
            paths = [warping(a[:, 1:], b[:, 1:]) for a, b in zip(near, other, strict=True)]
            x = np.concatenate([a[path[:, 0], 1:] for a, path in zip(own, paths, strict=True)])
            y = np.concatenate([b[path[:, 1], 1:] for b, path in zip(other, paths, strict=True)])
            convert = conditional_mean(x, y, to.seed)
            near = [np.column_stack([one[:, 0], convert(one[:, 1:])]) for one in own]
        return lambda spoken: [np.column_stack([one[:, 0], convert(one[:, 1:])]) for one in spoken]

    return both_ways(to, fitted)


def conditional_mean(x: np.ndarray, y: np.ndarray, seed: int) -> Conversion:
    """Return E[y|x] under a mixture of normals on both."""
    size = x.shape[1]
    joint = GaussianMixture(32, covariance_type="full", reg_covar=1e-5, max_iter=60, random_state=seed).fit(np.hstack([x, y]))
    inner = joint.covariances_[:, :size, :size]
    own = GaussianMixture(32, covariance_type="full")
    own.weights_, own.means_, own.covariances_ = joint.weights_, joint.means_[:, :size], inner
    own.precisions_cholesky_ = np.linalg.cholesky(np.linalg.inv(inner))
    slopes = np.linalg.solve(inner, joint.covariances_[:, :size, size:])

    def convert(rows: np.ndarray) -> np.ndarray:
        said = joint.means_[:, size:] + np.einsum("nkd,kde->nke", rows[:, None] - own.means_, slopes)
        return np.einsum("nk,nke->ne", own.predict_proba(rows), said)

    return convert


def isthmus(to: Setting) -> Measures:
    """Ours, from waves to waves."""
    began = time.perf_counter()
    known = {name: analysed(to, name, LEARNT[name]) for name in LEARNT}
    model = default().set_params(random_state=to.seed)
    if to.quick:
        model.training.set_params(epochs=2)
    voices = Voices(model)
    if to.quick:
        voices.rounds = 1
    voices.learn({name: one[0] for name, one in known.items()}, {name: one[1] for name, one in known.items()})
    seconds = time.perf_counter() - began
    voices.save(to.out / f"run_{to.seed}")
    judge = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    frames = {name: np.concatenate(cepstra(loud(known[name][1]))) for name in LEARNT}
    judge.fit(np.concatenate(list(frames.values()))[:, 1:], np.repeat(list(frames), [len(one) for one in frames.values()]))
    found = [_way(to, voices, judge, *way) for way in WAYS]
    return _means(found) | {f"{name}_to_{way[1]}": one[name] for way, one in zip(WAYS, found, strict=True)
                            for name in ("distortion", "variance", "sentences")} | {"seconds": seconds}  # fmt: skip


def _way(to: Setting, voices: Voices, judge: Any, source: str, target: str) -> Measures:
    """Return what the conversion of one voice into the other reaches; the recordings lie in the folder of results."""
    folder = to.out / f"{source}_to_{target}_{to.seed}"
    heard = ASKED[::6]
    waves = recordings(to.data, source, heard)
    began = time.perf_counter()
    made = voices.convert(waves, target, of=source)
    speed = (time.perf_counter() - began) / sum(len(wave) / RATE for wave in waves)
    for number, wave in zip(heard, made, strict=True):
        write_sound(folder / f"{number}.wav", [wave], RATE, overwrite=True)
    again = loud(voices.speaker(target).vocoder.transform([read_sound(folder / f"{number}.wav") for number in heard]))
    spoken = loud(voices.convert_frames(analysed(to, source, ASKED)[1], target, voices.speaker(source)))
    real = loud(analysed(to, target, ASKED)[1])
    few, others = ([one[::4, 1:] for one in cepstra(frames)] for frames in (spoken, real))
    apart = [[_apart(one, other) for other in others] for one in few]
    errors = []
    for one, other in zip(spoken, real, strict=True):
        path = warping(one[:, 2 : 1 + COUNTED], other[:, 2 : 1 + COUNTED])
        errors.append(pitch_error(one[path[:, 0], 0], other[path[:, 1], 0]))
    place = list(judge.classes_).index(target) * 2 - 1
    taken = [place * judge.decision_function(one[:, 1:]).mean() > 0 for one in cepstra(spoken)]
    cents, correlation, voicing = np.mean(errors, axis=0)
    return beside(cepstra(spoken), cepstra(real)) | {
        "distortion_of_waves": beside(cepstra(again), cepstra(real)[::6])["distortion"],
        "sentences": float((np.argmin(apart, axis=1) == np.arange(len(apart))).mean()), "taken_for_target": float(np.mean(taken)),
        "cents": float(cents), "pitch_correlation": float(correlation), "voicing_error": float(voicing), "seconds_a_second": speed,
    }  # fmt: skip


def _apart(one: np.ndarray, other: np.ndarray) -> float:
    path = warping(one, other)
    return float(np.linalg.norm(one[path[:, 0]] - other[path[:, 1]], axis=1).mean())


def _means(found: Sequence[Measures]) -> Measures:
    return {name: float(np.mean([one[name] for one in found])) for name in found[0]}


LINES = {
    "unconverted": Line(unconverted, "distortion", "none", "the source against the target"),
    "mean-variance": Line(mean_variance, "distortion", "none", "per voice and coefficient"),
    "parallel-mixture": Line(mixture, "distortion", "none", "given the same sentences of both voices"),
    "isthmus": Line(isthmus, "distortion", "none", "given no sentence of both"),
}


if __name__ == "__main__":
    reproduce("Voice", LINES, __doc__ or "")
