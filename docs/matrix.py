"""What works with what: every cell is fitted and used, and docs/matrix.md is written from what happened.

    python docs/matrix.py        writes docs/matrix.md
"""

import itertools
import warnings
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from isthmus import Autoencoder, BinaryCode, Conv, Dense, Gaussian, GaussianCode, Identity, Recurrent, TopK, Training, estimators
from isthmus.errors import DiagnosticWarning, InputError
from isthmus.estimators.data import Summary
from isthmus.tasks import fit_density, interpolate

PAGE = Path(__file__).with_suffix(".md")
K = 3

_rng = np.random.default_rng(0)
_plane = _rng.normal(size=(24, 2)) @ _rng.normal(size=(2, 48)) + 0.1 * _rng.normal(size=(24, 48))
_holes = np.where(_rng.random(_plane.shape) < 0.1, np.nan, _plane)

DATA: dict[str, Any] = {
    "table": _plane,
    "sparse table": sp.csr_array(np.where(np.abs(_plane) > 1, _plane, 0)),
    "table with gaps": _holes,
    "grey images": (255 / (1 + np.exp(-_plane))).astype(np.uint8).reshape(24, 8, 6),
    "colour images": (1 / (1 + np.exp(-_plane))).astype(np.float32).reshape(24, 4, 4, 3),
    "series": _plane.reshape(24, 16, 3),
}
NETWORKS: dict[str, Any] = {
    "Dense": lambda shape, series: Dense((16,)),
    "Dense, tied": lambda shape, series: Dense((16,), tied=True),
    "Conv": lambda shape, series: Conv((4,), dimensions=1 if series else 2),
    "Recurrent": lambda shape, series: Recurrent(8),
    "Conv, shape given": lambda shape, series: Conv((4,), dimensions=1 if series else 2, shape=shape),
}
BOTTLENECKS = {"Identity": Identity(), "TopK": TopK(2), "GaussianCode": GaussianCode(), "BinaryCode": BinaryCode()}
#: Stacks make their network themselves; `BinaryAutoencoder` is `Autoencoder` with the last of these.
VARIANTS = {name: cls for name in estimators.VARIANTS if "network" in signature(cls := getattr(estimators, name)).parameters
            and name != "BinaryAutoencoder"}  # fmt: skip


def cell(variant: str, bottleneck: str, network: str, kind: str) -> str:
    """Return "" if fit, transform, inverse_transform, score, new items and interpolation all work, else fit's reason."""
    X, series = DATA[kind], kind == "series"
    shape = {1: (8, 6, 1), 2: (*X.shape[1:], 1), 3: X.shape[1:]}[X.ndim - 1] if not series else X.shape[1:]
    own = VARIANTS[variant]()
    row, likelihood = own.row(), own.likelihood_for(Summary.of(X))
    if "gaps" in kind and type(likelihood) is Gaussian:
        likelihood = Gaussian(missing="mask")
    model = Autoencoder(
        K, row.corruption, BOTTLENECKS[bottleneck], row.penalties, network=NETWORKS[network](shape, series),
        likelihood=likelihood, training=Training(epochs=1), random_state=0,
    )  # fmt: skip
    try:
        model.fit(X)
    except InputError as error:
        return str(error)
    codes = model.transform(X)
    back = model.inverse_transform(codes)
    drawn = model.sample(2) if bottleneck == "GaussianCode" else fit_density(model, X).sample(2)
    way = interpolate(model, back[0], back[1], steps=3)
    for found, wanted in ((codes, (24, K)), (back, X.shape), (drawn, (2, *X.shape[1:])), (way, (3, *X.shape[1:])),
                          (model.score_samples(X), (24,))):  # fmt: skip
        if found.shape != wanted or not np.isfinite(found).all():
            raise RuntimeError(f"{variant}, {bottleneck}, {network}, {kind}: {found.shape} instead of {wanted}, or NaN")
    return ""


def page() -> str:
    """Return the matrix as Markdown: a tick, or the number of the reason why `fit` refuses."""
    reasons: list[str] = []
    lines = []
    for variant, bottleneck, network in itertools.product(VARIANTS, BOTTLENECKS, NETWORKS):
        found = [cell(variant, bottleneck, network, kind) for kind in DATA]
        reasons += [reason for reason in dict.fromkeys(found) if reason and reason not in reasons]
        marks = " | ".join("✓" if not reason else f"{reasons.index(reason) + 1}" for reason in found)
        lines.append(f"| {variant} | {bottleneck} | {network} | {marks} |")
    return "\n".join([
        "# What works with what",
        "",
        "Written by `python docs/matrix.py`, which fits every cell and uses it: a tick means that `fit`, `transform`,",
        "`inverse_transform`, `score_samples`, new items (by the prior, or by `fit_density`) and `interpolate` all work. A number",
        "is the reason for which `fit` refuses the cell. A variant's row keeps its corruption, penalties and likelihood; the",
        "bottleneck is exchanged. The test suite holds this page against the code.",
        "",
        f"| variant | bottleneck | network | {' | '.join(DATA)} |",
        f"|---|---|---|{'---|' * len(DATA)}",
        *lines,
        "",
        *(f"{number}. {reason}" for number, reason in enumerate(reasons, 1)),
        "",
    ])  # fmt: skip


if __name__ == "__main__":
    warnings.simplefilter("ignore", DiagnosticWarning)
    PAGE.write_text(page(), encoding="utf-8")
