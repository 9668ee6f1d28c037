"""Deep autoencoders against PCA: the figures of Hinton and Salakhutdinov beside ours.

    python -m reproductions.hinton_2006 [--quick] [--data FOLDER] [--seeds 3] [--only mnist,curves] [--out DIR]

Squared errors are sums over an item's numbers, means over test items; pixels are in [0, 1], and PCA is not clipped. Every line and
seed leaves one JSON file in DIR, and a line whose file is there is not run again: remove the file to repeat it.

References:
    Reducing the Dimensionality of Data with Neural Networks (G. E. Hinton, R. R. Salakhutdinov, 2006),
    https://doi.org/10.1126/science.1127647
"""

import io
from functools import partial
from typing import Any

import numpy as np
from PIL import Image
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.neighbors import KNeighborsClassifier

from isthmus import Adam, Autoencoder, Dense, Gaussian, RestrictedBoltzmannMachine, Shifts, StackedAutoencoder
from isthmus.files.builtin import curves
from isthmus.metrics import squared_error
from isthmus.parts.augmentation import Augmentation
from isthmus.tasks import Principal
from isthmus.tasks.reduction import reconstruct, training_seconds

from . import figures
from .runner import Line, Measures, Setting, reproduce
from .texts import newsgroups

MNIST, CURVES, FACES = (1000, 500, 250), (400, 200, 100, 50, 25), (2000, 1000, 500)
NEIGHBOURS = 5


def pca(to: Setting) -> Measures:
    """Thirty principal components."""
    digits = to.mnist()
    return measured(Principal(30).fit(digits.train), digits.test)


def logistic(to: Setting) -> Measures:
    """A linear encoder with a sigmoid output."""
    digits = to.mnist()
    model = Autoencoder(30, network=Dense(()), training=to.training(40, 128), random_state=to.seed)
    return measured(model.fit(digits.train), digits.test)


def pretrained(to: Setting) -> Measures:
    """The paper's way: Boltzmann machines layer by layer, unrolled, fine-tuned."""
    digits = to.mnist()
    layer = RestrictedBoltzmannMachine(training=to.training(20, 100))
    training = to.training(40, 128, checkpoint=to.kept("whole"))
    model = StackedAutoencoder(30, MNIST, layer, training=training, random_state=to.seed)
    return measured(model.fit(digits.train), digits.test)


def unpretrained(to: Setting) -> Measures:
    """The same sigmoid network from a random start."""
    digits = to.mnist()
    model = Autoencoder(30, network=Dense(MNIST, "sigmoid"), training=to.training(40, 128), random_state=to.seed)
    return measured(model.fit(digits.train), digits.test)


def today(to: Setting) -> Measures:
    """The default recipe, with the paper's widths and code."""
    digits = to.mnist()
    return measured(Autoencoder(30, network=Dense(MNIST), training=to.training(10), random_state=to.seed).fit(digits.train), digits.test)


def longer(to: Setting) -> Measures:
    """The default recipe for longer, with more weight decay than it has by then."""
    digits = to.mnist()
    training = to.training(30, optimizer=Adam(weight_decay=0.3), checkpoint=to.kept("whole"))
    return measured(Autoencoder(30, network=Dense(MNIST), training=training, random_state=to.seed).fit(digits.train), digits.test)


def shifted(to: Setting) -> Measures:
    """The default recipe for longer, on pictures shifted by up to a pixel."""
    digits = to.mnist()
    optimizer = Adam(weight_decay=0.05)
    training = to.training(120, optimizer=optimizer, augmentation=Shifts(1), checkpoint=to.kept("whole"))
    return measured(Autoencoder(30, network=Dense(MNIST), training=training, random_state=to.seed).fit(digits.train), digits.test)


def curve_images(to: Setting, passes: int, augmentation: Augmentation | None = None) -> Measures:
    """Curves through three random points: six numbers make each, and six are kept."""
    train, test = curves(4000 if to.quick else 20_000, 1).load(), curves(10_000, 2).load()
    training = to.training(passes, 128, augmentation=augmentation, checkpoint=to.kept("whole"))
    model = Autoencoder(6, network=Dense(CURVES), training=training, random_state=to.seed).fit(train)
    found = measured(model, test) | {"training_error": measured(model, train)["squared_error"]}
    for size in (6, 18):
        found[f"pca_{size}"] = squared_error(test / 255, reconstruct(Principal(size).fit(train), test) / 255)
    return found


def faces(to: Setting) -> Measures:
    """Patches of 25 by 25 pixels from faces of other people than those of the test, in units of one average pixel's deviation."""
    with np.load(to.data / "orl_faces.npz", allow_pickle=False) as data:
        images, people = data["images64"].astype(np.float32), data["subject"]
    train, test = (patches(images[which], to.seed) for which in (people < 30, people >= 30))
    mean, deviation = train.mean(0), (train - train.mean(0)).std()
    train, test = ((part - mean) / deviation for part in (train, test))
    model = Autoencoder(30, network=Dense(FACES), likelihood=Gaussian(), training=to.training(20, 128), random_state=to.seed).fit(train)
    return {"squared_error": squared_error(test, reconstruct(model, test)), "seconds": training_seconds(model),
            "pca_30": squared_error(test, reconstruct(Principal(30).fit(train), test))}  # fmt: skip


def patches(images: np.ndarray, seed: int, each: int = 80, side: int = 25) -> np.ndarray:
    """Return patches (n, side²) of every image (n, h, w), at random places and mirrored at random."""
    rng = np.random.default_rng(seed)
    tops, lefts = (rng.integers(0, size - side + 1, (len(images), each)) for size in images.shape[1:])
    windows = np.lib.stride_tricks.sliding_window_view(images, (side, side), axis=(1, 2))
    taken = windows[np.arange(len(images))[:, None], tops, lefts].reshape(-1, side, side)
    mirrored = rng.random(len(taken)) < 0.5
    return np.where(mirrored[:, None, None], taken[:, :, ::-1], taken).reshape(len(taken), -1)


def shallow(to: Setting) -> Measures:
    """One hidden layer each way, as many weights and the same code as the deep network of the line `today`."""
    digits = to.mnist()
    pixels, deep = digits.train[0].size, (digits.train[0].size, *MNIST, 30)
    weights = sum(a * b for a, b in zip(deep, deep[1:], strict=False))
    width = round(weights / (pixels + 30))
    model = Autoencoder(30, network=Dense((width,)), training=to.training(10), random_state=to.seed).fit(digits.train)
    return measured(model, digits.test) | {"width": width}


def plane(to: Setting) -> Measures:
    """Two numbers a digit: how well neighbours tell the digit, beside PCA."""
    digits = to.mnist()
    model = Autoencoder(2, network=Dense(MNIST), training=to.training(40), random_state=to.seed).fit(digits.train)
    flat = Principal(2).fit(digits.train)
    if to.seed == 0:
        figures.planes(to.out / "plane.png", {"PCA": flat.transform(digits.test), "autoencoder": model.transform(digits.test)},
                       digits.test_labels)  # fmt: skip
    return measured(model, digits.test) | {
        "neighbours": neighbours(model, digits.train, digits.train_labels, digits.test, digits.test_labels),
        "pca_neighbours": neighbours(flat, digits.train, digits.train_labels, digits.test, digits.test_labels),
    }


def texts(to: Setting) -> Measures:
    """Two numbers a post of 20 Newsgroups, beside latent semantic analysis of the same words."""
    (train, train_labels), (test, test_labels) = newsgroups(to.data)
    words = TfidfVectorizer(max_features=2000, stop_words="english", sublinear_tf=True)
    X, X_test = (made.astype(np.float32) for made in (words.fit_transform(train), words.transform(test)))
    model = Autoencoder(2, network=Dense((500, 250, 125)), training=to.training(30), random_state=to.seed).fit(X)
    lsa = TruncatedSVD(2, random_state=to.seed).fit(X)
    if to.seed == 0:
        figures.planes(to.out / "texts.png", {"LSA": lsa.transform(X_test), "autoencoder": model.transform(X_test)}, test_labels)
    return {"neighbours": neighbours(model, X, train_labels, X_test, test_labels), "seconds": training_seconds(model),
            "lsa_neighbours": neighbours(lsa, X, train_labels, X_test, test_labels)}  # fmt: skip


def stored(to: Setting) -> Measures:
    """Bytes a picture at equal error: the code's numbers as a byte each, beside JPEG without its headers."""
    digits = to.mnist()
    model = Autoencoder(30, network=Dense(MNIST), training=to.training(15), random_state=to.seed).fit(digits.train)
    codes = model.transform(digits.test)
    low, high = model.transform(digits.train).min(0), model.transform(digits.train).max(0)
    levels = np.rint(np.clip((codes - low) / (high - low), 0, 1) * 255)
    error = squared_error(digits.test / 255, model.inverse_transform(levels / 255 * (high - low) + low) / 255)
    sizes, errors = zip(*(jpeg(digits.test[:1000], quality) for quality in range(1, 96, 2)), strict=True)
    enough = next((size for size, found in zip(sizes, errors, strict=True) if found <= error), sizes[-1])
    return {"bytes": 30.0, "squared_error": error, "jpeg_bytes": enough, "seconds": training_seconds(model)}


def jpeg(pictures: np.ndarray, quality: int) -> tuple[float, float]:
    """Return the mean bytes of pictures as JPEG, less those of an empty one, and their squared error."""

    def written(picture: np.ndarray) -> bytes:
        buffer = io.BytesIO()
        Image.fromarray(picture).save(buffer, "JPEG", quality=quality, optimize=True)
        return buffer.getvalue()

    files = [written(picture) for picture in pictures]
    headers = len(written(np.zeros_like(pictures[0])))
    back = np.stack([np.asarray(Image.open(io.BytesIO(file))) for file in files])
    return float(np.mean([len(file) - headers for file in files])), squared_error(pictures / 255, back / 255)


def measured(model: Any, test: np.ndarray) -> Measures:
    """Return the squared error on bytes, as pixels in [0, 1], and how long training took."""
    return {"squared_error": squared_error(test / 255, reconstruct(model, test) / 255), "seconds": training_seconds(model)}


def neighbours(model: Any, X: Any, labels: np.ndarray, X_test: Any, test_labels: np.ndarray) -> float:
    """Return the share of test items whose nearest training codes tell the label."""
    return float(KNeighborsClassifier(NEIGHBOURS).fit(model.transform(X), labels).score(model.transform(X_test), test_labels))


LINES = {
    "pca": Line(pca, "squared_error", "13.87", "nothing"),
    "logistic": Line(logistic, "squared_error", "8.01", "Adam; 40 passes"),
    "rbm": Line(pretrained, "squared_error", "3.00", "20 passes a layer (50); Adam for 40 passes (conjugate gradient for 200)"),
    "random": Line(unpretrained, "squared_error", "none", "the paper's network, from a scaled random start; Adam for 40 passes"),
    "today": Line(today, "squared_error", "3.00", "SiLU, a start scaled to it, AdamW, one cycle; 10 passes of 128"),
    "longer": Line(longer, "squared_error", "3.00", "the same, 30 passes, a decay of 0.3"),
    "shifts": Line(shifted, "squared_error", "3.00", "the same, 120 passes, a decay of 0.05, pictures shifted by up to a pixel"),
    "shallow": Line(shallow, "squared_error", "none", "one hidden layer with the deep network's number of weights; 10 passes"),
    "curves": Line(partial(curve_images, passes=300), "squared_error", "1.44", "as `today`, 300 passes; curves drawn anew by the recipe"),
    "curves-shifts": Line(partial(curve_images, passes=100, augmentation=Shifts(1)), "squared_error", "1.44",
                          "the same, 100 passes, pictures shifted by up to a pixel"),
    "faces": Line(faces, "squared_error", "126", "other faces (ORL), patches of people that were not learnt from; PCA there 135"),
    "plane": Line(plane, "neighbours", "a picture", "5 neighbours among the training codes"),
    "texts": Line(texts, "neighbours", "a picture", "2,000 words of 20 Newsgroups for Reuters; 5 neighbours"),
    "bytes": Line(stored, "bytes", "none", "a byte a number of the code; JPEG of 28 x 28 pixels without what all its files share"),
}  # fmt: skip


if __name__ == "__main__":
    reproduce("Hinton 2006", LINES, __doc__ or "")
