"""What codes tell about labels that were never used to learn them."""

import numpy as np
import sklearn  # its parts are loaded when they are first used
from numpy.typing import ArrayLike

from ..errors import InputError
from .inputs import as_table, check_count


def neighbour_accuracy(
    H_train: ArrayLike, y_train: ArrayLike, H_test: ArrayLike, y_test: ArrayLike, n_neighbors: int = 5
) -> float:
    """Return the share of test codes (m, k) whose label (m,) the vote of the K nearest training codes (n, k) gives.

    Distances are Euclidean and the codes are taken as they are. Labels are whole numbers or texts. Raises `InputError`
    where rows or columns do not match, labels are missing, or ``n_neighbors`` exceeds n. T. Cover and P. Hart, "Nearest
    Neighbor Pattern Classification" (1967).

    >>> neighbour_accuracy([[0.0], [1.0], [9.0]], ["a", "a", "b"], [[0.2], [8.0]], ["a", "a"], n_neighbors=1)
    0.5
    """
    train, y, test, truth = _labelled(H_train, y_train, H_test, y_test)
    check_count("n_neighbors", n_neighbors, len(train), f"for {len(train)} training codes")
    return float(np.mean(sklearn.neighbors.KNeighborsClassifier(n_neighbors).fit(train, y).predict(test) == truth))


def few_label_accuracy(
    H_train: ArrayLike, y_train: ArrayLike, H_test: ArrayLike, y_test: ArrayLike,
    per_class: int = 10, random_state: int | None = 0, repeats: int = 5,
) -> float:
    """Return the mean test accuracy of a logistic regression that sees ``per_class`` labels of each class.

    Each of ``repeats`` draws takes ``per_class`` training codes (n, k) of every class at random; units are
    standardised by all training codes, which need no labels. Labels (n,) and (m,) are whole numbers or texts. Raises
    `InputError` where rows or columns do not match, or there are less than two classes, or less than ``per_class``
    codes in one.

    >>> H, y = np.linspace(-1, 1, 40)[:, None], [0] * 20 + [1] * 20
    >>> few_label_accuracy(H, y, [[-0.9], [0.8]], [0, 1], per_class=5)
    1.0
    """
    train, y, test, truth = _labelled(H_train, y_train, H_test, y_test)
    classes, counts = np.unique(y, return_counts=True)
    if len(classes) < 2:
        raise InputError("y_train must hold at least 2 classes. Got 1")
    check_count("per_class", per_class, int(counts.min()), "(the size of the smallest class in y_train)")
    check_count("repeats", repeats, None)
    scaler, rng, scores = sklearn.preprocessing.StandardScaler().fit(train), np.random.default_rng(random_state), []
    train, test = scaler.transform(train), scaler.transform(test)
    for _ in range(repeats):
        rows = np.concatenate([rng.choice(np.flatnonzero(y == label), per_class, replace=False) for label in classes])
        classifier = sklearn.linear_model.LogisticRegression(max_iter=10_000).fit(train[rows], y[rows])
        scores.append(np.mean(classifier.predict(test) == truth))
    return float(np.mean(scores))


def _labelled(H_train: ArrayLike, y_train: ArrayLike, H_test: ArrayLike, y_test: ArrayLike) -> tuple[np.ndarray, ...]:
    """Return codes, labels, test codes and test labels, checked; labels become numbers that both sides share."""
    train, test = as_table(H_train, "H_train"), as_table(H_test, "H_test")
    if train.shape[1] != test.shape[1]:
        raise InputError(f"H_train and H_test must have the same number of units. Got {train.shape} and {test.shape}")
    y, truth = _labels(y_train, train, "train"), _labels(y_test, test, "test")
    if (y.dtype.kind in "US") != (truth.dtype.kind in "US"):
        raise InputError(f"y_train and y_test must both be numbers or both texts. Got {y.dtype} and {truth.dtype}")
    numbers = np.unique(np.concatenate([y, truth]), return_inverse=True)[1]
    return train, numbers[: len(y)], test, numbers[len(y) :]


def _labels(y: ArrayLike, codes: np.ndarray, side: str) -> np.ndarray:
    """Return labels (n,) as whole numbers or texts, one for each row of ``codes``."""
    labels = np.asarray(y)
    if labels.shape != (len(codes),):
        raise InputError(f"y_{side} must hold one label for each row of H_{side}. Got {labels.shape} for {codes.shape}")
    if labels.dtype == object and all(isinstance(label, str) for label in labels):
        labels = labels.astype(str)
    whole = labels.dtype.kind == "f" and bool(np.all(labels == np.round(labels)))
    if not (whole or labels.dtype.kind in "buiUS"):
        raise InputError(f"y_{side} must hold whole numbers or texts, none missing. Got {labels.dtype}; drop the rest")
    return labels
