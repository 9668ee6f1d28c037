"""What ``--condition`` names, and what a run is told of the items that it meets."""

import copy
import re
from typing import Any, NamedTuple

import numpy as np

from ..errors import InputError
from ..estimators.conditions import Conditions, are_whole
from ..files import Items, TableItems
from ..files.items import count
from ..files.reading import exists
from ..run import Run
from . import data as sources

_OWN = "labels"  # names the labels that items come with
_FLAG = "--condition"
_FLOAT = re.compile(r"[+-]?\d+\.0+")  # a whole number that a table made a float


class Asked(NamedTuple):
    """The items to learn from, without their condition; that condition, labels as texts or numbers; and what finds it in other items."""

    items: Items
    values: np.ndarray | None = None
    column: str = ""  # or columns with commas between them, or "labels"; "" for a file's, which says nothing of other items


def asked(loaded: sources.Data, name: str | None, labels: str | None) -> Asked:
    """Return what ``--condition`` asks for, beside ``--labels``."""
    if name is None:
        return Asked(loaded.items)
    items = loaded.items
    table = sources.table_of(items)
    if table is not None and (columns := _columns(table, name)):
        found = [sources.texts(column) for column in table.columns(columns)]
        for column in columns:
            items = sources.without(items, column)
        return Asked(items, _learnt(_beside(found)), name)
    if name == _OWN:
        if loaded.labels is None:
            raise InputError(f"{_FLAG} {_OWN}: {loaded.items.source} comes without labels; name a column or a file")
        return Asked(items, _learnt(sources.texts(loaded.labels)), _OWN if labels is None else "" if exists(labels) else labels)
    return Asked(items, _learnt(sources.texts(sources.told_file(name, items, _FLAG))))


class Told:
    """The condition of items that pass block by block, in order; None where a run takes none.

    Arguments:
        run: What is told.
        name: A column or some, a file with one condition an item, "labels", one condition for all, or None for what the run learnt from.
        items: Where columns and labels are looked up; None where there are none.

    Raises:
        InputError: For a condition that is nowhere to be found, or not asked for.
    """

    def __init__(self, run: Run, name: str | None, items: Items | None = None) -> None:
        known: Conditions | None = run.estimator.condition_
        self._known, self._passed = known, 0
        self._names: list[str] = []
        self._each: np.ndarray | None = None
        self._one: np.ndarray | None = None
        if known is None:
            if name is not None:
                raise InputError(f"{_FLAG} is for runs that were fitted with one; leave it out")
            return
        wanted = name or run.condition
        table = None if items is None else sources.table_of(items)
        if table is not None and (columns := _columns(table, wanted)):
            if table is items:
                self._names = columns
            else:
                self._each = _beside([_given(column, known) for column in table.columns(columns)])
        elif wanted == _OWN and items is not None and items.labels is not None:
            self._each = _given(items.labels, known)
        elif name is not None and items is not None and exists(name):
            self._each = _given(sources.told_file(name, items, _FLAG), known)
        elif name is not None:
            self._one = _one(name, known)
        else:
            where = "a column, a file with one an item, or one for all, which is" if items is not None else "one for all,"
            raise InputError(f"this run was fitted with a condition; give {_FLAG}: {where} {known}")

    def __call__(self, block: Any) -> Any:
        """Return the condition of each item of the next block, or None."""
        start, self._passed = self._passed, self._passed + count(block)
        return self.at(block, np.arange(start, self._passed))

    def anew(self) -> "Told":
        """Return the same for blocks that pass once more, from the first."""
        view = copy.copy(self)
        view._passed = 0
        return view

    def at(self, block: Any, places: np.ndarray) -> np.ndarray | None:
        """Return the condition of each item of a block that was taken from some places, or None."""
        if self._known is None:
            return None
        if self._names:
            return _beside([_given(block[name], self._known) for name in self._names])
        return self._each[places] if self._one is None else np.repeat(self._one, len(places), axis=0)  # type: ignore[index]


def _columns(table: TableItems, name: str) -> list[str]:
    """Return the columns that a name, or names with commas between them, stand for; none where there are no such."""
    wanted = [name] if name in table.names else [word.strip() for word in name.split(",")]
    return wanted if set(wanted) <= set(table.names) else []


def _beside(columns: list[np.ndarray]) -> np.ndarray:
    """Return a column (n,) as it is, and several as a table (n, k)."""
    return columns[0] if len(columns) == 1 else np.column_stack(columns)


def _learnt(texts: np.ndarray) -> np.ndarray:
    """Return texts (n,) as labels or, where all are numbers and some have a fraction, as numbers; those of (n, k) must be numbers."""
    texts = _complete(texts)
    if texts.ndim > 1:
        return _numbers(texts)
    if are_whole(texts):
        return texts
    try:
        return texts.astype(np.float64)
    except ValueError:
        return texts


def _given(values: np.ndarray, known: Conditions) -> np.ndarray:
    """Return conditions of items, as the run knows them."""
    texts = _complete(sources.texts(values))
    return _numbers(texts) if known.classes is None else _labels(texts, known.classes)


def _labels(texts: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return texts as labels: whole numbers, where all classes are such, though a table may have made them floats."""
    if not are_whole(classes):
        return texts
    return np.array([text.partition(".")[0] if _FLOAT.fullmatch(text) else text for text in texts.flat]).reshape(texts.shape)


def _numbers(texts: np.ndarray) -> np.ndarray:
    """Return texts as the numbers that they write."""
    try:
        return texts.astype(np.float64)
    except ValueError as error:
        raise InputError(f"{_FLAG} must hold numbers, as when the run was fitted or wherever an item has several ({error})") from error


def _one(text: str, known: Conditions) -> np.ndarray:
    """Return one condition as that of one item."""
    if known.classes is not None:
        return _labels(np.array([text]), known.classes)
    try:
        return np.array([[float(word) for word in text.split(",")]])
    except ValueError as error:
        raise InputError(f"{_FLAG} must be a file, a column, or {known} with commas between them. Got {text!r}.") from error


def _complete(texts: np.ndarray) -> np.ndarray:
    """Return texts (n,) or (n, k) of which none is missing."""
    missing = (texts == "").reshape(len(texts), -1).any(axis=1)
    if missing.any():
        raise InputError(f"{_FLAG} has no value for item {int(missing.argmax())} (from 0); fill it, or leave that item out")
    return texts
