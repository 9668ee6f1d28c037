"""Odd items found: areas under the curve of one default detector beside PCA, neighbours, isolation forests and PyOD's autoencoders.

    python -m reproductions.anomalies [--quick] [--data FOLDER] [--seeds 5] [--only ecg,cardio] [--out DIR]

The semi-supervised protocol: a model learns from half of the normal rows and is asked of all others; of ECG5000, from the normal beats
of the training part, and is asked of the test part. Columns that are not all in [0, 1] are standardised by the rows learnt from. PyOD
stands in the table where it is installed.

References:
    ADBench: Anomaly Detection Benchmark (S. Han, X. Hu, H. Huang, M. Jiang, Y. Zhao, 2022), for cardio and thyroid; A general framework for
    never-ending learning from time series streams (Y. Chen, Y. Hao, T. Rakthanmanon, J. Zakaria, B. Hu, E. Keogh, 2015), for ECG5000
"""

from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np
import sklearn.datasets
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from isthmus import Autoencoder, Conv, Training
from isthmus.tasks import AnomalyDetector, Principal
from isthmus.tasks.reduction import reconstruct

from .runner import Line, Measures, Setting, reproduce

ODD_DIGITS, NEIGHBOURS, BEAT_CODE = (0, 3, 8), 5, 8
Scores = Callable[[np.ndarray], np.ndarray]


def tabular(to: Setting, name: str) -> Measures:
    """Return the area under the curve of each detector on one data set; of digits, the mean over which one is odd."""
    found = []
    for X, odd in _tables(to, name):
        rng = np.random.default_rng(to.seed)
        normal = rng.permutation(np.flatnonzero(~odd))
        known = np.sort(normal[: len(normal) // 2])
        asked = np.setdiff1d(np.arange(len(X)), known)
        if X.min() < 0 or X.max() > 1:
            X = StandardScaler().fit(X[known]).transform(X)
        areas = {made: roc_auc_score(odd[asked], -fit(X[known])(X[asked])) for made, fit in detectors(to).items()}
        found.append({"area": areas.pop("isthmus"), **areas})
    return {measure: float(np.mean([one[measure] for one in found])) for measure in found[0]}


def detectors(to: Setting) -> dict[str, Callable[[np.ndarray], Scores]]:
    """Return the detectors by name, each a function from the rows that it learns from to its scores."""
    made: dict[str, Callable[[np.ndarray], Scores]] = {"isthmus": partial(ours, to), "pca": pca, "neighbours": neighbours,
                                                       "forest": partial(forest, to)}  # fmt: skip
    if find_spec("pyod") is not None:
        made |= {"pyod_autoencoder": partial(pyod, to, "auto_encoder", "AutoEncoder"), "pyod_vae": partial(pyod, to, "vae", "VAE")}
    return made


def ours(to: Setting, X: np.ndarray) -> Scores:
    """The default detector."""
    return AnomalyDetector().fit(X).score_samples


def pca(X: np.ndarray) -> Scores:
    """The error of as many components as hold 90 % of the variance."""
    model = PCA(0.9, svd_solver="full").fit(X)
    return lambda rows: -np.square(rows - reconstruct(model, rows)).sum(1)


def neighbours(X: np.ndarray) -> Scores:
    """The distance to the fifth neighbour."""
    model = NearestNeighbors(n_neighbors=NEIGHBOURS).fit(X)
    return lambda rows: -model.kneighbors(rows)[0][:, -1]


def forest(to: Setting, X: np.ndarray) -> Scores:
    """An isolation forest."""
    return IsolationForest(random_state=to.seed).fit(X).score_samples


def pyod(to: Setting, module: str, name: str, X: np.ndarray) -> Scores:
    """One of PyOD's autoencoders, as it is made."""
    model = getattr(__import__(f"pyod.models.{module}", fromlist=[name]), name)(random_state=to.seed, verbose=0).fit(X)
    return lambda rows: -model.decision_function(rows)


def beats(to: Setting) -> Measures:
    """Return the area under the curve on heart beats, and the error of normal ones beside PCA's of the same code."""
    with np.load(to.data / "ecg5000.npz", allow_pickle=False) as data:
        train, test = data["x_train"][data["anomaly_train"] == 0], data["x_test"]
        odd = data["anomaly_test"] == 1
    series = partial(np.expand_dims, axis=-1)
    model = Autoencoder(BEAT_CODE, network=Conv(dimensions=1), training=Training(to.passes(100)), random_state=to.seed)
    detector = AnomalyDetector(model).fit(series(train))
    fitted, flat = detector.estimator_, Principal(BEAT_CODE).fit(train)
    errors = np.square(test - fitted.reconstruct(series(test))[:, :, 0]).sum(1)
    flat_errors = np.square(test - reconstruct(flat, test)).sum(1)
    found = {"area": roc_auc_score(odd, -detector.score_samples(series(test))), "error": float(errors[~odd].mean()),
             "pca_error": float(flat_errors[~odd].mean()), "pca": roc_auc_score(odd, flat_errors)}  # fmt: skip
    others = {name: fit for name, fit in detectors(to).items() if name not in ("isthmus", "pca")}
    return found | {name: roc_auc_score(odd, -fit(train)(test)) for name, fit in others.items()}


def _tables(to: Setting, name: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return rows (n, d) and which are odd, once or for each digit that is."""
    if name == "digits":
        X, y = sklearn.datasets.load_digits(return_X_y=True)
        return [(X / 16, y == digit) for digit in ODD_DIGITS]
    if name == "breast":
        X, y = sklearn.datasets.load_breast_cancer(return_X_y=True)
        return [(X, y == 0)]
    with np.load(to.data / "tabular_anomaly" / f"{name}.npz", allow_pickle=False) as data:
        return [(data["X"].astype(np.float64), data["y"].astype(bool))]


def _line(name: str, differs: str) -> Line:
    run: Any = beats if name == "ecg" else partial(tabular, name=name)
    return Line(run, "area", "none", differs)


LINES = {
    "ecg": _line("ecg", "learnt from 292 normal beats; a convolutional code of 8"),
    "cardio": _line("cardio", "the default detector"), "thyroid": _line("thyroid", "the same"),
    "breast": _line("breast", "the same; malignant is odd"), "digits": _line("digits", "the same; 0, 3 or 8 is odd"),
}  # fmt: skip


if __name__ == "__main__":
    reproduce("Anomalies", LINES, __doc__ or "")
