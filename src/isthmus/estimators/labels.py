"""Labels as a classifier takes them: any texts or whole numbers, and nothing (None or NaN) where a row has none."""

from typing import Any, NamedTuple

import numpy as np
from sklearn.utils import column_or_1d

from ..errors import InputError
from ..training.batches import spread


class Labels(NamedTuple):
    """The classes, in order, and the number of each row's class among them, -1 for a row without a label."""

    classes: np.ndarray  # (classes,)
    numbers: np.ndarray  # (n,) int64

    @classmethod
    def of(cls, y: Any, rows: int) -> "Labels":
        """Return the labels ``y`` of so many rows.

        Raises:
            InputError: For labels that are no classes, of fewer than two classes, or not one a row.

        >>> Labels.of(["no", None, "yes", "no"], 4).numbers.tolist()
        [0, -1, 1, 0]
        """
        if y is None:
            raise InputError("AutoencoderClassifier requires y to be passed, but the target y is None. Give a label a row, "
                             "None or NaN for a row without one.")  # fmt: skip
        y = label_column(y)
        if len(y) != rows:
            raise InputError(f"y must hold a label for each of the {rows} rows of X. Got {len(y)}.")
        if y.dtype.kind in "mM":
            raise InputError("y must hold texts or whole numbers, which name classes. Got dates; turn them into texts.")
        known = known_labels(y)
        classes, numbers = np.unique(_classes(y[known].tolist()), return_inverse=True)
        if len(classes) < 2:
            what = f"one class only ({classes[0]!s})" if len(classes) else "no class: every label is None or NaN"
            raise InputError(f"y must hold labels of two classes or more. Got {what}.")
        every = np.full(rows, -1)
        every[known] = numbers
        return cls(classes, every)

    def parted(self, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the places of ``count`` held-out rows, of each class its share, and of the other labelled rows; both ascend.

        Of no class all rows are held out, so that there may be fewer.

        >>> held, kept = Labels.of([0, 0, 0, 0, 1, 1, None], 7).parted(3, seed=0)
        >>> len(held), int((held < 4).sum()), len(kept)
        (3, 2, 3)
        """
        places = np.random.default_rng(seed).permutation(np.flatnonzero(self.numbers >= 0))
        places = places[np.argsort(self.numbers[places], kind="stable")]
        held = np.zeros(len(places), bool)
        held[len(places) - 1 - spread(len(places), count)] = True  # at equal distances among rows in the order of their classes
        held[self.first(places)] = False
        return np.sort(places[held]), np.sort(places[~held])

    def some(self, places: np.ndarray, count: int) -> np.ndarray:
        """Return about ``count`` of the rows at ``places``, some of every class."""
        return places[np.union1d(self.first(places), spread(len(places), count))]

    def first(self, places: np.ndarray) -> np.ndarray:
        """Return where among ``places`` each class comes first."""
        return np.unique(self.numbers[places], return_index=True)[1]


def label_column(y: Any) -> np.ndarray:
    """Return labels as an array (n,); one text in a list does not turn None, NaN and numbers beside it into texts."""
    try:
        own = isinstance(y, list | tuple) or not isinstance(getattr(y, "dtype", None), np.dtype | None)  # or of pandas' own types
        return column_or_1d(np.array(y, dtype=object) if own else y, warn=True)
    except ValueError as error:
        raise InputError(" ".join(str(error).split())) from error


def known_labels(y: np.ndarray) -> np.ndarray:
    """Return which labels are there: None, NaN and pandas' NA are not."""
    if y.dtype.kind == "f":
        return ~np.isnan(y)
    if y.dtype.kind != "O":
        return np.ones(len(y), bool)
    return np.array([isinstance(same := label == label, bool | np.bool_) and label is not None and bool(same) for label in y], bool)


def _classes(labels: list) -> np.ndarray:
    """Return labels that are all there as an array of texts or of numbers that may name classes."""
    if len({isinstance(label, str) for label in labels}) > 1:
        raise InputError("y must hold texts or numbers, not both; turn all labels into texts.")
    found = np.array(labels)
    if found.dtype.kind not in "biufU":
        raise InputError(f"y must hold texts or whole numbers, which name classes. Got a {type(labels[0]).__name__}.")
    if found.dtype.kind == "f" and not (np.isfinite(found) & (found == np.trunc(found))).all():
        strange = next(label for label in labels if not float(label).is_integer())
        raise InputError(f"y must hold texts or whole numbers, which name classes. Got continuous numbers, such as {strange:g}.")
    return found
