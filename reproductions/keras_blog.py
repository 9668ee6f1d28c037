"""The Keras blog's autoencoders on MNIST: its numbers beside ours, and beside our own default at the same time.

    python -m reproductions.keras_blog [--quick] [--data mnist.npz] [--seeds 3] [--only simple,l1] [--out DIR]

The blog's networks, batch sizes and passes over the same 60,000 pictures; what differs stands in the table's last column.
Cross-entropies are per pixel, in nats, of grey values; their floor, the pictures' own entropy, is 0.0581. Every model and
seed leaves one JSON file in DIR, and a model whose file is there is not run again: remove the file to repeat it.

References:
    Building Autoencoders in Keras (F. Chollet, 2016), https://blog.keras.io/building-autoencoders-in-keras.html
"""

from typing import Any

import numpy as np
import torch

from isthmus import (
    L1,
    Autoencoder,
    Conv,
    DenoisingAutoencoder,
    Dense,
    GaussianNoise,
    SparseAutoencoder,
    TopK,
    Training,
    VariationalAutoencoder,
)
from isthmus.metrics import sparsity_l0, squared_error
from isthmus.tasks.reduction import training_seconds

from . import keras_blog_figures as figures
from .figures import planes
from .runner import Line, Measures, Setting, reproduce

NOISE = 0.5  # standard deviation of the blog's noise on [0, 1]


def default(model: Any) -> Training:
    """Return our default training for as long as ``model`` trained."""
    return Training(time_budget=training_seconds(model))


def simple(to: Setting) -> Measures:
    """784-32-784: rectified code, sigmoid output."""
    model = Autoencoder(32, network=_shallow(), training=to.training(50, 256, 5e-3), random_state=to.seed).fit(to.mnist().train)
    return plain(model, to) | codes(model, to) | beside(model, to)


def l1(to: Setting) -> Measures:
    """The same with a penalty on the code."""
    model = SparseAutoencoder(32, penalty=L1(0.01), network=_shallow(), training=to.training(100, 256, 1e-2),
                              random_state=to.seed).fit(to.mnist().train)  # fmt: skip
    return plain(model, to) | codes(model, to) | beside(model, to)


def topk(to: Setting) -> Measures:
    """The same with the five smallest of every code set to 0 instead: no penalty, so that what stays does not shrink."""
    model = SparseAutoencoder(32, bottleneck=TopK(27), network=_shallow(), training=to.training(100, 256, 1e-2),
                              random_state=to.seed).fit(to.mnist().train)  # fmt: skip
    return plain(model, to) | codes(model, to) | beside(model, to)


def deep(to: Setting) -> Measures:
    """784-128-64-32-64-128-784, all rectified."""
    network = Dense((128, 64), activation="relu", code_activation="relu")
    model = Autoencoder(32, network=network, training=to.training(100, 256), random_state=to.seed).fit(to.mnist().train)
    return plain(model, to) | codes(model, to) | beside(model, to)


def convolutional(to: Setting) -> Measures:
    """Channels 16-8-8 down to 4 x 4, a code of 128."""
    network = Conv((16, 8, 8), activation="relu", code_activation="relu")
    model = Autoencoder(128, network=network, training=to.training(50, 128), random_state=to.seed).fit(to.mnist().train)
    return plain(model, to) | beside(model, to)


def denoising(to: Setting) -> Measures:
    """One convolutional network, trained on noisy and on clean pictures; both clean the same noisy ones."""
    network, training = Conv((32, 32), activation="relu"), to.training(20, 128)
    model = DenoisingAutoencoder(128, GaussianNoise(NOISE), network, training=training, random_state=to.seed).fit(to.mnist().train)
    clean = Autoencoder(128, network=network, training=training, random_state=to.seed).fit(to.mnist().train)
    ours = DenoisingAutoencoder(128, GaussianNoise(NOISE), training=default(model), random_state=to.seed).fit(to.mnist().train)
    draws = np.random.default_rng(0).normal(0.0, NOISE * 255, to.mnist().test.shape)
    noisy = np.clip(to.mnist().test + draws, 0, 255)
    cleaned = {"trained on noisy": model.reconstruct(noisy), "trained on clean": clean.reconstruct(noisy)}
    if to.seed == 0:
        figures.strip(to.out / "denoising.png", {"picture": to.mnist().test, "given": noisy} | cleaned)
    errors = [squared_error(to.mnist().test, picture) for picture in cleaned.values()]
    return {"squared_error": errors[0], "clean_squared_error": errors[1], "ratio": errors[0] / errors[1],
            "seconds": training_seconds(model), "default_squared_error": squared_error(to.mnist().test, ours.reconstruct(noisy)),
            "default_seconds": training_seconds(ours)}  # fmt: skip


def variational(to: Setting) -> Measures:
    """784-64-2-64-784 under the evidence lower bound (the blog's own loss is none: its draws have a tenth of the spread)."""
    network, training = Dense((64,), activation="relu"), to.training(100, 32)
    model = VariationalAutoencoder(2, network=network, training=training, random_state=to.seed).fit(to.mnist().train)
    ours = VariationalAutoencoder(2, training=default(model), random_state=to.seed).fit(to.mnist().train)
    if to.seed == 0:
        planes(to.out / "variational_plane.png", {"codes": model.transform(to.mnist().test)}, to.mnist().test_labels)
        figures.grid(to.out / "variational_grid.png", model)
    return {"negative_bound": -model.score(to.mnist().test), "kl": divergence(model, to), "seconds": training_seconds(model),
            "squared_error": squared_error(to.mnist().test, model.reconstruct(to.mnist().test)),
            "default_negative_bound": -ours.score(to.mnist().test), "default_seconds": training_seconds(ours)}  # fmt: skip


def plain(model: Any, to: Setting) -> Measures:
    """Return what every reconstruction is measured by."""
    return {"cross_entropy": cross_entropy(model, to), "squared_error": squared_error(to.mnist().test, model.reconstruct(to.mnist().test)),
            "seconds": training_seconds(model)}  # fmt: skip


def codes(model: Any, to: Setting) -> Measures:
    """Return how sparse the codes are: active units, whatever their scale, and the share of exact zeros."""
    h = model.transform(to.mnist().test)
    return {"l0": sparsity_l0(h), "zeros": float((h == 0).mean()), "mean_code": float(h.mean())}


def beside(model: Any, to: Setting) -> Measures:
    """Return what `Autoencoder(32)` with its defaults reaches in the time that ``model`` trained."""
    ours = Autoencoder(32, training=default(model), random_state=to.seed).fit(to.mnist().train)
    return {f"default_{name}": value for name, value in plain(ours, to).items()}


def cross_entropy(model: Any, to: Setting) -> float:
    """Return the test cross-entropy per pixel, in nats."""
    return -model.score(to.mnist().test) / to.mnist().test[0].size


@torch.inference_mode()
def divergence(model: Any, to: Setting) -> float:
    """Return the mean KL(q(h|x) || p(h)) over the test pictures, in nats."""
    return float(model.module_.terms(torch.from_numpy(to.mnist().test))["kl"].mean())


def _shallow() -> Dense:
    return Dense((), code_activation="relu")


LINES = {
    "simple": Line(simple, "cross_entropy", "0.09", "50 passes of 256; peak rate 5e-3"),
    "l1": Line(l1, "cross_entropy", "0.10", "100 passes of 256; peak rate 1e-2; L1 of the codes times their decoder's norms"),
    "topk": Line(topk, "cross_entropy", "none", "100 passes of 256; peak rate 1e-2; not in the blog"),
    "deep": Line(deep, "cross_entropy", "0.08", "100 passes of 256"),
    "conv": Line(convolutional, "cross_entropy", "0.094", "50 passes of 128; strides for pooling, a linear layer to the code"),
    "denoise": Line(denoising, "squared_error", "none", "20 passes of 128 (100), a code of 128 (1568)"),
    "vae": Line(variational, "negative_bound", "none", "100 passes of 32; a true bound, which the blog's loss is not"),
}  # fmt: skip


if __name__ == "__main__":
    reproduce("Keras blog", LINES, __doc__ or "")
