"""How one column becomes numbers and comes back: `Constant`, `Number`, `Date` and `Category`, frozen and JSON-able.

Each has ``encode(column) -> (n, width)``, NaN where missing, ``decode((n, width)) -> (n,)`` in the column's own type,
and ``names(column)``, one name for each of the ``width`` numbers.
"""

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import timezone
from typing import Any

import numpy as np

from ..errors import InputError
from .amounts import PLAIN, Style, amount_in, amount_text
from .columns import Column, clipped, restored
from .dates import COMPACT, date_in, date_text, described, has_zone, offset

OTHER = "(other)"

# The calendar of text and of most tools ends at 9999, that of nanoseconds in 2262, and a zone may shift it by a day; what
# is decoded beyond becomes the last day.
_CALENDARS = {"[ns]": ("1678-01-01", "2262-01-01"), "[us]": ("0001-01-01", "9999-12-31"),
              "]": ("0001-01-02", "9999-12-30"), "": ("0001-01-01", "9999-12-31")}  # fmt: skip

def numbers_of(column: Column, style: Style) -> np.ndarray:
    """Return a column's numbers ``(n,)``, read from text if need be; raises `InputError` naming row and value."""
    what = "a number" if style == PLAIN else f"a number like {amount_text(1234.5, style)}"
    values = _read(column, lambda text: amount_in(text, style), np.float64, np.nan, "numbers", what)
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
        if self.value is None or not self.dtype.startswith("datetime64"):
            return np.full(len(block), self.value, dtype=self.dtype)
        return restored(np.full(len(block), np.datetime64(str(self.value))), self.dtype)


@dataclass(frozen=True)
class Number:
    """A number, scaled robustly: ``z = (x - median) / (interquartile range / 1.349)``.

    The divisor is 1.349 because a normal distribution then has ``scale`` equal to its standard deviation. Nothing is
    squashed: an outlier stays as far out as it lies. ``decimals`` are the digits to round to on the way back (0 for
    whole numbers, None for no rounding). A column of text is written in its ``style``, with ``places`` digits after the
    mark, or for None with as many of the ``decimals`` as it takes.
    """

    centre: float
    scale: float
    decimals: int | None
    places: int | None
    style: tuple[str, ...]
    dtype: str
    reach: tuple[float, float] | None = None  # the least and the greatest met, scaled
    width = 1

    @classmethod
    def of(cls, column: Column, style: Style = PLAIN, digits: Collection[int] = ()) -> "Number":
        """Return the plan for a column whose texts have so many ``digits`` after their mark (none: any)."""
        values = numbers_of(column, style)
        values = values[~np.isnan(values)]
        centre, scale = _robust(values)
        reach = _reach(values - centre, scale)
        even = len(set(digits)) == 1
        if (values == np.rint(values)).all():
            return cls(centre, scale, 0, max(digits) if even else None, tuple(style), column.dtype, reach)
        # float32 holds seven digits of a number scaled to about 1; more would be made up. Large amounts keep their cents.
        decimals = min(max(digits), max(2, 6 - math.floor(math.log10(scale)))) if digits else None
        return cls(centre, scale, decimals, decimals if even else None, tuple(style), column.dtype, reach)

    def names(self, column: str) -> list[str]:
        return [column]

    def numbers(self, column: Column) -> np.ndarray:
        """Return a column's numbers ``(n,)``, NaN where missing."""
        return numbers_of(column.without_doubtful(), Style(*self.style))

    def encode(self, column: Column) -> np.ndarray:
        with np.errstate(over="ignore"):
            z = (self.numbers(column) - self.centre) / self.scale
        far = np.abs(z) > np.finfo(np.float32).max
        if far.any():
            raise column.error(int(far.argmax()), f"a number within 1e38 times {self.scale:g} of {self.centre:g}")
        return z[:, None]

    def decode(self, block: np.ndarray) -> np.ndarray:
        x = self.centre + self.scale * block[:, 0].astype(np.float64)
        if self.decimals is not None:
            x = np.round(x, self.decimals) + 0.0  # no -0
        if self.dtype == "object":
            return _texts(x, np.isnan(x), lambda number: amount_text(number, Style(*self.style), self.places, self.decimals))
        return restored(x, self.dtype)

    def typed(self, column: Column) -> np.ndarray:
        """Return a column of texts as numbers, whole ones as integers."""
        values = self.numbers(column)
        known = values[~np.isnan(values)]
        whole = self.places == 0 and (known == np.rint(known)).all()
        return restored(values, "int64" if whole else "float64")


@dataclass(frozen=True)
class Date:
    """A date or time, as a number: ticks of ``unit`` since 1970, scaled as a `Number` is.

    ``unit`` is the coarsest that the column fits in, so that days come back as days. ``pattern`` is that of a column of
    text, or of whole numbers such as 20240229. Exact within 2²³ units of the median (23,000 years of days, 97 days of
    seconds), as float32 allows; beyond that to one part in 2²⁴.
    """

    centre: int
    scale: float
    unit: str
    pattern: str | None
    dtype: str
    reach: tuple[float, float] | None = None  # the least and the greatest met, scaled
    width = 1

    @classmethod
    def of(cls, column: Column, pattern: str | None) -> "Date":
        """Return the plan for a column of dates, or of dates written as text or as whole numbers."""
        dates = _dates(column, pattern)
        dates = dates[~np.isnat(dates)]
        unit = next(unit for unit in ("D", "h", "m", "s", "ms", "us", "ns")
                    if unit == "ns" or (dates.astype(f"M8[{unit}]") == dates).all())
        ticks = dates.astype(f"M8[{unit}]").astype(np.int64)
        centre = int(np.sort(ticks)[len(ticks) // 2])  # the upper median: a whole tick, so nothing is lost
        scale = _robust((ticks - centre).astype(np.float64))[1]
        return cls(centre, scale, unit, pattern, column.dtype, _reach((ticks - centre).astype(np.float64), scale))

    def names(self, column: str) -> list[str]:
        return [column]

    def encode(self, column: Column) -> np.ndarray:
        dates = _dates(column, self.pattern)
        ticks = dates.astype(f"M8[{self.unit}]").astype(np.int64) - self.centre
        return np.where(np.isnat(dates), np.nan, ticks / self.scale)[:, None]

    def decode(self, block: np.ndarray) -> np.ndarray:
        days = next(days for ending, days in _CALENDARS.items() if self.dtype.endswith(ending))
        first, last = (np.array(days, dtype=f"M8[{self.unit}]").astype(np.int64) - self.centre).tolist()
        x, missing = self.scale * block[:, 0].astype(np.float64), np.isnan(block[:, 0])
        ticks = clipped(np.rint(np.where(missing, 0, x)), first, last).astype(np.int64)
        dates = (self.centre + ticks).astype(f"M8[{self.unit}]")
        dates[missing] = "NaT"
        if self.pattern is None:
            return restored(dates, self.dtype)
        pattern = self.pattern
        texts = _texts(dates.astype("M8[us]").astype(object), missing, lambda date: date_text(date, pattern))
        if self.dtype == "object":
            return texts
        return restored(np.array([np.nan if text is None else float(text) for text in texts]), self.dtype)

    def typed(self, column: Column) -> np.ndarray:
        """Return a column of texts as dates; those with an offset know their zone."""
        pattern = self.pattern or ""
        dates = _dates(column, self.pattern)
        if has_zone(pattern):
            return restored(dates - np.timedelta64(offset(pattern)), f"datetime64[us, {timezone(offset(pattern))}]")
        return dates.astype("M8[us]" if "%-H" in pattern or "%H" in pattern else "M8[D]")


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

    def likeliest(self, block: np.ndarray) -> np.ndarray:
        """Return the level with the largest number among those that have a name."""
        return replace(self, other=False).decode(block[:, : len(self.levels)])

    def typed(self, column: Column) -> np.ndarray:
        """Return a column of texts, true and false as booleans."""
        if column.raw.dtype.kind != "O" or {level.lower() for level in self.levels} != {"true", "false"}:
            return column.raw
        truth = [None if value is None else value.lower() == "true" for value in column.values]
        return np.array(truth, dtype=object if column.missing.any() else bool)


Plan = Constant | Number | Date | Category
KINDS: dict[str, type] = {kind.__name__: kind for kind in (Constant, Number, Date, Category)}


@np.errstate(over="ignore")  # `encode` speaks of numbers that are too far off
def _reach(values: np.ndarray, scale: float) -> tuple[float, float]:
    """Return the least and the greatest of values about their centre, scaled."""
    return float(values.min() / scale), float(values.max() / scale)


def _robust(values: np.ndarray) -> tuple[float, float]:
    """Return centre and scale of ``values (n,)``; where half of them are equal the scale is the standard deviation."""
    low, centre, high = np.quantile(values, (0.25, 0.5, 0.75))
    scales = ((high - low) / 1.349, values.std(), 1.0)
    return float(centre), float(next(scale for scale in scales if scale > 0))


def _dates(column: Column, pattern: str | None) -> np.ndarray:
    pattern = pattern or "%Y-%m-%d"
    if pattern == COMPACT and column.kind == "numbers":
        column = column.as_texts()
    what = f"a date like {described(pattern)}"
    return _read(column.without_doubtful(), lambda text: date_in(text, pattern), "M8[us]", "NaT", "dates", what)


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
