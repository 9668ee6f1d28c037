"""What is known of each row beside its numbers, and what a model is told of it: labels as one number each, covariates scaled."""

import re
import warnings
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from ..errors import DiagnosticWarning, InputError

_SHOWN = 12  # classes that an error names
_MANY, _EACH = 20, 5  # labels, from which whole numbers are more likely amounts, and rows that each should have
_WHOLE = re.compile(r"[+-]?\d+")
_FAR = 1e6  # deviations from the mean, of a number that is told: nothing is known of what lies so far off


@dataclass(frozen=True)
class Conditions:
    """How conditions become numbers: by their ``classes``, or by the covariates' ``mean`` and ``deviation``, as `fit` met them.

    Texts, booleans and whole numbers in one column are labels; all other numbers, and tables of them, are covariates.
    """

    classes: np.ndarray | None = None  # (classes,)
    mean: np.ndarray | None = None  # (size,)
    deviation: np.ndarray | None = None  # (size,)

    @classmethod
    def of(cls, given: Any, rows: int) -> Self:
        """Learn from the conditions of so many rows.

        Raises:
            InputError: For conditions that are neither labels nor numbers, miss some, or are not one a row.
        """
        values = _array(given)
        if values.ndim not in (1, 2) or len(values) != rows:
            raise InputError(f"condition must hold a label, or some numbers, for each of the {rows} rows. Got shape {values.shape}.")
        if values.ndim == 1 and values.dtype.kind != "f":
            classes = np.unique(values)
            if len(classes) < 2:
                raise InputError(f"condition must hold two labels or more. Got {classes[0]!s} only; leave it out.")
            _warn_of_many(classes, rows)
            return cls(classes)
        table = _covariates(values)
        return cls(None, table.mean(0), np.where(np.ptp(table, axis=0) > 0, table.std(0), 1.0))

    @property
    def size(self) -> int:
        """How many numbers a model is told of each row."""
        return len(self.mean) if self.classes is None else len(self.classes)  # type: ignore[arg-type]

    def numbers(self, given: Any, rows: int) -> np.ndarray:
        """Return what the model is told of so many rows, (rows, size) float32; one label, or one row of covariates, is for all of them.

        >>> Conditions.of(["b", "a", "b"], 3).numbers("b", 2).tolist()
        [[0.0, 1.0], [0.0, 1.0]]
        """
        values = _array(given)
        found = self._scaled(values) if self.classes is None else self._one_hot(values)
        if len(found) == 1 and values.ndim < 1 + (self.classes is None and self.size > 1):
            found = np.repeat(found, rows, axis=0)
        if len(found) != rows:
            raise InputError(f"condition must be one for all, or one for each of the {rows} rows. Got {len(found)}.")
        return found

    def config(self) -> dict[str, Any]:
        """Return what was learnt, as JSON takes it."""
        if self.classes is not None:
            return {"classes": self.classes.tolist()}
        return {"mean": self.mean.tolist(), "deviation": self.deviation.tolist()}  # type: ignore[union-attr]

    @classmethod
    def restored(cls, config: dict[str, Any]) -> Self:
        """Return what gave that `config`."""
        found = cls(**{name: np.array(values) for name, values in config.items()})
        arrays = [array for array in (found.classes, found.mean, found.deviation) if array is not None]
        kinds = "biuU" if found.classes is not None else "f"
        if not arrays or any(array.ndim != 1 or array.dtype.kind not in kinds for array in arrays) or len({*map(len, arrays)}) > 1:
            raise TypeError("the conditions are neither labels nor numbers")
        return found

    def __str__(self) -> str:
        if self.classes is None:
            return f"{self.size} numbers a row"
        names = [str(name) for name in self.classes[:_SHOWN]]
        return "one of " + ", ".join(names) + (" and others" if len(self.classes) > _SHOWN else "")

    def _one_hot(self, values: np.ndarray) -> np.ndarray:
        if values.dtype.kind == "f" and (values == np.rint(values)).all():  # whole numbers that a table made floats
            values = values.astype(np.int64)
        known = {str(name): place for place, name in enumerate(self.classes)}  # type: ignore[arg-type]
        names, which = np.unique(values.reshape(-1), return_inverse=True)
        if strange := [str(name) for name in names if str(name) not in known]:
            raise InputError(f"condition must be {self}. Got {strange[0]!r}.")
        return np.eye(self.size, dtype=np.float32)[np.array([known[str(name)] for name in names])[which]]

    def _scaled(self, values: np.ndarray) -> np.ndarray:
        table = _covariates(np.atleast_2d(values) if values.ndim < 2 and self.size > 1 else np.atleast_1d(values))
        if table.shape[1] != self.size:
            raise InputError(f"condition must be {self}. Got {table.shape[1]}.")
        scaled = (table - self.mean) / self.deviation
        if (beyond := np.abs(scaled) > _FAR).any():
            raise InputError(f"condition must be near what was learnt from. Got {table[beyond][0]:g}, "
                             f"{np.abs(scaled[beyond][0]):.3g} deviations from the mean.")  # fmt: skip
        return scaled.astype(np.float32)


def are_whole(labels: Any) -> bool:
    """Tell whether all labels are whole numbers, or texts that write such.

    >>> are_whole(["7", "-12"]), are_whole(["7", "7.0"])
    (True, False)
    """
    return all(map(_WHOLE.fullmatch, map(str, labels)))


def _array(given: Any) -> np.ndarray:
    """Return conditions as an array of texts, booleans or numbers."""
    values = np.asarray(given)
    if values.dtype.kind == "O":
        texts = [isinstance(value, str) for value in values.reshape(-1)]
        if any(texts) and not all(texts):
            raise InputError("condition must hold texts or numbers, none missing, and not both; fill what is missing.")
        values = np.array(values.tolist())
    if values.dtype.kind not in "biufU":
        raise InputError(f"condition must hold labels or numbers, none missing. Got {values.dtype}.")
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise InputError("condition must hold finite numbers; fill those that are missing.")
    return values


def _covariates(values: np.ndarray) -> np.ndarray:
    if values.dtype.kind == "U":
        raise InputError("condition may hold texts in one column only; turn each column into numbers, or join them to one text.")
    return (values[:, None] if values.ndim == 1 else values).astype(np.float64)


def _warn_of_many(classes: np.ndarray, rows: int) -> None:
    """Warn where labels are so many that they are likely to be amounts, or too rare to learn from."""
    said = None
    if len(classes) > _MANY and are_whole(classes):
        said = f"condition holds {len(classes)} whole numbers, which are labels; write them with a decimal point (18.0) to learn amounts."
    elif len(classes) > max(_MANY, rows / _EACH):
        said = f"condition holds {len(classes)} labels for {rows} rows, too few of each to learn from; name groups of them."
    if said is not None:
        warnings.warn(said, DiagnosticWarning, stacklevel=6)
