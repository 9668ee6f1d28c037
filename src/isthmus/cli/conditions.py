"""What ``--condition`` names, and what a run is told of the items that it meets."""

import copy
import re
import warnings
from typing import Any, NamedTuple

import numpy as np

from ..errors import DiagnosticWarning, InputError
from ..estimators.conditions import Conditions
from ..files import Items, TableItems
from ..files.items import count
from ..files.reading import exists
from ..run import Run
from . import data as sources

_OWN = "labels"  # names the labels that items come with
_FLAG = "--condition"
_WHOLE = re.compile(r"[+-]?\d+")
_MANY = 20  # labels, from which they are more likely amounts


class Asked(NamedTuple):
    """The items to learn from, without their condition; that condition, labels as texts or numbers; and what finds it in other items."""

    items: Items
    values: np.ndarray | None = None
    column: str = ""  # or "labels"; "" for a file's, which says nothing of other items


def asked(loaded: sources.Data, name: str | None, labels: str | None) -> Asked:
    """Return what ``--condition`` asks for, beside ``--labels``."""
    if name is None:
        return Asked(loaded.items)
    column = isinstance(loaded.items, TableItems) and name in loaded.items.names
    if name == _OWN and not column:
        if loaded.labels is None:
            raise InputError(f"{_FLAG} {_OWN}: {loaded.items.source} comes without labels; name a column or a file")
        return Asked(loaded.items, _learnt(loaded.labels), _OWN if labels is None else "" if exists(labels) else labels)
    items, found = sources.labelled(loaded.items, name, _FLAG)
    return Asked(items, _learnt(found), "" if items is loaded.items else name)


class Told:
    """The condition of items that pass block by block, in order; None where a run takes none.

    Arguments:
        run: What is told.
        name: A column, a file with one condition an item, "labels", one condition for all, or None for what the run learnt from.
        items: Where columns and labels are looked up; None where there are none.

    Raises:
        InputError: For a condition that is nowhere to be found, or not asked for.
    """

    def __init__(self, run: Run, name: str | None, items: Items | None = None) -> None:
        known: Conditions | None = run.estimator.condition_
        self._known, self._passed = known, 0
        self._column = ""
        self._each: np.ndarray | None = None
        self._one: np.ndarray | None = None
        if known is None:
            if name is not None:
                raise InputError(f"{_FLAG} is for runs that were fitted with one; leave it out")
            return
        wanted = name or run.condition
        if isinstance(items, TableItems) and wanted in items.names:
            self._column = wanted
        elif wanted == _OWN and items is not None and items.labels is not None:
            self._each = _given(items.labels, known)
        elif name is not None and items is not None and exists(name):
            self._each = _given(sources.label_file(name, items, _FLAG), known)
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
        if self._column:
            return _given(block[self._column], self._known)
        return self._each[places] if self._one is None else np.repeat(self._one, len(places), axis=0)  # type: ignore[index]


def _learnt(labels: np.ndarray | None) -> np.ndarray:
    """Return texts as labels or, where all are numbers and some have a fraction, as numbers."""
    texts = _complete(labels)
    if all(map(_WHOLE.fullmatch, texts)):
        if (kinds := len(np.unique(texts))) > _MANY:
            warnings.warn(f"{_FLAG} holds whole numbers, which are labels: {kinds} of them; write them with a decimal point (18.0) to have "
                          "them learnt as amounts.", DiagnosticWarning, stacklevel=2)  # fmt: skip
        return texts
    try:
        return texts.astype(np.float64)
    except ValueError:
        return texts


def _given(values: np.ndarray, known: Conditions) -> np.ndarray:
    """Return conditions of items, as the run knows them."""
    texts = _complete(sources.texts(values))
    if known.classes is not None:
        return texts
    try:
        return texts.astype(np.float64)
    except ValueError as error:
        raise InputError(f"{_FLAG} must hold numbers, as when the run was fitted ({error})") from error


def _one(text: str, known: Conditions) -> np.ndarray:
    """Return one condition as that of one item."""
    if known.classes is not None:
        return np.array([text])
    try:
        return np.array([[float(word) for word in text.split(",")]])
    except ValueError as error:
        raise InputError(f"{_FLAG} must be a file, a column, or {known} with commas between them. Got {text!r}.") from error


def _complete(labels: np.ndarray | None) -> np.ndarray:
    """Return texts of which none is missing."""
    texts = np.asarray(labels, dtype=str)
    if (texts == "").any():
        raise InputError(f"{_FLAG} has no value for item {int((texts == '').argmax())} (from 0); fill it, or leave that item out")
    return texts
