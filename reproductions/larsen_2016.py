"""Faces: a variational autoencoder, one that measures likeness by what a discriminator sees, and a VAE/GAN, at equal time.

    python -m reproductions.larsen_2016 [--quick] [--data FOLDER] [--seeds 1] [--only vaegan] [--out DIR]

Faces of 64 × 64 × 3 from faces64.zip, 3,000 to learn from and 900 to compare with; codes of 64, and every model is told age and sex. One
network for all lines, a quarter of an hour each. The Fréchet distance is between 900 faces drawn from the prior, told of the ages and sexes
of the test faces, and these, in the features of one classifier of age and sex, trained on real faces: the mean of ten drawings, of which
single ones differ by 0.06. Beside it, that of codes drawn from a mixture of Gaussians on the training faces' codes. A face has the
attributes asked for if that classifier says so. Sharpness is the variance of the Laplacian over that of real faces. Every line and seed
leaves one JSON file in DIR and is not run again.

References:
    Autoencoding beyond pixels using a learned similarity metric (A. B. L. Larsen, S. K. Sønderby, H. Larochelle, O. Winther, 2016)
"""

import csv
import io
import zipfile
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy import ndimage
from sklearn.linear_model import RidgeCV

from isthmus import VAEGAN, Adam, Autoencoder, AutoencoderClassifier, Conv, LearnedSimilarity, Training, VariationalAutoencoder
from isthmus.estimators.base import BaseAutoencoder
from isthmus.files import read
from isthmus.metrics import frechet_distance, kernel_distance, neighbourhoods
from isthmus.parts import Flips
from isthmus.tasks import Density

from .figures import sheet
from .runner import Line, Measures, Setting, reproduce

CODE, SECONDS, TEST, DRAWINGS = 64, 900, 900, 10
NETWORK = Conv((16, 32, 64, 128), normalized=True)
DISCRIMINATOR = Conv((16, 32, 64, 128))  # not normalised, or it would not see colours and contrasts that no face has
BANDS = (30, 45)  # years at which the classes of age end
AGES = np.linspace(15, 75, 9)  # that faces are told in turn


class Faces(NamedTuple):
    """Faces (n, 64, 64, 3), bytes, with age in years and whether they are of women, (n, 2)."""

    train: np.ndarray
    train_told: np.ndarray
    test: np.ndarray
    test_told: np.ndarray


def similarity() -> VAEGAN:
    """Return a VAE/GAN whose decoder heeds what the discriminator sees, and hardly its verdict."""
    return VAEGAN(likelihood=LearnedSimilarity(DISCRIMINATOR, weight=6000.0, anchor=0.0005))


def vaegan() -> VAEGAN:
    """Return the VAE/GAN; neither side ever waits for the other."""
    return VAEGAN(likelihood=LearnedSimilarity(DISCRIMINATOR, anchor=0.293, head_start=0.5, margin=0.68))


def drawn(to: Setting, make: Callable[[], BaseAutoencoder], rate: float | None = None) -> Measures:
    """Return how like real faces those drawn under the test faces' ages and sexes are."""
    faces, judge = _faces(to.data), classifier(to.data, to.quick)
    seconds = SECONDS / 15 if to.quick else SECONDS
    training = Training(10_000, 32, rate, optimizer=Adam(0.3), augmentation=Flips(), validation=0, time_budget=seconds)
    model = make().set_params(n_components=CODE, network=NETWORK, training=training, random_state=to.seed)
    model.fit(faces.train, condition=faces.train_told)
    density = Density(random_state=to.seed).fit(model.transform(faces.train, condition=faces.train_told))
    drawings = [_bytes(model.sample(TEST, condition=faces.test_told, random_state=to.seed + one)) for one in range(DRAWINGS)]
    mixed = [_bytes(model.inverse_transform(codes, faces.test_told)) for codes in np.split(density.sample(TEST * DRAWINGS), DRAWINGS)]
    new = drawings[0]
    rebuilt = model.reconstruct(faces.test, condition=faces.test_told)
    real, seen = judge.transform(faces.test), judge.transform(new)

    def distance(drawings: list[np.ndarray]) -> float:
        return float(np.mean([frechet_distance(real, judge.transform(one)) for one in drawings]))

    age = RidgeCV(np.logspace(-2, 4, 7)).fit(judge.transform(faces.train), faces.train_told[:, 0])
    _draw(to, model, faces, new, rebuilt)
    return {
        "frechet": distance(drawings), "kernel": kernel_distance(real, seen), **neighbourhoods(real, seen)._asdict(),
        "mixture_frechet": distance(mixed), "rebuilt_frechet": distance([_bytes(rebuilt)]),
        "sex_as_told": float(np.mean(_women(judge, new) == faces.test_told[:, 1])),
        "age_correlation": float(np.corrcoef(age.predict(seen), faces.test_told[:, 0])[0, 1]),
        "sharpness": sharpness(new) / sharpness(faces.test),
        "rebuilt_squared_error": float(np.square((faces.test - rebuilt) / 255).sum((1, 2, 3)).mean()),
        "sex_of_real_faces": float(np.mean(_women(judge, faces.test) == faces.test_told[:, 1])),
        "epochs": float(len(model.history_)), "seconds": model.history_[-1]["seconds"],
    }  # fmt: skip


def _bytes(images: np.ndarray) -> np.ndarray:
    return np.rint(images).astype(np.uint8)


def sharpness(images: np.ndarray) -> float:
    """Return the variance of the Laplacian of the images' greys."""
    greys = images.astype(np.float64).mean(axis=-1) / 255
    return float(ndimage.laplace(greys, axes=(1, 2)).var())


@lru_cache(1)
def classifier(data: Path, quick: bool) -> AutoencoderClassifier:
    """Return a classifier of sex and three ages of real faces; its code of 64 are the features."""
    faces = _faces(data)
    start = Autoencoder(CODE, network=Conv((32, 64, 128), normalized=True), training=Training(epochs=0))
    training = Training(4 if quick else 20, 64, 1e-3, augmentation=Flips())
    return AutoencoderClassifier(start, training, random_state=0).fit(faces.train, _classes(faces.train_told))


def _classes(told: np.ndarray) -> np.ndarray:
    """Return sex and age as one class: 0 to 2 for men, 3 to 5 for women."""
    return 3 * told[:, 1].astype(int) + np.digitize(told[:, 0], BANDS)


def _women(judge: AutoencoderClassifier, images: np.ndarray) -> np.ndarray:
    return judge.predict_proba(images)[:, 3:].sum(1) > 0.5


def _draw(to: Setting, model: BaseAutoencoder, faces: Faces, new: np.ndarray, rebuilt: np.ndarray) -> None:
    """Draw new faces, faces over their reconstructions, and faces told to be of other ages."""
    name = "similarity" if getattr(model.likelihood_, "weight", 0) > 100 else type(model).__name__.lower()
    sheet(to.out / f"{name}_{to.seed}_new.png", new[:60])
    pairs = np.concatenate([faces.test[:10], rebuilt[:10], faces.test[10:20], rebuilt[10:20]])
    sheet(to.out / f"{name}_{to.seed}_rebuilt.png", pairs)
    ways = [told_ages(model, face, own) for face, own in zip(faces.test[:6], faces.test_told[:6], strict=True)]
    sheet(to.out / f"{name}_{to.seed}_older.png", np.concatenate(ways), across=len(AGES))


def told_ages(model: BaseAutoencoder, face: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Return what a face's code is decoded to when it is told one age after another."""
    codes = model.transform(face[None], condition=own[None]).repeat(len(AGES), axis=0)
    return model.inverse_transform(codes, np.column_stack([AGES, np.full(len(AGES), own[1])]))


@lru_cache(1)
def _faces(data: Path) -> Faces:
    path = data / "faces64.zip"
    images = read(str(path)).load()
    with zipfile.ZipFile(path) as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read("attributes.csv").decode())))
    told = np.array([[float(row["age"]), float(row["female"])] for row in rows])
    order = np.random.default_rng(0).permutation(len(images))
    test, train = np.sort(order[:TEST]), np.sort(order[TEST:])
    return Faces(images[train], told[train], images[test], told[test])


LINES = {
    "vae": Line(partial(drawn, make=VariationalAutoencoder), "frechet", "none", "Bernoulli likelihood of pixels"),
    "similarity": Line(partial(drawn, make=similarity), "frechet", "none", "learned similarity, the verdict at a thousandth"),
    "vaegan": Line(partial(drawn, make=vaegan, rate=1.5e-3), "frechet", "none",
                   "learned similarity and verdict; a VAE for half of the time"),
}  # fmt: skip


if __name__ == "__main__":
    reproduce("Larsen 2016", LINES, __doc__ or "")
