"""Any table as named columns of three kinds: numbers (float64, NaN), dates (datetime64, NaT), text (str or None)."""

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

import numpy as np

from ..errors import InputError

Columns = dict[str, np.ndarray]

# What text files and data frames write where nothing is known. The word "None" is left out: it is a common level.
MISSING = frozenset({"", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "null", "NULL", "<NA>", "NaT"})


@dataclass(frozen=True)
class Column:
    """One column: ``raw`` as given, ``values`` of one of the three kinds, ``dtype`` to give it back in.

    ``dtype`` is "object" for text and "bool" for booleans, whose values are the texts "True" and "False".
    """

    name: str
    raw: np.ndarray
    values: np.ndarray
    dtype: str

    @property
    def kind(self) -> str:
        """What the values are: "numbers", "dates" or "text"."""
        return {"f": "numbers", "M": "dates", "O": "text"}[self.values.dtype.kind]

    @property
    def missing(self) -> np.ndarray:
        """Where nothing is known, ``(n,)``."""
        if self.kind == "text":
            return np.array([value is None for value in self.values], dtype=bool)
        return np.isnan(self.values) if self.kind == "numbers" else np.isnat(self.values)

    def error(self, row: int, expected: str) -> InputError:
        """Return the error for one cell that is not what it must be; rows count from 0."""
        return InputError(f"column {self.name!r}, row {row}: expected {expected}, got {str(self.values[row])!r}; "
                          f"mend that cell, leave it empty, or leave the column out with --drop {self.name}")

    def refuse_infinite(self, numbers: np.ndarray) -> None:
        """Raise for the first of the column's ``numbers (n,)`` that is infinite or no float32 can hold."""
        beyond = np.abs(numbers) > np.finfo(np.float32).max
        if beyond.any():
            raise self.error(int(beyond.argmax()), "a finite number below 3e38")


def read(X: Any) -> dict[str, Column]:
    """Return the columns of a mapping, a data frame (pandas, polars) or a 2-D array by name, or raise `InputError`.

    >>> read({"a": [1, None, 3], "b": ["x", "", "y"]})["b"].values
    array(['x', None, 'y'], dtype=object)
    """
    columns: dict[str, Column] = {}
    for name, values in _named(X):
        if name in columns:
            raise InputError(f"two columns are called {name!r}; rename one")
        raw = np.asarray(values)
        if raw.ndim != 1:
            raise InputError(f"column {name!r} must have one value a row and a name of its own. "
                             f"Got the shape {raw.shape}")
        columns[name] = _column(name, raw)
    lengths = {name: len(column.values) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        shortest, longest = min(lengths, key=lengths.__getitem__), max(lengths, key=lengths.__getitem__)
        raise InputError(f"all columns must have the same number of rows. Got {lengths[shortest]} in {shortest!r} and "
                         f"{lengths[longest]} in {longest!r}")
    if not columns:
        raise InputError("the table has no columns")
    return columns


def _named(X: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(X, Mapping):
        yield from ((str(name), values) for name, values in X.items())
    elif hasattr(X, "columns"):
        yield from ((str(name), X[name]) for name in X.columns)
    else:
        try:
            array = np.asarray(X)
        except ValueError as error:
            raise InputError("a table needs rows of equal length") from error
        if array.ndim != 2:
            raise InputError("a table must be a mapping of columns, a data frame or a 2-D array. "
                             f"Got {type(X).__name__} with {array.ndim} axes")
        yield from ((f"x{j}", array[:, j]) for j in range(array.shape[1]))


def _column(name: str, raw: np.ndarray) -> Column:
    if raw.dtype.kind in "US":
        raw = raw.astype(str).astype(object)
    if raw.dtype.kind == "O":
        values, dtype = _objects(name, raw)
    elif raw.dtype.kind == "b":
        values, dtype = raw.astype(str).astype(object), "bool"
    elif raw.dtype.kind in "iuf":
        values, dtype = raw.astype(np.float64), raw.dtype.name
    elif raw.dtype.kind == "M":
        values, dtype = raw, raw.dtype.name
    else:
        raise InputError(f"column {name!r} holds {raw.dtype}; columns may hold numbers, booleans, dates and text. "
                         f"Convert it, or leave it out with --drop {name}")
    column = Column(name, raw, values, dtype)
    if column.kind == "numbers":
        column.refuse_infinite(values)
    return column


def _objects(name: str, raw: np.ndarray) -> tuple[np.ndarray, str]:
    """Return the values and dtype of an object array; what mixes the kinds becomes text."""
    known = np.array([value is not None and str(value).strip() not in MISSING for value in raw], dtype=bool)
    present = raw[known]
    types = {type(value) for value in present}

    def only(*allowed: type) -> bool:
        return bool(types) and all(issubclass(kind, allowed) for kind in types)

    if only(Real, Decimal) and not only(bool, np.bool_):
        numbers = np.full(len(raw), np.nan)
        numbers[known] = present.astype(np.float64)
        return numbers, "int64" if known.all() and only(Integral) else "float64"
    if only(datetime.date, np.datetime64):
        dates = np.full(len(raw), "NaT", dtype="datetime64[us]")
        dates[known] = [_without_zone(value) for value in present]
        return dates, "datetime64[us]"
    if types and not only(str, Real, Decimal, np.generic, datetime.date):
        row = next(row for row in np.flatnonzero(known) if not np.isscalar(raw[row]))
        raise InputError(f"column {name!r}, row {row}: a {type(raw[row]).__name__} is no number, date or text; "
                         f"convert the column, or leave it out with --drop {name}")
    texts = np.full(len(raw), None, dtype=object)
    texts[known] = [str(value) for value in present]
    return texts, "bool" if only(bool, np.bool_) else "object"


def _without_zone(value: Any) -> np.datetime64:
    if getattr(value, "tzinfo", None) is not None:
        value = value.astimezone(datetime.UTC).replace(tzinfo=None)
    return np.datetime64(value, "us")
