"""Notes between notes: pitch, brightness, loudness and evenness of morphs between held-out notes of two instruments at one pitch.

    python -m reproductions.morphs [--quick] [--data FOLDER] [--seeds 1] [--out DIR]

Four of five notes are learnt from, by file, of them every third; the others are morphed in nine steps, pairs of instruments at one pitch,
loud, from MIDI 48 to 76, drawn with the seed. Pitch is the median of YIN's, against the way from one end's recording to the other's, in
cents; a morph is within 20 if all its steps are. Brightness is the spectral centroid of each step, which should only rise or only fall.
A dip is how far the least loud step is below the quieter end, in decibels. Evenness is the variance of the distances from step to step,
over their squared mean, in 24 mel-cepstra of the mean spectrum (40 mel bands), beside that of cross-fading the recordings, equally loud.
"""

import itertools
import time
from pathlib import Path

import numpy as np
import scipy.fft

from isthmus import Spectrogram
from isthmus.files import read, write_sound
from isthmus.metrics import spectral_centroid
from isthmus.representations.pitch import pitch_of
from isthmus.representations.waves import levelled, loudness
from isthmus.tasks import Instruments
from isthmus.tasks.instruments import default

from .runner import Line, Measures, Setting, reproduce

RATE, STEPS, MORPHS = 16000, 9, 20


def morphs(to: Setting) -> Measures:
    """Return what the morphs of held-out notes reach; the first few lie in the folder of results."""
    items = read(to.data / "notes", rate=RATE)
    waves, names = items.load(), [Path(name).stem for name in items.ids]
    held = np.random.default_rng(to.seed).random(len(waves)) < 0.2
    began = time.perf_counter()
    model = default().set_params(random_state=to.seed)
    instruments = Instruments(model).fit([waves[place] for place in np.flatnonzero(~held)[:: 30 if to.quick else 3]])
    seconds = time.perf_counter() - began
    found = []
    for a, b in pairs(names, held, to.seed)[: 3 if to.quick else MORPHS]:
        steps = instruments.morph(waves[a], waves[b], STEPS)
        found.append(measured(waves[a], waves[b], steps))
        if len(found) <= 3:
            for number, wave in enumerate(steps):
                write_sound(to.out / f"{names[a]}_to_{names[b]}" / f"{number}.wav", [wave], RATE, overwrite=True)
    return {name: float(np.mean([one[name] for one in found])) for name in found[0]} | {"morphs": len(found), "seconds": seconds}


def pairs(names: list[str], held: np.ndarray, seed: int) -> list[tuple[int, int]]:
    """Return pairs of held-out loud notes of two instruments at one pitch."""
    known = [(place, *names[place].rsplit("_", 2)) for place in np.flatnonzero(held)]
    loud = [(place, instrument, pitch) for place, instrument, pitch, level in known if level == "loud" and 48 <= int(pitch) <= 76]
    found = [(a, b) for (a, one, low), (b, other, high) in itertools.combinations(loud, 2) if one != other and low == high]
    return [found[place] for place in np.random.default_rng(seed).permutation(len(found))]


def measured(a: np.ndarray, b: np.ndarray, steps: list[np.ndarray]) -> Measures:
    """Return the measures of one morph."""
    ends = np.log2([pitch_of([wave], RATE) for wave in (a, b)])
    cents = np.abs(1200 * (np.log2([pitch_of([wave], RATE) for wave in steps]) - np.linspace(*ends, len(steps))))
    bright = np.diff([spectral_centroid(wave, RATE) for wave in steps])
    levels = [loudness(wave, RATE) for wave in steps]
    size = min(len(a), len(b))
    first, last = levelled(a, RATE)[:size], levelled(b, RATE)[:size]
    faded = [(1 - share) * first + share * last for share in np.linspace(0, 1, len(steps))]
    return {
        "within_20_cents": float(cents.max() <= 20), "cents": float(np.median(cents)),
        "monotone": float((bright > 0).all() or (bright < 0).all()), "dip": max(0.0, min(levels[0], levels[-1]) - min(levels)),
        "evenness": evenness(steps), "evenness_of_fading": evenness(faded),
    }  # fmt: skip


def evenness(steps: list[np.ndarray]) -> float:
    """Return the variance of the distances from step to step over their squared mean."""
    spectra = Spectrogram(mel=40, rate=RATE).fit_transform(steps)
    cepstra = np.stack([scipy.fft.dct(one.mean(axis=0), norm="ortho")[1:25] for one in spectra])
    apart = np.linalg.norm(np.diff(cepstra, axis=0), axis=1)
    return float(apart.var() / apart.mean() ** 2)


LINES = {"morphs": Line(morphs, "within_20_cents", "none", "the default of `isthmus fit --task instruments`")}


if __name__ == "__main__":
    reproduce("Morphs", LINES, __doc__ or "")
