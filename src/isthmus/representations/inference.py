"""Which plan a column takes: numbers, dates and categories are told from the values; the rest is said to be unusable.

Nothing is guessed that the whole column does not settle: a pattern is taken only if every cell fits and no other
pattern does, so ``03/04/2024`` is a date only beside a cell such as ``03/14/2024``.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np

from .columns import Column
from .plans import OTHER, Category, Constant, Date, Number, Plan, date_in, number_in, numbers_of

DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y")
PATTERNS = (*DAYS, "%Y-%m", *(f"{day}{gap}{time}" for day in DAYS for gap in " T"
                              for time in ("%H:%M", "%H:%M:%S", "%H:%M:%SZ", "%H:%M:%S.%f", "%H:%M:%S.%fZ")))
BOOLEANS = ({"true", "false"}, {"yes", "no"})
FEW = 50  # so many different texts, or one in twenty cells, are still categories
DISTINCT = 0.9  # so large a share of different texts names the rows instead of describing them
_ID_NAME = re.compile(r"(?i:(?:^|[\W_])id)$|[a-z](?:Id|ID)$")  # id, customer_id, customerId; not "paid"


@dataclass(frozen=True)
class Unusable:
    """A column that cannot become numbers: free text, or identifier-like; ``why`` reads as "NAME (why)"."""

    why: str
    free_text: bool


def infer(column: Column, rare: float) -> Plan | Unusable:
    """Return the plan for a column, or why it has none; levels rarer than the share ``rare`` are not told apart.

    >>> from isthmus.representations.columns import read
    >>> infer(read({"city": ["Rome", "Oslo", "Rome", "Oslo", "Bonn", None]})["city"], rare=0.01)
    Category(levels=('Oslo', 'Rome'), other=True, dtype='object')
    """
    present = column.values[~column.missing]
    if len(present) == 0 or (present == present[0]).all():
        return _constant(column, present)
    if column.kind == "numbers":
        return _number(column, ".", None)
    if column.kind == "dates":
        return Date.of(column, None)
    counts = Counter(present)
    if mark := _decimal_mark(counts):
        return _number(column, mark, _decimals(counts, mark))
    fitting = [pattern for pattern in PATTERNS if all(date_in(text, pattern) for text in counts)]
    if len(fitting) == 1:
        return Date.of(column, fitting[0])
    return _category(column, counts, rare)


def _constant(column: Column, present: np.ndarray) -> Constant:
    if len(present) == 0:
        return Constant(None, column.dtype)
    if column.kind == "dates":
        return Constant(str(present[0]), column.dtype)
    return Constant(present[0] == "True" if column.dtype == "bool" else np.asarray(present[0]).item(), column.dtype)


def _number(column: Column, mark: str, decimals: int | None) -> Number | Unusable:
    values = numbers_of(column, mark)
    present = values[~np.isnan(values)]
    if column.kind == "numbers" and (present == np.rint(present)).all():
        decimals = 0
    if decimals == 0 and len(present) > 2:
        if len(present) == len(values) and (np.diff(values) == 1).all():
            return Unusable("counts the rows", free_text=False)
        if _ID_NAME.search(column.name) and len(np.unique(present)) == len(present):
            return Unusable("a different integer in every row", free_text=False)
    return Number.of(present, mark, decimals, column.dtype)


def _category(column: Column, counts: Counter[str], rare: float) -> Category | Unusable:
    if {text.lower() for text in counts} in BOOLEANS:
        return Category(tuple(sorted(counts)), False, column.dtype)  # however rare: a yes is never "(other)"
    n = counts.total()
    levels = tuple(sorted(text for text, count in counts.items() if count >= max(2, rare * n) and text != OTHER))
    different = len(counts) >= DISTINCT * n
    if (different or not levels or len(counts) > max(FEW, n / 20)) and _is_prose(counts):
        return Unusable(f"for instance {next(iter(counts))[:40]!r}", free_text=True)
    if different or not levels:
        return Unusable(_strays(column, counts) or "nearly every text is different", free_text=False)
    return Category(levels, len(levels) < len(counts), column.dtype)


def _is_prose(texts: Collection[str]) -> bool:
    """Tell free text from names, titles and addresses, most of whose words start with a capital or a digit."""
    words = [text.split() for text in texts]
    proper = [word[0].isupper() or word[0].isdigit() for text in words for word in text]
    return len(proper) >= 4 * len(words) and sum(map(len, texts)) >= 20 * len(words) and 2 * sum(proper) < len(proper)


def _strays(column: Column, counts: Counter[str]) -> str:
    """Say which cell keeps a column, most of whose texts are numbers or dates, from being one; else nothing."""
    for what, fits in (("numbers", lambda text: number_in(text, ".") is not None),
                       ("dates", lambda text: any(date_in(text, day) for day in DAYS))):
        strays = [text for text in counts if not fits(text)]
        if 0 < len(strays) < len(counts) / 2:
            return f"{what} but for {strays[0]!r} in row {list(column.values).index(strays[0])}"
    return ""


def _decimal_mark(texts: Iterable[str]) -> str:
    """Return the decimal mark with which every text is a number, or nothing; ``1,234`` alone does not settle it."""
    if all(number_in(text, ".") is not None for text in texts):
        return "."
    thousands = re.compile(r"[+-]?\d{1,3}(,\d{3})?")
    if all(number_in(text, ",") is not None for text in texts) and not all(map(thousands.fullmatch, texts)):
        return ","
    return ""


def _decimals(texts: Iterable[str], mark: str) -> int | None:
    """Return the most digits that any text has after its mark, or None where powers of ten are written."""
    if any("e" in text.lower() for text in texts):
        return None
    return max(len(text.strip().partition(mark)[2]) for text in texts)
