"""Filling gaps: 30 % of a table's numbers are taken out at random; what autoencoders put there, beside two imputers of scikit-learn.

    python -m reproductions.imputation [--quick] [--data FOLDER] [--seeds 3] [--only digits] [--out DIR]

Errors are squared, means over the numbers taken out. The autoencoder denoises: gaps are
masked in its loss, and it learns to do without a further 30 %. Every line and seed leaves one JSON file in DIR and is not run again.

References:
    Missing Data Imputation using Denoising Autoencoders (L. Gondara, K. Wang, 2018), https://arxiv.org/abs/1705.02737
"""


import numpy as np
from sklearn.datasets import load_digits
from sklearn.experimental import enable_iterative_imputer  # noqa: F401  # without which there is no IterativeImputer
from sklearn.impute import IterativeImputer, SimpleImputer

from isthmus import DenoisingAutoencoder, Gaussian, Masking
from isthmus.tasks.reduction import training_seconds

from .runner import Line, Measures, Setting, reproduce

MISSING, CODE = 0.3, 16


def digits(to: Setting) -> Measures:
    """The 8 x 8 digits of scikit-learn."""
    return filled(load_digits().data / 16, to)


def cardio(to: Setting) -> Measures:
    """Cardiotocograms, 21 columns."""
    with np.load(to.data / "tabular_anomaly" / "cardio.npz", allow_pickle=False) as data:
        return filled(data["X"], to)


def filled(X: np.ndarray, to: Setting) -> Measures:
    """Return the error of what is put in place of numbers taken out of ``X`` (n, d), and of what the imputers put there."""
    gone = np.random.default_rng(to.seed).random(X.shape) < MISSING
    known = np.where(gone, np.nan, X).astype(np.float32)
    model = DenoisingAutoencoder(CODE, Masking(MISSING), likelihood=Gaussian(missing="mask"), random_state=to.seed)

    def error(made: np.ndarray) -> float:
        return float(np.square(made - X)[gone].mean())

    mean = SimpleImputer(keep_empty_features=True).fit_transform(known)
    return {"squared_error": error(model.fit(known).reconstruct(known)), "mean": error(mean),
            "iterative": error(IterativeImputer(random_state=to.seed, keep_empty_features=True).fit_transform(known)),
            "seconds": training_seconds(model)}  # fmt: skip


LINES = {
    "digits": Line(digits, "squared_error", "none", "64 numbers in [0, 1]"),
    "cardio": Line(cardio, "squared_error", "none", "21 numbers of variance 1"),
}


if __name__ == "__main__":
    reproduce("Imputation", LINES, __doc__ or "")
