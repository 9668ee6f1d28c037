"""What pretraining is worth: errors with 10 and 100 labels a class and with all, on handwritten digits and on MNIST.

    python -m reproductions.few_labels [--quick] [--data mnist.npz] [--seeds 3]

One autoencoder learns from all training rows without labels. On the labels stand then: its encoder, fine-tuned; the same
network from a random start; and a linear classifier on the codes as they are. Rows in the table are means over the seeds,
each of which draws its labels, and starts, anew; the test rows are looked at once.

References:
    Why Does Unsupervised Pre-training Help Deep Learning? (D. Erhan et al., 2010), for the comparison
"""

import argparse
import os
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table
from sklearn.base import ClassifierMixin, clone
from sklearn.datasets import load_digits
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from isthmus import AutoencoderClassifier, DenoisingAutoencoder, Training
from isthmus.errors import DiagnosticWarning

LABELS = (10, 100, None)  # a class; None is all
WAYS = ("fine-tuned", "random start", "linear on codes")


class Data(NamedTuple):
    """Rows to learn from and to test on, with their labels."""

    x: np.ndarray
    x_test: np.ndarray
    y: np.ndarray
    y_test: np.ndarray


def digits() -> Data:
    """Return scikit-learn's digits, 1,297 to learn from and 500 to test on."""
    x, y = load_digits(return_X_y=True)
    return Data(*train_test_split(x / 16, y, test_size=500, stratify=y, random_state=0))


def mnist(path: Path) -> Data:
    """Return MNIST as it is."""
    with np.load(path, allow_pickle=False) as data:
        return Data(data["x_train"].reshape(-1, 784), data["x_test"].reshape(-1, 784), data["y_train"], data["y_test"])


def errors(data: Data, seed: int) -> dict[int | None, dict[str, float]]:
    """Return the test errors in percent, by the number of labels a class and the way."""
    network = DenoisingAutoencoder(32, random_state=seed)  # the classifier's default
    pretrained = FrozenEstimator(clone(network).fit(data.x))
    ways: dict[str, ClassifierMixin] = {
        "fine-tuned": AutoencoderClassifier(pretrained, random_state=seed),
        "random start": AutoencoderClassifier(clone(network).set_params(training=Training(epochs=0)), random_state=seed),
        "linear on codes": make_pipeline(pretrained, StandardScaler(), LogisticRegression(max_iter=1000)),
    }
    found = {}
    for count in LABELS:
        rows = drawn(data.y, count, seed)
        found[count] = {name: 100 - 100 * way.fit(data.x[rows], data.y[rows]).score(data.x_test, data.y_test)
                        for name, way in ways.items()}  # fmt: skip
    return found


def drawn(y: np.ndarray, count: int | None, seed: int) -> np.ndarray:
    """Return the places of ``count`` rows of every class, or of all rows."""
    rng = np.random.default_rng(seed)
    if count is None:
        return np.arange(len(y))
    return np.concatenate([rng.choice(np.flatnonzero(y == label), count, replace=False) for label in np.unique(y)])


def table(title: str, found: list[dict[int | None, dict[str, float]]]) -> Table:
    """Return the errors, means over the seeds with their range."""
    shown = Table(title=f"{title}: test error in %, mean of {len(found)} seeds (range)")
    for column in ("labels a class", *WAYS):
        shown.add_column(column, justify="right")
    for count in LABELS:
        cells = [[run[count][way] for run in found] for way in WAYS]
        shown.add_row(str(count or "all"), *(f"{np.mean(cell):.2f} ({np.ptp(cell):.2f})" for cell in cells))
    return shown


def main() -> None:
    """Read the command line, run, and print a table a data set."""
    parser = argparse.ArgumentParser(prog="python -m reproductions.few_labels", description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("ISTHMUS_DATA", ".")) / "mnist.npz",
                        help="x_train, x_test (n, 28, 28) uint8, y_train and y_test; default $ISTHMUS_DATA/mnist.npz")  # fmt: skip
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="one seed, and no MNIST: under a minute")
    given = parser.parse_args()
    if not given.quick and not given.data.is_file():
        parser.error(f"{given.data} is not there: give --data, or set ISTHMUS_DATA to its folder, or --quick.")
    warnings.simplefilter("ignore", DiagnosticWarning)
    console = Console()
    for title, data in [("digits", digits())] if given.quick else [("digits", digits()), ("MNIST", mnist(given.data))]:
        console.print(table(title, [errors(data, seed) for seed in range(1 if given.quick else given.seeds)]))


if __name__ == "__main__":
    main()
