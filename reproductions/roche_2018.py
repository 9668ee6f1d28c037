"""Autoencoders of musical notes: reconstruction error in decibels against code size, beside PCA.

    python -m reproductions.roche_2018 [--quick] [--data FOLDER] [--seeds 1] [--only pca,deep] [--out DIR]

The paper's data are 10,000 notes of NSynth; here are 897 notes of 11 instruments, levelled to -23 LUFS, four of five to learn from, by
file. Its tables are printed in decibels over frames of log-magnitude spectra: 16 kHz, windows of 1024, half overlapping, 513 bins, nothing
below -80 dB. The published order is what is compared, not digits: PCA before a shallow autoencoder, a deep one (513-128-k-128-513) near
PCA, denoising and recurrent ones before it, variational between. A recurrent network reads windows of four frames and has a code four times
as long for each, so that all have as many numbers a frame; PCA of the same windows stands beside it.

References:
    Autoencoders for music sound modeling: a comparison of linear, shallow, deep, recurrent and variational models (F. Roche, T. Hueber,
    S. Limier, L. Girin, 2018), https://arxiv.org/abs/1806.04096
"""

from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from isthmus import (
    KL,
    Autoencoder,
    DenoisingAutoencoder,
    Dense,
    Frames,
    Gaussian,
    GaussianNoise,
    Recurrent,
    Spectrogram,
    VariationalAutoencoder,  # fmt: skip
    Windows,
)
from isthmus.files import read
from isthmus.metrics import spectral_error
from isthmus.representations.waves import levelled
from isthmus.tasks import Principal
from isthmus.tasks.reduction import reconstruct

from .runner import Line, Measures, Setting, reproduce

SIZES = (4, 8, 16, 32, 64, 100)
STEPS = 4  # frames that a recurrent network reads at a time
Make = Callable[[Setting, int], Any]


@lru_cache(1)
def notes(folder: Path) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the spectra of the notes learnt from and of those held out, (t_i, 513) each, in decibels."""
    items = read(folder / "notes", rate=16000)
    spectra = Spectrogram(hop=512).fit_transform([levelled(wave, 16000) for wave in items.load()])
    held = np.random.default_rng(0).random(len(spectra)) < 0.2
    known, asked = ([one for one, out in zip(spectra, held, strict=True) if out == which] for which in (False, True))
    return known, asked


def errors(to: Setting, make: Make, steps: int = 1) -> Measures:
    """Return the error of held-out frames for each number of numbers a frame, of a model that reads so many frames at a time."""
    known, asked = notes(to.data)
    view = (Frames() if steps == 1 else Windows(steps, steps)).fit(known)
    frames, lengths, found = np.concatenate(asked), [len(one) for one in asked], {}
    for size in SIZES[:4] if to.quick else SIZES:
        model = make(to, size * steps).fit(view.transform(known))
        rebuilt = view.inverse_transform(reconstruct(model, view.transform(asked)), lengths)
        found[f"decibels_{size}"] = spectral_error(np.concatenate(rebuilt), frames)
    return found


def settings(to: Setting, size: int, hidden: tuple[int, ...]) -> dict[str, Any]:
    """Return what all our models have in common."""
    training = to.training(30, 256, 2e-3, validation=0.05)
    return {"n_components": size, "network": Dense(hidden), "likelihood": Gaussian(), "training": training, "random_state": to.seed}


def shallow(to: Setting, size: int) -> Autoencoder:
    """No hidden layers but the code, whose units are rectified linear."""
    return Autoencoder(**settings(to, size, ()) | {"network": Dense((), code_activation="relu")})


def deep(to: Setting, size: int, hidden: tuple[int, ...] = (128,)) -> Autoencoder:
    """The paper's layers, or wider ones."""
    return Autoencoder(**settings(to, size, hidden))


def denoising(to: Setting, size: int) -> DenoisingAutoencoder:
    """The same, which learns to take noise away."""
    return DenoisingAutoencoder(corruption=GaussianNoise(0.1), **settings(to, size, (128,)))


def variational(to: Setting, size: int) -> VariationalAutoencoder:
    """The same, with a random code, of which the divergence weighs little."""
    return VariationalAutoencoder(penalty=KL(1e-2), **settings(to, size, (128,)))


def recurrent(to: Setting, size: int) -> Autoencoder:
    """Long short-term memory, read from both ends."""
    training = to.training(20, 64, 2e-3, validation=0.05)  # there are a quarter as many windows as frames
    return Autoencoder(**settings(to, size, ()) | {"network": Recurrent(256, bidirectional=True), "training": training})


def _line(make: Make, differs: str, steps: int = 1) -> Line:
    return Line(partial(errors, make=make, steps=steps), "decibels_8", "order only", differs)


LINES = {
    "pca": _line(lambda to, size: Principal(size), "the same"),
    "shallow": _line(shallow, "AdamW, one cycle of 30 passes; SiLU in all others"),
    "deep": _line(deep, "as above"), "wide": _line(partial(deep, hidden=(512, 256)), "513-512-256-k-256-512-513"),
    "denoising": _line(denoising, "noise of a tenth of the deviation"), "variational": _line(variational, "KL weighs 0.01"),
    "recurrent": _line(recurrent, "windows of four frames, four times the code; 20 passes of 64", STEPS),
    "pca-windows": _line(lambda to, size: Principal(size), "of the same windows", STEPS),
}  # fmt: skip


if __name__ == "__main__":
    reproduce("Roche 2018", LINES, __doc__ or "")
