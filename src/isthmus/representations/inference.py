"""Which plan a column takes: numbers, dates and categories are told from the values; the rest is said to be unusable.

Nothing is guessed that the whole column does not settle: a format is taken only if every cell fits it and no other
format reads anything else in them, so ``03/04/2024`` is a date only beside a cell such as ``03/14/2024``.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..files.tables import DOUBTFUL
from .amounts import PLAIN, amount_in, places_in, styles
from .columns import Column
from .dates import COMPACT, as_written, date_in, patterns
from .plans import OTHER, Category, Constant, Date, Number, Plan

BOOLEANS = ({"true", "false"}, {"yes", "no"})
FEW = 50  # so many different texts, or one in twenty cells, are still categories
DISTINCT = 0.9  # so large a share of different texts names the rows instead of describing them
NEARLY = 0.95  # from so large a share of numbers or dates on, the other cells are taken for slips
COUNTING = 0.998  # so large a share of steps by one counts the rows, of which a sample's blocks leave out some
_EXACT = 2**53  # the whole numbers that float64 holds one by one
_SAMPLE = 100  # different texts from which a format is guessed where not all fit
_CODE = re.compile(r"0\d+")  # 01067 beside 50667: codes, not numbers
_ID_NAME = re.compile(r"(?i:(?:^|[\W_])id)$|[a-z](?:Id|ID)$")  # id, customer_id, customerId; not "paid"


@dataclass(frozen=True)
class Unusable:
    """A column that cannot become numbers: free text, identifier-like, or of mixed kinds; ``why`` reads as "NAME (why)"."""

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
    plan = measured(column)
    if isinstance(plan, Number):
        return _identifier(column, plan) or plan
    return plan or _category(column, Counter(present), rare)


def measured(column: Column) -> Number | Date | None:
    """Return the plan for a column of numbers or dates, or of texts that all write numbers or dates in one format."""
    if column.kind == "dates":
        return Date.of(column, None)
    if column.kind == "numbers":
        return Date.of(column, COMPACT) if _are_days(column) else Number.of(column)
    column = column.without_doubtful()
    texts = sorted(set(column.values[~column.missing]))
    if pattern := _settled(texts, patterns(texts), date_in):
        return Date.of(column, as_written(pattern, texts))
    style = _settled(texts, [PLAIN], amount_in) or _settled(texts, styles(texts[:_SAMPLE]), amount_in)
    if style is None:
        return None
    digits = [places_in(text, style) for text in texts]
    return Number.of(column, style, [] if None in digits else [count for count in digits if count is not None])


def _settled(texts: Sequence[str], formats: Sequence[Any], read: Callable[[str, Any], Any]) -> Any:
    """Return the first format that all texts fit, if any other that they fit reads the same in them."""
    fitting = [form for form in formats if texts and all(read(text, form) is not None for text in texts)]
    same = all(read(text, form) == read(text, fitting[0]) for form in fitting[1:] for text in texts)
    return fitting[0] if fitting and same else None


def _are_days(column: Column) -> bool:
    """Tell whether integers are all dates such as 20240229."""
    if np.dtype(column.dtype).kind not in "iu":
        return False
    days = np.unique(column.values[~column.missing])
    return bool(days[0] >= 1e7 and days[-1] < 1e8) and all(date_in(f"{day:.0f}", COMPACT) for day in days)


def _constant(column: Column, present: np.ndarray) -> Constant:
    if len(present) == 0:
        return Constant(None, column.dtype)
    if column.kind == "dates":
        return Constant(str(present[0]), column.dtype)
    return Constant(present[0] == "True" if column.dtype == "bool" else np.asarray(present[0]).item(), column.dtype)


def _identifier(column: Column, plan: Number) -> Unusable | None:
    """Return why whole numbers name the rows instead of measuring them, or None."""
    values = plan.numbers(column)
    present = values[~np.isnan(values)]
    if plan.decimals != 0 or len(present) <= 2:
        return None
    if len(present) == len(values) and (np.diff(values) == 1).mean() > COUNTING:
        return Unusable("counts the rows", free_text=False)
    if _ID_NAME.search(column.name) and len(np.unique(present)) == len(present):
        return Unusable("a different integer in every row", free_text=False)
    if plan.places != 0 and np.dtype(column.dtype).kind not in "iu":
        return None
    large = np.abs(present).max() > _EXACT
    return Unusable("integers beyond 2^53, which no number holds exactly", free_text=False) if large else None


def _category(column: Column, counts: Counter[str], rare: float) -> Category | Unusable:
    if {text.lower() for text in counts} in BOOLEANS:
        return Category(tuple(sorted(counts)), False, column.dtype)  # however rare: a yes is never "(other)"
    n = counts.total()
    levels = tuple(sorted(text for text, count in counts.items() if count >= max(2, rare * n) and text != OTHER))
    different = len(counts) >= DISTINCT * n
    many = len(counts) > max(FEW, n / 20)
    if (different or not levels or many) and _is_prose(counts):
        return Unusable(f"for instance {next(iter(counts))[:40]!r}", free_text=True)
    almost = None if set(levels) == set(counts) and len(counts) <= FEW else _almost(column, counts, set(levels))
    if almost or different or not levels:
        rarest = f"{len(counts)} different texts, each in less than {100 * rare:g} % of the rows; Table(rare=...) tells rarer ones apart"
        return Unusable(almost or ("nearly every text is different" if different else rarest), free_text=False)
    return Category(levels, len(levels) < len(counts), column.dtype)


def _is_prose(texts: Collection[str]) -> bool:
    """Tell free text from names, titles and addresses, most of whose words start with a capital or a digit."""
    words = [text.split() for text in texts]
    proper = [word[0].isupper() or word[0].isdigit() for text in words for word in text]
    return len(proper) >= 4 * len(words) and sum(map(len, texts)) >= 20 * len(words) and 2 * sum(proper) < len(proper)


def _almost(column: Column, counts: Counter[str], levels: set[str]) -> str:
    """Say why a column, most of whose cells are numbers or dates, is neither; raise where only a few keep it from that.

    Nothing is said where some of the numbers or dates are levels: such a column is a category.
    """
    sample = [text for text in list(counts)[:_SAMPLE] if text not in DOUBTFUL]
    forms: tuple[tuple[str, Sequence[Any], Callable[[str, Any], Any]], ...] = (
        ("numbers", styles(sample), amount_in), ("dates", patterns(sample), date_in))  # fmt: skip
    for what, formats, read in forms:
        best = max(formats, key=lambda form: sum(read(text, form) is not None for text in sample))
        strays = [text for text in counts if text not in DOUBTFUL and read(text, best) is None]
        few, n = sum(counts[text] for text in strays), counts.total()
        if any(map(_CODE.fullmatch, strays)) or 2 * few >= n:
            continue
        if strays and few <= (1 - NEARLY) * n:
            raise column.error(list(column.values).index(strays[0]), f"{what}, as in all but {few} of the {n} cells")
        if levels <= set(strays):
            return _stray(column, strays, what)
    return ""


def _stray(column: Column, strays: list[str], what: str) -> str:
    if not strays:
        return f"{what} that can be read in two ways, such as {column.values[~column.missing][0]!r}"
    return f"{what} but for {strays[0]!r} in {column.place(list(column.values).index(strays[0]))}"
