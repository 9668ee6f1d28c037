"""Any table as named columns of three kinds: numbers (float64, NaN), dates (datetime64, NaT), text (str or None)."""

import datetime
import re
import shlex
import zoneinfo
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

import numpy as np

from ..errors import InputError
from ..files.tables import DOUBTFUL, MISSING

_ZONED = re.compile(r"datetime64\[us, (.+)\]")


@dataclass(frozen=True)
class Column:
    """One column: ``raw`` as given, ``values`` of one of the three kinds, ``dtype`` to give it back in.

    ``dtype`` is "object" for text, "bool" for booleans, whose values are the texts "True" and "False", and
    "datetime64[us, ZONE]" for dates that know their zone, whose values are in UTC. Missing cells of integers, booleans
    and such dates are None in an array of objects. ``where`` says where a row stands in its file.
    """

    name: str
    raw: np.ndarray
    values: np.ndarray
    dtype: str
    where: Callable[[int], str] | None = None

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

    def without_doubtful(self) -> "Column":
        """Return the column with the words as missing that are so beside numbers or dates: "None" and "-"."""
        if self.kind != "text":
            return self
        return replace(self, values=np.array([None if value is None or value.strip() in DOUBTFUL else value
                                              for value in self.values], dtype=object))  # fmt: skip

    def as_texts(self) -> "Column":
        """Return a column of whole numbers as their digits."""
        texts = [None if np.isnan(value) else f"{value:.0f}" for value in self.values]
        return replace(self, values=np.array(texts, dtype=object))

    def place(self, row: int) -> str:
        """Say where a row stands: in its file, or counted from 0 where no file is known."""
        return f"row {row}" if self.where is None else self.where(row)

    def error(self, row: int, expected: str) -> InputError:
        """Return the error for one cell that is not what it must be."""
        return InputError(f"column {self.name!r}, {self.place(row)}: expected {expected}, got {str(self.values[row])!r}; "
                          f"mend that cell, leave it empty, or fit without the column ({drop_flags([self.name])})")

    def refuse_infinite(self, numbers: np.ndarray) -> None:
        """Raise for the first of the column's ``numbers (n,)`` that is infinite or no float32 can hold."""
        beyond = np.abs(numbers) > np.finfo(np.float32).max
        if beyond.any():
            raise self.error(int(beyond.argmax()), "a finite number below 3e38")


def drop_flags(names: Iterable[str]) -> str:
    """Return what leaves columns out on the command line.

    >>> drop_flags(["a", "b c"])
    "--drop a --drop 'b c'"
    """
    return " ".join(f"--drop {shlex.quote(name)}" for name in names)


def restored(values: np.ndarray, dtype: str) -> np.ndarray:
    """Return numbers or dates ``(n,)`` in a column's ``dtype``, as objects where it has no room for what is missing.

    >>> restored(np.array([1.0, np.nan]), "int64"), restored(np.array([1.0, 300.0]), "int8")
    (array([np.int64(1), None], dtype=object), array([  1, 127], dtype=int8))
    """
    if zone := _ZONED.fullmatch(dtype):
        known = [None if date is None else date.replace(tzinfo=datetime.UTC) for date in values.astype("M8[us]").tolist()]
        return _objects_of([date and date.astimezone(_zone(zone[1])) for date in known])
    kind = np.dtype(dtype)
    if kind.kind == "M":
        return values.astype(kind)
    if kind.kind == "f":
        limits = np.finfo(kind)
        return np.clip(values, float(limits.min), float(limits.max)).astype(kind)
    missing = np.isnan(values)
    whole = clipped(np.where(missing, 0, values), np.iinfo(kind).min, np.iinfo(kind).max).astype(kind)
    return _objects_of([None if gap else value for gap, value in zip(missing, whole, strict=True)]) if missing.any() else whole


def filled(column: Column, decoded: np.ndarray | None) -> np.ndarray:
    """Return the column as it was given, its missing cells taken from ``decoded (n,)``, in a type that holds them."""
    cells, gaps = column.raw.copy(), column.missing
    if decoded is not None and gaps.any():
        gaps &= ~read({column.name: decoded})[column.name].missing
        cells[gaps] = decoded[gaps]
        gaps = column.missing & ~gaps
    if cells.dtype.kind != "O" or column.dtype == "object":
        return cells
    cells[gaps] = None
    has_room = not _ZONED.fullmatch(column.dtype) and (np.dtype(column.dtype).kind in "fM" or not gaps.any())
    return cells.astype(column.dtype) if has_room else cells


def clipped(x: np.ndarray, low: int, high: int) -> np.ndarray:
    """Return ``x (n,)`` within whole numbers, so that a cast never wraps round."""
    # The largest int64 is no float64 but rounds up to 2^63: one step below.
    top = float(high)
    return np.clip(x, float(low), top if int(top) <= high else np.nextafter(top, 0))


def read(X: Any) -> dict[str, Column]:
    """Return the columns of a mapping, a data frame (pandas, polars) or a 2-D array by name, or raise `InputError`.

    A mapping that knows where its rows stand in a file, by ``where(row)``, has it said in errors.

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
        columns[name] = _column(name, raw, getattr(X, "where", None) if isinstance(X, Mapping) else None)
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


def _column(name: str, raw: np.ndarray, where: Callable[[int], str] | None) -> Column:
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
                         f"Convert it, or leave it out with {drop_flags([name])}")
    column = Column(name, raw, values, dtype, where)
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
        return numbers, _whole_type(types) if only(Integral) else "float64"
    if only(datetime.date, np.datetime64):
        dates = np.full(len(raw), "NaT", dtype="datetime64[us]")
        dates[known] = [_without_zone(value) for value in present]
        return dates, _date_type(types, present[0])
    if types and not only(str, Real, Decimal, np.generic, datetime.date):
        row = next(row for row in np.flatnonzero(known) if not np.isscalar(raw[row]))
        raise InputError(f"column {name!r}, row {row}: a {type(raw[row]).__name__} is no number, date or text; "
                         f"convert the column, or leave it out with {drop_flags([name])}")
    texts = np.full(len(raw), None, dtype=object)
    texts[known] = [str(value) for value in present]
    return texts, "bool" if only(bool, np.bool_) else "object"


def _whole_type(types: set[type]) -> str:
    kind = next(iter(types))
    return np.dtype(kind).name if len(types) == 1 and issubclass(kind, np.integer) else "int64"


def _date_type(types: set[type], first: Any) -> str:
    zone = getattr(first, "tzinfo", None)
    if zone is not None:
        return f"datetime64[us, {zone}]" if _is_known(str(zone)) else "datetime64[us, UTC]"
    return "datetime64[D]" if types == {datetime.date} else "datetime64[us]"


def _without_zone(value: Any) -> np.datetime64:
    if getattr(value, "tzinfo", None) is not None:
        value = value.astimezone(datetime.UTC).replace(tzinfo=None)
    return np.datetime64(value, "us")


def _zone(name: str) -> datetime.tzinfo:
    """Return a zone by the name that it says of itself: "UTC", "UTC+02:00" or "Europe/Rome"."""
    fixed = datetime.datetime.strptime(name[3:] or "+00:00", "%z") if name.startswith("UTC") else None
    return zoneinfo.ZoneInfo(name) if fixed is None or fixed.tzinfo is None else fixed.tzinfo


def _is_known(name: str) -> bool:
    try:
        return bool(_zone(name))
    except (ValueError, KeyError):  # of `zoneinfo`: a name that is none, or that this machine does not know
        return False


def _objects_of(values: list[Any]) -> np.ndarray:
    """Return values as objects, each of its own type."""
    cells = np.empty(len(values), dtype=object)
    cells[:] = values
    return cells
