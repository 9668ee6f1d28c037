"""k-sparse autoencoders on MNIST: the error of a linear classifier on frozen codes, beside the paper's.

    python -m reproductions.makhzani_2013 [--quick] [--data FOLDER] [--seeds 3] [--only raw,k25] [--out DIR]

1000 units of which the k largest are kept while they learn, and three times as many to classify by (the paper's factor alpha); the
classifier is a logistic regression, its strength chosen on 10,000 held-out digits. Every line and seed leaves one JSON file in DIR and is
not run again.

References:
    k-Sparse Autoencoders (A. Makhzani, B. Frey, 2013), https://arxiv.org/abs/1312.5663
"""

import numpy as np
from sklearn.linear_model import LogisticRegression

from isthmus import Dense, Gaussian, SparseAutoencoder, TopK
from isthmus.tasks.reduction import training_seconds

from .classifying import interval
from .runner import Line, Measures, Setting, reproduce

UNITS, ALPHA = 1000, 3
HELD_OUT = 10_000
STRENGTHS = (0.003, 0.01, 0.03, 0.1)


def raw(to: Setting) -> Measures:
    """The pixels themselves."""
    digits = to.mnist()
    return linear(digits.train.reshape(len(digits.train), -1) / 255, digits.test.reshape(len(digits.test), -1) / 255, to)


def sparse(to: Setting, k: int) -> Measures:
    """The codes of a network that learnt with k of its 1000 units active."""
    digits = to.mnist()
    model = SparseAutoencoder(UNITS, bottleneck=TopK(k), network=Dense((), code_activation="linear", tied=True), likelihood=Gaussian(),
                              training=to.training(10, 200, 5e-3, checkpoint=to.kept("pretraining")), random_state=to.seed)  # fmt: skip
    model.fit(digits.train)
    model.module_.bottleneck = TopK(ALPHA * k)
    return linear(model.transform(digits.train), model.transform(digits.test), to) | {"seconds": training_seconds(model)}


def linear(codes: np.ndarray, test_codes: np.ndarray, to: Setting) -> Measures:
    """Return the test error in percent of the logistic regression whose strength does best on held-out codes, fitted to all of them."""
    digits = to.mnist()
    scale = codes.std()
    count = 2000 if to.quick else HELD_OUT
    kept, held = slice(count, None), slice(count)
    fitted = [LogisticRegression(C=strength, max_iter=200).fit(codes[kept] / scale, digits.train_labels[kept]) for strength in STRENGTHS]
    best = max(fitted, key=lambda one: one.score(codes[held] / scale, digits.train_labels[held])).fit(codes / scale, digits.train_labels)
    error = 100 - 100 * best.score(test_codes / scale, digits.test_labels)
    return {"error": error, "interval": interval(error, len(test_codes)), "strength": best.C}


LINES = {
    "raw": Line(raw, "error", "7.20", "nothing"),
    "k40": Line(lambda to: sparse(to, 40), "error", "1.54", "Adam, 10 passes of 200; dead units learn from what the others leave"),
    "k25": Line(lambda to: sparse(to, 25), "error", "1.35", "the same"),
    "k10": Line(lambda to: sparse(to, 10), "error", "2.10", "the same"),
}


if __name__ == "__main__":
    reproduce("Makhzani 2013", LINES, __doc__ or "")
