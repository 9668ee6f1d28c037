"""The Keras blog's autoencoders on MNIST: its numbers beside ours, and beside our own default at the same time.

    python -m reproductions.keras_blog [--quick] [--data mnist.npz] [--seeds 3] [--only simple,l1] [--out DIR]

The blog's networks, batch sizes and passes over the same 60,000 pictures; what differs stands in the table's last column.
Cross-entropies are per pixel, in nats, of grey values; their floor, the pictures' own entropy, is 0.0581. Every model and
seed leaves one JSON file in DIR, and a model whose file is there is not run again: remove the file to repeat it.

References:
    Building Autoencoders in Keras (F. Chollet, 2016), https://blog.keras.io/building-autoencoders-in-keras.html
"""

import argparse
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

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

from . import keras_blog_figures as figures

NOISE = 0.5  # standard deviation of the blog's noise on [0, 1]
QUICK_ROWS, QUICK_EPOCHS = 20_000, 0.1  # what --quick leaves of the pictures and of the passes
Measures = dict[str, float]


@dataclass(frozen=True)
class Setting:
    """What a run is given: bytes to train and to test on, the digits shown, the seed, and where figures go."""

    train: np.ndarray  # (n, 28, 28) uint8
    test: np.ndarray
    digits: np.ndarray
    seed: int
    out: Path
    quick: bool

    def training(self, epochs: int, batch_size: int, learning_rate: float | None = None) -> Training:
        """Return the blog's training: every row, none held out, the last epoch's weights."""
        epochs = max(1, round(epochs * QUICK_EPOCHS)) if self.quick else epochs
        return Training(epochs, batch_size, learning_rate, validation=0)

    def default(self, model: Any) -> Training:
        """Return our default training for as long as ``model`` trained."""
        return Training(time_budget=seconds(model))


def simple(to: Setting) -> Measures:
    """784-32-784: rectified code, sigmoid output."""
    model = Autoencoder(32, network=_shallow(), training=to.training(50, 256, 5e-3), random_state=to.seed).fit(to.train)
    return plain(model, to) | codes(model, to) | beside(model, to)


def l1(to: Setting) -> Measures:
    """The same with a penalty on the code."""
    model = SparseAutoencoder(32, penalty=L1(0.01), network=_shallow(), training=to.training(100, 256, 1e-2),
                              random_state=to.seed).fit(to.train)  # fmt: skip
    return plain(model, to) | codes(model, to) | beside(model, to)


def topk(to: Setting) -> Measures:
    """The same with the five smallest of every code set to 0 instead: no penalty, so that what stays does not shrink."""
    model = SparseAutoencoder(32, bottleneck=TopK(27), network=_shallow(), training=to.training(100, 256, 1e-2),
                              random_state=to.seed).fit(to.train)  # fmt: skip
    return plain(model, to) | codes(model, to) | beside(model, to)


def deep(to: Setting) -> Measures:
    """784-128-64-32-64-128-784, all rectified."""
    network = Dense((128, 64), activation="relu", code_activation="relu")
    model = Autoencoder(32, network=network, training=to.training(100, 256), random_state=to.seed).fit(to.train)
    return plain(model, to) | codes(model, to) | beside(model, to)


def convolutional(to: Setting) -> Measures:
    """Channels 16-8-8 down to 4 x 4, a code of 128."""
    network = Conv((16, 8, 8), activation="relu", code_activation="relu")
    model = Autoencoder(128, network=network, training=to.training(50, 128), random_state=to.seed).fit(to.train)
    return plain(model, to) | beside(model, to)


def denoising(to: Setting) -> Measures:
    """One convolutional network, trained on noisy and on clean pictures; both clean the same noisy ones."""
    network, training = Conv((32, 32), activation="relu"), to.training(20, 128)
    model = DenoisingAutoencoder(128, GaussianNoise(NOISE), network, training=training, random_state=to.seed).fit(to.train)
    clean = Autoencoder(128, network=network, training=training, random_state=to.seed).fit(to.train)
    ours = DenoisingAutoencoder(128, GaussianNoise(NOISE), training=to.default(model), random_state=to.seed).fit(to.train)
    draws = np.random.default_rng(0).normal(0.0, NOISE * 255, to.test.shape)
    noisy = np.clip(to.test + draws, 0, 255)
    cleaned = {"trained on noisy": model.reconstruct(noisy), "trained on clean": clean.reconstruct(noisy)}
    if to.seed == 0:
        figures.strip(to.out / "denoising.png", {"picture": to.test, "given": noisy} | cleaned)
    errors = [squared_error(to.test, picture) for picture in cleaned.values()]
    return {"squared_error": errors[0], "clean_squared_error": errors[1], "ratio": errors[0] / errors[1],
            "seconds": seconds(model), "default_squared_error": squared_error(to.test, ours.reconstruct(noisy)),
            "default_seconds": seconds(ours)}  # fmt: skip


def variational(to: Setting) -> Measures:
    """784-64-2-64-784 under the evidence lower bound (the blog's own loss is none: its draws have a tenth of the spread)."""
    network, training = Dense((64,), activation="relu"), to.training(100, 32)
    model = VariationalAutoencoder(2, network=network, training=training, random_state=to.seed).fit(to.train)
    ours = VariationalAutoencoder(2, training=to.default(model), random_state=to.seed).fit(to.train)
    if to.seed == 0:
        figures.plane(to.out / "variational_plane.png", model.transform(to.test), to.digits)
        figures.grid(to.out / "variational_grid.png", model)
    return {"negative_bound": -model.score(to.test), "kl": divergence(model, to), "seconds": seconds(model),
            "squared_error": squared_error(to.test, model.reconstruct(to.test)),
            "default_negative_bound": -ours.score(to.test), "default_seconds": seconds(ours)}  # fmt: skip


def plain(model: Any, to: Setting) -> Measures:
    """Return what every reconstruction is measured by."""
    return {"cross_entropy": cross_entropy(model, to), "squared_error": squared_error(to.test, model.reconstruct(to.test)),
            "seconds": seconds(model)}  # fmt: skip


def codes(model: Any, to: Setting) -> Measures:
    """Return how sparse the codes are: active units, whatever their scale, and the share of exact zeros."""
    h = model.transform(to.test)
    return {"l0": sparsity_l0(h), "zeros": float((h == 0).mean()), "mean_code": float(h.mean())}


def beside(model: Any, to: Setting) -> Measures:
    """Return what `Autoencoder(32)` with its defaults reaches in the time that ``model`` trained."""
    ours = Autoencoder(32, training=to.default(model), random_state=to.seed).fit(to.train)
    return {f"default_{name}": value for name, value in plain(ours, to).items()}


def cross_entropy(model: Any, to: Setting) -> float:
    """Return the test cross-entropy per pixel, in nats."""
    return -model.score(to.test) / to.test[0].size


@torch.inference_mode()
def divergence(model: Any, to: Setting) -> float:
    """Return the mean KL(q(h|x) || p(h)) over the test pictures, in nats."""
    return float(model.module_.terms(torch.from_numpy(to.test))["kl"].mean())


def seconds(model: Any) -> float:
    """Return how long a model trained."""
    return model.history_[-1]["seconds"]


def _shallow() -> Dense:
    return Dense((), code_activation="relu")


class Line(NamedTuple):
    """A line of the table: how to run it, which of its measures stands there, the blog's number, and what differs."""

    run: Callable[[Setting], Measures]
    measure: str
    blog: str
    differs: str


LINES = {
    "simple": Line(simple, "cross_entropy", "0.09", "50 passes of 256; peak rate 5e-3"),
    "l1": Line(l1, "cross_entropy", "0.10", "100 passes of 256; peak rate 1e-2; L1 of the codes times their decoder's norms"),
    "topk": Line(topk, "cross_entropy", "none", "100 passes of 256; peak rate 1e-2; not in the blog"),
    "deep": Line(deep, "cross_entropy", "0.08", "100 passes of 256"),
    "conv": Line(convolutional, "cross_entropy", "0.094", "50 passes of 128; strides for pooling, a linear layer to the code"),
    "denoise": Line(denoising, "squared_error", "none", "20 passes of 128 (100), a code of 128 (1568)"),
    "vae": Line(variational, "negative_bound", "none", "100 passes of 32; a true bound, which the blog's loss is not"),
}  # fmt: skip


def results(name: str, settings: list[Setting], console: Console) -> list[Measures]:
    """Return a model's measures for every seed, from its file where there is one."""
    found = []
    for to in settings:
        path = to.out / f"{name}_{to.seed}.json"
        if not path.exists():
            console.print(f"{name}, seed {to.seed} ...")
            measures = LINES[name].run(to)
            path.write_text(json.dumps(measures, indent=1))
        found.append(json.loads(path.read_text()))
    return found


def table(found: dict[str, list[Measures]]) -> Table:
    """Return the blog's numbers beside ours, means over the seeds."""
    shown = Table("model", "measure", "blog", "ours", "our default, same time", "more", "what differs", title="Keras blog")
    for name, runs in found.items():
        line = LINES[name]
        averages = {measure: float(np.mean([run[measure] for run in runs])) for measure in runs[0]}
        rest = {measure: value for measure, value in averages.items()
                if measure != line.measure and measure != f"default_{line.measure}"}  # fmt: skip
        spread = np.ptp([run[line.measure] for run in runs])
        shown.add_row(name, line.measure, line.blog, f"{averages[line.measure]:.4f} (range {spread:.4f})",
                      f"{averages[f'default_{line.measure}']:.4f}", "\n".join(f"{k} {v:.4g}" for k, v in rest.items()),
                      line.differs, end_section=True)  # fmt: skip
    return shown


def main() -> None:
    """Read the command line, run what is missing, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m reproductions.keras_blog", description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("ISTHMUS_DATA", ".")) / "mnist.npz",
                        help="x_train, x_test (n, 28, 28) uint8 and y_test; default $ISTHMUS_DATA/mnist.npz")  # fmt: skip
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", default=",".join(LINES), help="comma-separated, of " + ", ".join(LINES))
    parser.add_argument("--out", type=Path, default=Path("keras_blog"), help="results and figures")
    parser.add_argument("--quick", action="store_true", help="a tenth of the passes, one seed, in DIR/quick")
    given = parser.parse_args()
    names = given.only.split(",")
    if unknown := [name for name in names if name not in LINES]:
        parser.error(f"--only knows {', '.join(LINES)}. Got {', '.join(unknown)}.")
    if not given.data.is_file():
        parser.error(f"{given.data} is not there: give --data, or set ISTHMUS_DATA to its folder.")
    out = given.out / "quick" if given.quick else given.out
    out.mkdir(parents=True, exist_ok=True)
    with np.load(given.data, allow_pickle=False) as data:
        rows = slice(QUICK_ROWS if given.quick else None)
        settings = [Setting(data["x_train"][rows], data["x_test"], data["y_test"], seed, out, given.quick)
                    for seed in range(1 if given.quick else given.seeds)]  # fmt: skip
    console = Console()
    console.print(table({name: results(name, settings, console) for name in names}))


if __name__ == "__main__":
    main()
