"""How one column becomes numbers and comes back: `Constant`, `Number`, `Date` and `Category`, frozen and JSON-able.

Each has ``encode(column) -> (n, width)``, NaN where missing, ``decode((n, width)) -> (n,)`` in the column's own type,
and ``names(column)``, one name for each of the ``width`` numbers.
"""

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from ..errors import InputError
from .columns import Column

OTHER = "(other)"

# No thousand separators, no units; leading zeros mark codes (007, 01234), not amounts.
_NUMBER = re.compile(r"[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?|[+-]?inf(?:inity)?", re.ASCII | re.I)

_FIELDS = {"%Y": "year", "%m": "month", "%d": "day", "%H": "hour", "%M": "minute", "%S": "second"}


def number_in(text: str, mark: str) -> float | None:
    """Return the number that ``text`` writes with the decimal ``mark``, or None.

    >>> number_in("3,5", ","), number_in("3.5", ","), number_in("1.000.000", "."), number_in("12 %", ".")
    (3.5, None, None, None)
    """
    text = text.strip()
    if mark != ".":
        text = text.replace(".", "?").replace(mark, ".")
    return float(text) if _NUMBER.fullmatch(text) else None


def date_in(text: str, pattern: str) -> datetime | None:
    """Return the date that ``text`` writes in a ``strptime`` pattern of numbers only, or None.

    >>> str(date_in("5.12.2024", "%d.%m.%Y")), date_in("31.02.2024", "%d.%m.%Y")
    ('2024-12-05 00:00:00', None)
    """
    match = _date_regex(pattern).fullmatch(text.strip())
    if match is None:
        return None
    found = {"day": "1", "hour": "0", "minute": "0", "second": "0", "fraction": "0"} | match.groupdict()
    year, month, day, hour, minute, second = (int(found[field]) for field in _FIELDS.values())
    try:
        return datetime(year, month, day, hour, minute, second, int(found["fraction"].ljust(6, "0")))
    except ValueError:
        return None


@functools.cache
def _date_regex(pattern: str) -> re.Pattern[str]:
    """Return ``pattern`` as an expression: `datetime.strptime` is ten times slower and asks the locale at each call."""
    digits = {code: rf"(?P<{field}>\d\d?)" for code, field in _FIELDS.items()}
    digits |= {"%Y": r"(?P<year>[1-9]\d{3})", "%f": r"(?P<fraction>\d{1,6})"}
    return re.compile(re.sub("%[a-zA-Z]", lambda code: digits[code[0]], re.escape(pattern)), re.ASCII)


def numbers_of(column: Column, mark: str) -> np.ndarray:
    """Return a column's numbers ``(n,)``, read from text if need be; raises `InputError` naming row and value."""
    values = _read(column, lambda text: number_in(text, mark), np.float64, np.nan, "numbers", "a number")
    column.refuse_infinite(values)
    return values


@dataclass(frozen=True)
class Constant:
    """A column with one value (or none at all): no numbers, restored whole; a missing cell gets the value too."""

    value: str | float | bool | None
    dtype: str
    width = 0

    def names(self, column: str) -> list[str]:
        return []

    def encode(self, column: Column) -> np.ndarray:
        return np.empty((len(column.values), 0))

    def decode(self, block: np.ndarray) -> np.ndarray:
        return np.full(len(block), self.value, dtype=self.dtype)


@dataclass(frozen=True)
class Number:
    """A number, scaled robustly: ``z = (x - median) / (interquartile range / 1.349)``.

    The divisor is 1.349 because a normal distribution then has ``scale`` equal to its standard deviation. Nothing is
    squashed: an outlier stays as far out as it lies. ``decimals`` are the digits to round to on the way back (0 for
    integers, None for no rounding), ``mark`` the decimal mark of a column of text.
    """

    centre: float
    scale: float
    decimals: int | None
    mark: str
    dtype: str
    width = 1

    @classmethod
    def of(cls, values: np.ndarray, mark: str, decimals: int | None, dtype: str) -> "Number":
        """Return the plan for a column with the known ``values (n,)``."""
        return cls(*_robust(values), decimals, mark, dtype)

    def names(self, column: str) -> list[str]:
        return [column]

    def encode(self, column: Column) -> np.ndarray:
        with np.errstate(over="ignore"):
            z = (numbers_of(column, self.mark) - self.centre) / self.scale
        far = np.abs(z) > np.finfo(np.float32).max
        if far.any():
            raise column.error(int(far.argmax()), f"a number within 1e38 times {self.scale:g} of {self.centre:g}")
        return z[:, None]

    def decode(self, block: np.ndarray) -> np.ndarray:
        x = self.centre + self.scale * block[:, 0].astype(np.float64)
        if self.decimals is not None:
            x = np.round(x, self.decimals) + 0.0  # no -0
        if self.dtype == "object":
            return _texts(x, np.isnan(x), self._write)
        if np.dtype(self.dtype).kind == "f":
            limits = np.finfo(self.dtype)
            return np.clip(x, float(limits.min), float(limits.max)).astype(self.dtype)
        if np.isnan(x).any():  # an integer type has no word for "missing"
            return x
        return _clipped(x, np.iinfo(self.dtype).min, np.iinfo(self.dtype).max).astype(self.dtype)

    def _write(self, x: float) -> str:
        return (f"{x:.7g}" if self.decimals is None else f"{x:.{self.decimals}f}").replace(".", self.mark)


@dataclass(frozen=True)
class Date:
    """A date or time, as a number: ticks of ``unit`` since 1970, scaled as a `Number` is.

    ``unit`` is the coarsest that the column fits in, so that days come back as days. ``pattern`` is the ``strptime``
    pattern of a column of text. Exact within 2²³ units of the median (23,000 years of days, 97 days of seconds), as
    float32 allows; beyond that to one part in 2²⁴.
    """

    centre: int
    scale: float
    unit: str
    pattern: str | None
    dtype: str
    width = 1

    @classmethod
    def of(cls, column: Column, pattern: str | None) -> "Date":
        """Return the plan for a column of dates, or of dates written as text."""
        dates = _dates(column, pattern)
        dates = dates[~np.isnat(dates)]
        unit = next(unit for unit in ("D", "h", "m", "s", "ms", "us", "ns")
                    if unit == "ns" or (dates.astype(f"M8[{unit}]") == dates).all())
        ticks = dates.astype(f"M8[{unit}]").astype(np.int64)
        centre = int(np.sort(ticks)[len(ticks) // 2])  # the upper median: a whole tick, so nothing is lost
        return cls(centre, _robust((ticks - centre).astype(np.float64))[1], unit, pattern, column.dtype)

    def names(self, column: str) -> list[str]:
        return [column]

    def encode(self, column: Column) -> np.ndarray:
        dates = _dates(column, self.pattern)
        ticks = dates.astype(f"M8[{self.unit}]").astype(np.int64) - self.centre
        return np.where(np.isnat(dates), np.nan, ticks / self.scale)[:, None]

    def decode(self, block: np.ndarray) -> np.ndarray:
        # The calendar of text and of most tools ends at 9999, that of nanoseconds in 2262: beyond is the last day.
        years = ("1678-01-01", "2262-01-01") if self.dtype.endswith("[ns]") else ("0001-01-01", "9999-12-31")
        first, last = (np.array(years, dtype=f"M8[{self.unit}]").astype(np.int64) - self.centre).tolist()
        x, missing = self.scale * block[:, 0].astype(np.float64), np.isnan(block[:, 0])
        ticks = _clipped(np.rint(np.where(missing, 0, x)), first, last).astype(np.int64)
        dates = (self.centre + ticks).astype(f"M8[{self.unit}]")
        dates[missing] = "NaT"
        if self.pattern is None:
            return dates.astype(self.dtype)
        return _texts(dates.astype("M8[us]").astype(object), missing, self._write)

    def _write(self, date: datetime) -> str:
        return date.strftime((self.pattern or "").replace("%Y", f"{date.year:04d}"))  # %Y alone does not pad


@dataclass(frozen=True)
class Category:
    """One of a few levels, one-hot, with one more place for the rare and the unseen if ``other``.

    Back comes the level with the largest number, or "(other)". Without that place an unseen level counts as missing.
    """

    levels: tuple[str, ...]
    other: bool
    dtype: str

    @property
    def width(self) -> int:
        """Return the number of places."""
        return len(self.levels) + self.other

    def names(self, column: str) -> list[str]:
        return [f"{column}={level}" for level in (*self.levels, OTHER)[: self.width]]

    def encode(self, column: Column) -> np.ndarray:
        _refuse_other(column, "text")
        place = {level: j for j, level in enumerate(self.levels)}
        unseen = len(self.levels) if self.other else -1
        at = np.full(len(column.values), -1)
        known = ~column.missing
        at[known] = [place.get(value, unseen) for value in column.values[known]]
        block = np.full((len(at), self.width), np.nan, dtype=np.float32)
        block[at >= 0] = np.eye(self.width, dtype=np.float32)[at[at >= 0]]
        return block

    def decode(self, block: np.ndarray) -> np.ndarray:
        labels = np.array([*self.levels, OTHER], dtype=object)
        missing = np.isnan(block).any(axis=1)
        found = labels[block.argmax(axis=1)]
        if self.dtype == "bool":
            found = found == "True"
        if self.dtype == "object" or missing.any():
            found = found.astype(object)
            found[missing] = None
        return found


Plan = Constant | Number | Date | Category
KINDS: dict[str, type] = {kind.__name__: kind for kind in (Constant, Number, Date, Category)}


def _robust(values: np.ndarray) -> tuple[float, float]:
    """Return centre and scale of ``values (n,)``; where half of them are equal the scale is the standard deviation."""
    low, centre, high = np.quantile(values, (0.25, 0.5, 0.75))
    scales = ((high - low) / 1.349, values.std(), 1.0)
    return float(centre), float(next(scale for scale in scales if scale > 0))


def _dates(column: Column, pattern: str | None) -> np.ndarray:
    pattern = pattern or "%Y-%m-%d"
    return _read(column, lambda text: date_in(text, pattern), "M8[us]", "NaT", "dates", f"a date like {pattern}")


def _read(column: Column, read: Callable[[str], Any], dtype: Any, gap: Any, kind: str, what: str) -> np.ndarray:
    """Return the values of a column of the given kind, or of text in which ``read`` finds that kind in every cell."""
    if column.kind == kind:
        return column.values
    found = np.full(len(column.values), gap, dtype=dtype)
    _refuse_other(column, "text", kind)
    for row in np.flatnonzero(~column.missing):
        value = read(column.values[row])
        if value is None:
            raise column.error(int(row), what)
        found[row] = value
    return found


def _refuse_other(column: Column, *kinds: str) -> None:
    if column.kind not in kinds and not column.missing.all():
        raise InputError(f"column {column.name!r} held {' or '.join(reversed(kinds))} when it was learnt. "
                         f"Got {column.kind}; convert it")


def _texts(values: np.ndarray, missing: np.ndarray, write: Callable[[Any], str]) -> np.ndarray:
    texts = np.full(len(values), None, dtype=object)
    texts[~missing] = [write(value) for value in values[~missing]]
    return texts


def _clipped(x: np.ndarray, low: int, high: int) -> np.ndarray:
    # The largest int64 is no float64 but rounds up to 2^63: one step below, so that the cast never wraps round.
    top = float(high)
    return np.clip(x, float(low), top if int(top) <= high else np.nextafter(top, 0))
